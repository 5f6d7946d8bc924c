/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The id of a cgroup is its file handle, which only privilege can open
 * (open_by_handle_at(2)), and the inode of its folder, which everybody can look
 * for. So it is asked for at once, or found in what a walk through the tree has
 * left; the walk is done again for one that is not there, as it may be new.
 */
#include "diag/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

static struct {
	uint64_t id;
	char *path;		/* NULL: it was not found */
} *seen;
static size_t n_seen;

/* Where cgroup v2 is mounted: not always at /sys/fs/cgroup. */
static const char *cgroup_root(void)
{
	static char root[256];
	struct mntent *m;
	FILE *f;

	if (*root)
		return root;
	snprintf(root, sizeof(root), "/sys/fs/cgroup");
	f = setmntent("/proc/self/mounts", "re");
	while (f && (m = getmntent(f))) {
		if (strcmp(m->mnt_type, "cgroup2"))
			continue;
		sk_copy(root, sizeof(root), m->mnt_dir);
		break;
	}
	if (f)
		endmntent(f);
	return root;
}

/* The folder of that handle, if we may. */
static bool open_it(const char *root, uint64_t id, char *path, size_t size)
{
	struct {
		struct file_handle h;
		uint64_t id;
	} handle = { .h.handle_bytes = sizeof(id), .h.handle_type = 0xfe };
	char link[64];
	SK_AUTO_FD mount = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SK_AUTO_FD fd = -1;
	ssize_t n;

	memcpy(handle.h.f_handle, &id, sizeof(id));
	if (mount >= 0)
		fd = open_by_handle_at(mount, &handle.h, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, size - 1);
	if (n < (ssize_t)strlen(root))
		return false;
	path[n] = '\0';
	return sk_starts_with(path, root);
}

/* A path, or that there is none; what is known of this id is replaced. */
static void remember(uint64_t id, const char *path)
{
	char *copy = path ? strdup(*path ? path : "/") : NULL;
	void *more;
	size_t i = 0;

	while (i < n_seen && seen[i].id != id)
		i++;
	if (i == n_seen) {
		more = realloc(seen, (n_seen + 1) * sizeof(*seen));
		if (!more) {
			free(copy);
			return;
		}
		seen = more;
		seen[n_seen++].path = NULL;
	}
	free(seen[i].path);
	seen[i].id = id;
	seen[i].path = copy;
}

/* path: a folder, whose name ends at len; names below it begin at root. */
static void walk(char path[PATH_MAX], size_t len, size_t root)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		size_t n = strlen(e->d_name);

		if (e->d_type != DT_DIR || !strcmp(e->d_name, ".") ||
		    !strcmp(e->d_name, "..") || len + n + 2 > PATH_MAX)
			continue;
		path[len] = '/';
		memcpy(path + len + 1, e->d_name, n + 1);
		remember(e->d_ino, path + root);
		walk(path, len + 1 + n, root);
		path[len] = '\0';
	}
	if (dir)
		closedir(dir);
}

static void look_around(const char *root)
{
	char path[PATH_MAX];
	struct stat st;

	sk_copy(path, sizeof(path), root);
	if (!stat(root, &st))
		remember(st.st_ino, "");
	walk(path, strlen(path), strlen(path));
}

const char *sk_cgroup_path(uint64_t id)
{
	const char *root = cgroup_root();
	char path[PATH_MAX];

	for (int turn = 0; turn < 2; turn++) {
		for (size_t i = 0; i < n_seen; i++)
			if (seen[i].id == id)
				return seen[i].path;
		if (open_it(root, id, path, sizeof(path)))
			remember(id, path + strlen(root));
		else if (turn == 0) {
			remember(id, NULL);
			look_around(root);
		}
	}
	return NULL;
}
