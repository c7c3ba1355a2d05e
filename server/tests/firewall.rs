//! What nodes reach of the dockletd they belong to.

use std::{net::TcpListener, time::Duration};

use testkit::eventually;

use crate::{
    common::{
        daemon::Options,
        docker::{containers, docker},
    },
    vcluster_lifecycle::settled,
};

/// What a node is answered that asks at this port of its host whether dockletd lives; empty where it does not get through.
fn answer(container: &str, port: u16) -> String {
    let gateway = "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}";
    let gateway = docker(&["inspect", "--format", gateway, container]);
    let ask = format!(
        "exec 3<>/dev/tcp/{gateway}/{port} && printf \"GET /healthz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n\" >&3 && head -n 1 <&3"
    );
    // Ends well in any case, so that a broken shell is not taken for a wall.
    docker(&["exec", container, "sh", "-c", &format!("timeout 3 bash -c '{ask}' 2>/dev/null || true")])
}

#[tokio::test]
async fn nodes_reach_dockletd_where_it_listens_on_all_addresses_and_nothing_beside_it() {
    let daemon = Options::default().everywhere().start().await;
    let beside = TcpListener::bind("0.0.0.0:0").expect("bound");
    let client = daemon.admin();
    let id = client.create("lab", 1).await;
    settled(&client, &id, "running").await;
    let node = containers(daemon.installation).remove(0).id;
    let lives = || async { answer(&node, daemon.address().port()).contains(" 200 ") };
    eventually("dockletd answers a node", Duration::from_secs(30), lives).await;
    let closed = beside.local_addr().expect("an address").port();
    let through =
        format!("timeout 3 bash -c 'exec 3<>/dev/tcp/$0/{closed}' 2>/dev/null && echo through || echo walled");
    let gateway = docker(&["exec", &node, "sh", "-c", "ip route show default | cut -d ' ' -f 3"]);
    assert_eq!(docker(&["exec", &node, "sh", "-c", &through.replace("$0", &gateway)]), "walled");
}
