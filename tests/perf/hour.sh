#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# hour.sh: does the memory of a tracer grow with the length of the trace? A
# program that makes 200 connections and 500 messages a second is traced for
# an hour with --sockets, and another, with the log of all calls, as JSON with
# labels, leaks and advice. Their resident memory is looked at each 30 s.
#
# MINUTES=60 EVERY=30 (seconds) CSV=hour.csv (where the figures go)

set -u -o pipefail
. "$(dirname "$0")/lib.sh"
in_peace "$@"

MINUTES=${MINUTES:-60}
EVERY=${EVERY:-30}
CSV=${CSV:-hour.csv}
LOADS=${LOADS:-$(dirname "$SOCKKIT")/tests/trace/loads}
TURNS=$((MINUTES * 60 * 200))	# more than there will be time for
fronts=()
trap finish EXIT

# A tracer that is asked to leave stays with its program; one that is killed
# takes it along.
finish()
{
	local front

	for front in "${fronts[@]}"; do
		xargs kill -9 <"/proc/$front/task/$front/children"
	done 2>/dev/null
}

traced()
{
	nice -n 10 "$SOCKKIT" trace "$@" -o /dev/null \
		"$LOADS" steady "$TURNS" >/dev/null 2>&1 &
	fronts+=("$!")
}

# memory PID: KiB of a `sockkit trace`: the process that waits for the user and
# its child, the tracer.
memory()
{
	local pid kib sum=0

	for pid in "$1" $(cat "/proc/$1/task/$1/children"); do
		kib=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' \
			"/proc/$pid/status")
		sum=$((sum + ${kib:-0}))
	done
	echo "$sum"
}

machine
traced --sockets
traced -yy --json --leaks --advise
echo "seconds,sockets_kib,json_kib" >"$CSV"
start=$(now)
while :; do
	seconds=$((($(now) - start) / 1000000))
	[ "$seconds" -lt $((MINUTES * 60)) ] || break
	echo "$seconds,$(memory "${fronts[0]}"),$(memory "${fronts[1]}")" \
		>>"$CSV"
	sleep "$EVERY"
done

# The line through the figures after the first tenth, in which the last
# thousand sockets, that are kept, are gathered.
awk -F, -v from=$((MINUTES * 6)) '
	NR > 1 && $1 >= from {
		n++; x += $1; xx += $1 * $1
		for (i = 2; i <= 3; i++) {
			y[i] += $i; xy[i] += $1 * $i
			if (n == 1)
				first[i] = $i
			last[i] = $i
		}
	}
	END {
		split("--sockets,-yy --json --leaks --advise", name, ",")
		for (i = 2; i <= 3 && n > 1; i++)
			printf "%-30s %6d KiB, later %6d KiB: %+.1f KiB " \
				"an hour\n", name[i - 1], first[i], last[i],
				(n * xy[i] - x * y[i]) / \
				(n * xx - x * x) * 3600
	}' "$CSV"
