//! Seals what must not be readable in a stolen database: the key is a file beside it, and no backup of the database has it.

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use control::ports::identity::Seal;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// XChaCha20-Poly1305: its nonces are long enough to be drawn at random.
pub struct KeySeal(XChaCha20Poly1305);

impl std::fmt::Debug for KeySeal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeySeal")
    }
}

impl KeySeal {
    /// A new key, as the file holds it.
    pub fn new_key() -> String {
        hex::encode(rand::random::<[u8; KEY_BYTES]>())
    }

    /// `None` when the text is no key.
    pub fn with_key(text: &str) -> Option<Self> {
        let key = hex::decode(text.trim()).ok().filter(|key| key.len() == KEY_BYTES)?;
        XChaCha20Poly1305::new_from_slice(&key).ok().map(Self)
    }
}

impl Seal for KeySeal {
    fn seal(&self, text: &str, place: &str) -> String {
        let nonce = rand::random::<[u8; NONCE_BYTES]>();
        let payload = Payload { msg: text.as_bytes(), aad: place.as_bytes() };
        let sealed = self.0.encrypt(XNonce::from_slice(&nonce), payload);
        // It fails only for texts of more than 256 GiB; what is empty opens as nothing.
        let sealed = sealed.unwrap_or_default();
        BASE64_STANDARD_NO_PAD.encode([nonce.as_slice(), &sealed].concat())
    }

    fn open(&self, sealed: &str, place: &str) -> Option<String> {
        let bytes = BASE64_STANDARD_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES)?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        String::from_utf8(self.0.decrypt(XNonce::from_slice(nonce), payload).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> KeySeal {
        KeySeal::with_key(&KeySeal::new_key()).expect("a key")
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_in_the_same_place_only() {
        let (ours, other) = (seal(), seal());
        let sealed = ours.seal("a token", "session-1");
        assert_eq!(ours.open(&sealed, "session-1").as_deref(), Some("a token"));
        assert_eq!(ours.open(&sealed, "session-2"), None, "moved to another row");
        assert_eq!(other.open(&sealed, "session-1"), None, "another key");
        assert!(!sealed.contains("token"));
        assert_ne!(sealed, ours.seal("a token", "session-1"), "the same text twice");
    }

    #[test]
    fn what_was_changed_or_is_nothing_of_ours_does_not_open() {
        let seal = seal();
        let mut sealed = seal.seal("a token", "x").into_bytes();
        let last = sealed.len() - 2;
        sealed[last] = if sealed[last] == b'A' { b'B' } else { b'A' };
        for text in [String::from_utf8(sealed).expect("text").as_str(), "", "AAAA", "not base64!"] {
            assert_eq!(seal.open(text, "x"), None, "{text}");
        }
        assert!(KeySeal::with_key("short").is_none());
    }
}
