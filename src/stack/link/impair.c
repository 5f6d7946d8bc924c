/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bad link over any other. Each direction is a queue of its own, with its
 * own seeded random numbers, so that one run is as the other. Frames keep
 * their order but for those that `reorder` picks: they are 1 to 5 ms late.
 */
#include <errno.h>

#include "stack/link/link.h"

#define QUEUE_DEFAULT 1000
#define LATE_MIN (1 * SK_MSEC)
#define LATE_SPAN (4 * SK_MSEC)

struct direction {
	struct stk_impair how;
	uint64_t random;
	uint64_t line_free;	/* when the last frame has left, by `rate` */
	uint64_t last_due;	/* order is kept */
	struct pktq queue, late; /* both by p->at: when they are due */
};

struct impair {
	struct stk_link link;
	struct stk_link *below;
	struct direction dir[2]; /* in, out */
};

static struct impair *impair_of(struct stk_link *l)
{
	return (struct impair *)((uintptr_t)l - offsetof(struct impair, link));
}

/* --- chance ----------------------------------------------------------------- */

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t next_random(struct direction *d)
{
	uint64_t z = d->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static bool chance(struct direction *d, double p)
{
	return p > 0 && (double)(next_random(d) >> 11) * 0x1p-53 < p;
}

/* --- one frame -------------------------------------------------------------- */

static void insert_late(struct direction *d, struct pkt *p)
{
	struct pkt **at = &d->late.head;

	while (*at && (*at)->at <= p->at)
		at = &(*at)->next;
	if (!*at) {
		pktq_push(&d->late, p);
		return;
	}
	p->next = *at;
	*at = p;
	d->late.n++;
	d->late.bytes += p->total;
}

static uint64_t due(struct direction *d, const struct pkt *p, uint64_t now)
{
	uint64_t at = now;

	if (d->how.rate) {
		if (d->line_free < now)
			d->line_free = now;
		d->line_free += p->total * SK_SEC / d->how.rate;
		at = d->line_free;
	}
	at += d->how.delay;
	if (d->how.jitter)
		at += next_random(d) % (d->how.jitter + 1);
	return at;
}

static void enqueue(struct direction *d, struct pkt *p, uint64_t now)
{
	size_t most = d->how.queue ? d->how.queue : QUEUE_DEFAULT;

	if (d->queue.n + d->late.n >= most) {
		pkt_free(p);
		return;
	}
	p->at = due(d, p, now);
	if (chance(d, d->how.reorder)) {
		p->at += LATE_MIN + next_random(d) % LATE_SPAN;
		insert_late(d, p);
		return;
	}
	if (p->at < d->last_due)
		p->at = d->last_due;
	d->last_due = p->at;
	pktq_push(&d->queue, p);
}

/* One bit of a copy: others may hold the bytes too. */
static struct pkt *corrupted(struct direction *d, struct pkt *p)
{
	struct pkt *copy = pkt_copy(p->pool, p, 0), *part;
	uint64_t bit = next_random(d) % (p->total * UINT64_C(8));
	size_t at = (size_t)(bit / 8);

	pkt_free(p);
	for (part = copy; part && at >= part->len; part = part->more)
		at -= part->len;
	if (part)
		part->data[at] ^= (uint8_t)(1u << bit % 8);
	return copy;
}

static void take(struct direction *d, struct pkt *p, uint64_t now)
{
	struct pkt *twin;

	if (!p->total || chance(d, d->how.loss)) {
		pkt_free(p);
		return;
	}
	if (chance(d, d->how.corrupt))
		p = corrupted(d, p);
	if (!p)
		return;
	if (chance(d, d->how.dup) && (twin = pkt_clone(p)))
		enqueue(d, twin, now);
	enqueue(d, p, now);
}

static uint64_t first_due(const struct direction *d)
{
	uint64_t a = d->queue.n ? d->queue.head->at : SK_NEVER;
	uint64_t b = d->late.n ? d->late.head->at : SK_NEVER;

	return a < b ? a : b;
}

static struct pkt *pop_due(struct direction *d, uint64_t now)
{
	if (first_due(d) > now)
		return NULL;
	if (!d->late.n ||
	    (d->queue.n && d->queue.head->at <= d->late.head->at))
		return pktq_pop(&d->queue);
	return pktq_pop(&d->late);
}

/* --- the link --------------------------------------------------------------- */

/* What of the link below may change while it lives. */
static void mirror(struct impair *im)
{
	im->link.fd = im->below->fd;
	im->link.want_out = im->below->want_out;
	im->link.congested = im->below->congested;
	im->link.no_carrier = im->below->no_carrier;
	im->link.err = im->below->err;
}

static int flush_out(struct impair *im, uint64_t now)
{
	struct pkt *v[64];
	int n, r = 0;

	do {
		for (n = 0; n < 64 && (v[n] = pop_due(&im->dir[1], now)); n++)
			;
		if (n)
			r = im->below->ops->send(im->below, v, n, now);
	} while (n == 64 && r >= 0);
	mirror(im);
	return r < 0 ? r : 0;
}

static int impair_send(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	struct impair *im = impair_of(l);
	int r;

	for (int i = 0; i < n; i++)
		take(&im->dir[1], v[i], now);
	r = flush_out(im, now);
	return r < 0 ? r : n;
}

static int impair_recv(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	struct impair *im = impair_of(l);
	struct pkt *got[64];
	int r = flush_out(im, now), out = 0;

	while (r >= 0 &&
	       (r = im->below->ops->recv(im->below, got, 64, now)) > 0)
		for (int i = 0; i < r; i++)
			take(&im->dir[0], got[i], now);
	mirror(im);
	while (out < n && (v[out] = pop_due(&im->dir[0], now)))
		out++;
	return out || r >= 0 ? out : r;
}

static uint64_t impair_deadline(const struct stk_link *l)
{
	const struct impair *im = impair_of((struct stk_link *)(uintptr_t)l);
	uint64_t at = SK_NEVER;

	if (im->below->ops->deadline)
		at = im->below->ops->deadline(im->below);
	for (int i = 0; i < 2; i++)
		if (first_due(&im->dir[i]) < at)
			at = first_due(&im->dir[i]);
	return at;
}

static void impair_attach(struct stk_link *l, struct pkt_pool *pool)
{
	struct stk_link *below = impair_of(l)->below;

	below->pool = pool;
	if (below->ops->attach)
		below->ops->attach(below, pool);
}

static void impair_free(struct stk_link *l)
{
	struct impair *im = impair_of(l);

	for (int i = 0; i < 2; i++) {
		pktq_clear(&im->dir[i].queue);
		pktq_clear(&im->dir[i].late);
	}
	stk_link_free(im->below);
	free(im);
}

static const struct stk_link_ops impair_ops = {
	.name = "impair",
	.send = impair_send,
	.recv = impair_recv,
	.deadline = impair_deadline,
	.attach = impair_attach,
	.free = impair_free,
};

struct stk_link *stk_impair(struct stk_link *below,
			    const struct stk_impair dirs[2])
{
	struct impair *im = calloc(1, sizeof(*im));

	if (!im)
		return NULL;
	im->link = *below;
	im->link.ops = &impair_ops;
	/* Corruption must be seen by checksums: they are made above us. */
	im->link.offload = 0;
	im->below = below;
	for (int i = 0; i < 2; i++) {
		im->dir[i].how = dirs[i];
		im->dir[i].random = dirs[i].seed + (uint64_t)i;
		pktq_init(&im->dir[i].queue);
		pktq_init(&im->dir[i].late);
	}
	return &im->link;
}
