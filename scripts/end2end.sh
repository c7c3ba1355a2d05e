#!/usr/bin/env bash
# Installs the npm packages of the end-to-end tests when end2end/package-lock.json names others than are there.
. "$(dirname "$0")/say.sh"

stamp=end2end/node_modules/.made-from
wanted=$(sha256sum end2end/package-lock.json | cut -c1-16)
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

step "Fetching the end-to-end tests' npm packages" "about 10 s"
PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --ignore-scripts --no-audit --no-fund --prefix end2end \
    || fail "npm could not install what end2end/package-lock.json names." "Check the network, then run make again."
echo "$wanted" >"$stamp"
