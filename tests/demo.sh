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

Now with your own key and words: README.md, and the tour: man man/supai.7
EOT
