/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockkit trace: what a program does with its sockets. */
#include <limits.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cmds/trace_procs.h"
#include "cmds/trace_show.h"
#include "trace/launch.h"
#include "trace/outputs.h"
#include "trace/reports.h"
#include "trace/sink.h"
#include "trace/stack.h"
#include "trace/uring.h"

struct trace_opts {
	struct sk_strings pids, env;
	const char *output, *user;
	int follow, daemon, detach_on, interruptible;
	bool no_follow, no_seccomp, separately, detaches;
	const char *columns;
	bool counts, counts_too, wall, append, seccomp, sockets, leaks;
	int sort;
	bool stacks;
	struct sk_trace_show show;
};

#define OFF(field) offsetof(struct trace_opts, field)

static const struct sk_opt trace_options[] = {
	{ 'p', "attach", SK_LIST, "PID[,PID...]", OFF(pids),
	  .help = "trace these running processes, with all their threads" },
	{ 'f', "follow-forks", SK_COUNT, NULL, OFF(follow), .excludes = "no-follow",
	  .help = "follow children, as is the default; twice: with -o, a "
		  "file FILE.PID for each process" },
	{ 0, "no-follow", SK_FLAG, NULL, OFF(no_follow),
	  .help = "leave children alone (threads are followed)" },
	{ 'u', "user", SK_STRING, "USER", OFF(user),
	  .help = "run PROG as USER" },
	{ 'E', "env", SK_LIST, "VAR[=VALUE]", OFF(env),
	  .help = "set VAR for PROG; without a value: unset it" },
	{ 'D', "daemonize", SK_COUNT, NULL, OFF(daemon), .excludes = "attach",
	  .help = "be PROG, and trace it from another process; twice: in a "
		  "process group of its own, three times: in a session" },
	{ 'b', "detach-on", SK_CHOICE, "CALL", OFF(detach_on),
	  .choices = "execve", .seen = OFF(detaches),
	  .help = "leave a process alone once it does this" },
	{ 'I', "interruptible", SK_CHOICE, "WHEN", OFF(interruptible),
	  .choices = "anywhere,waiting,never,never_tstp,1,2,3,4",
	  .help = "when signals end the trace (waiting); never_tstp: ^Z does "
		  "not stop it either" },
	{ 0, "seccomp-bpf", SK_FLAG, NULL, OFF(seccomp),
	  .excludes = "no-seccomp",
	  .help = "stop PROG at calls of interest only, as is the default" },
	{ 0, "no-seccomp", SK_FLAG, NULL, OFF(no_seccomp),
	  .help = "stop PROG at every call, put no filter on it" },
	{ 'o', "output", SK_STRING, "FILE", OFF(output), SK_GRP_SHOW,
	  .help = "write there and not to stderr; '|CMD' is a pipe to CMD" },
	{ 0, "output-separately", SK_FLAG, NULL, OFF(separately), SK_GRP_SHOW,
	  .needs = "output", .help = "a file FILE.PID for each process" },
	{ 'A', "output-append-mode", SK_FLAG, NULL, OFF(append), SK_GRP_SHOW,
	  .needs = "output", .help = "add to FILE, do not empty it" },
	{ 'c', "summary-only", SK_FLAG, NULL, OFF(counts), SK_GRP_SHOW,
	  .excludes = "summary",
	  .help = "count calls, errors and time instead of printing them" },
	{ 'C', "summary", SK_FLAG, NULL, OFF(counts_too), SK_GRP_SHOW,
	  .help = "print the calls and count them" },
	{ 'S', "summary-sort-by", SK_CHOICE, "COLUMN", OFF(sort), SK_GRP_SHOW,
	  .choices = "time,calls,errors,name,nothing,min-time,max-time,"
		     "avg-time",
	  .needs = "summary-only,summary", .help = "sort the counts" },
	{ 'U', "summary-columns", SK_STRING, "COLUMNS", OFF(columns),
	  SK_GRP_SHOW, .needs = "summary-only,summary",
	  .help = "these columns of the counts: time-percent, total-time, "
		  "min-time, max-time, avg-time, calls, errors, name" },
	{ 'w', "summary-wall-clock", SK_FLAG, NULL, OFF(wall), SK_GRP_SHOW,
	  .needs = "summary-only,summary",
	  .help = "count the time from call to return, as is always done" },
	{ 0, "sockets", SK_FLAG, NULL, OFF(sockets), SK_GRP_SHOW,
	  .help = "tell the life of every socket at the end (and at SIGUSR1) "
		  "instead of printing calls" },
	{ 0, "leaks", SK_FLAG, NULL, OFF(leaks), SK_GRP_SHOW,
	  .help = "list the sockets left open by who ended, and those that "
		  "become more and more; exit with 3 if there are any" },
	{ 'k', "stack-trace", SK_FLAG, NULL, OFF(stacks), SK_GRP_SHOW,
	  .help = "show where in the program each call was made; with "
		  "--sockets and --leaks, where the socket was" },
	{ .kind = SK_INCLUDE, .off = OFF(show), .table = sk_trace_show_options },
	SK_OPT_END
};

struct trace {
	struct trace_opts *o;
	struct sk_engine_opts engine;
	struct sk_trace_job job;
	struct sk_counts_columns columns; /* -U */
	struct sk_model model;
	struct sk_sink sink;
	struct sk_stacks *stacks; /* -k */
	struct sk_urings *urings;
	SLIST_HEAD(, sk_report) reports;
	pid_t *pids;
	const struct sk_event *event; /* being handled */
};

/* --- operands and options ------------------------------------------------------ */

static int add_pids(struct trace *t, const char *list, struct sk_err *err)
{
	char word[24];
	uint64_t pid;
	size_t len;

	for (;; list += len + 1) {
		len = strcspn(list, ", ");
		if (sk_copyn(word, sizeof(word), list, len) < 0 ||
		    sk_parse_uint(word, &pid) < 0 || !pid || pid > INT_MAX)
			return sk_usage(err, "--attach=%s: '%.*s' is no "
					     "process number", list,
					(int)len, list);
		t->pids = reallocarray(t->pids, t->engine.n_pids + 1,
				       sizeof(*t->pids));
		if (!t->pids)
			return sk_fail(err, -ENOMEM, "%s",
				       sk_strerror(ENOMEM));
		t->pids[t->engine.n_pids++] = (pid_t)pid;
		if (!list[len])
			return 0;
	}
}

static int set_up_engine(struct trace *t, int argc, char **argv,
			 struct sk_err *err)
{
	struct trace_opts *o = t->o;
	struct sk_engine_opts *e = &t->engine;
	int r = 0;

	if (o->separately)
		o->follow = 2;

	if (o->columns)
		r = sk_counts_columns(&t->columns, o->columns, err);
	for (size_t i = 0; i < o->pids.n && r >= 0; i++)
		r = add_pids(t, o->pids.v[i], err);
	if (r < 0)
		return r;
	if (!argc && !e->n_pids)
		return sk_usage(err, "a program to run is needed, or "
				     "processes to attach to (-p)");
	if (o->follow > 1 && (!o->output || *o->output == '|'))
		return sk_usage(err, "%s needs -o FILE", o->separately ?
				"--output-separately" : "-ff");
	for (size_t i = 0; i < o->env.n; i++)
		if (!*o->env.v[i] || *o->env.v[i] == '=')
			return sk_usage(err, "-E %s: no variable is named",
					o->env.v[i]);
	if (o->stacks && !sk_stacks_possible())
		return sk_usage(err, "-k: this sockkit was built without libdw");
	e->pids = t->pids;
	e->argv = argc ? argv : NULL;
	e->env = o->env.v;
	e->n_env = o->env.n;
	e->user = o->user;
	e->no_follow = o->no_follow;
	e->detach_on_exec = o->detaches;
	/* Who has our filter cannot be left. */
	e->no_seccomp = o->no_seccomp || o->detaches;
	e->daemon = o->daemon;
	/* Of strace's four, two: names and numbers of them stand in a row. */
	e->hold_on = o->interruptible % 4 >= 2;
	e->hold_on_stops = o->interruptible % 4 == 3;
	/* Into a file goes what PROG does, not who is traced, as of strace. */
	t->o->show.hushed = argc && o->output && *o->output != '|';
	return sk_trace_show_prepare(&t->o->show, o->output && o->follow < 2,
				     !o->sockets && !o->leaks, e, err);
}

/*
 * The kernel gives no other user's rights to who is traced; better said than
 * wondered about.
 */
static void warn_of_rights(const char *prog)
{
	char path[PATH_MAX];
	const char *what = sk_launch_rights(prog, path);

	if (what)
		sk_warn("%s %s: traced, it runs without these rights (root "
			"can trace it with them, by -u USER)", path, what);
}

/* --- reports ------------------------------------------------------------------------ */

static void add_report(void *arg, struct sk_report *r)
{
	struct trace *t = arg;

	if (r)
		SLIST_INSERT_HEAD(&t->reports, r, link);
}

/* The log of calls is what there is when nothing was asked for instead. */
static bool wants_text(const struct trace_opts *o)
{
	return !o->counts && !o->sockets && !o->leaks &&
	       !sk_trace_show_instead(&o->show);
}

static struct sk_report *make_log(struct sk_model *m, struct sk_out *out,
				  void *arg)
{
	struct sk_trace_show *show = arg;

	return sk_report_text(m, out, &show->text);
}

static struct sk_report *make_json(struct sk_model *m, struct sk_out *out,
				   void *arg)
{
	struct sk_trace_show *show = arg;

	return sk_report_json(m, out, &show->text);
}

/* -ff: a file for each process. */
static void add_split(struct trace *t, sk_report_make *make)
{
	add_report(t, sk_report_split(&t->model, t->o->output, t->o->append,
				      make, &t->o->show));
}

static int add_reports(struct trace *t, struct sk_err *err)
{
	struct trace_opts *o = t->o;
	struct sk_out *out = &t->sink.out;
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	/* JSON has the lives of sockets by itself. */
	if ((o->sockets || o->leaks) && !o->show.json)
		add_report(t, sk_report_lives(&t->model, out, now,
					      !o->sockets));
	if (o->counts || o->counts_too)
		add_report(t, sk_report_counts(&t->model, out,
					       (enum sk_counts_sort)o->sort,
					       &t->columns,
					       &o->show.text));
	if (o->show.json && (o->sockets || o->leaks)) {
		o->show.text.calls = (struct sk_sys_set){ { 0 } };
		o->show.text.open_too = o->follow < 2;
	}
	if (wants_text(o) && o->follow > 1)
		add_split(t, make_log);
	if (o->show.json && o->follow > 1)
		add_split(t, make_json);
	return sk_trace_show_reports(&o->show, &t->model, out,
				     wants_text(o), o->follow > 1,
				     add_report, t, err);
}

/* -k: where the call is made that gives the program a socket. */
static char *where_made(void *arg)
{
	struct trace *t = arg;
	struct sk_out out;
	char *text;

	sk_out_init(&out, -1);
	sk_stacks_put(t->stacks, &out, t->event->pid, t->event->tid);
	text = strndup(out.buf ? out.buf : "", out.len);
	sk_out_fini(&out);
	return text;
}

static void on_life_end(struct sk_model *m, const struct sk_life *l, void *arg)
{
	struct trace *t = arg;
	struct sk_report *r;

	(void)m;
	SLIST_FOREACH(r, &t->reports, link)
		if (r->ops->life_end)
			r->ops->life_end(r, l);
}

static void report(struct trace *t, const struct sk_event *ev)
{
	struct sk_report *r;

	SLIST_FOREACH(r, &t->reports, link) {
		if (ev->kind == SK_EV_SHOW && r->ops->show)
			r->ops->show(r);
		else
			r->ops->event(r, ev);
	}
}

/* What has been done through io_uring, as calls. */
static void report_urings(struct trace *t, const struct sk_event *ev)
{
	struct sk_event made;
	bool quiet = false;

	while (sk_urings_next(t->urings, ev, &made)) {
		if (made.kind == SK_EV_EXIT && quiet)
			continue;
		sk_model_event(&t->model, &made);
		quiet = made.quiet;
		if (!quiet)
			report(t, &made);
	}
}

static void on_event(struct sk_event *ev, struct sk_verdict *v, void *arg)
{
	struct trace *t = arg;

	t->event = ev;
	sk_model_event(&t->model, ev);
	if (t->stacks && (ev->kind == SK_EV_EXEC ||
			  (ev->kind == SK_EV_ENDED && ev->tid == ev->pid)))
		sk_stacks_forget(t->stacks, ev->pid);
	if (ev->quiet) {
		v->skip_exit = true;
		return;
	}
	sk_faults_event(&t->o->show.faults, ev, v);
	sk_urings_event(t->urings, ev);
	if (ev->kind == SK_EV_ENTER)
		report_urings(t, ev);
	report(t, ev);
	if (ev->kind != SK_EV_ENTER)
		report_urings(t, ev);
	/* Beside what the program itself says there, in the right order. */
	if (t->sink.prompt)
		sk_sink_flush(&t->sink);
}

static bool has_sockets(pid_t pid, void *arg)
{
	struct trace *t = arg;

	return sk_model_has_sockets(&t->model, pid);
}

static bool output_waits(void *arg)
{
	struct trace *t = arg;

	return sk_sink_pending(&t->sink) || t->o->follow > 1;
}

static void flush_output(void *arg)
{
	struct trace *t = arg;
	struct sk_report *r;

	sk_sink_flush(&t->sink);
	SLIST_FOREACH(r, &t->reports, link)
		if (r->ops->flush)
			r->ops->flush(r);
}

static int finish_reports(struct trace *t, int r, struct sk_err *err)
{
	const struct sk_report_ops *ops;
	struct sk_report *report;
	int error;

	while ((report = SLIST_FIRST(&t->reports)) != NULL) {
		SLIST_REMOVE_HEAD(&t->reports, link);
		ops = report->ops;
		error = ops->finish(report);
		if (error < 0 && r >= 0)
			r = sk_fail(err, error, "%s: %s", ops->name,
				    sk_strerror(error));
	}
	error = sk_sink_close(&t->sink);
	if (error < 0 && r >= 0)
		r = sk_fail(err, error, "%s: %s",
			    t->o->output ? t->o->output : "stderr",
			    sk_strerror(error));
	return r;
}

/* --- tracing -------------------------------------------------------------------------- */

static int trace(void *arg, struct sk_engine *engine, struct sk_err *err)
{
	struct trace *t = arg;
	const struct sk_model_opts model = {
		.lives = true, .tcp_info = t->o->sockets || t->o->leaks,
		.closes_unseen = !sk_trace_show_closes(
			&t->o->show, wants_text(t->o) || t->o->counts ||
					     t->o->counts_too),
		.moves_unseen = !sk_sys_set_has(&t->engine.with_sockets,
						SK_SYS_close),
	};
	bool grows;
	int r;

	r = sk_sink_open(&t->sink, t->o->output, t->o->append, err);
	if (r < 0)
		return r;
	r = sk_model_init(&t->model, &model);
	t->urings = sk_urings_new(&t->model);
	if (r < 0 || !t->urings)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	t->model.on_end = on_life_end;
	t->model.on_end_arg = t;
	if (t->o->stacks) {
		t->stacks = sk_stacks_new();
		t->o->show.text.stacks = t->stacks;
		t->model.where_made = t->stacks ? where_made : NULL;
	}
	t->engine.handler = on_event;
	t->engine.has_sockets = has_sockets;
	t->engine.pending = output_waits;
	t->engine.flush = flush_output;
	t->engine.arg = t;
	r = add_reports(t, err);
	if (r >= 0)
		r = sk_engine_run(engine, &t->engine, &t->job.result, err);
	/* The sockets of who ended last end now, for all reports. */
	sk_model_refresh(&t->model);
	grows = sk_model_grows(&t->model);
	r = finish_reports(t, r, err);
	if (r >= 0 && t->o->leaks && (t->model.leaked || grows))
		r = sk_passed_on(err, 3);
	sk_urings_free(t->urings);
	sk_model_fini(&t->model);
	sk_stacks_free(t->stacks);
	return r;
}

static int trace_run(void *opts, int argc, char **argv, struct sk_err *err)
{
	struct trace t = { .o = opts };
	int r = set_up_engine(&t, argc, argv, err);

	t.job = (struct sk_trace_job){ .engine = &t.engine, .trace = trace,
				       .arg = &t };
	SLIST_INIT(&t.reports);
	if (r >= 0 && argc)
		warn_of_rights(argv[0]);
	if (r >= 0)
		r = !argc	? sk_trace_here(&t.job, err) :
		    t.o->daemon ? sk_trace_swapped(&t.job, err) :
				  sk_trace_split(&t.job, err);
	sk_trace_show_fini(&t.o->show);
	free(t.pids);
	return r;
}

static const struct trace_opts trace_preset = {
	.show = SK_TRACE_SHOW_PRESET,
};

const struct sk_cmd sk_cmd_trace = {
	.name = "trace",
	.summary = "show what a program does with its sockets",
	.operands = "[PROG [ARG...]]",
	.options = trace_options,
	.hints = sk_trace_hints,
	.aliases = sk_trace_aliases,
	.opts_size = sizeof(struct trace_opts),
	.preset = &trace_preset,
	.min_operands = 0,
	.max_operands = -1,
	.stop_at_operand = true,
	.run = trace_run,
};
