//! The state machine that finds escape sequences in output. It keeps an unfinished sequence byte for byte, so that a
//! snapshot can end in the middle of one. Knows no screen.

use crate::params::Params;
use crate::utf8::{Decoded, decode};

/// Longest sequence kept byte for byte. A longer one (an image, the clipboard) is swallowed to its end.
const LONGEST: usize = 16 * 1024;

/// What happens to a screen.
pub(crate) trait Actions {
    /// Printable characters of ASCII.
    fn print_ascii(&mut self, text: &[u8]);
    fn print(&mut self, c: char);
    /// A control character, also one of C1.
    fn execute(&mut self, control: u8);
    fn escape(&mut self, intermediate: u8, last: u8);
    fn csi(&mut self, sequence: &Csi<'_>);
    fn osc(&mut self, text: &[u8]);
    /// A sequence ended that is of no interest.
    fn ignored(&mut self);
}

/// A control sequence.
#[derive(Debug)]
pub(crate) struct Csi<'a> {
    /// `?`, `>`, …; 0 if there is none.
    pub(crate) prefix: u8,
    /// The intermediate byte; 0 if there is none, 255 if there are several.
    pub(crate) intermediate: u8,
    pub(crate) last: u8,
    pub(crate) params: &'a Params,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Ground,
    Escape,
    EscapeIntermediate,
    Csi,
    CsiIntermediate,
    CsiIgnore,
    Osc,
    Dcs,
    DcsString,
    /// SOS, PM, APC.
    OtherString,
}

#[derive(Debug, Default)]
pub(crate) struct Parser {
    state: State,
    params: Params,
    prefix: u8,
    intermediate: u8,
    /// The unfinished sequence, without control characters that were executed within it.
    pending: Vec<u8>,
    /// Where the text of an OSC begins in `pending`.
    text_at: usize,
    overlong: bool,
    /// The unfinished character.
    partial: Vec<u8>,
}

impl Parser {
    /// Whether nothing is unfinished.
    pub(crate) fn is_idle(&self) -> bool {
        self.state == State::Ground && self.partial.is_empty()
    }

    /// Appends bytes that bring another parser into the same unfinished state.
    pub(crate) fn push_pending(&self, out: &mut Vec<u8>) {
        // In place of a string too long to keep, one of an unknown kind: its text is swallowed as the long one's is.
        let kept: &[u8] = match (self.overlong, self.state) {
            (true, State::Osc) => b"\x1b]9999;",
            (true, State::Dcs | State::DcsString) => b"\x1bP9999z",
            (true, State::OtherString) => b"\x1b_",
            _ => &self.pending,
        };
        out.extend_from_slice(kept);
        out.extend_from_slice(&self.partial);
    }

    /// Takes output in any pieces.
    pub(crate) fn advance(&mut self, bytes: &[u8], actions: &mut impl Actions) {
        let mut rest = bytes;
        if !self.partial.is_empty() {
            rest = self.finish_character(rest, actions);
        }
        while let Some(&first) = rest.first() {
            if self.state == State::Ground && (0x20..0x7f).contains(&first) {
                let end = rest.iter().position(|byte| !(0x20..0x7f).contains(byte)).unwrap_or(rest.len());
                actions.print_ascii(&rest[..end]);
                rest = &rest[end..];
                continue;
            }
            match decode(rest) {
                Decoded::Char { c, len } => {
                    self.step(c, actions);
                    rest = &rest[len..];
                }
                Decoded::Invalid { len } => rest = &rest[len..],
                Decoded::Incomplete => {
                    self.partial.extend_from_slice(rest);
                    return;
                }
            }
        }
    }

    /// Completes the character that the last piece cut; returns what follows it.
    fn finish_character<'a>(&mut self, bytes: &'a [u8], actions: &mut impl Actions) -> &'a [u8] {
        for (at, &byte) in bytes.iter().enumerate() {
            self.partial.push(byte);
            match decode(&self.partial) {
                Decoded::Incomplete => {}
                Decoded::Char { c, .. } => {
                    self.partial.clear();
                    self.step(c, actions);
                    return &bytes[at + 1..];
                }
                Decoded::Invalid { len } => {
                    let consumed = len == self.partial.len();
                    self.partial.clear();
                    return &bytes[at + usize::from(consumed)..];
                }
            }
        }
        &[]
    }

    fn step(&mut self, c: char, actions: &mut impl Actions) {
        let code = u32::from(c);
        match code {
            0x18 | 0x1a | 0x99 | 0x9a => {
                self.abort(actions);
                actions.execute(code as u8);
            }
            0x1b => {
                self.end_string(actions, true);
                self.begin(State::Escape, c);
            }
            0x80..=0x9f => self.c1(c, actions),
            _ => match self.state {
                State::Ground if code < 0x20 => actions.execute(code as u8),
                State::Ground if code == 0x7f => {}
                State::Ground => actions.print(c),
                State::Osc | State::Dcs | State::DcsString | State::OtherString => self.in_string(c, actions),
                _ if code < 0x20 => actions.execute(code as u8),
                _ if code == 0x7f => {}
                _ => self.in_sequence(c, actions),
            },
        }
    }

    fn c1(&mut self, c: char, actions: &mut impl Actions) {
        self.end_string(actions, c == '\u{9c}');
        match u32::from(c) {
            0x90 => self.begin(State::Dcs, c),
            0x98 | 0x9e | 0x9f => self.begin(State::OtherString, c),
            0x9b => self.begin(State::Csi, c),
            0x9d => self.begin(State::Osc, c),
            0x9c => self.ground(),
            code => {
                self.ground();
                actions.execute(code as u8);
            }
        }
    }

    fn begin(&mut self, state: State, c: char) {
        self.ground();
        self.state = state;
        self.params.clear();
        self.prefix = 0;
        self.intermediate = 0;
        self.keep(c);
        self.text_at = self.pending.len();
    }

    fn ground(&mut self) {
        self.state = State::Ground;
        self.pending.clear();
        self.overlong = false;
        if self.pending.capacity() > 256 {
            self.pending = Vec::new();
        }
    }

    fn keep(&mut self, c: char) {
        if self.pending.len() < LONGEST {
            self.pending.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            self.overlong = true;
        }
    }

    fn abort(&mut self, actions: &mut impl Actions) {
        self.end_string(actions, false);
        self.ground();
    }

    /// A string ends, if there is one. `good`: by its terminator, so that it counts.
    fn end_string(&mut self, actions: &mut impl Actions, good: bool) {
        match self.state {
            State::Osc if good && !self.overlong => actions.osc(&self.pending[self.text_at..]),
            State::Osc | State::DcsString => actions.ignored(),
            _ => {}
        }
    }

    fn in_string(&mut self, c: char, actions: &mut impl Actions) {
        match (self.state, c) {
            (State::Osc, '\u{7}') => {
                self.end_string(actions, true);
                self.ground();
            }
            (State::Osc | State::OtherString | State::Dcs, '\0'..='\u{1f}') => {}
            (State::OtherString | State::Dcs, '\u{a0}'..) => self.ground(),
            (State::Dcs, '\u{40}'..='\u{7e}') => {
                self.keep(c);
                self.state = State::DcsString;
            }
            _ => self.keep(c),
        }
    }

    fn in_sequence(&mut self, c: char, actions: &mut impl Actions) {
        self.keep(c);
        let Some(byte) = u8::try_from(c).ok().filter(u8::is_ascii) else {
            if self.state != State::CsiIgnore {
                self.ground();
            }
            return;
        };
        match (self.state, byte) {
            (State::Escape, b'[') => self.enter(State::Csi),
            (State::Escape, b']') => self.enter(State::Osc),
            (State::Escape, b'P') => self.enter(State::Dcs),
            (State::Escape, b'X' | b'^' | b'_') => self.enter(State::OtherString),
            (State::Escape | State::EscapeIntermediate, 0x20..=0x2f) => {
                self.collect(byte);
                self.state = State::EscapeIntermediate;
            }
            (State::Escape | State::EscapeIntermediate, 0x30..=0x7e) => {
                let intermediate = self.intermediate;
                self.ground();
                actions.escape(intermediate, byte);
            }
            (State::Csi | State::CsiIntermediate | State::CsiIgnore, _) => self.in_csi(byte, actions),
            _ => self.ground(),
        }
    }

    /// Takes an intermediate byte. No known sequence has two of them.
    fn collect(&mut self, byte: u8) {
        self.intermediate = if self.intermediate == 0 { byte } else { u8::MAX };
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.text_at = self.pending.len();
    }

    fn in_csi(&mut self, byte: u8, actions: &mut impl Actions) {
        match (self.state, byte) {
            (State::CsiIgnore, 0x40..=0x7e) => {
                self.ground();
            }
            (State::CsiIgnore, _) => {}
            (State::Csi, b'0'..=b';') => self.params.push(byte),
            (State::Csi, 0x3c..=0x3f) if self.pending.len() == self.text_at + 1 => self.prefix = byte,
            (State::Csi | State::CsiIntermediate, 0x20..=0x2f) => {
                self.collect(byte);
                self.state = State::CsiIntermediate;
            }
            (_, 0x40..=0x7e) => {
                self.state = State::Ground;
                let (prefix, intermediate) = (self.prefix, self.intermediate);
                actions.csi(&Csi { prefix, intermediate, last: byte, params: &self.params });
                self.ground();
            }
            _ => self.state = State::CsiIgnore,
        }
    }
}
