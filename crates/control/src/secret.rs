//! Secrets that we give out and know again: 256 random bits as text, kept as their SHA-256 only. Guessing back from a plain
//! digest is hopeless, so no slow hash is needed.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::ports::clock::Entropy;

const BYTES: usize = 32;
/// Characters of 32 bytes in base64 without padding.
const LENGTH: usize = 43;

pub(crate) fn draw(entropy: &dyn Entropy) -> String {
    let mut secret = [0; BYTES];
    entropy.fill(&mut secret);
    BASE64_URL_SAFE_NO_PAD.encode(secret)
}

/// Anything else was not given by us and needs no look into the record.
pub(crate) fn is_well_formed(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

pub(crate) fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// What the record keeps: 64 lower-case hexadecimal digits.
pub(crate) fn hex_digest(text: &str) -> String {
    hex::encode(digest(text))
}

/// What the record keeps of an app's cookie; also what names a visit, for ending its connections.
pub fn cookie_digest(secret: &str) -> String {
    hex_digest(secret)
}

/// What the portal is told of the nonce that a browser keeps at the app's host.
pub fn nonce_digest(nonce: &str) -> String {
    hex_digest(nonce)
}

/// Whether the text can be a digest: 64 lower-case hexadecimal digits.
pub(crate) fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
