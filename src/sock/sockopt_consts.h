/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Constants of sockopt.def that older headers lack. The SO_* are those of
 * asm-generic; architectures with numbers of their own have them in their
 * headers, or else lack these few options.
 */
#ifndef SK_SOCK_SOCKOPT_CONSTS_H
#define SK_SOCK_SOCKOPT_CONSTS_H

#include <sys/socket.h>

#ifndef SO_ATTACH_BPF
#define SO_ATTACH_BPF 50
#endif
#ifndef SO_ATTACH_REUSEPORT_CBPF
#define SO_ATTACH_REUSEPORT_CBPF 51
#endif
#ifndef SO_ATTACH_REUSEPORT_EBPF
#define SO_ATTACH_REUSEPORT_EBPF 52
#endif
#ifndef SO_CNX_ADVICE
#define SO_CNX_ADVICE 53
#endif
#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif
#ifndef SO_INCOMING_NAPI_ID
#define SO_INCOMING_NAPI_ID 56
#endif
#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif
#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif
#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY 60
#endif
#ifndef SO_TXTIME
#define SO_TXTIME 61
#endif
#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62
#endif
#ifndef SO_TIMESTAMP_NEW
#define SO_TIMESTAMP_NEW 63
#endif
#ifndef SO_TIMESTAMPNS_NEW
#define SO_TIMESTAMPNS_NEW 64
#endif
#ifndef SO_TIMESTAMPING_NEW
#define SO_TIMESTAMPING_NEW 65
#endif
#ifndef SO_RCVTIMEO_NEW
#define SO_RCVTIMEO_NEW 66
#endif
#ifndef SO_SNDTIMEO_NEW
#define SO_SNDTIMEO_NEW 67
#endif
#ifndef SO_DETACH_REUSEPORT_BPF
#define SO_DETACH_REUSEPORT_BPF 68
#endif
#ifndef SO_PREFER_BUSY_POLL
#define SO_PREFER_BUSY_POLL 69
#endif
#ifndef SO_BUSY_POLL_BUDGET
#define SO_BUSY_POLL_BUDGET 70
#endif
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif
#ifndef SO_RESERVE_MEM
#define SO_RESERVE_MEM 73
#endif
#ifndef SO_TXREHASH
#define SO_TXREHASH 74
#endif
#ifndef SO_RCVMARK
#define SO_RCVMARK 75
#endif
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#ifndef SO_DEVMEM_DONTNEED
#define SO_DEVMEM_DONTNEED 80
#endif
#ifndef SO_RCVPRIORITY
#define SO_RCVPRIORITY 82
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif
#ifndef SO_INQ
#define SO_INQ 84
#endif

#ifndef SOL_CAN_RAW
#define SOL_CAN_RAW 101
#endif
#ifndef SOL_CAN_ISOTP
#define SOL_CAN_ISOTP 106
#endif
#ifndef SOL_CAN_J1939
#define SOL_CAN_J1939 107
#endif
#ifndef SOL_SCTP
#define SOL_SCTP 132
#endif
#ifndef SOL_AX25
#define SOL_AX25 257
#endif
#ifndef SOL_NETROM
#define SOL_NETROM 259
#endif
#ifndef SOL_ROSE
#define SOL_ROSE 260
#endif
#ifndef SOL_LLC
#define SOL_LLC 268
#endif
#ifndef SOL_DCCP
#define SOL_DCCP 269
#endif
#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif
#ifndef SOL_TIPC
#define SOL_TIPC 271
#endif
#ifndef SOL_RXRPC
#define SOL_RXRPC 272
#endif
#ifndef SOL_PPPOL2TP
#define SOL_PPPOL2TP 273
#endif
#ifndef SOL_BLUETOOTH
#define SOL_BLUETOOTH 274
#endif
#ifndef SOL_PNPIPE
#define SOL_PNPIPE 275
#endif
#ifndef SOL_RDS
#define SOL_RDS 276
#endif
#ifndef SOL_IUCV
#define SOL_IUCV 277
#endif
#ifndef SOL_CAIF
#define SOL_CAIF 278
#endif
#ifndef SOL_ALG
#define SOL_ALG 279
#endif
#ifndef SOL_NFC
#define SOL_NFC 280
#endif
#ifndef SOL_KCM
#define SOL_KCM 281
#endif
#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif
#ifndef SOL_MPTCP
#define SOL_MPTCP 284
#endif
#ifndef SOL_MCTP
#define SOL_MCTP 285
#endif
#ifndef SOL_SMC
#define SOL_SMC 286
#endif

#endif
