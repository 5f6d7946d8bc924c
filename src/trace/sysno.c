/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/sysno.h"

#include <stddef.h>

const struct sk_sys_row sk_sys_rows[SK_SYS_COUNT_] = {
#define SYS(name, x86_64, i386, x32, aarch64, fd, role) \
	[SK_SYS_##name] = { #name, { x86_64, i386, x32, aarch64 }, fd, \
			    SK_ROLE_##role },
#include "trace/sysno.def"
#undef SYS
};

/* Numbers end below this in every ABI; x32's own begin at 512. */
#define NR_MAX 560

enum sk_sys sk_sys_of(enum sk_abi abi, uint64_t nr)
{
	static int16_t by_nr[SK_ABI_COUNT_][NR_MAX]; /* call + 1, 0: none */
	static bool filled;

	for (int s = 0; !filled && s < SK_SYS_COUNT_; s++)
		for (int a = 0; a < SK_ABI_COUNT_; a++)
			if (sk_sys_rows[s].nr[a] >= 0)
				by_nr[a][sk_sys_rows[s].nr[a]] =
					(int16_t)(s + 1);
	filled = true;
	return nr < NR_MAX ? (enum sk_sys)(by_nr[abi][nr] - 1) : SK_SYS_NONE;
}

enum sk_sys sk_sys_by_name(const char *name)
{
	for (int s = 0; s < SK_SYS_COUNT_; s++)
		if (!strcmp(sk_sys_rows[s].name, name) &&
		    sk_sys_rows[s].role != SK_ROLE_FILTER)
			return (enum sk_sys)s;
	return SK_SYS_NONE;
}

enum sk_sys sk_sys_socketcall(uint64_t call)
{
	static const enum sk_sys calls[] = {
		SK_SYS_NONE, SK_SYS_socket, SK_SYS_bind, SK_SYS_connect,
		SK_SYS_listen, SK_SYS_accept, SK_SYS_getsockname,
		SK_SYS_getpeername, SK_SYS_socketpair, SK_SYS_send,
		SK_SYS_recv, SK_SYS_sendto, SK_SYS_recvfrom, SK_SYS_shutdown,
		SK_SYS_setsockopt, SK_SYS_getsockopt, SK_SYS_sendmsg,
		SK_SYS_recvmsg, SK_SYS_accept4, SK_SYS_recvmmsg,
		SK_SYS_sendmmsg,
	};

	return call < sizeof(calls) / sizeof(*calls) ? calls[call] :
						       SK_SYS_NONE;
}
