//! What dockletd is told: one struct per concern, flags over environment over file over default.
//!
//! Only this module reads flags, environment and file; everybody else is handed a struct.

use std::{collections::BTreeMap, path::PathBuf};

pub mod apps;
pub mod cargo_leptos;
pub mod database;
pub mod etcd;
pub mod limits;
pub mod log;
pub mod network;
pub mod reference;
pub mod server;
pub mod setting;
pub mod sign_in;
pub mod source;
pub mod tls;
mod value;
pub mod worker;

use setting::{Fault, Setting};
use source::{Found, SourceError};

/// Declares the sections once: the struct of all of them, their settings, and how they are read.
macro_rules! sections {
    ($($field:ident: $type:path),+ $(,)?) => {
        /// Everything, checked.
        #[derive(Debug, Clone)]
        pub struct Config {
            $(pub $field: $type,)+
        }

        /// Every setting there is, section by section.
        pub fn settings() -> impl Iterator<Item = &'static Setting> {
            [$(<$type>::SETTINGS),+].into_iter().flatten()
        }

        fn read(found: &Found) -> Result<Config, ConfigError> {
            let mut faults = Vec::new();
            $(let $field = <$type>::read(found, &mut faults);)+
            let all = || Some(Config { $($field: $field?,)+ });
            all().ok_or(ConfigError::Values(faults))
        }
    };
}

sections! {
    server: server::ServerConfig,
    tls: tls::TlsConfig,
    apps: apps::AppsConfig,
    log: log::LogConfig,
    database: database::DatabaseConfig,
    etcd: etcd::EtcdConfig,
    worker: worker::WorkerConfig,
    network: network::NetworkConfig,
    limits: limits::LimitsConfig,
    sign_in: sign_in::SignInConfig,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("{}", lines(.0))]
    Values(Vec<Fault>),
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}

/// A setting's effective value, to be shown.
#[derive(Debug, Clone)]
pub struct Effective {
    pub setting: &'static Setting,
    /// As one would write it, but for what is secret in it.
    pub text: String,
    pub place: source::Place,
}

/// What `load` has made: the checked structs, and each value with where it was written.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    pub effective: Vec<Effective>,
}

/// Brings flags (by the setting's name), environment and file together.
pub fn load(
    flags: BTreeMap<String, String>,
    environment: impl IntoIterator<Item = (String, String)>,
    file: Option<PathBuf>,
) -> Result<Loaded, ConfigError> {
    let list: Vec<Setting> = settings().copied().collect();
    let found = Found::new(&list, flags, environment, file)?;
    let config = read(&found)?;
    if let Some(fault) = config.tls.half().or_else(|| config.database.contradiction()) {
        return Err(ConfigError::Values(vec![fault]));
    }
    let effective = settings().map(|setting| effective(setting, &found)).collect();
    Ok(Loaded { config, effective })
}

fn effective(setting: &'static Setting, found: &Found) -> Effective {
    let (text, place) = found.text_of(setting);
    let text = match setting.secret {
        Some(masked) if !text.is_empty() => masked(text),
        _ => text.into(),
    };
    Effective { setting, text, place }
}

#[cfg(test)]
mod tests;
