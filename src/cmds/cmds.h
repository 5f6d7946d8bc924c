/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All commands of this binary, from the list in cmds/Makefile.inc. Each is a
 * `const struct sk_cmd sk_cmd_NAME` in a file of its own.
 */
#ifndef SK_CMDS_CMDS_H
#define SK_CMDS_CMDS_H

#include <stddef.h>
#include <stdio.h>

#include "cli/cli.h"

/* The command of this name, or NULL. */
const struct sk_cmd *sk_cmd_find(const char *name);

/* Command i in the order of their names; NULL after the last. */
const struct sk_cmd *sk_cmd_next(size_t i);

/* "  listen    wait for connections…", a line each. */
void sk_cmds_list(FILE *out);

/* The usage error for a name that is none, "did you mean" included. */
int sk_cmds_unknown(const char *name, struct sk_err *err);

/*
 * sk_cli_dump() of every command, then a line for each socket option that
 * can be set: "sockopt NAME TYPE HELP", parted by tabs.
 */
void sk_cmds_dump(FILE *out);

/* "+readline 8.2 -openssl libmnl 1.0.5": what this binary was built with. */
const char *sk_cmds_features(void);

/*
 * Make a symbolic link DIR/NAME to this binary for every command. Links that
 * are there already are left; if anything else stands in the way nothing is
 * made and err names it.
 */
int sk_cmds_install(const char *dir, struct sk_err *err);

#endif
