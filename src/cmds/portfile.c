/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmds/portfile.h"

#include <inttypes.h>

#include "base/file.h"
#include "base/out.h"

int sk_portfile_write_all(const char *path, sk_addr_at *at, const void *of,
			  struct sk_err *err)
{
	char text[SK_ADDR_TEXT_MAX];
	const struct sk_addr *a;
	struct sk_out lines;
	int r;

	sk_out_init(&lines, -1);
	for (size_t i = 0; (a = at(of, i)); i++) {
		int64_t port = sk_addr_port(a);

		sk_out_str(&lines, sk_addr_format_host(text, a));
		if (port >= 0)
			sk_out_printf(&lines, " %" PRId64, port);
		sk_out_char(&lines, '\n');
	}
	r = lines.error ? sk_fail(err, lines.error, "%s: %s", path,
				  sk_strerror(lines.error)) :
			  sk_file_write(path, lines.buf, lines.len, err);
	sk_out_fini(&lines);
	return r;
}

static const struct sk_addr *listener_addr(const void *of, size_t i)
{
	return sk_listener_addr(of, i);
}

int sk_portfile_write(const char *path, const struct sk_listener *l,
		      struct sk_err *err)
{
	return sk_portfile_write_all(path, listener_addr, l, err);
}
