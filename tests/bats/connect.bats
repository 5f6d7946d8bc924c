#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit connect: addresses, data, times, what it says. Roads are
# connect_roads.bats; what the end of input means is eof.bats and
# eof_rules.bats.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016,SC2094
bats_require_minimum_version 1.5.0
load helper

# reaches ARG...: connect with these words gets to the waiting peer. H and P
# in a word stand for the peer's address and port.
reaches()
{
	local words=("${@/HOST/$HOST}")

	sk connect "${words[@]/PORT/$PORT}" </dev/null >out 2>err || {
		cat err
		return 1
	}
	content_is out hi && finish peer
}

# --- addresses ----------------------------------------------------------------

@test "connect HOST PORT" {
	awaiting text:hi fin expect-eof
	reaches HOST PORT
	content_is err ""
}

@test "connect ::1 PORT" {
	export PEER_BIND=::1
	awaiting text:hi fin expect-eof
	reaches ::1 PORT
}

@test "connect HOST:PORT" {
	awaiting text:hi fin expect-eof
	reaches HOST:PORT
}

@test "connect [V6]:PORT" {
	export PEER_BIND=::1
	awaiting text:hi fin expect-eof
	reaches '[::1]:PORT'
}

@test "connect :PORT is this machine" {
	awaiting text:hi fin expect-eof
	reaches :PORT
}

@test "connect localhost PORT" {
	awaiting text:hi fin expect-eof
	reaches localhost PORT
}

@test "connect HOST SERVICE: names from services(5)" {
	need_netns
	grep -Eq '^http[[:space:]]+80/tcp' /etc/services || skip "no services"
	in_netns '"$SOCKKIT" listen --port-file port 127.0.0.1 80 >out </dev/null &
		until [ -s port ]; do sleep 0.02; done
		echo hi | "$SOCKKIT" connect 127.0.0.1 http
		wait $!'
	content_is out hi
}

@test "-4 and -6 choose the family of a name" {
	awaiting text:hi fin expect-eof
	reaches -4 localhost PORT
	run -1 sk connect -6 127.0.0.1 "$PORT" </dev/null
	run -1 sk connect -4 ::1 "$PORT" </dev/null
}

@test "-n: numbers only" {
	awaiting text:hi fin expect-eof
	run sk connect -n localhost "$PORT" </dev/null
	[ "$status" -eq 1 ] || [ "$status" -eq 2 ]
	[[ $output == "sockkit connect: "*localhost* ]]
	reaches --nodns HOST PORT
}

# For in_netns: two addresses that swallow all that is sent there. The other
# end of the pair gets it, for a host that it is not.
hole='ip link add hole type veth peer name drain
	ip link set drain up
	ip link set hole up
	ip addr add 10.9.9.1/24 dev hole
	ip addr add fd00:9::1/64 dev hole nodad
	ip neigh add 10.9.9.9 lladdr 02:00:00:00:00:09 dev hole
	ip neigh add fd00:9::9 lladdr 02:00:00:00:00:09 dev hole'

# eyeballs BIND: one name with ::1 and 127.0.0.1, only BIND is listened on
eyeballs()
{
	need_netns
	printf '::1 both.test\n127.0.0.1 both.test\n' >hosts
	export PEER_BIND=$1
	in_netns 'mount --bind hosts /etc/hosts
		"$PEER" listen port text:hi fin expect-eof </dev/null &
		until [ -s port ]; do sleep 0.02; done
		read -r host port <port
		"$SOCKKIT" connect both.test "$port" </dev/null >out
		wait $!'
	content_is out hi
}

@test "happy eyeballs: only ::1 of a name with both listens" { eyeballs ::1; }
@test "happy eyeballs: only 127.0.0.1 listens" { eyeballs 127.0.0.1; }

@test "happy eyeballs: an address that never answers costs no timeout" {
	need_netns
	printf '10.9.9.9 both.test\nfd00:9::9 both.test\n127.0.0.1 both.test\n' \
		>hosts
	in_netns "$hole"'
		mount --bind hosts /etc/hosts
		"$PEER" listen port text:hi fin expect-eof </dev/null &
		until [ -s port ]; do sleep 0.02; done
		read -r host port <port
		"$SOCKKIT" connect -w 15 both.test "$port" </dev/null >out
		wait $!'
	content_is out hi
}

@test "-s and -p: the source address and port" {
	need_netns
	in_netns '"$PEER" listen port from text:hi fin expect-eof </dev/null >from &
		until [ -s port ]; do sleep 0.02; done
		read -r host port <port
		"$SOCKKIT" connect -s 127.0.0.7 -p 4321 "$host" "$port" \
			</dev/null >out
		wait $!'
	content_is from "from 127.0.0.7 4321"
	content_is out hi
}

@test "-p: a port whose last connection still lingers" {
	awaiting expect-eof text:hi fin
	HERE=$HOST THERE=$PORT
	mv port first
	start other "$PEER" listen port text:hi fin expect-eof </dev/null
	read -r HOST PORT < <(addr)
	read -r OTHER < <(echo "$PORT")
	free_port
	# We close first, and so keep it in TIME-WAIT.
	[ "$(sk connect -p "$PORT" "$HERE" "$THERE" </dev/null)" = hi ]
	until_true eval 'sk stat -taH state time-wait "sport = :$PORT" | grep -q .'
	[ "$(sk connect -p "$PORT" "$HERE" "$OTHER" </dev/null)" = hi ]
}

@test "of several addresses that fail, the telling error is shown" {
	need_netns
	# A look-up puts what cannot be reached last, and finds that out by
	# UDP: this address comes first, and nobody gets there by TCP.
	printf '2001:db8::9 both.test\n127.0.0.1 both.test\n' >hosts
	run -1 in_netns 'mount --bind hosts /etc/hosts
		ip addr add 2001:db8::1/64 dev lo nodad
		ip -6 rule add pref 9 to 2001:db8::9 ipproto tcp unreachable
		"$SOCKKIT" connect 2001:db8::9 9 </dev/null 2>&1 |
			grep -q "Network is unreachable"
		getent ahosts both.test | head -n 1 | grep -q 2001:db8::9
		"$SOCKKIT" connect both.test 9 </dev/null'
	[[ $output == "sockkit connect: both.test:9: connect: Connection refused" ]]
}

@test "a name with more addresses, and a handshake that takes its time" {
	[[ $("$SOCKKIT" --version) != *-openssl* ]] || skip "without OpenSSL"
	need_netns
	printf '::1 both.test\n127.0.0.1 both.test\n' >hosts
	export PEER_BIND=::1
	run -1 in_netns 'mount --bind hosts /etc/hosts
		"$PEER" listen port hold </dev/null &
		until [ -s port ]; do sleep 0.02; done
		read -r host port <port
		"$SOCKKIT" connect --ssl-no-verify -w 700ms both.test "$port" \
			</dev/null'
	[[ $output == *"TLS handshake: timed out after 700 ms" ]]
}

@test "--source ADDR --source-port 0" {
	awaiting from text:hi fin expect-eof
	reaches --source 127.0.0.9 --source-port 0 HOST PORT
	says peer.out '^from 127\.0\.0\.9 [0-9]+$'
}

@test "connect unix:PATH and unix:@NAME" {
	for name in unix:./sock "unix:@sockkit-test-$$-$RANDOM"; do
		start listen "$SOCKKIT" listen -v "$name" </dev/null
		until_true says listen.err "listening on $name\$"
		start sk "$SOCKKIT" connect -v "$name" < <(printf hi)
		finish sk
		finish listen
		content_is listen.out hi
		says sk.err "^sockkit connect: connected to $name\$"
	done
}

@test "connect fd:N: an inherited socket" {
	awaiting recvto:got "text:hi"
	start sk bash -c 'exec 5<>"/dev/tcp/$1/$2"
		printf up | "$SOCKKIT" connect fd:5' - "$HOST" "$PORT" </dev/null
	finish sk
	finish peer
	content_is got up
	content_is sk.out hi
	run -1 sk connect fd:77 </dev/null
	[[ $output == "sockkit connect: fd:77: "*descriptor* ]]
}

@test "connect: a symlink named connect is the command" {
	awaiting text:hi fin expect-eof
	ln -s "$SOCKKIT" connect
	start sk ./connect "$HOST" "$PORT" </dev/null
	finish sk
	content_is sk.out hi
}

# --- data ---------------------------------------------------------------------

@test "both directions at once" {
	"$PEER" pattern 8M >up
	"$PEER" pattern 3M >down
	awaiting sendfile:down fin recvto:got
	start sk "$SOCKKIT" connect "$HOST" "$PORT" <up
	finish sk
	finish peer
	same up got
	same down sk.out
}

@test "every byte value passes unchanged, both ways" {
	all_bytes >bytes
	awaiting sendfile:bytes fin recvto:got
	start sk "$SOCKKIT" connect "$HOST" "$PORT" <bytes
	finish sk
	finish peer
	same bytes got
	same bytes sk.out
}

@test "one byte at a time from a terminal-like writer" {
	awaiting recvto:got
	start sk "$SOCKKIT" connect "$HOST" "$PORT" < <(
		for c in a b c d e f; do printf %s "$c"; sleep 0.02; done)
	finish sk
	finish peer
	content_is got abcdef
}

@test "-C: LF from stdin becomes CRLF, what is CRLF already stays" {
	printf 'a\nb\r\nc\n\n\rd\n' >in
	printf 'a\r\nb\r\nc\r\n\r\n\rd\r\n' >want
	awaiting $'text:x\ny\n' recvto:got
	start sk "$SOCKKIT" connect --crlf "$HOST" "$PORT" <in
	finish sk
	finish peer
	same want got
	content_is sk.out $'x\ny'
}

@test "-C: a CR and its LF from two reads are still one line end" {
	hold_pipe in
	awaiting save:got recv:2 mark:half recvall
	start sk "$SOCKKIT" connect -C "$HOST" "$PORT" <in
	feed in $'a\r'
	until_true test -e half
	feed in $'\nb\n'
	end_pipe in
	finish sk
	finish peer
	printf 'a\r\nb\r\n' | cmp - got
}

@test "-C: a big file of nothing but LF doubles" {
	head -c 3000000 /dev/zero | tr '\0' '\n' >in
	awaiting recvto:got
	start sk "$SOCKKIT" connect -C "$HOST" "$PORT" <in
	finish sk
	finish peer
	tr '\n' x <in | sed 's/x/\r\n/g' | cmp - got
}

@test "-o: the bytes of both directions" {
	printf up >in
	awaiting recv:2 text:down fin expect-eof
	start sk "$SOCKKIT" connect -o log "$HOST" "$PORT" <in
	finish sk
	content_is log updown
	content_is sk.out down
}

@test "-x: both directions, offsets of their own, and the peer" {
	printf up >in
	awaiting recv:2 text:down fin expect-eof
	start sk "$SOCKKIT" connect -x log "$HOST" "$PORT" <in
	finish sk
	day='[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}'
	says log "^> $day 127\.0\.0\.1:$PORT 2 bytes at 0\$"
	says log "^< $day 127\.0\.0\.1:$PORT 4 bytes at 0\$"
	says log '^00000000  75 70 .* \|up\|$'
	says log '^00000000  64 6f 77 6e .* \|down\|$'
}

@test "-x: offsets go on, rows carry them, unprintable bytes are dots" {
	awaiting text:abc waitfile:go $'text:\ndef\177' fin expect-eof
	start sk "$SOCKKIT" connect -x log "$HOST" "$PORT" </dev/null
	until_true content_is sk.out abc
	touch go
	finish sk
	says log '^< .* 5 bytes at 3$'
	says log '^00000003  0a 64 65 66 7f .* \|\.def\.\|$'
}

@test "--append-output: -o goes on where it was" {
	printf before >log
	awaiting text:after fin expect-eof
	start sk "$SOCKKIT" connect --append-output --output log "$HOST" "$PORT" \
		</dev/null
	finish sk
	content_is log beforeafter
}

# --- times ---------------------------------------------------------------------

@test "-w: the limit for the set-up" {
	need_netns
	run -1 in_netns "$hole"'
		timeout 15 "$SOCKKIT" connect -w 300ms 10.9.9.9 80 </dev/null'
	[[ $output == "sockkit connect: 10.9.9.9:80: "*[Tt]ime* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "-w: covers the look-up of the name too" {
	need_netns
	unset RES_OPTIONS
	run -1 in_netns "$hole"'
		printf "nameserver 10.9.9.9\noptions timeout:30 attempts:1\n" >resolv
		mount --bind resolv /etc/resolv.conf
		timeout 20 "$SOCKKIT" connect -w 500ms name.test 80 </dev/null'
	[[ $output == "sockkit connect: name.test"* ]]
}

@test "--wait: no limit once connected" {
	awaiting sleep:2300 text:hi fin expect-eof
	reaches --wait 2 HOST PORT
}

@test "-i: idle for too long is status 1 and a line" {
	awaiting text:hi hold
	hold_pipe in
	start sk "$SOCKKIT" connect -i 1500ms "$HOST" "$PORT" <in
	finish sk 1
	content_is sk.out hi
	one_line sk.err '^sockkit connect: .*idle'
}

@test "--idle-timeout: bytes in one direction are life enough" {
	awaiting text:a sleep:900 text:b sleep:900 text:c sleep:900 text:hi fin \
		expect-eof
	start sk "$SOCKKIT" connect --idle-timeout 2500ms "$HOST" "$PORT" \
		</dev/null
	finish sk
	content_is sk.out abchi
}

@test "--retry: until somebody listens" {
	need_netns
	in_netns '"$SOCKKIT" connect --retry 20 127.0.0.1 1234 </dev/null >out &
		sleep 0.3
		"$SOCKKIT" listen 127.0.0.1 1234 < <(printf hi)
		wait $!'
	content_is out hi
}

@test "--retry N: gives up after N tries more, with one line" {
	dead_port
	run -1 sk connect --retry 2 "$HOST" "$PORT" </dev/null
	[[ $output == "sockkit connect: $HOST:$PORT: "*refused* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "--retry: at twice the distance each time, and -w is each time's own" {
	start=$(date +%s%N)
	# The first pause, 100 ms, is longer than -w and no part of it.
	run -1 sk connect -w 99ms --retry 3 unix:./none </dev/null
	ms=$((($(date +%s%N) - start) / 1000000))
	[[ $output == *": connect: No such file or directory" ]]
	[ "$ms" -ge 690 ]
}

@test "--retry: what will not become better is not tried again" {
	need_netns
	run -1 in_netns 'ip route add prohibit 198.18.0.9
		timeout 20 "$SOCKKIT" connect -v --retry 1000 198.18.0.9 9 </dev/null'
	[[ $output == *"198.18.0.9:9: connect: Permission denied" ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "-d: a pause between reads, all bytes come" {
	printf abc >in
	awaiting text:hi fin recvto:got
	start sk "$SOCKKIT" connect --delay 100ms "$HOST" "$PORT" <in
	finish sk
	finish peer
	content_is got abc
	content_is sk.out hi
	"$PEER" pattern 3M >in
	awaiting recvto:more
	start=$(date +%s%N)
	start sk "$SOCKKIT" connect -d 300ms "$HOST" "$PORT" <in
	finish sk
	ms=$((($(date +%s%N) - start) / 1000000))
	finish peer
	same in more
	[ "$ms" -ge 550 ] # three reads
}

@test "--limit-rate: in each direction" {
	"$PEER" pattern 600K >in
	awaiting recvto:got
	start=$(date +%s%N)
	start sk "$SOCKKIT" connect --limit-rate 400K "$HOST" "$PORT" <in
	finish sk
	ms=$((($(date +%s%N) - start) / 1000000))
	finish peer
	same in got
	[ "$ms" -ge 700 ]
}

# --- what it says -----------------------------------------------------------------

@test "-v: connected, and bytes and rate at the end" {
	printf 12345 >in
	awaiting recv:5 text:abc fin expect-eof
	start sk "$SOCKKIT" connect -v "$HOST" "$PORT" <in
	finish sk
	says sk.err "^sockkit connect: connected to 127\.0\.0\.1:$PORT\$"
	says sk.err '^sockkit connect: .*sent 5 (B|bytes).*received 3 (B|bytes).*/s'
}

@test "-v to IPv6: the address in brackets" {
	export PEER_BIND=::1
	awaiting text:hi fin expect-eof
	reaches -v HOST PORT
	says err "connected to \[::1\]:$PORT\$"
}

@test "SIGUSR1: bytes and rate at any time" {
	hold_pipe in
	awaiting send:4321 hold
	start sk "$SOCKKIT" connect "$HOST" "$PORT" <in
	until_true size_is sk.out 4321
	signal sk USR1
	until_true says sk.err '^sockkit connect: .*received 4321 (B|bytes)'
	running sk
}

@test "SIGTERM and SIGINT: dies of the signal, what came is written" {
	hold_pipe in
	for sig in TERM:143 INT:130; do
		rm -f port
		awaiting text:hi hold
		start sk "$SOCKKIT" connect -v "$HOST" "$PORT" <in
		until_true content_is sk.out hi
		signal sk "${sig%:*}"
		finish sk "${sig#*:}"
		says sk.err 'received 2 (B|bytes)'
		stop peer
	done
}

@test "SIGTERM while the set-up is under way" {
	need_netns
	run -143 in_netns "$hole"'
		"$SOCKKIT" connect 10.9.9.9 80 </dev/null &
		until ss -Htn state syn-sent | grep -q 10.9.9.9; do
			sleep 0.02
		done
		kill -TERM $!
		wait $!'
}

@test "--progress=always: percentage and size when stdin is a file" {
	"$PEER" pattern 3M >in
	awaiting recvall
	start sk "$SOCKKIT" connect --progress=always "$HOST" "$PORT" <in
	finish sk
	tr '\r' '\n' <sk.err | grep -E '100 ?%'
	tr '\r' '\n' <sk.err | grep -E '3(\.0+)? ?MiB|3145728'
}

@test "--progress: of a file that is sent from its middle on" {
	"$PEER" pattern 3M >in
	awaiting recvall
	start sk bash -c 'head -c 1M >/dev/null; exec "$@"' - "$SOCKKIT" \
		connect --progress "$HOST" "$PORT" <in
	finish sk
	says sk.err ': 2\.0 MiB .* 100%$'
}

@test "--progress: is always; --progress=never: nothing" {
	"$PEER" pattern 3M >in
	awaiting recvall again recvall
	start sk "$SOCKKIT" connect --progress "$HOST" "$PORT" <in
	finish sk
	[ -s sk.err ]
	start sk "$SOCKKIT" connect --progress=never "$HOST" "$PORT" <in
	finish sk
	content_is sk.err ""
}

@test "--progress=auto: nothing when stderr is no terminal" {
	"$PEER" pattern 3M >in
	awaiting recvall
	start sk "$SOCKKIT" connect "$HOST" "$PORT" <in
	finish sk
	content_is sk.err ""
}

@test "--progress=auto: by itself when stderr is a terminal and stdin a file" {
	"$PEER" pattern 3M >in
	awaiting recvall
	start tty "$PEER" pty 2 bash -c '"$SOCKKIT" connect "$@" <in' - \
		"$HOST" "$PORT" </dev/null
	finish tty
	tr '\r' '\n' <tty.out | grep -E '100 ?%'
	# What comes next on this terminal begins a row.
	[ "$(tail -c 1 tty.out)" = "" ]
}

@test "--progress: fits into a narrow terminal" {
	"$PEER" pattern 3M >in
	awaiting recvall
	start tty "$PEER" pty 2 bash -c 'stty cols 12 <&2
		"$SOCKKIT" connect --progress "$@" <in' - "$HOST" "$PORT" \
		</dev/null
	finish tty
	grep -q MiB tty.out
	run ! grep -E ".{12}" <(tr "\r" "\n" <tty.out | sed "s/\x1b\[K//")
}

@test "--progress=auto: nothing when neither stdin nor stdout is a file" {
	awaiting text:hi recvall
	start tty "$PEER" pty 2 bash -c 'printf x | "$SOCKKIT" connect "$@" |
		cat >out' - "$HOST" "$PORT" </dev/null
	finish tty
	content_is tty.out ""
	content_is out hi
}

@test "--sockopt: applied before the connection" {
	awaiting hold
	hold_pipe in
	start sk "$SOCKKIT" connect -v --sockopt so_rcvbuf=16K \
		--sockopt tcp_nodelay --sockopt tcp_congestion=reno \
		--sockopt so_keepalive "$HOST" "$PORT" <in
	until_true says sk.err connected
	state=$(ss -Htnmio "dport = :$PORT" 2>/dev/null || true)
	[ -z "$state" ] || {
		[[ $state == *rb32768* ]]
		[[ $state == *reno* ]]
		[[ $state == *keepalive* ]]
	}
}

@test "-s: an address of another family, and so it says" {
	run -1 --separate-stderr sk connect -s ::1 127.0.0.1 80 </dev/null
	[ "$stderr" = "sockkit connect: 127.0.0.1:80: not from ::1, which is of another address family" ]
}
