//! What a paste may do: cleaning, and when to ask first. Knows no clipboard.
//!
//! The rule: a paste of several lines is always shown first, because a line break is Enter. Programs that take a paste as
//! one block (bracketed paste, as bash does) run nothing before the person presses Enter; for those the person may say
//! once that asking is not needed. A program that does not gets even a single line with a line break shown first.

/// Lines of a paste that are shown.
pub const PREVIEW_LINES: usize = 6;
/// Characters of each line that are shown.
const PREVIEW_WIDTH: usize = 160;

/// What to do with a paste.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// Nothing is left of it.
    Nothing,
    /// Give it to the terminal.
    Straight,
    /// Show it and ask.
    Ask(Preview),
}

/// What is shown of a paste before it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Its first lines, each cut to a readable width.
    pub first: Vec<String>,
    /// How many lines it has.
    pub lines: usize,
    /// Each line runs as soon as it arrives, since the program does not take the paste as one block.
    pub runs_at_once: bool,
}

/// The text without anything that could act as a key other than Tab and Enter; line ends are `\n`.
///
/// Web pages can put escape sequences into what is copied from them, also one that ends the block of a bracketed paste.
pub fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|&character| matches!(character, '\n' | '\t') || !character.is_control()).collect()
}

/// Decides about a cleaned text. `bracketed`: the program takes a paste as one block. `trusted`: the person said that
/// such blocks need no question.
pub fn guard(text: &str, bracketed: bool, trusted: bool) -> Guard {
    let lines = text.lines().count();
    let breaks = text.contains('\n');
    let asks = if bracketed { lines > 1 && !trusted } else { breaks };
    match (text.is_empty(), asks) {
        (true, _) => Guard::Nothing,
        (false, false) => Guard::Straight,
        (false, true) => {
            let first = text.lines().take(PREVIEW_LINES).map(shorten).collect();
            Guard::Ask(Preview { first, lines, runs_at_once: !bracketed })
        }
    }
}

fn shorten(line: &str) -> String {
    match line.char_indices().nth(PREVIEW_WIDTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_goes_straight_in() {
        assert_eq!(guard("echo hello", false, false), Guard::Straight);
        assert_eq!(guard("echo hello", true, false), Guard::Straight);
        assert_eq!(guard("", true, false), Guard::Nothing);
    }

    #[test]
    fn several_lines_are_shown_first_whatever_the_program_does_with_pastes() {
        for bracketed in [false, true] {
            let Guard::Ask(preview) = guard("cd /\nrm -rf x", bracketed, false) else {
                panic!("not asked with bracketed = {bracketed}");
            };
            assert_eq!(preview.first, ["cd /", "rm -rf x"]);
            assert_eq!(preview.lines, 2);
            assert_eq!(preview.runs_at_once, !bracketed);
        }
    }

    #[test]
    fn trust_counts_only_for_programs_that_take_a_paste_as_one_block() {
        assert_eq!(guard("a\nb", true, true), Guard::Straight);
        assert!(matches!(guard("a\nb", false, true), Guard::Ask(_)));
    }

    #[test]
    fn a_single_line_that_ends_with_enter_is_shown_if_it_would_run_at_once() {
        assert!(matches!(guard("rm -rf x\n", false, false), Guard::Ask(_)));
        assert_eq!(guard("rm -rf x\n", true, false), Guard::Straight);
    }

    #[test]
    fn hidden_keys_are_removed() {
        assert_eq!(clean("a\u{1b}[201~b\u{3}\u{9b}c\u{7f}\td\r\ne\rf"), "a[201~bc\td\ne\nf");
    }

    #[test]
    fn a_long_paste_is_shown_in_part() {
        let text = vec!["x".repeat(500); 1000].join("\n");
        let Guard::Ask(preview) = guard(&text, true, false) else { panic!("not asked") };
        assert_eq!((preview.first.len(), preview.lines), (PREVIEW_LINES, 1000));
        assert!(preview.first.iter().all(|line| line.chars().count() == PREVIEW_WIDTH + 1));
    }
}
