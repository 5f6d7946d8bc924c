/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which sockets are meant when a command line names families and states. The
 * rules are ss's: each family brings the states it is usually seen in, and
 * without any family all are listed.
 */
#ifndef SK_DIAG_SELECT_H
#define SK_DIAG_SELECT_H

#include "base/err.h"
#include "diag/sock.h"

struct sk_select {
	uint32_t kinds;		/* SK_KIND_BIT()s */
	uint32_t states;	/* SK_STATE_BIT()s */
	unsigned families;	/* SK_FAMILY_V4, SK_FAMILY_V6 */
	uint32_t named;		/* of these, those that were named one by one */
	bool query;		/* -A has been given */
};

/* -t, -x …: these kinds, in their usual states. */
void sk_select_kinds(struct sk_select *s, uint32_t kinds);
/* -4, -6: SK_FAMILY_V4, SK_FAMILY_V6. */
void sk_select_ip(struct sk_select *s, unsigned family);
/* -f: "inet", "inet6", "unix", "link", "netlink" …; a usage error if not. */
int sk_select_family(struct sk_select *s, const char *name, struct sk_err *err);
/*
 * -A: "tcp,unix_dgram,!raw"; "all", "inet" …; a usage error if not. Of -t and
 * the like: "-tcp".
 */
int sk_select_query(struct sk_select *s, const char *list, struct sk_err *err);
/*
 * The AF_* that hosts in a filter are of where they do not say so: of what
 * was selected, if that is one family. Else AF_UNSPEC, IP.
 */
int sk_select_host_family(const struct sk_select *s);
/*
 * What was left open. states: those that -a, -l, -B or a filter ask for, 0 if
 * none does.
 */
void sk_select_finish(struct sk_select *s, uint32_t states);

/*
 * The words "state X" and "exclude X" at the beginning of a filter, as ss
 * takes them: several states are or'ed. *text moves behind them; *states is
 * 0 when there are none.
 */
int sk_select_states(const char **text, uint32_t *states, struct sk_err *err);

#endif
