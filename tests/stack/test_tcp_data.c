/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data: sequence space, ACKs, windows, small segments (RFC 9293 3.8). */
#include <errno.h>

#include "conv_wire.h"

#define NODELAY 1
#define MAXSEG 2
#define CORK 3
#define QUICKACK 12

TCP_CASE(data_both_ways, "RFC 9293 3.8")
{
	open_plain(t);
	app_send(t, 500);
	say(t, "> P. 1:501(500) ack 1\n"
	       "< P. 1:301(300) ack 501 win 32000\n"
	       "> . 501:501(0) ack 301\n");
	check_int(t, app_recv(t, 1000), 300);
}

TCP_CASE(send_is_cut_into_segments, "RFC 9293 3.7.1")
{
	open_plain(t);
	app_send(t, 2500);
	say(t, "> . 1:1001(1000) ack 1\n"
	       "> . 1001:2001(1000) ack 1\n"
	       "> P. 2001:2501(500) ack 1\n");
}

/* A link that cuts segments itself gets whole windows, but never more than
 * cwnd lets go, and what was lost a segment at a time. */
TCP_CASE(super_segments, "link.h STK_OFFLOAD_TSO4")
{
	open_plain(t);
	t->link.offload = STK_OFFLOAD_TSO4 | STK_OFFLOAD_TSO6;
	app_send(t, 25500);
	say(t, "> . 1:10001(10000) ack 1\n");
	check_int(t, pcb(t)->segs_out, 10);
	check_int(t, pcb(t)->data_segs_out, 10);
	say(t, "< . 1:1(0) ack 10001 win 32000\n"
	       "> . 10001:25001(15000) ack 1\n"
	       "> P. 25001:25501(500) ack 1\n"
	       "< . 1:1(0) ack 10001 win 32000\n"
	       "< . 1:1(0) ack 10001 win 32000\n"
	       "< . 1:1(0) ack 10001 win 32000\n"
	       "> . 10001:11001(1000) ack 1\n");
}

TCP_CASE(fills_the_link, "RFC 6691")
{
	open_with(t, "mss 1460", 32000);
	app_send(t, 1460);
	drain(t);
	check_int(t, t->out[0].frame_len, 1500);
}

TCP_CASE(payload_crosses_chunks, "buf.h")
{
	uint32_t at = 0, acked;
	char line[80];

	open_with(t, "mss 1000,nop,wscale 7", 2000);
	while (at < 200000 && !t->failed) {
		app_send(t, 5000);
		at += 5000;
		for (unsigned i = 0; i < t->n_out; i++)
			check(t, t->out[i].good);
		drain(t);
		acked = at + 1;
		snprintf(line, sizeof(line), "< . 1:1(0) ack %u win 2000",
			 acked);
		inject(t, line + 2);
	}
}

TCP_CASE(receive_crosses_chunks, "buf.h")
{
	open_plain(t);
	for (uint32_t at = 0; at < 200000 && !t->failed; at += 5000) {
		peer_send(t, 1 + at, 5000, 1000, 1, 32000);
		check_int(t, app_recv(t, 5000), 5000);
	}
	drain(t);
}

/* --- acknowledgments ------------------------------------------------------ */

TCP_CASE(first_segments_are_acked_at_once, "RFC 9293 3.8.6.3")
{
	open_plain(t);
	say(t, "< P. 1:11(10) ack 1 win 32000\n"
	       "> . 1:1(0) ack 11\n"
	       "< P. 11:21(10) ack 1 win 32000\n"
	       "> . 1:1(0) ack 21\n");
}

TCP_CASE(delayed_ack, "RFC 9293 3.8.6.3 MUST-58, RFC 5681 4.2")
{
	open_plain(t);
	app_set(t, IPPROTO_TCP, QUICKACK, 0);
	say(t, "< P. 1:1001(1000) ack 1 win 32000\n"
	       "+39ms\n"
	       "+1ms\n"
	       "> . 1:1(0) ack 1001\n");
}

TCP_CASE(every_second_segment_is_acked, "RFC 9293 3.8.6.3 SHLD-19")
{
	open_plain(t);
	app_set(t, IPPROTO_TCP, QUICKACK, 0);
	say(t, "< . 1:1001(1000) ack 1 win 32000\n"
	       "< . 1001:2001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 2001\n"
	       "< . 2001:3001(1000) ack 1 win 32000\n"
	       "< . 3001:4001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 4001\n");
}

TCP_CASE(ack_rides_on_data, "RFC 9293 3.8.6.3")
{
	open_plain(t);
	app_set(t, IPPROTO_TCP, QUICKACK, 0);
	say(t, "< P. 1:11(10) ack 1 win 32000\n");
	app_send(t, 20);
	say(t, "> P. 1:21(20) ack 11\n"
	       "+100ms\n");
}

TCP_CASE(quickack_sends_the_ack_that_waits, "tcp(7)")
{
	open_plain(t);
	app_set(t, IPPROTO_TCP, QUICKACK, 0);
	say(t, "< P. 1:11(10) ack 1 win 32000\n");
	app_set(t, IPPROTO_TCP, QUICKACK, 1);
	say(t, "> . 1:1(0) ack 11\n");
}

TCP_CASE(out_of_order_is_acked_at_once, "RFC 5681 4.2")
{
	open_plain(t);
	app_set(t, IPPROTO_TCP, QUICKACK, 0);
	say(t, "< P. 1001:2001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1\n"
	       "< P. 2001:3001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1\n"
	       "< P. 1:1001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 3001\n");
	check_int(t, app_recv(t, 5000), 3000);
}

TCP_CASE(ack_when_a_hole_closes, "RFC 5681 4.2")
{
	open_plain(t);
	app_set(t, IPPROTO_TCP, QUICKACK, 0);
	say(t, "< . 1:1001(1000) ack 1 win 32000\n"
	       "< . 1101:1201(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1001\n"
	       "< . 1001:1101(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1201\n");
}

TCP_CASE(overlaps_are_cut, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	say(t, "< P. 1:501(500) ack 1 win 32000\n"
	       "> . 1:1(0) ack 501\n"
	       "< P. 251:751(500) ack 1 win 32000\n"
	       "> . 1:1(0) ack 751\n"
	       "< P. 1001:1501(500) ack 1 win 32000\n"
	       "> . 1:1(0) ack 751\n"
	       "< P. 651:1251(600) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1501\n");
	check_int(t, app_recv(t, 5000), 1500);
}

TCP_CASE(old_data_is_acked_again, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	say(t, "< P. 1:501(500) ack 1 win 32000\n"
	       "> . 1:1(0) ack 501\n"
	       "< P. 1:501(500) ack 1 win 32000\n"
	       "> . 1:1(0) ack 501\n"
	       "< P. 101:201(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 501\n");
	check_int(t, app_recv(t, 5000), 500);
}

TCP_CASE(many_holes_close, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	for (uint32_t i = 0; i < 20; i++)
		peer_send(t, 101 + i * 200, 100, 100, 1, 32000);
	drain(t);
	for (uint32_t i = 0; i < 20; i++)
		peer_send(t, 1 + i * 200, 100, 100, 1, 32000);
	check_int(t, pcb(t)->rcv_nxt - pcb(t)->irs, 4001);
	check_int(t, app_recv(t, 10000), 4000);
	drain(t);
}

TCP_CASE(push_and_urgent_change_nothing, "RFC 9293 3.8.5")
{
	open_plain(t);
	say(t, "< U. 1:101(100) ack 1 win 32000 urg 50\n"
	       "> . 1:1(0) ack 101\n"
	       "< UP. 101:201(100) ack 1 win 32000 urg 60000\n"
	       "> . 1:1(0) ack 201\n");
	check_int(t, app_recv(t, 1000), 200);
}

TCP_CASE(data_without_ack_flag_is_dropped, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	say(t, "< P 1:101(100) win 32000\n");
	check_int(t, app_recv(t, 100), -EAGAIN);
}

/* --- Nagle, cork ---------------------------------------------------------- */

TCP_CASE(nagle, "RFC 9293 3.7.4")
{
	open_plain(t);
	app_send(t, 10);
	app_send(t, 10);
	app_send(t, 10);
	say(t, "> P. 1:11(10) ack 1\n"
	       "< . 1:1(0) ack 11 win 32000\n"
	       "> P. 11:31(20) ack 1\n");
}

TCP_CASE(nagle_lets_full_segments_go, "RFC 9293 3.7.4")
{
	open_plain(t);
	app_send(t, 10);
	app_send(t, 1500);
	say(t, "> P. 1:11(10) ack 1\n"
	       "> . 11:1011(1000) ack 1\n"
	       "< . 1:1(0) ack 11 win 32000\n"
	       "> P. 1011:1511(500) ack 1\n");
}

TCP_CASE(minshall, "draft-minshall-nagle")
{
	open_plain(t);
	app_send(t, 1500);
	say(t, "> . 1:1001(1000) ack 1\n"
	       "> P. 1001:1501(500) ack 1\n");
	app_send(t, 10);
	expect_idle(t);
}

TCP_CASE(nodelay, "RFC 9293 3.7.4 MUST-17")
{
	open_plain(t);
	check_int(t, app_set(t, IPPROTO_TCP, NODELAY, 1), 0);
	app_send(t, 10);
	app_send(t, 10);
	say(t, "> P. 1:11(10) ack 1\n"
	       "> P. 11:21(10) ack 1\n");
}

TCP_CASE(nodelay_sends_what_waits, "tcp(7)")
{
	open_plain(t);
	app_send(t, 10);
	app_send(t, 10);
	say(t, "> P. 1:11(10) ack 1\n");
	app_set(t, IPPROTO_TCP, NODELAY, 1);
	say(t, "> P. 11:21(10) ack 1\n");
}

TCP_CASE(cork_holds_small_segments, "tcp(7)")
{
	open_plain(t);
	app_set(t, IPPROTO_TCP, CORK, 1);
	app_send(t, 400);
	app_send(t, 400);
	expect_idle(t);
	app_send(t, 400);
	say(t, "> . 1:1001(1000) ack 1\n");
	app_set(t, IPPROTO_TCP, CORK, 0);
	say(t, "> P. 1001:1201(200) ack 1\n");
}

TCP_CASE(cork_gives_up_after_200_ms, "tcp(7)")
{
	app_listen(t, 5);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1\n"
	       "+100ms\n"
	       "< . 1:1(0) ack 1 win 32000\n");
	app_accept(t);
	check_int(t, pcb(t)->rtt.rto, 300000);
	app_set(t, IPPROTO_TCP, CORK, 1);
	app_send(t, 400);
	say(t, "+199ms\n"
	       "+1ms\n"
	       "> P. 1:401(400) ack 1\n");
}

TCP_CASE(nodelay_pushes_what_cork_held, "tcp(7)")
{
	open_plain(t);
	app_set(t, IPPROTO_TCP, CORK, 1);
	app_send(t, 400);
	app_set(t, IPPROTO_TCP, NODELAY, 1);
	say(t, "> P. 1:401(400) ack 1\n");
	app_send(t, 400);
	expect_idle(t);
}

TCP_CASE(notsent_lowat, "tcp(7)")
{
	struct iovec v = { &(char){ 'x' }, 1 };

	open_with(t, "mss 1000", 1000);
	check_int(t, app_set(t, IPPROTO_TCP, 25, 2000), 0);
	app_send(t, 2500);
	drain(t);
	check(t, stk_ready(t->sk) & STK_OUT);
	app_send(t, 1000);
	check(t, !(stk_ready(t->sk) & STK_OUT));
	check_int(t, stk_send(t->sk, &v, 1, NULL), -EAGAIN);
	t->calls = 0;
	inject(t, ". 1:1(0) ack 1001 win 2000");
	drain(t);
	inject(t, ". 1:1(0) ack 3001 win 2000");
	drain(t);
	check(t, t->calls && (t->events & STK_OUT));
}

TCP_CASE(fin_takes_what_cork_held, "tcp(7)")
{
	open_plain(t);
	app_set(t, IPPROTO_TCP, CORK, 1);
	app_send(t, 400);
	stk_shutdown(t->sk, SHUT_WR);
	advance(t, 0);
	say(t, "> FP. 1:401(400) ack 1\n");
}

/* --- the application's side ----------------------------------------------- */

TCP_CASE(send_buffer_is_bounded, "send(2)")
{
	char b[1000];
	struct iovec v = { b, sizeof(b) };
	ssize_t r, n = 0;

	memset(b, 'x', sizeof(b));
	open_with(t, "mss 1000", 0);
	while ((r = stk_send(t->sk, &v, 1, NULL)) > 0)
		n += r;
	check_int(t, r, -EAGAIN);
	check_int(t, n, TCP_SND_INITIAL);
	check(t, !(stk_ready(t->sk) & STK_OUT));
	check_int(t, stk_unacked(t->sk), n);
}

TCP_CASE(send_buffer_grows_with_cwnd, "auto-tuning")
{
	static const char b[16384];
	struct iovec v = { (void *)(uintptr_t)b, sizeof(b) };
	char line[60];

	t->link.offload = STK_OFFLOAD_TSO4 | STK_OFFLOAD_TSO6;
	open_with(t, "mss 1000,nop,wscale 10", 4000);
	check_int(t, pcb(t)->snd_limit, TCP_SND_INITIAL);
	for (int round = 0; round < 12 && t->sk; round++) {
		while (stk_send(t->sk, &v, 1, NULL) > 0)
			;
		advance(t, 0);
		drain(t);
		advance(t, MS(5));
		snprintf(line, sizeof(line), ". 1:1(0) ack %u win 4000",
			 pcb(t)->snd_nxt - t->stk_isn);
		inject(t, line);
		drain(t);
	}
	check(t, pcb(t)->snd_limit > 4 * TCP_SND_INITIAL);
	check(t, pcb(t)->snd_limit <= TCP_BUF_MAX);
}

TCP_CASE(send_buffer_that_was_set_stays, "socket(7) SO_SNDBUF")
{
	open_plain(t);
	check_int(t, app_set(t, SOL_SOCKET, SO_SNDBUF, 5000), 0);
	for (unsigned n = 10000; n <= 60000; n += 10000) {
		char line[60];

		app_send(t, 10000);
		drain(t);
		snprintf(line, sizeof(line), ". 1:1(0) ack %u win 32000",
			 n + 1);
		inject(t, line);
	}
	check(t, pcb(t)->cc.cwnd > 10000);
	check_int(t, pcb(t)->snd_limit, 10000);
}

TCP_CASE(writable_again_after_acks, "poll(2)")
{
	open_with(t, "mss 1000,nop,wscale 7", 2000);
	app_set(t, SOL_SOCKET, SO_SNDBUF, 4000);
	app_send(t, 8000);
	drain(t);
	check(t, !(stk_ready(t->sk) & STK_OUT));
	{
		struct iovec v = { &(char){ 'x' }, 1 };

		check_int(t, stk_send(t->sk, &v, 1, NULL), -EAGAIN);
	}
	t->calls = 0;
	say(t, "< . 1:1(0) ack 1001 win 2000\n");
	check_int(t, t->calls, 0);
	say(t, "< . 1:1(0) ack 8001 win 2000\n");
	check_int(t, t->calls, 1);
	check(t, t->events & STK_OUT);
}

TCP_CASE(peek_and_truncate, "recv(2)")
{
	uint8_t b[50], want[50];
	struct iovec v = { b, 50 };

	open_plain(t);
	say(t, "< P. 1:101(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 101\n");
	conv_pattern(want, 0, 50);
	check_int(t, stk_recv(t->sk, &v, 1, NULL, MSG_PEEK), 50);
	check(t, !memcmp(b, want, 50));
	check_int(t, stk_recv(t->sk, &v, 1, NULL, MSG_TRUNC), 50);
	conv_pattern(want, 50, 50);
	check_int(t, stk_recv(t->sk, &v, 1, NULL, 0), 50);
	check(t, !memcmp(b, want, 50));
}

TCP_CASE(vectors, "readv(2)")
{
	uint8_t a[30], b[100], want[100];
	struct iovec v[3] = { { a, 30 }, { NULL, 0 }, { b, 100 } };

	open_plain(t);
	say(t, "< P. 1:101(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 101\n");
	check_int(t, stk_recv(t->sk, v, 3, NULL, 0), 100);
	conv_pattern(want, 30, 70);
	check(t, !memcmp(b, want, 70));
	v[2].iov_len = 20;
	conv_pattern(a, 0, 30);
	conv_pattern(b, 30, 20);
	check_int(t, stk_send(t->sk, v, 3, NULL), 50);
	advance(t, 0);
	say(t, "> P. 1:51(50) ack 101\n");
}

TCP_CASE(readable_is_told, "poll(2)")
{
	open_plain(t);
	check_int(t, stk_ready(t->sk), STK_OUT);
	say(t, "< P. 1:101(100) ack 1 win 32000\n"
	       "> . 1:1(0) ack 101\n");
	check_int(t, t->events, STK_IN | STK_OUT);
	app_recv(t, 100);
	check_int(t, stk_ready(t->sk), STK_OUT);
}

TCP_CASE(tcp_info_tells_the_truth, "linux/tcp.h")
{
	uint8_t b[280];
	size_t len = sizeof(b);
	uint32_t v;

	open_full(t);
	app_send(t, 3000);
	drain(t);
	check_int(t, stk_getopt(t->sk, IPPROTO_TCP, 11, b, &len), 0);
	check_int(t, len, 280);
	check_int(t, b[0], TCPS_ESTABLISHED);
	check_int(t, b[5], 7);
	check_int(t, b[6], 7 | 7 << 4);
	memcpy(&v, b + 16, 4);
	check_int(t, v, 1000);
	memcpy(&v, b + 24, 4);
	check_int(t, v, 3);
	memcpy(&v, b + 80, 4);
	check_int(t, v, 10);
	len = 10;
	check_int(t, stk_getopt(t->sk, IPPROTO_TCP, 11, b, &len), 0);
	check_int(t, len, 10);
}

TCP_CASE(options_have_limits, "tcp(7)")
{
	open_plain(t);
	check_int(t, app_set(t, IPPROTO_TCP, MAXSEG, 10), -EINVAL);
	check_int(t, app_set(t, IPPROTO_TCP, 4, 0), -EINVAL);
	check_int(t, app_set(t, IPPROTO_TCP, 5, 40000), -EINVAL);
	check_int(t, app_set(t, IPPROTO_TCP, 6, 128), -EINVAL);
	check_int(t, app_set(t, IPPROTO_TCP, 200, 1), -ENOPROTOOPT);
	check_int(t, stk_setopt(t->sk, IPPROTO_TCP, 13, "reno", 4), 0);
	check_int(t, stk_setopt(t->sk, IPPROTO_TCP, 13, "nope", 4), -ENOENT);
}
