/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace --explain: what is said of calls, of sockets that are real. */
#include "told.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/un.h>

#include "trace/explain.h"

static struct sk_text_opts opts;

static void begin(void)
{
	const struct sk_model_opts o = { .lives = true };

	opts = sk_text_defaults;
	opts.explain = true;
	sk_out_init(&out, -1);
	sk_model_init(&model, &o);
	model.on_end = on_end;
	clock_ns = 1000 * MS;
	report = sk_report_text(&model, &out, &opts);
}

static void finish(void)
{
	report->ops->finish(report);
	model.on_end = NULL;
	sk_model_fini(&model);
	sk_out_fini(&out);
}

/* What the last call's line has below it; "": nothing. */
static void said(const char *want, const char *name)
{
	const char *line;

	sk_out_char(&out, '\0');
	line = strstr(out.buf, "    # ");
	is_str(line ? line + 6 : "", want, name);
	out.len = 0;
}

/* A socket that listens at a port of the loopback; its address. */
static uint64_t listens(struct sockaddr_in *a)
{
	uint64_t fd = tcp();
	socklen_t n = sizeof(*a);

	*a = (struct sockaddr_in){ .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	out.len = 0;
	call(bind, -EADDRINUSE, fd, (uintptr_t)a, n);
	said("CLOSED: the address was not given\n", "bind fails");
	ok(!bind((int)fd, (struct sockaddr *)a, n) &&
	   !getsockname((int)fd, (struct sockaddr *)a, &n), "bind");
	ok(!listen((int)fd, 5), "listen");
	call(listen, 0, fd, 5);
	said("LISTEN: accept queue 0/5\n", "listen");
	return fd;
}

static void test_connection(void)
{
	char want[200];
	struct sockaddr_in a, own;
	socklen_t n = sizeof(own);
	struct pollfd p = { .events = POLLRDHUP };
	uint64_t l, c;
	int s;

	begin();
	l = listens(&a);
	c = tcp();
	ok(!connect((int)c, (struct sockaddr *)&a, sizeof(a)) &&
	   !getsockname((int)c, (struct sockaddr *)&own, &n), "connect");
	out.len = 0;
	call(connect, -EINPROGRESS, c, (uintptr_t)&a, sizeof(a));
	said("ESTABLISHED: the SYN was answered meanwhile, poll(2) tells\n",
	     "one that is there before it is asked for");
	call(accept4, -EAGAIN, l, 0, 0, 0);
	said("", "nobody was there");
	s = accept((int)l, NULL, NULL);
	call(accept4, s, l, 0, 0, 0);
	snprintf(want, sizeof(want), "ESTABLISHED: out of the accept queue: "
		 "127.0.0.1:%u to 127.0.0.1:%u\n", ntohs(a.sin_port),
		 ntohs(own.sin_port));
	said(want, "the connection is another than the listening socket");
	call(read, -EAGAIN, c, 0, 5);
	said("ESTABLISHED: the receive buffer is empty\n", "EAGAIN");
	call(read, 5, c, (uintptr_t)want, 5);
	said("ESTABLISHED: 5 bytes out of the receive buffer\n", "read");
	call(read, -ECONNRESET, c, 0, 5);
	said("ESTABLISHED: RST came: what was on its way is lost\n",
	     "ECONNRESET");
	call(write, -EAGAIN, c, 0, 5);
	said("ESTABLISHED: the send buffer is full\n", "no room");
	call(write, -EPIPE, c, 0, 5);
	said("ESTABLISHED: nothing can be sent any more\n", "EPIPE");
	call(shutdown, 0, c, SHUT_RD);
	said("ESTABLISHED: what comes is thrown away; the peer is not told\n",
	     "SHUT_RD");
	call(getsockname, 0, c, 0, 0);
	said("", "who only asks changes nothing");
	close(s);
	p.fd = (int)c;
	is_int(poll(&p, 1, 10000), 1, "FIN is there");
	call(read, 0, c, (uintptr_t)want, 5);
	said("CLOSE-WAIT: FIN came: the peer will send no more\n", "the end");
	close((int)c);
	close((int)l);
	finish();
}

static void test_others(void)
{
	struct sockaddr_un un = { AF_UNIX, "/nowhere" };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(9),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint64_t u, d;

	begin();
	u = made(AF_UNIX, SOCK_STREAM);
	d = udp();
	out.len = 0;
	call(read, 0, d, (uintptr_t)&un, 5);
	said("0 bytes out of the receive buffer\n", "a datagram of no bytes");
	call(write, 3, d, (uintptr_t)&un, 3);
	said("3 bytes handed over\n", "a datagram goes");
	ok(!connect((int)d, (struct sockaddr *)&in, sizeof(in)), "connect");
	call(connect, 0, d, (uintptr_t)&in, sizeof(in));
	sk_out_char(&out, '\0');
	ok(strstr(out.buf, "# no packet was sent, only the peer noted, "),
	   "connect of a datagram socket");
	out.len = 0;
	call(connect, 0, u, (uintptr_t)&un, sizeof(un));
	sk_out_char(&out, '\0');
	ok(strstr(out.buf, "# connected, "), "connect of a unix socket");
	out.len = 0;
	call(connect, -ECONNREFUSED, u, (uintptr_t)&un, sizeof(un));
	said("the SYN was answered by RST: nobody listens there\n", "refused");
	closed(d);
	said("", "close of a datagram socket");
	close((int)u);
	finish();
}

/* After a close nobody can be asked; what was before decides (RFC 9293). */
static void close_is(unsigned state, unsigned holders, int error,
		     const char *want)
{
	const struct sk_explain x = { state, holders };
	struct sk_event ev = event(SK_EV_EXIT, SK_SYS_close);
	bool some;

	ev.error = error;
	out.len = 0;
	some = sk_explain_exit(&model, &ev, &x, &out);
	sk_out_char(&out, '\0');
	is_str(out.buf, want, *want ? want : "nothing");
	is_int(some, *want != 0, "and that is said");
}

static void test_close(void)
{
	begin();
	close_is(1, 1, 0, "ESTABLISHED → FIN-WAIT-1: the last descriptor, "
			  "FIN goes out");
	close_is(8, 1, 0, "CLOSE-WAIT → LAST-ACK: the last descriptor, FIN "
			  "goes out");
	close_is(10, 1, 0, "LISTEN → CLOSED: the last descriptor");
	close_is(2, 1, 0, "SYN-SENT → CLOSED: the last descriptor");
	close_is(5, 1, 0, "FIN-WAIT-2: the last descriptor");
	close_is(1, 2, 0, "1 descriptor of it is left: nothing happens to "
			  "the connection");
	close_is(1, 3, 0, "2 descriptors of it are left: nothing happens to "
			  "the connection");
	close_is(0, 1, 0, "");
	close_is(1, 1, EBADF, "");
	finish();
}

/* Of what is neither, no half of a line stays. */
static void test_nothing(void)
{
	struct sk_explain x = { 7, 1 };
	struct sk_event ev;
	uint64_t fd;

	begin();
	fd = tcp();
	ev = event(SK_EV_EXIT, SK_SYS_fcntl);
	ev.proc = sk_model_proc(&model, getpid());
	ev.args[0] = fd;
	out.len = 0;
	ok(!sk_explain_exit(&model, &ev, &x, &out), "fcntl: nothing");
	is_int((int)out.len, 0, "not even a state");
	close((int)fd);
	finish();
}

int main(void)
{
	test_connection();
	test_others();
	test_close();
	test_nothing();
	return tap_done();
}
