//! What every handler may reach. Cheap to clone.

use std::{path::PathBuf, sync::Arc};

use api::Backend;
use axum::extract::FromRef;
use control::{Control, ports::clock::Clock};
use domain::UserId;
use http::HeaderValue;
use ipnet::IpNet;
use leptos::config::LeptosOptions;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::http::{
    apps::hosts::Hosts,
    known::KnownBrowsers,
    origin::Origin,
    provider_logout::ProviderLogouts,
    readiness::Readiness,
    revocation::Revocations,
    session::Sessions,
    shares::{Kind, Share, Shares},
    shutdown::Shutdown,
};

#[derive(Clone)]
pub struct AppState {
    /// For what is the edge's own: sessions, apps, providers. Clients ask through `backend`.
    pub control: Control,
    pub backend: Backend,
    pub provider_logouts: ProviderLogouts,
    pub clock: Arc<dyn Clock>,
    pub sessions: Sessions,
    pub known: KnownBrowsers,
    pub revocations: Revocations,
    pub shares: Shares,
    pub shutdown: Shutdown,
    pub edge: Arc<Edge>,
    pub readiness: Readiness,
    pub metrics: PrometheusHandle,
    pub console: LeptosOptions,
}

/// What the configuration says about the outside.
#[derive(Debug)]
pub struct Edge {
    pub public_urls: Vec<Origin>,
    pub trusted_proxies: Vec<IpNet>,
    /// Of one client behind a proxy, as requests under way.
    pub connections_per_address: u32,
    pub hosts: Hosts,
    pub site_root: PathBuf,
    pub book: PathBuf,
    /// Under `cargo leptos watch`: where pages hear that they have changed, as sources of a Content-Security-Policy. Else empty.
    pub reload: String,
    /// What browsers are told to remember of TLS, when it ends here.
    pub hsts: Option<HeaderValue>,
}

impl AppState {
    /// A place among the streams of this user.
    pub(crate) async fn stream_of(&self, user: UserId) -> Result<Share, control::Error> {
        let most = self.limits_of(user).await?.streams;
        let share = self.shares.take(Kind::Streams(user), most);
        share.ok_or(control::Error::TooManyStreams { what: "connections", most })
    }

    async fn limits_of(&self, user: UserId) -> Result<domain::quota_policy::Shares, control::Error> {
        if let Some(limits) = self.shares.limits(user) {
            return Ok(limits);
        }
        let limits = self.control.accounts.shares(user).await?;
        self.shares.remember(user, limits);
        Ok(limits)
    }

    /// A place among the terminals this user looks at.
    pub(crate) async fn terminal_of(&self, user: UserId) -> Result<Share, control::Error> {
        let most = self.limits_of(user).await?.terminals;
        let share = self.shares.take(Kind::Terminals(user), most);
        share.ok_or(control::Error::TooManyStreams { what: "terminals", most })
    }

    /// What people call a provider.
    pub(crate) fn label_of(&self, provider: &str) -> String {
        let rules = self.control.federation.rules().providers.iter().find(|rules| rules.name == provider);
        rules.map(|rules| rules.label.clone()).unwrap_or_default()
    }
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").field("edge", &self.edge).finish_non_exhaustive()
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.console.clone()
    }
}
