/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log's lines: who speaks, when, and whose line it is. */
#include "trace/text_in.h"

void sk_text_fraction(struct sk_out *o, uint64_t ns, unsigned digits)
{
	char text[16];

	snprintf(text, sizeof(text), ".%09u", (unsigned)(ns % 1000000000));
	if (digits)
		sk_out_put(o, text, 1 + digits);
}

static void put_time(struct sk_text *t, const struct sk_event *ev)
{
	time_t sec = (time_t)(ev->wall_ns / 1000000000);
	uint64_t delta;
	struct sk_out *o = &t->line;
	struct tm tm;

	switch (t->o->time) {
	case SK_TIME_NONE:
		break;
	case SK_TIME_EPOCH:
		sk_out_printf(o, "%lld", (long long)sec);
		sk_text_fraction(o, ev->wall_ns, t->o->time_digits);
		sk_out_char(o, ' ');
		break;
	default:
		localtime_r(&sec, &tm);
		sk_out_printf(o, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min,
			      tm.tm_sec);
		sk_text_fraction(o, ev->wall_ns, t->o->time_digits);
		sk_out_char(o, ' ');
		break;
	}
	if (!t->o->relative)
		return;
	delta = t->last_ns ? ev->mono_ns - t->last_ns : 0;
	t->last_ns = ev->mono_ns;
	sk_out_printf(o, t->o->time ? "(+ %5u" : "%6u",
		      (unsigned)(delta / 1000000000));
	sk_text_fraction(o, delta, t->o->relative_digits);
	sk_out_str(o, t->o->time ? ") " : " ");
}

/* -n, -i: which call, and whence. */
static void put_place(struct sk_text *t, const struct sk_event *ev)
{
	const int word = 2 * (int)sk_abi_word(ev->abi);
	struct sk_out *o = &t->line;

	if (t->o->numbers && ev->nr < 0)
		sk_out_str(o, "[????] ");
	else if (t->o->numbers)
		sk_out_printf(o, "[%4lld] ", (long long)ev->nr);
	if (t->o->places && ev->ip)
		sk_out_printf(o, "[%0*llx] ", word, (unsigned long long)ev->ip);
	else if (t->o->places)
		sk_out_printf(o, "[%.*s] ", word, "????????????????");
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
	if (!t->o->pids && (t->tasks > 1 || t->o->always_pid))
		sk_out_printf(&t->line, "[pid %5d] ", ev->tid);
	put_time(t, ev);
	put_place(t, ev);
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
