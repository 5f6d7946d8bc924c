/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predicates FIELD CMP VALUE: one row a field. */
#include "diag/filter_in.h"

#include <errno.h>
#include <fnmatch.h>
#include <pwd.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"
#include "diag/owners.h"
#include "diag/source.h"
#include "sock/tcp_info.h"

#define PLAIN(name, bit)                                                     \
	static bool get_##name(const struct sk_sock *s, uint64_t *v)         \
	{                                                                    \
		*v = s->name;                                                \
		return s->has & SK_HAS(bit);                                 \
	}
PLAIN(uid, UID)
PLAIN(inode, INODE)
PLAIN(cookie, COOKIE)
PLAIN(rqueue, QUEUES)
PLAIN(wqueue, QUEUES)
PLAIN(ifindex, IFINDEX)
PLAIN(mark, MARK)
PLAIN(tos, TOS)
PLAIN(tclass, TCLASS)
PLAIN(class_id, CLASS_ID)
PLAIN(protocol, PROTOCOL)
PLAIN(age_ms, AGE)
PLAIN(timer_ms, TIMER)

static bool get_mem(const struct sk_sock *s, enum sk_mem what, uint64_t *v)
{
	*v = s->mem[what];
	return s->has & SK_HAS(MEM) && what < s->n_mem;
}

#define MEM(name, what)                                                      \
	static bool get_##name(const struct sk_sock *s, uint64_t *v)         \
	{                                                                    \
		return get_mem(s, SK_MEM_##what, v);                         \
	}
MEM(rmem, RMEM_ALLOC)
MEM(rcvbuf, RCVBUF)
MEM(wmem, WMEM_ALLOC)
MEM(sndbuf, SNDBUF)
MEM(backlog, BACKLOG)

static bool get_drops(const struct sk_sock *s, uint64_t *v)
{
	if (get_mem(s, SK_MEM_DROPS, v))
		return true;
	*v = s->drops;
	return s->has & SK_HAS(DROPS);
}

static const struct sk_field fields[] = {
	{ "pid", SK_FIELD_NUMBER, 0, true, NULL, NULL },
	{ "comm", SK_FIELD_TEXT, 0, true, NULL, NULL },
	{ "uid", SK_FIELD_USER, SK_WANT_DETAIL, false, get_uid, NULL },
	{ "user", SK_FIELD_USER, SK_WANT_DETAIL, false, get_uid, NULL },
	{ "inode", SK_FIELD_NUMBER, 0, false, get_inode, NULL },
	{ "ino", SK_FIELD_NUMBER, 0, false, get_inode, NULL },
	{ "cookie", SK_FIELD_NUMBER, 0, false, get_cookie, NULL },
	{ "recvq", SK_FIELD_BYTES, 0, false, get_rqueue, NULL },
	{ "sendq", SK_FIELD_BYTES, 0, false, get_wqueue, NULL },
	{ "ifindex", SK_FIELD_NUMBER, 0, false, get_ifindex, NULL },
	{ "mark", SK_FIELD_NUMBER, 0, false, get_mark, NULL },
	{ "tos", SK_FIELD_NUMBER, SK_WANT_TOS, false, get_tos, NULL },
	{ "tclass", SK_FIELD_NUMBER, SK_WANT_TOS, false, get_tclass, NULL },
	{ "class_id", SK_FIELD_NUMBER, SK_WANT_TOS, false, get_class_id, NULL },
	{ "protocol", SK_FIELD_NUMBER, 0, false, get_protocol, NULL },
	{ "age", SK_FIELD_MS, SK_WANT_AGE, false, get_age_ms, NULL },
	{ "timer", SK_FIELD_MS, 0, false, get_timer_ms, NULL },
	{ "rmem", SK_FIELD_BYTES, SK_WANT_MEM, false, get_rmem, NULL },
	{ "rcvbuf", SK_FIELD_BYTES, SK_WANT_MEM, false, get_rcvbuf, NULL },
	{ "wmem", SK_FIELD_BYTES, SK_WANT_MEM, false, get_wmem, NULL },
	{ "sndbuf", SK_FIELD_BYTES, SK_WANT_MEM, false, get_sndbuf, NULL },
	{ "backlog", SK_FIELD_BYTES, SK_WANT_MEM, false, get_backlog, NULL },
	{ "drops", SK_FIELD_NUMBER, SK_WANT_MEM, false, get_drops, NULL },
	{ "cc", SK_FIELD_TEXT, SK_WANT_INFO, false, NULL, NULL },
	{ "name", SK_FIELD_TEXT, 0, false, NULL, NULL },
	/* names that ss prints, or that people say */
	{ "cwnd", SK_FIELD_NUMBER, SK_WANT_INFO, false, NULL, "snd_cwnd" },
	{ "ssthresh", SK_FIELD_NUMBER, SK_WANT_INFO, false, NULL,
	  "snd_ssthresh" },
	{ "mss", SK_FIELD_BYTES, SK_WANT_INFO, false, NULL, "snd_mss" },
	{ "minrtt", SK_FIELD_US, SK_WANT_INFO, false, NULL, "min_rtt" },
	{ "lastsnd", SK_FIELD_MS, SK_WANT_INFO, false, NULL,
	  "last_data_sent" },
	{ "lastrcv", SK_FIELD_MS, SK_WANT_INFO, false, NULL,
	  "last_data_recv" },
	{ "lastack", SK_FIELD_MS, SK_WANT_INFO, false, NULL, "last_ack_recv" },
	{ "notsent", SK_FIELD_BYTES, SK_WANT_INFO, false, NULL,
	  "notsent_bytes" },
	{ "busy", SK_FIELD_US, SK_WANT_INFO, false, NULL, "busy_time" },
};

#define FIELDS (sizeof(fields) / sizeof(*fields))
#define TCP_FIELDS 96

static enum sk_field_type type_of(enum sk_tcp_unit unit)
{
	switch (unit) {
	case SK_TCP_US:
		return SK_FIELD_US;
	case SK_TCP_MS:
		return SK_FIELD_MS;
	case SK_TCP_BYTES:
		return SK_FIELD_BYTES;
	case SK_TCP_BYTES_S:
		return SK_FIELD_RATE;
	default:
		return SK_FIELD_NUMBER;
	}
}

/* A row for every field of tcp_info, made on first use. */
static const struct sk_field *tcp_fields(size_t *n)
{
	static struct sk_field rows[TCP_FIELDS];
	static size_t count;
	const struct sk_tcp_field *t = NULL;

	if (!count)
		while ((t = sk_tcp_info_next(t)) && count < TCP_FIELDS)
			rows[count++] = (struct sk_field){
				t->name, type_of(t->unit), SK_WANT_INFO,
				false, NULL, t->name
			};
	*n = count;
	return rows;
}

const char *sk_filter_field(size_t i)
{
	const struct sk_field *tcp;
	size_t n;

	if (i < FIELDS)
		return fields[i].name;
	tcp = tcp_fields(&n);
	return i - FIELDS < n ? tcp[i - FIELDS].name : NULL;
}

const struct sk_field *sk_field_find(const char *name, size_t len)
{
	const struct sk_field *tcp;
	size_t n;

	for (size_t i = 0; i < FIELDS; i++)
		if (strlen(fields[i].name) == len &&
		    !strncmp(fields[i].name, name, len))
			return &fields[i];
	tcp = tcp_fields(&n);
	for (size_t i = 0; i < n; i++)
		if (strlen(tcp[i].name) == len &&
		    !strncmp(tcp[i].name, name, len))
			return &tcp[i];
	return NULL;
}

/* --- values --------------------------------------------------------------- */

/* ss prints times in milliseconds: a number without unit is of these. */
static int parse_time(const char *text, uint64_t divisor, uint64_t *v)
{
	uint64_t us;

	if (!text[strspn(text, "0123456789.")]) {
		char ms[64];

		if (snprintf(ms, sizeof(ms), "%sms", text) >= (int)sizeof(ms))
			return -EINVAL;
		if (sk_parse_duration(ms, &us) < 0)
			return -EINVAL;
	} else if (sk_parse_duration(text, &us) < 0) {
		return -EINVAL;
	}
	*v = us / divisor;
	return 0;
}

/* Bits per second as ss prints them ("10Mbps"), or bytes ("1M/s"). */
static int parse_rate(const char *text, uint64_t *v)
{
	static const struct {
		const char *suffix;
		double factor;
	} bits[] = {
		{ "Gbps", 1e9 }, { "Mbps", 1e6 }, { "kbps", 1e3 },
		{ "Kbps", 1e3 }, { "bps", 1 },
	};
	size_t len = strlen(text);

	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++) {
		size_t n = strlen(bits[i].suffix);
		char *end;
		double d;

		if (len <= n || strcmp(text + len - n, bits[i].suffix))
			continue;
		d = strtod(text, &end);
		if (end != text + len - n || d < 0)
			return -EINVAL;
		*v = (uint64_t)(d * bits[i].factor / 8);
		return 0;
	}
	return sk_parse_rate(text, v) < 0 ? -EINVAL : 0;
}

static int parse_user(const char *text, uint64_t *v)
{
	const struct passwd *pw;

	if (!sk_parse_uint(text, v))
		return 0;
	pw = getpwnam(text);
	if (!pw)
		return -EINVAL;
	*v = pw->pw_uid;
	return 0;
}

int sk_field_parse(const struct sk_field *f, const char *text, uint64_t *v)
{
	switch (f->type) {
	case SK_FIELD_US:
		return parse_time(text, 1, v);
	case SK_FIELD_MS:
		return parse_time(text, 1000, v);
	case SK_FIELD_BYTES:
		return sk_parse_size(text, v) < 0 ? -EINVAL : 0;
	case SK_FIELD_RATE:
		return parse_rate(text, v);
	case SK_FIELD_USER:
		return parse_user(text, v);
	case SK_FIELD_NUMBER:
		return sk_parse_uint(text, v) < 0 ? -EINVAL : 0;
	case SK_FIELD_TEXT:
		break;
	}
	return 0;
}

/* --- matching ------------------------------------------------------------- */

static bool compare(enum sk_cmp cmp, uint64_t a, uint64_t b)
{
	switch (cmp) {
	case SK_EQ:
	case SK_NE:		/* turned around by the parser's NOT */
		return a == b;
	case SK_LT:
		return a < b;
	case SK_LE:
		return a <= b;
	case SK_GT:
		return a > b;
	case SK_GE:
		return a >= b;
	}
	return false;
}

/* Bytes without NUL at their end against a pattern. */
static bool match_bytes(const char *pattern, struct sk_bytes b)
{
	char text[512];

	if (!b.p || b.len >= sizeof(text))
		return false;
	memcpy(text, b.p, b.len);
	text[b.len] = '\0';
	for (uint32_t i = 0; i < b.len; i++)
		if (!text[i])
			text[i] = '@';
	return !fnmatch(pattern, text, 0);
}

static bool match_owner(const struct sk_node *n, const struct sk_sock *s)
{
	for (const struct sk_owner *o = s->owners; o; o = o->next) {
		if (n->field->type == SK_FIELD_TEXT ?
			    !fnmatch(n->text, sk_process_comm(o->process), 0) :
			    compare(n->cmp, (uint64_t)o->process->pid,
				    n->number))
			return true;
	}
	return false;
}

bool sk_field_value(const struct sk_field *f, const struct sk_tcp_field *tcp,
		    const struct sk_sock *s, uint64_t *v)
{
	if (tcp)
		return sk_sock_tcp(s, tcp, v);
	return f->get && f->get(s, v);
}

bool sk_field_match(const struct sk_node *n, const struct sk_sock *s)
{
	const struct sk_field *f = n->field;
	uint64_t v;

	if (f->owners)
		return match_owner(n, s);
	if (f->type == SK_FIELD_TEXT)
		return match_bytes(n->text, *f->name == 'c' ? s->cong :
							      s->name);
	return sk_field_value(f, n->tcp, s, &v) &&
	       compare(n->cmp, v, n->number);
}
