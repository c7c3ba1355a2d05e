//! What stands under our keys: JSON of the ports' own types, checked against the key it stands under.

use std::collections::HashSet;

use control::ports::coordination::{Answer, Assignment, CoordinationError, Orphan, Report, WorkerInfo};
use parking_lot::Mutex;
use serde::{Serialize, de::DeserializeOwned};

use crate::keys::Place;

/// How many unreadable values are remembered as told; behind that, some are told again.
const MOST_REMEMBERED: usize = 1000;

/// A key with its value as etcd has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) key: String,
    pub(crate) value: Vec<u8>,
    pub(crate) mod_revision: i64,
}

impl From<&etcd_client::KeyValue> for Stored {
    fn from(kv: &etcd_client::KeyValue) -> Self {
        Self {
            key: String::from_utf8_lossy(kv.key()).into_owned(),
            value: kv.value().to_vec(),
            mod_revision: kv.mod_revision(),
        }
    }
}

/// A value that says which key it belongs under.
pub(crate) trait Record: DeserializeOwned {
    fn belongs_at(&self, place: &Place) -> bool;
}

impl Record for Assignment {
    fn belongs_at(&self, place: &Place) -> bool {
        matches!(place, Place::Assignment(worker, node) if *worker == self.worker && *node == self.instance)
    }
}

impl Record for Report {
    fn belongs_at(&self, place: &Place) -> bool {
        matches!(place, Place::Report(worker, node) if *worker == self.worker && *node == self.instance)
    }
}

impl Record for Orphan {
    fn belongs_at(&self, place: &Place) -> bool {
        matches!(place, Place::Orphan(worker, node) if *worker == self.worker && *node == self.instance)
    }
}

impl Record for Answer {
    fn belongs_at(&self, place: &Place) -> bool {
        matches!(place, Place::Answer(worker, node) if *worker == self.worker && *node == self.instance)
    }
}

impl Record for WorkerInfo {
    fn belongs_at(&self, place: &Place) -> bool {
        matches!(place, Place::Worker(worker) if *worker == self.name)
    }
}

/// Reads a value; the error names the key and the fault.
pub(crate) fn read<R: Record>(stored: &Stored, place: Option<&Place>) -> Result<R, CoordinationError> {
    let unreadable = |fault: String| CoordinationError::Unreadable { key: stored.key.clone(), fault };
    let Some(place) = place else {
        return Err(unreadable("Docklet writes no such key".into()));
    };
    let record: R = serde_json::from_slice(&stored.value).map_err(|error| unreadable(error.to_string()))?;
    if !record.belongs_at(place) {
        return Err(unreadable("the value is about another node or worker than the key".into()));
    }
    Ok(record)
}

/// The value for a key. Our own types always have a JSON form, so an error here is a fault in this program.
pub(crate) fn write<R: Serialize>(key: &str, record: &R) -> Result<Vec<u8>, CoordinationError> {
    serde_json::to_vec(record)
        .map_err(|error| CoordinationError::Unreadable { key: key.to_owned(), fault: error.to_string() })
}

/// Which unreadable values have been told already: each is told once, not with every list.
#[derive(Debug, Default)]
pub(crate) struct Unreadables {
    told: Mutex<HashSet<(String, i64)>>,
}

impl Unreadables {
    /// Logs it the first time; says whether it was the first time.
    pub(crate) fn tell(&self, stored: &Stored, error: &CoordinationError) -> bool {
        let mut told = self.told.lock();
        if told.len() >= MOST_REMEMBERED {
            told.clear();
        }
        let first = told.insert((stored.key.clone(), stored.mod_revision));
        if first {
            tracing::warn!(key = stored.key, %error, "passing over a value in etcd");
        }
        first
    }
}
