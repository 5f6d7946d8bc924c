/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/errand.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"

/* After the end of its input a program may take this long. */
#define ENDING (5 * SK_SEC)
/* Signals are noticed within this time, whenever they come. */
#define TURN_MS 200
#define POLLS_MAX 1024

/* --- beginning ------------------------------------------------------------ */

static int pipes(int fds[3][2])
{
	for (int i = 0; i < 3; i++)
		if (pipe2(fds[i], O_CLOEXEC) < 0)
			return -errno;
	return 0;
}

/* What we ignore or catch is the program's own to decide. */
static int spawn(pid_t *pid, int fds[3][2], char *const *argv)
{
	extern char **environ;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t set;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	for (int i = 0; i < 3; i++)
		posix_spawn_file_actions_adddup2(&actions, fds[i][!!i], i);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attr, &set);
	sigaddset(&set, SIGPIPE);
	posix_spawnattr_setsigdefault(&attr, &set);
	/* The terminal's ^C is ours; we pass it on. */
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF |
						POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETPGROUP);
	r = posix_spawnp(pid, argv[0], &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return -r;
}

int bench_errand_start(struct bench_errand *e, const char *name,
		       char *const *argv, struct sk_err *err)
{
	int fds[3][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	char shown[200];
	int r = pipes(fds);

	*e = (struct bench_errand){ .name = name, .in = -1, .out = -1,
				    .err = -1 };
	sk_out_init(&e->said, -1);
	if (r >= 0)
		r = spawn(&e->pid, fds, argv);
	sk_close(&fds[0][0]);
	sk_close(&fds[1][1]);
	sk_close(&fds[2][1]);
	if (r < 0) {
		e->pid = 0;
		sk_close(&fds[0][1]);
		sk_close(&fds[1][0]);
		sk_close(&fds[2][0]);
		return sk_fail(err, r, "%s: %s",
			       sk_escape(shown, sizeof(shown), argv[0],
					 strlen(argv[0])), sk_strerror(r));
	}
	e->in = fds[0][1];
	e->out = fds[1][0];
	e->err = fds[2][0];
	fcntl(e->out, F_SETFL, O_NONBLOCK);
	fcntl(e->err, F_SETFL, O_NONBLOCK);
	return 0;
}

/* --- listening ------------------------------------------------------------ */

static void complain(struct bench_errand *e)
{
	char shown[900];

	if (e->line_len)
		sk_log(SK_LOG_NOTE, "%s: %s", e->name,
		       sk_escape(shown, sizeof(shown), e->line, e->line_len));
	e->line_len = 0;
}

static void take_complaint(struct bench_errand *e, const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (at[i] == '\n' || e->line_len == sizeof(e->line))
			complain(e);
		if (at[i] != '\n' && at[i] != '\r')
			e->line[e->line_len++] = at[i];
	}
}

static void take_output(struct bench_errand *e, const char *at, size_t len)
{
	e->spoke = true;
	if (e->said.len + len > BENCH_ERRAND_MAX)
		e->flooded = true;
	else
		sk_out_put(&e->said, at, len);
}

/* What is there, or the end of it. */
static void take(struct bench_errand *e, int *fd)
{
	char buf[16 << 10];
	ssize_t n;

	while ((n = read(*fd, buf, sizeof(buf))) > 0)
		if (fd == &e->err)
			take_complaint(e, buf, (size_t)n);
		else
			take_output(e, buf, (size_t)n);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (fd == &e->err)
		complain(e);
	sk_close(fd);
}

bool bench_errand_is_over(const struct bench_errand *e)
{
	return e->out < 0 && e->err < 0;
}

int bench_errands_wait(struct bench_errand *e, size_t n, uint64_t until,
		       const volatile sig_atomic_t *stop)
{
	struct pollfd p[POLLS_MAX];
	int *of[POLLS_MAX];
	size_t k = 0;
	int ready = 0;

	for (size_t i = 0; i < n && k + 2 <= POLLS_MAX; i++) {
		of[k] = &e[i].out;
		p[k++] = (struct pollfd){ e[i].out, POLLIN, 0 };
		of[k] = &e[i].err;
		p[k++] = (struct pollfd){ e[i].err, POLLIN, 0 };
	}
	while (!ready && sk_now_us() < until) {
		if (stop && *stop)
			return -EINTR;
		ready = poll(p, k, TURN_MS);
		if (ready < 0 && errno != EINTR)
			return -errno;
		ready = ready < 0 ? 0 : ready;
	}
	for (size_t i = 0; i < k && ready; i++)
		if (p[i].revents)
			take(&e[i / 2], of[i]);
	return 0;
}

/* --- ending --------------------------------------------------------------- */

static bool is_gone(struct bench_errand *e)
{
	if (e->pid && waitpid(e->pid, &e->status, WNOHANG) == e->pid)
		e->pid = 0;
	return !e->pid;
}

void bench_errand_end(struct bench_errand *e)
{
	uint64_t until = sk_now_us() + ENDING;

	sk_close(&e->in);
	while (!is_gone(e) && sk_now_us() < until) {
		if (bench_errand_is_over(e))
			poll(NULL, 0, 5);
		else
			bench_errands_wait(e, 1, sk_now_us() + 20 * SK_MSEC,
					   NULL);
	}
	if (e->pid)
		bench_errand_kill(e);
	while (!bench_errand_is_over(e) && sk_now_us() < until)
		bench_errands_wait(e, 1, until, NULL);
}

void bench_errand_kill(struct bench_errand *e)
{
	if (!e->pid)
		return;
	sk_close(&e->in);
	kill(-e->pid, SIGKILL);
	waitpid(e->pid, &e->status, 0);
	e->pid = 0;
}

void bench_errand_fini(struct bench_errand *e)
{
	if (e->pid)
		bench_errand_end(e);
	sk_close(&e->in);
	sk_close(&e->out);
	sk_close(&e->err);
	sk_out_fini(&e->said);
}
