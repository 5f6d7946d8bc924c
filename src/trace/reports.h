/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reports that need no decoders: how to begin them. See report.h. */
#ifndef SK_TRACE_REPORTS_H
#define SK_TRACE_REPORTS_H

#include "trace/report.h"

/*
 * --sockets: the life of every socket, in the order they were made. With
 * `leaks` only those that were leaked (--leaks). Times are since `began`
 * (CLOCK_MONOTONIC ns). NULL: no memory.
 */
struct sk_report *sk_report_lives(struct sk_model *m, struct sk_out *out,
				  uint64_t began, bool leaks);

enum sk_counts_sort {
	SK_COUNTS_TIME, SK_COUNTS_CALLS, SK_COUNTS_ERRORS, SK_COUNTS_NAME,
	SK_COUNTS_NONE, SK_COUNTS_MIN, SK_COUNTS_MAX, SK_COUNTS_AVG
};

/* The columns of the table, from the left; none: the usual ones. */
struct sk_counts_columns {
	uint8_t of[8];
	size_t n;
};

/* -U: "calls,name"; the name comes last where it is not named. Usage errors. */
int sk_counts_columns(struct sk_counts_columns *c, const char *list,
		      struct sk_err *err);

struct sk_text_opts;

/* -c: strace's table of calls, errors and times, by `sort`. NULL: no memory. */
struct sk_report *sk_report_counts(struct sk_model *m, struct sk_out *out,
				   enum sk_counts_sort sort,
				   const struct sk_counts_columns *columns,
				   const struct sk_text_opts *opts);

/*
 * -ff: a report for each process, made by `make` when its first event comes,
 * to the file PATH.PID, emptied unless `append`; finished when the process ends. NULL: no memory.
 */
typedef struct sk_report *sk_report_make(struct sk_model *m,
					 struct sk_out *out, void *arg);
struct sk_report *sk_report_split(struct sk_model *m, const char *path,
				  bool append, sk_report_make *make, void *arg);

/* One line about a socket, without its number: "TCP:[…]"; see model.h. */
void sk_life_label(const struct sk_life *l, char buf[SK_LABEL_MAX]);

#endif
