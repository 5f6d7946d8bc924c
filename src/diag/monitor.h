/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stat --watch: the sockets again and again, with what each has moved since
 * the last look. The model is here; monitor_json.c and monitor_screen.c show
 * it.
 */
#ifndef SK_DIAG_MONITOR_H
#define SK_DIAG_MONITOR_H

#include "base/out.h"
#include "diag/columns.h"
#include "diag/run.h"
#include "sock/addr.h"

enum sk_mark {
	SK_MARK_NONE,
	SK_MARK_NEW,		/* was not there at the look before */
	SK_MARK_GONE,		/* is no longer there */
};

/* A socket of the last look; small, as all are kept. */
struct sk_row {
	uint64_t key;		/* cookie; where there is none, the inode */
	uint64_t inode;
	uint8_t kind, family, state;
	uint8_t mark;		/* enum sk_mark */
	uint8_t looks;		/* it has had this mark for so many looks */
	bool has_queues, has_info, has_drops;
	bool changed;		/* state or queues, since the last look */
	struct sk_end local, peer;
	char name[108];		/* unix: the path, escaped, cut */
	char comm[32];		/* escaped; "" when not known or not asked */
	int pid;		/* 0: not known */
	uint32_t rqueue, wqueue;
	uint32_t rtt_us, cwnd;
	uint64_t bytes_in, bytes_out, retrans; /* all in all; with has_info */
	uint64_t in_added, out_added, retrans_added; /* since the last look */
	uint32_t drops;		/* with has_drops; datagrams, not read */
	uint32_t drops_added;
	uint64_t ns;		/* inode of its namespace; 0: only ours */
	char netns[40];		/* its label, escaped, cut; "" with ns 0 */
	/* Of the columns asked for, a string each; owned, NULL without. */
	char *cells;
	uint64_t sort;		/* of --sort, where that is a number … */
	bool has_sort;		/* … and there */
};

/* A column asked for: one of every listing, or a rate, which only we know. */
enum sk_rate { SK_RATE_IN, SK_RATE_OUT, SK_RATE_RETRANS, SK_RATE_DROPS };
struct sk_watch_column {
	const struct sk_column *column;	/* NULL: a rate */
	enum sk_rate rate;
};

#define SK_WATCH_COLUMNS 32

/* When a socket was first seen, whether or not the filter let it through. */
struct sk_birth {
	uint64_t key, ns;	/* as in struct sk_row */
	uint64_t at_us;
};

struct sk_births {
	struct sk_birth *v;	/* of the last look, by key */
	size_t n, cap;
};

struct sk_monitor {
	struct sk_run run;	/* query, filter, owners: set by the caller */
	bool everywhere;	/* look into every namespace; the caller's too */
	struct sk_view *view;	/* how cells are written; the caller's */
	struct sk_watch_column columns[SK_WATCH_COLUMNS];
	size_t n_columns;	/* 0: the usual ones */
	struct sk_watch_column sort;
	bool sorted, descending;	/* by that column */
	bool refilter;		/* this look is one for another filter */
	const char *where;	/* the namespace being looked into: label … */
	uint64_t where_ns;	/* … and inode */
	struct sk_row *v;	/* by key */
	size_t n, cap;
	uint64_t looks;
	uint64_t at_us;		/* sk_now_us() of the last look */
	double secs;		/* since the one before; 0 at the first */
	/* Kept where a filter or a column asks for the age. */
	struct sk_births births, births_next;
	/* The next look as it comes in. */
	struct sk_row *next;
	size_t n_next, cap_next;
};

/*
 * --columns and --sort: names of columns.h, and in_per_s, out_per_s,
 * retrans_per_s and drops_per_s. NULL: not given. Usage errors.
 */
int sk_monitor_columns(struct sk_monitor *m, const char *list,
		       const char *sort, struct sk_err *err);
const char *sk_watch_column_name(const struct sk_watch_column *c);
/* Text of column i of a row, in buf if need be; NULL: it has none. */
#define SK_WATCH_CELL 32
const char *sk_watch_cell(char buf[SK_WATCH_CELL], const struct sk_monitor *m,
			  const struct sk_row *r, size_t i);

/* Look again. 0 or a negative errno; the rows of before stay then. */
int sk_monitor_look(struct sk_monitor *m, struct sk_err *err);
/*
 * Show what another filter lets through, between two looks: rows stay as they
 * are, rates included, and nothing counts as new or gone.
 */
int sk_monitor_refilter(struct sk_monitor *m, struct sk_filter *filter,
			struct sk_err *err);
void sk_monitor_fini(struct sk_monitor *m);
/* An sk_diag_fn for tests and monitor.c: one socket of the next look. */
int sk_monitor_take(struct sk_sock *s, void *monitor);
/* The key of a socket's row: its cookie, or its inode. */
uint64_t sk_monitor_key(const struct sk_sock *s);
/*
 * The age of a socket, from when it was first seen; what was there at the
 * first look is as old as that look at least. sk_births_settle() ends a look
 * (whole: it saw all there is).
 */
void sk_births_complete(struct sk_sock *s, void *monitor);
void sk_births_settle(struct sk_monitor *m, bool whole);
/* All sockets of the next look into m->next. */
int sk_monitor_gather(struct sk_monitor *m, struct sk_err *err);

/* Bytes or retransmissions a second, of what was added; 0 at the first look. */
double sk_row_rate(const struct sk_monitor *m, uint64_t added);

/* "127.0.0.1:80" or the path of a unix socket. Returns buf. */
const char *sk_row_local(char buf[SK_ADDR_TEXT_MAX], const struct sk_row *r);
const char *sk_row_peer(char buf[SK_ADDR_TEXT_MAX], const struct sk_row *r);

/* For tests: merge m->next into m->v as a look of `secs` later does. */
int sk_monitor_merge(struct sk_monitor *m);

/* --- orders ----------------------------------------------------------------- */

struct sk_row_order {
	const char *name;	/* "in": the heading of its column */
	char key;		/* that a person presses */
	int (*cmp)(const struct sk_row *a, const struct sk_row *b);
};

/* NULL after the last. */
const struct sk_row_order *sk_row_order(size_t i);

/*
 * Pointers to the rows in an order, to be freed; NULL without memory or rows.
 * order NULL: by the column of --sort, or by key if there is none.
 */
const struct sk_row **sk_monitor_sorted(const struct sk_monitor *m,
					const struct sk_row_order *order,
					bool reverse);

/* --- output ----------------------------------------------------------------- */

/* Rows by the column of --sort, as qsort(3) asks. */
int sk_monitor_by_column(const struct sk_monitor *m, const struct sk_row *a,
			 const struct sk_row *b);

/*
 * JSON lines of the last look: an object for each socket that is new, has
 * gone, or has moved or changed something; at the first look, of all.
 */
void sk_monitor_json(const struct sk_monitor *m, struct sk_out *out);

struct sk_screen_opts {
	uint64_t interval_us;
	const char *filter;	/* as it was written; NULL: none */
	int family;		/* of its hosts, as sk_filter_parse() takes it */
	int signal;		/* out: the signal that ended it, or 0 */
};

/*
 * Full screen until q or a signal; the terminal is left as it was. -ENOSYS
 * in a build without ncurses. m->run.filter is replaced as it is typed.
 */
int sk_monitor_screen(struct sk_monitor *m, struct sk_screen_opts *o,
		      struct sk_err *err);

#endif
