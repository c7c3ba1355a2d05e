//! Reads the texts back that enums are written with in columns. Knows no table.

use std::str::FromStr;

/// A text in a column that is none of those we write there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{column} {text:?} is not one of the known ones")]
pub(crate) struct UnknownText {
    column: &'static str,
    text: String,
}

pub(crate) fn read<T: FromStr>(column: &'static str, text: &str) -> Result<T, UnknownText> {
    text.parse().map_err(|_| UnknownText { column, text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use domain::{node::NodeState, operation::OperationKind, user::Role, vcluster::VclusterState};

    use super::*;

    #[test]
    fn every_text_that_is_written_is_read_back() {
        for kind in OperationKind::ALL {
            assert_eq!(read("kind", kind.as_str()).as_ref(), Ok(kind));
            // As in answers.
            assert_eq!(serde_json::to_value(kind).expect("a text"), kind.as_str());
        }
        for state in VclusterState::ALL {
            assert_eq!(read("state", state.as_str()).as_ref(), Ok(state));
        }
        for role in [Role::User, Role::Admin] {
            assert_eq!(read("role", role.as_str()), Ok(role));
        }
    }

    #[test]
    fn an_unknown_text_is_named_with_its_column() {
        let fault = read::<NodeState>("state", "asleep").expect_err("no such state");
        assert_eq!(fault.to_string(), "state \"asleep\" is not one of the known ones");
        assert!(read::<NodeState>("state", "Running").is_err(), "not even by case");
    }
}
