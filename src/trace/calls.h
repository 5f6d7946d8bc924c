/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the model: what calls do to it. See model.h for the outside. */
#ifndef SK_TRACE_CALLS_H
#define SK_TRACE_CALLS_H

#include "trace/model.h"

/* A call begins: sets ev->quiet, asks what only can be asked before it. */
void sk_call_enter(struct sk_model *m, struct sk_event *ev);
/* It is over: bring the books up to date. */
void sk_call_exit(struct sk_model *m, struct sk_event *ev);

/* The last word of ev->keep: the number of the call's life at SK_EV_ENTER. */
#define SK_KEEP_LIFE (SK_EVENT_KEEP - 1)

/* --- call_begin.c --------------------------------------------------------- */

/* The socket of sk_event_fd(), or NULL. */
struct sk_life *sk_call_life(struct sk_model *m, struct sk_event *ev);
/* The second descriptor of a call that moves bytes between two; where from. */
int sk_call_source_fd(const struct sk_event *ev);
/*
 * Is a socket involved in a call that is not one of the sockets' own? Numbers
 * that cease to be epoll descriptors are noted on the way.
 */
bool sk_call_involves_socket(struct sk_model *m, struct sk_event *ev);
/* The descriptor is about to go: if it is the last, ask about its socket. */
void sk_call_ask_last(struct sk_model *m, struct sk_proc *p, int fd);

/* --- files.c -------------------------------------------------------------- */

/* The number now means this (holders are counted). */
void sk_model_set(struct sk_model *m, struct sk_proc *p, int fd,
		  struct sk_fd what);
/* The number means nothing any more. */
void sk_model_drop(struct sk_model *m, struct sk_proc *p, int fd);
/*
 * A call has just given this number; origin is of a life that is new. like:
 * its family and type, and whether it is connected; NULL: not known.
 */
struct sk_life *sk_model_learn(struct sk_model *m, struct sk_proc *p, int fd,
			       enum sk_life_origin origin,
			       const struct sk_life *like);

struct sk_files *sk_files_new(void);	/* NULL: no memory */
struct sk_files *sk_files_copy(const struct sk_files *from);
void sk_files_unref(struct sk_model *m, struct sk_files *f, bool leaked);
/* An entry means nothing any more; leaked: its last process has ended. */
void sk_files_release(struct sk_model *m, struct sk_files *f,
		      struct sk_fd *e, bool leaked);
/* A socket of which nothing could be asked can be now, by this descriptor. */
void sk_life_identify(struct sk_model *m, struct sk_proc *p, int fd);
/* One that has ended is only a number in the sum from now on. */
void sk_life_forget(struct sk_model *m, struct sk_life *l);

/* --- direct.c: places in the tables of rings ------------------------------ */

/* The number by which events name a place (SK_FD_DIRECT); -1: there is none. */
int sk_direct_fd(struct sk_files *f, int ring, uint32_t place);
/* Its entry, or NULL; its ring, or -1. */
struct sk_fd *sk_direct_entry(struct sk_files *f, int fd);
int sk_direct_ring(const struct sk_files *f, int fd);
/* The table of a ring (-1: of all of them) is gone. */
void sk_direct_close(struct sk_model *m, struct sk_files *f, int ring,
		     bool leaked);
/* What a socket is that nobody can be asked about. */
void sk_direct_identify(struct sk_life *id, const struct sk_life *like);
/* At the end of a call that went well: the addresses that it has named. */
void sk_direct_named(struct sk_model *m, struct sk_event *ev);

/* --- epolls.c ------------------------------------------------------------- */

struct sk_epoll *sk_epoll_new(void);	/* NULL: no memory; refs is 0 */
void sk_epoll_ref(struct sk_epoll *e);	/* NULL is none */
void sk_epoll_unref(struct sk_epoll *e);
void sk_epoll_add(struct sk_epoll *e, struct sk_life *l);
void sk_epoll_del(struct sk_epoll *e, struct sk_life *l);
/* Somebody has waited so long. */
void sk_epoll_waited(struct sk_epoll *e, uint64_t ns);
/* Bring blocked_ns up to date; the same, and nobody waits for it any more. */
void sk_epoll_settle(struct sk_life *l);
void sk_epoll_end_life(struct sk_life *l);

/* --- sets.c: descriptors that a call names in memory ---------------------- */

/*
 * Call fn for every descriptor that poll, select and their kin name; at EXIT
 * those of select are the ready ones only.
 */
typedef void sk_fd_fn(struct sk_model *m, struct sk_event *ev, int fd,
		      void *arg);
void sk_each_waited(struct sk_model *m, struct sk_event *ev, sk_fd_fn *fn,
		    void *arg);
/* … that recvmsg or recvmmsg has brought by SCM_RIGHTS. */
void sk_each_received(struct sk_model *m, struct sk_event *ev, sk_fd_fn *fn,
		      void *arg);
/* Sum of msg_len of the ev->ret messages of sendmmsg or recvmmsg. */
uint64_t sk_many_bytes(const struct sk_event *ev);

#endif
