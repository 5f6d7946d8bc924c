/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The modes of stat that list something else than sockets. */
#ifndef SK_CMDS_STAT_MORE_H
#define SK_CMDS_STAT_MORE_H

#include "cli/cli.h"

struct sk_stat_more {
	bool summary, protocols, families, sysctl;
	bool has_counters;
	const char *counters;	/* a pattern; NULL or "": what is not zero */
	uint64_t rate;		/* microseconds; 0: one reading */
	bool doctor;
	uint64_t interval;	/* microseconds; 0: DOCTOR_INTERVAL_US */
	bool has_openmetrics;
	int openmetrics;	/* enum sk_metrics_form */
	uint64_t watch;		/* microseconds; 0: once */
	bool events;
	const char *exporter;	/* ADDR:PORT */
	const char *port_file;
	uint64_t request_timeout; /* microseconds; 0: 15 s */
};

extern const struct sk_opt sk_stat_more_options[];

/*
 * --exporter: serve metrics over HTTP until a signal ends it, which is the
 * error returned (sk_signalled).
 */
int sk_stat_exporter(const struct sk_stat_more *o, const char *proc,
		     struct sk_err *err);

#endif
