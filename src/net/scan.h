/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which ports of a host are open: many connection attempts at once, none of
 * which sends a byte (TCP), or an empty datagram each (UDP).
 */
#ifndef SK_NET_SCAN_H
#define SK_NET_SCAN_H

#include "loop/loop.h"
#include "net/options.h"

enum sk_port_state {
	SK_PORT_UNKNOWN,	/* not tried: the scan was ended */
	SK_PORT_OPEN,
	SK_PORT_CLOSED,		/* refused */
	SK_PORT_FILTERED,	/* no answer in time, or an unreachable error */
	SK_PORT_OPEN_FILTERED,	/* UDP: no answer means either */
};

struct sk_port {
	uint16_t port;
	uint8_t state;		/* enum sk_port_state */
	uint8_t where;		/* the caller's: which address that is of */
	uint32_t time_us;	/* until that was known */
};

struct sk_scan {
	struct sk_addr addr;	/* of the host; its port is not used */
	bool udp;
	size_t parallel;	/* attempts under way at once */
	uint64_t wait;		/* µs for each */
	const struct sk_net_opts *net;
	struct sk_port *ports;
	size_t n;
};

/*
 * "22,80,8000-8100,http" into a new array, ascending and without doubles, to
 * be freed by the caller. Usage errors.
 */
int sk_scan_ports(struct sk_port **ports, size_t *n, const char *text,
		  struct sk_err *err);

/* Fill in the states. 0 (also when the loop is stopped) or negative errno. */
int sk_scan_run(struct sk_scan *scan, struct sk_loop *loop,
		struct sk_err *err);

/* "open", "closed", "filtered", "open|filtered" */
const char *sk_port_state_name(enum sk_port_state state);

#endif
