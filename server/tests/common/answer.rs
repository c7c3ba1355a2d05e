//! An answer read to its end, with what tests ask of it.

use reqwest::{Response, header::HeaderMap};
use serde_json::Value;

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn read(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.expect("the body can be read") }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("JSON, not {} {:?}", self.status, self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header that is text"))
    }

    /// A text at a path such as `/nodes/0/state`; empty when there is none.
    pub(crate) fn at(&self, pointer: &str) -> String {
        self.json().pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    pub(crate) fn code(&self) -> String {
        self.at("/code")
    }

    /// The fields at fault, in order.
    pub(crate) fn fields(&self) -> Vec<String> {
        let list = self.json().get("violations").cloned().unwrap_or_default();
        let list = list.as_array().cloned().unwrap_or_default();
        list.iter().map(|violation| violation["field"].as_str().expect("a field").to_owned()).collect()
    }

    /// Asserts the success and returns the answer.
    #[track_caller]
    pub(crate) fn ok(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Asserts a problem in its proper form.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.at("/request_id"), self.header("x-request-id"));
        self
    }
}
