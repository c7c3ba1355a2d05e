#!/usr/bin/env bash
# make mutants: what do the tests notice? cargo-mutants changes crates of pure logic in one small place at a time and runs the
# crate's own tests. It fails where they pass with a change that crates/CRATE/mutants.txt does not list: a mutant a line, two
# spaces, #, and the reason why it stays. Usage: scripts/mutants.sh [CRATE...]
. "$(dirname "$0")/say.sh"

crates=("$@")
if [ $# -eq 0 ]; then crates=(domain scheduler); fi
out="$repo/target/mutants"
found="$out/mutants.out"

# Only the feature openapi compiles these, and the crate's own tests are built without it. server/tests/schemathesis meets them.
left_out=(
    --exclude crates/domain/src/described.rs
    --exclude-re '^crates/domain/src/(image|name|ssh_key)\.rs.* (pattern|shape)( |$)'
)

# The listed mutants. A line without a reason lists nothing.
kept() {
    local crate
    for crate in "${crates[@]}"; do
        if [ -f "crates/$crate/mutants.txt" ]; then sed -n 's/  # ..*//p' "crates/$crate/mutants.txt"; fi
    done
}

# Prints where the mutants that were missed and the lists differ. Places do not count: every change above one moves it.
differences() {
    awk '
        kept { left[$0]++; next }
        { name = $0; sub(/:[0-9]+:[0-9]+: /, ": ", name); if (left[name]-- > 0) next; print "    not caught: " $0 }
        END { for (name in left) if (left[name] > 0) print "    listed, but caught or gone: " name }
    ' kept=1 <(kept) kept= "$found/missed.txt"
}

scripts/setup.sh
scripts/rust.sh mutants
mkdir -p "$out"
step "Mutants of ${crates[*]}" "about 40 min on 2 cores for domain and scheduler"
code=0
cargo mutants --output "$out" --jobs "$(($(nproc) < 2 ? 1 : 2))" "${left_out[@]}" "${crates[@]/#/--package=}" || code=$?
case $code in
0 | 2 | 3) ;; # 2: some were missed; 3: with some, the tests did not end, which is noticed, too
*) fail "cargo-mutants ended with $code." "Its message is above; what cargo said is in target/mutants/mutants.out/log." ;;
esac

caught=$(cat "$found/caught.txt" "$found/timeout.txt" | wc -l)
viable=$((caught + $(wc -l <"$found/missed.txt")))
[ "$viable" -gt 0 ] || fail "There is no mutant of: ${crates[*]}." "Name crates that lie in crates/: make mutants ARGS=screen"
note "$caught of $viable viable mutants are caught, $((100 * caught / viable)) %"
different=$(differences)
if [ -n "$different" ]; then
    printf '%s\n' "$different" >&2
    fail "What the tests miss is not what crates/*/mutants.txt lists." "Write a test, or list the mutant, without its position and with a reason; remove those that are listed but caught."
fi
