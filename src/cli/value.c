/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/value.h"

#include <inttypes.h>

#include "base/text.h"
#include "base/units.h"
#include "cli/rows.h"

struct unit {
	const char *name;
	uint64_t factor;	/* 0 ends a table */
};

static const struct unit plain_units[] = { { NULL, 0 } };
static const struct unit size_units[] = {
	{ "T", UINT64_C(1) << 40 },
	{ "G", 1 << 30 },
	{ "M", 1 << 20 },
	{ "K", 1 << 10 },
	{ NULL, 0 }
};
static const struct unit time_units[] = {
	{ "h", UINT64_C(3600000000) },
	{ "m", 60000000 },
	{ "s", 1000000 },
	{ "ms", 1000 },
	{ "us", 1 },
	{ NULL, 0 }
};

/* What the kinds of numbers differ in. */
static const struct number {
	int (*parse)(const char *text, uint64_t *out);	/* NULL: signed */
	const char *form;
	const struct unit *units;	/* to write the bounds with */
} numbers[] = {
	[SK_INT] = { NULL, "not a number", plain_units },
	[SK_SIZE] = { sk_parse_size, "not a size (such as 4096, 64K or 1.5M)",
		      size_units },
	[SK_RATE] = { sk_parse_rate, "not a rate (such as 500K or 1.5M/s)",
		      size_units },
	[SK_DURATION] = { sk_parse_duration,
			  "not a time (such as 250ms, 10s or 1.5m)",
			  time_units },
};

#define BOUND_MAX 32

const char *sk_quote(char buf[SK_QUOTE_MAX], const char *text)
{
	return sk_escape(buf, SK_QUOTE_MAX, text, strlen(text));
}

/* In the largest unit that leaves no fraction: "64K", "250ms", "65535". */
static const char *format_bound(char buf[BOUND_MAX], const struct unit *u,
				int64_t value)
{
	while (u->name && (value <= 0 || (uint64_t)value % u->factor))
		u++;
	if (u->name)
		snprintf(buf, BOUND_MAX, "%" PRIu64 "%s",
			 (uint64_t)value / u->factor, u->name);
	else
		snprintf(buf, BOUND_MAX, "%" PRId64, value);
	return buf;
}

static int out_of_range(const struct sk_opt *opt, const char *name,
			const char *value, struct sk_err *err)
{
	const struct unit *units = numbers[opt->kind].units;
	char quoted[SK_QUOTE_MAX], low[BOUND_MAX], high[BOUND_MAX];

	sk_quote(quoted, value);
	format_bound(low, units, opt->min);
	format_bound(high, units, opt->max);
	if (opt->max)
		return sk_usage(err, "%s %s: out of range (%s%s%s)", name,
				quoted, low, opt->min < 0 ? " to " : "-", high);
	if (opt->min)
		return sk_usage(err, "%s %s: out of range (at least %s)", name,
				quoted, low);
	return sk_usage(err, "%s %s: out of range", name, quoted);
}

static int set_signed(int64_t *field, const struct sk_opt *opt,
		      const char *value)
{
	int r = sk_parse_int(value, field);

	if (r < 0)
		return r;
	if (!opt->min && !opt->max)
		return 0;
	return *field < opt->min || (opt->max && *field > opt->max) ? -ERANGE :
								      0;
}

static int set_unsigned(uint64_t *field, const struct sk_opt *opt,
			const char *value)
{
	int r = numbers[opt->kind].parse(value, field);

	if (r < 0)
		return r;
	if (*field < (uint64_t)opt->min ||
	    (opt->max && *field > (uint64_t)opt->max))
		return -ERANGE;
	return 0;
}

static int set_number(void *field, const struct sk_opt *opt, const char *name,
		      const char *value, struct sk_err *err)
{
	const struct number *n = &numbers[opt->kind];
	char quoted[SK_QUOTE_MAX];
	int r;

	r = n->parse ? set_unsigned(field, opt, value) :
		       set_signed(field, opt, value);
	if (r == -ERANGE)
		return out_of_range(opt, name, value, err);
	if (r < 0)
		return sk_usage(err, "%s %s: %s", name, sk_quote(quoted, value),
				n->form);
	return 0;
}

static int set_flag(void *field, const struct sk_opt *opt, const char *name,
		    const char *value, struct sk_err *err)
{
	(void)opt, (void)name, (void)value, (void)err;
	*(bool *)field = true;
	return 0;
}

static int set_count(void *field, const struct sk_opt *opt, const char *name,
		     const char *value, struct sk_err *err)
{
	(void)opt, (void)name, (void)value, (void)err;
	++*(int *)field;
	return 0;
}

static int set_string(void *field, const struct sk_opt *opt, const char *name,
		      const char *value, struct sk_err *err)
{
	(void)opt, (void)name, (void)err;
	*(const char **)field = value;
	return 0;
}

static int set_list(void *field, const struct sk_opt *opt, const char *name,
		    const char *value, struct sk_err *err)
{
	struct sk_strings *list = field;
	const char **v;

	(void)opt;
	v = reallocarray(list->v, list->n + 1, sizeof(*v));
	if (!v)
		return sk_fail(err, -ENOMEM, "%s: out of memory", name);
	list->v = v;
	v[list->n++] = value;
	return 0;
}

int sk_value_join(struct sk_strings *list, const char *prefix,
		  const char *value, struct sk_err *err)
{
	const struct sk_opt row = { .kind = SK_LIST };
	char **made = reallocarray(list->made, list->n_made + 1,
				   sizeof(*made));
	char *text = NULL;

	if (made)
		list->made = made;
	if (!made || asprintf(&text, "%s%s", prefix, value) < 0)
		return sk_fail(err, -ENOMEM, "%s: out of memory", prefix);
	made[list->n_made++] = text;
	return set_list(list, &row, prefix, text, err);
}

static int set_choice(void *field, const struct sk_opt *opt, const char *name,
		      const char *value, struct sk_err *err)
{
	char quoted[SK_QUOTE_MAX], choices[250];
	size_t len = strlen(value);
	int i = 0;

	for (const char *c = opt->choices; *c; i++) {
		size_t n = strcspn(c, ",");

		if (n == len && !memcmp(c, value, n)) {
			*(int *)field = i;
			return 0;
		}
		c += n + (c[n] == ',');
	}
	return sk_usage(err, "%s %s: not one of %s", name,
			sk_quote(quoted, value),
			sk_opt_choices(choices, sizeof(choices), opt));
}

int sk_value_set(void *field, const struct sk_opt *opt, const char *name,
		 const char *value, struct sk_err *err)
{
	static int (*const setters[])(void *, const struct sk_opt *,
				      const char *, const char *,
				      struct sk_err *) = {
		[SK_FLAG] = set_flag,	  [SK_COUNT] = set_count,
		[SK_STRING] = set_string, [SK_LIST] = set_list,
		[SK_INT] = set_number,	  [SK_SIZE] = set_number,
		[SK_RATE] = set_number,	  [SK_DURATION] = set_number,
		[SK_CHOICE] = set_choice,
	};

	return setters[opt->kind](field, opt, name, value, err);
}

/* Choice i of "auto,always,never". */
static void copy_choice(char buf[SK_VALUE_TEXT_MAX], const char *choices, int i)
{
	for (; i > 0 && strchr(choices, ','); i--)
		choices = strchr(choices, ',') + 1;
	snprintf(buf, SK_VALUE_TEXT_MAX, "%.*s", (int)strcspn(choices, ","),
		 choices);
}

/* A uint64_t above INT64_MAX has no unit that would make it shorter. */
const char *sk_value_text(char buf[SK_VALUE_TEXT_MAX], const void *field,
			  const struct sk_opt *opt)
{
	uint64_t value;

	switch (opt->kind) {
	case SK_CHOICE:
		copy_choice(buf, opt->choices, *(const int *)field);
		return buf;
	case SK_INT:
	case SK_SIZE:
	case SK_RATE:
	case SK_DURATION:
		break;
	default:
		return NULL;
	}
	memcpy(&value, field, sizeof(value));
	if (opt->kind != SK_INT && value > INT64_MAX)
		snprintf(buf, SK_VALUE_TEXT_MAX, "%" PRIu64 "%s", value,
			 opt->kind == SK_DURATION ? "us" : "");
	else
		format_bound(buf, numbers[opt->kind].units, (int64_t)value);
	return buf;
}
