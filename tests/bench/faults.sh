#!/usr/bin/env bash
# What a broken answer gives in our pipeline and in the other programs of its
# kind: prints the table of README, as Markdown. `make bench-peers` gets the others;
# one that is not there has no column.
#
# Each cell is a run against supai-mock on loopback: the status, and what came out.
set -u
self=$(cd "${0%/*}" && pwd)/${0##*/}
cd "${0%/*}/../.." || exit 1
peers=${BUILD:-build}/peers
case $peers in /*) ;; *) peers=$PWD/$peers ;; esac
case ${BIN:=bin} in /*) ;; *) BIN=$PWD/$BIN ;; esac
PATH=$BIN:$peers/sgpt/bin:$peers/python/bin:$peers/cargo/bin:$PATH
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
export HOME=$scratch SUPAI_API_KEY=x OPENAI_API_KEY=x NO_COLOR=1
unset XDG_CONFIG_HOME

answer='The capital of France is Paris, on the Seine.'

# Each program, told where the mock is ($SUPAI_BASE_URL).
ask_supai() { supai "$1"; }
ask_llm() {
    mkdir -p llm
    printf -- '- model_id: bench\n  model_name: auto\n  api_base: %s\n  api_key_name: openai\n' \
        "$SUPAI_BASE_URL" >llm/extra-openai-models.yaml
    LLM_USER_PATH=$scratch/llm llm -n --key x -m bench "$1"
}
ask_aichat() {
    mkdir -p aichat
    printf '%s\n' 'model: bench:auto' 'clients:' '- type: openai-compatible' '  name: bench' \
        "  api_base: $SUPAI_BASE_URL" '  api_key: x' '  models:' '  - name: auto' >aichat/config.yaml
    AICHAT_CONFIG_DIR=$scratch/aichat aichat "$1"
}
ask_sgpt() {
    mkdir -p .config/shell_gpt
    printf '%s\n' "API_BASE_URL=$SUPAI_BASE_URL" 'OPENAI_API_KEY=x' 'DEFAULT_MODEL=auto' \
        'USE_LITELLM=false' 'PRETTIFY_MARKDOWN=false' 'OPENAI_USE_FUNCTIONS=false' >.config/shell_gpt/.sgptrc
    sgpt --no-cache --no-functions "$1"
}

if [ "${1-}" = ask ]; then
    "ask_$2" hi
    exit
fi

tools=(supai)
for t in llm aichat sgpt; do
    command -v "$t" >/dev/null && tools+=("$t")
done

# cell TOOL MOCK-OPTION ...: what the tool makes of it.
cell() {
    local tool=$1 status text
    shift
    timeout 60 supai-mock "$@" -- bash "$self" ask "$tool" >out 2>err </dev/null
    status=$?
    text=$(tr -d '\r\n' <out)
    case $text in
    '') text='nothing' ;;
    "$answer") text='all of it' ;;
    *Paris*) text='all of it, and more' ;;
    The*) text='a part' ;;
    *) text='something else' ;;
    esac
    printf '| %s, %s ' "$status" "$text"
}

row() {
    local name=$1 t
    shift
    printf '| %s ' "$name"
    for t in "${tools[@]}"; do
        cell "$t" "$@"
    done
    printf '|\n'
}

printf '| the answer |'
printf ' %s |' "${tools[@]}"
printf '\n| --- |'
printf ' --- |%.0s' "${tools[@]}"
printf '\n'
row 'is whole' --reply "$answer"
row 'is cut in the middle' --reply "$answer" --cut 4
row 'has an error in its stream' --reply "$answer" --error-event 4
row 'is a web page' --garbage
row 'is empty' --body ''
