/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * skstorage VALUE: listen on a port of 127.0.0.1, store the 32-bit VALUE at the
 * listener in a BPF map of socket storage, print "PORT MAP_ID" and hold both
 * until stdin ends. Status 77: this kernel, or this user, cannot. It links
 * nothing of ours.
 */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CANNOT 77

/* A map of this kind must say what it holds: type 1 is a 32-bit int. */
static const struct {
	struct btf_header head;
	struct btf_type type;
	uint32_t encoding;
	char strings[8];
} btf = {
	{ .magic = BTF_MAGIC, .version = BTF_VERSION,
	  .hdr_len = sizeof(struct btf_header),
	  .type_len = sizeof(struct btf_type) + 4,
	  .str_off = sizeof(struct btf_type) + 4, .str_len = 8 },
	{ .name_off = 1, .info = BTF_KIND_INT << 24, .size = 4 },
	BTF_INT_SIGNED << 24 | 32,
	"\0number"
};

static int bpf(int cmd, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	if (r < 0) {
		perror("bpf");
		exit(CANNOT);
	}
	return (int)r;
}

static int listener(int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) || listen(fd, 1) ||
	    getsockname(fd, (struct sockaddr *)&a, &len)) {
		perror("listen");
		exit(1);
	}
	*port = ntohs(a.sin_port);
	return fd;
}

int main(int argc, char **argv)
{
	uint32_t value = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 42;
	struct bpf_map_info info = { .type = 0 };
	union bpf_attr attr;
	int port, fd = listener(&port), types, map;
	char c;

	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)&btf;
	attr.btf_size = sizeof(btf);
	types = bpf(BPF_BTF_LOAD, &attr);
	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_SK_STORAGE;
	attr.key_size = attr.value_size = 4;
	attr.map_flags = BPF_F_NO_PREALLOC;
	attr.btf_fd = (uint32_t)types;
	attr.btf_key_type_id = attr.btf_value_type_id = 1;
	map = bpf(BPF_MAP_CREATE, &attr);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)map;
	attr.key = (uintptr_t)&fd;
	attr.value = (uintptr_t)&value;
	bpf(BPF_MAP_UPDATE_ELEM, &attr);
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)map;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
	printf("%d %u\n", port, info.id);
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	return 0;
}
