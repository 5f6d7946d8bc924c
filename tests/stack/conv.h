/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Conversations with a stack under a virtual clock. The test plays the peer
 * and the application; a case reads like the exchange of segments:
 *
 *	say(t, "< S 0:0(0) win 65535 <mss 1000>\n"
 *	       "> S. 0:0(0) ack 1 <mss 1460>\n"
 *	       "< . 1:1(0) ack 1 win 512\n");
 *	app_send(t, 1000);
 *	say(t, "> P. 1:1001(1000) ack 1\n"
 *	       "+200ms\n"
 *	       "> P. 1:1001(1000) ack 1\n");
 *
 * '<' the peer sends, '>' the stack must have sent, '+' time passes. Numbers
 * count from each side's initial sequence number. What a '>' line does not
 * mention (win, options) is not compared; before a '<' or '+', and at the end
 * of the case, everything that the stack sent must have been expected, so
 * "+199ms\n+1ms\n>" says that it was silent for 199 ms.
 *
 * A '<' line may further say: badsum, doff N (a lie about the header), urg N,
 * and options raw HEX; where timestamps were agreed on and no options are
 * given, it carries the right ones. "<>" is: none.
 */
#ifndef SK_TESTS_CONV_H
#define SK_TESTS_CONV_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "stack/link/link.h"
#include "stack/stk_internal.h"
#include "stack/tcp/pcb.h"
#include "stack/wire/tcp.h"

#define CONV_FRAMES 512
#define MS(n) ((uint64_t)(n) * 1000)

/* A segment that the stack sent. */
struct conv_seg {
	struct tcp_hdr h;
	uint32_t len;
	uint64_t at;
	bool good;		/* checksum and payload were as they must */
	uint16_t rport;
	uint16_t frame_len;	/* of the IP packet */
};

struct conv {
	struct stk *s;
	struct stk_link link;
	uint64_t now;
	int family;
	uint16_t sport, dport;		/* the peer's and ours */
	uint32_t isn, stk_isn;		/* the peer's and the stack's */
	bool stk_isn_known;
	struct stk_ip peer, self;
	unsigned mtu;

	bool ts;			/* '<' lines carry timestamps */
	uint32_t ts_val, ts_last;	/* the peer's base; the stack's last */
	uint64_t ts_at;

	struct conv_seg out[CONV_FRAMES];
	unsigned n_out, first_out;
	struct conv_seg last;		/* the one matched last */
	struct pkt *in[CONV_FRAMES];	/* answers of the link (ARP, NDP) */
	unsigned n_in;
	bool burst;			/* what is injected waits in in[] */
	unsigned icmp_out;		/* ICMP messages the stack sent */
	bool deaf;			/* the link answers nothing */

	struct stk_sock *sk, *lsn;
	uint32_t sent, got;		/* bytes of the application */
	unsigned events;		/* of the socket's last callback */
	unsigned calls;

	bool failed;
	char why[400];
};

typedef void conv_fn(struct conv *t);

struct conv_case {
	const char *name, *source;
	conv_fn *fn;
	struct conv_case *next;
};

void conv_register(struct conv_case *c);

/* A case; it is run over IPv4 and over IPv6. */
#define TCP_CASE(id, src) \
	static conv_fn id; \
	static struct conv_case case_##id = { #id, src, id, NULL }; \
	__attribute__((constructor)) static void register_##id(void) \
	{ \
		conv_register(&case_##id); \
	} \
	static void id(struct conv *t)

void say(struct conv *t, const char *script);
void advance(struct conv *t, uint64_t us);
/* A burst: n segments of 1000 bytes from byte `from` on, PSH on the last. */
void expect_data(struct conv *t, uint32_t from, uint32_t n);
/* Nothing was sent that has not been expected. */
void expect_idle(struct conv *t);
__attribute__((format(printf, 2, 3))) void fail(struct conv *t,
						const char *fmt, ...);
#define check(t, cond) \
	((cond) ? (void)0 : fail(t, "line %d: %s", __LINE__, #cond))
#define check_int(t, got, want) \
	do { \
		long long g_ = (long long)(got), w_ = (long long)(want); \
		if (g_ != w_) \
			fail(t, "line %d: %s is %lld, not %lld", __LINE__, \
			     #got, g_, w_); \
	} while (0)

/* A segment of the peer's by hand; payload follows the pattern. */
void inject(struct conv *t, const char *segment);
/* What is injected in between arrives at once, as from one read of a link. */
void begin_burst(struct conv *t);
void end_burst(struct conv *t);
/* An ICMP error quoting our segment at `seq` (relative). mtu: for too big. */
void inject_icmp(struct conv *t, uint8_t type, uint8_t code, unsigned mtu,
		 uint32_t seq);

/* --- the application ------------------------------------------------------ */

/* A listener on port 80. */
void app_listen(struct conv *t, int backlog);
/* listen, handshake, accept: no options but mss 1000, window 32000. */
void open_plain(struct conv *t);
/* The same with timestamps, SACK and window scale 7 (window 512 << 7). */
void open_full(struct conv *t);
/* The same with the options given, as in a '<' line, and a raw window. */
void open_with(struct conv *t, const char *options, unsigned win);
/* connect() from the stack; the SYN is still to be expected. */
void app_connect(struct conv *t);
/* connect, handshake with mss 1000 only. */
void open_active(struct conv *t);
int app_accept(struct conv *t);
void app_send(struct conv *t, uint32_t n);
/* What recv gives, at most n bytes; the pattern is checked. */
long app_recv(struct conv *t, uint32_t n);
void app_close(struct conv *t);
int app_set(struct conv *t, int level, int name, int value);
int app_get(struct conv *t, int level, int name);
struct tcp_pcb *pcb(struct conv *t);
uint64_t counter(struct conv *t, const char *name);
/* n bytes from the peer at relative seq, in full segments of `size`. */
void peer_send(struct conv *t, uint32_t seq, uint32_t n, uint32_t size,
	       uint32_t ack, unsigned win);
/* Throw away what the stack has sent; returns how many segments. */
unsigned drain(struct conv *t);

#endif
