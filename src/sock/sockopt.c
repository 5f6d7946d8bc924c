/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table itself, looking up in it, and setting. Values: sockopt_*.c. */
#include "sock/sockopt_types.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <strings.h>

#include "base/suggest.h"
#include "base/text.h"
#include "sock/sockopt_consts.h"

#define OPT(level, number, name, type, access, help)			\
	{ level, number, name, &sk_type_##type, SK_SOCKOPT_##access,	\
	  0, 0, NULL, help },
#define ROW(level, number, name, type, access, min, max, names, help)	\
	{ level, number, name, &sk_type_##type, SK_SOCKOPT_##access,	\
	  min, max, names, help },

static const struct sk_sockopt options[] = {
#include "sock/sockopt.def"
};

#define OPTIONS (sizeof(options) / sizeof(*options))

/* As much of a foreign value as a message should hold. */
#define SHOWN_MAX 80

const struct sk_sockopt *sk_sockopt_next(const struct sk_sockopt *opt)
{
	size_t i = opt ? (size_t)(opt - options) + 1 : 0;

	return i < OPTIONS ? &options[i] : NULL;
}

const struct sk_sockopt *sk_sockopt_find(int level, int name)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (options[i].level == level && options[i].number == name)
			return &options[i];
	return NULL;
}

const struct sk_sockopt *sk_sockopt_by_name(const char *name)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (!strcasecmp(options[i].name, name))
			return &options[i];
	return NULL;
}

const char *sk_sockopt_name(const struct sk_sockopt *opt)
{
	return opt->name;
}

const char *sk_sockopt_help(const struct sk_sockopt *opt)
{
	return opt->help;
}

const char *sk_sockopt_type_name(const struct sk_sockopt *opt)
{
	return opt->type->name;
}

const struct sk_names *sk_sockopt_choices(const struct sk_sockopt *opt)
{
	return opt->names;
}

bool sk_sockopt_writable(const struct sk_sockopt *opt)
{
	return opt->access & SK_SOCKOPT_WO;
}

int sk_sockopt_level(const struct sk_sockopt_value *v)
{
	return v->opt->level;
}

int sk_sockopt_bad(struct sk_err *err, const struct sk_sockopt *opt,
		   const char *text, const char *want)
{
	char shown[SHOWN_MAX];

	return sk_usage(err, "sockopt %s=%s: not %s", opt->name,
			sk_escape(shown, sizeof(shown), text, strlen(text)),
			want);
}

int sk_sockopt_put(struct sk_sockopt_value *out, const void *val, size_t len)
{
	memcpy(out->bytes, val, len);
	out->len = (socklen_t)len;
	return 0;
}

static const char *name_at(void *arg, size_t i)
{
	(void)arg;
	return i < OPTIONS ? options[i].name : NULL;
}

static int unknown(const char *name, struct sk_err *err)
{
	const char *near = sk_suggest(name, name_at, NULL);
	char shown[SHOWN_MAX];

	return sk_usage(err, near ? "sockopt %s: no such option, "
				    "did you mean %s?" :
				    "sockopt %s: no such option",
			sk_escape(shown, sizeof(shown), name, strlen(name)),
			near);
}

int sk_sockopt_parse(struct sk_sockopt_value *out, const char *arg,
		     struct sk_err *err)
{
	size_t n = strcspn(arg, "=");
	const char *text = arg[n] ? arg + n + 1 : NULL;
	const struct sk_sockopt *opt;
	char name[128];

	memset(out, 0, sizeof(*out));
	if (!n)
		return sk_usage(err, "sockopt without a name");
	if (sk_copyn(name, sizeof(name), arg, n) < 0)
		return sk_usage(err, "sockopt name of %zu characters: "
				     "there is none", n);
	opt = sk_sockopt_by_name(name);
	if (!opt)
		return unknown(name, err);
	if (!sk_sockopt_writable(opt) || !opt->type->parse)
		return sk_usage(err, "sockopt %s: cannot be set%s", opt->name,
				opt->access == SK_SOCKOPT_RO ? ", only read" :
							       "");
	if (!text)
		text = opt->type->bare;
	if (!text)
		return sk_usage(err, "sockopt %s: needs a value (%s)",
				opt->name, opt->type->name);
	out->opt = opt;
	return opt->type->parse(out, text, err);
}

/* The kernel takes a program by pointer; the value holds the program. */
static int set_filter(sk_sockopt_set_fn *set, void *arg,
		      const struct sk_sockopt_value *v)
{
	struct sock_filter code[SK_SOCKOPT_VALUE_MAX /
				sizeof(struct sock_filter)];
	struct sock_fprog prog = {
		.len = (unsigned short)(v->len / sizeof(*code)),
		.filter = code,
	};

	memcpy(code, v->bytes, v->len);
	return set(arg, v->opt->level, v->opt->number, &prog, sizeof(prog));
}

int sk_sockopt_set_fd(void *arg, int level, int name, const void *val,
		      size_t len)
{
	const int *fd = arg;

	return setsockopt(*fd, level, name, val, (socklen_t)len) ? -errno : 0;
}

int sk_sockopt_apply(int fd, const struct sk_sockopt_value *v,
		     struct sk_err *err)
{
	return sk_sockopt_apply_by(sk_sockopt_set_fd, &fd, v, err);
}

int sk_sockopt_apply_by(sk_sockopt_set_fn *set, void *arg,
			const struct sk_sockopt_value *v, struct sk_err *err)
{
	const struct sk_sockopt *opt = v->opt;
	char text[SHOWN_MAX];
	int r;

	if (opt->type == &sk_type_FILTER)
		r = set_filter(set, arg, v);
	else
		r = set(arg, opt->level, opt->number,
			v->len ? v->bytes : NULL, v->len);
	if (r == 0)
		return 0;
	sk_sockopt_format(text, sizeof(text), opt, v->bytes, v->len);
	return sk_fail(err, r, "sockopt %s%s%s: %s", opt->name,
		       *text ? "=" : "", text, sk_strerror(r));
}

static void format_hex(char *buf, size_t size, const unsigned char *val,
		       size_t len)
{
	size_t at = (size_t)snprintf(buf, size, "hex:");

	for (size_t i = 0; i < len && at < size; i++) {
		/* Room for this byte, and for dots if it is not the last. */
		if (at + 2 + (i + 1 < len ? 4 : 1) > size) {
			snprintf(buf + at, size - at, "...");
			break;
		}
		at += (size_t)snprintf(buf + at, size - at, "%02x", val[i]);
	}
}

const char *sk_sockopt_format(char *buf, size_t size,
			      const struct sk_sockopt *opt, const void *val,
			      size_t len)
{
	if (!opt || !opt->type->format ||
	    !opt->type->format(buf, size, opt, val, len))
		format_hex(buf, size, val, len);
	return buf;
}
