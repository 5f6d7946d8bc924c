/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slow start and congestion avoidance of RFC 5681, counting bytes (3465). */
#include "stack/tcp/cc.h"

/*
 * Slow start: by what was acknowledged, at most 2 segments per ACK (3465
 * 2.3 L=2)... which stretch ACKs of a peer with GRO would turn into half
 * speed; so, as Linux does, by all of it, up to the threshold.
 */
static uint32_t slow_start(struct tcp_cc *cc, uint32_t acked)
{
	uint32_t room = cc->ssthresh - cc->cwnd;

	if (acked <= room) {
		cc->cwnd += acked;
		return 0;
	}
	cc->cwnd = cc->ssthresh;
	return acked - room;
}

static void newreno_on_ack(struct tcp_cc *cc, uint32_t acked, uint32_t rtt,
			   uint64_t now)
{
	(void)rtt;
	(void)now;
	if (tcp_cc_slow_start(cc))
		acked = slow_start(cc, acked);
	/* One segment per window. */
	cc->counted += acked;
	while (cc->counted >= cc->cwnd) {
		cc->counted -= cc->cwnd;
		cc->cwnd += cc->mss;
	}
}

static uint32_t newreno_ssthresh(struct tcp_cc *cc, uint32_t in_flight,
				 uint64_t now)
{
	uint32_t half = in_flight / 2;

	(void)now;
	return half > 2 * cc->mss ? half : 2 * cc->mss;
}

const struct tcp_cc_ops tcp_cc_newreno = {
	.name = "newreno",
	.on_ack = newreno_on_ack,
	.ssthresh = newreno_ssthresh,
};
