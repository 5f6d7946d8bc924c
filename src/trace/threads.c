/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/threads.h"

#include <stdlib.h>

struct sk_thread *sk_thread_find(const struct sk_threads *t, pid_t tid)
{
	struct sk_thread *th;

	LIST_FOREACH(th, &t->of[(unsigned)tid % SK_THREAD_BUCKETS], link)
		if (th->tid == tid)
			return th;
	return NULL;
}

struct sk_thread *sk_thread_get(struct sk_threads *t, pid_t tid)
{
	struct sk_thread *th = sk_thread_find(t, tid);

	if (th)
		return th;
	th = calloc(1, sizeof(*th));
	if (!th)
		return NULL;
	th->tid = tid;
	sk_out_init(&th->held, -1);
	LIST_INSERT_HEAD(&t->of[(unsigned)tid % SK_THREAD_BUCKETS], th, link);
	return th;
}

void sk_thread_drop(struct sk_thread *th)
{
	if (!th)
		return;
	LIST_REMOVE(th, link);
	sk_out_fini(&th->held);
	free(th);
}

void sk_threads_fini(struct sk_threads *t)
{
	for (int i = 0; i < SK_THREAD_BUCKETS; i++)
		while (!LIST_EMPTY(&t->of[i]))
			sk_thread_drop(LIST_FIRST(&t->of[i]));
}
