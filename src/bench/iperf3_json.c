/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two documents of iperf3's control connection, each a table of fields.
 * Whatever is not in a table is skipped: newer versions add to them.
 */
#include "bench/iperf3_wire.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

#ifdef HAVE_JANSSON
#include "bench/jansson.h"
#endif

enum type {
	FLAG,			/* bool; true, or absent */
	NUMBER_FLAG,		/* bool; a number that is not 0 */
	COUNT,			/* uint64_t, absent when 0 */
	ALWAYS,			/* uint64_t, written even when 0 */
	INTEGER,		/* int64_t that must be there */
	OPTIONAL,		/* int64_t */
	REAL,			/* double that must be there */
	OPTIONAL_REAL,
	WORD,			/* char[32]; absent when empty */
};

struct field {
	const char *name;
	enum type type;
	size_t off;
	double max;
};

#define BIG 9e18
#define P(field) offsetof(struct iperf3_params, field)
#define WORD_MAX 32

static const struct field params[] = {
	{ "udp", FLAG, P(udp), 0 },
	{ "omit", ALWAYS, P(omit), 600 },
	{ "time", ALWAYS, P(time), 86400 },
	{ "num", ALWAYS, P(bytes), BIG },
	{ "blockcount", ALWAYS, P(blocks), BIG },
	{ "MSS", COUNT, P(mss), 32767 },
	{ "nodelay", FLAG, P(nodelay), 0 },
	{ "parallel", ALWAYS, P(parallel), IPERF3_STREAMS_MAX },
	{ "reverse", FLAG, P(reverse), 0 },
	{ "bidirectional", FLAG, P(bidir), 0 },
	{ "window", COUNT, P(window), 512 << 20 },
	{ "len", ALWAYS, P(len), IPERF3_LEN_MAX },
	{ "bandwidth", COUNT, P(bandwidth), BIG },
	{ "fqrate", COUNT, P(fqrate), BIG },
	{ "burst", COUNT, P(burst), 1000 },
	{ "TOS", COUNT, P(tos), 255 },
	{ "congestion", WORD, P(congestion), 0 },
	{ "udp_counters_64bit", NUMBER_FLAG, P(counters64), 0 },
	{ "get_server_output", NUMBER_FLAG, P(wants_words), 0 },
};

#define S(field) offsetof(struct iperf3_stream, field)

static const struct field stream[] = {
	{ "id", INTEGER, S(id), 1 << 20 },
	{ "bytes", INTEGER, S(bytes), BIG },
	{ "retransmits", INTEGER, S(retransmits), BIG },
	{ "jitter", REAL, S(jitter), BIG },
	{ "errors", INTEGER, S(errors), BIG },
	{ "packets", INTEGER, S(packets), BIG },
	{ "omitted_errors", OPTIONAL, S(omitted_errors), BIG },
	{ "omitted_packets", OPTIONAL, S(omitted_packets), BIG },
	{ "end_time", OPTIONAL_REAL, S(seconds), BIG },
};

#define R(field) offsetof(struct iperf3_results, field)

static const struct field results[] = {
	{ "cpu_util_total", REAL, R(cpu_total), 1e9 },
	{ "cpu_util_user", REAL, R(cpu_user), 1e9 },
	{ "cpu_util_system", REAL, R(cpu_system), 1e9 },
	{ "sender_has_retransmits", INTEGER, R(has_retransmits), 1 },
};

#define N(table) (sizeof(table) / sizeof(*(table)))

/* --- writing ------------------------------------------------------------ */

static void write_field(struct sk_json *j, const struct field *f,
			const void *of)
{
	const void *at = (const char *)of + f->off;
	const bool *flag = at;
	const uint64_t *count = at;

	switch (f->type) {
	case FLAG:
	case NUMBER_FLAG:
		if (!*flag)
			return;
		sk_json_key(j, f->name);
		if (f->type == FLAG)
			sk_json_bool(j, true);
		else
			sk_json_u64(j, 1);
		return;
	case COUNT:
	case ALWAYS:
		if (f->type == COUNT && !*count)
			return;
		sk_json_put_u64(j, f->name, *count);
		return;
	case INTEGER:
	case OPTIONAL:
		sk_json_put_i64(j, f->name, *(const int64_t *)at);
		return;
	case REAL:
	case OPTIONAL_REAL:
		sk_json_key(j, f->name);
		sk_json_double(j, *(const double *)at);
		return;
	case WORD:
		if (!*(const char *)at)
			return;
		sk_json_put_str(j, f->name, at);
		return;
	}
}

static void write_fields(struct sk_json *j, const struct field *table,
			 size_t n, const void *of)
{
	for (size_t i = 0; i < n; i++)
		write_field(j, &table[i], of);
}

/* The length goes before the document, which is made first. */
static void write_frame(struct sk_out *out, struct sk_out *body)
{
	uint32_t len = htobe32((uint32_t)body->len);

	sk_out_put(out, &len, sizeof(len));
	sk_out_put(out, body->buf, body->len);
	if (body->error && !out->error)
		out->error = body->error;
	sk_out_fini(body);
}

void iperf3_params_write(struct sk_out *out, const struct iperf3_params *p)
{
	struct sk_out body;
	struct sk_json j;

	sk_out_init(&body, -1);
	sk_json_init(&j, &body);
	sk_json_begin(&j, '{');
	if (!p->udp)
		sk_json_put_bool(&j, "tcp", true);
	write_fields(&j, params, N(params), p);
	sk_json_put_str(&j, "client_version", "3.12");
	sk_json_end(&j, '}');
	write_frame(out, &body);
}

void iperf3_results_write(struct sk_out *out, const struct iperf3_results *r)
{
	struct sk_out body;
	struct sk_json j;

	sk_out_init(&body, -1);
	sk_json_init(&j, &body);
	sk_json_begin(&j, '{');
	write_fields(&j, results, N(results), r);
	sk_json_key(&j, "streams");
	sk_json_begin(&j, '[');
	for (size_t i = 0; i < r->n; i++) {
		sk_json_begin(&j, '{');
		write_fields(&j, stream, N(stream), &r->streams[i]);
		sk_json_put_u64(&j, "start_time", 0);
		sk_json_end(&j, '}');
	}
	sk_json_end(&j, ']');
	if (r->words)
		sk_json_put_str(&j, "server_output_text", r->words);
	sk_json_end(&j, '}');
	write_frame(out, &body);
}

/* --- reading ------------------------------------------------------------ */

#ifdef HAVE_JANSSON

static int bad(const struct field *f, struct sk_err *err)
{
	return sk_fail(err, -EPROTO, "iperf3's \"%s\" makes no sense",
		       f->name);
}

static bool is_needed(enum type type)
{
	return type == INTEGER || type == REAL;
}

static bool is_signed(enum type type)
{
	return type == INTEGER || type == OPTIONAL;
}

static int read_word(char *to, const json_t *v, const struct field *f,
		     struct sk_err *err)
{
	if (!json_is_string(v) ||
	    sk_copyn(to, WORD_MAX, json_string_value(v),
		     json_string_length(v)) < 0)
		return bad(f, err);
	return 0;
}

/*
 * Numbers come as 1e9 too, and 3.12 prints -1 as 2^64 - 1: versions differ in
 * what they make of them.
 */
static int read_number(void *at, const json_t *v, const struct field *f,
		       struct sk_err *err)
{
	double d = json_number_value(v);

	if (is_signed(f->type) && d == 0x1p64)
		d = -1;
	if (!json_is_number(v) || !isfinite(d) || fabs(d) > f->max ||
	    (d < 0 && !is_signed(f->type)))
		return bad(f, err);
	if (is_signed(f->type))
		*(int64_t *)at = (int64_t)d;
	else if (f->type == REAL || f->type == OPTIONAL_REAL)
		*(double *)at = d;
	else
		*(uint64_t *)at = (uint64_t)d;
	return 0;
}

static int read_field(void *of, const struct field *f, const json_t *object,
		      struct sk_err *err)
{
	const json_t *v = json_object_get(object, f->name);
	void *at = (char *)of + f->off;

	if (!v)
		return is_needed(f->type) ? bad(f, err) : 0;
	switch (f->type) {
	case FLAG:
		*(bool *)at = json_is_true(v);
		return 0;
	case NUMBER_FLAG:
		*(bool *)at = json_is_true(v) || json_number_value(v) > 0;
		return 0;
	case WORD:
		return read_word(at, v, f, err);
	default:
		return read_number(at, v, f, err);
	}
}

static int read_fields(void *of, const struct field *table, size_t n,
		       const json_t *object, struct sk_err *err)
{
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++)
		r = read_field(of, &table[i], object, err);
	return r;
}

static void free_json(json_t **j)
{
	json_decref(*j);
}

static json_t *load(const char *text, size_t len, struct sk_err *err)
{
	json_t *j;

	if (sk_jansson_load(err) < 0)
		return NULL;
	/* Integers beyond 64 bits are then numbers that are too large. */
	j = json_loadb(text, len, JSON_DECODE_INT_AS_REAL, NULL);
	if (json_is_object(j))
		return j;
	json_decref(j);
	sk_fail(err, -EPROTO, "no JSON where iperf3 has some");
	return NULL;
}

static int check_params(const struct iperf3_params *p, struct sk_err *err)
{
	if (!p->parallel)
		return sk_fail(err, -EPROTO, "iperf3 asks for no streams");
	if (!p->len)
		return sk_fail(err, -EPROTO, "iperf3 asks for empty blocks");
	if (p->udp && (p->len < IPERF3_UDP_LEN_MIN ||
		       p->len > IPERF3_UDP_LEN_MAX))
		return sk_fail(err, -EPROTO,
			       "datagrams of %llu bytes: between %d and %d are "
			       "possible", (unsigned long long)p->len,
			       IPERF3_UDP_LEN_MIN, IPERF3_UDP_LEN_MAX);
	return 0;
}

int iperf3_params_read(struct iperf3_params *p, const char *json, size_t len,
		       struct sk_err *err)
{
	__attribute__((cleanup(free_json))) json_t *j = load(json, len, err);
	int r;

	*p = (struct iperf3_params){ .parallel = 1, .time = 10 };
	if (!j)
		return -EPROTO;
	if (json_is_true(json_object_get(j, "sctp")))
		return sk_fail(err, -EPROTONOSUPPORT,
			       "iperf3 over SCTP is not served");
	r = read_fields(p, params, N(params), j, err);
	if (r >= 0 && !p->len)
		p->len = p->udp ? 1448 : 128 << 10;
	return r < 0 ? r : check_params(p, err);
}

static int read_stream(struct iperf3_stream *s, const json_t *object,
		       struct sk_err *err)
{
	int r = read_fields(s, stream, N(stream), object, err);

	if (r >= 0 && (s->bytes < 0 || s->packets < 0))
		r = sk_fail(err, -EPROTO, "iperf3's counts are negative");
	return r;
}

int iperf3_results_read(struct iperf3_results *r, const char *json, size_t len,
			struct sk_err *err)
{
	__attribute__((cleanup(free_json))) json_t *j = load(json, len, err);
	const json_t *list;
	int e;

	*r = (struct iperf3_results){ .n = 0 };
	if (!j)
		return -EPROTO;
	list = json_object_get(j, "streams");
	if (!json_is_array(list) || json_array_size(list) > N(r->streams))
		return sk_fail(err, -EPROTO,
			       "iperf3's \"streams\" makes no sense");
	e = read_fields(r, results, N(results), j, err);
	for (size_t i = 0; i < json_array_size(list) && e >= 0; i++, r->n++)
		e = read_stream(&r->streams[i], json_array_get(list, i), err);
	return e;
}

int iperf3_supported(struct sk_err *err)
{
	return sk_jansson_load(err);
}

#else

int iperf3_supported(struct sk_err *err)
{
	return sk_fail(err, -ENOTSUP,
		       "--iperf3: reading JSON is not compiled in (jansson)");
}

int iperf3_params_read(struct iperf3_params *p, const char *json, size_t len,
		       struct sk_err *err)
{
	(void)json;
	(void)len;
	*p = (struct iperf3_params){ .udp = false };
	return iperf3_supported(err);
}

int iperf3_results_read(struct iperf3_results *r, const char *json, size_t len,
			struct sk_err *err)
{
	(void)json;
	(void)len;
	*r = (struct iperf3_results){ .n = 0 };
	return iperf3_supported(err);
}

#endif
