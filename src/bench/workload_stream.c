/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes one way, as fast as they go. Nobody looks at the time. */
#include "bench/sendway.h"
#include "bench/workload.h"

/* What a receiver has room for, at least. */
#define RECV_ROOM (128 << 10)
#define RECORD_ROOM (64 << 10)

static void send_next(struct bench_flow *f, ssize_t n)
{
	if (n < 0) {
		bench_flow_failed(f, n);
		return;
	}
	bench_count(f->tally, bytes_out, n);
	bench_send(f, f->buf, f->size);
}

/* Beside requests, which have the size of the job, writes have their own. */
static uint64_t write_size(const struct bench_job *job)
{
	return job->workload == BENCH_W_STREAM ? job->request : job->bulk;
}

int bench_stream_send(struct bench_flow *f, struct sk_err *err)
{
	const struct bench_job *job = f->w->shared->job;

	f->size = write_size(job);
	f->next = send_next;
	f->greedy = true;
	if (bench_flow_room(f, f->size) < 0)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	return job->copy == BENCH_C_WRITE ? 0 :
	       bench_sendway_open(f, job->copy, err);
}

static void recv_next(struct bench_flow *f, ssize_t n)
{
	if (n < 0 || (n == 0 && f->state && !f->endless)) {
		bench_flow_failed(f, n ? n : -ECONNRESET);
		return;
	}
	if (n == 0 && f->state)
		bench_count(f->tally, errors, 1);
	f->state = 1;
	bench_count(f->tally, bytes_in, n);
	if (f->records && n)
		bench_count(f->tally, datagrams_in, 1);
	bench_recv(f, f->buf, f->room);
}

int bench_stream_recv(struct bench_flow *f, struct sk_err *err)
{
	const struct bench_job *job = f->w->shared->job;
	size_t room = f->records ? RECORD_ROOM : RECV_ROOM;

	if (write_size(job) > room)
		room = write_size(job);
	f->next = recv_next;
	f->greedy = f->records;
	f->discard = job->receive == BENCH_R_TRUNC;
	return bench_flow_room(f, room) < 0 ?
		       sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM)) : 0;
}
