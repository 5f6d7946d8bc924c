/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef HAVE_NCURSES

#include "diag/curses.h"

#ifdef SK_NCURSES_SONAMES

static const char *const names[] = {
#define SK_NAME(name) #name,
#include "diag/curses.def"
};

SK_LIBRARY_LOADED(sk_curses, "ncurses", SK_NCURSES_SONAMES, names)

#else

SK_LIBRARY_LINKED(sk_curses)

#endif
#endif
