//! What tests of the firewall have in common: a lab with one, connections from inside, and the powers of this host's root.

use std::net::TcpListener;

use control::ports::coordination::{Assignment, AssignmentPublisher, WorkerInfo};
use ipnet::Ipv4Net;
use testkit::build::OfNode as _;
use testkit::eventually;
use worker::{FirewallConfig, Opening, Transport, bridge_prefix};

use crate::lab::{Lab, SOON, WORKER, docker};

/// Starts the lab's worker with a firewall around this network.
pub(crate) async fn walled(lab: &mut Lab, net: Ipv4Net, open: Vec<Opening>) {
    limited(lab, FirewallConfig { net, connections: 4096, open }).await;
}

pub(crate) async fn limited(lab: &mut Lab, firewall: FirewallConfig) {
    lab.config.firewall = Some(firewall);
    lab.coordination.assign_all(&[]).await.expect("published");
    lab.start();
}

/// Whether a TCP connection from inside succeeds. The line always ends well, so that a broken shell is not taken for a wall.
pub(crate) fn connects(lab: &Lab, from: &Assignment, host: &str, port: u16) -> bool {
    let line = format!("timeout 3 bash -c 'exec 3<>/dev/tcp/{host}/{port}' 2>/dev/null && echo through || echo walled");
    match lab.shell(from, &line).expect("a shell").as_str() {
        "through" => true,
        "walled" => false,
        other => panic!("{other}"),
    }
}

/// What is to be reached may answer late on a busy machine; only a wall answers never.
pub(crate) async fn reached(lab: &Lab, from: &Assignment, host: &str, port: u16) {
    eventually(&format!("{} reaches {host}:{port}", from.place().name), SOON, || async {
        connects(lab, from, host, port)
    })
    .await;
}

pub(crate) fn everywhere() -> TcpListener {
    TcpListener::bind("0.0.0.0:0").expect("bound")
}

pub(crate) fn tcp(port: u16) -> Opening {
    Opening { address: None, port, transport: Transport::Tcp }
}

pub(crate) fn port(listener: &TcpListener) -> u16 {
    listener.local_addr().expect("an address").port()
}

/// What this host says of itself.
pub(crate) fn here(lab: &Lab) -> Option<WorkerInfo> {
    lab.coordination.workers().into_iter().find(|info| info.name.as_str() == WORKER)
}

/// What administrators are told about this host.
pub(crate) fn remark(lab: &Lab) -> String {
    here(lab).and_then(|info| info.remark).unwrap_or_default()
}

/// One of the host's own commands, with power over its network. Access to Docker suffices for this; root is not needed.
pub(crate) fn on_the_host(command: &[&str]) -> Result<String, String> {
    docker(
        &[&in_the_hosts_network("docklet/base", &["--volume", "/:/host"])[..], &["chroot", "/host"], command].concat(),
    )
}

/// An address on the host's loopback, added or deleted, by a command that the node image has: the engine's host may have none.
pub(crate) fn loopback(action: &str, address: &str) -> Result<String, String> {
    let address = format!("{address}/32");
    let run = in_the_hosts_network("docklet/base", &[]);
    docker(&[&run[..], &["ip", "address", action, &address, "dev", "lo"]].concat())
}

/// How a container on the host's network is started, with power over it.
pub(crate) fn in_the_hosts_network<'a>(image: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let run = ["run", "--rm", "--network", "host", "--userns", "host", "--cap-add", "NET_ADMIN"];
    [&run[..], more, &[image]].concat()
}

/// What something else on the host does to the firewall, by the means of the helper's own image.
pub(crate) fn with_docklet_init(lab: &Lab, more: &[&str], arguments: &[&str]) -> Result<String, String> {
    let image = docker(&["inspect", "--format", "{{.Config.Image}}", &lab.cleanup.helper().expect("a helper")])?;
    let more = [more, &["--entrypoint", "/docklet-init"]].concat();
    docker(&[&in_the_hosts_network(&image, &more)[..], arguments].concat())
}

/// Something else on the host removes the firewall's rules.
pub(crate) fn remove_rules(lab: &Lab) {
    with_docklet_init(lab, &[], &["firewall-remove", &bridge_prefix(lab.installation())]).expect("removed");
}

/// The worker, its helper and the rules: nothing mends them any more.
pub(crate) fn take_firewall_away(lab: &mut Lab) {
    lab.kill();
    docker(&["stop", &lab.cleanup.helper().expect("a helper")]).expect("stopped");
    remove_rules(lab);
}
