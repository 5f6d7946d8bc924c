/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links: impairment is repeatable, the wire keeps frames apart. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lan.h"

static struct pkt_pool pool;
static char dir[] = "/tmp/sk-link.XXXXXX";

static struct pkt *frame(uint32_t n, size_t size)
{
	struct pkt *p = pkt_new(&pool, PKT_HEADROOM, size);

	memset(pkt_put(p, size), (int)n, size);
	put32(p->data, n);
	return p;
}

static void attach(struct stk_link *l)
{
	l->pool = &pool;
	if (l->ops->attach)
		l->ops->attach(l, &pool);
}

/* --- impairment ------------------------------------------------------------- */

struct tally {
	int got, out_of_order, damaged;
	uint64_t digest, last_us;
};

/* 1000 frames, 1 ms apart, through one direction that is impaired. */
static struct tally through(struct stk_impair how, unsigned rx)
{
	struct stk_impair dirs[2] = { { 0 } };
	struct stk_link *ends[2], *bad;
	struct tally r = { 0 };
	uint32_t last = 0;

	dirs[!rx] = how;
	stk_pair(ends, 1500);
	bad = stk_impair(ends[0], dirs);
	attach(bad);
	attach(ends[1]);
	for (uint64_t now = 1; now < 3000000; now += 1000) {
		struct stk_link *from = rx ? ends[1] : bad;
		struct stk_link *to = rx ? bad : ends[1];
		struct pkt *v[64];
		int n;

		if (now < 1000000) {
			v[0] = frame((uint32_t)(now / 1000) + 1, 100);
			from->ops->send(from, v, 1, now);
		}
		bad->ops->send(bad, v, 0, now);
		n = to->ops->recv(to, v, 64, now);
		for (int i = 0; i < n; i++) {
			uint8_t b[100];
			uint32_t seq;
			bool whole = pkt_read(v[i], 0, b, 100) == 100;

			seq = get32(b);
			for (int k = 4; k < 100; k++)
				whole &= b[k] == (uint8_t)seq;
			r.damaged += !whole;
			r.out_of_order += seq < last;
			last = seq;
			r.got++;
			r.digest = r.digest * 31 + seq + now;
			r.last_us = now;
			pkt_free(v[i]);
		}
	}
	stk_link_free(bad);
	stk_link_free(ends[1]);
	return r;
}

static void test_impair(void)
{
	struct tally a, b, c;

	for (unsigned rx = 0; rx < 2; rx++) {
		a = through((struct stk_impair){ .seed = 1 }, rx);
		ok(a.got == 1000 && !a.out_of_order && !a.damaged,
		   "a link without faults has none");
		a = through((struct stk_impair){ .loss = 0.1, .seed = 1 }, rx);
		ok(a.got > 850 && a.got < 950, "10 %% loss (%d)", a.got);
		b = through((struct stk_impair){ .loss = 0.1, .seed = 1 }, rx);
		c = through((struct stk_impair){ .loss = 0.1, .seed = 2 }, rx);
		ok(a.digest == b.digest && a.digest != c.digest,
		   "repeatable by the seed");
	}
	a = through((struct stk_impair){ .dup = 0.1 }, 0);
	ok(a.got > 1050 && a.got < 1150, "duplicates (%d)", a.got);
	a = through((struct stk_impair){ .reorder = 0.1 }, 0);
	ok(a.got == 1000 && a.out_of_order > 50, "reordering (%d)",
	   a.out_of_order);
	a = through((struct stk_impair){ .corrupt = 0.1 }, 0);
	ok(a.got == 1000 && a.damaged > 70 && a.damaged < 130,
	   "corruption (%d)", a.damaged);
	a = through((struct stk_impair){ .delay = 50000, .jitter = 9000 }, 0);
	ok(a.got == 1000 && !a.out_of_order && a.last_us > 1045000,
	   "delay, jitter keeps the order");
	a = through((struct stk_impair){ .rate = 50000, .queue = 2000 }, 0);
	ok(a.got == 1000 && a.last_us > 1900000, "rate: 100 KB take 2 s");
	a = through((struct stk_impair){ .rate = 50000, .queue = 10 }, 0);
	ok(a.got > 490 && a.got < 540, "and a short queue drops (%d)", a.got);
}

/* --- impairments as they are written ---------------------------------------- */

struct seen {
	int got, wrong;
	uint64_t digest;	/* of which have come */
	uint64_t first, last;	/* us, of arrival */
	bool late;		/* one overtook another */
};

/* 100 frames, all at once, from `from`; what comes out of `to`. */
static struct seen pass(struct stk_link *from, struct stk_link *to)
{
	struct seen r = { 0 };
	struct pkt *v[64];
	uint32_t last = 0;
	int n;

	for (uint32_t i = 1; i <= 100; i++) {
		v[0] = frame(i, 100);
		from->ops->send(from, v, 1, 1);
	}
	for (uint64_t now = 1; now < 3000000; now += 500) {
		from->ops->send(from, v, 0, now);
		while ((n = to->ops->recv(to, v, 64, now)) > 0)
			for (int i = 0; i < n; i++) {
				uint8_t b[100];

				pkt_read(v[i], 0, b, 100);
				r.late |= get32(b) < last;
				last = get32(b);
				r.digest = r.digest * 31 + last;
				for (int k = 4; k < 100; k++)
					if (b[k] != (uint8_t)last)
						r.wrong++;
				r.first = r.got++ ? r.first : now;
				r.last = now;
				pkt_free(v[i]);
			}
	}
	return r;
}

/* Frames through a wire whose near end is of this SPEC: received, and sent. */
static void through_spec(const char *options, struct seen *in,
			 struct seen *out)
{
	char spec[128], path[64];
	struct stk_link *bad, *far;
	struct stk_config c = { 0 };
	struct sk_err err = { 0 };
	struct pkt *v[1];
	bool first;

	snprintf(path, sizeof(path), "%s/s", dir);
	snprintf(spec, sizeof(spec), "wire,path=%s,%s", path, options);
	if (stk_open(spec, &c, &bad, &err) < 0) {
		ok(0, "%s: %s", spec, err.text);
		return;
	}
	stk_wire(&far, path, 0, &first, &err);
	attach(bad);
	attach(far);
	bad->ops->recv(bad, v, 1, 1);
	*in = pass(far, bad);
	*out = pass(bad, far);
	stk_link_free(bad);
	stk_link_free(far);
}

static bool clean(const struct seen *s)
{
	return s->got == 100 && !s->wrong && !s->late && s->last < 1500;
}

static bool loses(const struct seen *s)
{
	return !s->got;
}

static bool doubles(const struct seen *s)
{
	return s->got == 200 && !s->wrong;
}

static bool reorders(const struct seen *s)
{
	return s->got == 100 && s->late && !s->wrong;
}

static bool corrupts(const struct seen *s)
{
	return s->got == 100 && s->wrong > 50;
}

static bool delays(const struct seen *s)
{
	return s->got == 100 && s->first >= 50000 && s->last < 60000;
}

static bool jitters(const struct seen *s)
{
	return s->got == 100 && s->last >= 20000 && !s->late;
}

static bool slows(const struct seen *s)
{
	return s->got == 100 && s->last > 900000;
}

static bool drops(const struct seen *s)
{
	return s->got > 4 && s->got < 10;
}

/* Each option does what it says, on the side it says. */
static void test_spec(void)
{
	static const struct {
		const char *in, *out;
		bool (*holds)(const struct seen *);
	} rows[] = {
		{ "loss=100%/0", "loss=0/1", loses },
		{ "dup=1/0", "dup=0/100%", doubles },
		{ "reorder=0.5/0", "reorder=0/50%", reorders },
		{ "corrupt=100%/0", "corrupt=0/1", corrupts },
		{ "delay=50ms/0", "delay=0/50ms", delays },
		{ "jitter=50ms/0", "jitter=0/50ms", jitters },
		{ "rate=10k/1G", "rate=1G/10k", slows },
		{ "rate=10k/1G,queue=5/1000", "rate=1G/10k,queue=1000/5",
		  drops },
	};
	struct seen in, out;
	uint64_t digest;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		through_spec(rows[i].in, &in, &out);
		ok(rows[i].holds(&in) && clean(&out), "%s", rows[i].in);
		through_spec(rows[i].out, &in, &out);
		ok(clean(&in) && rows[i].holds(&out), "%s", rows[i].out);
	}
	through_spec("loss=50%,seed=7", &in, &out);
	ok(in.got > 30 && in.got < 70 && out.got > 30 && out.got < 70,
	   "one value is for both ways (%d, %d)", in.got, out.got);
	digest = in.digest;
	through_spec("loss=50%,seed=7", &in, &out);
	ok(in.digest == digest, "the same seed, the same frames");
	through_spec("loss=50%,seed=8", &in, &out);
	ok(in.digest != digest, "another, others");
}

/* --- wire ------------------------------------------------------------------- */

static void test_wire(void)
{
	char path[64];
	struct stk_link *a, *b, *c;
	struct sk_err err = { 0 };
	struct pkt *v[64];
	bool first;
	int n, got = 0, whole = 0;

	snprintf(path, sizeof(path), "%s/w", dir);
	ok(!stk_wire(&a, path, 0, &first, &err) && first, "the first listens");
	ok(a->no_carrier, "with nobody there");
	ok(!stk_wire(&b, path, 0, &first, &err) && !first, "the second joins");
	attach(a);
	attach(b);
	is_int(a->ops->recv(a, v, 64, 1), 0, "and they have met");
	ok(!a->no_carrier && access(path, F_OK) < 0,
	   "nobody else is let in");
	for (uint32_t i = 0; i < 5000; i++) {
		v[0] = frame(i, 60 + i % 1400);
		a->ops->send(a, v, 1, 1);
		while ((n = b->ops->recv(b, v, 64, 1)) > 0)
			for (int k = 0; k < n; k++) {
				whole += v[k]->total == 60u + (unsigned)got % 1400;
				got++;
				pkt_free(v[k]);
			}
	}
	is_int(got, 5000, "5000 frames arrive");
	is_int(whole, 5000, "each with its length");
	v[0] = frame(1, 60);
	a->ops->send(a, v, 1, 1);
	stk_link_free(a);
	v[0] = frame(2, 60);
	is_int(b->ops->send(b, v, 1, 1), 1, "to a peer that has gone");
	n = b->ops->recv(b, v, 64, 1);
	is_int(n, 1, "what it said before it went is heard");
	while (n > 0)
		pkt_free(v[--n]);
	is_int(b->ops->recv(b, v, 64, 1), -EPIPE, "the peer gone: an error");
	ok(strstr(b->err.text, "the peer has gone"), "with a sentence");
	stk_link_free(b);

	/* One who died left the socket behind. */
	ok(!stk_wire(&a, path, 0, &first, &err) && first, "listening again");
	n = open(dir, O_RDONLY);
	ok(!linkat(n, "w", n, "stale", 0), "(a copy of the name)");
	stk_link_free(a);
	ok(!renameat(n, "stale", n, "w"), "(which outlives its owner)");
	close(n);
	ok(!stk_wire(&c, path, 0, &first, &err) && first,
	   "a stale socket is taken over");
	stk_link_free(c);
	ok(access(path, F_OK) < 0, "and removed in the end");
}

/* A peer that does not read: frames are lost, as on any wire, not kept. */
static void test_wire_stalled(void)
{
	char path[64];
	struct stk_link *a, *b;
	struct sk_err err = { 0 };
	struct pkt *v[1];
	int sent = 0;
	bool first;

	snprintf(path, sizeof(path), "%s/f", dir);
	stk_wire(&a, path, 0, &first, &err);
	stk_wire(&b, path, 0, &first, &err);
	attach(a);
	attach(b);
	a->ops->recv(a, v, 1, 1);
	for (uint32_t i = 0; i < 9000; i++) {
		v[0] = frame(i, 1400);
		sent += a->ops->send(a, v, 1, 1);
	}
	ok(sent > 2000 && sent < 5000, "a peer that stalls: %d of 9000 wait",
	   sent);
	ok(a->congested && a->want_out, "and who could wait is told to");
	ok(pool.pkts < 5000, "memory is bounded (%zu)", pool.pkts);
	stk_link_free(a);
	stk_link_free(b);
}

/* Something that does not speak frames. */
static void test_wire_garbage(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct sk_err err = { 0 };
	struct stk_link *a;
	struct pkt *v[8];
	bool first;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/g", dir);
	stk_wire(&a, at.sun_path, 0, &first, &err);
	attach(a);
	ok(!connect(fd, (struct sockaddr *)&at, sizeof(at)) &&
		   write(fd, "GET / HTTP/1.0\r\n", 16) == 16,
	   "a peer that speaks HTTP");
	is_int(a->ops->recv(a, v, 8, 1), -EPROTO, "is no wire");
	close(fd);
	stk_link_free(a);
}

/* --- capture ---------------------------------------------------------------- */

static void test_capture(void)
{
	struct stk_link *ends[2], *l;
	struct sk_err err = { 0 };
	char file[64];
	struct pkt *v[4];
	struct stat st;

	snprintf(file, sizeof(file), "%s/c", dir);
	stk_pair(ends, 1500);
	l = stk_capture(ends[0], file, &err);
	attach(l);
	attach(ends[1]);
	v[0] = frame(1, 100);
	l->ops->send(l, v, 1, 1);
	is_int(ends[1]->ops->recv(ends[1], v, 4, 1), 1, "captured and passed on");
	pkt_free(v[0]);
	is_int(l->ops->recv(l, v, 4, 1), 0, "(quiet)");
	ok(!stat(file, &st) && st.st_size > 200,
	   "what was seen is in the file once it is quiet");
	stk_link_free(l);
	stk_link_free(ends[1]);
	ok(!stk_pair(ends, 1500) &&
		   !stk_capture(ends[0], "/nonexistent/x", &err) &&
		   strstr(err.text, "pcap=/nonexistent/x: No such file"),
	   "a file that cannot be made: a sentence");
	stk_link_free(ends[0]);
	stk_link_free(ends[1]);
	unlink(file);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	pkt_pool_init(&pool, 64 << 20);
	test_impair();
	test_spec();
	test_wire();
	test_wire_stalled();
	test_wire_garbage();
	test_capture();
	pkt_pool_fini(&pool);
	ok(!rmdir(dir), "nothing is left behind");
	return tap_done();
}
