//! Refuses requests that two programs could read as two different things, before anything behind it sees them.
//!
//! hyper is lenient where an app's own server is not, and the other way round: an attacker who finds a difference smuggles a request past
//! the one that decides. So there is one strict reading here, and what does not have exactly one meaning is not passed on.
//! Knows the bytes of HTTP/1.1 and nothing of routes, users or answers.

mod answers;
mod chunks;
mod head;
mod refusal;
mod stream;

pub use answers::Answers;
pub use head::LARGEST_HEAD;
pub use refusal::Refusal;
pub use stream::Guarded;

use chunks::Chunks;
use head::{Framing, Head};

/// Where in the stream of requests a connection is.
#[derive(Debug)]
pub struct Guard {
    state: State,
    heads: u64,
    /// The request whose body is read asks for an upgrade.
    asks_upgrade: bool,
}

#[derive(Debug)]
enum State {
    Head(Head),
    Body {
        left: u64,
    },
    Chunked(Chunks),
    /// An upgrade was asked for; what follows is HTTP or not, as the answer says.
    Held,
    /// Upgraded: no HTTP any more.
    Through,
    Refused(Refusal),
}

/// What may be done with the bytes looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advance {
    /// So many from the front may pass.
    pub passed: usize,
    /// Nothing behind those ever will.
    pub refusal: Option<Refusal>,
}

impl Default for Guard {
    fn default() -> Self {
        Self { state: State::Head(Head::default()), heads: 0, asks_upgrade: false }
    }
}

impl Guard {
    /// Looks at the bytes that have not passed yet: those left over from the last time, and new ones behind them.
    ///
    /// A head passes as a whole or not at all, bodies as they come.
    pub fn advance(&mut self, pending: &[u8]) -> Advance {
        let mut passed = 0;
        loop {
            let rest = &pending[passed..];
            let taken = match &mut self.state {
                State::Through => rest.len(),
                State::Held => return Advance { passed, refusal: None },
                State::Refused(refusal) => return Advance { passed, refusal: Some(*refusal) },
                State::Head(head) => match head.read(rest) {
                    Ok(None) => return Advance { passed, refusal: None },
                    Ok(Some(whole)) => {
                        self.heads += 1;
                        self.asks_upgrade = whole.asks_upgrade;
                        self.state = self.state_after_head(whole.framing);
                        whole.length
                    }
                    Err(refusal) => {
                        self.state = State::Refused(refusal);
                        continue;
                    }
                },
                State::Body { left } => {
                    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                    *left -= taken as u64;
                    if *left == 0 {
                        self.state = self.state_after_body();
                    }
                    taken
                }
                State::Chunked(chunks) => match chunks.read(rest) {
                    Ok((taken, is_last)) => {
                        if is_last {
                            self.state = self.state_after_body();
                        }
                        taken
                    }
                    Err(refusal) => {
                        self.state = State::Refused(refusal);
                        continue;
                    }
                },
            };
            passed += taken;
            if passed == pending.len() {
                return Advance { passed, refusal: None };
            }
        }
    }

    /// How many heads have passed.
    pub fn heads(&self) -> u64 {
        self.heads
    }

    /// Whether nothing passes before [`Guard::answered`] has said what came of an upgrade.
    pub fn is_held(&self) -> bool {
        matches!(self.state, State::Held)
    }

    /// The request that asked for an upgrade was answered.
    pub fn answered(&mut self, upgraded: bool) {
        if self.is_held() {
            self.state = if upgraded { State::Through } else { State::Head(Head::default()) };
        }
    }

    fn state_after_head(&self, framing: Framing) -> State {
        match framing {
            Framing::None | Framing::Length(0) => self.state_after_body(),
            Framing::Length(left) => State::Body { left },
            Framing::Chunked => State::Chunked(Chunks::default()),
        }
    }

    fn state_after_body(&self) -> State {
        if self.asks_upgrade { State::Held } else { State::Head(Head::default()) }
    }
}

#[cfg(test)]
mod tests;
