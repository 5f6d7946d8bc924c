#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# All that connect and listen can do, over the embedded stack: nothing above
# the sockets knows whose they are. Mostly two of them on a wire.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2094,SC2154
bats_require_minimum_version 1.5.0
load stack_helper

# wired ARG...: sockkit listen on a wire as "listen", port 80 of 198.18.0.2.
wired()
{
	rm -f port
	start listen "$SOCKKIT" listen --stack wire,path=w --port-file port \
		"$@" 80
	until_true test -s port
}

# call ARG...: connect to it.
call()
{
	sk connect --stack wire,path=w "$@" 198.18.0.2 80
}

@test "TLS: both roles, and what is said of it" {
	OUT=got wired -v --ssl --recv-only </dev/null
	random data 300000
	call -v --ssl --ssl-no-verify <data 2>err
	finish listen
	same data got
	says err 'TLSv1\.3'
	says listen.err 'TLSv1\.3'
}

@test "TLS: a certificate that is not trusted is refused" {
	wired --ssl --recv-only </dev/null
	run -1 call --ssl </dev/null
	[[ $output == *"certificate"* ]]
}

@test "TLS: curl fetches from a server over a TAP device" {
	need curl
	serving -k --ssl -c 'read -r line; printf "HTTP/1.0 200 OK\r\n\r\nhi"' \
		</dev/null
	[ "$(in_lab curl -sk https://198.18.0.2:80/)" = hi ]
}

@test "TLS: a client of the kernel's server, by its name" {
	lab
	start_in_lab kernel "$SOCKKIT" listen --ssl --port-file port --echo \
		0.0.0.0 0 </dev/null
	read -r _ port < <(addr port)
	random data 200000
	in_lab "$SOCKKIT" connect --stack tap --ssl --ssl-no-verify 198.18.0.1 \
		"$port" <data >got
	same data got
}

@test "-e and -c, of a server and of a client" {
	wired -e 'tr a-z A-Z' </dev/null
	[ "$(echo hello | call)" = HELLO ]
	finish listen
	OUT=got wired </dev/null
	call -c 'env | grep ^SOCKKIT_ | grep -v LOCAL_PORT | sort'
	finish listen
	content_is got $'SOCKKIT_LOCAL_ADDR=198.18.0.1\nSOCKKIT_PROTO=TCP\nSOCKKIT_REMOTE_ADDR=198.18.0.2\nSOCKKIT_REMOTE_PORT=80'
}

@test "--to: from the stack into the kernel's, TLS on the way" {
	lab
	start_in_lab kernel "$SOCKKIT" listen -k --echo --port-file kport \
		127.0.0.1 0 </dev/null
	read -r _ kport < <(addr kport)
	start_in_lab listen "$SOCKKIT" listen -k --stack tap --port-file port \
		--to 127.0.0.1:"$kport" --ssl 80 </dev/null
	until_true test -s port
	random data 500000
	in_lab "$SOCKKIT" connect --ssl --ssl-no-verify 198.18.0.2 80 <data >got
	same data got
}

@test "a proxy over the stack, http and socks5, for the kernel's clients" {
	lab
	start_in_lab kernel "$SOCKKIT" listen -k --echo --port-file kport \
		127.0.0.1 0 </dev/null
	read -r _ kport < <(addr kport)
	for type in http socks5; do
		rm -f port
		start_in_lab "$type" "$SOCKKIT" listen -k --stack tap \
			--port-file port --proxy-type "$type" 80 </dev/null
		until_true test -s port
		[ "$(echo hi | in_lab "$SOCKKIT" connect --proxy-type "$type" \
			--proxy 198.18.0.2:80 127.0.0.1 "$kport")" = hi ]
		stop "$type"
	done
}

@test "a client over the stack through the kernel's proxies" {
	lab
	start_in_lab kernel "$SOCKKIT" listen -k --echo --port-file kport \
		127.0.0.1 0 </dev/null
	read -r _ kport < <(addr kport)
	for type in http socks5; do
		rm -f port
		start_in_lab "$type" "$SOCKKIT" listen -k --port-file port \
			--proxy-type "$type" 0.0.0.0 0 </dev/null
		read -r _ port < <(addr port)
		[ "$(echo hi | in_lab "$SOCKKIT" connect --stack tap \
			--proxy-type "$type" --proxy 198.18.0.1:"$port" \
			127.0.0.1 "$kport")" = hi ]
	done
}

@test "-k: one stdin for all, each client's bytes to stdout" {
	hold_pipe in
	wired -k <in
	hold_pipe one
	start one "$SOCKKIT" connect --stack wire,path=w 198.18.0.2 80 <one
	feed one hello
	until_true content_is listen.out hello
	feed in answer
	until_true content_is one.out answer
}

@test "-k --chat over a TAP device: what one says the others hear" {
	need nc
	serving -k --chat </dev/null
	hold_pipe a
	hold_pipe b
	start_in_lab a nc 198.18.0.2 80 <a
	start_in_lab b nc 198.18.0.2 80 <b
	until_true both_said_hello
}

both_said_hello()
{
	feed a $'hello\n'
	grep -q hello b.out
}

@test "--stats json and --progress" {
	wired --recv-only --stats json </dev/null >listen.out
	random data 1000000
	call --stats json --progress <data 2>err
	finish listen
	grep '^{' err >stats
	# TCP_INFO too, though no kernel has filled it in.
	jq -e '.sent_bytes == 1000000 and .peer == "198.18.0.2:80" and
		(.local | startswith("198.18.0.1:")) and .error == null and
		.tcp_info.bytes_acked == 1000000 and
		.tcp_info.snd_mss == 1448' stats || { cat stats; false; }
	says err '976\.|977|1000000'
	grep '^{' listen.err >stats
	jq -e '.received_bytes == 1000000 and .local == "198.18.0.2:80"' stats
}

@test "-x, -o and --pcap keep what passed" {
	need tshark
	wired --echo </dev/null
	echo hello | call -x dump -o both --pcap trace >out
	finish listen
	content_is out hello
	says dump hello
	content_is both $'hello\nhello'
	tshark -r trace -Y tcp.len -T fields -e ip.src -e tcp.payload >packets \
		2>tshark.err
	says packets $'198.18.0.2\t68656c6c6f0a'
}

@test "--limit-rate, --idle-timeout and --wait" {
	wired -k --echo </dev/null
	echo hello | call --limit-rate 1M >out
	content_is out hello
	stop listen
	until_true test ! -e w || rm -f w
	hold_pipe in
	wired -k --echo </dev/null
	run -1 call -i 200ms <in
	[[ $output == *'idle'* ]]
}

@test "nobody answers: connecting ends with -w" {
	lab
	run -1 in_lab "$SOCKKIT" connect --stack tap 198.18.0.1 80 </dev/null
	[[ $output == *'Connection refused' ]]
	run -1 in_lab "$SOCKKIT" connect -w 900ms --stack tap 198.18.0.99 80 \
		</dev/null
	[[ $output == *'timed out after 900 ms' ]]
}

@test "what is the kernel's alone is refused by name" {
	run -2 sk connect -z --stack tap 198.18.0.1 80
	[[ $output == *'--scan cannot be used with --stack'* ||
	   $output == *'--stack cannot be used with --scan'* ]]
	run -2 sk listen -k --workers 2 --stack tap 80
	[[ $output == *'--workers cannot be used with --stack' ]]
	run -2 sk connect --mptcp --stack tap 198.18.0.1 80
	[[ $output == *'cannot be used with'* ]]
}

# --- what it costs ---------------------------------------------------------------

@test "a byte there and back is two reads of the device: a frame, and no more" {
	need strace
	local rr frames in_vain

	rr=$(dirname "$SOCKKIT")/tests/tools/rr
	lab
	# What is traced cannot look for leaks, where we are built to do so.
	start_in_lab listen strace -qq -o calls -e trace=readv \
		-E ASAN_OPTIONS=detect_leaks=0 "$SOCKKIT" \
		listen --stack tap --port-file port --echo 80 </dev/null
	until_true test -s port
	in_lab "$rr" 198.18.0.2 80 300 >out
	finish listen
	frames=$(grep -c ') = [0-9]' calls)
	in_vain=$(grep -c EAGAIN calls)
	echo "$frames frames, $in_vain reads in vain"
	# Timers look as well; they are few.
	[ "$frames" -ge 300 ]
	[ "$in_vain" -lt $((frames * 2)) ]
}
