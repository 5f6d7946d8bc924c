/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stops that tell of threads and processes: made, executing, ending. */
#include <sys/syscall.h>
#include <unistd.h>

#include "trace/tracer.h"

unsigned long sk_tracee_options(const struct sk_engine *e, bool attached)
{
	unsigned long flags = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC |
			      PTRACE_O_TRACEEXIT | PTRACE_O_TRACECLONE;

	if (!e->o->no_follow)
		flags |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
	if (!attached)
		flags |= PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP;
	return flags;
}

static bool shares_files(pid_t a, pid_t b)
{
#ifdef SYS_kcmp
	enum { KCMP_FILES = 2 };

	return !syscall(SYS_kcmp, a, b, KCMP_FILES, 0, 0);
#else
	return false;
#endif
}

struct sk_tracee *sk_on_new(struct sk_engine *e, pid_t tid, pid_t parent)
{
	struct sk_event ev = { .kind = SK_EV_NEW };
	struct sk_tracee *t = sk_tracee_find(e, tid), *from;
	long pid, ppid;

	if (t)
		return t;
	pid = sk_proc_status(tid, "Tgid:");
	if (pid < 0)
		return NULL;	/* gone already */
	ev.u.made.thread = pid != tid;
	ppid = parent ? parent : pid != tid ? pid :
					      sk_proc_status(tid, "PPid:");
	from = sk_tracee_find(e, (pid_t)ppid);
	t = sk_tracee_add(e, tid, (pid_t)pid);
	if (!t)
		return NULL;
	if (from) {
		t->attached = from->attached;
		t->filtered = from->filtered;
		t->full = from->full;
		t->told = from->told;
		ev.u.made.parent = from->pid;
		ev.u.made.shares_files = ev.u.made.thread ||
					 shares_files(from->tid, tid);
	} else {
		t->filtered = e->filter.len && !t->attached;
	}
	sk_engine_emit(e, t, &ev, NULL);
	return t;
}

void sk_on_fork(struct sk_engine *e, struct sk_tracee *t)
{
	unsigned long tid = 0;
	struct sk_tracee *child;

	/*
	 * A child may have come and gone before its parent says that it has
	 * made one; what is left of it is a zombie that nobody traces.
	 */
	if (!ptrace(PTRACE_GETEVENTMSG, t->tid, 0, &tid) &&
	    sk_proc_status((pid_t)tid, "TracerPid:") != 0) {
		child = sk_on_new(e, (pid_t)tid, t->tid);
		/* clone(2) without SIGCHLD made a process: not to follow. */
		if (child && e->o->no_follow && child->pid != t->pid)
			child->drop = true;
	}
	sk_resume(e, t, 0);
}

/*
 * All other threads are gone, the one that called execve is now the leader,
 * by the leader's number. A leader that had ended before never says so. The
 * filters are the same, as all threads of a process have them.
 */
void sk_on_exec(struct sk_engine *e, struct sk_tracee *t)
{
	struct sk_event ev = { .kind = SK_EV_EXEC };
	unsigned long old = 0;
	struct sk_tracee *caller;

	if (!ptrace(PTRACE_GETEVENTMSG, t->tid, 0, &old) &&
	    (pid_t)old != t->tid) {
		caller = sk_tracee_find(e, (pid_t)old);
		if (caller)
			sk_tracee_remove(e, caller);
	}
	ev.u.exec.old_tid = (pid_t)old;
	t->in_call = false;
	t->drop |= e->o->detach_on_exec && (t->tid != e->child || e->started);
	if (t->tid == e->child)
		e->started = e->res->ran = true;
	/* Still with the call that the leader was in, and never ends. */
	sk_engine_emit(e, t, &ev, NULL);
	t->sys = SK_SYS_NONE;
	sk_resume(e, t, 0);
}

/*
 * A filter of the program's own that refuses a call outranks ours: the call
 * is not seen.
 */
void sk_tell_of_filters(struct sk_engine *e, struct sk_tracee *t)
{
	struct sk_event ev = { .kind = SK_EV_NOTE };
	char text[120];
	long n = sk_proc_status(t->tid, "Seccomp_filters:");
	long ours = sk_proc_status(getpid(), "Seccomp_filters:");

	if (!t->attached && e->filter.len)
		ours += 1 + (t->full && t->filtered &&
			     e->filter.len != e->full_filter.len);
	if (t->told || n <= ours)
		return;
	t->told = true;
	snprintf(text, sizeof(text), "process %d has seccomp filters of its "
		 "own: calls that they refuse are not seen", t->pid);
	ev.u.note = text;
	sk_engine_emit(e, t, &ev, NULL);
}

void sk_on_ending(struct sk_engine *e, struct sk_tracee *t)
{
	struct sk_event ev = { .kind = SK_EV_ENDING };
	unsigned long status = 0;

	if (t->tid == t->pid && !e->silent &&
	    (t->pid != e->child || e->started))
		sk_tell_of_filters(e, t);

	ptrace(PTRACE_GETEVENTMSG, t->tid, 0, &status);
	ev.u.status = (int)status;
	sk_engine_emit(e, t, &ev, NULL);
	t->in_call = false;
	sk_resume(e, t, 0);
}

void sk_on_ended(struct sk_engine *e, pid_t tid, int status)
{
	struct sk_event ev = { .kind = SK_EV_ENDED, .u.status = status };
	struct sk_tracee *t = sk_tracee_find(e, tid);

	if (tid == e->child)
		e->res->status = status;
	if (!t)
		return;
	t->ip = 0;
	if (tid != e->child || e->started)
		sk_engine_emit(e, t, &ev, NULL);
	sk_tracee_remove(e, t);
}
