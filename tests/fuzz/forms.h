/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records in every form that `stat` has, for fuzz targets that make records:
 * many of their blobs are read only when they are shown.
 */
#ifndef SK_TESTS_FUZZ_FORMS_H
#define SK_TESTS_FUZZ_FORMS_H

#include <stdlib.h>
#include <string.h>

#include "diag/columns.h"
#include "diag/dump.h"
#include "diag/filter.h"
#include "diag/view.h"

struct forms {
	struct sk_renderer *table, *json, *columns;
	struct sk_filter *filter;
	struct sk_view view;
	struct sk_columns spec;
	struct sk_out out;
};

static inline int forms_show(struct sk_sock *s, void *arg)
{
	struct forms *f = arg;
	struct sk_sock *copy = sk_sock_dup(s);

	sk_filter_match(f->filter, s);
	if (!copy)
		return 0;
	f->table->ops->row(f->table, s);
	f->json->ops->row(f->json, copy);
	f->columns->ops->row(f->columns, s);
	free(copy);
	return 0;
}

static inline void forms_begin(struct forms *f)
{
	static struct sk_filter *filter;

	if (!filter)
		sk_filter_parse(&filter, "rtt > 1 or not (src 127.0.0.0/8 or "
				"name = '*x*' or drops > 1 or src unix:*)",
				0, NULL);
	f->filter = filter;
	f->view = (struct sk_view){
		.numeric = true, .netid = true, .state = true, .queues = true,
		.timers = true, .extended = true, .memory = true,
		.info = true, .tos = true, .sockopt = true, .bpf = true,
		.tipcinfo = true, .bpf_maps = true, .out = &f->out,
	};
	sk_out_init(&f->out, -1);
	sk_columns_parse(&f->spec, "netid,local,peer,rtt,name,cc,drops", NULL);
	f->table = sk_table_new(&f->view);
	f->json = sk_json_renderer_new(&f->view, true);
	f->columns = sk_columns_new(&f->view, &f->spec, true);
	if (!f->table || !f->json || !f->columns)
		abort();
}

/* Only text that a terminal may see. */
static inline void forms_check(const struct sk_out *out)
{
	for (size_t i = 0; i < out->len; i++)
		if (((unsigned char)out->buf[i] < ' ' &&
		     !strchr("\n\t\r", out->buf[i])) || out->buf[i] == 0x7f)
			abort();
}

static inline void forms_end(struct forms *f)
{
	f->table->ops->end(f->table);
	f->json->ops->end(f->json);
	f->columns->ops->end(f->columns);
	forms_check(&f->out);
	sk_out_fini(&f->out);
}

#endif
