//! Finding etcd: several endpoints, users with passwords, odd addresses.

use std::{net::TcpListener, time::Instant};

use control::ports::coordination::{AssignmentPublisher, CoordinationError};
use etcd::{
    Credentials, Etcd, EtcdConfig,
    embedded::{EmbeddedConfig, EmbeddedEtcd},
};
use testkit::{RealEtcd, build};

use crate::{raw, snapshot, watch_here};

fn connect(endpoints: &[&str], credentials: Option<Credentials>) -> Etcd {
    let endpoints = endpoints.iter().map(|endpoint| (*endpoint).to_owned()).collect();
    Etcd::connect(&EtcdConfig { endpoints, installation: build::installation(), credentials }).expect("endpoints")
}

fn refused(error: CoordinationError) -> String {
    match error {
        CoordinationError::Unavailable(text) => text,
        other => panic!("unavailable, not {other}"),
    }
}

#[tokio::test]
async fn endpoints_that_do_not_answer_are_passed_over() {
    let etcd = RealEtcd::start().await;
    // One refuses, one takes connections and says nothing, one is the real one.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent_address = silent.local_addr().expect("its address").to_string();
    let client = connect(&["unix:/nowhere/socket", &silent_address, &etcd.process().endpoint()], None);
    client.ping().await.expect("an answer from the third");
    let began = Instant::now();
    client.ping().await.expect("an answer");
    assert!(began.elapsed().as_secs() < 2, "it stays where it found an answer");
    let mut events = watch_here(&client).await;
    assert_eq!(snapshot(&mut events).await, (0, false));
}

#[tokio::test]
async fn an_etcd_that_is_not_there_is_said_with_the_reason() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").to_string();
    let fault = refused(connect(&[&free], None).ping().await.expect_err("no etcd is there"));
    assert!(fault.contains("refused"), "{fault}");
    let fault = refused(connect(&["unix:/nowhere/socket"], None).ping().await.expect_err("no etcd is there"));
    assert!(fault.contains("No such file"), "{fault}");
}

#[tokio::test]
async fn what_cannot_be_an_endpoint_is_refused_at_once_with_its_name() {
    for endpoint in ["", "http://", "host", "https://host:2379", "http://ho st:1", "host:port"] {
        let config =
            EtcdConfig { endpoints: vec![endpoint.into()], installation: build::installation(), credentials: None };
        let error = Etcd::connect(&config).expect_err(endpoint);
        assert!(error.to_string().contains(&format!("{endpoint:?}")), "{error}");
    }
    let none = EtcdConfig { endpoints: vec![], installation: build::installation(), credentials: None };
    assert!(Etcd::connect(&none).is_err());
}

#[tokio::test]
async fn a_user_with_a_password_gets_in_and_nobody_else() {
    let etcd = RealEtcd::start().await;
    let mut admin = raw(&etcd).await;
    admin.user_add("root", "s3cret", None).await.expect("a user");
    admin.user_grant_role("root", "root").await.expect("a role");
    admin.auth_enable().await.expect("to ask for passwords");
    let endpoint = etcd.process().endpoint();
    let user = |password: &str| Credentials { user: "root".into(), password: password.into() };
    let known = connect(&[&endpoint], Some(user("s3cret")));
    known.ping().await.expect("to get in");
    assert_eq!(snapshot(&mut watch_here(&known).await).await, (0, false));
    for stranger in [None, Some(user("wrong"))] {
        let fault = refused(connect(&[&endpoint], stranger).ping().await.expect_err("not to get in"));
        assert!(!fault.contains("s3cret") && !fault.contains("wrong"), "{fault}");
    }
    assert!(!format!("{:?}", user("s3cret")).contains("s3cret"));
}

#[tokio::test]
async fn a_data_directory_deep_in_the_tree_has_a_socket_all_the_same() {
    let root = tempfile::tempdir().expect("a directory");
    let deep = root.path().join("d".repeat(100)).join("e".repeat(100));
    let etcd = EmbeddedEtcd::start(EmbeddedConfig::new(&deep)).await.expect("to start");
    assert!(etcd.endpoint().len() > 200);
    connect(&[&etcd.endpoint()], None).ping().await.expect("an answer");
}
