/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an attacker, or a broken peer, may send: RFC 5961, 5927, 7323 (PAWS),
 * and the security checklist of sockkit-stack(7).
 */
#include <errno.h>

#include "conv_wire.h"
#include "stack/tcp/isn.h"
#include "stack/wire/bytes.h"

/* --- blind attacks -------------------------------------------------------- */

TCP_CASE(rst_off_by_one, "RFC 5961 3.2")
{
	open_plain(t);
	say(t, "< R 2:2(0) win 0\n"
	       "> . 1:1(0) ack 1\n"
	       "< R 1:1(0) win 0\n");
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), ECONNRESET);
}

TCP_CASE(rst_outside_the_window, "RFC 5961 3.2")
{
	open_plain(t);
	say(t, "< R 0:0(0) win 0\n"
	       "< R 70000:70000(0) win 0\n"
	       "< R. 900000:900000(0) ack 1 win 0\n");
	check_int(t, pcb(t)->state, TCPS_ESTABLISHED);
}

TCP_CASE(syn_in_established, "RFC 5961 4.2")
{
	open_plain(t);
	say(t, "< S 1:1(0) win 32000 <mss 1000>\n"
	       "> . 1:1(0) ack 1\n"
	       "+2s\n"
	       "< S 900000:900000(0) win 32000 <mss 1000>\n"
	       "> . 1:1(0) ack 1\n"
	       "+2s\n"
	       "< S. 5:5(0) ack 1 win 32000 <mss 1000>\n"
	       "> . 1:1(0) ack 1\n");
	check_int(t, pcb(t)->state, TCPS_ESTABLISHED);
}

TCP_CASE(peer_has_rebooted, "RFC 5961 4.2")
{
	open_plain(t);
	say(t, "< S 900000:900000(0) win 32000 <mss 1000>\n"
	       "> . 1:1(0) ack 1\n"
	       /* It knows nothing of us: its RST has our number. */
	       "< R 1:1(0) win 0\n");
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), ECONNRESET);
}

TCP_CASE(ack_of_what_was_not_sent, "RFC 5961 5.2")
{
	open_plain(t);
	say(t, "< . 1:1(0) ack 2 win 32000\n"
	       "> . 1:1(0) ack 1\n"
	       "+2s\n"
	       "< P. 1:101(100) ack 5000 win 32000\n"
	       "> . 1:1(0) ack 1\n");
	check_int(t, app_recv(t, 100), -EAGAIN);
}

TCP_CASE(ack_far_below, "RFC 5961 5.2")
{
	open_with(t, "mss 1000", 5000);
	app_send(t, 1000);
	say(t, "> P. 1:1001(1000) ack 1\n"
	       "< . 1:1(0) ack 1001 win 5000\n");
	t->stk_isn -= 100000;
	inject(t, "P. 1:101(100) ack 1 win 5000");
	t->stk_isn += 100000;
	say(t, "> . 1001:1001(0) ack 1\n");
	check_int(t, app_recv(t, 100), -EAGAIN);
}

TCP_CASE(old_ack_with_data_is_taken, "RFC 5961 5.2")
{
	open_plain(t);
	app_send(t, 1000);
	say(t, "> P. 1:1001(1000) ack 1\n"
	       "< . 1:1(0) ack 1001 win 32000\n"
	       "< P. 1:101(100) ack 501 win 32000\n"
	       "> . 1001:1001(0) ack 101\n");
	check_int(t, app_recv(t, 200), 100);
}

TCP_CASE(challenge_acks_are_limited, "RFC 5961 7")
{
	open_plain(t);
	for (int i = 0; i < 1000; i++)
		inject(t, "R 2:2(0) win 0");
	check_int(t, drain(t), 1);
	check_int(t, counter(t, "tcp_challenge_limited"), 999);
}

TCP_CASE(challenge_limit_is_not_to_be_guessed, "CVE-2016-5696")
{
	uint64_t first = 0, last = 0, gap[20];
	unsigned n = 0, same = 0;

	open_plain(t);
	for (unsigned i = 0; i < 30000 && n < 20; i++) {
		inject(t, "R 2:2(0) win 0");
		if (drain(t)) {
			if (last)
				gap[n++] = t->now - last;
			last = t->now;
			first = first ? first : last;
		}
		advance(t, MS(1));
	}
	check_int(t, n, 20);
	for (unsigned i = 1; i < n; i++)
		same += gap[i] == gap[0];
	check(t, same < 5);
}

TCP_CASE(challenge_limit_is_not_shared, "CVE-2016-5696")
{
	open_plain(t);
	for (int i = 0; i < 10; i++)
		inject(t, "R 2:2(0) win 0");
	drain(t);
	/* Another connection has its own. */
	stk_close(t->sk);
	t->sk = NULL;
	advance(t, 0);
	drain(t);
	t->sport = 40001;
	t->stk_isn_known = false;
	open_plain(t);
	say(t, "< R 2:2(0) win 0\n"
	       "> . 1:1(0) ack 1\n");
}

TCP_CASE(no_loop_of_acks, "RFC 5961 7")
{
	open_plain(t);
	for (int i = 0; i < 100; i++)
		inject(t, ". 900000:900000(0) ack 1 win 32000");
	check_int(t, drain(t), 1);
}

/* --- PAWS ----------------------------------------------------------------- */

TCP_CASE(paws_drops_old_data, "RFC 7323 5.3 R1")
{
	open_full(t);
	say(t, "+1s\n"
	       "< P. 1:101(100) ack 1 win 512\n"
	       "> . 1:1(0) ack 101\n"
	       "< P. 101:201(100) ack 1 win 512 <TS val 99 ecr last>\n"
	       "> . 1:1(0) ack 101\n");
	check_int(t, app_recv(t, 1000), 100);
	check_int(t, counter(t, "tcp_paws"), 1);
}

TCP_CASE(paws_lets_rst_pass, "RFC 7323 5.2")
{
	open_full(t);
	say(t, "+1s\n"
	       "< P. 1:101(100) ack 1 win 512\n"
	       "> . 1:1(0) ack 101\n"
	       "< R 101:101(0) win 0 <TS val 5 ecr 0>\n");
	check_int(t, pcb(t)->state, TCPS_CLOSED);
}

TCP_CASE(paws_after_24_days, "RFC 7323 5.5")
{
	open_full(t);
	advance(t, 25 * 86400 * SK_SEC);
	say(t, "< P. 1:101(100) ack 1 win 512 <TS val 99 ecr last>\n"
	       "> . 1:1(0) ack 101\n");
	check_int(t, app_recv(t, 1000), 100);
	/* Its clock has come round: this is what counts from now on. */
	check_int(t, t->last.h.opts.ts_ecr, 99);
	say(t, "< P. 101:201(100) ack 1 win 512 <TS val 98 ecr last>\n"
	       "> . 1:1(0) ack 101\n");
	check_int(t, app_recv(t, 1000), -EAGAIN);
}

TCP_CASE(missing_timestamp, "RFC 7323 3.2")
{
	open_full(t);
	say(t, "< P. 1:101(100) ack 1 win 512 <>\n");
	check_int(t, app_recv(t, 1000), -EAGAIN);
	say(t, "< P. 1:101(100) ack 1 win 512\n"
	       "> . 1:1(0) ack 101\n");
}

TCP_CASE(timestamp_echoed_is_of_the_acked_segment, "RFC 7323 4.3")
{
	open_full(t);
	/* Out of order: its stamp is not the one to echo. */
	say(t, "< P. 101:201(100) ack 1 win 512 <TS val 150 ecr last>\n"
	       "> . 1:1(0) ack 1 <TS val . ecr 100,sack 101:201>\n"
	       "< P. 1:101(100) ack 1 win 512 <TS val 120 ecr last>\n"
	       "> . 1:1(0) ack 201 <TS val . ecr 120>\n");
}

TCP_CASE(timestamps_of_peers_are_unrelated, "RFC 7323 5.4")
{
	struct stk_key a = { t->self, t->peer, 80, 1000, IPPROTO_TCP };
	struct stk_key b = a;

	b.rport = 2000;
	check_int(t, tcp_ts_offset(t->s, &a) == tcp_ts_offset(t->s, &b), 1);
	b.remote.b[15] ^= 1;
	check(t, tcp_ts_offset(t->s, &a) != tcp_ts_offset(t->s, &b));
}

TCP_CASE(timestamp_of_an_impossible_ack, "RFC 7323 4.3, RFC 5961 5.2")
{
	open_full(t);
	say(t, "< . 1:1(0) ack 9999 win 512 <TS val 200000 ecr last>\n"
	       "> . 1:1(0) ack 1 <TS val . ecr 100>\n"
	       "< P. 1:101(100) ack 1 win 512 <TS val 101 ecr last>\n"
	       "> . 1:1(0) ack 101 <TS val . ecr 101>\n");
}

TCP_CASE(echo_from_the_future, "RFC 7323 4.1")
{
	uint32_t was;

	open_full(t);
	app_send(t, 1000);
	say(t, "> P. 1:1001(1000) ack 1\n"
	       "+200ms\n"
	       "> P. 1:1001(1000) ack 1\n"
	       "< . 1:1(0) ack 1001 win 512 <TS val 100 ecr 4294967295>\n");
	check(t, pcb(t)->rtt.srtt < 600000000);
	was = pcb(t)->rtt.srtt;
	app_send(t, 1000);
	say(t, "> P. 1001:2001(1000) ack 1\n");
	advance(t, MS(900));
	drain(t);
	/* A minute ahead of ours, after a retransmission. */
	t->ts_last += 60000;
	say(t, "< . 1:1(0) ack 2001 win 512 <TS val 100 ecr last>\n");
	check_int(t, pcb(t)->rtt.srtt, was);
}

/* --- numbers -------------------------------------------------------------- */

TCP_CASE(isn_is_keyed, "RFC 6528 3")
{
	struct stk_key a = { t->self, t->peer, 80, 1000, IPPROTO_TCP };
	struct stk_key b = a;
	uint32_t one = tcp_isn(t->s, &a), two;
	struct stk_key128 secret = t->s->secret;

	b.rport++;
	two = tcp_isn(t->s, &b);
	check(t, one != two && two - one != 1 && one - two != 1);
	t->s->secret.k0 ^= 1;
	check(t, tcp_isn(t->s, &a) != one);
	t->s->secret = secret;
	check_int(t, tcp_isn(t->s, &a), one);
}

TCP_CASE(isn_grows_with_time, "RFC 6528 3")
{
	struct stk_key a = { t->self, t->peer, 80, 1000, IPPROTO_TCP };
	uint32_t one = tcp_isn(t->s, &a);

	advance(t, SK_SEC);
	check_int(t, tcp_isn(t->s, &a) - one, 250000);
}

TCP_CASE(ephemeral_ports_differ, "RFC 6056 3.3.3")
{
	struct stk_addr a = { (uint16_t)t->family, 80, t->peer }, l;
	struct stk_sock *sk[8];
	uint16_t port[8];

	t->sport = 80;
	for (int i = 0; i < 8; i++) {
		stk_socket(t->s, t->family, SOCK_STREAM, &sk[i]);
		check_int(t, stk_connect(sk[i], &a), -EINPROGRESS);
		stk_local(sk[i], &l);
		port[i] = l.port;
		for (int j = 0; j < i; j++)
			check(t, port[i] != port[j]);
		check(t, port[i] >= 1024);
	}
	for (int i = 0; i < 8; i++)
		stk_close(sk[i]);
	advance(t, 0);
	drain(t);
}

/* --- malformed headers ---------------------------------------------------- */

TCP_CASE(bad_checksum, "RFC 9293 3.1")
{
	open_plain(t);
	say(t, "< P. 1:101(100) ack 1 win 32000 badsum\n");
	check_int(t, counter(t, "tcp_bad"), 1);
	check_int(t, app_recv(t, 100), -EAGAIN);
}

TCP_CASE(data_offset_below_five, "security")
{
	open_plain(t);
	for (int i = 0; i < 5; i++) {
		char line[60];

		snprintf(line, sizeof(line),
			 "P. 1:101(100) ack 1 win 32000 doff %d", i);
		inject(t, line);
	}
	expect_idle(t);
	check_int(t, counter(t, "tcp_bad"), 5);
}

TCP_CASE(data_offset_beyond_the_segment, "security")
{
	open_plain(t);
	say(t, "< . 1:1(0) ack 1 win 32000 doff 6\n"
	       "< P. 1:11(10) ack 1 win 32000 doff 15\n");
	check_int(t, counter(t, "tcp_bad"), 2);
}

TCP_CASE(runts, "security")
{
	uint8_t b[20] = { 0, 80, 0, 80 };

	open_plain(t);
	for (size_t n = 0; n < 20; n++) {
		b[16] = 1;
		conv_ip_in(t, IPPROTO_TCP, b, n < 18 ? 18 : n);
	}
	expect_idle(t);
	check(t, counter(t, "tcp_bad") >= 18);
}

TCP_CASE(option_of_length_zero, "RFC 9293 3.2 MUST-7")
{
	open_plain(t);
	say(t, "< P. 1:101(100) ack 1 win 32000 <raw 0800>\n"
	       "> . 1:1(0) ack 101\n"
	       /* Of a kind that nobody knows: not read for ever. */
	       "< P. 101:201(100) ack 1 win 32000 <raw fe00>\n"
	       "> . 1:1(0) ack 201\n");
}

TCP_CASE(option_of_length_one, "RFC 9293 3.2 MUST-7")
{
	open_plain(t);
	say(t, "< P. 1:101(100) ack 1 win 32000 <raw fe01>\n"
	       "> . 1:1(0) ack 101\n");
}

TCP_CASE(option_beyond_the_header, "RFC 9293 3.2 MUST-7")
{
	open_plain(t);
	say(t, "< P. 1:101(100) ack 1 win 32000 <raw 08ff0000>\n"
	       "> . 1:1(0) ack 101\n"
	       "< P. 101:201(100) ack 1 win 32000 <raw 010101fe>\n"
	       "> . 1:1(0) ack 201\n");
}

TCP_CASE(unknown_options_are_skipped, "RFC 9293 3.2 MUST-6")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <raw fd06aabbccdd,mss 900>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< . 1:1(0) ack 1 win 100\n");
	app_accept(t);
	check_int(t, pcb(t)->mss, 900);
}

TCP_CASE(options_of_wrong_length, "security")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <raw 0203050303070700>\n"
	       "> S. 0:0(0) ack 1\n");
	check_int(t, t->last.h.opts.has_wscale, 0);
}

TCP_CASE(urgent_pointer_beyond_the_payload, "security")
{
	open_plain(t);
	say(t, "< U. 1:11(10) ack 1 win 32000 urg 65535\n"
	       "> . 1:1(0) ack 11\n"
	       "< U. 11:11(0) ack 1 win 32000 urg 65535\n");
	check_int(t, app_recv(t, 100), 10);
}

TCP_CASE(all_flags_at_once, "security")
{
	open_plain(t);
	say(t, "< FSRPU. 1:101(100) ack 1 win 32000\n");
	check_int(t, pcb(t)->state, TCPS_CLOSED);
}

TCP_CASE(no_flags_at_all, "security")
{
	open_plain(t);
	say(t, "< - 1:101(100) win 32000\n");
	check_int(t, app_recv(t, 100), -EAGAIN);
}

/* --- addresses ------------------------------------------------------------ */

TCP_CASE(land, "security")
{
	app_listen(t, 5);
	t->peer = t->self;
	t->sport = 80;
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n");
	check_int(t, tcp_of(t->lsn)->lsn->n_reqs, 0);
}

/* SYNs from, or to, addresses that nobody can have. NULL ends them. */
static void syns(struct conv *t, struct stk_ip *where, const char *const *list)
{
	app_listen(t, 5);
	for (; *list; list++) {
		stk_ip_parse(where, *list);
		say(t, "< S 0:0(0) win 32000 <mss 1000>\n");
	}
	check_int(t, tcp_of(t->lsn)->lsn->n_reqs, 0);
}

TCP_CASE(syn_from_nowhere, "security")
{
	static const char *const none[2][6] = {
		{ "0.0.0.0", "224.0.0.1", "255.255.255.255", "198.18.0.255",
		  "127.0.0.1", NULL },
		{ "::", "ff02::1", "::1", "::ffff:198.18.0.1", NULL },
	};

	syns(t, &t->peer, none[t->family == AF_INET6]);
}

TCP_CASE(syn_to_a_group, "RFC 9293 3.9.2.3 MUST-57")
{
	static const char *const all[2][3] = {
		{ "224.0.0.1", "198.18.0.255", NULL }, { "ff02::1", NULL },
	};

	syns(t, &t->self, all[t->family == AF_INET6]);
}

/* --- exhaustion ----------------------------------------------------------- */

TCP_CASE(syn_flood, "RFC 4987")
{
	app_listen(t, 100);
	for (unsigned i = 0; i < 5000; i++) {
		t->sport = (uint16_t)(1000 + i);
		inject(t, "S 0:0(0) win 32000 <mss 1000>");
		drain(t);
	}
	check_int(t, tcp_of(t->lsn)->lsn->n_reqs, 100);
	check_int(t, counter(t, "tcp_cookies_sent"), 4900);
	t->sport = 40000;
	t->stk_isn_known = false;
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< . 1:1(0) ack 1 win 32000\n");
	check_int(t, app_accept(t), 0);
}

TCP_CASE(flood_of_tiny_holes, "security")
{
	size_t before = t->s->pool.bytes;

	open_full(t);
	for (uint32_t i = 0; i < 10000; i++) {
		char line[60];

		snprintf(line, sizeof(line), "P. %u:%u(1) ack 1 win 512",
			 3 + i * 2, 4 + i * 2);
		inject(t, line);
		drain(t);
	}
	check_int(t, pcb(t)->ooo.n, SEQSET_MAX);
	check_int(t, counter(t, "tcp_ooo_drops"), 10000 - SEQSET_MAX);
	check(t, t->s->pool.bytes - before < (1 << 20));
	/* What comes in order still gets through. */
	peer_send(t, 1, 20001, 1000, 1, 512);
	check_int(t, app_recv(t, 30000), 20001);
	drain(t);
}

TCP_CASE(sack_flood_on_tiny_mss, "CVE-2019-11477")
{
	open_with(t, "mss 48,sackOK", 65535);
	check_int(t, pcb(t)->mss, TCP_MSS_MIN);
	pcb(t)->cc.cwnd = 1 << 20;
	app_send(t, 40000);
	drain(t);
	for (uint32_t i = 0; i < 450; i++) {
		char line[80];

		snprintf(line, sizeof(line),
			 ". 1:1(0) ack 1 win 65535 <sack %u:%u>",
			 i * 88 + 45, i * 88 + 46);
		inject(t, line);
		drain(t);
	}
	check(t, pcb(t)->sacked.n <= SEQSET_MAX);
	check_int(t, pcb(t)->state, TCPS_ESTABLISHED);
}

TCP_CASE(zero_window_holds_little, "security")
{
	char b[4096];
	struct iovec v = { b, sizeof(b) };

	memset(b, 'x', sizeof(b));
	open_with(t, "mss 1000", 0);
	while (stk_send(t->sk, &v, 1, NULL) > 0)
		;
	check(t, stk_unacked(t->sk) <= TCP_SND_INITIAL);
}

TCP_CASE(idle_connections_hold_no_buffers, "stk.h")
{
	size_t before = t->s->pool.bufs;

	open_full(t);
	app_send(t, 5000);
	drain(t);
	peer_send(t, 1, 5000, 1000, 1, 512);
	app_recv(t, 5000);
	inject(t, ". 5001:5001(0) ack 5001 win 512");
	drain(t);
	check_int(t, t->s->pool.bufs, before);
}

TCP_CASE(memory_is_out, "stk.h")
{
	size_t limit = t->s->pool.limit;

	open_plain(t);
	/* Free lists may hold some: what matters is that nothing breaks. */
	t->s->pool.limit = 0;
	peer_send(t, 1, 60000, 1000, 1, 32000);
	drain(t);
	t->s->pool.limit = limit;
	peer_send(t, 1, 60000, 1000, 1, 32000);
	drain(t);
	check_int(t, app_recv(t, 100000), 60000);
	drain(t);
}

/* --- ICMP ----------------------------------------------------------------- */

/* Type and code of "port unreachable", "host unreachable", "too big". */
static void port_unreachable(struct conv *t, uint32_t seq)
{
	bool v4 = t->family == AF_INET;

	inject_icmp(t, v4 ? 3 : 1, v4 ? 3 : 4, 0, seq);
}

static void too_big(struct conv *t, unsigned mtu, uint32_t seq)
{
	bool v4 = t->family == AF_INET;

	inject_icmp(t, v4 ? 3 : 2, v4 ? 4 : 0, mtu, seq);
}

TCP_CASE(hard_error_ends_the_attempt, "RFC 9293 3.9.2.2")
{
	app_connect(t);
	say(t, "> S 0:0(0)\n");
	port_unreachable(t, 0);
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	check_int(t, pcb(t)->state, TCPS_CLOSED);
}

TCP_CASE(soft_error_is_told_at_the_end, "RFC 5461 2.2")
{
	app_connect(t);
	say(t, "> S 0:0(0)\n");
	inject_icmp(t, 3, 1, 0, 0);
	check_int(t, pcb(t)->state, TCPS_SYN_SENT);
	advance(t, 200 * SK_SEC);
	drain(t);
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), EHOSTUNREACH);
}

TCP_CASE(soft_error_is_forgotten_by_progress, "RFC 5461 2.2")
{
	open_plain(t);
	app_send(t, 1000);
	say(t, "> P. 1:1001(1000) ack 1\n");
	port_unreachable(t, 1);
	say(t, "< . 1:1(0) ack 1001 win 32000\n");
	app_send(t, 1000);
	advance(t, 2000 * SK_SEC);
	drain(t);
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), ETIMEDOUT);
}

TCP_CASE(hard_error_does_not_end_a_connection, "RFC 5927 5.2")
{
	open_plain(t);
	app_send(t, 1000);
	say(t, "> P. 1:1001(1000) ack 1\n");
	port_unreachable(t, 1);
	check_int(t, pcb(t)->state, TCPS_ESTABLISHED);
	say(t, "< . 1:1(0) ack 1001 win 32000\n");
}

TCP_CASE(icmp_must_quote_what_is_in_flight, "RFC 5927 4.1")
{
	open_plain(t);
	app_send(t, 1000);
	say(t, "> P. 1:1001(1000) ack 1\n");
	too_big(t, 1300, 0);
	too_big(t, 1300, 1001);
	too_big(t, 1300, 500000);
	check_int(t, counter(t, "icmp_stray"), 3);
	check_int(t, ip_pmtu(t->s, &t->peer), 1500);
}

TCP_CASE(path_mtu, "RFC 1191 6, RFC 8201 5")
{
	unsigned payload = t->family == AF_INET ? 1360 : 1340;
	char line[80];

	open_with(t, "mss 1440", 32000);
	app_send(t, 1440);
	say(t, "> P. 1:1441(1440) ack 1\n");
	too_big(t, 1400, 1);
	snprintf(line, sizeof(line), "> . 1:%u(%u) ack 1\n", 1 + payload,
		 payload);
	say(t, line);
	snprintf(line, sizeof(line), "> P. %u:1441(%u) ack 1\n", 1 + payload,
		 1440 - payload);
	say(t, line);
	say(t, "< . 1:1(0) ack 1441 win 32000\n");
	check_int(t, pcb(t)->mss, payload);
	check_int(t, pcb(t)->cc.mss, payload);
	/* It was no congestion. */
	check(t, pcb(t)->cc.cwnd >= 10000);
}

TCP_CASE(path_mtu_below_the_minimum, "RFC 5927 7.2")
{
	open_with(t, "mss 1400", 32000);
	app_send(t, 1400);
	say(t, "> P. 1:1401(1400) ack 1\n");
	too_big(t, 20, 1);
	drain(t);
	check(t, pcb(t)->mss >= TCP_MSS_MIN);
	check_int(t, pcb(t)->state, TCPS_ESTABLISHED);
}

TCP_CASE(path_mtu_does_not_grow, "RFC 1191 3")
{
	open_with(t, "mss 1400", 32000);
	app_send(t, 1400);
	say(t, "> P. 1:1401(1400) ack 1\n");
	too_big(t, 9000, 1);
	check_int(t, pcb(t)->mss, 1400);
}
