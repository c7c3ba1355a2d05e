#!/usr/bin/env bash
# make test-engines: the tests of docker and worker on engines other than the host's own. Usage: scripts/engines.sh [ENGINE...]
#   remap      the host's engine with userns-remap: root in a container is another user on the host
#   containerd Debian forky's engine (28.5) with the image store of containerd, which Engine 29 has by default
#   graph      Debian forky's engine with the older image store
# Each engine has a network namespace and a directory of its own, and is gone in the end; its images are kept for the next
# time in /var/lib/docklet-engines. Tests to run can be chosen: TESTS="firewall:: isolation::".
. "$(dirname "$0")/say.sh"

[ "$(id -u)" -eq 0 ] || exec sudo --preserve-env=PATH,HOME,TESTS,CARGO_HOME,RUSTUP_HOME "$0" "$@"
lab=/var/lib/docklet-engines
forky=$lab/forky
images=(docklet/base debian:bookworm)
logs="$repo/target/test-engines"
mkdir -p "$lab" "$logs"
[ $# -gt 0 ] || set -- remap containerd graph
failed=()

# A link to the host, so that the namespace has a route and an address of its own.
# address NAME: the first three parts of its network.
address() {
    case $1 in remap) echo 10.99.1 ;; containerd) echo 10.99.2 ;; graph) echo 10.99.3 ;; esac
}

wire() {
    local net
    net=$(address "$1")
    ip netns add "docklet-$1"
    ip link add "dkl-$1" type veth peer name eth0 netns "docklet-$1"
    ip address add "$net.1/24" dev "dkl-$1"
    ip link set "dkl-$1" up
    way_out --insert "$1"
    in_namespace "$1" sh -c "ip link set lo up && ip address add $net.2/24 dev eth0 && ip link set eth0 up && ip route add default via $net.1"
}

# Docker on the host lets nothing be forwarded that it does not know.
way_out() {
    iptables -w "$1" FORWARD -i "dkl-$2" -j ACCEPT
    iptables -w "$1" FORWARD -o "dkl-$2" -j ACCEPT
    iptables -w -t nat "$1" POSTROUTING -s "$(address "$2").0/24" ! -o "dkl-$2" -j MASQUERADE
}

# `ip netns exec` hides the cgroups, without which no engine starts.
in_namespace() {
    local name=$1
    shift
    nsenter --net="/run/netns/docklet-$name" "$@"
}

# In the background, so that the process that is waited for and ended is the program itself.
exec_in_namespace() {
    local name=$1
    shift
    exec nsenter --net="/run/netns/docklet-$name" "$@"
}

socket() {
    echo "$lab/$1/run/docker.sock"
}

engine() {
    docker --host "unix://$(socket "$1")" "${@:2}"
}

# The remapped user exists for this engine alone: the host's own lists of users stay as they are.
start_remap() {
    local dir=$lab/remap
    for list in passwd group subuid subgid; do cp "/etc/$list" "$dir/$list"; done
    echo 'docklet-remap:x:64100:64100::/nonexistent:/usr/sbin/nologin' >>"$dir/passwd"
    echo 'docklet-remap:x:64100:' >>"$dir/group"
    echo 'docklet-remap:500000:65536' | tee -a "$dir/subuid" >>"$dir/subgid"
    # shellcheck disable=SC2016 # $0 is the inner shell's
    exec_in_namespace remap unshare --mount sh -c '
        for list in passwd group subuid subgid; do mount --bind "$0/$list" "/etc/$list"; done
        mkdir -p /run/docker && mount -t tmpfs tmpfs /run/docker
        exec dockerd --userns-remap docklet-remap --data-root "$0/data" --exec-root "$0/run/exec" --pidfile "$0/run/pid" -H "unix://$0/run/docker.sock"
    ' "$dir" >"$logs/remap.engine.log" 2>&1 </dev/null &
}

install_forky() {
    local mirror
    [ -x "$forky/usr/sbin/dockerd" ] && return
    step "Installing Debian forky's engine in a directory of its own" "about 2 min"
    mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb  *\(\[[^]]*\] *\)\{0,1\}\(http[^ ]*\).*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -1) || true # not every one of these files need be there
    [ -n "$mirror" ] || fail "No mirror of Debian's packages is named in /etc/apt." "The engine comes from there; install it once where one is."
    rm -rf "$forky"
    quietly "$logs/debootstrap.log" debootstrap --variant=minbase forky "$forky" "$mirror" /usr/share/debootstrap/scripts/sid
    printf '#!/bin/sh\nexit 101\n' >"$forky/usr/sbin/policy-rc.d"
    chmod +x "$forky/usr/sbin/policy-rc.d"
    cp /etc/resolv.conf "$forky/etc/resolv.conf"
    cp -r /etc/apt/apt.conf.d/. "$forky/etc/apt/apt.conf.d/"
    quietly "$logs/forky.log" chroot "$forky" sh -c 'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends docker.io iptables'
}

# A root of its own, moved to: `docker load` does not work under chroot. The tests' directories are at the same places.
start_forky() {
    local dir=$lab/$1 snapshotter=false
    [ "$1" = containerd ] && snapshotter=true
    install_forky
    # shellcheck disable=SC2016 # what is quoted is the inner shell's
    exec_in_namespace "$1" unshare --mount sh -c '
        root=$0 dir=$1 repo=$2 snapshotter=$3
        mount --make-rprivate / && mount --bind "$root" "$root" && cd "$root"
        for place in proc sys dev; do mount --rbind "/$place" "$root/$place"; done
        mount -t tmpfs tmpfs "$root/run" && mount -t tmpfs tmpfs "$root/tmp"
        for place in "$dir" "$repo"; do mkdir -p "$root$place" && mount --rbind "$place" "$root$place"; done
        mkdir -p oldroot && pivot_root . oldroot && umount -l /oldroot
        exec dockerd --feature "containerd-snapshotter=$snapshotter" --data-root "$dir/data" --exec-root "/run/docker" --pidfile /run/docker.pid -H "unix://$dir/run/docker.sock"
    ' "$forky" "$dir" "$repo" "$snapshotter" >"$logs/$1.engine.log" 2>&1 </dev/null &
}

start() {
    mkdir -p "$lab/$1/data" "$lab/$1/run" "$lab/$1/tmp"
    rm -f "$(socket "$1")"
    wire "$1"
    if [ "$1" = remap ]; then start_remap; else start_forky "$1"; fi
    pid=$!
    local end=$((SECONDS + 60))
    until engine "$1" info >/dev/null 2>&1; do
        if [ $SECONDS -ge $end ] || ! kill -0 "$pid" 2>/dev/null; then
            tail -n 15 "$logs/$1.engine.log" >&2
            fail "The engine $1 did not answer within 60 s." "Its last words are above."
        fi
        sleep 0.2
    done
    chmod 0755 "$lab/$1" "$lab/$1/tmp"
    note "$(engine "$1" info --format 'Docker Engine {{.ServerVersion}}, {{.Driver}}, {{.SecurityOptions}}')"
}

# The images the tests use as the host's engine has them, unless they are there already. By the time they were made: the
# image store of containerd has ids of its own.
load() {
    local image here there
    for image in "${images[@]}"; do
        here=$(docker image inspect --format '{{.Created}}' "$image")
        there=$(engine "$1" image inspect --format '{{.Created}}' "$image" 2>/dev/null || true)
        [ "$here" = "$there" ] && continue
        step "Giving $1 the image $image" "about 1 min"
        docker save "$image" | engine "$1" load --quiet
    done
}

pid=
stop() {
    if [ -n "$pid" ]; then
        kill "$pid" 2>/dev/null || true # it may have ended
        wait "$pid" 2>/dev/null || true # as it was told
        pid=
    fi
    while way_out --delete "$1" 2>/dev/null; do :; done # one more after each run that was killed
    ip link delete "dkl-$1" 2>/dev/null || true         # a start that failed has made none
    ip netns delete "docklet-$1" 2>/dev/null || true
}

# The names of the programs that cargo has built of these crates' tests.
programs() {
    cargo test -p docker -p worker --no-run --message-format json 2>"$logs/build.log" \
        | sed -n 's/.*"manifest_path":"\([^"]*\)\/Cargo.toml".*"executable":"\([^"]*\)".*/\1 \2/p'
}

# shellcheck disable=SC2086 # TESTS is a list
run_tests() {
    local name=$1 folder program log
    while read -r folder program; do
        log="$logs/$name-$(basename "$folder")-$(basename "${program%-*}").log"
        (cd "$folder" && in_namespace "$name" env CARGO_MANIFEST_DIR="$folder" DOCKER_HOST="unix://$(socket "$name")" TMPDIR="$lab/$name/tmp" \
            timeout --kill-after=10 900 "$program" ${TESTS:-} >"$log" 2>&1 </dev/null) || failed+=("$name: $(basename "$folder")")
        printf '    %-24s %s\n' "$(basename "$folder"): $(basename "${program%-*}")" "$(grep -a '^test result:' "$log" || echo 'ended without a result')"
        grep -aE '^test .* FAILED$' "$log" | sort -u || true # none is what is hoped for
    done <"$logs/programs"
}

scripts/build.sh init
step "Building the tests of docker and worker" "the first time about 8 min"
programs >"$logs/programs" || { tail -n 30 "$logs/build.log" >&2; fail "The tests could not be built." "The compiler's words are above."; }
for name in "$@"; do
    [ -n "$(address "$name")" ] || fail "There is no engine $name." "Pick from: remap containerd graph."
    step "Engine $name" "about 3 min"
    stop "$name" # of a run that was killed
    trap 'stop "$name"' EXIT
    start "$name"
    load "$name"
    run_tests "$name"
    stop "$name"
done
[ ${#failed[@]} -eq 0 ] || fail "Failed: $(printf '%s, ' "${failed[@]}" | sed 's/, $//')" "The logs are in target/test-engines."
