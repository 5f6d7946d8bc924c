/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts without state of the host: checksums, packets, timers, parsers. */
#include "lan.h"
#include "stack/wire/tcp.h"

/* --- checksums -------------------------------------------------------------- */

/* RFC 1071, as it is written there. */
static uint16_t plain_csum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i += 2)
		sum += (uint32_t)p[i] << 8 | (i + 1 < n ? p[i + 1] : 0u);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void test_csum(void)
{
	uint8_t b[300];
	bool same = true, updated = true;

	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)(i * i + 3 * i);
	for (size_t at = 0; at < 9; at++)
		for (size_t n = 0; n < sizeof(b) - 9; n++)
			same &= csum_done(csum_add(0, b + at, n)) ==
				plain_csum(b + at, n);
	ok(same, "RFC 1071: of any length, at any address");
	memset(b, 0xff, sizeof(b));
	is_int(csum_done(csum_add(0, b, sizeof(b))), 0, "of all ones");
	for (unsigned v = 0; v < 65536; v += 251) {
		uint8_t old[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
		uint16_t c = plain_csum(old, 8);

		put16(old + 2, v);
		updated &= csum_update(c, 0x0304, (uint16_t)v) ==
			   plain_csum(old, 8);
	}
	ok(updated, "RFC 1624: updated for one word");
}

static void test_siphash(void)
{
	/* The vectors of the paper's reference code. */
	static const struct {
		size_t n;
		uint64_t hash;
	} want[] = {
		{ 0, UINT64_C(0x726fdb47dd0e0e31) },
		{ 1, UINT64_C(0x74f839c593dc67fd) },
		{ 8, UINT64_C(0x93f5f5799a932462) },
		{ 15, UINT64_C(0xa129ca6149be45e5) },
	};
	struct stk_key128 key = { UINT64_C(0x0706050403020100),
				  UINT64_C(0x0f0e0d0c0b0a0908) };
	uint8_t in[16];

	for (uint8_t i = 0; i < 16; i++)
		in[i] = i;
	for (size_t i = 0; i < 4; i++)
		ok(stk_siphash(&key, in, want[i].n) == want[i].hash,
		   "SipHash-2-4 of %zu bytes", want[i].n);
}

/* --- packets ---------------------------------------------------------------- */

/* Every operation on a chain does what it does on an array. */
static void test_pkt_model(void)
{
	static uint8_t model[40000], out[40000];
	struct pkt_pool pool;
	size_t n = 0;
	uint32_t r = 1;
	bool same = true;
	struct pkt *p;

	pkt_pool_init(&pool, 8 << 20);
	p = pkt_new(&pool, 64, 100);
	for (int step = 0; step < 20000 && same; step++) {
		size_t k, off;
		struct pkt *q;

		r = r * 1664525 + 1013904223;
		k = (r >> 8) % 700;
		switch (r >> 29) {
		case 0:
		case 1:
			if (n + k > 30000)
				k = 0;
			for (size_t i = 0; i < k; i++)
				model[n + i] = (uint8_t)(r + i);
			pkt_append_bytes(p, model + n, k);
			n += k;
			break;
		case 2:
			k = k > n ? n : k;
			pkt_pull(p, k);
			memmove(model, model + k, n - k);
			n -= k;
			break;
		case 3:
			k = n - (k > n ? n : k);
			pkt_trim(p, k);
			n = k;
			break;
		case 4:
			same &= pkt_linear(p, k > n ? n : k);
			break;
		case 5:
			q = pkt_clone(p);
			pkt_free(p);
			p = q;
			break;
		case 6:
			off = n ? r % n : 0;
			k = k > n - off ? n - off : k;
			q = k ? pkt_slice(p, off, k) : NULL;
			if (q) {
				pkt_read(q, 0, out, k);
				same &= q->total == k &&
					!memcmp(out, model + off, k);
			}
			pkt_free(q);
			break;
		default:
			if (pkt_push(p, k % 30)) {
				memmove(model + k % 30, model, n);
				memcpy(model, p->data, k % 30);
				n += k % 30;
			}
		}
		same &= p->total == n && pkt_read(p, 0, out, sizeof(out)) == n &&
			!memcmp(out, model, n) &&
			csum_done(pkt_sum(p, 0, 0)) == plain_csum(model, n);
	}
	ok(same, "20000 random operations on a chain are those on an array");
	pkt_free(p);
	is_int(pool.pkts + pool.bufs, 0, "nothing is left");
	pkt_pool_fini(&pool);
}

static void test_pool_limit(void)
{
	struct pkt_pool pool;
	struct pkt *v[1000];
	size_t n = 0;

	pkt_pool_init(&pool, 1 << 20);
	while (n < 1000 && (v[n] = pkt_new(&pool, 0, 2000)))
		n++;
	ok(n > 300 && n < 600, "a pool is bounded (%zu)", n);
	is_int(pool.failures, 1, "and counts what it refused");
	while (n)
		pkt_free(v[--n]);
	v[0] = pkt_new(&pool, 0, 2000);
	ok(v[0], "what comes back is used again");
	pkt_free(v[0]);
	pkt_pool_fini(&pool);
}

/* --- timers ----------------------------------------------------------------- */

#define TIMERS 200

static struct lan lan, *t = &lan;
static struct stk_timer timers[TIMERS];
static uint64_t fired_at[TIMERS];

static void on_timer(struct stk *s, struct stk_timer *timer)
{
	fired_at[timer - timers] = s->now;
}

static void test_timers(void)
{
	uint64_t want[TIMERS];
	uint32_t r = 7;
	bool right = true;

	lan_open(t, NULL);
	stk_timers_reserve(t->s, TIMERS);
	for (int i = 0; i < TIMERS; i++)
		timers[i].fn = on_timer;
	for (int step = 0; step < 5000; step++) {
		int i;

		r = r * 1664525 + 1013904223;
		i = (int)(r >> 8) % TIMERS;
		if (r >> 30)
			stk_timer_in(t->s, &timers[i], (r >> 4) % 100000);
		else
			stk_timer_stop(t->s, &timers[i]);
		want[i] = timers[i].slot ? timers[i].at : 0;
	}
	lan_advance(t, SK_SEC);
	for (int i = 0; i < TIMERS; i++)
		right &= fired_at[i] == want[i] && !timers[i].slot;
	ok(right, "timers fire at their time, in any order of arming");
	lan_close(t);
}

/* --- parsers ---------------------------------------------------------------- */

static int parse_opts(struct tcp_hdr *h, const uint8_t *opts, size_t n)
{
	uint8_t b[TCP_SIZE_MAX] = { 0 };

	b[12] = (uint8_t)((TCP_SIZE + n) / 4 << 4);
	memcpy(b + TCP_SIZE, opts, n);
	return tcp_parse(b, TCP_SIZE + n, h);
}

static void test_tcp_options(void)
{
	static const uint8_t zero[] = { 2, 0, 5, 180 }, one[] = { 2, 1, 5, 180 };
	static const uint8_t past[] = { 1, 1, 8, 10 };
	static const uint8_t ts[] = { 8, 9, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1 };
	static const uint8_t sack[] = { 5, 11, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1 };
	static const uint8_t wide[] = { 3, 3, 15, 0 };
	static const uint8_t unknown[] = { 99, 3, 7, 1, 2, 4, 5, 180 };
	struct tcp_hdr h;
	uint8_t b[20] = { [12] = 0x40 };

	is_int(tcp_parse(b, 20, &h), -EBADMSG, "data offset 4: malformed");
	b[12] = 0x60;
	is_int(tcp_parse(b, 20, &h), -EBADMSG, "or beyond the segment");
	b[12] = 0x50;
	is_int(tcp_parse(b, 19, &h), -EBADMSG, "or a runt");
	is_int(tcp_parse(b, 20, &h), 20, "20 bytes are a header");
	ok(parse_opts(&h, zero, 4) == 24 && !h.opts.has_mss,
	   "an option of length 0 ends them");
	ok(parse_opts(&h, one, 4) == 24 && !h.opts.has_mss, "of length 1 too");
	ok(parse_opts(&h, past, 4) == 24 && !h.opts.has_ts,
	   "and one past the header");
	ok(parse_opts(&h, ts, 12) == 32 && !h.opts.has_ts,
	   "timestamps of 9 bytes are none");
	ok(parse_opts(&h, sack, 12) == 32 && !h.opts.n_sack,
	   "SACK of half a block is none");
	ok(parse_opts(&h, wide, 4) == 24 && h.opts.wscale == 14,
	   "RFC 7323 2.3: a window scale above 14 is 14");
	ok(parse_opts(&h, unknown, 8) == 28 && h.opts.mss == 1460,
	   "an unknown option is skipped");
}

/* What is written is what is read, for every set of options. */
static void test_tcp_roundtrip(void)
{
	bool same = true;

	for (unsigned set = 0; set < 64; set++) {
		struct tcp_hdr h = { .sport = 1, .dport = 2, .seq = 3, .win = 4,
				     .flags = set & 32 ? TCP_SYN : TCP_ACK };
		struct tcp_hdr g;
		uint8_t b[TCP_SIZE_MAX + 40];
		size_t n;

		h.opts.has_ts = set & 1;
		h.opts.ts_val = 99;
		if (h.flags & TCP_SYN) {
			h.opts.has_mss = set & 2;
			h.opts.mss = 1460;
			h.opts.sack_ok = set & 4;
			h.opts.has_wscale = set & 8;
			h.opts.wscale = 7;
		} else {
			h.opts.n_sack = set >> 1 & 3;
			h.opts.sack[0] = (struct tcp_sack){ 5, 6 };
		}
		n = tcp_emit(b, &h);
		same &= n == tcp_emit_size(&h) && n % 4 == 0 && n <= 60 &&
			tcp_parse(b, n, &g) == (int)n &&
			g.opts.has_ts == h.opts.has_ts &&
			g.opts.has_mss == h.opts.has_mss &&
			g.opts.sack_ok == h.opts.sack_ok &&
			g.opts.has_wscale == h.opts.has_wscale &&
			g.opts.n_sack == h.opts.n_sack && g.flags == h.flags;
	}
	ok(same, "TCP headers are read as they were written");
}

static void test_seq(void)
{
	ok(seq_lt(0xfffffff0, 5) && seq_gt(5, 0xfffffff0) && seq_le(7, 7),
	   "sequence numbers compare across the wrap");
	ok(seq_in(2, 0xfffffffe, 4) && !seq_in(4, 0xfffffffe, 4),
	   "and so do ranges");
}

/* --- addresses and SPECs ---------------------------------------------------- */

static void test_addresses(void)
{
	struct stk_ip x = lan_ip("192.0.2.129"), net = lan_ip("192.0.2.128");
	struct stk_addr sa = { AF_INET6, 80, lan_ip("2001:db8::1") }, back;
	char text[STK_ADDR_TEXT];
	uint8_t room[28];

	ok(stk_ip_in_prefix(&x, &net, 25) && !stk_ip_in_prefix(&x, &net, 32),
	   "prefixes");
	is_str(stk_addr_format(text, &sa), "[2001:db8::1]:80", "as text");
	ok(stk_addr_from(&back, room, stk_addr_to(&sa, room)) &&
		   stk_ip_eq(&back.ip, &sa.ip) && back.port == 80,
	   "and as a sockaddr");
}

static void test_specs(void)
{
	static const struct {
		const char *spec, *says;
	} bad[] = {
		{ "", "stack: : no such link (tap or wire)" },
		{ "tun", "stack: tun: no such link (tap or wire)" },
		{ "wire", "stack: wire: path=SOCKET is needed" },
		{ "wire,path=", "stack: wire: path=: must be a name" },
		{ "wire,dev=x", "stack: wire has no option dev" },
		{ "tap,path=x", "stack: tap has no option path" },
		{ "tap,ipp=1", "stack: tap: unknown option ipp (did you mean "
			       "ip?)" },
		{ "tap,ip=1.2.3.4", "stack: tap: ip=1.2.3.4: must be "
				    "ADDRESS/LENGTH or dhcp" },
		{ "tap,ip=1.2.3.4/33", "stack: tap: ip=1.2.3.4/33: must be "
				       "ADDRESS/LENGTH or dhcp" },
		{ "tap,ip=224.0.0.1/24", "stack: tap: ip=224.0.0.1/24: must be "
					 "ADDRESS/LENGTH or dhcp" },
		{ "tap,ip6=dhcp", "stack: tap: ip6=dhcp: must be slaac" },
		{ "tap,gw=x", "stack: tap: gw=x: must be the address of a "
			      "router" },
		{ "tap,mtu=67", "stack: tap: mtu=67: must be a number from 68 "
				"to 65521" },
		{ "tap,persist=1", "stack: tap: persist=1: must be written "
				   "without a value" },
		{ "tap,mac=01:00:00:00:00:01",
		  "stack: tap: mac=01:00:00:00:00:01: must be the address of "
		  "one host, as 02:00:00:00:00:01" },
		{ "tap,loss=101%", "stack: tap: loss=101%: must be a chance, "
				   "as 5% or 0.05" },
		{ "tap,delay=x", "stack: tap: delay=x: must be a time, as "
				 "20ms" },
		{ "tap,rate=0", "stack: tap: rate=0: must be bytes a second, "
				"as 10M" },
		{ "tap,\033[2J", "stack: tap: unknown option \\x1b[2J" },
		{ "tap,", "stack: tap: a comma, and no option" },
		{ "tap,,mtu=1500", "stack: tap: a comma, and no option" },
		{ "tap,queue=0", "stack: tap: queue=0: must be a number of "
				 "frames, from 1 on" },
		{ "tap,dev=a123456789012345",
		  "stack: tap: dev=a123456789012345: must be a name of 1 to "
		  "15 characters, no blank, / or :" },
		{ "tap,dev=", "stack: tap: dev=: must be a name of 1 to 15 "
			      "characters, no blank, / or :" },
		{ "tap,dev=a/b", "stack: tap: dev=a/b: must be a name of 1 to "
				 "15 characters, no blank, / or :" },
		{ "tap,ip=192.0.2.255/24", "stack: tap: ip=192.0.2.255/24: "
					   "must be ADDRESS/LENGTH or dhcp" },
		{ "tap,ip=192.0.2.64/26", "stack: tap: ip=192.0.2.64/26: must "
					  "be ADDRESS/LENGTH or dhcp" },
		{ "tap,mtu=1279,ip=fd00::2/64",
		  "stack: tap: mtu=1279: IPv6 needs 1280" },
		{ "tap,mtu=1279,ip6=slaac",
		  "stack: tap: mtu=1279: IPv6 needs 1280" },
		{ "tap,host-ip=fd00::1/64,mtu=600",
		  "stack: tap: mtu=600: IPv6 needs 1280" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct stk_config c = { 0 };
		struct stk_link *l = NULL;
		struct sk_err err = { 0 };
		int r = stk_open(bad[i].spec, &c, &l, &err);

		tap_is_str(err.text, bad[i].says, __FILE__, __LINE__,
			   bad[i].says);
		ok(r == -EINVAL && err.status == SK_EXIT_USAGE,
		   "which is a usage error");
	}
}

int main(void)
{
	test_csum();
	test_siphash();
	test_pkt_model();
	test_pool_limit();
	test_timers();
	test_tcp_options();
	test_tcp_roundtrip();
	test_seq();
	test_addresses();
	test_specs();
	return tap_done();
}
