/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines for the person at stderr. Every line begins with who speaks:
 * "sockkit listen: ". Logging never steers control flow, and bytes that came
 * from a peer go through sk_escape() before they come here.
 */
#ifndef SK_BASE_LOG_H
#define SK_BASE_LOG_H

#include "base/err.h"

enum sk_log_level {
	SK_LOG_ERROR = -2,	/* always */
	SK_LOG_WARN = -1,	/* always */
	SK_LOG_NOTE = 0,	/* asked for otherwise than by -v (SIGUSR1) */
	SK_LOG_INFO = 1,	/* -v */
	SK_LOG_DEBUG = 2,	/* -vv */
};

/* "sockkit listen"; the string is not copied. */
void sk_log_set_name(const char *name);
const char *sk_log_name(void);
void sk_log_set_verbosity(int level);
int sk_log_verbosity(void);

/*
 * A status line (the progress meter) is drawn by this function on request;
 * the log takes it away before a line and draws it again after. NULL: none.
 */
void sk_log_set_status(void (*draw)(void *arg, int show), void *arg);
/*
 * For such a function: stderr's terminal shows this line in place of the last;
 * NULL takes it away. It is cut to one row: what goes on in the next could not
 * be taken away again.
 */
void sk_log_put_status(const char *line);

void sk_log(enum sk_log_level level, const char *fmt, ...) SK_PRINTF(2, 3);
#define sk_error(...) sk_log(SK_LOG_ERROR, __VA_ARGS__)
#define sk_warn(...) sk_log(SK_LOG_WARN, __VA_ARGS__)
#define sk_info(...) sk_log(SK_LOG_INFO, __VA_ARGS__)
#define sk_debug(...) sk_log(SK_LOG_DEBUG, __VA_ARGS__)

#endif
