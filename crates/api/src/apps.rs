//! Apps of a vcluster: listed, published, changed, and looked at while they change. Who may enter one is the edge's to ask.

use control::{
    apps::{self, AppChange, AppView},
    ports::usage,
};
use domain::{AppId, VclusterId, name::NodeName};
use futures::{Stream, StreamExt as _};
use wire::{
    app::{App, AppUrls, ChangeApp, Seen},
    usage::{NodeUsage, Sample},
};

use crate::{Api, Refusal};

/// What happens in a vcluster while a client looks.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveItem {
    /// All of them, whenever something changes.
    Apps(Vec<App>),
    /// What nodes use; first the last hour, then what is new.
    Samples(Vec<NodeUsage>),
}

impl Api {
    /// JupyterLab first, then pinned ones, then by node and port.
    pub async fn apps(&self, id: VclusterId) -> Result<Vec<App>, Refusal> {
        let views = self.control().apps.list(&self.actor, id).await?;
        Ok(views.iter().map(|view| app(view, &self.urls)).collect())
    }

    /// Gives a port an address before or after something listens there. Doing it again gives the same app.
    pub async fn publish_app(
        &self,
        id: VclusterId,
        node: NodeName,
        port: i64,
        name: Option<&str>,
    ) -> Result<App, Refusal> {
        let published = self.control().apps.publish(&self.actor, id, node, port, name).await?;
        self.app(id, published.id).await
    }

    /// What is absent stays.
    pub async fn change_app(&self, id: VclusterId, changed: AppId, change: ChangeApp) -> Result<App, Refusal> {
        let change = AppChange { name: change.name, pinned: change.pinned, enabled: change.enabled };
        self.control().apps.update(&self.actor, id, changed, change).await?;
        self.app(id, changed).await
    }

    pub async fn live(&self, id: VclusterId) -> Result<impl Stream<Item = LiveItem> + Send + use<>, Refusal> {
        let items = self.control().apps.live(&self.actor, id).await?;
        let urls = self.urls.clone();
        Ok(items.map(move |item| match item {
            apps::Live::Apps(views) => LiveItem::Apps(views.iter().map(|view| app(view, &urls)).collect()),
            apps::Live::Samples(nodes) => LiveItem::Samples(nodes.iter().map(node_usage).collect()),
        }))
    }

    async fn app(&self, id: VclusterId, wanted: AppId) -> Result<App, Refusal> {
        Ok(app(&self.control().apps.view(&self.actor, id, wanted).await?, &self.urls))
    }
}

fn app(view: &AppView, urls: &AppUrls) -> App {
    let seen = Seen { listening: view.listening, state: view.state(), reason: view.reason() };
    App::from_domain(&view.app, seen, urls.url(view.app.label.as_str()))
}

pub(crate) fn node_usage(node: &apps::NodeUsage) -> NodeUsage {
    let sample = |sample: &usage::Sample| Sample {
        at: sample.at,
        cpu_milli: sample.cpu_milli,
        memory_bytes: sample.memory_bytes,
    };
    NodeUsage { node: node.node.to_string(), samples: node.samples.iter().map(sample).collect() }
}
