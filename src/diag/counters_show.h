/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SK_DIAG_COUNTERS_SHOW_H
#define SK_DIAG_COUNTERS_SHOW_H

#include "base/out.h"
#include "diag/counters.h"

/*
 * Print the counters that match glob, with what was added since `before` and
 * the rate per second when that is not NULL. glob NULL: in the table those
 * that are not zero (or have moved), in JSON all. -ENOENT when none matches.
 */
int sk_counters_show(const struct sk_counters *now,
		     const struct sk_counters *before, const char *glob,
		     bool json, struct sk_out *out, struct sk_err *err);

#endif
