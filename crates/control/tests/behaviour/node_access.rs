//! Reaching into one's own nodes with one's own programs: their ports, commands in them, and SSH keys. What is not one's own is not there.

use control::{
    Error,
    ports::node::{NodeError, ServiceState},
};
use domain::{VclusterId, name::NodeName, vcluster::Vcluster};
use testkit::HOST_KEY;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use crate::harness::Harness;

pub(crate) const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB ada@home";

fn first() -> NodeName {
    NodeName::new(0)
}

async fn running() -> (Harness, Vcluster) {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let lab = harness.running(lab).await;
    (harness, lab)
}

#[tokio::test]
async fn an_owner_reaches_every_port_something_listens_on() {
    let (harness, lab) = running().await;
    harness.nodes.listen(lab.nodes[0].id, 22, "sshd");
    let nodes = &harness.control.nodes;
    let mut port = nodes.dial(&harness.ada, lab.id, first(), 22).await.expect("it listens");
    port.write_all(b"hello").await.expect("it echoes");
    let mut echoed = [0; 5];
    port.read_exact(&mut echoed).await.expect("it echoes");
    assert_eq!(&echoed, b"hello");
    let closed = nodes.dial(&harness.ada, lab.id, first(), 23).await.err();
    assert!(matches!(closed, Some(Error::Node(NodeError::PortClosed(23)))), "{closed:?}");
    nodes.dial_udp(&harness.ada, lab.id, first(), 23).await.expect("of UDP nobody knows who listens");
}

#[tokio::test]
async fn an_owner_runs_commands_and_what_is_none_reaches_no_node() {
    let (harness, lab) = running().await;
    let (nodes, ada) = (&harness.control.nodes, &harness.ada);
    nodes.check(ada, lab.id, first()).await.expect("it runs");
    let command = ["sh", "-c", "true"].map(str::to_owned);
    let mut stream = nodes.exec(ada, lab.id, first(), command.to_vec()).await.expect("it is started");
    stream.write_all(b"hello").await.expect("it echoes");
    let mut echoed = [0; 5];
    stream.read_exact(&mut echoed).await.expect("it echoes");
    assert_eq!((&echoed, harness.nodes.ran(lab.nodes[0].id)), (b"hello", vec![command.to_vec()]));
    let before = harness.nodes.asked();
    let long = "x".repeat(40_000);
    let nones: [&[&str]; 5] = [&[], &[""], &["a\0b"], &["x"; 1025], &[long.as_str()]];
    for none in nones {
        let command: Vec<String> = none.iter().map(|word| (*word).to_owned()).collect();
        let refused = nodes.exec(ada, lab.id, first(), command).await.err();
        let Some(Error::Invalid(faults)) = &refused else { panic!("{refused:?}") };
        assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["command"]);
    }
    assert_eq!(harness.nodes.asked(), before);
}

#[tokio::test]
async fn an_owners_key_is_let_in_once_and_the_node_says_who_it_is() {
    let (harness, lab) = running().await;
    let nodes = &harness.control.nodes;
    for _ in 0..2 {
        let access = nodes.authorize_ssh_key(&harness.ada, lab.id, first(), KEY).await.expect("it is let in");
        assert_eq!(access.user, "root");
        assert_eq!(access.host_keys.iter().map(ToString::to_string).collect::<Vec<_>>(), [HOST_KEY]);
    }
    assert_eq!(harness.nodes.let_in(lab.nodes[0].id), [KEY]);
}

#[tokio::test]
async fn what_is_no_key_is_said_beside_its_field_and_no_node_is_asked() {
    let (harness, lab) = running().await;
    let before = harness.nodes.asked();
    let refused = harness.control.nodes.authorize_ssh_key(&harness.ada, lab.id, first(), "ssh-ed25519 AAAA").await;
    let Err(Error::Invalid(faults)) = &refused else { panic!("{refused:?}") };
    assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["public_key"]);
    assert_eq!(harness.nodes.asked(), before);
}

#[tokio::test]
async fn nobody_reaches_into_what_is_not_theirs_or_not_there() {
    let (harness, lab) = running().await;
    harness.nodes.listen(lab.nodes[0].id, 22, "sshd");
    let before = harness.nodes.asked();
    let Harness { control, ada, bob, .. } = &harness;
    let nobodys = VclusterId::new(Uuid::nil());
    for (actor, id, node, what) in [
        (bob, lab.id, first(), "vcluster"),
        (&harness.root().await, lab.id, first(), "vcluster"),
        (ada, nobodys, first(), "vcluster"),
        (ada, lab.id, NodeName::new(1), "node"),
    ] {
        let dialled = control.nodes.dial(actor, id, node, 22).await.err();
        assert!(matches!(dialled, Some(Error::NotFound(found)) if found == what), "{dialled:?}");
        let dialled = control.nodes.dial_udp(actor, id, node, 53).await.err();
        assert!(matches!(dialled, Some(Error::NotFound(found)) if found == what), "{dialled:?}");
        let started = control.nodes.exec(actor, id, node, vec!["true".to_owned()]).await.err();
        assert!(matches!(started, Some(Error::NotFound(found)) if found == what), "{started:?}");
        let checked = control.nodes.check(actor, id, node).await.err();
        assert!(matches!(checked, Some(Error::NotFound(found)) if found == what), "{checked:?}");
        let let_in = control.nodes.authorize_ssh_key(actor, id, node, KEY).await.err();
        assert!(matches!(let_in, Some(Error::NotFound(found)) if found == what), "{let_in:?}");
    }
    assert_eq!(harness.nodes.asked(), before, "no node has heard of it");
}

#[tokio::test]
async fn a_node_that_does_not_run_says_so_and_one_without_sshd_says_why() {
    let (harness, lab) = running().await;
    let Harness { control, ada, nodes, .. } = &harness;
    nodes.service(lab.nodes[0].id, "sshd", ServiceState::Unavailable, Some("not in this image"));
    let refused = control.nodes.authorize_ssh_key(ada, lab.id, first(), KEY).await.err();
    assert!(matches!(&refused, Some(Error::Node(NodeError::NoSsh(why))) if why == "not in this image"), "{refused:?}");
    control.vclusters.stop(ada, lab.id).await.expect("accepted");
    let refused = control.nodes.authorize_ssh_key(ada, lab.id, first(), KEY).await.err();
    assert!(matches!(refused, Some(Error::NodeNotRunning { .. })), "{refused:?}");
    let refused = control.nodes.dial(ada, lab.id, first(), 22).await.err();
    assert!(matches!(refused, Some(Error::NodeNotRunning { .. })), "{refused:?}");
    let refused = control.nodes.dial_udp(ada, lab.id, first(), 53).await.err();
    assert!(matches!(refused, Some(Error::NodeNotRunning { .. })), "{refused:?}");
    let refused = control.nodes.check(ada, lab.id, first()).await.err();
    assert!(matches!(refused, Some(Error::NodeNotRunning { .. })), "{refused:?}");
}
