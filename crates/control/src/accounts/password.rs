//! Passwords: hashed and checked with argon2id (RFC 9106) on a bounded pool, so that a flood of sign-ins can take neither
//! the memory nor every thread, and no flood takes the places of others. Knows no rule about who may sign in.

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, Version,
    password_hash::{self, Output, ParamsString, Salt, SaltString},
};

use super::queue::{Memory, Queue, Turn};
use crate::{Error, ports::clock::Entropy};

/// The OWASP minimum for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Letters and digits that are not taken for one another.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
const GENERATED_LENGTH: usize = 24;

impl Queue {
    /// The PHC string to keep.
    pub(super) async fn hash(&self, password: String, entropy: &dyn Entropy) -> Result<String, Error> {
        Ok(self.turn(&[]).await?.hash(password, entropy).await?.0)
    }
}

impl Turn {
    /// The PHC string to keep.
    pub(super) async fn hash(self, password: String, entropy: &dyn Entropy) -> Result<(String, Self), Error> {
        let mut salt = [0; 16];
        entropy.fill(&mut salt);
        let salt = SaltString::encode_b64(&salt).expect("16 bytes are a salt");
        self.run(move |memory| {
            let argon2 = argon2();
            let output =
                output(&argon2, password.as_bytes(), salt.as_salt(), memory).expect("the parameters are valid");
            let params = ParamsString::try_from(argon2.params()).expect("the parameters are valid");
            let (version, salt) = (Some(Version::V0x13.into()), Some(salt.as_salt()));
            PasswordHash { algorithm: Algorithm::Argon2id.ident(), version, params, salt, hash: Some(output) }
                .to_string()
        })
        .await
    }

    /// Whether the password matches. Without a hash it works just as long and says no. The turn comes back, to be kept
    /// until the outcome is written down.
    pub(super) async fn verify(self, password: String, hash: Option<String>) -> Result<(bool, Self), Error> {
        self.run(move |memory| match hash.as_deref().map(PasswordHash::new) {
            Some(Ok(hash)) => matches(&hash, password.as_bytes(), memory).unwrap_or(false),
            _ => {
                let salt = SaltString::encode_b64(&[0; 16]).expect("16 bytes are a salt");
                let _same_work = output(&argon2(), password.as_bytes(), salt.as_salt(), memory);
                false
            }
        })
        .await
    }
}

/// What argon2's own `verify_password` does, in memory of ours.
fn matches(hash: &PasswordHash<'_>, password: &[u8], memory: &mut Memory) -> password_hash::Result<bool> {
    let (Some(salt), Some(expected)) = (hash.salt, hash.hash) else { return Ok(false) };
    let algorithm = Algorithm::try_from(hash.algorithm)?;
    let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
    let argon2 = Argon2::new(algorithm, version, Params::try_from(hash)?);
    // Outputs are compared in constant time.
    Ok(output(&argon2, password, salt, memory)? == expected)
}

fn output(argon2: &Argon2<'_>, password: &[u8], salt: Salt<'_>, memory: &mut Memory) -> password_hash::Result<Output> {
    let mut bytes = [0; Salt::MAX_LENGTH];
    let salt = salt.decode_b64(&mut bytes)?;
    let length = argon2.params().output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    Output::init_with(length, |out| {
        Ok(argon2.hash_password_into_with_memory(password, salt, out, memory.blocks(argon2.params().block_count()))?)
    })
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("the parameters are valid");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// 24 characters from 32: 120 bits.
pub(super) fn generate(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; GENERATED_LENGTH];
    entropy.fill(&mut bytes);
    // The alphabet has 32 characters, so the low five bits choose evenly.
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher as _, PasswordVerifier as _};

    use super::*;
    use crate::ports::clock::SystemEntropy;

    async fn verify(queue: &Queue, password: &str, hash: Option<&str>) -> Result<bool, Error> {
        Ok(queue.turn(&[]).await?.verify(password.to_owned(), hash.map(str::to_owned)).await?.0)
    }

    #[tokio::test]
    async fn only_the_right_password_matches_and_hashes_are_salted() {
        let queue = Queue::default();
        let first = queue.hash("correct horse".into(), &SystemEntropy).await.expect("a hash");
        let second = queue.hash("correct horse".into(), &SystemEntropy).await.expect("a hash");
        assert!(first.starts_with("$argon2id$") && first != second);
        assert!(verify(&queue, "correct horse", Some(&first)).await.expect("an answer"));
        assert!(!verify(&queue, "wrong horse", Some(&first)).await.expect("an answer"));
        assert!(!verify(&queue, "anything", None).await.expect("an answer"));
        assert!(!verify(&queue, "anything", Some("not a hash")).await.expect("an answer"));
    }

    /// Hashes of before and of other parameters stay good: they are what argon2's own functions make.
    #[tokio::test]
    async fn hashes_are_those_that_the_library_makes_and_takes() {
        let queue = Queue::default();
        let ours = queue.hash("correct horse".into(), &SystemEntropy).await.expect("a hash");
        let parsed = PasswordHash::new(&ours).expect("a PHC string");
        argon2().verify_password(b"correct horse", &parsed).expect("the library takes ours");
        let salt = SaltString::encode_b64(b"sixteen bytes ..").expect("a salt");
        let small = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 3, 2, None).expect("parameters"));
        for theirs in [&argon2(), &small] {
            let theirs = theirs.hash_password(b"correct horse", &salt).expect("a hash").to_string();
            assert!(verify(&queue, "correct horse", Some(&theirs)).await.expect("an answer"), "{theirs}");
            assert!(!verify(&queue, "wrong horse", Some(&theirs)).await.expect("an answer"));
        }
    }

    #[test]
    fn generated_passwords_are_long_and_never_the_same() {
        let (first, second) = (generate(&SystemEntropy), generate(&SystemEntropy));
        assert!(first.len() == GENERATED_LENGTH && first != second);
    }
}
