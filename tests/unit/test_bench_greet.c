/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Greetings between two sides of bench, and with strangers. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/greet.h"
#include "tap.h"

static struct bench_greet client, server;
static struct sk_err client_err, server_err;

/* What one has to say goes to the other. What the other makes of it. */
static int pass(struct bench_greet *from, struct bench_greet *to,
		struct sk_err *err)
{
	char text[BENCH_GREET_LINE];
	size_t n = from->out_len;
	int r = 0;

	memcpy(text, from->out, n);
	from->out_len = 0;
	for (size_t i = 0; i < n && !r; i++)
		r = bench_greet_feed(to, text[i], err);
	return r;
}

/* Until both know; the outcomes of client and server. */
static void talk(int outcome[2])
{
	outcome[0] = outcome[1] = 0;
	memset(&client_err, 0, sizeof(client_err));
	memset(&server_err, 0, sizeof(server_err));
	for (int i = 0; i < 4; i++) {
		if (!outcome[1])
			outcome[1] = pass(&client, &server, &server_err);
		if (!outcome[0])
			outcome[0] = pass(&server, &client, &client_err);
	}
}

static void begin(const struct bench_secret *c, const struct bench_secret *s,
		  bool busy)
{
	if (bench_greet_begin(&client, false, false, c, NULL) < 0 ||
	    bench_greet_begin(&server, true, busy, s, NULL) < 0)
		exit(1);
}

static void test_open(void)
{
	const struct bench_secret secret = { "x", 1 };
	int r[2];

	begin(NULL, NULL, false);
	talk(r);
	ok(r[0] == 1 && r[1] == 1 && !strcmp(client.mine, server.theirs) &&
	   !strcmp(client.theirs, server.mine), "both greet");
	begin(NULL, NULL, true);
	talk(r);
	ok(r[0] == -EBUSY && r[1] == -EBUSY, "the server is busy");
	begin(&secret, NULL, false);
	talk(r);
	ok(r[0] == -EACCES && strstr(client_err.text, "anybody"),
	   "a client with a secret trusts no open server");
}

static void test_secrets(void)
{
	const struct bench_secret one = { "open sesame", 11 },
				  other = { "open sesami", 11 };
	char first[BENCH_PROOF];
	int r[2];

	begin(&one, &one, false);
	talk(r);
	ok(r[0] == 1 && r[1] == 1, "both know the secret");
	begin(&other, &one, false);
	talk(r);
	ok(r[0] == -EACCES && r[1] == -EACCES &&
	   strstr(client_err.text, "refuses") &&
	   strstr(server_err.text, "wrong secret"), "the client does not");
	begin(NULL, &one, false);
	talk(r);
	ok(r[0] == -EACCES && strstr(client_err.text, "--secret"),
	   "the client has none");
	/* A proof that was heard before is worth nothing. */
	begin(&one, &one, false);
	pass(&client, &server, NULL);
	pass(&server, &client, NULL);
	memcpy(first, client.out, BENCH_PROOF - 1);
	begin(&one, &one, false);
	pass(&client, &server, NULL);
	pass(&server, &client, NULL);
	memcpy(client.out, first, BENCH_PROOF - 1);
	ok(pass(&client, &server, &server_err) == -EACCES, "replayed");
}

/* RFC 4231, test case 2. */
static void test_hmac(void)
{
	const struct bench_secret jefe = { "Jefe", 4 };
	char proof[BENCH_PROOF];

	ok(!bench_secret_prove(&jefe, "what do ya want for nothing?", proof,
			       NULL), "HMAC-SHA256");
	is_str(proof, "5bdcc146bf60754e6a042426089575c7"
		      "5a003f089d2739839dec58b964ec3843", "of RFC 4231");
	ok(bench_proof_same(proof, proof) &&
	   !bench_proof_same(proof, "5bdcc1") && !bench_proof_same(proof, ""),
	   "no part of it is as good");
}

static int say_to(bool is_server, const char *text, size_t len,
		  struct sk_err *err)
{
	struct bench_greet g;
	int r = bench_greet_begin(&g, is_server, false, NULL, err);

	for (size_t i = 0; i < len && !r; i++)
		r = bench_greet_feed(&g, text[i], err);
	return r ? r : bench_greet_end(&g, err);
}

static void test_strangers(void)
{
#define SAYS(server, text, what) { server, text, sizeof(text) - 1, what }
#define NONCE "0123456789abcdef0123456789abcdef"
	static const struct {
		bool server;
		const char *text;
		size_t len;
		const char *what;
	} rows[] = {
		SAYS(false, "HTTP/1.1 400 Bad Request\r\n", "an HTTP server"),
		SAYS(false, "SSH-2.0-OpenSSH_9.2p1\r\n", "an SSH server"),
		SAYS(false, "\x09", "an iperf3 server"),
		SAYS(false, "", "closed before"),
		SAYS(false, "sockkit-bench 7 x y z\n", "version 7"),
		SAYS(false, "sockkit-bench 1 " NONCE " maybe\n", "no server"),
		SAYS(false, "sockkit-bench 1 " NONCE "\n", "no server"),
		SAYS(false, "sockkit-bench 1 ABC open\n", "no server"),
		SAYS(false, "sockkit-bench 1 " NONCE, "no server"),
		SAYS(true, "GET / HTTP/1.1\r\n", "an HTTP client"),
		SAYS(true, "\x16\x03\x01\x02", "a TLS client"),
		SAYS(true, "abcdefghijklmnopqrstuvwxyz234567abcd\0",
		     "an iperf3 client"),
		SAYS(true, "sockkit-bench 99999999999999999999 x\n",
		     "version"),
		SAYS(true, "sockkit-bench 1 " NONCE " x\n", "no client"),
		SAYS(true, "sockkit-bench\0 1 x\n", "no client"),
		SAYS(true, "\n", "no client"),
		SAYS(true, "", "closed before"),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sk_err err = { 0 };
		int r = say_to(rows[i].server, rows[i].text, rows[i].len,
			       &err);

		ok(r < 0 && strstr(err.text, rows[i].what), "%s: %s",
		   rows[i].what, err.text);
	}
}

static void test_endless(void)
{
	char text[1000];
	struct sk_err err = { 0 };

	memset(text, 'x', sizeof(text));
	memcpy(text, "sockkit-bench 1 ", 16);
	ok(say_to(true, text, sizeof(text), &err) == -EPROTO, "no line end");
}

static int keep(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	bool good = fd >= 0 && write(fd, data, len) == (ssize_t)len;

	if (fd >= 0)
		close(fd);
	return good ? 0 : -1;
}

static void test_file(void)
{
	char path[] = "/tmp/sockkit-secret-XXXXXX";
	static char much[BENCH_SECRET_MAX + 2];
	struct bench_secret s;
	int fd = mkstemp(path);

	if (fd >= 0)
		close(fd);
	ok(!keep(path, "abc\n", 4) && !bench_secret_read(&s, path, NULL) &&
	   s.len == 3 && !memcmp(s.bytes, "abc", 3),
	   "a file, without the newline at its end");
	ok(!keep(path, "\n", 1) && bench_secret_read(&s, path, NULL) < 0,
	   "an empty secret");
	ok(!keep(path, much, BENCH_SECRET_MAX) &&
	   !bench_secret_read(&s, path, NULL) &&
	   !keep(path, much, BENCH_SECRET_MAX + 1) &&
	   bench_secret_read(&s, path, NULL) < 0, "a long one, and too long");
	unlink(path);
	ok(bench_secret_read(&s, path, NULL) == -ENOENT, "no such file");
}

int main(void)
{
	const struct bench_secret secret = { "x", 1 };
	char proof[BENCH_PROOF];

	test_open();
	test_strangers();
	test_endless();
	if (bench_secret_prove(&secret, "", proof, NULL) != -ENOTSUP) {
		test_hmac();
		test_secrets();
		test_file();
	}
	return tap_done();
}
