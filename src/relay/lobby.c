/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/lobby.h"

#include "base/units.h"
#include "relay/guests.h"

struct guest {
	struct sk_guest guest;
	struct sk_lobby *lobby;
	struct endpoint *ep;
};

struct sk_lobby {
	struct sk_guests guests;
	struct sk_tls *tls;
	sk_lobby_fn *fn;
	void *arg;
};

static void leave(struct sk_guest *guest)
{
	struct guest *g = sk_container_of(guest, struct guest, guest);

	sk_guest_gone(guest);
	endpoint_free(g->ep);
	free(g);
}

static void refuse(struct guest *g, int r, const struct sk_err *err)
{
	struct sk_lobby *lobby = g->lobby;

	leave(&g->guest);
	lobby->fn(lobby->arg, r, NULL, err);
}

static void late(struct sk_guest *guest)
{
	struct guest *g = sk_container_of(guest, struct guest, guest);
	char text[SK_UNITS_MAX];
	struct sk_err err = { 0 };
	int r = sk_fail(&err, -ETIMEDOUT, "%s: TLS handshake: timed out after "
			"%s", g->ep->name_in,
			sk_format_duration(text, guest->all->limit));

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
	leave(&g->guest);
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
	sk_guest_come(&lobby->guests, &g->guest);
	return 0;
}

struct sk_lobby *sk_lobby_new(struct sk_loop *loop, struct sk_tls *tls,
			      uint64_t limit, sk_lobby_fn *fn, void *arg)
{
	struct sk_lobby *lobby = calloc(1, sizeof(*lobby));

	if (!lobby)
		return NULL;
	sk_guests_init(&lobby->guests, loop, limit ? limit : SK_LOBBY_LIMIT,
		       late, leave);
	lobby->tls = tls;
	lobby->fn = fn;
	lobby->arg = arg;
	return lobby;
}

void sk_lobby_free(struct sk_lobby *lobby)
{
	if (lobby)
		sk_guests_fini(&lobby->guests);
	free(lobby);
}

size_t sk_lobby_count(const struct sk_lobby *lobby)
{
	return lobby ? lobby->guests.n : 0;
}
