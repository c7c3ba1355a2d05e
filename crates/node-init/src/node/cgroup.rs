//! What the node has used and whether that was too much, from its own cgroup (version 2, or 1 where the host still has that).

use std::fs;
use std::path::Path;

/// Where containers find their own cgroup.
const ROOT: &str = "/sys/fs/cgroup";

/// CPU time and memory of the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) cpu_ms: Option<u64>,
    pub(super) memory_bytes: Option<u64>,
}

/// The use now.
pub(super) fn usage() -> Usage {
    read(Path::new(ROOT))
}

/// Whether the kernel has ever ended a process of the node because its memory was used up.
pub(super) fn ran_out_of_memory() -> bool {
    killed(Path::new(ROOT))
}

fn killed(root: &Path) -> bool {
    let ended = |path: &str| {
        let text = fs::read_to_string(root.join(path)).ok()?;
        text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse::<u64>().ok())
    };
    ended("memory.events").or_else(|| ended("memory/memory.oom_control")).is_some_and(|processes| processes > 0)
}

fn read(root: &Path) -> Usage {
    let text = |path: &str| fs::read_to_string(root.join(path)).ok();
    let number = |path: &str| text(path)?.trim().parse::<u64>().ok();
    let field = |path: &str, name: &str| {
        let line = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse::<u64>().ok();
        text(path)?.lines().find_map(line)
    };
    let cpu_v2 = || Some(field("cpu.stat", "usage_usec")? / 1_000);
    let cpu_v1 = || Some(number("cpuacct/cpuacct.usage")? / 1_000_000);
    let memory_v2 = || Some(number("memory.current")?.saturating_sub(field("memory.stat", "inactive_file")?));
    let memory_v1 = || {
        let cache = field("memory/memory.stat", "total_inactive_file")?;
        Some(number("memory/memory.usage_in_bytes")?.saturating_sub(cache))
    };
    Usage { cpu_ms: cpu_v2().or_else(cpu_v1), memory_bytes: memory_v2().or_else(memory_v1) }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn cgroup(files: &[(&str, &str)]) -> TempDir {
        let root = TempDir::new().expect("a temporary directory");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("the directory is made");
            fs::write(path, text).expect("the file is written");
        }
        root
    }

    #[test]
    fn version_2_is_read() {
        let root = cgroup(&[
            ("cpu.stat", "usage_usec 2500000\nuser_usec 1\n"),
            ("memory.current", "5000\n"),
            ("memory.stat", "anon 1\ninactive_file 1000\n"),
        ]);
        assert_eq!(read(root.path()), Usage { cpu_ms: Some(2500), memory_bytes: Some(4000) });
    }

    #[test]
    fn version_1_is_read() {
        let root = cgroup(&[
            ("cpuacct/cpuacct.usage", "3000000\n"),
            ("memory/memory.usage_in_bytes", "7000\n"),
            ("memory/memory.stat", "cache 1\ntotal_inactive_file 2000\n"),
        ]);
        assert_eq!(read(root.path()), Usage { cpu_ms: Some(3), memory_bytes: Some(5000) });
    }

    #[test]
    fn a_process_that_was_ended_for_its_memory_is_remembered_by_either_version() {
        assert!(killed(cgroup(&[("memory.events", "oom 1\noom_kill 2\n")]).path()));
        assert!(killed(
            cgroup(&[("memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")]).path()
        ));
        assert!(!killed(cgroup(&[("memory.events", "oom 1\noom_kill 0\noom_group_kill 0\n")]).path()));
        assert!(!killed(cgroup(&[]).path()));
    }

    #[test]
    fn what_the_kernel_does_not_say_is_unknown() {
        assert_eq!(read(cgroup(&[]).path()), Usage { cpu_ms: None, memory_bytes: None });
    }
}
