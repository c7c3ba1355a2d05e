//! JSON schemas in few words.

use std::fmt::Write as _;

use serde_json::Value;

use super::in_cell;

/// What a value of this schema is, in a table's cell.
pub(super) fn named(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(choices) = ["oneOf", "anyOf"].iter().find_map(|key| schema[key].as_array()) {
        let mut words: Vec<String> = choices.iter().map(named).filter(|word| word != "null").collect();
        words.dedup();
        return words.join(" or ");
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().filter_map(Value::as_str).map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    }
    match kind(schema) {
        "array" => format!("list of {}", named(&schema["items"])),
        "integer" => "whole number".into(),
        "string" => match schema["format"].as_str() {
            Some("date-time") => "time".into(),
            Some(format) => format.to_owned(),
            None => "text".into(),
        },
        "boolean" => "true or false".into(),
        other => other.to_owned(),
    }
}

/// `type`, also of what may be null.
fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(kind) => kind,
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("anything")
        }
        _ => "anything",
    }
}

/// A schema of its own: its words, then its fields.
pub(super) fn described(schema: &Value) -> String {
    let mut text = String::new();
    let about = schema["description"].as_str().unwrap_or_default().trim();
    if !about.is_empty() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{about}\n");
    }
    let parts: Vec<&Value> = ["allOf", "oneOf", "anyOf"]
        .iter()
        .find_map(|key| schema[key].as_array())
        .map_or(vec![schema], |parts| parts.iter().collect());
    let alternatives = schema.get("oneOf").is_some() || schema.get("anyOf").is_some();
    for (number, part) in parts.iter().enumerate() {
        if alternatives && number > 0 {
            text += "\nor\n\n";
        }
        text += &fields(part);
    }
    text
}

fn fields(schema: &Value) -> String {
    let Some(properties) = schema["properties"].as_object() else { return format!("{}\n", named(schema)) };
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let row = |(name, field): (&String, &Value)| {
        let optional = if required.contains(&name.as_str()) { "" } else { ", optional" };
        let about = field["description"].as_str().unwrap_or_default();
        format!("| `{name}` | {}{optional} | {} |\n", named(field), in_cell(about))
    };
    format!("| field | type | |\n|---|---|---|\n{}", properties.iter().map(row).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn schemas_are_said_in_few_words() {
        for (schema, words) in [
            (json!({"$ref": "#/components/schemas/Node"}), "[Node](#node)"),
            (json!({"type": "array", "items": {"type": "integer"}}), "list of whole number"),
            (json!({"type": ["string", "null"], "format": "date-time"}), "time"),
            (json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/App"}]}), "[App](#app)"),
            (json!({"type": "string", "enum": ["a", "b"]}), "`a`, `b`"),
        ] {
            assert_eq!(named(&schema), words);
        }
    }
}
