//! An app as its owner sees it now: its record and what was seen of its node.

use domain::{
    app::{App, AppKind, AppState, JUPYTER_SERVICE},
    node::NodeState,
    vcluster::Vcluster,
};

use super::probe::ProbeResult;
use crate::ports::node::{ServiceState, ServiceStatus};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppView {
    /// `process` is what listens now, else what listened last.
    pub app: App,
    pub listening: bool,
    /// The service behind it, if it has one and its node answers.
    pub service: Option<ServiceStatus>,
    pub node_state: NodeState,
}

impl AppView {
    pub fn state(&self) -> AppState {
        if !self.app.enabled {
            return AppState::Off;
        }
        if self.listening {
            return AppState::Ready;
        }
        match self.service.as_ref().map(|service| service.state) {
            Some(ServiceState::Starting | ServiceState::Running) => AppState::Starting,
            Some(ServiceState::BackingOff | ServiceState::Failed | ServiceState::Unavailable) => AppState::Failed,
            Some(ServiceState::Stopped) | None => AppState::Stopped,
        }
    }

    /// Why the state is what it is.
    pub fn reason(&self) -> Option<String> {
        match self.state() {
            AppState::Ready | AppState::Off => None,
            _ if self.node_state != NodeState::Running => {
                Some(format!("{} is {}", self.app.node, self.node_state.as_str()))
            }
            _ => self.service.as_ref().and_then(|service| service.reason.clone()),
        }
    }
}

/// What is listed: what listens and what its owner wants to see. JupyterLab first, then pinned ones, then by node and port.
pub(super) fn views(vcluster: &Vcluster, apps: Vec<App>, probed: &ProbeResult) -> Vec<AppView> {
    let seen = apps.into_iter().filter_map(|app| view(vcluster, app, probed));
    let mut views: Vec<AppView> = seen.filter(|view| view.listening || view.app.is_listed_when_silent()).collect();
    views.sort_by_key(|view| {
        let App { kind, pinned, node, port, .. } = &view.app;
        (*kind != AppKind::Jupyter, !pinned, *node, *port)
    });
    views
}

/// `None` when its node has just gone.
pub(super) fn view(vcluster: &Vcluster, mut app: App, probed: &ProbeResult) -> Option<AppView> {
    let node = vcluster.node_by_id(app.node_id)?;
    let port = probed.port(app.node_id, app.port).filter(|_| node.state == NodeState::Running);
    if let Some(process) = port.and_then(|port| port.process.clone()) {
        app.process = Some(process);
    }
    let service = (app.kind == AppKind::Jupyter && node.state == NodeState::Running)
        .then(|| probed.services.iter().find(|service| service.name == JUPYTER_SERVICE).cloned())
        .flatten();
    Some(AppView { listening: port.is_some(), app, service, node_state: node.state })
}
