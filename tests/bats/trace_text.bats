#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit trace: the log of calls, held against strace's own line by line, and
# the options that shape it.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
bats_require_minimum_version 1.5.0
load helper

CALLS=$(dirname "$SOCKKIT")/tests/trace

# What differs from run to run: pids, addresses, ports, times; inodes, whose
# digits move a result; epoll's data, a number for strace from 6.13 on, and
# offsets, of which the newest have one pair of brackets. And what only strace
# knows of, as no socket is involved.
norm()
{
	sed -E 's/^[0-9]+ +//; s/0x[1-9a-f][0-9a-f]{11}\>/PTR/g
		s/htons\([0-9]{4,5}\)/htons(P)/g; s/pid=[0-9]+/pid=N/g
		s/sin_port="[^"]*"/sin_port=P/g; s/PTR\) +=/PTR) =/
		s/(socket|pipe):\[[0-9]+\]/\1:[I]/g
		s/\[([0-9]+) => ([0-9]+)\]/[\1] => [\2]/
		/:\[I\]| => \[/s/\) += /) = /
		s/data=0x1234567890\b/data={u32=878082192, u64=78187493520}/
		s/tv_([un]?)sec=[0-9]+/tv_\1sec=N/g
		s/sa_data="[^"]*"/sa_data=X/' "$1" |
		grep -Ev '^(exit_group|pipe2?|openat|close|getpid)\('
}

# same_as_strace PROGRAM [SED [OPTION...]]: what strace says, edited by SED
# where we say more, from the first socket on.
same_as_strace()
{
	local prog=$CALLS/$1 edit=${2:-}

	need strace
	shift $(($# < 2 ? $# : 2))
	strace -f "$@" -o strace.raw "$prog" || [ $? -eq 3 ]
	sk trace "$@" -o ours.raw "$prog" || [ $? -eq 3 ]
	sed -n '/ socket(/,$p' strace.raw >strace.part
	norm strace.part | sed -E "$edit" >strace.txt
	norm ours.raw >ours.txt
	[ "$(wc -l <ours.txt)" -gt 15 ]
	diff strace.txt ours.txt
}

# so_with OPTION...: the same of all programs; TCP_CONGESTION's value is a name.
so_with()
{
	local name=reno

	[ "$1" != -xx ] || name='\\x72\\x65\\x6e\\x6f'
	for prog in calls_addr calls_msg calls_opt calls_wait calls_fd; do
		same_as_strace $prog "s/\[1869505906\]/\"$name\"/" "$@"
	done
}

@test "addresses and sockets as strace prints them" {
	same_as_strace calls_addr
}

@test "messages, buffers and control messages as strace prints them" {
	same_as_strace calls_msg
}

@test "socket options as strace prints them, a name of 4 bytes as a name" {
	same_as_strace calls_opt 's/TCP_CONGESTION, \[[0-9]+\]/TCP_CONGESTION, "reno"/'
}

@test "poll, select and epoll as strace prints them" {
	same_as_strace calls_wait
}

@test "fcntl, ioctl, dup, sendfile, splice as strace prints them" {
	same_as_strace calls_fd
}

@test "-X raw and -X verbose as strace prints them" {
	so_with -X raw
	so_with -X verbose
}

@test "-x, -xx, -s and -v as strace prints them" {
	so_with -x
	so_with -xx
	so_with -s 5
	so_with -v
}

@test "-y as strace prints it, but for the files of tests" {
	so_with -y
}

@test "-e raw= and -e verbose=none as strace prints them" {
	so_with -e raw=all
	so_with -e verbose=none
}

# nl_norm FILE: netlink, without what no two runs have in common, nor the
# types that strace is too old for.
nl_norm()
{
	sed -E 's/^[0-9]+ +//
		s/nlmsg_(seq|pid)=-?[0-9]+/nlmsg_\1=N/g
		s/nl_pid=[0-9]+/nl_pid=N/g
		s/(stamp|valid|prefered)=[0-9]+/\1=N/g
		s/(IFLA_[A-Z0-9_]*\}|0x[0-9a-f]+ \/\* IFLA_\?\?\? \*\/\}), [^]]*\]/\1]/g
		s/IFA_PROTO\}, [^]]*\]/IFA_PROTO]/g
		s/(0x[0-9a-f]+ \/\* IFLA_\?\?\? \*\/)/NEW/g
		s/IFLA_(NETNS_IMMUTABLE|G[SR]O_IPV4_MAX_SIZE|DPLL_PIN)/NEW/g
		s/IFLA_(MAX_PACING_OFFLOAD_HORIZON|HEADROOM|TAILROOM)/NEW/g' "$1" |
		grep -v -e Process -e '+++'
}

@test "netlink messages and their attributes as strace prints them" {
	need strace
	need ip
	need_netns
	for what in "ip rule" "ip route show table all" "ip addr" "ss -xle" \
		"ss -tlnei"; do
		in_netns "
			strace -f -e trace=sendto,sendmsg,recvmsg \
				-o '$PWD/theirs' $what >/dev/null
			'$SOCKKIT' trace -e trace=sendto,sendmsg,recvmsg \
				-o '$PWD/ours' $what >/dev/null"
		nl_norm theirs >theirs.txt
		nl_norm ours >ours.txt
		[ -s ours.txt ]
		diff theirs.txt ours.txt
	done
	says ours 'idiag_states=1<<TCP_CLOSE\|1<<TCP_LISTEN, id=\{idiag_sport=htons\(0\)'
}

@test "results stand in column 40, or where -a says" {
	sk trace -e shutdown -o out "$CALLS/calls_addr" || [ $? -eq 3 ]
	says out '^[0-9]+ +shutdown\([0-9]+, 0x7 /\* SHUT_\?\?\? \*/\) +='
	[ "$(grep -m1 -bo ' = ' out | head -n 1 | cut -d: -f1)" -ge 39 ]
	sk trace -a 60 -e listen -o out "$CALLS/calls_addr" || [ $? -eq 3 ]
	[ "$(grep -m1 -o '^.* = ' out | wc -c)" -eq 63 ]
}

@test "-e trace= chooses calls" {
	sk trace -e trace=bind,/^get/ -e signal=none -qq -o out \
		"$CALLS/calls_addr" || [ $? -eq 3 ]
	says out 'bind\('
	says out 'getsockname\('
	says_not out '^[0-9]+ +(connect|socket|\+\+\+)'
	# A regex without its end, and a class without its sign, as strace has.
	sk trace -e trace=/^getsock -qq -o out "$CALLS/calls_addr" ||
		[ $? -eq 3 ]
	says out 'getsockname\('
	says_not out '(bind|connect)\('
	sk trace -e trace=network -o out "$CALLS/calls_fd" || [ $? -eq 3 ]
	says out 'bind\('
	says_not out '(fcntl|close)\('
}

@test "-e status=, -z and -Z choose by how calls end" {
	sk trace -z -e bind,connect -o out "$CALLS/calls_addr" || [ $? -eq 3 ]
	says out 'bind\(.* = 0'
	says_not out ' = -1 '
	sk trace -Z -e bind,connect -o out "$CALLS/calls_addr" || [ $? -eq 3 ]
	says out 'connect\(.* = -1 '
	says_not out ' = 0'
	sk trace -e status=failed -e connect -o out2 "$CALLS/calls_addr" ||
		[ $? -eq 3 ]
	[ "$(wc -l <out)" -eq "$(wc -l <out2)" ]
}

@test "-s, -x, -xx, -v, -X shape what is shown" {
	sk trace -s 3 -e send,sendto -o out "$CALLS/calls_msg" || [ $? -eq 3 ]
	says out '"aaa"\.\.\., 64'
	sk trace -s 100 -e sendto -o out "$CALLS/calls_msg" || [ $? -eq 3 ]
	says out '"a{64}", 64'
	sk trace -x -e sendto -o out "$CALLS/calls_msg" || [ $? -eq 3 ]
	says out '"\\x77\\x6f\\xff\\x72'
	says out '"a{32}"'
	sk trace -xx -e sendto -o out "$CALLS/calls_msg" || [ $? -eq 3 ]
	says out '"(\\x61){32}"'
	sk trace -X raw -e socket -o out "$CALLS/calls_opt" || [ $? -eq 3 ]
	says out 'socket\(0x2, 0x1, 0\) '
	sk trace -X verbose -e socket -o out "$CALLS/calls_opt" || [ $? -eq 3 ]
	says out 'socket\(0x2 /\* AF_INET \*/, 0x1 /\* SOCK_STREAM \*/, 0 /\* IPPROTO_IP \*/\) = [0-9]+'
}

@test "-e abbrev= and -e verbose= shape what single calls show" {
	need strace
	strace -f -e verbose=none -e trace=bind,getsockname -o theirs \
		"$CALLS/calls_addr" || [ $? -eq 3 ]
	sk trace -e verbose=none -e trace=bind,getsockname -o ours \
		"$CALLS/calls_addr" || [ $? -eq 3 ]
	for f in theirs ours; do
		sed -E 's/^[0-9]+ +//; s/0x[0-9a-f]{6,}/PTR/g; s/ += / = /' $f |
			grep -v +++ >$f.txt
	done
	[ -s ours.txt ]
	diff theirs.txt ours.txt
	sk trace -e verbose=bind -e trace=bind,getsockname -o ours \
		"$CALLS/calls_addr" || [ $? -eq 3 ]
	says ours 'bind\([0-9]+, \{sa_family='
	says ours 'getsockname\([0-9]+, 0x[0-9a-f]+, 0x[0-9a-f]+\)'
	sk trace -s 1 -e trace=sendmsg -o out "$CALLS/calls_msg" || [ $? -eq 3 ]
	says out 'iov_len=[0-9]+\}, \.\.\.\]'
	sk trace -s 1 -e abbrev=none -e trace=sendmsg -o out "$CALLS/calls_msg" ||
		[ $? -eq 3 ]
	says_not out 'iov_len=[0-9]+\}, \.\.\.\]'
}

@test "-t, -tt, -ttt, -r, -T show times" {
	sk trace -t -e bind -o out "$CALLS/calls_addr" || [ $? -eq 3 ]
	says out '^[0-9]+ +[0-9]{2}:[0-9]{2}:[0-9]{2} bind'
	sk trace -tt -e bind -o out "$CALLS/calls_addr" || [ $? -eq 3 ]
	says out '^[0-9]+ +[0-9:]{8}\.[0-9]{6} bind'
	sk trace -ttt -r -e bind -o out "$CALLS/calls_addr" || [ $? -eq 3 ]
	says out '^[0-9]+ +[0-9]{10}\.[0-9]{6} \(\+ +0\.[0-9]{6}\) bind'
	sk trace -T -e bind -o out "$CALLS/calls_addr" || [ $? -eq 3 ]
	says out ' = 0 <0\.[0-9]{6}>$'
}

@test "-r and -T tell how long it was" {
	sk trace -r -e trace=bind,getsockname -e inject=bind:delay_exit=60ms \
		-o out "$CALLS/calls_msg" || [ $? -eq 3 ]
	# The line after the one that was held back.
	[ "$(awk '/bind/ { getline; print ($2 >= 0.06) }' out)" = 1 ]
	# Before a call: as it seems to come from another thread.
	two
	sk trace -ttt -e trace=sendto,recvfrom \
		-e inject=sendto:delay_enter=60ms -o out python3 two.py
	[ "$(awk '/ sendto\(/ && !from { from = $2 }
		/recvfrom resumed/ { print ($2 - from >= 0.06) }' out)" = 1 ]
	sk trace -T -e poll -o out "$CALLS/calls_wait" || [ $? -eq 3 ]
	# A poll of a millisecond.
	says out ', 1, 1\) += 0 \(Timeout\) <0\.(00[1-9]|0[1-9]|[1-9])[0-9]+>$'
	TZ=UTC-5 sk trace -t -e bind -o out "$CALLS/calls_msg" || [ $? -eq 3 ]
	hour=$(awk '/bind/ { print substr($2, 1, 2) }' out)
	[ "$hour" = "$(TZ=UTC-5 date +%H)" ] ||
		[ "$hour" = "$(TZ=UTC-5 date -d '-1 minute' +%H)" ]
}

# One thread waits in recvfrom(2), and the other lets it wait; then a signal,
# and a child that exits with 3.
two()
{
	need python3
	cat >two.py <<-'EOF'
	import os, platform, signal, socket, sys, threading, time
	nr = {"x86_64": "45", "aarch64": "207"}[platform.machine()]
	a, b = socket.socketpair()
	tid = []
	def wait():
	    tid.append(threading.get_native_id())
	    b.recv(9)
	t = threading.Thread(target=wait, daemon=True)
	t.start()
	def waits():
	    if not tid:
	        return False
	    with open("/proc/self/task/%d/syscall" % tid[0]) as f:
	        return f.read().split()[0] == nr
	while not waits():
	    time.sleep(0.001)
	if len(sys.argv) > 1:
	    os._exit(5)
	a.send(b"go")
	t.join()
	os.kill(os.getpid(), signal.SIGWINCH)
	pid = os.fork()
	if not pid:
	    socket.socket()
	    os._exit(3)
	os.waitpid(pid, 0)
	EOF
}

@test "several speak: [pid N], <unfinished ...>, resumed, signals" {
	two
	sk trace python3 two.py 2>err
	says err '^\[pid +[0-9]+\] recvfrom\([0-9]+,  <unfinished \.\.\.>$'
	says err '^\[pid +[0-9]+\] <\.\.\. recvfrom resumed>"go", 9, 0, NULL, NULL\) = 2$'
	says err 'Process [0-9]+ attached$'
	says err '^\[pid +[0-9]+\] socket\(AF_INET'
	says err '^\[pid +[0-9]+\] \+\+\+ exited with 3 \+\+\+$'
	says err '^(\[pid +[0-9]+\] )?--- SIGWINCH \{si_signo=SIGWINCH, si_code=SI_USER, si_pid=[0-9]+, si_uid=[0-9]+\} ---$'
	says err '--- SIGCHLD \{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=[0-9]+, si_uid=[0-9]+, si_status=3, '
	says err '^\+\+\+ exited with 0 \+\+\+$'
	sk trace -q -e signal=chld python3 two.py 2>err
	says err '--- SIGCHLD'
	says_not err 'SIGWINCH|attached'
	sk trace -e 'signal=!CHLD' python3 two.py 2>err
	says err '--- SIGWINCH'
	says_not err '--- SIGCHLD'
}

@test "calls that never end, and who is let go, or replaced" {
	two
	run -5 sk trace -o out python3 two.py exits
	says out '(recvfrom\([0-9]+, |<\.\.\. recvfrom resumed>) <unfinished \.\.\.>\) += \?$'
	run -5 sk trace -e status=unfinished -o out python3 two.py exits
	says out 'recvfrom.* = \?$'
	says_not out ' = [0-9]'
	run -5 sk trace -e status=successful -o out python3 two.py exits
	says_not out 'recvfrom'
	sins=$(dirname "$SOCKKIT")/tests/trace/sins
	sk trace -qq -o out "$sins" exec-thread "$sins" pair >/dev/null
	says out '\+\+\+ superseded by execve in pid [0-9]+ \+\+\+$'
	sk trace -qqq -o out "$sins" exec-thread "$sins" pair >/dev/null
	says_not out 'superseded'
}

@test "-y and -yy label descriptors" {
	sk trace -y -e sendto -o out "$CALLS/calls_msg" || [ $? -eq 3 ]
	says out 'sendto\([0-9]+<socket:\[[0-9]+\]>, '
	sk trace -y -e sendfile -o out "$CALLS/calls_fd" || [ $? -eq 3 ]
	says out 'sendfile\([0-9]+<socket:\[[0-9]+\]>, [0-9]+</etc/passwd>, '
	sk trace -yy -e sendto -o out "$CALLS/calls_msg" || [ $? -eq 3 ]
	says out 'sendto\([0-9]+<UDP:\[127\.0\.0\.1:[0-9]+->127\.0\.0\.1:[0-9]+\]>, '
	# One that was parted from its peer has none.
	sk trace -yy -e connect,listen -o out "$CALLS/calls_addr" ||
		[ $? -eq 3 ]
	says out 'connect\([0-9]+<UDP:\[.*->127\.0\.0\.1:80\]>'
	says out 'listen\([0-9]+<UDP:\[[0-9]+\]>, -1\)'
}

@test "-yy: the other end of a unix socket, numbers of devices" {
	sk trace -yy -o out "$CALLS/sins" pair
	read -r one two < <(sed -En 's/.*socketpair\(.*:\[([0-9]+)->([0-9]+)\]>, .*/\1 \2/p' out)
	says out "socketpair\\(.*\\[$one->$two\\]>, [0-9]+<UNIX-STREAM:\\[$two->$one\\]>"
	# Whoever is not accepted has no number; then it has.
	sk trace -yy -o out "$CALLS/corners" unix-peer
	says out 'sendto\([0-9]+<UNIX-STREAM:\[[0-9]+->@"[0-9a-f]+"\]>, "early"'
	says out 'sendto\([0-9]+<UNIX-STREAM:\[[0-9]+->[0-9]+,->@"[0-9a-f]+"\]>, "late"'
	says out 'accept\(.*\) = [0-9]+<UNIX-STREAM:\[[0-9]+->[0-9]+,@"[0-9a-f]+"\]>'
	says out 'sendfile\([0-9]+<UNIX.*>, [0-9]+</dev/null<char 1:3>>, NULL, 1\)'
}

@test "-q and -qq leave out what is no call" {
	sk trace -o out "$CALLS/calls_opt" || [ $? -eq 3 ]
	says out '\+\+\+ exited with 3 \+\+\+'
	sk trace -qq -o out "$CALLS/calls_opt" || [ $? -eq 3 ]
	says_not out '\+\+\+'
}

@test "-e read= and -e write= dump what moved, as strace does" {
	need strace
	strace -f -e trace=sendto,recvfrom -e read=all -e write=all -o theirs \
		"$CALLS/calls_msg" || [ $? -eq 3 ]
	sk trace -e trace=sendto,recvfrom -e read=all -e write=all -o ours \
		"$CALLS/calls_msg" || [ $? -eq 3 ]
	grep '^ |' theirs >theirs.dump
	grep '^ |' ours >ours.dump
	[ -s ours.dump ]
	same theirs.dump ours.dump
	fd=$(sed -nE 's/.*recvfrom\(([0-9]+),.*/\1/p;T;q' ours)
	for what in read=$fd write=$fd read=999; do
		strace -f -e trace=sendto,recvfrom -e "$what" -o theirs \
			"$CALLS/calls_msg" || [ $? -eq 3 ]
		sk trace -e trace=sendto,recvfrom -e "$what" -o ours \
			"$CALLS/calls_msg" || [ $? -eq 3 ]
		grep '^ |' theirs >theirs.dump || true
		grep '^ |' ours >ours.dump || [ "$what" = read=999 ]
		same theirs.dump ours.dump
	done
}

@test "-e inject= makes calls fail, and says so" {
	sk trace -e trace=bind -e inject=bind:error=EADDRINUSE -o out \
		"$CALLS/calls_opt" || [ $? -eq 3 ]
	sk trace -e trace=bind -e inject=bind:error=EADDRINUSE -o out \
		"$CALLS/calls_addr" || [ $? -eq 3 ]
	says out 'bind\(.* = -1 EADDRINUSE \(Address already in use\) \(INJECTED\)'
	sk trace -e trace=setsockopt -e inject=setsockopt:error=5:when=2 \
		-o out "$CALLS/calls_opt" || [ $? -eq 3 ]
	[ "$(grep -c INJECTED out)" -eq 1 ]
	sed -n 2p out | grep -q EIO
	run -2 sk trace -e inject=bind:error=EIO:retval=3 true
	[[ $output == *"or the second result"* ]]
}

@test "-e inject= as strace does it: when=, retval=, signal=, delays" {
	need strace
	for what in error=EIO:when=2 error=5:when=3+ retval=7:when=1+2 \
		error=EIO:when=2..4 delay_enter=1 delay_exit=1:when=2 \
		error=EIO:delay_exit=1; do
		strace -f -e trace=setsockopt -e "inject=setsockopt:$what" \
			-o theirs "$CALLS/calls_opt" || [ $? -eq 3 ]
		sk trace -e trace=setsockopt -e "inject=setsockopt:$what" \
			-o ours "$CALLS/calls_opt" || [ $? -eq 3 ]
		norm theirs | grep -v TCP_CONGESTION >theirs.txt
		norm ours | grep -v TCP_CONGESTION >ours.txt
		[ -s ours.txt ]
		diff theirs.txt ours.txt
	done
	# The kernel does not run what has a result.
	sk trace -e trace=getsockname -e inject=bind,connect:retval=0 -o ours \
		"$CALLS/calls_msg" || [ $? -eq 3 ]
	says ours 'getsockname\([0-9]+, \{sa_family=AF_INET, sin_port=htons\(0\), sin_addr=inet_addr\("0\.0\.0\.0"\)'
	# Each thread counts for itself.
	sk trace -e trace=socket -e inject=socket:delay_exit=1:when=1 -o ours \
		"$CALLS/sins" fork
	[ "$(grep -c DELAYED ours)" -eq 2 ]
	run -138 sk trace -e inject=bind:signal=USR1 -o ours "$CALLS/calls_addr"
	says ours '^[0-9]+ +--- SIGUSR1 \{'
	says ours 'killed by SIGUSR1'
	sk trace --json -e inject=bind:delay_exit=1 -o ours \
		"$CALLS/calls_addr" || [ $? -eq 3 ]
	jq -se 'map(select(.delayed)) | length == 1' ours
}

@test "a bad -e shows where, with a caret" {
	run -2 sk trace -e trace=close,conect true
	[[ ${lines[0]} == *'-e trace=close,conect: no such call, did you mean connect?' ]]
	[ "${lines[1]}" = $'\ttrace=close,conect' ]
	[ "${lines[2]}" = $'\t            ^' ]
}
