//! What makes a host that works safer: runc without known ways out, users of containers that are not the host's, nodes that
//! outlive the engine, an etcd that asks for a password.

use std::io::Read as _;

use docker::About;
use flate2::read::GzDecoder;

use super::finding::Finding;
use crate::config::{Config, etcd::EtcdConfig};

/// Ways out of a container that these versions of runc close. A tenant who chooses images and mounts can take them.
const CLOSED: [(u32, u32, u32); 2] = [(1, 2, 8), (1, 3, 3)];
/// Of the 1.4 series, which is closed from its third candidate on.
const EARLY: [&str; 2] = ["1.4.0-rc.1", "1.4.0-rc.2"];
const NAMES: [&str; 3] = ["CVE-2025-31133", "CVE-2025-52565", "CVE-2025-52881"];
/// Where Debian and Ubuntu write down what they have mended in an older version.
const CHANGELOG: &str = "/usr/share/doc/runc/changelog.Debian.gz";

#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// What the distribution says of its runc; `None` when this host does not say.
    changelog: Option<String>,
}

pub(super) fn look() -> Facts {
    let mut text = String::new();
    let read = std::fs::File::open(CHANGELOG).and_then(|file| GzDecoder::new(file).read_to_string(&mut text));
    Facts { changelog: read.is_ok().then_some(text) }
}

pub(super) fn judge(about: &About, facts: &Facts) -> Vec<Finding> {
    vec![runc(about, facts), remapping(about), live_restore(about)]
}

fn runc(about: &About, facts: &Facts) -> Finding {
    const CHECK: &str = "runc";
    let version = &about.runc_version;
    let Some(number) = number(version) else {
        let mend = "Look at `runc --version`; 1.2.8 and 1.3.3 are safe, and what your distribution has mended.";
        return Finding::warning(CHECK, "the engine does not say which version of runc it has", mend);
    };
    // Each series has its own first good version; those after 1.4 began with it.
    let first_good = if number.0 == 1 && number.1 <= 2 { CLOSED[0] } else { CLOSED[1] };
    // Debian writes `1.4.0~rc.2+ds1`.
    let candidate = version.replace('~', "-");
    let is_early = candidate.split('+').next().is_some_and(|candidate| EARLY.contains(&candidate));
    if number >= first_good && !is_early {
        return Finding::ok(CHECK, version.clone());
    }
    let mended = facts.changelog.as_ref().is_some_and(|text| NAMES.iter().all(|name| text.contains(name)));
    if mended {
        return Finding::ok(CHECK, format!("{version}, mended by the distribution"));
    }
    Finding::warning(
        CHECK,
        format!(
            "{version} has known ways out of a container ({}), unless the distribution has mended it",
            NAMES.join(", ")
        ),
        "Update it to 1.2.8, 1.3.3 or newer. Distributions mend older versions without another number: their changelog \
         (Debian and Ubuntu: `apt changelog runc`) then names these.",
    )
}

fn remapping(about: &About) -> Finding {
    const CHECK: &str = "user namespaces";
    if about.remaps_users {
        return Finding::ok(CHECK, "root in a node is nobody on the host");
    }
    Finding::warning(
        CHECK,
        "root in a node is root for the kernel, held back by capabilities and seccomp alone",
        "Recommended on a new host: \"userns-remap\": \"default\" in /etc/docker/daemon.json. Not on one that has homes \
         already: the engine then looks for images, containers and volumes in another directory (docs/admin/security.md).",
    )
}

fn live_restore(about: &About) -> Finding {
    const CHECK: &str = "live restore";
    if about.live_restore {
        return Finding::ok(CHECK, "nodes run on while the engine is restarted");
    }
    Finding::warning(
        CHECK,
        "a restart of the engine, for an update for example, ends every node",
        "Recommended: \"live-restore\": true in /etc/docker/daemon.json, then systemctl reload docker; nodes run on.",
    )
}

/// `1.1.5+ds1`, `1.3.0-rc.1`: what is behind the third number does not count.
fn number(version: &str) -> Option<(u32, u32, u32)> {
    let mut numbers = version.trim_start_matches('v').split(['.', '+', '-', '~']).map_while(|part| part.parse().ok());
    Some((numbers.next()?, numbers.next()?, numbers.next()?))
}

/// Any program that reaches an etcd without a password can give the nodes orders. `None` when there is nothing to say.
pub(super) fn judge_etcd(config: &Config) -> Option<Finding> {
    etcd(&config.etcd)
}

fn etcd(config: &EtcdConfig) -> Option<Finding> {
    const CHECK: &str = "etcd's access";
    let open: Vec<&str> = config.endpoints.iter().map(String::as_str).filter(|endpoint| is_plain(endpoint)).collect();
    let asks = config.user.is_some();
    let (first, elsewhere) = (open.first()?, open.iter().any(|endpoint| !is_loopback(endpoint)));
    let mend = "Switch its authentication on (`etcdctl user add`, `etcdctl auth enable`) and set etcd.user and \
                etcd.password, or let it listen on a socket that only dockletd may open.";
    match (asks, elsewhere) {
        (true, false) => Some(Finding::ok(CHECK, format!("{first} asks for a password"))),
        (false, false) => Some(Finding::warning(
            CHECK,
            format!("{first} asks for no password: every user of this host can give the nodes orders"),
            mend,
        )),
        (true, true) => Some(Finding::warning(
            CHECK,
            format!(
                "{} is spoken to without TLS: its password and every order can be read on the way",
                open.join(", ")
            ),
            "Use https:// for addresses of other hosts, or a tunnel.",
        )),
        (false, true) => Some(Finding::warning(
            CHECK,
            format!(
                "{} asks for no password and has no TLS: whoever reaches it can give the nodes orders",
                open.join(", ")
            ),
            mend,
        )),
    }
}

/// Neither TLS nor a socket.
fn is_plain(endpoint: &str) -> bool {
    !endpoint.starts_with("https://") && !endpoint.starts_with("unix:")
}

fn is_loopback(endpoint: &str) -> bool {
    let authority = endpoint.rsplit_once("://").map_or(endpoint, |(_, authority)| authority);
    authority.starts_with("127.") || authority.starts_with("localhost") || authority.starts_with("[::1]")
}

#[cfg(test)]
mod tests {
    use super::{
        super::finding::Level::{self, Ok, Warning},
        *,
    };

    fn about() -> About {
        About { runc_version: "1.3.6".into(), remaps_users: true, live_restore: true, ..About::default() }
    }

    fn levels(about: &About) -> Vec<Level> {
        judge(about, &Facts::default()).iter().map(|finding| finding.level).collect()
    }

    #[test]
    fn each_advice_is_given_where_it_is_not_followed_yet() {
        assert_eq!(levels(&about()), [Ok; 3]);
        assert_eq!(levels(&About { remaps_users: false, ..about() }), [Ok, Warning, Ok]);
        assert_eq!(levels(&About { live_restore: false, ..about() }), [Ok, Ok, Warning]);
    }

    #[test]
    fn an_old_runc_is_named_unless_the_distribution_has_mended_it() {
        let level = |version: &str, changelog: Option<&str>| {
            let facts = Facts { changelog: changelog.map(str::to_owned) };
            runc(&About { runc_version: version.into(), ..about() }, &facts).level
        };
        for good in ["1.2.8", "1.2.10", "1.3.3", "1.3.6+ds1", "1.4.0-rc.3", "1.4.0", "2.0.0"] {
            assert_eq!(level(good, None), Ok, "{good}");
        }
        for old in [
            "1.1.5+ds1",
            "1.2.7",
            "1.3.0",
            "1.3.2",
            "1.4.0-rc.1",
            "1.4.0-rc.2",
            "1.4.0~rc.2+ds1",
            "1.0.0-rc93",
            "",
            "unknown",
        ] {
            assert_eq!(level(old, None), Warning, "{old}");
        }
        assert_eq!(level("1.1.5+ds1", Some(&NAMES.join(" "))), Ok);
        assert_eq!(level("1.1.5+ds1", Some(NAMES[0])), Warning, "one of three is not enough");
    }

    #[test]
    fn an_etcd_that_asks_for_nothing_is_named() {
        let level = |endpoints: &[&str], user: Option<&str>| {
            let config = EtcdConfig {
                endpoints: endpoints.iter().map(|endpoint| (*endpoint).to_owned()).collect(),
                user: user.map(str::to_owned),
                password: None,
                binary: "etcd".into(),
            };
            etcd(&config).map(|finding| finding.level)
        };
        assert_eq!(level(&[], None), None, "dockletd's own is its own matter");
        assert_eq!(level(&["https://e:2379", "unix:///run/etcd"], None), None);
        assert_eq!(level(&["http://127.0.0.1:2379"], None), Some(Warning));
        assert_eq!(level(&["http://localhost:2379"], Some("docklet")), Some(Ok));
        assert_eq!(level(&["http://10.0.0.5:2379"], Some("docklet")), Some(Warning));
        assert_eq!(level(&["10.0.0.5:2379"], None), Some(Warning));
    }
}
