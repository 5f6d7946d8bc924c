#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# bench.sh: what `sockkit bench` measures beside what iperf3 and sockperf do.
# In each round every tool runs once, for SECONDS_EACH; medians of the rounds.
# `x` is how many times as much as the other's ours is.
#
#	stream	one TCP connection: bytes/s, and CPU of both sides per KiB
#	udp	datagrams of 1400 bytes/s that arrive
#	rr	median round trip of 64 bytes: tcp, udp, and by spinning
#	rings	64 connections: io_uring beside epoll, requests/s and CPU each
#	crr	connections made, used and closed a second
#
# ROUNDS=5 SECONDS_EACH=1 ROWS="stream udp rr rings crr"

set -u -o pipefail
. "$(dirname "$0")/lib.sh"
in_peace "$@"

T=${SECONDS_EACH:-1}
ROWS=${ROWS:-stream udp rr rings crr}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
port=5201

# ours FILE METRIC WORKLOAD OPTION...: one round; append the metric to FILE.
ours()
{
	local file=$1 metric=$2

	shift 2
	"$SOCKKIT" bench "$@" --csv --time "$T" --rounds 1 --repeats 0 |
		awk -F, -v m="$metric" 'NR == 1 {
			for (i = 1; i <= NF; i++) at[$i] = i; next }
			{ print $at[m] }' >>"$file"
}

# iperf KEY... -- OPTION...: a run against a server of one test, then JSON.
iperf()
{
	local server

	port=$((port + 1))
	iperf3 -s -1 -B 127.0.0.1 -p "$port" >/dev/null 2>&1 &
	server=$!
	until ss -Htln "sport = $port" | grep -q .; do sleep 0.05; done
	iperf3 -c 127.0.0.1 -p "$port" -t "$T" -J "$@" >iperf.json
	wait "$server"
}

# number KEY [N]: the N-th value of a key of iperf.json, the last without N.
number()
{
	grep -o "\"$1\":[^,}]*" iperf.json | tail -n 1 | sed 's/.*:[[:space:]]*//'
}

row_stream()
{
	ours s.ours bytes_per_s stream
	ours s.cpu ns_per_kib stream
	iperf
	awk -v r="$(grep -A 12 '"sum_received"' iperf.json |
		sed -n 's/.*"bits_per_second":[[:space:]]*//p' | tr -d ,)" \
		-v a="$(number host_total)" -v b="$(number remote_total)" 'BEGIN {
		print r / 8 >>"s.iperf3"
		print (a + b) / 100 * 1e9 / (r / 8 / 1024) >>"s.iperf3cpu" }'
}

row_udp()
{
	ours u.ours datagrams_per_s dgram --size 1400
	iperf -u -b 0 -l 1400
	awk -v n="$(number packets)" -v l="$(number lost_packets)" \
		-v s="$(number seconds)" \
		'BEGIN { print (n - l) / s >>"u.iperf3" }'
}

# ping PROTOCOL OPTION...: sockperf's median round trip, in us.
ping()
{
	local proto=$1 server

	shift
	port=$((port + 1))
	sockperf server -i 127.0.0.1 -p "$port" "$@" >/dev/null 2>&1 &
	server=$!
	until ss -Htuln "sport = $port" | grep -q .; do sleep 0.05; done
	sockperf ping-pong -i 127.0.0.1 -p "$port" -m 64 -t "$T" --full-rtt \
		"$@" 2>&1 | sed -n 's/.*percentile 50.000 = *//p' >>"r.$proto"
	kill "$server"
	wait "$server" 2>/dev/null
}

row_rr()
{
	ours r.ours.tcp p50_ns rr
	ping tcp --tcp
	ours r.ours.udp p50_ns rr --socket udp-connected
	ping udp
	ours r.spin p50_ns rr --engine spin
}

row_rings()
{
	local e

	for e in epoll io_uring io_uring-multishot; do
		ours "g.$e" requests_per_s rr --connections 64 --engine "$e"
		ours "g.$e.cpu" ns_per_request rr --connections 64 --engine "$e"
	done
}

row_crr()
{
	ours c.ours connects_per_s crr
}

# line NAME OURS OTHER: medians of two files, and ours by the other's.
line()
{
	awk -v n="$1" -v a="$(median <"$2")" -v b="$(median <"$3")" 'BEGIN {
		printf "%-34s %14.4g %14.4g   x %.2f\n", n, a, b, b ? a / b : 0 }'
}

report()
{
	case $1 in
	stream)
		line 'stream B/s, iperf3' s.ours s.iperf3
		line 'stream CPU ns/KiB, iperf3' s.cpu s.iperf3cpu ;;
	udp)
		line 'datagrams/s, iperf3' u.ours u.iperf3 ;;
	rr)
		for p in tcp udp; do
			awk '{ print $1 * 1000 }' "r.$p" >r.ns
			line "rr p50 ns $p, sockperf" "r.ours.$p" r.ns
		done
		line 'rr p50 ns spin, blocking' r.spin r.ours.tcp ;;
	rings)
		for e in io_uring io_uring-multishot; do
			line "requests/s $e, epoll" "g.$e" g.epoll
			line "CPU ns/request $e, epoll" "g.$e.cpu" g.epoll.cpu
		done ;;
	crr)
		echo 10000 >c.goal
		line 'connections/s, 10 k' c.ours c.goal ;;
	esac
}

for tool in iperf3 sockperf; do
	command -v "$tool" >/dev/null || {
		echo "$tool is not installed" >&2
		exit 2
	}
done
for ((i = 0; i < ROUNDS; i++)); do
	for row in $ROWS; do
		"row_$row"
	done
done
printf '%-34s %14s %14s\n' "median of $ROUNDS rounds" ours other
for row in $ROWS; do
	report "$row"
done
