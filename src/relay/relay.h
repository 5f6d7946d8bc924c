/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Relaying: sessions between a local end and a peer, and what they share.
 *
 * A session has two sides, LOCAL and PEER, and a pump each way; the peer's
 * echo service is a session whose only pump leads back to the peer. All of
 * them keep the contract of ends and exit statuses that session.c states.
 */
#ifndef SK_RELAY_RELAY_H
#define SK_RELAY_RELAY_H

#include <sys/queue.h>

#include "net/endpoint.h"
#include "relay/pool.h"
#include "relay/pump.h"

enum { LOCAL = 0, PEER = 1 };

/*
 * The peer has ended, and our input is a pipe: so long it may be silent until
 * we leave. One that has given nothing yet may belong to a program that was
 * started together with us, which gets a moment to say its first word.
 */
#define SK_SILENCE (1 * SK_SEC)
#define SK_FIRST_WORD (250 * SK_MSEC)

enum sk_when { SK_WHEN_AUTO, SK_WHEN_ALWAYS, SK_WHEN_NEVER };

struct sk_relay_opts {
	uint64_t idle;		/* µs without a byte; 0: no limit */
	uint64_t delay;		/* µs between reads */
	uint64_t quit;		/* µs after the end of input … */
	bool has_quit;		/* … when this is set */
	uint64_t rate;		/* bytes/s each way; 0: no limit */
	bool crlf;
	bool recv_only, send_only;
	bool no_shutdown;
	bool no_splice;
	bool keep_open;		/* connect -k: to the end of our input */
	bool append;
	const char *output, *hex_dump, *pcap;
	int stats;		/* 1: a JSON line a session */
	int progress;		/* enum sk_when */
};

struct sk_capture;
struct sk_dump;
struct sk_progress;
struct sk_session;

/* What the sessions of one command share. */
struct sk_relay {
	struct sk_loop *loop;
	const struct sk_relay_opts *opts;
	struct sk_pool pool;
	struct sk_dump *output, *hex_dump;
	struct sk_capture *pcap;
	bool we_called;		/* sessions are connections that we opened */
	struct sk_progress *progress;
	struct endpoint *nowhere; /* takes everything, keeps nothing */
	LIST_HEAD(sk_session_list, sk_session) sessions;
	size_t active, served;
	uint64_t ended[2];	/* bytes to LOCAL, PEER of sessions that ended */
	uint64_t started;	/* when the first session began */
	bool dump_failed;	/* a dump is incomplete: exit status 1 */
	bool local_failed;	/* our stdout is gone: no session can go on */
};

/*
 * Opens the dump files. opts is kept, not copied. Error: run time, or usage
 * when the options contradict each other.
 */
int sk_relay_init(struct sk_relay *relay, struct sk_loop *loop,
		  const struct sk_relay_opts *opts, struct sk_err *err);
/* Returns 0, or a negative errno when a dump or capture is incomplete. */
int sk_relay_fini(struct sk_relay *relay);
/* Close all that are open. What they held and could not deliver is said. */
void sk_relay_end_sessions(struct sk_relay *relay);
/* Begin the progress display, if wanted; total: bytes expected, 0: unknown. */
void sk_relay_show_progress(struct sk_relay *relay, bool involves_file,
			    uint64_t total);
/* Bytes handed to each side so far: by_side[LOCAL] received, [PEER] sent. */
void sk_relay_totals(const struct sk_relay *relay, uint64_t by_side[2]);
/* "sent N bytes, received N bytes in T (RATE)", at the level given. */
void sk_relay_log_totals(const struct sk_relay *relay, int level);

/* why: the sentence of a failure, NULL on success. */
typedef void sk_session_done_fn(struct sk_session *s, int r, const char *why,
				void *arg);

/*
 * Relay between local and peer until the contract says it is over; then
 * done(s, 0 or negative errno, its sentence) is called once, and the caller
 * frees the session. local NULL: what the peer sends goes back to it. The
 * endpoints belong to the session from now on, also on failure. NULL without
 * memory.
 */
struct sk_session *sk_session_new(struct sk_relay *relay,
				  struct endpoint *local,
				  struct endpoint *peer,
				  sk_session_done_fn *done, void *arg);
void sk_session_free(struct sk_session *s);
struct endpoint *sk_session_peer(const struct sk_session *s);
struct endpoint *sk_session_local(const struct sk_session *s); /* or NULL */
/* "sent N bytes, received N bytes in T (RATE)" about one session; -v. */
void sk_session_log(const struct sk_session *s);

/*
 * How a session ended that gave r: 0, or r with `why` in err; the exit status
 * of a program that was its local end counts when nothing else failed.
 */
int sk_session_result(const struct sk_session *s, int r, const char *why,
		      struct sk_err *err);

/*
 * The whole of it for one pair: relay until over, or until the loop is
 * stopped. Takes both endpoints. 0 or a negative errno with err.
 */
int sk_relay_pair(struct sk_relay *relay, struct endpoint *local,
		  struct endpoint *peer, struct sk_err *err);

#endif
