/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names are sockkit_GROUP_NAME with the kernel's own spelling, so that what
 * --counters shows is found again: sockkit_TcpExt_ListenOverflows_total.
 */
#include "diag/openmetrics.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "diag/counters.h"
#include "diag/openmetrics_in.h"

const char *sk_metrics_type(enum sk_metrics_form form)
{
	return form == SK_METRICS_OPEN ?
		       "application/openmetrics-text; version=1.0.0; "
		       "charset=utf-8" :
		       "text/plain; version=0.0.4; charset=utf-8";
}

/* Backslash, quote and newline as both forms want them. */
static void put_quoted(struct sk_out *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\\' || *s == '"')
			sk_out_char(out, '\\');
		if (*s == '\n')
			sk_out_str(out, "\\n");
		else
			sk_out_char(out, *s);
	}
}

void sk_metric_family(struct sk_out *out, enum sk_metrics_form form,
		      const char *name, bool total, const char *help)
{
	/* OpenMetrics names the family, the text format the samples. */
	const char *suffix = total && form == SK_METRICS_TEXT ? "_total" : "";

	if (help) {
		sk_out_printf(out, "# HELP %s%s ", name, suffix);
		put_quoted(out, help);
		sk_out_char(out, '\n');
	}
	sk_out_printf(out, "# TYPE %s%s %s\n", name, suffix,
		      total ? "counter" : "gauge");
}

void sk_metric_label(struct sk_out *out, bool first, const char *label,
		     const char *value)
{
	char shown[512];

	sk_out_printf(out, "%s%s=\"", first ? "{" : ",", label);
	put_quoted(out, sk_escape(shown, sizeof(shown), value, strlen(value)));
	sk_out_char(out, '"');
}

/* --- counters --------------------------------------------------------------- */

#define METRIC_NAME_MAX 160

static const char *metric_name(char buf[METRIC_NAME_MAX],
			       const struct sk_counter *c)
{
	snprintf(buf, METRIC_NAME_MAX, "sockkit_%s_%s",
		 c->group[0] ? c->group : "other", c->name);
	for (char *p = buf; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_')
			*p = '_';
	return buf;
}

static bool same_family(const struct sk_counter *a, const struct sk_counter *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->group, b->group);
}

/* A kernel that prints a counter twice must not make the document invalid. */
static bool seen_before(const struct sk_counters *c, size_t i, bool family)
{
	const char *of = c->v[i].of ? c->v[i].of : "";

	for (size_t k = 0; k < i; k++)
		if (same_family(&c->v[k], &c->v[i]) &&
		    (family || !strcmp(c->v[k].of ? c->v[k].of : "", of)))
			return true;
	return false;
}

static void put_sample(struct sk_out *out, const char *name,
		       const struct sk_counter *c)
{
	sk_out_str(out, name);
	if (c->kind == SK_COUNTER_TOTAL)
		sk_out_str(out, "_total");
	if (c->of) {
		sk_metric_label(out, true, c->label, c->of);
		sk_out_char(out, '}');
	}
	sk_out_char(out, ' ');
	if (c->negative)
		sk_out_printf(out, "%lld", (long long)c->value);
	else
		sk_out_u64(out, c->value);
	sk_out_char(out, '\n');
}

/* A family and all its samples: they must stand together. */
static void put_counter(struct sk_out *out, enum sk_metrics_form form,
			const struct sk_counters *c, size_t i)
{
	char name[METRIC_NAME_MAX];

	metric_name(name, &c->v[i]);
	sk_metric_family(out, form, name, c->v[i].kind == SK_COUNTER_TOTAL,
			 c->v[i].meaning);
	for (size_t k = i; k < c->n; k++)
		if (same_family(&c->v[k], &c->v[i]) &&
		    !seen_before(c, k, false))
			put_sample(out, name, &c->v[k]);
}

void sk_metrics_counters(struct sk_out *out, enum sk_metrics_form form,
			 const struct sk_counters *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (!seen_before(c, i, true))
			put_counter(out, form, c, i);
}

int sk_metrics_write(struct sk_out *out, enum sk_metrics_form form,
		     const char *proc, struct sk_err *err)
{
	struct sk_counters c;
	int r = sk_counters_read(&c, proc, err), sockets;

	if (r >= 0)
		sk_metrics_counters(out, form, &c);
	sk_counters_fini(&c);
	sockets = sk_metrics_sockets(out, form, r >= 0 ? NULL : err);
	if (form == SK_METRICS_OPEN)
		sk_out_str(out, "# EOF\n");
	return r < 0 && sockets < 0 ? sockets : 0;
}
