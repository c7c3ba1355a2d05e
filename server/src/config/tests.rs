//! Which source holds, and how mistakes are answered.

use super::{source::Place, *};

fn pairs(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect()
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), text).expect("the file can be written");
    file
}

fn loaded(flags: &[(&str, &str)], environment: &[(&str, &str)], text: &str) -> Result<Loaded, ConfigError> {
    let file = file(text);
    load(pairs(flags).into_iter().collect(), pairs(environment), Some(file.path().into()))
}

fn fault(flags: &[(&str, &str)], environment: &[(&str, &str)], text: &str) -> String {
    loaded(flags, environment, text).expect_err("must be refused").to_string()
}

fn entry<'a>(loaded: &'a Loaded, name: &str) -> &'a Effective {
    loaded.effective.iter().find(|entry| entry.setting.name() == name).expect("a known setting")
}

#[test]
fn every_default_is_a_good_value() {
    let loaded = load(BTreeMap::new(), [], None).expect("defaults");
    assert!(loaded.effective.iter().all(|entry| entry.place == Place::Default));
    assert_eq!(loaded.config.server.listen.port(), 8000);
}

#[test]
fn a_flag_holds_over_the_environment_and_that_over_the_file() {
    let text = "[limits]\nnodes = 3\nvclusters = 3\ncpus = 3\n";
    let environment = [("DOCKLET_LIMITS_NODES", "2"), ("DOCKLET_LIMITS_VCLUSTERS", "2")];
    let loaded = loaded(&[("limits.nodes", "1")], &environment, text).expect("good values");
    let limits = &loaded.config.limits;
    assert_eq!((limits.nodes, limits.vclusters, limits.cpus), (1, 2, 3.0));
    assert_eq!(entry(&loaded, "limits.nodes").place.to_string(), "flag --limits-nodes");
    assert_eq!(entry(&loaded, "limits.vclusters").place.to_string(), "environment DOCKLET_LIMITS_VCLUSTERS");
    assert!(matches!(entry(&loaded, "limits.cpus").place, Place::File(_)));
    assert_eq!(entry(&loaded, "limits.memory_mib").place, Place::Default);
}

#[test]
fn an_unknown_key_of_the_file_is_refused_with_the_nearest_name() {
    assert!(
        fault(&[], &[], "[limits]\nnode = 3\n").ends_with("unknown setting limits.node; did you mean limits.nodes?")
    );
    assert!(fault(&[], &[], "[server]\nlisten_on = \"x\"\n").ends_with("did you mean server.listen?"));
    assert!(fault(&[], &[], "colour = \"blue\"\n").ends_with("unknown setting colour"));
}

#[test]
fn an_unknown_variable_is_refused_with_the_nearest_name() {
    let message = fault(&[], &[("DOCKLET_SERVER_LISTN", "x"), ("PATH", "/bin")], "");
    assert_eq!(
        message,
        "the environment has the unknown setting DOCKLET_SERVER_LISTN; did you mean DOCKLET_SERVER_LISTEN?"
    );
}

#[test]
fn all_bad_values_are_told_at_once_with_where_they_were_written() {
    let message = fault(&[("limits.nodes", "-1")], &[("DOCKLET_SERVER_LISTEN", "lab")], "");
    assert_eq!(
        message,
        "server.listen (from environment DOCKLET_SERVER_LISTEN): must be an address with a port, such as 127.0.0.1:8000, not \"lab\"\n\
         limits.nodes (from flag --limits-nodes): must be a whole number from 0 to 4294967295, not \"-1\""
    );
}

#[test]
fn secrets_are_never_shown() {
    let loaded = loaded(&[], &[("DOCKLET_ETCD_PASSWORD", "hunter2")], "").expect("good values");
    assert_eq!(entry(&loaded, "etcd.password").text, "(set)");
    assert!(!format!("{loaded:?}").contains("hunter2"));
}

#[test]
fn the_file_may_hold_lists() {
    let loaded = loaded(&[], &[], "[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"::/0\"]\n").expect("good values");
    assert_eq!(loaded.config.server.trusted_proxies.len(), 2);
    assert!(fault(&[], &[], "[server]\nlisten = { a = 1 }\n").contains("server.listen must be a single value"));
}

#[test]
fn a_file_that_is_missing_or_not_toml_is_named() {
    let missing = load(BTreeMap::new(), [], Some("no/such/file.toml".into())).expect_err("must be refused");
    assert!(missing.to_string().starts_with("cannot read the configuration file no/such/file.toml"));
    assert!(fault(&[], &[], "[server").contains("is not TOML"));
}

#[test]
fn a_provider_s_groups_are_those_that_have_limits() {
    let provider = "[oidc.lab]\nissuer = \"https://idp.example\"\nclient_id = \"docklet\"\n";
    let rule = "group_if = [{ group = \"staff\", claim = \"roles\", value = \"faculty\" }]\n";
    let groups = "[limits]\ngroups = [\"staff: nodes=64\"]\n";
    let loaded = loaded(&[], &[], &format!("{groups}{provider}{rule}")).expect("good values");
    assert_eq!(loaded.config.oidc[0].config.group_if[0].group.as_str(), "staff");
    let message = fault(&[], &[], &format!("{provider}{rule}"));
    assert_eq!(message, "oidc.lab.group_if (from group staff): is none of limits.groups; add it there");
    let twice = fault(&[("limits.groups", "staff: nodes=1, staff: nodes=2")], &[], "");
    assert_eq!(twice, "limits.groups (from group staff): is there twice; keep one of the two");
}

#[test]
fn jobs_start_in_one_of_two_orders() {
    let order = |order| loaded(&[("jobs.order", order)], &[], "").expect("an order").config.jobs.order;
    assert!(matches!(order("fifo"), scheduler::Order::Fifo));
    assert!(matches!(order("fair_share"), scheduler::Order::FairShare(_)));
    let message = fault(&[("jobs.order", "random"), ("jobs.half_life", "7")], &[], "");
    assert!(message.contains("must be fair_share or fifo, not \"random\""), "{message}");
    assert!(message.contains("jobs.half_life (from flag --jobs-half-life): must be a time above 0"), "{message}");
}

#[test]
fn a_proxy_where_nodes_are_is_refused() {
    for proxy in ["172.18.0.0/16", "172.20.1.7/32", "0.0.0.0/0"] {
        let message = fault(&[("server.trusted_proxies", &format!("127.0.0.1/32, {proxy}"))], &[], "");
        let begin =
            format!("server.trusted_proxies (from network {proxy}): overlaps network.cluster_net (172.16.0.0/12)");
        assert!(message.starts_with(&begin) && message.contains("set network.cluster_net"), "{message}");
    }
    let apart = [("server.trusted_proxies", "172.18.0.0/16"), ("network.cluster_net", "10.128.0.0/10")];
    loaded(&apart, &[], "").expect("a proxy that stands elsewhere");
}

#[test]
fn apps_need_an_address_to_send_people_back_to() {
    let domain = ("apps.domain", "apps.example.org");
    let message = fault(&[domain], &[], "");
    assert_eq!(
        message,
        "apps.domain (from apps.example.org): needs server.public_urls, too: the address people type, to which apps send them to be let in"
    );
    loaded(&[domain, ("server.public_urls", "https://docklet.example.org")], &[], "").expect("good values");
    loaded(&[domain, ("apps.path_mode", "on")], &[], "").expect("good values");
    loaded(&[("apps.domain", "apps.localhost")], &[], "").expect("good values");
}
