/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TCP_INFO in the layout of Linux 6.18 (include/uapi/linux/tcp.h): the fields
 * at their offsets, so that no system header's age matters.
 */
#include "stack/tcp/pcb.h"

#define INFO_SIZE 280

/* tcpi_options. */
enum { INFO_TIMESTAMPS = 1, INFO_SACK = 2, INFO_WSCALE = 4 };

struct info {
	uint8_t b[INFO_SIZE];
};

static void put8(struct info *i, size_t off, unsigned v)
{
	i->b[off] = v < 255 ? (uint8_t)v : 255;
}

static void put32(struct info *i, size_t off, uint64_t v)
{
	uint32_t word = v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;

	memcpy(i->b + off, &word, 4);
}

static void put64(struct info *i, size_t off, uint64_t v)
{
	memcpy(i->b + off, &v, 8);
}

static uint32_t segments(const struct tcp_pcb *p, uint32_t bytes)
{
	return p->mss ? (bytes + p->mss - 1) / p->mss : 0;
}

static uint64_t ms_since(const struct tcp_pcb *p, uint64_t at)
{
	return at ? (tcp_stk(p)->now - at) / 1000 : 0;
}

static void put_state(struct info *i, const struct tcp_pcb *p)
{
	uint32_t lost_from = seq_max(p->rxt_nxt, p->snd_una);
	unsigned options = 0;

	options |= p->ts_ok ? INFO_TIMESTAMPS : 0;
	options |= p->sack_ok ? INFO_SACK : 0;
	options |= p->ws_ok ? INFO_WSCALE : 0;
	put8(i, 0, p->state);
	put8(i, 1, p->ca_state);
	put8(i, 2, p->retries);
	put8(i, 3, p->probes);
	put8(i, 4, p->rtt.backoff);
	put8(i, 5, options);
	put8(i, 6, (unsigned)p->snd_wscale | (unsigned)p->rcv_wscale << 4);
	put32(i, 8, tcp_rtt_rto(&p->rtt));
	put32(i, 12, p->o.delack_max_us);
	put32(i, 16, p->mss);
	put32(i, 20, p->rcv_mss);
	put32(i, 24, segments(p, tcp_flight(p)));
	put32(i, 28, segments(p, p->sacked_bytes));
	if (seq_lt(lost_from, p->lost_end))
		put32(i, 32, segments(p, p->lost_end - lost_from));
	if (seq_gt(p->rxt_nxt, p->snd_una))
		put32(i, 36, segments(p, p->rxt_nxt - p->snd_una));
	put32(i, 44, ms_since(p, p->last_data_send));
	put32(i, 52, ms_since(p, p->last_data_recv));
	put32(i, 56, ms_since(p, p->last_recv));
}

static void put_sizes(struct info *i, const struct tcp_pcb *p)
{
	const struct stk_ip *peer = &p->sk.node.key.remote;

	put32(i, 60, ip_pmtu(tcp_stk(p), peer));
	put32(i, 64, p->rcv_limit);
	put32(i, 68, p->rtt.srtt);
	put32(i, 72, p->rtt.rttvar);
	put32(i, 76, p->cc.ssthresh == TCP_CC_NO_THRESH ?
		     INT32_MAX : segments(p, p->cc.ssthresh));
	put32(i, 80, segments(p, p->cc.cwnd));
	put32(i, 84, p->mss_adv);
	put32(i, 88, TCP_DUPTHRESH);
	put32(i, 92, p->drs_rtt);
	put32(i, 96, p->rcv_limit);
	put64(i, 104, UINT64_MAX);	/* no pacing: no limit */
	put64(i, 112, UINT64_MAX);
}

/* All that was not idle, and two parts of it. */
static void put_limits(struct info *i, const struct tcp_pcb *p)
{
	uint64_t us[TCP_LIMITS];

	memcpy(us, p->limited_us, sizeof(us));
	us[p->limit] += tcp_stk(p)->now - p->limit_at;
	put64(i, 168, us[TCP_BUSY] + us[TCP_RWND] + us[TCP_SNDBUF]);
	put64(i, 176, us[TCP_RWND]);
	put64(i, 184, us[TCP_SNDBUF]);
}

static void put_counts(struct info *i, const struct tcp_pcb *p)
{
	put32(i, 100, p->total_retrans);
	put64(i, 120, p->bytes_acked);
	put64(i, 128, p->bytes_received);
	put32(i, 136, p->segs_out);
	put32(i, 140, p->segs_in);
	put32(i, 144, tcp_synchronized(p) ? tcp_unsent(p) : 0);
	put32(i, 148, p->rtt.valid ? p->rtt.min : UINT32_MAX);
	put32(i, 152, p->data_segs_in);
	put32(i, 156, p->data_segs_out);
	put64(i, 200, p->bytes_sent);
	put64(i, 208, p->bytes_retrans);
	put32(i, 216, p->dsack_dups);
	put32(i, 224, p->rcv_ooopack);
	put32(i, 228, p->snd_wnd);
	put32(i, 232, tcp_synchronized(p) ? tcp_rcv_wnd(p) : 0);
}

size_t tcp_info(const struct tcp_pcb *p, void *out, size_t size)
{
	struct info i = {};

	put_state(&i, p);
	if (p->state == TCPS_LISTEN) {
		/* tcpi_unacked and tcpi_sacked of a listener, as ss reads. */
		put32(&i, 24, p->lsn->n_accept);
		put32(&i, 28, p->lsn->backlog);
	} else {
		put_sizes(&i, p);
		put_counts(&i, p);
		put_limits(&i, p);
	}
	if (size > sizeof(i))
		size = sizeof(i);
	memcpy(out, &i, size);
	return size;
}

const char *tcp_state_text(unsigned state)
{
	static const char *const names[] = {
		[TCPS_ESTABLISHED] = "ESTAB",
		[TCPS_SYN_SENT] = "SYN-SENT",
		[TCPS_SYN_RCVD] = "SYN-RECV",
		[TCPS_FIN_WAIT_1] = "FIN-WAIT-1",
		[TCPS_FIN_WAIT_2] = "FIN-WAIT-2",
		[TCPS_TIME_WAIT] = "TIME-WAIT",
		[TCPS_CLOSED] = "UNCONN",
		[TCPS_CLOSE_WAIT] = "CLOSE-WAIT",
		[TCPS_LAST_ACK] = "LAST-ACK",
		[TCPS_LISTEN] = "LISTEN",
		[TCPS_CLOSING] = "CLOSING",
	};

	return state < sizeof(names) / sizeof(*names) && names[state] ?
	       names[state] : "UNKNOWN";
}
