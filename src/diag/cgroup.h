/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where in the tree of cgroups (v2) an id stands. */
#ifndef SK_DIAG_CGROUP_H
#define SK_DIAG_CGROUP_H

#include <stdint.h>

/* Its path below the mount, "/" for that itself; NULL where we cannot find it.
 * Ours, until the next call. */
const char *sk_cgroup_path(uint64_t id);

#endif
