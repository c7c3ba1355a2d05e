//! Arrays: as many elements start as may, and what is left waits as one job.

use super::*;

fn array(number: i64, of: i64, cpu_milli: u32, count: u32) -> Waiting {
    Waiting { count, ..job(number, of, cpu_milli, HOUR) }
}

#[test]
fn as_many_elements_start_as_have_room_and_the_next_one_is_reserved_for() {
    let mut case = Case::of(&[("a", 4000), ("b", 4000)]);
    case.runs(3, "b", 2000, 2 * HOUR);
    case.waiting = vec![array(1, 1, 1500, 10), job(2, 2, 1000, HOUR), job(3, 2, 1000, 3 * HOUR)];
    let starts = case.starts();
    assert_eq!(starts, [(1, "a".to_owned()), (1, "a".to_owned()), (1, "b".to_owned()), (2, "a".to_owned())]);
    let wait = case.wait(1);
    assert_eq!((wait.ahead, wait.expected_start), (0, Some(at(HOUR))), "the fourth element");
    assert!(matches!(wait.reason, Reason::Capacity(_)), "{wait:?}");
    assert_eq!(case.wait(3).ahead, 1, "an array is one job");
    assert_eq!(case.pass().waits.len(), 2, "it is told of once");
}

#[test]
fn what_is_behind_an_array_may_have_what_its_first_waiting_element_is_not_kept() {
    let mut case = Case::of(&[("hera", 4000)]);
    case.runs(3, "hera", 1000, HOUR);
    case.waiting = vec![array(1, 1, 2000, 3), job(2, 2, 1000, HOUR)];
    assert_eq!(case.numbers(), [1, 2]);
    assert_eq!(case.expected(1), Some(HOUR));
}

#[test]
fn no_more_elements_run_at_a_time_than_the_array_allows() {
    let mut case = Case::of(&[("hera", 8000)]);
    case.waiting = vec![Waiting { at_most: Some(2), ..array(1, 1, 1000, 5) }, job(2, 1, 1000, HOUR)];
    assert_eq!(case.numbers(), [1, 1, 2]);
    let wait = case.wait(1);
    assert_eq!((wait.reason.clone(), wait.expected_start), (Reason::ArrayLimit, None));
    let sentence = wait.reason.to_string();
    assert!(sentence.starts_with("as many elements of its array run as it allows at a time"), "{sentence}");
    case.waiting[0].at_most = Some(0);
    case.limit(1, 1000);
    assert_eq!(case.numbers(), [2]);
    assert_eq!(case.wait(1).reason, Reason::ArrayLimit, "it is told before other limits");
    case.waiting[0].stays = Some(Stay::Held);
    assert_eq!(case.wait(1).reason, Reason::Held);
    case.waiting[0] = Waiting { at_most: Some(9), ..array(1, 1, 1000, 1) };
    assert_eq!(case.numbers(), [1], "a limit that is not reached says nothing");
    assert_eq!(case.pass().waits.len(), 1);
}

#[test]
fn an_owner_s_limit_holds_what_is_left_of_an_array() {
    let mut case = Case::of(&[("hera", 8000)]);
    case.limit(1, 2500);
    case.waiting = vec![array(1, 1, 1000, 100_000), job(2, 2, 1000, HOUR)];
    assert_eq!(case.numbers(), [1, 1, 2]);
    assert_eq!(case.wait(1).reason.to_string(), "it needs 1 CPUs, but your limit of 2.5 leaves 0.5");
}

#[test]
fn the_numbers_of_the_readme_on_arrays_are_right() {
    let mut case = Case::of(&[("hera", 8000)]);
    case.runs(3, "hera", 3000, HOUR);
    case.waiting = vec![array(1, 1, 2000, 100), job(2, 2, 1000, HOUR), job(3, 2, 1000, HOUR)];
    assert_eq!(case.numbers(), [1, 1, 2]);
    assert_eq!((case.expected(1), case.expected(3)), (Some(HOUR), Some(HOUR)));
    assert_eq!((case.wait(1).ahead, case.wait(3).ahead), (0, 1));
}
