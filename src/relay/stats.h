/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --stats json: a line at stderr for each session, or peer, at its end. */
#ifndef SK_RELAY_STATS_H
#define SK_RELAY_STATS_H

#include "relay/peers.h"
#include "relay/session.h"

void sk_stats_print(const struct sk_session *s);
/* The same of datagrams; why: what ended it, NULL: nothing bad. */
void sk_stats_print_peer(const struct sk_peer *p, const char *why);

#endif
