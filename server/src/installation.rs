//! The installation as its administrators see it: what dockletd stands on and how that is, the hosts, the disk, and the
//! configuration with where each value came from. Changes nothing. Control says which users may look.

use std::path::PathBuf;

use api::InstallationView;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use control::{Control, Error, actor::Actor, installation::HostView};
use wire::admin::{Disk, Health, Host, Notice, Part, Setting};

use crate::{
    config::{Effective, source::Place},
    doctor::engine::newer_would,
    http::readiness::Readiness,
};

pub struct Installation {
    pub control: Control,
    pub readiness: Readiness,
    pub settings: Vec<Effective>,
    pub base_image: String,
    pub data_dir: PathBuf,
    pub started_at: DateTime<Utc>,
}

impl std::fmt::Debug for Installation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Installation").field("data_dir", &self.data_dir).finish_non_exhaustive()
    }
}

#[async_trait]
impl InstallationView for Installation {
    async fn health(&self, actor: &Actor) -> Result<Health, Error> {
        actor.administrator()?;
        let view = &self.control.installation;
        let (hosts, notices, parts) = tokio::join!(view.hosts(actor), view.notices(actor), self.readiness.parts());
        let part = |part: &crate::http::readiness::Part| Part {
            name: part.name.to_owned(),
            ready: part.ready,
            reason: part.reason.clone(),
            version: part.version.clone(),
            remark: part.version.as_deref().filter(|_| part.name == "engine").and_then(newer_would),
            answered_in_ms: part.answered_in_ms,
        };
        Ok(Health {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at,
            parts: parts.iter().map(part).collect(),
            hosts: hosts?.into_iter().map(host).collect(),
            notices: notices?.into_iter().map(|notice| Notice { at: notice.at, text: notice.text }).collect(),
            disk: self.disk(),
        })
    }

    fn settings(&self, actor: &Actor) -> Result<Vec<Setting>, Error> {
        actor.administrator()?;
        Ok(self.settings.iter().map(setting).collect())
    }

    fn base_image(&self) -> String {
        self.base_image.clone()
    }
}

impl Installation {
    /// A directory that cannot be asked about has nothing free: that is what it is worth then.
    fn disk(&self) -> Disk {
        let path = self.data_dir.display().to_string();
        match rustix::fs::statvfs(&self.data_dir) {
            Ok(fs) => {
                let bytes = |blocks: u64| blocks.saturating_mul(fs.f_frsize);
                Disk { path, total_bytes: bytes(fs.f_blocks), free_bytes: bytes(fs.f_bavail) }
            }
            Err(error) => {
                tracing::warn!(%error, path, "cannot find out how full the disk of the data directory is");
                Disk { path, total_bytes: 0, free_bytes: 0 }
            }
        }
    }
}

fn host(view: HostView) -> Host {
    let cpus = |milli: u64| milli as f64 / 1000.0;
    let (cpu_milli, memory_mib) = view.info.as_ref().map_or((0, 0), |info| (info.cpu_milli, info.memory_mib));
    Host {
        name: view.name.to_string(),
        ready: view.unready.is_none(),
        reason: view.unready,
        remark: view.info.as_ref().and_then(|info| info.remark.clone()),
        cpus: cpus(cpu_milli),
        memory_mib,
        offered_cpus: cpus(view.offered_cpu_milli),
        offered_memory_mib: view.offered_memory_mib,
        offered_pids: view.offered_pids,
        runtimes: view.info.iter().flat_map(|info| info.runtimes.iter().map(ToString::to_string)).collect(),
        held: view.held.into(),
    }
}

fn setting(entry: &Effective) -> Setting {
    Setting {
        section: entry.setting.section.to_owned(),
        key: entry.setting.key.to_owned(),
        value: without_credentials(&entry.text),
        source: entry.place.to_string(),
        changed: entry.place != Place::Default,
        about: entry.setting.about.trim().to_owned(),
    }
}

/// `http://user:password@host` is a way to write an address, too.
fn without_credentials(text: &str) -> String {
    let masked = text.split(',').map(|part| match part.split_once("://") {
        Some((scheme, rest)) => match rest.rsplit_once('@') {
            Some((_, host)) => format!("{scheme}://(set)@{host}"),
            None => part.to_owned(),
        },
        None => part.to_owned(),
    });
    masked.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown_in_an_address() {
        assert_eq!(without_credentials("http://a:b@c:1,http://d:2"), "http://(set)@c:1,http://d:2");
        for text in ["", "127.0.0.1:8000", "/var/lib/docklet", "https://docklet.example.org"] {
            assert_eq!(without_credentials(text), text);
        }
    }
}
