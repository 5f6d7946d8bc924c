/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A listener's queues, and SYN cookies: listen(2), RFC 4987. */
#include <errno.h>

#include "conv.h"
#include "stack/tcp/cookie.h"

/* --- queues --------------------------------------------------------------- */

/* Handshakes from ports base… up to the third ACK; returns how many stand. */
static void knock(struct conv *t, uint16_t port)
{
	t->sport = port;
	t->stk_isn_known = false;
	inject(t, "S 0:0(0) win 32000 <mss 1000>");
}

TCP_CASE(backlog_is_kept, "listen(2)")
{
	app_listen(t, 2);
	for (uint16_t port = 1000; port < 1002; port++) {
		knock(t, port);
		say(t, "> S. 0:0(0) ack 1\n"
		       "< . 1:1(0) ack 1 win 32000\n");
	}
	knock(t, 1002);
	expect_idle(t);
	check_int(t, counter(t, "tcp_accept_queue_full"), 1);
	check_int(t, app_accept(t), 0);
	stk_close(t->sk);
	t->sk = NULL;
	advance(t, 0);
	drain(t);
	knock(t, 1002);
	say(t, "> S. 0:0(0) ack 1\n");
}

TCP_CASE(ack_waits_while_accept_queue_is_full, "listen(2)")
{
	uint32_t isn;

	app_listen(t, 1);
	knock(t, 1000);
	say(t, "> S. 0:0(0) ack 1\n");
	isn = t->stk_isn;
	knock(t, 1001);
	say(t, "> S. 0:0(0) ack 1\n");
	say(t, "< . 1:1(0) ack 1 win 32000\n");
	t->sport = 1000;
	t->stk_isn = isn;
	say(t, "< . 1:1(0) ack 1 win 32000\n");
	check_int(t, counter(t, "tcp_accept_queue_full"), 1);
	check_int(t, app_accept(t), 0);
	/* Our SYN-ACK comes again, and its answer finds room. */
	say(t, "+1s\n"
	       "> S. 0:0(0) ack 1\n"
	       "< . 1:1(0) ack 1 win 32000\n");
	stk_close(t->sk);
	drain(t);
	check_int(t, app_accept(t), 0);
	check_int(t, t->sk->node.key.rport, 1000);
}

TCP_CASE(closing_listener_resets_unaccepted, "RFC 9293 3.10.4")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< . 1:1(0) ack 1 win 32000\n");
	stk_close(t->lsn);
	t->lsn = NULL;
	advance(t, 0);
	say(t, "> R. 1:1(0) ack 1\n");
}

TCP_CASE(closing_listener_forgets_half_open, "RFC 9293 3.10.4")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n");
	stk_close(t->lsn);
	t->lsn = NULL;
	say(t, "+10s\n"
	       "< . 1:1(0) ack 1 win 32000\n"
	       "> R 1:1(0)\n");
}

TCP_CASE(accepted_after_rst_says_so, "accept(2)")
{
	uint8_t b[8];
	struct iovec v = { b, sizeof(b) };

	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< . 1:1(0) ack 1 win 32000\n"
	       "< R 1:1(0) win 0\n");
	check_int(t, app_accept(t), 0);
	check_int(t, stk_recv(t->sk, &v, 1, NULL, 0), -ECONNRESET);
}

TCP_CASE(listener_options_are_inherited, "tcp(7)")
{
	app_listen(t, 5);
	check_int(t, app_set(t, IPPROTO_TCP, 1, 1), 0);
	check_int(t, app_set(t, IPPROTO_TCP, 18, 5000), 0);
	open_plain(t);
	check_int(t, app_get(t, IPPROTO_TCP, 1), 1);
	check_int(t, app_get(t, IPPROTO_TCP, 18), 5000);
}

TCP_CASE(old_ack_in_the_syn_queue, "RFC 7323 5.3 R1")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000,nop,nop,TS val 100 ecr 0>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< . 1:1(0) ack 1 win 512 <TS val 50 ecr last>\n"
	       "> . 1:1(0) ack 1\n");
	check_int(t, counter(t, "tcp_passive_open"), 0);
	say(t, "< . 1:1(0) ack 1 win 512 <TS val 100 ecr last>\n");
	check_int(t, counter(t, "tcp_passive_open"), 1);
}

/* --- SYN cookies ---------------------------------------------------------- */

static void fill_syn_queue(struct conv *t)
{
	app_listen(t, 1);
	for (uint16_t port = 1000; port < 1016; port++)
		knock(t, port);
	check_int(t, drain(t), 16);
	t->sport = 40000;
	t->stk_isn_known = false;
}

TCP_CASE(syn_cookie, "RFC 4987 3.6")
{
	fill_syn_queue(t);
	say(t, "< S 0:0(0) win 32000 <mss 1300,sackOK,nop,wscale 7>\n"
	       "> S. 0:0(0) ack 1\n");
	check_int(t, t->last.h.opts.has_wscale, 0);
	check_int(t, t->last.h.opts.sack_ok, 0);
	check_int(t, counter(t, "tcp_cookies_sent"), 1);
	say(t, "< P. 1:101(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 101\n");
	check_int(t, counter(t, "tcp_cookies_ok"), 1);
	check_int(t, app_accept(t), 0);
	check_int(t, pcb(t)->mss, 1200);
	check_int(t, app_recv(t, 1000), 100);
}

TCP_CASE(syn_cookie_remembers_by_timestamp, "RFC 4987 3.6, RFC 7323")
{
	fill_syn_queue(t);
	say(t, "< S 0:0(0) win 32000 "
	       "<mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 9>\n"
	       "> S. 0:0(0) ack 1\n");
	check(t, t->last.h.opts.has_wscale && t->last.h.opts.sack_ok);
	say(t, "+100ms\n"
	       "< . 1:1(0) ack 1 win 100\n");
	check_int(t, app_accept(t), 0);
	check_int(t, pcb(t)->snd_wscale, 9);
	check_int(t, pcb(t)->snd_wnd, 100 << 9);
	check(t, pcb(t)->sack_ok && pcb(t)->ts_ok);
}

TCP_CASE(syn_cookie_forged, "RFC 4987 3.6")
{
	fill_syn_queue(t);
	say(t, "< S 0:0(0) win 32000 <mss 1460>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< . 1:1(0) ack 9 win 100\n"
	       "> R 9:9(0)\n"
	       "< . 5:5(0) ack 1 win 100\n"
	       "> R 1:1(0)\n");
	check_int(t, counter(t, "tcp_cookies_bad"), 2);
}

TCP_CASE(syn_cookie_too_old, "RFC 4987 3.6")
{
	fill_syn_queue(t);
	say(t, "< S 0:0(0) win 32000 <mss 1460>\n"
	       "> S. 0:0(0) ack 1\n");
	advance(t, 200 * SK_SEC);
	drain(t);
	say(t, "< . 1:1(0) ack 1 win 100\n"
	       "> R 1:1(0)\n");
}

/* The flood goes on, so that cookies are still looked for. */
TCP_CASE(syn_cookie_too_old_in_a_flood, "RFC 4987 3.6")
{
	uint32_t isn;

	fill_syn_queue(t);
	say(t, "< S 0:0(0) win 32000 <mss 1460>\n"
	       "> S. 0:0(0) ack 1\n");
	isn = t->stk_isn;
	for (int minute = 0; minute < 4; minute++) {
		advance(t, 60 * SK_SEC);
		for (uint16_t port = 2000; port < 2020; port++)
			knock(t, port);
		drain(t);
	}
	t->sport = 40000;
	t->stk_isn = isn;
	t->stk_isn_known = true;
	say(t, "< . 1:1(0) ack 1 win 100\n"
	       "> R 1:1(0)\n");
	check_int(t, counter(t, "tcp_cookies_bad"), 1);
}

TCP_CASE(no_cookie_accepted_when_none_was_sent, "RFC 4987 3.6")
{
	struct stk_key k;

	app_listen(t, 5);
	k = (struct stk_key){ t->self, t->peer, 80, 40000, IPPROTO_TCP };
	t->stk_isn = tcp_cookie_make(t->s, &k, t->isn, 1460);
	say(t, "< . 1:1(0) ack 1 win 100\n"
	       "> R 1:1(0)\n");
}
