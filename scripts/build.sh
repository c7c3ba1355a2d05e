#!/usr/bin/env bash
# Builds what one purpose needs, and nothing when no source has changed since. Usage: scripts/build.sh PURPOSE
#   run    everything optimised, in target/release: dockletd, docklet-init and the folder site beside it
#   init   docklet-init, the static PID 1 of every node, beside an unoptimised dockletd in target/debug
#   site   the console, optimised, in target/debug/site (make run's is left alone)
. "$(dirname "$0")/say.sh"

# cargo-leptos would put sixty lines of its own backtrace under a compiler error, and the error out of sight.
export RUST_BACKTRACE=0

init_target=x86_64-unknown-linux-musl
init_built="target/$init_target/init/docklet-init"

# fresh STAMP PATH...: nothing under the paths is newer than the stamp; a removed file shows in its folder's time.
fresh() {
    local stamp=$1
    shift
    [ -e "$stamp" ] && [ -z "$(find "$@" -path '*/tests' -prune -o -newer "$stamp" -print -quit)" ]
}

# The stamp carries the time the build began: what was saved while it ran counts as newer.
begin() {
    mkdir -p "$stamps"
    touch "$stamps/$1.began"
}

finish() {
    mv "$stamps/$1.began" "$stamps/$1"
}

# build_init FOLDER: builds docklet-init and puts it beside the dockletd of that folder, where it is looked for.
build_init() {
    if [ ! -x "$init_built" ]; then step "Building docklet-init" "about 1 min"; fi
    cargo build --quiet -p node-init --bin docklet-init --features program --profile init --target "$init_target" \
        || fail "docklet-init could not be built." "The compiler's words are above."
    if cmp --silent "$init_built" "$1/docklet-init"; then return; fi
    # A running node still executes the old file: replace it, never write into it.
    install -D -m 0755 "$init_built" "$1/docklet-init.new"
    mv "$1/docklet-init.new" "$1/docklet-init"
}

# build_cli FOLDER: builds docklet, the command line, and puts it where the site of that folder offers it. For the machines
# of other makes, too, where Rust's target and a C compiler for them are installed (docs/admin/install.md).
build_cli() {
    local machine name target
    for machine in x86_64 aarch64; do
        name=docklet-linux-$machine target=$machine-unknown-linux-musl
        if [ "$target" != "$init_target" ]; then
            command -v "$machine-linux-gnu-gcc" >/dev/null || continue
            rustup target list --installed | grep -qxF "$target" || continue
        fi
        cargo build --quiet -p cli --profile init --target "$target" \
            || fail "docklet could not be built for $machine." "The compiler's words are above."
        install -D -m 0755 "target/$target/init/docklet" "$1/download/$name"
        # As `sha256sum --check` reads it, for the name it is kept under.
        (cd "$1/download" && sha256sum "$name" | sed "s/ $name/ docklet/" >"$name.sha256")
    done
}

build_run() {
    local sources=(app crates frontend server style public Cargo.toml Cargo.lock .cargo/config.toml package-lock.json rust-toolchain.toml scripts/build.sh scripts/pack.mjs)
    if [ -x target/release/dockletd ] && [ -x target/release/docklet-init ] && [ -d target/release/site/pkg ] && fresh "$stamps/run" "${sources[@]}"; then return; fi
    begin run
    build_init target/release
    step "Building dockletd and the console, optimised" "the first time about 8 min on 2 cores"
    LEPTOS_SITE_ROOT=target/release/site cargo leptos build --release --split || fail "The build failed." "The compiler's words are above."
    build_cli target/release/site
    node scripts/pack.mjs target/release/site || fail "The console's files could not be compressed." "Node's words are above."
    finish run
}

# The tests meet the console that people get, optimised: beside the daemon that `cargo test` has built.
build_site() {
    local sources=(app frontend style public crates/catalogue crates/domain crates/wire crates/terminal crates/terminal-session Cargo.toml Cargo.lock .cargo/config.toml package-lock.json rust-toolchain.toml scripts/build.sh scripts/pack.mjs)
    if [ -d target/debug/site/pkg ] && fresh "$stamps/site" "${sources[@]}"; then return; fi
    begin site
    step "Building the console, optimised" "the first time about 6 min on 2 cores"
    rm -rf target/debug/site
    LEPTOS_SITE_ROOT=target/debug/site cargo leptos build --release --frontend-only --split || fail "The console could not be built." "The compiler's words are above."
    node scripts/pack.mjs target/debug/site || fail "The console's files could not be compressed." "Node's words are above."
    finish site
}

case ${1:-} in
init) build_init target/debug ;;
run) build_run ;;
site) build_site ;;
*) fail "scripts/build.sh does not know '${1:-}'." "Use: run, init or site." ;;
esac
