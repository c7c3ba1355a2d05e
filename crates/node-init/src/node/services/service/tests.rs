//! The life of a service as a pure state machine: no process is started here.

use super::*;

fn spec(health: Option<Health>, start: Start) -> ServiceSpec {
    let command = ["/bin/sh", "-c", "exit 0"].map(str::to_owned).to_vec();
    ServiceSpec { name: "s".into(), command, health, start, ..ServiceSpec::default() }
}

fn up(spec: ServiceSpec, pause: Duration, now: Instant) -> Service {
    let state = State::up(spec.health, Pid::INIT, pause, now);
    Service { state, ..Service::new(spec, now) }
}

fn state(service: &Service) -> ServiceState {
    service.status(&[]).state
}

#[test]
fn the_pause_before_a_restart_grows_and_is_bounded() {
    let now = Instant::now();
    let mut pauses = Vec::new();
    let mut pause = Duration::ZERO;
    for _ in 0..10 {
        let mut service = up(spec(None, Start::AtOnce), pause, now);
        service.ended(Exit::Code(1), now);
        pause = service.deadline().expect("it is started again") - now;
        pauses.push(pause);
    }
    assert_eq!(pauses[..3], [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4]);
    assert_eq!(pauses[9], LONGEST_PAUSE);
}

#[test]
fn a_good_run_forgets_earlier_failures() {
    let now = Instant::now();
    for start in [Start::AtOnce, Start::OnDemand] {
        let mut service = up(spec(None, start), LONGEST_PAUSE, now);
        service.failures = MOST_FAILURES - 1;
        service.ended(Exit::Code(1), now + GOOD_RUN);
        assert_eq!(service.deadline(), Some(now + GOOD_RUN + FIRST_PAUSE));
    }
}

#[test]
fn it_runs_once_its_port_is_open_and_starts_again_when_that_closes() {
    let now = Instant::now();
    let mut service = up(spec(Some(Health::Tcp(22)), Start::AtOnce), Duration::ZERO, now);
    assert_eq!(state(&service), ServiceState::Starting);
    service.tick(now + CHECK_STARTING, &[], |port| port == 22);
    assert_eq!(state(&service), ServiceState::Running);
    service.tick(now + CHECK_STARTING + CHECK_RUNNING, &[], |_| false);
    assert_eq!(state(&service), ServiceState::Starting);
}

#[test]
fn an_end_is_told_with_its_reason() {
    let now = Instant::now();
    let mut service = up(spec(None, Start::AtOnce), Duration::ZERO, now);
    service.ended(Exit::Signal(9), now);
    let status = service.status(&[]);
    assert_eq!((status.state, status.restarts), (ServiceState::BackingOff, 1));
    assert_eq!(status.reason.as_deref(), Some("signal 9 ended it; it is started again"));
}

#[test]
fn on_demand_it_waits_to_be_asked_for_and_rests_after_a_good_end() {
    let now = Instant::now();
    let mut service = Service::new(spec(None, Start::OnDemand), now);
    assert_eq!((state(&service), service.deadline()), (ServiceState::Stopped, None));
    service.demand(now, &[]);
    assert_eq!((state(&service), service.deadline()), (ServiceState::Starting, Some(now)));
    service.state = State::up(None, Pid::INIT, Duration::ZERO, now);
    service.demand(now, &[]);
    assert_eq!(state(&service), ServiceState::Running, "one that runs is left alone");
    service.ended(Exit::Code(0), now);
    assert_eq!((state(&service), service.deadline()), (ServiceState::Stopped, None));
}

#[test]
fn on_demand_it_fails_in_the_end_and_is_tried_at_once_when_asked_for_again() {
    let now = Instant::now();
    let mut service = Service::new(spec(None, Start::OnDemand), now);
    service.demand(now, &[]);
    for failure in 1..=MOST_FAILURES {
        assert_eq!(service.failures, failure - 1);
        service.state = State::up(None, Pid::INIT, Duration::ZERO, now);
        service.ended(Exit::Code(1), now);
    }
    let status = service.status(&[]);
    assert_eq!((status.state, service.deadline()), (ServiceState::Failed, None));
    assert_eq!(status.reason.as_deref(), Some("it ended with code 1, 3 times in a row"));
    service.demand(now, &[]);
    assert_eq!((state(&service), service.deadline()), (ServiceState::Starting, Some(now)));
}

#[test]
fn a_pause_is_cut_short_by_somebody_who_asks() {
    let now = Instant::now();
    let mut service = up(spec(None, Start::OnDemand), LONGEST_PAUSE, now);
    service.ended(Exit::Code(1), now);
    assert_eq!(state(&service), ServiceState::BackingOff);
    service.demand(now, &[]);
    assert_eq!(service.deadline(), Some(now));
}

#[test]
fn without_its_program_it_is_unavailable_until_that_is_installed() {
    let now = Instant::now();
    let missing = Some("install it".to_owned());
    let command = vec!["no-such-program".to_owned()];
    let mut service = Service::new(ServiceSpec { command, missing, ..spec(None, Start::OnDemand) }, now);
    service.demand(now, &[]);
    let status = service.status(&[]);
    assert_eq!((status.state, status.reason.as_deref()), (ServiceState::Unavailable, Some("install it")));
    service.spec.command = vec!["/bin/sh".to_owned()];
    assert_eq!(state(&service), ServiceState::Stopped);
}
