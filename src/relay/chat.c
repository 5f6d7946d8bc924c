/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/chat.h"

#include "base/text.h"

static void give(struct sk_chat_line *l,
		 void (*say)(void *arg, const char *text), void *arg)
{
	char safe[4 * SK_CHAT_LINE + 1];

	if (l->len && l->text[l->len - 1] == '\r')
		l->len--;
	if (l->len)
		say(arg, sk_escape(safe, sizeof(safe), l->text, l->len));
	l->len = 0;
}

void sk_chat_feed(struct sk_chat_line *l, const char *data, size_t len,
		  void (*say)(void *arg, const char *text), void *arg)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n') {
			give(l, say, arg);
			continue;
		}
		if (l->len == SK_CHAT_LINE)
			give(l, say, arg);
		l->text[l->len++] = data[i];
	}
}

void sk_chat_end(struct sk_chat_line *l,
		 void (*say)(void *arg, const char *text), void *arg)
{
	give(l, say, arg);
}
