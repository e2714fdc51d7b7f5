#!/bin/sh
# The README's pictures of supai-watch, man/pictures/*.svg: a recorded answer
# replayed in a terminal, once in the middle and once at its end. `make pictures`
# calls it once the tools are built. Wants jq and tmux.
set -eu
cd "${0%/*}/.."
root=$PWD
PATH=$(cd "${BIN:-bin}" && pwd):$PATH
export PATH
question='supai -m expert "How old is the light of Andromeda?"'
columns=80

locale=$({ locale -a 2>/dev/null || echo C.UTF-8; } | grep -ixE 'C\.utf-?8|en_US\.utf-?8' | head -n 1)
[ -n "$locale" ] || { echo "pictures: no UTF-8 locale" >&2; exit 1; }
unset TMUX SUPAI_API_KEY_FILE SUPAI_MODEL SUPAI_CONVERSATION NO_COLOR
export SUPAI_API_KEY=nobody LC_ALL="$locale"

scratch=$(mktemp -d)
mock=
terminal() { TMUX_TMPDIR=$scratch tmux -u -f /dev/null "$@"; }
finish() {
    terminal kill-server 2>/dev/null || :
    [ -z "$mock" ] || kill "$mock"
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
export HOME="$scratch"

# until_shows PATTERN: waits, at most a minute, until it stands on the terminal.
until_shows() {
    tries=0
    until terminal capture-pane -p | grep -q -e "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 1200 ] || { terminal capture-pane -p; echo "pictures: never saw '$1'"; exit 1; } >&2
        sleep 0.05
    done
}

# take NAME TITLE: what stands on the terminal, as a picture.
take() {
    terminal capture-pane -e -p |
        LC_ALL=C awk -v columns=$columns -v title="$2" -f tests/pictures.awk >"$scratch/$1.svg"
    mkdir -p man/pictures
    mv "$scratch/$1.svg" "man/pictures/$1.svg"
    echo "man/pictures/$1.svg"
}

# The retry that was announced is to be announced for a while from now on.
jq -c 'if .chunk.retryAt then .chunk.retryAt = (now + 12 | todate) else . end' \
    tests/data/watch-ensemble.ndjson >"$scratch/events.ndjson"
mkfifo "$scratch/url"
supai-mock --replay "$scratch/events.ndjson" --delay 140 >"$scratch/url" &
mock=$!
read -r SUPAI_BASE_URL <"$scratch/url"
export SUPAI_BASE_URL

cd "$scratch"
terminal new-session -d -x $columns -y 30 env PS1='$ ' bash --norc --noprofile
cd "$root"
until_shows '^\$'
terminal send-keys -l "$question"
terminal send-keys Enter
until_shows 'retry in 4 s'
take watch-working 'supai-watch in the middle of an answer'
until_shows '^\$$'
take watch-done 'supai-watch at the end of an answer, and the answer'
