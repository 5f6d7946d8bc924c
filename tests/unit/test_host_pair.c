/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two hosts of the stack in one loop, with a wire in memory between them. */
#include <arpa/inet.h>

#include "base/clock.h"
#include "net/dial.h"
#include "net/host.h"
#include "net/listener.h"

#include "tap.h"

static struct sk_loop loop;
static struct sk_host *hosts[2];
static struct endpoint *served;

static void on_accept(struct sk_listener *l, struct endpoint *ep, void *arg)
{
	(void)l, (void)arg;
	served = ep;
}

static void on_limit(struct sk_timer *t)
{
	sk_loop_stop(t->loop);
}

static struct endpoint *dial(struct sk_host *from, const char *where,
			     struct sk_err *err)
{
	struct sk_net_opts net = { .host = from, .numeric = true,
				   .wait = 20 * SK_SEC };
	struct endpoint *ep = NULL;
	struct sk_target to;

	if (sk_target_parse(&to, where, err) >= 0)
		endpoint_connect(&ep, &loop, &to, &net, err);
	return ep;
}

/* All of it arrives, in order, through a wire of small frames. */
static void test_bytes(struct endpoint *ep)
{
	static char out[100000], in[sizeof(out)];
	size_t sent = 0, got = 0;
	struct sk_timer limit;
	ssize_t n;

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (char)(i * 7 + i / 251);
	sk_timer_init(&limit, &loop, on_limit);
	sk_timer_in(&limit, 20 * SK_SEC);
	loop.stop = false;
	while (got < sizeof(in) && !loop.stop) {
		struct iovec iov = { out + sent, sizeof(out) - sent };

		n = iov.iov_len ? endpoint_send(ep, &iov, 1) : 0;
		sent += n > 0 ? (size_t)n : 0;
		sk_loop_once(&loop);
		n = served ? endpoint_recv(served, in + got,
					   sizeof(in) - got) : 0;
		got += n > 0 ? (size_t)n : 0;
	}
	sk_timer_stop(&limit);
	is_int(got, sizeof(in), "pair: all bytes arrive");
	ok(!memcmp(in, out, sizeof(in)), "pair: as they were sent");
}

int main(void)
{
	struct stk_prefix at[2] = { { .len = 24 }, { .len = 24 } };
	struct sk_net_opts net = { .numeric = true };
	struct sk_listener *l = NULL;
	struct sk_err err = { 0 };
	struct sk_target here;
	struct endpoint *ep;

	stk_ip_parse(&at[0].ip, "198.18.0.2");
	stk_ip_parse(&at[1].ip, "198.18.0.1");
	is_int(sk_loop_init(&loop), 0, "a loop");
	is_int(sk_host_pair(hosts, &loop, 1500, at, &err), 0, "two hosts");
	net.host = hosts[0];
	sk_target_parse(&here, "198.18.0.2:80", &err);
	is_int(sk_listener_open(&l, &loop, &here, &net, &err), 0,
	       "one listens");
	sk_listener_start(l, on_accept, NULL);
	ep = dial(hosts[1], "198.18.0.2:80", &err);
	if (ok(ep != NULL, "the other connects%s%s", *err.text ? ": " : "",
	       err.text))
		test_bytes(ep);
	ok(!dial(hosts[1], "198.18.0.2:81", &err) && strstr(err.text, "refused"),
	   "nobody at another port: %s", err.text);
	endpoint_free(served);
	endpoint_free(ep);
	sk_listener_free(l);
	sk_host_free(hosts[0], 0);
	err = (struct sk_err){ 0 };
	for (int i = 0; i < 3; i++)
		sk_host_touch(hosts[1]), sk_loop_once(&loop);
	is_int(sk_host_error(hosts[1], &err), -EPIPE,
	       "the one that is left knows that it is alone");
	sk_host_free(hosts[1], 0);
	sk_loop_fini(&loop);
	return tap_done();
}
