/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of uring.c: what requests mean, registered files and buffers. */
#ifndef SK_TRACE_URING_IN_H
#define SK_TRACE_URING_IN_H

#include "trace/uring.h"

/* Groups of buffers to choose from. */
struct sk_uring_bufs {
	size_t n;
	struct sk_uring_group {
		uint16_t group, first; /* its number, and its first buffer's */
		bool is_ring;	/* addr: n entries that say where each is */
		uint64_t addr;
		uint32_t n, len;	/* buffers, and bytes of each */
	} *v;
};

/* At the exit of an io_uring_register(2) that went well. */
void sk_uring_bufs_register(struct sk_uring_bufs *b, const struct sk_event *ev);
/* IORING_OP_PROVIDE_BUFFERS has gone well. */
void sk_uring_bufs_provided(struct sk_uring_bufs *b, const struct sk_sqe *sqe);
/* Where a buffer lies, and how long it is. */
bool sk_uring_bufs_find(struct sk_uring_bufs *b, const struct sk_event *ev,
			uint16_t group, uint16_t id, uint64_t *addr,
			uint64_t *len);
void sk_uring_bufs_fini(struct sk_uring_bufs *b);

/* Numbers that threads have given to rings. */
struct sk_uring_names {
	size_t n;
	struct sk_uring_name {
		pid_t pid, tid;
		uint32_t index;
		int fd;
	} *v;
};

/* At the exit of an io_uring_register(2) that went well. */
void sk_uring_names_register(struct sk_uring_names *n,
			     const struct sk_event *ev);
/* The descriptor, or -1. */
int sk_uring_names_find(const struct sk_uring_names *n, pid_t tid,
			uint32_t index);
/* Has a thread of the process a number for it? */
bool sk_uring_names_has(const struct sk_uring_names *n, pid_t pid, int fd);
/* The thread is gone. */
void sk_uring_names_drop(struct sk_uring_names *n, pid_t tid);
void sk_uring_names_fini(struct sk_uring_names *n);

/* Operations that calls are not enough for. */
#define SK_OP_OPENAT 18
#define SK_OP_CLOSE 19
#define SK_OP_FILES_UPDATE 20
#define SK_OP_OPENAT2 28
#define SK_OP_PROVIDE_BUFFERS 31

/* Requests that are over, as calls. */
struct sk_uring_made {
	enum sk_sys sys;
	int ring;
	uint64_t args[6], took_ns;
	int64_t res;
};

struct sk_uring_calls {
	struct sk_uring_made *v;
	size_t n, cap, next;
	bool second;		/* the SK_EV_EXIT of `next` is due */
	uint64_t keep[SK_EVENT_KEEP];
};

void sk_uring_calls_add(struct sk_uring_calls *c, const struct sk_uring_made *m);
/* sk_urings_next() */
bool sk_uring_calls_next(struct sk_uring_calls *c, const struct sk_event *ev,
			 struct sk_event *made);

#define SK_FLIGHT_BUCKETS 256

struct sk_uring_request {
	LIST_ENTRY(sk_uring_request) by_data;
	TAILQ_ENTRY(sk_uring_request) by_age;
	struct sk_sqe sqe;
	uint64_t since_ns;
	bool linked;		/* begins when that of `after` is over */
	uint64_t after;
};

/* Requests of a ring that are under way, by user_data. */
struct sk_uring_flight {
	LIST_HEAD(, sk_uring_request) of[SK_FLIGHT_BUCKETS];
	TAILQ_HEAD(, sk_uring_request) ages;
	size_t n, silent;	/* silent: closes that may give no result */
};

void sk_uring_flight_init(struct sk_uring_flight *f);
/* before: the request handed over just before, or NULL. */
void sk_uring_flight_add(struct sk_uring_flight *f, const struct sk_sqe *sqe,
			 const struct sk_sqe *before, uint64_t now);
/* A silent close that has begun, so that it is over; or NULL. */
struct sk_uring_request *sk_uring_flight_silent(struct sk_uring_flight *f);
/* Of those with the same user_data, the oldest; or NULL. */
struct sk_uring_request *sk_uring_flight_find(struct sk_uring_flight *f,
					      uint64_t user_data);
void sk_uring_flight_drop(struct sk_uring_flight *f,
			  struct sk_uring_request *q);
void sk_uring_flight_fini(struct sk_uring_flight *f);

/*
 * Registered files are places in the tables of direct.c, by the ring's
 * descriptor. At the exit of an io_uring_register(2) that went well.
 */
void sk_uring_files_register(struct sk_model *m, const struct sk_event *ev,
			     int ring);
/* A request has put files into the table: what it said stands there now. */
void sk_uring_files_put(struct sk_model *m, const struct sk_event *ev,
			int ring, const struct sk_sqe *sqe, int32_t res);

/*
 * Make indices into the ring's table what events call them (SK_FD_DIRECT).
 * False: they are none that the kernel would take.
 */
bool sk_uring_resolve(struct sk_proc *p, int ring, struct sk_sqe *sqe);
/* The result: where the request has put a direct descriptor, if it has. */
int64_t sk_uring_result_of(struct sk_proc *p, int ring,
			   const struct sk_sqe *sqe, int32_t res);
/* Does it close something, and is silent if that goes well? */
bool sk_uring_closes_silently(const struct sk_sqe *sqe);

/* Has the request to do with sockets, as far as can be seen? */
bool sk_uring_concerns(struct sk_model *m, struct sk_proc *p,
		       const struct sk_sqe *sqe);

#endif
