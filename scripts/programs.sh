# Sourced by the scripts that run Rust's test programs one by one: how all of them are built, which there are, how one is run.
# Needs `logs`, a folder. Knows neither engines nor browsers.
# shellcheck shell=bash
# shellcheck disable=SC2154 # `logs`, `around` and `place` are the other script's

# Without the frontend, whose `hydrate` must never meet the server's `ssr` in one build.
everything=(--workspace --exclude frontend)

# Leaves what there is in $logs/built.json.
build_tests() {
    step "Rust: building the tests" "the first time about 8 min on 2 cores"
    mkdir -p "$logs"
    cargo test "${everything[@]}" --no-run --message-format json-render-diagnostics >"$logs/built.json" \
        || fail "The tests could not be built." "The compiler's words are above."
}

# test_programs FILE: those that cargo has built by its own account, as `folder program`, the longest first: what begins last
# should not end last.
test_programs() {
    node -e '
        const first = ["daemon", "host", "behaviour", "record"];
        const place = (name) => { const at = first.findIndex((word) => name.startsWith(word)); return at < 0 ? first.length : at; };
        require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line))
            .filter((made) => made.profile?.test && made.executable)
            .sort((one, other) => place(one.target.name) - place(other.target.name))
            .forEach((made) => console.log(require("path").dirname(made.manifest_path), made.executable));
    ' <"$1"
}

# test_program FOLDER PROGRAM [TEST...]: runs one as cargo would, its output in a log of its own, its result on the screen. One
# that stands still is ended, and the log says which test that was. `around` is a command to run it by, `place` that
# command's name.
test_program() {
    local folder=$1 program=$2 name code=0 log threads watch
    shift 2
    name="${folder##*/}: ${program##*/}"
    log="$logs/programs/${place:+$place-}${folder##*/}-${program##*/}.log"
    threads=$(nproc)
    # These wait longest: every test for a daemon and its containers.
    case ${program##*/} in daemon-*) threads=$((threads * 2)) ;; esac
    node scripts/results.mjs follow "$program" "$threads" "$log" &
    watch=$!
    (cd "$folder" && CARGO_MANIFEST_DIR=$folder RUST_TEST_THREADS=$threads \
        timeout --kill-after=10 1500 ${around[@]+"${around[@]}"} "$program" "$@" >"$log" 2>&1 </dev/null) || code=$?
    kill $watch
    wait $watch || true # ended by us
    printf '    %-44s %s\n' "${place:+$place, }$name" "$(grep -a '^test result:' "$log" || echo "ended with $code")"
    if [ $code -ne 0 ]; then echo "test program ${place:+$place, }${program##*/} ... FAILED" >>"$logs/programs/${place:+$place.}failed"; fi
}
