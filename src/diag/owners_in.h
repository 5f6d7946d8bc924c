/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two ways of finding owners share. */
#ifndef SK_DIAG_OWNERS_IN_H
#define SK_DIAG_OWNERS_IN_H

#include "diag/owners.h"

/* A socket in a process; those of one process come one after another. */
int sk_owners_add(struct sk_owners *o, int pid, uint64_t inode, int fd);

/* The number that a name in /proc is made of; -1 if it is none, or too big. */
int sk_proc_number(const char *name);
/* The inode of "socket:[123]", which is not a string; 0 if it is no such. */
uint64_t sk_proc_socket(const char *link, size_t len);

/*
 * All of them by a BPF iterator over the descriptors of all tasks. Returns 0,
 * -ENOMEM, or another negative errno with nothing added: this kernel, or who
 * we are, does not allow it.
 */
int sk_owners_by_bpf(struct sk_owners *o);

#endif
