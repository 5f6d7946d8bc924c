/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/packets_own.h"

#include <netinet/in.h>

#include "sock/names.h"
#include "trace/reports.h"

/* Tags of epan/exported_pdu.h; numbers are in network order. */
enum {
	PDU_DISSECTOR = 12,
	PDU_PROTOCOL_COLUMN = 33,
	PDU_END = 0,
};

/* Of libpcap's LINKTYPE_NETLINK, the "cooked" header. */
#define NETLINK_HEAD 16
#define ARPHRD_NETLINK_ 824
#define PACKET_OUTGOING_ 4

static bool is_stream_or_datagram(const struct sk_life *l, int stream,
				  int datagram)
{
	if (!l->protocol)
		return l->type == SOCK_STREAM || l->type == SOCK_DGRAM;
	return (l->type == SOCK_STREAM && l->protocol == stream) ||
	       (l->type == SOCK_DGRAM && l->protocol == datagram);
}

bool sk_packets_are_own(const struct sk_life *l)
{
	if (l->family < 0)
		return false;
	if (l->family != AF_INET && l->family != AF_INET6)
		return true;
	return !is_stream_or_datagram(l, IPPROTO_TCP, IPPROTO_UDP) &&
	       l->protocol != 262 /* MPTCP */;
}

uint32_t sk_packets_own_interface(struct sk_pcapng *p, const struct sk_life *l)
{
	char label[SK_LABEL_MAX], name[SK_LABEL_MAX + 64];

	sk_life_label(l, label);
	snprintf(name, sizeof(name), "%s[%d] %d<%s>", l->comm, l->pid, l->fd,
		 label);
	return sk_pcapng_interface(p, l->family == AF_NETLINK ?
				   SK_LINKTYPE_NETLINK :
				   SK_LINKTYPE_UPPER_PDU, name);
}

static unsigned char *put16(unsigned char *at, unsigned v)
{
	*at++ = (unsigned char)(v >> 8);
	*at++ = (unsigned char)v;
	return at;
}

/* A tag with text, padded to four bytes. */
static unsigned char *put_tag(unsigned char *at, unsigned tag, const char *text)
{
	size_t len = strlen(text), room = (len + 3) & ~(size_t)3;

	at = put16(put16(at, tag), (unsigned)room);
	memset(at, 0, room);
	memcpy(at, text, len);
	return at + room;
}

static size_t pdu_head(unsigned char head[64], const struct sk_life *l)
{
	const char *family = sk_short_name_of(&sk_names_family,
					      (uint64_t)l->family);
	unsigned char *at = put_tag(head, PDU_DISSECTOR, "data");
	char column[24];

	snprintf(column, sizeof(column), "%.20s", family ? family : "socket");
	at = put_tag(at, PDU_PROTOCOL_COLUMN, column);
	return (size_t)(put16(put16(at, PDU_END), 0) - head);
}

static size_t netlink_head(unsigned char head[64], const struct sk_life *l,
			   bool out)
{
	memset(head, 0, NETLINK_HEAD);
	put16(head, out ? PACKET_OUTGOING_ : 0);
	put16(head + 2, ARPHRD_NETLINK_);
	put16(head + 14, (unsigned)l->protocol);
	return NETLINK_HEAD;
}

void sk_packets_own_put(struct sk_pcapng *p, uint32_t interface,
			const struct sk_life *l, uint64_t time_ns, bool out,
			const void *data, size_t len, const char *comment)
{
	unsigned char head[64];
	struct iovec iov[2] = {
		{ head, l->family == AF_NETLINK ? netlink_head(head, l, out) :
						  pdu_head(head, l) },
		{ (void *)(uintptr_t)data, len },
	};

	sk_pcapng_packet(p, interface, time_ns, out ? SK_PCAP_OUT : SK_PCAP_IN,
			 iov, 2, comment);
}
