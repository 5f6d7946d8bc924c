/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Attributes of netlink messages, by the kernel's include/uapi/linux:
 * if_link.h, if_addr.h, rtnetlink.h, neighbour.h, fib_rules.h, inet_diag.h, unix_diag.h,
 * genetlink.h. Those that are nobody's daily bread are bytes.
 */
#include "trace/nlattr.h"

static const struct sk_field ifa_cacheinfo[] = {
	{ "ifa_prefered", 0, 4, SK_F_U },
	{ "ifa_valid", 4, 4, SK_F_U },
	{ "cstamp", 8, 4, SK_F_U },
	{ "tstamp", 12, 4, SK_F_U },
	{ NULL }
};

static const struct sk_field rta_cacheinfo[] = {
	{ "rta_clntref", 0, 4, SK_F_U },
	{ "rta_lastuse", 4, 4, SK_F_U },
	{ "rta_expires", 8, 4, SK_F_I },
	{ "rta_error", 12, 4, SK_F_U },
	{ "rta_used", 16, 4, SK_F_U },
	{ "rta_id", 20, 4, SK_F_X },
	{ "rta_ts", 24, 4, SK_F_U },
	{ "rta_tsage", 28, 4, SK_F_U },
	{ NULL }
};

static const struct sk_field nda_cacheinfo[] = {
	{ "ndm_confirmed", 0, 4, SK_F_U },
	{ "ndm_used", 4, 4, SK_F_U },
	{ "ndm_updated", 8, 4, SK_F_U },
	{ "ndm_refcnt", 12, 4, SK_F_U },
	{ NULL }
};

static const struct sk_field diag_meminfo[] = {
	{ "idiag_rmem", 0, 4, SK_F_U },
	{ "idiag_wmem", 4, 4, SK_F_U },
	{ "idiag_fmem", 8, 4, SK_F_U },
	{ "idiag_tmem", 12, 4, SK_F_U },
	{ NULL }
};

static const struct sk_field unix_vfs[] = {
	{ "udiag_vfs_dev", 4, 4, SK_F_X },
	{ "udiag_vfs_ino", 0, 4, SK_F_U },
	{ NULL }
};

static const struct sk_field unix_rqlen[] = {
	{ "udiag_rqueue", 0, 4, SK_F_U },
	{ "udiag_wqueue", 4, 4, SK_F_U },
	{ NULL }
};

static const struct sk_nlattr linkinfo_rows[] = {
	{ 1, "IFLA_INFO_KIND", SK_NL_STRING },
	{ 2, "IFLA_INFO_DATA", SK_NL_BYTES },
	{ 3, "IFLA_INFO_XSTATS", SK_NL_BYTES },
	{ 4, "IFLA_INFO_SLAVE_KIND", SK_NL_STRING },
	{ 5, "IFLA_INFO_SLAVE_DATA", SK_NL_BYTES },
	SK_NL_END
};
static const struct sk_nlattrs linkinfo = { "IFLA_INFO_???", linkinfo_rows };

static const struct sk_nlattr error_rows[] = {
	{ 1, "NLMSGERR_ATTR_MSG", SK_NL_STRING },
	{ 2, "NLMSGERR_ATTR_OFFS", SK_NL_U32 },
	{ 3, "NLMSGERR_ATTR_COOKIE", SK_NL_U8S },
	{ 4, "NLMSGERR_ATTR_POLICY", SK_NL_NEST },
	{ 5, "NLMSGERR_ATTR_MISS_TYPE", SK_NL_U32 },
	{ 6, "NLMSGERR_ATTR_MISS_NEST", SK_NL_U32 },
	SK_NL_END
};
const struct sk_nlattrs sk_nl_error = { "NLMSGERR_ATTR_???", error_rows };

static const struct sk_nlattr link_rows[] = {
	{ 1, "IFLA_ADDRESS", SK_NL_MAC },
	{ 2, "IFLA_BROADCAST", SK_NL_MAC },
	{ 3, "IFLA_IFNAME", SK_NL_STRING },
	{ 4, "IFLA_MTU", SK_NL_U32 },
	{ 5, "IFLA_LINK", SK_NL_IFINDEX },
	{ 6, "IFLA_QDISC", SK_NL_STRING },
	{ 7, "IFLA_STATS", SK_NL_BYTES },
	{ 8, "IFLA_COST", SK_NL_BYTES },
	{ 9, "IFLA_PRIORITY", SK_NL_BYTES },
	{ 10, "IFLA_MASTER", SK_NL_IFINDEX },
	{ 11, "IFLA_WIRELESS", SK_NL_BYTES },
	{ 12, "IFLA_PROTINFO", SK_NL_BYTES },
	{ 13, "IFLA_TXQLEN", SK_NL_U32 },
	{ 14, "IFLA_MAP", SK_NL_BYTES },
	{ 15, "IFLA_WEIGHT", SK_NL_U32 },
	{ 16, "IFLA_OPERSTATE", SK_NL_U8 },
	{ 17, "IFLA_LINKMODE", SK_NL_U8 },
	{ 18, "IFLA_LINKINFO", SK_NL_NEST, .nested = &linkinfo },
	{ 19, "IFLA_NET_NS_PID", SK_NL_U32 },
	{ 20, "IFLA_IFALIAS", SK_NL_STRING },
	{ 21, "IFLA_NUM_VF", SK_NL_U32 },
	{ 22, "IFLA_VFINFO_LIST", SK_NL_BYTES },
	{ 23, "IFLA_STATS64", SK_NL_BYTES },
	{ 24, "IFLA_VF_PORTS", SK_NL_BYTES },
	{ 25, "IFLA_PORT_SELF", SK_NL_BYTES },
	{ 26, "IFLA_AF_SPEC", SK_NL_BYTES },
	{ 27, "IFLA_GROUP", SK_NL_U32 },
	{ 28, "IFLA_NET_NS_FD", SK_NL_U32 },
	{ 29, "IFLA_EXT_MASK", SK_NL_FLAGS, .names = &sk_tr_rtext_filter },
	{ 30, "IFLA_PROMISCUITY", SK_NL_U32 },
	{ 31, "IFLA_NUM_TX_QUEUES", SK_NL_U32 },
	{ 32, "IFLA_NUM_RX_QUEUES", SK_NL_U32 },
	{ 33, "IFLA_CARRIER", SK_NL_U8 },
	{ 34, "IFLA_PHYS_PORT_ID", SK_NL_BYTES },
	{ 35, "IFLA_CARRIER_CHANGES", SK_NL_U32 },
	{ 36, "IFLA_PHYS_SWITCH_ID", SK_NL_BYTES },
	{ 37, "IFLA_LINK_NETNSID", SK_NL_S32 },
	{ 38, "IFLA_PHYS_PORT_NAME", SK_NL_STRING },
	{ 39, "IFLA_PROTO_DOWN", SK_NL_U8 },
	{ 40, "IFLA_GSO_MAX_SEGS", SK_NL_U32 },
	{ 41, "IFLA_GSO_MAX_SIZE", SK_NL_U32 },
	{ 43, "IFLA_XDP", SK_NL_BYTES },
	{ 44, "IFLA_EVENT", SK_NL_U32 },
	{ 45, "IFLA_NEW_NETNSID", SK_NL_S32 },
	{ 46, "IFLA_IF_NETNSID", SK_NL_S32 },
	{ 47, "IFLA_CARRIER_UP_COUNT", SK_NL_U32 },
	{ 48, "IFLA_CARRIER_DOWN_COUNT", SK_NL_U32 },
	{ 49, "IFLA_NEW_IFINDEX", SK_NL_IFINDEX },
	{ 50, "IFLA_MIN_MTU", SK_NL_U32 },
	{ 51, "IFLA_MAX_MTU", SK_NL_U32 },
	{ 52, "IFLA_PROP_LIST", SK_NL_BYTES },
	{ 53, "IFLA_ALT_IFNAME", SK_NL_STRING },
	{ 54, "IFLA_PERM_ADDRESS", SK_NL_MAC },
	{ 55, "IFLA_PROTO_DOWN_REASON", SK_NL_BYTES },
	{ 56, "IFLA_PARENT_DEV_NAME", SK_NL_STRING },
	{ 57, "IFLA_PARENT_DEV_BUS_NAME", SK_NL_STRING },
	{ 58, "IFLA_GRO_MAX_SIZE", SK_NL_U32 },
	{ 59, "IFLA_TSO_MAX_SIZE", SK_NL_U32 },
	{ 60, "IFLA_TSO_MAX_SEGS", SK_NL_U32 },
	{ 61, "IFLA_ALLMULTI", SK_NL_U32 },
	{ 63, "IFLA_GSO_IPV4_MAX_SIZE", SK_NL_U32 },
	{ 64, "IFLA_GRO_IPV4_MAX_SIZE", SK_NL_U32 },
	{ 65, "IFLA_DPLL_PIN", SK_NL_BYTES },
	{ 66, "IFLA_MAX_PACING_OFFLOAD_HORIZON", SK_NL_U32 },
	{ 67, "IFLA_NETNS_IMMUTABLE", SK_NL_U8 },
	{ 68, "IFLA_HEADROOM", SK_NL_U16 },
	{ 69, "IFLA_TAILROOM", SK_NL_U16 },
	SK_NL_END
};
const struct sk_nlattrs sk_nl_link = { "IFLA_???", link_rows };

static const struct sk_nlattr addr_rows[] = {
	{ 1, "IFA_ADDRESS", SK_NL_ADDR },
	{ 2, "IFA_LOCAL", SK_NL_ADDR },
	{ 3, "IFA_LABEL", SK_NL_STRING },
	{ 4, "IFA_BROADCAST", SK_NL_ADDR },
	{ 5, "IFA_ANYCAST", SK_NL_ADDR },
	{ 6, "IFA_CACHEINFO", SK_NL_STRUCT, .fields = ifa_cacheinfo },
	{ 7, "IFA_MULTICAST", SK_NL_ADDR },
	{ 8, "IFA_FLAGS", SK_NL_FLAGS, .names = &sk_tr_ifa_flags },
	{ 9, "IFA_RT_PRIORITY", SK_NL_U32 },
	{ 10, "IFA_TARGET_NETNSID", SK_NL_S32 },
	{ 11, "IFA_PROTO", SK_NL_U8 },
	SK_NL_END
};
const struct sk_nlattrs sk_nl_addr = { "IFA_???", addr_rows };

static const struct sk_nlattr metrics_rows[] = {
	{ 1, "RTAX_LOCK", SK_NL_U32 },
	{ 2, "RTAX_MTU", SK_NL_U32 },
	{ 3, "RTAX_WINDOW", SK_NL_U32 },
	{ 4, "RTAX_RTT", SK_NL_U32 },
	{ 5, "RTAX_RTTVAR", SK_NL_U32 },
	{ 6, "RTAX_SSTHRESH", SK_NL_U32 },
	{ 7, "RTAX_CWND", SK_NL_U32 },
	{ 8, "RTAX_ADVMSS", SK_NL_U32 },
	{ 9, "RTAX_REORDERING", SK_NL_U32 },
	{ 10, "RTAX_HOPLIMIT", SK_NL_U32 },
	{ 11, "RTAX_INITCWND", SK_NL_U32 },
	{ 12, "RTAX_FEATURES", SK_NL_U32 },
	{ 13, "RTAX_RTO_MIN", SK_NL_U32 },
	{ 14, "RTAX_INITRWND", SK_NL_U32 },
	{ 15, "RTAX_QUICKACK", SK_NL_U32 },
	{ 16, "RTAX_CC_ALGO", SK_NL_STRING },
	{ 17, "RTAX_FASTOPEN_NO_COOKIE", SK_NL_U32 },
	SK_NL_END
};
static const struct sk_nlattrs metrics = { "RTAX_???", metrics_rows };

static const struct sk_nlattr route_rows[] = {
	{ 1, "RTA_DST", SK_NL_ADDR },
	{ 2, "RTA_SRC", SK_NL_ADDR },
	{ 3, "RTA_IIF", SK_NL_IFINDEX },
	{ 4, "RTA_OIF", SK_NL_IFINDEX },
	{ 5, "RTA_GATEWAY", SK_NL_ADDR },
	{ 6, "RTA_PRIORITY", SK_NL_U32 },
	{ 7, "RTA_PREFSRC", SK_NL_ADDR },
	{ 8, "RTA_METRICS", SK_NL_NEST, .nested = &metrics },
	{ 9, "RTA_MULTIPATH", SK_NL_HOPS, .nested = &sk_nl_route },
	{ 11, "RTA_FLOW", SK_NL_U32 },
	{ 12, "RTA_CACHEINFO", SK_NL_STRUCT, .fields = rta_cacheinfo },
	{ 15, "RTA_TABLE", SK_NL_NAME, .names = &sk_tr_rt_table },
	{ 16, "RTA_MARK", SK_NL_U32 },
	{ 17, "RTA_MFC_STATS", SK_NL_BYTES },
	{ 18, "RTA_VIA", SK_NL_BYTES },
	{ 19, "RTA_NEWDST", SK_NL_ADDR },
	{ 20, "RTA_PREF", SK_NL_U8 },
	{ 21, "RTA_ENCAP_TYPE", SK_NL_U16 },
	{ 22, "RTA_ENCAP", SK_NL_BYTES },
	{ 23, "RTA_EXPIRES", SK_NL_U32 },
	{ 24, "RTA_PAD", SK_NL_BYTES },
	{ 25, "RTA_UID", SK_NL_U32 },
	{ 26, "RTA_TTL_PROPAGATE", SK_NL_U8 },
	{ 27, "RTA_IP_PROTO", SK_NL_U8 },
	{ 28, "RTA_SPORT", SK_NL_PORT },
	{ 29, "RTA_DPORT", SK_NL_PORT },
	{ 30, "RTA_NH_ID", SK_NL_U32 },
	SK_NL_END
};
const struct sk_nlattrs sk_nl_route = { "RTA_???", route_rows };

static const struct sk_nlattr neigh_rows[] = {
	{ 1, "NDA_DST", SK_NL_ADDR },
	{ 2, "NDA_LLADDR", SK_NL_MAC },
	{ 3, "NDA_CACHEINFO", SK_NL_STRUCT, .fields = nda_cacheinfo },
	{ 4, "NDA_PROBES", SK_NL_U32 },
	{ 5, "NDA_VLAN", SK_NL_U16 },
	{ 6, "NDA_PORT", SK_NL_PORT },
	{ 7, "NDA_VNI", SK_NL_U32 },
	{ 8, "NDA_IFINDEX", SK_NL_IFINDEX },
	{ 9, "NDA_MASTER", SK_NL_IFINDEX },
	{ 10, "NDA_LINK_NETNSID", SK_NL_S32 },
	{ 11, "NDA_SRC_VNI", SK_NL_U32 },
	{ 12, "NDA_PROTOCOL", SK_NL_NAME, .names = &sk_tr_rtprot },
	{ 13, "NDA_NH_ID", SK_NL_U32 },
	{ 14, "NDA_FDB_EXT_ATTRS", SK_NL_BYTES },
	{ 15, "NDA_FLAGS_EXT", SK_NL_U32 },
	SK_NL_END
};
const struct sk_nlattrs sk_nl_neigh = { "NDA_???", neigh_rows };

static const struct sk_nlattr rule_rows[] = {
	{ 1, "FRA_DST", SK_NL_ADDR },
	{ 2, "FRA_SRC", SK_NL_ADDR },
	{ 3, "FRA_IIFNAME", SK_NL_STRING },
	{ 4, "FRA_GOTO", SK_NL_U32 },
	{ 6, "FRA_PRIORITY", SK_NL_U32 },
	{ 10, "FRA_FWMARK", SK_NL_U32 },
	{ 11, "FRA_FLOW", SK_NL_U32 },
	{ 12, "FRA_TUN_ID", SK_NL_BYTES },
	{ 13, "FRA_SUPPRESS_IFGROUP", SK_NL_U32 },
	{ 14, "FRA_SUPPRESS_PREFIXLEN", SK_NL_U32 },
	{ 15, "FRA_TABLE", SK_NL_NAME, .names = &sk_tr_rt_table },
	{ 16, "FRA_FWMASK", SK_NL_U32 },
	{ 17, "FRA_OIFNAME", SK_NL_STRING },
	{ 19, "FRA_L3MDEV", SK_NL_U8 },
	{ 20, "FRA_UID_RANGE", SK_NL_BYTES },
	{ 21, "FRA_PROTOCOL", SK_NL_NAME, .names = &sk_tr_rtprot },
	{ 22, "FRA_IP_PROTO", SK_NL_U8 },
	SK_NL_END
};
const struct sk_nlattrs sk_nl_rule = { "FRA_???", rule_rows };

static const struct sk_nlattr inet_rows[] = {
	{ 1, "INET_DIAG_MEMINFO", SK_NL_STRUCT, .fields = diag_meminfo },
	{ 2, "INET_DIAG_INFO", SK_NL_TCP_INFO },
	{ 3, "INET_DIAG_VEGASINFO", SK_NL_BYTES },
	{ 4, "INET_DIAG_CONG", SK_NL_STRING },
	{ 5, "INET_DIAG_TOS", SK_NL_U8 },
	{ 6, "INET_DIAG_TCLASS", SK_NL_U8 },
	{ 7, "INET_DIAG_SKMEMINFO", SK_NL_U32S },
	{ 8, "INET_DIAG_SHUTDOWN", SK_NL_U8 },
	{ 9, "INET_DIAG_DCTCPINFO", SK_NL_BYTES },
	{ 10, "INET_DIAG_PROTOCOL", SK_NL_U8 },
	{ 11, "INET_DIAG_SKV6ONLY", SK_NL_U8 },
	{ 12, "INET_DIAG_LOCALS", SK_NL_BYTES },
	{ 13, "INET_DIAG_PEERS", SK_NL_BYTES },
	{ 15, "INET_DIAG_MARK", SK_NL_U32 },
	{ 16, "INET_DIAG_BBRINFO", SK_NL_BYTES },
	{ 17, "INET_DIAG_CLASS_ID", SK_NL_U32 },
	{ 18, "INET_DIAG_MD5SIG", SK_NL_BYTES },
	{ 19, "INET_DIAG_ULP_INFO", SK_NL_BYTES },
	{ 20, "INET_DIAG_SK_BPF_STORAGES", SK_NL_BYTES },
	{ 21, "INET_DIAG_CGROUP_ID", SK_NL_U64 },
	{ 22, "INET_DIAG_SOCKOPT", SK_NL_BYTES },
	SK_NL_END
};
const struct sk_nlattrs sk_nl_inet = { "INET_DIAG_???", inet_rows };

static const struct sk_nlattr inet_req_rows[] = {
	{ 0, "INET_DIAG_REQ_NONE", SK_NL_BYTES },
	{ 1, "INET_DIAG_REQ_BYTECODE", SK_NL_BYTES },
	{ 2, "INET_DIAG_REQ_SK_BPF_STORAGES", SK_NL_BYTES },
	{ 3, "INET_DIAG_REQ_PROTOCOL", SK_NL_BYTES },
	SK_NL_END
};
const struct sk_nlattrs sk_nl_inet_req = { "INET_DIAG_REQ_???", inet_req_rows };

static const struct sk_nlattr unix_rows[] = {
	{ 0, "UNIX_DIAG_NAME", SK_NL_STRING },
	{ 1, "UNIX_DIAG_VFS", SK_NL_STRUCT, .fields = unix_vfs },
	{ 2, "UNIX_DIAG_PEER", SK_NL_U32 },
	{ 3, "UNIX_DIAG_ICONS", SK_NL_U32S },
	{ 4, "UNIX_DIAG_RQLEN", SK_NL_STRUCT, .fields = unix_rqlen },
	{ 5, "UNIX_DIAG_MEMINFO", SK_NL_U32S },
	{ 6, "UNIX_DIAG_SHUTDOWN", SK_NL_U8 },
	{ 7, "UNIX_DIAG_UID", SK_NL_U32 },
	SK_NL_END
};
const struct sk_nlattrs sk_nl_unix = { "UNIX_DIAG_???", unix_rows };

static const struct sk_nlattr op_rows[] = {
	{ 1, "CTRL_ATTR_OP_ID", SK_NL_U32 },
	{ 2, "CTRL_ATTR_OP_FLAGS", SK_NL_U32 },
	SK_NL_END
};
static const struct sk_nlattrs op = { "CTRL_ATTR_OP_???", op_rows };

static const struct sk_nlattr group_rows[] = {
	{ 1, "CTRL_ATTR_MCAST_GRP_NAME", SK_NL_STRING },
	{ 2, "CTRL_ATTR_MCAST_GRP_ID", SK_NL_U32 },
	SK_NL_END
};
static const struct sk_nlattrs group = { "CTRL_ATTR_MCAST_GRP_???",
					 group_rows };

static const struct sk_nlattr ctrl_rows[] = {
	{ 1, "CTRL_ATTR_FAMILY_ID", SK_NL_U16 },
	{ 2, "CTRL_ATTR_FAMILY_NAME", SK_NL_STRING },
	{ 3, "CTRL_ATTR_VERSION", SK_NL_U32 },
	{ 4, "CTRL_ATTR_HDRSIZE", SK_NL_U32 },
	{ 5, "CTRL_ATTR_MAXATTR", SK_NL_U32 },
	{ 6, "CTRL_ATTR_OPS", SK_NL_LIST, .nested = &op },
	{ 7, "CTRL_ATTR_MCAST_GROUPS", SK_NL_LIST, .nested = &group },
	{ 8, "CTRL_ATTR_POLICY", SK_NL_BYTES },
	{ 9, "CTRL_ATTR_OP_POLICY", SK_NL_BYTES },
	{ 10, "CTRL_ATTR_OP", SK_NL_U32 },
	SK_NL_END
};
const struct sk_nlattrs sk_nl_ctrl = { "CTRL_ATTR_???", ctrl_rows };

/* include/uapi/linux/rtnetlink.h: disciplines have options of their own. */
static const struct sk_nlattr tc_rows[] = {
	{ 0, "TCA_UNSPEC", SK_NL_BYTES },
	{ 1, "TCA_KIND", SK_NL_STRING },
	{ 2, "TCA_OPTIONS", SK_NL_BYTES },
	{ 3, "TCA_STATS", SK_NL_BYTES },
	{ 4, "TCA_XSTATS", SK_NL_BYTES },
	{ 5, "TCA_RATE", SK_NL_BYTES },
	{ 6, "TCA_FCNT", SK_NL_BYTES },
	{ 7, "TCA_STATS2", SK_NL_BYTES },
	{ 8, "TCA_STAB", SK_NL_BYTES },
	{ 9, "TCA_PAD", SK_NL_BYTES },
	{ 10, "TCA_DUMP_INVISIBLE", SK_NL_BYTES },
	{ 11, "TCA_CHAIN", SK_NL_U32 },
	{ 12, "TCA_HW_OFFLOAD", SK_NL_U8 },
	{ 13, "TCA_INGRESS_BLOCK", SK_NL_U32 },
	{ 14, "TCA_EGRESS_BLOCK", SK_NL_U32 },
	{ 15, "TCA_DUMP_FLAGS", SK_NL_BYTES },
	SK_NL_END
};
const struct sk_nlattrs sk_nl_tc = { "TCA_???", tc_rows };
