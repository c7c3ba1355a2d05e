//! After a restart of the engine: what it says of what was there is looked up, never taken from its answer to a creation.

use control::ports::engine::{Engine, EngineError};
use docker::DockerEngine;
use testkit::OwnEngine;

use crate::bench::Bench;

#[tokio::test]
async fn what_was_there_before_a_restart_of_the_engine_is_known_as_ours_and_what_is_not_ours_is_not_taken() {
    let mut own = OwnEngine::start(&[]).await;
    let engine = DockerEngine::new(own.socket());
    let bench = Bench::new();
    let network = bench.network();
    let home = bench.home(&network);
    engine.create_volume(&home).await.expect("a home");
    let foreign = control::ports::engine::VolumeSpec { name: "foreign".into(), ..home.clone() };
    own.docker(&["volume", "create", "foreign"]).expect("a foreign volume");
    let id = engine.ensure_network(&network).await.expect("a network");
    let spec = bench.container(&network, 0);
    engine.create_container(&spec).await.expect("a container");
    let before = engine.info().await.expect("it answers").started.expect("it says when it was started");

    own.stop().await;
    own.go_on().await;
    assert_eq!(engine.has_volume(&foreign).await, Err(EngineError::ForeignVolume("foreign".into())));
    assert_eq!(engine.create_volume(&foreign).await, Err(EngineError::ForeignVolume("foreign".into())));
    engine.create_volume(&home).await.expect("it is ours, and the engine says so only when it is looked at");
    assert_eq!(engine.has_volume(&home).await, Ok(true));
    assert_eq!(engine.ensure_network(&network).await, Ok(id));
    assert_eq!(engine.create_container(&spec).await, Err(EngineError::NameTaken(spec.name.clone())));
    let found = engine.container(bench.installation, &spec.name).await.expect("looked").expect("is there");
    assert_eq!(found.ours.map(|labels| labels.instance), Some(spec.instance));
    let after = engine.info().await.expect("it answers").started.expect("it says when it was started");
    assert!(after > before, "another start: {before} {after}");
}
