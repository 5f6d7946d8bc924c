/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records, text of rows, selection, and netlink answers, true and lying. */
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>
#include <linux/unix_diag.h>

#include "diag/collect.h"
#include "diag/dump.h"
#include "diag/line.h"
#include "diag/select.h"
#include "diag/show.h"

static struct sk_line line;
static const struct sk_view plain;

/* --- text ----------------------------------------------------------------- */

static const char *text(void)
{
	line.buf[line.n] = '\0';
	return line.buf;
}

static void test_numbers(void)
{
	char want[64];
	int bad = 0;

	for (int i = 0; i < 20000; i++) {
		uint64_t us = (uint64_t)random() % (i % 2 ? 3000000 : 4000);

		line.n = 0;
		line_us_as_ms(&line, us);
		snprintf(want, sizeof(want), "%g", (double)us / 1000);
		bad += strcmp(text(), want) != 0;
	}
	is_int(bad, 0, "microseconds as milliseconds, as printf has them");
	for (int i = 0; i < 64; i++) {
		uint64_t v = UINT64_MAX >> i;

		line.n = 0;
		line_u64(&line, v);
		snprintf(want, sizeof(want), "%llu", (unsigned long long)v);
		bad += strcmp(text(), want) != 0;
		line.n = 0;
		line_hex(&line, v);
		snprintf(want, sizeof(want), "%llx", (unsigned long long)v);
		bad += strcmp(text(), want) != 0;
	}
	is_int(bad, 0, "64-bit numbers, decimal and hexadecimal");
}

static void test_rates(void)
{
	static const struct {
		double bits;
		const char *want;
	} cases[] = {
		{ 0, "0bps" },		   { 999, "999bps" },
		{ 1000, "1kbps" },	   { 1234, "1.23kbps" },
		{ 12345, "12.3kbps" },	   { 123456, "123kbps" },
		{ 1.5e6, "1.5Mbps" },	   { 9.995e6, "9.99Mbps" },
		{ 99.96e6, "100Mbps" },	   { 999.7e6, "1e+03Mbps" },
		{ 2.5e9, "2.5Gbps" },	   { 7e12, "7Tbps" },
		{ 8e6, "8Mbps" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		line.n = 0;
		line_bps(&line, cases[i].bits, 0);
		if (cases[i].bits == 9.995e6)
			continue;	/* a tie; either way is right */
		is_str(text(), cases[i].want, cases[i].want);
	}
	line.n = 0;
	line_bps(&line, 1234567, 1);
	is_str(text(), "1234567bps", "all digits with -n");
}

static void test_addresses(void)
{
	char want[INET6_ADDRSTRLEN];
	uint8_t ip[16];
	int bad = 0;

	for (int i = 0; i < 5000; i++) {
		for (int k = 0; k < 16; k++)
			ip[k] = random() % 3 ? 0 : (uint8_t)random();
		line.n = 0;
		line_ip(&line, AF_INET6, ip);
		inet_ntop(AF_INET6, ip, want, sizeof(want));
		bad += strcmp(text(), want) != 0;
		line.n = 0;
		line_ip(&line, AF_INET, ip);
		inet_ntop(AF_INET, ip, want, sizeof(want));
		bad += strcmp(text(), want) != 0;
	}
	is_int(bad, 0, "addresses as inet_ntop(3) has them");
	line.n = 0;
	line_ip(&line, AF_INET6, (const uint8_t *)"\0\0\0\0\0\0\0\0\0\0\xff\xff"
						  "\x01\x02\x03\x04");
	is_str(text(), "::ffff:1.2.3.4", "mapped");
}

/* A row that does not fit loses its end and nothing else. */
static void test_full_line(void)
{
	line.n = SK_LINE_MAX - 3;
	line_lit(&line, "four");
	is_int(line.n, SK_LINE_MAX - 3, "what does not fit is left out");
	line_escape(&line, "\x1b\x1b", 2);
	line_u64(&line, 12345);
	line_fill(&line, ' ', 10);
	ok(line.n <= SK_LINE_MAX, "nothing is written behind the end");
	line.n = 0;
}

/* --- selection ------------------------------------------------------------ */

static void test_states(void)
{
	is_int(sk_states_parse("established", 11), SK_STATE_BIT(ESTABLISHED),
	       "established");
	is_int(sk_states_parse("Time-Wait", 9), SK_STATE_BIT(TIME_WAIT),
	       "case does not matter");
	is_int(sk_states_parse("bucket", 6),
	       SK_STATE_BIT(SYN_RECV) | SK_STATE_BIT(TIME_WAIT), "bucket");
	is_int(sk_states_parse("new-syn-recv", 12), 0, "not for people");
	is_int(sk_states_parse("", 0), 0, "no word");
	is_str(sk_state_name(SK_STATE_FIN_WAIT1), "FIN-WAIT-1", "ss's name");
	is_str(sk_state_name(200), "UNKNOWN", "a state from the future");
}

static void leading(const char *filter, uint32_t want, const char *rest)
{
	const char *at = filter;
	uint32_t states;

	sk_select_states(&at, &states, NULL);
	is_int(states, want, filter);
	is_str(at, rest, "... and the rest");
}

static void test_select(void)
{
	struct sk_select s = {};
	struct sk_err err;
	uint32_t states;
	const char *bad = "state frob";

	leading("state listening sport = 1", SK_STATE_BIT(LISTEN), "sport = 1");
	leading("state listening state closed",
		SK_STATE_BIT(LISTEN) | SK_STATE_BIT(CLOSE), "");
	leading("exclude listening",
		SK_STATES_ALL & ~SK_STATE_BIT(LISTEN), "");
	leading("state listening and sport = 1", SK_STATE_BIT(LISTEN),
		" sport = 1");
	leading("state listening or sport = 1", 0,
		"state listening or sport = 1");
	leading("sport = 1 state listening", 0, "sport = 1 state listening");
	ok(sk_select_states(&bad, &states, &err) < 0 && err.status == 2,
	   "an unknown state is a usage error");
	is_str(err.text, "filter: no such state\n  state frob\n        ^",
	       "and shows the place");
	bad = "state listening exclude ";
	ok(sk_select_states(&bad, &states, &err) < 0 &&
	   strstr(err.text, "a state is missing here\n"), "so does none");

	sk_select_finish(&s, 0);
	ok(s.kinds == SK_KIND_ALL && s.states == SK_STATES_CONN,
	   "nothing: all that is connected");
	s = (struct sk_select){};
	sk_select_kinds(&s, SK_KIND_BIT(SK_KIND_UDP));
	sk_select_finish(&s, 0);
	is_int(s.states, SK_STATE_BIT(ESTABLISHED), "-u: connected ones");
	s = (struct sk_select){};
	sk_select_ip(&s, 1);
	sk_select_finish(&s, 0);
	ok(s.kinds & SK_KIND_BIT(SK_KIND_UDP) && !(s.kinds & SK_KIND_UNIX),
	   "-4: the families of IP");
	s = (struct sk_select){};
	ok(!sk_select_query(&s, "unix,!u_dgr,tcp", &err) &&
		   s.kinds == (SK_KIND_BIT(SK_KIND_UNIX_STREAM) |
			       SK_KIND_BIT(SK_KIND_UNIX_SEQPACKET) |
			       SK_KIND_BIT(SK_KIND_TCP)),
	   "-A unix,!u_dgr,tcp");
	is_int(sk_select_host_family(&s), AF_UNSPEC, "hosts are of IP");
	ok(!sk_select_query(&s, "-udp", &err) &&
		   s.kinds & SK_KIND_BIT(SK_KIND_UDP) && s.kinds & SK_KIND_UNIX,
	   "-u after -A adds to it");
	s = (struct sk_select){};
	ok(!sk_select_query(&s, "-udp", &err) &&
		   !sk_select_query(&s, "unix", &err) &&
		   s.kinds == SK_KIND_UNIX, "-u before -A is forgotten");
	is_int(sk_select_host_family(&s), AF_UNIX, "hosts are names");
	ok(sk_select_query(&s, "-frob", &err) < 0, "no letter of a table");
	ok(sk_select_query(&s, "tcp,frob", &err) < 0 && err.status == 2,
	   "an unknown table is a usage error");
}

/* --- answers of the kernel ------------------------------------------------ */

struct caught {
	struct sk_sock *v[8];
	int n;
};

static int catch (struct sk_sock *s, void *arg)
{
	struct caught *c = arg;

	if (c->n < 8)
		c->v[c->n++] = sk_sock_dup(s);
	return 0;
}

static struct sk_diag_result res;
static const struct sk_diag_query all = { .kinds = SK_KIND_ALL,
					  .states = SK_STATES_ALL };
static struct sk_dump fresh(struct caught *c)
{
	*c = (struct caught){};
	res = (struct sk_diag_result){};
	return (struct sk_dump){ .q = &all, .fn = catch, .arg = c, .res = &res,
				 .seq = 1, .kind = SK_KIND_TCP };
}

static void forget(struct caught *c)
{
	for (int i = 0; i < c->n; i++)
		free(c->v[i]);
}

static char answer[4096] __attribute__((aligned(8)));

static struct nlmsghdr *tcp_answer(void)
{
	struct nlmsghdr *h;
	struct inet_diag_msg *m;

	memset(answer, 0, sizeof(answer));
	h = mnl_nlmsg_put_header(answer);
	h->nlmsg_type = 20;
	h->nlmsg_seq = 1;
	m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->idiag_family = AF_INET;
	m->idiag_state = 1;
	m->id.idiag_sport = htons(22);
	m->id.idiag_cookie[0] = 7;
	m->id.idiag_cookie[1] = 1;
	m->idiag_inode = 99;
	mnl_attr_put_u8(h, INET_DIAG_TOS, 0x10);
	mnl_attr_put(h, INET_DIAG_INFO, 8, "\1\2\3\4\5\6\7\10");
	mnl_attr_put_strz(h, INET_DIAG_CONG, "cubic");
	return h;
}

static void test_inet(void)
{
	struct nlmsghdr *h = tcp_answer();
	struct caught c;
	struct sk_dump d = fresh(&c);
	bool done;

	ok(!sk_nl_walk(&d, h, h->nlmsg_len, sk_inet_parse, &done) && !done &&
		   c.n == 1, "an answer is a record");
	ok(c.v[0]->local.port == 22 && c.v[0]->inode == 99 &&
		   c.v[0]->cookie == (UINT64_C(1) << 32 | 7) &&
		   c.v[0]->tos == 0x10, "with its fields");
	ok(c.v[0]->tcp_info.len == 8 && c.v[0]->cong.len == 5 &&
		   !memcmp(c.v[0]->cong.p, "cubic", 5),
	   "blobs with their lengths, copied with the record");
	ok(!(c.v[0]->has & (SK_HAS(MARK) | SK_HAS(MEM) | SK_HAS(SHUTDOWN))),
	   "what was not sent is absent");
	forget(&c);
}

/* Every length that a message or an attribute can pretend. */
static void test_lies(void)
{
	struct nlmsghdr *h = tcp_answer();
	const size_t whole = h->nlmsg_len;
	struct caught c;
	struct sk_dump d = fresh(&c);
	char *copy;
	bool done;

	for (size_t n = 0; n <= whole; n++) {
		copy = malloc(n ? n : 1);
		memcpy(copy, answer, n);
		sk_nl_walk(&d, copy, n, sk_inet_parse, &done);
		if (n >= 4) {
			memcpy(copy, &(uint32_t){ (uint32_t)n }, 4);
			sk_nl_walk(&d, copy, n, sk_inet_parse, &done);
		}
		free(copy);
		forget(&c);
		c.n = 0;
	}
	for (unsigned len = 0; len < 300; len++) {
		struct nlattr *a = (void *)(answer + 16 +
					    sizeof(struct inet_diag_msg));

		a->nla_len = (uint16_t)len;
		sk_nl_walk(&d, answer, whole, sk_inet_parse, &done);
		forget(&c);
		c.n = 0;
	}
	ok(true, "cut and lying messages do no harm (with ASan: none at all)");
	h->nlmsg_len = 20;
	is_int(sk_nl_walk(&d, h, 20, sk_inet_parse, &done), -EPROTO,
	       "a message too short for its type");
}

static int walk_end(uint16_t type, int error, bool *done)
{
	struct caught c;
	struct sk_dump d = fresh(&c);
	struct nlmsghdr *h = mnl_nlmsg_put_header(answer);
	int *e = mnl_nlmsg_put_extra_header(h, 20);

	h->nlmsg_type = type;
	h->nlmsg_seq = 1;
	*e = error;
	return sk_nl_walk(&d, h, h->nlmsg_len, sk_inet_parse, done);
}

static void test_ends(void)
{
	bool done;

	is_int(walk_end(NLMSG_DONE, 0, &done), 0, "NLMSG_DONE");
	ok(done, "... ends the dump");
	is_int(walk_end(NLMSG_DONE, -ENOENT, &done), -ENOENT,
	       "NLMSG_DONE can carry an error");
	is_int(walk_end(NLMSG_ERROR, -ENOENT, &done), -ENOENT, "NLMSG_ERROR");
	is_int(walk_end(NLMSG_ERROR, -EPERM, &done), -EPERM, "... another");
}

static void test_duplicates(void)
{
	struct nlmsghdr *h = tcp_answer();
	struct caught c;
	struct sk_dump d = fresh(&c);
	bool done;

	d.seen = calloc(65536, sizeof(*d.seen));
	sk_nl_walk(&d, h, h->nlmsg_len, sk_inet_parse, &done);
	sk_nl_walk(&d, h, h->nlmsg_len, sk_inet_parse, &done);
	ok(c.n == 1 && res.duplicates == 1, "the same cookie again is dropped");
	((struct inet_diag_msg *)mnl_nlmsg_get_payload(h))->id.idiag_cookie[0]++;
	sk_nl_walk(&d, h, h->nlmsg_len, sk_inet_parse, &done);
	is_int(c.n, 2, "another one is not");
	forget(&c);
	free(d.seen);
}

/*
 * The first answer says that the table has changed and lacks a socket; the
 * second is whole, or not.
 */
static int interrupted_answers, answers_given;

static int answer_again(struct sk_dump *d, uint32_t kinds)
{
	struct nlmsghdr *h = tcp_answer();
	bool first = answers_given++ < interrupted_answers, done;

	(void)kinds;
	h->nlmsg_flags = first ? NLM_F_DUMP_INTR : 0;
	sk_nl_walk(d, h, h->nlmsg_len, sk_inet_parse, &done);
	if (first)
		return 0;
	((struct inet_diag_msg *)mnl_nlmsg_get_payload(h))->id.idiag_cookie[0]++;
	return sk_nl_walk(d, h, h->nlmsg_len, sk_inet_parse, &done);
}

static int dump_interrupted(struct caught *c, int times)
{
	struct sk_dump d = fresh(c);
	int r;

	interrupted_answers = times;
	answers_given = 0;
	d.seen = calloc(65536, sizeof(*d.seen));
	r = sk_dump_whole(&d, answer_again, 0);
	free(d.seen);
	return r;
}

static void test_interrupted(void)
{
	struct caught c;

	ok(!dump_interrupted(&c, 0) && answers_given == 1 && c.n == 2 &&
		   !res.interrupted, "a whole answer is asked for once");
	forget(&c);
	ok(!dump_interrupted(&c, 1) && answers_given == 2 && c.n == 2 &&
		   !res.interrupted,
	   "an interrupted one twice: what was missing comes, each once");
	forget(&c);
	ok(!dump_interrupted(&c, 9) && answers_given == 2 && c.n == 1 &&
		   res.interrupted, "not for ever: then it is told");
	forget(&c);
}

/* TIME-WAIT has neither user nor inode; 0 would be root. */
static void test_unknown_owner(void)
{
	struct nlmsghdr *h = tcp_answer();
	struct inet_diag_msg *m = mnl_nlmsg_get_payload(h);
	struct caught c;
	struct sk_dump d = fresh(&c);
	bool done;

	m->idiag_state = SK_STATE_TIME_WAIT;
	m->idiag_inode = 0;
	sk_nl_walk(&d, h, h->nlmsg_len, sk_inet_parse, &done);
	ok(!(c.v[0]->has & (SK_HAS(UID) | SK_HAS(INODE))),
	   "uid 0 without an inode is unknown");
	forget(&c);
}

static void test_unix(void)
{
	struct caught c;
	struct sk_dump d = fresh(&c);
	struct nlmsghdr *h;
	struct unix_diag_msg *m;
	bool done;

	memset(answer, 0, sizeof(answer));
	h = mnl_nlmsg_put_header(answer);
	h->nlmsg_type = 20;
	h->nlmsg_seq = 1;
	m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->udiag_type = SOCK_STREAM;
	m->udiag_state = SK_STATE_LISTEN;
	mnl_attr_put(h, UNIX_DIAG_NAME, 5, "/tmp");
	mnl_attr_put(h, UNIX_DIAG_ICONS, 8, "\1\0\0\0\2\0\0\0");
	sk_nl_walk(&d, h, h->nlmsg_len, sk_unix_parse, &done);
	ok(c.n == 1 && c.v[0]->name.len == 4, "a path without its NUL");
	ok(!(c.v[0]->has & SK_HAS(PEER_INODE)), "no peer is no peer");
	line.n = 0;
	sk_show_addr(&line, &plain, c.v[0], 0);
	is_str(text(), "/tmp ", "as ss shows it");
	forget(&c);
}

/* --- /proc/net of other kernels, and of none ------------------------------ */

static char proc_dir[] = "/tmp/sk-proc-XXXXXX";

static void proc_file(const char *name, const char *content)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", proc_dir, name);
	f = content ? fopen(path, "w") : NULL;
	if (f) {
		fputs(content, f);
		fclose(f);
	} else {
		remove(path);
	}
}

static int read_proc(struct caught *c, unsigned kind)
{
	struct sk_diag_query q = { .kinds = SK_KIND_BIT(kind),
				   .states = SK_STATES_ALL,
				   .source = SK_SOURCE_PROC,
				   .proc = proc_dir };
	struct sk_err err = {};

	*c = (struct caught){};
	if (kind == SK_KIND_UNIX_STREAM)
		q.kinds = SK_KIND_UNIX;
	return sk_diag_dump(&q, catch, c, &res, &err);
}

static void test_proc_tcp(void)
{
	struct caught c;

	proc_file("tcp", "  sl  local_address rem_address   st …\n"
		  "   0: 0100007F:0016 00000000:0000 0A 00000000:00000003 "
		  "00:00000000 00000000  1000        0 42 1 0000 100 0 0 10 0\n"
		  "   1: 0100007F:0016 0200007F:9C40 01 00000005:00000000 "
		  "01:00000014 00000002     0        0 0 2 0000 20 4 30 10 -1 "
		  "new columns of another kernel\n"
		  "   2: short line\n"
		  "   3: XXXX 0100007F 0A 0 0 0 0 0 0 0 0\n"
		  "\n");
	ok(!read_proc(&c, SK_KIND_TCP) && c.n == 2,
	   "lines of more columns are read, lines of less are not");
	ok(c.v[0]->local.port == 22 && c.v[0]->local.ip[0] == 127 &&
		   c.v[0]->uid == 1000 && c.v[0]->inode == 42 &&
		   c.v[0]->rqueue == 3 && c.v[0]->state == SK_STATE_LISTEN,
	   "a listener");
	ok(c.v[1]->timer_ms == 200 && c.v[1]->timer_retrans == 2 &&
		   c.v[1]->wqueue == 5 && !(c.v[1]->has & SK_HAS(UID)),
	   "a connection; ticks are made milliseconds");
	forget(&c);
	proc_file("tcp", NULL);
	read_proc(&c, SK_KIND_TCP);
	ok(!c.n && res.missing == SK_KIND_BIT(SK_KIND_TCP),
	   "no file: the kind is missing");
}

static void test_proc_unix(void)
{
	struct caught c;

	proc_file("unix", "Num RefCount Protocol Flags Type St Inode Path\n"
		  "0: 00000002 00000000 00010000 0001 01 7 /run/a b\\c\n"
		  "0: 00000002 00000000 00000000 0002 01 8 @\x1b[1mx\n"
		  "0: 00000003 00000000 00000000 0001 03 9\n"
		  "the rest of a name that held a newline\n");
	ok(!read_proc(&c, SK_KIND_UNIX_STREAM) && c.n == 3, "three sockets");
	ok(c.v[0]->state == SK_STATE_LISTEN && c.v[0]->name.len == 10 &&
		   !memcmp(c.v[0]->name.p, "/run/a b\\c", 10),
	   "names hold blanks");
	ok(c.v[1]->kind == SK_KIND_UNIX_DGRAM &&
		   !*(const char *)c.v[1]->name.p, "@ is an abstract name");
	line.n = 0;
	sk_show_addr(&line, &plain, c.v[1], 0);
	is_str(text(), "@\\x1b[1mx ", "and is escaped");
	ok(c.v[2]->state == SK_STATE_ESTABLISHED && !c.v[2]->name.p,
	   "no name is no name");
	forget(&c);
	proc_file("unix", NULL);
}

static void test_proc(void)
{
	if (!mkdtemp(proc_dir)) {
		ok(false, "mkdtemp");
		return;
	}
	test_proc_tcp();
	test_proc_unix();
	remove(proc_dir);
}

/* --- sorting and counting ------------------------------------------------- */

static int note_port(struct sk_sock *s, void *arg)
{
	char *at = arg;

	snprintf(at + strlen(at), 100 - strlen(at), "%u ", s->local.port);
	return 0;
}

static void test_sort(void)
{
	struct sk_view v = {};
	struct sk_sorter s = { .view = &v };
	struct sk_err err;
	char order[100] = "";
	struct sk_sock rec = { .kind = SK_KIND_TCP, .family = AF_INET };

	ok(!sk_sorter_parse(&s, "recvq:desc", &err), "KEY:desc");
	for (unsigned i = 0; i < 5; i++) {
		rec.local.port = i + 1;
		rec.rqueue = i * 7 % 5;
		rec.has = i == 2 ? 0 : SK_HAS(QUEUES);
		sk_sorter_add(&rec, &s);
	}
	sk_sorter_end(&s, note_port, order);
	/* queues 0 2 - 1 3 */
	is_str(order, "5 2 4 1 3 ", "descending, absent values last");
	ok(sk_sorter_parse(&s, "frob", &err) < 0 && err.status == 2,
	   "an unknown key is a usage error");
	ok(sk_sorter_parse(&s, "recvq:down", &err) < 0, "KEY:down too");
}

static void test_count(void)
{
	struct sk_view v = { .header = true };
	struct sk_census c = { .view = &v };
	struct sk_sock rec = { .kind = SK_KIND_TCP, .family = AF_INET };
	struct sk_out out;
	struct sk_err err;

	sk_census_parse(&c, "lport", &err);
	v.numeric = true;
	for (unsigned i = 0; i < 3000; i++) {
		rec.local.port = i % 1000 < 2 ? 7 : 1000 + i;
		sk_census_add(&rec, &c);
	}
	is_int(c.n, 2995, "each value once, through growth");
	sk_out_init(&out, -1);
	sk_census_end(&c, &out, SK_COUNT_TABLE);
	ok(out.len && !strncmp(out.buf, "   Count lport\n       6 7\n", 25),
	   "most first");
	sk_out_fini(&out);
}

int main(void)
{
	test_numbers();
	test_rates();
	test_addresses();
	test_full_line();
	test_states();
	test_select();
	test_inet();
	test_lies();
	test_ends();
	test_duplicates();
	test_interrupted();
	test_unknown_owner();
	test_unix();
	test_proc();
	test_sort();
	test_count();
	return tap_done();
}
