/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmds/access.h"

#define OFF(field) offsetof(struct sk_access_args, field)

const struct sk_opt sk_access_options[] = {
	{ 0, "allow", SK_LIST, "HOSTS", OFF(allow), SK_GRP_ACCESS,
	  .help = "let in these only (HOST[/PREFIX],...)" },
	{ 0, "deny", SK_LIST, "HOSTS", OFF(deny), SK_GRP_ACCESS,
	  .help = "keep out these, whatever is allowed" },
	{ 0, "allowfile", SK_LIST, "FILE", OFF(allow_files), SK_GRP_ACCESS,
	  .help = "let in the clients named in FILE only" },
	{ 0, "denyfile", SK_LIST, "FILE", OFF(deny_files), SK_GRP_ACCESS,
	  .help = "keep out the clients named in FILE" },
	SK_OPT_END
};

static int add_all(struct sk_access *a, bool allow, bool file,
		   const struct sk_strings *list, struct sk_err *err)
{
	int r = 0;

	for (size_t i = 0; i < list->n && r >= 0; i++)
		r = (file ? sk_access_add_file : sk_access_add)(
			a, allow, list->v[i], err);
	return r;
}

int sk_access_begin(struct sk_access_args *a, struct sk_err *err)
{
	int r;

	if (!a->allow.n && !a->deny.n && !a->allow_files.n && !a->deny_files.n)
		return 0;
	a->rules = sk_access_new();
	if (!a->rules)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	if ((r = add_all(a->rules, true, false, &a->allow, err)) < 0 ||
	    (r = add_all(a->rules, false, false, &a->deny, err)) < 0 ||
	    (r = add_all(a->rules, true, true, &a->allow_files, err)) < 0)
		return r;
	return add_all(a->rules, false, true, &a->deny_files, err);
}

void sk_access_end(struct sk_access_args *a)
{
	sk_access_free(a->rules);
	a->rules = NULL;
}
