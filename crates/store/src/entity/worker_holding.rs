//! `worker_holdings`: what reserved nodes hold on each worker, kept with every change of a vcluster.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "worker_holdings")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub worker: String,
    /// How many have a reserved node here.
    pub vclusters: i64,
    pub nodes: i64,
    pub cpu_milli: i64,
    pub memory_mib: i64,
    pub pids: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
