#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit trace: what few programs do, and what a tracer gets wrong first.
# tests/trace/corners.c does it.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016
bats_require_minimum_version 1.5.0
load helper

setup()
{
	helper_setup
	CORNERS=$(dirname "$SOCKKIT")/tests/trace/corners
	SIN=$(dirname "$SOCKKIT")/tests/trace/sins
}

sleeps()
{
	grep -q '^State:[[:space:]]*S' "/proc/$1/status"
}

@test "a program finds its descriptors as it would without us" {
	sk trace -o log sh -c '(exec 3<&0) || echo closed' <&- >traced
	content_is traced closed
}

# --- who is followed ----------------------------------------------------------

@test "--no-follow leaves a child alone that ends without SIGCHLD" {
	sk trace -o log "$CORNERS" no-signal
	[ "$(grep -c 'socket(AF_INET' log)" -eq 2 ]
	sk trace --no-follow -o log "$CORNERS" no-signal
	[ "$(grep -c 'socket(AF_INET' log)" -eq 1 ]
	says log 'socket\(AF_INET, SOCK_STREAM'
}

@test "a thread that does not lead, in a process with sockets, execs" {
	for how in exec-thread exec-orphan; do
		sk trace -o log "$CORNERS" $how "$SIN" mixed
		says log 'superseded by execve in pid [0-9]+'
		# Both filters are still there, and we know it.
		says log 'write\([0-9]+, "to a socket", 11\) += 11'
		says log 'read\([0-9]+, "to a socket", 100\) += 11'
		says_not log 'to a file'
		[ "$(grep -c 'exited with 0' log)" -eq 1 ]
	done
}

@test "a leader that waits in a call when another thread execs" {
	sk trace -e trace=%network -o log "$CORNERS" exec-waiting \
		"$(type -P true)"
	says log 'accept.*\) += \?$'
	# The next line; and the new program's end is not taken for its own.
	[[ $(sed '1,/accept.*?$/d' log) == *'superseded by execve in pid '* ]]
	[ "$(grep -c '= ?' log)" -eq 1 ]
	sk trace --json -e trace=%network -o log "$CORNERS" exec-waiting \
		"$(type -P true)"
	[ "$(grep -c '"unfinished":"ended"' log)" -eq 1 ]
	says log '"call":"accept",.*"unfinished":"ended"'
	sk trace -e trace=%network -e status=successful -o log "$CORNERS" \
		exec-waiting "$(type -P true)"
	says_not log 'accept'
}

@test "a child that has got its sockets from its parent alone is seen" {
	hold_pipe in
	start program "$CORNERS" heir <in
	start trace "$SOCKKIT" trace -o log -e trace=write \
		-p "${PIDS[program]}" </dev/null
	until_true grep -q attached log
	until_true sleeps "${PIDS[program]}"
	feed in x
	finish program
	finish trace
	says log 'write\([0-9]+, "from a child", 12\) += 12$'
}

@test "whose leader was superseded can be let go" {
	hold_pipe in
	start program "$CORNERS" exec-told "$(type -P sleep)" 1000 <in
	# Beside one that has to stay, so that nothing else ends the trace.
	start trace "$SOCKKIT" trace -o log -p "${PIDS[program]}" \
		sleep 1000 </dev/null
	seized() { [ "$(cat "/proc/${PIDS[program]}/task"/*/status |
		grep -c '^TracerPid:.*[1-9]')" -eq 2 ]; }
	until_true seized
	feed in x
	until_true grep -q 'superseded by execve' log
	until_true pgrep -P "${PIDS[trace]}" >/dev/null
	tracer=$(pgrep -P "${PIDS[trace]}")
	until_true pgrep -P "$tracer" >/dev/null
	PIDS[child]=$(pgrep -P "$tracer")
	signal trace TERM
	finish trace 143
	until_true sleeps "${PIDS[program]}"
	stop program
	stop child
}

# --- calls that are cut short -----------------------------------------------------

@test "a sleep that goes on is not taken for a poll that was cut before" {
	sk trace -o log "$CORNERS" cut-sleep
	[ "$(grep -cE '^[0-9]+ +(poll\(|<... poll)' log)" -ge 1 ]
	[ "$(grep -c 'poll(' log)" -eq 1 ]
	[ "$(grep -cE '(poll\(|<... poll).*ERESTART_RESTARTBLOCK' log)" -eq 1 ]
}

# --- filters ----------------------------------------------------------------------

@test "filters of ours are not taken for the program's own" {
	sk trace -o log "$CORNERS" each-its-own
	[ "$(grep -c 'socket(AF_INET' log)" -eq 3 ]
	says_not log 'filters of its own'
}

@test "a filter that prctl(2) puts on is told of when it is" {
	sk trace -o log "$CORNERS" old-filter
	says log 'behind a filter'
	sed '/own: calls that/q' log >before
	says_not before 'behind a filter'
	[ "$(grep -c 'filters of its own' log)" -eq 1 ]
}

# --- what calls cost ----------------------------------------------------------

# stops OPTION...: how often a program is stopped in 100 calls: of a file, of
# a socket, and closing sockets. It sleeps once each time, which is counted by
# the kernel and has nothing to do with how long anything takes.
stops()
{
	sk trace -o log "$@" "$CORNERS" stops
}

@test "a call of a file has one stop, of a socket two" {
	"$CORNERS" stops >out
	read -r file socket closing <out
	[ "$file" -lt 20 ] && [ "$socket" -lt 20 ] && [ "$closing" -lt 20 ]
	stops >out
	read -r file socket closing <out
	[ "$file" -ge 100 ] && [ "$file" -lt 120 ]
	[ "$socket" -ge 200 ] && [ "$socket" -lt 220 ]
	[ "$closing" -ge 200 ] && [ "$closing" -lt 220 ]
}

@test "a close that no report tells of has one stop" {
	for how in --sockets --leaks; do
		# shellcheck disable=SC2086
		stops $how >out || [ $? -eq 3 ]
		read -r file socket closing <out
		[ "$closing" -ge 100 ] && [ "$closing" -lt 120 ]
	done
	# … and is one that it knows of, all the same.
	stops --sockets >out
	[ "$(grep -c ' closed .* UDP:' log)" -eq 100 ]
	for how in -c --json --advise --explain "--diagram text"; do
		# shellcheck disable=SC2086
		stops $how >out
		read -r file socket closing <out
		[ "$closing" -ge 200 ]
	done
}

@test "who shows calls of sockets alone has no stop at a close" {
	for how in "" -y -yy; do
		# shellcheck disable=SC2086
		stops -e trace=%network $how >out
		read -r file socket closing <out
		[ "$file" -lt 20 ] && [ "$closing" -lt 20 ]
		[ "$socket" -ge 200 ] && [ "$socket" -lt 220 ]
	done
	stops -e trace=%network,write -yy >out
	read -r file socket closing <out
	[ "$closing" -ge 100 ] && [ "$closing" -lt 120 ]
}

@test "labels say what a number means now, though its moves are not seen" {
	for how in %network all; do
		sk trace -e trace=$how -yy -o log "$CORNERS" moved
		grep -o 'shutdown(.*' log >said
		[ "$(wc -l <said)" -eq 5 ]
		sed -n 1p said | grep -E '[0-9]<UDP:\[127.0.0.1:[0-9]+\]>'
		sed -n 2p said | grep -E '\([0-9]+, SHUT_RD\) += -1 EBADF'
		sed -n 3p said | grep -E '\([0-9]+</dev/null<char 1:3>>, SHUT_RD\) += -1 ENOTSOCK'
		sed -n 4p said | grep -E '[0-9]<TCP:\[0.0.0.0:[0-9]+\]>'
		sed -n 5p said | grep -E '[0-9]<UDP:\[[0-9]+\]>'
	done
	# Of sendfile(2), those that a socket takes part in: its old place, and
	# a new one, where there had been files.
	sk trace -e trace=%network -o log "$CORNERS" moved
	grep 'sendfile(' log | sed 's/).*//; s/.*, //' >said
	content_is said $'1\n3'
	sk trace -e trace=%network -y -o log "$CORNERS" moved
	[ "$(grep -cE 'shutdown\([0-9]+<socket:\[[0-9]+\]>' log)" -eq 3 ]
}

# --- the lives of sockets -------------------------------------------------------

@test "--sockets: a connect that waits" {
	sk trace --sockets -o log "$CORNERS" full-queue
	[ "$(grep -c 'blocked in connect' log)" -ge 1 ]
	says log 'connected at [0-9.]+ in [0-9.]+ m?s, '
	says log ' blocked in connect [0-9.]+ m?s$'
}

@test "--sockets: a descriptor that was received is one from then on" {
	sk trace --sockets -o log "$CORNERS" received
	says log '^ +1 .* leaked .* UDP:'
	says log '^3 sockets, 3 at once at most, 0 open, 1 leaked'
	run -3 sk trace --leaks -o log "$CORNERS" received
}

# --- leaving --------------------------------------------------------------------

@test "-e status= has no word of what we leave, unless it is asked for" {
	start program "$SIN" serve port </dev/null
	read -r HOST PORT < <(addr port)
	start trace "$SOCKKIT" trace -o log -e status=successful \
		-p "${PIDS[program]}" </dev/null
	until_true grep -q attached log
	[ "$(echo hi | sk connect "$HOST" "$PORT")" = hi ]
	until_true grep -q 'close(' log
	until_true sleeps "${PIDS[program]}"	# in its next accept(2)
	signal trace TERM
	finish trace 143
	says log 'Process [0-9]+ detached$'
	says_not log '<detached'
}

# --- refusals -------------------------------------------------------------------

# scope N: attach to init without rights, where the kernel's Yama says N.
scope()
{
	unshare -m bash -ec '
		mount -t tmpfs none /proc/sys/kernel
		mkdir /proc/sys/kernel/yama
		echo "$1" >/proc/sys/kernel/yama/ptrace_scope
		exec timeout -k 1 "$3" setpriv --reuid=65534 --regid=65534 \
			--clear-groups "$2/sockkit" trace -p 1' \
		- "$1" "$DIR" "$PATIENCE"
}

@test "-p: what ptrace_scope forbids is said" {
	need setpriv
	[ "$(id -u)" -eq 0 ] || skip "needs root to change it"
	DIR=$(mktemp -d)
	chmod 755 "$DIR"
	cp "$SOCKKIT" "$DIR"
	run -1 scope 1
	[[ $output == *"process 1: Operation not permitted: only descendants may be traced here (kernel.yama.ptrace_scope is 1); be root or have CAP_SYS_PTRACE" ]]
	run -1 scope 0
	[[ $output == *"process 1: Operation not permitted: it is another user's or has more rights; be root or have CAP_SYS_PTRACE" ]]
	rm -r "$DIR"
}

@test "strace's long options: the same, or what they are here" {
	sk trace --follow-forks --output=log --summary-only \
		--summary-sort-by=name "$SIN" pair
	says log ' total$'
	sk trace --output=log --summary --string-limit=2 --columns=50 \
		--decode-fds "$SIN" mixed
	says log 'write\([0-9]+<socket:\[[0-9]+\]>, "to"\.\.\., 11\) +='
	says log ' total$'
	sk trace --output=log --trace socketpair,write --write=3 --status \
		successful --silent=exit --abbrev=none --verbose=all \
		--raw=socketpair --read=3 --signals=none "$SIN" pair
	says log 'socketpair\(0x1, '
	says_not log 'exited|read\('
	sk trace --output=log --fault=socketpair --inject \
		write:error=EPIPE "$SIN" pair || :
	says log 'socketpair.*= -1 ENOSYS .*INJECTED'
	for what in trace status signal inject fault abbrev verbose raw read \
		write trace-fds decode-fds; do
		run -2 --separate-stderr sk trace --$what=, true
		[[ $stderr == "sockkit trace: -e $what=,: "* ]]
	done
	run -2 sk trace --trace
	[[ $output == *"--trace needs a value"* ]]
	sk trace --output=log --output-separately "$SIN" pair
	says <(cat log.*) 'socketpair\('
	run -2 sk trace --output-separately true
	run -2 --separate-stderr sk trace -fP /dev/null true
	content_is <(echo "$stderr") \
		"sockkit trace: -P: unknown option: did you mean -e trace-fds=?"
	run -2 sk trace --no-such-thing true
	[[ $output == *"unknown option --no-such-thing; try"* ]]
}

@test "-U: columns of the counts, by strace's names; -w, -S, --seccomp-bpf" {
	sk trace -c -w --seccomp-bpf -o log -U name,calls,max_time,min-time \
		-S max-time "$SIN" pair
	says log '^syscall +calls  longest shortest$'
	says log '^-{16} -{9} -{8} -{8}$'
	says log '^total +[0-9]+ [0-9.]+ [0-9.]+$'
	# The longest stands first, and is that of all.
	[ "$(awk 'NR == 3 { print $3 }' log)" = "$(awk '/^total/ { print $3 }' log)" ]
	# The name comes last by itself, and unpadded.
	sk trace -C -o log -U calls "$SIN" pair
	says log '^    calls syscall$'
	says log '^ +[0-9]+ total$'
	says log '^[0-9]+ +socketpair\('
	run -2 sk trace -c -U calls,nosuch "$SIN" pair
	[[ $output == *"--summary-columns: 'nosuch' is not time-percent, "* ]]
	run -2 sk trace -c -U calls,count "$SIN" pair
	[[ $output == *"--summary-columns: count is there twice"* ]]
	run -2 sk trace -c -U , "$SIN" pair
	run -2 sk trace -U calls "$SIN" pair
	[[ $output == *"needs --summary-only or --summary"* ]]
}

@test "-A: adds to the file, and to those of -ff" {
	echo before >log
	sk trace -A -o log "$SIN" pair
	[ "$(head -n 1 log)" = before ]
	says log 'socketpair\('
	sk trace -o log "$SIN" pair
	says_not log before
	sk trace -ff -A -o many sh -c 'echo before >many.$$; exec "$1" pair' \
		- "$SIN"
	says <(cat many.*) '^before$'
	says <(cat many.*) 'socketpair\('
}

@test "a file of -o has no word of who is attached, unless it is asked for" {
	sk trace -f -o log sh -c '"$1" pair; :' - "$SIN"
	says_not log attached
	says log 'exited with'
	sk trace -f -e quiet=none -o log sh -c '"$1" pair; :' - "$SIN"
	says log 'Process [0-9]+ attached$'
	sk trace -f -o '|cat >log' sh -c '"$1" pair; :' - "$SIN"
	says log 'Process [0-9]+ attached$'
}

# --- what strace has besides ---------------------------------------------------

# numbers FILE: of calls and places, as of a line each.
places()
{
	sed -En 's/^[0-9]+ +(\[ *[0-9]+\] \[[0-9a-f]{16}\]) ([a-z]+)\(.*/\2 \1/p' "$1"
}

@test "-n and -i: the number of a call, and whence it is made" {
	need strace
	# Addresses that are the same in two runs.
	setarch -R strace -f -n -i -o theirs "$SIN" mixed
	setarch -R "$SOCKKIT" trace -n -i -o ours "$SIN" mixed
	places ours >a
	[ "$(wc -l <a)" -gt 3 ]
	places theirs | grep -Fxf a >b
	diff <(sort -u a) <(sort -u b)
	says ours '^[0-9]+ +\[ *[0-9]+\] \[\?{16}\] \+\+\+ exited with 0'
	sk trace --syscall-number --always-show-pid "$SIN" pair 2>log
	says log '^\[pid +[0-9]+\] \[ *[0-9]+\] socketpair\('
}

@test "--timestamps=, --relative-timestamps=, --syscall-times=: how precisely" {
	sk trace -o log --timestamps=unix,ns --relative-timestamps=ms \
		--syscall-times=ns "$SIN" pair
	says log '^[0-9]+ +[0-9]{10}\.[0-9]{9} \(\+ +[0-9]+\.[0-9]{3}\) socketpair\(.* <0\.[0-9]{9}>$'
	sk trace -o log --absolute-timestamps=precision:ms,format:time \
		--syscall-times=s "$SIN" pair
	says log '^[0-9]+ +[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3} socketpair\(.* <0>$'
	sk trace -o log -tt --timestamps=none "$SIN" pair
	says log '^[0-9]+ +socketpair\('
	run -2 sk trace --timestamps=day true
	[[ $output == *"not a format (none, time, unix) or a precision"* ]]
	run -2 sk trace --syscall-times=s,ms true
}

@test "-e trace-fds=: calls that take these descriptors" {
	sk trace -o log "$SIN" mixed
	fd=$(sed -En 's/.*write\(([0-9]+), "to a socket".*/\1/p' log)
	sk trace -o log -e trace-fds="$fd" "$SIN" mixed
	says log "write\\($fd, \"to a socket\""
	says_not log 'socketpair\('
	[ "$(grep -Ec '[a-z]\(' log)" -eq "$(grep -Ec "[a-z]\\(${fd}[,)]" log)" ]
	sk trace -o log --json -e fd="$fd" "$SIN" mixed
	jq -se "map(select(.type == \"call\")) | length > 0 and
		all(.args.fd.raw == $fd or .args.sockfd.raw == $fd)" log
	sk trace -o log -c -e trace-fds="!$fd" -e trace=write "$SIN" mixed
	says_not log ' write$'
}

@test "-e decode-fds=: what stands behind descriptors" {
	sk trace -o log -e decode-fds=socket "$SIN" mixed
	says log 'write\([0-9]+<UNIX-'
	says log 'read\([0-9]+<UNIX-'
	sk trace -o log --decode-fds=path "$SIN" mixed
	says log 'write\([0-9]+<socket:\['
	sk trace -o log -yy --decode-fds=none "$SIN" mixed
	says log 'write\([0-9]+, "to a socket"'
	run -2 sk trace --decode-fds=soket true
	[[ $output == *"no such detail of descriptors"* ]]
}

@test "trace-fds=, decode-fds=: of lists of descriptors" {
	need python3
	cat >waits.py <<-'END'
		import os, select, socket
		a, b = socket.socketpair()
		os.dup2(a.fileno(), 40)
		os.dup2(b.fileno(), 41)
		os.dup2(os.open("/dev/null", os.O_RDWR), 42)
		p = select.poll()
		p.register(41, select.POLLOUT)
		p.register(42, select.POLLOUT)
		p.poll()
		select.select([], [40], [])
	END
	calls=-etrace=poll,ppoll,select,pselect6
	sk trace -o log $calls -e trace-fds=42 python3 waits.py
	says log 'poll\('
	says_not log 'select'
	sk trace -o log $calls -e trace-fds=40 python3 waits.py
	says log 'select'
	says_not log 'poll\('
	sk trace -o log $calls -e trace-fds=39 python3 waits.py
	says_not log '\('
	sk trace -o log $calls -e decode-fds=socket python3 waits.py
	says log 'fd=41<UNIX-[^{]*\{fd=42,'
}

@test "-D, -DD, -DDD: where the tracer is" {
	for opts in -D -DD -DDD --daemonize=pgroup --daemonize=session; do
		# shellcheck disable=SC2016
		sk trace $opts -o log sh -c '
			t=$(sed -n "s/^TracerPid:[^0-9]*//p" /proc/$$/status)
			for p in $$ $t; do
				sed "s/.*) . //" /proc/$p/stat
			done' >stats
		# The parent, the process group, the session.
		read -r _ group session _ <stats
		read -r _ its_group its_session _ < <(tail -n 1 stats)
		case $opts in
		-D) [ "$its_group" -eq "$group" ] ;;
		-DD | *=pgroup) [ "$its_group" -ne "$group" ] ;;&
		-DD | *=pgroup) [ "$its_session" -eq "$session" ] ;;
		*) [ "$its_session" -ne "$session" ] ;;
		esac
	done
}

@test "-b execve: who execs is let go" {
	run -0 sk trace -b execve -o log sh -c '"$1" pair; exec "$1" pair' - \
		"$SIN"
	says_not log 'socketpair\('
	sk trace -b execve -o log "$SIN" pair
	says log 'socketpair\('
	run -2 sk trace -b clone "$SIN" pair
}

# ignores PID SIGNAL
ignores()
{
	local mask

	mask=$(sed -n 's/^SigIgn:[[:space:]]*//p' "/proc/$1/status")
	(((0x$mask >> ($2 - 1)) & 1))
}

@test "-I never: signals do not end the trace, nor stop it with never_tstp" {
	start never "$SOCKKIT" trace -I never_tstp -o log sh -c 'echo up >up
		while [ ! -e go ]; do sleep 0.1; done; exec "$1" pair' - \
		"$SIN" </dev/null
	front=${PIDS[never]}
	until_true test -e up
	until_true ignores "$front" 15
	ignores "$front" 20
	kill -TERM "$front"
	kill -INT "$front"
	touch go
	finish never 0
	says log 'socketpair\('
	says log 'exited with 0'
}
