/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/checkup.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "diag/procfile.h"
#include "diag/source.h"
#include "sock/tcp_info.h"

/* --- sockets ---------------------------------------------------------------- */

/* Fields of tcp_info and where they go; looked up once. */
static const struct {
	const char *name;
	size_t off, size;
} info_fields[] = {
#define F(name, member) { name, offsetof(struct sk_patient, member), \
	sizeof(((struct sk_patient *)0)->member) }
	F("retransmits", retransmits),
	F("backoff", backoff),
	F("rtt", rtt_us),
	F("rto", rto_us),
	F("total_retrans", total_retrans),
	F("bytes_acked", bytes_acked),
	F("bytes_received", bytes_received),
	F("busy_time", busy_us),
	F("rwnd_limited", rwnd_limited_us),
	F("sndbuf_limited", sndbuf_limited_us),
#undef F
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void store(struct sk_patient *p, size_t i, uint64_t v)
{
	char *to = (char *)p + info_fields[i].off;
	uint32_t v32 = (uint32_t)v;

	if (info_fields[i].size == 1)
		*to = (char)v;
	else if (info_fields[i].size == 4)
		memcpy(to, &v32, 4);
	else
		memcpy(to, &v, 8);
}

static void take_info(struct sk_patient *p, const struct sk_sock *s)
{
	static const struct sk_tcp_field *fields[N(info_fields)];
	uint64_t v;

	p->has_info = s->tcp_info.p != NULL;
	for (size_t i = 0; p->has_info && i < N(info_fields); i++) {
		if (!fields[i])
			fields[i] = sk_tcp_info_field(info_fields[i].name);
		if (sk_sock_tcp(s, fields[i], &v))
			store(p, i, v);
	}
}

static void take_mem(struct sk_patient *p, const struct sk_sock *s)
{
	if ((s->has & SK_HAS(MEM)) && s->n_mem > SK_MEM_SNDBUF) {
		p->has_mem = true;
		p->rcvbuf = s->mem[SK_MEM_RCVBUF];
		p->sndbuf = s->mem[SK_MEM_SNDBUF];
	}
	if ((s->has & SK_HAS(MEM)) && s->n_mem > SK_MEM_DROPS)
		p->drops = s->mem[SK_MEM_DROPS];
	else if (s->has & SK_HAS(DROPS))
		p->drops = s->drops;
}

static int take(struct sk_sock *s, void *arg)
{
	struct sk_reading *r = arg;
	struct sk_patient *p;

	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 1024;
		struct sk_patient *v = realloc(r->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		r->v = v;
		r->cap = cap;
	}
	p = &r->v[r->n++];
	*p = (struct sk_patient){
		.kind = s->kind, .family = s->family, .state = s->state,
		.local = s->local, .peer = s->peer,
		.rqueue = s->rqueue, .wqueue = s->wqueue,
		.has_queues = s->has & SK_HAS(QUEUES),
	};
	if (s->has & SK_HAS(COOKIE))
		p->cookie = s->cookie;
	if (s->has & SK_HAS(INODE))
		p->inode = s->inode;
	if (s->has & SK_HAS(TIMER))
		p->timer = s->timer;
	take_info(p, s);
	take_mem(p, s);
	return 0;
}

static int by_cookie(const void *a, const void *b)
{
	uint64_t x = ((const struct sk_patient *)a)->cookie;
	uint64_t y = ((const struct sk_patient *)b)->cookie;

	return x < y ? -1 : x > y;
}

void sk_reading_sort(struct sk_reading *r)
{
	if (r->n)
		qsort(r->v, r->n, sizeof(*r->v), by_cookie);
}

/* --- readings --------------------------------------------------------------- */

static int64_t number(const char *proc, const char *path)
{
	int64_t v;

	return sk_procfile_numbers(proc, path, &v, 1) == 1 ? v : SK_UNKNOWN;
}

static int read_once(struct sk_reading *r, const char *proc,
		     struct sk_err *err)
{
	const struct sk_diag_query q = {
		.kinds = SK_KIND_BIT(SK_KIND_TCP) | SK_KIND_BIT(SK_KIND_UDP),
		.states = SK_STATES_ALL,
		.want = SK_WANT_INFO | SK_WANT_MEM,
	};
	struct sk_diag_result res;
	int n = sk_counters_read(&r->counters, proc, err);

	if (n < 0)
		return n;
	n = sk_diag_dump(&q, take, r, &res, err);
	if (n == -ENOMEM)
		return sk_fail(err, n, "%s", sk_strerror(n));
	r->conntrack = number(proc, "sys/net/netfilter/nf_conntrack_count");
	sk_reading_sort(r);
	return n;
}

static void read_three(const char *proc, const char *path, int64_t v[3])
{
	if (sk_procfile_numbers(proc, path, v, 3) != 3)
		v[0] = v[1] = v[2] = SK_UNKNOWN;
}

static void read_settings(struct sk_settings *s, const char *proc)
{
	int64_t range[2], files[3];

	s->somaxconn = number(proc, "sys/net/core/somaxconn");
	s->syncookies = number(proc, "sys/net/ipv4/tcp_syncookies");
	s->tw_max = number(proc, "sys/net/ipv4/tcp_max_tw_buckets");
	s->orphans_max = number(proc, "sys/net/ipv4/tcp_max_orphans");
	s->conntrack_max = number(proc, "sys/net/netfilter/nf_conntrack_max");
	read_three(proc, "sys/net/ipv4/tcp_mem", s->tcp_mem);
	read_three(proc, "sys/net/ipv4/udp_mem", s->udp_mem);
	read_three(proc, "sys/fs/file-nr", files);
	s->files = files[0];
	s->files_max = files[2];
	s->port_low = s->port_high = SK_UNKNOWN;
	if (sk_procfile_numbers(proc, "sys/net/ipv4/ip_local_port_range",
				range, 2) == 2) {
		s->port_low = range[0];
		s->port_high = range[1];
	}
}

int sk_checkup_read(struct sk_checkup *c, const char *proc,
		    uint64_t interval_us, struct sk_err *err)
{
	uint64_t first;
	int r;

	*c = (struct sk_checkup){ .proc = proc };
	r = read_once(&c->before, proc, err);
	if (r < 0)
		return r;
	first = sk_now_us();
	poll(NULL, 0, (int)(interval_us / SK_MSEC));
	r = read_once(&c->now, proc, err);
	c->secs = (double)(sk_now_us() - first) / 1e6;
	read_settings(&c->set, proc);
	return r;
}

void sk_checkup_fini(struct sk_checkup *c)
{
	sk_counters_fini(&c->before.counters);
	sk_counters_fini(&c->now.counters);
	free(c->before.v);
	free(c->now.v);
	sk_owners_free(c->owners);
	*c = (struct sk_checkup){ .proc = NULL };
}

/* --- questions -------------------------------------------------------------- */

/* Without cookie (an old kernel, /proc) nothing can be told. */
static const struct sk_patient *find(const struct sk_reading *r,
				     const struct sk_patient *p)
{
	if (!p->cookie || !r->n)
		return NULL;
	return bsearch(p, r->v, r->n, sizeof(*p), by_cookie);
}

const struct sk_patient *sk_checkup_before(const struct sk_checkup *c,
					   const struct sk_patient *p)
{
	return find(&c->before, p);
}

const struct sk_patient *sk_checkup_now(const struct sk_checkup *c,
					const struct sk_patient *p)
{
	return find(&c->now, p);
}

uint64_t sk_checkup_added(const struct sk_checkup *c, const char *group,
			  const char *name)
{
	uint64_t was = sk_counters_sum(&c->before.counters, group, name);
	uint64_t is = sk_counters_sum(&c->now.counters, group, name);

	return is > was ? is - was : 0;
}

const struct sk_owners *sk_checkup_owners(struct sk_checkup *c)
{
	if (!c->owners_tried) {
		c->owners_tried = true;
		if (sk_owners_new(&c->owners, SK_OWNERS_AUTO, NULL) < 0)
			c->owners = NULL;
	}
	return c->owners;
}

struct sk_process *sk_checkup_process(struct sk_checkup *c,
				      const struct sk_patient *p)
{
	const struct sk_owner *o;

	if (!p || !p->inode || !sk_checkup_owners(c))
		return NULL;
	o = sk_owners_find(c->owners, p->inode);
	return o ? o->process : NULL;
}

const char *sk_checkup_who(char buf[SK_WHO_MAX], struct sk_process *p)
{
	char comm[256];

	if (!p) {
		snprintf(buf, SK_WHO_MAX, "a process that we do not see");
		return buf;
	}
	sk_process_comm(p);
	sk_escape(comm, sizeof(comm), p->comm, strlen(p->comm));
	snprintf(buf, SK_WHO_MAX, "%s (pid %d)", comm, p->pid);
	return buf;
}
