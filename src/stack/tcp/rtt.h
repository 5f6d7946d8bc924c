/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The round-trip time and the retransmission timeout (RFC 6298).
 *
 * Deviation: RTO = SRTT + max(4 * RTTVAR, 200 ms) as in Linux, where 6298 asks
 * for at least a second: peers delay ACKs by 40 ms and at most 200 ms, and a
 * second of silence after each lost tail is what makes a stack feel slow.
 */
#ifndef SK_STACK_TCP_RTT_H
#define SK_STACK_TCP_RTT_H

#include <stdbool.h>
#include <stdint.h>

#define TCP_RTO_INIT_US UINT32_C(1000000)	/* 6298 2.1 */
#define TCP_RTO_MIN_US UINT32_C(200000)
#define TCP_RTO_MAX_US UINT32_C(120000000)	/* 6298 2.5: at least 60 s */

struct tcp_rtt {
	uint32_t srtt;		/* us */
	uint32_t rttvar;	/* us */
	uint32_t min;		/* us, least of all samples */
	uint32_t rto;		/* us, without back-off */
	uint32_t rto_min, rto_max;
	uint8_t backoff;	/* doublings since the last valid sample */
	bool valid;		/* there has been a sample */
};

void tcp_rtt_init(struct tcp_rtt *r);

/*
 * A measured round trip. The caller keeps Karn's rule: none from a segment
 * that was sent twice, unless a timestamp tells which.
 */
void tcp_rtt_sample(struct tcp_rtt *r, uint32_t us);

/* The timeout to arm now, back-off included. */
uint32_t tcp_rtt_rto(const struct tcp_rtt *r);

/* 6298 5.5: the timer fired. Only a new sample ends the back-off (Karn). */
void tcp_rtt_back_off(struct tcp_rtt *r);

/* 6298 5.7: the SYN was lost and no sample exists: 3 s for the data phase. */
void tcp_rtt_syn_lost(struct tcp_rtt *r);

#endif
