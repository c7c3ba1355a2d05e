//! Characters with combining marks. A cell that has some holds a number; the text is here, once each, bounded.

use std::collections::HashMap;

/// Different clusters remembered; what comes after keeps its base character and loses its marks.
const MOST: usize = 4096;
/// Longest cluster, in bytes: an emoji of a whole family is 25.
const LONGEST: usize = 32;

#[derive(Debug, Default)]
pub(crate) struct Clusters {
    texts: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
}

impl Clusters {
    /// The text of a number.
    pub(crate) fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", |text| text)
    }

    /// The number of a text, if there is room for it.
    pub(crate) fn number(&mut self, text: &str) -> Option<u32> {
        if let Some(&number) = self.numbers.get(text) {
            return Some(number);
        }
        if self.texts.len() >= MOST || text.len() > LONGEST {
            return None;
        }
        let number = u32::try_from(self.texts.len()).ok()?;
        self.texts.push(text.into());
        self.numbers.insert(text.into(), number);
        Some(number)
    }
}
