/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sock: addresses as people write them and as the kernel gives them. */
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/resolve.h"
#include "sock/addr.h"

#define UNIX_OFF offsetof(struct sockaddr_un, sun_path)

static const char *repeat(char *buf, char c, size_t n)
{
	memset(buf, c, n);
	buf[n] = '\0';
	return buf;
}

static void parses(const char *text, const char *host, const char *service)
{
	struct sk_err err = {};
	struct sk_target t;
	char buf[SK_ADDR_TEXT_MAX];

	ok(!sk_target_parse(&t, text, &err) && t.kind == SK_TARGET_INET &&
		   !strcmp(t.host, host) && !strcmp(t.service, service),
	   "parses %s (%s)", text, err.text);
	is_str(sk_target_format(buf, &t), text, "and prints it as written");
}

static void fails(const char *text, const char *says)
{
	struct sk_err err = {};
	struct sk_target t;

	ok(sk_target_parse(&t, text, &err) == -EINVAL &&
		   err.status == SK_EXIT_USAGE && strstr(err.text, says) &&
		   strlen(err.text) < 160,
	   "refused: %s", err.text);
}

static void pair_fails(const char *host, const char *port, const char *says)
{
	struct sk_err err = {};
	struct sk_target t;

	ok(sk_target_parse_pair(&t, host, port, &err) == -EINVAL &&
		   err.status == SK_EXIT_USAGE && strstr(err.text, says) &&
		   strlen(err.text) < 160,
	   "pair says: %s", err.text);
}

static void port_fails(const char *text, const char *says)
{
	struct sk_err err = {};
	uint16_t port;

	ok(sk_parse_port(text, &port, &err) == -EINVAL &&
		   err.status == SK_EXIT_USAGE,
	   "a port that is a usage error");
	is_str(err.text, says, "and says why");
}

static void test_inet(void)
{
	struct sk_err err = {};
	struct sk_target t;
	char name[400];

	parses("localhost:80", "localhost", "80");
	parses("127.0.0.1:0", "127.0.0.1", "0");
	parses("[::1]:80", "::1", "80");
	parses("[fe80::1%lo]:65535", "fe80::1%lo", "65535");
	parses(":80", "", "80");
	ok(!sk_target_parse_pair(&t, "::1", "80", &err) &&
		   !strcmp(t.host, "::1"),
	   "a bare v6 host in a pair");
	ok(!sk_target_parse_pair(&t, "[::1]", "80", &err) &&
		   !strcmp(t.host, "::1"),
	   "brackets in a pair go");
	ok(!sk_target_parse_pair(&t, NULL, "80", &err) && !*t.host,
	   "a pair without host");
	ok(!sk_target_parse_pair(&t, "", "80", &err) && !*t.host && t.fd == -1,
	   "a pair with an empty host");

	fails("", "empty address");
	fails("localhost", "no port");
	fails("[::1]", "no port");
	fails("[::1]80", "no port");
	fails("[]:80", "not an IPv6 address");
	fails("[::1%]:80", "not an IPv6 address");
	fails("[localhost]:80", "not an IPv6 address");
	fails("::1:80", "[::1]:80");
	fails("fe80::1%lo:80", "[fe80::1%lo]:80");
	fails("::1:\033[2J", "[::1]:\\x1b[2J");
	fails("fd::1:80", "[fd::1]:80");
	fails("2001:db8::", "[2001:db8::]:PORT");
	fails("a:b:80", "more than one colon");
	fails("localhost:", "empty port");
	fails("localhost:65536", "port 65536: out of range (0-65535)");
	fails("http://host:80", "more than one colon");
	fails("\033[2J", "\\x1b");
	pair_fails("a:b", "80", "not an address or host name");
	pair_fails("\033", "-1", "port -1");
	pair_fails(repeat(name, 'a', 300), "80", "of 300 characters");
	pair_fails(repeat(name, 'a', 64), "80", "label of 64 characters");
	ok(!sk_target_parse_pair(&t, repeat(name, 'a', 63), "80", &err),
	   "a label of 63");
	repeat(name, 'a', 255);
	for (int i = 50; i < 255; i += 50)
		name[i] = '.';
	pair_fails(name, "80", "of 255 characters");
	name[253] = '\0';
	ok(!sk_target_parse_pair(&t, name, "80", &err), "253 characters");
	fails(repeat(name, 'a', 399), "no port");
}

static void test_ports(void)
{
	struct servent *s = getservent();
	struct sk_err err = {};
	uint16_t port = 1;

	ok(!sk_parse_port("0", &port, &err) && port == 0, "port 0");
	ok(!sk_parse_port("65535", &port, &err) && port == 65535, "port 65535");
	ok(!s || (!sk_parse_port(s->s_name, &port, &err) && port != 65535),
	   "service %s", s ? s->s_name : "names: none on this machine");
	endservent();
	port_fails("65536", "port 65536: out of range (0-65535)");
	port_fails("-1", "port -1: out of range (0-65535)");
	port_fails("99999999999999999999",
		   "port 99999999999999999999: out of range (0-65535)");
	port_fails("abc", "abc: not a port number or service name");
	port_fails("80x", "80x: not a port number or service name");
	port_fails(" 80", " 80: not a port number or service name");
	port_fails("80 ", "80 : not a port number or service name");
	port_fails("+80", "+80: not a port number or service name");
	port_fails("0x50", "0x50: not a port number or service name");
	port_fails("-", "-: not a port number or service name");
	port_fails("\033x", "\\x1bx: not a port number or service name");
	port_fails("", "empty port");
}

static void test_unix(void)
{
	struct sk_err err = {};
	struct sk_target t;
	struct sk_addr a;
	char name[200], buf[SK_ADDR_TEXT_MAX];

	ok(!sk_target_parse(&t, "unix:/run/x", &err) &&
		   t.kind == SK_TARGET_UNIX && t.addr.len == UNIX_OFF + 7,
	   "unix:/run/x");
	is_str(sk_target_format(buf, &t), "unix:/run/x", "prints");
	ok(!sk_target_parse(&t, "unix:@abc", &err) &&
		   t.addr.len == UNIX_OFF + 4 &&
		   !memcmp(t.addr.un.sun_path, "\0abc", 4),
	   "unix:@abc has its exact length");
	is_str(sk_target_format(buf, &t), "unix:@abc", "prints");
	fails("unix:", "empty path");
	fails("unix:@", "empty abstract name");
	ok(!sk_addr_unix(&a, repeat(name, 'a', 107), &err) &&
		   a.len == UNIX_OFF + 108,
	   "107 bytes and a NUL");
	ok(!sk_addr_unix(&a, repeat(name, 'a', 108), &err) &&
		   a.len == UNIX_OFF + 108,
	   "108 bytes and no NUL");
	sk_addr_format(buf, &a);
	ok(strlen(buf) == 5 + 108, "all of them printed");
	ok(sk_addr_unix(&a, repeat(name, 'a', 109), &err) == -EINVAL &&
		   err.status == SK_EXIT_USAGE && strlen(err.text) < 80,
	   "109: %s", err.text);

	memset(&a, 0, sizeof(a));
	a.un.sun_family = AF_UNIX;
	a.len = UNIX_OFF;
	is_str(sk_addr_format(buf, &a), "unix:(unnamed)", "unnamed");
	memcpy(a.un.sun_path, "\0a\0b\n\033", 6);
	a.len = UNIX_OFF + 6;
	is_str(sk_addr_format(buf, &a), "unix:@a\\x00b\\n\\x1b", "NUL inside");
	memcpy(a.un.sun_path, "@abc\0zz", 7);
	a.len = UNIX_OFF + 7;
	is_str(sk_addr_format(buf, &a), "unix:./@abc",
	       "a file with @ is no abstract name");
	a.len = UNIX_OFF + 108;
	memset(a.un.sun_path, 0xff, 108);
	sk_addr_format(buf, &a);
	ok(strlen(buf) == 5 + 4 * 108, "the worst name fits");
}

/* Let the kernel speak: bind in a directory of our own, read it back. */
static void test_unix_bound(void)
{
	char dir[] = "/tmp/sk-addr-XXXXXX", cwd[4096], name[109];
	char buf[SK_ADDR_TEXT_MAX];
	struct sk_err err = {};
	struct sk_addr a, b;
	SK_AUTO_FD fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (!getcwd(cwd, sizeof(cwd)) || !mkdtemp(dir) || chdir(dir))
		ok(false, "a directory to bind in");
	sk_addr_unix(&a, repeat(name, 'n', 108), &err);
	ok(!bind(fd, &a.sa, a.len), "binds 108 bytes");
	ok(!sk_addr_local(&b, fd), "reads its name");
	sk_addr_format_host(buf, &b);
	is_str(buf, name, "the kernel gives all 108 back");
	ok(sk_addr_peer(&b, fd) == -ENOTCONN && !b.len, "no peer");
	unlink(name);
	ok(!chdir(cwd) && !rmdir(dir), "cleans up");
}

static void test_vsock_fd(void)
{
	struct sk_err err = {};
	struct sk_target t;
	char buf[SK_ADDR_TEXT_MAX];

	ok(!sk_target_parse(&t, "vsock:3:4294967294", &err) &&
		   t.kind == SK_TARGET_VSOCK && t.addr.vm.svm_cid == 3 &&
		   t.addr.vm.svm_port == 4294967294u,
	   "vsock number");
	is_str(sk_target_format(buf, &t), "vsock:3:4294967294", "prints");
	is_int(sk_addr_port(&t.addr), 4294967294, "a port of 32 bits");
	ok(!sk_target_parse(&t, "vsock:any:any", &err) &&
		   t.addr.vm.svm_cid == VMADDR_CID_ANY &&
		   t.addr.vm.svm_port == VMADDR_PORT_ANY,
	   "vsock any");
	is_str(sk_target_format(buf, &t), "vsock:any:any", "prints");
	ok(!sk_target_parse(&t, "vsock:host:1", &err) &&
		   t.addr.vm.svm_cid == 2, "vsock host");
	ok(!sk_target_parse(&t, "vsock:local:1", &err) &&
		   t.addr.vm.svm_cid == 1, "vsock local");
	ok(!sk_target_parse(&t, "vsock:hypervisor:1", &err) &&
		   t.addr.vm.svm_cid == 0, "vsock hypervisor");
	fails("vsock:3", "vsock:CID:PORT");
	fails("vsock:x:1", "vsock CID x");
	fails("vsock:4294967296:1", "vsock CID 4294967296");
	fails("vsock:-1:1", "vsock CID -1");
	fails("vsock:1:", "vsock port");
	fails("vsock:1:http", "vsock port http");

	ok(!sk_target_parse(&t, "fd:7", &err) && t.kind == SK_TARGET_FD &&
		   t.fd == 7, "fd:7");
	is_str(sk_target_format(buf, &t), "fd:7", "prints");
	fails("fd:", "fd:");
	fails("fd:-1", "fd:-1");
	fails("fd:7x", "fd:7x");
	fails("fd:2147483648", "fd:2147483648");
}

static void test_format(void)
{
	char buf[SK_ADDR_TEXT_MAX], want[64];
	struct sk_addr a = {};
	SK_AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	is_str(sk_addr_format(buf, &a), "(none)", "no address");
	is_int(sk_addr_port(&a), -1, "has no port");
	a.len = sizeof(a.in);
	is_str(sk_addr_format(buf, &a), "(unspecified)", "AF_UNSPEC");
	a.in.sin_family = AF_INET;
	a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sk_addr_set_port(&a, 80);
	is_str(sk_addr_format(buf, &a), "127.0.0.1:80", "v4");
	is_str(sk_addr_format_host(buf, &a), "127.0.0.1", "v4 host");
	is_int(sk_addr_port(&a), 80, "v4 port");
	a.len = 7;
	is_str(sk_addr_format(buf, &a), "(family 2, 7 bytes)", "cut short");
	a.in.sin_port = 0;
	a.len = sizeof(a.in);
	ok(!bind(fd, &a.sa, a.len) && !sk_addr_local(&a, fd) &&
		   a.len == sizeof(a.in) && sk_addr_port(&a) > 0,
	   "the kernel's choice of port");

	memset(&a, 0, sizeof(a));
	a.len = sizeof(a.in6);
	a.in6.sin6_family = AF_INET6;
	inet_pton(AF_INET6, "fe80::1", &a.in6.sin6_addr);
	sk_addr_set_port(&a, 443);
	is_str(sk_addr_format(buf, &a), "[fe80::1]:443", "v6");
	is_int(sk_addr_port(&a), 443, "v6 port");
	a.in6.sin6_scope_id = if_nametoindex("lo");
	snprintf(want, sizeof(want), "fe80::1%%%s", "lo");
	is_str(sk_addr_format_host(buf, &a), want, "v6 zone by name");
	a.in6.sin6_scope_id = 999999;
	is_str(sk_addr_format(buf, &a), "[fe80::1%999999]:443", "by number");
}

/* RFC 8305 section 4: families take turns, each in its own order. */
static void test_interleave(void)
{
	static const char *const names[] = { "::1", "::2", "::3", "1.0.0.1",
					     "1.0.0.2" };
	char text[SK_ADDR_TEXT_MAX], all[200] = "";
	struct sk_addrs a = { .n = 5 };

	for (size_t i = 0; i < a.n; i++) {
		bool v4 = i > 2;

		a.v[i].len = v4 ? sizeof(a.v[i].in) : sizeof(a.v[i].in6);
		a.v[i].sa.sa_family = v4 ? AF_INET : AF_INET6;
		inet_pton(v4 ? AF_INET : AF_INET6, names[i],
			  v4 ? (void *)&a.v[i].in.sin_addr :
			       (void *)&a.v[i].in6.sin6_addr);
	}
	sk_addrs_interleave(&a);
	for (size_t i = 0, at = 0; i < a.n && at < sizeof(all); i++)
		at += (size_t)snprintf(all + at, sizeof(all) - at, "%s ",
				       sk_addr_format_host(text, &a.v[i]));
	is_str(all, "::1 1.0.0.1 ::2 1.0.0.2 ::3 ", "interleaved");
}

int main(void)
{
	test_inet();
	test_ports();
	test_unix();
	test_unix_bound();
	test_vsock_fd();
	test_format();
	test_interleave();
	return tap_done();
}
