/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counters and sockets as Prometheus reads them: OpenMetrics 1.0, or the text
 * format 0.0.4, which the textfile collector takes. They differ in where a
 * counter's suffix _total stands, and in the last line.
 */
#ifndef SK_DIAG_OPENMETRICS_H
#define SK_DIAG_OPENMETRICS_H

#include "base/out.h"

enum sk_metrics_form {
	SK_METRICS_OPEN,
	SK_METRICS_TEXT,
};

/* The Content-Type of a form. */
const char *sk_metrics_type(enum sk_metrics_form form);

/*
 * Read everything and write it. 0, or a negative errno when neither counters
 * nor sockets could be read.
 */
int sk_metrics_write(struct sk_out *out, enum sk_metrics_form form,
		     const char *proc, struct sk_err *err);

#endif
