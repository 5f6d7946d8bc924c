/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filters between the program and a peer or a terminal, split anywhere. */
#include "tap.h"
#include "fake.h"

#include "net/ep_filter.h"

static struct sk_loop loop;
static struct fake below;
static struct endpoint *ep;

static void begin(const struct sk_filter *f)
{
	fake_init(&below, &loop, "below");
	endpoint_filter(&ep, &below.ep, f);
}

static void send_all(const char *data, size_t len)
{
	while (len) {
		struct iovec iov = { (void *)(uintptr_t)data, len };
		ssize_t n = endpoint_send(ep, &iov, 1);

		if (n < 0)
			continue;
		data += n;
		len -= (size_t)n;
	}
}

static void got_is(const char *want, size_t len, const char *name)
{
	ok(below.got_len == len && !memcmp(below.got, want, len), "%s", name);
}

/* Every way to cut the input in two gives the same data and answers. */
static void telnet_splits(void)
{
	static const char in[] =
		"a\377\375\001b\377\373\003c\377\372\030\001\377\360d\377\377e"
		"\377\374\005f\377\361g";
	static const char want[] = "abcd\377efg";
	static const char answers[] = "\377\374\001\377\376\003";
	char part[2][64], got[64];

	for (size_t cut = 1; cut < sizeof(in) - 1; cut++) {
		size_t n = 0;
		ssize_t r;

		begin(&sk_filter_telnet);
		memcpy(part[0], in, cut);
		part[0][cut] = '\0';
		memcpy(part[1], in + cut, sizeof(in) - cut);
		below.recv[0].text = part[0];
		below.recv[1].text = part[1];
		while ((r = endpoint_recv(ep, got + n, sizeof(got) - n)) > 0)
			n += (size_t)r;
		ok(n == sizeof(want) - 1 && !memcmp(got, want, n),
		   "telnet cut at %zu: data", cut);
		got_is(answers, sizeof(answers) - 1, "and the answers");
		endpoint_free(ep);
	}
}

static void telnet_sends(void)
{
	begin(&sk_filter_telnet);
	send_all("a\377b", 3);
	got_is("a\377\377b", 4, "telnet: 255 is doubled");
	endpoint_free(ep);

	begin(&sk_filter_telnet);
	for (int i = 0; i < 8; i++) {
		below.send[2 * i].max = 1;
		below.send[2 * i + 1].error = EAGAIN;
	}
	send_all("\377\377\377", 3);
	below.sends = FAKE_STEPS;
	endpoint_shutdown(ep);
	got_is("\377\377\377\377\377\377", 6, "telnet: one byte at a time");
	is_int(below.shutdowns, 1, "the end comes after all of it");
	endpoint_free(ep);
}

static void nothing(struct endpoint *e)
{
	(void)e;
}

static void shutdown_waits(void)
{
	struct sk_sent sent;

	begin(&sk_filter_telnet);
	ep->ready = nothing;
	below.send[0].error = EAGAIN;
	below.send[1].error = EAGAIN;
	send_all("xyz", 3);
	endpoint_shutdown(ep);
	is_int(below.shutdowns, 0, "no FIN while bytes are kept");
	is_int(below.want & SK_OUT, SK_OUT, "but room is waited for");
	below.ep.ready(&below.ep);
	endpoint_sent(ep, &sent);
	got_is("xyz", 3, "they go out");
	is_int(below.shutdowns, 1, "and then the FIN");
	endpoint_free(ep);
}

static void escapes(void)
{
	begin(&sk_filter_escape);
	send_all("a\033[2J\r\n\tb\\", 10);
	got_is("a\\x1b[2J\r\n\tb\\", 13, "a terminal obeys no escape");
	endpoint_free(ep);

	begin(&sk_filter_escape);
	send_all("caf\303", 4);
	got_is("caf", 3, "half a character waits");
	send_all("\251!", 2);
	got_is("caf\303\251!", 6, "for its other half");
	send_all("\303(\233", 3);
	got_is("caf\303\251!\\xc3(\\x9b", 15, "or is shown as what it is");
	endpoint_free(ep);
}

static void hex(void)
{
	begin(&sk_filter_hex);
	send_all("0123456789abcdefX", 17);
	ok(strstr(below.got, "00000000  30 31 32") == below.got, "a full row");
	ok(strstr(below.got, "\n00000010  58  ") != NULL, "and a short one");
	endpoint_free(ep);
}

int main(void)
{
	telnet_splits();
	telnet_sends();
	escapes();
	hex();
	shutdown_waits();
	return tap_done();
}
