/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A job: all that a side must know to play its part in a round. It holds no
 * secret and no address, travels as lines "key value", and is made and read
 * by one table (job.c), which also bounds every number.
 */
#ifndef SK_BENCH_JOB_H
#define SK_BENCH_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/out.h"
#include "bench/axis.h"

#define BENCH_SIZE_MAX (UINT64_C(64) << 20)
/* A numbered datagram's header. */
#define BENCH_DGRAM_MIN 24
#define BENCH_CONNECTIONS_MAX 1000000
#define BENCH_WORKERS_MAX 256
#define BENCH_TIME_MAX_US (UINT64_C(24) * 3600 * 1000000)

struct bench_job {
	int workload, socket, engine, pattern, copy, receive, stack; /* enums */
	uint64_t request;	/* bytes of a request, of a write, of a
				 * datagram */
	uint64_t response;	/* bytes of a response */
	uint64_t bulk;		/* bytes of a write beside requests */
	uint64_t connections;	/* that are active */
	uint64_t idle;		/* that are open besides and silent */
	uint64_t workers;	/* threads a side, 1 with `single` */
	uint64_t backlog;	/* of listen(2) */
	uint64_t rate;		/* requests or datagrams a second in all; 0: as
				 * fast as they go */
	uint64_t warmup_us, time_us, interval_us;
	bool reverse, bidir;
	bool tls;
	bool one_clock;		/* both sides run on this machine */
	bool awake;		/* bench_dgram_rest() is not for it: it is
				 * compared with one that cannot rest */
	char set[512];		/* "tcp_nodelay=1 so_sndbuf=4M": socket options
				 * of both sides */
};

/* The smallest sensible job: rr over tcp, blocking, 64 bytes, one second. */
extern const struct bench_job bench_job_preset;

void bench_job_write(struct sk_out *out, const struct bench_job *job);
/*
 * Take one "key value" pair over into *job (begin with the preset). Keys that
 * are not known are errors: a side that leaves one out would measure something
 * else. 0 or -EINVAL with the sentence.
 */
int bench_job_take(struct bench_job *job, const char *key, const char *value,
		   struct sk_err *err);
/* What no side can carry out: contradictions among the fields. NULL: none. */
const char *bench_job_nonsense(const struct bench_job *job);
/* Of these, what can be carried out within one machine, and only there. */
const char *bench_job_elsewhere(const struct bench_job *job);

#endif
