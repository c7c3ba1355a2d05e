//! Passwords: hashed and checked with argon2id (RFC 9106) on a bounded pool, so that a flood of sign-ins can take neither
//! the memory nor every thread.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version, password_hash::SaltString,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Error, ports::clock::Entropy};

/// The OWASP minimum for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// So many are hashed at the same time …
const AT_ONCE: usize = 2;
/// … and so many may wait for their turn.
const WAITING: usize = 32;
/// Letters and digits that are not taken for one another.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
const GENERATED_LENGTH: usize = 24;

#[derive(Clone)]
pub(super) struct PasswordPool {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Default for PasswordPool {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), places: Arc::new(Semaphore::new(AT_ONCE + WAITING)) }
    }
}

impl PasswordPool {
    /// The PHC string to keep.
    pub(super) async fn hash(&self, password: String, entropy: &dyn Entropy) -> Result<String, Error> {
        let mut salt = [0; 16];
        entropy.fill(&mut salt);
        let salt = SaltString::encode_b64(&salt).expect("16 bytes are a salt");
        let work = move || {
            let hash = argon2().hash_password(password.as_bytes(), &salt).expect("the parameters are valid");
            hash.to_string()
        };
        Ok(self.turn().await?.run(work).await?.0)
    }

    /// Waits for a turn. Refused when too many wait already.
    pub(super) async fn turn(&self) -> Result<Turn, Error> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| Error::Busy)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| Error::Busy)?;
        Ok(Turn { _turn: turn, _place: place })
    }
}

/// One of the few who may work now, until it is dropped.
pub(super) struct Turn {
    _turn: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl Turn {
    /// Whether the password matches. Without a hash it works just as long and says no. The turn comes back, to be kept
    /// until the outcome is written down.
    pub(super) async fn verify(self, password: String, hash: Option<String>) -> Result<(bool, Self), Error> {
        self.run(move || match hash.as_deref().map(PasswordHash::new) {
            Some(Ok(hash)) => argon2().verify_password(password.as_bytes(), &hash).is_ok(),
            _ => {
                let salt = SaltString::encode_b64(&[0; 16]).expect("16 bytes are a salt");
                let _same_work = argon2().hash_password(password.as_bytes(), &salt);
                false
            }
        })
        .await
    }

    /// The turn goes with the work: who stops waiting for an answer does not make room before the work is done.
    async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<(T, Self), Error> {
        tokio::task::spawn_blocking(move || (work(), self)).await.map_err(|_| Error::Busy)
    }
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
    use super::*;
    use crate::ports::clock::SystemEntropy;

    async fn verify(pool: &PasswordPool, password: &str, hash: Option<&str>) -> Result<bool, Error> {
        Ok(pool.turn().await?.verify(password.to_owned(), hash.map(str::to_owned)).await?.0)
    }

    #[tokio::test]
    async fn only_the_right_password_matches_and_hashes_are_salted() {
        let pool = PasswordPool::default();
        let first = pool.hash("correct horse".into(), &SystemEntropy).await.expect("a hash");
        let second = pool.hash("correct horse".into(), &SystemEntropy).await.expect("a hash");
        assert!(first.starts_with("$argon2id$") && first != second);
        assert!(verify(&pool, "correct horse", Some(&first)).await.expect("an answer"));
        assert!(!verify(&pool, "wrong horse", Some(&first)).await.expect("an answer"));
        assert!(!verify(&pool, "anything", None).await.expect("an answer"));
        assert!(!verify(&pool, "anything", Some("not a hash")).await.expect("an answer"));
    }

    #[tokio::test]
    async fn a_flood_is_refused_instead_of_queued_without_end() {
        let pool = PasswordPool::default();
        let flood = (0..200).map(|_| verify(&pool, "x", None));
        let refused = futures::future::join_all(flood).await.into_iter().filter(Result::is_err).count();
        assert_eq!(refused, 200 - AT_ONCE - WAITING);
    }

    #[test]
    fn generated_passwords_are_long_and_never_the_same() {
        let (first, second) = (generate(&SystemEntropy), generate(&SystemEntropy));
        assert!(first.len() == GENERATED_LENGTH && first != second);
    }
}
