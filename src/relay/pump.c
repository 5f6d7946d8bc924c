/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/pump.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/fd.h"

#define TURN (4 << 20)
#define CHUNK (1 << 20)

/* Bytes per µs (8 Gbit/s) beyond which a socket is worth a short spin. */
#define SPIN_RATE 1000
#define SPIN_BYTES (256 << 10)
#define SPIN_TIME 50		/* µs */

void sk_pump_init(struct sk_pump *p, struct sk_pool *pool,
		  struct endpoint *src, struct endpoint *dst)
{
	*p = (struct sk_pump){
		.src = src, .dst = dst, .pool = pool, .pipe = { -1, -1 }
	};
}

static bool is_socket(enum sk_raw_kind kind)
{
	return kind == SK_RAW_SOCKET || kind == SK_RAW_TCP;
}

void sk_pump_choose(struct sk_pump *p, bool no_splice)
{
	enum sk_raw_kind from = p->src->in.kind, to = p->dst->out.kind;

	p->road = SK_ROAD_COPY;
	if (p->crlf || p->tap || no_splice || from == SK_RAW_NONE ||
	    from == SK_RAW_NULL || to == SK_RAW_NONE)
		return;
	if (to == SK_RAW_NULL && from == SK_RAW_TCP)
		p->road = SK_ROAD_DROP;
	else if (!p->dst->out.watch)
		p->road = SK_ROAD_COPY;
	else if (from == SK_RAW_FILE && is_socket(to))
		p->road = SK_ROAD_SENDFILE;
	else if (from == SK_RAW_PIPE || to == SK_RAW_PIPE)
		p->road = SK_ROAD_SPLICE;
	else if (is_socket(from))
		p->road = SK_ROAD_SPLICE_VIA;
}

static void give_buf(struct sk_pump *p)
{
	if (p->buf)
		sk_pool_give_buf(p->pool, p->buf);
	p->buf = NULL;
}

static void give_pipe(struct sk_pump *p)
{
	if (p->pipe[0] >= 0)
		sk_pool_give_pipe(p->pool, p->pipe, p->piped);
	p->pipe[0] = p->pipe[1] = -1;
	p->piped = 0;
}

void sk_pump_fini(struct sk_pump *p)
{
	if (!p->pool)
		return;
	give_buf(p);
	give_pipe(p);
}

uint64_t sk_pump_pending(const struct sk_pump *p)
{
	return p->piped + (p->buf ? p->buf->tail - p->buf->head : 0);
}

static enum sk_pump_state fail(struct sk_pump *p, bool src, int error)
{
	p->failed_src = src;
	p->error = error;
	return SK_PUMP_FAILED;
}

static void took(struct sk_pump *p, size_t n)
{
	p->in += n;
	p->last_in = p->src->loop->now;
	if (p->rate)
		p->tokens -= n < p->tokens ? n : p->tokens;
	if (p->delay)
		p->due = p->last_in + p->delay;
}

static void handed(struct sk_pump *p, size_t n)
{
	p->out += n;
	p->last_out = p->src->loop->now;
}

static enum sk_pump_state at_end(struct sk_pump *p)
{
	p->eof = true;
	return SK_PUMP_MORE;
}

/* --- copy ----------------------------------------------------------------- */

/*
 * Make every bare LF of data[0..n) a CRLF, in place, from the back. There is
 * room for as many bytes again. Whether the first LF is bare depends on the
 * last byte of the read before.
 */
static size_t add_crs(struct sk_pump *p, char *data, size_t n)
{
	bool first_cr = p->last_cr;
	size_t bare = 0, to;

	for (size_t i = 0; i < n; i++)
		if (data[i] == '\n' &&
		    (i ? data[i - 1] != '\r' : !first_cr))
			bare++;
	if (n)
		p->last_cr = data[n - 1] == '\r';
	to = n + bare;
	for (size_t i = n; bare && i-- > 0;) {
		bool lone = data[i] == '\n' &&
			    (i ? data[i - 1] != '\r' : !first_cr);

		data[--to] = data[i];
		if (lone) {
			data[--to] = '\r';
			bare--;
			n++;
		}
	}
	return n;
}

/* A road that was closed to us may have left bytes in its pipe. */
static ssize_t next_bytes(struct sk_pump *p, char *data, size_t max)
{
	ssize_t n;

	if (!p->piped)
		return endpoint_recv(p->src, data, max);
	n = read(p->pipe[0], data, max);
	if (n <= 0)
		return -EIO;
	p->piped -= (size_t)n;
	return n;
}

static enum sk_pump_state copy_in(struct sk_pump *p, size_t max)
{
	bool from_pipe = p->piped > 0;
	ssize_t n;

	p->buf = sk_pool_buf(p->pool);
	if (!p->buf)
		return fail(p, true, -ENOMEM);
	if (max > (p->crlf ? SK_BUF_SIZE / 2 : SK_BUF_SIZE))
		max = p->crlf ? SK_BUF_SIZE / 2 : SK_BUF_SIZE;
	n = next_bytes(p, p->buf->data, max);
	if (n <= 0) {
		give_buf(p);
		return n == 0	    ? at_end(p) :
		       n == -EAGAIN ? SK_PUMP_SRC :
				      fail(p, true, (int)n);
	}
	if (!from_pipe)
		took(p, (size_t)n);
	p->buf->tail = (size_t)n;
	if (p->crlf)
		p->buf->tail = add_crs(p, p->buf->data, (size_t)n);
	if (p->tap)
		p->tap(p->tap_arg, p->buf->data, p->buf->tail);
	return SK_PUMP_MORE;
}

static enum sk_pump_state copy_out(struct sk_pump *p)
{
	struct iovec iov = { p->buf->data + p->buf->head,
			     p->buf->tail - p->buf->head };
	ssize_t n = endpoint_send(p->dst, &iov, 1);

	if (n == -EAGAIN)
		return SK_PUMP_DST;
	if (n < 0)
		return fail(p, false, (int)n);
	handed(p, (size_t)n);
	p->buf->head += (size_t)n;
	if (p->buf->head == p->buf->tail)
		give_buf(p);
	return SK_PUMP_MORE;
}

static enum sk_pump_state copy_step(struct sk_pump *p, size_t max)
{
	return p->buf ? copy_out(p) : copy_in(p, max);
}

/* --- roads through the kernel --------------------------------------------- */

/* What is known to block needs no system call to say so again. */
static bool can(const struct sk_raw *raw, unsigned event)
{
	return raw->watch->can & event;
}

/*
 * The kernel refuses this road between these two files (a terminal, O_APPEND,
 * an odd file system): take the open one. Nothing has been lost.
 */
static bool road_closed(struct sk_pump *p, int error)
{
	if (error != EINVAL && error != ENOSYS && error != EOPNOTSUPP)
		return false;
	p->road = SK_ROAD_COPY;
	return true;
}

static enum sk_pump_state sendfile_step(struct sk_pump *p, size_t max)
{
	ssize_t n;

	if (!can(&p->dst->out, SK_OUT))
		return SK_PUMP_DST;
	n = sendfile(p->dst->out.watch->fd, p->src->in.watch->fd, NULL, max);
	if (n > 0) {
		took(p, (size_t)n);
		handed(p, (size_t)n);
		return SK_PUMP_MORE;
	}
	if (n == 0)
		return at_end(p);
	if (errno == EINTR || road_closed(p, errno))
		return SK_PUMP_MORE;
	if (errno == EAGAIN) {
		sk_watch_blocked(p->dst->out.watch, SK_OUT);
		return SK_PUMP_DST;
	}
	return fail(p, errno == EIO, -errno);
}

/*
 * EAGAIN of splice(2) does not say which end it means. Ask, and never wait
 * for one that is ready: that would spin.
 */
static enum sk_pump_state who_blocks(struct sk_pump *p)
{
	struct sk_watch *from = p->src->in.watch, *to = p->dst->out.watch;

	if (!sk_fd_ready(to->fd, POLLOUT)) {
		sk_watch_blocked(to, SK_OUT);
		return SK_PUMP_DST;
	}
	if (!sk_fd_ready(from->fd, POLLIN)) {
		sk_watch_blocked(from, SK_IN);
		return SK_PUMP_SRC;
	}
	/* It changed in between, or they disagree; a moment, then again. */
	p->due = p->src->loop->now + SK_MSEC;
	return SK_PUMP_LATER;
}

static enum sk_pump_state splice_step(struct sk_pump *p, size_t max)
{
	ssize_t n;

	if (!can(&p->dst->out, SK_OUT))
		return SK_PUMP_DST;
	if (!can(&p->src->in, SK_IN))
		return SK_PUMP_SRC;
	n = splice(p->src->in.watch->fd, NULL, p->dst->out.watch->fd, NULL,
		   max, SPLICE_F_NONBLOCK);
	if (n > 0) {
		took(p, (size_t)n);
		handed(p, (size_t)n);
		return SK_PUMP_MORE;
	}
	if (n == 0)
		return at_end(p);
	if (errno == EAGAIN)
		return who_blocks(p);
	if (errno == EINTR || road_closed(p, errno))
		return SK_PUMP_MORE;
	/* EPIPE is always the far end; a reset that of the socket. */
	return fail(p, errno != EPIPE && is_socket(p->src->in.kind), -errno);
}

static enum sk_pump_state via_in(struct sk_pump *p, size_t max)
{
	ssize_t n;
	int r;

	if (!can(&p->src->in, SK_IN))
		return SK_PUMP_SRC;
	if (p->pipe[0] < 0 && (r = sk_pool_pipe(p->pool, p->pipe)) < 0) {
		/* Out of descriptors: copying needs none. */
		p->pipe[0] = p->pipe[1] = -1;
		p->road = SK_ROAD_COPY;
		return SK_PUMP_MORE;
	}
	n = splice(p->src->in.watch->fd, NULL, p->pipe[1], NULL, max,
		   SPLICE_F_NONBLOCK);
	if (n > 0) {
		took(p, (size_t)n);
		p->piped = (size_t)n;
		return SK_PUMP_MORE;
	}
	r = errno;
	give_pipe(p);
	if (n == 0)
		return at_end(p);
	if (r == EAGAIN) {
		sk_watch_blocked(p->src->in.watch, SK_IN);
		return SK_PUMP_SRC;
	}
	if (r == EINTR || road_closed(p, r))
		return SK_PUMP_MORE;
	return fail(p, true, -r);
}

static enum sk_pump_state via_step(struct sk_pump *p, size_t max)
{
	ssize_t n;

	if (!p->piped)
		return via_in(p, max);
	if (!can(&p->dst->out, SK_OUT))
		return SK_PUMP_DST;
	n = splice(p->pipe[0], NULL, p->dst->out.watch->fd, NULL, p->piped,
		   SPLICE_F_NONBLOCK);
	if (n > 0) {
		handed(p, (size_t)n);
		p->piped -= (size_t)n;
		return SK_PUMP_MORE;
	}
	if (n < 0 && errno == EAGAIN) {
		sk_watch_blocked(p->dst->out.watch, SK_OUT);
		return SK_PUMP_DST;
	}
	if (n < 0 && (errno == EINTR || road_closed(p, errno)))
		return SK_PUMP_MORE;
	return fail(p, false, n < 0 ? -errno : -EIO);
}

static enum sk_pump_state drop_step(struct sk_pump *p, size_t max)
{
	struct sk_watch *from = p->src->in.watch;
	ssize_t n;

	if (!can(&p->src->in, SK_IN))
		return SK_PUMP_SRC;
	n = recv(from->fd, NULL, max, MSG_TRUNC | MSG_DONTWAIT);
	if (n > 0) {
		took(p, (size_t)n);
		handed(p, (size_t)n);
		return SK_PUMP_MORE;
	}
	if (n == 0)
		return at_end(p);
	if (errno == EAGAIN) {
		sk_watch_blocked(from, SK_IN);
		return SK_PUMP_SRC;
	}
	return errno == EINTR ? SK_PUMP_MORE : fail(p, true, -errno);
}

static enum sk_pump_state (*const roads[])(struct sk_pump *p, size_t max) = {
	[SK_ROAD_COPY] = copy_step,
	[SK_ROAD_SENDFILE] = sendfile_step,
	[SK_ROAD_SPLICE] = splice_step,
	[SK_ROAD_SPLICE_VIA] = via_step,
	[SK_ROAD_DROP] = drop_step,
};

/* --- a turn ----------------------------------------------------------------- */

/*
 * How many bytes may be taken now. The bucket holds a tenth of a second; less
 * than a tenth of that is not worth a system call, so we wait for it.
 */
static size_t allowance(struct sk_pump *p)
{
	uint64_t now = p->src->loop->now, depth, least, gained;

	if (!p->rate)
		return CHUNK;
	depth = p->rate / 10 + 1;
	least = depth / 10 + 1;
	if (!p->filled) {
		p->tokens = least;
		p->filled = now;
	}
	/* Whole bytes only; the time of a part of one is not lost. */
	gained = (uint64_t)((double)p->rate * (double)(now - p->filled) / 1e6);
	p->filled += (uint64_t)((double)gained * 1e6 / (double)p->rate);
	p->tokens += gained;
	if (p->tokens > depth) {
		p->tokens = depth;
		p->filled = now;
	}
	if (p->tokens >= least)
		return p->tokens < CHUNK ? p->tokens : CHUNK;
	p->due = now + (least - p->tokens) * SK_SEC / p->rate + 1;
	return 0;
}

static enum sk_pump_state one_step(struct sk_pump *p)
{
	size_t max = CHUNK;

	if (!sk_pump_pending(p)) {
		if (p->eof)
			return SK_PUMP_END;
		if (p->due > p->src->loop->now)
			return SK_PUMP_LATER;
		max = allowance(p);
		if (!max)
			return SK_PUMP_LATER;
	}
	return roads[p->road](p, max);
}

/*
 * At tens of Gbit/s a socket is empty for a few µs only. Sleeping then costs
 * the sender a wake-up and leaves to its CPU the segments that ours would take
 * over while we hold the socket; looking again for a moment doubles the speed.
 * At lower rates it would burn the CPU, so it is not done; nor with a pipe, for
 * then somebody else wants this CPU.
 */
static bool is_worth_a_spin(struct sk_pump *p)
{
	return is_socket(p->src->in.kind) && p->road != SK_ROAD_SPLICE &&
	       sk_pool_cpus(p->pool) > 1 &&
	       p->in - p->awake_in >= SPIN_BYTES &&
	       p->in - p->awake_in >=
		       (sk_now_us() - p->awake_at) * SPIN_RATE;
}

static enum sk_pump_state spin(struct sk_pump *p)
{
	uint64_t until = sk_now_us() + SPIN_TIME;
	enum sk_pump_state state;

	do {
		sk_watch_assume(p->src->in.watch, SK_IN);
		state = one_step(p);
	} while (state == SK_PUMP_SRC && sk_now_us() < until);
	return state;
}

enum sk_pump_state sk_pump_run(struct sk_pump *p)
{
	uint64_t end = p->in + TURN;

	if (p->state != SK_PUMP_MORE) {
		p->awake_at = sk_now_us();
		p->awake_in = p->in;
	}
	do {
		p->state = one_step(p);
		if (p->state == SK_PUMP_SRC && is_worth_a_spin(p))
			p->state = spin(p);
	} while (p->state == SK_PUMP_MORE && p->in < end);
	return p->state;
}
