#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# udp --ssl: DTLS as client and server, with datagrams lost on the way, peers
# that do not answer or are not who they should be, and openssl at either end.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016
bats_require_minimum_version 1.5.0
load helper

DROP=$(dirname "$PEER")/drop

# cert NAME SUBJECTALTNAME DAYS: NAME.pem and NAME.key by the CA
cert()
{
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
	printf 'subjectAltName=%s\n' "$2" >"$1.ext"
	openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key \
		-CAcreateserial -extfile "$1.ext" -out "$1.pem" -days "$3"
}

setup_file()
{
	[[ $("$SOCKKIT" --version) != *-openssl* ]] || return 0
	cd "$BATS_FILE_TMPDIR" || return
	{
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
			-nodes -days 2 -subj "/CN=test authority" \
			-keyout ca.key -out ca.pem
		cert good DNS:localhost,IP:127.0.0.1 2
		cert other DNS:example.org 2
		cert client DNS:client 2
		cert expired DNS:localhost,IP:127.0.0.1 0
	} >openssl.log 2>&1 || {
		cat openssl.log
		return 1
	}
}

setup()
{
	[[ $("$SOCKKIT" --version) != *-openssl* ]] ||
		skip "built without OpenSSL"
	helper_setup
	CERTS=$BATS_FILE_TMPDIR
	CA=$CERTS/ca.pem
	GOOD=(--ssl-cert "$CERTS/good.pem" --ssl-key "$CERTS/good.key")
}

# serving [OPTIONS...]: `sockkit udp -l --ssl` as "udp"; sets HOST and PORT.
serving()
{
	rm -f port
	start udp "$SOCKKIT" udp -l --ssl --port-file port "$@" 127.0.0.1 0
	read -r HOST PORT < <(addr port)
	[ -n "$PORT" ]
}

# trusting ARG...: a client that trusts our authority
trusting()
{
	sk udp --ssl-trustfile "$CA" "$@" "$HOST" "$PORT"
}

# answered ARG...: one that waits for the answer, however busy the machine
answered()
{
	trusting -w "$PATIENCE" "$@"
}

# losing WORD...: the way to HOST and PORT loses what the words say
losing()
{
	start drop "$DROP" drop.port "$HOST" "$PORT" "$@" </dev/null
	read -r HOST PORT < <(addr drop.port)
}

# s_server ARG...: openssl's, as "openssl"; `feed in` is what it sends.
s_server()
{
	hold_pipe in
	free_port
	start openssl openssl s_server -dtls1_2 -accept "127.0.0.1:$PORT" \
		-cert "$CERTS/good.pem" -key "$CERTS/good.key" "$@" <in
	until_true grep -q ACCEPT openssl.out
	HOST=127.0.0.1
}

udp_taken()
{
	sk stat -unlH "sport = :$1" | grep -q .
}

lengths()
{
	sed -nE "s/^$1 .* ([0-9]+) bytes at .*/\\1/p" "$2"
}

# --- the main road ------------------------------------------------------------

@test "dtls: a question and its answer" {
	hold_pipe in
	serving "${GOOD[@]}" <in
	start client "$SOCKKIT" udp --ssl-trustfile "$CA" "$HOST" "$PORT" \
		< <(echo question)
	until_true content_is udp.out question
	feed in answer
	finish client
	# The client has said that it ends, and so ends the server of one.
	finish udp
	content_is client.out answer
	content_is client.err ""
	content_is udp.err ""
}

@test "dtls: each datagram as it was sent, both ways, the largest too" {
	"$PEER" pattern 100000 >big
	serving -k --echo "${GOOD[@]}" -x dump </dev/null
	answered --size 16384 <big >out
	same big out
	[ "$(lengths '<' dump | tr '\n' ' ')" = \
		"16384 16384 16384 16384 16384 16384 1696 " ]
	[ "$(lengths '>' dump)" = "$(lengths '<' dump)" ]
	printf 'one\ntwo\nthree\n' | answered --lines >lines
	[ "$(cat lines)" = "$(printf 'one\ntwo\nthree')" ]
}

@test "dtls: too long, and of no bytes" {
	serving -k --echo "${GOOD[@]}" </dev/null
	run -2 trusting --size 16385 </dev/null
	[[ $output == *"at most 16384 bytes"* ]]
	head -c 16385 /dev/zero >line
	run -1 trusting --lines <line
	[[ $output == *"a line is longer than a datagram may be (16384"* ]]
	printf 'a\n\nb\n' | answered --lines >out 2>err
	content_is out $'a\nb'
	one_line err 'warning: datagrams without a byte are left out'
}

@test "dtls -k: many peers at once, each his own" {
	serving -k --echo "${GOOD[@]}" </dev/null
	for i in {1..12}; do
		echo "peer $i" >in."$i"
		OUT=out."$i" start c"$i" "$SOCKKIT" udp -w "$PATIENCE" \
			--ssl-trustfile "$CA" "$HOST" "$PORT" <in."$i"
	done
	for i in {1..12}; do
		finish c"$i"
		same in."$i" out."$i"
	done
	running udp
}

@test "dtls -k: input goes to all who have shaken hands" {
	hold_pipe news
	serving -k -v "${GOOD[@]}" <news
	for i in 1 2; do
		start c"$i" "$SOCKKIT" udp --recv-only --ssl-trustfile "$CA" \
			"$HOST" "$PORT" </dev/null
	done
	until_true eval '[ "$(grep -c "datagrams from" udp.err)" = 2 ]'
	feed news news
	until_true content_is c1.out news
	until_true content_is c2.out news
}

@test "dtls: without -k the first is served, others are let go" {
	hold_pipe in
	serving -v "${GOOD[@]}" </dev/null
	start first "$SOCKKIT" udp --ssl-trustfile "$CA" "$HOST" "$PORT" <in
	feed in mine
	until_true content_is udp.out mine
	echo other | trusting 2>err || true
	until_true grep -q 'others than the one served are ignored' udp.err
	end_pipe in
	finish first
	finish udp
	content_is udp.out mine
}

@test "dtls -v: version, cipher, protocol and peer; a fresh certificate" {
	serving -v --ssl-alpn x,y </dev/null
	until_true grep -q 'SHA-256' udp.err
	echo hi | sk udp -v --ssl-no-verify --ssl-alpn y "$HOST" "$PORT" 2>err
	says err 'DTLSv1\.2, ECDHE-[A-Z0-9-]+, ALPN y, peer CN=sockkit \(not'
	says err 'warning: --ssl-no-verify'
	finish udp
	content_is udp.out hi
}

@test "dtls -6, and localhost is proven by its name" {
	start udp "$SOCKKIT" udp -l -k --ssl "${GOOD[@]}" --echo \
		--port-file port 0 </dev/null
	PORT=$(addr port | cut -d' ' -f2)
	HOST=localhost
	[ "$(echo hi | answered)" = hi ]
	run -1 sk udp -6 --ssl-trustfile "$CA" ::1 "$PORT" </dev/null
	[[ $output == *"the certificate is for localhost, 127.0.0.1, not for ::1"* ]]
}

@test "dtls: SSLKEYLOGFILE gets the secrets" {
	serving "${GOOD[@]}" </dev/null
	export SSLKEYLOGFILE=$PWD/keys
	echo hi | trusting
	says keys '^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]+$'
}

# --- trust ----------------------------------------------------------------------

@test "dtls: an unknown authority, an old certificate, another host" {
	serving -k "${GOOD[@]}" </dev/null
	echo secret >in
	run -1 sk udp --ssl "$HOST" "$PORT" <in
	[[ $output == *"certificate cannot be verified"*--ssl-trustfile* ]]
	[ "${#lines[@]}" -eq 1 ]
	until_true grep -q 'client ended the TLS handshake: unknown ca' udp.err
	content_is udp.out ""
	run -1 trusting --ssl-servername example.org <in
	[[ $output == *"not for example.org"* ]]
	stop udp
	serving -k --ssl-cert "$CERTS/other.pem" --ssl-key "$CERTS/other.key" \
		</dev/null
	run -1 trusting <in
	[[ $output == *"is for example.org, not for 127.0.0.1"* ]]
	run -0 trusting --ssl-servername example.org <in
	stop udp
	serving -k --ssl-cert "$CERTS/expired.pem" \
		--ssl-key "$CERTS/expired.key" </dev/null
	until_true eval '! openssl x509 -in "$CERTS/expired.pem" -noout \
		-checkend 0 >/dev/null'
	run -1 trusting <in
	[[ $output == *"the certificate expired on "*GMT ]]
}

@test "dtls --ssl-verify: a peer must show a certificate that is trusted" {
	serving -k --echo --ssl-verify --ssl-trustfile "$CA" "${GOOD[@]}" \
		</dev/null
	echo hi >in
	run -1 trusting <in
	until_true grep -q 'the client gave no certificate' udp.err
	[ "$(answered --ssl-cert "$CERTS/client.pem" \
		--ssl-key "$CERTS/client.key" <in)" = hi ]
}

@test "dtls --deny: a refused host does not even get a cookie" {
	serving -k -v --echo --deny 127.0.0.1 "${GOOD[@]}" </dev/null
	run -1 trusting -w 300ms </dev/null
	[[ $output == *"timed out after 300 ms" ]]
	says udp.err 'datagrams from 127\.0\.0\.1:[0-9]+ refused: not allowed'
	says_not udp.err 'TLS handshake'
}

@test "dtls -e: a program for each peer" {
	serving -k -e 'sed -u s/hello/goodbye/' "${GOOD[@]}" </dev/null
	for _ in 1 2; do
		[ "$(echo hello | answered)" = goodbye ]
	done
}

@test "dtls over a stack of our own, as server and as client" {
	need_netns
	in_netns "cd '$PWD'
echo hi >in
'$SOCKKIT' udp -l -k --echo --ssl --stack tap --port-file port 7 </dev/null &
until test -s port; do sleep 0.1; done
'$SOCKKIT' udp -w 10s --ssl-no-verify 198.18.0.2 7 <in >out
kill %1
wait %1 || true
'$SOCKKIT' udp -l -k --echo --ssl --port-file kport 0.0.0.0 0 </dev/null &
until test -s kport; do sleep 0.1; done
'$SOCKKIT' udp -w 10s --stack tap --ssl-no-verify 198.18.0.1 \
	\$(cut -d' ' -f2 kport) <in >>out"
	content_is out $'hi\nhi'
}

@test "dtls: what makes no sense is a usage error" {
	run -2 sk udp --ssl --unconnected localhost 1
	run -2 sk udp --ssl --broadcast localhost 1
	run -2 sk udp -l --ssl --join 239.1.1.1 0
	run -2 sk udp --ssl 239.1.1.1 1
	run -2 sk udp -l --ssl --ssl-servername x 0
	run -2 sk udp --ssl --ssl-ciphers TLS_AES_128_GCM_SHA256 localhost 1
	[[ $output == *"one of DTLS 1.2"* ]]
	run -2 sk udp -l --ssl-trustfile "$CA" 0
	run -1 sk udp -l --ssl --ssl-cert missing.pem 0
	[[ $output == *"--ssl-cert missing.pem: No such file"* ]]
}

# --- a bad way ------------------------------------------------------------------

# over_loss WORD...: a handshake and an echo though these are lost
over_loss()
{
	serving -k --echo "${GOOD[@]}" </dev/null
	losing "$@"
	echo hi | trusting -q 9s >out 2>err &
	PIDS[client]=$!
	until_true content_is out hi
}

@test "dtls: the first datagram is lost" { over_loss c1; }
@test "dtls: the request for the cookie is lost" { over_loss s1; }
@test "dtls: the hello with the cookie is lost" { over_loss c2; }
@test "dtls: the server's flight is lost in part" { over_loss s2; }
@test "dtls: the client's last flight is lost" { over_loss c3; }
@test "dtls: the server's last flight is lost" { over_loss s3; }

@test "dtls: a peer that never answers: -w bounds the set-up" {
	start udp "$SOCKKIT" udp -l --port-file port 127.0.0.1 0 </dev/null
	read -r HOST PORT < <(addr port)
	echo hi >in
	run -1 trusting -w 300ms <in
	[[ $output == *"TLS handshake: timed out after 300 ms" ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "dtls: nobody there" {
	dead_port
	run -1 trusting </dev/null
	[[ $output == *"$HOST:$PORT: port unreachable" ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "dtls: a peer that speaks something else" {
	start udp "$SOCKKIT" udp -l --port-file port --lines 127.0.0.1 0 \
		< <(yes '220 hello, who are you?' | head -n 100)
	read -r HOST PORT < <(addr port)
	run -1 trusting -w 1s </dev/null
	[[ $output == *"TLS handshake: "* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "dtls: no answer but a cookie before the cookie is shown" {
	serving -k -v --echo "${GOOD[@]}" </dev/null
	losing c2 c3 c4
	run -1 trusting -w 200ms </dev/null
	says_not udp.err 'TLS handshake|datagrams from'
	echo 'no hello' | sk udp -q 0 "$HOST" "$PORT"
	head -c 2000 /dev/urandom | sk udp --size 100 -q 0 "$HOST" "$PORT"
	running udp
}

@test "dtls: a handshake that is not ended is given up after -w" {
	serving -k -w 3s --echo "${GOOD[@]}" </dev/null
	# The limit for the first datagram has been kept by this one.
	trusting -q 0 <<<hi
	losing c3 c4 c5 c6 c7 c8
	run -1 trusting -w 500ms </dev/null
	until_true grep -q 'TLS handshake: timed out after 3 s' udp.err
}

@test "dtls: a peer that begins anew from the same port is served" {
	serving -k --echo "${GOOD[@]}" </dev/null
	hold_pipe in
	start one "$SOCKKIT" udp -p 0 -v --ssl-trustfile "$CA" "$HOST" \
		"$PORT" <in
	feed in one
	until_true content_is one.out one
	from=$(sk stat -unH "sport != :$PORT and dport = :$PORT" |
		sed -nE 's/.*127\.0\.0\.1:([0-9]+) +127\.0\.0\.1:.*/\1/p')
	signal one KILL
	until_true not_running one
	[ -n "$from" ]
	[ "$(echo two | answered -p "$from")" = two ]
}

@test "dtls: an old hello that comes again harms no session that stands" {
	serving -k --echo "${GOOD[@]}" </dev/null
	losing a2
	hold_pipe in
	start client "$SOCKKIT" udp --ssl-trustfile "$CA" "$HOST" "$PORT" <in
	feed in one
	until_true content_is client.out one
	feed in two
	until_true content_is client.out onetwo
	feed in three
	until_true content_is client.out onetwothree
}

# --- ends -------------------------------------------------------------------------

@test "dtls: a peer that goes without a word is found out by the kernel" {
	hold_pipe in
	serving "${GOOD[@]}" <in
	start client "$SOCKKIT" udp --ssl-trustfile "$CA" "$HOST" "$PORT" \
		< <(echo hi; sleep 100)
	until_true content_is udp.out hi
	signal client KILL
	until_true not_running client
	feed in answer
	finish udp 1
	says udp.err 'port unreachable'
}

@test "dtls: the server ends: the client has all, and ends too" {
	hold_pipe in
	hold_pipe rest
	serving "${GOOD[@]}" <in
	start client "$SOCKKIT" udp --ssl-trustfile "$CA" "$HOST" "$PORT" <rest
	feed rest hi
	until_true content_is udp.out hi
	feed in bye
	until_true content_is client.out bye
	signal udp TERM
	finish client
	finish udp 143
	content_is client.err ""
}

@test "dtls -i: idle peers are forgotten, and told" {
	hold_pipe in
	serving -k -v -i 300ms --echo "${GOOD[@]}" </dev/null
	start client "$SOCKKIT" udp --ssl-trustfile "$CA" "$HOST" "$PORT" <in
	feed in hi
	until_true content_is client.out hi
	finish client
	says udp.err 'idle, forgotten'
}

# --- programs -------------------------------------------------------------------

@test "dtls: -e: a program answers, and finds the end of its client" {
	serving -c 'read -r x; echo "$x $SOCKKIT_PROTO"; cat; exit 5' \
		"${GOOD[@]}" </dev/null
	hold_pipe in
	start client "$SOCKKIT" udp --ssl-trustfile "$CA" "$HOST" "$PORT" <in
	feed in $'hello\n'
	until_true content_is client.out 'hello UDP'
	end_pipe in
	finish client
	finish udp 5
}

# --- openssl ------------------------------------------------------------------------

@test "dtls: openssl s_client is our client, and its end is ours" {
	hold_pipe in
	serving -v --echo "${GOOD[@]}" </dev/null
	start client openssl s_client -dtls1_2 -quiet -no_ign_eof -verify_return_error \
		-CAfile "$CA" -connect "$HOST:$PORT" <in
	feed in $'hi there\n'
	until_true content_is client.out "hi there"
	end_pipe in
	finish client
	# Its close_notify.
	finish udp
}

@test "dtls: openssl s_client, mtu and cookie as it likes them" {
	serving -k --echo "${GOOD[@]}" </dev/null
	openssl s_client -dtls -mtu 512 -state -CAfile "$CA" \
		-connect "$HOST:$PORT" </dev/null >out 2>&1
	says out 'read hello verify request'
	says out 'Verify return code: 0 \(ok\)'
}

@test "dtls: openssl s_server is our server, and asks for the cookie" {
	s_server -listen
	start client "$SOCKKIT" udp -v --ssl-trustfile "$CA" "$HOST" "$PORT" \
		< <(echo question; sleep 100)
	until_true grep -q question openssl.out
	feed in $'answer\n'
	until_true content_is client.out answer
	says client.err 'DTLSv1\.2, .* peer CN=good \(verified\)'
}

@test "dtls: socat is our client, and our server" {
	need socat
	serving -k --echo "${GOOD[@]}" </dev/null
	hold_pipe in
	start client socat - "OPENSSL-DTLS-CLIENT:localhost:$PORT,cafile=$CA,pf=ip4" \
		<in
	feed in $'there and back\n'
	until_true content_is client.out 'there and back'
	stop client
	free_port
	start socat socat "OPENSSL-DTLS-SERVER:$PORT,bind=127.0.0.1,verify=0,\
cert=$CERTS/good.pem,key=$CERTS/good.key" PIPE </dev/null
	until_true udp_taken "$PORT"
	hold_pipe mine
	start ours "$SOCKKIT" udp -w 10s --ssl-trustfile "$CA" "$HOST" \
		"$PORT" <mine
	feed mine $'and again\n'
	until_true content_is ours.out 'and again'
}

# It has no DTLS of its own to listen with.
@test "dtls: ncat is our client" {
	need ncat
	serving -k --echo "${GOOD[@]}" </dev/null
	hold_pipe in
	start client ncat --udp --ssl --ssl-verify --ssl-trustfile "$CA" \
		localhost "$PORT" <in
	feed in $'there and back\n'
	until_true content_is client.out 'there and back'
}

@test "dtls: openssl s_server without a cookie, both ways" {
	s_server
	hold_pipe mine
	start client "$SOCKKIT" udp --ssl-trustfile "$CA" "$HOST" "$PORT" <mine
	feed mine $'from us\n'
	until_true grep -q 'from us' openssl.out
	feed in $'from it\n'
	until_true content_is client.out 'from it'
}
