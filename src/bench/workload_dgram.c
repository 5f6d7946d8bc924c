/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbered datagrams one way. Each begins with a header: its number, when it
 * was sent, and by which of the flows. Batches pass in one call where the
 * engine can do that; the time is asked for once a batch.
 */
#include <stdlib.h>
#include <string.h>

#include "bench/arrivals.h"
#include "bench/workload.h"

#define MAGIC 0x534b4247u	/* "SKBG" */
#define RECORD_ROOM (64 << 10)
/* A receiver's rest; the queue holds what comes in a hundred of them. */
#define REST_NS 50000u

struct header {
	uint64_t seq, sent_ns;
	uint32_t flow, magic;
};

_Static_assert(sizeof(struct header) == BENCH_DGRAM_MIN, "said in job.h");

/* A message is a datagram, or what the kernel cuts into several. */
static void put_headers(struct bench_flow *f, char *at, uint64_t now)
{
	size_t piece = bench_dgram_piece(f->w->shared->job);

	for (size_t i = 0; i + sizeof(struct header) <= f->size; i += piece) {
		struct header h = { f->seq++, now, f->index, MAGIC };

		memcpy(at + i, &h, sizeof(h));
	}
}

static void count_sent(struct bench_flow *f, uint64_t messages)
{
	const struct bench_job *job = f->w->shared->job;

	bench_count(f->tally, datagrams_out,
		    messages * bench_dgram_pieces(job, f->size));
	bench_count(f->tally, bytes_out, messages * f->size);
}

/* --- sending ------------------------------------------------------------- */

/* How many are due now; the time of the next one in until_ns if none is. */
static unsigned due_now(struct bench_flow *f, uint64_t now)
{
	uint64_t n;

	if (!f->gap_ns)
		return BENCH_BATCH;
	if (now < f->due_ns) {
		f->op.until_ns = f->due_ns;
		return 0;
	}
	n = (now - f->due_ns) / f->gap_ns + 1;
	if (n > BENCH_BATCH)
		n = BENCH_BATCH;
	f->due_ns += n * f->gap_ns;
	return (unsigned)n;
}

static void fill(struct bench_flow *f)
{
	uint64_t now = bench_now();
	unsigned n = due_now(f, now);

	if (!n) {
		f->op.kind = BENCH_OP_SLEEP;
		return;
	}
	for (unsigned i = 0; i < n; i++)
		put_headers(f, f->batch->iov[i].iov_base, now);
	f->batch->at = 0;
	f->batch->n = n;
	f->op.kind = BENCH_OP_SENDMM;
}

static void send_batch(struct bench_flow *f, ssize_t n)
{
	/* A full queue of the kernel: what it dropped is a loss, not an end. */
	if (n == -ENOBUFS)
		n = 0;
	if (n < 0) {
		bench_flow_failed(f, n);
		return;
	}
	if (f->state == 1 && f->op.kind == BENCH_OP_SENDMM)
		count_sent(f, (uint64_t)n);
	if (!f->state && f->gap_ns)
		f->due_ns = bench_now();
	f->state = 1;
	if (f->batch->at < f->batch->n)
		f->op.kind = BENCH_OP_SENDMM;
	else
		fill(f);
}

static void send_one(struct bench_flow *f, ssize_t n)
{
	uint64_t now;

	if (n < 0 && n != -ENOBUFS) {
		bench_flow_failed(f, n);
		return;
	}
	if (f->state == 1 && f->op.kind == BENCH_OP_SEND && n > 0)
		count_sent(f, 1);
	now = bench_now();
	if (!f->state)
		f->due_ns = now;
	f->state = 1;
	if (f->gap_ns && now < f->due_ns) {
		f->op.kind = BENCH_OP_SLEEP;
		f->op.until_ns = f->due_ns;
		return;
	}
	f->due_ns += f->gap_ns;
	put_headers(f, f->buf, now);
	bench_send(f, f->buf, f->size);
}

static struct bench_batch *new_batch(struct bench_flow *f, size_t size)
{
	struct bench_batch *b = calloc(1, sizeof(*b));

	if (!b || bench_flow_room(f, size * BENCH_BATCH) < 0) {
		free(b);
		return NULL;
	}
	for (size_t i = 0; i < BENCH_BATCH; i++) {
		b->iov[i].iov_base = f->buf + i * size;
		b->iov[i].iov_len = size;
		b->msg[i].msg_hdr.msg_iov = &b->iov[i];
		b->msg[i].msg_hdr.msg_iovlen = 1;
		if (f->to_peer) {
			b->msg[i].msg_hdr.msg_name = &f->peer.sa;
			b->msg[i].msg_hdr.msg_namelen = f->peer.len;
		}
	}
	return b;
}

int bench_dgram_send(struct bench_flow *f, struct sk_err *err)
{
	const struct bench_job *job = f->w->shared->job;

	f->size = job->request;
	if (job->rate)
		f->gap_ns = bench_due(bench_dgram_pieces(job, f->size), 0,
				      job->connections, job->rate);
	f->next = f->w->ops->one_by_one ? send_one : send_batch;
	if (!f->w->ops->one_by_one)
		f->batch = new_batch(f, f->size);
	if (f->next == send_batch ? !f->batch :
				    bench_flow_room(f, f->size) < 0)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	return 0;
}

/* --- receiving ----------------------------------------------------------- */

/* What has changed is added: losses are taken back when it was only late. */
static void account(struct bench_tally *t, struct bench_arrivals *a,
		    const struct header *h, uint64_t now)
{
	uint64_t expected = bench_expected(a), received = a->received;
	uint64_t dup = a->duplicates, late = a->reordered, more;

	bench_arrived(a, h->seq, h->sent_ns, now);
	more = bench_expected(a) - expected;
	bench_count(t, expected, more);
	bench_count(t, lost, more - (a->received - received));
	bench_count(t, duplicates, a->duplicates - dup);
	bench_count(t, reordered, a->reordered - late);
	bench_count(t, jitter_ns, (uint64_t)a->jitter_ns - t->jitter_ns);
}

/* One socket of a server may hear many flows, each with its own numbers. */
static void one_arrived(struct bench_flow *f, const char *at, size_t len,
			uint64_t now)
{
	const struct bench_job *job = f->w->shared->job;
	struct header h;

	bench_count(f->tally, bytes_in, len);
	bench_count(f->tally, datagrams_in, 1);
	if (len < sizeof(h))
		return;
	memcpy(&h, at, sizeof(h));
	if (h.magic != MAGIC || h.flow >= job->connections)
		return;
	account(f->tally, &f->arrivals[h.flow], &h, now);
	if (job->one_clock && bench_measuring(f) && now >= h.sent_ns)
		bench_sample(f->tally, BENCH_HIST_ONE_WAY, now - h.sent_ns);
}

/* What was received at once: a datagram, or several that the kernel joined
 * (udp_gro), of one size but the last. */
static void arrived(struct bench_flow *f, const char *at, size_t len,
		    uint64_t now)
{
	size_t piece = bench_dgram_piece(f->w->shared->job);

	for (; len > piece; at += piece, len -= piece)
		one_arrived(f, at, piece, now);
	one_arrived(f, at, len, now);
}

static bool is_udp(const struct bench_job *job)
{
	return job->workload == BENCH_W_DGRAM && job->stack == BENCH_K_KERNEL &&
	       (job->socket == BENCH_S_UDP ||
		job->socket == BENCH_S_UDP_CONNECTED);
}

bool bench_dgram_restless(const struct bench_job *job)
{
	return is_udp(job) && (job->engine == BENCH_E_SPIN ||
			       job->engine == BENCH_E_URING ||
			       job->engine == BENCH_E_URING_MULTISHOT);
}

uint64_t bench_dgram_rest(const struct bench_job *job)
{
	if (!is_udp(job) || bench_dgram_restless(job) || job->awake ||
	    !job->one_clock || job->rate || strstr(job->set, "so_rcvlowat"))
		return 0;
	return REST_NS;
}

static void recv_batch(struct bench_flow *f, ssize_t n)
{
	uint64_t now;

	if (n < 0) {
		bench_flow_failed(f, n);
		return;
	}
	if (n > 0) {
		now = bench_now();
		for (ssize_t i = 0; i < n; i++)
			arrived(f, f->batch->iov[i].iov_base,
				f->batch->msg[i].msg_len, now);
		/* A connection's end: records of nothing, again and again. */
		if (!f->batch->msg[0].msg_len && !f->endless) {
			f->op.kind = BENCH_OP_END;
			return;
		}
		if (f->gap_ns && n < BENCH_BATCH) {
			f->op.kind = BENCH_OP_SLEEP;
			f->op.until_ns = now + f->gap_ns;
			return;
		}
	}
	f->op.kind = BENCH_OP_RECVMM;
}

static void recv_one(struct bench_flow *f, ssize_t n)
{
	if (n < 0) {
		bench_flow_failed(f, n);
		return;
	}
	if (!n && f->state) {
		bench_count(f->tally, errors, 1);
		if (!f->endless) {
			f->op.kind = BENCH_OP_END;
			return;
		}
	}
	f->state = 1;
	if (n > 0)
		arrived(f, f->data, (size_t)n, bench_now());
	bench_recv(f, f->buf, f->room);
}

int bench_dgram_recv(struct bench_flow *f, struct sk_err *err)
{
	const struct bench_job *job = f->w->shared->job;
	bool one = f->w->ops->one_by_one;

	f->greedy = true;
	f->to_peer = false;
	f->gap_ns = bench_dgram_rest(job);
	f->arrivals = calloc(job->connections, sizeof(*f->arrivals));
	f->next = one ? recv_one : recv_batch;
	if (!one)
		f->batch = new_batch(f, bench_dgram_joined(job) ?
						RECORD_ROOM : job->request);
	/* Room for one message; a batch has its own already. */
	if (!f->arrivals || (!one && !f->batch) ||
	    (one && bench_flow_room(f, RECORD_ROOM) < 0))
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	return 0;
}
