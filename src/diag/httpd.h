/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * As much of HTTP/1.1 (RFC 9112) as a scraper needs: GET and HEAD without
 * body, several requests on one connection. No system calls: bytes in,
 * request out.
 */
#ifndef SK_DIAG_HTTPD_H
#define SK_DIAG_HTTPD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/out.h"

/* The largest head of a request; beyond it status 431. */
#define SK_HTTPD_HEAD_MAX 8192

struct sk_httpd {
	char in[SK_HTTPD_HEAD_MAX];
	size_t len;
};

struct sk_httpd_request {
	int status;		/* 0: fine; else refuse with it, and close */
	bool head;		/* HEAD: no body in the answer */
	bool close;		/* the client, or its version, wants no more */
	bool host_due;		/* HTTP/1.1 names the host, once */
	unsigned hosts;		/* how often it is named */
	bool openmetrics;	/* Accept names application/openmetrics-text */
	char path[128];		/* "/metrics", without query */
};

/*
 * The next request of what h->in[0..len) holds: true when there is one (it is
 * taken out of the buffer), false when more bytes are needed.
 */
bool sk_httpd_next(struct sk_httpd *h, struct sk_httpd_request *req);

/* "Not Found"; "" for what we never send. */
const char *sk_httpd_reason(int status);

/* The head of an answer, and its empty line. type NULL: text/plain. */
void sk_httpd_answer(struct sk_out *out, int status, const char *type,
		    size_t body_len, bool close);

#endif
