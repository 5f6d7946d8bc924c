/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log's lines: who speaks, when, and whose line it is. */
#include "trace/text_in.h"

static void put_time(struct sk_text *t, const struct sk_event *ev)
{
	uint64_t us = ev->wall_ns / 1000, delta;
	time_t sec = (time_t)(us / 1000000);
	struct sk_out *o = &t->line;
	struct tm tm;

	switch (t->o->time) {
	case SK_TIME_NONE:
		break;
	case SK_TIME_EPOCH:
		sk_out_printf(o, "%lld.%06u ", (long long)sec,
			      (unsigned)(us % 1000000));
		break;
	default:
		localtime_r(&sec, &tm);
		sk_out_printf(o, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min,
			      tm.tm_sec);
		if (t->o->time == SK_TIME_MICROS)
			sk_out_printf(o, ".%06u", (unsigned)(us % 1000000));
		sk_out_char(o, ' ');
		break;
	}
	if (!t->o->relative)
		return;
	delta = t->last_ns ? (ev->mono_ns - t->last_ns) / 1000 : 0;
	t->last_ns = ev->mono_ns;
	sk_out_printf(o, t->o->time ? "(+ %5u.%06u) " : "%6u.%06u ",
		      (unsigned)(delta / 1000000), (unsigned)(delta % 1000000));
}

void sk_text_head(struct sk_text *t, const struct sk_event *ev)
{
	size_t at = t->line.len;

	if (t->o->pids) {	/* "%-5d " */
		sk_out_u64(&t->line, (uint64_t)ev->tid);
		sk_out_fill(&t->line, ' ', t->line.len - at < 5 ?
						   5 - (t->line.len - at) : 0);
		sk_out_char(&t->line, ' ');
	}
	if (!t->o->pids && t->tasks > 1)
		sk_out_printf(&t->line, "[pid %5d] ", ev->tid);
	put_time(t, ev);
}

void sk_text_flush(struct sk_text *t)
{
	sk_out_put(t->report.out, t->line.buf, t->line.len);
	t->line.len = 0;
}

void sk_text_cut(struct sk_text *t)
{
	if (t->open)
		sk_out_str(t->report.out, " <unfinished ...>\n");
	t->open = 0;
}

void sk_text_line(struct sk_text *t, const struct sk_event *ev,
		  const char *text)
{
	sk_text_cut(t);
	sk_text_head(t, ev);
	sk_out_str(&t->line, text);
	sk_out_char(&t->line, '\n');
	sk_text_flush(t);
}
