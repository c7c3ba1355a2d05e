#!/usr/bin/env bash
# Brings what rustup and cargo must have: the pinned toolchain with its targets, cargo-leptos, the wasm-bindgen CLI, mdBook;
# for make mutants, cargo-mutants. Usage: scripts/rust.sh [mutants]
. "$(dirname "$0")/say.sh"

leptos_version=0.3.9
mdbook_version=0.5.4
mutants_version=27.0.0

have cargo || fail "There is no cargo on this machine." "Install Rust with rustup (https://rustup.rs), open a new shell, then run make again."

# toolchain_words KEY: the words behind a key of rust-toolchain.toml.
toolchain_words() {
    sed -n "s/^$1 *= *//p" rust-toolchain.toml | tr -d '[]",'
}

# Everything rust-toolchain.toml names is there: the version, its components, its targets.
toolchain_complete() {
    local sysroot target
    sysroot=$(RUSTUP_TOOLCHAIN="$channel" RUSTUP_AUTO_INSTALL=0 rustc --print sysroot 2>/dev/null) || return 1
    for target in $(toolchain_words targets); do
        [ -d "$sysroot/lib/rustlib/$target/lib" ] || return 1
    done
    [ -x "$sysroot/bin/cargo-clippy" ] && [ -x "$sysroot/bin/rustfmt" ]
}

ensure_toolchain() {
    local part options=()
    have rustup || { note "no rustup: using $(rustc --version) as it is"; return; }
    channel=$(toolchain_words channel)
    if toolchain_complete; then return; fi
    step "Fetching Rust $channel with its targets $(toolchain_words targets)" "about 30 s"
    for part in $(toolchain_words components); do options+=(--component "$part"); done
    for part in $(toolchain_words targets); do options+=(--target "$part"); done
    quietly "$repo/target/rustup.log" rustup toolchain install "$channel" --profile minimal --no-self-update "${options[@]}" \
        || fail "rustup could not fetch Rust $channel." "Check the network, then run make again."
}

# ensure_tool CRATE VERSION PROGRAM HOW_LONG [OPTION...]: a program of exactly this version, built once per machine. PROGRAM is
# what tells its version, of one word or several.
ensure_tool() {
    local crate=$1 version=$2 program how_long=$4
    read -ra program <<<"$3"
    shift 4
    if have "${program[0]}" && "${program[@]}" --version 2>/dev/null | grep -qE "(^|[ v])${version//./\\.}( |$)"; then return; fi
    step "Building $crate $version" "$how_long, once per machine"
    # Not its release profile: fat LTO takes a quarter of an hour and this program runs for seconds.
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR="$tools/build" \
        cargo install "$crate@$version" --locked --debug --force --quiet --root "$tools" "$@" \
        || fail "$crate $version could not be built." "The compiler's words are above."
    rm -rf "$tools/build"
}

ensure_toolchain
# With the machine's OpenSSL; its own takes as long to build as a third of all the rest.
OPENSSL_NO_VENDOR=1 ensure_tool cargo-leptos "$leptos_version" cargo-leptos "about 4 min on 2 cores"
# The CLI and the crate must be the same version to the last digit.
bindgen_version=$(awk '$1 == "name" { name = $3 } $1 == "version" && name == "\"wasm-bindgen\"" { gsub("\"", "", $3); print $3; exit }' Cargo.lock)
[ -n "$bindgen_version" ] || fail "Cargo.lock names no wasm-bindgen." "Restore it with: git checkout Cargo.lock"
ensure_tool wasm-bindgen-cli "$bindgen_version" wasm-bindgen "about 1 min"
# Without its own server and watcher: dockletd serves the book.
ensure_tool mdbook "$mdbook_version" mdbook "about 30 s on 2 cores" --no-default-features --features search
if [ "${1:-}" = mutants ]; then ensure_tool cargo-mutants "$mutants_version" "cargo-mutants mutants" "about 2 min on 2 cores"; fi
