# Sourced by scripts/engines.sh: Docker Engines beside the host's own. Each has a network namespace and a directory of its own
# in /var/lib/docklet-engines, is gone in the end, and keeps its images for the next time. Needs root and `logs`, a folder.
# Knows no test.
# shellcheck shell=bash
# shellcheck disable=SC2154 # `logs` is the other script's, `repo` is from scripts/say.sh

lab=/var/lib/docklet-engines
forky=$lab/forky
# What the tests run, as the host's engine has it.
images=(docklet/base debian:bookworm)

# address NAME: the first three parts of its network.
address() {
    case $1 in remap) echo 10.99.1 ;; containerd) echo 10.99.2 ;; graph) echo 10.99.3 ;; esac
}

socket() {
    echo "$lab/$1/run/docker.sock"
}

engine() {
    docker --host "unix://$(socket "$1")" "${@:2}"
}

# A link to the host, so that the namespace has a route and an address of its own.
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
    nsenter --net="/run/netns/docklet-$1" "${@:2}"
}

install_forky() {
    local mirror
    [ -e "$forky/installed" ] && return
    step "Installing Debian forky's engine in a directory of its own" "about 1 min"
    # Not every one of these files need be there.
    mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb  *\(\[[^]]*\] *\)\{0,1\}\(http[^ ]*\).*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null | grep '/debian/*$' | head -1) || true
    [ -n "$mirror" ] || fail "No mirror of Debian's packages is named in /etc/apt." "The engine comes from there."
    rm -rf "$forky"
    quietly "$logs/debootstrap.log" debootstrap --variant=minbase forky "$forky" "$mirror" /usr/share/debootstrap/scripts/sid \
        || fail "Debian forky cannot be had from the mirror that /etc/apt names." "The last lines of debootstrap are above."
    printf '#!/bin/sh\nexit 101\n' >"$forky/usr/sbin/policy-rc.d"
    chmod +x "$forky/usr/sbin/policy-rc.d"
    cp /etc/resolv.conf "$forky/etc/resolv.conf"
    cp -r /etc/apt/apt.conf.d/. "$forky/etc/apt/apt.conf.d/"
    quietly "$logs/forky.log" chroot "$forky" sh -c 'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends docker.io docker-cli iptables iproute2 procps && apt-get clean' \
        || fail "Debian forky's engine could not be installed." "The last lines of apt-get are above."
    touch "$forky/installed"
}

# Becomes the engine; in the background, so that what is waited for and ended is the engine itself.
dockerd_of() {
    local dir=$lab/$1 mounts
    if [ "$1" = remap ]; then mounts=("$remap" "$dir"); else mounts=("$in_forky" "$forky" "$dir" "$repo" "$(readlink -f "$repo/target")"); fi
    # shellcheck disable=SC2046 # it is several
    exec nsenter --net="/run/netns/docklet-$1" unshare --mount sh -ec "${mounts[@]}" $(options "$1") \
        --data-root "$dir/data" --exec-root "$dir/run/exec" --pidfile "$dir/run/pid" -H "unix://$(socket "$1")"
}

# What dockerd is told so that it is this one.
options() {
    case $1 in
    remap) echo --userns-remap docklet-remap ;;
    containerd) echo --feature containerd-snapshotter=true ;;
    graph) echo --feature containerd-snapshotter=false ;;
    esac
}

# The remapped user exists for this engine alone: the host's own lists of users stay as they are.
read -r -d '' remap <<'SCRIPT' || true # read says "no more lines" with a failure
    for list in passwd group subuid subgid; do cp "/etc/$list" "$0/$list"; done
    echo docklet-remap:x:64100:64100::/nonexistent:/usr/sbin/nologin >>"$0/passwd"
    echo docklet-remap:x:64100: >>"$0/group"
    echo docklet-remap:500000:65536 | tee -a "$0/subuid" >>"$0/subgid"
    for list in passwd group subuid subgid; do mount --bind "$0/$list" "/etc/$list"; done
    mkdir -p /run/docker && mount -t tmpfs tmpfs /run/docker
    exec dockerd "$@"
SCRIPT

# A root of its own, moved to: `docker load` does not work under chroot. The tests' directories are at the same places.
read -r -d '' in_forky <<'SCRIPT' || true # as above
    mount --make-rprivate / && mount --bind "$0" "$0" && cd "$0"
    for place in proc sys dev; do mount --rbind "/$place" "$0/$place"; done
    mount -t tmpfs tmpfs "$0/run" && mount -t tmpfs tmpfs "$0/tmp"
    for place in "$1" "$2" "$3"; do mkdir -p "$0$place" && mount --rbind "$place" "$0$place"; done
    shift 3
    mkdir -p oldroot && pivot_root . oldroot && umount -l /oldroot
    exec dockerd "$@"
SCRIPT

# One run at a time has the engine; what a run left that was killed goes first.
start() {
    local dir=$lab/$1 pid end
    mkdir -p "$dir/data" "$dir/run" "$dir/tmp"
    chmod 0755 "$dir" "$dir/tmp"
    exec {lock}>"$dir/lock"
    flock --nonblock "$lock" || { note "another run has the engine $1; waiting for its end" && flock "$lock"; }
    stop "$1"
    [ "$1" = remap ] || install_forky
    wire "$1"
    dockerd_of "$1" >"$logs/$1.engine.log" 2>&1 </dev/null {lock}>&- &
    pid=$!
    end=$((SECONDS + 60))
    until engine "$1" info >/dev/null 2>&1; do
        if [ $SECONDS -ge $end ] || ! kill -0 "$pid" 2>/dev/null; then
            tail -n 15 "$logs/$1.engine.log" >&2
            fail "The engine $1 did not answer within 60 s." "Its last words are above."
        fi
        sleep 0.2
    done
    note "$(engine "$1" info --format 'Docker Engine {{.ServerVersion}}, {{.Driver}}, {{.SecurityOptions}}')"
    load "$1"
}

# What is not there yet. By the time it was made: the image store of containerd has ids of its own.
load() {
    local image here there
    for image in "${images[@]}"; do
        here=$(docker image inspect --format '{{.Created}}' "$image") || fail "The host's engine has no image $image." "Run make image first."
        there=$(engine "$1" image inspect --format '{{.Created}}' "$image" 2>/dev/null || true)
        [ "$here" = "$there" ] && continue
        step "Giving $1 the image $image" "about 1 min"
        docker save "$image" | engine "$1" load --quiet >/dev/null
    done
}

# The engine, whichever run it is of, and what it stood on.
stop() {
    local dir=$lab/$1 pid
    pid=$(cat "$dir/run/pid" 2>/dev/null || true) # none runs
    if [ -n "$pid" ] && grep -qzxF "$dir/data" "/proc/$pid/cmdline" 2>/dev/null; then
        kill "$pid" 2>/dev/null || true # it may have ended
        tail --pid="$pid" -f /dev/null
    fi
    rm -rf "$dir/run"
    mkdir "$dir/run"
    while way_out --delete "$1" 2>/dev/null; do :; done # one more after each run that was killed
    ip link delete "dkl-$1" 2>/dev/null || true         # there need be none
    ip netns delete "docklet-$1" 2>/dev/null || true
}
