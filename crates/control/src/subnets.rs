//! Finds a subnet that no vcluster and no host has.

use domain::subnet;
use ipnet::Ipv4Net;

use crate::{Error, ports::store::Transaction, reconcile::hosts::Hosts};

/// A subnet of this prefix length in `pool`, near the one of the newest vcluster. It is free for as long as `tx` lasts.
pub(crate) async fn free(tx: &mut dyn Transaction, hosts: &Hosts, pool: Ipv4Net, prefix: u8) -> Result<Ipv4Net, Error> {
    let routed = hosts.routed();
    for window in subnet::windows(pool, prefix, tx.newest_subnet().await?) {
        let taken = tx.subnets_in(window).await?.into_iter().chain(routed.iter().copied());
        if let Some(free) = subnet::allocate(window, prefix, taken) {
            return Ok(free);
        }
    }
    Err(Error::NoSubnet(pool.to_string()))
}
