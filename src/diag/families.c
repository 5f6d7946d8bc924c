/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What socket(2) accepts. There is no list of it anywhere in the kernel, so
 * each triple is tried. A family that refuses every type with protocol 0 for
 * want of the family itself is not asked further.
 */
#include "diag/families.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/grid.h"
#include "base/json.h"
#include "sock/names.h"

/* Families are numbered without gaps; some room for those to come. */
#define FAMILIES 48
#define TYPES 16
#define PROTOCOLS 160		/* more than any table of names.def has */
#define TEXT_MAX 64

struct probe {
	int family;
	int error;		/* 0: something was accepted */
	size_t n;		/* protocols tried */
	uint64_t protocol[PROTOCOLS];
	bool accepted[TYPES][PROTOCOLS];
};

/* 0 or the errno of socket(2). */
static int try_socket(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/*
 * Packet sockets take every protocol, and each close(2) of one waits for all
 * CPUs, some 10 ms: two of them stand for all.
 */
static bool takes_any(int family, int type)
{
	return family == AF_PACKET || type == SOCK_PACKET;
}

static int wire_protocol(int family, uint64_t protocol)
{
	return family == AF_PACKET ? htons((uint16_t)protocol) : (int)protocol;
}

/* 0 first, then what the table of the family has, each number once. */
static void list_protocols(struct probe *p)
{
	const struct sk_names *names = sk_protocols_of(p->family);
	const struct sk_name *row = names ? names->rows : NULL;

	p->protocol[p->n++] = 0;
	for (; row && row->name && p->n < PROTOCOLS; row++)
		if (row->value && sk_name_of(names, row->value) == row->name)
			p->protocol[p->n++] = row->value;
}

/* A refusal by permission tells most, a missing family least. */
static int telling(int a, int b)
{
	if (a == EPERM || a == EACCES || b == EAFNOSUPPORT || !b)
		return a ? a : b;
	return b;
}

/* Protocols from..to of every type. True when something was accepted. */
static bool try_types(struct probe *p, size_t from, size_t to)
{
	const struct sk_name *type = sk_names_socktype.rows;
	bool any = false;

	for (; type->name; type++) {
		for (size_t i = from; i < to; i++) {
			int e;

			if (i > 1 && takes_any(p->family, (int)type->value))
				break;
			e = try_socket(p->family, (int)type->value,
				       wire_protocol(p->family,
						     p->protocol[i]));
			p->error = telling(p->error, e);
			if (e)
				continue;
			p->accepted[type->value % TYPES][i] = true;
			any = true;
		}
	}
	return any;
}

static void probe_family(struct probe *p, int family)
{
	bool any;

	*p = (struct probe){ .family = family };
	list_protocols(p);
	any = try_types(p, 0, 1);
	if (any || p->error != EAFNOSUPPORT)
		any |= try_types(p, 1, p->n);
	if (any)
		p->error = 0;
}

static bool has_type(const struct probe *p, const struct sk_name *type)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->accepted[type->value % TYPES][i])
			return true;
	return false;
}

static const char *protocol_name(char buf[TEXT_MAX], const struct probe *p,
				 size_t i)
{
	return sk_protocol_format(buf, TEXT_MAX, p->family,
				  p->protocol[i]);
}

/* --- text ------------------------------------------------------------------- */

static void grid_type(struct sk_grid *g, const struct probe *p,
		      const struct sk_name *type)
{
	char name[TEXT_MAX];
	struct sk_out list;

	sk_out_init(&list, -1);
	for (size_t i = 0; i < p->n; i++) {
		if (!p->accepted[type->value % TYPES][i])
			continue;
		if (list.len)
			sk_out_char(&list, ' ');
		sk_out_str(&list, protocol_name(name, p, i));
	}
	sk_out_char(&list, '\0');
	sk_grid_cell(g, sk_name_format(name, sizeof(name), &sk_names_family,
				       (uint64_t)p->family));
	sk_grid_cell(g, type->name);
	sk_grid_cell(g, takes_any(p->family, (int)type->value) ? "any" :
								  list.buf);
	sk_out_fini(&list);
}

static void show_table(struct sk_out *out)
{
	struct sk_grid accepted, refused;
	const struct sk_name *type;
	char name[TEXT_MAX];
	struct probe p;

	sk_grid_init(&accepted, "lll");
	sk_grid_cell(&accepted, "Family");
	sk_grid_cell(&accepted, "Type");
	sk_grid_cell(&accepted, "Protocols");
	sk_grid_init(&refused, "ll");
	sk_grid_cell(&refused, "Refused");
	sk_grid_cell(&refused, "Reason");
	for (int i = 0; i < FAMILIES; i++) {
		probe_family(&p, i);
		for (type = sk_names_socktype.rows; type->name; type++)
			if (has_type(&p, type))
				grid_type(&accepted, &p, type);
		if (!p.error || !sk_name_of(&sk_names_family, (uint64_t)i))
			continue;
		sk_grid_cell(&refused, sk_name_format(name, sizeof(name),
						      &sk_names_family,
						      (uint64_t)i));
		sk_grid_cell(&refused, sk_strerror(p.error));
	}
	sk_grid_print(&accepted, out);
	sk_out_char(out, '\n');
	sk_grid_print(&refused, out);
}

/* --- JSON ------------------------------------------------------------------- */

static void json_type(struct sk_json *j, const struct probe *p,
		      const struct sk_name *type)
{
	char name[TEXT_MAX];

	sk_json_begin(j, '{');
	sk_json_put_str(j, "type", type->name);
	sk_json_put_bool(j, "any_protocol",
			 takes_any(p->family, (int)type->value));
	sk_json_key(j, "protocols");
	sk_json_begin(j, '[');
	for (size_t i = 0; i < p->n; i++) {
		if (takes_any(p->family, (int)type->value) ||
		    !p->accepted[type->value % TYPES][i])
			continue;
		sk_json_begin(j, '{');
		sk_json_put_u64(j, "number", p->protocol[i]);
		sk_json_put_str(j, "name", protocol_name(name, p, i));
		sk_json_end(j, '}');
	}
	sk_json_end(j, ']');
	sk_json_end(j, '}');
}

static void json_family(struct sk_json *j, const struct probe *p)
{
	const struct sk_name *type = sk_names_socktype.rows;

	sk_json_begin(j, '{');
	sk_json_put_str(j, "family",
			sk_name_of(&sk_names_family, (uint64_t)p->family));
	sk_json_put_i64(j, "number", p->family);
	sk_json_key(j, "refused");
	if (p->error)
		sk_json_str(j, sk_strerror(p->error));
	else
		sk_json_null(j);
	sk_json_key(j, "types");
	sk_json_begin(j, '[');
	for (; type->name; type++)
		if (has_type(p, type))
			json_type(j, p, type);
	sk_json_end(j, ']');
	sk_json_end(j, '}');
}

static void show_json(struct sk_out *out)
{
	struct sk_json j;
	struct probe p;

	sk_json_init(&j, out);
	sk_json_begin(&j, '[');
	for (int i = 0; i < FAMILIES; i++) {
		probe_family(&p, i);
		if (!p.error || sk_name_of(&sk_names_family, (uint64_t)i))
			json_family(&j, &p);
	}
	sk_json_end(&j, ']');
	sk_json_line(&j);
}

void sk_families_show(bool json, struct sk_out *out)
{
	if (json)
		show_json(out);
	else
		show_table(out);
}
