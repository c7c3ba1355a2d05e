#!/usr/bin/env bash
# Builds the book that dockletd serves at /docs, from docs/ into target/book, when one of its sources has changed.
. "$(dirname "$0")/say.sh"

book="$repo/target/book"
sources=(docs style/book style/book.scss style/tokens style/base/_reset.scss scripts/book.sh scripts/book-contents.mjs scripts/pack.mjs)
if [ -f "$book/index.html" ] && [ -z "$(find "${sources[@]}" -newer "$book/index.html" -print -quit)" ]; then exit 0; fi

step "Building the book" "2 s"
half="$repo/target/book.new"
theme="$repo/target/book-theme"
rm -rf "$half" "$theme"
mkdir -p "$theme/css" "$theme/fonts"
cp style/book/index.hbs style/book/book.js "$theme/"
: >"$theme/fonts/fonts.css" # the console's fonts serve the book, too
sass --no-source-map --style=compressed --load-path=style style/book.scss "$theme/css/general.css" \
    || fail "The book's style sheet could not be made." "Sass's words are above."
MDBOOK_OUTPUT__HTML__THEME="$theme" quietly "$repo/target/book.log" mdbook build docs --dest-dir "$half" \
    || fail "The book could not be built." "mdBook's words are above; a chapter that docs/SUMMARY.md names may be missing."
# What mdBook brings for its own page, and what lies among the sources without being a page.
rm -rf "$half"/{ayu-highlight,tomorrow-night,highlight,clipboard,mark,searcher,toc,favicon,print}*  "$half"/css/{variables,chrome,print}* "$half"/{fonts,book.toml,.nojekyll,404.html}
node scripts/book-contents.mjs "$half" || fail "The book's contents could not be corrected." "Node's words are above."
node scripts/pack.mjs "$half" || fail "The book's files could not be compressed." "Node's words are above."
rm -rf "$book"
mv "$half" "$book"
