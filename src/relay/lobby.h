/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Clients between accept(2) and their session, while they shake hands. None
 * holds up another, and none may stay for longer than the limit.
 */
#ifndef SK_RELAY_LOBBY_H
#define SK_RELAY_LOBBY_H

#include "net/endpoint.h"
#include "net/tls.h"

#define SK_LOBBY_LIMIT (30 * SK_SEC) /* when the user sets none */

struct sk_lobby;

/* r 0: the peer is the callee's; r < 0: err has the sentence. */
typedef void sk_lobby_fn(void *arg, int r, struct endpoint *peer,
			 const struct sk_err *err);

/* limit: µs, 0 for SK_LOBBY_LIMIT. NULL without memory. */
struct sk_lobby *sk_lobby_new(struct sk_loop *loop, struct sk_tls *tls,
			      uint64_t limit, sk_lobby_fn *fn, void *arg);
/* Those who wait are closed. NULL is fine. */
void sk_lobby_free(struct sk_lobby *lobby);
/* Takes ep, also on failure. 0 or a negative errno. */
int sk_lobby_enter(struct sk_lobby *lobby, struct endpoint *ep);
size_t sk_lobby_count(const struct sk_lobby *lobby);

#endif
