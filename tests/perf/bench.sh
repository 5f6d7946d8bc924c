#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# bench.sh: what `sockkit bench` measures beside what iperf3 and sockperf do.
# In each round every tool runs once, for SECONDS_EACH; medians of the rounds.
# `x` is how many times as much as the other's ours is, `cpu` the same of what
# it costs (of both sides, a KiB or a request), and then what it should be.
#
#	stream	one TCP connection: bytes/s, and CPU of both sides per KiB
#	copy	the same without copying into the kernel, beside iperf3 -Z; and
#		neither into it nor out of it, beside -Z --skip-rx-copy of newer
#		ones
#	udp	datagrams of 1400 bytes/s that arrive, over connected sockets
#	rr	median round trip of 64 bytes: tcp, udp, unix where sockperf has
#		that (3.8), with both sides on one CPU: the scheduler puts them
#		together or apart as it likes, which changes it threefold; and
#		by spinning beside blocking, each side on a CPU of its own
#	rings	64 connections: io_uring beside epoll, requests/s and CPU each
#	crr	connections made, used and closed a second
#
# ROUNDS=5 SECONDS_EACH=1 ROWS="stream copy udp rr rings crr"
# IPERF3= and SOCKPERF= name others than the installed ones.

set -u -o pipefail
. "$(dirname "$0")/lib.sh"
in_peace "$@"

T=${SECONDS_EACH:-1}
[[ $T =~ ^[1-9][0-9]*$ ]] || {
	echo "SECONDS_EACH=$T: whole seconds (iperf3 -t 0 never ends)" >&2
	exit 2
}
ROWS=${ROWS:-stream copy udp rr rings crr}
IPERF3=${IPERF3:-iperf3}
SOCKPERF=${SOCKPERF:-sockperf}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
port=5201
on=()			# what the tools are run by

# ours NAME WORKLOAD OPTION...: one round; each metric is added to the file
# NAME.METRIC.
ours()
{
	local name=$1

	shift
	"${on[@]}" "$SOCKKIT" bench "$@" --csv --time "$T" --rounds 1 --repeats 0 |
		awk -F, -v name="$name" 'NR == 1 { split($0, key); next }
			{ for (i = 1; i <= NF; i++)
				print $i >>(name "." key[i]) }'
}

# iperf OPTION...: a run against a server of one test, then JSON.
iperf()
{
	local server

	port=$((port + 1))
	"$IPERF3" -s -1 -B 127.0.0.1 -p "$port" >/dev/null 2>&1 &
	server=$!
	until ss -Htln "sport = $port" | grep -q .; do sleep 0.05; done
	"$IPERF3" -c 127.0.0.1 -p "$port" -t "$T" -J "$@" >iperf.json
	wait "$server"
}

# number KEY: the last value of a key of iperf.json.
number()
{
	grep -o "\"$1\":[^,}]*" iperf.json | tail -n 1 | sed 's/.*:[[:space:]]*//'
}

# streams NAME OPTION... -- OPTION...: ours with these, iperf3 with those.
streams()
{
	local name=$1 way=()

	shift
	while [ "$1" != -- ]; do
		way+=("$1")
		shift
	done
	shift
	ours "$name" stream "${way[@]}"
	iperf "$@"
	awk -v r="$(grep -A 12 '"sum_received"' iperf.json |
		sed -n 's/.*"bits_per_second":[[:space:]]*//p' | tr -d ,)" \
		-v a="$(number host_total)" -v b="$(number remote_total)" \
		-v name="$name" 'BEGIN {
		print r / 8 >>(name ".other")
		print (a + b) / 100 * 1e9 / (r / 8 / 1024) >>(name ".othercpu")
		}'
}

row_stream()
{
	streams stream --
}

skips_copy()
{
	"$IPERF3" --help 2>&1 | grep -q -e --skip-rx-copy
}

row_copy()
{
	streams sendfile --copy sendfile -- -Z
	skips_copy || return 0
	streams trunc --copy sendfile --receive trunc -- -Z --skip-rx-copy
	streams splice --copy splice --receive splice -- -Z --skip-rx-copy
}

row_udp()
{
	ours udp dgram --size 1400 --socket udp-connected
	iperf -u -b 0 -l 1400
	awk -v n="$(number packets)" -v l="$(number lost_packets)" \
		-v s="$(number seconds)" \
		-v a="$(number host_total)" -v b="$(number remote_total)" \
		'BEGIN {
		print (n - l) / s >>"udp.other"
		print (a + b) / 100 * 1e9 * s / (n - l) / (1400 / 1024) \
			>>"udp.othercpu"
		}'
}

# ping NAME WHERE OPTION...: sockperf's median round trip, in ns, with a server
# that ss shows at WHERE.
ping()
{
	local name=$1 where=$2 server

	shift 2
	"${on[@]}" "$SOCKPERF" server "$@" >/dev/null 2>&1 &
	server=$!
	until ss -Hltuxn | grep -q -- "$where"; do sleep 0.05; done
	"${on[@]}" "$SOCKPERF" ping-pong -m 64 -t "$T" --full-rtt "$@" 2>&1 |
		sed -n 's/.*percentile 50.000 = *//p' |
		awk '{ print $1 * 1000 }' >>"$name.other"
	kill "$server"
	wait "$server" 2>/dev/null
}

knows_unix()
{
	"$SOCKPERF" ping-pong --help 2>&1 | grep -qi unix
}

row_rr()
{
	on=(taskset -c 0)
	ours rr.tcp rr
	ping rr.tcp :11111 -i 127.0.0.1 --tcp
	ours rr.udp rr --socket udp-connected
	ping rr.udp :11111 -i 127.0.0.1
	if knows_unix; then
		ours rr.unix rr --socket unix-stream
		ping rr.unix "$dir/socket" --addr "$dir/socket" --tcp
		rm -f "$dir/socket"
	fi
	row_spin
	on=()
}

# Where the scheduler puts two that block is its own affair, so each side is
# bound to a CPU: the server is one of its own.
row_spin()
{
	local server

	[ "$(nproc)" -ge 2 ] || return 0
	taskset -c 0 "$SOCKKIT" bench serve 127.0.0.1:5200 >/dev/null 2>&1 &
	server=$!
	await_port 5200
	on=(taskset -c 1)
	ours rr.two rr 127.0.0.1:5200
	ours rr.spin rr --engine spin 127.0.0.1:5200
	kill "$server"
	wait "$server" 2>/dev/null
}

row_rings()
{
	local e

	for e in epoll io_uring io_uring-multishot; do
		ours "rings.$e" rr --connections 64 --engine "$e"
	done
}

row_crr()
{
	ours crr crr
}

# line GOAL TEXT OURS OTHER [OURS OTHER]: medians of two files, and ours by the
# other's; the same of what it costs. No line where OTHER was not measured.
line()
{
	[ -e "$4" ] || return 0
	awk -v goal="$1" -v n="$2" -v a="$(median <"$3")" \
		-v b="$(median <"$4")" -v c="$([ $# -lt 5 ] || median <"$5")" \
		-v d="$([ $# -lt 5 ] || median <"$6")" 'BEGIN {
		printf "%-38s %10.4g %10.4g %6.2f", n, a, b, b ? a / b : 0
		if (d > 0)
			printf " %5.2f", c / d
		else
			printf " %5s", "-"
		print "  " goal }'
}

# both NAME GOAL TEXT: throughput and its cost.
both()
{
	line "$2" "$3 B/s, iperf3" "$1.bytes_per_s" "$1.other" \
		"$1.ns_per_kib" "$1.othercpu"
}

report()
{
	local e p

	case $1 in
	stream)
		both stream 'x >= 1, cpu <= 1' stream ;;
	copy)
		both sendfile 'x >= 1' 'sendfile, -Z'
		both trunc 'x >= 1' 'sendfile, trunc, -Z -skip'
		both splice 'x >= 1' 'splice, splice, -Z -skip' ;;
	udp)
		line 'x >= 1.1' 'datagrams/s, iperf3' udp.datagrams_per_s \
			udp.other udp.ns_per_kib udp.othercpu ;;
	rr)
		for p in tcp udp unix; do
			line 'x <= 1.03' "rr p50 ns $p, sockperf" \
				"rr.$p.p50_ns" "rr.$p.other"
		done
		line 'x <= 0.2' 'rr p50 ns spin, blocking' rr.spin.p50_ns \
			rr.two.p50_ns ;;
	rings)
		for e in io_uring io_uring-multishot; do
			line 'x >= 1.1' "requests/s $e, epoll" \
				"rings.$e.requests_per_s" \
				rings.epoll.requests_per_s \
				"rings.$e.ns_per_request" \
				rings.epoll.ns_per_request
		done ;;
	crr)
		echo 10000 >goal
		line 'x >= 1' 'connections/s, 10 k' crr.connects_per_s goal ;;
	esac
}

for tool in "$IPERF3" "$SOCKPERF"; do
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
printf '%-38s %10s %10s %6s %5s  %s\n' "median of $ROUNDS rounds" ours other \
	x cpu goal
for row in $ROWS; do
	report "$row"
done
