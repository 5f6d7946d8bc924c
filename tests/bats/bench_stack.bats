#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit bench over the embedded stack and over TLS: each workload that has
# sense there, and the reason where it has none.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016
bats_require_minimum_version 1.5.0
load helper
load bench_table

STACKS=pair,wire

# over_tap WORKLOAD OPTION...: a row of numbers, in a network of its own.
over_tap()
{
	export ARGS="$*"
	in_netns '"$SOCKKIT" bench $ARGS --stack tap --time 0.1 --rounds 1 \
		--repeats 0 >page; ip -o link | wc -l >links'
	content_is links 1
	[ "$(rows | wc -l)" -eq 1 ]
	[ -z "$(not_run)" ]
}

@test "--stack pair, wire: streams, one way and both" {
	measures 2 stream --stack $STACKS
	measures 2 stream --stack $STACKS --reverse
	measures 2 stream --stack $STACKS --bidir --connections 3
}

@test "--stack pair, wire: requests over tcp and udp" {
	measures 4 rr --stack $STACKS --socket tcp,udp
	measures 4 rr --stack $STACKS --socket tcp,udp --connections 5 \
		--size 100:3000
}

@test "--stack pair, wire: open loops" {
	bench 50ms rr --stack $STACKS --rate 500
	[ "$(rows | grep -cE '^(pair|wire) .* /s ')" -eq 2 ]
	says page '^ *wire *response '
}

@test "--stack pair, wire: short connections, and the parts of their time" {
	measures 4 crr --stack $STACKS --connections 1,7
	says page '^ *pair *7 *connect '
	says page '^ *wire *7 *accept '
	says page '^ *pair *1 *first byte '
}

@test "--stack pair, wire: datagrams, either way, several flows" {
	measures 2 dgram --stack $STACKS
	measures 2 dgram --stack $STACKS --reverse --connections 3
	measures 2 dgram --stack $STACKS --bidir --connections 3
}

@test "--stack pair, wire: datagrams at a rate all arrive" {
	measures 2 dgram --stack $STACKS --rate 1000 --size 200
	[ "$(rows | grep -c ' 0 % ')" -eq 2 ]
}

@test "--stack pair, wire: idle connections, and load beside requests" {
	measures 2 idle --stack $STACKS --connections 50
	measures 2 latency-under-load --stack $STACKS
	measures 2 bulk-mix --stack $STACKS --connections 2
}

@test "--stack pair, wire: a queue of n takes n, and the server counts" {
	sk bench backlog --stack $STACKS --backlog 9 --rounds 1 --repeats 0 \
		--time 10ms --json >b.json
	jq -r '.results[0].variants[] | "\(.settings.stack) \(.rounds[0] |
		"\(.metrics | "\(.connected) \(.refused) \(
		.listen_overflows >= 8) \(.first_overflow)") \(
		.histograms.accept.total)")"' b.json >got
	content_is got 'pair 9 8 true 9 9
wire 9 8 true 9 9'
}

@test "--stack pair: what both ends used is told once" {
	sk bench rr --stack pair --rounds 1 --repeats 0 --time 50ms \
		--json >b.json
	jq -e '.results[0].variants[0].rounds[0].metrics |
		.cpu_remote_user_s + .cpu_remote_sys_s == 0 and
		(has("server_ns_per_request") | not)' b.json
}

@test "--stack: both ends are ours, and nothing is left of them" {
	# Those that others have, or somebody left who was killed, are not ours.
	wires >before
	measures 4 rr --stack kernel,pair --tls --connections 1,5
	measures 2 rr --stack $STACKS
	until_true eval '[ -z "$(wires | comm -13 before -)" ]'
}

wires()
{
	compgen -G "/tmp/sockkit-bench-*/wire" | sort
}

@test "--stack: values of a socket option" {
	measures 4 stream --stack $STACKS --set so_sndbuf=16K,1M
	bench 10ms rr --stack pair --set tcp_congestion=reno,nosuch
	not_run | grep 'nosuch: sockopt tcp_congestion'
	rows | grep -E '^reno .*/s'
}

@test "--stack tap: every workload, in a network of its own" {
	need_netns
	over_tap stream --bidir
	over_tap rr --socket udp
	over_tap crr --connections 3
	over_tap dgram --reverse
	over_tap idle --connections 20
	over_tap backlog --backlog 4
	# Those that hang try again, which is counted as well.
	rows | grep -E '^ *4 .* 8 +[0-9]+ +4 +1$'
}

@test "--tls, over the kernel and over our stack" {
	measures 3 rr --tls --stack kernel,$STACKS
	measures 3 stream --tls --stack kernel,$STACKS --bidir
	measures 3 crr --tls --stack kernel,$STACKS --connections 2
	says page '^ *wire *accept '
	measures 1 rr --tls --socket tcp6
}

@test "--tls, over a TAP device" {
	need_netns
	over_tap rr --tls
	over_tap crr --tls
}

@test "--tls: a request does not wait for the ACK of another record" {
	# 40 ms of delayed ACK were in each connection.
	measures 1 crr --tls
	sk bench crr --tls --rounds 1 --repeats 0 --time 300ms --json >b.json
	jq -e '.results[0].variants[0].rounds[0].histograms |
		.first_byte.min_ns < 3e7' b.json
}

@test "--stack and --tls: what they are not measured with is said" {
	bench 10ms rr --tls --socket tcp,udp --engine epoll,poll
	not_run | grep 'tcp *poll: .*--engine epoll'
	not_run | grep 'udp *epoll: TLS is measured over tcp'
	rows | grep -E '^tcp *epoll .*/s'
	bench 10ms rr --stack pair --socket tcp,unix-stream
	not_run | grep 'unix-stream: our stack is measured over tcp and udp'
	bench 10ms stream --stack pair --copy write,splice
	not_run | grep 'splice: no way into the kernel to choose from'
	run -1 --separate-stderr sk bench backlog --tls
	[[ $stderr == *"TLS begins after the handshakes"* ]]
}
