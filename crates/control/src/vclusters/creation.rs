//! Making a vcluster: everything a client wrote is checked and every fault named, then all is reserved in one transaction.

use domain::{
    VclusterId, Violation,
    image::ImageRef,
    name::VclusterName,
    operation::OperationKind,
    quota::Usage,
    resources::Resources,
    subnet,
    user::Scope,
    vcluster::{Description, Intent, Vcluster},
};
use sha2::{Digest, Sha256};

use super::{Vclusters, parse_count};
use crate::{
    Error,
    actor::Actor,
    admission::NewNodes,
    apps,
    ports::store::{IdempotencyRecord, StoreError, Transaction},
    subnets,
    unit_of_work::UnitOfWork,
};

/// What a client asks for; unchecked, with numbers wide enough for every wrong value.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateVcluster {
    pub name: String,
    pub image: String,
    pub nodes: i64,
    pub cpus: f64,
    pub memory_mib: i64,
    /// What ran when its host went down runs again by itself.
    pub autostart: bool,
    pub description: String,
}

/// The same, checked.
struct Order {
    name: VclusterName,
    image: ImageRef,
    nodes: u8,
    resources: Resources,
    autostart: bool,
    description: Description,
}

impl Order {
    /// `pids`: how many processes the installation gives to each node.
    fn parse(create: &CreateVcluster, pids: u32) -> Result<Self, Error> {
        let mut faults = Vec::new();
        let name = create.name.parse().map_err(|fault| faults.push(fault)).ok();
        let image = create.image.parse().map_err(|fault| faults.push(fault)).ok();
        let nodes = match parse_count("nodes", create.nodes) {
            Err(Error::Invalid(fault)) => {
                faults.extend(fault);
                None
            }
            count => Some(count?),
        };
        let memory = u64::try_from(create.memory_mib).unwrap_or(0);
        let resources = Resources::parse(create.cpus, memory, pids).map_err(|fault| faults.extend(fault)).ok();
        let description = create.description.parse().map_err(|fault| faults.push(fault)).ok();
        match (name, image, nodes, resources, description) {
            (Some(name), Some(image), Some(nodes), Some(resources), Some(description)) => {
                Ok(Self { name, image, nodes, resources, autostart: create.autostart, description })
            }
            _ => Err(Error::Invalid(faults)),
        }
    }
}

impl Vclusters {
    /// Accepts a new vcluster. The same Idempotency-Key with the same request answers with the vcluster it made before.
    pub async fn create(
        &self,
        actor: &Actor,
        create: CreateVcluster,
        idempotency_key: Option<&str>,
    ) -> Result<Vcluster, Error> {
        actor.may(Scope::Vclusters)?;
        let order = Order::parse(&create, self.policy.pids)?;
        if !self.images.is_base(&order.image) {
            // Who brings the image brings what runs in it, beside the home.
            actor.may(Scope::Ssh)?;
        }
        let key = idempotency_key.map(check_key).transpose()?;
        let mut tx = self.store.begin().await?;
        if let Some(made) = self.made_before(&mut *tx, actor, key, &create).await? {
            return Ok(made);
        }
        let (vcluster, usage) = self.reserve(&mut *tx, actor, order).await?;
        if let Some(key) = key {
            let record = IdempotencyRecord {
                user: actor.user,
                key: key.to_owned(),
                fingerprint: fingerprint(&create),
                vcluster: vcluster.id,
                created_at: vcluster.created_at,
            };
            tx.insert_idempotency(&record).await?;
        }
        let mut work = UnitOfWork::new(tx, vcluster.created_at);
        match work.insert(&vcluster, usage).await {
            Err(StoreError::Taken("name")) => return Err(Error::NameTaken(vcluster.name.to_string())),
            inserted => inserted?,
        }
        apps::give_new_jupyter(&mut *work.tx, &*self.clock, &*self.entropy, &vcluster).await?;
        self.commit(work, vcluster.id).await?;
        metrics::counter!("docklet_operations_accepted_total", "kind" => "create").increment(1);
        tracing::info!(vcluster = %vcluster.id, nodes = vcluster.nodes.len(), user = %actor.name, "vcluster accepted");
        Ok(vcluster)
    }

    /// The image, limits, hosts and a subnet, then the vcluster with its nodes ordered to run, and what its owner holds with it.
    async fn reserve(&self, tx: &mut dyn Transaction, actor: &Actor, order: Order) -> Result<(Vcluster, Usage), Error> {
        let quota = tx.quota_assignment(actor.user).await?;
        let runtime = self.images.check(tx, &quota, &order.image).await?;
        let (owner, beside) = (actor.user, Usage::default().with_vcluster());
        let (count, each, runtime) = (order.nodes, order.resources, runtime.as_ref());
        let (new, usage) =
            self.place_nodes(tx, NewNodes { owner, quota: &quota, count, each, runtime, beside }).await?;
        let prefix = subnet::prefix_for(order.nodes);
        let subnet = subnets::free(tx, &self.hosts, self.policy.cluster_net, prefix).await?;
        let operation = self.operation(actor, OperationKind::Create);
        let mut vcluster = Vcluster {
            id: VclusterId::new(self.entropy.id(operation.started_at)),
            owner: actor.user,
            name: order.name,
            image: order.image,
            resources: order.resources,
            subnet,
            intent: Intent::Running,
            nodes: Vec::new(),
            created_at: operation.started_at,
            autostart: order.autostart,
            description: order.description,
            operation: operation.clone(),
        };
        vcluster.add_nodes(new, operation)?;
        Ok((vcluster, usage))
    }

    async fn made_before(
        &self,
        tx: &mut dyn Transaction,
        actor: &Actor,
        key: Option<&str>,
        create: &CreateVcluster,
    ) -> Result<Option<Vcluster>, Error> {
        let Some(key) = key else { return Ok(None) };
        let Some(record) = tx.idempotency(actor.user, key).await? else { return Ok(None) };
        if record.fingerprint != fingerprint(create) {
            return Err(Error::IdempotencyMismatch);
        }
        tx.vcluster(record.vcluster).await?.map(Some).ok_or(Error::IdempotencyGone)
    }
}

pub(crate) fn check_key(key: &str) -> Result<&str, Error> {
    if (1..=128).contains(&key.len()) && key.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(key);
    }
    let rule = "must have 1 to 128 visible ASCII characters";
    Err(Error::Invalid(vec![Violation::new("Idempotency-Key", rule)]))
}

fn fingerprint(create: &CreateVcluster) -> String {
    let CreateVcluster { name, image, nodes, cpus, memory_mib, autostart, description } = create;
    // The usual choice is not written: a request from before there was one is still the same.
    let autostart = if *autostart { "" } else { "/down" };
    let description = match description.len() {
        0 => String::new(),
        length => format!("/{length}:{description}"),
    };
    // Lengths in front keep two different requests from being written alike.
    let text =
        format!("{}:{name}{}:{image}{nodes}/{cpus}/{memory_mib}{autostart}{description}", name.len(), image.len());
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_different_requests_never_have_one_fingerprint() {
        let create = |memory_mib: i64, autostart: bool, description: &str| CreateVcluster {
            name: "lab".into(),
            image: "a".into(),
            nodes: 1,
            cpus: 1.0,
            memory_mib,
            autostart,
            description: description.into(),
        };
        let alike = [
            (create(102, true, "4"), create(1024, true, "")),
            (create(64, true, "/down"), create(64, false, "")),
            (create(64, true, "1:a"), create(64, true, "a")),
        ];
        for (one, other) in alike {
            assert_ne!(fingerprint(&one), fingerprint(&other), "{one:?} {other:?}");
        }
    }
}
