/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two parts of a round, and what is said to them.
 *
 * Whoever runs a round (run.c on one machine, the far side's serve on two)
 * gives each part a stream socket `ctl` and plays this:
 *
 *	server -> READY address		it listens
 *	          client -> READY	all its connections stand
 *	<- START  <- START		both warm up and measure
 *	          client -> RESULT	its window is over, it has stopped
 *	<- STOP
 *	server -> RESULT
 *	          <- STOP	its connections may close
 *
 * A part that cannot go on says FAILED with a sentence, or REFUSED when it
 * never could (a marked row, no failure). A closed ctl means STOP, at any
 * time; both parts end by themselves then.
 *
 * A message is a line with its word, lines "key value" and an empty line; a
 * part is given its job by its caller, who may have had it as a JOB message.
 */
#ifndef SK_BENCH_ROLE_H
#define SK_BENCH_ROLE_H

#include "bench/job.h"
#include "bench/side.h"
#include "sock/addr.h"

enum bench_msg_kind {
	BENCH_MSG_JOB,		/* job */
	BENCH_MSG_READY,	/* addr, of a server */
	BENCH_MSG_START,
	BENCH_MSG_STOP,
	BENCH_MSG_RESULT,	/* side */
	BENCH_MSG_FAILED,	/* text */
	BENCH_MSG_REFUSED,	/* text */
	BENCH_NMSGS
};

struct bench_msg {
	enum bench_msg_kind kind;
	struct bench_job job;
	struct sk_addr addr;	/* len 0: none */
	struct bench_side side;	/* owned by the message */
	char text[400];		/* of a peer: fit for a terminal already */
};

#define BENCH_MSG_MAX (1 << 20)

/* The message as text, its empty line included. */
void bench_msg_write(struct sk_out *out, const struct bench_msg *m);
/*
 * Read one message out of text[0..len), which ends with its empty line. 0 or
 * -EPROTO. bench_msg_fini() is due in any case.
 */
int bench_msg_parse(struct bench_msg *m, const char *text, size_t len,
		    struct sk_err *err);
void bench_msg_fini(struct bench_msg *m);

/* What has been received of the next message; all zero to begin with. */
struct bench_inbox {
	char *text;
	size_t len, cap;
};
void bench_inbox_fini(struct bench_inbox *in);

int bench_msg_send(int ctl, const struct bench_msg *m, struct sk_err *err);
/* One without content: START, STOP. */
int bench_msg_say(int ctl, enum bench_msg_kind kind, struct sk_err *err);
/*
 * Wait for a message until `deadline` (sk_now_us(); SK_NEVER). 0; -ETIMEDOUT,
 * -ECONNRESET (closed), -EPROTO with the sentence; -EINTR.
 */
int bench_msg_recv(int ctl, struct bench_inbox *in, uint64_t deadline,
		   struct bench_msg *m, struct sk_err *err);

/* What a part has from its own machine, and never from the job. */
struct bench_local {
	struct sk_addr bind;	/* server: the address to listen on, port 0;
				 * len 0: loopback */
	struct sk_addr peer;	/* server: the one host that is heard; len 0:
				 * all are */
	bool paced;		/* server: answer at the job's rate at most,
				 * however fast requests come */
	const char *wire;	/* path where both hosts of --stack wire meet;
				 * NULL: there is none */
	int (*fds)[2];		/* socketpair, pipe: what to receive from and
				 * to send into, one each for `connections` +
				 * `idle`; owned by the caller */
};

/*
 * Play a part to its end, in a process of its own: threads are made, limits
 * of descriptors raised, and signals taken. Errors have been said over ctl
 * as well. 0 or negative errno.
 */
int bench_role_server(const struct bench_job *job,
		      const struct bench_local *local, int ctl,
		      struct sk_err *err);
/* addr: as the server gave it, with a host by which it is reached from here. */
int bench_role_client(const struct bench_job *job,
		      const struct sk_addr *addr,
		      const struct bench_local *local, int ctl,
		      struct sk_err *err);
/* Both, of --stack pair; ctl: the server's, the client's. */
int bench_role_pair(const struct bench_job *job, const int ctl[2],
		    struct sk_err *err);

#endif
