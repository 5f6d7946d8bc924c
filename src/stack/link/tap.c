/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TAP device of the kernel (Documentation/networking/tuntap.rst): a read is
 * a frame, a write is a frame. The kernel's side is set up too, by the few
 * ioctls of netdevice(7) and a netlink message for the queue and each address.
 *
 * With offload a virtio_net_hdr stands before each: what a frame's checksum is
 * worth, and that it is many segments of TCP in one, up to 64 KiB, which cost
 * little more than one does. Either side may send such.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "stack/addr.h"
#include "stack/link/link.h"
#include "stack/wire/eth.h"

#define TAP_MTU 1500
/* Frames that wait for us: a window of 4 MiB fits at MTU 1500. */
#define TAP_TXQUEUELEN 4000

struct tap {
	struct stk_link link;
	int fd;
	bool vnet;		/* a virtio_net_hdr before each frame */
	bool dry;		/* the last burst ended as there was no more */
	struct pkt *spare;	/* what a super-segment needs besides */
	char name[IFNAMSIZ];
};

static struct tap *tap_of(struct stk_link *l)
{
	return (struct tap *)((uintptr_t)l - offsetof(struct tap, link));
}

/* --- frames ----------------------------------------------------------------- */

static int died(struct tap *t, int r)
{
	if (r == -EBADFD || r == -ENODEV)
		return sk_fail(&t->link.err, -ENODEV,
			       "tap: %s: the device is gone", t->name);
	return sk_fail(&t->link.err, r, "tap: %s: %s", t->name, sk_strerror(r));
}

/* The interface is down, its queue is full, or the frame is of a kind that it
 * does not take: the frame is lost, the device is not. */
static bool is_loss(int e)
{
	return e == EAGAIN || e == EIO || e == ENOBUFS || e == EINVAL ||
	       e == ENOMEM || e == EINTR;
}

/* What the kernel is to do with p, whose headers are in one piece. */
static void tell(struct virtio_net_hdr *h, const struct pkt *p)
{
	struct eth_hdr eth;

	*h = (struct virtio_net_hdr){ 0 };
	if (!(p->flags & PKT_CSUM_PARTIAL))
		return;
	h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h->csum_start = p->csum_start;
	h->csum_offset = p->csum_off;
	if (!p->gso_size || eth_parse(p->data, p->len, &eth) < 0)
		return;
	h->gso_type = eth.type == ETH_IPV6 ? VIRTIO_NET_HDR_GSO_TCPV6 :
					     VIRTIO_NET_HDR_GSO_TCPV4;
	h->gso_size = p->gso_size;
	h->hdr_len = (uint16_t)p->len;
}

static int tap_send(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	struct tap *t = tap_of(l);
	struct virtio_net_hdr h;
	struct iovec iov[PKT_MAX_IOV + 1] = { { &h, sizeof(h) } };
	int sent = 0, r = 0, skip = !t->vnet;

	(void)now;
	for (int i = 0; i < n; i++) {
		int pieces = pkt_iov(v[i], iov + 1, PKT_MAX_IOV);

		tell(&h, v[i]);
		if (pieces > 0 &&
		    writev(t->fd, iov + skip, pieces + 1 - skip) >= 0)
			sent++;
		else if (pieces > 0 && !is_loss(errno))
			r = -errno;
		pkt_free(v[i]);
	}
	return r < 0 ? died(t, r) : sent;
}

/* Lost for want of memory. It must be read all the same, or we would be called
 * for ever. */
static int read_away(struct tap *t, struct pkt *p)
{
	uint8_t lost[1];

	pkt_free(p);
	return read(t->fd, lost, sizeof(lost)) >= 0 ? 1 : 0;
}

/*
 * The same, where it may be a super-segment: frames of the usual size fill one
 * small buffer, and the large one behind it waits for those that do not.
 */
static int read_super(struct tap *t, struct pkt **out)
{
	struct virtio_net_hdr h;
	struct pkt *p = pkt_new(t->link.pool, 0, PKT_SMALL);
	struct iovec iov[] = { { &h, sizeof(h) }, { NULL, PKT_SMALL },
			       { NULL, PKT_LARGE } };
	ssize_t n;

	*out = NULL;
	if (!t->spare)
		t->spare = pkt_new(t->link.pool, 0, PKT_LARGE);
	if (!p || !t->spare)
		return read_away(t, p);
	iov[1].iov_base = p->data;
	iov[2].iov_base = t->spare->data;
	n = readv(t->fd, iov, 3);
	if (n < (ssize_t)sizeof(h)) {
		pkt_free(p);
		return n >= 0 ? 1 : is_loss(errno) ? 0 : -errno;
	}
	n -= (ssize_t)sizeof(h);
	pkt_put(p, n < PKT_SMALL ? (size_t)n : PKT_SMALL);
	if (n > PKT_SMALL) {
		pkt_put(t->spare, (size_t)n - PKT_SMALL);
		pkt_append(p, t->spare);
		t->spare = NULL;
	}
	if (h.flags & (VIRTIO_NET_HDR_F_NEEDS_CSUM |
		       VIRTIO_NET_HDR_F_DATA_VALID))
		p->flags |= PKT_CSUM_OK;
	*out = p;
	return 1;
}

/* 1: a frame; 0: none now; or a negative errno. */
static int read_frame(struct tap *t, struct pkt **p)
{
	size_t room = t->link.mtu + ETH_SIZE + 4; /* a VLAN tag */
	ssize_t n;

	if (t->vnet)
		return read_super(t, p);
	*p = pkt_new(t->link.pool, 0, room < PKT_LARGE ? room : PKT_LARGE);
	if (!*p)
		return read_away(t, NULL);
	n = read(t->fd, (*p)->data, room < PKT_LARGE ? room : PKT_LARGE);
	if (n >= 0) {
		pkt_put(*p, (size_t)n);
		return 1;
	}
	pkt_free(*p);
	return is_loss(errno) ? 0 : -errno;
}

static int tap_recv(struct stk_link *l, struct pkt **v, int n, uint64_t now)
{
	struct tap *t = tap_of(l);
	int got = 0, r = 1;

	(void)now;
	/* Known already, without a system call. */
	if (t->dry) {
		t->dry = false;
		return 0;
	}
	while (got < n && (r = read_frame(t, &v[got])) > 0)
		got += v[got] != NULL;
	t->dry = got && r == 0;
	if (got || r >= 0)
		return got;
	return died(t, r);
}

static void tap_free(struct stk_link *l)
{
	struct tap *t = tap_of(l);

	pkt_free(t->spare);
	sk_close(&t->fd);
	free(t);
}

static const struct stk_link_ops tap_ops = {
	.name = "tap",
	.send = tap_send,
	.recv = tap_recv,
	.free = tap_free,
};

/* --- the kernel's side ------------------------------------------------------ */

struct msg {
	struct nlmsghdr h;
	union {
		struct ifaddrmsg addr;
		struct ifinfomsg link;
	};
	uint8_t attrs[64];
};

static void add_attr(struct msg *m, uint16_t type, const void *data,
		     size_t len)
{
	struct rtattr rta = { .rta_len = (uint16_t)RTA_LENGTH(len),
			      .rta_type = type };
	uint8_t *at = (uint8_t *)m + NLMSG_ALIGN(m->h.nlmsg_len);

	memcpy(at, &rta, sizeof(rta));
	memcpy(at + RTA_LENGTH(0), data, len);
	m->h.nlmsg_len = (uint32_t)(NLMSG_ALIGN(m->h.nlmsg_len) +
				    RTA_LENGTH(len));
}

static int ask(const struct msg *m)
{
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		uint8_t rest[512];
	} ack;
	SK_AUTO_FD fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			       NETLINK_ROUTE);
	ssize_t n;

	if (fd < 0 || send(fd, m, m->h.nlmsg_len, 0) < 0)
		return -errno;
	n = recv(fd, &ack, sizeof(ack), 0);
	if (n < (ssize_t)sizeof(ack.h) || ack.h.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return ack.e.error;
}

/* rtnetlink(7) RTM_NEWADDR; without DAD, so that it can be used at once. */
static int add_host_addr(unsigned ifindex, const struct stk_prefix *p)
{
	bool v4 = stk_ip_is4(&p->ip);
	const uint8_t *ip = p->ip.b + (v4 ? 12 : 0);
	size_t len = v4 ? 4 : 16;
	struct msg m = {
		.h = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)),
		       .nlmsg_type = RTM_NEWADDR,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE |
				      NLM_F_REPLACE },
		.addr = { .ifa_family = v4 ? AF_INET : AF_INET6,
			  .ifa_prefixlen = p->len,
			  .ifa_flags = v4 ? 0 : IFA_F_NODAD,
			  .ifa_index = ifindex },
	};

	add_attr(&m, IFA_LOCAL, ip, len);
	add_attr(&m, IFA_ADDRESS, ip, len);
	return ask(&m);
}

/* SIOCSIFTXQLEN is for the machine's root alone, this for a namespace's too. */
static int set_queue(unsigned ifindex, uint32_t n)
{
	struct msg m = {
		.h = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
		       .nlmsg_type = RTM_NEWLINK,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.link = { .ifi_index = (int)ifindex },
	};

	add_attr(&m, IFLA_TXQLEN, &n, sizeof(n));
	return ask(&m);
}

static int set_mtu(int fd, const char *name, unsigned mtu)
{
	struct ifreq ifr = { .ifr_mtu = (int)mtu };

	sk_copy(ifr.ifr_name, sizeof(ifr.ifr_name), name);
	return ioctl(fd, SIOCSIFMTU, &ifr) ? -errno : 0;
}

static int bring_up(int fd, const char *name)
{
	struct ifreq ifr = { 0 };

	sk_copy(ifr.ifr_name, sizeof(ifr.ifr_name), name);
	if (ioctl(fd, SIOCGIFFLAGS, &ifr))
		return -errno;
	ifr.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &ifr) ? -errno : 0;
}

static int current_mtu(int fd, const char *name)
{
	struct ifreq ifr = { 0 };

	sk_copy(ifr.ifr_name, sizeof(ifr.ifr_name), name);
	return ioctl(fd, SIOCGIFMTU, &ifr) ? -errno : ifr.ifr_mtu;
}

/* A device that was there before is left as its owner made it, but for what
 * was asked for. */
static int set_up(struct tap *t, const struct stk_tap_opts *o, bool joined)
{
	SK_AUTO_FD fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned queue = o->txqueuelen ? o->txqueuelen : TAP_TXQUEUELEN;
	int r = fd < 0 ? -errno : 0;

	if (r >= 0 && (o->mtu || !joined))
		r = set_mtu(fd, t->name, o->mtu ? o->mtu : TAP_MTU);
	if (r >= 0 && (o->txqueuelen || !joined)) {
		r = set_queue(if_nametoindex(t->name), queue);
		t->link.txqueue = queue;
	}
	if (r >= 0)
		r = current_mtu(fd, t->name);
	if (r >= 0) {
		t->link.mtu = (unsigned)r;
		r = bring_up(fd, t->name);
	}
	for (size_t i = 0; i < o->n_host && r >= 0; i++)
		r = add_host_addr(if_nametoindex(t->name), &o->host[i]);
	return r;
}

/* --- opening ---------------------------------------------------------------- */

static int explain(struct sk_err *err, int r, const char *name)
{
	if (r == -EPERM || r == -EACCES)
		return sk_fail(err, r,
			       "stack: tap: %s%s (CAP_NET_ADMIN is needed; try "
			       "unshare -rn, or --stack wire)",
			       r == -EACCES ? "/dev/net/tun: " : "",
			       sk_strerror(r));
	if (r == -EBUSY)
		return sk_fail(err, r, "stack: tap: dev=%s is in use by "
				       "another program", name);
	if (r == -EINVAL && name[0])
		return sk_fail(err, r, "stack: tap: dev=%s is no TAP device",
			       name);
	if (r == -ENOENT || r == -ENXIO || r == -ENODEV)
		return sk_fail(err, r, "stack: tap: /dev/net/tun: %s (is the "
				       "tun module loaded?)", sk_strerror(r));
	return sk_fail(err, r, "stack: tap: %s%s%s", name, name[0] ? ": " : "",
		       sk_strerror(r));
}

/* Kernels without any of it go on without. The header is of the machine's own
 * byte order, and has its shortest form. */
static void offload(struct tap *t)
{
	int size = sizeof(struct virtio_net_hdr);

	if (ioctl(t->fd, TUNSETVNETHDRSZ, &size))
		return;
	if (ioctl(t->fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6))
		return;
	t->link.offload = STK_OFFLOAD_TX_CSUM | STK_OFFLOAD_TSO4 |
			  STK_OFFLOAD_TSO6 | STK_OFFLOAD_RX_CSUM;
}

static int attach(struct tap *t, const struct stk_tap_opts *o)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };

	t->vnet = o->offload;
	if (t->vnet)
		ifr.ifr_flags |= IFF_VNET_HDR;
	if (o->dev && sk_copy(ifr.ifr_name, sizeof(ifr.ifr_name), o->dev) < 0)
		return -ENAMETOOLONG;
	t->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (t->fd < 0 || ioctl(t->fd, TUNSETIFF, &ifr))
		return -errno;
	t->link.fd = t->fd;
	if (t->vnet)
		offload(t);
	sk_copyn(t->name, sizeof(t->name), ifr.ifr_name,
		 strnlen(ifr.ifr_name, IFNAMSIZ - 1));
	if (o->persist && ioctl(t->fd, TUNSETPERSIST, 1))
		return -errno;
	return 0;
}

static void describe(struct tap *t, const struct stk_tap_opts *o)
{
	char ip[STK_IP_TEXT];
	size_t n;

	n = (size_t)snprintf(t->link.text, sizeof(t->link.text), "%s", t->name);
	for (size_t i = 0; i < o->n_host && n < sizeof(t->link.text); i++)
		n += (size_t)snprintf(t->link.text + n,
				      sizeof(t->link.text) - n, "%s%s/%u",
				      i ? ", " : ", kernel side ",
				      stk_ip_format(ip, &o->host[i].ip),
				      (unsigned)o->host[i].len);
}

int stk_tap(struct stk_link **l, const struct stk_tap_opts *o,
	    struct sk_err *err)
{
	struct tap *t = calloc(1, sizeof(*t));
	bool joined = o->dev && if_nametoindex(o->dev);
	int r;

	if (!t)
		return sk_fail(err, -ENOMEM, "%s", sk_strerror(ENOMEM));
	t->link = (struct stk_link){ .ops = &tap_ops, .mtu = TAP_MTU };
	t->fd = -1;
	r = attach(t, o);
	if (r >= 0)
		r = set_up(t, o, joined);
	if (r < 0) {
		tap_free(&t->link);
		return explain(err, r, o->dev ? o->dev : "");
	}
	describe(t, o);
	*l = &t->link;
	return 0;
}
