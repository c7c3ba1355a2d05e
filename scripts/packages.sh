#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that are missing. Usage: scripts/packages.sh [bench] [lint] [test]
# What counts is the program, not the package: a machine that has docker-ce or another Node keeps it.
. "$(dirname "$0")/say.sh"

missing=()

# need PROGRAM PACKAGE...: the packages that bring a program that is not there.
need() {
    have "$1" && return
    shift
    missing+=("$@")
}

# What reaches nodes through docklet.
need_ssh() {
    need ssh openssh-client
    need rsync rsync
}

# Its programs are not in the path; the server that the package would begin is not wanted, see below.
need_postgres() {
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
}

need cc build-essential
need pkg-config pkg-config
pkg-config --exists openssl 2>/dev/null || missing+=(libssl-dev) # cargo-leptos, see scripts/rust.sh
need protoc protobuf-compiler libprotobuf-dev # etcd-client generates its messages with it
need dockerd docker.io
need docker docker.io
need iptables iptables # dockerd's networks
need etcd etcd-server  # dockletd runs its own as a child
need debootstrap debootstrap # makes the node image where there is no registry
need fakeroot fakeroot       # so that this needs no root
need node nodejs
need npm npm
need curl curl
[ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing+=(debian-archive-keyring)
# Where the kernel has AppArmor on, the engine cannot start a container without its parser.
if [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]; then
    need apparmor_parser apparmor
fi
for purpose in "$@"; do
    case $purpose in
    bench)
        need_ssh
        need_postgres
        ;;
    lint) need shellcheck shellcheck ;;
    test)
        if ! docker compose version >/dev/null 2>&1; then need docker-compose docker-compose; fi
        need_postgres
        # Ubuntu's packages of these names are snaps; there both are fetched otherwise (scripts/browser.sh).
        if grep -qE '^ID=debian' /etc/os-release; then
            if ! have chromium && ! have google-chrome; then missing+=(chromium); fi
            if ! have firefox && ! have firefox-esr; then missing+=(firefox-esr); fi
        fi
        need_ssh
        need git git
        need sshfs sshfs
        need faketime faketime # clocks that are wrong
        # PyPI's schemathesis lies in an environment of its own (scripts/schemathesis.sh).
        python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
        ;;
    *) fail "There is no set of packages named $purpose." "Use: scripts/packages.sh [bench] [lint] [test]" ;;
    esac
done

[ ${#missing[@]} -eq 0 ] && exit 0
have apt-get || fail "These programs' packages are missing and there is no apt-get here: ${missing[*]}" \
    "Install them with this system's own package manager, then run make again."

mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
step "Installing ${#missing[@]} packages: ${missing[*]}" "about 1 min, 3 min with npm or chromium"
[ "$(id -u)" -eq 0 ] || note "sudo is used for this, and for starting Docker, and for nothing else"

installs() { printf '%s\n' "${missing[@]}" | grep -qx "$1"; }

# nothing_starts: packages that are being installed begin no service.
nothing_starts() {
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
        as_root chmod 755 /usr/sbin/policy-rc.d
        trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
    fi
}

# dockletd runs etcd as its own child: the packaged service must not start, neither now nor at the next boot.
if installs etcd-server; then
    if [ -d /run/systemd/system ]; then
        as_root systemctl mask --quiet etcd.service
        note "the service etcd.service is masked; undo with: systemctl unmask etcd"
    else
        nothing_starts
    fi
fi
# Tests and measurements start a Postgres of their own; nothing uses the one that the package would start.
if installs postgresql; then nothing_starts; fi

log="${TMPDIR:-/tmp}/docklet-packages-$(id -un).log"
quietly "$log" as_root apt-get update || fail "The list of packages could not be fetched." "Check the network and /etc/apt/sources.list, then run make again."
quietly "$log" as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l \
    apt-get install --yes --no-install-recommends "${missing[@]}" \
    || fail "apt-get could not install: ${missing[*]}" "Its last lines are above."
if installs postgresql && [ -d /run/systemd/system ]; then
    as_root systemctl disable --quiet postgresql.service
    note "the service postgresql.service is disabled; undo with: systemctl enable --now postgresql"
fi
