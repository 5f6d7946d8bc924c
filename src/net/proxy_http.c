/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP proxies, RFC 9110 and 9112. A head is gathered byte by byte, for what
 * follows it is not ours, up to its empty line; lines may end in LF alone.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <strings.h>

#include "base/text.h"
#include "net/proxy.h"

#define SHOWN 100

/* --- heads ------------------------------------------------------------------ */

/* 1: the empty line has come. */
static int gather(struct sk_conv *c, char byte, struct sk_err *err)
{
	const char *h = c->head;
	size_t n = c->have;

	if (n == SK_PROXY_HEAD_MAX)
		return sk_fail(err, -EMSGSIZE, "HTTP: a head of more than %d "
			       "KiB", SK_PROXY_HEAD_MAX >> 10);
	if (!byte)
		return sk_fail(err, -EPROTO, "HTTP: a head with a NUL");
	c->head[n++] = byte;
	c->have = n;
	if (byte != '\n')
		return 0;
	/* Empty lines before a message are nothing (RFC 9112 section 2.2). */
	if (n == 1 || (n == 2 && h[0] == '\r')) {
		c->have = 0;
		return 0;
	}
	return (n >= 2 && h[n - 2] == '\n') ||
	       (n >= 3 && h[n - 2] == '\r' && h[n - 3] == '\n');
}

/* The line at p without its end; *next is where the one after it begins. */
static size_t line_at(const char *p, const char *end, const char **next)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));
	size_t n = (size_t)((lf ? lf : end) - p);

	*next = lf ? lf + 1 : end;
	return n && p[n - 1] == '\r' ? n - 1 : n;
}

/* The value of a header field in this line, or NULL. */
static const char *field(const char *line, size_t n, const char *name,
			 size_t *value_len)
{
	size_t len = strlen(name);

	if (n <= len || line[len] != ':' || strncasecmp(line, name, len) != 0)
		return NULL;
	for (len++; len < n && (line[len] == ' ' || line[len] == '\t');)
		len++;
	while (n > len && (line[n - 1] == ' ' || line[n - 1] == '\t'))
		n--;
	*value_len = n - len;
	return line + len;
}

/* --- Basic, RFC 7617 ------------------------------------------------------- */

/* RFC 4648 section 4. dst has room for 4 bytes in 3 begun, and a NUL. */
static void base64(char *dst, const char *src, size_t n)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789+/";

	for (; n; dst += 4) {
		unsigned v = 0;
		size_t k = n < 3 ? n : 3;

		for (size_t i = 0; i < 3; i++)
			v = v << 8 | (i < k ? (unsigned char)src[i] : 0);
		for (size_t i = 0; i < 4; i++)
			dst[i] = i <= k ? digits[v >> (18 - 6 * i) & 63] : '=';
		src += k;
		n -= k;
	}
	*dst = '\0';
}

static const char *basic(char text[1024], const char *auth)
{
	size_t n = strlen(auth);

	base64(text, auth, n < SK_PROXY_AUTH_MAX ? n : SK_PROXY_AUTH_MAX);
	return text;
}

/* --- client ----------------------------------------------------------------- */

/* "HTTP/1.1 407 Proxy Authentication Required" */
static int status_of(const char *line, size_t n)
{
	if (n < 12 || memcmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ')
		return -1;
	for (size_t i = 9; i < 12; i++)
		if (!isdigit((unsigned char)line[i]))
			return -1;
	return (line[9] - '0') * 100 + (line[10] - '0') * 10 + line[11] - '0';
}

static int refused(int status, const char *line, size_t n, struct sk_err *err)
{
	char shown[SHOWN];

	sk_escape(shown, sizeof(shown), line + 9, n - 9);
	if (status == 407)
		return sk_fail(err, -EPROTO, "refuses: %s (--proxy-auth "
			       "USER:PASS, or another one)", shown);
	return sk_fail(err, status >= 500 ? -ECONNREFUSED : -EPROTO,
		       "refuses: %s", shown);
}

/* What the first line says, and its length; negative: it is not of HTTP. */
static int first_line(const struct sk_conv *c, size_t *len, struct sk_err *err)
{
	char shown[SHOWN];
	const char *next;
	int status;

	*len = line_at(c->head, c->head + c->have, &next);
	status = status_of(c->head, *len);
	if (status >= 0)
		return status;
	return sk_fail(err, -EPROTO, "does not speak HTTP: it said %s",
		       sk_escape(shown, sizeof(shown), c->head, *len));
}

static int client_feed(struct sk_conv *c, const unsigned char *data, size_t n,
		       struct sk_err *err)
{
	int r = 0, status = 0;
	size_t len = 0;

	for (size_t i = 0; i < n && !r && status >= 0; i++) {
		r = gather(c, (char)data[i], err);
		/* Who greets in another language may wait for ever then. */
		if (r >= 0 && data[i] == '\n' && c->have)
			status = first_line(c, &len, err);
	}
	if (r <= 0 || status < 0)
		return r < 0 ? r : status < 0 ? status : 0;
	if (status >= 200 && status < 300)
		return 1;
	if (status >= 200)
		return refused(status, c->head, len, err);
	c->have = 0; /* 1xx: the answer is still to come */
	return 0;
}

static const char *host_port(char *text, size_t size,
			     const struct sk_target *t)
{
	uint16_t port = 0;

	sk_parse_port(t->service, &port, NULL);
	snprintf(text, size, strchr(t->host, ':') ? "[%s]:%d" : "%s:%d",
		 t->host, port);
	return text;
}

int sk_http_client(struct sk_conv *c, struct sk_err *err)
{
	char to[300], auth[1024], text[2048];

	/* It goes into lines of ours: no blank, no end of a line. */
	for (const char *p = c->target.host; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return sk_fail(err, -EINVAL, "HTTP: a host name that "
				       "is none");
	c->feed = client_feed;
	c->need = 1;
	c->head = malloc(SK_PROXY_HEAD_MAX);
	if (!c->head)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	host_port(to, sizeof(to), &c->target);
	snprintf(text, sizeof(text), "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", to,
		 to);
	sk_conv_puts(c, text);
	if (c->auth) {
		snprintf(text, sizeof(text),
			 "Proxy-Authorization: Basic %s\r\n",
			 basic(auth, c->auth));
		sk_conv_puts(c, text);
	}
	sk_conv_puts(c, "\r\n");
	return 0;
}

/* --- server ----------------------------------------------------------------- */

static const struct {
	int status;
	const char *text;
} statuses[] = {
	{ 400, "Bad Request" },
	{ 407, "Proxy Authentication Required" },
	{ 431, "Request Header Fields Too Large" },
	{ 502, "Bad Gateway" },
	{ 504, "Gateway Timeout" },
};

static void put_status(struct sk_conv *c, int status, const char *why)
{
	char text[1500];
	size_t i = 0;

	while (statuses[i].status != status)
		i++;
	snprintf(text, sizeof(text),
		 "HTTP/1.1 %d %s\r\n%sConnection: close\r\n"
		 "Content-Type: text/plain; charset=utf-8\r\n"
		 "Content-Length: %zu\r\n\r\n%s\n", status, statuses[i].text,
		 status == 407 ? "Proxy-Authenticate: Basic "
				 "realm=\"sockkit\"\r\n" : "",
		 strlen(why) + 1, why);
	sk_conv_puts(c, text);
}

static int bad_request(struct sk_conv *c, const char *why, struct sk_err *err)
{
	put_status(c, 400, why);
	return sk_fail(err, -EPROTO, "HTTP: %s", why);
}

/* "HOST:PORT", "[V6]:PORT", or without a port where one is preset. */
static int take_authority(struct sk_conv *c, const char *p, size_t n,
			  const char *preset)
{
	char host[300];
	const char *port;
	char *colon;

	if (sk_copyn(host, sizeof(host), p, n) < 0 || memchr(p, '@', n))
		return -EINVAL;
	colon = strrchr(host, ':');
	if (colon && colon[1 + strspn(colon + 1, "0123456789")])
		colon = NULL; /* the end of a number of IPv6 */
	port = colon ? colon + 1 : NULL;
	if (colon)
		*colon = '\0';
	if (!port || !*port)
		port = preset;
	if (!*host || !port)
		return -EINVAL;
	return sk_target_parse_pair(&c->target, host, port, NULL);
}

/* "http://HOST[:PORT]/…"; others are for CONNECT. */
static int take_absolute(struct sk_conv *c, const char *p, size_t n)
{
	if (n < 8 || strncasecmp(p, "http://", 7) != 0)
		return -EINVAL;
	c->plain = true;
	return take_authority(c, p + 7, strcspn(p + 7, "/?# "), "80");
}

static bool may_pass(const struct sk_conv *c, const char *line, size_t n)
{
	char want[1024];
	size_t len;
	const char *value = field(line, n, "Proxy-Authorization", &len);
	unsigned char diff = 0;

	if (!value || len < 6 || strncasecmp(value, "Basic ", 6) != 0)
		return false;
	for (value += 6, len -= 6; len && *value == ' '; value++)
		len--;
	basic(want, c->auth);
	if (len != strlen(want))
		return false;
	for (size_t i = 0; i < len; i++)
		diff |= (unsigned char)(value[i] ^ want[i]);
	return !diff;
}

/* Every line is a field; lines that go on (obs-fold) are refused as smuggling. */
static int check_fields(struct sk_conv *c, const char *p, struct sk_err *err)
{
	const char *end = c->head + c->have, *next;
	bool welcome = !c->auth;

	for (; p < end; p = next) {
		size_t n = line_at(p, end, &next);

		if (!n)
			break;
		if (*p == ' ' || *p == '\t' || !memchr(p, ':', n))
			return bad_request(c, "a header line that is no field",
					   err);
		welcome = welcome || may_pass(c, p, n);
	}
	if (welcome)
		return 1;
	put_status(c, 407, "a user and password are needed");
	return sk_fail(err, -EACCES, "HTTP: no user and password, or wrong "
		       "ones");
}

static int take_request(struct sk_conv *c, struct sk_err *err)
{
	const char *h = c->head, *next, *target, *version;
	size_t n = line_at(h, h + c->have, &next);
	int r;

	target = memchr(h, ' ', n);
	version = target ? memchr(target + 1, ' ',
				  n - (size_t)(target + 1 - h)) : NULL;
	if (!version || n - (size_t)(version + 1 - h) != 8 ||
	    memcmp(version + 1, "HTTP/1.", 7) != 0)
		return bad_request(c, "not a request of HTTP/1", err);
	target++;
	if (target - h == 8 && !memcmp(h, "CONNECT", 7))
		r = take_authority(c, target, (size_t)(version - target), NULL);
	else
		r = take_absolute(c, target, (size_t)(version - target));
	if (r < 0)
		return bad_request(c, "not a request for a proxy: CONNECT "
				      "HOST:PORT or GET http://HOST/...", err);
	return check_fields(c, next, err);
}

static int server_feed(struct sk_conv *c, const unsigned char *data, size_t n,
		       struct sk_err *err)
{
	int r = 0;

	for (size_t i = 0; i < n && !r; i++)
		r = gather(c, (char)data[i], err);
	if (r == -EMSGSIZE)
		put_status(c, 431, "the header is too long");
	else if (r < 0)
		put_status(c, 400, "not a request of HTTP/1");
	return r > 0 ? take_request(c, err) : r;
}

int sk_http_server(struct sk_conv *c)
{
	c->feed = server_feed;
	c->need = 1;
	c->head = malloc(SK_PROXY_HEAD_MAX);
	return c->head ? 0 : -ENOMEM;
}

void sk_http_answer(struct sk_conv *c, int error, const char *why)
{
	if (error)
		put_status(c, error == -ETIMEDOUT ? 504 : 502, why);
	else if (!c->plain)
		sk_conv_puts(c, "HTTP/1.1 200 Connection established\r\n\r\n");
}

/* --- passing a request on ---------------------------------------------------- */

/* For us and not for the origin (RFC 9110 section 7.6.1); Host is made anew. */
static bool is_ours(const char *line, size_t n)
{
	static const char *const names[] = {
		"Connection", "Proxy-Connection", "Keep-Alive", "Host",
		"Proxy-Authorization", "Proxy-Authenticate", "TE", "Upgrade",
	};
	size_t len;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (field(line, n, names[i], &len))
			return true;
	return false;
}

static size_t put(char *dst, size_t at, const char *src, size_t n)
{
	memcpy(dst + at, src, n);
	return at + n;
}

char *sk_conv_forward(const struct sk_conv *c, size_t *len)
{
	const char *h = c->head, *end = h + c->have, *next;
	const char *host = memchr(h, ' ', c->have), *path;
	/* Lines may gain a CR each, and two of ours come in. */
	char *out = malloc(2 * c->have + 400);
	size_t n, at;

	if (!out)
		return NULL;
	n = line_at(h, end, &next);
	at = put(out, 0, h, (size_t)(host + 1 - h));
	host += 1 + strlen("http://");
	path = host + strcspn(host, "/?# ");
	if (*path != '/')
		at = put(out, at, "/", 1);
	at = put(out, at, path, (size_t)(h + n - path));
	at = put(out, at, "\r\nHost: ", 8);
	at = put(out, at, host, (size_t)(path - host));
	at = put(out, at, "\r\nConnection: close\r\n", 21);
	for (h = next; h < end; h = next) {
		n = line_at(h, end, &next);
		if (n && is_ours(h, n))
			continue;
		at = put(out, at, h, n);
		at = put(out, at, "\r\n", 2);
		if (!n)
			break;
	}
	*len = at;
	return out;
}
