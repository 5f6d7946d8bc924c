/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ethernet frames over a Unix stream socket, each behind its length in four
 * bytes, big endian: what `qemu -netdev stream` and passt speak. Whoever comes
 * first listens; the next one connects; no more are let in.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "stack/link/link.h"
#include "stack/wire/bytes.h"
#include "stack/wire/eth.h"

#define PREFIX 4
#define WIRE_MTU 1500
#define FRAME_MAX (65535 + ETH_SIZE + 4)
#define RX_SIZE (256 << 10)
#define TX_FRAMES 2048
#define TX_IOV 256
#define ATTEMPTS 5
/* Between bind(2) and listen(2) a socket of others refuses, as one does whose
 * owner has died; only the latter does so for long. Ours: see appear(). */
#define REFUSALS 30
#define REFUSAL_MS 10

struct wire {
	struct stk_link link;
	int listen_fd, fd;
	struct sockaddr_un at;	/* ours to unlink while listen_fd is open */
	char name[128];		/* the same for people */
	struct pktq tx;		/* with their prefixes */
	size_t rx_start, rx_end;
	uint8_t rx[RX_SIZE];
};

static struct wire *wire_of(struct stk_link *l)
{
	return (struct wire *)((uintptr_t)l - offsetof(struct wire, link));
}

/* --- meeting ---------------------------------------------------------------- */

/* Nobody is to connect where two have met. */
static void stop_listening(struct wire *w)
{
	if (w->listen_fd >= 0)
		unlink(w->at.sun_path);
	sk_close(&w->listen_fd);
}

static void connected(struct wire *w, int fd)
{
	int size = 1 << 20;

	/* A frame is small; the socket's queue is what absorbs bursts. */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	w->fd = w->link.fd = fd;
	w->link.no_carrier = false;
	stop_listening(w);
}

static void try_accept(struct wire *w)
{
	int fd = accept4(w->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		connected(w, fd);
}

/* 0 or a negative errno. */
static int connect_patiently(int fd, const struct sockaddr *sa, socklen_t len)
{
	static const struct timespec pause = { 0, REFUSAL_MS * 1000000 };

	for (int i = 0; i < REFUSALS; i++) {
		if (!connect(fd, sa, len))
			return 0;
		if (errno != ECONNREFUSED)
			return -errno;
		nanosleep(&pause, NULL);
	}
	return -ECONNREFUSED;
}

/* A socket that somebody left who has died: away with it, and only with such.
 * 0 or a negative errno. */
static int clear_way(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	return unlink(path) && errno != ENOENT ? -errno : 0;
}

/*
 * Listen, under a name that nobody knows, and only then have the right one:
 * however slow we are, no other takes us for one who died. A path with no
 * room for more, or where there are no links, is taken as it is.
 * 0 or a negative errno.
 */
static int appear(const struct wire *w, int fd)
{
	struct sockaddr_un at = w->at;
	int n = snprintf(at.sun_path, sizeof(at.sun_path), "%s.%d",
			 w->at.sun_path, (int)getpid()), r = 0;

	if (n >= (int)sizeof(at.sun_path))
		at = w->at;
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 1))
		return -errno;
	if (n >= (int)sizeof(at.sun_path))
		return 0;
	if (link(at.sun_path, w->at.sun_path))
		r = errno == EEXIST ? -EADDRINUSE : -errno;
	if ((r == -EPERM || r == -EOPNOTSUPP) &&
	    !rename(at.sun_path, w->at.sun_path))
		return 0;
	unlink(at.sun_path);
	return r;
}

/* 1: connected; 0: we listen; or a negative errno. */
static int meet_once(struct wire *w)
{
	SK_AUTO_FD fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
						SOCK_NONBLOCK, 0);
	const struct sockaddr *sa = (const struct sockaddr *)&w->at;
	int r;

	if (fd < 0)
		return -errno;
	r = connect_patiently(fd, sa, sizeof(w->at));
	if (!r) {
		connected(w, sk_steal_fd(&fd));
		return 1;
	}
	if (r == -ECONNREFUSED)
		r = clear_way(w->at.sun_path);
	if (r < 0 && r != -ENOENT)
		return r;
	r = appear(w, fd);
	if (r < 0)
		return r;
	w->listen_fd = w->link.fd = sk_steal_fd(&fd);
	w->link.no_carrier = true;
	return 0;
}

/* Two that start at the same moment may miss each other once. */
static int meet(struct wire *w)
{
	int r = -EADDRINUSE;

	for (int i = 0; i < ATTEMPTS && r == -EADDRINUSE; i++)
		r = meet_once(w);
	return r;
}

/* --- sending ---------------------------------------------------------------- */

/* The length in front; a packet without room gets a head for it. */
static struct pkt *prefixed(struct pkt *p)
{
	uint32_t len = p->total;
	uint8_t *at = pkt_push(p, PREFIX);
	struct pkt *head;

	if (at) {
		put32(at, len);
		return p;
	}
	head = pkt_new(p->pool, 0, PREFIX);
	if (!head) {
		pkt_free(p);
		return NULL;
	}
	put32(pkt_put(head, PREFIX), len);
	pkt_append(head, p);
	return head;
}

/* As many frames as fit into one call. */
static int gather(const struct pktq *q, struct iovec *iov)
{
	int n = 0;

	for (const struct pkt *p = q->head; p; p = p->next) {
		int r = pkt_iov(p, iov + n, TX_IOV - n);

		if (r < 0)
			break;
		n += r;
	}
	return n;
}

static void sent(struct wire *w, size_t n)
{
	while (n) {
		struct pkt *p = w->tx.head;

		if (n < p->total) {
			pkt_pull(p, n);
			w->tx.bytes -= n;
			return;
		}
		n -= p->total;
		pkt_free(pktq_pop(&w->tx));
	}
}

static int died(struct wire *w, int r)
{
	if (r == -EPIPE || r == -ECONNRESET)
		return sk_fail(&w->link.err, -EPIPE,
			       "wire: %s: the peer has gone", w->name);
	return sk_fail(&w->link.err, r, "wire: %s: %s", w->name,
		       sk_strerror(r));
}

static int flush(struct wire *w)
{
	struct iovec iov[TX_IOV];

	while (w->tx.n && w->fd >= 0) {
		struct msghdr m = { .msg_iov = iov };
		ssize_t n;

		m.msg_iovlen = (size_t)gather(&w->tx, iov);
		n = sendmsg(w->fd, &m, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		/* What it said last is still to be read; its end is behind. */
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			pktq_clear(&w->tx);
		else if (n < 0 && errno != EAGAIN)
			return died(w, -errno);
		if (n < 0)
			break;
		sent(w, (size_t)n);
	}
	w->link.want_out = w->tx.n != 0;
	w->link.congested = w->tx.n >= TX_FRAMES / 2;
	return 0;
}

static int wire_send(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	struct wire *w = wire_of(l);
	int taken = 0, r;

	(void)now;
	for (int i = 0; i < n; i++) {
		/* Nobody there, or too slow: lost, as on any wire. */
		if (w->fd < 0 || w->tx.n >= TX_FRAMES) {
			pkt_free(v[i]);
			continue;
		}
		v[i] = prefixed(v[i]);
		if (v[i]) {
			pktq_push(&w->tx, v[i]);
			taken++;
		}
	}
	r = flush(w);
	return r < 0 ? r : taken;
}

/* --- receiving -------------------------------------------------------------- */

/* 1: there are more bytes; 0: none now; or a negative errno. */
static int fill(struct wire *w)
{
	ssize_t n;

	if (w->rx_start) {
		memmove(w->rx, w->rx + w->rx_start, w->rx_end - w->rx_start);
		w->rx_end -= w->rx_start;
		w->rx_start = 0;
	}
	n = recv(w->fd, w->rx + w->rx_end, RX_SIZE - w->rx_end, 0);
	if (n > 0) {
		w->rx_end += (size_t)n;
		return 1;
	}
	if (!n)
		return died(w, -EPIPE);
	return errno == EAGAIN || errno == EINTR ? 0 : died(w, -errno);
}

/* 1: a frame; 0: not all of one; or a negative errno. */
static int next_frame(struct wire *w, struct pkt **p)
{
	const uint8_t *at = w->rx + w->rx_start;
	size_t have = w->rx_end - w->rx_start, len;

	if (have < PREFIX)
		return 0;
	len = get32(at);
	if (len > FRAME_MAX)
		return sk_fail(&w->link.err, -EPROTO,
			       "wire: %s: the peer does not send frames",
			       w->name);
	if (have < PREFIX + len)
		return 0;
	w->rx_start += PREFIX + len;
	*p = pkt_new(w->link.pool, 0, len < PKT_LARGE ? len : PKT_LARGE);
	/* Without memory a frame is lost, which all above are ready for. */
	if (*p && !pkt_append_bytes(*p, at + PREFIX, len)) {
		pkt_free(*p);
		*p = NULL;
	}
	return 1;
}

static int wire_recv(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	struct wire *w = wire_of(l);
	int got = 0, r = flush(w);

	(void)now;
	if (w->fd < 0)
		try_accept(w);
	if (w->fd < 0 || r < 0)
		return r;
	while (got < n) {
		r = next_frame(w, &v[got]);
		if (r > 0) {
			got += v[got] != NULL;
			continue;
		}
		if (r == 0)
			r = fill(w);
		if (r <= 0)
			break;
	}
	return got ? got : r < 0 ? r : 0;
}

/* --- life ------------------------------------------------------------------- */

static void wire_free(struct stk_link *l)
{
	struct wire *w = wire_of(l);

	flush(w);
	stop_listening(w);
	sk_close(&w->fd);
	pktq_clear(&w->tx);
	free(w);
}

static const struct stk_link_ops wire_ops = {
	.name = "wire",
	.send = wire_send,
	.recv = wire_recv,
	.free = wire_free,
};

int stk_wire(struct stk_link **l, const char *path, unsigned mtu, bool *first,
	     struct sk_err *err)
{
	struct wire *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	w->link = (struct stk_link){ .ops = &wire_ops, .fd = -1,
				     .mtu = mtu ? mtu : WIRE_MTU };
	w->fd = w->listen_fd = -1;
	pktq_init(&w->tx);
	w->at.sun_family = AF_UNIX;
	sk_escape(w->name, sizeof(w->name), path, strlen(path));
	if (sk_copy(w->at.sun_path, sizeof(w->at.sun_path), path) < 0) {
		r = sk_usage(err, "stack: wire: path=%s: too long", w->name);
		free(w);
		return r;
	}
	r = meet(w);
	if (r < 0) {
		r = sk_fail(err, r, "stack: wire: %s: %s", w->name,
			    sk_strerror(r));
		free(w);
		return r;
	}
	*first = r == 0;
	snprintf(w->link.text, sizeof(w->link.text), "wire %.120s (%s)", w->name,
		 *first ? "waiting for the other end" : "joined");
	*l = &w->link;
	return 0;
}
