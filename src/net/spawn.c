/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/spawn.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/dgram.h"

#define SPAWN_PIPE_SIZE (256 << 10)
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

#define FIRST_FD 3		/* SD_LISTEN_FDS_START of sd_listen_fds(3) */

/* What the child finds on 0 and 1, and where it reports that exec failed. */
struct child_side {
	int in, out, report;
	bool pty;
};

static void set_env(const char *name, const char *value)
{
	static const char *const prefixes[] = { "NCAT_", "SOCKKIT_" };
	char full[64];

	for (size_t i = 0; i < 2; i++) {
		snprintf(full, sizeof(full), "%s%s", prefixes[i], name);
		if (value)
			setenv(full, value, 1);
		else
			unsetenv(full);
	}
}

static void set_addr_env(const char *side, const struct sk_addr *a)
{
	char host[SK_ADDR_TEXT_MAX], name[32], port[16];

	snprintf(name, sizeof(name), "%s_ADDR", side);
	set_env(name, a->len ? sk_addr_format_host(host, a) : NULL);
	snprintf(name, sizeof(name), "%s_PORT", side);
	snprintf(port, sizeof(port), "%" PRId64, sk_addr_port(a));
	set_env(name, a->len && sk_addr_port(a) >= 0 ? port : NULL);
}

/* What we were given ourselves is not theirs. */
static void set_fds_env(int n)
{
	static const char *const names[] = { "LISTEN_FDS", "LISTEN_PID",
					     "LISTEN_FDNAMES", "SOCKKIT_FDS" };
	char number[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unsetenv(names[i]);
	if (!n)
		return;
	snprintf(number, sizeof(number), "%d", n);
	setenv("LISTEN_FDS", number, 1);
	setenv("SOCKKIT_FDS", number, 1);
	snprintf(number, sizeof(number), "%d", (int)getpid());
	setenv("LISTEN_PID", number, 1);
}

/* After fork(2), in a process with one thread: setenv(3) is fine here. */
static void set_environment(const struct sk_child_for *who)
{
	set_addr_env("REMOTE", &who->remote);
	set_addr_env("LOCAL", &who->local);
	set_env("PROTO", who->proto);
	set_fds_env(who->n_fds);
}

static void reset_signals(const struct sk_loop *loop)
{
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &loop->old_signals, NULL);
}

static int take_std_fds(const struct child_side *c)
{
	if (c->pty && (setsid() < 0 || ioctl(c->in, TIOCSCTTY, 0) < 0))
		return -errno;
	if (dup2(c->in, STDIN_FILENO) < 0 || dup2(c->out, STDOUT_FILENO) < 0 ||
	    (c->pty && dup2(c->out, STDERR_FILENO) < 0))
		return -errno;
	return 0;
}

/* Beside what is handed over, nothing that we inherited ourselves. */
static void close_others(unsigned from)
{
#ifdef SYS_close_range
	if (!syscall(SYS_close_range, from, ~0u, CLOSE_RANGE_CLOEXEC))
		return;
#endif
	for (int fd = (int)from, end = (int)sysconf(_SC_OPEN_MAX); fd < end;
	     fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* Out of the way first, all of them: any may stand where another is to be. */
static int take_fds(struct child_side *c, const struct sk_child_for *who)
{
	int moved[SK_DGRAM_FDS], above = FIRST_FD + who->n_fds;

	if (!who->fds)
		return 0;
	if (who->n_fds > SK_DGRAM_FDS)
		return -E2BIG;
	for (int i = 0; i < who->n_fds; i++) {
		moved[i] = fcntl(who->fds[i], F_DUPFD_CLOEXEC, above);
		if (moved[i] < 0)
			return -errno;
	}
	if ((c->report = fcntl(c->report, F_DUPFD_CLOEXEC, above)) < 0)
		return -errno;
	for (int i = 0; i < who->n_fds; i++)
		if (dup2(moved[i], FIRST_FD + i) < 0)
			return -errno;
	close_others((unsigned)above);
	return 0;
}

/* Does not return. */
static void run_child(struct child_side *c, const struct sk_loop *loop,
		      const struct sk_child_opts *o,
		      const struct sk_child_for *who)
{
	int r;

	set_environment(who);
	r = take_std_fds(c);
	if (r >= 0)
		r = take_fds(c, who);
	if (r >= 0) {
		reset_signals(loop);
		execvp(o->argv[0], o->argv);
		r = -errno;
	}
	if (write(c->report, &r, sizeof(r)) < 0)
		_exit(126);
	_exit(127);
}

static int open_pipes(struct sk_spawned *s, struct child_side *c)
{
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(from, O_CLOEXEC) < 0) {
		int r = -errno;

		close(to[0]);
		close(to[1]);
		return r;
	}
	c->in = to[0];
	s->out = to[1];
	s->in = from[0];
	c->out = from[1];
	fcntl(s->in, F_SETPIPE_SZ, SPAWN_PIPE_SIZE);
	fcntl(s->out, F_SETPIPE_SZ, SPAWN_PIPE_SIZE);
	return 0;
}

static int open_pty(struct sk_spawned *s, struct child_side *c)
{
	s->in = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (s->in < 0)
		return -errno;
	if (unlockpt(s->in) < 0 ||
	    (c->in = ioctl(s->in, TIOCGPTPEER,
			   O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0 ||
	    (c->out = fcntl(c->in, F_DUPFD_CLOEXEC, 3)) < 0 ||
	    (s->out = fcntl(s->in, F_DUPFD_CLOEXEC, 3)) < 0)
		return -errno;
	c->pty = true;
	return 0;
}

static void close_side(struct child_side *c)
{
	sk_close(&c->in);
	sk_close(&c->out);
	sk_close(&c->report);
}

static void close_ours(struct sk_spawned *s)
{
	sk_close(&s->in);
	sk_close(&s->out);
	sk_close(&s->pidfd);
}

/* An empty report pipe at its end: execve(2) has worked and closed it. */
static int read_report(int fd)
{
	int r = 0;
	ssize_t n;

	do
		n = read(fd, &r, sizeof(r));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(r) ? r : 0;
}

static int fork_child(struct sk_spawned *s, struct child_side *c,
		      const struct sk_loop *loop,
		      const struct sk_child_opts *o,
		      const struct sk_child_for *who)
{
	int report[2], r;

	if (pipe2(report, O_CLOEXEC) < 0)
		return -errno;
	c->report = report[1];
	s->pid = fork();
	if (s->pid == 0)
		run_child(c, loop, o, who);
	r = s->pid < 0 ? -errno : 0;
	close_side(c);
	if (!r)
		r = read_report(report[0]);
	close(report[0]);
	if (r < 0) {
		if (s->pid > 0)
			waitpid(s->pid, NULL, 0);
		return r;
	}
	s->pidfd = (int)syscall(SYS_pidfd_open, s->pid, 0);
	return s->pidfd < 0 ? -errno : 0;
}

int sk_spawn(struct sk_spawned *s, const struct sk_loop *loop,
	     const struct sk_child_opts *o, const struct sk_child_for *who,
	     struct sk_err *err)
{
	struct child_side c = { -1, -1, -1, false };
	int r;

	*s = (struct sk_spawned){ -1, -1, -1, -1 };
	r = o->pty ? open_pty(s, &c) : open_pipes(s, &c);
	if (r >= 0)
		r = fork_child(s, &c, loop, o, who);
	if (r >= 0)
		return 0;
	close_side(&c);
	close_ours(s);
	sk_fail(err, r, "%s: %s", o->argv[0], sk_strerror(r));
	err->status = r == -ENOENT ? 127 : r == -EACCES || r == -ENOEXEC ? 126 :
									   1;
	return r;
}
