#!/bin/sh
# Runs .ci/run in bare trees of Debian, as debootstrap makes them: what the last
# commit brings with it must do there. Wants root, Linux, the network, and some
# minutes for each tree; no part of CI.
#
#   tests/trees.sh [-f] [-u] [TREE ...] [-- COMMAND [ARG ...]]
#
# A TREE is a suite, or SUITE/ARCHITECTURE (trixie/i386); trixie and sid unless
# some are named. -f makes the trees anew; else what was installed in them stays.
# -u runs the command as an ordinary user, after root has installed what is
# missing. COMMAND runs in place of .ci/run (tests/trees.sh sid -- make check).
#
# TREES is where the trees stand (build/trees), each beside its log; MIRROR is
# where packages come from, unless debootstrap's own. Ends with a line of each
# tree, and with 1 when one of them failed.
set -u
cd "${0%/*}/.." || exit 1

say() { printf 'trees: %s\n' "$*" >&2; }
usage() {
    say 'usage: tests/trees.sh [-f] [-u] [TREE ...] [-- COMMAND [ARG ...]]'
    exit 64
}

fresh='' user='' trees=''
while [ $# -gt 0 ]; do
    case $1 in
    -f) fresh=1 ;;
    -u) user=1 ;;
    --) shift && break ;;
    -*) usage ;;
    *) trees="$trees $1" ;;
    esac
    shift
done
[ $# -gt 0 ] || set -- .ci/run

if [ "$(uname -s)" != Linux ] || [ "$(id -u)" -ne 0 ]; then
    say 'wants Linux and root'
    exit 1
fi
for need in debootstrap unshare git; do
    command -v $need >/dev/null || { say "wants $need"; exit 1; }
done
mkdir -p "${TREES:=build/trees}" && TREES=$(cd "$TREES" && pwd) || exit 1

# bare TREE: its folder, made where it is not there yet.
bare() {
    suite=${1%/*} dir=$TREES/$(printf '%s' "$1" | tr / -)
    [ -z "$fresh" ] || rm -rf "$dir"
    [ ! -d "$dir" ] || return 0
    rm -rf "$dir.new"
    case $1 in */*) arch=--arch=${1#*/} ;; *) arch='' ;; esac
    # shellcheck disable=SC2086 # no option where there is no architecture
    debootstrap --variant=minbase --include=git,make,ca-certificates $arch \
        "$suite" "$dir.new" ${MIRROR:+"$MIRROR"} || return
    # A mirror may be one of a day gone by.
    echo 'Acquire::Check-Valid-Until "false";' >"$dir.new/etc/apt/apt.conf.d/90trees"
    mv "$dir.new" "$dir"
}

# inside DIR COMMAND [ARG ...]: runs it in the tree. With the last process of its
# own the mounts are gone, too.
inside() {
    # shellcheck disable=SC2016 # the inner shell's
    unshare --mount --propagation private --pid --fork --kill-child sh -c '
        tree=$1
        shift
        mount --bind "$tree" "$tree" && mount -t proc proc "$tree/proc" && mount --rbind /dev "$tree/dev" &&
            mount -t sysfs -o ro sysfs "$tree/sys" && mount -t tmpfs tmpfs "$tree/tmp" &&
            mount -t tmpfs tmpfs "$tree/run" || exit 1
        cp /etc/resolv.conf /etc/hosts "$tree/etc/" || exit 1
        exec env -i HOME=/root TERM=xterm \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            ${http_proxy:+"http_proxy=$http_proxy"} chroot "$tree" "$@"' - "$@" </dev/null
}

# try TREE COMMAND [ARG ...]: the command in a fresh clone there, in a folder
# with a blank in its name.
try() {
    bare "$1" || return
    shift
    rm -rf "$dir/src"
    mkdir "$dir/src" && git -c safe.directory='*' clone -q . "$dir/src/the tree" || return
    # What the test of three hosts wants, and no newcomer's machine should get.
    inside "$dir" sh -c 'command -v parallel && [ -x /usr/sbin/sshd ] && exit
        apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y \
            --no-install-recommends openssh-server parallel perl' >/dev/null || return
    if [ -z "$user" ]; then
        # shellcheck disable=SC2016
        inside "$dir" sh -c 'cd "/src/the tree" && exec "$@"' - "$@"
        return
    fi
    # shellcheck disable=SC2016
    inside "$dir" sh -c 'cd "/src/the tree" && .ci/deps build check asan lint &&
        { id tester || useradd -m tester; } >/dev/null 2>&1 && chown -R tester . &&
        exec su tester -s /bin/sh -c "exec \"\$@\"" - "$@"' - "$@"
}

# What the log says of a command that ended so.
result() {
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$2" | paste -sd ';' - | sed 's/;/; /g')
    printf '%s: status %s%s\n' "$1" "$3" "${counts:+, $counts}"
}

failed=0 results=''
for tree in ${trees:-trixie sid}; do
    log=$TREES/$(printf '%s' "$tree" | tr / -).log
    say "$tree: $* (see $log)"
    try "$tree" "$@" >"$log" 2>&1
    status=$?
    [ "$status" -eq 0 ] || failed=1
    results=$results$(result "$tree" "$log" "$status")'
'
done
printf %s "$results"
exit "$failed"
