//! The client at the other end: the address to count attempts against, and whether it came over TLS.
//!
//! A trusted proxy is believed; of any other client counts only what the connection shows.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

/// The other end of the connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Marks a request whose connection is TLS that ends here.
#[derive(Debug, Clone, Copy)]
pub struct OverTls;

/// The client behind whatever proxies there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    pub address: IpAddr,
    pub https: bool,
}

impl Client {
    /// Walks `X-Forwarded-For` from the right, as far as trusted proxies have written it.
    pub fn of(peer: Peer, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let mut address = peer.0.ip().to_canonical();
        let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
        if !is_trusted(address) {
            return Self { address, https: false };
        }
        for hop in hops(headers).into_iter().rev() {
            // What is no address was not written by a proxy.
            let Some(hop) = hop else { break };
            address = hop;
            if !is_trusted(address) {
                break;
            }
        }
        Self { address, https: last_value(headers, "x-forwarded-proto").is_some_and(|scheme| scheme == "https") }
    }
}

fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let lists = headers.get_all("x-forwarded-for").into_iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(|hop| parse_hop(hop.trim())).collect()
}

/// Some proxies write the port, too.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let address = text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

fn last_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get_all(name).into_iter().next_back()?.to_str().ok()?.rsplit(',').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, entries: &[(&'static str, &str)]) -> Client {
        let mut headers = HeaderMap::new();
        for (name, value) in entries {
            headers.append(*name, value.parse().expect("a header value"));
        }
        let trusted = ["10.0.0.0/8".parse().expect("a network")];
        Client::of(Peer(format!("{peer}:4000").parse().expect("an address")), &headers, &trusted)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn nobody_but_a_trusted_proxy_is_believed() {
        let forged = client("192.0.2.7", &[("x-forwarded-for", "198.51.100.1"), ("x-forwarded-proto", "https")]);
        assert_eq!(forged, Client { address: address("192.0.2.7"), https: false });
    }

    #[test]
    fn the_client_is_the_first_address_from_the_right_that_is_no_proxy() {
        let forwarded = ("x-forwarded-for", "1.1.1.1, 198.51.100.1, 10.0.0.2");
        let found = client("10.0.0.1", &[forwarded, ("x-forwarded-proto", "https")]);
        assert_eq!(found, Client { address: address("198.51.100.1"), https: true });
    }

    #[test]
    fn what_is_no_address_ends_the_chain() {
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", "lab, 10.0.0.2")]).address, address("10.0.0.2"));
        assert_eq!(client("10.0.0.1", &[]).address, address("10.0.0.1"));
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", "198.51.100.1:5000")]).address, address("198.51.100.1"));
    }
}
