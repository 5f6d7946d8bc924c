/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times, sets of signals, siginfo. */
#include "trace/dec.h"

#include <limits.h>
#include <unistd.h>

void sk_dec_time_raw(struct sk_dec *d, enum sk_dec_time kind, int64_t sec,
		     int64_t frac)
{
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "tv_sec");
	sk_show_i64(d->s, sec);
	sk_show_key(d->s, kind == SK_TIMEVAL ? "tv_usec" : "tv_nsec");
	sk_show_i64(d->s, frac);
	sk_show_close(d->s, '}');
}

/* Only i386's old calls have 32-bit times; x32 has the wide ones. */
void sk_dec_time(struct sk_dec *d, enum sk_dec_time kind, uint64_t addr)
{
	bool narrow = d->ev->abi == SK_ABI_I386 && kind != SK_TIMESPEC64;
	int64_t v[2] = { 0, 0 };
	int32_t v32[2] = { 0, 0 };

	if (!addr || sk_mem_get(d->ev, addr, narrow ? (void *)v32 : v,
				narrow ? 8 : 16) < 0) {
		sk_show_ptr(d->s, addr);
		return;
	}
	if (narrow) {
		v[0] = v32[0];
		v[1] = v32[1];
	}
	sk_dec_time_raw(d, kind, v[0], v[1]);
}

/* A signal of a set: "CHLD"; with -X raw its number, or both. */
static int set_member(char *buf, size_t size, enum sk_show_names how, int signo)
{
	char room[16];
	const char *name = sk_signal_name(signo, room) + 3;

	if (how == SK_NAMES_ABBREV)
		return snprintf(buf, size, "%s", name);
	if (how == SK_NAMES_RAW)
		return snprintf(buf, size, "%d", signo);
	return snprintf(buf, size, "%d /* %s */", signo, name);
}

/* "[INT CHLD]"; of sets that are nearly full, what is missing: "~[KILL]". */
void sk_dec_sigset(struct sk_dec *d, uint64_t addr, uint64_t size)
{
	enum sk_show_names how = d->s->json ? SK_NAMES_ABBREV :
					      d->s->style->names;
	char text[64 * 20 + 8];
	uint64_t set = 0;
	size_t at = 0, n = size > 8 ? 8 : (size_t)size;
	bool inverted;

	if (!addr || !n || sk_mem_get(d->ev, addr, &set, n) < 0) {
		sk_show_ptr(d->s, addr);
		return;
	}
	inverted = __builtin_popcountll(set) > 32;
	if (inverted)
		set = ~set;
	at = (size_t)snprintf(text, sizeof(text), inverted ? "~[" : "[");
	for (int i = 0; i < 64; i++) {
		if (!(set >> i & 1))
			continue;
		if (text[at - 1] != '[')
			text[at++] = ' ';
		at += (size_t)set_member(text + at, sizeof(text) - at, how,
					 i + 1);
	}
	snprintf(text + at, sizeof(text) - at, "]");
	sk_show_word(d->s, text);
}

/* --- siginfo ---------------------------------------------------------- */

static const struct {
	int signo;
	const struct sk_names *codes;
} own_codes[] = {
	{ SIGCHLD, &sk_tr_cld_code },	{ SIGIO, &sk_tr_poll_code },
	{ SIGSEGV, &sk_tr_segv_code },	{ SIGBUS, &sk_tr_bus_code },
	{ SIGFPE, &sk_tr_fpe_code },	{ SIGILL, &sk_tr_ill_code },
	{ SIGTRAP, &sk_tr_trap_code },	{ SIGSYS, &sk_tr_sys_code },
};

static const struct sk_names *codes_of(const siginfo_t *si)
{
	if (si->si_code <= 0 || si->si_code == SI_KERNEL)
		return &sk_tr_si_code;
	for (size_t i = 0; i < sizeof(own_codes) / sizeof(*own_codes); i++)
		if (own_codes[i].signo == si->si_signo)
			return own_codes[i].codes;
	return NULL;
}

static void show_sender(struct sk_show *s, const siginfo_t *si)
{
	sk_show_key(s, "si_pid");
	sk_show_i64(s, si->si_pid);
	sk_show_key(s, "si_uid");
	sk_show_u64(s, si->si_uid);
}

/* Clock ticks, of which a second has a hundred: "6, 0.06 s". */
void sk_dec_ticks(struct sk_show *s, uint64_t ticks)
{
	long hz = sysconf(_SC_CLK_TCK);

	sk_show_u64(s, ticks);
	if (!s->json && ticks && s->style->names != SK_NAMES_RAW)
		sk_out_printf(s->out, " /* %.2f s */",
			      (double)ticks / (double)(hz > 0 ? hz : 100));
}

static void show_child(struct sk_show *s, const siginfo_t *si)
{
	char name[16];

	show_sender(s, si);
	sk_show_key(s, "si_status");
	if (si->si_code == CLD_EXITED)
		sk_show_i64(s, si->si_status);
	else
		sk_show_word(s, sk_signal_name(si->si_status, name));
	sk_show_key(s, "si_utime");
	sk_dec_ticks(s, (uint64_t)si->si_utime);
	sk_show_key(s, "si_stime");
	sk_dec_ticks(s, (uint64_t)si->si_stime);
}

static void show_value(struct sk_show *s, const siginfo_t *si)
{
	sk_show_key(s, "si_int");
	sk_show_i64(s, si->si_int);
	sk_show_key(s, "si_ptr");
	sk_show_ptr(s, (uint64_t)(uintptr_t)si->si_ptr);
}

static void show_address(struct sk_show *s, const char *key, const void *addr)
{
	sk_show_key(s, key);
	sk_show_ptr(s, (uint64_t)(uintptr_t)addr);
}

static void show_band(struct sk_show *s, const siginfo_t *si)
{
	sk_show_key(s, "si_band");
	sk_show_i64(s, si->si_band);
	sk_show_key(s, "si_fd");
	sk_show_i64(s, si->si_fd);
}

/* Sent by a program: who, and what came with it. */
static void show_sent(struct sk_show *s, const siginfo_t *si)
{
	if (si->si_code == SI_TIMER) {
		sk_show_key(s, "si_timerid");
		sk_show_hex(s, (uint64_t)si->si_timerid);
		sk_show_key(s, "si_overrun");
		sk_show_i64(s, si->si_overrun);
		show_value(s, si);
	} else if (si->si_code == SI_SIGIO) {
		show_band(s, si);
	} else {
		show_sender(s, si);
		if (si->si_code != SI_USER && si->si_code != SI_TKILL &&
		    si->si_ptr)
			show_value(s, si);
	}
}

/* A fault of the program: where, and of some kinds, what of it. */
static void show_fault(struct sk_show *s, const siginfo_t *si)
{
	show_address(s, "si_addr", si->si_addr);
	if (si->si_signo == SIGBUS && si->si_code >= BUS_MCEERR_AR &&
	    si->si_code <= BUS_MCEERR_AO) {
		sk_show_key(s, "si_addr_lsb");
		sk_show_hex(s, (uint16_t)si->si_addr_lsb);
	} else if (si->si_signo == SIGSEGV && si->si_code == SEGV_BNDERR) {
		show_address(s, "si_lower", si->si_lower);
		show_address(s, "si_upper", si->si_upper);
	} else if (si->si_signo == SIGSEGV && si->si_code == SEGV_PKUERR) {
		sk_show_key(s, "si_pkey");
		sk_show_u64(s, si->si_pkey);
	}
}

/* A call that a seccomp filter, of the program's own, has trapped. */
static void show_trapped(struct sk_show *s, const siginfo_t *si)
{
	show_address(s, "si_call_addr", si->si_call_addr);
	sk_show_key(s, "si_syscall");
	sk_show_i64(s, si->si_syscall);
	sk_show_key(s, "si_arch");
	sk_show_name(s, &sk_tr_audit_arch, (uint32_t)si->si_arch,
		     "AUDIT_ARCH_???");
}

static void show_rest(struct sk_show *s, const siginfo_t *si)
{
	if (si->si_code <= 0) {
		show_sent(s, si);
		return;
	}
	switch (si->si_signo) {
	case SIGCHLD:
		show_child(s, si);
		break;
	case SIGILL:
	case SIGFPE:
	case SIGBUS:
	case SIGSEGV:
	case SIGTRAP:
		show_fault(s, si);
		break;
	case SIGIO:
		if (si->si_code <= POLL_HUP)
			show_band(s, si);
		break;
	case SIGSYS:
		show_trapped(s, si);
		break;
	default:
		if (si->si_pid || si->si_uid)
			show_sender(s, si);
		if (si->si_ptr)
			show_value(s, si);
		break;
	}
}

void sk_decode_siginfo(struct sk_show *s, const siginfo_t *si)
{
	const struct sk_names *codes = codes_of(si);
	char name[16];

	sk_show_open(s, '{');
	sk_show_key(s, "si_signo");
	sk_show_word(s, sk_signal_name(si->si_signo, name));
	sk_show_key(s, "si_code");
	sk_show_named(s, codes ? sk_name_of(codes,
					    (uint64_t)(int64_t)si->si_code) :
				 NULL, (uint32_t)si->si_code, NULL);
	if (si->si_errno) {
		sk_show_key(s, "si_errno");
		sk_show_named(s, sk_errno_name(si->si_errno),
			      (uint32_t)si->si_errno, NULL);
	}
	show_rest(s, si);
	sk_show_close(s, '}');
}
