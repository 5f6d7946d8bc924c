/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happened in a traced program, one thing at a time.
 *
 * Engines make events (ptrace now, eBPF later), the model (model.h) and the
 * reports consume them. Nobody above the engine knows how an event was come
 * by: the memory of the tracee is reached by a callback, which may also fail
 * (an engine that only copies bytes at the call has no more to give).
 *
 * Order: a call is SK_EV_ENTER, then SK_EV_EXIT of the same tid; events of
 * other threads may come between. A call may be left without an exit (the
 * thread ends, or the engine detaches) and, after attaching, an exit may come
 * without its enter (sys is right, args are what the registers still hold).
 */
#ifndef SK_TRACE_EVENT_H
#define SK_TRACE_EVENT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "trace/sysno.h"

struct sk_proc;			/* model.h */
struct sk_uring_batch;		/* uring.h */

enum sk_event_kind {
	SK_EV_ENTER,		/* a call begins */
	SK_EV_EXIT,		/* it is over: ret and error are set */
	SK_EV_NEW,		/* a thread or process is seen first: u.made */
	SK_EV_EXEC,		/* execve(2) went well: u.exec; what call the
				 * leader was in has no end, if another did */
	SK_EV_SIGNAL,		/* is about to be delivered: u.siginfo */
	SK_EV_STOPPED,		/* stopped by a signal (SIGSTOP, ^Z): u.signo */
	SK_EV_ENDING,		/* still there, its descriptors open: u.status */
	SK_EV_ENDED,		/* the thread is gone: u.status */
	SK_EV_DETACHED,		/* let go, it runs on */
	SK_EV_NOTE,		/* the engine has to say something: u.note */
	SK_EV_SHOW,		/* the user asks how things stand; of nobody */
};

/* The memory of the thread that the event is of. */
struct sk_mem {
	/*
	 * Copy tracee memory: returns the bytes that could be read, less than
	 * len at the edge of what is mapped; or a negative errno when not even
	 * the first byte could.
	 */
	ssize_t (*read)(const struct sk_mem *mem, uint64_t addr, void *buf,
			size_t len);
	/* The same the other way; for injection only. May be NULL. */
	ssize_t (*write)(const struct sk_mem *mem, uint64_t addr,
			 const void *buf, size_t len);
};

#define SK_EVENT_KEEP 8

/*
 * The "descriptor" of a request of a ring (ev->ring) may be a place in the
 * ring's own table of files (io_uring_register(2), IORING_REGISTER_FILES):
 * it has this bit then, which of the process's rings it is, and the place.
 */
#define SK_FD_DIRECT 0x40000000
#define SK_FD_DIRECT_RINGS 1024
#define SK_FD_DIRECT_PLACES (1 << 20)	/* the kernel's limit */

struct sk_event {
	enum sk_event_kind kind;
	pid_t pid, tid;		/* as we see them, whatever their namespace */
	uint64_t wall_ns;	/* since 1970 */
	uint64_t mono_ns;	/* CLOCK_MONOTONIC */

	/* ENTER and EXIT; the call in progress (or NONE) in all others. */
	enum sk_abi abi;
	enum sk_sys sys;	/* socketcall(2) is seen through */
	bool socketcall;	/* … and was one */
	uint64_t args[6];	/* as at entry; 32-bit ones zero-extended */
	int64_t nr;		/* its number in that ABI; -1: not known */
	uint64_t ip;		/* where in the program it is made; 0: same */

	/* EXIT */
	int64_t ret;		/* as the kernel gave it, sign-extended */
	int error;		/* positive errno, also 512..516; 0: went well */
	bool no_enter;		/* we were not there when it began */
	bool injected;		/* the result is ours, not the kernel's */
	bool delayed;		/* it was, or will be, held back by us */
	uint64_t took_ns;	/* in the kernel, our own cost left out */

	const struct sk_mem *mem;

	/*
	 * For whoever decodes: eight words per thread, zero at ENTER, the same
	 * ones at EXIT. A value that the call overwrites is kept here. The last
	 * two are the model's.
	 */
	uint64_t *keep;

	/*
	 * Descriptors are worth a line only when a socket is behind them: the
	 * model says so here before reports see the event. -1: not known.
	 */
	struct sk_proc *proc;	/* the model's; never NULL in a report */
	bool quiet;		/* for the model alone: not to be printed */

	/*
	 * io_uring: this is no call but a request of a ring, of descriptor
	 * ring - 1, that has come to its end; 0: it is a call. And what an
	 * io_uring_enter(2) has moved; NULL: not known.
	 */
	int ring;
	const struct sk_uring_batch *batch;

	union {
		struct {
			pid_t parent;	/* its pid; 0: was there before */
			bool thread;	/* of the same process */
			bool shares_files; /* CLONE_FILES */
			bool attached;	/* by -p */
		} made;
		struct {
			pid_t old_tid;	/* of the thread that called execve */
		} exec;
		siginfo_t siginfo;
		int signo;
		int status;		/* as from wait(2) */
		const char *note;
	} u;
};

/* Is fd, of this event, a place in a ring's table? Its number there, or -1. */
static inline int sk_event_place(const struct sk_event *ev, int fd)
{
	return ev->ring && fd >= SK_FD_DIRECT ?
		       fd & (SK_FD_DIRECT_PLACES - 1) : -1;
}

/* Read exactly len bytes: 0, or a negative errno (-EFAULT: fewer came). */
static inline int sk_mem_get(const struct sk_event *ev, uint64_t addr,
			     void *buf, size_t len)
{
	ssize_t n = ev->mem->read(ev->mem, addr, buf, len);

	return n < 0 ? (int)n : (size_t)n < len ? -14 /* EFAULT */ : 0;
}

#endif
