/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stat --doctor: two readings of counters and sockets some seconds apart, a
 * table of rules over them (doctor_rules.c), and what they found as sentences
 * with evidence and remedy, worst first.
 */
#ifndef SK_DIAG_DOCTOR_H
#define SK_DIAG_DOCTOR_H

#include "base/out.h"
#include "diag/checkup.h"

#define SK_EVIDENCE_MAX 10
#define SK_EVIDENCE_TEXT 160

struct sk_evidence {
	const char *name;	/* "local": {local} in the templates */
	char text[SK_EVIDENCE_TEXT];
	bool number;		/* a JSON number */
};

struct sk_finding;
struct sk_findings;

struct sk_rule {
	const char *name;	/* "accept-overflow" */
	int severity;		/* 1 … 100: how bad it is when found */
	void (*test)(struct sk_checkup *c, struct sk_findings *f);
	/* Templates: {name} stands for evidence, {secs} for the interval. */
	const char *says;
	const char *remedy;
};

struct sk_finding {
	const struct sk_rule *rule;
	int severity;		/* the rule's, unless the test knows better */
	uint64_t weight;	/* orders findings of one severity */
	size_t n;
	struct sk_evidence evidence[SK_EVIDENCE_MAX];
};

struct sk_findings {
	const struct sk_rule *rule; /* that is being tested */
	struct sk_finding *v;
	size_t n, cap;
	bool failed;		/* no memory for a finding */
};

/* The rules: NULL after the last. */
const struct sk_rule *sk_rule_at(size_t i);
const struct sk_rule *sk_rule_find(const char *name);

/* Test all rules, and sort. 0 or -ENOMEM. sk_findings_fini() is due. */
int sk_doctor_examine(struct sk_checkup *c, struct sk_findings *f,
		      struct sk_err *err);
void sk_findings_fini(struct sk_findings *f);

/* What a test calls: a finding, then its evidence. NULL without memory. */
struct sk_finding *sk_findings_add(struct sk_findings *f, uint64_t weight);
void sk_finding_text(struct sk_finding *f, const char *name, const char *text);
void sk_finding_number(struct sk_finding *f, const char *name, uint64_t v);

/* The template with its evidence filled in, to memory. */
void sk_finding_fill(const struct sk_finding *f, const char *template,
		     double secs, struct sk_out *out);

/* All findings: a paragraph each, or a JSON array. */
void sk_findings_show(const struct sk_findings *f, double secs, bool json,
		      struct sk_out *out);

#endif
