/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/part.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <dirent.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/units.h"
#include "bench/engine.h"
#include "bench/layer.h"
#include "bench/sockets.h"
#include "bench/workload.h"

/* Threads have this long to notice that it is over. */
#define ENDING_US (20 * SK_SEC)
#define SETUP_US (30 * SK_SEC)
#define LINGER_NS 5000000u

int bench_part_init(struct bench_part *p, const struct bench_job *job,
		    const struct bench_local *local, int ctl, bool client,
		    struct sk_err *err)
{
	memset(p, 0, sizeof(*p));
	p->job = job;
	p->local = local;
	p->ctl = ctl;
	p->shared.job = job;
	p->shared.client = client;
	if (local && local->paced && job->rate)
		p->shared.answer_gap_ns = bench_due(1, 0, 1, job->rate);
	pthread_mutex_init(&p->shared.lock, NULL);
	p->n_workers = job->pattern == BENCH_P_SINGLE ? 1 : job->workers;
	p->workers = calloc(p->n_workers, sizeof(*p->workers));
	if (!p->workers)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	for (size_t i = 0; i < p->n_workers; i++) {
		struct bench_worker *w = &p->workers[i];

		w->shared = &p->shared;
		w->number = (unsigned)i;
		w->ops = bench_is_layered(job, client) ?
				 &bench_engine_layer :
				 bench_engine_ops(job->engine);
		if (!w->ops)
			return sk_fail(err, -ENOTSUP, "%s: not compiled in",
				       bench_engines.choices[job->engine].name);
		w->tally = bench_tally_take(&p->shared);
		if (!w->tally)
			return sk_fail(err, -ENOMEM, "%s",
				       sk_strerror(ENOMEM));
	}
	return 0;
}

int bench_part_keep(struct bench_part *p, int fd)
{
	int *grown;

	/* Powers of two: the room doubles when it is full. */
	if (!(p->n_fds & (p->n_fds - 1)) || !p->fds) {
		size_t cap = p->n_fds ? 2 * p->n_fds : 1;

		grown = reallocarray(p->fds, cap, sizeof(*grown));
		if (!grown) {
			close(fd);
			return -ENOMEM;
		}
		p->fds = grown;
	}
	p->fds[p->n_fds++] = fd;
	return 0;
}

void bench_part_fini(struct bench_part *p)
{
	for (size_t i = 0; i < p->n_fds; i++)
		sk_close(&p->fds[i]);
	free(p->fds);
	bench_side_fini(&p->side);
	bench_inbox_fini(&p->inbox);
	for (size_t i = 0; p->workers && i < p->n_workers; i++) {
		struct bench_worker *w = &p->workers[i];

		if (w->engine && w->ops->close)
			w->ops->close(w);
		for (size_t k = 0; k < w->n_flows; k++)
			bench_flow_free(w->flows[k]);
		free(w->flows);
	}
	free(p->workers);
	if (p->layer)
		bench_layer_free(p->layer);
	while (p->shared.tallies) {
		struct bench_tally *t = p->shared.tallies;

		p->shared.tallies = t->link;
		for (size_t i = 0; i < BENCH_NHISTS; i++)
			free(t->hist[i]);
		free(t);
	}
	pthread_mutex_destroy(&p->shared.lock);
}

/* --- limits -------------------------------------------------------------- */

/* Of a connection: its ends in this process, and what ways of copying keep. */
static size_t fds_each(const struct bench_job *job)
{
	size_t n = job->socket == BENCH_S_PIPE ? 4 :
		   bench_kind_of(job)->inherited ? 2 : 1;

	if (job->bidir)
		n++;
	if (job->copy == BENCH_C_SPLICE)
		n += 2;
	if (job->copy == BENCH_C_SENDFILE)
		n++;
	if (job->receive == BENCH_R_SPLICE)
		n += 3;
	return n;
}

int bench_part_need_fds(const struct bench_job *job, struct sk_err *err)
{
	size_t limit = sk_raise_fd_limit(), n = bench_total(job);

	/* Short ones, and those that are queued, are not among them. */
	n = n ? n * fds_each(job) : job->connections;
	/* A listener and an engine for each worker. */
	n += 2 * (job->workers - 1) + BENCH_SPARE_FDS;
	if (n <= limit)
		return 0;
	return sk_fail(err, -EMFILE, "%zu descriptors are needed and %zu are "
		       "allowed: raise the hard limit of open files "
		       "(ulimit -Hn, or fs.nr_open above it)", n, limit);
}

/* --- flows and threads --------------------------------------------------- */

struct bench_flow *bench_part_flow(struct bench_part *p, size_t i, int in,
				   int out, struct sk_err *err)
{
	const struct bench_kind *k = bench_kind_of(p->job);
	struct bench_worker *w = &p->workers[i % p->n_workers];
	struct bench_flow **grown, *f;

	grown = reallocarray(w->flows, w->n_flows + 1, sizeof(f));
	if (grown)
		w->flows = grown;
	f = grown ? bench_flow_new(w) : NULL;
	if (!f) {
		sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
		return NULL;
	}
	f->in = in;
	f->out = out;
	f->index = (uint32_t)i;
	f->socket = p->job->socket != BENCH_S_PIPE;
	f->records = k->records;
	f->endless = k->records && !k->listens;
	f->listed = true;
	w->flows[w->n_flows++] = f;
	if ((k->family == AF_INET || k->family == AF_INET6) && !k->records &&
	    in >= 0 && p->n_tcp_fds < 16)
		p->tcp_fds[p->n_tcp_fds++] = in;
	return f;
}

static void *worker_thread(void *arg)
{
	struct bench_worker *w = arg;

	bench_thread_prepare();
	if (w->shared->job->engine == BENCH_E_SPIN)
		bench_cpu_pin(2 * w->number + w->shared->client);
	w->running = true;
	w->ops->run(w);
	return NULL;
}

static int start_flows(struct bench_worker *w, struct sk_err *err)
{
	for (size_t i = 0; i < w->n_flows; i++) {
		int r = w->flows[i]->next ? w->ops->start(w, w->flows[i]) : 0;

		if (r < 0)
			return sk_fail(err, r, "%s: %s",
				       bench_engines.choices
				       [w->shared->job->engine].name,
				       sk_strerror(r));
	}
	return 0;
}

/* Signals end system calls and do nothing else. */
static void on_poke(int signo)
{
	(void)signo;
}

int bench_part_engage(struct bench_part *p, struct sk_err *err)
{
	struct sigaction sa = { .sa_handler = on_poke };
	int r = 0;

	sigaction(SIGUSR1, &sa, NULL);
	for (size_t i = 0; i < p->n_workers && r >= 0; i++) {
		struct bench_worker *w = &p->workers[i];

		w->layer = p->layer;
		if (w->ops->open)
			r = w->ops->open(w, err);
		if (r >= 0)
			r = start_flows(w, err);
	}
	return r;
}

int bench_part_launch(struct bench_part *p, struct sk_err *err)
{
	int r = 0;

	for (size_t i = 0; i < p->n_workers && r >= 0; i++) {
		pthread_t thread;

		r = -pthread_create(&thread, NULL, worker_thread,
				    &p->workers[i]);
		if (r < 0)
			return sk_fail(err, r, "thread: %s", sk_strerror(r));
		pthread_detach(thread);
	}
	return r;
}

int bench_part_run(struct bench_part *p, struct sk_err *err)
{
	int r = bench_part_engage(p, err);

	return r < 0 ? r : bench_part_launch(p, err);
}

/* Until this thread is the only one, each of the others is poked. */
static void end_threads(void)
{
	uint64_t end = sk_now_us() + ENDING_US;
	pid_t self = (pid_t)syscall(SYS_gettid);

	while (bench_cpu_threads() > 1 && sk_now_us() < end) {
		DIR *dir = opendir("/proc/self/task");
		const struct dirent *e;
		int64_t tid;

		while (dir && (e = readdir(dir)) != NULL)
			if (!sk_parse_int(e->d_name, &tid) && tid != self)
				syscall(SYS_tgkill, getpid(), (pid_t)tid,
					SIGUSR1);
		if (dir)
			closedir(dir);
		usleep(1000);
	}
}

/* --- what the other side of ctl says ------------------------------------- */

/* A message, or the end, until `deadline`: -ETIMEDOUT, or told_to_stop. */
static int hear(struct bench_part *p, uint64_t deadline, bool *start)
{
	struct bench_msg m;
	int r = bench_msg_recv(p->ctl, &p->inbox, deadline, &m, NULL);

	if (r >= 0 && m.kind == BENCH_MSG_START)
		*start = true;
	else if (r != -ETIMEDOUT && r != -EINTR)
		p->told_to_stop = true;
	bench_msg_fini(&m);
	return r;
}

int bench_part_await_start(struct bench_part *p, struct sk_err *err)
{
	uint64_t end = sk_now_us() + SETUP_US;
	bool start = false;

	while (!start && !p->told_to_stop)
		if (hear(p, end, &start) == -ETIMEDOUT)
			return sk_fail(err, -ETIMEDOUT,
				       "the other side is not ready");
	return start ? 0 : sk_fail(err, -ECANCELED, "stopped");
}

void bench_part_sleep(struct bench_part *p, uint64_t when_ns)
{
	bool start;

	while (!p->told_to_stop && bench_now() < when_ns)
		hear(p, when_ns / 1000 + 1, &start);
}

bool bench_part_is_told(struct bench_part *p)
{
	bool start;

	if (!p->told_to_stop)
		hear(p, 0, &start);
	return p->told_to_stop;
}

void bench_part_await_stop(struct bench_part *p)
{
	bool start;

	while (!p->told_to_stop)
		hear(p, SK_NEVER, &start);
}

void bench_part_linger(struct bench_part *p)
{
	bench_part_sleep(p, bench_now() + LINGER_NS);
}

/* --- the result ---------------------------------------------------------- */

static void collect_hists(struct bench_part *p)
{
	for (struct bench_tally *t = p->shared.tallies; t; t = t->link) {
		for (size_t i = 0; i < BENCH_NHISTS; i++) {
			if (!t->hist[i])
				continue;
			if (p->side.hist[i]) {
				bench_hist_merge(p->side.hist[i], t->hist[i]);
			} else {
				p->side.hist[i] = t->hist[i];
				t->hist[i] = NULL;
			}
		}
	}
}

/* Nothing at all was done, for this reason. */
static int nothing_done(const struct bench_part *p, int e, struct sk_err *err)
{
	bool big = e == -EMSGSIZE && bench_kind_of(p->job)->family == AF_UNIX;

	return sk_fail(err, e, "%s%s", sk_strerror(e),
		       big ? ": the sender's buffer holds less (so_sndbuf, "
			     "net.core.wmem_max)" : "");
}

int bench_part_result(struct bench_part *p, struct sk_err *err)
{
	struct bench_msg m = { .kind = BENCH_MSG_RESULT };
	struct bench_tally now;

	__atomic_store_n(&p->shared.phase, BENCH_STOPPED, __ATOMIC_RELAXED);
	end_threads();
	if (bench_cpu_threads() > 1)
		return sk_fail(err, -ETIMEDOUT, "a thread does not end");
	collect_hists(p);
	bench_part_count(p, &now);
	/* Of all of the run: the kernel tells late what it did. */
	p->side.zc_sent = now.zc_sent;
	p->side.zc_copied = now.zc_copied;
	memcpy(p->side.note, p->shared.note, sizeof(p->side.note));
	if (p->layer)
		p->side.overflows += bench_layer_overflows(p->layer);
	if (now.first_error && !p->side.requests && !p->side.bytes_in &&
	    !p->side.bytes_out)
		return nothing_done(p, now.first_error, err);
	m.side = p->side;
	return bench_msg_send(p->ctl, &m, err);
}

int bench_part_failed(struct bench_part *p, int r, struct sk_err *err)
{
	struct bench_msg m = { .kind = bench_is_refusal(r) ?
					       BENCH_MSG_REFUSED :
					       BENCH_MSG_FAILED };

	__atomic_store_n(&p->shared.phase, BENCH_STOPPED, __ATOMIC_RELAXED);
	end_threads();
	/* Told to stop: whoever said so knows why. */
	if (r == -ECANCELED)
		return r;
	snprintf(m.text, sizeof(m.text), "%.*s", (int)sizeof(m.text) - 1,
		 err->text[0] ? err->text : sk_strerror(r));
	bench_msg_send(p->ctl, &m, NULL);
	return r;
}
