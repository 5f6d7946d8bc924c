/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --allow, --deny and their files, for the commands that let peers in. */
#ifndef SK_CMDS_ACCESS_H
#define SK_CMDS_ACCESS_H

#include "cli/cli.h"
#include "relay/access.h"

struct sk_access_args {
	struct sk_strings allow, deny, allow_files, deny_files;
	struct sk_access *rules; /* made of these; NULL: everybody may */
};

/* To be included at the offset of a struct sk_access_args. */
extern const struct sk_opt sk_access_options[];

/* Errors are usage errors, or of a file or name at run time. */
int sk_access_begin(struct sk_access_args *a, struct sk_err *err);
void sk_access_end(struct sk_access_args *a);

#endif
