/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/iperf3_flow.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "sock/tcp_info.h"

/* Datagrams in a system call. */
#define BATCH 16
/* Taken at the end from a sender that has not heard of it yet. */
#define DRAIN_MAX (64u << 20)
/* For a block that was begun to be taken. */
#define LAST_BLOCK (2 * SK_SEC)
#define STACK_SIZE (256 << 10)

/* What a thread works with. */
struct work {
	struct iperf3_flow *f;
	char *buf;		/* a block, or BATCH datagrams */
	size_t len;		/* of a block */
	size_t at;		/* of the block that is being sent */
	uint64_t begun;		/* sk_now_us() */
	uint64_t paced;		/* bytes since then */
	uint64_t seq;
};

/* Until the socket is ready, or for so long. False: the flow is to stop. */
static bool wait_for(struct work *w, short events, int64_t us)
{
	struct pollfd fds[2] = {
		{ .fd = w->f->stop_fd, .events = POLLIN },
		{ .fd = events ? w->f->fd : -1, .events = events },
	};
	struct timespec ts = { us / 1000000, us % 1000000 * 1000 };

	ppoll(fds, 2, us < 0 ? NULL : &ts, NULL);
	return !atomic_load(&w->f->stop);
}

/* Has this many more been allowed by -n and -k? */
static bool is_full(const struct iperf3_pool *p)
{
	return (p->max_bytes && atomic_load(&p->bytes) >= p->max_bytes) ||
	       (p->max_blocks && atomic_load(&p->blocks) >= p->max_blocks);
}

/* Whoever runs the test looks at us. */
static void wake(struct iperf3_pool *p)
{
	const uint64_t one = 1;

	if (write(p->full_fd, &one, sizeof(one)) < 0)
		return; /* it has been woken already */
}

static void count(struct work *w, uint64_t bytes, uint64_t blocks)
{
	struct iperf3_pool *p = w->f->pool;

	pthread_mutex_lock(&w->f->lock);
	w->f->count.bytes += bytes;
	w->f->count.blocks += blocks;
	pthread_mutex_unlock(&w->f->lock);
	if ((!p->max_bytes && !p->max_blocks) || atomic_load(&p->omitting))
		return;
	atomic_fetch_add(&p->bytes, bytes);
	atomic_fetch_add(&p->blocks, blocks);
	if (is_full(p))
		wake(p);
}

/* --- sending ------------------------------------------------------------ */

/* Sleep until the rate allows the next block. False: stop. */
static bool pace(struct work *w)
{
	uint64_t rate = w->f->params->bandwidth, now;
	double due;

	if (!rate || (w->f->params->burst &&
		      w->paced / w->len % w->f->params->burst))
		return true;
	due = (double)w->begun + (double)w->paced * 8e6 / (double)rate;
	now = sk_now_us();
	return due <= (double)now ||
	       wait_for(w, 0, (int64_t)(due - (double)now));
}

/* As much of the block as there is room for: 0 or a negative errno. */
static int send_rest(struct work *w)
{
	ssize_t n = send(w->f->fd, w->buf + w->at, w->len - w->at,
			 MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	w->at += (size_t)n;
	w->paced += (uint64_t)n;
	count(w, (uint64_t)n, w->at == w->len);
	if (w->at == w->len)
		w->at = 0;
	return 0;
}

/* 0: go on; or a negative errno that ends the flow. */
static int send_block(struct work *w)
{
	int r = send_rest(w);

	if (r != -EAGAIN)
		return r;
	wait_for(w, POLLOUT, -1);
	return 0;
}

static void stamp(struct work *w, size_t n)
{
	struct iperf3_udp u;
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	u.sec = (uint32_t)ts.tv_sec;
	u.usec = (uint32_t)(ts.tv_nsec / 1000);
	for (size_t i = 0; i < n; i++) {
		u.seq = w->seq + 1 + i;
		iperf3_udp_put(w->buf + i * w->len, &u,
			       w->f->params->counters64);
	}
}

/* Datagrams are made anew when they could not be sent: the clock went on. */
static int send_datagrams(struct work *w)
{
	size_t batch = w->f->params->bandwidth ? 1 : BATCH;
	struct mmsghdr msgs[BATCH] = { 0 };
	struct iovec iov[BATCH];
	int n;

	if (w->f->pool->max_blocks || w->f->pool->max_bytes)
		batch = 1;
	stamp(w, batch);
	for (size_t i = 0; i < batch; i++) {
		iov[i] = (struct iovec){ w->buf + i * w->len, w->len };
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	n = sendmmsg(w->f->fd, msgs, (unsigned)batch,
		     MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0) {
		w->seq += (uint64_t)n;
		w->paced += (uint64_t)n * w->len;
		pthread_mutex_lock(&w->f->lock);
		w->f->count.arrivals.highest = w->seq;
		pthread_mutex_unlock(&w->f->lock);
		count(w, (uint64_t)n * w->len, (uint64_t)n);
		return 0;
	}
	/* What an ICMP message says of one datagram ends nothing. */
	if (errno == EAGAIN || errno == ENOBUFS || errno == ECONNREFUSED) {
		wait_for(w, errno == EAGAIN ? POLLOUT : 0,
			 errno == EAGAIN ? -1 : (int64_t)SK_MSEC);
		return 0;
	}
	return errno == EINTR ? 0 : -errno;
}

/*
 * iperf3's server may be reading the block that was begun, and reads nothing
 * else until it has all of it.
 */
static int finish_block(struct work *w)
{
	uint64_t until = sk_now_us() + LAST_BLOCK;
	struct pollfd p = { .fd = w->f->fd, .events = POLLOUT };
	int r = 0;

	while (w->at && r >= 0 && sk_now_us() < until) {
		poll(&p, 1, 100);
		r = send_rest(w);
		r = r == -EAGAIN ? 0 : r;
	}
	return r;
}

static int send_all(struct work *w)
{
	bool udp = w->f->params->udp;
	int r = 0;

	while (r >= 0 && !atomic_load_explicit(&w->f->stop,
					       memory_order_relaxed)) {
		if (is_full(w->f->pool)) {
			/* Who runs the test was told, and will stop us. */
			wait_for(w, 0, -1);
			continue;
		}
		if (!pace(w))
			break;
		r = udp ? send_datagrams(w) : send_block(w);
	}
	return r < 0 || udp ? r : finish_block(w);
}

/* --- receiving ---------------------------------------------------------- */

/* Count, 0 at the end, or negative errno. */
static ssize_t receive_bytes(struct work *w)
{
	ssize_t n = recv(w->f->fd, w->buf, w->len, MSG_DONTWAIT);

	if (n < 0)
		return -errno;
	if (!atomic_load_explicit(&w->f->pool->idle, memory_order_relaxed)) {
		w->at += (size_t)n;
		count(w, (uint64_t)n, w->at / w->len);
		w->at %= w->len;
	}
	return n;
}

static uint64_t take_datagrams(struct work *w, const struct mmsghdr *msgs,
			       size_t n)
{
	struct iperf3_udp u;
	struct timespec ts;
	uint64_t bytes = 0;
	double now;

	clock_gettime(CLOCK_REALTIME, &ts);
	now = (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
	pthread_mutex_lock(&w->f->lock);
	for (size_t i = 0; i < n; i++) {
		bytes += msgs[i].msg_len;
		if (iperf3_udp_get(&u, w->buf + i * w->len, msgs[i].msg_len,
				   w->f->params->counters64))
			iperf3_arrived(&w->f->count.arrivals, &u, now);
	}
	pthread_mutex_unlock(&w->f->lock);
	return bytes;
}

static ssize_t receive_datagrams(struct work *w)
{
	struct mmsghdr msgs[BATCH] = { 0 };
	struct iovec iov[BATCH];
	uint64_t bytes;
	int n;

	for (size_t i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ w->buf + i * w->len, w->len };
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(w->f->fd, msgs, BATCH, MSG_DONTWAIT, NULL);
	if (n < 0)
		return errno == ECONNREFUSED ? -EINTR : -errno;
	if (atomic_load_explicit(&w->f->pool->idle, memory_order_relaxed))
		return n;
	bytes = take_datagrams(w, msgs, (size_t)n);
	count(w, bytes, (uint64_t)n);
	return n;
}

static ssize_t receive(struct work *w)
{
	return w->f->params->udp ? receive_datagrams(w) : receive_bytes(w);
}

static int receive_all(struct work *w)
{
	size_t drained = 0;
	ssize_t n;

	while (!atomic_load_explicit(&w->f->stop, memory_order_relaxed)) {
		n = receive(w);
		if (n == -EAGAIN)
			wait_for(w, POLLIN, -1);
		else if (n <= 0 && n != -EINTR)
			return (int)n;
	}
	/* What came before we were told to stop has been delivered. */
	while (drained < DRAIN_MAX && (n = receive(w)) > 0)
		drained += (size_t)n;
	return 0;
}

/* --- the thread --------------------------------------------------------- */

static void *run(void *arg)
{
	struct iperf3_flow *f = arg;
	size_t len = f->params->len;
	struct work w = { .f = f, .len = len, .begun = sk_now_us() };
	int r = -ENOMEM;

	w.buf = calloc(f->params->udp ? BATCH : 1, len);
	if (w.buf)
		r = f->sender ? send_all(&w) : receive_all(&w);
	free(w.buf);
	if (r < 0) {
		atomic_store(&f->error, r);
		wake(f->pool);
	}
	return NULL;
}

/* Signals are for the thread that runs the loop. */
static int begin_thread(struct iperf3_flow *f)
{
	sigset_t all, old;
	pthread_attr_t attr;
	int r = pthread_attr_init(&attr);

	if (r)
		return -r;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	r = pthread_create(&f->thread, &attr, run, f);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return -r;
}

int iperf3_flow_start(struct iperf3_flow *f)
{
	int r;

	atomic_store(&f->stop, false);
	atomic_store(&f->error, 0);
	f->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (f->stop_fd < 0)
		return -errno;
	pthread_mutex_init(&f->lock, NULL);
	r = begin_thread(f);
	if (r < 0) {
		sk_close(&f->stop_fd);
		return r;
	}
	f->running = true;
	return 0;
}

void iperf3_flow_rest(struct iperf3_flow *f)
{
	const uint64_t one = 1;

	if (!f->running)
		return;
	atomic_store(&f->stop, true);
	if (write(f->stop_fd, &one, sizeof(one)) == sizeof(one) ||
	    errno == EAGAIN)
		pthread_join(f->thread, NULL);
	f->running = false;
	sk_close(&f->stop_fd);
}

/* tcp(7), TCP_INFO: total_retrans. */
static uint64_t retransmits_of(int fd)
{
	static const char name[] = "total_retrans";
	char info[SK_TCP_INFO_MAX];
	socklen_t len = sizeof(info);
	uint64_t value = 0;

	if (!getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len))
		sk_tcp_info_get(sk_tcp_info_field(name), info, len, &value);
	return value;
}

void iperf3_flow_stop(struct iperf3_flow *f)
{
	iperf3_flow_rest(f);
	if (f->fd >= 0 && f->sender && !f->params->udp)
		f->count.retransmits = retransmits_of(f->fd);
	sk_close(&f->fd);
}

void iperf3_flow_read(struct iperf3_flow *f, struct iperf3_count *count)
{
	bool locked = f->running;

	if (locked)
		pthread_mutex_lock(&f->lock);
	*count = f->count;
	if (locked)
		pthread_mutex_unlock(&f->lock);
	if (f->sender && !f->params->udp && f->fd >= 0)
		count->retransmits = retransmits_of(f->fd);
}
