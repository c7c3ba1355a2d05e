//! What a container has used, from the files of its control group on the host: version 2, or 1 where the host still has
//! that. A few reads of some 20 µs each; the engine would be asked for milliseconds. Nothing in these files is the tenant's.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where the host keeps them.
pub(crate) const ROOT: &str = "/sys/fs/cgroup";
/// A container's group is looked for so deep, among so many, where it is not at a usual place.
const DEEPEST: usize = 6;
const MOST_LOOKED_AT: usize = 4096;

/// Of one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cgroup {
    V1 { cpu: PathBuf, memory: PathBuf },
    V2(PathBuf),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    /// CPU time since the container was started.
    pub(crate) cpu_ns: u64,
    /// Without the page cache that can be dropped.
    pub(crate) memory_bytes: u64,
}

impl Cgroup {
    /// The group of the container with this id of the engine.
    pub(crate) fn find(root: &Path, container: &str) -> Option<Self> {
        let is_id = container.len() >= 12 && container.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_id {
            return None;
        }
        if root.join("cgroup.controllers").exists() {
            return group(root, container).map(Self::V2);
        }
        let cpu = ["cpuacct", "cpu,cpuacct"].iter().find_map(|name| group(&root.join(name), container))?;
        let memory = group(&root.join("memory"), container)?;
        Some(Self::V1 { cpu, memory })
    }

    /// `None` when the container has ended.
    pub(crate) fn read(&self) -> Option<Reading> {
        match self {
            Self::V2(dir) => {
                let cpu_ns = field(&dir.join("cpu.stat"), "usage_usec")?.saturating_mul(1000);
                let cache = field(&dir.join("memory.stat"), "inactive_file")?;
                let memory_bytes = number(&dir.join("memory.current"))?.saturating_sub(cache);
                Some(Reading { cpu_ns, memory_bytes })
            }
            Self::V1 { cpu, memory } => {
                let cpu_ns = number(&cpu.join("cpuacct.usage"))?;
                let cache = field(&memory.join("memory.stat"), "total_inactive_file")?;
                let memory_bytes = number(&memory.join("memory.usage_in_bytes"))?.saturating_sub(cache);
                Some(Reading { cpu_ns, memory_bytes })
            }
        }
    }
}

/// Where the engine's two drivers put it; else wherever it is (rootless engines, a parent group of the engine's own).
fn group(top: &Path, container: &str) -> Option<PathBuf> {
    let usual = [format!("docker/{container}"), format!("system.slice/docker-{container}.scope")];
    let usual = usual.iter().map(|place| top.join(place)).find(|place| place.is_dir());
    usual.or_else(|| search(top, container))
}

fn search(top: &Path, container: &str) -> Option<PathBuf> {
    let mut waiting = vec![(top.to_owned(), 0)];
    let mut looked_at = 0;
    while let Some((dir, depth)) = waiting.pop() {
        for entry in fs::read_dir(dir).ok()?.flatten() {
            looked_at += 1;
            if looked_at > MOST_LOOKED_AT {
                return None;
            }
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            if entry.file_name().to_string_lossy().contains(container) {
                return Some(entry.path());
            }
            if depth < DEEPEST {
                waiting.push((entry.path(), depth + 1));
            }
        }
    }
    None
}

fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn field(path: &Path, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn tree(files: &[(&str, &str)]) -> TempDir {
        let root = TempDir::new().expect("a directory");
        for (path, text) in files {
            let path = root.path().join(path.replace("ID", ID));
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, text).expect("written");
        }
        root
    }

    #[test]
    fn version_2_is_found_with_either_driver_and_elsewhere() {
        for place in [
            "docker/ID",
            "system.slice/docker-ID.scope",
            "user.slice/user-1000.slice/user@1000.service/docker-ID.scope",
        ] {
            let file = |name: &str| format!("{place}/{name}");
            let root = tree(&[
                ("cgroup.controllers", "cpu memory"),
                (&file("cpu.stat"), "usage_usec 2500\nuser_usec 1\n"),
                (&file("memory.current"), "5000\n"),
                (&file("memory.stat"), "anon 1\ninactive_file 1000\n"),
            ]);
            let found = Cgroup::find(root.path(), ID).expect(place);
            assert_eq!(found.read(), Some(Reading { cpu_ns: 2_500_000, memory_bytes: 4000 }));
        }
    }

    #[test]
    fn version_1_is_found_in_its_two_trees() {
        let root = tree(&[
            ("cpu,cpuacct/docker/ID/cpuacct.usage", "77\n"),
            ("memory/docker/ID/memory.usage_in_bytes", "7000\n"),
            ("memory/docker/ID/memory.stat", "cache 1\ninactive_file 5\ntotal_inactive_file 2000\n"),
        ]);
        let found = Cgroup::find(root.path(), ID).expect("it is found");
        assert_eq!(found.read(), Some(Reading { cpu_ns: 77, memory_bytes: 5000 }));
    }

    #[test]
    fn what_is_not_there_is_not_read() {
        let root = tree(&[("cgroup.controllers", "")]);
        assert_eq!(Cgroup::find(root.path(), ID), None);
        assert_eq!(Cgroup::find(root.path(), "../../etc"), None);
        assert_eq!(Cgroup::V2(root.path().join("gone")).read(), None);
    }
}
