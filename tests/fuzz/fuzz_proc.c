/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzz target: files of /proc/net and names below /proc/PID/fd. The first byte
 * chooses the file ('a' the first, so that a corpus can be written by hand),
 * the rest is what it holds.
 */
#include "fuzz.h"

#include "diag/counters_show.h"
#include "diag/openmetrics_in.h"
#include "diag/owners_in.h"
#include "diag/procfile.h"
#include "diag/summary.h"
#include "forms.h"

/* --- lists of sockets ----------------------------------------------------- */

static const struct {
	enum sk_proc_table table;
	unsigned kind;
} sockets[] = {
	{ SK_PROC_INET, SK_KIND_TCP },	 { SK_PROC_INET6, SK_KIND_TCP },
	{ SK_PROC_INET, SK_KIND_UDP },	 { SK_PROC_INET6, SK_KIND_RAW },
	{ SK_PROC_UNIX, 0 },		 { SK_PROC_NETLINK, 0 },
	{ SK_PROC_PACKET, 0 },
};

static void list_sockets(size_t i, char *text, size_t size)
{
	static const struct sk_diag_query q = { .kinds = SK_KIND_ALL,
						.states = SK_STATES_ALL };
	struct forms f;
	struct sk_diag_result res = {};
	struct sk_dump d = { .q = &q, .fn = forms_show, .arg = &f, .res = &res,
			     .kind = sockets[i].kind };
	FILE *file = size ? fmemopen(text, size, "r") : NULL;

	if (!file)
		return;
	forms_begin(&f);
	sk_proc_lines(&d, file, sockets[i].table);
	forms_end(&f);
	fclose(file);
}

/* --- counters ------------------------------------------------------------- */

static sk_counters_parse *const counters[] = {
	sk_counters_parse_pairs,    sk_counters_parse_list,
	sk_counters_parse_sockstat, sk_counters_parse_softnet,
	sk_counters_parse_dev,	    sk_counters_parse_conntrack,
};

static void list_counters(size_t i, char *text)
{
	struct sk_counters c = { .n = 0 };
	struct sk_out out;

	sk_out_init(&out, -1);
	if (!counters[i](&c, text)) {
		sk_counters_show(&c, NULL, NULL, false, &out, NULL);
		sk_counters_show(&c, &c, "*", true, &out, NULL);
		sk_summary_show(&c, "/nonexistent", false, &out);
		sk_summary_show(&c, "/nonexistent", true, &out);
		sk_metrics_counters(&out, SK_METRICS_OPEN, &c);
	}
	forms_check(&out);
	sk_out_fini(&out);
	sk_counters_fini(&c);
}

/* --- others --------------------------------------------------------------- */

static void list_protocols(char *text, bool json)
{
	struct sk_out out;

	sk_out_init(&out, -1);
	sk_protocols_text(text, json, &out);
	forms_check(&out);
	sk_out_fini(&out);
}

/* What is taken for a number is written as that number. */
static void read_names(char *text, size_t size)
{
	int n = sk_proc_number(text);
	char again[64];

	if (n >= 0) {
		snprintf(again, sizeof(again), "%d", n);
		if (strcmp(again, text + strspn(text, "0")) && n)
			abort();
	}
	sk_proc_socket(text, size);
}

static void use(size_t which, char *text, size_t size)
{
	const size_t n = sizeof(sockets) / sizeof(*sockets);
	const size_t m = sizeof(counters) / sizeof(*counters);

	which %= n + m + 3;
	if (which < n) {
		list_sockets(which, text, size);
		return;
	}
	/* What is read whole has no NUL (procfile.h). */
	for (size_t i = 0; i < size; i++)
		if (!text[i])
			text[i] = ' ';
	if (which < n + m)
		list_counters(which - n, text);
	else if (which < n + m + 2)
		list_protocols(text, which == n + m);
	else
		read_names(text, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	/* Names are looked for among all that came before. */
	if (!size || size > 8192)
		return 0;
	text = malloc(size);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	use(data[0] - (size_t)'a', text, size - 1);
	free(text);
	return 0;
}
