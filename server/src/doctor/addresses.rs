//! How people reach us: public addresses against what is served, and the names of apps.

use std::{collections::BTreeSet, net::IpAddr, time::Duration};

use super::finding::Finding;
use crate::config::Config;

/// A label that no app has; any is as good as another.
const SOME_LABEL: &str = "dockletdoctor";
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Debug, Clone)]
pub(super) struct Facts {
    urls: Vec<String>,
    /// Of the first of them.
    portal_host: Option<String>,
    https: bool,
    tls: bool,
    has_proxies: bool,
    loopback_only: bool,
    domain: String,
    path_mode: bool,
    /// Addresses of some app's host, and of the first public URL's.
    app: BTreeSet<IpAddr>,
    portal: BTreeSet<IpAddr>,
}

pub(super) fn apps_domain(config: &Config) -> String {
    config.apps.domain.to_string()
}

pub(super) async fn look(config: &Config) -> Facts {
    let urls = &config.server.public_urls;
    let domain = apps_domain(config);
    Facts {
        https: urls.first().is_some_and(crate::http::origin::Origin::is_https),
        tls: config.tls.files().is_some(),
        has_proxies: !config.server.trusted_proxies.is_empty(),
        loopback_only: config.server.listen.ip().is_loopback(),
        path_mode: config.apps.path_mode,
        app: resolve(&format!("{SOME_LABEL}.{domain}")).await,
        portal: match urls.first() {
            Some(url) => resolve(url.host()).await,
            None => BTreeSet::new(),
        },
        portal_host: urls.first().map(|url| url.host().to_owned()),
        urls: urls.iter().map(ToString::to_string).collect(),
        domain,
    }
}

async fn resolve(host: &str) -> BTreeSet<IpAddr> {
    let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host.trim_matches(['[', ']']), 0))).await;
    found.ok().and_then(Result::ok).into_iter().flatten().map(|address| address.ip()).collect()
}

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    vec![public(facts), apps(facts), cookies(facts)]
}

/// A page may set cookies for every name above its own, up to what registries give out.
fn cookies(facts: &Facts) -> Finding {
    const CHECK: &str = "cookies of apps";
    let shared = facts.portal_host.as_deref().and_then(|portal| shared_name(portal, &facts.domain));
    let Some(shared) = shared.filter(|_| !facts.path_mode) else {
        return Finding::ok(CHECK, "apps cannot set any for the console");
    };
    let costs = match facts.https {
        true => "lock a person out of the console in their browser, with more cookies than fit into a request",
        false => "lock a person out of the console in their browser, or sign them in as somebody else",
    };
    let what = format!("apps can set cookies for {shared}, which the console gets, too: a hostile app can {costs}");
    let mend = format!(
        "Give apps a registered domain of their own in apps.domain, such as docklet-apps.example with the console at docklet.example.org; it is no matter if {shared} is a public suffix, like co.uk."
    );
    Finding::warning(CHECK, what, mend)
}

/// The longest name of two labels at least that both are or stand below.
fn shared_name(one: &str, other: &str) -> Option<String> {
    if one.parse::<IpAddr>().is_ok() || one.starts_with('[') {
        return None;
    }
    let pairs = one.rsplit('.').zip(other.rsplit('.'));
    let labels: Vec<&str> = pairs.take_while(|(a, b)| a.eq_ignore_ascii_case(b)).map(|(label, _)| label).collect();
    (labels.len() >= 2).then(|| labels.into_iter().rev().collect::<Vec<_>>().join("."))
}

fn public(facts: &Facts) -> Finding {
    const CHECK: &str = "public address";
    let first = facts.urls.first();
    match (first, facts.tls) {
        (Some(url), true) if !facts.https => Finding::problem(
            CHECK,
            format!("dockletd speaks TLS, but people are told {url}"),
            "Write https in server.public_urls; a browser's requests from the right address are refused otherwise.",
        ),
        (Some(url), false) if facts.https && !facts.has_proxies => Finding::problem(
            CHECK,
            format!(
                "people are told {url}, but dockletd has no certificate, and no proxy is trusted that could speak TLS"
            ),
            "Set tls.certificate and tls.key, or name the proxy's network in server.trusted_proxies.",
        ),
        (None, _) if facts.loopback_only => Finding::ok(CHECK, "only this host reaches it"),
        (_, false) if !facts.https && !facts.loopback_only => Finding::warning(
            CHECK,
            "other hosts reach it without TLS: passwords and terminals travel in the clear",
            "Set tls.certificate and tls.key, or listen on 127.0.0.1 behind a proxy that speaks TLS.",
        ),
        (None, true) => Finding::warning(
            CHECK,
            "no server.public_urls: links are made from whatever a browser typed",
            "Set server.public_urls to the address people type, such as https://docklet.example.org.",
        ),
        (Some(url), _) => Finding::ok(CHECK, url.clone()),
        (None, false) => Finding::ok(CHECK, "the address in the browser"),
    }
}

fn apps(facts: &Facts) -> Finding {
    const CHECK: &str = "addresses of apps";
    let name = format!("<label>.{}", facts.domain);
    if facts.path_mode {
        let mend = "Set apps.domain to a domain with a wildcard entry in DNS, and apps.path_mode back to false.";
        return Finding::warning(
            CHECK,
            "apps share the console's origin (apps.path_mode), so an app can act as whoever opens it",
            mend,
        );
    }
    if facts.domain == "localhost" {
        return if facts.urls.is_empty() && facts.loopback_only {
            Finding::ok(CHECK, format!("{name}: browsers find these on this host by themselves"))
        } else {
            Finding::warning(
                CHECK,
                format!("{name} is found by browsers on this host only, and other hosts shall reach us"),
                "Set apps.domain to a domain whose names all lead here, such as apps.docklet.example.org with a DNS entry *.apps.docklet.example.org.",
            )
        };
    }
    let mend = format!("Add an entry *.{} to DNS that leads where the console's name leads.", facts.domain);
    if facts.app.is_empty() {
        return Finding::problem(CHECK, format!("{name} is not found: no app can be opened"), mend);
    }
    if !facts.portal.is_empty() && facts.app.is_disjoint(&facts.portal) {
        let list = |set: &BTreeSet<IpAddr>| set.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let what = format!("{name} leads to {}, the console to {}", list(&facts.app), list(&facts.portal));
        return Finding::warning(CHECK, what, mend);
    }
    Finding::ok(CHECK, format!("{name} is found"))
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    fn laptop() -> Facts {
        Facts {
            urls: Vec::new(),
            portal_host: None,
            https: false,
            tls: false,
            has_proxies: false,
            loopback_only: true,
            domain: "localhost".into(),
            path_mode: false,
            app: BTreeSet::new(),
            portal: BTreeSet::new(),
        }
    }

    fn served() -> Facts {
        let addresses: BTreeSet<IpAddr> = ["192.0.2.1".parse().expect("an address")].into();
        Facts {
            urls: vec!["https://lab.example".into()],
            portal_host: Some("lab.example".into()),
            https: true,
            tls: true,
            loopback_only: false,
            domain: "apps.lab.example".into(),
            app: addresses.clone(),
            portal: addresses,
            ..laptop()
        }
    }

    fn levels(facts: &Facts) -> [Level; 2] {
        [public(facts).level, apps(facts).level]
    }

    #[test]
    fn a_laptop_and_a_served_host_are_fine() {
        assert_eq!(levels(&laptop()), [Level::Ok; 2]);
        assert_eq!(levels(&served()), [Level::Ok; 2]);
        assert_eq!(levels(&Facts { tls: false, has_proxies: true, ..served() }), [Level::Ok; 2]);
    }

    #[test]
    fn apps_that_share_a_name_with_the_console_can_set_cookies_for_it() {
        assert_eq!(cookies(&laptop()).level, Level::Ok);
        let with =
            |portal: &str, domain: &str| Facts { portal_host: Some(portal.into()), domain: domain.into(), ..served() };
        for (portal, domain, shared) in [
            ("docklet.example.org", "apps.docklet.example.org", Some("docklet.example.org")),
            ("docklet.example.org", "docklet-apps.example.org", Some("example.org")),
            ("docklet.example.org", "Apps.Example.ORG", Some("example.org")),
            ("docklet.example.org", "docklet-apps.example", None),
            ("docklet.example.org", "apps.docklet-example.org", None),
            ("192.0.2.10", "apps.192.0.2.example", None),
        ] {
            let facts = with(portal, domain);
            assert_eq!(shared_name(portal, domain).map(|name| name.to_lowercase()).as_deref(), shared, "{domain}");
            assert_eq!(cookies(&facts).level, if shared.is_some() { Level::Warning } else { Level::Ok });
            assert_eq!(cookies(&Facts { path_mode: true, ..facts }).level, Level::Ok, "told of elsewhere");
        }
    }

    #[test]
    fn what_does_not_fit_together_is_named() {
        use Level::{Ok, Problem, Warning};
        assert_eq!(levels(&Facts { https: false, ..served() }), [Problem, Ok]);
        assert_eq!(levels(&Facts { tls: false, ..served() }), [Problem, Ok]);
        assert_eq!(levels(&Facts { loopback_only: false, ..laptop() }), [Warning, Warning]);
        assert_eq!(levels(&Facts { domain: "localhost".into(), ..served() }), [Ok, Warning]);
        assert_eq!(levels(&Facts { app: BTreeSet::new(), ..served() }), [Ok, Problem]);
        assert_eq!(
            levels(&Facts { app: ["192.0.2.9".parse().expect("an address")].into(), ..served() }),
            [Ok, Warning]
        );
        assert_eq!(levels(&Facts { path_mode: true, ..served() }), [Ok, Warning]);
    }
}
