/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Line editing at a terminal (readline), with a history per target. What
 * comes from the peer while a line is being typed is shown above it.
 */
#ifndef SK_RELAY_EDITOR_H
#define SK_RELAY_EDITOR_H

#include "net/endpoint.h"

/* Was readline compiled in? */
bool sk_editor_available(void);

/*
 * Put an editor over stdin and stdout, which must be a terminal; `in` is the
 * watch of stdin. history: name of the target ("host:80"), NULL for none.
 * Takes below, also on failure; only one at a time. 0 or negative errno.
 */
int endpoint_editor(struct endpoint **ep, struct endpoint *below,
		    struct sk_watch *in, const char *history);

#endif
