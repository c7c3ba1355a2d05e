#!/usr/bin/env bash
# Fetches the npm packages of package-lock.json and copies what the browser needs of them to public/vendor:
# xterm.js with its addons as ES modules, and the two fonts. Sass stays in node_modules/.bin.
. "$(dirname "$0")/say.sh"

vendor=public/vendor
stamp=node_modules/.vendor-made-from
wanted=$(cat package-lock.json "$0" | sha256sum | cut -c1-16)
if [ -x node_modules/.bin/sass ] && [ -f "$vendor/xterm/xterm.mjs" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

step "Fetching the console's npm packages" "about 10 s"
# Nothing here needs an install script or an optional native package.
npm ci --silent --ignore-scripts --omit=optional --no-audit --no-fund \
    || fail "npm could not install what package-lock.json names." "Check the network, then run: npm ci"

rm -rf "$vendor"
mkdir -p "$vendor/xterm" "$vendor/fonts"

# module PACKAGE FILE: an ES module without the pointer to a source map that we do not serve.
module() {
    sed '/^\/\/# sourceMappingURL=/d' "node_modules/@xterm/$1/lib/$2.mjs" >"$vendor/xterm/$2.mjs"
}
module xterm xterm
for addon in fit search unicode11 web-links webgl; do module "addon-$addon" "addon-$addon"; done
cp node_modules/@xterm/xterm/css/xterm.css "$vendor/xterm/xterm.css"
cp node_modules/@xterm/xterm/LICENSE "$vendor/xterm/LICENSE"

# One style sheet for both fonts; a browser fetches only the alphabets a page uses.
for font in inter jetbrains-mono; do
    package="node_modules/@fontsource-variable/$font"
    cp "$package"/files/*-wght-normal.woff2 "$vendor/fonts/"
    cp "$package/LICENSE" "$vendor/fonts/LICENSE-$font"
    sed 's#url(\./files/#url(/vendor/fonts/#g' "$package/index.css" >>"$vendor/fonts/fonts.css"
done
grep -o '/vendor/fonts/[a-z0-9-]*\.woff2' "$vendor/fonts/fonts.css" | while read -r file; do
    [ -f "public$file" ] || fail "fonts.css names $file, which npm did not bring." "Look at scripts/assets.sh: the package's files have other names now."
done
echo "$wanted" >"$stamp"
