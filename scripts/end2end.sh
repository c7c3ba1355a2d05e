#!/usr/bin/env bash
# Installs the npm packages of the end-to-end tests, and of the OpenID provider that tests sign in with, when their
# package-lock.json names others than are there. Builds what keeps the browser's network still.
. "$(dirname "$0")/say.sh"

for folder in end2end images/trial-idp; do
    stamp=$folder/node_modules/.made-from
    wanted=$(sha256sum "$folder/package-lock.json" | cut -c1-16)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then continue; fi

    step "Fetching the npm packages of $folder" "about 10 s"
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --ignore-scripts --no-audit --no-fund --prefix "$folder" \
        || fail "npm could not install what $folder/package-lock.json names." "Check the network, then run make again."
    echo "$wanted" >"$stamp"
done

still=target/still-network.so
if [ ! -e "$still" ] || [ end2end/still-network.c -nt "$still" ]; then
    mkdir -p target
    cc -shared -fPIC -o "$still" end2end/still-network.c || fail "end2end/still-network.c could not be built." "The compiler's words are above."
fi
