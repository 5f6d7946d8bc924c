/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TCP conversation written as packets, for byte streams that were seen at
 * a socket and not on a wire: headers, sequence numbers, handshake and FINs
 * are made up so that a protocol analyser can follow the stream; addresses,
 * order and times are real.
 */
#ifndef SK_BASE_PCAPTCP_H
#define SK_BASE_PCAPTCP_H

#include <stdbool.h>

#include "base/pcapng.h"

struct sk_pcaptcp_end {
	unsigned char addr[16];	/* IPv4: the first four */
	uint16_t port;
	uint32_t next;		/* sequence number of its next byte */
	bool closed;
};

struct sk_pcaptcp {
	struct sk_pcapng *file;	/* not owned */
	uint32_t interface;	/* SK_LINKTYPE_RAW */
	bool v6;
	bool we_called;		/* end 0 is ours; for the caller's use */
	struct sk_pcaptcp_end end[2];
};

/* SYN from end 0, SYN+ACK, ACK. addr, port and v6 are set by the caller. */
void sk_pcaptcp_open(struct sk_pcaptcp *t, uint64_t time_ns,
		     enum sk_pcap_dir dir0, const char *comment);
/* Bytes of end `from`; dir as seen by us. comment may be NULL. */
void sk_pcaptcp_data(struct sk_pcaptcp *t, int from, uint64_t time_ns,
		     enum sk_pcap_dir dir, const void *data, size_t len,
		     const char *comment);
/* FIN (or RST) of end `from`. Once each. */
void sk_pcaptcp_close(struct sk_pcaptcp *t, int from, uint64_t time_ns,
		      enum sk_pcap_dir dir, bool reset);

#endif
