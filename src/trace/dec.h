/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What decoders share among themselves; the face to others is decode.h. */
#ifndef SK_TRACE_DEC_H
#define SK_TRACE_DEC_H

#include "trace/decode.h"
#include "trace/tables.h"

/* A call that is being shown. */
struct sk_dec {
	struct sk_show *s;
	const struct sk_event *ev;
	const struct sk_decode_fds *fds;	/* may be NULL */
};

/* The kernel's bounds. */
#define SK_IOV_MAX 1024
#define SK_ADDR_MAX 128		/* sizeof(struct sockaddr_storage) */

static inline bool sk_dec_compat(const struct sk_dec *d)
{
	return sk_abi_compat(d->ev->abi);
}

/* A signed argument (int) of any ABI. */
static inline int sk_dec_int(const struct sk_dec *d, int i)
{
	return (int)(uint32_t)d->ev->args[i];
}

/* Is it the exit of a call that failed, so that nothing was filled in? */
static inline bool sk_dec_failed(const struct sk_dec *d)
{
	return d->ev->kind == SK_EV_EXIT && d->ev->error;
}

/* How many elements of an array are shown (-v: all). */
static inline size_t sk_dec_shown(const struct sk_dec *d, size_t n)
{
	size_t max = d->s->style->strings;

	return d->s->style->verbose || n <= max ? n : max;
}

/*
 * Words kept from entry to exit. A word is stored plus one, so that zero is
 * "not kept".
 */
void sk_dec_keep(const struct sk_event *ev, int slot, uint64_t v);
bool sk_dec_kept(const struct sk_event *ev, int slot, uint64_t *v);

/* --- plain values --- */
void sk_dec_fd(struct sk_dec *d, int fd);
void sk_dec_text(struct sk_dec *d, uint64_t addr, uint64_t len);
void sk_dec_data(struct sk_dec *d, int fd, uint64_t addr, uint64_t len);

/* --- dec_addr.c --- */
void sk_dec_sockaddr(struct sk_dec *d, uint64_t addr, int64_t len);
/* The same, copied already; len is at least 2. */
void sk_dec_sockaddr_data(struct sk_dec *d, const void *data, size_t len);
/* What follows the family, without brackets. */
void sk_dec_sockaddr_rest(struct sk_dec *d, int family, const void *data,
			  size_t len);

/* --- dec_addr_rare.c --- */
/* Families that are more than fields; false: data is none of these. */
bool sk_dec_addr_rare(struct sk_dec *d, int family, const unsigned char *data,
		      size_t len);

/* --- dec_field.c --- */
/* Structs as tables: what of it lies within len is shown. */
enum sk_field_form {
	SK_F_U, SK_F_I, SK_F_X, SK_F_X08,
	SK_F_HTONS, SK_F_HTONL,	/* htons(80) */
	SK_F_HTONLX,		/* htonl(0xfacefeed) */
	SK_F_HTOBS,		/* little endian */
	SK_F_ETHER,		/* htons(ETH_P_ALL) */
	SK_F_IF,		/* if_nametoindex("lo") */
	SK_F_SCOPE,		/* the same, if 16 bytes before are link-local */
	SK_F_IN4, SK_F_IN6,
	SK_F_STRING,		/* up to a NUL, which should be there */
	SK_F_BYTES,		/* "\x00\x01" */
	SK_F_OCTETS,		/* [0x1, 0x2] */
	SK_F_BDADDR,
	SK_F_MAC,		/* 00:11:22:33:44:55 */
	SK_F_HWADDR,		/* 00:11:…; its length is the 2 bytes before */
	SK_F_WORDS,		/* [0, 0]: 32 bits each */
	SK_F_BITS,		/* 1<<TCP_CLOSE|1<<TCP_LISTEN */
	SK_F_NAME, SK_F_FLAGS,
	SK_F_NUMBER, SK_F_MASK,	/* the same, always with the number before */
	SK_F_FD,
	SK_F_SOCKADDR,
	SK_F_GROUP,		/* a struct inside: .fields */
};

struct sk_field {
	const char *key;	/* NULL ends a table */
	uint8_t off, size;
	uint8_t form;		/* enum sk_field_form */
	const struct sk_names *names;
	const char *unknown;
	const struct sk_field *fields;
	bool maybe;		/* shown only if it is not zero */
};

void sk_dec_fields(struct sk_dec *d, const struct sk_field *f,
		   const void *data, size_t len);
/* The same of a struct that may end within a field: this one shows as bytes. */
void sk_dec_fields_cut(struct sk_dec *d, const struct sk_field *f,
		       const void *data, size_t len);
/* A struct of the tracee: {…}, or the pointer when it cannot be read. */
void sk_dec_struct(struct sk_dec *d, const struct sk_field *f, uint64_t addr,
		   size_t len);
/* One value of size bytes (1, 2, 4, 8), as the field has it. */
void sk_dec_field(struct sk_dec *d, const struct sk_field *f,
		  const unsigned char *p, size_t size);
void sk_dec_ifindex(struct sk_dec *d, uint32_t index);
void sk_dec_in4(struct sk_dec *d, const void *addr);
void sk_dec_in6(struct sk_dec *d, const void *addr);

/* --- dec_msg.c --- */
struct sk_msghdr {		/* of any ABI */
	uint64_t name, iov, iovlen, control, controllen;
	uint32_t namelen, flags;
	uint32_t mmsg_len;	/* of a struct mmsghdr */
};
size_t sk_msghdr_size(const struct sk_event *ev, bool mmsg);
bool sk_msghdr_get(const struct sk_event *ev, uint64_t addr, bool mmsg,
		   struct sk_msghdr *m);
/* Element i of an array of struct iovec. */
struct sk_iovec {
	uint64_t base, len;
};
bool sk_iovec_get(const struct sk_event *ev, uint64_t addr, size_t i,
		  struct sk_iovec *v);
/* "..." and the address where an array could no longer be read. */
void sk_dec_broken(struct sk_dec *d, uint64_t addr);
/* limit: bytes that moved; the rest of the buffers shows nothing. */
void sk_dec_iov(struct sk_dec *d, uint64_t addr, uint64_t count,
		uint64_t limit, bool pointers);
void sk_dec_msghdr(struct sk_dec *d, uint64_t addr, bool out);
void sk_dec_mmsg(struct sk_dec *d, uint64_t addr, uint64_t n, bool out);
void sk_dec_keep_msg(const struct sk_event *ev, uint64_t addr, bool mmsg,
		     unsigned n);

/* --- dec_bpf.c --- */
/* n instructions at addr; only with -v, else the pointer. */
void sk_dec_bpf(struct sk_dec *d, uint64_t addr, unsigned n);

/* --- dec_cmsg.c --- */
void sk_dec_control(struct sk_dec *d, uint64_t addr, uint64_t len);

/* --- dec_opt.c --- */
void sk_dec_level(struct sk_dec *d, int level);
void sk_dec_optname(struct sk_dec *d, int level, int name);
void sk_dec_optval(struct sk_dec *d, int level, int name, uint64_t addr,
		   int64_t len);
/* struct tcp_info; false: too short to be one. */
bool sk_dec_tcp_info(struct sk_dec *d, const unsigned char *val, size_t len);
/* --- dec_optval.c --- */
/* A value that is a struct or a filter; false: it is none. */
bool sk_dec_optstruct(struct sk_dec *d, int level, int name, uint64_t addr,
		      int64_t len);

/* "SO_REUSEADDR" into buf, or NULL. */
const char *sk_optname(int level, int name, char buf[64]);

/* --- dec_time.c --- */
/* Clock ticks: the number, and the seconds as a comment. */
void sk_dec_ticks(struct sk_show *s, uint64_t ticks);
enum sk_dec_time { SK_TIMESPEC, SK_TIMEVAL, SK_TIMESPEC64 };
void sk_dec_time(struct sk_dec *d, enum sk_dec_time kind, uint64_t addr);
void sk_dec_time_raw(struct sk_dec *d, enum sk_dec_time kind, int64_t sec,
		     int64_t frac);
void sk_dec_sigset(struct sk_dec *d, uint64_t addr, uint64_t size);

/* --- dec_wait.c --- */
void sk_dec_pollfds(struct sk_dec *d, uint64_t addr, uint64_t n);
bool sk_dec_poll_result(struct sk_dec *d, uint64_t addr, uint64_t n);
void sk_dec_fdset(struct sk_dec *d, uint64_t addr, int n);
bool sk_dec_fdset_any(struct sk_dec *d, uint64_t addr, int n);
void sk_dec_epoll_event(struct sk_dec *d, uint64_t addr);
void sk_dec_epoll_events(struct sk_dec *d, uint64_t addr, uint64_t n);
/* What stands in brackets behind the result; false: nothing does. */
void sk_dec_result_poll(struct sk_dec *d);
void sk_dec_result_select(struct sk_dec *d);
void sk_dec_result_mmsg(struct sk_dec *d);

/* --- dec_netlink.c --- */
/* A run of messages in len bytes at addr. */
void sk_dec_netlink(struct sk_dec *d, int protocol, uint64_t addr,
		    uint64_t len);

/* --- dec_fcntl.c --- */
bool sk_dec_fcntl_unary(const struct sk_event *ev);
bool sk_dec_fcntl_out(const struct sk_event *ev);
void sk_dec_fcntl_arg(struct sk_dec *d);
void sk_dec_result_fcntl(struct sk_dec *d);
void sk_dec_open_flags(struct sk_dec *d, uint64_t flags);

/* --- dec_ioctl.c --- */
bool sk_dec_ioctl_unary(const struct sk_event *ev);
bool sk_dec_ioctl_deep(const struct sk_event *ev);
bool sk_dec_ioctl_out(const struct sk_event *ev);
/* What it may overwrite is kept in a slot until it is shown. */
void sk_dec_keep_ioctl(const struct sk_event *ev, int slot);
void sk_dec_ioctl_cmd(struct sk_dec *d);
void sk_dec_ioctl_arg(struct sk_dec *d, int slot);

/* --- dec_uring.c --- */
void sk_dec_uring_params(struct sk_dec *d, uint64_t addr);

#endif
