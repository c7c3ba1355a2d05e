//! docs/reference/rest.md, written from the API's own description, so that it cannot say anything else than what is.

mod schema;

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::http::router;

const HEAD: &str = "# REST

Made from the code by `dockletd rest-reference`; a test fails when it is not current.
The same for tools: `/api/v1/openapi.json` (OpenAPI 3.1).

Every call needs a session cookie or `Authorization: Bearer dkl_…`, but signing in.
What changes something must come from a page of Docklet's own address, or carry a token.
Everything that is not a success is a *problem* (RFC 9457, `application/problem+json`): see [Problem](#problem).
Times are UTC, as in `2026-11-21T12:00:00Z`. [Scripts](../guide/scripts.md) shows how to use it.
";
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The whole document.
pub fn reference() -> Result<String, serde_json::Error> {
    let (_, description) = router::api();
    Ok(written(&serde_json::to_value(&description)?))
}

fn written(api: &Value) -> String {
    let mut text = String::from(HEAD);
    for (tag, operations) in by_tag(api) {
        push(&mut text, format_args!("\n## {tag}\n"));
        for operation in operations {
            push(&mut text, format_args!("\n{}", section(&operation)));
        }
    }
    push(&mut text, format_args!("\n## Bodies\n"));
    let schemas = api.pointer("/components/schemas").and_then(Value::as_object);
    for (name, schema) in schemas.into_iter().flatten() {
        push(&mut text, format_args!("\n### {name}\n\n{}", schema::described(schema)));
    }
    text
}

/// Writing to a String cannot fail.
fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(what);
}

struct Operation<'a> {
    method: String,
    path: &'a str,
    what: &'a Value,
}

/// Tags in the order the description lists them.
fn by_tag(api: &Value) -> Vec<(&str, Vec<Operation<'_>>)> {
    let tags = api["tags"].as_array().into_iter().flatten().filter_map(|tag| tag["name"].as_str());
    let of = |tag| operations(api).into_iter().filter(|operation| operation.what["tags"][0] == tag).collect::<Vec<_>>();
    tags.map(|tag| (tag, of(tag))).filter(|(_, operations)| !operations.is_empty()).collect()
}

fn operations(api: &Value) -> Vec<Operation<'_>> {
    let mut found = Vec::new();
    for (path, methods) in api["paths"].as_object().into_iter().flatten() {
        let there = METHODS.iter().filter_map(|method| Some((method.to_uppercase(), methods.get(*method)?)));
        found.extend(there.map(|(method, what)| Operation { method, path, what }));
    }
    found
}

fn section(operation: &Operation<'_>) -> String {
    let Operation { method, path, what } = operation;
    let mut text = format!("### {method} {path}\n\n");
    for key in ["summary", "description"] {
        if let Some(words) = what[key].as_str() {
            push(&mut text, format_args!("{}\n\n", words.trim()));
        }
    }
    let parameters: Vec<String> = what["parameters"].as_array().into_iter().flatten().map(parameter).collect();
    if !parameters.is_empty() {
        push(&mut text, format_args!("| parameter | in | type | |\n|---|---|---|---|\n{}\n", parameters.concat()));
    }
    if let Some(body) = content(&what["requestBody"]) {
        push(&mut text, format_args!("Body: {body}\n\n"));
    }
    let responses: Vec<String> = what["responses"].as_object().into_iter().flatten().map(response).collect();
    push(&mut text, format_args!("| answer | | body |\n|---|---|---|\n{}", responses.concat()));
    let events: Vec<String> = what["x-events"].as_object().into_iter().flatten().map(event).collect();
    if !events.is_empty() {
        push(&mut text, format_args!("\n| event | data |\n|---|---|\n{}", events.concat()));
    }
    text
}

fn event((name, data): (&String, &Value)) -> String {
    format!("| `{name}` | {} |\n", schema::named(data))
}

fn parameter(parameter: &Value) -> String {
    let name = parameter["name"].as_str().unwrap_or_default();
    let place = parameter["in"].as_str().unwrap_or_default();
    let about = parameter["description"].as_str().unwrap_or_default();
    let optional = if parameter["required"] == true { "" } else { ", optional" };
    format!("| `{name}` | {place} | {}{optional} | {} |\n", schema::named(&parameter["schema"]), in_cell(about))
}

fn response((status, response): (&String, &Value)) -> String {
    let about = response["description"].as_str().unwrap_or_default();
    format!("| {status} | {} | {} |\n", in_cell(about), content(response).unwrap_or_default())
}

/// The bodies there may be, each with its media type unless that is JSON.
fn content(holder: &Value) -> Option<String> {
    let kinds: &Map<String, Value> = holder.get("content")?.as_object()?;
    let one = |(kind, body): (&String, &Value)| match kind.as_str() {
        "application/json" | "application/problem+json" => schema::named(&body["schema"]),
        other => format!("{} as `{other}`", schema::named(&body["schema"])),
    };
    Some(kinds.iter().map(one).collect::<Vec<_>>().join(" or "))
}

fn in_cell(text: &str) -> String {
    text.trim().replace('\n', " ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_in_docs_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/rest.md");
        let there = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            there == reference().expect("a description"),
            "docs/reference/rest.md is not current: run `dockletd rest-reference > docs/reference/rest.md`"
        );
    }

    #[test]
    fn every_operation_of_the_description_is_in_the_reference() {
        let (_, description) = router::api();
        let api = serde_json::to_value(&description).expect("JSON");
        let text = written(&api);
        let all = operations(&api);
        assert!(all.len() > 20, "only {} operations", all.len());
        for operation in all {
            let heading = format!("### {} {}\n", operation.method, operation.path);
            assert!(text.contains(&heading), "{heading} is missing: its tag is not in the list of tags");
        }
    }
}
