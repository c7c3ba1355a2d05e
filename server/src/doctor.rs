//! `dockletd doctor`: what a host needs, looked at one by one, and how to mend what is missing.
//!
//! Each module looks (I/O) and judges (pure: facts in, findings out). Nothing here changes the host.

mod addresses;
mod advice;
mod certificate;
mod data;
mod database;
mod disk;
pub(crate) mod engine;
pub mod finding;
mod kernel;
mod network;
mod shared;

use chrono::{DateTime, Utc};
use docker::DockerEngine;
use domain::name::RuntimeName;

use crate::config::{Config, ConfigError, limits::Group, worker::WorkerMode};
use finding::{Finding, Report};

/// Looks at everything. A configuration that cannot be read is a finding, and the rest is looked at with the defaults.
pub async fn examine(config: Result<Config, ConfigError>, now: DateTime<Utc>) -> Report {
    let mut findings = Vec::new();
    let config = match config {
        Ok(config) => {
            findings.push(Finding::ok("configuration", "every setting can be read"));
            config
        }
        Err(error) => {
            findings.push(misconfigured(&error));
            match crate::config::load(Default::default(), [], None) {
                Ok(loaded) => loaded.config,
                // The defaults are tested to be readable.
                Err(_) => return Report { findings },
            }
        }
    };
    findings.extend(examine_host(&config, now).await);
    Report { findings }
}

fn misconfigured(error: &ConfigError) -> Finding {
    Finding::problem(
        "configuration",
        error.to_string(),
        "Correct it; `dockletd check-config` shows what holds and where it was written, docs/CONFIG.md what may be set. \
         What follows was looked at with the defaults.",
    )
}

async fn examine_host(config: &Config, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = kernel::judge(&kernel::look(), config.server.max_connections);
    findings.extend(shared::judge(&shared::look(), shared::Wanted::of(config)));
    // With its workers elsewhere, the portal needs no engine.
    let mut root = None;
    let mut engines_clock = None;
    if config.worker.mode == WorkerMode::Local {
        let engine = engine::look(&DockerEngine::new(&config.worker.docker), config).await;
        root = engine.about.as_ref().ok().map(|about| about.root_dir.clone());
        engines_clock = engine.clock();
        findings.extend(engine::judge(&engine, &config.worker.docker, &config.worker.base_image));
        findings.extend(engine.about.iter().map(|about| engine::judge_runtimes(about, &wanted_runtimes(config))));
        findings.extend(engine.about.iter().flat_map(|about| advice::judge(about, &advice::look())));
    }
    findings.push(kernel::judge_clock(now, engines_clock, data::last_written(config)));
    findings.extend(disk::judge(&disk::look(&config.server.data_dir, root.as_deref())));
    findings.extend(data::judge(&data::look(config)));
    findings.extend(database::judge(database::look(config).await));
    findings.push(data::judge_etcd(&data::look_at_etcd(config).await));
    findings.extend(advice::judge_etcd(config));
    findings.push(network::judge_net(config.network.cluster_net, &network::look()));
    findings.push(network::judge_port(config.server.listen, &network::look_at_port(config), &data::holder(config)));
    findings.extend(certificate::judge(&certificate::look(config), now));
    findings.extend(addresses::judge(&addresses::look(config).await));
    findings
}

/// The lines of the list of images are in the record, which this does not open: the health page looks at those.
fn wanted_runtimes(config: &Config) -> Vec<(RuntimeName, String)> {
    let of = |group: &Group| Some((group.runtime.clone()?, format!("limits.groups, {}", group.name)));
    config.limits.groups.iter().filter_map(of).collect()
}
