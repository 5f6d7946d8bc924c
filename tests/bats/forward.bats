#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# listen --to: every kind of address to every other that this kernel has, TLS
# among them, with half-closes, resets and strangers.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016
bats_require_minimum_version 1.5.0
load helper

setup_file()
{
	cd "$BATS_FILE_TMPDIR" || return
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 2 -subj /CN=x -keyout key.pem -out cert.pem -addext \
		subjectAltName=IP:127.0.0.1,DNS:localhost 2>openssl.log || {
		cat openssl.log
		return 1
	}
}

setup()
{
	helper_setup
	CERT=(--ssl-cert "$BATS_FILE_TMPDIR/cert.pem"
		--ssl-key "$BATS_FILE_TMPDIR/key.pem")
	TRUST=$BATS_FILE_TMPDIR/cert.pem
	KINDS=(tcp unix)
	has_tls && KINDS+=(tls)
	has_vsock && KINDS+=(vsock)
	true
}

has_tls()
{
	[[ $("$SOCKKIT" --version) != *-openssl* ]]
}

# Connections of a machine to itself are a module of their own.
has_vsock()
{
	sk listen -w 1ms vsock:local:any </dev/null 2>&1 |
		grep -q 'no client came'
}

# serve NAME KIND [OPTIONS...]: `sockkit listen` as NAME; sets AT, the address
# for --to, and OPTS that go with it.
serve()
{
	local name=$1 kind=$2 at

	shift 2
	rm -f "$name.port"
	case $kind in
	tcp) at=127.0.0.1:0 ;;
	unix) at=unix:./$name ;;
	tls) at=127.0.0.1:0 && set -- "${CERT[@]}" "$@" ;;
	vsock) at=vsock:local:any ;;
	esac
	start "$name" "$SOCKKIT" listen --port-file "$name.port" "$@" "$at" \
		</dev/null
	at=$(addr "$name.port")
	OPTS=()
	case $kind in
	tcp) AT=${at/ /:} ;;
	unix) AT=unix:./$name ;;
	tls) AT=tls:${at/ /:} && OPTS=(--to-ssl-trustfile "$TRUST") ;;
	vsock) AT=vsock:local:${at##* } ;;
	esac
}

# dial: connect to AT
dial()
{
	if [[ $AT == tls:* ]]; then
		sk connect --ssl-trustfile "$TRUST" "${AT#tls:}"
	else
		sk connect "$AT"
	fi
}

# The program at the far end answers only after its input has ended.
pairs_from()
{
	local out

	"$PEER" pattern 300000 >file
	for out in "${KINDS[@]}"; do
		serve far "$out" -c 'sha256sum; cat file'
		serve near "$1" --to "$AT" "${OPTS[@]}"
		dial <file >got || {
			echo "$1 to $out failed"
			return 1
		}
		finish near
		finish far
		{
			sha256sum <file
			cat file
		} | same - got
	done
}

@test "--to: tcp to any" { pairs_from tcp; }
@test "--to: unix to any" { pairs_from unix; }
@test "--to: tls to any" {
	! has_tls || pairs_from tls
}
@test "--to: vsock to any" {
	! has_vsock || pairs_from vsock
}

@test "--to: a reset of the server reaches the client" {
	for in in "${KINDS[@]}"; do
		rm -f port
		awaiting recv:1 rst
		serve near "$in" --to "$HOST:$PORT"
		hold_pipe "input.$in"
		trust=()
		[[ $in != tls ]] || trust=(--ssl-trustfile "$TRUST")
		start client "$SOCKKIT" connect "${trust[@]}" "${AT#tls:}" \
			<"input.$in"
		feed "input.$in" x
		finish near 1
		says near.err reset
		# Also where a kind has no resets: our input was open.
		finish client 1
	done
}

@test "--to: a reset of the client reaches the server" {
	for out in "${KINDS[@]}"; do
		serve far "$out"
		serve near tcp --to "$AT" "${OPTS[@]}"
		read -r HOST PORT <<<"${AT/:/ }"
		run -0 "$PEER" connect "$HOST" "$PORT" text:x sleep:100 rst </dev/null
		finish near 1
		says near.err reset
		case $out in
		tcp | tls) finish far 1 ;;
		*) finish far ;;
		esac
		content_is far.out x
	done
}

@test "--to: a server that answers long after the half-close is heard" {
	awaiting recvall text:now sleep:1300 text:later fin
	start forward "$SOCKKIT" listen --port-file fport --to "$HOST:$PORT" \
		127.0.0.1 0 </dev/null
	read -r HOST PORT < <(addr fport)
	[ "$(echo x | sk connect "$HOST" "$PORT")" = nowlater ]
	finish forward
}

@test "--to: a session that fails is told of without -v" {
	awaiting recv:1 rst
	start forward "$SOCKKIT" listen -k --port-file fport --to "$HOST:$PORT" \
		127.0.0.1 0 </dev/null
	read -r HOST PORT < <(addr fport)
	run -1 sk connect "$HOST" "$PORT" < <(echo x)
	until_true says forward.err '^sockkit listen: warning: .*reset'
}

@test "--to -m: clients whose connection is being made count" {
	need_netns
	in_netns 'ip link add hole type veth peer name drain
		ip link set drain up
		ip link set hole up
		ip addr add 10.9.9.1/24 dev hole
		ip neigh add 10.9.9.9 lladdr 02:00:00:00:00:09 dev hole
		"$SOCKKIT" listen -k -v -m 1 --port-file port --to 10.9.9.9:9 \
			127.0.0.1 0 </dev/null 2>err &
		until [ -s port ]; do sleep 0.02; done
		read -r host port <port
		"$SOCKKIT" connect "$host" "$port" </dev/null &
		until grep -q "connection from" err; do sleep 0.02; done
		"$SOCKKIT" connect "$host" "$port" </dev/null
		grep -q "refused: 1 are served already" err'
}

@test "--to: without a descriptor for a pipe the bytes are copied" {
	serve echo tcp -k --echo
	for n in {8..13}; do
		start forward bash -c 'ulimit -n "$0"; exec "$@"' "$n" \
			"$SOCKKIT" listen --port-file fport --to "$AT" 127.0.0.1 0 \
			</dev/null
		ready() { [ -s fport ] || not_running forward; }
		until_true ready
		if [ -s fport ]; then
			read -r HOST PORT <fport
			echo "$n" | sk connect "$HOST" "$PORT" >got || true
			# Too few for the connection, or all is well.
			until_true not_running forward
			content_is got "$n" || says forward.err 'open files'
			[ ! -s got ] || content_is forward.err ""
			rm fport
		fi
	done
	content_is got 13
}

@test "--to tls: who is there is verified" {
	has_tls || skip "built without OpenSSL"
	serve far tls -k --echo
	serve near tcp -k --to "$AT"
	echo secret >in
	run -1 dial <in
	until_true says near.err \
		'turned away: .*self-signed certificate \(--to-ssl-trustfile'
	content_is far.out ""
	far=tls:localhost:$(addr far.port | cut -d' ' -f2)
	serve named tcp -k --to "$far" --to-ssl-trustfile "$TRUST"
	[ "$(dial <in)" = secret ]
	serve other tcp -k --to "$far" --to-ssl-trustfile "$TRUST" \
		--to-ssl-servername example.org
	run -1 dial <in
	until_true says other.err 'not for example.org \(--to-ssl-servername'
	serve blind tcp -k --to "$far" --to-ssl-no-verify
	[ "$(dial <in)" = secret ]
	says blind.err 'warning: --to-ssl-no-verify'
}

@test "--to tls: a certificate of ours" {
	has_tls || skip "built without OpenSSL"
	serve far tls -k --echo --ssl-verify --ssl-trustfile "$TRUST"
	serve near tcp -k --to "$AT" "${OPTS[@]}"
	echo hi >in
	run -1 dial <in
	far=tls:127.0.0.1:$(addr far.port | cut -d' ' -f2)
	serve known tcp -k --to "$far" --to-ssl-trustfile "$TRUST" \
		--to-ssl-cert "$TRUST" \
		--to-ssl-key "$BATS_FILE_TMPDIR/key.pem"
	[ "$(dial <in)" = hi ]
}

@test "--to tls: nobody there speaks it, or speaks at all" {
	has_tls || skip "built without OpenSSL"
	awaiting recv:5 $'text:SSH-2.0 hello\r\n' hold
	serve near tcp --to "tls:$HOST:$PORT" --to-ssl-no-verify
	run -1 dial </dev/null
	finish near 1
	says near.err 'the server does not speak TLS'
	stop peer
	rm port
	awaiting hold
	serve near tcp -w 3s --to "tls:$HOST:$PORT" --to-ssl-no-verify
	run -1 dial </dev/null
	finish near 1
	says near.err 'TLS handshake: timed out after 3 s'
}

@test "--to tls: what makes no sense is a usage error" {
	has_tls || skip "built without OpenSSL"
	run -2 sk listen --to localhost:1 --to-ssl-no-verify 0
	[[ $output == *"--to-ssl-...: nothing there speaks TLS"* ]]
	run -2 sk listen --to-ssl-no-verify 0
	run -2 sk listen --to tls:localhost 0
	run -2 sk listen --to tls: 0
	run -2 sk listen --to tls:unix:./s 0
	[[ $output == *--to-ssl-servername* ]]
	run -1 sk listen --to tls:localhost:1 --to-ssl-trustfile missing 0
	[[ $output == *"--to-ssl-trustfile missing: No such file"* ]]
}

@test "--to tls: other programs at the far end" {
	has_tls || skip "built without OpenSSL"
	need nc
	hold_pipe quiet
	start openssl openssl s_server -accept 127.0.0.1:0 -rev \
		-cert "$TRUST" -key "$BATS_FILE_TMPDIR/key.pem" <quiet
	until_true grep -q '^ACCEPT 127' openssl.out
	serve near tcp --to-ssl-trustfile "$TRUST" \
		--to "tls:$(sed -n 's/^ACCEPT //p' openssl.out)"
	read -r HOST PORT <<<"${AT/:/ }"
	[ "$(echo abc | nc -N "$HOST" "$PORT")" = cba ]
	finish near
}
