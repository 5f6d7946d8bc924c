#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit bench: engines, ways of copying and TLS are what they are called: the
# calls that are made tell, as strace(1) sees them.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016 # for eval
bats_require_minimum_version 1.5.0
load helper
load bench_table

setup()
{
	helper_setup
	need strace
	# It cannot look for leaks where somebody traces.
	export ASAN_OPTIONS=detect_leaks=0
}

# What is waited with, and data is moved by; each once. Our own messages are
# waited for with ppoll(2) as well, of one descriptor.
words()
{
	sed -nE 's/^[0-9]+ +//
		s/^pselect6\(.*/select/p
		s/^ppoll\(.*\], [2-9], NULL.*/poll/p
		s/^epoll_ctl\(.*_ADD.*EPOLLET.*/epoll-et/p
		s/^epoll_ctl\(.*_ADD.*/epoll/p
		s/^io_uring_register\(.*PBUF_RING.*/ring-buffers/p
		s/^io_uring_setup\(.*/ring/p
		s/^writev\(.*/writev/p
		s/^sendfile\(.*/sendfile/p
		s/^vmsplice\(.*/vmsplice/p
		s/^sendto\(.*MSG_ZEROCOPY.*/zerocopy/p
		s/^recvfrom\(.*MSG_TRUNC.*/trunc/p
		s/^splice\(.*/splice/p' calls | sort -u | paste -sd' '
}

CALLS=pselect6,ppoll,epoll_create1,epoll_ctl,io_uring_setup
CALLS+=,io_uring_register,writev,sendmsg,sendfile,splice,vmsplice

# traced TIME WORKLOAD OPTION...: a round of it, and the calls of all parts:
# CALLS and those in MORE. Others, such as the many of floors, do not stop.
traced()
{
	local time=$1

	shift
	timeout 60 strace -f --seccomp-bpf -qq -s 8 -o calls \
		-e "trace=$CALLS${MORE:+,$MORE}" "$SOCKKIT" bench "$@" \
		--time "$time" --warmup 0 --rounds 1 --repeats 0 >page
}

# sees CONDITION WORKLOAD OPTION...: comes true of the calls. Where others have
# the CPUs, nothing may be done in a short round.
sees()
{
	local what=$1 time

	shift
	for time in 3ms 30ms 300ms; do
		traced $time "$@"
		! eval "$what" || return 0
	done
	echo "$*: $(words)"
	return 1
}

# made WORDS WORKLOAD OPTION...: are what is called for.
made()
{
	local want=$1

	shift
	sees '[ "$(words)" = "$want" ]' "$@"
}

# Threads that receive.
receivers()
{
	awk '$2 ~ /^recvfrom\(/ { print $1 }' calls | sort -u | wc -l
}

@test "engines wait by the calls that they are called after" {
	made '' rr --engine blocking
	made select rr --engine select --connections 5
	made poll rr --engine poll --connections 5
	made epoll rr --engine epoll
	made epoll-et rr --engine epoll-et
	MORE=recvfrom sees 'grep -q "recvfrom(.*EAGAIN" calls' rr --engine spin
	[ -z "$(words)" ]
}

@test "engines: io_uring, with buffers of its own or without" {
	bench 10ms rr --engine poll,io_uring
	! not_run | grep -E '^ *io_uring: (io_uring|not compiled in|liburing)' ||
		return 0
	made ring rr --engine io_uring
	made 'ring ring-buffers' rr --engine io_uring-multishot
}

@test "workers: a thread for each connection, or as many as there are to be" {
	local MORE=recvfrom

	sees '[ "$(receivers)" -ge 10 ]' rr --engine threads --connections 5
	made epoll rr --engine epoll --connections 5
	[ "$(receivers)" -lt 10 ]
	[ "$(grep -c 'epoll_create1(' calls)" -eq 2 ]
	made epoll rr --engine epoll --connections 6 --pattern pool --workers 3
	[ "$(grep -c 'epoll_create1(' calls)" -eq 6 ]
}

@test "bytes are copied by the calls that ways are called after" {
	made '' stream --copy write
	made writev stream --copy writev
	made sendfile stream --copy sendfile
	made 'splice vmsplice' stream --copy splice
	MORE=sendto made zerocopy stream --copy zerocopy
}

@test "bytes are received by the calls that ways are called after" {
	made '' stream --receive copy
	MORE=recvfrom made trunc stream --receive trunc
	made splice stream --receive splice
}

# ends N WORKLOAD OPTION...: N sockets are given that size.
ends()
{
	local n=$1

	shift
	MORE=setsockopt traced 5ms "$@" --set so_sndbuf=100K
	[ "$(grep -c 'setsockopt(.*SO_SNDBUF, \[102400\]' calls)" -eq "$n" ]
}

@test "--set: both ends of a connection have it, and the listener" {
	ends 3 rr --socket unix-stream
	ends 3 stream --socket unix-seqpacket
	ends 2 rr --socket socketpair
	ends 2 rr --socket tcp
	# What is accepted of unix(7) inherits nothing. The listener's thread,
	# those that connect and those that are accepted: each has its own.
	MORE=setsockopt sees '[ "$(setters)" -eq 3 ]' crr --socket unix-stream \
		--set so_sndbuf=100K
}

setters()
{
	awk '/setsockopt\(.*SO_SNDBUF, \[102400\]/ { print $1 }' calls |
		sort -u | wc -l
}

@test "--tls: what goes over the wire is records of application data" {
	local MORE=sendto record='(sendto|sendmsg|writev)\(.*"\\27\\3\\3'

	sees 'grep -qE "$record" calls' rr --tls
	traced 40ms rr
	run ! grep -qE "$record" calls
}

@test "--stack: wire is two that are connected, pair is one" {
	local MORE=connect

	traced 5ms rr --stack wire
	grep -q 'connect(.*/wire"' calls
	traced 5ms rr --stack pair
	run ! grep -q '/wire"' calls
}
