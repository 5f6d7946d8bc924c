/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/columns.h"

#include <pwd.h>
#include <stdlib.h>

#include "base/text.h"
#include "diag/filter_in.h"
#include "diag/owners.h"
#include "diag/show.h"
#include "diag/source.h"
#include "sock/tcp_info.h"

struct sk_column {
	const char *name;
	const char *help;
	unsigned want;
	bool owners;
	bool (*text)(struct sk_line *l, const struct sk_view *v,
		     const struct sk_sock *s);
	/* without text: a field of filters */
	const struct sk_field *field;
	const struct sk_tcp_field *tcp;
};

/* --- columns that are text ------------------------------------------------ */

static bool netns(struct sk_line *l, const struct sk_view *v,
		  const struct sk_sock *s)
{
	if (v->netns)
		line_escape(l, v->netns[s->netns], strlen(v->netns[s->netns]));
	return v->netns;
}

static bool netid(struct sk_line *l, const struct sk_view *v,
		  const struct sk_sock *s)
{
	(void)v;
	line_str(l, sk_show_netid(s));
	return true;
}

static bool state(struct sk_line *l, const struct sk_view *v,
		  const struct sk_sock *s)
{
	(void)v;
	line_str(l, sk_state_name(s->state));
	return true;
}

/* Without the delimiter that the table puts behind. */
static bool address(struct sk_line *l, const struct sk_view *v,
		    const struct sk_sock *s, unsigned side)
{
	size_t from = l->n;

	sk_show_addr(l, v, s, side);
	if (l->n > from + 1 && strchr(": ", l->buf[l->n - 1]))
		l->n--;
	return l->n > from;
}

static bool local_address(struct sk_line *l, const struct sk_view *v,
			  const struct sk_sock *s)
{
	return address(l, v, s, 0);
}

static bool peer_address(struct sk_line *l, const struct sk_view *v,
			 const struct sk_sock *s)
{
	return address(l, v, s, 1);
}

static bool port(struct sk_line *l, const struct sk_view *v,
		 const struct sk_sock *s, unsigned side)
{
	size_t from = l->n;

	sk_show_port(l, v, s, side);
	return l->n > from;
}

static bool local_port(struct sk_line *l, const struct sk_view *v,
		       const struct sk_sock *s)
{
	return port(l, v, s, 0);
}

static bool peer_port(struct sk_line *l, const struct sk_view *v,
		      const struct sk_sock *s)
{
	return port(l, v, s, 1);
}

static bool local(struct sk_line *l, const struct sk_view *v,
		  const struct sk_sock *s)
{
	sk_show_addr(l, v, s, 0);
	sk_show_port(l, v, s, 0);
	return true;
}

static bool peer(struct sk_line *l, const struct sk_view *v,
		 const struct sk_sock *s)
{
	sk_show_addr(l, v, s, 1);
	sk_show_port(l, v, s, 1);
	return true;
}

static bool process(struct sk_line *l, const struct sk_view *v,
		    const struct sk_sock *s)
{
	const struct sk_owner *o = s->owners;
	const char *comm;

	(void)v;
	for (; o; o = o->next) {
		comm = sk_process_comm(o->process);
		line_escape(l, comm, strlen(comm));
		line_char(l, '/');
		line_u64(l, (unsigned)o->process->pid);
		if (o->next)
			line_char(l, ',');
	}
	return s->owners;
}

static bool comm(struct sk_line *l, const struct sk_view *v,
		 const struct sk_sock *s)
{
	(void)v;
	if (s->owners) {
		const char *name = sk_process_comm(s->owners->process);

		line_escape(l, name, strlen(name));
	}
	return s->owners;
}

static bool pid(struct sk_line *l, const struct sk_view *v,
		const struct sk_sock *s)
{
	(void)v;
	if (s->owners)
		line_u64(l, (unsigned)s->owners->process->pid);
	return s->owners;
}

static bool fd(struct sk_line *l, const struct sk_view *v,
	       const struct sk_sock *s)
{
	(void)v;
	if (s->owners)
		line_u64(l, (unsigned)s->owners->fd);
	return s->owners;
}

static bool user(struct sk_line *l, const struct sk_view *v,
		 const struct sk_sock *s)
{
	static uint32_t last = UINT32_MAX;
	static char name[64];
	const struct passwd *pw;

	if (!(s->has & SK_HAS(UID)))
		return false;
	if (s->uid != last) {
		pw = v->numeric ? NULL : getpwuid(s->uid);
		if (!pw || sk_copy(name, sizeof(name), pw->pw_name) < 0)
			snprintf(name, sizeof(name), "%u", s->uid);
		last = s->uid;
	}
	line_escape(l, name, strlen(name));
	return true;
}

static bool cgroup(struct sk_line *l, const struct sk_view *v,
		   const struct sk_sock *s)
{
	(void)v;
	if (s->has & SK_HAS(CGROUP))
		sk_show_cgroup(l, s->cgroup);
	return s->has & SK_HAS(CGROUP);
}

static bool dev(struct sk_line *l, const struct sk_view *v,
		const struct sk_sock *s)
{
	const char *name;

	(void)v;
	if (!(s->has & SK_HAS(IFINDEX)))
		return false;
	name = sk_show_ifname(s->ifindex);
	line_escape(l, name, strlen(name));
	return true;
}

static bool cc(struct sk_line *l, const struct sk_view *v,
	       const struct sk_sock *s)
{
	(void)v;
	if (s->cong.p)
		line_escape(l, s->cong.p, s->cong.len);
	return s->cong.p;
}

static bool unowned(struct sk_line *l, const struct sk_view *v,
		    const struct sk_sock *s)
{
	const char *why = sk_unowned_text(s->unowned);

	(void)v;
	if (why)
		line_str(l, why);
	return why;
}

#define INFO SK_WANT_INFO
#define DETAIL SK_WANT_DETAIL

static const struct sk_column text_columns[] = {
	{ "netns", "label of the network namespace", 0, false, netns, 0, 0 },
	{ "netid", "kind of socket: tcp, u_str …", 0, false, netid, 0, 0 },
	{ "state", "state", 0, false, state, 0, 0 },
	{ "local", "local address and port", 0, false, local, 0, 0 },
	{ "peer", "peer's address and port", 0, false, peer, 0, 0 },
	{ "laddr", "local address", 0, false, local_address, 0, 0 },
	{ "lport", "local port", 0, false, local_port, 0, 0 },
	{ "paddr", "peer's address", 0, false, peer_address, 0, 0 },
	{ "pport", "peer's port", 0, false, peer_port, 0, 0 },
	{ "process", "owners: name/pid, …", 0, true, process, 0, 0 },
	{ "comm", "name of an owner", 0, true, comm, 0, 0 },
	{ "pid", "process id of an owner", 0, true, pid, 0, 0 },
	{ "fd", "descriptor of an owner", 0, true, fd, 0, 0 },
	{ "unowned", "why there is no owner", 0, true, unowned, 0, 0 },
	{ "user", "name of the user", DETAIL, false, user, 0, 0 },
	{ "cgroup", "cgroup", 0, false, cgroup, 0, 0 },
	{ "dev", "interface it is bound to", 0, false, dev, 0, 0 },
	{ "cc", "congestion control", INFO, false, cc, 0, 0 },
};

#define TEXTS (sizeof(text_columns) / sizeof(*text_columns))
#define FIELDS_MAX 160

/* A column for each field of filters, made on first use. */
static const struct sk_column *field_columns(size_t *n)
{
	static struct sk_column rows[FIELDS_MAX];
	static size_t count;
	static bool made;
	const char *name;

	for (; !made && count < FIELDS_MAX; count++) {
		const struct sk_field *f;
		const struct sk_tcp_field *tcp;

		name = sk_filter_field(count);
		if (!name)
			break;
		f = sk_field_find(name, strlen(name));
		tcp = f->tcp ? sk_tcp_info_field(f->tcp) : NULL;
		rows[count] = (struct sk_column){
			name, tcp ? tcp->help : "as in filters", f->want,
			f->owners, NULL, f, tcp
		};
	}
	made = true;
	*n = count;
	return rows;
}

/* --- looking up ----------------------------------------------------------- */

static bool is_name(const struct sk_column *c, const char *name, size_t len)
{
	return strlen(c->name) == len && !strncmp(c->name, name, len);
}

const struct sk_column *sk_column_find(const char *name, size_t len)
{
	const struct sk_column *rows;
	size_t n;

	for (size_t i = 0; i < TEXTS; i++)
		if (is_name(&text_columns[i], name, len))
			return &text_columns[i];
	rows = field_columns(&n);
	for (size_t i = 0; i < n; i++)
		if (is_name(&rows[i], name, len))
			return &rows[i];
	return NULL;
}

const char *sk_column_name(const struct sk_column *c)
{
	return c->name;
}

unsigned sk_column_want(const struct sk_column *c)
{
	return c->want;
}

bool sk_column_wants_owners(const struct sk_column *c)
{
	return c->owners;
}

bool sk_column_number(const struct sk_column *c, const struct sk_sock *s,
		      uint64_t *v)
{
	if (c->text == local_port || c->text == peer_port) {
		*v = c->text == local_port ? s->local.port : s->peer.port;
		return true;
	}
	if (c->text == pid && s->owners) {
		*v = (uint64_t)s->owners->process->pid;
		return true;
	}
	return c->field && sk_field_value(c->field, c->tcp, s, v);
}

bool sk_column_text(const struct sk_column *c, struct sk_line *l,
		    const struct sk_view *v, const struct sk_sock *s)
{
	uint64_t n;

	if (c->text)
		return c->text(l, v, s);
	if (c->field->type == SK_FIELD_TEXT) {
		if (s->name.p)
			line_escape(l, s->name.p, s->name.len);
		return s->name.p;
	}
	if (!sk_field_value(c->field, c->tcp, s, &n))
		return false;
	line_u64(l, n);
	return true;
}

void sk_columns_help(struct sk_out *out)
{
	const struct sk_column *rows;
	size_t n;

	for (size_t i = 0; i < TEXTS; i++)
		sk_out_printf(out, "%-22s %s\n", text_columns[i].name,
			      text_columns[i].help);
	rows = field_columns(&n);
	for (size_t i = 0; i < n; i++) {
		const char *unit = rows[i].tcp ?
			sk_tcp_unit_name(rows[i].tcp->unit) : "";

		/* Some fields have a text column of the same name. */
		if (sk_column_find(rows[i].name, strlen(rows[i].name)) ==
		    &rows[i])
			sk_out_printf(out, "%-22s %s%s%s\n", rows[i].name,
				      rows[i].help, *unit ? ", " : "", unit);
	}
}

/* --- lists ---------------------------------------------------------------- */

int sk_columns_parse(struct sk_columns *c, const char *list,
		     struct sk_err *err)
{
	char quoted[64];

	c->n = 0;
	while (*list) {
		size_t n = strcspn(list, ",");

		if (c->n == sizeof(c->v) / sizeof(*c->v))
			return sk_usage(err, "too many columns");
		c->v[c->n] = sk_column_find(list, n);
		if (!c->v[c->n++]) {
			sk_escape(quoted, sizeof(quoted), list, n);
			return sk_usage(err, "no such column: %s "
					"(--columns help lists them)", quoted);
		}
		list += n + (list[n] == ',');
	}
	return c->n ? 0 : sk_usage(err, "a column is missing");
}

unsigned sk_columns_want(const struct sk_columns *c)
{
	unsigned want = 0;

	for (size_t i = 0; i < c->n; i++)
		want |= c->v[i]->want;
	return want;
}

bool sk_columns_want_owners(const struct sk_columns *c)
{
	bool want = false;

	for (size_t i = 0; i < c->n; i++)
		want |= c->v[i]->owners;
	return want;
}
