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
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "adapter.h"

#define START_US (1000000 * SK_SEC)
/* Nothing is sent for this long: the script waits in vain. */
#define PATIENCE_US (1000 * SK_SEC)

/* --- the link ------------------------------------------------------------- */

static void packet_out(struct drill *d, const struct pkt *p)
{
	uint8_t *b;
	size_t len;

	if (d->n_out == FRAMES)
		return;
	b = d->out[d->n_out].b;
	len = pkt_read(p, 0, b, sizeof(d->out->b));
	/* TCP and ICMP of IPv4 only: the rest is our own housekeeping. */
	if (len < 20 || b[0] >> 4 != 4 ||
	    (b[9] != IPPROTO_TCP && b[9] != IPPROTO_ICMP))
		return;
	d->out[d->n_out].len = len;
	d->out[d->n_out++].at = d->now;
}

static int link_send(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	(void)now;
	for (int i = 0; i < n; i++) {
		packet_out(stk_container_of(l, struct drill, link), v[i]);
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

static void move_clock(struct drill *d, uint64_t to)
{
	uint64_t next;

	while ((next = stk_next_deadline(d->s)) <= to) {
		if (next > d->now)
			d->now = next;
		stk_poll(d->s, d->now);
	}
	d->now = to;
	stk_poll(d->s, d->now);
}

/* --- descriptors ---------------------------------------------------------- */

int give(int r)
{
	if (r >= 0)
		return r;
	errno = -r;
	return -1;
}

struct stk_sock *of_fd(struct drill *d, int fd)
{
	return fd < 0 || fd >= FD_MAX ? NULL : d->fd[fd];
}

/* A real descriptor keeps the number: packetdrill closes them itself. */
int new_fd(struct drill *d, struct stk_sock *sk)
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

struct drill *enter(void *ud)
{
	struct drill *d = ud;

	pthread_mutex_lock(&d->lock);
	return d;
}

int leave(struct drill *d, ssize_t r)
{
	stk_poll(d->s, d->now);
	pthread_mutex_unlock(&d->lock);
	return give((int)r);
}

bool wait_turn(struct drill *d, int fd, int flags)
{
	const struct timespec nap = { 0, 20000 };

	stk_poll(d->s, d->now);
	if (d->nonblock[fd] || (flags & MSG_DONTWAIT))
		return false;
	d->blocked++;
	pthread_mutex_unlock(&d->lock);
	nanosleep(&nap, NULL);
	pthread_mutex_lock(&d->lock);
	d->blocked--;
	return of_fd(d, fd);
}

/* --- the device and the clock --------------------------------------------- */

static int drill_netdev_send(void *ud, const void *buf, size_t len)
{
	struct drill *d = enter(ud);
	struct pkt *p = pkt_new(&d->s->pool, 0, len);

	if (p) {
		memcpy(pkt_put(p, len), buf, len);
		stk_input(d->s, p, d->now);
	}
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

/* --- beginning and end ---------------------------------------------------- */

static void drill_free(void *ud)
{
	struct drill *d = ud;

	for (int i = 0; i < FD_MAX; i++) {
		if (d->fd[i])
			stk_close(d->fd[i]);
		free(d->epoll[i]);
	}
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
	d->link = (struct stk_link){ .ops = &link_ops, .mtu = 1500, .fd = -1,
				    .l3 = true };
	memset(c.seed, 1, sizeof(c.seed));
	stk_ip_parse(&c.addrs[0].ip, "192.168.0.1");
	flag(flags, "local=", &c.addrs[0].ip);
	/* Everything is on the link. */
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
		.netdev_send = drill_netdev_send,
		.netdev_receive = drill_netdev_receive,
		.usleep = drill_usleep, .gettimeofday = drill_gettimeofday,
	};
	drill_calls(f);
	drill_events(f);
}
