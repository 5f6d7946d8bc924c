#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit bench: every workload over every engine and every kind of socket, a
# moment each. Each crossing has numbers, or the reason why it has none.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016 # for the shell in a namespace
bats_require_minimum_version 1.5.0
load helper
load bench_table

ENGINES=blocking,threads,select,poll,epoll,epoll-et,io_uring
ENGINES+=,io_uring-multishot,spin
SOCKETS=tcp,tcp6,mptcp,udp,udp-connected,unix-stream,unix-dgram
SOCKETS+=,unix-seqpacket,socketpair,pipe,icmp

setup()
{
	helper_setup
	need jq
}

# cross WANT WORKLOAD OPTION...: and over epoll, or the engine $BY, the sockets
# WANT have numbers. What a kernel may lack (mptcp, and the right to icmp) is
# left out of these.
cross()
{
	local want=$1

	shift
	# A hundred of them, and two that spin, among others who want the CPUs.
	PATIENCE=100 sk bench "$@" --engine "$ENGINES" --socket "$SOCKETS" \
		--time 3ms --warmup 0 --rounds 1 --repeats 0 -o r.json >page
	jq -e '.results[0].variants | length == 99' r.json >/dev/null
	jq -r '.results[0].variants[] | select((.refused // "") == "" and
		(.rounds | length) != 1) |
		.label' r.json >neither
	[ ! -s neither ]
	jq -r --arg by "${BY:-epoll}" '.results[0].variants[] |
		select(.refused == null and .settings.engine == $by) |
		.settings.socket' r.json |
		grep -vxE 'mptcp|icmp' | paste -sd, >got
	content_is got "$want"
	# Others had the CPUs: those are asked again, for longer.
	jq -r '.results[0].variants[] | select(.refused == null and
		(.summary.median // 0) == 0) |
		"\(.settings.engine) \(.settings.socket)"' r.json >none
	while read -r engine socket; do
		[ "$engine" = spin ] ||
			measures 1 "$@" --engine "$engine" --socket "$socket"
	done <none
}

STREAMS=tcp,tcp6,unix-stream,unix-seqpacket
ALL=tcp,tcp6,udp,udp-connected,unix-stream,unix-dgram,unix-seqpacket
ALL+=,socketpair,pipe

@test "stream over every engine and socket" {
	cross "$ALL" stream
}

@test "rr over every engine and socket" {
	cross "$ALL" rr
}

@test "crr over every engine and socket" {
	cross "$STREAMS" crr
}

@test "dgram over every engine and socket" {
	cross udp,udp-connected,unix-dgram,unix-seqpacket dgram
}

@test "idle over every engine and socket" {
	cross "$STREAMS,socketpair,pipe" idle --connections 5
}

@test "backlog over every engine and socket" {
	BY=poll cross "$STREAMS" backlog --connections 3 --backlog 2
	says page '^ *tcp epoll: a queue is .* --engine poll$'
}

@test "latency-under-load over every engine and socket" {
	cross "$STREAMS,socketpair,pipe" latency-under-load
}

@test "bulk-mix over every engine and socket" {
	cross "$STREAMS,socketpair,pipe" bulk-mix --connections 1
}

# --- what others see of it ----------------------------------------------------

# as_seen: for the shell of a namespace: seen REGEX N COMMAND WORKLOAD...: while
# that is measured, there come to be N lines of COMMAND like that.
as_seen()
{
	cat <<-'SH'
	sockets()
	{
		"$SOCKKIT" stat -H "$@"
	}
	# The server's ends of connections, and all that is known of them.
	servers()
	{
		local port
		port=$(sockets -tl | awk '{ n = split($4, a, ":"); print a[n] }')
		[ -z "$port" ] || sockets -tiO state established "sport = :$port"
	}
	seen()
	{
		local regex=$1 n=$2 command=$3 i

		shift 3
		"$SOCKKIT" bench "$@" --time 60 --warmup 0 --rounds 1 \
			--repeats 0 >page 2>&1 &
		for ((i = 0; i < 1000; i++)); do
			# shellcheck disable=SC2086 # several words
			[ "$($command | grep -Ec -- "$regex")" -ne "$n" ] || break
			sleep 0.02
		done
		kill -KILL $! && wait $! || true
		[ "$i" -lt 1000 ] || { echo "not seen: $* ($regex)"; exit 1; }
		until [ -z "$(sockets -tul)" ]; do
			sleep 0.02
		done
	}
	SH
}

@test "sockets are what they are called" {
	need_netns
	as_seen >seen.sh
	in_netns '. ./seen.sh
	seen "ESTAB .*::1.*::1" 2 "sockets -ta" rr --socket tcp6
	seen "UNCONN" 2 "sockets -ua" rr --socket udp
	seen "ESTAB" 2 "sockets -ua" rr --socket udp-connected
	seen "u_seq +ESTAB" 2 "sockets -xa" rr --socket unix-seqpacket
	seen "u_dgr " 2 "sockets -xa" rr --socket unix-dgram
	[ "$(cat /proc/sys/net/mptcp/enabled 2>/dev/null)" != 1 ] ||
		seen ESTAB 2 "sockets -Ma" rr --socket mptcp'
}

@test "patterns and directions are what they are called" {
	need_netns
	as_seen >seen.sh
	in_netns '. ./seen.sh
	many=(--workers 2 --engine epoll --connections 4)
	seen LISTEN 2 "sockets -tl" rr --pattern reuseport "${many[@]}"
	seen LISTEN 1 "sockets -tl" rr --pattern pool "${many[@]}"
	# Two hundred that are silent, one that asks, and both ends of each.
	seen ESTAB 402 "sockets -t" idle --connections 200 --engine epoll
	much="[0-9]{6}"
	seen "bytes_received:$much" 1 servers stream
	seen "bytes_sent:$much" 1 servers stream --reverse
	seen "bytes_sent:$much.*bytes_received:$much" 1 servers stream --bidir'
}
