//! vclusters: made, looked at, acted on; and the feed of what changes.

use control::{
    Error,
    events::Feed,
    ports::store::{EventBody, ListedOperation, PageRequest},
    vclusters::{ChangeVcluster as Change, CreateVcluster as Create, LONGEST_PAGE},
};
use domain::{OperationId, VclusterId, name::NodeName, vcluster::Vcluster as Record};
use futures::{Stream, StreamExt as _};
use wire::{
    activity::Activity,
    event::Event,
    page::Page,
    session::Session,
    usage::NodeUsage,
    vcluster::{ChangeVcluster, CreateVcluster, UnreadableVcluster, Vcluster, VclusterPage},
};

use crate::{Api, Paged, Refusal, apps, page};

/// An event with its sequence.
pub type FeedItem = Result<(i64, Event), Refusal>;

impl Api {
    /// Who is signed in, what they may take and what they have taken.
    pub async fn session(&self) -> Result<Session, Refusal> {
        let (limits, usage) = self.control().accounts.holdings(&self.actor).await?;
        Ok(Session {
            name: self.actor.name.to_string(),
            role: self.actor.role,
            scopes: self.actor.scopes.list(),
            limits: limits.into(),
            usage: usage.into(),
        })
    }

    /// The client's own, newest first.
    pub async fn vclusters(&self, limit: u32, after: Option<VclusterId>) -> Result<VclusterPage, Refusal> {
        let listed = self.control().vclusters.list(&self.actor, PageRequest { after, limit }).await?;
        let items = listed.vclusters.iter().map(|vcluster| Vcluster::from_domain(vcluster, &self.actor.name)).collect();
        let unreadable = listed.unreadable.into_iter().map(UnreadableVcluster::from).collect();
        Ok(VclusterPage { items, unreadable, next: listed.next.map(|id| id.to_string()) })
    }

    /// All of them at once. Their owner's limit keeps the list short.
    pub async fn all_vclusters(&self) -> Result<(Vec<Vcluster>, Vec<UnreadableVcluster>), Refusal> {
        let (mut all, mut unreadable, mut after) = (Vec::new(), Vec::new(), None);
        loop {
            let page = self.vclusters(LONGEST_PAGE, after).await?;
            all.extend(page.items);
            unreadable.extend(page.unreadable);
            after = page.next.and_then(|next| next.parse().ok());
            if after.is_none() {
                return Ok((all, unreadable));
            }
        }
    }

    pub async fn vcluster(&self, id: VclusterId) -> Result<Vcluster, Refusal> {
        self.seen(self.control().vclusters.get(&self.actor, id).await)
    }

    /// With the same `key`, the same order gives the same vcluster.
    pub async fn create_vcluster(&self, create: CreateVcluster, key: Option<&str>) -> Result<Vcluster, Refusal> {
        let CreateVcluster { name, image, nodes, resources, autostart, description } = create;
        let (cpus, memory_mib) = (resources.cpus, resources.memory_mib);
        let create = Create { name, image, nodes, cpus, memory_mib, autostart, description };
        self.seen(self.control().vclusters.create(&self.actor, create, key).await)
    }

    /// What is absent stays.
    pub async fn change_vcluster(&self, id: VclusterId, change: ChangeVcluster) -> Result<Vcluster, Refusal> {
        let ChangeVcluster { autostart, description } = change;
        self.seen(self.control().vclusters.change(&self.actor, id, Change { autostart, description }).await)
    }

    /// Also repairs failed nodes.
    pub async fn start_vcluster(&self, id: VclusterId) -> Result<Vcluster, Refusal> {
        self.seen(self.control().vclusters.start(&self.actor, id).await)
    }

    pub async fn stop_vcluster(&self, id: VclusterId) -> Result<Vcluster, Refusal> {
        self.seen(self.control().vclusters.stop(&self.actor, id).await)
    }

    pub async fn restart_vcluster(&self, id: VclusterId) -> Result<Vcluster, Refusal> {
        self.seen(self.control().vclusters.restart(&self.actor, id).await)
    }

    /// `None` for one that could not be read, and is out of the record.
    pub async fn delete_vcluster(&self, id: VclusterId) -> Result<Option<Vcluster>, Refusal> {
        let deleted = self.control().vclusters.delete(&self.actor, id).await?;
        deleted.map(|vcluster| self.seen(Ok(vcluster))).transpose()
    }

    /// Takes one that cannot be read out of the record.
    pub async fn delete_unreadable(&self, id: VclusterId) -> Result<(), Refusal> {
        Ok(self.control().vclusters.delete_unreadable(&self.actor, id).await?)
    }

    pub async fn add_nodes(&self, id: VclusterId, count: i64) -> Result<Vcluster, Refusal> {
        self.seen(self.control().vclusters.add_nodes(&self.actor, id, count).await)
    }

    pub async fn remove_node(&self, id: VclusterId, node: NodeName) -> Result<Vcluster, Refusal> {
        self.seen(self.control().vclusters.remove_node(&self.actor, id, node).await)
    }

    /// What was done with one vcluster of the client or, without an id, with all of them, and what happened to them. Newest
    /// first.
    pub async fn activity(&self, id: Option<VclusterId>, limit: u32, after: Option<OperationId>) -> Paged<Activity> {
        let listed = self.control().vclusters.activity(&self.actor, id, page(limit, after)).await?;
        Ok(Page::cut(listed, limit, |listed| listed.operation.id.to_string(), activity))
    }

    /// What its nodes used within the last hour.
    pub async fn usage(&self, id: VclusterId) -> Result<Vec<NodeUsage>, Refusal> {
        let usage = self.control().apps.usage(&self.actor, id).await?;
        Ok(usage.iter().map(apps::node_usage).collect())
    }

    /// Where the feed stands: lists that are read after this are at least as new.
    pub async fn position(&self) -> Result<i64, Refusal> {
        Ok(self.control().events.position().await?)
    }

    /// What happens to the client's vclusters and jobs, from now on or behind an event that was seen. Ends with the first error.
    pub async fn feed(&self, after: Option<i64>) -> Result<impl Stream<Item = FeedItem> + Send + use<>, Refusal> {
        let feed = self.control().events.subscribe(&self.actor, after).await?;
        let name = self.actor.name.clone();
        Ok(feed.map(move |item| {
            Ok(match item? {
                Feed::Resync { sequence } => (sequence, Event::Resync),
                Feed::Event(stored) => (stored.sequence, event(stored.body, &name)),
            })
        }))
    }

    fn seen(&self, vcluster: Result<Record, Error>) -> Result<Vcluster, Refusal> {
        Ok(Vcluster::from_domain(&vcluster?, &self.actor.name))
    }
}

fn activity(listed: &ListedOperation) -> Activity {
    let ListedOperation { operation, vcluster, vcluster_name, by } = listed;
    Activity::from_domain(operation, (*vcluster, vcluster_name.as_ref()), by.as_ref())
}

fn event(body: EventBody, owner: &domain::name::UserName) -> Event {
    match body {
        EventBody::Vcluster { vcluster, usage } => {
            Event::Vcluster { vcluster: Box::new(Vcluster::from_domain(&vcluster, owner)), usage: usage.into() }
        }
        EventBody::VclusterGone { id, usage } => Event::VclusterGone { id: id.to_string(), usage: usage.into() },
        EventBody::Job { id, state } => Event::Job { job: id.as_i64(), state },
        // The limits are part of what is read then.
        EventBody::LimitsChanged => Event::Resync,
    }
}
