/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef HAVE_NCURSES

#include "diag/curses.h"

#ifdef SK_NCURSES_SONAMES

struct sk_curses sk_curses;

static const char *const names[] = {
#define SK_NAME(name) #name,
#include "diag/curses.def"
};

static struct sk_library library = {
	.what = "ncurses", .sonames = SK_NCURSES_SONAMES, .names = names,
	.n = sizeof(names) / sizeof(*names), .table = &sk_curses,
	.size = sizeof(sk_curses),
};

int sk_curses_load(struct sk_err *err)
{
	return sk_library_load(&library, err);
}

#else

int sk_curses_load(struct sk_err *err)
{
	(void)err;
	return 0;
}

#endif
#endif
