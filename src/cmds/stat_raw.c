/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockkit stat -D: what the kernel answers, as it is. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cmds/stat.h"

static int swallow(struct sk_sock *s, void *arg)
{
	(void)s;
	(void)arg;
	return 0;
}

int stat_dump_raw(const struct stat_opts *o, const struct stat_query *q,
		  struct sk_err *err)
{
	struct sk_diag_query query = { .kinds = SK_KIND_BIT(SK_KIND_TCP),
				       .states = q->select.states,
				       .families = q->select.families,
				       .want = SK_WANT_ALL,
				       .source = SK_SOURCE_NETLINK,
				       .filter = q->filter };
	struct sk_diag_result res;
	SK_AUTO_FD fd = -1;
	struct sk_out raw;
	int r, e;

	if (!(q->select.kinds & query.kinds))
		return sk_usage(err, "--diag is about TCP sockets, which were "
				     "not asked for");
	fd = strcmp(o->dump_file, "-") ?
		     open(o->dump_file,
			  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) :
		     fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return sk_fail(err, -errno, "%s: %s", o->dump_file,
			       sk_strerror(errno));
	sk_out_init(&raw, fd);
	query.raw = &raw;
	r = sk_diag_dump(&query, swallow, NULL, &res, err);
	e = sk_out_fini(&raw);
	if (!r && res.missing)
		return sk_fail(err, -ENOENT, "this kernel cannot list TCP "
					     "sockets by netlink");
	return !r && e < 0 ? sk_fail(err, e, "%s: %s", o->dump_file,
				     sk_strerror(e)) : r;
}
