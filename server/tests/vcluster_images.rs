//! Which images may be used, seen from outside: an image's name is no way to look at the host's networks.

use std::{
    io::Write,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use testkit::obtain;

use crate::common::{
    client::{Client, order},
    daemon::{Daemon, Options},
    docker,
};

const BANNER: &str = "220 secret-host.lab ESMTP Postfix build-7731\r\n";

/// A service of the host that shows its banner to every client.
struct Service {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Service {
    /// It ends with the test program.
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let connections = Arc::<AtomicUsize>::default();
        let seen = connections.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                seen.fetch_add(1, Ordering::SeqCst);
                // A client that hangs up first misses it.
                let _ = stream.and_then(|mut stream| stream.write_all(BANNER.as_bytes()));
            }
        });
        Self { address, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn of_image(image: String) -> Value {
    let mut order = order("lab", 1);
    order["image"] = json!(image);
    order
}

/// Everything that its owner can read about it.
async fn told(client: &Client, id: &str) -> String {
    let mut all = String::new();
    for path in [format!("/api/v1/vclusters/{id}"), "/api/v1/vclusters".into(), "/api/v1/session".into()] {
        all += &client.get(&path).await.ok(200).text;
    }
    all
}

fn nothing_of_the_banner_is_in(text: &str) {
    for word in ["secret-host", "ESMTP", "Postfix", "build-7731", "malformed", "HTTP"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

#[tokio::test]
async fn a_service_whose_address_is_no_allowed_registry_is_never_connected_to() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let service = Service::start();
    let port = service.address.port();
    for host in ["127.0.0.1", "localhost", "LocalHost", "127.1", "0x7f.1"] {
        let image = of_image(format!("{host}:{port}/a/b"));
        let answer = client.post("/api/v1/vclusters", &image).await.problem(422, "invalid");
        assert_eq!(answer.fields(), ["image"], "{host}");
        let rule = answer.at("/violations/0/message");
        assert!(rule.contains("images.registries") && rule.contains("docker.io"), "{rule}");
        nothing_of_the_banner_is_in(&answer.text);
    }
    assert_eq!(service.connections(), 0);
    assert_eq!(docker::containers(daemon.installation), []);
}

#[tokio::test]
async fn what_an_allowed_address_says_instead_of_a_registry_is_told_to_nobody() {
    let service = Service::start();
    let daemon = Options::default().with("images-registries", service.address).start().await;
    let client = daemon.admin();
    let image = format!("{}/a/b", service.address);
    let id = client.post("/api/v1/vclusters", &of_image(image.clone())).await.ok(202).at("/id");
    let failed = obtain("it fails", Duration::from_secs(60), || async {
        Some(client.vcluster(&id).await).filter(|answer| answer.at("/state") == "failed")
    })
    .await;
    assert!(service.connections() > 0, "else this shows nothing");
    let reason = failed.at("/reason");
    assert!(reason.contains(&image) && reason.contains("registry cannot be reached"), "{reason}");
    nothing_of_the_banner_is_in(&told(&client, &id).await);
    client.delete(&format!("/api/v1/vclusters/{id}")).await.ok(202);
}

#[tokio::test]
async fn the_list_decides_and_a_group_may_pass_it_by() {
    let daemon = Options::default().with("limits-groups", "staff: any_image=on").start().await;
    for name in ["ada", "grace"] {
        daemon.add_user(name);
    }
    daemon.cli(&["user", "group", "grace", "staff"]);
    let (admin, ada, grace) = (daemon.admin(), daemon.client_of("ada"), daemon.client_of("grace"));
    let choice = ada.get("/api/v1/images").await.ok(200).json();
    assert_eq!(choice, json!({"base": "docklet/base", "registries": ["docker.io"], "listed": [], "any_image": true}));

    let allow = async |pattern: &str| admin.post("/api/v1/admin/images", &json!({"pattern": pattern})).await;
    let added = allow(" lab/* ").await.ok(201);
    assert_eq!((added.at("/pattern").as_str(), added.at("/added_by").as_str()), ("lab/*", "admin"));
    assert_eq!(allow("lab/*").await.ok(201).text, added.text, "once is enough");
    allow("debian:bookworm").await.ok(201);
    assert_eq!(allow("NO").await.problem(422, "invalid").fields(), ["pattern"]);
    let elsewhere = allow("reg.example.org/lab/*").await.problem(422, "invalid");
    assert!(elsewhere.at("/violations/0/message").contains("images.registries"), "{}", elsewhere.text);

    let refused = ada.post("/api/v1/vclusters", &of_image("docklet/other".into())).await.problem(422, "invalid");
    assert_eq!(refused.fields(), ["image"]);
    assert!(refused.at("/violations/0/message").starts_with("is not on the list"), "{}", refused.text);
    let listed = ada.get("/api/v1/images").await.ok(200).json();
    assert_eq!((&listed["listed"], &listed["any_image"]), (&json!(["debian:bookworm", "lab/*"]), &json!(false)));
    assert_eq!(grace.get("/api/v1/images").await.ok(200).json()["any_image"], true);
    let id = grace.post("/api/v1/vclusters", &of_image("docklet/other".into())).await.ok(202).at("/id");
    grace.delete(&format!("/api/v1/vclusters/{id}")).await.ok(202);
    ada.create("lab", 1).await;

    admin.delete("/api/v1/admin/images").await.problem(422, "invalid");
    admin.delete("/api/v1/admin/images?pattern=lab/*").await.ok(204);
    admin.delete("/api/v1/admin/images?pattern=lab/*").await.problem(404, "not_found");
    admin.delete("/api/v1/admin/images?pattern=debian%3Abookworm").await.ok(204);
    let list = admin.get("/api/v1/admin/images").await.ok(200).json();
    assert_eq!(list, json!({"base": "docklet/base", "registries": ["docker.io"], "items": []}));
}
