/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which processes hold a socket: one walk over the descriptors of all, from
 * inode to owners in a table with open addressing. Done only when somebody
 * needs it; names are read when they are first asked for.
 */
#ifndef SK_DIAG_OWNERS_H
#define SK_DIAG_OWNERS_H

#include "base/err.h"
#include "diag/sock.h"

/* From /proc/PID; strings are shared by all sockets of the process. */
struct sk_process {
	int pid;
	bool read;		/* comm has been asked for */
	char comm[64];		/* as in /proc/PID/comm: any bytes but NUL */
	char *context;		/* of the security module, once asked for */
};

struct sk_owner {
	const struct sk_owner *next; /* of the same socket, or NULL */
	struct sk_process *process;
	int fd;
	int tid;		/* a thread with descriptors of its own; or 0 */
};

struct sk_owners;

enum sk_owners_way {
	SK_OWNERS_AUTO,		/* BPF where there are very many descriptors */
	SK_OWNERS_PROC,
	SK_OWNERS_BPF,		/* needs root, and a kernel with BTF */
};

/*
 * Look at all processes. Returns 0 or a negative errno; processes that we may
 * not look into are counted (sk_owners_hidden), not an error.
 */
int sk_owners_new(struct sk_owners **out, enum sk_owners_way way,
		  struct sk_err *err);
void sk_owners_free(struct sk_owners *o);

/* The owners of an inode, NULL when none is known. */
const struct sk_owner *sk_owners_find(const struct sk_owners *o,
				      uint64_t inode);
/* Every socket that is held, with the first of its owners. */
typedef void sk_owners_fn(uint64_t inode, const struct sk_owner *first,
			  void *arg);
void sk_owners_each(const struct sk_owners *o, sk_owners_fn *fn, void *arg);
/*
 * Processes whose descriptors we were not allowed to read; SK_OWNERS_BLIND:
 * there is no /proc to look into.
 */
#define SK_OWNERS_BLIND SIZE_MAX
size_t sk_owners_hidden(const struct sk_owners *o);
/* Sets s->owners and s->unowned. */
void sk_owners_fill(const struct sk_owners *o, struct sk_sock *s);

/* Do two tasks share their descriptors? True also where nobody tells. */
bool sk_same_files(int a, int b);

/* The name, read on first use; "" when the process has gone. */
const char *sk_process_comm(struct sk_process *p);
/* Its security context, "unavailable" if there is none. */
const char *sk_process_context(struct sk_process *p);
/* "TIME-WAIT: closed by its process" …: why there is none. NULL: owned. */
const char *sk_unowned_text(unsigned unowned);

#endif
