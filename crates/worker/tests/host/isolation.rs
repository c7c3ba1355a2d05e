//! What a tenant tries from inside: another tenant's nodes, the host's loopback, powers to break out with.

use std::net::TcpListener;

use control::ports::coordination::Assignment;
use ipnet::Ipv4Net;
use testkit::build::OfNode as _;
use testkit::eventually;

use crate::{
    lab::{Lab, SOON, on_subnet},
    walled::{connects, on_the_host, port, reached, take_firewall_away, walled},
};

async fn answers_ping(lab: &Lab, from: &Assignment, host: &str) {
    let line = format!("ping -c 1 -W 3 {host}");
    eventually(&format!("{host} answers {}", from.place().name), SOON, || async { lab.shell(from, &line).is_ok() })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_do_not_reach_each_others_nodes() {
    let mut lab = Lab::new();
    let (mine, theirs) = (lab.vcluster(2), lab.vcluster(1));
    // Engine 20.10 takes its own wall down for a moment whenever a network is made, by other tests for example.
    walled(&mut lab, "10.128.0.0/9".parse().expect("all the lab's subnets"), Vec::new()).await;
    lab.run(&mine).await;
    lab.run(&theirs).await;
    for node in [&mine[1], &theirs[0]] {
        lab.shell(node, "nohup python3 -m http.server 8000 --bind 0.0.0.0 >/dev/null 2>&1 &").expect("a server");
        lab.shell(node, "until ss -ltn | grep -q :8000; do sleep 0.05; done").expect("it listens");
    }
    let (friend, stranger) = (mine[1].place().ip.to_string(), theirs[0].place().ip.to_string());
    reached(&lab, &mine[0], &friend, 8000).await;
    assert!(!connects(&lab, &mine[0], &stranger, 8000));
    assert!(!connects(&lab, &mine[0], &stranger, 22));
    answers_ping(&lab, &mine[0], &friend).await;
    assert!(lab.shell(&mine[0], &format!("ping -c 1 -W 3 {stranger}")).is_err());
    assert!(lab.shell(&mine[0], &format!("getent hosts {}", lab.name(&theirs[0]))).is_err(), "nor is it known by name");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_engine_or_of_the_hosts_loopback_is_in_a_node() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    let loopback = TcpListener::bind("127.0.0.1:0").expect("bound");
    let gateway = domain::subnet::gateway(nodes[0].place().subnet).to_string();
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

/// A hole in Docker's own wall between two networks, as a careless rule of the host's would be.
struct Hole {
    /// Each with its table.
    rules: Vec<(&'static str, Vec<String>)>,
}

impl Hole {
    fn between(one: Ipv4Net, two: Ipv4Net) -> Self {
        let accept = |table: &'static str, chain: &str, from: Ipv4Net, to: Ipv4Net| {
            let words = [chain, "-s", &from.to_string(), "-d", &to.to_string(), "-j", "ACCEPT"];
            (table, words.map(str::to_owned).to_vec())
        };
        // Since 28 the engine's wall stands in the raw table, too.
        let places = [("filter", "DOCKER-USER"), ("raw", "PREROUTING")];
        let rules =
            places.iter().flat_map(|(table, chain)| [accept(table, chain, one, two), accept(table, chain, two, one)]);
        let hole = Self { rules: rules.collect() };
        hole.rules("-I");
        hole
    }

    fn rules(&self, action: &str) {
        for (table, rule) in &self.rules {
            let words: Vec<&str> = rule.iter().map(String::as_str).collect();
            let done = on_the_host(&[&["iptables", "-w", "-t", table, action], &words[..]].concat());
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
    let mine = lab.vcluster(2);
    // Neighbours, so that one network is around both.
    let both = mine[0].place().subnet.supernet().expect("a larger network");
    let other = both.subnets(27).expect("two").find(|half| *half != mine[0].place().subnet).expect("the other half");
    let theirs = [on_subnet(lab.vcluster(1).remove(0), other)];
    walled(&mut lab, both, Vec::new()).await;
    lab.run(&mine).await;
    lab.run(&theirs).await;
    let _hole = Hole::between(mine[0].place().subnet, other);
    for node in [&mine[1], &theirs[0]] {
        lab.shell(node, "nohup python3 -m http.server 8000 --bind 0.0.0.0 >/dev/null 2>&1 &").expect("a server");
        lab.shell(node, "until ss -ltn | grep -q :8000; do sleep 0.05; done").expect("it listens");
    }
    reached(&lab, &mine[0], &mine[1].place().ip.to_string(), 8000).await;
    let stranger = theirs[0].place().ip.to_string();
    assert!(!connects(&lab, &mine[0], &stranger, 8000));
    assert!(lab.shell(&mine[0], &format!("ping -c 1 -W 3 {stranger}")).is_err());
    // And the wall is the firewall, not chance.
    take_firewall_away(&mut lab);
    reached(&lab, &mine[0], &stranger, 8000).await;
}
