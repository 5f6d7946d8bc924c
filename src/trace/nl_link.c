/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Attributes of links, by the kernel's include/uapi/linux/if_link.h and
 * if_bridge.h. What drivers other than the bridge say of themselves, and what
 * virtual functions are, is bytes.
 */
#include "trace/nlattr.h"

#include <sys/socket.h>

static const struct sk_field stats[] = {
	{ "rx_packets", 0, 4, SK_F_U },
	{ "tx_packets", 4, 4, SK_F_U },
	{ "rx_bytes", 8, 4, SK_F_U },
	{ "tx_bytes", 12, 4, SK_F_U },
	{ "rx_errors", 16, 4, SK_F_U },
	{ "tx_errors", 20, 4, SK_F_U },
	{ "rx_dropped", 24, 4, SK_F_U },
	{ "tx_dropped", 28, 4, SK_F_U },
	{ "multicast", 32, 4, SK_F_U },
	{ "collisions", 36, 4, SK_F_U },
	{ "rx_length_errors", 40, 4, SK_F_U },
	{ "rx_over_errors", 44, 4, SK_F_U },
	{ "rx_crc_errors", 48, 4, SK_F_U },
	{ "rx_frame_errors", 52, 4, SK_F_U },
	{ "rx_fifo_errors", 56, 4, SK_F_U },
	{ "rx_missed_errors", 60, 4, SK_F_U },
	{ "tx_aborted_errors", 64, 4, SK_F_U },
	{ "tx_carrier_errors", 68, 4, SK_F_U },
	{ "tx_fifo_errors", 72, 4, SK_F_U },
	{ "tx_heartbeat_errors", 76, 4, SK_F_U },
	{ "tx_window_errors", 80, 4, SK_F_U },
	{ "rx_compressed", 84, 4, SK_F_U },
	{ "tx_compressed", 88, 4, SK_F_U },
	{ "rx_nohandler", 92, 4, SK_F_U },
	{ NULL }
};

static const struct sk_field stats64[] = {
	{ "rx_packets", 0, 8, SK_F_U },
	{ "tx_packets", 8, 8, SK_F_U },
	{ "rx_bytes", 16, 8, SK_F_U },
	{ "tx_bytes", 24, 8, SK_F_U },
	{ "rx_errors", 32, 8, SK_F_U },
	{ "tx_errors", 40, 8, SK_F_U },
	{ "rx_dropped", 48, 8, SK_F_U },
	{ "tx_dropped", 56, 8, SK_F_U },
	{ "multicast", 64, 8, SK_F_U },
	{ "collisions", 72, 8, SK_F_U },
	{ "rx_length_errors", 80, 8, SK_F_U },
	{ "rx_over_errors", 88, 8, SK_F_U },
	{ "rx_crc_errors", 96, 8, SK_F_U },
	{ "rx_frame_errors", 104, 8, SK_F_U },
	{ "rx_fifo_errors", 112, 8, SK_F_U },
	{ "rx_missed_errors", 120, 8, SK_F_U },
	{ "tx_aborted_errors", 128, 8, SK_F_U },
	{ "tx_carrier_errors", 136, 8, SK_F_U },
	{ "tx_fifo_errors", 144, 8, SK_F_U },
	{ "tx_heartbeat_errors", 152, 8, SK_F_U },
	{ "tx_window_errors", 160, 8, SK_F_U },
	{ "rx_compressed", 168, 8, SK_F_U },
	{ "tx_compressed", 176, 8, SK_F_U },
	{ "rx_nohandler", 184, 8, SK_F_U },
	{ "rx_otherhost_dropped", 192, 8, SK_F_U },
	{ NULL }
};

static const struct sk_field map[] = {
	{ "mem_start", 0, 8, SK_F_X },
	{ "mem_end", 8, 8, SK_F_X },
	{ "base_addr", 16, 8, SK_F_X },
	{ "irq", 24, 2, SK_F_U },
	{ "dma", 26, 1, SK_F_U },
	{ "port", 27, 1, SK_F_U },
	{ NULL }
};

static const struct sk_nlattr xdp_rows[] = {
	{ 1, "IFLA_XDP_FD", SK_NL_S32 },
	{ 2, "IFLA_XDP_ATTACHED", SK_NL_NAME, .names = &sk_tr_xdp_attached },
	{ 3, "IFLA_XDP_FLAGS", SK_NL_FLAGS, .names = &sk_tr_ifla_xdp },
	{ 4, "IFLA_XDP_PROG_ID", SK_NL_U32 },
	{ 5, "IFLA_XDP_DRV_PROG_ID", SK_NL_U32 },
	{ 6, "IFLA_XDP_SKB_PROG_ID", SK_NL_U32 },
	{ 7, "IFLA_XDP_HW_PROG_ID", SK_NL_U32 },
	{ 8, "IFLA_XDP_EXPECTED_FD", SK_NL_S32 },
	SK_NL_END
};
static const struct sk_nlattrs xdp = { "IFLA_XDP_???", xdp_rows };

static const struct sk_nlattr down_rows[] = {
	{ 1, "IFLA_PROTO_DOWN_REASON_MASK", SK_NL_U32 },
	{ 2, "IFLA_PROTO_DOWN_REASON_VALUE", SK_NL_U32 },
	SK_NL_END
};
static const struct sk_nlattrs down = { "IFLA_PROTO_DOWN_REASON_???",
					down_rows };

/* --- bridges ---------------------------------------------------------- */

static const struct sk_field boolopt[] = {
	{ "optval", 0, 4, SK_F_BITS, &sk_tr_boolopt },
	{ "optmask", 4, 4, SK_F_BITS, &sk_tr_boolopt },
	{ NULL }
};

static const struct sk_nlattr bridge_rows[] = {
	{ 1, "IFLA_BR_FORWARD_DELAY", SK_NL_TICKS },
	{ 2, "IFLA_BR_HELLO_TIME", SK_NL_TICKS },
	{ 3, "IFLA_BR_MAX_AGE", SK_NL_TICKS },
	{ 4, "IFLA_BR_AGEING_TIME", SK_NL_TICKS },
	{ 5, "IFLA_BR_STP_STATE", SK_NL_U32 },
	{ 6, "IFLA_BR_PRIORITY", SK_NL_U16 },
	{ 7, "IFLA_BR_VLAN_FILTERING", SK_NL_U8 },
	{ 8, "IFLA_BR_VLAN_PROTOCOL", SK_NL_ETHER },
	{ 9, "IFLA_BR_GROUP_FWD_MASK", SK_NL_X16 },
	{ 10, "IFLA_BR_ROOT_ID", SK_NL_BRIDGE_ID },
	{ 11, "IFLA_BR_BRIDGE_ID", SK_NL_BRIDGE_ID },
	{ 12, "IFLA_BR_ROOT_PORT", SK_NL_U16 },
	{ 13, "IFLA_BR_ROOT_PATH_COST", SK_NL_U32 },
	{ 14, "IFLA_BR_TOPOLOGY_CHANGE", SK_NL_U8 },
	{ 15, "IFLA_BR_TOPOLOGY_CHANGE_DETECTED", SK_NL_U8 },
	{ 16, "IFLA_BR_HELLO_TIMER", SK_NL_TICKS },
	{ 17, "IFLA_BR_TCN_TIMER", SK_NL_TICKS },
	{ 18, "IFLA_BR_TOPOLOGY_CHANGE_TIMER", SK_NL_TICKS },
	{ 19, "IFLA_BR_GC_TIMER", SK_NL_TICKS },
	{ 20, "IFLA_BR_GROUP_ADDR", SK_NL_MAC },
	{ 21, "IFLA_BR_FDB_FLUSH", SK_NL_BYTES },
	{ 22, "IFLA_BR_MCAST_ROUTER", SK_NL_U8 },
	{ 23, "IFLA_BR_MCAST_SNOOPING", SK_NL_U8 },
	{ 24, "IFLA_BR_MCAST_QUERY_USE_IFADDR", SK_NL_U8 },
	{ 25, "IFLA_BR_MCAST_QUERIER", SK_NL_U8 },
	{ 26, "IFLA_BR_MCAST_HASH_ELASTICITY", SK_NL_U32 },
	{ 27, "IFLA_BR_MCAST_HASH_MAX", SK_NL_U32 },
	{ 28, "IFLA_BR_MCAST_LAST_MEMBER_CNT", SK_NL_U32 },
	{ 29, "IFLA_BR_MCAST_STARTUP_QUERY_CNT", SK_NL_U32 },
	{ 30, "IFLA_BR_MCAST_LAST_MEMBER_INTVL", SK_NL_TICKS },
	{ 31, "IFLA_BR_MCAST_MEMBERSHIP_INTVL", SK_NL_TICKS },
	{ 32, "IFLA_BR_MCAST_QUERIER_INTVL", SK_NL_TICKS },
	{ 33, "IFLA_BR_MCAST_QUERY_INTVL", SK_NL_TICKS },
	{ 34, "IFLA_BR_MCAST_QUERY_RESPONSE_INTVL", SK_NL_TICKS },
	{ 35, "IFLA_BR_MCAST_STARTUP_QUERY_INTVL", SK_NL_TICKS },
	{ 36, "IFLA_BR_NF_CALL_IPTABLES", SK_NL_U8 },
	{ 37, "IFLA_BR_NF_CALL_IP6TABLES", SK_NL_U8 },
	{ 38, "IFLA_BR_NF_CALL_ARPTABLES", SK_NL_U8 },
	{ 39, "IFLA_BR_VLAN_DEFAULT_PVID", SK_NL_U16 },
	{ 40, "IFLA_BR_PAD", SK_NL_BYTES },
	{ 41, "IFLA_BR_VLAN_STATS_ENABLED", SK_NL_U8 },
	{ 42, "IFLA_BR_MCAST_STATS_ENABLED", SK_NL_U8 },
	{ 43, "IFLA_BR_MCAST_IGMP_VERSION", SK_NL_U8 },
	{ 44, "IFLA_BR_MCAST_MLD_VERSION", SK_NL_U8 },
	{ 45, "IFLA_BR_VLAN_STATS_PER_PORT", SK_NL_U8 },
	{ 46, "IFLA_BR_MULTI_BOOLOPT", SK_NL_STRUCT, .fields = boolopt },
	{ 47, "IFLA_BR_MCAST_QUERIER_STATE", SK_NL_BYTES },
	{ 48, "IFLA_BR_FDB_N_LEARNED", SK_NL_U32 },
	{ 49, "IFLA_BR_FDB_MAX_LEARNED", SK_NL_U32 },
	SK_NL_END
};
static const struct sk_nlattrs bridge = { "IFLA_BR_???", bridge_rows };

static const struct sk_nlattr port_rows[] = {
	{ 1, "IFLA_BRPORT_STATE", SK_NL_U8 },
	{ 2, "IFLA_BRPORT_PRIORITY", SK_NL_U16 },
	{ 3, "IFLA_BRPORT_COST", SK_NL_U32 },
	{ 4, "IFLA_BRPORT_MODE", SK_NL_U8 },
	{ 5, "IFLA_BRPORT_GUARD", SK_NL_U8 },
	{ 6, "IFLA_BRPORT_PROTECT", SK_NL_U8 },
	{ 7, "IFLA_BRPORT_FAST_LEAVE", SK_NL_U8 },
	{ 8, "IFLA_BRPORT_LEARNING", SK_NL_U8 },
	{ 9, "IFLA_BRPORT_UNICAST_FLOOD", SK_NL_U8 },
	{ 10, "IFLA_BRPORT_PROXYARP", SK_NL_U8 },
	{ 11, "IFLA_BRPORT_LEARNING_SYNC", SK_NL_U8 },
	{ 12, "IFLA_BRPORT_PROXYARP_WIFI", SK_NL_U8 },
	{ 13, "IFLA_BRPORT_ROOT_ID", SK_NL_BRIDGE_ID },
	{ 14, "IFLA_BRPORT_BRIDGE_ID", SK_NL_BRIDGE_ID },
	{ 15, "IFLA_BRPORT_DESIGNATED_PORT", SK_NL_U16 },
	{ 16, "IFLA_BRPORT_DESIGNATED_COST", SK_NL_U16 },
	{ 17, "IFLA_BRPORT_ID", SK_NL_U16 },
	{ 18, "IFLA_BRPORT_NO", SK_NL_U16 },
	{ 19, "IFLA_BRPORT_TOPOLOGY_CHANGE_ACK", SK_NL_U8 },
	{ 20, "IFLA_BRPORT_CONFIG_PENDING", SK_NL_U8 },
	{ 21, "IFLA_BRPORT_MESSAGE_AGE_TIMER", SK_NL_TICKS },
	{ 22, "IFLA_BRPORT_FORWARD_DELAY_TIMER", SK_NL_TICKS },
	{ 23, "IFLA_BRPORT_HOLD_TIMER", SK_NL_TICKS },
	{ 24, "IFLA_BRPORT_FLUSH", SK_NL_BYTES },
	{ 25, "IFLA_BRPORT_MULTICAST_ROUTER", SK_NL_U8 },
	{ 26, "IFLA_BRPORT_PAD", SK_NL_BYTES },
	{ 27, "IFLA_BRPORT_MCAST_FLOOD", SK_NL_U8 },
	{ 28, "IFLA_BRPORT_MCAST_TO_UCAST", SK_NL_U8 },
	{ 29, "IFLA_BRPORT_VLAN_TUNNEL", SK_NL_U8 },
	{ 30, "IFLA_BRPORT_BCAST_FLOOD", SK_NL_U8 },
	{ 31, "IFLA_BRPORT_GROUP_FWD_MASK", SK_NL_X16 },
	{ 32, "IFLA_BRPORT_NEIGH_SUPPRESS", SK_NL_U8 },
	{ 33, "IFLA_BRPORT_ISOLATED", SK_NL_U8 },
	{ 34, "IFLA_BRPORT_BACKUP_PORT", SK_NL_IFINDEX },
	{ 35, "IFLA_BRPORT_MRP_RING_OPEN", SK_NL_U8 },
	{ 36, "IFLA_BRPORT_MRP_IN_OPEN", SK_NL_U8 },
	{ 37, "IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT", SK_NL_U32 },
	{ 38, "IFLA_BRPORT_MCAST_EHT_HOSTS_CNT", SK_NL_U32 },
	{ 39, "IFLA_BRPORT_LOCKED", SK_NL_U8 },
	{ 41, "IFLA_BRPORT_MAB", SK_NL_U8 },
	{ 42, "IFLA_BRPORT_MCAST_N_GROUPS", SK_NL_U32 },
	{ 43, "IFLA_BRPORT_MCAST_MAX_GROUPS", SK_NL_U32 },
	{ 44, "IFLA_BRPORT_NEIGH_VLAN_SUPPRESS", SK_NL_U8 },
	{ 45, "IFLA_BRPORT_BACKUP_NHID", SK_NL_U32 },
	SK_NL_END
};
static const struct sk_nlattrs port = { "IFLA_BRPORT_???", port_rows };

static const struct sk_field vlan_info[] = {
	{ "flags", 0, 2, SK_F_FLAGS, &sk_tr_bridge_vlan,
	  "BRIDGE_VLAN_INFO_???" },
	{ "vid", 2, 2, SK_F_U },
	{ NULL }
};

static const struct sk_nlattr tunnel_rows[] = {
	{ 1, "IFLA_BRIDGE_VLAN_TUNNEL_ID", SK_NL_U32 },
	{ 2, "IFLA_BRIDGE_VLAN_TUNNEL_VID", SK_NL_U16 },
	{ 3, "IFLA_BRIDGE_VLAN_TUNNEL_FLAGS", SK_NL_FLAGS,
	  .names = &sk_tr_bridge_vlan },
	SK_NL_END
};
static const struct sk_nlattrs tunnel = { "IFLA_BRIDGE_VLAN_TUNNEL_???",
					  tunnel_rows };

static const struct sk_nlattr bridge_spec_rows[] = {
	{ 0, "IFLA_BRIDGE_FLAGS", SK_NL_FLAGS, .names = &sk_tr_bridge_flags },
	{ 1, "IFLA_BRIDGE_MODE", SK_NL_NAME, .names = &sk_tr_bridge_mode },
	{ 2, "IFLA_BRIDGE_VLAN_INFO", SK_NL_STRUCT, .fields = vlan_info },
	{ 3, "IFLA_BRIDGE_VLAN_TUNNEL_INFO", SK_NL_NEST, .nested = &tunnel },
	{ 4, "IFLA_BRIDGE_MRP", SK_NL_BYTES },
	{ 5, "IFLA_BRIDGE_CFM", SK_NL_BYTES },
	{ 6, "IFLA_BRIDGE_MST", SK_NL_BYTES },
	SK_NL_END
};
static const struct sk_nlattrs bridge_spec = { "IFLA_BRIDGE_???",
					       bridge_spec_rows };

/* --- kinds of links --------------------------------------------------- */

static const struct sk_nlkind kinds[] = {
	{ "bridge", &bridge },
	{ NULL, NULL }
};
static const struct sk_nlkind slave_kinds[] = {
	{ "bridge", &port },
	{ NULL, NULL }
};

static const struct sk_nlattr linkinfo_rows[] = {
	{ 1, "IFLA_INFO_KIND", SK_NL_KIND },
	{ 2, "IFLA_INFO_DATA", SK_NL_OF_KIND, .kinds = kinds },
	{ 3, "IFLA_INFO_XSTATS", SK_NL_BYTES },
	{ 4, "IFLA_INFO_SLAVE_KIND", SK_NL_KIND },
	{ 5, "IFLA_INFO_SLAVE_DATA", SK_NL_OF_KIND, .kinds = slave_kinds },
	SK_NL_END
};
static const struct sk_nlattrs linkinfo = { "IFLA_INFO_???", linkinfo_rows };

/* --- what families keep of links -------------------------------------- */

static const struct sk_nlattr inet_rows[] = {
	{ 1, "IFLA_INET_CONF", SK_NL_INDEXED, .names = &sk_tr_inet_conf },
	SK_NL_END
};
static const struct sk_nlattrs inet = { "IFLA_INET_???", inet_rows };

static const struct sk_field inet6_cacheinfo[] = {
	{ "max_reasm_len", 0, 4, SK_F_U },
	{ "tstamp", 4, 4, SK_F_U },
	{ "reachable_time", 8, 4, SK_F_U },
	{ "retrans_time", 12, 4, SK_F_U },
	{ NULL }
};

static const struct sk_nlattr inet6_rows[] = {
	{ 1, "IFLA_INET6_FLAGS", SK_NL_FLAGS, .names = &sk_tr_inet6_flags },
	{ 2, "IFLA_INET6_CONF", SK_NL_INDEXED, .names = &sk_tr_inet6_conf },
	{ 3, "IFLA_INET6_STATS", SK_NL_INDEXED64, .names = &sk_tr_ipstats },
	{ 4, "IFLA_INET6_MCAST", SK_NL_BYTES },
	{ 5, "IFLA_INET6_CACHEINFO", SK_NL_STRUCT,
	  .fields = inet6_cacheinfo },
	{ 6, "IFLA_INET6_ICMP6STATS", SK_NL_INDEXED64,
	  .names = &sk_tr_icmp6stats },
	{ 7, "IFLA_INET6_TOKEN", SK_NL_IN6 },
	{ 8, "IFLA_INET6_ADDR_GEN_MODE", SK_NL_NAME,
	  .names = &sk_tr_addr_gen_mode },
	{ 9, "IFLA_INET6_RA_MTU", SK_NL_U32 },
	SK_NL_END
};
static const struct sk_nlattrs inet6 = { "IFLA_INET6_???", inet6_rows };

/* The families of messages, as types; 0 is any other. */
static const struct sk_nlattr families_rows[] = {
	{ AF_INET, "AF_INET", SK_NL_NEST, .nested = &inet },
	{ AF_INET6, "AF_INET6", SK_NL_NEST, .nested = &inet6 },
	{ AF_MPLS, "AF_MPLS", SK_NL_BYTES },
	SK_NL_END
};
static const struct sk_nlattrs families = { "AF_???", families_rows };

static const struct sk_nlattr af_spec_rows[] = {
	{ AF_BRIDGE, "", SK_NL_NEST, .nested = &bridge_spec },
	{ AF_UNSPEC, "", SK_NL_NEST, .nested = &families },
	SK_NL_END
};
static const struct sk_nlattrs af_spec = { "", af_spec_rows };

static const struct sk_nlattr protinfo_rows[] = {
	{ AF_BRIDGE, "", SK_NL_NEST, .nested = &port },
	{ AF_INET6, "", SK_NL_NEST, .nested = &inet6 },
	SK_NL_END
};
static const struct sk_nlattrs protinfo = { "", protinfo_rows };

/* --- links ------------------------------------------------------------ */

static const struct sk_nlattr link_rows[] = {
	{ 1, "IFLA_ADDRESS", SK_NL_MAC },
	{ 2, "IFLA_BROADCAST", SK_NL_MAC },
	{ 3, "IFLA_IFNAME", SK_NL_STRING },
	{ 4, "IFLA_MTU", SK_NL_U32 },
	{ 5, "IFLA_LINK", SK_NL_IFINDEX },
	{ 6, "IFLA_QDISC", SK_NL_STRING },
	{ 7, "IFLA_STATS", SK_NL_STRUCT, .fields = stats, .least = 92 },
	{ 8, "IFLA_COST", SK_NL_BYTES },
	{ 9, "IFLA_PRIORITY", SK_NL_BYTES },
	{ 10, "IFLA_MASTER", SK_NL_IFINDEX },
	{ 11, "IFLA_WIRELESS", SK_NL_BYTES },
	{ 12, "IFLA_PROTINFO", SK_NL_BY_FAMILY, .nested = &protinfo },
	{ 13, "IFLA_TXQLEN", SK_NL_U32 },
	{ 14, "IFLA_MAP", SK_NL_STRUCT, .fields = map },
	{ 15, "IFLA_WEIGHT", SK_NL_U32 },
	{ 16, "IFLA_OPERSTATE", SK_NL_U8 },
	{ 17, "IFLA_LINKMODE", SK_NL_U8 },
	{ 18, "IFLA_LINKINFO", SK_NL_NEST, .nested = &linkinfo },
	{ 19, "IFLA_NET_NS_PID", SK_NL_U32 },
	{ 20, "IFLA_IFALIAS", SK_NL_STRING },
	{ 21, "IFLA_NUM_VF", SK_NL_U32 },
	{ 22, "IFLA_VFINFO_LIST", SK_NL_BYTES },
	{ 23, "IFLA_STATS64", SK_NL_STRUCT, .fields = stats64,
	  .least = 184 },
	{ 24, "IFLA_VF_PORTS", SK_NL_BYTES },
	{ 25, "IFLA_PORT_SELF", SK_NL_BYTES },
	{ 26, "IFLA_AF_SPEC", SK_NL_BY_FAMILY, .nested = &af_spec },
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
	{ 43, "IFLA_XDP", SK_NL_NEST, .nested = &xdp },
	{ 44, "IFLA_EVENT", SK_NL_U32 },
	{ 45, "IFLA_NEW_NETNSID", SK_NL_S32 },
	{ 46, "IFLA_IF_NETNSID", SK_NL_S32 },
	{ 47, "IFLA_CARRIER_UP_COUNT", SK_NL_U32 },
	{ 48, "IFLA_CARRIER_DOWN_COUNT", SK_NL_U32 },
	{ 49, "IFLA_NEW_IFINDEX", SK_NL_IFINDEX },
	{ 50, "IFLA_MIN_MTU", SK_NL_U32 },
	{ 51, "IFLA_MAX_MTU", SK_NL_U32 },
	{ 52, "IFLA_PROP_LIST", SK_NL_NEST, .nested = &sk_nl_link },
	{ 53, "IFLA_ALT_IFNAME", SK_NL_STRING },
	{ 54, "IFLA_PERM_ADDRESS", SK_NL_MAC },
	{ 55, "IFLA_PROTO_DOWN_REASON", SK_NL_NEST, .nested = &down },
	{ 56, "IFLA_PARENT_DEV_NAME", SK_NL_STRING },
	{ 57, "IFLA_PARENT_DEV_BUS_NAME", SK_NL_STRING },
	{ 58, "IFLA_GRO_MAX_SIZE", SK_NL_U32 },
	{ 59, "IFLA_TSO_MAX_SIZE", SK_NL_U32 },
	{ 60, "IFLA_TSO_MAX_SEGS", SK_NL_U32 },
	{ 61, "IFLA_ALLMULTI", SK_NL_U32 },
	{ 62, "IFLA_DEVLINK_PORT", SK_NL_BYTES },
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
