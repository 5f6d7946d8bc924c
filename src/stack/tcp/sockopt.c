/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The options of TCP: a row each, with the numbers, layouts and meanings of
 * Linux (tcp(7)). What the common options of sockets mean for TCP besides is
 * here, too.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "stack/tcp/pcb.h"

/* Of linux/tcp.h, whose header does not go with wire/tcp.h. */
enum {
	OPT_NODELAY = 1,
	OPT_MAXSEG = 2,
	OPT_CORK = 3,
	OPT_KEEPIDLE = 4,
	OPT_KEEPINTVL = 5,
	OPT_KEEPCNT = 6,
	OPT_SYNCNT = 7,
	OPT_LINGER2 = 8,
	OPT_WINDOW_CLAMP = 10,
	OPT_INFO = 11,
	OPT_QUICKACK = 12,
	OPT_CONGESTION = 13,
	OPT_USER_TIMEOUT = 18,
	OPT_NOTSENT_LOWAT = 25,
	OPT_INQ = 36,
	OPT_RTO_MAX_MS = 44,
	OPT_RTO_MIN_US = 45,
	OPT_DELACK_MAX_US = 46,
};

void tcp_opts_init(struct tcp_opts_set *o)
{
	*o = (struct tcp_opts_set){
		.keep_idle = 7200,
		.keep_intvl = 75,
		.keep_cnt = 9,
		.syn_cnt = TCP_SYN_RETRIES,
		.rto_max_ms = TCP_RTO_MAX_US / 1000,
		.rto_min_us = TCP_RTO_MIN_US,
		.delack_max_us = TCP_DELACK_US,
	};
}

/* --- what a change brings about ------------------------------------------- */

static void push(struct tcp_pcb *p)
{
	/* Nothing holds small segments back any more: send them. */
	if (tcp_synchronized(p))
		tcp_output(p);
}

/* As on Linux it pushes even what the cork holds, this once. */
static void push_nodelay(struct tcp_pcb *p)
{
	p->send_forced = p->o.nodelay;
	push(p);
}

static void changed_keep(struct tcp_pcb *p)
{
	tcp_arm_keep(p);
}

static void changed_rto(struct tcp_pcb *p)
{
	p->rtt.rto_max = p->o.rto_max_ms * 1000;
	p->rtt.rto_min = p->o.rto_min_us;
}

static void changed_maxseg(struct tcp_pcb *p)
{
	if (!tcp_synchronized(p))
		return;
	tcp_set_mss(p);
	tcp_cc_set_mss(&p->cc, p->mss);
}

static const struct row {
	uint8_t name;
	uint8_t size;		/* of the field; 1 with max 1: bool */
	uint16_t off;		/* in struct tcp_opts_set */
	int32_t min, max;
	void (*changed)(struct tcp_pcb *p);
} rows[] = {
#define ROW(name, field, min, max, changed) \
	{ name, sizeof(((struct tcp_opts_set *)0)->field), \
	  offsetof(struct tcp_opts_set, field), min, max, changed }
	ROW(OPT_NODELAY, nodelay, INT32_MIN, INT32_MAX, push_nodelay),
	ROW(OPT_CORK, cork, INT32_MIN, INT32_MAX, push),
	ROW(OPT_MAXSEG, maxseg, TCP_MSS_MIN, 32767, changed_maxseg),
	ROW(OPT_KEEPIDLE, keep_idle, 1, 32767, changed_keep),
	ROW(OPT_KEEPINTVL, keep_intvl, 1, 32767, NULL),
	ROW(OPT_KEEPCNT, keep_cnt, 1, 127, NULL),
	ROW(OPT_SYNCNT, syn_cnt, 1, 127, NULL),
	ROW(OPT_LINGER2, linger2, -1, 120, NULL),
	ROW(OPT_WINDOW_CLAMP, window_clamp, 0, INT32_MAX, NULL),
	ROW(OPT_USER_TIMEOUT, user_timeout, 0, INT32_MAX, NULL),
	ROW(OPT_NOTSENT_LOWAT, notsent_lowat, INT32_MIN, INT32_MAX, NULL),
	ROW(OPT_RTO_MAX_MS, rto_max_ms, 1000, 120000, changed_rto),
	ROW(OPT_RTO_MIN_US, rto_min_us, 1, TCP_RTO_MIN_US, changed_rto),
	ROW(OPT_DELACK_MAX_US, delack_max_us, 1, TCP_DELACK_US, NULL),
#undef ROW
};

static const struct row *find_row(int name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].name == name)
			return &rows[i];
	return NULL;
}

static bool is_flag(const struct row *row)
{
	return row->size == sizeof(bool) && row->min == INT32_MIN;
}

static void store(struct tcp_pcb *p, const struct row *row, int v)
{
	uint8_t *at = (uint8_t *)&p->o + row->off;
	uint8_t byte = is_flag(row) ? v != 0 : (uint8_t)v;
	uint16_t half = (uint16_t)v;
	uint32_t word = (uint32_t)v;

	if (row->size == 1)
		memcpy(at, &byte, 1);
	else if (row->size == 2)
		memcpy(at, &half, 2);
	else
		memcpy(at, &word, 4);
}

static int load(const struct tcp_pcb *p, const struct row *row)
{
	const uint8_t *at = (const uint8_t *)&p->o + row->off;
	uint16_t half;
	uint32_t word;

	if (row->size == 1)
		return *at;
	if (row->size == 2) {
		memcpy(&half, at, 2);
		return half;
	}
	memcpy(&word, at, 4);
	return (int)word;
}

/* --- those that are no number --------------------------------------------- */

static int set_congestion(struct tcp_pcb *p, const void *val, size_t len)
{
	char name[TCP_CC_NAME_MAX] = "";
	const struct tcp_cc_ops *ops;

	memcpy(name, val, len < sizeof(name) ? len : sizeof(name) - 1);
	ops = tcp_cc_find(name);
	if (!ops)
		return -ENOENT;
	tcp_cc_change(&p->cc, ops);
	return 0;
}

static int get_bytes(const void *from, size_t size, void *val, size_t *len)
{
	if (*len > size)
		*len = size;
	memcpy(val, from, *len);
	return 0;
}

/* Not kept: it says only how the next ACKs are sent, as in Linux. */
static int set_quickack(struct tcp_pcb *p, int v)
{
	p->quick = v ? TCP_QUICK_ACKS : 0;
	if (v && tcp_synchronized(p) && p->rcv_unacked)
		tcp_send_ack(p);
	return 0;
}

/* --- common options that mean something to TCP ---------------------------- */

static void changed_rcvbuf(struct tcp_pcb *p)
{
	p->o.rcvbuf_set = true;
	/* A promise once made is kept: it can only grow from now on. */
	if (p->sk.rcvbuf > p->rcv_limit && tcp_synchronized(p) &&
	    tcp_buf_reserve(&p->rcv_buf, p->sk.rcvbuf + 1) == 0)
		p->rcv_limit = p->sk.rcvbuf;
}

static void changed_sndbuf(struct tcp_pcb *p)
{
	p->o.sndbuf_set = true;
	if (!tcp_synchronized(p) ||
	    tcp_buf_reserve(&p->snd_buf, p->sk.sndbuf) == 0)
		p->snd_limit = p->sk.sndbuf;
}

static int set_socket(struct tcp_pcb *p, int name, const void *val, size_t len)
{
	int r = stk_common_setopt(&p->sk, SOL_SOCKET, name, val, len);

	if (r < 0)
		return r;
	if (name == SO_RCVBUF)
		changed_rcvbuf(p);
	else if (name == SO_SNDBUF)
		changed_sndbuf(p);
	else if (name == SO_KEEPALIVE)
		tcp_arm_keep(p);
	return 0;
}

int tcp_setopt(struct stk_sock *sk, int level, int name, const void *val,
	       size_t len)
{
	struct tcp_pcb *p = tcp_of(sk);
	const struct row *row = find_row(name);
	int v, r;

	if (level == SOL_SOCKET)
		return set_socket(p, name, val, len);
	if (level != IPPROTO_TCP)
		return -ENOPROTOOPT;
	if (name == OPT_CONGESTION)
		return set_congestion(p, val, len);
	r = stk_opt_int(val, len, &v);
	if (r < 0)
		return r;
	if (name == OPT_QUICKACK)
		return set_quickack(p, v);
	if (!row)
		return -ENOPROTOOPT;
	if (v < row->min || v > row->max)
		return -EINVAL;
	store(p, row, v);
	if (row->changed)
		row->changed(p);
	return 0;
}

int tcp_getopt(struct stk_sock *sk, int level, int name, void *val,
	       size_t *len)
{
	const struct tcp_pcb *p = tcp_of_const(sk);
	const struct row *row = find_row(name);
	int v;

	if (level == SOL_SOCKET && name == SO_ACCEPTCONN)
		return stk_opt_put_int(p->state == TCPS_LISTEN, val, len);
	if (level != IPPROTO_TCP)
		return -ENOPROTOOPT;
	if (name == OPT_INFO) {
		*len = tcp_info(p, val, *len);
		return 0;
	}
	if (name == OPT_CONGESTION)
		return get_bytes(p->cc.ops->name, TCP_CC_NAME_MAX, val, len);
	if (name == OPT_QUICKACK)
		return stk_opt_put_int(p->quick != 0, val, len);
	if (name == OPT_INQ)
		return stk_opt_put_int((int)tcp_readable(p), val, len);
	if (!row)
		return -ENOPROTOOPT;
	v = load(p, row);
	/* In use rather than set, as Linux says it. */
	if (name == OPT_MAXSEG && tcp_synchronized(p))
		v = (int)p->mss;
	return stk_opt_put_int(v, val, len);
}
