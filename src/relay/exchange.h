/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of sk_dgram_relay(), for dgram.c (steps and life), dgram_in.c
 * (what comes), dgram_out.c (what goes), dgram_seq.c (connections) and
 * verdict.c (when it is over).
 */
#ifndef SK_RELAY_EXCHANGE_H
#define SK_RELAY_EXCHANGE_H

#include "relay/dgram.h"
#include "relay/peers.h"

/* Batches received, chunks read, before others may run. */
#define SK_EXCHANGE_TURN 16

/* What was received and is not yet in stdout; data is that of the batch. */
struct sk_outbox {
	struct iovec iov[2 * SK_DGRAM_SLOTS];
	int n, at;
};

struct sk_exchange {
	struct sk_relay *relay;
	struct endpoint *local;
	const struct sk_dgram_opts *o;
	struct sk_err *err;
	int result;
	bool over;

	struct sk_dgram **socks;
	int n_socks, room;
	struct sk_dgram *waiting; /* accept(2) had no descriptor for it */
	size_t n_ended;		  /* peers that send no more */
	bool swept;		  /* a record socket lost its peer */
	bool closed;		  /* the one peer has ended (DTLS) */
	struct sk_peers peers;
	struct sk_peer_list pending; /* with something to be sent */
	size_t targets, n_pending; /* peers that get input; in pending */
	struct sk_dgram_batch batch;
	struct sk_outbox out;
	bool full_slots;	/* the last batch was of large slots */
	struct sk_records records;
	bool has_input;
	TAILQ_HEAD(sk_prog_list, sk_prog) progs; /* with output to be read */
	bool fds_handed;	/* those of this slot, to a program */

	struct sk_timer timer;	/* the earliest of all that is timed */
	struct sk_timer pace;	/* --limit-rate: sending goes on */
	int64_t tokens;		/* bytes that may be sent; reckoned at … */
	uint64_t filled;
	struct sk_timer retry;	/* what no event tells: try again */
	struct sk_task again;	/* the turn was over, not the work */

	uint64_t begun, first_sent, last_in, last_any, input_over, last_read;
	uint64_t sent_n, received_n; /* datagrams */
	uint64_t ignored;	/* not from the peer we serve */
	uint64_t untaken;	/* a program was too slow for them */
	uint64_t refused;	/* from those who are not allowed */
	uint64_t unsent;	/* skipped: their peer was too slow */
	uint64_t lost;		/* at our own full queue */
};

/* --- dgram.c ---------------------------------------------------------------- */

/* Over, with the first failure kept: r and its sentence. */
int sk_exchange_fail(struct sk_exchange *x, int r, const char *fmt, ...)
	SK_PRINTF(3, 4);
void sk_exchange_stop(struct sk_exchange *x);
/* Do all that can be done; sock NULL: at any of them. x may be over then. */
void sk_exchange_step(struct sk_exchange *x, struct sk_dgram *sock);
/* Who sent this slot of n datagrams. NULL when it is not to be served, which
 * is counted, or there is no memory. */
struct sk_peer *sk_exchange_peer(struct sk_exchange *x, struct sk_dgram *sock,
				 const struct sk_dgram_slot *slot, size_t n);
/* why: what became of it, NULL: nothing bad. */
void sk_exchange_drop(struct sk_exchange *x, struct sk_peer *p,
		      const char *why);
/* For --output, --hex-dump, --pcap: a datagram of this peer, or to it. */
bool sk_exchange_is_watched(const struct sk_exchange *x);
void sk_exchange_show(struct sk_exchange *x, const struct sk_peer *p, bool sent,
		      uint64_t offset, const void *data, size_t len);
/* This peer is lost: the end of all when it is the one, else a line. */
void sk_exchange_lose(struct sk_exchange *x, struct sk_peer *p, int r,
		      const char *why);

struct sk_peer *sk_exchange_add(struct sk_exchange *x, struct sk_dgram *sock,
				const struct sk_addr *addr, bool mute);

/* --- dgram_seq.c: what only record sockets have ------------------------------- */

/* Take in those who have connected. */
void sk_exchange_accept(struct sk_exchange *x, struct sk_dgram *sock);
/* Forget sockets whose peers are gone. */
void sk_exchange_sweep(struct sk_exchange *x);
/* End our half towards those who have all we had to say. */
void sk_exchange_finish(struct sk_exchange *x);
/* This peer has ended. */
void sk_exchange_ended(struct sk_exchange *x, struct sk_peer *p);
/* Drop, or stop, where there is no point in going on after a peer's end. */
void sk_exchange_check_ended(struct sk_exchange *x, uint64_t *due);

/* --- dgram_in.c ------------------------------------------------------------- */

/* Receive until there is no more, or stdout is full. true: there is more. */
bool sk_exchange_receive(struct sk_exchange *x, struct sk_dgram *sock);
/* A record socket whose program has still to take what came before. */
bool sk_exchange_is_held(const struct sk_exchange *x,
			 const struct sk_dgram *sock);
/* Write what was received. true: all is written. */
bool sk_exchange_flush(struct sk_exchange *x);
/* Look at what came back about datagrams sent. true: something did. */
bool sk_exchange_errors(struct sk_exchange *x, struct sk_dgram *sock);
/* The same for all sockets; with `known` those that are known to have some. */
void sk_exchange_all_errors(struct sk_exchange *x, bool known);

/* --- dgram_out.c ------------------------------------------------------------ */

/* Read input and send it, as far as both go. true: there is more. */
bool sk_exchange_feed(struct sk_exchange *x);
/* Send a slot back to where it came from. */
void sk_exchange_echo(struct sk_exchange *x, struct sk_peer *p,
		      const struct sk_dgram_slot *slot);
/* --send-fd without any input: they go with a datagram of no bytes. */
void sk_exchange_send_fds(struct sk_exchange *x, struct sk_peer *p);
/* Is there input that can be read, and somebody to read it for? */
bool sk_exchange_may_read(const struct sk_exchange *x);
void sk_exchange_count_sent(struct sk_exchange *x, struct sk_peer *p,
			    const struct iovec *iov, size_t n);

/* Give a peer the next chunk of its log. */
void sk_exchange_hand_to(struct sk_exchange *x, struct sk_peer *p,
			 struct sk_chunk *chunk);

/* --- dgram_prog.c ----------------------------------------------------------- */

/*
 * Start this peer's program, with descriptors of its own. Negative when that
 * failed, which is told: the peer may be gone, or all over.
 */
int sk_prog_start(struct sk_exchange *x, struct sk_peer *p, const int *fds,
		  int n_fds);
/* It is left alone: its input ends, nobody reads what it writes. */
void sk_prog_free(struct sk_peer *p);
/* Into its standard input, as soon as that takes it. */
void sk_prog_feed(struct sk_peer *p, const struct sk_dgram_slot *s);
/* Has it not taken yet what it was fed? */
bool sk_prog_is_full(const struct sk_peer *p);
/* Nothing more will come. false: there is no program, or it knows. */
bool sk_prog_end_input(struct sk_peer *p);
/* Read the output of all that have some: true if there was any. */
bool sk_progs_read(struct sk_exchange *x);

/* --- verdict.c -------------------------------------------------------------- */

/* Is it over? If not, when to look again. */
uint64_t sk_exchange_verdict(struct sk_exchange *x);

#endif
