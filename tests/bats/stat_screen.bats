#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit stat --watch on a terminal, which is tmux.

# shellcheck disable=SC2030,SC2031,SC2154,SC2317 # each test is a subshell
bats_require_minimum_version 1.5.0
load helper

setup()
{
	helper_setup
	need_netns
	export LC_ALL=C.UTF-8
}

# A tmux server of this test alone: `screen_do KEYS...`, `screen_has REGEX`.
tm()
{
	tmux -L "$TMUX_NAME" -f /dev/null "$@"
}

screen_has()
{
	tm capture-pane -p -t w >screen 2>/dev/null && grep -Eq -- "$1" screen
}

on_screen()
{
	until_true screen_has "$1" || { cat screen; return 1; }
}

# A network namespace for several commands: "${NET[@]}" CMD runs in it.
own_net()
{
	local flags=(-n) user=()

	[ "$(id -u)" -eq 0 ] || {
		flags=(-rn)
		user=(-U --preserve-credentials)
	}
	start holder unshare "${flags[@]}" sh -c \
		'ip link set lo up && echo up && exec sleep 1000' </dev/null
	until_true test -s holder.out
	NET=(nsenter -t "${PIDS[holder]}" "${user[@]}" -n)
}

# watching ARGS...: stat in a shell on a terminal of 140 by 24
watching()
{
	need tmux
	"$SOCKKIT" --version | grep -q +ncurses || skip "built without ncurses"
	TMUX_NAME=sockkit-$$-$BATS_TEST_NUMBER
	own_net
	start echo "${NET[@]}" "$SOCKKIT" listen -k --echo --port-file port \
		127.0.0.1 0 </dev/null
	read -r HOST PORT < <(addr port)
	unset TMUX
	tm new-session -d -s w -x 140 -y 24 \
		"exec ${NET[*]} env PS1='ready> ' bash --norc"
	on_screen 'ready>'
	tm send-keys -t w "$SOCKKIT stat $*; echo status \$?" Enter
}

teardown()
{
	[ -z "${TMUX_NAME:-}" ] || tm kill-server 2>/dev/null || true
	helper_teardown
}

@test "--watch on a terminal: rows, and q leaves it clean" {
	watching -t -a --watch=200ms
	on_screen "tcp +LISTEN .*127\.0\.0\.1:$PORT"
	on_screen '^  Netid +State +Recv-Q'
	on_screen '^q quit'
	tm send-keys -t w q
	on_screen 'status 0'
	screen_has 'ready>'
	run ! screen_has 'Netid +State'
	# the terminal echoes again
	tm send-keys -t w 'echo ec''ho' Enter
	on_screen '^echo$'
}

@test "--watch on a terminal: new rows, rates, gone rows" {
	watching -t --watch=200ms
	on_screen '^  Netid'
	hold_pipe in
	start client "${NET[@]}" "$SOCKKIT" connect "$HOST" "$PORT" <in
	on_screen "^\+ tcp +ESTAB .*127\.0\.0\.1:$PORT"
	fed()
	{
		feed in 0123456789
		screen_has "^. tcp +ESTAB +0 +0 +[0-9.]+ B +[0-9.]+ B .*:$PORT"
	}
	until_true fed
	end_pipe in
	finish client
	on_screen "^- tcp .*:$PORT"
}

# The last line of the screen, which is for keys, messages and typing.
bottom_is()
{
	screen_has . && tail -n 1 screen | grep -Eq -- "$1"
}

@test "--watch on a terminal: a filter typed, a wrong one, sort keys" {
	watching -t -a --watch=200ms
	on_screen "LISTEN .*:$PORT"
	tm send-keys -t w / "sport = :1" Enter
	on_screen '^[0-9]+ sockets.*filter: sport = :1$'
	run ! screen_has "LISTEN .*:$PORT"
	tm send-keys -t w / C-u "sport =" Enter
	until_true bottom_is 'expected|needs|after|value|port'
	screen_has '^[0-9]+ sockets.*filter: sport = :1$'
	tm send-keys -t w / C-u Enter
	on_screen "LISTEN .*:$PORT"
	tm send-keys -t w l R
	on_screen 'by local reversed'
	tm send-keys -t w Space
	on_screen PAUSED
}

@test "--watch on a terminal: rows follow the filter while it is typed" {
	watching -t -a --watch=60s
	on_screen "LISTEN .*:$PORT"
	hold_pipe in
	start client "${NET[@]}" "$SOCKKIT" connect "$HOST" "$PORT" <in
	connected()
	{
		"${NET[@]}" "$SOCKKIT" stat -tnH state established | grep -q .
	}
	until_true connected
	# nothing looks by itself for a minute: what changes, changes by typing
	tm send-keys -t w / "state established"
	on_screen "ESTAB .*:$PORT"
	until_true bottom_is '^filter: state established *$'
	run ! screen_has "LISTEN .*:$PORT"
	screen_has '^[0-9]+ sockets, 0 new, 0 gone'
	# half a word is no filter: the rows stay, and the reason is told
	tm send-keys -t w " and frob"
	until_true bottom_is '^filter: state established and frob +\(.+\)$'
	screen_has "ESTAB .*:$PORT"
	# what was in force before comes back
	tm send-keys -t w Escape
	on_screen "LISTEN .*:$PORT"
	until_true bottom_is '^q quit'
	end_pipe in
	finish client
}

@test "--watch on a terminal: chosen columns, sorted" {
	watching -t -a --watch=200ms --columns state,lport,in_per_s,pid \
		--sort lport:desc
	on_screen '^  state +lport +in_per_s +pid'
	on_screen "^  LISTEN +$PORT +- +[0-9]+|^  LISTEN +$PORT +0\.0 +[0-9]+"
	on_screen 'by lport'
	hold_pipe in
	start client "${NET[@]}" "$SOCKKIT" connect "$HOST" "$PORT" <in
	on_screen "^\+ ESTAB +[0-9]+ "
	end_pipe in
	finish client
}

@test "--watch on a terminal: every namespace" {
	watching -t -a --watch=200ms --netns all
	on_screen '^  Netns +Netid +State'
	tm send-keys -t w / "sport = :$PORT" Enter
	on_screen "^  [^ ]+ +tcp +LISTEN .*127\.0\.0\.1:$PORT"
}

@test "--watch on a terminal: resized, and ended by a signal" {
	watching -t -a --watch=200ms
	on_screen "LISTEN .*:$PORT"
	tm resize-window -t w -x 100 -y 10
	on_screen "LISTEN +0 +0 127\.0\.0\.1:$PORT"
	[ "$(wc -l <screen)" -eq 10 ]
	tm send-keys -t w C-c
	on_screen '^ready>$'
	run ! screen_has 'Netid +State'
	run ! screen_has '^status'
	tm send-keys -t w 'echo st $?' Enter
	on_screen '^st 130$'
}

@test "--watch on a terminal that curses does not know" {
	watching -H 2>/dev/null
	on_screen 'status 0'
	tm send-keys -t w "clear; TERM=nosuch $SOCKKIT stat --watch; echo st \$?" \
		Enter
	on_screen 'of a kind that curses does not know'
	on_screen '^st 1'
}

# The process that is watching: the child of the shell.
watcher()
{
	local shell

	shell=$(tm display-message -p -t w '#{pane_pid}')
	until_true pgrep -P "$shell" >pid
	read -r WATCHER <pid
}

@test "--watch on a terminal: ended by TERM, it leaves it clean" {
	watching -t -a --watch=200ms
	on_screen "LISTEN .*:$PORT"
	watcher
	kill -TERM "$WATCHER"
	on_screen '^ready>$'
	on_screen '^status 143$'
	run ! screen_has 'Netid +State'
	tm send-keys -t w 'echo ec''ho' Enter
	on_screen '^echo$'
}

@test "--watch on a terminal: stopped and continued" {
	watching -t -a --watch=200ms
	on_screen "LISTEN .*:$PORT"
	tm send-keys -t w C-z
	on_screen 'Stopped'
	tm send-keys -t w 'echo ec''ho' Enter
	on_screen '^echo$'
	tm send-keys -t w fg Enter
	on_screen "LISTEN .*:$PORT"
	on_screen '^q quit'
	# and it still looks
	hold_pipe in
	start client "${NET[@]}" "$SOCKKIT" connect "$HOST" "$PORT" <in
	on_screen "ESTAB .*:$PORT"
	tm send-keys -t w q
	on_screen '^ready>$'
	run ! screen_has 'Netid +State'
	end_pipe in
	finish client
}

@test "--watch on a terminal: a key for each order, and for the interval" {
	local key name

	watching -t -a --watch=200ms
	while read -r key name; do
		tm send-keys -t w "$key"
		on_screen "every 200 ms, by $name\$"
	done <<-'EOT'
	o out/s
	r loss/s
	e recv-q
	s send-q
	t rtt
	a state
	l local
	p peer
	c process
	i in/s
	EOT
	tm send-keys -t w + +
	on_screen 'every 800 ms'
	tm send-keys -t w - - - - -
	on_screen 'every 100 ms'
	tm send-keys -t w + + + + + + + + + + +
	on_screen 'every 1:00'
}

@test "--watch on a terminal: while it pauses it does not look" {
	watching -t --watch=100ms
	on_screen '^  Netid'
	tm send-keys -t w Space
	on_screen PAUSED
	hold_pipe in
	start client "${NET[@]}" "$SOCKKIT" connect "$HOST" "$PORT" <in
	connected()
	{
		"${NET[@]}" "$SOCKKIT" stat -tnH state established | grep -q .
	}
	until_true connected
	# five looks, if it looked: too few would only show less of a fault
	sleep 0.5
	tm send-keys -t w l
	on_screen 'by local, PAUSED'
	run ! screen_has 'ESTAB'
	screen_has '^0 sockets, 0 new'
	tm send-keys -t w Space
	on_screen "^. tcp +ESTAB .*:$PORT"
	end_pipe in
	finish client
}

# shows FIRST LAST: the ports of the first row and of the last
shows()
{
	screen_has . || return 1
	sed -n 's/^. udp .*127\.0\.0\.1:\([0-9]*\).*/\1/p' screen >ports
	[ "$(head -n 1 ports)" = "$1" ] && [ "$(tail -n 1 ports)" = "$2" ]
}

@test "--watch on a terminal: scrolled by lines and pages, to both ends" {
	need python3
	watching -u -a --watch=200ms
	hold_pipe gate
	start many "${NET[@]}" python3 -c '
import socket as s, sys
keep = [s.socket(s.AF_INET, s.SOCK_DGRAM) for i in range(60)]
for u in keep: u.bind(("127.0.0.1", 0))
for p in sorted(u.getsockname()[1] for u in keep): print(p)
sys.stdout.flush(); sys.stdin.read()' <gate
	until_true size_at_least many.out 200
	nth() { sed -n "$1p" many.out; }
	tm send-keys -t w l
	until_true shows "$(nth 1)" "$(nth 21)"
	tm send-keys -t w Down Down Down Up
	until_true shows "$(nth 3)" "$(nth 23)"
	tm send-keys -t w NPage
	until_true shows "$(nth 24)" "$(nth 44)"
	tm send-keys -t w NPage NPage NPage
	until_true shows "$(nth 40)" "$(nth 60)"
	tm send-keys -t w PPage Up
	until_true shows "$(nth 18)" "$(nth 38)"
	tm send-keys -t w PPage PPage PPage Up
	until_true shows "$(nth 1)" "$(nth 21)"
	tm send-keys -t w NPage R
	until_true shows "$(nth 39)" "$(nth 19)"
	tm send-keys -t w Home
	until_true shows "$(nth 60)" "$(nth 40)"
	end_pipe gate
	finish many
}

@test "--watch on a terminal: a filter is typed over" {
	watching -t -a --watch=60s
	on_screen "LISTEN .*:$PORT"
	tm send-keys -t w / "state establishedxx"
	until_true bottom_is '^filter: state establishedxx +\('
	tm send-keys -t w BSpace BSpace
	until_true bottom_is '^filter: state established *$'
	run ! screen_has "LISTEN .*:$PORT"
	tm send-keys -t w C-u BSpace "state listening" Enter
	on_screen "LISTEN .*:$PORT"
	on_screen 'filter: state listening$'
}

@test "--watch on a terminal: a long name is cut between letters" {
	need python3
	watching -x -a --watch=200ms
	hold_pipe gate
	start name "${NET[@]}" python3 -c '
import socket, sys
a = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
a.bind(b"\0" + "\u00e4".encode() * 50)
print(1, flush=True); sys.stdin.read()' <gate
	until_true test -s name.out
	on_screen '^. u_dgr +UNCONN .* @ä+~( |$)'
	end_pipe gate
	finish name
}

@test "--watch on a terminal: of any size, down to one letter" {
	watching -t -a --watch=100ms
	on_screen "LISTEN .*:$PORT"
	for size in 20,10 20,4 9,3 2,2 1,1; do
		tm resize-window -t w -x "${size%,*}" -y "${size#*,}"
		tm send-keys -t w / a b Escape l Down NPage
	done
	tm resize-window -t w -x 40 -y 12
	on_screen '^ +tcp +LISTEN '
	tm resize-window -t w -x 140 -y 24
	on_screen "LISTEN .*127\.0\.0\.1:$PORT"
	tm send-keys -t w q
	on_screen 'status 0'
}

@test "--watch on a terminal that goes away, whether it is told or not" {
	watching -t -a --watch=200ms
	on_screen "LISTEN .*:$PORT"
	tm send-keys -t w q
	on_screen 'status 0'
	tm send-keys -t w "clear; trap '' HUP; $SOCKKIT stat -ta --watch=60s" Enter
	on_screen "LISTEN .*:$PORT"
	watcher
	tm kill-server
	gone() { ! kill -0 "$WATCHER" 2>/dev/null; }
	until_true gone
}
