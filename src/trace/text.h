/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log of calls, in strace's syntax: its lines, and what they may show. */
#ifndef SK_TRACE_TEXT_H
#define SK_TRACE_TEXT_H

#include "trace/report.h"
#include "trace/show.h"

enum sk_text_time {
	SK_TIME_NONE,
	SK_TIME_CLOCK,		/* -t: 04:20:08 */
	SK_TIME_EPOCH,		/* -ttt: 1795148408.703190 */
};

/* How a call ended, as bits, for -e status=. */
enum sk_text_status {
	SK_STATUS_OK = 1,
	SK_STATUS_FAILED = 2,
	SK_STATUS_UNFINISHED = 4,
	SK_STATUS_DETACHED = 8,
	SK_STATUS_ALL = 15,
};

/* What is not said, as bits: -q, -qq, -e quiet=. */
enum sk_text_quiet {
	SK_QUIET_ATTACH = 1,	/* "Process 7 attached", "detached" */
	SK_QUIET_EXIT = 2,	/* +++ exited with 0 +++ */
	SK_QUIET_PERSONALITY = 4,
	SK_QUIET_EXECVE = 8,	/* +++ superseded by execve +++ */
};

#define SK_DUMP_FDS 1024

/* Descriptors whose data is dumped: -e read=, -e write=. */
struct sk_fd_set {
	bool all;
	uint64_t bits[SK_DUMP_FDS / 64];
};

static inline bool sk_fd_set_has(const struct sk_fd_set *s, int fd)
{
	return s->all || (fd >= 0 && fd < SK_DUMP_FDS &&
			  s->bits[fd / 64] >> (fd % 64) & 1);
}

struct sk_text_opts {
	struct sk_show_style style;
	enum sk_text_time time;
	unsigned time_digits;	/* behind the point: 0, 3, 6 or 9 */
	bool relative;		/* -r: since the line before */
	unsigned relative_digits;
	bool numbers;		/* -n: [  41] */
	bool places;		/* -i: [00007f3af2f28dc7] */
	bool always_pid;	/* "[pid   812] " of a single process, too */
	bool explain;		/* --explain */
	bool open_too;		/* JSON: sockets that have not ended, too */
	bool took;		/* -T: <0.000124> */
	unsigned took_digits;
	bool pids;		/* "812   " before every line (to a file) */
	int labels;		/* -y, -yy */
	bool only_sockets;	/* … of sockets, and of nothing else */
	bool about_some;	/* only calls that name one of about */
	struct sk_fd_set about;
	struct sk_stacks *stacks; /* -k; NULL: none */
	unsigned column;	/* -a: where the result stands */
	unsigned status;	/* of calls to show */
	unsigned quiet;
	uint64_t signals;	/* bit n - 1: signal n is shown */
	struct sk_sys_set calls; /* to show; others are traced for others */
	struct sk_sys_set raw;	/* arguments in hexadecimal */
	struct sk_sys_set abbrev; /* arrays and structs are cut short */
	struct sk_sys_set verbose; /* what pointers point to is shown */
	struct sk_fd_set dump_in, dump_out;
};

/*
 * Is a call of those to show (-e trace=, trace-fds=)? To be asked when it
 * begins; afterwards select(2) does not name its descriptors any more.
 */
bool sk_text_wants(const struct sk_text_opts *o, const struct sk_event *ev);

/* All calls and signals, strace's defaults. */
extern const struct sk_text_opts sk_text_defaults;

/* opts is used, not copied. NULL: no memory. */
struct sk_report *sk_report_text(struct sk_model *m, struct sk_out *out,
				 const struct sk_text_opts *opts);

/* The fds of a decoder that asks the model; labels: detail, 0: none. */
struct sk_model_fds {
	struct sk_model *model;
	int labels;
	bool only_sockets;
};
struct sk_decode_fds;
void sk_model_fds(struct sk_decode_fds *fds, struct sk_model_fds *m);

#endif
