# Makes a shell's completion of one tool out of what its --help prints, which is
# its table of options:
#
#     supai-req --help | awk -f man/completions.awk -v shell=bash
#
# shell is bash, zsh or fish. What an option's argument may be is told by the
# option's name or, where that tells nothing, by what the table calls the argument.

BEGIN {
    source["model"] = "modes"
    source["models"] = "models"
    source["judge"] = "panel"
    source["conversation"] = "conversations"
    source["answer"] = "commands"
    list["modes"] = "supai-models -m"
    list["models"] = "supai-models"
    list["panel"] = "awk '$1 == \"model\" { print $2 }' \"${XDG_CONFIG_HOME:-$HOME/.config}/supai/panel\""
    list["conversations"] = "supai --list | cut -f 1"
    kinds = split("modes models panel conversations", kind_of, " ")
}

NR == 1 { tool = $2; operand = $0 }
NR == 2 { what = $0; sub(/\.$/, "", what) }

/^  (-.,|   ) --/ {
    n++
    short[n] = substr($0, 3, 1) == "-" ? substr($0, 4, 1) : ""
    rest = substr($0, 9)
    match(rest, /^[a-z0-9-]+/)
    name[n] = substr(rest, 1, RLENGTH)
    rest = substr(rest, RLENGTH + 1)
    optional[n] = substr(rest, 1, 2) == "[="
    argument[n] = ""
    if (optional[n] || rest ~ /^ [^ ]/) {
        sub(/^ |^\[=/, "", rest)
        match(rest, /^[^ ]+/)
        argument[n] = substr(rest, 1, RLENGTH)
        rest = substr(rest, RLENGTH + 1)
        sub(/\]$/, "", argument[n])
    }
    sub(/^ +/, "", rest)
    help[n] = rest
    kind[n] = name[n] in source ? source[name[n]] : argument[n] ~ /FILE/ ? "files" : ""
}

END {
    if (n == 0 || tool == "") {
        print "completions.awk: no options in the help" >"/dev/stderr"
        exit 1
    }
    operands = operand ~ /\[pattern/ ? "models" : "files"
    print (shell == "zsh" ? "#compdef " tool "\n" : "") "# " shell " completion for " tool ", made from its table of options."
    if (shell == "bash")
        bash()
    else if (shell == "zsh")
        zsh()
    else
        fish()
}

# Options of one kind, as a pattern of the shell: "--file|-f|--image|-i".
function pattern(k,    i, all) {
    for (i = 1; i <= n; i++)
        if (argument[i] != "" && !optional[i] && kind[i] == k)
            all = all (all == "" ? "" : "|") "--" name[i] (short[i] == "" ? "" : "|-" short[i])
    return all
}

# What begins as the word does, of those that a command prints. Not by compgen -W,
# which expands them as a shell does: a conversation may have any name.
function candidates(k) {
    return "while read -r word; do [[ $word != \"$cur\"* ]] || " \
        "COMPREPLY+=(\"$before$(printf %q \"$word\")\"); done < <(" list[k] " 2>/dev/null)"
}

# bash 3.2, which macOS has, knows neither mapfile nor compopt.
function bash(    i, k, words, f) {
    f = "_" tool
    gsub(/-/, "_", f)
    print f "() {"
    print "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} before= word IFS="
    print "    if [[ $cur == = ]]; then # --option=, which bash takes for two words"
    print "        cur="
    print "    elif [[ $prev == = && $COMP_CWORD -gt 1 ]]; then"
    print "        prev=${COMP_WORDS[COMP_CWORD-2]}"
    print "    fi"
    print "    COMPREPLY=()"
    print "    case $prev in"
    for (i = 1; i <= kinds; i++) {
        k = kind_of[i]
        if ((words = pattern(k)) == "")
            continue
        print "    " words ")"
        if (k == "models") {
            print "        [[ $cur != *,* ]] || before=${cur%,*},"
            print "        cur=${cur##*,}"
        }
        print "        " candidates(k)
        print "        return"
        print "        ;;"
    }
    print "    esac"
    print "    IFS=$'\\n'"
    print "    case $prev in"
    if ((words = pattern("commands")) != "")
        print "    " words ") COMPREPLY=($(compgen -c -- \"$cur\")); return ;;"
    if ((words = pattern("")) != "")
        print "    " words ") return ;;"
    print "    esac"
    words = ""
    for (i = 1; i <= n; i++)
        words = words "\\n--" name[i]
    print "    if [[ $cur == -* ]]; then"
    print "        COMPREPLY=($(compgen -W $'" substr(words, 3) "' -- \"$cur\"))"
    print "    else"
    if (operands == "files") {
        print "        compopt -o filenames 2>/dev/null"
        print "        COMPREPLY=($(compgen -f -- \"$cur\"))"
    } else
        print "        " candidates(operands)
    print "    fi"
    print "}"
    print "complete -F " f " " tool
}

# In zsh's specs a colon parts, and brackets and quotes mean something.
function plain(s) {
    gsub(/:/, "\\:", s)
    gsub(/\[/, "(", s)
    gsub(/\]/, ")", s)
    gsub(/'/, "'\\''", s)
    return s
}

function action(i) {
    if (kind[i] in list)
        return "_supai_" kind[i]
    return kind[i] == "files" ? "_files" : kind[i] == "commands" ? "_command_names" : " "
}

function zsh(    i, k, spec) {
    for (i = 1; i <= kinds; i++) {
        k = kind_of[i]
        if (pattern(k) != "" || k == operands) {
            print "_supai_" k "() {"
            print "    local -a ids=(${(f)\"$(" list[k] " 2>/dev/null)\"})"
            print k == "models" ? "    _sequence compadd -M 'r:|/=*' -a ids" : "    compadd -a ids"
            print "}"
        }
    }
    print "_arguments -s -S \\"
    for (i = 1; i <= n; i++) {
        spec = "[" plain(help[i]) "]"
        if (argument[i] != "")
            spec = spec (optional[i] ? "::" : ":") plain(argument[i]) ":" action(i)
        k = argument[i] == "" ? "" : optional[i] ? "=-" : "="
        if (short[i] == "")
            print "    '*--" name[i] k spec "' \\"
        else
            print "    '*'{-" short[i] (k == "=" ? "+" : k == "" ? "" : "-") ",--" name[i] k "}'" spec "' \\"
    }
    print "    '*: :" (operands == "files" ? "_files" : "_supai_" operands) "'"
}

function fish(    i, s, k) {
    if (operands != "files")
        print "complete -c " tool " -f -a '(" list[operands] " 2>/dev/null)'"
    for (i = 1; i <= n; i++) {
        s = help[i]
        gsub(/\\/, "\\\\", s)
        gsub(/'/, "\\'", s)
        k = argument[i] == "" || optional[i] ? "" : kind[i] == "files" ? " -r -F" : " -x"
        if (kind[i] in list) {
            what = list[kind[i]]
            gsub(/\$\{XDG_CONFIG_HOME:-\$HOME\/.config\}/, "(set -q XDG_CONFIG_HOME; and echo $XDG_CONFIG_HOME; or echo $HOME/.config)", what)
            gsub(/\\/, "\\\\", what)
            gsub(/'/, "\\'", what)
            k = k " -a '(" what " 2>/dev/null)'"
        } else if (kind[i] == "commands")
            k = k " -a '(__fish_complete_command)'"
        print "complete -c " tool (short[i] == "" ? "" : " -s " short[i]) " -l " name[i] k " -d '" s "'"
    }
}
