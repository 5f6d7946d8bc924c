/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/procfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

/* No file that we read is near this; a lying one must not eat the memory. */
#define FILE_MAX (64 << 20)

static long read_all(int fd, char **text)
{
	size_t cap = 16384, len = 0;
	char *buf = malloc(cap), *more;

	while (buf) {
		ssize_t n = read(fd, buf + len, cap - len - 1);
		long r = n < 0 ? -errno : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || cap > FILE_MAX) {
			free(buf);
			return r ? r : -EFBIG;
		}
		len += (size_t)n;
		if (!n) {
			buf[len] = '\0';
			*text = buf;
			return (long)len;
		}
		if (len + 1 < cap)
			continue;
		more = realloc(buf, cap *= 2);
		if (!more)
			free(buf);
		buf = more;
	}
	return -ENOMEM;
}

long sk_procfile_read(const char *proc, const char *path, char **text)
{
	SK_AUTO_FD fd = -1;
	char name[PATH_MAX];
	long len;
	int n;

	*text = NULL;
	n = snprintf(name, sizeof(name), "%s/%s", proc, path);
	if (n < 0 || (size_t)n >= sizeof(name))
		return -ENAMETOOLONG;
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read_all(fd, text);
	for (long i = 0; i < len; i++)
		if (!(*text)[i])
			(*text)[i] = ' ';
	return len;
}

int sk_procfile_numbers(const char *proc, const char *path, int64_t *v, int n)
{
	char *text, *at, *word, *end;
	long len = sk_procfile_read(proc, path, &text);
	int found = 0;

	if (len < 0)
		return (int)len;
	at = text;
	while (found < n && (word = sk_word_next(&at)) != NULL) {
		v[found] = strtoll(word, &end, 10);
		if (*end || end == word)
			break;
		found++;
	}
	free(text);
	return found;
}

char *sk_line_next(char **at)
{
	char *line = *at, *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	if (end)
		*end++ = '\0';
	*at = end;
	return line;
}

char *sk_word_next(char **at)
{
	char *word = *at;

	if (!word)
		return NULL;
	word += strspn(word, " \t\n");
	if (!*word)
		return NULL;
	*at = word + strcspn(word, " \t\n");
	if (**at)
		*(*at)++ = '\0';
	return word;
}
