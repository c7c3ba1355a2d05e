//! Apps of a vcluster: listed, published, changed. Opening one is a link; the edge decides who may.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use wire::app::App;

use super::Refused;

/// The apps of one vcluster: JupyterLab first, then pinned ones, then by node and port.
#[server(prefix = "/actions", endpoint = "apps", input = GetUrl)]
pub(crate) async fn read_apps(id: String) -> Result<Vec<App>, Refused> {
    let (visit, actor, id) = server::on(&id)?;
    let views = visit.control.apps.list(&actor, id).await.map_err(crate::visit::refuse)?;
    Ok(views.iter().map(|view| server::app(&visit, view)).collect())
}

/// The apps of every vcluster that runs, for finding them by name; none where they cannot be opened.
#[server(prefix = "/actions", endpoint = "all-apps", input = GetUrl)]
pub(crate) async fn read_all_apps() -> Result<Vec<App>, Refused> {
    use crate::visit::{actor, refuse, visit};
    let (visit, actor) = (visit()?, actor()?);
    let mut all = Vec::new();
    if visit.apps.astray {
        return Ok(all);
    }
    for vcluster in super::vclusters::all_of(&visit.control, &actor).await.map_err(refuse)?.0 {
        // One that has just gone has none.
        let Ok(id) = vcluster.id.parse() else { continue };
        let views = visit.control.apps.list(&actor, id).await.unwrap_or_default();
        all.extend(views.iter().map(|view| server::app(&visit, view)));
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
        Err(refused) => crate::visit::refusal_address::<PublishApp>(&back, refused),
    };
    crate::visit::redirect_plain_form(&next);
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
        Err(refused) => crate::visit::refusal_address::<ChangeApp>(&back, refused),
    };
    crate::visit::redirect_plain_form(&next);
    changed
}

/// Where JupyterLab of this vcluster is opened.
#[server(prefix = "/actions", endpoint = "jupyter", input = GetUrl)]
pub(crate) async fn jupyter_address(id: String) -> Result<String, Refused> {
    use domain::app::AppKind;
    let apps = read_apps(id).await?;
    let jupyter = apps.into_iter().find(|app| app.kind == AppKind::Jupyter);
    jupyter.map(|app| app.url).ok_or_else(|| crate::visit::refuse(control::Error::NotFound("app")))
}

/// What the functions above share on the server.
#[cfg(feature = "ssr")]
mod server {
    use control::{
        Error,
        actor::Actor,
        apps::{AppChange, AppView},
    };
    use domain::{AppId, VclusterId, Violation};
    use wire::{
        app::{App, Seen},
        problem::{Code, Problem},
    };

    use crate::{
        api::Refused,
        visit::{Visit, actor, refuse, refuse_with, visit},
    };

    pub(super) fn on(id: &str) -> Result<(Visit, Actor, VclusterId), Refused> {
        let actor = actor()?;
        // What is not an id is not the name of anything either.
        let id = id.parse().map_err(|_| refuse(Error::NotFound("vcluster")))?;
        Ok((visit()?, actor, id))
    }

    pub(super) fn app(visit: &Visit, view: &AppView) -> App {
        let seen = Seen { listening: view.listening, state: view.state(), reason: view.reason() };
        App::from_domain(&view.app, seen, visit.apps.url(view.app.label.as_str()))
    }

    pub(super) async fn publish(id: &str, node: &str, port: &str, name: &str) -> Result<App, Refused> {
        let (visit, actor, id) = on(id)?;
        let node = node.parse().map_err(|_| refuse(Error::NotFound("node")))?;
        let port = port.trim().parse::<i64>().map_err(|_| {
            let fault = Violation::new("port", catalogue::t!("tabs-apps-port-not-a-number"));
            let problem = Problem::new(Code::Invalid, fault.to_string());
            refuse_with(problem.with_violations(vec![fault]))
        })?;
        let name = Some(name.trim()).filter(|name| !name.is_empty());
        let published = visit.control.apps.publish(&actor, id, node, port, name).await.map_err(refuse)?;
        seen(&visit, &actor, id, published.id).await
    }

    pub(super) async fn change(
        id: &str,
        app: &str,
        name: Option<String>,
        pinned: Option<bool>,
        enabled: Option<bool>,
    ) -> Result<App, Refused> {
        let (visit, actor, id) = on(id)?;
        let app = app.parse::<AppId>().map_err(|_| refuse(Error::NotFound("app")))?;
        let name = name.map(|name| Some(name.trim().to_owned()).filter(|name| !name.is_empty()));
        let change = AppChange { name, pinned, enabled };
        visit.control.apps.update(&actor, id, app, change).await.map_err(refuse)?;
        seen(&visit, &actor, id, app).await
    }

    async fn seen(visit: &Visit, actor: &Actor, id: VclusterId, changed: AppId) -> Result<App, Refused> {
        let view = visit.control.apps.view(actor, id, changed).await.map_err(refuse)?;
        Ok(app(visit, &view))
    }
}
