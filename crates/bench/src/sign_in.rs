//! The daemon's memory after many people have signed in at the same moment: hashing takes 19 MiB for each, and all of it is
//! to go back.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::{
    Options,
    figure::{Figure, single},
    installation::Installation,
};

/// Each signs in with so many browsers: what one account may have in the queue.
const USERS: usize = 15;
const BROWSERS: usize = 4;
const LATER: Duration = Duration::from_secs(60);
/// What the same kept before argon2's memory went back, in megabytes.
const BEFORE: f64 = 383.0;

pub(crate) async fn measure(options: &Options) -> Result<Vec<Figure>> {
    let installation = Installation::start(&options.dockletd).await?;
    let mut people = Vec::new();
    for number in 0..USERS {
        let name = format!("person-{number}");
        let told = installation.cli(&["user", "add", &name])?;
        let password = told.split_whitespace().next_back().context("`dockletd user add` printed no password")?;
        people.push((name, password.to_owned()));
    }
    let idle = installation.resident()?;
    let http = reqwest::Client::new();
    let url = format!("{}/api/v1/session", installation.url());
    let sign_in = |(name, password): &(String, String)| {
        let request = http.post(&url).json(&json!({"name": name, "password": password}));
        async move {
            let answer = request.send().await?;
            ensure!(answer.status().is_success(), "signing in was answered {}", answer.status());
            Ok(())
        }
    };
    let at_once = people.iter().flat_map(|person| std::iter::repeat_n(person, BROWSERS));
    futures::future::try_join_all(at_once.map(sign_in)).await?;
    tokio::time::sleep(LATER).await;
    let name = format!("dockletd a minute after {} sign-ins at once", USERS * BROWSERS);
    let after = single(installation.resident()? as f64 / 1e6);
    let before = Some(("the same with a buffer each", single(BEFORE)));
    let idle = single(idle as f64 / 1e6);
    Ok(vec![
        Figure::new("dockletd before anybody signs in", "MB", idle, None, "≤ 60 MB", |ours, _| ours.p50 <= 60.0),
        Figure::new(name, "MB", after, before, "≤ 60 MB", |ours, _| ours.p50 <= 60.0),
    ])
}
