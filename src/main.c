/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One binary, many commands: `sockkit listen`, or a link named `listen` or
 * `sockkit-listen`. What is left to main is to find the command, to make sure
 * that what stdout was given has arrived, and to die of the signal that ended
 * the command.
 */
#include <signal.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cmds/cmds.h"
#include "config.h"

struct global_opts {
	bool version;
	bool dump;
	const char *install;
};

#define OFF(field) offsetof(struct global_opts, field)

static const struct sk_opt global_options[] = {
	{ 'V', "version", SK_FLAG, NULL, OFF(version),
	  .help = "print the version and what is compiled in" },
	{ 0, "install", SK_STRING, "DIR", OFF(install),
	  .help = "make a link in DIR for every command" },
	{ 0, "dump-cli", SK_FLAG, NULL, OFF(dump),
	  .help = "print all commands and options, for programs to read" },
	SK_OPT_END
};

static const struct sk_cmd program = {
	.name = "sockkit",
	.summary = "open, move, watch, explain and measure sockets",
	.operands = "COMMAND [ARGUMENTS]",
	.options = global_options,
	.opts_size = sizeof(struct global_opts),
	.max_operands = -1,
	.stop_at_operand = true,
	.is_program = true,
};

static void print_help(void)
{
	sk_cli_help(stdout, &program);
	puts("\nCommands:");
	sk_cmds_list(stdout);
	puts("\n'sockkit help COMMAND' explains a command.");
}

static int run_help(int argc, char **argv, struct sk_err *err)
{
	bool named = argc > 1 && strcmp(argv[1], "help");
	const struct sk_cmd *cmd = named ? sk_cmd_find(argv[1]) : NULL;

	if (named && !cmd)
		return sk_cmds_unknown(argv[1], err);
	if (cmd)
		sk_cli_help(stdout, cmd);
	else
		print_help();
	return 0;
}

/* Options of the program itself, then its command; *status is the command's. */
static int run_program(int argc, char **argv, int *status, struct sk_err *err)
{
	static char whole[1 << 18];
	const struct sk_cmd *cmd;
	struct global_opts o;
	int r;

	r = sk_cli_parse(&program, &o, argc, argv, &argc, err);
	if (r < 0)
		return r;
	if (o.install && !r)
		return sk_cmds_install(o.install, err);
	if (o.version && !r) {
		printf("sockkit %s\n%s\n", PACKAGE_VERSION, sk_cmds_features());
	} else if (o.dump && !r) {
		/* In one piece: an error in the midst would lose its errno. */
		setvbuf(stdout, whole, _IOFBF, sizeof(whole));
		sk_cli_dump(stdout, &program);
		sk_cmds_dump(stdout);
	} else if (r || !argc) {
		print_help();
	} else if (!strcmp(argv[0], "help")) {
		return run_help(argc, argv, err);
	} else {
		cmd = sk_cmd_find(argv[0]);
		if (!cmd)
			return sk_cmds_unknown(argv[0], err);
		*status = sk_cli_run(cmd, argc, argv, err);
	}
	return 0;
}

/* What stdio still holds must arrive: help on a full disk is a failure. */
static int flush_stdout(void)
{
	int e = fflush(stdout) ? errno : ferror(stdout) ? EIO : 0;

	if (e)
		sk_error("stdout: %s", sk_strerror(e));
	return e ? SK_EXIT_FAIL : SK_EXIT_OK;
}

/* Nobody above us is to think that we ended on our own account. */
static void die_of(int signo)
{
	sigset_t set;

	signal(signo, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(signo);
}

int main(int argc, char **argv)
{
	const char *called = argc > 0 ? basename(argv[0]) : "";
	const struct sk_cmd *cmd;
	struct sk_err err = { 0 };
	int status = SK_EXIT_OK;

	if (sk_fill_std_fds() < 0)
		return SK_EXIT_FAIL;
	signal(SIGPIPE, SIG_IGN);
	if (sk_starts_with(called, "sockkit-"))
		called += strlen("sockkit-");
	cmd = sk_cmd_find(called);
	if (cmd) {
		status = sk_cli_run(cmd, argc, argv, &err);
	} else if (run_program(argc, argv, &status, &err) < 0) {
		sk_error("%s", err.text);
		status = err.status;
	}
	if (flush_stdout() && status == SK_EXIT_OK)
		status = SK_EXIT_FAIL;
	if (err.signal)
		die_of(err.signal);
	return status;
}
