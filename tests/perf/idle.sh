#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# idle.sh: what do idle clients cost an echo server? For each number of them:
# its memory, and the time of one more echo by one more client (median and
# 99th percentile of TRIPS round trips, in microseconds).
#
# The others are run as they do this job, a process a client, and only up to
# OTHERS_MAX clients.
#
# IDLE="0 1000 10000" TRIPS=2000 ROUNDS=3 TOOLS="sockkit ncat socat"
# OTHERS_MAX=1000

set -u -o pipefail
. "$(dirname "$0")/lib.sh"
in_peace "$@"

IDLE=${IDLE:-0 1000 10000}
TRIPS=${TRIPS:-2000}
ROUNDS=${ROUNDS:-3}
OTHERS_MAX=${OTHERS_MAX:-1000}
TOOLS=${TOOLS:-sockkit ncat socat}
dir=$(mktemp -d)
port=20000
failed=0
export PEER_DEADLINE=${PEER_DEADLINE:-120}
ulimit -n "$(ulimit -Hn)"

# shellcheck disable=SC2317 # called by the trap
cleanup()
{
	local pid

	for pid in ${server:-} ${idlers:-}; do
		kill "$pid" 2>/dev/null
	done
	rm -rf "$dir"
}
trap cleanup EXIT

serve()
{
	case $1 in
	sockkit) exec "$SOCKKIT" listen -k -m 20000 --backlog 4096 --echo \
		127.0.0.1 "$port" ;;
	ncat) exec ncat -l -k -m 20000 -e /bin/cat 127.0.0.1 "$port" ;;
	socat) exec socat "TCP-LISTEN:$port,bind=127.0.0.1,reuseaddr,fork" \
		PIPE ;;
	esac
}

# Resident KiB of a process and all its children.
rss()
{
	local pid

	for pid in "$1" $(pgrep -P "$1"); do
		sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' \
			"/proc/$pid/status" 2>/dev/null
	done | awk '{ s += $1 } END { print s + 0 }'
}

# one TOOL N: adds "median p99 rss" to the results of both
one()
{
	local tool=$1 n=$2 idle_in

	port=$((port + 1))
	idlers=
	serve "$tool" </dev/null &
	server=$!
	await_port "$port"
	if [ "$n" -gt 0 ]; then
		rm -f "$dir/in" "$dir/ready"
		mkfifo "$dir/in"
		"$PEER" flood 127.0.0.1 "$port" "$n" <"$dir/in" \
			>"$dir/ready" &
		idlers=$!
		exec {idle_in}>"$dir/in"
		until [ -s "$dir/ready" ]; do
			kill -0 "$idlers" 2>/dev/null || {
				echo "$tool does not serve $n clients" >&2
				failed=1
				break
			}
			sleep 0.05
		done
	fi
	yes '' | head -n "$TRIPS" |
		"$PEER" flood 127.0.0.1 "$port" 1 | tail -n +2 | sort -n >"$dir/us"
	awk -v rss="$(rss "$server")" '{ v[NR] = $1 }
		END { print v[int((NR + 1) / 2)], v[int(NR * 0.99)], rss }' \
		"$dir/us" >>"$dir/$tool.$n"
	[ "$n" -eq 0 ] || exec {idle_in}>&-
	[ -z "$idlers" ] || wait "$idlers" || failed=1
	kill "$server"
	wait "$server" 2>/dev/null
	server=
}

column()
{
	cut -d' ' -f"$1" "$dir/$tool.$n" | median
}

list=$(tools)
machine
for ((round = 1; round <= ROUNDS; round++)); do
	for n in $IDLE; do
		for tool in $list; do
			[ "$tool" = sockkit ] || [ "$n" -le "$OTHERS_MAX" ] ||
				continue
			echo "round $round: $n idle, $tool" >&2
			one "$tool" "$n"
		done
	done
done

echo
echo "one more echo, median of $ROUNDS rounds of $TRIPS trips"
printf '%-9s %8s %10s %10s %10s\n' tool idle median/us p99/us RSS/MiB
for n in $IDLE; do
	for tool in $list; do
		[ -s "$dir/$tool.$n" ] || continue
		printf '%-9s %8d %10.0f %10.0f %10.1f\n' "$tool" "$n" \
			"$(column 1)" "$(column 2)" \
			"$(column 3 | awk '{ print $1 / 1024 }')"
	done
done
exit $failed
