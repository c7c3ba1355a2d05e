//! The edge: where it listens, who may stand in front of it, where its data lies.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;

use super::setting::section;
use crate::http::origin::Origin;

section! {
    pub struct ServerConfig in "server" {
        /// Where HTTP is served. Port 0 takes a free one.
        pub listen: SocketAddr = "127.0.0.1:8000",
        /// The addresses people type, such as `https://docklet.example.org`; the first is shown and used in links.
        /// Requests that change something must come from a page of one of them. When there are none, the Host header of
        /// the request stands in for them.
        pub public_urls: Vec<Origin> = "",
        /// Everything dockletd keeps: database, etcd, keys, sockets of nodes. Made with mode 0700 when it is missing.
        pub data_dir: PathBuf = ".docklet",
        /// The console's files. By default `site` beside the program or one directory above it.
        pub site_root: Option<PathBuf> = "",
        /// Networks of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
        pub trusted_proxies: Vec<IpNet> = "",
        /// The most connections at a time, all together; more wait to be accepted.
        pub max_connections: u32 = "8192",
        /// The most connections at a time from one address. Loopback and trusted proxies are not counted.
        pub max_connections_per_address: u32 = "512",
        /// How long a client may take to send the head of a request.
        pub header_timeout: Duration = "10s",
    }
}
