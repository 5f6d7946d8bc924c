/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules about limits of the namespace and the machine, UDP, and devices. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag/doctor_in.h"
#include "diag/procfile.h"

/* Has n reached so many percent of a limit that is known? */
static bool reaches(uint64_t n, unsigned percent, int64_t limit)
{
	return limit > 0 && n * 100 >= (uint64_t)limit * percent;
}

static void put_limit(struct sk_finding *f, const char *name, int64_t limit)
{
	if (limit >= 0)
		sk_finding_number(f, name, (uint64_t)limit);
	else
		sk_finding_text(f, name, "not known here");
}

static uint64_t gauge(const struct sk_checkup *c, const char *group,
		      const char *name)
{
	return sk_counters_sum(&c->now.counters, group, name);
}

/* --- TCP -------------------------------------------------------------------- */

void sk_rule_time_wait(struct sk_checkup *c, struct sk_findings *f)
{
	uint64_t n = gauge(c, "TCP", "tw");
	uint64_t skipped = sk_checkup_added(c, "TcpExt", "TCPTimeWaitOverflow");
	struct sk_finding *new;

	if (!skipped && !reaches(n, 80, c->set.tw_max))
		return;
	new = sk_findings_add(f, n);
	sk_finding_number(new, "n", n);
	sk_finding_number(new, "skipped", skipped);
	put_limit(new, "limit", c->set.tw_max);
}

void sk_rule_orphans(struct sk_checkup *c, struct sk_findings *f)
{
	uint64_t n = gauge(c, "TCP", "orphan");
	uint64_t aborted = sk_checkup_added(c, "TcpExt", "TCPAbortOnMemory");
	struct sk_finding *new;

	if (!aborted && !reaches(n, 50, c->set.orphans_max))
		return;
	new = sk_findings_add(f, n);
	sk_finding_number(new, "n", n);
	sk_finding_number(new, "aborted", aborted);
	put_limit(new, "limit", c->set.orphans_max);
}

void sk_rule_tcp_memory(struct sk_checkup *c, struct sk_findings *f)
{
	uint64_t pages = gauge(c, "TCP", "mem");
	uint64_t times = sk_checkup_added(c, "TcpExt", "TCPMemoryPressures");
	struct sk_finding *new;

	if (!times && !reaches(pages, 100, c->set.tcp_mem[1]))
		return;
	new = sk_findings_add(f, pages);
	if (new && reaches(pages, 95, c->set.tcp_mem[2]))
		new->severity = 95;
	sk_finding_number(new, "pages", pages);
	put_limit(new, "pressure", c->set.tcp_mem[1]);
	put_limit(new, "limit", c->set.tcp_mem[2]);
}

/* --- UDP -------------------------------------------------------------------- */

/*
 * Unlike TCP, UDP knows no pressure: from the first number of udp_mem on the
 * kernel refuses whatever a socket wants beyond udp_rmem_min, so that the other
 * two are hardly ever reached.
 */
void sk_rule_udp_memory(struct sk_checkup *c, struct sk_findings *f)
{
	uint64_t pages = gauge(c, "UDP", "mem");
	uint64_t dropped = sk_checkup_added(c, "Udp", "MemErrors") +
			   sk_checkup_added(c, "Udp6", "MemErrors");
	struct sk_finding *new;

	if (!dropped && !reaches(pages, 80, c->set.udp_mem[0]))
		return;
	new = sk_findings_add(f, pages);
	sk_finding_number(new, "pages", pages);
	sk_finding_number(new, "dropped", dropped);
	put_limit(new, "limit", c->set.udp_mem[0]);
}

static void put_udp(struct sk_finding *f, struct sk_checkup *c,
		    const struct sk_patient *p)
{
	sk_finding_local(f, p);
	sk_finding_proc(f, c, p);
	sk_finding_number(f, "queue", p->rqueue);
	if (p->has_mem)
		sk_finding_number(f, "limit", p->rcvbuf);
}

static uint32_t udp_dropped(const struct sk_checkup *c,
			    const struct sk_patient *p)
{
	const struct sk_patient *before;

	if (p->kind != SK_KIND_UDP)
		return 0;
	before = sk_checkup_before(c, p);
	return before ? p->drops - before->drops : 0;
}

void sk_rule_udp_drops(struct sk_checkup *c, struct sk_findings *f)
{
	uint64_t all = sk_checkup_added(c, "Udp", "RcvbufErrors") +
		       sk_checkup_added(c, "Udp6", "RcvbufErrors");
	bool found = false;
	struct sk_finding *new;

	for (size_t i = 0; i < c->now.n; i++) {
		uint32_t n = udp_dropped(c, &c->now.v[i]);

		if (!n)
			continue;
		found = true;
		new = sk_findings_add(f, n);
		put_udp(new, c, &c->now.v[i]);
		sk_finding_number(new, "n", n);
	}
	if (found || !all)
		return;
	new = sk_findings_add(f, all);
	sk_finding_text(new, "proc", "a process that has gone");
	sk_finding_text(new, "local", "a socket");
	sk_finding_number(new, "n", all);
}

/* The kernel drops when the queue is beyond the buffer: it ends near it. */
static bool is_stuffed(const struct sk_patient *p)
{
	return p && p->kind == SK_KIND_UDP && p->has_queues && p->has_mem &&
	       p->rcvbuf && (uint64_t)p->rqueue * 10 >= (uint64_t)p->rcvbuf * 9;
}

void sk_rule_udp_unread(struct sk_checkup *c, struct sk_findings *f)
{
	for (size_t i = 0; i < c->now.n; i++) {
		const struct sk_patient *p = &c->now.v[i];

		if (is_stuffed(p) && !udp_dropped(c, p) &&
		    is_stuffed(sk_checkup_before(c, p)))
			put_udp(sk_findings_add(f, p->rqueue), c, p);
	}
}

/* --- devices, CPUs, connection tracking ------------------------------------- */

/* What one counter of many devices or CPUs has grown by. */
static uint64_t grown(const struct sk_checkup *c, const struct sk_counter *now)
{
	const struct sk_counter *was =
		sk_counters_like(&c->before.counters, now);
	int64_t n = was ? sk_counter_delta(now, was) : 0;

	return n > 0 ? (uint64_t)n : 0;
}

static bool is_counter(const struct sk_counter *k, const char *group,
		       const char *name)
{
	return !strcmp(k->group, group) && !strcmp(k->name, name);
}

void sk_rule_softnet(struct sk_checkup *c, struct sk_findings *f)
{
	const struct sk_counters *now = &c->now.counters;

	for (size_t i = 0; i < now->n; i++) {
		struct sk_finding *new;
		uint64_t n;

		if (!is_counter(&now->v[i], "Softnet", "Dropped"))
			continue;
		n = grown(c, &now->v[i]);
		if (!n)
			continue;
		new = sk_findings_add(f, n);
		sk_finding_text(new, "cpu", now->v[i].of);
		sk_finding_number(new, "n", n);
	}
}

/* What a device dropped one way, when it is more than a trifle; else 0. */
#define DEVICE_DROPS_MIN 10

static uint64_t device_drops(const struct sk_checkup *c, const char *device,
			     const char *const drops[2], const char *packets)
{
	struct sk_counter like = { .group = "Dev", .of = device };
	uint64_t n = 0, all = 0;

	for (size_t i = 0; i < 3; i++) {
		const struct sk_counter *k;

		like.name = i < 2 ? drops[i] : packets;
		k = sk_counters_like(&c->now.counters, &like);
		if (k && i < 2)
			n += grown(c, k);
		else if (k)
			all = grown(c, k);
	}
	/* Packets that nobody here speaks are "dropped" on every network. */
	return n >= DEVICE_DROPS_MIN && n * 100 >= all ? n : 0;
}

void sk_rule_device(struct sk_checkup *c, struct sk_findings *f)
{
	static const char *const in[] = { "RxDrop", "RxFifo" };
	static const char *const out[] = { "TxDrop", "TxFifo" };
	const struct sk_counters *now = &c->now.counters;

	for (size_t i = 0; i < now->n; i++) {
		const char *device = now->v[i].of;
		struct sk_finding *new;
		uint64_t rx, tx;

		if (!is_counter(&now->v[i], "Dev", "RxPackets"))
			continue;
		rx = device_drops(c, device, in, "RxPackets");
		tx = device_drops(c, device, out, "TxPackets");
		if (!rx && !tx)
			continue;
		new = sk_findings_add(f, rx + tx);
		sk_finding_text(new, "device", device);
		sk_finding_number(new, "rx", rx);
		sk_finding_number(new, "tx", tx);
	}
}

void sk_rule_conntrack(struct sk_checkup *c, struct sk_findings *f)
{
	uint64_t dropped = sk_checkup_added(c, "Conntrack", "drop") +
			   sk_checkup_added(c, "Conntrack", "early_drop");
	uint64_t n = c->now.conntrack > 0 ? (uint64_t)c->now.conntrack : 0;
	struct sk_finding *new;

	if (!dropped && !reaches(n, 90, c->set.conntrack_max))
		return;
	new = sk_findings_add(f, n);
	if (new && dropped)
		new->severity = 95;
	sk_finding_number(new, "n", n);
	sk_finding_number(new, "dropped", dropped);
	put_limit(new, "limit", c->set.conntrack_max);
}

/* --- files ------------------------------------------------------------------ */

static uint64_t count_files(const char *proc, int pid)
{
	char path[64];
	uint64_t n = 0;
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%d/fd", proc, pid);
	dir = opendir(path);
	if (!dir)
		return 0;
	while ((e = readdir(dir)) != NULL)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* The soft limit of open files; -1: unlimited, or not to be seen. */
static int64_t files_limit(const char *proc, int pid)
{
	static const char title[] = "Max open files";
	char path[64], *text, *at, *line;
	int64_t limit = -1;

	snprintf(path, sizeof(path), "%d/limits", pid);
	if (sk_procfile_read(proc, path, &text) < 0)
		return -1;
	at = text;
	while ((line = sk_line_next(&at)) != NULL) {
		char *word, *end;

		if (strncmp(line, title, strlen(title)) != 0)
			continue;
		line += strlen(title);
		word = sk_word_next(&line);
		limit = word ? strtoll(word, &end, 10) : -1;
		if (word && *end)
			limit = -1;
	}
	free(text);
	return limit;
}

static int by_pid(const void *a, const void *b)
{
	return (*(struct sk_process *const *)a)->pid -
	       (*(struct sk_process *const *)b)->pid;
}

/* The processes that hold TCP or UDP sockets, each once; to be freed. */
static struct sk_process **holders(struct sk_checkup *c, size_t *n)
{
	struct sk_process **v = calloc(c->now.n + 1, sizeof(*v));
	size_t last = 0;

	*n = 0;
	for (size_t i = 0; v && i < c->now.n; i++) {
		struct sk_process *p = sk_checkup_process(c, &c->now.v[i]);

		if (p)
			v[(*n)++] = p;
	}
	if (!v || !*n)
		return v;
	qsort(v, *n, sizeof(*v), by_pid);
	for (size_t i = 1; i < *n; i++)
		if (v[i] != v[last])
			v[++last] = v[i];
	*n = last + 1;
	return v;
}

void sk_rule_fd_limit(struct sk_checkup *c, struct sk_findings *f)
{
	size_t n;
	struct sk_process **v = holders(c, &n);
	char who[SK_WHO_MAX];

	for (size_t i = 0; i < n; i++) {
		int64_t limit = files_limit(c->proc, v[i]->pid);
		uint64_t files = limit > 0 ? count_files(c->proc, v[i]->pid) :
					     0;
		struct sk_finding *new;

		if (!reaches(files, 90, limit))
			continue;
		new = sk_findings_add(f, files);
		sk_finding_text(new, "proc", sk_checkup_who(who, v[i]));
		sk_finding_number(new, "n", files);
		put_limit(new, "limit", limit);
	}
	free(v);
}

void sk_rule_files(struct sk_checkup *c, struct sk_findings *f)
{
	uint64_t n = c->set.files > 0 ? (uint64_t)c->set.files : 0;
	struct sk_finding *new;

	if (!reaches(n, 90, c->set.files_max))
		return;
	new = sk_findings_add(f, n);
	sk_finding_number(new, "n", n);
	put_limit(new, "limit", c->set.files_max);
}
