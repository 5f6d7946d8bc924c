/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/lobby.h"

#include "base/units.h"

struct guest {
	LIST_ENTRY(guest) link;
	struct sk_lobby *lobby;
	struct endpoint *ep;
	struct sk_timer limit;
};

struct sk_lobby {
	struct sk_loop *loop;
	struct sk_tls *tls;
	uint64_t limit;
	sk_lobby_fn *fn;
	void *arg;
	LIST_HEAD(guest_list, guest) guests;
	size_t n;
};

static void leave(struct guest *g)
{
	sk_timer_stop(&g->limit);
	LIST_REMOVE(g, link);
	g->lobby->n--;
	endpoint_free(g->ep);
	free(g);
}

static void refuse(struct guest *g, int r, const struct sk_err *err)
{
	struct sk_lobby *lobby = g->lobby;

	leave(g);
	lobby->fn(lobby->arg, r, NULL, err);
}

static void on_limit(struct sk_timer *t)
{
	struct guest *g = sk_container_of(t, struct guest, limit);
	char text[SK_UNITS_MAX];
	struct sk_err err = { 0 };
	int r = sk_fail(&err, -ETIMEDOUT, "%s: TLS handshake: timed out after "
			"%s", g->ep->name_in,
			sk_format_duration(text, g->lobby->limit));

	refuse(g, r, &err);
}

static void tls_done(struct endpoint *ep, int r, const struct sk_err *err,
		     void *arg)
{
	struct guest *g = arg;
	struct sk_lobby *lobby = g->lobby;

	if (r < 0) {
		refuse(g, r, err);
		return;
	}
	g->ep = NULL;
	leave(g);
	lobby->fn(lobby->arg, 0, ep, err);
}

int sk_lobby_enter(struct sk_lobby *lobby, struct endpoint *ep)
{
	struct guest *g = calloc(1, sizeof(*g));

	if (!g) {
		endpoint_free(ep);
		return -ENOMEM;
	}
	g->lobby = lobby;
	g->ep = sk_tls_start(lobby->tls, ep, "", tls_done, g);
	if (!g->ep) {
		free(g);
		return -ENOMEM;
	}
	LIST_INSERT_HEAD(&lobby->guests, g, link);
	lobby->n++;
	sk_timer_init(&g->limit, lobby->loop, on_limit);
	sk_timer_in(&g->limit, lobby->limit);
	return 0;
}

struct sk_lobby *sk_lobby_new(struct sk_loop *loop, struct sk_tls *tls,
			      uint64_t limit, sk_lobby_fn *fn, void *arg)
{
	struct sk_lobby *lobby = calloc(1, sizeof(*lobby));

	if (!lobby)
		return NULL;
	lobby->loop = loop;
	lobby->tls = tls;
	lobby->limit = limit ? limit : SK_LOBBY_LIMIT;
	lobby->fn = fn;
	lobby->arg = arg;
	LIST_INIT(&lobby->guests);
	return lobby;
}

void sk_lobby_free(struct sk_lobby *lobby)
{
	struct guest *g;

	if (!lobby)
		return;
	while ((g = LIST_FIRST(&lobby->guests)))
		leave(g);
	free(lobby);
}

size_t sk_lobby_count(const struct sk_lobby *lobby)
{
	return lobby ? lobby->n : 0;
}
