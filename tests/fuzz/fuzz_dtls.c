/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzz target: DTLS, our server and our client over a wire in memory that does
 * to each datagram what the next byte of the input says; before them come
 * datagrams of strangers, which are in the input. Whatever happens, what is
 * delivered is what was sent.
 */
#include "fuzz.h"

#include "base/log.h"
#include "net/dtls.h"
#include "net/tls.h"

#ifdef HAVE_OPENSSL

#define QUEUE 64
#define PACKET 2048
#define LIMIT (20 * SK_MSEC)

enum { PASS_LAST = 3, LOSE, REPEAT, CHANGE, CUT, OPS };

struct packet {
	struct sk_addr from;
	size_t len;
	char data[PACKET];
};

/* One end, and what is on the way to it. */
struct end {
	struct sk_dgram d;
	struct end *other;
	struct packet queue[QUEUE];
	size_t first, n;
};

static const char question[] = "what is delivered is what was sent";
static struct sk_loop loop;
static struct sk_tls *tls[2];
static struct end ends[2];	/* 0 is the client */
static const uint8_t *script;
static size_t script_left;

static uint8_t next_byte(void)
{
	if (!script_left)
		return 0;
	script_left--;
	return *script++;
}

static struct sk_addr address(uint8_t i)
{
	struct sk_addr a = { .len = sizeof(a.in) };

	a.in.sin_family = AF_INET;
	a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a.in.sin_port = htons((uint16_t)(1000 + i));
	return a;
}

static void enqueue(struct end *to, const struct sk_addr *from,
		    const void *data, size_t len)
{
	struct packet *p = &to->queue[(to->first + to->n) % QUEUE];

	if (to->n == QUEUE || len > PACKET)
		return;
	to->n++;
	p->from = *from;
	p->len = len;
	if (len)
		memcpy(p->data, data, len);
	sk_watch_assume(&to->d.watch, SK_IN);
	sk_watch_signal(&to->d.watch, SK_IN);
}

/* --- a socket ------------------------------------------------------------- */

static struct end *of(struct sk_dgram *d)
{
	return sk_container_of(d, struct end, d);
}

static int end_recv(struct sk_dgram *d, struct sk_dgram_batch *b, int max)
{
	struct end *e = of(d);

	for (; b->n < max && e->n; e->n--) {
		struct sk_dgram_slot *s = sk_dgram_slot(b, b->n++);
		const struct packet *p = &e->queue[e->first];

		s->len = p->len;
		memcpy(s->data, p->data, p->len);
		if (!d->connected)
			s->from = p->from;
		e->first = (e->first + 1) % QUEUE;
	}
	if (!b->n)
		sk_watch_blocked(&d->watch, SK_IN);
	return b->n ? b->n : -EAGAIN;
}

static void send_one(struct end *e, const struct iovec *iov)
{
	const struct sk_addr from = address(e == &ends[0]);
	uint8_t op = next_byte() % OPS;
	char data[PACKET];
	size_t len = iov->iov_len;

	if (op == LOSE || len > sizeof(data))
		return;
	memcpy(data, iov->iov_base, len);
	if (op == CHANGE && len)
		data[next_byte() % len] ^= (char)(next_byte() | 1);
	if (op == CUT)
		len -= next_byte() % (len + 1);
	enqueue(e->other, &from, data, len);
	if (op == REPEAT)
		enqueue(e->other, &from, data, len);
}

static int end_send(struct sk_dgram *d, const struct sk_dgram_to *to,
		    const struct iovec *iov, size_t n)
{
	const struct sk_addr friend = address(1);

	/* Answers to strangers go nowhere. */
	for (size_t i = 0; i < n; i++)
		if (!to->to || sk_addr_equal(to->to, &friend))
			send_one(of(d), &iov[i]);
	return (int)n;
}

static int end_error(struct sk_dgram *d, struct sk_dgram_error *e)
{
	(void)d;
	(void)e;
	return 0;
}

static void end_free(struct sk_dgram *d)
{
	sk_watch_fini(&d->watch);
}

static const struct sk_dgram_ops end_ops = { end_recv, end_send, end_error,
					     end_free };

/* --- the users ------------------------------------------------------------ */

static void drain(struct sk_dgram *d)
{
	static struct sk_dgram_batch b;
	struct sk_dgram_error e;
	int n;

	if (!b.data && sk_dgram_batch_init(&b, 64 << 10) < 0)
		abort();
	while ((n = sk_dgram_recv(d, &b, SK_DGRAM_SLOTS)) > 0)
		for (int i = 0; i < n; i++) {
			const struct sk_dgram_slot *s = &b.slot[i];
			struct sk_dgram_to to = { .to = &s->from };
			struct iovec iov = { s->data, s->len };

			if (s->end)
				sk_dgram_forget(d, &s->from);
			if (s->end || s->begins)
				continue;
			if (s->len != sizeof(question) ||
			    memcmp(s->data, question, s->len) != 0)
				abort();
			if (!d->connected)
				sk_dgram_send(d, &to, &iov, 1);
		}
	while (sk_dgram_error(d, &e))
		if (!e.text || !*e.text)
			abort();
}

static void on_ready(struct sk_watch *w)
{
	struct sk_dgram *d = sk_container_of(w, struct sk_dgram, watch);

	if (d->ready)
		d->ready(d);
}

static void begin(struct end *e, struct end *other)
{
	bool client = e == &ends[0];

	*e = (struct end){ .other = other };
	e->d = (struct sk_dgram){ .ops = &end_ops, .loop = &loop, .fd = -1,
				  .family = AF_INET, .type = SOCK_DGRAM,
				  .connected = client, .addr = address(client),
				  .ready = client ? NULL : drain };
	if (client)
		e->d.peer = address(0);
	sk_watch_init_bare(&e->d.watch, &loop, on_ready);
	sk_watch_assume(&e->d.watch, SK_OUT);
	sk_watch_want(&e->d.watch, client ? 0 : SK_IN);
}

static void begin_all(void)
{
	static struct sk_tls_opts opts[2] = { { .dgram = true },
					      { .dgram = true,
						.server = true } };
	struct sk_err err;

	sk_log_set_verbosity(SK_LOG_ERROR - 1);
	if (sk_loop_init(&loop) < 0 || sk_tls_new(&tls[0], &opts[0], &err) < 0 ||
	    sk_tls_new(&tls[1], &opts[1], &err) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iovec iov = { (void *)(uintptr_t)question, sizeof(question) };
	struct sk_dgram_to peer = { 0 };
	struct sk_addr from;
	struct sk_err err = { 0 };
	size_t len;

	if (!tls[1])
		begin_all();
	script = data;
	script_left = size;
	begin(&ends[0], &ends[1]);
	begin(&ends[1], &ends[0]);
	if (sk_dtls_serve(&ends[1].d, tls[1], LIMIT, &err) < 0)
		abort();
	for (int strangers = next_byte() % 16; strangers; strangers--) {
		from = address(next_byte() % 4);
		len = next_byte();
		len = len < script_left ? len : script_left;
		enqueue(&ends[1], &from, script, len);
		script += len;
		script_left -= len;
	}
	drain(&ends[1].d);
	if (sk_dtls_connect(&ends[0].d, tls[0], "localhost", LIMIT, &err) >= 0) {
		for (int i = 0; i < 4; i++) {
			sk_dgram_send(&ends[0].d, &peer, &iov, 1);
			drain(&ends[1].d);
			drain(&ends[0].d);
		}
		sk_dgram_forget(&ends[0].d, &(struct sk_addr){ .len = 0 });
		drain(&ends[1].d);
	}
	sk_dgram_free(&ends[0].d);
	sk_dgram_free(&ends[1].d);
	return 0;
}

#else

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)data;
	(void)size;
	return 0;
}

#endif
