/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The TCP header and its options (RFC 9293 3.1, RFC 7323, RFC 2018), and
 * sequence numbers, which are compared by these functions only.
 */
#ifndef SK_STACK_WIRE_TCP_H
#define SK_STACK_WIRE_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TCP_SIZE 20
#define TCP_SIZE_MAX 60
#define TCP_CSUM_AT 16
#define TCP_SACK_MAX 4

enum tcp_flags {
	TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8,
	TCP_ACK = 16, TCP_URG = 32, TCP_ECE = 64, TCP_CWR = 128,
};

struct tcp_sack {
	uint32_t start, end;	/* [start, end) */
};

/* The options there are. n_sack 0: no SACK blocks. */
struct tcp_opts {
	bool has_mss, has_wscale, has_ts, sack_ok;
	uint8_t wscale;		/* as sent; RFC 7323 2.3: above 14 is 14 */
	uint16_t mss;
	uint32_t ts_val, ts_ecr;
	uint8_t n_sack;
	struct tcp_sack sack[TCP_SACK_MAX];
	uint8_t fo_len;		/* Fast Open (RFC 7413): bytes of the cookie */
	bool has_fo;
	uint8_t fo[16];
};

struct tcp_hdr {
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint8_t hdr;		/* bytes, options included */
	uint16_t flags;		/* enum tcp_flags */
	uint16_t win;		/* as on the wire */
	uint16_t csum, urg;
	struct tcp_opts opts;
};

/*
 * Header bytes, or -EBADMSG: shorter than 20, data offset below 5 or beyond
 * len. An option with a length of 0 or 1, beyond the header, or other than
 * its kind has, ends the list: what came before it counts (as Linux does).
 */
int tcp_parse(const uint8_t *p, size_t len, struct tcp_hdr *h);

/* Bytes of the header that tcp_emit() writes for these options: 20..60. */
size_t tcp_emit_size(const struct tcp_hdr *h);
/*
 * Write it; returns tcp_emit_size(). Options in the order of Linux: with SYN
 * mss, sackOK+TS, wscale; else nop nop TS, nop nop SACK (as many blocks as
 * fit). The checksum field is 0.
 */
size_t tcp_emit(uint8_t *p, const struct tcp_hdr *h);

/* --- sequence numbers (RFC 9293 3.4) ---------------------------------------- */

static inline bool seq_lt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool seq_le(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

static inline bool seq_gt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static inline bool seq_ge(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) >= 0;
}

/* a <= x < b */
static inline bool seq_in(uint32_t x, uint32_t a, uint32_t b)
{
	return x - a < b - a;
}

static inline uint32_t seq_max(uint32_t a, uint32_t b)
{
	return seq_gt(a, b) ? a : b;
}

static inline uint32_t seq_min(uint32_t a, uint32_t b)
{
	return seq_lt(a, b) ? a : b;
}

#endif
