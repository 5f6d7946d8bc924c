#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# stat beside ss on sockets that few kernels have: what a real one says of them
# (tests/tools/exotic.c makes them). Lines are compared as sets, letter by
# letter but for blanks.

# shellcheck disable=SC2154 # load
bats_require_minimum_version 1.5.0
load ../bats/helper

setup()
{
	helper_setup
	EXOTIC=$(realpath "$(dirname "$SOCKKIT")/tests/tools/exotic")
}

# exotic KIND MODULE...: sockets of that kind are there when we return.
exotic()
{
	local kind=$1 module

	shift
	for module in "$@"; do
		modprobe "$module" || return 1
	done
	start exotic "$EXOTIC" "$kind" </dev/null
	until_true test -s exotic.out
}

squeeze()
{
	sed -E 's/[[:space:]]+/ /g; s/ $//; s/^ //' | sort
}

# What ss leaves out of SCTP's counters.
MORE=' (type|[io]sacks|[io]packets|[a-z]*chunks|p_[a-z_]+):[0-9]+'

# as_ss LINES OPTION...: at least so many, and the same ones as ss has. ss has
# no name for vsock's records, and no inode for any of its sockets.
as_ss()
{
	local lines=$1

	shift
	sk stat -H "$@" 2>err | sed -E "s/$MORE//g" | squeeze >ours
	ss -H "$@" | squeeze >theirs
	if grep -q '^v_' ours; then
		sed -i -E 's/ ino:.*//; s/^v_seq/???/' ours
		sort -o ours ours
	fi
	diff ours theirs || return 1
	[ "$(wc -l <ours)" -ge "$lines" ] || { cat ours; return 1; }
	content_is err ""
}

# json OPTION FILTER: what jq's FILTER says of the array of sockets is true.
json()
{
	sk stat -an "$1" --json >json && jq -e ".sockets | $2" json
}

@test "sctp: endpoints, associations, addresses" {
	exotic sctp sctp
	as_ss 8 -an -S
	as_ss 8 -anpeom -S
	as_ss 8 -anpi -S
	as_ss 2 -ln -S
	json -S 'all(.kind == "sctp" and .inode > 0) and any(.state == "ESTAB" and
		.sctp.opackets > 0 and .sctp.peer_addresses == ["127.0.0.1"])'
}

@test "tipc: services, connections, what they came by" {
	exotic tipc tipc
	as_ss 7 -an --tipc
	as_ss 7 -ane --tipc
	as_ss 7 -an --tipc --tipcinfo
	sk stat -anp --tipc >out
	says out 'ESTAB .*users:\(\("exotic",pid='
	json --tipc 'any(.netid == "ti_rd") and any(.netid == "ti_dg") and
		any(.state == "ESTAB" and .recv_q > 0 and
			.tipc.via_type == 18888 and .tipc.via_instance == 17)'
}

@test "vsock: streams and records, over loopback" {
	exotic vsock vsock_loopback
	as_ss 4 -an --vsock
	as_ss 4 -anpe --vsock
	json --vsock 'any(.kind == "vsock_seqpacket") and
		any(.state == "LISTEN" and .local_address == "1")'
}

@test "vsock: what listen and connect have open" {
	modprobe vsock_loopback
	hold_pipe words
	start listen "$SOCKKIT" listen --port-file port vsock:local:any </dev/null
	until_true test -s port
	start connect "$SOCKKIT" connect "vsock:local:$(sed "s/.* //" port)" \
		<words
	feed words hello
	until_true content_is listen.out hello
	as_ss 2 -n --vsock
	sk stat -np --vsock >out
	says out '"sockkit",pid='
}

@test "raw: by raw_diag, and the same by /proc" {
	exotic raw
	as_ss 3 -an -w
	as_ss 3 -anpeom -w
	sk stat -Han -w --source netlink | squeeze >a
	sk stat -Han -w --source proc | squeeze >b
	same a b
}

@test "dccp: as long as a kernel has it" {
	modprobe dccp_ipv6 2>/dev/null || skip "a kernel without DCCP"
	exotic dccp dccp_ipv4 dccp_ipv6
	as_ss 4 -an -d
	as_ss 4 -anpeom -d
}

@test "smc: which ss does not know" {
	exotic smc smc smc_diag
	sk stat -Hanp --smc | squeeze >out
	says out '^ESTAB 0 0 127\.0\.0\.1:[0-9]+ 127\.0\.0\.1:[0-9]+ users:\(\("exotic",pid='
	says out '^LISTEN 0 0 127\.0\.0\.1:[0-9]+ 0\.0\.0\.0:\* users:'
	[ "$(wc -l <out)" -eq 3 ]
}

@test "xdp: listed, or the option of the kernel is named" {
	exotic xdp
	if modprobe xsk_diag; then
		as_ss 2 -an --xdp
		as_ss 2 -anpe --xdp
	else
		run -1 sk stat -an --xdp
		[[ $output == *"xdp: this kernel cannot list these (CONFIG_XDP_SOCKETS_DIAG)"* ]]
	fi
}

@test "all kinds at once: the default list has what ss has" {
	modprobe vsock_loopback
	exotic sctp sctp
	start more "$EXOTIC" vsock </dev/null
	until_true test -s more.out
	sk stat -Han 2>err | squeeze >ours
	ss -Han | squeeze | sed 's/^???/v_seq/' | sort >theirs
	sort -o ours ours
	# ss has a netlink socket of its own, and none of TIPC and SMC here.
	grep -vE '^(nl|smc|ti_..) ' ours >a
	grep -v '^nl ' theirs >b
	diff a b
}

@test "-B: a kernel that lists no bound sockets is no machine without them" {
	[[ $(uname -r) == 6.[0-7].* ]] || skip "from Linux 6.8 on they are listed"
	sk stat -tB 2>err
	says err 'bound-inactive: Linux lists .* from 6\.8 on, and this is 6\.'
}
