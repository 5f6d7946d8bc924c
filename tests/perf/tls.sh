#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# tls.sh: how fast does each tool move bytes to itself through TLS over
# loopback? A file goes in, /dev/null takes it. The certificate is made here,
# once for all. openssl is s_client to s_server.
#
# In each round every tool runs once, one after the other. The table gives
# medians; `x` is how many times as fast as this tool sockkit was.
#
# SIZE=1G ROUNDS=5 TOOLS="sockkit ncat openssl"

set -u -o pipefail
. "$(dirname "$0")/lib.sh"
in_peace "$@"

SIZE=$(numfmt --from=iec "${SIZE:-1G}")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
port=21000
failed=0

receive()
{
	case $1 in
	sockkit) exec_timed "$SOCKKIT" listen --ssl-cert "$dir/cert.pem" \
		--ssl-key "$dir/key.pem" 127.0.0.1 "$port" ;;
	ncat) exec_timed ncat -l --recv-only --ssl --ssl-cert "$dir/cert.pem" \
		--ssl-key "$dir/key.pem" 127.0.0.1 "$port" ;;
	openssl) exec_timed openssl s_server -quiet -naccept 1 \
		-accept "127.0.0.1:$port" -cert "$dir/cert.pem" \
		-key "$dir/key.pem" ;;
	esac
}

send()
{
	case $1 in
	sockkit) exec_timed "$SOCKKIT" connect --ssl-trustfile "$dir/cert.pem" \
		127.0.0.1 "$port" ;;
	ncat) exec_timed ncat --send-only --ssl 127.0.0.1 "$port" ;;
	openssl) exec_timed openssl s_client -quiet -no_ign_eof -nocommands \
		-connect "127.0.0.1:$port" 2>/dev/null ;;
	esac
}

# one TOOL: one run; adds "wall_us cpu_s" to its results
one()
{
	local tool=$1 start receiver

	port=$((port + 1))
	: >"$dir/cpu"
	# A standard input that stays open: s_server ends with its own.
	receive "$tool" <"$dir/fifo" >/dev/null 2>&1 &
	receiver=$!
	await_port "$port"
	start=$(now)
	send "$tool" <"$dir/file" || failed=1
	wait "$receiver"
	ran tls "$tool" "$start"
}

list=$(TOOLS=${TOOLS:-sockkit ncat openssl} tools)
machine
mkfifo "$dir/fifo"
exec 8<>"$dir/fifo"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
	-subj /CN=perf -addext subjectAltName=IP:127.0.0.1 \
	-keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null || exit 2
pattern_file

for ((round = 1; round <= ROUNDS; round++)); do
	for tool in $list; do
		echo "round $round: $tool" >&2
		one "$tool"
	done
done
rates tls "TLS, file to /dev/null"
exit $failed
