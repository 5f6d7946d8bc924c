/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/side.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"

struct field {
	const char *key;
	size_t off;
};

static const struct field fields[] = {
#define X(name) { #name, offsetof(struct bench_side, name) },
	BENCH_SIDE_FIELDS(X)
#undef X
};
#define NFIELDS (sizeof(fields) / sizeof(*fields))

void bench_side_fini(struct bench_side *s)
{
	for (size_t i = 0; i < BENCH_NHISTS; i++)
		free(s->hist[i]);
	free(s->points);
	memset(s, 0, sizeof(*s));
}

/* --- writing ------------------------------------------------------------- */

static void write_hist(struct sk_out *out, const char *name,
		       const struct bench_hist *h)
{
	sk_out_printf(out, "hist %s %llu %llu %llu %.17g %.17g", name,
		      (unsigned long long)h->total, (unsigned long long)h->min,
		      (unsigned long long)h->max, h->sum, h->sum_sq);
	for (size_t i = 0; i < BENCH_HIST_SLOTS; i++) {
		if (!h->slot[i])
			continue;
		sk_out_char(out, ' ');
		sk_out_u64(out, i);
		sk_out_char(out, ':');
		sk_out_u64(out, h->slot[i]);
	}
	sk_out_char(out, '\n');
}

static void write_points(struct sk_out *out, const struct bench_side *s)
{
	for (size_t i = 0; i < s->n_points; i++)
		sk_out_printf(out, "point %llu %llu %llu\n",
			      (unsigned long long)s->points[i].at_ns,
			      (unsigned long long)s->points[i].bytes,
			      (unsigned long long)s->points[i].requests);
}

void bench_side_write(struct sk_out *out, const struct bench_side *s)
{
	for (size_t i = 0; i < NFIELDS; i++) {
		uint64_t v = *(const uint64_t *)(const void *)
			     ((const char *)s + fields[i].off);

		if (v)
			sk_out_printf(out, "%s %llu\n", fields[i].key,
				      (unsigned long long)v);
	}
	if (*s->note)
		sk_out_printf(out, "note %s\n", s->note);
	for (size_t i = 0; i < BENCH_NHISTS; i++)
		if (s->hist[i] && s->hist[i]->total)
			write_hist(out, bench_hist_names[i], s->hist[i]);
	write_points(out, s);
}

/* --- reading ------------------------------------------------------------- */

static int broken(const char *what, struct sk_err *err)
{
	sk_fail(err, -EINVAL, "a result with a broken %s", what);
	return -EINVAL;
}

/* The digits at *p, then the character `end`; *p is put behind it. */
static bool number(const char **p, char end, uint64_t *v)
{
	char *stop;

	if (**p < '0' || **p > '9')
		return false;
	errno = 0;
	*v = strtoull(*p, &stop, 10);
	if (errno || (*stop != end && (end != ' ' || *stop)))
		return false;
	*p = *stop ? stop + 1 : stop;
	return true;
}

static bool real(const char **p, double *v)
{
	char *stop;

	*v = strtod(*p, &stop);
	if (stop == *p || !isfinite(*v) || *v < 0 || (*stop && *stop != ' '))
		return false;
	*p = *stop ? stop + 1 : stop;
	return true;
}

static bool take_slots(struct bench_hist *h, const char *p)
{
	uint64_t slot, n, total = 0;

	while (*p) {
		if (!number(&p, ':', &slot) || !number(&p, ' ', &n) ||
		    slot >= BENCH_HIST_SLOTS || h->slot[slot] ||
		    n > h->total - total)
			return false;
		h->slot[slot] = n;
		total += n;
	}
	return total == h->total && h->min <= h->max;
}

static int hist_named(const char **p)
{
	for (int i = 0; i < BENCH_NHISTS; i++) {
		size_t n = strlen(bench_hist_names[i]);

		if (!strncmp(*p, bench_hist_names[i], n) && (*p)[n] == ' ') {
			*p += n + 1;
			return i;
		}
	}
	return -1;
}

static int take_hist(struct bench_side *s, const char *p, struct sk_err *err)
{
	int id = hist_named(&p);
	struct bench_hist *h;

	if (id < 0 || s->hist[id])
		return broken("histogram", err);
	h = s->hist[id] = malloc(sizeof(*h));
	if (!h)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	bench_hist_init(h);
	if (!number(&p, ' ', &h->total) || !number(&p, ' ', &h->min) ||
	    !number(&p, ' ', &h->max) || !real(&p, &h->sum) ||
	    !real(&p, &h->sum_sq) || !take_slots(h, p)) {
		free(h);
		s->hist[id] = NULL;
		return broken("histogram", err);
	}
	return 0;
}

static int take_point(struct bench_side *s, const char *p, struct sk_err *err)
{
	struct bench_point at;

	if (!number(&p, ' ', &at.at_ns) || !number(&p, ' ', &at.bytes) ||
	    !number(&p, ' ', &at.requests) || *p ||
	    s->n_points >= BENCH_POINTS_MAX)
		return broken("series", err);
	if (!s->points)
		s->points = calloc(BENCH_POINTS_MAX, sizeof(*s->points));
	if (!s->points)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	s->points[s->n_points++] = at;
	return 0;
}

int bench_side_take(struct bench_side *s, const char *key, const char *value,
		    struct sk_err *err)
{
	if (!strcmp(key, "hist"))
		return take_hist(s, value, err);
	if (!strcmp(key, "point"))
		return take_point(s, value, err);
	if (!strcmp(key, "note")) {
		sk_escape(s->note, sizeof(s->note), value, strlen(value));
		return 0;
	}
	for (size_t i = 0; i < NFIELDS; i++) {
		uint64_t *v = (uint64_t *)(void *)((char *)s + fields[i].off);

		if (strcmp(fields[i].key, key))
			continue;
		return number(&value, ' ', v) && !*value ? 0 :
							   broken(key, err);
	}
	return 0;
}
