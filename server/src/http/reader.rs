//! The reader of a page that is written outside the console: their theme and language, and what to call the request by.

use app::Language;
use http::{Extensions, HeaderMap, header};

use super::{cookies, middleware::request_id::RequestId};

#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) theme: Option<String>,
    pub(crate) language: Language,
    pub(crate) request: Option<String>,
}

impl Reader {
    pub(crate) fn of(headers: &HeaderMap, extensions: &Extensions) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self {
            theme: cookies::value(headers, app::THEME_COOKIE).map(str::to_owned),
            language: Language::of_request(text(header::COOKIE), text(header::ACCEPT_LANGUAGE)),
            request: extensions.get::<RequestId>().map(|id| id.0.clone()),
        }
    }
}
