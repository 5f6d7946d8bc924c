/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/result.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>


const struct bench_metric_info bench_metrics[BENCH_NMETRICS] = {
#define BENCH_METRIC(id, name, unit, better, help) \
	[BENCH_##id] = { name, unit, better, help },
#include "bench/metric.def"
#undef BENCH_METRIC
};

const char *const bench_hist_names[BENCH_NHISTS] = {
	[BENCH_HIST_SERVICE] = "service",
	[BENCH_HIST_RESPONSE] = "response",
	[BENCH_HIST_CONNECT] = "connect",
	[BENCH_HIST_ACCEPT] = "accept",
	[BENCH_HIST_FIRST_BYTE] = "first_byte",
	[BENCH_HIST_ONE_WAY] = "one_way",
};

int bench_metric_find(const char *name)
{
	for (int i = 0; i < BENCH_NMETRICS; i++)
		if (!strcmp(bench_metrics[i].name, name))
			return i;
	return -1;
}

struct bench_result *bench_result_new(void)
{
	return calloc(1, sizeof(struct bench_result));
}

static void round_fini(struct bench_round *round)
{
	for (size_t i = 0; i < BENCH_NHISTS; i++)
		free(round->hist[i]);
	free(round->points);
	free(round->why);
}

void bench_variant_fini(struct bench_variant *v)
{
	for (size_t i = 0; i < v->n_settings; i++) {
		free(v->settings[i].axis);
		free(v->settings[i].value);
	}
	for (size_t i = 0; i < v->n_rounds; i++)
		round_fini(&v->rounds[i]);
	free(v->settings);
	free(v->rounds);
	free(v->refused);
	free(v->note);
}

void bench_result_free(struct bench_result *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_variants; i++)
		bench_variant_fini(&r->variants[i]);
	for (size_t i = 0; i < r->n_facts; i++) {
		free(r->facts[i].name);
		free(r->facts[i].value);
	}
	for (size_t i = 0; i < r->n_floors; i++)
		free(r->floors[i].name);
	for (size_t i = 0; r->argv && r->argv[i]; i++)
		free(r->argv[i]);
	free(r->argv);
	free(r->variants);
	free(r->facts);
	free(r->floors);
	free(r->workload);
	free(r);
}

/* Room for one more of `size` bytes at *array, zeroed. NULL: no memory. */
static void *one_more(void *array, size_t *n, size_t size)
{
	char **at = array, *grown = reallocarray(*at, *n + 1, size);

	if (!grown)
		return NULL;
	*at = grown;
	return memset(grown + size * (*n)++, 0, size);
}

struct bench_variant *bench_result_variant(struct bench_result *r)
{
	return one_more(&r->variants, &r->n_variants, sizeof(*r->variants));
}

struct bench_round *bench_variant_round(struct bench_variant *v)
{
	struct bench_round *round = one_more(&v->rounds, &v->n_rounds,
					     sizeof(*v->rounds));

	for (size_t i = 0; round && i < BENCH_NMETRICS; i++)
		round->value[i] = NAN;
	return round;
}

void bench_variant_cut(struct bench_variant *v, size_t n)
{
	while (v->n_rounds > n)
		round_fini(&v->rounds[--v->n_rounds]);
}

int bench_variant_set(struct bench_variant *v, const char *axis,
		      const char *value)
{
	struct bench_setting *s = one_more(&v->settings, &v->n_settings,
					   sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->axis = strdup(axis);
	s->value = strdup(value);
	return s->axis && s->value ? 0 : -ENOMEM;
}

int bench_result_fact(struct bench_result *r, const char *name,
		      const char *value)
{
	struct bench_fact *f = one_more(&r->facts, &r->n_facts, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->name = strdup(name);
	f->value = strdup(value);
	return f->name && f->value ? 0 : -ENOMEM;
}

size_t bench_result_rounds(const struct bench_result *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_variants; i++)
		n += r->variants[i].n_rounds;
	return n;
}

int bench_result_floor(struct bench_result *r, const char *name,
		       enum bench_metric metric, double value)
{
	struct bench_floor *f = one_more(&r->floors, &r->n_floors, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->metric = metric;
	f->value = value;
	f->name = strdup(name);
	return f->name ? 0 : -ENOMEM;
}

int bench_round_point(struct bench_round *round, uint64_t at_ns,
		      uint64_t bytes, uint64_t requests)
{
	struct bench_point *p = one_more(&round->points, &round->n_points,
					 sizeof(*p));

	if (!p)
		return -ENOMEM;
	*p = (struct bench_point){ at_ns, bytes, requests };
	return 0;
}

struct bench_hist *bench_round_hist(struct bench_round *round,
				    enum bench_hist_id id)
{
	if (!round->hist[id]) {
		round->hist[id] = malloc(sizeof(struct bench_hist));
		if (round->hist[id])
			bench_hist_init(round->hist[id]);
	}
	return round->hist[id];
}

static const char *setting_of(const struct bench_variant *v, const char *axis)
{
	for (size_t i = 0; i < v->n_settings; i++)
		if (!strcmp(v->settings[i].axis, axis))
			return v->settings[i].value;
	return "";
}

static bool differs(const struct bench_result *r, const char *axis)
{
	for (size_t i = 1; i < r->n_variants; i++)
		if (strcmp(setting_of(&r->variants[i], axis),
			   setting_of(&r->variants[0], axis)))
			return true;
	return r->n_variants < 2;
}

/* The new end of the text that grew at `end`; room was counted before. */
static char *append(char *end, const char *text)
{
	size_t len = strlen(text);

	memcpy(end, text, len + 1);
	return end + len;
}

char *bench_variant_label(const struct bench_result *r,
			  const struct bench_variant *v)
{
	size_t len = 1;
	char *label, *end;

	for (size_t i = 0; i < v->n_settings; i++)
		len += strlen(v->settings[i].value) + 1;
	end = label = malloc(len);
	if (!label)
		return NULL;
	*end = '\0';
	for (size_t i = 0; i < v->n_settings; i++) {
		if (!differs(r, v->settings[i].axis))
			continue;
		if (end != label)
			*end++ = ' ';
		end = append(end, v->settings[i].value);
	}
	return label;
}
