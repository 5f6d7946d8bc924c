/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --sockets and --leaks: a row for each socket, and below it what happened to
 * it. The row has fixed columns and begins with a number; the lines below are
 * indented, so that grep tells them apart.
 */
#include "base/text.h"
#include "base/units.h"
#include "sock/names.h"
#include "sock/sockopt.h"
#include "trace/probe.h"
#include "trace/reports.h"

struct lives {
	struct sk_report report;
	uint64_t began;
	bool leaks;
	bool found;		/* while it is shown: there are any */
};

static const char *const end_names[] = {
	[SK_LIFE_OPEN] = "open",     [SK_LIFE_CLOSED] = "closed",
	[SK_LIFE_SHUT] = "shutdown", [SK_LIFE_RESET] = "reset",
	[SK_LIFE_LEAKED] = "leaked", [SK_LIFE_HANDED] = "inherited",
};

static const char *const origin_names[] = {
	[SK_LIFE_MADE] = "made",	 [SK_LIFE_PAIRED] = "one of a pair",
	[SK_LIFE_ACCEPTED] = "accepted", [SK_LIFE_RECEIVED] = "received",
	[SK_LIFE_INHERITED] = "inherited",
};

static const char *const wait_names[SK_WAIT_COUNT_] = {
	[SK_WAIT_IN] = "receiving",	[SK_WAIT_OUT] = "sending",
	[SK_WAIT_CONNECT] = "connect",	[SK_WAIT_ACCEPT] = "accept",
	[SK_WAIT_POLL] = "poll",
};

/* Nanoseconds since the trace began, as "0.001234". */
static const char *since(const struct lives *r, uint64_t ns, char buf[32])
{
	uint64_t us = ns > r->began ? (ns - r->began) / 1000 : 0;

	snprintf(buf, 32, "%llu.%06llu", (unsigned long long)(us / 1000000),
		 (unsigned long long)(us % 1000000));
	return buf;
}

static void put_row(struct lives *r, const struct sk_life *l)
{
	char label[SK_LABEL_MAX], comm[64], at[32], fd[16];

	snprintf(fd, sizeof(fd), l->ring ? "[%d]" : "%d", l->fd);
	sk_life_label(l, label);
	sk_escape(comm, sizeof(comm), l->comm, strlen(l->comm));
	sk_out_printf(r->report.out,
		      "%4llu %7d %-15s %4s %11s %-9s %9llu %6llu %9llu %6llu "
		      "%s\n",
		      (unsigned long long)l->number, l->pid, comm, fd,
		      since(r, l->created, at), end_names[l->end],
		      (unsigned long long)l->in.bytes,
		      (unsigned long long)(l->in.calls + l->accepts.calls),
		      (unsigned long long)l->out.bytes,
		      (unsigned long long)l->out.calls, label);
}

static void put_span(struct sk_out *o, const char *what, uint64_t ns)
{
	char buf[SK_UNITS_MAX];

	sk_out_printf(o, "%s%s", what, sk_format_duration(buf, ns / 1000));
}

static void put_history(struct lives *r, const struct sk_life *l)
{
	struct sk_out *o = r->report.out;
	char at[32];

	sk_out_printf(o, "%13s%s", "", origin_names[l->origin]);
	if (l->listener)
		sk_out_printf(o, " by socket %llu",
			      (unsigned long long)l->listener);
	if (l->ring)
		sk_out_printf(o, " into io_uring %d", l->ring - 1);
	if (l->bound)
		sk_out_printf(o, ", bound at %s", since(r, l->bound, at));
	if (l->listening)
		sk_out_printf(o, ", listens with a backlog of %d", l->backlog);
	if (l->connected)
		sk_out_printf(o, ", connected at %s",
			      since(r, l->connected, at));
	if (l->handshake_ns)
		put_span(o, " in ", l->handshake_ns);
	else if (l->connecting && !l->connected)
		sk_out_str(o, ", connecting");
	if (l->shut_out || l->shut_in)
		sk_out_printf(o, ", shut down for %s",
			      !l->shut_in  ? "sending" :
			      !l->shut_out ? "receiving" : "both");
	if (l->nonblock)
		sk_out_str(o, ", non-blocking");
	if (l->ended)
		put_span(o, ", lived ", l->ended - l->created);
	sk_out_char(o, '\n');
}

static void put_options(struct sk_out *o, const struct sk_life *l)
{
	char value[256];

	if (!l->n_options)
		return;
	sk_out_printf(o, "%13soptions:", "");
	for (unsigned i = 0; i < l->n_options; i++) {
		const struct sk_life_option *p = &l->options[i];
		const struct sk_sockopt *opt = sk_sockopt_find(p->level,
							       p->name);

		if (opt)
			sk_out_printf(o, " %s=%s", sk_sockopt_name(opt),
				      sk_sockopt_format(value, sizeof(value),
							opt, p->value,
							p->len));
		else
			sk_out_printf(o, " %d/%d", p->level, p->name);
	}
	sk_out_char(o, '\n');
}

static void put_waits(struct sk_out *o, const struct sk_life *l)
{
	const char *sep = "";
	uint64_t again = l->in.again + l->out.again + l->accepts.again;
	bool any = again || l->last_error;

	for (int i = 0; i < SK_WAIT_COUNT_; i++)
		any |= l->blocked_ns[i] != 0;
	if (!any)
		return;
	sk_out_printf(o, "%13s", "");
	for (int i = 0; i < SK_WAIT_COUNT_; i++) {
		if (!l->blocked_ns[i])
			continue;
		sk_out_printf(o, "%s%s ", *sep ? sep : "blocked in ",
			      wait_names[i]);
		put_span(o, "", l->blocked_ns[i]);
		sep = ", ";
	}
	if (again) {
		sk_out_printf(o, "%s%llu EAGAIN", sep,
			      (unsigned long long)again);
		sep = ", ";
	}
	if (l->last_error)
		sk_out_printf(o, "%slast error: %s", sep,
			      sk_strerror(l->last_error));
	sk_out_char(o, '\n');
}

static void put_tcp_info(struct sk_out *o, const struct sk_life *l)
{
	static const char *const shown[] = {
		"state", "rtt", "rttvar", "min_rtt", "total_retrans",
		"snd_cwnd", "bytes_acked", "bytes_received",
	};
	const char *sep = "tcp: ";
	char text[64];
	uint64_t v;

	if (!l->tcp_info_len || l->listening)
		return;
	sk_out_printf(o, "%13s", "");
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++) {
		const struct sk_tcp_field *f = sk_tcp_info_field(shown[i]);
		const char *unit;

		if (!f || !sk_tcp_info_get(f, l->tcp_info, l->tcp_info_len, &v))
			continue;
		if (v == UINT32_MAX)	/* min_rtt: none was measured */
			continue;
		unit = sk_tcp_unit_name(f->unit);
		sk_out_printf(o, "%s%s %s%s%s", sep, f->name,
			      sk_tcp_info_format(text, sizeof(text), f, v),
			      *unit ? " " : "", unit);
		sep = ", ";
	}
	sk_out_char(o, '\n');
}

static void put_stack(struct sk_out *o, const struct sk_life *l)
{
	const char *line = l->stack;

	for (size_t n; line && *line; line += n) {
		n = strcspn(line, "\n");
		n += line[n] == '\n';
		sk_out_printf(o, "%12s", "");
		sk_out_put(o, line, n);
	}
}

static void put_life(struct lives *r, const struct sk_life *l)
{
	put_row(r, l);
	put_history(r, l);
	put_options(r->report.out, l);
	put_waits(r->report.out, l);
	put_tcp_info(r->report.out, l);
	put_stack(r->report.out, l);
}

static void put_head(struct sk_out *o)
{
	sk_out_printf(o, "%4s %7s %-15s %4s %11s %-9s %9s %6s %9s %6s %s\n",
		      "#", "PID", "PROCESS", "FD", "CREATED", "END", "IN",
		      "CALLS", "OUT", "CALLS", "SOCKET");
}

static void put_gone(struct lives *r)
{
	const struct sk_model *m = r->report.model;
	char in[SK_UNITS_MAX], out[SK_UNITS_MAX];

	if (!m->gone.lives || r->leaks)
		return;
	sk_out_printf(r->report.out,
		      "and %llu before these (in %s, out %s, %llu leaked)\n",
		      (unsigned long long)m->gone.lives,
		      sk_format_size(in, m->gone.bytes_in),
		      sk_format_size(out, m->gone.bytes_out),
		      (unsigned long long)m->gone.leaked);
}

/* "srv[812]: 64 sockets accepted by socket 1 are open …" */
static void put_group(struct sk_out *o, const struct sk_proc *p,
		      const struct sk_group *g)
{
	char comm[64], family[64], type[64];

	sk_out_printf(o, "%s[%d]: %u sockets (%s %s",
		      sk_escape(comm, sizeof(comm), p->comm, strlen(p->comm)),
		      p->pid, g->live,
		      sk_name_format(family, sizeof(family), &sk_names_family,
				     (uint32_t)g->family),
		      sk_name_format(type, sizeof(type), &sk_names_socktype,
				     (uint32_t)g->type));
	if (g->listener)
		sk_out_printf(o, ", accepted by socket %llu",
			      (unsigned long long)g->listener);
	sk_out_printf(o, ") are open and become more and more; %u of them "
		      "were not used since half of %llu were made\n",
		      g->unused,
		      (unsigned long long)g->made);
}

static void put_growth(struct lives *r)
{
	const struct sk_model *m = r->report.model;
	const struct sk_group *g;
	const struct sk_proc *p;

	for (int i = 0; i < SK_PROC_BUCKETS; i++)
		LIST_FOREACH(p, &m->procs[i], link)
			LIST_FOREACH(g, &p->groups, link)
				if (g->grown)
					put_group(r->report.out, p, g);
}

static void put_sum(struct lives *r)
{
	const struct sk_model *m = r->report.model;

	if (r->leaks && !r->found)
		return;
	sk_out_printf(r->report.out,
		      "%llu sockets, %llu at once at most, %llu open, "
		      "%llu leaked\n", (unsigned long long)m->made,
		      (unsigned long long)m->peak_live,
		      (unsigned long long)m->n_live,
		      (unsigned long long)m->leaked);
}

static int by_number(const void *pa, const void *pb)
{
	const struct sk_life *const *a = pa, *const *b = pb;

	return ((*a)->number > (*b)->number) - ((*a)->number < (*b)->number);
}

/* Those that are to be listed, in the order they were made. */
static size_t gather(const struct lives *r, const struct sk_life **v)
{
	const struct sk_life *l;
	size_t n = 0;

	TAILQ_FOREACH(l, &r->report.model->ended, link)
		if (!r->leaks || l->end == SK_LIFE_LEAKED)
			v[n++] = l;
	TAILQ_FOREACH(l, &r->report.model->live, link)
		if (!r->leaks || sk_growth_forgotten(l))
			v[n++] = l;
	qsort(v, n, sizeof(*v), by_number);
	return n;
}

static void lives_show(struct sk_report *report)
{
	struct lives *r = (struct lives *)report;
	struct sk_model *m = report->model;
	const struct sk_life **v = calloc(m->n_live + m->n_ended + 1,
					  sizeof(*v));
	size_t n;

	if (!v)
		return;
	sk_model_refresh(report->model);
	r->found = sk_model_grows(m) || m->leaked;
	if (!r->leaks || r->found)
		put_head(report->out);
	n = gather(r, v);
	for (size_t i = 0; i < n; i++)
		put_life(r, v[i]);
	free(v);
	put_gone(r);
	put_growth(r);
	put_sum(r);
}

static void lives_event(struct sk_report *r, const struct sk_event *ev)
{
	(void)r;
	(void)ev;
}

static int lives_finish(struct sk_report *report)
{
	lives_show(report);
	free(report);
	return 0;
}

static const struct sk_report_ops lives_ops = {
	.name = "sockets",
	.event = lives_event,
	.show = lives_show,
	.finish = lives_finish,
};

struct sk_report *sk_report_lives(struct sk_model *m, struct sk_out *out,
				  uint64_t began, bool leaks)
{
	struct lives *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->report = (struct sk_report){ &lives_ops, m, out, { NULL } };
	r->began = began;
	r->leaks = leaks;
	return &r->report;
}
