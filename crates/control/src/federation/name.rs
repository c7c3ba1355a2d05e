//! A user name for a person whom the provider has named, by its rules and by ours.

use domain::name::UserName;

use crate::{
    Error,
    ports::{identity::Claims, store::Transaction},
};

/// Another user may have a name like it; after so many there is none left.
const MOST: u32 = 1000;
const NOBODY_IN_PARTICULAR: &str = "user";

/// A name that is free, as near as can be to what the provider calls the person.
pub(super) async fn free(tx: &mut dyn Transaction, claims: &Claims) -> Result<UserName, Error> {
    let wanted = wanted(claims);
    for number in 1..=MOST {
        let name = numbered(&wanted, number);
        if tx.account(&name).await?.is_none() {
            return Ok(name);
        }
    }
    Err(Error::UserTaken(wanted))
}

fn wanted(claims: &Claims) -> String {
    let named = ["preferred_username", "email", "name"].into_iter().filter_map(|claim| claims.text(claim));
    let made = named.map(made_valid).find(|name| !name.is_empty());
    made.unwrap_or_else(|| NOBODY_IN_PARTICULAR.into())
}

/// What is left of it under the rules of user names; empty when nothing is.
fn made_valid(text: &str) -> String {
    let local = text.split('@').next().unwrap_or_default();
    let plain = local.chars().flat_map(char::to_lowercase).filter_map(|c| match c {
        'a'..='z' | '0'..='9' | '-' | '_' | '.' => Some(c),
        ' ' | '+' => Some('-'),
        _ => None,
    });
    let name: String = plain.skip_while(|c| !c.is_ascii_lowercase()).take(UserName::LONGEST).collect();
    name.trim_end_matches('-').to_owned()
}

/// `ada`, `ada-2`, …, never longer than names may be.
fn numbered(wanted: &str, number: u32) -> UserName {
    let suffix = if number == 1 { String::new() } else { format!("-{number}") };
    let kept: String = wanted.chars().take(UserName::LONGEST - suffix.len()).collect();
    let name = format!("{}{suffix}", kept.trim_end_matches('-'));
    name.parse().unwrap_or_else(|_| NOBODY_IN_PARTICULAR.parse().expect("a constant that is a name"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn name(claims: serde_json::Value) -> String {
        let serde_json::Value::Object(map) = claims else { panic!("an object") };
        wanted(&Claims(map))
    }

    #[test]
    fn the_name_is_the_provider_s_as_far_as_ours_may_look_like_it() {
        assert_eq!(name(json!({"preferred_username": "Ada.Lovelace", "email": "x@y"})), "ada.lovelace");
        assert_eq!(name(json!({"preferred_username": "ada@lab.example"})), "ada");
        assert_eq!(name(json!({"email": "grace+navy@lab.example"})), "grace-navy");
        assert_eq!(name(json!({"preferred_username": "山田", "email": "yamada@lab.example"})), "yamada");
        assert_eq!(name(json!({"preferred_username": "007bond-"})), "bond");
        assert_eq!(name(json!({"name": "Ada Lovelace"})), "ada-lovelace");
        assert_eq!(name(json!({"preferred_username": "42", "sub": "x"})), "user");
        assert_eq!(name(json!({})), "user");
    }

    #[test]
    fn numbered_names_are_names_too() {
        let long = "a".repeat(UserName::LONGEST - 1) + "-";
        for wanted in ["ada", &long, "user"] {
            for number in [1, 2, 10, MOST] {
                assert!(numbered(wanted, number).as_str().len() <= UserName::LONGEST, "{wanted} {number}");
            }
        }
        assert_eq!(numbered("ada", 2).as_str(), "ada-2");
    }
}
