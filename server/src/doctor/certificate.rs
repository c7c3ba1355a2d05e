//! The certificate: whether the pair can be used, how long it is good, whose names it carries.

use chrono::{DateTime, Utc};

use super::finding::Finding;
use crate::{
    config::Config,
    http::tls::pair::{Pair, Validity},
};

const CHECK: &str = "certificate";

#[derive(Debug)]
pub(super) struct Facts {
    /// `None` without TLS.
    pair: Option<Result<Pair, String>>,
    /// Hosts people type.
    hosts: Vec<String>,
    /// A host as apps get them.
    app_host: String,
}

pub(super) fn look(config: &Config) -> Facts {
    let pair = config.tls.files().map(|files| Pair::read(&files).map_err(|error| error.to_string()));
    let hosts = config.server.public_urls.iter().filter(|url| url.is_https()).map(|url| url.host().to_owned());
    Facts { pair, hosts: hosts.collect(), app_host: format!("label.{}", super::addresses::apps_domain(config)) }
}

pub(super) fn judge(facts: &Facts, now: DateTime<Utc>) -> Vec<Finding> {
    match &facts.pair {
        None => Vec::new(),
        Some(Err(error)) => {
            vec![Finding::problem(
                CHECK,
                error.clone(),
                "dockletd does not start with it; a running one keeps the pair it has.",
            )]
        }
        Some(Ok(pair)) => std::iter::once(validity(pair, now)).chain(names(pair, facts)).collect(),
    }
}

fn validity(pair: &Pair, now: DateTime<Utc>) -> Finding {
    let until = pair.until.format("%Y-%m-%d %H:%M UTC");
    let mend = "Renew it; a running dockletd reads the new one within seconds.";
    match pair.validity(now) {
        Validity::Good => Finding::ok(CHECK, format!("good until {until}, and the key is its own")),
        Validity::EndsSoon(days) => Finding::warning(CHECK, format!("it ends in {days} days, at {until}"), mend),
        Validity::Over => Finding::problem(CHECK, format!("it ended at {until}; browsers refuse it"), mend),
        Validity::NotYet => Finding::problem(
            CHECK,
            format!("it is good from {} on only; browsers refuse it", pair.from.format("%Y-%m-%d %H:%M UTC")),
            "Look at this host's clock, or wait.",
        ),
    }
}

fn names(pair: &Pair, facts: &Facts) -> Vec<Finding> {
    let missing = |host: &&String| !pair.covers(host);
    let mut findings: Vec<Finding> = facts
        .hosts
        .iter()
        .filter(missing)
        .map(|host| {
            Finding::problem(
                CHECK,
                format!("it is not for {host}, which people type"),
                format!("Order one with the name {host}."),
            )
        })
        .collect();
    if missing(&&facts.app_host) {
        let domain = facts.app_host.trim_start_matches("label.");
        findings.push(Finding::warning(
            CHECK,
            format!("it is not for hosts below {domain}, so browsers refuse apps"),
            format!("Order one that carries *.{domain}, too."),
        ));
    }
    findings
}
