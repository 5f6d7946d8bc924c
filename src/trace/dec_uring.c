/* SPDX-License-Identifier: GPL-3.0-or-later */
/* io_uring_setup(2): its parameters, and what they mean for a tracer. */
#include "trace/dec.h"

static const struct sk_field params_fields[] = {
	{ "flags", 8, 4, SK_F_FLAGS, &sk_tr_uring_setup, "IORING_SETUP_???" },
	{ "sq_thread_cpu", 12, 4, SK_F_U },
	{ "sq_thread_idle", 16, 4, SK_F_U },
	{ "sq_entries", 0, 4, SK_F_U },
	{ "cq_entries", 4, 4, SK_F_U },
	{ "features", 20, 4, SK_F_FLAGS, &sk_tr_uring_feat,
	  "IORING_FEAT_???" },
	{ "wq_fd", 24, 4, SK_F_U },
	{ NULL }
};

void sk_dec_uring_params(struct sk_dec *d, uint64_t addr)
{
	sk_dec_struct(d, params_fields, addr, 28);
}

#define FLAGS_AT 8
#define SQPOLL 2

const char *sk_decode_remark(const struct sk_event *ev)
{
	uint32_t flags = 0;

	if (ev->sys != SK_SYS_io_uring_setup || ev->kind != SK_EV_EXIT ||
	    ev->error)
		return NULL;
	sk_mem_get(ev, ev->args[1] + FLAGS_AT, &flags, sizeof(flags));
	return flags & SQPOLL ?
		       "io_uring with SQPOLL: the kernel takes requests by "
		       "itself, not even io_uring_enter shows them" :
		       "io_uring: requests in its rings are not shown, only "
		       "io_uring_enter";
}
