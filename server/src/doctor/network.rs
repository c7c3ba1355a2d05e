//! The addresses vclusters get, against what the host routes already; and the port to listen on.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
};

use ipnet::Ipv4Net;

use super::finding::Finding;
use crate::config::Config;

/// Of a hundred; beyond it vclusters soon find no network.
const MUCH: u64 = 50;
const NEARLY_ALL: u64 = 95;

/// A destination the host knows a way to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    interface: String,
    net: Ipv4Net,
}

pub(super) fn look() -> Vec<Route> {
    routes(&std::fs::read_to_string("/proc/net/route").unwrap_or_default())
}

/// The kernel's table: addresses in hexadecimal, as they lie in memory. The way to everywhere is left out.
fn routes(table: &str) -> Vec<Route> {
    let line = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let address = |text: &&str| Some(Ipv4Addr::from(u32::from_str_radix(text, 16).ok()?.to_ne_bytes()));
        let (to, mask) = (address(fields.get(1)?)?, address(fields.get(7)?)?);
        let net = Ipv4Net::with_netmask(to, mask).ok()?;
        (net.prefix_len() > 0).then(|| Route { interface: fields[0].to_owned(), net })
    };
    table.lines().skip(1).filter_map(line).collect()
}

/// Vclusters' networks are cut around what is routed, so an overlap only matters when it leaves little. Our own bridges are
/// in the table, too, and take what they take.
pub(super) fn judge_net(cluster_net: Ipv4Net, routes: &[Route]) -> Finding {
    const CHECK: &str = "addresses";
    const MEND: &str = "Give vclusters a private network this host does not route, such as --network-cluster-net 10.200.0.0/16; running vclusters keep theirs.";
    let inside = |route: &&Route| cluster_net.contains(&route.net) || route.net.contains(&cluster_net);
    let inside: Vec<&Route> = routes.iter().filter(inside).collect();
    if let Some(route) = inside.iter().find(|route| route.net.contains(&cluster_net)) {
        let what = format!(
            "all of {cluster_net} is routed to {} ({}), so no vcluster finds a network",
            route.interface, route.net
        );
        return Finding::problem(CHECK, what, MEND);
    }
    let foreign: Vec<&Route> = inside.into_iter().filter(|route| !route.interface.starts_with("dk")).collect();
    let taken = share(cluster_net, &foreign);
    let named: Vec<String> = foreign.iter().map(|route| format!("{} ({})", route.net, route.interface)).collect();
    if taken >= MUCH {
        let what = format!("{taken} % of {cluster_net} is routed elsewhere: {}", named.join(", "));
        return if taken >= NEARLY_ALL {
            Finding::problem(CHECK, what, MEND)
        } else {
            Finding::warning(CHECK, what, MEND)
        };
    }
    let around = if named.is_empty() { String::new() } else { format!(", around {}", named.join(", ")) };
    Finding::ok(CHECK, format!("vclusters get theirs from {cluster_net}{around}"))
}

/// How much of the network the routes take, of a hundred.
fn share(cluster_net: Ipv4Net, routes: &[&Route]) -> u64 {
    let nets: Vec<Ipv4Net> = routes.iter().map(|route| route.net).collect();
    let size = |net: &Ipv4Net| 1_u64 << (32 - net.prefix_len());
    let taken: u64 = Ipv4Net::aggregate(&nets).iter().map(size).sum();
    taken * 100 / size(&cluster_net)
}

/// What became of the attempt to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Port {
    Free,
    Taken,
    Forbidden,
    NoSuchAddress,
    Other,
}

pub(super) fn look_at_port(config: &Config) -> Port {
    match TcpListener::bind(config.server.listen) {
        Ok(_) => Port::Free,
        Err(error) => match error.kind() {
            io::ErrorKind::AddrInUse => Port::Taken,
            io::ErrorKind::PermissionDenied => Port::Forbidden,
            io::ErrorKind::AddrNotAvailable => Port::NoSuchAddress,
            _ => Port::Other,
        },
    }
}

/// `holder`: the process of a dockletd that runs on our data directory.
pub(super) fn judge_port(listen: SocketAddr, port: &Port, holder: &Option<String>) -> Finding {
    const CHECK: &str = "port";
    match (port, holder) {
        (Port::Free, _) => Finding::ok(CHECK, format!("{listen} is free")),
        (Port::Taken, Some(pid)) => Finding::ok(CHECK, format!("{listen} is served; dockletd runs as process {pid}")),
        (Port::Taken, None) => Finding::problem(
            CHECK,
            format!("another program listens on {listen}"),
            format!(
                "Find it with `ss --listening --tcp --processes 'sport = {}'`, or choose another address with --listen.",
                listen.port()
            ),
        ),
        (Port::Forbidden, _) => Finding::problem(
            CHECK,
            format!("this user may not listen on {listen}"),
            "Choose a port from 1024 on, or allow it: setcap cap_net_bind_service=+ep on dockletd, or AmbientCapabilities=CAP_NET_BIND_SERVICE in its systemd unit.",
        ),
        (Port::NoSuchAddress, _) => Finding::problem(
            CHECK,
            format!("{} is no address of this host", listen.ip()),
            "Listen on 0.0.0.0 or [::] for all of them, or on one that `ip address` shows.",
        ),
        (Port::Other, _) => {
            Finding::problem(CHECK, format!("cannot listen on {listen}"), "Choose another address with --listen.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    const TABLE: &str = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
        eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
        docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n\
        vpn\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n";

    fn judged(net: &str) -> Finding {
        judge_net(net.parse().expect("a network"), &routes(TABLE))
    }

    #[test]
    fn the_kernels_table_is_read_without_the_way_to_everywhere() {
        let nets: Vec<String> = routes(TABLE).iter().map(|route| route.net.to_string()).collect();
        assert_eq!(nets, ["172.17.0.0/16", "10.0.0.0/8"]);
    }

    #[test]
    fn what_is_routed_elsewhere_is_named_and_matters_when_little_is_left() {
        let fine = judged("172.16.0.0/12");
        assert_eq!(fine.level, Level::Ok);
        assert!(fine.what.ends_with("around 172.17.0.0/16 (docker0)"), "{}", fine.what);
        let swallowed = judged("10.32.0.0/16");
        assert_eq!(swallowed.level, Level::Problem);
        assert!(swallowed.what.contains("routed to vpn (10.0.0.0/8)"), "{}", swallowed.what);
        assert_eq!(judged("172.16.0.0/15").level, Level::Warning, "half of it is docker0's");
        assert_eq!(judged("192.168.0.0/16").level, Level::Ok);
    }

    #[test]
    fn a_port_that_our_own_daemon_serves_is_fine() {
        let listen: SocketAddr = "127.0.0.1:8000".parse().expect("an address");
        let level = |port, holder: Option<&str>| judge_port(listen, &port, &holder.map(str::to_owned)).level;
        assert_eq!(level(Port::Free, None), Level::Ok);
        assert_eq!(level(Port::Taken, Some("7")), Level::Ok);
        for port in [Port::Taken, Port::Forbidden, Port::NoSuchAddress, Port::Other] {
            assert_eq!(level(port, None), Level::Problem, "{port:?}");
        }
    }
}
