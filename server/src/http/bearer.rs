//! `Authorization: Bearer …`. Knows how a token is sent, not whether it is good.

use http::{HeaderMap, header};

/// Whether the request shows a token, good or not.
pub(crate) fn has_token(headers: &HeaderMap) -> bool {
    token(headers).is_some()
}

/// The token's text.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bearer_is_a_token() {
        let token_of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, http::HeaderValue::from_static(text));
            token(&headers).map(str::to_owned)
        };
        assert_eq!(token_of("Bearer dkl_x").as_deref(), Some("dkl_x"));
        assert_eq!(token_of("bearer  dkl_x").as_deref(), Some("dkl_x"));
        assert_eq!(token_of("Basic dXNlcg=="), None);
        assert_eq!(token_of("Bearer"), None);
    }
}
