#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A relay between two connections: sockkit listen --to beside socat. Source
# and sink are the same for both: sockkit connect from a file into
# `sockkit listen --discard`.
#
# SIZE=2G ROUNDS=5 tests/perf/forward.sh
set -u -o pipefail
. "$(dirname "$0")/lib.sh"
in_peace "$@"

SIZE=$(numfmt --from=iec "${SIZE:-2G}")
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$dir"' EXIT
head -c "$SIZE" /dev/zero >"$dir/file"
cat "$dir/file" >/dev/null
"$SOCKKIT" listen -k --discard 127.0.0.1 20001 </dev/null 2>/dev/null &
await_port 20001

relay_by()
{
	case $1 in
	sockkit) exec "$SOCKKIT" listen --to 127.0.0.1:20001 127.0.0.1 "$2" ;;
	socat) exec socat "TCP-LISTEN:$2,bind=127.0.0.1,reuseaddr" \
		TCP:127.0.0.1:20001 ;;
	esac
}

# CPU of the relay alone, from its /proc entry just before it ends: user and
# system time in ticks are its last words.
one()
{
	local tool=$1 port=$2 start end

	: >"$dir/cpu"
	( timed "$dir/cpu" bash -c "$(declare -f relay_by); relay_by $tool $port" \
		</dev/null ) &
	await_port "$port"
	start=$(now)
	"$SOCKKIT" connect 127.0.0.1 "$port" <"$dir/file"
	end=$(now)
	wait $!
	awk -v us=$((end - start)) '{ print us, $1 + $2 }' "$dir/cpu" \
		>>"$dir/$tool"
}

port=20010
for ((i = 1; i <= ROUNDS; i++)); do
	for tool in sockkit socat; do
		echo "round $i: $tool" >&2
		one "$tool" $((port++))
	done
done
printf '%-9s %9s %9s %12s\n' tool wall/s GB/s cpu-s/GiB
for tool in sockkit socat; do
	wall=$(cut -d' ' -f1 "$dir/$tool" | median)
	cpu=$(cut -d' ' -f2 "$dir/$tool" | median)
	awk -v t="$tool" -v w="$wall" -v c="$cpu" -v s="$SIZE" 'BEGIN {
		printf "%-9s %9.3f %9.2f %12.3f\n", t, w / 1e6, s / w / 1e3,
			c * 1073741824 / s }'
done
