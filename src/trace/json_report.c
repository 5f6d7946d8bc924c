/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --json: a line of JSON for everything that happens. trace.schema.json
 * says what stands in them, and is checked against them by the tests.
 *
 * A call is one line, written when it is over; what goes into it is shown when
 * it begins, as it may be overwritten meanwhile.
 */
#include <stdlib.h>
#include <sys/wait.h>

#include "trace/decode.h"
#include "trace/outputs.h"
#include "trace/stack.h"
#include "trace/tables.h"
#include "trace/threads.h"
#include "trace/uring.h"

struct json_report {
	struct sk_report report;
	const struct sk_text_opts *o;
	struct sk_model_fds model_fds;
	struct sk_decode_fds fds;
	struct sk_threads threads;
	struct sk_json json;	/* to the output */
};

/* --- what all lines have ---------------------------------------------- */

static void begin_line(struct json_report *r, const struct sk_event *ev,
		       const char *type)
{
	struct sk_json *j = &r->json;

	sk_json_begin(j, '{');
	sk_json_put_str(j, "type", type);
	sk_json_put_u64(j, "time_ns", ev->wall_ns);
	if (ev->kind == SK_EV_NOTE)
		return;
	sk_json_put_i64(j, "pid", ev->pid);
	sk_json_put_i64(j, "tid", ev->tid);
}

static void end_line(struct json_report *r)
{
	sk_json_end(&r->json, '}');
	sk_json_line(&r->json);
}

/* --- calls ------------------------------------------------------------ */

/* The number of a place in a ring's table is the request's, not ours. */
static uint64_t raw_arg(const struct sk_event *ev, int i)
{
	int place = i == sk_sys_rows[ev->sys].fd ?
			    sk_event_place(ev, (int)ev->args[i]) : -1;

	return place < 0 ? ev->args[i] : (uint64_t)place;
}

/* "addrlen":{"raw":…,"value":…}, … of arguments from..to into out. */
static void put_args(struct json_report *r, const struct sk_event *ev,
		     struct sk_out *out, int from, int to)
{
	struct sk_show show;
	struct sk_json j;

	sk_json_init(&j, out);
	j.comma = from > 0;
	j.depth = 1;
	sk_show_json(&show, &j, &r->o->style);
	for (int i = from; i < to; i++) {
		if (!*sk_decode_arg_name(ev, i))
			continue;
		sk_json_key(&j, sk_decode_arg_name(ev, i));
		sk_json_begin(&j, '{');
		sk_json_put_u64(&j, "raw", raw_arg(ev, i));
		sk_json_key(&j, "value");
		sk_decode_arg(&show, ev, &r->fds, i);
		sk_json_end(&j, '}');
	}
}

/* What an io_uring_enter(2) has moved, and is no call. */
static void put_batch(struct json_report *r, const struct sk_event *ev)
{
	const struct sk_uring_batch *b = ev->batch;
	struct sk_json *j = &r->json;
	struct sk_show show;

	if (!b || !(b->n_sqes + b->n_cqes + b->missed))
		return;
	begin_line(r, ev, "io_uring");
	sk_json_put_i64(j, "ring", b->ring);
	sk_show_json(&show, j, &r->o->style);
	sk_json_key(j, "requests");
	sk_json_begin(j, '[');
	for (size_t i = 0; i < b->n_sqes; i++)
		sk_decode_sqe(&show, ev, &r->fds, &b->sqes[i]);
	sk_json_end(j, ']');
	sk_json_key(j, "results");
	sk_json_begin(j, '[');
	for (size_t i = 0; i < b->n_cqes; i++)
		sk_decode_cqe(&show, ev, &b->cqes[i]);
	sk_json_end(j, ']');
	sk_json_put_u64(j, "missed", b->missed);
	end_line(r);
}

static void on_enter(struct json_report *r, const struct sk_event *ev)
{
	struct sk_thread *th;

	sk_decode_keep(ev);
	if (!sk_text_wants(r->o, ev))
		return;
	put_batch(r, ev);
	th = sk_thread_get(&r->threads, ev->tid);
	if (!th)
		return;
	th->begun = true;
	th->held.len = 0;
	put_args(r, ev, &th->held, 0, sk_decode_split(ev));
}

/* The socket that the call is about, as the model knows it. */
static void put_socket(struct json_report *r, const struct sk_event *ev)
{
	int fd = sk_event_fd(ev);
	const struct sk_life *l = fd < 0 || !ev->proc ? NULL :
		sk_model_life(r->report.model, ev->proc, fd);
	char label[SK_LABEL_MAX];

	if (!l)
		return;
	sk_json_put_u64(&r->json, "socket", l->number);
	if (r->o->labels)
		sk_json_put_str(&r->json, "label",
				sk_model_label(r->report.model, ev, fd,
					       r->o->labels, label));
}

static void put_result(struct json_report *r, const struct sk_event *ev)
{
	struct sk_json *j = &r->json;
	struct sk_show show;

	sk_json_put_i64(j, "ret",
			ev->error && !sk_errno_restarts(ev->error) ? -1
							: sk_event_shown_ret(ev));
	if (ev->error) {
		sk_json_key(j, "error");
		sk_json_begin(j, '{');
		sk_json_put_str(j, "name", sk_errno_name(ev->error));
		sk_json_put_i64(j, "number", ev->error);
		sk_json_put_str(j, "text", sk_errno_text(ev->error));
		sk_json_end(j, '}');
	} else if (sk_decode_extra(ev)) {
		sk_json_key(j, "result");
		sk_show_json(&show, j, &r->o->style);
		sk_decode_show_extra(&show, ev, &r->fds);
	}
	sk_json_put_u64(j, "took_ns", ev->took_ns);
	if (ev->ring)
		sk_json_put_i64(j, "io_uring", ev->ring - 1);
	if (ev->injected)
		sk_json_put_bool(j, "injected", true);
	if (ev->delayed) {
		sk_json_put_bool(j, "delayed", true);
	}
}

/* -k */
static void put_stack(struct json_report *r, const struct sk_event *ev)
{
	struct sk_out lines;

	sk_out_init(&lines, -1);
	sk_stacks_put(r->o->stacks, &lines, ev->pid, ev->tid);
	sk_out_char(&lines, '\0');
	sk_json_key(&r->json, "stack");
	sk_stacks_json(&r->json, lines.buf);
	sk_out_fini(&lines);
}

static void put_call(struct json_report *r, const struct sk_event *ev,
		     struct sk_thread *th, bool over)
{
	int split = th && th->begun ? sk_decode_split(ev) : 0;

	begin_line(r, ev, "call");
	sk_json_put_str(&r->json, "call", sk_sys_name(ev->sys));
	put_socket(r, ev);
	sk_json_key(&r->json, "args");
	sk_json_begin(&r->json, '{');
	if (split)
		sk_out_put(r->report.out, th->held.buf, th->held.len);
	if (over)
		put_args(r, ev, r->report.out, split, sk_decode_args(ev));
	sk_json_end(&r->json, '}');
	if (over)
		put_result(r, ev);
	else
		sk_json_put_str(&r->json, "unfinished",
				ev->kind == SK_EV_DETACHED ? "detached"
							   : "ended");
	if (over && r->o->stacks && !ev->ring)
		put_stack(r, ev);
	end_line(r);
	if (th)
		th->begun = false;
}

static void put_remark(struct json_report *r, const struct sk_event *ev)
{
	const char *remark = sk_decode_remark(ev);

	if (!remark)
		return;
	begin_line(r, ev, "note");
	sk_json_put_str(&r->json, "text", remark);
	end_line(r);
}

static void on_exit_of(struct json_report *r, const struct sk_event *ev)
{
	unsigned status = ev->error ? SK_STATUS_FAILED : SK_STATUS_OK;
	struct sk_thread *th = sk_thread_find(&r->threads, ev->tid);

	if (!sk_sys_set_has(&r->o->calls, ev->sys) ||
	    (!ev->no_enter && (!th || !th->begun)))
		return;
	if (r->o->status & status)
		put_call(r, ev, th, true);
	else if (th)
		th->begun = false;
	put_remark(r, ev);
	put_batch(r, ev);
}

/* --- what else happens ------------------------------------------------ */

static void on_new(struct json_report *r, const struct sk_event *ev)
{
	begin_line(r, ev, "process");
	sk_json_key(&r->json, "parent");
	if (ev->u.made.parent)
		sk_json_i64(&r->json, ev->u.made.parent);
	else
		sk_json_null(&r->json);
	sk_json_put_bool(&r->json, "thread", ev->u.made.thread);
	sk_json_put_bool(&r->json, "attached", ev->u.made.attached);
	end_line(r);
}

static void on_gone(struct json_report *r, const struct sk_event *ev)
{
	struct sk_thread *th = sk_thread_find(&r->threads, ev->tid);
	unsigned due = ev->kind == SK_EV_ENDED ? SK_STATUS_UNFINISHED :
						 SK_STATUS_DETACHED;
	char name[16];

	if (th && th->begun && r->o->status & due)
		put_call(r, ev, th, false);
	sk_thread_drop(th);
	if (ev->kind == SK_EV_DETACHED) {
		begin_line(r, ev, "detached");
	} else if (WIFSIGNALED(ev->u.status)) {
		begin_line(r, ev, "killed");
		sk_json_put_str(&r->json, "signal",
				sk_signal_name(WTERMSIG(ev->u.status), name));
	} else {
		begin_line(r, ev, "exit");
		sk_json_put_i64(&r->json, "status", WEXITSTATUS(ev->u.status));
	}
	end_line(r);
}

static void on_exec(struct json_report *r, const struct sk_event *ev)
{
	struct sk_thread *th = sk_thread_find(&r->threads, ev->tid);

	if (th && th->begun && r->o->status & SK_STATUS_UNFINISHED)
		put_call(r, ev, th, false);
	sk_thread_drop(th);
	begin_line(r, ev, "exec");
	sk_json_put_i64(&r->json, "old_tid", ev->u.exec.old_tid);
	end_line(r);
}

static void on_signal(struct json_report *r, const struct sk_event *ev)
{
	int signo = ev->u.siginfo.si_signo;
	struct sk_show show;

	if (signo < 1 || signo > 64 || !(r->o->signals >> (signo - 1) & 1))
		return;
	begin_line(r, ev, "signal");
	sk_json_key(&r->json, "siginfo");
	sk_show_json(&show, &r->json, &r->o->style);
	sk_decode_siginfo(&show, &ev->u.siginfo);
	end_line(r);
}

static void json_event(struct sk_report *report, const struct sk_event *ev)
{
	struct json_report *r = (struct json_report *)report;
	char name[16];

	switch (ev->kind) {
	case SK_EV_ENTER:
		on_enter(r, ev);
		break;
	case SK_EV_EXIT:
		on_exit_of(r, ev);
		break;
	case SK_EV_NEW:
		on_new(r, ev);
		break;
	case SK_EV_EXEC:
		on_exec(r, ev);
		break;
	case SK_EV_SIGNAL:
		on_signal(r, ev);
		break;
	case SK_EV_STOPPED:
		begin_line(r, ev, "stopped");
		sk_json_put_str(&r->json, "signal",
				sk_signal_name(ev->u.signo, name));
		end_line(r);
		break;
	case SK_EV_ENDED:
	case SK_EV_DETACHED:
		on_gone(r, ev);
		break;
	case SK_EV_NOTE:
		begin_line(r, ev, "note");
		sk_json_put_str(&r->json, "text", ev->u.note);
		end_line(r);
		break;
	default:
		break;
	}
}

/* --- lives ------------------------------------------------------------ */

static void json_life_end(struct sk_report *report, const struct sk_life *l)
{
	struct json_report *r = (struct json_report *)report;

	sk_json_life(&r->json, l, report->model->mono_ns);
}

/* Asked to, or at the end: those that have not ended. */
static void json_show(struct sk_report *report)
{
	struct json_report *r = (struct json_report *)report;
	const struct sk_life *l;

	if (!r->o->open_too)
		return;
	sk_model_refresh(report->model);
	TAILQ_FOREACH(l, &report->model->live, link)
		json_life_end(report, l);
}

static int json_finish(struct sk_report *report)
{
	struct json_report *r = (struct json_report *)report;

	json_show(report);
	sk_threads_fini(&r->threads);
	free(r);
	return 0;
}

static const struct sk_report_ops json_ops = {
	.name = "json",
	.event = json_event,
	.life_end = json_life_end,
	.show = json_show,
	.finish = json_finish,
};

struct sk_report *sk_report_json(struct sk_model *m, struct sk_out *out,
				 const struct sk_text_opts *opts)
{
	struct json_report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->report = (struct sk_report){ &json_ops, m, out, { NULL } };
	r->o = opts;
	r->model_fds = (struct sk_model_fds){ m, 0, false };
	sk_model_fds(&r->fds, &r->model_fds);
	sk_json_init(&r->json, out);
	return &r->report;
}
