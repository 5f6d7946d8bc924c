/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What bench has about other machines: servers, and who measures with them. */
#ifndef SK_CMDS_BENCH_FAR_H
#define SK_CMDS_BENCH_FAR_H

#include "cli/cli.h"
#include "cmds/access.h"
#include "sock/addr.h"

struct bench_method;

/* Filled by sk_bench_far_options; to be all zero before. */
struct sk_bench_far {
	bool iperf3;
	uint64_t bandwidth, bytes;	/* of iperf3's tests */
	int64_t blocks;
	const char *secret;		/* a file */
	const char *port_file;
	bool until_eof;
	const char *hosts;		/* a file */
	bool print_commands;
	bool in_step;
	uint64_t max_time, max_rate;	/* what a server grants */
	int64_t max_connections, max_clients;
	struct sk_access_args access;
};

extern const struct sk_opt sk_bench_far_options[];
/* Of these, the ones that say how a client measures: part of a plan. */
extern const struct sk_opt sk_bench_way_options[];

/*
 * bench serve [[ADDR]:PORT]: until a signal ends it, which is the error
 * returned (sk_signalled).
 */
int sk_bench_serve(const struct sk_bench_far *o, int argc, char **argv,
		   struct sk_err *err);

/* Servers that a result is measured with; one struct a run. */
struct sk_bench_remote;
/*
 * Make *by measure with the server that `where` ([HOST][:PORT]) names, ours
 * or iperf3's; it is connected to by the first round. Usage errors.
 */
int sk_bench_remote_new(struct sk_bench_remote **remote,
			struct bench_method *by, const struct sk_bench_far *o,
			const char *where, struct sk_err *err);
void sk_bench_remote_free(struct sk_bench_remote *remote);
/* Options of the far side that need one: usage error. */
int sk_bench_far_alone(const struct sk_bench_far *o, struct sk_err *err);

/* HOST[:PORT], [V6]:PORT; `port` when none is written. Usage errors. */
int sk_bench_target(struct sk_target *t, const char *text, const char *port,
		    struct sk_err *err);

#endif
