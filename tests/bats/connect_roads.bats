#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit connect: each road that bytes can take (sendfile, splice, copies),
# what waiting costs, and the other netcats.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016,SC2094
bats_require_minimum_version 1.5.0
load helper

# --- roads --------------------------------------------------------------------------

# road IN OUT [OPTION...]
road()
{
	local from=$1 to=$2

	shift 2
	"$PEER" pattern 5000001 >in
	"$PEER" pattern 3000001 >from_peer
	[ "$to" != append ] || printf kept >out
	# A pipe that has given nothing when the peer ends is left alone.
	awaiting save:got recv:1 sendfile:from_peer fin recvall
	cat >run <<-'SCRIPT'
		set -o pipefail
		sk() { "$SOCKKIT" connect "$@"; }
		from=$1 to=$2
		shift 2
		to() {
			case $to in
			file) sk "$@" >out ;;
			append) sk "$@" >>out ;;
			pipe) sk "$@" | cat >out ;;
			socket) sk "$@" | socat -u - STDOUT >out ;;
			esac
		}
		case $from in
		file) to "$@" <in ;;
		offset) { dd bs=1000 count=1 of=/dev/null 2>/dev/null
			to "$@"; } <in ;;
		pipe) cat in | to "$@" ;;
		esac
	SCRIPT
	start sk bash run "$from" "$to" "$@" "$HOST" "$PORT" </dev/null
	finish sk || return 1
	finish peer || return 1
	if [ "$from" = offset ]; then
		tail -c +1001 in | cmp - got || return 1
	else
		same in got || return 1
	fi
	if [ "$to" = append ]; then
		content_is <(head -c 4 out) kept || return 1
		tail -c +5 out | cmp - from_peer
	else
		same from_peer out
	fi
}

@test "roads: file, file" { road file file; }
@test "roads: file, pipe" { road file pipe; }
@test "roads: pipe, file" { road pipe file; }
@test "roads: pipe, pipe" { road pipe pipe; }
@test "roads: a file read from already, a file opened for appending" {
	road offset append
}
@test "roads: --no-splice, file, pipe" { road file pipe --no-splice; }
@test "roads: --no-splice, pipe, append" { road pipe append --no-splice; }
@test "roads: --no-splice, a file read from already" {
	road offset file --no-splice
}
@test "roads: copying because of -o" { road pipe pipe -o log; }
@test "roads: copying because of --limit-rate" {
	road file file --limit-rate 100M
}

@test "roads: a file leaves its offset where reading ended" {
	"$PEER" pattern 100000 >in
	awaiting recvall
	start sk bash -c '{ "$SOCKKIT" connect "$@"; cat; } <in' - "$HOST" "$PORT" \
		</dev/null
	finish sk
	content_is sk.out ""
}

@test "roads: a file that grows while it is sent is sent to its new end" {
	"$PEER" pattern 64M >want
	head -c 32M want >in
	awaiting save:got recv:1M waitfile:grown recvall
	start sk "$SOCKKIT" connect "$HOST" "$PORT" <in
	until_true size_at_least got 1048576
	tail -c +$(((32 << 20) + 1)) want >>in
	touch grown
	finish sk
	finish peer
	same want got
}

@test "stdin and stdout stay blocking for those who share them" {
	hold_pipe in
	hold_pipe out
	awaiting text:x hold
	OUT=out start sk "$SOCKKIT" connect "$HOST" "$PORT" <in
	# shellcheck disable=SC2154
	head -c 1 <&"$pipe_out" >first
	for fd in "$pipe_in" "$pipe_out"; do
		flags=$(awk '/flags/ { print $2 }' "/proc/$BASHPID/fdinfo/$fd")
		(((8#$flags & 8#4000) == 0))
	done
	running sk
}

@test "roads: stdin is a socket" {
	need socat
	"$PEER" pattern 3000000 >in
	awaiting recvto:got
	printf '%s\n' "exec \"$SOCKKIT\" connect \"$HOST\" \"$PORT\"" >run
	start sk socat -u OPEN:in "EXEC:bash run" </dev/null
	finish peer
	same in got
}

@test "random bytes, 20 MB, through sockkit at both ends" {
	head -c 20M /dev/urandom >in
	listening </dev/null
	start sk "$SOCKKIT" connect "$HOST" "$PORT" <in
	finish sk
	finish listen
	[ "$(sha in)" = "$(sha listen.out)" ]
}

@test "a connection to itself over both, chat in turns" {
	hold_pipe a
	hold_pipe b
	listening <a
	start sk "$SOCKKIT" connect "$HOST" "$PORT" <b
	feed a "one"
	until_true content_is sk.out one
	feed b "two"
	until_true content_is listen.out two
	feed a " three"
	until_true content_is sk.out "one three"
	end_pipe b
	feed a " four"
	until_true content_is sk.out "one three four"
	end_pipe a
	finish sk
	finish listen
}

# ticks NAME: CPU time it has used so far, in hundredths of a second
ticks()
{
	awk '{ print $14 + $15 }' "/proc/${PIDS[$1]}/stat"
}

# It used no CPU to speak of for half a second: what there was to move has
# been moved. One that spins never gets there.
idle()
{
	local before

	before=$(ticks "$1")
	sleep 0.5
	echo "$1: $(($(ticks "$1") - before))"
	[ $(($(ticks "$1") - before)) -lt 5 ]
}

@test "waiting costs no CPU, whatever is waited for" {
	local names=(silent half_closed eof pressed_zero pressed_pipe
		pressed_half blocked_out) name

	hold_pipe in
	hold_pipe out
	for name in "${names[@]}"; do
		rm -f port
		case $name in
		*half*) awaiting fin hold ;;
		blocked_out) awaiting send:64M ;;
		*) awaiting hold ;;
		esac
		PIDS[peer_$name]=${PIDS[peer]}
		case $name in
		silent) start "$name" "$SOCKKIT" connect "$HOST" "$PORT" <in ;;
		half_closed)
			start "$name" "$SOCKKIT" connect -k "$HOST" "$PORT" <in
			;;
		eof)
			start "$name" "$SOCKKIT" connect "$HOST" "$PORT" \
				</dev/null ;;
		pressed_zero)
			start "$name" "$SOCKKIT" connect "$HOST" "$PORT" \
				</dev/zero ;;
		pressed_*)
			start "$name" "$SOCKKIT" connect -k "$HOST" "$PORT" \
				< <(exec cat /dev/zero 3>&-) ;;
		blocked_out)
			OUT=out start "$name" "$SOCKKIT" connect "$HOST" \
				"$PORT" <in ;;
		esac
	done
	for name in "${names[@]}"; do
		running "$name"
		until_true idle "$name"
	done
}

# --- with the other netcats ------------------------------------------------------------

# to_other CMD...: sockkit connect sends 5 MB to another tool's listener
to_other()
{
	need_netns
	"$PEER" pattern 5000000 >in
	in_netns "$* </dev/null >got &
		\"\$SOCKKIT\" connect --retry 20 127.0.0.1 1234 <in
		wait \$!"
	[ "$(sha in)" = "$(sha got)" ]
}

@test "sockkit connect sends to ncat" {
	need ncat
	to_other ncat -l 127.0.0.1 1234
}

@test "sockkit connect sends to netcat-openbsd" {
	need nc.openbsd
	to_other nc.openbsd -l 127.0.0.1 1234
}

@test "sockkit connect sends to socat" {
	need socat
	to_other socat -u TCP-LISTEN:1234,bind=127.0.0.1 -
}

# from_other CMD...: and receives 5 MB from it, with the words of SK_OPTIONS
from_other()
{
	need_netns
	"$PEER" pattern 5000000 >in
	in_netns "$* <in >/dev/null &
		\"\$SOCKKIT\" connect ${SK_OPTIONS:-} --retry 20 \
			127.0.0.1 1234 >got </dev/null
		wait \$! || true"
	[ "$(sha in)" = "$(sha got)" ]
}

@test "sockkit connect receives from ncat" {
	need ncat
	# The newest take our end for theirs, and stop in the middle.
	SK_OPTIONS=--recv-only from_other ncat -l --send-only 127.0.0.1 1234
}

@test "sockkit connect receives from netcat-openbsd" {
	need nc.openbsd
	# That nc stops sending when it gets a FIN; --recv-only sends none.
	SK_OPTIONS=--recv-only
	from_other nc.openbsd -l -N 127.0.0.1 1234
}

@test "sockkit connect receives from socat" {
	need socat
	from_other socat -u - TCP-LISTEN:1234,bind=127.0.0.1
}
