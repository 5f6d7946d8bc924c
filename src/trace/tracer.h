/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of the ptrace engine: what its files share. Nobody else includes this.
 */
#ifndef SK_TRACE_TRACER_H
#define SK_TRACE_TRACER_H

#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/queue.h>

#include "trace/engine.h"
#include "trace/filter.h"
#include "trace/near.h"

#define SK_TRACEE_BUCKETS 1024

struct sk_tracee {
	LIST_ENTRY(sk_tracee) link;
	pid_t tid, pid;
	bool attached;		/* by -p: no EXITKILL, no filter of ours */
	bool drop;		/* not to be followed: detach at its next stop */
	bool filtered;		/* the first filter stops it: CONT will do */
	bool full;		/* … and the second one, too */
	bool in_call;		/* between enter and exit stop */
	bool wanted;		/* the call in progress is reported */
	bool told;		/* … has been told of its seccomp filters */

	enum sk_abi abi;
	enum sk_sys sys;
	bool socketcall;
	uint64_t args[6];
	int64_t nr;		/* as the kernel has it; -1: none so far */
	uint64_t ip;
	uint64_t keep[SK_EVENT_KEEP];
	enum sk_sys cut_sys;	/* interrupted, to be restarted; or NONE */
	uint64_t cut_args[6];
	uint64_t resumed_ns;	/* when the call was let into the kernel */
	struct sk_verdict verdict;

	uint64_t wake_ns;	/* held back by a delay; 0: not */
	int wake_signal;
};

struct sk_stop {
	pid_t tid;
	int status;
};

/* Where the tracer runs (place.c). */
struct sk_place {
	struct sk_near near;
	cpu_set_t cpus;		/* that we may run on */
	cpu_set_t there;	/* that we have bound ourselves to */
	int own_fd, its_fd;	/* schedstat; own_fd is -1: stay out of it */
	int load_fd;		/* /proc/loadavg */
	bool polite;		/* of the idle class */
	bool bound;		/* to there */
};

struct sk_engine {
	const struct sk_engine_opts *o;
	struct sk_engine_result *res;
	LIST_HEAD(, sk_tracee) tracees[SK_TRACEE_BUCKETS];
	size_t n_tracees;
	pid_t child;		/* the program; 0: none */
	int go_fd, err_fd;	/* pipes to the child before its exec; -1 */
	bool started;		/* its exec went well */
	bool silent;		/* we have left: serve the filters, say nothing */
	bool leaving;		/* attached ones are detached at their stop */
	struct sock_fprog filter, full_filter;
	uint64_t mono_ns, wall_ns, leave_ns;
	size_t n_held;		/* tracees with a wake_ns */
	uint64_t flush_ns;	/* when to flush at the latest; 0: nothing */

	struct sk_place place;
	bool slept;		/* the tracer, before this stop */

	struct sk_stop *stops;	/* waited for and not handled yet */
	size_t n_stops, cap_stops, next_stop;
};

/* --- ptrace.c, tracees.c -------------------------------------------------- */

struct sk_tracee *sk_tracee_find(struct sk_engine *e, pid_t tid);
struct sk_tracee *sk_tracee_add(struct sk_engine *e, pid_t tid, pid_t pid);
void sk_tracee_remove(struct sk_engine *e, struct sk_tracee *t);
/* Its memory, up to where no more is mapped; or a negative errno. */
ssize_t sk_tracee_read(pid_t tid, uint64_t addr, void *buf, size_t len);
/* PTRACE_O_… for the program's own tree, or for attached ones. */
unsigned long sk_tracee_options(const struct sk_engine *e, bool attached);
/* Does it run on without us? Not so with a filter of ours. */
static inline bool sk_can_go(const struct sk_engine *e,
			     const struct sk_tracee *t)
{
	return t->attached || !e->filter.len;
}
/* Keep a stop that somebody else has waited for. */
void sk_stop_push(struct sk_engine *e, pid_t tid, int status);
/* Give an event of t to the handler; ev->kind and its data are set. */
void sk_engine_emit(struct sk_engine *e, struct sk_tracee *t,
		    struct sk_event *ev, struct sk_verdict *v);

/* Run on until the next stop that matters, with a signal (0: none). */
void sk_resume(struct sk_engine *e, struct sk_tracee *t, int signo);
/* Hold a tracee back for some time; the loop resumes it. */
void sk_hold(struct sk_engine *e, struct sk_tracee *t, uint64_t us);

/* --- stop_call.c ---------------------------------------------------------- */

/* A call begins or is over (PTRACE_EVENT_SECCOMP, or a syscall stop). */
void sk_on_syscall_stop(struct sk_engine *e, struct sk_tracee *t);

/* --- stop_task.c ---------------------------------------------------------- */

/*
 * A thread or process that we have not seen: made by `parent` (0: find out).
 * Its own first stop may come before the event of who made it. NULL: gone.
 */
struct sk_tracee *sk_on_new(struct sk_engine *e, pid_t tid, pid_t parent);
void sk_on_fork(struct sk_engine *e, struct sk_tracee *t);
void sk_on_exec(struct sk_engine *e, struct sk_tracee *t);
void sk_on_ending(struct sk_engine *e, struct sk_tracee *t);
void sk_on_ended(struct sk_engine *e, pid_t tid, int status);
/*
 * Say that a process has seccomp filters of its own, if it has more than we
 * know of; once, whatever children it has.
 */
void sk_tell_of_filters(struct sk_engine *e, struct sk_tracee *t);

/* --- wake.c --------------------------------------------------------------- */

/* What signals have asked for: the signal, and whether SIGUSR1 came. */
extern volatile sig_atomic_t sk_asked_to_leave, sk_asked_to_show;
void sk_wake_catch(void);
void sk_wake_ignore(void);
/* Interrupt wait4() in ns, and every 10 ms from then on; 0: no more. */
void sk_wake_in(uint64_t ns);

/* --- place.c -------------------------------------------------------------- */

/* Once the program is started: what we are now, it would inherit. */
void sk_place_begin(struct sk_place *p);
/* A thread has stopped, after the tracer had slept or not. */
void sk_place_stop(struct sk_place *p, pid_t tid, uint64_t now_ns, bool slept);
/* Be as at the beginning, and stay so. */
void sk_place_end(struct sk_place *p);

/* --- launch.c ------------------------------------------------------------- */

/* Fork the program, stopped before its exec, and seize it. 0 or errno. */
int sk_launch(struct sk_engine *e, struct sk_err *err);
/* It ended before its exec: why. Returns a negative errno. */
int sk_launch_failure(struct sk_engine *e, struct sk_err *err);

/* --- attach.c ------------------------------------------------------------- */

/* A ptrace call failed: the sentence that says why. Returns -error. */
int sk_trace_refused(pid_t pid, int error, struct sk_err *err);
int sk_attach(struct sk_engine *e, pid_t pid, struct sk_err *err);
/* Ask all attached ones to stop, so that they can be let go. */
void sk_detach_begin(struct sk_engine *e);
/* A number of /proc/TID/status ("Tgid", "TracerPid"); -1: not there. */
long sk_proc_status(pid_t tid, const char *key);
/* Is the field a socket in /proc/PID/fd? Any of them. */
bool sk_proc_has_sockets(pid_t pid);

/* --- inject.c ------------------------------------------------------------- */

/*
 * Make a tracee at an exit stop install the second filter for its whole
 * process. False when it cannot: then it has to be stopped at every call.
 */
bool sk_inject_filter(struct sk_engine *e, struct sk_tracee *t);

/* --- regs.c --------------------------------------------------------------- */

/* At an enter stop: let the kernel skip the call. 0 or a negative errno. */
int sk_regs_skip(pid_t tid);
/* At an exit stop: the result that the program gets to see. */
int sk_regs_result(pid_t tid, int64_t result);
/*
 * At an exit stop: run one more system call, with all signals held back.
 * Returns its result, or -ESRCH when the tracee is gone (the stop is pushed).
 */
int64_t sk_regs_call(struct sk_engine *e, struct sk_tracee *t, long nr,
		     const uint64_t args[6]);

#endif
