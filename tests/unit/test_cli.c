/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cli: one table that holds every kind of row, and every sentence the engine
 * can say about it. At the end the tables of the real commands are held
 * against the rules that the engine relies on.
 */
#include "tap.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/rows.h"
#include "cmds/cmds.h"

struct inner {
	uint64_t first;		/* so that no offset below is 0 */
	int64_t port;
	bool port_seen;
	struct sk_strings sockopts;
};

struct middle {
	char pad[3];
	bool nodns;
	struct inner inner;
};

struct opts {
	bool keep, echo, discard, append, when_done;
	int verbose, when;
	const char *output, *dump;
	struct middle net;
	int64_t backlog, any, below, least;
	uint64_t size, rate, wait;
};

#define OFF(field) offsetof(struct opts, field)
#define LONG_WORD "aVeryLongWordThatFitsOnNoLineOfHelpBecauseItIsSimplyTooLong"

static const struct sk_opt inner_table[] = {
	{ 'p', "source-port", SK_INT, "PORT", offsetof(struct inner, port),
	  SK_GRP_ADDRESS, "bind to PORT", .max = 65535,
	  .seen = offsetof(struct inner, port_seen) },
	{ 0, "sockopt", SK_LIST, "NAME[=VALUE]",
	  offsetof(struct inner, sockopts), SK_GRP_ADDRESS, "set an option" },
	SK_OPT_END
};

static const struct sk_opt middle_table[] = {
	{ 'n', "nodns", SK_FLAG, NULL, offsetof(struct middle, nodns),
	  SK_GRP_ADDRESS, "numbers only" },
	{ .kind = SK_INCLUDE, .off = offsetof(struct middle, inner),
	  .table = inner_table },
	SK_OPT_END
};

static const struct sk_opt table[] = {
	{ .kind = SK_INCLUDE, .off = OFF(net), .table = middle_table },
	{ 'k', "keep-open", SK_FLAG, NULL, OFF(keep), SK_GRP_SERVER,
	  "serve several clients at the same time, one after another, and go "
	  "on until a signal comes; none of them is ever held up" },
	{ 0, "echo", SK_FLAG, NULL, OFF(echo), SK_GRP_SERVER,
	  "send back what comes", .excludes = "discard,keep-open" },
	{ 0, "discard", SK_FLAG, NULL, OFF(discard), SK_GRP_SERVER,
	  LONG_WORD " " LONG_WORD },
	{ 'o', "output", SK_STRING, "FILE", OFF(output), SK_GRP_DATA,
	  "write to FILE" },
	{ 'x', "hex-dump", SK_STRING, "FILE", OFF(dump), SK_GRP_DATA,
	  "write a dump to FILE" },
	{ 0, "append-output", SK_FLAG, NULL, OFF(append), SK_GRP_DATA,
	  "append", .needs = "output,hex-dump" },
	{ 0, "backlog", SK_INT, "N", OFF(backlog), SK_GRP_SERVER,
	  "queue N", .min = 1, .max = 65535 },
	{ 0, "any-number-whatsoever-as-long-as-it-fits", SK_INT, "N", OFF(any),
	  SK_GRP_SERVER, "long name" },
	{ 0, "below", SK_INT, "N", OFF(below), SK_GRP_SERVER, "from below 0",
	  .min = -5, .max = 5 },
	{ 0, "least", SK_INT, "N", OFF(least), SK_GRP_SERVER, "from 2 on",
	  .min = 2 },
	{ 0, "size", SK_SIZE, "SIZE", OFF(size), SK_GRP_DATA, "a size",
	  .min = 1024, .max = 1 << 20 },
	{ 'r', "rate", SK_RATE, "RATE", OFF(rate), SK_GRP_DATA, "a rate" },
	{ 'w', "wait", SK_DURATION, "TIME", OFF(wait), SK_GRP_TIME, "a time",
	  .min = 250000, .max = 7200000000 },
	{ 'v', "verbose", SK_COUNT, NULL, OFF(verbose), SK_GRP_SHOW, "more" },
	{ 'W', "when", SK_CHOICE, "WHEN", OFF(when), SK_GRP_SHOW, "show it",
	  .arg_optional = true, .bare = "always",
	  .choices = "auto,always,never" },
	{ 0, "when-done", SK_FLAG, NULL, OFF(when_done), SK_GRP_SHOW, "bye" },
	SK_OPT_END
};

static int run_status;
static int run_argc;

static int run(void *opts, int argc, char **argv, struct sk_err *err)
{
	(void)opts, (void)argv;
	run_argc = argc;
	if (run_status == SIGTERM)
		return sk_signalled(err, SIGTERM);
	if (run_status)
		return sk_fail(err, -EIO, "it broke");
	return 0;
}

static const struct opts preset = { .backlog = 128, .output = "-" };

static const struct sk_alias aliases[] = {
	{ "reuse", "sockopt", "reuse=", 0 },
	{ "quiet", "sockopt", "quiet=", 0 },
	{ "quiet", "keep", NULL, 0 },
	{ "verbose", "sockopt", "verbose=", 0 },
	{ "louder=much", "verbose", NULL, 3 },
	{ NULL, NULL, NULL, 0 },
};

static const struct sk_cmd cmd = {
	.aliases = aliases,
	.name = "demo", .summary = "show what the engine can do",
	.operands = "[HOST] PORT", .options = table,
	.opts_size = sizeof(struct opts), .preset = &preset,
	.min_operands = 0, .max_operands = 2, .run = run,
};

static struct opts o;
static struct sk_err err;
static char *args[32];
static int operands;

/* Parse "a|b|c" by c: words parted by bars, so that blanks can be in them. */
static int parse_by(const struct sk_cmd *c, const char *line)
{
	static char copy[4096];
	char *rest = copy;
	int argc = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	args[argc++] = (char *)(uintptr_t)"demo";
	while (*line && rest)
		args[argc++] = strsep(&rest, "|");
	args[argc] = NULL;
	memset(&err, 0, sizeof(err));
	return sk_cli_parse(c, &o, argc, args, &operands, &err);
}

static int parse(const char *line)
{
	return parse_by(&cmd, line);
}

static void done(void)
{
	sk_cli_free(&cmd, &o);
}

/* The line is refused with this sentence and status 2. */
static void refused(const char *line, const char *want)
{
	int r = parse(line);

	ok(r == -EINVAL && err.status == SK_EXIT_USAGE, "%s: refused", line);
	is_str(err.text, want, "sentence");
	done();
}

static void accepts_all_forms(void)
{
	is_int(parse("--wait=1s|-p80|-kv|--output|a b|-r|1.5M/s|h|--size|2K|7"),
	       0, "all forms");
	ok(o.wait == 1000000 && o.net.inner.port == 80 && o.keep &&
	   o.verbose == 1 && o.rate == 3 << 19 && o.size == 2048,
	   "values land in their fields");
	is_str(o.output, "a b", "a string");
	is_int(operands, 2, "operands are counted");
	is_str(args[0], "h", "the first moved to the front");
	is_str(args[1], "7", "the second too");
	ok(!args[2], "NULL behind them");
	done();

	is_int(parse("-kvvp|443|-vw2m"), 0, "clusters that end in a value");
	ok(o.keep && o.verbose == 3 && o.net.inner.port == 443 &&
	   o.wait == 120000000, "their values");
	done();

	is_int(parse("-|--|-k"), 0, "- and --");
	ok(operands == 2 && !o.keep, "are not options");
	done();
}

static void stores_every_kind(void)
{
	is_int(parse(""), 0, "nothing at all");
	ok(o.backlog == 128 && !strcmp(o.output, "-"), "the preset");
	done();
	is_int(parse("--sockopt=a=1|--sockopt|b|--sockopt|"), 0, "a list");
	is_int(o.net.inner.sockopts.n, 3, "has all values");
	is_str(o.net.inner.sockopts.v[0], "a=1", "with = in them");
	is_str(o.net.inner.sockopts.v[2], "", "and empty ones");
	done();
	ok(!o.net.inner.sockopts.n && !o.net.inner.sockopts.v, "freed");
	is_int(parse("--when"), 0, "a choice without its value");
	is_int(o.when, 1, "means .bare");
	is_int(parse("--when=never|-Wauto"), 0, "the last one wins");
	is_int(o.when, 0, "auto");
	is_int(parse("-W|never"), 0, "an optional value is never taken apart");
	ok(o.when == 1 && operands == 1, "it is an operand");
	is_int(parse("--any-number-whatsoever-as-long-as-it-fits=-7"), 0,
	       "no bounds");
	is_int(o.any, -7, "-7");
	is_int(parse("--below|-5|--least|2|--size|1M|--wait|2h"), 0, "bounds");
	ok(o.below == -5 && o.least == 2 && o.size == 1 << 20, "belong to it");
	is_int(parse("--output="), 0, "an empty string");
	is_str(o.output, "", "is one");
	is_int(parse("-n"), 0, "a flag of an included table");
	ok(o.net.nodns && !o.net.inner.port_seen, "nested offset, not seen");
	is_int(parse("-p0"), 0, "a port of an included table in it");
	ok(o.net.inner.port_seen, "is seen, though 0");
}

/* The words of what `line` fills are `want`, and fill the same. */
static void speaks(const char *line, const char *want)
{
	char **words = NULL, text[1024] = "";
	struct opts first;
	size_t n = 0, len = 0;

	parse(line);
	first = o;
	is_int(sk_cli_words(&words, &n, table, &o, &preset), 0, "words");
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
					i ? "|" : "", words[i]);
	is_str(text, want, "of the struct");
	done();
	first.net.inner.sockopts.v = NULL;
	parse(text);
	for (size_t i = 0; i < o.net.inner.sockopts.n; i++)
		ok(strlen(o.net.inner.sockopts.v[i]) < 4, "a value");
	free(o.net.inner.sockopts.v);
	o.net.inner.sockopts.v = NULL;
	/* Strings point into other words. */
	o.output = first.output = o.dump = first.dump = NULL;
	ok(!memcmp(&o, &first, sizeof(o)), "and they fill it again");
	for (size_t i = 0; i < n; i++)
		free(words[i]);
	free(words);
}

static void speaks_its_words(void)
{
	speaks("", "");
	speaks("-kvv|-p0|--sockopt=a=1|--sockopt|b|-o|x y|-r1.5M|--wait=250ms",
	       "--source-port=0|--sockopt=a=1|--sockopt=b|--keep-open|"
	       "--output=x y|--rate=1536K|--wait=250ms|--verbose|--verbose");
	speaks("--below=-5|--backlog=128|--when|--size=1500|--output=-",
	       "--below=-5|--size=1500|--when=always");
	speaks("--rate=18446744073709551615", "--rate=18446744073709551615");
}

static void abbreviates(void)
{
	is_int(parse("--keep|--ver|--verb"), 0, "unambiguous");
	ok(o.keep && o.verbose == 2, "stored");
	is_int(parse("--size=1K"), 0, "exact");
	refused("--s=1",
		"option --s is ambiguous: --source-port, --sockopt, --size");
	refused("--w", "option --w is ambiguous: --wait, --when, --when-done");
	is_int(parse("--when=never|--when-"), 0, "an exact name, and more");
	ok(o.when == 2 && o.when_done, "are not taken for each other");
	is_int(parse("--he"), -EINVAL, "--help counts too");
	is_str(err.text, "option --he is ambiguous: --hex-dump, --help",
	       "with its name");
}

/* Other names of options; where there are two by one name, the value tells. */
static void knows_aliases(void)
{
	is_int(parse("--reuse=a|--sockopt=b|--reuse|c|--quiet|--verbose"), 0,
	       "aliases");
	is_int((int)o.net.inner.sockopts.n, 3, "in one list, in their order");
	is_str(o.net.inner.sockopts.v[0], "reuse=a", "what they stand for");
	is_str(o.net.inner.sockopts.v[1], "b", "the option's own name");
	is_str(o.net.inner.sockopts.v[2], "reuse=c", "with the next word");
	ok(o.keep && o.verbose == 1, "without a value");
	done();
	is_int(parse("--verbose=x|--louder=much|--quiet="), 0,
	       "beside the option's own name");
	is_str(o.net.inner.sockopts.v[0], "verbose=x", "with a value");
	is_str(o.net.inner.sockopts.v[1], "quiet=", "with an empty one");
	ok(!o.keep && o.verbose == 3, "whole words");
	done();
	refused("--reuse", "--reuse needs a value; try 'sockkit demo --help'");
	refused("--louder=a", "unknown option --louder; try "
			      "'sockkit demo --help'");
	refused("--reus=1", "unknown option --reus; try "
			    "'sockkit demo --help'");
}

static void refuses_unknown(void)
{
	refused("--exho", "unknown option --exho: did you mean --echo?");
	refused("--exho=1", "unknown option --exho: did you mean --echo?");
	refused("--zzzzzzz",
		"unknown option --zzzzzzz; try 'sockkit demo --help'");
	refused("--=1", "unknown option --; try 'sockkit demo --help'");
	refused("-Q", "-Q: unknown option; try 'sockkit demo --help'");
	refused("-kQ", "-Q: unknown option; try 'sockkit demo --help'");
	refused("-\xc3\xa9",
		"-\xc3\xa9: unknown option; try 'sockkit demo --help'");
	refused("-\033[2J",
		"-\\x1b: unknown option; try 'sockkit demo --help'");
	refused("--\033[2J",
		"unknown option --\\x1b[2J; try 'sockkit demo --help'");
	refused("-echo", "-e: unknown option: did you mean --echo?");
}

static void refuses_values(void)
{
	refused("--backlog|99999999",
		"--backlog 99999999: out of range (1-65535)");
	refused("--backlog=0", "--backlog 0: out of range (1-65535)");
	refused("--backl=0", "--backlog 0: out of range (1-65535)");
	refused("--below=-6", "--below -6: out of range (-5 to 5)");
	refused("--least=1", "--least 1: out of range (at least 2)");
	refused("-p-1", "-p -1: out of range (0-65535)");
	refused("-p|65536", "-p 65536: out of range (0-65535)");
	refused("-px", "-p x: not a number");
	refused("-p|", "-p : not a number");
	refused("--any-number-whatsoever-as-long-as-it-fits="
		"99999999999999999999",
		"--any-number-whatsoever-as-long-as-it-fits "
		"99999999999999999999: out of range");
	refused("--size=1", "--size 1: out of range (1K-1M)");
	refused("--size=2M", "--size 2M: out of range (1K-1M)");
	refused("--size=x",
		"--size x: not a size (such as 4096, 64K or 1.5M)");
	refused("--rate=-1", "--rate -1: not a rate (such as 500K or 1.5M/s)");
	refused("--rate=99999999999T",
		"--rate 99999999999T: out of range");
	refused("-w3h", "-w 3h: out of range (250ms-2h)");
	refused("--wait=soon",
		"--wait soon: not a time (such as 250ms, 10s or 1.5m)");
	refused("--when=nver",
		"--when nver: not one of auto, always, never");
	refused("--when=a\033",
		"--when a\\x1b: not one of auto, always, never");
	refused("--when=", "--when : not one of auto, always, never");
	refused("--wait",
		"--wait needs a value (TIME); try 'sockkit demo --help'");
	refused("-kw", "-w needs a value (TIME); try 'sockkit demo --help'");
	refused("--echo=yes",
		"--echo takes no value; try 'sockkit demo --help'");
	refused("--help=me",
		"--help takes no value; try 'sockkit demo --help'");
}

static void refuses_combinations(void)
{
	refused("--echo|--discard", "--echo cannot be used with --discard");
	refused("--discard|--echo", "--echo cannot be used with --discard");
	refused("-k|--echo", "--echo cannot be used with --keep-open");
	is_int(parse("--discard|-k"), 0, "the others go together");
	refused("--append-output",
		"--append-output needs --output or --hex-dump");
	is_int(parse("--append-output|-xf"), 0, "one of them is enough");
	refused("1|2|3\033", "one operand too many, '3\\x1b': usage: "
		"sockkit demo [OPTIONS] [HOST] PORT");
}

static void counts_operands(void)
{
	struct sk_cmd c = cmd;

	c.min_operands = 1;
	is_int(parse_by(&c, "-k"), -EINVAL, "too few");
	is_str(err.text, "too few operands: usage: sockkit demo [OPTIONS] "
	       "[HOST] PORT", "sentence");
	is_int(parse_by(&c, "--help"), 1, "but help may be asked for");
	c.max_operands = -1;
	is_int(parse_by(&c, "1|2|3|4|5|6|7|8"), 0, "any number");
	is_int(operands, 8, "of them");
	c.stop_at_operand = true;
	is_int(parse_by(&c, "-k|run|-v|--|--nope"), 0, "stop at an operand");
	ok(o.keep && !o.verbose && operands == 4, "all after it are operands");
	is_int(parse_by(&c, "--|-k|-v"), 0, "-- before the first");
	ok(!o.keep && operands == 2, "the same");
	c.operands = NULL;
	c.max_operands = 0;
	c.min_operands = 0;
	is_int(parse_by(&c, "x"), -EINVAL, "no operands at all");
	is_str(err.text, "one operand too many, 'x': usage: sockkit demo "
	       "[OPTIONS]", "sentence");
	is_int(sk_cli_parse(&c, &o, 0, args, &operands, &err), 0,
	       "an empty argv");
}

static void survives_long_arguments(void)
{
	static char line[4096];
	size_t n;

	n = (size_t)snprintf(line, sizeof(line), "--output=");
	memset(line + n, 'a', 3000);
	is_int(parse(line), 0, "3000 bytes");
	is_int(strlen(o.output), 3000, "arrive uncut");
	memcpy(line, "--outpux=", n);
	refused(line, "unknown option --outpux: did you mean --output?");
	memcpy(line, "--aaaaaaa", n);
	is_int(parse(line), -EINVAL, "a name of 3000 bytes");
	ok(strstr(err.text, "aaa...; try ") && strlen(err.text) > 150,
	   "is cut so that it shows");
	snprintf(line, 10, "--wait=\033");
	memset(line + 7, '\033', 3000);
	is_int(parse(line), -EINVAL, "a value of 3000 escapes");
	ok(strstr(err.text, "...: not a time") != NULL, "is cut so too");
}

/* Candidates beyond the room of a message are not dropped in silence. */
static void survives_many_candidates(void)
{
	static struct sk_opt many[81];
	static char names[80][40];
	struct sk_cmd c = { .name = "many", .options = many,
			    .opts_size = sizeof(o), .max_operands = 1 };

	for (int i = 0; i < 80; i++) {
		snprintf(names[i], sizeof(names[i]), "option-number-%d", i);
		many[i] = (struct sk_opt){ .long_name = names[i],
					   .kind = SK_FLAG };
	}
	is_int(parse_by(&c, "--opt"), -EINVAL, "80 candidates");
	ok(!strcmp(err.text + strlen(err.text) - 5, ", ..."), "end in ...");
}

/* What f prints about c; valid until the next call. */
static char *printed(void (*f)(FILE *, const struct sk_cmd *),
		     const struct sk_cmd *c)
{
	static char *text;
	size_t size;
	FILE *out;

	free(text);
	text = NULL;
	out = open_memstream(&text, &size);
	f(out, c);
	fclose(out);
	return text;
}

static size_t longest_line(const char *text)
{
	size_t longest = 0;

	while (*text) {
		size_t n = strcspn(text, "\n");

		longest = n > longest ? n : longest;
		text += n + (text[n] == '\n');
	}
	return longest;
}

static void prints_help(void)
{
	static const char *const parts[] = {
		"usage: sockkit demo [OPTIONS] [HOST] PORT\n\n"
		"show what the engine can do\n\nGeneral:\n"
		"  -h, --help                  print this help and exit\n\n",
		"\n  -p, --source-port PORT      bind to PORT\n",
		"\n      --sockopt NAME[=VALUE]  set an option\n",
		"\n  -W, --when[=WHEN]           show it: auto, always, "
		"never\n",
		"\n      --any-number-whatsoever-as-long-as-it-fits N\n"
		"                              long name\n",
		"\n  -k, --keep-open             serve several clients at the "
		"same time, one after\n"
		"                              another, and go on until a "
		"signal comes; none of\n",
		"\n\nAddresses and sockets:\n", "\n\nServer:\n", "\n\nTime:\n",
		"\n\nData:\n", "\n\nWhat is shown:\n",
	};
	struct sk_cmd c = cmd;
	const char *help = printed(sk_cli_help, &cmd), *at = help;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		ok(strstr(help, parts[i]) != NULL, "help has part %zu", i);
	for (size_t i = 6; i < sizeof(parts) / sizeof(*parts) && at; i++) {
		at = strstr(at, parts[i]);
		ok(at != NULL, "the headings keep their order");
	}
	ok(longest_line(help) <= 80, "80 columns");
	ok(!strstr(help, " \n"), "no blanks at the end of a line");
	c.operands = "HOST PORT | ADDRESS | A B C D E F G H I J K L M N O P Q "
		     "R S T U V W X Y Z";
	help = printed(sk_cli_help, &c);
	ok(longest_line(help) <= 80, "a long usage is wrapped");
	ok(strstr(help, "\n                    ") != NULL, "and aligned");
	c.is_program = true;
	c.name = "sockkit";
	ok(sk_starts_with(printed(sk_cli_help, &c), "usage: sockkit [OPTIONS]"),
	   "the program is no command of itself");
}

static void prints_dump(void)
{
	static const char *const lines[] = {
		"command\tdemo\t[HOST] PORT\tshow what the engine can do\n",
		"\noption\tdemo\t-p\t--source-port\tint\tPORT\taddress\t-\tno\t"
		"bind to PORT\n",
		"\noption\tdemo\t-\t--sockopt\tlist\tNAME[=VALUE]\taddress\t-\t"
		"yes\tset an option\n",
		"\noption\tdemo\t-W\t--when\tchoice\t[WHEN]\tshow\t"
		"auto,always,never\tno\tshow it\n",
		"\noption\tdemo\t-v\t--verbose\tcount\t-\tshow\t-\tyes\tmore\n",
		"\noption\tdemo\t-w\t--wait\tduration\tTIME\ttime\t-\tno\t"
		"a time\n",
		"\noption\tdemo\t-\t--size\tsize\tSIZE\tdata\t-\tno\ta size\n",
		"\noption\tdemo\t-r\t--rate\trate\tRATE\tdata\t-\tno\ta rate\n",
		"\noption\tdemo\t-o\t--output\tstring\tFILE\tdata\t-\tno\t"
		"write to FILE\n",
		"\noption\tdemo\t-h\t--help\tflag\t-\tgeneral\t-\tno\t"
		"print this help and exit\n",
	};
	const char *dump = printed(sk_cli_dump, &cmd);
	int n = 0;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		ok(strstr(dump, lines[i]) != NULL, "dump has line %zu", i);
	for (const char *s = dump; *s; s++)
		n += *s == '\n';
	is_int(n, 1 + 20, "a line for the command and each row");
}

/* sk_cli_run() with stderr and stdout in a file; returns what was said. */
static const char *said(int *status, int argc, const char *arg)
{
	static char text[8192];
	char *argv[] = { (char *)(uintptr_t)"x", (char *)(uintptr_t)arg,
			 NULL };
	int fd = memfd_create("said", 0), saved[2] = { dup(1), dup(2) };
	ssize_t n;

	fflush(stdout);
	dup2(fd, 1);
	dup2(fd, 2);
	*status = sk_cli_run(&cmd, argc, argv, &err);
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		dup2(saved[i], i + 1);
		close(saved[i]);
	}
	n = pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	close(fd);
	return text;
}

static void runs(void)
{
	int status;

	is_str(said(&status, 2, "7"), "", "a run without a word");
	ok(status == 0 && run_argc == 1, "succeeds, operands counted from 0");
	run_status = 1;
	is_str(said(&status, 2, "7"), "sockkit demo: it broke\n", "a failure");
	is_int(status, 1, "has status 1");
	run_status = SIGTERM;
	is_str(said(&status, 2, "7"), "", "a signal is no failure");
	ok(status == 128 + SIGTERM && err.signal == SIGTERM, "main sees it");
	run_status = 0;
	is_str(said(&status, 2, "-Q"),
	       "sockkit demo: -Q: unknown option; try 'sockkit demo --help'\n",
	       "a usage error is one line");
	is_int(status, 2, "status 2");
	ok(sk_starts_with(said(&status, 2, "-kh"), "usage: sockkit demo "),
	   "-h in a cluster prints help");
	is_int(status, 0, "status 0");
	is_str(sk_log_name(), "sockkit demo", "the log has our name");
}

/* Names in .excludes and .needs are rows of the same command. */
static bool names_exist(const struct sk_rows *rows, const char *list)
{
	char name[64];

	while (list && *list) {
		size_t n = strcspn(list, ",");
		bool found = false;

		if (sk_copyn(name, sizeof(name), list, n) < 0)
			return false;
		for (size_t i = 0; i < rows->n; i++)
			found |= !strcmp(rows->v[i].opt->long_name, name);
		if (!found)
			return false;
		list += n + (list[n] == ',');
	}
	return true;
}

static bool row_is_sound(const struct sk_rows *rows, size_t at)
{
	const struct sk_opt *a = rows->v[at].opt;

	if (!a->long_name || strlen(a->long_name) > 60 || !a->help ||
	    strpbrk(a->help, "\t\n") || a->help[strlen(a->help) - 1] == '.')
		return false;
	if (sk_opt_takes_value(a) != (a->arg != NULL) ||
	    (a->kind == SK_CHOICE) != (a->choices != NULL) ||
	    (a->arg_optional || (a->kind == SK_LIST && !a->arg)) !=
		    (a->bare != NULL))
		return false;
	for (size_t i = 0; i < at; i++) {
		const struct sk_opt *b = rows->v[i].opt;

		if (!strcmp(a->long_name, b->long_name) ||
		    (a->short_name && a->short_name == b->short_name))
			return false;
	}
	return names_exist(rows, a->excludes) && names_exist(rows, a->needs);
}

/* Each means a row; one with a prefix, a list. */
static bool aliases_are_sound(const struct sk_rows *rows,
			      const struct sk_alias *a)
{
	bool sound = true;

	for (; a && a->name; a++) {
		bool found = false;

		for (size_t i = 0; i < rows->n; i++)
			found |= !strcmp(rows->v[i].opt->long_name,
					 a->option) &&
				 (!a->prefix ||
				  rows->v[i].opt->kind == SK_LIST);
		sound &= found;
	}
	return sound;
}

static void tables_are_sound(void)
{
	const struct sk_cmd *c;
	struct sk_rows rows;

	for (size_t i = 0; (c = sk_cmd_next(i)) != NULL; i++) {
		sk_rows_init(&rows, c);
		for (size_t j = 0; j < rows.n; j++)
			ok(row_is_sound(&rows, j), "%s --%s", c->name,
			   rows.v[j].opt->long_name);
		ok(aliases_are_sound(&rows, c->aliases), "its aliases");
		ok(sk_cmd_find(c->name) == c, "%s is found", c->name);
	}
	ok(!sk_cmd_find("nope") && !sk_cmd_find(""), "others are not");
}

/* Rows of bare words and one with values fill one list, in order. */
static void fills_one_list(void)
{
	static const struct sk_opt rows[] = {
		{ 't', "tcp", SK_LIST, .help = "x", .bare = "-tcp" },
		{ 'u', "udp", SK_LIST, .help = "x", .bare = "-udp" },
		{ 'A', "query", SK_LIST, "LIST", .help = "x" },
		SK_OPT_END
	};
	static const struct sk_cmd mixed = {
		.name = "mixed", .options = rows,
		.opts_size = sizeof(struct sk_strings), .summary = "x",
	};
	static char words[][8] = { "mixed", "-uA", "raw", "--tcp", "-tu" };
	static char wrong[][8] = { "mixed", "--tcp=1" };
	char *argv[] = { words[0], words[1], words[2], words[3], words[4],
			 NULL };
	char *bad[] = { wrong[0], wrong[1], NULL };
	struct sk_strings list;
	struct sk_err e = {};
	int n;

	ok(!sk_cli_parse(&mixed, &list, 5, argv, &n, &e) && list.n == 5 &&
		   !strcmp(list.v[0], "-udp") && !strcmp(list.v[1], "raw") &&
		   !strcmp(list.v[2], "-tcp") && !strcmp(list.v[3], "-tcp") &&
		   !strcmp(list.v[4], "-udp"), "a list of bare words");
	sk_cli_free(&mixed, &list);
	ok(!list.n, "... is freed once");
	ok(sk_cli_parse(&mixed, &list, 2, bad, &n, &e) < 0 &&
		   strstr(e.text, "takes no value"), "... without values");
	sk_cli_free(&mixed, &list);
}

int main(void)
{
	accepts_all_forms();
	stores_every_kind();
	speaks_its_words();
	fills_one_list();
	abbreviates();
	knows_aliases();
	refuses_unknown();
	refuses_values();
	refuses_combinations();
	counts_operands();
	survives_long_arguments();
	survives_many_candidates();
	prints_help();
	prints_dump();
	runs();
	tables_are_sound();
	return tap_done();
}
