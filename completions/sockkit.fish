# SPDX-License-Identifier: GPL-3.0-or-later
#
# fish completion of sockkit and of the links that lead to it. It holds no
# names: commands, options and values are what `sockkit --dump-cli` says.
#
#   command NAME OPERANDS SUMMARY
#   option COMMAND -S --LONG KIND ARG GROUP CHOICES REPEATABLE HELP
#   KEY NAME TYPE HELP  NAME is a value of the option --KEY

# Lines of the dump as "NAME<tab>HELP" whose key is $argv[1].
function __sockkit_names
    sockkit --dump-cli 2>/dev/null |
        string replace -r -f -- "^$argv[1]\t([^\t]*)\t[^\t]*\t(.*)" '$1\t$2'
end

# All commands; the first in the dump is the program itself.
function __sockkit_commands
    __sockkit_names command | tail -n +2
end

# The command on the line so far, or nothing.
function __sockkit_command
    set -l known (__sockkit_commands | string split -f 1 \t)
    for word in (commandline -opc)[2..-1]
        if contains -- $word $known help
            echo $word
            return
        end
    end
end

function __sockkit_is
    set -l command (__sockkit_command)
    test "$command" = "$argv[1]"
end

# What completes the value of a row: prints arguments for `complete`.
function __sockkit_value -a name choices key
    if test "$choices" != -
        printf '%s\n' -a (string replace -a , ' ' -- $choices)
        string match -q '[*' -- $name; or echo -x
        return
    end
    switch $name
        case -
        case '*FILE*'
            printf '%s\n' -r -F
        case '*DIR*'
            printf '%s\n' -x -a '(__fish_complete_directories)'
        case '*HOST*' '*ADDR*'
            printf '%s\n' -x -a '(__fish_print_hostnames)'
        case '[*'
        case '*'
            printf '%s\n' -x -a "(__sockkit_names $key)"
    end
end

# The rows of command $argv[2] become options of the word $argv[1]; the rest
# are arguments that all of them get.
function __sockkit_options -a word command
    set -l all $argv[3..-1]
    for line in (string match -r -- "^option\t$command\t.*" $__sockkit_dump)
        set -l f (string split \t -- $line)
        set -l long (string sub -s 3 -- $f[4])
        set -l short
        test $f[3] = -; or set short -s (string sub -s 2 -- $f[3])
        complete -c $word $all $short -l $long -d "$f[10]" \
            (__sockkit_value $f[6] $f[8] $long)
    end
    for line in (string match -r -- "^command\t$command\t.*" $__sockkit_dump)
        set -l f (string split \t -- $line)
        if string match -q -r 'HOST|ADDR' -- $f[3]
            complete -c $word $all -f -a '(__fish_print_hostnames)'
        else if not string match -q '*FILE*' -- $f[3]
            complete -c $word $all -f
        end
    end
end

set -g __sockkit_dump (sockkit --dump-cli 2>/dev/null)
set -l names (string match -r -g '^command\t([^\t]*)' -- $__sockkit_dump)
set -l self (command -s sockkit | path resolve)

__sockkit_options sockkit $names[1] -n '__sockkit_is ""'
complete -c sockkit -n '__sockkit_is ""' -f -a '(__sockkit_commands)'
complete -c sockkit -n '__sockkit_is ""' -f -a help -d 'explain a command'
complete -c sockkit -n '__sockkit_is help' -f -a '(__sockkit_commands)'
for name in $names[2..-1]
    __sockkit_options sockkit $name -n "__sockkit_is $name"
    # Links that are named like the command and lead to the same binary.
    for link in $name sockkit-$name
        set -l path (command -s $link | path resolve)
        test -n "$path" -a "$path" = "$self"
        and __sockkit_options $link $name
    end
end
set -e __sockkit_dump
