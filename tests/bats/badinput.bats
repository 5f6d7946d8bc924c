#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What is wrong, refused, full, closed or gone: one clear line on stderr, the
# right exit status, and nothing that was received is lost without a word.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016
bats_require_minimum_version 1.5.0
load helper

# says_once REGEX: the output of `run` is one line and matches
says_once()
{
	[ "${#lines[@]}" -eq 1 ] && [[ $output =~ $1 ]] && return 0
	echo "not one line that matches: $1"
	echo "$output"
	return 1
}

# wrong ARG...: a usage error; the last argument is what the line must say
wrong()
{
	local regex=${!#}

	run sk "${@:1:$#-1}" </dev/null
	echo "status $status: $output"
	[ "$status" -eq 2 ] || return 1
	[[ ${lines[0]} =~ ^sockkit\ $1:\ .*$regex ]]
}

# --- the command line ------------------------------------------------------------

@test "port 65536" {
	wrong connect 127.0.0.1 65536 65536
	wrong connect 127.0.0.1:65536 65536
	wrong listen 65536 65536
	wrong listen 127.0.0.1 65536 65536
	wrong listen -p 65536 65536
}

@test "port abc, -1, empty, 99999999999999999999, 80x" {
	for port in abc -- 99999999999999999999 80x; do
		[ "$port" != -- ] || port=''
		wrong connect 127.0.0.1 "$port" "${port:-port}"
		wrong listen 127.0.0.1 "$port" "${port:-port}"
	done
	wrong connect 127.0.0.1 -- -1 -1
}

@test "connect to port 0" {
	wrong connect 127.0.0.1 0 'port 0|0'
	wrong connect '[::1]:0' 'port 0|0'
}

@test "a 300-character host name" {
	host=$(printf 'h%.0s' {1..300})
	wrong connect "$host" 80 'name|long'
	wrong connect "$host:80" 'name|long'
	wrong listen "$host" 80 'name|long'
}

@test "a 5000-character address" {
	host=$(printf 'h%.0s' {1..5000})
	wrong connect "$host" 80 'name|long'
	wrong connect "$host:80" 'name|long|port'
	[ "${#output}" -lt 1200 ]
}

@test "operands: none, too few, too many" {
	wrong connect ''
	wrong listen ''
	wrong connect 127.0.0.1 ''
	wrong connect a 80 c d ''
	wrong listen a 80 c d ''
	wrong listen -s 127.0.0.1 127.0.0.1 0 'both name the address'
	wrong listen -s 127.0.0.1 127.0.0.1:0 'both name the address'
	wrong listen -p 0 127.0.0.1 'both name the port'
	wrong connect '' 80 'HOST is empty'
	wrong connect -z '' 80 'HOST is empty'
	wrong listen '' 0 'HOST is empty'
	wrong udp '' 53 'HOST is empty'
	wrong udp -l -s 127.0.0.1 127.0.0.1 0 'both name the address'
	wrong udp -l -p 0 127.0.0.1 'both name the port'
}

@test "malformed addresses" {
	wrong connect '[::1:80' ''
	wrong connect '[::1]80' ''
	wrong connect '[]:80' ''
	wrong listen '[::1' 0 ''
}

@test "an unknown option, with the one that was meant" {
	wrong connect --sokopt x 127.0.0.1 80 sockopt
	wrong listen --keep-opem 80 keep-open
	wrong listen --nonsense-altogether 80 nonsense-altogether
	wrong connect -J 127.0.0.1 80 J
}

@test "an unknown sockopt, with the one that was meant" {
	wrong connect --sockopt tcp_nodleay 127.0.0.1 80 tcp_nodelay
	wrong listen --sockopt so_nothing_like_it 0 so_nothing_like_it
}

@test "sockopt values out of range or of the wrong form" {
	wrong connect --sockopt so_rcvbuf=5G 127.0.0.1 80 so_rcvbuf
	wrong connect --sockopt so_rcvbuf=many 127.0.0.1 80 so_rcvbuf
	wrong listen --sockopt ip_ttl=99999999999 0 ip_ttl
	wrong listen --sockopt so_rcvbuf= 0 so_rcvbuf
	wrong listen --sockopt tcp_nodelay=maybe 0 tcp_nodelay
}

@test "times, sizes, rates and counts that are none" {
	wrong connect -w soon 127.0.0.1 80 soon
	wrong connect -i -1 127.0.0.1 80 -1
	wrong connect -q 5x 127.0.0.1 80 5x
	wrong connect --limit-rate fast 127.0.0.1 80 fast
	wrong connect --limit-rate 0 127.0.0.1 80 limit-rate
	wrong listen -k -m 0 0 '-m|max-conns'
	wrong listen -k -m many 0 many
	wrong connect --retry -3 127.0.0.1 80 retry
	wrong connect --progress=maybe 127.0.0.1 80 maybe
	wrong listen -w 99999999999999999999h 0 99999999999999999999h
}

@test "options that exclude each other" {
	wrong listen -k --echo --discard 0 'echo|discard'
	wrong connect --send-only --recv-only 127.0.0.1 80 'send-only|recv-only'
	wrong connect -4 -6 127.0.0.1 80 ''
}

@test "--append-output without a file to append to" {
	wrong listen --append-output 0 'append-output'
}

@test "a unix path that is too long, empty, or not a socket" {
	long=unix:$(printf 'x%.0s' {1..109})
	wrong connect "$long" '109'
	wrong listen "$long" '109'
	wrong connect unix: 'path'
	echo kept >file
	run -1 sk listen unix:./file </dev/null
	says_once '^sockkit listen: unix:\./file: .*'
	content_is file kept
	run -1 sk connect unix:./nothing </dev/null
	says_once '^sockkit connect: unix:\./nothing: .*No such file'
}

@test "an option without its value" {
	wrong connect 127.0.0.1 80 --sockopt sockopt
	wrong listen 80 -o '-o|output'
}

@test "a directory or an impossible path for -o, -x and --port-file" {
	for option in -o -x --port-file; do
		run sk listen -w 5 "$option" . 127.0.0.1 0 </dev/null
		[ "$status" -eq 1 ]
		says_once '^sockkit listen: '
		run sk listen -w 5 "$option" no/such/dir/f 127.0.0.1 0 </dev/null
		[ "$status" -eq 1 ]
		says_once '^sockkit listen: .*no/such/dir/f.*No such file'
	done
}

# --- at run time -------------------------------------------------------------------

@test "unknown host" {
	run -1 sk connect no-such-host.invalid 80 </dev/null
	says_once '^sockkit connect: no-such-host\.invalid'
	run -1 sk listen no-such-host.invalid 0 </dev/null
	says_once '^sockkit listen: no-such-host\.invalid'
}

@test "refused" {
	dead_port
	run -1 sk connect "$HOST" "$PORT" </dev/null
	says_once "^sockkit connect: $HOST:$PORT: .*refused"
	printf lost >in
	run -1 sk connect "$HOST" "$PORT" <in
	says_once "refused"
}

@test "a busy port" {
	listening -k </dev/null
	run -1 sk listen "$HOST" "$PORT" </dev/null
	says_once "^sockkit listen: $HOST:$PORT: .*[Aa]ddress already in use"
}

@test "a busy port: no port file is written" {
	listening -k </dev/null
	run -1 sk listen --port-file other "$HOST" "$PORT" </dev/null
	[ ! -e other ]
}

@test "a privileged port" {
	low=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)
	[ "$low" -gt 80 ] || skip "no port is privileged here"
	drop=()
	[ "$(id -u)" -ne 0 ] || {
		need setpriv
		drop=(setpriv --bounding-set=-net_bind_service
			--inh-caps=-net_bind_service)
	}
	run -1 "${drop[@]}" timeout 10 "$SOCKKIT" listen 127.0.0.1 79 </dev/null
	says_once '^sockkit listen: 127\.0\.0\.1:79: .*[Pp]ermission denied'
}

@test "an address that is not ours" {
	run -1 sk listen 192.0.2.77 0 </dev/null
	says_once '^sockkit listen: 192\.0\.2\.77.*[Cc]annot assign'
	run -1 sk connect -s 192.0.2.77 127.0.0.1 80 </dev/null
	says_once '^sockkit connect: .*[Cc]annot assign'
}

@test "the kernel refuses a sockopt" {
	run -1 sk connect --sockopt tcp_congestion=nope 127.0.0.1 80 </dev/null
	says_once '^sockkit connect: .*tcp_congestion'
	run -1 sk listen --sockopt tcp_congestion=nope 127.0.0.1 0 </dev/null
	says_once '^sockkit listen: .*tcp_congestion'
}

@test "a peer that resets mid-transfer" {
	"$PEER" pattern 64M >big
	awaiting send:100000 recv:1000000 rst
	start sk "$SOCKKIT" connect "$HOST" "$PORT" <big
	finish sk 1
	one_line sk.err '^sockkit connect: .*([Rr]eset|[Bb]roken pipe).*[0-9]+ bytes'
}

@test "listen: a client that resets mid-transfer" {
	"$PEER" pattern 64M >big
	listening <big
	start c "$PEER" connect "$HOST" "$PORT" send:100000 acked recv:1000000 \
		rst </dev/null
	finish listen 1
	one_line listen.err '^sockkit listen: .*([Rr]eset|[Bb]roken pipe).*[0-9]+ bytes'
	size_is listen.out 100000
}

@test "a client that never reads: we wait, memory does not grow" {
	listening </dev/zero
	start c "$PEER" connect "$HOST" "$PORT" text:x hold </dev/null
	until_true content_is listen.out x
	running listen
	rss=$(awk '/VmHWM/ { print $2 }' "/proc/${PIDS[listen]}/status")
	[ "$rss" -lt 65536 ] || [ -n "${ASAN_OPTIONS:-}" ]
	signal listen TERM
	finish listen 143
}

@test "a client that resets between connect and accept" {
	listening -k </dev/null
	kill -STOP "${PIDS[listen]}"
	"$PEER" connect "$HOST" "$PORT" rst </dev/null
	kill -CONT "${PIDS[listen]}"
	"$PEER" connect "$HOST" "$PORT" text:x fin expect-eof </dev/null
	until_true content_is listen.out x
	running listen
}

# --- files and pipes -------------------------------------------------------------------

@test "stdout on a full disk: status 1, at once, one line" {
	for option in --limit-rate=100M --no-splice --progress=never; do
		awaiting send:300000 hold
		run -1 bash -c 'timeout 20 "$SOCKKIT" connect "$@" \
			</dev/null >/dev/full' - "$option" "$HOST" "$PORT"
		says_once '^sockkit connect: .*No space left on device'
		stop peer
		rm port
	done
}

@test "listen: stdout on a full disk" {
	OUT=/dev/full
	listening </dev/null
	start c "$PEER" connect "$HOST" "$PORT" text:lost hold </dev/null
	finish listen 1
	one_line listen.err '^sockkit listen: .*No space left on device'
}

@test "listen -k: stdout on a full disk ends it, for all would be lost" {
	OUT=/dev/full
	listening -k </dev/null
	start c "$PEER" connect "$HOST" "$PORT" text:lost hold </dev/null
	finish listen 1
	one_line listen.err '^sockkit listen: .*No space left on device'
}

@test "no /proc: pipes are used with care, all bytes pass both ways" {
	need_netns
	"$PEER" pattern 3M >file
	in_netns '"$SOCKKIT" listen -k --echo --port-file port 127.0.0.1 0 \
			</dev/null &
		until [ -s port ]; do sleep 0.02; done
		read -r host port <port
		mount -t tmpfs none /proc
		cat file | "$SOCKKIT" connect "$host" "$port" | cat >got
		cat file | "$SOCKKIT" connect "$host" "$port" |
			(sleep 0.3; cat) >slow'
	same file got
	same file slow
}

@test "no /proc: nobody reads our stdout, what is sent goes on" {
	need_netns
	"$PEER" pattern 3M >file
	in_netns '"$SOCKKIT" listen --port-file port 127.0.0.1 0 <file >got &
		until [ -s port ]; do sleep 0.02; done
		read -r host port <port
		mount -t tmpfs none /proc
		# Who is to dump cannot splice, and has to write.
		cat file | "$SOCKKIT" connect -x dump "$host" "$port" | {
			until [ "$(stat -c %s got)" -eq $((3 << 20)) ]; do
				sleep 0.02
			done
			cat >back
		}'
	same file got
	same file back
}

@test "-o on a full disk: one line, the relay goes on, status 1 at the end" {
	"$PEER" pattern 3M >in
	awaiting send:2M fin recvto:got
	start sk "$SOCKKIT" connect -o /dev/full "$HOST" "$PORT" <in
	finish sk 1
	finish peer
	same in got
	size_is sk.out $((2 << 20))
	one_line sk.err '^sockkit connect: .*/dev/full.*No space left on device'
}

@test "-x on a full disk, listen" {
	listening -x /dev/full </dev/null
	"$PEER" connect "$HOST" "$PORT" send:2M fin expect-eof </dev/null
	finish listen 1
	size_is listen.out $((2 << 20))
	one_line listen.err '^sockkit listen: .*/dev/full.*No space left on device'
}

@test "-o with a file size limit: what fits is there" {
	awaiting send:300000 fin expect-eof
	start sk bash -c '(ulimit -f 100; trap "" XFSZ; exec "$@") | cat' - \
		"$SOCKKIT" connect -o log "$HOST" "$PORT" </dev/null
	until_true not_running sk
	finish peer
	size_is sk.out 300000
	size_is log 102400
	one_line sk.err '^sockkit connect: .*log.*File too large'
}

@test "stdin is a directory" {
	awaiting hold
	run -1 sk connect "$HOST" "$PORT" <.
	says_once '^sockkit connect: .*directory'
}

@test "stdout closed: write error as soon as something comes" {
	awaiting waitfile:go text:lost hold
	start sk bash -c 'exec "$@" >&-' - "$SOCKKIT" connect "$HOST" "$PORT" \
		</dev/null
	touch go
	finish sk 1
	one_line sk.err '^sockkit connect: .*Bad file descriptor'
}

@test "stdout closed, nothing comes: status 0" {
	awaiting recvall
	printf x >in
	start sk bash -c 'exec "$@" >&-' - "$SOCKKIT" connect "$HOST" "$PORT" <in
	finish sk
	content_is sk.err ""
}

@test "0, 1 and 2 all closed: no socket lands there, bytes still pass" {
	listening </dev/null
	start sk bash -c 'exec "$@" <&- >&- 2>&-' - "$SOCKKIT" connect "$HOST" \
		"$PORT"
	finish sk
	finish listen
	content_is listen.out ""
}

@test "listen: 0, 1 and 2 all closed" {
	start listen bash -c 'exec "$@" <&- >&- 2>&-' - "$SOCKKIT" listen -k \
		--discard --port-file port 127.0.0.1 0
	read -r HOST PORT < <(addr port)
	for i in 1 2 3; do
		"$PEER" connect "$HOST" "$PORT" send:100000 fin expect-eof \
			</dev/null
	done
	running listen
}

@test "stderr closed: the relay does not mind -v" {
	awaiting text:hi fin expect-eof
	start sk bash -c 'exec "$@" 2>&-' - "$SOCKKIT" connect -v "$HOST" "$PORT" \
		</dev/null
	finish sk
	content_is sk.out hi
}

# --- descriptors ---------------------------------------------------------------------

@test "EMFILE on accept: said once, those inside are served, no spin" {
	start listen bash -c 'ulimit -n 12; exec "$@"' - "$SOCKKIT" listen -k \
		--echo --port-file port 127.0.0.1 0 </dev/null
	read -r HOST PORT < <(addr port)
	start first "$PEER" connect "$HOST" "$PORT" text:a recv:1 mark:in \
		waitfile:go text:b recv:1 </dev/null
	until_true test -e in
	for i in {1..20}; do
		start "c$i" "$PEER" connect "$HOST" "$PORT" waitfile:end \
			</dev/null
	done
	until_true says listen.err '^sockkit listen: warning: .*(open files|EMFILE)'
	cpu=$(awk '{ print $14 + $15 }' "/proc/${PIDS[listen]}/stat")
	sleep 1
	cpu=$(($(awk '{ print $14 + $15 }' "/proc/${PIDS[listen]}/stat") - cpu))
	[ "$cpu" -lt 30 ]	# of 100 ticks
	[ "$(grep -c . listen.err)" -eq 1 ]
	touch go
	finish first
	# The next takes its place, and the one after that is a new episode.
	until_true eval '[ "$(grep -c . listen.err)" -eq 2 ]'

	# Room again: those who waited come in, and new ones.
	touch end
	for i in {1..20}; do
		finish "c$i"
	done
	start late "$PEER" connect "$HOST" "$PORT" text:z recv:1 </dev/null
	finish late
	running listen
}

@test "more than 1024 clients at once" {
	[ "$(ulimit -Hn)" -gt 1200 ] 2>/dev/null || [ "$(ulimit -Hn)" = unlimited ] ||
		skip "the hard limit of open files is too low"
	start listen bash -c 'ulimit -Sn 256; exec "$@"' - "$SOCKKIT" listen -k \
		-m 2000 --echo --port-file port 127.0.0.1 0 </dev/null
	read -r HOST PORT < <(addr port)
	printf '\n\n\n' >trips
	start flood "$PEER" flood "$HOST" "$PORT" 1100 <trips
	finish flood
	says flood.out '^ready 1100$'
	[ "$(wc -l <flood.out)" -eq 4 ]
	content_is listen.err ""
}

@test "inherited descriptors do no harm and are not used" {
	echo kept >file
	awaiting text:hi fin expect-eof
	start sk bash -c 'exec "$@" 7<>file 8</dev/null' - "$SOCKKIT" connect \
		"$HOST" "$PORT" </dev/null
	finish sk
	content_is sk.out hi
	content_is file kept
}

# --- bytes from strangers ----------------------------------------------------------------

@test "-x: bytes of the peer never reach the dump unescaped" {
	awaiting $'text:\e]0;title\a\e[2J\x9b' fin expect-eof
	start sk "$SOCKKIT" connect -x log "$HOST" "$PORT" </dev/null
	finish sk
	run ! grep -aP '[\x00-\x08\x0b-\x1f\x7f-\xff]' log
}

@test "a message never repeats a control character of its operand" {
	run sk connect $'no\e[2Jhost' 80 </dev/null
	[ "$status" -ne 0 ]
	[[ $output != *$'\e'* ]]
}

@test "an IPv6 address of a link without it, with a wrong one, with too much" {
	[ -e /proc/net/if_inet6 ] || skip "no IPv6 here"
	for cmd in connect listen udp 'udp -l'; do
		# shellcheck disable=SC2086 # a command and its option
		run -1 sk $cmd fe80::1%nowhere 9999 </dev/null
		says_once '^sockkit [a-z]*: fe80::1%nowhere: no such interface$'
		# shellcheck disable=SC2086
		run -1 sk $cmd ::1%lo 9999 </dev/null
		says_once "::1%lo: only a link's own address .* has an interface"
		# shellcheck disable=SC2086
		run -1 sk $cmd fe80::1 9999 </dev/null
		says_once 'Invalid argument \(on which link\? write .*%INTERFACE\)$'
	done
	run -1 sk connect -s fe80::1 ::1 9 </dev/null
	says_once 'Invalid argument \(on which link\?'
}
