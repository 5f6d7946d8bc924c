/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pcapng.h"

enum {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 6,
	BLOCK_SECTION = 0x0a0d0d0a,

	OPT_END = 0,
	OPT_COMMENT = 1,
	SHB_USERAPPL = 4,
	IF_NAME = 2,
	IF_TSRESOL = 9,
	EPB_FLAGS = 2,
};

static uint32_t padded(size_t n)
{
	return (uint32_t)((n + 3) & ~(size_t)3);
}

static uint32_t option_size(const char *text)
{
	return text ? 4 + padded(strlen(text)) : 0;
}

static void put32(struct sk_pcapng *p, uint32_t v)
{
	sk_out_put(&p->out, &v, 4); /* byte order of the host, as pcapng wants */
}

static void put16(struct sk_pcapng *p, unsigned v)
{
	uint16_t v16 = (uint16_t)v;

	sk_out_put(&p->out, &v16, 2);
}

static void put_option(struct sk_pcapng *p, unsigned code, const void *data,
		       size_t len)
{
	put16(p, code);
	put16(p, (unsigned)len);
	sk_out_put(&p->out, data, len);
	sk_out_fill(&p->out, '\0', padded(len) - len);
}

static void put_text(struct sk_pcapng *p, unsigned code, const char *text)
{
	if (text)
		put_option(p, code, text, strlen(text));
}

void sk_pcapng_init(struct sk_pcapng *p, int fd, const char *application)
{
	uint32_t len = 28 + option_size(application) + 4;

	*p = (struct sk_pcapng){ 0 };
	sk_out_init(&p->out, fd);
	put32(p, BLOCK_SECTION);
	put32(p, len);
	put32(p, 0x1a2b3c4d);
	put16(p, 1);
	put16(p, 0);
	put32(p, UINT32_MAX); /* length of the section: not known */
	put32(p, UINT32_MAX);
	put_text(p, SHB_USERAPPL, application);
	put32(p, OPT_END);
	put32(p, len);
}

uint32_t sk_pcapng_interface(struct sk_pcapng *p, enum sk_linktype type,
			     const char *name)
{
	uint32_t len = 20 + option_size(name) + 8 + 4;

	put32(p, BLOCK_INTERFACE);
	put32(p, len);
	put16(p, type);
	put16(p, 0);
	put32(p, 0); /* no snap length */
	put_text(p, IF_NAME, name);
	put_option(p, IF_TSRESOL, "\x09", 1);
	put32(p, OPT_END);
	put32(p, len);
	return p->interfaces++;
}

void sk_pcapng_packet(struct sk_pcapng *p, uint32_t interface,
		      uint64_t time_ns, enum sk_pcap_dir dir,
		      const struct iovec *iov, int n, const char *comment)
{
	uint32_t size = 0, len, flags = dir;

	for (int i = 0; i < n; i++)
		size += (uint32_t)iov[i].iov_len;
	len = 32 + padded(size) + 8 + option_size(comment) + 4;
	put32(p, BLOCK_PACKET);
	put32(p, len);
	put32(p, interface);
	put32(p, (uint32_t)(time_ns >> 32));
	put32(p, (uint32_t)time_ns);
	put32(p, size);
	put32(p, size);
	for (int i = 0; i < n; i++)
		sk_out_put(&p->out, iov[i].iov_base, iov[i].iov_len);
	sk_out_fill(&p->out, '\0', padded(size) - size);
	put_text(p, OPT_COMMENT, comment);
	put_option(p, EPB_FLAGS, &flags, 4);
	put32(p, OPT_END);
	put32(p, len);
}

int sk_pcapng_flush(struct sk_pcapng *p)
{
	return sk_out_flush(&p->out);
}

int sk_pcapng_fini(struct sk_pcapng *p)
{
	return sk_out_fini(&p->out);
}
