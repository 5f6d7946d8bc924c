/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the traced programs hold: processes, their descriptors, and the life
 * of every socket behind these.
 *
 * The model is fed every event before any report sees it. It marks the event
 * quiet when no socket is involved, and keeps the books that --sockets,
 * --leaks, --advise, -yy and the packet writer read.
 *
 * A socket is one struct sk_life whatever the number of descriptors: it is
 * told by SO_COOKIE, so dup, fork and SCM_RIGHTS find the same one again.
 * Memory is bounded by live sockets: of those that ended only the last
 * SK_LIVES_KEPT stay, the rest are added up in sk_model.gone.
 */
#ifndef SK_TRACE_MODEL_H
#define SK_TRACE_MODEL_H

#include <sys/queue.h>

#include "sock/addr.h"
#include "sock/tcp_info.h"
#include "trace/event.h"
#include "trace/growth.h"

#define SK_LIVES_KEPT 1000
#define SK_PROC_BUCKETS 256

/* --- sockets -------------------------------------------------------------- */

enum sk_life_origin {
	SK_LIFE_MADE,		/* socket(2) */
	SK_LIFE_PAIRED,		/* socketpair(2) */
	SK_LIFE_ACCEPTED,
	SK_LIFE_RECEIVED,	/* SCM_RIGHTS, pidfd_getfd(2) */
	SK_LIFE_INHERITED,	/* open when the trace began */
};

enum sk_life_end {
	SK_LIFE_OPEN,		/* lives */
	SK_LIFE_CLOSED,		/* the last descriptor was closed */
	SK_LIFE_SHUT,		/* the same, after shutdown(2) of what we send */
	SK_LIFE_RESET,		/* the connection had been reset or timed out */
	SK_LIFE_LEAKED,		/* the last process ended and had not closed it */
	SK_LIFE_HANDED,		/* inherited, and left open for its owner */
};

enum sk_life_wait {
	SK_WAIT_IN,		/* in calls that receive */
	SK_WAIT_OUT,		/* … send */
	SK_WAIT_CONNECT,
	SK_WAIT_ACCEPT,
	SK_WAIT_POLL,		/* poll, select, epoll_wait that name it */
	SK_WAIT_COUNT_
};

struct sk_flow {
	uint64_t bytes;
	uint64_t calls;		/* that went well */
	uint64_t again;		/* that gave EAGAIN */
	uint64_t errors;	/* other errors */
};

/* One setsockopt(2) that went well; the last value of each option. */
struct sk_life_option {
	int level, name;
	uint8_t len;		/* of value; longer ones are cut */
	unsigned char value[31];
};

struct sk_life {
	TAILQ_ENTRY(sk_life) link;	/* all live ones, or the ended ones */
	LIST_ENTRY(sk_life) by_id;
	uint64_t number;	/* 1, 2… in order of appearance */
	uint64_t cookie;	/* SO_COOKIE; 0: could not be asked */
	uint64_t inode;		/* as in /proc/PID/fd */
	int family, type, protocol; /* -1: not known */

	pid_t pid;		/* the process that made it */
	char comm[16];
	int fd;			/* its number there */
	int ring;		/* … in the table of the ring of descriptor
				 * ring - 1; 0: it is a descriptor */
	unsigned holders;	/* descriptors open in traced processes */
	unsigned directs;	/* … of which are places in tables of rings */
	enum sk_life_origin origin;
	enum sk_life_end end;
	uint64_t listener;	/* number of the one that accepted it; 0 */

	/* CLOCK_MONOTONIC ns; 0: has not happened. */
	uint64_t created, bound, connecting, connected, ended;
	uint64_t handshake_ns;	/* connect(2) until the connection stood */
	uint64_t created_wall;	/* since 1970 */

	struct sk_addr local, peer; /* as last asked; len 0: none */
	uint32_t peer_inode;	/* unix; 0: none, or not known */
	bool peer_stale;	/* … and this is to be asked */
	bool names_stale;	/* ask again before they are shown */
	char *label;		/* of -yy, as last made of them; NULL */
	bool listening, shut_in, shut_out, nonblock;
	int backlog;
	int last_error;		/* last errno but EAGAIN and EINTR; 0 */

	struct sk_flow in, out, accepts;
	uint64_t used;		/* mono_ns of the last call on it */
	struct sk_group *group;	/* growth.h; NULL: none */
	LIST_HEAD(, sk_interest) waits; /* epolls.c: who waits for it */
	uint64_t blocked_ns[SK_WAIT_COUNT_];
	struct sk_life_option *options;
	unsigned n_options;

	/* The kernel's last word, taken before the last close. */
	uint16_t tcp_info_len;	/* 0: no TCP, or could not be asked */
	unsigned char tcp_info[256];

	char *stack;		/* -k: lines of where it was made; or NULL */
};

/* --- descriptors and processes --------------------------------------------- */

enum sk_fd_kind {
	SK_FD_UNKNOWN,		/* not looked at yet */
	SK_FD_CLOSED,
	SK_FD_OTHER,		/* a file, a pipe … */
	SK_FD_SOCKET,
	SK_FD_EPOLL,
	SK_FD_URING,
};

struct sk_fd {
	uint8_t kind;		/* enum sk_fd_kind */
	bool on_sockets;	/* SK_FD_EPOLL: has been told of one */
	bool direct;		/* stands in a ring's table */
	uint32_t looked;	/* in which event it was looked at */
	struct sk_life *life;	/* SK_FD_SOCKET */
	struct sk_epoll *epoll;	/* SK_FD_EPOLL; NULL: not known yet */
};

/* The files that a ring has registered (direct.c). */
struct sk_direct {
	int ring;		/* its descriptor; -1: none has this place */
	int n;
	struct sk_fd *v;
};

/* A descriptor table; tasks made with CLONE_FILES share one. */
struct sk_files {
	unsigned refs;
	unsigned sockets;	/* entries that are sockets */
	unsigned connecting;	/* … whose connect(2) is under way */
	bool uring;		/* has io_uring: files come by unseen */
	int n;
	struct sk_fd *v;
	unsigned n_directs;
	struct sk_direct *directs;
};

struct sk_proc {
	LIST_ENTRY(sk_proc) link;
	pid_t pid, parent;
	char comm[16];
	int pidfd;		/* -1: none (yet) */
	unsigned threads, ending;
	bool has_filters;	/* seccomp of its own: calls may be hidden */
	uint64_t began;		/* mono_ns */
	struct sk_files *files;
	struct sk_groups groups;
};

/* --- the model -------------------------------------------------------------- */

TAILQ_HEAD(sk_lives, sk_life);
LIST_HEAD(sk_ids, sk_life);

struct sk_model_opts {
	bool tcp_info;		/* ask TCP_INFO before close */
	bool lives;		/* keep books at all (else: labels only) */
	bool closes_unseen;	/* nobody tells of close(2): its beginning will
				 * do, if nobody else has the descriptors */
	bool moves_unseen;	/* nobody tells of close(2), dup(2)… at all: a
				 * label asks whether it is still the same */
};

struct sk_model {
	struct sk_model_opts opts;
	LIST_HEAD(sk_procs, sk_proc) procs[SK_PROC_BUCKETS]; /* by pid */
	struct sk_ids *ids;	/* by cookie */
	uint64_t mono_ns, wall_ns; /* of the event */
	int ring;		/* … and its ring */
	uint32_t event;		/* … and its number */
	struct sk_proc *dying;	/* has ended with this event */
	struct sk_proc nobody;	/* for events of no process */
	struct sk_lives live, ended;
	uint64_t made, n_live, n_ended;	/* n_ended: kept in `ended` */
	uint64_t peak_live;
	struct {		/* ended and no longer kept */
		uint64_t lives, bytes_in, bytes_out, leaked;
	} gone;
	uint64_t leaked;	/* all of them, kept or not */
	int unix_diag;		/* of sk_probe_unix_peer() */

	/* Called when a life has ended, before it may be forgotten. */
	void (*on_end)(struct sk_model *m, const struct sk_life *l, void *arg);
	void *on_end_arg;	/* also of where_made */
	/* The last descriptor of a ring is closed, as far as is known. */
	void (*on_ring_close)(struct sk_model *m, struct sk_proc *p, int fd,
			      void *arg);
	void *on_ring_arg;
	/* The stack of the thread whose call makes a socket, by malloc. */
	char *(*where_made)(void *arg);
};

/* 0 or -ENOMEM. */
int sk_model_init(struct sk_model *m, const struct sk_model_opts *opts);
void sk_model_fini(struct sk_model *m);

/*
 * Take an event in: sets ev->proc and ev->quiet. Every event goes through
 * here, in order, once, before reports see it.
 */
void sk_model_event(struct sk_model *m, struct sk_event *ev);

/* Asked to look: names and TCP_INFO of all that is open. */
void sk_model_refresh(struct sk_model *m);

/* Does a process hold any? (Known ones; for struct sk_engine_opts.) */
bool sk_model_has_sockets(struct sk_model *m, pid_t pid);

struct sk_proc *sk_model_proc(struct sk_model *m, pid_t pid);

/*
 * What a descriptor is, asking the kernel if need be. Never NULL; a static
 * closed one for numbers out of range. During the event only.
 */
const struct sk_fd *sk_model_fd(struct sk_model *m, struct sk_proc *p, int fd);

/* The socket behind a descriptor, or NULL. */
struct sk_life *sk_model_life(struct sk_model *m, struct sk_proc *p, int fd);

/* The same for its label: asks first whether it is, where moves are unseen. */
struct sk_life *sk_model_life_now(struct sk_model *m, struct sk_proc *p,
				  int fd);

/* Judge whether sockets grow without bound in processes that are there. */
bool sk_model_grows(struct sk_model *m);

/* The descriptor that the call of an event is about, or -1. */
int sk_event_fd(const struct sk_event *ev);
/* A descriptor of the event as it is shown: "3", "[fixed 3]". Returns buf. */
#define SK_EVENT_FD_MAX 24
const char *sk_event_fd_text(char buf[SK_EVENT_FD_MAX],
			     const struct sk_event *ev, int fd);
/* ev->ret, or the place in a ring's table that it means. */
int64_t sk_event_shown_ret(const struct sk_event *ev);

/*
 * What stands in <> behind a descriptor: with detail 1 (-y) "socket:[4026]"
 * or "/etc/passwd", with 2 (-yy) "TCP:[127.0.0.1:40222->127.0.0.1:80]",
 * "UNIX-STREAM:[4711->4712,\"/run/x\"]", "NETLINK:[ROUTE:0]". "" when nothing
 * is known. Foreign bytes are escaped. Asks the kernel when a name may have
 * changed. Returns it, in buf or where it was kept.
 */
#define SK_LABEL_MAX 512
const char *sk_model_label(struct sk_model *m, const struct sk_event *ev,
			   int fd, int detail, char buf[SK_LABEL_MAX]);

#endif
