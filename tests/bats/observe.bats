#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What is shown and kept: --pcap, --stats, --hex, --raw, --telnet, and line
# editing at a terminal.

# Each test is a subshell, and scripts for others stand in single quotes.
# shellcheck disable=SC2030,SC2031,SC2016,SC2094

bats_require_minimum_version 1.5.0
load helper

# echoed: a listener that sends everything back; HOST and PORT are its.
echoed()
{
	listening -k --echo "$@" </dev/null
}

# --- --pcap -------------------------------------------------------------------

# shark FILE ARG...: tshark with checksums checked.
shark()
{
	tshark -r "$1" -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE \
		"${@:2}" 2>/dev/null
}

clean_capture()
{
	[ -z "$(shark "$1" -Y '_ws.malformed || tcp.checksum.status == "Bad" ||
		ip.checksum.status == "Bad" || tcp.analysis.flags')" ]
}

@test "--pcap: the stream can be followed, nothing is malformed" {
	need tshark
	echoed
	echo hello | sk connect --pcap cap "$HOST" "$PORT" >got
	content_is got hello
	clean_capture cap
	shark cap -q -z follow,tcp,ascii,0 >followed
	[ "$(grep -c hello followed)" -eq 2 ]
	[ "$(shark cap -Y 'tcp.flags.fin == 1' | wc -l)" -eq 2 ]
}

@test "--pcap: real addresses, IPv6" {
	need tshark
	start listen "$SOCKKIT" listen -k --echo --port-file port ::1 0 </dev/null
	read -r HOST PORT < <(addr port)
	echo x | sk connect --pcap cap "$HOST" "$PORT"
	clean_capture cap
	[ "$(shark cap -c 1 -T fields -e ipv6.dst -e tcp.dstport)" = "::1	$PORT" ]
}

@test "--pcap: all bytes of a long transfer, both ways" {
	need tshark
	echoed
	"$PEER" pattern 1000000 >in
	sk connect --pcap cap "$HOST" "$PORT" <in >got
	same in got
	clean_capture cap
	[ "$(shark cap -T fields -e tcp.len |
		awk '{ n += $1 } END { print n }')" -eq 2000000 ]
}

@test "--pcap: a reset shows as one; listen writes it too" {
	need tshark
	listening --pcap cap </dev/null
	"$PEER" connect "$HOST" "$PORT" text:x acked rst </dev/null
	finish listen 1
	clean_capture cap
	[ -n "$(shark cap -Y 'tcp.flags.reset == 1')" ]
}

@test "--pcap: what an echo service sends back is in there too" {
	need tshark
	listening --echo --pcap cap </dev/null
	echo hello | sk connect "$HOST" "$PORT"
	finish listen
	clean_capture cap
	shark cap -q -z follow,tcp,ascii,0 >followed
	[ "$(grep -c hello followed)" -eq 2 ]
	# All of it, from the first packet on, at the time of today.
	[ "$(shark cap -Y "frame.time_epoch > $(($(date +%s) - 1000))" | wc -l)" \
		-eq "$(shark cap | wc -l)" ]
}

@test "--pcap: a full disk is one line and status 1" {
	echoed
	run -1 bash -c 'echo x | "$0" "$@"' "$SOCKKIT" connect \
		--pcap /dev/full "$HOST" "$PORT"
	[[ $output == *"No space left on device"* ]]
}

# --- --stats ------------------------------------------------------------------

@test "--stats json: what became of the connection" {
	echoed
	echo hello | sk connect --stats json "$HOST" "$PORT" >got 2>stats
	jq -e --arg peer "$HOST:$PORT" '.peer == $peer and
		.sent_bytes == 6 and .received_bytes == 6 and .error == null and
		.connect_us > 0 and .tls_us == null and
		.tcp_info.bytes_acked >= 6 and .tcp_info.rtt_us > 0' stats
}

@test "--stats json: a failure, and a peer without TCP" {
	awaiting recv:1 rst
	run -1 bash -c 'echo x | "$0" "$@" 2>stats' "$SOCKKIT" connect \
		--stats json "$HOST" "$PORT"
	head -n 1 stats | jq -e '.error | test("reset")'
	start unix "$SOCKKIT" listen -k --echo --port-file up unix:./s </dev/null
	addr up
	echo x | sk connect --stats json unix:./s 2>stats
	jq -e '.tcp_info == null and .peer == "unix:./s"' stats
}

@test "--stats json -k: a line a client" {
	echoed --stats json
	for i in 1 2 3; do echo "$i" | sk connect "$HOST" "$PORT"; done
	three() { [ "$(wc -l <listen.err)" -eq 3 ]; }
	until_true three
	jq -e '.sent_bytes == 2 and .connect_us == null' listen.err
}

@test "--stats json: how long TLS took" {
	[[ $("$SOCKKIT" --version) != *-openssl* ]] || skip "without OpenSSL"
	listening --ssl --echo --stats json </dev/null
	echo x | sk connect --ssl-no-verify --stats json "$HOST" "$PORT" 2>stats
	grep '^{' stats | jq -e '.tls_us > 0 and .connect_us > 0'
	finish listen
	jq -e '.tls_us > 0 and .connect_us == null' listen.err
}

# --- --hex, --raw, --telnet -----------------------------------------------------

@test "--hex: rows" {
	echoed
	printf 'AB\0' | sk connect --hex "$HOST" "$PORT" >got
	grep -qE '^00000000  41 42 00 +\|AB\.\|$' got
}

hex()
{
	od -An -v -tx1 "$1" | tr -d ' \n'
}

@test "--telnet: negotiation is answered and kept out of the data" {
	awaiting text:$'\377\375\001\377\373\003login\377\377' save:answers \
		recv:6 fin recvall
	hold_pipe in
	start sk "$SOCKKIT" connect -t "$HOST" "$PORT" <in
	until_true size_is answers 6
	end_pipe in
	finish sk
	content_is sk.out $'login\377'
	[ "$(hex answers)" = fffc01fffe03 ]
}

@test "listen --telnet: 255 is doubled" {
	printf 'a\377' >in
	listening -t <in
	"$PEER" connect "$HOST" "$PORT" recvto:got </dev/null
	[ "$(hex got)" = 61ffff ]
}

# --- at a terminal --------------------------------------------------------------

# in_tmux CMD: run it on a terminal of 80 x 24, with state of its own.
in_tmux()
{
	need tmux
	export XDG_STATE_HOME=$PWD/state
	tmux -S "$PWD/tmux" -f /dev/null new-session -d -x 80 -y 24 \
		"trap : INT; $*; echo status=\$?; cat >/dev/null"
}
# connected [OPTION...]: sockkit connect on that terminal, ready for typing.
connected()
{
	in_tmux "$SOCKKIT" connect -v "$@" "$HOST" "$PORT"
	until_true shows "sockkit connect: connected to $HOST:$PORT"
	# What is typed before the editor has the terminal is echoed twice.
	[[ $* == *--raw* ]] || until_true edits
}
edits()
{
	stty -a -F "$(tmux -S "$PWD/tmux" display-message -p '#{pane_tty}')" |
		grep -q -e '-icanon'
}
keys() { tmux -S "$PWD/tmux" send-keys "$@"; }
screen() { tmux -S "$PWD/tmux" capture-pane -p; }
shows() { screen | grep -qxF -e "$1"; }

teardown()
{
	[ ! -S tmux ] || tmux -S "$PWD/tmux" kill-server || true
	helper_teardown
}

@test "terminal: lines are edited, then sent; the peer's bytes are escaped" {
	listening -k -c 'printf "a\033[2Jb\n"; exec cat' </dev/null
	connected
	until_true shows 'a\x1b[2Jb'
	keys hellp BSpace o Enter
	two() { [ "$(screen | grep -cx hello)" -eq 2 ]; }
	until_true two
	keys C-d
	until_true shows status=0
}

@test "terminal: history, for this target, readable by nobody else" {
	listening -k --discard </dev/null
	connected
	keys remembered Enter C-d
	until_true shows status=0
	file=state/sockkit/history-127.0.0.1_$PORT
	content_is "$file" remembered
	[ "$(stat -c %a "$file" state/sockkit state)" = "600
700
700" ]
}

@test "terminal: history does not go where a link leads" {
	listening -k --discard </dev/null
	mkdir -p state/sockkit
	echo precious >file
	ln -s ../../file "state/sockkit/history-127.0.0.1_$PORT"
	connected
	keys typed Enter C-d
	until_true shows status=0
	content_is file precious
}

@test "terminal: --no-history" {
	listening -k --discard </dev/null
	connected --no-history
	keys secret Enter C-d
	until_true shows status=0
	[ ! -e "state/sockkit/history-127.0.0.1_$PORT" ]
}

@test "terminal: what arrives while typing does not tear the line" {
	hold_pipe in
	listening <in
	connected
	keys typed
	until_true shows typed
	feed in $'arrived\n'
	until_true shows arrived
	until_true shows typed
	keys Enter
	until_true content_is listen.out typed
}

@test "terminal: Ctrl-C leaves it as it was" {
	listening -k --discard </dev/null
	in_tmux "stty >before; $SOCKKIT connect -v $HOST $PORT; stty >after;
		cmp before after && echo same"
	until_true shows "sockkit connect: connected to $HOST:$PORT"
	keys abc
	until_true shows abc
	keys C-c
	until_true shows same
}

@test "terminal: --raw passes everything" {
	listening -k -c 'printf "\033[3;1Hthird\n"; cat >/dev/null' </dev/null
	connected --raw
	until_true shows third
	[ "$(screen | grep -nx third)" = 3:third ]
}
