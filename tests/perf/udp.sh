#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# udp.sh: datagrams of SIZE bytes over loopback, and a stream over a unix
# socket. Each tool is both sender and receiver.
#
#	file -> udp, SIZE bytes each -> udp -l -> pipe
#	file -> unix -> unix -l -> /dev/null
#
# UDP has no flow control, so two things count: how many datagrams arrive in
# the time the sender takes, and how many of those sent are lost. sockkit sends
# at RATE bytes a second, for without a limit its sender is faster than any
# receiver; RATE=0 shows that. nc and socat send what a read gave, so they are
# fed reads of SIZE bytes: nc by a pipe of packets (pipe(2), O_DIRECT), socat by
# its -b.
#
# In each round every tool runs once. `x` is how many times as many datagrams
# a second (bytes, for unix) as this tool sockkit moved.
#
# SIZE=1400 BYTES=256M RATE=600M ROUNDS=5 TOOLS="sockkit nc socat"
# MODES="udp unix"

set -u -o pipefail
TOOLS=${TOOLS:-sockkit nc socat}
. "$(dirname "$0")/lib.sh"
in_peace "$@"

SIZE=${SIZE:-1400}
BYTES=$(numfmt --from=iec "${BYTES:-256M}")
MODES=${MODES:-udp unix}
RATE=${RATE:-600M}
limit=()
[ "$RATE" = 0 ] || limit=(--limit-rate "$RATE")
COUNT=$((BYTES / SIZE))
BYTES=$((COUNT * SIZE))
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
port=21000

receive_udp()
{
	case $1 in
	sockkit) exec "$SOCKKIT" udp -l 127.0.0.1 "$port" ;;
	nc) exec nc.openbsd -d -u -l 127.0.0.1 "$port" ;;
	socat) exec socat -u -b 65536 \
		"UDP-RECV:$port,bind=127.0.0.1,rcvbuf=4194304" - ;;
	esac
}

send_udp()
{
	case $1 in
	sockkit) "$SOCKKIT" udp --size "$SIZE" --send-only "${limit[@]}" \
		127.0.0.1 "$port" <file ;;
	nc) dd if=file bs="$SIZE" oflag=direct 2>/dev/null |
		nc.openbsd -u -q 0 127.0.0.1 "$port" ;;
	socat) socat -u -b "$SIZE" - "UDP:127.0.0.1:$port" <file ;;
	esac
}

receive_unix()
{
	case $1 in
	sockkit) exec "$SOCKKIT" unix -l sock ;;
	nc) exec nc.openbsd -d -lU sock ;;
	socat) exec socat -u UNIX-LISTEN:sock - ;;
	esac
}

send_unix()
{
	case $1 in
	sockkit) "$SOCKKIT" unix --send-only sock <file ;;
	nc) nc.openbsd -N -U sock <file ;;
	socat) socat -u - UNIX-CONNECT:sock <file ;;
	esac
}

# adds "us datagrams" to the results. What was received is counted by wc; the
# queues that are left when the sender ends are a few MiB at most.
one_udp()
{
	local tool=$1 start end pid hex

	port=$((port + 1))
	mkfifo pipe
	wc -c <pipe >got &
	counter=$!
	receive_udp "$tool" </dev/null >pipe &
	pid=$!
	hex=$(printf ':%04X ' "$port")
	until grep -q "$hex" /proc/net/udp; do sleep 0.01; done
	start=$(now)
	send_udp "$tool" >/dev/null
	end=$(now)
	sleep 0.5
	kill "$pid" 2>/dev/null
	wait "$pid" "$counter" 2>/dev/null
	rm pipe
	echo "$((end - start)) $(($(cat got) / SIZE))" >>"udp.$tool"
}

one_unix()
{
	local tool=$1 start end pid

	rm -f sock
	receive_unix "$tool" </dev/null >/dev/null &
	pid=$!
	until grep -q ' sock$' /proc/net/unix; do sleep 0.01; done
	start=$(now)
	send_unix "$tool"
	wait "$pid"
	end=$(now)
	echo "$((end - start)) $BYTES" >>"unix.$tool"
}

report()
{
	local mode=$1 tool rate base='' got

	echo
	echo "$mode, $(numfmt --to=iec-i --suffix=B "$BYTES"), median of $ROUNDS"
	printf '%-9s %14s %8s %8s\n' tool "$([ "$mode" = udp ] &&
		echo datagrams/s || echo MB/s)" loss x
	for tool in $list; do
		rate=$(awk -v u="$([ "$mode" = udp ] && echo 1e6 || echo 1)" \
			'{ print $2 * u / $1 }' "$mode.$tool" | median)
		got=$(cut -d' ' -f2 "$mode.$tool" | median)
		[ "$tool" != sockkit ] || base=$rate
		awk -v t="$tool" -v r="$rate" -v b="${base:-0}" -v g="$got" \
			-v n="$([ "$mode" = udp ] && echo "$COUNT" ||
				echo "$BYTES")" 'BEGIN {
			printf "%-9s %14.0f %7.2f%%", t, r, 100 * (1 - g / n)
			if (b) printf " %8.2f", b / r
			print "" }'
	done
}

list=$(tools)
machine
"$PEER" pattern "$BYTES" >file

for ((round = 1; round <= ROUNDS; round++)); do
	for mode in $MODES; do
		for tool in $list; do
			echo "round $round: $mode, $tool" >&2
			"one_$mode" "$tool"
		done
	done
done
for mode in $MODES; do
	report "$mode"
done
