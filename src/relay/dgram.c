/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/dgram.h"

#include <inttypes.h>

#include "base/log.h"
#include "net/unix.h"
#include "relay/capture.h"
#include "relay/dump.h"
#include "relay/exchange.h"
#include "relay/stats.h"

/* --- ends -------------------------------------------------------------------- */

void sk_exchange_stop(struct sk_exchange *x)
{
	x->over = true;
	sk_loop_stop(x->relay->loop);
}

int sk_exchange_fail(struct sk_exchange *x, int r, const char *fmt, ...)
{
	char text[sizeof(x->err->text)];
	va_list ap;

	if (!x->over) {
		va_start(ap, fmt);
		vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		x->result = sk_fail(x->err, r, "%s", text);
	}
	sk_exchange_stop(x);
	return r;
}

/* --- peers ------------------------------------------------------------------- */

static void log_peer(const struct sk_peer *p)
{
	sk_info("%s: datagrams: sent %" PRIu64 " (%" PRIu64
		" bytes), received %" PRIu64 " (%" PRIu64 " bytes)", p->name,
		p->sent_n, p->sent, p->received_n, p->received);
}

void sk_exchange_drop(struct sk_exchange *x, struct sk_peer *p, const char *why)
{
	log_peer(p);
	if (x->relay->opts->stats)
		sk_stats_print_peer(p, why);
	sk_dgram_forget(p->sock, &p->addr);
	sk_cursor_drop(p->records, &p->cursor);
	sk_prog_free(p);
	if (p->pending) {
		TAILQ_REMOVE(&x->pending, p, pending_link);
		x->n_pending--;
	}
	x->targets -= !p->mute;
	x->n_ended -= p->ended != 0;
	x->swept |= x->o->records;
	x->relay->active--;
	sk_peers_remove(&x->peers, p);
}

void sk_exchange_lose(struct sk_exchange *x, struct sk_peer *p, int r,
		      const char *why)
{
	if (x->o->keep_open) {
		sk_log(x->o->service == SK_SERVE_STDIO ? SK_LOG_WARN :
							 SK_LOG_INFO,
		       "%s: %s", p->name, why);
		sk_exchange_drop(x, p, why);
	} else if (p->sent_n) {
		sk_exchange_fail(x, r, "%s: %s: %" PRIu64 " datagram%s sent "
				 "may not have arrived", p->name, why, p->sent_n,
				 p->sent_n == 1 ? "" : "s");
	} else {
		sk_exchange_fail(x, r, "%s: %s", p->name, why);
	}
}

struct sk_peer *sk_exchange_add(struct sk_exchange *x, struct sk_dgram *sock,
				const struct sk_addr *addr, bool mute)
{
	struct sk_peer *p = sk_peers_add(&x->peers, sock, addr,
					 x->relay->loop->now);

	if (!p)
		return NULL;
	p->mute = mute;
	p->records = &x->records;
	x->targets += !mute;
	x->relay->active++;
	if (!x->relay->served++)
		x->relay->started = sk_now_us();
	return p;
}

bool sk_exchange_is_watched(const struct sk_exchange *x)
{
	return x->relay->output || x->relay->hex_dump || x->relay->pcap;
}

void sk_exchange_show(struct sk_exchange *x, const struct sk_peer *p, bool sent,
		      uint64_t offset, const void *data, size_t len)
{
	struct sk_addr us;

	sk_dump_bytes(x->relay, &p->label, sent, offset, data, len);
	if (!x->relay->pcap)
		return;
	sk_peer_local(p, &us);
	sk_capture_datagram(x->relay->pcap, !x->o->server, sent, &us,
			    sk_peer_remote(p), data, len);
}

/* Whoever is not allowed costs a line once, and then a number. */
static bool is_welcome(struct sk_exchange *x, const struct sk_addr *from,
		       size_t n)
{
	char name[SK_ADDR_TEXT_MAX];

	if (!x->o->access || sk_access_allows(x->o->access, from))
		return true;
	if (!x->refused)
		sk_info("datagrams from %s refused: not allowed; from now on "
			"they are counted", sk_addr_format(name, from));
	x->refused += n;
	return false;
}

static bool sock_is_welcome(struct sk_dgram *d, const struct sk_addr *from)
{
	return is_welcome(d->owner, from, 1);
}

/* May another peer come? Only with -m, --max-children is there a bound that
 * says no. */
static bool admits(struct sk_exchange *x)
{
	const struct sk_dgram_opts *o = x->o;

	if (o->server && !o->keep_open)
		return !x->peers.n;
	if (o->service == SK_SERVE_PROGRAM &&
	    sk_children() >= (size_t)o->max_children)
		return false;
	if (o->max_peers)
		return x->peers.n < (size_t)o->max_peers;
	if (x->peers.n >= (o->keep_peers ? o->keep_peers : SK_DGRAM_PEERS))
		sk_exchange_drop(x, TAILQ_FIRST(&x->peers.order), NULL);
	return true;
}

struct sk_peer *sk_exchange_peer(struct sk_exchange *x, struct sk_dgram *sock,
				 const struct sk_dgram_slot *slot, size_t n)
{
	static const struct sk_addr none;
	const struct sk_addr *from = sock->connected ? &none : &slot->from;
	struct sk_peer *p = sk_peers_find(&x->peers, sock, from);
	bool nameless = !sock->connected && !from->len;
	char cred[SK_CRED_TEXT_MAX];

	if (p)
		return p;
	if (!is_welcome(x, from, n))
		return NULL;
	if (!admits(x)) {
		if (!x->ignored)
			sk_info("others than the one%s served are ignored",
				x->o->keep_open ? "s" : "");
		x->ignored += n;
		sk_dgram_forget(sock, from);
		return NULL;
	}
	p = sk_exchange_add(x, sock, from, nameless || !x->o->server);
	if (!p)
		return NULL;
	if (slot->has_cred && sk_log_verbosity() >= SK_LOG_INFO)
		sk_info("%s is %s", p->name, sk_unix_cred(cred, &slot->cred));
	sk_info("datagrams from %s%s%s", p->name,
		nameless ? ", which cannot be answered" : "",
		x->o->server && !x->o->keep_open ? "; others are ignored" : "");
	return p;
}

/* --- the step ---------------------------------------------------------------- */

/* A socket that is full: its room is waited for, where somebody needs it. */
static unsigned wants(const struct sk_exchange *x, const struct sk_dgram *d)
{
	unsigned in = x->out.n || d == x->waiting ||
				      sk_exchange_is_held(x, d) ? 0 : SK_IN;

	if (d->watch.can & SK_OUT)
		return in;
	/* Records are only taken when they can be sent back. */
	if (x->o->records && x->o->service == SK_SERVE_ECHO && !d->listens)
		return SK_OUT;
	return x->n_pending ? in | SK_OUT : in;
}

static void arm(struct sk_exchange *x)
{
	for (int i = 0; i < x->n_socks; i++)
		sk_watch_want(&x->socks[i]->watch, wants(x, x->socks[i]));
	if (x->local)
		endpoint_want(x->local, (x->out.n ? SK_OUT : 0) |
				(sk_exchange_may_read(x) ? SK_IN : 0));
}

void sk_exchange_step(struct sk_exchange *x, struct sk_dgram *sock)
{
	bool more = false;
	uint64_t due;

	if (x->out.n)
		sk_exchange_flush(x);
	for (int i = 0; i < x->n_socks && !x->over; i++) {
		if (sock && sock != x->socks[i])
			continue;
		if (x->socks[i]->listens)
			sk_exchange_accept(x, x->socks[i]);
		else
			more |= sk_exchange_receive(x, x->socks[i]);
	}
	if (x->out.n && !x->over)
		sk_exchange_flush(x);
	if (!x->over)
		more |= sk_exchange_feed(x);
	if (x->over)
		return;
	sk_exchange_all_errors(x, true);
	due = sk_exchange_verdict(x);
	sk_exchange_sweep(x);
	if (x->over)
		return;
	arm(x);
	sk_timer_at(&x->timer, due);
	if (more)
		sk_task_post(x->relay->loop, &x->again);
}

static void on_sock(struct sk_dgram *d)
{
	sk_exchange_step(d->owner, d);
}

static void on_local(struct endpoint *ep)
{
	sk_exchange_step(ep->owner, NULL);
}

static void on_timer(struct sk_timer *t)
{
	sk_exchange_step(sk_container_of(t, struct sk_exchange, timer), NULL);
}

static void on_pace(struct sk_timer *t)
{
	sk_exchange_step(sk_container_of(t, struct sk_exchange, pace), NULL);
}

static void on_retry(struct sk_timer *t)
{
	struct sk_exchange *x = sk_container_of(t, struct sk_exchange, retry);

	x->waiting = NULL;
	sk_exchange_step(x, NULL);
}

/* There may be room for the program of another one. */
static void on_child_reaped(void *arg)
{
	struct sk_exchange *x = arg;

	x->waiting = NULL;
	sk_task_post(x->relay->loop, &x->again);
}

static void on_again(struct sk_task *t)
{
	sk_exchange_step(sk_container_of(t, struct sk_exchange, again), NULL);
}

/* --- life -------------------------------------------------------------------- */

static int begin(struct sk_exchange *x, const struct sk_addr *to)
{
	const struct sk_relay_opts *ro = x->relay->opts;
	struct sk_peer *p;
	int r;

	TAILQ_INIT(&x->pending);
	TAILQ_INIT(&x->progs);
	r = sk_peers_init(&x->peers);
	if (r >= 0)
		r = sk_dgram_batch_init(&x->batch, x->o->room);
	if (r < 0)
		return r;
	if (x->local) {
		x->local->ready = on_local;
		x->local->owner = x;
		x->has_input = !ro->recv_only &&
			       x->local->input != SK_INPUT_NONE;
		sk_records_init(&x->records, x->local, x->o->framing,
				x->o->size);
	}
	for (int i = 0; i < x->n_socks; i++) {
		x->socks[i]->ready = on_sock;
		x->socks[i]->owner = x;
		x->socks[i]->want_fds = x->o->recv_fds;
		x->socks[i]->is_welcome = sock_is_welcome;
	}
	sk_timer_init(&x->timer, x->relay->loop, on_timer);
	sk_timer_init(&x->pace, x->relay->loop, on_pace);
	sk_timer_init(&x->retry, x->relay->loop, on_retry);
	sk_task_init(&x->again, on_again);
	x->begun = x->relay->loop->now;
	if (x->o->service == SK_SERVE_PROGRAM)
		sk_children_notify(on_child_reaped, x);
	if (!x->o->server) {
		p = sk_exchange_add(x, x->socks[0], to, false);
		if (!p)
			return -ENOMEM;
		r = x->o->service == SK_SERVE_PROGRAM ?
			    sk_prog_start(x, p, NULL, 0) : 0;
		if (r < 0)
			return r;
	}
	sk_task_post(x->relay->loop, &x->again);
	return 0;
}

/* What is silent by nature is told here at least. */
static void tell_losses(const struct sk_exchange *x)
{
	if (x->lost)
		/* A run that came as one counts as one. */
		sk_warn("at least %" PRIu64 " datagrams were dropped, as they "
			"came faster than they could be taken", x->lost);
	if (x->untaken)
		sk_warn("%" PRIu64 " datagrams were dropped, as a program did "
			"not take them", x->untaken);
	if (x->unsent)
		sk_warn("%" PRIu64 " datagrams could not be sent", x->unsent);
	if (x->ignored)
		sk_info("%" PRIu64 " datagrams of others were ignored",
			x->ignored);
	if (x->refused)
		sk_info("%" PRIu64 " datagrams were refused", x->refused);
	if (x->out.n && !x->result)
		sk_warn("not all that was received has been written");
	if (x->o->keep_open)
		sk_info("datagrams: sent %" PRIu64 ", received %" PRIu64,
			x->sent_n, x->received_n);
}

static void end(struct sk_exchange *x)
{
	struct sk_peer *p;

	sk_children_notify(NULL, NULL);
	while (x->peers.bucket && (p = TAILQ_FIRST(&x->peers.order)))
		sk_exchange_drop(x, p, x->result && x->err->text[0] ?
					       x->err->text : NULL);
	tell_losses(x);
	sk_timer_stop(&x->timer);
	sk_timer_stop(&x->retry);
	sk_timer_stop(&x->pace);
	if (x->again.run)
		sk_task_cancel(x->relay->loop, &x->again);
	sk_records_fini(&x->records);
	sk_dgram_batch_fini(&x->batch);
	sk_peers_fini(&x->peers);
	endpoint_free(x->local);
	for (int i = 0; i < x->n_socks; i++)
		sk_dgram_free(x->socks[i]);
	free(x->socks);
}

int sk_dgram_relay(struct sk_relay *relay, struct endpoint *local,
		   struct sk_dgram *const socks[], int n,
		   const struct sk_addr *to, const struct sk_dgram_opts *o,
		   struct sk_err *err)
{
	struct sk_exchange *x = calloc(1, sizeof(*x));
	int r = -ENOMEM;

	if (!x || !(x->socks = calloc((size_t)n, sizeof(*socks)))) {
		for (int i = 0; i < n; i++)
			sk_dgram_free(socks[i]);
		endpoint_free(local);
		free(x);
		return sk_fail(err, r, "%s", sk_strerror(r));
	}
	x->relay = relay;
	x->local = local;
	x->o = o;
	x->err = err;
	x->n_socks = x->room = n;
	memcpy(x->socks, socks, (size_t)n * sizeof(*socks));
	r = begin(x, to);
	if (r >= 0)
		r = sk_loop_run(relay->loop);
	if (r < 0 && !x->result) /* which has its sentence already */
		sk_fail(err, r, "%s", sk_strerror(r));
	else
		r = x->result;
	end(x);
	free(x);
	return r;
}
