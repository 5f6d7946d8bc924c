/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reassembly for both families (RFC 815 in spirit, RFC 8200 4.5). Fragments
 * of a packet wait in order; the whole is their chain, with no byte copied.
 * Any overlap drops the packet and what is still to come of it (RFC 5722,
 * taken for IPv4 too); a duplicate of a fragment is ignored. Bounded: packets
 * waiting, fragments of one, and memory of all, buffers counted whole.
 */
#include <errno.h>

#include "stack/ip/ip_internal.h"
#include "stack/wire/icmp.h"
#include "stack/wire/ipv6.h"

#define FRAG_LIFE (30 * SK_SEC)
#define FRAG_QUEUES 64
#define FRAG_PIECES 128
#define FRAG_MEMORY (4 << 20)
/* Payload bytes of IPv6, or of all of an IPv4 packet. */
#define FRAG_MAX 65535u

struct frag_piece {
	struct pkt *p;
	uint32_t start, end;
};

struct frag_queue {
	TAILQ_ENTRY(frag_queue) link;	/* oldest first; or free */
	struct stk_timer timer;
	struct stk_ip src, dst;
	uint32_t id;
	uint8_t proto;
	bool used, poisoned;
	uint32_t total;		/* known from the last fragment; 0: not yet */
	uint32_t have;		/* bytes */
	size_t memory;
	int n;
	struct frag_piece v[FRAG_PIECES]; /* by start */
};

struct frag_table {
	struct frag_queue q[FRAG_QUEUES];
	TAILQ_HEAD(, frag_queue) live, idle;
	size_t memory;
};

/* --- queues ----------------------------------------------------------------- */

static void drop_pieces(struct frag_table *t, struct frag_queue *q)
{
	while (q->n)
		pkt_free(q->v[--q->n].p);
	t->memory -= q->memory;
	q->memory = 0;
}

static void end(struct stk *s, struct frag_queue *q)
{
	struct frag_table *t = s->ip->frag;

	drop_pieces(t, q);
	stk_timer_stop(s, &q->timer);
	q->used = false;
	TAILQ_REMOVE(&t->live, q, link);
	TAILQ_INSERT_TAIL(&t->idle, q, link);
}

/* RFC 792, RFC 8200 4.5: told to the sender if the first fragment came. */
static void on_timeout(struct stk *s, struct stk_timer *timer)
{
	struct frag_queue *q = stk_container_of(timer, struct frag_queue,
						timer);

	if (!q->poisoned) {
		CTR(s, frag_timeout)++;
		if (q->n && !q->v[0].start)
			icmp_send_error(s, q->v[0].p,
					stk_ip_is4(&q->dst) ? ICMP4_TIME :
							      ICMP6_TIME,
					1, 0);
	}
	end(s, q);
}

static struct frag_queue *find(struct frag_table *t, const struct pkt *p,
			       uint32_t id)
{
	struct frag_queue *q;

	TAILQ_FOREACH(q, &t->live, link)
		if (q->id == id && stk_ip_eq(&q->src, &p->ip.src) &&
		    stk_ip_eq(&q->dst, &p->ip.dst) &&
		    (q->proto == p->ip.proto || !stk_ip_is4(&q->dst)))
			return q;
	return NULL;
}

static struct frag_queue *begin(struct stk *s, const struct pkt *p,
				uint32_t id)
{
	struct frag_table *t = s->ip->frag;
	struct frag_queue *q = TAILQ_FIRST(&t->idle);

	if (!q) {
		CTR(s, frag_limit)++;
		end(s, TAILQ_FIRST(&t->live));
		q = TAILQ_FIRST(&t->idle);
	}
	TAILQ_REMOVE(&t->idle, q, link);
	TAILQ_INSERT_TAIL(&t->live, q, link);
	q->src = p->ip.src;
	q->dst = p->ip.dst;
	q->proto = p->ip.proto;
	q->id = id;
	q->used = true;
	q->poisoned = false;
	q->total = q->have = 0;
	q->timer.fn = on_timeout;
	stk_timer_in(s, &q->timer, FRAG_LIFE);
	return q;
}

/* --- pieces ----------------------------------------------------------------- */

enum verdict { PIECE_NEW, PIECE_DUPLICATE, PIECE_BAD };

/* Where does [start, end) go? */
static enum verdict judge(const struct frag_queue *q, uint32_t start,
			  uint32_t stop, bool more, int *at)
{
	int i = 0;

	if (q->total && (stop > q->total || (!more && stop != q->total)))
		return PIECE_BAD;
	if (!more && q->n && q->v[q->n - 1].end > stop)
		return PIECE_BAD;
	while (i < q->n && q->v[i].start < start)
		i++;
	*at = i;
	if (i < q->n && q->v[i].start == start && q->v[i].end == stop)
		return PIECE_DUPLICATE;
	if (i < q->n && q->v[i].start < stop)
		return PIECE_BAD;
	if (i && q->v[i - 1].end > start)
		return PIECE_BAD;
	return PIECE_NEW;
}

static void poison(struct stk *s, struct frag_queue *q,
		   enum stk_counter_id why)
{
	s->counters[why]++;
	drop_pieces(s->ip->frag, q);
	q->poisoned = true;
}

static void insert(struct frag_table *t, struct frag_queue *q, int at,
		   struct pkt *p, uint32_t start)
{
	size_t size = pkt_truesize(p);

	memmove(&q->v[at + 1], &q->v[at],
		(size_t)(q->n - at) * sizeof(q->v[0]));
	q->v[at] = (struct frag_piece){ p, start, start + p->total };
	q->n++;
	q->have += p->total;
	q->memory += size;
	t->memory += size;
}

static struct pkt *join(struct stk *s, struct frag_queue *q)
{
	struct pkt *whole = q->v[0].p;

	for (int i = 1; i < q->n; i++)
		pkt_append(whole, q->v[i].p);
	q->n = 0; /* they are one packet now */
	whole->ip.was_frag = 1;
	whole->flags &= (uint16_t)~PKT_CSUM_OK;
	CTR(s, frag_done)++;
	end(s, q);
	return whole;
}

static void make_room(struct stk *s, const struct frag_queue *keep)
{
	struct frag_table *t = s->ip->frag;
	struct frag_queue *q, *next;

	for (q = TAILQ_FIRST(&t->live); q && t->memory > FRAG_MEMORY;
	     q = next) {
		next = TAILQ_NEXT(q, link);
		if (q == keep)
			continue;
		CTR(s, frag_limit)++;
		end(s, q);
	}
}

/* Headers included; those of IPv6 and of the fragment do not count. */
static uint32_t longest(const struct pkt *p)
{
	return stk_ip_is4(&p->ip.dst) ? FRAG_MAX :
					FRAG_MAX + IPV6_SIZE + IPV6_FRAG_SIZE;
}

struct pkt *frag_input(struct stk *s, struct pkt *p, uint32_t id, unsigned off,
		       bool more)
{
	struct frag_table *t = s->ip->frag;
	struct frag_queue *q;
	uint32_t stop = off + p->total;
	enum verdict v;
	int at = 0;

	CTR(s, frag_in)++;
	if (!p->total || stop + p->ip.hdr > longest(p)) {
		CTR(s, frag_bad)++;
		pkt_free(p);
		return NULL;
	}
	q = find(t, p, id);
	if (!q)
		q = begin(s, p, id);
	v = q->poisoned ? PIECE_DUPLICATE : judge(q, off, stop, more, &at);
	if (v == PIECE_BAD)
		poison(s, q, STK_CTR_frag_overlap);
	else if (v == PIECE_NEW && q->n == FRAG_PIECES)
		poison(s, q, STK_CTR_frag_limit);
	if (v != PIECE_NEW || q->poisoned) {
		pkt_free(p);
		return NULL;
	}
	insert(t, q, at, p, off);
	if (!more)
		q->total = stop;
	if (q->total && q->have == q->total)
		return join(s, q);
	make_room(s, q);
	return NULL;
}

int frag_open(struct stk *s)
{
	struct frag_table *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	s->ip->frag = t;
	TAILQ_INIT(&t->live);
	TAILQ_INIT(&t->idle);
	for (size_t i = 0; i < FRAG_QUEUES; i++)
		TAILQ_INSERT_TAIL(&t->idle, &t->q[i], link);
	return stk_timers_reserve(s, FRAG_QUEUES);
}

void frag_shut(struct stk *s)
{
	struct frag_table *t = s->ip->frag;

	if (!t)
		return;
	while (!TAILQ_EMPTY(&t->live))
		end(s, TAILQ_FIRST(&t->live));
	free(t);
	s->ip->frag = NULL;
}
