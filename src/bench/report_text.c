/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page for people: what stands around the table. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grid.h"
#include "base/text.h"
#include "bench/format.h"
#include "bench/report_in.h"

void bench_page_put(const struct bench_page *page, const char *text)
{
	char shown[512];

	sk_out_str(page->out, sk_escape(shown, sizeof(shown), text,
					strlen(text)));
}

/* "  epoll: " before what is said of one row; a single row needs no name. */
static void begin_line(const struct bench_page *page,
		       const struct bench_row *row)
{
	sk_out_str(page->out, "  ");
	if (page->s->n_rows < 2)
		return;
	bench_page_put(page, row->label);
	sk_out_str(page->out, ": ");
}

void bench_title_put(struct sk_out *out, const struct bench_summary *s)
{
	const char *gap = ": ";

	sk_out_str(out, s->result->workload ? s->result->workload : "");
	for (size_t i = 0; s->n_rows && i < s->n_axes; i++) {
		if (s->axes[i].varies)
			continue;
		sk_out_str(out, gap);
		sk_out_str(out, s->axes[i].name);
		sk_out_char(out, ' ');
		sk_out_str(out, bench_variant_get(s->rows[0].v,
						  s->axes[i].name));
		gap = ", ";
	}
}

static void put_title(const struct bench_page *page)
{
	struct sk_out title;

	sk_out_init(&title, -1);
	bench_title_put(&title, page->s);
	sk_out_char(&title, '\0');
	if (!title.error)
		bench_page_put(page, title.buf);
	sk_out_fini(&title);
	sk_out_char(page->out, '\n');
}

/* --- distributions ------------------------------------------------------------- */

static bool several_hists(const struct bench_summary *s)
{
	bool seen[BENCH_NHISTS] = { false };
	size_t n = 0;

	for (size_t i = 0; i < s->n_rows; i++)
		for (size_t k = 0; k < BENCH_NHISTS; k++)
			if (s->rows[i].hist[k] && !seen[k]) {
				seen[k] = true;
				n++;
			}
	return n > 1;
}

static void hist_row(struct sk_grid *g, const struct bench_row *row, size_t id,
		     bool utf8)
{
	static const double shares[] = { 0.5, 0.9, 0.99, 0.999, 0.9999, 1 };
	const struct bench_hist *h = row->hist[id];
	char value[BENCH_TEXT_MAX], name[BENCH_TEXT_MAX];

	sk_grid_cell(g, row->label);
	sk_grid_cell(g, bench_hist_title(name, (int)id));
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		sk_grid_cell(g, bench_format_ns(
				value, (double)bench_hist_at(h, shares[i]),
				utf8));
}

/* Where the time went, when more than one kind of it was measured. */
static void put_hists(const struct bench_page *page)
{
	static const char *const heads[] = { "",    "time",  "p50",    "p90",
					     "p99", "p99.9", "p99.99", "max" };
	struct sk_grid g;

	if (!several_hists(page->s))
		return;
	sk_out_char(page->out, '\n');
	sk_grid_init(&g, "llrrrrrr");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		sk_grid_cell(&g, heads[i]);
	for (size_t i = 0; i < page->s->n_rows; i++)
		for (size_t k = 0; k < BENCH_NHISTS; k++)
			if (page->s->rows[i].hist[k])
				hist_row(&g, &page->s->rows[i], k,
					 page->style->utf8);
	sk_grid_print(&g, page->out);
}

/* --- sentences ----------------------------------------------------------------- */

/* What could not be told, of all pairs together when there are several. */
static void put_undecided(const struct bench_page *page, size_t n)
{
	const struct bench_pair *p = page->s->pairs;

	while (p->verdict != BENCH_FEW)
		p++;
	sk_out_printf(page->out, "  too few rounds to tell in %zu of %zu "
		      "comparisons (%zu + %zu; %zu each could)\n", n,
		      page->s->n_pairs, p->na, p->nb, p->enough);
}

static void put_verdicts(const struct bench_page *page)
{
	const struct bench_summary *s = page->s;
	size_t few = 0;

	for (size_t i = 0; i < s->n_pairs; i++)
		few += s->pairs[i].verdict == BENCH_FEW;
	if (s->n_pairs)
		sk_out_str(page->out, "\nverdict:\n");
	for (size_t i = 0; i < s->n_pairs; i++) {
		const struct bench_pair *p = &s->pairs[i];
		char text[1024];

		if (few > 1 && p->verdict == BENCH_FEW)
			continue;
		bench_pair_text(text, sizeof(text), p, s->result->primary,
				s->rows[p->a].label, s->rows[p->b].label,
				page->style->utf8);
		sk_out_str(page->out, "  ");
		bench_page_put(page, text);
		sk_out_char(page->out, '\n');
	}
	if (few > 1)
		put_undecided(page, few);
}

static void put_refused(const struct bench_page *page)
{
	const char *head = "\nnot run:\n";

	for (size_t i = 0; i < page->s->n_rows; i++) {
		const struct bench_row *row = &page->s->rows[i];

		if (!row->v->refused)
			continue;
		sk_out_str(page->out, head);
		begin_line(page, row);
		bench_page_put(page, row->v->refused);
		sk_out_char(page->out, '\n');
		head = "";
	}
}

#define NOISE_MAX 80

/* "" of a row that nobody disturbed. */
static const char *noise_text(char buf[NOISE_MAX], const struct bench_row *row)
{
	int n = 0;

	*buf = '\0';
	if (!row->v->repeated && !row->disturbed)
		return buf;
	n = snprintf(buf, NOISE_MAX, "disturbed rounds: ");
	if (row->v->repeated)
		n += snprintf(buf + n, NOISE_MAX - (size_t)n,
			      "%zu run again%s", row->v->repeated,
			      row->disturbed ? ", " : "");
	if (row->all_disturbed)
		snprintf(buf + n, NOISE_MAX - (size_t)n,
			 "all, so they count after all");
	else if (row->disturbed)
		snprintf(buf + n, NOISE_MAX - (size_t)n, "%zu left out",
			 row->disturbed);
	return buf;
}

/* Were all that ran disturbed alike? Then it is said once. */
static bool noise_is_common(const struct bench_summary *s)
{
	char first[NOISE_MAX] = "", text[NOISE_MAX];
	size_t n = 0;

	for (size_t i = 0; i < s->n_rows; i++) {
		if (s->rows[i].v->refused)
			continue;
		noise_text(text, &s->rows[i]);
		if (n++ && strcmp(text, first))
			return false;
		snprintf(first, sizeof(first), "%s", text);
	}
	return n > 1;
}

static const char *put_note(const struct bench_page *page,
			    const struct bench_row *row, const char *text,
			    const char *head)
{
	if (!text || !*text)
		return head;
	sk_out_str(page->out, head);
	if (row)
		begin_line(page, row);
	else
		sk_out_str(page->out, "  all: ");
	bench_page_put(page, text);
	sk_out_char(page->out, '\n');
	return "";
}

static void put_notes(const struct bench_page *page)
{
	bool common = noise_is_common(page->s);
	const char *head = "\nnotes:\n";
	char text[NOISE_MAX] = "";

	for (size_t i = 0; i < page->s->n_rows; i++) {
		const struct bench_row *row = &page->s->rows[i];

		head = put_note(page, row, row->v->note, head);
		if (!row->v->refused)
			noise_text(text, row);
		if (!common && !row->v->refused)
			head = put_note(page, row, text, head);
	}
	if (common)
		put_note(page, NULL, text, head);
}

/*
 * Rounds say why in parts, "wake-up bound, others used 0.70 CPUs", in which
 * figures change from round to round. Parts are the same when all but their
 * figures is.
 */
#define PARTS_MAX 16

struct part {
	const char *text;	/* as it was said last */
	size_t len, times;
};

static bool same_part(const char *a, size_t na, const char *b, size_t nb)
{
	size_t i = 0, k = 0;

	while (i < na && k < nb) {
		size_t da = strspn(a + i, "0123456789."), db;

		db = strspn(b + k, "0123456789.");
		if (!da != !db || (!da && a[i] != b[k]))
			return false;
		i += da ? da : 1;
		k += db ? db : 1;
	}
	return i >= na && k >= nb;
}

static void count_part(struct part parts[PARTS_MAX], const char *text,
		       size_t len)
{
	struct part *p = parts;

	for (; p < parts + PARTS_MAX; p++)
		if (!p->text || same_part(p->text, p->len, text, len)) {
			*p = (struct part){ text, len, p->times + 1 };
			return;
		}
}

static void count_parts(const struct bench_row *row,
			struct part parts[PARTS_MAX])
{
	for (size_t i = 0; i < row->v->n_rounds; i++) {
		const struct bench_round *round = &row->v->rounds[i];
		const char *why = round->why;

		if (!why || (round->disturbed && !row->all_disturbed))
			continue;
		while (*why) {
			const char *end = strstr(why, ", ");
			size_t len = end ? (size_t)(end - why) : strlen(why);

			count_part(parts, why, len);
			why += len + (end ? 2 : 0);
		}
	}
}

/* What at least every other round says. */
static const char *put_why_row(const struct bench_page *page,
			       const struct bench_row *row, const char *head)
{
	struct part parts[PARTS_MAX] = { { NULL, 0, 0 } };
	const char *gap = NULL;

	count_parts(row, parts);
	for (struct part *p = parts; p < parts + PARTS_MAX && p->text; p++) {
		char text[200];

		if (p->times * 2 < row->n)
			continue;
		if (!gap) {
			sk_out_str(page->out, head);
			begin_line(page, row);
		}
		sk_out_str(page->out, gap ? gap : "");
		snprintf(text, sizeof(text), "%.*s", (int)p->len, p->text);
		bench_page_put(page, text);
		if (p->times < row->n)
			sk_out_printf(page->out, " (%zu of %zu rounds)",
				      p->times, row->n);
		gap = ", ";
	}
	if (!gap)
		return head;
	sk_out_char(page->out, '\n');
	return "";
}

static void put_why(const struct bench_page *page)
{
	const char *head = "\nwhy:\n";

	for (size_t i = 0; i < page->s->n_rows; i++)
		head = put_why_row(page, &page->s->rows[i], head);
}

static void put_floors(const struct bench_page *page)
{
	const struct bench_result *r = page->s->result;
	char value[BENCH_TEXT_MAX];

	for (size_t i = 0; i < r->n_floors; i++) {
		sk_out_str(page->out, i ? ", " : "\nfloors: ");
		bench_page_put(page, r->floors[i].name);
		sk_out_char(page->out, ' ');
		sk_out_str(page->out, bench_format(value, r->floors[i].metric,
						   r->floors[i].value,
						   page->style->utf8));
	}
	if (r->n_floors)
		sk_out_char(page->out, '\n');
}

int bench_page_text(const struct bench_page *page)
{
	put_hists(page);
	put_refused(page);
	put_verdicts(page);
	put_why(page);
	put_notes(page);
	put_floors(page);
	if (page->s->result->interrupted)
		sk_out_str(page->out, bench_result_rounds(page->s->result) ?
			   "\ninterrupted: this is what was measured so far\n" :
			   "\ninterrupted: nothing was measured before that\n");
	return page->out->error == -ENOMEM ? -ENOMEM : 0;
}

/* --- the page ------------------------------------------------------------------ */

/* Sysctls and long lists stand in the documents; here is what one looks for. */
#define FACT_MAX 60
static void put_machine(const struct bench_page *page,
			const struct bench_result *r)
{
	size_t column = 0;

	for (size_t i = 0; i < r->n_facts; i++) {
		const struct bench_fact *f = &r->facts[i];
		size_t len = strlen(f->name) + strlen(f->value) + 3;

		if (strchr(f->name, '.') || len > FACT_MAX)
			continue;
		if (!column) {
			sk_out_str(page->out, "\nmachine: ");
			column = 9;
		} else if (column + len > 78) {
			sk_out_str(page->out, ",\n  ");
			column = 2;
		} else {
			sk_out_str(page->out, ", ");
		}
		bench_page_put(page, f->name);
		sk_out_char(page->out, ' ');
		bench_page_put(page, f->value);
		column += len;
	}
	if (column)
		sk_out_char(page->out, '\n');
}

static int put_result(const struct bench_result *r, struct sk_out *out,
		      const struct bench_style *style)
{
	struct bench_summary s;
	struct bench_page page = { out, style, &s };
	int e = bench_summary_init(&s, r);

	if (e >= 0) {
		put_title(&page);
		e = bench_page_table(&page);
	}
	if (e >= 0)
		e = bench_page_text(&page);
	bench_summary_fini(&s);
	return e;
}

int bench_report_text(struct sk_out *out, struct bench_result *const *results,
		      size_t n, const struct bench_style *style)
{
	struct bench_page page = { out, style, NULL };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n; i++) {
		if (i)
			sk_out_char(out, '\n');
		r = put_result(results[i], out, style);
	}
	if (r >= 0 && n)
		put_machine(&page, results[0]);
	return r;
}
