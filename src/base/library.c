/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LIBRARIES_MAX 4

struct handles {
	void *v[LIBRARIES_MAX];
	size_t n;
};

static int no_library(struct sk_library *lib, const char *name,
		      struct sk_err *err)
{
	const char *why = dlerror();

	lib->state = -ENOENT;
	return sk_fail(err, lib->state, "%s: %s", lib->what,
		       why ? why : name);
}

/* They stay open: code of theirs may run until exit(3). */
static int open_all(struct sk_library *lib, struct handles *h,
		    struct sk_err *err)
{
	const char *p = lib->sonames;
	char name[64];

	while (*(p += strspn(p, " "))) {
		size_t n = strcspn(p, " ");

		if (n >= sizeof(name) || h->n == LIBRARIES_MAX)
			return no_library(lib, lib->sonames, err);
		memcpy(name, p, n);
		name[n] = '\0';
		p += n;
		h->v[h->n] = dlopen(name, RTLD_NOW | RTLD_LOCAL);
		if (!h->v[h->n++])
			return no_library(lib, name, err);
	}
	return 0;
}

static void *find(const struct handles *h, const char *name)
{
	void *p = NULL;

	for (size_t i = 0; i < h->n && !p; i++)
		p = dlsym(h->v[i], name);
	return p;
}

int sk_library_load(struct sk_library *lib, struct sk_err *err)
{
	struct handles h = { .n = 0 };
	char *to = lib->table;
	int r;

	if (lib->state > 0)
		return 0;
	if (lib->state < 0)
		return sk_fail(err, lib->state, "%s: %s", lib->what,
			       sk_strerror(lib->state));
	r = open_all(lib, &h, err);
	for (size_t i = 0; i < lib->n && !r; i++) {
		void *p = find(&h, lib->names[i]);

		if (!p)
			r = no_library(lib, lib->names[i], err);
		memcpy(to + i * sizeof(p), &p, sizeof(p));
	}
	if (r < 0)
		return r;
	/* Where pages are larger, others' data would be hit. */
	if (sysconf(_SC_PAGESIZE) == SK_LIBRARY_PAGE &&
	    lib->size % SK_LIBRARY_PAGE == 0 &&
	    mprotect(lib->table, lib->size, PROT_READ) < 0)
		return no_library(lib, "mprotect", err);
	lib->state = 1;
	return 0;
}
