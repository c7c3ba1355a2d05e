//! Taking jobs in, durably: through control alone and over REST, on both databases, beside the bare INSERT of the same row. The jobs
//! are held, so that none begins meanwhile; the queue looks at them all the same.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use futures::{FutureExt, future::BoxFuture};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use testkit::RealPostgres;

use super::{
    MOST_PENDING,
    composed::Composed,
    database::{Place, copy},
    job, one_by_one, rate,
};
use crate::{
    Options,
    client::Client,
    figure::{Figure, milliseconds, single},
    installation::Installation,
};

const ONE: usize = 300;
const CLIENTS: usize = 32;
/// Of each of them.
const EACH: usize = 100;
const ARRAYS: usize = 10;
const FLOOR: &str = "the same INSERT, committed alone";

/// By one client one after the other, and by many at once.
struct Taken {
    one: Vec<Duration>,
    a_second: f64,
}

pub(super) async fn measure(options: &Options) -> Result<Vec<Figure>> {
    let server = RealPostgres::start_durable();
    let mut figures = Vec::new();
    for place in [Place::file()?, Place::on(&server)] {
        let kind = place.kind;
        let (ours, floor) = through_control(&place).await?;
        // The one before has held jobs that this one should not be shown.
        let url = if place.is_file() { None } else { Some(Place::on(&server).url) };
        let (rest, arrays) = over_rest(options, url.as_deref()).await?;
        for (way, taken) in [("control", ours), ("REST", rest)] {
            figures.push(one(&format!("a job is taken in, {way}, {kind}"), &taken, &floor));
            figures.push(many(&format!("{CLIENTS} clients submit, {way}, {kind}"), &taken, &floor));
        }
        figures.push(array(&format!("an array of 100,000 is taken in, REST, {kind}"), &arrays, &floor));
    }
    Ok(figures)
}

fn one(name: &str, ours: &Taken, floor: &Taken) -> Figure {
    let floor = Some((FLOOR, milliseconds(&floor.one)));
    Figure::new(name, "ms", milliseconds(&ours.one), floor, "≤ 5 ms p50", |ours, _| ours.p50 <= 5.0)
}

fn many(name: &str, ours: &Taken, floor: &Taken) -> Figure {
    let floor = Some((FLOOR, single(floor.a_second)));
    let a_second = single(ours.a_second);
    Figure::new(name, "per second", a_second, floor, "≥ 2,000 per second", |ours, _| ours.p50 >= 2000.0)
}

fn array(name: &str, ours: &[Duration], floor: &Taken) -> Figure {
    let floor = Some((FLOOR, milliseconds(&floor.one)));
    Figure::new(name, "ms", milliseconds(ours), floor, "≤ 1 s p50", |ours, _| ours.p50 <= 1000.0)
}

async fn taken<F>(work: impl Fn() -> F + Clone + Send + Sync + 'static) -> Result<Taken>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    Ok(Taken { one: one_by_one(ONE, &work).await?, a_second: rate(CLIENTS, EACH, work).await? })
}

/// By control, and then by nobody but the database.
async fn through_control(place: &Place) -> Result<(Taken, Taken)> {
    let store = place.record().await?;
    let composed = Arc::new(Composed::on(&store).await?);
    let first = composed.submit().await?;
    let submitting = Arc::clone(&composed);
    let ours = taken(move || {
        let composed = Arc::clone(&submitting);
        async move { composed.submit().await.map(drop) }
    })
    .await?;
    // Its queue does not look while the floor is measured.
    drop(composed);
    let plain = place.plain(u32::try_from(CLIENTS)?).await?;
    let insert: Arc<str> = copy(&plain, first).await?.into();
    let inserting = plain.clone();
    let floor = taken(move || {
        let (plain, insert) = (inserting.clone(), Arc::clone(&insert));
        async move {
            plain.execute_unprepared(&insert).await?;
            anyhow::Ok(())
        }
    })
    .await?;
    plain.close().await?;
    store.close().await?;
    Ok((ours, floor))
}

/// Single jobs, and arrays. `database`: the server's, instead of a file.
async fn over_rest(options: &Options, database: Option<&str>) -> Result<(Taken, Vec<Duration>)> {
    let most = MOST_PENDING.to_string();
    let mut environment = vec![("DOCKLET_JOBS_MOST_PENDING", most.as_str())];
    environment.extend(database.map(|url| ("DOCKLET_DATABASE_URL", url)));
    let installation = Installation::start_with(&options.dockletd, &environment).await?;
    let client = Client::new(installation.url(), installation.token()?);
    let mut held = job("true");
    held["hold"] = json!(true);
    let alone = taken(submitting(client.clone(), held.clone())).await?;
    held["array"] = json!("0-99999");
    let arrays = one_by_one(ARRAYS, submitting(client, held)).await?;
    Ok((alone, arrays))
}

fn submitting(
    client: Client,
    job: Value,
) -> impl Fn() -> BoxFuture<'static, Result<()>> + Clone + Send + Sync + 'static {
    let job = Arc::new(job);
    move || {
        let (client, job) = (client.clone(), Arc::clone(&job));
        async move { client.submit_job(&job).await.map(drop) }.boxed()
    }
}
