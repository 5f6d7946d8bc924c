/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace: decoders, against what strace 6.1 prints for the same bytes (and
 * more where strace prints numbers).
 */
#include "tap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "fakeline.h"

static void test_plain(void)
{
	begin(SK_SYS_socket);
	ARGS(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	enter();
	line_is(3, "AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, "
		   "IPPROTO_IP) = 3", "socket");
	begin(SK_SYS_socket);
	ARGS(99, SOCK_RAW, 3);
	enter();
	line_is(-97, "0x63 /* AF_??? */, SOCK_RAW, 3) = -1 EAFNOSUPPORT "
		     "(Address family not supported by protocol)",
		"no such family");
	begin(SK_SYS_socket);
	ARGS(AF_INET, 77, 300);
	enter();
	line_is(-22, "AF_INET, 0x4d /* SOCK_??? */, 0x12c /* IPPROTO_??? */) "
		     "= -1 EINVAL (Invalid argument)", "no such type");
	begin(SK_SYS_socket);
	ARGS(AF_PACKET, SOCK_RAW, htons(3));
	enter();
	line_is(17, "AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)) = 17", "packet");
	begin(SK_SYS_close);
	ARGS(0xffffffff);
	enter();
	line_is(-9, "-1) = -1 EBADF (Bad file descriptor)", "close -1");
	begin(SK_SYS_shutdown);
	ARGS(4, 7);
	enter();
	line_is(-22, "4, 0x7 /* SHUT_??? */) = -1 EINVAL (Invalid argument)",
		"shutdown");
	begin(SK_SYS_close_range);
	ARGS(30, 0xffffffff, 4);
	enter();
	line_is(0, "30, 4294967295, CLOSE_RANGE_CLOEXEC) = 0", "close_range");
	begin(SK_SYS_read);
	ARGS(3, 0x1000, 10);
	enter();
	line_is(-512, "3, 0x1000, 10) = ? ERESTARTSYS "
		      "(To be restarted if SA_RESTART is set)", "restarts");
}

static void addr_is(const void *addr, size_t len, const char *want,
		    const char *name)
{
	unsigned char *copy = malloc(len);
	char line[600];

	/* Of the exact size, so that a read too far is seen. */
	if (!copy)
		return;
	memcpy(copy, addr, len);
	begin(SK_SYS_connect);
	ARGS(3, 0x1000, len);
	fake_map(&f, 0x1000, copy, len);
	enter();
	snprintf(line, sizeof(line), "3, %s, %zu) = 0", want, len);
	line_is(0, line, name);
	free(copy);
}

static void test_addresses(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(80) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(9),
				    .sin6_flowinfo = htonl(5),
				    .sin6_scope_id = 1 };
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr_is(&in, sizeof(in), "{sa_family=AF_INET, sin_port=htons(80), "
		"sin_addr=inet_addr(\"127.0.0.1\")}", "inet");
	addr_is(&in, 8, "{sa_family=AF_INET, sa_data=\"\\0P\\177\\0\\0\\1\"}",
		"inet, cut short");
	inet_pton(AF_INET6, "fe80::1", &in6.sin6_addr);
	addr_is(&in6, sizeof(in6),
		"{sa_family=AF_INET6, sin6_port=htons(9), "
		"sin6_flowinfo=htonl(5), inet_pton(AF_INET6, \"fe80::1\", "
		"&sin6_addr), sin6_scope_id=if_nametoindex(\"lo\")}", "inet6");
	addr_is(&in6, 24, "{sa_family=AF_INET6, sin6_port=htons(9), "
		"sin6_flowinfo=htonl(5), inet_pton(AF_INET6, \"fe80::1\", "
		"&sin6_addr)}", "inet6 without scope");
	inet_pton(AF_INET6, "::1", &in6.sin6_addr);
	addr_is(&in6, sizeof(in6),
		"{sa_family=AF_INET6, sin6_port=htons(9), "
		"sin6_flowinfo=htonl(5), inet_pton(AF_INET6, \"::1\", "
		"&sin6_addr), sin6_scope_id=1}", "a scope that means nothing");
	memcpy(un.sun_path, "/tmp/nope\n", 10);
	addr_is(&un, sizeof(un), "{sa_family=AF_UNIX, "
		"sun_path=\"/tmp/nope\\n\"}", "a path");
	memcpy(un.sun_path, "\0abs\0x", 6);
	addr_is(&un, 8, "{sa_family=AF_UNIX, sun_path=@\"abs\\0x\"}",
		"abstract");
	addr_is(&un, 3, "{sa_family=AF_UNIX, sun_path=@\"\"}", "empty");
	addr_is(&un, 2, "{sa_family=AF_UNIX}", "unnamed");
}

static void test_more_addresses(void)
{
	addr_is("\x28\0\0\0\x50\0\0\0\2\0\0\0\0\0\0\0", 16,
		"{sa_family=AF_VSOCK, svm_cid=VMADDR_CID_HOST, svm_port=0x50, "
		"svm_flags=0}", "vsock");
	addr_is("\x10\0\0\0\3\0\0\0\x11\0\0\0", 12,
		"{sa_family=AF_NETLINK, nl_pid=3, nl_groups=0x000011}",
		"netlink");
	addr_is("\x11\0\0\3\1\0\0\0\1\0\0\6\1\2\3\4\5\6\0", 20,
		"{sa_family=AF_PACKET, sll_protocol=htons(ETH_P_ALL), "
		"sll_ifindex=if_nametoindex(\"lo\"), sll_hatype=ARPHRD_ETHER, "
		"sll_pkttype=PACKET_HOST, sll_halen=6, "
		"sll_addr=[0x1, 0x2, 0x3, 0x4, 0x5, 0x6]}", "packet");
	addr_is("\xc8\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16,
		"{sa_family=0xc8 /* AF_??? */, sa_data=\"\\0\\0\\0\\0\\0\\0"
		"\\0\\0\\0\\0\\0\\0\\0\\0\"}", "no such family");
	addr_is("\x1f\0\6\5\4\3\2\1\7", 10, "{sa_family=AF_BLUETOOTH, "
		"rc_bdaddr=01:02:03:04:05:06, rc_channel=7}", "rfcomm");
	addr_is("\x2c\0\1\0\1\0\0\0\2\0\0\0\3\0\0", 16,
		"{sa_family=AF_XDP, sxdp_flags=XDP_SHARED_UMEM, "
		"sxdp_ifindex=if_nametoindex(\"lo\"), sxdp_queue_id=2, "
		"sxdp_shared_umem_fd=3}", "xdp");
}

static void test_hostile_addresses(void)
{
	static const struct {
		uint64_t addr, len;
		const char *want;
	} rows[] = {
		{ 0, 0, "3, NULL, 0) = -1 EFAULT (Bad address)" },
		{ 0, 16, "3, NULL, 16) = -1 EFAULT (Bad address)" },
		{ 0x10, 16, "3, 0x10, 16) = -1 EFAULT (Bad address)" },
		{ 0x1000, 1, "3, 0x1000, 1) = -1 EFAULT (Bad address)" },
		{ 0x1000, 0xffffffff,
		  "3, 0x1000, -1) = -1 EFAULT (Bad address)" },
		{ 0x1000, 1000000,
		  "3, 0x1000, 1000000) = -1 EFAULT (Bad address)" },
	};
	unsigned char sa[16] = { 2 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		begin(SK_SYS_connect);
		ARGS(3, rows[i].addr, rows[i].len);
		fake_map(&f, 0x1000, sa, sizeof(sa));
		enter();
		line_is(-14, rows[i].want, "an address that is none");
	}
}

static void test_accept(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(80) };
	uint32_t len = 128;

	begin(SK_SYS_accept4);
	ARGS(3, 0x1000, 0x2000, SOCK_CLOEXEC);
	fake_map(&f, 0x1000, &in, sizeof(in));
	fake_map(&f, 0x2000, &len, sizeof(len));
	enter();
	len = 16;
	line_is(4, "3, {sa_family=AF_INET, sin_port=htons(80), "
		   "sin_addr=inet_addr(\"0.0.0.0\")}, [128 => 16], "
		   "SOCK_CLOEXEC) = 4", "accept4");
	begin(SK_SYS_accept);
	ARGS(3, 0, 0);
	enter();
	line_is(4, "3, NULL, NULL) = 4", "accept without address");
	begin(SK_SYS_accept);
	ARGS(3, 0x1000, 0x2000);
	fake_map(&f, 0x2000, &len, sizeof(len));
	enter();
	line_is(-11, "3, 0x1000, [16]) = -1 EAGAIN (Resource temporarily "
		     "unavailable)", "accept fails");
	len = 8;
	begin(SK_SYS_getsockname);
	ARGS(4, 0x1000, 0x2000);
	fake_map(&f, 0x1000, &in, sizeof(in));
	fake_map(&f, 0x2000, &len, sizeof(len));
	enter();
	len = 16;
	line_is(0, "4, {sa_family=AF_INET, sa_data=\"\\0P\\0\\0\\0\\0\"}, "
		   "[8 => 16]) = 0", "less room than there is address");
}

static void test_strings(void)
{
	char text[] = "wo\377rld\0011\"\\\t";
	char big[64];

	begin(SK_SYS_sendto);
	ARGS(4, 0x1000, 11, MSG_NOSIGNAL | MSG_DONTWAIT, 0, 0);
	fake_map(&f, 0x1000, text, 11);
	enter();
	line_is(11, "4, \"wo\\377rld\\0011\\\"\\\\\\t\", 11, "
		    "MSG_DONTWAIT|MSG_NOSIGNAL, NULL, 0) = 11", "escapes");
	memset(big, 'a', sizeof(big));
	begin(SK_SYS_write);
	ARGS(4, 0x1000, 64);
	fake_map(&f, 0x1000, big, sizeof(big));
	enter();
	line_is(64, "4, \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"..., 64) = 64",
		"cut");
	begin(SK_SYS_write);
	style.hex = SK_HEX_FOREIGN;
	ARGS(4, 0x1000, 3);
	fake_map(&f, 0x1000, text, 11);
	enter();
	line_is(3, "4, \"\\x77\\x6f\\xff\", 3) = 3", "-x");
	begin(SK_SYS_write);
	style.hex = SK_HEX_FOREIGN;
	ARGS(4, 0x1000, 2);
	fake_map(&f, 0x1000, text, 11);
	enter();
	line_is(2, "4, \"wo\", 2) = 2", "-x of ASCII");
	begin(SK_SYS_write);
	ARGS(4, 0x1000, UINT64_MAX);
	fake_map(&f, 0x1000, big, sizeof(big));
	enter();
	line_is(-14, "4, \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"..., "
		     "18446744073709551615) = -1 EFAULT (Bad address)",
		"a hostile length");
	begin(SK_SYS_recvfrom);
	ARGS(4, 0x1000, 2, MSG_TRUNC, 0, 0);
	fake_map(&f, 0x1000, text, 11);
	enter();
	line_is(5, "4, \"wo\", 2, MSG_TRUNC, NULL, NULL) = 5",
		"MSG_TRUNC gives more than there is room");
}

/* --- messages --------------------------------------------------------- */

static struct msghdr msg;
static struct iovec iov[2];
static char hello[] = "hello", control[256];

static void message(enum sk_sys sys)
{
	begin(sys);
	ARGS(4, 0x1000, 0);
	memset(control, 0, sizeof(control));
	iov[0] = (struct iovec){ (void *)0x3000, 5 };
	iov[1] = (struct iovec){ (void *)0x9, 8 };
	msg = (struct msghdr){ .msg_iov = (void *)0x2000, .msg_iovlen = 1,
			       .msg_control = (void *)0x4000 };
	fake_map(&f, 0x1000, &msg, sizeof(msg));
	fake_map(&f, 0x2000, iov, sizeof(iov));
	fake_map(&f, 0x3000, hello, 5);
	fake_map(&f, 0x4000, control, sizeof(control));
}

static void *cmsg_put(int level, int type, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)(void *)control;

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	msg.msg_controllen = CMSG_SPACE(len);
	return CMSG_DATA(c);
}

#define PLAIN "msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"hello\", " \
	      "iov_len=5}], msg_iovlen=1, "

static void cmsg_is(const char *want, const char *name)
{
	char line[900];

	enter();
	snprintf(line, sizeof(line), "4, {" PLAIN "msg_control=[{%s}], "
		 "msg_controllen=%zu, msg_flags=0}, 0) = 5", want,
		 msg.msg_controllen);
	line_is(5, line, name);
}

static void test_messages(void)
{
	message(SK_SYS_sendmsg);
	enter();
	line_is(5, "4, {" PLAIN "msg_controllen=0, msg_flags=0}, 0) = 5",
		"sendmsg");
	message(SK_SYS_sendmsg);
	msg.msg_iovlen = 2;
	enter();
	line_is(-14, "4, {msg_name=NULL, msg_namelen=0, "
		     "msg_iov=[{iov_base=\"hello\", iov_len=5}, "
		     "{iov_base=0x9, iov_len=8}], msg_iovlen=2, "
		     "msg_controllen=0, msg_flags=0}, 0) = -1 EFAULT "
		     "(Bad address)", "a buffer that is not mapped");
	message(SK_SYS_sendmsg);
	msg.msg_iovlen = UINT64_MAX;
	msg.msg_control = (void *)8;
	msg.msg_controllen = 50;
	enter();
	line_is(-90, "4, {msg_name=NULL, msg_namelen=0, "
		     "msg_iov=[{iov_base=\"hello\", iov_len=5}, "
		     "{iov_base=0x9, iov_len=8}, ... /* 0x2020 */], "
		     "msg_iovlen=18446744073709551615, msg_control=0x8, "
		     "msg_controllen=50, msg_flags=0}, 0) = -1 EMSGSIZE "
		     "(Message too long)", "hostile counts");
	begin(SK_SYS_sendmsg);
	ARGS(4, 8, 0);
	enter();
	line_is(-14, "4, 0x8, 0) = -1 EFAULT (Bad address)", "no message");
	message(SK_SYS_recvmsg);
	msg.msg_name = (void *)0x5000;
	msg.msg_namelen = 128;
	enter();
	line_is(-11, "4, {msg_namelen=128}, 0) = -1 EAGAIN (Resource "
		     "temporarily unavailable)", "recvmsg fails");
	message(SK_SYS_recvmsg);
	iov[0].iov_len = 100;
	msg.msg_namelen = 128;
	enter();
	msg.msg_namelen = 0;
	line_is(5, "4, {msg_name=NULL, msg_namelen=128 => 0, "
		   "msg_iov=[{iov_base=\"hello\", iov_len=100}], "
		   "msg_iovlen=1, msg_controllen=0, msg_flags=0}, 0) = 5",
		"recvmsg");
}

static void test_control(void)
{
	int *fds;

	message(SK_SYS_sendmsg);
	fds = cmsg_put(SOL_SOCKET, SCM_RIGHTS, 8);
	fds[0] = 16;
	fds[1] = 1;
	cmsg_is("cmsg_len=24, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, "
		"cmsg_data=[16, 1]", "SCM_RIGHTS");
	message(SK_SYS_sendmsg);
	memcpy(cmsg_put(SOL_SOCKET, 2, 12), (int[3]){ 9, -1, 7 }, 12);
	cmsg_is("cmsg_len=28, cmsg_level=SOL_SOCKET, "
		"cmsg_type=SCM_CREDENTIALS, cmsg_data={pid=9, uid=-1, gid=7}",
		"SCM_CREDENTIALS");
	message(SK_SYS_sendmsg);
	memcpy(cmsg_put(SOL_SOCKET, 29, 16), (int64_t[2]){ 5, 6 }, 16);
	cmsg_is("cmsg_len=32, cmsg_level=SOL_SOCKET, "
		"cmsg_type=SO_TIMESTAMP_OLD, cmsg_data={tv_sec=5, tv_usec=6}",
		"SO_TIMESTAMP");
	message(SK_SYS_sendmsg);
	memcpy(cmsg_put(IPPROTO_IP, IP_PKTINFO, 12),
	       (uint32_t[3]){ 1, htonl(1), htonl(2) }, 12);
	cmsg_is("cmsg_len=28, cmsg_level=SOL_IP, cmsg_type=IP_PKTINFO, "
		"cmsg_data={ipi_ifindex=if_nametoindex(\"lo\"), "
		"ipi_spec_dst=inet_addr(\"0.0.0.1\"), "
		"ipi_addr=inet_addr(\"0.0.0.2\")}", "IP_PKTINFO");
	message(SK_SYS_sendmsg);
	memcpy(cmsg_put(IPPROTO_IPV6, 52, 4), (int[1]){ 64 }, 4);
	cmsg_is("cmsg_len=20, cmsg_level=SOL_IPV6, cmsg_type=IPV6_HOPLIMIT, "
		"cmsg_data=[64]", "IPV6_HOPLIMIT, a number in strace");
	message(SK_SYS_sendmsg);
	memcpy(cmsg_put(IPPROTO_UDP, 103, 2), (uint16_t[1]){ 1400 }, 2);
	cmsg_is("cmsg_len=18, cmsg_level=SOL_UDP, cmsg_type=UDP_SEGMENT, "
		"cmsg_data=[1400]", "UDP_SEGMENT, a number in strace");
	message(SK_SYS_sendmsg);
	memcpy(cmsg_put(99, 98, 2), "\1\2", 2);
	cmsg_is("cmsg_len=18, cmsg_level=0x63 /* SOL_?? */, "
		"cmsg_type=0x62, cmsg_data=\"\\x01\\x02\"",
		"no such level");
}

static void test_control_err(void)
{
	static const unsigned char err[] = {
		111, 0, 0, 0, 2, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
	};

	message(SK_SYS_sendmsg);
	memcpy(cmsg_put(IPPROTO_IP, IP_RECVERR, sizeof(err)), err,
	       sizeof(err));
	cmsg_is("cmsg_len=48, cmsg_level=SOL_IP, cmsg_type=IP_RECVERR, "
		"cmsg_data={ee_errno=ECONNREFUSED, "
		"ee_origin=SO_EE_ORIGIN_ICMP, ee_type=3, ee_code=3, "
		"ee_info=0, ee_data=0, offender={sa_family=AF_INET, "
		"sin_port=htons(0), sin_addr=inet_addr(\"127.0.0.1\")}}",
		"IP_RECVERR");
}

static void test_hostile_control(void)
{
	message(SK_SYS_sendmsg);
	cmsg_put(SOL_SOCKET, SCM_RIGHTS, 8);
	((struct cmsghdr *)(void *)control)->cmsg_len = 5;
	enter();
	line_is(5, "4, {" PLAIN "msg_control=[{cmsg_len=5, "
		   "cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS}, "
		   "... /* 0x4010 */], msg_controllen=24, msg_flags=0}, 0) "
		   "= 5", "a cmsg_len below the header");
	message(SK_SYS_sendmsg);
	cmsg_put(SOL_SOCKET, SCM_RIGHTS, 8);
	((struct cmsghdr *)(void *)control)->cmsg_len = SIZE_MAX;
	enter();
	line_is(5, "4, {" PLAIN "msg_control=[{"
		   "cmsg_len=18446744073709551615, cmsg_level=SOL_SOCKET, "
		   "cmsg_type=SCM_RIGHTS, cmsg_data=[0, 0]}], "
		   "msg_controllen=24, msg_flags=0}, 0) "
		   "= 5", "a cmsg_len beyond the buffer");
	message(SK_SYS_sendmsg);
	msg.msg_controllen = 5;
	enter();
	line_is(5, "4, {" PLAIN "msg_control=0x4000, msg_controllen=5, "
		   "msg_flags=0}, 0) = 5", "too short for a header");
}

static void test_mmsg(void)
{
	struct mmsghdr many[2];

	message(SK_SYS_sendmmsg);
	many[0] = (struct mmsghdr){ .msg_hdr = msg, .msg_len = 5 };
	many[1] = many[0];
	f.regions[0].bytes = (unsigned char *)many;
	f.regions[0].len = sizeof(many);
	ARGS(4, 0x1000, 2, 0);
	enter();
	line_is(1, "4, [{msg_hdr={" PLAIN "msg_controllen=0, msg_flags=0}, "
		   "msg_len=5}, {msg_hdr={" PLAIN "msg_controllen=0, "
		   "msg_flags=0}}], 2, 0) = 1", "sendmmsg, half of it");
	begin(SK_SYS_recvmmsg);
	ARGS(4, 0x1000, 2, MSG_DONTWAIT, 0);
	enter();
	line_is(-11, "4, 0x1000, 2, MSG_DONTWAIT, NULL) = -1 EAGAIN (Resource "
		     "temporarily unavailable)", "recvmmsg fails");
}

/* A 32-bit program: other layouts. */
static void test_compat(void)
{
	uint32_t hdr[7] = { 0, 0, 0x2000, 1, 0x4000, 16, 0 };
	uint32_t vec[2] = { 0x3000, 5 };
	int32_t cmsg[4] = { 16, SOL_SOCKET, SCM_RIGHTS, 3 };
	int32_t times[2] = { 1, 5 };

	begin(SK_SYS_sendmsg);
	f.ev.abi = SK_ABI_I386;
	ARGS(4, 0x1000, 0);
	fake_map(&f, 0x1000, hdr, sizeof(hdr));
	fake_map(&f, 0x2000, vec, sizeof(vec));
	fake_map(&f, 0x3000, hello, 5);
	fake_map(&f, 0x4000, cmsg, sizeof(cmsg));
	enter();
	line_is(5, "4, {" PLAIN "msg_control=[{cmsg_len=16, "
		   "cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, "
		   "cmsg_data=[3]}], msg_controllen=16, msg_flags=0}, 0) = 5",
		"i386: sendmsg");
	begin(SK_SYS_setsockopt);
	f.ev.abi = SK_ABI_I386;
	ARGS(4, SOL_SOCKET, SO_RCVTIMEO, 0x1000, 8);
	fake_map(&f, 0x1000, times, sizeof(times));
	enter();
	line_is(0, "4, SOL_SOCKET, SO_RCVTIMEO_OLD, {tv_sec=1, tv_usec=5}, 8) "
		   "= 0", "i386: a time");
}

/* --- options ---------------------------------------------------------- */

static void setopt_is(int level, int name, const void *val, int len,
		      const char *want, const char *what)
{
	char line[600], copy[64];

	begin(SK_SYS_setsockopt);
	ARGS(3, (unsigned)level, (unsigned)name, 0x1000, (unsigned)len);
	if (val)
		fake_map(&f, 0x1000, memcpy(copy, val, (size_t)len),
			 (size_t)len);
	enter();
	snprintf(line, sizeof(line), "3, %s, %d) = 0", want, len);
	line_is(0, line, what);
}

static void test_options(void)
{
	static const int one = 1;
	static const struct linger linger = { 1, 5 };
	static const struct timeval tv = { 1, 5 };
	static const struct ucred cred = { 0, (uid_t)-1, (gid_t)-1 };
	static const uint64_t cookie = 4114;

	setopt_is(SOL_SOCKET, SO_REUSEADDR, &one, 4,
		  "SOL_SOCKET, SO_REUSEADDR, [1]", "an int");
	setopt_is(SOL_SOCKET, SO_REUSEADDR, &one, 2,
		  "SOL_SOCKET, SO_REUSEADDR, 0x1000", "too short");
	setopt_is(SOL_SOCKET, SO_REUSEADDR, NULL, 4,
		  "SOL_SOCKET, SO_REUSEADDR, 0x1000", "not mapped");
	setopt_is(SOL_SOCKET, 200, &one, 4,
		  "SOL_SOCKET, 0xc8 /* SO_??? */, [1]", "no such option");
	setopt_is(99, 200, &one, 4, "0x63 /* SOL_?? */, 200, [1]",
		  "no such level");
	setopt_is(SOL_SOCKET, SO_LINGER, &linger, 8,
		  "SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=5}", "linger");
	setopt_is(SOL_SOCKET, SO_BINDTODEVICE, "lo", 2,
		  "SOL_SOCKET, SO_BINDTODEVICE, \"lo\"", "a device");
	setopt_is(SOL_TCP, TCP_CONGESTION, "cubic", 5,
		  "SOL_TCP, TCP_CONGESTION, \"cubic\"", "a name");
	setopt_is(SOL_SOCKET, SO_RCVTIMEO, &tv, 16,
		  "SOL_SOCKET, SO_RCVTIMEO_OLD, {tv_sec=1, tv_usec=5}",
		  "a time, bytes in strace");
	setopt_is(SOL_SOCKET, SO_PEERCRED, &cred, 12,
		  "SOL_SOCKET, SO_PEERCRED, \"\\0\\0\\0\\0"
		  "\\377\\377\\377\\377\\377\\377\\377\\377\"",
		  "ucred is not for setting");
	setopt_is(SOL_SOCKET, SO_COOKIE, &cookie, 8,
		  "SOL_SOCKET, SO_COOKIE, [4114]", "cookie, bytes in strace");
	setopt_is(IPPROTO_IP, IP_TTL, "\x40", 1, "SOL_IP, IP_TTL, [64]",
		  "one byte");
	setopt_is(IPPROTO_IP, IP_ADD_MEMBERSHIP, "\xef\1\1\1\0\0\0\0", 8,
		  "SOL_IP, IP_ADD_MEMBERSHIP, "
		  "{imr_multiaddr=inet_addr(\"239.1.1.1\"), "
		  "imr_interface=inet_addr(\"0.0.0.0\")}", "mreq");
}

static void test_tcp_info(void)
{
	unsigned char info[104] = { 1, [8] = 0x40, [9] = 0x42, [10] = 0xf };
	uint32_t len = sizeof(info);

	begin(SK_SYS_getsockopt);
	ARGS(3, SOL_TCP, TCP_INFO, 0x1000, 0x2000);
	fake_map(&f, 0x1000, info, sizeof(info));
	fake_map(&f, 0x2000, &len, sizeof(len));
	enter();
	line_is(0, "3, SOL_TCP, TCP_INFO, {tcpi_state=TCP_ESTABLISHED, "
		   "tcpi_rto=1000000}, [104]) = 0",
		"TCP_INFO, bytes in strace");
}

/* --- waiting ---------------------------------------------------------- */

static void test_poll(void)
{
	struct pollfd p[2] = { { 4, POLLIN | POLLOUT, 0 },
			       { 3, POLLRDHUP, 0 } };

	begin(SK_SYS_poll);
	ARGS(0x1000, 2, 0xffffffff);
	fake_map(&f, 0x1000, p, sizeof(p));
	enter();
	p[1].revents = POLLHUP;
	line_is(1, "[{fd=4, events=POLLIN|POLLOUT}, {fd=3, events=POLLRDHUP}], "
		   "2, -1) = 1 ([{fd=3, revents=POLLHUP}])", "poll");
	begin(SK_SYS_poll);
	ARGS(0, 0, 1);
	enter();
	line_is(0, "NULL, 0, 1) = 0 (Timeout)", "poll of nothing");
	begin(SK_SYS_poll);
	ARGS(0x1000, 0xffffffff, 1);
	fake_map(&f, 0x1000, p, sizeof(p));
	p[0].fd = -1;
	enter();
	line_is(-22, "[{fd=-1}, {fd=3, events=POLLRDHUP}, "
		     "... /* 0x1010 */], 4294967295, 1) = -1 EINVAL (Invalid argument)",
		"a hostile count");
}

static void test_select(void)
{
	unsigned char in[8] = { 0x18 }, wr[8] = { 0x18 };
	int64_t tv[2] = { 1, 0 }, mask[2] = { 0x3000, 8 };
	uint64_t set = 1u << (SIGCHLD - 1) | 1u << (SIGINT - 1);

	begin(SK_SYS_select);
	ARGS(10, 0x1000, 0x1100, 0, 0x1200);
	fake_map(&f, 0x1000, in, 8);
	fake_map(&f, 0x1100, wr, 8);
	fake_map(&f, 0x1200, tv, 16);
	enter();
	in[0] = 0;
	wr[0] = 0x10;
	tv[0] = 0;
	tv[1] = 999;
	line_is(1, "10, [3 4], [3 4], NULL, {tv_sec=1, tv_usec=0}) = 1 "
		   "(out [4], left {tv_sec=0, tv_usec=999})", "select");
	begin(SK_SYS_pselect6);
	ARGS(10, 0x1000, 0, 0, 0, 0x2000);
	fake_map(&f, 0x1000, in, 8);
	fake_map(&f, 0x2000, mask, 16);
	fake_map(&f, 0x3000, &set, 8);
	enter();
	line_is(0, "10, [], NULL, NULL, NULL, {sigmask=[INT CHLD], "
		   "sigsetsize=8}) = 0 (Timeout)", "pselect6");
	begin(SK_SYS_select);
	ARGS(0x7fffffff, 0x1000, 0, 0, 0);
	fake_map(&f, 0x1000, in, 8);
	enter();
	line_is(-22, "2147483647, 0x1000, NULL, NULL, NULL) = -1 EINVAL "
		     "(Invalid argument)", "a hostile number");
}

static void test_epoll(void)
{
	unsigned char ev[24] = { 1, 0, 0, 0x80, 5, [12] = 4, [16] = 6 };

	begin(SK_SYS_epoll_ctl);
	ARGS(6, EPOLL_CTL_ADD, 4, 0x1000);
	fake_map(&f, 0x1000, ev, 12);
	enter();
	line_is(0, "6, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLET, "
		   "data={u32=5, u64=5}}) = 0", "epoll_ctl");
	begin(SK_SYS_epoll_wait);
	ARGS(6, 0x1000, 4, 0xffffffff);
	fake_map(&f, 0x1000, ev, 24);
	enter();
	line_is(2, "6, [{events=EPOLLIN|EPOLLET, data={u32=5, u64=5}}, "
		   "{events=EPOLLOUT, data={u32=6, u64=6}}], 4, -1) = 2",
		"epoll_wait");
	begin(SK_SYS_epoll_wait);
	ARGS(6, 0x1000, 4, 0);
	enter();
	line_is(0, "6, [], 4, 0) = 0", "epoll_wait, nothing");
}

static void test_fcntl(void)
{
	int n = 5, off[2] = { 1, 0 };

	begin(SK_SYS_fcntl);
	ARGS(3, F_GETFL, 0);
	enter();
	line_is(0x802, "3, F_GETFL) = 0x802 (flags O_RDWR|O_NONBLOCK)",
		"F_GETFL");
	begin(SK_SYS_fcntl);
	ARGS(3, F_SETFL, O_RDWR | O_NONBLOCK);
	enter();
	line_is(0, "3, F_SETFL, O_RDWR|O_NONBLOCK) = 0", "F_SETFL");
	begin(SK_SYS_fcntl);
	ARGS(3, F_GETFD);
	enter();
	line_is(1, "3, F_GETFD) = 0x1 (flags FD_CLOEXEC)", "F_GETFD");
	begin(SK_SYS_fcntl);
	ARGS(3, 99, 1);
	enter();
	line_is(-22, "3, 0x63 /* F_??? */, 0x1) = -1 EINVAL (Invalid "
		     "argument)", "no such command");
	begin(SK_SYS_ioctl);
	ARGS(4, FIONREAD, 0x1000);
	fake_map(&f, 0x1000, &n, 4);
	enter();
	line_is(0, "4, FIONREAD, [5]) = 0", "FIONREAD");
	begin(SK_SYS_ioctl);
	ARGS(4, FIONREAD, 0x1000);
	fake_map(&f, 0x1000, &n, 4);
	enter();
	line_is(-EBADF, "4, FIONREAD, 0x1000) = -1 EBADF "
		"(Bad file descriptor)", "FIONREAD that fails");
	begin(SK_SYS_ioctl);
	ARGS(4, 0x1234, 0x1000);
	enter();
	line_is(-25, "4, _IOC(_IOC_NONE, 0x12, 0x34, 0), 0x1000) = -1 ENOTTY "
		     "(Inappropriate ioctl for device)", "no such ioctl");
	begin(SK_SYS_sendfile);
	ARGS(4, 12, 0x1000, 10);
	fake_map(&f, 0x1000, off, 8);
	enter();
	off[0] = 11;
	line_is(10, "4, 12, [1] => [11], 10) = 10", "sendfile");
}

/* --- netlink, JSON, payload ------------------------------------------- */

static void test_netlink(void)
{
	uint32_t m[] = { 20, 0x03010012, 1, 0, 0 };
	uint32_t err[] = { 36, 2, 1, 18601, (uint32_t)-22, 20, 0x00050011, 1,
			   0 };

	begin(SK_SYS_send);
	ARGS(16, 0x1000, 20, 0);
	fake_map(&f, 0x1000, m, sizeof(m));
	for (int i = 0; i < 2; i++)
		sk_decode_arg(&show, &f.ev, &fake_fds, i);
	sk_out_char(&out, '\0');
	is_str(out.buf,
	    "16<socket:[1600]>, [{nlmsg_len=20, nlmsg_type=RTM_GETLINK, "
	    "nlmsg_flags=NLM_F_REQUEST|NLM_F_DUMP, nlmsg_seq=1, "
	    "nlmsg_pid=0}, {ifi_family=AF_UNSPEC, ...}]",
	    "netlink, and a label");
	begin(SK_SYS_send);
	ARGS(16, 0x1000, 36, 0);
	fake_map(&f, 0x1000, err, sizeof(err));
	sk_decode_arg(&show, &f.ev, &fake_fds, 1);
	sk_out_char(&out, '\0');
	is_str(out.buf, "[{nlmsg_len=36, nlmsg_type=NLMSG_ERROR, "
	       "nlmsg_flags=0, nlmsg_seq=1, nlmsg_pid=18601}, "
	       "{error=-EINVAL, msg={nlmsg_len=20, nlmsg_type=RTM_DELLINK, "
	       "nlmsg_flags=NLM_F_REQUEST|NLM_F_ACK, nlmsg_seq=1, "
	       "nlmsg_pid=0}}]", "netlink, an error");
}

/* One message of len bytes, as text. */
static void netlink_is(int protocol, void *m, size_t len, const char *want,
		       const char *name)
{
	netlink_sent(protocol, m, len);
	is_str(strstr(out.buf, "}, ") ? strstr(out.buf, "}, ") + 3 : out.buf,
	       want, name);
}

static void test_netlink_bodies(void)
{
	/* RTM_NEWLINK: a number, a nest, one that nobody knows, a lie. */
	uint32_t link[] = {
		60, 0x00000010, 1, 0, 0x03040000, 0, 0x10041, 0,
		0x00040008, 1500, 0x8012000c, 0x00010006, 0x6f6c,
		0x7ffe0004, 0x0003ffff,
	};
	uint32_t route[] = { 36, 0x00000018, 1, 0, 0x00000802, 0x01fe02ff,
			     0, 0x00010008, 0x0000007f };
	uint32_t diag[] = { 40, 0x03010014, 1, 0, 0x00000001, 0x480, 0,
			    0x20, 7, 8 };
	uint32_t ctrl[] = { 32, 0x00000010, 1, 0, 0x00000203, 0x00020008,
			    0x00006c6e };
	uint32_t deep[40] = { 160, 0x00000010, 1 };

	link[0] = sizeof(link);
	netlink_is(0, link, sizeof(link), "{ifi_family=AF_UNSPEC, "
		   "ifi_type=ARPHRD_LOOPBACK, ifi_index=0, "
		   "ifi_flags=IFF_UP|IFF_RUNNING|IFF_LOWER_UP, ifi_change=0}, "
		   "[[{nla_len=8, nla_type=IFLA_MTU}, 1500], "
		   "[{nla_len=12, nla_type=NLA_F_NESTED|IFLA_LINKINFO}, "
		   "[{nla_len=6, nla_type=IFLA_INFO_KIND}, \"lo\"]], "
		   "{nla_len=4, nla_type=NLA_F_NET_BYTEORDER|0x3ffe "
		   "/* IFLA_??? */}, {nla_len=65535, "
		   "nla_type=IFLA_IFNAME}]]", "a link and its attributes");
	route[0] = sizeof(route);
	netlink_is(0, route, sizeof(route), "{rtm_family=AF_INET, "
		   "rtm_dst_len=8, rtm_src_len=0, rtm_tos=0, "
		   "rtm_table=RT_TABLE_LOCAL, rtm_protocol=RTPROT_KERNEL, "
		   "rtm_scope=RT_SCOPE_HOST, rtm_type=RTN_UNICAST, "
		   "rtm_flags=0}, [{nla_len=8, nla_type=RTA_DST}, "
		   "inet_addr(\"127.0.0.0\")]]", "a route");
	diag[0] = sizeof(diag);
	netlink_is(4, diag, sizeof(diag), "{sdiag_family=AF_UNIX, "
		   "sdiag_protocol=0, udiag_states=1<<TCP_CLOSE|"
		   "1<<TCP_LISTEN, udiag_ino=0, "
		   "udiag_show=UDIAG_SHOW_MEMINFO, udiag_cookie=[7, 8]}]",
		   "sock_diag of unix sockets");
	netlink_is(16, ctrl, sizeof(ctrl), "{cmd=CTRL_CMD_GETFAMILY, "
		   "version=2}, [{nla_len=8, nla_type=CTRL_ATTR_FAMILY_NAME}, "
		   "\"nl\"]]", "generic netlink");
	diag[4] = 0x00000002;
	netlink_is(4, diag, sizeof(diag), "\"\\x02\\x00\\x00\\x00\\x80\\x04"
		   "\\x00\\x00\\x00\\x00\\x00\\x00\\x20\\x00\\x00\\x00"
		   "\\x07\\x00\\x00\\x00\\x08\\x00\\x00\\x00\"]",
		   "too short for what it says to be: bytes");
	/* Nests within nests end somewhere. */
	for (int i = 8; i < 40; i++)
		deep[i] = (uint32_t)(40 - i) * 4 | 0x00120000;
	the_protocol = 0;
	begin(SK_SYS_send);
	ARGS(16, 0x1000, sizeof(deep), 0);
	fake_map(&f, 0x1000, deep, sizeof(deep));
	sk_decode_arg(&show, &f.ev, &fake_fds, 1);
	ok(!show.depth, "deep nests");
}

static void test_json(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(80) };
	struct sk_json json;

	begin(SK_SYS_connect);
	ARGS(3, 0x1000, 16);
	fake_map(&f, 0x1000, &in, sizeof(in));
	sk_json_init(&json, &out);
	sk_show_json(&show, &json, &style);
	sk_decode_arg(&show, &f.ev, NULL, 1);
	sk_out_char(&out, '\0');
	is_str(out.buf, "{\"sa_family\":\"AF_INET\",\"sin_port\":80,"
	       "\"sin_addr\":\"0.0.0.0\"}", "an address as JSON");
	begin(SK_SYS_send);
	ARGS(3, 0x1000, 16, MSG_PEEK | 0x80000);
	sk_json_init(&json, &out);
	sk_show_json(&show, &json, &style);
	sk_decode_arg(&show, &f.ev, NULL, 3);
	sk_out_char(&out, '\0');
	is_str(out.buf, "[\"MSG_PEEK\",524288]", "flags as JSON");
}

static void test_payload(void)
{
	static struct sk_payload v[SK_PAYLOADS];

	message(SK_SYS_recvmsg);
	msg.msg_iovlen = 2;
	iov[1] = (struct iovec){ (void *)0x6000, 100 };
	fake_exit(&f, 8);
	is_int(sk_decode_payload(&f.ev, 0, v), 2, "two pieces");
	ok(v[0].addr == 0x3000 && v[0].len == 5 && v[1].addr == 0x6000 &&
		   v[1].len == 3, "of the bytes that came");
	is_int(sk_decode_payload(&f.ev, 1, v), 0, "one message only");
	fake_exit(&f, -11);
	is_int(sk_decode_payload(&f.ev, 0, v), 0, "nothing of a failure");
	begin(SK_SYS_splice);
	fake_exit(&f, 8);
	is_int(sk_decode_payload(&f.ev, 0, v), 0, "nothing of splice");
}

static void test_styles(void)
{
	begin(SK_SYS_socket);
	style.names = SK_NAMES_RAW;
	ARGS(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	enter();
	line_is(3, "0x2, 0x1|0x80000, 0) = 3", "-X raw");
	begin(SK_SYS_socket);
	style.names = SK_NAMES_VERBOSE;
	ARGS(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	enter();
	line_is(3, "0x2 /* AF_INET */, 0x1 /* SOCK_STREAM */|0x80000 "
		   "/* SOCK_CLOEXEC */, 0 /* IPPROTO_IP */) = 3", "-X verbose");
}

static void test_siginfo(void)
{
	siginfo_t si = { .si_signo = SIGCHLD, .si_code = CLD_EXITED };

	si.si_pid = 12;
	si.si_status = 3;
	begin(SK_SYS_close);
	sk_decode_siginfo(&show, &si);
	sk_out_char(&out, '\0');
	is_str(out.buf, "{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=12, "
	       "si_uid=0, si_status=3, si_utime=0, si_stime=0}", "SIGCHLD");
}

/* Every call of sysno.def must have its row in syscalls.def. */
static void test_table(void)
{
	const char *missing = NULL;

	/* Those of the engine are never shown. */
	for (int s = 0; s < SK_SYS_seccomp; s++) {
		begin((enum sk_sys)s);
		/* The one call that takes nothing. */
		if (!sk_decode_args(&f.ev) && s != SK_SYS_restart_syscall)
			missing = sk_sys_name((enum sk_sys)s);
	}
	ok(!missing, "a row for every call: %s", missing ? missing : "yes");
}

int main(void)
{
	test_table();
	test_plain();
	test_addresses();
	test_more_addresses();
	test_hostile_addresses();
	test_accept();
	test_strings();
	test_messages();
	test_control();
	test_control_err();
	test_hostile_control();
	test_mmsg();
	test_compat();
	test_options();
	test_tcp_info();
	test_poll();
	test_select();
	test_epoll();
	test_fcntl();
	test_netlink();
	test_netlink_bodies();
	test_json();
	test_payload();
	test_styles();
	test_siginfo();
	sk_out_fini(&out);
	return tap_done();
}
