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
    let (control, actor, id) = server::on(&id)?;
    server::answer(&actor, control.vclusters.get(&actor, id).await)
}

/// Makes the vcluster the form describes.
#[server(prefix = "/actions", endpoint = "create")]
pub(crate) async fn create(order: OrderForm) -> Result<Vcluster, Refused> {
    let made = match order.parse() {
        Ok(wanted) => server::create(wanted, Some(&order.idempotency_key())).await,
        Err(faults) => Err(server::invalid(faults)),
    };
    let next = match &made {
        Ok(vcluster) => crate::routes::vcluster(&vcluster.id),
        Err(refused) => crate::visit::refusal_address::<Create>(&order.address(), refused),
    };
    crate::visit::redirect_plain_form(&next);
    made
}

/// Makes a vcluster with everything chosen for the user, as far as their limits allow.
#[server(prefix = "/actions", endpoint = "quick-create")]
pub(crate) async fn quick_create() -> Result<Vcluster, Refused> {
    let overview = super::overview::read_overview().await?;
    let vcluster = server::create(crate::defaults::order(&overview), None).await?;
    leptos_axum::redirect(&crate::routes::vcluster_at_node(&vcluster.id, "node-0"));
    Ok(vcluster)
}

/// Starts (or repairs), stops or restarts it.
#[server(prefix = "/actions", endpoint = "act")]
pub(crate) async fn act(id: String, verb: Verb) -> Result<Vcluster, Refused> {
    let (control, actor, id) = server::on(&id)?;
    let vcluster = match verb {
        Verb::Start => control.vclusters.start(&actor, id).await,
        Verb::Stop => control.vclusters.stop(&actor, id).await,
        Verb::Restart => control.vclusters.restart(&actor, id).await,
    };
    server::answer(&actor, vcluster)
}

/// Whether what runs when its host goes down is to run again by itself.
#[server(prefix = "/actions", endpoint = "autostart")]
pub(crate) async fn set_autostart(id: String, autostart: bool) -> Result<Vcluster, Refused> {
    let (control, actor, id) = server::on(&id)?;
    server::answer(&actor, control.vclusters.set_autostart(&actor, id, autostart).await)
}

/// Deletes it, if `typed` is its name.
#[server(prefix = "/actions", endpoint = "delete")]
pub(crate) async fn delete_vcluster(id: String, typed: String) -> Result<Vcluster, Refused> {
    use control::Error;

    let (control, actor, id) = server::on(&id)?;
    let name = server::answer(&actor, control.vclusters.get(&actor, id).await)?.name;
    crate::pages::vclusters::confirm::check(&name, &typed).map_err(|fault| server::invalid(vec![fault]))?;
    let deleted =
        control.vclusters.delete(&actor, id).await.and_then(|deleted| deleted.ok_or(Error::NotFound("vcluster")));
    let vcluster = server::answer(&actor, deleted)?;
    leptos_axum::redirect(crate::routes::HOME);
    Ok(vcluster)
}

/// Takes one that cannot be read out of the record. One that can be read is deleted where its name is asked for.
#[server(prefix = "/actions", endpoint = "delete-unreadable")]
pub(crate) async fn delete_unreadable(id: String) -> Result<(), Refused> {
    let (control, actor, id) = server::on(&id)?;
    control.vclusters.delete_unreadable(&actor, id).await.map_err(crate::visit::refuse)?;
    crate::visit::redirect_plain_form(crate::routes::HOME);
    Ok(())
}

/// Adds `count` nodes like the ones it has.
#[server(prefix = "/actions", endpoint = "add-nodes")]
pub(crate) async fn add_nodes(id: String, count: i64) -> Result<Vcluster, Refused> {
    let (control, actor, id) = server::on(&id)?;
    server::answer(&actor, control.vclusters.add_nodes(&actor, id, count).await)
}

/// Removes one node, with everything in it but the home.
#[server(prefix = "/actions", endpoint = "remove-node")]
pub(crate) async fn remove_node(id: String, node: String) -> Result<Vcluster, Refused> {
    let (control, actor, id) = server::on(&id)?;
    let node = node.parse().map_err(|_| server::no_such("node"))?;
    server::answer(&actor, control.vclusters.remove_node(&actor, id, node).await)
}

#[cfg(feature = "ssr")]
pub(crate) use server::all_of;

/// What the functions above share on the server.
#[cfg(feature = "ssr")]
mod server {
    use control::{Control, Error, actor::Actor, ports::store::PageRequest, vclusters::LONGEST_PAGE};
    use domain::{VclusterId, Violation, vcluster::Vcluster as Record};
    use wire::{
        problem::{Code, Problem},
        vcluster::{CreateVcluster, UnreadableVcluster, Vcluster},
    };

    use crate::{
        api::Refused,
        visit::{actor, refuse, refuse_with, visit},
    };

    pub(super) fn on(id: &str) -> Result<(Control, Actor, VclusterId), Refused> {
        let actor = actor()?;
        // What is not an id is not the name of anything either.
        let id = id.parse().map_err(|_| no_such("vcluster"))?;
        Ok((visit()?.control, actor, id))
    }

    pub(super) fn answer(actor: &Actor, vcluster: Result<Record, Error>) -> Result<Vcluster, Refused> {
        vcluster.map(|vcluster| Vcluster::from_domain(&vcluster, &actor.name)).map_err(refuse)
    }

    pub(super) fn no_such(what: &'static str) -> Refused {
        refuse(Error::NotFound(what))
    }

    pub(super) fn invalid(faults: Vec<Violation>) -> Refused {
        refuse_with(Problem::new(Code::Invalid, "Some fields are not right yet.").with_violations(faults))
    }

    pub(super) async fn create(order: CreateVcluster, key: Option<&str>) -> Result<Vcluster, Refused> {
        let actor = actor()?;
        let CreateVcluster { name, image, nodes, resources, autostart } = order;
        let order = control::vclusters::CreateVcluster {
            name,
            image,
            nodes,
            cpus: resources.cpus,
            memory_mib: resources.memory_mib,
            autostart,
        };
        answer(&actor, visit()?.control.vclusters.create(&actor, order, key).await)
    }

    /// Every vcluster of the actor, newest first, and those that cannot be read. Their own limit keeps the list short.
    pub(crate) async fn all_of(
        control: &Control,
        actor: &Actor,
    ) -> Result<(Vec<Vcluster>, Vec<UnreadableVcluster>), Error> {
        let (mut all, mut unreadable, mut after) = (Vec::new(), Vec::new(), None);
        loop {
            let page = control.vclusters.list(actor, PageRequest { after, limit: LONGEST_PAGE }).await?;
            all.extend(page.vclusters.iter().map(|vcluster| Vcluster::from_domain(vcluster, &actor.name)));
            unreadable.extend(page.unreadable.into_iter().map(UnreadableVcluster::from));
            after = page.next;
            if after.is_none() {
                return Ok((all, unreadable));
            }
        }
    }
}
