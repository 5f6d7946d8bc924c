/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of hosts, and the commands that are made of them. */
#include <stdlib.h>

#include "bench/hosts.h"
#include "tap.h"

static struct bench_hosts h;
static struct sk_err err;

static int parse(const char *text)
{
	bench_hosts_fini(&h);
	err = (struct sk_err){ .status = 0 };
	return bench_hosts_parse(&h, text, strlen(text), &err);
}

static void test_good(void)
{
	ok(!parse("# ours\n\nalpha\nme@beta\t address=10.0.0.2 # far\r\n"
		  "  gamma command=/opt/sockkit via ip netns exec g\n") &&
	   h.n == 3, "comments, blanks, tabs, no newline needed");
	is_str(h.v[0].address, "alpha", "a host is reached by its name");
	is_str(h.v[1].name, "me@beta", "ssh takes a user");
	is_str(h.v[1].address, "10.0.0.2", "its address said");
	is_str(h.v[0].command, "sockkit", "the command is found there");
	ok(h.v[2].n_via == 4 && !strcmp(h.v[2].via[3], "g") &&
	   !strcmp(h.v[2].command, "/opt/sockkit"), "a way of its own");
	ok(!parse("me@beta\nx") && !strcmp(h.v[0].address, "beta"),
	   "a user is no part of the address");
}

static void test_bad(void)
{
	static const struct {
		const char *text, *what;
	} rows[] = {
		{ "", "a server and a client" },
		{ "alone\n", "a server and a client" },
		{ "a\n-oProxyCommand=x\n", "line 2: not the name of a host" },
		{ "a\nme@\n", "line 2: not the name of a host" },
		{ "a\nb adress=1\n", "line 2: neither address=" },
		{ "a\nb via\n", "neither" },
		{ "a\nb address=\n", "neither" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ok(parse(rows[i].text) == -EINVAL &&
		   strstr(err.text, rows[i].what), "%s", err.text);
	bench_hosts_fini(&h);
	ok(bench_hosts_parse(&h, "a\nb\0\n", 5, &err) < 0, "a NUL");
}

static void test_many(void)
{
	static char text[3 * (BENCH_HOSTS_MAX + 1) + 1];
	char words[300] = "a\nb via";

	for (int i = 0; i <= BENCH_HOSTS_MAX; i++)
		memcpy(text + 2 * i, "h\n", 3);
	ok(parse(text) == -EINVAL && strstr(err.text, "256"), "%s", err.text);
	text[2 * BENCH_HOSTS_MAX] = '\0';
	ok(!parse(text) && h.n == BENCH_HOSTS_MAX, "as many as may be");
	for (size_t i = strlen(words); i < 2 * 70; i += 2)
		memcpy(words + i, " x", 3);
	ok(parse(words) == -EINVAL && strstr(err.text, "64 words"), "%s",
	   err.text);
}

static void is_line(size_t host, char *const *args, const char *want,
		    const char *name)
{
	char *line = bench_host_line(&h.v[host], args);

	is_str(line, want, name);
	free(line);
}

static void test_commands(void)
{
	char bench[] = "bench", odd[] = "it's $HOME; rm", empty[] = "";
	char *plain[] = { bench, NULL }, *args[] = { bench, odd, empty, NULL };

	parse("alpha\nbeta command=/opt/x via ssh -p 22 me@beta\n"
	      "gamma via ip netns exec g\n");
	is_line(0, plain, "ssh -o BatchMode=yes -o ConnectTimeout=10 alpha 'sockkit bench'",
		"over ssh: one word for the shell there");
	is_line(0, args, "ssh -o BatchMode=yes -o ConnectTimeout=10 alpha "
			 "'sockkit bench '\\''it'\\''\\'\\'''\\''s $HOME; "
			 "rm'\\'' '\\'''\\'''", "quoted for both shells");
	is_line(2, args, "ip netns exec g sockkit bench 'it'\\''s $HOME; rm' "
			 "''", "elsewhere: word by word");
	ok(parse("a via /usr/bin/ssh b\nc\n") >= 0, "a path of ssh");
	is_line(0, plain, "/usr/bin/ssh b 'sockkit bench'",
		"is ssh all the same");
}

int main(void)
{
	test_good();
	test_bad();
	test_many();
	test_commands();
	bench_hosts_fini(&h);
	return tap_done();
}
