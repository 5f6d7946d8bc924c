/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stops at system calls: what begins, what is over. */
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trace/tracer.h"

/* Of the kernel's include/linux/errno.h; only tracers get to see it. */
#define ERESTART_RESTARTBLOCK_ 516

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

	/* Fewer may be mapped than six. */
	if (real == SK_SYS_NONE ||
	    sk_tracee_read(t->tid, t->args[1], words, sizeof(words)) < 0)
		return;
	t->sys = real;
	t->socketcall = true;
	for (int i = 0; i < 6; i++)
		t->args[i] = words[i];
}

/* i386's first select(2) has one argument: where the five are. */
static void see_through_select(struct sk_tracee *t)
{
	uint32_t words[5] = { 0 };

	/* What cannot be read, the kernel cannot either: EFAULT. */
	sk_tracee_read(t->tid, t->args[0], words, sizeof(words));
	for (int i = 0; i < 5; i++)
		t->args[i] = words[i];
}

/*
 * A signal, or our attaching, has cut a poll(2) short; the kernel goes on with
 * it by restart_syscall(2). For us that is the same call again. The registers
 * still hold its arguments; else it is another call that goes on, as
 * nanosleep(2) does.
 */
static void see_through_restart(struct sk_tracee *t)
{
	bool same = !memcmp(t->args, t->cut_args, 3 * sizeof(*t->args));

	t->sys = same ? t->cut_sys : SK_SYS_NONE;
	memcpy(t->args, t->cut_args, sizeof(t->args));
	t->cut_sys = SK_SYS_NONE;
}

/* Calls that end with one more seccomp filter. */
static bool puts_filter(const struct sk_tracee *t)
{
	return (t->sys == SK_SYS_seccomp &&
		t->args[0] == SECCOMP_SET_MODE_FILTER) ||
	       (t->sys == SK_SYS_prctl && t->args[0] == PR_SET_SECCOMP);
}

static bool is_wanted(const struct sk_engine *e, const struct sk_tracee *t)
{
	const struct sk_engine_opts *o = e->o;

	if (e->silent || t->sys == SK_SYS_NONE ||
	    (t->pid == e->child && !e->started))
		return false;
	if (sk_sys_role(t->sys) == SK_ROLE_FILTER)
		return puts_filter(t) && !t->told;
	return sk_sys_set_has(&o->always, t->sys) ||
	       (sk_sys_set_has(&o->with_sockets, t->sys) &&
		(t->full || !o->has_sockets ||
		 o->has_sockets(t->pid, o->arg)));
}

static void take_call(struct sk_tracee *t,
		      const struct __ptrace_syscall_info *info)
{
	uint64_t nr = info->entry.nr;

	t->nr = (int64_t)nr;
	t->ip = info->instruction_pointer;
	t->abi = abi_of(info->arch, &nr);
	t->sys = sk_sys_of(t->abi, nr);
	t->socketcall = false;
	for (int i = 0; i < 6; i++)
		t->args[i] = t->abi == SK_ABI_I386 ?
				     (uint32_t)info->entry.args[i] :
				     info->entry.args[i];
	if (t->sys == SK_SYS_socketcall)
		see_through_socketcall(t);
	if (t->sys == SK_SYS_select && t->abi == SK_ABI_I386)
		see_through_select(t);
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
		sk_resume(e, t, 0);
		return;
	}
	memset(t->keep, 0, sizeof(t->keep));
	t->verdict = (struct sk_verdict){ 0 };
	if (sk_sys_role(t->sys) != SK_ROLE_FILTER)
		sk_engine_emit(e, t, &ev, &t->verdict);
	if (t->verdict.skip_exit) {
		t->wanted = false;
		t->in_call = !t->filtered;
	}
	if (t->verdict.has_result)
		sk_regs_skip(t->tid);
	if (t->verdict.delay_enter_us) {
		sk_hold(e, t, t->verdict.delay_enter_us);
		return;
	}
	t->resumed_ns = e->mono_ns;
	sk_resume(e, t, 0);
}

static void take_result(struct sk_tracee *t, struct sk_event *ev,
			const struct __ptrace_syscall_info *info)
{
	ev->ret = info->exit.rval;
	ev->delayed = t->verdict.delay_enter_us || t->verdict.delay_exit_us;
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
		sk_resume(e, t, 0);
		return;
	}
	take_result(t, &ev, info);
	/* Cut short by our leaving: it goes on, and its end is not for us. */
	if (ev.error >= 512 && e->leaving && e->res->signal != SIGINT &&
	    sk_can_go(e, t)) {
		sk_resume(e, t, 0);
		return;
	}
	if (sk_sys_role(t->sys) != SK_ROLE_FILTER)
		sk_engine_emit(e, t, &ev, NULL);
	else if (!ev.error)
		sk_tell_of_filters(e, t);
	t->in_call = false;
	t->sys = SK_SYS_NONE;
	if (!ev.error)
		watch_closely(e, t);
	if (t->verdict.signal)
		syscall(SYS_tgkill, t->pid, tid, t->verdict.signal);
	if (t->verdict.delay_exit_us)
		sk_hold(e, t, t->verdict.delay_exit_us);
	else
		sk_resume(e, t, 0);
}

void sk_on_syscall_stop(struct sk_engine *e, struct sk_tracee *t)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), &info) <= 0)
		return;		/* killed: wait4() says so next */
	switch (info.op) {
	case PTRACE_SYSCALL_INFO_SECCOMP:
		if (t->in_call)	/* a filter below PTRACE_SYSCALL */
			sk_resume(e, t, 0);
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
		sk_resume(e, t, 0);
	}
}
