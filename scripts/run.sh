#!/usr/bin/env bash
# make run: from a bare machine to a serving dockletd, on 127.0.0.1:8000 with its data in .docklet, as dockletd does by
# itself. Arguments go to `dockletd serve`.
. "$(dirname "$0")/say.sh"

scripts/setup.sh image
with_docker_group "$@"
scripts/build.sh run
scripts/book.sh

# Ctrl-C must reach dockletd itself, so it takes this script's place; it prints the address and the password's file.
ulimit -n 65536 2>/dev/null || true # a lower hard limit only means fewer connections
exec target/release/dockletd serve "$@"
