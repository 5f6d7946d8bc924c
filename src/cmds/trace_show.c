/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmds/trace_show.h"

#include <fcntl.h>

#include "trace/needs.h"
#include "trace/outputs.h"

#define OFF(field) offsetof(struct sk_trace_show, field)

const struct sk_opt sk_trace_show_options[] = {
	{ 'e', "expr", SK_LIST, "EXPR", OFF(exprs), SK_GRP_SHOW,
	  .help = "what to show or do: trace=, trace-fds=, abbrev=, verbose=, "
		  "status=, signal=, raw=, read=, write=, decode-fds=, quiet=, "
		  "inject=, fault=; --trace=… and so on are the same" },
	{ 'z', "successful-only", SK_FLAG, NULL, OFF(ok_only), SK_GRP_SHOW,
	  .excludes = "failed-only", .help = "show calls that went well" },
	{ 'Z', "failed-only", SK_FLAG, NULL, OFF(failed_only), SK_GRP_SHOW,
	  .help = "show calls that failed" },
	{ 's', "string-limit", SK_SIZE, "SIZE", OFF(strings), SK_GRP_SHOW,
	  .help = "show at most SIZE bytes of a string (32)" },
	{ 'x', "strings-in-hex", SK_COUNT, NULL, OFF(hex), SK_GRP_SHOW,
	  .help = "show strings that are not ASCII in hexadecimal; twice: "
		  "all strings" },
	{ 'X', "const-print-style", SK_CHOICE, "STYLE", OFF(names),
	  SK_GRP_SHOW, .choices = "abbrev,raw,verbose",
	  .help = "how constants are shown" },
	{ 'v', "no-abbrev", SK_FLAG, NULL, OFF(verbose), SK_GRP_SHOW,
	  .help = "show arrays and structs whole" },
	{ 't', "absolute-timestamps", SK_COUNT, NULL, OFF(times), SK_GRP_SHOW,
	  .help = "show the time of day; twice: with microseconds; three "
		  "times: since 1970" },
	{ 'r', "relative-timestamps", SK_FLAG, NULL, OFF(relative),
	  SK_GRP_SHOW, .help = "show the time since the line before" },
	{ 'T', "syscall-times", SK_FLAG, NULL, OFF(took), SK_GRP_SHOW,
	  .help = "show how long each call took in the kernel" },
	{ 'y', "decode-fds", SK_COUNT, NULL, OFF(labels), SK_GRP_SHOW,
	  .help = "show what is behind descriptors; twice: protocol and "
		  "addresses" },
	{ 'n', "syscall-number", SK_FLAG, NULL, OFF(numbers), SK_GRP_SHOW,
	  .help = "show the number of each call" },
	{ 'i', "instruction-pointer", SK_FLAG, NULL, OFF(places), SK_GRP_SHOW,
	  .help = "show the address from which each call was made" },
	{ 0, "always-show-pid", SK_FLAG, NULL, OFF(always_pid), SK_GRP_SHOW,
	  .help = "begin lines with the process, also of a single one" },
	{ 'q', "quiet", SK_COUNT, NULL, OFF(quiet), SK_GRP_SHOW,
	  .help = "say nothing of attached processes; twice: nor of their "
		  "exits; three times: nor of anything but calls" },
	{ 'a', "columns", SK_INT, "COLUMN", OFF(column), SK_GRP_SHOW,
	  .max = 1000, .help = "show results in COLUMN (40)" },
	{ 0, "json", SK_FLAG, NULL, OFF(json), SK_GRP_SHOW,
	  .excludes = "diagram,explain,summary-only,summary",
	  .help = "print JSON lines instead of the log of calls" },
	{ 0, "pcapng", SK_STRING, "FILE", OFF(pcapng), SK_GRP_SHOW,
	  .help = "write what passes through sockets as packets into FILE" },
	{ 0, "diagram", SK_CHOICE, "FORM", OFF(diagram), SK_GRP_SHOW,
	  .choices = "text,mermaid", .seen = OFF(has_diagram),
	  .help = "draw who said what to whom instead of the log of calls" },
	{ 0, "explain", SK_FLAG, NULL, OFF(explain), SK_GRP_SHOW,
	  .help = "say below each call what the kernel has done" },
	{ 0, "advise", SK_FLAG, NULL, OFF(advise), SK_GRP_SHOW,
	  .help = "say at the end what the program does wrong with its sockets "
		  "instead of printing calls" },
	{ 0, "timeline", SK_STRING, "FILE", OFF(timeline), SK_GRP_SHOW,
	  .help = "write calls and sockets over time into FILE, for Perfetto "
		  "and chrome://tracing" },
	SK_OPT_END
};

static unsigned quiet_of(int count)
{
	static const unsigned levels[] = {
		0, SK_QUIET_ATTACH | SK_QUIET_PERSONALITY,
		SK_QUIET_ATTACH | SK_QUIET_PERSONALITY | SK_QUIET_EXIT,
		SK_QUIET_ATTACH | SK_QUIET_PERSONALITY | SK_QUIET_EXIT |
			SK_QUIET_EXECVE,
	};

	return levels[count > 3 ? 3 : count];
}

static void set_times(struct sk_trace_show *s)
{
	struct sk_text_opts *t = &s->text;
	const struct sk_expr *e = &s->expr;

	t->time = s->times > 2 ? SK_TIME_EPOCH :
		  s->times     ? SK_TIME_CLOCK : SK_TIME_NONE;
	t->time_digits = s->times > 1 ? 6 : 0;
	if (e->has_time) {
		t->time = e->time;
		t->time_digits = e->time_digits;
	}
	t->relative = s->relative || e->has_relative;
	t->relative_digits = e->has_relative ? e->relative_digits : 6;
	t->took = s->took || e->has_took;
	t->took_digits = e->has_took ? e->took_digits : 6;
}

static void set_text(struct sk_trace_show *s, bool to_file)
{
	struct sk_text_opts *t = &s->text;

	*t = sk_text_defaults;
	t->style.strings = (size_t)s->strings;
	t->style.hex = s->hex > 1 ? SK_HEX_ALWAYS :
		       s->hex	  ? SK_HEX_FOREIGN : SK_HEX_NEVER;
	t->style.names = (enum sk_show_names)s->names;
	t->style.verbose = s->verbose;
	set_times(s);
	t->numbers = s->numbers;
	t->places = s->places;
	t->always_pid = s->always_pid;
	t->explain = s->explain;
	t->pids = to_file;
	t->labels = s->labels > 2 ? 2 : s->labels;
	if (s->expr.has_labels) {
		t->labels = s->expr.labels & SK_LABEL_SOCKETS ? 2 :
			    s->expr.labels & SK_LABEL_PATHS ? 1 : 0;
		t->only_sockets = !(s->expr.labels & SK_LABEL_PATHS);
	}
	t->about = s->expr.about;
	t->about_some = s->expr.has_about;
	t->column = (unsigned)s->column;
	t->quiet = s->hushed && !s->quiet && !s->expr.has_quiet ?
			   quiet_of(1) : quiet_of(s->quiet) | s->expr.quiet;
	t->status = s->expr.status;
	if (s->ok_only)
		t->status = SK_STATUS_OK;
	if (s->failed_only)
		t->status = SK_STATUS_FAILED;
	t->signals = s->expr.signals;
	if (s->expr.has_trace)
		t->calls = s->expr.trace;
	t->raw = s->expr.raw;
	t->abbrev = s->expr.abbrev;
	t->verbose = s->expr.verbose;
	if (s->verbose)
		memset(&t->abbrev, 0, sizeof(t->abbrev));
	t->dump_in = s->expr.read;
	t->dump_out = s->expr.write;
}

/* What is injected has to be stopped, even when it is not shown. */
static void set_needs(const struct sk_trace_show *s, bool calls_only,
		      struct sk_engine_opts *engine)
{
	struct sk_sys_set wanted = s->text.calls;

	for (size_t i = 0; i < s->expr.n_inject; i++)
		for (size_t k = 0; k < sizeof(wanted.bits) / 8; k++)
			wanted.bits[k] |= s->expr.inject[i].calls.bits[k];
	if (!calls_only || s->pcapng || s->has_diagram || s->advise ||
	    s->explain || s->timeline || s->json)
		sk_needs_all(engine);
	else
		sk_needs_of(engine, &wanted, s->text.labels > 0);
}

int sk_trace_show_prepare(struct sk_trace_show *s, bool to_file,
			  bool calls_only, struct sk_engine_opts *engine,
			  struct sk_err *err)
{
	int r;

	sk_expr_init(&s->expr);
	for (size_t i = 0; i < s->exprs.n; i++) {
		r = sk_expr_parse(&s->expr, s->exprs.v[i], err);
		if (r < 0)
			return r;
	}
	set_text(s, to_file);
	sk_faults_init(&s->faults, s->expr.inject, s->expr.n_inject);
	engine->signals = true;
	set_needs(s, calls_only, engine);
	return 0;
}

bool sk_trace_show_instead(const struct sk_trace_show *s)
{
	return s->json || s->has_diagram || s->advise;
}

bool sk_trace_show_closes(const struct sk_trace_show *s, bool calls)
{
	return s->json || s->pcapng || s->has_diagram || s->advise ||
	       s->timeline || s->explain || s->expr.n_inject ||
	       (calls && sk_sys_set_has(&s->text.calls, SK_SYS_close));
}

static int open_file(const char *path, struct sk_err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	return fd >= 0 ? fd : sk_fail(err, -errno, "%s: %s", path,
				      sk_strerror(errno));
}

int sk_trace_show_reports(struct sk_trace_show *s, struct sk_model *m,
			  struct sk_out *out, bool text, bool split,
			  void (*add)(void *arg, struct sk_report *r),
			  void *arg, struct sk_err *err)
{
	int fd;

	if (text && !split)
		add(arg, sk_report_text(m, out, &s->text));
	if (s->json && !split)
		add(arg, sk_report_json(m, out, &s->text));
	if (s->pcapng) {
		fd = open_file(s->pcapng, err);
		if (fd < 0)
			return fd;
		add(arg, sk_report_packets(m, fd));
	}
	if (s->has_diagram)
		add(arg, sk_report_diagram(m, out, s->diagram));
	if (s->advise)
		add(arg, sk_report_advise(m, out, s->json));
	if (s->timeline) {
		fd = open_file(s->timeline, err);
		if (fd < 0)
			return fd;
		add(arg, sk_report_timeline(m, fd));
	}
	return 0;
}

void sk_trace_show_fini(struct sk_trace_show *s)
{
	sk_faults_fini(&s->faults);
}
