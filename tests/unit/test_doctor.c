/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every rule of the doctor over recorded readings: those about limits of the
 * whole machine can be produced nowhere else, and every threshold is held
 * from both sides.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag/doctor.h"
#include "tap.h"

#define SOCKETS 64

static struct sk_checkup c;
static struct sk_patient was[SOCKETS], is[SOCKETS];
static struct sk_counter old[16], new[16];

/* A namespace without anything, in which nothing is known. */
static void fresh(void)
{
	memset(&c, 0, sizeof(c));
	memset(&c.set, 0xff, sizeof(c.set));
	memset(was, 0, sizeof(was));
	memset(is, 0, sizeof(is));
	c.proc = "/nowhere";
	c.secs = 2;
	c.owners_tried = true;	/* no walk over this machine's /proc */
	c.before.v = was;
	c.now.v = is;
	c.before.counters.v = old;
	c.now.counters.v = new;
	c.now.conntrack = SK_UNKNOWN;
}

static void counter_of(const char *group, const char *name, const char *of,
		       uint64_t before, uint64_t now)
{
	size_t n = c.now.counters.n;

	old[n] = new[n] = (struct sk_counter){ .group = group, .name = name,
					       .of = of };
	old[n].value = before;
	new[n].value = now;
	c.before.counters.n = c.now.counters.n = n + 1;
}

static void counter(const char *group, const char *name, uint64_t before,
		    uint64_t now)
{
	counter_of(group, name, NULL, before, now);
}

/* One more socket in both readings; cookies ascend, as sorting would. */
static struct sk_patient *sock(enum sk_kind_id kind, enum sk_state state)
{
	size_t n = c.now.n;

	is[n] = (struct sk_patient){
		.kind = kind, .family = 2, .state = state, .has_queues = true,
		.cookie = n + 1, .local = { { 127, 0, 0, 1 }, 80, 0 },
		.peer = { { 10, 0, 0, 1 }, 1000, 0 },
	};
	c.now.n = c.before.n = n + 1;
	return &is[n];
}

static void both(void)
{
	memcpy(was, is, sizeof(was));
}

/* How often the rule speaks; the first words it says in `said`. */
static char said[1024];
static int severity;

static size_t found(const char *rule)
{
	struct sk_findings f;
	struct sk_out out;
	size_t n = 0;

	said[0] = '\0';
	severity = 0;
	if (sk_doctor_examine(&c, &f, NULL) < 0)
		exit(99);
	for (size_t i = 0; i < f.n; i++) {
		if (strcmp(f.v[i].rule->name, rule) != 0)
			continue;
		if (!n++) {
			severity = f.v[i].severity;
			sk_out_init(&out, -1);
			sk_finding_fill(&f.v[i], f.v[i].rule->says, c.secs,
					&out);
			sk_out_char(&out, '\0');
			snprintf(said, sizeof(said), "%s", out.buf);
			sk_out_fini(&out);
		}
	}
	sk_findings_fini(&f);
	return n;
}

static void test_listeners(void)
{
	struct sk_patient *l;

	fresh();
	l = sock(SK_KIND_TCP, SK_STATE_LISTEN);
	l->rqueue = 128;
	l->wqueue = 128;
	both();
	is_int(found("accept-overflow"), 0, "a queue of its limit takes one more");
	is_int(found("listener-near-backlog"), 1, "but it is near");
	l->rqueue = 129;
	counter("TcpExt", "ListenOverflows", 5, 12);
	is_int(found("accept-overflow"), 1, "one more is full");
	ok(strstr(said, "127.0.0.1:80 is full (129 connections wait, its "
		  "backlog is 128); full queues turned 7 SYNs or ACKs away "
		  "in 2.0 s"),
	   "it says what and where: %s", said);
	is_int(found("listener-near-backlog"), 0, "and no longer near");
	is_int(found("accept-overflow-burst"), 0, "nor a burst");
	l->rqueue = 0;
	is_int(found("accept-overflow-burst"), 1, "a burst that is over");
	ok(strstr(said, "the fullest now is that of 127.0.0.1:80 (0 of 128)"),
	   "it names the fullest: %s", said);
	l->rqueue = 96;
	was[0].rqueue = 95;
	is_int(found("listener-near-backlog"), 0, "near in both readings only");
	was[0].rqueue = 96;
	is_int(found("listener-near-backlog"), 1, "three quarters");
	l->wqueue = 0;
	l->rqueue = 1;
	both();
	is_int(found("accept-overflow"), 0, "a backlog of 0 is no backlog");
}

static void test_backlog(void)
{
	fresh();
	sock(SK_KIND_TCP, SK_STATE_LISTEN)->wqueue = 4096;
	c.set.somaxconn = 4096;
	is_int(found("backlog-cut"), 0, "the default is no fault");
	c.set.somaxconn = 128;
	is_int(found("backlog-cut"), 0, "a larger backlog is older");
	is[0].wqueue = 128;
	is_int(found("backlog-cut"), 1, "cut by a small somaxconn");
}

static void test_syn(void)
{
	struct sk_patient *l;

	fresh();
	l = sock(SK_KIND_TCP, SK_STATE_LISTEN);
	l->wqueue = 10;
	memset(&l->local.ip, 0, sizeof(l->local.ip));
	for (int i = 0; i < 7; i++)
		sock(SK_KIND_TCP, SK_STATE_SYN_RECV);
	sock(SK_KIND_TCP, SK_STATE_SYN_RECV)->local.port = 81;
	is_int(found("syn-flood"), 0, "seven of ten are no flood");
	sock(SK_KIND_TCP, SK_STATE_SYN_RECV);
	counter("TcpExt", "SyncookiesSent", 0, 9);
	is_int(found("syn-flood"), 1, "eight are");
	ok(strstr(said, "8 half-open connections fill the queue of "
		  "0.0.0.0:80"), "of that port, at any address: %s", said);
	is_int(found("syn-drops"), 0, "told once");
	c.now.n = 1;
	is_int(found("syn-drops"), 1, "cookies without a flood to see");
	ok(strstr(said, "9 SYN cookies sent, 0 SYNs dropped"), "%s", said);
	fresh();
	counter("TcpExt", "ListenDrops", 0, 4);
	counter("TcpExt", "ListenOverflows", 0, 4);
	is_int(found("syn-drops"), 0, "overflows are not SYN drops");
	new[0].value = 6;
	is_int(found("syn-drops"), 1, "what is beyond them is");
	counter("TcpExt", "TCPReqQFullDrop", 0, 2);
	is_int(found("syn-drops"), 1, "and those of a full queue");
	ok(strstr(said, " 2 SYNs dropped"), "each once: %s", said);
	fresh();
	counter("TcpExt", "SyncookiesSent", 0, 9);
	c.set.syncookies = 1;
	is_int(found("syn-drops"), 1, "cookies, as there was no room");
	c.set.syncookies = 2;
	is_int(found("syn-drops"), 0, "cookies, as somebody wants them always");
}

/* A small queue, full of handshakes that are on their way. */
static void test_syn_burst(void)
{
	fresh();
	sock(SK_KIND_TCP, SK_STATE_LISTEN)->wqueue = 5;
	for (int i = 0; i < 4; i++)
		sock(SK_KIND_TCP, SK_STATE_SYN_RECV);
	both();
	c.before.n = 3;
	is_int(found("syn-flood"), 1, "half of them were there before");
	c.before.n = 2;
	is_int(found("syn-flood"), 0, "they come and go");
	counter("TcpExt", "ListenDrops", 0, 1);
	is_int(found("syn-flood"), 1, "but one found no room");
}

static void test_ports(void)
{
	fresh();
	c.set.port_low = 100;
	c.set.port_high = 119;
	for (unsigned i = 0; i < 15; i++)
		sock(SK_KIND_TCP, i < 3 ? SK_STATE_TIME_WAIT :
					  SK_STATE_ESTABLISHED)->local.port =
			100 + i;
	for (unsigned i = 0; i < 10; i++) {	/* elsewhere: its own ports */
		struct sk_patient *p = sock(SK_KIND_TCP,
					    SK_STATE_ESTABLISHED);

		p->local.port = 100 + i;
		p->peer.port = 2000;
	}
	sock(SK_KIND_TCP, SK_STATE_ESTABLISHED)->local.port = 99;
	sock(SK_KIND_TCP, SK_STATE_LISTEN)->local.port = 118;
	is_int(found("ports-exhausted"), 0, "15 of 20 are enough");
	sock(SK_KIND_TCP, SK_STATE_FIN_WAIT2)->local.port = 119;
	is_int(found("ports-exhausted"), 1, "16 of 20 are close");
	is_int(severity, 50, "not yet grave");
	ok(strstr(said, "16 of 20 local ports are taken from 127.0.0.1:0 to "
		  "10.0.0.1:1000 (3 of them by TIME-WAIT)"), "%s", said);
	for (unsigned i = 0; i < 3; i++)
		sock(SK_KIND_TCP, SK_STATE_ESTABLISHED)->local.port = 115 + i;
	found("ports-exhausted");
	is_int(severity, 85, "19 of 20 are");
}

static void test_conns(void)
{
	struct sk_patient *p;

	fresh();
	for (int i = 0; i < 10; i++)
		sock(SK_KIND_TCP, SK_STATE_CLOSE_WAIT);
	both();
	is_int(found("close-wait"), 1, "ten that stay in CLOSE-WAIT");
	ok(strstr(said, "a process that we do not see does not close: 10"),
	   "%s", said);
	was[3].state = SK_STATE_ESTABLISHED;
	is_int(found("close-wait"), 0, "nine, and one that came by just now");

	fresh();
	for (int i = 0; i < 3; i++) {
		p = sock(SK_KIND_TCP, SK_STATE_ESTABLISHED);
		p->has_info = true;
		p->timer = SK_TIMER_ON;
		p->retransmits = (uint8_t)(2 + i);
		p->rto_us = 1600000;
	}
	is_int(found("no-answer"), 1, "one finding for one peer");
	ok(strstr(said, "10.0.0.1:1000 does not answer: 2 connections") &&
	   strstr(said, "for the 4. time (next in 1600 ms)"), "%s", said);
	for (int i = 0; i < 3; i++)
		is[i].timer = SK_TIMER_PERSIST;
	is_int(found("no-answer"), 0, "a peer with a closed window answers");

	is[0].wqueue = is[1].wqueue = 1000;
	both();
	was[1].bytes_acked = 1;
	is_int(found("zero-window"), 1, "closed in both readings, no progress");
	was[0].timer = SK_TIMER_ON;
	is_int(found("zero-window"), 0, "closed just now");
}

/* `old` idle connections in both readings, and two that are new. */
static void forgotten(size_t n)
{
	fresh();
	c.set.port_low = 2000;
	c.set.port_high = 3000;
	for (size_t i = 0; i < n + 2; i++) {
		struct sk_patient *p = sock(SK_KIND_TCP, SK_STATE_ESTABLISHED);

		p->local.port = 2000 + (uint32_t)i;
		p->inode = i + 1;
		p->has_info = true;
		p->bytes_acked = p->bytes_received = 7;
	}
	both();
	c.before.n -= 2;
}

static void test_leak(void)
{
	forgotten(20);
	is_int(found("socket-leak"), 1, "20 idle, 2 new, none closed");
	ok(strstr(said, "a process that we do not see connects to "
		  "10.0.0.1:1000 again and again") &&
		   strstr(said, "2 connections came in 2.0 s, none of 20 went, "
			  "and 20 of them carried nothing"),
	   "it says so: %s", said);
	forgotten(19);
	is_int(found("socket-leak"), 0, "19 may be one for each thread");
	forgotten(20);
	c.before.n++;
	is_int(found("socket-leak"), 0, "a single new one may be in need");
	forgotten(20);
	is[0].bytes_received = is[1].bytes_acked = 9;
	is_int(found("socket-leak"), 1, "two of twenty at work");
	is[2].bytes_acked = 9;
	is_int(found("socket-leak"), 0, "three are: it uses them");
	forgotten(21);
	is[0].state = SK_STATE_FIN_WAIT2;
	is_int(found("socket-leak"), 0, "it closes");
	forgotten(21);
	is[0].cookie = 0;
	is_int(found("socket-leak"), 0, "one has gone");
	forgotten(20);
	for (uint32_t i = 0; i < 22; i++) {
		is[i].peer.port = was[i].peer.port = 5000 + i;
		is[i].local.port = was[i].local.port = 2000;
	}
	is_int(found("socket-leak"), 0, "a server does not choose its clients");
	forgotten(20);
	is[21].peer.port = is[20].peer.port = 1001;
	is_int(found("socket-leak"), 0, "the new ones go somewhere else");
	forgotten(20);
	c.set.port_low = -1;
	is_int(found("socket-leak"), 0, "the range of ports is not known");
}

static void test_buffer(void)
{
	struct sk_patient *p;

	fresh();
	p = sock(SK_KIND_TCP, SK_STATE_ESTABLISHED);
	p->has_info = true;
	p->rtt_us = 30000;
	both();
	p->busy_us = 1000000;
	p->sndbuf_limited_us = 290000;
	is_int(found("small-buffer"), 0, "a little waiting is no harm");
	p->sndbuf_limited_us = 600000;
	is_int(found("small-buffer"), 1, "most of the time is");
	ok(strstr(said, "60% of its time it waits for room in its send buffer; "
		  "the round trip takes 30 ms"), "%s", said);
	p->rwnd_limited_us = 900000;
	found("small-buffer");
	ok(strstr(said, "90% of its time it waits for the peer's receive "
		  "window"), "%s", said);
	p->rtt_us = 10000;
	is_int(found("small-buffer"), 0, "not on a short path");
	p->rtt_us = 30000;
	p->busy_us = 100000;
	is_int(found("small-buffer"), 0, "not when there is little to send");
}

static void test_retrans(void)
{
	struct sk_patient *p;

	fresh();
	counter("Tcp", "RetransSegs", 100, 119);
	counter("Tcp", "OutSegs", 1000, 1100);
	is_int(found("retransmissions"), 0, "nineteen are few");
	new[0].value = 120;
	is_int(found("retransmissions"), 1, "twenty of a hundred are many");
	ok(strstr(said, "16% of") && strstr(said, "20 of 120"), "%s", said);
	ok(strstr(said, "sockets that have gone"), "nobody to blame: %s", said);
	new[1].value = 2000;
	is_int(found("retransmissions"), 0, "twenty of a thousand are not");
	new[1].value = 1100;
	p = sock(SK_KIND_TCP, SK_STATE_ESTABLISHED);
	p->has_info = true;
	p->total_retrans = 5;
	both();
	p->total_retrans = 15;
	found("retransmissions");
	ok(strstr(said, "most of them, 10, to 10.0.0.1:1000"), "%s", said);
}

static void test_machine(void)
{
	fresh();
	counter("TCP", "tw", 0, 79);
	counter("TcpExt", "TCPTimeWaitOverflow", 0, 0);
	c.set.tw_max = 100;
	is_int(found("time-wait"), 0, "79 of 100 in TIME-WAIT");
	new[0].value = 80;
	is_int(found("time-wait"), 1, "80 of 100");
	new[0].value = 0;
	new[1].value = 1;
	is_int(found("time-wait"), 1, "or one that had to skip it");

	fresh();
	counter("TCP", "orphan", 0, 499);
	counter("TcpExt", "TCPAbortOnMemory", 0, 0);
	is_int(found("orphans"), 0, "a limit that nobody tells is none");
	c.set.orphans_max = 1000;
	is_int(found("orphans"), 0, "499 of 1000 orphans");
	new[0].value = 500;
	is_int(found("orphans"), 1, "500 of 1000");
	new[0].value = 0;
	new[1].value = 1;
	c.set.orphans_max = SK_UNKNOWN;
	is_int(found("orphans"), 1, "or one reset for want of memory");
	ok(strstr(said, "is not known here"), "%s", said);
}

static void test_memory(void)
{
	fresh();
	counter("TCP", "mem", 0, 99);
	counter("TcpExt", "TCPMemoryPressures", 3, 3);
	memcpy(c.set.tcp_mem, (int64_t[]){ 50, 100, 150 },
	       sizeof(c.set.tcp_mem));
	is_int(found("tcp-memory"), 0, "below the pressure");
	new[0].value = 100;
	is_int(found("tcp-memory"), 1, "under pressure");
	is_int(severity, 80, "which is bad");
	new[0].value = 143;
	found("tcp-memory");
	is_int(severity, 95, "the limit is worse");
	new[0].value = 1;
	new[1].value = 4;
	is_int(found("tcp-memory"), 1, "it was there meanwhile");

	fresh();
	counter("UDP", "mem", 0, 119);
	counter("Udp", "MemErrors", 0, 0);
	memcpy(c.set.udp_mem, (int64_t[]){ 150, 300, 450 },
	       sizeof(c.set.udp_mem));
	is_int(found("udp-memory"), 0, "119 of 150 pages of UDP");
	new[0].value = 120;
	is_int(found("udp-memory"), 1, "120 of 150: the other two do not count");
	new[0].value = 0;
	new[1].value = 2;
	is_int(found("udp-memory"), 1, "or datagrams dropped for it");
}

static void test_udp(void)
{
	struct sk_patient *p;

	fresh();
	p = sock(SK_KIND_UDP, SK_STATE_CLOSE);
	p->has_mem = true;
	p->rcvbuf = 1000;
	p->rqueue = 900;
	p->drops = 5;
	both();
	is_int(found("udp-drops"), 0, "drops of long ago");
	is_int(found("udp-unread"), 1, "but full all the time");
	p->drops = 8;
	is_int(found("udp-drops"), 1, "drops of now");
	ok(strstr(said, "3 datagrams were dropped in 2.0 s, 900 of 1000"),
	   "%s", said);
	is_int(found("udp-unread"), 0, "told once");
	p->drops = 5;
	p->rqueue = 899;
	is_int(found("udp-unread"), 0, "not quite full");
	counter("Udp6", "RcvbufErrors", 1, 3);
	is_int(found("udp-drops"), 1, "drops of a socket that has gone");
	ok(strstr(said, "a process that has gone"), "%s", said);
}

static void test_devices(void)
{
	fresh();
	counter_of("Softnet", "Dropped", "0", 7, 7);
	counter_of("Softnet", "Dropped", "1", 2, 5);
	is_int(found("softnet-drops"), 1, "one CPU drops");
	ok(strstr(said, "CPU 1 dropped 3 packets"), "%s", said);

	fresh();
	counter_of("Dev", "RxPackets", "eth0", 0, 1000);
	counter_of("Dev", "RxDrop", "eth0", 0, 9);
	counter_of("Dev", "TxPackets", "eth0", 0, 5000);
	counter_of("Dev", "TxFifo", "eth0", 0, 20);
	is_int(found("device-drops"), 0, "a trifle is dropped everywhere");
	new[0].value = 10;
	is_int(found("device-drops"), 0, "nine are, of how few ever");
	new[0].value = 1000;
	new[1].value = 10;
	is_int(found("device-drops"), 1, "one in a hundred is not");
	ok(strstr(said, "eth0 dropped 10 packets on input and 0 on output"),
	   "%s", said);

	fresh();
	c.set.conntrack_max = 1000;
	c.now.conntrack = 899;
	counter("Conntrack", "drop", 0, 0);
	is_int(found("conntrack-full"), 0, "899 of 1000 tracked");
	c.now.conntrack = 900;
	is_int(found("conntrack-full"), 1, "900 of 1000");
	is_int(severity, 85, "bad");
	new[0].value = 1;
	found("conntrack-full");
	is_int(severity, 95, "worse, as it drops");

	fresh();
	c.set.files = 89;
	c.set.files_max = 100;
	is_int(found("files"), 0, "89 of 100 files");
	c.set.files = 90;
	is_int(found("files"), 1, "90 of 100");
}

/* Templates name only evidence that their tests give. */
static void test_templates(void)
{
	const struct sk_rule *r;
	bool form = true;
	size_t n = 0;

	for (; (r = sk_rule_at(n)) != NULL; n++)
		form &= r->says && r->remedy && r->test && r->severity > 0 &&
			r->severity <= 100 && sk_rule_find(r->name) == r &&
			r->says[strlen(r->says) - 1] != '.' &&
			r->remedy[strlen(r->remedy) - 1] != '.';
	ok(form && n > 15, "every rule has name, test, sentence and remedy");
	ok(!sk_rule_find("nosuch"), "no rule is called nosuch");
}

static void test_order(void)
{
	struct sk_findings f;
	struct sk_out out;

	fresh();
	counter("TcpExt", "SyncookiesSent", 0, 1);
	counter_of("Softnet", "Dropped", "0", 0, 1);
	counter_of("Softnet", "Dropped", "1", 0, 2);
	is_int(sk_doctor_examine(&c, &f, NULL), 0, "an examination");
	ok(f.n == 3 && !strcmp(f.v[0].rule->name, "syn-drops") &&
	   !strcmp(f.v[1].evidence[0].text, "1"),
	   "worst first, then the most");
	sk_out_init(&out, -1);
	sk_findings_show(&f, 2, true, &out);
	sk_out_char(&out, '\0');
	ok(strstr(out.buf, "\"evidence\":{\"cookies\":1,\"dropped\":0}"),
	   "JSON: numbers are numbers");
	ok(strstr(out.buf, "\"evidence\":{\"cpu\":\"1\",\"n\":2}"),
	   "JSON: names are text");
	sk_out_fini(&out);
	sk_findings_fini(&f);

	fresh();
	is_int(sk_doctor_examine(&c, &f, NULL), 0, "of nothing at all");
	is_int(f.n, 0, "nothing is wrong");
	sk_findings_fini(&f);
}

int main(void)
{
	test_listeners();
	test_backlog();
	test_syn();
	test_syn_burst();
	test_ports();
	test_conns();
	test_leak();
	test_buffer();
	test_retrans();
	test_machine();
	test_memory();
	test_udp();
	test_devices();
	test_templates();
	test_order();
	return tap_done();
}
