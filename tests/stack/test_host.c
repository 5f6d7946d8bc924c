/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stack as a whole: no malloc(3) by packet, many of them in one process,
 * and every buffer accounted for. The linker leads malloc, calloc and realloc
 * through here (--wrap), so that they can be counted.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lan.h"
#include "stack/tcp/pcb.h"

static unsigned long mallocs;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
	mallocs++;
	return __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	mallocs++;
	return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	mallocs++;
	return __real_realloc(p, n);
}

/* --- pairs of hosts --------------------------------------------------------- */

struct pair {
	struct stk *s[2];
	struct stk_sock *sk[2];
	uint64_t now;
	uint64_t sent, got, sum_sent, sum_got;
};

static void open_pair(struct pair *p, unsigned id, double loss)
{
	static const char *const ip[2][2] = { { "198.18.0.1", "fd00:5c::1" },
					      { "198.18.0.2", "fd00:5c::2" } };
	struct stk_config c = { .no_dad = true, .n_addrs = 2 };
	struct stk_link *ends[2];

	*p = (struct pair){ .now = SK_SEC };
	stk_pair(ends, 1500);
	if (loss > 0) {
		struct stk_impair how[2] = { { .loss = loss, .seed = id },
					     { .loss = loss, .seed = id } };

		ends[0] = stk_impair(ends[0], how);
	}
	for (int i = 0; i < 2; i++) {
		memset(c.seed, (int)(2 * id) + i + 1, sizeof(c.seed));
		c.addrs[0] = (struct stk_prefix){ lan_ip(ip[i][0]), 24 };
		c.addrs[1] = (struct stk_prefix){ lan_ip(ip[i][1]), 64 };
		p->s[i] = stk_new(&c, ends[i], p->now);
	}
}

static void step(struct pair *p)
{
	uint64_t next = p->now + 20 * SK_MSEC;

	for (int i = 0; i < 2; i++)
		stk_service(p->s[i], p->now);
	for (int i = 0; i < 2; i++) {
		uint64_t at = stk_next_deadline(p->s[i]);

		next = at < next ? at : next;
	}
	p->now = next > p->now ? next : p->now + 1;
}

static void close_pair(struct pair *p)
{
	for (int i = 0; i < 2; i++)
		if (p->sk[i])
			stk_close(p->sk[i]);
	for (int i = 0; i < 2; i++)
		stk_free(p->s[i]); /* asserts that no buffer is left */
}

static void join(struct pair *p, int family)
{
	struct stk_addr a = { (uint16_t)family, 80, stk_ip_any(family) };
	struct stk_sock *lsn;

	stk_socket(p->s[1], family, SOCK_STREAM, &lsn);
	stk_bind(lsn, &a);
	stk_listen(lsn, 5);
	a.ip = lan_ip(family == AF_INET ? "198.18.0.2" : "fd00:5c::2");
	stk_socket(p->s[0], family, SOCK_STREAM, &p->sk[0]);
	stk_connect(p->sk[0], &a);
	for (int i = 0; i < 1000 && !p->sk[1]; i++) {
		step(p);
		stk_accept(lsn, &p->sk[1]);
	}
	stk_close(lsn);
}

static uint64_t sum(uint64_t h, const uint8_t *b, size_t n)
{
	while (n--)
		h = h * 31 + *b++;
	return h;
}

/* n bytes more from [0] to [1]; `mark` makes them this pair's own. */
static void transfer(struct pair *p, uint64_t n, unsigned mark)
{
	uint64_t want = p->sent + n, end = p->now + 3600 * SK_SEC;
	uint8_t b[8192];
	ssize_t r;

	while (p->sk[1] && p->got < want && p->now < end) {
		struct iovec v = { b, sizeof(b) };

		if (v.iov_len > want - p->sent)
			v.iov_len = want - p->sent;
		for (size_t i = 0; i < v.iov_len; i++)
			b[i] = (uint8_t)((p->sent + i) * 167 + mark);
		r = v.iov_len ? stk_send(p->sk[0], &v, 1, NULL) : 0;
		if (r > 0) {
			p->sum_sent = sum(p->sum_sent, b, (size_t)r);
			p->sent += (uint64_t)r;
		}
		step(p);
		v.iov_len = sizeof(b);
		while ((r = stk_recv(p->sk[1], &v, 1, NULL, 0)) > 0) {
			p->sum_got = sum(p->sum_got, b, (size_t)r);
			p->got += (uint64_t)r;
		}
	}
}

/* --- no malloc by packet ---------------------------------------------------- */

static void test_stream_mallocs(int family, double loss)
{
	unsigned long before, frames;
	struct pair p;

	open_pair(&p, 1, loss);
	join(&p, family);
	/* Until queues and windows have grown to what they need. */
	transfer(&p, 4 << 20, 1);
	before = mallocs;
	frames = stk_counter(p.s[1], "link_in");
	transfer(&p, 8 << 20, 1);
	before = mallocs - before;
	frames = stk_counter(p.s[1], "link_in") - frames;
	ok(frames > 5000 && p.got == p.sent && p.sum_got == p.sum_sent,
	   "%s, loss %g: %lu frames", family == AF_INET ? "IPv4" : "IPv6",
	   loss, frames);
	/* The pool may still grow a slab at a time. */
	ok(before < 10, "take no malloc each (%lu in all)", before);
	close_pair(&p);
}

/* Datagrams of this size, there and back, whole or in fragments. */
static void test_datagram_mallocs(int family, size_t size)
{
	static uint8_t b[65536];
	struct stk_addr a = { (uint16_t)family, 7, stk_ip_any(family) };
	struct stk_addr from;
	struct iovec v = { b, size };
	unsigned long before = 0, back = 0;
	struct pair p;

	open_pair(&p, 2, 0);
	stk_socket(p.s[1], family, SOCK_DGRAM, &p.sk[1]);
	stk_bind(p.sk[1], &a);
	a.ip = lan_ip(family == AF_INET ? "198.18.0.2" : "fd00:5c::2");
	stk_socket(p.s[0], family, SOCK_DGRAM, &p.sk[0]);
	stk_connect(p.sk[0], &a);
	for (int i = 0; i < 1100; i++) {
		if (i == 100)
			before = mallocs;
		v.iov_len = size;
		stk_send(p.sk[0], &v, 1, NULL);
		for (int k = 0; k < 10; k++) {
			step(&p);
			v.iov_len = sizeof(b);
			if (stk_recv(p.sk[1], &v, 1, &from, 0) == (ssize_t)size) {
				v.iov_len = size;
				stk_send(p.sk[1], &v, 1, &from);
			}
			v.iov_len = sizeof(b);
			if (stk_recv(p.sk[0], &v, 1, NULL, 0) == (ssize_t)size)
				back++;
		}
	}
	before = mallocs - before;
	ok(!before, "datagrams of %zu take no malloc (%lu)", size, before);
	is_int((long)back, 1100, "and all have come back");
	close_pair(&p);
}

static void test_connection_mallocs(void)
{
	unsigned long before;
	struct pair p;

	open_pair(&p, 3, 0);
	before = mallocs;
	for (int i = 0; i < 100; i++) {
		join(&p, AF_INET);
		stk_close(p.sk[0]);
		stk_close(p.sk[1]);
		p.sk[0] = p.sk[1] = NULL;
		step(&p);
	}
	/* Two sockets, their tables, TIME-WAIT, and a listener each time. */
	ok(mallocs - before < 100 * 16, "a connection takes a few (%lu)",
	   (mallocs - before) / 100);
	close_pair(&p);
}

/* --- many in one process ---------------------------------------------------- */

#define PAIRS 50

static void test_many(void)
{
	static struct pair v[PAIRS];
	unsigned whole = 0, alone = 0, macs = 0;

	for (unsigned i = 0; i < PAIRS; i++) {
		open_pair(&v[i], i, i % 5 ? 0 : 0.05);
		join(&v[i], i % 2 ? AF_INET6 : AF_INET);
		for (unsigned k = 0; k < i; k++)
			macs += !memcmp(v[i].s[0]->cfg.mac, v[k].s[0]->cfg.mac,
					6);
	}
	/* In turns, each with its own time; every other ends half-way. */
	for (unsigned round = 0; round < 10; round++)
		for (unsigned i = 0; i < PAIRS; i++) {
			if (round == 5 && i % 2)
				close_pair(&v[i]);
			if (round < 5 || !(i % 2))
				transfer(&v[i], 20000, i);
		}
	for (unsigned i = 0; i < PAIRS; i += 2) {
		whole += v[i].got == 200000 && v[i].sum_got == v[i].sum_sent;
		alone += stk_counter(v[i].s[0], "tcp_active_open") == 1;
		close_pair(&v[i]);
	}
	is_int(whole, PAIRS / 2, "100 hosts in one process, each its stream");
	is_int(alone, PAIRS / 2, "and its own counters");
	is_int(macs, 0, "and its own MAC address");
}

/* Of a stack whose seed is all zero but for one byte. */
static uint32_t first_random(unsigned at)
{
	struct stk_config c = { .mac = { 2 } };
	struct stk_link *ends[2];
	struct stk *s;
	uint32_t r;

	stk_pair(ends, 1500);
	c.seed[at] = 1;
	s = stk_new(&c, ends[0], SK_SEC);
	r = stk_random32(s);
	stk_free(s);
	stk_link_free(ends[1]);
	return r;
}

static void test_seed(void)
{
	uint32_t r[4] = { first_random(0), first_random(8), first_random(16),
			  first_random(31) };
	bool differ = true;

	for (int i = 0; i < 4; i++)
		for (int k = 0; k < i; k++)
			differ &= r[i] != r[k];
	ok(differ, "every part of the seed counts");
}

/* --- accounts --------------------------------------------------------------- */

static void test_accounts(void)
{
	struct pkt_pool pool;
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		pkt_pool_init(&pool, 1 << 20);
		pkt_new(&pool, 0, 100);
		pkt_pool_fini(&pool);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT,
	   "a packet that is left over is noticed");
}

/* Without offload a window is no larger than the queue of the other side. */
static void test_window_max(void)
{
	static const struct {
		size_t txqueue;
		unsigned mtu, offload;
		uint32_t want;
	} rows[] = {
		{ 100, 1500, 0, 112500 },
		{ 1000, 1500, 0, 1125000 },
		{ 4000, 1500, 0, 4 << 20 },
		{ 100, 1500, STK_OFFLOAD_TSO4, 0 },
		{ 0, 1500, 0, 0 },
	};
	struct stk_config c = { .no_dad = true };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct stk_link *ends[2];
		struct stk *s;

		stk_pair(ends, rows[i].mtu);
		ends[0]->txqueue = rows[i].txqueue;
		ends[0]->offload = rows[i].offload;
		s = stk_new(&c, ends[0], SK_SEC);
		ok(s->tcp->window_max == rows[i].want,
		   "a queue of %zu frames, offload %u: window %u",
		   rows[i].txqueue, rows[i].offload, s->tcp->window_max);
		stk_free(s);
		stk_link_free(ends[1]);
	}
}

int main(void)
{
	test_stream_mallocs(AF_INET, 0);
	test_stream_mallocs(AF_INET6, 0);
	test_stream_mallocs(AF_INET, 0.02);
	test_datagram_mallocs(AF_INET, 100);
	test_datagram_mallocs(AF_INET6, 100);
	test_datagram_mallocs(AF_INET, 20000);
	test_connection_mallocs();
	test_many();
	test_seed();
	test_accounts();
	test_window_max();
	return tap_done();
}
