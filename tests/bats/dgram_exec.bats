#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Programs in place of stdin and stdout on udp and unix (-e, -c, --pty), and
# descriptors that a peer hands them (--recv-fd), here and on listen.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016,SC2094,SC2317
bats_require_minimum_version 1.5.0
load helper

# serving [OPTIONS...]: `sockkit udp -l` as "udp" on 127.0.0.1; HOST, PORT.
serving()
{
	rm -f port
	start udp "$SOCKKIT" udp -l --port-file port "$@" 127.0.0.1 0 </dev/null
	read -r HOST PORT < <(addr port)
	[ -n "$PORT" ]
}

ask()
{
	sk udp -w "$PATIENCE" "$@" "$HOST" "$PORT"
}

# unix_serving TYPE [OPTIONS...]: `sockkit unix -l` as "unix" at ./sock.
unix_serving()
{
	start unix "$SOCKKIT" unix -l --type "$@" sock </dev/null
	until_true bound unix sock "$1"
}

unix_ask()
{
	sk unix -w "$PATIENCE" --type "$@" sock
}

children_of()
{
	wc -w <"/proc/${PIDS[$1]}/task/${PIDS[$1]}/children"
}

# --- udp ----------------------------------------------------------------------

@test "udp -l -e: a program answers, and its status is ours" {
	serving -e 'sed -u -e s/hello/bye/ -e /quit/q7'
	hold_pipe in
	start client "$SOCKKIT" udp "$HOST" "$PORT" <in
	feed in $'hello\n'
	until_true content_is client.out bye
	feed in $'quit\n'
	until_true content_is client.out $'bye\nquit'
	finish udp 7
}

@test "udp -l -k -c: a program a peer; its environment says who that is" {
	serving -k -c 'read -r line
		echo "$line $NCAT_PROTO $SOCKKIT_REMOTE_ADDR $NCAT_LOCAL_PORT"
		echo "$SOCKKIT_REMOTE_PORT"; exec cat'
	for c in a b; do
		hold_pipe "$c.in"
		start "$c" "$SOCKKIT" udp "$HOST" "$PORT" <"$c.in"
	done
	for c in a b; do feed "$c.in" "$c"$'\n'; done
	for c in a b; do
		until_true says "$c.out" "^$c UDP 127.0.0.1 $PORT\$"
	done
	feed a.in again
	until_true grep -q again a.out
	run ! cmp <(sed -n 2p a.out) <(sed -n 2p b.out)
	running udp
	[ "$(children_of udp)" -eq 2 ]
}

@test "udp -l -k -e: one that ends is reaped, its peer begins anew" {
	serving -k -e 'head -n 1'
	hold_pipe in
	start client "$SOCKKIT" udp "$HOST" "$PORT" <in
	for i in 1 2 3; do
		feed in $'x\n'
		until_true size_is client.out $((2 * i))
		until_true eval '[ "$(children_of udp)" -eq 0 ]'
	done
	running udp
}

@test "udp -l -e: what it writes is parted as our input would be" {
	serving -x dump --size 1000 -c 'head -n 1; head -c 2500 /dev/zero'
	echo go | ask >out
	finish udp
	size_is out 2503
	[ "$(sed -nE 's/^> .* ([0-9]+) bytes at .*/\1/p' dump |
		tr '\n' ' ')" = "1000 1000 503 " ]
	serving --lines -e 'sed -u s/^/got:/'
	printf 'one\n\ntwo\n' | ask --lines >out
	content_is out $'got:one\ngot:\ngot:two'
}

@test "udp -l -i: the program finds the end of its input, and is heard" {
	serving -i 500ms -e 'wc -c'
	printf 12345 | ask >out
	content_is out 5
	finish udp
	serving -k -i 500ms -e 'wc -c'
	printf 123 | ask >out
	content_is out 3
	until_true eval '[ "$(children_of udp)" -eq 0 ]'
	running udp
}

@test "udp -l -e: a missing program is 127; with -k the peer is turned away" {
	serving -e /no/such/program
	echo x | sk udp --send-only "$HOST" "$PORT"
	finish udp 127
	says udp.err '/no/such/program: No such file'
	serving -k -e /no/such/program
	echo x | sk udp --send-only "$HOST" "$PORT"
	until_true says udp.err '127.0.0.1:[0-9]+: turned away: /no/such/program'
	running udp
}

@test "udp -l -k --max-children: others are ignored until one ends" {
	serving -k -v --max-children 1 -e 'sed -u /end/q'
	hold_pipe in
	start one "$SOCKKIT" udp "$HOST" "$PORT" <in
	feed in $'in\n'
	until_true content_is one.out in
	echo two | sk udp --send-only "$HOST" "$PORT"
	until_true says udp.err 'are ignored'
	[ "$(children_of udp)" -eq 1 ]
	feed in $'end\n'
	again() { echo two | sk udp -q 100ms "$HOST" "$PORT" >two; grep two two; }
	until_true again
}

@test "udp -l -k -e: as many programs as one can forge peers, but 128" {
	serving -k -v -e cat
	for _ in {1..140}; do
		exec {fd}<>"/dev/udp/$HOST/$PORT"
		HELD+=("$fd")
		echo x >&"$fd"
	done
	until_true says udp.err 'others than the ones served are ignored'
	[ "$(children_of udp)" -eq 128 ]
}

@test "udp -l -e: a program that reads nothing loses datagrams, which is told" {
	serving -c 'exec sleep 1000'
	"$PEER" pattern 4M >big
	lost() {
		sk udp --size 60000 --send-only -s 127.0.0.1 -p "$mine" \
			"$HOST" "$PORT" <big || true
		signal udp USR1
		[ "$(sed -n 's/.* received \([0-9]*\) bytes.*/\1/p' udp.err |
			tail -n 1)" -gt 2000000 ]
	}
	target=$PORT
	free_port
	mine=$PORT PORT=$target
	until_true lost
	signal udp TERM
	finish udp 143
	says udp.err 'warning: [0-9]+ datagrams were dropped, as a program did not'
}

@test "udp -l --pty: the program has a terminal" {
	serving --pty -c 'read -r x; tty; stty -echo; exec cat'
	hold_pipe in
	start client "$SOCKKIT" udp "$HOST" "$PORT" <in
	feed in $'x\n'
	until_true says client.out '/dev/pts/'
}

@test "udp -e: a client's program, and its status" {
	serving -k --echo
	run -3 sk udp -c 'echo hello; read -r x; echo "$x" >&2; exit 3' \
		"$HOST" "$PORT" </dev/null
	[[ $output == hello ]]
	run -127 sk udp -e /no/such/program "$HOST" "$PORT" </dev/null
}

@test "udp -e: programs inherit no socket" {
	serving -k -c 'ls -l /proc/self/fd; exec cat'
	hold_pipe in
	start one "$SOCKKIT" udp "$HOST" "$PORT" <in
	feed in x
	until_true says one.out 'pipe:'
	echo x | ask >two
	run ! grep -q socket: two
	[ "$(grep -c pipe: two)" -le 3 ]
}

@test "udp, unix: programs where none can be" {
	run -2 sk udp -l -e cat --echo 0 </dev/null
	run -2 sk udp -l -e cat -c cat 0 </dev/null
	run -2 sk udp -l -e "cat 'x" 0 </dev/null
	run -2 sk udp -l --pty 0 </dev/null
	run -2 sk udp -l --max-children 2 0 </dev/null
	run -2 sk unix -l -e cat --discard sock </dev/null
	run -2 sk unix -l --max-children 2 sock </dev/null
	run -2 sk unix -e cat --recv-fd sock </dev/null
	run -2 sk listen --recv-fd 0 </dev/null
}

# --- unix ---------------------------------------------------------------------

@test "unix -l -e: a program answers, all types; its status is ours" {
	for type in stream dgram seqpacket; do
		unix_serving "$type" -c 'read -r x; echo "$x $NCAT_PROTO"; exit 5'
		echo hello | unix_ask "$type" >out
		finish unix 5
		case $type in
		stream) content_is out 'hello STREAM' ;;
		*) content_is out "hello ${type^^}" ;;
		esac
	done
}

@test "unix -l -k -e: a program a client; a client's end is its end of input" {
	for type in stream seqpacket; do
		unix_serving "$type" -k -e 'wc -c'
		for n in 1 20 300; do
			head -c "$n" /dev/zero | unix_ask "$type" >out
			content_is out "$n"
		done
		until_true eval '[ "$(children_of unix)" -eq 0 ]'
		running unix
		stop unix
		rm sock
	done
}

@test "unix -l -e: 8 MiB pass through a program, nothing is lost" {
	"$PEER" pattern 8M >big
	for type in stream seqpacket; do
		unix_serving "$type" -e cat
		unix_ask "$type" <big >out
		finish unix
		same big out
	done
}

@test "unix -l -k --max-children: others wait their turn" {
	for type in stream seqpacket; do
		unix_serving "$type" -k --max-children 1 -c 'echo in; exec cat'
		hold_pipe in
		start first "$SOCKKIT" unix --type "$type" sock <in
		until_true content_is first.out in
		start second "$SOCKKIT" unix -v --type "$type" sock </dev/null
		until_true says second.err 'connected'
		[ "$(children_of unix)" -eq 1 ]
		size_is second.out 0
		end_pipe in
		finish first
		finish second
		content_is second.out in
		stop unix
		rm -f sock in
	done
}

@test "unix -e: a client's program, all types" {
	for type in stream dgram seqpacket; do
		unix_serving "$type" -k --echo
		run -4 sk unix --type "$type" -c \
			'echo hello; read -r x; echo "$x" >&2; exit 4' sock </dev/null
		[[ $output == hello ]]
		stop unix
		rm sock
	done
}

# --- descriptors for programs ---------------------------------------------------

# What a program says that was handed a file and a pipe.
HANDED='echo "$LISTEN_FDS $SOCKKIT_FDS $((LISTEN_PID == $$))"; cat <&3
	readlink /proc/self/fd/4; ls /proc/self/fd | wc -l; cat >/dev/null'

handed()
{
	says "$1" '^2 2 1$' && says "$1" '^content$' &&
		says "$1" '^pipe:' && [ "$(tail -n 1 "$1")" -le 6 ]
}

@test "unix -l --recv-fd -c: descriptors become its 3 and 4, all types" {
	echo content >file
	for type in stream dgram seqpacket; do
		idle=()
		[ "$type" != dgram ] || idle=(-i 500ms)
		unix_serving "$type" --recv-fd "${idle[@]}" -c "$HANDED"
		echo hello | unix_ask "$type" --send-fd file --send-fd 0 >out
		handed out
		finish unix
		content_is unix.err ""
	done
}

@test "unix -l -k --recv-fd: each program has its own, none is left with us" {
	echo content >file
	for type in stream dgram seqpacket; do
		unix_serving "$type" -k --recv-fd -i 1 -c "$HANDED"
		for _ in 1 2 3; do
			echo hello | unix_ask "$type" --send-fd file --send-fd 0 >out
			handed out
		done
		none() { ! find "/proc/${PIDS[unix]}/fd" -lname "$PWD/file" | grep .; }
		until_true none
		stop unix
		rm sock
	done
}

@test "unix -l --recv-fd -e: a client without any gets its program too" {
	for type in stream dgram seqpacket; do
		unix_serving "$type" --recv-fd -c \
			'read -r x; echo "$x:${LISTEN_FDS-none}"'
		echo hello | LISTEN_FDS=9 LISTEN_PID=1 unix_ask "$type" >out
		content_is out hello:none
		finish unix
	done
	unix_serving stream --recv-fd -c 'cat; echo end'
	unix_ask stream </dev/null >out
	content_is out end
	finish unix
}

@test "listen unix: --recv-fd: reported, or handed to the program" {
	echo content >file
	start listen "$SOCKKIT" listen -v --recv-fd unix:./sock </dev/null
	until_true bound listen ./sock
	echo hello | sk unix --send-fd file ./sock
	finish listen
	content_is listen.out hello
	says listen.err "received descriptor [0-9]+ \\($PWD/file\\)"
	start listen "$SOCKKIT" listen --recv-fd -c "$HANDED" unix:./sock \
		</dev/null
	until_true bound listen ./sock
	echo hello | sk unix --send-fd file --send-fd 0 ./sock >out
	handed out
	finish listen
}

@test "--recv-fd -e -m: those who have sent nothing yet count" {
	unix_serving stream -k -v -m 1 --recv-fd -e cat
	hold_pipe in
	start first "$SOCKKIT" unix sock <in
	until_true says unix.err 'connection from'
	run sk unix sock </dev/null
	until_true says unix.err 'refused: 1 are served already'
	feed in hi
	until_true content_is first.out hi
}

@test "--recv-fd -e: a client that sends nothing is sent away after -w" {
	start unix "$SOCKKIT" unix -l --recv-fd -w 4 -e cat sock </dev/null
	until_true bound unix sock
	hold_pipe in
	start silent "$SOCKKIT" unix sock <in
	finish unix 1
	says unix.err 'no byte came within 4 s'
}

@test "--recv-fd -e: as many as can travel at once" {
	unix_serving stream --recv-fd -c 'echo "$SOCKKIT_FDS"; ls /proc/self/fd |
		wc -l; readlink /proc/self/fd/255; cat >/dev/null'
	words=()
	for _ in {1..253}; do words+=(--send-fd /dev/zero); done
	echo x | unix_ask stream "${words[@]}" >out
	[ "$(tr '\n' ' ' <out)" = "253 257 /dev/zero " ]
	finish unix
}
