/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's counters: /proc/net snmp, snmp6, netstat, sockstat, sockstat6,
 * softnet_stat, dev, stat/nf_conntrack, xfrm_stat, tls_stat and sctp/snmp, in
 * one list, with a meaning for each name that Linux 6.x has (counters.def).
 * Names that the table does not know are listed without meaning, files that
 * are not there are left out.
 */
#ifndef SK_DIAG_COUNTERS_H
#define SK_DIAG_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum sk_counter_kind {
	SK_COUNTER_TOTAL,	/* only grows, until the machine restarts */
	SK_COUNTER_GAUGE,	/* goes up and down */
};

struct sk_counter {
	const char *group;	/* "TcpExt" */
	const char *name;	/* "ListenOverflows" */
	const char *label;	/* "device", "cpu", or NULL */
	const char *of;		/* which device or CPU: "eth0", "3" */
	const char *meaning;	/* NULL: not known to us */
	enum sk_counter_kind kind;
	bool negative;		/* value is an int64_t (Tcp MaxConn: -1) */
	uint64_t value;
};

struct sk_counters {
	struct sk_counter *v;
	size_t n, cap;
	char **texts;		/* the files, which the names point into */
	size_t n_texts;
	uint64_t when_us;	/* sk_now_us() of the reading */
};

/*
 * Read all files below `proc` ("/proc"). Returns 0, or a negative errno when
 * none of them could be read. sk_counters_fini() is due in any case.
 */
int sk_counters_read(struct sk_counters *c, const char *proc,
		     struct sk_err *err);
void sk_counters_fini(struct sk_counters *c);

/* The first of this group and name; NULL when there is none. */
const struct sk_counter *sk_counters_find(const struct sk_counters *c,
					  const char *group, const char *name);
/* Its value, or 0 where there is none; summed over devices or CPUs. */
uint64_t sk_counters_sum(const struct sk_counters *c, const char *group,
			 const char *name);
/* The one of another reading that is like `like`, or NULL. */
const struct sk_counter *sk_counters_like(const struct sk_counters *c,
					  const struct sk_counter *like);

/*
 * What has been added since an older reading. A total that has shrunk began
 * anew (a module was loaded again): its whole value counts.
 */
int64_t sk_counter_delta(const struct sk_counter *now,
			 const struct sk_counter *before);

#define SK_COUNTER_NAME_MAX 128
/* "TcpExtListenOverflows", "TCP.inuse", "DevRxDrop{eth0}". Escaped. */
const char *sk_counter_format(char buf[SK_COUNTER_NAME_MAX],
			      const struct sk_counter *c);
/*
 * Does it match a pattern of fnmatch(3), in any case? The pattern is held
 * against NAME, GROUPNAME and GROUP.NAME.
 */
bool sk_counter_matches(const struct sk_counter *c, const char *glob);

/*
 * The row of counters.def for a name, by the aliases of its group: its
 * meaning, and its kind in *kind. NULL: not known.
 */
const char *sk_counter_meaning(const char *group, const char *name,
			       enum sk_counter_kind *kind);

/*
 * Give the list a string to own and free; text itself, or NULL without memory
 * (text is freed then).
 */
char *sk_counters_keep(struct sk_counters *c, char *text);

/* The parsers, one a form of file; text is cut to pieces and must stay. */
typedef int sk_counters_parse(struct sk_counters *c, char *text);
sk_counters_parse sk_counters_parse_pairs;	/* net/snmp: "Ip: a b" twice */
sk_counters_parse sk_counters_parse_list;	/* net/snmp6: "Ip6InReceives 1" */
sk_counters_parse sk_counters_parse_sockstat;	/* "TCP: inuse 7 orphan 0" */
sk_counters_parse sk_counters_parse_softnet;	/* hexadecimal, a row a CPU */
sk_counters_parse sk_counters_parse_dev;	/* "eth0: 1 2 3" */
sk_counters_parse sk_counters_parse_conntrack;	/* names, then rows of hex */

#endif
