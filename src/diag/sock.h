/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One record for a socket of any family. Sources fill it, filters test it,
 * renderers print it.
 *
 * A field whose bit is missing in `has` is absent: nobody told us, which is
 * not zero. What `struct sk_bytes` points to belongs to the source and lives
 * until the callback that was given the record returns; sk_sock_dup() keeps
 * it longer.
 */
#ifndef SK_DIAG_SOCK_H
#define SK_DIAG_SOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a row of `stat` is of; sk_kind_of() gives its names. */
enum sk_kind_id {
	SK_KIND_NETLINK,
	SK_KIND_PACKET_RAW,
	SK_KIND_PACKET_DGRAM,
	SK_KIND_UNIX_STREAM,
	SK_KIND_UNIX_DGRAM,
	SK_KIND_UNIX_SEQPACKET,
	SK_KIND_RAW,
	SK_KIND_ICMP,
	SK_KIND_UDP,
	SK_KIND_UDPLITE,
	SK_KIND_TCP,
	SK_KIND_MPTCP,
	SK_KIND_SCTP,
	SK_KIND_DCCP,
	SK_KIND_VSOCK_STREAM,
	SK_KIND_VSOCK_DGRAM,
	SK_KIND_VSOCK_SEQPACKET,
	SK_KIND_TIPC,
	SK_KIND_XDP,
	SK_KIND_SMC,
	SK_KIND_COUNT
};

#define SK_KIND_BIT(kind) (UINT32_C(1) << (kind))
#define SK_KIND_ALL (SK_KIND_BIT(SK_KIND_COUNT) - 1)
#define SK_KIND_UNIX                                       \
	(SK_KIND_BIT(SK_KIND_UNIX_STREAM) |                \
	 SK_KIND_BIT(SK_KIND_UNIX_DGRAM) |                 \
	 SK_KIND_BIT(SK_KIND_UNIX_SEQPACKET))
#define SK_KIND_PACKET \
	(SK_KIND_BIT(SK_KIND_PACKET_RAW) | SK_KIND_BIT(SK_KIND_PACKET_DGRAM))
#define SK_KIND_VSOCK                                      \
	(SK_KIND_BIT(SK_KIND_VSOCK_STREAM) |               \
	 SK_KIND_BIT(SK_KIND_VSOCK_DGRAM) |                \
	 SK_KIND_BIT(SK_KIND_VSOCK_SEQPACKET))
/* Those with IP addresses and ports. */
#define SK_KIND_INET                                                         \
	(SK_KIND_BIT(SK_KIND_RAW) | SK_KIND_BIT(SK_KIND_ICMP) |              \
	 SK_KIND_BIT(SK_KIND_UDP) | SK_KIND_BIT(SK_KIND_UDPLITE) |           \
	 SK_KIND_BIT(SK_KIND_TCP) | SK_KIND_BIT(SK_KIND_MPTCP) |             \
	 SK_KIND_BIT(SK_KIND_SCTP) | SK_KIND_BIT(SK_KIND_DCCP))

struct sk_kind {
	const char *netid;	/* "tcp", "u_str": ss's first column */
	const char *name;	/* "tcp", "unix_stream": for -A and JSON */
	uint8_t family;		/* AF_*; of AF_INET kinds AF_INET6 too */
	uint8_t type;		/* SOCK_*, 0: several */
	uint16_t protocol;	/* IPPROTO_* of AF_INET kinds, else 0 */
	uint32_t states;	/* shown without -a and -l, as in ss */
	const char *config;	/* the kernel option that sock_diag needs */
};

/* For every id below SK_KIND_COUNT. */
const struct sk_kind *sk_kind_of(unsigned id);

/*
 * States are TCP's for every family (include/net/tcp_states.h); a socket
 * without a peer of a family without states is in CLOSE, which prints as
 * UNCONN. NEW_SYN_RECV is reported as SYN_RECV.
 */
enum sk_state {
	SK_STATE_UNKNOWN,
	SK_STATE_ESTABLISHED,
	SK_STATE_SYN_SENT,
	SK_STATE_SYN_RECV,
	SK_STATE_FIN_WAIT1,
	SK_STATE_FIN_WAIT2,
	SK_STATE_TIME_WAIT,
	SK_STATE_CLOSE,
	SK_STATE_CLOSE_WAIT,
	SK_STATE_LAST_ACK,
	SK_STATE_LISTEN,
	SK_STATE_CLOSING,
	SK_STATE_NEW_SYN_RECV,	/* only in requests to the kernel */
	SK_STATE_BOUND_INACTIVE,
	SK_STATE_COUNT
};

#define SK_STATE_BIT(state) (UINT32_C(1) << SK_STATE_##state)
#define SK_STATES_ALL ((UINT32_C(1) << SK_STATE_COUNT) - 1)
/* ss's default: neither listening nor closed, nor mere memories. */
#define SK_STATES_CONN                                       \
	(SK_STATES_ALL &                                     \
	 ~(SK_STATE_BIT(LISTEN) | SK_STATE_BIT(CLOSE) |      \
	   SK_STATE_BIT(TIME_WAIT) | SK_STATE_BIT(SYN_RECV) |\
	   SK_STATE_BIT(NEW_SYN_RECV) | SK_STATE_BIT(BOUND_INACTIVE) | 1))

/* "ESTAB", "TIME-WAIT", "UNCONN": as ss prints it. Never NULL. */
const char *sk_state_name(unsigned state);
/*
 * The states of a word as ss takes it: "established", "syn-recv", "all",
 * "connected", "synchronized", "bucket", "big", "listening", "closed" …
 * Returns a mask of 1 << state, or 0 when there is no such word.
 */
uint32_t sk_states_parse(const char *word, size_t len);

/* What is there. Addresses, kind, family and state always are. */
#define SK_HAS(name) (UINT64_C(1) << SK_HAS_##name)
enum sk_has {
	SK_HAS_QUEUES,		/* rqueue, wqueue */
	SK_HAS_INODE,
	SK_HAS_UID,
	SK_HAS_COOKIE,
	SK_HAS_IFINDEX,
	SK_HAS_TIMER,		/* timer, timer_ms, timer_retrans */
	SK_HAS_MARK,
	SK_HAS_CLASS_ID,
	SK_HAS_CGROUP,
	SK_HAS_TOS,
	SK_HAS_TCLASS,
	SK_HAS_SHUTDOWN,
	SK_HAS_V6ONLY,
	SK_HAS_MEM,		/* mem[0..n_mem) */
	SK_HAS_SOCKOPT,		/* sockopt[2] */
	SK_HAS_PROTOCOL,	/* protocol */
	SK_HAS_REFS,		/* refs: /proc/net and netlink */
	SK_HAS_DROPS,		/* drops, where mem does not hold them */
	SK_HAS_PEER_INODE,	/* unix: the other end */
	SK_HAS_VFS,		/* unix: vfs_inode, vfs_dev */
	SK_HAS_PACKET,		/* packet.* */
	SK_HAS_FANOUT,
	SK_HAS_NL_FLAGS,
	SK_HAS_NL_DST,		/* nl_dst_port, nl_dst_group */
	SK_HAS_AGE,		/* age_ms: watchers set it, no kernel does */
};

struct sk_bytes {
	const void *p;		/* NULL: absent */
	uint32_t len;
};

/* One end of a socket: which part counts follows from kind and family. */
struct sk_end {
	uint8_t ip[16];		/* AF_INET: the first four; network order */
	uint32_t port;		/* inet, vsock; netlink: port id; tipc: ref */
	uint32_t cid;		/* vsock, tipc: node */
};

/* INET_DIAG_SKMEMINFO, SK_MEMINFO_* of linux/sock_diag.h. */
enum sk_mem {
	SK_MEM_RMEM_ALLOC,
	SK_MEM_RCVBUF,
	SK_MEM_WMEM_ALLOC,
	SK_MEM_SNDBUF,
	SK_MEM_FWD_ALLOC,
	SK_MEM_WMEM_QUEUED,
	SK_MEM_OPTMEM,
	SK_MEM_BACKLOG,
	SK_MEM_DROPS,
	SK_MEM_COUNT
};

enum sk_timer_kind {		/* idiag_timer */
	SK_TIMER_OFF,
	SK_TIMER_ON,		/* retransmission, loss probe, reordering */
	SK_TIMER_KEEPALIVE,
	SK_TIMER_TIMEWAIT,
	SK_TIMER_PERSIST,
	SK_TIMER_UNKNOWN,
};

/* Why a socket has no owner that we could see. */
enum sk_unowned {
	SK_OWNED,
	SK_UNOWNED_NOT_LOOKED,	/* nobody asked for owners */
	SK_UNOWNED_KERNEL,	/* a socket of the kernel itself */
	SK_UNOWNED_TIMEWAIT,	/* closed: only a memory of it is left */
	SK_UNOWNED_REQUEST,	/* not accepted yet: no file of its own */
	SK_UNOWNED_ORPHAN,	/* closed by its process, still sending */
	SK_UNOWNED_FOREIGN,	/* a process whose files we may not read */
	SK_UNOWNED_IN_FLIGHT,	/* in no process: passed, or held by a mount */
};

struct sk_owner;		/* diag/owners.h */

struct sk_sock {
	uint64_t has;
	uint8_t kind;		/* enum sk_kind_id */
	uint8_t family;		/* AF_* */
	uint8_t type;		/* SOCK_*; 0: the kind says it */
	uint8_t state;		/* enum sk_state */

	uint8_t timer, timer_retrans;
	uint8_t tos, tclass, shutdown, v6only;
	uint8_t sockopt[2];	/* bits as in struct inet_diag_sockopt */
	uint16_t protocol;	/* raw, netlink, packet (host order) … */
	uint16_t n_mem;
	uint32_t timer_ms;
	uint32_t rqueue, wqueue;
	uint32_t uid;
	uint32_t ifindex;	/* bound to; 0 is absent */
	uint32_t mark, class_id;
	uint32_t refs;
	uint32_t drops;
	uint32_t netns;		/* index into the caller's list; 0: ours */
	uint64_t inode;
	uint64_t cookie;
	uint64_t cgroup;	/* id of the cgroup v2 */
	uint64_t age_ms;

	struct sk_end local, peer;
	uint32_t mem[SK_MEM_COUNT];

	struct sk_bytes tcp_info; /* diag: sk_tcp_info_get() reads it */
	struct sk_bytes cong;	/* "cubic", no NUL */
	union {
		struct sk_bytes cc;	/* what the algorithm says of itself */
		struct sk_bytes xdp_stats; /* struct xdp_diag_stats */
	};
	uint16_t cc_attr;	/* and which: INET_DIAG_BBRINFO … */
	struct sk_bytes md5;	/* array of struct tcp_diag_md5sig */
	struct sk_bytes ulp;	/* INET_DIAG_ULP_INFO: nested attributes */
	struct sk_bytes storage; /* INET_DIAG_SK_BPF_STORAGES, nested */
	union {
		struct {	/* sctp: arrays of sockaddr_storage */
			struct sk_bytes locals, peers;
		};
		struct {	/* struct xdp_diag_ring */
			struct sk_bytes fill_ring, completion_ring;
		};
	};
	union {
		struct sk_bytes info;	/* struct mptcp_info, sctp_info … */
		struct sk_bytes umem;	/* struct xdp_diag_umem */
	};

	/* unix: path, or an abstract name with its leading NUL */
	struct sk_bytes name;
	uint32_t vfs_inode, vfs_dev;
	uint64_t peer_inode;
	struct sk_bytes icons;	/* listening: inodes (u32) of connections */
	/* of the other end, once owners are known; see diag/peers.h */
	struct sk_bytes peer_name;
	const struct sk_owner *peer_owners;

	/* netlink */
	uint32_t nl_flags;	/* NDIAG_FLAG_* */
	uint32_t nl_dst_port, nl_dst_group;
	struct sk_bytes groups;	/* bit mask */

	union {
		struct {
			uint32_t ifindex, version, reserve, copy_thresh;
			uint32_t tstamp, flags, fanout;
		} packet;
		struct {
			uint32_t via_type, via_instance;
			bool via, published, link_congested, con_congested;
		} tipc;
	};
	/* packet: struct packet_diag_ring; xdp: struct xdp_diag_ring */
	struct sk_bytes mclist, rx_ring, tx_ring, bpf;

	const struct sk_owner *owners; /* linked; NULL: see unowned */
	uint8_t unowned;	/* enum sk_unowned */
};

/*
 * An association of an SCTP socket, which is told behind the socket itself,
 * with the same cookie and inode; a socket may have many.
 */
static inline bool sk_sock_is_association(const struct sk_sock *s)
{
	return s->kind == SK_KIND_SCTP && s->peers.p;
}

/* A copy with all it points to (not owners) in one block; free() it. */
struct sk_sock *sk_sock_dup(const struct sk_sock *s);

/* A field of tcp_info by its row; false: absent. See sock/tcp_info.h. */
struct sk_tcp_field;
bool sk_sock_tcp(const struct sk_sock *s, const struct sk_tcp_field *f,
		 uint64_t *value);

#endif
