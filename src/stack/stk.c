/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The instance. A round of work: frames in, deferred tasks (ACKs of the whole
 * burst), timers, frames out in one burst, and last the callbacks of sockets,
 * which find everything settled and may call anything.
 */
#include <assert.h>
#include <errno.h>

#include "stack/ip/ip.h"
#include "stack/link/link.h"
#include "stack/stk_internal.h"

#define DEFAULT_MEMORY (64u << 20)
/* Bursts read in one go before others get their turn. */
#define ROUNDS 16

/* --- life ------------------------------------------------------------------- */

static void derive_secret(struct stk *s)
{
	memcpy(&s->secret, s->cfg.seed, sizeof(s->secret));
	/* The second half of the seed goes through the first. */
	s->random_count = stk_siphash(&s->secret, s->cfg.seed + 16, 16);
}

static void choose_mac(struct stk *s)
{
	static const uint8_t none[6];
	uint8_t *mac = s->cfg.mac;
	uint64_t h;

	if (memcmp(mac, none, 6))
		return;
	memcpy(mac, s->link->mac, 6);
	if (memcmp(mac, none, 6))
		return;
	h = stk_keyed_hash(s, "mac", 3);
	memcpy(mac, &h, 6);
	mac[0] = (uint8_t)((mac[0] & 0xfe) | 2); /* one's own, of one host */
}

static int open_protocols(struct stk *s)
{
	int r = ip_open(s);

	for (size_t i = 0; stk_protos[i] && r >= 0; i++)
		if (stk_protos[i]->open)
			r = stk_protos[i]->open(s);
	return r;
}

struct stk *stk_new(const struct stk_config *c, struct stk_link *link,
		    uint64_t now)
{
	struct stk *s = calloc(1, sizeof(*s));

	if (!s) {
		stk_link_free(link);
		return NULL;
	}
	s->cfg = *c;
	s->link = link;
	s->now = now;
	TAILQ_INIT(&s->tasks);
	TAILQ_INIT(&s->socks);
	TAILQ_INIT(&s->notify);
	pktq_init(&s->loopback);
	pkt_pool_init(&s->pool, c->memory ? c->memory : DEFAULT_MEMORY);
	derive_secret(s);
	choose_mac(s);
	link->pool = &s->pool;
	if (link->ops->attach)
		link->ops->attach(link, &s->pool);
	s->table = calloc(STK_BUCKETS, sizeof(*s->table));
	if (!s->table || open_protocols(s) < 0) {
		stk_free(s);
		return NULL;
	}
	return s;
}

static void drop_sockets(struct stk *s)
{
	struct stk_sock *sk;

	while ((sk = TAILQ_FIRST(&s->socks))) {
		if (!sk->user_closed) {
			sk->user_closed = true;
			s->n_lingering++;
		}
		if (sk->proto->drop)
			sk->proto->drop(sk);
		else
			stk_sock_free(sk);
	}
}

void stk_free(struct stk *s)
{
	if (!s)
		return;
	drop_sockets(s);
	for (size_t i = 0; stk_protos[i]; i++)
		if (stk_protos[i]->shut)
			stk_protos[i]->shut(s);
	ip_shut(s);
	stk_flush(s); /* last words, of leaving groups and connections */
	pktq_clear(&s->loopback);
	stk_link_free(s->link);
	stk_timers_fini(s);
	free(s->table);
	pkt_pool_fini(&s->pool);
	free(s);
}

/* --- the link --------------------------------------------------------------- */

void stk_link_free(struct stk_link *link)
{
	if (link)
		link->ops->free(link);
}

const char *stk_link_text(const struct stk_link *link)
{
	return link->text;
}

int stk_fd(const struct stk *s, bool *out)
{
	*out = s->link->want_out;
	return s->error ? -1 : s->link->fd;
}

unsigned stk_mtu(const struct stk *s)
{
	return s->link->mtu;
}

int stk_error(const struct stk *s, struct sk_err *err)
{
	if (s->error && err)
		*err = s->error_text;
	return s->error;
}

void stk_die(struct stk *s, int error, const char *why)
{
	if (s->error)
		return;
	s->error = error;
	sk_fail(&s->error_text, error, "%s", why);
}

static void link_died(struct stk *s, int r)
{
	char why[100];

	snprintf(why, sizeof(why), "%s: %s", s->link->ops->name,
		 sk_strerror(r));
	stk_die(s, r, s->link->err.text[0] ? s->link->err.text : why);
}

static void fail_sockets(struct stk *s)
{
	struct stk_sock *sk, *next;

	for (sk = TAILQ_FIRST(&s->socks); sk; sk = next) {
		next = TAILQ_NEXT(sk, all);
		if (sk->user_closed && sk->proto->drop)
			sk->proto->drop(sk);
		else if (sk->proto->fail)
			sk->proto->fail(sk, ENETDOWN);
		else
			stk_sock_error(sk, ENETDOWN);
	}
	s->failed = true;
}

void stk_flush(struct stk *s)
{
	int n = s->n_tx, r;

	if (!n)
		return;
	s->n_tx = 0;
	if (s->error) {
		while (n)
			pkt_free(s->txq[--n]);
		return;
	}
	r = s->link->ops->send(s->link, s->txq, n, s->now);
	if (r < 0) {
		link_died(s, r);
		return;
	}
	CTR(s, link_out) += (unsigned)r;
	CTR(s, link_out_drops) += (unsigned)(n - r);
}

void stk_transmit(struct stk *s, struct pkt *frame)
{
	if (s->n_tx == STK_BURST)
		stk_flush(s);
	s->txq[s->n_tx++] = frame;
}

/* --- a round ---------------------------------------------------------------- */

void stk_defer(struct stk *s, struct stk_task *t)
{
	if (t->queued)
		return;
	t->queued = true;
	TAILQ_INSERT_TAIL(&s->tasks, t, link);
}

void stk_undefer(struct stk *s, struct stk_task *t)
{
	if (t->queued)
		TAILQ_REMOVE(&s->tasks, t, link);
	t->queued = false;
}

static void run_tasks(struct stk *s)
{
	struct stk_task *t;

	while ((t = TAILQ_FIRST(&s->tasks))) {
		stk_undefer(s, t);
		t->run(s, t);
	}
}

/* What we sent to ourselves comes in as from the link; those who answer
 * themselves for ever must wait for the next round. */
static void run_loopback(struct stk *s)
{
	for (uint32_t n = s->loopback.n; n; n--)
		ip_input_frame(s, pktq_pop(&s->loopback));
}

static void run_callbacks(struct stk *s)
{
	struct stk_sock *sk;
	size_t n = 0;

	TAILQ_FOREACH(sk, &s->notify, notify)
		n++;
	while (n-- && (sk = TAILQ_FIRST(&s->notify))) {
		TAILQ_REMOVE(&s->notify, sk, notify);
		sk->notifying = false;
		if (sk->fn)
			sk->fn(sk, stk_ready(sk), sk->arg);
	}
}

/* All that follows from input or time, up to the frames that go out. */
static void settle(struct stk *s)
{
	run_loopback(s);
	run_tasks(s);
	stk_flush(s);
	if (s->error && !s->failed)
		fail_sockets(s);
}

static void finish(struct stk *s)
{
	stk_timers_run(s);
	settle(s);
	s->busy = false;
	run_callbacks(s);
	s->busy = true;
	settle(s);
}

static void read_link(struct stk *s)
{
	struct pkt *v[STK_BURST];
	int n = 0;

	s->more_input = false;
	for (int round = 0; round < ROUNDS && !s->error; round++) {
		n = s->link->ops->recv(s->link, v, STK_BURST, s->now);
		if (n < 0)
			link_died(s, n);
		if (n <= 0)
			return;
		CTR(s, link_in) += (unsigned)n;
		for (int i = 0; i < n; i++)
			ip_input_frame(s, v[i]);
		settle(s);
	}
	s->more_input = !s->error;
}

void stk_set_now(struct stk *s, uint64_t now)
{
	if (now > s->now)
		s->now = now;
}

void stk_service(struct stk *s, uint64_t now)
{
	if (s->busy)
		return;
	s->busy = true;
	stk_set_now(s, now);
	read_link(s);
	finish(s);
	s->busy = false;
}

void stk_input(struct stk *s, struct pkt *frame, uint64_t now)
{
	if (s->busy) {
		pkt_free(frame);
		return;
	}
	s->busy = true;
	stk_set_now(s, now);
	CTR(s, link_in)++;
	ip_input_frame(s, frame);
	settle(s);
	finish(s);
	s->busy = false;
}

void stk_poll(struct stk *s, uint64_t now)
{
	if (s->busy)
		return;
	s->busy = true;
	stk_set_now(s, now);
	finish(s);
	s->busy = false;
}

uint64_t stk_next_deadline(struct stk *s)
{
	uint64_t at = stk_timers_next(s), link = SK_NEVER;

	if (s->n_tx || s->loopback.n || s->more_input ||
	    !TAILQ_EMPTY(&s->tasks) || !TAILQ_EMPTY(&s->notify))
		return s->now;
	if (s->link->ops->deadline && !s->error)
		link = s->link->ops->deadline(s->link);
	return at < link ? at : link;
}

/* --- odds and ends ---------------------------------------------------------- */

uint64_t stk_keyed_hash(const struct stk *s, const void *data, size_t len)
{
	return stk_siphash(&s->secret, data, len);
}

uint32_t stk_random32(struct stk *s)
{
	/* 9 bytes, so that no hash of something else is ever the same. */
	uint8_t b[9] = { 0 };

	s->random_count++;
	memcpy(b, &s->random_count, 8);
	return (uint32_t)stk_siphash(&s->secret, b, sizeof(b));
}

uint32_t stk_random_below(struct stk *s, uint32_t n)
{
	return (uint32_t)((uint64_t)stk_random32(s) * n >> 32);
}

void stk_note(struct stk *s, bool warning, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (!s->cfg.note)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->cfg.note(s->cfg.note_arg, warning, text);
}

bool stk_is_up(const struct stk *s, int family)
{
	return !s->error && ip_is_up(s, family);
}

bool stk_carrier(const struct stk *s)
{
	return !s->error && !s->link->no_carrier;
}

bool stk_congested(const struct stk *s)
{
	return s->link->congested;
}

bool stk_is_broadcast(const struct stk *s, const struct stk_ip *ip)
{
	return ip_is_broadcast(s, ip);
}

bool stk_has_output(const struct stk *s)
{
	return s->n_tx || s->link->want_out || ip_has_output(s);
}

size_t stk_lingering(const struct stk *s)
{
	return s->n_lingering;
}
