#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Datagrams through SOCKS 5: our client, our proxy, and either with a
# scripted other side that keeps to the letter of RFC 1928, or does not.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016
bats_require_minimum_version 1.5.0
load helper

# proxy [ARG...]: our own as "proxy"; sets PROXY.
proxy()
{
	start proxy "$SOCKKIT" listen -v --proxy-type socks5 \
		--port-file proxy.port "$@" 127.0.0.1 0 </dev/null
	PROXY=$(addr proxy.port | tr ' ' :)
	[ -n "$PROXY" ]
}

# echoing [ARG...]: an echo service as "echo"; sets HOST and PORT.
echoing()
{
	start echo "$SOCKKIT" udp -l -k --echo --port-file echo.port "$@" \
		127.0.0.1 0 </dev/null
	read -r HOST PORT < <(addr echo.port)
	[ -n "$PORT" ]
}

# through ARG...: a client of the echo service by way of PROXY
through()
{
	sk udp --proxy "$PROXY" "$@" "$HOST" "$PORT"
}

# answered ARG...: one that waits for the answer, however busy the machine
answered()
{
	through -w "$PATIENCE" "$@"
}

# What the scripted sides have in common: recv_exactly, an association.
library()
{
	cat >lib.py <<-'EOF'
		import os, socket, struct, sys
		def exactly(s, n):
		    data = b''
		    while len(data) < n:
		        more = s.recv(n - len(data))
		        assert more, 'the end'
		        data += more
		    return data
		def associate(proxy, port=0):
		    host, _, number = proxy.rpartition(':')
		    c = socket.create_connection((host, int(number)))
		    c.settimeout(20)
		    for byte in b'\5\1\0':
		        c.sendall(bytes([byte]))
		    assert exactly(c, 2) == b'\5\0'
		    for byte in b'\5\3\0\1\0\0\0\0' + struct.pack('!H', port):
		        c.sendall(bytes([byte]))
		    head = exactly(c, 4)
		    assert head[:3] == b'\5\0\0', head
		    assert head[3] == 1
		    at = socket.inet_ntoa(exactly(c, 4)), \
		        struct.unpack('!H', exactly(c, 2))[0]
		    return c, at
		def head(port, host='127.0.0.1', frag=0):
		    return bytes([0, 0, frag, 1]) + socket.inet_aton(host) + \
		        struct.pack('!H', port)
		def udp(host='127.0.0.1'):
		    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    u.settimeout(20)
		    u.bind((host, 0))
		    return u
	EOF
	need python3
}

# scripted NAME: stdin as a Python program, run to its end
scripted()
{
	{
		echo 'from lib import *'
		cat
	} >script.py
	timeout -k 1 "$PATIENCE" python3 script.py "$@"
}

# --- our client, our proxy ------------------------------------------------------

@test "udp --proxy: there and back, by number and by name" {
	echoing
	proxy -k
	[ "$(echo hi | answered)" = hi ]
	# A name, and on no machine one of ::1.
	HOST=127.1
	[ "$(echo hi | answered --proxy-type socks5)" = hi ]
	HOST=localhost
	[ "$(echo hi | answered -4 --proxy-dns local)" = hi ]
	until_true eval '[ "$(grep -c "relayed: 1 out, 1 in" proxy.err)" = 3 ]'
}

@test "udp --proxy: boundaries are kept, up to the largest" {
	echoing -x dump
	proxy -k
	"$PEER" pattern 200000 >big
	answered <big >out
	same big out
	sed -nE "s/^< .* ([0-9]+) bytes at .*/\\1/p" dump >lengths
	[ "$(tr '\n' ' ' <lengths)" = "65245 65245 65245 4265 " ]
	printf 'one\n\nthree\n' | answered --lines >out
	content_is out $'one\n\nthree'
	head -c 65507 /dev/zero >long
	run -1 through --size 65507 <long
	[[ $output == *"65507 bytes is too long"* ]]
}

@test "udp --proxy: passwords" {
	echoing
	echo user:pa:ss >secret
	proxy -k --proxy-auth @secret
	[ "$(echo hi | answered --proxy-auth user:pa:ss)" = hi ]
	[ "$(echo hi | SOCKKIT_PROXY_AUTH=user:pa:ss answered)" = hi ]
	run -1 through --proxy-auth user:no </dev/null
	[[ $output == *"proxy $PROXY: SOCKS 5: the password was refused" ]]
	run -1 through </dev/null
	[[ $output == *--proxy-auth* ]]
}

@test "udp --proxy --ssl: DTLS passes through" {
	[[ $("$SOCKKIT" --version) != *-openssl* ]] || return 0
	echoing --ssl
	proxy -k
	[ "$(echo hi | answered --ssl --ssl-no-verify 2>err)" = hi ]
}

@test "udp --proxy: a client that ends takes the association with it" {
	echoing
	proxy
	[ "$(echo hi | answered)" = hi ]
	# Without -k, that was the one to be served.
	finish proxy
	says proxy.err 'datagrams relayed: 1 out, 1 in, 0 dropped'
}

@test "udp --proxy: a proxy that ends is a failure" {
	echoing
	proxy -k
	hold_pipe in
	start client "$SOCKKIT" udp --proxy "$PROXY" "$HOST" "$PORT" <in
	feed in hi
	until_true content_is client.out hi
	signal proxy TERM
	finish client 1
	one_line client.err 'the proxy has ended the association'
}

@test "udp --proxy: nobody there, or nobody who answers" {
	dead_port
	PROXY=$HOST:$PORT
	run -1 through </dev/null
	[[ $output == *"proxy $PROXY: connect: Connection refused" ]]
	start fake "$PEER" listen fake.port hold </dev/null
	PROXY=$(addr fake.port | tr ' ' :)
	run -1 through -w 300ms </dev/null
	[[ $output == *"proxy $PROXY: timed out after 300 ms" ]]
}

@test "udp --proxy: what makes no sense is a usage error" {
	run -2 sk udp --proxy localhost localhost 1
	run -2 sk udp --proxy localhost:0 localhost 1
	run -2 sk udp --proxy http://localhost:1 localhost 1
	run -2 sk udp --proxy unix:./s localhost 1
	run -2 sk udp --proxy localhost:1 --proxy http://localhost:2 localhost 1
	nine=()
	for i in {1..9}; do nine+=(--proxy "localhost:$i"); done
	run -2 sk udp "${nine[@]}" localhost 1
	run -2 sk udp -l --proxy localhost:1 0
	run -2 sk udp --unconnected --proxy localhost:1 localhost 1
	run -2 sk udp --proxy-type socks5 localhost 1
}

@test "udp --proxy: through a chain of three, boundaries kept" {
	chain=()
	echoing -x dump
	for i in a b c; do
		start "$i" "$SOCKKIT" listen -k -v --proxy-type socks5 \
			--port-file "$i.port" 127.0.0.1 0 </dev/null
		chain+=(--proxy "$(addr "$i.port" | tr ' ' :)")
	done
	run -0 sk udp "${chain[@]}" --lines -w "$PATIENCE" "$HOST" "$PORT" \
		< <(printf 'one\n\nthree\n')
	[ "$output" = $'one\n\nthree' ]
	[ "$(grep -c '^<' dump)" -eq 3 ]
	for i in a b c; do
		until_true says "$i.err" 'datagrams relayed: 3 out, 3 in, 0 dropped'
	done
	# The way to each leads through those before it.
	says a.err "asks for ${chain[3]}\$"
	says b.err "asks for ${chain[5]}\$"
	says_not a.err "asks for ${chain[5]}"
	# A name, and on no machine one of ::1.
	echo name | sk udp "${chain[@]}" -w "$PATIENCE" 127.1 "$PORT" >out
	content_is out name
}

@test "listen --proxy-type socks5: -w bounds the request, not what follows" {
	proxy -w 2s
	echoing
	hold_pipe in
	start client "$SOCKKIT" udp --proxy "$PROXY" "$HOST" "$PORT" <in
	feed in one
	until_true content_is client.out one
	sleep 2.2
	feed in two
	until_true content_is client.out onetwo
}

@test "udp --proxy: the second of a chain is not there, or ends" {
	proxy -k
	echoing
	read -r THERE AT < <(addr echo.port)
	dead_port
	run -1 sk udp --proxy "$PROXY" --proxy "$HOST:$PORT" "$THERE" "$AT" \
		</dev/null
	[[ $output == *"proxy $PROXY: SOCKS 5: connection refused" ]]
	start second "$SOCKKIT" listen -k --proxy-type socks5 \
		--port-file second.port 127.0.0.1 0 </dev/null
	second=$(addr second.port | tr ' ' :)
	hold_pipe in
	start client "$SOCKKIT" udp --proxy "$PROXY" --proxy "$second" \
		"$THERE" "$AT" <in
	feed in hi
	until_true content_is client.out hi
	signal second TERM
	finish client 1
	one_line client.err 'the proxy has ended the association'
}

# --- our proxy --------------------------------------------------------------------

@test "listen --proxy-type socks5: a client to the letter" {
	library
	echoing
	proxy -k
	scripted "$PROXY" "$PORT" <<-'EOF'
		c, at = associate(sys.argv[1])
		port = int(sys.argv[2])
		u = udp()
		u.sendto(head(port) + b'hello', at)
		data, who = u.recvfrom(1000)
		assert who == at
		assert data == head(port) + b'hello', data
		name = b'127.1'
		u.sendto(b'\0\0\0\3' + bytes([len(name)]) + name +
		         struct.pack('!H', port) + b'', at)
		assert u.recv(1000) == head(port), 'a datagram of no bytes'
	EOF
}

@test "listen --proxy-type socks5: fragments and broken headers are dropped" {
	library
	echoing
	proxy -k
	scripted "$PROXY" "$PORT" <<-'EOF'
		c, at = associate(sys.argv[1])
		port = int(sys.argv[2])
		u = udp()
		good = head(port)
		bad = [head(port, frag=1) + b'x', head(port, frag=0x80) + b'x',
		       b'', b'\0', b'\0\0\0', b'\0\0\0\1', good[:-1],
		       b'\1' + good[1:], b'\0\1' + good[2:],
		       b'\0\0\0\2' + good[4:], b'\0\0\0\3\0' + good[8:],
		       b'\0\0\0\3\xff' + good[5:], b'\0\0\0\4' + good[4:],
		       b'\0\0\0\3\3a\0b' + good[8:], head(0) + b'x']
		for datagram in bad:
		    u.sendto(datagram, at)
		u.sendto(good + b'good', at)
		assert u.recv(1000) == good + b'good'
	EOF
	until_true grep -q 'relayed: 1 out, 1 in, 15 dropped' proxy.err
}

@test "listen --proxy-type socks5: nobody but the client may use it" {
	library
	echoing
	proxy -k
	scripted "$PROXY" "$PORT" <<-'EOF'
		c, at = associate(sys.argv[1])
		port = int(sys.argv[2])
		u, other, far = udp(), udp(), udp('127.0.0.2')
		far.sendto(head(port) + b'from another address', at)
		u.sendto(head(port) + b'one', at)
		assert u.recv(1000) == head(port) + b'one'
		other.sendto(head(port) + b'from another port', at)
		u.sendto(head(port) + b'two', at)
		assert u.recv(1000) == head(port) + b'two'
	EOF
	until_true grep -q 'relayed: 2 out, 2 in, 2 dropped' proxy.err
	# The port that a client has named is the one.
	scripted "$PROXY" "$PORT" <<-'EOF'
		u, other = udp(), udp()
		port = int(sys.argv[2])
		c, at = associate(sys.argv[1], u.getsockname()[1])
		other.sendto(head(port) + b'first, but not it', at)
		u.sendto(head(port) + b'one', at)
		assert u.recv(1000) == head(port) + b'one'
	EOF
	until_true grep -q 'relayed: 1 out, 1 in, 1 dropped' proxy.err
}

@test "listen --proxy-type socks5: answers come from where was sent to" {
	library
	echoing
	proxy -k
	scripted "$PROXY" "$PORT" <<-'EOF'
		c, at = associate(sys.argv[1])
		u, service, stranger = udp(), udp(), udp()
		port = service.getsockname()[1]
		u.sendto(head(port) + b'question', at)
		data, outside = service.recvfrom(1000)
		assert data == b'question'
		stranger.sendto(b'from nobody', outside)
		service.sendto(b'answer', outside)
		assert u.recv(1000) == head(port) + b'answer'
	EOF
	until_true grep -q 'relayed: 1 out, 1 in, 1 dropped' proxy.err
}

@test "listen --proxy-type socks5: it ends with the connection, and by -i" {
	library
	proxy -k -i 300ms
	scripted "$PROXY" <<-'EOF'
		c, at = associate(sys.argv[1])
		assert c.recv(1) == b'', 'the end, as nothing came'
	EOF
	says proxy.err 'idle, the association is over'
	stop proxy
	rm proxy.port
	proxy -k
	before=$(fds_of proxy)
	scripted "$PROXY" <<-'EOF'
		held = [associate(sys.argv[1]) for i in range(20)]
		held[0][0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
		                      struct.pack('ii', 1, 0))
		held[0][0].close()
	EOF
	until_true eval '[ "$(fds_of proxy)" = "$before" ]'
	running proxy
}

@test "listen --proxy-type socks5: --deny and --max-conns hold here too" {
	library
	echoing
	proxy -k -m 1
	hold_pipe in
	start client "$SOCKKIT" udp --proxy "$PROXY" "$HOST" "$PORT" <in
	feed in hi
	until_true content_is client.out hi
	run -1 through </dev/null
	says proxy.err 'refused: 1 are served already'
	stop proxy
	rm proxy.port
	proxy -k --deny 127.0.0.1
	run -1 through </dev/null
	says proxy.err 'refused: not allowed'
}

@test "listen --proxy-type socks5: no datagrams for a client of a unix socket" {
	library
	start proxy "$SOCKKIT" listen -k --proxy-type socks5 --port-file up \
		unix:./s </dev/null
	addr up
	scripted <<-'EOF'
		c = socket.socket(socket.AF_UNIX)
		c.connect('./s')
		c.sendall(b'\5\1\0\5\3\0\1\0\0\0\0\0\0')
		assert exactly(c, 2) == b'\5\0'
		assert exactly(c, 2) == b'\5\7'
	EOF
	until_true grep -q 'with an internet address only' proxy.err
}

# --- our client, and strange proxies ------------------------------------------------

# fake_proxy <<EOF: a proxy by this program, which has the connection `c`, the
# socket `u` for datagrams, `reply(host, port)`, and `send(bytes)`, a byte at
# a time.
fake_proxy()
{
	library
	{
		cat <<-'EOF'
			from lib import *
			l = socket.create_server(('127.0.0.1', 0))
			with open('fake.new', 'w') as f:
			    f.write('127.0.0.1:%d\n' % l.getsockname()[1])
			os.rename('fake.new', 'fake.port')
			c = l.accept()[0]
			c.settimeout(20)
			c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
			u = udp()
			def send(data):
			    for byte in data:
			        c.sendall(bytes([byte]))
			def reply(host='127.0.0.1', port=0):
			    assert exactly(c, 3) == b'\5\1\0'
			    send(b'\5\0')
			    assert exactly(c, 10) == b'\5\3\0\1' + bytes(6)
			    send(b'\5\0\0\1' + socket.inet_aton(host) +
			         struct.pack('!H', port or u.getsockname()[1]))
		EOF
		cat
	} >fake.py
	start fake python3 fake.py </dev/null
	PROXY=$(addr fake.port)
	HOST=10.9.8.7 PORT=53
}

@test "udp --proxy: a reply byte by byte, and 0.0.0.0 means the proxy" {
	fake_proxy <<-'EOF'
		reply('0.0.0.0')
		data, who = u.recvfrom(1000)
		assert data == head(53, '10.9.8.7') + b'question\n', data
		u.sendto(head(53, '10.9.8.7') + b'answer', who)
		assert c.recv(1) == b''
	EOF
	[ "$(echo question | answered)" = answer ]
	finish fake
}

@test "udp --proxy: what is no answer of our peer is left out" {
	fake_proxy <<-'EOF'
		reply()
		data, who = u.recvfrom(1000)
		good = head(53, '10.9.8.7')
		for bad in [b'', b'\0\0\0', good[:-1], b'\0\0\1' + good[3:],
		            head(54, '10.9.8.7') + b'bad',
		            head(53, '10.9.8.8') + b'bad',
		            b'\0\0\0\3\xff' + b'bad',
		            b'\0\0\0\5\0\0\0\0\0\0' + b'bad']:
		    u.sendto(bad, who)
		u.sendto(good + b'good', who)
		assert c.recv(1) == b''
	EOF
	[ "$(echo question | answered)" = good ]
	finish fake
}

@test "udp --proxy: a name is sent as one" {
	fake_proxy <<-'EOF'
		reply()
		data, who = u.recvfrom(1000)
		name = b'host.invalid'
		assert data == b'\0\0\0\3' + bytes([len(name)]) + name + \
		    struct.pack('!H', 53) + b'question\n', data
		u.sendto(head(53, '192.0.2.1') + b'answer', who)
		assert c.recv(1) == b''
	EOF
	HOST=host.invalid
	[ "$(echo question | answered)" = answer ]
	finish fake
	run -1 through --proxy-dns local </dev/null
	[[ $output == *host.invalid* ]]
}

@test "udp --proxy: a proxy that relays no datagrams" {
	fake_proxy <<-'EOF'
		assert exactly(c, 3) == b'\5\1\0'
		send(b'\5\0')
		exactly(c, 10)
		send(b'\5\7\0\1' + bytes(6))
		c.recv(1)
	EOF
	run -1 through </dev/null
	[[ $output == *"proxy $PROXY: SOCKS 5: command not supported" ]]
}

@test "udp --proxy: a relay at a name, or at port 0" {
	for at in '\3\3abc\0\65' '\1\177\0\0\1\0\0' '\3\0\0\65'; do
		rm -f fake.port
		fake_proxy <<-EOF
			assert exactly(c, 3) == b'\5\1\0'
			send(b'\5\0')
			exactly(c, 10)
			send(b'\5\0\0$at')
			c.recv(1)
		EOF
		run -1 through </dev/null
		[[ $output == *"relays datagrams at an address that is none" ]]
		stop fake
	done
}
