//! What a tenant tries from inside: another tenant's nodes, the host's own services, the address of clouds' secrets.

use std::{io::Write, net::TcpListener};

use control::ports::{
    coordination::Assignment,
    engine::{Engine, HostTask},
};
use ipnet::Ipv4Net;
use testkit::eventually;

use crate::lab::{Lab, SOON, docker};

/// Whether a TCP connection from inside succeeds. The line always ends well, so that a broken shell is not taken for a wall.
fn connects(lab: &Lab, from: &Assignment, host: &str, port: u16) -> bool {
    let line = format!("timeout 3 bash -c 'exec 3<>/dev/tcp/{host}/{port}' 2>/dev/null && echo through || echo walled");
    match lab.shell(from, &line).expect("a shell").as_str() {
        "through" => true,
        "walled" => false,
        other => panic!("{other}"),
    }
}

/// What is to be reached may answer late on a busy machine; only a wall answers never.
async fn reached(lab: &Lab, from: &Assignment, host: &str, port: u16) {
    eventually(&format!("{} reaches {host}:{port}", from.name), SOON, || async { connects(lab, from, host, port) })
        .await;
}

async fn answers_ping(lab: &Lab, from: &Assignment, host: &str) {
    let line = format!("ping -c 1 -W 3 {host}");
    eventually(&format!("{host} answers {}", from.name), SOON, || async { lab.shell(from, &line).is_ok() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_do_not_reach_each_others_nodes() {
    let lab = Lab::started().await;
    let (mine, theirs) = (lab.vcluster(2), lab.vcluster(1));
    lab.run(&mine).await;
    lab.run(&theirs).await;
    for node in [&mine[1], &theirs[0]] {
        lab.shell(node, "nohup python3 -m http.server 8000 --bind 0.0.0.0 >/dev/null 2>&1 &").expect("a server");
        lab.shell(node, "until ss -ltn | grep -q :8000; do sleep 0.05; done").expect("it listens");
    }
    let (friend, stranger) = (mine[1].ip.to_string(), theirs[0].ip.to_string());
    reached(&lab, &mine[0], &friend, 8000).await;
    assert!(!connects(&lab, &mine[0], &stranger, 8000));
    assert!(!connects(&lab, &mine[0], &stranger, 22));
    answers_ping(&lab, &mine[0], &friend).await;
    assert!(lab.shell(&mine[0], &format!("ping -c 1 -W 3 {stranger}")).is_err());
    assert!(lab.shell(&mine[0], &format!("getent hosts {}", lab.name(&theirs[0]))).is_err(), "nor is it known by name");
}

#[tokio::test(flavor = "multi_thread")]
async fn services_on_the_hosts_loopback_are_not_reached() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    let open = TcpListener::bind("0.0.0.0:0").expect("bound").local_addr().expect("an address").port();
    let everywhere = TcpListener::bind(("0.0.0.0", open)).expect("bound");
    let loopback = TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = |listener: &TcpListener| listener.local_addr().expect("an address").port();
    let gateway = domain::subnet::gateway(nodes[0].subnet).to_string();
    reached(&lab, &nodes[0], &gateway, port(&everywhere)).await;
    for host in [gateway.as_str(), "127.0.0.1", "host.docker.internal"] {
        assert!(!connects(&lab, &nodes[0], host, port(&loopback)), "{host}");
    }
    let socket = lab.shell(&nodes[0], "ls /var/run/docker.sock /run/docker.sock 2>/dev/null | wc -l").expect("a shell");
    assert_eq!(socket, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn powers_a_tenant_could_break_out_with_are_not_there() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    for line in [
        "ip link add dummy0 type dummy",
        "ip route add 10.0.0.0/8 via 127.0.0.1",
        "mount -t tmpfs none /mnt",
        "mknod /tmp/disk b 8 0",
        "chroot /proc/1/root true && unshare --mount true",
        "echo 1 > /proc/sys/kernel/sysrq",
        "python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'",
    ] {
        assert!(lab.shell(&nodes[0], line).is_err(), "{line} succeeds");
    }
}

/// An address of clouds' kind on this host's loopback, with somebody who answers there.
struct Metadata {
    address: String,
}

impl Metadata {
    fn new(last: u8) -> (Self, TcpListener) {
        let address = format!("169.254.77.{last}");
        ip(&["address", "add", &format!("{address}/32"), "dev", "lo"]);
        let listener = TcpListener::bind((address.as_str(), 0)).expect("bound");
        (Self { address }, listener)
    }
}

impl Drop for Metadata {
    fn drop(&mut self) {
        ip(&["address", "del", &format!("{}/32", self.address), "dev", "lo"]);
    }
}

/// One of the host's own commands, with power over its network. Whoever may use Docker may do this; root is not needed.
fn on_the_host(command: &[&str]) -> Result<String, String> {
    let run = ["run", "--rm", "--network", "host", "--cap-add", "NET_ADMIN", "--volume", "/:/host", "docklet/base"];
    docker(&[&run[..], &["chroot", "/host"], command].concat())
}

fn ip(arguments: &[&str]) {
    let done = on_the_host(&[&["ip"], arguments].concat());
    assert!(done.is_ok() || std::thread::panicking(), "ip {arguments:?}: {done:?}");
}

/// Takes the fence away again.
struct Fenced<'a> {
    lab: &'a Lab,
    network: Ipv4Net,
}

impl Fenced<'_> {
    async fn down(self) {
        let task = HostTask {
            installation: self.lab.installation(),
            image: self.lab.config.base_image.clone(),
            init: self.lab.config.init.clone(),
            arguments: vec!["unfence".into(), self.network.to_string()],
            capabilities: vec!["NET_ADMIN".into()],
        };
        self.lab.engine.run_host_task(&task).await.expect("the fence is taken away");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_address_is_fenced_off_from_nodes_and_not_from_the_host() {
    let mut lab = Lab::new();
    let nodes = lab.vcluster(1);
    // The vcluster's own subnet as the fenced network, so that tests do not fence each other.
    lab.config.fenced = Some(nodes[0].subnet);
    control::ports::coordination::Dispatch::assign_all(&lab.coordination, &[]).await.expect("published");
    lab.start();
    lab.run(&nodes).await;
    let (metadata, listener) = Metadata::new(nodes[0].subnet.addr().octets()[2]);
    let port = listener.local_addr().expect("an address").port();
    let mut host =
        std::net::TcpStream::connect((metadata.address.as_str(), port)).expect("the host itself gets through");
    host.write_all(b"x").expect("sent");
    assert!(!connects(&lab, &nodes[0], &metadata.address, port), "a node does not");
    // And the wall is the fence, not chance.
    Fenced { lab: &lab, network: nodes[0].subnet }.down().await;
    reached(&lab, &nodes[0], &metadata.address, port).await;
    assert!(
        docker(&["ps", "--all", "--quiet", "--filter", &format!("name=docklet-task-{}", lab.installation())])
            .expect("listed")
            .is_empty()
    );
}

/// A hole in Docker's own wall between two networks, as a careless rule of the host's would be.
struct Hole {
    rules: Vec<Vec<String>>,
}

impl Hole {
    fn between(one: Ipv4Net, two: Ipv4Net) -> Self {
        let accept = |from: Ipv4Net, to: Ipv4Net| -> Vec<String> {
            ["DOCKER-USER", "-s", &from.to_string(), "-d", &to.to_string(), "-j", "ACCEPT"].map(str::to_owned).to_vec()
        };
        let hole = Self { rules: vec![accept(one, two), accept(two, one)] };
        hole.rules("-I");
        hole
    }

    fn rules(&self, action: &str) {
        for rule in &self.rules {
            let words: Vec<&str> = rule.iter().map(String::as_str).collect();
            let done = on_the_host(&[&["iptables", "-w", action], &words[..]].concat());
            assert!(done.is_ok() || std::thread::panicking(), "iptables {action} {words:?}: {done:?}");
        }
    }
}

impl Drop for Hole {
    fn drop(&mut self) {
        self.rules("-D");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn vclusters_are_walled_off_even_where_dockers_own_wall_has_a_hole() {
    let mut lab = Lab::new();
    let (mine, mut theirs) = (lab.vcluster(2), lab.vcluster(1));
    // Neighbours, so that one fence can be drawn around both.
    let both = mine[0].subnet.supernet().expect("a larger network");
    let other = both.subnets(27).expect("two").find(|half| *half != mine[0].subnet).expect("the other half");
    (theirs[0].subnet, theirs[0].ip) = (other, domain::subnet::address(other, theirs[0].name));
    lab.config.fenced = Some(both);
    control::ports::coordination::Dispatch::assign_all(&lab.coordination, &[]).await.expect("published");
    lab.start();
    lab.run(&mine).await;
    lab.run(&theirs).await;
    let _hole = Hole::between(mine[0].subnet, other);
    for node in [&mine[1], &theirs[0]] {
        lab.shell(node, "nohup python3 -m http.server 8000 --bind 0.0.0.0 >/dev/null 2>&1 &").expect("a server");
        lab.shell(node, "until ss -ltn | grep -q :8000; do sleep 0.05; done").expect("it listens");
    }
    reached(&lab, &mine[0], &mine[1].ip.to_string(), 8000).await;
    answers_ping(&lab, &mine[0], &domain::subnet::gateway(mine[0].subnet).to_string()).await;
    let stranger = theirs[0].ip.to_string();
    assert!(!connects(&lab, &mine[0], &stranger, 8000));
    assert!(lab.shell(&mine[0], &format!("ping -c 1 -W 3 {stranger}")).is_err());
    // And the wall is the fence, not chance.
    Fenced { lab: &lab, network: both }.down().await;
    reached(&lab, &mine[0], &stranger, 8000).await;
}
