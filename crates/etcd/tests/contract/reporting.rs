//! What workers say, and what control hears.

use control::ports::coordination::{CoordinationError, Orphan, ReportEvent, WorkerInfo};
use domain::{
    job::Used,
    node::Phase,
    task::{Exit, Outcome},
};
use testkit::build;

use crate::{Sides, next, nothing_but, on_both};

on_both!(
    a_report_reaches_control_and_is_kept_for_its_worker,
    reports_made_together_come_together_and_the_later_one_counts,
    every_kind_of_report_comes_back_as_it_was,
    a_worker_is_told_when_it_comes_and_when_it_changes,
    a_worker_is_found_where_it_says_it_is,
    coordination_that_is_there_answers,
    a_second_worker_is_refused_and_so_is_a_second_one_of_the_name,
    a_worker_that_begins_a_watch_asks_for_everything,
    control_hears_what_workers_ask_about_and_when_they_stop,
);

fn step(text: &str) -> Phase {
    Phase::Starting { step: text.into() }
}

async fn a_report_reaches_control_and_is_kept_for_its_worker(sides: Sides) {
    let (here, there) = (build::assignment("here"), build::assignment("there"));
    let before = build::report(&here, step("creating the container"));
    sides.coordination.report(std::slice::from_ref(&before)).await.expect("to report");
    let mut events = sides.reports().await;
    let first = next(&mut events).await;
    assert_eq!(first, ReportEvent::Snapshot { reports: vec![before], workers: vec![], orphans: vec![] });
    let (mine, other) = (build::report(&here, Phase::Stopped), build::report(&there, Phase::Stopping));
    sides.coordination.report(std::slice::from_ref(&mine)).await.expect("to report");
    sides.coordination.report(std::slice::from_ref(&other)).await.expect("to report");
    assert_eq!(next(&mut events).await, ReportEvent::Reported(vec![mine.clone()]));
    assert_eq!(next(&mut events).await, ReportEvent::Reported(vec![other]));
    assert_eq!(sides.coordination.last_reports(&here.worker).await.expect("reports"), [mine]);
}

async fn reports_made_together_come_together_and_the_later_one_counts(sides: Sides) {
    let mut events = sides.reports().await;
    next(&mut events).await;
    let nodes = build::assignments("here", 16);
    let mut reports: Vec<_> = nodes.iter().map(|node| build::report(node, step("starting"))).collect();
    reports.push(build::report(&nodes[3], Phase::Stopped));
    sides.coordination.report(&reports).await.expect("to report");
    let ReportEvent::Reported(came) = next(&mut events).await else { panic!("reports") };
    assert_eq!(came.len(), 16);
    assert!(came.contains(&reports[16]) && !came.contains(&reports[3]));
    sides.coordination.report(&[]).await.expect("nothing to do");
}

async fn every_kind_of_report_comes_back_as_it_was(sides: Sides) {
    let reason = || "Größe \"9\" \u{1f600}\n\u{7}".to_owned();
    let since = chrono::DateTime::from_timestamp(1_767_268_800, 123_456_789).expect("a time");
    let used = Used { cpu_ms: 12_345, peak_memory_bytes: 5 << 30 };
    let phases = [
        step("pulling the image, 62 %"),
        Phase::Running { since },
        Phase::Stopping,
        Phase::Stopped,
        Phase::Failed { reason: reason() },
        Phase::Lost { reason: reason() },
        Phase::Stuck { reason: reason() },
        Phase::Exited(Outcome { exit: Exit::Signal(9), out_of_memory: true, timed_out: false, used: Some(used) }),
        Phase::Absent,
    ];
    let node = build::assignment("here");
    for phase in phases {
        let report = build::report(&node, phase);
        sides.coordination.report(std::slice::from_ref(&report)).await.expect("to report");
        assert_eq!(sides.coordination.last_reports(&node.worker).await.expect("reports"), [report]);
    }
}

async fn a_worker_is_told_when_it_comes_and_when_it_changes(sides: Sides) {
    let mut events = sides.reports().await;
    next(&mut events).await;
    let info = build::worker_info("here");
    sides.coordination.announce(&info).await.expect("to announce");
    assert_eq!(next(&mut events).await, ReportEvent::Worker(info.clone()));
    sides.coordination.announce(&info).await.expect("to announce again");
    let unready = WorkerInfo { unready: Some("the engine does not answer".into()), ..info };
    sides.coordination.announce(&unready).await.expect("to announce");
    nothing_but(&mut events, ReportEvent::Worker(unready.clone())).await;
    let later = next(&mut sides.reports().await).await;
    assert_eq!(later, ReportEvent::Snapshot { reports: vec![], workers: vec![unready], orphans: vec![] });
}

async fn coordination_that_is_there_answers(sides: Sides) {
    sides.publisher.ping().await.expect("an answer");
}

async fn a_worker_is_found_where_it_says_it_is(sides: Sides) {
    let info = WorkerInfo { stream: Some("host-1:7600".into()), ..build::worker_info("here") };
    assert_eq!(sides.directory.find_worker(&info.name).await.expect("an answer"), None);
    sides.coordination.announce(&info).await.expect("to announce");
    assert_eq!(sides.directory.find_worker(&info.name).await.expect("an answer"), Some(info));
}

async fn a_worker_that_begins_a_watch_asks_for_everything(sides: Sides) {
    let mut events = sides.reports().await;
    next(&mut events).await;
    let _watch = sides.assignments_of("here").await;
    assert_eq!(next(&mut events).await, ReportEvent::Asked);
}

async fn control_hears_what_workers_ask_about_and_when_they_stop(sides: Sides) {
    let mut events = sides.reports().await;
    next(&mut events).await;
    let node = build::assignment("here");
    let orphan = Orphan {
        instance: node.instance,
        worker: node.worker.clone(),
        vcluster: node.vcluster(),
        owner: node.owner,
        generation: node.generation,
    };
    sides.coordination.ask(std::slice::from_ref(&orphan)).await.expect("to ask");
    assert_eq!(next(&mut events).await, ReportEvent::Orphans(vec![orphan.clone()]));
    let later = next(&mut sides.reports().await).await;
    assert_eq!(later, ReportEvent::Snapshot { reports: vec![], workers: vec![], orphans: vec![orphan] });
    let other = build::assignment("here-too").worker;
    assert_eq!(sides.coordination.asked(&node.worker).await.expect("an answer"), [node.instance]);
    assert_eq!(sides.coordination.asked(&other).await.expect("an answer"), [], "each worker's are its own");
    sides.coordination.stop_asking(&node.worker, &[node.instance]).await.expect("to stop asking");
    assert_eq!(sides.coordination.asked(&node.worker).await.expect("an answer"), []);
    assert_eq!(next(&mut events).await, ReportEvent::OrphanGone(node.worker.clone(), node.instance));
    sides.coordination.stop_asking(&node.worker, &[node.instance]).await.expect("nothing to stop");
}

async fn a_second_worker_is_refused_and_so_is_a_second_one_of_the_name(sides: Sides) {
    let worker = |name: &str, id: &str| WorkerInfo { id: Some(id.into()), ..build::worker_info(name) };
    let first = worker("here", "one");
    sides.coordination.announce(&first).await.expect("to announce");
    for other in [worker("here", "two"), worker("there", "two")] {
        let refused = sides.coordination.announce(&other).await;
        assert!(matches!(refused, Err(CoordinationError::Refused(_))), "{refused:?}");
    }
    sides.coordination.announce(&first).await.expect("the first one stays");
    assert_eq!(sides.directory.find_worker(&first.name).await.expect("an answer"), Some(first));
}
