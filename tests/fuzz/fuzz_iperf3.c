/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzz target: iperf3's messages. The first byte chooses what is waited for,
 * the second how many bytes come at a time; the rest is what the other side
 * says. What a frame holds is read both as parameters and as results.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "bench/iperf3_wire.h"

static void check_text(const struct sk_err *err)
{
	for (const char *p = err->text; *p; p++)
		if ((unsigned char)*p < ' ')
			abort();
}

/* What was read can be written, and is read as the same. */
static void check_params(const char *json, size_t len)
{
	struct iperf3_params p, q;
	struct sk_err err = { 0 };
	struct sk_out out;

	if (iperf3_params_read(&p, json, len, &err) < 0) {
		check_text(&err);
		return;
	}
	if (!p.parallel || p.parallel > IPERF3_STREAMS_MAX || !p.len ||
	    p.len > IPERF3_LEN_MAX)
		abort();
	sk_out_init(&out, -1);
	iperf3_params_write(&out, &p);
	if (iperf3_params_read(&q, out.buf + 4, out.len - 4, NULL) < 0 ||
	    q.parallel != p.parallel || q.len != p.len || q.udp != p.udp)
		abort();
	sk_out_fini(&out);
}

static void check_results(const char *json, size_t len)
{
	static struct iperf3_results r, q;
	struct sk_err err = { 0 };
	struct sk_out out;

	if (iperf3_results_read(&r, json, len, &err) < 0) {
		check_text(&err);
		return;
	}
	sk_out_init(&out, -1);
	iperf3_results_write(&out, &r);
	if (r.n > 2 * IPERF3_STREAMS_MAX ||
	    iperf3_results_read(&q, out.buf + 4, out.len - 4, NULL) < 0 ||
	    q.n != r.n)
		abort();
	sk_out_fini(&out);
}

static void check(const struct iperf3_in *in)
{
	struct sk_err err = { 0 };

	switch (in->kind) {
	case IPERF3_WANT_COOKIE:
		iperf3_cookie_check(in->head, &err);
		break;
	case IPERF3_WANT_STATE:
		iperf3_state_name((signed char)in->head[0]);
		break;
	case IPERF3_WANT_ERRORS:
		iperf3_server_error(in, &err);
		break;
	case IPERF3_WANT_FRAME:
		check_params(in->body, in->want);
		check_results(in->body, in->want);
		break;
	}
	check_text(&err);
}

/* Returns what the last bytes gave, and how many were taken. */
static int run(enum iperf3_kind kind, size_t piece, const uint8_t *data,
	       size_t size, size_t *taken)
{
	struct iperf3_in in = { .have = 0 };
	struct sk_err err = { 0 };
	size_t room;
	int r = 0;

	iperf3_in_expect(&in, kind, IPERF3_PARAMS_MAX);
	for (*taken = 0; !r && *taken < size;) {
		void *to = iperf3_in_room(&in, &room);
		size_t n = size - *taken;

		if (!room)
			abort();
		n = n < piece ? n : piece;
		n = n < room ? n : room;
		memcpy(to, data + *taken, n);
		*taken += n;
		r = iperf3_in_came(&in, n, &err);
	}
	if (r > 0)
		check(&in);
	check_text(&err);
	iperf3_in_fini(&in);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iperf3_arrivals a = { .highest = 0 };
	struct iperf3_udp u;
	size_t taken[2];
	int r[2];

	if (size < 2)
		return 0;
	/* However it is cut into pieces, the outcome is the same. */
	for (int i = 0; i < 2; i++)
		r[i] = run(data[0] % 4, i ? 1 : data[1] + 1u, data + 2,
			   size - 2, &taken[i]);
	if (r[0] != r[1] || taken[0] != taken[1])
		abort();
	for (size_t at = 2; at < size; at += 16)
		if (iperf3_udp_get(&u, data + at, size - at, at & 1))
			iperf3_arrived(&a, &u, 1e9);
	return 0;
}
