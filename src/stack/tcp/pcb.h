/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of TCP (RFC 9293): what its files share. A connection is a struct
 * tcp_pcb, which begins with the socket it is; a half-open one in the SYN
 * queue a struct tcp_req; one in TIME-WAIT a struct tcp_tw. All three stand in
 * the stack's table by their key, node.kind tells them apart.
 *
 *	segment ─ input.c ─┬─ listen.c     SYN and accept queues, cookies
 *	                   ├─ synsent.c    the active open
 *	                   ├─ timewait.c
 *	                   └─ ack.c ── recovery.c ── cc_*.c
 *	                      rcv.c        the window, data, holes
 *	send, recv ─ sock.c              timers ─ timer.c
 *	all that is sent ─ output.c ─ xmit.c ─ ip_output()
 *
 * Variables of the RFC keep their names. A sequence number minus `iss + 1` (or
 * `irs + 1`) is the offset in the stream and so in the buffer.
 *
 * snd_nxt never goes back: it is what 9293 calls the highest sent. What is to
 * be sent again lies between rxt_nxt and lost_end, less what was SACKed.
 */
#ifndef SK_STACK_TCP_PCB_H
#define SK_STACK_TCP_PCB_H

#include "stack/ip/ip.h"
#include "stack/stk_internal.h"
#include "stack/tcp/buf.h"
#include "stack/tcp/cc.h"
#include "stack/tcp/rtt.h"
#include "stack/tcp/seqset.h"
#include "stack/wire/tcp.h"

/* Numbers of Linux's tcp_info. */
enum tcp_state_name {
	TCPS_ESTABLISHED = 1,
	TCPS_SYN_SENT,
	TCPS_SYN_RCVD,
	TCPS_FIN_WAIT_1,
	TCPS_FIN_WAIT_2,
	TCPS_TIME_WAIT,
	TCPS_CLOSED,
	TCPS_CLOSE_WAIT,
	TCPS_LAST_ACK,
	TCPS_LISTEN,
	TCPS_CLOSING,
};

/* Loss recovery, numbers of tcp_info. */
enum tcp_ca_state {
	TCP_CA_OPEN = 0,
	TCP_CA_DISORDER = 1,	/* duplicate ACKs or SACKs, not yet three */
	TCP_CA_RECOVERY = 3,	/* fast retransmit */
	TCP_CA_LOSS = 4,	/* after a timeout */
};

enum tcp_node_kind { TCP_NODE_SOCK, TCP_NODE_REQ, TCP_NODE_TW };

#define TCP_MSS_DEFAULT4 536		/* 9293 3.7.1 */
#define TCP_MSS_DEFAULT6 1220
#define TCP_MSS_MIN 88			/* smaller ones are taken for this */
#define TCP_BUF_MAX (4u << 20)		/* buffers grow up to here */
#define TCP_BUF_MIN 4096u
#define TCP_RCV_INITIAL 65535u		/* before auto-tuning */
#define TCP_SND_INITIAL (128u << 10)
#define TCP_TIME_WAIT_US (60 * SK_SEC)	/* 2 MSL */
#define TCP_FIN_WAIT2_US (60 * SK_SEC)
#define TCP_DELACK_US (40 * SK_MSEC)
#define TCP_CORK_US (200 * SK_MSEC)
#define TCP_SYN_RETRIES 6		/* about 127 s */
#define TCP_SYNACK_RETRIES 5
#define TCP_RETRIES 15			/* about 924 s */
#define TCP_ORPHAN_RETRIES 8
#define TCP_QUICK_ACKS 16
#define TCP_DUPTHRESH 3
#define TCP_BACKLOG_MAX 4096
#define TCP_TW_MAX 16384
#define TCP_CHALLENGE_US (500 * SK_MSEC)
#define TCP_PAWS_IDLE_US (24 * 86400 * SK_SEC)	/* 7323 5.5 */

/* Names for booleans and counts as an application sets them; see sockopt.c. */
struct tcp_opts_set {
	bool nodelay, cork;
	bool rcvbuf_set, sndbuf_set; /* SO_RCVBUF: no auto-tuning */
	uint8_t keep_cnt;
	uint8_t syn_cnt;
	uint16_t maxseg;	/* TCP_MAXSEG; 0: by the MTU */
	uint32_t keep_idle, keep_intvl;	/* s */
	uint32_t user_timeout;	/* ms; 0: by retransmissions */
	uint32_t window_clamp;
	uint32_t notsent_lowat;
	int32_t linger2;	/* s, FIN-WAIT-2 of a closed one */
	uint32_t rto_max_ms, rto_min_us, delack_max_us;
};

/* What keeps a stream from being over; see tcp_note_limit(). */
enum tcp_limit { TCP_IDLE, TCP_BUSY, TCP_RWND, TCP_SNDBUF, TCP_LIMITS };

struct tcp_listen;

struct tcp_pcb {
	struct stk_sock sk;	/* first */
	uint8_t state;		/* enum tcp_state_name */
	uint8_t ca_state;	/* enum tcp_ca_state */
	struct tcp_opts_set o;

	/* A listener's queues; or, for a child nobody accepted, its place. */
	struct tcp_listen *lsn;
	struct tcp_pcb *parent;
	TAILQ_ENTRY(tcp_pcb) accept_link;

	/* --- send (9293 3.3.1) --- */
	uint32_t iss, snd_una, snd_nxt, snd_wnd, snd_wl1, snd_wl2;
	uint32_t snd_wnd_max;	/* largest the peer has offered */
	uint32_t snd_end;	/* after the last byte the application gave */
	uint32_t snd_sml;	/* end of the last small segment (Nagle) */
	uint32_t mss;		/* payload of a full segment */
	uint32_t mss_peer;	/* what its option said */
	uint32_t mss_adv;	/* what ours said */
	uint8_t snd_wscale, rcv_wscale;
	bool ws_ok, ts_ok, sack_ok;
	bool fin_queued;	/* the stream ends at snd_end */
	bool send_forced;	/* a timer says: no Nagle, no cork */
	bool want_out;		/* send() could not take all */
	bool probing;		/* t_rtx is for a window probe */
	bool has_timers;	/* places for them are reserved */
	struct tcp_buf snd_buf;
	uint32_t snd_limit;	/* bytes snd_buf may hold */

	/* --- loss recovery --- */
	struct tcp_cc cc;
	struct tcp_rtt rtt;
	struct seqset sacked;	/* scoreboard; ranges above snd_una */
	uint32_t sacked_bytes;	/* without SACK: dupacks * mss */
	uint32_t rxt_nxt;	/* next to be sent again… */
	uint32_t lost_end;	/* …if below this */
	uint32_t rxt_resume;	/* where rxt_nxt goes on after the head */
	uint32_t head_after;	/* SACKed of what was sent after the head… */
	uint64_t head_at;	/* …was sent again, then */
	uint32_t recover;	/* recovery ends when this is acknowledged */
	bool eifel;		/* the next ACK of data says if it was needed */
	bool eifel_sent;	/* something has been sent again in it, … */
	uint32_t eifel_ts;	/* … first with this stamp */
	uint32_t dupacks;
	uint32_t prr_delivered, prr_out, prr_flight; /* 6937 */
	uint32_t rtt_seq;	/* end of the segment that is being timed */
	uint64_t rtt_at;	/* 0: none is */
	bool cwnd_limited;	/* cwnd kept us from sending, … */
	uint32_t cwnd_used;	/* … most that was in flight, … */
	uint32_t cwnd_used_seq;	/* … since this was sent */
	uint8_t retries;	/* timeouts in a row */
	uint8_t probes;		/* unanswered window or keep-alive probes */
	uint8_t probe_backoff;
	uint64_t stalled_at;	/* first timeout or probe of these; 0: none */
	int soft_error;		/* what ICMP said; told if we time out */

	/* --- receive --- */
	uint32_t irs, rcv_nxt;
	uint32_t rcv_adv;	/* the right edge promised */
	uint32_t last_ack_sent;
	uint32_t rcv_limit;	/* bytes rcv_buf may hold now */
	uint32_t rcv_mss;	/* largest segment seen */
	uint32_t rcv_unacked;	/* bytes since the last ACK */
	struct tcp_buf rcv_buf;	/* head: what recv gives next */
	struct seqset ooo;
	uint32_t sack_recent[TCP_SACK_MAX]; /* in these ranges, newest first */
	uint8_t n_sack_recent;
	struct seqrange dsack;	/* to be reported once (2883); empty: none */
	uint32_t rcv_fin;	/* where the peer's FIN stands, */
	bool rcv_fin_known;
	bool fin_rcvd;		/* and all before it has come */
	bool rcv_shut;		/* SHUT_RD */
	bool ack_now;
	uint8_t quick;		/* ACKs to send at once */
	/* Auto-tuning: what the application read in the last round trip. */
	uint32_t drs_seq, drs_rtt_seq;
	uint64_t drs_at, drs_rtt_at;
	uint32_t drs_rtt;	/* us */

	/* --- timestamps (7323) --- */
	uint32_t ts_off, ts_recent;
	uint32_t rxt_ts;	/* our stamp of the last retransmission */
	uint64_t ts_recent_at;

	uint64_t challenge_at;	/* none before (5961 10) */
	uint64_t last_recv, last_send, last_data_recv, last_data_send;
	struct stk_timer t_rtx;	/* retransmission, or window probe */
	struct stk_timer t_delack;
	struct stk_timer t_keep;
	struct stk_timer t_end;	/* FIN-WAIT-2, linger */
	struct stk_task task;	/* output, when the burst is over */

	/* Only told, by tcp_info. */
	uint64_t bytes_acked, bytes_received, bytes_sent, bytes_retrans;
	uint32_t segs_in, segs_out, data_segs_in, data_segs_out;
	uint32_t total_retrans, rcv_ooopack, dsack_dups;
	uint8_t limit;		/* enum tcp_limit, … */
	uint64_t limit_at;	/* … since then */
	uint64_t limited_us[TCP_LIMITS]; /* and in the past */
};

/* One half-open connection: what SYN and SYN-ACK have agreed. */
struct tcp_req {
	struct stk_node node;
	TAILQ_ENTRY(tcp_req) link; /* by age, or free */
	struct tcp_pcb *lsn;
	struct stk_timer timer;
	uint32_t iss, irs, ts_recent, ts_off;
	uint32_t rcv_wnd;	/* offered in the SYN-ACK */
	uint16_t mss;		/* the peer's option */
	uint8_t snd_wscale, rcv_wscale;
	bool ws_ok, ts_ok, sack_ok;
	uint8_t retries;
	uint64_t sent_at, challenge_at;
};

struct tcp_listen {
	uint32_t backlog;
	uint32_t n_reqs, n_accept;
	struct tcp_req *slab;	/* n_slab of them: no malloc by SYN */
	TAILQ_HEAD(, tcp_req) free, reqs;
	TAILQ_HEAD(tcp_accept_queue, tcp_pcb) accept;
	uint32_t n_slab;
	uint64_t cookies_until;	/* an ACK may be an answer to one */
};

/* What TIME-WAIT must remember (9293 3.6.1, RFC 6191). */
struct tcp_tw {
	struct stk_node node;
	TAILQ_ENTRY(tcp_tw) link;
	struct stk_timer timer;
	uint32_t snd_nxt, rcv_nxt, rcv_wnd;
	uint32_t ts_recent, ts_off;
	uint64_t challenge_at;
	uint8_t rcv_wscale;
	bool ts_ok;
};

struct tcp_state {
	TAILQ_HEAD(tcp_tw_list, tcp_tw) tws;
	size_t n_tws;
	uint32_t window_max;	/* what the link can take in a burst; 0: any */
	uint32_t buf_max;	/* buffers grow up to here */
};

static inline struct tcp_pcb *tcp_of(struct stk_sock *sk)
{
	return (struct tcp_pcb *)sk;
}

static inline const struct tcp_pcb *tcp_of_const(const struct stk_sock *sk)
{
	return (const struct tcp_pcb *)sk;
}

static inline struct stk *tcp_stk(const struct tcp_pcb *p)
{
	return p->sk.stk;
}

/* Handshake over and both numbers known. */
static inline bool tcp_synchronized(const struct tcp_pcb *p)
{
	return p->state != TCPS_CLOSED && p->state != TCPS_LISTEN &&
	       p->state != TCPS_SYN_SENT && p->state != TCPS_SYN_RCVD;
}

static inline uint32_t tcp_rcv_wnd(const struct tcp_pcb *p)
{
	return p->rcv_adv - p->rcv_nxt;
}

/* Our FIN has been acknowledged. */
static inline bool tcp_fin_acked(const struct tcp_pcb *p)
{
	return p->fin_queued && p->snd_una == p->snd_end + 1;
}

static inline uint32_t tcp_flight(const struct tcp_pcb *p)
{
	return p->snd_nxt - p->snd_una;
}

/* Bytes and FIN that were never sent. */
static inline uint32_t tcp_unsent(const struct tcp_pcb *p)
{
	return p->snd_end + p->fin_queued - p->snd_nxt;
}

/* Bytes in order that recv has not given yet. */
static inline uint32_t tcp_readable(const struct tcp_pcb *p)
{
	return p->rcv_nxt - p->fin_rcvd - (p->irs + 1 + p->rcv_buf.head);
}

/* Bytes in the send buffer, sent or not. */
static inline uint32_t tcp_unacked_bytes(const struct tcp_pcb *p)
{
	return seq_lt(p->snd_una, p->snd_end) ? p->snd_end -
	       seq_max(p->snd_una, p->iss + 1) : 0;
}

/* TCP_NOTSENT_LOWAT: enough waits to be sent for the first time. */
static inline bool tcp_lowat_reached(const struct tcp_pcb *p)
{
	return p->o.notsent_lowat && tcp_unsent(p) >= p->o.notsent_lowat;
}

/* Room enough that waking the writer is worth it (as Linux: a third). */
static inline bool tcp_writable(const struct tcp_pcb *p)
{
	return !tcp_lowat_reached(p) &&
	       tcp_unacked_bytes(p) <= p->snd_limit - p->snd_limit / 3;
}

/* The timestamp clock: milliseconds. */
static inline uint32_t tcp_ts_now(const struct stk *s, uint32_t off)
{
	return (uint32_t)(s->now / 1000) + off;
}

/* Length in sequence space of a segment with len bytes of payload. */
static inline uint32_t tcp_space(const struct tcp_hdr *h, uint32_t len)
{
	return len + !!(h->flags & TCP_SYN) + !!(h->flags & TCP_FIN);
}

/* --- pcb.c ---------------------------------------------------------------- */

/* A connection agreed upon, ESTABLISHED, for accept(). NULL: no memory. */
struct tcp_pcb *tcp_child(struct tcp_pcb *lsn, const struct tcp_req *r);
/* Numbers agreed upon in the handshake that both opens need. */
void tcp_start(struct tcp_pcb *p, uint32_t irs, const struct tcp_opts *o);
void tcp_set_mss(struct tcp_pcb *p);
/* What we say in our MSS option. */
uint16_t tcp_mss_advertised(struct tcp_pcb *p);
/* The MSS we can use to dst, no options counted, for any socket option. */
uint16_t tcp_mss_to(struct stk *s, const struct stk_ip *dst, uint16_t maxseg);
/* Window scale to offer: smallest that covers the largest buffer (7323). */
uint8_t tcp_wscale_wanted(const struct tcp_pcb *p);
/* CLOSED: timers off, buffers emptied, out of the table; error: positive
 * errno for the application, or 0. Frees p if its handle is gone. */
void tcp_done(struct tcp_pcb *p, int error);
/* A child that no application has got yet goes. */
void tcp_discard(struct tcp_pcb *p, bool rst);
/* Room for what both buffers may hold. 0 or -ENOMEM. */
int tcp_reserve(struct tcp_pcb *p);
/* RST to the peer, then tcp_done(). */
void tcp_reset(struct tcp_pcb *p, int error);

/* --- input.c -------------------------------------------------------------- */

void tcp_input(struct stk *s, struct pkt *pkt);
/* A segment for a connection that is neither LISTEN nor SYN-SENT. */
void tcp_segment(struct tcp_pcb *p, const struct tcp_hdr *h, struct pkt *pkt);
/* ACK at most once per half second, jittered (5961 7). */
void tcp_challenge(struct tcp_pcb *p);
bool tcp_challenge_due(struct stk *s, uint64_t *at);
/* Active open: a segment in SYN-SENT. */
void tcp_syn_sent(struct tcp_pcb *p, const struct tcp_hdr *h,
		  struct pkt *pkt);

/* --- listen.c ------------------------------------------------------------- */

int tcp_listen(struct stk_sock *sk, int backlog);
int tcp_accept(struct stk_sock *sk, struct stk_sock **peer);
/* Its half-open connections are forgotten. */
void tcp_listen_flush(struct tcp_pcb *p);
/* The queues go; what nobody accepted is reset if rst. */
void tcp_listen_end(struct tcp_pcb *p, bool rst);
/* A segment for a listener. */
void tcp_listen_segment(struct tcp_pcb *p, const struct tcp_hdr *h,
			struct pkt *pkt);
/* A segment for a half-open connection. */
void tcp_req_segment(struct tcp_req *r, const struct tcp_hdr *h,
		     struct pkt *pkt);
void tcp_req_free(struct tcp_req *r);
/* A child goes before it was accepted. */
void tcp_unaccept(struct tcp_pcb *child);

/* --- timewait.c ----------------------------------------------------------- */

/* Hand the connection's key on to a tcp_tw; p is CLOSED then. */
void tcp_time_wait(struct tcp_pcb *p);
/* True: tw is gone, the SYN is for a listener (RFC 6191). */
bool tcp_tw_segment(struct stk *s, struct tcp_tw *tw, const struct tcp_hdr *h,
		    uint32_t len);
void tcp_tw_free(struct stk *s, struct tcp_tw *tw);

/* --- ack.c, recovery.c ---------------------------------------------------- */

/* The ACK field of an acceptable segment. False: drop the segment. */
bool tcp_ack(struct tcp_pcb *p, const struct tcp_hdr *h, uint32_t len);

/* What an ACK brought, from ack.c to recovery.c. */
struct tcp_acked {
	uint32_t acked;		/* snd_una moved by this */
	uint32_t sacked;	/* newly SACKed bytes */
	bool duplicate;		/* 5681 2: a duplicate ACK */
	uint32_t rtt;		/* us; 0: no sample */
};

void tcp_sack_input(struct tcp_pcb *p, const struct tcp_hdr *h,
		    struct tcp_acked *a);
/* snd_una has moved by h: was sending again in vain? Before tcp_recovery_ack. */
void tcp_recovery_eifel(struct tcp_pcb *p, const struct tcp_hdr *h);
void tcp_recovery_ack(struct tcp_pcb *p, const struct tcp_acked *a);
void tcp_recovery_timeout(struct tcp_pcb *p);
/* Bytes thought to be in the network (6675 pipe). */
uint32_t tcp_pipe(const struct tcp_pcb *p);
/* The next range to be sent again: its length, at most mss; 0: none. */
uint32_t tcp_recovery_next(const struct tcp_pcb *p, uint32_t *seq);
void tcp_recovery_sent(struct tcp_pcb *p, uint32_t seq, uint32_t len);

/* --- rcv.c ---------------------------------------------------------------- */

/* Payload and FIN of an acceptable segment; data of pkt at the payload. */
void tcp_rcv(struct tcp_pcb *p, const struct tcp_hdr *h, struct pkt *pkt);
/* Window field of a segment we send now; moves rcv_adv. */
uint16_t tcp_window(struct tcp_pcb *p);
ssize_t tcp_recv(struct stk_sock *sk, const struct iovec *iov, int n,
		 struct stk_addr *from, int flags);
/* Blocks for the next ACK. */
void tcp_sack_output(struct tcp_pcb *p, struct tcp_opts *o);
void tcp_rcv_init(struct tcp_pcb *p);

/* --- output.c, xmit.c ----------------------------------------------------- */

/* Everything that may be sent now, or at least the ACK that is due. */
void tcp_output(struct tcp_pcb *p);
/* The same when the burst of input is over. */
void tcp_output_later(struct tcp_pcb *p);
/* tcpi_busy_time and its like: what holds the stream up may have changed. */
void tcp_note_limit(struct tcp_pcb *p);
void tcp_task(struct stk *s, struct stk_task *t);
/* A segment of the stream; flags besides ACK. False: not sent. */
bool tcp_xmit(struct tcp_pcb *p, uint32_t seq, uint32_t len, unsigned flags);
void tcp_send_ack(struct tcp_pcb *p);
void tcp_send_syn(struct tcp_pcb *p);
void tcp_send_rst(struct tcp_pcb *p);
/* Below the window, to provoke an ACK: keep-alive, window probe. */
void tcp_send_probe(struct tcp_pcb *p);
/* A segment without a pcb; ports and addresses by k. */
void tcp_send_bare(struct stk *s, const struct stk_key *k, struct tcp_hdr *h);
/* 9293 3.10.7.1: answer a segment to nobody. */
void tcp_reply_rst(struct stk *s, const struct stk_key *k,
		   const struct tcp_hdr *h, uint32_t len);

/* --- timer.c -------------------------------------------------------------- */

void tcp_timers_init(struct tcp_pcb *p);
void tcp_timers_stop(struct tcp_pcb *p);
/* Retransmission or window probe, whichever is due; or none. */
void tcp_arm_rtx(struct tcp_pcb *p);
void tcp_restart_rtx(struct tcp_pcb *p);
void tcp_arm_delack(struct tcp_pcb *p);
void tcp_arm_keep(struct tcp_pcb *p);
/* A closed connection that waits for the peer's FIN, or lingers. */
void tcp_arm_end(struct tcp_pcb *p);

/* --- sockopt.c, icmp.c ---------------------------------------------------- */

void tcp_opts_init(struct tcp_opts_set *o);
int tcp_setopt(struct stk_sock *sk, int level, int name, const void *val,
	       size_t len);
int tcp_getopt(struct stk_sock *sk, int level, int name, void *val,
	       size_t *len);
/* info.c: struct tcp_info of Linux; returns the length written. */
size_t tcp_info(const struct tcp_pcb *p, void *out, size_t size);
void tcp_icmp(struct stk *s, const struct stk_icmp_err *e);
/* The path takes packets of mtu only. */
void tcp_mtu_reduced(struct tcp_pcb *p);
const char *tcp_state_text(unsigned state);

#endif
