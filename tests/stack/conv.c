/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stage of tests/stack: link, clock, application, and the cases' main(). */
#include "conv.h"

#include <errno.h>
#include <netinet/ip_icmp.h>
#include <stdarg.h>

#include "conv_wire.h"
#include "../unit/tap.h"

static struct conv_case *cases, **tail = &cases;

void conv_register(struct conv_case *c)
{
	*tail = c;
	tail = &c->next;
}

void fail(struct conv *t, const char *fmt, ...)
{
	va_list ap;

	if (t->failed)
		return;
	t->failed = true;
	va_start(ap, fmt);
	vsnprintf(t->why, sizeof(t->why), fmt, ap);
	va_end(ap);
}

/* --- the link ------------------------------------------------------------- */

static struct conv *of_link(struct stk_link *l)
{
	return stk_container_of(l, struct conv, link);
}

static int link_send(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	struct conv *t = of_link(l);
	uint8_t frame[65536 + 64];

	for (int i = 0; i < n; i++) {
		size_t len = pkt_read(v[i], 0, frame, sizeof(frame));

		if (!t->deaf)
			conv_frame_out(t, frame, len, now);
		pkt_free(v[i]);
	}
	return n;
}

static int link_recv(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	struct conv *t = of_link(l);
	int got = 0;

	(void)now;
	while (got < n && (unsigned)got < t->n_in) {
		v[got] = t->in[got];
		got++;
	}
	t->n_in -= (unsigned)got;
	memmove(t->in, t->in + got, t->n_in * sizeof(*t->in));
	return got;
}

static void link_free(struct stk_link *l)
{
	struct conv *t = of_link(l);

	for (unsigned i = 0; i < t->n_in; i++)
		pkt_free(t->in[i]);
	t->n_in = 0;
}

static const struct stk_link_ops link_ops = {
	.name = "conv",
	.send = link_send,
	.recv = link_recv,
	.free = link_free,
};

/* Answers that the link gave while sending: they arrive now. */
static void deliver_answers(struct conv *t)
{
	while (t->n_in) {
		struct pkt *p = t->in[0];

		memmove(t->in, t->in + 1, --t->n_in * sizeof(*t->in));
		stk_input(t->s, p, t->now);
	}
}

void conv_input(struct conv *t, const void *frame, size_t len)
{
	struct pkt *p = pkt_new(&t->s->pool, 0, len);

	if (!p) {
		fail(t, "no memory");
		return;
	}
	memcpy(pkt_put(p, len), frame, len);
	if (t->burst) {
		t->in[t->n_in++] = p;
		return;
	}
	stk_input(t->s, p, t->now);
	deliver_answers(t);
}

void begin_burst(struct conv *t)
{
	t->burst = true;
}

void end_burst(struct conv *t)
{
	t->burst = false;
	stk_service(t->s, t->now);
	deliver_answers(t);
}

/* --- time ----------------------------------------------------------------- */

void advance(struct conv *t, uint64_t us)
{
	uint64_t end = t->now + us, next;

	while ((next = stk_next_deadline(t->s)) <= end) {
		if (next > t->now)
			t->now = next;
		stk_poll(t->s, t->now);
		deliver_answers(t);
	}
	t->now = end;
	stk_poll(t->s, t->now);
	deliver_answers(t);
}

static void settle(struct conv *t)
{
	advance(t, 0);
}

/* --- the application ------------------------------------------------------ */

static void on_ready(struct stk_sock *sk, unsigned events, void *arg)
{
	struct conv *t = arg;

	(void)sk;
	t->events = events;
	t->calls++;
}

static struct stk_addr address(struct conv *t, bool self)
{
	return (struct stk_addr){ (uint16_t)t->family,
				  self ? t->dport : t->sport,
				  self ? t->self : t->peer };
}

void app_listen(struct conv *t, int backlog)
{
	struct stk_addr a = { (uint16_t)t->family, 80,
			      stk_ip_any(t->family) };

	if (!t->lsn) {
		check_int(t, stk_socket(t->s, t->family, SOCK_STREAM, &t->lsn),
			  0);
		check_int(t, stk_bind(t->lsn, &a), 0);
	}
	check_int(t, stk_listen(t->lsn, backlog), 0);
}

int app_accept(struct conv *t)
{
	int r = stk_accept(t->lsn, &t->sk);

	if (r == 0)
		stk_on_ready(t->sk, on_ready, t);
	return r;
}

void open_with(struct conv *t, const char *options, unsigned win)
{
	char line[160];

	app_listen(t, 5);
	snprintf(line, sizeof(line), "< S 0:0(0) win 65535 <%s>", options);
	say(t, line);
	say(t, "> S. 0:0(0) ack 1");
	snprintf(line, sizeof(line), "< . 1:1(0) ack 1 win %u", win);
	say(t, line);
	check_int(t, app_accept(t), 0);
}

void open_plain(struct conv *t)
{
	open_with(t, "mss 1000", 32000);
}

void open_full(struct conv *t)
{
	open_with(t, "mss 1012,sackOK,TS val 100 ecr 0,nop,wscale 7", 512);
}

void app_connect(struct conv *t)
{
	struct stk_addr a;

	t->sport = 80;
	a = address(t, false);
	check_int(t, stk_socket(t->s, t->family, SOCK_STREAM, &t->sk), 0);
	stk_on_ready(t->sk, on_ready, t);
	check_int(t, stk_connect(t->sk, &a), -EINPROGRESS);
	stk_local(t->sk, &a);
	t->dport = a.port;
	settle(t);
}

void open_active(struct conv *t)
{
	app_connect(t);
	say(t, "> S 0:0(0)\n"
	       "< S. 0:0(0) ack 1 win 32000 <mss 1000>\n"
	       "> . 1:1(0) ack 1\n");
	check(t, t->events & STK_OUT);
}

void app_send(struct conv *t, uint32_t n)
{
	static uint8_t buf[256 << 10];

	while (n && t->sk && !t->failed) {
		uint32_t len = n < sizeof(buf) ? n : sizeof(buf);
		struct iovec v = { buf, len };
		ssize_t r;

		conv_pattern(buf, t->sent, len);
		r = stk_send(t->sk, &v, 1, NULL);
		if (r <= 0) {
			fail(t, "send: %zd", r);
			return;
		}
		t->sent += (uint32_t)r;
		n -= (uint32_t)r;
	}
	settle(t);
}

long app_recv(struct conv *t, uint32_t n)
{
	uint8_t buf[4096] = { 0 }, want[4096];
	long total = 0;

	while (n && t->sk) {
		struct iovec v = { buf, n < sizeof(buf) ? n : sizeof(buf) };
		ssize_t r = stk_recv(t->sk, &v, 1, NULL, 0);

		if (r <= 0) {
			settle(t);
			return total ? total : (long)r;
		}
		conv_pattern(want, t->got, (uint32_t)r);
		if (memcmp(buf, want, (size_t)r))
			fail(t, "recv: wrong bytes after %u", t->got);
		t->got += (uint32_t)r;
		total += r;
		n -= (uint32_t)r;
	}
	settle(t);
	return total;
}

void app_close(struct conv *t)
{
	stk_close(t->sk);
	t->sk = NULL;
	settle(t);
}

int app_set(struct conv *t, int level, int name, int value)
{
	int r = stk_setopt(t->sk ? t->sk : t->lsn, level, name, &value,
			   sizeof(value));

	settle(t);
	return r;
}

int app_get(struct conv *t, int level, int name)
{
	int v = 0;
	size_t len = sizeof(v);
	int r = stk_getopt(t->sk ? t->sk : t->lsn, level, name, &v, &len);

	return r < 0 ? r : v;
}

struct tcp_pcb *pcb(struct conv *t)
{
	static struct tcp_pcb none;

	/* A case that has failed goes on to its end. */
	return t->sk ? tcp_of(t->sk) : &none;
}

uint64_t counter(struct conv *t, const char *name)
{
	return stk_counter(t->s, name);
}

void peer_send(struct conv *t, uint32_t seq, uint32_t n, uint32_t size,
	       uint32_t ack, unsigned win)
{
	char line[100];

	while (n) {
		uint32_t len = n < size ? n : size;

		snprintf(line, sizeof(line), "P. %u:%u(%u) ack %u win %u",
			 seq, seq + len, len, ack, win);
		inject(t, line);
		seq += len;
		n -= len;
	}
}

unsigned drain(struct conv *t)
{
	unsigned n = t->n_out - t->first_out;

	t->n_out = t->first_out = 0;
	return n;
}

/* --- scripts -------------------------------------------------------------- */

void expect_idle(struct conv *t)
{
	char text[200];

	if (t->first_out == t->n_out)
		return;
	conv_seg_format(t, text, sizeof(text), &t->out[t->first_out]);
	fail(t, "unexpected: %s", text);
}

static void expect(struct conv *t, const char *line)
{
	char text[200], why[100] = "";

	if (t->first_out == t->n_out) {
		fail(t, "nothing was sent, expected: > %s", line);
		return;
	}
	t->last = t->out[t->first_out++];
	if (t->first_out == t->n_out)
		t->first_out = t->n_out = 0;
	if (conv_seg_match(t, &t->last, line, why, sizeof(why)))
		return;
	conv_seg_format(t, text, sizeof(text), &t->last);
	fail(t, "%s\n#   got:  > %s\n#   want: > %s", why, text, line);
}

static void pass_time(struct conv *t, const char *line)
{
	char *unit;
	double n = strtod(line, &unit);
	double scale = !strncmp(unit, "us", 2) ? 1 :
		       !strncmp(unit, "ms", 2) ? 1e3 : 1e6;

	advance(t, (uint64_t)(n * scale + 0.5));
}

static void say_line(struct conv *t, const char *line)
{
	if (*line == '>') {
		expect(t, line + 2);
		return;
	}
	expect_idle(t);
	if (*line == '<')
		inject(t, line + 2);
	else if (*line == '+')
		pass_time(t, line + 1);
	else
		fail(t, "what is this: %s", line);
}

void say(struct conv *t, const char *script)
{
	char line[300];

	while (*script && !t->failed) {
		size_t n = strcspn(script, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)n, script);
		if (n)
			say_line(t, line);
		script += n + (script[n] == '\n');
	}
}

void expect_data(struct conv *t, uint32_t from, uint32_t n)
{
	char line[60];

	for (; n; n--, from += 1000) {
		snprintf(line, sizeof(line), "> %s %u:%u(1000)",
			 n == 1 ? "P." : ".", from, from + 1000);
		say(t, line);
	}
}

/* --- main ----------------------------------------------------------------- */

static void begin(struct conv *t, int family)
{
	struct stk_config c = { .no_dad = true, .n_addrs = 2 };

	*t = (struct conv){
		.link = { .ops = &link_ops, .mtu = 1500, .fd = -1 },
		.now = 1000 * SK_SEC,
		.family = family,
		.sport = 40000,
		.dport = 80,
		.isn = 1000000,
		.mtu = 1500,
	};
	for (size_t i = 0; i < sizeof(c.seed); i++)
		c.seed[i] = (uint8_t)(i * 11 + 1);
	c.addrs[0].len = 24;
	stk_ip_parse(&c.addrs[0].ip, "198.18.0.2");
	c.addrs[1].len = 64;
	stk_ip_parse(&c.addrs[1].ip, "fd00:5c::2");
	t->self = c.addrs[family == AF_INET6].ip;
	stk_ip_parse(&t->peer, family == AF_INET6 ? "fd00:5c::1" :
						    "198.18.0.1");
	t->s = stk_new(&c, &t->link, t->now);
	if (!t->s) {
		printf("Bail out! no stack\n");
		exit(1);
	}
	advance(t, 2 * SK_SEC);
}

static void end(struct conv *t)
{
	if (!t->failed)
		expect_idle(t);
	if (t->sk)
		stk_close(t->sk);
	if (t->lsn)
		stk_close(t->lsn);
	t->sk = t->lsn = NULL;
	if (t->s)
		stk_free(t->s);	/* asserts that no buffer is left */
}

static void run(struct conv_case *c, int family)
{
	static struct conv t;

	begin(&t, family);
	c->fn(&t);
	end(&t);
	ok(!t.failed, "%s%s (%s)", c->name,
	   family == AF_INET6 ? " over IPv6" : "", c->source);
	if (t.failed)
		printf("#   %s\n", t.why);
}

/* With an argument: only the cases whose name contains it. */
int main(int argc, char **argv)
{
	for (struct conv_case *c = cases; c; c = c->next) {
		if (argc > 1 && !strstr(c->name, argv[1]))
			continue;
		run(c, AF_INET);
		run(c, AF_INET6);
	}
	return tap_done();
}
