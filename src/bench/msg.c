/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages between who runs a round and its parts: text, bounded, escaped. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "bench/role.h"

static const char *const words[BENCH_NMSGS] = {
	[BENCH_MSG_JOB] = "JOB",
	[BENCH_MSG_READY] = "READY",
	[BENCH_MSG_START] = "START",
	[BENCH_MSG_STOP] = "STOP",
	[BENCH_MSG_RESULT] = "RESULT",
	[BENCH_MSG_FAILED] = "FAILED",
	[BENCH_MSG_REFUSED] = "REFUSED",
};

/* --- writing ------------------------------------------------------------- */

/* An error's sentence is a line of the message, whatever it is made of. */
static void write_text(struct sk_out *out, const char *text)
{
	char line[400];

	sk_out_printf(out, "text %s\n",
		      sk_escape(line, sizeof(line), text, strlen(text)));
}

void bench_msg_write(struct sk_out *out, const struct bench_msg *m)
{
	char addr[SK_ADDR_TEXT_MAX];

	sk_out_printf(out, "%s\n", words[m->kind]);
	if (m->kind == BENCH_MSG_JOB)
		bench_job_write(out, &m->job);
	if (m->kind == BENCH_MSG_READY && m->addr.len)
		sk_out_printf(out, "addr %s\n",
			      sk_addr_format(addr, &m->addr));
	if (m->kind == BENCH_MSG_RESULT)
		bench_side_write(out, &m->side);
	if (m->kind == BENCH_MSG_FAILED || m->kind == BENCH_MSG_REFUSED)
		write_text(out, m->text);
	sk_out_char(out, '\n');
}

int bench_msg_send(int ctl, const struct bench_msg *m, struct sk_err *err)
{
	struct sk_out out;
	int r;

	sk_out_init(&out, -1);
	bench_msg_write(&out, m);
	r = out.error ? out.error : sk_write_all(ctl, out.buf, out.len);
	sk_out_fini(&out);
	return r < 0 ? sk_fail(err, r, "control connection: %s",
			       sk_strerror(r)) : 0;
}

int bench_msg_say(int ctl, enum bench_msg_kind kind, struct sk_err *err)
{
	struct bench_msg m = { .kind = kind };

	return bench_msg_send(ctl, &m, err);
}

/* --- reading ------------------------------------------------------------- */

/* A zone is the other machine's name of its link, and means nothing here. */
static int numeric_addr(struct sk_addr *a, struct sk_target *t)
{
	uint16_t port;

	t->host[strcspn(t->host, "%")] = '\0';
	memset(a, 0, sizeof(*a));
	if (sk_parse_port(t->service, &port, NULL) < 0)
		return -EINVAL;
	if (inet_pton(AF_INET, t->host, &a->in.sin_addr) == 1) {
		a->in.sin_family = AF_INET;
		a->len = sizeof(a->in);
	} else if (inet_pton(AF_INET6, t->host, &a->in6.sin6_addr) == 1) {
		a->in6.sin6_family = AF_INET6;
		a->len = sizeof(a->in6);
	} else {
		return -EINVAL;
	}
	sk_addr_set_port(a, port);
	return 0;
}

static int take_addr(struct sk_addr *a, const char *value)
{
	struct sk_target t;

	if (sk_target_parse(&t, value, NULL) < 0)
		return -EINVAL;
	if (t.kind == SK_TARGET_UNIX) {
		*a = t.addr;
		return 0;
	}
	return t.kind == SK_TARGET_INET ? numeric_addr(a, &t) : -EINVAL;
}

static int take_pair(struct bench_msg *m, const char *key, const char *value,
		     struct sk_err *err)
{
	if (m->kind == BENCH_MSG_JOB)
		return bench_job_take(&m->job, key, value, err);
	if (m->kind == BENCH_MSG_RESULT)
		return bench_side_take(&m->side, key, value, err);
	if (!strcmp(key, "text"))
		sk_escape(m->text, sizeof(m->text), value, strlen(value));
	else if (!strcmp(key, "addr") && take_addr(&m->addr, value) < 0)
		return sk_fail(err, -EPROTO, "a broken address");
	return 0;
}

/* The line at *p as a string of its own; NULL at the empty line, the end. */
static char *next_line(char **p, char *end)
{
	char *line = *p, *nl = memchr(line, '\n', (size_t)(end - line));

	if (!nl || nl == line)
		return NULL;
	*nl = '\0';
	*p = nl + 1;
	return strlen(line) == (size_t)(nl - line) ? line : NULL;
}

static int word_of(const char *line)
{
	for (int i = 0; i < BENCH_NMSGS; i++)
		if (!strcmp(words[i], line))
			return i;
	return -1;
}

/* text is cut to pieces. */
static int parse_lines(struct bench_msg *m, char *text, size_t len,
		       struct sk_err *err)
{
	char *p = text, *end = text + len, *line = next_line(&p, end);
	int kind = line ? word_of(line) : -1, r = 0;

	if (kind < 0)
		return sk_fail(err, -EPROTO, "not a message of sockkit bench");
	m->kind = (enum bench_msg_kind)kind;
	while (r >= 0 && (line = next_line(&p, end)) != NULL) {
		char *value = strchr(line, ' ');

		if (!value)
			return sk_fail(err, -EPROTO, "a line without value");
		*value++ = '\0';
		r = take_pair(m, line, value, err);
	}
	if (r >= 0 && (end - p != 1 || *p != '\n'))
		return sk_fail(err, -EPROTO, "a broken message");
	return r < 0 ? -EPROTO : 0;
}

int bench_msg_parse(struct bench_msg *m, const char *text, size_t len,
		    struct sk_err *err)
{
	char *copy = malloc(len + 1);
	int r;

	*m = (struct bench_msg){ .job = bench_job_preset };
	if (!copy)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	memcpy(copy, text, len);
	copy[len] = '\0';
	r = parse_lines(m, copy, len, err);
	free(copy);
	return r;
}

void bench_msg_fini(struct bench_msg *m)
{
	bench_side_fini(&m->side);
}

void bench_inbox_fini(struct bench_inbox *in)
{
	free(in->text);
	*in = (struct bench_inbox){ NULL, 0, 0 };
}

/* Length of the first whole message, its empty line included; 0: none. */
static size_t whole(const struct bench_inbox *in)
{
	const char *end = in->len ? memmem(in->text, in->len, "\n\n", 2) : NULL;

	return end ? (size_t)(end - in->text) + 2 : 0;
}

static int take_more(int ctl, struct bench_inbox *in, struct sk_err *err)
{
	ssize_t n;

	if (in->cap - in->len < 4096) {
		char *grown;

		if (in->cap >= BENCH_MSG_MAX)
			return sk_fail(err, -EPROTO, "a message too long");
		grown = realloc(in->text, in->cap + (64 << 10));
		if (!grown)
			return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
		in->text = grown;
		in->cap += 64 << 10;
	}
	n = read(ctl, in->text + in->len, in->cap - in->len);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return errno == EINTR ? -EINTR : 0;
	if (n < 0)
		return sk_fail(err, -errno, "control connection: %s",
			       sk_strerror(errno));
	if (!n)
		return sk_fail(err, -ECONNRESET, "control connection: closed");
	in->len += (size_t)n;
	return 0;
}

static int wait_for(int ctl, uint64_t deadline, struct sk_err *err)
{
	struct pollfd p = { .fd = ctl, .events = POLLIN };
	uint64_t now = sk_now_us(), left;
	struct timespec ts;
	int r;

	left = deadline > now ? deadline - now : 0;
	ts.tv_sec = (time_t)(left / SK_SEC);
	ts.tv_nsec = (long)(left % SK_SEC * 1000);
	r = ppoll(&p, 1, deadline == SK_NEVER ? NULL : &ts, NULL);
	if (r < 0)
		return -errno;
	return r ? 0 : sk_fail(err, -ETIMEDOUT, "no answer in time");
}

int bench_msg_recv(int ctl, struct bench_inbox *in, uint64_t deadline,
		   struct bench_msg *m, struct sk_err *err)
{
	size_t n;
	int r;

	*m = (struct bench_msg){ .job = bench_job_preset };
	while (!(n = whole(in))) {
		r = wait_for(ctl, deadline, err);
		if (r >= 0)
			r = take_more(ctl, in, err);
		if (r < 0)
			return r;
	}
	r = bench_msg_parse(m, in->text, n, err);
	memmove(in->text, in->text + n, in->len - n);
	in->len -= n;
	return r;
}
