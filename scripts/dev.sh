#!/usr/bin/env bash
# make dev: builds unoptimised, serves, and builds again whenever a source changes.
. "$(dirname "$0")/say.sh"

scripts/setup.sh engine
with_docker_group "$@"
scripts/image.sh base
scripts/build.sh init
scripts/book.sh
exec cargo leptos watch -- serve "$@"
