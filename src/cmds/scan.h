/* SPDX-License-Identifier: GPL-3.0-or-later */
/* connect -z: scanning ports, and how the result is shown. */
#ifndef SK_CMDS_SCAN_H
#define SK_CMDS_SCAN_H

#include "cmds/shared.h"

struct sk_scan_opts {
	bool scan, udp, json;
	int64_t parallel;
};

/*
 * HOST PORTS after sk_shared_begin(). 0 when a port is open; -ENOENT, and the
 * result all the same, when none is.
 */
int sk_scan_cmd(struct sk_shared *o, const struct sk_scan_opts *s,
		const char *host, const char *ports, struct sk_err *err);

#endif
