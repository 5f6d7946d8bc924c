/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command lines into words, without a shell. */
#include "net/child.h"

struct splitter {
	const char *in;
	char *out;		/* where the words' characters go */
	char quote;		/* ', " or 0 */
	bool in_word;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* In double quotes a backslash is special before these only, POSIX 2.2.3. */
static bool takes_backslash(const struct splitter *s)
{
	if (*s->in != '\\' || s->quote == '\'' || !s->in[1])
		return false;
	return !s->quote || strchr("\"\\$`\n", s->in[1]);
}

/* One character of input; true when a word has just ended. */
static bool take(struct splitter *s)
{
	char c = *s->in;

	if (takes_backslash(s)) {
		*s->out++ = s->in[1];
		s->in++;
		s->in_word = true;
	} else if (s->quote && c == s->quote) {
		s->quote = 0;
	} else if (!s->quote && (c == '\'' || c == '"')) {
		s->quote = c;
		s->in_word = true;
	} else if (!s->quote && is_blank(c)) {
		s->in++;
		if (!s->in_word)
			return false;
		s->in_word = false;
		return true;
	} else {
		*s->out++ = c;
		s->in_word = true;
	}
	s->in++;
	return false;
}

/* Each character of the line begins at most one word. */
int sk_split_words(char ***argv, const char *line, struct sk_err *err)
{
	size_t len = strlen(line), n = 0;
	char **words = malloc((len + 2) * sizeof(char *) + 2 * len + 2);
	struct splitter s = { .in = line };
	char *word;

	if (!words)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	word = s.out = (char *)(words + len + 2);
	while (*s.in) {
		if (!take(&s))
			continue;
		*s.out++ = '\0';
		words[n++] = word;
		word = s.out;
	}
	if (s.in_word) {
		*s.out = '\0';
		words[n++] = word;
	}
	words[n] = NULL;
	if (s.quote || !n) {
		free(words);
		return s.quote ? sk_usage(err, "%s: a %c is never closed",
					  line, s.quote) :
				 sk_usage(err, "a command is needed");
	}
	*argv = words;
	return 0;
}
