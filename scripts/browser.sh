#!/usr/bin/env bash
# Prints the path of a browser for the end-to-end tests. Usage: scripts/browser.sh [chromium|firefox]
# Debian's came with scripts/packages.sh; where there is none that runs without snap (Ubuntu), it is fetched, which needs
# end2end/node_modules.
. "$(dirname "$0")/say.sh"

# installed PROGRAM...: the first that is there and no snap.
installed() {
    local program
    for program in "$@"; do
        if have "$program" && ! readlink -f "$(command -v "$program")" | grep -q snap; then
            command -v "$program"
            return
        fi
    done
    return 1
}

playwrights_chromium() {
    (cd end2end && node -p 'require("playwright-core").chromium.executablePath()')
}

fetched_chromium() {
    if [ ! -x "$(playwrights_chromium)" ]; then
        # What is said here must not end up in the path.
        {
            step "Fetching Playwright's Chromium and the libraries it needs" "about 2 min"
            (cd end2end && npx playwright install chromium) \
                || fail "Playwright could not fetch its Chromium." "Install chromium with this system's package manager, then run make again."
            (cd end2end && as_root env "PATH=$PATH" npx playwright install-deps chromium) \
                || fail "The libraries Chromium needs could not be installed." "See the output above."
        } >&2
    fi
    playwrights_chromium
}

fetched_firefox() {
    local browsers="$tools/browsers"
    if ! compgen -G "$browsers/firefox/*/firefox/firefox" >/dev/null; then
        step "Fetching Firefox" "about 1 min" >&2
        (cd end2end && npx browsers install firefox@esr --path "$browsers") >&2 \
            || fail "Mozilla's Firefox could not be fetched." "Install firefox-esr with this system's package manager, then run make again."
    fi
    compgen -G "$browsers/firefox/*/firefox/firefox" | head -1
}

case ${1:-chromium} in
chromium) installed chromium google-chrome || fetched_chromium ;;
firefox) installed firefox firefox-esr || fetched_firefox ;;
*) fail "scripts/browser.sh does not know '$1'." "Use: chromium or firefox." ;;
esac
