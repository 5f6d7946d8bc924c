/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --timeline: the Trace Event Format that chrome://tracing and Perfetto read.
 * Calls are slices of their threads, sockets are spans across them.
 */
#include <stdlib.h>

#include "base/fd.h"
#include "trace/decode.h"
#include "trace/outputs.h"
#include "trace/tables.h"

struct timeline {
	struct sk_report report;
	struct sk_out out;
	struct sk_json json;
	int fd;
};

/* Microseconds with three places: what the format counts in. */
static void put_us(struct sk_json *j, const char *key, uint64_t ns)
{
	char text[40];

	snprintf(text, sizeof(text), "%llu.%03u",
		 (unsigned long long)(ns / 1000), (unsigned)(ns % 1000));
	sk_json_key(j, key);
	sk_out_str(j->out, text);
	j->comma = true;
}

static void begin(struct timeline *t, const char *name, const char *phase,
		  uint64_t ns, pid_t pid, pid_t tid)
{
	struct sk_json *j = &t->json;

	sk_json_begin(j, '{');
	sk_json_put_str(j, "name", name);
	sk_json_put_str(j, "cat", "socket");
	sk_json_put_str(j, "ph", phase);
	put_us(j, "ts", ns);
	sk_json_put_u64(j, "pid", (uint64_t)pid);
	sk_json_put_u64(j, "tid", (uint64_t)tid);
}

static void end(struct timeline *t)
{
	sk_json_end(&t->json, '}');
	sk_out_char(t->json.out, '\n');
}

static void on_call(struct timeline *t, const struct sk_event *ev)
{
	struct sk_json *j = &t->json;
	int fd = sk_event_fd(ev);
	int place = sk_event_place(ev, fd);
	uint64_t took = ev->took_ns < ev->mono_ns ? ev->took_ns : 0;

	begin(t, sk_sys_name(ev->sys), "X", ev->mono_ns - took, ev->pid,
	      ev->tid);
	put_us(j, "dur", took);
	sk_json_key(j, "args");
	sk_json_begin(j, '{');
	if (fd >= 0)
		sk_json_put_u64(j, place < 0 ? "fd" : "fixed",
				(uint64_t)(place < 0 ? fd : place));
	if (ev->error)
		sk_json_put_str(j, "error", sk_errno_name(ev->error));
	else
		sk_json_put_u64(j, "ret", (uint64_t)sk_event_shown_ret(ev));
	sk_json_end(j, '}');
	end(t);
}

static void put_name(struct timeline *t, const struct sk_event *ev)
{
	struct sk_json *j = &t->json;

	begin(t, "process_name", "M", ev->mono_ns, ev->pid, ev->tid);
	sk_json_key(j, "args");
	sk_json_begin(j, '{');
	sk_json_put_str(j, "name", ev->proc->comm);
	sk_json_end(j, '}');
	end(t);
}

static void put_instant(struct timeline *t, const struct sk_event *ev,
			const char *name)
{
	begin(t, name, "i", ev->mono_ns, ev->pid, ev->tid);
	sk_json_put_str(&t->json, "s", "t");
	end(t);
}

static void timeline_event(struct sk_report *r, const struct sk_event *ev)
{
	struct timeline *t = (struct timeline *)r;
	char name[16];

	switch (ev->kind) {
	case SK_EV_EXIT:
		on_call(t, ev);
		break;
	case SK_EV_SIGNAL:
		put_instant(t, ev, sk_signal_name(ev->u.siginfo.si_signo,
						  name));
		break;
	case SK_EV_ENDING:
	case SK_EV_DETACHED:
		if (ev->pid == ev->tid)
			put_name(t, ev);
		break;
	default:
		break;
	}
}

/* A span from its making to its end, in the process that made it. */
static void timeline_life_end(struct sk_report *r, const struct sk_life *l)
{
	struct timeline *t = (struct timeline *)r;
	struct sk_json *j = &t->json;
	char label[SK_LABEL_MAX];

	sk_life_label(l, label);
	for (int i = 0; i < 2; i++) {
		begin(t, label, i ? "e" : "b", i ? l->ended : l->created,
		      l->pid, l->pid);
		sk_json_put_u64(j, "id", l->number);
		sk_json_key(j, "args");
		sk_json_begin(j, '{');
		if (i) {
			sk_json_put_u64(j, "bytes_in", l->in.bytes);
			sk_json_put_u64(j, "bytes_out", l->out.bytes);
		}
		sk_json_end(j, '}');
		end(t);
	}
}

static int timeline_finish(struct sk_report *r)
{
	struct timeline *t = (struct timeline *)r;
	int error;

	sk_json_end(&t->json, ']');
	sk_json_put_str(&t->json, "displayTimeUnit", "ns");
	sk_json_end(&t->json, '}');
	sk_json_line(&t->json);
	error = sk_out_fini(&t->out);
	sk_close(&t->fd);
	free(t);
	return error;
}

static const struct sk_report_ops timeline_ops = {
	.name = "timeline",
	.event = timeline_event,
	.life_end = timeline_life_end,
	.finish = timeline_finish,
};

struct sk_report *sk_report_timeline(struct sk_model *m, int fd)
{
	struct timeline *t = calloc(1, sizeof(*t));

	if (!t) {
		sk_close(&fd);
		return NULL;
	}
	t->report = (struct sk_report){ &timeline_ops, m, NULL, { NULL } };
	t->fd = fd;
	sk_out_init(&t->out, fd);
	sk_json_init(&t->json, &t->out);
	sk_json_begin(&t->json, '{');
	sk_json_key(&t->json, "traceEvents");
	sk_json_begin(&t->json, '[');
	return &t->report;
}
