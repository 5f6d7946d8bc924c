/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/hub.h"

#include <sys/queue.h>

#include "base/log.h"
#include "relay/chat.h"

#define CHUNK_SIZE (64 << 10)

/* Bytes of stdin. Freed by the last port that has read past it. */
struct chunk {
	TAILQ_ENTRY(chunk) link;
	size_t users;		/* ports that still need it */
	const struct port *from; /* who is not to get it; NULL: stdin */
	size_t len;
	char data[];
};

struct port {
	struct endpoint ep;
	struct sk_hub *hub;
	TAILQ_ENTRY(port) link;
	struct sk_task wake;
	unsigned want;
	struct chunk *chunk;	/* to read next; NULL: it has read all */
	size_t at;		/* offset in it */
	uint64_t behind;	/* bytes of the log it has not read */
	unsigned number;	/* of a chat member */
	struct sk_chat_line *line; /* what a chat member has begun to say */
};

struct sk_hub {
	struct sk_loop *loop;
	struct endpoint *stdio;	/* NULL: a broker */
	bool chat;
	unsigned members;	/* so far, for their names */
	TAILQ_HEAD(port_list, port) ports;
	TAILQ_HEAD(chunk_list, chunk) log;
	unsigned want;		/* of stdio; may say more than the ports do */
	bool eof;
};

static struct port *to_port(const struct endpoint *ep)
{
	return sk_container_of(ep, struct port, ep);
}

/* --- the log ---------------------------------------------------------------- */

static struct chunk *chunk_new(const struct port *from, size_t size)
{
	struct chunk *c = malloc(sizeof(*c) + size);

	if (c)
		*c = (struct chunk){ .from = from, .len = size };
	return c;
}

static void leave_chunk(struct sk_hub *hub, struct chunk *c)
{
	if (--c->users)
		return;
	TAILQ_REMOVE(&hub->log, c, link);
	free(c);
}

/* On to the next chunk that was not this port's own. */
static void next_chunk(struct port *p)
{
	struct chunk *c = p->chunk;

	do
		p->chunk = TAILQ_NEXT(p->chunk, link);
	while (p->chunk && p->chunk->from == p);
	p->at = 0;
	leave_chunk(p->hub, c);
}

/* The port needs nothing of what is in the log any more. */
static void forget_all(struct port *p)
{
	while (p->chunk)
		next_chunk(p);
	p->behind = 0;
}

static void wake(struct port *p, unsigned events)
{
	if (p->want & events)
		sk_task_post(p->ep.loop, &p->wake);
}

/* Ports that lag while another has read all: they would hold it up. */
static void drop_laggards(struct sk_hub *hub)
{
	struct port *p;

	TAILQ_FOREACH(p, &hub->ports, link) {
		if (p->behind < SK_HUB_LAG || p->ep.broken)
			continue;
		forget_all(p);
		p->ep.broken = -EXFULL;
		sk_task_post(p->ep.loop, &p->wake);
	}
}

static void append(struct sk_hub *hub, struct chunk *c)
{
	struct port *p;

	c->users = 1; /* us, until all have been told */
	TAILQ_INSERT_TAIL(&hub->log, c, link);
	TAILQ_FOREACH(p, &hub->ports, link) {
		if (p->ep.broken || p == c->from)
			continue;
		c->users++;
		p->behind += c->len;
		if (!p->chunk) {
			p->chunk = c;
			p->at = 0;
		}
		wake(p, SK_IN);
	}
	drop_laggards(hub);
	leave_chunk(hub, c);
}

static void input_ended(struct sk_hub *hub)
{
	struct port *p;

	hub->eof = true;
	TAILQ_FOREACH(p, &hub->ports, link)
		wake(p, SK_IN);
}

/* Somebody has read all there was: see if stdin has more. */
static void read_more(struct sk_hub *hub)
{
	struct chunk *c = chunk_new(NULL, CHUNK_SIZE);
	ssize_t n = -ENOMEM;

	if (c)
		n = endpoint_recv(hub->stdio, c->data, CHUNK_SIZE);
	if (n > 0) {
		c->len = (size_t)n;
		append(hub, c);
		return;
	}
	free(c);
	if (n == -EAGAIN)
		return;
	if (n < 0)
		sk_error("%s: read: %s", hub->stdio->name_in,
			 sk_strerror((int)n));
	input_ended(hub);
}

static bool is_hungry(const struct port *p)
{
	return (p->want & SK_IN) && !p->chunk && !p->ep.broken;
}

static unsigned port_wants(const struct port *p)
{
	return (!p->hub->eof && is_hungry(p) ? SK_IN : 0) | (p->want & SK_OUT);
}

static void set_want(struct sk_hub *hub, unsigned want)
{
	hub->want = want;
	if (hub->stdio)
		endpoint_want(hub->stdio, want);
}

/* What the ports want of stdin and stdout, all together. */
static void update_want(struct sk_hub *hub)
{
	unsigned want = 0;
	struct port *p;

	TAILQ_FOREACH(p, &hub->ports, link)
		want |= port_wants(p);
	set_want(hub, want);
}

static void stdio_ready(struct endpoint *stdio)
{
	struct sk_hub *hub = stdio->owner;
	bool hungry = false;
	struct port *p;

	TAILQ_FOREACH(p, &hub->ports, link) {
		hungry = hungry || is_hungry(p);
		wake(p, SK_OUT);
	}
	if (hungry && !hub->eof)
		read_more(hub);
	update_want(hub);
}

/* --- a port as an endpoint -------------------------------------------------- */

static ssize_t port_recv(struct endpoint *ep, void *buf, size_t len)
{
	struct port *p = to_port(ep);
	struct chunk *c;

	if (!p->chunk && !p->hub->eof && p->hub->stdio)
		read_more(p->hub);
	c = p->chunk;
	if (!c)
		return p->hub->eof ? 0 : -EAGAIN;
	if (len > c->len - p->at)
		len = c->len - p->at;
	memcpy(buf, c->data + p->at, len);
	p->at += len;
	p->behind -= len;
	if (p->at == c->len)
		next_chunk(p);
	return (ssize_t)len;
}

/* What a member of a broker sends is for all others. */
static ssize_t tell_others(struct port *p, const void *data, size_t len)
{
	struct chunk *c = chunk_new(p, len);

	if (!c)
		return -ENOMEM;
	memcpy(c->data, data, len);
	append(p->hub, c);
	return (ssize_t)len;
}

static void say_line(void *arg, const char *text)
{
	struct port *p = arg;
	char line[4 * SK_CHAT_LINE + 64];
	int n = snprintf(line, sizeof(line), "<user%u> %s\n", p->number, text);

	tell_others(p, line, (size_t)n);
}

static void say_event(struct port *p, const char *what)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "*** user%u %s\n", p->number, what);

	tell_others(p, line, (size_t)n);
}

static ssize_t port_send(struct endpoint *ep, const struct iovec *iov, int n)
{
	struct port *p = to_port(ep);

	if (p->hub->stdio)
		return endpoint_send(p->hub->stdio, iov, n);
	if (!p->hub->chat)
		return tell_others(p, iov->iov_base, iov->iov_len);
	sk_chat_feed(p->line, iov->iov_base, iov->iov_len, say_line, p);
	return (ssize_t)iov->iov_len;
}

/* One client's end is not the end of stdout. */
static int port_shutdown(struct endpoint *ep)
{
	(void)ep;
	return 0;
}

/* stdio_ready() finds out when nobody wants it any more; no search here. */
static void port_want(struct endpoint *ep, unsigned events)
{
	struct port *p = to_port(ep);
	unsigned more;

	p->want = events;
	if (p->chunk || p->hub->eof)
		wake(p, SK_IN);
	more = port_wants(p) & ~p->hub->want;
	if (more)
		set_want(p->hub, p->hub->want | more);
}

/* Chunks outlive who wrote them; another may get the same address. */
static void disown_chunks(const struct port *p)
{
	struct chunk *c;

	if (p->hub->stdio)
		return;
	TAILQ_FOREACH(c, &p->hub->log, link)
		if (c->from == p)
			c->from = NULL;
}

static void port_free(struct endpoint *ep)
{
	struct port *p = to_port(ep);

	forget_all(p);
	sk_task_cancel(ep->loop, &p->wake);
	TAILQ_REMOVE(&p->hub->ports, p, link);
	if (p->line) {
		sk_chat_end(p->line, say_line, p);
		say_event(p, "left");
	}
	disown_chunks(p);
	free(p->line);
	free(p);
}

static const struct endpoint_ops port_ops = {
	.kind = "hub",
	.recv = port_recv,
	.send = port_send,
	.shutdown = port_shutdown,
	.want = port_want,
	.free = port_free,
};

static void on_wake(struct sk_task *t)
{
	struct port *p = sk_container_of(t, struct port, wake);

	p->ep.ready(&p->ep);
}

static void join(struct port *p)
{
	struct sk_hub *hub = p->hub;

	p->number = ++hub->members;
	/* Who leaves is not told the rest: as if a person had been typing. */
	p->ep.input = SK_INPUT_PERSON;
	p->ep.name_in = p->ep.name_out = "broker";
	if (p->line)
		say_event(p, "joined");
}

int sk_hub_port(struct sk_hub *hub, struct endpoint **ep)
{
	struct port *p = calloc(1, sizeof(*p));

	if (p && hub->chat)
		p->line = calloc(1, sizeof(*p->line));
	if (!p || (hub->chat && !p->line)) {
		free(p);
		return -ENOMEM;
	}
	p->hub = hub;
	p->ep = (struct endpoint){ .ops = &port_ops, .loop = hub->loop };
	if (hub->stdio) {
		p->ep.out = hub->stdio->out;
		p->ep.input = hub->stdio->input;
		p->ep.name_in = hub->stdio->name_in;
		p->ep.name_out = hub->stdio->name_out;
	} else {
		join(p);
	}
	sk_task_init(&p->wake, on_wake);
	TAILQ_INSERT_TAIL(&hub->ports, p, link);
	*ep = &p->ep;
	return 0;
}

static struct sk_hub *hub_new(struct sk_loop *loop)
{
	struct sk_hub *hub = calloc(1, sizeof(*hub));

	if (!hub)
		return NULL;
	TAILQ_INIT(&hub->ports);
	TAILQ_INIT(&hub->log);
	hub->loop = loop;
	return hub;
}

struct sk_hub *sk_hub_new(struct endpoint *stdio)
{
	struct sk_hub *hub = hub_new(stdio->loop);

	if (!hub) {
		endpoint_free(stdio);
		return NULL;
	}
	hub->stdio = stdio;
	stdio->ready = stdio_ready;
	stdio->owner = hub;
	return hub;
}

struct sk_hub *sk_hub_new_broker(struct sk_loop *loop, bool chat)
{
	struct sk_hub *hub = hub_new(loop);

	if (hub)
		hub->chat = chat;
	return hub;
}

void sk_hub_free(struct sk_hub *hub)
{
	if (!hub)
		return;
	endpoint_free(hub->stdio);
	free(hub);
}
