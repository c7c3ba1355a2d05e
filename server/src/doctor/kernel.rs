//! The kernel: its version, what it can limit, nftables for the firewall, open files, the clock.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Read as _,
};

use chrono::{DateTime, TimeDelta, Utc};
use flate2::read::GzDecoder;
use rustix::process::{Resource, getrlimit};

use super::finding::Finding;

/// The oldest kernel that is tried out (Debian 11's).
const OLDEST: (u32, u32) = (5, 10);
const CONTROLLERS: [&str; 3] = ["cpu", "memory", "pids"];
/// Database, etcd, engine and the rest, beside connections.
const OTHER_FILES: u64 = 1024;
/// This program cannot run before it was written.
const WRITTEN: &str = "2026-01-01T00:00:00Z";
const DRIFT: TimeDelta = TimeDelta::seconds(5);

#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    release: String,
    controllers: BTreeSet<String>,
    /// `None` when this host does not say.
    nftables: Option<bool>,
    open_files: Option<u64>,
}

pub(super) fn look() -> Facts {
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let release = text("/proc/sys/kernel/osrelease").trim().to_owned();
    Facts {
        controllers: controllers(&text("/sys/fs/cgroup/cgroup.controllers"), &text("/proc/cgroups")),
        nftables: nftables(&release),
        // `None` is without a limit.
        open_files: getrlimit(Resource::Nofile).maximum,
        release,
    }
}

/// Version 2 lists its controllers in one line; version 1 has a table with a column that says whether each is on.
fn controllers(version_2: &str, version_1: &str) -> BTreeSet<String> {
    let old = version_1.lines().filter(|line| !line.starts_with('#') && line.trim_end().ends_with('1'));
    let old = old.filter_map(|line| line.split_whitespace().next());
    version_2.split_whitespace().chain(old).map(str::to_owned).collect()
}

/// Built in, a module that is loaded, or one that could be. Kernels say so in different places, and some in none.
fn nftables(release: &str) -> Option<bool> {
    let lists = ["modules.builtin", "modules.dep"].map(|name| format!("/lib/modules/{release}/{name}"));
    let texts: Vec<String> = lists.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    let config = fs::read_to_string(format!("/boot/config-{release}")).ok().or_else(own_config);
    let set = |text: &String| text.contains("CONFIG_NF_TABLES=y") || text.contains("CONFIG_NF_TABLES=m");
    let loaded = fs::read_to_string("/proc/modules").is_ok_and(|text| text.contains("nf_tables"));
    if loaded || texts.iter().any(|text| text.contains("nf_tables")) || config.as_ref().is_some_and(set) {
        return Some(true);
    }
    (!texts.is_empty() || config.is_some()).then_some(false)
}

/// What some kernels carry of themselves.
fn own_config() -> Option<String> {
    let mut text = String::new();
    GzDecoder::new(File::open("/proc/config.gz").ok()?).read_to_string(&mut text).ok()?;
    Some(text)
}

/// `connections`: how many dockletd may have.
pub(super) fn judge(facts: &Facts, connections: u32) -> Vec<Finding> {
    vec![version(facts), cgroups(facts), firewall(facts), files(facts, connections)]
}

fn version(facts: &Facts) -> Finding {
    const CHECK: &str = "kernel";
    let mut numbers = facts.release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) if (major, minor) >= OLDEST => {
            Finding::ok(CHECK, format!("Linux {}", facts.release))
        }
        (Some(_), Some(_)) => Finding::warning(
            CHECK,
            format!("Linux {} is older than {}.{}, the oldest that is tried out", facts.release, OLDEST.0, OLDEST.1),
            "Update this host; Debian 12 and Ubuntu 22.04 are new enough.",
        ),
        _ => Finding::problem(CHECK, "this is no Linux", "Docklet's hosts run Linux with the Docker Engine."),
    }
}

fn cgroups(facts: &Facts) -> Finding {
    const CHECK: &str = "cgroups";
    let missing: Vec<&str> = CONTROLLERS.into_iter().filter(|name| !facts.controllers.contains(*name)).collect();
    if missing.is_empty() {
        return Finding::ok(CHECK, "cpu, memory and pids can be limited");
    }
    let mend = if missing.contains(&"memory") {
        "Add `cgroup_enable=memory` to the kernel's command line (Debian: GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub) and start the host again."
    } else {
        "Use a kernel with these cgroup controllers; Debian's and Ubuntu's have them."
    };
    Finding::problem(
        CHECK,
        format!("the kernel cannot limit {}, so nodes could take all of it", missing.join(", ")),
        mend,
    )
}

fn firewall(facts: &Facts) -> Finding {
    const CHECK: &str = "nftables";
    match facts.nftables {
        Some(true) => Finding::ok(CHECK, "the kernel has what the firewall around nodes is made of"),
        Some(false) => Finding::problem(
            CHECK,
            "the kernel has no nftables, so nodes cannot be kept from each other and are not started",
            "Install a kernel with CONFIG_NF_TABLES; Debian's and Ubuntu's have it.",
        ),
        None => Finding::warning(
            CHECK,
            "this kernel does not say whether it has nftables, which the firewall around nodes needs",
            "Start one vcluster: its node says so if the firewall cannot be set.",
        ),
    }
}

fn files(facts: &Facts, connections: u32) -> Finding {
    const CHECK: &str = "open files";
    // A viewer of a terminal takes two, and so does a request to an app; a stream of datagrams takes its node's socket, too.
    let wanted = 3 * u64::from(connections) + OTHER_FILES;
    match facts.open_files {
        Some(most) if most < wanted => Finding::warning(
            CHECK,
            format!("this user may have {most} files open, and {connections} connections can need {wanted}"),
            format!(
                "Raise the hard limit (systemd: LimitNOFILE={wanted}; else /etc/security/limits.conf), or lower server.max_connections."
            ),
        ),
        Some(most) => Finding::ok(CHECK, format!("{most} may be open, {wanted} can be needed")),
        None => Finding::ok(CHECK, "without a limit"),
    }
}

/// `written`: when the record was last written here.
pub(super) fn judge_clock(
    now: DateTime<Utc>,
    engine: Option<DateTime<Utc>>,
    written: Option<DateTime<Utc>>,
) -> Finding {
    const CHECK: &str = "clock";
    const MEND: &str = "Switch time synchronisation on (Debian: apt-get install systemd-timesyncd, or chrony), and look at `timedatectl`.";
    let shown = now.format("%Y-%m-%d %H:%M:%S UTC");
    if WRITTEN.parse::<DateTime<Utc>>().is_ok_and(|written| now < written) {
        return Finding::problem(
            CHECK,
            format!("it is {shown} here, which cannot be: sessions and tokens end by the clock"),
            MEND,
        );
    }
    if let Some(ahead) = written.map(|written| written - now).filter(|ahead| *ahead > DRIFT) {
        let what = format!("it is {shown} here, but the record was written {} s later than that", ahead.num_seconds());
        return Finding::warning(CHECK, what, MEND);
    }
    match engine.map(|engine| (engine - now).abs()) {
        Some(apart) if apart > DRIFT => Finding::warning(
            CHECK,
            format!("the Docker Engine's clock and ours are {} s apart", apart.num_seconds()),
            MEND,
        ),
        _ => Finding::ok(CHECK, shown.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    const V1: &str = "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t1\t6\t1\nmemory\t4\t96\t0\npids\t8\t6\t1\n";

    fn good() -> Facts {
        Facts {
            release: "6.1.0-18-amd64".into(),
            controllers: controllers("cpuset cpu io memory pids\n", ""),
            nftables: Some(true),
            open_files: Some(1_048_576),
        }
    }

    fn levels(facts: &Facts) -> Vec<Level> {
        judge(facts, 8192).iter().map(|finding| finding.level).collect()
    }

    #[test]
    fn a_usual_kernel_is_fine() {
        assert_eq!(levels(&good()), [Level::Ok; 4]);
    }

    #[test]
    fn each_want_is_named_at_its_place() {
        use Level::{Ok, Problem, Warning};
        let old = Facts { release: "4.19.0".into(), ..good() };
        assert_eq!(levels(&old), [Warning, Ok, Ok, Ok]);
        let unlimited = Facts { controllers: controllers("", V1), ..good() };
        assert_eq!(levels(&unlimited), [Ok, Problem, Ok, Ok]);
        assert!(judge(&unlimited, 8192)[1].mend.contains("cgroup_enable=memory"));
        assert_eq!(levels(&Facts { nftables: Some(false), ..good() }), [Ok, Ok, Problem, Ok]);
        assert_eq!(levels(&Facts { nftables: None, ..good() }), [Ok, Ok, Warning, Ok]);
        // Three for each of 8192 connections, and those beside them.
        for (most, level) in [(25_599, Warning), (25_600, Ok)] {
            assert_eq!(levels(&Facts { open_files: Some(most), ..good() }), [Ok, Ok, Ok, level]);
        }
    }

    #[test]
    fn a_clock_that_cannot_be_right_is_found_out() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        let now = at("2026-11-21T12:00:00Z");
        assert_eq!(judge_clock(now, Some(now), Some(now)).level, Level::Ok);
        assert_eq!(judge_clock(at("1970-01-01T00:00:10Z"), None, None).level, Level::Problem);
        assert_eq!(judge_clock(now, Some(at("2026-11-21T12:01:00Z")), None).level, Level::Warning);
        assert_eq!(judge_clock(now, None, Some(at("2026-11-22T12:00:00Z"))).level, Level::Warning);
    }
}
