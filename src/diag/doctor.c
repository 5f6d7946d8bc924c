/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings: gathered, sorted, and told. The rules are doctor_rules.c. */
#include "diag/doctor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

/* Of one rule; a thousand stuck connections are told by twenty. */
#define SHOWN_MAX 20

/* --- gathering -------------------------------------------------------------- */

struct sk_finding *sk_findings_add(struct sk_findings *f, uint64_t weight)
{
	struct sk_finding *new;

	if (f->n == f->cap) {
		size_t cap = f->cap ? 2 * f->cap : 16;
		struct sk_finding *v = realloc(f->v, cap * sizeof(*v));

		if (!v) {
			f->failed = true;
			return NULL;
		}
		f->v = v;
		f->cap = cap;
	}
	new = &f->v[f->n++];
	*new = (struct sk_finding){ .rule = f->rule, .weight = weight,
				    .severity = f->rule->severity };
	return new;
}

void sk_finding_text(struct sk_finding *f, const char *name, const char *text)
{
	if (!f || f->n == SK_EVIDENCE_MAX)
		return;
	f->evidence[f->n].name = name;
	snprintf(f->evidence[f->n].text, SK_EVIDENCE_TEXT, "%s", text);
	f->evidence[f->n++].number = false;
}

void sk_finding_number(struct sk_finding *f, const char *name, uint64_t v)
{
	char text[24];

	if (!f || f->n == SK_EVIDENCE_MAX)
		return;
	snprintf(text, sizeof(text), "%" PRIu64, v);
	sk_finding_text(f, name, text);
	f->evidence[f->n - 1].number = true;
}

void sk_findings_fini(struct sk_findings *f)
{
	free(f->v);
	*f = (struct sk_findings){ .n = 0 };
}

/* Worst first; equals in the order of the rules' names. */
static int by_severity(const void *a, const void *b)
{
	const struct sk_finding *x = a, *y = b;

	if (x->severity != y->severity)
		return y->severity - x->severity;
	if (x->rule != y->rule)
		return strcmp(x->rule->name, y->rule->name);
	return x->weight < y->weight ? 1 : -(x->weight > y->weight);
}

int sk_doctor_examine(struct sk_checkup *c, struct sk_findings *f,
		      struct sk_err *err)
{
	*f = (struct sk_findings){ .n = 0 };
	for (size_t i = 0; (f->rule = sk_rule_at(i)) != NULL; i++)
		f->rule->test(c, f);
	if (f->failed)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	if (f->n)
		qsort(f->v, f->n, sizeof(*f->v), by_severity);
	return 0;
}

const struct sk_rule *sk_rule_find(const char *name)
{
	const struct sk_rule *r;

	for (size_t i = 0; (r = sk_rule_at(i)) != NULL; i++)
		if (!strcmp(r->name, name))
			return r;
	return NULL;
}

/* --- telling ---------------------------------------------------------------- */

static const char *evidence(const struct sk_finding *f, const char *name,
			    size_t len)
{
	for (size_t i = 0; i < f->n; i++)
		if (strlen(f->evidence[i].name) == len &&
		    !memcmp(f->evidence[i].name, name, len))
			return f->evidence[i].text;
	return NULL;
}

void sk_finding_fill(const struct sk_finding *f, const char *template,
		     double secs, struct sk_out *out)
{
	for (const char *p = template; *p; p++) {
		const char *end = *p == '{' ? strchr(p, '}') : NULL;
		const char *text;

		if (!end) {
			sk_out_char(out, *p);
			continue;
		}
		text = evidence(f, p + 1, (size_t)(end - p - 1));
		if (text)
			sk_out_str(out, text);
		else if (sk_starts_with(p, "{secs}"))
			sk_out_printf(out, "%.1f", secs);
		else
			sk_out_char(out, '?');
		p = end;
	}
}

static void json_filled(struct sk_json *j, const struct sk_finding *f,
			const char *template, double secs)
{
	struct sk_out text;

	sk_out_init(&text, -1);
	sk_finding_fill(f, template, secs, &text);
	sk_json_strn(j, text.buf, text.len);
	sk_out_fini(&text);
}

static void json_finding(struct sk_json *j, const struct sk_finding *f,
			 double secs)
{
	sk_json_begin(j, '{');
	sk_json_put_str(j, "rule", f->rule->name);
	sk_json_put_i64(j, "severity", f->severity);
	sk_json_key(j, "says");
	json_filled(j, f, f->rule->says, secs);
	sk_json_key(j, "remedy");
	json_filled(j, f, f->rule->remedy, secs);
	sk_json_key(j, "evidence");
	sk_json_begin(j, '{');
	for (size_t i = 0; i < f->n; i++) {
		sk_json_key(j, f->evidence[i].name);
		if (f->evidence[i].number)
			sk_json_u64(j, strtoull(f->evidence[i].text, NULL, 10));
		else
			sk_json_str(j, f->evidence[i].text);
	}
	sk_json_end(j, '}');
	sk_json_end(j, '}');
}

static void show_text(const struct sk_findings *f, double secs,
		      struct sk_out *out)
{
	const struct sk_rule *last = NULL;
	size_t same = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct sk_finding *v = &f->v[i];

		same = v->rule == last ? same + 1 : 0;
		last = v->rule;
		if (same == SHOWN_MAX)
			sk_out_printf(out, "%s: and more like these\n",
				      v->rule->name);
		if (same >= SHOWN_MAX)
			continue;
		sk_out_printf(out, "%s: ", v->rule->name);
		sk_finding_fill(v, v->rule->says, secs, out);
		sk_out_str(out, "\n    remedy: ");
		sk_finding_fill(v, v->rule->remedy, secs, out);
		sk_out_char(out, '\n');
	}
}

void sk_findings_show(const struct sk_findings *f, double secs, bool json,
		      struct sk_out *out)
{
	struct sk_json j;

	if (!json) {
		show_text(f, secs, out);
		return;
	}
	sk_json_init(&j, out);
	sk_json_begin(&j, '[');
	for (size_t i = 0; i < f->n; i++)
		json_finding(&j, &f->v[i], secs);
	sk_json_end(&j, ']');
	sk_json_line(&j);
}
