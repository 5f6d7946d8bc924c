/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is special about unix sockets, unix(7): names that are files, peers
 * that have credentials, descriptors that travel.
 */
#ifndef SK_NET_UNIX_H
#define SK_NET_UNIX_H

#include <sys/stat.h>

#include "net/dgram.h"
#include "net/options.h"

/* A file that bind(2) made for us. inode 0: none. */
struct sk_unix_file {
	ino_t inode;
	dev_t dev;
};

/*
 * The path as a string: one of 108 bytes has no NUL in the kernel's form.
 * Returns buf; "" for abstract names.
 */
const char *sk_unix_path(char buf[sizeof(struct sockaddr_un)],
			 const struct sk_addr *a);

/*
 * The path is taken. If it is a socket that nobody serves, a server died and
 * left it: remove it, return 0. Anything else is not ours to touch:
 * -EADDRINUSE.
 */
int sk_unix_clear_stale(const struct sk_addr *a);

/* What there is to add, in brackets and behind a space, when bind(2) failed
 * with this error: that the path is something else than a socket; else "". */
const char *sk_unix_in_the_way(const struct sk_addr *a, int error);

/* Remember what bind(2) has just made; remove it if it still is that. */
void sk_unix_note(struct sk_unix_file *f, const struct sk_addr *a);
void sk_unix_remove(const struct sk_unix_file *f, const struct sk_addr *a);

/* bind(2) with the mode of o, if there is one. 0 or negative errno. */
int sk_unix_bind(int fd, const struct sk_addr *a, const struct sk_net_opts *o);

/* "pid 12 (cat), uid 0, gid 0"; the command is escaped. Returns buf. */
#define SK_CRED_TEXT_MAX 160
const char *sk_unix_cred(char buf[SK_CRED_TEXT_MAX], const struct ucred *cred);
/* With -v: who is at the other end of fd; nothing if it is no unix socket. */
void sk_unix_tell_peer(int fd);

/* "descriptor 5 (/etc/passwd)", as /proc knows it. Returns buf. */
#define SK_FD_TEXT_MAX 300
const char *sk_unix_fd(char buf[SK_FD_TEXT_MAX], int fd);

/* --- sockets that keep boundaries -------------------------------------------- */

/* A socket and the name it has made for itself. */
struct sk_unix_dgram {
	struct sk_dgram *d;	/* handed on to the relay */
	struct sk_addr name;
	struct sk_unix_file file;
	char folder[100];	/* "": none was made */
};

/*
 * Bind at a and, if type is SOCK_SEQPACKET, listen. Connect to a; a datagram
 * socket gets a name of its own first, that it can be answered: o->source, or
 * one in a fresh folder that only we can enter. 0 or negative errno with err.
 */
int sk_unix_serve(struct sk_unix_dgram *u, struct sk_loop *loop, int type,
		  const struct sk_addr *a, const struct sk_net_opts *o,
		  struct sk_err *err);
int sk_unix_dial(struct sk_unix_dgram *u, struct sk_loop *loop, int type,
		 const struct sk_addr *a, const struct sk_net_opts *o,
		 struct sk_err *err);
/* Remove what was made; the socket is the relay's. */
void sk_unix_fini(struct sk_unix_dgram *u);

#endif
