/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests whole, in pieces, bent and endless. */
#include <string.h>

#include "diag/httpd.h"
#include "tap.h"

static struct sk_httpd h;

static void feed(const char *text)
{
	size_t n = strlen(text);

	memcpy(h.in + h.len, text, n);
	h.len += n;
}

static struct sk_httpd_request one(const char *text)
{
	struct sk_httpd_request req;

	h.len = 0;
	feed(text);
	if (!sk_httpd_next(&h, &req))
		req.status = -1;
	return req;
}

static void test_good(void)
{
	struct sk_httpd_request r = one("GET /metrics?x=1 HTTP/1.1\r\n"
				       "Host: a\r\n\r\n");

	ok(!r.status && !r.head && !r.close && !r.openmetrics, "a plain GET");
	is_str(r.path, "/metrics", "its path, without query");
	is_int(h.len, 0, "it is taken out of the buffer");
	r = one("HEAD / HTTP/1.0\nAccept: text/plain\n\n");
	ok(!r.status && r.head && r.close, "HEAD of 1.0, bare newlines");
	r = one("GET / HTTP/1.1\r\nhost:\r\nACCEPT: text/plain;q=0.5, "
		"Application/OpenMetrics-Text;version=1.0.0\r\n"
		"Connection: keep-alive, Close\r\n\r\n");
	ok(r.openmetrics && r.close, "fields in any case, lists");
	r = one("GET / HTTP/1.1\r\nHost: [::1]:9100 \t\r\nAccept: application/openmetrics-textual\r\n"
		"Connection: closed\r\nContent-Length: 0\r\n\r\n");
	ok(!r.status && !r.openmetrics && !r.close, "words are whole words");
	r = one("GET http://a.example:9100/metrics?x HTTP/1.1\r\n"
		"Host: a.example:9100\r\n\r\n");
	ok(!r.status && !strcmp(r.path, "/metrics"), "as a proxy is asked");
	r = one("GET HTTP://a.example HTTP/1.1\r\nHost: a\r\n\r\n");
	ok(!r.status && !strcmp(r.path, "/"), "without a path");
	r = one("GET / HTTP/1.0\r\n\r\n");
	ok(!r.status, "1.0 names no host");
}

static void test_pieces(void)
{
	struct sk_httpd_request r;
	const char *text = "\r\nGET /a HTTP/1.1\r\nHost: b\r\n\r\n"
			   "GET /b HTTP/1.1\r\nHost: b\r\n\r\n";
	size_t answers = 0;
	char path[2][sizeof(r.path)] = { "", "" };

	h.len = 0;
	for (const char *p = text; *p; p++) {
		h.in[h.len++] = *p;
		if (sk_httpd_next(&h, &r) && answers < 2)
			memcpy(path[answers++], r.path, sizeof(r.path));
	}
	ok(answers == 2 && !strcmp(path[0], "/a") && !strcmp(path[1], "/b"),
	   "byte by byte, one after another");
	h.len = 0;
	feed(text);
	ok(sk_httpd_next(&h, &r) && !strcmp(r.path, "/a") &&
	   sk_httpd_next(&h, &r) && !strcmp(r.path, "/b") &&
	   !sk_httpd_next(&h, &r), "two at once");
}

static void test_bad(void)
{
	static const struct {
		const char *text;
		int status;
	} rows[] = {
		{ "POST /metrics HTTP/1.1\r\n\r\n", 405 },
		{ "GET /metrics\r\n\r\n", 400 },
		{ "GET\r\n\r\n", 400 },
		{ "GET /\033[31m HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/2.0\r\n\r\n", 505 },
		{ "GET / FTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: me@a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\n: empty\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\n folded: c\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\n \t: c\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 413 },
		{ "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 413 },
		{ "\x16\x03\x01\n\n", 400 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sk_httpd_request r = one(rows[i].text);

		ok(r.status == rows[i].status && r.close,
		   "refused with %d: row %zu", rows[i].status, i);
		ok(*sk_httpd_reason(r.status), "there is a word for it");
	}
}

static void test_bounds(void)
{
	struct sk_httpd_request r;
	char path[400];

	memset(h.in, 'x', sizeof(h.in));
	h.len = sizeof(h.in);
	ok(sk_httpd_next(&h, &r) && r.status == 431 && r.close,
	   "a head without end");
	is_int(h.len, 0, "and it is gone");
	snprintf(path, sizeof(path), "GET /%0300d HTTP/1.1\r\n\r\n", 0);
	r = one(path);
	is_int(r.status, 414, "a path without end");
	h.len = 0;
	memcpy(h.in, "GET / HTTP/1.0\r\nA: b\0c\r\n\r\n", 26);
	h.len = 26;
	ok(sk_httpd_next(&h, &r) && r.status == 400, "a NUL in a field");
}

static void test_answer(void)
{
	struct sk_out out;

	sk_out_init(&out, -1);
	sk_httpd_answer(&out, 405, NULL, 3, true);
	sk_out_char(&out, '\0');
	is_str(out.buf, "HTTP/1.1 405 Method Not Allowed\r\n"
	       "Allow: GET, HEAD\r\n"
	       "Content-Type: text/plain; charset=utf-8\r\n"
	       "Content-Length: 3\r\nConnection: close\r\n\r\n", "the head");
	sk_out_fini(&out);
}

int main(void)
{
	test_good();
	test_pieces();
	test_bad();
	test_bounds();
	test_answer();
	return tap_done();
}
