/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sockets that are being destroyed, told by the kernel as it happens
 * (SKNLGRP_INET_*_DESTROY of sock_diag(7)): TCP and UDP of this namespace,
 * with their last tcp_info. A reader that is too slow loses some; how many is
 * known (SO_MEMINFO), and said.
 */
#ifndef SK_DIAG_EVENTS_H
#define SK_DIAG_EVENTS_H

#include "diag/filter.h"
#include "diag/source.h"
#include "loop/loop.h"

struct sk_event_feed {
	uint32_t kinds;		/* of SK_KIND_TCP and _UDP */
	unsigned families;	/* SK_FAMILY_*; 0: both */
	const struct sk_filter *filter; /* not owned; NULL: all */
	/* A socket that has gone; not 0 ends the loop with that result. */
	sk_diag_fn *fn;
	/* Nothing more is waiting: a good moment to flush. NULL: nobody asks. */
	void (*idle)(void *arg);
	/* n events were lost just before. */
	void (*lost)(uint64_t n, void *arg);
	void *arg;

	int fd;			/* all below is the room's own */
	struct sk_watch watch;
	uint32_t drops;		/* of the socket, as far as told */
	int result;
};

/*
 * Subscribe, and call the functions from the loop from now on. -EOPNOTSUPP
 * where no kind can be had; 0 or a negative errno. sk_event_feed_close() is due
 * after success.
 */
int sk_event_feed_open(struct sk_event_feed *e, struct sk_loop *loop,
		   struct sk_err *err);
void sk_event_feed_close(struct sk_event_feed *e);

#endif
