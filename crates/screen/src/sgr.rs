//! SGR: what text looks like from now on.

use crate::display::Display;
use crate::params::{Group, Params};
use crate::style::{Attributes, Color, Style};

impl Display {
    pub(crate) fn select_graphics(&mut self, params: &Params) {
        let mut groups = params.groups();
        while let Some(group) = groups.next() {
            match group.value {
                38 | 48 | 58 => {
                    if let Some(color) = extended_color(group, &mut groups) {
                        self.set_color(group.value, color);
                    }
                }
                30..=37 => self.style.text = Color::indexed((group.value - 30) as u8),
                39 => self.style.text = Color::DEFAULT,
                40..=47 => self.style.background = Color::indexed((group.value - 40) as u8),
                49 => self.style.background = Color::DEFAULT,
                59 => self.set_color(58, Color::DEFAULT),
                90..=97 => self.style.text = Color::indexed((group.value - 90 + 8) as u8),
                100..=107 => self.style.background = Color::indexed((group.value - 100 + 8) as u8),
                _ => self.set_attribute(group),
            }
        }
    }

    fn set_color(&mut self, what: u16, color: Color) {
        match what {
            38 => self.style.text = color,
            48 => self.style.background = color,
            _ => self.style.extra = self.tables.extras.with_underline_color(self.style.extra, color),
        }
    }

    fn set_attribute(&mut self, group: Group<'_>) {
        let attributes = &mut self.style.attributes;
        match group.value {
            0 => {
                // A hyperlink is ended by its own sequence only.
                let extra = self.tables.extras.with_underline_color(self.style.extra, Color::DEFAULT);
                self.style = Style { extra, ..Style::default() };
            }
            1 => attributes.set(Attributes::BOLD, true),
            2 => attributes.set(Attributes::DIM, true),
            3 => attributes.set(Attributes::ITALIC, true),
            4 => attributes.set_underline(group.sub.first().copied().filter(|style| *style <= 5).unwrap_or(1)),
            5 => attributes.set(Attributes::BLINK, true),
            7 => attributes.set(Attributes::INVERSE, true),
            8 => attributes.set(Attributes::HIDDEN, true),
            9 => attributes.set(Attributes::STRUCK, true),
            21 => attributes.set_underline(2),
            22 => attributes.set(Attributes::BOLD | Attributes::DIM, false),
            23 => attributes.set(Attributes::ITALIC, false),
            24 => attributes.set_underline(0),
            25 => attributes.set(Attributes::BLINK, false),
            27 => attributes.set(Attributes::INVERSE, false),
            28 => attributes.set(Attributes::HIDDEN, false),
            29 => attributes.set(Attributes::STRUCK, false),
            53 => attributes.set(Attributes::OVERLINE, true),
            55 => attributes.set(Attributes::OVERLINE, false),
            _ => {}
        }
    }
}

/// `38:5:n`, `38:2:space:r:g:b`, `38;5;n`, `38;2;r;g;b`.
fn extended_color<'a>(group: Group<'a>, rest: &mut impl Iterator<Item = Group<'a>>) -> Option<Color> {
    let byte = |value: u16| (value & 0xff) as u8;
    let sub = |at: usize| byte(group.sub.get(at).copied().unwrap_or(0));
    match group.sub.first() {
        Some(5) => return Some(Color::indexed(sub(1))),
        Some(2) => return Some(Color::rgb(sub(2), sub(3), sub(4))),
        Some(_) => return None,
        None => {}
    }
    let mut next = || rest.next().map(|group| byte(group.value));
    match next()? {
        5 => Some(Color::indexed(next()?)),
        2 => Some(Color::rgb(next()?, next()?, next()?)),
        _ => None,
    }
}
