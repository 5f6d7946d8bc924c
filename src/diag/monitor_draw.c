/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stat --watch shows on a terminal: a heading, a table of the rows that
 * fit, and a line for keys, the filter being typed, or what is wrong with it.
 */
#ifdef HAVE_NCURSES

#include "diag/monitor_in.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"

static const char help_line[] =
	"q quit  / filter  space pause  R reverse  +/- interval  sort: i in "
	"o out r loss e recv-q s send-q t rtt a state l local p peer c process";

static const struct sk_row_order *order_of(const struct sk_screen *s)
{
	return s->order == SK_ORDER_COLUMN ? NULL : sk_row_order(s->order);
}

static const char *order_name(const struct sk_screen *s)
{
	const struct sk_row_order *o = order_of(s);

	return o ? o->name : sk_watch_column_name(&s->m->sort);
}

/* --- drawing ---------------------------------------------------------------- */

/* Text in a field of so many columns; what is cut ends in '~'. */
static void put_field(const char *text, int width, bool right)
{
	int n = 0, bytes = 0, before = 0;	/* the last letter */

	if (width <= 0)
		return;
	while (text[bytes]) {
		size_t one = sk_utf8_len(text + bytes, strlen(text + bytes));

		if (n == width)
			break;
		before = bytes;
		bytes += one ? (int)one : 1;
		n++;
	}
	if (right)
		printw("%*s", width - n, "");
	if (text[bytes])
		printw("%.*s~", before, text);
	else
		printw("%.*s", bytes, text);
	if (!right)
		printw("%*s", width - n, "");
}

static void put_rate(const struct sk_screen *s, const struct sk_row *r,
		     uint64_t n)
{
	char text[SK_UNITS_MAX];

	addch(' ');
	if (!r->has_info)
		put_field("-", 10, true);
	else if (!n)
		put_field("0", 10, true);
	else
		put_field(sk_format_size(text, (uint64_t)
					 sk_row_rate(s->m, n)), 10, true);
}

static void put_number(uint64_t v, int width, bool has)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	addch(' ');
	put_field(has ? text : "-", width, true);
}

/* Queues, retransmissions and round trips are left out where there is none. */
static bool is_narrow(void)
{
	return COLS < 120;
}

/* The label of the namespace with a blank behind, where there are several. */
#define WHERE_WIDTH 12

static int where_width(const struct sk_monitor *m)
{
	return m->everywhere ? WHERE_WIDTH : 0;
}

static void put_where(const struct sk_monitor *m, const char *label)
{
	if (!m->everywhere)
		return;
	put_field(label, WHERE_WIDTH - 1, false);
	addch(' ');
}

/* What is left of the line, for two addresses and a process. */
static void widths(const struct sk_monitor *m, int *address, int *process)
{
	int left = COLS - (is_narrow() ? 43 : 79) - where_width(m);

	*process = left > 80 ? 20 : left > 60 ? 14 : 0;
	*address = (left - *process - 2) / 2;
	if (*address < 8)
		*address = 8;
}

static void put_head(const struct sk_screen *s)
{
	int address, process;
	char head[160];

	widths(s->m, &address, &process);
	if (is_narrow())
		snprintf(head, sizeof(head), "%-7s %-10s %10s %10s", "Netid",
			 "State", "In/s", "Out/s");
	else
		snprintf(head, sizeof(head),
			 "%-7s %-10s %9s %9s %10s %10s %7s %8s", "Netid",
			 "State", "Recv-Q", "Send-Q", "In/s", "Out/s",
			 "Loss/s", "RTT ms");
	attron(A_REVERSE);
	mvaddnstr(1, 0, "  ", COLS);
	put_where(s->m, "Netns");
	addnstr(head, COLS - 2);
	addch(' ');
	put_field("Local", address, false);
	addch(' ');
	put_field("Peer", address, false);
	addch(' ');
	put_field(s->m->run.owners ? "Process" : "", process, false);
	attroff(A_REVERSE);
	clrtoeol();
}

static void put_counts(const struct sk_screen *s, const struct sk_row *r)
{
	char rtt[32];

	if (!is_narrow()) {
		put_number(r->rqueue, 9, r->has_queues);
		put_number(r->wqueue, 9, r->has_queues);
	}
	put_rate(s, r, r->in_added);
	put_rate(s, r, r->out_added);
	if (is_narrow())
		return;
	put_number((uint64_t)(sk_row_rate(s->m, r->retrans_added +
					  r->drops_added) + 0.5), 7,
		   r->has_info || r->has_drops);
	snprintf(rtt, sizeof(rtt), "%.1f", (double)r->rtt_us / 1e3);
	addch(' ');
	put_field(r->has_info && r->rtt_us ? rtt : "-", 8, true);
}

static void put_mark(int line, const struct sk_row *r)
{
	static const struct {
		char sign;
		attr_t attr;
	} marks[] = { { ' ', A_NORMAL }, { '+', A_BOLD }, { '-', A_DIM } };

	move(line, 0);
	attrset(marks[r->mark].attr);
	addch((chtype)marks[r->mark].sign);
	addch(' ');
}

static void put_row(const struct sk_screen *s, int line, const struct sk_row *r)
{
	char text[SK_ADDR_TEXT_MAX], who[64] = "";
	int address, process;

	widths(s->m, &address, &process);
	put_mark(line, r);
	put_where(s->m, r->netns);
	put_field(sk_kind_of(r->kind)->netid, 7, false);
	addch(' ');
	put_field(sk_state_name(r->state), 10, false);
	put_counts(s, r);
	addch(' ');
	put_field(sk_row_local(text, r), address, false);
	addch(' ');
	put_field(sk_row_peer(text, r), address, false);
	addch(' ');
	if (r->pid)
		snprintf(who, sizeof(who), "%s/%d", r->comm, r->pid);
	put_field(who, process, false);
	clrtoeol();
	attrset(A_NORMAL);
}

/* --- columns that were asked for --------------------------------------------- */

static const char *cell(char buf[SK_WATCH_CELL], const struct sk_screen *s,
			const struct sk_row *r, size_t i)
{
	const char *text = sk_watch_cell(buf, s->m, r, i);

	return text ? text : "-";
}

static int length(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* As wide as the widest that is on the screen. */
static void measure(const struct sk_screen *s, const struct sk_row **v,
		    size_t n, int width[SK_WATCH_COLUMNS])
{
	char buf[SK_WATCH_CELL];

	for (size_t i = 0; i < s->m->n_columns; i++) {
		width[i] = length(sk_watch_column_name(&s->m->columns[i]));
		for (size_t k = 0; k < n; k++) {
			int len = length(cell(buf, s, v[k], i));

			width[i] = len > width[i] ? len : width[i];
		}
	}
}

static void put_cells(const struct sk_screen *s, const struct sk_row *r,
		      const int width[SK_WATCH_COLUMNS])
{
	char buf[SK_WATCH_CELL];

	for (size_t i = 0; i < s->m->n_columns; i++) {
		int at = getcurx(stdscr), room = COLS - at - 1;

		if (room < 2)
			break;
		put_field(r ? cell(buf, s, r, i) :
			      sk_watch_column_name(&s->m->columns[i]),
			  width[i] < room ? width[i] : room, false);
		addch(' ');
	}
}

static void draw_columns(const struct sk_screen *s, const struct sk_row **v,
			 size_t n)
{
	int width[SK_WATCH_COLUMNS];

	measure(s, v, n, width);
	attron(A_REVERSE);
	mvaddnstr(1, 0, "  ", COLS);
	put_where(s->m, "Netns");
	put_cells(s, NULL, width);
	attroff(A_REVERSE);
	clrtoeol();
	for (size_t i = 0; i < n; i++) {
		put_mark((int)i + 2, v[i]);
		put_where(s->m, v[i]->netns);
		put_cells(s, v[i], width);
		clrtoeol();
		attrset(A_NORMAL);
	}
}

static void put_title(const struct sk_screen *s)
{
	size_t marked[3] = { 0 };
	char text[SK_UNITS_MAX];

	for (size_t i = 0; i < s->m->n; i++)
		marked[s->m->v[i].mark]++;
	move(0, 0);
	printw("%zu sockets, %zu new, %zu gone; every %s, by %s%s%s",
	       s->m->n - marked[SK_MARK_GONE], marked[SK_MARK_NEW],
	       marked[SK_MARK_GONE],
	       sk_format_duration(text, s->o->interval_us),
	       order_name(s), s->reverse ? " reversed" : "",
	       s->paused ? ", PAUSED" : "");
	if (s->filter[0])
		printw("; filter: %s", s->filter);
	clrtoeol();
}

static void put_bottom(const struct sk_screen *s)
{
	move(LINES - 1, 0);
	if (s->editing) {
		int row, column;

		addnstr("filter: ", COLS - 1);
		addnstr(s->edit, COLS - 9);
		getyx(stdscr, row, column);
		if (s->message[0] && column + 4 < COLS)
			printw("  (%.*s)", COLS - column - 4, s->message);
		clrtoeol();
		move(row, column);
	} else {
		addnstr(s->message[0] ? s->message : help_line, COLS - 1);
		clrtoeol();
	}
	curs_set(s->editing);
}

static void draw_rows(const struct sk_screen *s, const struct sk_row **v,
		      size_t n)
{
	put_head(s);
	for (size_t i = 0; i < n; i++)
		put_row(s, (int)i + 2, v[i]);
}

void sk_screen_draw(struct sk_screen *s)
{
	const struct sk_row **v = sk_monitor_sorted(s->m, order_of(s),
						    s->reverse);
	size_t room = LINES > 3 ? (size_t)LINES - 3 : 0, n;

	if (s->top + room > s->m->n)
		s->top = s->m->n > room ? s->m->n - room : 0;
	n = s->m->n - s->top < room ? s->m->n - s->top : room;
	n = v ? n : 0;
	put_title(s);
	if (s->m->n_columns)
		draw_columns(s, v + s->top, n);
	else
		draw_rows(s, v + s->top, n);
	for (size_t i = n; i < room; i++) {
		move((int)i + 2, 0);
		clrtoeol();
	}
	put_bottom(s);
	refresh();
	free(v);
}

#endif
