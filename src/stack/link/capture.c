/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every frame that passes, in a pcapng file. */
#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/text.h"
#include "base/pcapng.h"
#include "stack/link/link.h"

struct capture {
	struct stk_link link;
	struct stk_link *below;
	struct sk_pcapng pcap;
	int fd;
	uint64_t real_ns, begun;	/* the same moment on both clocks */
	char name[128];			/* of the file, for people */
};

static struct capture *capture_of(struct stk_link *l)
{
	return (struct capture *)((uintptr_t)l -
				  offsetof(struct capture, link));
}

static uint64_t real_time(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* The stack's clock goes on from the wall's: steady, and right. */
static void record(struct capture *c, const struct pkt *p, enum sk_pcap_dir dir,
		   uint64_t now)
{
	struct iovec iov[PKT_MAX_IOV];
	int n = pkt_iov(p, iov, PKT_MAX_IOV);

	if (!c->begun) {
		c->begun = now;
		c->real_ns = real_time();
	}
	if (n > 0)
		sk_pcapng_packet(&c->pcap, 0,
				 c->real_ns + (now - c->begun) * 1000, dir,
				 iov, n, NULL);
}

static void mirror(struct capture *c)
{
	c->link.fd = c->below->fd;
	c->link.want_out = c->below->want_out;
	c->link.congested = c->below->congested;
	c->link.no_carrier = c->below->no_carrier;
	c->link.err = c->below->err;
}

static int flush(struct capture *c)
{
	int r = sk_pcapng_flush(&c->pcap);

	if (r < 0)
		return sk_fail(&c->link.err, r, "pcap=%s: %s", c->name,
			       sk_strerror(r));
	return 0;
}

static int capture_send(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	struct capture *c = capture_of(l);
	int r;

	for (int i = 0; i < n; i++)
		record(c, v[i], SK_PCAP_OUT, now);
	r = c->below->ops->send(c->below, v, n, now);
	mirror(c);
	return r;
}

static int capture_recv(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	struct capture *c = capture_of(l);
	int r = c->below->ops->recv(c->below, v, n, now), failed;

	mirror(c);
	for (int i = 0; i < r; i++)
		record(c, v[i], SK_PCAP_IN, now);
	/* Quiet now: what there is can be looked at. */
	if (r == 0 && (failed = flush(c)) < 0)
		return failed;
	return r;
}

static uint64_t capture_deadline(const struct stk_link *l)
{
	const struct stk_link *below =
		capture_of((struct stk_link *)(uintptr_t)l)->below;

	return below->ops->deadline ? below->ops->deadline(below) : SK_NEVER;
}

static void capture_attach(struct stk_link *l, struct pkt_pool *pool)
{
	struct stk_link *below = capture_of(l)->below;

	below->pool = pool;
	if (below->ops->attach)
		below->ops->attach(below, pool);
}

static void capture_free(struct stk_link *l)
{
	struct capture *c = capture_of(l);

	sk_pcapng_fini(&c->pcap);
	sk_close(&c->fd);
	stk_link_free(c->below);
	free(c);
}

static const struct stk_link_ops capture_ops = {
	.name = "pcap",
	.send = capture_send,
	.recv = capture_recv,
	.deadline = capture_deadline,
	.attach = capture_attach,
	.free = capture_free,
};

struct stk_link *stk_capture(struct stk_link *below, const char *file,
			     struct sk_err *err)
{
	struct capture *c = calloc(1, sizeof(*c));

	if (!c) {
		sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
		return NULL;
	}
	sk_escape(c->name, sizeof(c->name), file, strlen(file));
	c->fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (c->fd < 0) {
		sk_fail(err, -errno, "pcap=%s: %s", c->name,
			sk_strerror(errno));
		free(c);
		return NULL;
	}
	c->link = *below;
	c->link.ops = &capture_ops;
	c->link.offload = 0; /* checksums in the file are to be right */
	c->below = below;
	sk_pcapng_init(&c->pcap, c->fd, "sockkit");
	sk_pcapng_interface(&c->pcap,
			    below->l3 ? SK_LINKTYPE_RAW : SK_LINKTYPE_ETHERNET,
			    below->ops->name);
	return &c->link;
}
