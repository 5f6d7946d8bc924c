/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One section per architecture: arch is tested first, then every number in
 * turn. That is linear, and costs nothing: filters which look at arch and nr
 * alone are run once per number by the kernel, which remembers those that are
 * always allowed (seccomp's action cache, Linux 5.11).
 */
#include "trace/filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define X32_BIT 0x40000000

struct section {
	uint32_t arch;		/* AUDIT_ARCH_… */
	struct {
		enum sk_abi abi;
		uint32_t bit;
	} abis[2];
	int n;
};

static const struct section sections[] = {
#ifdef __x86_64__
	{ AUDIT_ARCH_X86_64, { { SK_ABI_X86_64, 0 },
			       { SK_ABI_X32, X32_BIT } }, 2 },
	{ AUDIT_ARCH_I386, { { SK_ABI_I386, 0 } }, 1 },
#else
	{ AUDIT_ARCH_AARCH64, { { SK_ABI_AARCH64, 0 } }, 1 },
#endif
};

#define SECTIONS (sizeof(sections) / sizeof(*sections))
/*
 * Two instructions a number (five for prctl), four around a section, two at
 * the ends.
 */
#define INSNS_MAX (SECTIONS * (2 * (2 * SK_SYS_COUNT_ + 3) + 4) + 2)

static void put(struct sock_fprog *p, uint16_t code, uint8_t jt, uint8_t jf,
		uint32_t k)
{
	p->filter[p->len++] = (struct sock_filter){ code, jt, jf, k };
}

/* Of prctl(2), which some call often, only PR_SET_SECCOMP is of interest. */
static void put_prctl(struct sock_fprog *p, uint32_t nr)
{
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, nr);
	put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0,
	    offsetof(struct seccomp_data, args));
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, PR_SET_SECCOMP);
	put(p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRACE);
	put(p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
}

static void put_section(struct sock_fprog *p, const struct section *s,
			const struct sk_sys_set *set)
{
	unsigned short skip;

	put(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, s->arch);
	skip = p->len;
	put(p, BPF_JMP | BPF_JA, 0, 0, 0);
	put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0,
	    offsetof(struct seccomp_data, nr));
	for (int a = 0; a < s->n; a++) {
		for (int i = 0; i < SK_SYS_COUNT_; i++) {
			int nr = sk_sys_rows[i].nr[s->abis[a].abi];

			if (nr < 0 || !sk_sys_set_has(set, (enum sk_sys)i))
				continue;
			if (i == SK_SYS_prctl) {
				put_prctl(p, (uint32_t)nr | s->abis[a].bit);
				continue;
			}
			put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1,
			    (uint32_t)nr | s->abis[a].bit);
			put(p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRACE);
		}
	}
	put(p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	p->filter[skip].k = (uint32_t)(p->len - skip - 1);
}

int sk_filter_build(struct sock_fprog *out, const struct sk_sys_set *set)
{
	out->len = 0;
	out->filter = calloc(INSNS_MAX, sizeof(*out->filter));
	if (!out->filter)
		return -ENOMEM;
	put(out, BPF_LD | BPF_W | BPF_ABS, 0, 0,
	    offsetof(struct seccomp_data, arch));
	for (size_t i = 0; i < SECTIONS; i++)
		put_section(out, &sections[i], set);
	put(out, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRACE);
	return 0;
}

int sk_filter_install(const struct sock_fprog *prog)
{
	if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, prog))
		return 0;
	if (errno != EACCES)
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, prog))
		return -errno;
	return 0;
}
