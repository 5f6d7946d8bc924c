/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace: decoders, where one thing ends and the next begins: sizes a byte too
 * short or too long, the last of a range of options, values that look like
 * others, requests of io_uring.
 */
#include "fakeline.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>

#include "trace/dec.h"
#include "trace/uring.h"

/* --- options ------------------------------------------------------------- */

static void setopt_is(int level, int name, const void *val, size_t len,
		      const char *want, const char *what)
{
	unsigned char copy[64];
	char line[600];

	begin(SK_SYS_setsockopt);
	ARGS(3, (unsigned)level, (unsigned)name, 0x1000, len);
	fake_map(&f, 0x1000, memcpy(copy, val, len), len);
	enter();
	snprintf(line, sizeof(line), "3, %s, %zu) = 0", want, len);
	line_is(0, line, what);
}

static void test_options(void)
{
	static const int big = 70000;
	static const unsigned char source[13] = { 232, 1, 1, 1, 10, 0, 0, 1,
						  10, 0, 0, 2 };
	static const unsigned char some[20] = { 1, 0, 0, 0, 2 };

	setopt_is(IPPROTO_IP, IP_TTL, &big, 4, "SOL_IP, IP_TTL, [70000]",
		  "an int is all of its four bytes");
	setopt_is(IPPROTO_IP, IP_TTL, "\xff", 1, "SOL_IP, IP_TTL, [255]",
		  "one byte has no sign");
	setopt_is(IPPROTO_IP, IP_TTL, &big, 3,
		  "SOL_IP, IP_TTL, \"p\\21\\1\"", "three bytes are no number");
	setopt_is(SOL_SOCKET, SO_PEERCRED, some, 11, "SOL_SOCKET, SO_PEERCRED, "
		  "\"\\1\\0\\0\\0\\2\\0\\0\\0\\0\\0\\0\"",
		  "ucred, cut short");
	setopt_is(SOL_SOCKET, SO_LINGER, some, 7,
		  "SOL_SOCKET, SO_LINGER, 0x1000", "linger, cut short");
	setopt_is(SOL_SOCKET, SO_COOKIE, some, 7, "SOL_SOCKET, SO_COOKIE, "
		  "\"\\1\\0\\0\\0\\2\\0\\0\"", "a cookie, cut short");
	setopt_is(SOL_SOCKET, SO_RCVTIMEO, some, 12,
		  "SOL_SOCKET, SO_RCVTIMEO_OLD, "
		  "\"\\1\\0\\0\\0\\2\\0\\0\\0\\0\\0\\0\\0\"",
		  "neither sort of a time");
	setopt_is(IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, source, 12,
		  "SOL_IP, IP_ADD_SOURCE_MEMBERSHIP, "
		  "{imr_multiaddr=inet_addr(\"232.1.1.1\"), "
		  "imr_interface=inet_addr(\"10.0.0.1\"), "
		  "imr_sourceaddr=inet_addr(\"10.0.0.2\")}",
		  "a source is not the group before it");
	setopt_is(SOL_SOCKET, 62, some, 8, "SOL_SOCKET, SO_BINDTOIFINDEX, "
		  "[1]",
		  "nor is what follows SO_TXTIME such a time");
	setopt_is(SOL_SOCKET, 61, some, 8, "SOL_SOCKET, SO_TXTIME, "
		  "{clockid=1, flags=0x2}", "which this is");
	setopt_is(SOL_SOCKET, SO_MAX_PACING_RATE, some, 8,
		  "SOL_SOCKET, SO_MAX_PACING_RATE, [8589934593]",
		  "a rate of eight bytes");
	setopt_is(SOL_SOCKET, SO_MAX_PACING_RATE, some, 4,
		  "SOL_SOCKET, SO_MAX_PACING_RATE, [1]", "of four bytes");
}

/* --- control messages ---------------------------------------------------- */

static unsigned char control[1024];
static size_t control_len;

static void put(int level, int type, const void *data, size_t n)
{
	const struct cmsghdr h = { CMSG_LEN(n), level, type };

	memcpy(control + control_len, &h, sizeof(h));
	memcpy(control + control_len + sizeof(h), data, n);
	control_len += CMSG_ALIGN(sizeof(h) + n);
}

static void control_is(const char *want, const char *name)
{
	struct sk_dec d = { &show, &f.ev, NULL };
	unsigned char *copy = malloc(control_len);

	begin(SK_SYS_sendmsg);
	if (copy)
		fake_map(&f, 0x4000, memcpy(copy, control, control_len),
			 control_len);
	sk_dec_control(&d, 0x4000, control_len);
	sk_out_char(&out, '\0');
	is_str(out.buf, want, name);
	free(copy);
	control_len = 0;
}

#define ONE(level, type, ...) do {					\
		static const int data_[] = { __VA_ARGS__ };		\
		put(level, type, data_, sizeof(data_));			\
	} while (0)

static void test_control(void)
{
	unsigned char err[600] = { 111, 0, 0, 0, 2 };

	ONE(SOL_SOCKET, SCM_RIGHTS, 3);
	put(SOL_SOCKET, SCM_RIGHTS, "ab", 2);
	control_is("[{cmsg_len=20, cmsg_level=SOL_SOCKET, "
		   "cmsg_type=SCM_RIGHTS, cmsg_data=[3]}, {cmsg_len=18, "
		   "cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS}]",
		   "a descriptor, and half of one");
	ONE(SOL_SOCKET, 2, 1, 2);
	control_is("[{cmsg_len=24, cmsg_level=SOL_SOCKET, "
		   "cmsg_type=SCM_CREDENTIALS}]",
		   "credentials, cut short");
	ONE(SOL_SOCKET, 41, -1);
	control_is("[{cmsg_len=20, cmsg_level=SOL_SOCKET, "
		   "cmsg_type=SO_WIFI_STATUS, cmsg_data=[-1]}]",
		   "numbers with a sign");
	ONE(SOL_SOCKET, 36, -1);
	control_is("[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SO_MARK, "
		   "cmsg_data=[4294967295]}]",
		   "and without");
	ONE(SOL_SOCKET, 35, 5, 0);
	control_is("[{cmsg_len=24, cmsg_level=SOL_SOCKET, "
		   "cmsg_type=SO_TIMESTAMPNS_OLD, "
		   "cmsg_data=\"\\x05\\x00\\x00\\x00\\x00\\x00\\x00\\x00\"}]",
		   "half a time");
	ONE(SOL_SOCKET, 37, 5, 0, 6, 0, 0, 0, 0, 0, 7, 0, 8, 0);
	control_is("[{cmsg_len=64, cmsg_level=SOL_SOCKET, "
		   "cmsg_type=SO_TIMESTAMPING_OLD, cmsg_data=[{tv_sec=5, "
		   "tv_nsec=6}, {tv_sec=0, tv_nsec=0}, {tv_sec=7, "
		   "tv_nsec=8}]}]",
		   "three times");
	ONE(SOL_SOCKET, 35, 5, 0, 6, 0, 7, 0, 8, 0);
	control_is("[{cmsg_len=48, cmsg_level=SOL_SOCKET, "
		   "cmsg_type=SO_TIMESTAMPNS_OLD, cmsg_data={tv_sec=5, "
		   "tv_nsec=6}}]",
		   "one, and more");
	ONE(SOL_SOCKET, 99, 1);
	control_is("[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=0x63 /* "
		   "SCM_??? */, cmsg_data=\"\\x01\\x00\\x00\\x00\"}]",
		   "no such message");
	ONE(SOL_SOCKET, 5, 1);
	control_is("[{cmsg_len=20, cmsg_level=SOL_SOCKET, "
		   "cmsg_type=SO_DONTROUTE, "
		   "cmsg_data=\"\\x01\\x00\\x00\\x00\"}]",
		   "an option that is no message");
	ONE(IPPROTO_IP, 2, 16);
	control_is("[{cmsg_len=20, cmsg_level=SOL_IP, cmsg_type=IP_TTL, "
		   "cmsg_data=[16]}]",
		   "2 is no credentials there");
	put(IPPROTO_IP, 11, err, 16);
	control_is("[{cmsg_len=32, cmsg_level=SOL_IP, cmsg_type=IP_RECVERR, "
		   "cmsg_data={ee_errno=ECONNREFUSED, "
		   "ee_origin=SO_EE_ORIGIN_ICMP, ee_type=0, ee_code=0, "
		   "ee_info=0, ee_data=0}}]",
		   "an error without offender");
	put(IPPROTO_IP, 11, err, 17);
	control_is("[{cmsg_len=33, cmsg_level=SOL_IP, cmsg_type=IP_RECVERR, "
		   "cmsg_data={ee_errno=ECONNREFUSED, "
		   "ee_origin=SO_EE_ORIGIN_ICMP, ee_type=0, ee_code=0, "
		   "ee_info=0, ee_data=0}}]",
		   "less than a family");
	memset(err + 16, 1, sizeof(err) - 16);
	err[17] = 0;	/* AF_UNIX */
	put(IPPROTO_IP, 11, err, sizeof(err));
	control_is("[{cmsg_len=616, cmsg_level=SOL_IP, cmsg_type=IP_RECVERR, "
		   "cmsg_data={ee_errno=ECONNREFUSED, "
		   "ee_origin=SO_EE_ORIGIN_ICMP, ee_type=0, ee_code=0, "
		   "ee_info=0, ee_data=0, offender={sa_family=AF_UNIX, "
		   "sun_path=\"\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1"
		   "\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1"
		   "\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1"
		   "\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1"
		   "\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1"
		   "\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1"
		   "\\1\\1\\1\"}}}]",
		   "an offender of any length");
}

/* --- netlink ------------------------------------------------------------- */

static void netlink_is(int protocol, void *m, size_t len, const char *want,
		       const char *name)
{
	netlink_sent(protocol, m, len);
	is_str(out.buf, want, name);
}

static void test_netlink(void)
{
	uint32_t err[] = { 36, 0x03000002, 1, 18601, (uint32_t)-22,
			   20, 0x00050011, 1, 0 };
	uint32_t link[8 + 10] = { 72, 0x00000010, 1, 0, 0x03040000, 0, 0x10041,
				  0, 0x00010000 | (4 + 32) };

	netlink_is(0, err, sizeof(err),
	    "[{nlmsg_len=36, nlmsg_type=NLMSG_ERROR, "
	    "nlmsg_flags=NLM_F_CAPPED|NLM_F_ACK_TLVS, nlmsg_seq=1, "
	    "nlmsg_pid=18601}, {error=-EINVAL, msg={nlmsg_len=20, "
	    "nlmsg_type=RTM_DELLINK, nlmsg_flags=NLM_F_REQUEST|NLM_F_ACK, "
	    "nlmsg_seq=1, nlmsg_pid=0}}]",
	    "what the flags of an answer mean");
	link[0] = 32 + 4 + 32;
	link[9] = 0x03020100;
	netlink_is(0, link, link[0],
		   "[{nlmsg_len=68, nlmsg_type=RTM_NEWLINK, "
		   "nlmsg_flags=0, nlmsg_seq=1, nlmsg_pid=0}, "
		   "{ifi_family=AF_UNSPEC, ifi_type=ARPHRD_LOOPBACK, "
		   "ifi_index=0, "
		   "ifi_flags=IFF_UP|IFF_RUNNING|IFF_LOWER_UP, "
		   "ifi_change=0}, [{nla_len=36, "
		   "nla_type=IFLA_ADDRESS}, "
		   "00:01:02:03:00:00:00:00:00:00:00:00:00:00:00:00:00:"
		   "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00]]",
		   "an address of 32 bytes");
	link[0] += 4;
	link[8] += 4;
	netlink_is(0, link, link[0],
		   "[{nlmsg_len=72, nlmsg_type=RTM_NEWLINK, "
		   "nlmsg_flags=0, nlmsg_seq=1, nlmsg_pid=0}, "
		   "{ifi_family=AF_UNSPEC, ifi_type=ARPHRD_LOOPBACK, "
		   "ifi_index=0, "
		   "ifi_flags=IFF_UP|IFF_RUNNING|IFF_LOWER_UP, "
		   "ifi_change=0}, [{nla_len=40, "
		   "nla_type=IFLA_ADDRESS}, "
		   "\"\\x00\\x01\\x02\\x03\\x00\\x00\\x00\\x00\\x00"
		   "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
		   "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
		   "\\x00\\x00\\x00\"...]]",
		   "of more: bytes");
}

/* --- io_uring ------------------------------------------------------------ */

static void sqe_is(struct sk_sqe q, const char *want, const char *name)
{
	begin(SK_SYS_io_uring_enter);
	sk_decode_sqe(&show, &f.ev, NULL, &q);
	sk_out_char(&out, '\0');
	is_str(out.buf, want, name);
}

static void test_requests(void)
{
	sqe_is((struct sk_sqe){ .opcode = 0, .fd = -1, .user_data = 7 },
	       "{opcode=IORING_OP_NOP, fd=-1, addr=NULL, len=0, "
	       "user_data=0x7}",
	       "nothing is asked for");
	sqe_is((struct sk_sqe){ .opcode = 11, .fd = -1, .addr = 0x1000,
				.len = 1, .op_flags = 4, .ioprio = 3 },
	       "{opcode=IORING_OP_TIMEOUT, fd=-1, addr=0x1000, "
	       "len=1, op_flags=0x4, user_data=0}",
	       "flags of a request that has no names for them");
	sqe_is((struct sk_sqe){ .opcode = 27, .fd = 3, .ioprio = 2,
				.flags = SK_SQE_BUFFER_SELECT,
				.buf_group = 5 },
	       "{opcode=IORING_OP_RECV, flags=IOSQE_BUFFER_SELECT, "
	       "fd=3, addr=NULL, len=0, "
	       "ioprio=IORING_RECV_MULTISHOT, msg_flags=0, "
	       "buf_group=5, user_data=0}",
	       "recv, many times, into buffers of a group");
	sqe_is((struct sk_sqe){ .opcode = 26, .fd = 3, .file_index = 16 },
	       "{opcode=IORING_OP_SEND, fd=3, addr=NULL, len=0, "
	       "msg_flags=0, user_data=0}",
	       "send: the length of an address is no index");
	sqe_is((struct sk_sqe){ .opcode = 13, .fd = 3, .file_index = 6 },
	       "{opcode=IORING_OP_ACCEPT, fd=3, addr=NULL, len=0, "
	       "accept_flags=0, file_index=6, user_data=0}",
	       "accept into a slot of the table");
	sqe_is((struct sk_sqe){ .opcode = 45, .fd = 2, .off = 1,
				.file_index = (uint32_t)-1 },
	       "{opcode=IORING_OP_SOCKET, fd=2, off=0x1, addr=NULL, "
	       "len=0, file_index=IORING_FILE_INDEX_ALLOC, "
	       "user_data=0}",
	       "socket: into any slot");
	sqe_is((struct sk_sqe){ .opcode = 19, .file_index = 3 },
	       "{opcode=IORING_OP_CLOSE, addr=NULL, len=0, "
	       "file_index=3, user_data=0}",
	       "close of a slot: no descriptor");
	sqe_is((struct sk_sqe){ .opcode = 19, .fd = 3 },
	       "{opcode=IORING_OP_CLOSE, fd=3, addr=NULL, len=0, "
	       "user_data=0}",
	       "close of a descriptor: no slot");
	sqe_is((struct sk_sqe){ .opcode = 26, .fd = 3, .flags = 1 },
	       "{opcode=IORING_OP_SEND, flags=IOSQE_FIXED_FILE, "
	       "fixed_file=3, addr=NULL, len=0, msg_flags=0, "
	       "user_data=0}",
	       "send of a slot");
	sqe_is((struct sk_sqe){ .opcode = 200, .op_flags = 9 },
	       "{opcode=0xc8 /* IORING_OP_??? */, fd=0, addr=NULL, "
	       "len=0, op_flags=0x9, user_data=0}",
	       "no such request");
}

static void cqe_is(uint8_t opcode, int32_t res, uint32_t flags,
		   const char *want, const char *name)
{
	const struct sk_uring_result r = { { 7, res, flags }, opcode };

	begin(SK_SYS_io_uring_enter);
	sk_decode_cqe(&show, &f.ev, &r);
	sk_out_char(&out, '\0');
	is_str(out.buf, want, name);
}

static void test_results(void)
{
	cqe_is(27, 5, 1 | 9 << 16,
	       "{opcode=IORING_OP_RECV, user_data=0x7, res=5, "
	       "flags=IORING_CQE_F_BUFFER}",
	       "which buffer is not a flag");
	cqe_is(255, -62, 0,
	       "{user_data=0x7, res=-ETIME, flags=0}",
	       "of a request that is not known");
	cqe_is(11, -4000, 0,
	       "{opcode=IORING_OP_TIMEOUT, user_data=0x7, "
	       "res=-4000, flags=0}",
	       "an error without a name");
}

/* --- the rest ------------------------------------------------------------ */

/* What was kept at the entry is of no use where there was none. */
static void test_kept(void)
{
	uint64_t v = 9;

	begin(SK_SYS_recvfrom);
	ok(!sk_dec_kept(&f.ev, 0, &v), "nothing was kept");
	sk_dec_keep(&f.ev, 0, 0);
	ok(sk_dec_kept(&f.ev, 0, &v) && !v, "0 was");
	f.ev.no_enter = true;
	ok(!sk_dec_kept(&f.ev, 0, &v), "by a call whose entry was not seen");
	f.ev.no_enter = false;
	f.ev.keep = NULL;
	ok(!sk_dec_kept(&f.ev, 0, &v), "and where there is no room");
}

static void test_compat(void)
{
	uint32_t mask[2] = { 0x3000, 8 };
	uint64_t set = 1u << (SIGINT - 1);

	begin(SK_SYS_pselect6);
	f.ev.abi = SK_ABI_I386;
	ARGS(0, 0, 0, 0, 0, 0x1000);
	fake_map(&f, 0x1000, mask, sizeof(mask));
	fake_map(&f, 0x3000, &set, sizeof(set));
	enter();
	line_is(0,
		"0, NULL, NULL, NULL, NULL, {sigmask=[INT], "
		"sigsetsize=8}) = 0 (Timeout)",
		"i386: pselect6");
}

static void test_payload(void)
{
	static struct sk_payload v[SK_PAYLOADS];

	begin(SK_SYS_recvfrom);
	ARGS(3, 0x1000, 10, 0, 0, 0);
	fake_exit(&f, 0);
	is_int(sk_decode_payload(&f.ev, 0, v), 0, "nothing came");
	fake_exit(&f, 20);
	ok(sk_decode_payload(&f.ev, 0, v) == 1 && v[0].len == 10,
	   "more came than there was room");
	begin(SK_SYS_sendmmsg);
	ARGS(3, 0x1000, 2, 0);
	fake_exit(&f, 0);
	is_int(sk_decode_payload(&f.ev, 0, v), 0, "of no message");
}

/* Only what is a descriptor has a label. */
static void result_is(uint64_t cmd, int64_t ret, const char *want,
		      const char *name)
{
	begin(SK_SYS_fcntl);
	ARGS(3, cmd, 0);
	fake_exit(&f, ret);
	sk_decode_result(&show, &f.ev, &fake_fds);
	sk_out_char(&out, '\0');
	is_str(out.buf, want, name);
}

static void test_results_of_fcntl(void)
{
	result_is(F_DUPFD, 5, "5<socket:[500]>", "F_DUPFD");
	result_is(F_DUPFD_CLOEXEC, 5, "5<socket:[500]>", "F_DUPFD_CLOEXEC");
	result_is(F_GETOWN, 5, "5", "F_GETOWN");
	begin(SK_SYS_dup);
	fake_exit(&f, 5);
	sk_decode_result(&show, &f.ev, &fake_fds);
	sk_out_char(&out, '\0');
	is_str(out.buf, "5<socket:[500]>", "dup");
	begin(SK_SYS_socket);
	ARGS(AF_INET, SOCK_STREAM, 0);
	fake_exit(&f, 5);
	sk_decode_result(&show, &f.ev, &fake_fds);
	sk_out_char(&out, '\0');
	is_str(out.buf, "5<socket:[500]>", "socket");
}

int main(void)
{
	test_options();
	test_control();
	test_netlink();
	test_requests();
	test_results();
	test_kept();
	test_compat();
	test_payload();
	test_results_of_fcntl();
	sk_out_fini(&out);
	return tap_done();
}
