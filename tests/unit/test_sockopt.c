/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sock: the table of socket options, its values, and the kernel's word. */
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/mptcp.h>
#include <linux/netlink.h>
#include <linux/udp.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fd.h"
#include "sock/sockopt.h"
#include "sock/sockopt_types.h"

static void fails(const char *arg, const char *says)
{
	struct sk_sockopt_value v;
	struct sk_err err = {};

	ok(sk_sockopt_parse(&v, arg, &err) == -EINVAL &&
		   err.status == SK_EXIT_USAGE && strstr(err.text, says) &&
		   strlen(err.text) < 200,
	   "refused: %s", err.text);
}

/* Parses, holds the int, and prints as told (NULL: as it was written). */
static void holds(const char *arg, int32_t want, const char *prints)
{
	struct sk_sockopt_value v;
	struct sk_err err = {};
	int32_t got = 0;
	char buf[256];

	if (!ok(!sk_sockopt_parse(&v, arg, &err), "%s parses (%s)", arg,
		err.text))
		return;
	memcpy(&got, v.bytes, sizeof(got));
	is_int(got, want, arg);
	is_int(v.len, sizeof(got), "as an int");
	is_str(sk_sockopt_format(buf, sizeof(buf), v.opt, v.bytes, v.len),
	       prints ? prints : strchr(arg, '=') + 1, "and prints");
}

/* parse(format(parse(text))) is parse(text), byte for byte. */
static bool round_trips(const struct sk_sockopt *opt, const char *text)
{
	struct sk_sockopt_value a, b;
	struct sk_err err = {};
	char arg[2048], buf[1200];

	snprintf(arg, sizeof(arg), "%s=%s", sk_sockopt_name(opt), text);
	if (sk_sockopt_parse(&a, arg, &err) < 0) {
		printf("# %s: %s\n", arg, err.text);
		return false;
	}
	sk_sockopt_format(buf, sizeof(buf), a.opt, a.bytes, a.len);
	snprintf(arg, sizeof(arg), "%s=%s", sk_sockopt_name(a.opt), buf);
	if (sk_sockopt_parse(&b, arg, &err) < 0 || a.len != b.len ||
	    a.opt != b.opt || memcmp(a.bytes, b.bytes, a.len)) {
		printf("# %s is printed as %s: %s\n", text, arg, err.text);
		return false;
	}
	return true;
}

static const struct {
	const struct sk_sockopt_type *type;
	const char *text[4];
} samples[] = {
	{ &sk_type_BOOL, { "0", "1", "off", "true" } },
	{ &sk_type_SIZE, { "0", "10", "0xc" } },
	{ &sk_type_SIZE_U32, { "0", "16K", "4294967295", "unlimited" } },
	{ &sk_type_SIZE64, { "0", "4M", "1G", "0xffffffff" } },
	{ &sk_type_RATE, { "0", "10M/s", "unlimited", "1" } },
	{ &sk_type_FLAGS, { "0", "1", "3" } },
	{ &sk_type_TOS, { "ef", "0x10", "0x11", "af11" } },
	{ &sk_type_PORT_RANGE, { "40000-50000", "0-0", "1-65535", "5-0" } },
	{ &sk_type_LINGER, { "5s", "0", "off", "{onoff=0, linger=7}" } },
	{ &sk_type_TIMEVAL, { "1.5s", "0", "1us", "3h" } },
	{ &sk_type_TIMEVAL64, { "1.5s", "0", "250ms", "3h" } },
	{ &sk_type_STRING, { "x", "a-b_c", "tls", "reno" } },
	{ &sk_type_STRUCT, { "hex:00", "hex:00ffA5", "hex:0102030405060708" } },
	{ &sk_type_FILTER, { "hex:0600000000000400" } },
	{ &sk_type_NONE, { "" } },
	{ &sk_type_NONE_INT, { "" } },
	{ &sk_type_IFINDEX, { "lo", "0", "999999" } },
	{ &sk_type_IFINDEX_BE, { "lo", "0", "999999" } },
	{ &sk_type_MCAST_IF, { "lo", "127.0.0.1", "0.0.0.0" } },
	{ &sk_type_MREQ, { "239.1.1.1", "239.1.1.1@lo",
			   "239.1.1.1@127.0.0.1", "239.1.1.1@999999" } },
	{ &sk_type_MREQ6, { "ff02::1", "ff02::1@lo", "ff02::1@999999" } },
	{ &sk_type_MREQ_SOURCE, { "232.1.1.1/192.0.2.1",
				  "232.1.1.1@127.0.0.1/192.0.2.1" } },
	{ &sk_type_GROUP_REQ, { "239.1.1.1", "239.1.1.1@lo", "ff02::1",
				"ff02::1@lo" } },
	{ &sk_type_GROUP_SOURCE, { "232.1.1.1/192.0.2.1",
				   "232.1.1.1@lo/192.0.2.1",
				   "ff3e::1@lo/2001:db8::1" } },
};

/* Numbers are tried at the ends of their range. */
static bool numbers_round_trip(const struct sk_sockopt *opt)
{
	bool own = opt->min || opt->max;
	char min[32], max[32];

	snprintf(min, sizeof(min), "%lld",
		 (long long)(own ? opt->min : opt->type->min));
	snprintf(max, sizeof(max), "%lld",
		 (long long)(own ? opt->max : opt->type->max));
	return round_trips(opt, min) && round_trips(opt, max);
}

static bool row_round_trips(const struct sk_sockopt *opt)
{
	bool good = true;

	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		if (samples[i].type != opt->type)
			continue;
		for (int j = 0; j < 4 && samples[i].text[j]; j++)
			good = round_trips(opt, samples[i].text[j]) && good;
		return good;
	}
	return numbers_round_trip(opt);
}

static void test_rows(void)
{
	bool named = true, unique = true, written = true;
	const struct sk_sockopt *o = NULL;
	int rows = 0, wrong = 0;

	while ((o = sk_sockopt_next(o)) != NULL) {
		rows++;
		named = named && strlen(o->help) <= 60 && *o->help &&
			o->name[strspn(o->name, "abcdefghijklmnopqrstuvwxyz"
						"0123456789_")] == '\0';
		if (sk_sockopt_by_name(o->name) != o ||
		    sk_sockopt_find(o->level, o->number) != o) {
			printf("# twice: %s\n", o->name);
			unique = false;
		}
		written = written && *sk_sockopt_type_name(o) &&
			  (o->type->parse || !sk_sockopt_writable(o)) &&
			  ((o->type != &sk_type_ENUM &&
			    o->type != &sk_type_FLAGS &&
			    o->type != &sk_type_TOS) || o->names);
		if (sk_sockopt_writable(o) && !row_round_trips(o))
			wrong++;
	}
	ok(rows > 500, "%d rows", rows);
	ok(named, "names in lower case, help within 60 characters");
	ok(unique, "every name and every (level, number) once");
	ok(written, "what can be set can be parsed");
	is_int(wrong, 0, "values that do not come back as printed");
}

/* Every row prints any bytes, of any length, into any room. */
static void test_any_bytes(void)
{
	static const unsigned char fill[] = { 0x00, 0xff, 0x01, 0x80 };
	const struct sk_sockopt *o = NULL;
	bool clean = true;

	while ((o = sk_sockopt_next(o)) != NULL) {
		for (size_t len = 0; len <= 300; len = len < 20 ? len + 1 :
						      len + 20) {
			unsigned char *val = malloc(len ? len : 1);
			char buf[64];

			memset(val, fill[len % 4], len ? len : 1);
			sk_sockopt_format(buf, sizeof(buf), o, val, len);
			for (const char *p = buf; *p; p++)
				clean = clean && *p >= ' ' && *p < 0x7f;
			sk_sockopt_format(buf, 1, o, val, len);
			clean = clean && !*buf;
			free(val);
		}
	}
	ok(clean, "printable whatever the bytes");
}

#define NUMBER(c)						\
	ok(sk_sockopt_by_name(#c) && sk_sockopt_by_name(#c)->number == (c), #c)

static void test_numbers(void)
{
	NUMBER(SO_REUSEPORT);
	NUMBER(SO_TXTIME);
	NUMBER(SO_COOKIE);
	NUMBER(IP_MTU_DISCOVER);
	NUMBER(IP_BIND_ADDRESS_NO_PORT);
	NUMBER(IPV6_TCLASS);
	NUMBER(IPV6_FREEBIND);
	NUMBER(TCP_USER_TIMEOUT);
	NUMBER(TCP_NOTSENT_LOWAT);
	NUMBER(TCP_TX_DELAY);
	NUMBER(UDP_SEGMENT);
	NUMBER(UDP_GRO);
	NUMBER(MPTCP_SUBFLOW_ADDRS);
	NUMBER(NETLINK_GET_STRICT_CHK);
	NUMBER(SO_VM_SOCKETS_BUFFER_MAX_SIZE);
	is_int(sk_sockopt_by_name("tcp_ao_repair")->number, 42,
	       "newer than the headers");
	ok(sk_sockopt_find(IPPROTO_TCP, TCP_INFO) ==
		   sk_sockopt_by_name("tcp_info"), "found by number");
	ok(!sk_sockopt_find(IPPROTO_TCP, 9999), "no such number");
}

static void test_values(void)
{
	holds("tcp_nodelay", 1, "1");
	holds("TCP_NODELAY=on", 1, "1");
	holds("tcp_nodelay=no", 0, "0");
	holds("tcp_keepcnt=127", 127, NULL);
	holds("so_rcvbuf=4M", 4 << 20, "4194304");
	holds("tcp_user_timeout=5s", 5000, "5000ms");
	holds("tcp_user_timeout=5000", 5000, "5000ms");
	holds("tcp_keepidle=2m", 120, "120s");
	holds("tcp_linger2=-1", -1, NULL);
	holds("so_busy_poll=50us", 50, NULL);
	holds("ip_tos=0x10", 0x10, "lowdelay");
	holds("ip_tos=EF", 0xb8, "ef");
	holds("ip_tos=0xb9", 0xb9, NULL);
	holds("ip_mtu_discover=do", 2, NULL);
	holds("ip_mtu_discover=3", 3, "probe");
	holds("so_priority=interactive", 6, NULL);
	holds("so_mark=4294967295", -1, NULL);
	holds("so_timestamping=rx_software|software", 0x18,
	      "SOF_TIMESTAMPING_RX_SOFTWARE|SOF_TIMESTAMPING_SOFTWARE");
	holds("ip_local_port_range=40000-50000",
	      (int32_t)(50000u << 16 | 40000u), NULL);
}

static void test_errors(void)
{
	char longest[400];

	fails("", "without a name");
	fails("=1", "without a name");
	fails("tcp_nodely", "did you mean tcp_nodelay");
	fails("zzzzzzzz", "no such option");
	fails("tcp_nodelay=2", "not 0, 1, on, off");
	fails("tcp_nodelay=", "not 0, 1, on, off");
	fails("tcp_nodelay=1,on", "not 0, 1, on, off");
	fails("tcp_keepcnt", "needs a value (int)");
	fails("tcp_keepcnt=0", "out of range (1-127)");
	fails("tcp_keepcnt=128", "out of range (1-127)");
	fails("tcp_keepcnt=99999999999999999999", "out of range (1-127)");
	fails("tcp_keepcnt=5x", "not a number");
	fails("tcp_keepcnt= 5", "not a number");
	fails("ip_ttl=0", "out of range (1-255)");
	fails("ip_tos=256", "out of range (0-255)");
	fails("ip_tos=nope", "not a number or a known name");
	fails("so_rcvbuf=4X", "not a size");
	fails("so_rcvbuf=-1", "not a size");
	fails("so_rcvbuf=4G", "out of range");
	fails("so_rcvbuf=16777216T", "out of range");
	fails("tcp_user_timeout=5x", "not a time");
	fails("tcp_user_timeout=1.5", "not a time");
	fails("tcp_keepidle=1500ms", "not a whole number of s");
	fails("tcp_user_timeout=100d", "out of range");
	fails("so_linger=1500ms", "not a whole number of s");
	fails("so_linger={onoff=1, linger=5}x", "not a time");
	fails("so_rcvtimeo=-1", "not a time");
	fails("so_rcvtimeo=99999999999999h", "out of range");
	fails("tcp_congestion=", "out of range (1-15)");
	fails("tcp_congestion=sixteen_letters_", "out of range (1-15)");
	fails("tcp_info=1", "only read");
	fails("so_error", "only read");
	fails("alg_set_aead_authsize=8", "cannot be set");
	fails("so_detach_filter=1", "takes no value");
	fails("tcp_md5sig=00", "not bytes");
	fails("tcp_md5sig=hex:0", "not whole bytes");
	fails("tcp_md5sig=hex:000", "not whole bytes");
	fails("tcp_md5sig=hex:0g", "not hexadecimal");
	fails("tcp_md5sig=hex:", "not whole bytes");
	fails("so_attach_filter=hex:00", "not whole instructions");
	fails("ip_add_membership=ff02::1", "not an IPv4 GROUP");
	fails("ip_add_membership=239.1.1.1@nope0", "an interface");
	fails("ip_add_membership=239.1.1.1@", "not an IPv4 GROUP");
	fails("mcast_join_source_group=232.1.1.1/ff02::1", "not GROUP");
	fails("so_bindtoifindex=nope0", "not an interface");
	fails("ip_local_port_range=5-4", "not in order");
	fails("ip_local_port_range=1-65536", "out of range");
	fails("so_timestamping=nope", "not known names");
	fails("tcp_nodelay=\033[2J", "\\x1b");
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	fails(longest, "399 characters");
	memcpy(longest, "tcp_keepcnt=", 12);
	fails(longest, "not a number");
}

/* Sets NAME=VALUE, asks the kernel, and compares what is printed. */
static void kernel_has(int fd, const char *arg, const char *want)
{
	unsigned char val[256];
	socklen_t len = sizeof(val);
	struct sk_sockopt_value v;
	struct sk_err err = {};
	char buf[256];

	if (!ok(!sk_sockopt_parse(&v, arg, &err) &&
			!sk_sockopt_apply(fd, &v, &err),
		"the kernel takes %s (%s)", arg, err.text))
		return;
	if (getsockopt(fd, v.opt->level, v.opt->number, val, &len) < 0)
		len = 0;
	is_str(sk_sockopt_format(buf, sizeof(buf), v.opt, val, len), want,
	       "and gives it back");
}

static void test_kernel(void)
{
	SK_AUTO_FD tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SK_AUTO_FD udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	SK_AUTO_FD udp6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	kernel_has(tcp, "tcp_nodelay", "1");
	kernel_has(tcp, "tcp_nodelay=0", "0");
	kernel_has(tcp, "so_rcvbuf=64K", "131072");
	kernel_has(tcp, "tcp_congestion=reno", "reno");
	kernel_has(tcp, "ip_tos=0x10", "lowdelay");
	kernel_has(tcp, "so_linger=5s", "{onoff=1, linger=5}");
	kernel_has(tcp, "so_linger=off", "{onoff=0, linger=5}");
	kernel_has(tcp, "so_rcvtimeo=1.5s", "1.5s");
	kernel_has(tcp, "so_rcvtimeo_new=2500ms", "2.5s");
	kernel_has(tcp, "tcp_user_timeout=5s", "5000ms");
	kernel_has(tcp, "tcp_keepidle=1m", "60s");
	kernel_has(tcp, "tcp_notsent_lowat=16K", "16384");
	kernel_has(tcp, "so_max_pacing_rate=10M/s", "10485760");
	kernel_has(tcp, "so_max_pacing_rate=unlimited", "unlimited");
	kernel_has(tcp, "ip_mtu_discover=do", "do");
	kernel_has(udp, "ip_multicast_ttl=7", "7");
	kernel_has(udp, "ip_multicast_if=127.0.0.1", "127.0.0.1");
	kernel_has(udp, "ip_unicast_if=lo", "lo");
	kernel_has(udp, "so_bindtoifindex=lo", "lo");
	kernel_has(udp, "udp_segment=1200", "1200");
	kernel_has(udp6, "ipv6_unicast_hops=9", "9");
	kernel_has(udp6, "ipv6_tclass=af21", "af21");
	kernel_has(udp6, "ipv6_multicast_if=lo", "lo");
}

/* Options that can be set, but not asked for. */
static void kernel_takes(int fd, const char *arg)
{
	struct sk_sockopt_value v;
	struct sk_err err = {};

	ok(!sk_sockopt_parse(&v, arg, &err) && !sk_sockopt_apply(fd, &v, &err),
	   "the kernel takes %s (%s)", arg, err.text);
}

static void test_kernel_write_only(void)
{
	SK_AUTO_FD udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	SK_AUTO_FD udp6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sk_sockopt_value v;
	struct sk_err err = {};

	kernel_takes(udp, "ip_add_membership=239.1.1.1@lo");
	kernel_takes(udp, "ip_drop_membership=239.1.1.1@lo");
	kernel_takes(udp, "ip_add_source_membership="
			  "232.1.1.1@127.0.0.1/192.0.2.1");
	kernel_takes(udp, "mcast_join_group=239.1.1.2@lo");
	kernel_takes(udp6, "mcast_join_group=ff02::99@lo");
	kernel_takes(udp6, "ipv6_add_membership=ff02::98@lo");
	kernel_takes(udp, "so_attach_filter=hex:0600000000000400");
	kernel_takes(udp, "so_detach_filter");
	ok(!sk_sockopt_parse(&v, "tcp_congestion=nope", &err) &&
		   sk_sockopt_level(&v) == IPPROTO_TCP &&
		   sk_sockopt_apply(udp, &v, &err) < 0 &&
		   err.status == SK_EXIT_FAIL,
	   "what the kernel refuses is a failure at run time");
	ok(strstr(err.text, "sockopt tcp_congestion=nope: ") == err.text,
	   "that says: %s", err.text);
}

static void format_is(const char *name, const void *val, size_t len,
		      const char *want)
{
	char buf[256];

	is_str(sk_sockopt_format(buf, sizeof(buf), sk_sockopt_by_name(name),
				 val, len), want, name);
}

static void test_format(void)
{
	unsigned char info[8] = { 10 };
	struct ucred cred = { 1, 2, 3 };
	uint32_t two[] = { 4, 5 };
	int32_t n = SOCK_STREAM;
	char small[12];

	format_is("ip_multicast_ttl", "\x07", 1, "7");
	format_is("tcp_nodelay", "\x01\x00", 2, "hex:0100");
	format_is("tcp_nodelay", "", 0, "hex:");
	format_is("so_linger", "\x01\x00\x00\x00", 4, "hex:01000000");
	format_is("tcp_congestion", "cubic\0\0\0", 8, "cubic");
	format_is("tcp_congestion", "a\033b", 3, "a\\x1bb");
	format_is("so_peercred", &cred, sizeof(cred),
		  "{pid=1, uid=2, gid=3}");
	format_is("tcp_info", info, sizeof(info), "{state=LISTEN}");
	format_is("so_peergroups", two, sizeof(two), "[4, 5]");
	format_is("so_type", &n, sizeof(n), "SOCK_STREAM");
	n = ECONNREFUSED;
	format_is("so_error", &n, sizeof(n), "111 (Connection refused)");
	is_str(sk_sockopt_format(small, sizeof(small), NULL, "abcdef", 6),
	       "hex:6162...", "too little room");
}

int main(void)
{
	test_rows();
	test_any_bytes();
	test_numbers();
	test_values();
	test_errors();
	test_kernel();
	test_kernel_write_only();
	test_format();
	return tap_done();
}
