/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/faults.h"

#include <stdlib.h>

struct sk_fault_counts {
	struct sk_fault_counts *next;
	pid_t tid;
	uint64_t calls[SK_INJECT_MAX];	/* that matched each rule */
};

void sk_faults_init(struct sk_faults *f, const struct sk_inject_rule *rules,
		    size_t n)
{
	*f = (struct sk_faults){ rules, n, NULL };
}

void sk_faults_fini(struct sk_faults *f)
{
	struct sk_fault_counts *c;

	while ((c = f->counts) != NULL) {
		f->counts = c->next;
		free(c);
	}
}

static struct sk_fault_counts *counts_of(struct sk_faults *f, pid_t tid)
{
	struct sk_fault_counts *c = f->counts;

	while (c && c->tid != tid)
		c = c->next;
	if (c)
		return c;
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->tid = tid;
	c->next = f->counts;
	f->counts = c;
	return c;
}

static void forget(struct sk_faults *f, pid_t tid)
{
	struct sk_fault_counts **p = &f->counts, *c;

	while ((c = *p) != NULL && c->tid != tid)
		p = &c->next;
	if (c)
		*p = c->next;
	free(c);
}

static bool is_due(const struct sk_inject_rule *r, uint64_t n)
{
	return n >= r->first && n <= r->last &&
	       (n - r->first) % r->step == 0;
}

static void apply(const struct sk_inject_rule *r, struct sk_verdict *v)
{
	if (r->has_result) {
		v->has_result = true;
		v->result = r->result;
	}
	if (r->signal)
		v->signal = r->signal;
	v->delay_enter_us += r->delay_enter_us;
	v->delay_exit_us += r->delay_exit_us;
}

void sk_faults_event(struct sk_faults *f, const struct sk_event *ev,
		     struct sk_verdict *v)
{
	struct sk_fault_counts *c;

	if (!f->n)
		return;
	if (ev->kind == SK_EV_ENDED || ev->kind == SK_EV_DETACHED)
		forget(f, ev->tid);
	if (ev->kind != SK_EV_ENTER)
		return;
	c = counts_of(f, ev->tid);
	for (size_t i = 0; c && i < f->n; i++) {
		if (!sk_sys_set_has(&f->rules[i].calls, ev->sys))
			continue;
		if (is_due(&f->rules[i], ++c->calls[i]))
			apply(&f->rules[i], v);
	}
}
