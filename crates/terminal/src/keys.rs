//! Keys that are not simply text: those of the key row on small screens, and the shortcuts the terminal keeps for itself.
//! Knows no event type of any browser.

/// A key of the key row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Escape,
    Tab,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
}

/// What a key sends. `application`: the program asked for cursor keys of its own (DECCKM). `ctrl`: Ctrl is held.
pub fn sequence(key: Key, application: bool, ctrl: bool) -> String {
    let last = match key {
        Key::Escape => return "\x1b".to_owned(),
        Key::Tab => return "\t".to_owned(),
        Key::Up => 'A',
        Key::Down => 'B',
        Key::Right => 'C',
        Key::Left => 'D',
        Key::Home => 'H',
        Key::End => 'F',
    };
    match (ctrl, application) {
        (true, _) => format!("\x1b[1;5{last}"),
        (false, true) => format!("\x1bO{last}"),
        (false, false) => format!("\x1b[{last}"),
    }
}

/// What one typed character sends while Ctrl is held, if it means something then.
pub fn with_ctrl(typed: &str) -> Option<char> {
    let mut characters = typed.chars();
    let character = characters.next().filter(|_| characters.as_str().is_empty())?;
    let byte = match character {
        ' ' => 0,
        '?' => 0x7f,
        'a'..='z' | 'A'..='Z' | '@' | '[' | '\\' | ']' | '^' | '_' => u8::try_from(character).ok()? & 0x1f,
        _ => return None,
    };
    Some(char::from(byte))
}

/// A key that was pressed, as a browser names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Press<'a> {
    /// What it types, such as `f` or `Enter`.
    pub key: &'a str,
    pub ctrl: bool,
    pub shift: bool,
    pub alt: bool,
    pub meta: bool,
}

/// What the terminal does with a key press instead of sending it to the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortcut {
    /// Copy the selection.
    Copy,
    /// Leave it to the browser, which then pastes.
    Paste,
    /// Open the search.
    Search,
    /// Move the focus out of the terminal: it takes the Tab key, which would be the way out anywhere else.
    Leave,
}

/// The shortcut behind a key press. `full_screen`: the program draws the whole screen (vim, less, htop); Ctrl-F is
/// "next page" to it, so only Ctrl-Shift-F and Cmd-F search there.
pub fn shortcut(press: Press<'_>, full_screen: bool) -> Option<Shortcut> {
    let Press { ctrl, shift, alt, meta, key } = press;
    let letter = key.to_ascii_lowercase();
    match (letter.as_str(), ctrl, shift, alt, meta) {
        ("c", true, true, false, false) => Some(Shortcut::Copy),
        ("v", true, true, false, false) => Some(Shortcut::Paste),
        ("f", true, true, false, false) | ("f", false, false, false, true) => Some(Shortcut::Search),
        ("arrowup", true, true, false, false) => Some(Shortcut::Leave),
        ("f", true, false, false, false) if !full_screen => Some(Shortcut::Search),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press<'a>(key: &'a str, held: &str) -> Press<'a> {
        let is = |name: &str| held.contains(name);
        Press { key, ctrl: is("ctrl"), shift: is("shift"), alt: is("alt"), meta: is("meta") }
    }

    #[test]
    fn arrows_follow_the_mode_the_program_asked_for() {
        assert_eq!(sequence(Key::Up, false, false), "\x1b[A");
        assert_eq!(sequence(Key::Up, true, false), "\x1bOA");
        assert_eq!(sequence(Key::Left, true, true), "\x1b[1;5D");
        assert_eq!(sequence(Key::Escape, true, false), "\x1b");
        assert_eq!(sequence(Key::Tab, false, false), "\t");
    }

    #[test]
    fn ctrl_turns_letters_into_control_characters_and_leaves_the_rest() {
        assert_eq!(with_ctrl("c"), Some('\x03'));
        assert_eq!(with_ctrl("C"), Some('\x03'));
        assert_eq!(with_ctrl("["), Some('\x1b'));
        assert_eq!(with_ctrl(" "), Some('\0'));
        assert_eq!(with_ctrl("ä"), None);
        assert_eq!(with_ctrl("ab"), None);
        assert_eq!(with_ctrl(""), None);
    }

    #[test]
    fn ctrl_c_stays_the_programs_and_ctrl_shift_c_copies() {
        assert_eq!(shortcut(press("c", "ctrl"), false), None);
        assert_eq!(shortcut(press("C", "ctrl shift"), false), Some(Shortcut::Copy));
        assert_eq!(shortcut(press("V", "ctrl shift"), false), Some(Shortcut::Paste));
    }

    #[test]
    fn there_is_a_way_out_by_keyboard() {
        assert_eq!(shortcut(press("ArrowUp", "ctrl shift"), true), Some(Shortcut::Leave));
        assert_eq!(shortcut(press("ArrowUp", "ctrl"), true), None);
    }

    #[test]
    fn ctrl_f_searches_except_where_a_program_has_the_whole_screen() {
        assert_eq!(shortcut(press("f", "ctrl"), false), Some(Shortcut::Search));
        assert_eq!(shortcut(press("f", "ctrl"), true), None);
        assert_eq!(shortcut(press("F", "ctrl shift"), true), Some(Shortcut::Search));
        assert_eq!(shortcut(press("f", "meta"), true), Some(Shortcut::Search));
        assert_eq!(shortcut(press("f", ""), false), None);
    }
}
