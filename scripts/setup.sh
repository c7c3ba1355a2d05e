#!/usr/bin/env bash
# Everything a machine needs before anything can be built or run. Usage: scripts/setup.sh [bench] [engine] [image] [lint] [test]
# `image` is the node image, and with it the engine.
. "$(dirname "$0")/say.sh"

packages=()
engine=no
image=no
for purpose in "$@"; do
    case $purpose in
    engine) engine=yes ;;
    image) engine=yes image=yes ;;
    bench | lint | test) packages+=("$purpose") ;;
    *) fail "There is no set-up for '$purpose'." "Use: scripts/setup.sh [bench] [engine] [image] [lint] [test]" ;;
    esac
done

scripts/packages.sh "${packages[@]}"
if [ $engine = yes ]; then
    scripts/engine.sh
    with_docker_group "$@"
fi
# The image waits for downloads most of the time, and what is built meanwhile for the processors.
if [ $image = yes ]; then
    scripts/image.sh base &
    making=$!
    trap 'kill $making 2>/dev/null || true' EXIT # it has ended, unless something failed beside it
fi
scripts/rust.sh
scripts/node.sh
scripts/assets.sh
if [ $image = yes ]; then wait "$making"; fi
