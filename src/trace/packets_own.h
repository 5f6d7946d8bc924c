/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packets of sockets that have none on any wire: unix, netlink, vsock and
 * whatever is neither TCP nor UDP. Made-up IP addresses would be a lie, so
 * each socket is an interface of its own in the capture file, named as -yy
 * names it, and a packet is what one call has moved, as the socket's owner saw
 * it. `frame.interface_name` chooses a socket, the direction is the packet's.
 *
 * Netlink has a link type, and Wireshark reads its messages. All else goes as
 * "exported PDU", which is what Wireshark has for bytes above the transport.
 */
#ifndef SK_TRACE_PACKETS_OWN_H
#define SK_TRACE_PACKETS_OWN_H

#include "base/pcapng.h"
#include "trace/model.h"

/* Does it go here, and not as TCP or UDP? */
bool sk_packets_are_own(const struct sk_life *l);

/* An interface for a socket; its number. */
uint32_t sk_packets_own_interface(struct sk_pcapng *p, const struct sk_life *l);

void sk_packets_own_put(struct sk_pcapng *p, uint32_t interface,
			const struct sk_life *l, uint64_t time_ns, bool out,
			const void *data, size_t len, const char *comment);

#endif
