/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One command from its arguments to its exit status. */
#include "cli/cli.h"

#include "base/log.h"
#include "cli/rows.h"

static int parse_and_run(const struct sk_cmd *cmd, void *opts, int argc,
			 char **argv, struct sk_err *err)
{
	int n, r;

	r = sk_cli_parse(cmd, opts, argc, argv, &n, err);
	if (r < 0)
		return r;
	if (r > 0) {
		sk_cli_help(stdout, cmd);
		return 0;
	}
	return cmd->run(opts, n, argv, err);
}

int sk_cli_run(const struct sk_cmd *cmd, int argc, char **argv,
	       struct sk_err *err)
{
	static char title[SK_CMD_TITLE_MAX];	/* the log keeps the pointer */
	void *opts = calloc(1, cmd->opts_size + 1);
	int r;

	sk_log_set_name(sk_cmd_title(title, cmd));
	*err = (struct sk_err){ 0 };
	if (opts) {
		r = parse_and_run(cmd, opts, argc, argv, err);
		sk_cli_free(cmd, opts);
		free(opts);
	} else {
		r = sk_fail(err, -ENOMEM, "out of memory");
	}
	if (r >= 0)
		return SK_EXIT_OK;
	if (err->text[0])
		sk_error("%s", err->text);
	else if (!err->status)
		sk_error("%s", sk_strerror(r));
	/* A status without a sentence: it was said when it happened. */
	return err->status ? err->status : SK_EXIT_FAIL;
}
