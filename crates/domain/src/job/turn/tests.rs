//! Which texts say what a job waits for, and how it stands with that.

use JobState::{Cancelled, Completed, Configuring, Deadline, Failed, NodeFail, OutOfMemory, Pending, Running, Timeout};

use super::*;

fn after(text: &str) -> Dependencies {
    text.parse().expect("dependencies")
}

fn id(number: i64) -> JobId {
    JobId::try_from(number).expect("a number")
}

/// With jobs 1, 2 … in these states, and no others.
fn verdict(text: &str, states: &[JobState]) -> Verdict {
    let of = |job: JobId| states.get(usize::try_from(job.as_i64() - 1).expect("a number")).copied();
    after(text).verdict(&of, None)
}

fn waits(text: &str) -> Verdict {
    Verdict::Waits(text.to_owned())
}

fn never(text: &str) -> Verdict {
    Verdict::Never(text.to_owned())
}

#[test]
fn what_is_read_is_written_the_same() {
    let longest = format!("afterok{}", ":123456789".repeat(99));
    for text in [
        "after:1",
        "afterok:12:13",
        "afterok:12,afterany:14,singleton",
        "afternotok:12?afterany:14:999999999999999999?singleton",
        "singleton",
        &longest,
    ] {
        assert_eq!(after(text).to_string(), text);
        assert_eq!(String::from(after(text)), text);
    }
    let jobs: Vec<JobId> = after("afterok:12:13,singleton,after:12").jobs().collect();
    assert_eq!(jobs, [id(12), id(13), id(12)]);
    assert!(after("after:1,singleton").is_singleton() && !after("after:1").is_singleton());
}

#[test]
fn what_says_nothing_is_refused_with_what_would() {
    let long = format!("afterok{}", ":1".repeat(500));
    for (text, rule) in [
        ("", "must be like afterok:12:13"),
        ("afterok", "must be like"),
        ("afterok:", "must be like"),
        ("afterok:0", "must be like"),
        ("afterok:01", "must be like"),
        ("afterok:-1", "must be like"),
        ("afterok:1000000000000000000", "must be like"),
        ("afterok:12_3", "must be like"),
        ("afterok:12 ", "must be like"),
        ("afterok:12,", "must be like"),
        ("AFTEROK:12", "must be like"),
        ("before:12", "must be like"),
        ("12", "must be like"),
        ("singleton:12", "must be like"),
        ("after:1,after:2?after:3", "must have only ',' (all must be met) or only '?' (one is enough)"),
        ("aftercorr:12", "must not have aftercorr"),
        (&long, "must have at most 1000 characters"),
    ] {
        let Violation { field, message } = text.parse::<Dependencies>().expect_err("must be refused");
        assert!(field == "after" && message.starts_with(rule), "{text:?}: {message}");
    }
}

#[test]
fn each_word_waits_for_its_own_end_of_the_other_job() {
    for (text, state, expected) in [
        ("after:1", Pending, waits("it waits until job 1 (pending) has begun")),
        ("after:1", Configuring, Verdict::Met),
        ("after:1", Cancelled, Verdict::Met),
        ("afterany:1", Running, waits("it waits until job 1 (running) is over")),
        ("afterany:1", Timeout, Verdict::Met),
        ("afterok:1", JobState::Completing, waits("it waits until job 1 (completing) has completed")),
        ("afterok:1", Completed, Verdict::Met),
        ("afterok:1", Failed, never("it could start only after job 1 completes, and that one failed")),
        ("afterok:1", Cancelled, never("it could start only after job 1 completes, and that one was cancelled")),
        ("afterok:1", Timeout, never("it could start only after job 1 completes, and that one ran out of time")),
        ("afterok:1", OutOfMemory, never("it could start only after job 1 completes, and that one ran out of memory")),
        ("afterok:1", NodeFail, never("it could start only after job 1 completes, and that one lost its host")),
        ("afterok:1", Deadline, never("it could start only after job 1 completes, and that one missed its deadline")),
        ("afternotok:1", Pending, waits("it waits until job 1 (pending) has ended without completing")),
        ("afternotok:1", NodeFail, Verdict::Met),
        (
            "afternotok:1",
            Completed,
            never("it could start only after job 1 ends without completing, and that one completed"),
        ),
    ] {
        assert_eq!(verdict(text, &[state]), expected, "{text} of one that is {}", state.as_str());
    }
}

#[test]
fn a_job_whose_record_is_gone_is_over_and_nobody_knows_how_it_ended() {
    for text in ["after:9", "afterany:9"] {
        assert_eq!(verdict(text, &[]), Verdict::Met, "{text}");
    }
    let gone = "it could start only after job 9 completes, and the record of that one is gone";
    assert_eq!(verdict("afterok:9", &[]), never(gone));
    assert!(matches!(verdict("afternotok:9", &[]), Verdict::Never(_)));
}

#[test]
fn all_must_be_so_or_one_is_enough() {
    let states = [Completed, Failed, Running, Pending];
    for (text, expected) in [
        ("afterok:1,afterany:2", Verdict::Met),
        ("afterok:1,afterok:3", waits("it waits until job 3 (running) has completed")),
        ("afterok:3,afterok:2", never("it could start only after job 2 completes, and that one failed")),
        ("afterok:2?afterok:1", Verdict::Met),
        ("afterok:2?afterok:3", waits("it waits until job 3 (running) has completed")),
        (
            "afterok:3?after:4",
            waits("it waits until job 3 (running) has completed, or until job 4 (pending) has begun"),
        ),
        ("afterok:1:3?afterok:2", waits("it waits until job 3 (running) has completed")),
        (
            "afterok:2?afternotok:1",
            never(
                "it could start only after job 2 completes, and that one failed; or after job 1 ends without completing, and \
                 that one completed",
            ),
        ),
        ("afterany:3:4", waits("it waits until job 3 (running) is over and until job 4 (pending) is over")),
    ] {
        assert_eq!(verdict(text, &states), expected, "{text}");
    }
    let many = [Pending; 9];
    let Verdict::Waits(sentence) = verdict("after:1:2:3:4:5:6:7:8:9", &many) else { panic!("it waits") };
    assert!(
        sentence.contains("job 3") && !sentence.contains("job 4") && sentence.ends_with("and 6 more"),
        "{sentence}"
    );
}

#[test]
fn a_singleton_waits_for_its_namesake() {
    let nobody = |_: JobId| None;
    assert_eq!(after("singleton").verdict(&nobody, None), Verdict::Met);
    let sentence = "it waits until job 3, which has the same name, is over";
    assert_eq!(after("singleton").verdict(&nobody, Some(id(3))), waits(sentence));
    assert_eq!(after("singleton?afterany:9").verdict(&nobody, Some(id(3))), Verdict::Met);
    assert_eq!(after("after:9").verdict(&nobody, Some(id(3))), Verdict::Met, "it did not ask");
}

#[test]
fn how_nice_a_job_is_has_bounds() {
    assert_eq!((Nice::parse(0), Nice::parse(10_000).map(Nice::get)), (Ok(Nice::default()), Ok(10_000)));
    for nice in [-1, 10_001, 65_536, i64::MAX, i64::MIN] {
        assert_eq!(Nice::parse(nice), Err(Violation::new("nice", "must be between 0 and 10000")), "{nice}");
    }
}
