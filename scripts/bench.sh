#!/usr/bin/env bash
# make bench: our figures beside a floor or a peer in the same run, everything optimised, against a real Docker Engine and
# etcd. Prints a table and writes target/bench/*.json. ARGS chooses and sets: make bench ARGS="terminal", ARGS="--help".
# make bench-batch is ARGS=batch: jobs, and nothing else.
# ENGINE=containerd measures on one of the engines of scripts/engines.sh; the images of the groups apps and proxy are not there.
. "$(dirname "$0")/say.sh"

scripts/setup.sh bench image
with_docker_group "$@"
scripts/build.sh run
case ${1:-} in
batch*) ;; # whose peers are the Docker API, the databases and, where it is installed, Slurm
*) scripts/peers.sh ;;
esac

ulimit -n "$(ulimit -H -n)" # as many descriptors as may be had; fewer only mean that fewer connections are tried
step "Measuring" "the first time 3 min of building on 2 cores, then about 10 min, and as long again for jobs; leave the machine alone"
cargo build --release --quiet -p bench || fail "The measuring program could not be built." "The compiler's words are above."
on=()
[ -z "${ENGINE:-}" ] || on=(scripts/engines.sh "$ENGINE" --)
"${on[@]}" "$repo/target/release/bench" "$@" || fail "The measurement could not be made." "Its own words are above."

case ${1:-first-page} in
first-page)
    scripts/end2end.sh
    browser=$(scripts/browser.sh)
    step "Measuring the first page in a browser" "about 1 min"
    (cd end2end && MEASURE=1 CHROMIUM=$browser DOCKLETD=../target/release/dockletd npx playwright test --project=bench) \
        || fail "The first page could not be measured." "The browser's words are above."
    ;;
esac
