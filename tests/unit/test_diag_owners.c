/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Owners: both ways of finding them give the same, and names hold anything. */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "diag/owners.h"
#include "diag/show.h"

#define SOCKETS 300

static const struct sk_view plain;

static int fds[SOCKETS];
static uint64_t inodes[SOCKETS];

static void open_sockets(void)
{
	struct stat st;

	for (int i = 0; i < SOCKETS; i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		if (fds[i] < 0 || fstat(fds[i], &st))
			exit(1);
		inodes[i] = st.st_ino;
	}
}

/* How many of our sockets have just the owners we know of. */
static int right(const struct sk_owners *o, int other)
{
	int n = 0;

	for (int i = 0; i < SOCKETS; i++) {
		const struct sk_owner *a = sk_owners_find(o, inodes[i]);
		const struct sk_owner *b = a ? a->next : NULL;

		if (!a || !b || b->next || a->fd != fds[i] || b->fd != fds[i])
			continue;
		n += (a->process->pid == getpid() &&
		      b->process->pid == other) ||
		     (b->process->pid == getpid() && a->process->pid == other);
	}
	return n;
}

static void test_way(enum sk_owners_way way, const char *name, int other)
{
	struct sk_owners *o;
	struct sk_err err = {};

	if (sk_owners_new(&o, way, &err) < 0) {
		ok(way == SK_OWNERS_BPF, "%s # SKIP not allowed here: %s", name,
		   err.text);
		return;
	}
	is_int(right(o, other), SOCKETS, name);
	ok(!sk_owners_find(o, 0), "... inode 0 belongs to nobody");
	ok(!sk_owners_find(o, UINT64_MAX), "... nor does one that is not");
	sk_owners_free(o);
}

/* A file that is a socket but not one of the socket file system. */
static void test_path_only(void)
{
	struct sk_owners *o;
	struct sk_err err = {};
	struct stat st;
	char dir[] = "/tmp/sk-owners-XXXXXX", path[64];
	int fd;

	if (!mkdtemp(dir))
		return;
	snprintf(path, sizeof(path), "%s/s", dir);
	mknod(path, S_IFSOCK | 0600, 0);
	fd = open(path, O_PATH);
	fstat(fd, &st);
	if (!sk_owners_new(&o, SK_OWNERS_PROC, &err)) {
		const struct sk_owner *a = sk_owners_find(o, st.st_ino);

		ok(!a || a->fd != fd || a->process->pid != getpid(),
		   "a path is no socket, whatever its inode");
		sk_owners_free(o);
	}
	close(fd);
	unlink(path);
	rmdir(dir);
}

static void test_names(void)
{
	struct sk_process p = { .pid = getpid() };
	static struct sk_line line;
	struct sk_owner owner = { NULL, &p, 3, 0 };

	prctl(PR_SET_NAME, "a) b\n\x1b[1m\"");
	is_str(sk_process_comm(&p), "a) b\n\x1b[1m\"", "any name is read");
	sk_show_users(&line, &plain, &owner);
	line.buf[line.n] = '\0';
	ok(strstr(line.buf, "((\"a) b\\n\\x1b[1m\\\"\",") == line.buf + 6,
	   "and escaped: %s", line.buf);
	p = (struct sk_process){ .pid = 0x7ffffff0 };
	is_str(sk_process_comm(&p), "", "a process that has gone has none");
}

int main(void)
{
	int gate[2];
	pid_t other;
	char c;

	open_sockets();
	if (pipe(gate))
		return 1;
	other = fork();
	if (!other) {
		close(gate[1]);
		_exit(read(gate[0], &c, 1) != 0);
	}
	test_way(SK_OWNERS_PROC, "by /proc", other);
	test_way(SK_OWNERS_BPF, "by BPF", other);
	test_way(SK_OWNERS_AUTO, "by whichever", other);
	test_path_only();
	test_names();
	close(gate[1]);
	waitpid(other, NULL, 0);
	return tap_done();
}
