//! temporary measurement
use std::time::Instant;
use crate::{common::{daemon::Daemon, terminal::{self, Viewer}}, vcluster_lifecycle::settled};
#[tokio::test]
async fn echo_time() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let id = client.create("lab", 1).await;
    settled(&client, &id, "running").await;
    let path = terminal::open(&client, &id, "node-0").await;
    let mut viewer = Viewer::attach(&client, &path).await;
    viewer.type_in("cat >/dev/null; echo st\"\"arted\n").await;
    let mut all = Vec::new();
    for i in 0..1000 {
        let key = format!("<{i}>");
        viewer.seen.clear();
        let begun = Instant::now();
        viewer.type_in(&key).await;
        viewer.until(&key).await;
        all.push(begun.elapsed());
        if i % 50 == 49 { viewer.type_in("\n").await; }
    }
    all.sort();
    println!("echo n={} min {:?} p50 {:?} p90 {:?} p99 {:?} max {:?}", all.len(), all[0], all[500], all[900], all[990], all[999]);
}
