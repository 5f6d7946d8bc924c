/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands for the headers of readline: see base/library.h. */
#ifndef SK_RELAY_READLINE_H
#define SK_RELAY_READLINE_H

#include <stdio.h>
#include <readline/history.h>
#include <readline/readline.h>

#include "base/library.h"

#ifdef SK_READLINE_SONAMES

struct sk_readline {
#define SK_NAME(name) __typeof__(name) *name##_;
#include "relay/readline.def"
#undef SK_NAME
} SK_LIBRARY_TABLE;

extern struct sk_readline sk_readline;

#include "relay/readline_names.h"

#endif

/* Before the first call; 0 or a negative errno with err. */
int sk_readline_load(struct sk_err *err);

#endif
