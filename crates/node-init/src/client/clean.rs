//! Text from a node, made fit for logs, pages and reports: bounded and without control characters.

use crate::protocol::{
    Activity, AttachReply, Done, ErrorBody, FileSize, HostKeys, ListeningPort, MAX_HOST_KEYS, MAX_PORTS, SERVICE_LOG,
    ServiceLog, ServiceStatus, Status, TerminalActivity, TerminalInfo,
};
use crate::text::{clean_text, is_direction_mark};

const MAX_NAME: usize = 128;
const MAX_SENTENCE: usize = 512;
/// More than any node is given.
const MAX_SERVICES: usize = 32;

/// Removes from an answer what a hostile node may have put into its texts and lists.
pub(super) trait Clean {
    fn clean(&mut self);
}

impl Clean for Done {
    fn clean(&mut self) {}
}

impl Clean for AttachReply {
    fn clean(&mut self) {}
}

impl Clean for FileSize {
    fn clean(&mut self) {}
}

impl Clean for ErrorBody {
    fn clean(&mut self) {
        clean_text(&mut self.message, MAX_SENTENCE);
    }
}

impl Clean for Vec<TerminalInfo> {
    fn clean(&mut self) {
        self.iter_mut().for_each(Clean::clean);
    }
}

/// One entry per port, in order, whatever the node sent.
impl Clean for Vec<ListeningPort> {
    fn clean(&mut self) {
        self.retain(|listening| listening.port != 0);
        self.sort_by_key(|listening| listening.port);
        self.dedup_by_key(|listening| listening.port);
        self.truncate(MAX_PORTS);
        self.iter_mut().for_each(Clean::clean);
    }
}

/// What is no key has made the whole reply garbage by now.
impl Clean for HostKeys {
    fn clean(&mut self) {
        self.host_keys.truncate(MAX_HOST_KEYS);
    }
}

impl Clean for ServiceLog {
    fn clean(&mut self) {
        self.text = plain_lines(&self.text);
    }
}

/// Lines as a terminal would show them without its colours: no control sequences, no other control characters, the end of
/// it where it is too long.
fn plain_lines(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => plain.push(c),
            '\t' => plain.push(' '),
            // ESC [ parameters, then one letter.
            '\u{1b}' if chars.next_if_eq(&'[').is_some() => {
                while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
                chars.next_if(|c| matches!(c, '@'..='~'));
            }
            c if c.is_control() || is_direction_mark(c) => {}
            c => plain.push(c),
        }
    }
    plain.split_off(plain.ceil_char_boundary(plain.len().saturating_sub(SERVICE_LOG)))
}

impl Clean for Status {
    fn clean(&mut self) {
        clean_text(&mut self.version, MAX_NAME);
        self.services.truncate(MAX_SERVICES);
        self.services.iter_mut().for_each(Clean::clean);
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
        self.terminals.iter_mut().for_each(Clean::clean);
    }
}

impl Clean for TerminalActivity {
    fn clean(&mut self) {
        clean_text(&mut self.process, MAX_NAME);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_keeps_its_lines_and_loses_its_colours() {
        let text = "\u{1b}[1;31merror\u{1b}[0m:\tno\r\n\u{1b}]0;title\u{7}\u{202e}next\u{1b}[";
        assert_eq!(plain_lines(text), "error: no\n]0;titlenext");
    }

    #[test]
    fn the_end_of_a_long_log_is_kept() {
        let text = format!("{}ä{}", "x".repeat(100), "y".repeat(SERVICE_LOG - 1));
        assert_eq!(plain_lines(&text), "y".repeat(SERVICE_LOG - 1));
    }

    #[test]
    fn ports_are_told_once_and_in_order() {
        let port = |port| ListeningPort { port, loopback_only: true, pid: None, process: Some("a\nb".into()) };
        let mut ports: Vec<ListeningPort> = [7, 0, 3, 7].map(port).into();
        ports.extend((1000..2000).map(port));
        ports.clean();
        assert_eq!(ports.iter().take(3).map(|p| p.port).collect::<Vec<_>>(), [3, 7, 1000]);
        assert_eq!((ports.len(), ports[0].process.as_deref()), (MAX_PORTS, Some("ab")));
    }
}
