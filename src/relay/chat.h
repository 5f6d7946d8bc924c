/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes of a chat member into lines that are safe to show to others: each
 * whole line once, its control bytes escaped, its length bounded.
 */
#ifndef SK_RELAY_CHAT_H
#define SK_RELAY_CHAT_H

#include <stddef.h>

#define SK_CHAT_LINE 1024	/* longer lines are parted */

struct sk_chat_line {
	size_t len;
	char text[SK_CHAT_LINE];
};

/*
 * Take bytes; say(arg, text) is called with each line that is complete, made
 * safe by sk_escape() and without its line end.
 */
void sk_chat_feed(struct sk_chat_line *l, const char *data, size_t len,
		  void (*say)(void *arg, const char *text), void *arg);
/* The end: what is left is a line too. */
void sk_chat_end(struct sk_chat_line *l,
		 void (*say)(void *arg, const char *text), void *arg);

#endif
