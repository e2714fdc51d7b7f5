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
