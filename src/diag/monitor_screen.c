/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stat --watch on a terminal, by curses: what happens when. */
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
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "diag/monitor_in.h"

#define INTERVAL_MIN (100 * SK_MSEC)
#define INTERVAL_MAX (60 * SK_SEC)

/* --- looking ---------------------------------------------------------------- */

static void look(struct sk_screen *s)
{
	s->result = sk_monitor_look(s->m, s->err);
	if (s->result < 0)
		sk_loop_stop(&s->loop);
	else
		sk_screen_draw(s);
}

static void on_timer(struct sk_timer *t)
{
	struct sk_screen *s = sk_container_of(t, struct sk_screen, timer);

	if (!s->paused)
		look(s);
	sk_timer_in(t, s->o->interval_us);
}

/*
 * The filter as typed takes the place of the one in force, if it is one: rows
 * change under the typing. Otherwise the message says what is wrong with it.
 */
static bool apply_filter(struct sk_screen *s)
{
	bool is_first = s->o->filter && !strcmp(s->edit, s->o->filter);
	struct sk_filter *f = NULL;
	struct sk_err err = { .status = 0 };

	s->message[0] = '\0';
	if (!strcmp(s->edit, s->filter))
		return true;
	/* The words of the command line may begin with states. */
	if (!is_first &&
	    sk_filter_parse(&f, s->edit, s->o->family, &err) < 0) {
		err.text[strcspn(err.text, "\n")] = '\0';
		snprintf(s->message, sizeof(s->message), "%.290s", err.text);
		return false;
	}
	s->result = sk_monitor_refilter(s->m, is_first ? s->given : f, s->err);
	sk_filter_free(s->own);
	s->own = f;
	memcpy(s->filter, s->edit, sizeof(s->filter));
	if (s->result < 0)
		sk_loop_stop(&s->loop);
	return true;
}

/* Back to the filter of before, which was one. */
static void restore_filter(struct sk_screen *s)
{
	memcpy(s->edit, s->before, sizeof(s->edit));
	apply_filter(s);
}

/* --- keys ------------------------------------------------------------------- */

#define KEY_ESCAPE 27
#define KEY_CTRL_U 21

/* A wrong filter that is handed in leaves the one of before, and a message. */
static void end_edit(struct sk_screen *s)
{
	char message[sizeof(s->message)];

	s->editing = false;
	if (apply_filter(s))
		return;
	memcpy(message, s->message, sizeof(message));
	restore_filter(s);
	memcpy(s->message, message, sizeof(message));
}

static void edit_key(struct sk_screen *s, int key)
{
	if (key == KEY_ESCAPE) {
		s->editing = false;
		restore_filter(s);
		return;
	}
	if (key == '\n' || key == '\r' || key == KEY_ENTER) {
		end_edit(s);
		return;
	}
	if (key == KEY_BACKSPACE || key == 127 || key == '\b')
		s->edit[s->len ? --s->len : 0] = '\0';
	else if (key == KEY_CTRL_U)
		s->edit[s->len = 0] = '\0';
	else if (key >= ' ' && key < 127 && s->len + 1 < sizeof(s->edit))
		s->edit[s->len++] = (char)key;
	/* What follows the end, as text goes over what was deleted. */
	memset(s->edit + s->len, 0, sizeof(s->edit) - s->len);
	apply_filter(s);
}

static void begin_edit(struct sk_screen *s)
{
	memcpy(s->edit, s->filter, sizeof(s->edit));
	memcpy(s->before, s->filter, sizeof(s->before));
	s->len = strlen(s->edit);
	s->editing = true;
	s->message[0] = '\0';
}

static void change_interval(struct sk_screen *s, bool slower)
{
	uint64_t us = s->o->interval_us;

	us = slower ? us * 2 : us / 2;
	s->o->interval_us = us < INTERVAL_MIN ? INTERVAL_MIN :
			    us > INTERVAL_MAX ? INTERVAL_MAX : us;
	sk_timer_in(&s->timer, s->o->interval_us);
}

static void scroll_by(struct sk_screen *s, long n)
{
	if (n < 0 && s->top < (size_t)-n)
		s->top = 0;
	else
		s->top += (size_t)n;	/* drawing knows the end */
}

static void sort_key(struct sk_screen *s, int key)
{
	for (size_t i = 0; sk_row_order(i); i++)
		if (sk_row_order(i)->key == key)
			s->order = i;
}

static void command_key(struct sk_screen *s, int key)
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

/* Ready, and nothing there. read(2) of no bytes would not tell. */
static bool has_hung_up(void)
{
	struct pollfd p = { .fd = STDIN_FILENO };

	return poll(&p, 1, 0) > 0 &&
	       (p.revents & (POLLHUP | POLLERR | POLLNVAL));
}

static void on_keys(struct sk_watch *w)
{
	struct sk_screen *s = sk_container_of(w, struct sk_screen, keys);
	int key, n = 0;

	for (; (key = getch()) != ERR; n++) {
		if (s->editing)
			edit_key(s, key);
		else
			command_key(s, key);
	}
	if (!n && has_hung_up()) {
		sk_loop_stop(&s->loop);
		return;
	}
	sk_watch_blocked(w, SK_IN);
	sk_screen_draw(s);
}

static void on_signal(struct sk_loop *loop, int signo, void *arg)
{
	struct sk_screen *s = arg;
	struct winsize size;

	if (signo != SIGWINCH) {
		s->o->signal = signo;
		sk_loop_stop(loop);
		return;
	}
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row)
		resizeterm(size.ws_row, size.ws_col);
	clear();
	sk_screen_draw(s);
}

/* --- beginning and end ------------------------------------------------------ */

static int open_terminal(struct sk_screen *s)
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

static void close_terminal(struct sk_screen *s)
{
	if (!s->term)
		return;
	endwin();
	delscreen(s->term);
	s->term = NULL;
}

static int run(struct sk_screen *s)
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
	struct sk_screen s = { .m = m, .o = o, .err = err,
			    .given = m->run.filter,
			    .keys = { .fd = -1 } };
	int r = sk_curses_load(err);

	if (r < 0)
		return r;
	r = sk_loop_init(&s.loop);
	if (r < 0)
		return sk_fail(err, r, "epoll: %s", sk_strerror(r));
	if (m->sorted)
		s.order = SK_ORDER_COLUMN;
	if (o->filter)
		snprintf(s.filter, sizeof(s.filter), "%s", o->filter);
	r = open_terminal(&s);
	if (r >= 0)
		r = run(&s);
	close_terminal(&s);
	sk_loop_fini(&s.loop);
	m->run.filter = s.given;
	sk_filter_free(s.own);
	return r;
}

#endif
