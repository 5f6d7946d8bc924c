/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/capture.h"

#include <fcntl.h>

#include "base/fd.h"
#include "base/log.h"
#include "sock/packet.h"

struct sk_capture {
	struct sk_pcapng file;
	uint32_t interface;
	int fd;
	char *path;
};

int sk_capture_open(struct sk_capture **out, const char *path,
		    struct sk_err *err)
{
	struct sk_capture *c;

	*out = NULL;
	if (!path)
		return 0;
	c = calloc(1, sizeof(*c));
	if (c)
		c->path = strdup(path);
	if (!c || !c->path) {
		free(c);
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	}
	c->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY,
		     0666);
	if (c->fd < 0) {
		int r = -errno;

		sk_fail(err, r, "%s: open: %s", path, sk_strerror(r));
		free(c->path);
		free(c);
		return r;
	}
	sk_pcapng_init(&c->file, c->fd, "sockkit");
	c->interface = sk_pcapng_interface(&c->file, SK_LINKTYPE_RAW, "relay");
	*out = c;
	return 0;
}

int sk_capture_close(struct sk_capture *c)
{
	int r;

	if (!c)
		return 0;
	r = sk_pcapng_fini(&c->file);
	if (r < 0)
		sk_error("%s: write: %s: the capture is incomplete", c->path,
			 sk_strerror(r));
	sk_close(&c->fd);
	free(c->path);
	free(c);
	return r;
}

static uint64_t wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Unix and vsock peers have no such address: 127.0.0.x stands for them. */
static bool set_end(struct sk_pcaptcp_end *e, const struct sk_addr *a, int i)
{
	int port = sk_addr_port(a);

	*e = (struct sk_pcaptcp_end){ .addr = { 127, 0, 0, 1 },
				      .port = (uint16_t)(i + 1),
				      .next = 1000 };
	if (a->len && a->sa.sa_family == AF_INET)
		memcpy(e->addr, &a->in.sin_addr, 4);
	else if (a->len && a->sa.sa_family == AF_INET6)
		memcpy(e->addr, &a->in6.sin6_addr, 16);
	else
		return false;
	e->port = (uint16_t)port;
	return a->sa.sa_family == AF_INET6;
}

void sk_capture_begin(struct sk_capture *c, struct sk_pcaptcp *t,
		      const struct endpoint *peer, bool we_called)
{
	struct sk_addr local;
	int us = we_called ? 0 : 1;

	endpoint_local(peer, &local);
	*t = (struct sk_pcaptcp){ .file = &c->file,
				  .interface = c->interface,
				  .we_called = we_called };
	t->v6 = set_end(&t->end[us], &local, us);
	set_end(&t->end[!us], endpoint_peer(peer), !us);
	sk_pcaptcp_open(t, wall_ns(), we_called ? SK_PCAP_OUT : SK_PCAP_IN,
			peer->name_in);
}

/* End 0 called; bytes are "sent" by whichever end we are. */
static int sender(const struct sk_pcaptcp *t, bool sent)
{
	return sent == t->we_called ? 0 : 1;
}

void sk_capture_bytes(struct sk_pcaptcp *t, bool sent, const void *data,
		      size_t len)
{
	sk_pcaptcp_data(t, sender(t, sent), wall_ns(),
			sent ? SK_PCAP_OUT : SK_PCAP_IN, data, len, NULL);
}

void sk_capture_end(struct sk_pcaptcp *t, bool sent, bool reset)
{
	if (t->file)
		sk_pcaptcp_close(t, sender(t, sent), wall_ns(),
				 sent ? SK_PCAP_OUT : SK_PCAP_IN, reset);
}

/* --- datagrams ---------------------------------------------------------------- */

static bool is_ip(const struct sk_addr *a)
{
	return a->len && (a->sa.sa_family == AF_INET ||
			  a->sa.sa_family == AF_INET6);
}

/* As set_end() has it for streams: 127.0.0.1, port 1 called port 2. */
static struct sk_addr stand_in(int i)
{
	struct sk_addr a = { .len = sizeof(a.in) };

	a.in.sin_family = AF_INET;
	a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a.in.sin_port = htons((uint16_t)(i + 1));
	return a;
}

void sk_capture_datagram(struct sk_capture *c, bool we_called, bool sent,
			 const struct sk_addr *us, const struct sk_addr *them,
			 const void *data, size_t len)
{
	bool real = is_ip(us) && is_ip(them) &&
		    us->sa.sa_family == them->sa.sa_family;
	struct sk_addr a = real ? *us : stand_in(!we_called);
	struct sk_addr b = real ? *them : stand_in(we_called);
	size_t max = a.sa.sa_family == AF_INET6 ? SK_PACKET_UDP6 :
						  SK_PACKET_UDP4;
	struct sk_packet k = { .from = sent ? &a : &b, .to = sent ? &b : &a,
			       .udp = true, .data = data,
			       .len = len < max ? len : max };
	unsigned char head[SK_PACKET_HEAD];
	char comment[80];
	struct iovec iov[2];
	int n = sk_packet_build(&k, head, iov);

	snprintf(comment, sizeof(comment), "cut here: it was of %zu bytes",
		 len);
	sk_pcapng_packet(&c->file, c->interface, wall_ns(),
			 sent ? SK_PCAP_OUT : SK_PCAP_IN, iov, n,
			 len > max ? comment : NULL);
}
