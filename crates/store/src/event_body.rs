//! How an event's body is written as JSON: shapes of its own, so that neither domain nor the API changes what old events
//! say. A field that is added later needs `#[serde(default)]`: rows from before it must stay readable.

use std::net::Ipv4Addr;

use chrono::{DateTime, Utc};
use control::ports::store::{EventBody, StoreError};
use domain::{
    JobId, NodeId, OperationId, UserId, VclusterId,
    image::ImageRef,
    job::JobState,
    name::{NodeName, RuntimeName, VclusterName, WorkerName},
    node::{Generation, Node, NodeIntent, NodeState, Notes},
    operation::{Opened, Operation, OperationKind, OperationState},
    quota::Usage,
    resources::Resources,
    vcluster::{Description, Intent, Vcluster},
};
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) fn written(body: &EventBody) -> Result<Value, StoreError> {
    let body = match body {
        EventBody::Vcluster { vcluster, usage } => {
            Body::Vcluster { vcluster: Box::new(Shaped(vcluster.as_ref().clone())), usage: *usage }
        }
        EventBody::VclusterGone { id, usage } => Body::VclusterGone { id: *id, usage: *usage },
        EventBody::LimitsChanged => Body::LimitsChanged,
        EventBody::Job { id, state } => Body::Job { id: *id, state: *state },
    };
    serde_json::to_value(body).map_err(|fault| StoreError::Failed(Box::new(fault)))
}

pub(crate) fn read(value: Value) -> Result<EventBody, serde_json::Error> {
    Ok(match serde_json::from_value(value)? {
        Body::Vcluster { vcluster, usage } => EventBody::Vcluster { vcluster: Box::new(vcluster.0), usage },
        Body::VclusterGone { id, usage } => EventBody::VclusterGone { id, usage },
        Body::LimitsChanged => EventBody::LimitsChanged,
        Body::Job { id, state } => EventBody::Job { id, state },
    })
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Body {
    Vcluster { vcluster: Box<Shaped>, usage: Usage },
    VclusterGone { id: VclusterId, usage: Usage },
    LimitsChanged,
    Job { id: JobId, state: JobState },
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Shaped(#[serde(with = "VclusterShape")] Vcluster);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Vcluster")]
struct VclusterShape {
    id: VclusterId,
    owner: UserId,
    name: VclusterName,
    image: ImageRef,
    resources: Resources,
    subnet: Ipv4Net,
    intent: Intent,
    #[serde(with = "nodes")]
    nodes: Vec<Node>,
    #[serde(with = "OperationShape")]
    operation: Operation,
    created_at: DateTime<Utc>,
    /// Events from before there was a choice.
    #[serde(default = "usual")]
    autostart: bool,
    #[serde(default)]
    description: Description,
}

const fn usual() -> bool {
    true
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Operation")]
struct OperationShape {
    id: OperationId,
    kind: OperationKind,
    state: OperationState,
    reason: Option<String>,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    #[serde(default)]
    by: Option<UserId>,
    #[serde(default)]
    host: Option<WorkerName>,
    /// An opening is never a vcluster's latest operation.
    #[serde(skip)]
    opened: Option<Opened>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Node")]
struct NodeShape {
    id: NodeId,
    name: NodeName,
    worker: WorkerName,
    ip: Ipv4Addr,
    generation: Generation,
    intent: NodeIntent,
    state: NodeState,
    reason: Option<String>,
    reserved: bool,
    running_since: Option<DateTime<Utc>>,
    #[serde(default)]
    tries: u8,
    operation: OperationId,
    #[serde(default)]
    notes: Notes,
    #[serde(default)]
    runtime: Option<RuntimeName>,
}

/// serde's remote shapes do not reach inside a `Vec`.
mod nodes {
    use domain::node::Node;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::NodeShape;

    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    struct Shaped(#[serde(with = "NodeShape")] Node);

    pub(super) fn serialize<S: Serializer>(nodes: &[Node], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(nodes.iter().cloned().map(Shaped))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Node>, D::Error> {
        Ok(Vec::<Shaped>::deserialize(deserializer)?.into_iter().map(|shaped| shaped.0).collect())
    }
}
