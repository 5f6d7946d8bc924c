/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace: descriptors that calls name in memory: poll, select, SCM_RIGHTS. */
#include "fakemem.h"
#include "tap.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "trace/calls.h"

static struct fake f;
static char got[200];

static void note(struct sk_model *m, struct sk_event *ev, int fd, void *arg)
{
	size_t at = strlen(got);

	(void)m;
	(void)ev;
	(void)arg;
	snprintf(got + at, sizeof(got) - at, at ? " %d" : "%d", fd);
}

#define ARGS(...)							\
	memcpy(f.ev.args, (uint64_t[6]){ __VA_ARGS__ }, sizeof(f.ev.args))

static void waited(const char *want, const char *name)
{
	*got = '\0';
	sk_each_waited(NULL, &f.ev, note, NULL);
	is_str(got, want, name);
}

static void received(const char *want, const char *name)
{
	*got = '\0';
	sk_each_received(NULL, &f.ev, note, NULL);
	is_str(got, want, name);
}

static void test_poll(void)
{
	static const enum sk_sys calls[] = { SK_SYS_poll, SK_SYS_ppoll,
					     SK_SYS_ppoll_time64 };
	struct pollfd p[3] = { { 4, POLLIN, 0 }, { -1, 0, 0 },
			       { 3, POLLIN, 0 } };
	struct pollfd many[70];

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		fake_call(&f, calls[i]);
		ARGS(0x1000, 3, 0);
		fake_map(&f, 0x1000, p, sizeof(p));
		waited("4 3", sk_sys_name(calls[i]));
	}
	fake_call(&f, SK_SYS_poll);
	ARGS(0x1000, 1000, 0);
	fake_map(&f, 0x1000, p, sizeof(p));
	waited("4 3", "more are told of than are mapped");
	for (int i = 0; i < 70; i++)
		many[i] = (struct pollfd){ i > 63 ? i : -1, 0, 0 };
	fake_call(&f, SK_SYS_poll);
	ARGS(0x1000, 70, 0);
	fake_map(&f, 0x1000, many, sizeof(many));
	waited("64 65 66 67 68 69", "many");
	fake_call(&f, SK_SYS_poll);
	ARGS(0x9000, 70, 0);
	waited("", "none that can be read");
}

static void test_select(void)
{
	unsigned char in[8] = { 0x08 }, wr[8] = { 0x10, 0x02 }, ex[8] = { 1 };

	fake_call(&f, SK_SYS_select);
	ARGS(10, 0x1000, 0x1100, 0x1200, 0);
	fake_map(&f, 0x1000, in, 2);
	fake_map(&f, 0x1100, wr, 2);
	fake_map(&f, 0x1200, ex, 2);
	waited("0 3 4 9", "select: the three sets");
	ARGS(9, 0, 0x1100, 0, 0);
	waited("4", "no further than it is told");
	ARGS(10, 0x1000, 0x9000, 0, 0);
	waited("3", "a set that cannot be read is empty");
	ARGS(0, 0, 0, 0, 0);
	waited("", "select, to sleep");
}

/* --- SCM_RIGHTS ---------------------------------------------------------- */

/* Two messages in one: credentials, then rights. */
static union {
	unsigned char bytes[CMSG_SPACE(12) + CMSG_SPACE(8)];
	uint64_t words[8];
} control;

static void put(size_t at, uint64_t len, int level, int type, int a, int b)
{
	const int kind[4] = { level, type, a, b };

	memcpy(control.bytes + at, &len, sizeof(len));
	memcpy(control.bytes + at + 8, kind, sizeof(kind));
}

static struct msghdr hdr;

static void begin(void)
{
	put(0, CMSG_LEN(12), SOL_SOCKET, SCM_CREDENTIALS, 1, 2);
	put(CMSG_SPACE(12), CMSG_LEN(8), SOL_SOCKET, SCM_RIGHTS, 5, 7);
	hdr = (struct msghdr){ .msg_control = (void *)0x2000,
			       .msg_controllen = sizeof(control) };
	fake_call(&f, SK_SYS_recvmsg);
	ARGS(3, 0x1000, 0);
	fake_map(&f, 0x1000, &hdr, sizeof(hdr));
	fake_map(&f, 0x2000, &control, sizeof(control));
	fake_exit(&f, 1);
}

static void test_rights(void)
{
	begin();
	received("5 7", "rights, not credentials");
	fake_exit(&f, 0);
	received("5 7", "that came with no byte");
	hdr.msg_controllen = CMSG_LEN(12);
	received("", "what was there before is not looked at");
	hdr.msg_controllen = sizeof(control);
	put(CMSG_SPACE(12), CMSG_LEN(8), SOL_SOCKET + 1, SCM_RIGHTS, 5, 7);
	received("", "of another level");
	put(CMSG_SPACE(12), CMSG_LEN(6), SOL_SOCKET, SCM_RIGHTS, 5, 7);
	received("5", "a piece of one is none");
	put(CMSG_SPACE(12), CMSG_LEN(8) + 1000, SOL_SOCKET, SCM_RIGHTS, 5, 7);
	received("", "longer than all");
	put(0, 15, SOL_SOCKET, SCM_RIGHTS, 1, 2);
	received("", "shorter than its head");
	put(0, UINT64_MAX - 3, SOL_SOCKET, SCM_RIGHTS, 1, 2);
	received("", "of a length that there is not");
	put(0, 0, SOL_SOCKET, SCM_RIGHTS, 1, 2);
	received("", "of no length at all");
	begin();
	hdr.msg_controllen = CMSG_SPACE(12) + 8;
	received("", "half a head");
	hdr.msg_controllen = 0;
	received("", "none");
	begin();
	hdr.msg_control = (void *)0x9000;
	received("", "not mapped");
	begin();
	received("5 7", "as at first");
	f.regions[0].len = 0;
	received("", "the message is not mapped");
}

/* More than is ever looked at. */
static void test_long(void)
{
	static unsigned char room[6000];

	begin();
	memcpy(room, control.bytes, sizeof(control));
	hdr.msg_controllen = sizeof(room);
	f.regions[1] = (struct fake_region){ 0x2000, sizeof(room), room };
	received("5 7", "much room for more");
}

static void test_many(void)
{
	struct mmsghdr v[3];

	begin();
	v[0] = v[2] = (struct mmsghdr){ hdr, 5 };
	v[1] = (struct mmsghdr){ { .msg_controllen = 16 }, 7 };
	fake_call(&f, SK_SYS_recvmmsg);
	ARGS(3, 0x1000, 3, 0);
	fake_map(&f, 0x1000, v, sizeof(v));
	fake_map(&f, 0x2000, &control, sizeof(control));
	fake_exit(&f, 3);
	received("5 7 5 7", "recvmmsg: those of each message");
	is_int(sk_many_bytes(&f.ev), 17, "the sum of their bytes");
	fake_exit(&f, 2);
	received("5 7", "no more than have come");
	is_int(sk_many_bytes(&f.ev), 12, "their sum");
	f.regions[0].len = sizeof(*v);
	is_int(sk_many_bytes(&f.ev), 5, "what cannot be read is nothing");
}

static void test_compat(void)
{
	uint32_t msgs[2][8] = { { 0, 0, 0, 0, 0x2000, 16, 0, 5 },
				{ 0, 0, 0, 0, 0x2000, 12, 0, 6 } };
	int32_t cmsg[4] = { 16, SOL_SOCKET, SCM_RIGHTS, 9 };

	fake_call(&f, SK_SYS_recvmmsg);
	f.ev.abi = SK_ABI_I386;
	ARGS(3, 0x1000, 2, 0);
	fake_map(&f, 0x1000, msgs, sizeof(msgs));
	fake_map(&f, 0x2000, cmsg, sizeof(cmsg));
	fake_exit(&f, 2);
	received("9", "i386: the second was cut short");
	is_int(sk_many_bytes(&f.ev), 11, "i386: the sum");
}

int main(void)
{
	test_poll();
	test_select();
	test_rights();
	test_long();
	test_many();
	test_compat();
	return tap_done();
}
