//! Operating system commands: the title and hyperlinks. Colours of the palette are the viewer's own business.

use crate::display::Display;

impl Display {
    pub(crate) fn system_command(&mut self, text: &[u8]) {
        let split = text.iter().position(|&byte| byte == b';').unwrap_or(text.len());
        let (number, rest) = text.split_at(split);
        let rest = rest.strip_prefix(b";").unwrap_or(rest);
        match number {
            b"0" | b"2" => self.title.set(rest),
            b"8" => self.set_link(rest),
            _ => {}
        }
    }

    /// `parameters;address`; without an address the link ends.
    fn set_link(&mut self, link: &[u8]) {
        let Some(split) = link.iter().position(|&byte| byte == b';') else { return };
        let ends = split + 1 == link.len();
        if ends && split > 0 {
            return;
        }
        self.style.extra = self.tables.extras.with_link(self.style.extra, if ends { b"" } else { link });
    }
}
