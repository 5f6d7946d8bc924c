/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/hosts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/out.h"
#include "base/text.h"

#define FILE_MAX (64 << 10)
#define LINE_WORDS 64

static const char *const over_ssh[] = { "ssh", "-o", "BatchMode=yes",
					"-o", "ConnectTimeout=10" };
#define N_SSH (sizeof(over_ssh) / sizeof(*over_ssh))

static void host_fini(struct bench_host *h)
{
	free(h->name);
	free(h->address);
	free(h->command);
	for (size_t i = 0; i < h->n_via; i++)
		free(h->via[i]);
	free(h->via);
}

void bench_hosts_fini(struct bench_hosts *h)
{
	for (size_t i = 0; i < h->n; i++)
		host_fini(&h->v[i]);
	free(h->v);
	*h = (struct bench_hosts){ NULL, 0 };
}

/* --- reading -------------------------------------------------------------- */

struct word {
	const char *at;
	size_t len;
};

/* The words of a line up to '#'. Their number; more than max is max + 1. */
static size_t split(struct word *words, size_t max, const char *at,
		    const char *end)
{
	size_t n = 0;

	while (at < end && n <= max) {
		const char *from;

		while (at < end && strchr(" \t\r", *at))
			at++;
		if (at == end || *at == '#')
			break;
		for (from = at; at < end && !strchr(" \t\r", *at); at++)
			;
		if (n < max)
			words[n] = (struct word){ from, (size_t)(at - from) };
		n++;
	}
	return n;
}

static bool begins(const struct word *w, const char *with)
{
	size_t n = strlen(with);

	return w->len >= n && !memcmp(w->at, with, n);
}

static int keep(char **to, const char *at, size_t len)
{
	free(*to);
	*to = strndup(at, len);
	return *to ? 0 : -ENOMEM;
}

static int keep_via(struct bench_host *h, const struct word *words, size_t n)
{
	h->via = calloc(n + 1, sizeof(*h->via));
	if (!h->via)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++, h->n_via++)
		if (keep(&h->via[i], words[i].at, words[i].len) < 0)
			return -ENOMEM;
	return 0;
}

/* "user@host" is reached at "host". */
static int keep_name(struct bench_host *h, const struct word *w)
{
	const char *at = memchr(w->at, '@', w->len);
	int r = keep(&h->name, w->at, w->len);

	if (r >= 0)
		r = at ? keep(&h->address, at + 1,
			      w->len - (size_t)(at + 1 - w->at)) :
			 keep(&h->address, w->at, w->len);
	return r >= 0 ? keep(&h->command, "sockkit", 7) : r;
}

static int bad(struct sk_err *err, size_t line, const char *what,
	       const struct word *w)
{
	char shown[64];

	return sk_usage(err, "line %zu: %s: '%s'", line, what,
			sk_escape(shown, sizeof(shown), w->at, w->len));
}

static int take_words(struct bench_host *h, const struct word *w, size_t n,
		      size_t line, struct sk_err *err)
{
	int r = 0;

	/* ssh would take "-x" for an option; "me@" has no address. */
	if (*w->at == '-' || w->at[w->len - 1] == '@')
		return bad(err, line, "not the name of a host", w);
	r = keep_name(h, w);
	for (size_t i = 1; i < n && r >= 0; i++) {
		if (begins(&w[i], "address=") && w[i].len > 8)
			r = keep(&h->address, w[i].at + 8, w[i].len - 8);
		else if (begins(&w[i], "command=") && w[i].len > 8)
			r = keep(&h->command, w[i].at + 8, w[i].len - 8);
		else if (w[i].len == 3 && begins(&w[i], "via") && i + 1 < n)
			return keep_via(h, w + i + 1, n - i - 1);
		else
			return bad(err, line, "neither address=ADDR nor "
				   "command=PATH nor via PREFIX", &w[i]);
	}
	return r;
}

static int take_line(struct bench_hosts *h, const char *at, const char *end,
		     size_t line, struct sk_err *err)
{
	struct word words[LINE_WORDS];
	size_t n = split(words, LINE_WORDS, at, end);
	struct bench_host *grown;
	int r;

	if (!n)
		return 0;
	if (n > LINE_WORDS)
		return sk_usage(err, "line %zu: more than %d words", line,
				LINE_WORDS);
	if (h->n == BENCH_HOSTS_MAX)
		return sk_usage(err, "more than %d hosts", BENCH_HOSTS_MAX);
	grown = reallocarray(h->v, h->n + 1, sizeof(*grown));
	if (!grown)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	h->v = grown;
	memset(&h->v[h->n], 0, sizeof(*grown));
	r = take_words(&h->v[h->n++], words, n, line, err);
	return r == -ENOMEM ? sk_fail(err, r, "%s", sk_strerror(r)) : r;
}

int bench_hosts_parse(struct bench_hosts *h, const char *text, size_t len,
		      struct sk_err *err)
{
	const char *at = text, *end = text + len;
	int r = 0;

	*h = (struct bench_hosts){ NULL, 0 };
	if (memchr(text, '\0', len))
		return sk_usage(err, "this is no text");
	for (size_t line = 1; at < end && r >= 0; line++) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));

		nl = nl ? nl : end;
		r = take_line(h, at, nl, line, err);
		at = nl + 1;
	}
	if (r >= 0 && h->n < 2)
		return sk_usage(err, "a server and a client are needed, each "
				     "on a line");
	return r;
}

int bench_hosts_read(struct bench_hosts *h, const char *path,
		     struct sk_err *err)
{
	SK_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *text = fd < 0 ? NULL : malloc(FILE_MAX + 1), shown[200];
	struct sk_err why = { 0 };
	size_t len = 0;
	ssize_t n = 0;
	int r;

	*h = (struct bench_hosts){ NULL, 0 };
	sk_escape(shown, sizeof(shown), path, strlen(path));
	while (text && len <= FILE_MAX &&
	       (n = read(fd, text + len, FILE_MAX + 1 - len)) > 0)
		len += (size_t)n;
	if (!text || n < 0) {
		r = sk_fail(err, -errno, "%s: %s", shown, sk_strerror(errno));
		free(text);
		return r;
	}
	r = len > FILE_MAX ? sk_usage(&why, "more than 64 KiB") :
			     bench_hosts_parse(h, text, len, &why);
	free(text);
	if (r == -EINVAL)
		return sk_usage(err, "%s: %s", shown, why.text);
	return r < 0 ? sk_fail(err, r, "%s: %s", shown, why.text) : 0;
}

/* --- commands ------------------------------------------------------------- */

void bench_words_free(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

static bool is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_@%+=:,./-";

	return *word && !word[strspn(word, plain)];
}

/* Within '…' nothing is special but the quote itself: '\''. */
static void quote(struct sk_out *out, const char *word)
{
	if (is_plain(word)) {
		sk_out_str(out, word);
		return;
	}
	sk_out_char(out, '\'');
	for (; *word; word++)
		if (*word == '\'')
			sk_out_str(out, "'\\''");
		else
			sk_out_char(out, *word);
	sk_out_char(out, '\'');
}

char *bench_quote(char *const *words)
{
	struct sk_out out;
	char *text = NULL;

	sk_out_init(&out, -1);
	for (size_t i = 0; words[i]; i++) {
		if (i)
			sk_out_char(&out, ' ');
		quote(&out, words[i]);
	}
	if (!out.error)
		text = strndup(out.buf ? out.buf : "", out.len);
	sk_out_fini(&out);
	return text;
}

static bool is_ssh(const struct bench_host *h)
{
	const char *slash;

	if (!h->via)
		return true;
	slash = strrchr(h->via[0], '/');
	return !strcmp(slash ? slash + 1 : h->via[0], "ssh");
}

static bool add(char **words, size_t *n, const char *word)
{
	words[*n] = word ? strdup(word) : NULL;
	return words[*n] && ++*n;
}

static bool add_way(char **words, size_t *n, const struct bench_host *h)
{
	bool good = true;

	for (size_t i = 0; i < h->n_via && good; i++)
		good = add(words, n, h->via[i]);
	for (size_t i = 0; i < N_SSH && !h->via && good; i++)
		good = add(words, n, over_ssh[i]);
	return good && (h->via || add(words, n, h->name));
}

/* The command and its words; as one text where a shell is going to read it. */
static bool add_command(char **words, size_t *n, const struct bench_host *h,
			char *const *args, size_t n_args)
{
	char **all = calloc(n_args + 2, sizeof(*all)), *line = NULL;
	bool good = all != NULL;

	if (!all)
		return false;
	all[0] = h->command;
	for (size_t i = 0; i < n_args; i++)
		all[i + 1] = args[i];
	if (is_ssh(h)) {
		line = bench_quote(all);
		good = add(words, n, line);
	} else {
		for (size_t i = 0; all[i] && good; i++)
			good = add(words, n, all[i]);
	}
	free(line);
	free(all);
	return good;
}

char **bench_host_argv(const struct bench_host *h, char *const *args)
{
	size_t n_args = 0, n = 0;
	char **words;

	while (args[n_args])
		n_args++;
	words = calloc(h->n_via + N_SSH + n_args + 3, sizeof(*words));
	if (words && add_way(words, &n, h) &&
	    add_command(words, &n, h, args, n_args))
		return words;
	bench_words_free(words);
	return NULL;
}

char *bench_host_line(const struct bench_host *h, char *const *args)
{
	char **words = bench_host_argv(h, args);
	char *line = words ? bench_quote(words) : NULL;

	bench_words_free(words);
	return line;
}
