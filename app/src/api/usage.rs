//! What nodes use, for charts.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};
use wire::usage::NodeUsage;

use super::Refused;

/// One vcluster that runs, in few numbers: a list of many must stay cheap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Glance {
    pub vcluster: String,
    /// CPUs in use by all of its nodes within the last minutes, at equal distances.
    pub cpus: Vec<Option<f64>>,
    /// MiB in use now.
    pub memory_mib: Option<f64>,
}

/// The last hour of one vcluster's nodes.
#[server(prefix = "/actions", endpoint = "usage", input = GetUrl)]
pub(crate) async fn read_usage(id: String) -> Result<Vec<NodeUsage>, Refused> {
    use crate::visit::{actor, refuse, visit};
    let actor = actor()?;
    let id = id.parse().map_err(|_| refuse(control::Error::NotFound("vcluster")))?;
    let usage = visit()?.control.apps.usage(&actor, id).await.map_err(refuse)?;
    Ok(usage.iter().map(server::usage).collect())
}

/// A glance at every vcluster that runs.
#[server(prefix = "/actions", endpoint = "glances", input = GetUrl)]
pub(crate) async fn read_glances() -> Result<Vec<Glance>, Refused> {
    use crate::visit::{actor, refuse, visit};
    let (control, actor) = (visit()?.control, actor()?);
    let (vclusters, _) = super::vclusters::all_of(&control, &actor).await.map_err(refuse)?;
    let mut glances = Vec::new();
    for vcluster in vclusters.into_iter().filter(server::runs) {
        let Ok(id) = vcluster.id.parse() else { continue };
        // Without figures a row is still a row.
        let usage = control.apps.usage(&actor, id).await.unwrap_or_default();
        glances.push(server::glance(vcluster.id, &usage));
    }
    Ok(glances)
}

#[cfg(feature = "ssr")]
mod server {
    use control::apps;
    use domain::node::NodeState;
    use wire::{
        usage::{NodeUsage, Sample},
        vcluster::Vcluster,
    };

    use super::Glance;
    use crate::usage::{Measure, Usage, Window};

    /// What the small charts of the list show.
    const GLANCE: Window = Window::minutes(5, 60);

    pub(super) fn runs(vcluster: &Vcluster) -> bool {
        vcluster.nodes.iter().any(|node| node.state == NodeState::Running)
    }

    pub(super) fn usage(usage: &apps::NodeUsage) -> NodeUsage {
        let sample = |sample: &control::ports::usage::Sample| Sample {
            at: sample.at,
            cpu_milli: sample.cpu_milli,
            memory_bytes: sample.memory_bytes,
        };
        NodeUsage { node: usage.node.to_string(), samples: usage.samples.iter().map(sample).collect() }
    }

    pub(super) fn glance(vcluster: String, nodes: &[apps::NodeUsage]) -> Glance {
        let nodes: Vec<NodeUsage> = nodes.iter().map(usage).collect();
        let usage = Usage::new(&nodes);
        let thousandths = |value: Option<f64>| value.map(|value| (value * 1000.0).round() / 1000.0);
        let cpus = usage.of_all(Measure::Cpu, GLANCE).into_iter().map(thousandths).collect();
        let memory_mib = usage.of_all(Measure::Memory, GLANCE).last().copied().flatten().map(f64::round);
        Glance { vcluster, cpus, memory_mib }
    }
}
