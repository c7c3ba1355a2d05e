//! What an installation decides about people of a provider. Pure: claims in, verdict out.

use domain::name::GroupName;

use super::Refusal;
use crate::{accounts::SignInMethods, ports::identity::Claims};

/// A claim must be, or have in its list, this value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRule {
    /// Its name, or its path with dots.
    pub claim: String,
    pub value: String,
}

impl ClaimRule {
    pub fn is_met(&self, claims: &Claims) -> bool {
        claims.says(&self.claim, &self.value)
    }
}

/// A person who meets the rule is in the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRule {
    pub group: GroupName,
    pub rule: ClaimRule,
}

/// What becomes of a person who signs in for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FirstSignIn {
    #[default]
    Active,
    /// An administrator has to approve them.
    Pending,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRules {
    /// In addresses of ours.
    pub name: String,
    /// On the button.
    pub label: String,
    pub issuer: String,
    /// Who is an administrator; without it, administrators are made here.
    pub admin_if: Option<ClaimRule>,
    /// Who is in which group: the first rule that is met counts, and a person who meets none is in no group. Without any, people
    /// are put into groups here.
    pub group_if: Vec<GroupRule>,
    /// What a person must meet to sign in; without it, every person the provider lets in may.
    pub required: Option<ClaimRule>,
    /// Domains of e-mail addresses that may; none: all. Counts only addresses that the provider has verified.
    pub allowed_domains: Vec<String>,
    pub first_sign_in: FirstSignIn,
}

impl ProviderRules {
    /// Without those about claims that are not told here: they stand as they were.
    pub(super) fn of_what_is_told(&self, claims: &Claims) -> Self {
        let told = |rule: &Option<ClaimRule>| rule.clone().filter(|rule| claims.tell_of(&rule.claim));
        let is_address_told = claims.tell_of("email") && claims.tell_of("email_verified");
        Self {
            required: told(&self.required),
            admin_if: told(&self.admin_if),
            // A person who cannot be seen to meet the first may be in its group all the same.
            group_if: if self.group_if.iter().all(|group| claims.tell_of(&group.rule.claim)) {
                self.group_if.clone()
            } else {
                Vec::new()
            },
            allowed_domains: if is_address_told { self.allowed_domains.clone() } else { Vec::new() },
            ..self.clone()
        }
    }

    /// The group of the person of whom this is said; the outer `None` where the provider does not decide it.
    pub(super) fn group(&self, claims: &Claims) -> Option<Option<&GroupName>> {
        let met = || self.group_if.iter().find(|group| group.rule.is_met(claims)).map(|group| &group.group);
        (!self.group_if.is_empty()).then(met)
    }

    /// Whether the person of whom this is said may sign in.
    pub(super) fn admit(&self, claims: &Claims) -> Result<(), Refusal> {
        if self.required.as_ref().is_some_and(|required| !required.is_met(claims)) {
            return Err(Refusal::NotAllowed);
        }
        if self.allowed_domains.is_empty() {
            return Ok(());
        }
        let domain = claims.text("email").and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain);
        let is_allowed = domain
            .is_some_and(|domain| self.allowed_domains.iter().any(|allowed| allowed.eq_ignore_ascii_case(domain)));
        match is_allowed {
            false => Err(Refusal::NotAllowed),
            true if !claims.says("email_verified", "true") => Err(Refusal::EmailUnverified),
            true => Ok(()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Whether people may sign in with a password.
    pub local: bool,
    pub providers: Vec<ProviderRules>,
}

impl Rules {
    pub(crate) fn sign_in_methods(&self) -> SignInMethods {
        let issuers = self.providers.iter().map(|provider| provider.issuer.clone());
        SignInMethods { passwords: self.local, issuers: issuers.collect() }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self { local: true, providers: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rules(required: Option<(&str, &str)>, domains: &[&str]) -> ProviderRules {
        ProviderRules {
            name: "lab".into(),
            label: "Lab".into(),
            issuer: "https://idp.example".into(),
            admin_if: None,
            group_if: Vec::new(),
            required: required.map(|(claim, value)| ClaimRule { claim: claim.into(), value: value.into() }),
            allowed_domains: domains.iter().map(ToString::to_string).collect(),
            first_sign_in: FirstSignIn::Active,
        }
    }

    fn verdict(rules: &ProviderRules, claims: Value) -> &'static str {
        let Value::Object(map) = claims else { panic!("an object") };
        match rules.admit(&Claims(map)) {
            Ok(()) => "in",
            Err(Refusal::NotAllowed) => "not allowed",
            Err(Refusal::EmailUnverified) => "unverified",
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn without_rules_everybody_of_the_provider_may_sign_in() {
        assert_eq!(verdict(&rules(None, &[]), json!({})), "in");
    }

    #[test]
    fn who_lacks_the_required_claim_stays_outside() {
        let rules = rules(Some(("groups", "people")), &[]);
        assert_eq!(verdict(&rules, json!({"groups": ["people"]})), "in");
        for claims in [json!({}), json!({"groups": []}), json!({"groups": ["peoples"]}), json!({"groups": null})] {
            assert_eq!(verdict(&rules, claims.clone()), "not allowed", "{claims}");
        }
    }

    #[test]
    fn what_is_not_told_stands_as_it_was() {
        let rules = ProviderRules {
            admin_if: Some(ClaimRule { claim: "realm.roles".into(), value: "ops".into() }),
            ..rules(Some(("groups", "people")), &["lab.example"])
        };
        let told = |claims: Value| {
            let Value::Object(map) = claims else { panic!("an object") };
            let told = rules.of_what_is_told(&Claims(map));
            (told.required.is_some(), told.admin_if.is_some(), !told.allowed_domains.is_empty())
        };
        assert_eq!(told(json!({"sub": "s", "email": "ada@lab.example"})), (false, false, false));
        assert_eq!(told(json!({"groups": [], "realm": {}})), (true, true, false));
        assert_eq!(told(json!({"email": "ada@elsewhere.example", "email_verified": true})), (false, false, true));
    }

    #[test]
    fn the_first_group_whose_rule_is_met_counts_and_none_is_left_where_all_are_told() {
        let rule = |group: &str, claim: &str, value: &str| GroupRule {
            group: group.parse().expect("a name"),
            rule: ClaimRule { claim: claim.into(), value: value.into() },
        };
        let decides = ProviderRules {
            group_if: vec![rule("staff", "groups", "faculty"), rule("students", "kind", "student")],
            ..rules(None, &[])
        };
        let claims = |claims: Value| {
            let Value::Object(map) = claims else { panic!("an object") };
            Claims(map)
        };
        let group = |rules: &ProviderRules, said: Value| {
            rules.group(&claims(said)).map(|group| group.map(ToString::to_string).unwrap_or_default())
        };
        let both = json!({"groups": ["faculty"], "kind": "student"});
        assert_eq!(group(&decides, both), Some("staff".into()));
        assert_eq!(group(&decides, json!({"groups": [], "kind": "student"})), Some("students".into()));
        assert_eq!(group(&decides, json!({})), Some(String::new()), "with a sign-in, what is not told is not so");
        assert_eq!(group(&rules(None, &[]), json!({"kind": "student"})), None);
        let renewed = |said: Value| group(&decides.of_what_is_told(&claims(said.clone())), said);
        assert_eq!(renewed(json!({"kind": "student"})), None, "staff, perhaps");
        assert_eq!(renewed(json!({"kind": "guest", "groups": []})), Some(String::new()));
    }

    #[test]
    fn a_domain_counts_only_behind_the_last_at_of_a_verified_address() {
        let rules = rules(None, &["lab.example"]);
        let with = |email: &str, verified: Value| json!({"email": email, "email_verified": verified});
        assert_eq!(verdict(&rules, with("ada@Lab.example", json!(true))), "in");
        assert_eq!(verdict(&rules, with("ada@lab.example", json!("true"))), "in", "some providers write it as a text");
        for verified in [json!(false), json!(null), json!("no"), json!(1)] {
            assert_eq!(verdict(&rules, with("ada@lab.example", verified.clone())), "unverified", "{verified}");
        }
        for email in ["ada@lab.example@evil.example", "ada@sub.lab.example", "ada@evillab.example", "lab.example", ""] {
            assert_eq!(verdict(&rules, with(email, json!(true))), "not allowed", "{email}");
        }
    }
}
