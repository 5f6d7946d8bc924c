/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Attributes of netlink messages, by the kernel's include/uapi/linux:
 * if_addr.h, rtnetlink.h, neighbour.h, fib_rules.h, inet_diag.h, unix_diag.h,
 * genetlink.h; links have nl_link.c. Those that are nobody's daily bread are bytes.
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

static const struct sk_nlattr fdb_ext_rows[] = {
	{ 1, "NFEA_ACTIVITY_NOTIFY", SK_NL_U8 },
	{ 2, "NFEA_DONT_REFRESH", SK_NL_BYTES },
	SK_NL_END
};
static const struct sk_nlattrs fdb_ext = { "NFEA_???", fdb_ext_rows };

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
	{ 14, "NDA_FDB_EXT_ATTRS", SK_NL_NEST, .nested = &fdb_ext },
	{ 15, "NDA_FLAGS_EXT", SK_NL_U32 },
	SK_NL_END
};
const struct sk_nlattrs sk_nl_neigh = { "NDA_???", neigh_rows };

static const struct sk_field uid_range[] = {
	{ "start", 0, 4, SK_F_U },
	{ "end", 4, 4, SK_F_U },
	{ NULL }
};

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
	{ 20, "FRA_UID_RANGE", SK_NL_STRUCT, .fields = uid_range },
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

static const struct sk_field tc_stats[] = {
	{ "bytes", 0, 8, SK_F_U },
	{ "packets", 8, 4, SK_F_U },
	{ "drops", 12, 4, SK_F_U },
	{ "overlimits", 16, 4, SK_F_U },
	{ "bps", 20, 4, SK_F_U },
	{ "pps", 24, 4, SK_F_U },
	{ "qlen", 28, 4, SK_F_U },
	{ "backlog", 32, 4, SK_F_U },
	{ NULL }
};

static const struct sk_field stats_basic[] = {
	{ "bytes", 0, 8, SK_F_U },
	{ "packets", 8, 4, SK_F_U },
	{ NULL }
};

static const struct sk_field stats_rate[] = {
	{ "bps", 0, 4, SK_F_U },
	{ "pps", 4, 4, SK_F_U },
	{ NULL }
};

static const struct sk_field stats_queue[] = {
	{ "qlen", 0, 4, SK_F_U },
	{ "backlog", 4, 4, SK_F_U },
	{ "drops", 8, 4, SK_F_U },
	{ "requeues", 12, 4, SK_F_U },
	{ "overlimits", 16, 4, SK_F_U },
	{ NULL }
};

static const struct sk_nlattr tc_stats2_rows[] = {
	{ 1, "TCA_STATS_BASIC", SK_NL_STRUCT, .fields = stats_basic },
	{ 2, "TCA_STATS_RATE_EST", SK_NL_STRUCT, .fields = stats_rate },
	{ 3, "TCA_STATS_QUEUE", SK_NL_STRUCT, .fields = stats_queue },
	{ 4, "TCA_STATS_APP", SK_NL_BYTES },
	{ 5, "TCA_STATS_RATE_EST64", SK_NL_BYTES },
	{ 6, "TCA_STATS_PAD", SK_NL_BYTES },
	{ 7, "TCA_STATS_BASIC_HW", SK_NL_STRUCT, .fields = stats_basic },
	{ 8, "TCA_STATS_PKT64", SK_NL_U64 },
	SK_NL_END
};
static const struct sk_nlattrs tc_stats2 = { "TCA_STATS_???",
					     tc_stats2_rows };

/* include/uapi/linux/rtnetlink.h: disciplines have options of their own. */
static const struct sk_nlattr tc_rows[] = {
	{ 0, "TCA_UNSPEC", SK_NL_BYTES },
	{ 1, "TCA_KIND", SK_NL_STRING },
	{ 2, "TCA_OPTIONS", SK_NL_BYTES },
	{ 3, "TCA_STATS", SK_NL_STRUCT, .fields = tc_stats },
	{ 4, "TCA_XSTATS", SK_NL_BYTES },
	{ 5, "TCA_RATE", SK_NL_BYTES },
	{ 6, "TCA_FCNT", SK_NL_BYTES },
	{ 7, "TCA_STATS2", SK_NL_NEST, .nested = &tc_stats2 },
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

/* include/uapi/linux/netconf.h */
static const struct sk_nlattr netconf_rows[] = {
	{ 1, "NETCONFA_IFINDEX", SK_NL_IFINDEX },
	{ 2, "NETCONFA_FORWARDING", SK_NL_S32 },
	{ 3, "NETCONFA_RP_FILTER", SK_NL_S32 },
	{ 4, "NETCONFA_MC_FORWARDING", SK_NL_S32 },
	{ 5, "NETCONFA_PROXY_NEIGH", SK_NL_S32 },
	{ 6, "NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN", SK_NL_S32 },
	{ 7, "NETCONFA_INPUT", SK_NL_S32 },
	{ 8, "NETCONFA_BC_FORWARDING", SK_NL_S32 },
	{ 9, "NETCONFA_FORCE_FORWARDING", SK_NL_S32 },
	SK_NL_END
};
const struct sk_nlattrs sk_nl_netconf = { "NETCONFA_???", netconf_rows };

/* include/uapi/linux/nexthop.h */
static const struct sk_nlattr nexthop_rows[] = {
	{ 1, "NHA_ID", SK_NL_U32 },
	{ 2, "NHA_GROUP", SK_NL_BYTES },
	{ 3, "NHA_GROUP_TYPE", SK_NL_U16 },
	{ 4, "NHA_BLACKHOLE", SK_NL_BYTES },
	{ 5, "NHA_OIF", SK_NL_IFINDEX },
	{ 6, "NHA_GATEWAY", SK_NL_ADDR },
	{ 7, "NHA_ENCAP_TYPE", SK_NL_U16 },
	{ 8, "NHA_ENCAP", SK_NL_BYTES },
	{ 9, "NHA_GROUPS", SK_NL_BYTES },
	{ 10, "NHA_MASTER", SK_NL_IFINDEX },
	{ 11, "NHA_FDB", SK_NL_BYTES },
	SK_NL_END
};
const struct sk_nlattrs sk_nl_nexthop = { "NHA_???", nexthop_rows };

/* include/uapi/linux/neighbour.h */
static const struct sk_field ndt_config[] = {
	{ "ndtc_key_len", 0, 2, SK_F_U },
	{ "ndtc_entry_size", 2, 2, SK_F_U },
	{ "ndtc_entries", 4, 4, SK_F_U },
	{ "ndtc_last_flush", 8, 4, SK_F_U },
	{ "ndtc_last_rand", 12, 4, SK_F_U },
	{ "ndtc_hash_rnd", 16, 4, SK_F_U },
	{ "ndtc_hash_mask", 20, 4, SK_F_X08 },
	{ "ndtc_hash_chain_gc", 24, 4, SK_F_U },
	{ "ndtc_proxy_qlen", 28, 4, SK_F_U },
	{ NULL }
};

static const struct sk_field ndt_stats[] = {
	{ "ndts_allocs", 0, 8, SK_F_U },
	{ "ndts_destroys", 8, 8, SK_F_U },
	{ "ndts_hash_grows", 16, 8, SK_F_U },
	{ "ndts_res_failed", 24, 8, SK_F_U },
	{ "ndts_lookups", 32, 8, SK_F_U },
	{ "ndts_hits", 40, 8, SK_F_U },
	{ "ndts_rcv_probes_mcast", 48, 8, SK_F_U },
	{ "ndts_rcv_probes_ucast", 56, 8, SK_F_U },
	{ "ndts_periodic_gc_runs", 64, 8, SK_F_U },
	{ "ndts_forced_gc_runs", 72, 8, SK_F_U },
	{ "ndts_table_fulls", 80, 8, SK_F_U },
	{ NULL }
};

static const struct sk_nlattr ndt_parms_rows[] = {
	{ 1, "NDTPA_IFINDEX", SK_NL_IFINDEX },
	{ 2, "NDTPA_REFCNT", SK_NL_U32 },
	{ 3, "NDTPA_REACHABLE_TIME", SK_NL_U64 },
	{ 4, "NDTPA_BASE_REACHABLE_TIME", SK_NL_U64 },
	{ 5, "NDTPA_RETRANS_TIME", SK_NL_U64 },
	{ 6, "NDTPA_GC_STALETIME", SK_NL_U64 },
	{ 7, "NDTPA_DELAY_PROBE_TIME", SK_NL_U64 },
	{ 8, "NDTPA_QUEUE_LEN", SK_NL_U32 },
	{ 9, "NDTPA_APP_PROBES", SK_NL_U32 },
	{ 10, "NDTPA_UCAST_PROBES", SK_NL_U32 },
	{ 11, "NDTPA_MCAST_PROBES", SK_NL_U32 },
	{ 12, "NDTPA_ANYCAST_DELAY", SK_NL_U64 },
	{ 13, "NDTPA_PROXY_DELAY", SK_NL_U64 },
	{ 14, "NDTPA_PROXY_QLEN", SK_NL_U32 },
	{ 15, "NDTPA_LOCKTIME", SK_NL_U64 },
	{ 16, "NDTPA_QUEUE_LENBYTES", SK_NL_U32 },
	{ 17, "NDTPA_MCAST_REPROBES", SK_NL_U32 },
	{ 18, "NDTPA_PAD", SK_NL_BYTES },
	{ 19, "NDTPA_INTERVAL_PROBE_TIME_MS", SK_NL_U64 },
	SK_NL_END
};
static const struct sk_nlattrs ndt_parms = { "NDTPA_???", ndt_parms_rows };

static const struct sk_nlattr ndt_rows[] = {
	{ 1, "NDTA_NAME", SK_NL_STRING },
	{ 2, "NDTA_THRESH1", SK_NL_U32 },
	{ 3, "NDTA_THRESH2", SK_NL_U32 },
	{ 4, "NDTA_THRESH3", SK_NL_U32 },
	{ 5, "NDTA_CONFIG", SK_NL_STRUCT, .fields = ndt_config },
	{ 6, "NDTA_PARMS", SK_NL_NEST, .nested = &ndt_parms },
	{ 7, "NDTA_STATS", SK_NL_STRUCT, .fields = ndt_stats, .least = 80 },
	{ 8, "NDTA_GC_INTERVAL", SK_NL_U64 },
	{ 9, "NDTA_PAD", SK_NL_BYTES },
	SK_NL_END
};
const struct sk_nlattrs sk_nl_neightbl = { "NDTA_???", ndt_rows };
