//! Apps of a vcluster: listed, published, changed. Opening one is a link; the edge decides who may.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use wire::app::App;

use super::Refused;

/// The apps of one vcluster: JupyterLab first, then pinned ones, then by node and port.
#[server(prefix = "/actions", endpoint = "apps", input = GetUrl)]
pub(crate) async fn read_apps(id: String) -> Result<Vec<App>, Refused> {
    Ok(crate::request_context::api()?.apps(::api::id(&id, "vcluster")?).await?)
}

/// The apps of every vcluster that runs, for finding them by name; none where they cannot be opened.
#[server(prefix = "/actions", endpoint = "all-apps", input = GetUrl)]
pub(crate) async fn read_all_apps() -> Result<Vec<App>, Refused> {
    let api = crate::request_context::api()?;
    let mut all = Vec::new();
    if api.urls().astray {
        return Ok(all);
    }
    for vcluster in api.all_vclusters().await?.0 {
        // One that has just gone has none.
        let Ok(id) = vcluster.id.parse() else { continue };
        all.extend(api.apps(id).await.unwrap_or_default());
    }
    Ok(all)
}

/// Gives a port an address before anything listens there.
#[server(prefix = "/actions", endpoint = "publish-app")]
pub(crate) async fn publish_app(id: String, node: String, port: String, name: String) -> Result<App, Refused> {
    let published = server::publish(&id, &node, &port, &name).await;
    let back = crate::routes::apps(&id);
    let next = match &published {
        Ok(_) => back,
        Err(refused) => crate::request_context::refusal_address::<PublishApp>(&back, refused),
    };
    crate::request_context::redirect_plain_form(&next);
    published
}

/// Changes what is given: with `rename` the name (none, or an empty one, takes it away), `pinned`, `enabled`.
#[server(prefix = "/actions", endpoint = "change-app")]
pub(crate) async fn change_app(
    id: String,
    app: String,
    #[server(default)] rename: bool,
    #[server(default)] name: Option<String>,
    #[server(default)] pinned: Option<bool>,
    #[server(default)] enabled: Option<bool>,
) -> Result<App, Refused> {
    // In a form, an empty field and one that is not there read the same.
    let name = rename.then(|| name.unwrap_or_default());
    let changed = server::change(&id, &app, name, pinned, enabled).await;
    let back = crate::routes::apps(&id);
    let next = match &changed {
        Ok(_) => back,
        Err(refused) => crate::request_context::refusal_address::<ChangeApp>(&back, refused),
    };
    crate::request_context::redirect_plain_form(&next);
    changed
}

/// Where JupyterLab of this vcluster is opened.
#[server(prefix = "/actions", endpoint = "jupyter", input = GetUrl)]
pub(crate) async fn jupyter_address(id: String) -> Result<String, Refused> {
    use domain::app::AppKind;
    let apps = read_apps(id).await?;
    let jupyter = apps.into_iter().find(|app| app.kind == AppKind::Jupyter);
    jupyter.map(|app| app.url).ok_or_else(|| crate::request_context::refuse(control::Error::NotFound("app")))
}

/// What the functions above share on the server.
#[cfg(feature = "ssr")]
mod server {
    use api::{Refusal, id as named};
    use domain::Violation;
    use wire::{
        app::{App, ChangeApp},
        problem::{Code, Problem},
    };

    use crate::{api::Refused, request_context::api};

    pub(super) async fn publish(id: &str, node: &str, port: &str, name: &str) -> Result<App, Refused> {
        let (id, node) = (named(id, "vcluster")?, named(node, "node")?);
        let port = port.trim().parse::<i64>().map_err(|_| {
            let fault = Violation::new("port", catalogue::t!("tabs-apps-port-not-a-number"));
            Refusal::from(Problem::new(Code::Invalid, fault.to_string()).with_violations(vec![fault]))
        })?;
        let name = Some(name.trim()).filter(|name| !name.is_empty());
        Ok(api()?.publish_app(id, node, port, name).await?)
    }

    pub(super) async fn change(
        id: &str,
        app: &str,
        name: Option<String>,
        pinned: Option<bool>,
        enabled: Option<bool>,
    ) -> Result<App, Refused> {
        let name = name.map(|name| Some(name.trim().to_owned()).filter(|name| !name.is_empty()));
        let change = ChangeApp { name, pinned, enabled };
        Ok(api()?.change_app(named(id, "vcluster")?, named(app, "app")?, change).await?)
    }
}
