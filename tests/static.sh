#!/bin/sh
# Links each tool statically, in $BUILD/static/bin, where its libraries have
# archives; says of each other tool what it lacks. 1 when there is none at all.
# `make static` calls it.
#
#   tests/static.sh MAKE TOOL ...
set -u
cd "${0%/*}/.." || exit 1
make=$1
shift
PKG_CONFIG=${PKG_CONFIG:-pkg-config}
static=${BUILD:-build}/static
log=$static/log
mkdir -p "$static" || exit 1

# libs NAME LIB ...: what pkg-config says of it, or these, and what an archive
# wants that some systems' files for pkg-config do not name.
libs() {
    name=$1 flags=
    shift
    flags=$($PKG_CONFIG --static --libs "$name" 2>/dev/null) || flags=-l${name#lib}
    for lib; do
        case " $flags " in *" -l$lib "*) ;; *) flags="$flags -l$lib" ;; esac
    done
    printf '%s\n' "$flags"
}

# What the log says that is lacking: archives, a package of pkg-config's, or the
# linker's first word.
lacking() {
    said=$(sed -n -e 's/.*cannot find -l\([^ :]*\).*/lib\1.a/p' \
        -e 's/.*unable to find library -l\([^ :]*\).*/lib\1.a/p' \
        -e 's/.*library .\(.*\). not found.*/lib\1.a/p' "$log" | sort -u | paste -sd ' ' -)
    [ -n "$said" ] || said=$($PKG_CONFIG --static --libs libcurl libmicrohttpd 2>&1 >/dev/null |
        sed -n "s/^Package '\([^']*\)', required by .*/\1/p" | sort -u | paste -sd ' ' -)
    [ -n "$said" ] || said=$(head -n 1 "$log")
    printf '%s\n' "$said"
}

made=0
for tool; do
    if "$make" -s BUILD="$static/objects" BIN="$static/bin" LIBRARIES='' HARDEN_LD=-static \
        CURL_LIBS="$(libs libcurl)" MHD_LIBS="$(libs libmicrohttpd)" JQ_LIBS="$(libs libjq onig m)" \
        "$static/bin/$tool" >"$log" 2>&1; then
        printf 'ok %s\n' "$static/bin/$tool"
        made=$((made + 1))
    else
        printf 'no %s: it lacks %s\n' "$tool" "$(lacking)"
    fi
done
rm -f "$log"
[ "$made" -gt 0 ]
