/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --advise: what network programs do wrong, seen in their calls. Each rule is
 * a row of advise_rules.c: what it says, why that hurts, what to do. The
 * functions below decide from events, the model, and a little memory per
 * socket (struct watch).
 */
#include <stdlib.h>
#include <sys/wait.h>

#include "base/text.h"
#include "trace/advise.h"
#include "trace/dec.h"
#include "trace/decode.h"
#include "trace/outputs.h"
#include "trace/stack.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

/* Where a habit begins. */
#define SPINS 20	/* EAGAIN in a row, without waiting, */
#define SPINS_NS 10000000 /* in so short a time that nobody has slept */
#define IDLE_WAKES 20	/* epoll_wait that only said "writable" */
#define SMALL 1400	/* bytes that do not fill a segment */
#define HABIT 3		/* write-write-read rounds */
#define STALL_NS 30000000 /* delayed acknowledgements take 40 ms */
#define LEAKS 8		/* sockets left open by one process */
#define LOW_BACKLOG 5

#define WATCH_BUCKETS 1024

/* What is remembered of a socket. */
struct watch {
	LIST_ENTRY(watch) link;
	uint64_t life;
	unsigned small;		/* small writes in a row */
	unsigned rounds;	/* of write-write-read */
	unsigned spins;		/* EAGAIN in a row … */
	uint64_t waits;		/* … since this many waits */
	uint64_t since_ns;	/* … and since then */
	bool eof;		/* the peer has closed, if it is a stream */
	uint64_t rest_addr, rest_len; /* of a short write; 0: none */
};

struct finding {
	enum sk_rule rule;
	pid_t pid;
	uint64_t times;
	char where[200];	/* "prog[7] send(5<TCP:[…]>)": the first time */
	char *stack;		/* -k: its lines; or NULL */
};

struct advise {
	struct sk_report report;
	LIST_HEAD(, watch) watches[WATCH_BUCKETS];
	uint64_t waits;		/* for whatever, so far */
	struct finding *findings;
	size_t n;
	struct { pid_t tid; unsigned wakes; } idle; /* epoll */
	struct { pid_t pid; unsigned n; } leaks;
	pid_t broken;		/* the process whose write gave EPIPE last */
	bool json;
};

/* --- findings --------------------------------------------------------- */

/* stack: of the call at hand, not of what it has come to. */
static void find(struct advise *a, enum sk_rule rule, pid_t pid,
		 const char *where, char *(*stack)(void *arg))
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
	v[a->n] = (struct finding){ rule, pid, 1, "", NULL };
	if (stack)
		v[a->n].stack = stack(a->report.model->on_end_arg);
	snprintf(v[a->n++].where, sizeof(v->where), "%s", where);
}

static void find_call(struct advise *a, enum sk_rule rule,
		      const struct sk_event *ev)
{
	char label[SK_LABEL_MAX], comm[64], where[200], num[SK_EVENT_FD_MAX];
	int fd = sk_event_fd(ev);

	sk_escape(comm, sizeof(comm), ev->proc->comm,
		  strnlen(ev->proc->comm, 16));
	if (fd < 0)
		snprintf(where, sizeof(where), "%s[%d] %s", comm, ev->pid,
			 sk_sys_name(ev->sys));
	else
		snprintf(where, sizeof(where), "%s[%d] %s(%s<%.90s>)", comm,
			 ev->pid, sk_sys_name(ev->sys),
			 sk_event_fd_text(num, ev, fd),
			 sk_model_label(a->report.model, ev, fd, 2, label));
	find(a, rule, ev->pid, where, a->report.model->where_made);
}

static void find_life(struct advise *a, enum sk_rule rule,
		      const struct sk_life *l)
{
	char label[SK_LABEL_MAX], comm[64], where[200];

	sk_escape(comm, sizeof(comm), l->comm, strnlen(l->comm, 16));
	sk_life_label(l, label);
	snprintf(where, sizeof(where), "%s[%d] %d<%.90s>", comm, l->pid,
		 l->fd, label);
	find(a, rule, l->pid, where, NULL);
}

static struct watch *watch_of(struct advise *a, const struct sk_life *l)
{
	unsigned bucket = l->number % WATCH_BUCKETS;
	struct watch *w;

	LIST_FOREACH(w, &a->watches[bucket], link)
		if (w->life == l->number)
			return w;
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->life = l->number;
	LIST_INSERT_HEAD(&a->watches[bucket], w, link);
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
	/* A ring's request holds nobody. */
	if (!ev->ring && is_tcp(l) && !l->nonblock && ev->error != EINPROGRESS &&
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
	uint64_t len = asked(ev), done = (uint64_t)ev->ret;

	if (w->rest_len && len && ev->args[1] != w->rest_addr &&
	    len != w->rest_len)
		find_call(a, SHORT_WRITE, ev);
	if (len)
		w->rest_len = 0;
	/* An error is more than anybody can ask for. */
	if (l->type == SOCK_STREAM && done && done < len) {
		w->rest_addr = ev->args[1] + done;
		w->rest_len = len - done;
	}
}

/* Will Nagle's algorithm hold the next piece back? */
static bool holds_back(const struct sk_event *ev)
{
	uint64_t flags = ev->sys == SK_SYS_send || ev->sys == SK_SYS_sendto ?
				 ev->args[3] :
			 ev->sys == SK_SYS_sendmsg ? ev->args[2] : 0;

	return !(flags & MSG_MORE) && ev->ret > 0 && ev->ret < SMALL;
}

static void on_out(struct advise *a, const struct sk_event *ev,
		   const struct sk_life *l, struct watch *w)
{
	check_rest(a, ev, l, w);
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
	if (!ev->ret && ev->args[2])
		w->eof = true;
	if (l->type == SOCK_DGRAM &&
	    (l->family == AF_INET || l->family == AF_INET6))
		check_datagram(a, ev);
}

static void check_spin(struct advise *a, const struct sk_event *ev,
		       struct watch *w)
{
	/* Waiting, on whatever, is no spinning. */
	if (ev->error != EAGAIN || w->waits != a->waits)
		w->spins = 0;
	w->waits = a->waits;
	if (ev->error != EAGAIN)
		return;
	/* Calls that sleep are not traced, the time that they take is seen. */
	if (!w->spins++)
		w->since_ns = ev->mono_ns;
	if (w->spins != SPINS)
		return;		/* told once, as long as it goes on */
	if (ev->mono_ns - w->since_ns < SPINS_NS)
		find_call(a, EAGAIN_SPIN, ev);
	else
		w->spins = 0;
}

static void on_wait(struct advise *a, const struct sk_event *ev)
{
	a->waits++;
	if ((ev->sys == SK_SYS_select || ev->sys == SK_SYS__newselect ||
	     ev->sys == SK_SYS_pselect6) && (int)ev->args[0] > 1024)
		find_call(a, SELECT_1024, ev);
}

static void on_epoll_wait(struct advise *a, const struct sk_event *ev)
{
	size_t size = ev->abi == SK_ABI_AARCH64 ? 16 : 12;
	uint32_t events;

	on_wait(a, ev);
	if (ev->ret <= 0 || a->idle.tid != ev->tid)
		a->idle.wakes = 0;
	a->idle.tid = ev->tid;
	for (int64_t i = 0; i < ev->ret && i < 64; i++) {
		if (sk_mem_get(ev, ev->args[1] + (uint64_t)i * size, &events,
			       4) < 0 || events != EPOLLOUT)
			return;
	}
	if (ev->ret > 0 && ++a->idle.wakes == IDLE_WAKES)
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

	/* Of a pipe's end, or passed on from a child, it is not about sockets. */
	if (ev->pid != ev->tid || WTERMSIG(ev->u.status) != SIGPIPE ||
	    a->broken != ev->pid)
		return;
	sk_escape(comm, sizeof(comm), ev->proc->comm,
		  strnlen(ev->proc->comm, 16));
	snprintf(where, sizeof(where), "%s[%d], after a write that gave EPIPE",
		 comm, ev->pid);
	find(a, SIGPIPE_DEATH, ev->pid, where, NULL);
}

static void advise_event(struct sk_report *r, const struct sk_event *ev)
{
	struct advise *a = (struct advise *)r;
	enum sk_sys_role role;
	const struct sk_life *l;

	if (ev->kind == SK_EV_ENDED)
		on_ended(a, ev);
	if (ev->kind != SK_EV_EXIT)
		return;
	role = sk_sys_role(ev->sys);
	l = sk_model_life(r->model, ev->proc, sk_event_fd(ev));
	if (ev->error == EPIPE && (l || role == SK_ROLE_OUT2))
		a->broken = ev->pid;
	if (role == SK_ROLE_WAIT)
		on_wait(a, ev);
	else if (role == SK_ROLE_EPOLL_WAIT)
		on_epoll_wait(a, ev);
	else if (l)
		on_socket_call(a, ev, l);
}

static void advise_life_end(struct sk_report *r, const struct sk_life *l)
{
	struct advise *a = (struct advise *)r;
	struct watch *w = watch_of(a, l);

	if (l->backlog <= LOW_BACKLOG &&
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

static void put_stack(struct sk_out *out, const char *line)
{
	for (size_t n; line && *line; line += n) {
		n = strcspn(line, "\n");
		n += line[n] == '\n';
		sk_out_str(out, "        ");
		sk_out_put(out, line, n);
	}
}

static void put_finding(struct sk_out *out, const struct finding *f)
{
	sk_out_printf(out, "%s: %s", sk_advice[f->rule].name,
		      sk_advice[f->rule].says);
	if (f->times > 1)
		sk_out_printf(out, " (%llu times)",
			      (unsigned long long)f->times);
	sk_out_printf(out, "\n  where  %s\n", f->where);
	put_stack(out, f->stack);
	sk_out_printf(out, "  why    %s\n  fix    %s\n",
		      sk_advice[f->rule].why, sk_advice[f->rule].fix);
}

static void json_finding(const struct advise *a, const struct finding *f)
{
	struct sk_json j;

	sk_json_init(&j, a->report.out);
	sk_json_begin(&j, '{');
	sk_json_put_str(&j, "type", "advice");
	sk_json_put_u64(&j, "time_ns", a->report.model->wall_ns);
	sk_json_put_i64(&j, "pid", f->pid);
	sk_json_put_str(&j, "rule", sk_advice[f->rule].name);
	sk_json_put_str(&j, "says", sk_advice[f->rule].says);
	sk_json_put_u64(&j, "times", f->times);
	sk_json_put_str(&j, "where", f->where);
	if (f->stack) {
		sk_json_key(&j, "stack");
		sk_stacks_json(&j, f->stack);
	}
	sk_json_put_str(&j, "why", sk_advice[f->rule].why);
	sk_json_put_str(&j, "fix", sk_advice[f->rule].fix);
	sk_json_end(&j, '}');
	sk_json_line(&j);
}

static int advise_finish(struct sk_report *r)
{
	struct advise *a = (struct advise *)r;
	struct watch *w;

	for (size_t i = 0; i < a->n; i++) {
		if (a->json)
			json_finding(a, &a->findings[i]);
		else
			put_finding(r->out, &a->findings[i]);
		free(a->findings[i].stack);
	}
	if (!a->n && !a->json)
		sk_out_str(r->out, "no advice\n");
	for (int i = 0; i < WATCH_BUCKETS; i++)
		while ((w = LIST_FIRST(&a->watches[i])) != NULL) {
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

struct sk_report *sk_report_advise(struct sk_model *m, struct sk_out *out,
				   bool json)
{
	struct advise *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->report = (struct sk_report){ &advise_ops, m, out, { NULL } };
	a->json = json;
	return &a->report;
}
