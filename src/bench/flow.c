/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all engines have in common: one operation, one flow's end. */
#include "bench/flow.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "bench/recvway.h"
#include "bench/sendway.h"

static ssize_t result_of(ssize_t n)
{
	return n < 0 ? -errno : n;
}

static ssize_t do_recv(struct bench_flow *f)
{
	f->data = f->op.buf;
	if (f->drain)
		return f->drain->recv(f);
	if (f->to_peer) {
		f->peer.len = sizeof(f->peer) - offsetof(struct sk_addr, sa);
		return result_of(recvfrom(f->in, f->op.buf, f->op.len, 0,
					  &f->peer.sa, &f->peer.len));
	}
	if (f->socket)
		return result_of(recv(f->in, f->op.buf, f->op.len, 0));
	return result_of(read(f->in, f->op.buf, f->op.len));
}

static ssize_t do_send(struct bench_flow *f)
{
	if (f->way)
		return f->way->send(f);
	if (f->to_peer)
		return result_of(sendto(f->out, f->op.buf, f->op.len,
					MSG_NOSIGNAL, &f->peer.sa,
					f->peer.len));
	if (f->socket)
		return result_of(send(f->out, f->op.buf, f->op.len,
				      MSG_NOSIGNAL));
	return result_of(write(f->out, f->op.buf, f->op.len));
}

static ssize_t do_sendmm(struct bench_flow *f)
{
	struct bench_batch *b = f->batch;
	int n = sendmmsg(f->out, b->msg + b->at, b->n - b->at, MSG_NOSIGNAL);

	if (n > 0)
		b->at += (unsigned)n;
	return result_of(n);
}

static ssize_t do_recvmm(struct bench_flow *f)
{
	int n = recvmmsg(f->in, f->batch->msg, BENCH_BATCH, MSG_WAITFORONE,
			 NULL);

	return result_of(n);
}

/* The second try of a connect that was begun asks how it went. */
static ssize_t do_connect(struct bench_flow *f)
{
	int e = 0;
	socklen_t len = sizeof(e);

	if (f->connecting) {
		f->connecting = false;
		if (getsockopt(f->out, SOL_SOCKET, SO_ERROR, &e, &len) < 0)
			e = errno;
		return -e;
	}
	if (!connect(f->out, &f->peer.sa, f->peer.len))
		return 0;
	if (errno != EINPROGRESS)
		return errno == EAGAIN ? -ECONNREFUSED : -errno;
	f->connecting = true;
	return -EAGAIN;
}

ssize_t bench_attempt(struct bench_flow *f)
{
	switch (f->op.kind) {
	case BENCH_OP_RECV:
		return do_recv(f);
	case BENCH_OP_SEND:
		return do_send(f);
	case BENCH_OP_SENDMM:
		return do_sendmm(f);
	case BENCH_OP_RECVMM:
		return do_recvmm(f);
	case BENCH_OP_ACCEPT:
		return result_of(accept4(f->in, NULL, NULL, SOCK_CLOEXEC));
	case BENCH_OP_CONNECT:
		return do_connect(f);
	case BENCH_OP_CLOSE:
		bench_flow_close(f);
		return 0;
	case BENCH_OP_SLEEP:
	case BENCH_OP_END:
		break;
	}
	return 0;
}

void bench_flow_close(struct bench_flow *f)
{
	if (f->out != f->in)
		sk_close(&f->out);
	sk_close(&f->in);
	f->out = -1;
}

void bench_flow_end(struct bench_flow *f)
{
	if (f->owned)
		bench_flow_close(f);
	if (!f->listed)
		bench_flow_free(f);
}

int bench_set_nonblocking(struct bench_flow *f)
{
	int fds[] = { f->in, f->out };

	for (int i = 0; i < 2; i++) {
		int flags = fds[i] < 0 ? 0 : fcntl(fds[i], F_GETFL);

		if (fds[i] >= 0 &&
		    (flags < 0 ||
		     fcntl(fds[i], F_SETFL, flags | O_NONBLOCK) < 0))
			return -errno;
	}
	return 0;
}

struct bench_flow *bench_flow_new(struct bench_worker *w)
{
	struct bench_flow *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->in = f->out = -1;
	f->w = w;
	f->tally = w->tally;
	f->can_in = f->can_out = true;
	return f;
}

void bench_flow_free(struct bench_flow *f)
{
	if (f->way)
		f->way->free(f->way);
	if (f->drain)
		f->drain->free(f->drain);
	free(f->arrivals);
	free(f->batch);
	free(f->buf);
	free(f);
}

int bench_flow_room(struct bench_flow *f, size_t len)
{
	if (len <= f->room)
		return 0;
	free(f->buf);
	f->room = 0;
	/* Page-aligned: some ways of sending lend whole pages. */
	f->buf = aligned_alloc(4096, (len + 4095) & ~(size_t)4095);
	if (!f->buf)
		return -ENOMEM;
	memset(f->buf, 'x', len);
	f->room = len;
	return 0;
}

void bench_flow_failed(struct bench_flow *f, ssize_t result)
{
	int phase = bench_phase(f->w->shared);

	f->op.kind = BENCH_OP_END;
	if (phase != BENCH_WARMING && phase != BENCH_MEASURING)
		return;
	bench_count(f->tally, errors, 1);
	if (!f->tally->first_error)
		f->tally->first_error = (int)result;
}

struct bench_tally *bench_tally_take(struct bench_shared *s)
{
	struct bench_tally *t;

	pthread_mutex_lock(&s->lock);
	for (t = s->tallies; t && t->taken; t = t->link)
		;
	if (!t && (t = calloc(1, sizeof(*t))) != NULL) {
		t->link = s->tallies;
		s->tallies = t;
	}
	if (t)
		t->taken = true;
	pthread_mutex_unlock(&s->lock);
	return t;
}

void bench_tally_put(struct bench_shared *s, struct bench_tally *t)
{
	pthread_mutex_lock(&s->lock);
	t->taken = false;
	pthread_mutex_unlock(&s->lock);
}

void bench_sample_first(struct bench_tally *t, int id, uint64_t ns)
{
	t->hist[id] = malloc(sizeof(struct bench_hist));
	if (!t->hist[id])
		return;
	bench_hist_init(t->hist[id]);
	bench_hist_add(t->hist[id], ns);
}
