/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --stats json: one line at stderr for each session, at its end. */
#ifndef SK_RELAY_STATS_H
#define SK_RELAY_STATS_H

#include "relay/session.h"

void sk_stats_print(const struct sk_session *s);

#endif
