#!/usr/bin/env bash
# make test: sets itself up, runs every test there is, counts them, and looks for what they left behind.
# It runs beside a make run: the tests' daemons have data directories, ports and installation labels of their own.
. "$(dirname "$0")/say.sh"
. scripts/programs.sh

scripts/setup.sh engine test
with_docker_group "$@"
# The image waits for downloads most of the time, and what is built meanwhile for the processors.
scripts/image.sh base &
image=$!
trap 'kill $image 2>/dev/null || true' EXIT # it has ended, unless something failed beside it
scripts/build.sh init
scripts/build.sh site
scripts/book.sh
scripts/end2end.sh
scripts/schemathesis.sh

logs="$repo/target/test-logs"
rm -rf "$logs"
mkdir -p "$logs"
failed=()
ulimit -n 65536 2>/dev/null || true # tests that open thousands of connections say so when they may not

# What dockletd's of any kind have made in the Docker Engine: kind, installation, name.
made() {
    local label=docklet.installation
    docker ps --all --filter "label=$label" --format "container {{.Label \"$label\"}} {{.Names}}"
    docker network ls --filter "label=$label" --format "network {{.Label \"$label\"}} {{.Name}}"
    docker volume ls --filter "label=$label" --format "volume {{.Label \"$label\"}} {{.Name}}"
}

# What installations made that did not exist when we began. A make run beside us is not one of them, even if it is new.
made_by_tests() {
    {
        cat "$logs/installations-before"
        cat .docklet/installation 2>/dev/null || true # nobody need have run make run
    } | awk 'NR == FNR { known[$1]; next } !($2 in known)' - <(made)
}

# Processes of this run carry its name in their environment, whoever their parent is by now.
left_running() {
    local process
    for process in /proc/[0-9]*; do
        if grep -qzxF "DOCKLET_TEST_RUN=$run" "$process/environ" 2>/dev/null; then
            printf 'process %s %s\n' "${process#/proc/}" "$(tr '\0' ' ' <"$process/cmdline" 2>/dev/null | cut -c1-120)"
        fi
    done
}

# Of docker-compose.yml, under the project names that end2end/fixtures/compose.ts gives.
composed() {
    local label=com.docker.compose.project
    {
        docker ps --all --filter "label=$label" --format "container {{.Label \"$label\"}} {{.Names}}"
        docker network ls --filter "label=$label" --format "network {{.Label \"$label\"}} {{.Name}}"
        docker volume ls --filter "label=$label" --format "volume {{.Label \"$label\"}} {{.Name}}"
    } | awk '$2 ~ /^docklet-test-/'
}

# Images that tests of this run have pulled from registries of their own (crates/worker/tests/host/registry.rs).
pulled() {
    docker image ls --filter "label=docklet.test=$run" --format "image docklet.test {{.Repository}}:{{.Tag}}"
}

left_behind() {
    made_by_tests
    composed
    pulled
    (unset DOCKLET_TEST_RUN && left_running)
}

# shown LOG COMMAND...: runs it with its output in LOG and on the screen. Not through a pipe: a process that a test left
# running would hold the pipe open, and we would wait for it instead of naming it.
shown() {
    local log=$1 code=0 screen
    shift
    : >"$log"
    tail --follow --lines=+1 --sleep-interval=0.2 "$log" 2>/dev/null &
    screen=$!
    "$@" >"$log" 2>&1 </dev/null || code=$?
    sleep 0.5 # the screen catches up
    kill "$screen"
    wait "$screen" 2>/dev/null || true # killed by us
    return $code
}

# Most tests wait most of the time, for containers and clocks; the processors would be idle behind one test program.
at_once=2
# The engine that most hosts will have next; see scripts/engines.sh.
other=containerd

# What that engine needs, and why it cannot be had: not every host that can run the rest has a mirror of Debian forky, and
# root without a question.
without_other=
why_not() {
    local said
    said=$(sed -n 's/.*error:[^ ]* //p' "$1" | tail -1)
    echo "${said:-$(tail -1 "$1")}"
}

# Prints the commands that run all test programs, one a line, the longest first.
rounds() {
    if [ -z "$without_other" ]; then echo "test_on_other"; fi
    test_programs "$logs/built.json" | sed 's/^/test_program /'
}

test_on_other() {
    BUILT="$logs/built.json" LOGS=$logs scripts/engines.sh "$other" >"$logs/$other.log" 2>&1 </dev/null \
        || echo "tests on the engine $other ... FAILED" >>"$logs/programs/failed"
    sed -n "/^    $other/p" "$logs/$other.log"
}

rust_tests() {
    local getting
    scripts/engines.sh --prepare "$other" >"$logs/$other.prepare.log" 2>&1 </dev/null &
    getting=$!
    build_tests
    wait $getting || without_other=$(why_not "$logs/$other.prepare.log")
    wait "$image"
    step "Rust: unit and integration tests" "about 9 min, $at_once programs at a time"
    mkdir -p "$logs/programs"
    export -f test_program test_on_other
    export logs other
    # shellcheck disable=SC2016 # $0 and $@ are the inner shell's
    rounds | xargs -P "$at_once" -L 1 bash -c '"$0" "$@"'
    cat "$logs/programs/"*.log >"$logs/rust.log"
    if compgen -G "$logs/programs/*failed" >/dev/null; then
        grep -aE -A40 '^---- .* ----$' "$logs/rust.log" | head -400 || true # a program that was killed has said nothing
        cat "$logs/programs/"*failed >>"$logs/rust.log"
        failed+=("Rust tests")
    fi
    step "Rust: examples in the documentation" "20 s"
    cargo test "${everything[@]}" --doc --no-fail-fast >"$logs/doc.log" 2>&1 || { cat "$logs/doc.log"; failed+=("examples in the documentation"); }
    cat "$logs/doc.log" >>"$logs/rust.log"
}

# rust_tests_chosen ARGS...: what somebody asked for, as cargo runs it.
rust_tests_chosen() {
    wait "$image"
    step "Rust: cargo test $*" "the first time about 8 min of building on 2 cores"
    shown "$logs/rust.log" cargo test "${everything[@]}" --no-fail-fast "$@" || failed+=("Rust tests")
}

browser_tests() {
    step "Browser: end-to-end tests" "a few minutes"
    CHROMIUM=$(scripts/browser.sh) || fail "There is no browser for the tests." "Why is said above."
    FIREFOX=$(scripts/browser.sh firefox) || fail "There is no Firefox for the tests." "Why is said above."
    export CHROMIUM FIREFOX DOCKLETD="$repo/target/debug/dockletd"
    export PLAYWRIGHT_JSON_OUTPUT_NAME="$logs/browser.json"
    shown "$logs/browser.log" env --chdir=end2end npx playwright test --reporter=list,json || failed+=("browser tests")
}

# rust_sum WORD: the sum of a column of cargo's "test result: ok. 5 passed; 0 failed; 1 ignored" lines.
rust_sum() {
    awk -v word="$1" '/^test result:/ { for (i = 2; i <= NF; i++) if ($i ~ "^" word) sum += $(i - 1) } END { print sum + 0 }' "$logs/rust.log"
}

browser_sum() {
    [ -f "$logs/browser.json" ] || { echo 0; return; }
    node -p "(JSON.parse(require('fs').readFileSync(process.argv[1])).stats)[process.argv[2]] ?? 0" "$logs/browser.json" "$1"
}

# A make run beside us has port 8000, or may want it at any moment: no test may need it. So we take it while they run; the
# daemon of a test that asks for the default port says that it is taken.
hold_default_port() {
    node -e 'require("net").createServer().on("error", () => process.exit(0)).listen(8000, "127.0.0.1")' &
    holder=$!
    trap 'kill $holder 2>/dev/null || true' EXIT # it has ended already where a make run has the port
}

run="$$-$(date +%s)"
{ made | awk '{ print $2 }'; echo none; } | sort -u >"$logs/installations-before"
hold_default_port
# For the message of a test whose containers did not stay as they were: the engine itself remembers a few seconds.
export TEST_ENGINE_EVENTS="$logs/events.log"
docker events --filter type=container --format '{{.TimeNano}} {{.Action}} {{.Actor.ID}} {{json .Actor.Attributes}}' 2>/dev/null \
    | grep --line-buffered -vE ' (exec_|attach|resize|top )' >"$TEST_ENGINE_EVENTS" &
trap 'kill $holder 2>/dev/null || true; pkill --parent $$ docker 2>/dev/null || true' EXIT
export DOCKLET_TEST_RUN=$run
if [ $# -gt 0 ]; then rust_tests_chosen "$@"; else rust_tests; fi
browser_tests
rm -rf target/dist # unoptimised, for the test of docker-compose.yml: nobody should put that to use

end=$((SECONDS + 20)) # a browser and a container may need a moment to be gone
until [ -z "$(left_behind)" ]; do
    if [ $SECONDS -ge $end ]; then
        printf '\ntests left behind:\n%s\n' "$(left_behind)" >&2
        failed+=("clean-up")
        break
    fi
    sleep 0.5
done

printf '\nthe ten slowest tests:\n'
node scripts/results.mjs slowest 10 "$logs/programs" "$logs/browser.json"

passed=$(($(rust_sum passed) + $(browser_sum expected) + $(browser_sum flaky)))
broken=$(($(rust_sum failed) + $(browser_sum unexpected)))
ignored=$(($(rust_sum ignored) + $(browser_sum skipped)))
printf '\n%d tests: %d passed, %d failed, %d not run (Rust %d, browser %d), %d min %d s\n' \
    $((passed + broken + ignored)) "$passed" "$broken" "$ignored" \
    $(($(rust_sum passed) + $(rust_sum failed))) $(($(browser_sum expected) + $(browser_sum flaky) + $(browser_sum unexpected))) \
    $((SECONDS / 60)) $((SECONDS % 60))
if [ -n "$without_other" ]; then note "nothing was tested on the engine $other, which this host cannot have: $without_other"; fi
if [ ${#failed[@]} -gt 0 ] || [ "$broken" -gt 0 ]; then
    node scripts/results.mjs failures 10 "$logs/programs" "$logs/browser.json" >&2
    fail "Failed: $(printf '%s, ' "${failed[@]}" | sed 's/, $//')" "What failed is named above; the full output is in target/test-logs."
fi
[ "$passed" -gt 0 ] || fail "No test ran." "Look at target/test-logs."
