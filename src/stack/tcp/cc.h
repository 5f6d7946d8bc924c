/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Congestion control: how much may be in flight. An algorithm is a vtable and
 * some words of its own; what was lost and when recovery begins and ends is
 * decided elsewhere (recovery.c), so that algorithms stay small.
 *
 * All in bytes. RFC 5681, 6928 (initial window), 3465 (appropriate byte
 * counting).
 */
#ifndef SK_STACK_TCP_CC_H
#define SK_STACK_TCP_CC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TCP_CC_NAME_MAX 16	/* TCP_CA_NAME_MAX of Linux */
#define TCP_CC_NO_THRESH UINT32_MAX

struct tcp_cc;

struct tcp_cc_ops {
	char name[TCP_CC_NAME_MAX];
	void (*init)(struct tcp_cc *);
	/*
	 * acked bytes have left the network outside of recovery while the
	 * window was the limit; rtt in us, 0 if unknown.
	 */
	void (*on_ack)(struct tcp_cc *, uint32_t acked, uint32_t rtt,
		       uint64_t now);
	/* A loss: the slow-start threshold to use (5681 eq. 4). */
	uint32_t (*ssthresh)(struct tcp_cc *, uint32_t in_flight,
			     uint64_t now);
};

struct tcp_cc {
	const struct tcp_cc_ops *ops;
	uint32_t mss;
	uint32_t cwnd;
	uint32_t ssthresh;
	uint32_t counted;	/* acked in congestion avoidance, below cwnd */
	uint32_t prior_cwnd;	/* before the last reduction, for undo */
	uint32_t prior_ssthresh;
	uint64_t priv[4];	/* the algorithm's own */
};

/* "newreno"; NULL if there is none of that name. NULL gives the default. */
const struct tcp_cc_ops *tcp_cc_find(const char *name);

/* Initial window (6928): min(10 MSS, max(2 MSS, 14600)). */
void tcp_cc_init(struct tcp_cc *cc, const struct tcp_cc_ops *ops,
		 uint32_t mss);
/* Another algorithm in mid-connection: the window stays. */
void tcp_cc_change(struct tcp_cc *cc, const struct tcp_cc_ops *ops);
/* Another MSS (PMTU): the window stays, but is at least one segment. */
void tcp_cc_set_mss(struct tcp_cc *cc, uint32_t mss);

static inline bool tcp_cc_slow_start(const struct tcp_cc *cc)
{
	return cc->cwnd < cc->ssthresh;
}

void tcp_cc_on_ack(struct tcp_cc *cc, uint32_t acked, uint32_t rtt,
		   uint64_t now);
/* Fast retransmit: sets ssthresh; the caller moves cwnd there. */
void tcp_cc_on_loss(struct tcp_cc *cc, uint32_t in_flight, uint64_t now);
/* Timeout: ssthresh unless this is a repeated one, and cwnd of one segment. */
void tcp_cc_on_rto(struct tcp_cc *cc, uint32_t in_flight, bool first,
		   uint64_t now);
/* The reduction was wrong (F-RTO, DSACK, Eifel): take it back. */
void tcp_cc_undo(struct tcp_cc *cc);
/* Nothing was sent for longer than an RTO (5681 4.1). */
void tcp_cc_after_idle(struct tcp_cc *cc);

extern const struct tcp_cc_ops tcp_cc_newreno;

#endif
