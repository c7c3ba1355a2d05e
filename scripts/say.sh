# Sourced by every script here: how a step speaks, how it fails, how it becomes root, where our tools lie.
# Knows nothing of any single step.
# shellcheck shell=bash

set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Programs we build ourselves: outside the clone, so a second clone finds them, and never over a user's own version.
tools="${XDG_CACHE_HOME:-$HOME/.cache}/docklet/tools"
# shellcheck disable=SC2034 # read by the scripts that source this one
stamps="$repo/target/stamps"
export PATH="$repo/node_modules/.bin:$tools/bin:$PATH:$HOME/.cargo/bin:/usr/sbin:/sbin"
cd "$repo"

# step WHAT HOW_LONG: says what begins now. A step with nothing to do says nothing.
step() {
    printf '\033[1m==>\033[0m %s (%s)\n' "$1" "$2"
}

note() {
    printf '    %s\n' "$1"
}

# fail WHAT TO_DO: ends the script; both are sentences.
fail() {
    printf '\033[31merror:\033[0m %s\n       %s\n' "$1" "$2" >&2
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# as_root COMMAND...: runs it as root. Only sudo itself may ask for a password; nothing of ours asks a question.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        fail "This step needs root, and there is no sudo: $*" "Run the same make target once as root, then again as yourself."
    fi
}

# quietly LOG COMMAND...: keeps a long output in LOG and shows its end only when the command fails.
quietly() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 30 "$log" >&2
        note "all of it: $log"
        return 1
    fi
}

# A person who has just joined the group docker gets its rights at the next login; sg gives them to this run already.
with_docker_group() {
    if [ "$(id -u)" -ne 0 ] && ! docker info >/dev/null 2>&1 && id -nG "$(id -un)" | grep -qw docker && ! id -nG | grep -qw docker; then
        exec sg docker -c "$(printf '%q ' "$repo/scripts/$(basename "$0")" "$@")"
    fi
}
