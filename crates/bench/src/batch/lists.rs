//! Pages of an owner's jobs among a million, on both databases, as the record gives them.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use control::ports::store::{JobFilter, JobReads, PageRequest, Store};
use domain::{JobId, UserId, job::JobState};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use store::SqlStore;
use testkit::RealPostgres;

use super::{
    composed::Composed,
    database::{Place, columns, copy_for_all},
};
use crate::{
    figure::{Figure, quantile, single},
    listing::other_owner,
};

const OWNERS: u32 = 1_000;
/// Of each owner; those of all owners by turns, as people submit them.
const EACH: u32 = 1_000;
/// As the console asks for them: one more tells that there is another page.
const PAGE: u32 = 51;
const ROUNDS: usize = 400;

pub(super) async fn measure() -> Result<Vec<Figure>> {
    let server = RealPostgres::start_durable();
    let mut figures = Vec::new();
    for place in [Place::file()?, Place::on(&server)] {
        let store = place.record().await?;
        let plain = place.plain(4).await?;
        let owners = fill(&store, &plain).await?;
        if !place.is_file() {
            // A server does so by itself, a while later.
            plain.execute_unprepared("ANALYZE jobs").await?;
        }
        figures.extend(pages(place.kind, &store, &plain, &owners).await?);
        plain.close().await?;
        store.close().await?;
    }
    Ok(figures)
}

/// The users, each of whom has as many jobs.
async fn fill(store: &SqlStore, plain: &DatabaseConnection) -> Result<Vec<UserId>> {
    let composed = Composed::on(store).await?;
    let first = composed.submit().await?;
    let mut owners = vec![composed.user()];
    // Nobody looks at a queue of so many.
    drop(composed);
    let mut tx = store.begin().await?;
    for number in 1..OWNERS {
        owners.push(other_owner(&mut *tx, number).await?);
    }
    tx.commit().await?;
    let columns = columns(plain).await?;
    for round in 0..EACH {
        plain.execute_unprepared(&copy_for_all(&columns, first, state(round))).await?;
    }
    Ok(owners)
}

/// Most are over, and most of those went well.
const fn state(round: u32) -> JobState {
    match round % 50 {
        0 => JobState::Pending,
        1..5 => JobState::Failed,
        5..8 => JobState::Cancelled,
        8 => JobState::Timeout,
        _ => JobState::Completed,
    }
}

async fn pages(kind: &str, store: &SqlStore, plain: &DatabaseConnection, owners: &[UserId]) -> Result<Vec<Figure>> {
    let middle = JobId::try_from(i64::from(OWNERS) * i64::from(EACH) / 2)?;
    let newest = listed(store, owners, None, None).await?;
    let behind = listed(store, owners, None, Some(middle)).await?;
    let failed = listed(store, owners, Some(JobState::Failed), None).await?;
    let none = listed(store, owners, Some(JobState::NodeFail), None).await?;
    let floor = floor(plain, owners).await?;
    let p95 = |samples: &[Duration]| single(quantile(samples, 0.95));
    let figure = |what: &str, samples: &[Duration]| {
        let floor = Some(("the newest by a bare SELECT", p95(&floor)));
        let name = format!("1,000,000 jobs, {kind}: {what}, p95");
        Figure::new(name, "ms", p95(samples), floor, "≤ 50 ms p95", |ours, _| ours.p50 <= 50.0)
    };
    Ok(vec![
        figure("a user's newest", &newest),
        figure("a page in the middle", &behind),
        figure("a user's failed ones", &failed),
        figure("a state that none is in", &none),
    ])
}

/// How long each page takes, of one owner after the other.
async fn listed(
    store: &SqlStore,
    owners: &[UserId],
    state: Option<JobState>,
    after: Option<JobId>,
) -> Result<Vec<Duration>> {
    let mut filter = JobFilter::default();
    filter.states.extend(state);
    let mut samples = Vec::new();
    for owner in owners.iter().cycle().step_by(7).take(ROUNDS) {
        let begun = Instant::now();
        let page = store.jobs_of(*owner, &filter, PageRequest { after, limit: PAGE }).await?;
        samples.push(begun.elapsed());
        let full = page.len() == PAGE as usize;
        ensure!(full || state == Some(JobState::NodeFail), "a page has {} jobs", page.len());
    }
    Ok(samples)
}

async fn floor(plain: &DatabaseConnection, owners: &[UserId]) -> Result<Vec<Duration>> {
    let ask = format!("SELECT * FROM jobs WHERE owner = $1 ORDER BY id DESC LIMIT {PAGE}");
    let mut samples = Vec::new();
    for owner in owners.iter().cycle().step_by(7).take(ROUNDS) {
        let values = [owner.as_uuid().into()];
        let ask = Statement::from_sql_and_values(plain.get_database_backend(), ask.as_str(), values);
        let begun = Instant::now();
        let rows = plain.query_all_raw(ask).await?;
        samples.push(begun.elapsed());
        ensure!(rows.len() == PAGE as usize, "a page has {} rows", rows.len());
    }
    Ok(samples)
}
