#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit listen: each road that bytes can take (sendfile, splice, copies), and
# the other netcats.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016,SC2094
bats_require_minimum_version 1.5.0
load helper

# --- roads: sendfile, splice, copy ----------------------------------------------------

# road DOWN UP [OPTION...]: listen with stdin of the kind DOWN and stdout of
# the kind UP; both directions must be whole.
road()
{
	local down=$1 up=$2

	shift 2
	"$PEER" pattern 5000001 >in
	"$PEER" pattern 3000001 >from_client
	cat >run <<-'SCRIPT'
		down=$1 up=$2
		shift 2
		sk() { "$SOCKKIT" listen --port-file port "$@" 127.0.0.1 0; }
		out() {
			case $up in
			file) sk "$@" >out ;;
			append) sk "$@" >>out ;;
			pipe) set -o pipefail; sk "$@" | cat >out ;;
			esac
		}
		case $down in
		file) out "$@" <in ;;
		pipe) cat in | out "$@" ;;
		esac
	SCRIPT
	[ "$up" != append ] || printf 'kept' >out
	start sk bash run "$down" "$up" "$@" </dev/null
	read -r HOST PORT < <(addr port)
	"$PEER" connect "$HOST" "$PORT" sendfile:from_client fin recvto:got \
		</dev/null || return 1
	finish sk || return 1
	same in got || return 1
	if [ "$up" = append ]; then
		content_is <(head -c 4 out) kept || return 1
		tail -c +5 out | cmp - from_client
	else
		same from_client out
	fi
}

@test "roads: file to socket, socket to file" { road file file; }
@test "roads: pipe to socket, socket to file" { road pipe file; }
@test "roads: file to socket, socket to pipe" { road file pipe; }
@test "roads: pipe to socket, socket to pipe" { road pipe pipe; }
@test "roads: socket to a file opened for appending" { road pipe append; }
@test "roads: --no-splice, files" { road file file --no-splice; }
@test "roads: --no-splice, pipes" { road pipe pipe --no-splice; }
@test "roads: --no-splice, append" { road file append --no-splice; }
@test "roads: copying because of -o" { road file pipe -o log; }

@test "roads: stdin a file that has been read from already" {
	"$PEER" pattern 3000000 >in
	start sk bash -c '{ dd bs=1000 count=1 of=/dev/null 2>/dev/null
		"$SOCKKIT" listen --port-file port 127.0.0.1 0; } <in' </dev/null
	read -r HOST PORT < <(addr port)
	"$PEER" connect "$HOST" "$PORT" fin recvto:got </dev/null
	finish sk
	tail -c +1001 in | cmp - got
}

@test "roads: stdout /dev/null" {
	OUT=/dev/null
	listening </dev/null
	"$PEER" connect "$HOST" "$PORT" send:9M fin recvall </dev/null
	finish listen
}

@test "roads: stdin and stdout are one terminal" {
	hold_pipe keys
	start tty "$PEER" pty 01 "$SOCKKIT" listen --raw --port-file port \
		127.0.0.1 0 <keys
	read -r HOST PORT < <(addr port)
	start c "$PEER" connect "$HOST" "$PORT" text:up recvto:got </dev/null
	until_true content_is tty.out up
	feed keys $'typed\n\x04'
	finish c
	finish tty
	content_is got typed
}

@test "1 GiB through a slow reader, SHA-256" {
	size=$((1 << 30))
	cat >receive <<-'SCRIPT'
		set -o pipefail
		"$SOCKKIT" listen --port-file port 127.0.0.1 0 </dev/null |
			"$PEER" sip 8M 16M | sha256sum >got
	SCRIPT
	cat >send <<-'SCRIPT'
		set -o pipefail
		"$PEER" pattern "$3" | tee >(sha256sum >want) |
			"$SOCKKIT" connect "$1" "$2"
		status=$?
		wait
		exit $status
	SCRIPT
	PATIENCE=120
	start receive bash receive </dev/null
	read -r HOST PORT < <(addr port)
	start send bash send "$HOST" "$PORT" "$size" </dev/null
	finish send
	finish receive
	until_true test -s want
	same want got
}

# --- with the other netcats -------------------------------------------------------------

# from_other CMD...: another tool sends 5 MB to sockkit listen
from_other()
{
	"$PEER" pattern 5000000 >in
	listening </dev/null
	start other "${@/PORT/$PORT}" <in
	finish listen || return 1
	[ "$(sha in)" = "$(sha listen.out)" ]
}

@test "ncat sends to sockkit listen" {
	need ncat
	from_other ncat 127.0.0.1 PORT
	finish other
}

@test "netcat-openbsd sends to sockkit listen" {
	need nc.openbsd
	from_other nc.openbsd -N 127.0.0.1 PORT
	finish other
}

@test "socat sends to sockkit listen" {
	need socat
	from_other socat -u - TCP:127.0.0.1:PORT
	finish other
}

# to_other CMD...: sockkit listen sends 5 MB to another tool
to_other()
{
	"$PEER" pattern 5000000 >in
	listening <in
	start other "${@/PORT/$PORT}" </dev/null
	finish other || return 1
	finish listen || return 1
	[ "$(sha in)" = "$(sha other.out)" ]
}

@test "sockkit listen sends to ncat" {
	need ncat
	to_other ncat 127.0.0.1 PORT
}

@test "sockkit listen sends to netcat-openbsd" {
	need nc.openbsd
	to_other nc.openbsd -N 127.0.0.1 PORT
}

@test "sockkit listen sends to socat" {
	need socat
	to_other socat -u TCP:127.0.0.1:PORT -
}
