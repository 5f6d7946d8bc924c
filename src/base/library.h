/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Libraries that few runs need, loaded by the run that needs them.
 *
 * The dynamic linker takes longer over OpenSSL, libdw, readline and ncurses
 * than `stat` over its answer. So each of them has a list of what we call
 * (openssl.def …) and one header of ours that stands for theirs. It includes
 * theirs, declares a struct of pointers with the types of the list, and
 * defines the names to be what these point to: code that includes it reads as
 * if it were linked. Who comes first (sk_tls_new() …) calls sk_library_load().
 *
 * A name that is used but not in the list is linked as ever: nothing breaks,
 * but the library is loaded at every start again, which build.bats tells.
 * `configure --disable-lazy` links everything as ever.
 */
#ifndef SK_BASE_LIBRARY_H
#define SK_BASE_LIBRARY_H

#include <stddef.h>

#include "base/err.h"

struct sk_library {
	const char *what;	/* "OpenSSL" */
	const char *sonames;	/* "libssl.so.3 libcrypto.so.3" */
	const char *const *names;
	size_t n;
	/* The pointers: declared with SK_LIBRARY_TABLE. */
	void *table;
	size_t size;
	int state;		/* 0: not tried; 1: there; negative errno */
};

/*
 * Tables have pages of their own (on the type, alignment rounds the size up),
 * which are made read-only once they are filled: as "-z relro -z now" does with
 * what the linker fills in.
 */
#define SK_LIBRARY_PAGE 4096
#define SK_LIBRARY_TABLE __attribute__((aligned(SK_LIBRARY_PAGE)))

/*
 * Fill the table, once. 0, or a negative errno with a sentence in err when a
 * library or a symbol is not there: nothing of the list may be called then.
 * See dlopen(3).
 */
int sk_library_load(struct sk_library *lib, struct sk_err *err);

/*
 * What the header of a library declares, for the file beside it: the table
 * `id`, and id_load(), which fills it with what `files` have of `list`.
 */
#define SK_LIBRARY_LOADED(id, title, files, list)                            \
	struct id id;                                                        \
                                                                             \
	int id##_load(struct sk_err *err)                                    \
	{                                                                    \
		static struct sk_library library = {                         \
			.what = (title), .sonames = (files),                 \
			.names = (list),                                     \
			.n = sizeof(list) / sizeof(*(list)), .table = &id,   \
			.size = sizeof(id),                                  \
		};                                                           \
                                                                             \
		return sk_library_load(&library, err);                       \
	}

/* The same of a library that is linked: there is nothing to be done. */
#define SK_LIBRARY_LINKED(id)                                                \
	int id##_load(struct sk_err *err)                                    \
	{                                                                    \
		(void)err;                                                   \
		return 0;                                                    \
	}

#endif
