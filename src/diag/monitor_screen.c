/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stat --watch on a terminal, by curses: a heading, a table of the rows that
 * fit, and a line for keys, the filter being typed, or what is wrong with it.
 */
#include "diag/monitor.h"

#ifndef HAVE_NCURSES

int sk_monitor_screen(struct sk_monitor *m, struct sk_screen_opts *o,
		      struct sk_err *err)
{
	(void)m;
	(void)o;
	return sk_fail(err, -ENOSYS, "this sockkit was built without ncurses: "
		       "pipe --watch somewhere for JSON lines");
}

#else

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "diag/curses.h"
#include "loop/loop.h"

#define EDIT_MAX 400
#define INTERVAL_MIN (100 * SK_MSEC)
#define INTERVAL_MAX (60 * SK_SEC)

struct screen {
	struct sk_monitor *m;
	struct sk_screen_opts *o;
	struct sk_err *err;
	struct sk_loop loop;
	struct sk_timer timer;
	struct sk_watch keys;
	SCREEN *term;
	size_t order;
	size_t top;		/* rows scrolled away */
	bool reverse, paused, editing;
	char edit[EDIT_MAX];
	size_t len;
	char filter[EDIT_MAX];	/* the one in force */
	struct sk_filter *own;	/* the same, when typed here */
	char message[300];
	int result;
};

static const char help_line[] =
	"q quit  / filter  space pause  R reverse  +/- interval  sort: i in "
	"o out r retr e recv-q s send-q t rtt a state l local p peer c process";

/* --- drawing ---------------------------------------------------------------- */

/* Text in a field of so many columns; what is cut ends in '~'. */
static void put_field(const char *text, int width, bool right)
{
	int n = 0, bytes = 0;

	if (width <= 0)
		return;
	while (text[bytes]) {
		size_t one = sk_utf8_len(text + bytes, strlen(text + bytes));

		if (n == width)
			break;
		bytes += one ? (int)one : 1;
		n++;
	}
	if (right)
		printw("%*s", width - n, "");
	if (text[bytes])
		printw("%.*s~", bytes - 1, text);
	else
		printw("%.*s", bytes, text);
	if (!right)
		printw("%*s", width - n, "");
}

static void put_rate(const struct screen *s, const struct sk_row *r,
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

/* What is left of the line, for two addresses and a process. */
static void widths(int *address, int *process)
{
	int left = COLS - (is_narrow() ? 43 : 79);

	*process = left > 80 ? 20 : left > 60 ? 14 : 0;
	*address = (left - *process - 2) / 2;
	if (*address < 8)
		*address = 8;
}

static void put_head(const struct screen *s)
{
	int address, process;
	char head[160];

	widths(&address, &process);
	if (is_narrow())
		snprintf(head, sizeof(head), "  %-7s %-10s %10s %10s", "Netid",
			 "State", "In/s", "Out/s");
	else
		snprintf(head, sizeof(head),
			 "  %-7s %-10s %9s %9s %10s %10s %7s %8s", "Netid",
			 "State", "Recv-Q", "Send-Q", "In/s", "Out/s",
			 "Retr/s", "RTT ms");
	attron(A_REVERSE);
	mvaddnstr(1, 0, head, COLS);
	addch(' ');
	put_field("Local", address, false);
	addch(' ');
	put_field("Peer", address, false);
	addch(' ');
	put_field(s->m->run.owners ? "Process" : "", process, false);
	attroff(A_REVERSE);
	clrtoeol();
}

static void put_counts(const struct screen *s, const struct sk_row *r)
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
	put_number((uint64_t)(sk_row_rate(s->m, r->retrans_added) + 0.5), 7,
		   r->has_info);
	snprintf(rtt, sizeof(rtt), "%.1f", (double)r->rtt_us / 1e3);
	addch(' ');
	put_field(r->has_info && r->rtt_us ? rtt : "-", 8, true);
}

static void put_row(const struct screen *s, int line, const struct sk_row *r)
{
	static const struct {
		char sign;
		attr_t attr;
	} marks[] = { { ' ', A_NORMAL }, { '+', A_BOLD }, { '-', A_DIM } };
	char text[SK_ADDR_TEXT_MAX], who[64] = "";
	int address, process;

	widths(&address, &process);
	move(line, 0);
	attrset(marks[r->mark].attr);
	addch((chtype)marks[r->mark].sign);
	addch(' ');
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

static void put_title(const struct screen *s)
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
	       sk_row_order(s->order)->name, s->reverse ? " reversed" : "",
	       s->paused ? ", PAUSED" : "");
	if (s->filter[0])
		printw("; filter: %s", s->filter);
	clrtoeol();
}

static void put_bottom(const struct screen *s)
{
	move(LINES - 1, 0);
	if (s->editing)
		addnstr("filter: ", COLS - 1);
	addnstr(s->editing    ? s->edit :
		s->message[0] ? s->message : help_line,
		COLS - 1 - (s->editing ? 8 : 0));
	clrtoeol();
	curs_set(s->editing);
}

static void draw(struct screen *s)
{
	const struct sk_row **v = sk_monitor_sorted(s->m,
						    sk_row_order(s->order),
						    s->reverse);
	size_t room = LINES > 3 ? (size_t)LINES - 3 : 0;

	if (s->top + room > s->m->n)
		s->top = s->m->n > room ? s->m->n - room : 0;
	put_title(s);
	put_head(s);
	for (size_t i = 0; i < room; i++) {
		if (v && s->top + i < s->m->n) {
			put_row(s, (int)i + 2, v[s->top + i]);
		} else {
			move((int)i + 2, 0);
			clrtoeol();
		}
	}
	put_bottom(s);
	refresh();
	free(v);
}

/* --- looking ---------------------------------------------------------------- */

static void look(struct screen *s)
{
	s->result = sk_monitor_look(s->m, s->err);
	if (s->result < 0)
		sk_loop_stop(&s->loop);
	else
		draw(s);
}

static void on_timer(struct sk_timer *t)
{
	struct screen *s = sk_container_of(t, struct screen, timer);

	if (!s->paused)
		look(s);
	sk_timer_in(t, s->o->interval_us);
}

/* The filter as typed takes the place of the one in force, if it is one. */
static void apply_filter(struct screen *s)
{
	struct sk_filter *f = NULL;
	struct sk_err err = { .status = 0 };

	if (sk_filter_parse(&f, s->edit, &err) < 0) {
		err.text[strcspn(err.text, "\n")] = '\0';
		snprintf(s->message, sizeof(s->message), "%.290s", err.text);
		return;
	}
	sk_filter_free(s->own);
	s->own = s->m->run.filter = f;
	memcpy(s->filter, s->edit, sizeof(s->filter));
	s->message[0] = '\0';
	/* Rows that no longer match have not gone: begin anew. */
	s->m->n = 0;
	s->m->looks = 0;
	look(s);
}

/* --- keys ------------------------------------------------------------------- */

#define KEY_ESCAPE 27
#define KEY_CTRL_U 21

static void edit_key(struct screen *s, int key)
{
	if (key == KEY_ESCAPE) {
		s->editing = false;
	} else if (key == '\n' || key == '\r' || key == KEY_ENTER) {
		s->editing = false;
		apply_filter(s);
	} else if (key == KEY_BACKSPACE || key == 127 || key == '\b') {
		s->edit[s->len ? --s->len : 0] = '\0';
	} else if (key == KEY_CTRL_U) {
		s->edit[s->len = 0] = '\0';
	} else if (key >= ' ' && key < 127 && s->len + 1 < sizeof(s->edit)) {
		s->edit[s->len++] = (char)key;
		s->edit[s->len] = '\0';
	}
}

static void begin_edit(struct screen *s)
{
	memcpy(s->edit, s->filter, sizeof(s->edit));
	s->len = strlen(s->edit);
	s->editing = true;
	s->message[0] = '\0';
}

static void change_interval(struct screen *s, bool slower)
{
	uint64_t us = s->o->interval_us;

	us = slower ? us * 2 : us / 2;
	s->o->interval_us = us < INTERVAL_MIN ? INTERVAL_MIN :
			    us > INTERVAL_MAX ? INTERVAL_MAX : us;
	sk_timer_in(&s->timer, s->o->interval_us);
}

static void scroll_by(struct screen *s, long n)
{
	if (n < 0 && s->top < (size_t)-n)
		s->top = 0;
	else
		s->top += (size_t)n;	/* draw() knows the end */
}

static void sort_key(struct screen *s, int key)
{
	for (size_t i = 0; sk_row_order(i); i++)
		if (sk_row_order(i)->key == key)
			s->order = i;
}

static void command_key(struct screen *s, int key)
{
	switch (key) {
	case 'q':
		sk_loop_stop(&s->loop);
		break;
	case '/':
		begin_edit(s);
		break;
	case ' ':
		s->paused = !s->paused;
		break;
	case 'R':
		s->reverse = !s->reverse;
		break;
	case '+':
	case '-':
		change_interval(s, key == '+');
		break;
	case KEY_UP:
		scroll_by(s, -1);
		break;
	case KEY_DOWN:
		scroll_by(s, 1);
		break;
	case KEY_PPAGE:
		scroll_by(s, 3 - LINES);
		break;
	case KEY_NPAGE:
		scroll_by(s, LINES - 3);
		break;
	case KEY_HOME:
		s->top = 0;
		break;
	default:
		sort_key(s, key);
	}
}

static void on_keys(struct sk_watch *w)
{
	struct screen *s = sk_container_of(w, struct screen, keys);
	int key, n = 0;

	for (; (key = getch()) != ERR; n++) {
		if (s->editing)
			edit_key(s, key);
		else
			command_key(s, key);
	}
	/* Ready, and nothing there: the terminal has hung up. */
	if (!n && read(STDIN_FILENO, &key, 0) < 0 && errno != EAGAIN)
		sk_loop_stop(&s->loop);
	sk_watch_blocked(w, SK_IN);
	draw(s);
}

static void on_signal(struct sk_loop *loop, int signo, void *arg)
{
	struct screen *s = arg;
	struct winsize size;

	if (signo != SIGWINCH) {
		s->o->signal = signo;
		sk_loop_stop(loop);
		return;
	}
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row)
		resizeterm(size.ws_row, size.ws_col);
	clear();
	draw(s);
}

/* --- beginning and end ------------------------------------------------------ */

static int open_terminal(struct screen *s)
{
	setlocale(LC_CTYPE, "");
	s->term = newterm(NULL, stdout, stdin);
	if (!s->term)
		return sk_fail(s->err, -ENOTTY, "the terminal (TERM) is of a "
			       "kind that curses does not know");
	set_term(s->term);
	cbreak();
	noecho();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	return 0;
}

static void close_terminal(struct screen *s)
{
	if (!s->term)
		return;
	endwin();
	delscreen(s->term);
	s->term = NULL;
}

static int run(struct screen *s)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH };
	int r = 0;

	for (size_t i = 0; i < 4 && r >= 0; i++)
		r = sk_loop_signal(&s->loop, signals[i], on_signal, s);
	if (r >= 0)
		r = sk_watch_init(&s->keys, &s->loop, STDIN_FILENO, on_keys);
	if (r < 0)
		return sk_fail(s->err, r, "epoll: %s", sk_strerror(r));
	sk_timer_init(&s->timer, &s->loop, on_timer);
	sk_watch_want(&s->keys, SK_IN);
	sk_timer_in(&s->timer, s->o->interval_us);
	look(s);
	if (!s->result)
		r = sk_loop_run(&s->loop);
	sk_timer_stop(&s->timer);
	sk_watch_fini(&s->keys);
	return s->result < 0 ? s->result : r;
}

int sk_monitor_screen(struct sk_monitor *m, struct sk_screen_opts *o,
		      struct sk_err *err)
{
	struct screen s = { .m = m, .o = o, .err = err,
			    .keys = { .fd = -1 } };
	struct sk_filter *given = m->run.filter;
	int r = sk_curses_load(err);

	if (r < 0)
		return r;
	r = sk_loop_init(&s.loop);
	if (r < 0)
		return sk_fail(err, r, "epoll: %s", sk_strerror(r));
	if (o->filter)
		snprintf(s.filter, sizeof(s.filter), "%s", o->filter);
	r = open_terminal(&s);
	if (r >= 0)
		r = run(&s);
	close_terminal(&s);
	sk_loop_fini(&s.loop);
	m->run.filter = given;
	sk_filter_free(s.own);
	return r;
}

#endif
