#!/usr/bin/env bash
# Puts what the image of dockletd holds into target/dist. Usage: scripts/dist.sh [release|debug]
#   release  what `make run` builds
#   debug    what `make test` has built, for its own test of docker-compose.yml
. "$(dirname "$0")/say.sh"

built="target/${1:-release}"
dist="$repo/target/dist"
for part in dockletd docklet-init site/pkg; do
    [ -e "$built/$part" ] || fail "There is no $built/$part." "Run make dist, which builds it first."
done
[ -f target/book/index.html ] || fail "There is no target/book." "Run make dist, which builds it first."

rm -rf "$dist.new"
mkdir -p "$dist.new"
strip --strip-all -o "$dist.new/dockletd" "$built/dockletd"
cp "$built/docklet-init" "$dist.new/docklet-init"
cp -R "$built/site" "$dist.new/site"
cp -R target/book "$dist.new/book"
chmod -R u=rwX,go=rX "$dist.new"
rm -rf "$dist"
mv "$dist.new" "$dist"
