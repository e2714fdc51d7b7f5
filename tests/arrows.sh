#!/usr/bin/env bash
# tests/arrows.sh circle|rooms|own: what in the tree of the current folder goes against
# the house's arrows, a line for each; nothing, and status 0, when all is well.
#
#   rooms   a file includes the headers of lib and of its tool's own folder alone
#   circle  no module of lib includes one that, over others, includes it
#   own     members that a header calls "NAME's own" are used in NAME.c alone
#
# CC and CLANG_FLAGS are the compiler and its flags, for own.
set -u
shopt -s nullglob

# rooms_of FILE: the folder with the rooms of a tool's own file.
rooms_of() {
    local tool=${1##*/}
    tool=${tool#supai-}
    tool=${tool%.c}
    echo "bin/${tool/#supai/pipeline}"
}

# includes FILE: the headers in quotes.
includes() { sed -n 's/^#[[:blank:]]*include[[:blank:]]*"\(.*\)".*/\1/p' "$1"; }

# made HEADER: whether make writes it, of a list of lib's or a text of the ensemble's.
made() {
    case $1 in
    */*) false ;;
    *_list.h) [ -f "lib/${1%_list.h}.txt" ] ;;
    *_text.h) [ -f "bin/ensemble/${1%_text.h}.txt" ] ;;
    *) false ;;
    esac
}

# FILE FOLDER ...: those of its headers that stand in no such folder.
strangers() {
    local file=$1 header folder
    shift
    includes "$file" | while read -r header; do
        case $header in
        */*) ;;
        *)
            made "$header" && continue
            for folder; do
                [ ! -f "$folder/$header" ] || continue 2
            done
            ;;
        esac
        printf '%s includes %s\n' "$file" "$header"
    done
}

rooms() {
    local file
    for file in lib/*.[ch]; do
        strangers "$file" lib
    done
    for file in bin/*.c; do
        strangers "$file" "$(rooms_of "$file")" lib
    done
    for file in bin/*/*.[ch]; do
        strangers "$file" "${file%/*}" lib
    done
}

# A module is its header and its source together.
circle() {
    local file module header
    for file in lib/*.[ch]; do
        module=${file##*/}
        module=${module%.*}
        includes "$file" | while read -r header; do
            [ "${header%.h}" = "$module" ] || printf '%s %s\n' "$module" "${header%.h}"
        done
    done | sort -u | { tsort >/dev/null; } 2>&1
}

# A header whose members of that kind are marked so that the compiler names their uses.
mark() {
    awk -v name="$1" -v q="'" '
        BEGIN { says = "(^|[^a-z_])" name q "s? own([.:;,]|[ \t]*$)"; print "#pragma GCC system_header" }
        {
            rest = $0; code = ""; said = ""
            while (rest != "") {
                if (comment) {
                    i = index(rest, "*/")
                    said = said (i ? substr(rest, 1, i - 1) : rest)
                    rest = i ? substr(rest, i + 2) : ""
                    comment = !i
                } else {
                    i = index(rest, "/*")
                    code = code (i ? substr(rest, 1, i - 1) : rest)
                    rest = i ? substr(rest, i + 2) : ""
                    comment = i > 0
                }
            }
            blank = code ~ /^[ \t]*$/
            if (depth > 0 && said ~ says && blank)
                from = depth
            if (fresh && !blank && (from == depth && depth > 0 && code !~ /^[ \t]*}/ ||
                depth > 0 && said ~ says))
                printf "__attribute__((deprecated(\"%s%ss own\")))", name, q
            print
            for (i = 1; i <= length(code); i++) {
                c = substr(code, i, 1)
                if (c == "{") depth++
                else if (c == "}" && --depth < from) from = 0
                if (c !~ /[ \t]/) fresh = c == ";" || c == "{" && depth > 0
            }
        }' "$2"
}

# The uses that cc tells of, but a module's own; and its errors.
uses() {
    # shellcheck disable=SC2086 # flags are words
    ${CC:-cc} ${CLANG_FLAGS-} '-DSUPAI_VERSION="lint"' -Wdeprecated-declarations -Wno-error -fsyntax-only \
        "$@" 2>&1 | awk -v q="'" '
        / error: / { print }
        match($0, "[a-z0-9_]+" q "s own") && / warning: / {
            name = substr($0, RSTART, RLENGTH - 6)
            file = $0
            sub(/:.*/, "", file)
            sub(/.*\//, "", file)
            if (file != name ".c") print
        }'
}

own() {
    local scratch header file made=${BUILD:-build}/lib
    [ "${made#/}" != "$made" ] || made=$PWD/$made
    scratch=$(mktemp -d) || exit 1
    # shellcheck disable=SC2064 # now
    trap "rm -rf '$scratch'" EXIT
    for file in lib/*.c bin/*.c bin/*/*.c tests/*.[ch] tests/*/*.[ch]; do
        mkdir -p "$scratch/${file%/*}" && cp "$file" "$scratch/$file" || exit 1
    done
    for header in lib/*.h bin/*/*.h; do
        mkdir -p "$scratch/${header%/*}"
        file=${header##*/}
        mark "${file%.h}" "$header" >"$scratch/$header"
    done
    cd "$scratch" || exit 1
    tools=(bin/*/) # for the fuzzers
    for file in lib/*.c bin/*.c bin/*/*.c tests/*.c tests/*/*.c; do
        uses -Ilib "-I$(rooms_of "$file")" "-I$made" "${tools[@]/#/-I}" -Itests "$file"
    done
}

said=$("$1")
[ -z "$said" ] || { printf '%s\n' "$said"; exit 1; }
