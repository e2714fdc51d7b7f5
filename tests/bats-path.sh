# Where bats loads its libraries from, on each system; sourced.
# shellcheck shell=sh

BATS_LIB_PATH=${BATS_LIB_PATH:+$BATS_LIB_PATH:}$PWD/tests/bats
BATS_LIB_PATH=$BATS_LIB_PATH:/usr/lib/bats:/usr/share/bats:/usr/lib:/usr/local/lib/bats
BATS_LIB_PATH=$BATS_LIB_PATH:/usr/local/lib:/opt/homebrew/lib
export BATS_LIB_PATH

# bats_library NAME: whether it is on that path.
bats_library() {
    printf '%s\n' "$BATS_LIB_PATH" | tr : '\n' | while read -r dir; do
        if [ -f "$dir/$1/load.bash" ]; then
            echo there
        fi
    done | grep -q there
}
