//! The Docker Engine: whether it answers us, what it is, what it can limit, whether the node image is there.

use std::path::Path;

use chrono::{DateTime, Utc};
use control::ports::engine::{Engine as _, EngineError};
use docker::{About, DockerEngine};
use domain::name::RuntimeName;

use super::finding::Finding;
use crate::config::Config;

/// The oldest engine that is tried out (Debian 12's).
const OLDEST: (u32, u32) = (20, 10);
/// From here on an engine does not start itself again as a hook of every container.
const FAST: (u32, u32) = (28, 0);

/// What an engine newer than this version would give; `None` when it is as new as any.
pub(crate) fn newer_would(version: &str) -> Option<String> {
    let faster = || format!("with {}.{} or newer, nodes start about twice as fast", FAST.0, FAST.1);
    numbers(version).is_some_and(|version| version < FAST).then(faster)
}

fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map_while(|part| part.parse().ok());
    numbers.next().zip(numbers.next())
}

#[derive(Debug)]
pub(super) struct Facts {
    pub(super) about: Result<About, String>,
    /// The engine's socket.
    socket: Socket,
    /// `None` when the engine could not be asked.
    has_image: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Socket {
    Missing,
    Closed,
    There,
}

impl Facts {
    pub(super) fn clock(&self) -> Option<DateTime<Utc>> {
        self.about.as_ref().ok()?.clock
    }
}

pub(super) async fn look(engine: &DockerEngine, config: &Config) -> Facts {
    let about = engine.about().await.map_err(|error: EngineError| error.to_string());
    let has_image = match (&about, config.worker.base_image.parse()) {
        (Ok(_), Ok(image)) => engine.has_image(&image).await.ok(),
        _ => None,
    };
    Facts { about, socket: socket(&config.worker.docker), has_image }
}

fn socket(path: &Path) -> Socket {
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => Socket::There,
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Socket::Closed,
        Err(_) => Socket::Missing,
    }
}

pub(super) fn judge(facts: &Facts, socket: &Path, image: &str) -> Vec<Finding> {
    match &facts.about {
        Ok(about) => vec![engine(about), limits(about), storage(about), images(facts.has_image, image)],
        Err(error) => vec![unreachable(error, facts.socket, socket)],
    }
}

fn unreachable(error: &str, state: Socket, socket: &Path) -> Finding {
    let socket = socket.display();
    let mend = match state {
        Socket::Closed => format!(
            "This user may not open {socket}: sudo usermod --append --groups docker \"$USER\", then sign in again. \
             Members of that group have root's power over this host."
        ),
        Socket::Missing => format!(
            "Nothing answers at {socket}: start the engine (systemctl start docker), install it (apt-get install docker.io), \
             or say where its socket is with worker.docker."
        ),
        Socket::There => "Look at the engine's own log: journalctl --unit docker.".to_owned(),
    };
    Finding::problem("engine", format!("the Docker Engine does not answer: {error}"), mend)
}

fn engine(about: &About) -> Finding {
    const CHECK: &str = "engine";
    let what = format!(
        "Docker Engine {}, cgroup driver {}, cgroup version {}",
        about.version, about.cgroup_driver, about.cgroup_version
    );
    if numbers(&about.version).is_some_and(|version| version < OLDEST) {
        let mend = format!("Update it to {}.{} or newer.", OLDEST.0, OLDEST.1);
        return Finding::warning(CHECK, format!("{what}: older than any that is tried out"), mend);
    }
    if !about.seccomp {
        let mend = "Start dockerd without `seccomp-profile=unconfined`, on a kernel with CONFIG_SECCOMP_FILTER.";
        return Finding::warning(CHECK, format!("{what}, without seccomp: nodes may use every system call"), mend);
    }
    Finding::ok(
        CHECK,
        match newer_would(&about.version) {
            Some(better) => format!("{what}; {better}"),
            None => what,
        },
    )
}

fn limits(about: &About) -> Finding {
    const CHECK: &str = "limits of nodes";
    let wants = [("memory", about.memory_limit), ("CPU", about.cpu_limit), ("processes", about.pids_limit)];
    let missing: Vec<&str> = wants.into_iter().filter(|(_, can)| !can).map(|(name, _)| name).collect();
    if missing.is_empty() {
        return Finding::ok(CHECK, "the engine limits memory, CPU and processes");
    }
    Finding::problem(
        CHECK,
        format!("the engine cannot limit {}", missing.join(", ")),
        "See the finding on cgroups; `docker info` ends with the engine's own warnings.",
    )
}

fn storage(about: &About) -> Finding {
    const CHECK: &str = "image storage";
    match about.storage_driver.as_str() {
        "vfs" => Finding::warning(
            CHECK,
            "the engine copies whole images for each node (storage driver vfs): slow, and disks fill up",
            "Use overlay2, on ext4 or xfs with ftype=1: \"storage-driver\": \"overlay2\" in /etc/docker/daemon.json.",
        ),
        driver => Finding::ok(CHECK, driver.to_owned()),
    }
}

fn images(has_image: Option<bool>, image: &str) -> Finding {
    const CHECK: &str = "node image";
    match has_image {
        Some(true) => Finding::ok(CHECK, format!("{image} is there")),
        Some(false) => Finding::problem(
            CHECK,
            format!("the engine does not have {image}, which new vclusters are offered"),
            "Build it with `make image`, or name one that is there with worker.base_image.",
        ),
        None => Finding::problem(
            CHECK,
            format!("{image} is no name of an image"),
            "Set worker.base_image to one, such as docklet/base.",
        ),
    }
}

/// `wanted`: what is set for groups, with the places where it is written.
pub(super) fn judge_runtimes(about: &About, wanted: &[(RuntimeName, String)]) -> Finding {
    const CHECK: &str = "runtimes";
    let has = about.runtimes.iter().map(RuntimeName::as_str).collect::<Vec<_>>().join(", ");
    let missing: Vec<String> = wanted
        .iter()
        .filter(|(name, _)| !about.runtimes.contains(name))
        .map(|(name, place)| format!("{name} ({place})"))
        .collect();
    if missing.is_empty() {
        return Finding::ok(CHECK, format!("the engine has {has}"));
    }
    Finding::problem(
        CHECK,
        format!("the engine has {has}, and not {}: nodes that are to run with it are refused", missing.join(", ")),
        "Install the runtime, name it under \"runtimes\" in /etc/docker/daemon.json and restart the engine; or take it out of the setting.",
    )
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    fn about() -> About {
        About {
            version: "20.10.24+dfsg1".into(),
            storage_driver: "overlay2".into(),
            memory_limit: true,
            cpu_limit: true,
            pids_limit: true,
            seccomp: true,
            ..About::default()
        }
    }

    fn levels(about: About, has_image: bool) -> Vec<Level> {
        let facts = Facts { about: Ok(about), socket: Socket::There, has_image: Some(has_image) };
        judge(&facts, Path::new("/s"), "docklet/base").iter().map(|finding| finding.level).collect()
    }

    #[test]
    fn what_a_newer_engine_gives_is_said_of_an_older_one() {
        for version in ["20.10.24+dfsg1", "27.5.1"] {
            assert!(newer_would(version).is_some_and(|said| said.contains("28.0 or newer")), "{version}");
        }
        assert_eq!([newer_would("28.5.2+dfsg4"), newer_would("29.0.1"), newer_would("unknown")], [None, None, None]);
    }

    #[test]
    fn a_usual_engine_is_fine_and_each_want_is_named() {
        use Level::{Ok, Problem, Warning};
        assert_eq!(levels(about(), true), [Ok; 4]);
        assert_eq!(levels(About { version: "19.03.1".into(), ..about() }, true), [Warning, Ok, Ok, Ok]);
        assert_eq!(levels(About { seccomp: false, ..about() }, true), [Warning, Ok, Ok, Ok]);
        assert_eq!(levels(About { pids_limit: false, ..about() }, true), [Ok, Problem, Ok, Ok]);
        assert_eq!(levels(About { storage_driver: "vfs".into(), ..about() }, false), [Ok, Ok, Warning, Problem]);
    }

    #[test]
    fn a_runtime_that_a_group_names_and_the_engine_lacks_is_a_problem() {
        let name = |text: &str| text.parse::<RuntimeName>().expect("a runtime");
        let engine = About { runtimes: [name("runc"), name("io.containerd.runc.v2")].into(), ..about() };
        let wanted = |runtime: &str| judge_runtimes(&engine, &[(name(runtime), "limits.groups, students".into())]);
        assert_eq!(wanted("io.containerd.runc.v2").level, Level::Ok);
        let finding = wanted("runsc");
        assert_eq!(finding.level, Level::Problem);
        assert!(finding.what.contains("not runsc (limits.groups, students)"), "{}", finding.what);
    }

    #[test]
    fn an_engine_that_does_not_answer_is_one_finding_with_the_way_in() {
        let mend = |socket| {
            let facts = Facts { about: Err("no".into()), socket, has_image: None };
            let findings = judge(&facts, Path::new("/run/docker.sock"), "docklet/base");
            assert!(findings.len() == 1 && findings[0].level == Level::Problem, "{findings:?}");
            findings[0].mend.clone()
        };
        assert!(mend(Socket::Missing).contains("systemctl start docker"));
        assert!(mend(Socket::Closed).contains("usermod --append --groups docker"));
        assert!(mend(Socket::There).contains("journalctl"));
    }
}
