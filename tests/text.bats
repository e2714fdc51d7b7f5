# supai-text: events and completions in, plain text out.
load helper

# delta TEXT-AS-JSON [FINISH-AS-JSON [ID [INDEX]]]: one chat.completion.chunk.
delta() {
    printf '{"id":"%s","object":"chat.completion.chunk","choices":[{"index":%s,"delta":{"content":%s},"finish_reason":%s}]}\n' \
        "${3-c1}" "${4-0}" "$1" "${2-null}"
}

# text 'INPUT' [option ...]: runs supai-text on the input.
text() {
    local input=$1
    shift
    printf '%s\n' "$input" >in
    run --separate-stderr supai-text "$@" <in
}

@test "chunks: the content of choice 0, with the final newline added" {
    run --separate-stderr supai-text "$DATA/chunks.ndjson"
    expect 0 "$(cat "$DATA/chunks.txt")" ''
    prints 0 "$DATA/chunks.txt" supai-text "$DATA/chunks.ndjson"
}

@test "a completion: the content of its message" {
    jq -c . "$DATA/completion.json" >c.ndjson
    run --separate-stderr supai-text c.ndjson
    expect 0 'The capital of France is Paris.' ''
}

@test "--choice picks another choice, of chunks and of completions" {
    jq -c . "$DATA/completion.json" >c.ndjson
    run --separate-stderr supai-text --choice 1 c.ndjson
    expect 0 'Paris, of course.' ''
    text "$(delta '"zero"' '"stop"' x 0; delta '"one"' '"stop"' x 1)" --choice 1
    expect 0 'one' ''
}

@test "--choice that is not there: 1" {
    run --separate-stderr supai-text --choice 7 "$DATA/chunks.ndjson"
    expect 1 '' 'supai-text: there is no choice 7'
}

@test "batch results: the completion inside, and a failed line is 1 and named" {
    text '{"id":"b1","custom_id":"a","response":{"status_code":200,"request_id":"r","body":{"object":"chat.completion","choices":[{"index":0,"message":{"content":"yes"},"finish_reason":"stop"}]}},"error":null}
{"id":"b2","custom_id":"b","response":null,"error":{"code":"x","message":"no luck"}}
{"id":"b3","custom_id":"c","response":{"status_code":400,"body":{"error":{"message":"bad"}}},"error":null}
{"id":"b4","custom_id":"d","response":{"status_code":200,"body":{"choices":[{"message":{"content":"no"},"finish_reason":"stop"}]}},"error":null}'
    expect 1 $'yes\nno' $'supai-text: b: failed: no luck\nsupai-text: c: failed: bad'
}

@test "-0 ends each answer with NUL, a failed batch line is an empty record" {
    cat >in <<'E'
{"custom_id":"a","response":{"status_code":200,"body":{"choices":[{"message":{"content":"x\ny\n"},"finish_reason":"stop"}]}},"error":null}
{"custom_id":"b","response":null,"error":{"message":"no luck"}}
{"custom_id":"c","response":{"status_code":200,"body":{"choices":[{"message":{"content":"z"},"finish_reason":"stop"}]}},"error":null}
E
    supai-text -0 in >out 2>/dev/null || [ $? -eq 1 ]
    printf 'x\ny\n\0\0z\0' | cmp - out
}

@test "-n adds no newline, and takes none away" {
    delta '"abc"' '"stop"' | supai-text -n >out
    printf abc | cmp - out
    delta '"abc\n"' '"stop"' | supai-text -n >out
    printf 'abc\n' | cmp - out
}

@test "a newline that the text has is not doubled" {
    delta '"abc\n"' '"stop"' | supai-text >out
    printf 'abc\n' | cmp - out
}

# Where an answer ends.

@test "answers one after the other each get their final newline" {
    text "$(delta '"one"' '"stop"' a; delta '"two"' '"stop"' b)"
    expect 0 $'one\ntwo' ''
}

@test "an empty line ends an answer, white space alone is one, and several are one" {
    for gap in '' ' ' $'\t\r' $'\n\n \n'; do
        text "$(delta '"one"' '"stop"')"$'\n'"$gap"$'\n'"$(delta '"two"' '"stop"')"
        expect 0 $'one\ntwo' ''
    done
    text $'\n\n'"$(delta '"one"' '"stop"')"$'\n\n'
    expect 0 one ''
    text "$(delta '"a"')"$'\r\n\r\n'"$(delta '"b"' '"stop"')"$'\r'
    expect 76 $'a\nb' 'supai-text: the answer is not whole*'
}

@test "white space around records like the one before is no part of them" {
    text "  $(delta '"one"')  "$'\n'"  $(delta '" two"')  "$'\n'"  $(delta '" three"' '"stop"')"
    expect 0 'one two three' ''
}

@test "what finishes and speaks on under the same id, or under none, is the same answer" {
    text "$(delta '"Hel"' '"stop"'; delta '"lo"'; delta '""' '"stop"')"
    expect 0 Hello ''
    text '{"choices":[{"delta":{"content":"one"},"finish_reason":"stop"}]}
{"choices":[],"usage":{}}
{"choices":[{"delta":{"content":"two"},"finish_reason":"stop"}]}'
    expect 0 onetwo ''
}

@test "an id for each chunk: one answer" {
    text "$(delta '"a"' null 1; delta '"b"' null 2; delta '"c"' null 3; delta '""' '"stop"' 9)"
    expect 0 abc ''
}

@test "an id that comes late, or is empty at times, begins none" {
    text "$(delta '"a"' null ''; delta '"b"' null x; delta '"c"' null ''; delta '"d"' '"stop"' x)"
    expect 0 abcd ''
}

@test "another id after two records of one begins another answer" {
    text "$(delta '"cut "' null a; delta '"short"' null a; delta '"who"' null b; delta '"le"' '"stop"' b)"
    expect 76 $'cut short\nwhole' 'supai-text: the answer is not whole: it was cut before its end'
}

@test "what says nothing begins none: a role, usage, an empty text" {
    text "$(delta '"a"' '"stop"' x; delta '""' null y
        echo '{"id":"z","object":"chat.completion.chunk","choices":[],"usage":{"total_tokens":1}}'
        echo '{"id":"w","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":null,"refusal":""}}]}')"
    expect 0 a ''
}

# say ROLE-AS-JSON TEXT [FINISH-AS-JSON [ID]]: a delta with a role.
say() {
    printf '{"id":"%s","choices":[{"index":0,"delta":{"role":%s,"content":"%s"},"finish_reason":%s}]}\n' \
        "${4-}" "$1" "$2" "${3-null}"
}

@test "a choice that spoke on without a role and gets one again begins another answer" {
    text "$(say '"assistant"' a; say null b '"stop"'; say '"assistant"' c; say null d '"stop"')"
    expect 0 $'ab\ncd' ''
    # of the same id it is the same
    text "$(say '"assistant"' a null i; say null b null i; say '"assistant"' c null i; say null d '"stop"' i)"
    expect 0 abcd ''
    # one in each delta is none again
    text "$(say '"assistant"' a; say '"assistant"' b; say '"assistant"' c '"stop"')"
    expect 0 abc ''
}

@test "ids that are neither all the same nor all others: said, 76" {
    text "$(delta '"a"' null x; delta '"b"' null y; delta '"c"' '"stop"' y)"
    expect 76 abc 'supai-text: two answers in one segment: their ids are mixed*'
    text "$(delta '"a"' null x; delta '"b"' null y; delta '"c"' null x; delta '""' '"stop"' x)"
    expect 76 abc 'supai-text: two answers in one segment*'
}

# tests/answers.c tells what is tried.
@test "made-up answers of every shape are told apart, or are of those that cannot be" {
    # shellcheck disable=SC2046 # no argument, or one
    run answers $([ -z "${SUPAI_SAN-}" ] || echo 17)
    assert_success
    assert_output ''
}

@test "made-up answers with empty lines between them: the text of each" {
    answers -p >in 2>want
    run --separate-stderr bash -c 'supai-text -0 in >got'
    assert_equal "$status" 1 # some call tools and say nothing
    assert_equal "${stderr_lines[0]}" 'supai-text: the answer has no text, finish reason stop'
    cmp got want
    run --separate-stderr bash -c 'supai-fold in >got'
    assert_equal "$status" 0
    assert_equal "$(wc -l <got)" "$(tr -cd '\0' <want | wc -c)"
}

@test "-1: all that comes is one answer" {
    { delta '"a"' null x; delta '"b"' '"stop"' x; echo; delta '"c"' null y; delta '"d"' '"stop"' z; delta '"e"' '"stop"' z; } >in
    run --separate-stderr supai-text -1 in
    expect 0 abcde ''
    run --separate-stderr supai-text --one in in
    expect 0 $'abcde\nabcde' ''
}

@test "a run-mode-call begins an answer, but not one that has only begun" {
    { sed -n 1,5p "$DATA/ensemble.ndjson"; cat "$DATA/ensemble.ndjson"; } >in
    run --separate-stderr supai-text in
    expect 76 'Yes: the air scatters blue light most.' 'supai-text: the answer is not whole*'
    { delta '"cut"'; cat "$DATA/ensemble.ndjson"; } >in
    run --separate-stderr supai-text in
    expect 76 $'cut\nYes: the air scatters blue light most.' 'supai-text: the answer is not whole*'
    { say '"assistant"' '' null i; cat "$DATA/ensemble.ndjson"; delta '"."' '"stop"' i; } >in
    run --separate-stderr supai-text -k main in
    expect 0 'Yes: the air scatters blue light most.' ''
}

@test "a finish reason of \"\" is none yet" {
    text "$(delta '"a"' '""'; delta '"b"' '""'; delta '""' '"stop"')"
    expect 0 ab ''
    text "$(delta '"a"' '""'; delta '"b"' '""')"
    expect 76 ab 'supai-text: the answer is not whole*'
    text '{"object":"chat.completion","choices":[{"index":0,"message":{"content":"b"},"finish_reason":""}]}'
    expect 0 b ''
}

@test "-0: the NUL of a failed batch line is in no other answer" {
    failed='{"custom_id":"q","response":null,"error":{"message":"no"}}'
    { delta '"one"' '"stop"'; echo "$failed"; delta '"two"' '"stop"' c2; } | supai-text -0 2>/dev/null | tr '\0' '|' >got || true
    assert_equal "$(cat got)" 'one||two|'
    # held back until its end, and yet before it
    { cat "$DATA/ensemble.ndjson"; echo "$failed"; } |
        supai-text -0 --min-confidence .1 2>err | tr '\0' '|' >got || true
    assert_equal "$(tail -c 3 got | cut -c 2-)" '||'
}

@test "-0 under the gate: an answer that is held back is an empty record" {
    text "$(cat "$DATA/ensemble.ndjson"; echo; delta '"x"' '"stop"')" -0 --min-confidence .1
    assert_equal "$status" 1
    supai-text -0 --min-confidence .9 "$DATA/ensemble.ndjson" "$DATA/ensemble.ndjson" 2>/dev/null | tr '\0' '|' >got || true
    assert_equal "$(cat got)" '||'
}

@test "an answer without any text after a whole one" {
    text "$(delta '"x"' '"stop"' A; echo; delta '""' null B)"
    expect 76 x 'supai-text: the answer is not whole*'
}

@test "an answer cut, the next one whole: both printed, 76" {
    text "$(delta '"half"' null a; echo; delta '"whole"' '"stop"' b; delta '"third"' '"stop"' c)"
    expect 76 $'half\nwhole\nthird' 'supai-text: the answer is not whole: it was cut before its end'
}

@test "objects that are no answers are skipped" {
    text "$(printf '%s\n' '{"foo":1}' '[1]' '"x"' 'null' '' '{"error":null}' '{"error":{"code":5}}'; delta '"x"' '"stop"')"
    expect 0 'x' ''
}

@test "a value that is no object, after an answer, is not another one" {
    text "$(printf '%s\n' '{"object":"chat.completion","choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}' '6' '[]' '"x"' null)"
    expect 0 'a' ''
}

@test "escapes become UTF-8: pairs joined, lone surrogates U+FFFD" {
    text "$(delta '"\u00e9\ud83d\ude00|\ud83d|\ude00|\ud83dx\/\b\f\"\\"' '"stop"')"
    assert_equal "$output" $'é😀|\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbdx/\b\f"\\'
}

@test "an escape of the first and last character of each length is that character" {
    text "$(delta '"\u0001\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\ud800\udc00\udbff\udfff"' '"stop"')"
    expect 0 $'\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf' ''
}

@test "invalid UTF-8 becomes U+FFFD as the WHATWG decoder has it" {
    printf '{"choices":[{"delta":{"content":"a\xed\xa0\x80b\xf0\x9f\x98c\xffd\xc0\xafe\xe2\x82"},"finish_reason":"stop"}]}\n' >in
    run --separate-stderr supai-text in
    r=$'\xef\xbf\xbd'
    expect 0 "a$r$r${r}b${r}c${r}d$r${r}e$r" ''
}

@test "escaped, repeated and reordered member names" {
    text '{"choices":[{"finish_reason":"stop","delta":{"content":"no","\u0063ontent":"yes"},"index":0}],"x":{"choices":[]},"object":"chat.completion.chunk"}'
    expect 0 'yes' ''
}

@test "the text passes byte for byte to a pipe: NUL, ESC, CR, C1, bidi" {
    delta '"\u0000\u001b[31m\r\u009b\u202e\u007f"' '"stop"' | supai-text >out
    printf '\0\033[31m\r\xc2\x9b\xe2\x80\xae\x7f\n' | cmp - out
}

# Failures.

@test "no finish reason: 76, --lenient: 0" {
    text "$(delta '"half"')"
    expect 76 'half' 'supai-text: the answer is not whole: it was cut before its end'
    text "$(delta '"half"')" --lenient
    expect 0 'half' ''
}

@test "one of two choices without a finish reason: 76" {
    text "$(delta '"a"' '"stop"' x 0; delta '"b"' null x 1)"
    expect 76 'a' '*not whole*'
}

# ends_badly REASON STATUS WORDS: what such an end gives, WORDS first; with --any-finish 0.
ends_badly() {
    text "$(delta '"a"' "\"$1\"")"
    expect "$2" 'a' "supai-text: $3the answer ended for the reason \"$1\""
    text "$(delta '"a"' "\"$1\"")" --any-finish
    expect 0 'a' ''
}

@test "a finish reason other than stop: said, 1; --any-finish: 0" {
    for reason in length content_filter; do
        ends_badly "$reason" 1 ''
    done
}

@test "a finish reason that is the service's failure: said, 69; --any-finish: 0" {
    for reason in error network_error insufficient_system_resource abort; do
        ends_badly "$reason" 69 'the service failed: '
    done
}

@test "tool_calls, function_call, eos and eos_token are good finish reasons" {
    for reason in tool_calls function_call eos eos_token; do
        text "$(delta '"a"' "\"$reason\"")"
        expect 0 'a' ''
    done
}

@test "no text: 1" {
    text "$(delta '""' '"stop"')"
    expect 1 '' 'supai-text: the answer has no text, finish reason stop'
    text '{"object":"chat.completion","choices":[]}'
    expect 1 '' 'supai-text: the answer has no text'
}

@test "only objects that are no answers: 1" {
    text '{"foo":1}'
    expect 1 '' 'supai-text: no answer in the input'
}

@test "an error object: its message and 69; rate limit 75; quota and key 77" {
    text '{"error":{"message":"it broke","type":"server_error"}}'
    expect 69 '' 'supai-text: the service says: it broke'
    text '{"error":"bare"}'
    expect 69 '' 'supai-text: the service says: bare'
    text '{"error":{"message":"m","code":"rate_limit_exceeded"}}'
    expect 75 '' '*: m'
    text '{"error":{"message":"m","code":429}}'
    expect 75 '' '*: m'
    text '{"error":{"message":"m","type":"insufficient_quota","code":"x"}}'
    expect 77 '' '*: m'
    text '{"error":{"message":"m","code":"invalid_api_key"}}'
    expect 77 '' '*: m'
}

@test "an error object in mid-stream: the text so far, 69" {
    text "$(delta '"half"'; echo '{"error":{"message":"it broke"}}')"
    expect 69 'half' 'supai-text: the service says: it broke'
}

@test "errors one after the other are each said, the first one's status counts" {
    rate='{"error":{"message":"rate","code":"rate_limit_exceeded"}}'
    bang='{"error":{"message":"bang"}}'
    text "$rate"$'\n'"$bang"
    expect 75 '' $'supai-text: the service says: rate\nsupai-text: the service says: bang'
    text "$bang"$'\n'"$rate"
    expect 69 '' $'supai-text: the service says: bang\nsupai-text: the service says: rate'
    text "$rate
$(delta '"ok"' '"stop"')"
    expect 75 ok 'supai-text: the service says: rate'
}

@test "an error beats a malformed line, that beats a cut, that beats no text" {
    text "$(delta '"a"' null; echo '{"error":"x"}'; echo '{')"
    assert_equal "$status" 69
    text "$(delta '"a"' null; echo '{')"
    assert_equal "$status" 65
    text "$(delta '""' '"stop"' a; echo; delta '"b"' null b)"
    assert_equal "$status" 76
}

@test "a malformed line: 65 with its number, what came before it is printed" {
    text "$(echo; delta '"one"'; echo '{"choices":[}'; delta '"two"' '"stop"')"
    expect 65 'one' 'supai-text: standard input: line 3: no JSON: not a JSON value (byte 13)'
}

@test "a line that is too long is like a malformed one: what was worse counts, the next file is read" {
    { echo '{"error":{"message":"q","code":"insufficient_quota"}}'; echo; delta '"a"'; printf '{"x":"%3000s"}\n' ''; } >long
    delta '"b"' '"stop"' >next
    run --separate-stderr supai-text --max-record 2K long next
    expect 77 $'a\nb' '*
supai-text: long: line 4: longer than 2048 bytes (--max-record)'
    { delta '"x"'; echo '{'; } >bad
    { delta '"c"'; delta '"d"'; delta '"e"' '"stop"' c2; } >cut
    run --separate-stderr supai-text bad cut
    expect 65 $'x\ncd\ne' 'supai-text: bad: line 2: no JSON*
supai-text: the answer is not whole: it was cut before its end'
}

@test "a raw event stream: 65, and says that supai-sse is missing" {
    for line in 'data: {"choices":[]}' 'event: x' ': comment' 'id: 1' 'retry: 5'; do
        text "$line"
        expect 65 '' '*line 1: this is a raw event stream: put supai-sse before supai-text'
    done
}

@test "-u: one line of token counts on stderr" {
    run --separate-stderr supai-text -u "$DATA/chunks.ndjson"
    expect 0 "$(cat "$DATA/chunks.txt")" 'supai-text: tokens: 50 prompt, 150 completion, 200 total'
    text "$(delta '"a"' '"stop"')" -u
    expect 0 a 'supai-text: tokens: not reported (supai-req -u asks for them)'
}

@test "-u: usage beside choices that are null or missing" {
    for choices in '"choices":null,' ''; do
        text "$(delta '"a"' '"stop"')
{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",$choices\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}" -u
        expect 0 a 'supai-text: tokens: 1 prompt, 2 completion, 3 total'
    done
}

@test "files one after the other; a missing one is said, the rest is read, 66" {
    delta '"one"' '"stop"' >1
    delta '"two"' '"stop"' >2
    run --separate-stderr supai-text 1 none 2
    expect 66 $'one\ntwo' 'supai-text: none: No such file or directory'
    run --separate-stderr supai-text 1 - <2
    expect 0 $'one\ntwo' ''
}

@test "a last line without its newline is a line" {
    printf '%s' "$(delta '"x"' '"stop"')" >in
    run --separate-stderr supai-text in
    expect 0 x ''
}

@test "a byte order mark in front is passed over" {
    { printf '\xef\xbb\xbf'; delta '"x"' '"stop"'; } >in
    run --separate-stderr supai-text in
    expect 0 x ''
}

@test "a byte order mark is one only in front of a file" {
    { delta '"x"'; printf '\xef\xbb\xbf'; delta '"y"' '"stop"'; } >in
    run --separate-stderr supai-text in
    expect 65 x 'supai-text: in: line 2: no JSON*'
    { printf '\xef\xbb\xbf'; delta '"x"' '"stop"'; } >in
    run --separate-stderr supai-text in in
    expect 0 $'x\nx' ''
    printf '\xef\xbb\xbf%s' "$(cat in)" >twice
    run --separate-stderr supai-text twice
    expect 65 '' 'supai-text: twice: line 1: *'
}

# decodes BYTES CHARACTERS: as the text of a chunk these bytes (printf's escapes) are
# those characters, a ? in them U+FFFD.
decodes() {
    # shellcheck disable=SC2059
    printf '{"choices":[{"delta":{"content":"<'"$1"'>"},"finish_reason":"stop"}]}\n' >in
    # shellcheck disable=SC2059
    printf "<$2>\n" | sed $'s/?/\xef\xbf\xbd/g' >want
    prints 0 want supai-text in || fail "$1"
}

@test "UTF-8: the first and the last of each range, and what stands beside them" {
    for good in '\x7f' '\xc2\x80' '\xdf\xbf' '\xe0\xa0\x80' '\xe0\xbf\xbf' '\xe1\x80\x80' '\xec\xbf\xbf' \
        '\xed\x80\x80' '\xed\x9f\xbf' '\xee\x80\x80' '\xef\xbf\xbf' '\xf0\x90\x80\x80' '\xf0\xbf\xbf\xbf' \
        '\xf1\x80\x80\x80' '\xf3\xbf\xbf\xbf' '\xf4\x80\x80\x80' '\xf4\x8f\xbf\xbf'; do
        decodes "$good" "$good"
    done
    while read -r bad characters; do
        decodes "$bad" "$characters"
        decodes "$bad$bad" "$characters$characters"
    done <<'E'
\x80 ?
\xbf ?
\xc0\x80 ??
\xc1\xbf ??
\xc2 ?
\xc2\xc0\x80 ???
\xdf\x7f ?\x7f
\xe0\x80\x80 ???
\xe0\x9f\xbf ???
\xe0\xa0 ?
\xe1\x80\xc0 ??
\xed\xa0\x80 ???
\xed\xbf\xbf ???
\xef\xbf ?
\xf0\x80\x80\x80 ????
\xf0\x8f\xbf\xbf ????
\xf0\x90\x80 ?
\xf0\x90\x80A ?A
\xf4\x90\x80\x80 ????
\xf5\x80\x80\x80 ????
\xff ?
E
}

@test "halves of a surrogate pair in two pieces are one character, alone U+FFFD each" {
    pieces() { for piece; do delta "\"$piece\""; done; delta '""' '"stop"'; }
    r=$'\xef\xbf\xbd'
    while read -r pieces want; do
        IFS=, read -r -a pieces <<<"$pieces"
        text "$(pieces "${pieces[@]}")"
        expect 0 "${want//\?/$r}" ''
        supai-fold in | jq -r '.choices[0].message.content' >got
        assert_equal "$(cat got)" "$output"
    done <<'E'
\ud83d,\ude00 😀
a\ud83d,\ude00b a😀b
\ud83d,x ?x
\ud83d ?
\ude00,\ud83d ??
\ud83d,\ud83d,\ude00 ?😀
\ud83d\ude00,\ude00 😀?
\\ud83d,\ude00 \ud83d?
\ud83d,,\ude00 😀
E
    # of the ensemble's too, and their number
    chunk() { printf '{"object":"supai.chunk","chunk":{"_source":{"key":"main"},"type":"%s","text":"%s"}}\n' "$@"; }
    { chunk thinking '\ud83d'; chunk thinking '\ude00'; chunk text 'a\ud83d'; chunk text '\ude00'; chunk 'done' ''; } >in
    prints 0 <(echo 'a😀') supai-text in
    prints 0 <(echo '😀') supai-text -t in
    assert_equal "$(supai-fold in | jq .supai.threads.main.thinking_chars)" 1
    { chunk text '\ud83d'; chunk text-start ''; chunk text '\ude00'; chunk 'done' ''; } >in
    prints 0 <(echo "$r") supai-text in
}

@test "half a character at the end of what is shown waits for the rest of it" {
    mkfifo from to
    supai-text <to >from 3>&- 2>err &
    exec 7>to 8<from
    delta '"one \ud83d"' >&7
    IFS= read -r -N 4 -t 10 got <&8
    assert_equal "$got" 'one '
    delta '"\ude00"' >&7
    IFS= read -r -N 4 -t 10 got <&8
    assert_equal "$got" 😀
    exec 7>&- 8<&-
}

@test "thinking by three names, said once where it comes by two" {
    think() { printf '{"id":"c","choices":[{"index":0,"delta":{%s},"finish_reason":null}]}\n' "$1"; }
    text "$(think '"reasoning_content":"a","content":null'; think '"reasoning":"b"'; think '"thinking":"c"'
        think '"reasoning":"d","reasoning_content":"d"'; delta '"Text."' '"stop"' c)" -t
    expect 0 abcd ''
    run --separate-stderr supai-text in
    expect 0 Text. ''
    text "$(delta '"Text."' '"stop"')" -t
    expect 1 '' 'supai-text: the answer has no thinking, finish reason stop'
}

@test "-t of an ensemble's answer is main's thinking, whatever its chunks think" {
    { cat "$DATA/ensemble.ndjson"; printf '{"id":"c","choices":[{"index":0,"delta":{"reasoning":"no","content":"x"},"finish_reason":"stop"}]}\n'; } >in
    prints 0 <(supai-text -t -k main "$DATA/ensemble.ndjson") supai-text -t in
}

@test "more choices or threads than any answer needs: 65, said" {
    awk 'BEGIN { for (i = 0; i < 4097; i++) printf "{\"choices\":[{\"index\":%d,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n", i }' >in
    run --separate-stderr supai-text in
    expect 65 a 'supai-text: the answer has too many choices'
    head -n 4096 in >less
    run --separate-stderr supai-text less
    expect 0 a ''
    awk 'BEGIN { for (i = 0; i < 65537; i++) printf "{\"object\":\"supai.chunk\",\"chunk\":{\"_source\":{\"key\":\"%d\"},\"type\":\"done\"}}\n", i }' >in
    run --separate-stderr supai-text -k 7 in
    expect 65 '' 'supai-text: the answer has too many threads'
}

@test "plain text in place of events: said where text comes from" {
    text 'The sky is blue.'
    expect 65 '' 'supai-text: standard input: line 1: this is text, not events: supai prints text already*'
    text '  <html>'
    expect 65 '' '*this is text, not events*'
    text "$(delta '"a"')"$'\nnope'
    expect 65 a '*line 2: no JSON*'
}

@test "--min-confidence in percent: what it would be" {
    run --separate-stderr supai-text --min-confidence 80 </dev/null
    expect 64 '' "supai-text: --min-confidence: '80' is not from 0 to 1: 80 % is 0.8*"
}

# The ensemble.

@test "-k that is a part of a key: the pattern that would match" {
    run --separate-stderr supai-text -k alpha "$DATA/ensemble.ndjson"
    expect 1 '' "supai-text: no thread's key matches 'alpha' (-k '\*alpha\*' would)"
}

@test "an answer whose main failed says why" {
    printf '{"object":"supai.chunk","chunk":{"_source":{"key":"main"},"type":%s}}\n' \
        '"error","message":"{\"error\":{\"message\":\"out of\\ntokens\"}}","retryAt":null' '"done"' >in
    for key in '' '-k main'; do
        # shellcheck disable=SC2086
        run --separate-stderr supai-text $key in
        expect 1 '' 'supai-text: the answer has no text: main failed: out of tokens'
    done
}

@test "-k main: the main thread's answer" {
    run --separate-stderr supai-text -k main "$DATA/ensemble.ndjson"
    expect 0 'Yes: the air scatters blue light most.' ''
}

@test "a recording without -k: main's text is the answer's" {
    run --separate-stderr supai-text "$DATA/ensemble.ndjson"
    expect 0 'Yes: the air scatters blue light most.' ''
}

@test "-k: what follows the thread's last text-start" {
    run --separate-stderr supai-text -k acme/beta "$DATA/ensemble.ndjson"
    expect 0 'Because of the air.' ''
}

@test "-k with a glob: each thread under its key, as they are done" {
    run --separate-stderr supai-text -k 'acme/*' "$DATA/ensemble.ndjson"
    expect 0 '==> acme/alpha <==
Blue light scatters most.
==> acme/beta <==
Because of the air.' ''
}

@test "-k: a text that an error made void is still a thread's last text" {
    run --separate-stderr supai-text -k 'zeta/*' "$DATA/ensemble.ndjson"
    expect 0 $'==> zeta/gamma-2 <==\nHalf an ans' ''
}

@test "-t of an ensemble's answer without main names it" {
    printf '{"object":"supai.chunk","chunk":{"_source":{"key":"a"},"type":"thinking","text":"x"}}\n' >in
    delta '"hi"' '"stop"' >>in
    run --separate-stderr supai-text -t in
    expect 1 '' "supai-text: no thread's key matches 'main'"
}

@test "-t: main's thinking; with -k that thread's" {
    run --separate-stderr supai-text -t "$DATA/ensemble.ndjson"
    expect 0 'They agree.' ''
    run --separate-stderr supai-text -t -k acme/alpha "$DATA/ensemble.ndjson"
    expect 0 'Rayleigh scattering, λ⁻⁴ 😀' ''
}

@test "-k that matches no thread: 1, and without an ensemble says how to get one" {
    run --separate-stderr supai-text -k nobody "$DATA/ensemble.ndjson"
    expect 1 '' "supai-text: no thread's key matches 'nobody'"
    run --separate-stderr supai-text -k main "$DATA/chunks.ndjson"
    expect 1 '' "*'main': no chunks of the ensemble (supai-req -x asks for them)"
}

@test "-k: a matching thread that is not done is not printed: 76; --lenient prints it" {
    head -n 31 "$DATA/ensemble.ndjson" >in
    run --separate-stderr supai-text -k main in
    expect 76 '' 'supai-text: the answer is not whole*'
    run --separate-stderr supai-text -k main --lenient in
    expect 0 'Yes: the air scatters blue light most.' ''
    run --separate-stderr supai-text -k acme/beta in
    expect 0 'Because of the air.' ''
}

@test "main done without text: whole, but no answer: 1" {
    { head -n 28 "$DATA/ensemble.ndjson"; tail -n 2 "$DATA/ensemble.ndjson"; } >in
    for opt in '-k main' ''; do
        # shellcheck disable=SC2086
        run --separate-stderr supai-text $opt in
        expect 1 '' 'supai-text: the answer has no text'
    done
}

@test "recordings one after the other begin with their run-mode-call" {
    run --separate-stderr supai-text -k main "$DATA/ensemble.ndjson" - <"$DATA/ensemble.ndjson"
    expect 0 'Yes: the air scatters blue light most.
Yes: the air scatters blue light most.' ''
    cat "$DATA/ensemble.ndjson" "$DATA/ensemble.ndjson" >in
    run --separate-stderr supai-text -k main in
    expect 0 'Yes: the air scatters blue light most.
Yes: the air scatters blue light most.' ''
}

@test "chunks of the ensemble beside the answer's own do not print twice" {
    { cat "$DATA/ensemble.ndjson"; delta '"Answer."' '"stop"'; } >in
    run --separate-stderr supai-text in
    expect 0 'Answer.' ''
    { delta '""' null; cat "$DATA/ensemble.ndjson"; delta '"Answer."' '"stop"'; } >in
    run --separate-stderr supai-text in
    expect 0 'Answer.' ''
}

@test "-k reads the threads of a folded object" {
    echo '{"object":"chat.completion","choices":[{"index":0,"message":{"content":"A"},"finish_reason":"stop"}],"supai":{"final_models":["m"],"threads":{"m":{"text":"T","done":true,"confidence":0.5,"thinking":"H"},"main":{"text":"A","done":true}}}}' >in
    run --separate-stderr supai-text -k m in
    expect 0 T ''
    run --separate-stderr supai-text -t -k m in
    expect 0 H ''
    run --separate-stderr supai-text -k '*' in
    expect 0 $'==> m <==\nT\n==> main <==\nA' ''
}

@test "a folded object that says null for its finish reason was cut: 76" {
    echo '{"object":"chat.completion","choices":[{"index":0,"message":{"content":"A"},"finish_reason":null}]}' >in
    run --separate-stderr supai-text in
    expect 76 'A' 'supai-text: the answer is not whole*'
}

# The gate.

@test "--min-confidence: the median of the final models decides" {
    run --separate-stderr supai-text --min-confidence .82 "$DATA/ensemble.ndjson"
    expect 0 'Yes: the air scatters blue light most.' ''
    run --separate-stderr supai-text --min-confidence .83 "$DATA/ensemble.ndjson"
    expect 1 '' 'supai-text: held back: the median confidence is 0.82, below 0.83'
}

@test "--min-confidence fails closed: scores that are no confidence, in percent say" {
    sed 's/"type":"confidence-score",\(.*\)"value":[0-9.]*/"type":"confidence-score",\1"value":85/' "$DATA/ensemble.ndjson" >percent
    run ! cmp -s percent "$DATA/ensemble.ndjson"
    for tool in 'supai-text' 'supai-fold'; do
        run --separate-stderr $tool --min-confidence .8 percent
        expect 1 '' "$tool: *"
    done
    run --separate-stderr supai-text --min-confidence .8 <(supai-fold percent)
    expect 1 '' 'supai-text: *'
}

@test "--min-confidence fails closed: a cut stream" {
    head -n 32 "$DATA/ensemble.ndjson" >in
    run --separate-stderr supai-text --min-confidence 0 in
    expect 76 '' 'supai-text: the answer is not whole*'
    run --separate-stderr supai-text --min-confidence 0 --lenient in
    expect 76 '' 'supai-text: the answer is not whole*'
}

@test "--min-confidence fails closed: a cut answer that was folded" {
    {
        chunk() { printf '{"object":"supai.chunk","chunk":{"_source":{"key":"%s"},%s}}\n' "$1" "$2"; }
        chunk a '"type":"confidence-score","value":0.99'
        chunk '' '"type":"run-mode-result","finalModelIds":["a"]'
        chunk main '"type":"text","text":"Not safe"'
        chunk main '"type":"done"'
        delta '"Not"'
    } >cut
    supai-fold cut >folded 2>/dev/null || true
    for file in cut folded; do
        run --separate-stderr supai-text --min-confidence .8 $file
        expect 76 '' 'supai-text: the answer is not whole*'
    done
    run --separate-stderr supai-fold --message folded
    expect 76 '' 'supai-fold: the answer is not whole*'
}

@test "--min-confidence fails closed: an error" {
    { cat "$DATA/ensemble.ndjson"; delta '"Yes"'; echo '{"error":"x"}'; } >in
    run --separate-stderr supai-text --min-confidence 0 in
    expect 69 '' 'supai-text: the service says: x'
}

@test "--min-confidence fails closed: no scores" {
    grep -v confidence-score "$DATA/ensemble.ndjson" >in
    run --separate-stderr supai-text --min-confidence 0 in
    expect 1 '' 'supai-text: held back: no confidence scores of the final models'
    run --separate-stderr supai-text --min-confidence 0 "$DATA/chunks.ndjson"
    expect 1 '' '*no confidence scores*'
}

@test "--min-confidence fails closed: an empty input, a missing stage" {
    run --separate-stderr supai-text --min-confidence 0 </dev/null
    expect 66 '' ''
    run_pipe 'no-such-stage 2>/dev/null | supai-text --min-confidence 0'
    expect 66 '' ''
}

@test "--min-confidence holds back what ended for another reason than stop" {
    { cat "$DATA/ensemble.ndjson"; delta '"Yes"' '"length"'; } >in
    run --separate-stderr supai-text --min-confidence 0 in
    expect 1 '' '*the reason "length"'
}

# The terminal.

@test "a terminal gets control characters and bidi controls as escapes" {
    delta '"a\u001b]52;c;eA==\u0007b\u001b[2Jc\u009b1md\u0090\u0000\u007f\r\te\nf\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069g"' '"stop"' >in
    run pty -1 supai-text in
    assert_equal "$status" 0
    assert_equal "$output" 'a\x1b]52;c;eA==\x07b\x1b[2Jc\u009b1md\u0090\x00\x7f\x0d'$'\te\nf''\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069g'
}

@test "a terminal gets them so also when they are split over two events" {
    { delta '"\u001b"'; delta '"]52;c;eA==\u0007"'; delta '"\u001b"'; delta '"[2J"' '"stop"'; } >in
    run pty -1 supai-text in
    assert_equal "$output" '\x1b]52;c;eA==\x07\x1b[2J'
}

@test "UTF-8 split over two events reaches a terminal as U+FFFD, never as C1 or bidi" {
    { printf '{"choices":[{"delta":{"content":"\xc2"}}]}\n{"choices":[{"delta":{"content":"\x9b1m"}}]}\n'
      printf '{"choices":[{"delta":{"content":"\xe2\x80"}}]}\n{"choices":[{"delta":{"content":"\xae"},"finish_reason":"stop"}]}\n'; } >in
    run pty -1 supai-text in
    r=$'\xef\xbf\xbd'
    assert_equal "$output" "$r${r}1m$r$r"
}

@test "printable characters pass to a terminal as they are" {
    run pty -1 supai-text "$DATA/chunks.ndjson"
    assert_equal "$output" "$(cat "$DATA/chunks.txt")"
}

@test "--safe does so for pipes, --raw does not for a terminal" {
    delta '"a\u001b[1m"' '"stop"' >in
    run --separate-stderr supai-text --safe in
    expect 0 'a\x1b[1m' ''
    run pty -1 supai-text --raw in
    assert_equal "$output" $'a\e[1m'
    run --separate-stderr supai-text --safe --raw in
    expect 64 '' '*exclude each other*'
}

@test "what a server said reaches stderr through the terminal filter" {
    text '{"error":{"message":"a\u001b]0;x\u0007\nb\u202e"}}'
    expect 69 '' 'supai-text: the service says: a\\x1b]0;x\\x07 b\\u202e'
    text "$(delta '"a"' '"\u001b[2J"')"
    expect 1 a '*the reason "\\x1b\[2J"'
    text '{"custom_id":"\u001b[1m","error":{"message":"\u009b"}}'
    expect 1 '' 'supai-text: \\x1b\[1m: failed: \\u009b'
}

# It streams.

@test "each text is out before the next event comes in" {
    mkfifo from to
    supai-text <to >from 3>&- &
    pid=$!
    exec 7>to 8<from
    delta '"one "' >&7
    IFS= read -r -N 4 -t 10 got <&8
    assert_equal "$got" 'one '
    delta '"two "' >&7
    IFS= read -r -N 4 -t 10 got <&8
    assert_equal "$got" 'two '
    # it may speak on: the newline comes with the answer's end
    delta '""' '"stop"' >&7
    exec 7>&-
    IFS= read -r -N 1 -t 10 got <&8
    assert_equal "$got" $'\n'
    exec 8<&-
    wait "$pid"
}

@test "options: a bad one is one line of why and one of usage, 64" {
    run --separate-stderr supai-text --nope
    expect 64 '' "supai-text: unknown option '--nope'
usage: supai-text \[options\] \[file ...\]"
    run --separate-stderr supai-text -z
    expect 64 '' "supai-text: unknown option '-z'*"
    run --separate-stderr supai-text --choice
    expect 64 '' "supai-text: option '--choice' needs an argument*"
    for bad in '--choice=-1' '--choice=x' '--min-confidence=x' '--min-confidence=1.5' '--max-record=0' '--raw=1'; do
        run --separate-stderr supai-text "$bad"
        expect 64 '' "supai-text: *${bad%%=*}*"
    done
}

@test "a thread whose key is no UTF-8 has all of its text" {
    printf '{"object":"supai.chunk","chunk":{"_source":{"key":"e\xff"},%s}}\n' '"type":"text-start"' \
        '"type":"text","text":"a"' '"type":"text","text":"b"' '"type":"done"' '"type":"confidence-score"' >in
    run --separate-stderr supai-text -k '*' in
    assert_equal "$output" $'==> e\xef\xbf\xbd <==\nab'
}

@test "a service's key given to --key is not printed, and where it goes is said" {
    for key in sk-x1 sk_live_x1 AIzax1; do
        run --separate-stderr supai-text -k $key "$DATA/ensemble.ndjson"
        expect 64 '' "supai-text: --key takes the key of a thread, *SUPAI_API_KEY; see supai-send(1)
usage: *"
        [[ $stderr != *x1* ]]
    done
}
