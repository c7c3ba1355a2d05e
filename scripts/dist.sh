#!/usr/bin/env bash
# Puts what the images of docker-compose.yml hold into target/dist and target/trial-idp. Usage: scripts/dist.sh [release|debug]
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

# The trial provider: its program and packages, and the Node we have.
idp="$repo/target/trial-idp"
wanted=$(cd images/trial-idp && sha256sum Dockerfile package-lock.json ./*.mjs | sha256sum | cut -c1-16)
if [ "$(cat "$idp/made-from" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
rm -rf "$idp"
mkdir -p "$idp/app"
cp images/trial-idp/{package.json,package-lock.json,*.mjs} "$idp/app/"
npm ci --silent --omit=dev --ignore-scripts --no-audit --no-fund --prefix "$idp/app" \
    || fail "npm could not install what images/trial-idp/package-lock.json names." "Check the network, then try again."
cp "$(node -p process.execPath)" "$idp/node"
cp images/trial-idp/Dockerfile "$idp/"
echo "$wanted" >"$idp/made-from"
