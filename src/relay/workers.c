/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/workers.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

struct crew {
	pid_t pids[SK_WORKERS_MAX];
	int n, alive;
	struct sk_loop *loop;
};

static void told(struct crew *c, int i, int status)
{
	c->pids[i] = 0;
	c->alive--;
	if (WIFSIGNALED(status))
		sk_warn("worker %d: ended by signal %d", i, WTERMSIG(status));
	else if (WEXITSTATUS(status))
		sk_warn("worker %d: exit status %d", i, WEXITSTATUS(status));
}

/* Only our own are waited for. */
static void reap(struct crew *c, int flags)
{
	int status;

	for (int i = 0; i < c->n; i++)
		if (c->pids[i] > 0 &&
		    waitpid(c->pids[i], &status, flags) == c->pids[i])
			told(c, i, status);
}

static void on_child(struct sk_loop *loop, int signo, void *arg)
{
	struct crew *c = arg;

	(void)signo;
	reap(c, WNOHANG);
	if (!c->alive)
		sk_loop_stop(loop);
}

/* They end of themselves on SIGTERM; that is not worth a warning. */
static void end_all(struct crew *c)
{
	for (int i = 0; i < c->n; i++) {
		if (c->pids[i] <= 0)
			continue;
		kill(c->pids[i], SIGTERM);
		waitpid(c->pids[i], NULL, 0);
	}
}

static int begin_worker(struct sk_loop *loop, pid_t parent)
{
	static char name[64];

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(SK_EXIT_FAIL); /* it was quicker to die */
	snprintf(name, sizeof(name), "%s[%d]", sk_log_name(), (int)getpid());
	sk_log_set_name(name);
	return sk_loop_forked(loop);
}

int sk_workers_run(struct sk_loop *loop, int n, int *index,
		   struct sk_err *err)
{
	struct crew c = { .n = n, .loop = loop };
	pid_t parent = getpid();
	int r = sk_loop_signal(loop, SIGCHLD, on_child, &c);

	for (int i = 0; i < n && r >= 0; i++) {
		*index = i;
		c.pids[i] = fork();
		if (c.pids[i] == 0) {
			/* The crew is the parent's; a worker has children
			 * of its own, which tell by their pidfds. */
			loop->on_signal[SIGCHLD].fn = NULL;
			r = begin_worker(loop, parent);
			return r < 0 ? sk_fail(err, r, "worker: %s",
					       sk_strerror(r)) :
				       1;
		}
		if (c.pids[i] < 0)
			r = -errno;
		else
			c.alive++;
	}
	if (r < 0)
		sk_fail(err, r, "fork: %s", sk_strerror(r));
	else
		r = sk_loop_run(loop);
	/* We end them; they have no reason to. */
	if (r >= 0 && !c.alive)
		r = sk_fail(err, -ECHILD, "all workers have ended");
	end_all(&c);
	return r;
}
