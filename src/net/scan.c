/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/scan.h"

#include "base/fd.h"
#include "base/text.h"

#define FD_RETRY (10 * SK_MSEC)

/* One attempt under way. */
struct probe {
	struct scanner *scanner;
	struct sk_watch watch;
	struct sk_timer timer;
	struct sk_port *port;	/* NULL: idle */
	uint64_t begun;
	int fd;
};

struct scanner {
	struct sk_scan *scan;
	struct sk_loop *loop;
	struct probe *probes;
	size_t n_probes, next, done;
	struct sk_timer more;	/* descriptors were short */
	int error;
};

static void fill(struct scanner *s);

const char *sk_port_state_name(enum sk_port_state state)
{
	static const char *const names[] = {
		[SK_PORT_UNKNOWN] = "unknown",
		[SK_PORT_OPEN] = "open",
		[SK_PORT_CLOSED] = "closed",
		[SK_PORT_FILTERED] = "filtered",
		[SK_PORT_OPEN_FILTERED] = "open|filtered",
	};

	return names[state];
}

/* --- the list of ports ------------------------------------------------------ */

static int add_range(unsigned char *set, const char *from, const char *to,
		     struct sk_err *err)
{
	uint16_t a, b;
	int r;

	if ((r = sk_parse_port(from, &a, err)) < 0)
		return r;
	b = a;
	if (to && (r = sk_parse_port(to, &b, err)) < 0)
		return r;
	if (!a)
		return sk_usage(err, "port 0: nothing can be reached there");
	if (b < a)
		return sk_usage(err, "%s-%s: runs backwards", from, to);
	for (unsigned p = a; p <= b; p++)
		set[p] = 1;
	return 0;
}

/* "http-alt" is a service and no range: digits alone begin one. */
static int add_item(unsigned char *set, char *item, struct sk_err *err)
{
	size_t digits = strspn(item, "0123456789");

	if (digits && item[digits] == '-') {
		item[digits] = '\0';
		return add_range(set, item, item + digits + 1, err);
	}
	return add_range(set, item, NULL, err);
}

static int collect(struct sk_port **ports, size_t *n, const unsigned char *set,
		   struct sk_err *err)
{
	*n = 0;
	for (unsigned p = 0; p <= UINT16_MAX; p++)
		*n += set[p];
	*ports = calloc(*n, sizeof(**ports));
	if (!*ports)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	for (unsigned p = 0, i = 0; p <= UINT16_MAX; p++)
		if (set[p])
			(*ports)[i++].port = (uint16_t)p;
	return 0;
}

int sk_scan_ports(struct sk_port **ports, size_t *n, const char *text,
		  struct sk_err *err)
{
	unsigned char *set = calloc(UINT16_MAX + 1, 1);
	char item[64];
	int r = set ? 0 : sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));

	while (r >= 0) {
		size_t len = strcspn(text, ",");

		if (!len || sk_copyn(item, sizeof(item), text, len) < 0)
			r = sk_usage(err, "ports are PORT[-PORT][,...]");
		else
			r = add_item(set, item, err);
		text += len;
		if (!*text)
			break;
		text++;
	}
	if (r >= 0)
		r = collect(ports, n, set, err);
	free(set);
	return r;
}

/* --- attempts --------------------------------------------------------------- */

static void probe_over(struct probe *p, enum sk_port_state state)
{
	struct scanner *s = p->scanner;

	p->port->state = (uint8_t)state;
	p->port->time_us = (uint32_t)(sk_now_us() - p->begun);
	p->port = NULL;
	sk_timer_stop(&p->timer);
	sk_watch_fini(&p->watch);
	sk_close(&p->fd);
	s->done++;
	fill(s);
	if (s->done == s->scan->n)
		sk_loop_stop(s->loop);
}

/* A refusal is a word; a router's "cannot get there" is that of a filter. */
static enum sk_port_state state_of(int error)
{
	return error == ECONNREFUSED ? SK_PORT_CLOSED : SK_PORT_FILTERED;
}

/*
 * On this host the kernel may give the port we ask for as our own source
 * port, and TCP then connects to itself (RFC 9293 3.5, simultaneous open).
 */
static bool is_self(int fd)
{
	struct sk_addr us, them;

	return !sk_addr_local(&us, fd) && !sk_addr_peer(&them, fd) &&
	       us.len == them.len && !memcmp(&us.sa, &them.sa, us.len);
}

static void on_ready(struct sk_watch *w)
{
	struct probe *p = sk_container_of(w, struct probe, watch);
	socklen_t len = sizeof(int);
	int error = 0;
	char byte;

	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (!error && p->scanner->scan->udp &&
	    recv(p->fd, &byte, 1, MSG_DONTWAIT) < 0)
		error = errno;
	if (!error && !p->scanner->scan->udp && is_self(p->fd))
		error = ECONNREFUSED;
	if (error == EAGAIN) {
		sk_watch_blocked(w, SK_IN | SK_OUT);
		return;
	}
	probe_over(p, error ? state_of(error) : SK_PORT_OPEN);
}

static void on_timeout(struct sk_timer *t)
{
	struct probe *p = sk_container_of(t, struct probe, timer);

	probe_over(p, p->scanner->scan->udp ? SK_PORT_OPEN_FILTERED :
					      SK_PORT_FILTERED);
}

static int open_socket(struct probe *p, struct sk_addr *to)
{
	const struct sk_scan *scan = p->scanner->scan;
	struct sk_err err;

	p->fd = socket(to->sa.sa_family,
		       (scan->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK |
			       SOCK_CLOEXEC,
		       0);
	if (p->fd < 0)
		return -errno;
	if (sk_net_apply(p->fd, to->sa.sa_family, scan->net, false, &err) < 0)
		return -EINVAL;
	if (connect(p->fd, &to->sa, to->len) < 0 && errno != EINPROGRESS)
		return -errno;
	if (scan->udp && send(p->fd, "", 0, MSG_DONTWAIT) < 0)
		return -errno;
	return sk_watch_init(&p->watch, p->scanner->loop, p->fd, on_ready);
}

/* false: no descriptor for it now. */
static bool probe_begin(struct probe *p, struct sk_port *port)
{
	struct scanner *s = p->scanner;
	struct sk_addr to = s->scan->addr;
	int r;

	sk_addr_set_port(&to, port->port);
	p->begun = sk_now_us();
	r = open_socket(p, &to);
	if (r == -EMFILE || r == -ENFILE || r == -ENOBUFS ||
	    r == -EADDRNOTAVAIL || r == -EAGAIN) {
		sk_close(&p->fd);
		return false;
	}
	p->port = port;
	sk_timer_in(&p->timer, s->scan->wait);
	if (r >= 0)
		sk_watch_want(&p->watch, s->scan->udp ? SK_IN : SK_OUT);
	else
		sk_timer_stop(&p->timer);
	if (r < 0) {
		port->state = (uint8_t)state_of(-r);
		p->port = NULL;
		sk_close(&p->fd);
		s->done++;
	}
	return true;
}

static void fill(struct scanner *s)
{
	for (size_t i = 0; i < s->n_probes && s->next < s->scan->n; i++) {
		while (!s->probes[i].port && s->next < s->scan->n) {
			if (!probe_begin(&s->probes[i],
					 &s->scan->ports[s->next])) {
				sk_timer_in(&s->more, FD_RETRY);
				return;
			}
			s->next++;
		}
	}
	if (s->done == s->scan->n)
		sk_loop_stop(s->loop);
}

static void on_more(struct sk_timer *t)
{
	fill(sk_container_of(t, struct scanner, more));
}

int sk_scan_run(struct sk_scan *scan, struct sk_loop *loop, struct sk_err *err)
{
	struct scanner s = { .scan = scan, .loop = loop };
	int r;

	s.n_probes = scan->parallel < scan->n ? scan->parallel : scan->n;
	s.probes = calloc(s.n_probes, sizeof(*s.probes));
	if (!s.probes)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	for (size_t i = 0; i < s.n_probes; i++) {
		s.probes[i].scanner = &s;
		s.probes[i].fd = -1;
		sk_timer_init(&s.probes[i].timer, loop, on_timeout);
	}
	sk_timer_init(&s.more, loop, on_more);
	sk_timer_at(&s.more, loop->now);
	r = sk_loop_run(loop);
	sk_timer_stop(&s.more);
	for (size_t i = 0; i < s.n_probes; i++) {
		sk_timer_stop(&s.probes[i].timer);
		sk_watch_fini(&s.probes[i].watch);
		sk_close(&s.probes[i].fd);
	}
	free(s.probes);
	return r < 0 ? sk_fail(err, r, "epoll: %s", sk_strerror(r)) : 0;
}
