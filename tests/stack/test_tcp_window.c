/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The windows, ours and the peer's: RFC 9293 3.8.6, RFC 7323 2. */
#include <errno.h>

#include "conv.h"

#define QUICKACK 12

/* --- the window we offer -------------------------------------------------- */

TCP_CASE(window_closes_and_opens, "RFC 9293 3.8.6.2.2")
{
	open_plain(t);
	app_set(t, IPPROTO_TCP, QUICKACK, 0);
	peer_send(t, 1, 65000, 1000, 1, 32000);
	drain(t);
	say(t, "< P. 65001:65536(535) ack 1 win 32000\n"
	       "+40ms\n"
	       "> . 1:1(0) ack 65536 win 0\n");
	/* One segment of room is not worth telling. */
	check_int(t, app_recv(t, 1000), 1000);
	expect_idle(t);
	check_int(t, app_recv(t, 1000), 1000);
	say(t, "> . 1:1(0) ack 65536 win 2000\n");
}

TCP_CASE(small_room_is_not_offered, "RFC 9293 3.8.6.2.2 MUST-39")
{
	open_plain(t);
	peer_send(t, 1, 65535, 1000, 1, 32000);
	drain(t);
	check_int(t, app_recv(t, 500), 500);
	say(t, "< . 65535:65535(0) ack 1 win 32000\n"
	       "> . 1:1(0) ack 65536 win 0\n");
	check_int(t, app_recv(t, 500), 500);
	say(t, "+2s\n"
	       "< . 65535:65535(0) ack 1 win 32000\n"
	       "> . 1:1(0) ack 65536 win 1000\n");
}

TCP_CASE(window_never_shrinks, "RFC 9293 3.8.6 SHLD-14")
{
	uint32_t edge = 0;

	open_plain(t);
	for (uint32_t at = 0; at < 60000; at += 1000) {
		peer_send(t, 1 + at, 1000, 1000, 1, 32000);
		for (unsigned i = 0; i < t->n_out; i++) {
			uint32_t e = t->out[i].h.ack + t->out[i].h.win;

			check(t, seq_ge(e, edge) || !edge);
			edge = e;
		}
		drain(t);
	}
}

TCP_CASE(data_beyond_the_window_is_cut, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	peer_send(t, 1, 65000, 1000, 1, 32000);
	drain(t);
	say(t, "< P. 65001:66001(1000) ack 1 win 32000\n"
	       "> . 1:1(0) ack 65536 win 0\n");
	check_int(t, app_recv(t, 100000), 65535);
	drain(t);
}

TCP_CASE(probe_of_our_closed_window, "RFC 9293 3.8.6.1")
{
	open_plain(t);
	peer_send(t, 1, 65535, 1000, 1, 32000);
	drain(t);
	say(t, "< . 65536:65537(1) ack 1 win 32000\n"
	       "> . 1:1(0) ack 65536 win 0\n"
	       "+1s\n"
	       "< . 65535:65535(0) ack 1 win 32000\n"
	       "> . 1:1(0) ack 65536 win 0\n");
}

TCP_CASE(ack_counts_while_our_window_is_closed, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	peer_send(t, 1, 65535, 1000, 1, 32000);
	drain(t);
	app_send(t, 100);
	say(t, "> P. 1:101(100) ack 65536\n"
	       "< . 65536:65536(0) ack 101 win 32000\n"
	       "+1s\n");
	check_int(t, tcp_flight(pcb(t)), 0);
}

TCP_CASE(new_ack_beside_data_without_room, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	peer_send(t, 1, 65535, 1000, 1, 32000);
	drain(t);
	app_send(t, 100);
	say(t, "> P. 1:101(100) ack 65536\n"
	       "< P. 65536:65546(10) ack 101 win 32000\n"
	       "> . 101:101(0) ack 65536 win 0\n"
	       "+1s\n");
	check_int(t, tcp_flight(pcb(t)), 0);
}

TCP_CASE(segment_wider_than_the_window, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	peer_send(t, 1, 65000, 1000, 1, 32000);
	drain(t);
	say(t, "< P. 64501:65901(1400) ack 1 win 32000\n"
	       "> . 1:1(0) ack 65536 win 0\n");
	check_int(t, app_recv(t, 70000), 65535);
	drain(t);
}

TCP_CASE(rcvbuf_limits_the_window, "socket(7)")
{
	app_listen(t, 5);
	check_int(t, app_set(t, SOL_SOCKET, SO_RCVBUF, 5000), 0);
	say(t, "< S 0:0(0) win 32000 <mss 1000>\n"
	       "> S. 0:0(0) ack 1 win 10000\n");
}

/* Room beyond what 16 bits can say is not offered: it would wrap. */
TCP_CASE(window_without_scale_is_65535, "RFC 7323 2.2")
{
	open_plain(t);
	check_int(t, app_set(t, SOL_SOCKET, SO_RCVBUF, 200000), 0);
	peer_send(t, 1, 1000, 1000, 1, 32000);
	drain(t);
	app_recv(t, 1000);
	peer_send(t, 1001, 60000, 1000, 1, 32000);
	app_recv(t, 100000);
	drain(t);
	check(t, tcp_rcv_wnd(pcb(t)) >= 64000);
	check_int(t, tcp_window(pcb(t)), tcp_rcv_wnd(pcb(t)));
}

TCP_CASE(window_scale_rounds_down_only, "RFC 7323 2.4")
{
	open_full(t);
	say(t, "< P. 1:2(1) ack 1 win 512\n"
	       "> . 1:1(0) ack 2\n");
	check(t, t->last.h.win * 128 <= 65535);
	check(t, t->last.h.win * 128 > 65535 - 256);
}

TCP_CASE(window_grows_with_the_reader, "auto-tuning")
{
	uint32_t at = 1;

	open_full(t);
	for (int round = 0; round < 40; round++) {
		uint32_t wnd = tcp_rcv_wnd(pcb(t)) / 1000 * 1000;

		peer_send(t, at, wnd < 200000 ? wnd : 200000, 1000, 1, 512);
		at += wnd < 200000 ? wnd : 200000;
		app_recv(t, 1 << 30);
		advance(t, MS(10));
		drain(t);
	}
	check(t, pcb(t)->rcv_limit > 300000);
	check(t, pcb(t)->rcv_limit <= TCP_BUF_MAX);
}

TCP_CASE(window_of_a_lazy_reader_stays, "auto-tuning")
{
	open_full(t);
	for (uint32_t at = 0; at < 60000; at += 1000) {
		peer_send(t, 1 + at, 1000, 1000, 1, 512);
		advance(t, MS(10));
	}
	drain(t);
	check_int(t, pcb(t)->rcv_limit, TCP_RCV_INITIAL);
}

/* --- the window offered to us --------------------------------------------- */

TCP_CASE(never_beyond_the_peers_window, "RFC 9293 3.8.6")
{
	open_with(t, "mss 1000", 2500);
	app_send(t, 5000);
	say(t, "> . 1:1001(1000) ack 1\n"
	       "> P. 1001:2001(1000) ack 1\n"
	       "< . 1:1(0) ack 2001 win 2500\n"
	       "> . 2001:3001(1000) ack 1\n"
	       "> P. 3001:4001(1000) ack 1\n");
}

TCP_CASE(sws_avoidance_of_the_sender, "RFC 9293 3.8.6.2.1")
{
	open_with(t, "mss 1000", 2000);
	app_send(t, 5000);
	say(t, "> . 1:1001(1000) ack 1\n"
	       "> P. 1001:2001(1000) ack 1\n"
	       "< . 1:1(0) ack 2001 win 300\n"
	       "< . 1:1(0) ack 2001 win 600\n"
	       /* The override: nothing in flight, and time has passed. */
	       "+200ms\n"
	       "> . 2001:2601(600) ack 1\n");
}

TCP_CASE(half_the_largest_window_is_enough, "RFC 9293 3.8.6.2.1")
{
	open_with(t, "mss 1000", 800);
	app_send(t, 2000);
	say(t, "> . 1:801(800) ack 1\n"
	       "< . 1:1(0) ack 801 win 399\n"
	       "< . 1:1(0) ack 801 win 400\n"
	       "> . 801:1201(400) ack 1\n");
}

TCP_CASE(window_probe, "RFC 9293 3.8.6.1")
{
	open_with(t, "mss 1000", 1000);
	app_send(t, 2000);
	say(t, "> . 1:1001(1000) ack 1\n"
	       "< . 1:1(0) ack 1001 win 0\n"
	       "+200ms\n"
	       "> . 1000:1000(0) ack 1\n"
	       "< . 1:1(0) ack 1001 win 0\n"
	       "+400ms\n"
	       "> . 1000:1000(0) ack 1\n"
	       "< . 1:1(0) ack 1001 win 0\n"
	       "+800ms\n"
	       "> . 1000:1000(0) ack 1\n"
	       "< . 1:1(0) ack 1001 win 1000\n"
	       "> P. 1001:2001(1000) ack 1\n");
}

TCP_CASE(probes_begin_anew, "RFC 9293 3.8.6.1")
{
	open_with(t, "mss 1000", 1000);
	app_send(t, 3000);
	say(t, "> . 1:1001(1000) ack 1\n"
	       "< . 1:1(0) ack 1001 win 0\n"
	       "+200ms\n"
	       "> . 1000:1000(0) ack 1\n"
	       "+400ms\n"
	       "> . 1000:1000(0) ack 1\n"
	       "< . 1:1(0) ack 1001 win 1000\n"
	       "> . 1001:2001(1000) ack 1\n"
	       "< . 1:1(0) ack 2001 win 0\n"
	       "+200ms\n"
	       "> . 2000:2000(0) ack 1\n");
}

TCP_CASE(answered_probes_never_end, "RFC 9293 3.8.6.1 MUST-37")
{
	open_with(t, "mss 1000", 1000);
	app_send(t, 2000);
	say(t, "> . 1:1001(1000) ack 1\n"
	       "< . 1:1(0) ack 1001 win 0\n");
	for (int i = 0; i < 60 && !t->failed; i++) {
		advance(t, 130 * SK_SEC);
		drain(t);
		inject(t, ". 1:1(0) ack 1001 win 0");
	}
	check_int(t, pcb(t)->state, TCPS_ESTABLISHED);
	say(t, "< . 1:1(0) ack 1001 win 1000\n"
	       "> P. 1001:2001(1000) ack 1\n");
}

TCP_CASE(unanswered_probes_end, "RFC 9293 3.8.3")
{
	open_with(t, "mss 1000", 1000);
	app_send(t, 2000);
	say(t, "> . 1:1001(1000) ack 1\n"
	       "< . 1:1(0) ack 1001 win 0\n");
	advance(t, 3600 * SK_SEC);
	drain(t);
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), ETIMEDOUT);
}

TCP_CASE(shrunk_window, "RFC 9293 3.8.6 MUST-34")
{
	open_with(t, "mss 1000", 3000);
	app_send(t, 5000);
	say(t, "> . 1:1001(1000) ack 1\n"
	       "> . 1001:2001(1000) ack 1\n"
	       "> P. 2001:3001(1000) ack 1\n"
	       "< . 1:1(0) ack 1001 win 500\n"
	       "< . 1:1(0) ack 3001 win 3000\n"
	       "> . 3001:4001(1000) ack 1\n"
	       "> P. 4001:5001(1000) ack 1\n");
}

TCP_CASE(old_segment_does_not_set_the_window, "RFC 9293 3.10.7.4")
{
	open_plain(t);
	say(t, "< P. 1:101(100) ack 1 win 20000\n"
	       "> . 1:1(0) ack 101\n"
	       "< . 50:50(0) ack 1 win 10\n"
	       "> . 1:1(0) ack 101\n");
	check_int(t, pcb(t)->snd_wnd, 20000);
}

/* --- what waiting was for ------------------------------------------------- */

/* tcpi_busy_time, tcpi_rwnd_limited, tcpi_sndbuf_limited, in ms. */
static void check_times(struct conv *t, unsigned busy, unsigned window,
			unsigned buffer)
{
	uint64_t us[3];
	uint8_t b[280];
	size_t len = sizeof(b);

	stk_getopt(t->sk, IPPROTO_TCP, 11, b, &len);
	memcpy(us, b + 168, sizeof(us));
	check_int(t, us[0], MS(busy));
	check_int(t, us[1], MS(window));
	check_int(t, us[2], MS(buffer));
}

TCP_CASE(waits_for_the_window_are_timed, "linux/tcp.h tcpi_rwnd_limited")
{
	open_plain(t);
	app_send(t, 1000);
	say(t, "> P. 1:1001(1000) ack 1\n"
	       "+100ms\n"
	       "< . 1:1(0) ack 1001 win 0\n"
	       "+700ms\n");
	check_times(t, 100, 0, 0);
	app_send(t, 1000);
	say(t, "+50ms\n");
	check_times(t, 150, 50, 0);
	say(t, "< . 1:1(0) ack 1001 win 32000\n"
	       "> P. 1001:2001(1000) ack 1\n"
	       "+10ms\n"
	       "< . 1:1(0) ack 2001 win 32000\n"
	       "+700ms\n");
	check_times(t, 160, 50, 0);
}

/* Ten segments are what the network takes, whatever the window is. */
TCP_CASE(waits_for_the_network_are_not_the_windows, "linux/tcp.h")
{
	open_plain(t);
	app_send(t, 15000);
	drain(t);
	say(t, "+100ms\n");
	check_times(t, 100, 0, 0);
	/* No longer once the connection is over. */
	inject(t, "R 1:1(0)");
	say(t, "+100ms\n");
	check_times(t, 100, 0, 0);
}

TCP_CASE(waits_for_the_writer_are_timed, "linux/tcp.h tcpi_sndbuf_limited")
{
	static char b[20000];
	struct iovec v = { b, sizeof(b) };

	open_plain(t);
	check_int(t, app_set(t, SOL_SOCKET, SO_SNDBUF, 2500), 0);
	check_int(t, stk_send(t->sk, &v, 1, NULL), 5000);
	advance(t, 0);
	check_int(t, drain(t), 5);
	say(t, "+30ms\n");
	check_times(t, 30, 0, 30);
	/* Room again: from now on it is the network's time. */
	say(t, "< . 1:1(0) ack 4001 win 32000\n"
	       "+20ms\n"
	       "< . 1:1(0) ack 5001 win 32000\n"
	       "+700ms\n");
	check_times(t, 50, 0, 30);
}
