/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ptrace engine: one loop that waits for stops of tracees, makes events
 * of them and lets the tracees run on.
 *
 * A call that is to be seen costs two stops, all others none. A seccomp filter
 * stops the tracee when the call begins (PTRACE_EVENT_SECCOMP); PTRACE_SYSCALL
 * then asks for the stop at its end. There are two filters: the first knows
 * only calls that name sockets, and is put on before the exec; the second one
 * adds read, write, close, poll… and is put on by the tracee itself, on our
 * behalf (inject.c), when it has got a socket. So a program without sockets
 * reads and writes at full speed.
 *
 * Attached programs get no filter: it would outlive us, and what it traces
 * fails with ENOSYS when no tracer is there. They stop at every call
 * (PTRACE_SYSCALL), and so does who cannot be made to take the second filter.
 *
 * For the same reason we cannot leave a program that has our filter. When a
 * signal asks us to (res->keep), sk_engine_keep() goes on letting its calls
 * pass, without a word, until it ends.
 *
 * States of a tracee: running, or stopped and in our hands from wait4() to
 * resume(). in_call: the next syscall stop is an exit. wake_ns: we hold it.
 */
#include "trace/engine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "trace/tracer.h"

/* Of the kernel's include/linux/errno.h; only tracers get to see it. */
#define ERESTART_RESTARTBLOCK_ 516

#define EVENT_OF(status) ((status) >> 16)

/* --- signals of our own ------------------------------------------------------ */

/*
 * wait4() cannot be woken safely by a flag alone: the signal may come just
 * before it. So the handler also starts a timer, which interrupts again and
 * again until the loop has seen the flag.
 */
static volatile sig_atomic_t asked_to_leave, asked_to_show;
static timer_t waker;
static bool have_waker;

static void wake_in(uint64_t ns)
{
	struct itimerspec when = {
		.it_interval = { 0, 10000000 },
		.it_value = { (time_t)(ns / 1000000000),
			      (long)(ns % 1000000000) },
	};

	if (!ns)
		when.it_interval.tv_nsec = 0;
	else if (ns > 20000000)	/* others may wait for less */
		when.it_value = (struct timespec){ 0, 20000000 };
	if (have_waker)
		timer_settime(waker, 0, &when, NULL);
}

static void on_signal(int signo)
{
	int saved = errno;

	if (signo == SIGUSR1)
		asked_to_show = 1;
	else if (signo != SIGALRM)
		asked_to_leave = signo;
	if (signo != SIGALRM)
		wake_in(10000000);
	errno = saved;
}

static void catch_signals(void)
{
	static const int signals[] = { SIGALRM, SIGUSR1, SIGINT, SIGTERM,
				       SIGHUP, SIGQUIT };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGALRM };
	struct sigaction act = { .sa_handler = on_signal }, old;

	have_waker = !timer_create(CLOCK_MONOTONIC, &ev, &waker);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (!sigaction(signals[i], NULL, &old) &&
		    (old.sa_handler != SIG_IGN || i < 2))
			sigaction(signals[i], &act, NULL);
}

static void ignore_signals(void)
{
	static const int signals[] = { SIGUSR1, SIGINT, SIGTERM, SIGHUP,
				       SIGQUIT };

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_IGN);
}

/* --- letting go on ------------------------------------------------------------ */

static void read_clocks(struct sk_engine *e)
{
	static uint64_t offset, renewed;
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	e->mono_ns = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	if (e->mono_ns - renewed > 1000000000 || !renewed) {
		clock_gettime(CLOCK_REALTIME, &ts);
		offset = (uint64_t)ts.tv_sec * 1000000000 +
			 (uint64_t)ts.tv_nsec - e->mono_ns;
		renewed = e->mono_ns;
	}
	e->wall_ns = e->mono_ns + offset;
}

static void detach(struct sk_engine *e, struct sk_tracee *t, int signo)
{
	struct sk_event ev = { .kind = SK_EV_DETACHED };

	ptrace(PTRACE_DETACH, t->tid, 0, (long)signo);
	sk_engine_emit(e, t, &ev, NULL);
	sk_tracee_remove(e, t);
}

/*
 * Run on until the next stop that matters. What we wait for here may have been
 * killed meanwhile: ESRCH is no error, its end is reported by wait4().
 */
static void resume(struct sk_engine *e, struct sk_tracee *t, int signo)
{
	bool all = !t->filtered || (t->in_call && t->wanted);

	if (t->drop || (e->leaving && sk_can_go(e, t))) {
		detach(e, t, signo);
		return;
	}
	ptrace(all ? PTRACE_SYSCALL : PTRACE_CONT, t->tid, 0, (long)signo);
}

/* Hold a tracee back for some time; the loop resumes it. */
static void hold(struct sk_engine *e, struct sk_tracee *t, uint64_t us)
{
	t->wake_ns = e->mono_ns + us * 1000;
	e->n_held++;
	wake_in(us * 1000);
}

static void release_held(struct sk_engine *e)
{
	uint64_t next = UINT64_MAX;

	read_clocks(e);
	for (int i = 0; i < SK_TRACEE_BUCKETS && e->n_held; i++) {
		struct sk_tracee *t, *after;

		for (t = LIST_FIRST(&e->tracees[i]); t; t = after) {
			after = LIST_NEXT(t, link);
			if (!t->wake_ns)
				continue;
			if (t->wake_ns > e->mono_ns && !e->leaving) {
				next = t->wake_ns < next ? t->wake_ns : next;
				continue;
			}
			t->wake_ns = 0;
			e->n_held--;
			t->resumed_ns = e->mono_ns;
			resume(e, t, t->wake_signal);
		}
	}
	if (next != UINT64_MAX)
		wake_in(next - e->mono_ns);
}

/* --- calls -------------------------------------------------------------------- */

static enum sk_abi abi_of(uint32_t arch, uint64_t *nr)
{
	if (arch == AUDIT_ARCH_I386)
		return SK_ABI_I386;
	if (arch == AUDIT_ARCH_AARCH64)
		return SK_ABI_AARCH64;
	if (!(*nr & 0x40000000))
		return SK_ABI_X86_64;
	*nr &= ~UINT64_C(0x40000000);
	return SK_ABI_X32;
}

/* socketcall(2): its arguments are words in memory, six at most. */
static void see_through_socketcall(struct sk_tracee *t)
{
	enum sk_sys real = sk_sys_socketcall(t->args[0]);
	uint32_t words[6] = { 0 };
	struct iovec here = { words, sizeof(words) };
	struct iovec there = { (void *)(uintptr_t)t->args[1], sizeof(words) };

	if (real == SK_SYS_NONE)
		return;
	/* Fewer may be mapped than six; three always are. */
	if (process_vm_readv(t->tid, &here, 1, &there, 1, 0) < 0) {
		here.iov_len = there.iov_len = 3 * sizeof(*words);
		if (process_vm_readv(t->tid, &here, 1, &there, 1, 0) < 0)
			return;
	}
	t->sys = real;
	t->socketcall = true;
	for (int i = 0; i < 6; i++)
		t->args[i] = words[i];
}

/*
 * A signal has cut a poll(2) with a timeout short; the kernel goes on with it
 * by restart_syscall(2). For us that is the same call again.
 */
static void see_through_restart(struct sk_tracee *t)
{
	t->sys = t->cut_sys;
	memcpy(t->args, t->cut_args, sizeof(t->args));
	t->cut_sys = SK_SYS_NONE;
}

static bool is_wanted(const struct sk_engine *e, const struct sk_tracee *t)
{
	const struct sk_engine_opts *o = e->o;

	if (e->silent || t->sys == SK_SYS_NONE ||
	    (t->pid == e->child && !e->started))
		return false;
	return sk_sys_set_has(&o->always, t->sys) ||
	       (sk_sys_set_has(&o->with_sockets, t->sys) &&
		(t->full || !o->has_sockets ||
		 o->has_sockets(t->pid, o->arg)));
}

static void take_call(struct sk_tracee *t,
		      const struct __ptrace_syscall_info *info)
{
	uint64_t nr = info->entry.nr;

	t->abi = abi_of(info->arch, &nr);
	t->sys = sk_sys_of(t->abi, nr);
	t->socketcall = false;
	for (int i = 0; i < 6; i++)
		t->args[i] = t->abi == SK_ABI_I386 ?
				     (uint32_t)info->entry.args[i] :
				     info->entry.args[i];
	if (t->sys == SK_SYS_socketcall)
		see_through_socketcall(t);
	if (t->sys == SK_SYS_restart_syscall)
		see_through_restart(t);
}

static void on_enter(struct sk_engine *e, struct sk_tracee *t,
		     const struct __ptrace_syscall_info *info)
{
	struct sk_event ev = { .kind = SK_EV_ENTER };

	take_call(t, info);
	t->wanted = is_wanted(e, t);
	/* With a filter, no stop comes at the end of what is not wanted. */
	t->in_call = t->wanted || !t->filtered;
	if (!t->wanted) {
		resume(e, t, 0);
		return;
	}
	memset(t->keep, 0, sizeof(t->keep));
	t->verdict = (struct sk_verdict){ 0 };
	sk_engine_emit(e, t, &ev, &t->verdict);
	if (t->verdict.skip_exit) {
		t->wanted = false;
		t->in_call = !t->filtered;
	}
	if (t->verdict.has_result)
		sk_regs_skip(t->tid);
	if (t->verdict.delay_enter_us) {
		hold(e, t, t->verdict.delay_enter_us);
		return;
	}
	t->resumed_ns = e->mono_ns;
	resume(e, t, 0);
}

static void take_result(struct sk_tracee *t, struct sk_event *ev,
			const struct __ptrace_syscall_info *info)
{
	ev->ret = info->exit.rval;
	if (t->verdict.has_result) {
		ev->ret = t->verdict.result;
		ev->injected = true;
		sk_regs_result(t->tid, ev->ret);
	}
	if (t->abi == SK_ABI_I386)
		ev->ret = (int32_t)ev->ret;
	if (ev->ret < 0 && ev->ret > -4096)
		ev->error = (int)-ev->ret;
	if (ev->error == ERESTART_RESTARTBLOCK_) {
		t->cut_sys = t->sys;
		memcpy(t->cut_args, t->args, sizeof(t->cut_args));
	}
}

/* A process that has got its first socket is watched more closely. */
static void watch_closely(struct sk_engine *e, struct sk_tracee *t)
{
	struct sk_tracee *other;
	bool full;

	if (!t->filtered || t->full || !e->o->has_sockets ||
	    !e->o->has_sockets(t->pid, e->o->arg))
		return;
	full = sk_inject_filter(e, t);
	for (int i = 0; i < SK_TRACEE_BUCKETS; i++)
		LIST_FOREACH(other, &e->tracees[i], link)
			if (other->pid == t->pid) {
				other->full = true;
				other->filtered = full;
			}
}

static void on_exit_stop(struct sk_engine *e, struct sk_tracee *t,
			 const struct __ptrace_syscall_info *info)
{
	struct sk_event ev = { .kind = SK_EV_EXIT };
	pid_t tid = t->tid;

	ev.took_ns = e->mono_ns - t->resumed_ns;
	ev.no_enter = !t->in_call;
	if (!t->in_call || !t->wanted) {
		t->in_call = false;
		t->sys = SK_SYS_NONE;
		resume(e, t, 0);
		return;
	}
	take_result(t, &ev, info);
	sk_engine_emit(e, t, &ev, NULL);
	t->in_call = false;
	t->sys = SK_SYS_NONE;
	if (!ev.error)
		watch_closely(e, t);
	if (t->verdict.signal)
		syscall(SYS_tgkill, t->pid, tid, t->verdict.signal);
	if (t->verdict.delay_exit_us)
		hold(e, t, t->verdict.delay_exit_us);
	else
		resume(e, t, 0);
}

static void on_syscall_stop(struct sk_engine *e, struct sk_tracee *t)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), &info) <= 0)
		return;		/* killed: wait4() says so next */
	switch (info.op) {
	case PTRACE_SYSCALL_INFO_SECCOMP:
		if (t->in_call)	/* a filter below PTRACE_SYSCALL */
			resume(e, t, 0);
		else
			on_enter(e, t, &info);
		break;
	case PTRACE_SYSCALL_INFO_ENTRY:
		on_enter(e, t, &info);
		break;
	case PTRACE_SYSCALL_INFO_EXIT:
		on_exit_stop(e, t, &info);
		break;
	default:
		resume(e, t, 0);
	}
}

/* --- threads and processes ----------------------------------------------------- */

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

/*
 * A thread or process that we have not seen: made by `parent` (0: find out).
 * Its own first stop may come before the event of who made it.
 */
static struct sk_tracee *on_new(struct sk_engine *e, pid_t tid, pid_t parent)
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
		ev.u.made.parent = from->pid;
		ev.u.made.shares_files = ev.u.made.thread ||
					 shares_files(from->tid, tid);
	} else {
		t->filtered = e->filter.len && !t->attached;
	}
	sk_engine_emit(e, t, &ev, NULL);
	return t;
}

static void on_fork(struct sk_engine *e, struct sk_tracee *t)
{
	unsigned long tid = 0;
	struct sk_tracee *child;

	if (!ptrace(PTRACE_GETEVENTMSG, t->tid, 0, &tid)) {
		child = on_new(e, (pid_t)tid, t->tid);
		/* clone(2) without SIGCHLD made a process: not to follow. */
		if (child && e->o->no_follow && child->pid != t->pid) {
			child->drop = true;
		}
	}
	resume(e, t, 0);
}

/*
 * All other threads are gone, the one that called execve is now the leader,
 * by the leader's number. A leader that had ended before never says so.
 */
static void on_exec(struct sk_engine *e, struct sk_tracee *t)
{
	struct sk_event ev = { .kind = SK_EV_EXEC };
	unsigned long old = 0;
	struct sk_tracee *caller;

	if (!ptrace(PTRACE_GETEVENTMSG, t->tid, 0, &old) &&
	    (pid_t)old != t->tid) {
		caller = sk_tracee_find(e, (pid_t)old);
		if (caller) {
			t->filtered = caller->filtered;
			t->full = caller->full;
			sk_tracee_remove(e, caller);
		}
	}
	ev.u.exec.old_tid = (pid_t)old;
	t->sys = SK_SYS_NONE;
	t->in_call = false;
	if (t->tid == e->child)
		e->started = e->res->ran = true;
	sk_engine_emit(e, t, &ev, NULL);
	resume(e, t, 0);
}

/*
 * A filter of the program's own that refuses a call outranks ours: the call
 * is not seen. That there is one can only be said when it is over.
 */
static void tell_of_filters(struct sk_engine *e, struct sk_tracee *t)
{
	struct sk_event ev = { .kind = SK_EV_NOTE };
	char text[120];
	long n = sk_proc_status(t->tid, "Seccomp_filters:");
	long ours = sk_proc_status(getpid(), "Seccomp_filters:");

	if (!t->attached && e->filter.len)
		ours += 1 + (t->full && t->filtered &&
			     e->filter.len != e->full_filter.len);
	if (n <= ours)
		return;
	snprintf(text, sizeof(text), "process %d has seccomp filters of its "
		 "own: calls that they refuse were not seen", t->pid);
	ev.u.note = text;
	sk_engine_emit(e, t, &ev, NULL);
}

static void on_ending(struct sk_engine *e, struct sk_tracee *t)
{
	struct sk_event ev = { .kind = SK_EV_ENDING };
	unsigned long status = 0;

	if (t->tid == t->pid && !e->silent &&
	    (t->pid != e->child || e->started))
		tell_of_filters(e, t);

	ptrace(PTRACE_GETEVENTMSG, t->tid, 0, &status);
	ev.u.status = (int)status;
	sk_engine_emit(e, t, &ev, NULL);
	t->in_call = false;
	resume(e, t, 0);
}

static void on_ended(struct sk_engine *e, pid_t tid, int status)
{
	struct sk_event ev = { .kind = SK_EV_ENDED, .u.status = status };
	struct sk_tracee *t = sk_tracee_find(e, tid);

	if (tid == e->child)
		e->res->status = status;
	if (!t)
		return;
	if (tid != e->child || e->started)
		sk_engine_emit(e, t, &ev, NULL);
	sk_tracee_remove(e, t);
}

/* --- signals --------------------------------------------------------------------- */

static bool is_stop_signal(int signo)
{
	return signo == SIGSTOP || signo == SIGTSTP || signo == SIGTTIN ||
	       signo == SIGTTOU;
}

static void on_signal_stop(struct sk_engine *e, struct sk_tracee *t, int signo)
{
	struct sk_event ev = { .kind = SK_EV_SIGNAL };

	if (e->o->signals && (e->started || t->attached) &&
	    !ptrace(PTRACE_GETSIGINFO, t->tid, 0, &ev.u.siginfo))
		sk_engine_emit(e, t, &ev, NULL);
	resume(e, t, signo);
}

/* The first stop of a tracee, an INTERRUPT of ours, or a group-stop. */
static void on_event_stop(struct sk_engine *e, struct sk_tracee *t, int signo)
{
	struct sk_event ev = { .kind = SK_EV_STOPPED, .u.signo = signo };

	if (!is_stop_signal(signo) || t->drop ||
	    (e->leaving && sk_can_go(e, t))) {
		resume(e, t, 0);
		return;
	}
	sk_engine_emit(e, t, &ev, NULL);
	ptrace(PTRACE_LISTEN, t->tid, 0, 0);
}

/* --- the loop ----------------------------------------------------------------------- */

static void on_stop(struct sk_engine *e, struct sk_tracee *t, int status)
{
	int signo = WSTOPSIG(status);

	switch (EVENT_OF(status)) {
	case 0:
		if (signo == (SIGTRAP | 0x80))
			on_syscall_stop(e, t);
		else
			on_signal_stop(e, t, signo);
		return;
	case PTRACE_EVENT_SECCOMP:
		on_syscall_stop(e, t);
		return;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		on_fork(e, t);
		return;
	case PTRACE_EVENT_EXEC:
		on_exec(e, t);
		return;
	case PTRACE_EVENT_EXIT:
		on_ending(e, t);
		return;
	case PTRACE_EVENT_STOP:
		on_event_stop(e, t, signo);
		return;
	default:
		resume(e, t, 0);
	}
}

static void handle(struct sk_engine *e, const struct sk_stop *s)
{
	struct sk_tracee *t;

	read_clocks(e);
	if (WIFEXITED(s->status) || WIFSIGNALED(s->status)) {
		on_ended(e, s->tid, s->status);
		return;
	}
	if (!WIFSTOPPED(s->status))
		return;
	t = sk_tracee_find(e, s->tid);
	if (!t)
		t = on_new(e, s->tid, 0);
	if (t)
		on_stop(e, t, s->status);
	else
		ptrace(PTRACE_CONT, s->tid, 0, 0);
}

static void leave(struct sk_engine *e)
{
	int signo = asked_to_leave;

	asked_to_leave = 0;
	if (e->leaving)
		return;
	e->leaving = true;
	e->res->signal = signo;
	/*
	 * ^C goes to the program, too: let its end be seen, if it takes that
	 * as its end.
	 */
	e->leave_ns = e->mono_ns + (signo == SIGINT ? 200000000 : 0);
	sk_detach_begin(e);
}

static void show(struct sk_engine *e)
{
	struct sk_event ev = { .kind = SK_EV_SHOW };
	struct sk_tracee nobody = { .sys = SK_SYS_NONE };

	asked_to_show = 0;
	sk_engine_emit(e, &nobody, &ev, NULL);
}

static void flush(struct sk_engine *e)
{
	e->flush_ns = 0;
	if (e->o->flush && !e->silent)
		e->o->flush(e->o->arg);
}

/* Output need not be there at once, but soon. */
static void flush_soon(struct sk_engine *e)
{
	if (e->flush_ns && e->mono_ns >= e->flush_ns) {
		flush(e);
	} else if (!e->flush_ns && !e->silent && e->o->pending &&
		   e->o->pending(e->o->arg)) {
		e->flush_ns = e->mono_ns + 20000000;
		wake_in(20000000);
	}
}

static void on_interrupted(struct sk_engine *e)
{
	read_clocks(e);
	if (asked_to_leave)
		leave(e);
	if (asked_to_show)
		show(e);
	flush(e);
	if (e->n_held)
		release_held(e);
	else if (!e->leaving)
		wake_in(0);
}

/* Have we done what we came for? Filtered tracees stay: see sk_engine_keep. */
static bool is_over(const struct sk_engine *e)
{
	if (!e->n_tracees)
		return true;
	if (!e->leaving || e->silent || e->mono_ns < e->leave_ns)
		return false;
	for (int i = 0; i < SK_TRACEE_BUCKETS; i++) {
		const struct sk_tracee *t;

		LIST_FOREACH(t, &e->tracees[i], link)
			if (sk_can_go(e, t))
				return false;
	}
	return true;
}

/*
 * Wait for one stop, then take all others that are there: who stops often
 * must not starve the rest. A lone tracee needs no second look.
 */
static bool next_stop(struct sk_engine *e, struct sk_stop *s)
{
	int status;
	pid_t tid;

	if (e->next_stop == e->n_stops) {
		flush_soon(e);
		tid = wait4(-1, &status, __WALL, NULL);
		if (tid < 0 && errno == EINTR) {
			on_interrupted(e);
			return false;
		}
		if (tid < 0) {	/* ECHILD: nobody is left */
			e->n_tracees = 0;
			return false;
		}
		sk_stop_push(e, tid, status);
		while (e->n_tracees > 1 && e->n_stops < 256 &&
		       (tid = wait4(-1, &status, __WALL | WNOHANG, NULL)) > 0)
			sk_stop_push(e, tid, status);
	}
	*s = e->stops[e->next_stop++];
	return true;
}

static void run_loop(struct sk_engine *e)
{
	struct sk_stop s;

	while (!is_over(e)) {
		if (asked_to_leave || asked_to_show)
			on_interrupted(e);
		else if (next_stop(e, &s))
			handle(e, &s);
	}
}

static int begin(struct sk_engine *e, struct sk_err *err)
{
	int r = 0;

	catch_signals();
	read_clocks(e);
	for (size_t i = 0; i < e->o->n_pids && r >= 0; i++)
		r = sk_attach(e, e->o->pids[i], err);
	if (r >= 0 && (e->o->argv || e->o->self))
		r = sk_launch(e, err);
	return r;
}

int sk_engine_run(struct sk_engine *e, const struct sk_engine_opts *o,
		  struct sk_engine_result *res, struct sk_err *err)
{
	int r;

	e->o = o;
	e->res = res;
	e->go_fd = e->err_fd = -1;
	r = begin(e, err);
	if (r < 0) {
		asked_to_leave = SIGTERM;
		leave(e);
	}
	run_loop(e);
	if (r >= 0 && e->child && !e->started && !res->signal)
		r = sk_launch_failure(e, err);
	res->keep = e->n_tracees > 0;
	sk_close(&e->err_fd);
	return r;
}

void sk_engine_keep(struct sk_engine *e)
{
	ignore_signals();
	e->silent = true;
	run_loop(e);
}

struct sk_engine *sk_engine_new(void)
{
	return calloc(1, sizeof(struct sk_engine));
}

void sk_engine_free(struct sk_engine *e)
{
	if (!e)
		return;
	for (int i = 0; i < SK_TRACEE_BUCKETS; i++)
		while (!LIST_EMPTY(&e->tracees[i]))
			sk_tracee_remove(e, LIST_FIRST(&e->tracees[i]));
	free(e->filter.filter);
	free(e->full_filter.filter);
	free(e->stops);
	free(e);
}
