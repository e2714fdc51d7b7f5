#!/usr/bin/env bash
# Every linter over everything, then the house's own rules. Says all that is
# wrong; status 0 only when nothing is. `make lint` calls it, with the objects
# of lib/ built in $BUILD and the compiler's flags in $CLANG_FLAGS.
set -u
cd "${0%/*}/.." || exit 1
BUILD=${BUILD:-build}
CLANG_FLAGS="${CLANG_FLAGS:--std=c11 -D_XOPEN_SOURCE=700 -Ilib -I$BUILD/lib} -Itests"
JOBS=${JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}
if command -v brew >/dev/null; then
    PATH=$PATH:$(brew --prefix)/opt/llvm/bin
fi
shopt -s nullglob

# What is ours: what git tracks or would, without the fixtures.
files=$(git ls-files -co --exclude-standard 2>/dev/null ||
    find . -type f ! -path './build/*' ! -path './bin/supai' ! -path './bin/supai-*[!c]' | sed 's|^\./||')
files=$(printf '%s\n' "$files" | grep -v -e '^tests/data/' -e '^tests/fuzz/.*/' | while read -r f; do
    [ -f "$f" ] && echo "$f"
done)

c_files=(bin/*.c bin/*/*.c lib/*.c tests/*.c tests/bench/*.c tests/fuzz/*.c tests/preload/*.c)
scripts=(.ci/run .ci/deps man/*.sh tests/*.sh tests/bench/*.sh tests/fuzz/*.sh tests/soak/*.sh tests/packaging/*.sh)

failed=0

# check NAME COMMAND ...: runs it; what it says is shown where it fails.
check() {
    local name=$1 said
    shift
    if said=$("$@" 2>&1); then
        printf 'ok %s\n' "$name"
    else
        printf 'not ok %s\n%s\n' "$name" "$said"
        failed=$((failed + 1))
    fi
}

# nothing COMMAND ...: succeeds when it finds and prints nothing.
nothing() {
    local said
    said=$("$@")
    [ -z "$said" ] || { printf '%s\n' "$said"; return 1; }
}

# clang-tidy: all of these groups but
tidy_checks='-*'
for c in 'bugprone-*' 'cert-*' 'clang-analyzer-*' 'misc-*' 'performance-*' 'portability-*' \
    'readability-*' 'concurrency-*' \
    `# data travels with its length, and is no string` \
    -bugprone-not-null-terminated-result \
    `# takes sizeof(*a) for a mistake where a is an array of pointers` \
    -bugprone-sizeof-expression \
    `# wants memcpy_s and its kin of Annex K, which no libc of ours has` \
    -clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling \
    `# two arguments of one type side by side are C's daily bread` \
    -bugprone-easily-swappable-parameters \
    `# the value of an assignment in a condition is compared there` \
    -bugprone-assignment-in-if-condition \
    `# the field's names are short: p, n, fd, in` \
    -readability-identifier-length \
    `# limits and statuses that have a name have one; the rest are numbers of a standard` \
    -readability-magic-numbers \
    `# KNF: no braces around one statement` \
    -readability-braces-around-statements \
    `# KNF: "if (p != NULL)" where it matters, "!x" on what is a bool` \
    -readability-implicit-bool-conversion \
    `# {'h', "help"} is a table, 0x7f a byte: the case of a suffix is no matter here` \
    -readability-uppercase-literal-suffix \
    `# getopt_long, strerror, getenv: no tool has threads` \
    -concurrency-mt-unsafe \
    `# JSON nests: what walks it calls itself, as deep as json lets it (256)` \
    -misc-no-recursion \
    `# <unistd.h> brings getopt, <signal.h> sigset_t; a header of ours what it speaks of` \
    -misc-include-cleaner \
    `# an array of pointers goes to realloc, memmove and free as any other` \
    -bugprone-multi-level-implicit-pointer-conversion \
    `# * goes before +, at school and here` \
    -readability-math-missing-parentheses \
    `# a ? x : b ? y : z is a table` \
    -readability-avoid-nested-conditional-operator \
    `# a switch over an option's key has a case for each line of the table` \
    -bugprone-switch-missing-default-case \
    `# cannot tell a socket that does not block from one that does` \
    -clang-analyzer-unix.BlockInCriticalSection \
    `# takes each index that was counted in what came from outside for a bad one` \
    -clang-analyzer-security.ArrayBound \
    `# "int a, b" is one thing said once` \
    -readability-isolate-declaration \
    ; do
    tidy_checks+=,$c
done

# rooms FILE: where the headers of its tool's own folder stand.
rooms() {
    case $1 in
    bin/supai.c) echo -Ibin/pipeline ;;
    tests/fuzz/*) printf -- '-I%s\n' bin/*/ ;;
    bin/supai-*.c) tool=${1#bin/supai-} && printf '%s\n' "-Ibin/${tool%.c}" ;;
    esac
}

# libcurl's macros that check types would be counted as branches of ours.
tidy() {
    # shellcheck disable=SC2046,SC2086 # flags are words
    clang-tidy --quiet --checks="$tidy_checks" --warnings-as-errors='*' \
        --config="$tidy_config" "$1" -- \
        $(rooms "$1") $CLANG_FLAGS '-DSUPAI_VERSION="lint"' -DCURL_DISABLE_TYPECHECK 2>&1 |
        grep -v -e '^[0-9]* warnings generated' -e '^[0-9]* warnings* treated as errors'
    return "${PIPESTATUS[0]}"
}
export -f rooms tidy
# A feature test macro has a reserved name for a reason.
tidy_config='{CheckOptions: [
    {key: bugprone-reserved-identifier.AllowedIdentifiers, value: _GNU_SOURCE},
    {key: cert-dcl37-c.AllowedIdentifiers, value: _GNU_SOURCE},
    {key: cert-dcl51-cpp.AllowedIdentifiers, value: _GNU_SOURCE}]}'
export tidy_checks tidy_config CLANG_FLAGS

tidy_all() {
    # shellcheck disable=SC2016 # the inner shell's
    printf '%s\n' "${c_files[@]}" |
        xargs -P "$JOBS" -n 1 bash -c 'said=$(tidy "$1") || { printf "%s\n" "$said"; exit 1; }' -
}

cpp_check() {
    # shellcheck disable=SC2046 # flags are words
    cppcheck -q -j "$JOBS" --std=c11 --enable=warning,performance,portability \
        --inline-suppr --suppress=missingIncludeSystem --error-exitcode=1 \
        --suppress=normalCheckLevelMaxBranches \
        $(printf '%s\n' "$CLANG_FLAGS" | tr ' ' '\n' | grep '^-D') \
        '-DSUPAI_VERSION="lint"' -Ilib -I"$BUILD/lib" -Itests "${c_files[@]}"
}

# Tests hand whole scripts in single quotes to other shells (SC2016).
shell_check() { shellcheck -x -P SCRIPTDIR:SCRIPTDIR/.. -e SC2016 "${scripts[@]}"; }

# Not seen by shellcheck is what bats does: each test is a subshell (SC2030,
# SC2031), run and helper.bash set variables (SC2154) and read them (SC2034).
# And a scratch file may be called 1 or env (SC2210, SC2238).
bats_check() {
    shellcheck -S warning -x -P SCRIPTDIR -e SC2030,SC2031,SC2034,SC2154,SC2210,SC2238 tests/*.bats tests/*.bash
}

# doas and mdoc's .Nd are right; te, caf, tru and Hel are pieces of text, cut in two.
spell() {
    printf '%s\n' "$files" | grep -v -x -e lib/models.txt -e LICENSE | xargs codespell -L doas,nd,te,caf,tru,hel,Hel
}

# Every symbol that X.c exports starts with X_.
exported() {
    local file module
    for file in lib/*.c bin/*/*.c; do
        module=${file##*/}
        module=${module%.c}
        nm -g "$BUILD/${file%.c}.o" | awk -v m="$module" -v file="$file" '
            NF == 3 && $2 != "U" && $2 != "w" {
                sub(/^_/, "", $3) # Mach-O
                if (index($3, m "_") != 1) print file " exports " $3
            }'
    done
}

# A header starts with "/*", "NAME: what it is for", and has NAME_H as guard.
headers() {
    local header module guard
    for header in lib/*.h bin/*/*.h; do
        module=${header##*/}
        module=${module%.h}
        guard=$(printf '%s_H' "$module" | tr '[:lower:]' '[:upper:]')
        sed -n 2p "$header" | grep -q "^ \* $module: " ||
            echo "$header: does not start with what it is for"
        grep -q "^#ifndef $guard\$" "$header" && grep -q "^#define $guard\$" "$header" ||
            echo "$header: no guard $guard"
    done
}

# What a test or a try left there is soon committed.
top() { printf '%s\n' "$files" | grep -v / | grep -vxE '\.gitignore|CHANGES|LICENSE|Makefile|README\.md|SECURITY\.md'; }
unfinished() { printf '%s\n' "$files" | xargs grep -nwE 'T[O]DO|F[I]XME|X[X]X'; }
spaces() { printf '%s\n' "$files" | xargs grep -nE "[[:blank:]]+\$"; }

# Standard output is io's alone: it checks every write.
stdio() {
    grep -nwE '(v?printf|puts|putchar|perror) ?\(|(^|[^/])stdout' bin/*.c bin/*/*.c lib/*.c
}

check clang-tidy tidy_all
check cppcheck cpp_check
check shellcheck shell_check
check 'shellcheck *.bats' bats_check
check codespell spell
for page in man/*.[157]; do
    check "mandoc $page" nothing mandoc -Tlint -W warning "$page"
done
check 'exported names start with their module' nothing exported
check 'headers say what they are for' nothing headers
check 'nothing else stands at the top' nothing top
check 'nothing unfinished' nothing unfinished
check 'no space at a line end' nothing spaces
check 'standard output is written by io' nothing stdio
check 'tools include lib and their own rooms, lib includes lib' tests/arrows.sh rooms
check 'no circle in lib' tests/arrows.sh circle
check 'what a header calls its own is used by its module alone' tests/arrows.sh own

printf '%d linters failed\n' "$failed"
[ "$failed" -eq 0 ]
