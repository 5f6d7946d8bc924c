/* SPDX-License-Identifier: GPL-3.0-or-later */
/* iperf3's messages: in pieces, bent, and beyond every limit. */
#include <math.h>
#include <stdlib.h>

#include "bench/iperf3_side.h"
#include "tap.h"

/* Give a piece byte by byte. What the last byte gave; taken: how many. */
static int feed(struct iperf3_in *in, const void *data, size_t len,
		size_t *taken, struct sk_err *err)
{
	const char *at = data;
	size_t room;
	int r = 0;

	for (*taken = 0; !r && *taken < len; ++*taken) {
		char *to = iperf3_in_room(in, &room);

		if (!room)
			return -ENOSPC;
		*to = at[*taken];
		r = iperf3_in_came(in, 1, err);
	}
	return r;
}

static void test_pieces(void)
{
	char cookie[IPERF3_COOKIE], other[IPERF3_COOKIE];
	struct iperf3_in in = { .have = 0 };
	struct sk_err err = { 0 };
	size_t taken;
	int r;

	ok(!iperf3_cookie_make(cookie) && !iperf3_cookie_make(other) &&
	   !iperf3_cookie_check(cookie, NULL) && strcmp(cookie, other) != 0,
	   "cookies are 36 letters, and new each time");
	iperf3_in_expect(&in, IPERF3_WANT_COOKIE, 0);
	r = feed(&in, cookie, sizeof(cookie), &taken, &err);
	ok(r == 1 && taken == sizeof(cookie) && !strcmp(in.head, cookie),
	   "a cookie, byte by byte");
	iperf3_in_expect(&in, IPERF3_WANT_STATE, 0);
	r = feed(&in, "\xff\x01", 2, &taken, &err);
	ok(r == 1 && taken == 1 && (signed char)in.head[0] == -1,
	   "a state is one byte, and no more is taken");
	iperf3_in_expect(&in, IPERF3_WANT_FRAME, 100);
	r = feed(&in, "\0\0\0\3{ }x", 8, &taken, &err);
	ok(r == 1 && taken == 7 && in.want == 3 && !memcmp(in.body, "{ }", 3),
	   "a frame ends where its length says");
	iperf3_in_expect(&in, IPERF3_WANT_FRAME, 100);
	ok(feed(&in, "\0\0\0\x65", 4, &taken, &err) == -EPROTO && !in.body,
	   "a frame longer than allowed is refused before there is room");
	iperf3_in_expect(&in, IPERF3_WANT_FRAME, 100);
	ok(feed(&in, "\0\0\0\0", 4, &taken, &err) == -EPROTO, "an empty one");
	iperf3_in_expect(&in, IPERF3_WANT_ERRORS, 0);
	r = feed(&in, "\0\0\0\x1b\0\0\0\x68", 8, &taken, &err);
	ok(r == 1 && iperf3_server_error(&in, &err) < 0 &&
	   strstr(err.text, "27") && strstr(err.text, "reset"),
	   "a server's error has a code and an errno");
	iperf3_in_fini(&in);
}

static void test_strangers(void)
{
	char http[IPERF3_COOKIE + 1] = "GET / HTTP/1.1\r\nHost: 127.0.0.1:5201";
	char full[IPERF3_COOKIE + 1] = "abcdefghijklmnopqrstuvwxyz234567abcde";

	ok(iperf3_cookie_check(http, NULL) < 0, "HTTP is no cookie");
	ok(iperf3_cookie_check(full, NULL) < 0, "37 letters are none");
	ok(!iperf3_state_name(0) && !iperf3_state_name('H') &&
	   !strcmp(iperf3_state_name(-1), "ACCESS_DENIED"), "states");
	ok(iperf3_stream_id(0) == 1 && iperf3_stream_id(1) == 3 &&
	   iperf3_stream_id(2) == 4, "streams are called 1, 3, 4");
}

/* --- documents ------------------------------------------------------------ */

static int read_params(struct iperf3_params *p, const char *json)
{
	return iperf3_params_read(p, json, strlen(json), NULL);
}

static void test_params(void)
{
	struct iperf3_params p, q = {
		.udp = true, .bidir = true, .nodelay = true,
		.counters64 = true, .omit = 1, .time = 10,
		.bytes = UINT64_C(1) << 40, .parallel = 7, .len = 1400,
		.mss = 1000, .window = 1 << 20, .tos = 16,
		.bandwidth = 1000000, .burst = 5, .congestion = "reno",
	};
	struct sk_out out;

	sk_out_init(&out, -1);
	iperf3_params_write(&out, &q);
	ok(iperf3_params_read(&p, out.buf + 4, out.len - 4, NULL) >= 0 &&
	   p.udp && p.bidir && p.nodelay && p.counters64 && !p.reverse &&
	   p.omit == 1 && p.time == 10 && p.bytes == q.bytes &&
	   p.parallel == 7 && p.len == 1400 && p.mss == 1000 &&
	   p.window == q.window && p.tos == 16 && p.bandwidth == 1000000 &&
	   p.burst == 5 && !strcmp(p.congestion, "reno"),
	   "parameters that are written are read");
	sk_out_fini(&out);
	ok(!read_params(&p, "{\"tcp\":true,\"omit\":0,\"time\":1,\"num\":0,"
			    "\"blockcount\":0,\"parallel\":1,\"len\":131072,"
			    "\"pacing_timer\":1000,\"client_version\":"
			    "\"3.12\",\"news\":[{}]}") &&
	   !p.udp && p.len == 131072, "those of iperf3, and what is new");
	ok(!read_params(&p, "{\"udp\":true}") && p.parallel == 1 &&
	   p.len == 1448, "what is left out has iperf3's values");
	ok(!read_params(&p, "{\"tcp\":true,\"bandwidth\":1e9,\"num\":2.0}") &&
	   p.bandwidth == 1000000000 && p.bytes == 2, "1e9 is a number");
}

static void test_bad_params(void)
{
	static const char *const bad[] = {
		"", "[]", "{", "{}{}", "nonsense", "{\"parallel\":0}",
		"{\"parallel\":129}", "{\"parallel\":-1}",
		"{\"parallel\":\"1\"}", "{\"parallel\":1e300}",
		"{\"parallel\":99999999999999999999999}",
		"{\"len\":1048577}", "{\"udp\":true,\"len\":15}",
		"{\"udp\":true,\"len\":65508}", "{\"time\":86401}",
		"{\"omit\":601}", "{\"TOS\":256}", "{\"MSS\":32768}",
		"{\"congestion\":7}", "{\"sctp\":true}",
		"{\"congestion\":\"abcdefghijabcdefghijabcdefghijab\"}",
		"{\"congestion\":\"a\\u0000b\"}", "{\"num\":-1}",
	};
	struct iperf3_params p;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(read_params(&p, bad[i]) < 0, "not: %s", bad[i]);
}

#define CPU "\"cpu_util_total\":1,\"cpu_util_user\":0,\"cpu_util_system\":1,"
#define STREAM(id, bytes) "{\"id\":" id ",\"bytes\":" bytes \
	",\"retransmits\":18446744073709551615,\"jitter\":0.001," \
	"\"errors\":3,\"packets\":100}"

static void test_results(void)
{
	static struct iperf3_results r, q;
	static const char three12[] =
		"{" CPU "\"sender_has_retransmits\":18446744073709551615,"
		"\"congestion_used\":\"bbr\",\"streams\":[" STREAM("1", "5")
		"," STREAM("3", "1.5e10") "]}";
	static const char negative[] =
		"{" CPU "\"sender_has_retransmits\":-1,\"streams\":["
		STREAM("1", "-5") "]}";
	static const char lacking[] =
		"{" CPU "\"sender_has_retransmits\":1,\"streams\":[{}]}";
	struct sk_out out;

	ok(!iperf3_results_read(&r, three12, strlen(three12), NULL) &&
	   r.n == 2 && r.has_retransmits == -1 &&
	   r.streams[0].retransmits == -1 && r.streams[0].errors == 3 &&
	   r.streams[1].id == 3 && r.streams[1].bytes == 15000000000,
	   "results of 3.12, whose -1 is 2^64 - 1");
	ok(iperf3_results_read(&q, negative, strlen(negative), NULL) < 0,
	   "bytes are not negative");
	ok(iperf3_results_read(&q, lacking, strlen(lacking), NULL) < 0,
	   "a stream without its fields");
	ok(iperf3_results_read(&q, "{}", 2, NULL) < 0, "no streams at all");
	sk_out_init(&out, -1);
	r.streams[1].omitted_packets = 7;
	r.streams[1].seconds = 1.25;
	iperf3_results_write(&out, &r);
	ok(!iperf3_results_read(&q, out.buf + 4, out.len - 4, NULL) &&
	   q.n == 2 && q.has_retransmits == -1 &&
	   !memcmp(q.streams, r.streams, 2 * sizeof(*q.streams)),
	   "results that are written are read");
	sk_out_fini(&out);
}

/* As many as may be, and one more. */
static void test_many(void)
{
	static struct iperf3_results r, q;
	struct sk_out out;

	r.n = 2 * IPERF3_STREAMS_MAX;
	for (size_t i = 0; i < r.n; i++) {
		r.streams[i].id = iperf3_stream_id(i);
		r.streams[i].bytes = INT64_C(1) << 50;
	}
	sk_out_init(&out, -1);
	iperf3_results_write(&out, &r);
	ok(out.len < IPERF3_RESULTS_MAX &&
	   !iperf3_results_read(&q, out.buf + 4, out.len - 4, NULL) &&
	   q.n == r.n, "256 streams are within the limits");
	out.len = 0;
	sk_out_str(&out, "{" CPU "\"sender_has_retransmits\":1,\"streams\":[");
	for (int i = 0; i < 257; i++)
		sk_out_printf(&out, "%s" STREAM("1", "1"), i ? "," : "");
	sk_out_str(&out, "]}");
	ok(iperf3_results_read(&q, out.buf, out.len, NULL) < 0, "257 are not");
	sk_out_fini(&out);
}

/* --- datagrams ------------------------------------------------------------ */

static void arrive(struct iperf3_arrivals *a, uint64_t seq, double sent,
		   double now)
{
	struct iperf3_udp u = { (uint32_t)sent,
				(uint32_t)lround((sent - floor(sent)) * 1e6),
				seq };

	iperf3_arrived(a, &u, now);
}

static void test_arrivals(void)
{
	struct iperf3_arrivals a = { .highest = 0 };

	for (int i = 1; i <= 10; i++)
		arrive(&a, (uint64_t)i, 100 + i, 200 + i);
	ok(a.highest == 10 && !a.lost && !a.reordered && a.jitter < 1e-9,
	   "in order, evenly");
	arrive(&a, 13, 111, 211);
	ok(a.lost == 2 && a.highest == 13, "two are missing");
	arrive(&a, 12, 112, 212);
	ok(a.lost == 1 && a.reordered == 1 && a.highest == 13,
	   "one of them comes late");
	arrive(&a, 14, 113, 213.016);
	ok(a.jitter > 0.0009 && a.jitter < 0.0011,
	   "16 ms late: jitter grows by a sixteenth (RFC 3550)");
}

static void test_udp_header(void)
{
	struct iperf3_udp in = { 1, 2, UINT64_C(0x100000003) }, u;
	unsigned char buf[16];

	iperf3_udp_put(buf, &in, true);
	ok(iperf3_udp_get(&u, buf, 16, true) && u.sec == 1 && u.usec == 2 &&
	   u.seq == in.seq && buf[3] == 1 && buf[11] == 1,
	   "64-bit numbers, in network order");
	iperf3_udp_put(buf, &in, false);
	ok(iperf3_udp_get(&u, buf, 12, false) && u.seq == 3, "32-bit numbers");
	ok(!iperf3_udp_get(&u, buf, 15, true) &&
	   !iperf3_udp_get(&u, buf, 11, false), "too short");
}

/* --- a client's round -------------------------------------------------------- */

static struct iperf3_side *side;
static struct bench_variant made;

/* Two streams, the first of which sends. */
static struct bench_round *begin_round(bool udp)
{
	side = calloc(1, sizeof(*side));
	side->params.udp = udp;
	side->n_flows = 2;
	side->flows[0].sender = true;
	for (int i = 0; i < 2; i++) {
		pthread_mutex_init(&side->flows[i].lock, NULL);
		side->flows[i].params = &side->params;
		side->flows[i].fd = -1;
	}
	side->begun_us = 1000000;
	side->ended_us = 3000000;
	side->cpu_ended.ru_utime.tv_sec = 1;
	return bench_variant_round(&made);
}

static void end_round(void)
{
	free(side);
	bench_variant_fini(&made);
	made = (struct bench_variant){ .settings = NULL };
}

static void test_tcp_round(void)
{
	struct iperf3_results *theirs = calloc(1, sizeof(*theirs));
	struct bench_round *r = begin_round(false);
	struct sk_err err = { 0 };

	theirs->n = 2;
	theirs->cpu_user = 25;
	theirs->streams[0] = (struct iperf3_stream){ .id = 1, .bytes = 1000,
						     .retransmits = -1 };
	theirs->streams[1] = (struct iperf3_stream){ .id = 3, .bytes = 5555,
						     .retransmits = 4 };
	side->flows[0].count.bytes = 7777;
	side->flows[0].count.retransmits = 5;
	side->flows[0].base.retransmits = 2;
	side->flows[1].count.bytes = 600;
	side->flows[1].base.bytes = 100;
	is_int(iperf3_fill_round(side, r, theirs, &err), 0, "a round of TCP");
	ok(r->value[BENCH_BYTES] == 1500,
	   "who receives counts: the server, and we, since the mark");
	ok(r->value[BENCH_BYTES_PER_S] == 750, "in two seconds");
	ok(r->value[BENCH_RETRANSMITS] == 7, "who sends has sent again");
	ok(r->value[BENCH_CPU_LOCAL_USER] == 1 &&
	   r->value[BENCH_CPU_REMOTE_USER] == 0.5, "CPU of both");
	ok(fabs(r->value[BENCH_NS_PER_KIB] - 1.5e9 * 1024 / 1500) < 1,
	   "CPU per KiB");
	theirs->n = 1;
	is_int(iperf3_fill_round(side, r, theirs, &err), -EPROTO,
	       "a stream without results");
	is_str(err.text, "the server has no results of stream 3", "is named");
	end_round();
	free(theirs);
}

static void test_udp_round(void)
{
	struct iperf3_results *theirs = calloc(1, sizeof(*theirs));
	struct bench_round *r = begin_round(true);
	struct iperf3_count *c = &side->flows[1].count;

	theirs->n = 2;
	theirs->streams[0] = (struct iperf3_stream){
		.id = 1, .errors = 9, .omitted_errors = 4, .jitter = 0.003 };
	theirs->streams[1] = (struct iperf3_stream){
		.id = 3, .packets = 60, .omitted_packets = 10 };
	side->flows[0].count.blocks = 50;
	c->arrivals.lost = 8;
	c->arrivals.jitter = 0.001;
	c->arrivals.reordered = 3;
	side->flows[1].base.arrivals.lost = 3;
	side->flows[1].base.arrivals.reordered = 1;
	is_int(iperf3_fill_round(side, r, theirs, NULL), 0, "a round of UDP");
	ok(r->value[BENCH_SENT] == 100, "sent by us, and by the server");
	ok(r->value[BENCH_LOST] == 10, "lost, but not while it was omitted");
	ok(r->value[BENCH_LOSS] == 10, "a tenth of it");
	ok(r->value[BENCH_DATAGRAMS_PER_S] == 45, "the others in two seconds");
	ok(fabs(r->value[BENCH_JITTER_NS] - 2e6) < 1, "jitter is the mean");
	ok(r->value[BENCH_REORDERED] == 2, "out of order, since the mark");
	end_round();
	free(theirs);
}

int main(void)
{
	test_pieces();
	test_strangers();
	test_arrivals();
	test_udp_header();
	test_tcp_round();
	test_udp_round();
	if (!iperf3_supported(NULL)) {
		test_params();
		test_bad_params();
		test_results();
		test_many();
	}
	return tap_done();
}
