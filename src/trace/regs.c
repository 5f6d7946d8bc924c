/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registers of a stopped tracee: the one file that hangs on the machine. */
#include <elf.h>
#include <errno.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "trace/tracer.h"

#ifdef __x86_64__

typedef struct user_regs_struct regs_t;

static void set_number(regs_t *r, long nr)
{
	r->orig_rax = r->rax = (unsigned long)nr;
}

static void set_result(regs_t *r, int64_t v)
{
	r->rax = (unsigned long)v;
}

static int64_t result_of(const regs_t *r)
{
	return (int64_t)r->rax;
}

/* Both "syscall" and "int $0x80" have two bytes. */
static void set_call(regs_t *r, enum sk_abi abi, long nr,
		     const uint64_t args[6])
{
	r->rip -= 2;
	r->rax = (unsigned long)nr;
	if (abi == SK_ABI_I386) {
		r->rbx = args[0];
		r->rcx = args[1];
		r->rdx = args[2];
		r->rsi = args[3];
		r->rdi = args[4];
		r->rbp = args[5];
		return;
	}
	r->rdi = args[0];
	r->rsi = args[1];
	r->rdx = args[2];
	r->r10 = args[3];
	r->r8 = args[4];
	r->r9 = args[5];
}

static int get_regs(pid_t tid, regs_t *r)
{
	return ptrace(PTRACE_GETREGS, tid, 0, r) < 0 ? -errno : 0;
}

static int put_regs(pid_t tid, regs_t *r)
{
	return ptrace(PTRACE_SETREGS, tid, 0, r) < 0 ? -errno : 0;
}

#else /* __aarch64__ */

typedef struct user_regs_struct regs_t;

static void set_result(regs_t *r, int64_t v)
{
	r->regs[0] = (uint64_t)v;
}

static int64_t result_of(const regs_t *r)
{
	return (int64_t)r->regs[0];
}

static void set_call(regs_t *r, enum sk_abi abi, long nr,
		     const uint64_t args[6])
{
	(void)abi;
	r->pc -= 4;
	r->regs[8] = (uint64_t)nr;
	for (int i = 0; i < 6; i++)
		r->regs[i] = args[i];
}

static int get_regs(pid_t tid, regs_t *r)
{
	struct iovec iov = { r, sizeof(*r) };

	return ptrace(PTRACE_GETREGSET, tid, (long)NT_PRSTATUS, &iov) < 0 ?
		       -errno : 0;
}

static int put_regs(pid_t tid, regs_t *r)
{
	struct iovec iov = { r, sizeof(*r) };

	return ptrace(PTRACE_SETREGSET, tid, (long)NT_PRSTATUS, &iov) < 0 ?
		       -errno : 0;
}

#endif

int sk_regs_skip(pid_t tid)
{
#ifdef __x86_64__
	regs_t regs;
	int r = get_regs(tid, &regs);

	if (r < 0)
		return r;
	set_number(&regs, -1);
	return put_regs(tid, &regs);
#else
	int nr = -1;
	struct iovec iov = { &nr, sizeof(nr) };

	return ptrace(PTRACE_SETREGSET, tid, (long)NT_ARM_SYSTEM_CALL, &iov) <
			       0 ? -errno : 0;
#endif
}

int sk_regs_result(pid_t tid, int64_t result)
{
	regs_t regs;
	int r = get_regs(tid, &regs);

	if (r < 0)
		return r;
	set_result(&regs, result);
	return put_regs(tid, &regs);
}

/* To the next syscall stop. Signals are held back; a death is not. */
static int step(struct sk_engine *e, pid_t tid)
{
	int status;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, tid, 0, 0) < 0)
			return -errno;
		while (wait4(tid, &status, __WALL, NULL) < 0)
			if (errno != EINTR)
				return -errno;
		if (!WIFSTOPPED(status) || status >> 16 == PTRACE_EVENT_EXIT) {
			sk_stop_push(e, tid, status);
			return -ESRCH;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			return 0;
	}
}

static int64_t run_call(struct sk_engine *e, struct sk_tracee *t, long nr,
			const uint64_t args[6])
{
	regs_t saved, regs;
	int r = get_regs(t->tid, &saved);

	if (r < 0)
		return r;
	regs = saved;
	set_call(&regs, t->abi, nr, args);
	r = put_regs(t->tid, &regs);
	if (r >= 0)
		r = step(e, t->tid);	/* in */
	if (r >= 0)
		r = step(e, t->tid);	/* and out */
	if (r >= 0)
		r = get_regs(t->tid, &regs);
	if (r < 0)
		return r;
	put_regs(t->tid, &saved);
	return t->abi == SK_ABI_I386 ? (int32_t)result_of(&regs) :
				       result_of(&regs);
}

int64_t sk_regs_call(struct sk_engine *e, struct sk_tracee *t, long nr,
		     const uint64_t args[6])
{
	uint64_t all = UINT64_MAX, mask;
	int64_t r;

	if (ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(mask), &mask) < 0 ||
	    ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(all), &all) < 0)
		return -errno;
	r = run_call(e, t, nr, args);
	ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(mask), &mask);
	return r;
}
