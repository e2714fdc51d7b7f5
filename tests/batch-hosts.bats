#!/usr/bin/env bats
# A batch spread over hosts by GNU parallel, as supai-batch(1) shows it: each
# host a network namespace with an sshd, a service and a key file of its own.

load helper
load docs

setup() {
    common_setup
    HOST_PIDS=
    MADE=
    TAG=$((RANDOM % 90000 + 10000))
    NET=10.231.$((RANDOM % 250 + 1))
}

teardown() {
    local pid i
    for pid in $HOST_PIDS; do
        kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
    done
    for i in 1 2 3; do
        # What ssh left there, cut off from its end.
        for pid in $(ip netns pids "supai$TAG-$i" 2>/dev/null); do
            kill -9 "$pid"
        done
        ip link del "s$TAG$i" 2>/dev/null
        ip netns del "supai$TAG-$i" 2>/dev/null
    done
    ip link del "sup$TAG" 2>/dev/null
    [ -z "$MADE" ] || rmdir "$MADE"
    common_teardown
}

need_hosts() {
    [ "$(id -u)" -eq 0 ] || skip "not root: no network namespaces"
    local need
    for need in ip parallel ssh ssh-keygen perl; do
        command -v $need >/dev/null || skip "no $need"
    done
    [ -x /usr/sbin/sshd ] || skip "no sshd"
    ip netns add "supai$TAG-1" 2>/dev/null || skip "no network namespaces"
    ip link add "sup$TAG" type bridge 2>/dev/null || skip "no network bridges"
}

# host I: a machine at $NET.I with an sshd, and a supai-mock that logs to log.I.
host() {
    local ns=supai$TAG-$1 link=s$TAG$1
    ip netns add "$ns" 2>/dev/null || true # need_hosts has made the first
    ip link add "$link" type veth peer name eth0 netns "$ns"
    ip link set "$link" master "sup$TAG" up
    ip -n "$ns" addr add "$NET.$1/24" dev eth0
    ip -n "$ns" link set eth0 up
    ip -n "$ns" link set lo up
    ip netns exec "$ns" /usr/sbin/sshd -D -e -f /dev/null -h "$PWD/hostkey" -o PidFile=none \
        -o UsePAM=no -o StrictModes=no -o PermitRootLogin=yes -o ListenAddress="$NET.$1" \
        -o AuthorizedKeysFile="$PWD/userkey.pub" 2>"sshd.$1" 3>&- 4>&- &
    HOST_PIDS="$HOST_PIDS $!"
    ip netns exec "$ns" supai-mock --port 18080 --first-byte-delay 20 --log "log.$1" >/dev/null 3>&- 4>&- &
    HOST_PIDS="$HOST_PIDS $!"
    until_true grep -q 'Server listening' "sshd.$1"
    until_true ip netns exec "$ns" bash -c ': >/dev/tcp/127.0.0.1/18080' 2>/dev/null
}

# spread I ...: standard input's requests over these hosts, by the README's command.
spread() {
    local hosts='' i
    for i; do
        hosts=$hosts,1/root@$NET.$i
    done
    block README.md 'parallel --pipe'
    sed -e 's|--block 1M|--block 8K|' -e "s|--ssh '.*'|--ssh 'ssh -F $PWD/ssh_config'|" \
        -e "s|1/ada,1/bob,1/eve supai-batch -q -j 32 <requests.ndjson|${hosts#,} \"\$REMOTE\"|" \
        -e 's| >results.ndjson||' it >spread.sh
    REMOTE="cd $PWD && PATH=$(printf %q "$PATH") SUPAI_BASE_URL=http://127.0.0.1:18080/v1/openai \
        supai-batch -q -j 4 --key-file key" bash -eu spread.sh 2>>parallel.err 3>&-
}

# What has no answer in results.ndjson, by the README's command.
rest() {
    block README.md '--slurpfile r results.ndjson'
    sed 's| >rest.ndjson||' it >rest.sh
    bash -eu rest.sh
}

@test "three hosts by ssh, one cut off in the middle, the rest done again: one success each" {
    need_hosts
    [ -d /run/sshd ] || { mkdir -p /run/sshd && MADE=/run/sshd; }
    ssh-keygen -q -t ed25519 -N '' -f hostkey
    ssh-keygen -q -t ed25519 -N '' -f userkey
    (umask 077; echo "$TEST_KEY" >key)
    printf "%s\n" "IdentityFile $PWD/userkey" "StrictHostKeyChecking no" \
        "UserKnownHostsFile /dev/null" "LogLevel ERROR" "ConnectTimeout 1" \
        "ServerAliveInterval 1" "ServerAliveCountMax 1" >ssh_config
    ip addr add "$NET.254/24" dev "sup$TAG"
    ip link set "sup$TAG" up
    for i in 1 2 3; do host $i; done
    seq 1 400 | supai-req -R -e '"Say \(.)"' --id . >requests.ndjson

    : >results.ndjson
    spread 1 2 3 <requests.ndjson >>results.ndjson &
    until_true eval '[ -s log.2 ] && [ "$(wc -l <log.2)" -gt 8 ]' || fail "$(cat parallel.err)"
    ip link set "s${TAG}2" down
    wait $!
    # The log of jobs tells which host was lost.
    awk -v host="root@$NET.2" 'NR > 1 && ($7 == 255) != ($2 == host) { bad = 1 }
        $7 == 255 { lost++ } END { exit bad || !lost }' jobs.log || fail "$(cat jobs.log)"

    rest >rest.ndjson
    [ -s rest.ndjson ]
    spread 1 3 <rest.ndjson >>results.ndjson
    jq -r 'select(.error == null and .response.status_code == 200).custom_id' results.ndjson | sort -n >ids
    seq 1 400 | cmp - ids
    assert_equal "$(rest)" ''
    # What was whole before was not asked again.
    assert_equal "$(jq -r '.body.messages[0].content' log.1 log.3 | sort | uniq -d)" ''
}
