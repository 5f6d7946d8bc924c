#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# TLS of connect and listen: who is trusted, how it ends, what goes wrong, and
# the other programs that speak it. The authority and all certificates are
# made here, for this run.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016
bats_require_minimum_version 1.5.0
load helper

# cert NAME SUBJECTALTNAME [REQ OPTIONS...]: NAME.pem and NAME.key by the CA
cert()
{
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
	printf 'subjectAltName=%s\n' "$2" >"$1.ext"
	openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key \
		-CAcreateserial -extfile "$1.ext" -out "$1.pem" \
		"${@:3}"
}

setup_file()
{
	[[ $("$SOCKKIT" --version) != *-openssl* ]] || return 0
	cd "$BATS_FILE_TMPDIR" || return
	{
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
			-nodes -days 2 -subj "/CN=test authority" \
			-keyout ca.key -out ca.pem
		cert good DNS:localhost,IP:127.0.0.1 -days 2
		cert other DNS:example.org -days 2
		cert client DNS:client -days 2
		cert expired DNS:localhost,IP:127.0.0.1 -days 0
		openssl ec -in good.key -aes128 -passout pass:sesame \
			-out locked.key
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
	SERVER_CERT=(-cert "$CERTS/good.pem" -key "$CERTS/good.key")
}

# trusting ARG...: connect to the listener, trusting our authority
trusting()
{
	sk connect --ssl-trustfile "$CA" "$@" "$HOST" "$PORT"
}

# s_server ARG...: openssl's server as "openssl"; `feed in` is what it sends.
# Sets HOST and PORT.
s_server()
{
	hold_pipe in
	start openssl openssl s_server -accept 127.0.0.1:0 "${SERVER_CERT[@]}" \
		"$@" <in
	until_true grep -q '^ACCEPT 127' openssl.out || return 1
	HOST=127.0.0.1
	PORT=$(sed -n 's/^ACCEPT 127.0.0.1://p' openssl.out)
}

# --- the main road ------------------------------------------------------------

@test "bytes go both ways, and both know that they have all" {
	echo from server >answer
	listening "${GOOD[@]}" --ssl <answer
	echo from client | trusting >out 2>err
	finish listen
	content_is out "from server"
	content_is listen.out "from client"
	content_is err ""
	content_is listen.err ""
}

@test "much goes both ways at once" {
	"$PEER" pattern 20M >there
	"$PEER" pattern 30M >back
	listening "${GOOD[@]}" --ssl <back
	trusting <there >out
	finish listen
	same back out
	same there listen.out
}

@test "a reader that is slow gets everything" {
	"$PEER" pattern 8M >back
	listening "${GOOD[@]}" --ssl <back
	trusting </dev/null | "$PEER" sip 2M 1M >out
	finish listen
	same back out
}

@test "a byte here and there, over an open connection" {
	hold_pipe in
	listening -k --ssl "${GOOD[@]}" --echo </dev/null
	start connect "$SOCKKIT" connect --ssl-trustfile "$CA" "$HOST" "$PORT" \
		<in
	for word in a b c; do
		feed in $word
		until_true grep -q "$word" connect.out
	done
	end_pipe in
	finish connect
	content_is connect.out abc
}

@test "-v tells version, cipher, protocol and peer" {
	listening -v --ssl --ssl-alpn x,y "${GOOD[@]}" </dev/null
	echo hi | trusting -v --ssl-alpn y >out 2>err
	finish listen
	says err 'TLSv1\.3, TLS_[A-Z0-9_]+, ALPN y, peer CN=good \(verified\)'
	says listen.err 'TLSv1\.3, TLS_[A-Z0-9_]+, ALPN y, peer no certificate'
}

@test "a listener without a certificate makes one and tells its fingerprint" {
	listening -v --ssl --keep-open </dev/null
	until_true grep -q SHA-256 listen.err
	shown=$(sed -nE 's/.*SHA-256 ([0-9A-F:]{95})$/\1/p' listen.err)
	real=$(openssl s_client -connect "$HOST:$PORT" </dev/null 2>/dev/null |
		openssl x509 -noout -fingerprint -sha256)
	[ -n "$shown" ] && [ "$real" = "sha256 Fingerprint=$shown" ]
	openssl s_client -connect "$HOST:$PORT" </dev/null 2>/dev/null |
		openssl x509 >fresh.pem
	echo hi | sk connect --ssl-trustfile fresh.pem "$HOST" "$PORT" >out
	until_true content_is listen.out hi
	openssl x509 -in fresh.pem -noout -text >text
	says text 'DNS:localhost'
	says text 'prime256v1'
}

@test "many clients at once, and one that never shakes hands" {
	listening -k --ssl "${GOOD[@]}" --echo </dev/null
	start silent "$PEER" connect "$HOST" "$PORT" mark:there hold </dev/null
	until_true test -e there
	for i in 1 2 3 4 5 6 7 8; do
		echo "client $i" >in.$i
		OUT=out.$i start c$i "$SOCKKIT" connect --ssl-trustfile "$CA" \
			"$HOST" "$PORT" <in.$i
	done
	for i in 1 2 3 4 5 6 7 8; do
		finish c$i
		same in.$i out.$i
	done
}

@test "--max-conns counts those who shake hands" {
	listening -v -k -m 1 --ssl "${GOOD[@]}" --echo </dev/null
	start silent "$PEER" connect "$HOST" "$PORT" mark:there hold </dev/null
	until_true grep -q 'connection from' listen.err
	run -1 trusting </dev/null
	says listen.err 'refused: 1 are served already'
}

@test "over a unix socket, whose name must be said" {
	run -2 sk connect --ssl unix:sock </dev/null
	[[ $output == *--ssl-servername* ]]
	start listen "$SOCKKIT" listen --ssl "${GOOD[@]}" unix:sock </dev/null
	until_true test -S sock
	echo hi | sk connect --ssl-trustfile "$CA" --ssl-servername localhost \
		unix:sock
	finish listen
	content_is listen.out hi
}

# --- trust --------------------------------------------------------------------

@test "an unknown authority is refused, and nothing is sent" {
	listening --ssl "${GOOD[@]}" </dev/null
	echo secret >in
	run -1 sk connect --ssl "$HOST" "$PORT" <in
	[[ $output == *"certificate cannot be verified"* ]]
	[[ $output == *--ssl-trustfile*--ssl-no-verify* ]]
	[ "${#lines[@]}" -eq 1 ]
	finish listen 1
	content_is listen.out ""
	says listen.err 'the client ended the TLS handshake: unknown ca'
}

@test "a self-signed certificate is refused, unless it is trusted itself" {
	listening -k --ssl </dev/null
	run -1 sk connect --ssl "$HOST" "$PORT" </dev/null
	[[ $output == *self-signed*--ssl-trustfile* ]]
}

@test "an expired certificate" {
	listening --ssl --ssl-cert "$CERTS/expired.pem" \
		--ssl-key "$CERTS/expired.key" </dev/null
	until_true eval '! openssl x509 -in "$CERTS/expired.pem" -noout \
		-checkend 0 >/dev/null'
	run -1 trusting </dev/null
	[[ $output == *"the certificate expired on "*GMT ]]
}

@test "a certificate for another host, or for another address" {
	listening -k --ssl --ssl-cert "$CERTS/other.pem" \
		--ssl-key "$CERTS/other.key" </dev/null
	run -1 trusting </dev/null
	[[ $output == *"is for example.org, not for 127.0.0.1"* ]]
	run -1 sk connect --ssl-trustfile "$CA" localhost "$PORT" </dev/null
	[[ $output == *"is for example.org, not for localhost"* ]]
	[[ $output == *--ssl-servername* ]]
}

@test "--ssl-servername: the name to ask for and to expect" {
	s_server -cert2 "$CERTS/other.pem" -key2 "$CERTS/other.key" \
		-servername example.org
	echo hi | trusting -q 0 -v --ssl-servername example.org 2>err >out
	says err 'peer CN=other \(verified\)'
}

@test "--ssl-no-verify takes anybody, with a warning" {
	listening -k --ssl </dev/null
	echo hi | sk connect --ssl-no-verify "$HOST" "$PORT" 2>err
	until_true content_is listen.out hi
	says err 'warning: --ssl-no-verify'
}

@test "a certificate that is refused is not tried again" {
	listening -v -k --ssl </dev/null
	run -1 sk connect -v --retry 3 --ssl "$HOST" "$PORT" </dev/null
	[[ $output != *"trying again"* ]]
}

@test "listen --ssl-verify wants a certificate that it trusts" {
	listening -v -k --ssl --ssl-verify --ssl-trustfile "$CA" "${GOOD[@]}" \
		--echo </dev/null
	echo hi >in
	run -1 trusting <in
	[[ $output == *"the server ended TLS: certificate required"* ]]
	says listen.err 'the client gave no certificate'
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-subj /CN=stranger -keyout stranger.pem -out s.pem 2>/dev/null
	cat s.pem >>stranger.pem
	run -1 trusting --ssl-cert stranger.pem <in
	until_true grep -q 'certificate cannot be verified: self-signed' \
		listen.err
	run -0 trusting --ssl-cert "$CERTS/client.pem" \
		--ssl-key "$CERTS/client.key" <in
	[ "$output" = hi ]
	says listen.err 'peer CN=client \(verified\)'
}

# --- options ------------------------------------------------------------------

@test "--ssl-min-version" {
	s_server -tls1_2
	run -1 trusting --ssl-min-version 1.3 </dev/null
	[[ $output == *"protocol version"* ]]
	run -0 trusting -q 0 -v </dev/null
	[[ $output == *"TLSv1.2, "* ]]
	run -2 trusting --ssl-min-version 1.1 </dev/null
}

@test "--ssl-ciphers" {
	listening -k --ssl "${GOOD[@]}" </dev/null
	run -0 trusting -v --ssl-ciphers TLS_CHACHA20_POLY1305_SHA256 \
		</dev/null
	[[ $output == *", TLS_CHACHA20_POLY1305_SHA256, "* ]]
	stop listen
	rm port
	listening -k --ssl --ssl-ciphers \
		ECDHE-ECDSA-AES128-GCM-SHA256:TLS_AES_128_GCM_SHA256 \
		"${GOOD[@]}" </dev/null
	openssl s_client -tls1_2 -connect "$HOST:$PORT" </dev/null >out 2>&1
	says out 'Cipher is ECDHE-ECDSA-AES128-GCM-SHA256'
	run -1 trusting --ssl-ciphers TLS_AES_256_GCM_SHA384 </dev/null
	[[ $output == *"handshake failure"* ]]
	run -2 trusting --ssl-ciphers NONSENSE </dev/null
	[[ $output == *"--ssl-ciphers NONSENSE: no cipher match"* ]]
}

@test "--ssl-ciphers: none but of TLS 1.3 leave TLS 1.2 nothing" {
	listening -k --ssl-ciphers TLS_AES_256_GCM_SHA384 --echo "${GOOD[@]}" \
		</dev/null
	run -1 openssl s_client -tls1_2 -connect "$HOST:$PORT" </dev/null
	[[ $output == *"protocol version"* ]]
	echo hi | trusting >got
	content_is got hi
}

@test "--ssl-servername: a dot at the end is no part of the name" {
	s_server -servername localhost -servername_fatal \
		-cert2 "$CERTS/good.pem" -key2 "$CERTS/good.key"
	start sk "$SOCKKIT" connect -v --ssl-trustfile "$CA" \
		--ssl-servername localhost. "$HOST" "$PORT" < <(echo hi; sleep 20)
	until_true says openssl.out '^hi$'
	says sk.err 'verified'
}

@test "--ssl-alpn: no protocol in common ends it" {
	listening -k --ssl --ssl-alpn h2 "${GOOD[@]}" </dev/null
	run -1 trusting --ssl-alpn spdy </dev/null
	[[ $output == *"no application protocol"* ]]
	run -2 trusting --ssl-alpn h2,,x </dev/null
	[[ $output == *"not a list of protocol names"* ]]
}

@test "a key: missing, of another certificate, locked" {
	run -1 sk listen --ssl --ssl-cert missing.pem 0
	[[ $output == *"--ssl-cert missing.pem: No such file"* ]]
	run -1 sk listen --ssl --ssl-cert "$CERTS/good.pem" 0
	[[ $output == *"good.pem: no private key is in there (PEM); --ssl-key FILE"* ]]
	run -1 sk listen --ssl --ssl-cert "$CERTS/good.key" 0
	[[ $output == *"good.key: no certificate is in there (PEM)" ]]
	run -1 sk listen --ssl --ssl-cert "$CERTS/good.pem" \
		--ssl-key "$CERTS/good.pem" 0
	[[ $output == *"--ssl-key $CERTS/good.pem: no private key is in there (PEM)" ]]
	run -1 sk listen --ssl --ssl-cert "$CERTS/good.pem" \
		--ssl-key "$CERTS/other.key" 0
	[[ $output == *"--ssl-key $CERTS/other.key: key values mismatch" ]]
	openssl genrsa -out rsa.key 1024 2>/dev/null
	run -1 sk listen --ssl --ssl-cert "$CERTS/good.pem" --ssl-key rsa.key 0
	[[ $output == *"rsa.key: this is not the key of the certificate"* ]]
	run -2 sk listen --ssl-key "$CERTS/other.key" 0
	run -1 sk listen --ssl-cert "$CERTS/good.pem" \
		--ssl-key "$CERTS/locked.key" 0 </dev/null
	[[ $output == *SOCKKIT_SSL_PASSPHRASE* ]]
	SOCKKIT_SSL_PASSPHRASE=sesame listening --ssl-cert "$CERTS/good.pem" \
		--ssl-key "$CERTS/locked.key" </dev/null
	echo hi | trusting
	finish listen
	content_is listen.out hi
}

@test "a trust file that is missing, or holds nothing" {
	run -1 sk connect --ssl-trustfile missing localhost 1 </dev/null
	[[ $output == *"--ssl-trustfile missing: No such file"* ]]
	echo nonsense >bad
	run -1 sk connect --ssl-trustfile bad localhost 1 </dev/null
	[[ $output == *"--ssl-trustfile bad: "* ]]
	run -2 sk listen --ssl-trustfile bad 0 </dev/null
	[[ $output == *--ssl-verify* ]]
	run -2 sk connect --ssl-trustfile bad --ssl-no-verify localhost 1
}

@test "SSLKEYLOGFILE gets the secrets, for us alone to read" {
	listening --ssl "${GOOD[@]}" </dev/null
	export SSLKEYLOGFILE=$PWD/keys
	(umask 0; echo hi | trusting)
	finish listen
	says keys '^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]+$'
	[ "$(stat -c %a keys)" = 600 ]
	# Those of before are still wanted.
	head -n 1 keys >first
	rm port
	listening --ssl "${GOOD[@]}" </dev/null
	echo hi | trusting
	finish listen
	head -n 1 keys | cmp - first
	[ "$(grep -c '^CLIENT_TRAFFIC' keys)" -ge 3 ]
}

# --- ends ---------------------------------------------------------------------

@test "a peer that is cut off: truncation is an error, what came is kept" {
	s_server
	hold_pipe quiet
	feed in "half of it"
	start connect "$SOCKKIT" connect --ssl-trustfile "$CA" "$HOST" "$PORT" \
		<quiet
	until_true content_is connect.out "half of it"
	stop openssl
	finish connect 1
	says connect.err 'cut off without a TLS close_notify'
	one_line connect.err
}

@test "a client that is killed: the listener says so too" {
	hold_pipe in
	listening --ssl "${GOOD[@]}" </dev/null
	start connect "$SOCKKIT" connect --ssl-trustfile "$CA" "$HOST" "$PORT" \
		<in
	feed in part
	until_true content_is listen.out part
	signal connect KILL
	finish listen 1
	says listen.err 'cut off without a TLS close_notify'
	until_true not_running connect
}

@test "close_notify is sent: by a client, and by a listener in the background" {
	s_server -msg
	trusting -q 0 </dev/null >out
	until_true grep -Eq '<<< TLS 1.3, Alert.*close_notify' openssl.out
	listening -k --ssl "${GOOD[@]}" --discard </dev/null
	openssl s_client -msg -connect "$HOST:$PORT" </dev/null >out 2>&1
	says out '>>> TLS 1.3, Alert.*close_notify'
	# Ours, and not only the end of the connection.
	echo hi | trusting
}

@test "our half is closed, and receiving goes on" {
	hold_pipe late
	listening --ssl "${GOOD[@]}" <late
	start connect "$SOCKKIT" connect --ssl-trustfile "$CA" "$HOST" "$PORT" \
		</dev/null
	OUT=/dev/null start probe true
	feed late "still here"
	until_true content_is connect.out "still here"
	end_pipe late
	finish listen 1 || true
	until_true not_running connect
}

# --- peers that do not speak it -------------------------------------------------

@test "a peer that never speaks TLS: -w bounds the whole" {
	awaiting hold
	run -1 sk connect --ssl -w 300ms "$HOST" "$PORT" </dev/null
	[[ $output == *"TLS handshake: timed out after 300 ms"* ]]
	stop peer
	rm port
	listening --ssl -w 4 </dev/null
	start silent "$PEER" connect "$HOST" "$PORT" hold </dev/null
	finish listen 1
	says listen.err 'TLS handshake: timed out after 4 s'
}

@test "plain HTTP on the server's side" {
	awaiting recv:5 $'text:HTTP/1.1 400 Bad Request\r\n\r\n' fin hold
	run -1 sk connect --ssl "$HOST" "$PORT" </dev/null
	[[ $output == *"the server speaks plain HTTP, not TLS" ]]
}

@test "plain HTTP on the client's side" {
	listening --ssl </dev/null
	"$PEER" connect "$HOST" "$PORT" $'text:GET / HTTP/1.0\r\n\r\n' hold \
		</dev/null &
	PIDS[http]=$!
	finish listen 1
	says listen.err 'the client speaks plain HTTP, not TLS'
}

@test "bytes that are nothing, an end, and a reset instead of TLS" {
	awaiting $'text:\e[31mSSH-2.0 hello\r\n' hold
	run -1 sk connect --ssl "$HOST" "$PORT" </dev/null
	[[ $output == *"the server does not speak TLS" ]]
	stop peer
	rm port
	awaiting recv:5 close
	run -1 sk connect --ssl "$HOST" "$PORT" </dev/null
	[[ $output == *"TLS handshake"* ]]
	finish peer
	rm port
	awaiting recv:5 rst
	run -1 sk connect --ssl "$HOST" "$PORT" </dev/null
	[[ $output == *"TLS handshake: Connection reset"* ]]
	finish peer
	rm port
	listening -v -k --ssl --echo "${GOOD[@]}" </dev/null
	"$PEER" connect "$HOST" "$PORT" fin recvall </dev/null
	until_true grep -q 'closed the connection during the TLS' listen.err
	"$PEER" connect "$HOST" "$PORT" rst </dev/null
	"$PEER" connect "$HOST" "$PORT" send:1000 recvall </dev/null || true
	[ "$(echo hi | trusting)" = hi ]
}

# --- other programs -------------------------------------------------------------

@test "openssl s_client is our client" {
	listening --ssl "${GOOD[@]}" </dev/null
	echo hi | openssl s_client -quiet -no_ign_eof -verify_return_error \
		-CAfile "$CA" -connect "$HOST:$PORT" >out 2>err
	finish listen
	content_is listen.out hi
	content_is listen.err ""
}

@test "openssl s_server is our server" {
	s_server -rev
	printf 'abc\n' | trusting >out
	content_is out cba
}

# ended_by_ncat STATUS FILE: old ones end with a FIN without a close_notify.
ended_by_ncat()
{
	[ "$1" = 0 ] || { [ "$1" = 1 ] &&
		says "$2" 'cut off without a TLS close_notify'; }
}

@test "ncat is our client, and our server" {
	need ncat
	"$PEER" pattern 3M >file
	listening --ssl "${GOOD[@]}" </dev/null
	ncat --ssl-verify --ssl-trustfile "$CA" --send-only localhost "$PORT" \
		<file
	finish listen any
	ended_by_ncat "$ended" listen.err
	same file listen.out
	free_port
	start ncat ncat -l --ssl "${GOOD[@]}" 127.0.0.1 "$PORT" <file
	HOST=127.0.0.1
	run trusting --recv-only --retry 5 -o out
	echo "$stderr$output" >err
	ended_by_ncat "$status" err
	same file out
}

@test "socat is our client, and our server" {
	need socat
	"$PEER" pattern 3M >file
	listening --ssl "${GOOD[@]}" </dev/null
	socat -u - "OPENSSL:localhost:$PORT,cafile=$CA" <file
	finish listen
	same file listen.out
	free_port
	start socat socat -u - "OPENSSL-LISTEN:$PORT,bind=127.0.0.1,reuseaddr,verify=0,\
cert=$CERTS/good.pem,key=$CERTS/good.key" <file
	HOST=127.0.0.1
	trusting --retry 5 </dev/null >out
	same file out
}

@test "curl is our client" {
	need curl
	printf 'HTTP/1.0 200 OK\r\n\r\nhello\n' >answer
	listening --ssl --ssl-alpn http/1.1 "${GOOD[@]}" <answer
	curl -sS --cacert "$CA" "https://localhost:$PORT/x" >out
	content_is out hello
	finish listen
	says listen.out '^GET /x HTTP/1.1'
}
