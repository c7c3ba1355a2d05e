//! The firewall, from inside real nodes: what is closed, what is open, and that it stays so whatever happens to it.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket},
    time::Duration,
};

use control::ports::{
    coordination::{Assignment, AssignmentPublisher},
    engine::{Engine, NetworkSpec},
};
use domain::node::Phase;
use testkit::build::OfNode as _;
use testkit::{DockerCleanup, build, eventually};
use worker::{FirewallConfig, Opening, Transport, bridge_prefix, network_name};

use crate::{
    lab::{Lab, SOON, docker},
    walled::{
        connects, everywhere, here, in_the_hosts_network, loopback, port, reached, remark, remove_rules,
        take_firewall_away, tcp, walled, with_docklet_init,
    },
};

/// The address by which the host reaches others.
fn outer_address() -> Ipv4Addr {
    let socket = UdpSocket::bind("0.0.0.0:0").expect("bound");
    socket.connect("198.51.100.1:9").expect("a route; nothing is sent");
    match socket.local_addr().expect("an address") {
        SocketAddr::V4(address) => *address.ip(),
        SocketAddr::V6(address) => panic!("{address} is not what was asked for"),
    }
}

/// The host's address in the network that Docker makes by itself.
fn address_in_dockers_own_network() -> Option<String> {
    let format = "{{range .IPAM.Config}}{{.Gateway}}{{end}}";
    docker(&["network", "inspect", "bridge", "--format", format]).ok().filter(|address| !address.is_empty())
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_reach_nothing_of_the_host_but_what_is_open() {
    let mut lab = Lab::new();
    let nodes = lab.vcluster(1);
    let node = &nodes[0];
    let (closed, open, here) = (everywhere(), everywhere(), everywhere());
    let gateway = domain::subnet::gateway(node.place().subnet);
    let only_here = Opening { address: Some(gateway), port: port(&here), transport: Transport::Tcp };
    walled(&mut lab, node.place().subnet, vec![tcp(port(&open)), only_here]).await;
    lab.run(&nodes).await;
    let outer = outer_address().to_string();
    let addresses = [Some(gateway.to_string()), Some(outer.clone()), address_in_dockers_own_network()];
    for address in addresses.iter().flatten() {
        assert!(!connects(&lab, node, address, port(&closed)), "{address}");
        reached(&lab, node, address, port(&open)).await;
    }
    reached(&lab, node, &gateway.to_string(), port(&here)).await;
    assert!(!connects(&lab, node, &outer, port(&here)), "open at another address");
    assert!(lab.shell(node, &format!("ping -c 1 -W 2 {gateway}")).is_err(), "not even this");
    // And the wall is the firewall, not chance.
    take_firewall_away(&mut lab);
    for address in addresses.iter().flatten() {
        reached(&lab, node, address, port(&closed)).await;
    }
}

/// Whether a datagram from inside comes back.
fn is_answered(lab: &Lab, from: &Assignment, host: Ipv4Addr, port: u16) -> bool {
    let ask = format!(
        "python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2); \
         s.sendto(b\"name?\", (\"{host}\", {port})); print(s.recv(64).decode())'"
    );
    lab.shell(from, &ask).as_deref() == Ok("name?")
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_pass_and_so_does_what_is_opened_for_datagrams() {
    let mut lab = Lab::new();
    let nodes = lab.vcluster(1);
    let node = &nodes[0];
    let (open, closed) = (UdpSocket::bind("0.0.0.0:0").expect("bound"), UdpSocket::bind("0.0.0.0:0").expect("bound"));
    let port = |socket: &UdpSocket| socket.local_addr().expect("an address").port();
    let opening = Opening { address: None, port: port(&open), transport: Transport::Udp };
    let (open_port, closed_port) = (port(&open), port(&closed));
    for socket in [open, closed] {
        std::thread::spawn(move || {
            let mut buffer = [0; 64];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                // A client that has gone needs no answer.
                let _ = socket.send_to(&buffer[..length], from);
            }
        });
    }
    walled(&mut lab, node.place().subnet, vec![opening]).await;
    lab.run(&nodes).await;
    let gateway = domain::subnet::gateway(node.place().subnet);
    eventually("an answer comes", SOON, || async { is_answered(&lab, node, gateway, open_port) }).await;
    assert!(!is_answered(&lab, node, gateway, closed_port));
    // The engine resolves names for the node.
    lab.shell(node, "getent hosts node-0").expect("a name is resolved");
    // A connection that the host begins.
    lab.shell(node, "nohup python3 -m http.server 8000 --bind 0.0.0.0 >/dev/null 2>&1 &").expect("a server");
    lab.shell(node, "until ss -ltn | grep -q :8000; do sleep 0.05; done").expect("it listens");
    let mut host = TcpStream::connect((node.place().ip, 8000)).expect("connected");
    host.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    host.write_all(b"GET / HTTP/1.0\r\n\r\n").expect("sent");
    let mut answer = String::new();
    host.read_to_string(&mut answer).expect("read");
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
}

/// Clouds' addresses on this host's loopback.
struct Clouds([String; 3]);

impl Clouds {
    fn new(last: u8) -> Self {
        let clouds = Self([format!("169.254.77.{last}"), "168.63.129.16".to_owned(), "100.100.100.200".to_owned()]);
        clouds.ip("add");
        clouds
    }

    fn ip(&self, action: &str) {
        for address in &self.0 {
            let done = loopback(action, address);
            assert!(done.is_ok() || std::thread::panicking(), "{action} {address}: {done:?}");
        }
    }
}

impl Drop for Clouds {
    fn drop(&mut self) {
        self.ip("del");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_addresses_are_closed_to_nodes_and_not_to_the_host() {
    let mut lab = Lab::new();
    let nodes = lab.vcluster(1);
    let node = &nodes[0];
    let service = everywhere();
    // Open on the host, so that what closes it is the address.
    walled(&mut lab, node.place().subnet, vec![tcp(port(&service))]).await;
    lab.run(&nodes).await;
    let clouds = Clouds::new(node.place().subnet.addr().octets()[2]);
    reached(&lab, node, &domain::subnet::gateway(node.place().subnet).to_string(), port(&service)).await;
    for address in &clouds.0 {
        TcpStream::connect((address.as_str(), port(&service))).expect("the host itself gets through");
        assert!(!connects(&lab, node, address, port(&service)), "{address}");
    }
    take_firewall_away(&mut lab);
    for address in &clouds.0 {
        reached(&lab, node, address, port(&service)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vcluster_of_an_earlier_docklet_stays_inside_when_new_ones_are_cut_from_another_network() {
    let mut lab = Lab::new();
    let nodes = lab.vcluster(1);
    let node = &nodes[0];
    let (closed, open) = (everywhere(), everywhere());
    let gateway = domain::subnet::gateway(node.place().subnet);
    let vcluster = node.place().vcluster.to_string();
    let network = NetworkSpec {
        name: network_name(&node.place().vcluster_name, node.place().vcluster),
        installation: lab.installation(),
        owner: node.owner,
        vcluster: node.place().vcluster,
        subnet: node.place().subnet,
        gateway,
        bridge: format!("dkl{}", &vcluster[vcluster.len() - 11..]),
    };
    lab.engine.ensure_network(&network).await.expect("a network of an earlier Docklet");
    let another = "10.213.0.0/16".parse().expect("a network");
    lab.config.firewall = Some(FirewallConfig { net: another, connections: 4096, open: vec![tcp(port(&open))] });
    // Ordered before the worker looks: a network without a vcluster is removed.
    lab.coordination.assign_all(&nodes).await.expect("published");
    lab.start();
    lab.phase(node, "running", |phase| matches!(phase, Phase::Running { .. })).await;
    let networks = lab.engine.networks(lab.installation()).await.expect("networks");
    assert_eq!(networks[0].bridge.as_deref(), Some(network.bridge.as_str()));
    reached(&lab, node, &gateway.to_string(), port(&open)).await;
    assert!(!connects(&lab, node, &gateway.to_string(), port(&closed)));
}

async fn told(lab: &Lab, what: &str) {
    eventually(&format!("administrators are told {what:?}"), SOON, || async { remark(lab).contains(what) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firewall_that_is_touched_is_mended_and_that_is_said() {
    let mut lab = Lab::new();
    let nodes = lab.vcluster(1);
    let (node, service) = (&nodes[0], everywhere());
    let gateway = domain::subnet::gateway(node.place().subnet).to_string();
    walled(&mut lab, node.place().subnet, Vec::new()).await;
    lab.run(&nodes).await;
    assert_eq!(remark(&lab), "");
    remove_rules(&lab);
    told(&lab, "its rules had been removed").await;
    assert!(!connects(&lab, node, &gateway, port(&service)));
    // A hole: something else's rules in the place of ours.
    let (bridges, net, hole) =
        (bridge_prefix(lab.installation()), node.place().subnet.to_string(), port(&service).to_string());
    let name = format!("docklet-test-hole-{}", lab.installation());
    let label = format!("docklet.installation={}", lab.installation());
    let more = ["--detach", "--name", &name, "--label", &label];
    with_docklet_init(&lab, &more, &["firewall", &bridges, &net, "0", &hole]).expect("started");
    told(&lab, "its rules had been changed").await;
    docker(&["kill", &name]).expect("killed");
    // What made the hole may have made it once more before it was killed.
    let closed = || async { !connects(&lab, node, &gateway, port(&service)) };
    eventually("the hole is closed", SOON, closed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_firewall_outlives_its_helper_which_comes_back_and_both_go_with_the_installation() {
    let mut lab = Lab::new();
    let nodes = lab.vcluster(1);
    let (node, service) = (&nodes[0], everywhere());
    let gateway = domain::subnet::gateway(node.place().subnet).to_string();
    walled(&mut lab, node.place().subnet, Vec::new()).await;
    lab.run(&nodes).await;
    let first = lab.cleanup.helper().expect("a helper");
    docker(&["rm", "--force", &first]).expect("killed and removed");
    assert!(!connects(&lab, node, &gateway, port(&service)), "the rules stay");
    eventually("it is back", SOON, || async { lab.cleanup.helper().is_some_and(|now| now != first) }).await;
    remove_rules(&lab);
    told(&lab, "its rules had been removed").await;
    // Another worker finds it, and what runs as it should is left in peace.
    let second = lab.cleanup.helper().expect("a helper");
    lab.kill();
    lab.start();
    lab.phase(node, "running", |phase| matches!(phase, Phase::Running { .. })).await;
    assert_eq!(lab.cleanup.helper(), Some(second));
    lab.kill();
    worker::clear(&lab.engine, lab.installation(), &lab.config.data_dir).await.expect("cleared");
    assert_eq!(lab.cleanup.helper(), None);
    lab.nothing_is_left().await;
    assert!(reaches_from_a_bridge_of_ours(&lab, port(&service)), "no rule is left");
    lab.engine.remove_helper(lab.installation()).await.expect("gone already");
}

/// From a container that has nothing to do with us, but for its bridge's name.
fn reaches_from_a_bridge_of_ours(lab: &Lab, port: u16) -> bool {
    let (subnet, label) = (crate::lab::random_subnet(), format!("docklet.installation={}", lab.installation()));
    let bridge = format!("com.docker.network.bridge.name={}test", bridge_prefix(lab.installation()));
    let (name, cidr) = (format!("docklet-test-{}", lab.installation()), subnet.to_string());
    let network = ["network", "create", "--subnet", &cidr, "--opt", &bridge, "--label", &label, &name];
    docker(&network).expect("a network");
    let gateway = subnet.hosts().next().expect("a gateway");
    let line = format!("timeout 5 bash -c 'exec 3<>/dev/tcp/{gateway}/{port}'");
    docker(&["run", "--rm", "--label", &label, "--network", &name, "docklet/base", "sh", "-c", &line]).is_ok()
}

/// Echoes what comes to port 53 of this address, as a connection and as a datagram. In the host's network.
const RESOLVER: &str = "import socket, sys, threading
place = (sys.argv[1], 53)
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(place)
listener = socket.create_server(place)
def accept():
    while True: listener.accept()[0].close()
threading.Thread(target=accept, daemon=True).start()
while True:
    data, who = names.recvfrom(512)
    names.sendto(data, who)
";

#[tokio::test(flavor = "multi_thread")]
async fn names_are_asked_for_at_the_hosts_own_address_once_it_is_a_resolver() {
    let mut lab = Lab::new();
    let nodes = lab.vcluster(1);
    let (node, other) = (&nodes[0], everywhere());
    walled(&mut lab, node.place().subnet, Vec::new()).await;
    lab.run(&nodes).await;
    let (gateway, outer) = (domain::subnet::gateway(node.place().subnet), outer_address().to_string());
    let (address, label) = (gateway.to_string(), format!("docklet.installation={}", lab.installation()));
    let run = in_the_hosts_network("docklet/base", &["--detach", "--label", &label]);
    docker(&[&run[..], &["python3", "-c", RESOLVER, &address]].concat()).expect("started");
    eventually("the resolver listens", SOON, || async { TcpStream::connect((gateway, 53)).is_ok() }).await;
    assert!(!connects(&lab, node, &address, 53), "the host names other resolvers");
    // What the helper has of the host's file is a copy, which the engine makes when it starts the helper.
    let helper = lab.cleanup.helper().expect("a helper");
    let copy = docker(&["inspect", "--format", "{{.ResolvConfPath}}", &helper]).expect("a copy");
    let (mount, line) = (format!("{copy}:/resolv.conf"), format!("echo nameserver {address} > /resolv.conf"));
    docker(&["run", "--rm", "--volume", &mount, "docklet/base", "sh", "-c", &line]).expect("written");
    reached(&lab, node, &address, 53).await;
    eventually("a datagram is answered", SOON, || async { is_answered(&lab, node, gateway, 53) }).await;
    assert!(!connects(&lab, node, &address, port(&other)), "another port");
    assert!(!connects(&lab, node, &outer, port(&other)), "another address");
    assert_eq!(remark(&lab), "", "for other resolvers, nothing is mended");
}

/// As when the engine is still busy with the helper of a worker that was killed.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_wait_for_a_firewall_that_comes_up_late() {
    let mut lab = Lab::new();
    let (nodes, other) = (lab.vcluster(1), build::installation());
    let _cleanup = DockerCleanup::new(other);
    let (name, label) = (format!("docklet-firewall-{}", lab.installation()), format!("docklet.installation={other}"));
    docker(&["create", "--name", &name, "--label", &label, "docklet/base", "true"]).expect("created");
    walled(&mut lab, nodes[0].place().subnet, Vec::new()).await;
    let why = || async { here(&lab).and_then(|info| info.unready).is_some_and(|why| why.contains(&name)) };
    eventually("the host says what is in the way", SOON, why).await;
    lab.publish(&nodes).await;
    lab.phase(&nodes[0], "starting", |phase| *phase == Phase::Starting { step: "starting".into() }).await;
    docker(&["rm", &name]).expect("removed");
    lab.phase(&nodes[0], "running", |phase| matches!(phase, Phase::Running { .. })).await;
}
