#!/usr/bin/env bats
# The README, the pages, --help and the code say the same, and what they show
# runs.

load helper
load docs

setup() {
    common_setup
    pages=("$ROOT"/man/*.[157])
    tools=$(sed -n -e 's/^TOOLS = //p' "$ROOT/Makefile")
    bad=
}

# wrong WHAT: notes a failure, so that a loop reports them all.
wrong() { bad+="$1"$'\n'; }
none_wrong() { [ -z "$bad" ] || fail <<<"$bad"; }

@test "each tool has a page, and stands in the README and the tour" {
    for t in $tools; do
        [ -f "$ROOT/man/$t.1" ] || wrong "no man/$t.1"
        grep -q "^| $t |" "$ROOT/README.md" || wrong "README.md has no row for $t"
        grep -q "^\.It Xr $t 1$" "$ROOT/man/supai.7" || wrong "supai.7 does not list $t"
    done
    assert_equal "$(sed -n 's/^| \(supai[a-z-]*\) |.*/\1/p' "$ROOT/README.md" | sort)" \
        "$(printf '%s\n' $tools | sort)"
    none_wrong
}

@test "options are the same in the table, in --help and in the page" {
    for t in $tools; do
        case $t in
        supai) supai_options "$ROOT/bin/$t.c" >table ;;
        *) table_options "$ROOT/bin/$t.c" >table ;;
        esac
        help_options "$t" >help
        page_options "$ROOT/man/$t.1" >page
        diff table help >help.diff || wrong "$t: <table >--help"$'\n'"$(cat help.diff)"
        diff table page >page.diff || wrong "$t: <table >page"$'\n'"$(cat page.diff)"
    done
    none_wrong
}

@test "--help fits 79 columns, and the page has the options in the same order" {
    for t in $tools; do
        "$t" --help all | tr -d '\200-\277' >help # a character is its first byte
        long=$(grep -E '.{80}' help) && wrong "$t --help: $long"
        out_of_order help "$ROOT/man/$t.1" >order
        [ ! -s order ] || wrong "$t.1: not in the order of --help: $(cat order)"
    done
    none_wrong
}

@test "a page's first screen has a command that runs, and DESCRIPTION the three commonest" {
    for page in "${pages[@]}"; do
        name=${page##*/}
        mkdir "$name"
        examples "$page" "$PWD/$name"
        first=$(ls "$name" | head -n 1)
        mandoc -Tascii -O width=79 "$page" | head -n 23 >screen
        grep -qF -e "$(head -n 1 "$name/$first")" screen || wrong "$name: no command on the first screen"
        [[ $name == *.1 ]] || continue
        [ "${first%.sh}" -lt "$(grep -n '^\.Ss\|^\.Sh EXAMPLES' "$page" | sed 's/:.*//;q')" ] &&
            [ "$(grep -c '^[^ ]' "$name/$first")" -ge 3 ] ||
            wrong "$name: the three commonest commands are not in DESCRIPTION"
    done
    none_wrong
}

@test "--help says what the tool does and goes to standard output" {
    for t in $tools; do
        run --separate-stderr "$t" --help
        [ "$status" -eq 0 ] && [ -z "$stderr" ] || wrong "$t --help: status $status, $stderr"
        [[ $output == "usage: $t [options]"* ]] || wrong "$t --help starts with ${output%%$'\n'*}"
        run --separate-stderr "$t" -h
        [ "$status" -eq 0 ] && [[ $output == "usage: $t "* ]] || wrong "$t -h"
        run --separate-stderr "$t" -V
        [[ $status$output =~ ^0$t\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || wrong "$t -V: $output"
    done
    none_wrong
}

@test "a wrong option is one line of why and one of usage, and 64" {
    for t in $tools; do
        run --separate-stderr "$t" --no-such-option
        [ "$status" -eq 64 ] && [ -z "$output" ] || wrong "$t: status $status"
        [ "${#stderr_lines[@]}" -eq 2 ] && [[ ${stderr_lines[0]} == "$t: "*--no-such-option* ]] &&
            [[ ${stderr_lines[1]} == "usage: $t "* ]] || wrong "$t: $stderr"
    done
    none_wrong
}

@test "pages are clean and have their sections in order" {
    for page in "${pages[@]}"; do
        said=$(mandoc -Tlint -W warning "$page") || true
        [ -z "$said" ] || wrong "$said"
        got=$(sections "$page" | grep -vx -e ENVIRONMENT -e FILES -e STANDARDS -e CAVEATS -e BUGS |
            tr '\n' ,)
        want='NAME,SYNOPSIS,DESCRIPTION,EXIT STATUS,EXAMPLES,SEE ALSO,'
        [[ $page != *.5 ]] || want='NAME,DESCRIPTION,EXAMPLES,SEE ALSO,' # a file has no status
        [[ $page != *-recipes.7 ]] || want='NAME,DESCRIPTION,SEE ALSO,' # it is examples
        [ "$got" = "$want" ] ||
            wrong "${page##*/} has the sections $got"
    done
    none_wrong
}

@test "statuses are the same in the code, in the README and in the tour" {
    # The names that the code uses, by the compiler's own <sysexits.h>.
    cat >statuses.c <<'C'
#include "diag.h"
C
    "${CC:-cc}" -dM -E -I"$ROOT/lib" statuses.c |
        sed -n 's/^#define \(EX_[A-Z]*\) \([0-9]*\).*/\1 \2/p' | sort >values
    cat "$ROOT"/bin/*.c "$ROOT"/bin/*/*.[ch] "$ROOT"/lib/*.[ch] | grep -ohw 'EX_[A-Z]*' | sort -u |
        join - values | awk '{ print $2 } END { print 0 }' | sort -nu >used
    readme_statuses "$ROOT/README.md" >readme
    page_statuses "$ROOT/man/supai.7" >tour
    assert_equal "$(tr '\n' ' ' <readme)" '0 1 64 65 66 69 70 71 73 74 75 76 77 78 '
    assert_equal "$(cat tour)" "$(cat readme)"
    assert_equal "$(sort used readme readme | uniq -u)" ''
    for page in "${pages[@]}"; do
        page_statuses "$page" >page
        [ -s page ] || [[ $page == *.5 || $page == *-recipes.7 ]] || wrong "${page##*/} has no statuses"
        [ -z "$(sort page readme readme | uniq -u)" ] || wrong "${page##*/}: unknown status"
        sort -nuc page || wrong "${page##*/}: statuses out of order"
    done
    none_wrong
}

@test "every example in the README and the pages runs" {
    for doc in "$ROOT/README.md" "${pages[@]}"; do
        name=${doc##*/}
        mkdir "$name"
        examples "$doc" "$BATS_TEST_TMPDIR/$name" || wrong "$name: see above"
        [ -n "$(ls "$name")" ] || wrong "$name: no example that runs"
        for block in "$BATS_TEST_TMPDIR/$name"/*.sh; do
            dir=${block%.sh}
            mkdir -p "$dir/home" && cd "$dir" && example_files
            HOME=$dir/home timeout 100 supai-mock -- bash -c "$example_panel"' exec bash -eu "$1"' - "$block" \
                >out 2>err </dev/null ||
                wrong "$name, line $((10#$(basename "$dir"))): status $?"$'\n'"$(cat "$block" err)"
            cd "$BATS_TEST_TMPDIR"
        done
    done
    none_wrong
}

@test "the README's timer is supai-batch(1)'s" {
    mkdir readme page
    units "$ROOT/README.md" readme
    units "$ROOT/man/supai-batch.1" page
    assert_equal "$(cd readme && echo *)" 'reviews.service reviews.timer'
    diff readme page
}

@test "systemd takes every unit in the pages" {
    command -v systemd-analyze >/dev/null || skip "no systemd-analyze"
    for page in "${pages[@]}"; do
        mkdir units
        units "$page" units
        [ -z "$(ls units)" ] || systemd-analyze verify ./units/* >said 2>&1 && ! grep -v '^$' said ||
            wrong "${page##*/}: $(cat said)"
        [ -z "$(ls units)" ] || seen+=" ${page##*/}"
        rm -r units
    done
    [[ $seen == *supai-batch.1* ]]
    none_wrong
}

@test "make demo shows the pipeline that it runs, and the answer" {
    unset SUPAI_BASE_URL
    run --separate-stderr env BIN="$BIN" SUPAI_API_KEY=mine sh "$ROOT/tests/demo.sh"
    assert_equal "$status" 0
    assert_equal "$stderr" ''
    assert_line '  supai-req "Why is the sky blue?" | supai-send | supai-sse | supai-text'
    assert_line --partial 'Sunlight holds every colour.'
    assert_line --partial '"content":"Why is the sky blue?"'
    # And the ensemble over models of one's own.
    assert_line --partial 'supai-req -x "Why is the sky blue?" | supai-ensemble --panel panel |'
    assert_line --regexp '^  model blue http://127.0.0.1:[0-9]+/v1/openai fast$'
    assert_equal "$(grep -c 'Sunlight holds every colour.' <<<"$output")" 2
}

@test "make html: an index of all pages, and every link leads somewhere" {
    run --separate-stderr sh "$ROOT/man/html.sh" "$PWD/html"
    expect 0 '' ''
    for page in "${pages[@]}"; do
        grep -q "href=\"${page##*/}.html\"" html/index.html || wrong "the index lacks ${page##*/}"
    done
    for file in html/*.html; do
        for link in $(grep -o 'href="[^"#][^"#]*' "$file" | sed 's/^href="//' | grep -v '^https:' | sort -u); do
            [ -f "html/$link" ] || wrong "${file##*/} links to $link"
        done
        grep -q '<meta name="viewport"' "$file" || wrong "${file##*/}: nothing for a phone"
    done
    none_wrong
}
