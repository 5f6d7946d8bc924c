/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/httpd.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

/* --- requests --------------------------------------------------------------- */

/* The length of the head with its empty line, 0 when it is not there yet. */
static size_t head_len(const struct sk_httpd *h)
{
	for (size_t i = 0; i < h->len; i++) {
		if (h->in[i] != '\n')
			continue;
		if (i + 1 < h->len && h->in[i + 1] == '\n')
			return i + 2;
		if (i + 2 < h->len && h->in[i + 1] == '\r' &&
		    h->in[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

static void parse_version(struct sk_httpd_request *req, const char *version)
{
	req->host_due = !strcmp(version, "HTTP/1.1");
	if (!strcmp(version, "HTTP/1.0"))
		req->close = true;
	else if (!req->host_due)
		req->status = sk_starts_with(version, "HTTP/") ? 505 : 400;
}

/* RFC 3986: no blank and no control character stands in a target. */
static bool is_target(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

/* RFC 9112 3.2.2: a server takes the form that proxies are sent, too. */
static const char *path_of(char *target)
{
	target[strcspn(target, "?#")] = '\0';
	if (strncasecmp(target, "http://", 7))
		return target;
	target += 7;
	target += strcspn(target, "/");
	return *target ? target : "/";
}

static void parse_start(struct sk_httpd_request *req, char *line)
{
	char *target = strchr(line, ' '), *version;
	const char *path;

	version = target ? strchr(target + 1, ' ') : NULL;
	if (!version) {
		req->status = 400;
		return;
	}
	*target++ = '\0';
	*version++ = '\0';
	parse_version(req, version);
	req->head = !strcmp(line, "HEAD");
	path = path_of(target);
	if (req->status)
		return;
	if (!is_target(path))
		req->status = 400;
	else if (!req->head && strcmp(line, "GET") != 0)
		req->status = 405;
	else if (sk_copy(req->path, sizeof(req->path), path) < 0)
		req->status = 414;
}

/* Is word among the comma-separated tokens of a field, in any case? */
static bool has_token(const char *field, const char *word)
{
	size_t len = strlen(word);

	for (;;) {
		field += strspn(field, " \t,");
		if (!*field)
			return false;
		if (!strncasecmp(field, word, len) &&
		    strchr(" \t,;", field[len]))
			return true;
		field += strcspn(field, ",");
	}
}

/* RFC 9112 3.2: there is but one, and it may be empty. */
static void parse_host(struct sk_httpd_request *req, const char *value)
{
	if (req->hosts++ || value[strcspn(value, " \t/?#@\\")])
		req->status = req->status ? req->status : 400;
}

static void parse_field(struct sk_httpd_request *req, char *line)
{
	char *value = strchr(line, ':');

	/* RFC 9112 5.1: a blank before the colon is an attack, not a style. */
	if (!value || !strcspn(line, ": \t") ||
	    line + strcspn(line, " \t") < value) {
		req->status = req->status ? req->status : 400;
		return;
	}
	*value++ = '\0';
	value += strspn(value, " \t");
	for (size_t n = strlen(value); n && strchr(" \t", value[n - 1]); n--)
		value[n - 1] = '\0';
	if (!strcasecmp(line, "host"))
		parse_host(req, value);
	else if (!strcasecmp(line, "connection") && has_token(value, "close"))
		req->close = true;
	else if (!strcasecmp(line, "accept") &&
		 has_token(value, "application/openmetrics-text"))
		req->openmetrics = true;
	else if (!strcasecmp(line, "transfer-encoding") ||
		 (!strcasecmp(line, "content-length") && strcmp(value, "0")))
		req->status = req->status ? req->status : 413;
}

static void parse_head(struct sk_httpd_request *req, char *head, size_t len)
{
	char *line = head, *end;
	bool first = true;

	for (; line < head + len; line = end + 1, first = false) {
		end = memchr(line, '\n', (size_t)(head + len - line));
		*end = '\0';
		if (end > line && end[-1] == '\r')
			end[-1] = '\0';
		if (strlen(line) + 1 < (size_t)(end - line)) {
			req->status = 400;	/* a NUL */
			return;
		}
		if (first)
			parse_start(req, line);
		else if (*line)
			parse_field(req, line);
	}
	if (req->host_due && !req->hosts && !req->status)
		req->status = 400;
}

bool sk_httpd_next(struct sk_httpd *h, struct sk_httpd_request *req)
{
	size_t skip = 0, len;

	*req = (struct sk_httpd_request){ .status = 0 };
	/* RFC 9112 2.2: empty lines before a request are no error. */
	while (skip < h->len && (h->in[skip] == '\r' || h->in[skip] == '\n'))
		skip++;
	memmove(h->in, h->in + skip, h->len - skip);
	h->len -= skip;
	len = head_len(h);
	if (!len && h->len == sizeof(h->in)) {
		req->status = 431;
		len = h->len;
	} else if (!len) {
		return false;
	} else {
		parse_head(req, h->in, len);
	}
	if (req->status)
		req->close = true;
	memmove(h->in, h->in + len, h->len - len);
	h->len -= len;
	return true;
}

/* --- answers ---------------------------------------------------------------- */

const char *sk_httpd_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} rows[] = {
		{ 200, "OK" },
		{ 400, "Bad Request" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].status == status)
			return rows[i].reason;
	return "";
}

void sk_httpd_answer(struct sk_out *out, int status, const char *type,
		    size_t body_len, bool close)
{
	sk_out_printf(out, "HTTP/1.1 %d %s\r\n", status,
		      sk_httpd_reason(status));
	if (status == 405)
		sk_out_str(out, "Allow: GET, HEAD\r\n");
	sk_out_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n",
		      type ? type : "text/plain; charset=utf-8", body_len);
	if (close)
		sk_out_str(out, "Connection: close\r\n");
	sk_out_str(out, "\r\n");
}
