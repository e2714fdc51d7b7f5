#!/bin/sh
# A question through the whole pipeline, to a stand-in of the service that runs
# for as long as the demo does. `make demo` calls it once the tools are built.
set -eu
cd "${0%/*}/.."
PATH=$(cd "${BIN:-bin}" && pwd):$PATH
export PATH

# Nothing of the user's goes to a stand-in.
unset SUPAI_API_KEY SUPAI_API_KEY_FILE SUPAI_MODEL

request='supai-req "Why is the sky blue?"'
pipeline="$request | supai-send | supai-sse | supai-text"
answer='Sunlight holds every colour. Air scatters the short waves of blue far more than
the long ones of red, so blue light reaches your eye from all over the sky. At
sunset the light has come through so much air that mostly red is left.
'

cat <<EOT
supai-mock stands in for the service on this machine; it gives everybody the
same answer, and needs no key. This is the pipeline that asks it:

  $pipeline

EOT
supai-mock --delay 30 --reply "$answer" -- sh -c "$pipeline"
cat <<EOT

Each stage is a filter that you can look behind. The first one wrote:

  $(sh -c "$request")

Now three models of your own, which three more stand-ins play: a panel says where they
are, and supai-ensemble asks them all at once and puts their answers together.

EOT
dir=$(mktemp -d)
mocks=
# shellcheck disable=SC2086 # numbers
trap 'kill $mocks; rm -rf "$dir"' EXIT
umask 077 # a panel is for its owner alone to write
mkfifo "$dir/url"
export DEMO_KEY=none-is-needed

# model ID OPTION ...: a stand-in, and its line of the panel.
model() {
    id=$1
    shift
    supai-mock --logprobs "$@" >"$dir/url" &
    mocks="$mocks $!"
    read -r url <"$dir/url"
    echo "model $id $url fast" >>"$dir/panel"
}
model red --delay 60 --reply 'Air scatters short waves, blue ones, more than long ones.' --reply "$answer"
model green --delay 90 --reply 'Blue light is scattered more than red, by the molecules of the air.'
model blue --delay 120 --reply 'Sunlight is white; the air sends its blue part to us from all over the sky.'
printf '%s\n' 'key 127.0.0.1 env DEMO_KEY' 'main red' >>"$dir/panel"

ensemble='supai-req -x "Why is the sky blue?" | supai-ensemble --panel panel |
    supai-sse | supai-watch | supai-text'
sed 's/^/  /' "$dir/panel"
printf '\n  %s\n\n' "$ensemble"
(cd "$dir" && sh -c "$ensemble")
cat <<EOT

Now with your own key and words: README.md, and the tour: man man/supai.7
EOT
