/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BPF maps by their numbers, for a dump that is to tell of these only. */
#ifndef SK_DIAG_BPF_MAP_H
#define SK_DIAG_BPF_MAP_H

#include <stddef.h>

#include "base/err.h"

#define SK_BPF_MAPS_MAX 32

struct sk_bpf_maps {
	int fd[SK_BPF_MAPS_MAX];
	size_t n;
};

/*
 * Open maps by ids as people write them (bpf(2), BPF_MAP_GET_FD_BY_ID). A
 * usage error when one is no number; -ENOENT when there is no such map, -EPERM
 * without privilege. sk_bpf_maps_close() is due either way.
 */
int sk_bpf_maps_open(struct sk_bpf_maps *maps, const char *const *ids,
		     size_t n, struct sk_err *err);
void sk_bpf_maps_close(struct sk_bpf_maps *maps);

#endif
