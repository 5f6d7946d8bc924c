/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One call of a tracee made of paper, shown as a line of text. */
#ifndef SK_TESTS_FAKELINE_H
#define SK_TESTS_FAKELINE_H

#include <stdio.h>
#include <sys/socket.h>

#include "fakemem.h"
#include "tap.h"

static struct fake f;
static struct sk_show_style style;
static struct sk_out out;
static struct sk_show show;

static inline void begin(enum sk_sys sys)
{
	fake_call(&f, sys);
	style = (struct sk_show_style){ .strings = SK_SHOW_STRINGS };
	sk_out_fini(&out);
	sk_out_init(&out, -1);
	sk_show_text(&show, &out, &style);
}

#define ARGS(...)							\
	memcpy(f.ev.args, (uint64_t[6]){ __VA_ARGS__ }, sizeof(f.ev.args))

/* Show the beginning, then the end, and compare "args) = result". */
static inline void enter(void)
{
	fake_show(&f, &show);
}

static inline void line_is(int64_t ret, const char *want, const char *name)
{
	fake_exit(&f, ret);
	fake_show(&f, &show);
	sk_out_str(&out, ") = ");
	sk_decode_result(&show, &f.ev, NULL);
	sk_out_char(&out, '\0');
	is_str(out.buf, want, name);
}

/* --- descriptors that are all of netlink ----------------------------- */

static int the_protocol;	/* NETLINK_ROUTE */

static inline bool is_netlink(void *arg, const struct sk_event *ev, int fd,
			      int *family, int *protocol)
{
	(void)arg;
	(void)ev;
	(void)fd;
	*family = AF_NETLINK;
	*protocol = the_protocol;
	return true;
}

static inline const char *label(void *arg, const struct sk_event *ev, int fd,
				char *buf, size_t size)
{
	(void)arg;
	(void)ev;
	snprintf(buf, size, "socket:[%d]", fd * 100);
	return buf;
}

static const struct sk_decode_fds fake_fds = { NULL, label, is_netlink };

/* What is sent to the kernel's `protocol`: into out, with a zero behind. */
static inline void netlink_sent(int protocol, void *m, size_t len)
{
	the_protocol = protocol;
	begin(SK_SYS_send);
	ARGS(16, 0x1000, len, 0);
	fake_map(&f, 0x1000, m, len);
	sk_decode_arg(&show, &f.ev, &fake_fds, 1);
	sk_out_char(&out, '\0');
	the_protocol = 0;
}

#endif
