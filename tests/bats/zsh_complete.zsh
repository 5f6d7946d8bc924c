#!/usr/bin/env zsh
# SPDX-License-Identifier: GPL-3.0-or-later
# zsh_complete.zsh DIR LINE...: what an interactive zsh with the completions
# of DIR offers when TAB is pressed behind each LINE. Prints "hit WORD" for
# every candidate and "line TEXT", the line as it stands after the TAB.

zmodload zsh/zpty
work=$(mktemp -d) || exit

# The shell in the terminal says that it is done by making this file.
wait_done() {
  local i junk
  for ((i = 0; i < 1000; i++)); do
    zpty -rt tty junk && continue
    [[ -e $work/done ]] && { rm "$work/done"; return }
    sleep 0.01
  done
  print -u2 "zsh does not answer"
  rm -rf "$work"
  exit 1
}

cat >"$work/setup" <<EOS
PS1= PS2=
fpath=($1 \$fpath)
autoload -Uz compinit && compinit -u -d $work/dump
zstyle ':completion:*' menu no
# Candidates pass through compadd; calls that only filter are not ours.
compadd() {
  local -a hits
  if [[ \${@[1,(i)(-|--)]} != *-[OAD]* ]]; then
    builtin compadd -A hits "\$@"
    (( \$#hits )) && print -rl -- "hit "\${^hits} >>$work/out
  fi
  builtin compadd "\$@"
}
finish() {
  print -r -- "line \$BUFFER" >>$work/out
  BUFFER=
  : >$work/done
}
zle -N finish
bindkey '^X' finish
bindkey '^I' complete-word
: >$work/done
EOS

: >"$work/out"
zpty tty exec zsh -f -i
zpty -w tty ". $work/setup"
wait_done
shift
for line in "$@"; do
  zpty -wn tty "$line"$'\t\x18'
  wait_done
done
cat "$work/out"
zpty -d tty
rm -rf "$work"
