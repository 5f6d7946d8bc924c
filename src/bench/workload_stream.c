/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes one way, as fast as they go. Nobody looks at the time. */
#include <string.h>

#include "bench/recvway.h"
#include "bench/sendway.h"
#include "bench/sockets.h"
#include "bench/workload.h"

/*
 * What receivers have room for: all together, one at most, one at least. The
 * more one takes at once, the later it may be woken (bench_stream_lowat()): on
 * loopback 512 KiB at a time move twice the bytes of what comes by itself, for
 * half the CPU each.
 */
#define RECV_ROOM_ALL (16 << 20)
#define RECV_ROOM_MOST (1 << 20)
#define RECV_ROOM_LEAST (128 << 10)
/* It is woken for so many writes of the sender, or when half of it is full. */
#define WRITES_AT_ONCE 4
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
	const struct bench_job *job = f->w->shared->job;

	if (n < 0 || (n == 0 && f->state && !f->endless)) {
		bench_flow_failed(f, n ? n : -ECONNRESET);
		return;
	}
	if (n == 0 && f->state)
		bench_count(f->tally, errors, 1);
	f->state = 1;
	bench_count(f->tally, bytes_in, n);
	if (f->records && n)
		bench_count(f->tally, datagrams_in,
			    bench_dgram_joined(job) ?
			    bench_dgram_pieces(job, (uint64_t)n) : 1);
	bench_recv(f, f->buf, f->room);
}

static size_t recv_room(const struct bench_job *job)
{
	size_t room = RECV_ROOM_MOST;

	if (bench_kind_of(job)->records)
		room = RECORD_ROOM;
	else if (job->connections > RECV_ROOM_ALL / RECV_ROOM_LEAST)
		room = RECV_ROOM_LEAST;
	else if (job->connections > RECV_ROOM_ALL / RECV_ROOM_MOST)
		room = RECV_ROOM_ALL / job->connections;
	return room > write_size(job) ? room : write_size(job);
}

uint64_t bench_stream_lowat(const struct bench_job *job)
{
	uint64_t low = WRITES_AT_ONCE * job->request;
	uint64_t half = recv_room(job) / 2;

	if (job->workload != BENCH_W_STREAM || !job->one_clock || job->tls ||
	    job->stack != BENCH_K_KERNEL ||
	    (job->socket != BENCH_S_TCP && job->socket != BENCH_S_TCP6) ||
	    strstr(job->set, "so_rcvlowat") ||
	    strstr(job->set, "so_max_pacing_rate"))
		return 0;
	return low < half ? low : half;
}

static void wake_late(const struct bench_flow *f, const struct bench_job *job)
{
	int low = (int)bench_stream_lowat(job);

	if (low)
		setsockopt(f->in, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof(low));
}

int bench_stream_recv(struct bench_flow *f, struct sk_err *err)
{
	const struct bench_job *job = f->w->shared->job;

	f->next = recv_next;
	f->greedy = f->records;
	wake_late(f, job);
	if (bench_flow_room(f, recv_room(job)) < 0)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	return bench_recvway_open(f, job->receive, err);
}
