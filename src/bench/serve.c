/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/serve.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "bench/greet.h"
#include "bench/role.h"
#include "bench/session.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* For a greeting; who does not know it is no client. */
#define GREETING_TIME (10 * SK_SEC)
#define GUESTS_MAX 512

struct server {
	const struct bench_serve *o;
	struct sk_loop *loop;
	struct sk_listener *listener;
	LIST_HEAD(, client) clients;
	size_t n_clients, n_served;	/* all; those with a process */
};

struct client {
	LIST_ENTRY(client) link;
	struct server *sv;
	struct endpoint *ep;
	struct bench_greet greet;
	struct sk_timer limit;
	pid_t pid;			/* its process; 0: none yet */
	int pidfd;
	struct sk_watch exited;
};

static void client_free(struct client *c)
{
	struct server *sv = c->sv;

	LIST_REMOVE(c, link);
	sv->n_clients--;
	sk_timer_stop(&c->limit);
	sk_watch_fini(&c->exited);
	sk_close(&c->pidfd);
	if (c->pid)
		sv->n_served--;
	endpoint_free(c->ep);
	free(c);
	if (sv->listener)
		sk_listener_resume(sv->listener);
}

/* --- a process of its own ------------------------------------------------- */

/* Nothing of the server's but ctl: its port must be free once it is gone. */
_Noreturn static void run_session(struct client *c, pid_t parent)
{
	struct bench_limits limits = c->sv->o->limits;
	bool quiet = c->sv->o->quiet;
	int fd = endpoint_socket_fd(c->ep);
	char *who = strdup(c->ep->name_in);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || !who || dup2(fd, 3) < 0)
		_exit(SK_EXIT_FAIL);
	syscall(SYS_close_range, 4u, ~0u, 0u);
	sigprocmask(SIG_SETMASK, &c->sv->loop->old_signals, NULL);
	/* Ctrl-C is for the server, which tells the client. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	fcntl(3, F_SETFL, fcntl(3, F_GETFL) & ~O_NONBLOCK);
	_exit(bench_session(3, who, &limits, quiet));
}

static void on_exit_of_client(struct sk_watch *w)
{
	struct client *c = sk_container_of(w, struct client, exited);
	int status;

	if (waitpid(c->pid, &status, WNOHANG) != c->pid)
		return;
	if (WIFSIGNALED(status))
		sk_warn("%s: its process ended by signal %d", c->ep->name_in,
			WTERMSIG(status));
	client_free(c);
}

static int give_process(struct client *c)
{
	pid_t parent = getpid(), pid = fork();
	int r;

	if (pid < 0)
		return -errno;
	if (!pid)
		run_session(c, parent);
	c->pid = pid;
	c->sv->n_served++;
	sk_timer_stop(&c->limit);
	c->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	r = c->pidfd < 0 ? -errno : sk_watch_init(&c->exited, c->sv->loop,
						  c->pidfd, on_exit_of_client);
	if (r < 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return r;
	}
	sk_watch_want(&c->exited, SK_IN);
	return 0;
}

/* --- greeting ------------------------------------------------------------- */

/* Some bytes into a buffer that is empty. */
static void flush(struct client *c)
{
	struct iovec iov = { c->greet.out, c->greet.out_len };

	if (c->greet.out_len)
		endpoint_send(c->ep, &iov, 1);
	c->greet.out_len = 0;
}

/* 1: greeted; 0: more is needed; or a negative errno with the sentence. */
static int greet(struct client *c, struct sk_err *err)
{
	char byte;
	ssize_t n;
	int r = 0;

	while (!r) {
		n = endpoint_recv(c->ep, &byte, 1);
		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return sk_fail(err, (int)n, "%s", sk_strerror((int)n));
		r = n ? bench_greet_feed(&c->greet, byte, err) :
			bench_greet_end(&c->greet, err);
		flush(c);
	}
	return r;
}

/*
 * What it has sent besides is read away, as a reset for that could overtake
 * our last word.
 */
static void send_away(struct client *c)
{
	char rest[4096];

	endpoint_shutdown(c->ep);
	for (int i = 0; i < 16 && endpoint_recv(c->ep, rest, sizeof(rest)) > 0;
	     i++)
		;
	client_free(c);
}

static void on_ready(struct endpoint *ep)
{
	struct client *c = ep->owner;
	struct sk_err err = { 0 };
	int r = greet(c, &err);

	if (r > 0) {
		endpoint_want(ep, 0);
		sk_info("%s: greeted", ep->name_in);
		r = give_process(c);
		if (r < 0)
			sk_fail(&err, r, "no process for it: %s",
				sk_strerror(r));
	}
	if (r >= 0)
		return;
	sk_warn("%s: %s", ep->name_in, err.text);
	send_away(c);
}

static void on_limit(struct sk_timer *t)
{
	struct client *c = sk_container_of(t, struct client, limit);

	sk_warn("%s: did not greet in time", c->ep->name_in);
	send_away(c);
}

static struct client *client_new(struct server *sv, struct endpoint *ep)
{
	struct client *c = sv->n_clients < GUESTS_MAX ? calloc(1, sizeof(*c)) :
							NULL;
	uint64_t most = sv->o->limits.clients ? sv->o->limits.clients :
						BENCH_CLIENTS;

	if (!c)
		return NULL;
	if (bench_greet_begin(&c->greet, true, sv->n_served >= most,
			      sv->o->secret, NULL) < 0) {
		free(c);
		return NULL;
	}
	c->sv = sv;
	c->ep = ep;
	c->pidfd = -1;
	sk_timer_init(&c->limit, sv->loop, on_limit);
	LIST_INSERT_HEAD(&sv->clients, c, link);
	sv->n_clients++;
	return c;
}

static void on_accept(struct sk_listener *l, struct endpoint *ep, void *arg)
{
	struct server *sv = arg;
	const struct bench_serve *o = sv->o;
	struct client *c;

	(void)l;
	if (o->allows && !o->allows(o->arg, endpoint_peer(ep))) {
		sk_warn("%s: not allowed", ep->name_in);
		endpoint_free(ep);
		return;
	}
	c = client_new(sv, ep);
	if (!c) {
		sk_warn("%s: refused, %zu others are here", ep->name_in,
			sv->n_clients);
		endpoint_free(ep);
		return;
	}
	sk_timer_in(&c->limit, o->greeting_us ? o->greeting_us :
						GREETING_TIME);
	ep->ready = on_ready;
	ep->owner = c;
	endpoint_want(ep, SK_IN);
}

/* --- the end -------------------------------------------------------------- */

/* Its process is in the middle of something: the last word is ours. */
static void dismiss(struct client *c)
{
	struct bench_msg m = { .kind = BENCH_MSG_FAILED,
			       .text = "the server was stopped" };
	struct sk_out out;
	struct iovec iov;

	if (c->pid) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
		sk_out_init(&out, -1);
		bench_msg_write(&out, &m);
		iov = (struct iovec){ out.buf, out.len };
		endpoint_send(c->ep, &iov, 1);
		sk_out_fini(&out);
	}
	send_away(c);
}

int bench_serve_run(const struct bench_serve *o, struct sk_loop *loop,
		    const struct sk_target *target,
		    const struct sk_net_opts *net, struct sk_err *err)
{
	struct server sv = { .o = o, .loop = loop };
	struct sk_listener *listener;
	int r = sk_listener_open(&sv.listener, loop, target, net, err);

	LIST_INIT(&sv.clients);
	if (r >= 0)
		r = o->ready(sv.listener, o->arg, err);
	if (r >= 0) {
		sk_listener_start(sv.listener, on_accept, &sv);
		r = sk_loop_run(loop);
		if (r < 0)
			sk_fail(err, r, "epoll: %s", sk_strerror(r));
	}
	listener = sv.listener;
	sv.listener = NULL;
	sk_listener_free(listener);
	while (!LIST_EMPTY(&sv.clients))
		dismiss(LIST_FIRST(&sv.clients));
	return r;
}
