/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of stat --watch on a terminal: keys (screen) and text (draw). */
#ifndef SK_DIAG_MONITOR_IN_H
#define SK_DIAG_MONITOR_IN_H

#include "diag/curses.h"
#include "diag/monitor.h"
#include "loop/loop.h"

#define SK_EDIT_MAX 400

struct sk_screen {
	struct sk_monitor *m;
	struct sk_screen_opts *o;
	struct sk_err *err;
	struct sk_loop loop;
	struct sk_timer timer;
	struct sk_watch keys;
	SCREEN *term;
	size_t order;		/* SK_ORDER_COLUMN: that of --sort */
	size_t top;		/* rows scrolled away */
	bool reverse, paused, editing;
	char edit[SK_EDIT_MAX];	/* as it is being typed */
	size_t len;
	char filter[SK_EDIT_MAX]; /* the one in force */
	char before[SK_EDIT_MAX]; /* … when typing began */
	struct sk_filter *given; /* that of the command line */
	struct sk_filter *own;	/* the one in force, when typed here */
	char message[300];
	int result;
};

#define SK_ORDER_COLUMN SIZE_MAX

/* All of it, from the last look. */
void sk_screen_draw(struct sk_screen *s);

#endif
