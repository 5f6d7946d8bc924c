/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a stack holds, for people: SIGUSR1 and -vv. */
#include "stack/ip/ip.h"
#include "stack/link/link.h"

static const struct {
	const char *name, *help;
} counters[] = {
#define COUNTER(name, help) { #name, help },
#include "stack/counters.def"
#undef COUNTER
};

static void show_sock(const struct stk_sock *sk, struct sk_out *out)
{
	char local[STK_ADDR_TEXT], remote[STK_ADDR_TEXT] = "*";
	struct stk_addr a;

	stk_local(sk, &a);
	stk_addr_format(local, &a);
	if (stk_peer(sk, &a) == 0)
		stk_addr_format(remote, &a);
	sk_out_printf(out, "%s %s %s ", sk->proto->name, local, remote);
	if (sk->proto->show)
		sk->proto->show(sk, out);
	sk_out_char(out, '\n');
}

void stk_show(struct stk *s, struct sk_out *out)
{
	const struct stk_sock *sk;

	sk_out_printf(out, "link %s mtu %u buffers %zu of %zu KiB\n",
		      s->link->text, s->link->mtu, s->pool.bytes >> 10,
		      s->pool.limit >> 10);
	TAILQ_FOREACH(sk, &s->socks, all)
		show_sock(sk, out);
	ip_show(s, out);
	for (size_t i = 0; i < STK_CTR_COUNT; i++)
		if (s->counters[i])
			sk_out_printf(out, "count %s %llu %s\n",
				      counters[i].name,
				      (unsigned long long)s->counters[i],
				      counters[i].help);
}

uint64_t stk_counter(const struct stk *s, const char *name)
{
	for (size_t i = 0; i < STK_CTR_COUNT; i++)
		if (!strcmp(counters[i].name, name))
			return s->counters[i];
	return 0;
}
