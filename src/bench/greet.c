/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/greet.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/text.h"

#define NAME "sockkit-bench "

enum { HELLO, PROOF, GREETED };

static int make_nonce(char nonce[BENCH_NONCE], struct sk_err *err)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[BENCH_NONCE - 1];

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return sk_fail(err, -EIO, "getrandom: %s", sk_strerror(EIO));
	for (size_t i = 0; i < sizeof(raw); i++)
		nonce[i] = digits[raw[i] & 15];
	nonce[sizeof(raw)] = '\0';
	return 0;
}

SK_PRINTF(2, 3) static void say(struct bench_greet *g, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(g->out, sizeof(g->out), fmt, ap);
	va_end(ap);
	g->out_len = n < 0 ? 0 : (size_t)n;
}

int bench_greet_begin(struct bench_greet *g, bool server, bool busy,
		      const struct bench_secret *secret, struct sk_err *err)
{
	int r;

	*g = (struct bench_greet){ .server = server, .busy = busy,
				   .secret = secret };
	r = make_nonce(g->mine, err);
	if (r >= 0 && !server)
		say(g, NAME "%d %s\n", BENCH_PROTOCOL, g->mine);
	return r;
}

/* --- proofs --------------------------------------------------------------- */

static int prove(const struct bench_greet *g, bool server,
		 char proof[BENCH_PROOF], struct sk_err *err)
{
	char text[2 * BENCH_NONCE + 16];

	snprintf(text, sizeof(text), "%s %s %s", server ? "server" : "client",
		 g->server ? g->theirs : g->mine,
		 g->server ? g->mine : g->theirs);
	return bench_secret_prove(g->secret, text, proof, err);
}

static int check_proof(struct bench_greet *g, struct sk_err *err)
{
	char proof[BENCH_PROOF];
	int r = prove(g, !g->server, proof, err);

	if (r < 0)
		return r;
	if (!bench_proof_same(proof, g->line)) {
		if (!g->server)
			return sk_fail(err, -EACCES,
				       "the server does not know our secret");
		say(g, "refused\n");
		return sk_fail(err, -EACCES, "a client with a wrong secret");
	}
	if (g->server) {
		r = prove(g, true, proof, err);
		if (r < 0)
			return r;
		say(g, "%s\n", proof);
	}
	g->state = GREETED;
	return 1;
}

/* --- the first line ------------------------------------------------------- */

/* What the first bytes of others look like. */
static const struct {
	const char *begin;
	size_t len;
	const char *what;
} strangers[] = {
	{ "HTTP/", 5, "this is an HTTP server" },
	{ "SSH-", 4, "this is an SSH server" },
	{ "220 ", 4, "this is a mail or FTP server" },
	{ "\x09", 1, "this is an iperf3 server (--iperf3)" },
	{ "\xff", 1, "this is an iperf3 server (--iperf3)" },
	{ "GET ", 4, "an HTTP client" },
	{ "POST ", 5, "an HTTP client" },
	{ "\x16", 1, "a TLS client" },
	{ "SSH-", 4, "an SSH client" },
};
#define N_SERVERS 5

static int stranger(const struct bench_greet *g, struct sk_err *err)
{
	size_t n = sizeof(strangers) / sizeof(*strangers);

	for (size_t i = g->server ? N_SERVERS : 0;
	     i < (g->server ? n : N_SERVERS); i++)
		if (g->have >= strangers[i].len &&
		    !memcmp(g->line, strangers[i].begin, strangers[i].len))
			return sk_fail(err, -EPROTO, "%s", strangers[i].what);
	/* iperf3's client begins with 37 bytes that end in a NUL. */
	if (g->server && g->have == 37 && !g->line[36])
		return sk_fail(err, -EPROTO,
			       "an iperf3 client (serve --iperf3)");
	return sk_fail(err, -EPROTO, g->server ?
					     "no client of sockkit bench" :
					     "no server of sockkit bench");
}

/* Of what begins so far, could it still become our line? */
static bool may_be_ours(const struct bench_greet *g)
{
	size_t n = strlen(NAME);

	return !memcmp(g->line, NAME, g->have < n ? g->have : n);
}

/* The version is a number, and the nonce hexadecimal; *rest follows. */
static int split(struct bench_greet *g, const char **rest, struct sk_err *err)
{
	unsigned long version;
	char *p;
	size_t n;

	version = strtoul(g->line + strlen(NAME), &p, 10);
	if (*p++ != ' ' || !version)
		return stranger(g, err);
	if (version != BENCH_PROTOCOL)
		return sk_fail(err, -EPROTO, "the %s speaks version %lu of "
			       "the protocol, and we speak version %d",
			       g->server ? "client" : "server", version,
			       BENCH_PROTOCOL);
	n = strspn(p, "0123456789abcdef");
	if (n != BENCH_NONCE - 1 || sk_copyn(g->theirs, BENCH_NONCE, p, n) < 0)
		return stranger(g, err);
	*rest = p + n;
	return 0;
}

static int server_hello(struct bench_greet *g, struct sk_err *err)
{
	const char *rest;
	int r;

	/* Another version is to learn ours. */
	say(g, NAME "%d %s %s\n", BENCH_PROTOCOL, g->mine,
	    g->busy ? "busy" : g->secret ? "secret" : "open");
	r = split(g, &rest, err);
	if (r < 0)
		return r;
	if (*rest)
		return stranger(g, err);
	if (g->busy)
		return sk_fail(err, -EBUSY, "refused, there are as many "
			       "clients as --max-clients allows");
	g->state = g->secret ? PROOF : GREETED;
	return !g->secret;
}

static int client_hello(struct bench_greet *g, struct sk_err *err)
{
	char proof[BENCH_PROOF];
	const char *rest;
	int r = split(g, &rest, err);

	if (r < 0)
		return r;
	if (!strcmp(rest, " busy"))
		return sk_fail(err, -EBUSY,
			       "the server has as many clients as it takes");
	if (!strcmp(rest, " open")) {
		if (g->secret)
			return sk_fail(err, -EACCES, "the server asks for no "
				       "secret, so it may be anybody's");
		g->state = GREETED;
		return 1;
	}
	if (strcmp(rest, " secret") != 0)
		return stranger(g, err);
	if (!g->secret)
		return sk_fail(err, -EACCES,
			       "the server asks for a secret (--secret)");
	r = prove(g, false, proof, err);
	if (r < 0)
		return r;
	say(g, "%s\n", proof);
	g->state = PROOF;
	return 0;
}

/* --- bytes ---------------------------------------------------------------- */

static int take_line(struct bench_greet *g, struct sk_err *err)
{
	int r;

	if (g->state == PROOF) {
		if (!g->server && !strcmp(g->line, "refused"))
			return sk_fail(err, -EACCES,
				       "the server refuses our secret");
		r = check_proof(g, err);
	} else {
		r = g->server ? server_hello(g, err) : client_hello(g, err);
	}
	g->have = 0;
	return r;
}

int bench_greet_feed(struct bench_greet *g, char byte, struct sk_err *err)
{
	g->line[g->have] = byte;
	if (byte == '\n') {
		g->line[g->have] = '\0';
		/* A NUL before it would hide what follows. */
		if (strlen(g->line) != g->have ||
		    (g->state == HELLO && (g->have < strlen(NAME) ||
					   !may_be_ours(g))))
			return stranger(g, err);
		return take_line(g, err);
	}
	g->have++;
	if (g->have == sizeof(g->line) - 1)
		return stranger(g, err);
	/* A name of another is waited for until its end, or some bytes. */
	if (g->state == HELLO && !may_be_ours(g) &&
	    (g->have >= 37 || (signed char)*g->line < ' '))
		return stranger(g, err);
	return 0;
}

int bench_greet_end(const struct bench_greet *g, struct sk_err *err)
{
	if (g->have && g->state == HELLO)
		return stranger(g, err);
	return sk_fail(err, -ECONNRESET, g->have || g->state ?
		       "closed in the middle of the greeting" :
		       "closed before it said anything");
}
