/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sock: tcp_info against the header, a live connection and cut buffers. */
#include "tap.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "sock/addr.h"
#include "sock/tcp_info.h"

#define SENT 20000

static uint64_t get(const char *name, const void *info, size_t len)
{
	const struct sk_tcp_field *f = sk_tcp_info_field(name);
	uint64_t v = 0;

	ok(f && sk_tcp_info_get(f, info, len, &v), "%s is there", name);
	return v;
}

static void test_layout(void)
{
	static unsigned char taken[SK_TCP_INFO_MAX];
	const struct sk_tcp_field *f = NULL;
	bool good = true;
	size_t end = 0;

	while ((f = sk_tcp_info_next(f)) != NULL) {
		unsigned char mask = (unsigned char)
			(f->bits ? ((1u << f->bits) - 1) << f->shift : 0xff);

		for (size_t i = 0; i < f->size; i++) {
			good = good && !(taken[f->offset + i] & mask);
			taken[f->offset + i] |= mask;
		}
		end = f->offset + f->size;
		good = good && strlen(f->help) <= 60;
	}
	ok(good, "no field over another, help within 60");
	is_int(end, 276, "the end of Linux 6.18's fields");
	/* Byte 7 alone has bits to spare. */
	for (size_t i = 0; i < end; i++)
		good = good && (taken[i] == 0xff || i == 7);
	ok(good, "no byte without a field");
#define AT(field)							\
	is_int(sk_tcp_info_field(#field)->offset,			\
	       offsetof(struct tcp_info, field), #field)
	AT(tcpi_rto);
	AT(tcpi_unacked);
	AT(tcpi_last_ack_recv);
	AT(tcpi_rtt);
	AT(tcpi_snd_cwnd);
	AT(tcpi_total_retrans);
	AT(tcpi_pacing_rate);
	AT(tcpi_segs_out);
	AT(tcpi_min_rtt);
	AT(tcpi_delivery_rate);
	AT(tcpi_sndbuf_limited);
	AT(tcpi_bytes_sent);
	AT(tcpi_rcv_ooopack);
	AT(tcpi_snd_wnd);
	ok(!sk_tcp_info_field("nope"), "no such field");
}

/* A connection over loopback that has carried SENT bytes. */
static void connected(int *client, int *server)
{
	static char bytes[SENT];
	SK_AUTO_FD listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sk_addr a = { .len = sizeof(a.in) };

	a.in.sin_family = AF_INET;
	a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	*server = -1;
	if (!bind(listener, &a.sa, a.len) && !listen(listener, 1) &&
	    !sk_addr_local(&a, listener) && !connect(*client, &a.sa, a.len))
		*server = accept(listener, NULL, NULL);
	ok(*server >= 0 && !sk_write_all(*client, bytes, SENT) &&
		   recv(*server, bytes, SENT, MSG_WAITALL) == SENT,
	   "%d bytes over loopback", SENT);
}

static void test_live(void)
{
	unsigned char info[SK_TCP_INFO_MAX];
	int tries = 1000, client, server;
	uint64_t acked;
	socklen_t len;

	connected(&client, &server);
	/* The last ACK may be on its way still: ask until it is here. */
	do {
		len = sizeof(info);
		if (getsockopt(client, IPPROTO_TCP, TCP_INFO, info, &len))
			len = 0;
		sk_tcp_info_get(sk_tcp_info_field("bytes_acked"), info, len,
				&acked);
	} while (acked < SENT && tries-- && !usleep(1000));
	/* The SYN counts as a byte. */
	ok(acked == SENT || acked == SENT + 1, "all acknowledged");
	is_int(get("state", info, len), 1, "ESTABLISHED");
	ok(get("rtt", info, len) > 0, "rtt > 0");
	ok(get("snd_mss", info, len) >= 500, "snd_mss");
	ok(get("snd_cwnd", info, len) > 0, "snd_cwnd");
	ok(get("bytes_sent", info, len) >= SENT, "bytes_sent");
	ok(get("data_segs_out", info, len) > 0, "data_segs_out");
	is_int(get("snd_wscale", info, len) > 0, 1, "snd_wscale");
	is_int(get("rcv_wscale", info, len) > 0, 1, "rcv_wscale");
	len = sizeof(info);
	getsockopt(server, IPPROTO_TCP, TCP_INFO, info, &len);
	is_int(get("bytes_received", info, len), SENT, "bytes_received");
	sk_close(&client);
	sk_close(&server);
}

/* Exact copies on the heap, so that a read too far is seen. */
static void test_cut(void)
{
	const struct sk_tcp_field *f = NULL;
	bool good = true;

	for (size_t len = 0; len <= 280; len++) {
		unsigned char *info = malloc(len ? len : 1);

		memset(info, 0xff, len ? len : 1);
		while ((f = sk_tcp_info_next(f)) != NULL) {
			uint64_t v = 1;
			bool there = sk_tcp_info_get(f, info, len, &v);

			good = good && there == (f->offset + f->size <= len) &&
			       (v != 0) == there;
		}
		free(info);
	}
	ok(good, "a field is there if the bytes are, at every length");
}

/* The compiler puts the bits where the kernel's did. */
static void test_bits(void)
{
	struct tcp_info info = {
		.tcpi_snd_wscale = 7,
		.tcpi_rcv_wscale = 10,
		.tcpi_delivery_rate_app_limited = 1,
		.tcpi_fastopen_client_fail = 2,
	};

	is_int(get("snd_wscale", &info, sizeof(info)), 7, "of 4 bits");
	is_int(get("rcv_wscale", &info, sizeof(info)), 10, "of 4 bits");
	is_int(get("delivery_rate_app_limited", &info, sizeof(info)), 1,
	       "of 1 bit");
	is_int(get("fastopen_client_fail", &info, sizeof(info)), 2,
	       "of 2 bits");
}

static void test_format(void)
{
	char buf[128];

	is_str(sk_tcp_info_format(buf, sizeof(buf), sk_tcp_info_field("state"),
				  10), "LISTEN", "state");
	is_str(sk_tcp_info_format(buf, sizeof(buf), sk_tcp_info_field("state"),
				  99), "99", "unknown state");
	is_str(sk_tcp_info_format(buf, sizeof(buf),
				  sk_tcp_info_field("options"), 3),
	       "TIMESTAMPS|SACK", "options");
	is_str(sk_tcp_info_format(buf, sizeof(buf),
				  sk_tcp_info_field("max_pacing_rate"),
				  UINT64_MAX), "unlimited", "no limit");
	is_str(sk_tcp_info_format(buf, sizeof(buf), sk_tcp_info_field("rtt"),
				  42), "42", "a number");
	is_str(sk_tcp_unit_name(SK_TCP_US), "us", "unit");
}

int main(void)
{
	test_layout();
	test_live();
	test_cut();
	test_bits();
	test_format();
	return tap_done();
}
