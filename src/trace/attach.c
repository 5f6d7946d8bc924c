/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Attaching to what runs already, and letting go of it. All threads are
 * seized, again and again until no new one shows, as a thread that is not
 * ours yet may make others. To let go, all are asked to stop first, and then
 * waited for: one by one would wait for ever for the parent of a vfork(2).
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "base/units.h"
#include "trace/tracer.h"

long sk_proc_status(pid_t tid, const char *key)
{
	char path[64], line[256];
	long value = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "re");
	if (!f)
		return -1;
	while (value < 0 && fgets(line, sizeof(line), f))
		if (sk_starts_with(line, key))
			value = strtol(line + strlen(key), NULL, 10);
	fclose(f);
	return value;
}

bool sk_proc_has_sockets(pid_t pid)
{
	char path[64], target[32];
	struct dirent *d;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && !found && (d = readdir(dir)) != NULL) {
		ssize_t n = readlinkat(dirfd(dir), d->d_name, target,
				       sizeof(target) - 1);

		target[n > 0 ? n : 0] = '\0';
		found = sk_starts_with(target, "socket:");
	}
	if (dir)
		closedir(dir);
	return found;
}

/* --- refusals -------------------------------------------------------------------- */

static int yama_scope(void)
{
	FILE *f = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	int c = f ? fgetc(f) : -1;

	if (f)
		fclose(f);
	return c < '0' || c > '3' ? 0 : c - '0';
}

/* Ended, and waiting for its parent to ask how. */
static bool is_zombie(pid_t pid)
{
	char path[64], line[256];
	bool zombie = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && !zombie && fgets(line, sizeof(line), f))
		zombie = sk_starts_with(line, "State:\tZ");
	if (f)
		fclose(f);
	return zombie;
}

static const char *name_of(pid_t pid, char buf[64])
{
	char path[64], comm[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (f && fgets(comm, sizeof(comm), f))
		comm[strcspn(comm, "\n")] = '\0';
	if (f)
		fclose(f);
	return sk_escape(buf, 64, comm, strlen(comm));
}

int sk_trace_refused(pid_t pid, int error, struct sk_err *err)
{
	long tracer = sk_proc_status(pid, "TracerPid:");
	char name[64];

	if (error != EPERM)
		return sk_fail(err, -error, "process %d: %s", pid,
			       sk_strerror(error));
	if (tracer > 0)
		return sk_fail(err, -EPERM, "process %d is traced already, by "
			       "%ld (%s); a process has one tracer at most",
			       pid, tracer, name_of((pid_t)tracer, name));
	if (is_zombie(pid))
		return sk_fail(err, -EPERM, "process %d has ended, and waits "
			       "for its parent to notice", pid);
	if (sk_proc_status(pid, "Kthread:") > 0)
		return sk_fail(err, -EPERM, "process %d is of the kernel's "
					    "own", pid);
	if (yama_scope() && geteuid())
		return sk_fail(err, -EPERM, "process %d: %s: only descendants "
			       "may be traced here (kernel.yama.ptrace_scope "
			       "is %d); be root or have CAP_SYS_PTRACE",
			       pid, sk_strerror(error), yama_scope());
	return sk_fail(err, -EPERM, "process %d: %s: it is another user's or "
		       "has more rights; be root or have CAP_SYS_PTRACE", pid,
		       sk_strerror(error));
}

/*
 * Where it waits in poll(2), that call will be cut short by our interrupt, and
 * go on under another name (see_through_restart()).
 */
static void note_poll(struct sk_tracee *t)
{
#ifdef SYS_poll
	char path[64], line[256], *at = line;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/syscall", t->tid);
	f = fopen(path, "re");
	if (f && fgets(line, sizeof(line), f) &&
	    strtol(line, &at, 10) == SYS_poll) {
		t->cut_sys = SK_SYS_poll;
		for (int i = 0; i < 6; i++)
			t->cut_args[i] = strtoull(at, &at, 16);
	}
	if (f)
		fclose(f);
#else
	(void)t;
#endif
}

/* --- attaching --------------------------------------------------------------------- */

static int seize_thread(struct sk_engine *e, pid_t pid, pid_t tid, int *found)
{
	struct sk_event ev = { .kind = SK_EV_NEW };
	struct sk_tracee *t;

	if (sk_tracee_find(e, tid))
		return 0;
	if (ptrace(PTRACE_SEIZE, tid, 0, sk_tracee_options(e, true)) < 0)
		return -errno;
	t = sk_tracee_add(e, tid, pid);
	if (!t)
		return -ENOMEM;
	t->attached = true;
	ev.u.made.attached = true;
	ev.u.made.thread = tid != pid;
	sk_engine_emit(e, t, &ev, NULL);
	if (tid == pid)
		sk_tell_of_filters(e, t);
	note_poll(t);
	/* Only a stopped one can be told to stop at its calls. */
	ptrace(PTRACE_INTERRUPT, tid, 0, 0);
	++*found;
	return 0;
}

/* One look at all threads; counts those that are new to us. */
static int seize_threads(struct sk_engine *e, pid_t pid, DIR *dir, int *found)
{
	struct dirent *d;
	uint64_t tid;
	int r, result = -ESRCH;

	rewinddir(dir);
	while ((d = readdir(dir)) != NULL) {
		if (sk_parse_uint(d->d_name, &tid) < 0 || tid > INT_MAX)
			continue;
		r = seize_thread(e, pid, (pid_t)tid, found);
		/* A thread may have ended since; that is no failure. */
		if (r < 0 && r != -ESRCH)
			return r;
		result = r < 0 && result < 0 ? r : 0;
	}
	return result;
}

int sk_attach(struct sk_engine *e, pid_t pid, struct sk_err *err)
{
	char path[64];
	int r, found;
	DIR *dir;

	if (pid == getpid())
		return sk_fail(err, -EINVAL, "process %d: cannot trace myself",
			       pid);
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return sk_fail(err, -errno, "process %d: %s", pid,
			       errno == ENOENT ? "there is none" :
						 sk_strerror(errno));
	do {
		found = 0;
		r = seize_threads(e, pid, dir, &found);
	} while (r >= 0 && found);
	closedir(dir);
	return r < 0 ? sk_trace_refused(pid, -r, err) : 0;
}

void sk_detach_begin(struct sk_engine *e)
{
	struct sk_tracee *t;

	for (int i = 0; i < SK_TRACEE_BUCKETS; i++)
		LIST_FOREACH(t, &e->tracees[i], link)
			if (sk_can_go(e, t))
				ptrace(PTRACE_INTERRUPT, t->tid, 0, 0);
}
