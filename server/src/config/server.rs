//! The edge: where it listens, who may stand in front of it, where its data lies.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::{IpNet, Ipv4Net};

use super::{
    network::NetworkConfig,
    setting::{Fault, section},
};
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
        /// Networks of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. None of them may overlap
        /// `network.cluster_net`: a node could then say who it is.
        pub trusted_proxies: Vec<IpNet> = "",
        /// The most connections at a time, all together. When all are taken, the address that has the most gives its oldest
        /// one up for one that has fewer.
        pub max_connections: u32 = "8192",
        /// The most connections at a time from one address. Loopback and trusted proxies are not counted; behind these, it is
        /// the most requests under way of one client, with its terminals and other streams.
        pub max_connections_per_address: u32 = "512",
        /// How long a client may take to send the head of a request, and how long a connection may be idle between two. A client
        /// or proxy that keeps idle connections for longer may find one closed just when it uses it.
        pub header_timeout: Duration = "10s",
    }
}

impl ServerConfig {
    /// What comes from a vcluster's network is a tenant's, and may not say who it is.
    pub(super) fn believes_nodes(&self, network: &NetworkConfig) -> Option<Fault> {
        let nodes = network.cluster_net;
        let proxies = self.trusted_proxies.iter().find(|net| match net {
            IpNet::V4(net) => overlap(*net, nodes),
            IpNet::V6(_) => false,
        })?;
        Some(Fault {
            setting: "server.trusted_proxies".into(),
            place: format!("network {proxies}"),
            rule: format!(
                "overlaps network.cluster_net ({nodes}), from which vclusters get their networks: a node could then forge \
                 X-Forwarded-For; set network.cluster_net to a network that no proxy is in, such as 10.128.0.0/10"
            ),
        })
    }
}

/// Of two networks that share an address, one contains the other.
fn overlap(one: Ipv4Net, other: Ipv4Net) -> bool {
    one.contains(&other.network()) || other.contains(&one.network())
}
