//! Where values come from: flag over environment over file over default, and unknown names are refused with the
//! nearest one that is. Knows the list of settings, not what any of them means.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::{Path, PathBuf},
};

use super::{oidc, setting::Setting};

/// Names under `DOCKLET_` that are not settings: the file's path, and what scripts and tests of this project pass around.
const NOT_SETTINGS: &[&str] = &["DOCKLET_CONFIG", "DOCKLET_INIT", "DOCKLET_TEST_RUN", "DOCKLET_CHROMIUM"];
const PREFIX: &str = "DOCKLET_";

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Flag(String),
    Environment(String),
    File(PathBuf),
    Default,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "flag --{name}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("cannot read the configuration file {}: {fault}", path.display())]
    Unreadable { path: PathBuf, fault: std::io::Error },
    #[error("the configuration file {} is not TOML: {fault}", path.display())]
    NotToml { path: PathBuf, fault: Box<toml::de::Error> },
    #[error("{place} has the unknown setting {name}{}", nearest(near.as_deref()))]
    Unknown { place: String, name: String, near: Option<String> },
    #[error("{place}: {name} must be a single value or a list of single values")]
    Shape { place: String, name: String },
}

fn nearest(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean {near}?")).unwrap_or_default()
}

/// What flags, environment and file say, by the setting's name.
#[derive(Debug, Default)]
pub struct Found {
    flags: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    file: BTreeMap<String, String>,
    path: PathBuf,
}

impl Found {
    /// `flags` are by the setting's name. `environment` is everything there is; what does not begin with `DOCKLET_` is left alone.
    pub fn new(
        settings: &[Setting],
        flags: BTreeMap<String, String>,
        environment: impl IntoIterator<Item = (String, String)>,
        file: Option<(PathBuf, toml::Table)>,
    ) -> Result<Self, SourceError> {
        let environment = from_environment(settings, environment)?;
        let (path, table) = file.unwrap_or_default();
        let file = from_table(settings, &path, &table)?;
        Ok(Self { flags, environment, file, path })
    }

    /// The setting's effective text and where it was written.
    pub fn text_of(&self, setting: &Setting) -> (&str, Place) {
        let name = setting.name();
        if let Some(text) = self.flags.get(&name) {
            (text, Place::Flag(setting.flag()))
        } else if let Some(text) = self.environment.get(&name) {
            (text, Place::Environment(setting.variable()))
        } else if let Some(text) = self.file.get(&name) {
            (text, Place::File(self.path.clone()))
        } else {
            (setting.default, Place::Default)
        }
    }
}

fn from_environment(
    settings: &[Setting],
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<BTreeMap<String, String>, SourceError> {
    let mut values = BTreeMap::new();
    for (name, text) in environment {
        if !name.starts_with(PREFIX) || NOT_SETTINGS.contains(&name.as_str()) {
            continue;
        }
        let Some(setting) = settings.iter().find(|setting| setting.variable() == name) else {
            let near = near(&name, settings.iter().map(Setting::variable));
            return Err(SourceError::Unknown { place: "the environment".into(), name, near });
        };
        values.insert(setting.name(), text);
    }
    Ok(values)
}

/// What the file holds.
pub(super) fn table(path: &Path) -> Result<toml::Table, SourceError> {
    let path = || path.to_path_buf();
    let text = std::fs::read_to_string(path()).map_err(|fault| SourceError::Unreadable { path: path(), fault })?;
    text.parse().map_err(|fault| SourceError::NotToml { path: path(), fault: Box::new(fault) })
}

/// The names under `[oidc.…]`, and those in variables that end in one of the `keys`.
pub(super) fn provider_names(environment: &[(String, String)], table: &toml::Table, keys: &[&str]) -> BTreeSet<String> {
    let in_file = table.get(oidc::SECTION).and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys);
    let prefix = format!("{PREFIX}{}_", oidc::SECTION.to_uppercase());
    let in_environment = environment.iter().filter_map(|(name, _)| {
        let rest = name.strip_prefix(&prefix)?;
        // The longest key that fits: client_secret_file ends in no other, but a name may end in one.
        let endings = keys.iter().map(|key| format!("_{}", key.to_uppercase()));
        let named = endings.filter_map(|ending| rest.strip_suffix(ending.as_str())).min_by_key(|name| name.len())?;
        Some(named.to_lowercase().replace('_', "-"))
    });
    in_file.cloned().chain(in_environment).collect()
}

/// Each section of the file with its dotted name.
fn sections(table: &toml::Table) -> impl Iterator<Item = (String, &toml::Value)> {
    table.iter().flat_map(|(name, value)| match value {
        toml::Value::Table(inner) if name == oidc::SECTION => {
            inner.iter().map(|(provider, value)| (format!("{name}.{provider}"), value)).collect::<Vec<_>>()
        }
        value => vec![(name.clone(), value)],
    })
}

fn from_table(settings: &[Setting], path: &Path, table: &toml::Table) -> Result<BTreeMap<String, String>, SourceError> {
    let place = format!("the configuration file {}", path.display());
    let mut values = BTreeMap::new();
    for (section, entries) in sections(table) {
        let toml::Value::Table(entries) = entries else {
            return Err(unknown(settings, place, section));
        };
        for (key, value) in entries {
            let name = format!("{section}.{key}");
            if !settings.iter().any(|setting| setting.name() == name) {
                return Err(unknown(settings, place, name));
            }
            let text = text_of(value).ok_or_else(|| SourceError::Shape { place: place.clone(), name: name.clone() })?;
            values.insert(name, text);
        }
    }
    Ok(values)
}

fn unknown(settings: &[Setting], place: String, name: String) -> SourceError {
    let near = near(&name, settings.iter().map(Setting::name));
    SourceError::Unknown { place, name, near }
}

/// The value as one would write it in a flag.
fn text_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        toml::Value::Array(list) => Some(list.iter().map(text_of).collect::<Option<Vec<_>>>()?.join(",")),
        // A rule about a claim, and perhaps the group it leads to.
        toml::Value::Table(rule) if (2..=3).contains(&rule.len()) => {
            let part = |key| rule.get(key).and_then(text_of);
            let text = format!("{}={}", part("claim")?, part("value")?);
            if rule.len() == 2 { Some(text) } else { Some(format!("{}: {text}", part("group")?)) }
        }
        toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

/// The known name that is most like this one, when one is much like it.
pub(crate) fn near(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let scored = known.map(|known| (strsim::jaro_winkler(name, &known), known));
    scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}
