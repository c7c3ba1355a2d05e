//! When this host, or its engine, was restarted: what went down then has not ended by itself, and can run again.
//!
//! Not the moment is noticed but what is left of it. The engine that answers is compared with the one that answered before,
//! by the kernel's boot and the engine's start; between the last word of the one and the first word of the other lies the
//! restart. A file keeps it, so that a worker that was away meanwhile, or ended right after, concludes the same.
//! Knows no node.

use std::{fs, io, path::PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use control::ports::engine::EngineInfo;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// An engine that is told to end stops its containers first, and goes on answering: for 15 s, unless it is told otherwise.
pub(crate) const SHUTTING_DOWN: TimeDelta = TimeDelta::seconds(30);
/// How a container ends that is told to: by itself, by SIGTERM, by SIGKILL, or unseen by the engine.
const TAKEN_DOWN: [i64; 4] = [0, 143, 137, 255];
/// How many restarts are kept: what an earlier one took may not be told yet when there is the next one.
const MOST_KEPT: usize = 8;

/// One restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Restart {
    /// The engine that was there before answered last.
    last_seen: DateTime<Utc>,
    /// The present one answered first.
    back: DateTime<Utc>,
    /// The host was restarted, not only its engine.
    of_host: bool,
    /// It was before this worker first came to this host, as far as the present engine tells.
    #[serde(default)]
    pub(crate) guessed: bool,
}

impl Restart {
    /// Until when a container ran that ended like this; `None` when it did not go down with this restart. Where the end
    /// was not seen and nothing tells, it did: its owner wants it to run.
    pub(crate) fn took(&self, at: DateTime<Utc>, code: i64, out_of_memory: bool) -> Option<DateTime<Utc>> {
        let meanwhile = at >= self.last_seen - SHUTTING_DOWN && at <= self.back;
        // What went down without a word is said to have ended when the next engine found it.
        (meanwhile && !out_of_memory && TAKEN_DOWN.contains(&code)).then(|| at.min(self.last_seen))
    }

    /// For a node's owner.
    pub(crate) const fn sentence(&self) -> &'static str {
        if self.of_host { "the host was restarted" } else { "the Docker Engine was restarted" }
    }
}

/// What the file keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    engine: Option<Engine>,
    /// The earliest first.
    #[serde(default)]
    restarts: Vec<Restart>,
}

/// The engine that answered last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Engine {
    /// The kernel's own name for the time since it was started.
    boot: String,
    started: Option<DateTime<Utc>>,
    seen: DateTime<Utc>,
    /// It has not answered since.
    lost: bool,
}

#[derive(Debug)]
pub(crate) struct Restarts {
    file: PathBuf,
    boot_id: PathBuf,
    kept: Mutex<Kept>,
}

impl Restarts {
    /// `boot_id` is the kernel's file.
    pub(crate) fn open(file: PathBuf, boot_id: PathBuf) -> Self {
        let kept = match fs::read(&file).map(|text| serde_json::from_slice(&text)) {
            Ok(Ok(kept)) => kept,
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => Kept::default(),
            Ok(Err(fault)) => unreadable(&file, &fault),
            Err(fault) => unreadable(&file, &fault),
        };
        Self { file, boot_id, kept: Mutex::new(kept) }
    }

    /// The last restarts, the earliest first: what ended before an engine answered did not go down with that one.
    pub(crate) fn latest(&self) -> Vec<Restart> {
        self.kept.lock().restarts.clone()
    }

    /// The engine answers, and says this of itself.
    pub(crate) fn answers(&self, info: &EngineInfo, now: DateTime<Utc>) {
        let boot = fs::read_to_string(&self.boot_id).unwrap_or_else(|error| {
            let file = self.boot_id.display();
            tracing::warn!(%error, %file, "whether the host was restarted cannot be seen");
            String::new()
        });
        let present = Engine { boot: boot.trim().to_owned(), started: info.started, seen: now, lost: false };
        let mut kept = self.kept.lock();
        if let Some(restart) = between(kept.engine.as_ref(), &present) {
            tracing::info!(?restart, "{}", restart.sentence());
            kept.restarts.push(restart);
            let too_many = kept.restarts.len().saturating_sub(MOST_KEPT);
            kept.restarts.drain(..too_many);
        }
        kept.engine = Some(present);
        self.keep(&kept);
    }

    /// Until now it was there.
    pub(crate) fn lost(&self, now: DateTime<Utc>) {
        let mut kept = self.kept.lock();
        if let Some(engine) = &mut kept.engine {
            (engine.seen, engine.lost) = (now, true);
            self.keep(&kept);
        }
    }

    /// As a whole or not at all. Where it cannot be written, the next start knows less, and no more than that.
    fn keep(&self, kept: &Kept) {
        let new = self.file.with_extension("new");
        let text = serde_json::to_vec(kept).map_err(io::Error::other);
        let written = text.and_then(|text| fs::write(&new, text)).and_then(|()| fs::rename(&new, &self.file));
        if let Err(error) = written {
            tracing::warn!(%error, file = %self.file.display(), "when the engine was last seen cannot be kept");
        }
    }
}

fn unreadable(file: &std::path::Path, fault: &dyn std::error::Error) -> Kept {
    tracing::warn!(%fault, file = %file.display(), "when the engine was last seen cannot be read; it is begun anew");
    Kept::default()
}

/// The restart that lies between two answers, if one does.
fn between(before: Option<&Engine>, present: &Engine) -> Option<Restart> {
    let restart = |last_seen, of_host| Some(Restart { last_seen, back: present.seen, of_host, guessed: false });
    let Some(before) = before else {
        // When the one before was there is not known. What went down without a word is found to have ended when the present
        // one begins, just before it makes its bridge.
        return present.started.map(|at| Restart { last_seen: at, back: at, of_host: false, guessed: true });
    };
    if before.boot != present.boot {
        return restart(before.seen, true);
    }
    let restarted = match (before.started, present.started) {
        (Some(before), Some(present)) => before != present,
        // An engine that does not say when it was started: its absence is all there is.
        _ => before.lost,
    };
    if restarted { restart(before.seen, false) } else { None }
}

#[cfg(test)]
mod tests;
