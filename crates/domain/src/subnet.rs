//! Cutting a subnet per vcluster out of one large network. Knows arithmetic only; who has which subnet comes in as an argument.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::{name::NodeName, vcluster::MOST_NODES};

/// Network address, broadcast address and the bridge's own.
const NOT_FOR_NODES: u32 = 3;

/// The prefix length for a vcluster of this many nodes: room to double, and always room for as many as a vcluster may have.
pub fn prefix_for(nodes: u8) -> u8 {
    let addresses = (u32::from(nodes) * 2).max(u32::from(MOST_NODES)) + NOT_FOR_NODES;
    let host_bits = addresses.next_power_of_two().trailing_zeros();
    u8::try_from(32 - host_bits).unwrap_or(0)
}

/// The first subnet of `prefix` inside `pool` that overlaps nothing in `taken`; `None` when the pool is full.
pub fn allocate(pool: Ipv4Net, prefix: u8, taken: impl IntoIterator<Item = Ipv4Net>) -> Option<Ipv4Net> {
    if prefix < pool.prefix_len() || prefix > 30 {
        return None;
    }
    let step = 1u64 << (32 - prefix);
    let start = u64::from(u32::from(pool.network()));
    let end = u64::from(u32::from(pool.broadcast()));
    let mut blocks: Vec<(u64, u64)> = taken
        .into_iter()
        .map(|net| (u64::from(u32::from(net.network())), u64::from(u32::from(net.broadcast()))))
        .collect();
    blocks.sort_unstable();
    let mut candidate = start;
    // What lies before the pool moves nothing, and what lies behind it is met only where the pool is full.
    for (from, to) in blocks {
        if candidate + step <= from {
            break;
        }
        if to >= candidate {
            // The next multiple of `step` (counted from the pool's start, which is aligned) behind this block.
            candidate = start + (to + 1 - start).div_ceil(step) * step;
        }
    }
    if candidate + step - 1 > end {
        return None;
    }
    Ipv4Net::new(Ipv4Addr::from(u32::try_from(candidate).ok()?), prefix).ok()
}

/// The parts of `pool` in which to look for a free subnet, each with room for 256 of this prefix: that with `first` in it, those
/// behind it, then those before. So that however many subnets are taken, few of them need to be known.
pub fn windows(pool: Ipv4Net, prefix: u8, first: Option<Ipv4Net>) -> impl Iterator<Item = Ipv4Net> {
    let length = pool.prefix_len().max(prefix.saturating_sub(8)).min(32);
    let all = move || pool.subnets(length).into_iter().flatten();
    let has_first = move |window: &Ipv4Net| first.is_some_and(|first| window.contains(&first.network()));
    let begin = all().position(|window| has_first(&window)).unwrap_or(0);
    all().skip(begin).chain(all().take(begin))
}

/// The bridge's address: the first of the subnet.
pub fn gateway(subnet: Ipv4Net) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(subnet.network()) + 1)
}

/// A node's address follows from its name, so it is known before the node exists and stays over restarts.
pub fn address(subnet: Ipv4Net, node: NodeName) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(subnet.network()) + 2 + u32::from(node.ordinal()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn net(text: &str) -> Ipv4Net {
        text.parse().expect("a network")
    }

    #[test]
    fn every_vcluster_may_grow_to_the_most_nodes() {
        assert_eq!(prefix_for(1), 27);
        assert_eq!(prefix_for(16), 26);
        for nodes in 1..=MOST_NODES {
            let subnet = Ipv4Net::new(Ipv4Addr::new(172, 20, 0, 0), prefix_for(nodes)).expect("a subnet");
            assert!(address(subnet, NodeName::new(MOST_NODES - 1)) < subnet.broadcast());
        }
    }

    #[test]
    fn the_first_gap_that_is_large_enough_is_used() {
        let pool = net("172.20.0.0/16");
        assert_eq!(allocate(pool, 27, []), Some(net("172.20.0.0/27")));
        assert_eq!(allocate(pool, 27, [net("172.20.0.0/27")]), Some(net("172.20.0.32/27")));
        assert_eq!(allocate(pool, 26, [net("172.20.0.0/27")]), Some(net("172.20.0.64/26")));
        assert_eq!(allocate(pool, 27, [net("172.20.0.0/24"), net("172.20.2.0/24")]), Some(net("172.20.1.0/27")));
        assert_eq!(
            allocate(pool, 27, [net("172.20.0.0/32")]),
            Some(net("172.20.0.32/27")),
            "one address is in the way"
        );
        assert_eq!(allocate(net("172.20.0.0/27"), 28, ["172.20.0.0/28", "172.20.0.16/28"].map(net)), None, "full");
        assert_eq!(allocate(pool, 27, [net("172.16.0.0/12")]), None);
        assert_eq!(allocate(pool, 27, [net("10.0.0.0/8")]), Some(net("172.20.0.0/27")));
    }

    #[test]
    fn a_subnet_is_no_larger_than_the_pool_and_no_smaller_than_one_node_needs() {
        let pool = net("172.20.0.0/28");
        for (prefix, subnet) in [(27, None), (28, Some("172.20.0.0/28")), (30, Some("172.20.0.0/30")), (31, None)] {
            assert_eq!(allocate(pool, prefix, []), subnet.map(net), "/{prefix}");
        }
    }

    #[test]
    fn the_bridge_has_the_first_address_and_the_nodes_those_behind_it() {
        let subnet = net("172.20.0.32/27");
        let nodes = [0, 5].map(|ordinal| address(subnet, NodeName::new(ordinal)).octets()[3]);
        assert_eq!((gateway(subnet), nodes), (Ipv4Addr::new(172, 20, 0, 33), [34, 39]));
    }

    #[test]
    fn every_window_is_looked_at_once_and_that_of_the_newest_first() {
        let pool = net("172.20.0.0/16");
        let seen = |first: Option<&str>| windows(pool, 27, first.map(net)).map(|it| it.to_string()).collect::<Vec<_>>();
        let all =
            ["0.0", "32.0", "64.0", "96.0", "128.0", "160.0", "192.0", "224.0"].map(|it| format!("172.20.{it}/19"));
        assert_eq!(seen(None), all);
        assert_eq!(seen(Some("10.0.0.0/27")), all, "from before the pool was changed");
        let mut turned = all.clone();
        turned.rotate_left(3);
        assert_eq!(seen(Some("172.20.100.32/27")), turned);
        assert_eq!(windows(net("172.20.0.0/28"), 27, None).collect::<Vec<_>>(), [net("172.20.0.0/28")]);
    }

    #[test]
    fn a_route_that_covers_everything_leaves_nothing_and_the_end_of_ipv4_is_no_trap() {
        assert_eq!(allocate(net("172.20.0.0/16"), 27, [net("0.0.0.0/0")]), None);
        assert_eq!(allocate(net("255.255.255.0/24"), 25, [net("255.255.255.0/25")]), Some(net("255.255.255.128/25")));
        assert_eq!(allocate(net("255.255.255.0/24"), 25, [net("255.255.255.0/24")]), None);
    }

    proptest! {
        #[test]
        fn allocated_subnets_lie_in_the_pool_and_never_overlap(prefixes in prop::collection::vec(24u8..=28, 1..60)) {
            let pool = net("172.20.0.0/20");
            let mut taken: Vec<Ipv4Net> = vec![net("172.20.3.64/26")];
            for prefix in prefixes {
                if let Some(subnet) = allocate(pool, prefix, taken.clone()) {
                    prop_assert!(pool.contains(&subnet));
                    prop_assert!(taken.iter().all(|t| !t.contains(&subnet) && !subnet.contains(t)));
                    taken.push(subnet);
                }
            }
        }
    }
}
