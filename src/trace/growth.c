/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/growth.h"

#include <stdlib.h>

#include "trace/model.h"

#define GROWN_MIN 32	/* sockets open; fewer are no trouble */
#define SPANS_MIN 4
#define FIRST_SPAN 4	/* makings */

static void unref(struct sk_group *g)
{
	if (!--g->refs)
		free(g);
}

static struct sk_group *group_of(struct sk_groups *groups,
				 const struct sk_life *l)
{
	struct sk_group *g;

	LIST_FOREACH(g, groups, link)
		if (g->listener == l->listener && g->family == l->family &&
		    g->type == l->type && g->protocol == l->protocol)
			return g;
	g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	g->refs = 1;
	g->pid = l->pid;
	g->listener = l->listener;
	g->family = l->family;
	g->type = l->type;
	g->protocol = l->protocol;
	g->span = FIRST_SPAN;
	LIST_INSERT_HEAD(groups, g, link);
	return g;
}

/* Spans are over: two become one when there is no room. */
static void end_span(struct sk_group *g)
{
	if (g->n == SK_GROWTH_SPANS) {
		for (int i = 0; i < SK_GROWTH_SPANS / 2; i++) {
			g->spans[i] = g->spans[2 * i];
			if (g->spans[2 * i + 1].low < g->spans[i].low)
				g->spans[i].low = g->spans[2 * i + 1].low;
		}
		g->n /= 2;
		g->span *= 2;
		return;		/* the present one is as long as that now */
	}
	g->spans[g->n].low = g->low_now;
	g->spans[g->n++].began = g->began;
	g->in_span = 0;
}

void sk_growth_made(struct sk_groups *groups, struct sk_life *l, uint64_t now)
{
	struct sk_group *g = l->group ? NULL : group_of(groups, l);

	if (!g)
		return;
	l->group = g;
	g->refs++;
	g->made++;
	g->live++;
	if (g->in_span == g->span)
		end_span(g);
	if (!g->in_span) {
		g->low_now = g->live;
		g->began = now;
	}
	g->in_span++;
}

void sk_growth_ended(struct sk_life *l)
{
	struct sk_group *g = l->group;

	if (!g)
		return;
	l->group = NULL;
	if (--g->live < g->low_now)
		g->low_now = g->live;
	unref(g);
}

void sk_growth_fini(struct sk_groups *groups)
{
	struct sk_group *g;

	while ((g = LIST_FIRST(groups)) != NULL) {
		LIST_REMOVE(g, link);
		unref(g);
	}
}

/* Since when is the later half of the makings, in whole spans. */
static bool is_unused(const struct sk_group *g, const struct sk_life *l)
{
	uint64_t k = (g->made / 2 + g->span - 1) / g->span;

	return l->used < (k < (uint64_t)g->n ? g->spans[k].began : g->began);
}

bool sk_growth_judge(const struct sk_model *m, struct sk_group *g)
{
	const struct sk_life *l;
	int i = 1;

	g->grown = false;
	g->unused = 0;
	while (i < g->n && g->spans[i].low > g->spans[i - 1].low)
		i++;
	if (g->n < SPANS_MIN || i < g->n || g->live < GROWN_MIN ||
	    g->low_now <= g->spans[g->n - 1].low)
		return false;
	TAILQ_FOREACH(l, &m->live, link)
		g->unused += l->group == g && is_unused(g, l);
	g->grown = g->unused >= g->live / 2;
	return g->grown;
}

bool sk_growth_forgotten(const struct sk_life *l)
{
	return l->group && l->group->grown && is_unused(l->group, l);
}
