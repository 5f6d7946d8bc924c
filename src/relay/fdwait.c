/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/fdwait.h"

#include "base/fd.h"
#include "base/units.h"
#include "relay/guests.h"

struct waiter {
	struct sk_guest guest;
	struct sk_fdwait *all;
	struct endpoint *ep;
};

struct sk_fdwait {
	struct sk_guests guests;
	sk_fdwait_fn *fn;
	void *arg;
};

static void leave(struct sk_guest *guest)
{
	struct waiter *w = sk_container_of(guest, struct waiter, guest);

	sk_guest_gone(guest);
	endpoint_free(w->ep);
	free(w);
}

static void fail(struct waiter *w, int r, const struct sk_err *err)
{
	struct sk_fdwait *all = w->all;

	leave(&w->guest);
	all->fn(all->arg, r, NULL, NULL, 0, err);
}

static void late(struct sk_guest *guest)
{
	struct waiter *w = sk_container_of(guest, struct waiter, guest);
	char text[SK_UNITS_MAX];
	struct sk_err err = { 0 };
	int r = sk_fail(&err, -ETIMEDOUT, "%s: no byte came within %s",
			w->ep->name_in,
			sk_format_duration(text, guest->all->limit));

	fail(w, r, &err);
}

static void look(struct endpoint *ep)
{
	struct waiter *w = ep->owner;
	struct sk_fdwait *all = w->all;
	int fds[SK_DGRAM_FDS], n = endpoint_socket_peek_fds(ep, fds);
	struct sk_err err = { 0 };

	if (n == -EAGAIN) {
		endpoint_want(ep, SK_IN);
		return;
	}
	if (n < 0) {
		sk_fail(&err, n, "%s: %s", ep->name_in, sk_strerror(n));
		fail(w, n, &err);
		return;
	}
	w->ep = NULL;
	leave(&w->guest);
	all->fn(all->arg, 0, ep, fds, n, NULL);
	while (n)
		sk_close(&fds[--n]);
}

int sk_fdwait_enter(struct sk_fdwait *all, struct endpoint *ep)
{
	struct waiter *w = calloc(1, sizeof(*w));

	if (!w) {
		endpoint_free(ep);
		return -ENOMEM;
	}
	w->all = all;
	w->ep = ep;
	ep->owner = w;
	ep->ready = look;
	sk_guest_come(&all->guests, &w->guest);
	look(ep);
	return 0;
}

struct sk_fdwait *sk_fdwait_new(struct sk_loop *loop, uint64_t limit,
				sk_fdwait_fn *fn, void *arg)
{
	struct sk_fdwait *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	*w = (struct sk_fdwait){ .fn = fn, .arg = arg };
	sk_guests_init(&w->guests, loop, limit, late, leave);
	return w;
}

void sk_fdwait_free(struct sk_fdwait *w)
{
	if (w)
		sk_guests_fini(&w->guests);
	free(w);
}

size_t sk_fdwait_count(const struct sk_fdwait *w)
{
	return w ? w->guests.n : 0;
}
