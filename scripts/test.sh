#!/usr/bin/env bash
# make test: sets itself up, runs every test there is, counts them, and looks for what they left behind.
# It runs beside a make run: the tests' daemons have data directories, ports and installation labels of their own.
. "$(dirname "$0")/say.sh"

scripts/setup.sh engine test
with_docker_group "$@"
scripts/image.sh base
scripts/build.sh init
scripts/build.sh site
scripts/book.sh
scripts/end2end.sh

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

left_behind() {
    made_by_tests
    composed
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

rust_tests() {
    step "Rust: unit and integration tests" "the first time about 8 min of building on 2 cores"
    # Without the frontend, whose `hydrate` must never meet the server's `ssr` in one build.
    shown "$logs/rust.log" cargo test --workspace --exclude frontend --no-fail-fast "$@" || failed+=("Rust tests")
}

browser_tests() {
    step "Browser: end-to-end tests" "a few minutes"
    CHROMIUM=$(scripts/browser.sh) || fail "There is no browser for the tests." "Why is said above."
    export CHROMIUM DOCKLETD="$repo/target/debug/dockletd"
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

run="$$-$(date +%s)"
{ made | awk '{ print $2 }'; echo none; } | sort -u >"$logs/installations-before"
export DOCKLET_TEST_RUN=$run
rust_tests "$@"
browser_tests

end=$((SECONDS + 20)) # a browser and a container may need a moment to be gone
until [ -z "$(left_behind)" ]; do
    if [ $SECONDS -ge $end ]; then
        printf '\ntests left behind:\n%s\n' "$(left_behind)" >&2
        failed+=("clean-up")
        break
    fi
    sleep 0.5
done

passed=$(($(rust_sum passed) + $(browser_sum expected) + $(browser_sum flaky)))
broken=$(($(rust_sum failed) + $(browser_sum unexpected)))
ignored=$(($(rust_sum ignored) + $(browser_sum skipped)))
printf '\n%d tests: %d passed, %d failed, %d not run (Rust %d, browser %d), %d min %d s\n' \
    $((passed + broken + ignored)) "$passed" "$broken" "$ignored" \
    $(($(rust_sum passed) + $(rust_sum failed))) $(($(browser_sum expected) + $(browser_sum flaky) + $(browser_sum unexpected))) \
    $((SECONDS / 60)) $((SECONDS % 60))
if [ ${#failed[@]} -gt 0 ] || [ "$broken" -gt 0 ]; then
    grep -E '^(    `-p |test .* FAILED$)' "$logs/rust.log" | sort -u >&2 || true # there may be only browser failures
    fail "Failed: $(printf '%s, ' "${failed[@]}" | sed 's/, $//')" "What failed is named above; the full output is in target/test-logs."
fi
[ "$passed" -gt 0 ] || fail "No test ran." "Look at target/test-logs."
