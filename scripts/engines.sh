#!/usr/bin/env bash
# make test-engines: the tests that meet an engine, on engines other than the host's own; then one person's journey in a
# browser. Usage: scripts/engines.sh [ENGINE...]
#   remap      the host's engine with userns-remap: root in a container is another user on the host
#   containerd Debian forky's engine (28.5) with the image store of containerd, which Engine 29 has by default
#   graph      Debian forky's engine with the older image store
# Tests can be chosen: TESTS="firewall:: isolation::". Other uses:
#   scripts/engines.sh --prepare ENGINE         fetches what it needs, and ends it again
#   scripts/engines.sh ENGINE -- COMMAND...     runs a command whose engine it is
# For make test: BUILT is cargo's account of what it has built, LOGS where the logs go.
. "$(dirname "$0")/say.sh"
. scripts/programs.sh
logs=${LOGS:-$repo/target/test-engines}
failed=()

# Whatever is run by this has the engine for its own. Docker's command line and our tests read the first variable, dockletd the
# second; what is written under the third, the engine finds.
with_engine() {
    beside=(nsenter --net="/run/netns/docklet-$1" env DOCKER_HOST="unix://$(socket "$1")" DOCKLET_WORKER_DOCKER="$(socket "$1")" TMPDIR="$lab/$1/tmp")
    # In its mounts, too, where dockerd is its program: engines that tests start themselves are like it.
    inside=("${beside[@]}" nsenter --mount="/proc/$(cat "$lab/$1/run/pid")/ns/mnt" env DOCKLET_TEST_DOCKERD_OPTIONS="$(options "$1")")
}

# Those of all programs that meet an engine; of the daemon's, the whole life of a vcluster.
# shellcheck disable=SC2034,SC2086 # `around` and `place` are read in scripts/programs.sh; TESTS is a list
run_tests() {
    local folder program around place=$1
    while read -r folder program; do
        case ${folder##*/}/${program##*/} in
        docker/engine-* | worker/host-*) around=("${inside[@]}") && test_program "$folder" "$program" ${TESTS:-} ;;
        server/daemon-*) around=("${beside[@]}") && test_program "$folder" "$program" ${TESTS:-vcluster_lifecycle::} ;;
        esac
    done < <(test_programs "$BUILT")
}

journey() {
    local log="$logs/$1-journey.log" began=$SECONDS
    if (cd end2end && "${beside[@]}" npx playwright test --project=hydrated --reporter=list specs/vcluster/journey >"$log" 2>&1 </dev/null); then
        note "$1, the journey in a browser: done in $((SECONDS - began)) s"
    else
        tail -n 30 "$log" >&2
        failed+=("$1: the journey")
    fi
}

# What tests have left in it.
left_behind() {
    local label=docklet.installation
    engine "$1" ps --all --filter "label=$label" --format 'container {{.Names}}'
    engine "$1" network ls --filter "label=$label" --format 'network {{.Name}}'
    engine "$1" volume ls --filter "label=$label" --format 'volume {{.Name}}'
}

tests_on() {
    mkdir -p "$logs/programs"
    rm -f "$logs/programs/$1"[-.]*
    run_tests "$1"
    if [ -z "${LOGS:-}${TESTS:-}" ]; then journey "$1"; fi
    if [ -n "$(left_behind "$1")" ]; then
        printf 'tests left behind:\n%s\n' "$(left_behind "$1")" >&2
        failed+=("$1: clean-up")
    fi
    if [ -e "$logs/programs/$1.failed" ]; then
        grep -ahE '^test .* FAILED$' "$logs/programs/$1-"*.log | sort -u || true # a program that was killed has said nothing
        failed+=("$1: tests")
    fi
}

asked=("$@")
prepare=no
command=()
if [ "${1:-}" = --prepare ]; then prepare=yes && shift; fi
if [ "${2:-}" = -- ]; then command=("${@:3}") && set -- "$1"; fi
[ $# -gt 0 ] || set -- remap containerd graph
. scripts/lab.sh
for name in "$@"; do
    [ -n "$(address "$name")" ] || fail "There is no engine $name." "Pick from: remap containerd graph."
done

# As the user who has called; the rest needs root.
if [ $prepare = no ] && [ ${#command[@]} -eq 0 ] && [ -z "${BUILT:-}" ]; then
    scripts/setup.sh image test
    with_docker_group "$@"
    scripts/build.sh init
    scripts/build.sh site
    scripts/end2end.sh
    CHROMIUM=$(scripts/browser.sh) || fail "There is no browser for the journey." "Why is said above."
    build_tests
    export CHROMIUM BUILT=$logs/built.json
fi
if [ "$(id -u)" -ne 0 ]; then
    ask=()
    [ -t 0 ] || ask=(--non-interactive)
    exec sudo "${ask[@]}" --preserve-env=PATH,HOME,XDG_CACHE_HOME,TESTS,BUILT,LOGS,CHROMIUM,DOCKLET_TEST_RUN "$repo/scripts/engines.sh" "${asked[@]}"
fi

mkdir -p "$lab" "$logs"
for name in "$@"; do
    if [ $prepare = no ]; then step "Engine $name" "about 3 min"; fi
    trap 'stop "$name"' EXIT
    start "$name"
    with_engine "$name"
    if [ $prepare = yes ]; then
        : # it has its images now
    elif [ ${#command[@]} -gt 0 ]; then
        "${beside[@]}" "${command[@]}" || failed+=("$name: ${command[0]}")
    else
        tests_on "$name"
    fi
    stop "$name"
    trap - EXIT
done
[ ${#failed[@]} -eq 0 ] || fail "Failed: $(printf '%s, ' "${failed[@]}" | sed 's/, $//')" "The logs are in ${logs#"$repo/"}."
