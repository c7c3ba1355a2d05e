//! The public half of an SSH key, as its owner hands it over and as `authorized_keys` has it. Knows the form, and nothing of
//! whose key it is or what it opens.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::{Violation, app::is_invisible, described::described};

/// What OpenSSH takes today. `ssh-dss` is not among it any more.
const KINDS: [&str; 7] = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

/// One line: the type, the key in base64, and a comment if there is one. Never an option of `authorized_keys`, which would
/// say more than that the key is let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SshPublicKey {
    /// The type and the key.
    key: String,
    comment: String,
}

impl SshPublicKey {
    /// In bytes. An RSA key of 16384 bits has a third of it.
    pub const LONGEST: usize = 8 * 1024;
    /// In characters.
    pub const LONGEST_COMMENT: usize = 200;

    /// The type and the key, which are what makes two lines the same key.
    pub fn key(&self) -> &str {
        &self.key
    }
}

described!(SshPublicKey, crate::described::text(Self::LONGEST, pattern()));

#[cfg(feature = "openapi")]
fn pattern() -> String {
    let (kinds, invisible) = (KINDS.join("|").replace('.', r"\."), crate::described::INVISIBLE);
    format!("^(?:{kinds}) [A-Za-z0-9+/]+={{0,2}}(?: [^{invisible}]{{0,{}}})?$", SshPublicKey::LONGEST_COMMENT)
}

impl FromStr for SshPublicKey {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let fault = |rule: String| Err(Violation::new("public_key", rule));
        if text.len() > Self::LONGEST {
            return fault(format!("must have at most {} bytes", Self::LONGEST));
        }
        // A file of a key ends with the line.
        let text = text.trim();
        if text.contains(['\n', '\r']) {
            return fault("must be one key on one line".into());
        }
        if let Some(c) = text.chars().find(|c| is_invisible(*c)) {
            return fault(format!("must not contain the invisible character U+{:04X}", u32::from(c)));
        }
        let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
        if !KINDS.contains(&kind) {
            return fault(format!("must begin with its type, and with no option: one of {}", KINDS.join(", ")));
        }
        let (key, comment) = rest.trim_start().split_once(' ').unwrap_or((rest.trim_start(), ""));
        if !is_of(kind, key) {
            return fault(format!("must have a key of the type {kind} behind the type; copy the whole line"));
        }
        let comment = comment.trim_start();
        if comment.chars().count() > Self::LONGEST_COMMENT {
            return fault(format!("must have a comment of at most {} characters", Self::LONGEST_COMMENT));
        }
        Ok(Self { key: format!("{kind} {key}"), comment: comment.to_owned() })
    }
}

/// A key begins with its own type again, behind its length; something must follow.
fn is_of(kind: &str, base64: &str) -> bool {
    let Ok(bytes) = STANDARD.decode(base64) else { return false };
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else { return false };
    let named = rest.split_at_checked(u32::from_be_bytes(*length) as usize);
    named.is_some_and(|(named, key)| named == kind.as_bytes() && !key.is_empty())
}

impl TryFrom<String> for SshPublicKey {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        text.parse()
    }
}

impl From<SshPublicKey> for String {
    fn from(key: SshPublicKey) -> Self {
        key.to_string()
    }
}

/// A line of `authorized_keys`.
impl fmt::Display for SshPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        if self.comment.is_empty() { Ok(()) } else { write!(f, " {}", self.comment) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED25519: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOIjBsaZ67RoMJj6WOT61KhyBLfet1uY6B5QRGTar2RT";
    const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFqd+V79Jwdmo0pauSMscDxLBSceAotYczLPgJt1mOrlDL1pH8VZDjZagxEWd12vkDhW1x7K+D2DtIcPEbxJbvM=";
    const SECURITY_KEY: &str = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAAAABHNzaDo=";

    fn refused(text: &str) -> String {
        let fault = text.parse::<SshPublicKey>().expect_err("must be refused");
        assert_eq!(fault.field, "public_key");
        fault.message
    }

    #[test]
    fn a_line_as_ssh_keygen_writes_it_is_a_key_and_stays_what_it_is() {
        for text in [ED25519, ECDSA, SECURITY_KEY] {
            let bare: SshPublicKey = text.parse().expect("a key");
            assert_eq!((bare.key(), bare.to_string().as_str()), (text, text));
            let line = format!("{text} ada@home on a train 🚂");
            let key: SshPublicKey = format!("{line}\n").parse().expect("a key with a comment");
            assert_eq!((key.key(), String::from(key.clone())), (text, line));
        }
    }

    #[test]
    fn what_is_in_front_of_a_key_or_is_none_is_refused() {
        for text in [
            "",
            "ssh-ed25519",
            "AAAAC3NzaC1lZDI1NTE5AAAAIOIjBsaZ67RoMJj6WOT61KhyBLfet1uY6B5QRGTar2RT",
            "ssh-dss AAAAB3NzaC1kc3MAAAADAQAB",
            &format!("restrict {ED25519}"),
            &format!("command=\"sh\" {ED25519}"),
            &format!("cert-authority {ED25519}"),
            &format!("# {ED25519}"),
            "-----BEGIN OPENSSH PRIVATE KEY-----",
        ] {
            assert!(refused(text).contains("must"), "{text:?}");
        }
    }

    #[test]
    fn a_key_is_of_the_type_it_says_it_is() {
        for text in [
            // Of another type, nothing behind the type, a length beyond the end, cut off, another alphabet.
            "ssh-ed25519 AAAAB3NzaC1yc2EAAAAgAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
            "ssh-ed25519 /////3NzaC1lZDI1NTE5",
            &ED25519[..ED25519.len() - 1],
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOIjBsaZ67RoMJj6WOT61KhyBLfet1uY6B5QRGTar2R_",
            "ssh-ed25519 comment",
        ] {
            assert!(refused(text).contains("behind the type"), "{text:?}");
        }
    }

    #[test]
    fn a_key_is_one_line_that_can_be_seen_and_has_an_end() {
        assert!(refused(&format!("{ED25519} a\n{ED25519} b")).contains("one line"));
        for comment in ["a\tb", "a\u{7}b", "\u{1b}[31m", "a\u{202e}b", "a\0b"] {
            assert!(refused(&format!("{ED25519} {comment}")).contains("invisible"), "{comment:?}");
        }
        assert!(format!("{ED25519} {}", "ű".repeat(200)).parse::<SshPublicKey>().is_ok());
        assert!(refused(&format!("{ED25519} {}", "ű".repeat(201))).contains("200 characters"));
        assert!(refused(&format!("{ED25519} {}", "x".repeat(SshPublicKey::LONGEST))).contains("8192 bytes"));
        // With its type in front and in base64, this has 8192 bytes.
        let mut key = b"\0\0\0\x07ssh-rsa".to_vec();
        key.resize(6138, 1);
        let longest = format!("ssh-rsa {}", base64::Engine::encode(&STANDARD, key));
        assert!(longest.parse::<SshPublicKey>().is_ok());
        assert!(refused(&format!("{longest}\n")).contains("8192 bytes"));
    }
}
