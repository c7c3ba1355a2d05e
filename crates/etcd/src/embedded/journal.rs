//! What etcd writes: its lines go to our log, and the last ones are kept to say why it ended. Judges nothing.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read},
    sync::Arc,
    thread,
};

use parking_lot::Mutex;
use serde::Deserialize;

const KEPT_LINES: usize = 12;
const LONGEST_LINE: usize = 400;

/// The last lines. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Journal {
    lines: Arc<Mutex<VecDeque<String>>>,
}

/// A line as etcd's zap logger writes it.
#[derive(Deserialize)]
struct Entry {
    level: String,
    msg: String,
    #[serde(default)]
    error: String,
}

impl Journal {
    /// Reads until etcd closes its end; the thread ends then.
    pub(super) fn follow(&self, written: impl Read + Send + 'static) -> std::io::Result<thread::JoinHandle<()>> {
        let journal = self.clone();
        thread::Builder::new().name("etcd-log".into()).spawn(move || {
            let mut reader = BufReader::new(written);
            let mut line = Vec::new();
            while matches!(reader.read_until(b'\n', &mut line), Ok(read) if read > 0) {
                journal.take(&String::from_utf8_lossy(&line));
                line.clear();
            }
        })
    }

    fn take(&self, line: &str) {
        let line = line.trim();
        if line.is_empty() {
            return;
        }
        let text = match serde_json::from_str::<Entry>(line) {
            Ok(Entry { level, msg, error }) => {
                let text = if error.is_empty() { msg } else { format!("{msg}: {error}") };
                if level == "warn" || level == "info" {
                    tracing::debug!(etcd = text, "etcd says");
                } else {
                    tracing::warn!(level, etcd = text, "etcd says");
                }
                text
            }
            // A panic, or the usage text.
            Err(_) => line.to_owned(),
        };
        let mut lines = self.lines.lock();
        lines.push_back(text.chars().take(LONGEST_LINE).collect());
        if lines.len() > KEPT_LINES {
            lines.pop_front();
        }
    }

    pub(super) fn text(&self) -> String {
        let lines: Vec<String> = self.lines.lock().iter().cloned().collect();
        if lines.is_empty() { "it wrote nothing".to_owned() } else { lines.join(" | ") }
    }

    pub(super) fn clear(&self) {
        self.lines.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_in_plain_words() {
        let journal = Journal::default();
        let mut written = String::from("{\"level\":\"info\",\"msg\":\"long ago\"}\n");
        for _ in 0..20 {
            written.push_str("{\"level\":\"warn\",\"msg\":\"slow\"}\n\n");
        }
        written
            .push_str("{\"level\":\"fatal\",\"msg\":\"discovery failed\",\"error\":\"no space\"}\npanic: what a pity");
        journal.follow(std::io::Cursor::new(written)).expect("a thread").join().expect("to end");
        let text = journal.text();
        assert!(text.ends_with("slow | discovery failed: no space | panic: what a pity"), "{text}");
        assert!(!text.contains("long ago"), "{text}");
    }

    #[test]
    fn lines_that_are_no_text_or_too_long_do_no_harm() {
        let journal = Journal::default();
        let mut written = vec![0xff, 0xfe, b'\n'];
        written.extend(vec![b'x'; 10_000]);
        journal.follow(std::io::Cursor::new(written)).expect("a thread").join().expect("to end");
        assert!(journal.text().len() < 2 * LONGEST_LINE);
    }
}
