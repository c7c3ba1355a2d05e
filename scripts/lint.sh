#!/usr/bin/env bash
# make lint: form, then what the tools can prove. Every part runs; the failed ones are named at the end.
. "$(dirname "$0")/say.sh"

scripts/setup.sh lint
scripts/end2end.sh
failed=()

# part NAME HOW_LONG COMMAND...: one part of the lint, in its own words when it fails.
part() {
    step "$1" "$2"
    local name=$1
    shift 2
    "$@" || failed+=("$name")
}

part "Shell scripts" "2 s" shellcheck scripts/*.sh .ci/run
part "Format" "2 s" cargo fmt --all --check
# The same sets of packages as make test builds, so that features, and with them compiled crates, stay the same.
part "Clippy, the daemon's side" "4 min the first time" cargo clippy --quiet --keep-going --workspace --exclude frontend --all-targets --features node-init/program -- -D warnings
part "Clippy, the browser's side" "1 min the first time" cargo clippy --quiet --keep-going -p frontend --target wasm32-unknown-unknown -- -D warnings
part "Types of the end-to-end tests" "5 s" npm run --silent --prefix end2end check
part "Arrows, sizes, dependencies" "30 s the first time" cargo run --quiet -p tidy

if [ ${#failed[@]} -gt 0 ]; then
    fail "make lint found something in: $(printf '%s; ' "${failed[@]}" | sed 's/; $//')" "What it found is above, under the part's own heading."
fi
note "lint is clean"
