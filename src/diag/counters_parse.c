/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The forms that the counter files have. Kernels add columns and lines with
 * every release and leave out what they were built without, so names are
 * taken from the files where the files have them, and a line that is not
 * understood is skipped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "diag/counters.h"
#include "diag/procfile.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static bool number(const char *word, int base, uint64_t *v, bool *negative)
{
	char *end;

	*negative = *word == '-';
	*v = *negative ? (uint64_t)strtoll(word, &end, base) :
			 strtoull(word, &end, base);
	return end != word && !*end;
}

/* Not known: a total, unless the file is one of gauges. Returns 0, -ENOMEM. */
static int add(struct sk_counters *c, struct sk_counter new)
{
	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 512;
		struct sk_counter *v = realloc(c->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		c->v = v;
		c->cap = cap;
	}
	new.meaning = sk_counter_meaning(new.group, new.name, &new.kind);
	c->v[c->n++] = new;
	return 0;
}

/* --- net/snmp, net/netstat -------------------------------------------------- */

static int add_pairs(struct sk_counters *c, const char *group, char *names,
		     char *values)
{
	char *name, *word;

	while ((name = sk_word_next(&names)) != NULL &&
	       (word = sk_word_next(&values)) != NULL) {
		struct sk_counter new = { .group = group, .name = name };

		if (number(word, 10, &new.value, &new.negative) &&
		    add(c, new) < 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * A line of names and a line of values, both of which begin with the group.
 * IcmpMsg may come several times. Linux 5.6 to 5.8 left out the newline after
 * MPTcpExt's values when there was no MPTCP socket, at the end of the file.
 */
int sk_counters_parse_pairs(struct sk_counters *c, char *text)
{
	char *names, *values = sk_line_next(&text);

	while ((names = values) && (values = sk_line_next(&text)) != NULL) {
		char *a = strchr(names, ':'), *b = strchr(values, ':');

		if (!a || !b || a - names != b - values ||
		    strncmp(names, values, (size_t)(a - names)))
			continue;	/* a line of its own: try from it on */
		*a = '\0';
		if (add_pairs(c, names, a + 1, b + 1) < 0)
			return -ENOMEM;
		values = sk_line_next(&text);
	}
	return 0;
}

/* --- net/snmp6, net/xfrm_stat, net/tls_stat, net/sctp/snmp ------------------ */

/* Longer ones first where one begins with another. */
static const char *const list_groups[] = {
	"Ip6", "Icmp6", "UdpLite6", "Udp6", "Xfrm", "Tls", "Sctp",
};

int sk_counters_parse_list(struct sk_counters *c, char *text)
{
	char *line;

	while ((line = sk_line_next(&text)) != NULL) {
		char *name = sk_word_next(&line), *word = sk_word_next(&line);
		struct sk_counter new = { .group = "", .name = name };

		if (!word || !number(word, 10, &new.value, &new.negative))
			continue;
		for (size_t i = 0; i < N(list_groups); i++) {
			if (!sk_starts_with(name, list_groups[i]))
				continue;
			new.group = list_groups[i];
			new.name = name + strlen(list_groups[i]);
			break;
		}
		if (add(c, new) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* --- net/sockstat, net/sockstat6 -------------------------------------------- */

int sk_counters_parse_sockstat(struct sk_counters *c, char *text)
{
	char *line, *name, *word;

	while ((line = sk_line_next(&text)) != NULL) {
		char *group = line, *at = strchr(line, ':');

		if (!at)
			continue;
		*at++ = '\0';
		while ((name = sk_word_next(&at)) != NULL &&
		       (word = sk_word_next(&at)) != NULL) {
			struct sk_counter new = { .group = group,
						  .name = name };

			if (!number(word, 10, &new.value, &new.negative))
				continue;
			if (add(c, new) < 0)
				return -ENOMEM;
			c->v[c->n - 1].kind = SK_COUNTER_GAUGE;
		}
	}
	return 0;
}

/* --- net/softnet_stat ------------------------------------------------------- */

/*
 * No names in the file; columns only ever came at the end. "" is not shown:
 * what there was has gone. The CPU's number is column 13 since Linux 5.10
 * (offline CPUs have no row), before that rows are counted.
 */
static const char *const softnet_columns[] = {
	"Processed", "Dropped", "TimeSqueeze", "", "", "", "", "",
	"CpuCollision", "ReceivedRps", "FlowLimit", "Backlog", "",
	"InputQueue", "ProcessQueue",
};
#define SOFTNET_CPU 12

static int add_cpu(struct sk_counters *c, const uint64_t *v, size_t n,
		   uint64_t row)
{
	uint64_t number_of = n > SOFTNET_CPU ? v[SOFTNET_CPU] : row;
	char *cpu;

	if (asprintf(&cpu, "%llu", (unsigned long long)number_of) < 0 ||
	    !sk_counters_keep(c, cpu))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct sk_counter new = { .group = "Softnet",
					  .name = softnet_columns[i],
					  .label = "cpu", .of = cpu,
					  .value = v[i] };

		if (*new.name && add(c, new) < 0)
			return -ENOMEM;
	}
	return 0;
}

int sk_counters_parse_softnet(struct sk_counters *c, char *text)
{
	uint64_t v[N(softnet_columns)], row = 0;
	char *line, *word;
	bool negative;

	for (; (line = sk_line_next(&text)) != NULL; row++) {
		size_t n = 0;

		while (n < N(v) && (word = sk_word_next(&line)) != NULL &&
		       number(word, 16, &v[n], &negative))
			n++;
		if (n && add_cpu(c, v, n, row) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* --- net/dev ---------------------------------------------------------------- */

static const char *const dev_columns[] = {
	"RxBytes", "RxPackets", "RxErrs", "RxDrop", "RxFifo", "RxFrame",
	"RxCompressed", "RxMulticast", "TxBytes", "TxPackets", "TxErrs",
	"TxDrop", "TxFifo", "TxColls", "TxCarrier", "TxCompressed",
};

/*
 * Two lines of heading, then "name:16 numbers". A name may hold any byte but
 * '/', blanks and, by the kernel's rule, ':'; it may come without a blank
 * behind the colon.
 */
int sk_counters_parse_dev(struct sk_counters *c, char *text)
{
	char *line, *word;

	sk_line_next(&text);
	sk_line_next(&text);
	while ((line = sk_line_next(&text)) != NULL) {
		char *name = line + strspn(line, " ");
		char *at = strchr(name, ':');

		if (!at)
			continue;
		*at++ = '\0';
		for (size_t i = 0; i < N(dev_columns) &&
				   (word = sk_word_next(&at)) != NULL; i++) {
			struct sk_counter new = { .group = "Dev",
						  .name = dev_columns[i],
						  .label = "device",
						  .of = name };

			if (number(word, 10, &new.value, &new.negative) &&
			    add(c, new) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

/* --- net/stat/nf_conntrack -------------------------------------------------- */

/*
 * A line of names, then a row of hexadecimal numbers for each CPU. "entries"
 * stands in every row; the others are that CPU's share.
 */
int sk_counters_parse_conntrack(struct sk_counters *c, char *text)
{
	char *names = sk_line_next(&text), *name, *line, *word;
	size_t first = c->n, i;
	uint64_t value;
	bool negative;

	while ((name = sk_word_next(&names)) != NULL) {
		struct sk_counter new = { .group = "Conntrack", .name = name };

		if (add(c, new) < 0)
			return -ENOMEM;
	}
	while ((line = sk_line_next(&text)) != NULL) {
		for (i = first; i < c->n &&
				(word = sk_word_next(&line)) != NULL; i++) {
			if (!number(word, 16, &value, &negative))
				break;
			if (c->v[i].kind == SK_COUNTER_GAUGE)
				c->v[i].value = value;
			else
				c->v[i].value += value;
		}
	}
	return 0;
}
