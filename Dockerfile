# dockletd with all it serves, for docker-compose.yml. Two targets:
#   dockletd              takes the programs from target/dist, where `make dist` puts them
#   dockletd-from-source  builds them in here, from an image with Rust, which takes long and needs the network
# The base is Debian 12 under any name: debian:bookworm-slim from a registry, or the debian:bookworm that scripts/image.sh makes.
# No stage is given a secret, so no layer can hold one.
ARG BASE=debian:bookworm-slim
# Debian 12, too, with rustup: what is built in it must run on the base.
ARG RUST=rust:bookworm

# --- whom to trust when an identity provider speaks TLS ---------------------------------------------------------------
FROM ${BASE} AS certificates
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*

# --- Debian without what nobody reads in a container ------------------------------------------------------------------
FROM ${BASE} AS system
COPY --from=certificates /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
RUN find /usr/share/doc -depth -type f ! -name copyright -delete \
    && find /usr/share/doc -depth -type d -empty -delete \
    && rm -rf /usr/share/man/* /usr/share/info/* /usr/share/locale/* /usr/share/lintian /usr/share/bug \
        /usr/share/zoneinfo /usr/lib/*/gconv /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/debconf/*-old \
        /var/log/*.log /var/log/apt \
    && groupadd --gid 10001 docklet \
    && useradd --uid 10001 --gid docklet --home-dir /var/lib/docklet --no-create-home --shell /usr/sbin/nologin docklet \
    # Volumes that are mounted here for the first time take over owner and mode.
    && install -d -o docklet -g docklet -m 0700 /var/lib/docklet \
    && install -d -o docklet -g docklet -m 0750 /var/lib/docklet-secrets \
    && ln -s /usr/lib/docklet/dockletd /usr/bin/dockletd

# In one layer: what was taken away above takes no room.
FROM scratch AS runtime
COPY --from=system / /
LABEL org.opencontainers.image.title="dockletd" \
    org.opencontainers.image.description="Docklet's daemon: private clusters of Linux nodes, with terminals, in the browser" \
    org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 \
    DOCKLET_SERVER_DATA_DIR=/var/lib/docklet \
    DOCKLET_SERVER_LISTEN=0.0.0.0:8000
# `dockletd worker` needs the Docker Engine's socket and is therefore run as root; see docker-compose.yml.
USER docklet
WORKDIR /
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=10s --start-period=30s --retries=3 CMD ["dockletd", "healthcheck"]
ENTRYPOINT ["dockletd"]
CMD ["serve"]

# --- with the programs of this host -----------------------------------------------------------------------------------
FROM runtime AS dockletd
COPY target/dist/ /usr/lib/docklet/

# --- with programs built in here --------------------------------------------------------------------------------------
FROM ${RUST} AS source
WORKDIR /src
COPY . .
RUN scripts/setup.sh && scripts/build.sh run && scripts/book.sh && scripts/dist.sh release

FROM runtime AS dockletd-from-source
COPY --from=source /src/target/dist/ /usr/lib/docklet/
