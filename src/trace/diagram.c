/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --diagram: who said what to whom, as a sequence diagram. Participants are
 * the traced processes and the addresses they talk to; where both ends of a
 * connection are traced the arrow goes from process to process, and is drawn
 * when it is sent.
 */
#include <stdlib.h>

#include "base/text.h"
#include "trace/decode.h"
#include "trace/fold.h"
#include "trace/outputs.h"
#include "trace/probe.h"
#include "trace/tables.h"

#define NAME_SIZE 64
/* With a lifeline of their own; who comes later shares one. */
#define PARTIES 16

struct party {
	pid_t pid;		/* 0: an address */
	char name[NAME_SIZE];
};

struct diagram {
	struct sk_report report;
	bool mermaid;
	struct party *parties;
	int n;
	struct sk_fold fold;
};

/* --- participants ----------------------------------------------------- */

static int add_party(struct diagram *d, pid_t pid, const char *name)
{
	struct party *v;

	if (d->n > PARTIES)
		return PARTIES;
	if (d->n == PARTIES) {
		pid = 0;
		name = "others";
	}
	v = reallocarray(d->parties, (size_t)d->n + 1, sizeof(*v));
	if (!v)
		return 0;
	d->parties = v;
	v[d->n].pid = pid;
	snprintf(v[d->n].name, NAME_SIZE, "%s", name);
	return d->n++;
}

static int process(struct diagram *d, pid_t pid, const char *comm)
{
	char name[NAME_SIZE], safe[NAME_SIZE - 16];

	sk_escape(safe, sizeof(safe), comm, strnlen(comm, 16));
	snprintf(name, sizeof(name), "%s[%d]", safe, pid);
	for (int i = 0; i < d->n; i++) {
		if (d->parties[i].pid != pid)
			continue;
		/* exec gives another name. */
		memcpy(d->parties[i].name, name, sizeof(name));
		return i;
	}
	return add_party(d, pid, name);
}

static int address(struct diagram *d, const struct sk_addr *a)
{
	char text[SK_ADDR_TEXT_MAX], name[NAME_SIZE];

	snprintf(name, sizeof(name), "%.*s", NAME_SIZE - 1,
		 a->len ? sk_addr_format(text, a) : "(unknown)");
	for (int i = 0; i < d->n; i++)
		if (!d->parties[i].pid && !strcmp(d->parties[i].name, name))
			return i;
	return add_party(d, 0, name);
}

static bool same_addr(const struct sk_addr *a, const struct sk_addr *b)
{
	return a->len && a->len == b->len && !memcmp(&a->sa, &b->sa, a->len);
}

/* Is it bound to the address, or to its port on all of them? */
static bool is_bound_to(const struct sk_life *l, const struct sk_addr *a)
{
	static const struct in6_addr any;

	if (!l->local.len || sk_addr_port(&l->local) != sk_addr_port(a))
		return false;
	return same_addr(&l->local, a) ||
	       (l->local.sa.sa_family == AF_INET &&
		!l->local.in.sin_addr.s_addr) ||
	       (l->local.sa.sa_family == AF_INET6 &&
		!memcmp(&l->local.in6.sin6_addr, &any, sizeof(any)));
}

/* The other end of a socket, if it is traced, too. */
static const struct sk_life *other_end(struct diagram *d,
				       const struct sk_life *l,
				       const struct sk_addr *peer)
{
	const struct sk_life *o, *listener = NULL;

	TAILQ_FOREACH(o, &d->report.model->live, link) {
		if (o->type != l->type)
			continue;
		if (o->type != SOCK_STREAM && is_bound_to(o, peer))
			return o;
		if (same_addr(&o->local, peer) &&
		    same_addr(&o->peer, &l->local))
			return o;
		if (o->listening && is_bound_to(o, peer))
			listener = o;
	}
	return listener;
}

/* --- steps ------------------------------------------------------------ */

static void add_step(struct diagram *d, struct sk_step *s)
{
	sk_fold_add(&d->fold, s);
}

static void set_sample(struct sk_step *s, const struct sk_event *ev)
{
	static struct sk_payload v[SK_PAYLOADS];
	unsigned char bytes[20];
	ssize_t n;

	if (!sk_decode_payload(ev, 0, v))
		return;
	n = ev->mem->read(ev->mem, v[0].addr, bytes,
			  v[0].len < sizeof(bytes) ? v[0].len : sizeof(bytes));
	if (n > 0)
		sk_escape(s->sample, sizeof(s->sample), bytes, (size_t)n);
}

/* What a process does with itself: socket, bind, listen, poll. */
static void on_self(struct diagram *d, const struct sk_event *ev, int me,
		    const struct sk_life *l)
{
	struct sk_step s = { .from = me, .to = me };
	char text[SK_ADDR_TEXT_MAX];

	if (ev->error)
		snprintf(s.what, sizeof(s.what), "%s: %s",
			 sk_sys_name(ev->sys), sk_errno_name(ev->error));
	else if (l && ev->sys == SK_SYS_bind)
		snprintf(s.what, sizeof(s.what), "bind %.60s",
			 sk_addr_format(text, &l->local));
	else
		snprintf(s.what, sizeof(s.what), "%s", sk_sys_name(ev->sys));
	add_step(d, &s);
}

static int party_of(struct diagram *d, const struct sk_life *l,
		    const struct sk_addr *peer, bool *traced)
{
	const struct sk_life *o = other_end(d, l, peer);

	*traced = o != NULL;
	return o ? process(d, o->pid, o->comm) : address(d, peer);
}

static void on_connect(struct diagram *d, const struct sk_event *ev, int me,
		       const struct sk_life *l)
{
	struct sk_step s = { .from = me };
	struct sk_addr peer = l->peer;
	bool traced;

	sk_decode_address(ev, 0, &peer);
	s.to = party_of(d, l, &peer, &traced);
	s.lost = ev->error && ev->error != EINPROGRESS;
	snprintf(s.what, sizeof(s.what), s.lost ? "connect: %s" : "connect",
		 sk_errno_name(ev->error));
	add_step(d, &s);
}

static void on_accept(struct diagram *d, const struct sk_event *ev, int me,
		      const struct sk_life *l)
{
	struct sk_step s = { .from = me, .dashed = true };
	bool traced;

	if (ev->error || !l) {
		on_self(d, ev, me, NULL);
		return;
	}
	s.to = party_of(d, l, &l->peer, &traced);
	snprintf(s.what, sizeof(s.what), "accept");
	add_step(d, &s);
}

static void on_data(struct diagram *d, const struct sk_event *ev, int me,
		    const struct sk_life *l, bool in)
{
	struct sk_step s = { 0 };
	struct sk_addr peer = l->peer;
	bool traced;
	int it;

	if (ev->error) {
		if (ev->error != EAGAIN && !sk_errno_restarts(ev->error))
			on_self(d, ev, me, l);
		return;
	}
	sk_decode_address(ev, 0, &peer);
	it = party_of(d, l, &peer, &traced);
	/* What another has sent was drawn there; its end, by its close. */
	if (in && traced)
		return;
	s.from = in ? it : me;
	s.to = in ? me : it;
	s.bytes = (uint64_t)ev->ret;
	s.dashed = in && !ev->ret;
	snprintf(s.what, sizeof(s.what), s.dashed ? "end" : "data");
	if (!s.dashed)
		set_sample(&s, ev);
	add_step(d, &s);
}

/* sendfile and splice: which of the two is a socket? */
static void on_moved(struct diagram *d, const struct sk_event *ev, int me)
{
	bool to_first = ev->sys == SK_SYS_sendfile ||
			ev->sys == SK_SYS_sendfile64;
	bool four = ev->sys == SK_SYS_splice ||
		    ev->sys == SK_SYS_copy_file_range;
	int fds[2] = { (int)ev->args[0], (int)ev->args[four ? 2 : 1] };
	const struct sk_life *l;

	for (int i = 0; i < 2; i++) {
		l = sk_model_life(d->report.model, ev->proc, fds[i]);
		if (l)
			on_data(d, ev, me, l, to_first ? i == 1 : i == 0);
	}
}

static void on_exit_of(struct diagram *d, const struct sk_event *ev)
{
	enum sk_sys_role role = sk_sys_role(ev->sys);
	int fd = role == SK_ROLE_ACCEPT ? (int)ev->ret : sk_event_fd(ev);
	int me = process(d, ev->pid, ev->proc->comm);
	struct sk_life *l = fd < 0 ? NULL :
		sk_model_life(d->report.model, ev->proc, fd);

	if (l && l->names_stale)
		sk_probe_life(ev->proc, fd, l, SK_PROBE_NAMES);
	switch (role) {
	case SK_ROLE_CONNECT:
		if (l)
			on_connect(d, ev, me, l);
		break;
	case SK_ROLE_ACCEPT:
		on_accept(d, ev, me, l);
		break;
	case SK_ROLE_IN:
	case SK_ROLE_IN_MANY:
	case SK_ROLE_OUT:
	case SK_ROLE_OUT_MANY:
		if (l)
			on_data(d, ev, me, l, role == SK_ROLE_IN ||
						      role == SK_ROLE_IN_MANY);
		break;
	case SK_ROLE_OUT2:
		on_moved(d, ev, me);
		break;
	case SK_ROLE_SOCKET:
	case SK_ROLE_PAIR:
	case SK_ROLE_BIND:
	case SK_ROLE_LISTEN:
	case SK_ROLE_SHUTDOWN:
	case SK_ROLE_WAIT:
	case SK_ROLE_EPOLL_WAIT:
		on_self(d, ev, me, l);
		break;
	default:
		break;
	}
}

static void diagram_event(struct sk_report *r, const struct sk_event *ev)
{
	if (ev->kind == SK_EV_EXIT)
		on_exit_of((struct diagram *)r, ev);
}

static void diagram_life_end(struct sk_report *r, const struct sk_life *l)
{
	struct diagram *d = (struct diagram *)r;
	struct sk_step s = { .from = process(d, l->pid, l->comm),
			     .dashed = true };
	bool traced;

	s.to = l->peer.len && !l->listening ?
		       party_of(d, l, &l->peer, &traced) : s.from;
	snprintf(s.what, sizeof(s.what), "%s",
		 l->end == SK_LIFE_RESET  ? "reset" :
		 l->end == SK_LIFE_LEAKED ? "left open" : "close");
	add_step(d, &s);
}

/* --- drawing ---------------------------------------------------------- */

static void step_text(const struct sk_step *s, uint64_t times,
		      char buf[160])
{
	size_t at;

	if (s->bytes && times > 1)
		at = (size_t)snprintf(buf, 160, "%llu bytes in %llu parts",
				      (unsigned long long)s->bytes,
				      (unsigned long long)times);
	else if (s->bytes)
		at = (size_t)snprintf(buf, 160, "%llu bytes",
				      (unsigned long long)s->bytes);
	else
		at = (size_t)snprintf(buf, 160, "%s", s->what);
	if (*s->sample)
		snprintf(buf + at, 160 - at, " \"%s\"", s->sample);
}

/* Mermaid takes ";" for the end of a line, and "#" for an escape. */
static void put_mermaid(struct sk_out *out, const char *text)
{
	for (; *text; text++) {
		if (strchr(";#<>", *text))
			sk_out_printf(out, "#%d;", *text);
		else
			sk_out_char(out, *text);
	}
}

static void mermaid_step(struct sk_out *out, const struct sk_step *s,
			 uint64_t times, const char *indent)
{
	char text[160];

	step_text(s, times, text);
	sk_out_printf(out, "%sp%d%sp%d: ", indent, s->from,
		      s->lost ? "-x" : s->dashed ? "-->>" : "->>", s->to);
	put_mermaid(out, text);
	sk_out_char(out, '\n');
}

static void draw_mermaid(struct diagram *d)
{
	struct sk_out *out = d->report.out;

	sk_out_str(out, "sequenceDiagram\n");
	for (int i = 0; i < d->n; i++) {
		sk_out_printf(out, "    participant p%d as ", i);
		put_mermaid(out, d->parties[i].name);
		sk_out_char(out, '\n');
	}
	for (size_t i = 0; i < d->fold.n; i++) {
		const struct sk_fold_item *item = &d->fold.items[i];
		bool loop = item->times > 1 &&
			    (item->n > 1 || !item->steps[0].bytes);

		if (loop)
			sk_out_printf(out, "    loop %llu times\n",
				      (unsigned long long)item->times);
		for (unsigned k = 0; k < item->n; k++)
			mermaid_step(out, &item->steps[k], item->times,
				     loop ? "        " : "    ");
		if (loop)
			sk_out_str(out, "    end\n");
	}
	if (d->fold.dropped)
		sk_out_printf(out, "    Note over p0: %llu more steps\n",
			      (unsigned long long)d->fold.dropped);
}

/* Columns of the text form; names are cut to fit. */
#define COLUMN 30

static void text_lines(struct diagram *d, int from, int to, char left,
		       char fill, char right)
{
	struct sk_out *out = d->report.out;

	for (int i = 0; i < d->n; i++) {
		bool inside = i >= from && i < to;

		sk_out_char(out, i > from && i < to ? fill : '|');
		if (i == d->n - 1)
			break;
		sk_out_char(out, !inside ? ' ' : i == from ? left : fill);
		sk_out_fill(out, inside ? fill : ' ', COLUMN - 3);
		sk_out_char(out, !inside ? ' ' :
				 i == to - 1 ? right : fill);
	}
	sk_out_char(out, '\n');
}

/* The label stands on a line of its own, right of the left lifeline. */
static void text_label(struct diagram *d, int at, const char *text)
{
	struct sk_out *out = d->report.out;

	for (int i = 0; i < at; i++) {
		sk_out_char(out, '|');
		sk_out_fill(out, ' ', COLUMN - 1);
	}
	sk_out_printf(out, "| %s\n", text);
}

static void text_step(struct diagram *d, const struct sk_step *s,
		      uint64_t times)
{
	int from = s->from < s->to ? s->from : s->to;
	int to = s->from < s->to ? s->to : s->from;
	bool right = s->from < s->to;
	char text[160], fill = s->dashed ? '.' : '-';
	char head = s->lost ? 'x' : right ? '>' : '<';

	step_text(s, times, text);
	if (times > 1 && !s->bytes)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 " (%llu times)", (unsigned long long)times);
	text_label(d, from, text);
	if (from != to)
		text_lines(d, from, to, right ? fill : head, fill,
			   right ? head : fill);
}

static void draw_text(struct diagram *d)
{
	struct sk_out *out = d->report.out;

	for (int i = 0; i < d->n; i++)
		sk_out_printf(out, i < d->n - 1 ? "%-29.28s " : "%.28s\n",
			      d->parties[i].name);
	for (size_t i = 0; i < d->fold.n; i++) {
		const struct sk_fold_item *item = &d->fold.items[i];

		if (item->n > 1)
			sk_out_printf(out, "-- %llu times:\n",
				      (unsigned long long)item->times);
		for (unsigned k = 0; k < item->n; k++)
			text_step(d, &item->steps[k],
				  item->n > 1 && !item->steps[k].bytes ?
					  1 : item->times);
		if (item->n > 1)
			sk_out_str(out, "--\n");
	}
	if (d->fold.dropped)
		sk_out_printf(out, "-- %llu more steps\n",
			      (unsigned long long)d->fold.dropped);
}

static int diagram_finish(struct sk_report *r)
{
	struct diagram *d = (struct diagram *)r;

	if (d->mermaid)
		draw_mermaid(d);
	else
		draw_text(d);
	sk_fold_fini(&d->fold);
	free(d->parties);
	free(d);
	return 0;
}

static const struct sk_report_ops diagram_ops = {
	.name = "diagram",
	.event = diagram_event,
	.life_end = diagram_life_end,
	.finish = diagram_finish,
};

struct sk_report *sk_report_diagram(struct sk_model *m, struct sk_out *out,
				    bool mermaid)
{
	struct diagram *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->report = (struct sk_report){ &diagram_ops, m, out, { NULL } };
	d->mermaid = mermaid;
	return &d->report;
}
