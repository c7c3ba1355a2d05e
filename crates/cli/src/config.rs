//! The file with servers and tokens: `contexts.toml` in the configuration directory. It holds secrets, so it is readable by its
//! owner alone or not used. Knows no server.

use std::{
    collections::BTreeMap,
    env, fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::failure::{Failure, Kind};

const FILE: &str = "contexts.toml";
const LOCK: &str = "contexts.lock";

/// A server, and who one is there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Context {
    pub(crate) url: String,
    pub(crate) token: String,
}

#[derive(Default, Serialize, Deserialize)]
struct File {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    #[serde(default)]
    contexts: BTreeMap<String, Context>,
}

/// All contexts of this person on this machine.
pub(crate) struct Contexts {
    path: PathBuf,
    file: File,
}

/// Where our files are: `DOCKLET_CONFIG_DIR`, else `docklet` in the usual place for configuration.
pub(crate) fn directory() -> Result<PathBuf, Failure> {
    let below = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    below("DOCKLET_CONFIG_DIR")
        .or_else(|| below("XDG_CONFIG_HOME").map(|folder| folder.join("docklet")))
        .or_else(|| below("HOME").map(|home| home.join(".config/docklet")))
        .ok_or_else(|| {
            Failure::usage("There is no home directory: set DOCKLET_CONFIG_DIR to a directory for docklet's files.")
        })
}

impl Contexts {
    pub(crate) fn load() -> Result<Self, Failure> {
        let path = directory()?.join(FILE);
        let file = match fs::File::open(&path) {
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => File::default(),
            Err(fault) => return Err(unusable(&path, &fault.to_string())),
            Ok(file) => read(&path, file)?,
        };
        Ok(Self { path, file })
    }

    /// Loads, changes and saves them; others that do so at the same time wait.
    pub(crate) fn change<T>(change: impl FnOnce(&mut Self) -> Result<T, Failure>) -> Result<T, Failure> {
        let path = directory()?.join(LOCK);
        let fault = |fault: io::Error| unusable(&path, &fault.to_string());
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory()?).map_err(fault)?;
        let lock = fs::OpenOptions::new().create(true).append(true).mode(0o600).open(&path).map_err(fault)?;
        flock(&lock, FlockOperation::LockExclusive).map_err(|error| fault(error.into()))?;
        let mut contexts = Self::load()?;
        let changed = change(&mut contexts)?;
        contexts.save()?;
        Ok(changed)
    }

    /// The name of the current one.
    pub(crate) fn current(&self) -> Option<&str> {
        self.file.current.as_deref()
    }

    /// The one that is named, else the current one.
    pub(crate) fn chosen(&self, name: Option<&str>) -> Result<&Context, Failure> {
        let missing = || {
            let what = match self.file.contexts.is_empty() {
                true => "You are not signed in to any Docklet: docklet login URL",
                false => "No context is the current one: docklet context use NAME",
            };
            Failure::new(Kind::NotSignedIn, what)
        };
        let name = name.or(self.file.current.as_deref()).ok_or_else(missing)?;
        self.file.contexts.get(name).ok_or_else(|| unknown(name))
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &Context, bool)> {
        let current = self.file.current.as_deref();
        self.file.contexts.iter().map(move |(name, context)| (name.as_str(), context, current == Some(name.as_str())))
    }

    /// Adds it or takes the place of one of its name, and makes it the current one.
    pub(crate) fn put(&mut self, name: &str, context: Context) -> Result<(), Failure> {
        check_name(name)?;
        self.file.contexts.insert(name.to_owned(), context);
        self.file.current = Some(name.to_owned());
        Ok(())
    }

    pub(crate) fn make_current(&mut self, name: &str) -> Result<(), Failure> {
        if !self.file.contexts.contains_key(name) {
            return Err(unknown(name));
        }
        self.file.current = Some(name.to_owned());
        Ok(())
    }

    /// Forgets the one that is named, else the current one. Returns its name.
    pub(crate) fn remove(&mut self, name: Option<&str>) -> Result<String, Failure> {
        let missing = || Failure::new(Kind::NotSignedIn, "You are not signed in to any Docklet.");
        let name = name.map(str::to_owned).or_else(|| self.file.current.clone()).ok_or_else(missing)?;
        self.file.contexts.remove(&name).ok_or_else(|| unknown(&name))?;
        if self.file.current.as_deref() == Some(name.as_str()) {
            // No other becomes the current one: the next command would go to a server that was not chosen.
            self.file.current = None;
        }
        Ok(name)
    }

    fn save(&self) -> Result<(), Failure> {
        let text = toml::to_string(&self.file).map_err(|fault| unusable(&self.path, &fault.to_string()))?;
        write_private(&self.path, text.as_bytes()).map_err(|fault| unusable(&self.path, &fault.to_string()))
    }
}

/// It becomes a part of paths and of ssh's configuration.
pub(crate) fn check_name(name: &str) -> Result<(), Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-');
    if name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(plain) {
        return Ok(());
    }
    Err(Failure::usage(format!("'{name}' is no name for a context: use letters, digits, '.', '_', ':' and '-'.")))
}

/// In place of what is there, whole or not at all.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    // Made for its owner alone; half written, it is removed again.
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|fault| fault.error)
}

fn read(path: &Path, file: fs::File) -> Result<File, Failure> {
    let mode = file.metadata().map_err(|fault| unusable(path, &fault.to_string()))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let path = path.display();
        let what = format!("{path} holds your tokens, and others may read it (mode {mode:o}): chmod 600 '{path}'");
        return Err(Failure::new(Kind::Refused, what));
    }
    let text = io::read_to_string(file).map_err(|fault| unusable(path, &fault.to_string()))?;
    toml::from_str(&text).map_err(|fault| unusable(path, fault.message()))
}

fn unusable(path: &Path, fault: &str) -> Failure {
    Failure::new(Kind::Other, format!("{} cannot be used: {fault}", path.display()))
}

fn unknown(name: &str) -> Failure {
    Failure::new(Kind::NotFound, format!("There is no context '{name}': docklet context ls"))
}
