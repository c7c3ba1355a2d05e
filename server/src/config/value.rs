//! How each kind of value is written, the same in flags, environment and file. Knows no setting.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use control::federation::{ClaimRule, FirstSignIn, GroupRule};
use domain::{Violation, image::Registry, quota::OwnLimits, quota_policy::OwnShares};
use ipnet::{IpNet, Ipv4Net};
use worker::Opening;

use super::{database::DatabaseUrl, limits::Group, setting::Secret};
use crate::http::{apps::hosts::Domain, origin::Origin};

/// A kind of value; the error says the rule, as in "must be …".
pub(super) trait Value: Sized {
    const SECRET: bool = false;

    fn parse(text: &str) -> Result<Self, String>;

    /// A secret as people may read it.
    fn masked(_text: &str) -> String {
        "(set)".into()
    }
}

macro_rules! parsed {
    ($($type:ty: $rule:literal),+ $(,)?) => {
        $(impl Value for $type {
            fn parse(text: &str) -> Result<Self, String> {
                text.parse().map_err(|_| format!(concat!("must be ", $rule, ", not {:?}"), text))
            }
        })+
    };
}

parsed! {
    u32: "a whole number from 0 to 4294967295",
    u64: "a whole number that is not negative",
    SocketAddr: "an address with a port, such as 127.0.0.1:8000",
    IpNet: "a network, such as 10.0.0.0/8",
    Ipv4Net: "an IPv4 network, such as 172.28.0.0/14",
    Domain: "a domain, such as apps.example.org",
    Opening: "a port, such as 5432, 53/udp or 10.0.0.5:8080/tcp",
    Origin: "a URL without a path, such as https://docklet.example.org",
}

/// A whole number between two others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Within<const LEAST: u32, const MOST: u32>(pub u32);

impl<const LEAST: u32, const MOST: u32> Within<LEAST, MOST> {
    /// For those whose end lies within these, too.
    pub fn narrow(self) -> u16 {
        u16::try_from(self.0).unwrap_or(u16::MAX)
    }
}

impl<const LEAST: u32, const MOST: u32> Value for Within<LEAST, MOST> {
    fn parse(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number| (LEAST..=MOST).contains(number));
        number.map(Self).ok_or_else(|| format!("must be a whole number from {LEAST} to {MOST}, not {text:?}"))
    }
}

impl Value for bool {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "on" | "true" => Ok(true),
            "off" | "false" => Ok(false),
            _ => Err(format!("must be on or off (or true or false), not {text:?}")),
        }
    }
}

impl Value for Registry {
    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
    }
}

impl Value for FirstSignIn {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "active" => Ok(Self::Active),
            "pending" => Ok(Self::Pending),
            _ => Err(format!("must be active or pending, not {text:?}")),
        }
    }
}

impl Value for ClaimRule {
    fn parse(text: &str) -> Result<Self, String> {
        let rule = text.split_once('=').filter(|(claim, value)| !claim.trim().is_empty() && !value.trim().is_empty());
        let rule = rule.map(|(claim, value)| Self { claim: claim.trim().into(), value: value.trim().into() });
        rule.ok_or_else(|| format!("must be a claim and its value, such as groups=admins, not {text:?}"))
    }
}

impl Value for GroupRule {
    fn parse(text: &str) -> Result<Self, String> {
        let rule = text.split_once(':').and_then(|(group, rule)| {
            Some(Self { group: group.trim().parse().ok()?, rule: ClaimRule::parse(rule).ok()? })
        });
        rule.ok_or_else(|| {
            format!("must be a group, a claim and its value, such as staff: roles=faculty, not {text:?}")
        })
    }
}

/// What a group may be given as a number.
const NUMBERS: [&str; 8] = ["vclusters", "nodes", "cpus", "memory_mib", "pids", "streams", "terminals", "apps"];

impl Value for Group {
    fn parse(text: &str) -> Result<Self, String> {
        let shape = || format!("must be a group and its limits, such as students: nodes=4 cpus=4, not {text:?}");
        let (name, limits) = text.split_once(':').ok_or_else(shape)?;
        let name = name.trim().parse().map_err(|fault: Violation| format!("{:?} {}", name.trim(), fault.message))?;
        let mut given = BTreeMap::new();
        for limit in limits.split_whitespace() {
            let (key, value) = limit.split_once('=').ok_or_else(shape)?;
            if given.insert(key, value).is_some() {
                return Err(shape());
            }
        }
        let any_image = given.remove("any_image").map(bool::parse).transpose()?.unwrap_or(false);
        let runtime = given.remove("runtime").map(str::parse).transpose();
        let runtime = runtime.map_err(|fault: Violation| format!("runtime {}", fault.message))?;
        let number = |(key, value): (_, &str)| Some((key, value.parse::<f64>().ok()?));
        let given: BTreeMap<_, f64> = given.into_iter().map(number).collect::<Option<_>>().ok_or_else(shape)?;
        if given.keys().any(|key| !NUMBERS.contains(key)) {
            return Err(shape());
        }
        let faults = |faults: Vec<Violation>| {
            faults.iter().map(|fault| format!("{} {}", fault.field, fault.message)).collect::<Vec<_>>().join("; ")
        };
        // A fraction of a node is below 0 for the rule that names it.
        let whole = |key| given.get(key).map(|number: &f64| if number.fract() == 0.0 { *number as i64 } else { -1 });
        let limits =
            OwnLimits::parse(whole("vclusters"), whole("nodes"), given.get("cpus").copied(), whole("memory_mib"));
        let share = |key: &str| match given.get(key) {
            None => Ok(None),
            Some(number) if number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(number) => {
                Ok(Some(*number as u32))
            }
            Some(_) => Err(format!("{key} must be a whole number that is not negative")),
        };
        let shares = OwnShares { streams: share("streams")?, terminals: share("terminals")?, apps: share("apps")? };
        let limits = OwnLimits { pids: share("pids")?.map(u64::from), ..limits.map_err(faults)? };
        Ok(Self { name, limits, shares, any_image, runtime })
    }
}

/// `name=value` of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter(pub String, pub String);

impl Value for Parameter {
    fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split_once('=').filter(|(name, _)| !name.is_empty());
        let parts = parts.map(|(name, value)| Self(name.into(), value.into()));
        parts.ok_or_else(|| format!("must be a name and a value, such as access_type=offline, not {text:?}"))
    }
}

/// The address of an OpenID provider. Kept as it is written: it is compared to the letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer(pub String);

impl Value for Issuer {
    fn parse(text: &str) -> Result<Self, String> {
        let uri: Option<http::Uri> = text.parse().ok();
        let good = uri.is_some_and(|uri| {
            matches!(uri.scheme_str(), Some("https" | "http")) && uri.host().is_some() && uri.query().is_none()
        });
        if good {
            Ok(Self(text.into()))
        } else {
            Err(format!("must be the address of an OpenID provider, not {text:?}"))
        }
    }
}

impl Value for f64 {
    fn parse(text: &str) -> Result<Self, String> {
        let number: Option<f64> = text.parse().ok().filter(|n: &f64| n.is_finite() && *n > 0.0);
        number.ok_or_else(|| format!("must be a number above 0, such as 1.5, not {text:?}"))
    }
}

impl Value for String {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() { Err("must not be empty".into()) } else { Ok(text.into()) }
    }
}

impl Value for PathBuf {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() { Err("must be a path, not empty".into()) } else { Ok(text.into()) }
    }
}

impl Value for Secret {
    const SECRET: bool = true;

    fn parse(text: &str) -> Result<Self, String> {
        Ok(Self(text.into()))
    }
}

impl Value for DatabaseUrl {
    const SECRET: bool = true;

    fn parse(text: &str) -> Result<Self, String> {
        // Never the text itself: it may hold a password.
        Self::parse(text).ok_or_else(|| "must be a URL such as postgres://user@host:5432/database".into())
    }

    fn masked(text: &str) -> String {
        Self::parse(text).map_or_else(|| "(set)".into(), |url| url.to_string())
    }
}

impl Value for Duration {
    fn parse(text: &str) -> Result<Self, String> {
        let time = humantime::parse_duration(text).ok().filter(|time| !time.is_zero());
        time.ok_or_else(|| format!("must be a time above 0 with its unit, such as 30s or 7d, not {text:?}"))
    }
}

/// Empty is none.
impl<T: Value> Value for Option<T> {
    const SECRET: bool = T::SECRET;

    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() { Ok(None) } else { T::parse(text).map(Some) }
    }

    fn masked(text: &str) -> String {
        T::masked(text)
    }
}

/// Separated by commas; a list in the file.
impl<T: Value> Value for Vec<T> {
    const SECRET: bool = T::SECRET;

    fn parse(text: &str) -> Result<Self, String> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(T::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_value_is_answered_with_the_rule_it_breaks() {
        let rule = |fault: Result<SocketAddr, String>| fault.expect_err("must be refused");
        assert_eq!(rule(Value::parse("8000")), "must be an address with a port, such as 127.0.0.1:8000, not \"8000\"");
        assert!(<Duration as Value>::parse("7").is_err(), "a time without its unit");
        assert!(<f64 as Value>::parse("NaN").is_err());
        assert!(<String as Value>::parse("").is_err());
    }

    #[test]
    fn lists_are_separated_by_commas_and_may_be_empty() {
        let nets: Vec<IpNet> = Value::parse("10.0.0.0/8, ::1/128").expect("two networks");
        assert_eq!(nets.len(), 2);
        assert_eq!(<Vec<IpNet> as Value>::parse(""), Ok(vec![]));
        assert!(<Vec<IpNet> as Value>::parse("10.0.0.0/8,lab").is_err());
    }

    #[test]
    fn a_group_has_a_name_and_limits_that_are_named() {
        let group: Group = Value::parse("students: nodes=4 cpus=1.5 streams=20").expect("a group");
        let limits = OwnLimits { nodes: Some(4), cpu_milli: Some(1500), ..OwnLimits::default() };
        let shares = OwnShares { streams: Some(20), ..OwnShares::default() };
        let students =
            Group { name: "students".parse().expect("a name"), limits, shares, any_image: false, runtime: None };
        assert_eq!(group, students);
        let group: Group =
            Value::parse("students: nodes=4 cpus=1.5 streams=20 pids=2048 runtime=runsc").expect("a group");
        let runtime = Some("runsc".parse().expect("a runtime"));
        assert_eq!(group, Group { limits: OwnLimits { pids: Some(2048), ..limits }, runtime, ..students.clone() });
        assert!(
            <Group as Value>::parse("s: runtime=/bin/sh").expect_err("no name").starts_with("runtime must use only")
        );
        assert!(<Group as Value>::parse("s: runtime=runsc runtime=kata").is_err());
        assert!(<Group as Value>::parse("s: pids=1.5").is_err());
        let group: Group = Value::parse("students: any_image=on nodes=4 cpus=1.5 streams=20").expect("a group");
        assert_eq!(group, Group { any_image: true, ..students });
        assert!(<Group as Value>::parse("s: any_image=maybe").is_err());
        assert!(<Group as Value>::parse("s: any_image=on any_image=on").is_err());
        for bad in ["students", ": nodes=4", "Students: nodes=4", "s: nodes", "s: node=4", "s: nodes=4 nodes=5"] {
            assert!(<Group as Value>::parse(bad).is_err(), "{bad}");
        }
        for (bad, named) in [
            ("s: nodes=1.5", "limits.nodes"),
            ("s: nodes=-1", "limits.nodes"),
            ("s: cpus=inf", "cpus"),
            ("s: streams=0.5", "streams"),
        ] {
            assert!(<Group as Value>::parse(bad).expect_err("no limit").contains(named), "{bad}");
        }
        let rule: GroupRule = Value::parse("staff: realm.roles=faculty").expect("a rule");
        assert_eq!((rule.group.as_str(), &*rule.rule.claim, &*rule.rule.value), ("staff", "realm.roles", "faculty"));
        for bad in ["staff", "staff: faculty", "Staff: a=b", ": a=b"] {
            assert!(<GroupRule as Value>::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_empty_is_none() {
        assert_eq!(<Option<u32> as Value>::parse(""), Ok(None));
        assert_eq!(<Option<u32> as Value>::parse("3"), Ok(Some(3)));
        assert!(<Option<u32> as Value>::parse("-3").is_err());
    }
}
