//! How many connections there may be, all together and from one address, and which one gives way when all are taken.
//!
//! Every connection is accepted, so that accepting never stops. When there is no place left, the address that has the most
//! gives its oldest one to an address that has fewer; the address that has the most itself is turned away. So each
//! newcomer gets a place as long as some address has two connections or more.

use std::{
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv6Addr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use ipnet::IpNet;
use parking_lot::Mutex;
use tokio::sync::oneshot;

#[derive(Debug, Clone)]
pub struct Connections {
    most: usize,
    per_address: usize,
    /// Addresses many people may stand behind.
    shared: Arc<[IpNet]>,
    table: Arc<Mutex<Table>>,
}

#[derive(Debug, Default)]
struct Table {
    taken: usize,
    next: u64,
    /// By address; of each, the oldest first. Dropping a seat's sender ends its connection.
    of: HashMap<IpAddr, BTreeMap<u64, oneshot::Sender<()>>>,
}

impl Connections {
    pub fn new(most: u32, per_address: u32, trusted_proxies: &[IpNet]) -> Self {
        Self {
            most: most as usize,
            per_address: per_address as usize,
            shared: trusted_proxies.into(),
            table: Arc::default(),
        }
    }

    /// A place for a connection from this address; `None` turns it away.
    pub fn place(&self, address: IpAddr) -> Option<Place> {
        let address = address.to_canonical();
        let is_shared = address.is_loopback() || self.shared.iter().any(|net| net.contains(&address));
        let address = network(address);
        let mut table = self.table.lock();
        let have = table.of.get(&address).map_or(0, BTreeMap::len);
        if have >= self.per_address && !is_shared {
            return None;
        }
        if table.taken >= self.most && !table.make_room(have) {
            return None;
        }
        let (seat, gave_way) = oneshot::channel();
        let number = table.next;
        table.next += 1;
        table.taken += 1;
        table.of.entry(address).or_default().insert(number, seat);
        Some(Place { address, number, gave_way: Some(gave_way), table: self.table.clone() })
    }
}

impl Table {
    /// Whether the address with the most connections gave one up, to one that has so many.
    fn make_room(&mut self, have: usize) -> bool {
        let most = self.of.iter().max_by_key(|(_, seats)| seats.len());
        // Or the two would take it from each other for ever.
        let greedy = most.filter(|(_, seats)| seats.len() > have + 1).map(|(address, _)| *address);
        let oldest = greedy.and_then(|address| Some((address, *self.of.get(&address)?.keys().next()?)));
        oldest.is_some_and(|(address, number)| self.take_away(address, number))
    }

    fn take_away(&mut self, address: IpAddr, number: u64) -> bool {
        let Some(seats) = self.of.get_mut(&address) else { return false };
        let was_there = seats.remove(&number).is_some();
        if seats.is_empty() {
            self.of.remove(&address);
        }
        self.taken -= usize::from(was_there);
        was_there
    }
}

/// One connection's place; dropping it gives the place to another.
#[derive(Debug)]
pub struct Place {
    address: IpAddr,
    number: u64,
    gave_way: Option<oneshot::Receiver<()>>,
    table: Arc<Mutex<Table>>,
}

impl Place {
    /// Ready once the place is another's and the connection has to end. Wakes the task then.
    pub fn poll_gave_way(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(gave_way) = &mut self.gave_way else { return Poll::Ready(()) };
        match Pin::new(gave_way).poll(cx) {
            Poll::Ready(_) => {
                self.gave_way = None;
                Poll::Ready(())
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.table.lock().take_away(self.address, self.number);
    }
}

/// The network that an address counts for. A client with IPv6 has a network of 2^64 addresses.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn places(connections: &Connections, from: &str, count: usize) -> Vec<Place> {
        (0..count).filter_map(|_| connections.place(address(from))).collect()
    }

    async fn has_given_way(place: &mut Place) -> bool {
        poll_fn(|cx| Poll::Ready(place.poll_gave_way(cx).is_ready())).await
    }

    #[test]
    fn one_address_cannot_take_all_places() {
        let connections = Connections::new(10, 2, &[]);
        let mut held = places(&connections, "192.0.2.7", 3);
        assert_eq!(held.len(), 2);
        assert!(connections.place(address("192.0.2.8")).is_some(), "another address");
        held.pop();
        assert!(connections.place(address("192.0.2.7")).is_some(), "a place was given back");
        assert_eq!(places(&connections, "2001:db8::1", 1).len() + places(&connections, "2001:db8::2", 2).len(), 2);
    }

    #[test]
    fn loopback_and_trusted_proxies_have_no_limit_of_their_own() {
        let proxies = ["10.0.0.0/8".parse().expect("a network")];
        let connections = Connections::new(10, 1, &proxies);
        for text in ["127.0.0.1", "127.0.0.1", "::1", "::1", "10.1.1.1", "::ffff:10.1.1.1"] {
            let place = connections.place(address(text)).expect("a place");
            std::mem::forget(place);
        }
    }

    #[tokio::test]
    async fn when_all_are_taken_the_address_with_the_most_gives_way_to_one_that_has_fewer() {
        let connections = Connections::new(6, 6, &[]);
        let mut greedy = places(&connections, "192.0.2.7", 6);
        let mut newcomer = connections.place(address("198.51.100.1")).expect("a place all the same");
        assert!(has_given_way(&mut greedy[0]).await, "its oldest");
        assert!(!has_given_way(&mut greedy[1]).await);
        assert!(connections.place(address("192.0.2.7")).is_none(), "it has the most itself");
        let another = places(&connections, "198.51.100.1", 5);
        assert_eq!(another.len(), 2, "three each, and then nobody has fewer");
        assert!(!has_given_way(&mut newcomer).await);
        drop((greedy, newcomer, another));
        assert!(matches!(&*connections.table.lock(), Table { taken: 0, of, .. } if of.is_empty()), "nothing is kept");
        assert_eq!(places(&connections, "192.0.2.7", 7).len(), 6);
    }

    #[tokio::test]
    async fn many_addresses_that_fill_everything_leave_a_place_to_each_newcomer() {
        let connections = Connections::new(100, 50, &[]);
        let flood: Vec<Vec<Place>> = (1..=20).map(|n| places(&connections, &format!("203.0.113.{n}"), 50)).collect();
        for n in 1..=30 {
            let newcomer = places(&connections, &format!("198.51.100.{n}"), 1);
            assert_eq!(newcomer.len(), 1, "{n}");
            std::mem::forget(newcomer);
        }
        drop(flood);
    }
}
