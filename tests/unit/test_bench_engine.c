/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench: engines carry out what flows ask for, over real descriptors: they
 * wait, wake, share, sleep and stop alike.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/engine.h"
#include "bench/plan.h"
#include "config.h"
#ifdef HAVE_URING
#include "bench/engine_uring.h"
#endif

#include "tap.h"

#define MS UINT64_C(1000000)

static struct bench_job job;
static struct bench_shared shared;
static struct bench_worker worker;
static struct sk_err err;
static const char *name;

/* A worker of that engine. False: the kernel has none. */
static bool begin(int engine)
{
	int r;

	bench_plan_preset(&job, BENCH_W_RR);
	job.engine = engine;
	name = bench_engines.choices[engine].name;
	shared = (struct bench_shared){ .job = &job,
					.phase = BENCH_MEASURING };
	pthread_mutex_init(&shared.lock, NULL);
	worker = (struct bench_worker){ .shared = &shared,
					.ops = bench_engine_ops(engine),
					.tally = bench_tally_take(&shared) };
	if (!worker.ops)
		return false;
	r = worker.ops->open ? worker.ops->open(&worker, &err) : 0;
	if (r < 0)
		printf("# %s: %s\n", name, err.text);
	return r >= 0;
}

static struct bench_flow *flow(int in, int out,
			       void (*next)(struct bench_flow *, ssize_t))
{
	struct bench_flow *f = bench_flow_new(&worker);

	if (!f || bench_flow_room(f, 1 << 16) < 0)
		abort();
	f->in = in;
	f->out = out;
	f->next = next;
	f->socket = f->listed = f->owned = true;
	return f;
}

static void run(void)
{
	worker.running = true;
	worker.ops->run(&worker);
}

static void start(struct bench_flow *f)
{
	if (worker.ops->start(&worker, f) < 0)
		abort();
}

static void free_tallies(void)
{
	while (shared.tallies) {
		struct bench_tally *t = shared.tallies;

		shared.tallies = t->link;
		free(t);
	}
	pthread_mutex_destroy(&shared.lock);
}

static void end(struct bench_flow *a, struct bench_flow *b)
{
	if (worker.engine && worker.ops->close)
		worker.ops->close(&worker);
	bench_flow_close(a);
	bench_flow_free(a);
	if (b)
		bench_flow_close(b);
	if (b)
		bench_flow_free(b);
	free_tallies();
}

static void pair(int fd[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) < 0)
		abort();
}

/* These close what they were lent when the kernel gives it back. */
static bool is_ring(int engine)
{
	return engine == BENCH_E_URING || engine == BENCH_E_URING_MULTISHOT;
}

static bool waits(int engine)
{
	return engine != BENCH_E_BLOCKING && engine != BENCH_E_THREADS;
}

/* --- to and fro ---------------------------------------------------------- */

#define TURNS 20

/* A ring that knows a descriptor by number keeps it open. */
static void leave(struct bench_flow *f)
{
	shutdown(f->out, SHUT_RDWR);
	f->op.kind = BENCH_OP_END;
}

/* state: 0 begins, 1 sends, 2 receives; seq: how often it has. */
static void asks(struct bench_flow *f, ssize_t n)
{
	if (n < 0 || (!n && f->state)) {
		f->op.kind = BENCH_OP_END;
	} else if (f->state == 1) {
		f->state = 2;
		bench_recv(f, f->buf, f->room);
	} else if (f->state == 2 && ++f->seq == TURNS) {
		leave(f);
	} else {
		f->state = 1;
		bench_send(f, f->buf, 64);
	}
}

static void answers(struct bench_flow *f, ssize_t n)
{
	if (n < 0 || (!n && f->state)) {
		f->op.kind = BENCH_OP_END;
	} else if (f->state == 2) {
		f->seq++;
		f->state = 1;
		bench_send(f, f->buf, (size_t)n);
	} else {
		f->state = 2;
		bench_recv(f, f->buf, f->room);
	}
}

/* Until the last of other threads has counted itself out. */
static void await_all(void)
{
	while (__atomic_load_n(&worker.active, __ATOMIC_RELAXED))
		usleep(1000);
	for (bool left = true; left; usleep(1000)) {
		left = false;
		pthread_mutex_lock(&shared.lock);
		for (struct bench_tally *t = shared.tallies; t; t = t->link)
			left |= t->taken && t != worker.tally;
		pthread_mutex_unlock(&shared.lock);
	}
}

static void test_turns(int engine, bool in_turn)
{
	struct bench_flow *a, *b;
	int fd[2];

	if (!begin(engine))
		return;
	pair(fd);
	a = flow(fd[0], fd[0], asks);
	b = flow(fd[1], fd[1], answers);
	a->in_turn = b->in_turn = in_turn;
	start(b);
	start(a);
	is_int((long long)worker.active, 2, "two flows are driven");
	run();
	await_all();
	ok(a->seq == TURNS && b->seq == TURNS, "%s: each has its turns", name);
	ok(is_ring(engine) || (a->in < 0 && b->in < 0),
	   "%s: both have ended", name);
	end(a, b);
}

/* --- more than fits ------------------------------------------------------ */

#define MANY (1 << 20)

static void pours(struct bench_flow *f, ssize_t n)
{
	f->done += n > 0 ? (uint64_t)n : 0;
	if (n < 0 || f->done >= MANY)
		leave(f);
	else
		bench_send(f, f->buf, f->room);
}

static void drinks(struct bench_flow *f, ssize_t n)
{
	f->done += n > 0 ? (uint64_t)n : 0;
	if (!f->state++) {
		/* Until the other is stuck. */
		f->op.kind = BENCH_OP_SLEEP;
		f->op.until_ns = bench_now() + 20 * MS;
	} else if (n < 0 || (!n && f->state > 2)) {
		f->op.kind = BENCH_OP_END;
	} else {
		bench_recv(f, f->buf, f->room);
	}
}

static void test_full(int engine)
{
	struct bench_flow *a, *b;
	int fd[2];

	if (!begin(engine))
		return;
	pair(fd);
	a = flow(fd[0], fd[0], pours);
	b = flow(fd[1], fd[1], drinks);
	start(a);
	start(b);
	run();
	await_all();
	ok(a->done >= MANY && a->done == b->done,
	   "%s: who finds no room waits until there is some", name);
	end(a, b);
}

/* --- sharing ------------------------------------------------------------- */

/* Sends to itself: it could always go on. */
static void circles(struct bench_flow *f, ssize_t n)
{
	if (n < 0 || ++f->seq == 400 || bench_stopped(&worker)) {
		__atomic_store_n(&shared.phase, BENCH_STOPPED,
				 __ATOMIC_RELAXED);
		f->op.kind = BENCH_OP_END;
	} else if (f->seq % 2) {
		bench_send(f, f->buf, 64);
	} else {
		bench_recv(f, f->buf, 64);
	}
}

static void test_fair(int engine)
{
	struct bench_flow *a, *b;
	uint64_t least;
	int one[2], two[2];

	if (!begin(engine))
		return;
	pair(one);
	pair(two);
	a = flow(one[0], one[1], circles);
	b = flow(two[0], two[1], circles);
	/* Ends of different descriptors are files. */
	a->socket = b->socket = false;
	start(a);
	start(b);
	run();
	least = a->seq < b->seq ? a->seq : b->seq;
	ok(least > 300, "%s: two that never wait take turns (%llu)", name,
	   (unsigned long long)least);
	end(a, b);
}

/* --- sleeping ------------------------------------------------------------ */

static char order[3];

static void dozes(struct bench_flow *f, ssize_t n)
{
	(void)n;
	if (f->state++) {
		order[strlen(order)] = (char)('0' + f->size);
		f->op.kind = BENCH_OP_END;
		return;
	}
	f->op.kind = BENCH_OP_SLEEP;
	f->op.until_ns = shared.answer_ns + f->size * 10 * MS;
}

static void test_sleep(int engine)
{
	struct bench_flow *a, *b;

	if (!begin(engine))
		return;
	memset(order, 0, sizeof(order));
	shared.answer_ns = bench_now();
	a = flow(-1, -1, dozes);
	b = flow(-1, -1, dozes);
	a->size = 4;
	b->size = 1;
	start(a);
	start(b);
	run();
	is_str(order, "14", "who is due first wakes first");
	ok(bench_now() - shared.answer_ns >= 40 * MS, "%s: and not early",
	   name);
	end(a, b);
}

static unsigned awaited;		/* of who sleeps */

/* Waits for input, gets it, and sleeps while there is more. */
static void naps(struct bench_flow *f, ssize_t n)
{
	if (n < 0)
		abort();
	switch (f->state++) {
	case 0:
		bench_recv(f, f->buf, 1);
		break;
	case 1:
		f->op.kind = BENCH_OP_SLEEP;
		f->op.until_ns = bench_now() + MS;
		break;
	case 2:
		awaited = f->reg_in;
		bench_recv(f, f->buf, 1);
		break;
	default:
		f->op.kind = BENCH_OP_END;
		break;
	}
}

static void gives(struct bench_flow *f, ssize_t n)
{
	(void)n;
	if (!f->state++) {
		f->op.kind = BENCH_OP_SLEEP;
		f->op.until_ns = bench_now() + 10 * MS;
	} else if (f->state == 2) {
		bench_send(f, f->buf, 2);
	} else {
		f->op.kind = BENCH_OP_END;
	}
}

static void test_nap(int engine)
{
	struct bench_flow *a, *b;
	int fd[2];

	if (!begin(engine))
		return;
	pair(fd);
	a = flow(fd[0], fd[0], naps);
	b = flow(fd[1], fd[1], gives);
	b->owned = false;
	start(a);
	start(b);
	awaited = 1;
	run();
	/* Edges are told once. */
	ok(!awaited || engine == BENCH_E_EPOLL_ET,
	   "%s: who sleeps is not told again and again what there is", name);
	is_int(a->state, 4, "and gets it when he asks");
	end(a, b);
}

/* --- stopping ------------------------------------------------------------ */

static atomic_bool over;
static pthread_t runs;

static void listens(struct bench_flow *f, ssize_t n)
{
	(void)n;
	bench_recv(f, f->buf, f->room);
}

static void on_poke(int signo)
{
	(void)signo;
}

/* As a part ends its threads. */
static void *stops(void *arg)
{
	usleep(10000);
	__atomic_store_n(&shared.phase, BENCH_STOPPED, __ATOMIC_RELAXED);
	while (!atomic_load(&over)) {
		pthread_kill(runs, SIGUSR1);
		usleep(1000);
	}
	return arg;
}

static void test_stop(int engine)
{
	struct bench_flow *f;
	pthread_t t;
	int fd[2];

	if (!begin(engine))
		return;
	pair(fd);
	f = flow(fd[0], fd[0], listens);
	start(f);
	runs = pthread_self();
	atomic_store(&over, false);
	if (pthread_create(&t, NULL, stops, NULL))
		abort();
	run();
	atomic_store(&over, true);
	pthread_join(t, NULL);
	ok(bench_stopped(&worker), "%s: who waits for ever is stopped", name);
	close(fd[1]);
	end(f, NULL);
}

/* --- failing ------------------------------------------------------------- */

static ssize_t told;

static void hears(struct bench_flow *f, ssize_t n)
{
	if (!f->state++) {
		bench_recv(f, f->buf, f->room);
		return;
	}
	told = n;
	f->op.kind = BENCH_OP_END;
}

static void test_error(int engine)
{
	struct bench_flow *f;

	if (!begin(engine))
		return;
	f = flow(open("/dev/null", O_RDONLY | O_CLOEXEC), -1, hears);
	f->out = f->in;
	start(f);
	told = 0;
	run();
	is_int(told, -ENOTSOCK, "what goes wrong is told");
	end(f, NULL);
}

/* A descriptor that select(2) has no bit for, and one flow too many. */
static void test_select(void)
{
	struct rlimit room;
	struct bench_flow *f;
	int fd[2];

	if (!begin(BENCH_E_SELECT))
		return;
	pair(fd);
	getrlimit(RLIMIT_NOFILE, &room);
	room.rlim_cur = room.rlim_max < 2000 ? room.rlim_max : 2000;
	setrlimit(RLIMIT_NOFILE, &room);
	f = flow(fcntl(fd[0], F_DUPFD_CLOEXEC, 1500), -1, hears);
	f->out = f->in;
	if (f->in >= 0) {
		start(f);
		run();
		is_int(worker.tally->first_error, -EBADF,
		       "select: a descriptor that it has no bit for");
	}
	worker.active = 1000;
	is_int(worker.ops->start(&worker, f), -EMFILE, "select: one too many");
	close(fd[0]);
	close(fd[1]);
	end(f, NULL);
}

/* --- rings --------------------------------------------------------------- */

#ifdef HAVE_URING
static void buffers(int workload, uint64_t connections, uint64_t size,
		    unsigned n, size_t each)
{
	const struct bench_ring *r;

	bench_plan_preset(&job, workload);
	job.connections = connections;
	job.request = size;
	if (bench_ring_open(&worker, true, &err) < 0)
		return;
	r = worker.engine;
	ok(r->n_bufs == n && r->buf_size == each,
	   "ring: %u buffers of %zu: %u of %zu", n, each, r->n_bufs,
	   r->buf_size);
	ok(strstr(shared.note, "multishot, ring of "), "ring: which is said");
	bench_ring_close(&worker);
}

static void test_buffers(void)
{
	if (!begin(BENCH_E_URING_MULTISHOT))
		return;
	worker.ops->close(&worker);
	buffers(BENCH_W_RR, 1, 64, 64, 512);
	buffers(BENCH_W_RR, 33, 448, 128, 512);
	buffers(BENCH_W_RR, 1, 449, 64, 1024);
	buffers(BENCH_W_RR, 1, 1 << 20, 64, 64 << 10);
	buffers(BENCH_W_RR, 100000, 64, 4096, 512);
	buffers(BENCH_W_STREAM, 1000, 64, 64, 64 << 10);
	buffers(BENCH_W_MIX, 1, 64, 64, 64 << 10);
	buffers(BENCH_W_LATENCY, 1, 64, 64, 64 << 10);
	bench_plan_preset(&job, BENCH_W_RR);
	ok(bench_ring_open(&worker, false, &err) == 0 &&
	   !strstr(shared.note, "multishot"), "ring: of one at a time");
	bench_ring_close(&worker);
	free_tallies();
}

/* No descriptor is left for it: a row with its reason. */
static void test_no_ring(void)
{
	struct rlimit room, none;
	int r;

	if (!begin(BENCH_E_URING))
		return;
	worker.ops->close(&worker);
	getrlimit(RLIMIT_NOFILE, &room);
	none = room;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	r = bench_ring_open(&worker, false, &err);
	setrlimit(RLIMIT_NOFILE, &room);
	ok(r == -ENOTSUP && !worker.engine && strstr(err.text, "io_uring: "),
	   "ring: refused: %s", err.text);
	free_tallies();
}
#endif

int main(void)
{
	const struct sigaction sa = { .sa_handler = on_poke };

	sigaction(SIGUSR1, &sa, NULL);
	for (int e = 0; e < BENCH_NENGINES; e++) {
		/* Blocking calls serve one to its end. */
		if (e != BENCH_E_BLOCKING) {
			test_turns(e, true);
			test_turns(e, false);
			test_full(e);
		}
		test_stop(e);
		test_error(e);
		if (!waits(e))
			continue;
		test_fair(e);
		test_sleep(e);
		/* One never waits, the other takes all there is. */
		if (e != BENCH_E_SPIN && e != BENCH_E_URING_MULTISHOT)
			test_nap(e);
	}
	test_select();
#ifdef HAVE_URING
	test_buffers();
	test_no_ring();
#endif
	return tap_done();
}
