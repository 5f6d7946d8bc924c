#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit unix: each option of it at least once, all three types, names that
# are taken, descriptors that travel, and socat and nc in both roles.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016
# shellcheck disable=SC2317
bats_require_minimum_version 1.5.0
load helper

# serving TYPE [OPTIONS...]: `sockkit unix -l` as "unix" at ./sock.
serving()
{
	local type=$1

	shift
	start unix "$SOCKKIT" unix -l --type "$type" "$@" sock
	until_true bound unix sock "$type"
}

lengths()
{
	sed -nE "s/^$1 .* ([0-9]+) bytes at .*/\\1/p" "$2"
}

# ask TYPE [OPTIONS...]: a client of that server, which waits for its answer.
ask()
{
	sk unix -w "$PATIENCE" --type "$1" "${@:2}" sock
}

# --- the three types ------------------------------------------------------------

@test "unix: a stream, what the client sends comes out" {
	serving stream </dev/null
	echo hello | sk unix sock
	finish unix
	content_is unix.out hello
	[ ! -e sock ]
}

@test "--type dgram: a question gets its answer, at a name of its own" {
	hold_pipe in
	serving dgram -v <in
	start client "$SOCKKIT" unix --type dgram -w 20 sock < <(echo question)
	until_true content_is unix.out question
	feed in answer
	finish client
	content_is client.out answer
	# Its folder was private, and is gone.
	folder=$(sed -n 's,.*datagrams from unix:\(/.*\)/peer.*,\1,p' unix.err)
	[ -n "$folder" ]
	[ ! -e "$folder" ]
}

@test "--type dgram: the folder of a client's name is its own, 0700" {
	export XDG_RUNTIME_DIR=$PWD/whose-name-is-none-of-the-shortest
	mkdir "$XDG_RUNTIME_DIR"
	serving dgram </dev/null
	hold_pipe in
	start client "$SOCKKIT" unix --type dgram sock <in
	named() { compgen -G "$XDG_RUNTIME_DIR/sockkit.*/peer"; }
	until_true named
	[ "$(stat -c %a "$XDG_RUNTIME_DIR"/sockkit.*)" = 700 ]
	signal client TERM
	finish client 143
	[ -z "$(ls "$XDG_RUNTIME_DIR")" ]
}

@test "--type seqpacket: records and ends, both ways" {
	serving seqpacket -x dump < <(printf 'answer')
	printf 'one\n\nthree' | sk unix --type seqpacket --lines sock >out
	finish unix
	content_is out answer
	[ "$(lengths '<' dump | tr '\n' ' ')" = "3 0 5 " ]
}

@test "unix @NAME: abstract names, all types" {
	for type in stream dgram seqpacket; do
		start "$type" "$SOCKKIT" unix -l -k --echo --type "$type" \
			"@sk.$$.$type" </dev/null
		until_true bound "$type" "@sk.$$.$type" "$type"
		echo hello | sk unix --type "$type" "@sk.$$.$type" >out
		content_is out hello
	done
}

@test "unix: 100000 bytes are one datagram, one record" {
	"$PEER" pattern 100000 >big
	for type in dgram seqpacket; do
		rm -f sock
		serving "$type" -k --echo -x dump </dev/null
		sk unix --type "$type" --size 100000 sock <big >out
		same big out
		[ "$(lengths '<' dump)" = 100000 ]
		signal unix TERM
		finish unix 143
	done
}

@test "unix: 8 MiB come back whole, all types that are reliable" {
	"$PEER" pattern 8M >big
	for type in stream seqpacket; do
		serving "$type" -k --echo </dev/null
		sk unix --type "$type" sock <big >out
		same big out
		signal unix TERM
		finish unix 143
	done
}

@test "--type dgram: a receiver that is slow loses nothing" {
	"$PEER" pattern 4M >big
	mkfifo pipe
	exec {hold}<>pipe
	HELD+=("$hold")
	OUT=pipe serving dgram </dev/null
	start client "$SOCKKIT" unix --type dgram --size 4K --send-only sock \
		<big
	OUT=out start sip "$PEER" sip 4M 1M <pipe
	finish client
	until_true size_is out 4194304
	same big out
}

@test "--size, --lines: not with a stream" {
	run -2 sk unix --lines sock
	run -2 sk unix --size 5 sock
	run -2 sk unix -s mine sock
}

@test "--size: records of that size" {
	serving seqpacket -x dump </dev/null
	printf 123456789 | ask seqpacket --size 4
	finish unix
	[ "$(lengths '<' dump | tr '\n' ' ')" = "4 4 1 " ]
}

# --- many ---------------------------------------------------------------------------

@test "-k: many clients at once, all types" {
	for type in stream dgram seqpacket; do
		serving "$type" -k --echo </dev/null
		for c in {1..10}; do
			start "c$c" "$SOCKKIT" unix --type "$type" sock \
				< <(echo "$c")
		done
		for c in {1..10}; do
			finish "c$c"
			content_is "c$c.out" "$c"
		done
		signal unix TERM
		finish unix 143
	done
}

@test "-k: input goes to all, output comes from all" {
	for type in dgram seqpacket; do
		hold_pipe in
		serving "$type" -k <in
		hold_pipe one.in
		hold_pipe two.in
		start one "$SOCKKIT" unix --type "$type" sock <one.in
		start two "$SOCKKIT" unix --type "$type" sock <two.in
		feed one.in 1
		until_true size_is unix.out 1
		feed two.in 2
		until_true content_is unix.out 12
		feed in all
		until_true content_is one.out all
		until_true content_is two.out all
		stop one
		stop two
		signal unix TERM
		finish unix 143
		rm in one.in two.in
	done
}

@test "-m: no more clients than that" {
	serving seqpacket -k -m 1 --echo -v </dev/null
	hold_pipe in
	start one "$SOCKKIT" unix --type seqpacket sock <in
	feed in one
	until_true content_is one.out one
	sk unix --type seqpacket --recv-only sock
	until_true says unix.err 'refused: 1 are served already'
	end_pipe in
	stop one
	again() { echo two | ask seqpacket >two; grep two two; }
	until_true again
}

@test "-k: one that does not read holds up no other" {
	"$PEER" pattern 1M >big
	for client in UNIX-SENDTO:sock,bind=mine UNIX-CONNECT:sock,type=5; do
		type=dgram
		[[ $client != *type=5 ]] || type=seqpacket
		serving "$type" -k --echo </dev/null
		# It writes all it can, and reads nothing (-u).
		start stuck socat -u -b 4096 OPEN:big "$client"
		echo hello | ask "$type" >out
		content_is out hello
		stop stuck
		signal unix TERM
		finish unix 143
	done
}

@test "--discard: nothing comes back, nothing comes out" {
	for type in stream dgram seqpacket; do
		serving "$type" -k --discard </dev/null
		echo hello | ask "$type" --send-only >out
		content_is out ""
		content_is unix.out ""
		signal unix TERM
		finish unix 143
	done
}

@test "unix: peers without a name are heard, not answered" {
	need socat
	serving dgram -k -v --echo </dev/null
	echo hello | socat -u - UNIX-SENDTO:sock
	until_true says unix.err 'unix:\(unnamed\), which cannot be answered'
	echo x | ask dgram >out
	content_is out x
	running unix
}

# --- ends ----------------------------------------------------------------------------

@test "unix: nobody is there: status 1, and what was made is removed" {
	export XDG_RUNTIME_DIR=$PWD/run
	mkdir run
	for type in stream dgram seqpacket; do
		run -1 --separate-stderr sk unix --type "$type" nosuch </dev/null
		[[ $stderr == *"unix:nosuch: connect: No such file"* ]]
	done
	[ -z "$(ls run)" ]
}

@test "--type dgram: a server that has gone is an error" {
	serving dgram </dev/null
	hold_pipe in
	start client "$SOCKKIT" unix --type dgram sock <in
	feed in a
	until_true content_is unix.out a
	stop unix
	feed in b
	finish client 1
	says client.err 'unix:sock: Connection refused: 1 datagram sent'
}

@test "--type seqpacket: the end of the peer while our pipe is open" {
	hold_pipe in
	serving seqpacket <in
	start client "$SOCKKIT" unix --type seqpacket --lines sock <<<x
	until_true content_is unix.out x
	finish unix
	finish client
}

@test "--type seqpacket: the end of the peer while we had more to say" {
	hold_pipe in
	serving seqpacket </dev/null
	start client "$SOCKKIT" unix --type seqpacket sock <in
	feed in said
	until_true content_is unix.out said
	signal unix TERM
	finish client 1
	one_line client.err 'closed its half while standard input was open'
}

@test "--type seqpacket: a peer that vanishes while we send is an error" {
	need socat
	start socat socat -u "UNIX-LISTEN:sock,type=5" "SYSTEM:head -c 1" </dev/null
	until_true bound socat sock
	run -1 --separate-stderr sk unix --type seqpacket sock < <(
		"$PEER" pattern 8M)
	[[ $stderr == *"may not have arrived"* ]]
}

@test "-w, -i, -q: times" {
	for type in stream dgram seqpacket; do
		run -1 sk unix -l -w 100ms --type "$type" sock
		[ ! -e sock ]
	done
	serving dgram -i 200ms </dev/null
	echo x | ask dgram --send-only
	finish unix
	serving dgram -k --discard </dev/null
	run -1 ask dgram -w 100ms < <(echo x)
	echo x | ask dgram -q 0
}

@test "--recv-only, --send-only" {
	serving seqpacket --recv-only < <(echo never)
	echo hello | ask seqpacket >out
	finish unix
	content_is out ""
	content_is unix.out hello
	serving seqpacket -k --echo </dev/null
	echo hello | ask seqpacket --send-only >out
	content_is out ""
}

# --- names ------------------------------------------------------------------------------

@test "unix -l: a socket that nobody serves is replaced, all types" {
	for type in stream dgram seqpacket; do
		serving "$type" </dev/null
		signal unix KILL
		finish unix 137
		[ -S sock ]
		serving "$type" -k --echo </dev/null
		echo hello | ask "$type" >out
		content_is out hello
		signal unix TERM
		finish unix 143
		[ ! -e sock ]
	done
}

@test "unix -l: a socket that is served is left alone, whatever its type" {
	for type in stream dgram seqpacket; do
		serving "$type" -k --echo </dev/null
		for other in stream dgram seqpacket; do
			run -1 --separate-stderr sk unix -l --type "$other" sock
			[[ $stderr == *"unix:sock: bind: Address already in use" ]]
		done
		echo hello | ask "$type" >out
		content_is out hello
		signal unix TERM
		finish unix 143
	done
}

@test "unix -l: who asks whether a socket is served is not its one client" {
	for type in stream seqpacket; do
		serving "$type" --echo </dev/null
		for other in stream dgram seqpacket; do
			run -1 sk unix -l --type "$other" sock
		done
		echo hello | ask "$type" >out
		content_is out hello
		finish unix
	done
}

@test "unix -l: a socket that does not listen yet is left alone" {
	need python3
	start bound python3 -c 'import socket as s, sys
l = s.socket(s.AF_UNIX); l.bind("sock"); open("ready", "w"); sys.stdin.read()' \
		< <(until [ -e over ]; do sleep 0.02; done)
	until_true test -e ready
	run -1 sk unix -l sock
	[[ $output == *"Address already in use" ]]
	[ -S sock ]
	: >over
	finish bound
}

@test "unix -l: a file, a symlink, a directory are never touched" {
	echo precious >file
	ln -s file link
	ln -s nowhere dangling
	mkdir dir
	mkfifo fifo
	for type in stream dgram seqpacket; do
		for path in file link dangling dir fifo; do
			run -1 sk unix -l --type "$type" "$path"
			[[ $output == *"already in use (what is there is no socket,"* ]]
		done
	done
	content_is file precious
	[ -L link ]
	[ -L dangling ]
	[ ! -e nowhere ]
	[ -d dir ]
	[ -p fifo ]
}

@test "unix -l: what took our path's place meanwhile is not removed" {
	for type in stream dgram seqpacket; do
		serving "$type" -k </dev/null
		rm sock
		echo precious >sock
		signal unix TERM
		finish unix 143
		content_is sock precious
		rm sock
	done
}

@test "unix: paths of 107, 108 and 109 bytes" {
	for n in 107 108; do
		path=$(printf "%0${n}d" 0)
		for type in stream dgram seqpacket; do
			start unix "$SOCKKIT" unix -l -k --echo --type "$type" \
				"$path" </dev/null
			until_true bound unix "$path" "$type"
			echo hello | sk unix --type "$type" "$path" >out
			content_is out hello
			signal unix TERM
			finish unix 143
			[ ! -e "$path" ]
		done
	done
	run -2 --separate-stderr sk unix "$(printf %0109d 0)"
	[[ $stderr == *"109 bytes: at most 108"* ]]
}

@test "unix: empty, @, too many operands: usage" {
	run -2 sk unix ""
	run -2 sk unix @
	run -2 sk unix
	run -2 sk unix a b
	run -2 sk unix -k a
	run -2 sk unix --echo a
	run -2 sk unix -l --echo --discard a
	run -2 sk unix -l -m 2 a
	run -2 sk unix --type raw a
	run -2 sk unix --mode 600 a
	for mode in "" 8 rw 1000 99999999999 -1; do
		run -2 sk unix -l --mode "$mode" a
	done
}

@test "--mode: the permissions of the socket, whatever the umask" {
	for type in stream dgram seqpacket; do
		umask 077
		serving "$type" -k --mode 662 </dev/null
		[ "$(stat -c %a sock)" = 662 ]
		signal unix TERM
		finish unix 143
		umask 022
		serving "$type" -k --mode 600 </dev/null
		[ "$(stat -c %a sock)" = 600 ]
		signal unix TERM
		finish unix 143
	done
}

@test "-s: a client's own name" {
	serving dgram -k -v --echo </dev/null
	echo hello | ask dgram --source mine >out
	content_is out hello
	says unix.err 'datagrams from unix:mine'
	[ ! -e mine ]
	echo precious >mine
	run -1 ask dgram -s mine
	content_is mine precious
}

@test "-v: who the peer is, its name escaped" {
	cp "$SOCKKIT" "$(printf 'x\033[2Jy')"
	for type in stream dgram seqpacket; do
		serving "$type" -k -v --echo </dev/null
		echo hello | timeout 20 "./$(printf 'x\033[2Jy')" unix 2>/dev/null \
			--type "$type" sock || true
		echo hello | "$SOCKKIT" unix -v --type "$type" sock 2>err
		until_true says unix.err "is pid [0-9]+ .*, uid $(id -u), gid $(id -g)"
		signal unix TERM
		finish unix 143
		says_not unix.err $'\033'
	done
	says err "the peer is pid [0-9]+ \\(sockkit\\), uid"
}

@test "--sockopt reaches the socket" {
	need strace
	ASAN_OPTIONS=detect_leaks=0 strace -f -o trace -e trace=setsockopt "$SOCKKIT" unix -l -w 10ms \
		--type dgram --sockopt so_rcvbuf=32K sock </dev/null || true
	says trace 'SO_RCVBUF, \[32768\]'
}

@test "-o, -x, --append-output: what passed is kept" {
	serving seqpacket -k --echo </dev/null
	printf hello | ask seqpacket -o kept -x dump >out
	content_is kept hellohello
	says dump '^> .* unix:sock 5 bytes at 0'
	printf more | ask seqpacket -o kept --append-output >out
	content_is kept hellohellomoremore
}

# --- descriptors -------------------------------------------------------------------------

@test "--send-fd, --recv-fd: files travel, all types" {
	echo content >file
	for type in stream dgram seqpacket; do
		# A conversation of datagrams has no other end than silence.
		idle=()
		[ "$type" != dgram ] || idle=(-i 500ms)
		serving "$type" --recv-fd "${idle[@]}" </dev/null
		echo hello | ask "$type" --send-only --send-fd file --send-fd 0
		finish unix
		content_is unix.out hello
		says unix.err "received descriptor [0-9]+ \\($PWD/file\\)"
		says unix.err 'received descriptor [0-9]+ \(pipe:\[[0-9]+\]\)'
	done
}

@test "--send-fd: a server sends, to each client" {
	hold_pipe in
	for type in stream dgram seqpacket; do
		serving "$type" -k --send-fd /dev/zero <in
		for c in one two; do
			start "$c" "$SOCKKIT" unix --recv-fd --type "$type" \
				sock < <(echo hello; exec sleep 20)
		done
		until_true size_is unix.out 12
		feed in answer
		for c in one two; do
			until_true content_is "$c.out" answer
			says "$c.err" 'received descriptor [0-9]+ \(/dev/zero\)'
			stop "$c"
		done
		signal unix TERM
		finish unix 143
	done
}

@test "--send-fd without data: an empty datagram, no stream" {
	for type in dgram seqpacket; do
		idle=()
		[ "$type" != dgram ] || idle=(-i 500ms)
		serving "$type" --recv-fd "${idle[@]}" -x dump </dev/null
		ask "$type" --send-only --send-fd /dev/null </dev/null
		finish unix
		says unix.err 'received descriptor [0-9]+ \(/dev/null\)'
		[ "$(lengths '<' dump)" = 0 ]
	done
	serving stream --recv-fd </dev/null
	run -1 --separate-stderr ask stream --send-fd /dev/null </dev/null
	[[ $stderr == *"descriptors go with bytes, and there were none"* ]]
}

@test "--recv-fd: descriptors that were not asked for do not leak" {
	for type in stream dgram seqpacket; do
		serving "$type" -k </dev/null
		for i in 1 2 3 4 5; do
			echo "$i" | ask "$type" --send-only --send-fd /dev/null \
				--send-fd /dev/zero
			until_true size_is unix.out $((2 * i))
		done
		none() { ! find "/proc/${PIDS[unix]}/fd" -lname /dev/zero | grep .; }
		until_true none
		signal unix TERM
		finish unix 143
	done
}

@test "--recv-fd: those that were taken are closed too" {
	serving dgram -k --recv-fd </dev/null
	for i in 1 2 3; do
		echo "$i" | ask dgram --send-only --send-fd /dev/zero
		until_true size_is unix.out $((2 * i))
	done
	none() { ! find "/proc/${PIDS[unix]}/fd" -lname /dev/zero | grep .; }
	until_true none
}

@test "--send-fd: what cannot be sent is told" {
	run -1 --separate-stderr sk unix --send-fd nosuch sock
	[[ $stderr == *"--send-fd nosuch: No such file"* ]]
	run -1 --separate-stderr sk unix --send-fd 77 sock
	[[ $stderr == *"--send-fd 77: Bad file descriptor"* ]]
	run -2 sk unix --send-fd 99999999999 sock
}

# --- other programs -------------------------------------------------------------------------

@test "unix with socat: all types, both roles" {
	need socat
	for pair in stream:LISTEN,fork:CONNECT \
		seqpacket:LISTEN,fork,type=5:CONNECT; do
		type=${pair%%:*}
		rm -f sock
		IFS=, read -r kind extra <<<"$(cut -d: -f2 <<<"$pair")"
		start socat socat "UNIX-$kind:sock,$extra" EXEC:/bin/cat </dev/null
		until_true bound socat sock
		echo hello | ask "$type" >out
		content_is out hello
		stop socat
		rm -f sock
		serving "$type" -k --echo </dev/null
		t=${extra#fork}
		echo hello | socat -t 20 - "UNIX-CONNECT:sock$t" >out
		content_is out hello
		signal unix TERM
		finish unix 143
	done
	start socat socat UNIX-RECVFROM:sock,fork EXEC:/bin/cat </dev/null
	until_true bound socat sock dgram
	echo hello | ask dgram -w 10 >out
	content_is out hello
	stop socat
	rm -f sock
	serving dgram -k --echo </dev/null
	hold_pipe in
	start client socat - UNIX-SENDTO:sock,bind=mine <in
	feed in hello
	until_true content_is client.out hello
}

@test "unix with nc -U of OpenBSD and ncat -U: both roles" {
	need nc.openbsd
	need ncat
	serving stream -k --echo </dev/null
	echo hello | nc.openbsd -N -U sock >out
	content_is out hello
	echo hello | ncat -U sock >out
	content_is out hello
	signal unix TERM
	finish unix 143
	start nc nc.openbsd -lU sock < <(echo answer)
	until_true bound nc sock
	echo hello | sk unix sock >out
	content_is out answer
	content_is nc.out hello
	# It takes the name away when it ends: not that of the next one.
	stop nc
	rm -f sock
	start ncat ncat -lU sock < <(echo answer)
	until_true bound ncat sock
	echo hello | sk unix sock >out
	content_is out answer
	until_true content_is ncat.out hello
	stop ncat
	rm -f sock
	serving dgram -k --echo </dev/null
	hold_pipe in
	start client nc.openbsd -uU sock <in
	feed in hello
	until_true content_is client.out hello
}
