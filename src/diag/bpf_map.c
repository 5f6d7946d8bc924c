/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diag/bpf_map.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "base/text.h"
#include "base/units.h"

static int open_map(uint32_t id)
{
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.map_id = id;
	fd = syscall(SYS_bpf, BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr));
	return fd < 0 ? -errno : (int)fd;
}

int sk_bpf_maps_open(struct sk_bpf_maps *maps, const char *const *ids,
		     size_t n, struct sk_err *err)
{
	char quoted[64];
	uint64_t id;

	maps->n = 0;
	if (n > SK_BPF_MAPS_MAX)
		return sk_usage(err, "--bpf-map-id: more than %d maps",
				SK_BPF_MAPS_MAX);
	for (size_t i = 0; i < n; i++) {
		sk_escape(quoted, sizeof(quoted), ids[i], strlen(ids[i]));
		if (sk_parse_uint(ids[i], &id) < 0 || !id || id > UINT32_MAX)
			return sk_usage(err, "--bpf-map-id %s: not the number "
					"of a map", quoted);
		maps->fd[maps->n] = open_map((uint32_t)id);
		if (maps->fd[maps->n] < 0)
			return sk_fail(err, maps->fd[maps->n],
				       "--bpf-map-id %s: %s", quoted,
				       sk_strerror(-maps->fd[maps->n]));
		maps->n++;
	}
	return 0;
}

void sk_bpf_maps_close(struct sk_bpf_maps *maps)
{
	while (maps->n)
		close(maps->fd[--maps->n]);
}
