#!/usr/bin/env bash
# make dev: builds unoptimised, serves, and builds again whenever a source changes.
. "$(dirname "$0")/say.sh"

scripts/setup.sh image
with_docker_group "$@"
scripts/build.sh init
scripts/book.sh
rm -f "$stamps/site" # what stands in target/debug/site from here on is not what make test wants there
# The parts of the console are modules of their own, which the page asks for by name.
exec cargo leptos watch --split -- serve "$@"
