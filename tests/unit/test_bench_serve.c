/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench serve: who connects and says nothing does not stay. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/serve.h"
#include "net/dial.h"
#include "net/listener.h"

#include "tap.h"

static struct sk_loop loop;
static struct sk_timer look;
static struct sk_addr at;
static pthread_t guest;
static atomic_bool gone;
static ssize_t heard = -1;

/* Silent, until the server hangs up; its greeting comes before that. */
static void *visit(void *arg)
{
	const struct timeval patience = { 30, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[256];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (!connect(fd, &at.sa, at.len))
		while ((heard = recv(fd, text, sizeof(text), 0)) > 0)
			;
	close(fd);
	atomic_store(&gone, true);
	return arg;
}

static void on_look(struct sk_timer *t)
{
	if (atomic_load(&gone))
		sk_loop_stop(&loop);
	else
		sk_timer_in(t, 5 * SK_MSEC);
}

static int ready(const struct sk_listener *l, void *arg, struct sk_err *err)
{
	(void)arg;
	(void)err;
	at = *sk_listener_addr(l, 0);
	sk_timer_init(&look, &loop, on_look);
	sk_timer_in(&look, SK_MSEC);
	return -pthread_create(&guest, NULL, visit, NULL);
}

int main(void)
{
	const struct bench_serve o = { .greeting_us = 20 * SK_MSEC,
				       .ready = ready };
	const struct sk_net_opts net = { .numeric = true };
	struct sk_err err = { 0 };
	struct sk_target to;

	if (sk_loop_init(&loop) < 0 ||
	    sk_target_parse_pair(&to, "127.0.0.1", "0", &err) < 0)
		return 1;
	is_int(bench_serve_run(&o, &loop, &to, &net, &err), 0, "serves");
	pthread_join(guest, NULL);
	is_int(heard, 0, "who does not greet in time is sent away");
	sk_timer_stop(&look);
	sk_loop_fini(&loop);
	return tap_done();
}
