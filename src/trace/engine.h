/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Engines watch programs and make events of what they do. There is one so
 * far, ptrace with seccomp (ptrace.c tells how); what follows holds for any.
 */
#ifndef SK_TRACE_ENGINE_H
#define SK_TRACE_ENGINE_H

#include "base/err.h"
#include "trace/event.h"

/* What is to be done to a call: returned by the handler at SK_EV_ENTER. */
struct sk_verdict {
	bool skip_exit;		/* no SK_EV_EXIT needed: run on, cheaply */
	/* Injection (-e inject=). */
	bool has_result;	/* do not run the call, return `result` */
	int64_t result;		/* -errno or a value */
	int signal;		/* deliver this at the exit; 0: none */
	uint64_t delay_enter_us, delay_exit_us;
};

/*
 * Gets every event in turn. For SK_EV_ENTER it may fill *v, which is all zero
 * before. May change ev->proc and ev->quiet, nothing else.
 */
typedef void sk_event_fn(struct sk_event *ev, struct sk_verdict *v, void *arg);

struct sk_engine_opts {
	char *const *argv;	/* the program, or NULL */
	const char *const *env;	/* "VAR=VAL" sets, "VAR" unsets; n_env */
	size_t n_env;
	const char *user;	/* run as; NULL: as we are */
	const pid_t *pids;	/* to attach to */
	size_t n_pids;
	bool no_follow;		/* leave children alone (threads are followed) */
	pid_t self;		/* -D: this one will exec, once it is seized;
				 * argv is NULL then. 0: none */
	int self_go, self_err;	/* -D: the pipes to it */
	bool no_seccomp;	/* stop at every call (for tests) */
	bool detach_on_exec;	/* let go who execs; wants no_seccomp */
	int daemon;		/* -D: 2: in a process group of our own, 3: in
				 * a session */
	bool hold_on;		/* signals do not make us leave */
	bool hold_on_stops;	/* … and ^Z does not stop us */
	bool signals;		/* SK_EV_SIGNAL is wanted */

	/*
	 * Calls that are to be reported, always; and those that matter only
	 * once a process holds a socket (read, close, poll…): a program that
	 * has none is not slowed down by them.
	 */
	struct sk_sys_set always, with_sockets;
	bool (*has_sockets)(pid_t pid, void *arg);

	sk_event_fn *handler;
	/*
	 * Called 20 ms after pending() first said yes at the latest, and not
	 * in the middle of an event: to flush. Both may be NULL.
	 */
	bool (*pending)(void *arg);
	void (*flush)(void *arg);
	void *arg;
};

struct sk_engine_result {
	bool ran;		/* the program was started */
	int status;		/* of the program, as from wait(2) */
	int signal;		/* that made us leave; 0: none */
	bool keep;		/* sk_engine_keep() is due */
};

struct sk_engine *sk_engine_new(void);
void sk_engine_free(struct sk_engine *e);

/*
 * Run until all tracees are gone, or SIGINT, SIGTERM, SIGHUP or SIGQUIT asks
 * us to leave: then they are let go and run on. Errors: the program is missing
 * or cannot be run (err->status is 127 or 126), or it cannot be traced (with
 * the reason in err). SIGUSR1 gives SK_EV_SHOW.
 */
int sk_engine_run(struct sk_engine *e, const struct sk_engine_opts *o,
		  struct sk_engine_result *res, struct sk_err *err);

/* What hold_on is for whoever waits for the tracer. */
void sk_engine_hold_on(const struct sk_engine_opts *o);

/*
 * Programs that we have started carry our filters to their end, and need
 * somebody to let them pass. Returns when they are gone; makes no events.
 */
void sk_engine_keep(struct sk_engine *e);

#endif
