/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --pcap: byte streams and datagrams as a capture file. */
#ifndef SK_RELAY_CAPTURE_H
#define SK_RELAY_CAPTURE_H

#include "base/pcaptcp.h"
#include "relay/relay.h"

/* NULL path: *c is NULL. Run-time error with the file's name. */
int sk_capture_open(struct sk_capture **c, const char *path,
		    struct sk_err *err);
/* Returns 0 or the first error of writing; says what it was. */
int sk_capture_close(struct sk_capture *c);

/* The conversation of one session; begins with the handshake. */
void sk_capture_begin(struct sk_capture *c, struct sk_pcaptcp *t,
		      const struct endpoint *peer, bool we_called);
void sk_capture_bytes(struct sk_pcaptcp *t, bool sent, const void *data,
		      size_t len);
void sk_capture_end(struct sk_pcaptcp *t, bool sent, bool reset);

/*
 * A datagram or record, as a packet of UDP. Addresses that are not of IP are
 * stood in for as those of streams; what no packet can hold is cut, which a
 * comment in the file says.
 */
void sk_capture_datagram(struct sk_capture *c, bool we_called, bool sent,
			 const struct sk_addr *us, const struct sk_addr *them,
			 const void *data, size_t len);

#endif
