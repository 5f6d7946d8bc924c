/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pump against endpoints that misbehave on command. */
#include "tap.h"
#include "fake.h"

#include "relay/pump.h"

static struct sk_loop loop;
static struct sk_pool pool;
static struct fake src, dst;
static struct sk_pump pump;

static void begin(void)
{
	fake_init(&src, &loop, "source");
	fake_init(&dst, &loop, "destination");
	loop.now = 1000000;
	sk_pump_init(&pump, &pool, &src.ep, &dst.ep);
	sk_pump_choose(&pump, false);
}

static void end(void)
{
	sk_pump_fini(&pump);
}

static void got_is(const char *want, const char *name)
{
	dst.got[dst.got_len] = '\0';
	is_str(dst.got, want, name);
}

static void short_writes(void)
{
	begin();
	src.recv[0].text = "hello, world";
	src.recv[1].text = "";
	for (int i = 0; i < 12; i++)
		dst.send[i].max = 1;
	is_int(sk_pump_run(&pump), SK_PUMP_END, "one byte a write: the end");
	got_is("hello, world", "one byte a write: all arrived");
	is_int(pump.in, 12, "bytes taken are counted");
	is_int(pump.out, 12, "bytes handed over are counted");
	end();
}

static void blocked_destination(void)
{
	begin();
	src.recv[0].text = "abcdef";
	dst.send[0].max = 2;
	dst.send[1].error = EAGAIN;
	is_int(sk_pump_run(&pump), SK_PUMP_DST, "waits for the destination");
	is_int(sk_pump_pending(&pump), 4, "four bytes are pending");
	is_int(src.recvs, 1, "nothing more is read meanwhile");
	is_int(sk_pump_run(&pump), SK_PUMP_SRC, "then for the source");
	got_is("abcdef", "in order, none twice");
	ok(!pump.buf, "no buffer is held while waiting for the source");
	end();
}

static void failures(void)
{
	begin();
	src.recv[0].error = ECONNRESET;
	is_int(sk_pump_run(&pump), SK_PUMP_FAILED, "source reset: failed");
	ok(pump.failed_src && pump.error == -ECONNRESET, "and says which");
	end();

	begin();
	src.recv[0].text = "lost";
	dst.send[0].max = 1;
	dst.send[1].error = EPIPE;
	is_int(sk_pump_run(&pump), SK_PUMP_FAILED, "EPIPE: failed");
	ok(!pump.failed_src && pump.error == -EPIPE, "and says which");
	is_int(sk_pump_pending(&pump), 3, "and how many bytes are lost");
	end();
}

static void crlf_is(const char *const *pieces, const char *want)
{
	int i = 0;

	begin();
	pump.crlf = true;
	for (; pieces[i]; i++)
		src.recv[i].text = pieces[i];
	src.recv[i].text = "";
	is_int(sk_pump_run(&pump), SK_PUMP_END, "crlf: the end");
	got_is(want, "crlf: every LF has one CR before it");
	end();
}

static void crlf(void)
{
	crlf_is((const char *const[]){ "a\nb\n", NULL }, "a\r\nb\r\n");
	crlf_is((const char *const[]){ "a\r\nb", NULL }, "a\r\nb");
	crlf_is((const char *const[]){ "a\r", "\nb", NULL }, "a\r\nb");
	crlf_is((const char *const[]){ "a", "\n", "\n", NULL },
		"a\r\n\r\n");
	crlf_is((const char *const[]){ "\n\n\n", NULL }, "\r\n\r\n\r\n");
	crlf_is((const char *const[]){ "\r", "\r", "\n", NULL }, "\r\r\n");
}

static void delay(void)
{
	begin();
	pump.delay = 5000;
	src.recv[0].text = "one";
	src.recv[1].text = "two";
	is_int(sk_pump_run(&pump), SK_PUMP_LATER, "a pause after a read");
	is_int(pump.due, 1005000, "as long as was asked for");
	got_is("one", "what was read is not held back");
	loop.now = pump.due;
	is_int(sk_pump_run(&pump), SK_PUMP_LATER, "and another");
	got_is("onetwo", "the second read came after it");
	end();
}

/* However often it is looked at, a slow rate is kept and never starves. */
static void rate(void)
{
	static char text[4001];
	uint64_t from = 1000000;

	begin();
	memset(text, 'x', 4000);
	src.recv[0].text = text;
	pump.rate = 1000;
	while (loop.now < from + 2000000) {
		sk_pump_run(&pump);
		loop.now += 137;
	}
	ok(pump.out >= 1900 && pump.out <= 2150,
	   "1000 bytes/s for 2 s: %d bytes", (int)pump.out);
	end();
}

static char tapped[64];
static size_t tapped_len;

static void tap(void *arg, const void *data, size_t len)
{
	(void)arg;
	memcpy(tapped + tapped_len, data, len);
	tapped_len += len;
}

static void taps(void)
{
	begin();
	pump.tap = tap;
	pump.crlf = true;
	src.recv[0].text = "x\n";
	dst.send[0].error = EAGAIN;
	sk_pump_run(&pump);
	is_str(tapped, "x\r\n", "a tap sees what will be sent");
	end();
}

static void roads(void)
{
	struct sk_watch w = { .fd = -1 };
	static const struct {
		enum sk_raw_kind in, out;
		enum sk_pump_road road;
		const char *name;
	} rows[] = {
		{ SK_RAW_FILE, SK_RAW_TCP, SK_ROAD_SENDFILE, "file to tcp" },
		{ SK_RAW_PIPE, SK_RAW_TCP, SK_ROAD_SPLICE, "pipe to tcp" },
		{ SK_RAW_TCP, SK_RAW_PIPE, SK_ROAD_SPLICE, "tcp to pipe" },
		{ SK_RAW_TCP, SK_RAW_FILE, SK_ROAD_SPLICE_VIA, "tcp to file" },
		{ SK_RAW_TCP, SK_RAW_TCP, SK_ROAD_SPLICE_VIA, "tcp to tcp" },
		{ SK_RAW_TCP, SK_RAW_NULL, SK_ROAD_DROP, "tcp to nothing" },
		{ SK_RAW_SOCKET, SK_RAW_NULL, SK_ROAD_SPLICE_VIA,
		  "unix to nothing" },
		{ SK_RAW_NONE, SK_RAW_TCP, SK_ROAD_COPY, "tty to tcp" },
		{ SK_RAW_TCP, SK_RAW_NONE, SK_ROAD_COPY, "tcp to tty" },
		{ SK_RAW_FILE, SK_RAW_FILE, SK_ROAD_COPY, "file to file" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		src.ep.in = (struct sk_raw){ rows[i].in, &w };
		dst.ep.out = (struct sk_raw){ rows[i].out, &w };
		sk_pump_choose(&pump, false);
		is_int(pump.road, rows[i].road, rows[i].name);
		sk_pump_choose(&pump, true);
		is_int(pump.road, SK_ROAD_COPY, "--no-splice copies");
		end();
	}
}

int main(void)
{
	short_writes();
	blocked_destination();
	failures();
	crlf();
	delay();
	rate();
	taps();
	roads();
	sk_pool_fini(&pool);
	return tap_done();
}
