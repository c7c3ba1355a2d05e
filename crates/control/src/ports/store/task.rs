//! Tasks as the record has them.

use async_trait::async_trait;
use domain::{TaskId, name::WorkerName, task::Task};

use super::StoreError;

/// Tasks as they were asked for, and those among them whose rows cannot be read: the others go on without them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FoundTasks {
    pub tasks: Vec<Task>,
    /// With what is wrong.
    pub unreadable: Vec<(TaskId, String)>,
}

#[async_trait]
pub trait TaskReads: Send + Sync {
    async fn task(&self, id: TaskId) -> Result<Option<Task>, StoreError>;
    /// Those of these that there are and that can be read, however many they are.
    async fn tasks(&self, ids: &[TaskId]) -> Result<Vec<Task>, StoreError>;
    /// Those that something may be left of on their hosts: on this worker's, or on any.
    async fn tasks_on(&self, worker: Option<&WorkerName>) -> Result<FoundTasks, StoreError>;
}

#[async_trait]
pub trait TaskWrites: Send {
    /// Inserts it or replaces what may change of it.
    async fn save_task(&mut self, task: &Task) -> Result<(), StoreError>;
}
