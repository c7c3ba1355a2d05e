//! JSON bodies: read within bounds, and when they are not right, the field and the rule are named.

use std::time::Duration;

use axum::{
    body::{Body, to_bytes},
    extract::{FromRequest, Request},
};
use domain::Violation;
use http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use wire::{
    problem::{Code, Problem},
    read::Object,
};

use super::error::Failure;

/// No request of ours is a hundredth of it.
pub const LARGEST_BODY: usize = 256 * 1024;
/// How long a client may take to send a body.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request's body.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        if !is_json(request.headers()) {
            return Err(Failure::new(
                Code::Malformed,
                "The body must be JSON, sent as Content-Type: application/json.",
            ));
        }
        let bytes = read(request).await?;
        Ok(Self(parse(&bytes)?))
    }
}

/// A form of another site can be sent without asking us first, but not as JSON: so this is more than pedantry.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

async fn read(request: Request) -> Result<bytes::Bytes, Failure> {
    if announced(request.headers()).is_some_and(|length| length > LARGEST_BODY as u64) {
        return Err(too_large());
    }
    let body: Body = request.into_body();
    match tokio::time::timeout(PATIENCE, to_bytes(body, LARGEST_BODY)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_over_the_limit(&error) => Err(too_large()),
        Ok(Err(_)) => Err(Failure::new(Code::Malformed, "The body ended before it was complete.")),
        Err(_) => Err(Failure::new(Code::Malformed, "The body did not come within 30 seconds.")),
    }
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn is_over_the_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<http_body_util::LengthLimitError>())
}

fn too_large() -> Failure {
    Failure::new(Code::TooLarge, format!("The body must have at most {LARGEST_BODY} bytes."))
}

pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let Object(value) = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        explain(&path, error.inner())
    })?;
    json.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

fn explain(path: &str, error: &serde_json::Error) -> Failure {
    if error.classify() != serde_json::error::Category::Data {
        return not_json(error);
    }
    let violation = violation(path, &error.to_string());
    Problem::new(Code::Invalid, "Some fields are not valid.").with_violations(vec![violation]).into()
}

fn not_json(error: &serde_json::Error) -> Failure {
    let place = format!("line {}, column {}", error.line(), error.column());
    Failure::new(Code::Malformed, format!("The body is not JSON: it goes wrong at {place}."))
}

/// serde's words as a rule about a field. Its texts are stable enough to be read, and what is not recognised is passed on.
fn violation(path: &str, text: &str) -> Violation {
    let text = text.rsplit_once(" at line ").map_or(text, |(text, _)| text);
    let quoted = || text.split('`').nth(1).unwrap_or_default();
    if text.starts_with("missing field") {
        return Violation::new(joined(path, quoted()), "is missing");
    }
    if text.starts_with("unknown field") {
        let known: Vec<&str> = text.split('`').skip(3).step_by(2).collect();
        let rule = format!("is not a field here; the fields are {}", known.join(", "));
        return Violation::new(joined(path, quoted()), rule);
    }
    Violation::new(whole(path), rule(text))
}

fn rule(text: &str) -> String {
    let parts = text.strip_prefix("invalid type: ").or_else(|| text.strip_prefix("invalid value: "));
    let Some((found, expected)) = parts.and_then(|parts| parts.rsplit_once(", expected ")) else {
        return text.to_owned();
    };
    let expected = match expected {
        "i64" | "u64" | "u32" | "u16" => "a whole number",
        "f64" => "a number",
        "a string" => "a text in quotes",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        other if other.starts_with("struct ") => "an object",
        other => other,
    };
    let found = if found == "sequence" { "a list".into() } else { found.replace('`', "") };
    format!("must be {expected}, not {found}")
}

/// The path of a field inside the thing at `path`; serde_path_to_error may have reached the field already.
fn joined(path: &str, field: &str) -> String {
    let reached = path == field || path.ends_with(&format!(".{field}"));
    match path {
        "." | "" => field.to_owned(),
        path if reached => path.to_owned(),
        path => format!("{path}.{field}"),
    }
}

fn whole(path: &str) -> &str {
    if path == "." { "body" } else { path }
}

#[cfg(test)]
mod tests {
    use wire::vcluster::CreateVcluster;

    use super::*;

    fn fault(body: &str) -> Problem {
        *parse::<CreateVcluster>(body.as_bytes()).expect_err("must be refused").0
    }

    fn named(body: &str) -> (String, String) {
        let problem = fault(body);
        assert_eq!(problem.code, Code::Invalid, "{problem:?}");
        let [Violation { field, message }] = problem.violations.as_slice() else {
            panic!("one violation: {problem:?}")
        };
        (field.clone(), message.clone())
    }

    fn body(nodes: &str, resources: &str) -> String {
        format!(r#"{{"name":"lab","image":"docklet/base","nodes":{nodes},"resources":{resources}}}"#)
    }

    const GOOD: &str = r#"{"cpus":1.0,"memory_mib":1024}"#;

    fn pair(field: &str, message: &str) -> (String, String) {
        (field.into(), message.into())
    }

    #[test]
    fn a_wrong_type_names_the_field_and_the_rule() {
        assert_eq!(named(&body("1.5", GOOD)), pair("nodes", "must be a whole number, not floating point 1.5"));
        assert_eq!(named(&body("\"2\"", GOOD)), pair("nodes", "must be a whole number, not string \"2\""));
        let many = body("2", r#"{"cpus":"many","memory_mib":1}"#);
        assert_eq!(named(&many), pair("resources.cpus", "must be a number, not string \"many\""));
        assert_eq!(named(&body("2", "7")), pair("resources", "must be an object, not integer 7"));
        assert_eq!(named(&body("2", "[1.0,1024]")), pair("resources", "must be an object, not a list"));
        assert_eq!(named("[]"), pair("body", "must be an object, not a list"));
    }

    #[test]
    fn a_number_beyond_all_integers_is_a_fault_of_its_field() {
        assert_eq!(named(&body("100000000000000000000", GOOD)).0, "nodes");
        assert!(parse::<CreateVcluster>(body("1000000000", GOOD).as_bytes()).is_ok(), "the rule is control's to say");
    }

    #[test]
    fn unknown_and_missing_fields_are_named_with_their_path() {
        let unknown = body("2", r#"{"cpus":1.0,"memory_mib":1024,"gpus":1}"#);
        assert_eq!(named(&unknown), pair("resources.gpus", "is not a field here; the fields are cpus, memory_mib"));
        assert_eq!(named(&body("2", r#"{"cpus":1.0}"#)), pair("resources.memory_mib", "is missing"));
        assert_eq!(named(r#"{"nodes":1}"#), pair("name", "is missing"));
        assert_eq!(named(r#"{"nam":1}"#).0, "nam");
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for body in ["", "{", "name=lab", "{\"name\": \"lab\"", &format!("{} x", body("2", GOOD))] {
            assert_eq!(fault(body).code, Code::Malformed, "{body}");
        }
    }
}
