/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loss recovery by SACK, and SACK sent: RFC 2018, 2883, 6675. */
#include "conv.h"

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
