/* SPDX-License-Identifier: GPL-3.0-or-later */
/* -ff: one report, made of one for each process, each in its own file. */
#include "trace/reports.h"
#include "trace/sink.h"

struct part {
	LIST_ENTRY(part) link;
	pid_t pid;
	struct sk_sink sink;
	struct sk_report *report;
	bool ended;		/* the process; its sockets end right after */
};

struct split {
	struct sk_report report;
	const char *path;
	bool append;
	sk_report_make *make;
	void *arg;
	int error;		/* the first one */
	bool any_ended;
	LIST_HEAD(, part) parts;
};

static struct part *part_new(struct split *s, pid_t pid)
{
	struct part *p = calloc(1, sizeof(*p));
	char *path = NULL;
	int r = -ENOMEM;

	if (p && asprintf(&path, "%s.%d", s->path, pid) >= 0)
		r = sk_sink_open(&p->sink, path, s->append, NULL);
	free(path);
	if (r >= 0)
		p->report = s->make(s->report.model, &p->sink.out, s->arg);
	if (!p || !p->report) {
		s->error = s->error ? s->error : r < 0 ? r : -ENOMEM;
		free(p);
		return NULL;
	}
	p->pid = pid;
	LIST_INSERT_HEAD(&s->parts, p, link);
	return p;
}

static struct part *part_of(struct split *s, pid_t pid)
{
	struct part *p;

	LIST_FOREACH(p, &s->parts, link)
		if (p->pid == pid)
			return p;
	return part_new(s, pid);
}

static void part_end(struct split *s, struct part *p)
{
	int r = p->report->ops->finish(p->report);
	int closed = sk_sink_close(&p->sink);

	r = r < 0 ? r : closed;
	s->error = s->error ? s->error : r;
	LIST_REMOVE(p, link);
	free(p);
}

static void end_parts(struct split *s)
{
	struct part *p, *next;

	for (p = LIST_FIRST(&s->parts); p && s->any_ended; p = next) {
		next = LIST_NEXT(p, link);
		if (p->ended)
			part_end(s, p);
	}
	s->any_ended = false;
}

static void split_event(struct sk_report *r, const struct sk_event *ev)
{
	struct split *s = (struct split *)r;
	struct part *p;

	end_parts(s);
	p = ev->pid ? part_of(s, ev->pid) : NULL;
	if (!p)
		return;
	p->report->ops->event(p->report, ev);
	if (ev->kind == SK_EV_ENDED && ev->tid == ev->pid)
		p->ended = s->any_ended = true;
}

/* In the file of who made it, or of somebody who is there still. */
static void split_life_end(struct sk_report *r, const struct sk_life *l)
{
	const struct split *s = (const struct split *)r;
	struct part *p = LIST_FIRST(&s->parts), *of;

	LIST_FOREACH(of, &s->parts, link)
		if (of->pid == l->pid)
			p = of;
	if (p && p->report->ops->life_end)
		p->report->ops->life_end(p->report, l);
}

static void split_flush(struct sk_report *r)
{
	struct split *s = (struct split *)r;
	struct part *p;

	LIST_FOREACH(p, &s->parts, link)
		sk_sink_flush(&p->sink);
}

static int split_finish(struct sk_report *r)
{
	struct split *s = (struct split *)r;
	int error;

	while (!LIST_EMPTY(&s->parts))
		part_end(s, LIST_FIRST(&s->parts));
	error = s->error;
	free(s);
	return error;
}

static const struct sk_report_ops split_ops = {
	.name = "the logs",
	.event = split_event,
	.life_end = split_life_end,
	.flush = split_flush,
	.finish = split_finish,
};

struct sk_report *sk_report_split(struct sk_model *m, const char *path,
				  bool append, sk_report_make *make, void *arg)
{
	struct split *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->report = (struct sk_report){ &split_ops, m, NULL, { NULL } };
	s->path = path;
	s->append = append;
	s->make = make;
	s->arg = arg;
	return &s->report;
}
