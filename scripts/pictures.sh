#!/usr/bin/env bash
# Makes the book's pictures (docs/images) anew from the product as it is: in a real browser, with a real vcluster.
. "$(dirname "$0")/say.sh"

scripts/setup.sh image test
with_docker_group "$@"
scripts/build.sh init
scripts/build.sh site
scripts/end2end.sh
step "Building dockletd, unoptimised" "nothing, when make test has just run"
cargo build --quiet -p server || fail "dockletd could not be built." "The compiler's words are above."
CHROMIUM=$(scripts/browser.sh) || fail "There is no browser for the pictures." "Why is said above."
export CHROMIUM DOCKLETD="${DOCKLETD:-$repo/target/debug/dockletd}" PICTURES=1
step "Taking pictures" "1 min"
(cd end2end && npx playwright test --project=hydrated specs/book/pictures) || fail "The pictures could not be made." "Why is said above."
note "look at them, then commit docs/images"
