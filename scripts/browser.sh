#!/usr/bin/env bash
# Prints the path of the browser for the end-to-end tests. Debian's chromium came with scripts/packages.sh; where there is
# none that runs without snap (Ubuntu), Playwright fetches its own, which needs end2end/node_modules.
. "$(dirname "$0")/say.sh"

for program in chromium google-chrome; do
    if have "$program" && ! readlink -f "$(command -v "$program")" | grep -q snap; then
        command -v "$program"
        exit 0
    fi
done

own() {
    (cd end2end && node -p 'require("playwright-core").chromium.executablePath()')
}
if [ ! -x "$(own)" ]; then
    # What is said here must not end up in the path.
    {
        step "Fetching Playwright's Chromium and the libraries it needs" "about 2 min"
        (cd end2end && npx playwright install chromium) \
            || fail "Playwright could not fetch its Chromium." "Install chromium with this system's package manager, then run make again."
        (cd end2end && as_root env "PATH=$PATH" npx playwright install-deps chromium) \
            || fail "The libraries Chromium needs could not be installed." "See the output above."
    } >&2
fi
own
