#!/usr/bin/env bash
# Sees to it that a Docker Engine answers this user: starts one when none does, and opens it to the user with the
# group docker. An engine that answers is left exactly as it is.
. "$(dirname "$0")/say.sh"

log=/var/log/docklet-dockerd.log
deadline=60

answers() {
    docker info >/dev/null 2>&1
}

answers_root() {
    as_root docker info >/dev/null 2>&1
}

start() {
    step "Starting the Docker Engine" "a few seconds"
    if [ -d /run/systemd/system ]; then
        as_root systemctl unmask --quiet docker.service docker.socket || true # absent units are no error here
        as_root systemctl start docker || true                               # the wait below tells why it did not
    else
        note "no systemd here: dockerd runs in the background, its log is $log"
        # A session of its own, so that Ctrl-C in this terminal does not reach it.
        as_root sh -c "setsid nohup dockerd >>$log 2>&1 </dev/null &"
    fi
}

why_not() {
    if [ -d /run/systemd/system ]; then
        as_root journalctl --unit docker --no-pager --lines 15 >&2 || true # only shown to help
    else
        as_root tail -n 15 "$log" >&2 || true # only shown to help
    fi
    fail "The Docker Engine did not answer within $deadline s." "Its last words are above. 'docker info' must work for $(id -un) before make can go on."
}

answers && exit 0
[ "$(id -u)" -eq 0 ] || note "sudo is used to look at the Docker Engine and, if need be, to start it; for packages too, and for nothing else"
if ! answers_root; then
    start
    end=$((SECONDS + deadline))
    until answers_root; do
        [ $SECONDS -lt $end ] || why_not
        sleep 0.5
    done
fi

answers && exit 0
# It answers root only. The group docker is Docker's own way to open it; its members have root's power over the machine.
if ! id -nG "$(id -un)" | grep -qw docker; then
    step "Adding $(id -un) to the group docker" "at once"
    note "members of this group have root's power over this machine through Docker; undo with: sudo gpasswd -d $(id -un) docker"
    as_root usermod --append --groups docker "$(id -un)"
fi
sg docker -c 'docker info' >/dev/null 2>&1 \
    || fail "Docker answers root but not $(id -un)." "Log out and in again so that the group docker takes effect, then run make again. DOCKER_HOST is '${DOCKER_HOST:-not set}'."
