//! Opaque identifiers. Knows nothing about what they identify, nor how they are made.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not an id: ids are UUIDs, such as 0198c0de-0000-7000-8000-000000000000")]
pub struct InvalidId;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            pub const fn new(value: Uuid) -> Self {
                Self(value)
            }

            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                // Only the hyphenated form: one thing has one name in URLs, labels and logs.
                if text.len() != 36 {
                    return Err(InvalidId);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }
    };
}

uuid_id!(
    /// A person.
    UserId
);
uuid_id!(
    /// A vcluster; time-ordered, so it is also the paging cursor.
    VclusterId
);
uuid_id!(
    /// A node of a vcluster. A node that is removed and added again is another node with another id.
    NodeId
);
uuid_id!(
    /// One accepted action on a vcluster.
    OperationId
);
uuid_id!(
    /// An API token (not the secret itself).
    TokenId
);
uuid_id!(
    /// One Docklet installation: the label that separates its containers from everybody else's.
    InstallationId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        let id = VclusterId::new(Uuid::from_u128(7));
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in
            ["", "7", "00000000000000000000000000000007", "{00000000-0000-0000-0000-000000000007}", "../etc/passwd"]
        {
            assert_eq!(text.parse::<VclusterId>(), Err(InvalidId), "{text}");
        }
    }
}
