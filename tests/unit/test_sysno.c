/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace: the numbers of calls against the headers of this machine, and what
 * the seccomp filters made of them decide, by a small interpreter.
 */
#include "tap.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/text.h"
#include "trace/filter.h"

/* --- numbers ------------------------------------------------------------------ */

static const struct {
	enum sk_abi abi;
	const char *path;
} headers[] = {
	{ SK_ABI_X86_64, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h" },
	{ SK_ABI_X86_64, "/usr/include/asm/unistd_64.h" },
	{ SK_ABI_I386, "/usr/include/x86_64-linux-gnu/asm/unistd_32.h" },
	{ SK_ABI_I386, "/usr/include/asm/unistd_32.h" },
	{ SK_ABI_X32, "/usr/include/x86_64-linux-gnu/asm/unistd_x32.h" },
	{ SK_ABI_X32, "/usr/include/asm/unistd_x32.h" },
	{ SK_ABI_AARCH64, "/usr/include/asm-generic/unistd.h" },
};

/* "#define __NR_bind 49", "… (__X32_SYSCALL_BIT + 49)", "__NR3264_fcntl 25" */
static bool parse_define(const char *line, char name[64], long *nr)
{
	const char *p, *digits = "";
	size_t n;

	if (!sk_starts_with(line, "#define __NR"))
		return false;
	p = line + strlen("#define __NR");
	p += sk_starts_with(p, "3264") ? 4 : 0;
	if (*p++ != '_')
		return false;
	n = strcspn(p, " \t");
	if (sk_copyn(name, 64, p, n) < 0)
		return false;
	for (p += n; *p; p++)
		if (*p >= '0' && *p <= '9' && (p[-1] == ' ' || p[-1] == '\t'))
			digits = p;
	*nr = strtol(digits, NULL, 10);
	return *digits;
}

static void test_header(enum sk_abi abi, const char *path)
{
	char line[256], name[64];
	int found = 0, wrong = 0;
	FILE *f = fopen(path, "re");
	long nr;

	while (f && fgets(line, sizeof(line), f)) {
		enum sk_sys sys;

		if (!parse_define(line, name, &nr))
			continue;
		sys = sk_sys_by_name(name);
		if (sys == SK_SYS_NONE ||
		    (abi == SK_ABI_AARCH64 && strstr(name, "time64")))
			continue;
		found++;
		if (sk_sys_rows[sys].nr[abi] != nr && ++wrong)
			printf("# %s is %ld, not %d\n", name, nr,
			       sk_sys_rows[sys].nr[abi]);
	}
	if (!f)
		return;
	fclose(f);
	ok(found > 40 && !wrong, "%d numbers of %s", found, path);
}

static void test_look_up(void)
{
	is_int(sk_sys_of(SK_ABI_X86_64, 42), SK_SYS_connect, "x86_64: 42");
	is_int(sk_sys_of(SK_ABI_X32, 517), SK_SYS_recvfrom, "x32: 517");
	is_int(sk_sys_of(SK_ABI_I386, 102), SK_SYS_socketcall, "i386: 102");
	is_int(sk_sys_of(SK_ABI_X86_64, 39), SK_SYS_NONE, "getpid is none");
	is_int(sk_sys_of(SK_ABI_X86_64, UINT64_MAX), SK_SYS_NONE, "-1 is none");
	is_int(sk_sys_socketcall(3), SK_SYS_connect, "socketcall 3");
	is_int(sk_sys_socketcall(20), SK_SYS_sendmmsg, "socketcall 20");
	is_int(sk_sys_socketcall(21), SK_SYS_NONE, "socketcall 21");
	is_int(sk_sys_socketcall(0), SK_SYS_NONE, "socketcall 0");
	is_int(sk_sys_by_name("frobnicate"), SK_SYS_NONE, "no such call");
}

/* --- filters ------------------------------------------------------------------- */

static uint32_t run_filter(const struct sock_fprog *p,
			   const struct seccomp_data *d)
{
	uint32_t a = 0;

	for (unsigned pc = 0; pc < p->len; pc++) {
		const struct sock_filter *i = &p->filter[pc];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&a, (const char *)d + i->k, sizeof(a));
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			return 0;
		}
	}
	return 0;
}

static bool traces(const struct sock_fprog *p, uint32_t arch, int nr)
{
	struct seccomp_data d = { .arch = arch, .nr = nr };

	return run_filter(p, &d) == SECCOMP_RET_TRACE;
}

static bool allows(const struct sock_fprog *p, uint32_t arch, int nr)
{
	struct seccomp_data d = { .arch = arch, .nr = nr };

	return run_filter(p, &d) == SECCOMP_RET_ALLOW;
}

static void test_filter(void)
{
	struct sk_sys_set set = { { 0 } };
	struct sock_fprog p;

	sk_sys_set_add(&set, SK_SYS_connect);
	sk_sys_set_add(&set, SK_SYS_socketcall);
	sk_sys_set_add(&set, SK_SYS_copy_file_range);
	is_int(sk_filter_build(&p, &set), 0, "a filter");
#ifdef __x86_64__
	ok(traces(&p, AUDIT_ARCH_X86_64, 42), "x86_64 connect");
	ok(traces(&p, AUDIT_ARCH_X86_64, 0x40000000 | 42), "x32 connect");
	ok(traces(&p, AUDIT_ARCH_I386, 362), "i386 connect");
	ok(traces(&p, AUDIT_ARCH_I386, 102), "i386 socketcall");
	ok(traces(&p, AUDIT_ARCH_I386, 377), "the last of them");
	ok(allows(&p, AUDIT_ARCH_I386, 42), "i386 pipe");
	ok(allows(&p, AUDIT_ARCH_X86_64, 362), "no call of x86_64");
	ok(allows(&p, AUDIT_ARCH_X86_64, 0), "x86_64 read");
	ok(allows(&p, AUDIT_ARCH_X86_64, 0x40000000), "x32 read");
#else
	ok(traces(&p, AUDIT_ARCH_AARCH64, 203), "aarch64 connect");
	ok(allows(&p, AUDIT_ARCH_AARCH64, 63), "aarch64 read");
#endif
	ok(traces(&p, AUDIT_ARCH_SPARC, 1), "an ABI that is not known");
	free(p.filter);
}

static void test_full_filter(void)
{
	struct sk_sys_set set = { { 0 } };
	struct seccomp_data filtering = {
		.arch = SK_ABI_NATIVE == SK_ABI_AARCH64 ? AUDIT_ARCH_AARCH64 :
							  AUDIT_ARCH_X86_64,
		.nr = sk_sys_rows[SK_SYS_prctl].nr[SK_ABI_NATIVE],
		.args = { 22 /* PR_SET_SECCOMP */ },
	};
	struct sock_fprog p;
	bool good = true;

	for (int s = 0; s < SK_SYS_COUNT_; s++)
		sk_sys_set_add(&set, (enum sk_sys)s);
	is_int(sk_filter_build(&p, &set), 0, "a filter of all");
	ok(p.len < BPF_MAXINSNS, "%u instructions", p.len);
#ifdef __x86_64__
	for (int s = 0; s < SK_SYS_prctl; s++) {
		const int16_t *nr = sk_sys_rows[s].nr;

		good = good && (nr[SK_ABI_X86_64] < 0 ||
				traces(&p, AUDIT_ARCH_X86_64,
				       nr[SK_ABI_X86_64])) &&
		       (nr[SK_ABI_I386] < 0 ||
			traces(&p, AUDIT_ARCH_I386, nr[SK_ABI_I386]));
	}
#endif
	ok(good, "every call of the table is traced");
	ok(run_filter(&p, &filtering) == SECCOMP_RET_TRACE,
	   "prctl(PR_SET_SECCOMP) is traced");
	filtering.args[0] = 15; /* PR_SET_NAME */
	ok(run_filter(&p, &filtering) == SECCOMP_RET_ALLOW,
	   "prctl for anything else is not");
	free(p.filter);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		test_header(headers[i].abi, headers[i].path);
	test_look_up();
	test_filter();
	test_full_filter();
	return tap_done();
}
