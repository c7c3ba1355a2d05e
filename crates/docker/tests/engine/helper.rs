//! The one container that is no node: made once, replaced when it is told something else, listened to, gone with its image.

use std::{io::Write, os::unix::net::UnixStream};

use control::ports::engine::{Engine, EngineError, HelperSpec, label};
use futures::{StreamExt, future::join_all};
use testkit::engine_socket;

use crate::bench::{Bench, docker};

fn name(spec: &HelperSpec) -> String {
    format!("docklet-firewall-{}", spec.installation)
}

async fn first_line(bench: &Bench) -> String {
    let mut lines = bench.engine.helper_lines(bench.installation).await.expect("listened to");
    lines.next().await.expect("a line").expect("the engine answers").text
}

#[tokio::test]
async fn a_helper_is_made_once_and_replaced_when_it_is_told_something_else() {
    let bench = Bench::new();
    let spec = bench.helper(1);
    bench.engine.ensure_helper(&spec).await.expect("made");
    let first = bench.cleanup.helper().expect("it is there");
    assert_eq!(first_line(&bench).await, "stands");
    bench.engine.ensure_helper(&spec).await.expect("there already");
    assert_eq!(bench.cleanup.helper().as_ref(), Some(&first));
    assert_eq!(bench.cleanup.present(), Vec::<String>::new(), "it is none of the things that tests count");
    bench.engine.ensure_helper(&bench.helper(2)).await.expect("replaced");
    let second = bench.cleanup.helper().expect("it is there");
    assert_ne!(first, second);
    docker(&["kill", &second]);
    bench.engine.ensure_helper(&bench.helper(2)).await.expect("made again");
    assert_ne!(bench.cleanup.helper(), Some(second));
    // Its powers, and what it has of an image.
    let format = "{{.HostConfig.NetworkMode}} {{.HostConfig.CapAdd}} {{.HostConfig.CapDrop}} {{.HostConfig.ReadonlyRootfs}} {{len .Mounts}} {{.HostConfig.RestartPolicy.Name}}";
    let told = docker(&["inspect", "--format", format, &name(&spec)]);
    assert!(told.replace("CAP_", "") == "host [NET_ADMIN] [ALL] true 0 always", "{told}");
    bench.engine.remove_helper(bench.installation).await.expect("removed");
    bench.engine.remove_helper(bench.installation).await.expect("gone already");
    assert_eq!(bench.cleanup.helper(), None);
    assert_eq!(docker(&["images", "--quiet", &format!("docklet/firewall:{}", spec.version)]), "");
}

/// dockletd's of several installations are updated, and started, at the same time.
#[tokio::test]
async fn installations_that_make_the_image_of_the_same_program_at_the_same_time_all_have_their_helper() {
    let benches: Vec<Bench> = (0..6).map(|_| Bench::new()).collect();
    let version = benches[0].helper(1).version;
    for _ in 0..3 {
        let made = join_all(benches.iter().map(|bench| {
            let spec = HelperSpec { version: version.clone(), ..bench.helper(1) };
            async move { bench.engine.ensure_helper(&spec).await }
        }));
        let made = made.await;
        assert!(made.iter().all(Result::is_ok), "{made:?}");
        for bench in &benches {
            bench.engine.remove_helper(bench.installation).await.expect("removed");
        }
    }
}

#[tokio::test]
async fn a_helper_that_ends_ends_its_lines() {
    let bench = Bench::new();
    bench.engine.ensure_helper(&bench.helper(1)).await.expect("made");
    let mut lines = bench.engine.helper_lines(bench.installation).await.expect("listened to");
    assert!(matches!(lines.next().await, Some(Ok(_))));
    docker(&["rm", "--force", &name(&bench.helper(1))]);
    let lines: Vec<_> = lines.collect().await;
    assert!(lines.iter().all(Result::is_ok), "{lines:?}");
}

/// Asks the engine for the helper's container and is gone before it answers; the engine goes on with it.
fn break_off(spec: &HelperSpec) {
    let labels = format!("{{\"{}\":\"{}\"}}", label::INSTALLATION, spec.installation);
    let body = format!("{{\"Image\":\"docklet/firewall:{}\",\"Labels\":{labels}}}", spec.version);
    let (name, length) = (name(spec), body.len());
    let head = format!(
        "POST /containers/create?name={name} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    let mut engine = UnixStream::connect(engine_socket()).expect("the engine listens");
    engine.write_all((head + &body).as_bytes()).expect("it is taken");
}

#[tokio::test]
async fn a_helper_whose_making_was_broken_off_is_made_all_the_same() {
    let bench = Bench::new();
    let spec = bench.helper(1);
    bench.engine.ensure_helper(&spec).await.expect("made");
    for _ in 0..10 {
        docker(&["rm", "--force", &name(&spec)]);
        break_off(&spec);
        bench.engine.ensure_helper(&spec).await.expect("made all the same");
        assert_eq!(first_line(&bench).await, "stands");
    }
}

#[tokio::test]
async fn a_foreign_container_in_its_place_stays() {
    let (bench, other) = (Bench::new(), Bench::new());
    let spec = bench.helper(1);
    let label = format!("docklet.installation={}", other.installation);
    docker(&["create", "--name", &name(&spec), "--label", &label, "docklet/base", "true"]);
    assert_eq!(bench.engine.ensure_helper(&spec).await, Err(EngineError::NameTaken(name(&spec))));
    bench.engine.remove_helper(bench.installation).await.expect("nothing of ours is there");
    assert_eq!(other.cleanup.present().len(), 1);
}
