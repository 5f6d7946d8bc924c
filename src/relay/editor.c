/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/editor.h"

#ifdef HAVE_READLINE
#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "relay/readline.h"

#define HISTORY_MAX 1000

/* readline has one state a process, and its callback no argument. */
static struct editor {
	struct endpoint ep;
	struct sk_watch *in;
	char *line;		/* to be given out, from `at` on */
	size_t len, at;
	bool eof, installed;
	char *history;		/* its file; NULL: none */
} *the_editor;

/* --- history ---------------------------------------------------------------- */

/* Only what cannot leave the folder: letters, digits, '.', '-', others '_'. */
static void plain_name(char *dst, size_t size, const char *name)
{
	size_t n = 0;

	for (; *name && n + 1 < size; name++)
		dst[n++] = isalnum((unsigned char)*name) || *name == '-' ||
					   *name == '.' ?
				   *name :
				   '_';
	dst[n] = '\0';
}

/* XDG base directories: $XDG_STATE_HOME, else ~/.local/state. */
static char *history_path(const char *target)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char name[200], *dir = NULL, *path = NULL;
	int r;

	plain_name(name, sizeof(name), target);
	if (state && *state == '/')
		r = asprintf(&dir, "%s/sockkit", state);
	else if (home && *home == '/')
		r = asprintf(&dir, "%s/.local/state/sockkit", home);
	else
		return NULL;
	if (r < 0)
		return NULL;
	for (char *p = dir + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(dir, 0700);
		*p = '/';
	}
	mkdir(dir, 0700);
	if (asprintf(&path, "%s/history-%s", dir, name) < 0)
		path = NULL;
	free(dir);
	return path;
}

static void load_history(struct editor *e, const char *target)
{
	e->history = target ? history_path(target) : NULL;
	using_history();
	stifle_history(HISTORY_MAX);
	if (e->history)
		read_history(e->history);
}

/* What was typed may be a password: nobody else is to read it. */
static void save_history(const struct editor *e)
{
	int fd;

	if (!e->history)
		return;
	fd = open(e->history, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	if (fd < 0)
		return;
	fchmod(fd, 0600);
	close(fd);
	write_history(e->history);
}

/* --- lines ------------------------------------------------------------------ */

static void on_line(char *line)
{
	struct editor *e = the_editor;
	size_t n;

	if (!line) {
		e->eof = true;
		return;
	}
	if (*line)
		add_history(line);
	n = strlen(line);
	line[n] = '\n';	/* over the NUL: len counts from here on */
	free(e->line);
	e->line = line;
	e->len = n + 1;
	e->at = 0;
}

static ssize_t editor_recv(struct endpoint *ep, void *buf, size_t len)
{
	struct editor *e = the_editor;

	(void)ep;
	while (e->at == e->len && !e->eof &&
	       sk_fd_ready(STDIN_FILENO, POLLIN))
		rl_callback_read_char();
	if (e->at < e->len) {
		if (len > e->len - e->at)
			len = e->len - e->at;
		memcpy(buf, e->line + e->at, len);
		e->at += len;
		return (ssize_t)len;
	}
	if (e->eof)
		return 0;
	sk_watch_blocked(e->in, SK_IN);
	return -EAGAIN;
}

/* readline writes by stdio, we do not: its part must be there first. */
static void hide_line(void)
{
	rl_clear_visible_line();
	fflush(rl_outstream);
}

/* The line being typed steps aside and comes back below the new text. */
static ssize_t editor_send(struct endpoint *ep, const struct iovec *iov, int n)
{
	struct editor *e = the_editor;
	const char *last;
	ssize_t r;

	(void)ep;
	if (e->installed)
		hide_line();
	r = endpoint_send(e->ep.below, iov, n);
	if (!e->installed)
		return r;
	last = (const char *)iov->iov_base + (r > 0 ? r - 1 : 0);
	/* Text without a newline at its end is the peer's prompt: stay. */
	if (r <= 0 || *last == '\n' || rl_end)
		rl_on_new_line();
	else
		rl_on_new_line_with_prompt();
	rl_redisplay();
	return r;
}

static int editor_shutdown(struct endpoint *ep)
{
	(void)ep;
	return endpoint_shutdown(the_editor->ep.below);
}

static void editor_want(struct endpoint *ep, unsigned events)
{
	(void)ep;
	endpoint_want(the_editor->ep.below, events);
}

static void editor_free(struct endpoint *ep)
{
	struct editor *e = the_editor;

	(void)ep;
	if (e->installed)
		hide_line();
	rl_callback_handler_remove();
	save_history(e);
	endpoint_free(e->ep.below);
	free(e->history);
	free(e->line);
	free(e);
	the_editor = NULL;
}

static const struct endpoint_ops editor_ops = {
	.kind = "editor",
	.recv = editor_recv,
	.send = editor_send,
	.shutdown = editor_shutdown,
	.want = editor_want,
	.free = editor_free,
};

static void below_ready(struct endpoint *below)
{
	struct editor *e = below->owner;

	e->ep.ready(&e->ep);
}

bool sk_editor_available(void)
{
	return !sk_readline_load(NULL);
}

int endpoint_editor(struct endpoint **ep, struct endpoint *below,
		    struct sk_watch *in, const char *history)
{
	struct editor *e = calloc(1, sizeof(*e));

	if (!e || the_editor) {
		free(e);
		endpoint_free(below);
		return -ENOMEM;
	}
	the_editor = e;
	e->in = in;
	e->ep = *below;
	e->ep.below = below;
	e->ep.ops = &editor_ops;
	e->ep.in = e->ep.out = (struct sk_raw){ SK_RAW_NONE, NULL };
	below->owner = e;
	below->ready = below_ready;
	rl_catch_signals = 0; /* the loop has them */
	rl_readline_name = "sockkit";
	load_history(e, history);
	rl_callback_handler_install("", on_line);
	e->installed = true;
	*ep = &e->ep;
	return 0;
}

#else

bool sk_editor_available(void)
{
	return false;
}

int endpoint_editor(struct endpoint **ep, struct endpoint *below,
		    struct sk_watch *in, const char *history)
{
	(void)in;
	(void)history;
	*ep = below;
	return 0;
}

#endif
