/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of calls (syscalls.def) and the kinds of their arguments: a kind
 * says how a value is shown, and whether the kernel fills it in.
 */
#include <fcntl.h>

#include "trace/kinds.h"

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

/* --- kinds ------------------------------------------------------------ */

enum kind {
	KIND_NONE,
#define KIND(name, out, fn) KIND_##name,
#include "trace/kinds.def"
#undef KIND
};

static const struct {
	void (*show)(struct sk_dec *d, int i);
	bool out;
} kinds[] = {
#define KIND(name, out, fn) [KIND_##name] = { fn, out },
#include "trace/kinds.def"
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

int sk_decode_places(const struct sk_event *ev)
{
	const struct call *c = call_of(ev);
	int n = ARGS_MAX;

	while (n && c->args[n - 1].kind == KIND_NONE)
		n--;
	return n;
}

int sk_decode_args(const struct sk_event *ev)
{
	const struct call *c = call_of(ev);
	int n = sk_decode_places(ev);

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

bool sk_decode_is_fd(const struct sk_event *ev, int i)
{
	return call_of(ev)->args[i].kind == KIND_FD;
}

bool sk_decode_is_deep(const struct sk_event *ev, int i)
{
	switch ((enum kind)call_of(ev)->args[i].kind) {
	case KIND_ADDR_IN:
	case KIND_ADDR_OUT:
	case KIND_LEN_INOUT:
	case KIND_IOV_IN:
	case KIND_IOV_OUT:
	case KIND_MSG_IN:
	case KIND_MSG_OUT:
	case KIND_MMSG_IN:
	case KIND_MMSG_OUT:
	case KIND_FDPAIR:
	case KIND_OPT_IN:
	case KIND_OPT_OUT:
	case KIND_TIMESPEC:
	case KIND_TIMESPEC64:
	case KIND_TIMESPEC_KEPT:
	case KIND_TIMEVAL:
	case KIND_SIGSET:
	case KIND_SIGSET6:
	case KIND_POLLFDS:
	case KIND_FDSET:
	case KIND_EPOLL_IN:
	case KIND_OFFSET_IN:
	case KIND_OFFSET_INOUT:
	case KIND_URING_PARAMS:
		return true;
	case KIND_EPOLL_OUT:
		return ev->ret;	/* nothing shows as "[]" */
	case KIND_IOCTL_ARG:
		return sk_dec_ioctl_deep(ev);
	default:
		return false;
	}
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
	case KIND_IOCTL_ARG:
		sk_dec_keep_ioctl(ev, KEEP_LEN);
		break;
	case KIND_OFFSET_INOUT:
		if (sk_dec_offset_at(ev, addr, v))
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

	if (d->s->style->raw)
		sk_show_hex(d->s, (uint64_t)ev->ret);
	else if (gives_fd(ev, result))
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
		if (results[result] && !s->style->raw)
			results[result](&d);
	}
	if (ev->injected)
		sk_out_str(s->out, " (INJECTED)");
	if (ev->delayed)
		sk_out_str(s->out, " (DELAYED)");
	if (ev->ring)
		sk_out_printf(s->out, " (io_uring %d)", ev->ring - 1);
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
