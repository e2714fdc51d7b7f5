#!/usr/bin/env bats
# The completions of bash, zsh and fish, as one who types at a terminal meets them.
load helper

setup() {
    common_setup
    COMPLETIONS=$BUILD/completions
    mkdir -p "$HOME/.config/supai"
}

teardown() {
    [ -z "${TMUX_UP-}" ] || on_tmux kill-server
    common_teardown
}

on_tmux() { TMUX_TMPDIR=$BATS_TEST_TMPDIR tmux -u -f /dev/null "$@"; }
screen() { on_tmux capture-pane -p -J -t 0; }
shows() { screen | grep -qF -- "$1"; }

prompt() { [[ $(screen | grep -v '^$' | tail -n 1) =~ ^ready\>\ *$ ]]; }

# terminal SHELL [ARG ...]: it runs in a terminal, and has printed its prompt.
terminal() {
    command -v tmux >/dev/null || skip "no tmux"
    command -v "$1" >/dev/null || skip "no $1"
    TMUX_UP=1
    TMUX='' on_tmux new-session -d -x 160 -y 50 env TERM=screen TMUX=here HISTFILE= "$@" 3>&- 4>&-
    until_true shows 'ready>'
}

in_bash() {
    printf '%s\n' "PS1='ready> '" "for f in '$COMPLETIONS'/bash/*; do . \"\$f\"; done" >rc
    terminal bash --noprofile --rcfile "$PWD/rc" -i
}

in_zsh() {
    mkdir zsh
    printf '%s\n' "PS1='ready> '" "fpath=('$COMPLETIONS/zsh' \$fpath)" 'autoload -Uz compinit' \
        "compinit -u -d '$PWD/zcompdump'" >zsh/.zshrc
    export ZDOTDIR=$PWD/zsh
    terminal zsh -d -i
}

in_fish() {
    mkdir -p "$HOME/.config/fish"
    printf '%s\n' 'function fish_prompt; echo -n "ready> "; end' 'set -g fish_greeting' \
        "set -p fish_complete_path '$COMPLETIONS/fish'" >"$HOME/.config/fish/config.fish"
    terminal fish -i
}

# completes TYPED RESULT: what Tab makes of what was typed.
completes() {
    on_tmux send-keys -t 0 -l "$1"
    until_true shows "$1"
    on_tmux send-keys -t 0 Tab
    until_true shows "$2" || { screen; return 1; }
    on_tmux send-keys -t 0 C-c
    until_true prompt
}

# Everything that a shell has to know.
all_kinds() {
    completes 'supai-req --no-st' 'supai-req --no-stream'
    completes 'supai-req -m deep-th' 'supai-req -m deep-thinking'
    completes 'supai-req -M ai21/jam' 'supai-req -M ai21/jamba-large-1.7'
    : >'a file of mine.txt'
    completes 'supai-text a' 'supai-text a\ file\ of\ mine.txt'
    echo mine/only-model >"$HOME/.config/supai/models"
    completes 'supai-req -M min' 'supai-req -M mine/only-model'
}

@test "bash completes options, modes, models, files" {
    in_bash
    all_kinds
    completes 'supai-req --model=exp' 'supai-req --model=expert'
    completes 'supai-req -M mine/only-model,min' 'supai-req -M mine/only-model,mine/only-model'
}

@test "bash: a conversation's name is a word, whatever it looks like" {
    in_bash
    mkdir -p "$HOME/.local/state/supai"
    for name in 'holiday plans' 'x$(touch pwned)'; do
        supai-mock -- supai --conversation "$name" hi
    done
    completes 'supai --conversation hol' 'supai --conversation holiday\ plans'
    completes 'supai --conversation x' 'supai --conversation x\$\(touch\ pwned\)'
    assert [ ! -e pwned ]
}

@test "zsh completes options, modes, models, files" {
    in_zsh
    all_kinds
    completes 'supai-req --model=exp' 'supai-req --model=expert'
}

@test "fish completes options, modes, models, files" {
    in_fish
    all_kinds
    completes 'supai-req --model=exp' 'supai-req --model=expert'
}

@test "every tool has its completions in every shell, and each knows all options" {
    for t in $(sed -n -e 's/^TOOLS = //p' "$ROOT/Makefile"); do
        for f in "bash/$t" "zsh/_$t" "fish/$t.fish"; do
            assert [ -s "$COMPLETIONS/$f" ]
            for o in $("$t" --help all | sed -n 's/^  .\{4\}--\([a-z0-9-]*\).*/\1/p'); do
                grep -q -e "--$o\b" -e "-l $o\b" "$COMPLETIONS/$f" || fail "$f: no $o"
            done
        done
        bash -n "$COMPLETIONS/bash/$t"
    done
}
