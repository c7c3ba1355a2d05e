//! The code flow with PKCE, and refreshing what it gave.

use std::time::Duration;

use chrono::{DateTime, Utc};
use control::ports::identity::{Claims, Distrust, IdentityError, Refreshed, Secrets, Verified};
use openidconnect::{
    AccessToken, AccessTokenHash, AuthType, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError,
    Scope, SubjectIdentifier, TokenResponse as _, UserInfoClaims, UserInfoError,
    core::{CoreAuthPrompt, CoreClientAuthMethod, CoreGenderClaim, CoreResponseType},
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    http::HttpError,
    known::{Known, Provider},
    trust::{distrust, is_not_stale},
    types::{Answer, Further, OurClient, Refused, Token, TokenClaims},
};

impl Provider {
    pub(crate) async fn authorize_url(
        &self,
        state: &str,
        secrets: &Secrets,
        back: &str,
        again: bool,
    ) -> Result<String, IdentityError> {
        // A browser is not sent to a provider that does not answer.
        let known = self.reached().await?;
        let client = self.client(&known).set_redirect_uri(redirect(back)?);
        let verifier = PkceCodeVerifier::new(secrets.verifier.clone());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        let (state, nonce) = (CsrfToken::new(state.to_owned()), Nonce::new(secrets.nonce.clone()));
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut request = client.authorize_url(flow, move || state, move || nonce).set_pkce_challenge(challenge);
        for scope in &self.settings.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        for (name, value) in &self.settings.parameters {
            request = request.add_extra_param(name.clone(), value.clone());
        }
        if again {
            // With `max_age` the ID token has to say when that was.
            request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO);
        }
        Ok(request.url().0.into())
    }

    pub(crate) async fn is_from(&self, issuer: Option<&str>) -> Result<bool, IdentityError> {
        match issuer {
            Some(issuer) => Ok(issuer == self.settings.issuer),
            None => {
                Ok(!self.known().await?.metadata.additional_metadata().authorization_response_iss_parameter_supported)
            }
        }
    }

    pub(crate) async fn exchange(
        &self,
        code: &str,
        secrets: &Secrets,
        back: &str,
        shown_since: Option<DateTime<Utc>>,
    ) -> Result<Verified, IdentityError> {
        let known = self.known().await?;
        let client = self.client(&known).set_redirect_uri(redirect(back)?);
        let request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|fault| IdentityError::untrusted(Distrust::Content, fault))?
            .set_pkce_verifier(PkceCodeVerifier::new(secrets.verifier.clone()));
        let answer = request.request_async(&self.limited).await.map_err(of_token_request)?;
        let token = answer.id_token().ok_or_else(|| content("there is no ID token in the answer"))?;
        let claims = self.believe(token, Some(&Nonce::new(secrets.nonce.clone()))).await?;
        if let (Some(since), Some(shown)) = (shown_since, claims.auth_time()) {
            is_not_stale(shown, since)?;
        }
        self.check_access_token(token, &claims, answer.access_token()).await?;
        let userinfo = self.userinfo(&client, answer.access_token(), claims.subject()).await?;
        Ok(self.verified(&answer, Some((token, &claims)), userinfo, claims.subject()))
    }

    pub(crate) async fn refresh(&self, refresh_token: &str, subject: &str) -> Result<Refreshed, IdentityError> {
        let known = self.known().await?;
        let client = self.client(&known);
        let token = RefreshToken::new(refresh_token.to_owned());
        let request = client
            .exchange_refresh_token(&token)
            .map_err(|fault| IdentityError::untrusted(Distrust::Content, fault))?;
        let answer = request.request_async(&self.limited).await.map_err(of_token_request)?;
        // By now the provider may have forgotten the old one: whatever else is wrong, this one is not lost.
        let token = answer.refresh_token().map(|token| token.secret().clone());
        Ok(Refreshed { token, verified: self.verify_refreshed(&client, &answer, subject).await })
    }

    async fn verify_refreshed(
        &self,
        client: &OurClient,
        answer: &Answer,
        subject: &str,
    ) -> Result<Verified, IdentityError> {
        let subject = SubjectIdentifier::new(subject.to_owned());
        // A provider may send a new ID token with it; then it is about the same person.
        let believed = match answer.id_token() {
            Some(token) => Some((token, self.believe(token, None).await?)),
            None => None,
        };
        if believed.as_ref().is_some_and(|(_, claims)| *claims.subject() != subject) {
            return Err(IdentityError::untrusted(Distrust::Subject, "the new ID token is about another person"));
        }
        let userinfo = self.userinfo(client, answer.access_token(), &subject).await?;
        let believed = believed.as_ref().map(|(token, claims)| (*token, claims));
        Ok(self.verified(answer, believed, userinfo, &subject))
    }

    fn client(&self, known: &Known) -> OurClient {
        let settings = &self.settings;
        let (id, secret) =
            (ClientId::new(settings.client_id.clone()), settings.client_secret.clone().map(ClientSecret::new));
        let client = OurClient::from_provider_metadata(known.metadata.clone(), id, secret);
        // A provider that names no method takes Basic.
        let methods = known.metadata.token_endpoint_auth_methods_supported();
        let only_in_body = methods.is_some_and(|methods| {
            methods.contains(&CoreClientAuthMethod::ClientSecretPost)
                && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
        });
        client.set_auth_type(if only_in_body { AuthType::RequestBody } else { AuthType::BasicAuth })
    }

    /// The access token belongs to the ID token, where that says which one does.
    async fn check_access_token(
        &self,
        token: &Token,
        claims: &TokenClaims,
        access: &AccessToken,
    ) -> Result<(), IdentityError> {
        let Some(expected) = claims.access_token_hash() else { return Ok(()) };
        let known = self.known().await?;
        let verifier = self.verifier(&known).map_err(distrust)?;
        let unsigned = |fault| IdentityError::untrusted(Distrust::Signature, fault);
        let algorithm = token.signing_alg().map_err(|fault| IdentityError::untrusted(Distrust::Signature, fault))?;
        let key = token.signing_key(&verifier).map_err(|fault| IdentityError::untrusted(Distrust::Signature, fault))?;
        let actual =
            AccessTokenHash::from_token(access, algorithm, key).map_err(|fault| unsigned(fault.to_string()))?;
        if actual == *expected { Ok(()) } else { Err(content("the access token is not the ID token's")) }
    }

    /// What the provider says of the same person where it is asked for more.
    async fn userinfo(
        &self,
        client: &OurClient,
        access: &AccessToken,
        subject: &SubjectIdentifier,
    ) -> Result<Map<String, Value>, IdentityError> {
        // `Err`: the provider has no such address.
        let Ok(request) = client.user_info(access.clone(), Some(subject.clone())) else { return Ok(Map::new()) };
        let answer: Result<UserInfoClaims<Further, CoreGenderClaim>, _> = request.request_async(&self.limited).await;
        Ok(as_map(&answer.map_err(of_userinfo)?))
    }

    fn verified(
        &self,
        answer: &Answer,
        believed: Option<(&Token, &TokenClaims)>,
        userinfo: Map<String, Value>,
        subject: &SubjectIdentifier,
    ) -> Verified {
        let signed = believed.map(|(_, claims)| as_map(claims)).unwrap_or_default();
        let session = signed.get("sid").and_then(Value::as_str).map(str::to_owned);
        // What is signed counts for more.
        let mut claims = userinfo;
        claims.extend(signed);
        Verified {
            issuer: self.settings.issuer.clone(),
            subject: subject.as_str().to_owned(),
            claims: Claims(claims),
            session,
            id_token: believed.map(|(token, _)| token.to_string()),
            refresh_token: answer.refresh_token().map(|token| token.secret().clone()),
            expires_in: answer.expires_in(),
        }
    }
}

fn redirect(back: &str) -> Result<RedirectUrl, IdentityError> {
    RedirectUrl::new(back.to_owned()).map_err(|fault| IdentityError::untrusted(Distrust::Content, fault))
}

fn content(fault: &str) -> IdentityError {
    IdentityError::untrusted(Distrust::Content, fault)
}

fn as_map(claims: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(map)) => map.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Map::new(),
    }
}

/// Where an answer cannot be read, nothing of it is told: there are tokens in it.
fn of_token_request(error: RequestTokenError<HttpError, Refused>) -> IdentityError {
    match error {
        RequestTokenError::ServerResponse(refused) => IdentityError::Refused(refused.error().as_ref().to_owned()),
        RequestTokenError::Request(error) => IdentityError::Unavailable(Box::new(error)),
        RequestTokenError::Parse(error, _) => content(&format!("the answer cannot be read at {}", error.path())),
        RequestTokenError::Other(_) => content("the answer is not one of the token endpoint"),
    }
}

fn of_userinfo(error: UserInfoError<HttpError>) -> IdentityError {
    match error {
        UserInfoError::ClaimsVerification(fault) => distrust(fault),
        UserInfoError::Request(error) => IdentityError::Unavailable(Box::new(error)),
        UserInfoError::Response(status, ..) if status.is_client_error() => IdentityError::Refused("userinfo".into()),
        UserInfoError::Parse(error) => content(&format!("userinfo cannot be read at {}", error.path())),
        _ => content("the answer is not one of userinfo"),
    }
}
