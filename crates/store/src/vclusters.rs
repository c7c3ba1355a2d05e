//! Vclusters with their nodes and operations: loaded and saved as a whole, added up in the database.
//!
//! However many vclusters are asked for, there are two statements: one for the vclusters with their latest operations, one
//! for all of their nodes. Callers see to it that both see one state of the record.

pub(crate) mod holdings;
pub(crate) mod save;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use control::ports::store::{
    FoundVclusters, IdempotencyRecord, ListedOperation, OperationsOf, PageRequest, StoreError, VclusterReads,
    VclusterWrites,
};
use domain::{
    NodeId, OperationId, UserId, VclusterId,
    name::{UserName, VclusterName, WorkerName},
    node::Node,
    operation::Operation,
    quota::Usage,
    vcluster::{Vcluster, VclusterState},
};
use ipnet::Ipv4Net;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, IdenStatic as _, JoinType, QueryFilter,
    QueryOrder, QueryResult, QuerySelect, QueryTrait, RelationTrait, Select,
    prelude::Uuid,
    sea_query::{Expr, SelectStatement},
};

use crate::{
    entity::{idempotency_key, node, operation, user, vcluster},
    enum_text,
    fault::{fault, readable, unreadable},
    sql::{Connection, Sql, SqlTransaction},
};

/// Far fewer than a statement takes.
pub(crate) const MOST_PARAMETERS: usize = 500;
/// What the name of the user who asked for an operation is called in a list of them.
const BY_NAME: &str = "by_name";

#[async_trait::async_trait]
impl<C: Connection> VclusterReads for Sql<C> {
    async fn vcluster(&self, id: VclusterId) -> Result<Option<Vcluster>, StoreError> {
        load(&*self.snapshot().await?, id).await
    }

    async fn owner_of_vcluster(&self, id: VclusterId) -> Result<Option<UserId>, StoreError> {
        let owner = vcluster::Entity::find_by_id(id.as_uuid()).select_only().column(vcluster::Column::Owner);
        let owner = owner.into_tuple::<Uuid>().one(self.db()).await.map_err(fault("vcluster"))?;
        Ok(owner.map(UserId::new))
    }

    async fn vcluster_of_node(&self, node: NodeId) -> Result<Option<Vcluster>, StoreError> {
        let db = &*self.snapshot().await?;
        let owning = node::Entity::find_by_id(node.as_uuid()).select_only().column(node::Column::Vcluster);
        match owning.into_tuple::<Uuid>().one(db).await.map_err(fault("node"))? {
            Some(id) => load(db, VclusterId::new(id)).await,
            None => Ok(None),
        }
    }

    async fn vclusters_of(&self, owner: UserId, page: PageRequest<VclusterId>) -> Result<FoundVclusters, StoreError> {
        self::page(&*self.snapshot().await?, owner, page).await
    }

    async fn all_vclusters(&self) -> Result<FoundVclusters, StoreError> {
        all(&*self.snapshot().await?).await
    }

    async fn vclusters_on(&self, worker: &WorkerName) -> Result<FoundVclusters, StoreError> {
        with_nodes(&*self.snapshot().await?, node::Column::Worker.eq(worker.as_str())).await
    }

    async fn vclusters_with(&self, nodes: &[NodeId]) -> Result<FoundVclusters, StoreError> {
        let db = &*self.snapshot().await?;
        let mut all = FoundVclusters::default();
        for some in nodes.chunks(MOST_PARAMETERS) {
            let these = node::Column::Id.is_in(some.iter().map(|node| node.as_uuid()));
            all.extend(with_nodes(db, these).await?);
        }
        Ok(all)
    }

    async fn workers(&self) -> Result<Vec<WorkerName>, StoreError> {
        let names = node::Entity::find().select_only().column(node::Column::Worker).distinct().into_tuple::<String>();
        let names = names.all(self.db()).await.map_err(fault("node"))?;
        // No host has a name that does not parse.
        Ok(names.into_iter().filter_map(|name| name.parse().ok()).collect())
    }

    async fn usage(&self, owner: UserId) -> Result<Usage, StoreError> {
        holdings::of_owner(&*self.snapshot().await?, owner).await
    }

    async fn worker_usage(&self) -> Result<Vec<(WorkerName, Usage)>, StoreError> {
        holdings::of_workers(self.db()).await
    }

    async fn vcluster_counts(&self) -> Result<Vec<(VclusterState, u32)>, StoreError> {
        use vcluster::Column::{Id, State};
        let counts = vcluster::Entity::find().select_only().column(State).column_as(Id.count(), "vclusters");
        let counts = counts.filter(State.is_not_null()).group_by(State).into_tuple::<(String, i64)>();
        // A word that is none of ours came by another hand; the next start writes ours.
        let counted = |(word, count): (String, i64)| {
            Some((enum_text::read("state", &word).ok()?, u32::try_from(count).unwrap_or(u32::MAX)))
        };
        Ok(counts.all(self.db()).await.map_err(fault("vcluster"))?.into_iter().filter_map(counted).collect())
    }

    async fn subnets_in(&self, network: Ipv4Net) -> Result<Vec<Ipv4Net>, StoreError> {
        use vcluster::Column::{Subnet, SubnetStart};
        let (first, last) = (u32::from(network.network()), u32::from(network.broadcast()));
        let texts = vcluster::Entity::find().select_only().column(Subnet);
        // One that cannot be read otherwise has no start, and its containers may run none the less.
        let here =
            Condition::any().add(SubnetStart.between(i64::from(first), i64::from(last))).add(SubnetStart.is_null());
        let texts = texts.filter(here).into_tuple::<String>().all(self.db()).await.map_err(fault("subnet"))?;
        Ok(texts.into_iter().filter_map(|text| text.parse().ok()).collect())
    }

    async fn newest_subnet(&self) -> Result<Option<Ipv4Net>, StoreError> {
        use vcluster::Column::{Id, Subnet};
        let newest = vcluster::Entity::find().select_only().column(Subnet).order_by_desc(Id).limit(1);
        let text = newest.into_tuple::<String>().one(self.db()).await.map_err(fault("subnet"))?;
        Ok(text.and_then(|text| text.parse().ok()))
    }

    async fn operations(
        &self,
        of: OperationsOf,
        page: PageRequest<OperationId>,
    ) -> Result<Vec<ListedOperation>, StoreError> {
        let (mut listed, mut after) = (Vec::new(), page.after.map(OperationId::as_uuid));
        loop {
            let next = operations_behind(of, after, page.limit);
            let rows = self.db().query_all(&next).await.map_err(fault("operation"))?;
            for row in &rows {
                after = Some(row.try_get("", operation::Column::Id.as_str()).map_err(fault("operation"))?);
                match readable(listed_operation(row))? {
                    Ok(operation) => listed.push(operation),
                    Err(fault) => tracing::warn!(fault, "an operation is left out of a list"),
                }
            }
            let limit = page.limit as usize;
            if rows.len() < limit || listed.len() >= limit {
                listed.truncate(limit);
                return Ok(listed);
            }
        }
    }

    async fn idempotency(&self, user: UserId, key: &str) -> Result<Option<IdempotencyRecord>, StoreError> {
        let row = idempotency_key::Entity::find_by_id((user.as_uuid(), key.to_owned())).one(self.db()).await;
        Ok(row.map_err(fault("idempotency key"))?.map(IdempotencyRecord::from))
    }
}

#[async_trait::async_trait]
impl VclusterWrites for SqlTransaction {
    async fn insert_vcluster(&mut self, vcluster: &Vcluster) -> Result<(), StoreError> {
        save::insert(self.db(), vcluster).await
    }

    async fn save_vcluster(&mut self, vcluster: &Vcluster, now: DateTime<Utc>) -> Result<(), StoreError> {
        let savepoint = self.savepoint().await?;
        let done = save::save(savepoint.db(), vcluster, now).await;
        savepoint.end(done).await
    }

    async fn remove_vcluster(&mut self, id: VclusterId, now: DateTime<Utc>) -> Result<(), StoreError> {
        save::remove(self.db(), id, now).await
    }

    async fn note_happening(&mut self, vcluster: &Vcluster, happened: &Operation) -> Result<(), StoreError> {
        let insert = operation::Entity::insert(operation::row(vcluster, happened));
        insert.exec_without_returning(self.db()).await.map_err(fault("operation"))?;
        Ok(())
    }

    async fn insert_idempotency(&mut self, record: &IdempotencyRecord) -> Result<(), StoreError> {
        let savepoint = self.savepoint().await?;
        let insert = idempotency_key::Entity::insert(idempotency_key::ActiveModel::from(record));
        let done = insert.exec_without_returning(savepoint.db()).await.map(drop).map_err(fault("idempotency key"));
        savepoint.end(done).await
    }
}

pub(crate) async fn load(db: &impl ConnectionTrait, id: VclusterId) -> Result<Option<Vcluster>, StoreError> {
    let this = vcluster::Entity::find_by_id(id.as_uuid());
    let nodes = node::Entity::find().filter(node::Column::Vcluster.eq(id.as_uuid()));
    assemble(db, this, nodes).await?.pop().map(|(_, whole)| whole).transpose()
}

/// Newest first. What cannot be read of one keeps no other from being read, here and in `all`.
pub(crate) async fn page(
    db: &impl ConnectionTrait,
    owner: UserId,
    page: PageRequest<VclusterId>,
) -> Result<FoundVclusters, StoreError> {
    let older = page.after.map(|id| vcluster::Column::Id.lt(id.as_uuid()));
    let listed = vcluster::Entity::find()
        .filter(Condition::all().add(vcluster::Column::Owner.eq(owner.as_uuid())).add_option(older))
        .order_by_desc(vcluster::Column::Id)
        .limit(u64::from(page.limit));
    // The page again as a subquery: its ids as parameters could be more than a statement takes.
    let ids = listed.clone().select_only().column(vcluster::Column::Id).into_query();
    let nodes = node::Entity::find().filter(node::Column::Vcluster.in_subquery(ids));
    found(db, listed, nodes).await
}

/// Those that have a node of these. A vcluster whose nodes are asked for in two parts is found twice.
async fn with_nodes(db: &impl ConnectionTrait, these: Expr) -> Result<FoundVclusters, StoreError> {
    let theirs = node::Entity::find().select_only().column(node::Column::Vcluster).filter(these).into_query();
    let vclusters = vcluster::Entity::find().filter(vcluster::Column::Id.in_subquery(theirs.clone()));
    found(db, vclusters, node::Entity::find().filter(node::Column::Vcluster.in_subquery(theirs))).await
}

/// Oldest first.
pub(crate) async fn all(db: &impl ConnectionTrait) -> Result<FoundVclusters, StoreError> {
    found(db, vcluster::Entity::find().order_by_asc(vcluster::Column::Id), node::Entity::find()).await
}

async fn found(
    db: &impl ConnectionTrait,
    vclusters: Select<vcluster::Entity>,
    nodes: Select<node::Entity>,
) -> Result<FoundVclusters, StoreError> {
    let each = match assemble(db, vclusters.clone(), nodes).await {
        // A value that is not even of its column's kind spoils the statement that reads it.
        Err(StoreError::Unreadable { .. }) => one_by_one(db, vclusters).await?,
        read => read?,
    };
    let mut all = FoundVclusters::default();
    for (id, whole) in each {
        match readable(whole)? {
            Ok(vcluster) => all.vclusters.push(vcluster),
            Err(fault) => all.unreadable.push((id, fault)),
        }
    }
    Ok(all)
}

async fn one_by_one(db: &impl ConnectionTrait, vclusters: Select<vcluster::Entity>) -> Result<Each, StoreError> {
    let ids = vclusters.select_only().column(vcluster::Column::Id);
    let mut each = Vec::new();
    for id in ids.into_tuple::<Uuid>().all(db).await.map_err(fault("vcluster"))? {
        let id = VclusterId::new(id);
        let whole = load(db, id).await.transpose();
        each.extend(whole.map(|whole| (id, whole)));
    }
    Ok(each)
}

/// Writes what follows from the rest where it is something else: rows are from before it was kept, or were mended by hand.
/// What cannot be read is left as it is.
pub(crate) async fn derive(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    use vcluster::Column::{Id, State, SubnetStart};
    let kept = vcluster::Entity::find().select_only().columns([Id, State, SubnetStart]);
    let kept = kept.into_tuple::<(Uuid, Option<String>, Option<i64>)>().all(db).await.map_err(fault("vcluster"))?;
    let kept: HashMap<_, _> = kept.into_iter().map(|(id, state, start)| (id, (state, start))).collect();
    for vcluster in all(db).await?.vclusters {
        let follows = (Some(vcluster.state().as_str().to_owned()), Some(vcluster::start(vcluster.subnet)));
        if kept.get(&vcluster.id.as_uuid()) != Some(&follows) {
            save::save_row(db, &vcluster).await?;
        }
    }
    holdings::recount(db).await
}

type Each = Vec<(VclusterId, Result<Vcluster, StoreError>)>;

async fn assemble(
    db: &impl ConnectionTrait,
    vclusters: Select<vcluster::Entity>,
    nodes: Select<node::Entity>,
) -> Result<Each, StoreError> {
    let rows = vclusters.find_also_related(operation::Entity).all(db).await.map_err(fault("vcluster"))?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut nodes_of: HashMap<Uuid, Vec<node::Model>> = HashMap::with_capacity(rows.len());
    for row in nodes.all(db).await.map_err(fault("node"))? {
        nodes_of.entry(row.vcluster).or_default().push(row);
    }
    let mut whole = |row: vcluster::Model, operation: Option<operation::Model>| {
        let operation =
            operation.ok_or_else(|| unreadable("vcluster", row.id, "its operation is missing or unreadable"))?;
        let nodes = nodes_of.remove(&row.id).unwrap_or_default();
        let nodes = nodes.into_iter().map(Node::try_from).collect::<Result<Vec<_>, _>>()?;
        row.assemble(operation.try_into()?, nodes)
    };
    let each = rows.into_iter().map(|(row, operation)| (VclusterId::new(row.id), whole(row, operation)));
    Ok(each.collect())
}

fn operations_behind(of: OperationsOf, after: Option<Uuid>, limit: u32) -> SelectStatement {
    use operation::Column::{Id, Owner, Vcluster};
    let these = match of {
        OperationsOf::Vcluster(id) => Vcluster.eq(id.as_uuid()),
        OperationsOf::Owner(id) => Owner.eq(id.as_uuid()),
    };
    operation::Entity::find()
        .column_as(user::Column::Name, BY_NAME)
        .join(JoinType::LeftJoin, operation::Relation::By.def())
        .filter(Condition::all().add(these).add_option(after.map(|id| Id.lt(id))))
        .order_by_desc(Id)
        .limit(u64::from(limit))
        .into_query()
}

fn listed_operation(row: &QueryResult) -> Result<ListedOperation, StoreError> {
    let name: Option<String> = row.try_get("", BY_NAME).map_err(fault("user"))?;
    let row = operation::Model::from_query_result(row, "").map_err(fault("operation"))?;
    let parsed = |name: String| name.parse::<UserName>().map_err(|fault| unreadable("user", name, fault));
    let by = name.map(parsed).transpose()?;
    let vcluster = VclusterId::new(row.vcluster);
    // One that does not parse is the unreadable vcluster's fault, and keeps no operation from being read.
    let vcluster_name = row.vcluster_name.as_deref().and_then(|name| name.parse::<VclusterName>().ok());
    Ok(ListedOperation { operation: row.try_into()?, vcluster, vcluster_name, by })
}

#[cfg(test)]
mod tests;
