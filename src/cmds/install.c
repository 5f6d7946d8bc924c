/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockkit --install DIR: one symbolic link for each command. */
#include "cmds/cmds.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

#define DIR_TEXT_MAX 256

enum place { PLACE_FREE, PLACE_OURS, PLACE_TAKEN };

/* Ours is what leads to this very binary, by whatever path. */
static enum place look_at(int dir, const char *name, const struct stat *self)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return PLACE_FREE;	/* symlinkat() knows other reasons */
	if (fstatat(dir, name, &st, 0) == 0 && st.st_dev == self->st_dev &&
	    st.st_ino == self->st_ino)
		return PLACE_OURS;
	return PLACE_TAKEN;
}

/* All that stands in the way is named at once, before anything is made. */
static int check_places(int dir, const char *shown, const struct stat *self,
			struct sk_err *err)
{
	char names[256] = "";
	const struct sk_cmd *cmd;
	size_t at = 0;

	for (size_t i = 0; (cmd = sk_cmd_next(i)) != NULL; i++) {
		if (look_at(dir, cmd->name, self) != PLACE_TAKEN)
			continue;
		if (at + strlen(cmd->name) + 3 > sizeof(names))
			break;
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s",
				       at ? ", " : "", cmd->name);
	}
	if (!at)
		return 0;
	return sk_fail(err, -EEXIST,
		       "--install %s: in the way, nothing done: %s", shown,
		       names);
}

static int make_links(int dir, const char *shown, const char *target,
		      const struct stat *self, struct sk_err *err)
{
	const struct sk_cmd *cmd;
	int r;

	for (size_t i = 0; (cmd = sk_cmd_next(i)) != NULL; i++) {
		if (look_at(dir, cmd->name, self) == PLACE_OURS ||
		    symlinkat(target, dir, cmd->name) == 0)
			continue;
		r = -errno;
		return sk_fail(err, r, "--install %s: %s: %s", shown,
			       cmd->name, sk_strerror(r));
	}
	return 0;
}

int sk_cmds_install(const char *dir, struct sk_err *err)
{
	char target[PATH_MAX], shown[DIR_TEXT_MAX];
	struct stat self;
	SK_AUTO_FD fd = -1;
	ssize_t n;
	int r;

	sk_escape(shown, sizeof(shown), dir, strlen(dir));
	n = readlink("/proc/self/exe", target, sizeof(target));
	if (n < 0 || (size_t)n == sizeof(target))
		return sk_fail(err, -ENOENT, "/proc/self/exe: cannot tell "
			       "where this binary is");
	target[n] = '\0';
	/* A binary that was replaced since reads "… (deleted)" here. */
	if (stat(target, &self) < 0) {
		char text[DIR_TEXT_MAX];

		r = -errno;
		sk_escape(text, sizeof(text), target, (size_t)n);
		return sk_fail(err, r, "%s: %s", text, sk_strerror(r));
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		r = -errno;
		return sk_fail(err, r, "--install %s: %s", shown,
			       sk_strerror(r));
	}
	r = check_places(fd, shown, &self, err);
	return r < 0 ? r : make_links(fd, shown, target, &self, err);
}
