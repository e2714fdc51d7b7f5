#!/usr/bin/env bats
# supai-req: words, files and records in, requests out.

load helper

# req [option ...]: runs supai-req with nothing on standard input to read.
req() { run --separate-stderr supai-req "$@" </dev/null; }

# fed 'INPUT' [option ...]: the same with an input, printf's escapes in it.
fed() {
    # shellcheck disable=SC2059
    printf "$1" >in
    shift
    run --separate-stderr supai-req "$@" <in
}

# says CONTENT-AS-JSON [MORE]: the request of a prompt, MORE after the messages.
says() { printf '{"model":"auto","messages":[{"role":"user","content":%s}]%s,"stream":true}' "$1" "${2-}"; }

# member 'JSON': the request of the prompt hi with members after "stream".
member() { printf '{"model":"auto","messages":[{"role":"user","content":"hi"}],"stream":true,%s}' "$1"; }

# batch ID CONTENT-AS-JSON: a line of a batch.
batch() {
    printf '{"custom_id":"%s","method":"POST","url":"/v1/chat/completions","body":%s}' "$1" "$(says "$2")"
}

USAGE='usage: supai-req [[]options] [[]prompt ...]'

# --- the prompt ---------------------------------------------------------------

@test "words become the prompt, joined by spaces" {
    req Why is the sky blue?
    expect 0 "$(says '"Why is the sky blue?"')" ''
    req 'one  word' two
    expect 0 "$(says '"one  word two"')" ''
}

@test "a request is one line" {
    supai-req hi >out
    says '"hi"' >expected
    echo >>expected
    cmp out expected
}

@test "text is escaped as JSON has it" {
    req $'a "b" \\ \t\n\x01 \xf0\x9f\x98\x80'
    expect 0 "$(says '"a \"b\" \\ \t\n\u0001 '$'\xf0\x9f\x98\x80''"')" ''
}

@test "no words: standard input is the prompt, without its last newline" {
    fed 'two\nlines\n'
    expect 0 "$(says '"two\nlines"')" ''
    fed 'one newline is kept\n\n'
    expect 0 "$(says '"one newline is kept\n"')" ''
    fed 'dos\r\n'
    expect 0 "$(says '"dos"')" ''
    fed 'no newline\r'
    expect 0 "$(says '"no newline\r"')" ''
}

@test "a word that is - is standard input, on lines of its own" {
    fed 'the text\n' 'Sum this up:' -
    expect 0 "$(says '"Sum this up:\nthe text"')" ''
    fed 'the text\n' -
    expect 0 "$(says '"the text"')" ''
    fed 'the text\n' - on one line
    expect 0 "$(says '"the text\non one line"')" ''
    fed 'the text\n' Look at - and sum it up
    expect 0 "$(says '"Look at\nthe text\nand sum it up"')" ''
    fed '\n' Words with -
    expect 0 "$(says '"Words with"')" ''
}

@test "standard input is read only when it is asked for: a while-read loop loses no line" {
    printf '%s\n' one two three >lines
    while read -r line; do
        supai-req -x "$line"
    done <lines >out
    assert_equal "$(wc -l <out | tr -d ' ')" 3
    grep -q '"three"' out
}

@test "standard input that is closed does not matter where it is not asked for" {
    run --separate-stderr bash -c 'supai-req hi <&-'
    expect 0 "$(says '"hi"')" ''
    run --separate-stderr bash -c 'supai-req - <&-'
    expect 66 '' 'supai-req: standard input: Bad file descriptor'
}

@test "an empty prompt is 66" {
    req ''
    expect 66 '' 'supai-req: an empty prompt'
    req ' ' ''
    expect 66 '' 'supai-req: an empty prompt'
    fed ''
    expect 66 '' 'supai-req: standard input: an empty prompt'
    fed ' \n\t\n'
    expect 66 '' 'supai-req: standard input: an empty prompt'
    printf 'notes\n' >notes
    req -f notes ''
    expect 66 '' 'supai-req: an empty prompt'
}

@test "what was asked for and is empty is 66: a - and a -f without a byte" {
    fed '' Sum this up: -
    expect 66 '' "supai-req: standard input is empty: there is nothing for the '-' of the prompt"
    fed '' -
    expect 66 '' "supai-req: standard input is empty: there is nothing for the '-' of the prompt"
    : >none
    req -f none hi
    expect 66 '' 'supai-req: none: empty'
    fed '' -f - hi
    expect 66 '' 'supai-req: standard input: empty'
}

@test "-f alone is a prompt, and reads no standard input" {
    printf 'some\nnotes\n\n' >notes
    fed 'lines' -f notes
    expect 0 "$(says '"==> notes <==\nsome\nnotes"')" ''
    fed 'lines' -f -
    expect 0 "$(says '"==> standard input <==\nlines"')" ''
    printf '\xff\xd8\xff\xe0' >a.jpg
    fed 'What?' -i a.jpg
    [[ $output == *'"text":"What?"'* ]]
}

@test "options end at the first word: what looks like one after it is 64" {
    req hi -x
    expect 64 '' "supai-req: '-x' after the prompt's first word: quote the prompt, or put -- before it"$'\n'"$USAGE"
    req how 'do' I use tar -x
    assert_equal "$status" 64
    req hi --model fast
    assert_equal "$status" 64
    req hi -- there
    assert_equal "$status" 64
}

@test "after -- every word is text, but -" {
    req -- -x is an option
    expect 0 "$(says '"-x is an option"')" ''
    req -x -- how 'do' I use tar -x
    expect 0 '{"model":"auto","messages":[{"role":"user","content":"how do I use tar -x"}],"stream":true,"include_supai_chunks":true}' ''
    req -- --
    expect 0 "$(says '"--"')" ''
    fed 'stdin' -- -a -
    expect 0 "$(says '"-a\nstdin"')" ''
}

@test "an option's argument that is -- ends no options" {
    req -s -- hi -x
    assert_equal "$status" 64
    req -s -- hi
    expect 0 '{"model":"auto","messages":[{"role":"system","content":"--"},{"role":"user","content":"hi"}],"stream":true}' ''
}

@test "standard input is there once" {
    printf 'x' >in
    for args in '- -' '-f - -' '-f - -s @-' '-s @- -' '-H - -i - hi' '-e . -f -' '-e . -s @-' '-e . in - -f -'; do
        # shellcheck disable=SC2086
        run --separate-stderr supai-req $args <in
        assert_equal "$args: $status $output" "$args: 64 "
        [[ $stderr == "supai-req: "* ]]
    done
    req - -
    expect 64 '' "supai-req: the prompt: '-' can stand in it once"
    req -f - -s @- hi
    expect 64 '' "supai-req: standard input can't be both the system message and a file"
}

# --- text is UTF-8 ------------------------------------------------------------

@test "invalid UTF-8 is 65 with where and the offset" {
    fed 'ab\xffc'
    expect 65 '' 'supai-req: standard input: not UTF-8 at offset 2 (iconv -f LATIN1 -t UTF-8 may make it so)'
    req $'caf\xe9'
    expect 65 '' 'supai-req: the prompt: not UTF-8 at offset 3'
    req -s $'\xc3(' hi
    expect 65 '' 'supai-req: --system: not UTF-8 at offset 0'
    req -U $'J\xf6rg' hi
    expect 65 '' 'supai-req: --user-name: not UTF-8 at offset 1'
    req -E $'{"x":"\xff"}' hi
    expect 65 '' 'supai-req: --environment: not UTF-8 at offset 6'
    printf 'a surrogate: \xed\xa0\x80' >f
    req -f f hi
    expect 65 '' 'supai-req: f: not UTF-8 at offset 13 (iconv -f LATIN1 -t UTF-8 f may make it so)'
    printf '{"role":"user","content":"\xc0\x80"}' >h
    req -H h hi
    expect 65 '' 'supai-req: h: not UTF-8 at offset 26'
    req --unlisted -m $'\xff' hi
    expect 65 '' 'supai-req: --model: not UTF-8 at offset 0'
    req --unlisted -M $'a,b\xff' hi
    expect 65 '' 'supai-req: --models: not UTF-8 at offset 1'
}

@test "what is taken for text and is none is told what makes text of it" {
    printf '%%PDF-1.7\n%%\342\343' >'a b.pdf'
    printf '\x89PNG\r\n\x1a\n' >p.png
    printf '\377\376h\0i\0' >utf16.txt
    printf 'caf\xe9\n' >latin1
    req -f 'a b.pdf' hi
    expect 65 '' "supai-req: a b.pdf: a PDF, not text (pdftotext 'a b.pdf' - makes text of it)"
    req -s @p.png hi
    expect 65 '' 'supai-req: p.png: an image, not text (-i p.png adds it)'
    req -f utf16.txt hi
    expect 65 '' 'supai-req: utf16.txt: UTF-16, not UTF-8 (iconv -f UTF-16 -t UTF-8 utf16.txt makes it so)'
    req -f latin1 hi
    expect 65 '' 'supai-req: latin1: not UTF-8 at offset 3 (iconv -f LATIN1 -t UTF-8 latin1 may make it so)'
    run --separate-stderr supai-req Sum up - <'a b.pdf'
    expect 65 '' 'supai-req: standard input: a PDF, not text (pdftotext - - makes text of it)'
    run --separate-stderr supai-req - <p.png
    expect 65 '' 'supai-req: standard input: an image, not text (-i - adds it)'
    req -f https://example.org/a hi
    expect 66 '' 'supai-req: -f https://example.org/a: a URL, not a file: curl -fsS URL | … - reads it'
}

@test "a NUL byte is no text: 65" {
    fed 'a\0b'
    expect 65 '' 'supai-req: standard input: a NUL byte at offset 1: not text'
    printf '\0' >f
    req -f f hi
    expect 65 '' 'supai-req: f: a NUL byte at offset 0: not text'
    req -s @f hi
    expect 65 '' 'supai-req: f: a NUL byte at offset 0: not text'
}

@test "a byte order mark is no part of a text" {
    fed '\xef\xbb\xbfhi\n'
    expect 0 "$(says '"hi"')" ''
}

# --- messages -----------------------------------------------------------------

@test "-s is a system message, the first one" {
    req -s 'Be brief.' hi
    expect 0 '{"model":"auto","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"hi"}],"stream":true}' ''
    req --system 'not this' --system 'but this' hi
    expect 0 '{"model":"auto","messages":[{"role":"system","content":"but this"},{"role":"user","content":"hi"}],"stream":true}' ''
}

@test "-s @FILE is the file's text, @@ a literal @" {
    printf 'Be\nbrief.\n' >sys
    req -s @sys hi
    expect 0 '{"model":"auto","messages":[{"role":"system","content":"Be\nbrief."},{"role":"user","content":"hi"}],"stream":true}' ''
    req -s @@home hi
    expect 0 '{"model":"auto","messages":[{"role":"system","content":"@home"},{"role":"user","content":"hi"}],"stream":true}' ''
    req -s @missing hi
    expect 66 '' 'supai-req: missing: No such file or directory'
    fed 'from stdin\n' -s @- hi
    expect 0 '{"model":"auto","messages":[{"role":"system","content":"from stdin"},{"role":"user","content":"hi"}],"stream":true}' ''
}

@test "-s @FILE: a file without a byte is 66, one of a newline is no system message" {
    : >none
    req -s @none hi
    expect 66 '' 'supai-req: none: empty'
    fed '' -s @- hi
    expect 66 '' 'supai-req: standard input: empty'
    fed '\n' -s @- hi
    expect 0 '{"model":"auto","messages":[{"role":"user","content":"hi"}],"stream":true}' ''
}

HISTORY='{"role":"user","content":"one"},{"role":"assistant","content":"1"}'

@test "-H: messages as NDJSON, an array, a request" {
    printf '{"role":"user","content":"one"}\n{"role":"assistant","content":"1"}\n' >ndjson
    printf '[\n  {"role": "user", "content": "one"},\n  {"role": "assistant", "content": "1"}\n]\n' >array
    printf '{"model":"fast","messages":[%s],"stream":true}\n' "$HISTORY" >request
    for form in ndjson array request; do
        req -H "$form" hi
        expect 0 '{"model":"auto","messages":['"$HISTORY"',{"role":"user","content":"hi"}],"stream":true}' ''
    done
}

@test "-H: a completion is its message, its other members are left out" {
    printf '{"role":"user","content":"one"}' >question
    printf '{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"1","refusal":null},"finish_reason":"stop"}]}\n' >answer
    req -H question -H answer hi
    expect 0 '{"model":"auto","messages":['"$HISTORY"',{"role":"user","content":"hi"}],"stream":true}' ''
}

@test "-H: several files and forms, in order" {
    printf '{"messages":[{"role":"user","content":"one"}]}\n{"choices":[{"message":{"content":"1"}}]}\n' >a
    printf '[{"role":"user","content":"two"},{"role":"assistant","content":"2"}]' >b
    req -H a -H b hi
    expect 0 '{"model":"auto","messages":['"$HISTORY"',{"role":"user","content":"two"},{"role":"assistant","content":"2"},{"role":"user","content":"hi"}],"stream":true}' ''
}

@test "-H: an empty file is none" {
    : >empty
    printf '\n \n' >blank
    req -H empty -H blank -H /dev/null hi
    expect 0 "$(says '"hi"')" ''
}

@test "-H: a request and its completion, of a pipeline, are the history of the next" {
    mock_start
    supai-req --no-stream one >question
    supai-send question >answer
    req -H question -H answer two
    assert_equal "$status" 0
    assert_equal "$stderr" ''
    [[ $output == '{"model":"auto","messages":[{"role":"user","content":"one"},{"role":"assistant","content":'*'},{"role":"user","content":"two"}],"stream":true}' ]]
}

@test "-s replaces the system messages of the history, an empty one takes them away" {
    printf '{"role":"system","content":"old"}\n%s\n{"role":"system","content":"older"}\n' \
        '{"role":"user","content":"one"}' >h
    req -H h hi
    expect 0 '{"model":"auto","messages":[{"role":"system","content":"old"},{"role":"user","content":"one"},{"role":"system","content":"older"},{"role":"user","content":"hi"}],"stream":true}' ''
    req -s new -H h hi
    expect 0 '{"model":"auto","messages":[{"role":"system","content":"new"},{"role":"user","content":"one"},{"role":"user","content":"hi"}],"stream":true}' ''
    req -s '' -H h hi
    expect 0 '{"model":"auto","messages":[{"role":"user","content":"one"},{"role":"user","content":"hi"}],"stream":true}' ''
}

@test "-H: with a foreign base URL, messages as OpenAI documents them, calls of tools included" {
    cat >h <<'END'
{"role":"developer","content":"be brief"}
{"role":"user","content":"weather?"}
{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"w","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}
{"role":"tool","tool_call_id":"call_1","content":"rain"}
{"role":"assistant","tool_calls":[{"id":"call_2","type":"function","function":{"name":"w","arguments":"{}"}}]}
{"role":"tool","tool_call_id":"call_2","content":[{"type":"text","text":"sun"}]}
{"role":"assistant","content":null,"refusal":"no"}
{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"","format":"wav"}}]}
END
    SUPAI_BASE_URL=http://127.0.0.1:9/v1 run --separate-stderr supai-req -H h hi
    assert_equal "$status $stderr" '0 '
    assert_equal "$(jq -c '[.messages[].role]' <<<"$output")" \
        '["developer","user","assistant","tool","assistant","tool","assistant","user","user"]'
    assert_equal "$(jq -c '.messages[2]' <<<"$output")" \
        '{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"w","arguments":"{}"}}]}'
    # The service's own page has none of these.
    run --separate-stderr supai-req --unlisted -H h hi
    expect 65 '' "supai-req: h: line 1: role must be system, user or assistant, not 'developer'"
    sed 1d h >i
    run --separate-stderr supai-req -H i hi
    expect 65 '' 'supai-req: i: line 2: content must be a string or an array of parts, not null'
    # What says nothing is no message there either.
    echo '{"role":"assistant","content":null}' >h
    SUPAI_BASE_URL=http://127.0.0.1:9/v1 run --separate-stderr supai-req -H h hi
    expect 65 '' 'supai-req: h: line 1: content must be a string or an array of parts, not null'
    echo '{"role":"chief","content":"x"}' >h
    SUPAI_BASE_URL=http://127.0.0.1:9/v1 run --separate-stderr supai-req -H h hi
    expect 65 '' "supai-req: h: line 1: role must be system, developer, user, assistant or tool, not 'chief'"
}

@test "-H: what is no message is 65 with the file and the line" {
    printf '{"role":"user","content":"one"}\n{"role":"tool","content":"x"}\n' >h
    req -H h hi
    expect 65 '' "supai-req: h: line 2: role must be system, user or assistant, not 'tool'"
    printf '\n{"a":1}\n' >h
    req -H h hi
    expect 65 '' 'supai-req: h: line 2: neither a message nor a request nor a completion'
    printf '{"role":"user","content":"one"}\n{"role":\n"user",\n"content":x}' >h
    req -H h hi
    expect 65 '' 'supai-req: h: line 4: not JSON: not a JSON value'
    printf '{"role":"user","content":"on' >h
    req -H h hi
    expect 65 '' 'supai-req: h: line 1: not JSON: it ends too early'
    printf 'Hello\n' >h
    req -H h hi
    expect 65 '' 'supai-req: h: line 1: not JSON: not a JSON value'
    printf '{"object":"chat.completion.chunk","choices":[{"delta":{"content":"x"}}]}' >h
    req -H h hi
    expect 65 '' 'supai-req: h: line 1: a completion without a message (supai-fold puts a stream together)'
    printf '{"choices":[{"message":{"role":"assistant"}}]}' >h
    req -H h hi
    expect 65 '' 'supai-req: h: line 1: content must be a string or an array of parts, not null'
    printf '{"messages":{}}' >h
    req -H h hi
    expect 65 '' 'supai-req: h: line 1: messages must be an array'
    printf '[[]]' >h
    req -H h hi
    expect 65 '' 'supai-req: h: line 1: neither a message nor a request nor a completion'
}

@test "-f puts a file's text before the prompt, under its base name" {
    mkdir dir
    printf 'alpha\n' >dir/a.txt
    printf 'beta' >b.txt
    req -f dir/a.txt --file b.txt 'Compare them.'
    expect 0 "$(says '"==> a.txt <==\nalpha\n\n==> b.txt <==\nbeta\n\nCompare them."')" ''
    : >empty
    req -f b.txt -f empty hi
    expect 66 '' 'supai-req: empty: empty'
    fed 'piped\n' -f - hi
    expect 0 "$(says '"==> standard input <==\npiped\n\nhi"')" ''
}

@test "a file's name can't make up another label" {
    printf 'x\n' >$'a\n==> b'
    req -f $'a\n==> b' hi
    expect 0 "$(says '"==> a ==> b <==\nx\n\nhi"')" ''
}

@test "-f: a missing file among good ones, a directory: 66, and no request" {
    printf 'x\n' >good
    req -f good -f missing -f good hi
    expect 66 '' 'supai-req: missing: No such file or directory'
    req -f . hi
    expect 66 '' 'supai-req: .: Is a directory'
    req -H . hi
    expect 66 '' 'supai-req: .: Is a directory'
    req -i . hi
    expect 66 '' 'supai-req: .: Is a directory'
}

@test "-i FILE is a data: URL, its type told by its content" {
    printf '\x89PNG\r\n\x1a\nx' >png.jpg
    printf '\xff\xd8\xff\xe0' >jpeg
    printf 'GIF87a' >gif7
    printf 'GIF89a!!' >gif9
    printf 'RIFF\x04\0\0\0WEBP' >webp
    while read -r file url; do
        req -i "$file" hi
        expect 0 "$(says '[{"type":"text","text":"hi"},{"type":"image_url","image_url":{"url":"'"$url"'"}}]')" ''
    done <<'E'
png.jpg data:image/png;base64,iVBORw0KGgp4
jpeg data:image/jpeg;base64,/9j/4A==
gif7 data:image/gif;base64,R0lGODdh
gif9 data:image/gif;base64,R0lGODlhISE=
webp data:image/webp;base64,UklGRgQAAABXRUJQ
E
}

@test "-i: base64 of every byte and every length is what base64(1) gives" {
    for n in 0 1 2 3 4 5 300; do
        { printf '\xff\xd8\xff'; head -c "$n" <<<"$(seq 1000)"; printf '\0\x10\x83\xfb\xff\xbf'; } >image
        req -i image hi
        [[ $output == *'"url":"data:image/jpeg;base64,'"$(base64 <image | tr -d '\n')"'"'* ]]
    done
}

@test "-i URL is passed on" {
    for url in https://example.org/a.png http://example.org/ HTTPS://EXAMPLE.ORG/ data:image/png,x; do
        req --image "$url" -i "$url" hi
        expect 0 "$(says '[{"type":"text","text":"hi"},{"type":"image_url","image_url":{"url":"'"$url"'"}},{"type":"image_url","image_url":{"url":"'"$url"'"}}]')" ''
    done
}

@test "-i: what is no image is 65, an empty file 66" {
    printf '<svg/>' >svg.png
    req -i svg.png hi
    expect 65 '' 'supai-req: svg.png: not a PNG, JPEG, GIF or WebP image'
    : >empty
    req -i empty hi
    expect 66 '' 'supai-req: empty: empty'
    req -i ftp://example.org/a.png hi
    expect 66 '' 'supai-req: ftp://example.org/a.png: No such file or directory'
}

@test "the message of several sources: files, then words and standard input, then images" {
    printf 'f\n' >f
    printf 'GIF87a' >g
    fed 'stdin\n' -i g -f f Look: - now
    expect 0 "$(says '[{"type":"text","text":"==> f <==\nf\n\nLook:\nstdin\nnow"},{"type":"image_url","image_url":{"url":"data:image/gif;base64,R0lGODdh"}}]')" ''
}

# --- modes and models ---------------------------------------------------------

@test "-m is the mode: each of the page's five" {
    for mode in auto fast thinking deep-thinking expert; do
        req -m "$mode" hi
        expect 0 '{"model":"'"$mode"'","messages":[{"role":"user","content":"hi"}],"stream":true}' ''
    done
}

@test "SUPAI_MODEL is the mode where -m says nothing" {
    SUPAI_MODEL=fast req hi
    expect 0 '{"model":"fast","messages":[{"role":"user","content":"hi"}],"stream":true}' ''
    SUPAI_MODEL=fast req --model expert hi
    expect 0 '{"model":"expert","messages":[{"role":"user","content":"hi"}],"stream":true}' ''
    SUPAI_MODEL='' req hi
    expect 0 "$(says '"hi"')" ''
    SUPAI_MODEL=fats req hi
    expect 64 '' "supai-req: SUPAI_MODEL: unknown mode 'fats': did you mean fast[?]"
}

@test "an unknown mode is 64 with the nearest ones" {
    req -m exprt hi
    expect 64 '' "supai-req: --model: unknown mode 'exprt': did you mean expert[?]"
    req -m think hi
    expect 64 '' "supai-req: --model: unknown mode 'think': did you mean thinking or deep-thinking[?]"
    req -m zz hi
    expect 64 '' "supai-req: --model: unknown mode 'zz' (supai-models -m lists the known ones)"
    req -m '' hi
    expect 64 '' "supai-req: --model: unknown mode '' (supai-models -m lists the known ones)"
}

@test "a model given to -m is told of -M, a mode given to -M of -m" {
    req -m openai/gpt-5 hi
    expect 64 '' "supai-req: --model: 'openai/gpt-5' is a model, not a mode: give it to -M"
    req -M expert hi
    expect 64 '' "supai-req: --models: 'expert' is a mode, not a model: give it to -m"
    req -m opus hi
    expect 64 '' "supai-req: --model: 'opus' is no mode: -M '[*]opus[*]' asks the models of that name"
    req -m pro hi
    expect 64 '' "supai-req: --model: the mode 'pro' is called expert now"
}

@test "-M is the models: repeated, comma lists, in the order given" {
    req -M openai/gpt-5,anthropic/claude-opus-4.6 --models xai/grok-4 hi
    expect 0 "$(says '"hi"' ',"models":["openai/gpt-5","anthropic/claude-opus-4.6","xai/grok-4"]')" ''
}

@test "-M takes globs, across the slash too, in the list's order and without duplicates" {
    OPUS='"anthropic/claude-opus-3","anthropic/claude-opus-4","anthropic/claude-opus-4.1","anthropic/claude-opus-4.5","anthropic/claude-opus-4.6"'
    for glob in 'anthropic/*opus*' '*opus*' 'anthropic?claude-opus-[0-9]*'; do
        req -M "$glob" hi
        expect 0 "$(says '"hi"' ',"models":['"$OPUS"']')" ''
    done
    req -M 'anthropic/claude-opus-4.6,*opus*' -M '*opus-4.6' hi
    expect 0 "$(says '"hi"' ',"models":["anthropic/claude-opus-4.6",'"${OPUS%,*}"']')" ''
}

@test "an unknown model is 64 with the nearest ones" {
    req -M opus hi
    expect 64 '' "supai-req: --models: unknown model 'opus': did you mean anthropic/claude-opus-4.6, anthropic/claude-opus-4.5, anthropic/claude-opus-4.1 or anthropic/claude-opus-4[?]"
    req -M xai/grok-4,gpt5 hi
    expect 64 '' "supai-req: --models: unknown model 'gpt5': did you mean openai/gpt-5,*"
    req -M '*gpt-6*' hi
    expect 64 '' "supai-req: --models: no known model matches '[*]gpt-6[*]' (supai-models lists them)"
    req -M 'openai/gpt-5,' hi
    expect 64 '' 'supai-req: --models: an empty id'
}

@test "unlisted ids pass with --unlisted, SUPAI_UNLISTED or a foreign base URL" {
    expected='{"model":"gpt-6","messages":[{"role":"user","content":"hi"}],"models":["a/b"],"stream":true}'
    req --unlisted -m gpt-6 -M a/b hi
    expect 0 "$expected" ''
    SUPAI_UNLISTED=1 req -m gpt-6 -M a/b hi
    expect 0 "$expected" ''
    for url in http://localhost:11434/v1 https://example.org/v1 https://api.sup.ai.example.org/v1 \
        https://api.sup.ai@example.org/v1; do
        SUPAI_BASE_URL=$url req -m gpt-6 -M a/b hi
        expect 0 "$expected" ''
    done
}

@test "unlisted ids do not pass with the service's own base URL, or SUPAI_UNLISTED=0" {
    for url in https://api.sup.ai/v1/openai https://API.SUP.AI:443/v2 https://api.sup.ai./v1 ''; do
        SUPAI_BASE_URL=$url req -m gpt-6 hi
        assert_equal "$url: $status" "$url: 64"
    done
    SUPAI_UNLISTED=0 req -m gpt-6 hi
    assert_equal "$status" 64
}

@test "--unlisted lets no pattern through that matches nothing, and no empty mode" {
    req --unlisted -M 'zz*' hi
    assert_equal "$status" 64
    req --unlisted -m '' hi
    assert_equal "$status" 64
}

@test "files of the configuration replace the lists" {
    mkdir -p home/.config/supai xdg/supai
    printf 'mine\n' >home/.config/supai/modes
    printf '\n# a comment\n  house/one \r\nhouse/two' >home/.config/supai/models
    req -m mine -M '*' hi
    expect 0 '{"model":"mine","messages":[{"role":"user","content":"hi"}],"models":["house/one","house/two"],"stream":true}' ''
    req -m fast hi
    expect 64 '' "supai-req: --model: unknown mode 'fast' (supai-models -m lists the known ones)"
    printf 'theirs\n' >xdg/supai/modes
    XDG_CONFIG_HOME=$PWD/xdg req -m theirs hi
    assert_equal "$status" 0
    XDG_CONFIG_HOME=xdg req -m mine hi # a relative path is to be ignored
    assert_equal "$status" 0
    req -M openai/gpt-5 hi
    expect 64 '' "supai-req: --models: unknown model 'openai/gpt-5' (supai-models lists the known ones)"
}

@test "a list that is empty, unreadable or no list is 78" {
    mkdir -p home/.config/supai/modes
    req -m fast hi
    expect 78 '' "supai-req: $HOME/.config/supai/modes: Is a directory"
    rmdir home/.config/supai/modes
    printf '\n# none\n' >home/.config/supai/modes
    req -m fast hi
    expect 78 '' "supai-req: $HOME/.config/supai/modes: holds no id; remove it to use the list built in"
    : >home/.config/supai/modes
    req -m fast hi
    assert_equal "$status" 78
    printf 'fast\n<!doctype html>\n' >home/.config/supai/modes
    req -m fast hi
    expect 78 '' "supai-req: $HOME/.config/supai/modes: line 2: not the id of a mode"
    printf 'fa\0st\n' >home/.config/supai/modes
    req -m fast hi
    expect 78 '' "supai-req: $HOME/.config/supai/modes: a NUL byte: not a list of ids"
    head -c 2000000 /dev/zero | tr '\0' x >home/.config/supai/modes
    req -m fast hi
    expect 78 '' "supai-req: $HOME/.config/supai/modes: longer than 1048576 bytes"
}

@test "everything works without HOME" {
    run --separate-stderr env -u HOME supai-req -m fast -M openai/gpt-5 hi
    expect 0 '{"model":"fast","messages":[{"role":"user","content":"hi"}],"models":["openai/gpt-5"],"stream":true}' ''
    run --separate-stderr env -u HOME supai-req -Re . <<<one
    expect 0 "$(batch 1 '"one"')" ''
}

# --- environment and the other members ----------------------------------------

@test "-d, -l and -U are the environment" {
    req -d 2024-01-15T10:30:00Z hi
    expect 0 "$(says '"hi"' ',"environment":{"date":"2024-01-15T10:30:00Z"}')" ''
    req -l current hi
    expect 0 "$(says '"hi"' ',"environment":{"location":{"ip_address":"current"}}')" ''
    req -U 'John Doe' hi
    expect 0 "$(says '"hi"' ',"environment":{"user_name":"John Doe"}')" ''
    req --date 2024-01-15t10:30:00.25+01:00 --location 2001:db8::1 --user-name 'Zoë' hi
    expect 0 "$(says '"hi"' ',"environment":{"date":"2024-01-15t10:30:00.25+01:00","location":{"ip_address":"2001:db8::1"},"user_name":"Zoë"}')" ''
}

@test "-d now is now, in the local time" {
    before=$(date +%s)
    TZ=UTC0 req -d now hi
    after=$(date +%s)
    assert_equal "$status" 0
    [[ $output =~ \"date\":\"([0-9T:-]+Z)\" ]]
    at=$(jq -n --arg date "${BASH_REMATCH[1]}" '$date | fromdate')
    [ "$at" -ge "$before" ] && [ "$at" -le "$after" ]
    TZ=TST-05:30 req -d now hi
    [[ $output =~ \"date\":\"[0-9-]+T[0-9:]+\+05:30\" ]]
    TZ=TST+03:30 req -d now hi
    [[ $output =~ \"date\":\"[0-9-]+T[0-9:]+-03:30\" ]]
}

@test "-d takes what date --rfc-3339 prints" {
    req -d '2026-11-22 13:12:00+01:00' hi
    expect 0 "$(says '"hi"' ',"environment":{"date":"2026-11-22T13:12:00+01:00"}')" ''
}

@test "a date that is none is 64" {
    for date in '' today 2024-01-15 2024-01-15T10:30:00 2024-13-01T00:00:00Z 2023-02-29T00:00:00Z \
        1900-02-29T00:00:00Z 2024-04-31T00:00:00Z 2024-01-00T00:00:00Z 2024-01-15T24:00:00Z 2024-01-15T10:60:00Z \
        2024-01-15T10:30:61Z 2024-01-15T10:30:00.Z 2024-01-15T10:30:00+1:00 2024-01-15T10:30:00+24:00 \
        2024-01-15T10:30:00+0100 2024-01-15T10:30Z 2024-1-15T10:30:00Z 2024-01-15T10:30:00Zx 'now '; do
        req -d "$date" hi
        expect 64 '' "supai-req: --date: '$date' is no RFC 3339 date and time (2026-01-31T10:30:00Z, or now)"
    done
    for month in 04 06 09 11; do
        req -d "2024-$month-31T00:00:00Z" hi
        assert_equal "$month: $status" "$month: 64"
    done
    for date in 2024-02-29T23:59:60Z 2000-02-29T00:00:00-23:59 0000-01-01T00:00:00.123456789z \
        2024-{01,03,05,07,08,10,12}-31T00:00:00Z 2024-{04,06,09,11}-30T00:00:00Z; do
        req -d "$date" hi
        assert_equal "$date: $status" "$date: 0"
    done
}

@test "an address that is none is 64" {
    for address in '' here 1.2.3 1.2.3.256 1.2.3.4.5 ::g 1::2::3 example.org '[::1]' fe80::1%eth0; do
        req -l "$address" hi
        expect 64 '' "supai-req: --location: '${address//[/[[]}' is no IP address (nor current)"
    done
    for address in 192.0.2.7 ::1 ::ffff:192.0.2.7; do
        req -l "$address" hi
        assert_equal "$address: $status" "$address: 0"
    done
}

@test "-E merges an object deeply into the environment, the last option counts" {
    req -l ::1 -E '{"location":{"city":"Graz"},"shell":"sh"}' -U me hi
    expect 0 "$(says '"hi"' ',"environment":{"location":{"ip_address":"::1","city":"Graz"},"shell":"sh","user_name":"me"}')" ''
    req -U one -E '{"user_name":"two"}' hi
    expect 0 "$(says '"hi"' ',"environment":{"user_name":"two"}')" ''
    req -E '{"user_name":"two","location":{"x":1}}' --environment '{"location":{"y":2}}' -U one -l current hi
    expect 0 "$(says '"hi"' ',"environment":{"user_name":"one","location":{"x":1,"y":2,"ip_address":"current"}}')" ''
    req -E '{}' hi
    expect 0 "$(says '"hi"')" ''
}

@test "-E that is no object is 64" {
    req -E '[1]' hi
    expect 64 '' 'supai-req: --environment: not a JSON object'
    req -E '{"a":}' hi
    expect 64 '' 'supai-req: --environment: not JSON: not a JSON value, at offset 5'
    req -E '' hi
    expect 64 '' 'supai-req: --environment: not JSON: it ends too early, at offset 0'
}

@test "-b merges an object deeply into the request, after everything else" {
    req -b '{"temperature":0,"stream":false}' hi
    expect 0 '{"model":"auto","messages":[{"role":"user","content":"hi"}],"stream":false,"temperature":0}' ''
    req -U me -b '{"environment":{"a":{"b":1}}}' --body '{"environment":{"a":{"c":2},"user_name":"you"}}' hi
    expect 0 "$(says '"hi"' ',"environment":{"user_name":"you","a":{"b":1,"c":2}}')" ''
    req -b '{}' hi
    expect 0 "$(says '"hi"')" ''
    printf '\xef\xbb\xbf{"seed":1,\n"stop":["a"]}\n' >body
    req -b @body -b '{"seed":2}' hi
    expect 0 '{"model":"auto","messages":[{"role":"user","content":"hi"}],"stream":true,"seed":2,"stop":["a"]}' ''
    fed '{"seed":3}' -b @- hi
    expect 0 '{"model":"auto","messages":[{"role":"user","content":"hi"}],"stream":true,"seed":3}' ''
    fed '{"text":"hi"}' -e '{messages: [{role: "user", content: .text}], seed: 4}' -b '{"seed":5}'
    expect 0 '{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{"model":"auto","messages":[{"role":"user","content":"hi"}],"stream":true,"seed":5}}' ''
}

@test "-b, -E and -H: numbers stay as they were written, and JSON may be nested 256 deep" {
    req -b '{"seed":9007199254740993,"x":[1.0, 1E400]}' -E '{"n":1.50}' hi
    expect 0 "$(says '"hi"' ',"environment":{"n":1.50}' | sed 's/}$/,"seed":9007199254740993,"x":[1.0,1E400]}/')" ''
    echo '{"role":"user","content":"q","n":1.50}' >history
    req -H history hi
    expect 0 '{"model":"auto","messages":[{"role":"user","content":"q","n":1.50},{"role":"user","content":"hi"}],"stream":true}' ''
    deep=$(printf '{"a":%.0s' {1..255})1$(printf '}%.0s' {1..255})
    req -b "{\"x\":$deep}" hi
    expect 0 "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":true,\"x\":$deep}" ''
    fed "{\"x\":$deep}\n" -e '"x"'
    [[ $status.$stderr == 0. || $status.$stderr == '65.supai-req: record 1: nested too deep for libjq' ]]
}

@test "-b that is no object, or makes a request that the service refuses" {
    req -b '[1]' hi
    expect 64 '' 'supai-req: --body: not a JSON object'
    req -b '{"a":}' hi
    expect 64 '' 'supai-req: --body: not JSON: not a JSON value, at offset 5'
    req -b '{"messages":[]}' hi
    expect 64 '' 'supai-req: messages *'
    req -b @none hi
    expect 66 '' 'supai-req: none: No such file*'
    echo '[]' >body
    req -b @body hi
    expect 65 '' 'supai-req: body: not a JSON object'
    : >body
    req -b @body hi
    expect 66 '' 'supai-req: body: empty'
    fed '{}' -b @- -
    expect 64 '' "supai-req: standard input can't be both the prompt and the body"
}

@test "a field of the request that is taken for an option: -b" {
    req --temperature 0 hi
    expect 64 '' "supai-req: unknown option '--temperature': -b '{\"temperature\":*}' puts it into the request"$'\n'"$USAGE"
}

@test "-x asks for chunks, -u for usage, --no-stream for no stream" {
    req -x hi
    expect 0 "$(member '"include_supai_chunks":true')" ''
    req -u hi
    expect 0 "$(member '"stream_options":{"include_usage":true}')" ''
    req --chunks --usage hi
    expect 0 "$(member '"stream_options":{"include_usage":true},"include_supai_chunks":true')" ''
    req --no-stream hi
    expect 0 '{"model":"auto","messages":[{"role":"user","content":"hi"}],"stream":false}' ''
}

@test "-u with --no-stream is 64" {
    req -u --no-stream hi
    expect 64 '' "supai-req: --usage goes with a stream; an answer with --no-stream has it anyway"$'\n'"$USAGE"
}

@test "members stand in the same order, whatever the order of the options" {
    expected='{"model":"fast","messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}],"models":["openai/gpt-5"],"environment":{"user_name":"u"},"stream":true,"stream_options":{"include_usage":true},"include_supai_chunks":true}'
    req -m fast -s s -M openai/gpt-5 -U u -u -x hi
    expect 0 "$expected" ''
    req -x -u -U u -M openai/gpt-5 -s s -m fast hi
    expect 0 "$expected" ''
}

@test "the request is checked: what -E makes wrong is 64" {
    req -E '{"date":5}' hi
    expect 64 '' 'supai-req: environment.date must be a string, not a number'
    req -E '{"location":"Graz"}' hi
    expect 64 '' 'supai-req: environment.location must be an object, not a string'
}

# --- bulk ---------------------------------------------------------------------

@test "-e makes a batch line of each record, numbered" {
    fed '{"q":"one"}\n{"q":"two"}\n' -e .q
    expect 0 "$(batch 1 '"one"')"$'\n'"$(batch 2 '"two"')" ''
}

@test "-e: records may span lines, and several stand on one" {
    fed '{\n  "q": "one"\n}\n{\n  "q": "a \\"}\\" b"\n}\n' -e .q
    expect 0 "$(batch 1 '"one"')"$'\n'"$(batch 2 '"a \"}\" b"')" ''
    fed '{"q":"one"} {"q":"two"}' -e .q
    expect 0 "$(batch 1 '"one"')"$'\n'"$(batch 2 '"two"')" ''
    fed '[1] "two"3 true\n\n[\n4]' -e tostring
    expect 0 "$(batch 1 '"[1]"')"$'\n'"$(batch 2 '"two"')"$'\n'"$(batch 3 '"3"')"$'\n'"$(batch 4 '"true"')"$'\n'"$(batch 5 '"[4]"')" ''
}

@test "-e: a backslash before the quote of a string among records does not end it" {
    fed '"a\\\\" "b\\"" "c"\n' -e .
    expect 0 "$(batch 1 '"a\\"')"$'\n'"$(batch 2 '"b\""')"$'\n'"$(batch 3 '"c"')" ''
    fed '{"a":1}"x\\"y\\\\\\\\"-1.5e1[]' -e 'if . == -15 then "-15" else tostring end'
    expect 0 "$(batch 1 '"{\"a\":1}"')"$'\n'"$(batch 2 '"x\"y\\\\"')"$'\n'"$(batch 3 '"-15"')"$'\n'"$(batch 4 '"[]"')" ''
}

@test "-e: blank lines are no records, a missing last newline is nothing" {
    fed '\n"one"\n\n \t\r\n"two"' -e .
    expect 0 "$(batch 1 '"one"')"$'\n'"$(batch 2 '"two"')" ''
}

@test "-e: nothing from the filter skips the record, and its number" {
    fed '1\n2\n3\n' -e 'select(. != 2) | tostring'
    expect 0 "$(batch 1 '"1"')"$'\n'"$(batch 3 '"3"')" ''
    fed '1\n' -e empty
    expect 0 '' ''
}

@test "-e: several results are a request each, numbered from the second on" {
    fed '[["a","b","c"],["d"]]\n' -e '.[][]' --id '"x"'
    expect 0 "$(batch x '"a"')"$'\n'"$(batch x-2 '"b"')"$'\n'"$(batch x-3 '"c"')"$'\n'"$(batch x-4 '"d"')" ''
}

@test "-e: an object is merged deeply into the request" {
    fed '{"model":"fast","temperature":0,"environment":{"location":{"city":"Graz"}}}\n' -l ::1 -e '{messages: [{role: "user", content: "hi"}]} + .'
    expect 0 '{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{"model":"fast","messages":[{"role":"user","content":"hi"}],"environment":{"location":{"ip_address":"::1","city":"Graz"}},"stream":true,"temperature":0}}' ''
}

@test "-e: an object that brings messages replaces them all" {
    fed '{"messages":[{"role":"user","content":"mine"}]}\n' -s 'not this' -e .
    expect 0 "$(batch 1 '"mine"')" ''
}

@test "-e: the operands are files, as jq has it, - is standard input, and options may follow" {
    printf '"one"\n\n"two"' >a
    printf '{\n"q": "three"\n}' >b
    req -e 'if type == "object" then .q else . end' a b -m fast
    want=$(for n in 1:one 2:two 3:three; do batch "${n%:*}" "\"${n#*:}\""; echo; done)
    expect 0 "${want//'"model":"auto"'/'"model":"fast"'}" ''
    fed '"standard"\n' -e . - a
    expect 0 "$(batch 1 '"standard"')"$'\n'"$(batch 2 '"one"')"$'\n'"$(batch 3 '"two"')" ''
    printf 'x\n' >--id
    req -R -e . -- --id
    expect 0 "$(batch 1 '"x"')" ''
    # Standard input is not read where it is no file: a loop loses no line.
    printf 'x\ny\n' >lines
    while read -r line; do supai-req -e . a >out; echo "$line"; done <lines >seen
    cmp lines seen
    # A form is a file's own; a bad value ends its file only, and is told with it.
    printf '{"q":\n x}\n"lost"' >c
    req -e . c a
    expect 65 "$(batch 2 '"one"')"$'\n'"$(batch 3 '"two"')" 'supai-req: c: record 1: not JSON: *'
    req -e . a missing a
    assert_equal "$status" 66
    expect 66 "$(for n in 1:one 2:two 3:one 4:two; do batch "${n%:*}" "\"${n#*:}\""; echo; done)" \
        'supai-req: missing: No such file or directory'
    : >empty
    req -e . empty a
    assert_equal "$status $stderr" '0 '
    req -e . empty
    expect 66 '' 'supai-req: empty: empty'
    fed '"x"\n' -e . 'Sum this up:'
    expect 64 '' "supai-req: 'Sum this up:': with -e the operands are files: the filter makes the text*"
}

@test "-e @FILE is the program in a file, jq's own formats are programs" {
    printf '# what to ask\n"Good? " +\n  .q\n' >ask.jq
    fed '{"q":"one"}\n' -e @ask.jq
    expect 0 "$(batch 1 '"Good? one"')" ''
    fed '{"q":"one"}\n' -e @json
    expect 0 "$(batch 1 '"{\"q\":\"one\"}"')" ''
    fed '["a","b"]\n' -e '@csv "x\(.)"'
    expect 0 "$(batch 1 '"x\"a\",\"b\""')" ''
    fed '1\n' -e @missing.jq
    expect 66 '' 'supai-req: missing.jq: No such file or directory'
}

@test "-e: a program that fails on every record is said once" {
    seq 1000 >in
    req -e .a in
    expect 65 '' $'supai-req: in: record 1: Cannot index number with *"a"*\nsupai-req: 999 more records, for the same reason'
    req -e 'ascii_downcase' in
    expect 65 '' $'supai-req: in: record 1: *\nsupai-req: 999 more records, for the same reason'
    req -e . in
    expect 65 '' $'supai-req: in: record 1: -e gave number, *\nsupai-req: 999 more records, for the same reason'
    # One that fails on some is not wrong: each of those is said.
    req -e 'if . < 999 then tostring else .a end' in
    assert_equal "$status" 65
    [[ $stderr == 'supai-req: in: record 999: Cannot index number '*$'\nsupai-req: in: record 1000: Cannot index number '* ]]
}

@test "-e: what every request has is there in each" {
    printf 'f\n' >f
    fed '"one"\n"two"\n' -m fast -s s -f f -x -e .
    for n in one two; do
        [[ $output == *'"body":{"model":"fast","messages":[{"role":"system","content":"s"},{"role":"user","content":"==> f <==\nf\n\n'$n'"}],"stream":true,"include_supai_chunks":true}}'* ]]
    done
    assert_equal "$status" 0
}

@test "-R: records are lines, as strings" {
    fed 'one "1"\n\\u0041\nthree' -R -e .
    expect 0 "$(batch 1 '"one \"1\""')"$'\n'"$(batch 2 '"\\u0041"')"$'\n'"$(batch 3 '"three"')" ''
    fed 'a,b\n' --raw-input --each 'split(",")[1]'
    expect 0 "$(batch 1 '"b"')" ''
}

@test "--id names the requests: strings, and numbers as text" {
    fed '{"id":"a/1"}\n{"id":7}\n{"id":1.5}\n' -e '"x"' --id .id
    expect 0 "$(batch a/1 '"x"')"$'\n'"$(batch 7 '"x"')"$'\n'"$(batch 1.5 '"x"')" ''
}

@test "--id: anything else is 65, and the other records go on" {
    fed '{"id":null}\n{"id":""}\n{}\n{"id":[1]}\n{"id":"ok"}\n' -e '"x"' --id .id
    why='--id gave neither a string that is not empty nor a number'
    expect 65 "$(batch ok '"x"')" "supai-req: record 1: $why"$'\n'"supai-req: record 2: $why"$'\n'"supai-req: record 3: $why"$'\n'"supai-req: record 4: $why"
    fed '1\n' -e '"x"' --id empty
    expect 65 '' 'supai-req: record 1: --id gave no id'
    fed '1\n' -e '"x"' --id '"a","b"'
    expect 65 '' 'supai-req: record 1: --id gave more than one id'
    fed '1\n' -e '"x"' --id 'error("no")'
    expect 65 '' 'supai-req: record 1: no'
}

# ids FILTER NUMBER=ID ...: the id that FILTER makes of each number.
ids() {
    local filter=$1 pair want=
    shift
    for pair; do
        printf '{"n":%s}\n' "${pair%%=*}"
        want+=${pair#*=}$'\n'
    done >records
    run --separate-stderr bash -c 'supai-req -e "\"x\"" --id "$1" <records | jq -r .custom_id' - "$filter"
    expect 0 "${want%$'\n'}" ''
}

@test "--id: a number is the record's own, whatever libjq there is: sixteen spellings" {
    ids .n 7=7 -12=-12 1.5=1.5 0.1=0.1 0.000001=0.000001 1e-7=1e-7 \
        9007199254740991=9007199254740991 9007199254740992=9007199254740992 \
        9007199254740993=9007199254740993 -9007199254740993=-9007199254740993 \
        4503599627370497.25=4503599627370497.25 0.1000000000000000055=0.1000000000000000055 \
        12345678901234567890123=12345678901234567890123 1e20=100000000000000000000 \
        1e400=1e+400 1.25E-400=1.25e-400
}

@test "--id: one spelling for each value" {
    ids .n 1=1 1.0=1 1.000e0=1 10e-1=1 0.1E1=1 1000e-003=1
    ids .n 1e3=1000 1E+3=1000 1000.0=1000 0.001e6=1000
    ids .n 0=0 -0=0 0.0=0 -0.00e5=0 0e99999999999=0
    ids .n 1.50=1.5 150e-2=1.5 0.00000010=1e-7 100e-9=1e-7 1e21=1e+21 1000000000000000000000=1e+21
    ids .n 9007199254740993.0=9007199254740993 9007199254740993000e-3=9007199254740993
}

@test "--id: a number inside of a string is spelled so, too" {
    ids '"\(.n)/x"' 7=7/x 1.0=1/x 1E+3=1000/x 9007199254740993=9007199254740993/x 1e20=100000000000000000000/x
    ids '.n | tostring' 1.50=1.5 -0=0 4503599627370497.25=4503599627370497.25
    ids '[.n] | first' 9007199254740993=9007199254740993
}

@test "--id: what is no string and no exact number is refused" {
    fed '9007199254740993\n9007199254740991\n' -e '"x"' --id 'tonumber'
    expect 65 "$(batch 9007199254740991 '"x"')" 'supai-req: record 1: --id computed a number that is too large to be exact'
    fed '1e12345678901\n' -e '"x"' --id '"me"'
    expect 65 '' 'supai-req: record 1: a number with an exponent of more than nine digits: --id cannot tell it from others'
    fed '1\n' -e '"x"' --id nan
    expect 65 '' 'supai-req: record 1: --id gave neither a string that is not empty nor a number'
}

@test "--id sees a record as it is, but for such numbers" {
    fed '{"a":[true,null,{"b":"\\u00e9\\ud83d\\ude00"}],"a":["last"]}\n' -e '"x"' --id tojson
    assert_equal "$status" 0
    assert_equal "$(jq -r .custom_id <<<"$output")" '{"a":["last"]}'
    printf '[7, {"a": [true, false, null, {"b": "\\u00e9\\ud83d\\ude00"}]},\n "c"]\n' >record
    run --separate-stderr bash -c 'supai-req -e "\"x\"" --id tojson <record | jq -r .custom_id'
    expect 0 '[7,{"a":[true,false,null,{"b":"é😀"}]},"c"]' ''
}

@test "-e: a record that makes no request is named, 65, and the others go on" {
    fed '"one"\n{"a":}\nnull\n7\n""\n{}\n["x"]\n"two"\n' -e .
    expect 65 "$(batch 1 '"one"')"$'\n'"$(batch 8 '"two"')" \
"supai-req: record 2: not JSON: not a JSON value, at offset 5
supai-req: record 3: -e gave null, neither a string nor an object
supai-req: record 4: -e gave number, neither a string nor an object
supai-req: record 5: an empty prompt
supai-req: record 6: an empty prompt
supai-req: record 7: -e gave array, neither a string nor an object"
}

@test "-e: a request that the API would refuse is 65 and named" {
    fed '{"model":"fats"}\n{"stream":1}\n{"messages":[]}\n{"models":["gpt5"]}\n{}\n' -e '{messages: [{role: "user", content: "hi"}]} + .'
    expect 65 "$(batch 5 '"hi"')" "supai-req: record 1: model: unknown mode 'fats': did you mean fast?
supai-req: record 2: stream must be a boolean, not a number
supai-req: record 3: messages must hold a message
supai-req: record 4: models[[]0]: unknown model 'gpt5': did you mean openai/gpt-5,*"
    fed '{"model":"fats","messages":[{"role":"user","content":"hi"}]}\n' --unlisted -e .
    assert_equal "$status" 0
}

@test "-e: a jq error at run time is 65 and named, and the others go on" {
    fed '{"q":"one"}\n5\n{"q":"two"}\n' -e .q
    expect 65 "$(batch 1 '"one"')"$'\n'"$(batch 3 '"two"')" 'supai-req: record 2: Cannot index number with *'
    fed '1\n' -e 'error({"a":1})'
    expect 65 '' 'supai-req: record 1: {"a":1}'
    fed '1\n' -e '"x", error("late")'
    expect 65 "$(batch 1 '"x"')" 'supai-req: record 1: late'
}

@test "-e: halt ends it" {
    fed '1\n2\n3\n' -e 'if . == 2 then halt else tostring end'
    expect 0 "$(batch 1 '"1"')" ''
    fed '1\n2\n3\n' -e tostring --id 'if . == 2 then "two", halt else . end'
    expect 0 "$(batch 1 '"1"')
$(batch two '"2"')" ''
}

@test "-e: halt_error names the record, ends it, and is 65" {
    fed '1\n2\n3\n' -e 'if . == 2 then "stop here" | halt_error else tostring end'
    expect 65 "$(batch 1 '"1"')" 'supai-req: record 2: stop here'
    fed '1\n2\n' -e '{why: "a"} | halt_error(0)'
    expect 65 '' 'supai-req: record 1: {"why":"a"}'
    fed '1\n2\n' -e '"first", ("late\n" | halt_error)'
    expect 65 "$(batch 1 '"first"')" 'supai-req: record 1: late'
    fed '1\n2\n' -e tostring --id '"no id" | halt_error'
    expect 65 '' 'supai-req: record 1: no id'
}

@test "-e: debug says the value, input has nothing to give, a module is not found" {
    # What is not set up is garbage, not by chance zero.
    export MALLOC_PERTURB_=85
    fed '1\n' -e 'tostring | debug'
    expect 0 "$(batch 1 '"1"')" 'supai-req: debug: "1"'
    fed '1\n2\n' -e 'input | tostring'
    expect 65 '' "supai-req: record 1: input: the program sees one record at a time
supai-req: 1 more record, for the same reason"
    fed '1\n' -e '[inputs] | tostring'
    expect 65 '' 'supai-req: record 1: input: the program sees one record at a time'
    fed '1\n' -e 'import "nosuch" as n; .'
    expect 64 '' 'supai-req: -e: module not found: nosuch'
    fed '1\n' -e 'include "nosuch"; .'
    expect 64 '' 'supai-req: -e: module not found: nosuch'
}

@test "-e: an object without messages is no prompt, but for the files of -f" {
    fed '{}\n' -e .
    expect 65 '' "supai-req: record 1: an empty prompt"
    printf 'x\n' >f
    fed '{}\n' -f f -e .
    expect 0 "$(batch 1 '"==> f <==\nx"')" ''
}

@test "-e: what is no jq program is 64, in one line" {
    fed '1\n' -e '.a['
    expect 64 '' 'supai-req: -e: syntax error, *'
    assert_equal "${#stderr_lines[@]}" 1
    fed '1\n' -e 'nosuch'
    expect 64 '' 'supai-req: -e: nosuch/0 is not defined at <top-level>, line 1*'
    fed '1\n' -e . --id '}'
    expect 64 '' 'supai-req: --id: syntax error, *'
}

@test "-R and --id need -e" {
    req -R hi
    expect 64 '' "supai-req: --raw-input goes with --each"$'\n'"$USAGE"
    req --id . hi
    expect 64 '' "supai-req: --id goes with --each"$'\n'"$USAGE"
}

@test "-e: empty input is 66, and said" {
    fed '' -e .
    expect 66 '' 'supai-req: standard input: empty'
    fed '' -R -e .
    expect 66 '' 'supai-req: standard input: empty'
}

@test "-e: an input of blank lines alone holds no record: 66, and said" {
	run --separate-stderr supai-req -e . < <(printf '\n \n')
	[ "$status" -eq 66 ]
	[ -z "$output" ]
	[ "$stderr" = "supai-req: standard input: no record in it" ]
}

@test "-R: a line with a NUL byte is no text, and the others go on" {
	run --separate-stderr supai-req -R -e . < <(printf 'a\0b\nc\n')
	[ "$status" -eq 65 ]
	[ "$(jq -r .custom_id <<<"$output")" = 2 ]
	[ "$stderr" = "supai-req: record 1: a NUL byte at offset 1: not text" ]
}

@test "-e: invalid UTF-8 is that record's fault" {
    fed '"one"\n"\xff"\n"three"\n' -e .
    expect 65 "$(batch 1 '"one"')"$'\n'"$(batch 3 '"three"')" 'supai-req: record 2: not UTF-8 at offset 1'
    fed 'one\n\xc3\n' -R -e .
    expect 65 "$(batch 1 '"one"')" 'supai-req: record 2: not UTF-8 at offset 0'
}

@test "-e: a record over --max-record is refused, the others go on" {
    fed '"one"\n"a longer one, much longer"\n"three"\n' --max-record 20 -e '{"messages":[]}'
    assert_equal "$status" 65
    [[ $stderr == *'supai-req: record 2: longer than 20 bytes (--max-record)'* ]]
    [[ $stderr == *'supai-req: record 3: messages must hold a message'* ]]
}

@test "-e: after a broken value that spans lines nothing is read, and that is said" {
    fed '{\n"a":1\n}\n{\n"a":1]\n}\n"x"\n' -e tostring
    expect 65 "$(batch 1 '"{\"a\":1}"')" 'supai-req: record 2: not JSON: no comma or closing bracket after a value, at offset *; what follows it was not read'
    fed '{\n"a":\n' -e tostring
    expect 65 '' 'supai-req: record 1: not JSON: it ends too early, at offset 7; what follows it was not read'
}

@test "-e: each request is out before the next record is there" {
    mkfifo records lines
    supai-req -e . <records >lines 3>&- &
    pid=$!
    exec 8>records 9<lines
    for text in one two; do
        printf '"%s"\n' "$text" >&8
        read -r -t 10 line <&9
        [[ $line == *"\"$text\""* ]]
    done
    # A value that spans lines is out as soon as it is whole.
    exec 8>&- 9<&-
    wait "$pid"
    supai-req -e .q <records >lines 3>&- &
    pid=$!
    exec 8>records 9<lines
    for text in one two; do
        printf '{\n"q":' >&8
        printf '"%s"}' "$text" >&8
        read -r -t 10 line <&9
        [[ $line == *"\"$text\""* ]]
    done
    exec 8>&- 9<&-
    wait "$pid"
}

@test "-e: ten thousand records" {
    run_pipe 'seq 10000 | supai-req -e tostring | tail -n 1'
    assert_equal "$stages" '0 0 0'
    assert_equal "$output" "$(batch 10000 '"10000"')"
}

@test "numbers and strings of records come through" {
    fed '{"n":[0,-1,1.5,1e3,12345678],"s":"\\ud83d\\ude00 \\ud800 \\u0000"}\n' -e '{"messages":[{"role":"user","content":.s}],"x":.n}'
    assert_equal "$status" 0
    [[ $output == *'"content":"'$'\xf0\x9f\x98\x80 \xef\xbf\xbd'' \u0000"'* ]]
    # The values: libjq 1.6 writes 1000, 1.7 and later the record's own spelling.
    jq -e '.body.x == [0,-1,1.5,1000,12345678]' <<<"$output"
}

@test "-e: out of memory in the program is 71, and no crash" {
    [ -z "${SUPAI_SAN-}" ] || skip "the sanitizers need all the memory there is"
    run --separate-stderr bash -c 'ulimit -v 100000 || exit 99; echo 1 | exec supai-req -e "[range(20000000)] | tostring"'
    [ "$status" -ne 99 ] || skip "no limit of memory"
    expect 71 '' '*supai-req: out of memory'
}

# --- the rules of a request ---------------------------------------------------

# refused 'OBJECT' 'MESSAGE': the object, merged into the request of hi.
refused() {
    printf '%s\n' "$1" >record
    run --separate-stderr supai-req -e '{messages: [{role: "user", content: "hi"}]} + .' <record
    assert_equal "$1: $status $output" "$1: 65 "
    assert_equal "$1: $stderr" "$1: supai-req: record 1: $2"
}

accepted() {
    printf '%s\n' "$1" >record
    run --separate-stderr supai-req -e '{messages: [{role: "user", content: "hi"}]} + .' <record
    assert_equal "$1: $status $stderr" "$1: 0 "
}

@test "rules: messages" {
    refused '{"messages":null}' 'messages must be an array, not null'
    refused '{"messages":"hi"}' 'messages must be an array, not a string'
    refused '{"messages":[]}' 'messages must hold a message'
    refused '{"messages":["hi"]}' 'messages[0] must be an object, not a string'
    refused '{"messages":[{"content":"x"}]}' 'messages[0].role is missing'
    refused '{"messages":[{"role":5,"content":"x"}]}' 'messages[0].role must be a string, not a number'
    refused '{"messages":[{"role":"user"}]}' 'messages[0].content is missing'
    refused '{"messages":[{"role":"user","content":null}]}' 'messages[0].content must be a string or an array of parts, not null'
    refused '{"messages":[{"role":"user","content":true}]}' 'messages[0].content must be a string or an array of parts, not a boolean'
    refused '{"messages":[{"role":"system","content":"x"},{"role":"system","content":"y"}]}' 'messages must hold one that is not a system message'
    refused '{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}]}' 'messages must end with a user message'
    refused '{"messages":[{"role":"user","content":"x"},{"role":"system","content":"y"}]}' 'messages must end with a user message'
    accepted '{"messages":[{"role":"system","content":""},{"role":"assistant","content":"y"},{"role":"user","content":"x","name":"me"}]}'
}

@test "rules: roles are the page's three" {
    for role in developer tool function User ''; do
        refused '{"messages":[{"role":"'"$role"'","content":"x"}]}' "messages[0].role must be system, user or assistant, not '$role'"
    done
    refused '{"messages":[{"role":"user\u0000","content":"x"}]}' 'messages[0].role must hold no NUL character'
}

@test "rules: parts" {
    part() { printf '{"messages":[{"role":"user","content":[%s]}]}' "$1"; }
    accepted "$(part '{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"https://example.org/","detail":"low"}}')"
    refused "$(part '')" 'messages[0].content must hold a part'
    refused "$(part '"x"')" 'messages[0].content[0] must be an object, not a string'
    refused "$(part '{"text":"x"}')" 'messages[0].content[0].type is missing'
    refused "$(part '{"type":"input_audio"}')" "messages[0].content[0].type must be text or image_url, not 'input_audio'"
    refused "$(part '{"type":"text"}')" 'messages[0].content[0].text is missing'
    refused "$(part '{"type":"text","text":1}')" 'messages[0].content[0].text must be a string, not a number'
    refused "$(part '{"type":"text","text":"x"},{"type":"image_url"}')" 'messages[0].content[1].image_url is missing'
    refused "$(part '{"type":"image_url","image_url":"https://example.org/"}')" 'messages[0].content[0].image_url must be an object, not a string'
    refused "$(part '{"type":"image_url","image_url":{}}')" 'messages[0].content[0].image_url.url is missing'
    refused "$(part '{"type":"image_url","image_url":{"url":"cat.png"}}')" "messages[0].content[0].image_url.url must be an http, https or data URL, not 'cat.png'"
}

@test "rules: environment" {
    refused '{"environment":null}' 'environment must be an object, not null'
    refused '{"environment":{"date":"2024-01-15"}}' "environment.date must be an RFC 3339 date and time, not '2024-01-15'"
    refused '{"environment":{"date":null}}' 'environment.date must be a string, not null'
    refused '{"environment":{"location":[]}}' 'environment.location must be an object, not an array'
    refused '{"environment":{"location":{"ip_address":"here"}}}' "environment.location.ip_address must be 'current' or an IP address, not 'here'"
    refused '{"environment":{"location":{"ip_address":7}}}' 'environment.location.ip_address must be a string, not a number'
    refused '{"environment":{"user_name":false}}' 'environment.user_name must be a string, not a boolean'
    accepted '{"environment":{"date":"2024-01-15T10:30:00Z","location":{"ip_address":"192.0.2.1"},"user_name":"","more":1}}'
}

@test "rules: chunks, mode, models, stream and its options" {
    refused '{"include_supai_chunks":"yes"}' 'include_supai_chunks must be a boolean, not a string'
    refused '{"model":null}' 'model must be a string, not null'
    refused '{"model":"openai/gpt-5"}' "model: 'openai/gpt-5' is a model, not a mode: it belongs in models"
    refused '{"models":"openai/gpt-5"}' 'models must be an array or null, not a string'
    refused '{"models":[1]}' 'models[0] must be a string, not a number'
    refused '{"models":["openai/gpt-5","xyzzy"]}' "models[1]: unknown model 'xyzzy' (supai-models lists the known ones)"
    refused '{"stream":null}' 'stream must be a boolean, not null'
    refused '{"stream_options":[]}' 'stream_options must be an object, not an array'
    refused '{"stream_options":{"include_usage":1}}' 'stream_options.include_usage must be a boolean, not a number'
    accepted '{"include_supai_chunks":false,"model":"deep-thinking","models":null,"stream":false,"stream_options":{}}'
    accepted '{"models":[]}'
    accepted "{\"models\":[$(sed 's/.*/"&"/' "$ROOT/lib/models.txt" | paste -s -d , -)]}"
}

@test "rules: members that the page does not know are accepted" {
    accepted '{"temperature":0,"max_tokens":null,"tools":[],"user":"me"}'
}

@test "rules: a long value is cut in the message" {
    long=$(printf 'x%.0s' {1..500})
    refused '{"messages":[{"role":"'"$long"'","content":"x"}]}' "messages[0].role must be system, user or assistant, not '${long:0:60}…'"
    refused '{"model":"'"$long"'"}' "model: unknown mode '${long:0:96}…' (supai-models -m lists the known ones)"
}

# --- limits and bad input -----------------------------------------------------

@test "a line of 10 MiB is fine, one of 65 MiB is 65" {
    head -c 10485760 /dev/zero | tr '\0' x >big
    supai-req - <big >out
    [ "$(wc -c <out | tr -d ' ')" -gt 10485760 ]
    head -c 68157440 /dev/zero | tr '\0' x >big
    for args in '-' '-f big hi' '-s @big hi' '-H big hi' '-i big hi'; do
        # shellcheck disable=SC2086
        run --separate-stderr supai-req $args <big
        assert_equal "$args: $status $output" "$args: 65 "
        [[ $stderr == 'supai-req: '*': longer than 67108864 bytes (--max-record)' ]]
    done
    run --separate-stderr supai-req -Re . <big
    expect 65 '' 'supai-req: record 1: longer than 67108864 bytes (--max-record)'
}

@test "--max-record sets the limit, of the request too" {
    fed 'abc' --max-record 2
    expect 65 '' 'supai-req: standard input: longer than 2 bytes (--max-record)'
    fed 'abc' --max-record 10
    expect 65 '' 'supai-req: the request: longer than 10 bytes (--max-record)'
    fed 'abc' --max-record 1K
    expect 0 "$(says '"abc"')" ''
    req --max-record 0 hi
    assert_equal "$status" 64
}

@test "JSON nested 10,000 deep is 65" {
    printf '[%.0s' {1..10000} >deep
    run --separate-stderr supai-req -e tostring <deep
    expect 65 '' 'supai-req: record 1: not JSON: nested more than 256 deep, at offset 256; what follows it was not read'
    run --separate-stderr supai-req -H deep hi
    expect 65 '' 'supai-req: deep: line 1: not JSON: nested more than 256 deep'
    run --separate-stderr supai-req -E "$(cat deep)" hi
    expect 64 '' 'supai-req: --environment: not JSON: nested more than 256 deep, at offset 256'
}

@test "a full disk, a closed stdout: 74" {
    [ -e /dev/full ] || skip 'no /dev/full'
    run --separate-stderr bash -c 'supai-req hi >/dev/full'
    expect 74 '' 'supai-req: standard output: No space left on device'
    run --separate-stderr bash -c 'supai-req hi >&-'
    expect 74 '' 'supai-req: standard output: Bad file descriptor'
    run --separate-stderr bash -c 'supai-req -e . <<<"\"x\"" >/dev/full'
    expect 74 '' 'supai-req: standard output: No space left on device'
}

@test "a reader that is gone ends it by SIGPIPE, in silence" {
    run_pipe 'yes "\"x\"" | supai-req -e . | head -n 1 >/dev/null'
    assert_equal "$stages" '141 141 0'
    assert_equal "$stderr" ''
}

@test "options that are none, or lack what they need, are 64" {
    req --nosuch hi
    expect 64 '' "supai-req: unknown option '--nosuch'"$'\n'"$USAGE"
    req -s
    expect 64 '' "supai-req: option '-s' needs an argument"$'\n'"$USAGE"
}

@test "what reaches standard error passes the terminal filter" {
    req -f $'\e]52;c;x\a' hi
    expect 66 '' 'supai-req: \\x1b]52;c;x\\x07: No such file or directory'
    fed '1\n' -e $'error("\e[2J")'
    [[ $stderr != *$'\e'* ]]
}

# --- notes on a terminal ------------------------------------------------------

# noted TEXT COMMAND: the shell command says this on a terminal, and nothing elsewhere.
noted() {
    run pty -2 bash -c "$2 >out; :"
    assert_equal "$output" "$1"
    run --separate-stderr bash -c "$2 >out; :"
    assert_equal "$stderr" ''
}

@test "a terminal is told of input that waits and is not read" {
    unread='supai-req: standard input is not read: a word - puts it into the prompt'
    echo data >data
    : >empty
    noted "$unread" 'echo data | supai-req Sum up'
    noted "$unread" 'supai-req Sum up <data'
    noted "$unread" 'supai-req -f data Sum up <data'
    # not where it is read,
    noted '' 'echo data | supai-req Sum up -'
    noted '' 'echo data | supai-req'
    noted '' 'echo data | supai-req -s @- hi'
    noted '' 'echo data | supai-req -f /dev/stdin hi'
    noted '' 'echo data | supai-req -e . -R'
    # nor where there is nothing, or a loop's
    noted '' 'supai-req hi <empty'
    noted '' 'supai-req hi </dev/null'
    noted '' 'while read -r line; do supai-req "$line"; done <data'
    noted '' 'cat data | while read -r line; do supai-req "$line"; done'
    noted '' 'echo data | { supai-req hi; cat >/dev/null; }'
}

@test "a terminal is told of a word of the prompt that is a file's name, after -f" {
    echo one >n1.txt
    echo two >n2.txt
    noted "supai-req: 'n2.txt' is a word of the prompt, and the name of a file: -f n2.txt puts that into it" \
        'supai-req -f n1.txt n2.txt "Sum up" </dev/null'
    noted '' 'supai-req -f n1.txt -f n2.txt "Sum up" </dev/null'
    noted '' 'supai-req n2.txt "Sum up" </dev/null'
}
