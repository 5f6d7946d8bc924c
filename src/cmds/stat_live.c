/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockkit stat --watch and --events: sockets as they change and end. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "cmds/stat.h"
#include "diag/events.h"
#include "diag/monitor.h"

/* --- --watch ---------------------------------------------------------------- */

static int set_monitor(struct sk_monitor *m, struct stat_opts *o,
		       const struct stat_query *q, struct sk_err *err)
{
	m->view = &o->view;
	m->everywhere = o->netns && !strcmp(o->netns, "all");
	m->run = (struct sk_run){
		.query = { .kinds = q->select.kinds,
			   .states = q->select.states,
			   .families = q->select.families,
			   .source = (enum sk_source)o->source },
		.filter = q->filter,
		.owners = o->view.owners,
		.peers = o->columns != NULL,
	};
	return sk_monitor_columns(m, o->columns, o->sort, err);
}

struct piped {
	struct sk_loop loop;
	struct sk_timer timer;
	struct sk_watch reader;
	struct sk_monitor *m;
	struct sk_out *out;
	struct sk_err *err;
	uint64_t interval;
	int result, signal;
};

static void stop(struct piped *p, int r)
{
	p->result = r;
	sk_loop_stop(&p->loop);
}

static void on_timer(struct sk_timer *t)
{
	struct piped *p = sk_container_of(t, struct piped, timer);
	int r = sk_monitor_look(p->m, p->err);

	sk_timer_in(t, p->interval);
	if (r >= 0) {
		sk_monitor_json(p->m, p->out);
		sk_out_flush(p->out);
	}
	if (r < 0 || p->out->error)
		stop(p, r < 0 ? r : 0);	/* stat.c tells of the output */
}

static void on_signal(struct sk_loop *loop, int signo, void *arg)
{
	struct piped *p = arg;

	(void)loop;
	p->signal = signo;
	stop(p, 0);
}

static int add_signals(struct sk_loop *loop, sk_signal_fn *fn, void *arg)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP };
	int r = 0;

	for (size_t i = 0; i < 3 && r >= 0; i++)
		r = sk_loop_signal(loop, ending[i], fn, arg);
	return r;
}

/* A quiet machine writes nothing, and would never hear that nobody reads. */
static bool reader_has_gone(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO };

	return poll(&p, 1, 0) > 0 && (p.revents & POLLERR);
}

static void on_reader(struct sk_watch *w)
{
	struct piped *p = sk_container_of(w, struct piped, reader);

	if (reader_has_gone())
		stop(p, 0);
}

static int run_piped(struct piped *p)
{
	int r = sk_loop_init(&p->loop);

	if (r < 0)
		return sk_fail(p->err, r, "epoll: %s", sk_strerror(r));
	r = add_signals(&p->loop, on_signal, p);
	if (r >= 0)
		r = sk_watch_init(&p->reader, &p->loop, STDOUT_FILENO,
				  on_reader);
	if (r >= 0) {
		sk_watch_want(&p->reader, SK_IN);
		sk_timer_init(&p->timer, &p->loop, on_timer);
		sk_timer_in(&p->timer, 0);
		r = sk_loop_run(&p->loop);
	}
	if (r < 0)
		sk_fail(p->err, r, "epoll: %s", sk_strerror(r));
	sk_timer_stop(&p->timer);
	sk_watch_fini(&p->reader);
	sk_loop_fini(&p->loop);
	return r < 0 ? r : p->result;
}

int stat_watch(struct stat_opts *o, const struct stat_query *q,
	       struct sk_out *out, struct sk_err *err)
{
	struct sk_screen_opts screen = { .interval_us = o->more.watch,
					 .filter = q->text,
					 .family = q->host_family };
	struct piped p = { .out = out, .err = err,
			   .interval = o->more.watch,
			   .reader = { .fd = -1 } };
	struct sk_monitor m = { .n = 0 };
	int r, signo;

	r = set_monitor(&m, o, q, err);
	if (r < 0)
		return r;
	p.m = &m;
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !o->json &&
	    !o->jsonl) {
		r = sk_monitor_screen(&m, &screen, err);
		signo = screen.signal;
	} else {
		r = run_piped(&p);
		signo = p.signal;
	}
	sk_monitor_fini(&m);
	return r >= 0 && signo ? sk_signalled(err, signo) : r;
}

/* --- --events --------------------------------------------------------------- */

struct telling {
	struct sk_renderer *renderer;
	struct sk_out *out;
	struct sk_loop loop;
	int signal;
};

static int on_gone(struct sk_sock *s, void *arg)
{
	struct telling *t = arg;
	int r = t->renderer->ops->row(t->renderer, s);

	return t->out->error ? t->out->error : r;
}

static void on_idle(void *arg)
{
	struct telling *t = arg;

	if (t->renderer->ops->flush)
		t->renderer->ops->flush(t->renderer);
	sk_out_flush(t->out);
}

static void on_lost(uint64_t n, void *arg)
{
	on_idle(arg);
	sk_warn("%llu events were lost: whoever reads this is too slow",
		(unsigned long long)n);
}

static void on_end(struct sk_loop *loop, int signo, void *arg)
{
	((struct telling *)arg)->signal = signo;
	sk_loop_stop(loop);
}

static int tell(struct telling *t, struct sk_event_feed *e, struct sk_err *err)
{
	int r = sk_loop_init(&t->loop);

	if (r < 0)
		return sk_fail(err, r, "epoll: %s", sk_strerror(r));
	r = add_signals(&t->loop, on_end, t);
	if (r < 0)
		sk_fail(err, r, "signalfd: %s", sk_strerror(r));
	else
		r = sk_event_feed_open(e, &t->loop, err);
	if (r >= 0) {
		r = sk_loop_run(&t->loop);
		if (r < 0)
			sk_fail(err, r, "epoll: %s", sk_strerror(r));
		sk_event_feed_close(e);
	}
	sk_loop_fini(&t->loop);
	if (r >= 0 && e->result < 0 && !t->out->error)
		r = sk_fail(err, e->result, "events: %s",
			    sk_strerror(e->result));
	return r;
}

int stat_events(const struct stat_query *q, struct sk_renderer *renderer,
		struct sk_out *out, struct sk_err *err)
{
	struct telling t = { .renderer = renderer, .out = out };
	struct sk_event_feed e = {
		.kinds = q->select.kinds, .families = q->select.families,
		.filter = q->filter, .fn = on_gone, .idle = on_idle,
		.lost = on_lost, .arg = &t,
	};
	int r;

	if (sk_filter_wants_owners(q->filter))
		return sk_usage(err, "--events: a socket that has ended is no "
				"process's any more (pid, comm)");
	r = tell(&t, &e, err);
	return r >= 0 && t.signal ? sk_signalled(err, t.signal) : r;
}
