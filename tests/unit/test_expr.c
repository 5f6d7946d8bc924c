/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace: the language of -e, and which calls injection hits. */
#include "tap.h"

#include "trace/expr.h"
#include "trace/faults.h"

static struct sk_expr e;
static struct sk_err err;

static bool parse(const char *arg)
{
	err = (struct sk_err){ .text = "" };
	sk_expr_init(&e);
	return sk_expr_parse(&e, arg, &err) == 0;
}

static unsigned count(const struct sk_sys_set *s)
{
	unsigned n = 0;

	for (int i = 0; i < SK_SYS_COUNT_; i++)
		n += sk_sys_set_has(s, (enum sk_sys)i);
	return n;
}

static bool traces(enum sk_sys sys)
{
	return sk_sys_set_has(&e.trace, sys);
}

static void test_sets(void)
{
	ok(parse("trace=connect,close") && count(&e.trace) == 2 &&
		   traces(SK_SYS_connect) && traces(SK_SYS_close), "names");
	ok(parse("connect") && count(&e.trace) == 1, "without trace=");
	ok(parse("t=!connect") && !traces(SK_SYS_connect) &&
		   count(&e.trace) == SK_SYS_COUNT_ - 1, "all others");
	ok(parse("!connect,close") && count(&e.trace) == SK_SYS_COUNT_ - 2,
	   "all others, without trace=");
	ok(parse("%network") && traces(SK_SYS_recvmmsg) &&
		   traces(SK_SYS_sendfile) && !traces(SK_SYS_read),
	   "%%network");
	ok(parse("%ipc,%file,bind") && traces(SK_SYS_bind) &&
		   !traces(SK_SYS_connect), "strace's other classes are empty");
	ok(parse("abbrev=none") &&
		   !sk_sys_set_has(&e.abbrev, SK_SYS_poll) &&
		   sk_sys_set_has(&e.verbose, SK_SYS_poll), "abbrev=");
	ok(parse("verbose=!poll") &&
		   sk_sys_set_has(&e.verbose, SK_SYS_bind) &&
		   !sk_sys_set_has(&e.verbose, SK_SYS_poll), "verbose=");
	ok(parse("%net,read") && traces(SK_SYS_read), "%%net and a name");
	ok(parse("/^recv/") && traces(SK_SYS_recvmsg) &&
		   !traces(SK_SYS_connect), "a regex");
	ok(parse("/^recv/,connect") && traces(SK_SYS_connect),
	   "a regex and a name");
	ok(parse("trace=/send|recv") && traces(SK_SYS_sendmmsg),
	   "a regex as strace has it, without the last slash");
	ok(parse("?nonsense,close") && count(&e.trace) == 1,
	   "what may be unknown");
	ok(parse("all") && count(&e.trace) == SK_SYS_COUNT_, "all");
	ok(parse("trace=none") && !count(&e.trace) && e.has_trace, "none");
	ok(parse("raw=bind") && sk_sys_set_has(&e.raw, SK_SYS_bind), "raw");
}

static void test_others(void)
{
	ok(parse("status=failed,detached") &&
		   e.status == (SK_STATUS_FAILED | SK_STATUS_DETACHED),
	   "status");
	ok(parse("status=!failed") &&
		   e.status == (SK_STATUS_ALL & ~SK_STATUS_FAILED),
	   "status, others");
	ok(parse("signal=SIGCHLD,int,9") && e.signals == 0x10102, "signals");
	ok(parse("s=!chld") && e.signals == ~UINT64_C(0x10000),
	   "signals, others");
	ok(parse("signal=none") && !e.signals, "no signals");
	ok(parse("read=3,5") && sk_fd_set_has(&e.read, 3) &&
		   !sk_fd_set_has(&e.read, 4) && !sk_fd_set_has(&e.write, 3),
	   "read");
	ok(parse("write=all") && sk_fd_set_has(&e.write, 4000), "write");
	ok(parse("write=!4") && sk_fd_set_has(&e.write, 3) &&
		   !sk_fd_set_has(&e.write, 4), "write, others");
	ok(parse("quiet=attach,exit") &&
		   e.quiet == (SK_QUIET_ATTACH | SK_QUIET_EXIT), "quiet");
}

/* The last line of a message is the caret, after a tab and blanks. */
static void fails_at(const char *arg, int at, const char *says)
{
	const char *last;

	if (!ok(!parse(arg), "-e %s is wrong", arg))
		return;
	ok(strstr(err.text, says) != NULL, "it says so: %s", says);
	last = strrchr(err.text, '\n');
	is_int(last ? (int)strlen(last) - 3 : -1, at, "and where");
	is_int(err.status, SK_EXIT_USAGE, "as a usage error");
}

static void test_times(void)
{
	ok(parse("absolute-timestamps=us") && e.has_time &&
		   e.time == SK_TIME_CLOCK && e.time_digits == 6, "us");
	ok(parse("absolute-timestamps=precision:ns,format:unix") &&
		   e.time == SK_TIME_EPOCH && e.time_digits == 9,
	   "ns since 1970");
	ok(parse("absolute-timestamps=none") && e.has_time &&
		   e.time == SK_TIME_NONE, "none");
	ok(parse("relative-timestamps=ms") && e.has_relative &&
		   e.relative_digits == 3 && !e.has_took, "relative, ms");
	ok(parse("syscall-times=s") && e.has_took && e.took_digits == 0,
	   "of calls, s");
}

static void test_fds(void)
{
	ok(parse("trace-fds=!3") && e.has_about && e.about.bits[0] == ~8ULL,
	   "calls about descriptors");
	ok(parse("fd=4") && e.about.bits[0] == 16 && !e.has_trace, "fd=");
	ok(parse("decode-fds=path,dev") && e.has_labels &&
		   e.labels == SK_LABEL_PATHS, "paths");
	ok(parse("decode-fds=!path") && e.labels == SK_LABEL_SOCKETS,
	   "all but paths");
}

static void test_errors(void)
{
	fails_at("trace=close,conect", 12, "did you mean connect?");
	fails_at("openat", 0, "not a call that sockets know");
	fails_at("trace=", 6, "a call is missing here");
	fails_at("trace=close,", 12, "a call is missing here");
	fails_at("%fle", 0, "no such class");
	fails_at("trace=/(/", 7, "nmatched");
	fails_at("status=failed,nope", 14, "no such status");
	fails_at("signal=nope", 7, "no such signal");
	fails_at("read=x", 5, "not a descriptor");
	fails_at("read=1024", 5, "not a descriptor");
	fails_at("fd=3,x", 5, "not a descriptor");
	fails_at("decode-fds=path,pth", 16, "no such detail");
	fails_at("syscall-times=us,ns", 16, "not the end");
	fails_at("relative-timestamps=m", 20, "no such precision");
	fails_at("absolute-timestamps=us,day", 23, "not a format");
	fails_at("nope=3", 0, "not trace, trace-fds");
	fails_at("inject=connect", 14, "what is to be injected?");
	fails_at("inject=connect:error=NOPE", 21, "the name or number");
	fails_at("inject=connect:when=0:error=5", 20, "FIRST");
	fails_at("inject=connect:nope=3", 15, "not error=");
	fails_at("trace=connect:error=3", 13, "nothing may follow");
	ok(!parse("trace=\033[31m") && !strchr(err.text, '\033'),
	   "nothing raw in a message");
	ok(!parse(""), "an empty one");
}

static void test_inject(void)
{
	ok(parse("inject=connect:error=ECONNREFUSED:when=2+3") &&
		   e.n_inject == 1 && e.inject[0].has_result &&
		   e.inject[0].result == -111 && e.inject[0].first == 2 &&
		   e.inject[0].step == 3 && e.inject[0].last == UINT64_MAX,
	   "error and when");
	ok(parse("inject=read:retval=0:when=1..4") &&
		   e.inject[0].result == 0 && e.inject[0].last == 4,
	   "retval");
	ok(parse("inject=%net:signal=PIPE:delay_enter=5:delay_exit=2ms") &&
		   e.inject[0].signal == 13 &&
		   e.inject[0].delay_enter_us == 5 &&
		   e.inject[0].delay_exit_us == 2000 &&
		   !e.inject[0].has_result, "signal and delays");
	ok(parse("fault=send") && e.inject[0].result == -38, "fault");
}

static bool hit(struct sk_faults *f, pid_t tid, enum sk_sys sys)
{
	struct sk_event ev = { .kind = SK_EV_ENTER, .tid = tid, .sys = sys };
	struct sk_verdict v = { 0 };

	sk_faults_event(f, &ev, &v);
	return v.has_result;
}

static void test_when(void)
{
	struct sk_event gone = { .kind = SK_EV_ENDED, .tid = 7 };
	struct sk_verdict v = { 0 };
	struct sk_faults f;
	char hits[8] = "";

	parse("inject=connect:error=5:when=2..6+2");
	sk_faults_init(&f, e.inject, e.n_inject);
	for (int i = 0; i < 7; i++)
		hits[i] = hit(&f, 7, SK_SYS_connect) ? 'x' : '.';
	is_str(hits, ".x.x.x.", "2..6+2");
	ok(!hit(&f, 8, SK_SYS_connect), "each thread counts for itself");
	ok(!hit(&f, 8, SK_SYS_bind), "other calls go on");
	sk_faults_event(&f, &gone, &v);
	ok(!hit(&f, 7, SK_SYS_connect), "a number used again begins anew");
	sk_faults_fini(&f);
}

int main(void)
{
	test_sets();
	test_others();
	test_times();
	test_fds();
	test_errors();
	test_inject();
	test_when();
	return tap_done();
}
