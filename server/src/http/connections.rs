//! How many connections there may be, all together and from one address.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use ipnet::IpNet;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

#[derive(Debug, Clone)]
pub struct Connections {
    all: Arc<Semaphore>,
    per_address: u32,
    /// Addresses many people may stand behind.
    shared: Arc<[IpNet]>,
    counts: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

impl Connections {
    pub fn new(all: u32, per_address: u32, trusted_proxies: &[IpNet]) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all as usize)),
            per_address,
            shared: trusted_proxies.into(),
            counts: Arc::default(),
        }
    }

    /// Waits until there may be one more connection.
    pub async fn place(&self) -> Place {
        let permit = self.all.clone().acquire_owned().await.expect("the semaphore is never closed");
        Place { _permit: permit, connections: self.clone(), address: None }
    }

    fn is_shared(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.shared.iter().any(|net| net.contains(&address))
    }
}

/// One connection's place; dropping it gives the place to another.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
    connections: Connections,
    /// Counted under this address.
    address: Option<IpAddr>,
}

impl Place {
    /// The same place, taken by this address; `None` when the address has as many as it may have.
    pub fn of(mut self, address: IpAddr) -> Option<Self> {
        let address = address.to_canonical();
        if self.connections.is_shared(address) {
            return Some(self);
        }
        let address = network(address);
        {
            let mut counts = self.connections.counts.lock();
            let count = counts.entry(address).or_default();
            if *count >= self.connections.per_address {
                return None;
            }
            *count += 1;
        }
        self.address = Some(address);
        Some(self)
    }
}

/// Whom an address counts for. Everybody with IPv6 has a network of 2^64 addresses.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut counts = self.connections.counts.lock();
        if let Some(count) = counts.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[tokio::test]
    async fn one_address_cannot_take_all_places() {
        let connections = Connections::new(10, 2, &[]);
        let mut held = Vec::new();
        for _ in 0..2 {
            held.push(connections.place().await.of(address("192.0.2.7")).expect("a place"));
        }
        assert!(connections.place().await.of(address("192.0.2.7")).is_none());
        assert!(connections.place().await.of(address("192.0.2.8")).is_some(), "another address");
        held.pop();
        assert!(connections.place().await.of(address("192.0.2.7")).is_some(), "a place was given back");
    }

    #[tokio::test]
    async fn loopback_and_trusted_proxies_are_not_counted() {
        let proxies = ["10.0.0.0/8".parse().expect("a network")];
        let connections = Connections::new(10, 1, &proxies);
        for text in ["127.0.0.1", "127.0.0.1", "::1", "::1", "10.1.1.1", "::ffff:10.1.1.1"] {
            let place = connections.place().await.of(address(text)).expect("a place");
            std::mem::forget(place);
        }
    }

    #[tokio::test]
    async fn a_place_is_waited_for() {
        let connections = Connections::new(1, 1, &[]);
        let first = connections.place().await;
        let second = connections.place();
        tokio::pin!(second);
        assert!(futures::poll!(&mut second).is_pending());
        drop(first);
        second.await;
    }
}
