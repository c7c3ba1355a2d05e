//! Where jobs go, and what is said where no host takes them.

use super::*;

fn counts(wait: &Wait) -> Vec<u32> {
    let names: Vec<&str> = wait.funnel.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["hosts", "ready", "runtime", "size", "free"]);
    wait.funnel.iter().map(|(_, count)| *count).collect()
}

#[test]
fn jobs_are_spread_over_the_emptiest_hosts() {
    let mut case = Case::of(&[("b", 4000), ("a", 4000)]);
    case.waiting = (1..=3).map(|number| job(number, 1, 1000, HOUR)).collect();
    assert_eq!(case.starts(), [(1, "a".to_owned()), (2, "b".to_owned()), (3, "a".to_owned())]);
}

#[test]
fn a_job_starts_on_the_host_that_has_room_first() {
    let mut case = Case::of(&[("a", 4000), ("b", 4000)]);
    case.runs(2, "a", 4000, 2 * HOUR);
    case.runs(2, "b", 4000, HOUR);
    case.waiting = vec![job(1, 1, 4000, HOUR), job(2, 1, 4000, HOUR), job(3, 1, 4000, HOUR)];
    assert_eq!([1, 2, 3].map(|number| case.expected(number)), [Some(HOUR), Some(2 * HOUR), Some(2 * HOUR)]);
}

#[test]
fn each_condition_counts_the_hosts_that_are_left() {
    let runsc: RuntimeName = "runsc".parse().expect("a runtime");
    let mut case = Case::of(&[("away", 4000), ("plain", 4000), ("small", 1000), ("full", 4000), ("free", 4000)]);
    case.hosts[0].ready = false;
    for (index, host) in case.hosts.iter_mut().enumerate() {
        host.runtimes.extend((index != 1).then(|| runsc.clone()));
    }
    case.runs(2, "full", 3000, HOUR);
    let asks = Waiting { runtime: Some(runsc), ..job(1, 1, 2000, HOUR) };
    case.waiting = vec![asks.clone()];
    assert_eq!(case.starts(), [(1, "free".to_owned())]);
    case.waiting = vec![Waiting { stays: Some(Stay::Held), ..asks }];
    assert_eq!(counts(&case.wait(1)), [5, 4, 3, 2, 1]);
}

#[test]
fn a_host_that_is_not_ready_is_waited_for() {
    let mut case = Case::of(&[("away", 4000), ("small", 1000)]);
    case.hosts[0].ready = false;
    case.waiting = vec![job(1, 1, 2000, HOUR)];
    let wait = case.wait(1);
    assert_eq!(wait.reason.to_string(), "it waits for a host with room: none that could run it is ready");
    assert_eq!((wait.expected_start, counts(&wait)), (None, vec![2, 1, 1, 0, 0]));
    case.hosts.clear();
    assert!(matches!(case.wait(1).reason, Reason::Capacity(_)), "no host has announced itself yet");
}

#[test]
fn a_runtime_that_no_host_has_is_named() {
    let mut case = Case::of(&[("hera", 4000)]);
    case.waiting = vec![Waiting { runtime: Some("kata".parse().expect("a runtime")), ..job(1, 1, 1000, HOUR) }];
    let wait = case.wait(1);
    let rule =
        "no host here can ever run it; its image is to run with the runtime kata, and no host that takes jobs has it";
    assert!(wait.reason.to_string().starts_with(rule), "{}", wait.reason);
    assert_eq!(counts(&wait), [1, 1, 0, 0, 0]);
}

#[test]
fn what_no_host_has_together_is_impossible_and_what_none_has_left_together_is_waited_for() {
    let mut case = Case::of(&[("processors", 8000), ("memory", 2000)]);
    case.hosts[0].memory_mib = 1024;
    let asks = |cpu_milli, memory_mib, pids| Waiting {
        each: Resources { cpu_milli, memory_mib, pids },
        ..job(1, 1, 1000, HOUR)
    };
    case.waiting = vec![asks(4000, 2048, 8)];
    let rule = "no host here can ever run it; none has as many CPUs, as much memory and as many processes to give to jobs; \
                cancel it, and submit one that asks for less";
    assert_eq!(case.wait(1).reason.to_string(), rule);
    case.waiting = vec![asks(1000, 64, 50_000)];
    assert_eq!(case.wait(1).reason.to_string(), rule, "a host keeps a quarter of its processes");
    case.runs(2, "processors", 7500, HOUR);
    case.runs(2, "memory", 1500, 2 * HOUR);
    case.waiting = vec![asks(1000, 64, 49_000)];
    let wait = case.wait(1);
    let rule = "it waits for a host with room: the emptiest host has 0.5 CPUs left";
    assert_eq!((wait.reason.to_string().as_str(), wait.expected_start), (rule, Some(at(HOUR))));
    case.hosts[0].used.cpu_milli = 0;
    case.hosts[0].used.pids = 49_000;
    let rule = "it waits for a host with room: CPUs, memory and processes are free, but not enough of each on one host";
    assert_eq!(case.wait(1).reason.to_string(), rule);
}

#[test]
fn a_host_gives_what_may_be_given_twice_but_no_job_more_than_it_has() {
    let mut case = Case::of(&[("hera", 2000)]);
    case.waiting = (1..=3).map(|number| job(number, 1, 2000, HOUR)).collect();
    let twice = Overcommit { cpu: 2.0, memory: 1.0 };
    let found = case.with(|queue| pass(&Queue { overcommit: twice, ..*queue }));
    assert_eq!((found.starts.len(), found.waits.len()), (2, 1));
    case.waiting = vec![job(1, 1, 3000, HOUR)];
    let found = case.with(|queue| pass(&Queue { overcommit: twice, ..*queue }));
    assert!(matches!(found.waits[0].reason, Reason::Impossible(_)));
    let less = Overcommit { cpu: 0.5, memory: 1.0 };
    case.waiting = vec![job(1, 1, 2000, HOUR)];
    let found = case.with(|queue| pass(&Queue { overcommit: less, ..*queue }));
    assert!(matches!(found.waits[0].reason, Reason::Impossible(_)), "it never gives all it has");
}
