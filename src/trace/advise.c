/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --advise: what network programs do wrong, seen in their calls. Each rule is
 * a row: what it says, why that hurts, what to do. The functions below decide
 * from events, the model, and a little memory per socket (struct watch).
 */
#include <stdlib.h>
#include <sys/wait.h>

#include "base/text.h"
#include "trace/dec.h"
#include "trace/decode.h"
#include "trace/outputs.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

/* Where a habit begins. */
#define SPINS 20	/* EAGAIN in a row, without waiting */
#define IDLE_WAKES 20	/* epoll_wait that only said "writable" */
#define SMALL 1400	/* bytes that do not fill a segment */
#define HABIT 3		/* write-write-read rounds */
#define STALL_NS 30000000 /* delayed acknowledgements take 40 ms */
#define LEAKS 8		/* sockets left open by one process */
#define LOW_BACKLOG 5

enum rule {
	LOW_BACKLOG_RULE, BLOCKING_CONNECT, SMALL_WRITES, NAGLE_STALL,
	SHORT_WRITE, EAGAIN_SPIN, EPOLL_WRITABLE, ADDRESS_IN_USE,
	SIGPIPE_DEATH, UDP_TRUNCATED, FD_LEAK, CLOSE_WAIT, SELECT_1024,
	RULES
};

static const struct {
	const char *name, *says, *why, *fix;
} rules[RULES] = {
	[LOW_BACKLOG_RULE] = { "low-backlog",
		"accepts in a loop from a queue of few connections",
		"when more clients come at once than the backlog holds, the "
		"kernel drops their SYNs and they wait a second or more",
		"call listen(2) with SOMAXCONN" },
	[BLOCKING_CONNECT] = { "blocking-connect",
		"connects a blocking socket without a timeout",
		"a host that drops packets holds the thread for two minutes "
		"(tcp_syn_retries)",
		"set SO_SNDTIMEO or TCP_USER_TIMEOUT before, or connect "
		"non-blocking and poll(2)" },
	[SMALL_WRITES] = { "small-writes",
		"writes a message in small pieces, then reads the answer",
		"Nagle's algorithm holds the second piece until the first is "
		"acknowledged, which the peer may delay",
		"write the message at once (writev(2), MSG_MORE, TCP_CORK) or "
		"set TCP_NODELAY" },
	[NAGLE_STALL] = { "nagle-stall",
		"waited for an answer to a message written in pieces",
		"Nagle's algorithm here and delayed acknowledgements there "
		"wait for each other, some 40 ms each time",
		"write the message at once, or set TCP_NODELAY" },
	[SHORT_WRITE] = { "short-write",
		"did not send the rest after a short write",
		"send(2) may take less than it was given; the rest is lost "
		"and the stream is garbled",
		"loop until all is written" },
	[EAGAIN_SPIN] = { "eagain-spin",
		"tries again and again what gives EAGAIN",
		"it burns a CPU and slows down whom it waits for",
		"wait with poll(2) or epoll_wait(2)" },
	[EPOLL_WRITABLE] = { "epoll-writable",
		"is woken because a socket is writable, and writes nothing",
		"a level-triggered EPOLLOUT is always true while the buffer "
		"has room, so epoll_wait(2) never waits",
		"ask for EPOLLOUT only after EAGAIN, or use EPOLLET" },
	[ADDRESS_IN_USE] = { "address-in-use",
		"bind fails as the address is in use, without SO_REUSEADDR",
		"connections of the last run linger in TIME_WAIT for a minute",
		"set SO_REUSEADDR before bind(2)" },
	[SIGPIPE_DEATH] = { "sigpipe",
		"was killed by SIGPIPE",
		"writing to a connection whose peer has gone ends a program "
		"that does not expect it",
		"send(2) with MSG_NOSIGNAL, or ignore SIGPIPE" },
	[UDP_TRUNCATED] = { "udp-truncated",
		"received datagrams that filled the buffer, and may be cut",
		"the rest of a datagram that does not fit is thrown away",
		"receive with MSG_TRUNC and compare, look at msg_flags, or "
		"take a buffer of 65535 bytes" },
	[FD_LEAK] = { "fd-leak",
		"left sockets open to its end",
		"descriptors run out (EMFILE), and peers wait for an end",
		"close(2) them, also on the way of errors" },
	[CLOSE_WAIT] = { "close-wait",
		"did not close a connection that the peer has closed",
		"it stays in CLOSE_WAIT, with its descriptor and buffers",
		"close(2) when recv(2) returns 0" },
	[SELECT_1024] = { "select-1024",
		"gives select(2) a descriptor of 1024 or more",
		"FD_SET writes behind the end of fd_set",
		"use poll(2) or epoll(7)" },
};

/* What is remembered of a socket. */
struct watch {
	LIST_ENTRY(watch) link;
	uint64_t life;
	unsigned small;		/* small writes in a row */
	unsigned rounds;	/* of write-write-read */
	unsigned spins;		/* EAGAIN in a row */
	bool eof;		/* the peer has closed */
	uint64_t rest_addr, rest_len; /* of a short write; 0: none */
};

struct finding {
	enum rule rule;
	pid_t pid;
	uint64_t times;
	char where[200];	/* "prog[7] send(5<TCP:[…]>)": the first time */
};

struct advise {
	struct sk_report report;
	LIST_HEAD(, watch) watches;
	struct finding *findings;
	size_t n;
	struct { pid_t tid; unsigned wakes; } idle; /* epoll */
	struct { pid_t pid; unsigned n; } leaks;
	pid_t broken;		/* the process whose write gave EPIPE last */
};

/* --- findings --------------------------------------------------------- */

static void find(struct advise *a, enum rule rule, pid_t pid,
		 const char *where)
{
	struct finding *v;

	for (size_t i = 0; i < a->n; i++) {
		if (a->findings[i].rule != rule || a->findings[i].pid != pid)
			continue;
		/* Leaks are found when they are many. */
		a->findings[i].times = rule == FD_LEAK ?
			a->leaks.n : a->findings[i].times + 1;
		return;
	}
	v = reallocarray(a->findings, a->n + 1, sizeof(*v));
	if (!v)
		return;
	a->findings = v;
	v[a->n] = (struct finding){ rule, pid, 1, "" };
	snprintf(v[a->n++].where, sizeof(v->where), "%s", where);
}

static void find_call(struct advise *a, enum rule rule,
		      const struct sk_event *ev)
{
	char label[SK_LABEL_MAX], comm[64], where[200];
	int fd = sk_event_fd(ev);

	sk_escape(comm, sizeof(comm), ev->proc->comm,
		  strnlen(ev->proc->comm, 16));
	if (fd < 0)
		snprintf(where, sizeof(where), "%s[%d] %s", comm, ev->pid,
			 sk_sys_name(ev->sys));
	else
		snprintf(where, sizeof(where), "%s[%d] %s(%d<%.90s>)", comm,
			 ev->pid, sk_sys_name(ev->sys), fd,
			 sk_model_label(a->report.model, ev, fd, 2, label));
	find(a, rule, ev->pid, where);
}

static void find_life(struct advise *a, enum rule rule,
		      const struct sk_life *l)
{
	char label[SK_LABEL_MAX], comm[64], where[200];

	sk_escape(comm, sizeof(comm), l->comm, strnlen(l->comm, 16));
	sk_life_label(l, label);
	snprintf(where, sizeof(where), "%s[%d] %d<%.90s>", comm, l->pid,
		 l->fd, label);
	find(a, rule, l->pid, where);
}

static struct watch *watch_of(struct advise *a, const struct sk_life *l)
{
	struct watch *w;

	LIST_FOREACH(w, &a->watches, link)
		if (w->life == l->number)
			return w;
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->life = l->number;
	LIST_INSERT_HEAD(&a->watches, w, link);
	return w;
}

/* The value of an int option that was set; 0: was not. */
static int option(const struct sk_life *l, int level, int name)
{
	int v = 0;

	for (unsigned i = 0; i < l->n_options; i++)
		if (l->options[i].level == level && l->options[i].name == name)
			memcpy(&v, l->options[i].value, sizeof(v));
	return v;
}

static bool has_option(const struct sk_life *l, int level, int name)
{
	for (unsigned i = 0; i < l->n_options; i++)
		if (l->options[i].level == level && l->options[i].name == name)
			return true;
	return false;
}

static bool is_tcp(const struct sk_life *l)
{
	return l->type == SOCK_STREAM &&
	       (l->family == AF_INET || l->family == AF_INET6);
}

/* --- rules ------------------------------------------------------------ */

static void on_connect(struct advise *a, const struct sk_event *ev,
		       const struct sk_life *l)
{
	if (is_tcp(l) && !l->nonblock && ev->error != EINPROGRESS &&
	    !has_option(l, SOL_SOCKET, SO_SNDTIMEO) &&
	    !has_option(l, IPPROTO_TCP, TCP_USER_TIMEOUT))
		find_call(a, BLOCKING_CONNECT, ev);
}

static uint64_t asked(const struct sk_event *ev)
{
	switch (ev->sys) {
	case SK_SYS_send:
	case SK_SYS_sendto:
	case SK_SYS_write:
		return ev->args[2];
	default:
		return 0;	/* vectors are not looked into */
	}
}

/* What was left of a short write must come next. */
static void check_rest(struct advise *a, const struct sk_event *ev,
		       const struct sk_life *l, struct watch *w)
{
	uint64_t len = asked(ev), done;

	if (w->rest_len && len && ev->args[1] != w->rest_addr &&
	    len != w->rest_len)
		find_call(a, SHORT_WRITE, ev);
	if (len)
		w->rest_len = 0;
	if (ev->error || !len || l->type != SOCK_STREAM)
		return;
	done = (uint64_t)ev->ret;
	if (done && done < len) {
		w->rest_addr = ev->args[1] + done;
		w->rest_len = len - done;
	}
}

static bool holds_back(const struct sk_event *ev)
{
	bool more = (ev->sys == SK_SYS_send || ev->sys == SK_SYS_sendto) &&
		    ev->args[3] & MSG_MORE;

	return !more && !ev->error && ev->ret > 0 && ev->ret < SMALL;
}

static void on_out(struct advise *a, const struct sk_event *ev,
		   const struct sk_life *l, struct watch *w)
{
	check_rest(a, ev, l, w);
	if (ev->error == EPIPE)
		a->broken = ev->pid;
	a->idle.wakes = 0;
	w->small = is_tcp(l) && holds_back(ev) &&
		   !option(l, IPPROTO_TCP, TCP_NODELAY) &&
		   !option(l, IPPROTO_TCP, TCP_CORK) ? w->small + 1 : 0;
}

static uint32_t flags_given_back(const struct sk_event *ev)
{
	struct sk_msghdr m;

	return ev->sys == SK_SYS_recvmsg &&
	       sk_msghdr_get(ev, ev->args[1], false, &m) ? m.flags : 0;
}

static void check_datagram(struct advise *a, const struct sk_event *ev)
{
	bool full = (ev->sys == SK_SYS_recv || ev->sys == SK_SYS_recvfrom ||
		     ev->sys == SK_SYS_read) &&
		    (uint64_t)ev->ret == ev->args[2] && ev->ret > 0;
	bool knows = (ev->sys == SK_SYS_recv || ev->sys == SK_SYS_recvfrom) &&
		     ev->args[3] & MSG_TRUNC;

	/* recvmsg(2) tells, but who looks is not seen: only what is cut. */
	if ((full && !knows) || flags_given_back(ev) & MSG_TRUNC)
		find_call(a, UDP_TRUNCATED, ev);
}

static void on_in(struct advise *a, const struct sk_event *ev,
		  const struct sk_life *l, struct watch *w)
{
	if (w->small >= 2) {
		if (++w->rounds == HABIT)
			find_call(a, SMALL_WRITES, ev);
		if (ev->took_ns > STALL_NS)
			find_call(a, NAGLE_STALL, ev);
	}
	w->small = 0;
	if (ev->error)
		return;
	if (l->type == SOCK_STREAM && !ev->ret && ev->args[2])
		w->eof = true;
	if (l->type == SOCK_DGRAM &&
	    (l->family == AF_INET || l->family == AF_INET6))
		check_datagram(a, ev);
}

static void check_spin(struct advise *a, const struct sk_event *ev,
		       struct watch *w)
{
	if (ev->error != EAGAIN) {
		w->spins = 0;
		return;
	}
	if (++w->spins == SPINS)
		find_call(a, EAGAIN_SPIN, ev);
}

/* Waiting, on whatever, is no spinning. */
static void on_wait(struct advise *a, const struct sk_event *ev)
{
	struct watch *w;

	LIST_FOREACH(w, &a->watches, link)
		w->spins = 0;
	if ((ev->sys == SK_SYS_select || ev->sys == SK_SYS__newselect ||
	     ev->sys == SK_SYS_pselect6) && (int)ev->args[0] > 1024)
		find_call(a, SELECT_1024, ev);
}

static void on_epoll_wait(struct advise *a, const struct sk_event *ev)
{
	size_t size = ev->abi == SK_ABI_AARCH64 ? 16 : 12;
	uint32_t events;

	on_wait(a, ev);
	if (ev->error || !ev->ret || a->idle.tid != ev->tid)
		a->idle.wakes = 0;
	a->idle.tid = ev->tid;
	for (int64_t i = 0; i < ev->ret && i < 64; i++) {
		if (sk_mem_get(ev, ev->args[1] + (uint64_t)i * size, &events,
			       4) < 0 || events != EPOLLOUT)
			return;
	}
	if (!ev->error && ev->ret > 0 && ++a->idle.wakes == IDLE_WAKES)
		find_call(a, EPOLL_WRITABLE, ev);
}

static void on_bind(struct advise *a, const struct sk_event *ev,
		    const struct sk_life *l)
{
	if (ev->error == EADDRINUSE && is_tcp(l) &&
	    !option(l, SOL_SOCKET, SO_REUSEADDR))
		find_call(a, ADDRESS_IN_USE, ev);
}

static void on_socket_call(struct advise *a, const struct sk_event *ev,
			   const struct sk_life *l)
{
	enum sk_sys_role role = sk_sys_role(ev->sys);
	struct watch *w = watch_of(a, l);

	if (!w)
		return;
	if (role == SK_ROLE_IN || role == SK_ROLE_OUT ||
	    role == SK_ROLE_ACCEPT)
		check_spin(a, ev, w);
	if (role == SK_ROLE_CONNECT)
		on_connect(a, ev, l);
	else if (role == SK_ROLE_BIND)
		on_bind(a, ev, l);
	else if (role == SK_ROLE_OUT)
		on_out(a, ev, l, w);
	else if (role == SK_ROLE_IN)
		on_in(a, ev, l, w);
}

static void on_ended(struct advise *a, const struct sk_event *ev)
{
	char where[200], comm[64];

	if (ev->pid != ev->tid || !WIFSIGNALED(ev->u.status) ||
	    WTERMSIG(ev->u.status) != SIGPIPE)
		return;
	sk_escape(comm, sizeof(comm), ev->proc->comm,
		  strnlen(ev->proc->comm, 16));
	snprintf(where, sizeof(where), "%s[%d]%s", comm, ev->pid,
		 a->broken == ev->pid ? ", after a write that gave EPIPE" :
					"");
	find(a, SIGPIPE_DEATH, ev->pid, where);
}

static void advise_event(struct sk_report *r, const struct sk_event *ev)
{
	struct advise *a = (struct advise *)r;
	enum sk_sys_role role;
	const struct sk_life *l;
	int fd;

	if (ev->kind == SK_EV_ENDED)
		on_ended(a, ev);
	if (ev->kind != SK_EV_EXIT)
		return;
	role = sk_sys_role(ev->sys);
	fd = sk_event_fd(ev);
	if (role == SK_ROLE_WAIT) {
		on_wait(a, ev);
	} else if (role == SK_ROLE_EPOLL_WAIT) {
		on_epoll_wait(a, ev);
	} else if (fd >= 0) {
		l = sk_model_life(r->model, ev->proc, fd);
		if (l)
			on_socket_call(a, ev, l);
	}
}

static void advise_life_end(struct sk_report *r, const struct sk_life *l)
{
	struct advise *a = (struct advise *)r;
	struct watch *w = watch_of(a, l);

	if (l->listening && l->backlog <= LOW_BACKLOG &&
	    l->accepts.calls > (uint64_t)(l->backlog > 1 ? l->backlog : 1))
		find_life(a, LOW_BACKLOG_RULE, l);
	if (l->end == SK_LIFE_LEAKED) {
		if (a->leaks.pid != l->pid)
			a->leaks.n = 0;
		a->leaks.pid = l->pid;
		if (++a->leaks.n >= LEAKS)
			find_life(a, FD_LEAK, l);
		if (w && w->eof && is_tcp(l))
			find_life(a, CLOSE_WAIT, l);
	}
	if (!w)
		return;
	if (w->rest_len && l->end != SK_LIFE_RESET)
		find_life(a, SHORT_WRITE, l);
	LIST_REMOVE(w, link);
	free(w);
}

/* --- the end ---------------------------------------------------------- */

static void put_finding(struct sk_out *out, const struct finding *f)
{
	sk_out_printf(out, "%s: %s", rules[f->rule].name, rules[f->rule].says);
	if (f->times > 1)
		sk_out_printf(out, " (%llu times)",
			      (unsigned long long)f->times);
	sk_out_printf(out, "\n  where  %s\n  why    %s\n  fix    %s\n",
		      f->where, rules[f->rule].why, rules[f->rule].fix);
}

static int advise_finish(struct sk_report *r)
{
	struct advise *a = (struct advise *)r;
	struct watch *w;

	for (size_t i = 0; i < a->n; i++)
		put_finding(r->out, &a->findings[i]);
	if (!a->n)
		sk_out_str(r->out, "no advice\n");
	while ((w = LIST_FIRST(&a->watches)) != NULL) {
		LIST_REMOVE(w, link);
		free(w);
	}
	free(a->findings);
	free(a);
	return 0;
}

static const struct sk_report_ops advise_ops = {
	.name = "advice",
	.event = advise_event,
	.life_end = advise_life_end,
	.finish = advise_finish,
};

struct sk_report *sk_report_advise(struct sk_model *m, struct sk_out *out)
{
	struct advise *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->report = (struct sk_report){ &advise_ops, m, out, { NULL } };
	LIST_INIT(&a->watches);
	return &a->report;
}
