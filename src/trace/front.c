/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/front.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

static volatile sig_atomic_t tracer_pid;

static void pass_on(int signo)
{
	int saved = errno;

	if (tracer_pid > 0)
		kill(tracer_pid, signo);
	errno = saved;
}

static void pass_signals_on(void)
{
	static const int signals[] = { SIGUSR1, SIGINT, SIGTERM, SIGHUP,
				       SIGQUIT };
	struct sigaction act = { .sa_handler = pass_on,
				 .sa_flags = SA_RESTART }, old;

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (!sigaction(signals[i], NULL, &old) &&
		    old.sa_handler != SIG_IGN)
			sigaction(signals[i], &act, NULL);
}

int sk_front_split(struct sk_front *f)
{
	pid_t front = getpid(), pid;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		int r = -errno;

		close(fds[0]);
		close(fds[1]);
		return r;
	}
	f->tracer = pid;
	f->fd = fds[pid == 0];
	close(fds[pid != 0]);
	if (pid) {
		tracer_pid = pid;
		pass_signals_on();
		return 0;
	}
	/* Without the one in front nobody waits for a report. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	return getppid() == front ? 0 : -ECHILD;
}

void sk_front_tell(struct sk_front *f, const struct sk_front_result *r)
{
	int null;

	prctl(PR_SET_PDEATHSIG, 0);
	signal(SIGPIPE, SIG_IGN);
	sk_write_all(f->fd, r, sizeof(*r));
	sk_close(&f->fd);
	if (!r->engine.keep)
		return;
	/* Whoever reads our output is to see its end. */
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int i = 0; i < 3 && null >= 0; i++)
		dup2(null, i);
	sk_close(&null);
}

int sk_front_wait(struct sk_front *f, struct sk_front_result *r)
{
	ssize_t n;

	do
		n = read(f->fd, r, sizeof(*r));
	while (n < 0 && errno == EINTR);
	sk_close(&f->fd);
	if (n == (ssize_t)sizeof(*r) && !r->engine.keep)
		waitpid(f->tracer, NULL, 0);
	return n == (ssize_t)sizeof(*r) ? 0 : -ECHILD;
}

/* Twice, so that the program has no child that it does not know of. */
static pid_t fork_stranger(void)
{
	pid_t pid = fork();

	if (pid) {
		if (pid > 0)
			waitpid(pid, NULL, 0);
		return pid;
	}
	pid = fork();
	if (pid)
		_exit(pid < 0);
	return 0;
}

int sk_front_swap(struct sk_engine_opts *o, int *go, int *why)
{
	int goes[2], whys[2];
	pid_t self = getpid(), pid;

	if (pipe2(goes, O_CLOEXEC) < 0 || pipe2(whys, O_CLOEXEC) < 0)
		return -errno;
	/* A stranger may trace us only if we say so (Yama). */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	pid = fork_stranger();
	if (pid < 0)
		return -errno;
	close(goes[pid ? 1 : 0]);
	close(whys[pid ? 0 : 1]);
	if (pid) {
		*go = goes[0];
		*why = whys[1];
		return 1;
	}
	o->self = self;
	o->self_go = goes[1];
	o->self_err = whys[0];
	if (o->daemon == 2)
		setpgid(0, 0);
	else if (o->daemon > 2)
		setsid();
	return 0;
}
