/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sock/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>

#include "base/text.h"

#define UNIX_PATH_OFF offsetof(struct sockaddr_un, sun_path)
#define UNIX_PATH_LEN sizeof(((struct sockaddr_un *)0)->sun_path)

/* What the kernel can have written; more is only its count of what it cut. */
#define ADDR_ROOM (sizeof(struct sk_addr) - offsetof(struct sk_addr, sa))

/* Is the address long enough to be what its family says? */
static bool has_family(const struct sk_addr *a, sa_family_t family, size_t len)
{
	return a->len >= len && a->sa.sa_family == family;
}

static bool is_inet(const struct sk_addr *a)
{
	return has_family(a, AF_INET, sizeof(a->in));
}

/* The scope came last (RFC 2553); the kernel still takes 24 bytes. */
static bool is_inet6(const struct sk_addr *a)
{
	return has_family(a, AF_INET6,
			  offsetof(struct sockaddr_in6, sin6_scope_id));
}

static bool is_vsock(const struct sk_addr *a)
{
	return has_family(a, AF_VSOCK, offsetof(struct sockaddr_vm, svm_zero));
}

static bool is_unix(const struct sk_addr *a)
{
	return has_family(a, AF_UNIX, UNIX_PATH_OFF);
}

static size_t format_inet6(char *dst, size_t size, const struct sk_addr *a)
{
	char host[INET6_ADDRSTRLEN], name[IF_NAMESIZE], zone[4 * IF_NAMESIZE];
	uint32_t scope = a->len >= sizeof(a->in6) ? a->in6.sin6_scope_id : 0;
	int n;

	inet_ntop(AF_INET6, &a->in6.sin6_addr, host, sizeof(host));
	if (!scope)
		n = snprintf(dst, size, "%s", host);
	else if (if_indextoname(scope, name))
		n = snprintf(dst, size, "%s%%%s", host,
			     sk_escape(zone, sizeof(zone), name, strlen(name)));
	else
		n = snprintf(dst, size, "%s%%%u", host, scope);
	return (size_t)n;
}

/*
 * A file named "@x" or "(unnamed)" gets "./" before it, so that it is taken
 * neither for an abstract name nor for none, and can be given back to us.
 */
static void format_unix(char *dst, size_t size, const struct sk_addr *a)
{
	const char *path = a->un.sun_path;
	size_t len = a->len - UNIX_PATH_OFF;

	if (len > UNIX_PATH_LEN)
		len = UNIX_PATH_LEN;
	if (len && !*path) {
		*dst = '@';
		sk_escape(dst + 1, size - 1, path + 1, len - 1);
		return;
	}
	len = strnlen(path, len);
	if (!len) {
		snprintf(dst, size, "(unnamed)");
		return;
	}
	if (*path == '@' || *path == '(') {
		memcpy(dst, "./", 2);
		dst += 2;
		size -= 2;
	}
	sk_escape(dst, size, path, len);
}

/* -1 is "any" for both CIDs and ports (vsock(7)). */
static const char *format_u32(char *dst, size_t size, uint32_t n)
{
	if (n == UINT32_MAX)
		snprintf(dst, size, "any");
	else
		snprintf(dst, size, "%u", n);
	return dst;
}

const char *sk_addr_format_host(char buf[SK_ADDR_TEXT_MAX],
				const struct sk_addr *a)
{
	if (is_inet(a))
		inet_ntop(AF_INET, &a->in.sin_addr, buf, SK_ADDR_TEXT_MAX);
	else if (is_inet6(a))
		format_inet6(buf, SK_ADDR_TEXT_MAX, a);
	else if (is_vsock(a))
		format_u32(buf, SK_ADDR_TEXT_MAX, a->vm.svm_cid);
	else if (is_unix(a))
		format_unix(buf, SK_ADDR_TEXT_MAX, a);
	else if (a->len < sizeof(a->sa.sa_family))
		snprintf(buf, SK_ADDR_TEXT_MAX, "(none)");
	else if (a->sa.sa_family == AF_UNSPEC)
		snprintf(buf, SK_ADDR_TEXT_MAX, "(unspecified)");
	else
		snprintf(buf, SK_ADDR_TEXT_MAX, "(family %u, %u bytes)",
			 a->sa.sa_family, a->len);
	return buf;
}

const char *sk_addr_format(char buf[SK_ADDR_TEXT_MAX], const struct sk_addr *a)
{
	char cid[16], port[16];
	size_t n;

	if (is_inet(a)) {
		sk_addr_format_host(buf, a);
		n = strlen(buf);
		snprintf(buf + n, SK_ADDR_TEXT_MAX - n, ":%u",
			 ntohs(a->in.sin_port));
	} else if (is_inet6(a)) {
		buf[0] = '[';
		n = 1 + format_inet6(buf + 1, SK_ADDR_TEXT_MAX - 1, a);
		snprintf(buf + n, SK_ADDR_TEXT_MAX - n, "]:%u",
			 ntohs(a->in6.sin6_port));
	} else if (is_vsock(a)) {
		snprintf(buf, SK_ADDR_TEXT_MAX, "vsock:%s:%s",
			 format_u32(cid, sizeof(cid), a->vm.svm_cid),
			 format_u32(port, sizeof(port), a->vm.svm_port));
	} else if (is_unix(a)) {
		memcpy(buf, "unix:", 5);
		format_unix(buf + 5, SK_ADDR_TEXT_MAX - 5, a);
	} else {
		sk_addr_format_host(buf, a);
	}
	return buf;
}

bool sk_addr_equal(const struct sk_addr *a, const struct sk_addr *b)
{
	return a->len == b->len && !memcmp(&a->sa, &b->sa, a->len);
}

/* Multiply and fold, eight bytes a step, from a secret start. */
uint64_t sk_addr_hash(const struct sk_addr *a, uint64_t seed)
{
	const unsigned char *p = (const void *)&a->sa;
	uint64_t h = seed, word;

	for (size_t i = 0; i < a->len; i += sizeof(word)) {
		size_t n = a->len - i;

		word = 0;
		memcpy(&word, p + i, n < sizeof(word) ? n : sizeof(word));
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h = (h ^ (h >> 32)) * UINT64_C(0xd6e8feb86659fd93) + seed;
	}
	return h ^ (h >> 29);
}

int64_t sk_addr_port(const struct sk_addr *a)
{
	if (is_inet(a))
		return ntohs(a->in.sin_port);
	if (is_inet6(a))
		return ntohs(a->in6.sin6_port);
	if (is_vsock(a))
		return a->vm.svm_port;
	return -1;
}

void sk_addr_set_port(struct sk_addr *a, uint16_t port)
{
	if (is_inet(a))
		a->in.sin_port = htons(port);
	else if (is_inet6(a))
		a->in6.sin6_port = htons(port);
	else if (is_vsock(a))
		a->vm.svm_port = port;
}

bool sk_addr_same_host(const struct sk_addr *a, const struct sk_addr *b)
{
	if (!a->len || !b->len || a->sa.sa_family != b->sa.sa_family)
		return false;
	if (is_inet(a) && is_inet(b))
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	if (is_inet6(a) && is_inet6(b))
		return !memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr,
			       sizeof(a->in6.sin6_addr)) &&
		       a->in6.sin6_scope_id == b->in6.sin6_scope_id;
	if (is_vsock(a) && is_vsock(b))
		return a->vm.svm_cid == b->vm.svm_cid;
	return a->sa.sa_family == AF_UNIX;
}

static int get_name(struct sk_addr *a, int fd,
		    int (*get)(int, struct sockaddr *, socklen_t *))
{
	socklen_t len = ADDR_ROOM;

	memset(a, 0, sizeof(*a));
	if (get(fd, &a->sa, &len) < 0)
		return -errno;
	a->len = len < ADDR_ROOM ? len : ADDR_ROOM;
	return 0;
}

/* glibc declares the two with transparent unions: one plain face for both. */
static int local_name(int fd, struct sockaddr *sa, socklen_t *len)
{
	return getsockname(fd, sa, len);
}

static int peer_name(int fd, struct sockaddr *sa, socklen_t *len)
{
	return getpeername(fd, sa, len);
}

int sk_addr_local(struct sk_addr *a, int fd)
{
	return get_name(a, fd, local_name);
}

int sk_addr_peer(struct sk_addr *a, int fd)
{
	return get_name(a, fd, peer_name);
}

/*
 * A path of exactly 108 bytes goes without its NUL (unix(7), BUGS); the
 * length of an abstract name is counted, not ended by a NUL.
 */
int sk_addr_unix(struct sk_addr *a, const char *path, struct sk_err *err)
{
	size_t len = strlen(path);

	memset(a, 0, sizeof(*a));
	if (!len)
		return sk_usage(err, "unix: empty path");
	if (len == 1 && *path == '@')
		return sk_usage(err, "unix:@: empty abstract name");
	if (len > UNIX_PATH_LEN)
		return sk_usage(err, "unix path of %zu bytes: at most %zu are "
				     "possible", len, UNIX_PATH_LEN);
	a->un.sun_family = AF_UNIX;
	memcpy(a->un.sun_path, path, len);
	if (*path == '@')
		a->un.sun_path[0] = '\0';
	else if (len < UNIX_PATH_LEN)
		len++;
	a->len = (socklen_t)(UNIX_PATH_OFF + len);
	return 0;
}
