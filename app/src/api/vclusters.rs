//! vclusters: made, looked at, acted on.

use domain::operation::OperationKind;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};
use wire::vcluster::Vcluster;

use super::Refused;
use crate::pages::vclusters::order::OrderForm;

/// What can be done to a whole vcluster without saying more. Deleting asks for its name, too, and has its own function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    Start,
    Stop,
    Restart,
}

impl Verb {
    /// As a form writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }

    /// The operation it begins.
    pub const fn operation(self) -> OperationKind {
        match self {
            Self::Start => OperationKind::Start,
            Self::Stop => OperationKind::Stop,
            Self::Restart => OperationKind::Restart,
        }
    }
}

/// One vcluster of the signed-in user.
#[server(prefix = "/actions", endpoint = "vcluster", input = GetUrl)]
pub(crate) async fn read_vcluster(id: String) -> Result<Vcluster, Refused> {
    let (api, id) = server::on(&id)?;
    Ok(api.vcluster(id).await?)
}

/// Makes the vcluster the form describes.
#[server(prefix = "/actions", endpoint = "create")]
pub(crate) async fn create(order: OrderForm) -> Result<Vcluster, Refused> {
    let made = match order.parse() {
        Ok(wanted) => {
            let key = order.idempotency_key();
            crate::request_context::api()?.create_vcluster(wanted, Some(&key)).await.map_err(Refused::from)
        }
        Err(faults) => Err(server::invalid(faults)),
    };
    let next = match &made {
        Ok(vcluster) => crate::routes::vcluster(&vcluster.id),
        Err(refused) => crate::request_context::refusal_address::<Create>(&order.address(), refused),
    };
    crate::request_context::redirect_plain_form(&next);
    made
}

/// Makes a vcluster with everything chosen for the user, as far as their limits allow.
#[server(prefix = "/actions", endpoint = "quick-create")]
pub(crate) async fn quick_create() -> Result<Vcluster, Refused> {
    let overview = super::overview::read_overview().await?;
    let vcluster = crate::request_context::api()?.create_vcluster(crate::defaults::order(&overview), None).await?;
    leptos_axum::redirect(&crate::routes::vcluster_at_node(&vcluster.id, "node-0"));
    Ok(vcluster)
}

/// Starts (or repairs), stops or restarts it.
#[server(prefix = "/actions", endpoint = "act")]
pub(crate) async fn act(id: String, verb: Verb) -> Result<Vcluster, Refused> {
    let (api, id) = server::on(&id)?;
    Ok(match verb {
        Verb::Start => api.start_vcluster(id).await,
        Verb::Stop => api.stop_vcluster(id).await,
        Verb::Restart => api.restart_vcluster(id).await,
    }?)
}

/// Keeps what is chosen: `autostart` when it is given, the description with `describe`.
#[server(prefix = "/actions", endpoint = "change-vcluster")]
pub(crate) async fn change_vcluster(
    id: String,
    #[server(default)] autostart: Option<bool>,
    #[server(default)] describe: bool,
    #[server(default)] description: Option<String>,
) -> Result<Vcluster, Refused> {
    let (api, id) = server::on(&id)?;
    // In a form, an empty field and one that is not there read the same, and lines end as in Windows.
    let description = describe.then(|| description.unwrap_or_default().replace("\r\n", "\n"));
    Ok(api.change_vcluster(id, wire::vcluster::ChangeVcluster { autostart, description }).await?)
}

/// Deletes it, if `typed` is its name.
#[server(prefix = "/actions", endpoint = "delete")]
pub(crate) async fn delete_vcluster(id: String, typed: String) -> Result<Vcluster, Refused> {
    let (api, id) = server::on(&id)?;
    let name = api.vcluster(id).await?.name;
    crate::pages::vclusters::delete::confirm(&name, &typed).map_err(|fault| server::invalid(vec![fault]))?;
    let vcluster = api
        .delete_vcluster(id)
        .await?
        .ok_or_else(|| crate::request_context::refuse(control::Error::NotFound("vcluster")))?;
    leptos_axum::redirect(crate::routes::HOME);
    Ok(vcluster)
}

/// Takes one that cannot be read out of the record, and returns its id. One that can be read is deleted where its name is
/// asked for.
#[server(prefix = "/actions", endpoint = "delete-unreadable")]
pub(crate) async fn delete_unreadable(id: String) -> Result<String, Refused> {
    let (api, vcluster) = server::on(&id)?;
    api.delete_unreadable(vcluster).await?;
    crate::request_context::redirect_plain_form(crate::routes::HOME);
    Ok(id)
}

/// Adds `count` nodes like the ones it has.
#[server(prefix = "/actions", endpoint = "add-nodes")]
pub(crate) async fn add_nodes(id: String, count: i64) -> Result<Vcluster, Refused> {
    let (api, id) = server::on(&id)?;
    Ok(api.add_nodes(id, count).await?)
}

/// Removes one node, with everything in it but the home.
#[server(prefix = "/actions", endpoint = "remove-node")]
pub(crate) async fn remove_node(id: String, node: String) -> Result<Vcluster, Refused> {
    let (api, id) = server::on(&id)?;
    Ok(api.remove_node(id, ::api::id(&node, "node")?).await?)
}

/// What the functions above share on the server.
#[cfg(feature = "ssr")]
mod server {
    use api::Api;
    use domain::{VclusterId, Violation};
    use wire::problem::{Code, Problem};

    use crate::{api::Refused, request_context};

    pub(super) fn on(id: &str) -> Result<(Api, VclusterId), Refused> {
        Ok((request_context::api()?, api::id(id, "vcluster")?))
    }

    pub(super) fn invalid(faults: Vec<Violation>) -> Refused {
        request_context::refuse_with(Problem::new(Code::Invalid, "Some fields are not valid.").with_violations(faults))
    }
}
