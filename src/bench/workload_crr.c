/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connect, request, response, close, again and again. The client closes
 * first, as clients do; TIME-WAIT is on its side then, and on loopback the
 * kernel lends such a port again after a second (net.ipv4.tcp_tw_reuse).
 *
 * On one machine the server puts the time of its accept(2) at the head of the
 * response, where there is room for it.
 */
#include <string.h>

#include "base/fd.h"
#include "bench/sockets.h"
#include "bench/workload.h"
#include "net/endpoint.h"

enum { IDLE, CONNECTING, SENDING, RECEIVING, CLOSING };

/* Layers open what they connect. */
static int open_socket(struct bench_flow *f)
{
	int fd = f->w->layer ? -1 : bench_socket(f->w->shared->job, NULL);

	if (fd < 0 && !f->w->layer)
		return fd;
	f->in = f->out = fd;
	return 0;
}

static void dial(struct bench_flow *f, uint64_t now)
{
	int r = open_socket(f);

	if (r < 0) {
		bench_flow_failed(f, r);
		return;
	}
	f->begun_ns = now;
	f->state = CONNECTING;
	f->op.kind = BENCH_OP_CONNECT;
}

static void connected(struct bench_flow *f)
{
	f->due_ns = bench_now();	/* the request is sent */
	if (bench_measuring(f))
		bench_sample(f->tally, BENCH_HIST_CONNECT,
			     f->due_ns - f->begun_ns);
	f->state = SENDING;
	f->done = 0;
	bench_send(f, f->buf, f->size);
}

static void sample_accept(struct bench_flow *f, ssize_t n)
{
	uint64_t accepted;

	if (!f->w->shared->job->one_clock || (size_t)n < sizeof(accepted))
		return;
	memcpy(&accepted, f->data, sizeof(accepted));
	if (accepted >= f->begun_ns)
		bench_sample(f->tally, BENCH_HIST_ACCEPT,
			     accepted - f->begun_ns);
}

static void received(struct bench_flow *f, ssize_t n)
{
	if (n <= 0) {
		bench_flow_failed(f, n ? n : -ECONNRESET);
		return;
	}
	bench_count(f->tally, bytes_in, n);
	if (!f->done && bench_measuring(f)) {
		bench_sample(f->tally, BENCH_HIST_FIRST_BYTE,
			     bench_now() - f->due_ns);
		sample_accept(f, n);
	}
	f->done += (uint64_t)n;
	if (f->done < f->want) {
		bench_recv(f, f->buf, f->room);
		return;
	}
	f->state = CLOSING;
	f->op.kind = BENCH_OP_CLOSE;
}

static void closed(struct bench_flow *f)
{
	uint64_t now = bench_now();

	bench_count(f->tally, connects, 1);
	bench_count(f->tally, requests, 1);
	if (bench_measuring(f))
		bench_sample(f->tally, BENCH_HIST_SERVICE, now - f->begun_ns);
	if (bench_phase(f->w->shared) >= BENCH_OVER)
		f->op.kind = BENCH_OP_END;
	else
		dial(f, now);
}

static void sent(struct bench_flow *f, ssize_t n)
{
	bench_count(f->tally, bytes_out, n);
	f->done += (uint64_t)n;
	if (f->done < f->size) {
		bench_send(f, f->buf + f->done, f->size - f->done);
		return;
	}
	f->done = 0;
	f->state = RECEIVING;
	bench_recv(f, f->buf, f->room);
}

static void client_next(struct bench_flow *f, ssize_t n)
{
	if (n < 0 && f->state != CLOSING) {
		bench_flow_failed(f, n);
		return;
	}
	switch (f->state) {
	case IDLE:
		dial(f, bench_now());
		break;
	case CONNECTING:
		connected(f);
		break;
	case SENDING:
		sent(f, n);
		break;
	case RECEIVING:
		received(f, n);
		break;
	case CLOSING:
		closed(f);
		break;
	}
}

static int make_room(struct bench_flow *f, struct sk_err *err)
{
	size_t room = f->size > f->want ? f->size : f->want;

	if (bench_flow_room(f, room + 64) < 0)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	return 0;
}

int bench_crr_client(struct bench_flow *f, struct sk_err *err)
{
	const struct bench_job *job = f->w->shared->job;

	f->size = job->request;
	f->want = job->response;
	f->peer = f->w->shared->server;
	f->next = client_next;
	f->socket = f->in_turn = f->brief = true;
	f->owned = true;
	return make_room(f, err);
}

/* --- the server ---------------------------------------------------------- */

/* An accepted connection; due_ns: when that was. */
static void serve_next(struct bench_flow *f, ssize_t n)
{
	if (n < 0 || (n == 0 && f->state)) {
		if (n < 0 && n != -ECONNRESET)
			bench_flow_failed(f, n);
		f->op.kind = BENCH_OP_END;
		return;
	}
	if (f->state == SENDING) {
		bench_count(f->tally, bytes_out, n);
		f->done += (uint64_t)n;
		if (f->done < f->size) {
			bench_send(f, f->buf + f->done, f->size - f->done);
			return;
		}
		bench_count(f->tally, requests, 1);
		f->done = 0;
	} else if (f->state) {
		bench_count(f->tally, bytes_in, n);
		f->done += (uint64_t)n;
		if (f->done >= f->want) {
			f->done = 0;
			f->state = SENDING;
			if (f->size >= sizeof(f->due_ns))
				memcpy(f->buf, &f->due_ns, sizeof(f->due_ns));
			bench_send(f, f->buf, f->size);
			return;
		}
	}
	f->state = RECEIVING;
	bench_recv(f, f->buf, f->room);
}

static struct bench_flow *served_flow(struct bench_worker *w)
{
	struct bench_flow *f = bench_flow_new(w);

	if (!f)
		return NULL;
	f->socket = f->owned = f->in_turn = true;
	f->size = w->shared->job->response;
	f->want = w->shared->job->request;
	f->next = serve_next;
	if (make_room(f, NULL) >= 0)
		return f;
	bench_flow_free(f);
	return NULL;
}

static void take_in(struct bench_flow *listener, int fd)
{
	struct bench_worker *w = listener->w;
	struct bench_flow *f = served_flow(w);

	if (!f) {
		sk_close(&fd);
		bench_flow_failed(listener, -ENOMEM);
		return;
	}
	f->in = f->out = fd;
	f->records = listener->records;
	if (w->shared->job->one_clock)
		f->due_ns = bench_now();
	bench_count(f->tally, connects, 1);
	if (bench_accepted(fd, w->shared->job, NULL) < 0 ||
	    w->ops->start(w, f) < 0) {
		bench_flow_close(f);
		bench_flow_free(f);
		bench_count(listener->tally, errors, 1);
	}
}

void bench_crr_take(void *worker, struct endpoint *ep, uint64_t when_ns)
{
	struct bench_worker *w = worker;
	struct bench_flow *f = served_flow(w);

	if (f) {
		f->ep = ep;
		f->due_ns = when_ns;
		bench_count(f->tally, connects, 1);
		if (w->ops->start(w, f) >= 0)
			return;
		bench_flow_free(f);
	}
	endpoint_free(ep);
	bench_count(w->tally, errors, 1);
}

/* A peer that went away before it was accepted is no error of ours. */
static void accept_next(struct bench_flow *f, ssize_t n)
{
	if (n > 0)
		take_in(f, (int)n);
	else if (n < 0 && n != -ECONNABORTED) {
		bench_flow_failed(f, n);
		return;
	}
	f->op.kind = BENCH_OP_ACCEPT;
}

int bench_crr_server(struct bench_flow *f, struct sk_err *err)
{
	(void)err;
	f->next = accept_next;
	f->greedy = true;
	return 0;
}
