//! What a viewer knows about its connection and its terminal, as data for the code that shows it. Knows no words and no
//! colours.

use wire::terminal::{Exit, Size};

/// How one terminal's connection stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// The connection.
    pub link: Link,
    /// Milliseconds a ping took to the node and back; absent until the first answer.
    pub round_trip_ms: Option<u32>,
    /// The terminal's size, as its program sees it.
    pub size: Option<Size>,
    /// What would fit into this viewer's window.
    pub room: Option<Size>,
}

impl Status {
    /// The size another viewer gave the terminal, if it is not the one that fits here.
    pub fn foreign_size(&self) -> Option<Size> {
        let live = matches!(self.link, Link::Live);
        self.size.filter(|size| live && self.room.is_some_and(|room| room != *size))
    }

    /// How the terminal ended, if it did.
    pub fn ending(&self) -> Option<&Ending> {
        match &self.link {
            Link::Ended(ending) => Some(ending),
            _ => None,
        }
    }
}

/// A viewer's connection to its terminal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Link {
    /// Not asked for yet: this terminal has not been shown since the page was loaded.
    #[default]
    Idle,
    /// On its way for the first time.
    Connecting,
    /// Bytes flow.
    Live,
    /// It was live; the next attempt is on its way or will be soon.
    Reconnecting,
    /// Over, and no attempt will be made.
    Ended(Ending),
}

/// Why a terminal will not come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Its program ended.
    Exited(Exit),
    /// The node does not have it any more: it was closed elsewhere, or the node was started anew.
    Gone,
    /// The node it was on does not run.
    NodeStopped,
    /// The user is not signed in here any more. The terminal may live on.
    SignedOut,
}
