/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The language of -e, as strace's: KEY=VALUE, or a set of calls alone.
 *
 *	trace=SET	calls to show (also t=)
 *	trace-fds=FDS	… that name one of these descriptors (also fd=)
 *	status=LIST	successful, failed, unfinished, detached, all, none
 *	signal=SET	signals to show (also s=)
 *	abbrev=SET	calls whose arrays and structs are cut short (-v: none)
 *	verbose=SET	calls whose structs are shown, and not where they are
 *	raw=SET		calls whose arguments are shown as numbers
 *	read=FDS  write=FDS	descriptors whose data is dumped
 *	decode-fds=LIST	path, socket, all, none: what stands behind descriptors
 *	quiet=LIST	attach, exit, personality, thread-execve, all, none
 *	inject=SET:WHAT…  fault=SET[:WHAT…]
 *	absolute-timestamps=[FORMAT][,PRECISION]
 *	relative-timestamps=PRECISION  syscall-times=PRECISION
 *			as the long options of these names
 *
 * A SET is names parted by commas, classes (%network, %desc; strace's others
 * are known, but empty here), /regex/ or all;
 * "!" before it means all others, "?" before a name that it may be unknown.
 * Errors show the expression with a caret below what is wrong.
 */
#ifndef SK_TRACE_EXPR_H
#define SK_TRACE_EXPR_H

#include "base/err.h"
#include "trace/engine.h"
#include "trace/text.h"

struct sk_inject_rule {
	struct sk_sys_set calls;
	bool has_result;
	int64_t result;		/* retval= or -errno */
	int signal;
	uint64_t delay_enter_us, delay_exit_us;
	/* when=FIRST..LAST+STEP; of each process's calls that match. */
	uint64_t first, last, step;
};

#define SK_INJECT_MAX 16

/* What is shown behind descriptors, as bits. */
enum sk_expr_labels {
	SK_LABEL_PATHS = 1,
	SK_LABEL_SOCKETS = 2,
};

struct sk_expr {
	bool has_trace;
	struct sk_sys_set trace, raw, abbrev, verbose;
	unsigned status;
	unsigned quiet;
	bool has_quiet;
	uint64_t signals;
	struct sk_fd_set read, write, about;
	bool has_about;
	bool has_labels;
	unsigned labels;	/* enum sk_expr_labels */
	bool has_time, has_relative, has_took;
	enum sk_text_time time;
	unsigned time_digits, relative_digits, took_digits;
	struct sk_inject_rule inject[SK_INJECT_MAX];
	size_t n_inject;
};

/* All that -e has not been given for. */
void sk_expr_init(struct sk_expr *e);

/* Take one -e into account. Usage errors have the caret. */
int sk_expr_parse(struct sk_expr *e, const char *arg, struct sk_err *err);

#endif
