/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace: poll, select and epoll at their edges: lists that end, odd times. */
#include "fakeline.h"

#include <poll.h>
#include <sys/epoll.h>

static void test_poll(void)
{
	struct pollfd p[40] = { { 4, POLLIN, 0 }, { -1, POLLIN, POLLIN } };
	int64_t left[2] = { 1, 2 };

	p[0].events = (short)0x8001;
	begin(SK_SYS_poll);
	ARGS(0x1000, 2, 5);
	fake_map(&f, 0x1000, p, 2 * sizeof(*p));
	enter();
	p[0].revents = POLLIN;
	line_is(1, "[{fd=4, events=POLLIN|0x8000}, {fd=-1}], 2, 5) = 1 "
		   "([{fd=4, revents=POLLIN}])",
		"poll: the highest bit is no sign; nobody's is not ready");
	begin(SK_SYS_poll);
	ARGS(0x1000, 0, 5);
	enter();
	line_is(0, "[], 0, 5) = 0 (Timeout)", "none, wherever they are");
	for (int i = 0; i < 40; i++)
		p[i] = (struct pollfd){ i, 0, POLLERR };
	begin(SK_SYS_poll);
	ARGS(0x1000, 40, 5);
	style.shallow = true;
	fake_map(&f, 0x1000, p, sizeof(p));
	fake_exit(&f, 40);
	sk_decode_result(&show, &f.ev, NULL);
	sk_out_char(&out, '\0');
	is_str(out.buf, "40", "-e verbose=none: how many alone");
	begin(SK_SYS_poll);
	ARGS(0x1000, 40, 5);
	style.strings = 2;
	fake_map(&f, 0x1000, p, sizeof(p));
	fake_exit(&f, 40);
	sk_decode_result(&show, &f.ev, NULL);
	sk_out_char(&out, '\0');
	is_str(out.buf, "40 ([{fd=0, revents=POLLERR}, {fd=1, "
	       "revents=POLLERR}, ...])", "as many as are to be shown");
	begin(SK_SYS_ppoll);
	ARGS(0x1000, 1, 0x2000, 0, 8);
	fake_map(&f, 0x1000, p, sizeof(p));
	fake_map(&f, 0x2000, left, sizeof(left));
	fake_exit(&f, 1);
	sk_decode_result(&show, &f.ev, NULL);
	sk_out_char(&out, '\0');
	is_str(out.buf, "1 ([{fd=0, revents=POLLERR}], left {tv_sec=1, "
	       "tv_nsec=2})", "ppoll: and the time that is left");
}

static void result_is(int64_t ret, const char *want, const char *name)
{
	fake_exit(&f, ret);
	sk_decode_result(&show, &f.ev, NULL);
	sk_out_char(&out, '\0');
	is_str(out.buf, want, name);
}

static void test_left(void)
{
	int64_t wide[2] = { 5, 6 };

	begin(SK_SYS_ppoll_time64);
	f.ev.abi = SK_ABI_I386;
	ARGS(0, 0, 0x2000, 0, 8);
	fake_map(&f, 0x2000, wide, sizeof(wide));
	result_is(1, "1 ([], left {tv_sec=5, tv_nsec=6})",
		  "a time of 64 bits in 32");
	begin(SK_SYS_recvmmsg_time64);
	f.ev.abi = SK_ABI_I386;
	ARGS(3, 0, 0, 0, 0x2000);
	fake_map(&f, 0x2000, wide, sizeof(wide));
	result_is(1, "1 (left {tv_sec=5, tv_nsec=6})", "recvmmsg's");
	begin(SK_SYS_recvmmsg);
	ARGS(3, 0, 0, 0, 0);
	result_is(0, "0", "who has no time has no timeout");
	begin(SK_SYS_select);
	ARGS(0, 0, 0, 0, 0x2000);
	style.shallow = true;
	fake_map(&f, 0x2000, wide, sizeof(wide));
	result_is(1, "1 (left 0x2000)", "select, -e verbose=none");
}

static void test_sets(void)
{
	unsigned char set[8] = { 0x12 };

	begin(SK_SYS_select);
	ARGS(0xffffffff, 0x1000, 0x1000, 0, 0);
	fake_map(&f, 0x1000, set, sizeof(set));
	enter();
	line_is(-22, "-1, 0x1000, 0x1000, NULL, NULL) = -1 EINVAL (Invalid "
		     "argument)",
		"select: less than none");
	begin(SK_SYS_select);
	ARGS(0, 0x5000, 0, 0, 0);
	enter();
	line_is(0, "0, 0x5000, NULL, NULL, NULL) = 0 (Timeout)",
		"none, wherever they are");
	begin(SK_SYS_select);
	ARGS(5, 0x1000, 0, 0, 0);
	fake_map(&f, 0x1000, set, 4);
	enter();
	line_is(-14, "5, 0x1000, NULL, NULL, NULL) = -1 EFAULT (Bad address)",
		"sets are made of whole words");
}

static void test_epoll(void)
{
	unsigned char wide[16] = { 1, [8] = 7, [12] = 1 };
	unsigned char packed[12] = { 1, [4] = 7, [8] = 1 };

	begin(SK_SYS_epoll_ctl);
	ARGS(6, EPOLL_CTL_ADD, 4, 0x1000);
	fake_map(&f, 0x1000, packed, sizeof(packed));
	enter();
	line_is(0, "6, EPOLL_CTL_ADD, 4, {events=EPOLLIN, data={u32=7, "
		   "u64=4294967303}}) = 0", "epoll: both ways to read data");
	begin(SK_SYS_epoll_ctl);
	f.ev.abi = SK_ABI_AARCH64;
	ARGS(6, EPOLL_CTL_ADD, 4, 0x1000);
	fake_map(&f, 0x1000, wide, sizeof(wide));
	enter();
	line_is(0, "6, EPOLL_CTL_ADD, 4, {events=EPOLLIN, data={u32=7, "
		   "u64=4294967303}}) = 0", "and where it is aligned");
}

int main(void)
{
	test_poll();
	test_left();
	test_sets();
	test_epoll();
	sk_out_fini(&out);
	return tap_done();
}
