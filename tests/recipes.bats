# The recipes of supai(7) on a recording: what they print, not only that they run.
load helper
load docs
load serve

# recipe WORDS: runs the one example of the page that has these words in it.
recipe() {
    local found
    example_files
    examples "$ROOT/man/supai.7" . || return
    found=$(grep -l -F -e "$1" ./*.sh)
    [ "$(wc -l <<<"$found")" -eq 1 ] || fail "not one recipe: $found"
    [ "$(wc -l <"$found")" -eq 1 ] || fail 'the recipe is longer than a line'
    run --separate-stderr bash -eu "$found"
}

@test "sources, as a Markdown list" {
    recipe unique_by
    expect 0 '- [The sky](https://example.org/sky)' ''
}

@test "the models, the most confident first" {
    recipe sort_by
    expect 0 $'0.91\tacme/alpha\n0.73\tacme/beta' ''
}

@test "what each model searched for" {
    recipe .value.searches
    expect 0 $'acme/beta\twhy is the sky blue' ''
}

@test "which models failed, and why" {
    recipe .value.errors
    expect 0 $'zeta/gamma-2\tOverloaded' ''
}

@test "the answers of two models side by side" {
    recipe 'pr -mtw'
    assert_equal "$status" 0
    assert_equal "$stderr" ''
    [[ $output == 'Blue light scatters most.'*'Because of the air.' ]]
    assert_equal "$(wc -l <<<"$output")" 1
}

@test "a second turn from files alone: the question, the answer, the next question" {
    mock_start --reply 'Two.'
    supai-req 'Name a prime.' | tee first-request.json | supai-send | supai-sse | supai-fold >first-answer.json
    supai-req -H first-request.json -H first-answer.json 'And then?' >second.json
    assert_equal "$(jq -c '[.messages[] | [.role, .content]]' second.json)" \
        '[["user","Name a prime."],["assistant","Two."],["user","And then?"]]'
    supai-fold --message first-answer.json >history
    supai-req -H first-request.json -H history 'And then?' | cmp - second.json
}

# --- supai-recipes(7) ---------------------------------------------------------

# of_page WORDS: runs the one block of supai-recipes(7) that has these words in it,
# against the mock that the test has started.
of_page() {
    local found
    example_files
    mkdir blocks
    examples "$ROOT/man/supai-recipes.7" blocks || return
    found=$(grep -l -F -e "$1" blocks/*.sh)
    [ "$(wc -l <<<"$found")" -eq 1 ] || fail "not one recipe: $found"
    run --separate-stderr bash -eu "$found"
}

@test "JSON out of an answer, with fences and without" {
    for answer in $'Here:\n```json\n[2,3,5]\n```\nDone.' '[2,3,5]'; do
        mock_start --reply "$answer"
        rm -rf blocks
        of_page 'as a JSON array'
        expect 0 '' ''
        assert_equal "$(jq -c . primes.json)" '[2,3,5]'
    done
}

@test "conversations are listed, shown and deleted" {
    mock_start --reply 'Crete.' --reply 'Sylt.'
    of_page --list
    assert_equal "$status" 0
    assert_line 'Crete.'
    assert_line --partial holiday
    assert_line --partial 'And with children?'
    assert [ ! -e "$HOME/.local/state/supai/holiday.ndjson" ]
}

@test "a log of what was asked and answered" {
    mock_start --reply 'Rayleigh.'
    of_page 'log.ndjson'
    expect 0 '' ''
    assert_equal "$(jq -c '[.question, .answer, (.time | type)]' log.ndjson)" \
        '["Why is the sky blue?","Rayleigh.","string"]'
}

@test "a cache asks the same question once" {
    mock_start --reply 'Paris.' --reply 'Rome.'
    of_page 'cksum'
    expect 0 $'Paris.\nParis.' ''
    assert_equal "$(mock_requests)" 1
}

@test "make asks once for each state of a file" {
    mock_start --reply 'On Monday.' --reply 'Again.'
    of_page 'ask.mk notes.summary'
    assert_equal "$status" 0
    assert_equal "$(cat notes.summary)" 'On Monday.'
    assert_equal "$(mock_requests)" 1
}

@test "a review in a git hook stops nothing, and its words are seen" {
    mock_start --reply 'Looks fine.'
    of_page 'Review this change'
    assert_equal "$status" 0
    [[ $output$stderr == *'Looks fine.'* ]]
    assert_equal "$(git -C project log --format=%s)" 'Add file'
}

@test "the gate of a git hook opens for **Yes.** of a sure ensemble, and for nothing else" {
    mock_start --reply '**Yes.**'
    of_page 'safe to merge'
    cd gated && echo hello >file && git add file
    as() { git -c user.name=me -c user.email=me@example.org commit -q -m "$1"; }
    as sure
    mock_start --reply 'No, yes is not what I say.'
    run as refused
    assert_equal "$status" 1
    assert_equal "$(git log --format=%s)" sure
}

@test "answers are joined to their records by id" {
    mock_start --reply good
    of_page slurpfile
    expect 0 $'1\tWorks well.\tgood\n2\tBroke at once.\tgood' ''
}

@test "a thousand records into SQLite" {
    command -v sqlite3 >/dev/null || skip 'no sqlite3'
    mock_start --reply good
    block supai-recipes.7 json_each
    example_files
    run --separate-stderr bash -eu it
    expect 0 '' ''
    assert_equal "$(sqlite3 reviews.db 'SELECT * FROM answers ORDER BY id')" $'1|good\n2|good'
}

@test "models side by side" {
    mock_start --reply Spaces.
    of_page 'pr -m -t'
    assert_equal "$status" 0
    [[ $output =~ ^Spaces\.[[:blank:]]+Spaces\.$ ]]
}

@test "the tokens of a month" {
    mock_start
    of_page completion_tokens
    assert_equal "$status" 0
    jq -e '.prompt > 0 and .completion > 0' <<<"$output"
}

@test "an answer with its sources as a Markdown list" {
    mock_start --replay "$DATA/ensemble.ndjson"
    of_page sky.md
    expect 0 '' ''
    assert_equal "$(tail -n 1 sky.md)" '- [The sky](https://example.org/sky)'
}

# --- those that are marked as not run: they want something that is not everywhere ---

# any_model [supai-mock's option ...]: a service that knows all models, at $BASE, in
# the place of those that the block names.
any_model() {
    mock_start "$@"
    serve_start --no-key --unlisted --answer "jq -c '.model = \"fast\" | del(.models)' | supai-send"
    sed -i.was -e "s|https://openrouter.ai/api/v1|$BASE|" -e "s|http://localhost:11434/v1|$BASE|" it
    unset SUPAI_API_KEY SUPAI_BASE_URL
}

# panel LINE ...: the user's, with models at $BASE.
panel() {
    mkdir -p "$HOME/.config/supai"
    printf '%s\n' "$@" | sed "s|BASE|$BASE|" >"$HOME/.config/supai/panel"
}

# as_cron: does what the crontab "it" says, as cron would: its own environment, and
# whatever is said is mail. The tools stand where they were installed.
as_cron() {
    local line
    mkdir -p here
    printf '#!/bin/sh\necho "disk is full"\n' >here/journalctl
    chmod +x here/journalctl
    for line in "$BIN"/supai*; do ln -sf "$line" here/; done
    sed -e "s|/usr/local/bin|$PWD/here|" -e "s|/var/log/|$PWD/|" -e "s|/srv/reviews|$PWD|" it >crontab
    run --separate-stderr env -i HOME="$HOME" LOGNAME=me SHELL=/bin/sh PATH=/usr/bin:/bin \
        ${SUPAI_SAN:+SUPAI_NO_SANDBOX=1 "ASAN_OPTIONS=${ASAN_OPTIONS-}"} \
        SUPAI_BASE_URL="$SUPAI_BASE_URL" /bin/sh -c 'while IFS= read -r line; do
            case $line in
            [A-Z]*=*) export "$line" ;;
            *) /bin/sh -c "$(printf "%s\n" "$line" | sed "s/^\([^ ]* *\)\{5\}//")" ;;
            esac
        done <crontab'
}

# The key where a script without an environment finds it.
key_file() {
    (umask 077 && mkdir -p "$HOME/.config/supai/keys" &&
        echo "$TEST_KEY" | tee "$HOME/.config/supai/key" >"$HOME/.config/supai/keys/127.0.0.1")
    unset SUPAI_API_KEY
}

@test "a log summed up by cron: nothing to mail when it goes well, and why when it does not" {
    for doc in README.md supai-recipes.7; do
        block $doc journalctl
        mock_start --log log --key-file <(echo "$TEST_KEY") --reply 'Buy a disk.'
        key_file
        as_cron
        expect 0 '' ''
        assert_equal "$(cat today.txt)" 'Buy a disk.'
        jq -e '.body.messages[0].content | test("disk is full")' log
        rm log
        mock_start --fail 400
        unset SUPAI_API_KEY
        as_cron
        [[ $status -ne 0 && $stderr == 'supai'*': HTTP 400: '* ]]
        assert_equal "$(cat today.txt)" 'Buy a disk.'
    done
}

@test "a batch each night by cron goes on where it ended; the morning's question is mailed" {
    for doc in README.md supai-batch.1; do
        block $doc 'cd /srv/reviews'
        example_files
        mock_start --fail 400:1 --reply good
        key_file
        supai-req -e .text --id .id reviews.ndjson >requests.ndjson
        as_cron
        [[ $status -eq 1 && $stderr == 'supai-batch: 1 answered, 1 failed; '* ]]
        as_cron
        expect 0 '' ''
        assert_equal "$(wc -l <results.ndjson)" 2
        rm results.ndjson*
    done
    block supai.7 '0 7 * * 1-5'
    mock_start --reply Friday.
    unset SUPAI_API_KEY
    as_cron
    expect 0 Friday. ''
}

@test "a key from a password manager" {
    block supai-recipes.7 'pass show'
    echo "$TEST_KEY" >key
    mock_start --key-file key --reply Rayleigh.
    unset SUPAI_API_KEY
    mkdir fakes
    printf '#!/bin/sh\necho %s\necho "url: sup.ai"\n' "$TEST_KEY" >fakes/pass
    chmod +x fakes/pass
    PATH=$PWD/fakes:$PATH run --separate-stderr bash -eu it
    expect 0 Rayleigh. ''
}

@test "the key, pasted: a file for its owner alone, and it counts" {
    block README.md '(umask 077 && cat >~/.config/supai/key)'
    run --separate-stderr bash -eu it <<<"$TEST_KEY"
    expect 0 '' ''
    assert_equal "$(stat -c %a "$HOME/.config/supai/key")" 600
    echo "$TEST_KEY" >key
    mock_start --key-file key
    unset SUPAI_API_KEY
    run --separate-stderr supai --key-file "$HOME/.config/supai/key" hi
    expect 0 hi ''
}

@test "a vote of three: the README's models and the page's samples" {
    block README.md 'votes.ndjson'
    example_files
    any_model --reply good --reply good --reply good --reply good --reply good --reply bad
    panel 'model llama BASE' 'model qwen BASE' 'model gpt BASE'
    printf '%s\n' 'Buy now!' 'See you on Monday.' >lines.txt
    run --separate-stderr bash -eu it
    expect 0 '' ''
    assert_equal "$(jq -r '.response.body.choices[0].message.content' votes.ndjson | xargs)" 'good good'
    assert_equal "$(mock_requests)" 6

    block supai-recipes.7 '-m votes'
    any_model --reply good --reply good --reply good --reply good --reply good --reply bad
    panel 'model llama BASE llama3.2' 'mode votes llama*3'
    run --separate-stderr bash -eu it
    expect 0 '' ''
    assert_equal "$(jq -r '.response.body.choices[0].message.content' results.ndjson | xargs)" 'good good'
    assert_equal "$(mock_requests)" 6
}

@test "the ensemble over models of one's own, and its endpoint" {
    block README.md 'supai --ensemble "Is 2027 prime?"'
    any_model --logprobs --reply Yes.
    panel 'model one BASE' 'model two BASE' 'model three BASE'
    echo 'one line more' >diff.txt
    run --separate-stderr bash -eu it
    expect 0 $'Yes.\nYes.' ''
    assert_equal "$(mock_requests)" 9 # three of the panel, twice, and three samples

    block README.md 'supai-serve --no-key -- supai-batch'
    example_files
    supai-req -e .text --id .id reviews.ndjson >requests.ndjson
    run --separate-stderr bash -eu it
    expect 0 '' ''
    assert_equal "$(jq -r '.response.body.choices[0].message.content' results.ndjson | xargs)" 'Yes. Yes.'
}

@test "five samples of a model on this machine, and a service that speaks the same language" {
    block supai-ensemble.1 "--models 'llama3.2*5'"
    any_model --reply Canberra.
    run --separate-stderr bash -eu it
    expect 0 Canberra. ''
    assert_equal "$(mock_requests)" 5
    block supai-send.1 'supai-req -m llama3 hi'
    any_model --reply Hello.
    run --separate-stderr bash -eu it
    expect 0 Hello. ''
}

@test "other services: by their base URL, and Azure by its URL and header" {
    block README.md 'supai -m openai/gpt-4o-mini'
    any_model --reply Rayleigh.
    key_file
    run --separate-stderr bash -eu it
    expect 0 $'Rayleigh.\nRayleigh.' ''

    block supai-recipes.7 'openai.azure.com'
    any_model --reply Rayleigh.
    printf 'data: {"choices":[{"index":0,"delta":{"content":"Azure."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n' >body
    { printf 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n'; cat body; } >azure
    raw_start azure
    unset SUPAI_BASE_URL SUPAI_API_KEY
    sed -i.was "s|https://NAME.openai.azure.com|http://127.0.0.1:$RAW_PORT|" it
    (umask 077 && echo 'api-key: mine' >azure-key.txt)
    run --separate-stderr bash -eu it
    expect 0 $'Rayleigh.\nRayleigh.\nAzure.' ''
    grep -q '^POST /openai/deployments/DEPLOYMENT/chat/completions?api-version=' "$RAW_LOG"
    grep -qi '^api-key: mine' "$RAW_LOG"
}
