/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines of strace's syntax. A call is written when it begins, up to what the
 * kernel has yet to fill in, and completed when it is over. When another
 * thread has something to say in between, the line is cut:
 *
 *	[pid 822] accept(3, NULL, NULL <unfinished ...>
 *	[pid 821] connect(5, {…}, 16) = 0
 *	[pid 822] <... accept resumed>)        = 4
 *
 * When calls are chosen by how they end (-z, -Z, -e status=) nothing can be
 * written before: each thread's beginning waits in a buffer of its own.
 */
#include "trace/text_in.h"

#include <stdlib.h>
#include <sys/wait.h>

#include "base/log.h"
#include "trace/dump.h"
#include "trace/stack.h"
#include "trace/tables.h"
#include "trace/uring.h"

const struct sk_text_opts sk_text_defaults = {
	.style = { .strings = SK_SHOW_STRINGS },
	.column = 40,
	.relative_digits = 6,
	.took_digits = 6,
	.status = SK_STATUS_ALL,
	.signals = UINT64_MAX,
	.calls.bits = { [0 ... (SK_SYS_COUNT_ + 63) / 64 - 1] = UINT64_MAX },
	.abbrev.bits = { [0 ... (SK_SYS_COUNT_ + 63) / 64 - 1] = UINT64_MAX },
	.verbose.bits = { [0 ... (SK_SYS_COUNT_ + 63) / 64 - 1] = UINT64_MAX },
};

/* -v, -e abbrev=: how the arguments of this call are shown. */
static const struct sk_show_style *style_of(struct sk_text *t,
					    const struct sk_event *ev)
{
	t->style = t->o->style;
	t->style.verbose = !sk_sys_set_has(&t->o->abbrev, ev->sys);
	t->style.raw = sk_sys_set_has(&t->o->raw, ev->sys);
	t->style.shallow = !sk_sys_set_has(&t->o->verbose, ev->sys);
	return &t->style;
}

static void put_args(struct sk_text *t, const struct sk_event *ev, int from,
		     int to)
{
	const struct sk_show_style *style = style_of(t, ev);
	struct sk_show show;

	sk_show_text(&show, &t->line, style);
	for (int i = from; i < to; i++) {
		if (!style->raw && !*sk_decode_arg_name(ev, i))
			continue;
		if (style->raw)
			sk_show_hex(&show, ev->args[i]);
		else if (style->shallow && sk_decode_is_deep(ev, i))
			sk_show_ptr(&show, ev->args[i]);
		else
			sk_decode_arg(&show, ev, &t->fds, i);
	}
}

/* -e raw= shows all that a call takes, */
static int args_of(const struct sk_text *t, const struct sk_event *ev)
{
	return sk_sys_set_has(&t->o->raw, ev->sys) ? sk_decode_places(ev) :
						     sk_decode_args(ev);
}

/* as numbers, which need no exit. */
static int split_of(const struct sk_text *t, const struct sk_event *ev)
{
	return sk_sys_set_has(&t->o->raw, ev->sys) ? sk_decode_places(ev) :
						     sk_decode_split(ev);
}

/* " > {opcode=…}": a request; " < {…}": the result of one that is no call. */
static void put_batch(struct sk_text *t, const struct sk_event *ev)
{
	const struct sk_uring_batch *b = ev->batch;
	struct sk_out *o = &t->line;
	struct sk_show show;

	if (!b || !(b->n_sqes + b->n_cqes + b->missed))
		return;
	sk_text_cut(t);
	for (size_t i = 0; i < b->n_sqes; i++) {
		sk_out_str(o, " > ");
		sk_show_text(&show, o, &t->o->style);
		sk_decode_sqe(&show, ev, &t->fds, &b->sqes[i]);
		sk_out_char(o, '\n');
	}
	for (size_t i = 0; i < b->n_cqes; i++) {
		sk_out_str(o, " < ");
		sk_show_text(&show, o, &t->o->style);
		sk_decode_cqe(&show, ev, &b->cqes[i]);
		sk_out_char(o, '\n');
	}
	if (b->missed)
		sk_out_printf(o, " < %llu results came and went unseen\n",
			      (unsigned long long)b->missed);
	sk_text_flush(t);
}

static void on_enter(struct sk_text *t, const struct sk_event *ev)
{
	struct sk_thread *th;
	int split;

	sk_decode_keep(ev);
	if (!sk_text_wants(t->o, ev))
		return;
	put_batch(t, ev);
	th = sk_thread_get(&t->threads, ev->tid);
	if (!th)
		return;
	split = split_of(t, ev);
	th->begun = true;
	if (t->o->explain)
		sk_explain_enter(t->report.model, ev, &th->before);
	if (t->o->status == SK_STATUS_ALL)
		sk_text_cut(t);
	sk_text_head(t, ev);
	sk_out_str(&t->line, sk_sys_name(ev->sys));
	sk_out_char(&t->line, '(');
	put_args(t, ev, 0, split);
	/* The comma belongs to the part that is known. */
	if (split && split < args_of(t, ev))
		sk_out_str(&t->line, ", ");
	t->column = t->line.len;
	if (t->o->status == SK_STATUS_ALL) {
		sk_text_flush(t);
		t->open = ev->tid;
		return;
	}
	th->held.len = 0;
	sk_out_put(&th->held, t->line.buf, t->line.len);
	t->line.len = 0;
}

static void put_resumed(struct sk_text *t, const struct sk_event *ev)
{
	sk_text_cut(t);
	sk_text_head(t, ev);
	sk_out_printf(&t->line, "<... %s resumed>", sk_sys_name(ev->sys));
	t->column = 0;
}

/* The beginning that the end now goes with. */
static void put_begun(struct sk_text *t, const struct sk_event *ev,
		      struct sk_thread *th)
{
	if (t->open == ev->tid)
		return;
	if (th && th->held.len) {
		sk_text_cut(t);
		sk_out_put(&t->line, th->held.buf, th->held.len);
		th->held.len = 0;
		t->column = 0;
		return;
	}
	put_resumed(t, ev);
}

/* ")", and what brings the result into its column. */
static void put_equals(struct sk_text *t)
{
	size_t at;

	sk_out_char(&t->line, ')');
	at = t->column + t->line.len;
	sk_out_fill(&t->line, ' ',
		    at < t->o->column ? t->o->column - at : 1);
	sk_out_str(&t->line, "= ");
}

static void put_result(struct sk_text *t, const struct sk_event *ev)
{
	struct sk_out *o = &t->line;
	struct sk_show show;

	put_equals(t);
	sk_show_text(&show, o, style_of(t, ev));
	sk_decode_result(&show, ev, &t->fds);
	if (t->o->took) {
		sk_out_printf(o, " <%u", (unsigned)(ev->took_ns / 1000000000));
		sk_text_fraction(o, ev->took_ns, t->o->took_digits);
		sk_out_char(o, '>');
	}
	sk_out_char(o, '\n');
}

static void put_dump(struct sk_text *t, const struct sk_event *ev)
{
	enum sk_sys_role role = sk_sys_role(ev->sys);
	bool in = role == SK_ROLE_IN || role == SK_ROLE_IN_MANY;
	bool out = role == SK_ROLE_OUT || role == SK_ROLE_OUT_MANY;
	int fd = (int)ev->args[0];

	if ((in && sk_fd_set_has(&t->o->dump_in, fd)) ||
	    (out && sk_fd_set_has(&t->o->dump_out, fd)))
		sk_dump_payload(t->report.out, ev);
}

/* Below the call, so that a reader of lines can tell it by its "#". */
static void put_explanation(struct sk_text *t, const struct sk_event *ev,
			    const struct sk_thread *th)
{
	struct sk_out *o = &t->line;

	sk_out_str(o, "    # ");
	if (sk_explain_exit(t->report.model, ev, &th->before, o)) {
		sk_out_char(o, '\n');
		sk_text_flush(t);
	}
	o->len = 0;
}

static void put_remark(struct sk_text *t, const struct sk_event *ev)
{
	const char *remark = sk_decode_remark(ev);

	if (remark)
		sk_out_printf(t->report.out, "%s: process %d: %s\n",
			      sk_log_name(), ev->pid, remark);
}

static void on_exit_of(struct sk_text *t, const struct sk_event *ev)
{
	struct sk_thread *th = sk_thread_find(&t->threads, ev->tid);
	unsigned status = ev->error ? SK_STATUS_FAILED : SK_STATUS_OK;

	if (!th || !th->begun)
		return;
	th->begun = false;
	if (!(t->o->status & status)) {
		th->held.len = 0;
		return;
	}
	put_begun(t, ev, th);
	put_args(t, ev, split_of(t, ev), args_of(t, ev));
	put_result(t, ev);
	sk_text_flush(t);
	t->open = 0;
	put_dump(t, ev);
	if (t->o->explain)
		put_explanation(t, ev, th);
	put_remark(t, ev);
	put_batch(t, ev);
	if (t->o->stacks && !ev->ring)
		sk_stacks_put(t->o->stacks, t->report.out, ev->pid, ev->tid);
}

/* --- what else happens ------------------------------------------------ */

static void on_new(struct sk_text *t, const struct sk_event *ev)
{
	t->tasks++;
	if (t->o->quiet & SK_QUIET_ATTACH ||
	    (!ev->u.made.parent && !ev->u.made.attached))
		return;
	sk_text_cut(t);
	sk_out_printf(t->report.out, "%s: Process %d attached\n",
		      sk_log_name(), ev->tid);
}

static void on_detached(struct sk_text *t, const struct sk_event *ev)
{
	struct sk_thread *th = sk_thread_find(&t->threads, ev->tid);

	if (th && th->begun && t->o->status & SK_STATUS_DETACHED) {
		put_begun(t, ev, th);
		sk_out_str(&t->line, " <detached ...>\n");
		sk_text_flush(t);
		t->open = 0;
	}
	sk_text_cut(t);
	sk_thread_drop(th);
	t->tasks -= t->tasks > 0;
	if (!(t->o->quiet & SK_QUIET_ATTACH))
		sk_out_printf(t->report.out, "%s: Process %d detached\n",
			      sk_log_name(), ev->tid);
}

/* A call that will have no end. */
static void put_never(struct sk_text *t, const struct sk_event *ev,
		      struct sk_thread *th)
{
	put_begun(t, ev, th);
	if (split_of(t, ev) < args_of(t, ev))
		sk_out_str(&t->line, " <unfinished ...>");
	put_equals(t);
	sk_out_str(&t->line, "?\n");
	sk_text_flush(t);
	t->open = 0;
}

static void on_ended(struct sk_text *t, const struct sk_event *ev)
{
	struct sk_thread *th = sk_thread_find(&t->threads, ev->tid);
	int status = ev->u.status;
	char text[64], name[16];

	if (th && th->begun && t->o->status & SK_STATUS_UNFINISHED)
		put_never(t, ev, th);
	sk_thread_drop(th);
	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "+++ killed by %s %s+++",
			 sk_signal_name(WTERMSIG(status), name),
			 WCOREDUMP(status) ? "(core dumped) " : "");
	else
		snprintf(text, sizeof(text), "+++ exited with %d +++",
			 WEXITSTATUS(status));
	if (WIFSIGNALED(status) || !(t->o->quiet & SK_QUIET_EXIT))
		sk_text_line(t, ev, text);
	t->tasks -= t->tasks > 0;
}

static void on_exec(struct sk_text *t, const struct sk_event *ev)
{
	struct sk_thread *th = sk_thread_find(&t->threads, ev->tid);
	char text[80];

	if (th && th->begun && t->o->status & SK_STATUS_UNFINISHED)
		put_never(t, ev, th);
	sk_thread_drop(th);
	if (ev->u.exec.old_tid == ev->tid || t->o->quiet & SK_QUIET_EXECVE)
		return;
	snprintf(text, sizeof(text), "+++ superseded by execve in pid %d +++",
		 ev->u.exec.old_tid);
	sk_text_line(t, ev, text);
	sk_thread_drop(sk_thread_find(&t->threads, ev->u.exec.old_tid));
}

static bool shows_signal(const struct sk_text *t, int signo)
{
	return signo >= 1 && signo <= 64 &&
	       t->o->signals >> (signo - 1) & 1;
}

static void on_signal(struct sk_text *t, const struct sk_event *ev)
{
	struct sk_show show;
	char name[16];

	if (!shows_signal(t, ev->u.siginfo.si_signo))
		return;
	sk_text_cut(t);
	sk_text_head(t, ev);
	sk_out_printf(&t->line, "--- %s ",
		      sk_signal_name(ev->u.siginfo.si_signo, name));
	sk_show_text(&show, &t->line, &t->o->style);
	sk_decode_siginfo(&show, &ev->u.siginfo);
	sk_out_str(&t->line, " ---\n");
	sk_text_flush(t);
}

static void on_stopped(struct sk_text *t, const struct sk_event *ev)
{
	char text[64], name[16];

	if (!shows_signal(t, ev->u.signo))
		return;
	snprintf(text, sizeof(text), "--- stopped by %s ---",
		 sk_signal_name(ev->u.signo, name));
	sk_text_line(t, ev, text);
}

static void text_event(struct sk_report *r, const struct sk_event *ev)
{
	struct sk_text *t = (struct sk_text *)r;

	switch (ev->kind) {
	case SK_EV_ENTER:
		on_enter(t, ev);
		break;
	case SK_EV_EXIT:
		on_exit_of(t, ev);
		break;
	case SK_EV_NEW:
		on_new(t, ev);
		break;
	case SK_EV_EXEC:
		on_exec(t, ev);
		break;
	case SK_EV_SIGNAL:
		on_signal(t, ev);
		break;
	case SK_EV_STOPPED:
		on_stopped(t, ev);
		break;
	case SK_EV_ENDED:
		on_ended(t, ev);
		break;
	case SK_EV_DETACHED:
		on_detached(t, ev);
		break;
	case SK_EV_NOTE:
		sk_text_cut(t);
		sk_out_printf(t->report.out, "%s: %s\n", sk_log_name(),
			      ev->u.note);
		break;
	default:
		break;
	}
}

static int text_finish(struct sk_report *r)
{
	struct sk_text *t = (struct sk_text *)r;

	if (t->open)
		sk_out_str(r->out, " <unfinished ...>\n");
	sk_threads_fini(&t->threads);
	sk_out_fini(&t->line);
	free(t);
	return 0;
}

static const struct sk_report_ops text_ops = {
	.name = "the log",
	.event = text_event,
	.finish = text_finish,
};

struct sk_report *sk_report_text(struct sk_model *m, struct sk_out *out,
				 const struct sk_text_opts *opts)
{
	struct sk_text *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->report = (struct sk_report){ &text_ops, m, out, { NULL } };
	t->o = opts;
	t->model_fds = (struct sk_model_fds){ m, opts->labels,
						   opts->only_sockets };
	sk_model_fds(&t->fds, &t->model_fds);
	sk_out_init(&t->line, -1);
	return &t->report;
}
