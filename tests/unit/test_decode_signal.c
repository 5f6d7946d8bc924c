/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace: what comes with a signal, as strace has it. */
#include "fakeline.h"

#include <errno.h>
#include <signal.h>

static void siginfo_is(const siginfo_t *si, const char *want,
		       const char *name)
{
	begin(SK_SYS_close);
	sk_decode_siginfo(&show, si);
	sk_out_char(&out, '\0');
	is_str(out.buf, want, name);
}

static void test_siginfo(void)
{
	siginfo_t si = { .si_signo = SIGUSR1, .si_code = 1 };

	siginfo_is(&si,
		   "{si_signo=SIGUSR1, si_code=1}",
		   "a code without more to it");
	si = (siginfo_t){ .si_signo = SIGTRAP, .si_code = TRAP_TRACE };
	siginfo_is(&si,
		   "{si_signo=SIGTRAP, si_code=TRAP_TRACE, si_addr=NULL}",
		   "SIGTRAP");
	si.si_code = TRAP_BRKPT;
	siginfo_is(&si,
		   "{si_signo=SIGTRAP, si_code=TRAP_BRKPT, si_addr=NULL}",
		   "of a breakpoint");
	si.si_code = SI_KERNEL;
	siginfo_is(&si,
		   "{si_signo=SIGTRAP, si_code=SI_KERNEL, si_addr=NULL}",
		   "of an int3");
	si = (siginfo_t){ .si_signo = SIGSYS, .si_code = 1 };
	si.si_errno = EPERM;
	si.si_call_addr = (void *)0x40;
	si.si_syscall = 42;
	si.si_arch = 0xc000003e;
	siginfo_is(&si,
		   "{si_signo=SIGSYS, si_code=SYS_SECCOMP, si_errno=EPERM, "
		   "si_call_addr=0x40, si_syscall=42, "
		   "si_arch=AUDIT_ARCH_X86_64}",
		   "a call that a filter has trapped");
	si = (siginfo_t){ .si_signo = SIGUSR1, .si_code = SI_TIMER };
	si.si_timerid = 3;
	si.si_overrun = 2;
	siginfo_is(&si,
		   "{si_signo=SIGUSR1, si_code=SI_TIMER, si_timerid=0x3, "
		   "si_overrun=2, si_int=0, si_ptr=NULL}",
		   "a timer");
	si = (siginfo_t){ .si_signo = SIGUSR1, .si_code = SI_QUEUE };
	siginfo_is(&si,
		   "{si_signo=SIGUSR1, si_code=SI_QUEUE, si_pid=0, si_uid=0}",
		   "sigqueue of nothing");
	si = (siginfo_t){ .si_signo = SIGIO, .si_code = SI_SIGIO };
	si.si_fd = 4;
	siginfo_is(&si,
		   "{si_signo=SIGIO, si_code=SI_SIGIO, si_band=0, si_fd=4}",
		   "SI_SIGIO");
	si = (siginfo_t){ .si_signo = SIGFPE, .si_code = FPE_INTDIV };
	si.si_addr = (void *)0x40;
	siginfo_is(&si,
		   "{si_signo=SIGFPE, si_code=FPE_INTDIV, si_addr=0x40}",
		   "SIGFPE");
	si.si_signo = SIGILL;
	siginfo_is(&si,
		   "{si_signo=SIGILL, si_code=ILL_ILLOPC, si_addr=0x40}",
		   "SIGILL");
	si.si_signo = SIGBUS;
	si.si_code = BUS_ADRERR;
	siginfo_is(&si,
		   "{si_signo=SIGBUS, si_code=BUS_ADRERR, si_addr=0x40}",
		   "SIGBUS");
	si.si_code = BUS_MCEERR_AR;
	si.si_addr_lsb = 12;
	siginfo_is(&si,
		   "{si_signo=SIGBUS, si_code=BUS_MCEERR_AR, si_addr=0x40, "
		   "si_addr_lsb=0xc}", "broken memory, and how much of it");
	si = (siginfo_t){ .si_signo = SIGSEGV, .si_code = SEGV_PKUERR };
	si.si_pkey = 7;
	siginfo_is(&si,
		   "{si_signo=SIGSEGV, si_code=SEGV_PKUERR, si_addr=NULL, "
		   "si_pkey=7}", "memory under a key");
	si = (siginfo_t){ .si_signo = SIGSEGV, .si_code = SEGV_MAPERR };
	si.si_addr = (void *)0x30;
	siginfo_is(&si,
		   "{si_signo=SIGSEGV, si_code=SEGV_MAPERR, "
		   "si_addr=0x30}",
		   "SIGSEGV");
	si = (siginfo_t){ .si_signo = SIGIO, .si_code = POLL_IN };
	si.si_band = 65;
	si.si_fd = 3;
	siginfo_is(&si,
		   "{si_signo=SIGIO, si_code=POLL_IN, si_band=65, "
		   "si_fd=3}",
		   "SIGIO");
	si = (siginfo_t){ .si_signo = SIGCHLD, .si_code = CLD_KILLED };
	si.si_status = SIGTERM;
	siginfo_is(&si,
		   "{si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=0, "
		   "si_uid=0, si_status=SIGTERM, si_utime=0, si_stime=0}",
		   "a child that was killed");
	si = (siginfo_t){ .si_signo = SIGUSR1, .si_code = SI_QUEUE };
	si.si_pid = 5;
	si.si_ptr = (void *)3;
	siginfo_is(&si,
		   "{si_signo=SIGUSR1, si_code=SI_QUEUE, si_pid=5, "
		   "si_uid=0, si_int=3, si_ptr=0x3}",
		   "sigqueue");
	si = (siginfo_t){ .si_signo = SIGALRM, .si_code = SI_KERNEL };
	siginfo_is(&si,
		   "{si_signo=SIGALRM, si_code=SI_KERNEL}",
		   "of the kernel");
}

int main(void)
{
	test_siginfo();
	sk_out_fini(&out);
	return tap_done();
}
