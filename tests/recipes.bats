# The recipes of supai(7) on a recording: what they print, not only that they run.
load helper
load docs

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
    example_files
    # It stands in the page as one that is not run, as sqlite3 may not be there.
    sed '/^\.\\" not run: sqlite3/d' "$ROOT/man/supai-recipes.7" >page.7
    mkdir blocks
    examples page.7 blocks
    bash -eu "$(grep -l -F json_each blocks/*.sh)"
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
