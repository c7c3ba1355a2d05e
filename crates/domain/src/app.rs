//! An app: one HTTP port of one node, under a name of its own for browsers. Knows neither who may enter nor what answers there.

mod text;

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

pub use text::is_invisible;
pub use text::{AppName, LONGEST_PROCESS, clean_process};

use crate::{AppId, NodeId, UserId, VclusterId, Violation, name::NodeName};

/// The node and port of every vcluster's JupyterLab.
pub const JUPYTER_NODE: NodeName = NodeName::new(0);
pub const JUPYTER_PORT: u16 = 8888;
/// What docklet-init calls it.
pub const JUPYTER_SERVICE: &str = "jupyter";
/// Records of one node at most, those that are not listed now included.
pub const MOST_PER_NODE: usize = 64;
/// The node's sshd: reached in another way, and no HTTP.
const SSH: u16 = 22;

/// The first part of an app's host name: ten of a–z and 2–7, the first a letter. It says nothing about what it names.
///
/// Labels are drawn at random from 26 · 32⁹ (2^49.7), and no living app has another's. One that was deleted is not given
/// again for want of chance: after a million apps, the next one hits an old label with a probability of 10⁻⁹. Were it to
/// happen, nothing would be open that is not: entering asks for the owner, and cookies name an app's session, not its label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AppLabel(String);

impl AppLabel {
    pub const LENGTH: usize = 10;
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    const LETTERS: u64 = 26;

    /// The label these random bits stand for.
    pub fn from_random(bits: u64) -> Self {
        let letter = |index: u64| char::from(Self::ALPHABET[(index % 32) as usize]);
        let mut rest = bits / Self::LETTERS;
        let mut text = String::with_capacity(Self::LENGTH);
        text.push(letter(bits % Self::LETTERS));
        while text.len() < Self::LENGTH {
            text.push(letter(rest));
            rest /= 32;
        }
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AppLabel {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let good = text.len() == Self::LENGTH
            && text.bytes().all(|byte| Self::ALPHABET.contains(&byte))
            && text.starts_with(|first: char| first.is_ascii_lowercase());
        if good { Ok(Self(text.to_owned())) } else { Err(Violation::new("label", "must be an app's label")) }
    }
}

impl TryFrom<String> for AppLabel {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        text.parse()
    }
}

impl From<AppLabel> for String {
    fn from(label: AppLabel) -> String {
        label.0
    }
}

impl fmt::Display for AppLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AppKind {
    /// JupyterLab, which docklet-init starts when it is first opened.
    Jupyter,
    /// Whatever listens on the port.
    Port,
}

impl AppKind {
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }
}

/// What a visitor of the app would meet now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AppState {
    /// Something listens.
    Ready,
    /// Its service is starting.
    Starting,
    /// Nothing listens; its node may be stopped.
    Stopped,
    /// Its service cannot start, or ends again and again.
    Failed,
    /// Its owner has switched it off.
    Off,
}

impl AppState {
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }
}

/// One app per node and port, from the first time something was seen to listen there (or it was published) until the node is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    pub id: AppId,
    pub label: AppLabel,
    pub vcluster: VclusterId,
    pub owner: UserId,
    pub node: NodeName,
    /// A node that is removed and added again under the same name is another one, and has other apps.
    pub node_id: NodeId,
    pub port: u16,
    pub kind: AppKind,
    /// What its owner calls it.
    pub name: Option<AppName>,
    /// Listed also while nothing listens.
    pub pinned: bool,
    /// While it is off, not even its owner enters.
    pub enabled: bool,
    /// The process that was last seen to listen.
    pub process: Option<String>,
    pub created_at: DateTime<Utc>,
}

impl App {
    /// What it is called when nothing better is known: no language is assumed.
    pub fn title(&self) -> String {
        match (&self.name, self.kind, &self.process) {
            (Some(name), ..) => name.to_string(),
            (None, AppKind::Jupyter, _) => "JupyterLab".to_owned(),
            (None, AppKind::Port, Some(process)) => format!("{process}:{}", self.port),
            (None, AppKind::Port, None) => format!("{}:{}", self.node, self.port),
        }
    }

    /// Its owner has said something about it, so it stays whether something listens or not.
    pub fn is_kept(&self) -> bool {
        self.kind == AppKind::Jupyter || self.pinned || self.name.is_some() || !self.enabled
    }

    /// Listed also while nothing listens. One that was only switched off waits, unlisted, for its port to come back.
    pub fn is_listed_when_silent(&self) -> bool {
        self.kind == AppKind::Jupyter || self.pinned || self.name.is_some()
    }
}

/// Which ports can be apps.
pub fn is_app_port(port: u16) -> bool {
    port != 0 && port != SSH
}

/// The same of a number a client wrote.
pub fn parse_port(port: i64) -> Result<u16, Violation> {
    match u16::try_from(port) {
        Ok(port) if is_app_port(port) => Ok(port),
        Ok(SSH) => Err(Violation::new("port", "is the node's SSH server, which no browser can open")),
        _ => Err(Violation::new("port", "must be a whole number between 1 and 65535")),
    }
}

#[cfg(test)]
mod tests;
