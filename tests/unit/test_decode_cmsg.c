/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace: control messages (cmsg(3)): forms, words of other sizes, the end. */
#include "fakeline.h"

#include <netinet/in.h>

#include "trace/dec.h"

static unsigned char buf[8192];
static size_t len;

/* Put one; head is the size of what stands before the data. */
static void put_as(size_t head, int level, int type, const void *data,
		   size_t n)
{
	uint64_t said = head + n;

	memcpy(buf + len, &said, head - 8);
	memcpy(buf + len + head - 8, &level, 4);
	memcpy(buf + len + head - 4, &type, 4);
	memcpy(buf + len + head, data, n);
	len += (head + n + head - 9) / (head - 8) * (head - 8);
}

static void put(int level, int type, const void *data, size_t n)
{
	put_as(16, level, type, data, n);
}

static void control_of(enum sk_abi abi, const char *want, const char *name)
{
	struct sk_dec d = { &show, &f.ev, NULL };

	begin(SK_SYS_sendmsg);
	f.ev.abi = abi;
	fake_map(&f, 0x4000, buf, sizeof(buf));
	sk_dec_control(&d, 0x4000, len);
	sk_out_char(&out, '\0');
	is_str(out.buf, want, name);
	len = 0;
	memset(buf, 0, sizeof(buf));
}

static void control_is(const char *want, const char *name)
{
	control_of(SK_ABI_X86_64, want, name);
}

static void test_numbers(void)
{
	static const uint16_t segment[3] = { 1400, 7, 0 };
	static const int one[1] = { 1 };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };

	put(IPPROTO_UDP, 103, segment, 4);
	control_is("[{cmsg_len=20, cmsg_level=SOL_UDP, cmsg_type=UDP_SEGMENT, "
		   "cmsg_data=[1400, 7]}]", "numbers of two bytes");
	put(SOL_SOCKET, 4, one, 4);
	control_is("[{cmsg_len=20, cmsg_level=SOL_SOCKET, "
		   "cmsg_type=SCM_PIDFD, cmsg_data=[1]}]",
		   "the last that is a message only");
	put(IPPROTO_IP, 20, &in, sizeof(in));
	control_is("[{cmsg_len=32, cmsg_level=SOL_IP, cmsg_type=IP_ORIGDSTADDR"
		   ", cmsg_data={sa_family=AF_INET, sin_port=htons(0), "
		   "sin_addr=inet_addr(\"0.0.0.0\")}}]", "IP_ORIGDSTADDR");
	put(IPPROTO_IPV6, 74, &in6, sizeof(in6));
	control_is("[{cmsg_len=44, cmsg_level=SOL_IPV6, "
		   "cmsg_type=IPV6_ORIGDSTADDR, cmsg_data={sa_family=AF_INET6,"
		   " sin6_port=htons(0), sin6_flowinfo=htonl(0), "
		   "inet_pton(AF_INET6, \"::\", &sin6_addr), "
		   "sin6_scope_id=0}}]", "IPV6_ORIGDSTADDR");
	put(SOL_SOCKET, 81, one, 4);
	control_is("[{cmsg_len=20, cmsg_level=SOL_SOCKET, "
		   "cmsg_type=SCM_TS_OPT_ID, cmsg_data=[1]}]",
		   "a message whose number is no option's");
	put(IPPROTO_IPV6, 99, "", 0);
	control_is("[{cmsg_len=16, cmsg_level=SOL_IPV6, cmsg_type=0x63}]",
		   "none that is known, nothing in it");
}

static void test_fds(void)
{
	struct sk_dec d = { &show, &f.ev, &fake_fds };
	int fds[40] = { 5, 6 };

	put(SOL_SOCKET, SCM_RIGHTS, fds, sizeof(fds));
	begin(SK_SYS_sendmsg);
	style.strings = 2;
	fake_map(&f, 0x4000, buf, len);
	sk_dec_control(&d, 0x4000, len);
	sk_out_char(&out, '\0');
	is_str(out.buf, "[{cmsg_len=176, cmsg_level=SOL_SOCKET, "
	       "cmsg_type=SCM_RIGHTS, cmsg_data=[5<socket:[500]>, "
	       "6<socket:[600]>, ...]}]", "as many as are to be shown");
	len = 0;
}

static void test_words(void)
{
	static const int32_t narrow[2] = { 5, 6 };
	static const int64_t wide[2] = { 5, 6 };
	static const int one[1] = { 1 };

	put_as(12, SOL_SOCKET, 29, narrow, sizeof(narrow));
	control_of(SK_ABI_I386, "[{cmsg_len=20, cmsg_level=SOL_SOCKET, "
		   "cmsg_type=SO_TIMESTAMP_OLD, cmsg_data={tv_sec=5, "
		   "tv_usec=6}}]", "i386: an old time");
	put_as(12, SOL_SOCKET, 63, wide, sizeof(wide));
	control_of(SK_ABI_I386, "[{cmsg_len=28, cmsg_level=SOL_SOCKET, "
		   "cmsg_type=SO_TIMESTAMP_NEW, cmsg_data={tv_sec=5, "
		   "tv_usec=6}}]", "a new one is wide");
	put_as(12, SOL_SOCKET, 29, wide, sizeof(wide));
	control_of(SK_ABI_X32, "[{cmsg_len=28, cmsg_level=SOL_SOCKET, "
		   "cmsg_type=SO_TIMESTAMP_OLD, cmsg_data={tv_sec=5, "
		   "tv_usec=6}}]", "x32: times have 64 bits");
	put_as(12, SOL_SOCKET, 99, "abcde", 5);
	put_as(12, IPPROTO_IP, 2, one, sizeof(one));
	control_of(SK_ABI_I386, "[{cmsg_len=17, cmsg_level=SOL_SOCKET, "
		   "cmsg_type=0x63 /* SCM_??? */, "
		   "cmsg_data=\"\\x61\\x62\\x63\\x64\\x65\"}, "
		   "{cmsg_len=16, cmsg_level=SOL_IP, cmsg_type=IP_TTL, "
		   "cmsg_data=[1]}]", "i386: the next stands at 4 bytes");
}

static void test_ends(void)
{
	static const unsigned char offender[18] = { 111, 0, 0, 0, 2,
						    [16] = AF_UNIX };
	static const unsigned char nothing[4080];
	uint64_t said = 15;

	put(IPPROTO_IP, 11, offender, sizeof(offender));
	control_is("[{cmsg_len=34, cmsg_level=SOL_IP, cmsg_type=IP_RECVERR, "
		   "cmsg_data={ee_errno=ECONNREFUSED, "
		   "ee_origin=SO_EE_ORIGIN_ICMP, ee_type=0, ee_code=0, "
		   "ee_info=0, ee_data=0, offender={sa_family=AF_UNIX}}}]",
		   "an offender of a family alone");
	put(SOL_SOCKET, 99, nothing, sizeof(nothing));
	put(IPPROTO_IP, 2, "", 0);
	control_is("[{cmsg_len=4096, cmsg_level=SOL_SOCKET, cmsg_type=0x63 "
		   "/* SCM_??? */, cmsg_data=\"\\x00\\x00\\x00\\x00\\x00\\x00"
		   "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
		   "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
		   "\\x00\\x00\\x00\\x00\"...}, {cmsg_len=16, cmsg_level=SOL_IP, "
		   "cmsg_type=IP_TTL}]", "more than a page");
	put(IPPROTO_IP, 2, "", 0);
	put(IPPROTO_IP, 1, "", 0);
	control_is("[{cmsg_len=16, cmsg_level=SOL_IP, cmsg_type=IP_TTL}, "
		   "{cmsg_len=16, cmsg_level=SOL_IP, cmsg_type=IP_TOS}]",
		   "headers alone");
	put(IPPROTO_IP, 2, "", 0);
	memcpy(buf, &said, 8);
	len = 32;
	control_is("[{cmsg_len=15, cmsg_level=SOL_IP, cmsg_type=IP_TTL}, "
		   "... /* 0x4010 */]", "a length that makes no sense");
}

int main(void)
{
	test_numbers();
	test_fds();
	test_words();
	test_ends();
	sk_out_fini(&out);
	return tap_done();
}
