# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# For the tests of what all commands have in common.

# shellcheck disable=SC1091 # it stands beside
source "${BASH_SOURCE[0]%/*}/surroundings.bash"

# Sets $SOCKKIT (absolute) and $TOP; puts the binary first in PATH.
cli_setup() {
  TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  SOCKKIT=$(readlink -f -- "${SOCKKIT:-$TOP/build/sockkit}")
  [[ -x $SOCKKIT ]] || { echo "no binary at $SOCKKIT" >&2; return 1; }
  PATH=$(dirname "$SOCKKIT"):$PATH
  DIR=$BATS_TEST_TMPDIR
  export TOP SOCKKIT PATH DIR
}

# wait_until COMMAND...: until it succeeds, ten seconds at the most.
wait_until() {
  local end=$((SECONDS + 10))
  until "$@"; do
    ((SECONDS < end)) || { echo "in vain: $*" >&2; return 1; }
    sleep 0.02
  done
}

# Names of the commands, one a line, without the program itself.
commands() {
  "$SOCKKIT" --dump-cli | awk -F'\t' '$1 == "command" && NR > 1 { print $2 }'
}

# Rows of a command: SHORT LONG KIND ARG CHOICES HELP, parted by tabs.
rows() {
  "$SOCKKIT" --dump-cli | awk -F'\t' -v OFS='\t' -v c="$1" \
    '$1 == "option" && $2 == c { print $3, $4, $5, $6, $8, $10 }'
}

# All names of the options of a command, short and long, sorted.
option_names() {
  rows "$1" | awk -F'\t' '{ if ($1 != "-") print $1; print $2 }' | sort
}

# Options as help and man page write them: "-p PORT, --source-port PORT",
# with -l only "-p, --source-port PORT", as help does.
option_heads() {
  local brief=
  [[ $1 == -l ]] && brief=1 && shift
  rows "$1" | awk -F'\t' -v brief="$brief" '
    { s = l = ""
      if ($4 ~ /^\[/) {
        inner = substr($4, 2, length($4) - 2)
        s = "[" inner "]"; l = "[=" inner "]"
      } else if ($4 != "-") s = l = " " $4
      if (brief) s = ""
      print ($1 == "-" ? "" : $1 s ", ") $2 l }' | sort
}
