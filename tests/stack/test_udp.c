/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UDP between two stacks on a pair, and against hostile frames. */
#include "lan.h"

struct side {
	struct stk *s;
	struct stk_sock *sk;
};

static struct side a, b;
static uint64_t now;

static struct stk *host(struct stk_link *link, const char *ip4, const char *ip6)
{
	struct stk_config c = { .no_dad = true, .n_addrs = 2 };

	c.addrs[0] = (struct stk_prefix){ lan_ip(ip4), 24 };
	c.addrs[1] = (struct stk_prefix){ lan_ip(ip6), 64 };
	c.seed[3] = (uint8_t)ip4[strlen(ip4) - 1];
	return stk_new(&c, link, now);
}

static void open_both(void)
{
	struct stk_link *ends[2];

	now = SK_SEC;
	stk_pair(ends, 1500);
	a.s = host(ends[0], "192.0.2.1", "fd00::1");
	b.s = host(ends[1], "192.0.2.2", "fd00::2");
}

/* Until both are quiet. */
static void settle(void)
{
	for (int i = 0; i < 200; i++) {
		stk_service(a.s, now);
		stk_service(b.s, now);
	}
}

static void close_both(void)
{
	stk_free(a.s);
	stk_free(b.s);
}

static struct stk_addr at(const char *ip, uint16_t port)
{
	struct stk_addr r = { .port = port, .ip = lan_ip(ip) };

	r.family = (uint16_t)stk_ip_family(&r.ip);
	return r;
}

static struct stk_sock *bound(struct stk *s, const char *ip, uint16_t port)
{
	struct stk_addr to = at(ip, port);
	struct stk_sock *sk;

	stk_socket(s, to.family, SOCK_DGRAM, &sk);
	if (stk_bind(sk, &to) < 0)
		return NULL;
	return sk;
}

static struct stk_sock *connected(struct stk *s, const char *ip, uint16_t port)
{
	struct stk_addr to = at(ip, port);
	struct stk_sock *sk;

	stk_socket(s, to.family, SOCK_DGRAM, &sk);
	if (stk_connect(sk, &to) < 0)
		return NULL;
	return sk;
}

static ssize_t put(struct stk_sock *sk, const void *data, size_t len)
{
	struct iovec iov = { (void *)(uintptr_t)data, len };
	ssize_t r = stk_send(sk, &iov, 1, NULL);

	settle();
	return r;
}

static uint8_t got[70000];

static ssize_t get(struct stk_sock *sk, struct stk_addr *from, int flags)
{
	struct iovec iov = { got, sizeof(got) };

	return stk_recv(sk, &iov, 1, from, flags);
}

static void test_talk(const char *ip, const char *any)
{
	struct stk_addr from;
	struct stk_sock *c, *l;
	struct iovec iov = { got, 5 };
	char text[STK_ADDR_TEXT];

	open_both();
	l = bound(b.s, any, 7);
	c = connected(a.s, ip, 7);
	is_int(get(l, NULL, 0), -EAGAIN, "nothing there: -EAGAIN");
	is_int(put(c, "hello", 5), 5, "sent");
	ok(stk_ready(l) & STK_IN, "readable");
	is_int(get(l, &from, MSG_PEEK), 5, "looked at");
	is_int(get(l, &from, 0), 5, "received");
	ok(!memcmp(got, "hello", 5), "as it was sent, from %s",
	   stk_addr_format(text, &from));
	is_int(stk_send(l, &iov, 1, &from), 5, "answered");
	settle();
	is_int(get(c, NULL, 0), 5, "by the way it came");
	is_int(put(c, "", 0), 0, "an empty datagram");
	is_int(get(l, &from, 0), 0, "is one");
	is_int(get(l, &from, 0), -EAGAIN, "and but one");
	stk_close(l);
	stk_close(c);
	close_both();
}

static void test_big(const char *ip, const char *any, size_t most)
{
	static uint8_t data[70000];
	struct iovec small = { got, 10 };
	struct stk_sock *c, *l;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
	open_both();
	l = bound(b.s, any, 7);
	c = connected(a.s, ip, 7);
	is_int(put(c, data, most), (ssize_t)most, "the largest datagram");
	is_int(get(l, NULL, 0), (ssize_t)most, "arrives in fragments");
	ok(!memcmp(data, got, most), "unchanged");
	is_int(put(c, data, most + 1), -EMSGSIZE, "one byte more is too much");
	put(c, data, 3000);
	is_int(stk_recv(l, &small, 1, NULL, MSG_TRUNC), 3000,
	       "MSG_TRUNC tells the real length");
	is_int(get(l, NULL, 0), -EAGAIN, "the rest of it is gone");
	stk_close(l);
	stk_close(c);
	close_both();
}

static void test_refused(const char *ip)
{
	struct stk_sock *c;

	open_both();
	c = connected(a.s, ip, 9);
	put(c, "x", 1);
	ok(stk_ready(c) & STK_ERR, "%s: port unreachable: an error waits", ip);
	is_int(get(c, NULL, 0), -ECONNREFUSED, "RFC 1122 4.1.3.3: surfaced");
	is_int(get(c, NULL, 0), -EAGAIN, "once");
	stk_close(c);
	close_both();
}

/* IP_RECVERR: errors wait in a queue, and nothing fails for them. */
static void test_back(const char *ip, const char *any, const char *from)
{
	struct stk_addr to = at(ip, 9);
	struct iovec iov = { got, 3 };
	struct stk_sock *c = bound(a.s, any, 0);
	struct stk_back e;
	char text[STK_ADDR_TEXT], by[STK_IP_TEXT];
	bool v6 = to.family == AF_INET6;
	int on = 1, off = 0;

	ok(!stk_back(c, &e), "%s: nothing has come back", ip);
	stk_setopt(c, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
		   v6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof(on));
	for (int i = 0; i < 12; i++)
		stk_send(c, &iov, 1, &to);
	settle();
	ok(stk_ready(c) & STK_ERR, "an error waits, without a connection");
	is_int(get(c, NULL, 0), -EAGAIN, "and fails no call");
	ok(stk_back(c, &e), "it can be had");
	is_int(e.error, ECONNREFUSED, "its errno");
	is_str(stk_addr_format(text, &e.to), v6 ? "[fd00::2]:9" :
						 "192.0.2.2:9",
	       "where the datagram was to go");
	is_str(stk_ip_format(by, &e.by), from, "who says so");
	is_int(e.type, v6 ? 1 : 3, "type");
	is_int(e.code, v6 ? 4 : 3, "and code");
	for (on = 1; stk_back(c, &e); on++)
		;
	is_int(on, 8, "of a flood the first are kept");
	ok(!(stk_ready(c) & STK_ERR), "then there is none");
	stk_send(c, &iov, 1, &to);
	settle();
	stk_setopt(c, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
		   v6 ? IPV6_RECVERR : IP_RECVERR, &off, sizeof(off));
	ok(!stk_back(c, &e), "switched off, the queue is empty");
	stk_close(c);
}

/* What the next datagram is, and answering from the address that was asked. */
static void test_head(void)
{
	struct stk_sock *l = bound(b.s, "0.0.0.0", 7);
	struct stk_sock *c = connected(a.s, "192.0.2.2", 7);
	struct stk_ip src = at("192.0.2.2", 0).ip;
	struct stk_ip alien = at("192.0.2.9", 0).ip;
	struct iovec iov = { got, 5 };
	struct stk_head h;
	struct stk_addr me;
	char text[STK_IP_TEXT];

	ok(!stk_head(l, &h), "no datagram, no head");
	put(c, "hello", 5);
	ok(stk_head(l, &h), "one has come");
	stk_local(c, &me);
	is_int(h.from.port, me.port, "from whom");
	is_str(stk_ip_format(text, &h.to), "192.0.2.2", "to which address");
	is_int((long)h.len, 5, "how long");
	is_int(get(l, NULL, 0), 5, "and it is still there");
	is_int(stk_send_from(l, &iov, 1, &h.from, &src), 5,
	       "answered from there");
	is_int(stk_send_from(l, &iov, 1, &h.from, &alien), -EADDRNOTAVAIL,
	       "an address that is not ours is none to send from");
	settle();
	is_int(get(c, NULL, 0), 5, "the answer");
	is_int((long)stk_drops(l), 0, "nothing was dropped");
	stk_close(l);
	stk_close(c);
}

/* A burst towards a neighbour that has not answered yet is slowed down, not
 * thrown away. */
static void test_unresolved(void)
{
	struct stk_sock *c, *l;
	struct iovec iov = { got, 100 };
	int n = 0;

	open_both();
	l = bound(b.s, "0.0.0.0", 7);
	c = connected(a.s, "192.0.2.2", 7);
	while (n < 100 && stk_send(c, &iov, 1, NULL) == 100)
		n++;
	ok(n >= 8 && n < 64, "a burst before ARP has an answer: %d go", n);
	is_int(stk_send(c, &iov, 1, NULL), -ENOBUFS, "the next in a moment");
	ok(stk_has_output(a.s), "the stack has something to send");
	settle();
	is_int(stk_counter(b.s, "udp_in"), n, "none of them is lost");
	is_int(stk_send(c, &iov, 1, NULL), 100, "and it goes on");
	settle();
	ok(!stk_has_output(a.s), "all is sent");
	stk_close(c);
	stk_close(l);
	close_both();
}

static void test_mcast_loop(void)
{
	struct stk_addr to = at("239.1.2.3", 7);
	struct ip_mreqn m = { .imr_multiaddr = { htonl(0xef010203) } };
	struct stk_sock *l;
	struct iovec iov = { got, 3 };
	int off = 0;

	open_both();
	l = bound(a.s, "0.0.0.0", 7);
	stk_setopt(l, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m));
	stk_send(l, &iov, 1, &to);
	settle();
	is_int(get(l, NULL, 0), 3, "RFC 1112 6.1: a member hears itself");
	is_int(stk_setopt(l, IPPROTO_IP, IP_MULTICAST_LOOP, &off, sizeof(off)),
	       0, "IP_MULTICAST_LOOP");
	stk_send(l, &iov, 1, &to);
	settle();
	is_int(get(l, NULL, 0), -EAGAIN, "off: it does not");
	stk_close(l);
	close_both();
}

static void test_queue(void)
{
	static uint8_t data[1000];
	struct stk_sock *c, *l;
	int v = 20000, n = 0;
	size_t len = sizeof(v);

	open_both();
	l = bound(b.s, "0.0.0.0", 7);
	c = connected(a.s, "192.0.2.2", 7);
	stk_setopt(l, SOL_SOCKET, SO_RCVBUF, &v, sizeof(v));
	stk_getopt(l, SOL_SOCKET, SO_RCVBUF, &v, &len);
	is_int(v, 40000, "SO_RCVBUF is doubled, as on Linux");
	for (int i = 0; i < 100; i++)
		put(c, data, sizeof(data));
	while (get(l, NULL, 0) > 0)
		n++;
	ok(n >= 10 && n <= 20, "the queue is bounded (%d)", n);
	is_int(stk_counter(b.s, "udp_queue_drops"), 100 - n,
	       "what did not fit is counted");
	is_int((long)stk_drops(l), 100 - n, "for the socket as well");
	stk_close(l);
	stk_close(c);
	close_both();
}

static void test_binding(void)
{
	struct stk_sock *l, *x, *c;
	struct stk_addr any = at("0.0.0.0", 7), elsewhere = at("192.0.2.99", 7);
	struct stk_addr name;
	int on = 1;

	open_both();
	l = bound(b.s, "0.0.0.0", 7);
	stk_socket(b.s, AF_INET, SOCK_DGRAM, &x);
	is_int(stk_bind(x, &any), -EADDRINUSE, "a port is bound once");
	is_int(stk_bind(x, &elsewhere), -EADDRNOTAVAIL, "to an address of ours");
	stk_setopt(l, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	stk_setopt(x, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	is_int(stk_bind(x, &any), 0, "but for SO_REUSEPORT on both");
	is_int(stk_bind(x, &any), -EINVAL, "and a socket once");
	c = connected(b.s, "192.0.2.1", 7);
	stk_local(c, &name);
	ok(name.port >= 32768 && name.port < 61000,
	   "RFC 6056: a port of the ephemeral range");
	stk_close(c);
	c = bound(b.s, "192.0.2.2", 0);
	stk_local(c, &name);
	ok(name.port, "port 0: one that is free");
	is_int(put(c, "x", 1), -EDESTADDRREQ, "unconnected: where to?");
	stk_close(c);
	stk_close(l);
	stk_close(x);
	close_both();
}

static void test_groups(void)
{
	struct stk_addr to = at("239.1.2.3", 7);
	struct ip_mreqn m = { .imr_multiaddr = { htonl(0xef010203) } };
	struct iovec iov = { got, 3 };
	struct stk_sock *l, *x, *c;
	int on = 1;

	open_both();
	l = bound(b.s, "0.0.0.0", 7);
	stk_socket(a.s, AF_INET, SOCK_DGRAM, &c);
	stk_send(c, &iov, 1, &to);
	settle();
	is_int(get(l, NULL, 0), -EAGAIN, "a group nobody joined: silence");
	is_int(stk_setopt(l, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)), 0,
	       "joined");
	x = NULL;
	stk_socket(b.s, AF_INET, SOCK_DGRAM, &x);
	stk_send(c, &iov, 1, &to);
	settle();
	is_int(get(l, NULL, 0), 3, "then it is heard");
	stk_setopt(l, IPPROTO_IP, IP_DROP_MEMBERSHIP, &m, sizeof(m));
	stk_send(c, &iov, 1, &to);
	settle();
	is_int(get(l, NULL, 0), -EAGAIN, "and no more after leaving");
	to = at("192.0.2.255", 7);
	is_int(stk_send(c, &iov, 1, &to), -EACCES, "broadcasts need leave");
	stk_setopt(c, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	is_int(stk_send(c, &iov, 1, &to), 3, "SO_BROADCAST gives it");
	settle();
	is_int(get(l, NULL, 0), 3, "and they are heard");
	stk_close(l);
	stk_close(x);
	stk_close(c);
	close_both();
}

static void test_loopback(void)
{
	struct stk_sock *l, *c;

	open_both();
	l = bound(a.s, "0.0.0.0", 7);
	c = connected(a.s, "127.0.0.1", 7);
	put(c, "self", 4);
	is_int(get(l, NULL, 0), 4, "127.0.0.1 is this host");
	stk_close(c);
	c = connected(a.s, "192.0.2.1", 7);
	put(c, "self", 4);
	is_int(get(l, NULL, 0), 4, "and so is its own address");
	stk_close(c);
	c = connected(a.s, "192.0.2.1", 8);
	put(c, "self", 4);
	is_int(get(c, NULL, 0), -ECONNREFUSED, "errors come home too");
	stk_close(l);
	stk_close(c);
	close_both();
}

static void test_options(void)
{
	struct stk_sock *c;
	int v = 0;
	size_t len = sizeof(v);

	open_both();
	c = connected(a.s, "192.0.2.2", 7);
	stk_getopt(c, IPPROTO_IP, IP_TTL, &v, &len);
	is_int(v, 64, "IP_TTL is 64");
	v = 300;
	is_int(stk_setopt(c, IPPROTO_IP, IP_TTL, &v, sizeof(v)), -EINVAL,
	       "300 is none");
	is_int(stk_setopt(c, IPPROTO_IP, IP_TTL, &v, 0), -EINVAL, "nor nothing");
	v = 1;
	is_int(stk_setopt(c, IPPROTO_IPV6, IPV6_TCLASS, &v, sizeof(v)),
	       -ENOPROTOOPT, "options of IPv6 on IPv4: none");
	is_int(stk_setopt(c, SOL_SOCKET, SO_ERROR, &v, sizeof(v)),
	       -ENOPROTOOPT, "SO_ERROR is read only");
	stk_getopt(c, IPPROTO_IP, IP_MTU, &v, &len);
	is_int(v, 1500, "IP_MTU of the path");
	stk_getopt(c, SOL_SOCKET, SO_TYPE, &v, &len);
	is_int(v, SOCK_DGRAM, "SO_TYPE");
	stk_getopt(c, SOL_SOCKET, SO_DOMAIN, &v, &len);
	is_int(v, AF_INET, "SO_DOMAIN");
	v = IP_PMTUDISC_DO;
	stk_setopt(c, IPPROTO_IP, IP_MTU_DISCOVER, &v, sizeof(v));
	is_int(put(c, got, 1473), -EMSGSIZE, "IP_PMTUDISC_DO: no fragments");
	is_int(put(c, got, 1472), 1472, "what fits goes");
	stk_close(c);
	close_both();
}

/* --- bad datagrams ---------------------------------------------------------- */

static struct lan lan, *t = &lan;

static void datagram(bool v6, uint16_t len, size_t size, int csum)
{
	uint8_t d[64] = { 0x30, 0x39, 0, 7 };
	struct stk_ip src = lan_ip(v6 ? "fd00::1" : "192.0.2.1");
	struct stk_ip dst = lan_ip(v6 ? "fd00::2" : "192.0.2.2");

	put16(d + 4, len);
	put16(d + 6, csum_done(csum_add(ip_pseudo_sum(&src, &dst, IPPROTO_UDP,
						      len),
					d, len)));
	if (csum == 0)
		put16(d + 6, 0);
	else if (csum < 0)
		d[7] ^= 1;
	if (v6)
		lan_in_ip6(t, NULL, NULL, IPPROTO_UDP, 64, d, size);
	else
		lan_in_ip4(t, (struct ipv4_hdr){ .proto = IPPROTO_UDP }, d,
			   size);
}

static void test_bad(void)
{
	struct stk_sock *l4, *l6;

	lan_open(t, NULL);
	l4 = bound(t->s, "0.0.0.0", 7);
	l6 = bound(t->s, "::", 7);
	datagram(false, 12, 12, 1);
	is_int(get(l4, NULL, 0), 4, "a good datagram");
	datagram(false, 12, 12, 0);
	is_int(get(l4, NULL, 0), 4, "RFC 768: IPv4 may do without a checksum");
	datagram(false, 12, 12, -1);
	is_int(get(l4, NULL, 0), -EAGAIN, "a wrong one: dropped");
	datagram(true, 12, 12, 1);
	is_int(get(l6, NULL, 0), 4, "a good one over IPv6");
	datagram(true, 12, 12, 0);
	is_int(get(l6, NULL, 0), -EAGAIN,
	       "RFC 8200 8.1: IPv6 may not do without");
	datagram(false, 7, 12, 1);
	is_int(get(l4, NULL, 0), -EAGAIN, "a length below the header: dropped");
	datagram(false, 13, 12, 1);
	is_int(get(l4, NULL, 0), -EAGAIN, "or beyond the packet");
	datagram(false, 12, 20, 1);
	is_int(get(l4, NULL, 0), 4, "bytes behind the datagram are cut off");
	datagram(false, 12, 7, 1);
	is_int(lan_count(t, udp_bad), 5, "a runt of 7 bytes; all are counted");
	stk_close(l4);
	stk_close(l6);
	lan_close(t);
}

int main(void)
{
	test_talk("192.0.2.2", "0.0.0.0");
	test_talk("fd00::2", "::");
	test_big("192.0.2.2", "0.0.0.0", 65507);
	test_big("fd00::2", "::", 65527);
	test_refused("192.0.2.2");
	test_refused("fd00::2");
	open_both();
	test_back("192.0.2.2", "0.0.0.0", "192.0.2.2");
	test_back("fd00::2", "::", "fd00::2");
	test_head();
	close_both();
	test_queue();
	test_binding();
	test_groups();
	test_mcast_loop();
	test_unresolved();
	test_loopback();
	test_options();
	test_bad();
	return tap_done();
}
