/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening a ring: with what the kernel knows, newest first, and what it does
 * not know left out.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "bench/engine_uring.h"
#include "bench/workload.h"

/* Entries and completions are used in turn, all of them: rings of more than
 * the connections need take the place of other things in the cache. */
#define ENTRIES_MIN 128
#define ENTRIES_MAX 512
#define COMPLETIONS_MIN 256
#define COMPLETIONS_MAX 4096
#define BUFFERS_MIN 64
#define BUFFERS_MAX 4096

void bench_ring_close(struct bench_worker *w)
{
	struct bench_ring *r = w->engine;

	io_uring_queue_exit(&r->io);
	if (r->br)
		munmap(r->br, r->br_size);
	free(r->bufs);
	free(r->next);
	free(r->len);
	free(r->turns.sleepers.heap);
	free(r->line.v);
	free(r);
	w->engine = NULL;
}

/* What newer kernels know, then less and less. */
static const struct {
	unsigned flags;
	const char *name;
} setups[] = {
	{ IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
	  "SINGLE_ISSUER, DEFER_TASKRUN" },
	{ IORING_SETUP_COOP_TASKRUN, "COOP_TASKRUN" },
	{ 0, "no task-run flags" },
};

static unsigned power_above(uint64_t n, unsigned least, unsigned most)
{
	unsigned v = least;

	while (v < n && v < most)
		v *= 2;
	return v;
}

static int init_ring(struct bench_ring *r, const char **name)
{
	uint64_t connections = r->w->shared->job->connections;
	struct sk_err err;
	int e = sk_uring_load(&err);

	if (e < 0)
		return e;
	e = -EINVAL;
	for (size_t i = 0; i < sizeof(setups) / sizeof(*setups); i++) {
		struct io_uring_params p = {
			.flags = setups[i].flags | IORING_SETUP_CQSIZE |
				 IORING_SETUP_R_DISABLED,
			.cq_entries = power_above(4 * connections,
						  COMPLETIONS_MIN,
						  COMPLETIONS_MAX),
		};

		*name = setups[i].name;
		e = io_uring_queue_init_params(power_above(2 * connections,
							   ENTRIES_MIN,
							   ENTRIES_MAX),
					       &r->io, &p);
		if (e != -EINVAL)
			return e;
	}
	return e;
}

/* Buffers for what all flows may get at once, within reason. */
static void choose_buffers(struct bench_ring *r, const struct bench_job *job)
{
	bool bulk = job->workload == BENCH_W_STREAM ||
		    job->workload == BENCH_W_MIX ||
		    job->workload == BENCH_W_LATENCY ||
		    bench_dgram_joined(job);

	r->buf_size = bulk ? 64 << 10 :
		      power_above((job->request > job->response ?
				   job->request : job->response) + 64,
				  512, 64 << 10);
	r->n_bufs = power_above(2 * job->connections, BUFFERS_MIN,
				bulk ? BUFFERS_MIN : BUFFERS_MAX);
}

static int open_buffers(struct bench_ring *r)
{
	struct io_uring_buf_reg reg = { .bgid = BENCH_RING_GROUP };
	int e;

	choose_buffers(r, r->w->shared->job);
	r->br_size = r->n_bufs * sizeof(struct io_uring_buf);
	r->br = mmap(NULL, r->br_size, PROT_READ | PROT_WRITE,
		     MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
	if (r->br == MAP_FAILED) {
		r->br = NULL;
		return -ENOMEM;
	}
	r->bufs = aligned_alloc(4096, r->n_bufs * r->buf_size);
	r->next = calloc(r->n_bufs, sizeof(*r->next));
	r->len = calloc(r->n_bufs, sizeof(*r->len));
	if (!r->bufs || !r->next || !r->len)
		return -ENOMEM;
	reg.ring_addr = (uintptr_t)r->br;
	reg.ring_entries = r->n_bufs;
	e = io_uring_register_buf_ring(&r->io, &reg, 0);
	if (e < 0)
		return e;
	io_uring_buf_ring_init(r->br);
	for (unsigned i = 0; i < r->n_bufs; i++)
		bench_ring_give_back(r, i);
	return 0;
}

static int refused(struct bench_worker *w, int e, const char *what,
		   struct sk_err *err)
{
	if (w->engine)
		bench_ring_close(w);
	return sk_fail(err, e == -ENOMEM ? e : -ENOTSUP, "%s: %s%s", what,
		       sk_strerror(e),
		       e == -EPERM ? " (kernel.io_uring_disabled, or a filter "
				     "of seccomp)" : "");
}

static void say_what(const struct bench_ring *r, const char *name)
{
	const struct bench_worker *w = r->w;
	struct bench_shared *s = w->shared;
	size_t put_off = 0;

	for (size_t i = 0; i < w->n_flows; i++)
		put_off += bench_ring_puts_off(r, w->flows[i]);
	if (r->multishot)
		snprintf(s->note, sizeof(s->note),
			 "io_uring %s, multishot, ring of %u buffers of %zu B",
			 name, r->n_bufs, r->buf_size);
	else
		snprintf(s->note, sizeof(s->note), "io_uring %s%s", name,
			 put_off > 1 ? ", receives put off" : "");
}

int bench_ring_open(struct bench_worker *w, bool multishot,
		     struct sk_err *err)
{
	struct bench_ring *r = calloc(1, sizeof(*r));
	const char *name;
	int e;

	if (sk_uring_load(err) < 0) {
		free(r);
		return -ENOTSUP;
	}
	if (!r)
		return refused(w, -ENOMEM, "io_uring", err);
	r->w = w;
	r->multishot = multishot;
	e = init_ring(r, &name);
	if (e < 0) {
		free(r);
		return refused(w, e, "io_uring", err);
	}
	w->engine = r;
	r->knows_files =
		io_uring_register_files_sparse(&r->io, BENCH_RING_FILES) == 0;
	e = multishot ? open_buffers(r) : bench_ring_line_open(r);
	if (e < 0)
		return refused(w, e, "io_uring buffers", err);
	say_what(r, name);
	return 0;
}
