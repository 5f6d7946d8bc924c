/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What two machines measured, as if one had. */
#include "bench_fake.h"

#include "bench/merge.h"
#include "bench/summary.h"
#include "tap.h"

static bool near(double a, double b)
{
	return fabs(a - b) <= fabs(b) * 1e-9;
}

static void values(void)
{
	struct bench_result *a = fake_result(1, 3, 1), *b = fake_result(2, 3, 1);
	struct bench_round *x = &a->variants[0].rounds[1];
	const struct bench_round *y = &b->variants[0].rounds[1];
	double rate = x->value[BENCH_REQUESTS_PER_S];
	double cost = x->value[BENCH_NS_PER_REQUEST], wx = x->value[BENCH_REQUESTS];
	double wy = y->value[BENCH_REQUESTS];
	struct bench_hist *both = malloc(sizeof(*both));
	uint64_t requests = x->points[4].requests + y->points[4].requests;

	x->value[BENCH_LOST] = 10;
	x->value[BENCH_SENT] = 100;
	x->value[BENCH_LOSS] = 10;
	b->variants[0].rounds[1].value[BENCH_LOST] = 0;
	b->variants[0].rounds[1].value[BENCH_SENT] = 300;
	b->variants[0].rounds[1].value[BENCH_LOSS] = 0;
	b->variants[0].rounds[1].value[BENCH_SECONDS] = 1.5;
	x->value[BENCH_FIRST_OVERFLOW] = 130;
	b->variants[0].rounds[1].value[BENCH_FIRST_OVERFLOW] = 128;
	b->variants[0].rounds[1].value[BENCH_RETRANSMITS] = 7;
	*both = *x->hist[BENCH_HIST_SERVICE];
	bench_hist_merge(both, y->hist[BENCH_HIST_SERVICE]);

	ok(!bench_result_merge(a, b), "merged");
	ok(near(x->value[BENCH_REQUESTS_PER_S],
		rate + y->value[BENCH_REQUESTS_PER_S]), "rates add up");
	ok(near(x->value[BENCH_SECONDS], 1.5), "time does not");
	ok(near(x->value[BENCH_NS_PER_REQUEST],
		(cost * wx + y->value[BENCH_NS_PER_REQUEST] * wy) / (wx + wy)),
	   "costs are weighted");
	ok(near(x->value[BENCH_P50_NS], (double)bench_hist_at(both, 0.5)),
	   "percentiles come from the merged histogram");
	ok(near(x->value[BENCH_LOSS], 2.5), "loss from what was added");
	ok(near(x->value[BENCH_FIRST_OVERFLOW], 128), "the first is the least");
	ok(near(x->value[BENCH_RETRANSMITS], 7), "one alone stands");
	ok(isnan(x->value[BENCH_JITTER_NS]), "none stays none");
	is_int(x->points[4].requests, requests, "series add up");
	free(both);
	bench_result_free(a);
	bench_result_free(b);
}

/* Percentiles of the response time come from its own histogram. */
static void response(void)
{
	struct bench_result *r[] = { fake_result(1, 1, 1), fake_result(2, 1, 1) };
	struct bench_rng rng = { 4 };
	double want;

	for (int i = 0; i < 2; i++) {
		struct bench_round *round = &r[i]->variants[0].rounds[0];

		fake_hist(round, &rng, BENCH_HIST_RESPONSE, 1e6 * (i + 1));
		round->value[BENCH_RESPONSE_P99_NS] = 1;
	}
	bench_result_merge(r[0], r[1]);
	want = (double)bench_hist_at(
		r[0]->variants[0].rounds[0].hist[BENCH_HIST_RESPONSE], 0.99);
	ok(want > 1e6 && near(r[0]->variants[0].rounds[0]
			      .value[BENCH_RESPONSE_P99_NS], want),
	   "response times have their own percentiles");
	bench_result_free(r[0]);
	bench_result_free(r[1]);
}

static void rounds_and_words(void)
{
	struct bench_result *a = fake_result(1, 4, 1), *b = fake_result(2, 3, 1);

	b->variants[1].rounds[0].disturbed = true;
	free(b->variants[1].rounds[0].why);
	b->variants[1].rounds[0].why = strdup("window-limited");
	free(a->variants[2].note);
	a->variants[2].note = NULL;
	b->interrupted = true;
	bench_result_merge(a, b);
	is_int(a->variants[0].n_rounds, 3, "a round of one alone is dropped");
	ok(a->variants[1].rounds[0].disturbed, "disturbed on one machine");
	is_str(a->variants[1].rounds[0].why, "server CPU-bound; window-limited",
	       "both reasons");
	is_str(a->variants[1].rounds[1].why, "wake-up bound", "or the one");
	is_str(a->variants[2].note, "recv multishot, buffer ring", "notes");
	is_int(a->variants[2].repeated, 2, "repeated on both");
	ok(a->interrupted, "interrupted");
	bench_result_free(a);
	bench_result_free(b);
}

static void variants(void)
{
	struct bench_result *a = fake_result(1, 3, 1), *b = fake_result(2, 3, 1);

	a->variants[0].refused = strdup("too few descriptors");
	bench_variant_cut(&a->variants[0], 0);
	b->variants[1].refused = strdup("no epoll");
	bench_variant_cut(&b->variants[1], 0);
	free(b->variants[3].settings[1].value);
	b->variants[3].settings[1].value = strdup("select");
	bench_result_merge(a, b);
	ok(!a->variants[0].refused && a->variants[0].n_rounds == 3,
	   "what ran there has run");
	is_str(a->variants[0].note, "not by all: too few descriptors",
	       "with a note");
	ok(!a->variants[1].refused && a->variants[1].n_rounds == 3 &&
	   a->variants[1].note, "and the other way round");
	is_int(a->n_variants, 5, "what only one has is copied");
	is_str(bench_variant_get(&a->variants[4], "engine"), "select",
	       "with its settings");
	bench_result_merge(a, b);
	is_int(a->n_variants, 5, "and found again");
	bench_result_free(a);
	bench_result_free(b);
}

int main(void)
{
	values();
	response();
	rounds_and_words();
	variants();
	return tap_done();
}
