# SPDX-License-Identifier: GPL-3.0-or-later
# What brings sockkit up: bootstrap on machines that lack things, the wiring
# of the tests, the demo.
#
# The machines are made of PATH: a folder with the few commands every system
# has, to which fakes are added. Nothing is ever installed here.

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

setup() {
  unset DEBIAN_FRONTEND
  bin=$BATS_TEST_TMPDIR/bin
  mkdir "$bin"
  for tool in sh cat cut dirname grep mkdir sed sort tr; do
    ln -s "$(command -v "$tool")" "$bin/$tool"
  done
}

# fake NAME [SCRIPT]: a command that does SCRIPT, or nothing and succeeds.
fake() {
  rm -f "$bin/$1"
  printf '#!/bin/sh\n%s\n' "${2-}" >"$bin/$1"
  chmod +x "$bin/$1"
}

# machine ID [UID]: what os-release and id say there.
machine() {
  echo "ID=$1" >"$BATS_TEST_TMPDIR/os-release"
  fake id "echo ${2-1000}"
}

bootstrap() {
  BOOTSTRAP_OS_RELEASE=$BATS_TEST_TMPDIR/os-release PATH=$bin \
    run "$ROOT/bootstrap" "$@"
  echo "$output"
}

table() {
  sed -n '/^needs()/,/^EOF/p' "$ROOT/bootstrap" | sed '1,2d;$d'
}

# Every command that the table asks for, as fakes that satisfy it.
everything_there() {
  local met

  while read -r _ _ met _; do
    case $met in
      cmd:*) fake "$(echo "${met#cmd:}" | cut -d, -f1)" ;;
    esac
  done < <(table)
  fake cc
  fake pkg-config
  fake nc 'echo "usage: nc [-46CDdFhklNnrStUuvZz] [-I length]"'
}

@test "--help names every goal" {
  run "$ROOT/bootstrap" --help
  [ "$status" -eq 0 ]
  for goal in build check demo tools -- --without-readline; do
    [[ $output == *"$goal"* ]]
  done
}

@test "an argument that is no goal is a usage error" {
  run "$ROOT/bootstrap" chekc
  [ "$status" -eq 2 ]
  [[ $output == usage:* ]]
  run "$ROOT/bootstrap" build --without-readline
  [ "$status" -eq 2 ]
}

@test "every need has a purpose, a question and a package everywhere" {
  [ "$(table | wc -l)" -gt 20 ]
  bad=$(table | awk 'NF != 7 || $2 !~ /^(build|test|ci)$/ ||
    $3 !~ /^(cmd|pkg|hdr|file|help):./')
  echo "$bad"
  [ -z "$bad" ]
  [ -z "$(table | awk '{ print $1 }' | sort | uniq -d)" ]
}

@test "without root: the command for Debian, and nothing else" {
  machine debian
  fake sudo 'echo sudo was called; exit 1'
  fake apt-get 'echo apt-get was called; exit 1'
  bootstrap
  [ "$status" -eq 1 ]
  want='sudo apt-get update && sudo apt-get install -y'
  want+=' --no-install-recommends autoconf automake gcc libc6-dev libdw-dev'
  want+=' libjansson-dev libmnl-dev libncurses-dev libreadline-dev libssl-dev'
  want+=' liburing-dev linux-libc-dev make mawk pkg-config'
  [ "${lines[-1]}" = "$want" ]
  [[ $output != *"was called"* ]]
}

@test "without root: the command goes to stdout, the words to stderr" {
  machine debian
  BOOTSTRAP_OS_RELEASE=$BATS_TEST_TMPDIR/os-release PATH=$bin \
    "$ROOT/bootstrap" >"$BATS_TEST_TMPDIR/out" 2>/dev/null || true
  [ "$(wc -l <"$BATS_TEST_TMPDIR/out")" -eq 1 ]
  [[ $(<"$BATS_TEST_TMPDIR/out") == sudo\ * ]]
}

@test "without root: Ubuntu's cousins, Fedora, Alpine and Arch" {
  machine 'pop
ID_LIKE="ubuntu debian"'
  bootstrap
  [[ ${lines[-1]} == "sudo apt-get update && "*" libmnl-dev "* ]]
  machine fedora
  bootstrap
  [[ ${lines[-1]} == "sudo dnf install -y autoconf "*" libmnl-devel "* ]]
  machine alpine
  bootstrap
  [[ ${lines[-1]} == "sudo apk update && sudo apk add "*" musl-dev "* ]]
  machine arch
  bootstrap
  [[ ${lines[-1]} == "sudo pacman -Sy && sudo pacman -S "*" libmnl "* ]]
}

@test "an unknown system, root or not: what is missing, and status 1" {
  machine plan9 0
  bootstrap
  [ "$status" -eq 1 ]
  [[ $output == *"missing: cc libc "*"by hand"* ]]
}

@test "only what is missing is asked for, and tests only for check" {
  machine debian
  everything_there
  rm "$bin/make" "$bin/bats"
  bootstrap build
  [[ ${lines[-1]} == *" --no-install-recommends make" ]]
  bootstrap check
  [[ ${lines[-1]} == *" --no-install-recommends bats make"* ]]
}

@test "what configure is told to leave out need not be there" {
  machine debian
  bootstrap -- --without-readline --without-openssl
  [[ ${lines[-1]} == *libmnl-dev* ]]
  [[ ${lines[-1]} != *libreadline-dev* ]]
  [[ ${lines[-1]} != *libssl-dev* ]]
}

@test "with everything there no package manager is called" {
  machine debian 0
  everything_there
  fake apt-get 'echo apt-get was called; exit 1'
  bootstrap tools
  [ "$status" -eq 0 ]
  [ -z "$output" ]
}

@test "as root: lists first, then only the missing, and no questions" {
  machine debian 0
  everything_there
  rm "$bin/make" "$bin/socat"
  fake apt-get "echo \"\$DEBIAN_FRONTEND \$*\" >>$BATS_TEST_TMPDIR/log
    [ \"\$1\" = update ] || { : >$bin/make; : >$bin/socat
    PATH=$PATH chmod +x $bin/make $bin/socat; }"
  bootstrap tools
  [ "$status" -eq 0 ]
  cat "$BATS_TEST_TMPDIR/log"
  [ "$(<"$BATS_TEST_TMPDIR/log")" = "noninteractive update
noninteractive install -y --no-install-recommends make socat" ]
}

@test "as root: an installation that brought nothing is no success" {
  machine debian 0
  everything_there
  rm "$bin/make"
  fake apt-get
  bootstrap tools
  [ "$status" -eq 1 ]
  [[ $output == *"still missing after installing: make"* ]]
  fake apt-get 'exit 100'
  bootstrap tools
  [ "$status" -eq 1 ]
  [[ $output == *"installing failed"* ]]
}

@test "every script is one for the shell that it names" {
  local script

  for script in bootstrap tests/demo.sh tests/layers.sh tests/run-bats; do
    [ "$(head -n 1 "$ROOT/$script")" = '#!/bin/sh' ]
    sh -n "$ROOT/$script"
  done
  bash -n "$ROOT/.ci/run"
}

@test "every test that exists is run" {
  local file

  for file in "$ROOT"/tests/bats/*.bats; do
    grep -q "tests/bats/$(basename "$file")" "$ROOT/tests/Makefile.inc"
  done
  for file in "$ROOT"/tests/unit/test_*.c; do
    file=$(basename "$file" .c)
    echo "$file"
    grep -Eq "[[:space:]]tests/unit/$file( |\$)" "$ROOT/tests/Makefile.inc"
  done
}

@test "every file of ours says its licence at its head" {
  bad=$(cd "$ROOT" && find src tests bootstrap .ci configure.ac Makefile.am \
    -type f \( -name '*.[ch]' -o -name '*.sh' -o -name '*.bats' \
    -o -name '*.bash' -o -name run -o -name run-bats -o -name bootstrap \
    -o -name configure.ac -o -name Makefile.am \) ! -path '*/registry.h' \
    -exec sh -c 'for f; do head -n 2 "$f" |
      grep -q "SPDX-License-Identifier: GPL-3.0-or-later" || echo "$f"
    done' sh {} +)
  echo "$bad"
  [ -z "$bad" ]
}

@test "a machine without bats fails make check" {
  PATH=$bin BATS=bats run "$bin/sh" "$ROOT/tests/run-bats" x.bats
  [ "$status" -ne 0 ]
  [[ $output == "Bail out! bats is not installed"* ]]
}

@test "the demo moves a file, measures it, and leaves nothing" {
  mkdir "$BATS_TEST_TMPDIR/tmp"
  TMPDIR=$BATS_TEST_TMPDIR/tmp ROUNDS=1 run "$ROOT/tests/demo.sh" "$SOCKKIT"
  echo "$output"
  [ "$status" -eq 0 ]
  grep -Eq '^sockkit .* MiB/s +1\.00x +same$' <<<"$output"
  [ -z "$(ls -A "$BATS_TEST_TMPDIR/tmp")" ]
}

@test "the demo fails when what arrives is not what was sent" {
  cat >"$BATS_TEST_TMPDIR/liar" <<EOF
#!/bin/sh
if [ "\$1" != listen ] || [ "\$2" = --port-file ]; then
  exec '$SOCKKIT' "\$@"
fi
'$SOCKKIT' "\$@" | tr a b
EOF
  chmod +x "$BATS_TEST_TMPDIR/liar"
  ROUNDS=1 run "$ROOT/tests/demo.sh" "$BATS_TEST_TMPDIR/liar"
  echo "$output"
  [ "$status" -eq 1 ]
  [[ $output == *"what arrived is not what was sent"* ]]
}
