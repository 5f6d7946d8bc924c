#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Who ends, when, and with which status: the contract of sockkit-listen(1)
# and sockkit-connect(1), "END OF INPUT AND EXIT STATUS", as the matrix
# {listen, connect} x {stdin open, EOF, back-pressured} x {peer open,
# half-closed, closed, reset}. The rules one by one are eof_rules.bats.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
load helper

TO="to peer"
FROM="from peer"
BIG=$((64 << 20))

# What the peer does, by stdin and by its own state. It always sends $FROM.
# "back" means back-pressured: the peer does not read before the file "go".
peer_script()
{
	case $1/$2 in
	open/open)
		words=(save:got recv:7 "text:$FROM" expect-eof "text: late") ;;
	eof/open)
		words=(save:got recv:7 expect-eof mark:eof waitfile:go
			"text:$FROM late") ;;
	back/open)
		words=("text:$FROM" waitfile:go recvto:got "text: late") ;;
	open/half | eof/half)
		words=("text:$FROM" fin save:got recvall) ;;
	back/half)	# silent for longer than the 1 s of rule 2; the byte
			# that is read first is the one stdin "has given"
		words=(save:got recv:1 "text:$FROM" fin waitfile:go sleep:1300
			recvall) ;;
	open/closed | eof/closed)
		words=(save:got recv:7 "text:$FROM" close) ;;
	back/closed)	# with bytes unread: the kernel makes it a reset
		words=("text:$FROM" waitfile:go close) ;;
	open/reset)
		words=(save:got recv:7 "text:$FROM" waitfile:go rst) ;;
	eof/reset)
		words=(save:got recv:7 expect-eof "text:$FROM" waitfile:go
			rst) ;;
	back/reset)
		words=("text:$FROM" waitfile:go rst) ;;
	esac
}

# status and message of sockkit, by stdin and state of the peer
expected()
{
	case $1/$2 in
	*/open | eof/half | eof/closed | back/half)
		status=0 message= ;;
	open/half | open/closed)
		status=1 message='peer.*closed' ;;
	back/closed | back/reset)
		status=1 message='([Rr]eset|[Bb]roken pipe).* [0-9]+ bytes' ;;
	*/reset)
		status=1 message='[Rr]eset' ;;
	esac
}

# launch SIDE: sockkit as "sk" with stdin from the FIFO "in", and "peer"
launch()
{
	if [ "$1" = listen ]; then
		start sk "$SOCKKIT" listen --port-file port 127.0.0.1 0 <in
		read -r HOST PORT < <(addr port)
		start peer "$PEER" connect "$HOST" "$PORT" "${words[@]}" \
			</dev/null
	else
		start peer "$PEER" listen port "${words[@]}" </dev/null
		read -r HOST PORT < <(addr port)
		start sk "$SOCKKIT" connect "$HOST" "$PORT" <in
	fi
}

# The writer of the pipe makes no progress any more, but has made some.
stalled()
{
	local a b

	a=$(grep pos: "/proc/${PIDS[feeder]}/fdinfo/0")
	sleep 0.2
	b=$(grep pos: "/proc/${PIDS[feeder]}/fdinfo/0")
	[ "$a" = "$b" ] && [ "${a##*[^0-9]}" -gt 0 ]
}

received_from_peer()
{
	[[ $(cat sk.out) == "$FROM"* ]]
}

prepare_stdin()
{
	if [ "$1" = back ]; then
		mkfifo in
		"$PEER" pattern "$BIG" >big
		OUT=in start feeder cat <big
	else
		hold_pipe in
		feed in "$TO"
	fi
}

# cell SIDE STDIN PEER
cell()
{
	local words status message

	peer_script "$2" "$3"
	expected "$2" "$3"
	prepare_stdin "$2"
	launch "$1"
	[ "$2" != eof ] || end_pipe in

	case $2/$3 in
	eof/open)
		until_true test -e eof
		running sk
		touch go ;;
	open/open)
		until_true content_is sk.out "$FROM"
		until_true content_is got "$TO"
		running sk
		end_pipe in ;;
	back/*)
		until_true received_from_peer
		until_true stalled
		running sk
		touch go ;;
	*)
		until_true received_from_peer
		touch go ;;
	esac

	finish sk "$status"
	finish peer
	if [ -n "$message" ]; then
		one_line sk.err "^sockkit $1: .*$message"
	else
		content_is sk.err ""
	fi
	case $2/$3 in
	*/open) content_is sk.out "$FROM late" ;;
	*) content_is sk.out "$FROM" ;;
	esac
	case $2/$3 in
	back/open | back/half) same big got ;;
	back/*) ;;
	*) content_is got "$TO" ;;
	esac
}

@test "listen, stdin open, peer open" { cell listen open open; }
@test "listen, stdin open, peer half-closed" { cell listen open half; }
@test "listen, stdin open, peer closed" { cell listen open closed; }
@test "listen, stdin open, peer reset" { cell listen open reset; }
@test "listen, stdin at EOF, peer open" { cell listen eof open; }
@test "listen, stdin at EOF, peer half-closed" { cell listen eof half; }
@test "listen, stdin at EOF, peer closed" { cell listen eof closed; }
@test "listen, stdin at EOF, peer reset" { cell listen eof reset; }
@test "listen, stdin back-pressured, peer open" { cell listen back open; }
@test "listen, stdin back-pressured, peer half-closed" { cell listen back half; }
@test "listen, stdin back-pressured, peer closed" { cell listen back closed; }
@test "listen, stdin back-pressured, peer reset" { cell listen back reset; }
@test "connect, stdin open, peer open" { cell connect open open; }
@test "connect, stdin open, peer half-closed" { cell connect open half; }
@test "connect, stdin open, peer closed" { cell connect open closed; }
@test "connect, stdin open, peer reset" { cell connect open reset; }
@test "connect, stdin at EOF, peer open" { cell connect eof open; }
@test "connect, stdin at EOF, peer half-closed" { cell connect eof half; }
@test "connect, stdin at EOF, peer closed" { cell connect eof closed; }
@test "connect, stdin at EOF, peer reset" { cell connect eof reset; }
@test "connect, stdin back-pressured, peer open" { cell connect back open; }
@test "connect, stdin back-pressured, peer half-closed" { cell connect back half; }
@test "connect, stdin back-pressured, peer closed" { cell connect back closed; }
@test "connect, stdin back-pressured, peer reset" { cell connect back reset; }
