#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# throughput.sh: how fast, and for how much CPU, does each netcat move bytes
# to itself over loopback? Each tool is both sender and receiver.
#
#	file -> connect -> listen -> /dev/null
#	pipe -> connect -> listen -> pipe
#
# In each round every tool runs once, one after the other, so that whatever
# the machine does meanwhile falls on all. The table gives medians; `x` is how
# many times as fast as this tool sockkit was, `cpu` the seconds of user and
# system time of sender and receiver for a GiB (not those of the cats that
# feed and drain the pipes).
#
# SIZE=2G ROUNDS=5 TOOLS="sockkit ncat nc socat" MODES="file pipe"

set -u -o pipefail
. "$(dirname "$0")/lib.sh"
in_peace "$@"

SIZE=$(numfmt --from=iec "${SIZE:-2G}")
MODES=${MODES:-file pipe}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
port=20000
failed=0

receive()
{
	case $1 in
	sockkit) exec_timed "$SOCKKIT" listen 127.0.0.1 "$port" ;;
	ncat) exec_timed ncat -l --recv-only 127.0.0.1 "$port" ;;
	nc) exec_timed nc.openbsd -d -l 127.0.0.1 "$port" ;;
	socat) exec_timed socat -u \
		"TCP-LISTEN:$port,bind=127.0.0.1,reuseaddr" - ;;
	esac
}

send()
{
	case $1 in
	sockkit) exec_timed "$SOCKKIT" connect 127.0.0.1 "$port" ;;
	ncat) exec_timed ncat --send-only 127.0.0.1 "$port" ;;
	nc) exec_timed nc.openbsd -N 127.0.0.1 "$port" ;;
	socat) exec_timed socat -u - "TCP:127.0.0.1:$port" ;;
	esac
}

# one MODE TOOL: one run; adds "wall_us cpu_s" to the results of both
one()
{
	local mode=$1 tool=$2 start receiver

	port=$((port + 1))
	: >"$dir/cpu"
	if [ "$mode" = file ]; then
		receive "$tool" </dev/null >/dev/null &
	else
		receive "$tool" </dev/null | cat >/dev/null &
	fi
	receiver=$!
	await_port "$port"
	start=$(now)
	if [ "$mode" = file ]; then
		send "$tool" <"$dir/file"
	else
		# cat and not a redirection: this is the pipe
		# shellcheck disable=SC2002
		cat "$dir/file" | send "$tool"
	fi || failed=1
	wait "$receiver" || failed=1
	ran "$mode" "$tool" "$start"
}

list=$(tools)
machine
pattern_file

for ((round = 1; round <= ROUNDS; round++)); do
	for mode in $MODES; do
		for tool in $list; do
			echo "round $round: $mode, $tool" >&2
			one "$mode" "$tool"
		done
	done
done
for mode in $MODES; do
	rates "$mode" "$mode to $([ "$mode" = file ] &&
		echo /dev/null || echo pipe)"
done
exit $failed
