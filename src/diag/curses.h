/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands for the headers of ncurses: see base/library.h. */
#ifndef SK_DIAG_CURSES_H
#define SK_DIAG_CURSES_H

#include <curses.h>

#include "base/library.h"

#ifdef SK_NCURSES_SONAMES

struct sk_curses {
#define SK_NAME(name) __typeof__(name) *name##_;
#include "diag/curses.def"
#undef SK_NAME
} SK_LIBRARY_TABLE;

extern struct sk_curses sk_curses;

#include "diag/curses_names.h"

#endif

/* Before the first call; 0 or a negative errno with err. */
int sk_curses_load(struct sk_err *err);

#endif
