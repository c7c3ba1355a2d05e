//! The things an address names. What is not even an id names nothing, so it is answered like an unknown one.

use std::num::NonZeroU16;

use axum::{
    RequestPartsExt,
    extract::{FromRequestParts, RawPathParams},
};
use domain::{
    AppId, JobRef, SessionHandle, TokenId, VclusterId,
    name::{NodeName, UserName, WorkerName},
};
use http::request::Parts;
use utoipa::{
    PartialSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};

use super::error::Failure;

/// What a parameter of this name looks like, wherever it stands.
pub(crate) fn rule(parameter: &str) -> Option<RefOr<Schema>> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    match parameter {
        "id" | "app" | "token" => Some(text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))).into()),
        "job" => Some(JobRef::schema()),
        "node" => Some(NodeName::schema()),
        "name" => Some(UserName::schema()),
        "host" => Some(WorkerName::schema()),
        "terminal" => Some(text().pattern(Some("^[A-Za-z0-9_-]{1,64}$")).into()),
        "session" => Some(text().pattern(Some("^[0-9a-f]{32}$")).into()),
        "port" => Some(port().into()),
        _ => None,
    }
}

fn port() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1_u16)).maximum(Some(u16::MAX))
}

/// `{id}` of a vcluster.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VclusterPath(pub(crate) VclusterId);

/// `{id}` of a vcluster and `{node}`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NodePath {
    pub(crate) vcluster: VclusterId,
    pub(crate) node: NodeName,
}

/// `{id}` of a vcluster, `{node}` and `{terminal}`.
#[derive(Debug, Clone)]
pub(crate) struct TerminalPath {
    pub(crate) node: NodePath,
    pub(crate) terminal: String,
}

/// `{id}` of a vcluster, `{node}` and `{port}`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PortPath {
    pub(crate) node: NodePath,
    pub(crate) port: u16,
}

/// `{job}`: the number of a job, or which element of an array, `812_7`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JobPath(pub(crate) JobRef);

/// `{token}`: the id of an API token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenPath(pub(crate) TokenId);

/// `{session}` of a browser.
#[derive(Debug, Clone)]
pub(crate) struct SessionPath(pub(crate) SessionHandle);

/// `{name}` of a user, as it was written.
#[derive(Debug, Clone)]
pub(crate) struct UserPath(pub(crate) String);

impl<S: Sync> FromRequestParts<S> for JobPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parameter(parts, "job").await?.parse().map(Self).map_err(|_| unknown("job"))
    }
}

impl<S: Sync> FromRequestParts<S> for TokenPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parameter(parts, "token").await?.parse().map(Self).map_err(|_| unknown("token"))
    }
}

impl<S: Sync> FromRequestParts<S> for SessionPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parameter(parts, "session").await?.parse().map(Self).map_err(|_| unknown("session"))
    }
}

impl<S: Sync> FromRequestParts<S> for UserPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parameter(parts, "name").await.map(Self)
    }
}

/// `{host}`: the name of a host, as it was written.
#[derive(Debug, Clone)]
pub(crate) struct HostPath(pub(crate) String);

impl<S: Sync> FromRequestParts<S> for HostPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parameter(parts, "host").await.map(Self)
    }
}

/// `{provider}`: the name of an OpenID provider, as it was written.
#[derive(Debug, Clone)]
pub(crate) struct ProviderPath(pub(crate) String);

impl<S: Sync> FromRequestParts<S> for ProviderPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parameter(parts, "provider").await.map(Self)
    }
}

/// `{id}` of a vcluster and `{app}`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AppPath {
    pub(crate) vcluster: VclusterId,
    pub(crate) app: AppId,
}

impl<S: Sync> FromRequestParts<S> for AppPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let VclusterPath(vcluster) = VclusterPath::from_request_parts(parts, state).await?;
        let app = parameter(parts, "app").await?;
        Ok(Self { vcluster, app: app.parse().map_err(|_| unknown("app"))? })
    }
}

impl<S: Sync> FromRequestParts<S> for VclusterPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let text = parameter(parts, "id").await?;
        text.parse().map(Self).map_err(|_| unknown("vcluster"))
    }
}

impl<S: Sync> FromRequestParts<S> for NodePath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let VclusterPath(vcluster) = VclusterPath::from_request_parts(parts, state).await?;
        let node = parameter(parts, "node").await?;
        Ok(Self { vcluster, node: node.parse().map_err(|_| unknown("node"))? })
    }
}

impl<S: Sync> FromRequestParts<S> for TerminalPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let node = NodePath::from_request_parts(parts, state).await?;
        Ok(Self { node, terminal: parameter(parts, "terminal").await? })
    }
}

impl<S: Sync> FromRequestParts<S> for PortPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let node = NodePath::from_request_parts(parts, state).await?;
        let port: NonZeroU16 = parameter(parts, "port").await?.parse().map_err(|_| unknown("port"))?;
        Ok(Self { node, port: port.get() })
    }
}

async fn parameter(parts: &mut Parts, name: &str) -> Result<String, Failure> {
    // Fails for bytes that are no text, which name nothing either.
    let parameters: RawPathParams = parts.extract().await.map_err(|_| Failure::not_found())?;
    let found = parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
    found.ok_or_else(Failure::not_found)
}

fn unknown(what: &'static str) -> Failure {
    control::Error::NotFound(what).into()
}
