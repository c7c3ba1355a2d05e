//! The window's title, and the stack programs keep earlier ones on.

/// Longest title kept, in bytes.
const LONGEST: usize = 256;
/// Titles kept on the stack, as in xterm.js.
const DEEPEST: usize = 10;

#[derive(Debug, Default)]
pub(crate) struct Title {
    current: String,
    stack: Vec<String>,
}

impl Title {
    pub(crate) fn current(&self) -> &str {
        &self.current
    }

    /// Sets it; control characters are left out.
    pub(crate) fn set(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        self.current = text.chars().filter(|c| !c.is_control()).collect();
        self.current.truncate(self.current.floor_char_boundary(LONGEST));
    }

    pub(crate) fn push(&mut self) {
        if self.stack.len() == DEEPEST {
            self.stack.remove(0);
        }
        self.stack.push(self.current.clone());
    }

    pub(crate) fn pop(&mut self) {
        if let Some(title) = self.stack.pop() {
            self.current = title;
        }
    }
}
