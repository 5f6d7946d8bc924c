/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of TCP that have no state of their own. */
#include "stack/tcp/buf.h"
#include "stack/tcp/cc.h"
#include "stack/tcp/cookie.h"
#include "stack/tcp/isn.h"
#include "stack/tcp/rtt.h"
#include "stack/tcp/seqset.h"
#include "tap.h"

/* --- sequence numbers ----------------------------------------------------- */

static void test_seq(void)
{
	ok(seq_lt(1, 2) && !seq_lt(2, 1) && !seq_lt(2, 2), "before");
	ok(seq_lt(0xffffffff, 0) && seq_gt(5, 0xfffffff0),
	   "before across the wrap");
	ok(seq_le(7, 7) && seq_ge(7, 7), "equal");
	is_int(seq_max(0xfffffff0, 3), 3, "the later across the wrap");
	is_int(seq_min(0xfffffff0, 3), 0xfffffff0, "the earlier");
	ok(seq_in(2, 0xfffffffe, 5) && !seq_in(5, 0xfffffffe, 5),
	   "within a range across the wrap");
}

/* --- sets of ranges ------------------------------------------------------- */

/* The same set, a bit for each number, from base on. */
#define SPAN 400

static void model_add(bool *m, unsigned from, unsigned to)
{
	for (; from < to; from++)
		m[from] = true;
}

static bool agrees(const struct seqset *s, uint32_t base, const bool *m)
{
	unsigned i = 0;

	for (unsigned n = 0; n < s->n; n++) {
		for (; base + i != s->r[n].from; i++)
			if (m[i])
				return false;
		for (; base + i != s->r[n].to; i++)
			if (!m[i])
				return false;
		/* Ranges that touch are one. */
		if (i < SPAN && m[i])
			return false;
	}
	for (; i < SPAN; i++)
		if (m[i])
			return false;
	return true;
}

static unsigned count(const bool *m, unsigned from, unsigned to)
{
	unsigned n = 0;

	for (; from < to; from++)
		n += m[from];
	return n;
}

static unsigned rnd(unsigned *state, unsigned n)
{
	*state = *state * 1103515245u + 12345u;
	return (*state >> 8) % n;
}

static bool play(unsigned seed, uint32_t base)
{
	struct seqrange r[SPAN];
	struct seqset s = { r, 0, SPAN };
	bool m[SPAN] = { false };
	bool good = true;

	for (int step = 0; step < 60 && good; step++) {
		unsigned from = rnd(&seed, SPAN - 20);
		unsigned to = from + 1 + rnd(&seed, 19);
		unsigned had = count(m, from, to), sum;
		uint32_t added, hole;
		int at = seqset_add(&s, base + from, base + to, &added);

		model_add(m, from, to);
		good = at >= 0 && added == to - from - had &&
		       seq_le(r[at].from, base + from) &&
		       seq_ge(r[at].to, base + to) && agrees(&s, base, m);
		from = rnd(&seed, SPAN);
		to = from + rnd(&seed, SPAN - from);
		sum = seqset_sum(&s, base + from, base + to);
		good = good && sum == count(m, from, to);
		sum = seqset_hole(&s, base + from, base + to, &hole);
		good = good && (!sum || (!count(m, hole - base,
						hole - base + sum) &&
					 seq_ge(hole, base + from) &&
					 seq_le(hole + sum, base + to)));
		good = good && (sum || count(m, from, to) == to - from);
		if (rnd(&seed, 10) == 0) {
			unsigned cut = rnd(&seed, SPAN / 4);

			sum = seqset_trim(&s, base + cut);
			good = good && sum == count(m, 0, cut);
			memset(m, 0, cut);
			good = good && agrees(&s, base, m);
		}
	}
	return good;
}

static void test_seqset(void)
{
	struct seqrange r[3];
	struct seqset s = { r, 0, 3 };
	uint32_t added;
	bool good = true;

	for (unsigned seed = 0; seed < 500 && good; seed++)
		good = play(seed, seed % 2 ? 0xffffff80u : 1000);
	ok(good, "ranges: as bits, 500 runs, half of them across the wrap");
	for (uint32_t i = 0; i < 3; i++)
		seqset_add(&s, i * 10, i * 10 + 5, &added);
	is_int(seqset_add(&s, 100, 105, &added), -1, "no fourth of three");
	is_int(added, 0, "... and nothing is added");
	is_int(seqset_add(&s, 4, 11, &added), 0, "but one that joins two");
	is_int(added, 5, "... counts what was missing");
	is_int(s.n, 2, "... and leaves two");
}

/* --- RTO ------------------------------------------------------------------ */

static void test_rtt(void)
{
	struct tcp_rtt r;

	tcp_rtt_init(&r);
	is_int(tcp_rtt_rto(&r), 1000000, "RFC 6298 2.1: a second at first");
	tcp_rtt_sample(&r, 100000);
	is_int(r.srtt, 100000, "2.2: SRTT is the first sample");
	is_int(r.rttvar, 50000, "2.2: RTTVAR is half of it");
	is_int(tcp_rtt_rto(&r), 300000, "2.2: RTO = SRTT + 4 RTTVAR");
	tcp_rtt_sample(&r, 180000);
	is_int(r.rttvar, 57500, "2.3: RTTVAR with the old SRTT");
	is_int(r.srtt, 110000, "2.3: SRTT");
	is_int(r.min, 100000, "the least is kept");
	for (int i = 0; i < 3; i++)
		tcp_rtt_back_off(&r);
	is_int(tcp_rtt_rto(&r), 8 * 340000, "5.5: doubles");
	for (int i = 0; i < 50; i++)
		tcp_rtt_back_off(&r);
	is_int(tcp_rtt_rto(&r), TCP_RTO_MAX_US, "2.5: is bounded");
	tcp_rtt_sample(&r, 110000);
	ok(tcp_rtt_rto(&r) < 500000, "a sample ends the back-off");
	tcp_rtt_sample(&r, UINT32_MAX);
	tcp_rtt_sample(&r, UINT32_MAX);
	is_int(tcp_rtt_rto(&r), TCP_RTO_MAX_US, "no overflow");
}

/* --- congestion control --------------------------------------------------- */

static void test_cc(void)
{
	struct tcp_cc cc;

	tcp_cc_init(&cc, tcp_cc_find(NULL), 1000);
	is_int(cc.cwnd, 10000, "RFC 6928: ten segments");
	tcp_cc_init(&cc, tcp_cc_find(NULL), 2000);
	is_int(cc.cwnd, 14600, "RFC 6928: at most 14600 bytes");
	tcp_cc_init(&cc, tcp_cc_find(NULL), 9000);
	is_int(cc.cwnd, 18000, "RFC 6928: but two segments");
	tcp_cc_init(&cc, tcp_cc_find("newreno"), 1000);
	cc.ssthresh = 12000;
	tcp_cc_on_ack(&cc, 10000, 0, 0);
	is_int(cc.cwnd, 12000, "slow start ends at ssthresh");
	tcp_cc_on_ack(&cc, 4000, 0, 0);
	is_int(cc.cwnd, 13000, "then a segment for a window");
	tcp_cc_on_loss(&cc, 13000, 0);
	is_int(cc.ssthresh, 6500, "RFC 5681 eq. 4: half of what is in flight");
	tcp_cc_undo(&cc);
	is_int(cc.ssthresh, 12000, "undone");
	tcp_cc_on_rto(&cc, 1000, true, 0);
	is_int(cc.ssthresh, 2000, "at least two segments");
	is_int(cc.cwnd, 1000, "RFC 5681 3.1: one segment after a timeout");
	ok(!tcp_cc_find("nope"), "no such algorithm");
}

/* --- cookies -------------------------------------------------------------- */

static void test_cookie(void)
{
	static struct stk s;
	struct stk_key k = { .lport = 80, .rport = 4000, .proto = 6 };
	struct tcp_opts o = { .has_wscale = true, .wscale = 7,
			      .sack_ok = true }, back = {};
	uint32_t c, ts = 0x12345678;
	uint16_t mss;

	s.now = 1000 * SK_SEC;
	s.secret.k0 = 1;
	c = tcp_cookie_make(&s, &k, 777, 1460);
	ok(tcp_cookie_check(&s, &k, 777, c, &mss) && mss == 1460, "good");
	ok(!tcp_cookie_check(&s, &k, 778, c, &mss), "another number");
	k.rport++;
	ok(!tcp_cookie_check(&s, &k, 777, c, &mss), "another port");
	k.rport--;
	ok(!tcp_cookie_check(&s, &k, 777, c + 256, &mss), "forged");
	ok(!tcp_cookie_check(&s, &k, 777, c ^ 1, &mss), "another MSS");
	s.now += 64 * SK_SEC;
	ok(tcp_cookie_check(&s, &k, 777, c, &mss), "a period old");
	s.now += 64 * SK_SEC;
	ok(!tcp_cookie_check(&s, &k, 777, c, &mss), "two periods old");
	for (uint32_t want = 100; want < 10000; want += 777) {
		c = tcp_cookie_make(&s, &k, 1, (uint16_t)want);
		ok(tcp_cookie_check(&s, &k, 1, c, &mss) &&
		   (mss <= want || mss == 216), "MSS %u is %u", want, mss);
	}
	for (uint32_t i = 0; i < 100; i++, ts++) {
		c = tcp_cookie_ts_make(ts, &o);
		tcp_cookie_ts_read(c, &back);
		if (seq_gt(c, ts) || ts - c >= 128 || !back.has_wscale ||
		    back.wscale != 7 || !back.sack_ok)
			break;
	}
	is_int(ts, 0x12345678 + 100, "offers in the timestamp, never ahead");
}

/* --- buffers -------------------------------------------------------------- */

static void test_buf(void)
{
	struct pkt_pool pool;
	struct tcp_buf b;
	uint32_t n = 100000, off, len;
	uint8_t got[1000] = { 0 };
	bool good = true;

	pkt_pool_init(&pool, 8 << 20);
	tcp_buf_init(&b, &pool);
	is_int(tcp_buf_reserve(&b, n), 0, "buf: reserve");
	is_int(pool.bufs, 0, "buf: an empty one holds no memory");
	for (off = 0; off < n; off += len) {
		uint8_t *to;

		len = 777;
		to = tcp_buf_room(&b, off, &len);
		for (uint32_t i = 0; i < len; i++)
			to[i] = (uint8_t)((off + i) * 7);
	}
	is_int(pool.bufs, 2, "buf: two chunks for 100 000 bytes");
	tcp_buf_reserve(&b, 1 << 20);
	for (off = 0; off + 1000 <= n; off += 1000) {
		struct iovec v = { got, 1000 };

		tcp_buf_read(&b, off, 1000, &v, 1);
		for (uint32_t i = 0; i < 1000; i++)
			good = good && got[i] == (uint8_t)((off + i) * 7);
	}
	ok(good, "buf: what was written is read, after growing too");
	{
		struct pkt *p = tcp_buf_view(&b, 65000, 1000);

		tcp_buf_drop(&b, n);
		tcp_buf_empty(&b);
		pkt_read(p, 0, got, 1000);
		for (uint32_t i = 0; i < 1000; i++)
			good = good && got[i] == (uint8_t)((65000 + i) * 7);
		ok(good && p->more, "buf: a view outlives the buffer");
		pkt_free(p);
	}
	is_int(pool.bufs, 0, "buf: nothing is left");
	tcp_buf_fini(&b);
	pkt_pool_fini(&pool);
}

/* Offsets wrap as sequence numbers do. */
static void test_buf_wrap(void)
{
	struct pkt_pool pool;
	struct tcp_buf b;
	uint32_t len = 16;
	uint8_t got[32];
	struct iovec v = { got, 32 };

	pkt_pool_init(&pool, 8 << 20);
	tcp_buf_init(&b, &pool);
	tcp_buf_reserve(&b, 65536);
	tcp_buf_drop(&b, 0xfffffff0u);
	memset(tcp_buf_room(&b, 0xfffffff0u, &len), 'a', 16);
	len = 16;
	memset(tcp_buf_room(&b, 0, &len), 'b', 16);
	is_int(tcp_buf_read(&b, 0xfffffff0u, 32, &v, 1), 32, "buf: wraps");
	ok(got[15] == 'a' && got[16] == 'b', "buf: ... in order");
	tcp_buf_drop(&b, 16);
	tcp_buf_fini(&b);
	is_int(pool.bufs, 0, "buf: ... and is freed");
	pkt_pool_fini(&pool);
}

int main(void)
{
	test_seq();
	test_seqset();
	test_rtt();
	test_cc();
	test_cookie();
	test_buf();
	test_buf_wrap();
	return tap_done();
}
