/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options and steps that the commands which open sockets have in common. */
#ifndef SK_CMDS_SHARED_H
#define SK_CMDS_SHARED_H

#include "cli/cli.h"
#include "loop/loop.h"
#include "net/child.h"
#include "net/host.h"
#include "net/options.h"
#include "relay/relay.h"
#include "sock/addr.h"

/* Filled by sk_net_options and sk_relay_options; `net` by sk_shared_begin. */
struct sk_shared {
	bool ipv4, ipv6, numeric;
	const char *source, *source_port;
	uint64_t wait;
	struct sk_strings sockopt_args;
	int verbose;
	struct sk_relay_opts relay;
	const char *exec, *sh_exec;
	bool pty, sctp, mptcp;
	bool telnet, raw, hex, no_history;
	const char *stack;

	char **exec_argv;	/* NULL: no program */
	struct sk_net_opts net;
	struct sk_sockopt_value *sockopts;
	struct sk_loop loop;
	struct sk_relay shared_relay;
	struct sk_host *host;	/* of --stack; NULL: the kernel */
	struct sk_timer last_moment; /* of sessions whose host has died */
	bool host_died;		/* and the run was ended for it */
	int signal;		/* that asked us to stop; 0: none */
};

/* Tables to be included at the offset of a struct sk_shared. */
extern const struct sk_opt sk_verbose_options[];
extern const struct sk_opt sk_address_options[];
extern const struct sk_opt sk_sockopt_options[];
extern const struct sk_opt sk_ending_options[];
extern const struct sk_opt sk_one_way_options[];
extern const struct sk_opt sk_file_options[];
extern const struct sk_opt sk_show_options[];
/* All of these and what streams have besides. */
extern const struct sk_opt sk_net_options[];
extern const struct sk_opt sk_relay_options[];
extern const struct sk_opt sk_program_options[];

/*
 * [HOST] PORT, or one ADDRESS, into a target. Usage errors. With
 * `port_alone`, a single word without ':' is a port, not a host.
 */
int sk_shared_target(struct sk_target *t, int argc, char **argv,
		     bool port_alone, struct sk_err *err);

/*
 * stdin and stdout as the local end: progress begun, and on a terminal with
 * line editing (history under `target`'s name) and escaping.
 */
int sk_shared_stdio(struct sk_shared *o, struct endpoint **local,
		    bool quiet_null, const char *target, struct sk_err *err);

/* The program of -e or -c; false when there is none. */
bool sk_shared_program(const struct sk_shared *o, struct sk_child_opts *child);

/*
 * Open the host of --stack and wait until it can be used; with `peer` until
 * somebody is there to talk to. Nothing without --stack.
 */
int sk_shared_stack(struct sk_shared *o, bool peer, struct sk_err *err);

/* Options into o->net, then loop, signals and relay. 0 or negative errno. */
int sk_shared_begin(struct sk_shared *o, struct sk_err *err);

/*
 * Put everything away after a run that gave r; the statistics for -v are
 * printed here. Returns r, or -EINTR when a signal ended the run.
 */
int sk_shared_end(struct sk_shared *o, int r, struct sk_err *err);

#endif
