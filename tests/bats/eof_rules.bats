#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Who ends, when, and with which status: the rules of sockkit-listen(1) and
# sockkit-connect(1), "END OF INPUT AND EXIT STATUS", one by one. The matrix
# of all cases is eof.bats.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # each test is a subshell
load helper

TO="to peer"
FROM="from peer"
BIG=$((64 << 20))

@test "connect -k: who reads our stdout sees its end while we go on sending" {
	hold_pipe in
	awaiting text:hi fin recvto:got
	start sk bash -c '"$SOCKKIT" connect -k "$@" | { cat; echo ended >&2; }
		exit "${PIPESTATUS[0]}"' - "$HOST" "$PORT" <in
	feed in one
	until_true says sk.err ended
	content_is sk.out hi
	feed in two
	end_pipe in
	finish sk
	finish peer
	content_is got onetwo
}

# --- rule 1: the end of stdin ------------------------------------------------

@test "listen: a stdin that is /dev/null is no input: no FIN before the peer's" {
	listening </dev/null
	start peer "$PEER" connect "$HOST" "$PORT" text:hello acked quiet:700 \
		fin expect-eof </dev/null
	finish peer
	finish listen
	content_is listen.out hello
	content_is listen.err ""
}

@test "listen: a closed stdin is no input either" {
	start listen bash -c 'exec "$@" <&-' - "$SOCKKIT" listen \
		--port-file port 127.0.0.1 0
	read -r HOST PORT < <(addr port)
	start peer "$PEER" connect "$HOST" "$PORT" text:hello acked quiet:700 \
		fin expect-eof </dev/null
	finish peer
	finish listen
	content_is listen.out hello
}

@test "listen: an empty file is at EOF: FIN at once" {
	: >empty
	listening <empty
	start peer "$PEER" connect "$HOST" "$PORT" expect-eof text:late </dev/null
	finish peer
	finish listen
	content_is listen.out late
}

@test "connect: /dev/null is EOF like any other" {
	awaiting expect-eof text:late
	start sk "$SOCKKIT" connect "$HOST" "$PORT" </dev/null
	finish peer
	finish sk
	content_is sk.out late
}

@test "connect: a closed stdin is EOF" {
	awaiting expect-eof text:late
	start sk bash -c 'exec "$@" <&-' - "$SOCKKIT" connect "$HOST" "$PORT"
	finish peer
	finish sk
	content_is sk.out late
}

@test "--no-shutdown: no FIN at stdin's EOF" {
	awaiting recv:7 quiet:700 text:late close
	printf %s "$TO" >in
	start sk "$SOCKKIT" connect --no-shutdown "$HOST" "$PORT" <in
	finish peer
	finish sk
	content_is sk.out late
}

@test "listen --no-shutdown: no FIN at stdin's EOF" {
	printf %s "$TO" >in
	listening --no-shutdown <in
	start peer "$PEER" connect "$HOST" "$PORT" recv:7 quiet:700 text:late \
		close </dev/null
	finish peer
	finish listen
	content_is listen.out late
}

@test "connect -q: leaves that long after stdin's EOF, all being acknowledged" {
	awaiting recvto:got hold
	printf %s "$TO" >in
	start sk "$SOCKKIT" connect -q 0.3 "$HOST" "$PORT" <in
	finish sk
	until_true content_is got "$TO"
}

@test "connect -q: does not wait when the peer ends before" {
	awaiting recv:7 close
	printf %s "$TO" >in
	start sk "$SOCKKIT" connect -q 1h "$HOST" "$PORT" <in
	finish sk
}

@test "connect -q: status 1 when something is not acknowledged" {
	PEER_RCVBUF=4096 awaiting hold
	"$PEER" pattern 200K >in
	start sk "$SOCKKIT" connect -q 0.5 "$HOST" "$PORT" < <(cat in)
	finish sk 1
	one_line sk.err '^sockkit connect: .*[0-9]+ bytes'
}

@test "listen -q: leaves that long after stdin's EOF" {
	printf %s "$TO" >in
	listening -q 0.3 <in
	start peer "$PEER" connect "$HOST" "$PORT" recvto:got hold </dev/null
	finish listen
	until_true content_is got "$TO"
}

# --- rule 2: the end of the peer ---------------------------------------------

@test "peer closed, stdin a pipe that never gave a byte: done, status 0" {
	hold_pipe in
	awaiting "text:$FROM" close
	start sk "$SOCKKIT" connect "$HOST" "$PORT" <in
	finish sk
	content_is sk.out "$FROM"
	content_is sk.err ""
}

@test "listen: peer closed, stdin a pipe that never gave a byte: status 0" {
	hold_pipe in
	listening <in
	start peer "$PEER" connect "$HOST" "$PORT" "text:$FROM" fin \
		expect-eof </dev/null
	finish peer
	finish listen
	content_is listen.out "$FROM"
	content_is listen.err ""
}

@test "peer closed, stdin a terminal: done, status 0, even after typing" {
	hold_pipe keys
	awaiting recv:8 "text:$FROM" close
	start sk "$PEER" pty 0 "$SOCKKIT" connect "$HOST" "$PORT" <keys
	feed keys "$TO"$'\n'
	finish sk
	content_is sk.out "$FROM"
	content_is sk.err ""
}

@test "listen: peer closed, stdin a terminal: done, status 0" {
	hold_pipe keys
	start sk "$PEER" pty 0 "$SOCKKIT" listen --port-file port \
		127.0.0.1 0 <keys
	read -r HOST PORT < <(addr port)
	start peer "$PEER" connect "$HOST" "$PORT" "text:$FROM" fin \
		expect-eof </dev/null
	finish peer
	finish sk
	content_is sk.out "$FROM"
}

@test "a terminal gives its EOF by ^D: FIN, and receiving goes on" {
	hold_pipe keys
	awaiting recv:8 expect-eof "text:$FROM" close
	start sk "$PEER" pty 0 "$SOCKKIT" connect "$HOST" "$PORT" <keys
	feed keys "$TO"$'\n\x04'
	finish sk
	finish peer
	content_is sk.out "$FROM"
}

@test "peer half-closed, stdin a file: sent to its end, status 0" {
	"$PEER" pattern "$BIG" >big
	awaiting fin waitfile:go sleep:1300 recvto:got
	start sk "$SOCKKIT" connect "$HOST" "$PORT" <big
	touch go
	finish sk
	finish peer
	same big got
}

@test "listen: peer half-closed, stdin a file: sent to its end, status 0" {
	"$PEER" pattern "$BIG" >big
	listening <big
	start peer "$PEER" connect "$HOST" "$PORT" fin sleep:1300 recvto:got \
		</dev/null
	finish peer
	finish listen
	same big got
}

# steadily NAME: feed the pipe for longer than a second, without a pause of a
# second. false: this machine was too busy to do that.
steadily()
{
	local i last=${EPOCHREALTIME/./} now pause=0

	for i in {0..9} a b c d e f; do
		feed "$1" "$i"
		now=${EPOCHREALTIME/./}
		((now - last <= pause)) || pause=$((now - last))
		last=$now
		sleep 0.1
	done
	((pause < 800000))
}

@test "peer half-closed, stdin a pipe that gives: goes on for as long" {
	for _ in {1..9}; do
		rm -f in port got
		hold_pipe in
		awaiting recv:1 fin recvto:got
		start sk "$SOCKKIT" connect "$HOST" "$PORT" <in
		! steadily in || break
		end_pipe in
		stop sk
		stop peer
	done
	end_pipe in
	finish sk
	finish peer
	content_is got 123456789abcdef
	content_is sk.err ""
}

@test "peer half-closed, stdin silent: leaves after 1 s, not before, status 1" {
	hold_pipe in
	awaiting recv:7 fin recvall
	start sk "$SOCKKIT" connect "$HOST" "$PORT" <in
	start=$(date +%s%N)
	feed in "$TO"
	finish sk 1
	ms=$((($(date +%s%N) - start) / 1000000))
	[ "$ms" -ge 900 ]
	one_line sk.err '^sockkit connect: .*peer closed its half.* input was open$'
}

@test "connect -k: goes on until stdin's EOF, whatever the peer closed" {
	hold_pipe in
	awaiting recv:7 fin mark:fin recvto:got
	start sk "$SOCKKIT" connect -k "$HOST" "$PORT" <in
	feed in "$TO"
	until_true test -e fin
	sleep 1.5
	running sk
	feed in " more"
	until_true content_is got " more"
	running sk
	end_pipe in
	finish sk
	finish peer
}

@test "connect -k: a stdin that never gave a byte is waited for too" {
	hold_pipe in
	awaiting fin mark:fin recvto:got
	start sk "$SOCKKIT" connect -k "$HOST" "$PORT" <in
	until_true test -e fin
	sleep 0.5
	running sk
	end_pipe in
	finish sk
	finish peer
}

# --- rule 3: resets and write errors ------------------------------------------

@test "a pipe that writes to a closed peer: status 1, and how much is lost" {
	hold_pipe in
	awaiting recv:7 close mark:closed
	start sk "$SOCKKIT" connect -k "$HOST" "$PORT" <in
	feed in "$TO"
	until_true test -e closed
	feed in "into the void"
	# Whether it was the first or a later one that met the reset.
	failed() { not_running sk || { feed in "and again"; false; }; }
	until_true failed
	finish sk 1
	one_line sk.err '^sockkit connect: .*([Rr]eset|[Bb]roken pipe).*[0-9]+ bytes'
}

@test "stdout is a pipe whose reader has gone: status 1 and one line" {
	awaiting "text:$FROM" waitfile:go "text:$FROM" hold
	mkfifo out
	OUT=out start sk "$SOCKKIT" connect "$HOST" "$PORT" </dev/null
	head -c ${#FROM} <out >first
	touch go
	finish sk 1
	content_is first "$FROM"
	one_line sk.err '^sockkit connect: .*[Bb]roken pipe'
}

@test "what came before a reset is written out" {
	listening </dev/null
	start peer "$PEER" connect "$HOST" "$PORT" send:300000 acked \
		waitfile:go rst </dev/null
	until_true size_is listen.out 300000
	touch go
	finish listen 1
	one_line listen.err '^sockkit listen: .*[Rr]eset'
}

@test "what came before a reset is written, be stdout blocked meanwhile" {
	for option in --progress=never --no-splice; do
		rm -f port pipe reset
		mkfifo pipe
		exec {hold}<>pipe
		HELD=("$hold")
		OUT=pipe start listen "$SOCKKIT" listen "$option" \
			--port-file port 127.0.0.1 0 </dev/null
		read -r HOST PORT < <(addr port)
		start peer "$PEER" connect "$HOST" "$PORT" send:300000 acked \
			rst </dev/null
		finish peer
		exec {reader}<pipe {hold}>&-
		[ "$(wc -c <&"$reader")" -eq 300000 ]
		exec {reader}<&-
		finish listen 1
		one_line listen.err '^sockkit listen: .*[Rr]eset'
	done
}

# --- --send-only, --recv-only ---------------------------------------------------

@test "connect --send-only: ends once stdin is sent and acknowledged" {
	awaiting "text:$FROM" recvto:got hold
	printf %s "$TO" >in
	start sk "$SOCKKIT" connect --send-only "$HOST" "$PORT" <in
	finish sk
	until_true content_is got "$TO"
	content_is sk.out ""
}

@test "connect --send-only: a peer that never stops sending does not hold it" {
	"$PEER" pattern 4M >in
	awaiting send:1M recvto:got
	start sk "$SOCKKIT" connect --send-only "$HOST" "$PORT" <in
	finish sk
	finish peer
	same in got
	content_is sk.out ""
}

@test "listen --send-only: sends stdin to the client and ends" {
	"$PEER" pattern 4M >in
	listening --send-only <in
	start peer "$PEER" connect "$HOST" "$PORT" "text:$FROM" recvto:got \
		hold </dev/null
	finish listen
	same in got
	content_is listen.out ""
}

@test "connect --recv-only: stdin is not read, no FIN before the peer's" {
	hold_pipe in
	feed in unread
	awaiting quiet:500 "text:$FROM" fin expect-eof
	start sk "$SOCKKIT" connect --recv-only "$HOST" "$PORT" <in
	finish sk
	finish peer
	content_is sk.out "$FROM"
	end_pipe in
}

@test "listen --recv-only: serves its client, does not exit at once" {
	: >empty
	listening --recv-only <empty
	start peer "$PEER" connect "$HOST" "$PORT" quiet:500 "text:$FROM" fin \
		expect-eof </dev/null
	finish peer
	finish listen
	content_is listen.out "$FROM"
}

# --- rule 5: listen -k -----------------------------------------------------------

@test "listen -k: at stdin's EOF present and future clients get our FIN" {
	hold_pipe in
	listening -k <in
	start now "$PEER" connect "$HOST" "$PORT" recv:7 expect-eof \
		text:now close </dev/null
	feed in "$TO"
	until_true running now
	end_pipe in
	finish now
	until_true content_is listen.out now
	start later "$PEER" connect "$HOST" "$PORT" expect-eof text:then close \
		</dev/null
	finish later
	until_true content_is listen.out nowthen
	running listen
}

@test "listen -k with /dev/null: no FIN before the client's" {
	listening -k </dev/null
	start one "$PEER" connect "$HOST" "$PORT" text:x quiet:500 fin \
		expect-eof </dev/null
	finish one
	running listen
}

@test "listen -k: one client's reset ends neither the others nor the server" {
	listening -k </dev/null
	start good "$PEER" connect "$HOST" "$PORT" text:a waitfile:go text:c fin \
		expect-eof </dev/null
	until_true content_is listen.out a
	start bad "$PEER" connect "$HOST" "$PORT" text:b waitfile:rst rst \
		</dev/null
	until_true content_is listen.out ab
	touch rst
	finish bad
	touch go
	finish good
	until_true content_is listen.out abc
	running listen
	signal listen TERM
	finish listen 143
}
