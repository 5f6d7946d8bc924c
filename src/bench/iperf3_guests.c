/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whoever connects is a guest until its cookie is there: so a port scanner
 * keeps nobody out. A guest's cookie says what it is: a stream of the test
 * that is under way, one more client (denied while there is a test), or the
 * client of the next one.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "bench/iperf3_server.h"

/* To say 37 bytes. */
#define GUEST_TIME (5 * SK_SEC)
#define GUESTS_MAX 512

void iperf3_guest_free(struct iperf3_guest *g)
{
	TAILQ_REMOVE(&g->sv->guests, g, link);
	g->sv->n_guests--;
	sk_timer_stop(&g->limit);
	iperf3_in_fini(&g->in);
	endpoint_free(g->ep);
	sk_listener_resume(g->sv->listener);
	free(g);
}

static void deny(struct iperf3_guest *g)
{
	signed char state = IPERF3_ACCESS_DENIED;
	struct iovec iov = { &state, 1 };

	sk_info("%s: denied, a test is under way", g->ep->name_in);
	/* One byte into an empty buffer; who does not take it loses it. */
	if (endpoint_send(g->ep, &iov, 1) == 1)
		endpoint_shutdown(g->ep);
	iperf3_guest_free(g);
}

static void on_guest_limit(struct sk_timer *t)
{
	struct iperf3_guest *g = sk_container_of(t, struct iperf3_guest, limit);
	struct iperf3_server *sv = g->sv;

	sk_warn("%s: said nothing that iperf3 would", g->ep->name_in);
	iperf3_guest_free(g);
	iperf3_admit(sv);
}

/* The descriptor alone, out of the loop's hands. */
static int take_fd(struct iperf3_guest *g)
{
	int fd = fcntl(endpoint_socket_fd(g->ep), F_DUPFD_CLOEXEC, 3);

	return fd < 0 ? -errno : fd;
}

static void take_stream(struct iperf3_guest *g)
{
	struct iperf3_server *sv = g->sv;
	int family = endpoint_peer(g->ep)->sa.sa_family;
	int fd = take_fd(g);
	struct sk_err none = { 0 };

	if (fd < 0)
		iperf3_stream_failed(sv, fd, &none);
	else if (iperf3_set_up_stream(sv, fd, family) < 0)
		close(fd);
	iperf3_guest_free(g);
}

static bool is_of_test(const struct iperf3_server *sv,
		       const struct iperf3_guest *g)
{
	return sv->s && sv->creating && !sv->s->params.udp &&
	       sv->s->n_flows < sv->wanted &&
	       !memcmp(sv->s->cookie, g->in.head, IPERF3_COOKIE);
}

static bool same_host(const struct iperf3_server *sv,
		      const struct iperf3_guest *g)
{
	return sk_addr_same_host(endpoint_peer(sv->s->ep),
				 endpoint_peer(g->ep));
}

/*
 * Streams are numbered in the order they were accepted, on both sides: one
 * whose cookie is still on its way holds up those after it.
 */
void iperf3_admit(struct iperf3_server *sv)
{
	struct iperf3_guest *g, *following;

	for (g = TAILQ_FIRST(&sv->guests); g; g = following) {
		following = TAILQ_NEXT(g, link);
		if (g == sv->next)
			continue;
		if (!g->complete && g->may_be_stream && sv->creating &&
		    same_host(sv, g))
			return;
		if (!g->complete)
			continue;
		if (is_of_test(sv, g)) {
			take_stream(g);
		} else if (sv->s || sv->next) {
			deny(g);
		} else {
			sk_timer_stop(&g->limit);
			endpoint_want(g->ep, 0);
			sv->next = g;
		}
	}
}

/* True: go on; else it is gone. */
static bool converse(struct iperf3_guest *g)
{
	struct sk_err err = { 0 };
	size_t room;
	void *to = iperf3_in_room(&g->in, &room);
	ssize_t n = endpoint_recv(g->ep, to, room);
	int r;

	if (n == -EAGAIN)
		return true;
	if (n <= 0) {
		sk_warn("%s: %s before it said anything", g->ep->name_in,
			n ? sk_strerror((int)n) : "closed");
		return false;
	}
	r = iperf3_in_came(&g->in, (size_t)n, &err);
	if (r > 0)
		r = iperf3_cookie_check(g->in.head, &err);
	else if (!r)
		return converse(g);
	if (r < 0) {
		sk_warn("%s: %s", g->ep->name_in, err.text);
		return false;
	}
	g->complete = true;
	endpoint_want(g->ep, 0);
	return true;
}

static void on_guest_ready(struct endpoint *ep)
{
	struct iperf3_guest *g = ep->owner;
	struct iperf3_server *sv = g->sv;

	if (!converse(g))
		iperf3_guest_free(g);
	iperf3_admit(sv);
}

void iperf3_on_accept(struct sk_listener *l, struct endpoint *ep, void *arg)
{
	struct iperf3_server *sv = arg;
	struct iperf3_guest *g;

	(void)l;
	if (sv->o->allows && !sv->o->allows(sv->o->arg, endpoint_peer(ep))) {
		sk_warn("%s: not allowed", ep->name_in);
		endpoint_free(ep);
		return;
	}
	g = sv->n_guests < GUESTS_MAX ? calloc(1, sizeof(*g)) : NULL;
	if (!g) {
		sk_warn("%s: refused, %zu others wait", ep->name_in,
			sv->n_guests);
		endpoint_free(ep);
		return;
	}
	g->sv = sv;
	g->ep = ep;
	g->may_be_stream = sv->creating;
	iperf3_in_expect(&g->in, IPERF3_WANT_COOKIE, 0);
	TAILQ_INSERT_TAIL(&sv->guests, g, link);
	sv->n_guests++;
	sk_timer_init(&g->limit, sv->loop, on_guest_limit);
	sk_timer_in(&g->limit, GUEST_TIME);
	ep->ready = on_guest_ready;
	ep->owner = g;
	endpoint_want(ep, SK_IN);
}
