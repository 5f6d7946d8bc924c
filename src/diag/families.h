/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SK_DIAG_FAMILIES_H
#define SK_DIAG_FAMILIES_H

#include <stdbool.h>

#include "base/out.h"

/*
 * Try to open a socket of every family and type with every protocol that
 * sock/names.def knows of the family, and list what this kernel lets us
 * have. Kernels with modules load those that are asked for.
 */
void sk_families_show(bool json, struct sk_out *out);

#endif
