/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each test is a process again: whatever it has opened, threads and memory
 * are gone with it, and one that hangs can be ended.
 */
#include "bench/session.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/units.h"
#include "bench/role.h"
#include "bench/sockets.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* Between two tests a client may take this long. */
#define IDLE (600 * SK_SEC)
/* Setting up, and saying what came of it, beside the test's own time. */
#define GRACE (60 * SK_SEC)

struct session {
	int ctl;
	const char *who;
	const struct bench_limits *limits;
	bool quiet;
	struct bench_local local;
	struct bench_inbox in;
};

static void ask_whether_alive(int fd)
{
	const int on = 1, idle = 10, interval = 5, count = 3;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

static int say(struct session *s, enum bench_msg_kind kind, const char *text)
{
	struct bench_msg m = { .kind = kind };

	/* A sentence that is too long may lose its end. */
	snprintf(m.text, sizeof(m.text), "%.*s", (int)sizeof(m.text) - 1, text);
	return bench_msg_send(s->ctl, &m, NULL);
}

/* --- one test ------------------------------------------------------------- */

_Noreturn static void play(struct session *s, const struct bench_job *job,
			   pid_t parent)
{
	struct sk_err err = { 0 };
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(SK_EXIT_FAIL);
	r = bench_role_server(job, &s->local, s->ctl, &err);
	if (r < 0)
		sk_warn("%s: %s", s->who, err.text);
	_exit(r < 0 ? SK_EXIT_FAIL : SK_EXIT_OK);
}

/* Its exit status, or -ETIMEDOUT when it had to be ended. */
static int await(pid_t pid, uint64_t us)
{
	SK_AUTO_FD fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t until = sk_now_us() + us;
	int status = 0;

	while (fd >= 0 && sk_now_us() < until && poll(&p, 1, 1000) <= 0)
		;
	if (fd >= 0 && !(p.revents & POLLIN)) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return -ETIMEDOUT;
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -ECHILD;
	return WEXITSTATUS(status);
}

static void tell(const struct session *s, const struct bench_job *job)
{
	enum sk_log_level level = s->quiet ? SK_LOG_INFO : SK_LOG_NOTE;
	char took[SK_UNITS_MAX];

	sk_log(level, "%s: %s over %s, %llu connection%s, %s", s->who,
	       bench_workloads.choices[job->workload].name,
	       bench_sockets.choices[job->socket].name,
	       (unsigned long long)job->connections,
	       job->connections == 1 ? "" : "s",
	       sk_format_duration(took, job->time_us));
}

/* 0: the session goes on. */
static int serve_job(struct session *s, const struct bench_job *job)
{
	pid_t parent = getpid(), pid = fork();
	int status;

	if (pid < 0) {
		sk_warn("%s: fork: %s", s->who, sk_strerror(errno));
		return say(s, BENCH_MSG_FAILED, "the server has no processes");
	}
	if (!pid)
		play(s, job, parent);
	status = await(pid, job->warmup_us + job->time_us + GRACE);
	if (!status)
		tell(s, job);
	if (status >= 0)
		return 0;
	sk_warn("%s: a test %s", s->who, status == -ETIMEDOUT ?
		"did not end and was ended" : "crashed");
	say(s, BENCH_MSG_FAILED, status == -ETIMEDOUT ?
	    "the server had to end its part" : "the server's part crashed");
	return status;
}

/* What is asked for must go where the control connection goes. */
static int check_family(const struct session *s, const struct bench_job *job,
			struct sk_err *err)
{
	if (bench_kind_of(job)->family == s->local.bind.sa.sa_family)
		return 0;
	return sk_fail(err, -EAFNOSUPPORT, "%s: the control connection is %s",
		       bench_sockets.choices[job->socket].name,
		       s->local.bind.sa.sa_family == AF_INET6 ? "IPv6" :
								"IPv4");
}

static int consider(struct session *s, const struct bench_job *job)
{
	const char *nonsense = bench_job_nonsense(job);
	struct sk_err err = { 0 };
	int r = nonsense ? sk_fail(&err, -EINVAL, "%s", nonsense) :
			   bench_grant(job, s->limits, &err);

	if (r >= 0)
		r = check_family(s, job, &err);
	if (r >= 0)
		return serve_job(s, job);
	sk_info("%s: refused: %s", s->who, err.text);
	return say(s, BENCH_MSG_REFUSED, err.text);
}

/* --- all of them ---------------------------------------------------------- */

/* 1: go on; 0: the client is done; or a negative errno. */
static int next(struct session *s)
{
	struct sk_err err = { 0 };
	struct bench_msg m;
	int r = bench_msg_recv(s->ctl, &s->in, sk_now_us() + IDLE, &m, &err);

	if (r == -ECONNRESET && !s->in.len)
		return 0;
	/* STOP and START of a test that failed here may be on their way. */
	m.job.one_clock = false;	/* whatever it says */
	if (r >= 0 && m.kind == BENCH_MSG_JOB)
		r = consider(s, &m.job);
	else if (r < 0)
		sk_warn("%s: %s", s->who, r == -ETIMEDOUT ?
						  "silent for too long" :
						  err.text);
	bench_msg_fini(&m);
	return r < 0 ? r : 1;
}

int bench_session(int ctl, const char *who, const struct bench_limits *limits,
		  bool quiet)
{
	struct session s = { .ctl = ctl, .who = who, .limits = limits,
			     .quiet = quiet };
	int r;

	signal(SIGPIPE, SIG_IGN);
	ask_whether_alive(ctl);
	/* Where it reached us; there, and from its host alone, it is served. */
	r = sk_addr_local(&s.local.bind, ctl);
	if (r >= 0)
		r = sk_addr_peer(&s.local.peer, ctl);
	sk_addr_set_port(&s.local.bind, 0);
	s.local.paced = limits->rate > 0;
	while (r >= 0 && (r = next(&s)) > 0)
		;
	bench_inbox_fini(&s.in);
	if (!r)
		sk_info("%s: done", who);
	return r < 0 ? SK_EXIT_FAIL : SK_EXIT_OK;
}
