#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What udp and unix share with listen and connect, where bytes come in
# datagrams and records: access lists, --pcap, --stats, --progress, --hex,
# --raw.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016,SC2094,SC2317
bats_require_minimum_version 1.5.0
load helper

# serving [OPTIONS...]: `sockkit udp -l -k` as "udp" on 127.0.0.1; HOST, PORT.
serving()
{
	rm -f port
	start udp "$SOCKKIT" udp -l -k --port-file port "$@" 127.0.0.1 0 \
		</dev/null
	read -r HOST PORT < <(addr port)
	[ -n "$PORT" ]
}

# ask [OPTIONS...]: a client of it, which waits for its answer.
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

# --- sockets from elsewhere -----------------------------------------------------

@test "udp fd:N: an inherited socket that is connected" {
	serving --echo
	exec 9<>"/dev/udp/$HOST/$PORT"
	[ "$(echo hello | sk udp -w "$PATIENCE" fd:9)" = hello ]
	# It is still what it was, and still blocks.
	echo again >&9
	[ "$(timeout "$PATIENCE" dd bs=100 count=1 <&9 2>/dev/null)" = again ]
	exec 9>&-
}

@test "udp -l fd:N: an inherited socket that is bound, of UDP and unix" {
	need python3
	cat >bind <<-'X'
		import os, socket, sys
		s = socket.socket(getattr(socket, sys.argv[1]), socket.SOCK_DGRAM)
		s.bind(("127.0.0.1", 0) if sys.argv[1] == "AF_INET" else "usock")
		os.dup2(s.fileno(), 9)
		os.execv(sys.argv[2], sys.argv[2:])
	X
	start udp python3 bind AF_INET "$SOCKKIT" udp -l -k --echo \
		--port-file port fd:9 </dev/null
	read -r HOST PORT < <(addr port)
	[ "$(echo hello | ask)" = hello ]
	stop udp
	"$PEER" pattern 100000 >big
	start udp python3 bind AF_UNIX "$SOCKKIT" udp -l -k --echo -v fd:9 \
		</dev/null
	until_true says udp.err 'listening on unix:usock'
	sk unix -w "$PATIENCE" --type dgram --size 100000 usock <big >out
	same big out
}

@test "udp fd:N: what is no such socket" {
	run -1 sk udp fd:77 </dev/null
	[[ $output == "sockkit udp: fd:77: Bad file descriptor" ]]
	run -1 sk udp fd:0 </dev/null
	[[ $output == *"fd:0: "*[Ss]ocket* ]]
	awaiting hold
	exec 9<>"/dev/tcp/$HOST/$PORT"
	run -1 sk udp fd:9 </dev/null
	[[ $output == *"fd:9: not a socket of datagrams" ]]
	exec 9>&-
	run -2 sk udp unix:x </dev/null
}

@test "udp vsock:CID:PORT: works, or the kernel has none and that is said" {
	# Few have transports for datagrams; there it ends with an errno's word.
	run -1 sk udp --send-only vsock:1:5 < <(echo x)
	[[ $output == "sockkit udp: vsock:1:5: "* ]]
	[ "${#lines[@]}" -eq 1 ]
}

# --- access -------------------------------------------------------------------

# refused: somebody sends, is not heard, and that is said.
refused()
{
	echo x | sk udp --send-only "$HOST" "$PORT"
	until_true says udp.err 'datagrams from 127\.0\.0\.1:[0-9]+ refused: not allowed'
	content_is udp.out ""
	signal udp TERM
	finish udp 143
	says udp.err '1 datagrams were refused'
}

@test "udp --deny: datagrams are dropped, and counted" {
	serving -v --echo --deny 10.0.0.0/8,127.0.0.0/8
	refused
}

@test "udp --allow: nobody else; deny wins" {
	serving -v --allow 10.0.0.0/8
	refused
	serving -v --allow 127.0.0.1 --deny 127.0.0.0/24
	refused
}

@test "udp --allow, --deny: who may and who may not, side by side" {
	serving -v --echo --allow 127.0.0.1 --deny 127.0.0.9
	echo no | sk udp --send-only -s 127.0.0.9 "$HOST" "$PORT"
	[ "$(echo yes | ask)" = yes ]
	says udp.err 'datagrams from 127\.0\.0\.9:[0-9]+ refused'
	says udp.err 'datagrams from 127\.0\.0\.1:[0-9]+$'
}

@test "udp --allowfile, --denyfile" {
	printf '# us\n127.0.0.1 ::1\n' >allow
	printf '127.0.0.9 # not us\n' >deny
	serving -v --echo --allowfile allow --denyfile deny
	echo no | sk udp --send-only -s 127.0.0.9 "$HOST" "$PORT"
	[ "$(echo yes | ask)" = yes ]
	says udp.err 'datagrams from 127\.0\.0\.9:[0-9]+ refused'
}

@test "udp: access rules that are none, and no server to use them" {
	run -2 sk udp -l --allow 1.2.3.4/33 0 </dev/null
	run -1 sk udp -l --denyfile /no/such/file 0 </dev/null
	run -2 sk udp --allow 127.0.0.1 127.0.0.1 9 </dev/null
}

# --- --pcap -------------------------------------------------------------------

# shark FILE ARG...: tshark with checksums checked. It is not to guess by the
# port or the bytes what else the datagrams may be, as they are no RTCP.
shark()
{
	tshark -r "$1" -d udp.port==1-65535,data -o udp.check_checksum:TRUE -o ip.check_checksum:TRUE \
		"${@:2}" 2>/dev/null
}

clean_capture()
{
	[ -z "$(shark "$1" -Y '_ws.malformed || udp.checksum.status == "Bad" ||
		ip.checksum.status == "Bad"')" ]
}

@test "udp --pcap: real addresses, each datagram, both ways" {
	need tshark
	serving --echo
	printf 'one\n\nthree' | ask --lines --pcap cap >out
	clean_capture cap
	shark cap -Y "udp.dstport == $PORT" -T fields -e ip.dst -e udp.length >to
	[ "$(tr '\t\n' '  ' <to)" = "127.0.0.1 11 127.0.0.1 8 127.0.0.1 13 " ]
	shark cap -Y "udp.srcport == $PORT" -T fields -e ip.src -e udp.length >from
	[ "$(tr '\t\n' '  ' <from)" = "127.0.0.1 11 127.0.0.1 8 127.0.0.1 13 " ]
}

@test "udp --pcap: a server's, with the address that was asked, and IPv6" {
	need tshark
	start udp "$SOCKKIT" udp -l -k --echo --pcap cap --port-file port 0 \
		</dev/null
	read -r _ PORT < <(addr port)
	HOST=127.0.0.7
	[ "$(echo 4 | ask)" = 4 ]
	HOST=::1
	[ "$(echo 6 | ask)" = 6 ]
	signal udp TERM
	finish udp 143
	clean_capture cap
	[ "$(shark cap -Y ip -T fields -e ip.src -e ip.dst |
		tr '\t\n' '  ')" = "127.0.0.1 127.0.0.7 127.0.0.7 127.0.0.1 " ]
	[ "$(shark cap -Y ipv6 -T fields -e ipv6.dst -e udp.dstport |
		head -n 1)" = "::1	$PORT" ]
}

@test "udp --pcap: a run of datagrams is many packets, the largest is whole" {
	need tshark
	serving --discard --pcap cap -x dump
	"$PEER" pattern 10000 >big
	sk udp --size 1000 --send-only "$HOST" "$PORT" <big
	"$PEER" pattern 65507 >big
	sk udp --size 65507 --send-only "$HOST" "$PORT" <big
	until_true grep -q ' 65507 bytes' dump
	signal udp TERM
	finish udp 143
	clean_capture cap
	[ "$(shark cap -T fields -e udp.length | sort | uniq -c |
		tr -s ' \n' ' ')" = " 10 1008 1 65515 " ]
}

@test "unix --pcap: datagrams and records, addresses stood in for" {
	need tshark
	for type in dgram seqpacket; do
		unix_serving "$type" -k --echo
		printf hello | unix_ask "$type" --pcap "$type" >out
		content_is out hello
		clean_capture "$type"
		[ "$(shark "$type" -T fields -e udp.srcport -e udp.dstport \
			-e data.text -e udp.length | tr -s '\t\n' '  ')" = \
			"1 2 13 2 1 13 " ]
		stop unix
	done
}

@test "unix --pcap: a record longer than a packet is cut, which is told" {
	need tshark
	unix_serving seqpacket --discard
	"$PEER" pattern 100000 >big
	unix_ask seqpacket --send-only --size 100000 --pcap cap <big
	[ "$(shark cap -T fields -e udp.length -e frame.comment)" = \
		"65515	cut here: it was of 100000 bytes" ]
}

@test "unix --pcap: a stream can be followed" {
	need tshark
	unix_serving stream -k --echo
	echo hello | unix_ask stream --pcap cap >out
	shark cap -q -z follow,tcp,ascii,0 >followed
	[ "$(grep -c hello followed)" -eq 2 ]
}

@test "udp --pcap: a full disk is one line and status 1" {
	serving --echo
	run -1 --separate-stderr ask --pcap /dev/full < <(echo x)
	[[ $stderr == *"No space left on device"* ]]
}

# --- --stats ------------------------------------------------------------------

@test "udp --stats json: what became of the conversation" {
	need jq
	serving --echo
	printf 'a\nbc\n' | ask --lines --stats json 2>stats >out
	jq -e --arg peer "$HOST:$PORT" '.peer == $peer and .error == null and
		(.local | test("^127.0.0.1:[0-9]+$")) and
		.sent_bytes == 3 and .sent_datagrams == 2 and
		.received_bytes == 3 and .received_datagrams == 2 and
		.duration_us > 0' stats
}

@test "udp -k --stats json: a line a peer; what went wrong" {
	need jq
	serving -i 300ms --echo --stats json
	for i in 1 2; do [ "$(echo "$i" | ask)" = "$i" ]; done
	two() { [ "$(wc -l <udp.err)" -eq 2 ]; }
	until_true two
	jq -e '.received_bytes == 2 and .sent_datagrams == 1' udp.err
	stop udp
	run -1 sk udp --stats json "$HOST" "$PORT" < <(echo x)
	jq -e '.error | test("port unreachable")' <<<"${lines[0]}"
}

@test "unix --stats json: all types" {
	need jq
	for type in stream dgram seqpacket; do
		unix_serving "$type" -k --echo
		echo hello | unix_ask "$type" --stats json 2>stats >out
		jq -e '.peer == "unix:sock" and .sent_bytes == 6 and
			.received_bytes == 6' stats
		stop unix
	done
}

# --- at a terminal, and progress ------------------------------------------------

@test "udp --progress, unix --progress: bytes and rate on stderr" {
	serving --discard
	"$PEER" pattern 300000 >big
	sk udp --progress=always --send-only --size 1000 "$HOST" "$PORT" <big \
		2>err
	says err '293\.0 KiB.*100%'
	sk udp --progress=never --send-only "$HOST" "$PORT" <big 2>err
	content_is err ""
	for type in stream dgram seqpacket; do
		unix_serving "$type" -k --discard
		unix_ask "$type" --progress --send-only <big 2>err
		says err '293\.0 KiB.*100%'
		stop unix
	done
}

@test "udp --hex: rows, also when the reader of stdout is slow" {
	serving --echo
	printf 'AB\0' | ask --hex >out
	grep -qE '^00000000  41 42 00 +\|AB\.\|$' out
	"$PEER" pattern 65000 >big
	mkfifo pipe
	exec {hold}<>pipe
	HELD+=("$hold")
	OUT=pipe start client "$SOCKKIT" udp --hex -w 20 "$HOST" "$PORT" <big
	OUT=rows start reader cat <pipe
	exec {hold}>&-
	finish client
	finish reader
	[ "$(wc -l <rows)" -eq $(((65000 + 15) / 16)) ]
}

@test "udp, unix: bytes of a peer do not reach a terminal unescaped" {
	printf 'a\033[2Jb' >answer
	serving --echo
	# shown ARG...: what a terminal gets of an answer to that file
	shown()
	{
		start tty "$PEER" pty 1 bash -c 'exec "$@" <answer' - \
			"$SOCKKIT" "$@" </dev/null
		finish tty
	}
	shown udp -w 20 "$HOST" "$PORT"
	content_is tty.out 'a\x1b[2Jb'
	shown udp -w 20 --raw "$HOST" "$PORT"
	content_is tty.out $'a\033[2Jb'
	unix_serving seqpacket --echo
	shown unix --type seqpacket sock
	content_is tty.out 'a\x1b[2Jb'
}

@test "udp: lines typed at a terminal are edited, sent, and remembered" {
	need tmux
	serving --echo
	export XDG_STATE_HOME=$PWD/state
	tmux -S "$PWD/tmux" -f /dev/null new-session -d -x 80 -y 24 \
		"$SOCKKIT udp -v $HOST $PORT; echo status=\$?; cat >/dev/null"
	screen() { tmux -S "$PWD/tmux" capture-pane -p; }
	shows() { screen | grep -qxF -e "$1"; }
	until_true shows "sockkit udp: sending to $HOST:$PORT"
	tmux -S "$PWD/tmux" send-keys hellp BSpace o Enter
	two() { [ "$(screen | grep -cx hello)" -eq 2 ]; }
	until_true two
	tmux -S "$PWD/tmux" send-keys C-d
	until_true shows status=0
	content_is "state/sockkit/history-127.0.0.1_$PORT" hello
}

teardown()
{
	[ ! -S tmux ] || tmux -S "$PWD/tmux" kill-server || true
	helper_teardown
}
