#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Proxies: connect through them, listen as one, and those of others.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016
bats_require_minimum_version 1.5.0
load helper

# proxy TYPE [ARG...]: start our own as "TYPE"; sets PROXY. Its client's end
# of waiting is that of the test.
proxy()
{
	start "$1" "$SOCKKIT" listen -k -v --proxy-type "$1" \
		--port-file "$1.port" "${@:2}" 127.0.0.1 0 </dev/null
	PROXY=$(addr "$1.port" | tr ' ' :)
	[ -n "$PROXY" ]
}

# echoing: an echo server; sets HOST and PORT.
echoing()
{
	listening -k --echo </dev/null
}

# fake_proxy WORD...: a proxy that says and does what the words tell.
fake_proxy()
{
	start fake "$PEER" listen fake.port "$@" </dev/null
	PROXY=$(addr fake.port | tr ' ' :)
	[ -n "$PROXY" ]
}

# through ARG...: connect to the echo server by way of PROXY
through()
{
	sk connect --proxy "$PROXY" "$@" "$HOST" "$PORT"
}

@test "http: there and back, and much of it" {
	echoing
	proxy http
	"$PEER" pattern 20M >file
	through <file >out
	same file out
	says http.err "asks for 127.0.0.1:$PORT"
}

@test "socks5: there and back" {
	echoing
	proxy socks5
	"$PEER" pattern 5M >file
	through --proxy-type socks5 <file >out
	same file out
	says socks5.err "asks for 127.0.0.1:$PORT"
}

@test "a chain of three" {
	echoing
	proxy http
	first=$PROXY
	proxy socks5
	[ "$(echo hi | through --proxy "http://$first" --proxy-type socks5 \
		--proxy "$PROXY")" = hi ]
	until_true eval '[ "$(grep -c "asks for" socks5.err)" = 2 ]'
	says http.err "asks for $PROXY"
}

@test "TLS through a proxy, by the name of the target" {
	certificate
	listening -k --echo --ssl-cert cert.pem </dev/null
	proxy http
	[ "$(echo hi | through --ssl-trustfile c.pem)" = hi ]
	run -1 sk connect --proxy "$PROXY" --ssl-trustfile c.pem \
		localhost "$PORT" </dev/null
	[[ $output == *"not for localhost"* ]]
}

# certificate: cert.pem, also its key's file, and c.pem for those who trust it
certificate()
{
	[[ $("$SOCKKIT" --version) != *-openssl* ]] || skip "without OpenSSL"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-subj /CN=x -addext subjectAltName=IP:127.0.0.1 \
		-keyout cert.pem -out c.pem 2>/dev/null
	cat c.pem >>cert.pem
}

@test "https: TLS to the proxy itself, whoever that is" {
	certificate
	echoing
	proxy http --ssl-cert cert.pem
	"$PEER" pattern 3M >file
	through --proxy-type https --proxy-ssl-trustfile c.pem <file >out
	same file out
	run -1 through --proxy-type https </dev/null
	[[ $output == *"self-signed certificate (--proxy-ssl-trustfile"* ]]
	run -1 sk connect --proxy "https://localhost:${PROXY#*:}" \
		--proxy-ssl-trustfile c.pem "$HOST" "$PORT" </dev/null
	[[ $output == *"not for localhost (--proxy-ssl-servername"* ]]
	run -0 through --proxy-type https --proxy-ssl-no-verify <<<hi
	[[ $output == *"warning: --proxy-ssl-no-verify"*hi* ]]
	stop http
	rm http.port
	proxy http --ssl-cert cert.pem --ssl-verify --ssl-trustfile c.pem
	run -1 through --proxy-type https --proxy-ssl-trustfile c.pem </dev/null
	[ "$(echo hi | through --proxy-type https --proxy-ssl-trustfile c.pem \
		--proxy-ssl-cert cert.pem)" = hi ]
}

@test "https: TLS through TLS, and a chain with it in any place" {
	certificate
	listening -k --echo --ssl-cert cert.pem </dev/null
	proxy http --ssl-cert cert.pem
	secure=https://$PROXY
	proxy socks5
	plain=socks5://$PROXY
	"$PEER" pattern 1M >file
	for chain in "$secure" "$secure $plain" "$plain $secure" \
		"$secure $secure"; do
		words=()
		for hop in $chain; do
			words+=(--proxy "$hop")
		done
		sk connect "${words[@]}" --proxy-ssl-trustfile c.pem \
			--ssl-trustfile c.pem "$HOST" "$PORT" <file >out
		same file out
	done
}

@test "https: proxies that are none" {
	certificate
	HOST=a.example PORT=80
	fake_proxy recv:5 $'text:HTTP/1.1 400 Bad\r\n\r\n' hold
	run -1 through --proxy-type https </dev/null
	[[ $output == *"$PROXY: the server speaks plain HTTP, not TLS" ]]
	stop fake
	rm fake.port
	fake_proxy hold
	run -1 through -w 300ms --proxy-type https </dev/null
	[[ $output == *"proxy $PROXY: timed out after 300 ms" ]]
	run -2 through --proxy-ssl-no-verify </dev/null
	[[ $output == *"--proxy-ssl-...: nothing there speaks TLS"* ]]
	run -2 sk connect --proxy https://unix:./s a 1 </dev/null
	[[ $output == *--proxy-ssl-servername* ]]
}

@test "passwords: by option, file and environment" {
	echoing
	echo user:pa:ss >secret
	for type in http socks5; do
		proxy $type --proxy-auth @secret
		[ "$(echo hi | through --proxy-type $type \
			--proxy-auth user:pa:ss)" = hi ]
		[ "$(echo hi | SOCKKIT_PROXY_AUTH=user:pa:ss through \
			--proxy-type $type)" = hi ]
		run -1 through --proxy-type $type --proxy-auth user:no \
			</dev/null
		[[ $output == *refuse* ]]
		run -1 through --proxy-type $type </dev/null
		[[ $output == *--proxy-auth* ]]
	done
	run -2 through --proxy-auth nobody </dev/null
	run -1 through --proxy-auth @missing </dev/null
	[[ $output == *"@missing: No such file"* ]]
}

@test "--proxy-dns: who looks up the name" {
	echoing
	proxy socks5
	echo hi | sk connect --proxy "socks5://$PROXY" localhost "$PORT" >out
	says socks5.err "asks for localhost:$PORT"
	echo hi | sk connect -4 --proxy "socks5://$PROXY" --proxy-dns local \
		localhost "$PORT" >out
	until_true grep -q "asks for 127.0.0.1:$PORT" socks5.err
	run -1 sk connect --proxy "$PROXY" --proxy-dns local nowhere.invalid \
		"$PORT" </dev/null
	[[ $output == *nowhere.invalid* ]]
}

@test "a target that refuses: the proxy tells, and so do we" {
	dead_port
	proxy http
	run -1 through </dev/null
	[[ $output == *"proxy $PROXY: refuses: 502 Bad Gateway" ]]
	proxy socks5
	run -1 through --proxy-type socks5 </dev/null
	[[ $output == *"proxy $PROXY: SOCKS 5: connection refused" ]]
	until_true grep -q 'connect: Connection refused' socks5.err
}

@test "a proxy that is not there" {
	dead_port
	run -1 sk connect --proxy "$HOST:$PORT" localhost 1 </dev/null
	[[ $output == *"proxy $HOST:$PORT: connect: Connection refused" ]]
}

@test "payload behind the reply, in the same segment" {
	HOST=a.example PORT=80
	fake_proxy recv:20 $'text:HTTP/1.1 200 OK\r\n\r\npayload' fin expect-eof
	[ "$(through </dev/null)" = payload ]
}

@test "a reply byte by byte, LF only, folded lines" {
	HOST=a.example PORT=80
	words=()
	text=$'HTTP/1.1 200 fine\nA: b\n folded\n\nhi'
	for ((i = 0; i < ${#text}; i++)); do
		words+=("text:${text:i:1}" sleep:1)
	done
	fake_proxy recv:20 "${words[@]}" fin expect-eof
	[ "$(through </dev/null)" = hi ]
}

@test "a proxy that closes, answers 407, or is none" {
	HOST=a.example PORT=80
	fake_proxy recv:20 close
	run -1 through </dev/null
	[[ $output == *"proxy $PROXY: "* ]]
	finish fake
	rm fake.port
	fake_proxy $'text:HTTP/1.1 407 \e[31mNo\r\n\r\n' hold
	run -1 through --retry 3 </dev/null
	[[ $output == *'refuses: 407 \x1b[31mNo (--proxy-auth'* ]]
	[ "${#lines[@]}" -eq 1 ]
	stop fake
	rm fake.port
	fake_proxy $'text:220 ESMTP\r\n' hold
	run -1 through </dev/null
	[[ $output == *'does not speak HTTP: it said 220 ESMTP' ]]
	stop fake
	rm fake.port
	fake_proxy $'text:HTTP/1.1 200 OK\r\n\r\n' hold
	run -1 through --proxy-type socks5 </dev/null
	[[ $output == *'does not speak SOCKS 5' ]]
}

@test "a proxy that sends 10 MiB of headers" {
	HOST=a.example PORT=80
	fake_proxy $'text:HTTP/1.1 200 OK\r\n' send:10M recvall
	run -1 through </dev/null
	[[ $output == *"proxy $PROXY: HTTP: a head"* ]]
}

@test "a proxy that never answers: -w bounds the whole" {
	HOST=a.example PORT=80
	fake_proxy hold
	run -1 through -w 300ms </dev/null
	[[ $output == *"proxy $PROXY: timed out after 300 ms" ]]
}

@test "what makes no sense is a usage error" {
	run -2 sk connect --proxy localhost localhost 1
	run -2 sk connect --proxy localhost:0 localhost 1
	run -2 sk connect --proxy localhost:1 unix:x
	run -2 sk connect --proxy-type socks5 localhost 1
	run -2 sk connect --proxy-auth a:b localhost 1
	run -2 sk connect --proxy socks5://me:secret@localhost:1 localhost 1
	[[ $output == *"--proxy-auth has it" && $output != *secret* ]]
	run -2 sk connect --proxy ftp://localhost:1 localhost 1
	[[ $output == *"socks5 stand before ://" ]]
	run -1 sk connect --proxy unix:@nobody-is-there localhost 1
	run -2 sk listen --proxy-type socks4 0
	run -2 sk listen --proxy-type http --echo 0
	run -2 sk listen --proxy-auth a:b 0
	for none in '' : @empty; do
		: >empty
		run -2 sk listen --proxy-type http --proxy-auth "$none" 0
		[[ $output == *"--proxy-auth: not USER:PASS"* ]]
	done
}

# scripted <<EOF: a proxy by this program, in Python, which has the connection
# `c`, `get(n)` and `put(bytes)`, which sends them one by one.
scripted()
{
	need python3
	{
		cat <<-'EOF'
			import os, socket, struct
			l = socket.create_server(('127.0.0.1', 0))
			with open('fake.new', 'w') as f:
			    f.write('127.0.0.1 %d\n' % l.getsockname()[1])
			os.rename('fake.new', 'fake.port')
			c = l.accept()[0]
			c.settimeout(20)
			c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
			def get(n):
			    data = b''
			    while len(data) < n:
			        more = c.recv(n - len(data))
			        assert more, data
			        data += more
			    return data
			def put(data):
			    for byte in data:
			        c.sendall(bytes([byte]))
		EOF
		cat
	} >fake.py
	rm -f fake.port
	start fake python3 fake.py </dev/null
	PROXY=$(addr fake.port | tr ' ' :)
	HOST=a.example PORT=80
}

@test "socks5: a reply with a name of 255 bytes, and payload right behind it" {
	scripted <<-'EOF'
		assert get(3) == b'\5\1\0'
		put(b'\5\0')
		assert get(16) == b'\5\1\0\3\x09a.example\0\x50'
		c.sendall(b'\5\0\0\3\xff' + b'n' * 255 + b'\1\2' + b'payload')
		c.shutdown(socket.SHUT_WR)
		assert get(2) == b'up'
	EOF
	[ "$(printf up | through --proxy-type socks5)" = payload ]
	finish fake
}

@test "socks4, socks4a: byte by byte, there and back" {
	scripted <<-'EOF'
		assert get(11) == b'\4\1\0\x50\x0a\x01\x02\x03me\0'
		put(b'\0\x5a\0\0\0\0\0\0' + b'payload')
		c.shutdown(socket.SHUT_WR)
		assert get(2) == b'up'
	EOF
	HOST=10.1.2.3
	[ "$(printf up | through --proxy-type socks4 \
		--proxy-auth me:ignored)" = payload ]
	finish fake
	scripted <<-'EOF'
		assert get(19) == b'\4\1\0\x50\0\0\0\1\0a.example\0'
		put(b'\0\x5a\0\0\0\0\0\0' + b'payload')
		c.shutdown(socket.SHUT_WR)
		assert get(2) == b'up'
	EOF
	[ "$(printf up | through --proxy-type socks4a)" = payload ]
	finish fake
}

@test "socks: replies that are short, refuse, or are none" {
	for reply in '\5' '\5\0\5\0\0\1\1\2' '\5\0\5\0\0\3\xff' \
		'\5\0\5\0\0\x80\0' '\5\xff' '\4\0' '\5\0\5\x85\0\1\0'; do
		scripted <<-EOF
			put(b'$reply')
			c.shutdown(socket.SHUT_WR)
			get(3)
			while c.recv(100): pass
		EOF
		run -1 through --proxy-type socks5 </dev/null
		[[ $output == *"proxy $PROXY: "* ]]
		[ "${#lines[@]}" -eq 1 ]
		stop fake
	done
	scripted <<-'EOF'
		put(b'\0\x5b\0\0\0\0\0\0')
		c.recv(100)
	EOF
	run -1 through --proxy-type socks4a </dev/null
	[[ $output == *"SOCKS 4: refused with code 91" ]]
}

@test "the longest name, user and password pass; longer ones are refused" {
	echoing
	label=$(printf 'a%.0s' {1..63})
	name=$label.$label.$label.${label:0:61}
	long=$(printf 'x%.0s' {1..255})
	for type in http socks5; do
		proxy $type --proxy-auth "$long:$long"
		[ "$(echo hi | through --proxy-type $type \
			--proxy-auth "$long:$long")" = hi ]
		run -1 sk connect --proxy "$PROXY" --proxy-type $type \
			--proxy-auth "$long:$long" "$name" 80 </dev/null
		says $type.err "asks for $name:80"
	done
	run -2 through --proxy-auth "x$long:$long" </dev/null
	run -2 through --proxy-auth "$long:x$long" </dev/null
	run -2 sk connect --proxy "$PROXY" "$name.a" 80 </dev/null
}

# --- the proxy and strange clients ----------------------------------------------

# says_back WORDS: what the proxy answers to these bytes
says_back()
{
	printf '%b' "$1" | sk connect "${PROXY%:*}" "${PROXY#*:}"
}

@test "clients that are wrong are told so, and hold up nobody" {
	echoing
	proxy http
	start silent "$PEER" connect "${PROXY%:*}" "${PROXY#*:}" mark:there \
		hold </dev/null
	until_true test -e there
	says_back 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' | grep '^HTTP/1.1 400'
	says_back 'CONNECT unix:/x HTTP/1.1\r\n\r\n' | grep '^HTTP/1.1 400'
	says_back 'CONNECT fd:0 HTTP/1.1\r\n\r\n' | grep -E '^HTTP/1.1 (400|502)'
	says_back '\026\003\001\0\n' | grep '^HTTP/1.1 400'
	says_back 'GET http://a/ HTTP/1.1\r\nA: b\r\n c\r\n\r\n' |
		grep '^HTTP/1.1 400'
	[ "$(echo hi | through)" = hi ]
	running http
}

@test "a header without an end is cut off" {
	proxy http
	"$PEER" connect "${PROXY%:*}" "${PROXY#*:}" \
		$'text:GET http://a/ HTTP/1.1\r\nA: ' send:10M recvall \
		</dev/null || true
	until_true grep -q 'a head' http.err
	running http
}

@test "a client that asks for nothing is sent away after -w" {
	proxy socks5 -w 4
	start silent "$PEER" connect "${PROXY%:*}" "${PROXY#*:}" expect-eof \
		</dev/null
	finish silent
	says socks5.err 'no request within 4 s'
}

@test "--max-conns counts those who have not asked yet" {
	proxy http -m 1
	start silent "$PEER" connect "${PROXY%:*}" "${PROXY#*:}" hold </dev/null
	until_true grep -q 'connection from' http.err
	run -1 sk connect --proxy "$PROXY" localhost 1 </dev/null
	says http.err 'refused: 1 are served already'
}

@test "without -k: one client, and its failure is ours" {
	dead_port
	start one "$SOCKKIT" listen --proxy-type http --port-file one.port \
		127.0.0.1 0 </dev/null
	PROXY=$(addr one.port | tr ' ' :)
	run -1 through </dev/null
	finish one 1
	says one.err 'connect: Connection refused'
}

# --- other programs -------------------------------------------------------------

@test "curl through our proxies: GET, POST, CONNECT, SOCKS" {
	need curl
	answer=$'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n'
	origin()
	{
		rm -f origin.port
		start origin "$PEER" listen origin.port save:request recv:50 \
			"text:$answer" fin recvall </dev/null
		URL=http://$(addr origin.port | tr ' ' :)/path
	}
	proxy http --proxy-auth u:p
	origin
	[ "$(curl -sS -x "http://u:p@$PROXY" "$URL")" = hello ]
	finish origin
	says request '^GET /path HTTP/1.1'
	says_not request '[Pp]roxy'
	says request '^Connection: close'
	origin
	[ "$(curl -sS -x "http://u:p@$PROXY" -d a=b "$URL")" = hello ]
	finish origin
	says request '^a=b$'
	origin
	[ "$(curl -sS -p -x "http://u:p@$PROXY" "$URL")" = hello ]
	finish origin
	says_not request '[Pp]roxy'
	run curl -sS -o /dev/null -w '%{http_code}' -x "http://u:x@$PROXY" "$URL"
	[[ $output == *407* ]]
	proxy socks5 --proxy-auth u:p
	origin
	[ "$(curl -sS -x "socks5h://u:p@$PROXY" "$URL")" = hello ]
	finish origin
	run curl -sS -x "socks5h://u:x@$PROXY" "$URL"
	[ "$status" -ne 0 ]
}

@test "curl through our proxy over TLS" {
	need curl
	certificate
	answer=$'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n'
	for tunnel in "" -p; do
		rm -f origin.port
		start origin "$PEER" listen origin.port recv:50 \
			"text:$answer" fin recvall </dev/null
		proxy http --ssl-cert cert.pem
		[ "$(curl -sS $tunnel --proxy-cacert c.pem -x "https://$PROXY" \
			"http://$(addr origin.port | tr ' ' :)/")" = hello ]
		finish origin
		stop http
		rm http.port
	done
}

@test "ncat through our proxies" {
	need ncat
	echoing
	for type in http socks5; do
		proxy $type
		[ "$(echo hi | ncat --proxy "$PROXY" --proxy-type $type \
			"$HOST" "$PORT")" = hi ]
	done
}

@test "nc of OpenBSD through our proxies" {
	need nc
	echoing
	proxy http
	[ "$(echo hi | nc -N -X connect -x "$PROXY" "$HOST" "$PORT")" = hi ]
	proxy socks5
	[ "$(echo hi | nc -N -X 5 -x "$PROXY" "$HOST" "$PORT")" = hi ]
}

@test "socat through our proxy" {
	need socat
	echoing
	proxy http --proxy-auth u:p
	[ "$(echo hi | socat -t 20 - \
		"PROXY:${PROXY%:*}:$HOST:$PORT,proxyport=${PROXY#*:},proxyauth=u:p")" = hi ]
}

@test "through the proxy of ncat, behind the TLS of socat" {
	need ncat
	need socat
	certificate
	echoing
	target=$PORT
	free_port
	start ncat ncat -l -k --proxy-type http 127.0.0.1 "$PORT" </dev/null
	inner=$PORT
	free_port
	start socat socat "OPENSSL-LISTEN:$PORT,bind=127.0.0.1,fork,reuseaddr,\
verify=0,cert=cert.pem" "TCP:127.0.0.1:$inner,retry=50,interval=0.1"
	hold_pipe in
	start connect "$SOCKKIT" connect --proxy "https://127.0.0.1:$PORT" \
		--proxy-ssl-trustfile c.pem --retry 5 "$HOST" "$target" <in
	feed in hi
	until_true content_is connect.out hi
	# How these two pass on an end is theirs.
	stop connect
}

@test "through the proxy of ncat" {
	need ncat
	echoing
	target=$PORT
	free_port
	start ncat ncat -l -k --proxy-type http --proxy-auth u:p 127.0.0.1 \
		"$PORT" </dev/null
	PROXY=127.0.0.1:$PORT
	PORT=$target
	# Its end of input must wait: ncat then drops what is under way.
	hold_pipe in
	start connect "$SOCKKIT" connect --proxy "$PROXY" --retry 5 \
		--proxy-auth u:p "$HOST" "$PORT" <in
	feed in hi
	until_true content_is connect.out hi
	end_pipe in
	finish connect
	run -1 through --proxy-auth u:x </dev/null
	[[ $output == *"refuses: 407 "* ]]
}
