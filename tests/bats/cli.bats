#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The binary as a whole: finding the command, its own options, its end.
# What the engine says about options is held by tests/unit/test_cli.c.

bats_require_minimum_version 1.5.0
load cli_helper

setup() {
  cli_setup
  cd "$DIR" || return
}

teardown() {
  [[ -z ${child:-} ]] || kill "$child" 2>/dev/null || true
}

# fails STATUS LINE ARGS...: nothing on stdout, this one line on stderr.
fails() {
  local want=$1 line=$2 status=0
  shift 2
  "$@" >out 2>err || status=$?
  echo "status $status: $(cat err)"
  [[ $status -eq $want ]]
  [[ ! -s out ]]
  [[ $(cat err) == "$line" ]]
  [[ $(wc -l <err) -eq 1 ]]
}

@test "alone it prints the list of commands" {
  run -0 sockkit
  [[ ${lines[0]} == "usage: sockkit [OPTIONS] COMMAND [ARGUMENTS]" ]]
  for c in $(commands); do
    grep -q "^  $c  *[^ ]" <<<"$output"
  done
  alone=$output
  for word in -h --help --he help; do
    run -0 sockkit "$word"
    [[ $output == "$alone" ]]
  done
}

@test "help COMMAND is COMMAND --help, on stdout" {
  for c in $(commands); do
    sockkit help "$c" >a 2>err
    [[ ! -s err ]]
    [[ $(head -n 1 a) == "usage: sockkit $c"* ]]
    sockkit "$c" --help | cmp a -
    sockkit "$c" -h | cmp a -
  done
  fails 2 "sockkit: unknown command nope; try 'sockkit --help'" \
    sockkit help nope
}

@test "--version names the version and every library" {
  run -0 sockkit --version
  [[ ${lines[0]} =~ ^sockkit\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
  [[ ${lines[1]} =~ (\+readline\ [0-9]|-readline\ ) ]]
  [[ ${lines[1]} =~ (\+ncurses\ [0-9]|-ncurses\ ) ]]
  [[ ${lines[1]} =~ (\+openssl\ [0-9]|-openssl\ ) ]]
  [[ ${lines[1]} =~ libmnl\ [0-9] ]]
  version=$output
  run -0 sockkit -V
  [[ $output == "$version" ]]
}

@test "starting loads no library that this run does not need" {
  # What the linker would load; the names are those of configure.
  LD_TRACE_LOADED_OBJECTS=1 "$SOCKKIT" >loaded
  grep -q libmnl loaded
  names=$(sed -n 's/^#define SK_[A-Z]*_SONAMES "\(.*\)"$/\1/p' \
    "$SK_BUILDDIR/config.h")
  for lib in $names; do
    if grep -F "$lib" loaded; then
      echo "a name of it is missing in one of src/*/*.def, base/library.h"
      return 1
    fi
  done
}

@test "unknown commands and options, with what may be meant" {
  fails 2 "sockkit: unknown command lisen: did you mean listen?" sockkit lisen
  fails 2 "sockkit: unknown command zzzzzz; try 'sockkit --help'" \
    sockkit zzzzzz
  fails 2 "sockkit: unknown option --versoin: did you mean --version?" \
    sockkit --versoin
  fails 2 "sockkit: -Q: unknown option; try 'sockkit --help'" sockkit -Q
  fails 2 "sockkit listen: unknown option --ehco: did you mean --echo?" \
    sockkit listen --ehco 0
  fails 2 "sockkit: unknown command ; try 'sockkit --help'" sockkit ""
}

@test "foreign bytes reach the terminal escaped" {
  fails 2 "sockkit: unknown command \\x1b[2J; try 'sockkit --help'" \
    sockkit $'\e[2J'
  fails 2 "sockkit listen: unknown option --\\x9b\\n; try 'sockkit listen --help'" \
    sockkit listen $'--\x9b\n'
  long=$(printf 'x%.0s' {1..5000})
  run -2 sockkit "$long"
  [[ $output == *"xxx..."* && ${#lines[@]} -eq 1 ]]
}

@test "a link named like a command is the command" {
  for name in listen sockkit-listen; do
    ln -s "$SOCKKIT" "$name"
    run -0 "./$name" --help
    [[ ${lines[0]} == "usage: sockkit listen "* ]]
    fails 2 "sockkit listen: -@: unknown option; try 'sockkit listen --help'" \
      "./$name" -@
  done
  ln -s "$SOCKKIT" sockkit-nope
  run -0 ./sockkit-nope
  [[ ${lines[0]} == "usage: sockkit [OPTIONS]"* ]]
}

@test "--install makes the links, and does so again" {
  mkdir bin
  run -0 sockkit --install bin
  [[ -z $output ]]
  [[ $(ls bin) == "$(commands)" ]]
  for c in $(commands); do
    [[ $(readlink "bin/$c") == "$SOCKKIT" ]]
    run -0 "bin/$c" --help
    [[ ${lines[0]} == "usage: sockkit $c "* ]]
  done
  rm bin/listen
  run -0 sockkit --install=bin
  [[ -L bin/listen ]]
}

@test "--install takes a link to the same binary by another path" {
  mkdir bin other
  ln -s "$SOCKKIT" other/sk
  ln -s ../other/sk bin/listen
  run -0 sockkit --install bin
  [[ $(readlink bin/listen) == ../other/sk ]]
}

@test "--install overwrites nothing and names what is in the way" {
  mkdir bin
  echo precious >bin/listen
  ln -s /nowhere bin/connect
  fails 1 "sockkit: --install bin: in the way, nothing done: connect, listen" \
    sockkit --install bin
  [[ $(cat bin/listen) == precious && $(readlink bin/connect) == /nowhere ]]
  rm bin/listen
  fails 1 "sockkit: --install bin: in the way, nothing done: connect" \
    sockkit --install bin
  [[ ! -e bin/listen ]]
}

@test "--install needs a directory" {
  fails 1 "sockkit: --install none: No such file or directory" \
    sockkit --install none
  fails 2 "sockkit: --install needs a value (DIR); try 'sockkit --help'" \
    sockkit --install
  : >file
  fails 1 "sockkit: --install file: Not a directory" sockkit --install file
}

@test "help that cannot be written is a failure" {
  for args in "" --help --version --dump-cli "listen --help"; do
    # shellcheck disable=SC2086
    run -1 bash -c 'sockkit "$@" >/dev/full' - $args
    [[ $output == sockkit*": stdout: No space left on device" ]]
  done
  run -1 bash -c 'sockkit --help >&-'
  [[ $output == "sockkit: stdout: Bad file descriptor" ]]
}

@test "closed descriptors 0, 1 and 2 are survived" {
  run -0 bash -c 'sockkit --help <&- 2>&-'
  [[ ${lines[0]} == usage:* ]]
  run -2 bash -c 'sockkit nope 0<&- 1>&- 2>&-'
  [[ -z $output ]]
}

@test "no socket ever becomes descriptor 0, 1 or 2" {
  sockkit listen -k --port-file port 127.0.0.1 0 <&- >&- 2>&- &
  child=$!
  wait_until test -s port
  for fd in 0 1 2; do
    [[ $(readlink "/proc/$child/fd/$fd") == /dev/null ]]
  done
}

@test "a reader that has left is an error, no sudden death" {
  mkfifo pipe
  # shellcheck disable=SC2094
  exec 4<>pipe 5>pipe 4<&-
  run -1 bash -c 'sockkit --dump-cli >&5'
  exec 5>&-
  [[ $output == "sockkit: stdout: Broken pipe" ]]
}

# bash says "Terminated" of a child that a signal ended, and nothing of one
# that called exit(143).
@test "a signal ends the command and the parent sees that" {
  cat >run.sh <<'EOS'
sockkit listen -k --port-file port 127.0.0.1 0 >/dev/null </dev/null
echo "status $?"
EOS
  bash run.sh >log 2>&1 &
  shell=$!
  wait_until test -s port
  child=$(pgrep -P "$shell")
  kill -TERM "$child"
  wait "$shell"
  cat log
  grep -q Terminated log
  grep -q "status 143" log
}

@test "every command refuses what is no option of it" {
  for c in $(commands); do
    fails 2 "sockkit $c: unknown option --no-such-option-here; try 'sockkit $c --help'" \
      sockkit "$c" --no-such-option-here
  done
}

@test "the lines of the dump have their fields, none of them empty" {
  sockkit --dump-cli >dump
  awk -F'\t' '
    { for (i = 1; i <= NF; i++) if ($i == "") { print "empty: " $0; bad = 1 } }
    $1 == "command" && NF != 4 { print; bad = 1 }
    $1 == "option" && NF != 10 { print; bad = 1 }
    $1 == "sockopt" && NF != 4 { print; bad = 1 }
    $1 !~ /^(command|option|sockopt)$/ { print; bad = 1 }
    END { exit bad }' dump
  [[ $(head -n 1 dump) == $'command\tsockkit\tCOMMAND [ARGUMENTS]\t'* ]]
  grep -q $'^sockopt\ttcp_nodelay\tbool\t' dump
}
