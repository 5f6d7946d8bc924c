/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/expr_in.h"

#include <regex.h>

#include "base/suggest.h"
#include "base/text.h"

int sk_in_fail(const struct sk_in *in, const char *where, const char *fmt, ...)
{
	char text[200], shown[200];
	int at = (int)(where - in->whole);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* What is escaped is longer than it was; then the caret would lie. */
	sk_escape(shown, sizeof(shown), in->whole, strlen(in->whole));
	if (strcmp(shown, in->whole))
		return sk_usage(in->err, "-e %s: %s", shown, text);
	return sk_usage(in->err, "-e %s: %s\n\t%s\n\t%*s^", shown, text, shown,
			at, "");
}

int sk_in_word(struct sk_in *in, const char *stops, char buf[SK_WORD_MAX])
{
	size_t n = strcspn(in->at, stops);

	if (sk_copyn(buf, SK_WORD_MAX, in->at, n) < 0)
		return sk_in_fail(in, in->at, "too long");
	in->at += n;
	return 0;
}

/* --- sets of calls ---------------------------------------------------- */

/*
 * sysno.def has all network calls first, those of any descriptor after;
 * sendfile(2) is one of both for strace, too.
 */
static bool is_network(enum sk_sys sys)
{
	return sys < SK_SYS_pidfd_getfd || sys == SK_SYS_sendfile ||
	       sys == SK_SYS_sendfile64;
}

static bool in_class(const char *class, enum sk_sys sys, bool *known)
{
	static const char *const network[] = { "network", "net" };
	static const char *const desc[] = { "desc" };
	/* Of strace's, so that what works there works here. */
	static const char *const empty[] = {
		"file", "process", "signal", "ipc", "memory", "creds", "clock",
		"pure", "stat", "lstat", "fstat", "%stat", "statfs", "fstatfs",
		"%statfs",
	};

	*known = true;
	for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++)
		if (!strcmp(class, empty[i]))
			return false;
	for (size_t i = 0; i < sizeof(network) / sizeof(*network); i++)
		if (!strcmp(class, network[i]))
			return is_network(sys);
	if (!strcmp(class, desc[0]))
		return sys != SK_SYS_socketcall;
	*known = false;
	return false;
}

void sk_in_all(struct sk_sys_set *s)
{
	for (int i = 0; i < SK_SYS_COUNT_; i++)
		sk_sys_set_add(s, (enum sk_sys)i);
}

static const char *name_at(void *arg, size_t i)
{
	(void)arg;
	return i < SK_SYS_seccomp ? sk_sys_name((enum sk_sys)i) : NULL;
}

static bool add_known_class(struct sk_sys_set *s, const char *class)
{
	bool known = false;

	for (int i = 0; i < SK_SYS_COUNT_; i++)
		if (in_class(class, (enum sk_sys)i, &known))
			sk_sys_set_add(s, (enum sk_sys)i);
	return known;
}

static int add_class(struct sk_in *in, struct sk_sys_set *s, const char *class,
		     const char *where)
{
	return add_known_class(s, class) ? 0 :
		sk_in_fail(in, where, "no such class, there are %%network and "
				      "%%desc");
}

static int add_name(struct sk_in *in, struct sk_sys_set *s, const char *name,
		    const char *where, bool optional)
{
	enum sk_sys sys = sk_sys_by_name(name);
	const char *near;

	if (sys != SK_SYS_NONE) {
		sk_sys_set_add(s, sys);
		return 0;
	}
	/* As strace's classes were written once: "network". */
	if (optional || add_known_class(s, name))
		return 0;
	near = sk_suggest(name, name_at, NULL);
	if (near)
		return sk_in_fail(in, where, "no such call, did you mean %s?",
				  near);
	return sk_in_fail(in, where, "not a call that sockets know");
}

/* /regex/, the last slash may be missing; it runs to the end of the set. */
static int add_regex(struct sk_in *in, struct sk_sys_set *s)
{
	const char *from = ++in->at, *end = strchr(from, '/');
	char text[SK_WORD_MAX], why[100];
	regex_t re;
	int r;

	if (!end)
		end = from + strcspn(from, ",:");
	if (sk_copyn(text, sizeof(text), from, (size_t)(end - from)) < 0)
		return sk_in_fail(in, from, "too long");
	in->at = *end == '/' ? end + 1 : end;
	r = regcomp(&re, text, REG_EXTENDED | REG_NOSUB);
	if (r) {
		regerror(r, &re, why, sizeof(why));
		return sk_in_fail(in, from, "%s", why);
	}
	for (int i = 0; i < SK_SYS_COUNT_; i++)
		if (!regexec(&re, sk_sys_name((enum sk_sys)i), 0, NULL, 0))
			sk_sys_set_add(s, (enum sk_sys)i);
	regfree(&re);
	return 0;
}

static int add_item(struct sk_in *in, struct sk_sys_set *s)
{
	const char *where = in->at;
	char name[SK_WORD_MAX];
	bool optional = false;

	if (*in->at == '/')
		return add_regex(in, s);
	if (*in->at == '?') {
		optional = true;
		where = ++in->at;
	}
	if (sk_in_word(in, ",:", name) < 0)
		return -EINVAL;
	if (!*name)
		return sk_in_fail(in, where, "a call is missing here");
	if (*name == '%')
		return add_class(in, s, name + 1, where);
	if (!strcmp(name, "all"))
		sk_in_all(s);
	else if (strcmp(name, "none"))
		return add_name(in, s, name, where, optional);
	return 0;
}

int sk_in_set(struct sk_in *in, struct sk_sys_set *s)
{
	bool others = *in->at == '!';

	*s = (struct sk_sys_set){ { 0 } };
	in->at += others;
	for (;;) {
		if (add_item(in, s) < 0)
			return -EINVAL;
		if (*in->at != ',')
			break;
		in->at++;
	}
	if (*in->at && *in->at != ':')
		return sk_in_fail(in, in->at, "a comma is missing here");
	for (size_t i = 0; others && i < sizeof(s->bits) / 8; i++)
		s->bits[i] = ~s->bits[i];
	return 0;
}

int sk_in_whole_set(struct sk_in *in, struct sk_sys_set *s)
{
	if (sk_in_set(in, s) < 0)
		return -EINVAL;
	return *in->at ? sk_in_fail(in, in->at, "nothing may follow here") : 0;
}
