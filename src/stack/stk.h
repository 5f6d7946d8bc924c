/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stk: a TCP/IP host in a struct. No clock, no randomness, no global state,
 * and no system calls outside of links: give it frames and the time, it gives
 * back frames and events.
 *
 *	frames of the link, and time	stk_service(s, now)
 *	a frame by hand (tests)		stk_input(s, frame, now)
 *	due again at			stk_next_deadline(s), or link input
 *
 * Sockets are shaped as the kernel's: non-blocking, a count or a negative
 * errno. The callback of a socket is never run inside one of its calls, only
 * from stk_service(), stk_input() and stk_poll(), after the protocols have
 * done their work; it may call anything, stk_close() included.
 *
 * One thread per stk. Every buffer is counted; stk_free() asserts that none
 * is left. This is the only header of the stack that other floors may use.
 */
#ifndef SK_STACK_STK_H
#define SK_STACK_STK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/out.h"

struct stk;
struct stk_sock;
struct stk_link;
struct pkt;

/* --- addresses -------------------------------------------------------------- */

/* An address of either family; IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2). */
struct stk_ip {
	uint8_t b[16];
};

/* An address and port. len-less sockaddr of the stack. */
struct stk_addr {
	uint16_t family;	/* AF_INET, AF_INET6; AF_UNSPEC: none */
	uint16_t port;		/* host order */
	struct stk_ip ip;
};

#define STK_IP_TEXT 46		/* INET6_ADDRSTRLEN */
#define STK_ADDR_TEXT 56	/* "[" address "]:65535" */

/* From and to struct sockaddr_in and sockaddr_in6. False: another family. */
bool stk_addr_from(struct stk_addr *a, const void *sockaddr, size_t len);
/* Returns the length written; room for a sockaddr_in6 is needed. */
size_t stk_addr_to(const struct stk_addr *a, void *sockaddr);
/* "192.0.2.1:80", "[2001:db8::1]:80". Returns buf. */
const char *stk_addr_format(char buf[STK_ADDR_TEXT], const struct stk_addr *a);
const char *stk_ip_format(char buf[STK_IP_TEXT], const struct stk_ip *ip);
/* Numbers only. */
bool stk_ip_parse(struct stk_ip *ip, const char *text);

/* --- the instance ----------------------------------------------------------- */

#define STK_MAX_ADDRS 16	/* of all kinds, on the one interface */

struct stk_prefix {
	struct stk_ip ip;
	uint8_t len;		/* 0..32 or 0..128, by the family of ip */
};

/* What happens below the sockets and a person may want to know (-v). */
typedef void stk_note_fn(void *arg, bool warning, const char *text);

struct stk_config {
	uint8_t seed[32];	/* random: the secret of ISNs, ports, ids */
	uint8_t mac[6];		/* zero: made from the seed, or the link's */
	struct stk_prefix addrs[STK_MAX_ADDRS];
	size_t n_addrs;
	struct stk_ip gw4, gw6;	/* all zero: none */
	bool dhcp;		/* IPv4 address by DHCP (RFC 2131) */
	bool slaac;		/* IPv6 by router advertisements (RFC 4862) */
	bool no_dad;		/* take addresses without asking around */
	bool forward_none;	/* reserved; the host never forwards */
	size_t memory;		/* bytes of packet buffers; 0: 64 MiB */
	stk_note_fn *note;
	void *note_arg;
};

/*
 * A host on link, which it owns from now on, also on failure. NULL without
 * memory. now in microseconds of any steady clock, never 0.
 */
struct stk *stk_new(const struct stk_config *c, struct stk_link *link,
		    uint64_t now);
/* All sockets must be closed by their owners; what lingers is dropped. */
void stk_free(struct stk *s);

/* Read the link, run the timers, send what is due, call the callbacks. */
void stk_service(struct stk *s, uint64_t now);
/* One frame, as if read from the link; takes it over. */
void stk_input(struct stk *s, struct pkt *frame, uint64_t now);
/* Timers and deferred work only. */
void stk_poll(struct stk *s, uint64_t now);
/* When to call again at the latest; SK_NEVER: only on input. */
uint64_t stk_next_deadline(struct stk *s);
/* Tell the time before socket calls that follow a pause. */
void stk_set_now(struct stk *s, uint64_t now);

/* Descriptor of the link to poll, or -1; *out: also for output. */
int stk_fd(const struct stk *s, bool *out);
/*
 * 0, or the negative errno the link has failed with, for good; the sentence
 * in err. Its sockets have been reset.
 */
int stk_error(const struct stk *s, struct sk_err *err);

/*
 * Is there an address to work with (of family, or of any: AF_UNSPEC), and
 * none that is still being asked for?
 */
bool stk_is_up(const struct stk *s, int family);
/* Is somebody at the other end of the link, as far as one can know? */
bool stk_carrier(const struct stk *s);
/* Closed sockets that still have data or a FIN to deliver. */
size_t stk_lingering(const struct stk *s);
/* Packets that wait for a neighbour's address, or for room in the link. */
bool stk_has_output(const struct stk *s);
/* Address i in use, with prefix; false beyond the last. */
bool stk_address(const struct stk *s, size_t i, struct stk_prefix *p);
unsigned stk_mtu(const struct stk *s);

/* Tables for people: sockets, neighbours, routes, counters that moved. */
void stk_show(struct stk *s, struct sk_out *out);
/* A counter by its name in counters.def; 0 when there is none. */
uint64_t stk_counter(const struct stk *s, const char *name);

/* --- sockets ---------------------------------------------------------------- */

enum stk_events {
	STK_IN = 1,		/* recv or accept will not say -EAGAIN */
	STK_OUT = 2,		/* send will not; connect has ended */
	STK_ERR = 4,		/* SO_ERROR is pending */
	STK_HUP = 8,		/* both directions are at their end */
};

/* events: what is possible now. Called again only when something changed. */
typedef void stk_ready_fn(struct stk_sock *sk, unsigned events, void *arg);

/* AF_INET or AF_INET6 (that alone), SOCK_STREAM or SOCK_DGRAM. */
int stk_socket(struct stk *s, int family, int type, struct stk_sock **sk);
void stk_on_ready(struct stk_sock *sk, stk_ready_fn *fn, void *arg);
unsigned stk_ready(const struct stk_sock *sk);

/* Port 0: one that is free. -EADDRINUSE, -EADDRNOTAVAIL. */
int stk_bind(struct stk_sock *sk, const struct stk_addr *a);
int stk_listen(struct stk_sock *sk, int backlog);
/* 0 and a new socket, or -EAGAIN, -EINVAL. */
int stk_accept(struct stk_sock *sk, struct stk_sock **peer);
/* 0 (datagrams), -EINPROGRESS, then STK_OUT and SO_ERROR tell. */
int stk_connect(struct stk_sock *sk, const struct stk_addr *a);

/*
 * to: only for datagrams, NULL: the connected peer. A datagram is sent whole
 * or not at all (-EMSGSIZE; -ENOBUFS: in a moment, as the neighbour has not
 * answered yet); a stream takes what fits, -EAGAIN when nothing.
 */
ssize_t stk_send(struct stk_sock *sk, const struct iovec *iov, int n,
		 const struct stk_addr *to);
/*
 * 0 at the end of a stream. from may be NULL. flags: MSG_PEEK; MSG_TRUNC
 * (datagrams: return the real length; streams: drop instead of copy).
 */
ssize_t stk_recv(struct stk_sock *sk, const struct iovec *iov, int n,
		 struct stk_addr *from, int flags);

/* --- more of datagrams ------------------------------------------------------ */

/* The datagram that stk_recv() gives next. */
struct stk_head {
	struct stk_addr from;
	struct stk_ip to;	/* the address of ours, or group, it came to */
	size_t len;
};
/* False: there is none, or sk is no socket of datagrams. */
bool stk_head(const struct stk_sock *sk, struct stk_head *h);
/* stk_send() from src, an address of ours, whatever the routes prefer. */
ssize_t stk_send_from(struct stk_sock *sk, const struct iovec *iov, int n,
		      const struct stk_addr *to, const struct stk_ip *src);
/* Datagrams that a full receive queue has dropped (SO_RXQ_OVFL). */
uint64_t stk_drops(const struct stk_sock *sk);

/*
 * What came back about a datagram sent, after IP_RECVERR or IPV6_RECVERR was
 * set (ip(7)); SO_ERROR then stays silent. The oldest are kept.
 */
struct stk_back {
	int error;		/* positive errno */
	uint8_t type, code;	/* of ICMP, or ICMPv6 by the family of by */
	unsigned mtu;		/* with EMSGSIZE: what the path takes */
	struct stk_addr to;	/* where it was to go */
	struct stk_ip by;	/* who says so; ours: we do */
};
/* False: there is none (any more). */
bool stk_back(struct stk_sock *sk, struct stk_back *b);

/* Is it a broadcast address of the stack's networks, or of all? */
bool stk_is_broadcast(const struct stk *s, const struct stk_ip *ip);
/* The link has all the frames waiting that it likes to have: a sender whom
 * nobody else slows down should pause. */
bool stk_congested(const struct stk *s);

/* --- all kinds -------------------------------------------------------------- */

/* how: SHUT_RD, SHUT_WR, SHUT_RDWR. */
int stk_shutdown(struct stk_sock *sk, int how);
/* The handle is gone; a stream goes on alone until its bytes are delivered,
 * or by SO_LINGER with time 0 is reset. */
void stk_close(struct stk_sock *sk);

/* SOL_SOCKET, IPPROTO_IP, …: the numbers and value layouts of Linux. */
int stk_setopt(struct stk_sock *sk, int level, int name, const void *val,
	       size_t len);
int stk_getopt(struct stk_sock *sk, int level, int name, void *val,
	       size_t *len);
int stk_local(const struct stk_sock *sk, struct stk_addr *a);
int stk_peer(const struct stk_sock *sk, struct stk_addr *a); /* -ENOTCONN */
/* Bytes given to send that the peer has not acknowledged (SIOCOUTQ). */
size_t stk_unacked(const struct stk_sock *sk);

/* --- links ------------------------------------------------------------------ */

/*
 * A SPEC as on the command line (sockkit-stack(7)): the link, and what it
 * says of addresses. c is filled except for seed and note; usage errors for a
 * SPEC of bad form, run-time errors of opening it.
 *
 *	tap[,dev=NAME,mtu=N,txqueuelen=N,persist,no-offload]
 *	wire,path=SOCKET[,mtu=N]
 *	with all: ip=ADDR/LEN|dhcp, ip6=slaac, gw=ADDR, mac=MAC, pcap=FILE,
 *	loss= dup= reorder= corrupt= delay= jitter= rate= queue= seed=
 */
int stk_open(const char *spec, struct stk_config *c, struct stk_link **link,
	     struct sk_err *err);
/* How the outside reaches it, for -v: "tap0, kernel side 198.18.0.1". */
const char *stk_link_text(const struct stk_link *link);
void stk_link_free(struct stk_link *link);

/* Two links, what goes into one comes out of the other; mtu each. */
int stk_pair(struct stk_link *ends[2], unsigned mtu);

struct stk_impair {
	double loss, dup, reorder, corrupt;	/* 0..1 */
	uint64_t delay, jitter;			/* us */
	uint64_t rate;				/* bytes per second; 0: any */
	size_t queue;				/* frames; 0: 1000 */
	uint64_t seed;
};

/*
 * A link that treats badly what it hands on to below (owned): [0] what we
 * receive, [1] what we send. NULL without memory, below is then untouched.
 */
struct stk_link *stk_impair(struct stk_link *below,
			    const struct stk_impair dirs[2]);
/* Keep every frame in a pcapng file. */
struct stk_link *stk_capture(struct stk_link *below, const char *file,
			     struct sk_err *err);

#endif
