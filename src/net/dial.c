/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/dial.h"

#include "base/log.h"
#include "base/units.h"
#include "net/attempt.h"
#include "net/proxy.h"
#include "net/setup.h"

#define ATTEMPT_DELAY (250 * SK_MSEC) /* RFC 8305 section 5 */
#define RETRY_FIRST (100 * SK_MSEC)
#define RETRY_LAST (2 * SK_SEC)

struct sk_dial {
	struct sk_loop *loop;
	struct sk_target target;	/* to connect to: the first proxy, or … */
	struct sk_target goal;	/* … where the caller wants to go */
	const struct sk_net_opts *opts;
	struct sk_resolve *resolve;
	struct sk_addrs addrs;
	struct sk_attempt *attempts;
	size_t begun, open;
	struct sk_setup *setup;	/* over the connection that won */
	struct sk_timer next, limit, again;
	int64_t tries_left;
	uint64_t pause, began_at;
	struct sk_err err;	/* of the most telling failure */
	int error;
	sk_dial_fn *fn;
	void *arg;
};

static void begin_try(struct sk_dial *d);
static void begin_next(struct sk_dial *d);

/* --- ends ------------------------------------------------------------------- */

static void close_attempts(struct sk_dial *d)
{
	for (size_t i = 0; d->attempts && i < d->begun; i++)
		sk_attempt_close(&d->attempts[i]);
	free(d->attempts);
	d->attempts = NULL;
	d->begun = d->open = 0;
	sk_timer_stop(&d->next);
	sk_resolve_free(d->resolve);
	d->resolve = NULL;
}

/* A connection there and then gone, or a server not yet up: worth a retry. */
static bool is_passing(int error)
{
	return error != -EINVAL && error != -EACCES && error != -EPERM &&
	       error != -ENOPROTOOPT && error != -EPROTO;
}

static void try_failed(struct sk_dial *d)
{
	close_attempts(d);
	sk_timer_stop(&d->limit);
	sk_setup_free(d->setup);
	d->setup = NULL;
	if (d->tries_left-- > 0 && is_passing(d->error)) {
		sk_info("%s; trying again", d->err.text);
		sk_timer_in(&d->again, d->pause);
		d->pause = d->pause * 2 > RETRY_LAST ? RETRY_LAST :
						       d->pause * 2;
		return;
	}
	d->fn(d, d->error, NULL, &d->err, d->arg);
}

/*
 * Of several addresses that fail, one sentence is shown: the first that is
 * not just "this host has no such network".
 */
static bool tells_little(int error)
{
	return error == -ENETUNREACH || error == -EAFNOSUPPORT ||
	       error == -EADDRNOTAVAIL || error == -EHOSTUNREACH;
}

static void keep_error(struct sk_dial *d, int error, const struct sk_err *err)
{
	if (d->error && (!tells_little(d->error) || tells_little(error)))
		return;
	d->error = error;
	d->err = *err;
}

static void finish(struct sk_dial *d, int r, struct endpoint *ep,
		   const struct sk_err *err)
{
	sk_timer_stop(&d->limit);
	d->fn(d, r, ep, err, d->arg);
}

static void set_up(struct sk_setup *s, int r, struct endpoint *ep,
		   const struct sk_err *err, void *arg)
{
	struct sk_dial *d = arg;

	sk_setup_free(s);
	d->setup = NULL;
	if (r >= 0) {
		finish(d, r, ep, err);
		return;
	}
	d->error = r;
	d->err = *err;
	try_failed(d);
}

/* There is a connection; what is still to be done over it? */
static void connected(struct sk_dial *d, struct endpoint *ep)
{
	struct sk_err err = { 0 };

	if (!sk_setup_needed(d->opts)) {
		finish(d, 0, ep, &err);
		return;
	}
	d->setup = sk_setup_start(ep, &d->goal, d->opts, set_up, d);
	if (!d->setup)
		finish(d, sk_fail(&err, -ENOMEM, "%s", sk_strerror(ENOMEM)),
		       NULL, &err);
}

static void attempt_won(struct sk_attempt *a)
{
	struct sk_dial *d = a->arg;
	struct endpoint *ep = NULL;
	struct sk_err err = { 0 };
	int r = sk_attempt_take(a, &ep, &err);

	if (r >= 0)
		ep->connect_us = sk_now_us() - d->began_at;
	close_attempts(d);
	if (r < 0)
		finish(d, r, NULL, &err);
	else
		connected(d, ep);
}

/* --- attempts --------------------------------------------------------------- */

static void attempt_over(struct sk_attempt *a, int r, const struct sk_err *err)
{
	struct sk_dial *d = a->arg;

	if (r >= 0) {
		attempt_won(a);
		return;
	}
	keep_error(d, r, err);
	sk_attempt_close(a);
	d->open--;
	begin_next(d);
}

static void begin_next(struct sk_dial *d)
{
	while (d->begun < d->addrs.n) {
		struct sk_attempt *a = &d->attempts[d->begun];
		struct sk_err err = { 0 };
		int r;

		*a = (struct sk_attempt){
			.loop = d->loop, .opts = d->opts, .target = &d->target,
			.to = &d->addrs.v[d->begun++], .fn = attempt_over,
			.arg = d, .fd = -1,
		};
		r = sk_attempt_begin(a, &err);
		if (r < 0) {
			keep_error(d, r, &err);
			continue;
		}
		d->open++;
		if (d->begun < d->addrs.n)
			sk_timer_in(&d->next, ATTEMPT_DELAY);
		return;
	}
	if (!d->open)
		try_failed(d);
}

static void on_next(struct sk_timer *t)
{
	begin_next(sk_container_of(t, struct sk_dial, next));
}

/* --- a try ------------------------------------------------------------------ */

static void begin_attempts(struct sk_dial *d)
{
	d->attempts = calloc(d->addrs.n, sizeof(*d->attempts));
	if (!d->attempts) {
		d->error = sk_fail(&d->err, -ENOMEM, "%s",
				   sk_strerror(ENOMEM));
		try_failed(d);
		return;
	}
	begin_next(d);
}

static void resolved(struct sk_resolve *res, int r,
		     const struct sk_addrs *addrs, const struct sk_err *err,
		     void *arg)
{
	struct sk_dial *d = arg;

	sk_resolve_free(res);
	d->resolve = NULL;
	if (r < 0) {
		d->error = r;
		d->err = *err;
		try_failed(d);
		return;
	}
	d->addrs = *addrs;
	begin_attempts(d);
}

static void on_limit(struct sk_timer *t)
{
	struct sk_dial *d = sk_container_of(t, struct sk_dial, limit);
	char name[SK_ADDR_TEXT_MAX], text[SK_UNITS_MAX];

	d->error = sk_fail(&d->err, -ETIMEDOUT, "%s: %s: timed out after %s",
			   sk_target_format(name, &d->goal),
			   d->setup   ? sk_setup_stage(d->setup) :
			   d->resolve ? "name look-up" :
					"connect",
			   sk_format_duration(text, d->opts->wait));
	try_failed(d);
}

static void take_fd(struct sk_dial *d)
{
	struct endpoint *ep = NULL;
	struct sk_addr peer;
	int r = sk_addr_peer(&peer, d->target.fd);

	if (r >= 0)
		r = endpoint_socket(&ep, d->loop, d->target.fd, &peer);
	if (r >= 0) {
		connected(d, ep);
		return;
	}
	sk_fail(&d->err, r, "fd:%d: %s", d->target.fd, sk_strerror(r));
	finish(d, r, NULL, &d->err);
}

static void begin_try(struct sk_dial *d)
{
	d->error = 0;
	d->began_at = sk_now_us();
	if (d->opts->wait)
		sk_timer_in(&d->limit, d->opts->wait);
	switch (d->target.kind) {
	case SK_TARGET_INET:
		d->resolve = sk_resolve_start(d->loop, &d->target, d->opts,
					      false, resolved, d);
		break;
	case SK_TARGET_FD:
		take_fd(d);
		break;
	default:
		d->addrs.n = 1;
		d->addrs.v[0] = d->target.addr;
		begin_attempts(d);
	}
}

static void on_again(struct sk_timer *t)
{
	begin_try(sk_container_of(t, struct sk_dial, again));
}

/* --- life ------------------------------------------------------------------- */

struct sk_dial *sk_dial_start(struct sk_loop *loop, const struct sk_target *t,
			      const struct sk_net_opts *o, sk_dial_fn *fn,
			      void *arg)
{
	struct sk_dial *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->loop = loop;
	d->goal = *t;
	d->target = o->proxies ? o->proxies->v[0].target : *t;
	d->opts = o;
	d->fn = fn;
	d->arg = arg;
	d->tries_left = o->retry;
	d->pause = RETRY_FIRST;
	sk_timer_init(&d->next, loop, on_next);
	sk_timer_init(&d->limit, loop, on_limit);
	sk_timer_init(&d->again, loop, on_again);
	sk_timer_at(&d->again, loop->now);
	return d;
}

void sk_dial_free(struct sk_dial *d)
{
	if (!d)
		return;
	close_attempts(d);
	sk_setup_free(d->setup);
	sk_timer_stop(&d->limit);
	sk_timer_stop(&d->again);
	free(d);
}

/* --- waiting ---------------------------------------------------------------- */

struct waiter {
	int r;			/* 1: not yet */
	struct endpoint *ep;
	struct sk_err *err;
};

static void wait_done(struct sk_dial *d, int r, struct endpoint *ep,
		      const struct sk_err *err, void *arg)
{
	struct waiter *w = arg;

	(void)d;
	w->r = r;
	w->ep = ep;
	if (r < 0)
		*w->err = *err;
}

int endpoint_connect(struct endpoint **ep, struct sk_loop *loop,
		     const struct sk_target *t, const struct sk_net_opts *o,
		     struct sk_err *err)
{
	struct waiter w = { .r = 1, .err = err };
	struct sk_dial *d = sk_dial_start(loop, t, o, wait_done, &w);

	if (!d)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	while (w.r == 1 && !loop->stop)
		if (sk_loop_once(loop) < 0)
			break;
	sk_dial_free(d);
	*ep = w.ep;
	return w.r == 1 ? -EINTR : w.r;
}
