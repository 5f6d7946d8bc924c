/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/dgram.h"

#include <fcntl.h>
#include <limits.h>
#include <netinet/udp.h>
#include <unistd.h>

#include "base/fd.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

#define SEGMENTS_MAX 64		/* UDP_MAX_SEGMENTS of the older kernels */
#define SEND_BATCH 64

/* Room for the messages that come with a datagram, of either family. */
#define CRED_SPACE CMSG_SPACE(sizeof(struct ucred))
#define FDS_SPACE CMSG_SPACE(SK_DGRAM_FDS * sizeof(int))
#define INET_SPACE \
	(CMSG_SPACE(sizeof(struct in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int)))
#define CONTROL_MAX (CRED_SPACE + FDS_SPACE + INET_SPACE)

/* --- batches ---------------------------------------------------------------- */

int sk_dgram_batch_init(struct sk_dgram_batch *b, size_t room)
{
	memset(b, 0, sizeof(*b));
	b->room = room;
	b->data = malloc(room * SK_DGRAM_SLOTS);
	b->control = malloc(CONTROL_MAX * SK_DGRAM_SLOTS);
	if (b->data && b->control)
		return 0;
	sk_dgram_batch_fini(b);
	return -ENOMEM;
}

void sk_dgram_batch_fini(struct sk_dgram_batch *b)
{
	free(b->data);
	free(b->control);
	b->data = b->control = NULL;
}

struct sk_dgram_slot *sk_dgram_slot(struct sk_dgram_batch *b, int i)
{
	struct sk_dgram_slot *s = &b->slot[i];

	s->data = b->data + (size_t)i * b->room;
	s->len = s->segment = s->cut = 0;
	s->from.len = 0;
	s->local.family = AF_UNSPEC;
	s->end = s->begins = s->has_cred = false;
	s->n_fds = 0;
	return s;
}

/* --- life ------------------------------------------------------------------- */

static void on_ready(struct sk_watch *w)
{
	struct sk_dgram *d = sk_container_of(w, struct sk_dgram, watch);

	if (d->ready)
		d->ready(d);
}

static void set_on(int fd, int level, int name)
{
	const int on = 1;

	setsockopt(fd, level, name, &on, sizeof(on));
}

/* All are wishes: an old kernel that lacks one still moves datagrams. */
static void ask_inet(struct sk_dgram *d, bool gso, bool gro)
{
	bool v6 = d->family == AF_INET6;
	socklen_t len = sizeof(int);
	int protocol = 0;

	set_on(d->fd, SOL_SOCKET, SO_RXQ_OVFL);
	set_on(d->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
	       v6 ? IPV6_RECVERR : IP_RECVERR);
	if (!d->connected) {
		set_on(d->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
		       v6 ? IPV6_RECVPKTINFO : IP_PKTINFO);
		d->pktinfo = true;
	}
	if (getsockopt(d->fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) < 0 ||
	    protocol != IPPROTO_UDP)
		return;
	if (gro)
		set_on(d->fd, IPPROTO_UDP, UDP_GRO);
	d->gso = gso;
}

struct sk_dgram *sk_dgram_new(struct sk_loop *loop, int fd, bool gso, bool gro)
{
	struct sk_dgram *d = calloc(1, sizeof(*d));
	socklen_t len = sizeof(int);
	int listens = 0;

	if (!d || sk_watch_init(&d->watch, loop, fd, on_ready) < 0) {
		free(d);
		sk_close(&fd);
		return NULL;
	}
	d->loop = loop;
	d->fd = fd;
	sk_addr_local(&d->addr, fd);
	d->family = d->addr.sa.sa_family;
	d->connected = sk_addr_peer(&d->peer, fd) >= 0;
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &d->type, &len);
	getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len);
	d->listens = listens;
	if (d->family == AF_UNIX)
		set_on(fd, SOL_SOCKET, SO_PASSCRED);
	else
		ask_inet(d, gso, gro);
	sk_watch_assume(&d->watch, SK_IN | SK_OUT);
	return d;
}

void sk_dgram_free(struct sk_dgram *d)
{
	if (!d)
		return;
	sk_dgram_free_layers(d);
	sk_watch_fini(&d->watch);
	if (d->ops) {
		d->ops->free(d);
		return;
	}
	sk_close(&d->fd);
	free(d);
}

/* --- receiving -------------------------------------------------------------- */

static void take_fds(struct sk_dgram_slot *s, const struct cmsghdr *c)
{
	size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < n; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
		if (s->n_fds < SK_DGRAM_FDS)
			s->fds[s->n_fds++] = fd;
		else
			sk_close(&fd);
	}
}

static void take_pktinfo4(struct sk_dgram_slot *s, const struct cmsghdr *c)
{
	struct in_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof(info));
	/* Never the group or the broadcast address: the one to answer from. */
	s->local.in = info.ipi_spec_dst;
	s->local.family = AF_INET;
}

static void take_pktinfo6(struct sk_dgram_slot *s, const struct cmsghdr *c)
{
	struct in6_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof(info));
	/* A link's own address says nothing without the link. */
	if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr) ||
	    IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
		return;
	s->local.in6 = info.ipi6_addr;
	s->local.family = AF_INET6;
}

static void take_message(struct sk_dgram *d, struct sk_dgram_slot *s,
			 const struct cmsghdr *c)
{
	int n = 0;

	if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		take_fds(s, c);
	} else if (c->cmsg_level == SOL_SOCKET &&
		   c->cmsg_type == SCM_CREDENTIALS) {
		memcpy(&s->cred, CMSG_DATA(c), sizeof(s->cred));
		s->has_cred = true;
	} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
		memcpy(&d->lost, CMSG_DATA(c), sizeof(d->lost));
	} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		take_pktinfo4(s, c);
	} else if (c->cmsg_level == IPPROTO_IPV6 &&
		   c->cmsg_type == IPV6_PKTINFO) {
		take_pktinfo6(s, c);
	} else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
		memcpy(&n, CMSG_DATA(c), sizeof(n));
		s->segment = n > 0 && (size_t)n < s->len ? (size_t)n : 0;
	}
}

/*
 * The end of a record socket reads as 0 bytes, and so does an empty record.
 * Only the latter was sent by somebody, so only it has credentials.
 */
static void take_slot(struct sk_dgram *d, struct sk_dgram_slot *s,
		      struct mmsghdr *m, size_t room)
{
	const size_t addr_room = sizeof(s->from) - offsetof(struct sk_addr, sa);
	struct msghdr *h = &m->msg_hdr;
	size_t len = m->msg_len;

	s->len = len < room ? len : room;
	s->cut = len - s->len;
	s->from.len = h->msg_namelen < addr_room ? h->msg_namelen :
						   (socklen_t)addr_room;
	/* An unbound unix socket has a family and no name. */
	if (d->family == AF_UNIX &&
	    s->from.len <= offsetof(struct sockaddr_un, sun_path))
		s->from.len = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c))
		take_message(d, s, c);
	for (; !d->want_fds && s->n_fds; s->n_fds--)
		sk_close(&s->fds[s->n_fds - 1]);
	s->end = d->type == SOCK_SEQPACKET && !len && !s->has_cred;
}

/* Without room for them, the kernel lets no descriptors in at all. */
static size_t control_room(const struct sk_dgram *d)
{
	if (d->family != AF_UNIX)
		return INET_SPACE;
	return d->want_fds ? CRED_SPACE + FDS_SPACE : CRED_SPACE;
}

int sk_dgram_sys_recv(struct sk_dgram *d, struct sk_dgram_batch *b, int max)
{
	struct mmsghdr m[SK_DGRAM_SLOTS];
	struct iovec iov[SK_DGRAM_SLOTS];
	int n;

	b->n = 0;
	if (!(d->watch.can & SK_IN) || max < 1)
		return -EAGAIN;
	if (d->ops)
		return d->ops->recv(d, b, max);
	for (int i = 0; i < max; i++) {
		struct sk_dgram_slot *s = sk_dgram_slot(b, i);

		iov[i] = (struct iovec){ s->data, b->room };
		m[i].msg_hdr = (struct msghdr){
			.msg_name = &s->from.sa,
			.msg_namelen = sizeof(s->from) -
				       offsetof(struct sk_addr, sa),
			.msg_iov = &iov[i],
			.msg_iovlen = 1,
			.msg_control = b->control + (size_t)i * CONTROL_MAX,
			.msg_controllen = control_room(d),
		};
	}
	do
		n = recvmmsg(d->fd, m, (unsigned)max,
			     MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC, NULL);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		if (errno == EAGAIN)
			sk_watch_blocked(&d->watch, SK_IN);
		return -errno;
	}
	for (int i = 0; i < n; i++)
		take_slot(d, &b->slot[i], &m[i], b->room);
	return b->n = n;
}

int sk_dgram_accept(struct sk_dgram *d, struct sk_dgram **out)
{
	int fd;

	do
		fd = accept4(d->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (fd < 0) {
		if (errno == EAGAIN)
			sk_watch_blocked(&d->watch, SK_IN);
		return -errno;
	}
	*out = sk_dgram_new(d->loop, fd, false, false);
	if (!*out)
		return -ENOMEM;
	(*out)->want_fds = d->want_fds;
	return 1;
}

/* --- sending ---------------------------------------------------------------- */

struct control {
	size_t len;
	union {
		char buf[CRED_SPACE + FDS_SPACE + INET_SPACE];
		struct cmsghdr align;
	};
};

static void add_message(struct control *c, int level, int type,
			const void *data, size_t len)
{
	struct cmsghdr *h = (void *)(c->buf + c->len);

	memset(h, 0, CMSG_SPACE(len));
	h->cmsg_level = level;
	h->cmsg_type = type;
	h->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(h), data, len);
	c->len += CMSG_SPACE(len);
}

/* From the address that was asked, though the routes may prefer another. */
static void add_local(struct control *c, const struct sk_dgram_local *local)
{
	struct in_pktinfo info4 = { 0 };
	struct in6_pktinfo info6 = { 0 };

	if (local->family == AF_INET) {
		info4.ipi_spec_dst = local->in;
		add_message(c, IPPROTO_IP, IP_PKTINFO, &info4, sizeof(info4));
	} else if (local->family == AF_INET6) {
		info6.ipi6_addr = local->in6;
		add_message(c, IPPROTO_IPV6, IPV6_PKTINFO, &info6,
			    sizeof(info6));
	}
}

static void set_head(struct msghdr *h, const struct sk_dgram_to *to,
		     const struct control *c)
{
	*h = (struct msghdr){ 0 };
	if (to->to) {
		h->msg_name = (void *)(uintptr_t)&to->to->sa;
		h->msg_namelen = to->to->len;
	}
	if (c->len) {
		h->msg_control = (void *)(uintptr_t)c->buf;
		h->msg_controllen = c->len;
	}
}

/* How many of iov, from the first, are of one size; the last may be shorter. */
static size_t run_length(const struct iovec *iov, size_t n)
{
	size_t size = iov[0].iov_len, total = size, i;

	if (!size)
		return 1;
	for (i = 1; i < n && i < SEGMENTS_MAX; i++) {
		total += iov[i].iov_len;
		if (iov[i].iov_len > size || !iov[i].iov_len ||
		    total > SK_UDP4_MAX)
			break;
		if (iov[i].iov_len < size)
			return i + 1;
	}
	return i;
}

/*
 * A run as one message that the stack, or the card, parts. It is refused where
 * a segment would need fragments or the card knows no checksums; then not
 * again. Returns the number sent, 0: go the other way, or negative errno.
 */
static int send_run(struct sk_dgram *d, const struct sk_dgram_to *to,
		    const struct control *base, const struct iovec *iov,
		    size_t n)
{
	struct control c = *base;
	uint16_t size = (uint16_t)iov[0].iov_len;
	struct msghdr h;

	n = run_length(iov, n);
	if (n < 2)
		return 0;
	add_message(&c, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size));
	set_head(&h, to, &c);
	h.msg_iov = (struct iovec *)(uintptr_t)iov;
	h.msg_iovlen = n;
	if (sendmsg(d->fd, &h, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return (int)n;
	if (errno != EINVAL && errno != EIO && errno != EOPNOTSUPP &&
	    errno != EMSGSIZE)
		return -errno;
	d->gso = false;
	return 0;
}

static int send_each(struct sk_dgram *d, const struct sk_dgram_to *to,
		     struct control *c, const struct iovec *iov, size_t n)
{
	struct mmsghdr m[SEND_BATCH];
	int r;

	if (n > SEND_BATCH)
		n = SEND_BATCH;
	if (to->n_fds) {
		add_message(c, SOL_SOCKET, SCM_RIGHTS, to->fds,
			    (size_t)to->n_fds * sizeof(int));
		n = 1;
	}
	for (size_t i = 0; i < n; i++) {
		set_head(&m[i].msg_hdr, to, c);
		m[i].msg_hdr.msg_iov = (struct iovec *)(uintptr_t)&iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	r = sendmmsg(d->fd, m, (unsigned)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return r < 0 ? -errno : r;
}

static int send_some(struct sk_dgram *d, const struct sk_dgram_to *to,
		     const struct iovec *iov, size_t n)
{
	struct control c = { .len = 0 };
	int r;

	if (to->local)
		add_local(&c, to->local);
	do {
		r = d->gso ? send_run(d, to, &c, iov, n) : 0;
		if (!r)
			r = send_each(d, to, &c, iov, n);
	} while (r == -EINTR);
	return r;
}

int sk_dgram_sys_send(struct sk_dgram *d, const struct sk_dgram_to *to,
		      const struct iovec *iov, size_t n)
{
	int r;

	if (!(d->watch.can & SK_OUT))
		return -EAGAIN;
	if (d->ops)
		return d->ops->send(d, to, iov, n);
	r = send_some(d, to, iov, n);
	/*
	 * What came back about an earlier datagram, to anybody, is given to
	 * the next call, whatever that is for. Once: so ask again.
	 */
	if (r < 0 && r != -EAGAIN && d->family != AF_UNIX && !d->connected) {
		d->has_error = true;
		r = send_some(d, to, iov, n);
	}
	/* A full queue of a unix receiver that is not our peer wakes nobody:
	 * the watch keeps its word only where it will be told. */
	if (r == -EAGAIN && (d->family != AF_UNIX || d->connected))
		sk_watch_blocked(&d->watch, SK_OUT);
	return r;
}
