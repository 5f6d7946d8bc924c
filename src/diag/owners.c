/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/owners_in.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/kcmp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

/* Numbers of one table slot: 0 is no inode of a socket. */
struct slot {
	uint64_t inode;
	uint32_t first;		/* index + 1 into owners */
};

struct sk_owners {
	struct slot *slots;	/* open addressing, linear; a power of two */
	size_t mask, used;
	struct sk_owner *owners; /* links are indexes until the walk is over */
	size_t n, room;
	struct sk_process **processes;
	size_t n_processes, room_processes;
	size_t seen, hidden;	/* processes */
	size_t files;		/* open, counted up to FILES_MANY */
	struct sk_process *process; /* whose descriptors are being read */
	int tid;		/* of which thread, when they are its own */
};

/* What getdents64(2) gives; no libc of all has a name for it. */
struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

#define DIR_BUFFER (64 << 10)
#define ONE_THREAD 3	/* links of /proc/PID/task */
/* From here on a BPF program pays, which takes some 5 ms to be set up. */
#define FILES_MANY 4000

/* --- the table ------------------------------------------------------------ */

static size_t hash(uint64_t inode)
{
	return (size_t)(inode * UINT64_C(0x9e3779b97f4a7c15) >> 20);
}

static struct slot *find(const struct sk_owners *o, uint64_t inode)
{
	size_t i = hash(inode) & o->mask;

	while (o->slots[i].inode && o->slots[i].inode != inode)
		i = (i + 1) & o->mask;
	return &o->slots[i];
}

/* Twice the slots, at most half of them full. */
static int grow_slots(struct sk_owners *o)
{
	size_t old_mask = o->mask;
	struct slot *old = o->slots;

	o->mask = old ? old_mask * 2 + 1 : 1023;
	o->slots = calloc(o->mask + 1, sizeof(*o->slots));
	if (!o->slots) {
		o->slots = old;
		o->mask = old_mask;
		return -ENOMEM;
	}
	for (size_t i = 0; old && i <= old_mask; i++)
		if (old[i].inode)
			*find(o, old[i].inode) = old[i];
	free(old);
	return 0;
}

/* Threads may share what their leader no longer has. */
static bool is_known(const struct sk_owners *o, const struct slot *slot, int fd)
{
	uint32_t i = slot->first;

	while (i && o->owners[i - 1].process == o->process) {
		if (o->owners[i - 1].fd == fd)
			return true;
		i = (uint32_t)(uintptr_t)o->owners[i - 1].next;
	}
	return false;
}

static int add_owner(struct sk_owners *o, uint64_t inode, int fd)
{
	struct sk_owner *more;
	struct slot *slot;

	if (o->used * 2 >= o->mask && grow_slots(o) < 0)
		return -ENOMEM;
	if (o->n == o->room) {
		size_t room = o->room ? o->room * 2 : 1024;

		more = realloc(o->owners, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		o->owners = more;
		o->room = room;
	}
	slot = find(o, inode);
	if (!slot->inode) {
		slot->inode = inode;
		o->used++;
	}
	if (is_known(o, slot, fd))
		return 0;
	o->owners[o->n] = (struct sk_owner){
		/* an index for now: the array may still move */
		.next = (const struct sk_owner *)(uintptr_t)slot->first,
		.process = o->process,
		.fd = fd,
		.tid = o->tid,
	};
	slot->first = (uint32_t)++o->n;
	return 0;
}

static void resolve_links(struct sk_owners *o)
{
	for (size_t i = 0; i < o->n; i++) {
		uintptr_t next = (uintptr_t)o->owners[i].next;

		o->owners[i].next = next ? &o->owners[next - 1] : NULL;
	}
}

/* --- /proc ---------------------------------------------------------------- */

int sk_proc_number(const char *name)
{
	int v = 0;

	if (!*name)
		return -1;
	for (; *name >= '0' && *name <= '9'; name++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, *name - '0', &v))
			return -1;
	return *name ? -1 : v;
}

uint64_t sk_proc_socket(const char *link, size_t len)
{
	static const char before[] = "socket:[";
	const size_t n = sizeof(before) - 1;
	uint64_t inode = 0;

	if (len < n + 2 || memcmp(link, before, n) || link[len - 1] != ']')
		return 0;
	for (size_t i = n; i < len - 1; i++) {
		if (link[i] < '0' || link[i] > '9')
			return 0;
		inode = inode * 10 + (uint64_t)(link[i] - '0');
	}
	return inode;
}

static struct sk_process *new_process(struct sk_owners *o, int pid)
{
	struct sk_process *p, **more;

	if (o->n_processes == o->room_processes) {
		size_t room = o->room_processes ? o->room_processes * 2 : 64;

		more = realloc(o->processes, room * sizeof(*more));
		if (!more)
			return NULL;
		o->processes = more;
		o->room_processes = room;
	}
	p = calloc(1, sizeof(*p));
	if (p) {
		p->pid = pid;
		o->processes[o->n_processes++] = p;
	}
	return p;
}

int sk_owners_add(struct sk_owners *o, int pid, uint64_t inode, int fd)
{
	if (!o->process || o->process->pid != pid)
		o->process = new_process(o, pid);
	return o->process ? add_owner(o, inode, fd) : -ENOMEM;
}

/* -EACCES: this process is not ours to look into. */
static int read_link(struct sk_owners *o, int dir, int pid, const char *name)
{
	uint64_t inode;
	char link[64];
	ssize_t n = readlinkat(dir, name, link, sizeof(link));

	if (n < 0 && errno == EACCES)
		return -EACCES;
	inode = n > 0 ? sk_proc_socket(link, (size_t)n) : 0;
	return inode ? sk_owners_add(o, pid, inode, sk_proc_number(name)) : 0;
}

/* Those of a folder. -EACCES: see read_link(); gone since is no matter. */
static int read_fds(struct sk_owners *o, int proc, int pid, const char *path,
		    char *buf)
{
	SK_AUTO_FD dir = openat(proc, path,
				O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = dir < 0 && errno == EACCES ? -EACCES : 0;
	long n;

	while (dir >= 0 && !r &&
	       (n = syscall(SYS_getdents64, dir, buf, DIR_BUFFER)) > 0) {
		for (long at = 0; at < n && !r;) {
			const struct entry *e = (void *)(buf + at);

			if (e->name[0] != '.')
				r = read_link(o, dir, pid, e->name);
			at += e->reclen;
		}
	}
	return r;
}

bool sk_same_files(int a, int b)
{
	return syscall(SYS_kcmp, a, b, KCMP_FILES, 0, 0) <= 0;
}

/*
 * Threads that have descriptors of their own, by unshare(2) or as their leader
 * has ended: that of a process shows its leader's alone.
 */
static int read_threads(struct sk_owners *o, int proc, const char *name,
			char *buf)
{
	int pid = sk_proc_number(name), last = pid, r = 0;
	struct dirent *e;
	struct stat st;
	char path[64];
	DIR *tasks;

	snprintf(path, sizeof(path), "%.16s/task", name);
	if (fstatat(proc, path, &st, 0) || st.st_nlink <= ONE_THREAD)
		return 0;
	snprintf(path, sizeof(path), "/proc/%.16s/task", name);
	tasks = opendir(path);
	while (tasks && !r && (e = readdir(tasks))) {
		int tid = sk_proc_number(e->d_name);

		if (tid <= 0 || sk_same_files(pid, tid) ||
		    sk_same_files(last, tid))
			continue;
		snprintf(path, sizeof(path), "%.16s/task/%d/fd", name, tid);
		o->tid = last = tid;
		r = read_fds(o, proc, pid, path, buf);
	}
	if (tasks)
		closedir(tasks);
	o->tid = 0;
	return r;
}

static int read_process(struct sk_owners *o, int proc, const char *name,
			char *buf)
{
	size_t before = o->n;
	char path[32];
	struct stat st;
	int r;

	o->seen++;
	snprintf(path, sizeof(path), "%.16s/fd", name);
	r = read_fds(o, proc, sk_proc_number(name), path, buf);
	if (!r)
		r = read_threads(o, proc, name, buf);
	if (r != -EACCES)
		return r;
	/* The links of one that has gone are refused as well. */
	if (fstatat(proc, name, &st, 0))
		return 0;
	/* A leader that has ended is root's, its threads are their user's. */
	if (st.st_uid == geteuid() && !read_threads(o, proc, name, buf) &&
	    o->n > before)
		return 0;
	/* In a user namespace the folder may be ours, what is in it not. */
	o->hidden++;
	return 0;
}

/* Calls fn for every process; ends when it does not return 0. */
static int for_each_process(int (*fn)(struct sk_owners *o, int proc,
				      const char *name, char *buf),
			    struct sk_owners *o, char *buf)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	int r = proc ? 0 : -errno;

	while (!r && (e = readdir(proc)))
		if (sk_proc_number(e->d_name) > 0)
			r = fn(o, dirfd(proc), e->d_name, buf);
	if (proc)
		closedir(proc);
	return r;
}

static int by_proc(struct sk_owners *o)
{
	char *buf = malloc(DIR_BUFFER);
	int r = buf ? for_each_process(read_process, o, buf) : -ENOMEM;

	free(buf);
	/* We are a process ourselves: this is no /proc. */
	if (r != -ENOMEM && !o->seen) {
		o->hidden = SK_OWNERS_BLIND;
		r = 0;
	}
	return r;
}

/* The size of /proc/PID/fd is the number of descriptors (Linux 6.2). */
static int count_files(struct sk_owners *o, int proc, const char *name,
		       char *buf)
{
	char path[32];
	struct stat st;

	(void)buf;
	snprintf(path, sizeof(path), "%.16s/fd", name);
	if (!fstatat(proc, path, &st, 0))
		o->files += (size_t)st.st_size;
	return o->files > FILES_MANY;
}

static int find_all(struct sk_owners *o, enum sk_owners_way way)
{
	int r = way == SK_OWNERS_AUTO ? for_each_process(count_files, o, NULL) :
					way == SK_OWNERS_BPF;

	if (r == 1) {
		r = sk_owners_by_bpf(o);
		if (!r || r == -ENOMEM || way == SK_OWNERS_BPF)
			return r;
	}
	return by_proc(o);
}

int sk_owners_new(struct sk_owners **out, enum sk_owners_way way,
		  struct sk_err *err)
{
	struct sk_owners *o = calloc(1, sizeof(*o));
	int r = o ? grow_slots(o) : -ENOMEM;

	if (!r)
		r = find_all(o, way);
	if (r < 0) {
		sk_owners_free(o);
		return sk_fail(err, r, "owners: %s", sk_strerror(r));
	}
	resolve_links(o);
	*out = o;
	return 0;
}

void sk_owners_free(struct sk_owners *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->n_processes; i++) {
		free(o->processes[i]->context);
		free(o->processes[i]);
	}
	free(o->processes);
	free(o->owners);
	free(o->slots);
	free(o);
}

/* --- looking up ----------------------------------------------------------- */

const struct sk_owner *sk_owners_find(const struct sk_owners *o,
				      uint64_t inode)
{
	const struct slot *slot = inode ? find(o, inode) : NULL;

	return slot && slot->first ? &o->owners[slot->first - 1] : NULL;
}

void sk_owners_each(const struct sk_owners *o, sk_owners_fn *fn, void *arg)
{
	for (size_t i = 0; i <= o->mask; i++)
		if (o->slots[i].inode && o->slots[i].first)
			fn(o->slots[i].inode,
			   &o->owners[o->slots[i].first - 1], arg);
}

size_t sk_owners_hidden(const struct sk_owners *o)
{
	return o->hidden;
}

const char *sk_process_comm(struct sk_process *p)
{
	char path[32];
	SK_AUTO_FD fd = -1;
	ssize_t n;

	if (p->read)
		return p->comm;
	p->read = true;
	snprintf(path, sizeof(path), "/proc/%d/comm", p->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, p->comm, sizeof(p->comm) - 1);
	/* The newline at the end is the file's; others are the name's. */
	if (n > 0 && p->comm[n - 1] == '\n')
		n--;
	p->comm[n > 0 ? n : 0] = '\0';
	return p->comm;
}

const char *sk_process_context(struct sk_process *p)
{
	char path[40], text[512];
	SK_AUTO_FD fd = -1;
	ssize_t n;

	if (p->context)
		return p->context;
	snprintf(path, sizeof(path), "/proc/%d/attr/current", p->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text));
	/* Modules end it with a newline, a NUL, or nothing. */
	while (n > 0 && (!text[n - 1] || text[n - 1] == '\n'))
		n--;
	p->context = n > 0 ? strndup(text, (size_t)n) : strdup("unavailable");
	return p->context ? p->context : "unavailable";
}

static enum sk_unowned why_not(const struct sk_owners *o,
			       const struct sk_sock *s)
{
	if (s->state == SK_STATE_TIME_WAIT)
		return SK_UNOWNED_TIMEWAIT;
	if (s->state == SK_STATE_SYN_RECV)
		return SK_UNOWNED_REQUEST;
	if (s->kind == SK_KIND_NETLINK && !s->local.port)
		return SK_UNOWNED_KERNEL;
	/* Without a file: connections that are closing, else the kernel's. */
	if (!s->inode && s->kind == SK_KIND_TCP &&
	    s->state != SK_STATE_LISTEN && s->state != SK_STATE_ESTABLISHED)
		return SK_UNOWNED_ORPHAN;
	if (!s->inode)
		return s->kind == SK_KIND_TCP &&
				       s->state == SK_STATE_ESTABLISHED ?
			       SK_UNOWNED_REQUEST :
			       SK_UNOWNED_KERNEL;
	return o->hidden ? SK_UNOWNED_FOREIGN : SK_UNOWNED_IN_FLIGHT;
}

void sk_owners_fill(const struct sk_owners *o, struct sk_sock *s)
{
	s->owners = sk_owners_find(o, s->inode);
	s->unowned = (uint8_t)(s->owners ? SK_OWNED : why_not(o, s));
	if (s->has & SK_HAS(PEER_INODE))
		s->peer_owners = sk_owners_find(o, s->peer_inode);
}

const char *sk_unowned_text(unsigned unowned)
{
	static const char *const texts[] = {
		[SK_UNOWNED_NOT_LOOKED] = "not looked for",
		[SK_UNOWNED_KERNEL] = "kernel",
		[SK_UNOWNED_TIMEWAIT] = "closed",
		[SK_UNOWNED_REQUEST] = "not accepted yet",
		[SK_UNOWNED_ORPHAN] = "orphan",
		[SK_UNOWNED_FOREIGN] = "not ours to see",
		[SK_UNOWNED_IN_FLIGHT] = "in no process we see",
	};

	return unowned < sizeof(texts) / sizeof(*texts) ? texts[unowned] : NULL;
}
