/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What needs no peer: parting input into datagrams, the log and its cursors,
 * the table of peers; and what needs no more than loopback: batches, runs,
 * errors that come back, groups as they are written.
 */
#include <net/if.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/dgram.h"
#include "net/mcast.h"
#include "relay/peers.h"
#include "relay/records.h"

#include "fake.h"
#include "tap.h"

static struct sk_loop loop;

/* "[one][two]": the datagrams from this cursor to the end of its chunk. */
static const char *show(const struct sk_chunk *c)
{
	static char text[1024];
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; c && i < c->n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "[%.*s]",
				       (int)c->rec[i].iov_len,
				       (char *)c->rec[i].iov_base);
	return text;
}

/* --- parting ----------------------------------------------------------------- */

static void test_reads(void)
{
	struct sk_chunk *c = NULL;
	struct sk_records r;
	struct fake in;

	fake_init(&in, &loop, "in");
	in.recv[0].text = "one";
	in.recv[1].text = "twenty";
	in.recv[2].text = "";
	sk_records_init(&r, &in.ep, SK_FRAME_READS, 4);
	is_int(sk_records_read(&r, &c), 1, "reads: a read");
	is_str(show(c), "[one]", "reads: is a datagram");
	is_int(sk_records_read(&r, &c), 1, "reads: one that is too long");
	is_str(show(c), "[twen]", "reads: is parted at the size");
	is_int(sk_records_read(&r, &c), 1, "reads: and the rest");
	is_str(show(c), "[ty]", "reads: follows");
	is_int(sk_records_read(&r, &c), 0, "reads: the end");
	is_int(sk_records_read(&r, &c), 0, "reads: stays the end");
	sk_records_fini(&r);
}

static void test_size(void)
{
	struct sk_chunk *c = NULL;
	struct sk_records r;
	struct fake in;

	fake_init(&in, &loop, "in");
	in.recv[0].text = "ab";
	in.recv[1].text = "cdefgh";
	in.recv[2].error = EAGAIN;
	in.recv[3].text = "i";
	in.recv[4].text = "";
	sk_records_init(&r, &in.ep, SK_FRAME_SIZE, 3);
	is_int(sk_records_read(&r, &c), 1, "size: reads until one is whole");
	is_str(show(c), "[abc][def]", "size: whole ones");
	is_int(sk_records_read(&r, &c), -EAGAIN, "size: waits for the rest");
	is_int(sk_records_read(&r, &c), 1, "size: with the rest");
	is_str(show(c), "[ghi]", "size: it is whole");
	is_int(sk_records_read(&r, &c), 0, "size: nothing is left over");
	sk_records_fini(&r);

	fake_init(&in, &loop, "in");
	in.recv[0].text = "abcd";
	in.recv[1].text = "";
	sk_records_init(&r, &in.ep, SK_FRAME_SIZE, 3);
	sk_records_read(&r, &c);
	is_int(sk_records_read(&r, &c), 1, "size: at the end");
	is_str(show(c), "[d]", "size: the last is shorter");
	is_int(sk_records_read(&r, &c), 0, "size: then it is over");
	sk_records_fini(&r);
}

static void test_lines(void)
{
	struct sk_chunk *c = NULL;
	struct sk_records r;
	struct fake in;

	fake_init(&in, &loop, "in");
	in.recv[0].text = "one\n\ntw";
	in.recv[1].text = "o";
	in.recv[2].text = "\nend";
	in.recv[3].text = "";
	sk_records_init(&r, &in.ep, SK_FRAME_LINES, 5);
	is_int(sk_records_read(&r, &c), 1, "lines: whole ones");
	is_str(show(c), "[one][]", "lines: an empty one too");
	is_int(sk_records_read(&r, &c), 1, "lines: one in pieces");
	is_str(show(c), "[two]", "lines: is put together");
	is_int(sk_records_read(&r, &c), 1, "lines: without a newline");
	is_str(show(c), "[end]", "lines: the last counts");
	is_int(sk_records_read(&r, &c), 0, "lines: the end");
	sk_records_fini(&r);
}

static void test_long_lines(void)
{
	static const struct {
		const char *first, *second;
		int want;
	} cases[] = {
		{ "12345\n", NULL, 1 },
		{ "123456\n", NULL, -EMSGSIZE },
		{ "123456", NULL, -EMSGSIZE },
		{ "12345", "\n", 1 },
		{ "12345", "6", -EMSGSIZE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sk_chunk *c = NULL;
		struct sk_records r;
		struct fake in;

		fake_init(&in, &loop, "in");
		in.recv[0].text = cases[i].first;
		in.recv[1].text = cases[i].second;
		sk_records_init(&r, &in.ep, SK_FRAME_LINES, 5);
		is_int(sk_records_read(&r, &c), cases[i].want,
		       "lines: of 5 bytes at most");
		sk_records_fini(&r);
	}
}

/* --- the log ------------------------------------------------------------------ */

static void test_cursors(void)
{
	struct sk_cursor fast = { 0 }, slow = { 0 };
	struct sk_chunk *a = NULL, *b = NULL;
	struct sk_records r;
	struct fake in;

	fake_init(&in, &loop, "in");
	in.recv[0].text = "aabb";
	in.recv[1].text = "cc";
	sk_records_init(&r, &in.ep, SK_FRAME_SIZE, 2);
	sk_records_read(&r, &a);
	sk_cursor_set(&fast, a);
	sk_cursor_set(&slow, a);
	sk_cursor_advance(&r, &fast, 2);
	ok(!fast.chunk, "cursor: at the end of the log");
	is_int(r.bytes, 4, "log: kept for the slow one");
	sk_records_read(&r, &b);
	sk_cursor_set(&fast, b);
	is_int(sk_cursor_left(&slow), 3, "cursor: how much is before it");
	sk_cursor_advance(&r, &slow, 1);
	ok(slow.chunk == a && slow.at == 1, "cursor: inside a chunk");
	sk_cursor_advance(&r, &slow, 1);
	ok(slow.chunk == b && slow.at == 0, "cursor: on to the next");
	is_int(r.bytes, 2, "log: what all have is forgotten");
	sk_cursor_drop(&r, &slow);
	is_int(r.bytes, 2, "log: one of two is dropped");
	sk_cursor_drop(&r, &fast);
	is_int(r.bytes, 0, "log: and empty when nobody reads");
	sk_records_fini(&r);
}

/* --- peers -------------------------------------------------------------------- */

static struct sk_addr inet_addr_of(uint32_t host, uint16_t port)
{
	struct sk_addr a = { .len = sizeof(a.in) };

	a.in.sin_family = AF_INET;
	a.in.sin_port = htons(port);
	a.in.sin_addr.s_addr = htonl(host);
	return a;
}

static void test_peers(void)
{
	struct sk_dgram one = { .fd = -1 }, two = { .fd = -1 };
	struct sk_peers t;
	struct sk_peer *p;
	struct sk_addr a;
	int found = 0;

	is_int(sk_peers_init(&t), 0, "peers: init");
	for (uint16_t i = 0; i < 5000; i++) {
		a = inet_addr_of(0x7f000001, i);
		sk_peers_add(&t, &one, &a, i + 1u);
	}
	for (uint16_t i = 0; i < 5000; i++) {
		a = inet_addr_of(0x7f000001, i);
		p = sk_peers_find(&t, &one, &a);
		found += p && p->last == i + 1u;
	}
	is_int(found, 5000, "peers: each is found");
	a = inet_addr_of(0x7f000001, 7);
	ok(!sk_peers_find(&t, &two, &a), "peers: not by another socket");
	p = sk_peers_find(&t, &one, &a);
	is_str(p->name, "127.0.0.1:7", "peers: named after their address");
	a = inet_addr_of(0x7f000002, 7);
	ok(!sk_peers_find(&t, &one, &a), "peers: not by another address");

	p = TAILQ_FIRST(&t.order);
	is_int(p->last, 1, "peers: the idlest is first");
	sk_peers_touch(&t, p, 6000);
	is_int(TAILQ_FIRST(&t.order)->last, 2, "peers: until it stirs");
	ok(TAILQ_LAST(&t.order, sk_peer_list) == p, "peers: then it is last");
	while ((p = TAILQ_FIRST(&t.order)))
		sk_peers_remove(&t, p);
	is_int(t.n, 0, "peers: all can go");
	sk_peers_fini(&t);
}

/* --- sockets ------------------------------------------------------------------ */

static struct sk_dgram *bound_udp(bool offload)
{
	struct sk_addr a = inet_addr_of(0x7f000001, 0);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, &a.sa, a.len) < 0)
		return NULL;
	return sk_dgram_new(&loop, fd, offload, offload);
}

static struct sk_dgram *connected_udp(const struct sk_addr *to, bool offload)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, &to->sa, to->len) < 0)
		return NULL;
	return sk_dgram_new(&loop, fd, offload, offload);
}

/* Ten of 100 bytes and one of 30; what comes, however it was carried. */
static void test_runs(bool offload)
{
	const char *how = offload ? "with offload" : "without";
	struct sk_dgram *rx = bound_udp(offload), *tx;
	struct sk_dgram_batch b;
	struct sk_dgram_to to = { 0 };
	struct iovec iov[11];
	char data[1030];
	size_t n = 0, bytes = 0;
	bool same = true;
	int r = 0;

	tx = connected_udp(&rx->addr, offload);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i % 251);
	for (size_t i = 0; i < 11; i++)
		iov[i] = (struct iovec){ data + i * 100, i < 10 ? 100 : 30 };
	for (size_t done = 0; done < 11 && r >= 0; done += (size_t)r)
		r = sk_dgram_send(tx, &to, iov + done, 11 - done);
	ok(r > 0, "runs: sent %s", how);
	sk_dgram_batch_init(&b, 65536);
	while (sk_dgram_recv(rx, &b, SK_DGRAM_SLOTS) > 0) {
		for (int i = 0; i < b.n; i++) {
			const struct sk_dgram_slot *s = &b.slot[i];

			n += s->segment ? (s->len + s->segment - 1) / s->segment
					: 1;
			same = same && bytes + s->len <= sizeof(data) &&
			       !memcmp(s->data, data + bytes, s->len);
			bytes += s->len;
			ok(s->from.len && s->local.family == AF_INET,
			   "runs: from whom, to where, %s", how);
		}
	}
	is_int(n, 11, "runs: as many datagrams");
	is_int(bytes, 1030, "runs: as many bytes");
	ok(same, "runs: the same bytes");
	sk_dgram_batch_fini(&b);
	sk_dgram_free(tx);
	sk_dgram_free(rx);
}

static void test_cut_and_empty(void)
{
	struct sk_dgram *rx = bound_udp(false), *tx;
	struct iovec iov[2] = { { NULL, 0 }, { NULL, 0 } };
	struct sk_dgram_to to = { 0 };
	struct sk_dgram_batch b;
	char data[100] = "x";

	tx = connected_udp(&rx->addr, false);
	iov[1] = (struct iovec){ data, sizeof(data) };
	is_int(sk_dgram_send(tx, &to, iov, 2), 2, "empty and long: sent");
	sk_dgram_batch_init(&b, 60);
	is_int(sk_dgram_recv(rx, &b, SK_DGRAM_SLOTS), 2, "both came");
	is_int(b.slot[0].len, 0, "an empty one is one");
	is_int(b.slot[1].len, 60, "a long one is cut to the room");
	is_int(b.slot[1].cut, 40, "and says by how much");
	is_int(sk_dgram_recv(rx, &b, SK_DGRAM_SLOTS), -EAGAIN, "no more");
	ok(!(rx->watch.can & SK_IN), "which the watch remembers");
	sk_dgram_batch_fini(&b);
	sk_dgram_free(tx);
	sk_dgram_free(rx);
}

static void test_unreachable(void)
{
	struct sk_dgram *rx = bound_udp(false), *tx;
	struct iovec iov = { (char[]){ "x" }, 1 };
	struct sk_dgram_to to = { 0 };
	struct sk_addr gone = rx->addr;
	struct sk_dgram_error e;
	char text[SK_ADDR_TEXT_MAX];

	sk_dgram_free(rx);
	tx = bound_udp(false);
	to.to = &gone;
	is_int(sk_dgram_error(tx, &e), 0, "no error yet");
	sk_dgram_send(tx, &to, &iov, 1);
	is_int(sk_dgram_error(tx, &e), 1, "an error came back");
	is_int(e.error, -ECONNREFUSED, "refused");
	is_str(e.text, "port unreachable", "in words");
	is_str(sk_addr_format_host(text, &e.by), "127.0.0.1", "by whom");
	is_int(sk_addr_port(&e.to), sk_addr_port(&gone), "about which one");
	is_int(sk_dgram_error(tx, &e), 0, "once");
	sk_dgram_free(tx);
}

/* An empty record is not the end, and the end is no record. */
static void test_record_end(void)
{
	struct iovec iov = { NULL, 0 };
	struct sk_dgram_to to = { 0 };
	struct sk_dgram_batch b;
	struct sk_dgram *one, *two;
	int fds[2];

	if (!ok(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds),
		"a pair of record sockets"))
		return;
	one = sk_dgram_new(&loop, fds[0], false, false);
	two = sk_dgram_new(&loop, fds[1], false, false);
	is_int(sk_dgram_send(one, &to, &iov, 1), 1, "an empty record");
	sk_dgram_batch_init(&b, 1000);
	is_int(sk_dgram_recv(two, &b, 1), 1, "comes");
	ok(!b.slot[0].end && b.slot[0].has_cred, "and is no end");
	is_int(b.slot[0].cred.pid, getpid(), "it is ours");
	sk_dgram_free(one);
	sk_watch_assume(&two->watch, SK_IN);
	is_int(sk_dgram_recv(two, &b, 1), 1, "then the end");
	ok(b.slot[0].end, "is one");
	sk_dgram_batch_fini(&b);
	sk_dgram_free(two);
}

/* Descriptors nobody asked for never get in. */
static void test_refused_fds(bool want)
{
	struct iovec iov = { (char[]){ "x" }, 1 };
	struct sk_dgram_to to = { 0 };
	struct sk_dgram_batch b;
	struct sk_dgram *one, *two;
	int fds[2], sent[2] = { 0, 1 }, next;

	if (!ok(!socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds),
		"a pair of datagram sockets"))
		return;
	one = sk_dgram_new(&loop, fds[0], false, false);
	two = sk_dgram_new(&loop, fds[1], false, false);
	two->want_fds = want;
	to.fds = sent;
	to.n_fds = 2;
	is_int(sk_dgram_send(one, &to, &iov, 1), 1, "sent with two");
	sk_dgram_batch_init(&b, 1000);
	sk_dgram_recv(two, &b, 1);
	is_int(b.slot[0].n_fds, want ? 2 : 0, "as many as were wanted");
	while (b.slot[0].n_fds)
		sk_close(&b.slot[0].fds[--b.slot[0].n_fds]);
	next = dup(0);
	ok(next >= 0 && next <= (one->fd > two->fd ? one->fd : two->fd) + 1,
	   "none is left open");
	sk_close(&next);
	sk_dgram_batch_fini(&b);
	sk_dgram_free(one);
	sk_dgram_free(two);
}

/* --- groups ------------------------------------------------------------------- */

static void test_groups(void)
{
	static const struct {
		const char *text;
		int want;	/* exit status asked for; 0: right */
	} cases[] = {
		{ "239.1.2.3", 0 },
		{ "239.1.2.3@lo", 0 },
		{ "ff02::1@lo", 0 },
		{ "232.1.2.3@lo,10.0.0.1", 0 },
		{ "ff3e::1,2001:db8::1", 0 },
		{ "239.1.2.3@nosuch9", 1 },
		{ "10.1.2.3", 2 },
		{ "239.1.2.3,ff02::1", 2 },
		{ "239.1.2.3,239.1.2.4", 2 },
		{ "239.1.2.3,", 2 },
		{ "", 2 },
		{ "@lo", 2 },
		{ "239.1.2.3@", 1 },
		{ "name@lo", 2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sk_err err = { 0 };
		struct sk_mcast m;
		int r = sk_mcast_parse(&m, cases[i].text, &err);

		ok((r < 0) == (cases[i].want != 0) &&
			   err.status == cases[i].want,
		   "group '%s': %d", cases[i].text, cases[i].want);
	}
}

int main(void)
{
	if (sk_loop_init(&loop) < 0)
		return 1;
	test_reads();
	test_size();
	test_lines();
	test_long_lines();
	test_cursors();
	test_peers();
	test_runs(true);
	test_runs(false);
	test_cut_and_empty();
	test_unreachable();
	test_record_end();
	test_refused_fds(false);
	test_refused_fds(true);
	test_groups();
	sk_loop_fini(&loop);
	return tap_done();
}
