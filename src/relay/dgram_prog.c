/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program for each peer (-e, -c). What the peer sends goes into its standard
 * input; what it writes goes back, parted into datagrams as our own standard
 * input would be. Both wait here when they must: output in a log of its own,
 * of which a chunk is read once the one before it has been sent; input in a
 * buffer with a bound, beyond which datagrams are dropped. Records are not:
 * none is received before the last is in.
 *
 * Its end is that of the conversation. The other way round, a peer that has
 * ended, or has been idle for the time of -i, ends its standard input, and
 * what it writes then is still sent.
 */
#include <inttypes.h>

#include "base/log.h"
#include "relay/exchange.h"

#define INPUT_MAX (1 << 20)

struct sk_prog {
	TAILQ_ENTRY(sk_prog) link; /* in x->progs, while `ready` */
	struct sk_exchange *x;
	struct sk_peer *peer;
	struct endpoint *ep;
	struct sk_records records;
	bool ready;		/* there may be output to read */
	bool fin;		/* its input ends once all of it is written */
	bool shut;		/* … and has */
	char *in;		/* head … len is not written yet */
	size_t head, len, room;
};

/* --- its input ---------------------------------------------------------------- */

/* What a program does not take any more it does not want. */
static void write_input(struct sk_prog *g)
{
	while (g->head < g->len) {
		struct iovec iov = { g->in + g->head, g->len - g->head };
		ssize_t n = endpoint_send(g->ep, &iov, 1);

		if (n == -EAGAIN)
			return;
		g->head = n < 0 ? g->len : g->head + (size_t)n;
	}
	g->head = g->len = 0;
	if (g->fin && !g->shut) {
		g->shut = true;
		endpoint_shutdown(g->ep);
	}
}

static bool make_room(struct sk_prog *g, size_t more)
{
	size_t need = g->len - g->head + more;
	char *grown;

	if (g->head) {
		memmove(g->in, g->in + g->head, g->len - g->head);
		g->len -= g->head;
		g->head = 0;
	}
	if (need <= g->room)
		return true;
	if (!g->x->o->records && need > INPUT_MAX)
		return false;
	if (need < 2 * g->room)
		need = 2 * g->room;
	grown = realloc(g->in, need);
	if (!grown)
		return false;
	g->in = grown;
	g->room = need;
	return true;
}

void sk_prog_feed(struct sk_peer *p, const struct sk_dgram_slot *s)
{
	struct sk_prog *g = p->prog;
	bool line = g->x->o->framing == SK_FRAME_LINES &&
		    (!s->len || s->data[s->len - 1] != '\n');

	if (g->fin)
		return;
	if (!make_room(g, s->len + line)) {
		g->x->untaken++;
		return;
	}
	if (s->len)
		memcpy(g->in + g->len, s->data, s->len);
	g->len += s->len;
	if (line)
		g->in[g->len++] = '\n';
	write_input(g);
	endpoint_want(g->ep, SK_IN | (g->len ? SK_OUT : 0));
}

bool sk_prog_is_full(const struct sk_peer *p)
{
	return p->prog && p->prog->len;
}

bool sk_prog_end_input(struct sk_peer *p)
{
	if (!p->prog || p->prog->fin)
		return false;
	p->prog->fin = true;
	write_input(p->prog);
	return true;
}

/* --- its output --------------------------------------------------------------- */

static void on_ready(struct endpoint *ep)
{
	struct sk_prog *g = ep->owner;
	struct sk_exchange *x = g->x;
	struct sk_dgram *sock = g->peer->sock;

	write_input(g);
	if (!g->ready)
		TAILQ_INSERT_TAIL(&x->progs, g, link);
	g->ready = true;
	sk_exchange_step(x, sock);
}

static void not_ready(struct sk_prog *g)
{
	if (g->ready)
		TAILQ_REMOVE(&g->x->progs, g, link);
	g->ready = false;
}

/* It is over, or closed its output. true: the peer, and so g, is gone. */
static bool check_end(struct sk_prog *g)
{
	struct sk_exchange *x = g->x;
	struct sk_peer *p = g->peer;
	int status;

	if (g->ep->life != SK_LIFE_OVER) {
		if (g->records.eof && x->o->records && !p->fin_sent)
			shutdown(p->sock->fd, SHUT_WR);
		p->fin_sent |= g->records.eof;
		return false;
	}
	status = endpoint_child_status(g->ep);
	if (status > 0)
		sk_info("%s: %s: exit status %d", p->name, g->ep->name_in,
			status);
	if (x->o->keep_open) {
		sk_exchange_drop(x, p, NULL);
		return true;
	}
	if (status > 0) {
		x->result = sk_silent(x->err, -ECHILD);
		x->err->status = status;
	}
	sk_exchange_stop(x);
	return true;
}

/* 1: there is something to be sent; 0: not now; -1: g is gone. */
static int read_output(struct sk_prog *g)
{
	struct sk_peer *p = g->peer;
	struct sk_chunk *chunk;
	int r = sk_records_read(&g->records, &chunk);

	if (r > 0) {
		sk_exchange_hand_to(g->x, p, chunk);
		return 1;
	}
	if (r == -EMSGSIZE)
		sk_warn("%s: %s: a line is longer than a datagram may be: its "
			"output is not read on", p->name, g->ep->name_in);
	if (r < 0 && r != -EAGAIN)
		g->records.eof = true;
	not_ready(g);
	if (check_end(g))
		return -1;
	endpoint_want(g->ep, (g->records.eof ? 0 : SK_IN) |
				     (g->len ? SK_OUT : 0));
	return 0;
}

bool sk_progs_read(struct sk_exchange *x)
{
	struct sk_prog *g, *next;
	bool some = false;

	for (g = TAILQ_FIRST(&x->progs); g && !x->over; g = next) {
		next = TAILQ_NEXT(g, link);
		if (!g->peer->cursor.chunk && read_output(g) > 0)
			some = true;
	}
	return some;
}

/* --- life --------------------------------------------------------------------- */

static const char *proto_of(const struct sk_dgram *d)
{
	return d->type == SOCK_SEQPACKET ? "SEQPACKET" :
	       d->family == AF_INET || d->family == AF_INET6 ? "UDP" :
								"DGRAM";
}

/* With -k it is one of many that have no program now. */
static void not_started(struct sk_exchange *x, struct sk_peer *p, int r,
			const struct sk_err *err)
{
	if (x->o->keep_open) {
		sk_error("%s: turned away: %s", p->name, err->text);
		sk_exchange_drop(x, p, err->text);
		return;
	}
	*x->err = *err;
	x->result = r;
	sk_exchange_stop(x);
}

int sk_prog_start(struct sk_exchange *x, struct sk_peer *p, const int *fds,
		  int n_fds)
{
	struct sk_prog *g = calloc(1, sizeof(*g));
	struct sk_child_for who = { .remote = *sk_peer_remote(p),
				    .proto = proto_of(p->sock),
				    .fds = fds, .n_fds = n_fds };
	struct sk_err err = { 0 };
	int r = g ? 0 : sk_fail(&err, -ENOMEM, "%s", sk_strerror(ENOMEM));

	sk_peer_local(p, &who.local);
	if (r >= 0)
		r = endpoint_child(&g->ep, x->relay->loop, &x->o->program,
				   &who, &err);
	if (r < 0) {
		free(g);
		not_started(x, p, r, &err);
		return r;
	}
	g->x = x;
	g->peer = p;
	g->ep->owner = g;
	g->ep->ready = on_ready;
	sk_records_init(&g->records, g->ep, x->o->framing, x->o->size);
	p->prog = g;
	p->records = &g->records;
	endpoint_want(g->ep, SK_IN);
	return 0;
}

void sk_prog_free(struct sk_peer *p)
{
	struct sk_prog *g = p->prog;

	if (!g)
		return;
	not_ready(g);
	endpoint_free(g->ep);
	sk_records_fini(&g->records);
	free(g->in);
	free(g);
	p->prog = NULL;
}
