/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef HAVE_READLINE

#include "relay/readline.h"

#ifdef SK_READLINE_SONAMES

struct sk_readline sk_readline;

static const char *const names[] = {
#define SK_NAME(name) #name,
#include "relay/readline.def"
};

static struct sk_library library = {
	.what = "readline", .sonames = SK_READLINE_SONAMES, .names = names,
	.n = sizeof(names) / sizeof(*names), .table = &sk_readline,
	.size = sizeof(sk_readline),
};

int sk_readline_load(struct sk_err *err)
{
	return sk_library_load(&library, err);
}

#else

int sk_readline_load(struct sk_err *err)
{
	(void)err;
	return 0;
}

#endif
#endif
