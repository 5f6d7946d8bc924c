/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames to and from the text of conversations. Checksums and headers are made
 * and checked here by other code than the stack's.
 */
#ifndef SK_TESTS_CONV_WIRE_H
#define SK_TESTS_CONV_WIRE_H

#include "conv.h"

/* The stack has sent this. */
void conv_frame_out(struct conv *t, const uint8_t *frame, size_t len,
		    uint64_t now);
/* A frame arrives. */
void conv_input(struct conv *t, const void *frame, size_t len);
/* Bytes of a stream from an offset on, the same in both directions. */
void conv_pattern(uint8_t *to, uint32_t off, uint32_t len);
void conv_seg_format(const struct conv *t, char *to, size_t size,
		     const struct conv_seg *seg);
bool conv_seg_match(struct conv *t, const struct conv_seg *seg,
		    const char *line, char *why, size_t size);
/* An IP packet of proto with this payload from the peer (or src). */
void conv_ip_in(struct conv *t, uint8_t proto, const uint8_t *l4, size_t len);

#endif
