/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contract of ends (relay/ends.c) without a kernel. */
#include "tap.h"
#include "fake.h"

#include "relay/progress.h"
#include "relay/session.h"

static struct sk_loop loop;
static struct sk_relay relay;
static struct sk_relay_opts opts;
static struct fake local, peer;
static struct sk_session *session;
static bool over;
static int result;
static char why[600];

static void on_done(struct sk_session *s, int r, const char *text, void *arg)
{
	(void)s;
	(void)arg;
	over = true;
	result = r;
	snprintf(why, sizeof(why), "%s", text ? text : "");
}

static void begin(void)
{
	struct sk_err err = { 0 };

	opts = (struct sk_relay_opts){ 0 };
	sk_loop_init(&loop);
	sk_relay_init(&relay, &loop, &opts, &err);
	fake_init(&local, &loop, "standard input");
	fake_init(&peer, &loop, "peer");
	over = false;
	result = 0;
	why[0] = '\0';
}

/* Let it run as if it were `at` µs after the start. */
static void step(void)
{
	session->start.run(&session->start);
}

static void go(void)
{
	session = sk_session_new(&relay, &local.ep, &peer.ep, on_done, NULL);
	step();
}

static void end(void)
{
	sk_relay_fini(&relay);
	ok(local.freed && peer.freed, "both ends are freed");
	sk_loop_fini(&loop);
}

static void both_end(void)
{
	begin();
	local.recv[0].text = "to peer";
	local.recv[1].text = "";
	peer.recv[0].text = "to us";
	peer.recv[1].text = "";
	go();
	ok(over && !result, "both ended: success");
	is_int(peer.shutdowns, 1, "the peer got one FIN");
	is_int(local.shutdowns, 1, "stdout was ended");
	ok(!memcmp(peer.got, "to peer", 7) && !memcmp(local.got, "to us", 5),
	   "both got all");
	end();
}

static void not_acknowledged(void)
{
	begin();
	local.recv[0].text = "x";
	local.recv[1].text = "";
	peer.recv[0].text = "";
	peer.sent.unacked = 1;
	go();
	ok(!over, "not over while a byte is unacknowledged");
	peer.sent.unacked = 0;
	step();
	ok(over && !result, "over once it is");
	end();

	begin();
	local.recv[0].text = "x";
	local.recv[1].text = "";
	peer.recv[0].text = "";
	peer.sent.error = -ECONNRESET;
	go();
	ok(over && result == -ECONNRESET, "reset instead: failure");
	ok(strstr(why, "1 bytes were sent and may not"), "says how much: %s",
	   why);
	end();
}

static void peer_ends(enum sk_input input, const char *given, bool want_over,
		      const char *name)
{
	begin();
	local.ep.input = input;
	local.recv[0].text = given;
	peer.recv[0].text = "";
	go();
	is_int(over, want_over, name);
	if (over)
		is_int(result, 0, "with success");
	end();
}

/* `echo x | sockkit connect`: who comes first is chance. */
static void first_word(void)
{
	begin();
	local.ep.input = SK_INPUT_OPEN;
	peer.recv[0].text = "";
	go();
	ok(!over, "a pipe that gave nothing: it may have just begun");
	loop.now += 200 * SK_MSEC;
	local.recv[0].text = "late";
	local.recv[1].text = "";
	step();
	ok(over && !result && !memcmp(peer.got, "late", 4),
	   "what it says in the first moment is sent");
	end();

	begin();
	local.ep.input = SK_INPUT_OPEN;
	go();
	loop.now += SK_SEC;
	peer.recv[0].text = "";
	step();
	ok(over && !result, "one that had its moment is not waited for");
	end();
}

static void silence(void)
{
	begin();
	local.ep.input = SK_INPUT_OPEN;
	local.recv[0].text = "some";
	peer.recv[0].text = "";
	go();
	ok(!over, "a pipe that gave bytes may give more");
	loop.now += 900 * SK_MSEC;
	step();
	ok(!over, "0.9 s of silence: still waiting");
	local.recv[1].text = "more";
	step();
	loop.now += 900 * SK_MSEC;
	step();
	ok(!over, "a byte starts the second anew");
	loop.now += 200 * SK_MSEC;
	step();
	ok(over && result < 0, "then it fails");
	ok(strstr(why, "closed its half while standard input was open"),
	   "and says: %s", why);
	end();

	begin();
	opts.keep_open = true;
	local.ep.input = SK_INPUT_OPEN;
	local.recv[0].text = "some";
	peer.recv[0].text = "";
	go();
	loop.now += 10 * SK_SEC;
	step();
	ok(!over, "connect -k goes on");
	end();
}

static void send_fails(void)
{
	begin();
	local.recv[0].text = "lost words";
	peer.send[0].error = EPIPE;
	peer.recv[0].text = "last words";
	go();
	ok(!over, "sending failed, receiving goes on");
	ok(!memcmp(local.got, "last words", 10), "what had come is written");
	peer.recv[1].text = "";
	step();
	ok(over && result < 0, "then it is a failure");
	ok(strstr(why, "10 bytes were sent and may not have arrived"),
	   "with the count: %s", why);
	end();
}

static void write_fails(void)
{
	begin();
	local.send[0].error = ENOSPC;
	peer.recv[0].text = "precious";
	go();
	ok(over && result == -ENOSPC, "a full disk ends it");
	ok(strstr(why, "8 received bytes were not written"), "with count: %s",
	   why);
	end();
}

static void idle(void)
{
	begin();
	opts.idle = 2 * SK_SEC;
	local.ep.input = SK_INPUT_NONE;
	go();
	loop.now += SK_SEC;
	peer.recv[0].text = "x";
	step();
	loop.now += SK_SEC + SK_SEC / 2;
	step();
	ok(!over, "a byte puts off the idle limit");
	loop.now += SK_SEC;
	step();
	ok(over && result == -ETIMEDOUT, "then it strikes");
	end();
}

static void quit(void)
{
	begin();
	opts.has_quit = true;
	opts.quit = SK_SEC;
	local.recv[0].text = "";
	go();
	ok(!over, "-q: the peer has its second");
	loop.now += SK_SEC;
	step();
	ok(over && !result, "and no more; all was acknowledged: success");
	end();

	begin();
	opts.has_quit = true;
	local.recv[0].text = "x";
	local.recv[1].text = "";
	peer.sent.unacked = 1;
	go();
	ok(!over, "-q 0 with a byte under way: a moment's grace");
	loop.now += SK_SEC;
	step();
	ok(over && result < 0, "then failure");
	end();
}

static void one_way(void)
{
	begin();
	opts.recv_only = true;
	local.recv[0].text = "never read";
	peer.recv[0].text = "x";
	go();
	ok(!over && !local.recvs && !peer.shutdowns,
	   "--recv-only: no input, no FIN");
	peer.recv[1].text = "";
	step();
	ok(over && !result, "until the peer's end");
	end();

	begin();
	opts.send_only = true;
	local.recv[0].text = "x";
	local.recv[1].text = "";
	peer.recv[0].text = "unwanted";
	go();
	ok(over && !result && !local.got_len,
	   "--send-only: over at our end, nothing is written");
	end();

	begin();
	opts.no_shutdown = true;
	local.recv[0].text = "";
	go();
	ok(!over && !peer.shutdowns, "--no-shutdown: no FIN");
	end();
}

static void echo(void)
{
	begin();
	peer.recv[0].text = "marco";
	peer.recv[1].text = "";
	local.freed = true;
	session = sk_session_new(&relay, NULL, &peer.ep, on_done, NULL);
	step();
	ok(over && !result && !memcmp(peer.got, "marco", 5) &&
		   peer.shutdowns == 1,
	   "echo: the same back, then FIN");
	end();
}

static void test_progress(void)
{
	char buf[160];

	is_str(sk_progress_line(buf, sizeof(buf), 50 << 20, 100 << 20,
				65 * SK_SEC, 10 << 20),
	       "50.0 MiB  1:05  10.0 MiB/s  50%  ETA 5 s", "half of it");
	is_str(sk_progress_line(buf, sizeof(buf), 3 << 20, 3 << 20, 2 * SK_SEC,
				1 << 20),
	       "3.0 MiB  0:02  1.0 MiB/s  100%", "all of it");
	is_str(sk_progress_line(buf, sizeof(buf), 5 << 20, 3 << 20, 0, 0),
	       "5.0 MiB  0:00  0 B/s  100%", "more than was there");
	is_str(sk_progress_line(buf, sizeof(buf), 5, 0, 0, 0),
	       "5 B  0:00  0 B/s", "of unknown size");
}

int main(void)
{
	both_end();
	not_acknowledged();
	first_word();
	peer_ends(SK_INPUT_PERSON, "hi", true, "a terminal: over");
	peer_ends(SK_INPUT_NONE, "never", true, "no input: over");
	peer_ends(SK_INPUT_FINITE, "hi", false, "a file goes on to its end");
	silence();
	send_fails();
	write_fails();
	idle();
	quit();
	one_way();
	echo();
	test_progress();
	return tap_done();
}
