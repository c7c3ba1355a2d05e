//! How a cell looks: colours and attributes, and the SGR sequence that selects them.

use crate::extras::Extras;

/// A colour: default, one of 256, or 24 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(crate) struct Color(u32);

const INDEXED: u32 = 1 << 24;
const RGB: u32 = 2 << 24;

impl Color {
    pub(crate) const DEFAULT: Color = Color(0);

    pub(crate) fn indexed(index: u8) -> Self {
        Color(INDEXED | u32::from(index))
    }

    pub(crate) fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Color(RGB | u32::from_be_bytes([0, red, green, blue]))
    }

    /// Appends the SGR parameters that select it. `base` is 38 (text), 48 (background) or 58 (underline).
    fn push(self, out: &mut Vec<u8>, base: u32) {
        let [kind, red, green, blue] = self.0.to_be_bytes();
        match (u32::from(kind) << 24, base) {
            (INDEXED, 38 | 48) if blue < 8 => parameter(out, base - 8 + u32::from(blue)),
            (INDEXED, 38 | 48) if blue < 16 => parameter(out, base + 52 + u32::from(blue) - 8),
            (INDEXED, _) => parameters(out, &[base, 5, blue.into()]),
            (RGB, _) => parameters(out, &[base, 2, red.into(), green.into(), blue.into()]),
            _ => {}
        }
    }
}

/// What a cell's text looks like. Twelve bytes, because a screen has many cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(crate) struct Style {
    pub(crate) text: Color,
    pub(crate) background: Color,
    pub(crate) attributes: Attributes,
    /// Its underline colour and hyperlink, if it has any; see [`Extras`].
    pub(crate) extra: u16,
}

/// Attributes as bits; the style of the underline is a number of three bits among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(crate) struct Attributes(u16);

impl Attributes {
    pub(crate) const BOLD: u16 = 1;
    pub(crate) const DIM: u16 = 1 << 1;
    pub(crate) const ITALIC: u16 = 1 << 2;
    pub(crate) const BLINK: u16 = 1 << 3;
    pub(crate) const INVERSE: u16 = 1 << 4;
    pub(crate) const HIDDEN: u16 = 1 << 5;
    pub(crate) const STRUCK: u16 = 1 << 6;
    pub(crate) const OVERLINE: u16 = 1 << 7;
    const UNDERLINE_SHIFT: u16 = 8;
    const UNDERLINE: u16 = 7 << Self::UNDERLINE_SHIFT;
    /// Each bit with the SGR parameter that sets it.
    const PARAMETERS: [(u16, u32); 8] = [
        (Self::BOLD, 1),
        (Self::DIM, 2),
        (Self::ITALIC, 3),
        (Self::BLINK, 5),
        (Self::INVERSE, 7),
        (Self::HIDDEN, 8),
        (Self::STRUCK, 9),
        (Self::OVERLINE, 53),
    ];

    pub(crate) fn set(&mut self, bits: u16, on: bool) {
        self.0 = if on { self.0 | bits } else { self.0 & !bits };
    }

    /// 0 is none, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed.
    pub(crate) fn set_underline(&mut self, style: u16) {
        self.0 = self.0 & !Self::UNDERLINE | (style & 7) << Self::UNDERLINE_SHIFT;
    }

    fn underline(self) -> u32 {
        u32::from((self.0 & Self::UNDERLINE) >> Self::UNDERLINE_SHIFT)
    }
}

impl Style {
    /// The style erased cells get: the background of what is written now, and nothing else.
    pub(crate) fn erased(self) -> Style {
        Style { background: self.background, ..Style::default() }
    }

    /// Appends what changes a viewer from the style `from` to this one.
    pub(crate) fn switch_from(self, from: Style, extras: &Extras, out: &mut Vec<u8>) {
        if self == from {
            return;
        }
        if extras.link(self.extra) != extras.link(from.extra) {
            extras.push_link(self.extra, out);
        }
        out.extend_from_slice(b"\x1b[");
        let without_link = Style { extra: 0, ..self };
        if without_link != Style::default() || extras.underline_color(self.extra) != Color::DEFAULT {
            out.push(b'0');
            self.push_parameters(extras, out);
        }
        out.push(b'm');
    }

    fn push_parameters(self, extras: &Extras, out: &mut Vec<u8>) {
        for (bit, number) in Attributes::PARAMETERS {
            if self.attributes.0 & bit != 0 {
                parameter(out, number);
            }
        }
        match self.attributes.underline() {
            0 => {}
            1 => parameter(out, 4),
            style => {
                parameter(out, 4);
                out.push(b':');
                push_number(out, style);
            }
        }
        self.text.push(out, 38);
        self.background.push(out, 48);
        extras.underline_color(self.extra).push(out, 58);
    }
}

fn parameter(out: &mut Vec<u8>, number: u32) {
    out.push(b';');
    push_number(out, number);
}

fn parameters(out: &mut Vec<u8>, numbers: &[u32]) {
    numbers.iter().for_each(|&number| parameter(out, number));
}

/// Appends a number in decimal.
pub(crate) fn push_number(out: &mut Vec<u8>, number: u32) {
    let mut digits = [0; 10];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}
