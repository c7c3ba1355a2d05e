#!/usr/bin/env bash
# Everything a machine needs before anything can be built or run. Usage: scripts/setup.sh [engine] [lint] [test]
. "$(dirname "$0")/say.sh"

packages=()
engine=no
for purpose in "$@"; do
    case $purpose in
    engine) engine=yes ;;
    lint | test) packages+=("$purpose") ;;
    *) fail "There is no set-up for '$purpose'." "Use: scripts/setup.sh [engine] [lint] [test]" ;;
    esac
done

scripts/packages.sh "${packages[@]}"
scripts/rust.sh
scripts/node.sh
scripts/assets.sh
if [ $engine = yes ]; then scripts/engine.sh; fi
