/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/tcp/cc.h"

#include <string.h>

/* An algorithm: one file, and one line here. The first is the default. */
static const struct tcp_cc_ops *const algorithms[] = {
	&tcp_cc_newreno,
};

const struct tcp_cc_ops *tcp_cc_find(const char *name)
{
	if (!name)
		return algorithms[0];
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++)
		if (!strcmp(algorithms[i]->name, name))
			return algorithms[i];
	/* Linux's name for the same algorithm. */
	return strcmp(name, "reno") ? NULL : &tcp_cc_newreno;
}

static uint32_t initial_window(uint32_t mss)
{
	uint32_t limit = 2 * mss > 14600 ? 2 * mss : 14600;

	return 10 * mss < limit ? 10 * mss : limit;
}

void tcp_cc_init(struct tcp_cc *cc, const struct tcp_cc_ops *ops, uint32_t mss)
{
	*cc = (struct tcp_cc){
		.ops = ops,
		.mss = mss,
		.cwnd = initial_window(mss),
		.ssthresh = TCP_CC_NO_THRESH,
	};
	if (ops->init)
		ops->init(cc);
}

void tcp_cc_change(struct tcp_cc *cc, const struct tcp_cc_ops *ops)
{
	if (cc->ops == ops)
		return;
	cc->ops = ops;
	cc->counted = 0;
	memset(cc->priv, 0, sizeof(cc->priv));
	if (ops->init)
		ops->init(cc);
}

void tcp_cc_set_mss(struct tcp_cc *cc, uint32_t mss)
{
	cc->mss = mss;
	if (cc->cwnd < mss)
		cc->cwnd = mss;
}

void tcp_cc_on_ack(struct tcp_cc *cc, uint32_t acked, uint32_t rtt,
		   uint64_t now)
{
	/* Never beyond what the largest window can use. */
	if (cc->cwnd < UINT32_C(1) << 30)
		cc->ops->on_ack(cc, acked, rtt, now);
}

static void remember(struct tcp_cc *cc)
{
	cc->prior_cwnd = cc->cwnd;
	cc->prior_ssthresh = cc->ssthresh;
	cc->counted = 0;
}

void tcp_cc_on_loss(struct tcp_cc *cc, uint32_t in_flight, uint64_t now)
{
	remember(cc);
	cc->ssthresh = cc->ops->ssthresh(cc, in_flight, now);
}

void tcp_cc_on_rto(struct tcp_cc *cc, uint32_t in_flight, bool first,
		   uint64_t now)
{
	if (first) {
		remember(cc);
		cc->ssthresh = cc->ops->ssthresh(cc, in_flight, now);
	}
	cc->counted = 0;
	cc->cwnd = cc->mss;
}

void tcp_cc_undo(struct tcp_cc *cc)
{
	if (cc->cwnd < cc->prior_cwnd)
		cc->cwnd = cc->prior_cwnd;
	if (cc->ssthresh < cc->prior_ssthresh)
		cc->ssthresh = cc->prior_ssthresh;
}

void tcp_cc_after_idle(struct tcp_cc *cc)
{
	uint32_t restart = initial_window(cc->mss);

	/* 2861: remember what the path took, begin small again. */
	if (cc->ssthresh < cc->cwnd / 4 * 3)
		cc->ssthresh = cc->cwnd / 4 * 3;
	if (cc->cwnd > restart)
		cc->cwnd = restart;
}
