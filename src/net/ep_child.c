/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program as an endpoint. Three things end on their own account: what it
 * writes, what it reads, and the process. Its life is OVER once the
 * process is gone; what it no longer reads is dropped, for it has had what it
 * wanted (`-e 'head -n 1'` is no error).
 *
 * The process may outlive its session, so it has a struct of its own that
 * stays until it is reaped.
 */
#include "net/spawn.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

struct process {
	struct sk_watch watch;	/* of the pidfd */
	int pidfd;
	pid_t pid;
	struct ep_child *owner;	/* NULL: its session is over */
};

struct ep_child {
	struct endpoint ep;
	struct sk_watch in_watch, out_watch;
	int in, out;		/* out -1: its stdin is closed */
	bool pty, deaf;		/* deaf: it reads no more */
	struct process *process;
	int status;		/* -1: it runs */
	struct sk_task gone;
	char *name;
};

static size_t children;
static void (*notify)(void *arg);
static void *notify_arg;

size_t sk_children(void)
{
	return children;
}

void sk_children_notify(void (*fn)(void *arg), void *arg)
{
	notify = fn;
	notify_arg = arg;
}

/* --- the process ------------------------------------------------------------ */

static int shell_status(const siginfo_t *si)
{
	return si->si_code == CLD_EXITED ? si->si_status : 128 + si->si_status;
}

static void process_ended(struct sk_watch *w)
{
	struct process *p = sk_container_of(w, struct process, watch);
	struct ep_child *c = p->owner;
	siginfo_t si = { 0 };

	if (waitid(P_PIDFD, (id_t)p->pidfd, &si, WEXITED | WNOHANG) < 0 ||
	    !si.si_pid) {
		sk_watch_blocked(w, SK_IN);
		sk_watch_want(w, SK_IN);
		return;
	}
	if (c) {
		c->status = shell_status(&si);
		c->ep.life = SK_LIFE_OVER;
		c->process = NULL;
		sk_task_post(c->ep.loop, &c->gone);
	}
	sk_watch_fini(&p->watch);
	sk_close(&p->pidfd);
	free(p);
	children--;
	if (notify)
		notify(notify_arg);
}

static int process_watch(struct ep_child *c, struct sk_spawned *s)
{
	struct process *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->pid = s->pid;
	p->pidfd = s->pidfd;
	p->owner = c;
	r = sk_watch_init(&p->watch, c->ep.loop, p->pidfd, process_ended);
	if (r < 0) {
		free(p);
		return r;
	}
	sk_watch_want(&p->watch, SK_IN);
	s->pidfd = -1;
	c->process = p;
	children++;
	return 0;
}

/* --- the endpoint ----------------------------------------------------------- */

static struct ep_child *ep_child(const struct endpoint *ep)
{
	return sk_container_of(ep, struct ep_child, ep);
}

static ssize_t child_recv(struct endpoint *ep, void *buf, size_t len)
{
	struct ep_child *c = ep_child(ep);
	ssize_t n;

	do
		n = read(c->in, buf, len);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	/* The terminal's last user has gone, pty(7). */
	if (errno == EIO && c->pty)
		return 0;
	if (errno == EAGAIN)
		sk_watch_blocked(&c->in_watch, SK_IN);
	return -errno;
}

static ssize_t total(const struct iovec *iov, int n)
{
	ssize_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += (ssize_t)iov[i].iov_len;
	return sum;
}

static ssize_t child_send(struct endpoint *ep, const struct iovec *iov, int n)
{
	struct ep_child *c = ep_child(ep);
	ssize_t r;

	if (c->deaf || c->out < 0)
		return total(iov, n);
	do
		r = writev(c->out, iov, n);
	while (r < 0 && errno == EINTR);
	if (r >= 0)
		return r;
	if (errno == EPIPE || (errno == EIO && c->pty)) {
		c->deaf = true;
		return total(iov, n);
	}
	if (errno == EAGAIN)
		sk_watch_blocked(&c->out_watch, SK_OUT);
	return -errno;
}

/* On a terminal the end of input is a character, termios(3) VEOF. */
static int child_shutdown(struct endpoint *ep)
{
	struct ep_child *c = ep_child(ep);

	if (c->out < 0)
		return 0;
	if (c->pty && !c->deaf && write(c->out, "\004", 1) < 0)
		c->deaf = true;
	sk_watch_fini(&c->out_watch);
	sk_close(&c->out);
	return 0;
}

static void child_want(struct endpoint *ep, unsigned events)
{
	struct ep_child *c = ep_child(ep);

	sk_watch_want(&c->in_watch, events & SK_IN);
	if (c->out >= 0)
		sk_watch_want(&c->out_watch, events & SK_OUT);
}

static void close_pipes(struct ep_child *c)
{
	sk_watch_fini(&c->in_watch);
	sk_watch_fini(&c->out_watch);
	sk_close(&c->in);
	sk_close(&c->out);
}

/* It is left alone: its stdin ends, writing gives SIGPIPE; it is reaped. */
static void child_free(struct endpoint *ep)
{
	struct ep_child *c = ep_child(ep);

	sk_task_cancel(ep->loop, &c->gone);
	close_pipes(c);
	if (c->process)
		c->process->owner = NULL;
	free(c->name);
	free(c);
}

static const struct endpoint_ops child_ops = {
	.kind = "child",
	.recv = child_recv,
	.send = child_send,
	.shutdown = child_shutdown,
	.want = child_want,
	.free = child_free,
};

static void in_ready(struct sk_watch *w)
{
	struct ep_child *c = sk_container_of(w, struct ep_child, in_watch);

	c->ep.ready(&c->ep);
}

static void out_ready(struct sk_watch *w)
{
	struct ep_child *c = sk_container_of(w, struct ep_child, out_watch);

	c->ep.ready(&c->ep);
}

static void on_gone(struct sk_task *t)
{
	struct ep_child *c = sk_container_of(t, struct ep_child, gone);

	c->ep.ready(&c->ep);
}

static int init_watches(struct ep_child *c)
{
	int r;

	fcntl(c->in, F_SETFL, fcntl(c->in, F_GETFL) | O_NONBLOCK);
	fcntl(c->out, F_SETFL, fcntl(c->out, F_GETFL) | O_NONBLOCK);
	r = sk_watch_init(&c->in_watch, c->ep.loop, c->in, in_ready);
	if (r >= 0)
		r = sk_watch_init(&c->out_watch, c->ep.loop, c->out, out_ready);
	sk_watch_assume(&c->in_watch, SK_IN);
	sk_watch_assume(&c->out_watch, SK_OUT);
	return r;
}

void sk_child_for_stream(struct sk_child_for *who, const struct endpoint *peer,
			 const int *fds, int n_fds)
{
	uint8_t info;
	size_t len = sizeof(info);
	bool tcp = endpoint_tcp_info(peer, &info, &len) >= 0;

	*who = (struct sk_child_for){
		.remote = *endpoint_peer(peer),
		.proto = tcp ? "TCP" : "STREAM",
		.fds = fds,
		.n_fds = n_fds,
	};
	endpoint_local(peer, &who->local);
}

int endpoint_child(struct endpoint **ep, struct sk_loop *loop,
		   const struct sk_child_opts *o,
		   const struct sk_child_for *who, struct sk_err *err)
{
	struct ep_child *c = calloc(1, sizeof(*c));
	struct sk_spawned s;
	int r;

	if (!c || !(c->name = strdup(o->argv[0]))) {
		free(c);
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	}
	r = sk_spawn(&s, loop, o, who, err);
	if (r < 0) {
		free(c->name);
		free(c);
		return r;
	}
	c->in = s.in;
	c->out = s.out;
	c->pty = o->pty;
	c->status = -1;
	c->ep = (struct endpoint){
		.ops = &child_ops,
		.loop = loop,
		.input = SK_INPUT_FINITE,
		.life = SK_LIFE_RUNS,
		.name_in = c->name,
		.name_out = c->name,
	};
	sk_task_init(&c->gone, on_gone);
	/* Its stdin is not lent: EPIPE there is not an error (child_send). */
	if (!o->pty)
		c->ep.in = (struct sk_raw){ SK_RAW_PIPE, &c->in_watch };
	r = init_watches(c);
	if (r >= 0)
		r = process_watch(c, &s);
	if (r < 0) {
		sk_close(&s.pidfd);
		child_free(&c->ep);
		return sk_fail(err, r, "%s: %s", o->argv[0], sk_strerror(r));
	}
	*ep = &c->ep;
	return 0;
}

bool endpoint_is_child(const struct endpoint *ep)
{
	return ep && ep->ops == &child_ops;
}

int endpoint_child_status(const struct endpoint *ep)
{
	return ep_child(ep)->status;
}
