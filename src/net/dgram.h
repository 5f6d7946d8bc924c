/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A socket that keeps boundaries: UDP, UDP-Lite, unix datagrams and unix
 * records (SOCK_SEQPACKET), which come and go by the batch.
 *
 * It is no endpoint, for an endpoint is a stream: here every piece has a
 * length of its own (0 too) and, without a connection, an address. One
 * system call moves many: recvmmsg(2), sendmmsg(2), and for UDP the offloads
 * of udp(7), UDP_SEGMENT and UDP_GRO, which carry a run of equal datagrams
 * through the stack as one.
 *
 * Nothing is cut unseen: buffers hold the largest UDP datagram, and what is
 * longer all the same says by how much (MSG_TRUNC, recv(2)).
 */
#ifndef SK_NET_DGRAM_H
#define SK_NET_DGRAM_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/err.h"
#include "loop/loop.h"
#include "sock/addr.h"

#define SK_DGRAM_SLOTS 32	/* to a recvmmsg(2) */
#define SK_DGRAM_FDS 253	/* SCM_MAX_FD of the kernel, unix(7) */
/* The largest payloads: 65535 less the headers of UDP, and of IPv4. */
#define SK_UDP4_MAX 65507
#define SK_UDP6_MAX 65527
#define SK_UNIX_MAX (1 << 20)	/* far above the preset of wmem_max */

struct sk_dgram_ops;
struct sk_dgram_layer;

struct sk_dgram {
	const struct sk_dgram_ops *ops; /* NULL: a socket of the kernel */
	struct sk_loop *loop;
	struct sk_dgram_layer *layer; /* the topmost; NULL: none */
	int fd, family, type;	/* fd -1: there is no descriptor */
	bool connected;
	bool listens;		/* a record socket: sk_dgram_accept() it */
	bool gso;		/* runs of equal datagrams may go as one */
	bool pktinfo;		/* received addresses of ours are told */
	bool has_error;		/* sk_dgram_error() has something to say */
	bool want_fds;		/* SCM_RIGHTS are taken, not refused */
	uint32_t lost, told;	/* dropped at our full queue; of these known */
	struct sk_addr addr;	/* ours */
	struct sk_addr peer;	/* theirs, when connected */
	struct sk_watch watch;
	void (*ready)(struct sk_dgram *d);
	/* Asked by a layer before it speaks with somebody; NULL: all are. */
	bool (*is_welcome)(struct sk_dgram *d, const struct sk_addr *from);
	void *owner;
};

/* The address of ours that a datagram came to, to answer from; 0: any. */
struct sk_dgram_local {
	sa_family_t family;	/* AF_UNSPEC: not known */
	union {
		struct in_addr in;
		struct in6_addr in6;
	};
};

/* What one slot of a batch brought: 1 or more datagrams of one sender. */
struct sk_dgram_slot {
	struct sk_addr from;	/* len 0: the connected peer, or unnamed */
	struct sk_dgram_local local;
	char *data;
	size_t len;		/* of all of them */
	size_t segment;		/* of each but the last; 0: there is one */
	size_t cut;		/* bytes that did not fit in */
	bool end;		/* no datagram: the peer has ended */
	bool begins;		/* no datagram: it is there (DTLS) */
	bool has_cred;
	struct ucred cred;	/* of the sender, unix(7) */
	int n_fds;
	int fds[SK_DGRAM_FDS];	/* the caller's, to be closed */
};

struct sk_dgram_batch {
	int n;			/* slots filled */
	size_t room;		/* bytes to a slot */
	struct sk_dgram_slot slot[SK_DGRAM_SLOTS];
	char *data, *control;
};

/* 0 or -ENOMEM. room: bytes that the largest datagram may have. */
int sk_dgram_batch_init(struct sk_dgram_batch *b, size_t room);
void sk_dgram_batch_fini(struct sk_dgram_batch *b);

/*
 * Take fd over: watched, and never waited for, whether it is non-blocking or
 * not (others may share it); asks the kernel for what its family
 * can tell (errors by IP_RECVERR, drops by SO_RXQ_OVFL, credentials). A
 * socket is called connected when it has a peer. gso, gro: use UDP_SEGMENT,
 * UDP_GRO. NULL with fd closed when it cannot be.
 */
struct sk_dgram *sk_dgram_new(struct sk_loop *loop, int fd, bool gso,
			      bool gro);
/* NULL is fine. */
void sk_dgram_free(struct sk_dgram *d);

/*
 * Receive up to max slots (SK_DGRAM_SLOTS at most) into the batch. Returns
 * their number, -EAGAIN, or another negative errno; then sk_dgram_error()
 * may know more.
 */
int sk_dgram_recv(struct sk_dgram *d, struct sk_dgram_batch *b, int max);

/* The next who has connected: 1 and *out, -EAGAIN, or a negative errno. */
int sk_dgram_accept(struct sk_dgram *d, struct sk_dgram **out);

/* Where to send: the peer if to is NULL; fds go with the first datagram. */
struct sk_dgram_to {
	const struct sk_addr *to;
	const struct sk_dgram_local *local; /* NULL: any */
	const int *fds;
	int n_fds;
};

/*
 * Send iov[0..n), each a datagram. Returns how many went, at least 1, or the
 * negative errno of the first: -EAGAIN when the socket is full.
 */
int sk_dgram_send(struct sk_dgram *d, const struct sk_dgram_to *to,
		  const struct iovec *iov, size_t n);

/* An error that came back about a datagram sent, ip(7) IP_RECVERR. */
struct sk_dgram_error {
	int error;		/* negative errno */
	uint32_t mtu;		/* with -EMSGSIZE: what the path takes */
	struct sk_addr to;	/* where it was to go; len 0: not told */
	struct sk_addr by;	/* who says so; len 0: this machine */
	const char *text;	/* "port unreachable" */
};

/* Take one from the queue of errors: 1, or 0 when there is none. */
int sk_dgram_error(struct sk_dgram *d, struct sk_dgram_error *e);
/* The text for what ICMP, or ICMPv6, says; else that of the errno. */
const char *sk_dgram_error_text(bool v6, uint8_t type, uint8_t code,
				int error);

/*
 * Sockets that are not the kernel's: the functions above, for them. ready()
 * is called through the watch, which is then a bare one.
 */
struct sk_dgram_ops {
	int (*recv)(struct sk_dgram *d, struct sk_dgram_batch *b, int max);
	int (*send)(struct sk_dgram *d, const struct sk_dgram_to *to,
		    const struct iovec *iov, size_t n);
	int (*error)(struct sk_dgram *d, struct sk_dgram_error *e);
	void (*free)(struct sk_dgram *d);
};

/* This peer is not wanted any more; a layer that knows ends tells it. */
void sk_dgram_forget(struct sk_dgram *d, const struct sk_addr *peer);

/* --- layers ----------------------------------------------------------------- */

/*
 * What stands between a socket and its user: DTLS, a relay of SOCKS. A layer
 * does what the functions above say, by the same functions for what is below
 * it; those without a function of their own go down by themselves.
 */
struct sk_dgram_layer_ops {
	int (*recv)(struct sk_dgram_layer *l, struct sk_dgram_batch *b,
		    int max);
	int (*send)(struct sk_dgram_layer *l, const struct sk_dgram_to *to,
		    const struct iovec *iov, size_t n);
	int (*error)(struct sk_dgram_layer *l, struct sk_dgram_error *e);
	void (*forget)(struct sk_dgram_layer *l, const struct sk_addr *peer);
	void (*free)(struct sk_dgram_layer *l);
};

struct sk_dgram_layer {
	const struct sk_dgram_layer_ops *ops;
	struct sk_dgram *sock;
	struct sk_dgram_layer *below;	/* NULL: the socket */
};

/* Put it on top; the socket owns it from now on. */
void sk_dgram_push(struct sk_dgram *d, struct sk_dgram_layer *l,
		   const struct sk_dgram_layer_ops *ops);
void sk_dgram_free_layers(struct sk_dgram *d);
/* An empty slot of the batch, which is to be filled by a layer. */
struct sk_dgram_slot *sk_dgram_slot(struct sk_dgram_batch *b, int i);

int sk_dgram_recv_below(struct sk_dgram_layer *l, struct sk_dgram_batch *b,
			int max);
int sk_dgram_send_below(struct sk_dgram_layer *l, const struct sk_dgram_to *to,
			const struct iovec *iov, size_t n);
int sk_dgram_error_below(struct sk_dgram_layer *l, struct sk_dgram_error *e);

/* The socket itself, for dgram_layer.c. */
int sk_dgram_sys_recv(struct sk_dgram *d, struct sk_dgram_batch *b, int max);
int sk_dgram_sys_send(struct sk_dgram *d, const struct sk_dgram_to *to,
		      const struct iovec *iov, size_t n);
int sk_dgram_sys_error(struct sk_dgram *d, struct sk_dgram_error *e);

#endif
