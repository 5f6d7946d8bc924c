#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit listen -k: clients side by side, limits, and the built-in services.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016,SC2094
bats_require_minimum_version 1.5.0
load helper

# say HOST PORT TEXT: a client that sends TEXT, half-closes and waits
say()
{
	"$PEER" connect "$1" "$2" "text:$3" fin recvall </dev/null
}

# --- -k: many clients --------------------------------------------------------------

@test "listen unix:PATH with -k" {
	start listen "$SOCKKIT" listen -k -v --echo unix:./sock </dev/null
	until_true says listen.err 'listening on unix:\./sock$'
	for i in 1 2; do
		start c "$SOCKKIT" connect unix:./sock < <(printf %s "$i")
		finish c
		content_is c.out "$i"
	done
	running listen
}

@test "listen unix:PATH: a stale socket is replaced, a live one is not" {
	start listen "$SOCKKIT" listen -k -v unix:./sock </dev/null
	until_true says listen.err 'listening on'
	run -1 sk listen unix:./sock </dev/null
	[[ $output == "sockkit listen: unix:./sock: "*"already in use" ]]
	[ -S sock ]
	stop listen
	[ -S sock ]
	start listen "$SOCKKIT" listen -v unix:./sock </dev/null
	until_true says listen.err 'listening on'
	start sk "$SOCKKIT" connect unix:./sock < <(printf hi)
	finish sk
	finish listen
	content_is listen.out hi
	[ ! -e sock ]
}

@test "-k: clients are served side by side, their bytes come to stdout" {
	listening -k </dev/null
	start one "$PEER" connect "$HOST" "$PORT" text:1 waitfile:go text:3 fin \
		recvall </dev/null
	until_true content_is listen.out 1
	say "$HOST" "$PORT" 2
	until_true content_is listen.out 12
	touch go
	finish one
	until_true content_is listen.out 123
	running listen
}

@test "--keep-open: one after the other, any number" {
	start listen "$SOCKKIT" listen --keep-open --port-file port 127.0.0.1 0 \
		</dev/null
	read -r HOST PORT < <(addr port)
	for i in {1..20}; do
		say "$HOST" "$PORT" "$i"
	done
	until_true content_is listen.out "$(printf %s {1..20})"
	running listen
}

@test "-k: stdin goes to all clients" {
	hold_pipe in
	listening -k -v <in
	for c in a b c; do
		start "$c" "$PEER" connect "$HOST" "$PORT" "recvto:got.$c" </dev/null
	done
	connected() { [ "$(grep -c 'connection from' listen.err)" -eq 3 ]; }
	until_true connected
	feed in "to everybody"
	end_pipe in
	for c in a b c; do
		finish "$c"
		content_is "got.$c" "to everybody"
	done
	running listen
}

@test "-k: stdin is not read while nobody is connected" {
	hold_pipe in
	feed in first
	listening -k <in
	start one "$PEER" connect "$HOST" "$PORT" recv:5 close </dev/null
	finish one
	# The server has to see that he has gone before it can know.
	start two "$PEER" connect "$HOST" "$PORT" text:x save:got recv:6 close \
		</dev/null
	until_true content_is listen.out x
	feed in second
	finish two
	content_is got second
}

@test "-k: a client that never reads holds up nobody, then is dropped" {
	"$PEER" pattern 160M >in
	mkfifo pipe
	OUT=pipe start feeder bash -c 'until [ -e go ]; do sleep 0.02; done
		exec cat' <in
	start listen "$SOCKKIT" listen -k -v --port-file port 127.0.0.1 0 <pipe
	read -r HOST PORT < <(addr port)
	start stuck "$PEER" connect "$HOST" "$PORT" text:s hold </dev/null
	start quick "$PEER" connect "$HOST" "$PORT" text:q recvto:got </dev/null
	until_true size_is listen.out 2
	touch go
	finish quick
	same in got
	until_true says listen.err 'warning: .*(behind|slow)'
	running listen
}

@test "-k: one client that sends without end holds up no other" {
	listening -k --discard </dev/null
	start flood bash -c 'exec cat /dev/zero >/dev/tcp/"$0"/"$1"' "$HOST" \
		"$PORT" </dev/null
	for i in 1 2 3; do
		say "$HOST" "$PORT" hello
	done
	running flood
}

@test "-m: clients beyond N are accepted and closed at once" {
	listening -k -m 2 -v </dev/null
	start a "$PEER" connect "$HOST" "$PORT" text:a waitfile:go fin recvall \
		</dev/null
	start b "$PEER" connect "$HOST" "$PORT" text:b hold </dev/null
	until_true size_is listen.out 2
	"$PEER" connect "$HOST" "$PORT" expect-eof </dev/null
	until_true says listen.err '(-m|max|limit|[Tt]oo many|refus|closed).*'
	touch go
	finish a
	served() { say "$HOST" "$PORT" c && size_is listen.out 3; }
	until_true served
}

@test "--max-conns: refused clients' descriptors do not leak" {
	listening -k --max-conns 1 </dev/null
	start a "$PEER" connect "$HOST" "$PORT" text:a hold </dev/null
	until_true content_is listen.out a
	before=$(fds_of listen)
	for i in {1..30}; do
		"$PEER" connect "$HOST" "$PORT" expect-eof </dev/null
	done
	[ "$(fds_of listen)" -le "$before" ]
}

@test "--echo: every client gets back its own bytes" {
	listening -k --echo </dev/null
	for c in a b; do
		start "$c" "$PEER" connect "$HOST" "$PORT" send:1 waitfile:go \
			"text:$c$c" fin "recvto:got.$c" </dev/null
	done
	touch go
	for c in a b; do
		finish "$c"
		[ "$(tail -c 2 "got.$c")" = "$c$c" ]
		size_is "got.$c" 3
	done
	content_is listen.out ""
	running listen
}

@test "--echo: a big one comes back whole" {
	"$PEER" pattern 16M >big
	listening -k --echo </dev/null
	start c "$SOCKKIT" connect "$HOST" "$PORT" <big
	finish c
	same big c.out
}

@test "--echo without -k: one client, then done" {
	listening --echo </dev/null
	[ "$("$PEER" connect "$HOST" "$PORT" text:abc fin recvall \
		</dev/null)" = "received 3" ]
	finish listen
}

@test "--echo: a client that sends and never reads is not read either" {
	listening -k --echo </dev/null
	PEER_DEADLINE=2 start c "$PEER" connect "$HOST" "$PORT" send:256M \
		</dev/null
	finish c 1
	rss=$(awk '/VmHWM/ { print $2 }' "/proc/${PIDS[listen]}/status")
	[ "$rss" -lt 131072 ] || [ -n "${ASAN_OPTIONS:-}" ]
	running listen
}

@test "--discard: takes everything, gives nothing" {
	listening -k --discard </dev/null
	[ "$("$PEER" connect "$HOST" "$PORT" send:5M fin recvall \
		</dev/null)" = "received 0" ]
	content_is listen.out ""
	running listen
}

@test "--backlog N" {
	listening -k --backlog 1 </dev/null
	say "$HOST" "$PORT" x
	until_true content_is listen.out x
	backlog=$(ss -Hltn "sport = :$PORT" 2>/dev/null | awk '{ print $3 }')
	[ -z "$backlog" ] || [ "$backlog" = 1 ]
}

@test "--reuseport: two listeners on one port; without it the second fails" {
	listening -k --reuseport </dev/null
	start two "$SOCKKIT" listen -k --reuseport --port-file port2 "$HOST" \
		"$PORT" </dev/null
	[ "$(addr port2)" = "$HOST $PORT" ]
	run -1 sk listen -k "$HOST" "$PORT" </dev/null
	[[ $output == "sockkit listen: $HOST:$PORT: "*"ddress already in use" ]]
}

@test "a port whose last user has just gone can be bound again" {
	listening </dev/null
	start c "$PEER" connect "$HOST" "$PORT" text:x expect-eof close </dev/null
	until_true content_is listen.out x
	signal listen TERM
	finish listen 143
	start again "$SOCKKIT" listen --port-file port2 "$HOST" "$PORT" </dev/null
	addr port2
}
