//! The addresses vclusters get.

use ipnet::Ipv4Net;

use super::setting::section;

section! {
    pub struct NetworkConfig in "network" {
        /// Every vcluster's network is cut from this one, around whatever the host already routes.
        pub cluster_net: Ipv4Net = "172.16.0.0/12",
    }
}
