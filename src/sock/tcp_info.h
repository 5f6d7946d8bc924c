/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What TCP_INFO and INET_DIAG_INFO say, field by field. The layout is our own
 * table (tcp_info.def), as system headers are often older than the kernel;
 * the struct only ever grows at its end, so the length tells what is there.
 */
#ifndef SK_SOCK_TCP_INFO_H
#define SK_SOCK_TCP_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for all of Linux 6.18's, and some growth. */
#define SK_TCP_INFO_MAX 512

enum sk_tcp_unit {
	SK_TCP_COUNT,
	SK_TCP_BOOL,
	SK_TCP_STATE,		/* a value of sk_names_tcp_state */
	SK_TCP_CA_STATE,	/* a value of sk_names_tcp_ca_state */
	SK_TCP_OPTIONS,		/* flags of sk_names_tcpi_options */
	SK_TCP_US,
	SK_TCP_MS,
	SK_TCP_BYTES,
	SK_TCP_BYTES_S,		/* bytes per second; UINT64_MAX: no limit */
	SK_TCP_PACKETS,		/* segments */
};

struct sk_tcp_field {
	const char *name;	/* "rtt", without tcpi_ */
	const char *help;
	uint16_t offset;
	uint8_t size;		/* 1, 2, 4 or 8 bytes */
	uint8_t shift, bits;	/* a bit field within the byte; bits 0: none */
	enum sk_tcp_unit unit;
};

/* The fields in kernel order: pass NULL first; NULL at the end. */
const struct sk_tcp_field *sk_tcp_info_next(const struct sk_tcp_field *f);

/* "rtt" or "tcpi_rtt"; NULL if there is no such field. */
const struct sk_tcp_field *sk_tcp_info_field(const char *name);

/*
 * The value of a field in info[0..len), as the kernel filled it (no alignment
 * needed). False, with *value 0, when the kernel gave fewer bytes: the field
 * is absent, which is not zero.
 */
bool sk_tcp_info_get(const struct sk_tcp_field *f, const void *info,
		     size_t len, uint64_t *value);

/* "us", "ms", "bytes", "bytes/s", "packets"…; "" for plain numbers. */
const char *sk_tcp_unit_name(enum sk_tcp_unit unit);

/* "ESTABLISHED", "TIMESTAMPS|SACK", "1500": without unit. Returns buf. */
const char *sk_tcp_info_format(char *buf, size_t size,
			       const struct sk_tcp_field *f, uint64_t value);

#endif
