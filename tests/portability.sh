#!/bin/sh
# Builds everything without a warning with each compiler that is here; one that
# is not is skipped with its reason. What is compiled is linked too, where there
# are libraries for it. 1 when one of them fails. `make portability` calls it.
# Zig's compiler builds for other systems; what it makes is not run.
#
#   tests/portability.sh MAKE [VARIANT ...]     of those below
set -u
cd "${0%/*}/.." || exit 1
make=$1
shift
[ $# -gt 0 ] || set -- gcc clang lto m32 musl macos freebsd netbsd openbsd
PKG_CONFIG=${PKG_CONFIG:-pkg-config}
work=${BUILD:-build}/portability
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
mkdir -p "$work" || exit 1

# Whether the compiler makes a program at all; $log says why not.
works() {
    if ! command -v "${cc%% *}" >/dev/null; then
        printf 'no %s\n' "${cc%% *}" >"$log"
        return 1
    fi
    printf '#include <stdio.h>\nint main(void) { return puts("") == EOF; }\n' >"$dir/probe.c"
    # shellcheck disable=SC2086 # words
    $cc $cflags -o "$dir/probe" "$dir/probe.c" >"$log" 2>&1
}

# The headers of the libraries alone, for a compiler that is not the system's own.
headers() {
    mkdir -p "$dir/include"
    for header in curl/curl.h jv.h jq.h microhttpd.h; do
        path=$(echo "#include <$header>" | cc -E - 2>/dev/null |
            sed -n "s|^# [0-9]* \"\(/.*/$header\)\".*|\1|p" | head -n 1)
        case $header in */*) path=${path%/*} header=${header%/*} ;; esac
        [ -z "$path" ] || ln -sf "$path" "$dir/include/${header##*/}"
    done
}

build() {
    "$make" -s -k -j"$jobs" WERROR=1 BUILD="$dir/build" BIN="$dir/bin" LIBRARIES='' ${os:+"OS=$os"} \
        CC="$cc" AR="$ar" CFLAGS="$cflags" ${own:+"CURL_CFLAGS=" "MHD_CFLAGS=" "JQ_CFLAGS="} "$@" >"$log" 2>&1
}

# try NAME CC CFLAGS [AR [OS]]
try() {
    name=$1 cc=$2 cflags=$3 ar=${4:-ar} os=${5:-}
    dir=$work/$name log=$work/$name.log
    mkdir -p "$dir"
    own='' # folder of headers
    if ! works; then
        printf 'skipped %s: %s\n' "$name" "$(grep -m 1 -e error -e cannot "$log" || head -n 1 "$log")"
        return 0
    fi
    if [ "$name" = m32 ] || [ "$name" = musl ] || [ -n "$os" ]; then
        headers
        own=1 cflags="$cflags -isystem $dir/include"
    fi
    if ! build objects; then
        printf 'not ok %s: see %s\n' "$name" "$log"
        return 1
    fi
    # Only what needs no library is linked where they are not there.
    said=$(CC="$cc" CFLAGS="$cflags" PKG_CONFIG="$PKG_CONFIG" .ci/deps -n build 2>&1) && said=
    programs=all
    [ -z "$said" ] || programs="$dir/bin/supai $dir/bin/supai-sse $dir/bin/supai-text $dir/bin/supai-fold $dir/bin/supai-watch"
    # shellcheck disable=SC2086 # words
    if ! build $programs || { [ -z "$os" ] && ! answers; }; then
        printf 'not ok %s: see %s\n' "$name" "$log"
        return 1
    fi
    said=${said#*missing: }
    printf 'ok %s%s\n' "$name" "${said:+: compiled, and linked but for ${said% (*}}"
}

# cross OS: as uname(1) has it.
cross() {
    try "$variant" "zig cc -target $(uname -m)-$variant" -O2 'zig ar' "$1"
}

# The programs run: a stream becomes its text, an option without its argument is told,
# and an output that cannot be written is 74.
answers() {
    { printf 'data: {"choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n' |
        "$dir/bin/supai-sse" | "$dir/bin/supai-text"
    "$dir/bin/supai-text" --choice 2>&1
    } >"$log" && return 1
    "$dir/bin/supai-text" --help >&- 2>/dev/null
    [ $? -eq 74 ] && grep -qx hello "$log" && grep -qx "supai-text: option '--choice' needs an argument" "$log"
}

failed=0
for variant; do
    case $variant in
    gcc) try gcc gcc -O2 ;;
    clang) try clang clang -O2 ;;
    lto) try lto gcc '-O3 -flto=auto' gcc-ar ;;
    m32) try m32 'gcc -m32' -O2 ;;
    musl) try musl musl-gcc -O2 ;;
    macos) cross Darwin ;;
    freebsd) cross FreeBSD ;;
    netbsd) cross NetBSD ;;
    openbsd) cross OpenBSD ;;
    *)
        printf 'portability: no variant %s\n' "$variant" >&2
        exit 64
        ;;
    esac || failed=1
done
exit "$failed"
