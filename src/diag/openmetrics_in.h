/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of openmetrics*.c: the pieces of a document. */
#ifndef SK_DIAG_OPENMETRICS_IN_H
#define SK_DIAG_OPENMETRICS_IN_H

#include <stdbool.h>

#include "diag/counters.h"
#include "diag/openmetrics.h"

/* # HELP and # TYPE; name without _total. help NULL: none. */
void sk_metric_family(struct sk_out *out, enum sk_metrics_form form,
		      const char *name, bool total, const char *help);
/* {label="value" or ,label="value": the caller closes the brace. */
void sk_metric_label(struct sk_out *out, bool first, const char *label,
		     const char *value);

/*
 * Sockets by kind and state, their queues, and the accept queue of every
 * listener. 0 or a negative errno of the source.
 */
int sk_metrics_sockets(struct sk_out *out, enum sk_metrics_form form,
		       struct sk_err *err);

/* All counters, in their families. */
void sk_metrics_counters(struct sk_out *out, enum sk_metrics_form form,
			 const struct sk_counters *c);

#endif
