/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decoders: the arguments and results of calls, shown as strace shows them.
 * What a call has stands in syscalls.def; the kinds of arguments in decode.c.
 *
 * A call is shown in two parts. At SK_EV_ENTER all arguments are, up to the
 * first that the kernel fills in; at SK_EV_EXIT the others. What is overwritten
 * in between (lengths, offsets) is kept in ev->keep by sk_decode_keep(), which
 * every reader calls at SK_EV_ENTER (twice does no harm).
 *
 * Nothing of the tracee is trusted: memory that cannot be read shows as the
 * pointer, lengths are bounded before anything is read.
 */
#ifndef SK_TRACE_DECODE_H
#define SK_TRACE_DECODE_H

#include "trace/event.h"
#include "trace/show.h"

/* What a descriptor is, from whoever knows. All may be NULL. */
struct sk_decode_fds {
	void *arg;
	/* What stands in <> behind it (-y); "" or NULL: nothing. */
	const char *(*label)(void *arg, const struct sk_event *ev, int fd,
			     char *buf, size_t size);
	/* Fills what is known of a socket; false: no socket, or not known. */
	bool (*socket)(void *arg, const struct sk_event *ev, int fd,
		       int *family, int *protocol);
};

void sk_decode_keep(const struct sk_event *ev);

/* How many arguments the call takes at most, used or not (-e raw=). */
int sk_decode_places(const struct sk_event *ev);

/*
 * How many arguments the call has, and what they are called ("addrlen"). "" is
 * none: half of a 64-bit one, to be skipped.
 */
int sk_decode_args(const struct sk_event *ev);
const char *sk_decode_arg_name(const struct sk_event *ev, int i);

bool sk_decode_is_fd(const struct sk_event *ev, int i);

/* Is it a pointer to a struct or an array (-e verbose=), and not to data? */
bool sk_decode_is_deep(const struct sk_event *ev, int i);

/* The first argument that is known at the exit only; the count if none is. */
int sk_decode_split(const struct sk_event *ev);

/* Show argument i, which is due at this event. fds may be NULL. */
void sk_decode_arg(struct sk_show *s, const struct sk_event *ev,
		   const struct sk_decode_fds *fds, int i);

/*
 * After the call, text: "3", "-1 ECONNREFUSED (Connection refused)", "0x802
 * (flags O_RDWR|O_NONBLOCK)", "1 ([{fd=3, revents=POLLIN}])", "? ERESTARTSYS
 * (To be restarted if SA_RESTART is set)".
 */
void sk_decode_result(struct sk_show *s, const struct sk_event *ev,
		      const struct sk_decode_fds *fds);

/*
 * JSON: is there more to a result than its number, and that: the ready
 * descriptors of poll(2), the flags of F_GETFL, the time left.
 */
bool sk_decode_extra(const struct sk_event *ev);
void sk_decode_show_extra(struct sk_show *s, const struct sk_event *ev,
			  const struct sk_decode_fds *fds);

/*
 * What has to be said beside a call that is over: that io_uring hides some of
 * what is done through it. NULL: nothing.
 */
const char *sk_decode_remark(const struct sk_event *ev);

/*
 * A request of an io_uring and a result that is no call, as what
 * io_uring_enter(2) has moved (ev->batch).
 */
struct sk_sqe;
struct sk_uring_result;
void sk_decode_sqe(struct sk_show *s, const struct sk_event *ev,
		   const struct sk_decode_fds *fds, const struct sk_sqe *q);
void sk_decode_cqe(struct sk_show *s, const struct sk_event *ev,
		   const struct sk_uring_result *r);

/* "--- SIGCHLD {si_signo=SIGCHLD, …} ---": what stands in the braces. */
void sk_decode_siginfo(struct sk_show *s, const siginfo_t *si);

/* What of the tracee's memory a call has moved; see sk_decode_payload(). */
struct sk_payload {
	uint64_t addr;		/* of the bytes */
	size_t len;
};

#define SK_PAYLOADS 1024	/* the kernel's UIO_MAXIOV */

/*
 * At SK_EV_EXIT of a call that sent or received: where the bytes lie that
 * moved, in order. Returns the number of pieces, 0 for other calls, failures
 * and bytes that never were in the tracee's memory (splice, sendfile). Of
 * sendmmsg and recvmmsg, message number msg (else 0); 0 after the last.
 */
size_t sk_decode_payload(const struct sk_event *ev, unsigned msg,
			 struct sk_payload v[SK_PAYLOADS]);

/*
 * The address that the call names beside the descriptor (of message msg): at
 * SK_EV_EXIT, of connect(2) and calls that send or receive. Leaves *a alone
 * where there is none or it cannot be read.
 */
struct sk_addr;
void sk_decode_address(const struct sk_event *ev, unsigned msg,
		       struct sk_addr *a);

/* Does the call receive without taking (MSG_PEEK, MSG_ERRQUEUE)? */
bool sk_decode_is_peek(const struct sk_event *ev);

#endif
