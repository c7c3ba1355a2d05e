//! A thousand tabs that want their WebSocket back from an app that has stopped, again and again.

use anyhow::{Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};

use super::door::Door;
use crate::{
    figure::{Figure, single},
    installation::Installation,
};

const TABS: usize = 1000;
const TRIES: usize = 10;

pub(super) async fn measure(installation: &Installation, door: &Door) -> Result<Figure> {
    let before = installation.processor_time()?;
    let attempt = |_| async {
        let (_, status) = door.upgrade().await?;
        ensure!(status != 101, "an app that has stopped was reached");
        Ok(())
    };
    stream::iter(0..TABS * TRIES).map(attempt).buffer_unordered(TABS).try_collect::<()>().await?;
    let spent = installation.processor_time()?.saturating_sub(before);
    let each = spent.as_secs_f64() * 1000.0 / (TABS * TRIES) as f64;
    let name = "processor time to refuse a WebSocket of a stopped app";
    Ok(Figure::new(
        name,
        "ms",
        single(each),
        None,
        "≤ 0.25 ms: a quarter of a core for 1000 tabs a second",
        |ours, _| ours.p50 <= 0.25,
    ))
}
