/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of tests/tools/peer share. It links nothing of sockkit. */
#ifndef SK_TESTS_PEER_H
#define SK_TESTS_PEER_H

#include <stddef.h>
#include <stdint.h>

#define PEER_CHUNK (256 * 1024)

/* The word being done, for messages. */
extern const char *peer_doing;

/* Monotonic time in microseconds. */
uint64_t peer_now(void);

/* Say "peer: …" on stderr and exit with status 1. */
void peer_die(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/* A whole number, K M G (1024) behind it if wanted; dies of anything else. */
uint64_t peer_number(const char *text);

/* Wait for poll(2) events on fd until the deadline; dies when it passes. */
void peer_poll(int fd, short events, uint64_t deadline, const char *what);

/* All of it to a blocking descriptor; dies if that fails. */
void peer_write_all(int fd, const void *buf, size_t len);

/* When what starts now must have ended (PEER_DEADLINE seconds from now). */
uint64_t peer_deadline(void);

/* A connected, non-blocking TCP socket; dies if there is none in time. */
int peer_connect(const char *host, const char *port);

/* The test pattern from this offset on: every offset has its own bytes. */
void peer_pattern(unsigned char *buf, size_t len, uint64_t offset);

/* Numbers only; dies of anything else. Freed by freeaddrinfo(3). */
struct addrinfo;
struct addrinfo *peer_resolve(const char *host, const char *port);

/* Set SO_RCVBUF to PEER_RCVBUF, if that is given. */
void peer_rcvbuf(int fd);

/* Other faces of the program, each with its own head comment. */
int peer_listen(int argc, char **argv);
int peer_script_connect(int argc, char **argv);
int peer_flood(int argc, char **argv);
int peer_pty(int argc, char **argv);
int peer_reserve(int argc, char **argv);
int peer_free(int argc, char **argv);

#endif
