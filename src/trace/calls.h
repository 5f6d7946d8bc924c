/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the model: what calls do to it. See model.h for the outside. */
#ifndef SK_TRACE_CALLS_H
#define SK_TRACE_CALLS_H

#include "trace/model.h"

/* A call begins: sets ev->quiet, asks what only can be asked before it. */
void sk_call_enter(struct sk_model *m, struct sk_event *ev);
/* It is over: bring the books up to date. */
void sk_call_exit(struct sk_model *m, struct sk_event *ev);

/* The descriptor is about to go: if it is the last, ask about its socket. */
void sk_call_ask_last(struct sk_model *m, struct sk_proc *p, int fd);

/* --- model.c ----------------------------------------------------------------- */

/* The number now means this (holders are counted). */
void sk_model_set(struct sk_model *m, struct sk_proc *p, int fd,
		  struct sk_fd what);
/* The number means nothing any more. */
void sk_model_drop(struct sk_model *m, struct sk_proc *p, int fd);
/* A call has just given this number; origin is of a life that is new. */
struct sk_life *sk_model_learn(struct sk_model *m, struct sk_proc *p, int fd,
			       enum sk_life_origin origin);

/* --- epolls.c ----------------------------------------------------------------- */

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

/* --- sets.c: descriptors that a call names in memory --------------------------- */

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
