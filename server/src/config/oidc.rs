//! OpenID providers: a section for each, `[oidc.NAME]` in the file or `DOCKLET_OIDC_NAME_…` in the environment. NAME is part
//! of the addresses that are registered at the provider.

use std::path::PathBuf;

use control::federation::{ClaimRule, FirstSignIn, GroupRule};

use super::{
    limits::LimitsConfig,
    setting::{Fault, Secret, section},
    value::{Issuer, Parameter},
};

pub(super) const SECTION: &str = "oidc";
pub(super) const LONGEST_NAME: usize = 32;

section! {
    pub struct ProviderConfig in "oidc.NAME" {
        /// The provider's address, exactly as its own discovery document writes it (`<issuer>/.well-known/openid-configuration`).
        pub issuer: Issuer = "",
        /// What the provider calls Docklet. Register `<public URL>/oidc/NAME/callback` as the redirect address,
        /// `<public URL>/sign-in` for after signing out, and `<public URL>/oidc/NAME/backchannel-logout` for back-channel logout.
        pub client_id: String = "",
        /// The client's secret. Better kept in a file of its own.
        pub client_secret: Option<Secret> = "",
        /// A file that holds the client's secret.
        pub client_secret_file: Option<PathBuf> = "",
        /// What is asked for beside `openid`. Some providers renew sessions only with `offline_access`.
        pub scopes: Vec<String> = "profile,email",
        /// On the button of the sign-in page. By default the name of the section with a capital letter: `Lab` for `lab`.
        pub label: Option<String> = "",
        /// Who is an administrator, as `claim=value`, or `{ claim = "groups", value = "admins" }` in the file: whose claim is
        /// the value, or a list that has it. Looked at with every sign-in. Without it, administrators are made in Docklet.
        pub admin_if: Option<ClaimRule> = "",
        /// Who is in which group of `limits.groups`, as `group: claim=value`, or `{ group = "staff", claim = "roles", value =
        /// "faculty" }` in the file. The first that is met counts; a person who meets none is in no group. Looked at with every
        /// sign-in. Without it, administrators put people into groups.
        pub group_if: Vec<GroupRule> = "",
        /// Who may sign in, written like `admin_if`. A person who loses it is signed out, and their API tokens are revoked. Without
        /// it, every user the provider lets in.
        pub required: Option<ClaimRule> = "",
        /// Domains of e-mail addresses that may sign in. Only addresses that the provider has verified (`email_verified`) count.
        pub allowed_domains: Vec<String> = "",
        /// What becomes of a person who signs in for the first time: `active`, or `pending` until an administrator approves.
        pub first_sign_in: FirstSignIn = "active",
        /// Further parameters of the address people are sent to, such as `access_type=offline`.
        pub parameters: Vec<Parameter> = "",
    }
}

/// A provider and the name of its section.
#[derive(Debug, Clone)]
pub struct NamedProvider {
    pub name: String,
    pub config: ProviderConfig,
}

impl NamedProvider {
    /// A secret in two places is one too many; a group must be one.
    pub(super) fn fault(&self, limits: &LimitsConfig) -> Option<Fault> {
        let both = self.config.client_secret.is_some() && self.config.client_secret_file.is_some();
        let both = both.then(|| Fault {
            setting: format!("{SECTION}.{}.client_secret", self.name),
            place: "client_secret_file, too".into(),
            rule: "is given twice; keep one of the two".into(),
        });
        let unknown = || self.config.group_if.iter().map(|rule| &rule.group).find(|group| !limits.has_group(group));
        both.or_else(|| {
            unknown().map(|group| Fault {
                setting: format!("{SECTION}.{}.group_if", self.name),
                place: format!("group {group}"),
                rule: "is none of limits.groups; add it there".into(),
            })
        })
    }

    pub fn label(&self) -> String {
        self.config.label.clone().unwrap_or_else(|| {
            let mut letters = self.name.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
        })
    }
}

/// Whether it can be part of an address and of a variable's name.
pub(super) fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=LONGEST_NAME).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.chars().all(plain)
}
