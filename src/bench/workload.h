/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What connections do. A client says so with the first byte of each, so that
 * one server serves any mixture.
 */
#ifndef SK_BENCH_WORKLOAD_H
#define SK_BENCH_WORKLOAD_H

#include "bench/flow.h"

enum bench_duty {
	BENCH_DUTY_RR = 'r',	/* requests and responses */
	BENCH_DUTY_UP = 's',	/* bytes from the client */
	BENCH_DUTY_DOWN = 'S',	/* bytes from the server */
	BENCH_DUTY_BOTH = 'b',	/* bytes both ways at once */
	BENCH_DUTY_IDLE = 'i',	/* none */
	BENCH_DUTY_CRR = 'c',	/* many short connections */
};

/* Connections in all that a job opens at set-up (crr: none). */
size_t bench_total(const struct bench_job *job);
/* The duty of connection i of them. */
enum bench_duty bench_duty_of(const struct bench_job *job, size_t i);
/* Is it one that can be asked for? */
bool bench_is_duty(int c);

/*
 * Make f, whose descriptors and flags are set, do its part. `down`: of a flow
 * with both ways, the one that the server sends. 0 or negative errno.
 */
int bench_duty_client(struct bench_flow *f, enum bench_duty duty, bool down,
		      struct sk_err *err);
int bench_duty_server(struct bench_flow *f, enum bench_duty duty, bool down,
		      struct sk_err *err);

/* The parts of the above, a file each. */
int bench_stream_send(struct bench_flow *f, struct sk_err *err);
int bench_stream_recv(struct bench_flow *f, struct sk_err *err);
/*
 * A receiver that keeps up with its sender is woken for each segment, by the
 * sender, whose time that takes: then wake-ups are measured. So on one machine
 * it is woken when a few writes are there: this is the SO_RCVLOWAT (tcp(7)) of
 * the job's receivers, in bytes; 0: they have none. Who sets another, or a
 * pace, gets what was asked for; and what comes from afar may be slow, and is
 * not to be counted in lumps.
 */
uint64_t bench_stream_lowat(const struct bench_job *job);
int bench_rr_client(struct bench_flow *f, struct sk_err *err);
int bench_rr_server(struct bench_flow *f, struct sk_err *err);
int bench_crr_client(struct bench_flow *f, struct sk_err *err);
int bench_crr_server(struct bench_flow *f, struct sk_err *err);
/* A connection of a layer (a bench_serve_fn), for that worker; due_ns. */
void bench_crr_take(void *worker, struct endpoint *ep, uint64_t when_ns);
int bench_dgram_send(struct bench_flow *f, struct sk_err *err);
int bench_dgram_recv(struct bench_flow *f, struct sk_err *err);
/*
 * Bytes of a datagram of this job: what is sent at once, or less where the
 * kernel cuts that (udp_segment, udp(7)); the last of a message may be shorter.
 */
uint64_t bench_dgram_piece(const struct bench_job *job);
/* How many of them a message of `len` bytes is; 1 at least. */
uint64_t bench_dgram_pieces(const struct bench_job *job, uint64_t len);
/* May the kernel join several that it received (udp_gro), up to 64 KiB? */
bool bench_dgram_joined(const struct bench_job *job);
/*
 * The same as bench_stream_lowat() of UDP, which knows no SO_RCVLOWAT: who has received all there is
 * rests for so many ns, and finds a batch. 0: not with this job; of engines,
 * spin has nobody to wake, and rings receive one by one.
 */
uint64_t bench_dgram_rest(const struct bench_job *job);
/* Are these datagrams of UDP that an engine receives which cannot rest? */
bool bench_dgram_restless(const struct bench_job *job);

/*
 * An open loop: when request `k` of connection i of n is due, in ns after the
 * begin, at `rate` in all a second.
 */
uint64_t bench_due(uint64_t k, size_t i, size_t n, uint64_t rate);

#endif
