/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmds/cmds.h"

#include "base/suggest.h"
#include "base/text.h"
#include "config.h"
#include "sock/sockopt.h"

#define SK_CMD(name) extern const struct sk_cmd sk_cmd_##name;
#include "cmds/registry.h"
#undef SK_CMD

static const struct sk_cmd *const commands[] = {
#define SK_CMD(name) &sk_cmd_##name,
#include "cmds/registry.h"
#undef SK_CMD
};

#ifdef HAVE_READLINE
#define READLINE "+readline " SK_READLINE_VERSION
#else
#define READLINE "-readline"
#endif
#ifdef HAVE_NCURSES
#define NCURSES "+ncurses " SK_NCURSES_VERSION
#else
#define NCURSES "-ncurses"
#endif
#ifdef HAVE_OPENSSL
#define OPENSSL "+openssl " SK_OPENSSL_VERSION
#else
#define OPENSSL "-openssl"
#endif
#ifdef HAVE_DW
#define DW "+dw " SK_DW_VERSION
#else
#define DW "-dw"
#endif
#ifdef HAVE_JANSSON
#define JANSSON "+jansson " SK_JANSSON_VERSION
#else
#define JANSSON "-jansson"
#endif
#ifdef HAVE_URING
#define URING "+liburing " SK_URING_VERSION
#else
#define URING "-liburing"
#endif

const struct sk_cmd *sk_cmd_next(size_t i)
{
	return i < sizeof(commands) / sizeof(*commands) ? commands[i] : NULL;
}

const struct sk_cmd *sk_cmd_find(const char *name)
{
	const struct sk_cmd *cmd;

	for (size_t i = 0; (cmd = sk_cmd_next(i)) != NULL; i++)
		if (!strcmp(cmd->name, name))
			return cmd;
	return NULL;
}

void sk_cmds_list(FILE *out)
{
	const struct sk_cmd *cmd;
	char left[32];

	for (size_t i = 0; (cmd = sk_cmd_next(i)) != NULL; i++) {
		snprintf(left, sizeof(left), "  %s", cmd->name);
		sk_cli_help_row(out, left, 12, cmd->summary);
	}
}

static const char *name_at(void *arg, size_t i)
{
	const struct sk_cmd *cmd = sk_cmd_next(i);

	(void)arg;
	return cmd ? cmd->name : NULL;
}

int sk_cmds_unknown(const char *name, struct sk_err *err)
{
	const char *near = sk_suggest(name, name_at, NULL);
	char shown[256];

	sk_escape(shown, sizeof(shown), name, strlen(name));
	if (near)
		return sk_usage(err, "unknown command %s: did you mean %s?",
				shown, near);
	return sk_usage(err, "unknown command %s; try 'sockkit --help'", shown);
}

void sk_cmds_dump(FILE *out)
{
	const struct sk_sockopt *opt = NULL;
	const struct sk_cmd *cmd;

	for (size_t i = 0; (cmd = sk_cmd_next(i)) != NULL; i++)
		sk_cli_dump(out, cmd);
	while ((opt = sk_sockopt_next(opt)) != NULL)
		if (sk_sockopt_writable(opt))
			fprintf(out, "sockopt\t%s\t%s\t%s\n",
				sk_sockopt_name(opt),
				sk_sockopt_type_name(opt),
				sk_sockopt_help(opt));
}

const char *sk_cmds_features(void)
{
	return READLINE " " OPENSSL " " NCURSES " " DW " " JANSSON " "
	       URING " libmnl " SK_MNL_VERSION;
}
