/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A host of the embedded stack with a UDP echo, for tests against the kernel:
 *	stkhost SPEC PORT [READY-FILE]
 * Writes READY-FILE once it has an address; runs until SIGTERM. SIGUSR1
 * prints its tables.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/units.h"
#include "stack/stk.h"

static volatile sig_atomic_t ended, show;

static void on_signal(int signo)
{
	if (signo == SIGUSR1)
		show = 1;
	else
		ended = 1;
}

static void on_note(void *arg, bool warning, const char *text)
{
	(void)arg;
	fprintf(stderr, "stkhost: %s%s\n", warning ? "warning: " : "", text);
}

static void echo(struct stk_sock *sk, unsigned events, void *arg)
{
	static uint8_t b[65536];
	struct iovec iov = { b, sizeof(b) };
	struct stk_addr from;
	ssize_t n;

	(void)events;
	(void)arg;
	while ((n = stk_recv(sk, &iov, 1, &from, 0)) != -EAGAIN) {
		struct iovec out = { b, n > 0 ? (size_t)n : 0 };

		if (n >= 0)
			stk_send(sk, &out, 1, &from);
	}
}

static int serve_udp(struct stk *s, int family, uint16_t port)
{
	struct stk_addr any = { .family = (uint16_t)family, .port = port };
	struct stk_sock *sk;
	int r = stk_socket(s, family, SOCK_DGRAM, &sk);

	if (family == AF_INET)
		stk_ip_parse(&any.ip, "0.0.0.0");
	if (r >= 0)
		r = stk_bind(sk, &any);
	if (r >= 0)
		stk_on_ready(sk, echo, NULL);
	return r;
}

static void wait_for_work(struct stk *s)
{
	uint64_t at = stk_next_deadline(s), now = sk_now_us();
	bool out;
	struct pollfd p = { .fd = stk_fd(s, &out), .events = POLLIN };
	int ms = -1;

	if (out)
		p.events |= POLLOUT;
	if (at != SK_NEVER)
		ms = at <= now ? 0 : (int)((at - now + 999) / 1000);
	poll(&p, 1, ms);
}

static void print_tables(struct stk *s)
{
	struct sk_out out;

	show = 0;
	sk_out_init(&out, 2);
	stk_show(s, &out);
	sk_out_fini(&out);
}

static void run(struct stk *s, const char *ready)
{
	while (!ended && !stk_error(s, NULL)) {
		stk_service(s, sk_now_us());
		if (ready && stk_is_up(s, AF_UNSPEC)) {
			FILE *f = fopen(ready, "w");

			if (f)
				fclose(f);
			ready = NULL;
		}
		if (show)
			print_tables(s);
		wait_for_work(s);
	}
}

static struct stk *start(const char *spec, struct sk_err *err)
{
	struct stk_config c = { .note = on_note };
	struct stk_link *link;

	if (stk_open(spec, &c, &link, err) < 0 ||
	    getrandom(c.seed, sizeof(c.seed), 0) < 0)
		return NULL;
	fprintf(stderr, "stkhost: %s\n", stk_link_text(link));
	return stk_new(&c, link, sk_now_us());
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct sk_err err = { .text = "usage: stkhost SPEC PORT [FILE]" };
	struct stk *s = NULL;
	uint64_t port;
	int r = 0;

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	if (argc > 2 && !sk_parse_uint(argv[2], &port) && port < 65536)
		s = start(argv[1], &err);
	if (!s) {
		fprintf(stderr, "stkhost: %s\n", err.text);
		return 1;
	}
	if (serve_udp(s, AF_INET, (uint16_t)port) < 0 ||
	    serve_udp(s, AF_INET6, (uint16_t)port) < 0)
		return 1;
	run(s, argv[3]);
	if (stk_error(s, &err)) {
		fprintf(stderr, "stkhost: %s\n", err.text);
		r = 1;
	}
	stk_free(s);
	return r;
}
