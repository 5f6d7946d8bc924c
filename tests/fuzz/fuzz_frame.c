/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames from the wire into a host of the embedded stack that has a listener,
 * UDP sockets, DHCP and SLAAC. Input: frames, each behind its length in two
 * bytes; a length with the high bit set lets so many ms pass instead.
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "fuzz.h"
#include "stack/link/link.h"
#include "stack/pkt.h"
#include "stack/stk.h"

static int sink(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	(void)l;
	(void)now;
	for (int i = 0; i < n; i++)
		pkt_free(v[i]);
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
		size_t n = (size_t)data[0] << 8 | data[1];
		struct pkt *p;

		data += 2;
		size -= 2;
		if (n & 0x8000) {
			now += (n & 0x7fff) * 1000;
			stk_poll(s, now);
			continue;
		}
		if (n > size)
			n = size;
		p = pkt_new(link.pool, 0, n);
		if (p) {
			memcpy(pkt_put(p, n), data, n);
			stk_input(s, p, now);
		}
		data += n;
		size -= n;
	}
	stk_free(s); /* asserts that every buffer came back */
	return 0;
}
