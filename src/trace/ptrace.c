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
 * sk_resume(). in_call: the next syscall stop is an exit. wake_ns: we hold it.
 */
#include "trace/engine.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "trace/tracer.h"

#define EVENT_OF(status) ((status) >> 16)

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
void sk_resume(struct sk_engine *e, struct sk_tracee *t, int signo)
{
	bool all = !t->filtered || (t->in_call && t->wanted);

	if (t->drop || (e->leaving && sk_can_go(e, t))) {
		detach(e, t, signo);
		return;
	}
	ptrace(all ? PTRACE_SYSCALL : PTRACE_CONT, t->tid, 0, (long)signo);
}

void sk_hold(struct sk_engine *e, struct sk_tracee *t, uint64_t us)
{
	t->wake_ns = e->mono_ns + us * 1000;
	e->n_held++;
	sk_wake_in(us * 1000);
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
			sk_resume(e, t, t->wake_signal);
		}
	}
	if (next != UINT64_MAX)
		sk_wake_in(next - e->mono_ns);
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
	struct __ptrace_syscall_info info;

	if (e->o->signals && (e->started || t->attached) &&
	    !ptrace(PTRACE_GETSIGINFO, t->tid, 0, &ev.u.siginfo)) {
		if (ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info),
			   &info) > 0)
			t->ip = info.instruction_pointer;
		sk_engine_emit(e, t, &ev, NULL);
	}
	sk_resume(e, t, signo);
}

/* The first stop of a tracee, an INTERRUPT of ours, or a group-stop. */
static void on_event_stop(struct sk_engine *e, struct sk_tracee *t, int signo)
{
	struct sk_event ev = { .kind = SK_EV_STOPPED, .u.signo = signo };

	if (!is_stop_signal(signo) || t->drop ||
	    (e->leaving && sk_can_go(e, t))) {
		sk_resume(e, t, 0);
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
			sk_on_syscall_stop(e, t);
		else
			on_signal_stop(e, t, signo);
		return;
	case PTRACE_EVENT_SECCOMP:
		sk_on_syscall_stop(e, t);
		return;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		sk_on_fork(e, t);
		return;
	case PTRACE_EVENT_EXEC:
		sk_on_exec(e, t);
		return;
	case PTRACE_EVENT_EXIT:
		sk_on_ending(e, t);
		return;
	case PTRACE_EVENT_STOP:
		on_event_stop(e, t, signo);
		return;
	default:
		sk_resume(e, t, 0);
	}
}

static void handle(struct sk_engine *e, const struct sk_stop *s)
{
	struct sk_tracee *t;

	read_clocks(e);
	if (WIFEXITED(s->status) || WIFSIGNALED(s->status)) {
		sk_on_ended(e, s->tid, s->status);
		return;
	}
	if (!WIFSTOPPED(s->status))
		return;
	sk_place_stop(&e->place, s->tid, e->mono_ns, e->slept);
	t = sk_tracee_find(e, s->tid);
	if (!t)
		t = sk_on_new(e, s->tid, 0);
	if (t)
		on_stop(e, t, s->status);
	else
		ptrace(PTRACE_CONT, s->tid, 0, 0);
}

static void leave(struct sk_engine *e)
{
	int signo = sk_asked_to_leave;

	sk_asked_to_leave = 0;
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
	struct sk_tracee nobody = { .sys = SK_SYS_NONE, .nr = -1 };

	sk_asked_to_show = 0;
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
		sk_wake_in(20000000);
	}
}

static void on_interrupted(struct sk_engine *e)
{
	read_clocks(e);
	if (sk_asked_to_leave)
		leave(e);
	if (sk_asked_to_show)
		show(e);
	flush(e);
	if (e->n_held)
		release_held(e);
	else if (!e->leaving)
		sk_wake_in(0);
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

/* Near the program, to have slept is a sign: see near.h. */
static pid_t await_stop(struct sk_engine *e, int *status)
{
	pid_t tid;

	if (e->place.near.together) {
		tid = wait4(-1, status, __WALL | WNOHANG, NULL);
		if (tid)
			return tid;
	}
	e->slept = true;
	return wait4(-1, status, __WALL, NULL);
}

/*
 * Wait for one stop, then take all others that are there: who stops often
 * must not starve the rest. A lone tracee needs no second look.
 */
static bool next_stop(struct sk_engine *e, struct sk_stop *s)
{
	int status;
	pid_t tid;

	e->slept = false;
	if (e->next_stop == e->n_stops) {
		flush_soon(e);
		tid = await_stop(e, &status);
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
		if (sk_asked_to_leave || sk_asked_to_show)
			on_interrupted(e);
		else if (next_stop(e, &s))
			handle(e, &s);
	}
}

static int begin(struct sk_engine *e, struct sk_err *err)
{
	int r = 0;

	sk_wake_catch();
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
		sk_asked_to_leave = SIGTERM;
		leave(e);
	}
	sk_engine_hold_on(o);	/* nor would the program leave, before */
	sk_place_begin(&e->place);
	run_loop(e);
	sk_place_end(&e->place);
	if (r >= 0 && e->child && !e->started && !res->signal)
		r = sk_launch_failure(e, err);
	res->keep = e->n_tracees > 0;
	sk_close(&e->err_fd);
	return r;
}

void sk_engine_keep(struct sk_engine *e)
{
	sk_wake_ignore();
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
