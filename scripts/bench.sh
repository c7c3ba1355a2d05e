#!/usr/bin/env bash
# make bench: our figures beside a floor or a peer in the same run, everything optimised, against a real Docker Engine and
# etcd. Prints a table and writes target/bench/*.json. ARGS chooses and sets: make bench ARGS="terminal", ARGS="--help".
. "$(dirname "$0")/say.sh"

scripts/setup.sh engine
with_docker_group "$@"
scripts/image.sh base
scripts/build.sh run

ulimit -n 65536 2>/dev/null || true # a lower hard limit only means that fewer terminals are tried
step "Measuring" "the first time 3 min of building on 2 cores, then about 10 min; leave the machine alone"
cargo run --release --quiet -p bench -- "$@" || fail "The measurement could not be made." "Its own words are above."
