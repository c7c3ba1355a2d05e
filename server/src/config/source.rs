//! Where values come from: flag over environment over file over default, and names nobody knows are refused with the
//! nearest one that is. Knows the list of settings, not what any of them means.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use super::setting::Setting;

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
        file: Option<PathBuf>,
    ) -> Result<Self, SourceError> {
        let environment = from_environment(settings, environment)?;
        let values = file.as_ref().map(|path| from_file(settings, path)).transpose()?;
        Ok(Self { flags, environment, file: values.unwrap_or_default(), path: file.unwrap_or_default() })
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

fn from_file(settings: &[Setting], path: &PathBuf) -> Result<BTreeMap<String, String>, SourceError> {
    let text = std::fs::read_to_string(path).map_err(|fault| SourceError::Unreadable { path: path.clone(), fault })?;
    let table: toml::Table =
        text.parse().map_err(|fault| SourceError::NotToml { path: path.clone(), fault: Box::new(fault) })?;
    let place = format!("the configuration file {}", path.display());
    let mut values = BTreeMap::new();
    for (section, entries) in &table {
        let toml::Value::Table(entries) = entries else {
            return Err(unknown(settings, place, section.clone()));
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
        toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

/// The known name that is most like this one, when one is much like it.
pub(crate) fn near(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let scored = known.map(|known| (strsim::jaro_winkler(name, &known), known));
    scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}
