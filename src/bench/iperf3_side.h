/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One side of an iperf3 test: the control connection, waited upon in plain
 * order, and the flows. The conversation, as iperf3 3.1 to 3.21 have it:
 *
 *	client                      server
 *	cookie                 ->
 *	                       <-   PARAM_EXCHANGE (or ACCESS_DENIED)
 *	parameters (JSON)      ->
 *	                       <-   CREATE_STREAMS
 *	streams, each with the cookie; UDP: a word, and a word back
 *	                       <-   TEST_START, TEST_RUNNING
 *	TEST_END               ->
 *	                       <-   EXCHANGE_RESULTS
 *	results (JSON)         ->
 *	                       <-   results, DISPLAY_RESULTS
 *	IPERF_DONE             ->
 *
 * The client alone decides when a test ends. In both directions at once, its
 * sending streams are opened first. Waiting runs rounds of the loop, so the
 * server's other guests are looked after meanwhile.
 */
#ifndef SK_BENCH_IPERF3_SIDE_H
#define SK_BENCH_IPERF3_SIDE_H

#include <signal.h>
#include <sys/resource.h>

#include "bench/iperf3_flow.h"
#include "bench/result.h"
#include "net/endpoint.h"

#define IPERF3_FLOWS_MAX (2 * IPERF3_STREAMS_MAX)
/* For any answer that needs no measuring. */
#define IPERF3_PATIENCE (10 * SK_SEC)

struct iperf3_side {
	struct sk_loop *loop;
	const volatile sig_atomic_t *stop; /* as the loop's stop; or NULL */
	struct endpoint *ep;	/* control; owned; NULL: none */
	struct iperf3_in in;
	struct sk_timer timer;
	char cookie[IPERF3_COOKIE];
	struct iperf3_params params;
	struct iperf3_pool pool;
	struct iperf3_flow flows[IPERF3_FLOWS_MAX];
	size_t n_flows;
	/* From the end of what is omitted. */
	uint64_t begun_us, ended_us;	/* sk_now_us() */
	struct rusage cpu_begun, cpu_ended;
};

/* Takes ep (may be NULL) for the control connection. 0 or negative errno. */
int iperf3_side_init(struct iperf3_side *s, struct sk_loop *loop,
		     struct endpoint *ep);
/* Stops the flows and closes everything. */
void iperf3_side_fini(struct iperf3_side *s);
/* Give the control connection to a side that has none. */
void iperf3_side_attach(struct iperf3_side *s, struct endpoint *ep);

/*
 * Run one round of the loop, until `at` (sk_now_us()) at the latest. 0, or
 * -EINTR when the loop was stopped.
 */
int iperf3_round(struct iperf3_side *s, uint64_t at);

/* The control connection; errors have their sentence. */
int iperf3_send(struct iperf3_side *s, const void *data, size_t len,
		struct sk_err *err);
int iperf3_send_state(struct iperf3_side *s, int state, struct sk_err *err);
int iperf3_send_params(struct iperf3_side *s, struct sk_err *err);
/* words: what a server prints, for a client who has asked; or NULL. */
int iperf3_send_results(struct iperf3_side *s, const char *words,
			struct sk_err *err);
/* As far as it goes without waiting: 1 when the piece is complete, or 0. */
int iperf3_try(struct iperf3_side *s, struct sk_err *err);
/* Wait for a piece. 0, -ETIMEDOUT, -ECONNRESET (closed), -EINTR, … */
int iperf3_get(struct iperf3_side *s, enum iperf3_kind kind, size_t max,
	       struct sk_err *err);
/* The state that iperf3_get(IPERF3_WANT_STATE) got. */
int iperf3_got_state(const struct iperf3_side *s);
int iperf3_get_results(struct iperf3_side *s, struct iperf3_results *r,
		       struct sk_err *err);

/* Add a flow over fd, which is the side's then. 0 or negative errno. */
int iperf3_add_flow(struct iperf3_side *s, int fd, bool sender);
/* Set TCP_NODELAY, buffers, congestion control, TOS… as the parameters say. */
int iperf3_set_options(const struct iperf3_params *p, int fd, int family,
		       struct sk_err *err);
/* What must be set before connecting or listening: buffers and MSS. */
int iperf3_set_early(const struct iperf3_params *p, int fd,
		     struct sk_err *err);
int iperf3_start_flows(struct iperf3_side *s, struct sk_err *err);
/* All counts so far are of what is omitted; the measured time begins. */
void iperf3_mark(struct iperf3_side *s);
/*
 * The measured time is over. A client's senders rest, and its receivers only
 * keep the sockets empty until the server has stopped.
 */
void iperf3_end(struct iperf3_side *s);
/*
 * The same for a server: what has arrived is counted still, and all streams
 * are closed, as a client may wait for the rest of a block.
 */
void iperf3_close(struct iperf3_side *s);
/* Bytes since the mark: of flows that send, or of those that receive. */
uint64_t iperf3_bytes(struct iperf3_side *s, bool sent);
/* The first error that ended a flow, or 0. */
int iperf3_flow_error(struct iperf3_side *s);
double iperf3_seconds(const struct iperf3_side *s);
/* A flow's counts since the mark. */
void iperf3_counted(struct iperf3_flow *f, struct iperf3_count *c);

/* Both ways, since the mark. */
uint64_t iperf3_all_bytes(struct iperf3_side *s);
/* A client's round, of its own figures and of those that the server gave.
 * -EPROTO: these lack a stream. */
int iperf3_fill_round(struct iperf3_side *s, struct bench_round *round,
		      const struct iperf3_results *r, struct sk_err *err);
/* Nobody is left to ask: only what came in here is known. */
void iperf3_fill_interrupted(struct iperf3_side *s, struct bench_round *round);

#endif
