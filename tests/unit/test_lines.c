/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace: the lines of the log and of JSON around calls that are made up. */
#include "told.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include "trace/uring.h"

static struct sk_text_opts opts;

static void begin(bool json)
{
	const struct sk_model_opts o = { .lives = true };

	sk_out_init(&out, -1);
	sk_model_init(&model, &o);
	clock_ns = 1000 * MS;
	report = json ? sk_report_json(&model, &out, &opts) :
			sk_report_text(&model, &out, &opts);
}

static void finish(void)
{
	report->ops->finish(report);
	sk_model_fini(&model);
	sk_out_fini(&out);
	opts = sk_text_defaults;
	opts.column = 0;
}

/* What has been written since. */
__attribute__((format(printf, 2, 3)))
static void wrote(const char *name, const char *format, ...)
{
	char want[1000];
	va_list ap;

	va_start(ap, format);
	vsnprintf(want, sizeof(want), format, ap);
	va_end(ap);
	sk_out_char(&out, '\0');
	is_str(out.buf, want, name);
	out.len = 0;
}

static struct sk_event begun;	/* what `starts` has started */

static void starts(enum sk_sys sys, uint64_t fd, uint64_t second)
{
	struct sk_event ev = event(SK_EV_ENTER, sys);

	ev.args[0] = fd;
	ev.args[1] = second;
	begun = ev;
	tell(&ev);
}

/* What happens to a thread finds it in the call that it is in. */
static struct sk_event meanwhile(enum sk_event_kind kind)
{
	struct sk_event ev = event(kind, begun.sys);

	memcpy(ev.args, begun.args, sizeof(ev.args));
	return ev;
}

static void happens(enum sk_event_kind kind, int status)
{
	struct sk_event ev = meanwhile(kind);

	ev.u.status = status;
	tell(&ev);
}

/* A datagram socket, of which nothing was written. */
static int quiet_udp(void)
{
	int fd = (int)udp();

	out.len = 0;
	return fd;
}

/* --- the log ------------------------------------------------------------- */

static void test_calls(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	int fd;

	begin(false);
	fd = quiet_udp();
	call(listen, 0, (uint64_t)fd, 5);
	wrote("no column: a blank", "listen(%d, 5) = 0\n", fd);
	memset(&opts.verbose, 0, sizeof(opts.verbose));
	call(connect, 0, (uint64_t)fd, (uintptr_t)&in, 16);
	wrote("-e verbose=none", "connect(%d, %#llx, 16) = 0\n", fd,
	      (unsigned long long)(uintptr_t)&in);
	opts.took = true;
	took_ns = 1234567890;
	call(listen, 0, (uint64_t)fd, 5);
	wrote("-T", "listen(%d, 5) = 0 <1.234567>\n", fd);
	took_ns = 0;
	opts.took = false;
	opts.dump_in.all = true;
	call(write, 2, (uint64_t)fd, (uintptr_t)"ab", 2);
	wrote("-e read= shows nothing of what is written",
	      "write(%d, \"ab\", 2) = 2\n", fd);
	close(fd);
	finish();
}

/* What is left open is said to be so, once. */
static void test_ends(void)
{
	int fd;

	begin(false);
	fd = quiet_udp();
	opts.quiet = SK_QUIET_EXIT;
	starts(SK_SYS_listen, (uint64_t)fd, 5);
	happens(SK_EV_ENDED, 9 | 0x80);
	wrote("killed in a call", "listen(%d, 5) = ?\n"
	      "+++ killed by SIGKILL (core dumped) +++\n", fd);
	starts(SK_SYS_read, (uint64_t)fd, 0x5000);
	happens(SK_EV_ENDED, 0);
	wrote("exited in one that has more to show",
	      "read(%d,  <unfinished ...>) = ?\n", fd);
	opts.quiet = 0;
	opts.status = SK_STATUS_OK | SK_STATUS_FAILED;
	starts(SK_SYS_read, (uint64_t)fd, 0x5000);
	happens(SK_EV_ENDED, 0x300);
	wrote("-e status=successful,failed", "+++ exited with 3 +++\n");
	starts(SK_SYS_read, (uint64_t)fd, 0x5000);
	happens(SK_EV_DETACHED, 0);
	wrote("the same, detached", "sockkit: Process %d detached\n",
	      (int)getpid());
	close(fd);
	finish();
}

static void executes(pid_t old)
{
	struct sk_event ev = meanwhile(SK_EV_EXEC);

	ev.u.exec.old_tid = old;
	tell(&ev);
}

static void test_exec(void)
{
	int fd;

	begin(false);
	fd = quiet_udp();
	executes(getpid());
	wrote("who executes is still who it was", "%s", "");
	executes(7);
	wrote("or another", "+++ superseded by execve in pid 7 +++\n");
	starts(SK_SYS_read, (uint64_t)fd, 0x5000);
	executes(getpid());
	wrote("in a call", "read(%d,  <unfinished ...>) = ?\n", fd);
	close(fd);
	finish();
}

static void news(bool attached)
{
	struct sk_event ev = event(SK_EV_NEW, SK_SYS_NONE);

	ev.u.made.attached = attached;
	tell(&ev);
}

/* Who speaks is said as long as there are two. */
static void test_tasks(void)
{
	int fd, pid = (int)getpid();

	begin(false);
	fd = quiet_udp();
	news(false);
	wrote("the first is what was started", "%s", "");
	tid = 7;
	news(true);
	wrote("another is attached", "sockkit: Process 7 attached\n");
	starts(SK_SYS_read, (uint64_t)fd, 0x5000);
	tid = 0;
	call(listen, 0, (uint64_t)fd, 5);
	wrote("one in the midst of the other's",
	      "[pid     7] read(%d,  <unfinished ...>\n"
	      "[pid %5d] listen(%d, 5) = 0\n", fd, pid, fd);
	tid = 7;
	happens(SK_EV_DETACHED, 0);
	wrote("detached in a call", "[pid     7] <... read resumed> "
	      "<detached ...>\nsockkit: Process 7 detached\n");
	tid = 0;
	call(listen, 0, (uint64_t)fd, 5);
	wrote("who is left", "listen(%d, 5) = 0\n", fd);
	starts(SK_SYS_read, (uint64_t)fd, 0x5000);
	out.len = 0;
	report->ops->finish(report);
	wrote("the trace ends in a call", " <unfinished ...>\n");
	report = sk_report_text(&model, &out, &opts);
	close(fd);
	finish();
}

static void test_column(void)
{
	struct sk_event ev;
	int fd;

	begin(false);
	fd = quiet_udp();
	opts.column = 40;
	starts(SK_SYS_read, (uint64_t)fd, 0x5000);
	tid = 7;
	call(listen, 0, (uint64_t)fd, 5);
	tid = 0;
	out.len = 0;
	ev = event(SK_EV_EXIT, SK_SYS_read);
	ev.args[0] = (uint64_t)fd;
	ev.args[1] = 0x5000;
	ev.args[2] = 5;
	ev.ret = -EAGAIN;
	ev.error = EAGAIN;
	tell(&ev);
	wrote("the result has its column though the line was cut",
	      "<... read resumed>0x5000, 5)            = -1 EAGAIN (Resource "
	      "temporarily unavailable)\n");
	close(fd);
	finish();
}

static void test_signals(void)
{
	struct sk_event ev = event(SK_EV_SIGNAL, SK_SYS_NONE);

	begin(false);
	ev.u.siginfo.si_signo = 64;
	ev.u.siginfo.si_code = SI_KERNEL;
	tell(&ev);
	wrote("the last signal",
	      "--- SIGRT_32 {si_signo=SIGRT_32, si_code=SI_KERNEL} ---\n");
	ev = event(SK_EV_STOPPED, SK_SYS_NONE);
	ev.u.signo = SIGTSTP;
	tell(&ev);
	wrote("stopped", "--- stopped by SIGTSTP ---\n");
	opts.signals = 0;
	tell(&ev);
	wrote("-e signal=none", "%s", "");
	finish();
}

static void test_times(void)
{
	int fd;

	begin(false);
	fd = quiet_udp();
	opts.relative = true;
	call(listen, 0, (uint64_t)fd, 5);
	call(listen, 0, (uint64_t)fd, 5);
	wrote("-r", "     0.000000 listen(%d, 5) = 0\n"
	      "     0.000002 listen(%d, 5) = 0\n", fd, fd);
	opts.time = SK_TIME_EPOCH;
	opts.time_digits = 6;
	call(listen, 0, (uint64_t)fd, 5);
	wrote("-r -ttt", "1.000007 (+     0.000002) listen(%d, 5) = 0\n", fd);
	opts.time = SK_TIME_NONE;
	opts.relative = false;
	opts.pids = true;
	tid = 7;
	call(listen, 0, (uint64_t)fd, 5);
	wrote("to a file", "7     listen(%d, 5) = 0\n", fd);
	tid = 0;
	close(fd);
	finish();
}

/* Results that came and went are all that there is to say. */
static void test_missed(void)
{
	const struct sk_uring_batch b = { .missed = 3 };
	struct sk_event ev = event(SK_EV_ENTER, SK_SYS_io_uring_enter);

	begin(false);
	ev.batch = &b;
	tell(&ev);
	sk_out_char(&out, '\0');
	ok(strstr(out.buf, " < 3 results came and went unseen\n") != NULL,
	   "results that were not seen");
	finish();
}

/* --- JSON ---------------------------------------------------------------- */

static void has(const char *want, const char *name)
{
	bool found;

	sk_out_char(&out, '\0');
	found = strstr(out.buf, want) != NULL;
	ok(found, "%s", name);
	if (!found)
		printf("# not in it: %s\n# it is: %s\n", want, out.buf);
	out.len = 0;
}

static void tell_late(int fd)
{
	struct sk_event ev = event(SK_EV_EXIT, SK_SYS_listen);

	ev.args[0] = (uint64_t)fd;
	ev.args[1] = 5;
	ev.no_enter = true;
	ev.ring = 1;
	tell(&ev);
}

static void test_json(void)
{
	char want[200];
	struct sk_event ev;
	int fd;

	begin(true);
	fd = quiet_udp();
	snprintf(want, sizeof(want), "\"args\":{\"sockfd\":{\"raw\":%d,"
		 "\"value\":%d},\"backlog\":{\"raw\":5,\"value\":5}},"
		 "\"ret\":0,", fd, fd);
	call(listen, 0, (uint64_t)fd, 5);
	has(want, "a call");
	call(listen, 0, (uint64_t)fd, 5);
	has(want, "the same again");
	call(listen, 0, (uint64_t)fd, 6);
	out.len = 0;
	tell_late(fd);
	has(want, "a call whose beginning was not seen");
	call(read, -512, (uint64_t)fd, 0x10, 5);
	snprintf(want, sizeof(want), "\"args\":{\"fd\":{\"raw\":%d,"
		 "\"value\":%d},\"buf\":{\"raw\":16,\"value\":\"0x10\"},"
		 "\"count\":{\"raw\":5,\"value\":5}},\"ret\":-512,", fd, fd);
	has(want, "one that begins anew, of two parts");
	opts.labels = 1;
	call(listen, 0, (uint64_t)fd, 5);
	has("\"label\":\"socket:[", "-y");
	opts.labels = 0;
	starts(SK_SYS_listen, (uint64_t)fd, 5);
	happens(SK_EV_DETACHED, 0);
	has("\"unfinished\":\"detached\"}\n{\"type\":\"detached\"",
	    "detached in a call");
	opts.status = SK_STATUS_UNFINISHED;
	starts(SK_SYS_listen, (uint64_t)fd, 5);
	happens(SK_EV_ENDED, 0);
	has("\"unfinished\":\"ended\"}\n{\"type\":\"exit\"", "ended in one");
	opts.status = SK_STATUS_ALL;
	tell_late(fd);
	has("\"io_uring\":0", "the first ring is 0");
	tell_late(SK_FD_DIRECT | 5);
	has("\"sockfd\":{\"raw\":5,", "a place in a ring's table");
	ev = event(SK_EV_SIGNAL, SK_SYS_NONE);
	ev.u.siginfo.si_signo = 64;
	tell(&ev);
	has("SIGRT_32", "the last signal");
	news(true);
	has("\"parent\":null,", "nobody's child");
	close(fd);
	out.len = 0;
	report->ops->show(report);
	is_int((int)out.len, 0, "sockets that are open are not asked for");
	finish();
}

static void test_life(void)
{
	struct sk_life l = {
		.family = AF_INET, .type = SOCK_DGRAM, .pid = 7, .fd = 3,
		.number = 1, .created = 100, .created_wall = 1000,
		.ended = 150, .bound = 120, .ring = 1, .n_options = 2,
		.tcp_info_len = 8, .comm = "prog", .end = 1,
	};
	struct sk_life_option options[2] = {
		{ .level = SOL_SOCKET, .name = SO_REUSEADDR, .len = 4 },
		{ .level = 99, .name = 98, .len = 4 },
	};
	struct sk_json j;

	l.options = options;
	l.tcp_info[0] = 1;
	l.tcp_info[1] = 3;
	sk_out_init(&out, -1);
	sk_json_init(&j, &out);
	sk_json_life(&j, &l, 500);
	sk_out_char(&out, '\0');
	ok(strstr(out.buf, "\"time_ns\":1050,") != NULL, "when it ended");
	ok(strstr(out.buf, "\"ring\":0,") != NULL, "the first ring");
	ok(strstr(out.buf, "\"listener\":null,") != NULL, "nobody's");
	ok(strstr(out.buf, "\"bound_ns\":1020,\"connected_ns\":null,"),
	   "when it was bound");
	ok(strstr(out.buf, "\"so_reuseaddr\":") != NULL, "an option");
	ok(strstr(out.buf, "\"99/98\":null") != NULL, "one without a name");
	ok(strstr(out.buf, "\"ca_state\":\"Recovery\"") != NULL, "a state");
	ok(strstr(out.buf, "\"lived_ns\":50,") != NULL, "how long");
	out.len = 0;
	l.tcp_info_len = 0;
	sk_json_life(&j, &l, 500);
	sk_out_char(&out, '\0');
	ok(strstr(out.buf, "\"tcp_info\":null,") != NULL, "it is no TCP");
	sk_out_fini(&out);
}

int main(void)
{
	opts = sk_text_defaults;
	opts.column = 0;
	test_calls();
	test_ends();
	test_exec();
	test_tasks();
	test_column();
	test_signals();
	test_times();
	test_missed();
	test_json();
	test_life();
	return tap_done();
}
