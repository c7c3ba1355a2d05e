//! What changes while a client watches: `GET /api/v1/events`, as server-sent events.

use domain::job::JobState;
use serde::{Deserialize, Serialize};

use crate::{session::Amount, vcluster::Vcluster};

/// The data of one event; its SSE `id` counts up and can be resumed from with `Last-Event-ID`.
/// A client that was away too long gets `Resync` and reads its lists again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", try_from = "Flat")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Event {
    /// The vcluster as it is now, new or changed.
    Vcluster { vcluster: Box<Vcluster>, usage: Amount },
    /// The vcluster is gone.
    VclusterGone { id: String, usage: Amount },
    /// The job of this number is new, or in another state; `GET /api/v1/jobs/{job}` has the rest.
    Job { job: i64, state: JobState },
    /// Events were missed that are not kept any more.
    Resync,
}

impl Event {
    /// The SSE `event:` name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Vcluster { .. } => "vcluster",
            Self::VclusterGone { .. } => "vcluster_gone",
            Self::Job { .. } => "job",
            Self::Resync => "resync",
        }
    }
}

/// All fields of all kinds. Read like this an event needs one reader of its parts; read by its tag, serde keeps it aside as
/// data without form first, and the browser is sent a second reader of everything in it.
#[derive(Deserialize)]
struct Flat {
    kind: Kind,
    vcluster: Option<Box<Vcluster>>,
    id: Option<String>,
    usage: Option<Amount>,
    job: Option<i64>,
    state: Option<JobState>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Vcluster,
    VclusterGone,
    Job,
    Resync,
}

impl TryFrom<Flat> for Event {
    type Error = &'static str;

    fn try_from(flat: Flat) -> Result<Self, Self::Error> {
        match flat {
            Flat { kind: Kind::Vcluster, vcluster: Some(vcluster), usage: Some(usage), .. } => {
                Ok(Self::Vcluster { vcluster, usage })
            }
            Flat { kind: Kind::VclusterGone, id: Some(id), usage: Some(usage), .. } => {
                Ok(Self::VclusterGone { id, usage })
            }
            Flat { kind: Kind::Job, job: Some(job), state: Some(state), .. } => Ok(Self::Job { job, state }),
            Flat { kind: Kind::Resync, .. } => Ok(Self::Resync),
            _ => Err("an event without what its kind has"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        let usage = Amount { vclusters: 1, nodes: 2, cpus: 0.5, memory_mib: 256, pids: 1024 };
        let job = Event::Job { job: 7, state: JobState::OutOfMemory };
        for event in [Event::VclusterGone { id: "x".into(), usage }, job, Event::Resync] {
            let text = serde_json::to_string(&event).expect("JSON");
            assert!(text.starts_with(&format!("{{\"kind\":\"{}\"", event.name())), "{text}");
            assert_eq!(serde_json::from_str::<Event>(&text).expect("an event"), event);
        }
    }

    #[test]
    fn what_lacks_a_part_is_refused() {
        for text in [
            "{}",
            r#"{"kind":"vcluster"}"#,
            r#"{"kind":"vcluster_gone","id":"x"}"#,
            r#"{"kind":"job","job":7}"#,
            r#"{"kind":"other"}"#,
        ] {
            assert!(serde_json::from_str::<Event>(text).is_err(), "{text}");
        }
    }
}
