//! What an API token may do: scopes, and sets of them. Knows no use-case: control says which scope each one needs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use super::Role;
use crate::{Violation, described::described};

/// A kind of things that a token may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display, IntoStaticStr, EnumString, VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Scope {
    /// Sees what is its user's. Every token does.
    Read,
    /// Creates, changes, starts, stops and deletes vclusters with their nodes and apps, from the installation's own image.
    Vclusters,
    /// Reaches into nodes: terminals, commands, ports, keys for ssh. With `vclusters`, also chooses the image.
    Ssh,
    /// Does what administrators can, where its user is one.
    Admin,
}

impl Scope {
    pub const ALL: &'static [Self] = Self::VARIANTS;

    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The scopes that a token has. As text they stand in a row, with spaces between, as RFC 6749 writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// What a person in a browser may, and a token from before there were scopes.
    pub const ALL: Self = Self::of(Scope::ALL);
    /// Of a token for which nobody says anything: everything but what administrators can.
    pub const USUAL: Self = Self::of(&[Scope::Vclusters, Scope::Ssh]);

    /// These, and `read`: without it a token could not even find what it acts on.
    pub const fn of(scopes: &[Scope]) -> Self {
        let (mut bits, mut nth) = (Scope::Read.bit(), 0);
        while nth < scopes.len() {
            bits |= scopes[nth].bit();
            nth += 1;
        }
        Self(bits)
    }

    /// What is left of them for a user of this role. A token has no scope that would wake up when its user is promoted.
    #[must_use]
    pub const fn of_role(self, role: Role) -> Self {
        match role {
            Role::Admin => self,
            Role::User => Self(self.0 & !Scope::Admin.bit()),
        }
    }

    pub const fn has(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Each once, in the order of [`Scope::ALL`].
    pub fn list(self) -> Vec<Scope> {
        Scope::ALL.iter().copied().filter(|scope| self.has(*scope)).collect()
    }
}

described!(Scopes, crate::described::words_of(&Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>()));

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.list().into_iter().map(Scope::as_str).collect();
        f.pad(&words.join(" "))
    }
}

impl FromStr for Scopes {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let scopes: Result<Vec<Scope>, _> = text.split(' ').map(str::parse::<Scope>).collect();
        let rule = "must be one or several of read, vclusters, ssh and admin, with one space between two";
        scopes.map(|scopes| Self::of(&scopes)).map_err(|_| Violation::new("scope", rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_scopes_is_text_in_one_order_and_read_is_always_in_it() {
        for (text, written) in [
            ("read", "read"),
            ("ssh", "read ssh"),
            ("ssh vclusters ssh", "read vclusters ssh"),
            ("admin ssh vclusters read", "read vclusters ssh admin"),
        ] {
            let scopes: Scopes = text.parse().expect(text);
            assert_eq!(scopes.to_string(), written);
            assert_eq!(written.parse::<Scopes>(), Ok(scopes), "read back");
        }
        assert_eq!(Scopes::USUAL.to_string(), "read vclusters ssh");
        assert_eq!(Scopes::ALL.list(), Scope::ALL);
        assert_eq!(Scopes::of(&[]).list(), [Scope::Read]);
        assert_eq!((Scopes::ALL.of_role(Role::User), Scopes::ALL.of_role(Role::Admin)), (Scopes::USUAL, Scopes::ALL));
    }

    #[test]
    fn what_is_no_scope_is_refused() {
        for text in ["", " ", "read  ssh", "read,ssh", "Read", "root", "ssh ", "read\tssh"] {
            assert_eq!(text.parse::<Scopes>().expect_err(text).field, "scope", "{text:?}");
        }
    }
}
