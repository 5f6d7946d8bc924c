/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An endpoint is one end of a byte stream: a kernel socket, stdin and stdout,
 * a service inside us; later a socket of the embedded stack, a child process,
 * TLS over any of these.
 *
 * Non-blocking throughout. recv and send return a count, 0 for the end of
 * input (recv), or -EAGAIN and a call of ready() later, if that was wanted;
 * any other negative errno ends that direction. Nobody above this line knows
 * which kind it holds.
 *
 * Where bytes need not pass through us, an endpoint lends the descriptors
 * below it (`in` to take bytes from, `out` to put them into) and the relay
 * moves them by splice(2) and sendfile(2). A layer that changes bytes lends
 * none.
 */
#ifndef SK_NET_ENDPOINT_H
#define SK_NET_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/err.h"
#include "loop/loop.h"
#include "sock/addr.h"

enum sk_raw_kind {
	SK_RAW_NONE,		/* bytes must pass through us */
	SK_RAW_SOCKET,		/* a stream socket */
	SK_RAW_TCP,		/* a TCP socket: MSG_TRUNC discards in place */
	SK_RAW_PIPE,
	SK_RAW_FILE,		/* a regular file */
	SK_RAW_NULL,		/* /dev/null */
};

struct sk_raw {
	enum sk_raw_kind kind;
	struct sk_watch *watch;	/* fd and readiness; NULL: NONE, or a NULL
				 * that is no file */
};

/* What is known of the end of an endpoint's input. */
enum sk_input {
	SK_INPUT_FINITE,	/* ends by itself: a file, a peer, a service */
	SK_INPUT_OPEN,		/* may never end: a pipe somebody holds */
	SK_INPUT_PERSON,	/* a terminal */
	SK_INPUT_NONE,		/* there is none, and so it never ends */
};

/* A program behind an endpoint: a session waits for its end, and ends then. */
enum sk_life { SK_LIFE_NONE, SK_LIFE_RUNS, SK_LIFE_OVER };

/* How far what was sent has come. */
struct sk_sent {
	int error;		/* 0, or the negative errno it failed with */
	uint64_t unacked;	/* bytes not yet acknowledged by the peer */
};

struct endpoint;

struct endpoint_ops {
	const char *kind;	/* "tcp", "stdio" … */
	ssize_t (*recv)(struct endpoint *ep, void *buf, size_t len);
	ssize_t (*send)(struct endpoint *ep, const struct iovec *iov, int n);
	/* Our half only; after it nothing is sent. 0 or negative errno. */
	int (*shutdown)(struct endpoint *ep);
	/* SK_IN | SK_OUT: call ready() when any is possible. */
	void (*want)(struct endpoint *ep, unsigned events);
	/* NULL where what is sent counts as delivered. */
	void (*sent)(struct endpoint *ep, struct sk_sent *sent);
	void (*free)(struct endpoint *ep);
	/* For sockets; NULL: there is no such thing. */
	void (*abort)(struct endpoint *ep);
	const struct sk_addr *(*peer)(const struct endpoint *ep);
	int (*local)(const struct endpoint *ep, struct sk_addr *a);
	int (*tcp_info)(const struct endpoint *ep, void *info, size_t *len);
};

struct endpoint {
	const struct endpoint_ops *ops;
	struct sk_loop *loop;
	struct sk_raw in, out;
	enum sk_input input;
	enum sk_life life;
	uint64_t connect_us, tls_us; /* what setting it up took; 0: no such */
	int broken;		/* not 0: it gave up by itself; negative errno */
	struct endpoint *below;	/* of a layer, which owns it; else NULL */
	const char *said;	/* the last error in the layer's own words */
	/* What messages call it: "127.0.0.1:80"; in and out may differ. */
	const char *name_in, *name_out;
	void (*ready)(struct endpoint *ep);
	void *owner;
};

static inline const struct endpoint *endpoint_bottom(const struct endpoint *ep)
{
	while (ep->below)
		ep = ep->below;
	return ep;
}

static inline ssize_t endpoint_recv(struct endpoint *ep, void *buf, size_t len)
{
	return ep->ops->recv(ep, buf, len);
}

static inline ssize_t endpoint_send(struct endpoint *ep, const struct iovec *iov,
				    int n)
{
	return ep->ops->send(ep, iov, n);
}

static inline int endpoint_shutdown(struct endpoint *ep)
{
	return ep->ops->shutdown(ep);
}

static inline void endpoint_want(struct endpoint *ep, unsigned events)
{
	ep->ops->want(ep, events);
}

static inline void endpoint_sent(struct endpoint *ep, struct sk_sent *sent)
{
	*sent = (struct sk_sent){ 0 };
	if (ep->ops->sent)
		ep->ops->sent(ep, sent);
}

/* NULL is fine. */
void endpoint_free(struct endpoint *ep);

/*
 * A connected stream socket of any family. Takes fd over on success and sets
 * O_NONBLOCK on it. peer may be NULL: then it is asked for. 0 or negative
 * errno.
 */
int endpoint_socket(struct endpoint **ep, struct sk_loop *loop, int fd,
		    const struct sk_addr *peer);
/* The fd at the bottom, or -1 when that is no kernel socket. Not handed on. */
int endpoint_socket_fd(const struct endpoint *ep);
/* Descriptors that travel with bytes, unix(7) SCM_RIGHTS. */
struct sk_pass {
	const int *fds;		/* go with the first byte sent; not owned */
	int n_fds;
	bool take;		/* those received are told of, and closed */
};
/* Of a unix socket; kept, not copied. Bytes pass through us from now on. */
void endpoint_socket_pass(struct endpoint *ep, const struct sk_pass *pass);
/*
 * Look at what is to be received: copies of the descriptors that come with its
 * first byte, close-on-exec and the caller's; the bytes stay. Returns their
 * number (0 also at the end), -EAGAIN when nothing has come yet, or another
 * negative errno. Of a unix stream, with room for SK_DGRAM_FDS of them.
 */
int endpoint_socket_peek_fds(struct endpoint *ep, int fds[]);
/* Make free() send RST instead of FIN, where there is such a thing. */
void endpoint_abort(struct endpoint *ep);
/* Addresses of the kernel socket, below layers too; len 0 where is none. */
const struct sk_addr *endpoint_peer(const struct endpoint *ep);

/* Our own address, likewise. */
void endpoint_local(const struct endpoint *ep, struct sk_addr *a);
/* TCP_INFO of tcp(7), at most *len bytes, which is set. 0 or negative errno. */
int endpoint_tcp_info(const struct endpoint *ep, void *info, size_t *len);

/*
 * stdin and stdout. A stdin that is closed or not readable (nohup) is at its
 * end at once. With `quiet_null` it, and /dev/null, count as no input at all:
 * a listener in the background has nothing to say, and says so by neither
 * byte nor FIN. 0 or negative errno.
 */
int endpoint_stdio(struct endpoint **ep, struct sk_loop *loop,
		   bool quiet_null);
/* Size of what stdin still has to give, where it is a file; else 0. */
uint64_t endpoint_stdio_size(const struct endpoint *ep);
/* Both ends are terminals; then `in` of the endpoint has stdin's watch. */
bool endpoint_stdio_is_terminal(const struct endpoint *ep);
/* stdout is one, whatever stdin is. */
bool endpoint_stdio_shows(const struct endpoint *ep);
bool endpoint_stdio_is_file(const struct endpoint *ep);

/* Takes everything, gives nothing (RFC 863). 0 or negative errno. */
int endpoint_discard(struct endpoint **ep, struct sk_loop *loop);

#endif
