/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Filters: the grammar, and that what the kernel runs of an expression and
 * what we run agree. The bytecode is checked three ways: by the kernel's rules
 * for programs, by an interpreter on random records, and by the kernel itself
 * on sockets in a namespace of our own.
 */
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/inet_diag.h>
#include <net/if.h>

#include "diag/filter.h"
#include "diag/source.h"
#include "sock/tcp_info.h"

static struct sk_filter *parse(const char *text)
{
	struct sk_filter *f;
	struct sk_err err = {};

	if (sk_filter_parse(&f, text, AF_UNSPEC, &err) < 0)
		printf("# %s: %s\n", text, err.text);
	return f;
}

static bool matches(const char *text, const struct sk_sock *s)
{
	struct sk_filter *f = parse(text);
	bool r = f && sk_filter_match(f, s);

	sk_filter_free(f);
	return r;
}

/* --- the grammar ---------------------------------------------------------- */

static struct sk_sock sample(void)
{
	static uint8_t info[256];
	struct sk_sock s = { .kind = SK_KIND_TCP, .family = AF_INET,
			     .state = SK_STATE_ESTABLISHED,
			     .local = { { 10, 0, 0, 1 }, 22, 0 },
			     .peer = { { 10, 9, 8, 7 }, 40000, 0 },
			     .rqueue = 5, .uid = 0, .inode = 7,
			     .has = SK_HAS(QUEUES) | SK_HAS(UID) |
				    SK_HAS(INODE) };
	uint32_t rtt = 25000;

	memcpy(info + sk_tcp_info_field("rtt")->offset, &rtt, sizeof(rtt));
	s.tcp_info = (struct sk_bytes){ info, sizeof(info) };
	s.cong = (struct sk_bytes){ "cubic", 5 };
	return s;
}

static void test_match(void)
{
	static const struct {
		const char *text;
		bool want;
	} cases[] = {
		{ "", true },
		{ "sport = :22", true },
		{ "sport 22", true },
		{ "sport == 22", true },
		{ "sport eq ssh", true },
		{ "sport != 22", false },
		{ "sport > 21 and sport < 23", true },
		{ "sport>=22&sport<=22", true },
		{ "sport gt 22", false },
		{ "dport ge 40000", true },
		{ "src 10.0.0.1", true },
		{ "src = 10.0.0.1:22", true },
		{ "src 10.0.0.1:23", false },
		{ "src 10.0.0.0/24", true },
		{ "src 10.0.1.0/24", false },
		{ "src 10.0.0/24", true },
		{ "src 10.0/16", true },
		{ "src 10/8", true },
		{ "src 0/0", true },
		{ "src 11/8", false },
		{ "sport inet:22", true },
		{ "sport inet6:22", false },
		{ "sport link::22", false },
		{ "src 10.0.0.0/8:22", true },
		{ "dst 10.9.8.7/31", true },
		{ "src *:22", true },
		{ "src :22", true },
		{ "src [::1]:22", false },
		{ "src inet6:*", false },
		{ "src inet:*", true },
		{ "dst != 10.9.8.7", false },
		{ "src unix:*", false },
		{ "not sport 22", false },
		{ "! sport 22", false },
		{ "!sport 22", false },
		{ "state established", true },
		{ "exclude established", false },
		{ "state != listening", true },
		{ "state connected", true },
		/* not, and, or: from tight to loose */
		{ "sport 1 and sport 2 or sport 22", true },
		{ "sport 22 or sport 1 and sport 2", true },
		{ "(sport 22 or sport 1) and sport 2", false },
		{ "not sport 1 and sport 22", true },
		{ "not (sport 1 or sport 22)", false },
		{ "sport 22 dport 40000", true },
		{ "sport 22 not dport 40000", false },
		{ "sport 22 ( dport 40000 )", true },
		{ "sport 22 || sport 1 && sport 2", true },
		/* fields, with units */
		{ "rtt > 20ms", true },
		{ "rtt > 20", true },	/* ms, as ss prints them */
		{ "rtt = 25000us", true },
		{ "rtt < 0.02s", false },
		{ "recvq >= 5", true },
		{ "recvq < 1K", true },
		{ "uid = 0", true },
		{ "user root", true },
		{ "inode 7", true },
		{ "cc = cubic", true },
		{ "cc = 'cu*'", true },
		{ "cc != bbr", true },
		{ "snd_cwnd < 1", true },
		/* absent: false either way, but for != */
		{ "cookie = 0", false },
		{ "cookie >= 0", false },
		{ "cookie != 0", true },
		{ "mark = 0", false },
		{ "fwmark 0", false },
		{ "delivery_rate > 1Mbps", false },
		{ "age > 0", false },
	};
	struct sk_sock s = sample();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ok(matches(cases[i].text, &s) == cases[i].want, "%s is %s",
		   *cases[i].text ? cases[i].text : "(empty)",
		   cases[i].want ? "true" : "false");
}

static void test_mapped(void)
{
	struct sk_sock s = { .kind = SK_KIND_TCP, .family = AF_INET6,
			     .state = SK_STATE_ESTABLISHED };

	s.peer.ip[10] = s.peer.ip[11] = 0xff;
	memcpy(s.peer.ip + 12, "\x7f\x00\x00\x01", 4);
	ok(matches("dst 127.0.0.1", &s), "an IPv4 rule holds for ::ffff:…");
	ok(matches("dst 127.0.0.0/8", &s), "with a prefix too");
	ok(matches("dst ::ffff:0:0/96", &s), "and an IPv6 rule of course");
	ok(!matches("src 127.0.0.1", &s), "the other end is another matter");
}

static void test_marks(void)
{
	struct sk_sock s = { .kind = SK_KIND_TCP, .family = AF_INET,
			     .has = SK_HAS(MARK), .mark = 0x11,
			     .local.port = 80 };

	ok(matches("fwmark 0x11", &s), "a mark");
	ok(matches("fwmark 1/3", &s), "a mark under a mask");
	ok(!matches("fwmark 1", &s), "without it, all bits count");
	ok(matches("fwmark != 1", &s), "and not");
	ok(!matches("autobound", &s), "nobody is given port 80");
	s.local.port = 50000;
	ok(matches("autobound", &s), "but 50000");
}

static void test_unix_names(void)
{
	struct sk_sock s = { .kind = SK_KIND_UNIX_STREAM, .family = AF_UNIX,
			     .name = { "/run/x.sock", 11 } };

	ok(matches("src unix:/run/*", &s), "a path");
	ok(matches("src /RUN/X.sock", &s), "case does not matter, as in ss");
	ok(!matches("src unix:/tmp/*", &s), "another path");
	ok(!matches("autobound", &s), "a path is not autobound");
	s.name = (struct sk_bytes){ "\0" "00a1f", 6 };
	ok(matches("autobound", &s), "five hexadecimal digits are");
	ok(matches("src unix:@00*", &s), "abstract: @");
	ok(!matches("sport 22", &s), "unix sockets have no ports");
}

static bool matches_as(int family, const char *text, const struct sk_sock *s)
{
	struct sk_err err = {};
	struct sk_filter *f;
	bool r;

	if (sk_filter_parse(&f, text, family, &err) < 0) {
		printf("# %s: %s\n", text, err.text);
		return false;
	}
	r = sk_filter_match(f, s);
	sk_filter_free(f);
	return r;
}

/* -f link, -f netlink …: hosts and ports need not say what they are of. */
static void test_families(void)
{
	struct sk_sock u = { .kind = SK_KIND_UNIX_STREAM, .family = AF_UNIX,
			     .name = { "x.sock", 7 } };
	struct sk_sock p = { .kind = SK_KIND_PACKET_RAW, .family = AF_PACKET,
			     .protocol = 0x800, .ifindex = 1 };
	struct sk_sock n = { .kind = SK_KIND_NETLINK, .family = AF_NETLINK,
			     .protocol = 16, .local = { .port = -4097u } };

	ok(matches_as(AF_UNIX, "src X.s*", &u), "a name of a unix socket");
	ok(matches_as(AF_UNIX, "src *", &u), "any");
	ok(!matches_as(AF_UNIX, "src inet:*", &u), "not of IP, if it says so");
	ok(matches_as(AF_PACKET, "src ip", &p), "a protocol of packets");
	ok(matches_as(AF_PACKET, "src IP:lo", &p), "and a device");
	ok(matches_as(AF_PACKET, "sport = lo", &p), "which is the port");
	ok(matches_as(AF_PACKET, "sport > 0", &p), "or a number");
	ok(!matches_as(AF_PACKET, "sport = 2", &p), "another device");
	ok(!matches_as(AF_PACKET, "dport = 1", &p), "of one end only");
	ok(matches_as(AF_UNSPEC, "sport = link::lo", &p), "said in full");
	ok(!matches_as(AF_UNSPEC, "sport = 1", &p), "1 is no device");
	ok(matches_as(AF_NETLINK, "src genl", &n), "a netlink protocol");
	ok(matches_as(AF_NETLINK, "src genl:-4097", &n), "port as it is shown");
	ok(!matches_as(AF_NETLINK, "sport = kernel", &n), "not the kernel's");
	n.local.port = 0;
	ok(matches_as(AF_UNSPEC, "src netlink:genl:kernel", &n), "the kernel's");
	ok(matches_as(AF_NETLINK, "sport = kernel", &n), "as a port");
}

static void test_errors(void)
{
	static const struct {
		const char *text, *what;
		int caret;
	} cases[] = {
		{ "frob = 1", "no such predicate", 0 },
		{ "sport = ", "a value is missing", 8 },
		{ "sport = nonesuch", "not a port", 8 },
		{ "sport = 70000", "not a port", 8 },
		{ "src = 10.0.0.1/33", "not a prefix length", 6 },
		{ "src 10.1.2.3.4/8", "numeric address", 4 },
		{ "src 1000/8", "numeric address", 4 },
		{ "sport = netlink::x", "not a port", 8 },
		{ "src < 10.0.0.1", "only = and !=", 4 },
		{ "(sport = 1", "not closed", 0 },
		{ "sport = 1)", "no parenthesis is open", 9 },
		{ "sport = 1 and", "a predicate is missing", 13 },
		{ "or sport = 1", "a predicate is missing", 0 },
		{ "rtt > 5zz", "not a value", 6 },
		{ "state frob", "no such state", 6 },
		{ "dev nonesuch0", "no such device", 4 },
		{ "fwmark 1/x", "not a mark", 7 },
		{ "cgroup /nonesuch", "no such cgroup", 7 },
		{ "comm 'x", "quotation mark", 5 },
	};
	char caret[64], big[4000];
	struct sk_filter *f;
	struct sk_err err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		err = (struct sk_err){};
		ok(sk_filter_parse(&f, cases[i].text, AF_UNSPEC, &err) < 0 &&
			   err.status == SK_EXIT_USAGE &&
			   strstr(err.text, cases[i].what),
		   "%s: %s", cases[i].text, cases[i].what);
		snprintf(caret, sizeof(caret), "\n  %*s^", cases[i].caret, "");
		ok(strstr(err.text, caret) == err.text + strlen(err.text) -
						      strlen(caret),
		   "... with a caret at %d", cases[i].caret);
	}
	memset(big, '(', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ok(sk_filter_parse(&f, big, AF_UNSPEC, &err) < 0 &&
		   strstr(err.text, "deeply"),
	   "4000 parentheses are no stack overflow");
	ok(sk_filter_parse(&f, "src \x1b[31m", AF_UNSPEC, &err) < 0 &&
		   !strchr(err.text, 0x1b), "errors are escaped");
}

static void test_owners(void)
{
	struct sk_sock s = sample();
	struct sk_filter *f = parse("pid = 1 and sport = 23");

	ok(sk_filter_wants_owners(f), "pid wants owners");
	ok(!sk_filter_may_match(f, &s), "but not where the rest is false");
	sk_filter_free(f);
	f = parse("not (pid = 1 and sport = 22)");
	ok(sk_filter_may_match(f, &s), "may match: the owner could be another");
	sk_filter_free(f);
	f = parse("not (pid = 1 or sport = 22)");
	ok(!sk_filter_may_match(f, &s), "cannot, whoever owns it");
	sk_filter_free(f);
	ok(sk_filter_want((f = parse("rtt > 1"))) & SK_WANT_INFO,
	   "rtt wants tcp_info");
	sk_filter_free(f);
}

/* --- the kernel's view ---------------------------------------------------- */

/* Every second instruction is reached by "yes" from the start. */
static bool on_chain(const char *code, int len, int place)
{
	struct inet_diag_bc_op op;

	for (int at = 0; at < len;) {
		if (at == place)
			return true;
		memcpy(&op, code + at, sizeof(op));
		if (op.yes < 4 || op.yes & 3)
			return false;
		at += op.yes;
	}
	return false;
}

/* The rules of inet_diag_bc_audit() in net/ipv4/inet_diag.c. */
static bool audit(const char *code, int len)
{
	struct inet_diag_bc_op op;

	for (int at = 0; at < len; at += op.yes) {
		int left = len - at;

		memcpy(&op, code + at, sizeof(op));
		if (op.yes < 4 || op.yes > left + 4 || op.yes & 3)
			return false;
		if (op.code == INET_DIAG_BC_NOP)
			continue;
		if (op.no < 4 || op.no > left + 4 || op.no & 3)
			return false;
		if (op.no < left && !on_chain(code, len, at + op.no))
			return false;
	}
	return true;
}

static bool same_bits(const uint8_t *a, const void *b, unsigned bits)
{
	for (unsigned i = 0; i < bits; i++)
		if ((a[i / 8] ^ ((const uint8_t *)b)[i / 8]) & 0x80 >> i % 8)
			return false;
	return true;
}

static bool host_holds(const struct sk_sock *s, const struct sk_end *e,
		       const char *at)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct inet_diag_hostcond c;

	memcpy(&c, at, sizeof(c));
	at += sizeof(c);
	if (c.port != -1 && c.port != (int)e->port)
		return false;
	if (c.family != AF_UNSPEC && c.family != s->family)
		return s->family == AF_INET6 && c.family == AF_INET &&
		       !memcmp(e->ip, mapped, 12) &&
		       same_bits(e->ip + 12, at, c.prefix_len);
	return same_bits(e->ip, at, c.prefix_len);
}

/* inet_diag_bc_run(), for the tests that need no more than a record. */
static bool run(const char *code, int len, const struct sk_sock *s)
{
	struct inet_diag_bc_op op, port;
	uint32_t dev;
	int at = 0;

	while (at < len) {
		bool yes = true;

		memcpy(&op, code + at, sizeof(op));
		if (op.code != INET_DIAG_BC_JMP && op.yes >= 8)
			memcpy(&port, code + at + 4, sizeof(port));
		switch (op.code) {
		case INET_DIAG_BC_JMP: yes = false; break;
		case INET_DIAG_BC_S_GE: yes = s->local.port >= port.no; break;
		case INET_DIAG_BC_S_LE: yes = s->local.port <= port.no; break;
		case INET_DIAG_BC_S_EQ: yes = s->local.port == port.no; break;
		case INET_DIAG_BC_D_GE: yes = s->peer.port >= port.no; break;
		case INET_DIAG_BC_D_LE: yes = s->peer.port <= port.no; break;
		case INET_DIAG_BC_D_EQ: yes = s->peer.port == port.no; break;
		case INET_DIAG_BC_S_COND:
			yes = host_holds(s, &s->local, code + at + 4);
			break;
		case INET_DIAG_BC_D_COND:
			yes = host_holds(s, &s->peer, code + at + 4);
			break;
		case INET_DIAG_BC_DEV_COND:
			memcpy(&dev, code + at + 4, sizeof(dev));
			yes = dev == s->ifindex;
			break;
		}
		at += yes ? op.yes : op.no;
	}
	return at == len;
}

/* --- random expressions --------------------------------------------------- */

static const char *const leaves[] = {
	"sport = 7", "sport != 7", "sport > 5", "sport >= 7", "sport < 9",
	"sport <= 0", "sport > 65535", "sport < 0", "dport 80", "dport > 79",
	"dport != *", "src 127.0.0.1", "src 127.0.0.0/8:7", "dst ::1",
	"dst 0.0.0.0/0", "src *:7", "dst [::]:80", "src ::ffff:127.0.0.1",
	"src != 10.0.0.0/7", "dev 1", "dev != 1",
	/* not for the kernel */
	"rtt > 5", "uid = 0", "state established", "cookie = 1",
};

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static unsigned seed = 1;

static unsigned pick(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

/* exact: only what the kernel can say in full. */
static void expression(char *to, size_t size, int depth, bool exact)
{
	char a[2000], b[2000];
	unsigned form = depth > 4 ? 0 : pick(5);

	if (form <= 1) {
		snprintf(to, size, "%s",
			 leaves[pick(COUNT(leaves) - (exact ? 4 : 0))]);
		return;
	}
	expression(a, sizeof(a), depth + 1, exact);
	expression(b, sizeof(b), depth + 1, exact);
	if (form == 2)
		snprintf(to, size, "not (%.900s)", a);
	else
		snprintf(to, size, "(%.900s) %s (%.900s)", a,
			 form == 3 ? "and" : "or", b);
}

static struct sk_sock random_record(void)
{
	static const uint8_t ips[][16] = {
		{ 127, 0, 0, 1 }, { 127, 9, 9, 9 }, { 10, 1, 1, 1 }, { 0 },
		{ [15] = 1 }, { [10] = 0xff, [11] = 0xff, [12] = 127,
				[15] = 1 },
	};
	static const uint32_t ports[] = { 0, 5, 6, 7, 8, 9, 79, 80, 81, 65535 };
	struct sk_sock s = { .kind = SK_KIND_TCP,
			     .family = pick(2) ? AF_INET : AF_INET6,
			     .state = (uint8_t)(1 + pick(11)) };

	memcpy(s.local.ip, ips[pick(6)], 16);
	memcpy(s.peer.ip, ips[pick(6)], 16);
	s.local.port = ports[pick(COUNT(ports))];
	s.peer.port = ports[pick(COUNT(ports))];
	s.ifindex = pick(3);
	s.has = pick(2) ? SK_HAS(UID) : 0;
	return s;
}

static void test_bytecode(void)
{
	static char code[SK_FILTER_BYTECODE_MAX];
	int bad_program = 0, lost = 0, let_through = 0, programs = 0;
	char text[2000];

	for (int i = 0; i < 4000; i++) {
		bool exact = i % 2;
		struct sk_filter *f;
		int len;

		expression(text, sizeof(text), 0, exact);
		f = parse(text);
		if (!f)
			break;
		len = (int)sk_filter_bytecode(f, code, sizeof(code));
		programs += len > 0;
		bad_program += !audit(code, len);
		for (int k = 0; k < 50 && audit(code, len); k++) {
			struct sk_sock s = random_record();
			bool here = sk_filter_match(f, &s);
			bool there = run(code, len, &s);

			lost += here && !there;
			let_through += exact && len && !here && there &&
				       !strstr(text, "65535") &&
				       !strstr(text, "< 0") &&
				       !strstr(text, "*");
			if ((here && !there) && lost == 1)
				printf("# %s\n", text);
		}
		sk_filter_free(f);
	}
	ok(programs > 2000, "random expressions give programs (%d)", programs);
	is_int(bad_program, 0, "the kernel would take all of them");
	is_int(lost, 0, "none rejects what matches");
	is_int(let_through, 0, "and what the kernel can say, it says exactly");
}

static void test_ports(void)
{
	uint16_t s = 0, d = 0;
	struct sk_filter *f = parse("sport = 22 and (dst 10.0.0.1:80 rtt > 1)");

	sk_filter_ports(f, &s, &d);
	ok(s == htons(22) && d == htons(80), "ports of a conjunction");
	sk_filter_free(f);
	s = d = 0;
	f = parse("sport = 22 or dport = 80 or not sport = 1");
	sk_filter_ports(f, &s, &d);
	ok(!s && !d, "none of a disjunction");
	sk_filter_free(f);
}

/* --- the kernel itself ---------------------------------------------------- */

static bool own_network(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	int fd;

	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return false;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	r.ifr_flags = IFF_UP;
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &r))
		return false;
	close(fd);
	return true;
}

static void one_connection(int family)
{
	struct sockaddr_storage a = { .ss_family = (sa_family_t)family };
	socklen_t len = sizeof(a);
	int l = socket(family, SOCK_STREAM, 0);
	int c = socket(family, SOCK_STREAM, 0);

	if (family == AF_INET)
		((struct sockaddr_in *)&a)->sin_addr.s_addr = htonl(0x7f000001);
	else
		((struct sockaddr_in6 *)&a)->sin6_addr = in6addr_loopback;
	if (bind(l, (struct sockaddr *)&a,
		 family == AF_INET ? sizeof(struct sockaddr_in) :
				     sizeof(struct sockaddr_in6)) ||
	    listen(l, 1) || getsockname(l, (struct sockaddr *)&a, &len) ||
	    connect(c, (struct sockaddr *)&a, len) || accept(l, NULL, NULL) < 0)
		printf("# no connection: %s\n", strerror(errno));
}

struct tally {
	const struct sk_filter *f;
	uint64_t sum;
	int n;
};

static int tally(struct sk_sock *s, void *arg)
{
	struct tally *t = arg;

	if (!sk_filter_match(t->f, s))
		return 0;
	t->sum += s->cookie * 31 + s->state;
	t->n++;
	return 0;
}

static struct tally dump(const struct sk_filter *f, bool pushed)
{
	struct sk_diag_query q = { .kinds = SK_KIND_BIT(SK_KIND_TCP),
				   .states = SK_STATES_ALL,
				   .want = SK_WANT_INFO,
				   .filter = pushed ? f : NULL };
	struct tally t = { .f = f };
	struct sk_diag_result res;
	struct sk_err err = {};

	if (sk_diag_dump(&q, tally, &t, &res, &err))
		printf("# %s\n", err.text);
	if (res.missing)
		t.n = -1;
	return t;
}

static void test_kernel(void)
{
	int differ = 0, some = 0;
	char text[2000];

	if (!own_network()) {
		ok(true, "the kernel agrees # SKIP no namespaces here");
		return;
	}
	for (int i = 0; i < 3; i++) {
		one_connection(AF_INET);
		one_connection(AF_INET6);
	}
	for (int i = 0; i < 300; i++) {
		struct sk_filter *f;
		struct tally here, there;

		expression(text, sizeof(text), 0, false);
		f = parse(text);
		here = dump(f, false);
		there = dump(f, true);
		if (here.sum != there.sum || here.n != there.n) {
			differ++;
			printf("# %d here, %d there: %s\n", here.n, there.n,
			       text);
		}
		some += here.n > 0 && here.n < 18;
		sk_filter_free(f);
	}
	is_int(differ, 0, "what the kernel lets through is what matches");
	ok(some > 30, "and that is neither all nor nothing (%d times)", some);
}

int main(void)
{
	test_match();
	test_mapped();
	test_marks();
	test_unix_names();
	test_families();
	test_errors();
	test_owners();
	test_bytecode();
	test_ports();
	test_kernel();
	return tap_done();
}
