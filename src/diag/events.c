/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/events.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "diag/dump.h"

/* A socket's worth is some 600 bytes; the limit is net.core.rmem_max. */
#define RECEIVE_BUFFER (4 << 20)

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

static const struct {
	unsigned kind, family;
	int group;
} groups[] = {
	{ SK_KIND_TCP, SK_FAMILY_V4, SKNLGRP_INET_TCP_DESTROY },
	{ SK_KIND_TCP, SK_FAMILY_V6, SKNLGRP_INET6_TCP_DESTROY },
	{ SK_KIND_UDP, SK_FAMILY_V4, SKNLGRP_INET_UDP_DESTROY },
	{ SK_KIND_UDP, SK_FAMILY_V6, SKNLGRP_INET6_UDP_DESTROY },
};

/* --- messages --------------------------------------------------------------- */

/* The message does not say of which group it is, but its protocol. */
static int kind_of(const struct nlmsghdr *h)
{
	const struct nlattr *a;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(struct inet_diag_msg))
		return -1;
	sk_nl_for_each(a, h, sizeof(struct inet_diag_msg)) {
		if (mnl_attr_get_type(a) != INET_DIAG_PROTOCOL ||
		    mnl_attr_get_payload_len(a) < 1)
			continue;
		switch (mnl_attr_get_u8(a)) {
		case IPPROTO_TCP:
			return SK_KIND_TCP;
		case IPPROTO_UDP:
			return SK_KIND_UDP;
		default:
			return -1;
		}
	}
	return -1;
}

static int on_record(struct sk_sock *s, void *arg)
{
	const struct sk_event_feed *e = arg;

	return sk_filter_match(e->filter, s) ? e->fn(s, e->arg) : 0;
}

static void on_message(struct sk_event_feed *e, const struct nlmsghdr *h)
{
	const struct sk_diag_query q = { .kinds = e->kinds,
					 .states = SK_STATES_ALL,
					 .families = e->families };
	struct sk_diag_result res = { .netlink = 0 };
	struct sk_dump d = { .q = &q, .fn = on_record, .arg = e, .res = &res };
	int kind = h->nlmsg_type == SOCK_DIAG_BY_FAMILY ? kind_of(h) : -1;

	if (kind < 0)
		return;
	d.kind = (unsigned)kind;
	if (sk_inet_parse(&d, h) == SK_DUMP_STOPPED)
		e->result = d.stop;
}

/* --- losses ----------------------------------------------------------------- */

/* How many messages the kernel could not put into our queue so far. */
static uint32_t drops_of(int fd)
{
	uint32_t mem[SK_MEM_COUNT] = { 0 };
	socklen_t len = sizeof(mem);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, mem, &len) < 0)
		return 0;
	return mem[SK_MEM_DROPS];
}

/* Losses are told where they happened: after what came before them. */
static void tell_losses(struct sk_event_feed *e)
{
	uint32_t drops = drops_of(e->fd);

	if (drops != e->drops)
		e->lost(drops - e->drops, e->arg);
	e->drops = drops;
}

/* --- the socket ------------------------------------------------------------- */

/* False: nothing more is there now, or it is over. */
static bool receive(struct sk_event_feed *e)
{
	char buf[32 << 10] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t n = recv(e->fd, buf, sizeof(buf), MSG_DONTWAIT);
	const struct nlmsghdr *h = (const void *)buf;
	int len = (int)n;

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == ENOBUFS) {
		tell_losses(e);
		return true;
	}
	if (n < 0 && errno == EAGAIN) {
		/* ENOBUFS comes once until the queue is empty: count again. */
		tell_losses(e);
		sk_watch_blocked(&e->watch, SK_IN);
		return false;
	}
	if (n <= 0) {
		e->result = n < 0 ? -errno : -EPIPE;
		return false;
	}
	for (; mnl_nlmsg_ok(h, len) && !e->result; h = mnl_nlmsg_next(h, &len))
		on_message(e, h);
	return !e->result;
}

/* Events in a turn: a storm of them must not keep a signal from us. */
#define TURN 256

static void on_readable(struct sk_watch *w)
{
	struct sk_event_feed *e = sk_container_of(w, struct sk_event_feed, watch);
	bool more = true;

	for (int i = 0; i < TURN && more; i++)
		more = receive(e);
	if (!more && e->idle)
		e->idle(e->arg);
	if (e->result)
		sk_loop_stop(w->loop);
	else
		sk_watch_want(w, SK_IN);
}

static int join_groups(struct sk_event_feed *e)
{
	int joined = 0, r = -EOPNOTSUPP;

	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		if (!(e->kinds & SK_KIND_BIT(groups[i].kind)) ||
		    (e->families && !(e->families & groups[i].family)))
			continue;
		if (setsockopt(e->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			       &groups[i].group, sizeof(groups[i].group)) < 0)
			r = -errno;
		else
			joined++;
	}
	return joined ? 0 : r;
}

int sk_event_feed_open(struct sk_event_feed *e, struct sk_loop *loop,
		   struct sk_err *err)
{
	const struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int size = RECEIVE_BUFFER, r;

	e->watch = (struct sk_watch){ .fd = -1 };
	e->result = 0;
	e->drops = 0;
	e->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       NETLINK_SOCK_DIAG);
	if (e->fd < 0)
		return sk_fail(err, -errno, "netlink: %s", sk_strerror(errno));
	if (setsockopt(e->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
		       sizeof(size)) < 0)
		setsockopt(e->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	r = bind(e->fd, (const struct sockaddr *)&any, sizeof(any)) < 0 ?
		    -errno : join_groups(e);
	if (r >= 0)
		r = sk_watch_init(&e->watch, loop, e->fd, on_readable);
	if (r < 0) {
		sk_close(&e->fd);
		return sk_fail(err, r, "events of sockets: %s",
			       sk_strerror(r));
	}
	sk_watch_want(&e->watch, SK_IN);
	return 0;
}

void sk_event_feed_close(struct sk_event_feed *e)
{
	sk_watch_fini(&e->watch);
	sk_close(&e->fd);
}
