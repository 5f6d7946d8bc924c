/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/progress.h"

#include <unistd.h>

#include "base/log.h"
#include "base/units.h"

struct sk_progress {
	struct sk_relay *relay;
	struct sk_timer timer;
	uint64_t total;
	uint64_t last_bytes, last_at;
	double rate;		/* bytes/s, smoothed over some seconds */
	bool tty;
};

const char *sk_progress_line(char *buf, size_t size, uint64_t bytes,
			     uint64_t total, uint64_t elapsed, uint64_t rate)
{
	char amount[SK_UNITS_MAX], speed[SK_UNITS_MAX], left[SK_UNITS_MAX];
	int n;

	n = snprintf(buf, size, "%s  %u:%02u  %s/s",
		     sk_format_size(amount, bytes),
		     (unsigned)(elapsed / SK_SEC / 60),
		     (unsigned)(elapsed / SK_SEC % 60),
		     sk_format_size(speed, rate));
	if (!total || n < 0 || (size_t)n >= size)
		return buf;
	if (bytes > total)
		total = bytes;
	n += snprintf(buf + n, size - (size_t)n, "  %u%%",
		      (unsigned)((double)bytes * 100 / (double)total));
	if (bytes < total && rate && (size_t)n < size)
		snprintf(buf + n, size - (size_t)n, "  ETA %s",
			 sk_format_duration(left, (uint64_t)(
				(double)(total - bytes) * 1e6 / (double)rate)));
	return buf;
}

static uint64_t bytes_now(const struct sk_progress *p)
{
	uint64_t by_side[2];

	sk_relay_totals(p->relay, by_side);
	return by_side[LOCAL] + by_side[PEER];
}

static void end_row(void)
{
	if (write(STDERR_FILENO, "\n", 1) < 0)
		return;	/* nobody looks */
}

/* Called by the log around its lines, and by us. */
static void draw(void *arg, int show)
{
	struct sk_progress *p = arg;
	char line[160];

	if (!p->tty || p->last_at < p->relay->started)
		return;
	if (!show) {
		sk_log_put_status(NULL);
		return;
	}
	sk_progress_line(line, sizeof(line), p->last_bytes, p->total,
			 p->last_at - p->relay->started, (uint64_t)p->rate);
	sk_log_put_status(line);
}

static void measure(struct sk_progress *p)
{
	uint64_t now = sk_now_us(), bytes = bytes_now(p);
	double secs = (double)(now - p->last_at) / 1e6, rate;

	if (secs <= 0)
		return;
	rate = (double)(bytes - p->last_bytes) / secs;
	p->rate = p->last_bytes ? p->rate * 0.7 + rate * 0.3 : rate;
	p->last_bytes = bytes;
	p->last_at = now;
}

static void plain_line(const struct sk_progress *p, uint64_t rate)
{
	char line[160];

	sk_log(SK_LOG_NOTE, "%s",
	       sk_progress_line(line, sizeof(line), p->last_bytes, p->total,
				p->last_at - p->relay->started, rate));
}

static void show_state(struct sk_progress *p)
{
	if (p->tty)
		draw(p, 1);
	else
		plain_line(p, (uint64_t)p->rate);
}

static void on_timer(struct sk_timer *t)
{
	struct sk_progress *p = sk_container_of(t, struct sk_progress, timer);

	if (p->relay->served) {
		measure(p);
		show_state(p);
	}
	sk_timer_in(&p->timer, p->tty ? SK_SEC / 5 : SK_SEC);
}

struct sk_progress *sk_progress_new(struct sk_relay *relay, uint64_t total)
{
	struct sk_progress *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->relay = relay;
	p->total = total;
	p->tty = isatty(STDERR_FILENO);
	p->last_at = relay->started;
	sk_timer_init(&p->timer, relay->loop, on_timer);
	sk_timer_in(&p->timer, p->tty ? SK_SEC / 5 : SK_SEC);
	if (p->tty)
		sk_log_set_status(draw, p);
	return p;
}

void sk_progress_free(struct sk_progress *p)
{
	uint64_t elapsed;

	if (!p)
		return;
	sk_timer_stop(&p->timer);
	if (p->tty)
		sk_log_set_status(NULL, NULL);
	if (p->relay->served) {
		measure(p);
		elapsed = p->last_at - p->relay->started;
		p->rate = (double)p->last_bytes * 1e6 / (double)(elapsed + 1);
		show_state(p);
		if (p->tty)
			end_row();
	}
	free(p);
}
