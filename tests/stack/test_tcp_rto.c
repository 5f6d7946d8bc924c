/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The retransmission timer: RFC 6298, and what ends a connection that is not heard. */
#include <errno.h>

#include "conv.h"

TCP_CASE(rto_doubles_until_acked, "RFC 6298 5.5")
{
	open_plain(t);
	app_send(t, 1000);
	say(t, "> P. 1:1001(1000) ack 1\n"
	       "+200ms\n"
	       "> P. 1:1001(1000) ack 1\n"
	       "+399ms\n"
	       "+1ms\n"
	       "> P. 1:1001(1000) ack 1\n"
	       "< . 1:1(0) ack 1001 win 32000\n"
	       "+10s\n");
}

TCP_CASE(rto_follows_the_rtt, "RFC 6298 2.2, 2.3")
{
	open_plain(t);
	check_int(t, pcb(t)->rtt.srtt, 0);
	app_send(t, 1000);
	say(t, "> P. 1:1001(1000) ack 1\n"
	       "+80ms\n"
	       "< . 1:1(0) ack 1001 win 32000\n");
	check_int(t, pcb(t)->rtt.srtt, 10000);
	check_int(t, pcb(t)->rtt.rttvar, 20000);
	check_int(t, pcb(t)->rtt.rto, 210000);
}

TCP_CASE(rto_first_sample, "RFC 6298 2.2")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "+300ms\n"
	       "< . 1:1(0) ack 1 win 32000\n");
	app_accept(t);
	check_int(t, pcb(t)->rtt.srtt, 300000);
	check_int(t, pcb(t)->rtt.rttvar, 150000);
	check_int(t, pcb(t)->rtt.rto, 900000);
}

TCP_CASE(rto_is_bounded, "RFC 6298 2.5")
{
	open_plain(t);
	app_send(t, 1000);
	say(t, "> P. 1:1001(1000) ack 1\n");
	advance(t, 250 * SK_SEC);
	check(t, drain(t) >= 10);
	check_int(t, tcp_rtt_rto(&pcb(t)->rtt), TCP_RTO_MAX_US);
}

TCP_CASE(rto_max_option, "tcp(7)")
{
	open_plain(t);
	check_int(t, app_set(t, IPPROTO_TCP, 44, 1000), 0);
	app_send(t, 1000);
	drain(t);
	advance(t, 10 * SK_SEC);
	drain(t);
	check_int(t, tcp_rtt_rto(&pcb(t)->rtt), 1000000);
}

TCP_CASE(karn, "RFC 6298 3")
{
	open_plain(t);
	app_send(t, 1000);
	say(t, "> P. 1:1001(1000) ack 1\n"
	       "+200ms\n"
	       "> P. 1:1001(1000) ack 1\n"
	       "+100ms\n"
	       "< . 1:1(0) ack 1001 win 32000\n");
	check_int(t, pcb(t)->rtt.srtt, 0);
	/* The back-off stays until there is a sample. */
	check_int(t, tcp_rtt_rto(&pcb(t)->rtt), 400000);
	app_send(t, 1000);
	say(t, "> P. 1001:2001(1000) ack 1\n"
	       "< . 1:1(0) ack 2001 win 32000\n");
	check_int(t, tcp_rtt_rto(&pcb(t)->rtt), 200000);
}

TCP_CASE(karn_of_the_syn_ack, "RFC 6298 3")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "+1s\n"
	       "> S. 0:0(0) ack 1\n"
	       "+300ms\n"
	       "< . 1:1(0) ack 1 win 32000\n");
	app_accept(t);
	check_int(t, pcb(t)->rtt.srtt, 0);
}

TCP_CASE(karn_in_fast_retransmit, "RFC 6298 3")
{
	open_plain(t);
	app_send(t, 5000);
	expect_data(t, 1, 5);
	say(t, "+90ms\n"
	       "< . 1:1(0) ack 1 win 32000\n"
	       "< . 1:1(0) ack 1 win 32000\n"
	       "< . 1:1(0) ack 1 win 32000\n"
	       "> . 1:1001(1000) ack 1\n"
	       "+1ms\n"
	       "< . 1:1(0) ack 5001 win 32000\n");
	/* Which of the two it answers nobody knows. */
	check_int(t, pcb(t)->rtt.srtt, 0);
}

TCP_CASE(timestamps_lift_karn, "RFC 7323 4.1")
{
	open_full(t);
	app_send(t, 1000);
	say(t, "> P. 1:1001(1000) ack 1\n"
	       "+200ms\n"
	       "> P. 1:1001(1000) ack 1\n"
	       "+50ms\n"
	       "< . 1:1(0) ack 1001 win 512\n");
	check_int(t, pcb(t)->rtt.srtt, 50000 / 8);
	check_int(t, pcb(t)->rtt.backoff, 0);
}

TCP_CASE(old_echo_is_no_round_trip, "RFC 7323 4.1, RFC 6298 3")
{
	open_full(t);
	app_send(t, 1000);
	say(t, "> P. 1:1001(1000) ack 1\n");
	say(t, "+200ms\n"
	       "> P. 1:1001(1000) ack 1\n"
	       "+400ms\n"
	       "> P. 1:1001(1000) ack 1\n");
	t->ts_last -= 600;
	say(t, "< . 1:1(0) ack 1001 win 512 <TS val 100 ecr last>\n");
	check_int(t, pcb(t)->rtt.srtt, 0);
	check_int(t, pcb(t)->rtt.backoff, 2);
}

TCP_CASE(ack_restarts_the_timer, "RFC 6298 5.3")
{
	open_plain(t);
	app_send(t, 2000);
	say(t, "> . 1:1001(1000) ack 1\n"
	       "> P. 1001:2001(1000) ack 1\n"
	       "+150ms\n"
	       "< . 1:1(0) ack 1001 win 32000\n");
	check_int(t, pcb(t)->t_rtx.at - t->now, pcb(t)->rtt.rto);
}

TCP_CASE(timer_stops_when_all_is_acked, "RFC 6298 5.2")
{
	open_plain(t);
	app_send(t, 1000);
	say(t, "> P. 1:1001(1000) ack 1\n"
	       "< . 1:1(0) ack 1001 win 32000\n");
	check(t, !stk_timer_armed(&pcb(t)->t_rtx));
}

TCP_CASE(gives_up, "RFC 9293 3.8.3")
{
	open_plain(t);
	app_send(t, 1000);
	advance(t, 1100 * SK_SEC);
	check_int(t, drain(t), 2 + TCP_RETRIES);
	check_int(t, t->out[1 + TCP_RETRIES].h.flags, TCP_RST | TCP_ACK);
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), ETIMEDOUT);
	check_int(t, pcb(t)->state, TCPS_CLOSED);
}

TCP_CASE(user_timeout, "RFC 5482 2")
{
	open_plain(t);
	check_int(t, app_set(t, IPPROTO_TCP, 18, 1500), 0);
	app_send(t, 1000);
	advance(t, MS(1499));
	drain(t);
	check_int(t, pcb(t)->state, TCPS_ESTABLISHED);
	advance(t, MS(1));
	check_int(t, pcb(t)->state, TCPS_CLOSED);
	drain(t);
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), ETIMEDOUT);
}

TCP_CASE(user_timeout_is_not_the_handshakes, "RFC 5482 2")
{
	open_active(t);
	advance(t, 10 * SK_SEC);
	check_int(t, app_set(t, IPPROTO_TCP, 18, 3000), 0);
	app_send(t, 1000);
	say(t, "> P. 1:1001(1000) ack 1\n");
	advance(t, 2 * SK_SEC);
	check(t, drain(t) > 0);
	check_int(t, pcb(t)->state, TCPS_ESTABLISHED);
}

TCP_CASE(user_timeout_needs_a_stall, "RFC 5482 2")
{
	open_plain(t);
	app_set(t, IPPROTO_TCP, 18, 1500);
	for (int i = 0; i < 5; i++) {
		app_send(t, 1000);
		drain(t);
		advance(t, MS(1000));
		drain(t);
		peer_send(t, 1, 0, 1, 0, 0);
		inject(t, i == 0 ? ". 1:1(0) ack 1001 win 32000" :
			  i == 1 ? ". 1:1(0) ack 2001 win 32000" :
			  i == 2 ? ". 1:1(0) ack 3001 win 32000" :
			  i == 3 ? ". 1:1(0) ack 4001 win 32000" :
				   ". 1:1(0) ack 5001 win 32000");
	}
	check_int(t, pcb(t)->state, TCPS_ESTABLISHED);
}

TCP_CASE(timeout_sends_one_segment, "RFC 5681 3.1")
{
	open_plain(t);
	app_send(t, 5000);
	expect_data(t, 1, 5);
	say(t, "+200ms\n"
	       "> . 1:1001(1000) ack 1\n");
	check_int(t, pcb(t)->cc.cwnd, 1000);
	check_int(t, pcb(t)->cc.ssthresh, 2500);
	say(t, "< . 1:1(0) ack 1001 win 32000\n"
	       "> . 1001:2001(1000) ack 1\n"
	       "> . 2001:3001(1000) ack 1\n"
	       "< . 1:1(0) ack 5001 win 32000\n");
	check_int(t, pcb(t)->ca_state, TCP_CA_OPEN);
}

TCP_CASE(repeated_timeout_keeps_ssthresh, "RFC 5681 3.1")
{
	open_plain(t);
	app_send(t, 8000);
	drain(t);
	advance(t, MS(700));
	check_int(t, drain(t), 2);
	check_int(t, pcb(t)->cc.ssthresh, 4000);
}

TCP_CASE(fin_is_sent_again, "RFC 9293 3.8.1")
{
	open_plain(t);
	stk_shutdown(t->sk, SHUT_WR);
	advance(t, 0);
	say(t, "> F. 1:1(0) ack 1\n"
	       "+200ms\n"
	       "> F. 1:1(0) ack 1\n"
	       "< . 1:1(0) ack 2 win 32000\n"
	       "+5s\n");
	check_int(t, pcb(t)->state, TCPS_FIN_WAIT_2);
}

TCP_CASE(data_and_fin_are_sent_again, "RFC 9293 3.8.1")
{
	open_plain(t);
	app_send(t, 1500);
	stk_shutdown(t->sk, SHUT_WR);
	advance(t, 0);
	say(t, "> . 1:1001(1000) ack 1\n"
	       "> P. 1001:1501(500) ack 1\n"
	       "> F. 1501:1501(0) ack 1\n"
	       "+200ms\n"
	       "> . 1:1001(1000) ack 1\n"
	       "< . 1:1(0) ack 1001 win 32000\n"
	       "> FP. 1001:1501(500) ack 1\n"
	       "< . 1:1(0) ack 1502 win 32000\n");
}
