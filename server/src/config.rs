//! What dockletd is told: one struct per concern, flags over environment over file over default.
//!
//! Only this module reads flags, environment and file; all others are handed a struct.

use std::{collections::BTreeMap, path::PathBuf};

pub mod apps;
pub mod auth;
pub mod cargo_leptos;
pub mod cluster;
pub mod database;
pub mod etcd;
pub mod firewall;
pub mod images;
pub mod jobs;
pub mod limits;
pub mod log;
pub mod network;
pub mod oidc;
pub mod reference;
pub mod server;
pub mod setting;
pub mod sign_in;
pub mod source;
pub mod tls;
pub mod value;
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
            /// In the order of their names.
            pub oidc: Vec<oidc::NamedProvider>,
        }

        /// Every setting there is, section by section, but for those of OpenID providers: the administrator names their
        /// sections.
        pub fn settings() -> impl Iterator<Item = &'static Setting> {
            [$(<$type>::SETTINGS),+].into_iter().flatten()
        }

        fn read(found: &Found, providers: &Providers) -> Result<Config, ConfigError> {
            let mut faults = Vec::new();
            $(let $field = <$type>::read(<$type>::SETTINGS, found, &mut faults);)+
            let oidc = read_providers(found, providers, &mut faults);
            let all = || Some(Config { $($field: $field?,)+ oidc: oidc? });
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
    cluster: cluster::ClusterConfig,
    worker: worker::WorkerConfig,
    images: images::ImagesConfig,
    network: network::NetworkConfig,
    firewall: firewall::FirewallConfig,
    limits: limits::LimitsConfig,
    jobs: jobs::JobsConfig,
    sign_in: sign_in::SignInConfig,
    auth: auth::AuthConfig,
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
    let environment: Vec<(String, String)> = environment.into_iter().collect();
    let table = file.as_deref().map(source::table).transpose()?.unwrap_or_default();
    let providers = providers(&environment, &table);
    let of_providers = providers.iter().flat_map(|(_, settings)| settings.iter());
    let list: Vec<Setting> = settings().chain(of_providers).copied().collect();
    let found = Found::new(&list, flags, environment, file.map(|path| (path, table)))?;
    let config = read(&found, &providers)?;
    if let Some(fault) = config.fault() {
        return Err(ConfigError::Values(vec![fault]));
    }
    let of_providers = providers.iter().flat_map(|(_, settings)| settings.iter());
    let effective = settings().chain(of_providers).map(|setting| effective(setting, &found)).collect();
    Ok(Loaded { config, effective })
}

impl Config {
    /// What no setting alone can be blamed for.
    fn fault(&self) -> Option<Fault> {
        let nobody = !self.auth.local && self.oidc.is_empty();
        let nobody = nobody.then(|| Fault {
            setting: "auth.local".into(),
            place: "no [oidc.NAME] is configured".into(),
            rule: "is off, and there is no OpenID provider: nobody could sign in".into(),
        });
        self.tls
            .half()
            .or_else(|| self.database.contradiction())
            .or(nobody)
            .or_else(|| self.server.believes_nodes(&self.network))
            .or_else(|| self.apps_come_back_to_nobody())
            .or_else(|| self.limits.fault())
            .or_else(|| self.oidc.iter().find_map(|provider| provider.fault(&self.limits)))
    }
}

impl Config {
    /// Apps send people back to the portal to be let in. Without an address of it, that is where the apps' domain itself leads,
    /// which is another name than the one people have signed in under.
    fn apps_come_back_to_nobody(&self) -> Option<Fault> {
        let domain = self.apps.domain.to_string();
        let is_local = domain == "localhost" || domain.ends_with(".localhost");
        let unknown = self.server.public_urls.is_empty() && !is_local && !self.apps.path_mode;
        unknown.then(|| Fault {
            setting: "apps.domain".into(),
            place: domain,
            rule: "needs server.public_urls, too: the address people type, to which apps send them to be let in".into(),
        })
    }
}

/// Each provider's name, and its settings under its own section.
type Providers = Vec<(String, &'static [Setting])>;

/// Those that the environment or the file speaks of, by name.
fn providers(environment: &[(String, String)], table: &toml::Table) -> Providers {
    let keys: Vec<&str> = oidc::ProviderConfig::SETTINGS.iter().map(|setting| setting.key).collect();
    let mut names = source::provider_names(environment, table, &keys);
    names.retain(|name| oidc::is_name(name));
    names
        .into_iter()
        .map(|name| {
            let settings = settings_of(&name);
            (name, settings)
        })
        .collect()
}

/// A setting lives as long as the program, as all others do; it is made once, at the start.
fn settings_of(name: &str) -> &'static [Setting] {
    let section: &'static str = format!("{}.{name}", oidc::SECTION).leak();
    let own = oidc::ProviderConfig::SETTINGS.iter().map(|setting| Setting { section, ..*setting });
    own.collect::<Vec<_>>().leak()
}

fn read_providers(found: &Found, providers: &Providers, faults: &mut Vec<Fault>) -> Option<Vec<oidc::NamedProvider>> {
    let read = providers.iter().map(|(name, settings)| {
        let config = oidc::ProviderConfig::read(settings, found, faults)?;
        Some(oidc::NamedProvider { name: name.clone(), config })
    });
    // All are read before any is missed.
    read.collect::<Vec<_>>().into_iter().collect()
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
