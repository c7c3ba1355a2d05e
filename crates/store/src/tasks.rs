//! Tasks.

use control::ports::store::{FoundTasks, StoreError, TaskReads, TaskWrites};
use domain::{TaskId, name::WorkerName, task::Task};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, IdenStatic, QueryFilter, QueryOrder,
    QueryTrait, Select, sea_query::OnConflict,
};

use crate::{
    entity::task,
    fault::{fault, readable},
    sql::{Connection, Sql, SqlTransaction},
    vclusters::MOST_PARAMETERS,
};

#[async_trait::async_trait]
impl<C: Connection> TaskReads for Sql<C> {
    async fn task(&self, id: TaskId) -> Result<Option<Task>, StoreError> {
        let row = task::Entity::find_by_id(id.as_uuid()).one(self.db()).await.map_err(fault("task"))?;
        row.map(Task::try_from).transpose()
    }

    async fn tasks(&self, ids: &[TaskId]) -> Result<Vec<Task>, StoreError> {
        let mut tasks = Vec::new();
        for some in ids.chunks(MOST_PARAMETERS) {
            let these = task::Entity::find().filter(task::Column::Id.is_in(some.iter().map(|id| id.as_uuid())));
            tasks.extend(found(self.db(), these).await?.tasks);
        }
        Ok(tasks)
    }

    async fn tasks_on(&self, worker: Option<&WorkerName>) -> Result<FoundTasks, StoreError> {
        use task::Column::{Cleared, Id, Worker};
        let here = worker.map(|worker| Worker.eq(worker.as_str()));
        let left =
            task::Entity::find().filter(Condition::all().add(Cleared.eq(false)).add_option(here)).order_by_asc(Id);
        found(self.db(), left).await
    }
}

#[async_trait::async_trait]
impl TaskWrites for SqlTransaction {
    async fn save_task(&mut self, task: &Task) -> Result<(), StoreError> {
        use task::Column::{Begun, Cleared, FinishedAt, Generation, HostGone, Id, Intent, State};
        let changing = [Generation, Intent, State, Begun, FinishedAt, Cleared, HostGone];
        let replace = OnConflict::column(Id).update_columns(changing).to_owned();
        let insert = task::Entity::insert(task::ActiveModel::from(task)).on_conflict(replace);
        insert.exec_without_returning(self.db()).await.map_err(fault("task"))?;
        Ok(())
    }
}

async fn found(db: &impl ConnectionTrait, tasks: Select<task::Entity>) -> Result<FoundTasks, StoreError> {
    let mut found = FoundTasks::default();
    for row in db.query_all(&tasks.into_query()).await.map_err(fault("task"))? {
        let id = TaskId::new(row.try_get("", task::Column::Id.as_str()).map_err(fault("task"))?);
        let model = task::Model::from_query_result(&row, "").map_err(fault("task"));
        match readable(model.and_then(Task::try_from))? {
            Ok(task) => found.tasks.push(task),
            Err(fault) => found.unreadable.push((id, fault)),
        }
    }
    Ok(found)
}
