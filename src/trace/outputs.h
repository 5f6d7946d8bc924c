/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reports that need decoders: how to begin them. See report.h. */
#ifndef SK_TRACE_OUTPUTS_H
#define SK_TRACE_OUTPUTS_H

#include "trace/reports.h"
#include "trace/text.h"

/*
 * --json: JSON lines; of opts: style, calls, status, signals, labels. opts is
 * used, not copied. NULL: no memory.
 */
struct sk_report *sk_report_json(struct sk_model *m, struct sk_out *out,
				 const struct sk_text_opts *opts);

/*
 * --pcapng: what passed through TCP and UDP sockets, as packets; fd is handed
 * over. NULL: no memory (fd is closed then, too).
 */
struct sk_report *sk_report_packets(struct sk_model *m, int fd);

/* --timeline: the Trace Event Format; fd as above. */
struct sk_report *sk_report_timeline(struct sk_model *m, int fd);

/* The life of a socket as a line; of one that lives, until now (mono_ns). */
struct sk_json;
void sk_json_life(struct sk_json *j, const struct sk_life *l, uint64_t now);

/* --diagram: a sequence diagram, for Mermaid or as text. NULL: no memory. */
struct sk_report *sk_report_diagram(struct sk_model *m, struct sk_out *out,
				    bool mermaid);

/*
 * --advise: what is done wrong, and how to do it; as text or as lines of JSON.
 * NULL: no memory.
 */
struct sk_report *sk_report_advise(struct sk_model *m, struct sk_out *out,
				   bool json);

#endif
