/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of uring.c: what requests mean, registered files and buffers. */
#ifndef SK_TRACE_URING_IN_H
#define SK_TRACE_URING_IN_H

#include "trace/uring.h"

/* Registered files: requests with IOSQE_FIXED_FILE name them by index. */
struct sk_uring_files {
	size_t n;
	struct sk_uring_file {
		int fd;		/* as it was registered; -1: none */
		uint64_t life;	/* number of the socket behind it; 0 */
	} *v;
};

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
		pid_t tid;
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
/* The thread is gone. */
void sk_uring_names_drop(struct sk_uring_names *n, pid_t tid);
void sk_uring_names_fini(struct sk_uring_names *n);

#define SK_FLIGHT_BUCKETS 256

struct sk_uring_request {
	LIST_ENTRY(sk_uring_request) by_data;
	TAILQ_ENTRY(sk_uring_request) by_age;
	struct sk_sqe sqe;
	uint64_t since_ns;
};

/* Requests of a ring that are under way, by user_data. */
struct sk_uring_flight {
	LIST_HEAD(, sk_uring_request) of[SK_FLIGHT_BUCKETS];
	TAILQ_HEAD(, sk_uring_request) ages;
	size_t n;
};

void sk_uring_flight_init(struct sk_uring_flight *f);
void sk_uring_flight_add(struct sk_uring_flight *f, const struct sk_sqe *sqe,
			 uint64_t now);
/* Of those with the same user_data, the oldest; or NULL. */
struct sk_uring_request *sk_uring_flight_find(struct sk_uring_flight *f,
					      uint64_t user_data);
void sk_uring_flight_drop(struct sk_uring_flight *f,
			  struct sk_uring_request *q);
void sk_uring_flight_fini(struct sk_uring_flight *f);

/* At the exit of an io_uring_register(2) that went well. */
void sk_uring_files_register(struct sk_uring_files *f, struct sk_model *m,
			     const struct sk_event *ev);
void sk_uring_files_fini(struct sk_uring_files *f);

/*
 * Make an index a descriptor of the program's that means the same socket
 * still. False: there is none, or the request makes a direct descriptor.
 */
bool sk_uring_resolve(struct sk_model *m, struct sk_proc *p,
		      const struct sk_uring_files *f, struct sk_sqe *sqe);

/* Has the request to do with sockets, as far as can be seen? */
bool sk_uring_concerns(struct sk_model *m, struct sk_proc *p,
		       const struct sk_sqe *sqe);

#endif
