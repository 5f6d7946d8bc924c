/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How two sides of sockkit bench find out that they are that: lines, before
 * the first message of role.h. NONCE and PROOF are hexadecimal digits.
 *
 *	client -> sockkit-bench VERSION NONCE
 *	server -> sockkit-bench VERSION NONCE open|secret|busy
 *	client -> PROOF			only after "secret"
 *	server -> PROOF			or "refused"
 *
 * PROOF is the HMAC of "ROLE CLIENT-NONCE SERVER-NONCE" (secret.h): each side
 * shows that it knows the secret, and that it speaks now. What follows is
 * neither signed nor encrypted.
 *
 * Pure code: bytes in, in pieces of any size; bytes to be sent, out.
 */
#ifndef SK_BENCH_GREET_H
#define SK_BENCH_GREET_H

#include "bench/secret.h"

#define BENCH_PROTOCOL 1
#define BENCH_PORT "5204"
#define BENCH_NONCE 33		/* 32 digits and a NUL */
#define BENCH_GREET_LINE 160

struct bench_greet {
	bool server, busy;
	const struct bench_secret *secret; /* NULL: none; not owned */
	int state;
	char mine[BENCH_NONCE], theirs[BENCH_NONCE];
	char line[BENCH_GREET_LINE];	/* what has come of theirs */
	size_t have;
	char out[BENCH_GREET_LINE];	/* to be sent; the caller takes it */
	size_t out_len;
};

/*
 * Begin as either side; a client has its line in out at once. busy: a server
 * that has as many clients as it wants. 0 or a negative errno.
 */
int bench_greet_begin(struct bench_greet *g, bool server, bool busy,
		      const struct bench_secret *secret, struct sk_err *err);
/*
 * One byte has come (more must not be taken: what follows the last line is
 * not ours). 1: greeted; 0: go on; or a negative errno and the sentence, which
 * says who the other side seems to be. Even then out may hold a last word.
 */
int bench_greet_feed(struct bench_greet *g, char byte, struct sk_err *err);
/* The same for the end of what the other side says. */
int bench_greet_end(const struct bench_greet *g, struct sk_err *err);

#endif
