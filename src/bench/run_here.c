/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One round on this machine: a process for each part, and this one between
 * them, which says when and adds up. A part that hangs or dies ends the
 * round; nothing is left behind.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/units.h"
#include "bench/cpu.h"
#include "bench/ends.h"
#include "bench/place.h"
#include "bench/run.h"
#include "bench/sockets.h"
#include "bench/why.h"
#include "bench/workload.h"

/* For setting up and for ending, besides the time that is measured. */
#define SLACK_US (40 * SK_SEC)
/* Signals and broken sides are noticed within this time. */
#define TURN_US (200 * SK_MSEC)
/* After a signal, for the parts to tell what they have. */
#define LAST_WORDS_US (3 * SK_SEC)
/* A round that was cut shorter than this tells nothing. */
#define CUT_LEAST_NS (20 * SK_MSEC * 1000)

struct pair {
	const struct bench_job *job;
	const volatile sig_atomic_t *stop;
	struct bench_local local;
	int (*ends)[2];			/* the client's, of socketpair, pipe */
	pid_t pid[2];			/* server, client */
	int ctl[2];
	struct bench_inbox inbox[2];
	struct bench_side side[2];
	struct bench_machine machine[2];	/* begin, end */
	uint64_t machine_ns[2];			/* when that was */
	char *refused;
	struct bench_far *far;		/* the server's side, elsewhere */
	bool at_work;			/* it has a job, and no result yet */
	bool begun;			/* both parts were told to start */
	uint64_t cut_us;		/* when a signal ended it; 0: none has */
};

enum { SERVER, CLIENT };

/* --- the conversation ---------------------------------------------------- */

static bool is_stopped(const struct pair *p)
{
	return p->stop && *p->stop;
}

/* While the client measures, a server has nothing to say, and stays. */
static bool server_broke(const struct pair *p, int side)
{
	return side == CLIENT && sk_fd_ready(p->ctl[SERVER], POLLIN);
}

/*
 * A signal has come. A round that has begun is not thrown away: the client is
 * told to stop, and both tell what they have. False: it is over.
 */
static bool cut_short(struct pair *p)
{
	if (!p->begun)
		return false;
	if (!p->cut_us) {
		p->cut_us = sk_now_us();
		bench_msg_say(p->ctl[CLIENT], BENCH_MSG_STOP, NULL);
	}
	return sk_now_us() < p->cut_us + LAST_WORDS_US;
}

/*
 * The next message of a side. It is waited for in turns, as a signal may come
 * between a look at *stop and the wait, and as the other side may die, which
 * a client that sends datagrams would never know.
 */
static int hear(struct pair *p, int side, struct bench_msg *m,
		struct sk_err *err)
{
	uint64_t end = sk_now_us() + p->job->warmup_us + p->job->time_us +
		       SLACK_US;
	struct sk_err own = { 0 };
	int r;

	do {
		r = bench_msg_recv(p->ctl[side], &p->inbox[side],
				   sk_now_us() + TURN_US, m, &own);
		if (is_stopped(p) && r < 0 && !cut_short(p))
			return -EINTR;
		if (r == -ETIMEDOUT && server_broke(p, side))
			return sk_fail(err, -EPIPE, "the server broke off");
	} while (r == -EINTR || (r == -ETIMEDOUT && sk_now_us() < end));
	return r < 0 ? sk_fail(err, r, "%s", own.text) : 0;
}

/* A message of this kind from a side; else why there is none. */
static int expect(struct pair *p, int side, enum bench_msg_kind kind,
		  struct bench_msg *m, struct sk_err *err)
{
	int r = hear(p, side, m, err);

	if (r >= 0 && m->kind == kind)
		return 0;
	if (r >= 0 && m->kind == BENCH_MSG_REFUSED) {
		p->refused = strdup(m->text);
		r = -ENOTSUP;
	} else if (r >= 0 && m->kind == BENCH_MSG_FAILED) {
		r = sk_fail(err, -EIO, "%s: %s",
			    side == SERVER ? "server" : "client", m->text);
	} else if (r >= 0) {
		r = sk_fail(err, -EPROTO, "a message out of turn");
	} else if (r == -ECONNRESET) {
		sk_fail(err, r, "the %s died",
			side == SERVER ? "server" : "client");
	}
	if (side == SERVER && r != -EINTR)
		p->at_work = false;
	bench_msg_fini(m);
	return r;
}

static int hear_result(struct pair *p, int side, struct sk_err *err)
{
	struct bench_msg m;
	int r = expect(p, side, BENCH_MSG_RESULT, &m, err);

	if (r >= 0)
		p->side[side] = m.side;
	if (r >= 0 && side == SERVER)
		p->at_work = false;
	return r;
}

/* A client that fails because the server did says less than the server. */
static int blame(struct pair *p, int r, struct sk_err *err)
{
	struct bench_msg m;
	struct sk_err own = { 0 };

	if (p->refused || r == -EINTR || r == -ECONNRESET)
		return r;
	bench_msg_say(p->ctl[SERVER], BENCH_MSG_STOP, NULL);
	if (bench_msg_recv(p->ctl[SERVER], &p->inbox[SERVER],
			   sk_now_us() + 6 * SK_SEC, &m, &own) >= 0) {
		if (m.kind == BENCH_MSG_REFUSED)
			p->refused = strdup(m.text);
		else if (m.kind == BENCH_MSG_FAILED)
			sk_fail(err, r, "server: %s", m.text);
		bench_msg_fini(&m);
		p->at_work = false;
	} else if (p->far && own.text[0]) {
		sk_fail(err, r, "the server died");
		p->at_work = false;
	}
	return r;
}

/* The host by which it is reached from here, at the port it has opened. */
static void set_host(struct sk_addr *addr, const struct bench_far *far)
{
	int port = sk_addr_port(addr);

	if (port < 0 || addr->sa.sa_family != far->peer.sa.sa_family)
		return;
	*addr = far->peer;
	sk_addr_set_port(addr, (uint16_t)port);
}

static int start_server(struct pair *p, struct bench_msg *m,
			struct sk_err *err)
{
	struct bench_msg job = { .kind = BENCH_MSG_JOB, .job = *p->job };
	int r;

	if (p->far) {
		r = bench_msg_send(p->ctl[SERVER], &job, err);
		p->at_work = r >= 0;
	} else if (p->job->stack == BENCH_K_PAIR) {
		r = p->pid[SERVER] = bench_run_pair(p->job, p->ctl, err);
	} else {
		r = p->pid[SERVER] = bench_run_part(p->job, NULL, &p->local,
						    true, &p->ctl[SERVER],
						    err);
	}
	if (r >= 0)
		r = expect(p, SERVER, BENCH_MSG_READY, m, err);
	if (r >= 0 && p->far)
		set_host(&m->addr, p->far);
	return r;
}

static int start_both(struct pair *p, struct sk_err *err)
{
	struct bench_msg m;
	int r = start_server(p, &m, err);

	if (r < 0)
		return r;
	p->at_work = p->far != NULL;
	if (p->ends) {
		bench_ends_close(&p->local.fds, bench_total(p->job));
		p->local.fds = p->ends;
		p->ends = NULL;
	}
	if (p->ctl[CLIENT] < 0)
		p->pid[CLIENT] = bench_run_part(p->job, &m.addr, &p->local,
						false, &p->ctl[CLIENT], err);
	bench_msg_fini(&m);
	if (p->pid[CLIENT] < 0)
		return p->pid[CLIENT];
	if (p->local.fds)
		bench_ends_close(&p->local.fds, bench_total(p->job));
	r = expect(p, CLIENT, BENCH_MSG_READY, &m, err);
	return r < 0 ? blame(p, r, err) : 0;
}

/*
 * The machine's counters are read at the begin of what is measured. Nobody
 * speaks before, unless something broke. A queue is not warmed up: it is
 * filled at once.
 */
static void wait_warmup(const struct pair *p)
{
	struct pollfd fds[2] = { { p->ctl[SERVER], POLLIN, 0 },
				 { p->ctl[CLIENT], POLLIN, 0 } };
	uint64_t end = sk_now_us() + p->job->warmup_us, now;

	if (p->job->workload == BENCH_W_BACKLOG)
		return;
	while (!is_stopped(p) && (now = sk_now_us()) < end) {
		uint64_t left = end - now < TURN_US ? end - now : TURN_US;
		struct timespec ts = { 0, (long)left * 1000 };

		if (ppoll(fds, 2, &ts, NULL) > 0)
			return;
	}
}

static void look(struct pair *p, int i)
{
	bench_cpu_machine(&p->machine[i]);
	p->machine_ns[i] = sk_now_us() * 1000;
}

/* Half a round tells of how it ended: it does not count, and that is said. */
static int lose(const struct pair *p, int r, struct sk_err *err)
{
	struct sk_err why;
	char took[SK_UNITS_MAX];

	if (r == -EINTR || p->refused || !err)
		return r;
	why = *err;
	return sk_fail(err, r, "%s; %s of a round are lost", why.text,
		       sk_format_duration(took, (p->machine_ns[1] -
						 p->machine_ns[0]) / 1000));
}

static int converse(struct pair *p, struct sk_err *err)
{
	int r = start_both(p, err);

	if (r >= 0 && p->far && p->far->begin)
		r = p->far->begin(p->far->begin_arg, err);
	if (r < 0)
		return r;
	/* One that has ended by now, as its engine is not to be had, said so. */
	r = bench_msg_say(p->ctl[SERVER], BENCH_MSG_START, err);
	if (r >= 0)
		r = bench_msg_say(p->ctl[CLIENT], BENCH_MSG_START, err);
	if (r < 0)
		return blame(p, r, err);
	p->begun = true;
	wait_warmup(p);
	look(p, 0);
	bench_why_begin();
	r = hear_result(p, CLIENT, err);
	look(p, 1);
	if (r < 0)
		return lose(p, blame(p, r, err), err);
	if (p->cut_us && p->side[CLIENT].window_ns < CUT_LEAST_NS)
		return -EINTR;
	bench_why_end(&p->side[CLIENT]);
	r = bench_msg_say(p->ctl[SERVER], BENCH_MSG_STOP, err);
	return r < 0 ? r : hear_result(p, SERVER, err);
}

/* --- the round ----------------------------------------------------------- */

/* Do threads that never sleep have to share CPUs? How many there are. */
static unsigned spinners(const struct pair *p)
{
	unsigned n = p->job->pattern == BENCH_P_SINGLE ?
			     1 : (unsigned)p->job->workers;

	if (!p->far)
		n *= 2;
	return p->job->engine == BENCH_E_SPIN && n > bench_cpu_allowed() ? n :
									   0;
}

/* How it was measured, where that is not what the axes say. */
static char *make_note(const struct pair *p)
{
	const char *own = p->side[*p->side[CLIENT].note ? CLIENT : SERVER].note;
	uint64_t low = bench_stream_lowat(p->job);
	uint64_t rest = bench_dgram_rest(p->job);
	char size[SK_UNITS_MAX], time[SK_UNITS_MAX], text[400] = "";
	size_t at = 0;

#define REMARK(...) \
	at += (size_t)snprintf(text + at, sizeof(text) - at, __VA_ARGS__)
	if (*own)
		REMARK("%.*s", (int)sizeof(p->side->note), own);
	if (low)
		REMARK("%sreceivers are woken for %s (so_rcvlowat)",
		       at ? "; " : "", sk_format_size(size, low));
	if (rest)
		REMARK("%sreceivers that have caught up rest for %s",
		       at ? "; " : "", sk_format_duration(time, rest / 1000));
	if (p->job->workload == BENCH_W_DGRAM &&
	    bench_dgram_piece(p->job) < p->job->request)
		REMARK("%sthe kernel cuts what is sent into datagrams "
		       "(udp_segment)", at ? "; " : "");
	if (spinners(p))
		REMARK("%s%u threads spin on %u CPU%s", at ? "; " : "",
		       spinners(p), bench_cpu_allowed(),
		       bench_cpu_allowed() > 1 ? "s" : "");
#undef REMARK
	return at ? strdup(text) : NULL;
}

static int add_up(struct pair *p, struct bench_round *round, char **note)
{
	char why[200];

	/* What a server elsewhere uses is not taken from this machine. */
	bench_side_machine(round, p->machine,
			   p->machine_ns[1] - p->machine_ns[0],
			   &p->side[CLIENT], p->far ? NULL : &p->side[SERVER]);
	if (bench_why(why, sizeof(why), p->job, &p->side[CLIENT],
		      &p->side[SERVER], round))
		round->why = strdup(why);
	*note = make_note(p);
	return bench_side_round(round, p->job, &p->side[CLIENT],
				&p->side[SERVER]);
}

int bench_run_here(const struct bench_job *job, struct bench_round *round,
		   char **refused, char **note,
		   const volatile sig_atomic_t *stop, struct sk_err *err)
{
	struct pair p = { .job = job, .stop = stop, .ctl = { -1, -1 } };
	struct bench_place place;
	int r = bench_ends_make(job, &p.local.fds, &p.ends, &p.refused, err);

	if (r >= 0)
		r = bench_place_enter(&place, job, &p.refused);
	if (r >= 0) {
		p.local.wire = place.wire;
		r = converse(&p, err);
		if (bench_place_leave(&place, err) < 0 && r >= 0)
			r = -EPERM;
	}
	if (r >= 0)
		r = add_up(&p, round, note);
	for (int i = 0; i < 2; i++) {
		sk_close(&p.ctl[i]);
		bench_run_reap(&p.pid[i], r < 0);
		bench_inbox_fini(&p.inbox[i]);
		bench_side_fini(&p.side[i]);
	}
	bench_ends_close(&p.local.fds, bench_total(job));
	bench_ends_close(&p.ends, bench_total(job));
	*refused = p.refused;
	return p.refused ? 0 : r;
}

/* --- the server elsewhere ------------------------------------------------ */

/* It is told to stop, and is ready for the next job after its last word. */
static void settle(struct pair *p)
{
	struct bench_msg m;

	if (!p->at_work || bench_msg_say(p->ctl[SERVER], BENCH_MSG_STOP,
					 NULL) < 0)
		return;
	if (bench_msg_recv(p->ctl[SERVER], &p->inbox[SERVER],
			   sk_now_us() + 6 * SK_SEC, &m, NULL) >= 0)
		bench_msg_fini(&m);
}

int bench_run_far(struct bench_far *far, const struct bench_job *job,
		  struct bench_round *round, char **refused, char **note,
		  const volatile sig_atomic_t *stop, struct sk_err *err)
{
	struct bench_job there = *job;
	struct pair p = { .job = &there, .stop = stop, .far = far,
			  .ctl = { far->ctl, -1 },
			  .inbox = { far->inbox } };
	int r;

	there.one_clock = false;
	r = converse(&p, err);
	if (r >= 0)
		r = add_up(&p, round, note);
	sk_close(&p.ctl[CLIENT]);
	bench_run_reap(&p.pid[CLIENT], r < 0);
	settle(&p);
	far->inbox = p.inbox[SERVER];
	bench_inbox_fini(&p.inbox[CLIENT]);
	bench_side_fini(&p.side[SERVER]);
	bench_side_fini(&p.side[CLIENT]);
	*refused = p.refused;
	return p.refused ? 0 : r;
}
