//! Text from a node, made fit for logs, pages and reports: bounded and without control characters.

use crate::protocol::{
    Activity, AttachReply, Done, ErrorBody, ListeningPort, ServiceStatus, Status, TerminalActivity, TerminalInfo,
};

const MAX_NAME: usize = 128;
const MAX_SENTENCE: usize = 512;

/// Removes from an answer what a hostile node may have put into its texts and lists.
pub(super) trait Clean {
    fn clean(&mut self);
}

/// Keeps at most `max` bytes, without control characters and without the marks that turn the direction of text.
pub(super) fn clean_text(text: &mut String, max: usize) {
    text.retain(|c| !c.is_control() && !is_direction_mark(c));
    text.truncate(text.floor_char_boundary(max));
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl Clean for Done {
    fn clean(&mut self) {}
}

impl Clean for AttachReply {
    fn clean(&mut self) {}
}

impl Clean for ErrorBody {
    fn clean(&mut self) {
        clean_text(&mut self.message, MAX_SENTENCE);
    }
}

impl<T: Clean> Clean for Vec<T> {
    fn clean(&mut self) {
        self.iter_mut().for_each(Clean::clean);
    }
}

impl Clean for Status {
    fn clean(&mut self) {
        clean_text(&mut self.version, MAX_NAME);
        self.services.clean();
    }
}

impl Clean for ServiceStatus {
    fn clean(&mut self) {
        clean_text(&mut self.name, MAX_NAME);
        if let Some(reason) = &mut self.reason {
            clean_text(reason, MAX_SENTENCE);
        }
    }
}

impl Clean for TerminalInfo {
    fn clean(&mut self) {
        clean_text(&mut self.title, MAX_NAME);
        clean_text(&mut self.process, MAX_NAME);
    }
}

impl Clean for ListeningPort {
    fn clean(&mut self) {
        if let Some(process) = &mut self.process {
            clean_text(process, MAX_NAME);
        }
    }
}

impl Clean for Activity {
    fn clean(&mut self) {
        self.terminals.clean();
    }
}

impl Clean for TerminalActivity {
    fn clean(&mut self) {
        clean_text(&mut self.process, MAX_NAME);
    }
}
