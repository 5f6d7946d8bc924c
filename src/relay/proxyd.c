/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest's way: asking (a conversation), dialing, and being told; a plain
 * HTTP request is passed on to the origin before the session begins.
 */
#include "relay/proxyd.h"

#include "base/log.h"
#include "base/units.h"
#include "relay/assoc.h"
#include "relay/guests.h"

struct guest {
	struct sk_guest guest;
	struct sk_proxyd *proxyd;
	struct endpoint *client, *origin;
	struct sk_conv conv;
	struct sk_talk *talk;
	struct sk_dial *dial;
	struct sk_assoc *assoc;	/* instead: its datagrams are relayed */
	char *request;		/* that the origin is to get, and … */
	size_t sent, len;	/* … how much it has of it */
};

struct sk_proxyd {
	struct sk_guests guests;
	enum sk_proxy_type type;
	const char *auth;
	const struct sk_net_opts *opts;
	uint64_t idle;
	sk_proxyd_fn *fn;
	void *arg;
};

static void leave(struct sk_guest *guest)
{
	struct guest *g = sk_container_of(guest, struct guest, guest);

	sk_guest_gone(guest);
	sk_talk_free(g->talk);
	sk_dial_free(g->dial);
	sk_assoc_free(g->assoc);
	sk_conv_fini(&g->conv);
	endpoint_free(g->client);
	endpoint_free(g->origin);
	free(g->request);
	free(g);
}

static void refuse(struct guest *g, int r, const struct sk_err *why)
{
	struct sk_proxyd *d = g->proxyd;
	struct sk_err err = { 0 };

	sk_fail(&err, r, "%s: %s", g->client->name_in, why->text);
	/* What was said may be all it gets: let it come before the end. */
	endpoint_shutdown(g->client);
	leave(&g->guest);
	d->fn(d->arg, r, NULL, NULL, &err);
}

static void late(struct sk_guest *guest)
{
	struct guest *g = sk_container_of(guest, struct guest, guest);
	char text[SK_UNITS_MAX];
	struct sk_err err = { 0 };
	int r = sk_fail(&err, -ETIMEDOUT, "no request within %s",
			sk_format_duration(text, guest->all->limit));

	refuse(g, r, &err);
}

/* --- the origin is there, or is not -------------------------------------- */

static void admitted(struct guest *g)
{
	struct sk_proxyd *d = g->proxyd;
	struct endpoint *client = g->client, *origin = g->origin;
	struct sk_err err = { 0 };

	g->client = g->origin = NULL;
	leave(&g->guest);
	d->fn(d->arg, 0, origin, client, &err);
}

static void send_request(struct guest *g)
{
	struct sk_err err = { 0 };
	struct iovec iov;
	ssize_t n;

	while (g->sent < g->len) {
		iov = (struct iovec){ g->request + g->sent, g->len - g->sent };
		n = endpoint_send(g->origin, &iov, 1);
		if (n == -EAGAIN) {
			endpoint_want(g->origin, SK_OUT);
			return;
		}
		if (n < 0) {
			refuse(g, sk_fail(&err, (int)n, "%s: %s",
					  g->origin->name_in,
					  sk_strerror((int)n)), &err);
			return;
		}
		g->sent += (size_t)n;
	}
	endpoint_want(g->origin, 0);
	admitted(g);
}

static void on_origin(struct endpoint *origin)
{
	send_request(origin->owner);
}

static void pass_on(struct guest *g)
{
	struct sk_err err = { 0 };

	g->request = sk_conv_forward(&g->conv, &g->len);
	if (!g->request) {
		refuse(g, sk_fail(&err, -ENOMEM, "%s", sk_strerror(ENOMEM)),
		       &err);
		return;
	}
	g->origin->owner = g;
	g->origin->ready = on_origin;
	send_request(g);
}

/* The last word to the client: "go ahead", or why not. */
static void tell(struct guest *g, int r, const struct sk_err *why)
{
	struct sk_addr local = { 0 };
	struct iovec iov;
	ssize_t n;

	if (g->assoc)
		local = *sk_assoc_addr(g->assoc);
	if (g->origin)
		endpoint_local(g->origin, &local);
	sk_conv_answer(&g->conv, r, &local, why->text);
	/* A few bytes into a buffer that is empty. */
	iov = (struct iovec){ g->conv.out, g->conv.out_len };
	n = g->conv.out_len ? endpoint_send(g->client, &iov, 1) : 0;
	if (r >= 0 && n < (ssize_t)g->conv.out_len) {
		struct sk_err err = { 0 };

		r = n < 0 ? (int)n : -EIO;
		sk_fail(&err, r, "%s", sk_strerror(r));
		refuse(g, r, &err);
	} else if (r < 0) {
		refuse(g, r, why);
	} else if (g->conv.plain) {
		pass_on(g);
	} else if (!g->assoc) {
		admitted(g);
	}
}

static void dialed(struct sk_dial *dial, int r, struct endpoint *ep,
		   const struct sk_err *err, void *arg)
{
	struct guest *g = arg;

	(void)dial;
	g->origin = ep;
	tell(g, r, err);
}

/* --- datagrams ----------------------------------------------------------- */

static void assoc_over(struct sk_assoc *a, void *arg)
{
	struct guest *g = arg;
	struct sk_proxyd *d = g->proxyd;
	struct sk_err err = { 0 };

	(void)a;
	leave(&g->guest);
	d->fn(d->arg, 0, NULL, NULL, &err);
}

static void begin_assoc(struct guest *g)
{
	struct sk_proxyd *d = g->proxyd;
	struct sk_err err = { 0 };
	char text[SK_ADDR_TEXT_MAX];
	int r = sk_assoc_new(&g->assoc, g->client, &g->conv.bound, d->idle,
			     d->opts, assoc_over, g, &err);

	if (r >= 0)
		sk_info("%s: datagrams are relayed at %s", g->client->name_in,
			sk_addr_format(text, sk_assoc_addr(g->assoc)));
	tell(g, r, &err);
}

/* --- the request --------------------------------------------------------- */

static void asked(int r, const struct sk_err *err, void *arg)
{
	struct guest *g = arg;
	struct sk_err none = { 0 };
	char to[SK_ADDR_TEXT_MAX];

	sk_timer_stop(&g->guest.limit);
	if (r < 0) {
		refuse(g, r, err);
		return;
	}
	if (g->conv.associate) {
		begin_assoc(g);
		return;
	}
	sk_info("%s: asks for %s", g->client->name_in,
		sk_target_format(to, &g->conv.target));
	g->dial = sk_dial_start(g->guest.all->loop, &g->conv.target,
				g->proxyd->opts, dialed, g);
	if (!g->dial)
		refuse(g, sk_fail(&none, -ENOMEM, "%s", sk_strerror(ENOMEM)),
		       &none);
}

int sk_proxyd_enter(struct sk_proxyd *d, struct endpoint *client)
{
	struct guest *g = calloc(1, sizeof(*g));

	if (!g) {
		endpoint_free(client);
		return -ENOMEM;
	}
	g->proxyd = d;
	g->client = client;
	sk_guest_come(&d->guests, &g->guest);
	if (sk_conv_server(&g->conv, d->type, d->auth) >= 0)
		g->talk = sk_talk_start(client, &g->conv, asked, g);
	if (!g->talk) {
		leave(&g->guest);
		return -ENOMEM;
	}
	return 0;
}

/* --- life ---------------------------------------------------------------- */

struct sk_proxyd *sk_proxyd_new(struct sk_loop *loop, enum sk_proxy_type type,
				const char *auth, const struct sk_net_opts *o,
				uint64_t idle, sk_proxyd_fn *fn, void *arg)
{
	struct sk_proxyd *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	sk_guests_init(&d->guests, loop, o->wait ? o->wait : SK_PROXYD_LIMIT,
		       late, leave);
	d->type = type;
	d->auth = auth;
	d->opts = o;
	d->idle = idle;
	d->fn = fn;
	d->arg = arg;
	return d;
}

void sk_proxyd_free(struct sk_proxyd *d)
{
	if (d)
		sk_guests_fini(&d->guests);
	free(d);
}

size_t sk_proxyd_count(const struct sk_proxyd *d)
{
	return d ? d->guests.n : 0;
}
