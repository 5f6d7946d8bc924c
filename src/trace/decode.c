/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of calls (syscalls.def) and the kinds of their arguments: a kind
 * says how a value is shown, and whether the kernel fills it in.
 */
#include "trace/dec.h"

#include <fcntl.h>
#include <sys/socket.h>

/* Slots of ev->keep; dec_msg.c has 1 to 3 for its own calls. */
#define KEEP_LEN 0
#define KEEP_OFFSET 1
#define KEEP_TIME 4	/* and 5; 6 and 7 are the model's */

typedef void arg_fn(struct sk_dec *d, int i);

/* --- what is kept ----------------------------------------------------- */

void sk_dec_keep(const struct sk_event *ev, int slot, uint64_t v)
{
	ev->keep[slot] = v + 1;
}

bool sk_dec_kept(const struct sk_event *ev, int slot, uint64_t *v)
{
	if (ev->no_enter || !ev->keep || !ev->keep[slot])
		return false;
	*v = ev->keep[slot] - 1;
	return true;
}

/* --- plain values ----------------------------------------------------- */

void sk_dec_fd(struct sk_dec *d, int fd)
{
	char buf[600];
	const char *label = NULL;

	sk_show_i64(d->s, fd);
	if (d->s->json || fd < 0 || !d->fds || !d->fds->label)
		return;
	label = d->fds->label(d->fds->arg, d->ev, fd, buf, sizeof(buf));
	if (label && *label) {
		sk_out_char(d->s->out, '<');
		sk_out_str(d->s->out, label);
		sk_out_char(d->s->out, '>');
	}
}

static uint64_t arg(const struct sk_dec *d, int i)
{
	return d->ev->args[i];
}

static void show_fd(struct sk_dec *d, int i)
{
	sk_dec_fd(d, sk_dec_int(d, i));
}

static void show_int(struct sk_dec *d, int i)
{
	sk_show_i64(d->s, sk_dec_int(d, i));
}

static void show_uint(struct sk_dec *d, int i)
{
	sk_show_u64(d->s, (uint32_t)arg(d, i));
}

static void show_size(struct sk_dec *d, int i)
{
	sk_show_u64(d->s, arg(d, i));
}

static void show_ptr(struct sk_dec *d, int i)
{
	sk_show_ptr(d->s, arg(d, i));
}

/* 64-bit offsets come in two registers on i386 (low, then high). */
static void show_offset(struct sk_dec *d, int i)
{
	uint64_t v = arg(d, i);

	if (d->ev->abi == SK_ABI_I386)
		v = (uint32_t)v | arg(d, i + 1) << 32;
	sk_show_i64(d->s, (int64_t)v);
}

static void show_family(struct sk_dec *d, int i)
{
	sk_show_name(d->s, &sk_names_family, (uint32_t)arg(d, i), "AF_???");
}

/* The low bits are a number, those above are flags: each shown as such. */
static void show_socktype(struct sk_dec *d, int i)
{
	uint32_t v = (uint32_t)arg(d, i), type = v & 0xf, flags = v & ~0xfU;
	struct sk_out *out = d->s->out;

	if (d->s->json && flags) {
		char buf[128];

		sk_show_word(d->s, sk_socktype_format(buf, sizeof(buf), v));
		return;
	}
	if (!sk_name_of(&sk_names_socktype, type)) {
		sk_show_name(d->s, &sk_names_socktype, v, "SOCK_???");
		return;
	}
	sk_show_name(d->s, &sk_names_socktype, type, "SOCK_???");
	if (!flags)
		return;
	sk_out_char(out, '|');
	d->s->comma = false;
	sk_show_flags(d->s, &sk_tr_socktype_flags, flags, "SOCK_???");
}

/* Two calls name a protocol by its family's names; the family comes first. */
static void show_protocol(struct sk_dec *d, int i)
{
	int family = sk_dec_int(d, 0);
	const struct sk_names *names = sk_protocols_of(family);
	uint32_t v = (uint32_t)arg(d, i);
	char text[96], unknown[40];

	if (family == AF_PACKET && v) {
		sk_show_word(d->s, sk_protocol_format(text, sizeof(text),
						      family, v));
	} else if (names && family != AF_PACKET) {
		snprintf(unknown, sizeof(unknown), "%s???", names->prefix);
		sk_show_name(d->s, names, v, unknown);
	} else {
		sk_show_u64(d->s, v);
	}
}

static void show_sockflags(struct sk_dec *d, int i)
{
	sk_show_flags(d->s, &sk_tr_socktype_flags, (uint32_t)arg(d, i),
		      "SOCK_???");
}

static void show_msgflags(struct sk_dec *d, int i)
{
	sk_show_flags(d->s, &sk_names_msg_flags, (uint32_t)arg(d, i),
		      "MSG_???");
}

static void show_shut(struct sk_dec *d, int i)
{
	sk_show_name(d->s, &sk_names_shutdown, (uint32_t)arg(d, i),
		     "SHUT_???");
}

/* Tables that a kind names directly. */
#define FLAGS_OF(fn, table, unknown)					\
	static void fn(struct sk_dec *d, int i)				\
	{								\
		sk_show_flags(d->s, &table, (uint32_t)arg(d, i),	\
			      unknown);					\
	}
#define NAME_OF(fn, table, unknown)					\
	static void fn(struct sk_dec *d, int i)				\
	{								\
		sk_show_name(d->s, &table, (uint32_t)arg(d, i),	\
			     unknown);					\
	}
FLAGS_OF(show_rwf, sk_tr_rwf, "RWF_???")
FLAGS_OF(show_close_range, sk_tr_close_range, "CLOSE_RANGE_???")
FLAGS_OF(show_dup_flags, sk_tr_open_flags, "O_???")
FLAGS_OF(show_splice, sk_tr_splice, "SPLICE_F_???")
FLAGS_OF(show_epoll_create, sk_tr_epoll_create, "EPOLL_???")
FLAGS_OF(show_uring_enter, sk_tr_uring_enter, "IORING_ENTER_???")
NAME_OF(show_epoll_op, sk_tr_epoll_op, "EPOLL_CTL_???")
NAME_OF(show_fcntl, sk_tr_fcntl, "F_???")
NAME_OF(show_uring_register, sk_tr_uring_register, "IORING_REGISTER_???")

/* --- memory ----------------------------------------------------------- */

static void show_addr_in(struct sk_dec *d, int i)
{
	sk_dec_sockaddr(d, arg(d, i), sk_dec_int(d, i + 1));
}

/* A length by reference, as it is now; -1: cannot be read. */
static int64_t length_at(const struct sk_event *ev, uint64_t addr)
{
	int32_t v;

	return addr && sk_mem_get(ev, addr, &v, 4) == 0 ? v : -1;
}

/* What was filled in is the lesser of the room and the length (accept(2)). */
static int64_t filled(struct sk_dec *d, int i)
{
	int64_t len = length_at(d->ev, arg(d, i));
	uint64_t room;

	if (sk_dec_kept(d->ev, KEEP_LEN, &room) &&
	    (int64_t)(int32_t)room < len)
		len = (int32_t)room;
	return len;
}

static void show_addr_out(struct sk_dec *d, int i)
{
	if (sk_dec_failed(d))
		sk_show_ptr(d->s, arg(d, i));
	else
		sk_dec_sockaddr(d, arg(d, i), filled(d, i + 1));
}

static void show_len_inout(struct sk_dec *d, int i)
{
	int64_t now = length_at(d->ev, arg(d, i));
	uint64_t before;
	bool changed;

	if (!arg(d, i) || (now < 0 && !length_at(d->ev, arg(d, i)))) {
		sk_show_ptr(d->s, arg(d, i));
		return;
	}
	changed = sk_dec_kept(d->ev, KEEP_LEN, &before) &&
		  (int32_t)before != now && !sk_dec_failed(d);
	if (!changed && now < 0 && !sk_dec_kept(d->ev, KEEP_LEN, &before)) {
		sk_show_ptr(d->s, arg(d, i));
		return;
	}
	sk_show_open(d->s, '[');
	if (changed) {
		sk_show_change_begin(d->s);
		sk_show_i64(d->s, (int32_t)before);
		sk_show_change_then(d->s);
	}
	sk_show_i64(d->s, now);
	if (changed)
		sk_show_change_end(d->s);
	sk_show_close(d->s, ']');
}

static void show_buf_in(struct sk_dec *d, int i)
{
	sk_dec_data(d, sk_dec_int(d, 0), arg(d, i), arg(d, i + 1));
}

static void show_buf_out(struct sk_dec *d, int i)
{
	uint64_t n = (uint64_t)d->ev->ret;

	if (sk_dec_failed(d))
		sk_show_ptr(d->s, arg(d, i));
	else
		sk_dec_data(d, sk_dec_int(d, 0), arg(d, i),
			    n < arg(d, i + 1) ? n : arg(d, i + 1));
}

static void show_iov_in(struct sk_dec *d, int i)
{
	sk_dec_iov(d, arg(d, i), arg(d, i + 1), UINT64_MAX, false);
}

static void show_iov_out(struct sk_dec *d, int i)
{
	bool failed = sk_dec_failed(d);

	sk_dec_iov(d, arg(d, i), arg(d, i + 1),
		   failed ? 0 : (uint64_t)d->ev->ret, failed);
}

static void show_msg_in(struct sk_dec *d, int i)
{
	sk_dec_msghdr(d, arg(d, i), false);
}

static void show_msg_out(struct sk_dec *d, int i)
{
	sk_dec_msghdr(d, arg(d, i), true);
}

static void show_mmsg_in(struct sk_dec *d, int i)
{
	sk_dec_mmsg(d, arg(d, i), (uint32_t)arg(d, i + 1), false);
}

static void show_mmsg_out(struct sk_dec *d, int i)
{
	sk_dec_mmsg(d, arg(d, i), (uint32_t)arg(d, i + 1), true);
}

static void show_fdpair(struct sk_dec *d, int i)
{
	int32_t fd[2];

	if (sk_dec_failed(d) || sk_mem_get(d->ev, arg(d, i), fd, 8) < 0) {
		sk_show_ptr(d->s, arg(d, i));
		return;
	}
	sk_show_open(d->s, '[');
	sk_dec_fd(d, fd[0]);
	sk_dec_fd(d, fd[1]);
	sk_show_close(d->s, ']');
}

static void show_level(struct sk_dec *d, int i)
{
	sk_dec_level(d, sk_dec_int(d, i));
}

static void show_optname(struct sk_dec *d, int i)
{
	sk_dec_optname(d, sk_dec_int(d, i - 1), sk_dec_int(d, i));
}

static void show_opt_in(struct sk_dec *d, int i)
{
	sk_dec_optval(d, sk_dec_int(d, 1), sk_dec_int(d, 2), arg(d, i),
		      sk_dec_int(d, i + 1));
}

static void show_opt_out(struct sk_dec *d, int i)
{
	if (sk_dec_failed(d))
		sk_show_ptr(d->s, arg(d, i));
	else
		sk_dec_optval(d, sk_dec_int(d, 1), sk_dec_int(d, 2), arg(d, i),
			      filled(d, i + 1));
}

static bool has_wide_times(enum sk_sys sys)
{
	return sys == SK_SYS_recvmmsg_time64 || sys == SK_SYS_ppoll_time64 ||
	       sys == SK_SYS_pselect6_time64 || sys == SK_SYS_epoll_pwait2;
}

static void show_timespec(struct sk_dec *d, int i)
{
	sk_dec_time(d, has_wide_times(d->ev->sys) ? SK_TIMESPEC64 :
						    SK_TIMESPEC, arg(d, i));
}

/* recvmmsg(2) writes back what is left: the value before was kept. */
static void show_timespec_kept(struct sk_dec *d, int i)
{
	uint64_t sec, nsec;

	if (d->ev->kind == SK_EV_EXIT && arg(d, i) && d->ev->keep &&
	    !d->ev->no_enter && sk_dec_kept(d->ev, KEEP_TIME, &sec) &&
	    sk_dec_kept(d->ev, KEEP_TIME + 1, &nsec))
		sk_dec_time_raw(d, SK_TIMESPEC, (int64_t)sec, (int64_t)nsec);
	else
		show_timespec(d, i);
}

static void show_timeval(struct sk_dec *d, int i)
{
	sk_dec_time(d, SK_TIMEVAL, arg(d, i));
}

static void show_sigset(struct sk_dec *d, int i)
{
	sk_dec_sigset(d, arg(d, i), arg(d, i + 1));
}

/* pselect6(2) packs the set and its size into a struct of two words. */
static void show_sigset6(struct sk_dec *d, int i)
{
	uint64_t v[2] = { 0, 0 };
	uint32_t v32[2] = { 0, 0 };
	bool compat = sk_dec_compat(d);

	if (!arg(d, i) || sk_mem_get(d->ev, arg(d, i),
				     compat ? (void *)v32 : v,
				     compat ? 8 : 16) < 0) {
		sk_show_ptr(d->s, arg(d, i));
		return;
	}
	if (compat) {
		v[0] = v32[0];
		v[1] = v32[1];
	}
	sk_show_open(d->s, '{');
	sk_show_key(d->s, "sigmask");
	sk_dec_sigset(d, v[0], v[1]);
	sk_show_key(d->s, "sigsetsize");
	sk_show_u64(d->s, v[1]);
	sk_show_close(d->s, '}');
}

static void show_pollfds(struct sk_dec *d, int i)
{
	sk_dec_pollfds(d, arg(d, i), (uint32_t)arg(d, i + 1));
}

static void show_fdset(struct sk_dec *d, int i)
{
	sk_dec_fdset(d, arg(d, i), sk_dec_int(d, 0));
}

static void show_epoll_in(struct sk_dec *d, int i)
{
	sk_dec_epoll_event(d, arg(d, i));
}

static void show_epoll_out(struct sk_dec *d, int i)
{
	if (sk_dec_failed(d))
		sk_show_ptr(d->s, arg(d, i));
	else
		sk_dec_epoll_events(d, arg(d, i), (uint64_t)d->ev->ret);
}

static void show_fcntl_arg(struct sk_dec *d, int i)
{
	(void)i;
	sk_dec_fcntl_arg(d);
}

static void show_ioctl(struct sk_dec *d, int i)
{
	(void)i;
	sk_dec_ioctl_cmd(d);
}

static void show_ioctl_arg(struct sk_dec *d, int i)
{
	(void)i;
	sk_dec_ioctl_arg(d);
}

/* Offsets by reference: 32 bits in i386's old sendfile only. */
static bool offset_at(const struct sk_event *ev, uint64_t addr, int64_t *v)
{
	int32_t v32;

	if (ev->sys != SK_SYS_sendfile || ev->abi != SK_ABI_I386)
		return addr && sk_mem_get(ev, addr, v, 8) == 0;
	if (!addr || sk_mem_get(ev, addr, &v32, 4) < 0)
		return false;
	*v = v32;
	return true;
}

static void show_offset_in(struct sk_dec *d, int i)
{
	int64_t v;

	if (!offset_at(d->ev, arg(d, i), &v)) {
		sk_show_ptr(d->s, arg(d, i));
		return;
	}
	sk_show_open(d->s, '[');
	sk_show_i64(d->s, v);
	sk_show_close(d->s, ']');
}

static void show_offset_inout(struct sk_dec *d, int i)
{
	uint64_t before;
	int64_t now;

	if (!offset_at(d->ev, arg(d, i), &now) || sk_dec_failed(d) ||
	    !sk_dec_kept(d->ev, KEEP_OFFSET, &before) ||
	    (int64_t)before == now) {
		show_offset_in(d, i);
		return;
	}
	if (d->s->json)
		sk_show_change_begin(d->s);
	sk_show_open(d->s, '[');
	sk_show_i64(d->s, (int64_t)before);
	sk_show_close(d->s, ']');
	sk_show_change_then(d->s);
	sk_show_open(d->s, '[');
	sk_show_i64(d->s, now);
	sk_show_close(d->s, ']');
	sk_show_change_end(d->s);
}

static void show_uring_params(struct sk_dec *d, int i)
{
	if (sk_dec_failed(d))
		sk_show_ptr(d->s, arg(d, i));
	else
		sk_dec_uring_params(d, arg(d, i));
}

/* --- kinds ------------------------------------------------------------ */

/* KIND(name, shown at the exit?, function) */
#define KINDS							\
	KIND(FD, false, show_fd)				\
	KIND(INT, false, show_int)				\
	KIND(UINT, false, show_uint)				\
	KIND(SIZE, false, show_size)				\
	KIND(PTR, false, show_ptr)				\
	KIND(OFFSET, false, show_offset)			\
	KIND(FAMILY, false, show_family)			\
	KIND(SOCKTYPE, false, show_socktype)			\
	KIND(PROTOCOL, false, show_protocol)			\
	KIND(SOCKFLAGS, false, show_sockflags)			\
	KIND(MSGFLAGS, false, show_msgflags)			\
	KIND(SHUT, false, show_shut)				\
	KIND(ADDR_IN, false, show_addr_in)			\
	KIND(ADDR_OUT, true, show_addr_out)			\
	KIND(LEN_INOUT, true, show_len_inout)			\
	KIND(BUF_IN, false, show_buf_in)			\
	KIND(BUF_OUT, true, show_buf_out)			\
	KIND(IOV_IN, false, show_iov_in)			\
	KIND(IOV_OUT, true, show_iov_out)			\
	KIND(MSG_IN, false, show_msg_in)			\
	KIND(MSG_OUT, true, show_msg_out)			\
	KIND(MMSG_IN, true, show_mmsg_in)			\
	KIND(MMSG_OUT, true, show_mmsg_out)			\
	KIND(FDPAIR, true, show_fdpair)				\
	KIND(LEVEL, false, show_level)				\
	KIND(OPTNAME, false, show_optname)			\
	KIND(OPT_IN, false, show_opt_in)			\
	KIND(OPT_OUT, true, show_opt_out)			\
	KIND(TIMESPEC, false, show_timespec)			\
	KIND(TIMESPEC64, false, show_timespec)			\
	KIND(TIMESPEC_KEPT, true, show_timespec_kept)		\
	KIND(TIMEVAL, false, show_timeval)			\
	KIND(SIGSET, false, show_sigset)			\
	KIND(SIGSET6, false, show_sigset6)			\
	KIND(POLLFDS, false, show_pollfds)			\
	KIND(FDSET, false, show_fdset)				\
	KIND(EPOLL_CREATE, false, show_epoll_create)		\
	KIND(EPOLL_OP, false, show_epoll_op)			\
	KIND(EPOLL_IN, false, show_epoll_in)			\
	KIND(EPOLL_OUT, true, show_epoll_out)			\
	KIND(FCNTL, false, show_fcntl)				\
	KIND(FCNTL_ARG, false, show_fcntl_arg)			\
	KIND(IOCTL, false, show_ioctl)				\
	KIND(IOCTL_ARG, false, show_ioctl_arg)			\
	KIND(CLOSE_RANGE, false, show_close_range)		\
	KIND(DUP_FLAGS, false, show_dup_flags)			\
	KIND(SPLICE, false, show_splice)			\
	KIND(RWF, false, show_rwf)				\
	KIND(OFFSET_IN, false, show_offset_in)			\
	KIND(OFFSET_INOUT, true, show_offset_inout)		\
	KIND(URING_PARAMS, true, show_uring_params)		\
	KIND(URING_ENTER, false, show_uring_enter)		\
	KIND(URING_REGISTER, false, show_uring_register)

enum kind {
	KIND_NONE,
#define KIND(name, out, fn) KIND_##name,
	KINDS
#undef KIND
};

static const struct {
	arg_fn *show;
	bool out;
} kinds[] = {
#define KIND(name, out, fn) [KIND_##name] = { fn, out },
	KINDS
#undef KIND
};

/* --- results ---------------------------------------------------------- */

typedef void result_fn(struct sk_dec *d);

enum result {
	RESULT_INT, RESULT_FD, RESULT_FCNTL, RESULT_POLL, RESULT_SELECT,
	RESULT_MMSG,
};

/* What stands behind the number of a call that went well. */
static result_fn *const results[] = {
	[RESULT_INT] = NULL,
	[RESULT_FD] = NULL,
	[RESULT_FCNTL] = sk_dec_result_fcntl,
	[RESULT_POLL] = sk_dec_result_poll,
	[RESULT_SELECT] = sk_dec_result_select,
	[RESULT_MMSG] = sk_dec_result_mmsg,
};

/* --- calls ------------------------------------------------------------ */

#define ARGS_MAX 6

struct call {
	uint8_t result;
	struct {
		uint8_t kind;
		const char *name;
	} args[ARGS_MAX];
};

/*
 * HIDDEN is the upper half of a 64-bit offset: a register that holds nothing
 * of its own on 64-bit kernels, yet takes a place.
 */
#define ARG(kind, name) { KIND_##kind, #name },
#define HIDDEN { KIND_NONE, "" },
static const struct call calls[SK_SYS_COUNT_] = {
#define CALL(name, result, args) \
	[SK_SYS_##name] = { RESULT_##result, { args } },
#include "trace/syscalls.def"
#undef CALL
};
#undef ARG
#undef HIDDEN

static const struct call *call_of(const struct sk_event *ev)
{
	return &calls[ev->sys];
}

int sk_decode_args(const struct sk_event *ev)
{
	const struct call *c = call_of(ev);
	int n = ARGS_MAX;

	while (n && c->args[n - 1].kind == KIND_NONE)
		n--;
	if (n && c->args[n - 1].kind == KIND_FCNTL_ARG &&
	    sk_dec_fcntl_unary(ev))
		n--;
	if (n && c->args[n - 1].kind == KIND_IOCTL_ARG &&
	    sk_dec_ioctl_unary(ev))
		n--;
	return n;
}

const char *sk_decode_arg_name(const struct sk_event *ev, int i)
{
	return call_of(ev)->args[i].name;
}

static bool is_out(const struct sk_event *ev, int i)
{
	enum kind kind = call_of(ev)->args[i].kind;

	if (kind == KIND_FCNTL_ARG)
		return sk_dec_fcntl_out(ev);
	if (kind == KIND_IOCTL_ARG)
		return sk_dec_ioctl_out(ev);
	/* Nowhere to put it: that is known from the start. */
	return kinds[kind].out && (ev->args[i] || kind == KIND_EPOLL_OUT);
}

int sk_decode_split(const struct sk_event *ev)
{
	int n = sk_decode_args(ev), i = 0;

	while (i < n && !is_out(ev, i))
		i++;
	return i;
}

void sk_decode_arg(struct sk_show *s, const struct sk_event *ev,
		   const struct sk_decode_fds *fds, int i)
{
	struct sk_dec d = { s, ev, fds };
	enum kind kind = call_of(ev)->args[i].kind;

	if (kind != KIND_NONE)
		kinds[kind].show(&d, i);
}

/* The value behind argument i that the call may overwrite. */
static void keep_arg(const struct sk_event *ev, enum kind kind, int i)
{
	uint64_t addr = ev->args[i];
	int64_t v[2];

	switch (kind) {
	case KIND_LEN_INOUT:
		if (addr && sk_mem_get(ev, addr, v, 4) == 0)
			sk_dec_keep(ev, KEEP_LEN, (uint32_t)v[0]);
		break;
	case KIND_OFFSET_INOUT:
		if (offset_at(ev, addr, v))
			sk_dec_keep(ev, KEEP_OFFSET, (uint64_t)v[0]);
		break;
	case KIND_MSG_OUT:
		sk_dec_keep_msg(ev, addr, false, 1);
		break;
	case KIND_MMSG_OUT:
		sk_dec_keep_msg(ev, addr, true, (uint32_t)ev->args[i + 1]);
		break;
	case KIND_TIMESPEC_KEPT:
		if (!addr || ev->abi == SK_ABI_I386 ||
		    sk_mem_get(ev, addr, v, 16) < 0)
			break;
		sk_dec_keep(ev, KEEP_TIME, (uint64_t)v[0]);
		sk_dec_keep(ev, KEEP_TIME + 1, (uint64_t)v[1]);
		break;
	default:
		break;
	}
}

void sk_decode_keep(const struct sk_event *ev)
{
	const struct call *c = call_of(ev);

	for (int i = 0; i < ARGS_MAX; i++)
		keep_arg(ev, c->args[i].kind, i);
}

/* --- after the call --------------------------------------------------- */

static void show_error(struct sk_show *s, const struct sk_event *ev)
{
	const char *name = sk_errno_name(ev->error);

	if (name)
		sk_out_printf(s->out, "%s %s (%s)",
			      sk_errno_restarts(ev->error) ? "?" : "-1", name,
			      sk_errno_text(ev->error));
	else
		sk_out_printf(s->out, "-1 (errno %d)", ev->error);
}

static bool gives_fd(const struct sk_event *ev, enum result result)
{
	if (result != RESULT_FCNTL)
		return result == RESULT_FD;
	return (uint32_t)ev->args[1] == F_DUPFD ||
	       (uint32_t)ev->args[1] == F_DUPFD_CLOEXEC;
}

static void show_value(struct sk_dec *d, enum result result)
{
	const struct sk_event *ev = d->ev;
	uint32_t cmd = (uint32_t)ev->args[1];

	if (gives_fd(ev, result))
		sk_dec_fd(d, (int)ev->ret);
	else if (result == RESULT_FCNTL && (cmd == F_GETFD || cmd == F_GETFL))
		sk_show_hex(d->s, (uint64_t)ev->ret);
	else
		sk_show_i64(d->s, ev->ret);
}

void sk_decode_result(struct sk_show *s, const struct sk_event *ev,
		      const struct sk_decode_fds *fds)
{
	struct sk_dec d = { s, ev, fds };
	enum result result = call_of(ev)->result;

	s->comma = false;
	if (ev->error) {
		show_error(s, ev);
	} else {
		show_value(&d, result);
		if (results[result])
			results[result](&d);
	}
	if (ev->injected)
		sk_out_str(s->out, " (INJECTED)");
}

bool sk_decode_extra(const struct sk_event *ev)
{
	enum result result = call_of(ev)->result;

	if (ev->error || !results[result])
		return false;
	if (result == RESULT_FCNTL)
		return ev->args[1] == F_GETFD || ev->args[1] == F_GETFL;
	return result != RESULT_MMSG || ev->args[4];
}

void sk_decode_show_extra(struct sk_show *s, const struct sk_event *ev,
			  const struct sk_decode_fds *fds)
{
	struct sk_dec d = { s, ev, fds };

	results[call_of(ev)->result](&d);
}
