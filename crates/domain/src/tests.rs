//! What holds for every enumeration that is written down as a word.

use std::fmt;

use serde::Serialize;

use crate::{
    app::{AppKind, AppState},
    node::{NodeIntent, NodeState},
    operation::{OperationKind, OperationState},
    task::TaskIntent,
    user::{Role, Scope},
    vcluster::{Intent, VclusterState},
};

/// A value as JSON has it.
struct Json<T>(T);

impl<T: Serialize> fmt::Display for Json<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}

fn same<T: Copy + Serialize>(values: &[T], word: fn(T) -> &'static str) {
    for value in values {
        assert_eq!(word(*value), Json(*value).to_string());
    }
}

#[test]
fn a_value_is_the_same_word_in_the_record_and_in_json() {
    same(&[AppKind::Jupyter, AppKind::Port], AppKind::as_str);
    same(&[AppState::Ready, AppState::Off], AppState::as_str);
    same(&[Intent::Running, Intent::Deleted], Intent::as_str);
    same(&[NodeIntent::Running, NodeIntent::Absent], NodeIntent::as_str);
    same(&[NodeState::Pending, NodeState::Lost], NodeState::as_str);
    same(OperationKind::ALL, OperationKind::as_str);
    same(&[OperationState::Running, OperationState::Superseded], OperationState::as_str);
    same(&[Role::User, Role::Admin], Role::as_str);
    same(Scope::ALL, Scope::as_str);
    same(&[TaskIntent::Run, TaskIntent::Absent], TaskIntent::as_str);
    same(VclusterState::ALL, VclusterState::as_str);
}
