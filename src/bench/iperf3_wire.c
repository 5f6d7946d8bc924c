/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/iperf3_wire.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* A state, or the length of a frame, or two words. */
#define LENGTH 4
#define ERRORS 8

const char *iperf3_state_name(int state)
{
	static const struct {
		int state;
		const char *name;
	} rows[] = {
		{ IPERF3_TEST_START, "TEST_START" },
		{ IPERF3_TEST_RUNNING, "TEST_RUNNING" },
		{ IPERF3_TEST_END, "TEST_END" },
		{ IPERF3_PARAM_EXCHANGE, "PARAM_EXCHANGE" },
		{ IPERF3_CREATE_STREAMS, "CREATE_STREAMS" },
		{ IPERF3_SERVER_TERMINATE, "SERVER_TERMINATE" },
		{ IPERF3_CLIENT_TERMINATE, "CLIENT_TERMINATE" },
		{ IPERF3_EXCHANGE_RESULTS, "EXCHANGE_RESULTS" },
		{ IPERF3_DISPLAY_RESULTS, "DISPLAY_RESULTS" },
		{ IPERF3_START, "START" },
		{ IPERF3_DONE, "DONE" },
		{ IPERF3_ACCESS_DENIED, "ACCESS_DENIED" },
		{ IPERF3_SERVER_ERROR, "SERVER_ERROR" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].state == state)
			return rows[i].name;
	return NULL;
}

/* --- pieces ------------------------------------------------------------- */

void iperf3_in_expect(struct iperf3_in *in, enum iperf3_kind kind, size_t max)
{
	static const size_t want[] = {
		[IPERF3_WANT_COOKIE] = IPERF3_COOKIE,
		[IPERF3_WANT_STATE] = 1,
		[IPERF3_WANT_FRAME] = LENGTH,
		[IPERF3_WANT_ERRORS] = ERRORS,
	};

	iperf3_in_fini(in);
	*in = (struct iperf3_in){ .kind = kind, .max = max,
				  .want = want[kind] };
}

void iperf3_in_fini(struct iperf3_in *in)
{
	free(in->body);
	in->body = NULL;
}

void *iperf3_in_room(struct iperf3_in *in, size_t *len)
{
	*len = in->want - in->have;
	return (in->body ? in->body : in->head) + in->have;
}

static uint32_t word(const char *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return be32toh(v);
}

/* The length has come: make room for what it announces. */
static int begin_body(struct iperf3_in *in, struct sk_err *err)
{
	uint32_t len = word(in->head);

	if (!len || len > in->max)
		return sk_fail(err, -EPROTO,
			       "a message of %u bytes, which is no iperf3 "
			       "(at most %zu)", len, in->max);
	in->body = malloc(len);
	if (!in->body)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	in->have = 0;
	in->want = len;
	return 0;
}

int iperf3_in_came(struct iperf3_in *in, size_t n, struct sk_err *err)
{
	in->have += n;
	if (in->have < in->want)
		return 0;
	if (in->kind == IPERF3_WANT_FRAME && !in->body)
		return begin_body(in, err);
	return 1;
}

int iperf3_cookie_check(const char cookie[IPERF3_COOKIE], struct sk_err *err)
{
	const size_t n = IPERF3_COOKIE - 1;

	/* iperf3 draws a-z2-7; others are known to send other letters. */
	for (size_t i = 0; i < n; i++)
		if (cookie[i] < '!' || cookie[i] > '~')
			return sk_fail(err, -EPROTO, "this is not iperf3");
	return cookie[n] ? sk_fail(err, -EPROTO, "this is not iperf3") : 0;
}

int iperf3_cookie_make(char cookie[IPERF3_COOKIE])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char raw[IPERF3_COOKIE - 1];

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return -EIO;
	for (size_t i = 0; i < sizeof(raw); i++)
		cookie[i] = letters[raw[i] % 32];
	cookie[sizeof(raw)] = '\0';
	return 0;
}

int iperf3_server_error(const struct iperf3_in *in, struct sk_err *err)
{
	int code = (int)word(in->head), error = (int)word(in->head + LENGTH);

	if (error > 0 && error < 4096)
		return sk_fail(err, -EREMOTEIO,
			       "the server gave up: iperf3 error %d (%s)", code,
			       sk_strerror(error));
	return sk_fail(err, -EREMOTEIO, "the server gave up: iperf3 error %d",
		       code);
}

/* --- datagrams ---------------------------------------------------------- */

void iperf3_udp_put(void *to, const struct iperf3_udp *u, bool wide)
{
	uint32_t head[4] = { htobe32(u->sec), htobe32(u->usec) };
	uint64_t seq = htobe64(u->seq);

	if (wide)
		memcpy(head + 2, &seq, sizeof(seq));
	else
		head[2] = htobe32((uint32_t)u->seq);
	memcpy(to, head, wide ? 16 : 12);
}

bool iperf3_udp_get(struct iperf3_udp *u, const void *from, size_t len,
		    bool wide)
{
	uint32_t head[4];
	uint64_t seq;

	if (len < (wide ? 16 : 12))
		return false;
	memcpy(head, from, wide ? 16 : 12);
	u->sec = be32toh(head[0]);
	u->usec = be32toh(head[1]);
	if (wide) {
		memcpy(&seq, head + 2, sizeof(seq));
		u->seq = be64toh(seq);
	} else {
		u->seq = be32toh(head[2]);
	}
	return true;
}

void iperf3_arrived(struct iperf3_arrivals *a, const struct iperf3_udp *u,
		    double now)
{
	double transit = now - (u->sec + u->usec / 1e6);
	double d = transit - a->transit;

	if (u->seq > a->highest) {
		a->lost += u->seq - 1 - a->highest;
		a->highest = u->seq;
	} else {
		/* Late, or twice; iperf3 takes it for one counted as lost. */
		a->reordered++;
		if (a->lost)
			a->lost--;
	}
	if (a->any)
		a->jitter += ((d < 0 ? -d : d) - a->jitter) / 16;
	a->transit = transit;
	a->any = true;
}
