/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loss, retransmission and congestion: RFC 6298, 5681, 6582, 2018, 6675. */
#include <errno.h>

#include "conv.h"
#include "stack/tcp/isn.h"

/* A burst: n segments of 1000 bytes from byte `from` on, PSH on the last. */
static void expect_data(struct conv *t, uint32_t from, uint32_t n)
{
	char line[60];

	for (; n; n--, from += 1000) {
		snprintf(line, sizeof(line), "> %s %u:%u(1000)",
			 n == 1 ? "P." : ".", from, from + 1000);
		say(t, line);
	}
}

/* --- RFC 6298 ------------------------------------------------------------- */

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

/* --- RFC 5681: windows ---------------------------------------------------- */

TCP_CASE(initial_window_is_ten, "RFC 6928 2")
{
	open_plain(t);
	app_send(t, 20000);
	expect_data(t, 1, 10);
	expect_idle(t);
}

TCP_CASE(initial_window_of_big_segments, "RFC 6928 2")
{
	t->s->link->mtu = 9000;
	open_with(t, "mss 4000", 60000);
	check_int(t, pcb(t)->cc.cwnd, 14600);
}

TCP_CASE(slow_start, "RFC 5681 3.1")
{
	open_plain(t);
	app_send(t, 40000);
	expect_data(t, 1, 10);
	say(t, "< . 1:1(0) ack 2001 win 32000\n");
	expect_data(t, 10001, 4);
	check_int(t, pcb(t)->cc.cwnd, 12000);
}

TCP_CASE(congestion_avoidance, "RFC 5681 3.1")
{
	open_plain(t);
	pcb(t)->cc.ssthresh = 10000;
	app_send(t, 40000);
	expect_data(t, 1, 10);
	say(t, "< . 1:1(0) ack 5001 win 32000\n");
	expect_data(t, 10001, 5);
	say(t, "< . 1:1(0) ack 10001 win 32000\n");
	expect_data(t, 15001, 6);
	check_int(t, pcb(t)->cc.cwnd, 11000);
}

TCP_CASE(cwnd_grows_only_if_used, "RFC 7661 1")
{
	open_plain(t);
	for (uint32_t i = 0; i < 20; i++) {
		char line[60];

		app_send(t, 1000);
		drain(t);
		snprintf(line, sizeof(line), ". 1:1(0) ack %u win 32000",
			 1 + (i + 1) * 1000);
		inject(t, line);
	}
	check_int(t, pcb(t)->cc.cwnd, 10000);
}

TCP_CASE(slow_start_at_half_use, "RFC 7661 4")
{
	open_plain(t);
	app_send(t, 6000);
	expect_data(t, 1, 6);
	say(t, "< . 1:1(0) ack 6001 win 32000\n");
	check_int(t, pcb(t)->cc.cwnd, 16000);
}

/* A burst that filled the window may double it, ACK by ACK. */
TCP_CASE(growth_by_every_ack_of_a_full_window, "RFC 7661 4.3, RFC 5681 3.1")
{
	open_plain(t);
	app_send(t, 10000);
	expect_data(t, 1, 10);
	for (uint32_t i = 1; i <= 5; i++) {
		char line[60];

		snprintf(line, sizeof(line), "< . 1:1(0) ack %u win 32000\n",
			 1 + i * 2000);
		say(t, line);
		check_int(t, pcb(t)->cc.cwnd, 10000 + i * 2000);
	}
}

TCP_CASE(growth_counts_what_is_newly_delivered, "RFC 6937 3.1")
{
	open_with(t, "mss 1000,sackOK", 32000);
	app_send(t, 30000);
	expect_data(t, 1, 10);
	say(t, "< . 1:1(0) ack 1 win 32000 <sack 1001:3001>\n"
	       "> . 10001:11001(1000)\n"
	       "> P. 11001:12001(1000)\n"
	       "< . 1:1(0) ack 3001 win 32000\n"
	       "> . 12001:13001(1000)\n"
	       "> P. 13001:14001(1000)\n");
	check_int(t, pcb(t)->cc.cwnd, 11000);
}

TCP_CASE(restart_after_idle, "RFC 5681 4.1")
{
	open_plain(t);
	pcb(t)->cc.cwnd = 20000;
	app_send(t, 1000);
	say(t, "> P. 1:1001(1000) ack 1\n"
	       "< . 1:1(0) ack 1001 win 32000\n"
	       "+1s\n");
	app_send(t, 30000);
	expect_data(t, 1001, 10);
	expect_idle(t);
}

/* --- RFC 5681, 6582: fast retransmit without SACK ------------------------- */

TCP_CASE(fast_retransmit, "RFC 5681 3.2")
{
	open_plain(t);
	app_send(t, 10000);
	expect_data(t, 1, 10);
	say(t, "< . 1:1(0) ack 1 win 32000\n"
	       "< . 1:1(0) ack 1 win 32000\n"
	       "< . 1:1(0) ack 1 win 32000\n"
	       "> . 1:1001(1000) ack 1\n");
	check_int(t, pcb(t)->ca_state, TCP_CA_RECOVERY);
	check_int(t, pcb(t)->cc.ssthresh, 5000);
	say(t, "< . 1:1(0) ack 10001 win 32000\n");
	check_int(t, pcb(t)->ca_state, TCP_CA_OPEN);
	check_int(t, pcb(t)->cc.cwnd, 5000);
}

TCP_CASE(limited_transmit, "RFC 3042 2")
{
	open_plain(t);
	app_send(t, 20000);
	expect_data(t, 1, 10);
	say(t, "< . 1:1(0) ack 1 win 32000\n"
	       "> . 10001:11001(1000) ack 1\n"
	       "< . 1:1(0) ack 1 win 32000\n"
	       "> . 11001:12001(1000) ack 1\n"
	       "< . 1:1(0) ack 1 win 32000\n"
	       "> . 1:1001(1000) ack 1\n");
}

TCP_CASE(partial_ack, "RFC 6582 3.2")
{
	open_plain(t);
	app_send(t, 10000);
	expect_data(t, 1, 10);
	say(t, "< . 1:1(0) ack 1 win 32000\n"
	       "< . 1:1(0) ack 1 win 32000\n"
	       "< . 1:1(0) ack 1 win 32000\n"
	       "> . 1:1001(1000) ack 1\n"
	       "< . 1:1(0) ack 4001 win 32000\n"
	       "> . 4001:5001(1000) ack 1\n"
	       "< . 1:1(0) ack 10001 win 32000\n");
	check_int(t, pcb(t)->ca_state, TCP_CA_OPEN);
}

TCP_CASE(recovery_sends_new_data, "RFC 6582 3.2, RFC 6937")
{
	open_plain(t);
	app_send(t, 30000);
	expect_data(t, 1, 10);
	for (int i = 0; i < 9; i++)
		inject(t, ". 1:1(0) ack 1 win 32000");
	/* Two by limited transmit, one lost, and new ones at half the rate. */
	check_int(t, t->out[2].h.seq - t->stk_isn, 1);
	check_int(t, drain(t), 6);
}

TCP_CASE(window_updates_are_no_duplicates, "RFC 5681 2")
{
	open_plain(t);
	app_send(t, 10000);
	expect_data(t, 1, 10);
	say(t, "< . 1:1(0) ack 1 win 32001\n"
	       "< . 1:1(0) ack 1 win 32002\n"
	       "< . 1:1(0) ack 1 win 32003\n"
	       "< . 1:1(0) ack 1 win 32004\n");
}

TCP_CASE(data_makes_no_duplicate, "RFC 5681 2")
{
	open_plain(t);
	app_send(t, 10000);
	expect_data(t, 1, 10);
	peer_send(t, 1, 50, 10, 1, 32000);
	check_int(t, pcb(t)->dupacks, 0);
	drain(t);
}

TCP_CASE(no_second_recovery_by_old_duplicates, "RFC 6582 4.1")
{
	open_plain(t);
	app_send(t, 10000);
	expect_data(t, 1, 10);
	say(t, "+200ms\n"
	       "> . 1:1001(1000) ack 1\n"
	       "< . 1:1(0) ack 1001 win 32000\n");
	drain(t);
	for (int i = 0; i < 4; i++)
		inject(t, ". 1:1(0) ack 1001 win 32000");
	check_int(t, pcb(t)->ca_state, TCP_CA_LOSS);
	check_int(t, counter(t, "tcp_fast_retrans"), 0);
	drain(t);
}

/* --- RFC 2018, 6675: with SACK -------------------------------------------- */

TCP_CASE(sack_recovery, "RFC 6675 5")
{
	open_full(t);
	app_send(t, 10000);
	expect_data(t, 1, 10);
	say(t, "< . 1:1(0) ack 1 win 512 <TS val 100 ecr last,sack 1001:2001>\n"
	       "< . 1:1(0) ack 1 win 512 <TS val 100 ecr last,sack 1001:3001>\n"
	       "< . 1:1(0) ack 1 win 512 <TS val 100 ecr last,sack 1001:4001>\n"
	       "> . 1:1001(1000) ack 1\n"
	       "< . 1:1(0) ack 10001 win 512\n");
	check_int(t, pcb(t)->ca_state, TCP_CA_OPEN);
	check_int(t, pcb(t)->sacked_bytes, 0);
}

TCP_CASE(sack_several_holes, "RFC 6675 5")
{
	open_with(t, "mss 1000,sackOK", 32000);
	app_send(t, 10000);
	expect_data(t, 1, 10);
	say(t, "< . 1:1(0) ack 1 win 32000 "
	       "<sack 9001:10001 7001:8001 5001:6001 3001:4001>\n"
	       "> . 1:1001(1000)\n"
	       "> . 1001:2001(1000)\n"
	       "> . 2001:3001(1000)\n");
	/* 6001:7001 is not lost yet: only two ranges stand above it. */
	say(t, "< . 1:1(0) ack 4001 win 32000 "
	       "<sack 9001:10001 7001:8001 5001:6001>\n"
	       "> . 4001:5001(1000)\n"
	       "+1ms\n");
	inject(t, ". 1:1(0) ack 10001 win 32000");
	check_int(t, pcb(t)->ca_state, TCP_CA_OPEN);
}

TCP_CASE(sack_one_big_block_is_loss, "RFC 6675 4 IsLost")
{
	open_with(t, "mss 1000,sackOK", 32000);
	app_send(t, 10000);
	expect_data(t, 1, 10);
	say(t, "< . 1:1(0) ack 1 win 32000 <sack 1001:4001>\n"
	       "> . 1:1001(1000)\n");
}

TCP_CASE(sack_three_small_ranges_are_loss, "RFC 6675 4 IsLost")
{
	open_with(t, "mss 1000,sackOK", 32000);
	app_set(t, IPPROTO_TCP, 1, 1);
	for (int i = 0; i < 8; i++)
		app_send(t, 100);
	check_int(t, drain(t), 8);
	say(t, "< . 1:1(0) ack 1 win 32000 <sack 301:401 101:201>\n"
	       "< . 1:1(0) ack 1 win 32000 <sack 501:601 301:401 101:201>\n"
	       "> . 1:101(100)\n");
}

TCP_CASE(sack_two_segments_are_no_loss, "RFC 6675 4 IsLost")
{
	open_with(t, "mss 1000,sackOK", 32000);
	app_send(t, 10000);
	expect_data(t, 1, 10);
	say(t, "< . 1:1(0) ack 1 win 32000 <sack 1001:3001>\n"
	       "+10ms\n");
	check_int(t, pcb(t)->ca_state, TCP_CA_DISORDER);
}

/* A delay, not a loss: what the timer did is taken back. */
/* Seven of ten are lost: the hole is not filled in one burst. */
TCP_CASE(prr_begins_slowly, "RFC 6937 3 PRR-SSRB")
{
	open_with(t, "mss 1000,sackOK", 32000);
	app_send(t, 10000);
	expect_data(t, 1, 10);
	say(t, "< . 1:1(0) ack 1 win 32000 <sack 7001:8001>\n"
	       "< . 1:1(0) ack 1 win 32000 <sack 7001:9001>\n"
	       "< . 1:1(0) ack 1 win 32000 <sack 7001:10001>\n"
	       "> . 1:1001(1000) ack 1\n"
	       "> . 1001:2001(1000) ack 1\n"
	       "< . 1:1(0) ack 1001 win 32000 <sack 7001:10001>\n"
	       "> . 2001:3001(1000) ack 1\n"
	       "> . 3001:4001(1000) ack 1\n");
	check_int(t, pcb(t)->cc.ssthresh, 5000);
}

/* An ACK that was overtaken tells of what it saw all the same. */
TCP_CASE(sack_of_an_old_ack, "RFC 6675 4 Update")
{
	open_with(t, "mss 1000,sackOK", 32000);
	app_send(t, 10000);
	expect_data(t, 1, 10);
	say(t, "< . 1:1(0) ack 3001 win 32000\n"
	       "< . 1:1(0) ack 2001 win 32000 <sack 5001:6001>\n"
	       "< . 1:1(0) ack 1001 win 32000 <sack 5001:7001>\n");
	check_int(t, pcb(t)->sacked_bytes, 2000);
	say(t, "< . 1:1(0) ack 3001 win 32000 <sack 5001:8001>\n"
	       "> . 3001:4001(1000) ack 1\n");
}

TCP_CASE(timeout_was_needless, "RFC 3522 3.2, RFC 4015 3.2")
{
	open_full(t);
	app_send(t, 10000);
	expect_data(t, 1, 10);
	t->ts_val += 1;
	say(t, "+200ms\n"
	       "> . 1:1001(1000) ack 1\n"
	       "+10ms\n");
	check_int(t, pcb(t)->cc.cwnd, 1000);
	t->ts_last -= 200; /* the echo of the original */
	say(t, "< . 1:1(0) ack 2001 win 512 <TS val 400 ecr last>\n"
	       "+1ms\n");
	check_int(t, pcb(t)->ca_state, TCP_CA_OPEN);
	check(t, pcb(t)->cc.cwnd >= 10000);
	check_int(t, stk_counter(t->s, "tcp_undone"), 1);
	expect_idle(t);
}

TCP_CASE(timeout_was_needed, "RFC 3522 3.2")
{
	open_full(t);
	app_send(t, 3000);
	expect_data(t, 1, 3);
	say(t, "+200ms\n"
	       "> . 1:1001(1000) ack 1\n"
	       "+10ms\n"
	       "< . 1:1(0) ack 1001 win 512\n"
	       "> . 1001:2001(1000) ack 1\n"
	       "> P. 2001:3001(1000) ack 1\n");
	check_int(t, pcb(t)->ca_state, TCP_CA_LOSS);
	check_int(t, stk_counter(t->s, "tcp_undone"), 0);
	check_int(t, pcb(t)->cc.ssthresh, 2000);
}

TCP_CASE(reordering_is_no_loss, "RFC 3522 3.2")
{
	open_full(t);
	app_send(t, 10000);
	expect_data(t, 1, 10);
	advance(t, MS(5));
	say(t, "< . 1:1(0) ack 1 win 512 <nop,nop,TS val 200 ecr last,nop,nop,"
	       "sack 1001:5001>\n"
	       "> . 1:1001(1000) ack 1\n");
	check_int(t, pcb(t)->ca_state, TCP_CA_RECOVERY);
	t->ts_last -= 5;
	say(t, "< . 1:1(0) ack 5001 win 512 <TS val 201 ecr last>\n");
	check_int(t, pcb(t)->ca_state, TCP_CA_OPEN);
	check(t, pcb(t)->cc.cwnd >= 10000);
	check_int(t, stk_counter(t->s, "tcp_undone"), 1);
}

TCP_CASE(duplicates_without_news_are_none, "RFC 6675 2")
{
	open_with(t, "mss 1000,sackOK", 32000);
	app_send(t, 10000);
	expect_data(t, 1, 10);
	for (int i = 0; i < 6; i++)
		say(t, "< . 1:1(0) ack 1 win 32000 <sack 1001:2001>\n");
	expect_idle(t);
}

TCP_CASE(lost_retransmission, "RFC 8985 3.2")
{
	open_with(t, "mss 1000,sackOK", 60000);
	app_send(t, 40000);
	expect_data(t, 1, 10);
	say(t, "+50ms\n"
	       "< . 1:1(0) ack 1 win 60000 <sack 1001:10001>\n"
	       "> . 1:1001(1000)\n");
	/* What goes out after it arrives, it does not. */
	drain(t);
	advance(t, MS(50));
	say(t, "< . 1:1(0) ack 1 win 60000 <sack 1001:12001>\n");
	check(t, t->n_out && t->out[0].h.seq != t->stk_isn + 1);
	drain(t);
	inject(t, ". 1:1(0) ack 1 win 60000 <sack 1001:14001>");
	say(t, "> . 1:1001(1000)\n");
	drain(t);
}

TCP_CASE(sack_survives_timeout, "RFC 6675 5.1")
{
	open_with(t, "mss 1000,sackOK", 32000);
	app_send(t, 4000);
	expect_data(t, 1, 4);
	say(t, "< . 1:1(0) ack 1 win 32000 <sack 1001:3001>\n"
	       "+200ms\n"
	       "> . 1:1001(1000)\n"
	       "< . 1:1(0) ack 3001 win 32000\n"
	       "> P. 3001:4001(1000)\n"
	       "< . 1:1(0) ack 4001 win 32000\n");
}

TCP_CASE(reneging, "RFC 2018 8")
{
	open_with(t, "mss 1000,sackOK", 32000);
	app_send(t, 4000);
	expect_data(t, 1, 4);
	say(t, "< . 1:1(0) ack 1 win 32000 <sack 1001:2001>\n"
	       "< . 1:1(0) ack 1001 win 32000\n"
	       "+210ms\n"
	       "> . 1001:2001(1000)\n");
}

TCP_CASE(sack_of_what_was_never_sent, "RFC 2018 5")
{
	open_with(t, "mss 1000,sackOK", 32000);
	app_send(t, 4000);
	expect_data(t, 1, 4);
	say(t, "< . 1:1(0) ack 1 win 32000 <sack 4001:9001>\n"
	       "< . 1:1(0) ack 1 win 32000 <sack 3001:2001>\n"
	       "< . 1:1(0) ack 1 win 32000 <sack 1:2001>\n"
	       "< . 1:1(0) ack 1 win 32000 <sack 100000:900000>\n"
	       "+1ms\n");
	check_int(t, pcb(t)->sacked_bytes, 0);
}

TCP_CASE(sack_malformed, "RFC 2018 3")
{
	open_with(t, "mss 1000,sackOK", 32000);
	app_send(t, 4000);
	expect_data(t, 1, 4);
	say(t, "< . 1:1(0) ack 1 win 32000 <raw 0505000000>\n"
	       "< . 1:1(0) ack 1 win 32000 <raw 0502>\n"
	       "< . 1:1(0) ack 1 win 32000 <raw 05220000>\n"
	       "+1ms\n");
	check_int(t, pcb(t)->sacked_bytes, 0);
}

TCP_CASE(sack_is_sent, "RFC 2018 4")
{
	open_with(t, "mss 1000,sackOK", 32000);
	say(t, "< . 1001:2001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1 <sack 1001:2001>\n"
	       "< . 3001:4001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1 <sack 3001:4001 1001:2001>\n"
	       "< . 5001:6001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1 <sack 5001:6001 3001:4001 1001:2001>\n"
	       "< . 2001:3001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1 <sack 1001:4001 5001:6001>\n"
	       "< . 1:1001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 4001 <sack 5001:6001>\n"
	       "< . 4001:5001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 6001 <>\n");
	check_int(t, app_recv(t, 10000), 6000);
}

TCP_CASE(sack_at_most_four_blocks, "RFC 2018 3")
{
	open_with(t, "mss 1000,sackOK", 32000);
	for (uint32_t i = 0; i < 6; i++)
		peer_send(t, 1001 + i * 2000, 1000, 1000, 1, 32000);
	t->first_out = t->n_out - 1;
	say(t, "> . 1:1(0) ack 1 "
	       "<sack 11001:12001 9001:10001 7001:8001 5001:6001>\n");
}

TCP_CASE(sack_three_blocks_with_timestamps, "RFC 2018 3")
{
	open_full(t);
	for (uint32_t i = 0; i < 6; i++)
		peer_send(t, 1001 + i * 2000, 1000, 1000, 1, 512);
	t->first_out = t->n_out - 1;
	say(t, "> . 1:1(0) ack 1 <TS val . ecr 100,"
	       "sack 11001:12001 9001:10001 7001:8001>\n");
}

TCP_CASE(sack_rides_on_data, "RFC 2018 4")
{
	open_with(t, "mss 1000,sackOK", 32000);
	say(t, "< . 1001:2001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1 <sack 1001:2001>\n");
	app_send(t, 100);
	say(t, "> P. 1:101(100) ack 1 <sack 1001:2001>\n");
}

TCP_CASE(full_segments_leave_room_for_sack, "RFC 6691 3.1")
{
	open_with(t, "mss 1400,sackOK", 32000);
	for (uint32_t i = 0; i < 4; i++)
		peer_send(t, 1001 + i * 2000, 1000, 1000, 1, 32000);
	drain(t);
	app_send(t, 2780);
	say(t, "> . 1:1401(1400) ack 1 <>\n"
	       "> P. 1401:2781(1380) ack 1 <sack 7001:8001 5001:6001>\n");
}

TCP_CASE(dsack, "RFC 2883 4")
{
	open_with(t, "mss 1000,sackOK", 32000);
	say(t, "< . 1:1001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1001 <>\n"
	       "< . 1:1001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1001 <sack 1:1001>\n"
	       "< . 2001:3001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1001 <sack 2001:3001>\n"
	       "< . 2001:3001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1001 <sack 2001:3001 2001:3001>\n");
}

TCP_CASE(no_sack_unless_agreed, "RFC 2018 2")
{
	open_plain(t);
	say(t, "< . 1001:2001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1 <>\n");
}

/* --- sequence numbers wrap ------------------------------------------------ */

TCP_CASE(peers_numbers_wrap, "RFC 9293 3.4")
{
	t->isn = 0xfffffc00;
	open_with(t, "mss 1000,sackOK", 32000);
	say(t, "< . 1001:2001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1 <sack 1001:2001>\n"
	       "< . 2001:3001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1 <sack 1001:3001>\n"
	       "< . 1:1001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 3001\n");
	check_int(t, app_recv(t, 10000), 3000);
}

/* A connection whose own numbers begin just before 2^32. */
static void open_near_wrap(struct conv *t, const char *options)
{
	app_listen(t, 5);
	/* M of the ISN is the clock over 4: set it so that the sum is near. */
	for (int i = 0; i < 3; i++) {
		struct stk_key k = { t->self, t->peer, 80, 40000,
				     IPPROTO_TCP };
		uint32_t isn = tcp_isn(t->s, &k);

		t->now += ((uint64_t)(uint32_t)(0xfffff000u - isn)) * 4;
		stk_set_now(t->s, t->now);
		advance(t, 0);
	}
	open_with(t, options, 32000);
	check(t, t->stk_isn > 0xffffef00u);
}

TCP_CASE(our_numbers_wrap, "RFC 9293 3.4")
{
	open_near_wrap(t, "mss 1000");
	app_send(t, 10000);
	expect_data(t, 1, 10);
	say(t, "< . 1:1(0) ack 3001 win 32000\n"
	       "< . 1:1(0) ack 8001 win 32000\n"
	       "< . 1:1(0) ack 10001 win 32000\n");
	check_int(t, stk_unacked(t->sk), 0);
}

TCP_CASE(recovery_across_the_wrap, "RFC 9293 3.4, RFC 6675")
{
	open_near_wrap(t, "mss 1000,sackOK");
	app_send(t, 10000);
	expect_data(t, 1, 10);
	say(t, "< . 1:1(0) ack 2001 win 32000 <sack 3001:9001>\n"
	       "> . 2001:3001(1000)\n"
	       "< . 1:1(0) ack 9001 win 32000\n"
	       "< . 1:1(0) ack 10001 win 32000\n");
}

TCP_CASE(timeout_across_the_wrap, "RFC 9293 3.4")
{
	open_near_wrap(t, "mss 1000");
	app_send(t, 5000);
	expect_data(t, 1, 5);
	stk_shutdown(t->sk, SHUT_WR);
	advance(t, 0);
	say(t, "> F. 5001:5001(0)\n"
	       "+200ms\n"
	       "> . 1:1001(1000)\n"
	       "< . 1:1(0) ack 4001 win 32000\n"
	       "> FP. 4001:5001(1000)\n"
	       "< . 1:1(0) ack 5002 win 32000\n");
	check_int(t, pcb(t)->state, TCPS_FIN_WAIT_2);
}
