//! Networks a vcluster's subnet must not overlap: what the host routes, and what its engine has for others.

use control::ports::engine::EngineError;
use ipnet::Ipv4Net;

use crate::host::Host;

/// A route to this much of the world, or more, is a way out, not a network.
const WIDEST: u8 = 7;

pub(crate) async fn routed(host: &Host) -> Result<Vec<Ipv4Net>, EngineError> {
    let installation = host.config.installation;
    // The routes first: a network of ours that is made meanwhile is then among ours, and not taken for another's.
    let table = tokio::fs::read_to_string(&host.config.routes).await;
    let ours = host.engine.networks(installation).await?.into_iter().filter_map(|network| network.subnet);
    let ours: Vec<Ipv4Net> = ours.collect();
    let mut networks = host.engine.foreign_subnets(installation).await?;
    match table {
        Ok(table) => networks.extend(parse(&table).filter(|network| !ours.contains(network))),
        Err(error) => {
            let table = host.config.routes.display();
            tracing::warn!(%error, %table, "the routes cannot be read; only the engine's networks are kept clear of");
        }
    }
    networks.sort_unstable();
    networks.dedup();
    Ok(networks)
}

/// One line per route: interface, destination, gateway, flags, three numbers, mask …; addresses in hexadecimal, as the
/// kernel holds them in memory.
fn parse(table: &str) -> impl Iterator<Item = Ipv4Net> {
    table.lines().skip(1).filter_map(route).filter(|network| network.prefix_len() > WIDEST)
}

fn route(line: &str) -> Option<Ipv4Net> {
    let mut columns = line.split_ascii_whitespace();
    let destination = address(columns.nth(1)?)?;
    let mask = address(columns.nth(5)?)?;
    Ipv4Net::with_netmask(destination, mask).ok()
}

fn address(hex: &str) -> Option<std::net::Ipv4Addr> {
    u32::from_str_radix(hex, 16).ok().map(|number| number.to_ne_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_endian = "little")]
    #[test]
    fn routes_are_read_and_ways_out_are_left_aside() {
        let table = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
            eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
            docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n\
            tun0\t00000000\t0100080A\t0003\t0\t0\t0\t00000080\t0\t0\t0\n\
            eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
            nonsense\n";
        let found: Vec<String> = parse(table).map(|network| network.to_string()).collect();
        assert_eq!(found, ["172.17.0.0/16", "192.0.2.0/24"]);
    }
}
