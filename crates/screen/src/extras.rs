//! What few cells have: an underline colour, a hyperlink. Cells hold a number; the texts are here, once each, bounded.

use std::sync::Arc;

use crate::style::Color;

/// Different combinations remembered; a program that uses more gets plain text for the rest.
const MOST: usize = 1024;
/// Longest hyperlink kept, its parameters included.
const LONGEST_LINK: usize = 2048;

/// Number 0 means: nothing of this kind.
#[derive(Debug, Default)]
pub(crate) struct Extras {
    all: Vec<Extra>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Extra {
    underline: Color,
    /// `parameters;address`, as in OSC 8.
    link: Option<Arc<[u8]>>,
}

impl Extras {
    fn get(&self, number: u16) -> Option<&Extra> {
        self.all.get(usize::from(number).checked_sub(1)?)
    }

    /// The underline colour of a number.
    pub(crate) fn underline_color(&self, number: u16) -> Color {
        self.get(number).map_or(Color::DEFAULT, |extra| extra.underline)
    }

    /// The hyperlink of a number.
    pub(crate) fn link(&self, number: u16) -> Option<&[u8]> {
        self.get(number)?.link.as_deref()
    }

    /// The number for the same with another underline colour.
    pub(crate) fn with_underline_color(&mut self, number: u16, underline: Color) -> u16 {
        let link = self.get(number).and_then(|extra| extra.link.clone());
        self.number(Extra { underline, link })
    }

    /// The number for the same with another hyperlink; empty: none.
    pub(crate) fn with_link(&mut self, number: u16, link: &[u8]) -> u16 {
        let underline = self.underline_color(number);
        let usable = !link.is_empty() && link.len() <= LONGEST_LINK;
        self.number(Extra { underline, link: usable.then(|| link.into()) })
    }

    fn number(&mut self, extra: Extra) -> u16 {
        if extra == Extra::default() {
            return 0;
        }
        let at = self.all.iter().position(|known| *known == extra).unwrap_or_else(|| {
            if self.all.len() < MOST {
                self.all.push(extra);
                self.all.len() - 1
            } else {
                MOST
            }
        });
        if at < MOST { u16::try_from(at + 1).unwrap_or(0) } else { 0 }
    }

    /// Appends the sequence that begins the number's hyperlink, or ends the one before.
    pub(crate) fn push_link(&self, number: u16, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\x1b]8;");
        out.extend_from_slice(self.link(number).unwrap_or(b";"));
        out.extend_from_slice(b"\x1b\\");
    }
}
