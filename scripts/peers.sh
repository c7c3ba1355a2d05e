#!/usr/bin/env bash
# The programs that make bench measures beside ours, and the one that measures, unpacked into target/peers: Debian's nginx and
# wrk, npm's configurable-http-proxy; and JupyterHub as an image. Nothing is installed on the machine and no service is started.
. "$(dirname "$0")/say.sh"

readonly CHP=5.3.0
peers="$PWD/target/peers"
mkdir -p "$peers/packages"

unpack() {
    local program=$1
    shift
    [ -x "$peers/root/$program" ] && return
    have apt-get || fail "nginx and wrk come as Debian packages, and there is no apt-get here." "Run make bench on Debian or Ubuntu, or leave the proxy out: make bench ARGS=creation"
    (cd "$peers/packages" && apt-get download --quiet "$@" >/dev/null 2>&1) || fail "apt-get could not download: $*" "Run apt-get update, then make bench again."
    for package in "$@"; do
        dpkg -x "$peers/packages/$package"_*.deb "$peers/root"
    done
}

step "Fetching the peers: nginx, wrk, configurable-http-proxy" "about 20 s"
unpack usr/sbin/nginx nginx
unpack usr/bin/wrk wrk libluajit-5.1-2
if [ ! -x "$peers/node_modules/.bin/configurable-http-proxy" ]; then
    npm install --silent --no-audit --no-fund --prefix "$peers" "configurable-http-proxy@$CHP" >/dev/null ||
        fail "npm could not install configurable-http-proxy." "Check the network, then run make bench again."
fi
scripts/image.sh jupyterhub
