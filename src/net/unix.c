/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/unix.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"

/* --- names -------------------------------------------------------------------- */

const char *sk_unix_path(char buf[sizeof(struct sockaddr_un)],
			 const struct sk_addr *a)
{
	size_t n = a->len - offsetof(struct sockaddr_un, sun_path);

	if (n > sizeof(a->un.sun_path))
		n = sizeof(a->un.sun_path);
	memcpy(buf, a->un.sun_path, n);
	buf[n] = '\0';
	return buf;
}

/*
 * Asked by a datagram socket: a live stream says EPROTOTYPE, be it between
 * bind(2) and listen(2), and is not given a client that it would serve.
 */
static bool refuses(const struct sk_addr *a)
{
	SK_AUTO_FD fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && connect(fd, &a->sa, a->len) < 0 &&
	       errno == ECONNREFUSED;
}

int sk_unix_clear_stale(const struct sk_addr *a)
{
	char path[sizeof(struct sockaddr_un)];
	struct stat st, now;

	if (a->len <= offsetof(struct sockaddr_un, sun_path) ||
	    !a->un.sun_path[0])
		return -EADDRINUSE;
	if (lstat(sk_unix_path(path, a), &st) < 0 || !S_ISSOCK(st.st_mode))
		return -EADDRINUSE;
	if (!refuses(a))
		return -EADDRINUSE;
	/* Another server may have put a new one there meanwhile. */
	if (lstat(path, &now) < 0)
		return -errno;
	if (now.st_ino != st.st_ino || now.st_dev != st.st_dev)
		return -EADDRINUSE;
	return unlink(path) < 0 ? -errno : 0;
}

const char *sk_unix_in_the_way(const struct sk_addr *a, int error)
{
	char path[sizeof(struct sockaddr_un)];
	struct stat st;

	return error == -EADDRINUSE && *sk_unix_path(path, a) &&
			       !lstat(path, &st) && !S_ISSOCK(st.st_mode) ?
		       " (what is there is no socket, and stays)" :
		       "";
}

void sk_unix_note(struct sk_unix_file *f, const struct sk_addr *a)
{
	char path[sizeof(struct sockaddr_un)];
	struct stat st;

	*f = (struct sk_unix_file){ 0 };
	if (*sk_unix_path(path, a) && !lstat(path, &st)) {
		f->inode = st.st_ino;
		f->dev = st.st_dev;
	}
}

void sk_unix_remove(const struct sk_unix_file *f, const struct sk_addr *a)
{
	char path[sizeof(struct sockaddr_un)];
	struct stat st;

	if (f->inode && !lstat(sk_unix_path(path, a), &st) &&
	    st.st_ino == f->inode && st.st_dev == f->dev)
		unlink(path);
}

/* By the umask: chmod(2) afterwards would leave a moment with another mode. */
int sk_unix_bind(int fd, const struct sk_addr *a, const struct sk_net_opts *o)
{
	mode_t old = 0;
	int r;

	if (o->has_mode)
		old = umask(0777 & ~o->mode);
	r = bind(fd, &a->sa, a->len) < 0 ? -errno : 0;
	if (o->has_mode)
		umask(old);
	return r;
}

/* --- peers -------------------------------------------------------------------- */

const char *sk_unix_cred(char buf[SK_CRED_TEXT_MAX], const struct ucred *cred)
{
	char path[40], comm[32], shown[sizeof(comm) * 4] = "?";
	SK_AUTO_FD fd = -1;
	ssize_t n = -1;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)cred->pid);
	if (cred->pid > 0)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, comm, sizeof(comm));
	if (n > 0)
		sk_escape(shown, sizeof(shown), comm, (size_t)n - 1);
	snprintf(buf, SK_CRED_TEXT_MAX, "pid %d (%s), uid %u, gid %u",
		 (int)cred->pid, shown, cred->uid, cred->gid);
	return buf;
}

void sk_unix_tell_peer(int fd)
{
	socklen_t len = sizeof(struct ucred);
	char text[SK_CRED_TEXT_MAX];
	struct ucred cred;
	struct sk_addr a;

	if (fd < 0 || sk_log_verbosity() < SK_LOG_INFO ||
	    sk_addr_local(&a, fd) < 0 || a.sa.sa_family != AF_UNIX ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return;
	sk_info("the peer is %s", sk_unix_cred(text, &cred));
}

const char *sk_unix_fd(char buf[SK_FD_TEXT_MAX], int fd)
{
	char path[40], target[128], shown[256] = "?";
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target));
	if (n > 0)
		sk_escape(shown, sizeof(shown), target, (size_t)n);
	snprintf(buf, SK_FD_TEXT_MAX, "descriptor %d (%s)", fd, shown);
	return buf;
}

/* --- sockets that keep boundaries ----------------------------------------------- */

static int open_socket(int type, const struct sk_addr *a,
		       const struct sk_net_opts *o, struct sk_err *err)
{
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), r;
	char name[SK_ADDR_TEXT_MAX];

	if (fd < 0)
		return sk_fail(err, -errno, "%s: socket: %s",
			       sk_addr_format(name, a), sk_strerror(errno));
	r = sk_net_apply(fd, AF_UNIX, o, false, err);
	if (r < 0)
		sk_close(&fd);
	return r < 0 ? r : fd;
}

static int failed(const struct sk_addr *a, const char *what, int r,
		  struct sk_err *err)
{
	char name[SK_ADDR_TEXT_MAX];

	return sk_fail(err, r, "%s: %s: %s%s", sk_addr_format(name, a), what,
		       sk_strerror(r), sk_unix_in_the_way(a, r));
}

static int bind_name(struct sk_unix_dgram *u, int fd, const struct sk_addr *a,
		     const struct sk_net_opts *o, struct sk_err *err)
{
	int r = sk_unix_bind(fd, a, o);

	if (r == -EADDRINUSE && !sk_unix_clear_stale(a))
		r = sk_unix_bind(fd, a, o);
	if (r < 0)
		return failed(a, "bind", r, err);
	u->name = *a;
	sk_unix_note(&u->file, a);
	return 0;
}

static int wrap(struct sk_unix_dgram *u, struct sk_loop *loop, int fd,
		struct sk_err *err)
{
	u->d = sk_dgram_new(loop, fd, false, false);
	return u->d ? 0 : sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
}

int sk_unix_serve(struct sk_unix_dgram *u, struct sk_loop *loop, int type,
		  const struct sk_addr *a, const struct sk_net_opts *o,
		  struct sk_err *err)
{
	SK_AUTO_FD fd = -1;
	int r;

	memset(u, 0, sizeof(*u));
	r = fd = open_socket(type, a, o, err);
	if (r >= 0)
		r = bind_name(u, fd, a, o, err);
	if (r >= 0 && type == SOCK_SEQPACKET && listen(fd, SOMAXCONN) < 0)
		r = failed(a, "listen", -errno, err);
	if (r >= 0)
		r = wrap(u, loop, sk_steal_fd(&fd), err);
	if (r < 0)
		sk_unix_fini(u);
	return r;
}

/*
 * A folder that is new and ours alone: nobody can have put anything there,
 * and nobody else can answer in our name.
 */
static int private_name(struct sk_unix_dgram *u, struct sk_addr *a,
			struct sk_err *err)
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	char path[sizeof(u->folder) + 8];
	int n;

	if (!base || strlen(base) + sizeof("/sockkit.XXXXXX") > sizeof(u->folder))
		base = "/tmp";
	for (;;) {
		n = snprintf(u->folder, sizeof(u->folder), "%s/sockkit.XXXXXX",
			     base);
		if (n > 0 && mkdtemp(u->folder))
			break;
		n = -errno;
		u->folder[0] = '\0';
		if (!strcmp(base, "/tmp"))
			return sk_fail(err, n, "%s: a folder for our name: %s",
				       base, sk_strerror(n));
		base = "/tmp";
	}
	snprintf(path, sizeof(path), "%s/peer", u->folder);
	return sk_addr_unix(a, path, err);
}

int sk_unix_dial(struct sk_unix_dgram *u, struct sk_loop *loop, int type,
		 const struct sk_addr *a, const struct sk_net_opts *o,
		 struct sk_err *err)
{
	struct sk_addr own = o->source;
	SK_AUTO_FD fd = -1;
	int r;

	memset(u, 0, sizeof(*u));
	r = fd = open_socket(type, a, o, err);
	if (r >= 0 && !own.len && type == SOCK_DGRAM)
		r = private_name(u, &own, err);
	if (r >= 0 && own.len)
		r = bind_name(u, fd, &own, o, err);
	if (r >= 0 && connect(fd, &a->sa, a->len) < 0)
		r = failed(a, "connect", -errno, err);
	if (r >= 0)
		r = wrap(u, loop, sk_steal_fd(&fd), err);
	if (r < 0)
		sk_unix_fini(u);
	return r;
}

void sk_unix_fini(struct sk_unix_dgram *u)
{
	sk_unix_remove(&u->file, &u->name);
	if (u->folder[0])
		rmdir(u->folder);
	u->file.inode = 0;
	u->folder[0] = '\0';
}
