//! Events on their way to the session, with their bytes.

use wire::terminal::Size;

use terminal_session::{Event, Found, Generation, Timer};

/// An event that owns its bytes.
pub(super) enum Told {
    Fitted(Size),
    Opened(Generation),
    Frame(Generation, Vec<u8>),
    Closed(Generation, u16),
    Probed(Generation, Found),
    Elapsed(Generation, Timer),
    Drawn(u64),
    Typed(Vec<u8>),
    Awake,
    ClaimSize,
}

impl Told {
    /// As the session takes it.
    pub(super) fn event(&self) -> Event<'_> {
        match self {
            Self::Fitted(size) => Event::Fitted(*size),
            Self::Opened(generation) => Event::Opened(*generation),
            Self::Frame(generation, bytes) => Event::Frame { generation: *generation, bytes },
            Self::Closed(generation, code) => Event::Closed { generation: *generation, code: *code },
            Self::Probed(generation, found) => Event::Probed(*generation, *found),
            Self::Elapsed(generation, timer) => Event::Elapsed(*generation, *timer),
            Self::Drawn(offset) => Event::Drawn(*offset),
            Self::Typed(bytes) => Event::Typed(bytes),
            Self::Awake => Event::Awake,
            Self::ClaimSize => Event::ClaimSize,
        }
    }
}
