//! Finds a subnet that no vcluster and no host has.

use domain::subnet;
use ipnet::Ipv4Net;

use crate::{Error, ports::store::Transaction, reconcile::hosts::Hosts};

/// The first subnet of this prefix length in `pool`. It is free for as long as `tx` lasts.
pub(crate) async fn free(tx: &mut dyn Transaction, hosts: &Hosts, pool: Ipv4Net, prefix: u8) -> Result<Ipv4Net, Error> {
    let taken = tx.subnets().await?.into_iter().chain(hosts.routed());
    subnet::allocate(pool, prefix, taken).ok_or_else(|| Error::NoSubnet(pool.to_string()))
}
