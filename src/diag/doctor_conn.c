/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules about connections. */
#include <stdlib.h>
#include <string.h>

#include "diag/doctor_in.h"

static bool is_conn(const struct sk_patient *p)
{
	return p->kind == SK_KIND_TCP && p->state != SK_STATE_LISTEN &&
	       p->state != SK_STATE_CLOSE &&
	       p->state != SK_STATE_BOUND_INACTIVE;
}

static int cmp_ip(const struct sk_end *a, const struct sk_end *b)
{
	return memcmp(a->ip, b->ip, sizeof(a->ip));
}

/* --- ephemeral ports -------------------------------------------------------- */

static bool has_ephemeral_port(const struct sk_checkup *c,
			       const struct sk_patient *p)
{
	return is_conn(p) && p->local.port >= c->set.port_low &&
	       p->local.port <= c->set.port_high;
}

/* A port is taken per local address, peer address and peer port. */
static int by_destination(const struct sk_patient *a,
			  const struct sk_patient *b)
{
	int r = (int)a->family - (int)b->family;

	r = r ? r : cmp_ip(&a->local, &b->local);
	r = r ? r : cmp_ip(&a->peer, &b->peer);
	return r ? r : (int)a->peer.port - (int)b->peer.port;
}

/* One destination: v[0..n) differ in their local port alone. */
static void check_destination(struct sk_checkup *c, struct sk_findings *f,
			      const struct sk_patient **v, size_t n)
{
	uint64_t range = (uint64_t)(c->set.port_high - c->set.port_low + 1);
	const struct sk_patient *owned = v[0];
	struct sk_finding *new;
	struct sk_patient local;
	uint64_t timewait = 0;

	if (n * 5 < range * 4)
		return;
	for (size_t i = 0; i < n; i++) {
		timewait += v[i]->state == SK_STATE_TIME_WAIT;
		if (v[i]->inode)
			owned = v[i];
	}
	new = sk_findings_add(f, n);
	if (new && n * 20 >= range * 19)
		new->severity = 85;
	local = *owned;
	local.local.port = 0;
	sk_finding_local(new, &local);
	sk_finding_peer(new, owned);
	sk_finding_proc(new, c, owned);
	sk_finding_number(new, "used", n);
	sk_finding_number(new, "range", range);
	sk_finding_number(new, "timewait", timewait);
}

void sk_rule_ports(struct sk_checkup *c, struct sk_findings *f)
{
	const struct sk_patient **v;
	size_t n, from = 0;

	if (c->set.port_low < 0)
		return;
	v = sk_pick_sorted(c, has_ephemeral_port, by_destination, &n);
	for (size_t i = 1; i <= n; i++) {
		if (i < n && !by_destination(v[i], v[from]))
			continue;
		check_destination(c, f, v + from, i - from);
		from = i;
	}
	free(v);
}

/* --- CLOSE-WAIT ------------------------------------------------------------- */

/* Fewer may be on their way to be closed. */
#define CLOSE_WAIT_MIN 10

static bool stays_closed(const struct sk_checkup *c, const struct sk_patient *p)
{
	const struct sk_patient *before;

	if (!is_conn(p) || p->state != SK_STATE_CLOSE_WAIT)
		return false;
	before = sk_checkup_before(c, p);
	return before && before->state == SK_STATE_CLOSE_WAIT;
}

static int by_cookie(const struct sk_patient *a, const struct sk_patient *b)
{
	return a->cookie < b->cookie ? -1 : a->cookie > b->cookie;
}

struct holder {
	struct sk_process *process;	/* NULL: those that nobody is seen of */
	const struct sk_patient *one;
	uint64_t n;
};

static int by_process(const void *a, const void *b)
{
	const struct sk_process *x = ((const struct holder *)a)->process;
	const struct sk_process *y = ((const struct holder *)b)->process;

	return (x ? x->pid : 0) - (y ? y->pid : 0);
}

/* Equal processes become one holder; returns how many are left. */
static size_t merge_holders(struct holder *h, size_t n)
{
	size_t last = 0;

	qsort(h, n, sizeof(*h), by_process);
	for (size_t i = 1; i < n; i++) {
		if (!by_process(&h[i], &h[last]))
			h[last].n += h[i].n;
		else
			h[++last] = h[i];
	}
	return last + 1;
}

void sk_rule_close_wait(struct sk_checkup *c, struct sk_findings *f)
{
	const struct sk_patient **v;
	struct holder *h = NULL;
	size_t n;

	v = sk_pick_sorted(c, stays_closed, by_cookie, &n);
	if (n >= CLOSE_WAIT_MIN)
		h = calloc(n, sizeof(*h));
	for (size_t i = 0; h && i < n; i++)
		h[i] = (struct holder){ sk_checkup_process(c, v[i]), v[i], 1 };
	n = h ? merge_holders(h, n) : 0;
	for (size_t i = 0; i < n; i++) {
		struct sk_finding *new;

		if (h[i].n < CLOSE_WAIT_MIN)
			continue;
		new = sk_findings_add(f, h[i].n);
		sk_finding_proc(new, c, h[i].one);
		sk_finding_number(new, "n", h[i].n);
		sk_finding_local(new, h[i].one);
		sk_finding_peer(new, h[i].one);
	}
	free(h);
	free(v);
}

/* --- no answer -------------------------------------------------------------- */

/*
 * Retransmission timeouts in a row. A window probe counts them too, with its
 * own timer; that peer answers.
 */
#define TIMEOUTS_MIN 3

static bool is_unanswered(const struct sk_checkup *c,
			  const struct sk_patient *p)
{
	(void)c;
	return is_conn(p) && p->has_info && p->timer == SK_TIMER_ON &&
	       p->retransmits >= TIMEOUTS_MIN;
}

static int by_peer_ip(const struct sk_patient *a, const struct sk_patient *b)
{
	int r = (int)a->family - (int)b->family;

	return r ? r : cmp_ip(&a->peer, &b->peer);
}

void sk_rule_no_answer(struct sk_checkup *c, struct sk_findings *f)
{
	const struct sk_patient **v;
	size_t n, from = 0;

	v = sk_pick_sorted(c, is_unanswered, by_peer_ip, &n);
	for (size_t i = 1; i <= n; i++) {
		const struct sk_patient *worst = v[from];
		struct sk_finding *new;

		if (i < n && !by_peer_ip(v[i], v[from]))
			continue;
		for (size_t k = from; k < i; k++)
			if (v[k]->retransmits > worst->retransmits)
				worst = v[k];
		new = sk_findings_add(f, i - from);
		sk_finding_peer(new, worst);
		sk_finding_local(new, worst);
		sk_finding_proc(new, c, worst);
		sk_finding_number(new, "n", i - from);
		sk_finding_number(new, "times", worst->retransmits);
		sk_finding_number(new, "rto_ms", worst->rto_us / 1000);
		from = i;
	}
	free(v);
}

/* --- zero window ------------------------------------------------------------ */

static bool is_waiting(const struct sk_patient *p)
{
	return p && is_conn(p) && p->timer == SK_TIMER_PERSIST &&
	       p->has_queues && p->wqueue;
}

/* In both readings, and nothing got through in between. */
void sk_rule_zero_window(struct sk_checkup *c, struct sk_findings *f)
{
	for (size_t i = 0; i < c->now.n; i++) {
		const struct sk_patient *p = &c->now.v[i], *before;
		struct sk_finding *new;

		if (!is_waiting(p))
			continue;
		before = sk_checkup_before(c, p);
		if (!is_waiting(before) ||
		    before->bytes_acked != p->bytes_acked)
			continue;
		new = sk_findings_add(f, p->wqueue);
		sk_finding_peer(new, p);
		sk_finding_local(new, p);
		sk_finding_proc(new, c, p);
		sk_finding_number(new, "bytes", p->wqueue);
	}
}

/* --- small buffers ---------------------------------------------------------- */

#define LONG_PATH_US 20000	/* shorter paths are fast with any buffer */

/* The share of the sender's busy time, in percent; 0 below a tenth of all. */
static uint64_t share(const struct sk_checkup *c, uint64_t limited,
		      uint64_t busy)
{
	if (!busy || (double)busy < c->secs * 1e5)
		return 0;
	return limited >= busy ? 100 : limited * 100 / busy;
}

static void check_buffer(struct sk_checkup *c, struct sk_findings *f,
			 const struct sk_patient *p,
			 const struct sk_patient *before)
{
	uint64_t busy = p->busy_us - before->busy_us;
	uint64_t ours = share(c, p->sndbuf_limited_us -
				 before->sndbuf_limited_us, busy);
	uint64_t theirs = share(c, p->rwnd_limited_us -
				   before->rwnd_limited_us, busy);
	uint64_t worst = ours > theirs ? ours : theirs;
	struct sk_finding *new;

	if (worst < 30)
		return;
	new = sk_findings_add(f, worst);
	sk_finding_proc(new, c, p);
	sk_finding_local(new, p);
	sk_finding_peer(new, p);
	sk_finding_number(new, "percent", worst);
	sk_finding_number(new, "rtt_ms", p->rtt_us / 1000);
	sk_finding_text(new, "whose", ours >= theirs ?
			"room in its send buffer" :
			"the peer's receive window");
	sk_finding_text(new, "setting", ours >= theirs ? "tcp_wmem" :
							  "tcp_rmem");
	sk_finding_text(new, "where", ours >= theirs ? "this end" :
							"the other end");
	sk_finding_number(new, "sndbuf", p->sndbuf);
}

void sk_rule_small_buffer(struct sk_checkup *c, struct sk_findings *f)
{
	for (size_t i = 0; i < c->now.n; i++) {
		const struct sk_patient *p = &c->now.v[i], *before;

		/* A closed window is another rule's. */
		if (!is_conn(p) || !p->has_info || p->rtt_us < LONG_PATH_US ||
		    p->timer == SK_TIMER_PERSIST)
			continue;
		before = sk_checkup_before(c, p);
		if (before && before->has_info && before->busy_us <= p->busy_us)
			check_buffer(c, f, p, before);
	}
}

/* --- retransmissions -------------------------------------------------------- */

#define RETRANS_MIN 20
#define RETRANS_PERCENT 5

static const struct sk_patient *most_retransmitting(const struct sk_checkup *c,
						    uint64_t *most)
{
	const struct sk_patient *worst = NULL;

	*most = 0;
	for (size_t i = 0; i < c->now.n; i++) {
		const struct sk_patient *p = &c->now.v[i], *before;
		uint64_t n;

		if (!is_conn(p) || !p->has_info)
			continue;
		before = sk_checkup_before(c, p);
		n = p->total_retrans - (before ? before->total_retrans : 0);
		if (n <= *most)
			continue;
		*most = n;
		worst = p;
	}
	return worst;
}

void sk_rule_retransmissions(struct sk_checkup *c, struct sk_findings *f)
{
	uint64_t retrans = sk_checkup_added(c, "Tcp", "RetransSegs");
	uint64_t sent = sk_checkup_added(c, "Tcp", "OutSegs") + retrans, most;
	const struct sk_patient *worst;
	struct sk_finding *new;

	if (retrans < RETRANS_MIN || retrans * 100 < sent * RETRANS_PERCENT)
		return;
	worst = most_retransmitting(c, &most);
	new = sk_findings_add(f, retrans);
	sk_finding_number(new, "percent", retrans * 100 / sent);
	sk_finding_number(new, "retrans", retrans);
	sk_finding_number(new, "sent", sent);
	sk_finding_number(new, "timeouts",
			  sk_checkup_added(c, "TcpExt", "TCPTimeouts"));
	sk_finding_number(new, "most", most);
	if (!worst) {
		sk_finding_text(new, "peer", "sockets that have gone");
		sk_finding_text(new, "proc", "nobody now");
		return;
	}
	sk_finding_peer(new, worst);
	sk_finding_local(new, worst);
	sk_finding_proc(new, c, worst);
}
