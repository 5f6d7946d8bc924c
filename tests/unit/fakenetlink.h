/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages of netlink, put together piece by piece and shown as a line. */
#ifndef SK_TESTS_FAKENETLINK_H
#define SK_TESTS_FAKENETLINK_H

#include "fakeline.h"

#include <linux/netlink.h>
#include <stdlib.h>

enum { ROUTE = 0, DIAG = 4, AUDIT = 9, GENERIC = 16 };

static unsigned char buf[4096];
static size_t len, head, strings = SK_SHOW_STRINGS;

static inline void put(const void *bytes, size_t n)
{
	memcpy(buf + len, bytes, n);
	len += n;
	memset(buf + len, 0, 4);
}

/* The next message begins; its length is that of what is put. */
static inline void message(uint16_t type, uint16_t flags)
{
	const struct nlmsghdr h = { 0, type, flags, 1, 0 };

	len = (len + 3) / 4 * 4;
	head = len;
	put(&h, sizeof(h));
}

static inline void only(uint16_t type, uint16_t flags)
{
	len = 0;
	message(type, flags);
}

static inline void attribute(uint16_t type, const void *data, size_t n)
{
	const uint16_t a[2] = { (uint16_t)(n + 4), type };

	len = (len + 3) / 4 * 4;
	put(a, sizeof(a));
	put(data, n);
}

static inline void route(unsigned char family)
{
	const unsigned char rtm[12] = { family };

	only(24, 0);
	put(rtm, sizeof(rtm));
}

/* The message ends, as long as it says, or as it is told to say. */
static inline void ends(uint32_t said)
{
	if (!said)
		said = (uint32_t)(len - head);
	memcpy(buf + head, &said, sizeof(said));
}

/* What says nothing is left out. */
static inline void without(char *text, const char *part)
{
	char *at;

	while ((at = strstr(text, part)) != NULL)
		memmove(at, at + strlen(part), strlen(at + strlen(part)) + 1);
}

/* Of what was put, so many bytes are mapped. */
static inline void mapped(int protocol, size_t n, const char *want, const char *name)
{
	unsigned char *copy = malloc(n);

	the_protocol = protocol;
	begin(SK_SYS_send);
	style.strings = (unsigned)strings;
	ARGS(16, 0x1000, len, 0);
	if (copy)
		fake_map(&f, 0x1000, memcpy(copy, buf, n), n);
	sk_decode_arg(&show, &f.ev, &fake_fds, 1);
	sk_out_char(&out, '\0');
	without(out.buf, ", nlmsg_seq=1, nlmsg_pid=0");
	without(out.buf, "nlmsg_");
	without(out.buf, ", rtm_dst_len=0, rtm_src_len=0, rtm_tos=0, "
		"rtm_table=RT_TABLE_UNSPEC, rtm_protocol=RTPROT_UNSPEC, "
		"rtm_scope=RT_SCOPE_UNIVERSE, rtm_type=RTN_UNSPEC, "
		"rtm_flags=0");
	without(out.buf, "\\x00\\x00");
	is_str(out.buf, want, name);
	free(copy);
}

static inline void is(int protocol, const char *want, const char *name)
{
	ends(0);
	mapped(protocol, len, want, name);
}

#endif
