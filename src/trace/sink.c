/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/sink.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

/* The command outlives ^C: it has to read what comes last. */
static int open_pipe(struct sk_sink *s, const char *command)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	s->command = fork();
	if (s->command < 0) {
		close(fds[0]);
		close(fds[1]);
		s->command = 0;
		return -errno;
	}
	if (!s->command) {
		signal(SIGINT, SIG_IGN);
		signal(SIGQUIT, SIG_IGN);
		signal(SIGPIPE, SIG_DFL);
		dup2(fds[0], 0);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(fds[0]);
	s->fd = fds[1];
	return 0;
}

int sk_sink_open(struct sk_sink *s, const char *path, bool append,
		 struct sk_err *err)
{
	int r = 0;

	*s = (struct sk_sink){ .fd = -1 };
	if (!path) {
		/* The program may close or replace what it shares with us. */
		s->fd = fcntl(2, F_DUPFD_CLOEXEC, 3);
		s->prompt = true;
	} else if (*path == '|') {
		r = open_pipe(s, path + 1);
	} else {
		s->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY |
				     (append ? O_APPEND : O_TRUNC), 0666);
	}
	if (s->fd < 0)
		r = r < 0 ? r : -errno;
	if (r < 0)
		return sk_fail(err, r, "%s: %s", path ? path : "stderr",
			       sk_strerror(r));
	sk_out_init(&s->out, s->fd);
	return 0;
}

bool sk_sink_pending(const struct sk_sink *s)
{
	return s->out.len > 0;
}

void sk_sink_flush(struct sk_sink *s)
{
	sk_out_flush(&s->out);
}

int sk_sink_close(struct sk_sink *s)
{
	int r, status;

	if (s->fd < 0)
		return 0;
	r = sk_out_fini(&s->out);
	sk_close(&s->fd);
	if (s->command)
		while (waitpid(s->command, &status, 0) < 0 && errno == EINTR)
			;
	s->command = 0;
	return r;
}
