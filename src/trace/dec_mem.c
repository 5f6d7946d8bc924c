/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arguments that point to what is meant, in the memory of the tracee. */
#include "trace/dec.h"
#include "trace/kinds.h"

void sk_arg_addr_in(struct sk_dec *d, int i)
{
	sk_dec_sockaddr(d, sk_arg(d, i), sk_dec_int(d, i + 1));
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
	int64_t len = length_at(d->ev, sk_arg(d, i));
	uint64_t room;

	if (sk_dec_kept(d->ev, KEEP_LEN, &room) &&
	    (int64_t)(int32_t)room < len)
		len = (int32_t)room;
	return len;
}

void sk_arg_addr_out(struct sk_dec *d, int i)
{
	if (sk_dec_failed(d))
		sk_show_ptr(d->s, sk_arg(d, i));
	else
		sk_dec_sockaddr(d, sk_arg(d, i), filled(d, i + 1));
}

void sk_arg_len_inout(struct sk_dec *d, int i)
{
	int64_t now = length_at(d->ev, sk_arg(d, i));
	uint64_t before;
	bool kept = sk_dec_kept(d->ev, KEEP_LEN, &before), changed;

	if (now < 0 && !kept) {
		sk_show_ptr(d->s, sk_arg(d, i));
		return;
	}
	/* What is left there by a call that fails means nothing. */
	if (kept && sk_dec_failed(d))
		now = (int32_t)before;
	changed = kept && (int32_t)before != now;
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

void sk_arg_buf_in(struct sk_dec *d, int i)
{
	sk_dec_data(d, sk_dec_int(d, 0), sk_arg(d, i), sk_arg(d, i + 1));
}

void sk_arg_buf_out(struct sk_dec *d, int i)
{
	uint64_t n = (uint64_t)d->ev->ret;

	if (sk_dec_failed(d))
		sk_show_ptr(d->s, sk_arg(d, i));
	else
		sk_dec_data(d, sk_dec_int(d, 0), sk_arg(d, i),
			    n < sk_arg(d, i + 1) ? n : sk_arg(d, i + 1));
}

void sk_arg_iov_in(struct sk_dec *d, int i)
{
	sk_dec_iov(d, sk_arg(d, i), sk_arg(d, i + 1), UINT64_MAX, false);
}

void sk_arg_iov_out(struct sk_dec *d, int i)
{
	bool failed = sk_dec_failed(d);

	sk_dec_iov(d, sk_arg(d, i), sk_arg(d, i + 1),
		   failed ? 0 : (uint64_t)d->ev->ret, failed);
}

void sk_arg_msg_in(struct sk_dec *d, int i)
{
	sk_dec_msghdr(d, sk_arg(d, i), false);
}

void sk_arg_msg_out(struct sk_dec *d, int i)
{
	sk_dec_msghdr(d, sk_arg(d, i), true);
}

void sk_arg_mmsg_in(struct sk_dec *d, int i)
{
	sk_dec_mmsg(d, sk_arg(d, i), (uint32_t)sk_arg(d, i + 1), false);
}

void sk_arg_mmsg_out(struct sk_dec *d, int i)
{
	sk_dec_mmsg(d, sk_arg(d, i), (uint32_t)sk_arg(d, i + 1), true);
}

void sk_arg_fdpair(struct sk_dec *d, int i)
{
	int32_t fd[2];

	if (sk_dec_failed(d) || sk_mem_get(d->ev, sk_arg(d, i), fd, 8) < 0) {
		sk_show_ptr(d->s, sk_arg(d, i));
		return;
	}
	sk_show_open(d->s, '[');
	sk_dec_fd(d, fd[0]);
	sk_dec_fd(d, fd[1]);
	sk_show_close(d->s, ']');
}

void sk_arg_level(struct sk_dec *d, int i)
{
	sk_dec_level(d, sk_dec_int(d, i));
}

void sk_arg_optname(struct sk_dec *d, int i)
{
	sk_dec_optname(d, sk_dec_int(d, i - 1), sk_dec_int(d, i));
}

void sk_arg_opt_in(struct sk_dec *d, int i)
{
	sk_dec_optval(d, sk_dec_int(d, 1), sk_dec_int(d, 2), sk_arg(d, i),
		      sk_dec_int(d, i + 1));
}

void sk_arg_opt_out(struct sk_dec *d, int i)
{
	if (sk_dec_failed(d))
		sk_show_ptr(d->s, sk_arg(d, i));
	else
		sk_dec_optval(d, sk_dec_int(d, 1), sk_dec_int(d, 2), sk_arg(d, i),
			      filled(d, i + 1));
}

static bool has_wide_times(enum sk_sys sys)
{
	return sys == SK_SYS_recvmmsg_time64 || sys == SK_SYS_ppoll_time64 ||
	       sys == SK_SYS_pselect6_time64 || sys == SK_SYS_epoll_pwait2;
}

void sk_arg_timespec(struct sk_dec *d, int i)
{
	sk_dec_time(d, has_wide_times(d->ev->sys) ? SK_TIMESPEC64 :
						    SK_TIMESPEC, sk_arg(d, i));
}

/* recvmmsg(2) writes back what is left: the value before was kept. */
void sk_arg_timespec_kept(struct sk_dec *d, int i)
{
	uint64_t sec, nsec;

	if (d->ev->kind == SK_EV_EXIT && sk_arg(d, i) &&
	    sk_dec_kept(d->ev, KEEP_TIME, &sec) &&
	    sk_dec_kept(d->ev, KEEP_TIME + 1, &nsec))
		sk_dec_time_raw(d, SK_TIMESPEC, (int64_t)sec, (int64_t)nsec);
	else
		sk_arg_timespec(d, i);
}

void sk_arg_timeval(struct sk_dec *d, int i)
{
	sk_dec_time(d, SK_TIMEVAL, sk_arg(d, i));
}

void sk_arg_sigset(struct sk_dec *d, int i)
{
	sk_dec_sigset(d, sk_arg(d, i), sk_arg(d, i + 1));
}

/* pselect6(2) packs the set and its size into a struct of two words. */
void sk_arg_sigset6(struct sk_dec *d, int i)
{
	uint64_t v[2] = { 0, 0 };
	uint32_t v32[2] = { 0, 0 };
	bool compat = sk_dec_compat(d);

	if (!sk_arg(d, i) || sk_mem_get(d->ev, sk_arg(d, i),
				     compat ? (void *)v32 : v,
				     compat ? 8 : 16) < 0) {
		sk_show_ptr(d->s, sk_arg(d, i));
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

void sk_arg_pollfds(struct sk_dec *d, int i)
{
	sk_dec_pollfds(d, sk_arg(d, i), (uint32_t)sk_arg(d, i + 1));
}

void sk_arg_fdset(struct sk_dec *d, int i)
{
	sk_dec_fdset(d, sk_arg(d, i), sk_dec_int(d, 0));
}

void sk_arg_epoll_in(struct sk_dec *d, int i)
{
	sk_dec_epoll_event(d, sk_arg(d, i));
}

void sk_arg_epoll_out(struct sk_dec *d, int i)
{
	if (sk_dec_failed(d))
		sk_show_ptr(d->s, sk_arg(d, i));
	else
		sk_dec_epoll_events(d, sk_arg(d, i), (uint64_t)d->ev->ret);
}

void sk_arg_fcntl_arg(struct sk_dec *d, int i)
{
	(void)i;
	sk_dec_fcntl_arg(d);
}

void sk_arg_ioctl(struct sk_dec *d, int i)
{
	(void)i;
	sk_dec_ioctl_cmd(d);
}

void sk_arg_ioctl_arg(struct sk_dec *d, int i)
{
	(void)i;
	sk_dec_ioctl_arg(d, KEEP_LEN);
}

/* Offsets by reference: 32 bits in i386's old sendfile only. */
bool sk_dec_offset_at(const struct sk_event *ev, uint64_t addr, int64_t *v)
{
	int32_t v32;

	if (ev->sys != SK_SYS_sendfile || ev->abi != SK_ABI_I386)
		return addr && sk_mem_get(ev, addr, v, 8) == 0;
	if (!addr || sk_mem_get(ev, addr, &v32, 4) < 0)
		return false;
	*v = v32;
	return true;
}

void sk_arg_offset_in(struct sk_dec *d, int i)
{
	int64_t v;

	if (!sk_dec_offset_at(d->ev, sk_arg(d, i), &v)) {
		sk_show_ptr(d->s, sk_arg(d, i));
		return;
	}
	sk_show_open(d->s, '[');
	sk_show_i64(d->s, v);
	sk_show_close(d->s, ']');
}

void sk_arg_offset_inout(struct sk_dec *d, int i)
{
	uint64_t before;
	int64_t now;

	if (!sk_dec_offset_at(d->ev, sk_arg(d, i), &now) || sk_dec_failed(d) ||
	    !sk_dec_kept(d->ev, KEEP_OFFSET, &before) ||
	    (int64_t)before == now) {
		sk_arg_offset_in(d, i);
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

void sk_arg_uring_params(struct sk_dec *d, int i)
{
	if (sk_dec_failed(d))
		sk_show_ptr(d->s, sk_arg(d, i));
	else
		sk_dec_uring_params(d, sk_arg(d, i));
}
