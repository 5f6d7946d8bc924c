#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit stat where a machine shows little, and with input that is none. What
# cannot be seen is said, and never taken for what is not there.

# shellcheck disable=SC2154 # stderr
# shellcheck disable=SC2016 # scripts for in_netns are in single quotes
bats_require_minimum_version 1.5.0
load helper

# A namespace with a listener of ours at 127.0.0.1 $p, then SCRIPT.
listener()
{
	need_netns
	in_netns '
	"$SOCKKIT" listen -k --port-file port 127.0.0.1 0 </dev/null 2>/dev/null & server=$!
	until [ -s port ]; do sleep 0.02; done
	read -r h p <port
	nobody() { setpriv --reuid 65534 --clear-groups --bounding-set -all \
		--inh-caps -all "$@"; }
	# What a sanitizer reads there is left: its options, and whose they are.
	# It cannot look for leaks without the rest.
	hide_proc() {
		mount -t tmpfs none /proc && mkdir /proc/self
		printf "ASAN_OPTIONS=detect_leaks=0\0" >/proc/self/environ
		ln -s "$SOCKKIT" /proc/self/exe
	}
	export -f hide_proc
	'"$1"
}

need_root()
{
	[ "$(id -u)" -eq 0 ] || skip "needs root to drop what it has"
	need setpriv
}

# without_netlink CMD...: netlink sockets are refused, as a sandbox does it.
without_netlink()
{
	need python3
	cat >sandbox.py <<-'PY'
	import ctypes, os, struct, sys
	nr = {'x86_64': 41, 'aarch64': 198}.get(os.uname().machine)
	if nr is None: sys.exit(77)
	code = b''.join(struct.pack('HBBI', *i) for i in (
	    (0x20, 0, 0, 0), (0x15, 0, 3, nr),      # the call is socket()
	    (0x20, 0, 0, 16), (0x15, 0, 1, 16),     # its family AF_NETLINK
	    (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7fff0000)))
	text = ctypes.create_string_buffer(code)
	prog = struct.pack('HxxxxxxQ', 6, ctypes.addressof(text))
	libc = ctypes.CDLL(None, use_errno=True)
	if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, prog): sys.exit(77)
	os.execv(sys.argv[1], sys.argv[1:])
	PY
}

@test "no /proc: sockets are listed, and that their owners are not known" {
	listener '
	echo $server >pid
	unshare -m bash -ec "hide_proc
		\"$SOCKKIT\" stat -tlnp >out 2>err
		\"$SOCKKIT\" stat -tln >plain 2>plain.err
		\"$SOCKKIT\" stat -tln pid = $server >mine 2>mine.err
		\"$SOCKKIT\" stat -s >summary 2>&1 || echo \$? >status"'
	says out '127\.0\.0\.1:[0-9]+ .*\(not ours to see\)'
	says err 'warning: /proc shows no process, .*: no owner can be told'
	says plain '127\.0\.0\.1:[0-9]+ '
	says_not plain.err owner
	says mine.err 'no owner can be told'
	says summary '^sockkit stat: /proc/net: no counters: No such file'
	content_is status 1
}

@test "a user namespace: a process of another one is not ours to see" {
	listener '
	unshare -Ur "$SOCKKIT" stat -tlnp >out 2>err || exit 77' || {
		[ $? -eq 77 ] && skip "no user namespaces here"
		false
	}
	says out '127\.0\.0\.1:[0-9]+ .*\(not ours to see\)'
	says err 'the descriptors of [1-9][0-9]* process(es)? are not ours to see'
}

@test "hidepid: the same, and root sees all" {
	need_root
	listener '
	mount -t proc -o hidepid=2 proc /proc
	"$SOCKKIT" stat -tlnp >root 2>root.err
	nobody "$SOCKKIT" stat -tlnp >out 2>err'
	says root 'users:\(\("sockkit",pid=[0-9]+,fd=[0-9]+\)\)'
	content_is root.err ""
	says out '\(not ours to see\)'
	says err 'not ours to see: owners may be missing'
}

@test "a cgroup has its path without privilege, too" {
	need_root
	listener '
	"$SOCKKIT" stat -tlnHO --cgroup "sport = $p" >root
	nobody "$SOCKKIT" stat -tlnHO --cgroup "sport = $p" >out'
	says root ' cgroup:'
	same root out
}

@test "--netns all without privilege: our own, and that there may be more" {
	need_root
	listener '
	nobody "$SOCKKIT" stat --netns all -tln >out 2>err'
	says out '^\(here\) +LISTEN .*127\.0\.0\.1:'
	says err 'warning: the network namespace of [1-9][0-9]* process(es)? is not ours to see'
	says_not err '\(here\)'
}

@test "--netns all: a hundred of them, each once, and back home" {
	listener '
	command -v ip >/dev/null || exit 77
	mount -t tmpfs none /run && mkdir -p /run/netns || exit 77
	for i in {1..100}; do ip netns add "n$i" || exit 77; done
	"$SOCKKIT" stat --netns all -a --netlink --count-by netns >out
	"$SOCKKIT" stat --netns all -tln >tcp' || {
		[ $? -eq 77 ] && skip "no namespaces with names here"
		false
	}
	[ "$(grep -c ' n[0-9]*$' out)" -eq 100 ]
	[ -z "$(awk '{ print $2 }' out | sort | uniq -d)" ]
	says tcp '^\(here\) +LISTEN'
}

@test "no netlink, as in a sandbox: /proc instead, or a reason and status 1" {
	without_netlink
	listener '
	python3 sandbox.py /bin/true || exit 77
	sk() { python3 sandbox.py "$SOCKKIT" stat "$@"; }
	sk -tln >out 2>err
	"$SOCKKIT" stat -tln --source proc >want
	sk --vsock >vsock 2>vsock.err || echo $? >status
	sk -K -tln "sport = $p" --yes >kill 2>kill.err || echo $? >>status
	hide_proc
	sk --openmetrics >metrics 2>metrics.err || echo $? >>status' || {
		[ $? -eq 77 ] && skip "no seccomp here"
		false
	}
	same out want
	says out 'LISTEN .*127\.0\.0\.1:'
	says vsock.err '^sockkit stat: warning: vsock.*: only netlink lists these, and it cannot be had: Operation not permitted'
	says kill.err 'not closed: '
	says metrics.err '^sockkit stat: '
	[ "$(tr '\n' ' ' <status)" = "1 1 1 " ]
}

@test "-K without privilege: what could not be closed, and status 1" {
	need_root
	listener '
	nobody "$SOCKKIT" stat -K -tln --yes "sport = $p" >out 2>err </dev/null || echo $? >status
	"$SOCKKIT" stat -tlnH "sport = $p" >still'
	says err '^sockkit stat: tcp 127\.0\.0\.1:[0-9]+ -> 0\.0\.0\.0:\*: not closed: Operation not permitted'
	says err '1 of 1 sockets not closed'
	content_is status 1
	says still LISTEN
}

@test "-K: a connection, and a listener that is bound to a device" {
	need python3
	listener '
	mkfifo gate
	python3 -c "
import socket as s, sys
l = s.socket(); l.setsockopt(s.SOL_SOCKET, s.SO_BINDTODEVICE, b\"lo\")
l.bind((\"127.0.0.2\", 0)); l.listen(1)
c = s.create_connection((\"127.0.0.1\", $p))
print(c.getsockname()[1], l.getsockname()[1], flush=True); sys.stdin.read()" <gate >ports &
	exec 9>gate
	until [ -s ports ]; do kill -0 $!; sleep 0.02; done
	read -r ours bound <ports
	"$SOCKKIT" stat -tnHK "sport = $ours" </dev/null >out
	"$SOCKKIT" stat -tlnHK "sport = $bound" </dev/null >>out
	[ -z "$("$SOCKKIT" stat -tnH state established sport = $ours)" ]
	[ -z "$("$SOCKKIT" stat -tlnH "sport = $bound")" ]'
	[ "$(wc -l <out)" -eq 2 ]
	run -2 sk stat -tnK --netns all 'sport = 1'
	[[ $output == *"--kill cannot be used with --netns all"* ]]
}

# --- filters that are none ----------------------------------------------------

@test "-F: a NUL is told with its line, and does not cut it" {
	printf 'sport = :22\n# more\nor sport\0= :23\n' >f
	run -2 --separate-stderr sk stat -tan -F f
	[ "$stderr" = "sockkit stat: f:3: a NUL is no part of a filter" ]
	[ -z "$output" ]
	run -2 bash -c 'printf "\0" | "$SOCKKIT" stat -tan -F -'
	[[ $output == *"-:1: a NUL"* ]]
}

@test "-K: an empty file is no filter that closes everything" {
	listener '
	: >none; printf "# only a comment\n \n" >comment
	for f in none comment; do
		"$SOCKKIT" stat -tlK --yes -F $f >out 2>$f.err || echo $? >>status
	done
	"$SOCKKIT" stat -tlnH "sport = $p" >still'
	says none.err 'there is no filter in none, and every socket would be closed'
	says comment.err 'there is no filter in comment'
	[ "$(tr '\n' ' ' <status)" = "2 2 " ]
	says still LISTEN
}

@test "-K without a filter closes nothing, unless that is said" {
	listener '
	for none in "" " "; do
		"$SOCKKIT" stat -tlnK $none >out 2>err </dev/null || echo $? >>status
		"$SOCKKIT" stat -tlnK "$none" >>out 2>>err </dev/null || echo $? >>status
	done
	"$SOCKKIT" stat -tlnH >still
	"$SOCKKIT" stat -tlnKH --yes >killed
	"$SOCKKIT" stat -tlnH >after'
	content_is out ""
	[ "$(tr '\n' ' ' <status)" = "2 2 2 2 " ]
	says err '^sockkit stat: --kill without a filter would close every socket: --yes, '
	says still LISTEN
	says killed LISTEN
	content_is after ""
}

@test "states that are none: the place is shown" {
	run -2 --separate-stderr sk stat state nosuch
	[ "$stderr" = "sockkit stat: filter: no such state
  state nosuch
        ^" ]
	run -2 --separate-stderr sk stat exclude
	[[ $stderr == *"a state is missing here"* ]]
}

# threads WHAT: a python3 of three threads; one of them, T, makes a listener,
# and `ready` has the process, T and the port.
threads()
{
	cat >threads.py <<-'PY'
	import ctypes, os, socket, sys, threading, time
	how, gate, made = sys.argv[1], threading.Event(), threading.Event()
	libc = ctypes.CDLL(None, use_errno=True)
	def one():
	    if how == 'own' and libc.unshare(0x400):	# CLONE_FILES
	        os._exit(77)
	    l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()
	    global said
	    said = '%d %d %d' % (os.getpid(), threading.get_native_id(),
	                         l.getsockname()[1])
	    made.set(); gate.wait()
	def two():
	    made.wait()
	    while how == 'gone' and open('/proc/self/stat').read().rsplit(
	            ')')[-1].split()[0] != 'Z':
	        time.sleep(.01)
	    print(said, flush=True)
	    sys.stdin.read(); os._exit(0)
	for f in one, two: threading.Thread(target=f).start()
	if how == 'gone': libc.syscall(60, 0)		# exit(2), of one thread
	PY
	in_netns "mkfifo gate; python3 threads.py $1 <gate >ready & exec 9>gate
	until [ -s ready ]; do kill -0 \$!; sleep 0.02; done
	\"\$SOCKKIT\" stat -tlnpH >p 2>err
	\"\$SOCKKIT\" stat -tlnTH >T 2>>err
	exec 9>&-; wait"
	read -r PID TID PORT <ready
}

@test "-p, -T: a thread with descriptors of its own" {
	need python3
	need_netns
	[ "$(uname -m)" = x86_64 ] || skip "x86_64's numbers of system calls"
	threads own
	says p ":$PORT .*users:\(\(\"python3[^\"]*\",pid=$PID,fd=[0-9]+\)\)"
	says T ":$PORT .*users:\(\(\"python3[^\"]*\",pid=$PID,tid=$TID,fd=[0-9]+\)\)"
}

@test "-p, -T: a process whose first thread has ended" {
	need python3
	need_netns
	[ "$(uname -m)" = x86_64 ] || skip "x86_64's numbers of system calls"
	threads gone
	says p ":$PORT .*users:\(\(\"python3[^\"]*\",pid=$PID,fd=[0-9]+\)\)"
	[ "$(grep -o "pid=$PID,tid=[0-9]*,fd=" T | sort -u | wc -l)" -eq 2 ]
	[ "$(grep -o "pid=$PID,tid=" T | wc -l)" -eq 2 ]
}
