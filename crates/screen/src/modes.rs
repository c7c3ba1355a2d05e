//! The modes a program can switch, and the sequences that switch them.

/// All of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Modes {
    pub(crate) application_cursor: bool,
    pub(crate) application_keypad: bool,
    pub(crate) origin: bool,
    pub(crate) autowrap: bool,
    pub(crate) reverse_wrap: bool,
    pub(crate) insert: bool,
    /// Line feed also returns the carriage.
    pub(crate) new_line: bool,
    pub(crate) hidden_cursor: bool,
    pub(crate) blinking_cursor: bool,
    pub(crate) bracketed_paste: bool,
    pub(crate) focus_reports: bool,
    pub(crate) synchronized: bool,
    /// The number of the mouse mode; 0 for none.
    pub(crate) mouse: u16,
    /// The number of the mouse encoding; 0 for the oldest.
    pub(crate) mouse_encoding: u16,
    /// DECSCUSR; 0 for the viewer's own.
    pub(crate) cursor_style: u16,
}

impl Default for Modes {
    fn default() -> Self {
        Self {
            application_cursor: false,
            application_keypad: false,
            origin: false,
            autowrap: true,
            reverse_wrap: false,
            insert: false,
            new_line: false,
            hidden_cursor: false,
            blinking_cursor: false,
            bracketed_paste: false,
            focus_reports: false,
            synchronized: false,
            mouse: 0,
            mouse_encoding: 0,
            cursor_style: 0,
        }
    }
}

impl Modes {
    /// Switches a DEC private mode that is nothing but a switch. False: it is not one of those.
    pub(crate) fn switch(&mut self, number: u16, on: bool) -> bool {
        match number {
            1 => self.application_cursor = on,
            7 => self.autowrap = on,
            12 => self.blinking_cursor = on,
            25 => self.hidden_cursor = !on,
            45 => self.reverse_wrap = on,
            66 => self.application_keypad = on,
            9 | 1000 | 1002 | 1003 => self.mouse = if on { number } else { 0 },
            1004 => self.focus_reports = on,
            1006 | 1016 => self.mouse_encoding = if on { number } else { 0 },
            2004 => self.bracketed_paste = on,
            2026 => self.synchronized = on,
            _ => return false,
        }
        true
    }

    /// Switches an ANSI mode.
    pub(crate) fn switch_ansi(&mut self, number: u16, on: bool) {
        match number {
            4 => self.insert = on,
            20 => self.new_line = on,
            _ => {}
        }
    }

    /// What a soft reset (DECSTR) leaves: xterm.js keeps the mouse modes and what belongs to its options.
    pub(crate) fn soft_reset(self) -> Self {
        Self {
            mouse: self.mouse,
            mouse_encoding: self.mouse_encoding,
            blinking_cursor: self.blinking_cursor,
            new_line: self.new_line,
            ..Self::default()
        }
    }

    /// The DEC private modes that differ from those of a new terminal and do not change how a snapshot is painted.
    pub(crate) fn switched_on(&self) -> impl Iterator<Item = u16> {
        let switches = [
            (self.application_cursor, 1),
            (self.blinking_cursor, 12),
            (self.application_keypad, 66),
            (self.focus_reports, 1004),
            (self.bracketed_paste, 2004),
            (self.synchronized, 2026),
            (self.mouse != 0, self.mouse),
            (self.mouse_encoding != 0, self.mouse_encoding),
        ];
        switches.into_iter().filter(|(on, _)| *on).map(|(_, number)| number)
    }
}
