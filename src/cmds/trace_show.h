/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What sockkit trace shows of what it sees: the options for that, and the
 * reports they begin. trace.c has the programs, the engine and the sockets.
 */
#ifndef SK_CMDS_TRACE_SHOW_H
#define SK_CMDS_TRACE_SHOW_H

#include "cli/cli.h"
#include "trace/expr.h"
#include "trace/faults.h"
#include "trace/report.h"
#include "trace/sink.h"
#include "trace/text.h"

struct sk_trace_show {
	/* Options. */
	struct sk_strings exprs;
	bool ok_only, failed_only, verbose, relative, took;
	bool numbers, places, always_pid;
	int times, hex, labels, quiet;
	int names;
	uint64_t strings;
	int64_t column;
	bool hushed;		/* no word of attaching, unless asked for one */
	bool json;
	bool advise, explain, has_diagram;
	int diagram;
	const char *pcapng, *timeline;

	/* Made of them by sk_trace_show_prepare(). */
	struct sk_expr expr;
	struct sk_text_opts text;
	struct sk_faults faults;
};

/* To be included at the offset of a struct sk_trace_show. */
extern const struct sk_opt sk_trace_show_options[];
/* What strace calls them, and what it has besides. */
extern const struct sk_alias sk_trace_aliases[];
extern const struct sk_hint sk_trace_hints[];
/* The struct's part of the command's preset. */
#define SK_TRACE_SHOW_PRESET { .strings = SK_SHOW_STRINGS, .column = 40 }

/*
 * Check the options. to_file: the log of calls does not go to a terminal, so
 * that lines begin with the process; calls_only: no option of trace.c's needs
 * more than the calls that are shown. Tells the engine what it has to report.
 * Usage errors.
 */
int sk_trace_show_prepare(struct sk_trace_show *s, bool to_file,
			  bool calls_only, struct sk_engine_opts *engine,
			  struct sk_err *err);

/* Was something asked for that goes to the output instead of the log? */
bool sk_trace_show_instead(const struct sk_trace_show *s);

/* Does any report tell of close(2) itself? calls: the log or the counts. */
bool sk_trace_show_closes(const struct sk_trace_show *s, bool calls);

/*
 * The reports, one by one: add() takes each; NULL is passed on as NULL. text:
 * with the log of calls; split: but neither that nor JSON, which go into
 * files of their own. Errors: a file that cannot be written.
 */
int sk_trace_show_reports(struct sk_trace_show *s, struct sk_model *m,
			  struct sk_out *out, bool text, bool split,
			  void (*add)(void *arg, struct sk_report *r),
			  void *arg, struct sk_err *err);
void sk_trace_show_fini(struct sk_trace_show *s);

#endif
