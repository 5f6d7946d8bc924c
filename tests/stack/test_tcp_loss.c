/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Congestion, and loss recovery without SACK: RFC 5681, 6582; numbers that wrap. */
#include "conv.h"
#include "stack/tcp/isn.h"

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
