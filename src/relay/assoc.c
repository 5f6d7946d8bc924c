/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *	client ◄─► inner ─ header off ─► outer ◄─► the world
 *	                 ◄─ header on ──
 *
 * What cannot be passed on at once is dropped, as datagrams may be: full
 * sockets, fragments, headers that are none, names that are not found. The
 * one thing that waits is the first datagram to a name that is looked up.
 */
#include "relay/assoc.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/text.h"
#include "net/socks.h"

#define ROOM (64 << 10)
#define NAMES 8			/* looked up, or being looked up */
#define FRIENDS 64		/* addresses that may answer */
#define TURN 8			/* batches before others may run */

/* A name of the client's, and what it means. */
struct name {
	struct sk_assoc *assoc;
	char host[256];
	uint16_t port;
	struct sk_addr addr;	/* len 0: not known yet */
	struct sk_resolve *resolve;
	uint64_t used;
	char *held;		/* waits for the address; or NULL */
	size_t held_len;
};

struct sk_assoc {
	struct endpoint *control;
	struct sk_loop *loop;
	struct sk_net_opts opts;
	struct sk_dgram *inner, *outer[2]; /* IPv4, IPv6; NULL: not yet */
	struct sk_addr client;	/* port 0: not known yet */
	struct sk_addr friend[FRIENDS];
	size_t next_friend;
	struct name names[NAMES];
	struct sk_dgram_batch batch;
	char *out;		/* header and payload */
	struct sk_timer idle;
	struct sk_task more;
	uint64_t idle_us, last;
	uint64_t passed[2], dropped; /* to the world, to the client */
	sk_assoc_fn *fn;
	void *arg;
};

static void pass_on(struct sk_assoc *a, struct sk_dgram *d,
		    const struct sk_addr *to, void *data, size_t len,
		    uint64_t *count)
{
	struct sk_dgram_to where = { .to = to };
	struct iovec iov = { data, len };
	struct sk_dgram_error e;

	if (sk_dgram_send(d, &where, &iov, 1) == 1)
		++*count;
	else
		a->dropped++;
	/* ICMP about one destination concerns no other. */
	while (d->has_error && sk_dgram_error(d, &e))
		;
	d->has_error = false;
}

/* --- to the world -------------------------------------------------------- */

static bool is_friend(const struct sk_assoc *a, const struct sk_addr *addr)
{
	for (size_t i = 0; i < FRIENDS; i++)
		if (sk_addr_equal(&a->friend[i], addr))
			return true;
	return false;
}

static void on_outer(struct sk_dgram *d);

static struct sk_dgram *outer_for(struct sk_assoc *a, int family)
{
	static const struct sk_udp_opts plain = { .no_gro = true };
	struct sk_dgram *d = a->outer[family == AF_INET6];
	struct sk_addr any;
	struct sk_err err = { 0 };

	if (d)
		return d;
	memset(&any, 0, sizeof(any));
	any.len = family == AF_INET6 ? sizeof(any.in6) : sizeof(any.in);
	any.sa.sa_family = (sa_family_t)family;
	if (sk_udp_bind_addr(&d, a->loop, &any, &a->opts, &plain, &err) < 0) {
		sk_debug("%s", err.text);
		return NULL;
	}
	d->ready = on_outer;
	d->owner = a;
	sk_watch_want(&d->watch, SK_IN);
	return a->outer[family == AF_INET6] = d;
}

static void send_out(struct sk_assoc *a, const struct sk_addr *to, void *data,
		     size_t len)
{
	struct sk_dgram *d = outer_for(a, to->sa.sa_family);

	if (!d || !sk_addr_port(to)) {
		a->dropped++;
		return;
	}
	if (!is_friend(a, to)) {
		a->friend[a->next_friend] = *to;
		a->next_friend = (a->next_friend + 1) % FRIENDS;
	}
	pass_on(a, d, to, data, len, &a->passed[0]);
}

/* --- names --------------------------------------------------------------- */

static void name_clear(struct name *n)
{
	sk_resolve_free(n->resolve);
	free(n->held);
	memset(n, 0, sizeof(*n));
}

static void resolved(struct sk_resolve *res, int r,
		     const struct sk_addrs *addrs, const struct sk_err *err,
		     void *arg)
{
	struct name *n = arg;

	sk_resolve_free(res);
	n->resolve = NULL;
	if (r < 0) {
		sk_info("%s: %s", n->assoc->control->name_in, err->text);
		n->assoc->dropped += n->held != NULL;
		name_clear(n);
		return;
	}
	n->addr = addrs->v[0];
	if (n->held)
		send_out(n->assoc, &n->addr, n->held, n->held_len);
	free(n->held);
	n->held = NULL;
}

/* The one there is, or the one unused for longest. */
static struct name *name_slot(struct sk_assoc *a, const char *host,
			      uint16_t port)
{
	struct name *oldest = &a->names[0];

	for (size_t i = 0; i < NAMES; i++) {
		struct name *n = &a->names[i];

		if (n->used && n->port == port && !strcmp(n->host, host))
			return n;
		if (n->used < oldest->used)
			oldest = n;
	}
	return oldest;
}

static void look_up(struct sk_assoc *a, struct name *n,
		    const struct sk_socks_addr *to)
{
	struct sk_target t;
	char port[8];

	name_clear(n);
	n->assoc = a;
	n->port = to->port;
	sk_copy(n->host, sizeof(n->host), to->name);
	snprintf(port, sizeof(port), "%d", to->port);
	if (sk_target_parse_pair(&t, n->host, port, NULL) >= 0)
		n->resolve = sk_resolve_start(a->loop, &t, &a->opts, false,
					      resolved, n);
}

static void send_to_name(struct sk_assoc *a, const struct sk_socks_addr *to,
			 void *data, size_t len)
{
	struct name *n = name_slot(a, to->name, to->port);

	if (!n->used || n->port != to->port || strcmp(n->host, to->name) != 0)
		look_up(a, n, to);
	n->used = a->last;
	if (n->addr.len) {
		send_out(a, &n->addr, data, len);
		return;
	}
	if (n->resolve && !n->held) {
		n->held = malloc(len + 1);
		n->held_len = len;
		if (n->held)
			memcpy(n->held, data, len);
	} else {
		a->dropped++;
	}
	if (!n->resolve)
		name_clear(n);
}

/* --- from the client ----------------------------------------------------- */

static bool is_client(struct sk_assoc *a, const struct sk_addr *from)
{
	struct sk_addr expected = a->client;

	if (!sk_addr_port(&expected))
		sk_addr_set_port(&expected, (uint16_t)sk_addr_port(from));
	if (!sk_addr_equal(&expected, from))
		return false;
	a->client = expected;
	return true;
}

static void take_inner(struct sk_assoc *a, struct sk_dgram_slot *s)
{
	struct sk_socks_addr to;
	int n = sk_socks_head_take(&to, (const void *)s->data, s->len);

	if (n < 0 || s->cut || !is_client(a, &s->from)) {
		a->dropped++;
		return;
	}
	a->last = a->loop->now;
	if (to.addr.len)
		send_out(a, &to.addr, s->data + n, s->len - (size_t)n);
	else
		send_to_name(a, &to, s->data + n, s->len - (size_t)n);
}

static void take_outer(struct sk_assoc *a, const struct sk_dgram_slot *s)
{
	size_t n;

	if (!is_friend(a, &s->from) || !sk_addr_port(&a->client) || s->cut) {
		a->dropped++;
		return;
	}
	a->last = a->loop->now;
	n = sk_socks_head_put((unsigned char *)a->out, &s->from);
	memcpy(a->out + n, s->data, s->len);
	pass_on(a, a->inner, &a->client, a->out, n + s->len, &a->passed[1]);
}

/* true: there may be more. */
static bool receive(struct sk_assoc *a, struct sk_dgram *d)
{
	struct sk_dgram_error e;
	int r;

	for (int turn = 0; d && turn < TURN; turn++) {
		r = sk_dgram_recv(d, &a->batch, SK_DGRAM_SLOTS);
		if (r == -EAGAIN)
			return false;
		while (r < 0 && sk_dgram_error(d, &e))
			;
		for (int i = 0; i < r; i++)
			if (d == a->inner)
				take_inner(a, &a->batch.slot[i]);
			else
				take_outer(a, &a->batch.slot[i]);
	}
	return d;
}

static void on_more(struct sk_task *t)
{
	struct sk_assoc *a = sk_container_of(t, struct sk_assoc, more);
	bool more = receive(a, a->inner);

	more |= receive(a, a->outer[0]);
	more |= receive(a, a->outer[1]);
	if (more)
		sk_task_post(a->loop, &a->more);
}

static void on_inner(struct sk_dgram *d)
{
	struct sk_assoc *a = d->owner;

	sk_task_post(a->loop, &a->more);
}

static void on_outer(struct sk_dgram *d)
{
	on_inner(d);
}

/* --- ends ---------------------------------------------------------------- */

static void on_control(struct endpoint *control)
{
	struct sk_assoc *a = control->owner;
	char buf[512];
	ssize_t n;

	/* Nothing that is said there has a meaning; its end has. */
	n = endpoint_recv(control, buf, sizeof(buf));
	if (n > 0 || n == -EAGAIN)
		return;
	a->fn(a, a->arg);
}

static void on_idle(struct sk_timer *t)
{
	struct sk_assoc *a = sk_container_of(t, struct sk_assoc, idle);

	if (a->loop->now < a->last + a->idle_us) {
		sk_timer_at(t, a->last + a->idle_us);
		return;
	}
	sk_info("%s: idle, the association is over", a->control->name_in);
	a->fn(a, a->arg);
}

/* The address of its connection, and the port that it has named. */
static int set_client(struct sk_assoc *a, const struct sk_addr *from,
		      struct sk_err *err)
{
	a->client = *endpoint_peer(a->control);
	if (a->client.sa.sa_family != AF_INET &&
	    a->client.sa.sa_family != AF_INET6)
		return sk_fail(err, -EOPNOTSUPP, "datagrams are relayed for "
			       "clients with an internet address only");
	sk_addr_set_port(&a->client,
			 from->len ? (uint16_t)sk_addr_port(from) : 0);
	return 0;
}

static int open_inner(struct sk_assoc *a, struct sk_err *err)
{
	static const struct sk_udp_opts plain = { .no_gro = true };
	struct sk_addr at;
	int r = sk_addr_local(&at, endpoint_socket_fd(a->control));

	if (r < 0)
		return sk_fail(err, r, "%s", sk_strerror(r));
	sk_addr_set_port(&at, 0);
	r = sk_udp_bind_addr(&a->inner, a->loop, &at, &a->opts, &plain, err);
	if (r < 0)
		return r;
	a->inner->ready = on_inner;
	a->inner->owner = a;
	sk_watch_want(&a->inner->watch, SK_IN);
	return 0;
}

int sk_assoc_new(struct sk_assoc **assoc, struct endpoint *control,
		 const struct sk_addr *from, uint64_t idle,
		 const struct sk_net_opts *o, sk_assoc_fn *fn, void *arg,
		 struct sk_err *err)
{
	struct sk_assoc *a = calloc(1, sizeof(*a));
	int r;

	if (!a)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	a->control = control;
	a->loop = control->loop;
	/* Options of sockets are meant for those of streams. */
	a->opts = *o;
	a->opts.n_sockopts = 0;
	a->fn = fn;
	a->arg = arg;
	a->idle_us = idle;
	a->last = a->loop->now;
	sk_timer_init(&a->idle, a->loop, on_idle);
	sk_task_init(&a->more, on_more);
	a->out = malloc(SK_SOCKS_HEAD_MAX + ROOM);
	if (!a->out || sk_dgram_batch_init(&a->batch, ROOM) < 0)
		r = sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	else if ((r = set_client(a, from, err)) >= 0)
		r = open_inner(a, err);
	if (r < 0) {
		sk_assoc_free(a);
		return r;
	}
	if (idle)
		sk_timer_in(&a->idle, idle);
	control->owner = a;
	control->ready = on_control;
	endpoint_want(control, SK_IN);
	*assoc = a;
	return 0;
}

void sk_assoc_free(struct sk_assoc *a)
{
	if (!a)
		return;
	if (a->inner)
		sk_info("%s: datagrams relayed: %" PRIu64 " out, %" PRIu64
			" in, %" PRIu64 " dropped", a->control->name_in,
			a->passed[0], a->passed[1], a->dropped);
	sk_timer_stop(&a->idle);
	sk_task_cancel(a->loop, &a->more);
	for (size_t i = 0; i < NAMES; i++)
		name_clear(&a->names[i]);
	sk_dgram_free(a->inner);
	sk_dgram_free(a->outer[0]);
	sk_dgram_free(a->outer[1]);
	sk_dgram_batch_fini(&a->batch);
	free(a->out);
	free(a);
}

const struct sk_addr *sk_assoc_addr(const struct sk_assoc *a)
{
	return &a->inner->addr;
}
