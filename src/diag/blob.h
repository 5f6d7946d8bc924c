/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Structs that the kernel sends whole (mptcp_info, sctp_info, xdp_diag_umem …)
 * as tables of fields: written once, shown as text and as JSON. Kernels send
 * more or less of a struct; what is not there is absent.
 */
#ifndef SK_DIAG_BLOB_H
#define SK_DIAG_BLOB_H

#include "diag/line.h"
#include "diag/sock.h"

enum sk_blob_form {
	SK_BLOB_DEC,		/* left out of text when it is zero */
	SK_BLOB_HEX,		/* the same */
	SK_BLOB_ALL,		/* decimal, zero too */
	SK_BLOB_FLAG,		/* text: ALL of its lowest bit */
	SK_BLOB_NAME,		/* text: names[value] */
	SK_BLOB_BITS,		/* text: names of the bits that are set */
};

struct sk_blob_field {
	const char *label;	/* ss's, with what stands in front of it */
	const char *key;	/* JSON's; NULL: not in JSON */
	uint16_t offset;
	uint8_t size;		/* 1, 2, 4, 8 */
	uint8_t form;		/* enum sk_blob_form */
	const char *const *names; /* a NULL ends them */
};

/* The tables; a row without a label and a key ends each. */
extern const struct sk_blob_field sk_blob_mptcp[];	/* linux/mptcp.h */
extern const struct sk_blob_field sk_blob_sctp[];	/* linux/sctp.h */
extern const struct sk_blob_field sk_blob_umem[];	/* linux/xdp_diag.h */
extern const struct sk_blob_field sk_blob_xdp_stats[];

/* False: absent. */
bool sk_blob_get(const struct sk_blob_field *f, struct sk_bytes b,
		 uint64_t *value);
/* Every field that has a label. */
void sk_blob_text(struct sk_line *l, const struct sk_blob_field *table,
		  struct sk_bytes b);
/* The members, each with a comma in front unless it is the first. */
void sk_blob_json(struct sk_line *l, const struct sk_blob_field *table,
		  struct sk_bytes b, bool first);

/* --- lists in a blob: each call takes the next element off the front ------ */

/* Arrays of struct sockaddr_storage: false after the last. */
bool sk_blob_next_address(struct sk_bytes *b, int *family, uint8_t ip[16]);

/* INET_DIAG_SK_BPF_STORAGES: a value for each map that has one. */
struct sk_storage {
	uint32_t map_id;
	struct sk_bytes value;
};
bool sk_blob_next_storage(struct sk_bytes *b, struct sk_storage *one);

#endif
