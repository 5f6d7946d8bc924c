# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# bash completion of sockkit and of the links that lead to it. It holds no
# names: commands, options and values are what `sockkit --dump-cli` says.
#
#   command NAME OPERANDS SUMMARY
#   option COMMAND -S --LONG KIND ARG GROUP CHOICES REPEATABLE HELP
#   KEY NAME ...        NAME is a value of the option --KEY

# The binary behind a command word, links resolved: REPLY.
_sockkit_binary() {
  REPLY=$(type -P -- "${1/#\~\//$HOME/}") && REPLY=$(readlink -f -- "$REPLY")
}

# COMP_WORDS splits at = and :, our options and addresses do not: put them
# together again in $words, up to and with the word under the cursor.
_sockkit_words() {
  local i word glue=
  words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $i -gt 1 && ($glue || $word == [=:]) ]]; then
      words[${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
    glue=
    [[ $word == [=:] ]] && glue=1
  done
}

# Read the rows of command $1 into $arg, $choices, $key by option name.
_sockkit_table() {
  local what command short long name list word
  cmd=$1
  arg=() choices=() key=()
  while IFS=$'\t' read -r what command short long _ name _ list _; do
    [[ $what == option && $command == "$cmd" ]] || continue
    for word in "$short" "$long"; do
      [[ $word == - ]] && continue
      arg[$word]=$name choices[$word]=$list key[$word]=${long#--}
    done
  done <<<"$dump"
}

# Second fields of the lines of the dump whose first is $1.
_sockkit_names() {
  local what name
  while IFS=$'\t' read -r what name _; do
    [[ $what == "$1" ]] && printf '%s\n' "$name"
  done <<<"$dump"
}

# Does word $1 wait for a value in the next word? Then $option is its name.
_sockkit_pending() {
  local i name found=
  option=
  case $1 in
  --*=* | -- | -) ;;
  --*)
    for name in "${!arg[@]}"; do
      [[ $name == "$1" ]] && found=$name && break
      [[ $name == "$1"* ]] && found=$name
    done
    [[ $found && ${arg[$found]} != [-[]* ]] && option=$found
    ;;
  -*)
    for ((i = 1; i < ${#1}; i++)); do
      name=-${1:i:1}
      [[ ${arg[$name]:--} == - ]] && continue
      [[ $((i + 1)) -eq ${#1} && ${arg[$name]} != \[* ]] && option=$name
      break
    done
    ;;
  esac
}

# Candidates for a value of option $1 that begin with $2.
_sockkit_value() {
  local name=${arg[$1]} names
  if [[ ${choices[$1]} != - ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${choices[$1]//,/ }" -- "$2")
    return
  fi
  names=$(_sockkit_names "${key[$1]}")
  if [[ $names ]]; then
    compopt -o nospace 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -W "$names" -- "$2")
    return
  fi
  case $name in
  *FILE*)
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$2")
    ;;
  *DIR*)
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -d -- "$2")
    ;;
  *HOST* | *ADDR*) mapfile -t COMPREPLY < <(compgen -A hostname -- "$2") ;;
  *CMD*) mapfile -t COMPREPLY < <(compgen -c -- "$2") ;;
  esac
}

# Candidates for an operand of $cmd that begins with $1.
_sockkit_operand() {
  local what name operands
  if [[ $cmd == "$top" ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$explain $commands" -- "$1")
    return
  fi
  while IFS=$'\t' read -r what name operands _; do
    [[ $what == command && $name == "$cmd" ]] && break
  done <<<"$dump"
  case $operands in
  *HOST* | *ADDR*) mapfile -t COMPREPLY < <(compgen -A hostname -- "$1") ;;
  *FILE*)
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$1")
    ;;
  esac
}

_sockkit() {
  local REPLY dump top cmd commands explain=help option='' ended=''
  local cur word words i
  local -A arg choices key

  COMPREPLY=()
  _sockkit_binary "$1" || return
  dump=$("$REPLY" --dump-cli 2>/dev/null) || return
  _sockkit_words
  cur=${words[${#words[@]} - 1]}

  # The first command of the dump is the program itself.
  commands=$(_sockkit_names command)
  top=${commands%%$'\n'*}
  commands=${commands#*$'\n'}
  _sockkit_table "$top"
  word=${words[0]##*/}
  word=${word#"$top"-}
  [[ $'\n'$commands$'\n' == *$'\n'"$word"$'\n'* ]] && _sockkit_table "$word"

  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    word=${words[i]}
    if [[ $option ]]; then
      option=
    elif [[ ! $ended && $word == -- ]]; then
      ended=1
    elif [[ ! $ended && $word == -?* ]]; then
      _sockkit_pending "$word"
    elif [[ $cmd == "$top" && $word == "$explain" ]]; then
      explain=            # only the name of a command is left to say
    elif [[ $cmd == "$top" && $explain ]]; then
      _sockkit_table "$word"
    fi
  done

  if [[ $option ]]; then
    _sockkit_value "$option" "$cur"
  elif [[ ! $ended && $cur == --*=* && ${arg[${cur%%=*}]:--} != - ]]; then
    _sockkit_value "${cur%%=*}" "${cur#*=}"
    # Where = does not break words, the whole word is to be replaced.
    [[ $COMP_WORDBREAKS == *=* ]] ||
      COMPREPLY=("${COMPREPLY[@]/#/"${cur%%=*}="}")
  elif [[ ! $ended && $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${!arg[*]}" -- "$cur")
  else
    _sockkit_operand "$cur"
  fi
}

complete -F _sockkit sockkit

# Links that are named like a command and lead to the same binary.
_sockkit_links() {
  local REPLY self dump command name
  _sockkit_binary sockkit || return
  self=$REPLY
  dump=$("$self" --dump-cli 2>/dev/null) || return
  for command in $(_sockkit_names command); do
    for name in "$command" "sockkit-$command"; do
      _sockkit_binary "$name" && [[ $REPLY == "$self" ]] &&
        complete -F _sockkit "$name"
    done
  done
}
_sockkit_links
