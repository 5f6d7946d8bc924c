/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log of calls, as text.c and text_line.c share it. */
#ifndef SK_TRACE_TEXT_IN_H
#define SK_TRACE_TEXT_IN_H

#include "trace/decode.h"
#include "trace/text.h"
#include "trace/threads.h"

struct sk_text {
	struct sk_report report;
	const struct sk_text_opts *o;
	struct sk_model_fds model_fds;
	struct sk_decode_fds fds;
	struct sk_threads threads;
	unsigned tasks;		/* alive */
	pid_t open;		/* whose line has no end yet; 0: none */
	size_t column;		/* where it stands */
	uint64_t last_ns;	/* of the line before, for -r */
	struct sk_out line;	/* being made */
	struct sk_show_style style; /* of the call at hand */
};

/* "[pid   812] 04:20:08 ": who speaks, into the line that is being made. */
void sk_text_head(struct sk_text *t, const struct sk_event *ev);
/* ".123456": that much of a time in ns, digits 0, 3, 6 or 9. */
void sk_text_fraction(struct sk_out *o, uint64_t ns, unsigned digits);
/* The line that is made goes out. */
void sk_text_flush(struct sk_text *t);
/* Another has the word: whose line is open loses it. */
void sk_text_cut(struct sk_text *t);
/* A line of its own: "+++ exited with 0 +++" */
void sk_text_line(struct sk_text *t, const struct sk_event *ev, const char *text);

#endif
