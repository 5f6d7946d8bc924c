/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/netns.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "base/units.h"

static const char named[] = "/run/netns";

int sk_netns_enter(const char *name, struct sk_err *err)
{
	char path[4096], quoted[128];
	uint64_t pid;
	SK_AUTO_FD fd = -1;

	if (strchr(name, '/'))
		snprintf(path, sizeof(path), "%s", name);
	else
		snprintf(path, sizeof(path), "%s/%s", named, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && !sk_parse_uint(name, &pid)) {
		snprintf(path, sizeof(path), "/proc/%s/ns/net", name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0 || setns(fd, CLONE_NEWNET)) {
		int e = errno;

		return sk_fail(err, -e, "network namespace %s: %s",
			       sk_escape(quoted, sizeof(quoted), name,
					 strlen(name)),
			       fd >= 0 && e == EINVAL ? "it is none" :
							sk_strerror(e));
	}
	return 0;
}

/* --- all of them ---------------------------------------------------------- */

/* Adds what the path leads to, unless it is there. label: copied. */
static int add(struct sk_netns_list *l, const char *path, int pid,
	       const char *label)
{
	struct sk_netns *v;
	const char **labels;
	struct stat st;

	if (stat(path, &st)) {
		l->hidden += errno == EACCES;
		return 0;	/* gone, or not ours to see */
	}
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].inode == st.st_ino)
			return 0;
	if (l->n == l->room) {
		size_t room = l->room ? l->room * 2 : 16;

		v = realloc(l->v, room * sizeof(*v));
		if (v)
			l->v = v;
		labels = realloc(l->label, room * sizeof(*labels));
		if (labels)
			l->label = labels;
		if (!v || !labels)
			return -ENOMEM;
		l->room = room;
	}
	l->v[l->n] = (struct sk_netns){ st.st_ino, pid, strdup(path) };
	l->label[l->n] = strdup(label);
	l->n++;
	return l->v[l->n - 1].path && l->label[l->n - 1] ? 0 : -ENOMEM;
}

static int add_named(struct sk_netns_list *l)
{
	char path[600];
	struct dirent *e;
	DIR *d = opendir(named);
	int r = 0;

	while (d && !r && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", named, e->d_name);
		r = add(l, path, 0, e->d_name);
	}
	if (d)
		closedir(d);
	return r;
}

static int add_of_processes(struct sk_netns_list *l)
{
	char path[64], label[32];
	struct dirent *e;
	DIR *d = opendir("/proc");
	int r = 0;

	while (d && !r && (e = readdir(d))) {
		int pid = (int)strtol(e->d_name, NULL, 10);

		if (pid <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
		snprintf(label, sizeof(label), "pid:%d", pid);
		r = add(l, path, pid, label);
	}
	if (d)
		closedir(d);
	return r;
}

/* The name of ours, if ip-netns(8) gave it one. */
static void name_home(struct sk_netns_list *l)
{
	struct sk_netns_list other = { .home = -1 };

	if (add_named(&other) < 0)
		return;
	for (size_t i = 0; i < other.n; i++) {
		if (other.v[i].inode == l->v[0].inode) {
			free((void *)(uintptr_t)l->label[0]);
			l->label[0] = strdup(other.label[i]);
		}
	}
	sk_netns_free(&other);
}

int sk_netns_list(struct sk_netns_list *l, struct sk_err *err)
{
	static const char self[] = "/proc/self/ns/net";
	int r;

	*l = (struct sk_netns_list){ .home = open(self, O_RDONLY | O_CLOEXEC) };
	if (l->home < 0)
		return sk_fail(err, -errno, "%s: %s", self, sk_strerror(errno));
	r = add(l, self, 0, "(here)");
	if (!r)
		name_home(l);
	if (!r)
		r = add_named(l);
	if (!r)
		r = add_of_processes(l);
	if (r < 0) {
		sk_netns_free(l);
		return sk_fail(err, r, "%s", sk_strerror(r));
	}
	return 0;
}

static int go_home(struct sk_netns_list *l)
{
	if (l->away && setns(l->home, CLONE_NEWNET))
		return -errno;
	l->away = false;
	return 0;
}

int sk_netns_go(struct sk_netns_list *l, size_t i)
{
	SK_AUTO_FD fd = -1;

	if (!i)
		return go_home(l);
	fd = open(l->v[i].path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		return -errno;
	l->away = true;
	return 0;
}

void sk_netns_free(struct sk_netns_list *l)
{
	go_home(l);
	sk_close(&l->home);
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].path);
		free((void *)(uintptr_t)l->label[i]);
	}
	free(l->v);
	free(l->label);
	*l = (struct sk_netns_list){ .home = -1 };
}
