/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef HAVE_READLINE

#include "relay/readline.h"

#ifdef SK_READLINE_SONAMES

static const char *const names[] = {
#define SK_NAME(name) #name,
#include "relay/readline.def"
};

SK_LIBRARY_LOADED(sk_readline, "readline", SK_READLINE_SONAMES, names)

#else

SK_LIBRARY_LINKED(sk_readline)

#endif
#endif
