/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS over a wire in memory that passes as few bytes at a time as a test
 * wants, and that can be cut anywhere.
 */
#include "tap.h"

#include "net/tls.h"

#ifdef HAVE_OPENSSL

#define WIRE_SIZE 4096

/* One end; what its peer has sent waits in buf. */
struct wire {
	struct endpoint ep;
	struct wire *peer;
	char buf[WIRE_SIZE];
	size_t n, step, passed, cut; /* cut: bytes until its sending ends */
	bool eof, freed;
	unsigned want;
	struct sk_task task;
};

static struct sk_loop loop;
static struct wire wires[2];
static struct sk_tls *tls[2];
static struct sk_tls_opts opts[2];

/* One end of a conversation: index 0 is the client. */
static struct side {
	struct endpoint *ep;
	bool up;
	int error;		/* of the handshake, or of recv */
	size_t to_send, sent, got;
	bool shut, ended;
	char why[600];
} sides[2];

static struct wire *to_wire(const struct endpoint *ep)
{
	return sk_container_of(ep, struct wire, ep);
}

static void wire_wake(struct wire *w)
{
	if ((w->want & SK_IN && (w->n || w->eof)) ||
	    (w->want & SK_OUT && w->peer->n < WIRE_SIZE))
		sk_task_post(&loop, &w->task);
}

static void wire_ready(struct sk_task *task)
{
	struct wire *w = sk_container_of(task, struct wire, task);

	if (!w->freed && w->ep.ready)
		w->ep.ready(&w->ep);
}

static ssize_t wire_recv(struct endpoint *ep, void *buf, size_t len)
{
	struct wire *w = to_wire(ep);

	if (!w->n)
		return w->eof ? 0 : -EAGAIN;
	len = len < w->n ? len : w->n;
	len = len < w->step ? len : w->step;
	memcpy(buf, w->buf, len);
	w->n -= len;
	memmove(w->buf, w->buf + len, w->n);
	wire_wake(w->peer);
	return (ssize_t)len;
}

static ssize_t wire_send(struct endpoint *ep, const struct iovec *iov, int n)
{
	struct wire *w = to_wire(ep), *to = w->peer;
	size_t len = iov[0].iov_len;

	(void)n;
	if (w->passed == w->cut) {
		to->eof = true;
		wire_wake(to);
		return (ssize_t)len;
	}
	len = len < w->step ? len : w->step;
	len = len < WIRE_SIZE - to->n ? len : WIRE_SIZE - to->n;
	len = len < w->cut - w->passed ? len : w->cut - w->passed;
	if (!len)
		return -EAGAIN;
	memcpy(to->buf + to->n, iov[0].iov_base, len);
	to->n += len;
	w->passed += len;
	wire_wake(to);
	return (ssize_t)len;
}

static int wire_shutdown(struct endpoint *ep)
{
	to_wire(ep)->peer->eof = true;
	wire_wake(to_wire(ep)->peer);
	return 0;
}

static void wire_want(struct endpoint *ep, unsigned events)
{
	to_wire(ep)->want = events;
	wire_wake(to_wire(ep));
}

static void wire_free(struct endpoint *ep)
{
	to_wire(ep)->freed = true;
	to_wire(ep)->peer->eof = true;
	sk_task_cancel(&loop, &to_wire(ep)->task);
	if (!to_wire(ep)->peer->freed)
		wire_wake(to_wire(ep)->peer);
}

static const struct endpoint_ops wire_ops = {
	.kind = "wire",
	.recv = wire_recv,
	.send = wire_send,
	.shutdown = wire_shutdown,
	.want = wire_want,
	.free = wire_free,
};

/* --- the two sides ---------------------------------------------------------- */

static char pattern_at(size_t i)
{
	return (char)(i * 31 + i / 251);
}

static void receive(struct side *s)
{
	char buf[5000];
	ssize_t n;

	while (!s->ended && !s->error &&
	       (n = endpoint_recv(s->ep, buf, sizeof(buf))) != -EAGAIN) {
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != pattern_at(s->got + (size_t)i))
				s->error = -EBADMSG;
		if (n > 0)
			s->got += (size_t)n;
		else if (n == 0)
			s->ended = true;
		else
			s->error = (int)n;
	}
	if (s->error && s->ep->said)
		snprintf(s->why, sizeof(s->why), "%s", s->ep->said);
}

static void deliver(struct side *s)
{
	char buf[40000];
	struct iovec iov = { buf, sizeof(buf) };
	ssize_t n;

	while (s->sent < s->to_send) {
		if (iov.iov_len > s->to_send - s->sent)
			iov.iov_len = s->to_send - s->sent;
		for (size_t i = 0; i < iov.iov_len; i++)
			buf[i] = pattern_at(s->sent + i);
		n = endpoint_send(s->ep, &iov, 1);
		if (n < 0)
			return;
		s->sent += (size_t)n;
	}
	if (!s->shut)
		endpoint_shutdown(s->ep);
	s->shut = true;
}

static void on_ready(struct endpoint *ep)
{
	struct side *s = ep->owner;

	deliver(s);
	receive(s);
	endpoint_want(ep, (s->ended || s->error ? 0 : SK_IN) |
				  (s->shut ? 0 : SK_OUT));
}

static void on_done(struct endpoint *ep, int r, const struct sk_err *err,
		    void *arg)
{
	struct side *s = arg;

	s->up = r >= 0;
	s->error = r;
	snprintf(s->why, sizeof(s->why), "%s", err->text);
	if (r < 0) {
		s->ep = NULL;
		endpoint_free(ep);
		return;
	}
	ep->owner = s;
	ep->ready = on_ready;
	on_ready(ep);
}

static void begin(size_t step, size_t to_send, size_t cut)
{
	for (int i = 0; i < 2; i++) {
		wires[i] = (struct wire){
			.ep = { .ops = &wire_ops, .loop = &loop,
				.name_in = "wire", .name_out = "wire" },
			.peer = &wires[!i], .step = step, .cut = SIZE_MAX,
		};
		sk_task_init(&wires[i].task, wire_ready);
		sides[i] = (struct side){ .to_send = to_send };
	}
	wires[0].cut = cut;
	for (int i = 0; i < 2; i++)
		sides[i].ep = sk_tls_start(tls[i], &wires[i].ep, "localhost",
					   on_done, &sides[i]);
	/* Without a kernel nothing comes from outside: no task, no progress. */
	while (!TAILQ_EMPTY(&loop.tasks))
		sk_loop_once(&loop);
}

static bool is_over(const struct side *s)
{
	return s->error || (s->shut && s->ended);
}

static void end(void)
{
	for (int i = 0; i < 2; i++)
		endpoint_free(sides[i].ep);
}

/* --- tests ------------------------------------------------------------------ */

static void test_steps(void)
{
	static const size_t steps[] = { 1, 2, 5, 6, 100, 1399, WIRE_SIZE };

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		begin(steps[i], 50000, SIZE_MAX);
		ok(sides[0].up && sides[1].up, "%zu bytes a time: handshake: "
		   "%s %s", steps[i], sides[0].why, sides[1].why);
		ok(sides[0].got == 50000 && sides[1].got == 50000,
		   "all of it both ways");
		ok(sides[0].ended && sides[1].ended, "and both ends");
		end();
	}
}

/* After each byte of the client's: nobody waits for ever or believes it. */
static void test_cuts(void)
{
	size_t total, bad = 0, cut;

	begin(WIRE_SIZE, 1000, SIZE_MAX);
	total = wires[0].passed;
	end();
	ok(total > 1000, "%zu bytes are sent", total);
	for (cut = 0; cut < total; cut++) {
		begin(WIRE_SIZE, 1000, cut);
		bad += !is_over(&sides[1]) || !sides[1].error;
		end();
	}
	is_int(bad, 0, "a cut anywhere is an error for the server");
	begin(WIRE_SIZE, 1000, total - 10);
	ok(strstr(sides[1].why, "close_notify"), "said: %s", sides[1].why);
	end();
}

static void test_free(void)
{
	size_t was;

	begin(1, 0, 60);
	end();
	ok(wires[0].freed && wires[1].freed, "freed in the middle");
	begin(WIRE_SIZE, 3, SIZE_MAX);
	was = wires[0].passed;
	endpoint_shutdown(sides[0].ep);
	is_int(wires[0].passed, was, "one close_notify only");
	end();
}

static void test_verify(void)
{
	opts[0].verify = true;
	sk_tls_free(tls[0]);
	sk_tls_new(&tls[0], &opts[0], NULL);
	begin(3, 100, SIZE_MAX);
	ok(!sides[0].up && strstr(sides[0].why, "self-signed"),
	   "an unknown certificate is refused: %s", sides[0].why);
	is_int(sides[1].got, 0, "nothing was sent");
	end();
}

int main(void)
{
	struct sk_err err = { 0 };

	sk_loop_init(&loop);
	opts[1].server = true;
	for (int i = 0; i < 2; i++)
		ok(sk_tls_new(&tls[i], &opts[i], &err) == 0, "a context: %s",
		   err.text);
	is_int(strlen(sk_tls_fingerprint(tls[1])), 95, "a fingerprint");
	test_steps();
	test_cuts();
	test_free();
	test_verify();
	sk_tls_free(tls[0]);
	sk_tls_free(tls[1]);
	sk_loop_fini(&loop);
	return tap_done();
}

#else

int main(void)
{
	struct sk_tls_opts opts = { 0 };
	struct sk_err err = { 0 };
	struct sk_tls *tls;

	ok(sk_tls_new(&tls, &opts, &err) < 0 && !tls, "no TLS without OpenSSL");
	is_int(err.status, SK_EXIT_USAGE, "a usage error");
	ok(strstr(err.text, "OpenSSL"), "that names it: %s", err.text);
	sk_tls_free(tls);
	return tap_done();
}

#endif
