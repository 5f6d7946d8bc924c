/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the server for iperf3's clients share:
 *
 *	iperf3_server.c		one test after the other
 *	iperf3_guests.c		who has connected and not said yet what for
 *	iperf3_streams.c	the streams of a test, as they are opened
 */
#ifndef SK_BENCH_IPERF3_SERVER_H
#define SK_BENCH_IPERF3_SERVER_H

#include <sys/queue.h>

#include "bench/iperf3.h"
#include "bench/iperf3_side.h"
#include "net/listener.h"

/* Codes of iperf3 for SERVER_ERROR. */
enum {
	IPERF3_STREAMS_LIMIT = 6, IPERF3_RATE_LIMIT = 27,
	IPERF3_TIME_LIMIT = 37, IPERF3_BAD_PARAMS = 114,
	IPERF3_NO_STREAM = 126
};

struct iperf3_guest {
	TAILQ_ENTRY(iperf3_guest) link;
	struct iperf3_server *sv;
	struct endpoint *ep;
	struct iperf3_in in;
	struct sk_timer limit;
	bool complete;		/* its cookie is there */
	bool may_be_stream;	/* it came while streams were awaited */
};

struct iperf3_server {
	struct sk_loop *loop;
	struct sk_listener *listener;
	const struct bench_serve *o;
	TAILQ_HEAD(, iperf3_guest) guests; /* in the order of accept(2) */
	size_t n_guests;
	struct iperf3_guest *next; /* whose test is to be run */
	/* While a test is under way. */
	struct iperf3_side *s;
	bool creating;		/* its streams are being opened */
	uint64_t wanted;	/* how many there will be */
	int error;		/* of opening one of them */
	struct sk_err why;
	int udp;		/* who waits for the next word; -1: none */
	struct sk_watch udp_watch;
};

/* --- iperf3_server.c ----------------------------------------------------- */

/* Tell the client why not; returns r. */
int iperf3_refuse(struct iperf3_server *sv, int code, int r);

/* --- iperf3_guests.c ----------------------------------------------------- */

/* For sk_listener_start(); arg: the server. */
void iperf3_on_accept(struct sk_listener *l, struct endpoint *ep, void *arg);
void iperf3_guest_free(struct iperf3_guest *g);
/*
 * Guests whose cookie is there become what it says: streams, sv->next, or
 * denied. To be called when a test has ended.
 */
void iperf3_admit(struct iperf3_server *sv);

/* --- iperf3_streams.c ---------------------------------------------------- */

/* Ask for the streams of the test, and wait until all are there. */
int iperf3_open_streams(struct iperf3_server *sv, struct sk_err *err);
/* One has come. Failing, it is sv->error, and fd stays the caller's. */
int iperf3_set_up_stream(struct iperf3_server *sv, int fd, int family);
void iperf3_stream_failed(struct iperf3_server *sv, int r,
			  const struct sk_err *why);

#endif
