#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit trace: running, attaching and leaving; what of the calls is seen;
# the lives of sockets. Real programs are trace_programs.bats; how arguments are decoded is
# test_decode.c and trace_text.bats.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016
bats_require_minimum_version 1.5.0
load helper

setup()
{
	helper_setup
	SIN=$(dirname "$SOCKKIT")/tests/trace/sins
}

# traced OPTION... -- PROG ARG...: trace in the foreground, the log in "log".
traced()
{
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	timeout -k 1 "$PATIENCE" "$SOCKKIT" trace -o log "${options[@]}" "$@" \
		3>&- 4>&-	# bats' own
}

# Is the process there, and no zombie?
alive()
{
	! is_zombie "$1"
}

gone()
{
	! alive "$1"
}

# tracer_of PID
tracer_of()
{
	sed -n 's/^TracerPid:[[:space:]]*//p' "/proc/$1/status"
}

# The server that a trace has started: "pid" holds its number, "port" its
# address.
serving()
{
	start trace "$SOCKKIT" trace -o log "$@" "$SIN" serve port pid </dev/null
	read -r HOST PORT < <(addr port)
	until_true test -s pid
	PROG=$(cat pid)
	PIDS[program]=$PROG
}

answers()
{
	[ "$(echo hi | sk connect "$HOST" "$PORT")" = hi ]
}

# --- running ------------------------------------------------------------------

@test "the exit status of the program is ours" {
	run -7 traced -- sh -c 'exit 7'
	run -0 traced -- true
}

@test "the fatal signal of the program is ours" {
	run -139 traced -- sh -c 'kill -SEGV $$'
	run -143 traced -- sh -c 'kill -TERM $$'
}

@test "no core of ours beside the program's" {
	ulimit -c unlimited
	run -139 traced -- sh -c 'ulimit -c 0; kill -SEGV $$'
	[ -z "$(find . -name 'core*')" ]
}

@test "a missing program: 127" {
	run -127 --separate-stderr traced -- /nonexistent/program
	[ "$stderr" = "sockkit trace: /nonexistent/program: No such file or directory" ]
}

@test "a program that cannot be run: 126" {
	echo text >plain
	run -126 --separate-stderr traced -- ./plain
	[ "$stderr" = "sockkit trace: ./plain: Permission denied" ]
}

@test "no program and no process: usage" {
	run -2 sk trace
	[[ $output == *"a program to run is needed"* ]]
}

@test "the first operand ends the options" {
	traced -- echo -p 1 >out
	content_is out "-p 1"
}

@test "output does not mix with the program's own" {
	traced -- "$SIN" pair >out 2>err
	content_is out "said by the program"
	content_is err ""
	says log '^[0-9]+ +socketpair\(AF_UNIX, SOCK_STREAM, 0, \[3, 4\]\) = 0'
}

@test "without -o the log goes to stderr" {
	sk trace "$SIN" pair >out 2>err
	content_is out "said by the program"
	says err '^socketpair\('
}

@test "-o '|CMD' pipes to a command, which sees it all" {
	sk trace -o '|cat >piped' "$SIN" pair
	says piped 'socketpair\('
	says piped 'exited with 0'
}

@test "-o to a place that cannot be written" {
	run -1 sk trace -o /nonexistent/log true
	[[ $output == *"/nonexistent/log: No such file or directory"* ]]
}

@test "-E sets and unsets variables of the program's environment" {
	export GONE=1
	traced -E SET=it -E GONE -- sh -c 'echo $SET ${GONE-unset}' >out
	content_is out "it unset"
	for none in '' =x; do
		run -2 sk trace -E "$none" true
		[ "$output" = "sockkit trace: -E $none: no variable is named" ]
	done
}

@test "-u runs as another user" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	traced -u nobody -- id -un >out
	content_is out nobody
	run -1 sk trace -u no-such-user true
	[[ $output == *"there is no such user"* ]]
}

@test "-D: the process becomes the program" {
	echo 'echo $$; exit 5' >script
	"$SOCKKIT" trace -D -o log sh script >out &
	pid=$! status=0
	wait "$pid" || status=$?
	[ "$status" -eq 5 ]
	content_is out "$pid"
}

@test "-D: a child of its own is no stranger to the program" {
	run -0 sk trace -D -o log sh -c 'wait; echo done'
	content_is <(echo "$output") "done"
	# Whose exec failed ends as a tracee, where no leak checker works.
	export ASAN_OPTIONS=detect_leaks=0
	run -127 --separate-stderr sk trace -D -o log /nonexistent/program
	content_is <(echo "$stderr") \
		"sockkit trace: /nonexistent/program: No such file or directory"
}

@test "a program whose stdin is a socket is watched from the start" {
	listening --recv-only
	"$SIN" stdin "$HOST" "$PORT" "$SOCKKIT" trace -o log "$SIN" hello
	finish listen
	says log 'write\(1, "hello'
	listening --recv-only
	"$SIN" stdin "$HOST" "$PORT" "$SOCKKIT" trace --sockets -o log \
		"$SIN" hello
	finish listen
	says log ' inherited +0 +0 +[0-9]+ +1 TCP:'
	says log '^1 sockets, 1 at once at most, 0 open, 0 leaked'
}

# --- what is seen -------------------------------------------------------------

@test "read, write and close are seen on sockets, and not on files" {
	traced -- "$SIN" mixed
	says log 'write\([0-9]+, "to a socket"'
	says log 'read\([0-9]+, "to a socket"'
	says_not log 'to a file'
	says log 'close\(3\)'
	says_not log 'close\(9\)'
}

@test "a program without sockets never stops" {
	traced -- sh -c 'echo a | cat >b'
	grep -v -e exited -e SIGCHLD -e attached log >rest || true
	content_is rest ""
}

@test "without any rights the same is seen" {
	local dir here

	need setpriv
	[ "$(id -u)" -eq 0 ] || skip "we have none to begin with"
	dir=$(mktemp -d) here=$PWD
	chmod 755 "$dir"
	cp "$SOCKKIT" "$SIN" "$dir"
	chmod 755 "$dir"/*
	cd "$dir"
	for how in --sockets -yy; do
		timeout -k 1 "$PATIENCE" setpriv --reuid=65534 --regid=65534 \
			--clear-groups ./sockkit trace $how ./sins talk \
			2>"$here/log"
		if [ $how = --sockets ]; then
			says "$here/log" '^3 sockets, 3 at once at most, 0 open, 0 leaked'
			says "$here/log" 'tcp: state .*bytes_acked 5 bytes'
		else
			says "$here/log" 'write\([0-9]+<TCP:\[127[^]]*->127[^]]*\]>, "abc", 3\)'
		fi
	done
	cd "$here"
	rm -r "$dir"
}

@test "who has more rights by a file loses them, and is told" {
	need setpriv
	[ "$(id -u)" -eq 0 ] || skip "needs root to make one"
	dir=$(mktemp -d)
	chmod 755 "$dir"
	cp "$SOCKKIT" "$dir/sockkit"
	cp "$SIN" "$dir/suid"
	cp "$SIN" "$dir/sgid"
	cp "$SIN" "$dir/none"
	cp "$SIN" "$dir/caps"
	chmod 755 "$dir"/*
	chmod 4755 "$dir/suid"
	chmod 2755 "$dir/sgid"
	setcap cap_net_raw+ep "$dir/caps" || rm "$dir/caps"
	for prog in suid sgid none caps; do
		[ -x "$dir/$prog" ] || continue
		(cd "$dir" && PATH=/nowhere:$dir:$PATH timeout -k 1 "$PATIENCE" \
			setpriv --reuid=65534 --regid=65534 --clear-groups \
			./sockkit trace $prog pair) >out 2>"$prog.err"
		content_is out "said by the program"
	done
	says suid.err "warning: $dir/suid is set-user-ID: traced, it runs without these rights \(root can"
	says sgid.err "warning: $dir/sgid is set-group-ID: "
	says_not none.err 'rights'
	[ ! -x "$dir/caps" ] || says caps.err "warning: $dir/caps has capabilities of its own: "
	# Root has nothing to lose; -u gives what the file gives.
	PATH=$dir:$PATH run -0 sk trace -u nobody sh -c 'suid pair'
	[[ $output != *"these rights"* ]]
	rm -r "$dir"
}

@test "-yy in a network namespace that is not ours" {
	local map=()

	need ip
	[ "$(id -u)" -eq 0 ] || map=(--user --map-root-user)
	unshare "${map[@]}" -n true || skip "no network namespaces here"
	traced -yy -- unshare "${map[@]}" -n \
		sh -c 'ip link set lo up && exec "$0" talk' "$SIN"
	says log 'connect\([0-9]+<TCP:\[[0-9]+\]>'
	says log 'write\([0-9]+<TCP:\[127\.0\.0\.1:[0-9]+->127\.0\.0\.1:[0-9]+\]>, "abc"'
}

@test "plain stops see the same" {
	traced -- "$SIN" mixed
	sed 's/^[0-9]* *//' log >with
	traced --no-seccomp -- "$SIN" mixed
	sed 's/^[0-9]* *//' log >without
	diff <(grep -v 'write(4' with) <(grep -v 'write(4' without)
}

# filters_of PID
filters_of()
{
	sed -n 's/^Seccomp_filters:[[:space:]]*//p' "/proc/$1/status"
}

@test "-e trace= stops a program at what it needs, no more" {
	local mine

	mine=$(filters_of $$)
	serving
	[ "$(filters_of "$PROG")" -eq $((mine + 2)) ]
	kill -KILL "$PROG"
	until_true gone "$PROG"
	rm -f port pid
	serving -e trace=accept,accept4,recvfrom
	[ "$(filters_of "$PROG")" -eq $((mine + 1)) ]
	answers
	until_true grep -q 'accept' log
	says_not log '^[0-9]+ +(read|write|close)\('
	traced -c -e trace=connect -- "$SIN" talk
	says log ' connect$'
	says_not log ' socket$'
}

@test "children and threads are followed, --no-follow leaves children alone" {
	traced -- "$SIN" fork
	[ "$(grep -c 'socket(AF_INET' log)" -eq 2 ]
	traced --no-follow -- "$SIN" fork
	[ "$(grep -c 'socket(AF_INET' log)" -eq 1 ]
	traced --no-follow -- "$SIN" threads 3
	[ "$(grep -c 'socket(AF_INET' log)" -eq 3 ]
}

@test "-ff: a file for each process" {
	traced -ff -- "$SIN" fork
	[ "$(find . -name 'log.*' | wc -l)" -eq 2 ]
	for f in log.*; do
		[ "$(grep -c '^socket(AF_INET' "$f")" -eq 1 ]
	done
	run -2 sk trace -ff true
}

@test "vfork, clone3, and exec by a thread that does not lead" {
	for how in vfork clone3 thread; do
		rm -f log
		traced -- "$SIN" exec-$how "$SIN" pair >out
		content_is out "said by the program"
		says log 'socketpair\('
	done
}

@test "200 threads" {
	traced --sockets -- "$SIN" threads 200
	says log '^200 sockets, .* 0 open, 0 leaked'
}

@test "1000 forks" {
	# With sanitizers each has to copy the tables of much memory.
	PATIENCE=120
	traced --sockets -- "$SIN" forks 1000
	says log '^1 sockets, 1 at once at most, 0 open, 0 leaked'
}

@test "a storm of execs" {
	traced --sockets -- sh -c 'i=0; while [ $i -lt 200 ]; do
		/bin/true; i=$((i + 1)); done; exec "$0" pair' "$SIN"
	says log '^2 sockets'
}

@test "group-stops: a stopped program is stopped, and goes on" {
	start trace "$SOCKKIT" trace -o log sh -c 'echo $$ >pid; kill -STOP $$
		"$0" pair' "$SIN" </dev/null
	until_true test -s pid
	pid=$(cat pid)
	until_true grep -q "^State:.*[Tt] (" "/proc/$pid/status"
	until_true grep -q 'stopped by SIGSTOP' log
	kill -CONT "$pid"
	finish trace
	says log 'socketpair\('
}

@test "a filter of the program's own is none of our business" {
	traced -- "$SIN" own-filter
	says log 'socket\(AF_INET.*\) = 3'
	says log 'write\(4, "behind a filter"'
	says log 'has seccomp filters of its own: calls that they refuse are not seen'
	# Said when it is put on, not at the end.
	sed '/own: calls that/q' log >before
	says_not before 'behind a filter'
	[ "$(grep -c 'filters of its own' log)" -eq 1 ]
	traced -- "$SIN" mixed
	says_not log 'seccomp'
}

@test "a poll that a signal cuts short and the kernel restarts" {
	traced -- "$SIN" cut-short
	says log '(poll\(|poll resumed).*ERESTART_RESTARTBLOCK'
	says log '(poll\(|poll resumed).* = 1 \('
}

@test "programs in a process namespace of their own" {
	local map=()

	[ "$(id -u)" -eq 0 ] || map=(--user --map-root-user)
	unshare "${map[@]}" -fp true || skip "no process namespaces here"
	traced --sockets -- unshare "${map[@]}" -fp "$SIN" fork
	says log '^2 sockets, .* 0 open, 0 leaked'
}

@test "calls as i386 makes them: socketcall, select with one argument" {
	local status=0

	traced -- "${SIN%sins}abis" i386 || status=$?
	[ "$status" -ne 77 ] || skip "no i386 calls here"
	says log 'socketpair\(AF_UNIX, SOCK_STREAM, 0, \[[0-9]+, [0-9]+\]\) = 0'
	says log 'send\([0-9]+, "hello", 5, 0\) += 5'
	says log 'select\([0-9]+, \[[0-9]+\], NULL, NULL, \{tv_sec=5, tv_usec=0\}\) = 1 \(in \[[0-9]+\], left \{tv_sec='
	says log 'read\([0-9]+, "hello", 20\) += 5'
	says log 'close\([0-9]+\) += 0'
	says log 'socket\(AF_INET, SOCK_DGRAM, IPPROTO_IP\) += [0-9]+'
}

@test "calls as x32 makes them, whether the kernel knows them or not" {
	traced -- "${SIN%sins}abis" x32 || true
	[ "$(uname -m)" = x86_64 ] || skip "x86_64 alone has them"
	says log 'socket\(AF_INET, SOCK_DGRAM, IPPROTO_IP\) += (-1 ENOSYS|[0-9]+)'
}

@test "32-bit programs" {
	local src=$BATS_TEST_DIRNAME/../..

	# The headers of the machine serve both.
	for cc in gcc clang; do
		$cc -m32 -w -D_GNU_SOURCE -idirafter \
			/usr/include/x86_64-linux-gnu \
			-include "$src/src/base/banned.h" \
			"$src/tests/trace/sins.c" -o sins32 -lpthread && break
	done || true
	[ -x sins32 ] || skip "no 32-bit compiler here"
	traced -- ./sins32 mixed
	says log 'write\([0-9]+, "to a socket"'
	says_not log 'to a file'
}

# --- attaching and leaving ------------------------------------------------------

@test "-p: attach to all threads, and let go at SIGTERM" {
	start program "$SIN" serve port pid </dev/null
	read -r HOST PORT < <(addr port)
	start trace "$SOCKKIT" trace -o log -p "${PIDS[program]}" </dev/null
	until_true grep -q 'accept' log
	answers
	until_true grep -q 'write(.*"hi' log
	signal trace TERM
	finish trace 143
	says log '<detached \.\.\.>$'
	says log 'Process [0-9]+ detached$'
	[ "$(tracer_of "${PIDS[program]}")" -eq 0 ]
	answers
}

@test "-p: who only polls and reads is seen, in every thread" {
	start program "$SIN" pollers pid </dev/null
	until_true test -s pid
	start trace "$SOCKKIT" trace -o log -p "${PIDS[program]}" </dev/null
	until_true grep -q 'poll(' log
	until_true eval \
		'[ "$(sed -n "s/ *poll(.*//p" log | sort -u | wc -l)" -eq 3 ]'
	signal trace INT
	finish trace 130
	running program
}

# What it waits in is poll(2).
polls()
{
	local nr

	read -r nr _ <"/proc/$1/syscall" && [ "$nr" = 7 ]
}

@test "-p: a poll that was under way goes on" {
	need python3
	[ "$(uname -m)" = x86_64 ] || skip "numbers of x86_64"
	start program python3 -c 'import select, socket
l = socket.socket()
l.bind(("127.0.0.1", 0))
l.listen(1)
p = select.poll()
p.register(l)
print(*l.getsockname(), flush=True)
p.poll()
l.accept()'
	until_true test -s program.out
	read -r HOST PORT <program.out
	until_true polls "${PIDS[program]}"
	start trace "$SOCKKIT" trace -o log -p "${PIDS[program]}" </dev/null
	until_true grep -q 'poll(' log
	says log 'poll\(\[\{fd=[0-9]+, events=POLLIN\|POLLPRI\|POLLOUT\}\], 1, -1'
	sk connect "$HOST" "$PORT" </dev/null
	finish program
	finish trace
	says log 'poll(\(| resumed).* = 1 \(\[\{fd=[0-9]+, revents=POLLIN\}\]\)'
}

@test "-p: refusals say why" {
	run -1 sk trace -p 1073741823
	[[ $output == *"process 1073741823: there is none"* ]]
	run -2 sk trace -p 12x
	[[ $output == *"'12x' is no process number"* ]]
	need python3
	# Nobody asks for its status until its parent's input ends.
	mkfifo hold
	start parent python3 -c 'import os, sys
pid = os.fork()
if not pid:
    os._exit(0)
print(pid, flush=True)
open("hold").read()'
	until_true test -s parent.out
	zombie=$(cat parent.out)
	until_true is_zombie "$zombie"
	run -1 sk trace -p "$zombie"
	[[ $output == *"process $zombie has ended, and waits for its parent"* ]]
	: >hold
	finish parent
	[ "$(id -u)" -eq 0 ] || {
		run -1 sk trace -p 1
		[[ $output == *"be root or have CAP_SYS_PTRACE"* ]]
	}
}

@test "two tracers: the second is told of the first" {
	run -1 traced -- "$SOCKKIT" trace true
	[[ $output == *"is traced already, by "*"(sockkit)"* ]]
}

@test "SIGTERM and ^C end the trace, the program goes on serving" {
	for sig in TERM INT; do
		rm -f port pid
		serving --sockets
		answers
		signal trace $sig
		finish trace $((128 + $(kill -l $sig)))
		alive "$PROG"
		answers
		says log 'accepted by socket 1'
		kill -KILL "$PROG"
		until_true gone "$PROG"
	done
}

@test "kill -9 in front: the program goes on" {
	serving --sockets
	signal trace KILL
	finish trace 137
	answers
	alive "$PROG"
}

@test "kill -9 of the tracer: the program ends with it" {
	serving --sockets
	kill -KILL "$(tracer_of "$PROG")"
	finish trace 1
	until_true gone "$PROG"
}

@test "--no-seccomp: left alone altogether" {
	serving --no-seccomp
	signal trace TERM
	finish trace 143
	[ "$(tracer_of "$PROG")" -eq 0 ]
	answers
}

@test "SIGUSR1 shows the sockets as they stand" {
	serving --sockets
	signal trace USR1
	until_true grep -q 'listens with a backlog of 5' log
	answers
}

# --- the life of sockets ----------------------------------------------------------

@test "--sockets: one connection from both sides" {
	traced --sockets -- "$SIN" talk
	says log '^ +1 +[0-9]+ sins +3 .* closed +0 +1 +0 +0 TCP:\[127.0.0.1:[0-9]+\]$'
	says log 'bound at .*, listens with a backlog of 7'
	says log '^ +2 .* shutdown +5 +1 +6 +2 TCP:\[127.0.0.1:[0-9]+->127.0.0.1:[0-9]+\]$'
	says log 'made, connected at .* in .*s, shut down for sending'
	says log 'options: tcp_nodelay=1'
	says log '^ +3 .* closed +6 +[0-9]+ +5 +1 TCP:'
	says log 'accepted by socket 1'
	says log 'tcp: state .*, rtt [0-9]+ us.*total_retrans 0 packets.*bytes_acked'
	says log '^3 sockets, 3 at once at most, 0 open, 0 leaked'
}

@test "--sockets: what counts: bytes, and the time that calls wait" {
	need python3
	traced --sockets -- python3 -c '
import socket, struct
def limit(s, what):
    s.setsockopt(socket.SOL_SOCKET, what, struct.pack("ll", 0, 20000))
def fails(call, *args):
    try:
        while call(*args):
            pass
    except BlockingIOError:
        pass
l = socket.socket()
l.listen(1)
limit(l, socket.SO_RCVTIMEO)
fails(l.accept)
a, b = socket.socketpair()
limit(a, socket.SO_SNDTIMEO)
limit(b, socket.SO_RCVTIMEO)
fails(b.recv, 1)
fails(a.send, b"x" * 100000)'
	says log 'blocked in accept [0-9.]+ m?s, 1 EAGAIN'
	says log 'blocked in receiving [0-9.]+ m?s, 1 EAGAIN'
	says log 'blocked in sending [0-9.]+ m?s, 1 EAGAIN'
	traced --sockets -- python3 -c '
import os, socket
a, b = socket.socketpair()
a.send(b"x" * 10)
b.recv(10, socket.MSG_PEEK)
b.recv(4)
f = os.open("/proc/self/exe", os.O_RDONLY)
os.sendfile(a.fileno(), f, 0, 20)
r, w = os.pipe()
os.splice(b.fileno(), w, 5)'
	says log ' 0 +0 +30 +2 UNIX-STREAM:'
	says log ' 9 +3 +0 +0 UNIX-STREAM:'
}

@test "--sockets: dup, fork and SCM_RIGHTS keep one row" {
	traced --sockets -- "$SIN" copies
	says log '^3 sockets'
	grep ' UDP:' log >row
	one_line row 'closed'
}

@test "--sockets: ends" {
	traced --sockets -- "$SIN" ends
	says log ' shutdown .* TCP:'
	says log ' reset .* TCP:'
	says log ' leaked .* UDP:'
}

@test "--sockets: a connect that does not wait" {
	traced --sockets -- "$SIN" later
	says log 'made, connected at .* in .*, non-blocking'
}

@test "--sockets: those that ended long ago are added up" {
	traced --sockets -- "$SIN" many 1200
	says log '^and 200 before these'
	says log '^1200 sockets, 1 at once at most, 0 open, 0 leaked'
}

@test "--leaks: 3 and a list, or the program's status" {
	run -3 traced --leaks -- "$SIN" ends
	says log ' leaked .* UDP:'
	says_not log ' shutdown '
	run -0 traced --leaks -- "$SIN" talk
	[ ! -s log ]
}

@test "--leaks: sockets of a running program that become more and more" {
	start trace "$SOCKKIT" trace -o log --leaks "$SIN" hoard made </dev/null
	until_true test -s made
	PIDS[program]=$(cat made)
	signal trace TERM
	finish trace 3
	says log '^sins\[[0-9]+\]: 80 sockets \(AF_INET SOCK_DGRAM\) are open and become more and more; [0-9]+ of them were not used since half of 80 were made$'
	says log '^ +2 +[0-9]+ sins .* open .* UDP:'
	kill -KILL "${PIDS[program]}"
	rm made
	start trace "$SOCKKIT" trace -o log --leaks "$SIN" pool made </dev/null
	until_true test -s made
	PIDS[program]=$(cat made)
	signal trace TERM
	finish trace 143
	[ ! -s log ]
}

@test "-k: where calls and sockets were made" {
	sk --version | grep -q '[+]dw' || skip "built without libdw"
	traced -k -- "$SIN" pair
	says log '^ > .*/sins\(do_pair\+0x[0-9a-f]+\) \[0x[0-9a-f]+\]$'
	run -3 traced -k --leaks -- "$SIN" ends
	says log '^ +> .*/sins\(do_ends\+0x'
}

@test "-k without libdw says so" {
	! sk --version | grep -q '[+]dw' || skip "built with libdw"
	run -2 sk trace -k true
	[[ $output == *"built without libdw"* ]]
}

@test "-c counts calls, -C prints them too, -S sorts" {
	traced -c -- "$SIN" talk
	says log '^% time +seconds +usecs/call +calls +errors syscall'
	says log ' 2 +socket$'
	says log ' total$'
	says_not log 'socket\('
	traced -C -S name -- "$SIN" talk
	says log 'socket\('
	grep -E '^ *[0-9.]+ +[0-9.]+ +[0-9]+ ' log | awk '$NF != "total" {
		print $NF }' >names
	LC_ALL=C sort -c names
	run -2 sk trace -S name true
	# Columns that each order begins with its largest of.
	calls=$(dirname "$SOCKKIT")/tests/trace/calls_wait
	for order in time=8 calls=32 errors=42; do
		sk trace -c -S "${order%=*}" -o log "$calls" || [ $? -eq 3 ]
		head -n -2 log | tail -n +3 | cut -c "${order#*=}-" |
			awk '{ print (NF > 1 ? $1 : 0) + 0 }' >column
		[ "$(uniq <column | wc -l)" -gt 1 ]
		sort -c -g -r column
	done
	# One of its polls waits for a millisecond.
	awk '$NF == "poll" && $2 >= 0.001' log >slow
	one_line slow ' 3 +poll$'
}
