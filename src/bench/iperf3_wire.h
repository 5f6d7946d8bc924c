/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What iperf3 says on its control connection, without a socket: pieces that
 * are gathered byte by byte, and the two JSON documents in them. The protocol
 * has no specification; this is what versions 3.1 to 3.21 do (see
 * iperf3_side.h for the conversation).
 */
#ifndef SK_BENCH_IPERF3_WIRE_H
#define SK_BENCH_IPERF3_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/out.h"

#define IPERF3_PORT "5201"
/* For a connection; microseconds. */
#define IPERF3_WAIT UINT64_C(10000000)
/* 36 characters of a-z2-7 and a NUL: names a test on each of its sockets. */
#define IPERF3_COOKIE 37
/* As iperf3's own limits, beyond which neither side goes. */
#define IPERF3_STREAMS_MAX 128
#define IPERF3_PARAMS_MAX 8192
#define IPERF3_RESULTS_MAX (256 << 10)
#define IPERF3_LEN_MAX (1 << 20)
#define IPERF3_UDP_LEN_MAX 65507
/* Seconds, microseconds and a 32-bit sequence number. */
#define IPERF3_UDP_LEN_MIN 16

/* A signed byte on the control connection. */
enum iperf3_state {
	IPERF3_TEST_START = 1,
	IPERF3_TEST_RUNNING = 2,
	IPERF3_TEST_END = 4,
	IPERF3_PARAM_EXCHANGE = 9,
	IPERF3_CREATE_STREAMS = 10,
	IPERF3_SERVER_TERMINATE = 11,
	IPERF3_CLIENT_TERMINATE = 12,
	IPERF3_EXCHANGE_RESULTS = 13,
	IPERF3_DISPLAY_RESULTS = 14,
	IPERF3_START = 15,
	IPERF3_DONE = 16,
	IPERF3_ACCESS_DENIED = -1,
	IPERF3_SERVER_ERROR = -2,
};

/* "CREATE_STREAMS", or NULL for what is no state. */
const char *iperf3_state_name(int state);

/* What the client wants; goes to the server. Sizes in bytes. */
struct iperf3_params {
	bool udp, reverse, bidir, nodelay, counters64;
	bool wants_words;	/* what the server prints: --get-server-output */
	uint64_t omit, time;	/* whole seconds */
	uint64_t bytes, blocks;	/* end after so many; 0: by time */
	uint64_t parallel;	/* streams in each direction */
	uint64_t len;		/* of a write, or of a datagram */
	uint64_t mss, window, tos;
	uint64_t bandwidth, fqrate; /* bit/s of each stream; 0: no limit */
	uint64_t burst;		/* blocks sent in a row under bandwidth */
	char congestion[32];	/* "" for the system's choice */
};

/* One stream as one side saw it; what was omitted is counted apart. */
struct iperf3_stream {
	int64_t id, bytes, retransmits;	/* retransmits -1: not known */
	int64_t errors, packets;	/* datagrams lost; highest number */
	int64_t omitted_errors, omitted_packets;
	double jitter, seconds;
};

struct iperf3_results {
	double cpu_total, cpu_user, cpu_system;	/* per cent of one CPU */
	int64_t has_retransmits;
	const char *words;	/* of the server, who was asked; or NULL */
	size_t n;
	struct iperf3_stream streams[2 * IPERF3_STREAMS_MAX];
};

/* A frame (length and JSON) into out, which keeps the first error. */
void iperf3_params_write(struct sk_out *out, const struct iperf3_params *p);
void iperf3_results_write(struct sk_out *out, const struct iperf3_results *r);

/*
 * From the JSON of a frame, checked against limits. 0, or a negative errno
 * with the sentence; -ENOTSUP when built without jansson.
 */
int iperf3_params_read(struct iperf3_params *p, const char *json, size_t len,
		       struct sk_err *err);
int iperf3_results_read(struct iperf3_results *r, const char *json, size_t len,
			struct sk_err *err);
/* Can this build read JSON? If not, the sentence that says so. */
int iperf3_supported(struct sk_err *err);

/* What is waited for on the control connection. */
enum iperf3_kind {
	IPERF3_WANT_COOKIE,
	IPERF3_WANT_STATE,
	IPERF3_WANT_FRAME,
	IPERF3_WANT_ERRORS,	/* two words that follow SERVER_ERROR */
};

/*
 * One piece, gathered from reads of any size. Never takes a byte more than
 * the piece has, so what follows is still in the socket.
 */
struct iperf3_in {
	enum iperf3_kind kind;
	size_t max;		/* of a frame */
	size_t have, want;
	char head[IPERF3_COOKIE]; /* cookie, state, length, errors */
	char *body;		/* of a frame; owned */
};

/* Begin with a piece; max bounds the JSON of a frame. */
void iperf3_in_expect(struct iperf3_in *in, enum iperf3_kind kind, size_t max);
void iperf3_in_fini(struct iperf3_in *in);
/* Where the next bytes go, and how many at most (at least 1). */
void *iperf3_in_room(struct iperf3_in *in, size_t *len);
/* So many have come. 1: the piece is complete; 0: more; or negative errno. */
int iperf3_in_came(struct iperf3_in *in, size_t n, struct sk_err *err);

/* 0, or why these 37 bytes are no cookie. */
int iperf3_cookie_check(const char cookie[IPERF3_COOKIE], struct sk_err *err);
/* A new one from the kernel's randomness. 0 or a negative errno. */
int iperf3_cookie_make(char cookie[IPERF3_COOKIE]);

/* "server error 7 (…)" of the two words after SERVER_ERROR. */
int iperf3_server_error(const struct iperf3_in *in, struct sk_err *err);

/* Stream i (from 0) is called 1, 3, 4, 5 … */
static inline int iperf3_stream_id(size_t i)
{
	return i ? (int)i + 2 : 1;
}

/* --- datagrams ---------------------------------------------------------- */

/* Sent by the client to open a stream, and what it gets back. */
#define IPERF3_UDP_HELLO "9876"
#define IPERF3_UDP_REPLY "6789"
#define IPERF3_UDP_WORD 4
/* What versions before 3.14 say, in the order of their machine's bytes. */
#define IPERF3_UDP_OLD_HELLO 123456789u
#define IPERF3_UDP_OLD_REPLY 987654321u

struct iperf3_udp {
	uint32_t sec, usec;	/* of the sender's clock */
	uint64_t seq;		/* from 1 */
};

void iperf3_udp_put(void *to, const struct iperf3_udp *u, bool wide);
/* False: too short to be one. */
bool iperf3_udp_get(struct iperf3_udp *u, const void *from, size_t len,
		    bool wide);

/* Losses and jitter of what arrives; RFC 3550, A.1 and 6.4.1. */
struct iperf3_arrivals {
	uint64_t highest, lost, reordered;
	double transit, jitter;	/* seconds */
	bool any;
};

/* Datagram u arrived at now (seconds of our clock). */
void iperf3_arrived(struct iperf3_arrivals *a, const struct iperf3_udp *u,
		    double now);

#endif
