/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The summary. Which of sockstat's numbers are of this network namespace and
 * which of the whole machine is the kernel's choice: alloc, orphan and mem
 * are the machine's.
 */
#include "diag/summary.h"

#include <stdio.h>
#include <unistd.h>

#include "base/grid.h"
#include "base/json.h"
#include "base/units.h"
#include "diag/procfile.h"

struct tcp_numbers {
	uint64_t total, estab, closed, orphaned, timewait;
};

/* As ss counts: what is allocated, but in no table, is closed. */
static struct tcp_numbers tcp_numbers(const struct sk_counters *c)
{
	uint64_t inuse = sk_counters_sum(c, "TCP", "inuse") +
			 sk_counters_sum(c, "TCP6", "inuse");
	uint64_t alloc = sk_counters_sum(c, "TCP", "alloc");
	uint64_t tw = sk_counters_sum(c, "TCP", "tw");

	return (struct tcp_numbers){
		.total = alloc + tw,
		.estab = sk_counters_sum(c, "Tcp", "CurrEstab"),
		.closed = alloc + tw > inuse ? alloc + tw - inuse : 0,
		.orphaned = sk_counters_sum(c, "TCP", "orphan"),
		.timewait = tw,
	};
}

struct transport {
	const char *name;
	uint64_t v4, v6;
};

#define TRANSPORTS 5

static void transports(const struct sk_counters *c,
		       struct transport t[TRANSPORTS])
{
	static const struct {
		const char *name, *v4, *v6;
	} rows[] = {
		{ "RAW", "RAW", "RAW6" },
		{ "UDP", "UDP", "UDP6" },
		{ "TCP", "TCP", "TCP6" },
		{ "INET", NULL, NULL },
		{ "FRAG", "FRAG", "FRAG6" },
	};

	for (size_t i = 0; i < TRANSPORTS; i++) {
		t[i] = (struct transport){ .name = rows[i].name };
		for (size_t k = 0; !rows[i].v4 && k < i; k++) {
			t[i].v4 += t[k].v4;
			t[i].v6 += t[k].v6;
		}
		if (!rows[i].v4)
			continue;
		t[i].v4 = sk_counters_sum(c, rows[i].v4, "inuse");
		t[i].v6 = sk_counters_sum(c, rows[i].v6, "inuse");
	}
}

/* --- memory ----------------------------------------------------------------- */

struct memory {
	const char *name;
	uint64_t bytes, pressure, limit;
	bool has_limits;	/* not in other namespaces than the first */
};

#define MEMORIES 4

static void memories(const struct sk_counters *c, const char *proc,
		     struct memory m[MEMORIES])
{
	static const struct {
		const char *name, *group, *counter, *limits;
		bool pages;
	} rows[MEMORIES] = {
		{ "TCP", "TCP", "mem", "sys/net/ipv4/tcp_mem", true },
		{ "UDP", "UDP", "mem", "sys/net/ipv4/udp_mem", true },
		{ "FRAG", "FRAG", "memory", "sys/net/ipv4/ipfrag_high_thresh" },
		{ "FRAG6", "FRAG6", "memory",
		  "sys/net/ipv6/ip6frag_high_thresh" },
	};
	long page = sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < MEMORIES; i++) {
		uint64_t unit = rows[i].pages ? (uint64_t)page : 1;
		int64_t v[3];
		int n = sk_procfile_numbers(proc, rows[i].limits, v, 3);

		m[i] = (struct memory){
			.name = rows[i].name,
			.bytes = unit * sk_counters_sum(c, rows[i].group,
							rows[i].counter),
			.has_limits = n > 0,
		};
		if (n > 0)
			m[i].limit = unit * (uint64_t)v[n - 1];
		if (n > 1)
			m[i].pressure = unit * (uint64_t)v[1];
	}
}

static void show_memory(const struct memory m[MEMORIES], struct sk_out *out)
{
	char text[SK_UNITS_MAX];
	struct sk_grid g;

	sk_grid_init(&g, "lrrr");
	sk_grid_cell(&g, "Memory");
	sk_grid_cell(&g, "Used");
	sk_grid_cell(&g, "Pressure");
	sk_grid_cell(&g, "Limit");
	for (size_t i = 0; i < MEMORIES; i++) {
		sk_grid_cell(&g, m[i].name);
		sk_grid_cell(&g, sk_format_size(text, m[i].bytes));
		sk_grid_cell(&g, m[i].pressure ?
				 sk_format_size(text, m[i].pressure) : "-");
		sk_grid_cell(&g, m[i].has_limits ?
				 sk_format_size(text, m[i].limit) : "-");
	}
	sk_grid_print(&g, out);
}

/* --- text and JSON ---------------------------------------------------------- */

static void show_text(const struct sk_counters *c, const struct memory *m,
		      struct sk_out *out)
{
	struct tcp_numbers tcp = tcp_numbers(c);
	struct transport t[TRANSPORTS];
	char line[128];

	transports(c, t);
	sk_out_printf(out, "Total: %llu\n", (unsigned long long)
		      sk_counters_sum(c, "sockets", "used"));
	sk_out_printf(out, "TCP:   %llu (estab %llu, closed %llu, "
		      "orphaned %llu, timewait %llu)\n\n",
		      (unsigned long long)tcp.total,
		      (unsigned long long)tcp.estab,
		      (unsigned long long)tcp.closed,
		      (unsigned long long)tcp.orphaned,
		      (unsigned long long)tcp.timewait);
	sk_out_str(out, "Transport Total     IP        IPv6\n");
	for (size_t i = 0; i < TRANSPORTS; i++) {
		snprintf(line, sizeof(line), "%s\t  %-9llu %-9llu %-9llu\n",
			 t[i].name, (unsigned long long)(t[i].v4 + t[i].v6),
			 (unsigned long long)t[i].v4,
			 (unsigned long long)t[i].v6);
		sk_out_str(out, line);
	}
	sk_out_char(out, '\n');
	show_memory(m, out);
}

static void json_tcp(struct sk_json *j, const struct tcp_numbers *tcp)
{
	sk_json_key(j, "tcp");
	sk_json_begin(j, '{');
	sk_json_put_u64(j, "total", tcp->total);
	sk_json_put_u64(j, "estab", tcp->estab);
	sk_json_put_u64(j, "closed", tcp->closed);
	sk_json_put_u64(j, "orphaned", tcp->orphaned);
	sk_json_put_u64(j, "timewait", tcp->timewait);
	sk_json_end(j, '}');
}

static void json_memory(struct sk_json *j, const struct memory *m)
{
	sk_json_begin(j, '{');
	sk_json_put_str(j, "name", m->name);
	sk_json_put_u64(j, "used_bytes", m->bytes);
	sk_json_key(j, "pressure_bytes");
	if (m->pressure)
		sk_json_u64(j, m->pressure);
	else
		sk_json_null(j);
	sk_json_key(j, "limit_bytes");
	if (m->has_limits)
		sk_json_u64(j, m->limit);
	else
		sk_json_null(j);
	sk_json_end(j, '}');
}

static void show_json(const struct sk_counters *c, const struct memory *m,
		      struct sk_out *out)
{
	struct tcp_numbers tcp = tcp_numbers(c);
	struct transport t[TRANSPORTS];
	struct sk_json j;

	transports(c, t);
	sk_json_init(&j, out);
	sk_json_begin(&j, '{');
	sk_json_put_u64(&j, "total", sk_counters_sum(c, "sockets", "used"));
	json_tcp(&j, &tcp);
	sk_json_key(&j, "transports");
	sk_json_begin(&j, '[');
	for (size_t i = 0; i < TRANSPORTS; i++) {
		sk_json_begin(&j, '{');
		sk_json_put_str(&j, "name", t[i].name);
		sk_json_put_u64(&j, "total", t[i].v4 + t[i].v6);
		sk_json_put_u64(&j, "ipv4", t[i].v4);
		sk_json_put_u64(&j, "ipv6", t[i].v6);
		sk_json_end(&j, '}');
	}
	sk_json_end(&j, ']');
	sk_json_key(&j, "memory");
	sk_json_begin(&j, '[');
	for (size_t i = 0; i < MEMORIES; i++)
		json_memory(&j, &m[i]);
	sk_json_end(&j, ']');
	sk_json_end(&j, '}');
	sk_json_line(&j);
}

void sk_summary_show(const struct sk_counters *c, const char *proc, bool json,
		     struct sk_out *out)
{
	struct memory m[MEMORIES];

	memories(c, proc, m);
	if (json)
		show_json(c, m, out);
	else
		show_text(c, m, out);
}
