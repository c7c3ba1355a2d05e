//! Opaque identifiers. Knows nothing about what they identify, nor how they are made.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{described::described, job};

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
    /// A task. Another try of the same command is another task.
    TaskId
);
uuid_id!(
    /// What a worker has a container for: a node or a task, under that one's own number.
    InstanceId
);
uuid_id!(
    /// An app. What browsers address it by is its label.
    AppId
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
    /// One Docklet installation: the label that separates its containers from all others.
    InstallationId
);

impl From<NodeId> for InstanceId {
    fn from(node: NodeId) -> Self {
        Self(node.0)
    }
}

impl From<TaskId> for InstanceId {
    fn from(task: TaskId) -> Self {
        Self(task.0)
    }
}

impl InstanceId {
    /// Its number as a node's. The record says whether it is one.
    pub const fn as_node(self) -> NodeId {
        NodeId(self.0)
    }

    /// Its number as a task's. The record says whether it is one.
    pub const fn as_task(self) -> TaskId {
        TaskId(self.0)
    }
}

/// A text that is no job's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a job's number is a positive whole number")]
pub struct InvalidJobId;

/// A job's number: positive, given once per installation, in the order of submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct JobId(i64);

impl JobId {
    /// The number as the record keeps it.
    pub const fn as_i64(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for JobId {
    type Error = InvalidJobId;

    fn try_from(number: i64) -> Result<Self, InvalidJobId> {
        if number > 0 { Ok(Self(number)) } else { Err(InvalidJobId) }
    }
}

impl From<JobId> for i64 {
    fn from(id: JobId) -> Self {
        id.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for JobId {
    type Err = InvalidJobId;

    fn from_str(text: &str) -> Result<Self, InvalidJobId> {
        // Digits only: one thing has one name in URLs.
        let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        text.parse::<i64>().ok().filter(|_| plain).ok_or(InvalidJobId).and_then(Self::try_from)
    }
}

/// A text that names neither a job nor an element of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a job's number is a positive whole number; an element of an array has its index behind it, as in 812_7")]
pub struct InvalidJobRef;

/// A job by its number (`812`), or an element of an array by the array's number and its index (`812_7`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobRef {
    pub id: JobId,
    pub index: Option<u32>,
}

impl From<JobId> for JobRef {
    fn from(id: JobId) -> Self {
        Self { id, index: None }
    }
}

impl fmt::Display for JobRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)?;
        self.index.map_or(Ok(()), |index| write!(f, "_{index}"))
    }
}

impl FromStr for JobRef {
    type Err = InvalidJobRef;

    fn from_str(text: &str) -> Result<Self, InvalidJobRef> {
        let (id, index) = match text.split_once('_') {
            Some((id, index)) => (id, Some(job::index(index).ok_or(InvalidJobRef)?)),
            None => (text, None),
        };
        Ok(Self { id: id.parse().map_err(|InvalidJobId| InvalidJobRef)?, index })
    }
}

// The longest number of a job has a digit more, but not every number of so many digits is one.
described!(JobRef, crate::described::text(26, "^[1-9][0-9]{0,17}(?:_(?:0|[1-9][0-9]{0,6}))?$"));

/// A text that cannot name a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a terminal id is 1 to 64 characters of A-Z, a-z, 0-9, '_' and '-'")]
pub struct InvalidTerminalId;

/// Names a terminal within its node; chosen by the client that opens it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TerminalId(String);

impl TerminalId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TerminalId {
    type Error = InvalidTerminalId;

    fn try_from(text: String) -> Result<Self, InvalidTerminalId> {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if (1..=64).contains(&text.len()) && text.bytes().all(good) { Ok(Self(text)) } else { Err(InvalidTerminalId) }
    }
}

impl FromStr for TerminalId {
    type Err = InvalidTerminalId;

    fn from_str(text: &str) -> Result<Self, InvalidTerminalId> {
        text.to_owned().try_into()
    }
}

impl From<TerminalId> for String {
    fn from(id: TerminalId) -> Self {
        id.0
    }
}

impl fmt::Display for TerminalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names one browser session in lists: a part of the digest it is kept under, so it opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionHandle(String);

impl SessionHandle {
    /// Hexadecimal digits.
    const LENGTH: usize = 32;

    /// The handle of the session with this digest (lower-case hex).
    pub fn of_digest(digest: &str) -> Option<Self> {
        digest.get(..Self::LENGTH)?.parse().ok()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SessionHandle {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let good = text.len() == Self::LENGTH && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if good { Ok(Self(text.to_owned())) } else { Err(InvalidId) }
    }
}

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

    #[test]
    fn a_terminal_id_is_a_short_word_that_stays_as_it_is() {
        let longest = "x".repeat(64);
        for text in ["a", "Main_2-b", &longest] {
            let id: TerminalId = text.parse().expect("a terminal id");
            assert_eq!((id.as_str(), id.to_string().as_str(), String::from(id.clone()).as_str()), (text, text, text));
        }
        for text in ["", "a b", "a/b", "ä", &format!("{longest}x")] {
            assert_eq!(text.parse::<TerminalId>(), Err(InvalidTerminalId), "{text}");
        }
    }

    #[test]
    fn a_job_s_number_is_written_in_one_way_only() {
        let id = JobId::try_from(17_i64).expect("a number");
        assert_eq!((id.as_i64(), id.to_string().parse()), (17, Ok(id)));
        assert_eq!("9223372036854775807".parse::<JobId>().map(i64::from), Ok(i64::MAX));
        for text in ["", "0", "-1", "+1", "01", "1.0", " 1", "1 ", "x", "\u{661}", "9223372036854775808"] {
            assert_eq!(text.parse::<JobId>(), Err(InvalidJobId), "{text}");
        }
        for number in [0, -1, i64::MIN] {
            assert_eq!(JobId::try_from(number), Err(InvalidJobId));
        }
    }

    #[test]
    fn an_element_is_named_by_its_array_s_number_and_its_index() {
        let id = JobId::try_from(812_i64).expect("a number");
        for (text, index) in [("812", None), ("812_0", Some(0)), ("812_7", Some(7)), ("812_9999999", Some(9_999_999))] {
            let named: JobRef = text.parse().expect(text);
            assert_eq!((named, named.to_string().as_str()), (JobRef { id, index }, text));
        }
        assert_eq!(JobRef::from(id), JobRef { id, index: None });
        for text in
            ["", "_", "812_", "_7", "0_7", "812_07", "812_-1", "812_+1", "812_7_7", "812_10000000", "812 _7", "812-7"]
        {
            assert_eq!(text.parse::<JobRef>(), Err(InvalidJobRef), "{text}");
        }
    }

    #[test]
    fn a_session_handle_is_the_beginning_of_a_digest() {
        let digest = "0123456789abcdef".repeat(4);
        let handle = SessionHandle::of_digest(&digest).expect("a digest");
        assert_eq!(handle.as_str(), &digest[..32]);
        assert_eq!(handle.to_string().parse(), Ok(handle));
        for text in ["", "0123", "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789abcde%"] {
            assert_eq!(text.parse::<SessionHandle>(), Err(InvalidId), "{text}");
        }
    }
}
