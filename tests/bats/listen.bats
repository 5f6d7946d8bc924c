#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit listen: addresses, one client, what it says, times, data. Several
# clients are listen_many.bats, roads are listen_roads.bats; what the end of
# input means is eof.bats and eof_rules.bats, bad input is badinput.bats.

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

@test "listen PORT: the connection of the one before lingers" {
	free_port
	listens()
	{
		start one "$SOCKKIT" listen -v 127.0.0.1 "$PORT" < <(printf hi)
		until_true grep -q 'listening on' one.err
	}
	listens
	# The server closes first, and so has the TIME-WAIT.
	"$PEER" connect 127.0.0.1 "$PORT" recv:2 expect-eof fin </dev/null
	finish one
	until_true eval 'sk stat -taH state time-wait "sport = :$PORT" | grep -q .'
	listens
}

@test "listen: of a name's addresses, one that is not here is left out" {
	need_netns
	printf '::1 both.test\n127.0.0.1 both.test\n' >hosts
	in_netns 'mount --bind hosts /etc/hosts
		echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
		"$SOCKKIT" listen -k --echo --port-file port both.test 0 \
			</dev/null &
		until [ -s port ]; do sleep 0.02; done
		[ "$(wc -l <port)" -eq 1 ]
		read -r host port <port
		[ "$(echo in | "$SOCKKIT" connect 127.0.0.1 "$port")" = in ]'
}

@test "--port-file: of a name's addresses, those of IPv4 come first" {
	need_netns
	printf '::1 both.test\n127.0.0.1 both.test\n' >hosts
	in_netns 'mount --bind hosts /etc/hosts
		"$SOCKKIT" listen -k --port-file port both.test 0 </dev/null &
		until [ -s port ]; do sleep 0.02; done
		[ "$(cut -d" " -f1 port)" = "127.0.0.1
::1" ]'
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
	listening --wait 3 </dev/null
	start c "$PEER" connect "$HOST" "$PORT" text:x sleep:3200 text:y fin \
		recvall </dev/null
	finish c
	finish listen
	content_is listen.out xy
}

@test "-i: an idle client ends it with status 1 and a line" {
	listening -i 1500ms </dev/null
	start c "$PEER" connect "$HOST" "$PORT" text:x hold </dev/null
	finish listen 1
	content_is listen.out x
	one_line listen.err '^sockkit listen: .*idle'
}

@test "--idle-timeout with -k: only that client is closed" {
	listening -k --idle-timeout 2500ms </dev/null
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

# Programs that cannot tell which port they got are given one by free_port.
@test "the tests' own: free_port, wherever port 0 looks" {
	need_netns
	local range low high

	for range in '32768 60999' '10000 60999' '1024 60999' '1100 65535' \
		'1024 65535'; do
		rm -f out
		in_netns "sysctl -qw net.ipv4.ip_local_port_range='$range'
		'$PEER' free >out"
		read -r low high <<<"$range"
		read -r _ port <out
		echo "$range: $port"
		[ "$port" -ge 1024 ] && [ "$port" -le 65535 ]
		[ "$range" = '1024 65535' ] || [ "$range" = '1100 65535' ] ||
			[ "$port" -lt "$low" ] || [ "$port" -gt "$high" ]
	done
}
