/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sockets of every kind of --socket, opened as a job says. */
#ifndef SK_BENCH_SOCKETS_H
#define SK_BENCH_SOCKETS_H

#include "bench/role.h"

struct bench_kind {
	int family, type, protocol;
	bool listens;		/* listen(2) and accept(2) */
	bool records;		/* boundaries are kept */
	bool inherited;		/* made before the parts are: no addresses */
};
const struct bench_kind *bench_kind_of(const struct bench_job *job);

/* The machine itself, port 0. */
void bench_loopback(struct sk_addr *a, const struct bench_kind *k);
/* A socket with the options of job->set. The descriptor or a negative errno. */
int bench_socket(const struct bench_job *job, struct sk_err *err);
/* What bench_socket() does, to one that is there: 0 or a negative errno. */
int bench_set_options(int fd, const struct bench_job *job, struct sk_err *err);
/* The same to one that was accepted, which of unix(7) inherits nothing. */
int bench_accepted(int fd, const struct bench_job *job, struct sk_err *err);
/*
 * The server's: bound, and listening where the kind does, at the address of
 * `local` or on loopback. With `share` several may have one port (reuseport);
 * *addr is then the first one's. A descriptor or a negative errno.
 */
int bench_listen(const struct bench_job *job, const struct bench_local *local,
		 bool share, struct sk_addr *addr, struct sk_err *err);
/*
 * Connection `i` of the client. Datagram sockets other than the unconnected
 * ones are connected too. A descriptor or a negative errno.
 */
int bench_connect(const struct bench_job *job, const struct sk_addr *addr,
		  size_t i, struct sk_err *err);
/* Is it an error by which the kernel says that it has no such thing? */
bool bench_is_refusal(int r);

#endif
