/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two stacks over a bad link, in virtual time: both send a stream, and what
 * arrives must be what was sent, whatever the link loses, repeats, reorders
 * or corrupts. Each seed is one run, which is the same every time.
 *
 *	make check-soak		200 seeds of 64 MiB
 *	SK_SOAK_SEED=17		that one alone, and told
 */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "stack/stk_internal.h"
#include "../unit/tap.h"

#define VIRTUAL_LIMIT (10 * 24 * 3600 * SK_SEC)

struct side {
	struct stk *s;
	struct stk_sock *sk;
	uint64_t sent, got, want;
	uint64_t sent_hash, got_hash;
	uint64_t random;
	bool finished, failed;
};

struct run {
	unsigned seed;
	struct stk_impair how[2];
	int family;
	uint64_t bytes, now;
	struct side side[2];
};

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* FNV-1a by words: order counts, and it is quick. */
static uint64_t hash(uint64_t h, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

static void write_some(struct side *d)
{
	uint8_t buf[16384];

	while (d->sent < d->want) {
		uint64_t left = d->want - d->sent;
		size_t n = 1 + next_random(&d->random) % sizeof(buf);
		struct iovec v = { buf, n < left ? n : left };
		uint64_t mark = d->sent;
		ssize_t r;

		for (size_t i = 0; i < v.iov_len; i++, mark++)
			buf[i] = (uint8_t)(mark * 0x9e3779b1u >> 13);
		r = stk_send(d->sk, &v, 1, NULL);
		if (r < 0) {
			d->failed = r != -EAGAIN;
			return;
		}
		d->sent_hash = hash(d->sent_hash, buf, (size_t)r);
		d->sent += (uint64_t)r;
		if (d->sent == d->want)
			stk_shutdown(d->sk, SHUT_WR);
	}
}

static void read_some(struct side *d)
{
	uint8_t buf[16384];

	/* Now and then a reader has other things to do. */
	while (!d->finished && next_random(&d->random) % 64) {
		struct iovec v = { buf,
				   1 + next_random(&d->random) % sizeof(buf) };
		ssize_t r = stk_recv(d->sk, &v, 1, NULL, 0);

		if (r < 0) {
			d->failed = r != -EAGAIN;
			return;
		}
		d->finished = r == 0;
		d->got_hash = hash(d->got_hash, buf, (size_t)r);
		d->got += (uint64_t)r;
	}
}

static bool make_stacks(struct run *r)
{
	struct stk_config c = { .no_dad = true, .n_addrs = 2 };
	static const char *const ip[2][2] = {
		{ "198.18.0.1", "198.18.0.2" },
		{ "fd00:5c::1", "fd00:5c::2" },
	};
	struct stk_link *ends[2];

	if (stk_pair(ends, 1500) < 0)
		return false;
	ends[0] = stk_impair(ends[0], r->how);
	for (int i = 0; i < 2; i++) {
		memset(c.seed, (int)(r->seed * 2 + (unsigned)i + 1),
		       sizeof(c.seed));
		c.addrs[0].len = 24;
		c.addrs[1].len = 64;
		stk_ip_parse(&c.addrs[0].ip, ip[0][i]);
		stk_ip_parse(&c.addrs[1].ip, ip[1][i]);
		r->side[i].s = stk_new(&c, ends[i], r->now);
	}
	return r->side[0].s && r->side[1].s;
}

static void service(struct run *r)
{
	uint64_t next = SK_NEVER;

	for (int i = 0; i < 2; i++)
		stk_service(r->side[i].s, r->now);
	for (int i = 0; i < 2; i++) {
		uint64_t at = stk_next_deadline(r->side[i].s);

		next = at < next ? at : next;
	}
	/* Applications look every 20 ms at the latest. */
	if (next > r->now + 20 * SK_MSEC)
		next = r->now + 20 * SK_MSEC;
	r->now = next > r->now ? next : r->now + 1;
}

static bool connect_sides(struct run *r)
{
	struct stk_addr a = { (uint16_t)r->family, 80,
			      stk_ip_any(r->family) };
	/*
	 * Where two of three rounds are lost, fifteen in a row are: nobody is
	 * to give up for that.
	 */
	const int patience = INT32_MAX;
	struct stk_sock *lsn;
	struct stk_prefix p;
	int e = -EAGAIN;

	stk_socket(r->side[1].s, r->family, SOCK_STREAM, &lsn);
	stk_bind(lsn, &a);
	stk_listen(lsn, 5);
	stk_address(r->side[1].s, r->family == AF_INET6, &p);
	stk_ip_parse(&a.ip, r->family == AF_INET ? "198.18.0.2"
						  : "fd00:5c::2");
	stk_socket(r->side[0].s, r->family, SOCK_STREAM, &r->side[0].sk);
	stk_setopt(r->side[0].sk, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience,
		   sizeof(patience));
	if (stk_connect(r->side[0].sk, &a) != -EINPROGRESS)
		return false;
	while (e == -EAGAIN && r->now < VIRTUAL_LIMIT) {
		service(r);
		e = stk_accept(lsn, &r->side[1].sk);
	}
	stk_close(lsn);
	return e == 0 &&
	       !stk_setopt(r->side[1].sk, IPPROTO_TCP, TCP_USER_TIMEOUT,
			   &patience, sizeof(patience));
}

static void transfer(struct run *r)
{
	struct side *a = &r->side[0], *b = &r->side[1];

	while ((!a->finished || !b->finished) && !a->failed && !b->failed &&
	       r->now < VIRTUAL_LIMIT) {
		for (int i = 0; i < 2; i++) {
			write_some(&r->side[i]);
			read_some(&r->side[i]);
		}
		service(r);
	}
}

/* Everything is delivered, so closing leaves nothing but TIME-WAIT behind. */
static bool close_sides(struct run *r)
{
	for (int i = 0; i < 2; i++)
		if (r->side[i].sk)
			stk_close(r->side[i].sk);
	while ((stk_lingering(r->side[0].s) || stk_lingering(r->side[1].s)) &&
	       r->now < VIRTUAL_LIMIT)
		service(r);
	return r->now < VIRTUAL_LIMIT;
}

static const double levels[] = { 0, 0.01, 0.05, 0.1, 0.2 };

static double level(uint64_t *random)
{
	return levels[next_random(random) %
		      (sizeof(levels) / sizeof(*levels))];
}

/* Bytes a second, and frames; 0: no limit, and the usual one. */
static const uint64_t rates[] = { 0, 1 << 20, 10 << 20, 100 << 20 };
static const size_t queues[] = { 0, 20, 100, 1000 };

static void choose(struct run *r)
{
	uint64_t random = r->seed;

	for (int i = 0; i < 2; i++)
		r->how[i] = (struct stk_impair){
			.loss = level(&random),
			.dup = level(&random),
			.reorder = level(&random),
			.corrupt = level(&random),
			.delay = next_random(&random) % 20 * SK_MSEC,
			.jitter = next_random(&random) % 3 * SK_MSEC,
			.rate = rates[next_random(&random) % 4],
			.queue = queues[next_random(&random) % 4],
			.seed = next_random(&random),
		};
	r->family = r->seed % 2 ? AF_INET6 : AF_INET;
}

static void tell(const struct run *r, const char *what)
{
	printf("# seed %u: %s: %" PRIu64 " of %" PRIu64 " there, %" PRIu64
	       " back, virtual %.1f s\n#   loss %g/%g dup %g/%g reorder %g/%g "
	       "corrupt %g/%g delay %" PRIu64 "/%" PRIu64 " rate %" PRIu64
	       "/%" PRIu64 " queue %zu/%zu\n",
	       r->seed, what, r->side[1].got, r->bytes, r->side[0].got,
	       (double)r->now / 1e6, r->how[0].loss, r->how[1].loss,
	       r->how[0].dup, r->how[1].dup, r->how[0].reorder,
	       r->how[1].reorder, r->how[0].corrupt, r->how[1].corrupt,
	       r->how[0].delay, r->how[1].delay,
	       r->how[0].rate, r->how[1].rate, r->how[0].queue,
	       r->how[1].queue);
}

static void show(const struct side *d)
{
	struct sk_out out;

	fflush(stdout);
	sk_out_init(&out, 1);
	stk_show(d->s, &out);
	sk_out_fini(&out);
}

static bool same(const struct run *r)
{
	const struct side *a = &r->side[0], *b = &r->side[1];

	return a->finished && b->finished && a->got == b->sent &&
	       b->got == a->sent && a->got_hash == b->sent_hash &&
	       b->got_hash == a->sent_hash;
}

/* A bit that is turned is seen by the checksum of TCP, always. */
static bool run(unsigned seed, uint64_t bytes, bool loud)
{
	struct run r = { .seed = seed, .bytes = bytes, .now = SK_SEC };
	const char *what = NULL;

	choose(&r);
	for (int i = 0; i < 2; i++) {
		r.side[i].random = seed * 2 + (unsigned)i;
		r.side[i].want = i ? bytes / 8 : bytes;
	}
	if (!make_stacks(&r) || !connect_sides(&r))
		what = "no connection";
	else
		transfer(&r);
	if (!what && !same(&r))
		what = r.side[0].failed || r.side[1].failed ? "an error" :
		       r.now >= VIRTUAL_LIMIT ? "too slow" : "other bytes";
	if (!close_sides(&r) && !what)
		what = "does not close";
	if (what || loud)
		tell(&r, what ? what : "good");
	for (int i = 0; loud && i < 2; i++)
		show(&r.side[i]);
	for (int i = 0; i < 2; i++)
		stk_free(r.side[i].s);
	return !what;
}

static uint64_t setting(const char *name, uint64_t value)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : value;
}

int main(void)
{
	unsigned seeds = (unsigned)setting("SK_SOAK_SEEDS", 20);
	uint64_t bytes = setting("SK_SOAK_BYTES", 256 << 10);
	uint64_t one = setting("SK_SOAK_SEED", UINT64_MAX);

	if (one != UINT64_MAX) {
		ok(run((unsigned)one, bytes, true), "seed %" PRIu64, one);
		return tap_done();
	}
	for (unsigned seed = 0; seed < seeds; seed++)
		ok(run(seed, bytes, false), "seed %u", seed);
	return tap_done();
}
