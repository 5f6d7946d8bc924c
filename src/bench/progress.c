/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

const char *bench_progress_line(char *buf, size_t size,
				const struct bench_progress *p)
{
	uint64_t elapsed = p->now_us - p->started_us, left;
	size_t total = p->total > p->done ? p->total : p->done;
	char eta[40] = "";

	if (p->done && total > p->done) {
		left = (uint64_t)((double)elapsed / (double)p->done *
				  (double)(total - p->done)) / SK_SEC;
		snprintf(eta, sizeof(eta), "  ETA %u:%02u",
			 (unsigned)(left / 60), (unsigned)(left % 60));
	}
	snprintf(buf, size, "%zu/%zu  %u%%%s%s%s", p->done, total,
		 total ? (unsigned)(p->done * 100 / total) : 0, eta,
		 *p->what ? "  " : "", p->what);
	return buf;
}

/* Called by the log around its lines, and by us. */
static void draw(void *arg, int show)
{
	const struct bench_progress *p = arg;
	char line[160];

	sk_log_put_status(!show ? NULL :
			  bench_progress_line(line, sizeof(line), p));
}

void bench_progress_begin(struct bench_progress *p, bool on)
{
	*p = (struct bench_progress){ .on = on, .tty = isatty(STDERR_FILENO) };
	p->started_us = p->now_us = sk_now_us();
	if (on && p->tty)
		sk_log_set_status(draw, p);
}

void bench_progress_step(struct bench_progress *p, size_t done, size_t total,
			 const char *what)
{
	char line[160];

	p->done = done;
	p->total = total;
	p->now_us = sk_now_us();
	if (!done)
		p->started_us = p->now_us; /* what came before is no round */
	sk_escape(p->what, sizeof(p->what), what, strlen(what));
	if (!p->on)
		return;
	if (p->tty)
		draw(p, 1);
	else
		sk_log(SK_LOG_NOTE, "%s",
		       bench_progress_line(line, sizeof(line), p));
}

void bench_progress_end(struct bench_progress *p)
{
	if (p->on && p->tty) {
		sk_log_set_status(NULL, NULL);
		draw(p, 0);
	}
	p->on = false;
}
