/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The counter files of several kernels, recorded and bent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/grid.h"
#include "base/text.h"
#include "diag/counters.h"
#include "diag/counters_show.h"
#include "diag/summary.h"
#include "tap.h"

static struct sk_counters parsed(sk_counters_parse *parse, const char *text)
{
	struct sk_counters c = { .n = 0 };
	char *copy = sk_counters_keep(&c, strdup(text));

	if (!copy || parse(&c, copy) < 0)
		exit(99);
	return c;
}

static void test_pairs(void)
{
	struct sk_counters c = parsed(sk_counters_parse_pairs,
		"Ip: Forwarding DefaultTTL InReceives\n"
		"Ip: 1 64 18446744073709551615\n"
		"IcmpMsg: InType3\n"
		"IcmpMsg: 4\n"
		"Tcp: MaxConn NewOfLinux9\n"
		"Tcp: -1 7\n");
	const struct sk_counter *k;

	is_int(c.n, 6, "pairs: all counters");
	k = sk_counters_find(&c, "Ip", "InReceives");
	ok(k && k->value == UINT64_MAX, "pairs: 64 bits exact");
	ok(k && k->meaning && k->kind == SK_COUNTER_TOTAL, "pairs: a total");
	k = sk_counters_find(&c, "Tcp", "MaxConn");
	ok(k && k->negative && (int64_t)k->value == -1, "pairs: -1 is -1");
	ok(k && k->kind == SK_COUNTER_GAUGE, "pairs: a gauge");
	k = sk_counters_find(&c, "Tcp", "NewOfLinux9");
	ok(k && !k->meaning && k->value == 7,
	   "pairs: a name nobody knows comes without meaning");
	k = sk_counters_find(&c, "IcmpMsg", "InType3");
	ok(k && k->meaning, "pairs: ICMP types have a meaning");
	sk_counters_fini(&c);
}

static void test_pairs_bent(void)
{
	struct sk_counters c = parsed(sk_counters_parse_pairs,
		"Lonely: a b\n"
		"Ip: A B C\n"
		"Ip: 1 x\n"
		"no colon here\n"
		"Udp: InDatagrams\n"
		"Udp: 5\n"
		"TcpExt: TW TWRecycled");

	is_int(c.n, 2, "bent pairs: what can be read is read");
	is_int(sk_counters_sum(&c, "Udp", "InDatagrams"), 5,
	       "bent pairs: goes on after nonsense");
	ok(!sk_counters_find(&c, "TcpExt", "TW"), "bent pairs: cut file");
	sk_counters_fini(&c);

	/* Linux 5.6: no newline after the values at the end */
	c = parsed(sk_counters_parse_pairs,
		   "MPTcpExt: MPCapableSYNRX MPCapableACKRX\nMPTcpExt: 0 3");
	is_int(sk_counters_sum(&c, "MPTcpExt", "MPCapableACKRX"), 3,
	       "pairs: without a newline at the end");
	sk_counters_fini(&c);
	c = parsed(sk_counters_parse_pairs, "");
	is_int(c.n, 0, "pairs: an empty file");
	sk_counters_fini(&c);
}

static void test_list(void)
{
	struct sk_counters c = parsed(sk_counters_parse_list,
		"Ip6InReceives                   \t536\n"
		"Icmp6OutType143 \t41\n"
		"UdpLite6RcvbufErrors 2\n"
		"Udp6RcvbufErrors 3\n"
		"XfrmInNoStates 1\n"
		"SctpCurrEstab 6\n"
		"WhatIsThis 9\n"
		"NoNumber\n"
		"Bad 1x\n");
	const struct sk_counter *k;

	is_int(c.n, 7, "list: all counters");
	k = sk_counters_find(&c, "Ip6", "InReceives");
	ok(k && k->meaning, "list: Ip6 borrows the meanings of Ip");
	is_int(sk_counters_sum(&c, "Udp6", "RcvbufErrors"), 3, "list: Udp6");
	is_int(sk_counters_sum(&c, "UdpLite6", "RcvbufErrors"), 2,
	       "list: UdpLite6 is not Udp");
	k = sk_counters_find(&c, "Sctp", "CurrEstab");
	ok(k && k->kind == SK_COUNTER_GAUGE, "list: a gauge of SCTP");
	k = sk_counters_find(&c, "", "WhatIsThis");
	ok(k && !k->meaning, "list: a group nobody knows");
	sk_counters_fini(&c);
}

static void test_sockstat(void)
{
	struct sk_counters c = parsed(sk_counters_parse_sockstat,
		"sockets: used 23\n"
		"TCP: inuse 7 orphan 0 tw 1520 alloc 7 mem 77\n"
		"NEW: inuse 3 odd\n"
		"BAD: inuse many\n");
	const struct sk_counter *k;

	is_int(c.n, 7, "sockstat: all numbers");
	is_int(sk_counters_sum(&c, "TCP", "tw"), 1520, "sockstat: tw");
	k = sk_counters_find(&c, "NEW", "inuse");
	ok(k && k->kind == SK_COUNTER_GAUGE && !k->meaning,
	   "sockstat: what is new is a gauge too");
	sk_counters_fini(&c);
}

static void test_softnet(void)
{
	/* Linux 2.6: nine columns; 6.x: fifteen, with the CPU's number */
	struct sk_counters c = parsed(sk_counters_parse_softnet,
		"000e7fe8 00000002 00000001 00000000 00000000 00000000 "
		"00000000 00000000 00000000\n"
		"0000000a 00000003 00000000 00000000 00000000 00000000 "
		"00000000 00000000 00000000\n");

	is_int(c.n, 8, "softnet: old kernels have fewer columns");
	is_int(sk_counters_sum(&c, "Softnet", "Dropped"), 5,
	       "softnet: the sum over the CPUs");
	is_str(c.v[4].of, "1", "softnet: rows are counted");
	sk_counters_fini(&c);

	c = parsed(sk_counters_parse_softnet,
		"00000001 00000000 00000000 00000000 00000000 00000000 "
		"00000000 00000000 00000000 00000000 00000000 00000007 "
		"00000005 00000003 00000004 00000099\n");
	is_str(c.v[0].of, "5", "softnet: the number the kernel gives");
	is_int(sk_counters_sum(&c, "Softnet", "ProcessQueue"), 4,
	       "softnet: new columns");
	sk_counters_fini(&c);
	c = parsed(sk_counters_parse_softnet, "zz\n\n");
	is_int(c.n, 0, "softnet: nonsense gives nothing");
	sk_counters_fini(&c);
}

static void test_dev(void)
{
	struct sk_counters c = parsed(sk_counters_parse_dev,
		"Inter-|   Receive                |  Transmit\n"
		" face |bytes    packets errs drop|bytes\n"
		"    lo:123456789012 5 0 0 0 0 0 0 6 7 0 0 0 0 0 0\n"
		"  \x1b[31m: 1 2 3 4\n"
		"   a|b: 7\n");
	char name[SK_COUNTER_NAME_MAX];

	is_int(c.n, 21, "dev: a cut row gives what it has");
	is_int(c.v[0].value, 123456789012, "dev: no blank behind the colon");
	is_str(sk_counter_format(name, &c.v[0]), "DevRxBytes{lo}",
	       "dev: as people name it");
	is_str(sk_counter_format(name, &c.v[16]), "DevRxBytes{\\x1b[31m}",
	       "dev: a name that would paint the terminal");
	is_str(sk_counter_format(name, &c.v[20]), "DevRxBytes{a|b}",
	       "dev: a name like the heading");
	sk_counters_fini(&c);
}

static void test_conntrack(void)
{
	struct sk_counters c = parsed(sk_counters_parse_conntrack,
		"entries  clashres found drop brand_new\n"
		"00000010 00000001 00000002 00000003 00000001\n"
		"00000010 00000001 00000002 0000000f\n");

	is_int(sk_counters_sum(&c, "Conntrack", "entries"), 16,
	       "conntrack: entries are of all CPUs, not added");
	is_int(sk_counters_sum(&c, "Conntrack", "drop"), 18,
	       "conntrack: the others are added");
	is_int(sk_counters_sum(&c, "Conntrack", "brand_new"), 1,
	       "conntrack: a short row");
	sk_counters_fini(&c);
}

static void test_delta(void)
{
	struct sk_counter was = { .value = 10 }, is = { .value = 14 };

	is_int(sk_counter_delta(&is, &was), 4, "delta: what was added");
	is_int(sk_counter_delta(&is, NULL), 14, "delta: new since");
	is.value = 3;
	is_int(sk_counter_delta(&is, &was), 3, "delta: began anew");
	is.kind = SK_COUNTER_GAUGE;
	is_int(sk_counter_delta(&is, &was), -7, "delta: a gauge falls");
}

static void test_match(void)
{
	struct sk_counter c = { .group = "TcpExt", .name = "ListenDrops" };

	ok(sk_counter_matches(&c, "listen*"), "match: name, any case");
	ok(sk_counter_matches(&c, "TcpExtListenDrops"), "match: as printed");
	ok(sk_counter_matches(&c, "tcpext.*"), "match: by group");
	ok(!sk_counter_matches(&c, "drops"), "match: the whole name");
}

/* Every row has its own text, fits the table and can be found. */
static void test_table(void)
{
	static const struct {
		const char *group, *name, *text;
	} rows[] = {
#define COUNTER(group, name, kind, text) { group, name, text },
#include "diag/counters.def"
#undef COUNTER
	};
	bool twice = false, form = true, found = true;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *t = rows[i].text;
		size_t len = strlen(t);

		form &= len > 5 && len <= 72 && t[len - 1] != '.';
		for (size_t k = 0; k < i; k++)
			twice |= !strcmp(rows[i].name, rows[k].name) &&
				 !strcmp(rows[i].group, rows[k].group);
		found &= !strcmp(sk_counter_meaning(rows[i].group, rows[i].name,
						    NULL), t);
	}
	ok(!twice, "table: no name stands there twice");
	ok(found, "table: every name is found");
	ok(form, "table: one line each, without full stop");
}

static void test_show(void)
{
	struct sk_counters c = parsed(sk_counters_parse_pairs,
				      "Udp: RcvbufErrors NoPorts\nUdp: 3 0\n");
	struct sk_err err = { 0 };
	struct sk_out out;

	sk_out_init(&out, -1);
	is_int(sk_counters_show(&c, NULL, NULL, false, &out, &err), 0, "show");
	sk_out_char(&out, '\0');
	ok(strstr(out.buf, "UdpRcvbufErrors      3  datagrams dropped"),
	   "show: a table");
	ok(!strstr(out.buf, "NoPorts"), "show: not what is zero");
	sk_out_fini(&out);
	is_int(sk_counters_show(&c, NULL, "x*", true, &out, &err), -ENOENT,
	       "show: a pattern that nothing matches");
	sk_counters_fini(&c);
}

/* What --rate shows of two readings that are 4 s apart. */
static const char *rate_text(const char *glob, bool json)
{
	static char text[4096];
	struct sk_counters was = parsed(sk_counters_parse_dev,
		"\n\n a: 100 1\n b: 50 7\n");
	struct sk_counters is = parsed(sk_counters_parse_dev,
		"\n\n a: 140 1\n b: 52 7\n");
	struct sk_out out;

	/* The one gauge among them falls. */
	was.v[3].kind = is.v[3].kind = SK_COUNTER_GAUGE;
	is.v[3].value = 5;
	was.when_us = 1000000;
	is.when_us = 5000000;
	sk_out_init(&out, -1);
	if (sk_counters_show(&is, &was, glob, json, &out, NULL) < 0)
		exit(99);
	sk_out_char(&out, '\0');
	snprintf(text, sizeof(text), "%s", out.buf);
	sk_out_fini(&out);
	sk_counters_fini(&was);
	sk_counters_fini(&is);
	return text;
}

static void test_rate(void)
{
	const char *text = rate_text(NULL, false);

	ok(strstr(text, "DevRxBytes{a}      140    +40  10.0/s  "),
	   "rate: what a device added, and by the second");
	ok(strstr(text, "DevRxBytes{b}       52     +2   0.5/s  "),
	   "rate: each device its own");
	ok(!strstr(text, "DevRxPackets{a}"), "rate: not what has rested");
	ok(strstr(text, "DevRxPackets{b}      5     -2          "),
	   "rate: a gauge has none: %s", text);
	text = rate_text("*bytes", true);
	ok(strstr(text, "{\"seconds\":4") && strstr(text, "\"device\":\"a\"") &&
		   strstr(text, "\"added\":40,\"per_second\":10"),
	   "rate: the same as JSON: %s", text);
	ok(!strstr(text, "RxPackets"), "rate: of what was asked for");
}

/* A /proc of Linux 4.9, of which little is left. */
static void write_file(const char *dir, const char *name, const char *text)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		exit(99);
}

static void test_read(void)
{
	char dir[] = "/tmp/sockkit-counters-XXXXXX", net[64], cmd[128];
	const long page = sysconf(_SC_PAGESIZE);
	struct sk_counters c;
	struct sk_err err = { 0 };
	struct sk_out out;

	if (!mkdtemp(dir))
		exit(99);
	is_int(sk_counters_read(&c, dir, &err), -ENOENT, "read: nothing there");
	ok(strstr(err.text, "no counters"), "read: and says so");
	sk_counters_fini(&c);
	snprintf(net, sizeof(net), "%s/net", dir);
	mkdir(net, 0755);
	write_file(dir, "net/sockstat",
		   "sockets: used 9\nTCP: inuse 4 orphan 1 tw 2 alloc 5 mem 1\n"
		   "UDP: inuse 3 mem 2\n");
	write_file(dir, "net/sockstat6", "TCP6: inuse 1\nUDP6: inuse 2\n");
	write_file(dir, "net/snmp", "Tcp: CurrEstab\nTcp: 3\n");
	is_int(sk_counters_read(&c, dir, &err), 0, "read: some are enough");
	sk_out_init(&out, -1);
	sk_summary_show(&c, dir, false, &out);
	sk_out_char(&out, '\0');
	ok(sk_starts_with(out.buf, "Total: 9\nTCP:   7 (estab 3, closed 2, "
			  "orphaned 1, timewait 2)\n\n"
			  "Transport Total     IP        IPv6\n"
			  "RAW\t  0         0         0        \n"
			  "UDP\t  5         3         2        \n"
			  "TCP\t  5         4         1        \n"
			  "INET\t  10        7         3        \n"),
	   "summary: as ss -s writes it");
	ok(strstr(out.buf, "TCP     4.0 KiB         -      -\n"),
	   "summary: limits that cannot be read are not invented");
	out.len = 0;
	snprintf(cmd, sizeof(cmd), "mkdir -p %s/sys/net/ipv4", dir);
	if (system(cmd))
		exit(99);
	write_file(dir, "sys/net/ipv4/tcp_mem", "10\t20\t30\n");
	write_file(dir, "sys/net/ipv4/ipfrag_high_thresh", "5000\n");
	sk_summary_show(&c, dir, true, &out);
	sk_out_char(&out, '\0');
	snprintf(cmd, sizeof(cmd), "\"name\":\"TCP\",\"used_bytes\":%ld,"
		 "\"pressure_bytes\":%ld,\"limit_bytes\":%ld}", page,
		 20 * page, 30 * page);
	ok(strstr(out.buf, cmd), "summary: pages are bytes: %s", out.buf);
	ok(strstr(out.buf, "\"name\":\"FRAG\",\"used_bytes\":0,"
		  "\"pressure_bytes\":null,\"limit_bytes\":5000}"),
	   "summary: and bytes are bytes");
	sk_out_fini(&out);
	sk_counters_fini(&c);
	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	if (system(cmd))
		exit(99);
}

static void test_protocols(void)
{
	char text[] = "protocol  size sockets  memory press module  cl co zz\n"
		      "TCP       2300      6       1   yes kernel   y  y  y\n"
		      "RAW       1100      1      -1   NI  a\x1b" "b      y  n  n\n"
		      "CUT 1\n";
	char again[sizeof(text)];
	struct sk_out out;

	memcpy(again, text, sizeof(text));
	sk_out_init(&out, -1);
	sk_protocols_text(text, false, &out);
	sk_out_char(&out, '\0');
	ok(strstr(out.buf, "TCP             6  2300      1  yes       kernel"
		  "  close connect\n"), "protocols: a row: %s", out.buf);
	ok(strstr(out.buf, "RAW             1  1100      -  -         a\\x1bb"
		  "  close\n"), "protocols: what is not counted: %s", out.buf);
	ok(!strstr(out.buf, "CUT"), "protocols: a cut row is none");
	out.len = 0;
	sk_protocols_text(again, true, &out);
	sk_out_char(&out, '\0');
	ok(strstr(out.buf, "\"memory_pages\":1,\"pressure\":true,"),
	   "protocols: JSON: %s", out.buf);
	ok(strstr(out.buf, "\"memory_pages\":null,\"pressure\":null,"),
	   "protocols: JSON: absent is null");
	sk_out_fini(&out);
}

static void test_grid(void)
{
	struct sk_grid g;
	struct sk_out out;

	sk_out_init(&out, -1);
	sk_grid_init(&g, "lrl");
	sk_grid_cell(&g, "a");
	sk_grid_u64(&g, 1000);
	sk_grid_cell(&g, "x\ny");
	sk_grid_cell(&g, "\xc3\xa4\xc3\xb6");
	sk_grid_printf(&g, "%d", -1);
	sk_grid_print(&g, &out);
	sk_out_char(&out, '\0');
	is_str(out.buf, "a   1000  x\\ny\n\xc3\xa4\xc3\xb6    -1  \n",
	       "grid: aligned, escaped, filled");
	sk_out_fini(&out);
	sk_grid_print(&g, &out);
	is_int(out.len, 0, "grid: nothing gives nothing");
}

int main(void)
{
	test_pairs();
	test_pairs_bent();
	test_list();
	test_sockstat();
	test_softnet();
	test_dev();
	test_conntrack();
	test_delta();
	test_match();
	test_table();
	test_show();
	test_rate();
	test_read();
	test_protocols();
	test_grid();
	return tap_done();
}
