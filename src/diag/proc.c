/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /proc/net, for families whose diag module is not there. Lines are split at
 * blanks and each column is looked at if it is there: older and newer kernels
 * have fewer and more of them.
 */
#include "diag/dump.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define COLUMNS_MAX 20
#define ACCEPTING 0x10000u	/* __SO_ACCEPTCON, of unix sockets */

struct line {
	char *col[COLUMNS_MAX];
	size_t n;
	char *rest;		/* behind the last column that was asked for */
};

/* --- reading -------------------------------------------------------------- */

/* At most `max` columns; the rest stays as it is (names hold blanks). */
static void split(struct line *l, char *text, size_t max)
{
	l->n = 0;
	while (l->n < max) {
		text += strspn(text, " \t");
		if (!*text)
			break;
		l->col[l->n++] = text;
		text += strcspn(text, " \t");
		if (!*text)
			break;
		*text++ = '\0';
	}
	l->rest = text;
}

static uint64_t column(const struct line *l, size_t i, int base)
{
	return i < l->n ? strtoull(l->col[i], NULL, base) : 0;
}

typedef int parse_line(struct sk_dump *d, struct line *l, int family);

static parse_line inet_line, unix_line, netlink_line, packet_line;

/* By enum sk_proc_table. */
static const struct {
	size_t columns;
	int family;
	parse_line *parse;
} tables[] = {
	[SK_PROC_INET] = { COLUMNS_MAX, AF_INET, inet_line },
	[SK_PROC_INET6] = { COLUMNS_MAX, AF_INET6, inet_line },
	[SK_PROC_UNIX] = { 7, AF_UNIX, unix_line },
	[SK_PROC_NETLINK] = { COLUMNS_MAX, AF_NETLINK, netlink_line },
	[SK_PROC_PACKET] = { COLUMNS_MAX, AF_PACKET, packet_line },
};

int sk_proc_lines(struct sk_dump *d, FILE *f, enum sk_proc_table table)
{
	char *text = NULL;
	struct line line;
	size_t size = 0;
	ssize_t n = getline(&text, &size, f);
	int r = 0;

	while (!r && n >= 0 && (n = getline(&text, &size, f)) >= 0) {
		if (n && text[n - 1] == '\n')
			text[n - 1] = '\0';
		split(&line, text, tables[table].columns);
		r = tables[table].parse(d, &line, tables[table].family);
	}
	if (!r && ferror(f))
		r = -EIO;
	free(text);
	return r;
}

/* -ENOENT: no such file. */
static int read_file(struct sk_dump *d, const char *name,
		     enum sk_proc_table table)
{
	const char *dir = d->q->proc ? d->q->proc : "/proc/self/net";
	char path[300];
	FILE *f;
	int r;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	r = sk_proc_lines(d, f, table);
	fclose(f);
	return r;
}

/* --- tcp, udp, udplite, raw, icmp ----------------------------------------- */

/* "0100007F:1F90": words in the machine's order. */
static bool parse_end(struct sk_end *e, const char *text, int family)
{
	size_t words = family == AF_INET ? 1 : 4;
	char word[9] = "";

	if (strlen(text) < words * 8 + 2 || text[words * 8] != ':')
		return false;
	for (size_t i = 0; i < words; i++) {
		uint32_t v;

		memcpy(word, text + i * 8, 8);
		v = (uint32_t)strtoul(word, NULL, 16);
		memcpy(e->ip + i * 4, &v, 4);
	}
	e->port = (uint32_t)strtoul(text + words * 8 + 1, NULL, 16) & 0xffff;
	return true;
}

/* "00000000:0000001F" */
static void parse_two(const char *text, uint32_t *a, uint32_t *b)
{
	char *end;

	*a = (uint32_t)strtoul(text, &end, 16);
	*b = *end == ':' ? (uint32_t)strtoul(end + 1, NULL, 16) : 0;
}

static int inet_line(struct sk_dump *d, struct line *l, int family)
{
	const long hz = sysconf(_SC_CLK_TCK);
	struct sk_sock *s = sk_dump_record(d, d->kind, family);
	uint32_t timer;

	if (l->n < 10 || !parse_end(&s->local, l->col[1], family) ||
	    !parse_end(&s->peer, l->col[2], family))
		return 0;	/* not a line of ours */
	s->state = (uint8_t)column(l, 3, 16);
	parse_two(l->col[4], &s->wqueue, &s->rqueue);
	parse_two(l->col[5], &timer, &s->timer_ms);
	s->timer = (uint8_t)timer;
	s->timer_ms = (uint32_t)(s->timer_ms * UINT64_C(1000) /
				 (hz > 0 ? (unsigned long)hz : 100));
	s->timer_retrans = (uint8_t)column(l, 6, 16);
	s->has = SK_HAS(QUEUES) | SK_HAS(TIMER) | SK_HAS(PROTOCOL);
	s->uid = (uint32_t)column(l, 7, 10);
	s->inode = column(l, 9, 10);
	if (s->inode)
		s->has |= SK_HAS(INODE);
	if (s->inode || s->uid)
		s->has |= SK_HAS(UID);
	if (l->n > 10) {
		s->refs = (uint32_t)column(l, 10, 10);
		s->has |= SK_HAS(REFS);
	}
	s->protocol = sk_kind_of(d->kind)->protocol;
	if (d->kind == SK_KIND_RAW)
		s->protocol = (uint16_t)s->local.port;
	if (d->kind != SK_KIND_TCP && l->n > 12) {
		s->drops = (uint32_t)column(l, 12, 10);
		s->has |= SK_HAS(DROPS);
	}
	return sk_dump_emit(d);
}

int sk_proc_inet(struct sk_dump *d, uint32_t kinds)
{
	static const struct {
		unsigned kind;
		const char *file[2];
	} files[] = {
		{ SK_KIND_TCP, { "tcp", "tcp6" } },
		{ SK_KIND_UDP, { "udp", "udp6" } },
		{ SK_KIND_UDPLITE, { "udplite", "udplite6" } },
		{ SK_KIND_RAW, { "raw", "raw6" } },
		{ SK_KIND_ICMP, { "icmp", "icmp6" } },
	};
	size_t i = 0;
	int r;

	d->kind = (unsigned)__builtin_ctz(kinds);
	while (files[i].kind != d->kind)
		i++;
	r = read_file(d, files[i].file[0], SK_PROC_INET);
	if (r)
		return r;
	/* A kernel without IPv6 has no second file. */
	r = read_file(d, files[i].file[1], SK_PROC_INET6);
	return r == -ENOENT ? 0 : r;
}

/* --- unix ----------------------------------------------------------------- */

static int unix_line(struct sk_dump *d, struct line *l, int family)
{
	static const uint8_t state_of[] = {
		SK_STATE_UNKNOWN, SK_STATE_CLOSE, SK_STATE_SYN_SENT,
		SK_STATE_ESTABLISHED, SK_STATE_CLOSING,
	};
	uint64_t type = column(l, 4, 16), state = column(l, 5, 16);
	struct sk_sock *s;

	if (l->n < 7)
		return 0;	/* the rest of a name with a newline */
	s = sk_dump_record(d, type == SOCK_STREAM    ? SK_KIND_UNIX_STREAM :
			      type == SOCK_SEQPACKET ? SK_KIND_UNIX_SEQPACKET :
						       SK_KIND_UNIX_DGRAM,
			   family);
	s->type = (uint8_t)type;
	s->refs = (uint32_t)column(l, 1, 16);
	s->state = state < sizeof(state_of) ? state_of[state] :
					      (uint8_t)SK_STATE_UNKNOWN;
	if (column(l, 3, 16) & ACCEPTING)
		s->state = SK_STATE_LISTEN;
	s->inode = column(l, 6, 10);
	if (!s->inode)
		return 0;	/* waits to be accepted; unix_diag is silent */
	s->has = SK_HAS(REFS) | SK_HAS(INODE);
	if (*l->rest) {
		s->name = (struct sk_bytes){ l->rest,
					     (uint32_t)strlen(l->rest) };
		/* Abstract: the kernel writes @ for every NUL of the name. */
		if (*l->rest == '@')
			*l->rest = '\0';
	}
	return sk_dump_emit(d);
}

int sk_proc_unix(struct sk_dump *d, uint32_t kinds)
{
	(void)kinds;
	return read_file(d, "unix", SK_PROC_UNIX);
}

/* --- netlink, packet ------------------------------------------------------ */

static int netlink_line(struct sk_dump *d, struct line *l, int family)
{
	struct sk_sock *s = sk_dump_record(d, SK_KIND_NETLINK, family);

	if (l->n < 10)
		return 0;
	s->state = SK_STATE_CLOSE;
	s->protocol = (uint16_t)column(l, 1, 10);
	s->local.port = (uint32_t)strtoll(l->col[2], NULL, 10);
	s->rqueue = (uint32_t)column(l, 4, 10);
	s->wqueue = (uint32_t)column(l, 5, 10);
	s->refs = (uint32_t)column(l, 7, 10);
	s->drops = (uint32_t)column(l, 8, 10);
	s->inode = column(l, 9, 10);
	s->has = SK_HAS(PROTOCOL) | SK_HAS(QUEUES) | SK_HAS(REFS) |
		 SK_HAS(DROPS);
	if (s->inode)
		s->has |= SK_HAS(INODE);
	return sk_dump_emit(d);
}

int sk_proc_netlink(struct sk_dump *d, uint32_t kinds)
{
	(void)kinds;
	return read_file(d, "netlink", SK_PROC_NETLINK);
}

static int packet_line(struct sk_dump *d, struct line *l, int family)
{
	uint64_t type = column(l, 2, 10);
	struct sk_sock *s;

	if (l->n < 9)
		return 0;
	s = sk_dump_record(d, type == SOCK_RAW ? SK_KIND_PACKET_RAW :
						 SK_KIND_PACKET_DGRAM, family);
	s->type = (uint8_t)type;
	s->state = SK_STATE_CLOSE;
	s->refs = (uint32_t)column(l, 1, 10);
	s->protocol = (uint16_t)column(l, 3, 16);
	s->ifindex = (uint32_t)column(l, 4, 10);
	s->rqueue = (uint32_t)column(l, 6, 10);
	s->uid = (uint32_t)column(l, 7, 10);
	s->inode = column(l, 8, 10);
	s->has = SK_HAS(PROTOCOL) | SK_HAS(QUEUES) | SK_HAS(REFS) |
		 SK_HAS(UID) | SK_HAS(INODE);
	if (s->ifindex)
		s->has |= SK_HAS(IFINDEX);
	return sk_dump_emit(d);
}

int sk_proc_packet(struct sk_dump *d, uint32_t kinds)
{
	(void)kinds;
	return read_file(d, "packet", SK_PROC_PACKET);
}
