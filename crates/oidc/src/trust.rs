//! Whether an ID token is to be believed, and what is wrong with it if not.

use chrono::{DateTime, TimeDelta, Utc};
use control::ports::identity::{Distrust, IdentityError};
use openidconnect::{
    ClaimsVerificationError, ClientId, IssuerUrl, Nonce, SignatureVerificationError,
    core::CoreJwsSigningAlgorithm as Alg,
};

use crate::{
    known::{Known, Provider, Sender},
    types::{Token, TokenClaims, Verifier},
};

/// How far two clocks may be apart.
pub(crate) const SKEW: TimeDelta = TimeDelta::seconds(60);
/// Signed with a key of the provider's own. Not `none`, and nothing with a shared secret: a person who knows a public key could
/// then sign with it.
pub(crate) const ALGORITHMS: [Alg; 9] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EdDsa,
];

impl Provider {
    /// The claims of a token that came from the provider itself. Without `nonce` there was none to compare: a refresh.
    pub(crate) async fn believe(&self, token: &Token, nonce: Option<&Nonce>) -> Result<TokenClaims, IdentityError> {
        let known = self.known().await?;
        let first = self.verify(&known, token, nonce);
        let fault = match first {
            Ok(claims) => return Ok(claims),
            Err(fault) => fault,
        };
        if has_unknown_key(&fault)
            && let Some(newer) = self.newer(&known, Sender::Provider).await?
        {
            return self.verify(&newer, token, nonce).map_err(distrust);
        }
        Err(distrust(fault))
    }

    pub(crate) fn verifier(&self, known: &Known) -> Result<Verifier<'static>, ClaimsVerificationError> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone());
        let issuer = issuer.map_err(|fault| ClaimsVerificationError::InvalidIssuer(fault.to_string()))?;
        let now = self.clock.now();
        let client = ClientId::new(self.settings.client_id.clone());
        Ok(Verifier::new_public_client(client, issuer, known.keys().clone())
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || now - SKEW)
            .set_issue_time_verifier_fn(move |issued| is_not_ahead(issued, now)))
    }

    fn verify(
        &self,
        known: &Known,
        token: &Token,
        nonce: Option<&Nonce>,
    ) -> Result<TokenClaims, ClaimsVerificationError> {
        let verifier = self.verifier(known)?;
        let claims = match nonce {
            Some(nonce) => token.claims(&verifier, nonce)?,
            None => token.claims(&verifier, |_: Option<&Nonce>| Ok(()))?,
        };
        // openidconnect leaves these to us.
        if claims.authorized_party().is_some_and(|party| party.as_str() != self.settings.client_id) {
            return Err(ClaimsVerificationError::InvalidAudience("azp is another application".into()));
        }
        if let Some(shown) = claims.auth_time() {
            is_not_ahead(shown, self.clock.now()).map_err(ClaimsVerificationError::InvalidAuthTime)?;
        }
        let not_before = claims.additional_claims().0.get("nbf").and_then(serde_json::Value::as_i64);
        if let Some(not_before) = not_before.and_then(|seconds| DateTime::from_timestamp(seconds, 0)) {
            is_not_ahead(not_before, self.clock.now()).map_err(ClaimsVerificationError::Expired)?;
        }
        Ok(claims.clone())
    }
}

pub(crate) fn is_not_ahead(time: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), String> {
    if time <= now + SKEW { Ok(()) } else { Err(format!("it is from {time}, which is in the future")) }
}

/// The person has signed in at the provider since then.
pub(crate) fn is_not_stale(shown: DateTime<Utc>, since: DateTime<Utc>) -> Result<(), IdentityError> {
    if shown >= since - SKEW {
        return Ok(());
    }
    Err(IdentityError::untrusted(Distrust::Stale, format!("the sign-in is of {shown}, and was asked for at {since}")))
}

/// The provider may have other keys by now.
fn has_unknown_key(fault: &ClaimsVerificationError) -> bool {
    use SignatureVerificationError::{CryptoError, NoMatchingKey};
    matches!(fault, ClaimsVerificationError::SignatureVerification(NoMatchingKey | CryptoError(_)))
}

pub(crate) fn distrust(fault: ClaimsVerificationError) -> IdentityError {
    use ClaimsVerificationError as Fault;
    let why = match &fault {
        Fault::Expired(_) | Fault::InvalidAuthTime(_) => Distrust::Time,
        Fault::InvalidAudience(_) => Distrust::Audience,
        Fault::InvalidIssuer(_) => Distrust::Issuer,
        Fault::InvalidNonce(_) => Distrust::Nonce,
        Fault::InvalidSubject(_) => Distrust::Subject,
        Fault::SignatureVerification(_) => Distrust::Signature,
        _ => Distrust::Content,
    };
    IdentityError::Untrusted { why, source: Box::new(fault) }
}
