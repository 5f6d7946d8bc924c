/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzz target: what a peer or a person writes and small parsers read. The
 * first byte chooses: telnet (the next byte is where the input is cut in
 * two), escaping for a terminal, words of -e, access rules, lines of a chat.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "base/text.h"
#include "net/child.h"
#include "net/ep_filter.h"
#include "relay/access.h"
#include "relay/chat.h"

static char scratch[SK_FILTER_MAX * SK_FILTER_GROWTH + 256];

/* Cut anywhere, telnet gives the same data and the same answers. */
static void telnet(const uint8_t *data, size_t size)
{
	char state[2][64] = { { 0 } }, data_out[2][4096], reply[2][16384];
	size_t n[2] = { 0 }, replied[2] = { 0 }, cut, more = 0;

	if (size < 2 || size > 2048 ||
	    sk_filter_telnet.state_size > sizeof(state[0]))
		return;
	cut = data[0] % size;
	data++;
	size--;
	if (cut > size)
		cut = size;
	memcpy(data_out[0], data, size);
	n[0] = sk_filter_telnet.in(state[0], data_out[0], size, reply[0],
				   sizeof(reply[0]), &replied[0]);
	memcpy(data_out[1], data, cut);
	n[1] = sk_filter_telnet.in(state[1], data_out[1], cut, reply[1],
				   sizeof(reply[1]), &replied[1]);
	memcpy(data_out[1] + n[1], data + cut, size - cut);
	n[1] += sk_filter_telnet.in(state[1], data_out[1] + n[1], size - cut,
				    reply[1] + replied[1],
				    sizeof(reply[1]) - replied[1], &more);
	if (n[0] != n[1] || memcmp(data_out[0], data_out[1], n[0]) ||
	    replied[0] != replied[1] + more ||
	    memcmp(reply[0], reply[1], replied[0]))
		abort();
}

/* No byte that a terminal obeys comes out. */
static void escape(const uint8_t *data, size_t size)
{
	char state[64] = { 0 };
	size_t n;

	if (size > SK_FILTER_MAX)
		size = SK_FILTER_MAX;
	n = sk_filter_escape.out(state, scratch, (const char *)data, size);
	if (n > sizeof(scratch))
		abort();
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)scratch[i] < ' ' &&
		    !memchr("\r\n\t", scratch[i], 3))
			abort();
}

static void hex(const uint8_t *data, size_t size)
{
	char state[64] = { 0 };

	if (size > SK_FILTER_MAX)
		size = SK_FILTER_MAX;
	if (sk_filter_hex.out(state, scratch, (const char *)data, size) >
	    sizeof(scratch))
		abort();
}

static void words(const char *text)
{
	struct sk_err err = { 0 };
	char **argv;

	if (sk_split_words(&argv, text, &err) < 0)
		return;
	for (size_t i = 0; argv[i]; i++)
		if (strlen(argv[i]) > strlen(text))
			abort();
	free(argv);
}

/* Names would be looked up: numbers only. */
static void access_rules(const char *text)
{
	struct sk_access *a = sk_access_new();
	struct sk_addr v4 = { .len = sizeof(v4.in),
			      .in = { .sin_family = AF_INET } };
	struct sk_err err = { 0 };

	if (a && text[strspn(text, "0123456789.:/[],abcdefABCDEF \n")] == '\0' &&
	    sk_access_add(a, true, text, &err) >= 0)
		sk_access_allows(a, &v4);
	sk_access_free(a);
}

static void heard(void *arg, const char *text)
{
	(void)arg;
	for (; *text; text++)
		if ((unsigned char)*text < ' ')
			abort();
}

static void chat(const uint8_t *data, size_t size)
{
	struct sk_chat_line *l = calloc(1, sizeof(*l));

	if (!l)
		return;
	sk_chat_feed(l, (const char *)data, size, heard, NULL);
	sk_chat_end(l, heard, NULL);
	free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size || size > 8192)
		return 0;
	text = malloc(size);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (data[0] % 6) {
	case 0:
		telnet(data + 1, size - 1);
		break;
	case 1:
		escape(data + 1, size - 1);
		break;
	case 2:
		words(text);
		break;
	case 3:
		access_rules(text);
		break;
	case 4:
		chat(data + 1, size - 1);
		break;
	case 5:
		hex(data + 1, size - 1);
		break;
	}
	free(text);
	return 0;
}
