//! Text from a node, made fit for logs, pages and reports. No I/O.

/// Keeps at most `max` bytes, without control characters and without the marks that turn the direction of text.
pub(crate) fn clean_text(text: &mut String, max: usize) {
    text.retain(|c| !c.is_control() && !is_direction_mark(c));
    text.truncate(text.floor_char_boundary(max));
}

pub(crate) fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
