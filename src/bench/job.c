/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/job.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"

enum field_kind { F_NUMBER, F_FLAG, F_CHOICE, F_TEXT };

struct field {
	const char *key;
	enum field_kind kind;
	size_t off;
	uint64_t min, max;		/* F_NUMBER; F_TEXT: max is its room */
	const struct bench_choices *axis;	/* F_CHOICE */
};

#define OFF(field) offsetof(struct bench_job, field)
#define NUMBER(name, lo, hi) { #name, F_NUMBER, OFF(name), lo, hi, NULL }
#define FLAG(name) { #name, F_FLAG, OFF(name), 0, 1, NULL }
#define CHOICE(name, axis) { #name, F_CHOICE, OFF(name), 0, 0, &(axis) }

static const struct field fields[] = {
	CHOICE(workload, bench_workloads),
	CHOICE(socket, bench_sockets),
	CHOICE(engine, bench_engines),
	CHOICE(pattern, bench_patterns),
	CHOICE(copy, bench_copies),
	CHOICE(receive, bench_receives),
	CHOICE(stack, bench_stacks),
	NUMBER(request, 1, BENCH_SIZE_MAX),
	NUMBER(response, 1, BENCH_SIZE_MAX),
	NUMBER(bulk, 1, BENCH_SIZE_MAX),
	NUMBER(connections, 1, BENCH_CONNECTIONS_MAX),
	NUMBER(idle, 0, BENCH_CONNECTIONS_MAX),
	NUMBER(workers, 1, BENCH_WORKERS_MAX),
	NUMBER(backlog, 0, INT32_MAX),
	NUMBER(rate, 0, 1000000000),
	NUMBER(warmup_us, 0, BENCH_TIME_MAX_US),
	NUMBER(time_us, 1, BENCH_TIME_MAX_US),
	NUMBER(interval_us, 1, BENCH_TIME_MAX_US),
	FLAG(reverse),
	FLAG(bidir),
	FLAG(tls),
	FLAG(one_clock),
	FLAG(awake),
	{ "set", F_TEXT, OFF(set), 0, sizeof(((struct bench_job *)0)->set),
	  NULL },
};

const struct bench_job bench_job_preset = {
	.workload = BENCH_W_RR,
	.request = 64,
	.response = 64,
	.bulk = 128 << 10,
	.connections = 1,
	.workers = 1,
	.backlog = 4096,
	.warmup_us = 100000,
	.time_us = 1000000,
	.interval_us = 100000,
};

static const struct field *field_of(const char *key)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (!strcmp(fields[i].key, key))
			return &fields[i];
	return NULL;
}

void bench_job_write(struct sk_out *out, const struct bench_job *job)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct field *f = &fields[i];
		const char *at = (const char *)job + f->off;

		if (f->kind == F_TEXT && !*at)
			continue;
		sk_out_printf(out, "%s ", f->key);
		switch (f->kind) {
		case F_NUMBER:
			sk_out_u64(out, *(const uint64_t *)at);
			break;
		case F_FLAG:
			sk_out_u64(out, *(const bool *)at);
			break;
		case F_CHOICE:
			sk_out_str(out, f->axis->choices
					[*(const int *)at].name);
			break;
		case F_TEXT:
			sk_out_str(out, at);
			break;
		}
		sk_out_char(out, '\n');
	}
}

static int take_number(const struct field *f, uint64_t *v, const char *value,
		       struct sk_err *err)
{
	uint64_t n;

	if (sk_parse_uint(value, &n) < 0 || n < f->min || n > f->max)
		return sk_usage(err, "%s is to be %" PRIu64 " to %" PRIu64,
				f->key, f->min, f->max);
	*v = n;
	return 0;
}

/* Printable ASCII only: it is shown to people and parsed as options. */
static int take_text(const struct field *f, char *at, const char *value,
		     struct sk_err *err)
{
	for (const char *p = value; *p; p++)
		if (*p < ' ' || *p > '~')
			return sk_usage(err, "%s: a control character",
					f->key);
	if (sk_copy(at, f->max, value) < 0)
		return sk_usage(err, "%s is too long", f->key);
	return 0;
}

int bench_job_take(struct bench_job *job, const char *key, const char *value,
		   struct sk_err *err)
{
	const struct field *f = field_of(key);
	char shown[64];
	uint64_t n = 0;
	char *at;
	int r;

	if (!f)
		return sk_usage(err, "a job with '%s', which is not known here",
				sk_escape(shown, sizeof(shown), key,
					  strlen(key)));
	at = (char *)job + f->off;
	switch (f->kind) {
	case F_NUMBER:
		return take_number(f, (uint64_t *)(void *)at, value, err);
	case F_FLAG:
		r = take_number(f, &n, value, err);
		if (r >= 0)
			*(bool *)at = n;
		return r;
	case F_CHOICE:
		r = bench_axis_find(f->axis, value, err);
		if (r >= 0)
			*(int *)(void *)at = r;
		return r < 0 ? r : 0;
	case F_TEXT:
		return take_text(f, at, value, err);
	}
	return -EINVAL;
}
