/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of a stack: what its folders share. Protocols are rows of
 * struct stk_proto; sockets begin with struct stk_sock; who receives a
 * segment is looked up in one table of keys.
 */
#ifndef SK_STACK_INTERNAL_H
#define SK_STACK_INTERNAL_H

#include <sys/queue.h>

#include "stack/addr.h"
#include "stack/hash.h"
#include "stack/pkt.h"
#include "stack/stk.h"
#include "stack/timer.h"

#define stk_container_of(ptr, type, member) \
	((type *)((uintptr_t)(ptr) - offsetof(type, member)))

/* --- counters --------------------------------------------------------------- */

enum stk_counter_id {
#define COUNTER(name, help) STK_CTR_##name,
#include "stack/counters.def"
#undef COUNTER
	STK_CTR_COUNT
};

#define CTR(s, name) ((s)->counters[STK_CTR_##name])

/* --- who gets a segment ----------------------------------------------------- */

/* Addresses and ports of an end point; wildcards: any address, port 0. */
struct stk_key {
	struct stk_ip local, remote;
	uint16_t lport, rport;
	uint8_t proto;		/* IPPROTO_TCP, IPPROTO_UDP */
};

/*
 * An entry of the table. Sockets embed one; so may smaller things that hold
 * a connection (TIME-WAIT, a half-open one): `kind` tells, 0 is a socket.
 */
struct stk_node {
	LIST_ENTRY(stk_node) link;
	struct stk_key key;
	uint8_t kind;
	bool hashed;
};

LIST_HEAD(stk_bucket, stk_node);

/* Insert by n->key, which must not change while it is hashed. */
void stk_node_add(struct stk *s, struct stk_node *n);
void stk_node_del(struct stk *s, struct stk_node *n);
/* This very key, no wildcards. Connections. */
struct stk_node *stk_node_find(struct stk *s, const struct stk_key *k);
/*
 * The best receiver for a packet from remote to local: this key, else one
 * bound to the local address and port, else to the port on any address of
 * the family.
 */
struct stk_node *stk_node_match(struct stk *s, const struct stk_key *k);
/* Would sk, bound to k->local and k->lport, stand in another's way? */
bool stk_port_taken(const struct stk_sock *sk, const struct stk_key *k);
/*
 * A free local port (RFC 6056 algorithm 3, 32768-60999) for k, whose rport
 * may be 0. -EADDRNOTAVAIL when none is left.
 */
int stk_port_choose(struct stk *s, const struct stk_key *k);

/* --- sockets ---------------------------------------------------------------- */

struct stk_icmp_err;

struct stk_proto {
	const char *name;	/* "tcp" */
	int type;		/* SOCK_STREAM */
	uint8_t ipproto;
	size_t size;		/* of its socket, a struct stk_sock first */

	/* Any may be NULL: -EOPNOTSUPP, or nothing to do. */
	int (*init)(struct stk_sock *sk);
	int (*listen)(struct stk_sock *sk, int backlog);
	int (*accept)(struct stk_sock *sk, struct stk_sock **peer);
	/* Local address and port, and the route, are settled before. */
	int (*connect)(struct stk_sock *sk);
	/* to and src may be NULL: the peer; what the route says. */
	ssize_t (*send)(struct stk_sock *sk, const struct iovec *iov, int n,
			const struct stk_addr *to, const struct stk_ip *src);
	ssize_t (*recv)(struct stk_sock *sk, const struct iovec *iov, int n,
			struct stk_addr *from, int flags);
	/* Of datagrams: stk_head(), stk_back(), stk_drops(). */
	bool (*head)(const struct stk_sock *sk, struct stk_head *h);
	bool (*back)(struct stk_sock *sk, struct stk_back *b);
	uint64_t (*drops)(const struct stk_sock *sk);
	int (*shutdown)(struct stk_sock *sk, int how);
	/* The handle is gone (user_closed is set): ends in stk_sock_free(),
	 * now or when the protocol is done. */
	void (*close)(struct stk_sock *sk);
	/* End at once and free, sending nothing (stk_free()). */
	void (*drop)(struct stk_sock *sk);
	/* The link is dead: fail with err and go on existing. */
	void (*fail)(struct stk_sock *sk, int err);
	/* -ENOPROTOOPT: not mine, try the common ones. */
	int (*setopt)(struct stk_sock *sk, int level, int name,
		      const void *val, size_t len);
	int (*getopt)(struct stk_sock *sk, int level, int name, void *val,
		      size_t *len);
	unsigned (*ready)(const struct stk_sock *sk);	/* STK_IN | STK_OUT */
	size_t (*unacked)(const struct stk_sock *sk);
	/* One line for tables: state and queues, "ESTAB rx 0 tx 0 …". */
	void (*show)(const struct stk_sock *sk, struct sk_out *out);

	/*
	 * A packet for this protocol: data at the transport header, ip filled,
	 * destination ours. Takes it over.
	 */
	void (*input)(struct stk *s, struct pkt *p);
	/* An ICMP error about something we sent. */
	void (*icmp)(struct stk *s, const struct stk_icmp_err *e);
	/* Instance-wide state of the protocol, s->tcp and the like. */
	int (*open)(struct stk *s);
	void (*shut)(struct stk *s);
};

struct stk_sock {
	const struct stk_proto *proto;
	struct stk *stk;
	TAILQ_ENTRY(stk_sock) all;
	TAILQ_ENTRY(stk_sock) notify;	/* callback is due */
	struct stk_node node;	/* its key: local and remote */
	uint16_t family;
	bool bound;		/* has a local port */
	bool connected;		/* has a remote address (key.remote) */
	bool user_closed;	/* stk_close() was called */
	bool notifying;
	bool local_any;		/* bound to the wildcard before connect */

	stk_ready_fn *fn;
	void *arg;
	int error;		/* SO_ERROR: positive errno, taken by reading */

	/* Common options. */
	uint32_t rcvbuf, sndbuf;
	bool reuseaddr, reuseport, keepalive, broadcast;
	bool linger;
	uint32_t linger_s;
	uint8_t ttl;		/* 0: the default, 64 */
	uint8_t mcast_ttl;
	bool mcast_loop;	/* what we send to groups we are in comes back */
	uint8_t tos;
	int8_t pmtudisc;	/* IP_PMTUDISC_*: -1 the protocol's default */
	uint32_t mark, priority;
};

/* A socket of a protocol, for accept(): common options copied from `like`. */
int stk_sock_new(struct stk *s, const struct stk_proto *proto, int family,
		 const struct stk_sock *like, struct stk_sock **sk);
/* Out of all lists, table and memory. */
void stk_sock_free(struct stk_sock *sk);
/* Something changed: the callback will run after the work of this round. */
void stk_sock_notify(struct stk_sock *sk);
/* Give the socket (its key is set, unhashed) a local port and hash it. */
int stk_sock_autobind(struct stk_sock *sk);
/* sockopt.c: SOL_SOCKET, IPPROTO_IP and IPPROTO_IPV6, same for all. */
int stk_common_setopt(struct stk_sock *sk, int level, int name,
		      const void *val, size_t len);
int stk_common_getopt(struct stk_sock *sk, int level, int name, void *val,
		      size_t *len);
/* An int out of val, as setsockopt(2) takes it; -EINVAL when too short. */
int stk_opt_int(const void *val, size_t len, int *out);
/* Give an int back, cut to *len as Linux does; *len is set. */
int stk_opt_put_int(int v, void *val, size_t *len);
/* Keep the error (positive errno) for SO_ERROR and notify. */
void stk_sock_error(struct stk_sock *sk, int err);

/* --- the instance ----------------------------------------------------------- */

/* Work put off to the end of a burst of input: ACKs, output. Embedded. */
struct stk_task {
	TAILQ_ENTRY(stk_task) link;
	void (*run)(struct stk *s, struct stk_task *t);
	bool queued;
};

void stk_defer(struct stk *s, struct stk_task *t);
void stk_undefer(struct stk *s, struct stk_task *t);

#define STK_BUCKETS 4096
#define STK_BURST 64

struct ip_state;		/* ip/ip.h */
struct neigh_table;		/* ip/neigh.h */
struct tcp_state;		/* tcp/ */
struct udp_state;

struct stk {
	uint64_t now;
	struct stk_config cfg;
	struct stk_link *link;
	int error;		/* of the link, for good */
	struct sk_err error_text;
	bool busy;		/* inside service: no callbacks now */
	bool failed;		/* … and its sockets have been told */
	bool more_input;	/* the link was not read empty */
	struct pkt_pool pool;

	struct stk_key128 secret;
	uint64_t random_count;
	uint32_t port_count;	/* RFC 6056 3.3.3: next_ephemeral */

	struct stk_timers timers;
	TAILQ_HEAD(stk_task_list, stk_task) tasks;
	TAILQ_HEAD(stk_sock_list, stk_sock) socks;
	struct stk_sock_list notify;
	struct stk_bucket *table; /* STK_BUCKETS */
	size_t n_socks, n_lingering;

	struct pkt *txq[STK_BURST];	/* frames of this burst */
	int n_tx;
	struct pktq loopback;

	struct ip_state *ip;
	struct tcp_state *tcp;
	struct udp_state *udp;
	uint64_t counters[STK_CTR_COUNT];
};

extern const struct stk_proto stk_tcp, stk_udp;
/* The protocols that are built in, NULL at the end. */
extern const struct stk_proto *const stk_protos[];

/* Unforeseeable numbers. */
uint32_t stk_random32(struct stk *s);
uint32_t stk_random_below(struct stk *s, uint32_t n);
/* The same input, the same output, for this stack alone. */
uint64_t stk_keyed_hash(const struct stk *s, const void *data, size_t len);
uint64_t stk_hash_key(const struct stk *s, const struct stk_key *k);

/* Tell the person (cfg.note). */
void stk_note(struct stk *s, bool warning, const char *fmt, ...)
	SK_PRINTF(3, 4);

/* The stack cannot go on: its sockets fail when this round is over. */
void stk_die(struct stk *s, int error, const char *why);

/* A frame, complete with Ethernet header, to the link at the burst's end. */
void stk_transmit(struct stk *s, struct pkt *frame);
/* Hand what waits to the link now. */
void stk_flush(struct stk *s);

#endif
