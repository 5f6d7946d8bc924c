/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"
#include "bench/workload.h"
#include "sock/sockopt.h"

/* Sizes and connections where nothing else is said, by workload. */
static const struct {
	uint64_t request, response, connections, idle, backlog;
	enum bench_metric primary;
} presets[BENCH_NWORKLOADS] = {
	[BENCH_W_STREAM] = { 128 << 10, 64, 1, 0, 4096, BENCH_BYTES_PER_S },
	[BENCH_W_RR] = { 64, 64, 1, 0, 4096, BENCH_REQUESTS_PER_S },
	[BENCH_W_CRR] = { 64, 64, 1, 0, 4096, BENCH_CONNECTS_PER_S },
	[BENCH_W_DGRAM] = { 1400, 64, 1, 0, 4096, BENCH_DATAGRAMS_PER_S },
	[BENCH_W_IDLE] = { 64, 64, 1, 1000, 4096, BENCH_P50_NS },
	[BENCH_W_BACKLOG] = { 64, 64, 0, 0, 128, BENCH_CONNECTED },
	[BENCH_W_LATENCY] = { 64, 64, 1, 0, 4096, BENCH_P50_NS },
	[BENCH_W_MIX] = { 64, 64, 4, 0, 4096, BENCH_BYTES_PER_S },
};

void bench_plan_preset(struct bench_job *job, int workload)
{
	*job = bench_job_preset;
	job->workload = workload;
	job->request = presets[workload].request;
	job->response = presets[workload].response;
	job->connections = presets[workload].connections;
	job->idle = presets[workload].idle;
	job->backlog = presets[workload].backlog;
	job->one_clock = true;
	if (workload == BENCH_W_DGRAM)
		job->socket = BENCH_S_UDP;
	if (bench_total(job) > 1)
		job->engine = BENCH_E_EPOLL;
	if (workload == BENCH_W_BACKLOG)
		job->engine = BENCH_E_POLL;
}

enum bench_metric bench_plan_primary(int workload)
{
	return presets[workload].primary;
}

/* Metrics that are not of all workloads, and of which they are. */
#define OF(workload) (1u << BENCH_W_##workload)
#define REQUESTS (OF(RR) | OF(CRR) | OF(IDLE) | OF(LATENCY) | OF(MIX))
#define OPEN_LOOPS (OF(RR) | OF(IDLE) | OF(LATENCY) | OF(MIX))
#define FLOWS (~OF(BACKLOG))

static const struct {
	enum bench_metric metric;
	unsigned workloads;
	bool rate;		/* with --rate alone */
} some[] = {
	{ BENCH_BYTES, FLOWS, false },
	{ BENCH_BYTES_PER_S, FLOWS, false },
	{ BENCH_NS_PER_KIB, FLOWS, false },
	{ BENCH_CONNECTIONS, FLOWS, false },
	{ BENCH_RETRANSMITS, FLOWS, false },
	{ BENCH_REQUESTS, REQUESTS, false },
	{ BENCH_REQUESTS_PER_S, REQUESTS, false },
	{ BENCH_NS_PER_REQUEST, REQUESTS, false },
	{ BENCH_SERVER_NS_PER_REQUEST, REQUESTS, false },
	{ BENCH_CONNECTS_PER_S, OF(CRR), false },
	{ BENCH_P50_NS, REQUESTS, false },
	{ BENCH_P99_NS, REQUESTS, false },
	{ BENCH_P999_NS, REQUESTS, false },
	{ BENCH_RESPONSE_P50_NS, OPEN_LOOPS, true },
	{ BENCH_RESPONSE_P99_NS, OPEN_LOOPS, true },
	{ BENCH_DATAGRAMS_PER_S, OF(DGRAM) | OF(STREAM), false },
	{ BENCH_SENT, OF(DGRAM), false },
	{ BENCH_LOST, OF(DGRAM) | OF(RR), false },
	{ BENCH_LOSS, OF(DGRAM), false },
	{ BENCH_DUPLICATES, OF(DGRAM), false },
	{ BENCH_REORDERED, OF(DGRAM), false },
	{ BENCH_JITTER_NS, OF(DGRAM), false },
	{ BENCH_KERNEL_PER_CONNECTION, OF(IDLE), false },
	{ BENCH_USER_PER_CONNECTION, OF(IDLE), false },
	{ BENCH_CONNECTED, OF(BACKLOG), false },
	{ BENCH_REFUSED, OF(BACKLOG), false },
	{ BENCH_OVERFLOWS, OF(BACKLOG), false },
	{ BENCH_FIRST_OVERFLOW, OF(BACKLOG), false },
};

bool bench_plan_measures(int workload, bool rate, enum bench_metric metric)
{
	for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++)
		if (some[i].metric == metric)
			return some[i].workloads >> workload & 1 &&
			       (rate || !some[i].rate);
	return true;
}

/* --- one value into a job ------------------------------------------------ */

typedef int take_fn(struct bench_job *job, const char *value, const char *name,
		    struct sk_err *err);

static int take_choice(int *field, const struct bench_choices *axis,
		       const char *value, struct sk_err *err)
{
	int r = bench_axis_find(axis, value, err);

	if (r >= 0)
		*field = r;
	return r < 0 ? r : 0;
}

#define TAKE_CHOICE(field, axis) \
	static int take_##field(struct bench_job *job, const char *value, \
				const char *name, struct sk_err *err) \
	{ \
		(void)name; \
		return take_choice(&job->field, &(axis), value, err); \
	}
TAKE_CHOICE(socket, bench_sockets)
TAKE_CHOICE(engine, bench_engines)
TAKE_CHOICE(pattern, bench_patterns)
TAKE_CHOICE(copy, bench_copies)
TAKE_CHOICE(receive, bench_receives)
TAKE_CHOICE(stack, bench_stacks)

static int bad(const char *name, const char *value, const char *what,
	       struct sk_err *err)
{
	char shown[64];

	return sk_usage(err, "--%s %s: %s", name,
			sk_escape(shown, sizeof(shown), value, strlen(value)),
			what);
}

static int size_of(uint64_t *v, const char *text, const char *name,
		   struct sk_err *err)
{
	if (sk_parse_size(text, v) < 0)
		return bad(name, text, "not a size", err);
	if (!*v)
		return bad(name, text, "at least one byte", err);
	if (*v > BENCH_SIZE_MAX)
		return bad(name, text, "64 MiB at most", err);
	return 0;
}

static bool answers(const struct bench_job *job)
{
	return job->workload != BENCH_W_STREAM &&
	       job->workload != BENCH_W_DGRAM;
}

/* "64" is both request and response, "64:1K" one and the other. */
static int take_size(struct bench_job *job, const char *value,
		     const char *name, struct sk_err *err)
{
	char text[64], *second;
	int r;

	if (sk_copy(text, sizeof(text), value) < 0)
		return bad(name, value, "not a size", err);
	second = strchr(text, ':');
	if (second)
		*second++ = '\0';
	if (second && (!*text || !*second))
		return bad(name, value, "two sizes, REQUEST:RESPONSE, or one",
			   err);
	if (second && !answers(job))
		return bad(name, value, "nothing is answered here: one size",
			   err);
	r = size_of(&job->request, text, name, err);
	if (r < 0)
		return r;
	job->response = job->request;
	return second ? size_of(&job->response, second, name, err) : 0;
}

static int count_of(uint64_t *v, const char *value, uint64_t max,
		    const char *name, struct sk_err *err)
{
	char most[40];

	if (sk_parse_uint(value, v) < 0)
		return bad(name, value, "not a number", err);
	if (!*v)
		return bad(name, value, "at least 1", err);
	if (*v > max) {
		snprintf(most, sizeof(most), "%llu at most",
			 (unsigned long long)max);
		return bad(name, value, most, err);
	}
	return 0;
}

static int take_connections(struct bench_job *job, const char *value,
			    const char *name, struct sk_err *err)
{
	/* Those of `idle` are the silent ones. */
	return count_of(job->workload == BENCH_W_IDLE ? &job->idle :
							&job->connections,
			value, BENCH_CONNECTIONS_MAX, name, err);
}

static int take_workers(struct bench_job *job, const char *value,
			const char *name, struct sk_err *err)
{
	return count_of(&job->workers, value, BENCH_WORKERS_MAX, name, err);
}

/* name is the option's; the parts of job->set are parted by spaces. */
static int take_set(struct bench_job *job, const char *value, const char *name,
		    struct sk_err *err)
{
	struct sk_sockopt_value v;
	size_t at = strlen(job->set);
	char text[256];
	int n;

	n = snprintf(text, sizeof(text), "%s=%s", name, value);
	if (n < 0 || (size_t)n >= sizeof(text) || strchr(text, ' '))
		return bad("set", value, "not a value", err);
	n = sk_sockopt_parse(&v, text, err);
	if (n < 0)
		return n;
	n = snprintf(job->set + at, sizeof(job->set) - at, "%s%s",
		     at ? " " : "", text);
	return n < 0 || (size_t)n >= sizeof(job->set) - at ?
		       sk_usage(err, "too many socket options") : 0;
}

/* --- crossing ------------------------------------------------------------ */

void bench_plan_fini(struct bench_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct bench_planned *p = &plan->v[i];

		for (size_t k = 0; k < p->n_settings; k++) {
			free(p->settings[k].axis);
			free(p->settings[k].value);
		}
		free(p->settings);
	}
	free(plan->v);
	*plan = (struct bench_plan){ NULL, 0 };
}

static int no_memory(struct sk_err *err)
{
	return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
}

static int add_setting(struct bench_planned *p, const char *axis,
		       const char *value)
{
	struct bench_setting *grown = reallocarray(p->settings,
						   p->n_settings + 1,
						   sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	p->settings = grown;
	grown += p->n_settings++;
	grown->axis = strdup(axis);
	grown->value = strdup(value);
	return grown->axis && grown->value ? 0 : -ENOMEM;
}

/* A copy of `from` at the end, settings and all. NULL: no memory. */
static struct bench_planned *add_copy(struct bench_plan *plan,
				      const struct bench_planned *from)
{
	struct bench_planned *grown, copy = *from;

	grown = reallocarray(plan->v, plan->n + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	plan->v = grown;
	grown += plan->n++;
	*grown = copy;
	grown->settings = NULL;
	grown->n_settings = 0;
	for (size_t i = 0; i < copy.n_settings; i++)
		if (add_setting(grown, copy.settings[i].axis,
				copy.settings[i].value) < 0)
			return NULL;
	return grown;
}

/* Every variant so far with every value of the list. */
static int cross_values(struct bench_plan *to, const struct bench_plan *from,
			const char *axis, char *list, take_fn *take,
			struct sk_err *err)
{
	for (size_t i = 0; i < from->n; i++) {
		char text[512], *p = text, *value;

		memcpy(text, list, strlen(list) + 1);
		while ((value = strsep(&p, ",")) != NULL) {
			struct bench_planned *one;
			int r;

			if (!*value)
				return sk_usage(err, "--%s: an empty value",
						axis);
			one = add_copy(to, &from->v[i]);
			if (!one || add_setting(one, axis, value) < 0)
				return no_memory(err);
			r = take(&one->job, value, axis, err);
			if (r < 0)
				return r;
			if (to->n > BENCH_VARIANTS_MAX)
				return sk_usage(err, "more than %d variants",
						BENCH_VARIANTS_MAX);
		}
	}
	return 0;
}

static int cross(struct bench_plan *plan, const char *axis, const char *values,
		 take_fn *take, struct sk_err *err)
{
	struct bench_plan next = { NULL, 0 };
	char list[512];
	int r;

	if (!values)
		return 0;
	if (sk_copy(list, sizeof(list), values) < 0)
		return sk_usage(err, "--%s: too long", axis);
	r = cross_values(&next, plan, axis, list, take, err);
	bench_plan_fini(plan);
	*plan = next;
	return r;
}

/* "so_sndbuf=64K,1M": an axis of that name. */
static int cross_option(struct bench_plan *plan, const char *text,
			struct sk_err *err)
{
	const char *eq = strchr(text, '=');
	char name[64];

	if (!eq || sk_copyn(name, sizeof(name), text, (size_t)(eq - text)) < 0)
		return sk_usage(err, "--set takes NAME=VALUE,VALUE…");
	return cross(plan, name, eq + 1, take_set, err);
}

/* A stream over datagrams that cross networks: what fits into a packet. */
static bool needs_packets(const struct bench_job *job)
{
	return job->workload == BENCH_W_STREAM &&
	       (job->socket == BENCH_S_UDP ||
		job->socket == BENCH_S_UDP_CONNECTED);
}

/* Where nobody said how many, there are as many as `base` has, and that is
 * told: another machine would have had another number. */
static int settle_workers(struct bench_planned *p)
{
	char text[24];

	if (p->job.pattern == BENCH_P_SINGLE)
		p->job.workers = 1;
	snprintf(text, sizeof(text), "%llu",
		 (unsigned long long)p->job.workers);
	return add_setting(p, "workers", text);
}

/* Most connects fail once the queue is full: a few show enough of that. The
 * kernel's queue has one engine, beside our stack's, which has another. */
static int settle(struct bench_planned *p, const struct bench_axes *axes)
{
	int r = 0;

	if (!axes->engine && p->job.workload == BENCH_W_BACKLOG &&
	    p->job.stack == BENCH_K_KERNEL && !p->job.tls)
		p->job.engine = BENCH_E_POLL;
	if (!axes->size && needs_packets(&p->job))
		p->job.request = presets[BENCH_W_DGRAM].request;
	if (p->job.workload == BENCH_W_BACKLOG && !p->job.connections)
		p->job.connections = p->job.backlog + 8;
	if (axes->pattern && !axes->workers)
		r = settle_workers(p);
	p->refused = bench_job_nonsense(&p->job);
	return r;
}

/*
 * Where one engine's receivers cannot rest those of the others do not: the
 * rest would be what is compared.
 */
static void rest_alike(struct bench_plan *plan)
{
	bool awake = false;

	for (size_t i = 0; i < plan->n; i++)
		awake |= bench_dgram_restless(&plan->v[i].job);
	for (size_t i = 0; i < plan->n; i++)
		plan->v[i].job.awake = awake;
}

int bench_plan_make(struct bench_plan *plan, const struct bench_job *base,
		    const struct bench_axes *axes, struct sk_err *err)
{
	struct bench_planned first = { .job = *base };
	const struct {
		const char *name, *values;
		take_fn *take;
	} all[] = {
		{ "socket", axes->socket, take_socket },
		{ "stack", axes->stack, take_stack },
		{ "engine", axes->engine, take_engine },
		{ "pattern", axes->pattern, take_pattern },
		{ "workers", axes->workers, take_workers },
		{ "copy", axes->copy, take_copy },
		{ "receive", axes->receive, take_receive },
		{ "size", axes->size, take_size },
		{ "connections", axes->connections, take_connections },
	};
	int r = 0;

	*plan = (struct bench_plan){ NULL, 0 };
	if (!add_copy(plan, &first))
		return no_memory(err);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all) && r >= 0; i++)
		r = cross(plan, all[i].name, all[i].values, all[i].take, err);
	for (size_t i = 0; i < axes->n_set && r >= 0; i++)
		r = cross_option(plan, axes->set[i], err);
	for (size_t i = 0; i < plan->n && r >= 0; i++)
		if (settle(&plan->v[i], axes) < 0)
			r = no_memory(err);
	rest_alike(plan);
	return r;
}

const char *bench_plan_elsewhere(const struct bench_plan *plan)
{
	const char *why = NULL;

	for (size_t i = 0; i < plan->n; i++) {
		why = bench_job_elsewhere(&plan->v[i].job);
		if (!why)
			return NULL;
	}
	return why;
}
