/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sockets that a program keeps though they are closed. They are in no table of
 * the kernel, so no listing has them; lsof(8) says "can't identify protocol".
 * A connection gets there when it is reset or times out and the program does
 * not call close(2).
 *
 * Not in a table of ours is also what lives in another network namespace, so
 * the sockets themselves are asked: a copy is taken by pidfd_getfd(2),
 * questioned, and closed. That needs the rights of ptrace(2).
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <linux/tcp.h>

#include "base/fd.h"
#include "diag/doctor_in.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* A program may be about to close some. */
#define CLOSED_MIN 20

struct held {
	int pid, fd;
	struct sk_process *process;
};

struct search {
	const struct sk_checkup *c;
	uint64_t *known;	/* inodes of the tables, sorted */
	size_t n_known;
	struct held *v;
	size_t n, cap;
};

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int by_pid(const void *a, const void *b)
{
	const struct held *x = a, *y = b;

	return x->pid != y->pid ? (x->pid > y->pid) - (x->pid < y->pid) :
				  (x->fd > y->fd) - (x->fd < y->fd);
}

static bool sort_known(struct search *s)
{
	const struct sk_reading *now = &s->c->now;

	s->known = calloc(now->n + 1, sizeof(*s->known));
	for (size_t i = 0; s->known && i < now->n; i++)
		if (now->v[i].inode)
			s->known[s->n_known++] = now->v[i].inode;
	if (s->known)
		qsort(s->known, s->n_known, sizeof(*s->known), by_number);
	return s->known;
}

static void take(uint64_t inode, const struct sk_owner *first, void *arg)
{
	struct search *s = arg;

	if (bsearch(&inode, s->known, s->n_known, sizeof(inode), by_number))
		return;
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 256;
		struct held *v = realloc(s->v, cap * sizeof(*v));

		if (!v)
			return;
		s->v = v;
		s->cap = cap;
	}
	s->v[s->n++] = (struct held){ first->process->pid, first->fd,
				      first->process };
}

/* By the name of its protocol, which costs less than a copy. */
static bool is_tcp(const struct sk_checkup *c, const struct held *h)
{
	char path[80], name[16] = "";

	snprintf(path, sizeof(path), "%s/%d/fd/%d", c->proc, h->pid, h->fd);
	return getxattr(path, "system.sockprotoname", name,
			sizeof(name) - 1) > 0 &&
	       (!strcmp(name, "TCP") || !strcmp(name, "TCPv6"));
}

/* Of which network namespace, socket(7); 0: this kernel does not tell. */
static uint64_t netns_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) < 0)
		return 0;
	return cookie;
}

static uint64_t our_netns(void)
{
	SK_AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? 0 : netns_of(fd);
}

/* Not those that a program has made in advance: they had no connection yet. */
static bool is_closed(int pidfd, int theirs, uint64_t netns)
{
	struct tcp_info info = { .tcpi_state = 0 };
	socklen_t len = sizeof(info);
	SK_AUTO_FD fd = (int)syscall(SYS_pidfd_getfd, pidfd, theirs, 0);

	return fd >= 0 && netns_of(fd) == netns &&
	       !getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) &&
	       info.tcpi_state == SK_STATE_CLOSE && info.tcpi_segs_out;
}

/* v[0..n) are of one process. */
static void check_process(struct sk_checkup *c, struct sk_findings *f,
			  const struct held *v, size_t n)
{
	SK_AUTO_FD pidfd = n < CLOSED_MIN ? -1 :
			   (int)syscall(SYS_pidfd_open, v[0].pid, 0);
	uint64_t netns = pidfd < 0 ? 0 : our_netns();
	struct sk_finding *new;
	char who[SK_WHO_MAX];
	uint64_t closed = 0;

	for (size_t i = 0; pidfd >= 0 && i < n; i++)
		closed += is_tcp(c, &v[i]) && is_closed(pidfd, v[i].fd, netns);
	if (closed < CLOSED_MIN)
		return;
	new = sk_findings_add(f, closed);
	sk_finding_text(new, "proc", sk_checkup_who(who, v[0].process));
	sk_finding_number(new, "n", closed);
}

void sk_rule_closed(struct sk_checkup *c, struct sk_findings *f)
{
	const struct sk_owners *owners = sk_checkup_owners(c);
	struct search s = { .c = c };
	size_t from = 0;

	if (owners && sort_known(&s))
		sk_owners_each(owners, take, &s);
	if (s.n)
		qsort(s.v, s.n, sizeof(*s.v), by_pid);
	for (size_t i = 1; i <= s.n; i++) {
		if (i < s.n && s.v[i].pid == s.v[from].pid)
			continue;
		check_process(c, f, s.v + from, i - from);
		from = i;
	}
	free(s.known);
	free(s.v);
}
