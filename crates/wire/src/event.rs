//! What changes while a client watches: `GET /api/v1/events`, as server-sent events.

use serde::{Deserialize, Serialize};

use crate::{session::Amount, vcluster::Vcluster};

/// The data of one event; its SSE `id` counts up and can be resumed from with `Last-Event-ID`.
/// A client that was away too long gets `Resync` and reads its lists again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Event {
    /// The vcluster as it is now, new or changed.
    Vcluster { vcluster: Box<Vcluster>, usage: Amount },
    /// The vcluster is gone.
    VclusterGone { id: String, usage: Amount },
    /// Events were missed that are not kept any more.
    Resync,
}

impl Event {
    /// The SSE `event:` name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Vcluster { .. } => "vcluster",
            Self::VclusterGone { .. } => "vcluster_gone",
            Self::Resync => "resync",
        }
    }
}
