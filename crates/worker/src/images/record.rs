//! What was pulled, in a file that outlives the worker. Knows no engine.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

const FILE: &str = "images.json";
/// Use is written down so often: the file need not change with every look.
const EXACT: TimeDelta = TimeDelta::hours(1);

/// One image that was pulled under one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pulled {
    /// With its tag or digest.
    pub(super) name: String,
    /// The engine's.
    pub(super) id: String,
    /// It was not on the engine under this name before: it may be removed.
    pub(super) ours: bool,
    pub(super) last_used: DateTime<Utc>,
}

#[derive(Debug)]
pub(super) struct Record {
    file: PathBuf,
    pulled: Vec<Pulled>,
    changed: bool,
}

impl Record {
    /// A file that cannot be read is as none: what is in it stays on the engine, and is pulled again when it is wanted.
    pub(super) fn open(data_dir: &Path) -> Self {
        let file = data_dir.join(FILE);
        let pulled = match fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text).unwrap_or_else(|error| {
                tracing::error!(file = %file.display(), %error, "the list of pulled images cannot be read; none of them is removed");
                Vec::new()
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                tracing::error!(file = %file.display(), %error, "the list of pulled images cannot be read; none of them is removed");
                Vec::new()
            }
        };
        Self { file, pulled, changed: false }
    }

    /// Under its name there is always a whole one.
    pub(super) fn save(&mut self) -> io::Result<()> {
        if self.changed {
            let half = self.file.with_extension("half");
            fs::write(&half, serde_json::to_vec(&self.pulled)?)?;
            fs::rename(&half, &self.file)?;
            self.changed = false;
        }
        Ok(())
    }

    pub(super) fn knows(&self, name: &str) -> bool {
        self.pulled.iter().any(|pulled| pulled.name == name)
    }

    pub(super) fn has(&self, name: &str, id: &str) -> bool {
        self.pulled.iter().any(|pulled| pulled.name == name && pulled.id == id)
    }

    pub(super) fn add(&mut self, new: Pulled) {
        // What was ours stays ours, however often it is pulled.
        let ours = new.ours || self.pulled.iter().any(|old| old.name == new.name && old.id == new.id && old.ours);
        self.pulled.retain(|old| old.name != new.name || old.id != new.id);
        self.pulled.push(Pulled { ours, ..new });
        self.changed = true;
    }

    pub(super) fn forget(&mut self, name: &str, id: &str) {
        self.pulled.retain(|pulled| pulled.name != name || pulled.id != id);
        self.changed = true;
    }

    pub(super) fn touch(&mut self, is_used: impl Fn(&Pulled) -> bool, now: DateTime<Utc>) {
        for pulled in self.pulled.iter_mut().filter(|pulled| now - pulled.last_used >= EXACT) {
            if is_used(pulled) {
                pulled.last_used = now;
                self.changed = true;
            }
        }
    }

    /// Those that may be removed, the longest unused first.
    pub(super) fn unused(&self, is_used: impl Fn(&Pulled) -> bool) -> Vec<Pulled> {
        let mut unused: Vec<Pulled> =
            self.pulled.iter().filter(|pulled| pulled.ours && !is_used(pulled)).cloned().collect();
        unused.sort_by_key(|pulled| pulled.last_used);
        unused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    fn pulled(name: &str, ours: bool, hours: i64) -> Pulled {
        Pulled { name: name.into(), id: format!("id of {name}"), ours, last_used: at(hours) }
    }

    fn names(pulled: &[Pulled]) -> Vec<&str> {
        pulled.iter().map(|pulled| pulled.name.as_str()).collect()
    }

    #[test]
    fn what_was_pulled_is_known_after_a_restart() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut record = Record::open(dir.path());
        record.add(pulled("a:1", true, 0));
        record.save().expect("written");
        let record = Record::open(dir.path());
        assert!(record.has("a:1", "id of a:1") && !record.has("a:1", "another"));
        assert!(record.knows("a:1") && !record.knows("b:1"));
        fs::write(dir.path().join(FILE), "[{").expect("written");
        assert!(!Record::open(dir.path()).knows("a:1"), "what cannot be read removes nothing");
    }

    #[test]
    fn only_what_is_ours_and_unused_is_removed_and_the_oldest_first() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut record = Record::open(dir.path());
        for image in [
            pulled("new:1", true, 9),
            pulled("old:1", true, 1),
            pulled("theirs:1", false, 0),
            pulled("used:1", true, 0),
        ] {
            record.add(image);
        }
        let is_used = |pulled: &Pulled| pulled.name == "used:1";
        assert_eq!(names(&record.unused(is_used)), ["old:1", "new:1"]);
        record.touch(is_used, at(20));
        assert_eq!(names(&record.unused(|_| false)), ["old:1", "new:1", "used:1"], "it was used later than the others");
        record.add(pulled("old:1", false, 30));
        assert_eq!(names(&record.unused(is_used)), ["new:1", "old:1"], "pulled again, and still ours");
        record.forget("old:1", "id of old:1");
        assert_eq!(names(&record.unused(is_used)), ["new:1"]);
    }
}
