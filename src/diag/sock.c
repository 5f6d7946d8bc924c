/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/sock.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "sock/tcp_info.h"

#define FAMILY_TIPC 30
#define FAMILY_VSOCK 40
#define FAMILY_SMC 43
#define FAMILY_XDP 44
#define PROTO_DCCP 33
#define PROTO_MPTCP 262

#define CONN SK_STATE_BIT(ESTABLISHED)
#define UNCONN SK_STATE_BIT(CLOSE)

static const struct sk_kind kinds[SK_KIND_COUNT] = {
	[SK_KIND_NETLINK] = { "nl", "netlink", AF_NETLINK, 0, 0, UNCONN,
			      "CONFIG_NETLINK_DIAG" },
	[SK_KIND_PACKET_RAW] = { "p_raw", "packet_raw", AF_PACKET, SOCK_RAW, 0,
				 UNCONN, "CONFIG_PACKET_DIAG" },
	[SK_KIND_PACKET_DGRAM] = { "p_dgr", "packet_dgram", AF_PACKET,
				   SOCK_DGRAM, 0, UNCONN, "CONFIG_PACKET_DIAG" },
	[SK_KIND_UNIX_STREAM] = { "u_str", "unix_stream", AF_UNIX, SOCK_STREAM,
				  0, SK_STATES_CONN, "CONFIG_UNIX_DIAG" },
	[SK_KIND_UNIX_DGRAM] = { "u_dgr", "unix_dgram", AF_UNIX, SOCK_DGRAM, 0,
				 UNCONN, "CONFIG_UNIX_DIAG" },
	[SK_KIND_UNIX_SEQPACKET] = { "u_seq", "unix_seqpacket", AF_UNIX,
				     SOCK_SEQPACKET, 0, SK_STATES_CONN,
				     "CONFIG_UNIX_DIAG" },
	[SK_KIND_RAW] = { "raw", "raw", AF_INET, SOCK_RAW, IPPROTO_RAW, CONN,
			  "CONFIG_INET_RAW_DIAG" },
	[SK_KIND_ICMP] = { "icmp", "icmp", AF_INET, SOCK_DGRAM, IPPROTO_ICMP,
			   CONN, NULL },
	[SK_KIND_UDP] = { "udp", "udp", AF_INET, SOCK_DGRAM, IPPROTO_UDP, CONN,
			  "CONFIG_INET_UDP_DIAG" },
	[SK_KIND_UDPLITE] = { "udpl", "udplite", AF_INET, SOCK_DGRAM,
			      IPPROTO_UDPLITE, CONN, "CONFIG_INET_UDP_DIAG" },
	[SK_KIND_TCP] = { "tcp", "tcp", AF_INET, SOCK_STREAM, IPPROTO_TCP,
			  SK_STATES_CONN, "CONFIG_INET_TCP_DIAG" },
	[SK_KIND_MPTCP] = { "mptcp", "mptcp", AF_INET, SOCK_STREAM, PROTO_MPTCP,
			    SK_STATES_CONN, "CONFIG_INET_MPTCP_DIAG" },
	[SK_KIND_SCTP] = { "sctp", "sctp", AF_INET, 0, IPPROTO_SCTP,
			   SK_STATES_CONN, "CONFIG_INET_SCTP_DIAG" },
	[SK_KIND_DCCP] = { "dccp", "dccp", AF_INET, 0, PROTO_DCCP,
			   SK_STATES_CONN, "CONFIG_INET_DCCP_DIAG" },
	[SK_KIND_VSOCK_STREAM] = { "v_str", "vsock_stream", FAMILY_VSOCK,
				   SOCK_STREAM, 0, SK_STATES_CONN,
				   "CONFIG_VSOCKETS_DIAG" },
	[SK_KIND_VSOCK_DGRAM] = { "v_dgr", "vsock_dgram", FAMILY_VSOCK,
				  SOCK_DGRAM, 0, SK_STATES_CONN,
				  "CONFIG_VSOCKETS_DIAG" },
	[SK_KIND_VSOCK_SEQPACKET] = { "v_seq", "vsock_seqpacket", FAMILY_VSOCK,
				      SOCK_SEQPACKET, 0, SK_STATES_CONN,
				      "CONFIG_VSOCKETS_DIAG" },
	[SK_KIND_TIPC] = { "tipc", "tipc", FAMILY_TIPC, 0, 0,
			   CONN | UNCONN | SK_STATE_BIT(LISTEN),
			   "CONFIG_TIPC_DIAG" },
	[SK_KIND_XDP] = { "xdp", "xdp", FAMILY_XDP, SOCK_RAW, 0, UNCONN,
			  "CONFIG_XDP_SOCKETS_DIAG" },
	[SK_KIND_SMC] = { "smc", "smc", FAMILY_SMC, SOCK_STREAM, 0,
			  SK_STATES_CONN, "CONFIG_SMC_DIAG" },
};

const struct sk_kind *sk_kind_of(unsigned id)
{
	return &kinds[id < SK_KIND_COUNT ? id : 0];
}

/* --- states --------------------------------------------------------------- */

static const struct {
	const char *shown;	/* in the State column */
	const char *word;	/* in a filter */
} states[SK_STATE_COUNT] = {
	[SK_STATE_UNKNOWN] = { "UNKNOWN", "unknown" },
	[SK_STATE_ESTABLISHED] = { "ESTAB", "established" },
	[SK_STATE_SYN_SENT] = { "SYN-SENT", "syn-sent" },
	[SK_STATE_SYN_RECV] = { "SYN-RECV", "syn-recv" },
	[SK_STATE_FIN_WAIT1] = { "FIN-WAIT-1", "fin-wait-1" },
	[SK_STATE_FIN_WAIT2] = { "FIN-WAIT-2", "fin-wait-2" },
	[SK_STATE_TIME_WAIT] = { "TIME-WAIT", "time-wait" },
	[SK_STATE_CLOSE] = { "UNCONN", "unconnected" },
	[SK_STATE_CLOSE_WAIT] = { "CLOSE-WAIT", "close-wait" },
	[SK_STATE_LAST_ACK] = { "LAST-ACK", "last-ack" },
	[SK_STATE_LISTEN] = { "LISTEN", "listening" },
	[SK_STATE_CLOSING] = { "CLOSING", "closing" },
	/* The kernel says SYN_RECV when it means this. */
	[SK_STATE_NEW_SYN_RECV] = { "SYN-RECV", "" },
	/* CLOSE to the kernel and ss; only the request tells them apart. */
	[SK_STATE_BOUND_INACTIVE] = { "UNCONN", "bound-inactive" },
};

/* Words for several states at once, and second names. */
static const struct {
	const char *word;
	uint32_t states;
} groups[] = {
	{ "all", SK_STATES_ALL },
	{ "connected", SK_STATES_ALL & ~(SK_STATE_BIT(CLOSE) |
					 SK_STATE_BIT(LISTEN) |
					 SK_STATE_BIT(BOUND_INACTIVE)) },
	{ "synchronized", SK_STATES_ALL & ~(SK_STATE_BIT(CLOSE) |
					    SK_STATE_BIT(LISTEN) |
					    SK_STATE_BIT(SYN_SENT) |
					    SK_STATE_BIT(BOUND_INACTIVE)) },
	{ "bucket", SK_STATE_BIT(SYN_RECV) | SK_STATE_BIT(TIME_WAIT) },
	{ "big", SK_STATES_ALL & ~(SK_STATE_BIT(SYN_RECV) |
				   SK_STATE_BIT(TIME_WAIT) |
				   SK_STATE_BIT(BOUND_INACTIVE)) },
	{ "estab", SK_STATE_BIT(ESTABLISHED) },
	{ "syn-rcv", SK_STATE_BIT(SYN_RECV) },
	{ "close", SK_STATE_BIT(CLOSE) },
	{ "closed", SK_STATE_BIT(CLOSE) },
	{ "unconn", SK_STATE_BIT(CLOSE) },
	{ "listen", SK_STATE_BIT(LISTEN) },
	{ "bound", SK_STATE_BIT(BOUND_INACTIVE) },
};

const char *sk_state_name(unsigned state)
{
	return states[state < SK_STATE_COUNT ? state : 0].shown;
}

static bool is_word(const char *name, const char *word, size_t len)
{
	return strlen(name) == len && !strncasecmp(name, word, len);
}

uint32_t sk_states_parse(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		if (is_word(groups[i].word, word, len))
			return groups[i].states;
	for (unsigned i = 0; i < SK_STATE_COUNT; i++)
		if (len && is_word(states[i].word, word, len))
			return UINT32_C(1) << i;
	return 0;
}

/* --- the record ----------------------------------------------------------- */

bool sk_sock_tcp(const struct sk_sock *s, const struct sk_tcp_field *f,
		 uint64_t *value)
{
	return sk_tcp_info_get(f, s->tcp_info.p, s->tcp_info.len, value);
}

/* Every struct sk_bytes of a record. */
static const size_t blobs[] = {
	offsetof(struct sk_sock, tcp_info), offsetof(struct sk_sock, cong),
	offsetof(struct sk_sock, cc), offsetof(struct sk_sock, md5),
	offsetof(struct sk_sock, ulp), offsetof(struct sk_sock, storage),
	offsetof(struct sk_sock, locals), offsetof(struct sk_sock, peers),
	offsetof(struct sk_sock, info), offsetof(struct sk_sock, name),
	offsetof(struct sk_sock, icons), offsetof(struct sk_sock, peer_name),
	offsetof(struct sk_sock, groups), offsetof(struct sk_sock, mclist),
	offsetof(struct sk_sock, rx_ring), offsetof(struct sk_sock, tx_ring),
	offsetof(struct sk_sock, bpf),
};

#define BLOBS (sizeof(blobs) / sizeof(*blobs))
#define ROUND(n) (((size_t)(n) + 7) & ~(size_t)7)

struct sk_sock *sk_sock_dup(const struct sk_sock *s)
{
	size_t size = ROUND(sizeof(*s));
	struct sk_sock *copy;
	char *to;

	for (size_t i = 0; i < BLOBS; i++)
		size += ROUND(((const struct sk_bytes *)
				((const char *)s + blobs[i]))->len);
	copy = malloc(size);
	if (!copy)
		return NULL;
	*copy = *s;
	to = (char *)copy + ROUND(sizeof(*s));
	for (size_t i = 0; i < BLOBS; i++) {
		struct sk_bytes *b = (void *)((char *)copy + blobs[i]);

		if (!b->p)
			continue;
		memcpy(to, b->p, b->len);
		b->p = to;
		to += ROUND(b->len);
	}
	return copy;
}
