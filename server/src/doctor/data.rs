//! What dockletd keeps and what it starts: the data directory, the console's files, docklet-init, etcd.

use std::{
    fs::{File, TryLockError},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, Utc};
use control::ports::coordination::AssignmentPublisher as _;
use domain::InstallationId;
use etcd::Etcd;
use rustix::process::geteuid;
use tokio::process::Command;
use uuid::Uuid;

use super::finding::Finding;
use crate::{compose, config::Config, data_dir::LOCK};

const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    path: PathBuf,
    /// `None`: it will be made at the first start.
    dir: Option<Dir>,
    us: u32,
    /// Whether a file can be made where the directory is, or will be.
    writable: bool,
    site: Piece,
    init: Piece,
    left: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Dir {
    owner: u32,
    mode: u32,
}

/// Something that must lie somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    path: PathBuf,
    is_there: bool,
}

pub(super) fn look(config: &Config) -> Facts {
    let path = std::path::absolute(&config.server.data_dir).unwrap_or_else(|_| config.server.data_dir.clone());
    let dir = path.metadata().ok().map(|found| Dir { owner: found.uid(), mode: found.permissions().mode() & 0o777 });
    let nearest = path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    Facts {
        dir,
        us: geteuid().as_raw(),
        writable: rustix::fs::access(nearest, rustix::fs::Access::WRITE_OK).is_ok(),
        site: piece(compose::site_root(config).ok(), |path| path.join("pkg").is_dir()),
        init: piece(compose::init(config).ok(), |path| path.is_file()),
        left: worker::left_directories(&path),
        path,
    }
}

fn piece(path: Option<PathBuf>, is_there: impl Fn(&Path) -> bool) -> Piece {
    let path = path.unwrap_or_default();
    Piece { is_there: is_there(&path), path }
}

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let all = [Some(directory(facts)), Some(console(&facts.site)), Some(init(&facts.init)), left(&facts.left)];
    all.into_iter().flatten().collect()
}

fn directory(facts: &Facts) -> Finding {
    const CHECK: &str = "data directory";
    let path = facts.path.display();
    match facts.dir {
        _ if !facts.writable => Finding::problem(
            CHECK,
            format!("this user may not write where {path} is"),
            "Run dockletd as the user the directory belongs to, or choose another with --data-dir.",
        ),
        None => Finding::ok(CHECK, format!("{path} will be made at the first start")),
        Some(dir) if dir.owner != facts.us => Finding::problem(
            CHECK,
            format!("{path} belongs to the user {}, and this is the user {}", dir.owner, facts.us),
            "Run dockletd as the user it belongs to. Do not change the owner while a daemon runs on it.",
        ),
        Some(dir) if dir.mode & 0o077 != 0 => Finding::warning(
            CHECK,
            format!("other users may enter {path} (mode {:04o})", dir.mode),
            format!("chmod 0700 {path}; dockletd does so at its next start, too."),
        ),
        Some(_) => Finding::ok(CHECK, format!("{path} is ours alone")),
    }
}

fn console(site: &Piece) -> Finding {
    const CHECK: &str = "console";
    let path = site.path.display();
    if site.is_there {
        return Finding::ok(CHECK, format!("its files are in {path}"));
    }
    let mend = "Copy the folder `site` beside dockletd, or say where it is with --site-root.";
    Finding::problem(CHECK, format!("its files are not in {path}; pages would stay without style and script"), mend)
}

fn init(init: &Piece) -> Finding {
    const CHECK: &str = "docklet-init";
    let path = init.path.display();
    if init.is_there {
        return Finding::ok(CHECK, path.to_string());
    }
    let mend = "Copy docklet-init beside dockletd, build it with `make run`, or say where it is with --worker-init.";
    Finding::problem(CHECK, format!("there is no docklet-init at {path}, the first process of every node"), mend)
}

/// What the worker of a dockletd that is not root has put aside; most hosts have none.
fn left(left: &[PathBuf]) -> Option<Finding> {
    let (first, nodes) = (left.first()?.display(), left.len());
    let what = match nodes {
        1 => format!("{first}, of a node that is gone, could not be removed: the node's root has written into it"),
        _ => format!(
            "{nodes} directories of nodes that are gone could not be removed, {first} among them: the nodes' root has written into them"
        ),
    };
    let directory = left.first()?.parent()?.display();
    Some(Finding::warning("left directories", what, format!("As root: rm -rf {directory}/*.left")))
}

/// The process that holds the data directory, if one does. Takes nothing and makes nothing.
pub(super) fn holder(config: &Config) -> Option<String> {
    let path = config.server.data_dir.join(LOCK);
    let file = File::open(&path).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(std::fs::read_to_string(path).ok()?.trim().to_owned()),
        _ => None,
    }
}

/// When the record was last written.
pub(super) fn last_written(config: &Config) -> Option<DateTime<Utc>> {
    if config.database.url.is_some() {
        return None;
    }
    let database = config.database.path.clone().unwrap_or_else(|| config.server.data_dir.join("docklet.db"));
    Some(database.metadata().ok()?.modified().ok()?.into())
}

#[derive(Debug)]
pub(super) enum Coordination {
    /// Each endpoint, or why it does not answer.
    Ours {
        program: PathBuf,
        version: Result<String, String>,
    },
    Theirs {
        endpoints: Vec<String>,
        answer: Result<(), String>,
    },
}

pub(super) async fn look_at_etcd(config: &Config) -> Coordination {
    match compose::external_etcd(config, InstallationId::new(Uuid::nil())) {
        Some(external) => {
            let endpoints = external.endpoints.clone();
            let answer = async {
                Etcd::connect(&external)
                    .map_err(|error| error.to_string())?
                    .ping()
                    .await
                    .map_err(|error| error.to_string())
            };
            let answer = tokio::time::timeout(PATIENCE, answer).await;
            Coordination::Theirs {
                endpoints,
                answer: answer.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs()))),
            }
        }
        None => Coordination::Ours { program: config.etcd.binary.clone(), version: version(&config.etcd.binary).await },
    }
}

/// The first line of what it says of itself.
async fn version(program: &Path) -> Result<String, String> {
    let said = Command::new(program).arg("--version").kill_on_drop(true).output();
    match tokio::time::timeout(PATIENCE, said).await {
        Ok(Ok(output)) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
        }
        Ok(Ok(output)) => Err(format!("it ended with {}", output.status)),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("it says nothing within {} s", PATIENCE.as_secs())),
    }
}

pub(super) fn judge_etcd(coordination: &Coordination) -> Finding {
    const CHECK: &str = "etcd";
    match coordination {
        Coordination::Ours { version: Ok(version), .. } => {
            Finding::ok(CHECK, format!("{version}, started by dockletd"))
        }
        Coordination::Ours { program, version: Err(error) } => Finding::problem(
            CHECK,
            format!("{} cannot be run: {error}", program.display()),
            "Install it (Debian and Ubuntu: etcd-server), say where it is with etcd.binary, or name one that runs with etcd.endpoints.",
        ),
        Coordination::Theirs { endpoints, answer: Ok(()) } => {
            Finding::ok(CHECK, format!("{} answers", endpoints.join(", ")))
        }
        Coordination::Theirs { endpoints, answer: Err(error) } => Finding::problem(
            CHECK,
            format!("{} does not answer: {error}", endpoints.join(", ")),
            "Look whether it runs and can be reached from here, and at etcd.user and etcd.password.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    fn facts(dir: Option<Dir>) -> Facts {
        let piece = Piece { path: "/x".into(), is_there: true };
        Facts { path: "/d".into(), dir, us: 1000, writable: true, site: piece.clone(), init: piece, left: Vec::new() }
    }

    #[test]
    fn a_directory_is_ours_alone_or_that_is_said() {
        let level = |dir| directory(&facts(dir)).level;
        assert_eq!(level(None), Level::Ok);
        assert_eq!(level(Some(Dir { owner: 1000, mode: 0o700 })), Level::Ok);
        assert_eq!(level(Some(Dir { owner: 1000, mode: 0o750 })), Level::Warning);
        assert_eq!(level(Some(Dir { owner: 0, mode: 0o700 })), Level::Problem);
        assert_eq!(directory(&Facts { writable: false, ..facts(None) }).level, Level::Problem);
    }

    #[test]
    fn directories_that_were_left_are_named_with_what_removes_them() {
        assert_eq!(left(&[]), None);
        let finding = left(&["/d/nodes/a.left".into(), "/d/nodes/b.left".into()]).expect("a finding");
        assert!(finding.what.starts_with("2 directories") && finding.what.contains("/d/nodes/a.left"), "{finding:?}");
        assert_eq!((finding.level, finding.mend.as_str()), (Level::Warning, "As root: rm -rf /d/nodes/*.left"));
    }

    #[test]
    fn an_etcd_that_is_not_there_is_named_with_ways_to_get_one() {
        let ours = Coordination::Ours { program: "etcd".into(), version: Err("No such file".into()) };
        let finding = judge_etcd(&ours);
        assert!(finding.level == Level::Problem && finding.mend.contains("etcd-server"), "{finding:?}");
        let theirs = Coordination::Theirs { endpoints: vec!["http://e:2379".into()], answer: Err("refused".into()) };
        assert_eq!(judge_etcd(&theirs).what, "http://e:2379 does not answer: refused");
    }
}
