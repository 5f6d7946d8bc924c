#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The completions of bash, zsh and fish, in the real shells, against the dump.

bats_require_minimum_version 1.5.0
load cli_helper

setup() {
  cli_setup
  cd "$DIR" || return
  mkdir bin dir files
  sockkit --install bin
  PATH=$DIR/bin:$PATH
  : >files/one
  : >files/two
  mkdir files/sub
  LISTED=$(sockkit --dump-cli | awk -F'\t' '$1 == "sockopt" { print $2 }')
}

# with_bash WORDS...: candidates for the last word, sorted, one a line.
with_bash() {
  # shellcheck disable=SC2016
  bash --norc -c '
    source "$TOP/completions/sockkit.bash"
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE=$* COMP_POINT=${#COMP_LINE}
    f=$(complete -p "${1##*/}") || exit
    f=${f#*-F }
    "${f%% *}" "$1" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
    printf "%s\n" "${COMPREPLY[@]}"' - "$@" | sort
}

# with_fish LINE: the same in fish; descriptions are cut off.
with_fish() {
  # shellcheck disable=SC2016
  fish --no-config -c 'source $TOP/completions/sockkit.fish
    complete -C $argv[1]' "$1" | cut -f 1 | sort
}

# with_zsh LINE...: the same in zsh. The first TAB loads the completion.
with_zsh() {
  zsh -f "$BATS_TEST_DIRNAME/zsh_complete.zsh" "$TOP/completions" \
    "sockkit h" "$@" | sed -n 's/^line sockkit h[^ ]* *$/@/; T keep; d; :keep
      s/^hit //p' | sort -u | grep -v '^help$'
}

need() {
  command -v "$1" >/dev/null || skip "no $1 here"
}

# The word that an option of command $1 with a value of kind $2 has.
option_of() {
  rows "$1" | awk -F'\t' -v k="$2" '$3 == k { print $2; exit }'
}

# The first option whose value is a file.
file_option() {
  rows "$1" | awk -F'\t' '$4 ~ /FILE/ { print $2; exit }'
}

@test "the scripts hold no names of commands and options" {
  sed 's/^ *#.*//' "$TOP"/completions/{sockkit.bash,_sockkit,sockkit.fish} \
    >code
  for c in $(commands); do
    for name in $(rows "$c" | cut -f 2) "$c"; do
      run ! grep -nE -- "(^|[^a-z_-])$name([^a-z-]|\$)" code
    done
  done
}

@test "bash: commands" {
  diff <(with_bash sockkit "") <( (commands; echo help) | sort)
  diff <(with_bash sockkit help "") <(commands | sort)
  diff <(with_bash sockkit li) <(commands | grep ^li)
  diff <(with_bash sockkit -) <(option_names sockkit)
}

@test "bash: all options of each command, and no others" {
  for c in $(commands); do
    diff <(with_bash sockkit "$c" -) <(option_names "$c")
    diff <(with_bash sockkit "$c" --) <(option_names "$c" | grep ^--)
    diff <(with_bash "$c" -) <(option_names "$c")
    diff <(with_bash "$DIR/bin/$c" -) <(option_names "$c")
    diff <(with_bash "$SOCKKIT" "$c" -) <(option_names "$c")
  done
  diff <(with_bash sockkit listen --ec) <(echo --echo)
}

@test "bash: values" {
  [[ $LISTED ]]
  diff <(with_bash sockkit listen --sockopt "") <(sort <<<"$LISTED")
  diff <(with_bash sockkit listen --sockopt = so_) \
    <(grep ^so_ <<<"$LISTED" | sort)
  file=$(file_option listen)
  diff <(with_bash sockkit listen "$file" files/) \
    <(printf '%s\n' files/one files/sub files/two)
  diff <(with_bash sockkit listen "$file" = files/o) <(echo files/one)
  diff <(with_bash sockkit listen "${file:0:-1}" files/o) <(echo files/one)
  diff <(with_bash sockkit --install files/) <(echo files/sub)
  diff <(with_bash sockkit listen "$(option_of listen duration)" -) <(echo)
}

@test "bash: choices" {
  for c in $(commands); do
    rows "$c" | awk -F'\t' '$5 != "-" { print $2, $5 }' |
      while read -r name choices; do
        diff <(with_bash sockkit "$c" "$name" = "") \
          <(tr , '\n' <<<"$choices" | sort)
      done
  done
}

@test "bash: operands" {
  diff <(with_bash sockkit listen -- -) <(echo)
  with_bash sockkit connect loc | grep -qx localhost
  diff <(with_bash sockkit nosuchcommand -) <(echo)
}

@test "bash: what is no sockkit gets no completion" {
  rm bin/listen
  printf '#!/bin/sh\necho other\n' >bin/listen
  chmod +x bin/listen
  run ! with_bash_status listen -
}

with_bash_status() {
  # shellcheck disable=SC2016
  bash --norc -c 'source "$TOP/completions/sockkit.bash"
    complete -p "$1"' - "$1" 2>/dev/null
}

@test "zsh: syntax" {
  need zsh
  zsh -f -n "$TOP/completions/_sockkit"
}

@test "zsh: commands and options" {
  need zsh
  diff <(with_zsh "sockkit " "sockkit help ") <(commands | sort)
  for c in $(commands); do
    diff <(with_zsh "sockkit $c -") <(option_names "$c")
    diff <(with_zsh "$c --") <(option_names "$c" | grep ^--)
  done
}

@test "zsh: values" {
  need zsh
  file=$(file_option listen)
  diff <(with_zsh "sockkit listen --sockopt ") <(sort <<<"$LISTED")
  diff <(with_zsh "sockkit listen $file files/") <(printf '%s\n' one sub two)
  diff <(with_zsh "sockkit listen $file=files/o") <(echo one)
  diff <(with_zsh "sockkit --install files/") <(echo sub)
  zsh -f "$BATS_TEST_DIRNAME/zsh_complete.zsh" "$TOP/completions" \
    "sockkit listen --ec" >log
  grep -qx "line sockkit listen --echo " log
}

@test "fish: commands and options" {
  need fish
  fish -n "$TOP/completions/sockkit.fish"
  diff <(with_fish "sockkit ") <( (commands; echo help) | sort)
  diff <(with_fish "sockkit help ") <(commands | sort)
  for c in $(commands); do
    # fish lists an option whose value may be left out in both forms.
    diff <(with_fish "sockkit $c -" | sed 's/=$//' | sort -u) \
      <(option_names "$c")
    diff <(with_fish "$c --" | sed 's/=$//' | sort -u) \
      <(option_names "$c" | grep ^--)
  done
  # From fish 4 on letters may lie between: --exec has e and c.
  diff <(with_fish "sockkit listen --ech") <(echo --echo)
  diff <(with_fish "sockkit -") <(option_names sockkit)
}

@test "fish: values" {
  need fish
  file=$(file_option listen)
  diff <(with_fish "sockkit listen --sockopt ") <(sort <<<"$LISTED")
  diff <(with_fish "sockkit listen $file files/") \
    <(printf '%s\n' files/one files/sub/ files/two)
  diff <(with_fish "sockkit --install files/") <(echo files/sub/)
}
