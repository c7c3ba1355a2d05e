//! What administrators should hear of without asking: kept while the process lives, and in its log.

use std::{collections::VecDeque, sync::Arc};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;

/// More would not be read.
const MOST: usize = 50;

/// Something that happened, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub at: DateTime<Utc>,
    pub text: String,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Notices {
    happened: Arc<Mutex<VecDeque<Notice>>>,
    /// Vclusters whose rows cannot be read, as the last pass found them.
    unreadable: Arc<Mutex<Vec<String>>>,
}

impl Notices {
    /// Once: the same sentence again only moves its time.
    pub(crate) fn tell(&self, at: DateTime<Utc>, text: String) {
        let mut happened = self.happened.lock();
        let before = happened.len();
        happened.retain(|notice| notice.text != text);
        if happened.len() == before {
            tracing::warn!("{text}");
        }
        happened.push_front(Notice { at, text });
        happened.truncate(MOST);
    }

    /// Latest first.
    pub(crate) fn happened(&self) -> Vec<Notice> {
        self.happened.lock().iter().cloned().collect()
    }

    pub(crate) fn set_unreadable(&self, sentences: Vec<String>) {
        let mut unreadable = self.unreadable.lock();
        for new in sentences.iter().filter(|sentence| !unreadable.contains(sentence)) {
            tracing::error!("{new}");
        }
        *unreadable = sentences;
    }

    pub(crate) fn unreadable(&self) -> Vec<String> {
        self.unreadable.lock().clone()
    }
}
