/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ending a connection: RFC 9293 3.6, 3.10.4, 3.10.5; TIME-WAIT; RFC 6191. */
#include <errno.h>

#include "conv.h"

TCP_CASE(passive_close, "RFC 9293 3.6")
{
	open_plain(t);
	say(t, "< F. 1:1(0) ack 1 win 32000\n"
	       "> . 1:1(0) ack 2\n");
	check_int(t, pcb(t)->state, TCPS_CLOSE_WAIT);
	check(t, t->events & STK_IN);
	check_int(t, app_recv(t, 10), 0);
	app_close(t);
	say(t, "> F. 1:1(0) ack 2\n"
	       "< . 2:2(0) ack 2 win 32000\n");
	check_int(t, stk_lingering(t->s), 0);
}

TCP_CASE(active_close, "RFC 9293 3.6 figure 12")
{
	open_plain(t);
	app_send(t, 100);
	app_close(t);
	say(t, "> P. 1:101(100) ack 1\n"
	       "> F. 101:101(0) ack 1\n"
	       "< . 1:1(0) ack 102 win 32000\n"
	       "< F. 1:1(0) ack 102 win 32000\n"
	       "> . 102:102(0) ack 2\n");
	check_int(t, stk_lingering(t->s), 0);
	check_int(t, t->s->tcp->n_tws, 1);
	say(t, "+59s\n"
	       "< F. 1:1(0) ack 102 win 32000\n"
	       "> . 102:102(0) ack 2\n"
	       "+59s\n");
	check_int(t, t->s->tcp->n_tws, 1);
	say(t, "+1s\n");
	check_int(t, t->s->tcp->n_tws, 0);
}

TCP_CASE(simultaneous_close, "RFC 9293 3.6 figure 13")
{
	open_plain(t);
	app_close(t);
	say(t, "> F. 1:1(0) ack 1\n"
	       "< F. 1:1(0) ack 1 win 32000\n"
	       "> . 2:2(0) ack 2\n"
	       "< . 2:2(0) ack 2 win 32000\n");
	check_int(t, t->s->tcp->n_tws, 1);
}

/* The one ACK of a burst is sent at its end; this end comes before. */
TCP_CASE(simultaneous_close_in_one_burst, "RFC 9293 3.6 figure 13")
{
	open_plain(t);
	stk_shutdown(t->sk, SHUT_WR);
	advance(t, 0);
	say(t, "> F. 1:1(0) ack 1\n");
	begin_burst(t);
	inject(t, "P. 1:7(6) ack 1 win 32000");
	inject(t, "F. 7:7(0) ack 1 win 32000");
	inject(t, ". 8:8(0) ack 2 win 32000");
	end_burst(t);
	say(t, "> . 2:2(0) ack 8\n");
	check_int(t, t->s->tcp->n_tws, 1);
	check_int(t, app_recv(t, 10), 6);
	check_int(t, app_recv(t, 10), 0);
}

/* All that the peer has to say has come when the link dies: how does it end? */
static void die_after(struct conv *t, const char *last, int end)
{
	open_plain(t);
	app_send(t, 100);
	say(t, "> P. 1:101(100) ack 1\n");
	inject(t, last);
	say(t, "> . 101:101(0) ack 8\n");
	stk_die(t->s, -EPIPE, "gone");
	stk_service(t->s, t->now);
	check_int(t, app_recv(t, 6), 6);
	check_int(t, app_recv(t, 10), end);
}

/* Both have said all, and it has come: the link may go. */
TCP_CASE(dead_link_after_the_end, "RFC 9293 3.9.1")
{
	die_after(t, "FP. 1:7(6) ack 101 win 32000", 0);
}

TCP_CASE(dead_link_before_the_end, "RFC 9293 3.9.1")
{
	die_after(t, "FP. 1:7(6) ack 100 win 32000", -ENETDOWN);
}

TCP_CASE(fin_with_the_ack_of_ours, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	app_close(t);
	say(t, "> F. 1:1(0) ack 1\n"
	       "< F. 1:1(0) ack 2 win 32000\n"
	       "> . 2:2(0) ack 2\n");
	check_int(t, t->s->tcp->n_tws, 1);
}

TCP_CASE(data_with_fin, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	say(t, "< FP. 1:101(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 102\n");
	check_int(t, app_recv(t, 1000), 100);
	check_int(t, app_recv(t, 1000), 0);
}

TCP_CASE(fin_before_its_data, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	say(t, "< F. 101:101(0) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1\n");
	check_int(t, pcb(t)->state, TCPS_ESTABLISHED);
	say(t, "< P. 1:101(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 102\n");
	check_int(t, pcb(t)->state, TCPS_CLOSE_WAIT);
	check_int(t, app_recv(t, 1000), 100);
	check_int(t, app_recv(t, 1000), 0);
}

TCP_CASE(data_beyond_a_fin, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	say(t, "< F. 101:101(0) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1\n"
	       "< P. 101:201(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1\n"
	       "< P. 1:151(150) ack 1 win 32000\n"
	       "> . 1:1(0) ack 102\n");
	check_int(t, pcb(t)->state, TCPS_CLOSE_WAIT);
	check_int(t, app_recv(t, 100), 100);
	check_int(t, app_recv(t, 100), 0);
}

TCP_CASE(fin_before_data_that_is_there, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	say(t, "< P. 101:201(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1\n"
	       "< F. 101:101(0) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1\n"
	       "< P. 1:101(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 201\n"
	       "< P. 201:301(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 301\n");
	check_int(t, pcb(t)->state, TCPS_ESTABLISHED);
	check_int(t, app_recv(t, 300), 300);
}

TCP_CASE(fin_again, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	say(t, "< F. 1:1(0) ack 1 win 32000\n"
	       "> . 1:1(0) ack 2\n"
	       "< F. 1:1(0) ack 1 win 32000\n"
	       "> . 1:1(0) ack 2\n");
	check_int(t, pcb(t)->state, TCPS_CLOSE_WAIT);
}

TCP_CASE(half_close_and_receive, "RFC 9293 3.6")
{
	open_plain(t);
	app_send(t, 100);
	check_int(t, stk_shutdown(t->sk, SHUT_WR), 0);
	advance(t, 0);
	say(t, "> P. 1:101(100) ack 1\n"
	       "> F. 101:101(0) ack 1\n"
	       "< . 1:1(0) ack 102 win 32000\n"
	       "+300s\n"
	       "< P. 1:1001(1000) ack 102 win 32000\n"
	       "> . 102:102(0) ack 1001\n");
	check_int(t, app_recv(t, 2000), 1000);
	say(t, "< F. 1001:1001(0) ack 102 win 32000\n"
	       "> . 102:102(0) ack 1002\n");
	check_int(t, app_recv(t, 2000), 0);
}

TCP_CASE(half_closed_peer_gets_data, "RFC 9293 3.6")
{
	open_plain(t);
	say(t, "< F. 1:1(0) ack 1 win 32000\n"
	       "> . 1:1(0) ack 2\n");
	app_send(t, 3000);
	say(t, "> . 1:1001(1000) ack 2\n"
	       "> . 1001:2001(1000) ack 2\n"
	       "> P. 2001:3001(1000) ack 2\n"
	       "< . 2:2(0) ack 3001 win 32000\n");
	check_int(t, stk_unacked(t->sk), 0);
}

TCP_CASE(send_after_shutdown, "shutdown(2)")
{
	struct iovec v = { &(char){ 'x' }, 1 };

	open_plain(t);
	stk_shutdown(t->sk, SHUT_WR);
	check_int(t, stk_send(t->sk, &v, 1, NULL), -EPIPE);
	advance(t, 0);
	say(t, "> F. 1:1(0) ack 1\n");
}

TCP_CASE(shutdown_of_reading, "shutdown(2)")
{
	open_plain(t);
	check_int(t, stk_shutdown(t->sk, SHUT_RD), 0);
	check_int(t, app_recv(t, 10), 0);
	say(t, "< P. 1:1001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1001\n");
	/* As on Linux: what comes all the same can be read. */
	check_int(t, app_recv(t, 1000), 1000);
	check_int(t, app_recv(t, 10), 0);
}

TCP_CASE(shutdown_unconnected, "shutdown(2)")
{
	check_int(t, stk_socket(t->s, t->family, SOCK_STREAM, &t->sk), 0);
	check_int(t, stk_shutdown(t->sk, SHUT_WR), -ENOTCONN);
}

TCP_CASE(fin_waits_for_the_data, "RFC 9293 3.10.4")
{
	open_plain(t);
	app_send(t, 15000);
	app_close(t);
	check_int(t, drain(t), 10);
	say(t, "< . 1:1(0) ack 10001 win 32000\n");
	check_int(t, t->n_out, 5);
	check_int(t, t->out[4].h.flags & TCP_FIN, TCP_FIN);
	drain(t);
	say(t, "< . 1:1(0) ack 15002 win 32000\n");
}

TCP_CASE(fin_waits_for_the_window, "RFC 9293 3.8.6")
{
	open_with(t, "mss 1000", 1000);
	app_send(t, 1000);
	app_close(t);
	say(t, "> P. 1:1001(1000) ack 1\n"
	       "< . 1:1(0) ack 1001 win 0\n"
	       "+200ms\n"
	       "> . 1000:1000(0) ack 1\n"
	       "< . 1:1(0) ack 1001 win 1\n"
	       "> F. 1001:1001(0) ack 1\n");
}

TCP_CASE(close_with_unread_data_resets, "RFC 2525 2.17")
{
	open_plain(t);
	say(t, "< P. 1:101(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 101\n");
	app_close(t);
	say(t, "> R. 1:1(0) ack 101\n");
	check_int(t, stk_lingering(t->s), 0);
}

TCP_CASE(data_after_close_resets, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	app_close(t);
	say(t, "> F. 1:1(0) ack 1\n"
	       "< P. 1:101(100) ack 2 win 32000\n"
	       "> R. 2:2(0) ack 1\n");
	check_int(t, stk_lingering(t->s), 0);
}

/* Its ACK was lost, and the FIN comes with what is known. */
TCP_CASE(old_data_with_a_new_fin_after_close, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	say(t, "< P. 1:101(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 101\n");
	check_int(t, app_recv(t, 100), 100);
	app_close(t);
	say(t, "> F. 1:1(0) ack 101\n"
	       "< FP. 1:101(100) ack 2 win 32000\n"
	       "> . 2:2(0) ack 102\n");
}

TCP_CASE(linger_zero_resets, "socket(7) SO_LINGER")
{
	struct linger l = { 1, 0 };

	open_plain(t);
	stk_setopt(t->sk, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	app_send(t, 100);
	drain(t);
	app_close(t);
	say(t, "> R. 101:101(0) ack 1\n");
	check_int(t, stk_lingering(t->s), 0);
}

TCP_CASE(linger_gives_time_to_deliver, "socket(7) SO_LINGER")
{
	struct linger l = { 1, 3 };

	open_plain(t);
	stk_setopt(t->sk, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	app_send(t, 100);
	app_close(t);
	advance(t, MS(2999));
	drain(t);
	check_int(t, stk_lingering(t->s), 1);
	say(t, "+1ms\n"
	       "> R. 102:102(0) ack 1\n");
	check_int(t, stk_lingering(t->s), 0);
}

TCP_CASE(fin_wait_2_of_a_closed_one_ends, "tcp(7) tcp_fin_timeout")
{
	open_plain(t);
	app_close(t);
	say(t, "> F. 1:1(0) ack 1\n"
	       "< . 1:1(0) ack 2 win 32000\n"
	       "+59s\n");
	check_int(t, stk_lingering(t->s), 1);
	say(t, "+1s\n");
	check_int(t, stk_lingering(t->s), 0);
}

TCP_CASE(linger2, "tcp(7) TCP_LINGER2")
{
	open_plain(t);
	check_int(t, app_set(t, IPPROTO_TCP, 8, 3), 0);
	app_close(t);
	say(t, "> F. 1:1(0) ack 1\n"
	       "< . 1:1(0) ack 2 win 32000\n"
	       "+3s\n");
	check_int(t, stk_lingering(t->s), 0);
}

TCP_CASE(fin_wait_2_of_an_open_one_stays, "RFC 9293 3.6")
{
	open_plain(t);
	stk_shutdown(t->sk, SHUT_WR);
	advance(t, 0);
	say(t, "> F. 1:1(0) ack 1\n"
	       "< . 1:1(0) ack 2 win 32000\n"
	       "+3600s\n");
	check_int(t, pcb(t)->state, TCPS_FIN_WAIT_2);
}

TCP_CASE(orphan_gives_up_sooner, "tcp(7) tcp_orphan_retries")
{
	open_plain(t);
	app_send(t, 100);
	app_close(t);
	advance(t, 300 * SK_SEC);
	drain(t);
	check_int(t, stk_lingering(t->s), 0);
}

/* --- RST ------------------------------------------------------------------ */

TCP_CASE(rst_resets, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	say(t, "< R 1:1(0) win 0\n");
	check(t, t->events & STK_ERR);
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), ECONNRESET);
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), 0);
	check_int(t, app_recv(t, 1), 0);
	check_int(t, counter(t, "tcp_in_rst"), 1);
}

TCP_CASE(rst_is_told_by_recv_and_send, "recv(2)")
{
	struct iovec v = { &(char){ 'x' }, 1 };

	open_plain(t);
	say(t, "< R 1:1(0) win 0\n");
	check_int(t, stk_recv(t->sk, &v, 1, NULL, 0), -ECONNRESET);
	check_int(t, stk_send(t->sk, &v, 1, NULL), -EPIPE);
}

TCP_CASE(data_before_rst_can_be_read, "recv(2)")
{
	open_plain(t);
	say(t, "< P. 1:101(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 101\n"
	       "< R 101:101(0) win 0\n");
	check_int(t, app_recv(t, 100), 100);
	check_int(t, app_recv(t, 1000), -ECONNRESET);
	check_int(t, app_recv(t, 1000), 0);
}

TCP_CASE(rst_in_every_state, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	stk_shutdown(t->sk, SHUT_WR);
	advance(t, 0);
	say(t, "> F. 1:1(0) ack 1\n"
	       "< R 1:1(0) win 0\n");
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), ECONNRESET);
}

TCP_CASE(rst_in_close_wait, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	say(t, "< F. 1:1(0) ack 1 win 32000\n"
	       "> . 1:1(0) ack 2\n"
	       "< R 2:2(0) win 0\n");
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), EPIPE);
}

TCP_CASE(rst_in_last_ack, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	say(t, "< F. 1:1(0) ack 1 win 32000\n"
	       "> . 1:1(0) ack 2\n");
	app_close(t);
	say(t, "> F. 1:1(0) ack 2\n"
	       "< R 2:2(0) win 0\n");
	check_int(t, stk_lingering(t->s), 0);
}

TCP_CASE(rst_in_closing, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	app_close(t);
	say(t, "> F. 1:1(0) ack 1\n"
	       "< F. 1:1(0) ack 1 win 32000\n"
	       "> . 2:2(0) ack 2\n"
	       "< R 2:2(0) win 0\n");
	check_int(t, stk_lingering(t->s), 0);
	check_int(t, t->s->tcp->n_tws, 0);
}

TCP_CASE(segments_after_our_rst, "RFC 9293 3.10.7.1")
{
	struct linger l = { 1, 0 };

	open_plain(t);
	stk_setopt(t->sk, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	app_close(t);
	say(t, "> R. 1:1(0) ack 1\n"
	       "< P. 1:101(100) ack 1 win 32000\n"
	       "> R 1:1(0)\n");
}

/* --- TIME-WAIT ------------------------------------------------------------ */

static void to_time_wait(struct conv *t)
{
	app_close(t);
	say(t, "> F. 1:1(0) ack 1\n"
	       "< F. 1:1(0) ack 2 win 32000\n"
	       "> . 2:2(0) ack 2\n");
	check_int(t, t->s->tcp->n_tws, 1);
}

TCP_CASE(time_wait_ends, "RFC 9293 3.6.1")
{
	open_plain(t);
	to_time_wait(t);
	say(t, "+60s\n");
	check_int(t, t->s->tcp->n_tws, 0);
	say(t, "< . 2:2(0) ack 2 win 32000\n"
	       "> R 2:2(0)\n");
}

TCP_CASE(time_wait_ignores_rst, "RFC 1337 3")
{
	open_plain(t);
	to_time_wait(t);
	say(t, "< R 2:2(0) win 0\n");
	check_int(t, t->s->tcp->n_tws, 1);
}

TCP_CASE(time_wait_answers_old_data, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	to_time_wait(t);
	say(t, "< P. 1:101(100) ack 2 win 32000\n"
	       "> . 2:2(0) ack 2\n"
	       "< . 2:2(0) ack 2 win 32000\n"
	       "+1s\n");
}

TCP_CASE(time_wait_reused_by_sequence, "RFC 6191 2")
{
	open_plain(t);
	to_time_wait(t);
	t->stk_isn_known = false;
	say(t, "< S 5000:5000(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 5001\n");
	check_int(t, t->s->tcp->n_tws, 0);
	check_int(t, counter(t, "tcp_tw_reused"), 1);
}

TCP_CASE(time_wait_not_reused_by_old_sequence, "RFC 6191 2")
{
	open_plain(t);
	to_time_wait(t);
	say(t, "< S 1:1(0) win 32000 <mss 1000>\n"
	       "> . 2:2(0) ack 2\n");
	check_int(t, t->s->tcp->n_tws, 1);
}

TCP_CASE(time_wait_answers_old_stamps, "RFC 7323 5.3 R1")
{
	open_full(t);
	app_close(t);
	say(t, "> F. 1:1(0) ack 1\n"
	       "< F. 1:1(0) ack 2 win 512\n"
	       "> . 2:2(0) ack 2\n"
	       "< . 2:2(0) ack 2 win 512\n"
	       "< . 2:2(0) ack 2 win 512 <TS val 50 ecr last>\n"
	       "> . 2:2(0) ack 2\n");
}

TCP_CASE(time_wait_reused_by_timestamp, "RFC 6191 2")
{
	open_full(t);
	app_close(t);
	say(t, "> F. 1:1(0) ack 1\n"
	       "< F. 1:1(0) ack 2 win 512\n"
	       "> . 2:2(0) ack 2\n");
	t->stk_isn_known = false;
	/* An older number, but a newer stamp. */
	say(t, "< S 1:1(0) win 32000 <mss 1000,TS val 200 ecr 0>\n"
	       "> S. 0:0(0) ack 2\n");
	check_int(t, t->s->tcp->n_tws, 0);
}

TCP_CASE(time_wait_not_reused_by_old_timestamp, "RFC 6191 2")
{
	open_full(t);
	app_close(t);
	say(t, "> F. 1:1(0) ack 1\n"
	       "< F. 1:1(0) ack 2 win 512\n"
	       "> . 2:2(0) ack 2\n"
	       "< S 5000:5000(0) win 32000 <mss 1000,TS val 50 ecr 0>\n"
	       "> . 2:2(0) ack 2\n");
	check_int(t, t->s->tcp->n_tws, 1);
}

TCP_CASE(new_number_after_time_wait_is_greater, "RFC 6528 3")
{
	uint32_t old;

	open_plain(t);
	old = pcb(t)->snd_nxt;
	to_time_wait(t);
	say(t, "+5s\n");
	t->stk_isn_known = false;
	say(t, "< S 5000:5000(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 5001\n");
	check(t, seq_gt(t->stk_isn, old));
}

TCP_CASE(time_waits_are_bounded, "security")
{
	open_plain(t);
	t->s->tcp->n_tws = TCP_TW_MAX;
	app_close(t);
	say(t, "> F. 1:1(0) ack 1\n"
	       "< F. 1:1(0) ack 2 win 32000\n"
	       "> . 2:2(0) ack 2\n");
	check_int(t, t->s->tcp->n_tws, TCP_TW_MAX);
	t->s->tcp->n_tws = 0;
}

TCP_CASE(eof_stays, "recv(2)")
{
	open_plain(t);
	say(t, "< F. 1:1(0) ack 1 win 32000\n"
	       "> . 1:1(0) ack 2\n");
	for (int i = 0; i < 3; i++)
		check_int(t, app_recv(t, 10), 0);
	check(t, stk_ready(t->sk) & STK_IN);
}

TCP_CASE(hangup_when_both_have_ended, "poll(2)")
{
	open_plain(t);
	stk_shutdown(t->sk, SHUT_WR);
	advance(t, 0);
	say(t, "> F. 1:1(0) ack 1\n"
	       "< F. 1:1(0) ack 2 win 32000\n"
	       "> . 2:2(0) ack 2\n");
	check(t, t->events & STK_HUP);
	check_int(t, app_recv(t, 10), 0);
}
