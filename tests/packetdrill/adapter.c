/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packetdrill's shared-library mode (its packetdrill.h) for the embedded
 * stack: packetdrill --so_filename=adapter.so --so_flags=FLAGS script.pkt
 *
 * FLAGS: local=ADDR,remote=ADDR, both as given to packetdrill.
 *
 * The clock is virtual: each look at it takes a microsecond, sleeping moves
 * it, and waiting for a packet moves it to the next timer of the stack. A
 * blocking call comes from a second thread; one lock holds everything, and
 * the call tries again until it gets somewhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <linux/sockios.h>

#include "stack/link/link.h"
#include "stack/stk_internal.h"
#include "stack/tcp/pcb.h"
#include "stack/wire/bytes.h"
#include "interface.h"

#define FD_MAX 256
#define FRAMES 256
#define START_US (1000000 * SK_SEC)
/* Nothing is sent for this long: the script waits in vain. */
#define PATIENCE_US (1000 * SK_SEC)

struct drill {
	pthread_mutex_t lock;
	struct stk *s;
	struct stk_link link;
	uint64_t now;
	struct stk_sock *fd[FD_MAX];
	bool nonblock[FD_MAX];
	int blocked;		/* calls that wait */
	struct {
		uint8_t b[2048];
		size_t len;
		uint64_t at;
	} out[FRAMES];
	unsigned n_out, n_taken;
	uint8_t in[FRAMES][128];
	size_t in_len[FRAMES];
	unsigned n_in;
};

static const uint8_t peer_mac[6] = { 2, 0, 0, 0, 0, 1 };

/* --- the link ------------------------------------------------------------- */

static void answer_arp(struct drill *d, const uint8_t *f, size_t len)
{
	uint8_t *r;

	if (len < 42 || get16(f + 20) != 1 || d->n_in == FRAMES ||
	    !memcmp(f + 28, f + 38, 4))
		return;
	r = d->in[d->n_in];
	memcpy(r, f + 6, 6);
	memcpy(r + 6, peer_mac, 6);
	memcpy(r + 12, f + 12, 8);
	put16(r + 20, 2);
	memcpy(r + 22, peer_mac, 6);
	memcpy(r + 28, f + 38, 4);
	memcpy(r + 32, f + 22, 10);
	d->in_len[d->n_in++] = 42;
}

static void frame_out(struct drill *d, const struct pkt *p)
{
	uint8_t f[2048];
	size_t len = pkt_read(p, 0, f, sizeof(f));
	unsigned type = get16(f + 12);

	if (type == 0x0806) {
		answer_arp(d, f, len);
		return;
	}
	/* TCP and ICMP of IPv4 only: the rest is our own housekeeping. */
	if (type != 0x0800 || d->n_out == FRAMES ||
	    (f[23] != IPPROTO_TCP && f[23] != IPPROTO_ICMP))
		return;
	memcpy(d->out[d->n_out].b, f + 14, len - 14);
	d->out[d->n_out].len = len - 14;
	d->out[d->n_out++].at = d->now;
}

static int link_send(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	(void)now;
	for (int i = 0; i < n; i++) {
		frame_out(stk_container_of(l, struct drill, link), v[i]);
		pkt_free(v[i]);
	}
	return n;
}

static int link_recv(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	(void)l;
	(void)v;
	(void)n;
	(void)now;
	return 0;
}

static void link_free(struct stk_link *l)
{
	(void)l;
}

static const struct stk_link_ops link_ops = {
	.name = "packetdrill",
	.send = link_send,
	.recv = link_recv,
	.free = link_free,
};

static void frame_in(struct drill *d, const void *frame, size_t len)
{
	struct pkt *p = pkt_new(&d->s->pool, 0, len);

	if (!p)
		return;
	memcpy(pkt_put(p, len), frame, len);
	stk_input(d->s, p, d->now);
}

static void settle(struct drill *d)
{
	do {
		while (d->n_in) {
			uint8_t f[128];
			size_t len = d->in_len[--d->n_in];

			memcpy(f, d->in[d->n_in], len);
			frame_in(d, f, len);
		}
		stk_poll(d->s, d->now);
	} while (d->n_in);
}

static void move_clock(struct drill *d, uint64_t to)
{
	uint64_t next;

	while ((next = stk_next_deadline(d->s)) <= to) {
		if (next > d->now)
			d->now = next;
		settle(d);
	}
	d->now = to;
	settle(d);
}

/* --- descriptors ---------------------------------------------------------- */

static int give(int r)
{
	if (r >= 0)
		return r;
	errno = -r;
	return -1;
}

static struct stk_sock *of_fd(struct drill *d, int fd)
{
	return fd < 0 || fd >= FD_MAX ? NULL : d->fd[fd];
}

/* A real descriptor keeps the number: packetdrill closes them itself. */
static int new_fd(struct drill *d, struct stk_sock *sk)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0 || fd >= FD_MAX) {
		stk_close(sk);
		return -EMFILE;
	}
	d->fd[fd] = sk;
	d->nonblock[fd] = false;
	return fd;
}

static struct drill *enter(void *ud)
{
	struct drill *d = ud;

	pthread_mutex_lock(&d->lock);
	return d;
}

static int leave(struct drill *d, ssize_t r)
{
	settle(d);
	pthread_mutex_unlock(&d->lock);
	return give((int)r);
}

/* A blocking call got -EAGAIN: let others work. False: it must not wait. */
static bool wait_turn(struct drill *d, int fd, int flags)
{
	const struct timespec nap = { 0, 20000 };

	settle(d);
	if (d->nonblock[fd] || (flags & MSG_DONTWAIT))
		return false;
	d->blocked++;
	pthread_mutex_unlock(&d->lock);
	nanosleep(&nap, NULL);
	pthread_mutex_lock(&d->lock);
	d->blocked--;
	return of_fd(d, fd);
}

/* --- socket calls --------------------------------------------------------- */

static int drill_socket(void *ud, int domain, int type, int protocol)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk;
	int r = stk_socket(d->s, domain, type & 0xf, &sk);

	(void)protocol;
	if (r == 0)
		r = new_fd(d, sk);
	if (r >= 0 && (type & SOCK_NONBLOCK))
		d->nonblock[r] = true;
	return leave(d, r);
}

static int with_addr(void *ud, int fd, const struct sockaddr *sa,
		     socklen_t len,
		     int (*call)(struct stk_sock *, const struct stk_addr *))
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);
	struct stk_addr a;
	int r = -EBADF;

	if (sk)
		r = stk_addr_from(&a, sa, len) ? call(sk, &a) : -EINVAL;
	return leave(d, r);
}

static int drill_bind(void *ud, int fd, const struct sockaddr *sa,
		      socklen_t len)
{
	return with_addr(ud, fd, sa, len, stk_bind);
}

static int drill_listen(void *ud, int fd, int backlog)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);

	return leave(d, sk ? stk_listen(sk, backlog) : -EBADF);
}

static int drill_accept(void *ud, int fd, struct sockaddr *sa, socklen_t *len)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd), *peer = NULL;
	uint8_t to[sizeof(struct sockaddr_in6)];
	struct stk_addr a;
	int r = -EBADF;

	while (sk && (r = stk_accept(sk, &peer)) == -EAGAIN)
		if (!wait_turn(d, fd, 0))
			break;
	if (r == 0) {
		if (sa && len && stk_peer(peer, &a) == 0) {
			*len = (socklen_t)stk_addr_to(&a, to);
			memcpy(sa, to, *len);
		}
		r = new_fd(d, peer);
	}
	return leave(d, r);
}

static int take_error(struct stk_sock *sk)
{
	size_t len = sizeof(int);
	int e = 0;

	stk_getopt(sk, SOL_SOCKET, SO_ERROR, &e, &len);
	return -e;
}

static int drill_connect(void *ud, int fd, const struct sockaddr *sa,
			 socklen_t len)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);
	struct stk_addr a;
	int r = -EBADF;

	if (sk)
		r = stk_addr_from(&a, sa, len) ? stk_connect(sk, &a) : -EINVAL;
	if (r != -EINPROGRESS || d->nonblock[fd])
		return leave(d, r);
	while (!stk_ready(sk) && wait_turn(d, fd, 0))
		;
	return leave(d, take_error(sk));
}

static ssize_t receive(void *ud, int fd, const struct iovec *iov, int n,
		       struct stk_addr *from, int flags)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);
	ssize_t r = -EBADF;

	while (sk && (r = stk_recv(sk, iov, n, from, flags)) == -EAGAIN)
		if (!wait_turn(d, fd, flags))
			break;
	return leave(d, r);
}

static ssize_t transmit(void *ud, int fd, const struct iovec *iov, int n,
			int flags)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);
	ssize_t r = -EBADF, done = 0;
	struct iovec rest[16];

	if (n > 16)
		return leave(d, -EINVAL);
	memcpy(rest, iov, (size_t)n * sizeof(*iov));
	while (sk) {
		size_t skip;
		int i;

		r = stk_send(sk, rest, n, NULL);
		skip = r > 0 ? (size_t)r : 0;
		done += (ssize_t)skip;
		for (i = 0; i < n && skip >= rest[i].iov_len; i++) {
			skip -= rest[i].iov_len;
			rest[i].iov_len = 0;
		}
		if (i < n) {
			rest[i].iov_base = (uint8_t *)rest[i].iov_base + skip;
			rest[i].iov_len -= skip;
		}
		if (i == n || (r < 0 && r != -EAGAIN) ||
		    !wait_turn(d, fd, flags))
			break;
		sk = of_fd(d, fd);
	}
	return leave(d, done ? done : r);
}

static ssize_t drill_read(void *ud, int fd, void *buf, size_t len)
{
	struct iovec v = { buf, len };

	return receive(ud, fd, &v, 1, NULL, 0);
}

static ssize_t drill_readv(void *ud, int fd, const struct iovec *iov, int n)
{
	return receive(ud, fd, iov, n, NULL, 0);
}

static ssize_t drill_recv(void *ud, int fd, void *buf, size_t len, int flags)
{
	struct iovec v = { buf, len };

	return receive(ud, fd, &v, 1, NULL, flags);
}

static ssize_t drill_recvfrom(void *ud, int fd, void *buf, size_t len,
			      int flags, struct sockaddr *sa, socklen_t *salen)
{
	(void)sa;
	(void)salen;
	return drill_recv(ud, fd, buf, len, flags);
}

static ssize_t drill_recvmsg(void *ud, int fd, struct msghdr *m, int flags)
{
	m->msg_controllen = 0;
	m->msg_flags = 0;
	return receive(ud, fd, m->msg_iov, (int)m->msg_iovlen, NULL, flags);
}

static ssize_t drill_write(void *ud, int fd, const void *buf, size_t len)
{
	struct iovec v = { (void *)(uintptr_t)buf, len };

	return transmit(ud, fd, &v, 1, 0);
}

static ssize_t drill_writev(void *ud, int fd, const struct iovec *iov, int n)
{
	return transmit(ud, fd, iov, n, 0);
}

static ssize_t drill_send(void *ud, int fd, const void *buf, size_t len,
			  int flags)
{
	struct iovec v = { (void *)(uintptr_t)buf, len };

	return transmit(ud, fd, &v, 1, flags);
}

static ssize_t drill_sendto(void *ud, int fd, const void *buf, size_t len,
			    int flags, const struct sockaddr *sa,
			    socklen_t salen)
{
	(void)sa;
	(void)salen;
	return drill_send(ud, fd, buf, len, flags);
}

static ssize_t drill_sendmsg(void *ud, int fd, const struct msghdr *m,
			     int flags)
{
	return transmit(ud, fd, m->msg_iov, (int)m->msg_iovlen, flags);
}

static int drill_fcntl(void *ud, int fd, int cmd, ...)
{
	struct drill *d = enter(ud);
	int r = of_fd(d, fd) ? 0 : -EBADF, arg;
	va_list ap;

	va_start(ap, cmd);
	if (r == 0 && cmd == F_GETFL) {
		r = O_RDWR | (d->nonblock[fd] ? O_NONBLOCK : 0);
	} else if (r == 0 && cmd == F_SETFL) {
		arg = va_arg(ap, int);
		d->nonblock[fd] = arg & O_NONBLOCK;
	}
	va_end(ap);
	return leave(d, r);
}

static int drill_ioctl(void *ud, int fd, unsigned long request, ...)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);
	struct tcp_pcb *p = (struct tcp_pcb *)sk;
	int r = sk ? 0 : -EBADF, *to;
	va_list ap;

	va_start(ap, request);
	to = va_arg(ap, int *);
	va_end(ap);
	if (r == 0 && request == SIOCINQ)
		*to = (int)tcp_readable(p);
	else if (r == 0 && request == SIOCOUTQ)
		*to = (int)tcp_unacked_bytes(p);
	else if (r == 0 && request == SIOCOUTQNSD)
		*to = (int)tcp_unsent(p);
	else if (r == 0)
		r = -ENOTTY;
	return leave(d, r);
}

static int drill_close(void *ud, int fd)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);

	if (!sk)
		return leave(d, -EBADF);
	d->fd[fd] = NULL;
	stk_close(sk);
	close(fd);
	return leave(d, 0);
}

static int drill_shutdown(void *ud, int fd, int how)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);

	return leave(d, sk ? stk_shutdown(sk, how) : -EBADF);
}

static int drill_getsockopt(void *ud, int fd, int level, int name, void *val,
			    socklen_t *len)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);
	size_t n = *len;
	int r = sk ? stk_getopt(sk, level, name, val, &n) : -EBADF;

	*len = (socklen_t)n;
	return leave(d, r);
}

static int drill_setsockopt(void *ud, int fd, int level, int name,
			    const void *val, socklen_t len)
{
	struct drill *d = enter(ud);
	struct stk_sock *sk = of_fd(d, fd);

	return leave(d, sk ? stk_setopt(sk, level, name, val, len) : -EBADF);
}

static int look(struct drill *d, struct pollfd *v, nfds_t n)
{
	int ready = 0;

	for (nfds_t i = 0; i < n; i++) {
		struct stk_sock *sk = of_fd(d, v[i].fd);
		unsigned e = sk ? stk_ready(sk) : 0;

		v[i].revents = (short)(sk ? 0 : POLLNVAL);
		if (e & STK_IN)
			v[i].revents |= POLLIN;
		if (e & STK_OUT)
			v[i].revents |= POLLOUT;
		v[i].revents &= v[i].events;
		if (e & STK_ERR)
			v[i].revents |= POLLERR;
		if (e & STK_HUP)
			v[i].revents |= POLLHUP;
		ready += v[i].revents != 0;
	}
	return ready;
}

static int drill_poll(void *ud, struct pollfd *v, nfds_t n, int timeout)
{
	struct drill *d = enter(ud);
	uint64_t end = d->now + (uint64_t)(timeout < 0 ? INT32_MAX : timeout) *
		       SK_MSEC;
	int r;

	while ((r = look(d, v, n)) == 0 && d->now < end)
		if (!wait_turn(d, v[0].fd, 0))
			break;
	return leave(d, r);
}

/* --- the device and the clock --------------------------------------------- */

static int drill_netdev_send(void *ud, const void *buf, size_t len)
{
	struct drill *d = enter(ud);
	uint8_t f[65536 + 14];

	memcpy(f, d->s->cfg.mac, 6);
	memcpy(f + 6, peer_mac, 6);
	put16(f + 12, 0x0800);
	memcpy(f + 14, buf, len);
	frame_in(d, f, len + 14);
	return leave(d, 0);
}

static void hopeless(void)
{
	fprintf(stderr, "adapter: the stack sends nothing any more\n");
	exit(1);
}

/* Let a call that waits in another thread see what has come. */
static void let_others(struct drill *d)
{
	const struct timespec nap = { 0, 200000 };

	pthread_mutex_unlock(&d->lock);
	nanosleep(&nap, NULL);
	pthread_mutex_lock(&d->lock);
}

static int drill_netdev_receive(void *ud, void *buf, size_t *len,
				long long *at)
{
	struct drill *d = enter(ud);
	uint64_t end = d->now + PATIENCE_US;

	while (d->n_taken == d->n_out) {
		uint64_t next;

		d->n_taken = d->n_out = 0;
		if (d->blocked)
			let_others(d);
		if (d->n_out)
			break;
		next = stk_next_deadline(d->s);
		if (next > end)
			hopeless();
		move_clock(d, next > d->now ? next : d->now);
	}
	*len = d->out[d->n_taken].len;
	memcpy(buf, d->out[d->n_taken].b, *len);
	*at = (long long)d->out[d->n_taken++].at;
	return leave(d, 0);
}

static int drill_usleep(void *ud, useconds_t us)
{
	struct drill *d = enter(ud);

	if (d->blocked)
		let_others(d);
	move_clock(d, d->now + us);
	return leave(d, 0);
}

static int drill_gettimeofday(void *ud, struct timeval *tv,
			      struct timezone *tz)
{
	struct drill *d = enter(ud);

	(void)tz;
	move_clock(d, d->now + 1);
	tv->tv_sec = (time_t)(d->now / SK_SEC);
	tv->tv_usec = (suseconds_t)(d->now % SK_SEC);
	return leave(d, 0);
}

/*
 * packetdrill reads tcp_info for its assertions by getsockopt(2) itself, not
 * by the table: with the adapter in LD_PRELOAD as well, this one is called.
 */
static struct drill *preloaded;

__attribute__((visibility("default"))) int
getsockopt(int fd, int level, int name, void *val, socklen_t *len)
{
	if (!preloaded || !of_fd(preloaded, fd))
		return (int)syscall(SYS_getsockopt, fd, level, name, val, len);
	if (drill_getsockopt(preloaded, fd, level, name, val, len) == 0)
		return 0;
	/* TCP_CC_INFO, SO_MEMINFO: asked for always, used by few. */
	memset(val, 0, *len);
	return 0;
}

/* --- not there ------------------------------------------------------------ */

static int drill_epoll_create(void *ud, int size)
{
	(void)ud;
	(void)size;
	return give(-ENOSYS);
}

static int drill_epoll_ctl(void *ud, int ep, int op, int fd,
			   struct epoll_event *e)
{
	(void)ud;
	(void)ep;
	(void)op;
	(void)fd;
	(void)e;
	return give(-ENOSYS);
}

static int drill_epoll_wait(void *ud, int ep, struct epoll_event *e, int max,
			    int timeout)
{
	(void)ud;
	(void)ep;
	(void)e;
	(void)max;
	(void)timeout;
	return give(-ENOSYS);
}

static int drill_pipe(void *ud, int fd[2])
{
	(void)ud;
	(void)fd;
	return give(-ENOSYS);
}

static int drill_splice(void *ud, int in, loff_t *off_in, int out,
			loff_t *off_out, size_t len, unsigned flags)
{
	(void)ud;
	(void)in;
	(void)off_in;
	(void)out;
	(void)off_out;
	(void)len;
	(void)flags;
	return give(-ENOSYS);
}

/* --- beginning and end ---------------------------------------------------- */

static void drill_free(void *ud)
{
	struct drill *d = ud;

	for (int i = 0; i < FD_MAX; i++)
		if (d->fd[i])
			stk_close(d->fd[i]);
	stk_free(d->s);
	free(d);
}

static void flag(const char *flags, const char *name, struct stk_ip *ip)
{
	const char *at = flags ? strstr(flags, name) : NULL;
	char text[64];

	if (!at)
		return;
	snprintf(text, sizeof(text), "%.*s",
		 (int)strcspn(at + strlen(name), ","), at + strlen(name));
	if (!stk_ip_parse(ip, text)) {
		fprintf(stderr, "adapter: no address: %s\n", text);
		exit(2);
	}
}

static struct drill *make(const char *flags)
{
	struct stk_config c = { .no_dad = true, .n_addrs = 1 };
	struct drill *d = calloc(1, sizeof(*d));

	if (!d)
		exit(1);
	pthread_mutex_init(&d->lock, NULL);
	d->now = START_US;
	d->link = (struct stk_link){ .ops = &link_ops, .mtu = 1500, .fd = -1 };
	memset(c.seed, 1, sizeof(c.seed));
	stk_ip_parse(&c.addrs[0].ip, "192.168.0.1");
	flag(flags, "local=", &c.addrs[0].ip);
	/* Everything is on the link: its ARP answers for all. */
	c.addrs[0].len = 0;
	d->s = stk_new(&c, &d->link, d->now);
	if (!d->s)
		exit(1);
	/* net.ipv4.tcp_rmem as the scripts set it: window scale 8. */
	d->s->tcp->buf_max = 15 << 20;
	preloaded = d;
	return d;
}

__attribute__((visibility("default"))) void
packetdrill_interface_init(const char *flags, struct packetdrill_interface *f);

void packetdrill_interface_init(const char *flags,
				struct packetdrill_interface *f)
{
	*f = (struct packetdrill_interface){
		.userdata = make(flags), .free = drill_free,
		.socket = drill_socket, .bind = drill_bind,
		.listen = drill_listen, .accept = drill_accept,
		.connect = drill_connect, .read = drill_read,
		.readv = drill_readv, .recv = drill_recv,
		.recvfrom = drill_recvfrom, .recvmsg = drill_recvmsg,
		.write = drill_write, .writev = drill_writev,
		.send = drill_send, .sendto = drill_sendto,
		.sendmsg = drill_sendmsg, .fcntl = drill_fcntl,
		.ioctl = drill_ioctl, .close = drill_close,
		.shutdown = drill_shutdown, .getsockopt = drill_getsockopt,
		.setsockopt = drill_setsockopt, .poll = drill_poll,
		.netdev_send = drill_netdev_send,
		.netdev_receive = drill_netdev_receive,
		.usleep = drill_usleep, .gettimeofday = drill_gettimeofday,
		.epoll_create = drill_epoll_create,
		.epoll_ctl = drill_epoll_ctl,
		.epoll_wait = drill_epoll_wait, .pipe = drill_pipe,
		.splice = drill_splice,
	};
}
