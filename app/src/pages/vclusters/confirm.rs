//! Typing a vcluster's name to show that one means it. Pure.

use catalogue::t;
use domain::Violation;

/// Fails unless `typed` is the name.
pub(crate) fn check(name: &str, typed: &str) -> Result<(), Violation> {
    if typed.trim() == name {
        Ok(())
    } else {
        Err(Violation::new("typed", t!("vcluster-delete-not-the-name", name = name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_itself_confirms() {
        assert_eq!(check("lab", " lab "), Ok(()));
        for typed in ["", "la", "Lab", "lab2"] {
            assert!(check("lab", typed).is_err(), "{typed:?}");
        }
    }
}
