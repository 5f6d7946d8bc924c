/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace: struct msghdr and its iovecs and control messages at their edges:
 * names that did not fit, messages that are not there, other words.
 */
#include "fakeline.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "trace/dec.h"

#define PLAIN "msg_name=NULL, msg_namelen=0, msg_iov="

static unsigned char text[] = "hello world";
static struct iovec vec[2000];
static struct mmsghdr many[8];

static void map_all(void)
{
	fake_map(&f, 0x1000, many, sizeof(many));
	fake_map(&f, 0x10000, vec, sizeof(vec));
	fake_map(&f, 0x3000, text, sizeof(text));
}

/* All messages are alike: one part of five bytes. */
static void alike(void)
{
	vec[0] = (struct iovec){ (void *)0x3000, 5 };
	for (size_t i = 0; i < sizeof(many) / sizeof(*many); i++)
		many[i] = (struct mmsghdr){
			.msg_hdr = { .msg_iov = (void *)0x10000,
				     .msg_iovlen = 1 },
			.msg_len = 2 };
}

static void test_parts(void)
{
	size_t len = 0, n = 0;

	begin(SK_SYS_readv);
	vec[0] = (struct iovec){ (void *)0x3000, 5 };
	vec[1] = (struct iovec){ (void *)0x3005, 6 };
	map_all();
	ARGS(3, 0x10000, 2);
	enter();
	line_is(7, "3, [{iov_base=\"hello\", iov_len=5}, {iov_base=\" w\", "
		   "iov_len=6}], 2) = 7",
		"what was read ends within a part");
	begin(SK_SYS_writev);
	style.verbose = true;
	memset(vec, 0, sizeof(vec));
	map_all();
	ARGS(3, 0x10000, 2000);
	enter();
	for (const char *p = out.buf; p < out.buf + out.len; p++)
		len += *p == '{', n += *p == '.';
	is_int((int)len, 1024, "no more parts than IOV_MAX");
	is_int((int)n, 3, "but that there are more");
}

static bool is_inet(void *arg, const struct sk_event *ev, int fd, int *family,
		    int *protocol)
{
	(void)arg;
	(void)ev;
	(void)fd;
	*family = AF_INET;
	*protocol = 0;
	return true;
}

static void test_netlink_only(void)
{
	unsigned char nl[16] = { 16, 0, 0, 0, 3 };

	begin(SK_SYS_send);
	ARGS(3, 0x1000, 16, 0);
	fake_map(&f, 0x1000, nl, sizeof(nl));
	sk_decode_arg(&show, &f.ev, &(struct sk_decode_fds){ NULL, label,
							     is_inet }, 1);
	sk_out_char(&out, '\0');
	is_str(out.buf, "\"\\20\\0\\0\\0\\3\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\"",
	       "what an inet socket sends is no netlink");
}

#define IN "{sa_family=AF_INET, sin_port=htons(0), " \
	   "sin_addr=inet_addr(\"0.0.0.0\")}"
#define ONE "msg_iov=[{iov_base=\"he\", iov_len=5}], msg_iovlen=1, " \
	    "msg_controllen=0, msg_flags=0}"

static unsigned times(const char *what)
{
	unsigned n = 0;

	for (const char *p = out.buf; (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

/* Of more messages than are kept one by one: those that are alike. */
static void test_crowd(void)
{
	static struct mmsghdr crowd[32];

	begin(SK_SYS_recvmmsg);
	fake_map(&f, 0x1000, crowd, sizeof(crowd));
	for (int i = 0; i < 32; i++)
		crowd[i].msg_hdr.msg_namelen = i < 10 ? 100 + (unsigned)i : 16;
	crowd[30].msg_hdr.msg_namelen = 9;
	ARGS(3, 0x1000, 32, 0, 0);
	enter();
	for (int i = 0; i < 32; i++)
		crowd[i].msg_hdr.msg_namelen = 4;
	f.ev.kind = SK_EV_EXIT;
	f.ev.ret = 32;
	sk_decode_arg(&show, &f.ev, &fake_fds, 1);
	sk_out_char(&out, '\0');
	ok(times("msg_namelen=100 => 4") == 1 &&
		   times("msg_namelen=109 => 4") == 1, "each of the first ten");
	is_int(times("msg_namelen=16 => 4"), 20, "all those that are alike");
	is_int(times("msg_namelen=4,"), 2, "of the others what they are now");
}

static void test_names(void)
{
	static unsigned char name[32] = { AF_INET };
	uint64_t len = 28;

	begin(SK_SYS_recvmsg);
	alike();
	many[0].msg_hdr.msg_name = (void *)0x4000;
	many[0].msg_hdr.msg_namelen = 16;
	map_all();
	fake_map(&f, 0x4000, name, 16);
	ARGS(3, 0x1000, 0);
	enter();
	many[0].msg_hdr.msg_namelen = (unsigned)len;
	line_is(2, "3, {msg_name=" IN ", msg_namelen=16 => 28, " ONE
		   ", 0) = 2", "a name that did not fit");
	begin(SK_SYS_recvmmsg);
	alike();
	map_all();
	for (int i = 0; i < 2; i++)
		many[i].msg_hdr.msg_namelen = 9;
	ARGS(3, 0x1000, 4, 0, 0);
	enter();
	for (int i = 0; i < 2; i++)
		many[i].msg_hdr.msg_namelen = 0;
	line_is(2, "3, [{msg_hdr={msg_name=NULL, msg_namelen=9 => 0, " ONE
		   ", msg_len=2}, {msg_hdr={msg_name=NULL, msg_namelen=9 => 0,"
		   " " ONE ", msg_len=2}], 4, 0, NULL) = 2",
		"of each message");
	begin(SK_SYS_recvmsg);
	alike();
	many[0].msg_hdr.msg_namelen = 0xffffffff;
	map_all();
	ARGS(3, 0x1000, 0);
	enter();
	many[0].msg_hdr.msg_namelen = 0;
	line_is(-EINVAL, "3, {msg_namelen=-1 => 0}, 0) = -1 EINVAL (Invalid "
			 "argument)", "of a call that failed, that alone");
}

/* What strace shows of it, too. */
static void test_odd(void)
{
	begin(SK_SYS_sendmsg);
	alike();
	many[0].msg_hdr = (struct msghdr){ .msg_controllen = 5,
					   .msg_namelen = 0xffffffff };
	map_all();
	ARGS(3, 0x1000, 0);
	enter();
	line_is(-EINVAL, "3, {msg_name=NULL, msg_namelen=-1, msg_iov=NULL, "
			 "msg_iovlen=0, msg_control=NULL, msg_controllen=5, "
			 "msg_flags=0}, 0) = -1 EINVAL (Invalid argument)",
		"sendmsg: lengths of nothing");
	begin(SK_SYS_recvmsg);
	map_all();
	ARGS(3, 0x1000, 0);
	enter();
	line_is(0, "3, {msg_name=NULL, msg_namelen=-1, msg_iov=NULL, "
		   "msg_iovlen=0, msg_control=NULL, msg_controllen=5, "
		   "msg_flags=0}, 0) = 0", "recvmsg: the same");
}

static void test_many(void)
{
	begin(SK_SYS_recvmmsg);
	alike();
	map_all();
	ARGS(3, 0x1000, 4, 0, 0);
	enter();
	line_is(1, "3, [{msg_hdr={msg_name=NULL, msg_namelen=0, " ONE
		   ", msg_len=2}], 4, 0, NULL) = 1",
		"recvmmsg: those that came, each as long as it is");
	begin(SK_SYS_recvmmsg);
	map_all();
	ARGS(3, 0x1000, 2, 0, 0);
	enter();
	line_is(-EAGAIN, "3, 0x1000, 2, 0, NULL) = -1 EAGAIN (Resource "
			 "temporarily unavailable)", "none came");
	begin(SK_SYS_sendmmsg);
	style.strings = 1;
	map_all();
	ARGS(3, 0x1000, 2, 0);
	enter();
	line_is(2, "3, [{msg_hdr={msg_name=NULL, msg_namelen=0, "
		   "msg_iov=[{iov_base=\"h\"..., iov_len=5}], msg_iovlen=1, "
		   "msg_controllen=0, msg_flags=0}, msg_len=2}, ...], 2, 0) "
		   "= 2", "sendmmsg: as many as are to be shown");
}

/* Of more than the kernel would look at, strace says that there are more. */
static void test_too_many(void)
{
	static struct mmsghdr lots[1025];
	const char *end = "}}, ...], 1025, 0) = -1 EINVAL (Invalid argument)";

	begin(SK_SYS_sendmmsg);
	style.verbose = true;
	fake_map(&f, 0x1000, lots, sizeof(lots));
	ARGS(3, 0x1000, 1025, 0);
	enter();
	fake_exit(&f, -EINVAL);
	fake_show(&f, &show);
	sk_out_str(&out, ") = ");
	sk_decode_result(&show, &f.ev, NULL);
	sk_out_char(&out, '\0');
	ok(out.len > strlen(end), "many lines");
	is_str(out.buf + out.len - 1 - strlen(end), end,
	       "more messages than are looked at");
}

static void test_i386(void)
{
	uint32_t vec32[2] = { 0x3000, 5 };

	begin(SK_SYS_writev);
	f.ev.abi = SK_ABI_I386;
	fake_map(&f, 0x1000, vec32, sizeof(vec32));
	fake_map(&f, 0x3000, text, sizeof(text));
	ARGS(3, 0x1000, 40);
	enter();
	line_is(5, "3, [{iov_base=\"hello\", iov_len=5}, ... /* 0x1008 */], "
		   "40) = 5", "i386: a part that is not there");
}

int main(void)
{
	test_parts();
	test_netlink_only();
	test_names();
	test_crowd();
	test_odd();
	test_many();
	test_too_many();
	test_i386();
	sk_out_fini(&out);
	return tap_done();
}
