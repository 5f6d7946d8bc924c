/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses: what the kernel takes and gives (struct sk_addr), and what a
 * person writes (struct sk_target, which may hold names to be resolved).
 */
#ifndef SK_SOCK_ADDR_H
#define SK_SOCK_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <linux/vm_sockets.h>

#include "base/err.h"

/* A socket address with its length. Small: one is kept per connection. */
struct sk_addr {
	socklen_t len;		/* 0: no address */
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		struct sockaddr_vm vm;
	};
};

/* Longest text: a unix path of 108 bytes, each escaped as \xHH. */
#define SK_ADDR_TEXT_MAX 450

/*
 * "127.0.0.1:80", "[::1]:80", "[fe80::1%eth0]:80", "unix:/path",
 * "unix:@name", "unix:(unnamed)", "vsock:2:80". Foreign bytes in unix names
 * are escaped. Returns buf.
 */
const char *sk_addr_format(char buf[SK_ADDR_TEXT_MAX], const struct sk_addr *a);
/* The same without port: "127.0.0.1", "fe80::1%eth0", "/path", "2". */
const char *sk_addr_format_host(char buf[SK_ADDR_TEXT_MAX],
				const struct sk_addr *a);

bool sk_addr_equal(const struct sk_addr *a, const struct sk_addr *b);
/* For tables; seed: a secret, so that nobody can choose the chain. */
uint64_t sk_addr_hash(const struct sk_addr *a, uint64_t seed);

/* Port in host order, of 32 bits for vsock; -1 where the family has none. */
int64_t sk_addr_port(const struct sk_addr *a);
void sk_addr_set_port(struct sk_addr *a, uint16_t port);

/* The same but for the port; of IPv6 link-local addresses, the zone too. */
bool sk_addr_same_host(const struct sk_addr *a, const struct sk_addr *b);

/* getsockname(2), getpeername(2). Return 0 or a negative errno. */
int sk_addr_local(struct sk_addr *a, int fd);
int sk_addr_peer(struct sk_addr *a, int fd);

/* "unix:" path or "@name" into a sockaddr_un. Usage error if it cannot fit. */
int sk_addr_unix(struct sk_addr *a, const char *path, struct sk_err *err);

enum sk_target_kind {
	SK_TARGET_INET,		/* host (may be empty) and port */
	SK_TARGET_UNIX,
	SK_TARGET_VSOCK,
	SK_TARGET_FD,		/* an inherited socket */
};

struct sk_target {
	enum sk_target_kind kind;
	char host[256];		/* INET: name or number, "" for any/local */
	char service[64];	/* INET: port or service name */
	struct sk_addr addr;	/* UNIX, VSOCK */
	int fd;			/* FD */
};

/*
 * Parse one address as a person writes it: HOST:PORT, [V6%ZONE]:PORT, :PORT,
 * unix:/PATH, unix:@NAME, vsock:CID:PORT, fd:N. Errors are usage errors.
 */
int sk_target_parse(struct sk_target *t, const char *text, struct sk_err *err);

/* Parse HOST and PORT given apart. host may be "" or NULL. */
int sk_target_parse_pair(struct sk_target *t, const char *host,
			 const char *port, struct sk_err *err);

/* A number 0..65535 or a name from services(5). Usage error otherwise. */
int sk_parse_port(const char *text, uint16_t *port, struct sk_err *err);

/* As it was written, for messages: "localhost:80". Returns buf. */
const char *sk_target_format(char buf[SK_ADDR_TEXT_MAX],
			     const struct sk_target *t);

#endif
