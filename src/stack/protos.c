/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The protocols over IP, a line each. */
#include "stack/stk_internal.h"

const struct stk_proto *const stk_protos[] = {
	&stk_tcp,
	&stk_udp,
	NULL
};
