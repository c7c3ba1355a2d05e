//! vclusters as clients see and order them.

use chrono::{DateTime, Utc};
use domain::{
    VclusterId,
    name::UserName,
    node::{NodeState, OutOfMemory},
    operation::{OperationKind, OperationState},
    vcluster::VclusterState,
};
use serde::{Deserialize, Serialize};

use crate::read;

/// `POST /api/v1/vclusters`. Numbers are wider than any valid value, so that the answer can name the rule they break.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"name": "lab", "image": "docklet/base", "nodes": 2, "resources": {"cpus": 1.0, "memory_mib": 1024}})))]
pub struct CreateVcluster {
    /// 1–40 of a-z, 0-9 and '-'; unique among the owner's vclusters.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::name::VclusterName, inline))]
    pub name: String,
    /// One of the images that may be used here: `GET /api/v1/images`.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::image::ImageRef, inline))]
    pub image: String,
    /// 1–16.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 16))]
    #[serde(deserialize_with = "read::whole")]
    pub nodes: i64,
    #[serde(deserialize_with = "read::object")]
    pub resources: NodeResources,
    /// What ran when its host went down runs again by itself. `true` when absent.
    #[serde(default = "usual")]
    #[cfg_attr(feature = "openapi", schema(default = true))]
    pub autostart: bool,
    /// What it is for: up to 500 characters, lines among them. Empty when absent.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = domain::vcluster::Description, inline))]
    pub description: String,
}

const fn usual() -> bool {
    true
}

impl CreateVcluster {
    /// With everything else as it is when it is absent.
    pub const fn new(name: String, image: String, nodes: i64, resources: NodeResources) -> Self {
        Self { name, image, nodes, resources, autostart: usual(), description: String::new() }
    }
}

/// `PATCH /api/v1/vclusters/{id}`. What is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeVcluster {
    pub autostart: Option<bool>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<domain::vcluster::Description>, inline))]
    pub description: Option<String>,
}

/// What each node gets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeResources {
    /// CPUs, such as 0.5 or 2.
    #[cfg_attr(feature = "openapi", schema(minimum = 0.05, maximum = 4096))]
    pub cpus: f64,
    /// Memory in MiB, without swap.
    #[cfg_attr(feature = "openapi", schema(minimum = 64, maximum = 67_108_864))]
    #[serde(deserialize_with = "read::whole")]
    pub memory_mib: i64,
}

/// `POST /api/v1/vclusters/{id}/nodes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddNodes {
    /// How many more.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 16))]
    #[serde(deserialize_with = "read::whole")]
    pub count: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Vcluster {
    pub id: String,
    pub name: String,
    /// The owner's user name.
    pub owner: String,
    pub image: String,
    pub state: VclusterState,
    /// Why the state is what it is, or what is being done now.
    pub reason: Option<String>,
    pub resources: NodeResources,
    /// The network all nodes share, such as `172.20.0.0/27`.
    pub subnet: String,
    pub nodes: Vec<Node>,
    /// The latest action and how far it is.
    pub operation: Operation,
    pub created_at: DateTime<Utc>,
    /// What ran when its host went down runs again by itself.
    pub autostart: bool,
    /// What its owner says it is for; empty when nothing was said.
    #[serde(default)]
    pub description: String,
}

/// One whose rows in the record cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnreadableVcluster {
    pub id: String,
    /// What is wrong, and what can be done.
    pub reason: String,
}

impl From<(VclusterId, String)> for UnreadableVcluster {
    fn from((id, reason): (VclusterId, String)) -> Self {
        Self { id: id.to_string(), reason }
    }
}

/// One piece of one owner's vclusters. `next` is the cursor of the following piece; absent on the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VclusterPage {
    pub items: Vec<Vcluster>,
    /// Absent where all can be read, which is nearly always.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<UnreadableVcluster>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Node {
    /// `node-0`; also its host name inside the vcluster.
    pub name: String,
    pub state: NodeState,
    pub reason: Option<String>,
    pub ip: String,
    /// The host it is on.
    pub worker: String,
    pub running_since: Option<DateTime<Utc>>,
    /// The last time since its start that its memory was used up.
    #[serde(default)]
    pub out_of_memory: Option<OutOfMemory>,
    /// An older Docklet made it; what newer ones do better for nodes, it gets when it is made anew.
    #[serde(default)]
    pub made_before: bool,
    /// What it is run with; absent for the engine's usual runtime.
    #[serde(default)]
    pub runtime: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Operation {
    pub id: String,
    pub kind: OperationKind,
    pub state: OperationState,
    pub reason: Option<String>,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// The host whose restart made it necessary; absent when somebody asked for it.
    pub host: Option<String>,
}

impl Vcluster {
    /// The vcluster as its owner, of this name, sees it.
    pub fn from_domain(vcluster: &domain::vcluster::Vcluster, owner: &UserName) -> Self {
        let operation = &vcluster.operation;
        Self {
            id: vcluster.id.to_string(),
            name: vcluster.name.to_string(),
            owner: owner.to_string(),
            image: vcluster.image.to_string(),
            state: vcluster.state(),
            reason: vcluster.reason(),
            resources: NodeResources {
                cpus: vcluster.resources.cpus(),
                memory_mib: i64::from(vcluster.resources.memory_mib),
            },
            subnet: vcluster.subnet.to_string(),
            nodes: vcluster.nodes.iter().map(Node::from_domain).collect(),
            operation: Operation {
                id: operation.id.to_string(),
                kind: operation.kind,
                state: operation.state,
                reason: operation.reason.clone(),
                started_at: operation.started_at,
                finished_at: operation.finished_at,
                host: operation.host.as_ref().map(ToString::to_string),
            },
            created_at: vcluster.created_at,
            autostart: vcluster.autostart,
            description: vcluster.description.as_str().to_owned(),
        }
    }
}

impl Node {
    fn from_domain(node: &domain::node::Node) -> Self {
        Self {
            name: node.name.to_string(),
            state: node.state,
            reason: node.reason.clone(),
            ip: node.ip.to_string(),
            worker: node.worker.to_string(),
            running_since: node.running_since,
            out_of_memory: node.notes.out_of_memory.clone(),
            made_before: node.notes.made_before,
            runtime: node.runtime.as_ref().map(ToString::to_string),
        }
    }
}
