/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace: what the reports make of lives and calls that are made up: labels,
 * diagrams, the timeline, --sockets and JSON.
 */
#include "told.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "trace/packets_own.h"

/* --- lives --------------------------------------------------------------- */

static void label_is(const struct sk_life *l, const char *want,
		     const char *name)
{
	char buf[SK_LABEL_MAX];

	sk_life_label(l, buf);
	is_str(buf, want, name);
}

static struct sk_life inet(int type, int protocol)
{
	struct sk_life l = { .family = AF_INET, .type = type,
			     .protocol = protocol, .inode = 77 };

	return l;
}

static void name_it(struct sk_addr *a, uint32_t addr, uint16_t port)
{
	a->len = sizeof(a->in);
	a->in = (struct sockaddr_in){ .sin_family = AF_INET,
				      .sin_port = htons(port),
				      .sin_addr.s_addr = htonl(addr) };
}

static void test_labels(void)
{
	static const struct { int type, protocol; const char *want; } rows[] = {
		{ SOCK_STREAM, 132, "SCTP:[77]" },
		{ SOCK_SEQPACKET, 132, "SCTP:[77]" },
		{ SOCK_DGRAM, 136, "UDPLITE:[77]" },
		{ SOCK_DGRAM, IPPROTO_ICMP, "PING:[77]" },
		{ SOCK_RAW, IPPROTO_ICMP, "RAW:[77]" },
		{ SOCK_STREAM, 262, "MPTCP:[77]" },
		{ SOCK_DGRAM, 99, "INET:[77]" },
	};
	struct sk_life l;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		l = inet(rows[i].type, rows[i].protocol);
		label_is(&l, rows[i].want, rows[i].want);
	}
	l = inet(SOCK_STREAM, IPPROTO_TCP);
	name_it(&l.peer, INADDR_LOOPBACK, 80);
	label_is(&l, "TCP:[?->127.0.0.1:80]", "a peer, no name of its own");
	name_it(&l.local, INADDR_ANY, 0);
	l.peer.len = 0;
	label_is(&l, "TCP:[77]", "a name without a port is none");
	name_it(&l.local, INADDR_ANY, 5);
	label_is(&l, "TCP:[0.0.0.0:5]", "a port");
	l.type = SOCK_RAW;
	label_is(&l, "RAW:[77]", "a raw socket's port is its protocol");
	name_it(&l.local, INADDR_LOOPBACK, 5);
	label_is(&l, "RAW:[127.0.0.1:5]", "with an address it is bound");
	l = inet(SOCK_STREAM, IPPROTO_TCP);
	l.inode = 0;
	label_is(&l, "TCP:[?]", "of a ring's table: no inode is known");
	l = (struct sk_life){ .family = AF_UNIX, .type = SOCK_DGRAM,
			      .inode = 77 };
	l.local.len = sizeof(sa_family_t);
	l.local.sa.sa_family = AF_UNIX;
	label_is(&l, "UNIX-DGRAM:[77]", "unix, not bound");
	l.local.len += 3;
	memcpy(l.local.un.sun_path, "/a", 3);
	l.peer = l.local;
	label_is(&l, "UNIX-DGRAM:[77,\"/a\"->\"/a\"]", "bound and connected");
	l.peer_inode = 78;
	label_is(&l, "UNIX-DGRAM:[77->78,\"/a\"->\"/a\"]", "to a number");
	l.local.len = 0;
	label_is(&l, "UNIX-DGRAM:[77->78,->\"/a\"]", "a peer with a name");
	l.peer.len = 0;
	label_is(&l, "UNIX-DGRAM:[77->78]", "a peer without");
	l = (struct sk_life){ .family = -1, .inode = 77 };
	label_is(&l, "socket:[77]", "no family that is known");
}

static void test_own(void)
{
	static const struct { int type, protocol; bool own; } rows[] = {
		{ SOCK_STREAM, 0, false },
		{ SOCK_STREAM, IPPROTO_TCP, false },
		{ SOCK_STREAM, 262, false },
		{ SOCK_STREAM, 132, true },
		{ SOCK_DGRAM, 0, false },
		{ SOCK_DGRAM, IPPROTO_UDP, false },
		{ SOCK_DGRAM, IPPROTO_ICMP, true },
		{ SOCK_RAW, 0, true },
		{ SOCK_RAW, IPPROTO_UDP, true },
	};
	struct sk_life l;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		l = inet(rows[i].type, rows[i].protocol);
		ok(sk_packets_are_own(&l) == rows[i].own,
		   "--pcapng: type %d, protocol %d: %s", rows[i].type,
		   rows[i].protocol, rows[i].own ? "frames of our own" : "IP");
	}
	l.family = AF_UNIX;
	ok(sk_packets_are_own(&l), "unix: frames of our own");
	l.family = -1;
	ok(!sk_packets_are_own(&l), "not known: none");
}

/* --- diagrams ------------------------------------------------------------ */

static void begin(struct sk_report *(*make)(void))
{
	const struct sk_model_opts o = { .lives = true };

	sk_out_init(&out, -1);
	sk_model_init(&model, &o);
	model.on_end = on_end;
	clock_ns = 1000 * MS;
	report = make();
}

static void finish(void)
{
	report->ops->finish(report);
	model.on_end = NULL;
	sk_model_fini(&model);
	sk_out_char(&out, '\0');
}

static struct sk_report *mermaid(void)
{
	return sk_report_diagram(&model, &out, true);
}

static struct sk_report *text(void)
{
	return sk_report_diagram(&model, &out, false);
}

static void has(const char *want, const char *name)
{
	bool found = out.buf && strstr(out.buf, want);

	ok(found, "%s", name);
	if (!found)
		printf("# not in it: %s\n# it is:\n%s\n", want,
		       out.buf ? out.buf : "");
}

/* A socket that listens at a port of the loopback; its address. */
static int listens(struct sk_addr *a)
{
	int fd = (int)tcp();
	socklen_t len = sizeof(a->in);

	name_it(a, INADDR_LOOPBACK, 0);
	ok(!bind(fd, &a->sa, len) && !getsockname(fd, &a->sa, &len) &&
	   !listen(fd, 5), "listens");
	a->len = len;
	call(bind, 0, (uint64_t)fd, (uintptr_t)&a->sa, len);
	call(listen, 0, (uint64_t)fd, 5);
	return fd;
}

static uint64_t connected(const struct sk_addr *a)
{
	uint64_t fd = tcp();

	ok(!connect((int)fd, &a->sa, a->len), "connects");
	call(connect, 0, fd, (uintptr_t)&a->sa, a->len);
	return fd;
}

static uint64_t accepted(int listener)
{
	int fd = accept(listener, NULL, NULL);

	call(accept4, fd, (uint64_t)listener);
	return (uint64_t)fd;
}

static void writes(uint64_t fd, const char *data)
{
	call(write, (int64_t)strlen(data), fd, (uintptr_t)data, strlen(data));
}

static void listens_thrice(void)
{
	uint64_t fd = tcp();

	for (int i = 0; i < 3; i++)
		call(listen, 0, fd, 5);
	for (int i = 0; i < 3; i++) {
		call(shutdown, 0, fd, 0);
		call(bind, -EINVAL, fd, 0, 0);
	}
}

static void test_loops(void)
{
	begin(mermaid);
	listens_thrice();
	finish();
	has("\n    p0->>p0: socket\n    loop 3 times\n        p0->>p0: listen\n"
	    "    end\n    loop 3 times\n        p0->>p0: shutdown\n"
	    "        p0->>p0: bind: EINVAL\n    end\n",
	    "mermaid: what is done again and again");
	sk_out_fini(&out);
	begin(text);
	listens_thrice();
	finish();
	has("\n| socket\n| listen (3 times)\n-- 3 times:\n| shutdown\n"
	    "| bind: EINVAL\n--\n", "text: the same");
	sk_out_fini(&out);
}

static void test_data(void)
{
	struct sk_addr a;
	uint64_t c;

	begin(mermaid);
	c = made(AF_INET, SOCK_DGRAM);
	name_it(&a, INADDR_LOOPBACK, 9);
	connect((int)c, &a.sa, a.len);
	call(connect, 0, c, (uintptr_t)&a.sa, a.len);
	writes(c, "ab;");
	writes(c, "cd\n");
	finish();
	has("\n    participant p1 as 127.0.0.1:9\n", "a peer is an address");
	has("\n    p0->>p1: 6 bytes in 2 parts \"ab#59;\"\n",
	    "data adds up, and the first is shown");
	sk_out_fini(&out);
	close((int)c);
}

/* Of two who accept at one address, it is whose connection it is. */
static void test_other_end(void)
{
	struct sk_addr a;
	uint64_t c[2];
	int l, last;
	pid_t child;

	begin(mermaid);
	l = listens(&a);
	c[0] = connected(&a);
	accepted(l);
	c[1] = connected(&a);
	last = accept(l, NULL, NULL);
	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	who = child;
	call(accept4, last, (uint64_t)l);
	who = 0;
	writes(c[0], "one");
	writes(c[1], "two");
	finish();
	has("\n    p0->>p0: 3 bytes \"one\"\n", "one's peer");
	has("\n    p0->>p1: 3 bytes \"two\"\n", "the other's");
	sk_out_fini(&out);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* --- the timeline, --sockets and JSON ------------------------------------ */

static int file;

static struct sk_report *timeline(void)
{
	return sk_report_timeline(&model, dup(file));
}

static int times(const char *in, const char *what)
{
	int n = 0;

	while ((in = strstr(in, what)) != NULL) {
		n++;
		in++;
	}
	return n;
}

static void test_timeline(void)
{
	char buf[4096];
	uint64_t fd;
	ssize_t n;

	file = memfd_create("timeline", 0);
	begin(timeline);
	fd = tcp();
	closed(fd);
	finish();
	sk_out_fini(&out);
	n = pread(file, buf, sizeof(buf) - 1, 0);
	buf[n > 0 ? n : 0] = '\0';
	close(file);
	is_int(times(buf, "\"ph\":\"b\""), 1, "a life begins");
	is_int(times(buf, "\"ph\":\"e\""), 1, "and ends");
	is_int(times(buf, "bytes_in"), 1, "with sums at the end only");
}

static struct sk_report *lives(void)
{
	return sk_report_lives(&model, &out, 0, false);
}

/* An older kernel fills less of struct tcp_info: no rtt, no cwnd. */
static void test_old_kernel(void)
{
	struct sk_life *l;
	uint64_t fd;

	begin(lives);
	fd = tcp();
	l = sk_model_life(&model, sk_model_proc(&model, getpid()), (int)fd);
	ok(l != NULL, "a life");
	if (l) {
		l->tcp_info_len = 8;
		memset(l->tcp_info, 0, sizeof(l->tcp_info));
		l->tcp_info[0] = 7;
	}
	finish();
	has("tcp: state CLOSE\n", "what was not filled in is not shown");
	sk_out_fini(&out);
	close((int)fd);
}

static struct sk_text_opts opts;

static struct sk_report *json(void)
{
	return sk_report_json(&model, &out, &opts);
}

/* A call that was not to be shown is over all the same. */
static void test_status(void)
{
	struct sk_event ev = event(SK_EV_ENDED, SK_SYS_NONE);

	opts = (struct sk_text_opts){
		.style = { .strings = SK_SHOW_STRINGS },
		.status = SK_STATUS_FAILED | SK_STATUS_UNFINISHED,
	};
	memset(&opts.calls, 0xff, sizeof(opts.calls));
	begin(json);
	close((int)tcp());
	tell(&ev);
	finish();
	has("\"exit\"", "the end of the process");
	ok(!strstr(out.buf, "\"call\""), "no call that is still to end");
	sk_out_fini(&out);
}

int main(void)
{
	test_labels();
	test_own();
	test_loops();
	test_data();
	test_other_end();
	test_timeline();
	test_old_kernel();
	test_status();
	return tap_done();
}
