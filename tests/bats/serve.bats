#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What listen does with its clients besides stdin and stdout: programs,
# forwarding, broker and chat, access lists, workers.

# Each test is a subshell, and scripts for others stand in single quotes.
# shellcheck disable=SC2030,SC2031,SC2016,SC2094

bats_require_minimum_version 1.5.0
load helper

# --- programs -----------------------------------------------------------------

@test "-e: a program's output goes to the peer, its input comes from it" {
	listening -e 'tr a-z A-Z' </dev/null
	echo hello | sk connect "$HOST" "$PORT" >got
	content_is got HELLO
	finish listen
}

@test "-e: words are parted as by a shell, without one" {
	listening -e "printf '%s|' 'a b' \"c'd\" e\\ f '' \$HOME" </dev/null
	sk connect "$HOST" "$PORT" </dev/null >got
	content_is got "a b|c'd|e f||\$HOME|"
	finish listen
}

@test "-e: an open quote is a usage error" {
	run -2 sk listen -e "cat 'x" 0 </dev/null
	[[ $output == *"never closed"* ]]
}

@test "-c: by the shell; its environment says who is there" {
	listening -c 'echo "$NCAT_REMOTE_ADDR $SOCKKIT_REMOTE_ADDR
$NCAT_LOCAL_PORT $SOCKKIT_LOCAL_PORT $NCAT_PROTO"' </dev/null
	sk connect "$HOST" "$PORT" </dev/null >got
	content_is got "127.0.0.1 127.0.0.1
$PORT $PORT TCP"
	finish listen
}

@test "-c: the exit status is passed on" {
	listening -c 'cat >/dev/null; exit 7' </dev/null
	sk connect "$HOST" "$PORT" </dev/null
	finish listen 7
	awaiting fin recvall
	run -9 sk connect -c 'exit 9' "$HOST" "$PORT" </dev/null
}

@test "-c: a program killed by a signal" {
	listening -c 'kill -9 $$' </dev/null
	sk connect "$HOST" "$PORT" </dev/null
	finish listen 137
}

@test "-e: a missing program is 127, one that cannot be run 126" {
	listening -e /no/such/program </dev/null
	run sk connect "$HOST" "$PORT" </dev/null
	finish listen 127
	: >plain
	listening -e ./plain </dev/null
	run sk connect "$HOST" "$PORT" </dev/null
	finish listen 126
}

@test "-e: all output is delivered after the peer's end of input" {
	listening -c 'cat >/dev/null; head -c 3000000 /dev/zero' </dev/null
	echo x | sk connect "$HOST" "$PORT" >got
	size_is got 3000000
	finish listen
}

@test "-e: a program that reads little is no error" {
	listening -e 'head -n 1' </dev/null
	hold_pipe in
	start sk "$SOCKKIT" connect "$HOST" "$PORT" <in
	feed in $'one\n'
	until_true content_is sk.out one
	end_pipe in
	finish sk
	finish listen
}

@test "-c: a program that has stopped reading is heard all the same" {
	listening -c 'exec <&-; until [ -e go ]; do sleep 0.02; done; echo late' \
		</dev/null
	"$PEER" pattern 3M >file
	start sk "$SOCKKIT" connect "$HOST" "$PORT" <file
	# What nobody has read when it ends would make of that a reset.
	until_true all_read
	: >go
	finish sk
	finish listen
	content_is sk.out late
}

all_read()
{
	signal listen USR1
	grep -q 'received 3145728 bytes' listen.err
}

@test "-e: what we were given by others is not in its environment" {
	LISTEN_FDS=7 LISTEN_PID=1 LISTEN_FDNAMES=x SOCKKIT_FDS=7 \
		NCAT_REMOTE_PORT=stale SOCKKIT_LOCAL_PORT=stale \
		start listen "$SOCKKIT" listen --port-file port \
		-c 'env | grep -E "^(LISTEN|SOCKKIT|NCAT)_"' unix:./sock </dev/null
	addr
	sk connect unix:./sock </dev/null >got
	run ! grep -E 'LISTEN_|FDS|_PORT' got
	grep -qx 'NCAT_PROTO=STREAM' got
}

@test "-k -e: with -v a program's failure is told" {
	listening -k -v -c 'exit 3' </dev/null
	sk connect "$HOST" "$PORT" </dev/null
	until_true says listen.err ': /bin/sh: exit status 3$'
	running listen
}

@test "-e: SIGPIPE and the signal mask are as usual in the child" {
	usual()
	{
		says "$1" '^SigBlk:.0+$'
		! grep -E '^SigIgn:.*[13579bdf]...$' "$1"
	}
	# No shell: some put their mask in order by themselves.
	listening -e 'cat /proc/self/status' </dev/null
	sk connect "$HOST" "$PORT" </dev/null >stream
	finish listen
	usual stream
	start udp "$SOCKKIT" udp -l -e 'cat /proc/self/status' \
		--port-file uport 127.0.0.1 0 </dev/null
	read -r HOST PORT < <(addr uport)
	echo x | sk udp -w "$PATIENCE" "$HOST" "$PORT" >dgram
	usual dgram
	listening </dev/null
	sk connect -e 'cat /proc/self/status' "$HOST" "$PORT"
	finish listen
	usual listen.out
}

@test "-k -e: a child has no descriptor of another client or of the listener" {
	listening -k -c 'ls -l /proc/self/fd; cat' </dev/null
	start first "$PEER" connect "$HOST" "$PORT" save:one recv:1 hold </dev/null
	until_true size_at_least one 1
	sk connect "$HOST" "$PORT" </dev/null >two
	run ! grep -q socket: two
	[ "$(grep -c pipe: two)" -le 3 ]
}

@test "-k -e: children are reaped" {
	listening -k -e true </dev/null
	for _ in 1 2 3 4 5; do sk connect "$HOST" "$PORT" </dev/null; done
	no_children() { [ -z "$(cat /proc/"${PIDS[listen]}"/task/*/children)" ]; }
	until_true no_children
	running listen
}

@test "--max-children: others wait their turn" {
	listening -k --max-children 1 -c 'echo in; cat' </dev/null
	hold_pipe in
	start first "$SOCKKIT" connect "$HOST" "$PORT" <in
	until_true content_is first.out in
	start second "$SOCKKIT" connect -v "$HOST" "$PORT" </dev/null
	until_true says second.err connected
	size_is second.out 0
	no_more() { [ "$(wc -w <"/proc/${PIDS[listen]}/task/${PIDS[listen]}/children")" -eq 1 ]; }
	no_more
	end_pipe in
	finish first
	finish second
	content_is second.out in
}

@test "--pty: the program has a terminal" {
	listening --pty -c 'tty; stty size >/dev/null && echo terminal' </dev/null
	sk connect "$HOST" "$PORT" </dev/null >got
	grep -q /dev/pts got
	grep -q terminal got
	finish listen
}

@test "--pty: our end of input is its end of input" {
	listening --pty -c 'stty -echo; echo ready; cat; echo ended' </dev/null
	hold_pipe in
	start sk "$SOCKKIT" connect "$HOST" "$PORT" <in
	until_true says sk.out ready
	feed in $'line\n'
	until_true says sk.out line
	end_pipe in
	finish sk
	says sk.out ended
	finish listen
}

@test "connect -e: the program talks to the listener" {
	start listen "$SOCKKIT" listen --port-file port 127.0.0.1 0 </dev/null
	read -r HOST PORT < <(addr port)
	sk connect -e 'echo from a child' "$HOST" "$PORT" </dev/null
	finish listen
	content_is listen.out 'from a child'
}

# --- forwarding ---------------------------------------------------------------

# forwarding ADDRESS: a forwarder named "forward" to it; HOST and PORT are its.
forwarding()
{
	start forward "$SOCKKIT" listen -k -v --port-file fport --to "$1" \
		127.0.0.1 0 </dev/null
	read -r HOST PORT < <(addr fport)
}

@test "--to: bytes pass through both ways, whole" {
	listening -k --echo </dev/null
	forwarding "$HOST:$PORT"
	"$PEER" pattern 5000000 >in
	sk connect "$HOST" "$PORT" <in >got
	same in got
}

@test "--to: a half-close passes through" {
	listening -c 'cat; echo after the end' </dev/null
	forwarding "$HOST:$PORT"
	echo before | sk connect "$HOST" "$PORT" >got
	content_is got $'before\nafter the end'
}

@test "--to: a reset passes through as one" {
	awaiting recv:1 rst
	forwarding "$HOST:$PORT"
	run -1 "$PEER" connect "$HOST" "$PORT" text:x recvall </dev/null
	[[ $output == *reset* ]]
}

@test "--to: a reset of the client passes through too" {
	awaiting recv:1 mark:got expect-rst
	forwarding "$HOST:$PORT"
	"$PEER" connect "$HOST" "$PORT" text:x waitfile:got rst </dev/null
	finish peer
}

@test "--to: nobody there: the client is turned away, others are served" {
	dead_port
	forwarding "$HOST:$PORT"
	run -1 sk connect "$HOST" "$PORT" </dev/null
	until_true says forward.err 'turned away: .*refused'
	running forward
}

@test "--to unix: and back" {
	start unix "$SOCKKIT" listen -k --echo --port-file up unix:./s </dev/null
	addr up
	forwarding unix:./s
	echo through | sk connect "$HOST" "$PORT" >got
	content_is got through
}

# --- broker and chat ----------------------------------------------------------

@test "--broker: to all others, not back" {
	listening --broker -v </dev/null
	start a "$PEER" connect "$HOST" "$PORT" save:a recv:5 close </dev/null
	start b "$PEER" connect "$HOST" "$PORT" save:b recv:5 close </dev/null
	three() { [ "$(grep -c 'connection from' listen.err)" -eq "$1" ]; }
	until_true three 2
	start c "$PEER" connect "$HOST" "$PORT" text:hello save:c quiet:200 \
		close </dev/null
	finish a
	finish b
	finish c
	content_is a hello
	content_is b hello
	size_is c 0
	running listen
}

@test "--chat: whole lines, names, joins and leaves; control bytes escaped" {
	listening --chat -v </dev/null
	hold_pipe one
	start one "$SOCKKIT" connect "$HOST" "$PORT" <one
	until_true says listen.err 'connection from'
	"$PEER" connect "$HOST" "$PORT" text:$'a\033[2Jb\nrest' close </dev/null
	until_true says one.out 'user2 left'
	content_is one.out '*** user2 joined
<user2> a\x1b[2Jb
<user2> rest
*** user2 left'
}

@test "--broker: what one said while others' words waited is not for it" {
	listening --broker -v </dev/null
	start slow "$PEER" connect "$HOST" "$PORT" waitfile:speak text:MINE \
		waitfile:read recvto:got </dev/null
	until_true says listen.err 'connection from'
	start other "$SOCKKIT" connect "$HOST" "$PORT" \
		< <(head -c 20M /dev/zero; until_true test -e more; printf END)
	two() { [ "$(grep -c 'connection from' listen.err)" = 2 ]; }
	until_true two
	"$PEER" connect "$HOST" "$PORT" text:up hold </dev/null >/dev/null &
	until_true says other.out up
	touch speak
	until_true says other.out MINE
	touch more read
	whole() { [ "$(tail -c 3 got)" = END ]; }
	until_true whole
	run ! grep -qa MINE got
	kill %%
}

@test "--chat: lines that end in CRLF, or never" {
	listening --chat -v </dev/null
	hold_pipe one
	start one "$SOCKKIT" connect "$HOST" "$PORT" <one
	until_true says listen.err 'connection from'
	{
		printf 'a\r\n\r\n'
		head -c 1500 /dev/zero | tr '\0' x
	} >said
	"$PEER" connect "$HOST" "$PORT" sendfile:said close </dev/null
	until_true says one.out 'user2 left'
	[ "$(awk '{ print length($0) }' one.out | tr '\n' ' ')" = \
		"16 9 1032 484 14 " ]
}

@test "--broker: a member that never reads is dropped, with a word" {
	listening --broker -v </dev/null
	start stuck "$PEER" connect "$HOST" "$PORT" hold </dev/null
	until_true says listen.err 'connection from'
	head -c 100M /dev/zero | sk connect --send-only "$HOST" "$PORT"
	until_true says listen.err 'too slow'
	running listen
}

# --- access -------------------------------------------------------------------

refused()
{
	run "$PEER" connect "$HOST" "$PORT" expect-eof </dev/null
	until_true says listen.err 'refused: not allowed'
	: >listen.err
}

welcome()
{
	echo in | sk connect "$HOST" "$PORT" >got
	content_is got in
}

@test "--deny" {
	listening -k --echo -v --deny 10.0.0.0/8,127.0.0.0/8 </dev/null
	refused
}

@test "--allow: nobody else" {
	listening -k --echo -v --allow 10.0.0.0/8 </dev/null
	refused
}

@test "--allow, --deny: deny wins" {
	listening -k --echo -v --allow 127.0.0.1 --deny 127.0.0.0/24 </dev/null
	refused
}

@test "--allow lets in; prefixes end within a byte" {
	listening -k --echo -v --allow 127.0.0.0/31 --deny 127.0.0.2/31 </dev/null
	welcome
}

@test "--allowfile and --denyfile, with comments" {
	printf '# us\n127.0.0.1 ::1\n' >allow
	printf '10.0.0.1 # not us\n' >deny
	listening -k --echo -v --allowfile allow --denyfile deny </dev/null
	welcome
	: >empty
	stop listen
	listening -k --echo -v --allowfile empty </dev/null
	refused
}

@test "access rules that are none" {
	run -2 sk listen --allow 1.2.3.4/33 0 </dev/null
	[[ $output == *"0 to 32 bits"* ]]
	run -2 sk listen --allow 1.2.3.4/x 0 </dev/null
	run -1 sk listen --deny no.such.host.invalid 0 </dev/null
	run -1 sk listen --allowfile /no/such/file 0 </dev/null
	# What is empty, or cannot be read, is no rule that lets everybody in.
	for none in '' ' ' ',,'; do
		run -2 sk listen --allow "$none" 0 </dev/null
		[[ $output == *"--allow: no host is named" ]]
		run -2 sk udp -l --deny "$none" 0 </dev/null
		[[ $output == *"--deny: no host is named" ]]
	done
	mkdir folder
	printf '10.0.0.1\0\n' >nul
	for how in --allowfile --denyfile; do
		run -1 sk listen "$how" folder 0 </dev/null
		[[ $output == *"folder: Is a directory" ]]
		run -1 sk listen "$how" nul 0 </dev/null
		[[ $output == *"nul: a NUL is no part of a rule" ]]
	done
}

@test "rules of IPv4 hold for IPv4 clients of an IPv6 socket" {
	local how=--deny got

	for got in '' hi; do
		start both "$SOCKKIT" listen -k --echo "$how" 127.0.0.0/8 \
			--sockopt ipv6_v6only=0 --port-file both.port :: 0 \
			</dev/null
		until_true test -s both.port
		read -r _ PORT <both.port
		[ "$(echo hi | sk connect 127.0.0.1 "$PORT" || true)" = "$got" ]
		stop both
		rm both.port
		how=--allow
	done
}

@test "access rules in IPv6 form for IPv4, and clients without an address" {
	listening -k --echo -v --deny ::ffff:127.0.0.0/104 </dev/null
	refused
	run -2 sk listen --deny ::ffff:127.0.0.0/95 0 </dev/null
	[[ $output == *"a prefix has 0 to 128 bits" ]]
	start unix "$SOCKKIT" listen -k --echo --allow 10.0.0.0/8 \
		--port-file up unix:./s </dev/null
	addr up
	[ "$(echo in | sk connect unix:./s)" = in ]
}

@test "refused clients leave no descriptor behind" {
	listening -k --echo --deny 127.0.0.1 </dev/null
	before=$(fds_of listen)
	for _ in {1..30}; do
		"$PEER" connect "$HOST" "$PORT" expect-eof </dev/null || true
	done
	same_fds() { [ "$(fds_of listen)" -le "$before" ]; }
	until_true same_fds
}

# Loopback takes nothing off; what has too little left is dropped in silence.
@test "--min-ttl: segments from too far away are not taken" {
	local addr hops=ip_ttl

	for addr in 127.0.0.1 ::1; do
		start listen "$SOCKKIT" listen -k --echo --min-ttl 100 \
			--port-file port "$addr" 0 </dev/null
		read -r HOST PORT < <(addr port)
		run -1 sk connect -w 300ms --sockopt "$hops=99" "$HOST" "$PORT" \
			</dev/null
		[[ $output == *"timed out"* ]]
		echo in | sk connect --sockopt "$hops=100" "$HOST" "$PORT" >got
		content_is got in
		stop listen
		rm port
		hops=ipv6_unicast_hops
	done
}

# --- workers ------------------------------------------------------------------

# crew N: as soon as there are so many workers; `kids` are their numbers.
crew()
{
	local n=$1

	all() { kids=$(pgrep -P "${PIDS[listen]}") && [ "$(wc -w <<<"$kids")" -eq "$n" ]; }
	until_true all
}

# workers_serve PATTERN SOCKETS: three of them, which listen at that many
workers_serve()
{
	local kids

	listening -v --workers 3 --pattern "$1" --echo </dev/null
	[ "$(sk stat -tlnH "sport = :$PORT" | wc -l)" -eq "$2" ]
	crew 3
	for i in {1..12}; do
		echo "$i" | sk connect "$HOST" "$PORT" >got
		content_is got "$i"
	done
	says listen.err 'listen\[[0-9]+\]: connection from'
	signal listen TERM
	finish listen 143
	for kid in $kids; do [ ! -d "/proc/$kid" ]; done
	says_not listen.err 'worker .* ended'
}

@test "--pattern pool" { workers_serve pool 1; }

@test "--pattern reuseport" { workers_serve reuseport 3; }

@test "--workers: one that dies is told of, the others serve" {
	listening --workers 2 --pattern pool --echo </dev/null
	crew 2
	kill -KILL "${kids%%[!0-9]*}"
	until_true says listen.err '^sockkit listen: warning: worker [01]: ended by signal 9$'
	welcome
	running listen
	crew 1
	kill -KILL "${kids%%[!0-9]*}"
	finish listen 1
	says listen.err '^sockkit listen: all workers have ended$'
}

@test "--workers: they die with their parent" {
	listening --workers 2 --pattern pool --echo </dev/null
	crew 2
	signal listen KILL
	gone() { for k in $kids; do [ ! -d "/proc/$k" ] || is_zombie "$k" || return 1; done; }
	until_true gone
}

# --- sockets from elsewhere ---------------------------------------------------

@test "LISTEN_FDS: socket activation" {
	cat >activate <<-'X'
		import os, socket, sys
		s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
		open("aport", "w").write("127.0.0.1 %d\n" % s.getsockname()[1])
		if s.fileno() != 3:
		    os.dup2(s.fileno(), 3)
		os.set_inheritable(3, True)
		os.environ["LISTEN_FDS"] = "1"
		os.environ["LISTEN_PID"] = str(os.getpid())
		os.execv(sys.argv[1], sys.argv[1:])
	X
	need python3
	start listen python3 activate "$SOCKKIT" listen -k --echo </dev/null
	read -r HOST PORT < <(addr aport)
	welcome
	# They are for the process that they name.
	sed -i 's/os.getpid()/os.getpid() + 1/' activate
	run -2 python3 activate "$SOCKKIT" listen </dev/null
	[[ $output == *"a port is needed"* ]]
}

@test "listen fd:N: a socket that does not listen" {
	awaiting hold
	run -1 bash -c 'exec 5<>/dev/tcp/"$0"/"$1"; shift; exec "$@" fd:5' \
		"$HOST" "$PORT" timeout 20 "$SOCKKIT" listen </dev/null
	[[ $output == "sockkit listen: fd:5: not a listening socket" ]]
}

@test "--mptcp and --sctp: used, or a clear word" {
	if ! listening --mptcp --echo </dev/null; then
		says listen.err 'socket: '
		return
	fi
	[ "$(sk stat -MlnH "sport = :$PORT" | wc -l)" -eq 1 ]
	hold_pipe in
	start client "$SOCKKIT" connect --mptcp "$HOST" "$PORT" <in
	feed in in
	until_true content_is client.out in
	[ "$(sk stat -MnH "dport = :$PORT" | wc -l)" -eq 1 ]
	run sk listen --sctp -w 0.2 127.0.0.1 0 </dev/null
	[ "$status" -eq 1 ]
}
