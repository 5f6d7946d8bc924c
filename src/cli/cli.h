/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command engine. An option is written once, as a row of data; parsing,
 * help, completion, the dump and the checks of the man pages come from it.
 *
 * A command is one file in cmds/ with a table of rows and a run function.
 * Rows that several commands share live in a table of their own, which a
 * command's table includes at the offset of the struct they fill (SK_INCLUDE).
 */
#ifndef SK_CLI_CLI_H
#define SK_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* What a row stores at its offset. Fields start zeroed, or at .preset. */
enum sk_opt_kind {
	SK_OPT_LAST = 0,	/* ends a table */
	SK_INCLUDE,		/* rows of .table, at .off */
	SK_FLAG,		/* bool */
	SK_COUNT,		/* int, one more each time */
	SK_STRING,		/* const char * (into argv) */
	/*
	 * struct sk_strings, one more each time. A row without .arg takes no
	 * value and adds its .bare: rows at one offset keep their order.
	 */
	SK_LIST,
	SK_INT,			/* int64_t within .min … .max */
	SK_SIZE,		/* uint64_t bytes within .min … .max */
	SK_RATE,		/* uint64_t bytes/s */
	SK_DURATION,		/* uint64_t microseconds */
	SK_CHOICE,		/* int: index into .choices */
};

/* The headings of --help, in this order. */
enum sk_opt_group {
	SK_GRP_GENERAL,
	SK_GRP_ADDRESS,
	SK_GRP_SERVER,
	SK_GRP_ACCESS,
	SK_GRP_PROGRAM,
	SK_GRP_SCAN,
	SK_GRP_TLS,
	SK_GRP_PROXY,
	SK_GRP_TIME,
	SK_GRP_DATA,
	SK_GRP_SHOW,
	SK_GRP_COUNT_
};

struct sk_opt {
	int short_name;		/* 'p', or 0 */
	const char *long_name;	/* "source-port", without dashes; always set */
	enum sk_opt_kind kind;
	const char *arg;	/* "PORT": name of the value in help */
	size_t off;		/* offsetof the field in the options struct */
	enum sk_opt_group group;
	const char *help;	/* one line, lower case, no full stop */

	/* All below may be left out. */
	bool arg_optional;	/* --name[=ARG]; without it .bare is stored */
	const char *bare;	/* the value meant by a bare --name */
	int64_t min, max;	/* for numbers; max 0: no upper bound */
	size_t seen;		/* offset of a bool set when given; 0: none */
	const char *choices;	/* "auto,always,never"; help lists them too */
	const char *excludes;	/* long names that cannot stand beside it */
	const char *needs;	/* long names of which one must be given too */
	const struct sk_opt *table; /* SK_INCLUDE */
};

#define SK_OPT_END { .kind = SK_OPT_LAST }

/* Every value of a repeated option, in order; memory owned by the engine. */
struct sk_strings {
	const char **v;
	size_t n;
	char **made;		/* of the values those that are not in argv */
	size_t n_made;
};

/* An option that people know from another tool, and what it is here. */
struct sk_hint {
	const char *name, *meant; /* "trace", "-e trace="; "P" is -P */
};

/*
 * An option's other name. With a prefix it takes a value, which goes behind
 * that; without, it is the option's own. One that has "=" in it stands for the
 * whole word; it means the option, so many times.
 */
struct sk_alias {
	const char *name;	/* "trace", "decode-fds=all" */
	const char *option;	/* its long name: "expr", "decode-fds" */
	const char *prefix;	/* "trace=", or NULL */
	int times;		/* 0 is 1 */
};

struct sk_cmd {
	const char *name;	/* "listen" */
	const char *summary;	/* "wait for connections and relay bytes" */
	const char *operands;	/* "[HOST] PORT" */
	const struct sk_opt *options;
	size_t opts_size;	/* sizeof the struct the rows fill */
	const void *preset;	/* initial content of it, or NULL for zeros */
	int min_operands, max_operands;	/* max -1: any number */
	bool stop_at_operand;	/* all after the first operand are operands */
	bool is_program;	/* the binary itself: "sockkit", not its verb */
	const struct sk_hint *hints; /* ended by a NULL name; or NULL */
	const struct sk_alias *aliases; /* the same */

	/*
	 * Returns 0, or a negative errno with err filled. argv holds the
	 * operands only; opts is the filled struct.
	 */
	int (*run)(void *opts, int argc, char **argv, struct sk_err *err);
};

/*
 * Parse argv[1..argc) by the command's table into opts (opts_size bytes, set
 * to the preset first). Operands are gathered at the front of argv (*n of
 * them, argv[0..n), then NULL); options and operands may be mixed and "--"
 * ends the options. -h and --help are the engine's own.
 *
 * Errors are usage errors with "did you mean …" where near. Returns 0, 1 when
 * help was asked for, or -EINVAL. Whatever it returns, sk_cli_free() is due.
 */
int sk_cli_parse(const struct sk_cmd *cmd, void *opts, int argc, char **argv,
		 int *n, struct sk_err *err);

/* Frees what SK_LIST rows have gathered. */
void sk_cli_free(const struct sk_cmd *cmd, void *opts);

/*
 * The words of a command line by which `opts` would be filled as it is, from
 * `preset` on: "--time=250ms" and the like, in the order of the table. They
 * are added to *words, NULL-terminated and owned by the caller as are its *n
 * strings. A list that several rows share has no such words. 0 or -ENOMEM.
 */
int sk_cli_words(char ***words, size_t *n, const struct sk_opt *table,
		 const void *opts, const void *preset);

/* "usage: sockkit listen [OPTIONS] [HOST] PORT" and the rows, 80 columns. */
void sk_cli_help(FILE *out, const struct sk_cmd *cmd);

/* One line of help: left, then text wrapped from the given column on. */
void sk_cli_help_row(FILE *out, const char *left, size_t column,
		     const char *text);

/*
 * Machine-readable dump, a line a fact, fields parted by tabs:
 *	command NAME OPERANDS SUMMARY
 *	option COMMAND -S --LONG KIND ARG GROUP CHOICES REPEATABLE HELP
 * "-" stands for an empty field, an ARG that may be left out is "[ARG]", and
 * REPEATABLE is "yes" or "no".
 */
void sk_cli_dump(FILE *out, const struct sk_cmd *cmd);

/*
 * Parse, then print help or run; prints the error there is and returns the
 * exit status. The log speaks as this command from here on. err is left
 * filled, for the signal that may be in it.
 */
int sk_cli_run(const struct sk_cmd *cmd, int argc, char **argv,
	       struct sk_err *err);

#endif
