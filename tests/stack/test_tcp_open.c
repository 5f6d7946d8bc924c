/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening a connection: RFC 9293 3.5, 3.10.7.2-4; options of SYN segments. */
#include <errno.h>

#include "conv.h"

/* --- passive -------------------------------------------------------------- */

TCP_CASE(passive_open, "RFC 9293 3.5")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1 win 65535\n"
	       "< . 1:1(0) ack 1 win 32000\n");
	check_int(t, app_accept(t), 0);
	check_int(t, pcb(t)->state, TCPS_ESTABLISHED);
	check_int(t, pcb(t)->mss, 1000);
}

TCP_CASE(accept_has_nobody_yet, "accept(2)")
{
	app_listen(t, 5);
	check_int(t, app_accept(t), -EAGAIN);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n");
	check_int(t, app_accept(t), -EAGAIN);
}

TCP_CASE(syn_to_nobody_is_reset, "RFC 9293 3.10.7.1")
{
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n");
	t->stk_isn = 0;
	say(t, "> R. 0:0(0) ack 1\n");
}

TCP_CASE(ack_to_nobody_is_reset, "RFC 9293 3.10.7.1")
{
	t->stk_isn = 0;
	say(t, "< . 5:5(0) ack 777 win 32000\n"
	       "> R 777:777(0)\n");
}

TCP_CASE(data_to_nobody_is_reset, "RFC 9293 3.10.7.1")
{
	t->stk_isn = 0;
	say(t, "< P 5:25(20) win 32000\n"
	       "> R. 0:0(0) ack 25\n"
	       "< F 5:25(20) win 32000\n"
	       "> R. 0:0(0) ack 26\n");
}

TCP_CASE(rst_to_nobody_is_ignored, "RFC 9293 3.10.7.1")
{
	say(t, "< R 5:5(0) win 0\n"
	       "< R. 5:5(0) ack 8 win 0\n");
}

TCP_CASE(ack_to_listener_is_reset, "RFC 9293 3.10.7.2")
{
	app_listen(t, 5);
	t->stk_isn = 0;
	say(t, "< . 5:5(0) ack 777 win 32000\n"
	       "> R 777:777(0)\n"
	       "< S. 5:5(0) ack 777 win 32000\n"
	       "> R 777:777(0)\n");
}

TCP_CASE(rst_to_listener_is_ignored, "RFC 9293 3.10.7.2")
{
	app_listen(t, 5);
	say(t, "< R 5:5(0) win 0\n"
	       "< SR 5:5(0) win 0\n");
}

TCP_CASE(nonsense_to_listener_is_ignored, "RFC 9293 3.10.7.2")
{
	app_listen(t, 5);
	say(t, "< P 5:25(20) win 100\n"
	       "< F 5:5(0) win 100\n"
	       "< SF 5:5(0) win 100\n");
}

TCP_CASE(syn_ack_is_sent_again, "RFC 9293 3.8.1")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "+999ms\n"
	       "+1ms\n"
	       "> S. 0:0(0) ack 1\n"
	       "+2s\n"
	       "> S. 0:0(0) ack 1\n"
	       "< . 1:1(0) ack 1 win 32000\n"
	       "+30s\n");
	check_int(t, app_accept(t), 0);
}

TCP_CASE(half_open_is_forgotten, "RFC 9293 3.8.3")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n");
	advance(t, 70 * SK_SEC);
	check_int(t, drain(t), TCP_SYNACK_RETRIES);
	check_int(t, tcp_of(t->lsn)->lsn->n_reqs, 0);
	t->stk_isn = 0;
	say(t, "< . 1:1(0) ack 777 win 32000\n"
	       "> R 777:777(0)\n");
}

TCP_CASE(syn_again_gets_syn_ack_again, "RFC 9293 3.10.7.4")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< . 1:1(0) ack 1 win 32000\n");
	check_int(t, app_accept(t), 0);
}

TCP_CASE(another_syn_is_challenged, "RFC 5961 4.2")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< S 100:100(0) win 32000 <mss 1000>\n"
	       "> . 1:1(0) ack 1\n");
}

TCP_CASE(wrong_ack_in_syn_rcvd_is_reset, "RFC 9293 3.10.7.4")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< . 1:1(0) ack 2 win 32000\n"
	       "> R 2:2(0)\n"
	       "< . 1:1(0) ack 0 win 32000\n"
	       "> R 0:0(0)\n"
	       "< . 1:1(0) ack 1 win 32000\n");
	check_int(t, app_accept(t), 0);
}

TCP_CASE(rst_ends_half_open, "RFC 9293 3.10.7.4")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< R 1:1(0) win 0\n");
	check_int(t, tcp_of(t->lsn)->lsn->n_reqs, 0);
}

TCP_CASE(blind_rst_to_half_open, "RFC 5961 3.2")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< R 2:2(0) win 0\n"
	       "> . 1:1(0) ack 1\n"
	       "< R 100000:100000(0) win 0\n"
	       "< . 1:1(0) ack 1 win 32000\n");
	check_int(t, app_accept(t), 0);
}

TCP_CASE(data_with_the_third_ack, "RFC 9293 3.5")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< P. 1:101(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 101\n");
	check_int(t, app_accept(t), 0);
	check_int(t, app_recv(t, 1000), 100);
}

TCP_CASE(third_ack_lost_data_completes, "RFC 9293 3.10.7.4")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< P. 1:101(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 101\n"
	       "< P. 1:101(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 101\n");
	check_int(t, app_accept(t), 0);
}

TCP_CASE(fin_with_the_third_ack, "RFC 9293 3.10.7.4")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< FP. 1:101(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 102\n");
	check_int(t, app_accept(t), 0);
	check_int(t, app_recv(t, 100), 100);
	check_int(t, app_recv(t, 100), 0);
}

TCP_CASE(exact_address_before_wildcard, "bind(2)")
{
	struct stk_addr a = { (uint16_t)t->family, 80, t->self };
	struct stk_sock *exact;

	check_int(t, stk_socket(t->s, t->family, SOCK_STREAM, &exact), 0);
	check_int(t, stk_bind(exact, &a), 0);
	check_int(t, stk_listen(exact, 5), 0);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< . 1:1(0) ack 1 win 32000\n");
	check_int(t, stk_accept(exact, &t->sk), 0);
	stk_close(exact);
}

/* --- active --------------------------------------------------------------- */

TCP_CASE(active_open, "RFC 9293 3.5")
{
	open_active(t);
	check_int(t, pcb(t)->state, TCPS_ESTABLISHED);
	check_int(t, pcb(t)->mss, 1000);
}

TCP_CASE(syn_offers_everything, "RFC 7323 2.2, 3.2; RFC 2018 2")
{
	app_connect(t);
	say(t, "> S 0:0(0) win 65535\n");
	check(t, t->last.h.opts.has_ts && t->last.h.opts.sack_ok &&
		 t->last.h.opts.has_wscale);
	check_int(t, t->last.h.opts.wscale, 7);
	check_int(t, t->last.h.opts.mss, t->family == AF_INET ? 1460 : 1440);
	say(t, "< S. 0:0(0) ack 1 win 32000 "
	       "<mss 1000,sackOK,TS val 5 ecr last,nop,wscale 3>\n"
	       "> . 1:1(0) ack 1 win 511 <TS val . ecr 5>\n");
	check_int(t, pcb(t)->snd_wscale, 3);
	check_int(t, pcb(t)->snd_wnd, 32000);
	check_int(t, pcb(t)->mss, 988);
}

TCP_CASE(syn_offers_a_small_buffer, "socket(7)")
{
	struct stk_addr a = { (uint16_t)t->family, 80, t->peer };
	int size = 4000;

	t->sport = 80;
	stk_socket(t->s, t->family, SOCK_STREAM, &t->sk);
	check_int(t, stk_setopt(t->sk, SOL_SOCKET, SO_RCVBUF, &size, 4), 0);
	check_int(t, stk_connect(t->sk, &a), -EINPROGRESS);
	advance(t, 0);
	say(t, "> S 0:0(0) win 8000\n");
}

TCP_CASE(refused, "RFC 9293 3.10.7.3")
{
	app_connect(t);
	say(t, "> S 0:0(0)\n"
	       "< R. 0:0(0) ack 1 win 0\n"
	       "+10s\n");
	check(t, t->events & STK_ERR);
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	check_int(t, pcb(t)->state, TCPS_CLOSED);
}

TCP_CASE(rst_without_ack_in_syn_sent, "RFC 9293 3.10.7.3")
{
	app_connect(t);
	say(t, "> S 0:0(0)\n"
	       "< R 0:0(0) win 0\n"
	       "< S. 0:0(0) ack 1 win 32000 <mss 1000>\n"
	       "> . 1:1(0) ack 1\n");
}

TCP_CASE(wrong_ack_in_syn_sent, "RFC 9293 3.10.7.3")
{
	app_connect(t);
	say(t, "> S 0:0(0)\n"
	       "< S. 0:0(0) ack 2 win 32000 <mss 1000>\n"
	       "> R 2:2(0)\n"
	       "< . 0:0(0) ack 0 win 32000\n"
	       "> R 0:0(0)\n"
	       "< R. 0:0(0) ack 2 win 32000\n"
	       "< S. 0:0(0) ack 1 win 32000 <mss 1000>\n"
	       "> . 1:1(0) ack 1\n");
}

TCP_CASE(ack_alone_in_syn_sent, "RFC 9293 3.10.7.3")
{
	app_connect(t);
	say(t, "> S 0:0(0)\n"
	       "< . 0:0(0) ack 1 win 32000\n"
	       "< F. 0:0(0) ack 1 win 32000\n");
	check_int(t, pcb(t)->state, TCPS_SYN_SENT);
}

TCP_CASE(syn_is_sent_again, "RFC 6298 2.1, 5.5")
{
	app_connect(t);
	say(t, "> S 0:0(0)\n"
	       "+1s\n"
	       "> S 0:0(0)\n"
	       "+2s\n"
	       "> S 0:0(0)\n"
	       "+4s\n"
	       "> S 0:0(0)\n"
	       "< S. 0:0(0) ack 1 win 32000 <mss 1000>\n"
	       "> . 1:1(0) ack 1\n");
	/* 6298 5.7; 5681 3.1. */
	check_int(t, pcb(t)->rtt.rto, 3000000);
	check_int(t, pcb(t)->cc.cwnd, 1000);
}

TCP_CASE(connect_times_out, "RFC 9293 3.8.3")
{
	app_connect(t);
	advance(t, 200 * SK_SEC);
	check_int(t, drain(t), 1 + TCP_SYN_RETRIES);
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), ETIMEDOUT);
}

TCP_CASE(syncnt_limits, "tcp(7)")
{
	struct stk_addr a = { (uint16_t)t->family, 80, t->peer };
	int one = 1;

	t->sport = 80;
	stk_socket(t->s, t->family, SOCK_STREAM, &t->sk);
	check_int(t, stk_setopt(t->sk, IPPROTO_TCP, 7, &one, 4), 0);
	check_int(t, stk_connect(t->sk, &a), -EINPROGRESS);
	advance(t, 100 * SK_SEC);
	check_int(t, drain(t), 2);
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), ETIMEDOUT);
}

TCP_CASE(simultaneous_open, "RFC 9293 3.5 figure 8")
{
	app_connect(t);
	say(t, "> S 0:0(0)\n"
	       "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< S. 0:0(0) ack 1 win 32000 <mss 1000>\n");
	check_int(t, pcb(t)->state, TCPS_ESTABLISHED);
	drain(t);
	app_send(t, 10);
	say(t, "> P. 1:11(10) ack 1\n");
}

TCP_CASE(simultaneous_open_by_ack, "RFC 9293 3.5")
{
	app_connect(t);
	say(t, "> S 0:0(0)\n"
	       "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< . 1:1(0) ack 1 win 32000\n");
	check_int(t, pcb(t)->state, TCPS_ESTABLISHED);
}

TCP_CASE(simultaneous_open_wrong_ack, "RFC 9293 3.10.7.4")
{
	app_connect(t);
	say(t, "> S 0:0(0)\n"
	       "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< . 1:1(0) ack 500 win 32000\n"
	       "> R 500:500(0)\n");
	check_int(t, pcb(t)->state, TCPS_SYN_RCVD);
}

TCP_CASE(shutdown_before_simultaneous_open, "RFC 9293 3.10.4")
{
	app_connect(t);
	say(t, "> S 0:0(0)\n"
	       "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n");
	check_int(t, stk_shutdown(t->sk, SHUT_WR), 0);
	say(t, "< . 1:1(0) ack 1 win 32000\n"
	       "> F. 1:1(0) ack 1\n");
	check_int(t, pcb(t)->state, TCPS_FIN_WAIT_1);
	say(t, "< . 1:1(0) ack 2 win 32000\n");
	check_int(t, pcb(t)->state, TCPS_FIN_WAIT_2);
}

TCP_CASE(simultaneous_open_is_a_round_trip, "RFC 6298 2.2, 3")
{
	app_connect(t);
	/* Whatever the number is: 0 is no better than another. */
	check_int(t, pcb(t)->rtt_seq, pcb(t)->iss + 1);
	say(t, "> S 0:0(0)\n"
	       "+80ms\n"
	       "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< . 1:1(0) ack 1 win 32000\n");
	check_int(t, pcb(t)->rtt.srtt, 80000);
}

TCP_CASE(simultaneous_open_after_a_timeout, "RFC 6298 3")
{
	app_connect(t);
	say(t, "> S 0:0(0)\n"
	       "+1s\n"
	       "> S 0:0(0)\n"
	       "+80ms\n"
	       "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "< . 1:1(0) ack 1 win 32000\n");
	check_int(t, pcb(t)->rtt.srtt, 0);
}

TCP_CASE(simultaneous_open_syn_ack_again, "RFC 9293 3.8.1")
{
	app_connect(t);
	say(t, "> S 0:0(0)\n"
	       "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "+1s\n"
	       "> S. 0:0(0) ack 1\n"
	       "< R 1:1(0) win 0\n");
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
}

TCP_CASE(self_connect, "RFC 9293 3.5")
{
	struct stk_addr a = { (uint16_t)t->family, 4000, t->self };

	check_int(t, stk_socket(t->s, t->family, SOCK_STREAM, &t->sk), 0);
	check_int(t, stk_bind(t->sk, &a), 0);
	check_int(t, stk_connect(t->sk, &a), -EINPROGRESS);
	advance(t, 10 * SK_SEC);
	check_int(t, pcb(t)->state, TCPS_ESTABLISHED);
	app_send(t, 1000);
	check_int(t, app_recv(t, 2000), 1000);
}

TCP_CASE(data_in_syn_ack, "RFC 9293 3.10.7.3")
{
	app_connect(t);
	say(t, "> S 0:0(0)\n"
	       "< S. 0:100(100) ack 1 win 32000 <mss 1000>\n"
	       "> . 1:1(0) ack 101\n");
	check_int(t, app_recv(t, 1000), 100);
}

TCP_CASE(close_in_syn_sent, "RFC 9293 3.10.4")
{
	app_connect(t);
	say(t, "> S 0:0(0)\n");
	app_close(t);
	say(t, "+10s\n"
	       "< S. 0:0(0) ack 1 win 32000 <mss 1000>\n"
	       "> R 1:1(0)\n");
}

TCP_CASE(send_before_connected, "send(2)")
{
	struct iovec v = { &(char){ 'x' }, 1 };

	app_connect(t);
	say(t, "> S 0:0(0)\n");
	check_int(t, stk_send(t->sk, &v, 1, NULL), -EAGAIN);
	check_int(t, stk_recv(t->sk, &v, 1, NULL, 0), -EAGAIN);
}

/* --- options of SYNs ------------------------------------------------------ */

/* The MSS that we say of a link of 1500 bytes (9293 3.7.1). */
static void check_mss_said(struct conv *t)
{
	check_int(t, t->last.h.opts.mss, t->family == AF_INET ? 1460 : 1440);
}

TCP_CASE(no_mss_option_means_536, "RFC 9293 3.7.1 MUST-15")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000\n"
	       "> S. 0:0(0) ack 1\n");
	check_mss_said(t);
	say(t, "< . 1:1(0) ack 1 win 32000\n");
	app_accept(t);
	app_send(t, 1300);
	say(t, t->family == AF_INET ? "> . 1:537(536) ack 1\n"
				      "> . 537:1073(536) ack 1\n"
				      "> P. 1073:1301(228) ack 1\n" :
				      "> . 1:1221(1220) ack 1\n"
				      "> P. 1221:1301(80) ack 1\n");
}

TCP_CASE(options_only_if_offered, "RFC 7323 2.2, 3.2; RFC 2018 2")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n");
	check_mss_said(t);
	check(t, !t->last.h.opts.has_ts && !t->last.h.opts.has_wscale &&
		 !t->last.h.opts.sack_ok);
}

TCP_CASE(all_options_answered, "RFC 7323 2.2, 3.2; RFC 2018 2")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 "
	       "<mss 1000,sackOK,TS val 77 ecr 0,nop,wscale 2>\n"
	       "> S. 0:0(0) ack 1\n");
	check_mss_said(t);
	check(t, t->last.h.opts.sack_ok && t->last.h.opts.has_ts);
	check_int(t, t->last.h.opts.ts_ecr, 77);
	check_int(t, t->last.h.opts.wscale, 7);
}

TCP_CASE(window_of_a_syn_is_not_scaled, "RFC 7323 2.2")
{
	open_with(t, "mss 1000,nop,wscale 4", 1000);
	check_int(t, pcb(t)->snd_wnd, 16000);
}

TCP_CASE(window_scale_above_14, "RFC 7323 2.3")
{
	open_with(t, "mss 1000,nop,wscale 20", 1);
	check_int(t, pcb(t)->snd_wscale, 14);
	check_int(t, pcb(t)->snd_wnd, 1 << 14);
}

TCP_CASE(tiny_mss_is_not_believed, "RFC 9293 3.7.1")
{
	open_with(t, "mss 1", 32000);
	check_int(t, pcb(t)->mss, TCP_MSS_MIN);
}

TCP_CASE(mss_beyond_the_link, "RFC 9293 3.7.1")
{
	open_with(t, "mss 9000", 32000);
	check_int(t, pcb(t)->mss, t->family == AF_INET ? 1460 : 1440);
}

TCP_CASE(maxseg_limits_both_ways, "tcp(7)")
{
	app_listen(t, 5);
	check_int(t, app_set(t, IPPROTO_TCP, 2, 700), 0);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1 <mss 700>\n"
	       "< . 1:1(0) ack 1 win 32000\n");
	app_accept(t);
	check_int(t, pcb(t)->mss, 700);
}

TCP_CASE(timestamps_cost_twelve_bytes, "RFC 6691 3.1")
{
	open_full(t);
	app_send(t, 1000);
	say(t, "> P. 1:1001(1000) ack 1\n");
	check_int(t, t->last.frame_len,
		  (t->family == AF_INET ? 20 : 40) + 32 + 1000);
}
