#!/usr/bin/env bash
# Makes a node image, and the image below it, when they are missing or a file of their folder changed.
# Usage: scripts/image.sh [NAME [TAG]]     NAME is a folder of images/ (default: base), TAG the image's (docklet/NAME)
. "$(dirname "$0")/say.sh"

name=${1:-base}
folder="$repo/images/$name"
tag="${2:-docklet/$name}"
content_label=docklet.image.content
version_label=org.opencontainers.image.version
stage_label=docklet.image.stage
base=debian:bookworm
half=docklet-bookworm-half # what becomes of it on the way, where no registry has it

[ -f "$folder/Dockerfile" ] || fail "There is no images/$name/Dockerfile." "Pick one of: $(ls "$repo/images")"

case $name in
base) how_long="about 3 min, most of it downloads" ;;
jupyterhub) how_long="about 3 min" ;;
*) how_long="about 15 min, most of it downloads" ;;
esac

# Everything the build sees, so that a changed file gives a new image; what it stands on is part of that.
content_of() {
    local folders=("$repo/images/base")
    [ "$1" = base ] || folders+=("$repo/images/$1")
    (cd "$repo/images" && find "${folders[@]##*/}" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) | sha256sum | cut -c1-16
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
# In a shell of its own, so that its trap is its own, too: a later one of this script would take its place.
bootstrap_base() (
    local dir
    step "No registry has $base for us: making it from Debian packages with debootstrap" "about 1 min"
    dir=$(mktemp -d "${TMPDIR:-/tmp}/docklet-bookworm.XXXXXX")
    without_half # of a run that was killed
    trap 'rm -rf "$dir"; without_half' EXIT
    # shellcheck disable=SC2016 # $1 is the inner shell's
    quietly "$repo/target/debootstrap-1.log" fakeroot sh -ec '
        debootstrap --foreign --variant=minbase bookworm "$1/root"
        tar -C "$1/root" -cf "$1/root.tar" .' sh "$dir" \
        || fail "debootstrap could not unpack a Debian system." "Its last lines are above; most often it is the network or the disk."
    docker import "$dir/root.tar" "$half" >/dev/null
    quietly "$repo/target/debootstrap-2.log" docker run --name "$half" --network host "$half" sh -c "$second_stage" \
        || fail "debootstrap could not set up the Debian system." "Its last lines are above."
    docker export "$half" | docker import --change 'CMD ["bash"]' - "$base" >/dev/null
)

# Fails for what is not there.
without_half() {
    docker rm --force "$half" >/dev/null 2>&1 || true
    docker rmi "$half" >/dev/null 2>&1 || true
}

ensure_base() {
    image_exists "$base" && return
    step "Pulling $base" "a few seconds; without a registry it is made from packages"
    timeout 300 docker pull --quiet "$base" >/dev/null 2>&1 || bootstrap_base
}

# What this host knows about reaching package registries: its certificates, and pip's and npm's settings in whatever form
# they are kept. The build may use it, the image must not hold it; see `leaks`.
collect_host() {
    local dir=$1 file
    mkdir -p "$dir"
    for file in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt; do
        if [ -f "$file" ] && [ ! -e "$dir/ca.crt" ]; then cp "$file" "$dir/ca.crt"; fi
    done
    # The first that is there, as pip itself would read it; paths of this host mean nothing inside.
    for file in "${PIP_CONFIG_FILE:-}" "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf" /etc/pip.conf; do
        if [ -f "$file" ] && [ ! -e "$dir/pip.conf" ]; then
            sed '/^[[:space:]]*\(cert\|client-cert\|cache-dir\|find-links\)[[:space:]]*=/d' "$file" >"$dir/pip.conf"
        fi
    done
    for file in "${NPM_CONFIG_USERCONFIG:-}" "$HOME/.npmrc"; do
        if [ -f "$file" ] && [ ! -e "$dir/npmrc" ]; then
            sed '/^[[:space:]]*\(cafile\|cache\|prefix\|nodedir\)[[:space:]]*=/d' "$file" >"$dir/npmrc"
        fi
    done
    {
        if [ -e "$dir/pip.conf" ]; then echo PIP_CONFIG_FILE=/build/pip.conf; fi
        for file in PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_DEFAULT_TIMEOUT PIP_RETRIES; do
            if [ -n "${!file:-}" ]; then printf '%s=%q\n' "$file" "${!file}"; fi
        done
    } >"$dir/pip.env"
}

# What of the host's settings can still be found in the image: in its history, its configuration, or any byte of its layers.
# Of its certificates, all: programs bring some of the well-known ones themselves, as Node.js does.
leaks() {
    local dir=$1 certificates
    docker run --rm --network none --entrypoint cat "$tag" /etc/ssl/certs/ca-certificates.crt >"$dir/own.crt"
    { grep -vxFf "$dir/own.crt" "$dir/host/ca.crt" 2>/dev/null || true; } | grep -v -e '^-----' -e '^#' | awk 'length($0) > 40' | sort -u >"$dir/certificates"
    cat "$dir/host/pip.env" "$dir/host/pip.conf" "$dir/host/npmrc" 2>/dev/null \
        | { grep -iE '(index[-_]url|trusted[-_]host|registry|_auth|token|password)[^=]*=' || true; } \
        | sed 's/^[^=]*=[[:space:]]*//' | awk 'length($0) > 5' | sort -u >"$dir/settings"
    cat "$dir/certificates" "$dir/settings" >"$dir/lent"
    [ -s "$dir/lent" ] || return 0
    { docker history --no-trunc "$tag" && docker image inspect "$tag" && docker save "$tag"; } \
        | { grep -aoF -f "$dir/lent" || true; } | sort -u >"$dir/found"
    comm -12 "$dir/found" "$dir/settings"
    certificates=$(wc -l <"$dir/certificates")
    if [ "$certificates" -gt 0 ] && [ "$(comm -12 "$dir/found" "$dir/certificates" | wc -l)" -eq "$certificates" ]; then
        echo "the certificates of this host"
    fi
}

# Each step of the build as one line, while it runs.
steps() {
    sed -un 's|^Step \([0-9]*/[0-9]*\) : \(.\{0,100\}\).*|    \1 \2|p' | grep --line-buffered -E ' (RUN|COPY --from|FROM)' || true
}

# build CONTEXT: the classic builder, which every engine has, with the proxies this host needs; those leave no trace.
build() {
    local arguments=() proxy
    for proxy in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
        if [ -n "${!proxy:-}" ]; then arguments+=(--build-arg "$proxy"); fi
    done
    DOCKER_BUILDKIT=0 docker build --network host --force-rm --tag "$tag" "${arguments[@]}" \
        --label "$content_label=$content" --label "$version_label=$version" "$1"
}

content=$(content_of "$name")
built=$(docker image inspect --format "{{ index .Config.Labels \"$content_label\" }}" "$tag" 2>/dev/null || true)
[ "$built" = "$content" ] && exit 0

if [ "$name" = base ]; then ensure_base; else "$repo/scripts/image.sh" base; fi
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version *= *"\(.*\)"/\1/p' "$repo/Cargo.toml")
step "Building the node image $tag" "$how_long"
began=$SECONDS
work=$(mktemp -d "${TMPDIR:-/tmp}/docklet-image.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -R "$folder" "$work/context"
collect_host "$work/host"
cp -R "$work/host" "$work/context/host"
mkdir -p "$repo/target"
if ! build "$work/context" 2>&1 </dev/null | tee "$repo/target/image-$name.log" | steps; then
    tail -n 30 "$repo/target/image-$name.log" >&2
    fail "The node image $tag could not be built." "The last lines of the build are above, all of it is in target/image-$name.log."
fi
# What was lent to the build is in its stages still; without them a next build fetches Python's packages again.
docker image prune --force --filter "label=$stage_label" >/dev/null
found=$(leaks "$work")
if [ -n "$found" ]; then
    docker rmi --no-prune "$tag" >/dev/null
    fail "The node image $tag holds what only its build was to know, and was removed." "Look at the stages of images/$name/Dockerfile. Found: $(printf '%s' "$found" | head -c 200)"
fi
note "$tag is $(docker image inspect --format '{{ .Size }}' "$tag" | awk '{ printf "%d MB", $1 / 1000000 }'), made in $(((SECONDS - began) / 60)) min $(((SECONDS - began) % 60)) s"
