#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit stat on a terminal: colour, names cut to fit, the question of --kill.

# shellcheck disable=SC2016 # scripts for in_netns are in single quotes
bats_require_minimum_version 1.5.0
load helper

setup()
{
	helper_setup
	need_netns
}

# A namespace with a listener of ours at 127.0.0.1 $p, then SCRIPT. `typing
# KEYS CMD...` runs CMD with a keyboard (and a terminal for its output) and
# types KEYS once it has asked; its status is in $status.
listener()
{
	in_netns '
	export LC_ALL=C.UTF-8
	wait_for() { local n=1500; until "$@"; do ((n--)) || { echo "never: $*"; exit 9; }
		sleep 0.02; done; }
	"$SOCKKIT" listen -k --port-file port 127.0.0.1 0 </dev/null 2>/dev/null & server=$!
	wait_for test -s port
	read -r h p <port
	typing() {
		local keys=$1; shift
		mkfifo keys
		"$PEER" pty 02 "$@" <keys >asked & local pid=$!
		exec 8>keys
		wait_for grep -q "\[y/N\]" asked
		printf "$keys" >&8
		status=0; wait $pid || status=$?
		exec 8>&-; rm keys
	}
	gone() { [ -z "$("$SOCKKIT" stat -tlnH "sport = $p")" ]; }
	'"$1"
}

@test "colour: on a terminal alone, and not with NO_COLOR" {
	listener '
	"$PEER" pty 1 "$SOCKKIT" stat -tan </dev/null >tty
	"$SOCKKIT" stat -tan >pipe
	NO_COLOR=1 "$PEER" pty 1 "$SOCKKIT" stat -tan </dev/null >plain
	# the same rows, but for the colours
	tr -d "\r" <tty | sed "s/$(printf "\033")\[[0-9;]*m//g" | diff - pipe
	tr -d "\r" <plain | diff - pipe'
	says tty $'^\033\\[36mLISTEN *\033\\[0m .*127\\.0\\.0\\.1:'
	says_not tty $'\033\\[[0-9;]*m *State'
	says_not pipe $'\033'
	says_not plain $'\033'
}

@test "each state in its colour" {
	listener '
	"$SOCKKIT" connect "$h" "$p" <port >/dev/null 2>&1
	mkfifo in; exec 7<>in
	"$SOCKKIT" connect "$h" "$p" <in >/dev/null &
	wait_for sh -c "\"$SOCKKIT\" stat -tnH state established | grep -q ."
	wait_for sh -c "\"$SOCKKIT\" stat -tnH state time-wait | grep -q ."
	"$PEER" pty 1 "$SOCKKIT" stat -tan </dev/null >tty'
	says tty $'^\033\\[36mLISTEN '
	says tty $'^\033\\[32mESTAB '
	says tty $'^\033\\[34mTIME-WAIT'
}

@test "a name that does not fit is cut on a terminal, with a mark" {
	need python3
	listener '
	mkfifo gate
	python3 -c "
import socket, sys
a = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
a.bind(chr(0) + chr(228) * 20 + chr(120) * 50)
print(1, flush=True); sys.stdin.read()" <gate >ready & exec 6>gate
	wait_for test -s ready
	"$PEER" pty 1 "$SOCKKIT" stat -xanH </dev/null >tty
	"$SOCKKIT" stat -xanH >pipe'
	says pipe '@ä{20}x{50} [1-9]'
	# 26 columns of 80 are its share; a letter is not cut in two
	says tty '@ä{20}x{4}… [1-9]'
	says_not tty 'x{5}'
}

@test "--kill asks first: no, nothing, yes" {
	listener '
	typing "n\n" "$SOCKKIT" stat -tlnK "sport = $p"; mv asked no; echo $status >no.status
	gone && exit 8
	typing "\004" "$SOCKKIT" stat -tlnK "sport = $p"; mv asked eof; echo $status >eof.status
	gone && exit 8
	typing "n\n" "$SOCKKIT" stat -tlnK; mv asked all; echo $status >all.status
	gone && exit 8
	typing "y\n" "$SOCKKIT" stat -tlnK "sport = $p" >yes.rows; mv asked yes; echo $status >yes.status
	gone'
	says no 'Close 1 socket\? \[y/N\] '
	says no 'sockkit stat: nothing was closed'
	content_is no.status 1
	says eof 'nothing was closed'
	content_is eof.status 1
	# Nor without a filter, where there is somebody to ask.
	says all 'Close 1 socket\? \[y/N\] '
	content_is all.status 1
	says_not yes 'nothing was closed'
	content_is yes.status 0
}

@test "--kill: the rows are shown before the question, and once" {
	listener '
	mkfifo keys
	"$PEER" pty 012 "$SOCKKIT" stat -tlnHK "sport = $p" <keys >all & pid=$!
	exec 8>keys
	wait_for grep -q "\[y/N\]" all
	cp all before
	printf "y\n" >&8
	wait $pid'
	says before '127\.0\.0\.1:[0-9]+ '
	[ "$(grep -c '127\.0\.0\.1:' all)" -eq 1 ]
}

@test "--kill does not ask with --yes, nor when nothing matches" {
	listener '
	"$PEER" pty 02 "$SOCKKIT" stat -tlnHK "sport = 1" </dev/null >none
	"$PEER" pty 02 "$SOCKKIT" stat -tlnHK --yes "sport = $p" </dev/null >yes
	gone'
	says_not none 'Close'
	says_not yes 'Close'
}
