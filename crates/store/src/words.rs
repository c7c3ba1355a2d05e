//! The words lifecycles are written with in text columns, and how they are read back. Knows no table.

use domain::{
    app::AppKind,
    node::{NodeIntent, NodeState},
    operation::{OperationKind, OperationState},
    user::Role,
    vcluster::Intent,
};

/// A word in a text column that is none of the words we write there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{column} {word:?} is not one of the known ones")]
pub(crate) struct UnknownWord {
    column: &'static str,
    word: String,
}

pub(crate) fn of_role(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Admin => "admin",
    }
}

pub(crate) fn role(word: &str) -> Result<Role, UnknownWord> {
    find("role", &[Role::User, Role::Admin], of_role, word)
}

pub(crate) fn intent(word: &str) -> Result<Intent, UnknownWord> {
    find("intent", &Intent::ALL, Intent::as_str, word)
}

pub(crate) fn node_intent(word: &str) -> Result<NodeIntent, UnknownWord> {
    find("intent", &NodeIntent::ALL, NodeIntent::as_str, word)
}

pub(crate) fn node_state(word: &str) -> Result<NodeState, UnknownWord> {
    find("state", &NodeState::ALL, NodeState::as_str, word)
}

pub(crate) fn app_kind(word: &str) -> Result<AppKind, UnknownWord> {
    find("kind", &AppKind::ALL, AppKind::as_str, word)
}

pub(crate) fn operation_kind(word: &str) -> Result<OperationKind, UnknownWord> {
    find("kind", &OperationKind::ALL, OperationKind::as_str, word)
}

pub(crate) fn operation_state(word: &str) -> Result<OperationState, UnknownWord> {
    find("state", &OperationState::ALL, OperationState::as_str, word)
}

fn find<T: Copy>(
    column: &'static str,
    all: &[T],
    written: fn(T) -> &'static str,
    word: &str,
) -> Result<T, UnknownWord> {
    let known = all.iter().copied().find(|value| written(*value) == word);
    known.ok_or_else(|| UnknownWord { column, word: word.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_that_is_written_is_read_back() {
        for value in OperationKind::ALL {
            assert_eq!(operation_kind(value.as_str()), Ok(value));
        }
        for value in [Role::User, Role::Admin] {
            assert_eq!(role(of_role(value)), Ok(value));
        }
    }

    #[test]
    fn an_unknown_word_is_named_with_its_column() {
        let fault = node_state("asleep").expect_err("no such state");
        assert_eq!(fault.to_string(), "state \"asleep\" is not one of the known ones");
    }
}
