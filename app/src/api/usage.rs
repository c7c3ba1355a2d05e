//! What nodes use, for charts.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};
use wire::usage::NodeUsage;

use super::Refused;

/// One vcluster that runs, in few numbers: a list of many must stay cheap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsageSummary {
    pub vcluster: String,
    /// CPUs in use by all of its nodes within the last minutes, at equal distances.
    pub cpus: Vec<Option<f64>>,
    /// MiB in use now.
    pub memory_mib: Option<f64>,
}

/// The last hour of one vcluster's nodes.
#[server(prefix = "/actions", endpoint = "usage", input = GetUrl)]
pub(crate) async fn read_usage(id: String) -> Result<Vec<NodeUsage>, Refused> {
    Ok(crate::request_context::api()?.usage(::api::id(&id, "vcluster")?).await?)
}

/// A summary of every vcluster that runs.
#[server(prefix = "/actions", endpoint = "glances", input = GetUrl)]
pub(crate) async fn read_usage_summaries() -> Result<Vec<UsageSummary>, Refused> {
    let api = crate::request_context::api()?;
    let (vclusters, _) = api.all_vclusters().await?;
    let mut summaries = Vec::new();
    for vcluster in vclusters.into_iter().filter(server::runs) {
        let Ok(id) = vcluster.id.parse() else { continue };
        // Without figures a row is still a row.
        let usage = api.usage(id).await.unwrap_or_default();
        summaries.push(server::summary(vcluster.id, &usage));
    }
    Ok(summaries)
}

#[cfg(feature = "ssr")]
mod server {
    use domain::node::NodeState;
    use wire::{usage::NodeUsage, vcluster::Vcluster};

    use super::UsageSummary;
    use crate::usage::{Measure, Usage, Window};

    /// What the small charts of the list show.
    const SUMMARY: Window = Window::minutes(5, 60);

    pub(super) fn runs(vcluster: &Vcluster) -> bool {
        vcluster.nodes.iter().any(|node| node.state == NodeState::Running)
    }

    pub(super) fn summary(vcluster: String, nodes: &[NodeUsage]) -> UsageSummary {
        let usage = Usage::new(nodes);
        let thousandths = |value: Option<f64>| value.map(|value| (value * 1000.0).round() / 1000.0);
        let cpus = usage.of_all(Measure::Cpu, SUMMARY).into_iter().map(thousandths).collect();
        let memory_mib = usage.of_all(Measure::Memory, SUMMARY).last().copied().flatten().map(f64::round);
        UsageSummary { vcluster, cpus, memory_mib }
    }
}
