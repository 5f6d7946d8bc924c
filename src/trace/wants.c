/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which calls are to show: -e trace=, -e trace-fds=. */
#include "trace/calls.h"
#include "trace/decode.h"
#include "trace/text.h"

struct search {
	const struct sk_fd_set *about;
	bool found;
};

static void look_at(struct sk_model *m, struct sk_event *ev, int fd, void *arg)
{
	struct search *s = arg;

	(void)m, (void)ev;
	s->found |= sk_fd_set_has(s->about, fd);
}

/* Descriptors that it makes are none that it is about, as in strace. */
static bool is_about(const struct sk_fd_set *about, const struct sk_event *ev)
{
	struct search s = { about, false };
	struct sk_event copy = *ev;

	if (sk_sys_role(ev->sys) == SK_ROLE_WAIT)
		sk_each_waited(NULL, &copy, look_at, &s);
	for (int i = 0; i < sk_decode_args(ev); i++)
		s.found |= sk_decode_is_fd(ev, i) &&
			   sk_fd_set_has(about, (int)ev->args[i]);
	return s.found;
}

bool sk_text_wants(const struct sk_text_opts *o, const struct sk_event *ev)
{
	return sk_sys_set_has(&o->calls, ev->sys) &&
	       (!o->about_some || is_about(&o->about, ev));
}
