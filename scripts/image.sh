#!/usr/bin/env bash
# Makes the node image docklet/base, and debian:bookworm below it, when they are missing or their Dockerfile changed.
# Usage: scripts/image.sh [NAME]     NAME is a folder of images/ (default: base)
. "$(dirname "$0")/say.sh"

name=${1:-base}
folder="$repo/images/$name"
tag="docklet/$name"
content_label=docklet.image.content
version_label=org.opencontainers.image.version
base=debian:bookworm

[ -f "$folder/Dockerfile" ] || fail "There is no images/$name/Dockerfile." "Pick one of: $(ls "$repo/images")"

# Everything the build sees, so that a changed file gives a new image.
content_of() {
    (cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) | sha256sum | cut -c1-16
}

image_exists() {
    docker image inspect "$1" >/dev/null 2>&1
}

# The sources debootstrap leaves name one suite only; updates and security fixes come from the same mirror.
write_sources() {
    local root=$1 mirror
    mirror=$(awk '$1 == "deb" { print $2; exit }' "$root/etc/apt/sources.list")
    [ -n "$mirror" ] || fail "debootstrap left no package source in $root/etc/apt/sources.list." "Check the debootstrap output above."
    as_root tee "$root/etc/apt/sources.list" >/dev/null <<LIST
deb $mirror bookworm main
deb $mirror bookworm-updates main
deb ${mirror%/}-security bookworm-security main
LIST
}

# Debian's own installer makes the same small system that the registry's image holds.
bootstrap_base() {
    local dir root
    have debootstrap || fail "debootstrap is missing." "Run scripts/packages.sh first (make run does)."
    step "No registry has $base for us: making it from Debian packages with debootstrap" "about 40 s"
    # Root's own directory: the tree holds files of many owners and set-uid programs.
    dir=$(mktemp -d "${TMPDIR:-/tmp}/docklet-bookworm.XXXXXX")
    root="$dir/root"
    # shellcheck disable=SC2064 # the directory of this call, not of the exit
    trap "as_root rm -rf --one-file-system '$dir'" EXIT
    quietly "$dir/debootstrap.log" as_root debootstrap --variant=minbase bookworm "$root" \
        || fail "debootstrap could not make a Debian system." "Its last lines are above; most often it is the network or the disk."
    write_sources "$root"
    as_root tar -C "$root" --exclude=./var/cache/apt/archives/*.deb --exclude=./var/lib/apt/lists/* -c . \
        | docker import --change 'CMD ["bash"]' - "$base" >/dev/null
}

ensure_base() {
    image_exists "$base" && return
    step "Pulling $base" "a few seconds; without a registry it is made from packages"
    timeout 300 docker pull --quiet "$base" >/dev/null 2>&1 || bootstrap_base
}

content=$(content_of "$folder")
built=$(docker image inspect --format "{{ index .Config.Labels \"$content_label\" }}" "$tag" 2>/dev/null || true)
[ "$built" = "$content" ] && exit 0

ensure_base
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version *= *"\(.*\)"/\1/p' "$repo/Cargo.toml")
step "Building the node image $tag" "about 1 min"
quietly "$repo/target/image-$name.log" env DOCKER_BUILDKIT=0 docker build --network host --force-rm --tag "$tag" \
    --label "$content_label=$content" --label "$version_label=$version" "$folder" \
    || fail "The node image $tag could not be built." "The last lines of the build are above."
note "$tag is $(docker image inspect --format '{{ .Size }}' "$tag" | awk '{ printf "%d MB", $1 / 1000000 }')"
