#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# stack.sh: the embedded stack over a TAP device beside the kernel over veth
# without offload, in one run: a stream each way, and the time a byte takes
# there and back.
#
#	veth	connect -> veth -> listen --discard
#	in	connect -> tap -> listen --stack tap --discard
#	out	connect --stack tap -> tap -> listen --discard
#	in1	the two without offload: a frame of 1500 bytes a read or write
#	out1
#	rr	a byte to listen --echo and back, by veth and by tap
#
# `cpu` is user + system seconds a GiB of the process that has the stack (of
# both, for veth), `x` its rate beside that of veth; rr is p50 and p99 in
# microseconds. The whole runs in namespaces of its own; ethtool is needed.
#
# PARTS="streams turns" SIZE=2G ROUNDS=5 PINGS=20000
#
# shellcheck disable=SC2094 # a name, and the file of that name

set -u -o pipefail
. "$(dirname "$0")/lib.sh"
in_peace "$@"

SIZE=$(numfmt --from=iec "${SIZE:-2G}")
PINGS=${PINGS:-20000}
PARTS=${PARTS:-streams turns}
RR=$(dirname "$PEER")/rr
dir=$(mktemp -d)
trap 'kill "$far"; rm -rf "$dir"' EXIT
cd "$dir" || exit 1
unshare --net sleep 100000 &
far=$!

# A pair of devices with nothing but MTU 1500, the far one elsewhere.
veth()
{
	local off="tso off gso off gro off tx off rx off sg off"

	while [ "$(readlink "/proc/$far/ns/net")" = \
		"$(readlink /proc/self/ns/net)" ]; do
		sleep 0.01
	done
	ip link add near type veth peer name far netns "$far"
	# shellcheck disable=SC2086
	ethtool -K near $off >/dev/null 2>&1
	ip addr add 10.9.0.1/24 dev near
	ip link set near up
	# shellcheck disable=SC2086
	beyond ethtool -K far $off >/dev/null 2>&1
	beyond ip addr add 10.9.0.2/24 dev far
	beyond ip link set far up
}

beyond()
{
	nsenter --net --target "$far" "$@"
}

# serve CMD...: as $server, its port in $port
serve()
{
	rm -f port
	"$@" </dev/null >/dev/null &
	server=$!
	until [ -s port ]; do
		sleep 0.01
	done
	read -r _ port <port
}

served()
{
	kill "$server"
	wait "$server" 2>/dev/null
}

# user and system seconds that process $1 has had
cpu_of()
{
	awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' \
		"/proc/$1/stat"
}

feed()
{
	head -c "$SIZE" /dev/zero
}

# stream KIND CLIENT...: adds "wall_us cpu_s" to KIND. The server
# ends with the stream, so that wall is until all has arrived.
stream()
{
	local kind=$1 begun ended before=0 after=0

	shift
	: >cpu
	[ "${kind%1}" = out ] || before=$(cpu_of "$server")
	begun=$(now)
	feed | timed cpu "$@"
	ended=$(now)
	[ "${kind%1}" = out ] || after=$(cpu_of "$server")
	[ "${kind%1}" != in ] || : >cpu
	awk -v wall=$((ended - begun)) -v server="$before $after" '
		{ cpu += $1 + $2 }
		END { split(server, s); print wall, cpu + s[2] - s[1] }' \
		cpu >>"$kind"
}

# tap_both_ways SPEC SUFFIX
tap_both_ways()
{
	serve "$SOCKKIT" listen -k --stack "$1" --discard --port-file port 80
	stream "in$2" "$SOCKKIT" connect --send-only 198.18.0.2 80
	served
	serve "$SOCKKIT" listen -k --discard --port-file port 0.0.0.0 0
	stream "out$2" "$SOCKKIT" connect --stack "$1" --send-only 198.18.0.1 \
		"$port"
	served
}

streams()
{
	serve beyond "$SOCKKIT" listen -k --discard --port-file port 0.0.0.0 0
	stream veth "$SOCKKIT" connect --send-only 10.9.0.2 "$port"
	served
	tap_both_ways tap ''
	tap_both_ways tap,no-offload 1
}

turns()
{
	serve beyond "$SOCKKIT" listen -k --echo --port-file port 0.0.0.0 0
	"$RR" 10.9.0.2 "$port" "$PINGS" >>rr-veth
	served
	serve "$SOCKKIT" listen -k --stack tap --echo --port-file port 80
	"$RR" 198.18.0.2 80 "$PINGS" >>rr-tap
	served
}

report_streams()
{
	local base us

	base=$(cut -d' ' -f1 veth | median)

	printf '%-6s %12s %10s %6s\n' way Gbit/s 'cpu s/GiB' x
	for kind in veth in out in1 out1; do
		us=$(cut -d' ' -f1 "$kind" | median)
		awk -v k="$kind" -v us="$us" -v base="$base" -v n="$SIZE" \
			-v cpu="$(cut -d' ' -f2 "$kind" | median)" 'BEGIN {
			printf "%-6s %12.2f %10.2f %6.2f\n", k, n * 8 / us / 1e3,
				cpu * 2 ^ 30 / n, base / us }'
	done
}

report_turns()
{
	printf '%-6s %12s %10s\n' rr 'p50 us' 'p99 us'
	for kind in veth tap; do
		printf '%-6s %12s %10s\n' "$kind" \
			"$(cut -d' ' -f1 "rr-$kind" | median)" \
			"$(cut -d' ' -f2 "rr-$kind" | median)"
	done
}

veth
for ((i = 0; i < ROUNDS; i++)); do
	for part in $PARTS; do
		"$part"
	done
done
for part in $PARTS; do
	"report_$part"
done
