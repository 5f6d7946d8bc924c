/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keep-alive: RFC 9293 3.8.4. */
#include <errno.h>

#include "conv.h"

static void keep(struct conv *t, int idle, int interval, int count)
{
	check_int(t, app_set(t, IPPROTO_TCP, 4, idle), 0);
	check_int(t, app_set(t, IPPROTO_TCP, 5, interval), 0);
	check_int(t, app_set(t, IPPROTO_TCP, 6, count), 0);
	check_int(t, app_set(t, SOL_SOCKET, SO_KEEPALIVE, 1), 0);
}

TCP_CASE(keepalive, "RFC 9293 3.8.4")
{
	open_plain(t);
	keep(t, 10, 2, 3);
	say(t, "+9999ms\n"
	       "+1ms\n"
	       "> . 0:0(0) ack 1\n"
	       "< . 1:1(0) ack 1 win 32000\n"
	       "+9999ms\n"
	       "+1ms\n"
	       "> . 0:0(0) ack 1\n"
	       "< . 1:1(0) ack 1 win 32000\n");
	check_int(t, pcb(t)->state, TCPS_ESTABLISHED);
}

TCP_CASE(keepalive_gives_up, "RFC 9293 3.8.4")
{
	open_plain(t);
	keep(t, 10, 2, 3);
	say(t, "+10s\n"
	       "> . 0:0(0) ack 1\n"
	       "+2s\n"
	       "> . 0:0(0) ack 1\n"
	       "+2s\n"
	       "> . 0:0(0) ack 1\n"
	       "+2s\n"
	       "> R. 1:1(0) ack 1\n");
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), ETIMEDOUT);
}

TCP_CASE(keepalive_is_off, "RFC 9293 3.8.4 MUST-25")
{
	open_plain(t);
	advance(t, 86400 * SK_SEC);
	expect_idle(t);
}

TCP_CASE(keepalive_of_two_hours, "RFC 9293 3.8.4 MUST-28")
{
	open_plain(t);
	check_int(t, app_set(t, SOL_SOCKET, SO_KEEPALIVE, 1), 0);
	say(t, "+7199s\n"
	       "+1s\n"
	       "> . 0:0(0) ack 1\n");
}

TCP_CASE(keepalive_waits_for_traffic_to_end, "RFC 9293 3.8.4")
{
	open_plain(t);
	keep(t, 10, 2, 3);
	say(t, "+6s\n"
	       "< P. 1:11(10) ack 1 win 32000\n"
	       "> . 1:1(0) ack 11\n"
	       "+9s\n"
	       "+1s\n"
	       "> . 0:0(0) ack 11\n");
}

/* RFC 1122 4.2.3.6: only where nothing else would tell. */
TCP_CASE(keepalive_waits_for_data_in_flight, "RFC 9293 3.8.4")
{
	open_plain(t);
	keep(t, 2, 1, 3);
	app_send(t, 100);
	say(t, "> P. 1:101(100) ack 1\n"
	       "+200ms\n"
	       "> P. 1:101(100) ack 1\n"
	       "+400ms\n"
	       "> P. 1:101(100) ack 1\n"
	       "+800ms\n"
	       "> P. 1:101(100) ack 1\n"
	       "+1599ms\n"
	       "+1ms\n"
	       "> P. 1:101(100) ack 1\n");
}

TCP_CASE(keepalive_turned_off, "socket(7)")
{
	open_plain(t);
	keep(t, 10, 2, 3);
	app_set(t, SOL_SOCKET, SO_KEEPALIVE, 0);
	say(t, "+60s\n");
}

TCP_CASE(keepalive_and_user_timeout, "RFC 5482, tcp(7)")
{
	open_plain(t);
	keep(t, 10, 2, 9);
	app_set(t, IPPROTO_TCP, 18, 13000);
	say(t, "+10s\n"
	       "> . 0:0(0) ack 1\n"
	       "+2s\n"
	       "> . 0:0(0) ack 1\n"
	       "+2s\n"
	       "> R. 1:1(0) ack 1\n");
}

TCP_CASE(answers_keepalive, "RFC 9293 3.8.4")
{
	open_plain(t);
	say(t, "< . 0:0(0) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1\n"
	       "+2s\n"
	       "< . 0:1(1) ack 1 win 32000\n"
	       "> . 1:1(0) ack 1\n");
}

TCP_CASE(rst_answers_keepalive, "RFC 9293 3.8.4")
{
	open_plain(t);
	keep(t, 10, 2, 3);
	say(t, "+10s\n"
	       "> . 0:0(0) ack 1\n"
	       "< R 1:1(0) win 0\n");
	check_int(t, app_get(t, SOL_SOCKET, SO_ERROR), ECONNRESET);
}
