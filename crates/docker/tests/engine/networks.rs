//! Networks: one per vcluster, found again, replaced when their subnet is another.

use control::ports::engine::{Engine, NetworkSpec};

use crate::bench::{Bench, docker};

#[tokio::test]
async fn a_network_is_made_once_and_found_again() {
    let bench = Bench::new();
    let spec = bench.network();
    let id = bench.engine.ensure_network(&spec).await.expect("made");
    assert_eq!(bench.engine.ensure_network(&spec).await, Ok(id.clone()));
    let networks = bench.engine.networks(bench.installation).await.expect("listed");
    let [network] = networks.as_slice() else { panic!("one network: {networks:?}") };
    assert_eq!((&network.id, network.vcluster, network.subnet), (&id, spec.vcluster, Some(spec.subnet)));
    let format = "{{.Driver}} {{(index .IPAM.Config 0).Gateway}} {{index .Options \"com.docker.network.bridge.name\"}} {{.EnableIPv6}}";
    let told = docker(&["network", "inspect", "--format", format, &spec.name]);
    assert_eq!(told, format!("bridge {} {} false", spec.gateway, spec.bridge));
}

#[tokio::test]
async fn a_vclusters_network_with_another_subnet_is_replaced() {
    let bench = Bench::new();
    let first = bench.network();
    let old = bench.engine.ensure_network(&first).await.expect("made");
    let other = bench.network();
    let second = NetworkSpec { subnet: other.subnet, gateway: other.gateway, ..first };
    let new = bench.engine.ensure_network(&second).await.expect("replaced");
    assert_ne!(old, new);
    let subnets: Vec<_> = bench.engine.networks(bench.installation).await.expect("listed");
    assert_eq!(subnets.iter().map(|network| network.subnet).collect::<Vec<_>>(), [Some(second.subnet)]);
}

#[tokio::test]
async fn a_node_starts_with_its_files_at_its_address_in_a_network_made_anew() {
    let bench = Bench::new();
    let (first, spec, id) = bench.running().await;
    docker(&["exec", &spec.name, "touch", "/kept"]);
    bench.engine.stop_container(&id, 1).await.expect("stopped");
    docker(&["network", "rm", &first.name]);
    let other = bench.network();
    let second = NetworkSpec { subnet: other.subnet, gateway: other.gateway, ..first };
    bench.engine.ensure_network(&second).await.expect("made");
    let ip = domain::subnet::address(second.subnet, domain::name::NodeName::new(0));
    bench.engine.start_container(&id, Some(ip)).await.expect("started");
    let addresses = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    assert_eq!(docker(&["inspect", "--format", addresses, &spec.name]), ip.to_string());
    docker(&["exec", &spec.name, "test", "-e", "/kept"]);
}

#[tokio::test]
async fn many_networks_fit_where_the_engines_own_pools_would_have_ended() {
    let bench = Bench::new();
    for _ in 0..40 {
        bench.engine.ensure_network(&bench.network()).await.expect("made");
    }
    assert_eq!(bench.engine.networks(bench.installation).await.expect("listed").len(), 40);
}
