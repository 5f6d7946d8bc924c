/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests and responses. A closed loop sends the next request when the last
 * has been answered. An open loop (--rate) has a time at which each is due;
 * one that cannot be sent then, as the last is still out, is late, and its
 * response time says so, while its service time does not: what a closed loop
 * hides ("coordinated omission") shows as the difference.
 */
#include <netinet/ip_icmp.h>
#include <string.h>

#include "bench/workload.h"

/* The rest of the request at hand, or then its response. */
static void send_rest(struct bench_flow *f)
{
	bench_send(f, f->buf + f->done, f->size - f->done);
}

static void begin(struct bench_flow *f, uint64_t now)
{
	__atomic_store_n(&f->begun_ns, now, __ATOMIC_RELAXED);
	f->done = 0;
	f->state = 1;
	send_rest(f);
}

/* When the next is due; those of the past are sent at once. */
static void schedule(struct bench_flow *f, uint64_t now)
{
	if (!f->gap_ns) {
		begin(f, now);
		return;
	}
	f->due_ns += f->gap_ns;
	if (f->due_ns <= now) {
		begin(f, now);
		return;
	}
	f->state = 0;
	f->op.kind = BENCH_OP_SLEEP;
	f->op.until_ns = f->due_ns;
}

static void answered(struct bench_flow *f)
{
	uint64_t now = bench_now();

	bench_count(f->tally, requests, 1);
	if (bench_measuring(f)) {
		bench_sample(f->tally, BENCH_HIST_SERVICE, now - f->begun_ns);
		if (f->gap_ns)
			bench_sample(f->tally, BENCH_HIST_RESPONSE,
				     now - f->due_ns);
	}
	if (bench_phase(f->w->shared) >= BENCH_OVER) {
		f->op.kind = BENCH_OP_END;
		return;
	}
	schedule(f, now);
}

static void client_sent(struct bench_flow *f, ssize_t n)
{
	bench_count(f->tally, bytes_out, n);
	f->done += (uint64_t)n;
	if (f->done < f->size) {
		send_rest(f);
		return;
	}
	f->done = 0;
	f->state = 2;
	bench_recv(f, f->in_buf, f->room);
}

static void client_received(struct bench_flow *f, ssize_t n)
{
	if (!n && !f->endless) {
		bench_flow_failed(f, -ECONNRESET);
		return;
	}
	bench_count(f->tally, bytes_in, n);
	/* A record is a message; one of another size is no answer. */
	f->done = f->records ? (uint64_t)n : f->done + (uint64_t)n;
	if (f->done < f->want)
		bench_recv(f, f->in_buf, f->room);
	else
		answered(f);
}

static void client_next(struct bench_flow *f, ssize_t n)
{
	if (n < 0)
		bench_flow_failed(f, n);
	else if (f->state == 1)
		client_sent(f, n);
	else if (f->state == 2)
		client_received(f, n);
	else if (f->gap_ns && !f->due_ns) {
		f->due_ns = bench_now() + f->begun_ns - f->gap_ns;
		schedule(f, f->due_ns);
	} else
		begin(f, bench_now());
}

static int make_room(struct bench_flow *f, struct sk_err *err)
{
	size_t room = f->size > f->want ? f->size : f->want;

	/* More than is awaited, so that a short receive tells that all has
	 * been taken. */
	room = (room + 128) & ~(size_t)63;
	if (bench_flow_room(f, 2 * room) < 0)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	f->in_buf = f->buf + room;
	f->room = room;
	return 0;
}

/* icmp(7): the kernel fills in the identifier and the checksum. */
static void make_echo_request(struct bench_flow *f)
{
	struct icmphdr h = { .type = ICMP_ECHO };

	memcpy(f->buf, &h, sizeof(h));
	f->want = f->size;
}

int bench_rr_client(struct bench_flow *f, struct sk_err *err)
{
	const struct bench_job *job = f->w->shared->job;
	int r;

	f->size = job->request;
	f->want = job->response;
	f->next = client_next;
	f->in_turn = true;
	if (job->rate) {
		f->gap_ns = bench_due(1, 0, job->connections, job->rate);
		f->begun_ns = bench_due(0, f->index % job->connections,
					job->connections, job->rate);
	}
	r = make_room(f, err);
	if (r >= 0 && job->socket == BENCH_S_ICMP)
		make_echo_request(f);
	return r;
}

/* --- the server ---------------------------------------------------------- */

/* How far answers may lag behind their schedule and still catch up. */
#define BEHIND_NS 1000000000u

/*
 * When the next answer may go. A server that was told how much it may send
 * (--max-rate) does not trust a client's pace: all its threads keep one
 * schedule, that of the rate it has granted. A client that keeps to this rate
 * never notices.
 */
static uint64_t take_turn(struct bench_shared *s, uint64_t now)
{
	uint64_t due = __atomic_load_n(&s->answer_ns, __ATOMIC_RELAXED), at;

	do {
		at = !due ? now : due + BEHIND_NS < now ? now - BEHIND_NS : due;
	} while (!__atomic_compare_exchange_n(&s->answer_ns, &due,
					      at + s->answer_gap_ns, true,
					      __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return at;
}

static void answer(struct bench_flow *f)
{
	uint64_t now, at;

	f->state = 2;
	send_rest(f);
	if (!f->w->shared->answer_gap_ns)
		return;
	now = bench_now();
	at = take_turn(f->w->shared, now);
	if (at <= now)
		return;
	f->state = 3;
	f->op.kind = BENCH_OP_SLEEP;
	f->op.until_ns = at;
}

static void server_next(struct bench_flow *f, ssize_t n)
{
	if (f->state == 3) {
		f->state = 2;
		send_rest(f);
		return;
	}
	if (n < 0 || (n == 0 && f->state && !f->endless)) {
		if (n < 0)
			bench_flow_failed(f, n);
		f->op.kind = BENCH_OP_END;
		return;
	}
	if (f->state == 2) {		/* sent */
		bench_count(f->tally, bytes_out, n);
		f->done += (uint64_t)n;
		if (f->done < f->size) {
			send_rest(f);
			return;
		}
		bench_count(f->tally, requests, 1);
		f->done = 0;
	} else {			/* received */
		bench_count(f->tally, bytes_in, n);
		f->done = f->records ? (uint64_t)n : f->done + (uint64_t)n;
		if (f->state && f->done >= f->want) {
			f->done = 0;
			answer(f);
			return;
		}
	}
	f->state = 1;
	bench_recv(f, f->in_buf, f->room);
}

int bench_rr_server(struct bench_flow *f, struct sk_err *err)
{
	const struct bench_job *job = f->w->shared->job;

	f->size = job->response;
	f->want = job->request;
	f->next = server_next;
	f->in_turn = true;
	return make_room(f, err);
}
