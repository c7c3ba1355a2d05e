//! Apps as clients see and change them.

use chrono::{DateTime, Utc};
use domain::app::{AppKind, AppState};

/// Characters that could move a terminal's cursor or disguise a text.
pub use domain::app::is_invisible;
use serde::{Deserialize, Deserializer, Serialize};

use crate::read;

/// One app of a vcluster: a port of a node, with an address of its own for browsers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct App {
    pub id: String,
    /// The first part of its host name; opaque.
    pub label: String,
    /// Where a browser opens it.
    pub url: String,
    /// The id of its vcluster.
    pub vcluster: String,
    /// `node-0`.
    pub node: String,
    pub port: u16,
    pub kind: AppKind,
    /// What its owner calls it.
    pub name: Option<String>,
    /// The best name there is: the owner's, `JupyterLab`, or process and port.
    pub title: String,
    /// What listens, or listened last.
    pub process: Option<String>,
    /// Listed also while nothing listens.
    pub pinned: bool,
    /// It cannot be opened while it is off.
    pub enabled: bool,
    /// Something listens now.
    pub listening: bool,
    pub state: AppState,
    /// Why the state is what it is, in one sentence.
    pub reason: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// What is seen of an app at this moment, beside its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub listening: bool,
    pub state: AppState,
    pub reason: Option<String>,
}

impl App {
    /// The app as its owner sees it, opened at `url`.
    pub fn from_domain(app: &domain::app::App, seen: Seen, url: String) -> Self {
        Self {
            id: app.id.to_string(),
            label: app.label.to_string(),
            url,
            vcluster: app.vcluster.to_string(),
            node: app.node.to_string(),
            port: app.port,
            kind: app.kind,
            name: app.name.as_ref().map(ToString::to_string),
            title: app.title(),
            process: app.process.clone(),
            pinned: app.pinned,
            enabled: app.enabled,
            listening: seen.listening,
            state: seen.state,
            reason: seen.reason,
            created_at: app.created_at,
        }
    }
}

/// `POST /api/v1/vclusters/{id}/apps`: a port of a node, before or after something listens there. Pins it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"node": "node-0", "port": 8050, "name": "Dashboard"})))]
pub struct PublishApp {
    /// `node-0`.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::name::NodeName, inline))]
    pub node: String,
    /// 1–65535, but not 22.
    #[cfg_attr(feature = "openapi", schema(schema_with = port))]
    #[serde(deserialize_with = "read::whole")]
    pub port: i64,
    /// 1–40 characters.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<domain::app::AppName>, inline))]
    pub name: Option<String>,
}

/// Every port but that of the node's SSH server.
#[cfg(feature = "openapi")]
fn port() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    use utoipa::openapi::{ObjectBuilder, OneOfBuilder, schema::Type};
    let between = |least: u16, most: u16| {
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least)).maximum(Some(most))
    };
    OneOfBuilder::new().item(between(1, 21)).item(between(23, 65535)).description(Some("1–65535, but not 22.")).into()
}

/// `PATCH /api/v1/vclusters/{id}/apps/{app}`: what is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeApp {
    /// 1–40 characters; `null` takes the name away.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<domain::app::AppName>, inline))]
    pub name: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    /// `false` ends it for everybody who has it open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Tells `null` apart from a field that is not there.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// How the addresses of apps are written for one visitor: what stands before and behind the label.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppUrls {
    pub before: String,
    pub after: String,
    /// What comes behind in a link, so that the app's host knows which of the console's addresses the visitor uses.
    pub from: String,
    /// The addresses lead to the visitor's own machine, which is another one than ours.
    pub astray: bool,
}

impl AppUrls {
    /// Where a browser opens the app.
    pub fn url(&self, label: &str) -> String {
        format!("{}{}", self.root(label), self.from)
    }

    /// Where the app's own paths begin.
    pub fn root(&self, label: &str) -> String {
        format!("{}{label}{}", self.before, self.after)
    }
}
