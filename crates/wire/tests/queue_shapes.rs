//! What is done with many jobs, on the wire.

use domain::job::JobState;
use serde_json::json;
use wire::{
    problem::Code,
    queue::{Bulk, BulkAction, BulkFault, BulkedJob},
};

#[test]
fn jobs_are_named_by_numbers_or_by_states_and_by_nothing_else() {
    let read = |body: serde_json::Value| serde_json::from_value::<Bulk>(body);
    let none = Bulk { action: BulkAction::Hold, jobs: Vec::new(), states: Vec::new() };
    assert_eq!(read(json!({"action": "hold"})).expect("nothing is named"), none);
    let both = Bulk { action: BulkAction::Cancel, jobs: vec![7, -1], states: vec![JobState::OutOfMemory] };
    let written = json!({"action": "cancel", "jobs": [7.0, -1], "states": ["out_of_memory"]});
    assert_eq!(read(written).expect("numbers are wide"), both);
    for wrong in [
        json!({"jobs": [1]}),
        json!({"action": "delete"}),
        json!({"action": "hold", "jobs": [1.5]}),
        json!({"action": "hold", "jobs": null}),
        json!({"action": "hold", "states": ["asleep"]}),
        json!({"action": "hold", "names": []}),
    ] {
        assert!(read(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn what_became_of_one_is_its_state_or_a_problem() {
    let problem = BulkFault { code: Code::NotFound, detail: "There is no such job.".into() };
    let written = serde_json::to_value(BulkedJob { id: 7, state: None, problem: Some(problem) }).expect("JSON");
    let expected = json!({"id": 7, "state": null, "problem": {"code": "not_found", "detail": "There is no such job."}});
    assert_eq!(written, expected);
}
