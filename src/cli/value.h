/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the text of a value to the field of its row. Private to cli/. */
#ifndef SK_CLI_VALUE_H
#define SK_CLI_VALUE_H

#include "cli/cli.h"

/* Room for a value in a message, escaped; a longer one ends in "...". */
#define SK_QUOTE_MAX 200
const char *sk_quote(char buf[SK_QUOTE_MAX], const char *text);

/*
 * Store value in *field as opt->kind says; NULL for kinds without a value.
 * name is what the option was called on the command line, "-p" or
 * "--source-port". Returns 0, -EINVAL with the sentence in err, or -ENOMEM.
 */
int sk_value_set(void *field, const struct sk_opt *opt, const char *name,
		 const char *value, struct sk_err *err);

/*
 * The other way: the value of a field as text that sk_value_set() takes, into
 * buf; NULL for kinds whose value is no number or choice.
 */
#define SK_VALUE_TEXT_MAX 64
const char *sk_value_text(char buf[SK_VALUE_TEXT_MAX], const void *field,
			  const struct sk_opt *opt);

/* Add prefix and value, as one, to a list of SK_LIST. 0 or -ENOMEM. */
int sk_value_join(struct sk_strings *list, const char *prefix,
		  const char *value, struct sk_err *err);

#endif
