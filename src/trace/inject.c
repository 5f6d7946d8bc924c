/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The second filter. A process can only put a filter on itself, so it is made
 * to: at the end of the call that gave it its first socket it also maps a
 * page, calls seccomp(2) on what we have written there, and unmaps it again.
 * (Its stack would not do: those of goroutines are small, and what lies below
 * belongs to others.)
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "trace/tracer.h"

#ifndef SECCOMP_FILTER_FLAG_TSYNC
#define SECCOMP_FILTER_FLAG_TSYNC 1
#endif

struct numbers {
	long mmap, munmap, seccomp, prctl;
};

static const struct numbers numbers[SK_ABI_COUNT_] = {
	[SK_ABI_X86_64] = { 9, 11, 317, 157 },
	[SK_ABI_I386] = { 192, 91, 354, 172 },
	[SK_ABI_X32] = { 9, 11, 317, 157 }, /* without the bit: x86_64's */
	[SK_ABI_AARCH64] = { 222, 215, 277, 167 },
};

/* struct sock_fprog and behind it the instructions, as the tracee sees them. */
static ssize_t write_program(const struct sk_tracee *t, uint64_t page,
			     const struct sock_fprog *p)
{
	size_t len = p->len * sizeof(*p->filter);
	struct { uint16_t n, pad[3]; uint64_t insns; } head64 = {
		.n = p->len, .insns = page + 16
	};
	struct { uint16_t n, pad; uint32_t insns; } head32 = {
		.n = p->len, .insns = (uint32_t)page + 16
	};
	char head[16] = { 0 };
	struct iovec here[] = { { head, sizeof(head) }, { p->filter, len } };
	struct iovec there = { (void *)(uintptr_t)page, sizeof(head) + len };

	if (t->abi == SK_ABI_I386)
		memcpy(head, &head32, sizeof(head32));
	else
		memcpy(head, &head64, sizeof(head64));
	return process_vm_writev(t->tid, here, 2, &there, 1, 0);
}

static int64_t call_seccomp(struct sk_engine *e, struct sk_tracee *t,
			    uint64_t page)
{
	const struct numbers *nr = &numbers[t->abi];
	const uint64_t set[6] = { SECCOMP_SET_MODE_FILTER,
				  SECCOMP_FILTER_FLAG_TSYNC, page };
	const uint64_t no_privs[6] = { PR_SET_NO_NEW_PRIVS, 1 };
	int64_t r = sk_regs_call(e, t, nr->seccomp, set);

	if (r != -EACCES)
		return r;
	r = sk_regs_call(e, t, nr->prctl, no_privs);
	return r < 0 ? r : sk_regs_call(e, t, nr->seccomp, set);
}

bool sk_inject_filter(struct sk_engine *e, struct sk_tracee *t)
{
	const struct sock_fprog *p = &e->full_filter;
	const struct numbers *nr = &numbers[t->abi];
	size_t size = 16 + p->len * sizeof(*p->filter);
	const uint64_t map[6] = { 0, size, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS,
				  (uint64_t)-1, 0 };
	uint64_t unmap[6] = { 0, size };
	int64_t page, r = -1;

	page = sk_regs_call(e, t, nr->mmap, map);
	/* i386: an address of the upper half is no error. */
	if (page < 0 && page > -4096)
		return false;
	if (t->abi == SK_ABI_I386)
		page = (uint32_t)page;
	if (write_program(t, (uint64_t)page, p) >= 0)
		r = call_seccomp(e, t, (uint64_t)page);
	unmap[0] = (uint64_t)page;
	sk_regs_call(e, t, nr->munmap, unmap);
	return r == 0;
}
