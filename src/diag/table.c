/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ss's table. The first rows are kept until there are enough of them to know
 * how wide the columns are; all later ones are written at once with these
 * widths, so that memory does not grow with the number of sockets.
 */
#include "diag/show.h"

#include <stdlib.h>

#define WINDOW_ROWS 512
#define WINDOW_BYTES (512 << 10)

enum column {
	C_NETNS, C_NETID, C_STATE, C_RECVQ, C_SENDQ, C_LOCAL, C_LPORT, C_PEER,
	C_PPORT, C_PROCESS, C_DETAILS, C_COUNT
};

static const struct {
	const char *head;
	bool right;
	uint8_t gap;		/* blanks in front */
	uint8_t least;		/* of width, so that few rows look like many */
} columns[C_COUNT] = {
	[C_NETNS] = { "Netns", false, 0, 5 },
	[C_NETID] = { "Netid", false, 1, 5 },
	[C_STATE] = { "State", false, 1, 6 },
	[C_RECVQ] = { "Recv-Q", false, 1, 6 },
	[C_SENDQ] = { "Send-Q", false, 1, 6 },
	[C_LOCAL] = { "Local Address:", true, 1, 14 },
	[C_LPORT] = { "Port", false, 0, 5 },
	[C_PEER] = { "Peer Address:", true, 1, 13 },
	[C_PPORT] = { "Port", false, 0, 5 },
	[C_PROCESS] = { "Process", false, 1, 0 },
	[C_DETAILS] = { "", false, 0, 0 },
};

struct cells {
	uint32_t end[C_COUNT];	/* within the text */
	uint8_t state;
};

struct table {
	struct sk_renderer r;
	bool shown[C_COUNT];
	size_t width[C_COUNT];
	struct sk_line line;	/* cells of the row at hand */
	struct sk_line made;	/* the row as written */
	/* rows that wait; NULL once the widths are known */
	struct cells *wait;
	char *text;
	size_t n, bytes;
};

/* --- one row -------------------------------------------------------------- */

static void fill(struct table *t, const struct sk_sock *s, struct cells *c)
{
	const struct sk_view *v = t->r.view;
	struct sk_line *l = &t->line;
	unsigned i = 0;

	l->n = 0;
	if (v->netns)
		line_escape(l, v->netns[s->netns], strlen(v->netns[s->netns]));
	c->end[i++] = (uint32_t)l->n;
	/* As in ss: below the socket that they belong to. */
	line_str(l, sk_sock_is_association(s) ? "" : sk_show_netid(s));
	c->end[i++] = (uint32_t)l->n;
	line_str(l, sk_sock_is_association(s) ? "`- " : "");
	line_str(l, sk_state_name(s->state));
	c->end[i++] = (uint32_t)l->n;
	line_u64(l, s->rqueue);
	c->end[i++] = (uint32_t)l->n;
	line_u64(l, s->wqueue);
	c->end[i++] = (uint32_t)l->n;
	for (unsigned side = 0; side < 2; side++) {
		sk_show_addr(l, v, s, side);
		c->end[i++] = (uint32_t)l->n;
		sk_show_port(l, v, s, side);
		c->end[i++] = (uint32_t)l->n;
	}
	if (sk_show_wants_owners(v))
		sk_show_owners(l, v, s);
	c->end[i++] = (uint32_t)l->n;
	sk_show_details(l, v, s);
	c->end[i] = (uint32_t)l->n;
	c->state = s->state;
}

static const char *colour_of(unsigned state)
{
	switch (state) {
	case SK_STATE_ESTABLISHED:
		return "\033[32m";
	case SK_STATE_LISTEN:
		return "\033[36m";
	case SK_STATE_CLOSE:
	case SK_STATE_BOUND_INACTIVE:
		return "\033[2m";
	case SK_STATE_TIME_WAIT:
		return "\033[34m";
	default:
		return "\033[33m";
	}
}

/* The last cell with something in it: nothing is padded behind it. */
static unsigned last_cell(const struct table *t, const uint32_t *end)
{
	unsigned last = 0;

	for (unsigned i = 0; i < C_COUNT; i++)
		if (t->shown[i] && end[i] != (i ? end[i - 1] : 0))
			last = i;
	return last;
}

static void put_cell(struct table *t, unsigned i, const char *text, size_t n,
		     bool first, bool last)
{
	size_t pad = n < t->width[i] ? t->width[i] - n : 0;
	struct sk_line *l = &t->made;

	/* Details may begin on a line of their own, below. */
	if (!first && !(n && *text == '\n'))
		line_fill(l, ' ', columns[i].gap);
	if (columns[i].right)
		line_fill(l, ' ', pad);
	line_put(l, text, n);
	if (!columns[i].right && !last)
		line_fill(l, ' ', pad);
}

static void write_row(struct table *t, const char *text, const uint32_t *end,
		      int state)
{
	const unsigned last = last_cell(t, end);
	struct sk_line *l = &t->made;
	bool first = true;

	l->n = 0;
	for (unsigned i = 0; i <= last; i++) {
		const uint32_t from = i ? end[i - 1] : 0;
		bool colour = i == C_STATE && state >= 0 && t->r.view->colour;

		/* Its heading stands there, as in ss, without -p too. */
		if (!t->shown[i] || (i == C_PROCESS && end[i] == from))
			continue;
		if (colour)
			line_str(l, colour_of((unsigned)state));
		put_cell(t, i, text + from, end[i] - from, first, i == last);
		if (colour)
			line_lit(l, "\033[0m");
		first = false;
	}
	line_char(l, '\n');
	sk_out_put(t->r.view->out, l->buf, l->n);
}

/* --- the window ----------------------------------------------------------- */

static void write_head(struct table *t)
{
	uint32_t end[C_COUNT], n = 0;
	char text[128];

	for (unsigned i = 0; i < C_COUNT; i++) {
		size_t len = strlen(columns[i].head);

		memcpy(text + n, columns[i].head, len);
		end[i] = n += (uint32_t)len;
	}
	write_row(t, text, end, -1);
}

/* Widths from what there is, then all of it. */
static void flush_window(struct table *t)
{
	const char *text = t->text;

	for (unsigned i = 0; i < C_PROCESS; i++)
		t->width[i] = columns[i].least;
	for (size_t k = 0; k < t->n; k++) {
		const uint32_t *end = t->wait[k].end;

		for (unsigned i = 0; i < C_PROCESS; i++) {
			size_t n = end[i] - (i ? end[i - 1] : 0);

			if (n > t->width[i])
				t->width[i] = n;
		}
	}
	if (t->r.view->header)
		write_head(t);
	for (size_t k = 0; k < t->n; k++) {
		write_row(t, text, t->wait[k].end, t->wait[k].state);
		text += t->wait[k].end[C_COUNT - 1];
	}
	free(t->wait);
	free(t->text);
	t->wait = NULL;
	t->text = NULL;
}

static int table_row(struct sk_renderer *r, const struct sk_sock *s)
{
	struct table *t = (struct table *)r;
	struct cells c;

	fill(t, s, &c);
	if (t->wait && (t->n == WINDOW_ROWS ||
			t->bytes + t->line.n > WINDOW_BYTES))
		flush_window(t);
	if (!t->wait) {
		write_row(t, t->line.buf, c.end, s->state);
		return r->view->out->error;
	}
	memcpy(t->text + t->bytes, t->line.buf, t->line.n);
	t->bytes += t->line.n;
	t->wait[t->n++] = c;
	return 0;
}

static int table_end(struct sk_renderer *r)
{
	struct table *t = (struct table *)r;

	if (t->wait)
		flush_window(t);
	free(t);
	return 0;
}

static void table_flush(struct sk_renderer *r)
{
	struct table *t = (struct table *)r;

	if (t->wait && t->n)
		flush_window(t);
}

static const struct sk_render_ops table_ops = { table_row, table_end,
						table_flush };

struct sk_renderer *sk_table_new(const struct sk_view *v)
{
	struct table *t = malloc(sizeof(*t));

	if (!t)
		return NULL;
	t->r = (struct sk_renderer){ &table_ops, v };
	t->n = t->bytes = 0;
	t->wait = malloc(WINDOW_ROWS * sizeof(*t->wait));
	t->text = malloc(WINDOW_BYTES);
	if (!t->wait || !t->text) {
		free(t->wait);
		free(t->text);
		free(t);
		return NULL;
	}
	memset(t->width, 0, sizeof(t->width));
	for (unsigned i = 0; i < C_COUNT; i++)
		t->shown[i] = true;
	t->shown[C_NETNS] = v->netns;
	t->shown[C_NETID] = v->netid;
	t->shown[C_STATE] = v->state;
	t->shown[C_RECVQ] = t->shown[C_SENDQ] = v->queues;
	return &t->r;
}
