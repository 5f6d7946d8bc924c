#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit listen: each option of it at least once, several clients, roads.
# What the end of input means is eof.bats, bad input is badinput.bats.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016,SC2094
bats_require_minimum_version 1.5.0
load helper

# say HOST PORT TEXT: a client that sends TEXT, half-closes and waits
say()
{
	"$PEER" connect "$1" "$2" "text:$3" fin recvall </dev/null
}

# --- addresses and ports ------------------------------------------------------

@test "listen 127.0.0.1 0: what the client sends comes out of stdout" {
	listening </dev/null
	say "$HOST" "$PORT" "hello there"
	finish listen
	content_is listen.out "hello there"
	content_is listen.err ""
}

@test "listen ::1 0: the same over IPv6" {
	start listen "$SOCKKIT" listen --port-file port ::1 0 </dev/null
	read -r HOST PORT < <(addr port)
	[ "$HOST" = ::1 ]
	say ::1 "$PORT" "hello there"
	finish listen
	content_is listen.out "hello there"
}

@test "listen PORT: 0.0.0.0 and [::], one port, also when that is 0" {
	start listen "$SOCKKIT" listen -k --port-file port 0 </dev/null
	read -r v4 port4 < <(addr port 1)
	read -r v6 port6 < <(addr port 2)
	[ "$(wc -l <port)" -eq 2 ]
	[ "$v4" = 0.0.0.0 ]
	[ "$v6" = :: ]
	[ "$port4" -gt 0 ]
	[ "$port4" = "$port6" ]
	say 127.0.0.1 "$port4" four
	until_true content_is listen.out four
	say ::1 "$port6" six
	until_true content_is listen.out foursix
}

@test "listen -4: IPv4 only" {
	start listen "$SOCKKIT" listen -4 --port-file port 0 </dev/null
	read -r HOST PORT < <(addr port)
	[ "$HOST" = 0.0.0.0 ]
	[ "$(wc -l <port)" -eq 1 ]
	run ! say ::1 "$PORT" x
	say 127.0.0.1 "$PORT" x
	finish listen
}

@test "listen -6: IPv6 only, no mapped IPv4" {
	start listen "$SOCKKIT" listen -6 --port-file port 0 </dev/null
	read -r HOST PORT < <(addr port)
	[ "$HOST" = :: ]
	[ "$(wc -l <port)" -eq 1 ]
	run ! say 127.0.0.1 "$PORT" x
	say ::1 "$PORT" x
	finish listen
}

# spelled WANT ARG...: listen takes these words and binds to WANT
spelled()
{
	local want=$1

	shift
	start listen "$SOCKKIT" listen --port-file port "$@" </dev/null
	read -r HOST PORT < <(addr port)
	[ "$HOST" = "$want" ] || return 1
	[ "$HOST" != 0.0.0.0 ] || HOST=127.0.0.1
	say "$HOST" "$PORT" x || return 1
	finish listen
}

@test "listen HOST:PORT" { spelled 127.0.0.1 127.0.0.1:0; }
@test "listen [V6]:PORT" { spelled ::1 '[::1]:0'; }
@test "listen :PORT" { spelled 0.0.0.0 :0; }
@test "listen -p PORT" { spelled 0.0.0.0 -p 0; }
@test "listen -s ADDR PORT" { spelled 127.0.0.1 -s 127.0.0.1 0; }
@test "listen -s ADDR -p PORT" { spelled ::1 -s ::1 -p 0; }
@test "listen --source ADDR --source-port PORT" {
	spelled 127.0.0.1 --source 127.0.0.1 --source-port 0
}
@test "listen: options behind the operands" { spelled 127.0.0.1 127.0.0.1 0 -4; }

@test "listen -n: numbers are fine, names are not looked up" {
	spelled 127.0.0.1 -n 127.0.0.1 0
	run sk listen --nodns localhost 0 </dev/null
	[ "$status" -eq 1 ] || [ "$status" -eq 2 ]
	[[ $output == "sockkit listen: "*localhost* ]]
}

@test "listen: a symlink named listen is the command" {
	ln -s "$SOCKKIT" listen
	start listen ./listen --port-file port 127.0.0.1 0 </dev/null
	read -r HOST PORT < <(addr port)
	say "$HOST" "$PORT" x
	finish listen
	content_is listen.out x
}

@test "--port-file: nothing but the file is left, and it stays" {
	mkdir dir
	start listen "$SOCKKIT" listen --port-file dir/port 127.0.0.1 0 </dev/null
	read -r HOST PORT < <(addr dir/port)
	[ "$(ls -A dir)" = port ]
	grep -Ex '127\.0\.0\.1 [0-9]+' dir/port
	signal listen TERM
	finish listen 143
	[ -s dir/port ]
}

@test "--port-file: what is no file is written to, not replaced" {
	mkfifo pipe
	start listen "$SOCKKIT" listen --port-file pipe 127.0.0.1 0 </dev/null
	read -r HOST PORT <pipe
	[ -p pipe ]
	say "$HOST" "$PORT" x
	finish listen
}

@test "--port-file: an older file is replaced" {
	echo "stale" >port
	start listen "$SOCKKIT" listen --port-file port 127.0.0.1 0 </dev/null
	until_true grep -q '^127' port
	[ "$(wc -l <port)" -eq 1 ]
}

# --- one client ------------------------------------------------------------------

@test "without -k: the second client is refused while the first is served" {
	listening </dev/null
	start one "$PEER" connect "$HOST" "$PORT" text:x waitfile:go fin recvall \
		</dev/null
	until_true content_is listen.out x
	run ! "$PEER" connect "$HOST" "$PORT" </dev/null
	[[ $output == *refused* ]]
	touch go
	finish one
	finish listen
}

@test "both directions at once" {
	"$PEER" pattern 8M >down
	"$PEER" pattern 3M >up
	listening <down
	start client "$PEER" connect "$HOST" "$PORT" sendfile:up fin \
		recvto:got </dev/null
	finish client
	finish listen
	same up listen.out
	same down got
}

@test "every byte value passes unchanged, both ways" {
	all_bytes >bytes
	listening <bytes
	start client "$PEER" connect "$HOST" "$PORT" sendfile:bytes fin \
		recvto:got </dev/null
	finish client
	finish listen
	same bytes listen.out
	same bytes got
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

# --- what it says ------------------------------------------------------------------

@test "-v: listening, connection, and bytes and rate at the end" {
	printf 12345 >in
	listening -v <in
	"$PEER" connect "$HOST" "$PORT" text:abc fin recvall </dev/null
	finish listen
	says listen.err "^sockkit listen: listening on 127\.0\.0\.1:$PORT\$"
	says listen.err '^sockkit listen: connection from 127\.0\.0\.1:[0-9]+$'
	says listen.err \
		'^sockkit listen: .*sent 5 (B|bytes).*received 3 (B|bytes).*/s'
}

@test "-v: one line per listening socket" {
	start listen "$SOCKKIT" listen -v --port-file port 0 </dev/null
	read -r _ PORT < <(addr port)
	until_true says listen.err "listening on \[::\]:$PORT\$"
	says listen.err "listening on 0\.0\.0\.0:$PORT\$"
}

@test "without -v nothing is said" {
	listening -k </dev/null
	say "$HOST" "$PORT" x
	until_true content_is listen.out x
	signal listen INT
	finish listen 130
	content_is listen.err ""
}

@test "SIGUSR1: bytes and rate at any time, also without -v" {
	listening -k </dev/null
	start c "$PEER" connect "$HOST" "$PORT" send:1234 hold </dev/null
	until_true size_is listen.out 1234
	signal listen USR1
	until_true says listen.err '^sockkit listen: .*received 1234 (B|bytes)'
	running listen
}

@test "SIGUSR1 before the first client" {
	listening </dev/null
	signal listen USR1
	until_true test -s listen.err
	running listen
}

@test "SIGTERM and SIGINT: statistics with -v, then dies of the signal" {
	for sig in TERM:143 INT:130; do
		rm -f port
		listening -v -k </dev/null
		say "$HOST" "$PORT" abc
		until_true content_is listen.out abc
		signal listen "${sig%:*}"
		finish listen "${sig#*:}"
		says listen.err 'received 3 (B|bytes)'
		[ -s port ]
	done
}

@test "SIGHUP ends it too, but not under nohup" {
	listening -k </dev/null
	signal listen HUP
	finish listen 129
	rm port
	start listen nohup "$SOCKKIT" listen -k --port-file port 127.0.0.1 0 \
		</dev/null
	read -r HOST PORT < <(addr port)
	signal listen HUP
	say "$HOST" "$PORT" x
	until_true content_is listen.out x
	running listen
}

@test "SIGTERM touches no other process, nor our process group" {
	start group setsid bash -c 'sleep 60 & echo $! >sleeper
		"$SOCKKIT" listen --port-file port 127.0.0.1 0 </dev/null &
		echo $! >listener; wait $!; echo $? >status; wait' </dev/null
	addr port
	kill -TERM "$(cat listener)"
	until_true test -s status
	content_is status 143
	kill -0 "$(cat sleeper)"
	running group
	kill "$(cat sleeper)"
	finish group
}

@test "an ignored SIGINT stays ignored (a shell's background job)" {
	start listen env --ignore-signal=INT "$SOCKKIT" listen -k \
		--port-file port 127.0.0.1 0 </dev/null
	read -r HOST PORT < <(addr port)
	signal listen INT
	say "$HOST" "$PORT" x
	until_true content_is listen.out x
	running listen
}

# --- times and limits -----------------------------------------------------------------

@test "-w: gives up when no client comes in time" {
	run -1 sk listen -w 200ms 127.0.0.1 0 </dev/null
	[[ $output == "sockkit listen: "* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "--wait: is no limit for the client that came" {
	listening --wait 1 </dev/null
	start c "$PEER" connect "$HOST" "$PORT" text:x sleep:1500 text:y fin \
		recvall </dev/null
	finish c
	finish listen
	content_is listen.out xy
}

@test "-i: an idle client ends it with status 1 and a line" {
	listening -i 300ms </dev/null
	start c "$PEER" connect "$HOST" "$PORT" text:x hold </dev/null
	finish listen 1
	content_is listen.out x
	one_line listen.err '^sockkit listen: .*idle'
}

@test "--idle-timeout with -k: only that client is closed" {
	listening -k --idle-timeout 700ms </dev/null
	start busy bash -c 'exec 9<>/dev/tcp/"$0"/"$1"
		while [ ! -e go ]; do echo >&9; sleep 0.1; done' "$HOST" "$PORT" \
		</dev/null
	start idle "$PEER" connect "$HOST" "$PORT" expect-eof </dev/null
	finish idle
	running busy
	running listen
	touch go
	finish busy
}

@test "--limit-rate: per client and direction" {
	listening --limit-rate 400K </dev/null
	start=$(date +%s%N)
	"$PEER" connect "$HOST" "$PORT" send:600K fin recvall </dev/null
	finish listen
	ms=$((($(date +%s%N) - start) / 1000000))
	size_is listen.out $((600 << 10))
	[ "$ms" -ge 700 ]
}

@test "-d: bytes come, with a pause between reads" {
	printf abc >in
	listening -d 100ms <in
	[ "$("$PEER" connect "$HOST" "$PORT" text:x fin recvall \
		</dev/null)" = "received 3" ]
	finish listen
	content_is listen.out x
}

# --- data ---------------------------------------------------------------------------

@test "-C: LF from stdin becomes CRLF, what is CRLF already stays" {
	printf 'a\nb\r\nc\n\n\rd\n' >in
	printf 'a\r\nb\r\nc\r\n\r\n\rd\r\n' >want
	listening -C <in
	"$PEER" connect "$HOST" "$PORT" $'text:x\ny\n' fin recvto:got </dev/null
	finish listen
	same want got
	content_is listen.out $'x\ny'
}

@test "-o: the bytes of both directions" {
	printf down >in
	listening -o log <in
	"$PEER" connect "$HOST" "$PORT" recv:4 text:up fin recvall </dev/null
	finish listen
	content_is log downup
	content_is listen.out up
}

@test "-x: a header line a chunk and rows as of hexdump -C" {
	listening --hex-dump log </dev/null
	"$PEER" connect "$HOST" "$PORT" me "text:Hello, hex dump!" text:x \
		fin recvall </dev/null >said
	read -r _ _ client < <(head -n 1 said)
	finish listen
	day='[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}'
	says log "^< $day 127\.0\.0\.1:$client 1[67] bytes at 0\$"
	says log '^00000000  48 65 6c 6c 6f 2c 20 68  65 78 20 64 75 6d 70 21  \|Hello, hex dump!\|$'
}

@test "--append-output: -o and -x go on where they were" {
	printf before >o
	printf 'before\n' >x
	listening --append-output -o o -x x </dev/null
	say "$HOST" "$PORT" after
	finish listen
	content_is o beforeafter
	says x '^before$'
	says x ' 5 bytes at 0$'
}

@test "-o without --append-output: the file is started anew" {
	printf before >o
	listening -o o </dev/null
	say "$HOST" "$PORT" after
	finish listen
	content_is o after
}

@test "-o with -k: the bytes of all clients" {
	listening -k --output log </dev/null
	say "$HOST" "$PORT" one
	until_true content_is log one
	say "$HOST" "$PORT" two
	until_true content_is log onetwo
}

@test "--sockopt: applied to the listening socket" {
	listening -k --sockopt so_rcvbuf=16K --sockopt tcp_nodelay \
		--sockopt ip_tos=0x10 </dev/null
	skmem=$(ss -Hltnm "sport = :$PORT" 2>/dev/null || true)
	[ -z "$skmem" ] || [[ $skmem == *rb32768* ]]
	say "$HOST" "$PORT" x
	until_true content_is listen.out x
}

@test "--progress=always: bytes and rate on stderr" {
	listening --progress=always </dev/null
	"$PEER" connect "$HOST" "$PORT" send:3M fin recvall </dev/null
	finish listen
	tr '\r' '\n' <listen.err | grep -E '3(\.0+)? ?MiB|3145728'
}

@test "--progress=never and no terminal: nothing" {
	listening --progress=never </dev/null
	"$PEER" connect "$HOST" "$PORT" send:3M fin recvall </dev/null
	finish listen
	content_is listen.err ""
}

@test "--progress=auto: by itself when stderr is a terminal, stdout a file" {
	start tty "$PEER" pty 2 bash -c '"$SOCKKIT" listen --port-file port \
		127.0.0.1 0 </dev/null >file' </dev/null
	read -r HOST PORT < <(addr port)
	"$PEER" connect "$HOST" "$PORT" send:3M fin recvall </dev/null
	finish tty
	size_is file $((3 << 20))
	tr '\r' '\n' <tty.out | grep -E '3(\.0+)? ?MiB|3145728'
}

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
