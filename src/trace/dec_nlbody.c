/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What follows the header of netlink messages: a struct by their type. */
#include <sys/socket.h>

#include "trace/nlattr.h"

enum { ROUTE = 0, SOCK_DIAG = 4, GENERIC = 16 };

#define F_FAMILY(key) { key, 0, 1, SK_F_NAME, &sk_names_family, "AF_???" }

static const struct sk_field link_fields[] = {
	F_FAMILY("ifi_family"),
	{ "ifi_type", 2, 2, SK_F_NAME, &sk_tr_arphrd, "ARPHRD_???" },
	{ "ifi_index", 4, 4, SK_F_IF },
	{ "ifi_flags", 8, 4, SK_F_FLAGS, &sk_tr_ifflags, "IFF_???" },
	{ "ifi_change", 12, 4, SK_F_X },
	{ NULL }
};

static const struct sk_field addr_fields[] = {
	F_FAMILY("ifa_family"),
	{ "ifa_prefixlen", 1, 1, SK_F_U },
	{ "ifa_flags", 2, 1, SK_F_FLAGS, &sk_tr_ifa_flags, "IFA_F_???" },
	{ "ifa_scope", 3, 1, SK_F_NAME, &sk_tr_rt_scope, NULL },
	{ "ifa_index", 4, 4, SK_F_IF },
	{ NULL }
};

static const struct sk_field route_fields[] = {
	F_FAMILY("rtm_family"),
	{ "rtm_dst_len", 1, 1, SK_F_U },
	{ "rtm_src_len", 2, 1, SK_F_U },
	{ "rtm_tos", 3, 1, SK_F_FLAGS, &sk_tr_iptos, "IPTOS_TOS_???" },
	{ "rtm_table", 4, 1, SK_F_NAME, &sk_tr_rt_table, NULL },
	{ "rtm_protocol", 5, 1, SK_F_NAME, &sk_tr_rtprot, "RTPROT_???" },
	{ "rtm_scope", 6, 1, SK_F_NAME, &sk_tr_rt_scope, NULL },
	{ "rtm_type", 7, 1, SK_F_NAME, &sk_tr_rtn, "RTN_???" },
	{ "rtm_flags", 8, 4, SK_F_FLAGS, &sk_tr_rtm_f, "RTM_F_???" },
	{ NULL }
};

static const struct sk_field neigh_fields[] = {
	F_FAMILY("ndm_family"),
	{ "ndm_ifindex", 4, 4, SK_F_IF },
	{ "ndm_state", 8, 2, SK_F_FLAGS, &sk_tr_nud, "NUD_???" },
	{ "ndm_flags", 10, 1, SK_F_FLAGS, &sk_tr_ntf, "NTF_???" },
	{ "ndm_type", 11, 1, SK_F_NAME, &sk_tr_rtn, "RTN_???" },
	{ NULL }
};

static const struct sk_field rule_fields[] = {
	F_FAMILY("family"),
	{ "dst_len", 1, 1, SK_F_U },
	{ "src_len", 2, 1, SK_F_U },
	{ "tos", 3, 1, SK_F_FLAGS, &sk_tr_iptos, "IPTOS_TOS_???" },
	{ "table", 4, 1, SK_F_NAME, &sk_tr_rt_table, NULL },
	{ "action", 7, 1, SK_F_NAME, &sk_tr_fr_act, "FR_ACT_???" },
	{ "flags", 8, 4, SK_F_FLAGS, &sk_tr_fib_rule, "FIB_RULE_???" },
	{ NULL }
};

/* What is asked for beside: a bit for each INET_DIAG_…, less one. */
static const struct sk_name inet_ext_rows[] = {
	{ "1<<(INET_DIAG_MEMINFO-1)", 1 << 0 },
	{ "1<<(INET_DIAG_INFO-1)", 1 << 1 },
	{ "1<<(INET_DIAG_VEGASINFO-1)", 1 << 2 },
	{ "1<<(INET_DIAG_CONG-1)", 1 << 3 },
	{ "1<<(INET_DIAG_TOS-1)", 1 << 4 },
	{ "1<<(INET_DIAG_TCLASS-1)", 1 << 5 },
	{ "1<<(INET_DIAG_SKMEMINFO-1)", 1 << 6 },
	{ "1<<(INET_DIAG_SHUTDOWN-1)", 1 << 7 },
	{ NULL, 0 }
};
static const struct sk_names inet_ext = { "", inet_ext_rows };

/* struct inet_diag_sockid follows behind these two. */
static const struct sk_field inet_req_fields[] = {
	F_FAMILY("sdiag_family"),
	{ "sdiag_protocol", 1, 1, SK_F_NAME, &sk_names_ipproto,
	  "IPPROTO_???" },
	{ "idiag_ext", 2, 1, SK_F_FLAGS, &inet_ext, "" },
	{ "idiag_states", 4, 4, SK_F_BITS, &sk_names_tcp_state },
	{ NULL }
};

static const struct sk_field inet_fields[] = {
	F_FAMILY("idiag_family"),
	{ "idiag_state", 1, 1, SK_F_NAME, &sk_names_tcp_state, "TCP_???" },
	{ "idiag_timer", 2, 1, SK_F_U },
	{ "idiag_retrans", 3, 1, SK_F_U },
	{ NULL }
};

static const struct sk_field inet_last_fields[] = {
	{ "idiag_expires", 0, 4, SK_F_U },
	{ "idiag_rqueue", 4, 4, SK_F_U },
	{ "idiag_wqueue", 8, 4, SK_F_U },
	{ "idiag_uid", 12, 4, SK_F_U },
	{ "idiag_inode", 16, 4, SK_F_U },
	{ NULL }
};

static const struct sk_field id4_fields[] = {
	{ "idiag_sport", 0, 2, SK_F_HTONS },
	{ "idiag_dport", 2, 2, SK_F_HTONS },
	{ "idiag_src", 4, 4, SK_F_IN4 },
	{ "idiag_dst", 20, 4, SK_F_IN4 },
	{ "idiag_if", 36, 4, SK_F_IF },
	{ "idiag_cookie", 40, 8, SK_F_WORDS },
	{ NULL }
};

static const struct sk_field id6_fields[] = {
	{ "idiag_sport", 0, 2, SK_F_HTONS },
	{ "idiag_dport", 2, 2, SK_F_HTONS },
	{ "idiag_src", 4, 16, SK_F_IN6 },
	{ "idiag_dst", 20, 16, SK_F_IN6 },
	{ "idiag_if", 36, 4, SK_F_IF },
	{ "idiag_cookie", 40, 8, SK_F_WORDS },
	{ NULL }
};

static const struct sk_field unix_req_fields[] = {
	F_FAMILY("sdiag_family"),
	{ "sdiag_protocol", 1, 1, SK_F_U },
	{ "udiag_states", 4, 4, SK_F_BITS, &sk_names_tcp_state },
	{ "udiag_ino", 8, 4, SK_F_U },
	{ "udiag_show", 12, 4, SK_F_FLAGS, &sk_tr_udiag_show,
	  "UDIAG_SHOW_???" },
	{ "udiag_cookie", 16, 8, SK_F_WORDS },
	{ NULL }
};

static const struct sk_field unix_fields[] = {
	F_FAMILY("udiag_family"),
	{ "udiag_type", 1, 1, SK_F_NAME, &sk_names_socktype, "SOCK_???" },
	{ "udiag_state", 2, 1, SK_F_NAME, &sk_names_tcp_state, "TCP_???" },
	{ "udiag_ino", 4, 4, SK_F_U },
	{ "udiag_cookie", 8, 8, SK_F_WORDS },
	{ NULL }
};

static const struct sk_field ctrl_fields[] = {
	{ "cmd", 0, 1, SK_F_NAME, &sk_tr_ctrl_cmd, "CTRL_CMD_???" },
	{ "version", 1, 1, SK_F_U },
	{ NULL }
};

static const struct sk_field genl_fields[] = {
	{ "cmd", 0, 1, SK_F_U },
	{ "version", 1, 1, SK_F_U },
	{ NULL }
};

static const struct sk_field tc_fields[] = {
	F_FAMILY("tcm_family"),
	{ "tcm_ifindex", 4, 4, SK_F_IF },
	{ "tcm_handle", 8, 4, SK_F_U },
	{ "tcm_parent", 12, 4, SK_F_U },
	{ "tcm_info", 16, 4, SK_F_U },
	{ NULL }
};

static const struct sk_field nfgen_fields[] = {
	F_FAMILY("nfgen_family"),
	{ "version", 1, 1, SK_F_NAME, &sk_tr_nf_version, "NFNETLINK_???" },
	{ "res_id", 2, 2, SK_F_HTONS },
	{ NULL }
};

/* The head that all messages of rtnetlink(7) have. */
static const struct sk_field any_fields[] = {
	F_FAMILY("family"),
	{ "data", 1, 0, SK_F_BYTES },
	{ NULL }
};

static const struct sk_field neightbl_fields[] = {
	F_FAMILY("ndtm_family"),
	{ NULL }
};

static const struct sk_field netconf_fields[] = {
	F_FAMILY("ncm_family"),
	{ NULL }
};

static const struct sk_field nexthop_fields[] = {
	F_FAMILY("nh_family"),
	{ "nh_scope", 1, 1, SK_F_NAME, &sk_tr_rt_scope, "RT_SCOPE_???" },
	{ "nh_protocol", 2, 1, SK_F_NAME, &sk_tr_rtprot, "RTPROT_???" },
	{ "nh_flags", 4, 4, SK_F_FLAGS, &sk_tr_rtnh, "RTNH_F_???" },
	{ NULL }
};

struct body {
	uint16_t type, last;	/* of messages */
	size_t size;		/* of the struct */
	const struct sk_field *fields;
	const struct sk_nlattrs *attrs;
};

/* rtnetlink(7) */
static const struct body route_bodies[] = {
	{ 16, 19, 16, link_fields, &sk_nl_link },
	{ 20, 22, 8, addr_fields, &sk_nl_addr },
	{ 24, 26, 12, route_fields, &sk_nl_route },
	{ 28, 30, 12, neigh_fields, &sk_nl_neigh },
	{ 32, 34, 12, rule_fields, &sk_nl_rule },
	{ 36, 46, 20, tc_fields, &sk_nl_tc },
	{ 58, 58, 8, addr_fields, &sk_nl_addr },
	{ 62, 62, 8, addr_fields, &sk_nl_addr },
	{ 64, 67, 4, neightbl_fields, &sk_nl_neightbl },
	{ 80, 82, 4, netconf_fields, &sk_nl_netconf },
	{ 104, 106, 8, nexthop_fields, &sk_nl_nexthop },
};

static bool show_body(struct sk_dec *d, const struct body *b, int family,
		      const unsigned char *p, size_t len)
{
	if (!len)
		return false;
	sk_show_open(d->s, '{');
	if (len < b->size) {	/* of a struct cut short, the family */
		sk_dec_fields(d, b->fields, p, 1);
		sk_show_more(d->s);
		sk_show_close(d->s, '}');
		return true;
	}
	sk_dec_fields(d, b->fields, p, b->size);
	sk_show_close(d->s, '}');
	sk_dec_nlattrs(d, b->attrs, family, p + b->size, len - b->size);
	return true;
}

static bool show_route(struct sk_dec *d, uint16_t type, const unsigned char *p,
		       size_t len)
{
	for (size_t i = 0; i < sizeof(route_bodies) / sizeof(*route_bodies);
	     i++)
		if (type >= route_bodies[i].type &&
		    type <= route_bodies[i].last)
			return show_body(d, &route_bodies[i], len ? p[0] : 0,
					 p, len);
	if (!len)
		return false;
	sk_show_open(d->s, '{');
	sk_dec_fields(d, any_fields, p, len);
	sk_show_close(d->s, '}');
	return true;
}

static bool show_netfilter(struct sk_dec *d, const unsigned char *p,
			   size_t len)
{
	static const struct sk_nlattr none = { 0 };
	static const struct sk_nlattrs unnamed = { "", &none };
	static const struct body nfgen = { 0, 0, 4, nfgen_fields, &unnamed };

	return len >= 4 && show_body(d, &nfgen, AF_UNSPEC, p, len);
}

/* sock_diag(7): the same type both ways; only a request asks. */
static bool show_inet(struct sk_dec *d, bool request, const unsigned char *p,
		      size_t len)
{
	size_t head = request ? 8 : 4, size = request ? 56 : 72;

	if (len < size)
		return false;
	sk_show_open(d->s, '{');
	sk_dec_fields(d, request ? inet_req_fields : inet_fields, p, head);
	sk_show_key(d->s, "id");
	sk_show_open(d->s, '{');
	sk_dec_fields(d, p[0] == AF_INET6 ? id6_fields : id4_fields, p + head,
		      48);
	sk_show_close(d->s, '}');
	if (!request)
		sk_dec_fields(d, inet_last_fields, p + 52, 20);
	sk_show_close(d->s, '}');
	sk_dec_nlattrs(d, request ? &sk_nl_inet_req : &sk_nl_inet, p[0],
		       p + size, len - size);
	return true;
}

static bool show_diag(struct sk_dec *d, bool request, const unsigned char *p,
		      size_t len)
{
	static const struct body bodies[] = {
		{ 0, 0, 16, unix_fields, &sk_nl_unix },
		{ 0, 0, 24, unix_req_fields, &sk_nl_unix },
	};

	if (len && (p[0] == AF_INET || p[0] == AF_INET6))
		return show_inet(d, request, p, len);
	if (len && p[0] == AF_UNIX)
		return show_body(d, &bodies[request], AF_UNIX, p, len);
	return false;
}

/* genetlink: numbers of families are given out as they come, but the first. */
static bool show_generic(struct sk_dec *d, uint16_t type,
			 const unsigned char *p, size_t len)
{
	static const struct sk_nlattr none = { 0 };
	static const struct sk_nlattrs unnamed = { "", &none };
	static const struct body ctrl = { 0, 0, 4, ctrl_fields, &sk_nl_ctrl };
	static const struct body other = { 0, 0, 4, genl_fields, &unnamed };

	return show_body(d, type == 16 ? &ctrl : &other, AF_UNSPEC, p, len);
}

bool sk_dec_nlbody(struct sk_dec *d, int protocol, uint16_t type,
		   uint16_t flags, const unsigned char *data, size_t len)
{
	if (type < 16)
		return false;
	switch (protocol) {
	case ROUTE:
		return show_route(d, type, data, len);
	case SOCK_DIAG:
		return type == 20 && show_diag(d, flags & 1, data, len);
	case 12 /* NETLINK_NETFILTER */:
		return show_netfilter(d, data, len);
	case GENERIC:
		return show_generic(d, type, data, len);
	default:
		return false;
	}
}
