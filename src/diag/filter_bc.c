/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The part of a filter that runs in the kernel: bytecode of inet_diag
 * (linux/inet_diag.h, net/ipv4/inet_diag.c).
 *
 * A program is a row of tests. One that holds goes on to the next ("yes" is
 * always the test's own size, as the kernel's audit wants it), one that does
 * not jumps by "no"; a jump to the end accepts, one of four bytes beyond it
 * rejects. Nots are pushed down to the tests first. What the kernel cannot
 * test is taken for true, so that the program lets through at least what
 * matches.
 */
#include "diag/filter_in.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>

#define TESTS_MAX 500
#define REJECT -1		/* labels are the numbers below */

struct test {
	uint8_t code;
	uint8_t size;		/* with all that follows the first four bytes */
	uint16_t port;		/* S_GE … D_EQ */
	const struct sk_prefix *prefix;
	uint64_t number, mask;
	int no;			/* index of a test, REJECT, or a label */
};

struct program {
	struct test v[TESTS_MAX];
	int n;
	int labels;		/* given out so far */
	bool full;
};

/* --- tests ---------------------------------------------------------------- */

/* A test that, when it fails, jumps to `no`: a label until patch(). */
static struct test *add(struct program *p, unsigned code, size_t size, int no)
{
	static struct test nowhere;
	struct test *t;

	if (p->n == TESTS_MAX) {
		p->full = true;
		return &nowhere;
	}
	t = &p->v[p->n++];
	*t = (struct test){ .code = (uint8_t)code, .size = (uint8_t)size,
			    .no = no };
	return t;
}

/* A place that is not known yet. */
static int new_label(struct program *p)
{
	return REJECT - ++p->labels;
}

/* The label is here: behind the last test so far. */
static void place(struct program *p, int label)
{
	for (int i = 0; i < p->n; i++)
		if (p->v[i].no == label)
			p->v[i].no = p->n;
}

static void add_jump(struct program *p, int to)
{
	add(p, INET_DIAG_BC_JMP, 4, to);
}

static void add_port(struct program *p, unsigned code, uint64_t port, int no)
{
	add(p, code, 8, no)->port = (uint16_t)port;
}

/* One prefix of a host, or none; port -1: any. */
static void add_host(struct program *p, unsigned side,
		     const struct sk_prefix *prefix, int64_t port, int no)
{
	size_t n = !prefix || !prefix->bits	  ? 0 :
		   prefix->family == AF_INET ? 4 :
					       16;
	struct test *t = add(p, side ? INET_DIAG_BC_D_COND :
				       INET_DIAG_BC_S_COND,
			     4 + sizeof(struct inet_diag_hostcond) + n, no);

	t->prefix = prefix;
	t->number = (uint64_t)port;
}

/* --- leaves --------------------------------------------------------------- */

static bool gen_port(struct program *p, const struct sk_node *n, int no)
{
	const unsigned ge = n->side ? INET_DIAG_BC_D_GE : INET_DIAG_BC_S_GE;
	const unsigned le = n->side ? INET_DIAG_BC_D_LE : INET_DIAG_BC_S_LE;
	const unsigned eq = n->side ? INET_DIAG_BC_D_EQ : INET_DIAG_BC_S_EQ;

	if (n->mask || n->number > UINT16_MAX || n->family != AF_UNSPEC)
		return false;
	if ((n->cmp == SK_GT && n->number == UINT16_MAX) ||
	    (n->cmp == SK_LT && !n->number))
		return false;	/* never true; there is no such test */
	switch (n->cmp) {
	case SK_GE:
		add_port(p, ge, n->number, no);
		break;
	case SK_LE:
		add_port(p, le, n->number, no);
		break;
	case SK_GT:
		add_port(p, ge, n->number + 1, no);
		break;
	case SK_LT:
		add_port(p, le, n->number - 1, no);
		break;
	default:
		add_port(p, eq, n->number, no);
	}
	return true;
}

static bool gen_host(struct program *p, const struct sk_node *n, int no)
{
	const struct sk_host *h = n->host;
	int held = new_label(p);

	if (h->family != AF_UNSPEC || (!h->n && h->port == -1))
		return false;
	if (!h->n)
		add_host(p, n->side, NULL, h->port, no);
	for (size_t i = 0; i < h->n; i++) {
		int next = new_label(p);

		if (i + 1 == h->n) {
			add_host(p, n->side, &h->prefix[i], h->port, no);
			break;
		}
		add_host(p, n->side, &h->prefix[i], h->port, next);
		add_jump(p, held);
		place(p, next);
	}
	place(p, held);
	return true;
}

/* True falls through, false goes to `no`; false is returned: cannot be said. */
static bool gen_leaf(struct program *p, const struct sk_node *n, int no)
{
	struct test *t;

	switch (n->kind) {
	case SK_NODE_PORT:
		return gen_port(p, n, no);
	case SK_NODE_HOST:
		return gen_host(p, n, no);
	case SK_NODE_AUTOBOUND:
		add(p, INET_DIAG_BC_AUTO, 4, no);
		return true;
	case SK_NODE_DEV:
		t = add(p, INET_DIAG_BC_DEV_COND, 8, no);
		break;
	case SK_NODE_MARK:
		t = add(p, INET_DIAG_BC_MARK_COND,
			4 + sizeof(struct inet_diag_markcond), no);
		break;
	case SK_NODE_CGROUP:
		t = add(p, INET_DIAG_BC_CGROUP_COND, 12, no);
		break;
	default:
		return false;
	}
	t->number = n->number;
	t->mask = n->mask;
	return true;
}

/* --- expressions ---------------------------------------------------------- */

/*
 * Tests for n (or not n): true falls through, false jumps to `no`. Returns
 * false, with nothing emitted, when the kernel would let everything through.
 */
static bool gen(struct program *p, const struct sk_node *n, bool negative,
		int no)
{
	int from = p->n, next = new_label(p), held = new_label(p);
	bool some;

	if (n->kind == SK_NODE_NOT)
		return gen(p, n->a, !negative, no);
	if (n->kind != SK_NODE_AND && n->kind != SK_NODE_OR) {
		if (!negative)
			return gen_leaf(p, n, no);
		/* The kernel knows marks of TIME-WAIT that it does not tell. */
		if (n->kind == SK_NODE_MARK || !gen_leaf(p, n, next))
			return false;
		add_jump(p, no);
		place(p, next);
		return true;
	}
	if ((n->kind == SK_NODE_AND) != negative) {
		some = gen(p, n->a, negative, no);
		return gen(p, n->b, negative, no) || some;
	}
	/* a or b: when a holds, over b */
	if (!gen(p, n->a, negative, next))
		return false;
	add_jump(p, held);
	place(p, next);
	if (!gen(p, n->b, negative, no)) {
		p->n = from;
		return false;
	}
	place(p, held);
	return true;
}

/* --- bytes ---------------------------------------------------------------- */

static void put_host(char *to, const struct test *t)
{
	struct inet_diag_hostcond c = {
		.family = t->prefix ? (uint8_t)t->prefix->family : AF_UNSPEC,
		.prefix_len = t->prefix ? (uint8_t)t->prefix->bits : 0,
		.port = (int)(int64_t)t->number,
	};

	memcpy(to, &c, sizeof(c));
	if (t->size > 4 + sizeof(c))
		memcpy(to + sizeof(c), t->prefix->ip, t->size - 4 - sizeof(c));
}

/* What follows the first four bytes of a test. */
static void put_rest(char *to, const struct test *t)
{
	const struct inet_diag_bc_op port = { .no = t->port };
	const struct inet_diag_markcond mark = { (uint32_t)t->number,
						 (uint32_t)t->mask };
	const uint32_t dev = (uint32_t)t->number;

	switch (t->code) {
	case INET_DIAG_BC_S_COND:
	case INET_DIAG_BC_D_COND:
		put_host(to, t);
		break;
	case INET_DIAG_BC_DEV_COND:
		memcpy(to, &dev, sizeof(dev));
		break;
	case INET_DIAG_BC_MARK_COND:
		memcpy(to, &mark, sizeof(mark));
		break;
	case INET_DIAG_BC_CGROUP_COND:
		memcpy(to, &t->number, sizeof(t->number));
		break;
	case INET_DIAG_BC_JMP:
	case INET_DIAG_BC_AUTO:
		break;
	default:
		memcpy(to, &port, sizeof(port));
	}
}

size_t sk_filter_bytecode(const struct sk_filter *f, void *buf, size_t size)
{
	static struct program p;
	static size_t at[TESTS_MAX + 1];
	size_t total = 0;

	p.n = p.labels = 0;
	p.full = false;
	if (!f || !gen(&p, f->root, false, REJECT) || p.full)
		return 0;
	for (int i = 0; i <= p.n; i++) {
		at[i] = total;
		total += i < p.n ? p.v[i].size : 0;
	}
	if (total > size)
		return 0;
	for (int i = 0; i < p.n; i++) {
		const struct test *t = &p.v[i];
		size_t to = t->no == REJECT ? total + 4 : at[t->no];
		struct inet_diag_bc_op op = {
			.code = t->code,
			/* a jump has nothing to test: "no" is all it does */
			.yes = t->size,
			.no = (uint16_t)(to - at[i]),
		};

		memcpy((char *)buf + at[i], &op, sizeof(op));
		put_rest((char *)buf + at[i] + sizeof(op), t);
	}
	return total;
}

/* A port that a conjunction asks for. */
static void exact_port(const struct sk_node *n, uint16_t *port[2])
{
	if (n->kind == SK_NODE_AND) {
		exact_port(n->a, port);
		exact_port(n->b, port);
	} else if (n->kind == SK_NODE_PORT && n->cmp == SK_EQ && !n->mask &&
		   n->family == AF_UNSPEC && n->number &&
		   n->number <= UINT16_MAX) {
		*port[n->side] = htons((uint16_t)n->number);
	} else if (n->kind == SK_NODE_HOST && n->host->family == AF_UNSPEC &&
		   n->host->port > 0) {
		*port[n->side] = htons((uint16_t)n->host->port);
	}
}

void sk_filter_ports(const struct sk_filter *f, uint16_t *sport,
		     uint16_t *dport)
{
	uint16_t *port[2] = { sport, dport };

	if (f)
		exact_port(f->root, port);
}
