//! An array and its elements in the record: an element is split off when it begins or is cancelled before, and the array follows
//! its elements, each in the transaction that changes both. Decides no turn.

use chrono::{DateTime, Utc};
use domain::{
    JobRef, TaskId,
    job::{Array, Cancelled, Counts, Indexes, Job, JobState},
};

use super::end_task;
use crate::{
    Error,
    actor::Actor,
    ports::store::{JobFilter, JobReads, PageRequest, StoreError, Transaction},
    unit_of_work::UnitOfWork,
    vclusters::LONGEST_PAGE,
};

/// The actor's job; of an element that has not begun, what it will be.
pub(super) async fn find(reads: &(impl JobReads + ?Sized), actor: &Actor, job: JobRef) -> Result<Job, Error> {
    let found = actor.own(reads.job(job.id).await?)?;
    let Some(index) = job.index else { return Ok(found) };
    // Read after its array: one that begins in between is found.
    let begun = reads.part_of(found.id, index).await?;
    begun.or_else(|| found.element(index)).ok_or(Error::NotFound("job"))
}

/// What is to begin where this job's turn has come: of an array, its first element that is left. `None` where as many of the array
/// run as may.
pub(crate) async fn turn_of(work: &mut UnitOfWork, job: Job) -> Result<Option<Job>, StoreError> {
    let array = match job.part {
        Some(part) => work.tx.job(part.of).await?,
        None if job.spec.array.is_some() => Some(job.clone()),
        None => None,
    };
    let Some(mut array) = array else { return Ok(Some(job)) };
    if let Some(most) = at_most(&array)
        && work.tx.active_elements(array.id).await? >= most
    {
        return Ok(None);
    }
    match array.left.first() {
        // It has begun before.
        _ if job.part.is_some() => Ok(Some(job)),
        Some(index) if array.state == JobState::Pending => split(work, &mut array, index).await,
        _ => Ok(None),
    }
}

/// So many of its elements may run at a time.
fn at_most(array: &Job) -> Option<u32> {
    array.spec.array.as_ref().and_then(Array::at_most)
}

/// Makes an element that is left a job of its own. While none is left and it goes on, its array runs.
async fn split(work: &mut UnitOfWork, array: &mut Job, index: u32) -> Result<Option<Job>, StoreError> {
    let Some(element) = array.element(index) else { return Ok(None) };
    let element = work.tx.insert_element(element, at_most(array)).await?;
    array.left.remove(index);
    let changed = array.follow_elements(&Counts::from([(JobState::Pending, 1)]), work.now);
    work.tx.save_job(array).await?;
    if changed {
        work.tell_job(array).await?;
    }
    Ok(Some(element))
}

/// The array of this element, which is over; after it has followed it. `None` for what is no element.
pub(super) async fn follow(
    tx: &mut dyn Transaction,
    element: &Job,
    now: DateTime<Utc>,
) -> Result<Option<Job>, StoreError> {
    let Some(part) = element.part else { return Ok(None) };
    let mut array = match tx.job(part.of).await {
        Ok(Some(array)) => array,
        // One that cannot be read holds up nothing else.
        Ok(None) | Err(StoreError::Unreadable { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    // As long as any is left, there is nothing to count.
    if !array.left.is_empty() {
        return Ok(Some(array));
    }
    let counts = counts(tx, &array).await?;
    if array.follow_elements(&counts, now) {
        tx.save_job(&array).await?;
        if array.state.is_final() {
            tracing::info!(job = %array.id, state = array.state.as_str(), reason = array.reason.as_deref(), "array ended");
        }
    }
    Ok(Some(array))
}

async fn counts(tx: &dyn Transaction, array: &Job) -> Result<Counts, StoreError> {
    Ok(tx.element_counts(&[array.id]).await?.remove(&array.id).unwrap_or_default())
}

/// Ends what is no array. Returns the tasks whose workers are to be told; `None` where it is over, or to end already.
pub(super) async fn cancel_one(work: &mut UnitOfWork, job: &mut Job) -> Result<Option<Vec<TaskId>>, StoreError> {
    if let Some(part) = job.part.filter(|_| !job.has_number() && job.state == JobState::Pending) {
        // With a number of its own it stays known.
        let Some(mut array) = work.tx.job(part.of).await? else { return Ok(None) };
        let Some(element) = split(work, &mut array, part.index).await? else { return Ok(None) };
        *job = element;
    }
    let order = match job.cancel(work.now) {
        Cancelled::Nothing => return Ok(None),
        Cancelled::AtOnce => None,
        Cancelled::Task(task) => end_task(&mut *work.tx, task).await?,
    };
    save(work, job).await?;
    Ok(Some(order.into_iter().collect()))
}

/// A job that was ended before its task, if it has one: an array comes to what its elements come to, that of an element follows it.
pub(crate) async fn save(work: &mut UnitOfWork, job: &mut Job) -> Result<(), StoreError> {
    if job.spec.array.is_some() {
        let counts = counts(&*work.tx, job).await?;
        job.follow_elements(&counts, work.now);
    }
    work.save_job(job).await?;
    if job.state.is_final()
        && let Some(array) = follow(&mut *work.tx, job, work.now).await?
    {
        work.tell_job(&array).await?;
    }
    Ok(())
}

/// Writes down one that is to run once more, and has its array follow. An element that never began gets a number of its own: until
/// then it goes by its array's, whose row this is not.
pub(super) async fn save_again(work: &mut UnitOfWork, job: &mut Job) -> Result<(), StoreError> {
    if let Some(part) = job.part.filter(|_| !job.has_number()) {
        let most = work.tx.job(part.of).await?.as_ref().and_then(at_most);
        *job = work.tx.insert_element(job.clone(), most).await?;
    }
    work.save_job(job).await?;
    if let Some(array) = follow(&mut *work.tx, job, work.now).await? {
        work.tell_job(&array).await?;
    }
    Ok(())
}

/// Of an array that waits, ends what does: what has not begun never does, nor does another attempt. What runs goes on, and the array
/// ends with it. Returns as `cancel_one` does.
pub(super) async fn cancel_waiting(work: &mut UnitOfWork, array: &mut Job) -> Result<Option<Vec<TaskId>>, StoreError> {
    if array.state != JobState::Pending {
        return Ok(None);
    }
    array.left = Indexes::default();
    work.tx.cancel_elements(array.id, work.now).await?;
    save(work, array).await?;
    Ok(Some(Vec::new()))
}

/// Ends an array: what has not begun never does, and what runs is told to end. Of one that was told so already, an element may have
/// been requeued since. Returns as `cancel_one` does.
pub(super) async fn cancel_all(work: &mut UnitOfWork, array: &mut Job) -> Result<Option<Vec<TaskId>>, StoreError> {
    if array.state.is_final() {
        return Ok(None);
    }
    let mut changed = array.cancel_left();
    // There may be many, and they are over at once: their array tells it of them all.
    changed |= work.tx.cancel_elements(array.id, work.now).await? > 0;
    let running = JobFilter { states: vec![JobState::Configuring, JobState::Running], ..JobFilter::default() };
    let (mut orders, mut after) = (Vec::new(), None);
    loop {
        let page = PageRequest { after, limit: LONGEST_PAGE };
        let elements = work.tx.elements_of(array.id, &running, page).await?;
        let Some(last) = elements.last() else { break };
        after = last.part.map(|part| part.index);
        for mut element in elements {
            let Cancelled::Task(task) = element.cancel(work.now) else { continue };
            orders.extend(end_task(&mut *work.tx, task).await?);
            work.save_job(&element).await?;
            changed = true;
        }
    }
    if !changed {
        return Ok(None);
    }
    save(work, array).await?;
    Ok(Some(orders))
}
