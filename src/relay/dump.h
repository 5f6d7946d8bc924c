/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --output and --hex-dump: what passed, kept in files. */
#ifndef SK_RELAY_DUMP_H
#define SK_RELAY_DUMP_H

#include "relay/relay.h"

/* NULL path: *d is NULL. Run-time error with the file's name. */
int sk_dump_open(struct sk_dump **d, const char *path, bool append, bool hex,
		 struct sk_err *err);
void sk_dump_close(struct sk_dump *d);

/*
 * Bytes sent to (sent) or received from peer, the first of them being the
 * offset-th of that direction. A file that cannot be written is reported
 * once and left; relay->dump_failed tells the command.
 */
void sk_dump_bytes(struct sk_relay *relay, const struct endpoint *peer,
		   bool sent, uint64_t offset, const void *data, size_t len);

#endif
