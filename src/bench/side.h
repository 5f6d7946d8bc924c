/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one side of a round has counted, between its start and its end, and
 * how it travels: lines "key value", histograms sparse. Both sides together
 * make a round (bench_side_round()).
 */
#ifndef SK_BENCH_SIDE_H
#define SK_BENCH_SIDE_H

#include "base/out.h"
#include "bench/cpu.h"
#include "bench/job.h"
#include "bench/result.h"

/* The points a series may have at most. */
#define BENCH_POINTS_MAX 1000

/* Each is a count of one side over its own window, unless said otherwise. */
#define BENCH_SIDE_FIELDS(X) \
	X(window_ns)		/* length of the window */ \
	X(bytes_in) X(bytes_out) \
	X(requests)		/* answered (client), served (server) */ \
	X(connects)		/* made, used and closed */ \
	X(datagrams_in) X(datagrams_out) \
	X(expected)		/* datagrams by their sequence numbers */ \
	X(duplicates) X(reordered) X(lost) \
	X(jitter_ns)		/* RFC 3550, at the end */ \
	X(errors)		/* operations that failed */ \
	X(user_ns) X(sys_ns) X(run_delay_ns) \
	X(rss_bytes)		/* grown by the connections */ \
	X(kernel_bytes)		/* of the machine, grown by them; client */ \
	X(connected) X(refused) X(overflows) \
	X(first_overflow)	/* connects + 1 at the first; 0: none */ \
	X(retransmits) \
	X(busy_us) X(rwnd_limited_us) X(sndbuf_limited_us) /* tcp_info */ \
	X(rtt_us) X(cwnd) X(mss) \
	X(zc_sent) X(zc_copied)	/* zerocopy sends; copied all the same */ \
	X(rcvbuf_errors)	/* Udp RcvbufErrors */

struct bench_side {
#define X(name) uint64_t name;
	BENCH_SIDE_FIELDS(X)
#undef X
	struct bench_hist *hist[BENCH_NHISTS];	/* NULL: none; owned */
	struct bench_point *points;		/* owned */
	size_t n_points;
	char note[160];		/* what was used after all */
};

void bench_side_fini(struct bench_side *s);
void bench_side_write(struct sk_out *out, const struct bench_side *s);
/*
 * Take one pair over into *s (begin with zeros). What is not known is passed
 * over; what is broken is -EINVAL.
 */
int bench_side_take(struct bench_side *s, const char *key, const char *value,
		    struct sk_err *err);
/*
 * The values, histograms and points of both sides as a round, which takes the
 * histograms and points away from them. -ENOMEM.
 */
int bench_side_round(struct bench_round *round, const struct bench_job *job,
		     struct bench_side *client, struct bench_side *server);
/*
 * What others took of the machine, with its counters at the begin and the end
 * of looked_ns: shares of time are compared, as we looked at it for longer than
 * the sides were measured, and put as seconds of the round. server: NULL when
 * it ran elsewhere.
 */
void bench_side_machine(struct bench_round *round,
			const struct bench_machine at[2], uint64_t looked_ns,
			const struct bench_side *client,
			const struct bench_side *server);

#endif
