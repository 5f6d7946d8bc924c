/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/tcp/rtt.h"

#define TCP_RTO_SYN_LOST_US UINT32_C(3000000)

void tcp_rtt_init(struct tcp_rtt *r)
{
	*r = (struct tcp_rtt){
		.rto = TCP_RTO_INIT_US,
		.rto_min = TCP_RTO_MIN_US,
		.rto_max = TCP_RTO_MAX_US,
	};
}

static void set_rto(struct tcp_rtt *r)
{
	uint64_t var = 4 * (uint64_t)r->rttvar;
	uint64_t rto;

	if (var < r->rto_min)
		var = r->rto_min;
	rto = r->srtt + var;
	r->rto = rto > r->rto_max ? r->rto_max : (uint32_t)rto;
}

void tcp_rtt_sample(struct tcp_rtt *r, uint32_t us)
{
	if (!r->valid) {
		r->valid = true;
		r->min = r->srtt = us;	/* 2.2 */
		r->rttvar = us / 2;
	} else {
		uint32_t d = us > r->srtt ? us - r->srtt : r->srtt - us;

		/* 2.3: RTTVAR first, with the old SRTT. */
		r->rttvar = (uint32_t)((3 * (uint64_t)r->rttvar + d) / 4);
		r->srtt = (uint32_t)((7 * (uint64_t)r->srtt + us) / 8);
		if (us < r->min)
			r->min = us;
	}
	r->backoff = 0;
	set_rto(r);
}

uint32_t tcp_rtt_rto(const struct tcp_rtt *r)
{
	uint64_t rto = (uint64_t)r->rto << r->backoff;

	return rto > r->rto_max ? r->rto_max : (uint32_t)rto;
}

void tcp_rtt_back_off(struct tcp_rtt *r)
{
	if (r->backoff < 16)
		r->backoff++;
}

void tcp_rtt_syn_lost(struct tcp_rtt *r)
{
	r->backoff = 0;
	if (!r->valid)
		r->rto = TCP_RTO_SYN_LOST_US;
}
