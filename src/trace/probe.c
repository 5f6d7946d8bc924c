/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/probe.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

int sk_probe_open(struct sk_proc *p, int fd)
{
	int copy;

	if (fd >= SK_FD_DIRECT)
		fd = sk_direct_twin(p->files, fd);
	if (fd < 0)
		return -EBADF;
	if (p->pidfd < 0)
		p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	if (p->pidfd < 0)
		return -errno;
	copy = (int)syscall(SYS_pidfd_getfd, p->pidfd, fd, 0);
	return copy < 0 ? -errno : copy;
}

static int get_int(int fd, int name)
{
	socklen_t len = sizeof(int);
	int v;

	return getsockopt(fd, SOL_SOCKET, name, &v, &len) < 0 ? -1 : v;
}

/* 0: it is no socket. */
static uint64_t get_cookie(int fd)
{
	uint64_t cookie;
	socklen_t len = sizeof(cookie);

	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) < 0 ?
		       0 : cookie;
}

/* What the call that made it has said need not be asked. */
static void identify(int fd, struct sk_life *l, const struct sk_life *like)
{
	struct stat st;

	l->family = like ? like->family : get_int(fd, SO_DOMAIN);
	l->type = like ? like->type : get_int(fd, SO_TYPE);
	l->protocol = get_int(fd, SO_PROTOCOL);
	l->cookie = get_cookie(fd);
	l->inode = fstat(fd, &st) < 0 ? 0 : st.st_ino;
}

/* --- by /proc -------------------------------------------------------------------- */

static uint64_t socket_inode(const char *target)
{
	return strtoull(target + strlen("socket:["), NULL, 10);
}

/* Lines "tfd: 5 events: …". */
void sk_probe_epoll(pid_t pid, int epfd, void (*fn)(void *arg, int fd),
		    void *arg)
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, epfd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sk_starts_with(line, "tfd:"))
			fn(arg, (int)strtol(line + 4, NULL, 10));
	if (f)
		fclose(f);
}

struct looking {
	pid_t pid;
	bool found;
};

static void look_for_socket(void *arg, int fd)
{
	struct looking *l = arg;
	char path[64], target[16];
	ssize_t n;

	if (l->found)
		return;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", l->pid, fd);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	l->found = sk_starts_with(target, "socket:");
}

/* Has an epoll descriptor been told of a socket? */
static bool epoll_on_sockets(pid_t pid, int epfd)
{
	struct looking l = { pid, false };

	sk_probe_epoll(pid, epfd, look_for_socket, &l);
	return l.found;
}

bool sk_probe_is_ring(int fd)
{
	char path[64], target[32];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	return !strcmp(target, "anon_inode:[io_uring]");
}

static struct sk_fd kind_by_link(const struct sk_proc *p, int fd,
				 struct sk_life *l)
{
	char path[64], target[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", p->pid, fd);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return (struct sk_fd){ .kind = SK_FD_CLOSED };
	target[n] = '\0';
	if (sk_starts_with(target, "socket:[")) {
		l->family = l->type = l->protocol = -1;
		l->inode = socket_inode(target);
		return (struct sk_fd){ .kind = SK_FD_SOCKET };
	}
	if (!strcmp(target, "anon_inode:[eventpoll]"))
		return (struct sk_fd){
			.kind = SK_FD_EPOLL,
			.on_sockets = epoll_on_sockets(p->pid, fd)
		};
	if (!strcmp(target, "anon_inode:[io_uring]"))
		return (struct sk_fd){ .kind = SK_FD_URING };
	return (struct sk_fd){ .kind = SK_FD_OTHER };
}

/* --- the questions ----------------------------------------------------------------- */

static void get_names(int fd, struct sk_life *l)
{
	struct sk_addr a;

	if (!sk_addr_local(&a, fd))
		l->local = a;
	/* A datagram socket may part; of a connection the last peer is kept. */
	if (!sk_addr_peer(&a, fd))
		l->peer = a;
	else if (l->type == SOCK_DGRAM)
		l->peer.len = 0;
	l->names_stale = false;
	l->peer_stale = true;
	free(l->label);
	l->label = NULL;
}

static void get_tcp_info(int fd, struct sk_life *l)
{
	socklen_t len = sizeof(l->tcp_info);

	if (l->type != SOCK_STREAM ||
	    (l->family != AF_INET && l->family != AF_INET6))
		return;
	if (!getsockopt(fd, IPPROTO_TCP, TCP_INFO, l->tcp_info, &len))
		l->tcp_info_len = (uint16_t)len;
}

struct sk_fd sk_probe_kind(struct sk_proc *p, int fd, struct sk_life *l,
			   const struct sk_life *like)
{
	SK_AUTO_FD copy = sk_probe_open(p, fd);

	if (copy == -EBADF)
		return (struct sk_fd){ .kind = SK_FD_CLOSED };
	if (copy < 0 || (!like && get_int(copy, SO_TYPE) < 0))
		return kind_by_link(p, fd, l);
	identify(copy, l, like);
	/* One that was just made has no names yet. */
	if (!like || like->connected)
		get_names(copy, l);
	return (struct sk_fd){ .kind = SK_FD_SOCKET };
}

bool sk_probe_same(struct sk_proc *p, int fd, struct sk_life *l)
{
	SK_AUTO_FD copy = sk_probe_open(p, fd);

	if (copy < 0 || !l->cookie || get_cookie(copy) != l->cookie)
		return false;
	if (l->names_stale)
		get_names(copy, l);
	return true;
}

void sk_probe_life(struct sk_proc *p, int fd, struct sk_life *l, unsigned what)
{
	SK_AUTO_FD copy = sk_probe_open(p, fd);

	if (copy < 0)
		return;
	if (what & SK_PROBE_NAMES)
		get_names(copy, l);
	if (what & SK_PROBE_TCP_INFO)
		get_tcp_info(copy, l);
}

unsigned sk_life_tcp_state(const struct sk_life *l)
{
	return l->tcp_info_len ? l->tcp_info[0] : 0;
}
