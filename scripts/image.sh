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

# What the half-made system does to become whole. Its one package source names one suite; updates and security fixes come
# from the same mirror.
read -r -d '' second_stage <<'SCRIPT' || true # read says "no more lines" with a failure
set -e
/debootstrap/debootstrap --second-stage
mirror=$(awk '$1 == "deb" { print $2; exit }' /etc/apt/sources.list)
test -n "$mirror"
cat >/etc/apt/sources.list <<LIST
deb $mirror bookworm main
deb $mirror bookworm-updates main
deb ${mirror%/}-security bookworm-security main
LIST
apt-get clean
rm -rf /var/lib/apt/lists/* /var/log/bootstrap.log
SCRIPT

# Debian's own installer makes the same small system that the registry's image holds. It needs no root here: fakeroot
# stands in for it while the packages are unpacked, and a container is root enough to set them up.
bootstrap_base() {
    local dir half=docklet-bookworm-half
    step "No registry has $base for us: making it from Debian packages with debootstrap" "about 1 min"
    dir=$(mktemp -d "${TMPDIR:-/tmp}/docklet-bookworm.XXXXXX")
    # shellcheck disable=SC2064 # the names of this call, not of the exit
    trap "rm -rf '$dir'; docker rm --force $half >/dev/null 2>&1 || true; docker rmi $half >/dev/null 2>&1 || true" EXIT
    # shellcheck disable=SC2016 # $1 is the inner shell's
    quietly "$repo/target/debootstrap-1.log" fakeroot sh -ec '
        debootstrap --foreign --variant=minbase bookworm "$1/root"
        tar -C "$1/root" -cf "$1/root.tar" .' sh "$dir" \
        || fail "debootstrap could not unpack a Debian system." "Its last lines are above; most often it is the network or the disk."
    docker import "$dir/root.tar" "$half" >/dev/null
    quietly "$repo/target/debootstrap-2.log" docker run --name "$half" --network host "$half" sh -c "$second_stage" \
        || fail "debootstrap could not set up the Debian system." "Its last lines are above."
    docker export "$half" | docker import --change 'CMD ["bash"]' - "$base" >/dev/null
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
