#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sockkit bench: what is shown of results, what is written into files, and what
# is read back from there. Figures that nobody measured come from benchfile.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell
# shellcheck disable=SC2016 # programs for jq and python
bats_require_minimum_version 1.5.0
load helper

TOP=$BATS_TEST_DIRNAME/../..
BENCHFILE=$(dirname "$(realpath "$SOCKKIT")")/tests/tools/benchfile
SHORT=(--time 0.06 --warmup 0.005 --rounds 2 --repeats 0)

# bench OPTION...: two variants, short.
bench()
{
	sk bench rr --engine poll,epoll "${SHORT[@]}" "$@"
}

# A checker of the parts of JSON schema that ours is made of.
cat_checker()
{
	cat <<'PY'
import json, sys
schema, doc = (json.load(open(f)) for f in sys.argv[1:3])
kinds = {"object": dict, "array": list, "string": str, "boolean": bool,
         "null": type(None), "integer": int, "number": (int, float)}
def is_kind(v, kind):
    if isinstance(v, bool) and kind != "boolean": return False
    return isinstance(v, kinds[kind])
def check(v, s, at):
    if "$ref" in s: return check(v, schema["$defs"][s["$ref"][8:]], at)
    t = s["type"] if isinstance(s["type"], list) else [s["type"]]
    assert any(is_kind(v, k) for k in t), (at, v, t)
    assert v in s.get("enum", [v]), (at, v)
    if isinstance(v, list):
        for i, x in enumerate(v): check(x, s["items"], "%s[%d]" % (at, i))
    if isinstance(v, dict):
        known, more = s.get("properties", {}), s.get("additionalProperties", True)
        assert set(s.get("required", [])) <= set(v), (at, s["required"])
        for k in v:
            assert k in known or more, (at, k)
            if k in known: check(v[k], known[k], at + "." + k)
            elif isinstance(more, dict): check(v[k], more, at + "." + k)
check(doc, schema, "")
PY
}

# is_valid DOCUMENT: as the schema says.
is_valid()
{
	cat_checker >check.py
	python3 check.py "$TOP/src/bench/bench.schema.json" "$1"
}

# jq_is PROGRAM FILE: true of it.
jq_is()
{
	jq -e "$1" "$2" >/dev/null || {
		echo "not so: $1"
		return 1
	}
}

@test "--json is what the schema says, and has every round" {
	need jq
	need python3
	bench --json >doc.json
	is_valid doc.json
	jq_is '.results[0] | .workload == "rr" and .primary == "requests_per_s"
		and (.variants | length) == 2' doc.json
	jq_is '[.results[0].variants[].rounds | length] == [2, 2]' doc.json
	jq_is 'all(.results[0].variants[].rounds[]; .metrics.requests_per_s >= 0
		and .metrics.seconds > 0)' doc.json
	jq_is 'all(.results[0].variants[].rounds[].histograms[];
		([.buckets[][1]] | add // 0) == .total)' doc.json
	jq_is '.results[0].argv == ["rr", "--engine=poll,epoll", "--time=60ms",
		"--warmup=5ms", "--rounds=2", "--repeats=0"]' doc.json
	jq_is '.results[0].environment.kernel | test("[0-9]")' doc.json
	jq_is '.results[0].comparisons[0].verdict == "too-few-rounds"' doc.json
	"$BENCHFILE" 1 3 1 hist >fake.json
	is_valid fake.json
}

@test "--csv has a line for each round, and columns for axes and metrics" {
	need python3
	bench --csv >out.csv
	[ "$(wc -l <out.csv)" -eq 5 ]
	grep -q '^workload,engine,round,disturbed,seconds,bytes,' out.csv
	[ "$(grep -c '^rr,e*poll,[12],[01],[0-9.]*,[0-9]' out.csv)" -eq 4 ]
	python3 -c 'import csv; assert len({len(r) for r in csv.reader(
		open("out.csv", newline=""))}) == 1'
}

@test "files are written besides the page, whole and under their names" {
	need xmllint
	need jq
	bench -o kept.json --svg drawn.svg --html page.html >page
	grep -q '^engine  *requests  ' page
	jq_is '.format == "sockkit-bench"' kept.json
	xmllint --noout drawn.svg page.html
	grep -q '</svg>' page.html
	[ "$(echo *)" = "drawn.svg kept.json page page.html" ]
}

@test "what cannot be written is known before anything is measured" {
	local option

	mkdir dir
	for option in --svg --html -o; do
		run -1 --separate-stderr sk bench rr "$option" none/file
		[ "$stderr" = "sockkit bench: none/file: No such file or\
 directory" ]
		[ -z "$output" ]
		run -1 --separate-stderr sk bench "$option" dir
		[ "$stderr" = "sockkit bench: dir: Is a directory" ]
	done
	run ! compgen -G '*.??????' # what was tried with is gone
	echo kept >old.json
	run -2 sk bench rr --socket nosuch -o old.json
	[ "$(cat old.json)" = kept ]
	bench -o /dev/null
}

@test "stdout that is full is an error" {
	[ -c /dev/full ]
	run -1 --separate-stderr bash -c '"$SOCKKIT" bench rr --time 0.01 \
		--rounds 1 --repeats 0 >/dev/full'
	[[ $stderr == "sockkit bench: stdout: No space left on device" ]]
}

@test "--by: another metric, or a proposal" {
	bench --by p99_ns >page
	grep -q '^engine  *p99  ' page
	run -2 --separate-stderr sk bench rr --by p99_n
	[[ $stderr == *"no such metric; did you mean p99_ns?"* ]]
	run -2 --separate-stderr sk bench rr --by xyzzy
	[[ $stderr == *"--by=xyzzy: no such metric" ]]
}

@test "--rate: judged by the response time, which no stall can hide from" {
	need jq
	bench --rate 1000 --time 0.1 --json >doc.json
	jq_is '.results[0].primary == "response_p99_ns"' doc.json
	jq_is 'all(.results[0].variants[].rounds[].metrics |
		select(.response_p99_ns); .response_p99_ns >= .response_p50_ns)' \
		doc.json
	bench --rate 1000 --time 0.1 >page
	grep -q '^engine  *response p99  ' page
}

# on_terminal COLUMNS: the page as it is there.
on_terminal()
{
	COLUMNS_=$1 "$PEER" pty 1 bash -c 'stty cols "$COLUMNS_" <&1 || exit
		exec "$SOCKKIT" bench rr --engine poll,epoll --progress=never "$@"' \
		- "${SHORT[@]}" --time 0.2 </dev/null
}

@test "a terminal has bars, a pipe has none" {
	LC_ALL=C.UTF-8 on_terminal 160 >term
	grep -q '█' term
	grep -q ' ± ' term
	LC_ALL=C on_terminal 160 >ascii
	grep -q '####' ascii
	LC_ALL=C grep -q $'[\x80-\xff]' ascii && return 1
	LC_ALL=C.UTF-8 on_terminal 40 >narrow
	says_not narrow '█|p99\.9'
	bench >pipe
	LC_ALL=C grep -q $'[\x80-\xff]' pipe && return 1
	says_not pipe '###'
}

@test "progress fits into a narrow terminal" {
	"$PEER" pty 2 bash -c 'stty cols 24 <&2 || exit
		exec "$SOCKKIT" bench rr --engine poll,epoll \
			--connections 1,2 --progress "$@" \
			>page' - "${SHORT[@]}" </dev/null >term 2>&1
	tr '\r' '\n' <term | sed 's/\x1b\[K//' >lines
	says lines '^2/8  25%  ETA'
	run ! grep -E '^[0-9]+/8.{22}' lines
}

@test "progress: at a terminal, or when it is asked for" {
	bench >page 2>err
	[ ! -s err ]
	bench --progress >page 2>err
	grep -q '^sockkit bench: 0/4  0%  poll$' err
	grep -q '^sockkit bench: 3/4  75%  ETA [0-9]*:[0-9][0-9]  epoll$' err
	"$PEER" pty 2 "$SOCKKIT" bench rr --engine poll,epoll "${SHORT[@]}" \
		</dev/null >term 2>&1
	grep -q $'\r2/4  50%' term
	# nothing is left of it at the end
	[ "$(tr '\r' '\n' <term | grep -c '%')" -ge 4 ]
	"$PEER" pty 2 "$SOCKKIT" bench rr --engine poll,epoll "${SHORT[@]}" \
		--progress=never </dev/null >term 2>&1
	says_not term $'\r2/4'
}

# --- diff ------------------------------------------------------------------------

@test "diff: what became slower comes first, and fails if it is to" {
	"$BENCHFILE" 1 6 1 >old.json
	"$BENCHFILE" 2 6 0.8 >new.json
	run -0 sk bench diff old.json new.json
	[[ ${lines[1]} == "rr "*"io_uring "*"173 k/s  138 k/s  20.0 % +- 0.3 % slower"* ]]
	[[ $output == *"1 worse, 0 better, 2 the same"* ]]
	run -3 --separate-stderr sk bench diff old.json new.json --fail-on 5%
	[[ -z $stderr && $output == *"slower"* ]]
	run -3 sk bench diff --fail-on 19.5 old.json new.json
	run -0 sk bench diff old.json new.json --fail-on 21%
	run -0 sk bench diff new.json old.json --fail-on 0
	[[ $output == *"0 worse, 1 better"* ]]
}

@test "diff: by another metric, and as JSON" {
	need jq
	"$BENCHFILE" 1 6 1 >old.json
	"$BENCHFILE" 2 6 0.8 >new.json
	run -0 sk bench diff old.json new.json --by p50_ns
	[[ ${lines[1]} == *" p50 "*" slower"* ]]
	sk bench diff old.json new.json --json >diff.json
	jq_is '.format == "sockkit-bench-diff" and (.changes | length) == 4' \
		diff.json
	jq_is '.changes[0] | .settings.engine == "io_uring" and
		.verdict == "worse" and .percent < -19 and .p < 0.05' diff.json
}

@test "diff: too few rounds, other variants, another machine" {
	need jq
	"$BENCHFILE" 1 3 1 >old.json
	"$BENCHFILE" 2 3 0.5 >new.json
	run -0 sk bench diff old.json new.json --fail-on 1%
	[[ $output == *"too few rounds to tell (5 each could)"* ]]
	"$BENCHFILE" 2 5 1 | jq -c '.results[0] |= (
		.environment.kernel = "Linux \u001b[1m7" |
		.variants[0].settings.engine = "sel\u001bect")' >new.json
	run -0 sk bench diff old.json new.json
	[[ $output == *$'only in the old run: rr poll\n'* ]]
	[[ $output == *'only in the new run: rr sel\x1bect'* ]]
	[[ $output == *'kernel: Linux 6.1.0, now Linux \x1b[1m7'* ]]
	[[ $output != *$'\033'* ]]
}

@test "diff: files that are none of ours" {
	"$BENCHFILE" 1 3 1 >good.json
	run -1 --separate-stderr sk bench diff good.json none.json
	[[ $stderr == "sockkit bench: none.json: No such file or directory" ]]
	echo '{"a' >bad.json
	run -1 --separate-stderr sk bench diff bad.json good.json
	[[ $stderr == "sockkit bench: bad.json: line 1: no JSON: "* ]]
	echo '{"format":"iperf3"}' >bad.json
	run -1 --separate-stderr sk bench diff good.json bad.json
	[[ $stderr == "sockkit bench: bad.json: no result of sockkit bench" ]]
	sed 's/"disturbed":false/"disturbed":3/' good.json >bad.json
	run -1 --separate-stderr sk bench diff good.json bad.json
	[[ $stderr == *"round 1: disturbed: neither true nor false" ]]
	head -c 70000000 /dev/zero >bad.json
	run -1 --separate-stderr sk bench diff good.json bad.json
	[[ $stderr == "sockkit bench: bad.json: larger than 64.0 MiB" ]]
	cp good.json same.json
	sk bench diff - good.json <same.json >page
	grep -q '0 worse' page
}

@test "diff: command lines that make no sense" {
	run -2 --separate-stderr sk bench diff one.json
	[[ $stderr == *"two files are needed"* ]]
	run -2 --separate-stderr sk bench diff a b --csv
	[[ $stderr == *"diff prints a table, or --json"* ]]
	for bad in x -1 5%% inf 0x5 ''; do
		run -2 --separate-stderr sk bench diff a b "--fail-on=$bad"
		[[ $stderr == *"no percentage"* ]]
	done
	run -2 --separate-stderr sk bench rr --fail-on 5
	[[ $stderr == *"--fail-on goes with diff"* ]]
}

# --- replay ------------------------------------------------------------------------

@test "replay measures the same plan again" {
	need jq
	bench -o first.json --set so_sndbuf=64K >page
	sk bench replay first.json -v --csv -o second.json >out.csv 2>err
	[ "$(wc -l <out.csv)" -eq 5 ]
	grep -q 'again: rr --engine=poll,epoll --set=so_sndbuf=64K --time=60ms' err
	jq -c '.results[0] | [.argv, .workload, [.variants[].settings]]' \
		first.json >first.plan
	jq -c '.results[0] | [.argv, .workload, [.variants[].settings]]' \
		second.json >second.plan
	diff first.plan second.plan
	sk bench diff first.json second.json >page
	grep -q ' 2 with too few rounds to tell' page
}

# floored WORKLOAD OPTION...: measured for as long as it takes to have all
# floors but spin: where two threads never run at once there is none,
# and where others have the CPUs none may come about in a moment.
floored()
{
	local time

	for time in 20ms 80ms 320ms; do
		PATIENCE=60 sk bench "$@" --time "$time" --rounds 1 --repeats 0 \
			-o r.json >page
		jq -r '.results[0].floors[].name' r.json | grep -vx spin |
			sort | xargs >got
		! content_is got 'memcpy pipe unix' || return 0
	done
	cat page
	return 1
}

@test "floors: all four, and each row is held against its own" {
	need jq
	floored stream --socket tcp,pipe
	jq -r '.results[0].variants[].summary.floor' r.json | xargs >got
	content_is got 'unix memcpy'
	says page 'of its floor'
	says page '^tcp .* % unix '
	says page '^pipe .* % memcpy '
	says page '^floors: memcpy .*bit/s, unix .*bit/s, pipe .*bit/s'
	jq -e '.results[0] | .variants[0].summary as $s |
		.floors[1].value as $f | ($s.median / $f - $s.share_of_floor |
		fabs) < 1e-6' r.json
	for w in rr crr dgram idle; do
		floored $w --connections 1
	done
	jq -r '.results[0].floors[] | "\(.name) \(.metric)"' r.json |
		grep -v spin | xargs >got
	content_is got 'pipe p50_ns unix p50_ns memcpy bytes_per_s'
}

# plan FILE: the words that its first result was measured by.
plan()
{
	jq -r '.results[0].argv | join(" ")' "$1"
}

@test "replay keeps every option that says how to measure" {
	need jq
	# One run that has all of those that can stand together.
	sk bench rr --socket tcp,udp --engine poll --pattern pool --workers 1,2 \
		--connections 2 --set so_sndbuf=64K,1M --backlog 7 --size 9:10 \
		--copy write --receive copy --rate 2K --time 20ms --warmup 0 \
		--rounds 1 --repeats 0 -o first.json >page
	sk bench replay first.json -o second.json >page
	[ "$(plan first.json)" = "$(plan second.json)" ]
	[ "$(plan first.json)" = "rr --socket=tcp,udp --engine=poll\
 --pattern=pool --workers=1,2 --connections=2 --set=so_sndbuf=64K,1M\
 --backlog=7 --size=9:10 --copy=write --receive=copy --rate=2K --time=20ms\
 --warmup=0 --rounds=1 --repeats=0" ]
	# How many rounds --until takes is not known before: with one variant.
	sk bench stream --stack pair --tls --bidir --time 20ms --rounds 1 \
		--repeats 0 --until 100% -o first.json >page
	[ "$(plan first.json)" = "stream --stack=pair --tls --bidir\
 --time=20ms --rounds=1 --repeats=0 --until=100%" ]
	sk bench replay first.json >page
	says page '^stream: stack pair'
	sk bench stream --reverse --time 20ms --rounds 1 --repeats 0 \
		-o first.json >page
	[[ "$(plan first.json)" == "stream --reverse "* ]]
}

@test "replay keeps the server and the secret" {
	need jq
	umask 077
	echo word >secret
	start s "$SOCKKIT" bench serve --secret secret --port-file port \
		127.0.0.1:0 </dev/null
	until_true [ -s port ]
	sk bench rr --secret secret --time 20ms --rounds 1 --repeats 0 \
		-o first.json "127.0.0.1:$(awk '{ print $2 }' port)" >page
	[[ "$(plan first.json)" == *" --secret=secret" ]]
	sk bench replay first.json >page
	says page '/s '
	# Not for a file that others may have written.
	chmod 666 first.json
	run -1 --separate-stderr sk bench replay first.json
	[[ $stderr == *"measured with --secret secret: as others may"* ]]
	sk bench replay --secret secret first.json >page
	signal s TERM
	finish s 143
}

@test "replay keeps iperf3 and its limits" {
	need jq
	start s "$SOCKKIT" bench serve --iperf3 --port-file port 127.0.0.1:0 \
		</dev/null
	until_true [ -s port ]
	sk bench stream --iperf3 --blocks 50 --bandwidth 1G --rounds 1 \
		--repeats 0 -o first.json \
		"127.0.0.1:$(awk '{ print $2 }' port)" >page
	[[ "$(plan first.json)" == \
		*" --iperf3 --bandwidth="*" --blocks=50" ]]
	sk bench replay first.json -o second.json >page
	[ "$(plan first.json)" = "$(plan second.json)" ]
	jq -e '.results[0].variants[0].rounds[0].metrics.bytes == 50 * 131072' \
		second.json
	signal s TERM
	finish s 143
}

@test "replay runs no programs that a file names" {
	need jq
	bench -o first.json >page
	jq -c '.results[0].argv += ["--hosts=evil"]' first.json >evil.json
	printf 'a 127.0.0.1 touch ran\nb 127.0.0.1 touch ran\n' >evil
	run -1 --separate-stderr sk bench replay evil.json
	[[ $stderr == *"measured with --hosts evil: that is to be given again" ]]
	[ ! -e ran ]
}

@test "replay takes nothing from a file but how to measure" {
	need jq
	bench -o first.json >page
	for word in --output=evil --svg=evil --progress -h --by=p99_ns; do
		jq -c --arg w "$word" '.results[0].argv += [$w]' first.json >evil.json
		run -1 --separate-stderr sk bench replay evil.json
		[[ $stderr == "sockkit bench: evil.json: "* ]]
		[ ! -e evil ]
	done
	jq -c '.results[0].argv = ["diff"]' first.json >evil.json
	run -1 --separate-stderr sk bench replay evil.json
	[[ $stderr == "sockkit bench: evil.json: unknown workload diff"* ]]
	jq -c '.results[0].argv = []' first.json >evil.json
	run -1 --separate-stderr sk bench replay evil.json
	[[ $stderr == "sockkit bench: evil.json: "* ]]
	run -2 --separate-stderr sk bench replay first.json --time 3
	[[ $stderr == *"replay: --time: what is measured stands in the file"* ]]
	run -2 --separate-stderr sk bench replay
	[[ $stderr == *"one file is needed"* ]]
}

@test "every metric stands in the man page, and no other" {
	diff <(sed -nE 's/^BENCH_METRIC\([A-Z0-9_]+, "([^"]+)".*/\1/p' \
		"$TOP/src/bench/metric.def") \
		<(sed -n '/^\.Sh METRICS/,/^\.El/s/^\.It Cm //p' \
			"$TOP/man/sockkit-bench.1")
}

# hostile FILE REGEX: it is refused in one line by diff and by replay.
hostile()
{
	run -1 --separate-stderr sk bench diff good.json "$1"
	[ -z "$output" ]
	[[ $stderr =~ ^sockkit\ bench:\ $1:\ [^$'\n']*$2[^$'\n']*$ ]]
	run -1 --separate-stderr sk bench replay "$1"
	[ -z "$output" ]
	[[ $stderr =~ ^sockkit\ bench:\ $1:\ [^$'\n']*$2[^$'\n']*$ ]]
}

@test "diff and replay: hostile files are refused in one line" {
	bench --json >good.json
	: >empty
	hostile empty 'no JSON'
	head -c 4096 /dev/zero >nul
	hostile nul 'no JSON'
	head -c 1000000 /dev/zero | tr '\0' '[' >deep
	hostile deep 'depth'
	sed 's/"version"/"x": NaN, "version"/' good.json >nan
	hostile nan 'invalid token'
	sed 's/"started_us": *[0-9]*/"started_us": 1e999/' good.json >inf
	hostile inf 'overflow'
	sed 's/"workload": *"rr"/"workload": "r\\u0000r"/' good.json >nulstr
	hostile nulstr 'u0000'
	head -c 2000 good.json >half
	hostile half 'no JSON'
	echo '[1, 2]' >other
	hostile other 'no result of sockkit bench'
	sed 's/"rounds":/"rings":/g' good.json >missing
	hostile missing 'rounds: no array'
	sed 's/"workload": *"rr"/"workload": ["rr"]/' good.json >kind
	hostile kind 'workload: no string'
	echo '{"format":"sockkit-bench","version":1,"results":[]}' >none
	run -1 --separate-stderr sk bench replay none
	[[ $stderr == *"none: no results, so no plan" ]]
}

@test "diff of different plans says what has nothing to be compared with" {
	bench --json >rr.json
	sk bench stream "${SHORT[@]}" --json >stream.json
	sk bench diff rr.json stream.json >page
	says page 'only in the old run: rr'
	says page 'only in the new run: stream'
	sk bench diff --fail-on 1% rr.json stream.json >page
}
