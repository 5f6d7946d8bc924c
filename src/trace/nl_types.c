/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the type of a netlink message says, by its protocol. */
#include "trace/nlattr.h"

#include <string.h>

#define NLMSG_ERROR 2
#define NLMSG_MIN_TYPE 16
#define DELACTION 49		/* RTM_DELACTION has the flags of a get */

enum { ROUTE = 0, SOCK_DIAG = 4, XFRM = 6, NETFILTER = 12, CRYPTO = 21 };

static const struct protocol {
	int protocol;
	const struct sk_names *types;
	const char *unknown;
} protocols[] = {
	{ ROUTE, &sk_tr_rtm, "RTM_???" },
	{ SOCK_DIAG, &sk_tr_sock_diag, "SOCK_DIAG_???" },
	{ XFRM, &sk_tr_nl_xfrm, "XFRM_MSG_???" },
	{ 7, &sk_tr_nl_selinux, "SELNL_MSG_???" },
	{ 9, &sk_tr_nl_audit, "AUDIT_???" },
	{ 16, &sk_tr_genl, "GENERIC_FAMILY_???" },
	{ CRYPTO, &sk_tr_nl_crypto, "CRYPTO_MSG_???" },
};

/* By the upper half of the type; the number is that of NFNL_SUBSYS_*. */
static const struct subsys {
	const struct sk_names *types;
	const char *unknown;
	bool flags;		/* those of GET, NEW and DEL */
} subsystems[] = {
	[1] = { &sk_tr_nf_ct, "IPCTNL_MSG_CT_???", true },
	[2] = { &sk_tr_nf_exp, "IPCTNL_MSG_EXP_???", true },
	[3] = { &sk_tr_nf_queue, "NFQNL_MSG_???", false },
	[4] = { &sk_tr_nf_ulog, "NFULNL_MSG_???", false },
	[5] = { &sk_tr_nf_osf, "OSF_MSG_???", false },
	[6] = { &sk_tr_nf_ipset, "IPSET_CMD_???", false },
	[7] = { &sk_tr_nf_acct, "NFNL_MSG_ACCT_???", true },
	[8] = { &sk_tr_nf_timeout, "IPCTNL_MSG_TIMEOUT_???", true },
	[9] = { &sk_tr_nf_helper, "NFNL_MSG_CTHELPER_???", true },
	[10] = { &sk_tr_nf_tables, "NFT_MSG_???", true },
	[11] = { &sk_tr_nf_compat, "NFNL_MSG_COMPAT_???", true },
	[12] = { &sk_tr_nf_hook, "NFNL_MSG_HOOK_???", true },
};

static const struct subsys *subsys_of(uint16_t type)
{
	static const struct subsys none = { NULL, NULL, false };
	unsigned n = type >> 8;

	return n < sizeof(subsystems) / sizeof(*subsystems) ? &subsystems[n] :
							       &none;
}

/* "NFNL_SUBSYS_NFTABLES<<8|NFT_MSG_NEWTABLE" */
static void show_netfilter(struct sk_dec *d, uint16_t type)
{
	const struct subsys *sub = subsys_of(type);
	const char *batch = sk_name_of(&sk_tr_nf_batch, type);
	const char *upper = sk_name_of(&sk_tr_nf_subsys, type >> 8);
	const char *lower = sub->types ?
				    sk_name_of(sub->types, type & 255) : NULL;
	char text[96];

	if (batch) {
		sk_show_named(d->s, batch, type, NULL);
		return;
	}
	if (d->s->json) {
		snprintf(text, sizeof(text), "%s<<8|%s", upper ? upper : "",
			 lower ? lower : "");
		sk_show_named(d->s, upper && lower ? text : NULL, type, NULL);
		return;
	}
	sk_show_named(d->s, upper, type >> 8, "NFNL_SUBSYS_???");
	sk_out_str(d->s->out, "<<8|");
	d->s->comma = false;
	sk_show_named(d->s, lower, type & 255,
		      sub->unknown ? sub->unknown : "");
}

void sk_dec_nltype(struct sk_dec *d, int protocol, uint16_t type)
{
	size_t n = sizeof(protocols) / sizeof(*protocols), i = 0;

	if (type >= NLMSG_MIN_TYPE && protocol == NETFILTER) {
		show_netfilter(d, type);
		return;
	}
	while (i < n && protocols[i].protocol != protocol)
		i++;
	if (type < NLMSG_MIN_TYPE || i == n)
		sk_show_name(d->s, &sk_tr_nlmsg, type, "NLMSG_???");
	else
		sk_show_name(d->s, protocols[i].types, type,
			     protocols[i].unknown);
}

/* What is done is a part of the name: XFRM_MSG_NEWSA, NFT_MSG_GETRULE. */
static const struct sk_names *by_name(const char *name)
{
	if (!name)
		return NULL;
	return strstr(name, "_NEW") ? &sk_tr_nlmsg_new :
	       strstr(name, "_DEL") ? &sk_tr_nlmsg_del :
	       strstr(name, "_GET") ? &sk_tr_nlmsg_get : NULL;
}

static const struct sk_names *of_route(uint16_t type)
{
	static const struct sk_names *const kinds[] = {
		&sk_tr_nlmsg_new, &sk_tr_nlmsg_del, &sk_tr_nlmsg_get, NULL,
	};

	return type == DELACTION ? &sk_tr_nlmsg_get : kinds[type & 3];
}

const struct sk_names *sk_dec_nlflags(int protocol, uint16_t type)
{
	const struct subsys *sub;

	if (type == NLMSG_ERROR)
		return &sk_tr_nlmsg_ack;
	if (type < NLMSG_MIN_TYPE)
		return NULL;
	switch (protocol) {
	case ROUTE:
		return of_route(type);
	case SOCK_DIAG:
		return &sk_tr_nlmsg_get;
	case XFRM:
		return by_name(sk_name_of(&sk_tr_nl_xfrm, type));
	case CRYPTO:
		return by_name(sk_name_of(&sk_tr_nl_crypto, type));
	case NETFILTER:
		sub = subsys_of(type);
		return sub->flags ? by_name(sk_name_of(sub->types,
						       type & 255)) : NULL;
	default:
		return NULL;
	}
}
