#!/usr/bin/env bash
# make fuzz: what crates/screen does with random output for some minutes. make test tries five hundred streams, the same each time.
# Usage: scripts/fuzz.sh MINUTES; SCREEN_FUZZ_SEED begins where a failure was.
. "$(dirname "$0")/say.sh"

scripts/setup.sh
scripts/end2end.sh # has xterm.js
step "Comparing snapshots with xterm.js" "$1 min"
SCREEN_FUZZ_SECONDS=$(($1 * 60)) cargo test --quiet -p screen --test behaviour xterm -- --nocapture
