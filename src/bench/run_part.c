/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The processes of parts. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "bench/run.h"

/* The terminal's ^C goes to all of the group; ours to end it is the parent. */
static void leave_signals(pid_t parent)
{
	static const int all[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		signal(all[i], SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

/* The child's ends of ctl in the child, and ours here. */
static int fork_with(int ctl[2], size_t n, struct sk_err *err)
{
	int sv[2][2], parent = getpid(), pid = -1;
	size_t made = 0;

	while (made < n && !socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				       sv[made]))
		made++;
	if (made == n)
		pid = fork();
	if (pid < 0)
		pid = sk_fail(err, -errno, "%s: %s",
			      made == n ? "fork" : "socketpair",
			      sk_strerror(errno));
	if (!pid)
		leave_signals(parent);
	for (size_t i = 0; i < made; i++) {
		ctl[i] = pid > 0 ? sv[i][0] : sv[i][1];
		close(pid > 0 ? sv[i][1] : sv[i][0]);
		if (pid < 0)
			sk_close(&ctl[i]);
	}
	return pid;
}

pid_t bench_run_part(const struct bench_job *job, const struct sk_addr *addr,
		     const struct bench_local *local, bool server, int *ctl,
		     struct sk_err *err)
{
	struct sk_err own = { 0 };
	int end[2];
	pid_t pid = fork_with(end, 1, err);

	if (!pid)
		_exit((server ? bench_role_server(job, local, end[0], &own) :
				bench_role_client(job, addr, local, end[0],
						  &own)) < 0);
	*ctl = pid > 0 ? end[0] : -1;
	return pid;
}

pid_t bench_run_pair(const struct bench_job *job, int ctl[2],
		     struct sk_err *err)
{
	struct sk_err own = { 0 };
	pid_t pid = fork_with(ctl, 2, err);

	if (!pid)
		_exit(bench_role_pair(job, ctl, &own) < 0);
	return pid;
}

void bench_run_reap(pid_t *pid, bool kill_it)
{
	uint64_t end = sk_now_us() + 5 * SK_SEC;

	if (*pid <= 0)
		return;
	if (kill_it)
		kill(*pid, SIGKILL);
	while (waitpid(*pid, NULL, kill_it ? 0 : WNOHANG) == 0) {
		if (sk_now_us() > end) {
			kill(*pid, SIGKILL);
			kill_it = true;
			continue;
		}
		usleep(200);
	}
	*pid = 0;
}
