/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One stdin and stdout for many sessions (listen -k).
 *
 * Each session gets a port of the hub as its local end. What a port is sent
 * goes to stdout; what stdin gives goes to every port that is open at that
 * time. stdin is read once, into a log of chunks that each port reads at its
 * own pace, so a slow client holds up nobody; one that falls too far behind
 * the fastest is cut off with a word. While nobody is there, or nobody is
 * ready, stdin is left alone.
 *
 * A broker is the same without stdio: the log is what the ports were sent.
 */
#ifndef SK_RELAY_HUB_H
#define SK_RELAY_HUB_H

#include "net/endpoint.h"

#define SK_HUB_LAG (64 << 20)	/* bytes a port may be behind */

struct sk_hub;

/* Takes stdio, also on failure. NULL without memory. */
struct sk_hub *sk_hub_new(struct endpoint *stdio);
/*
 * A hub without stdin and stdout: what one port is sent goes to all others.
 * With `chat`, in whole lines as "<user3> hello", with a word when somebody
 * joins or leaves. NULL without memory.
 */
struct sk_hub *sk_hub_new_broker(struct sk_loop *loop, bool chat);
/* All ports must be gone. NULL is fine. */
void sk_hub_free(struct sk_hub *hub);
/* A new port. 0 or negative errno. */
int sk_hub_port(struct sk_hub *hub, struct endpoint **ep);

#endif
