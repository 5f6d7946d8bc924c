/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * strace's long options: what they are called here, and those that are not
 * here at all. Each key of -e is a long option there, too.
 */
#include "cmds/trace_show.h"

#define KEY(name, key) { name, "expr", key "=", 0 }
#define SAME(name, option) { name, option, NULL, 0 }
#define WORD(name, option, times) { name, option, NULL, times }

const struct sk_alias sk_trace_aliases[] = {
	KEY("trace", "trace"),
	KEY("trace-fd", "trace-fds"),
	KEY("trace-fds", "trace-fds"),
	KEY("signal", "signal"),
	KEY("signals", "signal"),
	KEY("status", "status"),
	KEY("abbrev", "abbrev"),
	KEY("verbose", "verbose"),
	KEY("raw", "raw"),
	KEY("read", "read"),
	KEY("reads", "read"),
	KEY("write", "write"),
	KEY("writes", "write"),
	KEY("inject", "inject"),
	KEY("fault", "fault"),
	KEY("quiet", "quiet"),
	KEY("silent", "quiet"),
	KEY("silence", "quiet"),
	KEY("decode-fd", "decode-fds"),
	KEY("decode-fds", "decode-fds"),
	KEY("absolute-timestamps", "absolute-timestamps"),
	KEY("timestamps", "absolute-timestamps"),
	KEY("relative-timestamps", "relative-timestamps"),
	KEY("syscall-times", "syscall-times"),
	SAME("silent", "quiet"),
	SAME("silence", "quiet"),
	SAME("timestamps", "absolute-timestamps"),
	SAME("failing-only", "failed-only"),
	SAME("stack-traces", "stack-trace"),
	SAME("stack-trace=symbol", "stack-trace"),
	SAME("stack-traces=symbol", "stack-trace"),
	SAME("daemonized", "daemonize"),
	SAME("daemonised", "daemonize"),
	SAME("daemonize=grandchild", "daemonize"),
	WORD("daemonize=pgroup", "daemonize", 2),
	WORD("daemonize=pgrp", "daemonize", 2),
	WORD("daemonize=session", "daemonize", 3),
	WORD("strings-in-hex=non-ascii", "strings-in-hex", 1),
	WORD("strings-in-hex=all", "strings-in-hex", 2),
	{ NULL, NULL, NULL, 0 },
};

const struct sk_hint sk_trace_hints[] = {
	{ "trace-path", "-e trace-fds=" }, { "P", "-e trace-fds=" },
	{ "decode-pids", "--always-show-pid" },
	{ "decode-pid", "--always-show-pid" },
	{ "pidns-translation", "--always-show-pid" },
	{ "Y", "--always-show-pid" },
	{ "arg-names", "--json" },	{ "N", "--json" },
	{ "summary-syscall-overhead", "-c alone" },
	{ "O", "-c alone" },
	{ "kill-on-exit", "timeout(1) before PROG" },
	{ "syscall-limit", "timeout(1) before PROG" },
	{ NULL, NULL },
};
