/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames from the wire into a host of the embedded stack that has a listener,
 * UDP sockets, DHCP and SLAAC. Input: frames, each behind its length in two
 * bytes. A length with the high bit set lets so many ms pass instead; one with
 * the next bit is a DHCP server's message, from `op` on, that is made to answer
 * what was asked last: nobody guesses 32 bits.
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "fuzz.h"
#include "stack/link/link.h"
#include "stack/pkt.h"
#include "stack/stk.h"
#include "stack/wire/bytes.h"
#include "stack/wire/csum.h"

#define BOOTP 42		/* in a frame without options of IPv4 */
#define BOOTP_COOKIE 236
#define LEN_WAIT 0x8000
#define LEN_DHCP 0x4000

static uint8_t dhcp_xid[4];

static int sink(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	uint8_t f[BOOTP + 8];

	(void)l;
	(void)now;
	for (int i = 0; i < n; i++) {
		if (pkt_read(v[i], 0, f, sizeof(f)) == sizeof(f) &&
		    get16(f + 12) == 0x0800 && f[23] == IPPROTO_UDP &&
		    get16(f + 36) == 67)
			memcpy(dhcp_xid, f + BOOTP + 4, 4);
		pkt_free(v[i]);
	}
	return n;
}

static int silence(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	(void)l;
	(void)v;
	(void)n;
	(void)now;
	return 0;
}

static void nothing(struct stk_link *l)
{
	(void)l;
}

static const struct stk_link_ops ops = {
	.name = "fuzz", .send = sink, .recv = silence, .free = nothing,
};

static void echo(struct stk_sock *sk, unsigned events, void *arg)
{
	uint8_t b[2048];
	struct iovec iov = { b, sizeof(b) };
	struct stk_addr from;
	ssize_t n;

	(void)events;
	(void)arg;
	while ((n = stk_recv(sk, &iov, 1, &from, 0)) > 0) {
		iov.iov_len = (size_t)n;
		stk_send(sk, &iov, 1, &from);
		iov.iov_len = sizeof(b);
	}
}

static void open_sockets(struct stk *s)
{
	static const int families[] = { AF_INET, AF_INET6 };

	for (int i = 0; i < 2; i++) {
		struct stk_addr a = { .family = (uint16_t)families[i],
				      .port = 7 };
		struct stk_sock *sk;

		stk_ip_parse(&a.ip, i ? "::" : "0.0.0.0");
		if (!stk_socket(s, families[i], SOCK_DGRAM, &sk) &&
		    !stk_bind(sk, &a))
			stk_on_ready(sk, echo, NULL);
		if (!stk_socket(s, families[i], SOCK_STREAM, &sk) &&
		    !stk_bind(sk, &a))
			stk_listen(sk, 4);
	}
}

static struct stk *new_host(struct stk_link *link)
{
	struct stk_config c = {
		.seed = { 1 }, .mac = { 2, 0, 0, 0, 0, 2 }, .no_dad = true,
		.dhcp = true, .slaac = true, .n_addrs = 2,
		.memory = 4 << 20,
	};

	*link = (struct stk_link){ .ops = &ops, .mtu = 1500, .fd = -1 };
	stk_ip_parse(&c.addrs[0].ip, "192.0.2.2");
	c.addrs[0].len = 24;
	stk_ip_parse(&c.addrs[1].ip, "fd00::2");
	c.addrs[1].len = 64;
	return stk_new(&c, link, 1000000);
}

/* f has room for the headers before the n bytes of the message. */
static void dhcp_answer(uint8_t *f, size_t n)
{
	static const uint8_t head[BOOTP] = {
		2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
		0x45, 0, 0, 0, 0, 0, 0, 0, 64, IPPROTO_UDP, 0, 0,
		192, 0, 2, 1, 255, 255, 255, 255, 0, 67, 0, 68,
	};
	uint8_t *boot = f + BOOTP;

	memcpy(f, head, sizeof(head));
	put16(f + 16, (unsigned)n + 28);
	put16(f + 24, csum_done(csum_add(0, f + 14, 20)));
	put16(f + 38, (unsigned)n + 8);
	boot[0] = 2;
	memcpy(boot + 4, dhcp_xid, 4);
	memcpy(boot + 28, head, 6);
	put32(boot + BOOTP_COOKIE, 0x63825363);
}

static void frame_in(struct stk *s, struct stk_link *link, const uint8_t *data,
		     size_t n, bool dhcp, uint64_t now)
{
	size_t room = dhcp ? BOOTP : 0;
	struct pkt *p;
	uint8_t *f;

	if (dhcp && n < BOOTP_COOKIE + 4)
		return;
	p = pkt_new(link->pool, 0, room + n);
	if (!p)
		return;
	f = pkt_put(p, room + n);
	memcpy(f + room, data, n);
	if (dhcp)
		dhcp_answer(f, n);
	stk_input(s, p, now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stk_link link;
	struct stk *s = new_host(&link);
	uint64_t now = 1000000;

	if (!s)
		return 0;
	open_sockets(s);
	stk_poll(s, now);
	while (size >= 2) {
		size_t n = get16(data);
		bool dhcp = n & LEN_DHCP;

		data += 2;
		size -= 2;
		if (n & LEN_WAIT) {
			now += (n & 0x7fff) * 1000;
			stk_poll(s, now);
			continue;
		}
		n &= ~(size_t)LEN_DHCP;
		if (n > size)
			n = size;
		frame_in(s, &link, data, n, dhcp, now);
		data += n;
		size -= n;
	}
	stk_free(s); /* asserts that every buffer came back */
	return 0;
}
