/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/tables.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/sockios.h>

#include "base/err.h"

/* glibc says 0 where all files are large; the kernel's flag is meant. */
#ifdef __aarch64__
#define SK_O_LARGEFILE 0400000
#else
#define SK_O_LARGEFILE 0100000
#endif

#define TABLE(id, prefix)     static const struct sk_name id##_rows[] = {
#define NAME(name, value)	      { name, value },
#define TABLE_END(id, prefix)	      { NULL, 0 }			\
	};								\
	const struct sk_names sk_tr_##id = { prefix, id##_rows };
#include "trace/tables.def"
#undef TABLE
#undef NAME
#undef TABLE_END

const char *sk_errno_name(int error)
{
	return error > 0 ? sk_name_of(&sk_tr_errno, (uint64_t)error) : NULL;
}

const char *sk_errno_text(int error)
{
	static const char *const restarts[] = {
		"To be restarted if SA_RESTART is set",
		"To be restarted",
		"To be restarted if no handler",
		"No ioctl command",
		"Interrupted by signal",
	};

	return sk_errno_restarts(error) ? restarts[error - 512] :
					  sk_strerror(error);
}

const char *sk_signal_name(int signo, char buf[16])
{
	const char *name = sk_name_of(&sk_tr_signal, (uint64_t)signo);

	if (name)
		return name;
	/* 32 and 33 are libc's own, but the kernel's first of the kind. */
	if (signo == 32)
		return "SIGRTMIN";
	if (signo > 32 && signo <= 64)
		snprintf(buf, 16, "SIGRT_%d", signo - 32);
	else
		snprintf(buf, 16, "%d", signo);
	return buf;
}
